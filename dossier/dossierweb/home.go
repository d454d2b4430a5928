package dossierweb

import (
	"context"
	"net/http"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/base/web"
	"cchc/dossier"
)

// A Figure is how much of what was resolved in a period came early or on time.
type Figure struct {
	Share    points.Ratio
	From, To moment.Date
	AsOf     moment.Instant
	Place    string // "Tỉnh Sông Mẫu"
}

// A Live tells the figure that the first page shows to everybody. The app fills
// it: what counts as on time for the province is another room's to say.
type Live interface {
	OnTime(ctx context.Context) (Figure, error)
}

// Public are the pages that need no account: the first page, the look-up of a
// dossier, the rating of one. A nil Live shows no figure.
type Public struct {
	Desk *dossier.Desk
	Live Live
	Read *db.DB // where the pages are read: a standby; nil is where they are written

	limit limiter
}

func (p *Public) reads() *db.DB {
	if p.Read != nil {
		return p.Read
	}
	return p.Desk.DB
}

// Register puts the pages at /, /lookup and /rate.
func (p *Public) Register(mux *web.Mux) {
	mux.Handle("GET /{$}", web.Public, p.home)
	mux.Handle("GET /lookup", web.Public, p.lookup)
	mux.Handle("POST /lookup", web.Public, p.lookup)
	mux.Handle("GET /rate/{token}", web.BySecret, p.ask)
	mux.Handle("POST /rate/{token}", web.BySecret, p.rate)
	mux.Handle("POST /rate/{token}/reason", web.BySecret, p.explain)
}

// Allow reports whether a visitor's address may try a dossier's code and digits now; all
// pages that take them share what each address has.
func (p *Public) Allow(r *http.Request) bool {
	return p.limit.allow(web.ClientIP(r), p.Desk.DB.Now().Time())
}

// home is the first page of visitors; who is signed in goes on to work.
func (p *Public) home(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if a := web.Actor(ctx); a.SignedIn() {
		return web.SeeOther(w, r, Start(a), "")
	}
	var live *Figure
	if p.Live != nil {
		f, err := p.Live.OnTime(ctx)
		if err != nil {
			return err
		}
		if f.Share.Defined() {
			live = &f
		}
	}
	return web.Render(w, r, http.StatusOK, homeView(live))
}

// Start is where the day of an actor begins: those who work on dossiers with
// their own, all others with the board.
func Start(a actor.Actor) string {
	if a.Has(actor.OneStop) || a.Has(actor.Specialist) {
		return "/work"
	}
	return "/board"
}
