// Package privacyweb has the pages of personal data: who looked at a dossier, the
// purposes of looking, files that left, how long data are kept, and requests of the
// people whose data they are.
package privacyweb

import (
	"context"

	"cchc/base/web"
	"cchc/base/web/ui"

	"cchc/base/i18n"
	"cchc/privacy"
)

// Path is where the pages of administration are.
const Path = "/admin/privacy"

// Pages are the pages of personal data. Everything is needed.
type Pages struct {
	Desk *privacy.Desk
	// Name names an account, "" for one that is gone.
	Name func(ctx context.Context, account string) string
}

// Register puts the pages on the mux.
func (p *Pages) Register(mux *web.Mux) {
	mux.Handle("GET /dossiers/{code}/looks", web.SignedIn, p.looks)
	mux.Handle("GET "+Path+"/exports", web.SignedIn, p.exports)
	mux.Handle("GET "+Path+"/purposes", web.SignedIn, p.purposes)
	mux.Handle("POST "+Path+"/purposes", web.SignedIn, p.purposePut)
	mux.Handle("POST "+Path+"/purposes/{code}/retire", web.SignedIn, p.purposeRetire)
}

func crumbs(ctx context.Context, more ...ui.Link) []ui.Link {
	return append([]ui.Link{{Text: i18n.T(ctx, "admin.title"), URL: "/admin"}}, more...)
}

// who names who did something, and in whose place.
func (p *Pages) who(ctx context.Context, account, behalf string) string {
	name := p.Name(ctx, account)
	if name == "" {
		name = i18n.T(ctx, "dossierweb.unknown_person")
	}
	if behalf == "" {
		return name
	}
	return i18n.T(ctx, "auth.behalf", "Name", name, "For", p.Name(ctx, behalf))
}
