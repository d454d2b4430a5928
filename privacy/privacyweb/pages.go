// Package privacyweb has the pages of personal data: who looked at a dossier, the
// purposes of looking, files that left, how long data are kept, and requests of the
// people whose data they are.
package privacyweb

import (
	"context"
	"net/http"
	"strings"

	"cchc/base/i18n"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/dossier"
	"cchc/privacy"
	"cchc/setting"
)

// Path is where the pages of administration are.
const Path = "/admin/privacy"

// Pages are the pages of personal data. Everything is needed.
type Pages struct {
	Desk     *privacy.Desk
	Settings *setting.Book
	Dossiers *dossier.Desk
	// Name names an account, "" for one that is gone.
	Name func(ctx context.Context, account string) string
	// Allow reports whether a visitor may try a code and digits now; nil lets all.
	Allow func(r *http.Request) bool
}

// Register puts the pages on the mux.
func (p *Pages) Register(mux *web.Mux) {
	mux.Handle("GET /dossiers/{code}/looks", web.SignedIn, p.looks)
	mux.Handle("GET "+Path+"/retention", web.SignedIn, p.retention)
	mux.Handle("POST "+Path+"/retention/keep", web.SignedIn, p.keepSet)
	mux.Handle("POST "+Path+"/retention/holds", web.SignedIn, p.hold)
	mux.Handle("POST "+Path+"/retention/holds/{id}/end", web.SignedIn, p.holdEnd)
	mux.Handle("GET "+Path+"/retention/due", web.SignedIn, p.due)
	mux.Handle("POST "+Path+"/retention/propose", web.SignedIn, p.propose)
	mux.Handle("GET "+Path+"/retention/{id}", web.SignedIn, p.proposal)
	mux.Handle("POST "+Path+"/retention/{id}", web.SignedIn, p.decide)
	mux.Handle("GET "+Path+"/requests", web.SignedIn, p.requests)
	mux.Handle("POST "+Path+"/requests", web.SignedIn, p.receive)
	mux.Handle("GET "+Path+"/requests/{id}", web.SignedIn, p.request)
	mux.Handle("POST "+Path+"/requests/{id}/assign", web.SignedIn, p.assign)
	mux.Handle("POST "+Path+"/requests/{id}/identify", web.SignedIn, p.identify)
	mux.Handle("POST "+Path+"/requests/{id}/answer", web.SignedIn, p.answer)
	mux.Handle("POST "+Path+"/requests/{id}/data", web.SignedIn, p.data)
	mux.Handle("GET "+Path+"/requests/{id}/letter", web.SignedIn, p.letter)
	mux.Handle("GET /my-data", web.Public, p.publicAsk)
	mux.Handle("POST /my-data", web.Public, p.publicSend)
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
	if does, own := strings.CutPrefix(account, "system:"); own {
		name = i18n.T(ctx, "audit.system", "Name", does)
	}
	if name == "" {
		name = i18n.T(ctx, "dossierweb.unknown_person")
	}
	if behalf == "" {
		return name
	}
	return i18n.T(ctx, "auth.behalf", "Name", name, "For", p.Name(ctx, behalf))
}
