// Package web is the door for people: a router whose handlers return errors, one
// place that writes those errors, sessions, languages, forms, flash messages,
// server-sent events and the security headers. Rooms register their pages:
//
//	mux.Handle("POST /dossiers", web.SignedIn, p.create)
//
//	func (p *Pages) create(w http.ResponseWriter, r *http.Request) error {
//		var in receiveForm
//		err := web.Decode(r, &in)
//		if err == nil {
//			d, err = p.Desk.Receive(r.Context(), web.Actor(r.Context()), in.application())
//		}
//		if in.Failed(err) {
//			return web.Render(w, r, http.StatusUnprocessableEntity, receivePage(&in))
//		}
//		if err != nil {
//			return err
//		}
//		return web.SeeOther(w, r, "/dossiers/"+d.Code, "dossier.receive.done", "Code", d.Code)
//	}
//
// Rights are not checked here: every verb checks its actor. A route only says
// whether one must be signed in at all.
package web
