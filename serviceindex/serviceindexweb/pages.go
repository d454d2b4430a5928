// Package serviceindexweb has the pages of the real-time service index: the
// leaders' board (điều hành), the index of a unit, and the list behind each
// number. Every page is complete without scripts; with them the board moves as
// facts arrive.
package serviceindexweb

import (
	"context"
	"net/url"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/live"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/serviceindex"
	"cchc/unit"
)

// Dossiers tells what the board shows beside the index. The app makes one of the
// dossier room. Each checks the actor's right to the unit.
type Dossiers interface {
	// Work counts what a unit and what is below it have to do as of now.
	Work(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID) (Work, error)

	// Overdue counts every unit's own open dossiers that are overdue now.
	Overdue(ctx context.Context, q db.Queryer) (map[unit.ID]int64, error)

	// Sectors counts by sector what ended in the period in a unit and below it.
	Sectors(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID, p serviceindex.Period) ([]Rate, error)

	// Procedures counts by procedure; those with the most late and overdue first,
	// n at most, and only those that have any.
	Procedures(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID, p serviceindex.Period, n int) ([]Rate, error)

	// Span counts what was received and resolved from a day to another.
	Span(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID, from, to moment.Date) (serviceindex.Span, error)

	// Holders names who has steps past their deadline, those with the most first.
	Holders(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID, n int) ([]serviceindex.Holder, error)

	// Silent lists the communes below a unit, or itself, in which nothing was
	// entered for so many working days.
	Silent(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID, days int) ([]serviceindex.Silent, error)

	// DueBy counts open dossiers that are not overdue and due by a day.
	DueBy(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID, by moment.Date) (int64, error)
}

// Work is what there is to do as of now.
type Work struct {
	Open      int64
	Overdue   int64
	NoApology int64 // of Overdue: nobody has apologised
	Soon      int64 // not overdue, and due within three working days
	Until     moment.Instant
	Sector    string // with the most of Soon; "" when there is none
	InSector  int64
}

// Rate is how many of what ended did so in time (early or on time).
type Rate struct {
	Key     string // sector, or code of the procedure
	Name    string
	Ended   int64
	InTime  int64
	Overdue int64 // still open, and overdue
}

// Pages are the pages of the index. Index and Dossiers are needed; a nil Live
// leaves the board as it was loaded.
type Pages struct {
	Index    *serviceindex.Index
	Dossiers Dossiers
	Live     *live.Hub

	lists   keptLists
	watched watchedBoards
}

// silentDays is after how many working days without an entry a commune is shown as
// silent at a unit.
func (p *Pages) silentDays(ctx context.Context, q db.Queryer, u unit.ID) (int, error) {
	n, err := p.Index.Settings.Int(ctx, q, serviceindex.SilentDays, u)
	return int(n), err
}

// Register puts the pages at /board and /index.
func (p *Pages) Register(mux *web.Mux) {
	mux.Handle("GET /board", web.SignedIn, p.board)
	mux.Handle("GET /board/stream", web.SignedIn.Live(), p.stream)
	mux.Handle("GET /board/trend", web.SignedIn, p.trends)
	mux.Handle("GET /board/wall", web.SignedIn, p.wall)
	mux.Handle("GET /board/week", web.SignedIn, p.week)
	mux.Handle("GET /index/{unit}", web.SignedIn, p.unit)
	mux.Handle("POST /index/{unit}/entries", web.SignedIn, p.enter)
	mux.Handle("GET /index/{unit}/withdraw", web.SignedIn, p.askWithdraw)
	mux.Handle("POST /index/{unit}/withdraw", web.SignedIn, p.withdraw)
	mux.Handle("GET /index/{unit}/{metric}", web.SignedIn, p.list)
}

// link writes an address of path and alternating names and values; empty values
// are left out.
func link(path string, list ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(list); i += 2 {
		if list[i+1] != "" {
			v.Set(list[i], list[i+1])
		}
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

func unitURL(u unit.ID, p serviceindex.Period) string {
	return link("/index/"+url.PathEscape(string(u)), "period", p.String())
}

func listURL(u unit.ID, metric string, part serviceindex.Part, p serviceindex.Period) string {
	return link("/index/"+url.PathEscape(string(u))+"/"+url.PathEscape(metric), "part", string(part), "period", p.String())
}

func dossierURL(code string) string { return "/dossiers/" + url.PathEscape(code) }

// period reads the period of an address; an empty text is the year to date.
func (p *Pages) period(text string) (serviceindex.Period, error) {
	if text == "" {
		return serviceindex.PeriodOn(serviceindex.YearToDate, p.Index.DB.Now().Date()), nil
	}
	return serviceindex.ParsePeriod(text)
}

// periods lists what the chooser offers: of each kind the running period and
// those before it.
func (p *Pages) periods(chosen serviceindex.Period) []serviceindex.Period {
	today := p.Index.DB.Now().Date()
	var out []serviceindex.Period
	there := false
	for _, k := range serviceindex.Kinds {
		x := serviceindex.PeriodOn(k, today)
		for range map[serviceindex.Kind]int{serviceindex.YearToDate: 2, serviceindex.Month: 12, serviceindex.Quarter: 4, serviceindex.Year: 2}[k] {
			there = there || x == chosen
			out = append(out, x)
			x = x.Before()
		}
	}
	if !there {
		out = append([]serviceindex.Period{chosen}, out...)
	}
	return out
}

// home is the unit whose board somebody sees first: their own, or the province.
func (p *Pages) home(ctx context.Context, q db.Queryer, a actor.Actor, v auth.Verb) (unit.ID, error) {
	tree, err := p.Index.Units.Today(ctx, q)
	if err != nil {
		return "", err
	}
	for _, root := range auth.Roots(a, v) {
		if root != "" {
			return root, nil
		}
		if all := tree.Roots(); len(all) > 0 {
			return all[0], nil
		}
	}
	return a.Home(), nil
}

// namer names units as of today or, when they are gone, as they last were.
type namer struct {
	pages *Pages
	ctx   context.Context
	q     db.Queryer
	known map[unit.ID]string
}

func (p *Pages) namer(ctx context.Context, q db.Queryer) *namer {
	return &namer{pages: p, ctx: ctx, q: q, known: map[unit.ID]string{}}
}

func (n *namer) name(id unit.ID) (string, error) {
	if s, ok := n.known[id]; ok {
		return s, nil
	}
	u, ok, err := n.pages.Index.Units.Last(n.ctx, n.q, id)
	if !ok {
		u.Name = string(id)
	}
	n.known[id] = u.Name
	return u.Name, err
}
