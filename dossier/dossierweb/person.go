package dossierweb

import (
	"context"
	"net/http"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/look"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/dossier"
)

// shownFor is for how long the numbers stand on the screen: a browser that is left
// alone goes back to the dossier then, with or without scripts.
const shownFor = "300"

// A personForm is why somebody wants to see the numbers that pages mask.
type personForm struct {
	web.Form
	ui.Purpose
}

// A personView is the page that asks for the purpose, and then shows the
// applicant once.
type personView struct {
	w        dossier.Whole
	in       *personForm
	purposes []ui.Option
	shown    *dossier.Person
}

func (p *Pages) personView(ctx context.Context, code string, in *personForm) (*personView, error) {
	v := &personView{in: in}
	a := web.Actor(ctx)
	err := p.Desk.DB.Snapshot(ctx, func(s *db.Snapshot) (err error) {
		if v.w, err = p.Desk.ByCode(ctx, s, a, code); err != nil {
			return err
		}
		if err = p.Desk.Guard.Check(ctx, s, a, auth.DossierReadPerson, v.w.State.Unit); err != nil {
			return err
		}
		list, err := look.Purposes(ctx, s)
		v.purposes = ui.PurposeOptions(ctx, list)
		return err
	})
	return v, err
}

// personAsk asks why; it shows nothing yet.
func (p *Pages) personAsk(w http.ResponseWriter, r *http.Request) error {
	v, err := p.personView(r.Context(), r.PathValue("code"), &personForm{})
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, personPage(v))
}

// personShow shows the applicant's numbers, after the trail has who looked and
// why. The answer is kept nowhere and does not stay on the screen: to see them again
// is to look again.
func (p *Pages) personShow(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &personForm{}
	wrong := web.Decode(r, in)
	if wrong != nil && fault.As(wrong) == nil {
		return wrong
	}
	v, err := p.personView(ctx, r.PathValue("code"), in)
	if err != nil {
		return err
	}
	full, err := p.Desk.ReadPerson(ctx, web.Actor(ctx), v.w.Code, in.Reason())
	if in.Failed(err) {
		return web.Render(w, r, http.StatusUnprocessableEntity, personPage(v))
	}
	if err != nil {
		return err
	}
	v.shown = &full
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Refresh", shownFor+"; url="+dossierURL(v.w.Code))
	return web.Render(w, r, http.StatusOK, personPage(v))
}
