// Package dossierweb has the pages of dossiers (hồ sơ): the counter, my work, a
// dossier with its clock, its forms as they are printed, and the lists beside
// them. Every page is complete without scripts; what a browser with scripts adds
// are fragments of the same pages.
package dossierweb

import (
	"context"
	"net/http"
	"strings"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/file"
	"cchc/base/live"
	"cchc/base/web"
	"cchc/dossier"
	"cchc/unit"
)

// An Index tells what a dossier does to the service index of its unit. The app
// fills it, for this room knows no other.
type Index interface {
	// Impact returns one line, "Đúng hạn: +0,04 điểm", in the context's language,
	// or "" when there is nothing to say.
	Impact(ctx context.Context, u unit.ID) string
}

// Pages are the pages at which officers spend the day. Desk is needed; a nil
// Files takes no uploads, a nil Live leaves pages as they were loaded, a nil
// Index says nothing of the index.
type Pages struct {
	Desk  *dossier.Desk
	Files *file.Store
	Live  *live.Hub
	Index Index
	// Base is the address at which citizens reach the system, "https://…", for
	// the codes on papers; the request's own host when empty.
	Base string

	turns limiter // of numbers taken at kiosks
}

// Topic is the topic of package live on which pages wait for news of a unit. Who
// publishes tells the unit and every unit above it, so that one topic is enough
// for a province.
func Topic(u unit.ID) string { return "unit/" + string(u) }

// Register puts the pages at /work, /dossiers/new and /dossiers/{code}.
func (p *Pages) Register(mux *web.Mux) {
	mux.Handle("GET /work", web.SignedIn, p.work)
	mux.Handle("GET /work/stream", web.SignedIn.Live(), p.workStream)

	p.registerCounter(mux)
	p.registerTurns(mux)
	mux.Handle("GET /dossiers/new", web.SignedIn, p.counter)
	mux.Handle("POST /dossiers/new", web.SignedIn, p.counter) // shows what was typed again; changes nothing
	mux.Handle("POST /dossiers", web.SignedIn, p.receive)

	mux.Handle("GET /dossiers/{code}", web.SignedIn, p.show)
	mux.Handle("GET /dossiers/{code}/receipt", web.SignedIn, p.receipt)
	for name := range forms {
		mux.Handle("GET /dossiers/{code}/forms/"+name, web.SignedIn, p.form(name))
	}
	mux.Handle("GET /dossiers/{code}/person", web.SignedIn, p.personAsk)
	mux.Handle("POST /dossiers/{code}/person", web.SignedIn, p.personShow)
	mux.Handle("GET /dossiers/{code}/papers", web.SignedIn, p.paperAsk)
	mux.Handle("POST /dossiers/{code}/papers", web.SignedIn.Body(file.MaxSize+1<<20), p.paperAdd)
	mux.Handle("GET /dossiers/{code}/papers/{ord}", web.SignedIn, p.paperGet)
	mux.Handle("GET /dossiers/{code}/papers/purpose", web.SignedIn, p.purposeAsk)
	mux.Handle("POST /dossiers/{code}/papers/purpose", web.SignedIn, p.purposeTell)
	for _, x := range actions {
		mux.Handle("GET /dossiers/{code}/"+x.name, web.SignedIn, p.ask(x))
		mux.Handle("POST /dossiers/{code}/"+x.name, web.SignedIn, p.act(x))
	}
}

// may reports which verbs the actor may do with the dossiers of a unit.
func (p *Pages) may(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID, verbs ...auth.Verb) (map[auth.Verb]bool, error) {
	out := map[auth.Verb]bool{}
	for _, v := range verbs {
		ok, err := p.Desk.Guard.May(ctx, q, a, v, u)
		if err != nil {
			return nil, err
		}
		out[v] = ok
	}
	return out, nil
}

// address returns the address of a page as a citizen's telephone needs it.
func (p *Pages) address(r *http.Request, path string) string {
	if p.Base != "" {
		return strings.TrimSuffix(p.Base, "/") + path
	}
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	return scheme + r.Host + path
}

// dossierURL is the address of a dossier's page, or of a page below it.
func dossierURL(code string, below ...string) string {
	return "/dossiers/" + strings.Join(append([]string{code}, below...), "/")
}
