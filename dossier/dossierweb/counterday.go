package dossierweb

import (
	"context"
	"net/http"
	"net/url"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/dossier"
	"cchc/unit"
)

// The counter's day (quầy hôm nay): one page from which everything that a counter
// does beside receiving is a key away.

func (p *Pages) registerCounter(mux *web.Mux) {
	mux.Handle("GET /counter", web.SignedIn, p.counterDay)
	mux.Handle("GET /counter/custody", web.SignedIn, p.custodyPage)
	mux.Handle("POST /counter/custody", web.SignedIn, p.custodyBack)
	mux.Handle("GET /counter/uncollected", web.SignedIn, p.uncollectedPage)
	mux.Handle("GET /counter/reserved", web.SignedIn, p.reservedPage)
	mux.Handle("POST /counter/reserved", web.SignedIn, p.reserve)
	mux.Handle("POST /counter/reserved/cancel", web.SignedIn, p.reservedCancel)
	mux.Handle("GET /counter/reserved/{block}", web.SignedIn, p.reservedPrint)
	mux.Handle("GET /counter/lists/{kind}", web.SignedIn, p.handPage)
	mux.Handle("POST /counter/lists/{kind}", web.SignedIn, p.handMake)
	mux.Handle("GET /counter/lists/{kind}/{id}", web.SignedIn, p.handShow)
	mux.Handle("GET /counter/lists/{kind}/{id}/print", web.SignedIn, p.handPrint)
	for _, name := range []string{"give", "track", "settle"} {
		mux.Handle("POST /counter/lists/{kind}/{id}/"+name, web.SignedIn, p.handAct(name))
	}
	mux.Handle("GET /counter/cash", web.SignedIn, p.cashPage)
	mux.Handle("POST /counter/cash", web.SignedIn, p.cashOpen)
	mux.Handle("GET /counter/cash/{id}", web.SignedIn, p.cashShow)
	mux.Handle("POST /counter/cash/{id}/close", web.SignedIn, p.cashClose)
	mux.Handle("POST /counter/cash/{id}/adjust", web.SignedIn, p.cashAdjust)
	mux.Handle("GET /counter/cash/{id}/print", web.SignedIn, p.cashPrint)
	mux.Handle("GET /counter/cash/{id}/slips/{ord}", web.SignedIn, p.cashSlip)
}

// A deskView is what every page of the counter's day knows.
type deskView struct {
	unit  unit.ID
	name  string
	units []ui.Option // more than one where the person looks after several
	now   moment.Instant
	may   map[auth.Verb]bool
	names *names
	form  *ui.Form
	who   map[string]string // names by account, as far as the page shows them
}

// deskView finds the unit that the page is about: the one asked for, or else the
// person's own; it asks for the right to read its counter's day.
func (p *Pages) deskView(ctx context.Context, q db.Queryer, asked string) (deskView, error) {
	a := web.Actor(ctx)
	v := deskView{now: p.Desk.DB.Now(), names: newNames(q), who: map[string]string{}, form: &ui.Form{}}
	if err := p.Desk.Guard.CheckAnywhere(a, auth.CounterRead); err != nil {
		return v, err
	}
	units, err := p.unitsFor(ctx, q, a, auth.CounterRead)
	if err != nil {
		return v, err
	}
	v.unit = unit.ID(asked)
	if asked == "" {
		v.unit = a.Home()
	}
	if v.unit == "" && len(units) > 0 {
		v.unit = units[0].ID
	}
	for _, u := range units {
		v.units = append(v.units, ui.Option{Value: string(u.ID), Text: u.Name})
		if u.ID == v.unit {
			v.name = u.Name
		}
	}
	v.form.Set("unit", string(v.unit))
	if err := p.Desk.Guard.Check(ctx, q, a, auth.CounterRead, v.unit); err != nil {
		return v, err
	}
	if v.name == "" { // dissolved, or, for those who may everywhere, none that ever was
		u, was, err := p.Desk.Units.Last(ctx, q, v.unit)
		if err != nil {
			return v, err
		}
		if !was {
			return v, fault.New(fault.NotFound, "unit.unknown", "Unit", string(v.unit))
		}
		v.name = u.Name
	}
	v.may, err = p.may(ctx, q, a, v.unit, auth.DossierReceive, auth.DossierReturn, auth.DossierPay, auth.DossierCorrect, auth.CounterSet)
	return v, err
}

// know looks up the names of accounts that the page shows.
func (v *deskView) know(ctx context.Context, accounts ...string) error {
	for _, a := range accounts {
		name, err := v.names.of(ctx, a)
		if err != nil {
			return err
		}
		v.who[a] = name
	}
	return nil
}

// url is an address of the counter's day in the page's unit.
func (v deskView) url(path string) string {
	if len(v.units) < 2 {
		return path
	}
	return path + "?unit=" + url.QueryEscape(string(v.unit))
}

func (v deskView) crumbs(ctx context.Context) []ui.Link {
	return []ui.Link{{Text: i18n.T(ctx, "counter.day"), URL: v.url("/counter")}}
}

// unitsFor returns the units in which somebody may do a verb, those above before
// those below.
func (p *Pages) unitsFor(ctx context.Context, q db.Queryer, a actor.Actor, verb auth.Verb) ([]unit.Unit, error) {
	tree, err := p.Desk.Units.Today(ctx, q)
	if err != nil {
		return nil, err
	}
	var out []unit.Unit
	seen := map[unit.ID]bool{}
	for _, root := range auth.Roots(a, verb) {
		roots := []unit.ID{root}
		if root == "" {
			roots = tree.Roots()
		}
		for _, top := range roots {
			for _, id := range tree.Subtree(top) {
				if u, ok := tree.Unit(id); ok && !seen[id] {
					seen[id] = true
					out = append(out, u)
				}
			}
		}
	}
	return out, nil
}

// A dayCard is one kind of work on the counter's day.
type dayCard struct {
	Title string
	Key   string // reached by this key
	URL   string
	Big   string // the number that matters
	Text  string
	Warn  string // what must not be forgotten
}

type dayView struct {
	deskView
	cards []dayCard
}

// counterDay is the hub.
func (p *Pages) counterDay(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v := &dayView{}
	err := p.Desk.DB.Snapshot(ctx, func(s *db.Snapshot) (err error) {
		if v.deskView, err = p.deskView(ctx, s, r.URL.Query().Get("unit")); err != nil {
			return err
		}
		for _, card := range []func(context.Context, db.Queryer, *dayView) (dayCard, error){
			p.listCard(dossier.Inside, "b"), p.uncollectedCard, p.cashCard,
			p.listCard(dossier.Outside, "o"), p.listCard(dossier.PostBatch, "s"), p.custodyCard, p.reservedCard, p.turnCard,
		} {
			c, err := card(ctx, s, v)
			if err != nil {
				return err
			}
			v.cards = append(v.cards, c)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, counterDayPage(v))
}

func (p *Pages) cashCard(ctx context.Context, q db.Queryer, v *dayView) (dayCard, error) {
	c := dayCard{Title: i18n.T(ctx, "counter.cash"), Key: "c", URL: v.url("/counter/cash"), Big: i18n.Money(ctx, 0), Text: i18n.T(ctx, "counter.cash.card")}
	days, err := p.Desk.CashDays(ctx, q, web.Actor(ctx), v.unit, v.now.Date().AddDays(-cashDays))
	var total int64
	left := 0
	for _, x := range days {
		if x.Day == v.now.Date() {
			total += x.Taken() - x.Refunded()
		} else if x.Closed == 0 {
			left++
		}
	}
	c.Big = i18n.Money(ctx, total)
	if left > 0 {
		c.Warn = i18n.T(ctx, "counter.cash.left", "Count", left)
	}
	return c, err
}

// paperOf is the head of a paper that the counter prints today.
func (p *Pages) paperOf(ctx context.Context, v *deskView, heading string, back string) (ui.Paper, error) {
	f := &formView{w: dossier.Whole{}}
	f.w.State.Promised, f.w.State.Unit = v.unit, v.unit
	f.fact.At = v.now
	vi := i18n.With(ctx, i18n.Vietnamese)
	if err := issuer(vi, p.Desk, p.Desk.DB, f); err != nil {
		return ui.Paper{}, err
	}
	return ui.Paper{Title: heading, Above: f.above, Body: f.body, Heading: heading,
		Place: f.place + ", " + longDate(vi, v.now.Date()), Back: ui.Link{Text: i18n.T(ctx, "counter.day"), URL: back}}, nil
}
