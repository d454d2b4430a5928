// Package calendarweb has the pages on which calendars are kept: the working week
// of a unit, days off and make-up days, closures that are entered late. Before a
// change is confirmed it shows which promises would move, from when to when.
package calendarweb

import (
	"context"
	"net/http"
	"net/url"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/calendar"
	"cchc/dossier"
	"cchc/unit"
)

// Pages are the pages of calendars; everything is needed.
type Pages struct {
	DB        *db.DB
	Calendars *calendar.Store
	Units     *unit.Book
	Desk      *dossier.Desk
}

// Path is where the pages begin.
const Path = "/admin/calendars"

// ChangePath is where the outcomes of changes are, by id.
const ChangePath = "/admin/calendar-changes/"

// nation is how addresses write the calendar of the whole nation.
const nation = "nation"

// Register puts the pages below Path.
func (p *Pages) Register(mux *web.Mux) {
	mux.Handle("GET "+Path, web.SignedIn, p.list)
	mux.Handle("GET "+Path+"/{unit}", web.SignedIn, p.show)
	mux.Handle("GET "+Path+"/{unit}/day", web.SignedIn, p.day)
	mux.Handle("POST "+Path+"/{unit}/day", web.SignedIn, p.day)
	mux.Handle("GET "+Path+"/{unit}/week", web.SignedIn, p.week)
	mux.Handle("POST "+Path+"/{unit}/week", web.SignedIn, p.week)
	mux.Handle("GET "+ChangePath+"{id}", web.SignedIn, p.outcome)
}

func pathOf(u unit.ID, more string) string {
	if u == "" {
		u = nation
	}
	return Path + "/" + url.PathEscape(string(u)) + more
}

// A place is whose calendar a page is about.
type place struct {
	ID   unit.ID // "" is the nation
	Name string
	May  bool // the actor may change it
}

func (x place) url(more string) string { return pathOf(x.ID, more) }

// at finds the unit of the address and checks that the actor may see it.
func (p *Pages) at(r *http.Request) (place, error) {
	ctx := r.Context()
	x := place{ID: unit.ID(r.PathValue("unit"))}
	a := web.Actor(ctx)
	if x.ID == nation {
		x.ID = ""
	}
	if err := p.see(ctx, a, x.ID); err != nil {
		return x, err
	}
	var err error
	if x.Name, err = p.name(ctx, x.ID); err != nil {
		return x, err
	}
	x.May, err = p.Calendars.Guard.May(ctx, p.DB, a, auth.CalendarChange, x.ID)
	return x, err
}

func (p *Pages) see(ctx context.Context, a actor.Actor, u unit.ID) error {
	if u == "" {
		return p.Calendars.Guard.CheckAnywhere(a, auth.UnitRead)
	}
	if vs, err := p.Units.Versions(ctx, p.DB, u); err != nil || len(vs) == 0 {
		if err == nil {
			err = fault.New(fault.NotFound, "calendar.unit_unknown", "Unit", string(u))
		}
		return err
	}
	return p.Calendars.Guard.Check(ctx, p.DB, a, auth.UnitRead, u)
}

func (p *Pages) name(ctx context.Context, u unit.ID) (string, error) {
	if u == "" {
		return i18n.T(ctx, "calendarweb.nation"), nil
	}
	x, ok, err := p.Units.Last(ctx, p.DB, u)
	if err != nil || !ok {
		return string(u), err
	}
	return x.Name, nil
}

func crumbs(ctx context.Context, more ...ui.Link) []ui.Link {
	return append([]ui.Link{{Text: i18n.T(ctx, "calendarweb.admin"), URL: "/admin"}, {Text: i18n.T(ctx, "calendarweb.title"), URL: Path}}, more...)
}
