// Package reportedweb is the door to reported figures: which reports there are, and
// each beside what this system counts.
package reportedweb

import (
	"cchc/base/auth"
	"net/http"
	"net/url"

	"cchc/base/actor"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/reported"
	"cchc/unit"
)

// Pages are the pages.
type Pages struct {
	Book  *reported.Book
	Units *unit.Book
}

// Path is where the pages begin.
const Path = "/reports/reported"

// Register adds the pages to the mux.
func (p *Pages) Register(mux *web.Mux) {
	mux.Handle("GET "+Path, web.SignedIn, p.list)
	mux.Handle("GET "+Path+"/compare", web.SignedIn, p.compare)
}

type entry struct {
	reported.Report
	Name string
}

func (e entry) url() string {
	return Path + "/compare?" + url.Values{"unit": {string(e.Unit)}, "from": {e.From.String()}, "to": {e.To.String()}, "source": {e.Source}}.Encode()
}

func (p *Pages) named(r *http.Request, x reported.Report) (entry, error) {
	u, ok, err := p.Units.Last(r.Context(), p.Book.DB, x.Unit)
	if !ok {
		u.Name = string(x.Unit)
	}
	return entry{x, u.Name}, err
}

func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	list, err := p.Book.List(r.Context(), web.Actor(r.Context()))
	if err != nil {
		return err
	}
	var out []entry
	for _, x := range list {
		e, err := p.named(r, x)
		if err != nil {
			return err
		}
		out = append(out, e)
	}
	return web.Render(w, r, http.StatusOK, listView(out, len(auth.Roots(web.Actor(r.Context()), auth.IndexEnter)) > 0))
}

type comparePage struct {
	entry
	Pairs []reported.Pair
}

func (p comparePage) different() int {
	n := 0
	for _, x := range p.Pairs {
		if x.Different > 0 {
			n++
		}
	}
	return n
}

func (p *Pages) compare(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		web.Form
		Unit   string      `form:"unit,required"`
		From   moment.Date `form:"from,required"`
		To     moment.Date `form:"to,required"`
		Source string      `form:"source,required"`
	}
	if err := web.Decode(r, &in); err != nil {
		return err
	}
	x, pairs, err := p.Book.Compare(r.Context(), web.Actor(r.Context()), reported.Report{Unit: actor.UnitID(in.Unit), From: in.From, To: in.To, Source: in.Source})
	if err != nil {
		return err
	}
	e, err := p.named(r, x)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, compareView(comparePage{e, pairs}))
}
