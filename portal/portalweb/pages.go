// Package portalweb has the pages on which citizens read what a procedure (thủ
// tục hành chính) asks of them, how the units near them keep their dates, and
// where to turn when something went wrong. Nobody signs in; nothing is personal.
package portalweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"cchc/base/db"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/base/web"
	"cchc/calendar"
	"cchc/portal"
	"cchc/procedure"
	"cchc/unit"
)

const (
	// Path is where the procedures are.
	Path = "/services"
	// perPage is how many procedures a page lists: a few thumbs' lengths.
	perPage = 30
	// mostCommon is how many procedures are named before anybody has asked.
	mostCommon = 8
)

// A Kept is how a unit kept its dates: of Den dossiers that ended, Num did in
// time.
type Kept struct {
	Unit  unit.ID
	Share points.Ratio
}

// Figures tells what is public about the work of units; the app fills it, for
// counting dossiers is another room's.
type Figures interface {
	// KeptDates returns for every unit, those below included, what ended from one
	// day's month to another's.
	KeptDates(ctx context.Context, q db.Queryer, from, to moment.Date) (map[unit.ID]points.Ratio, error)
	// Common returns the codes of the procedures that most dossiers of this year were
	// about, the most frequent first.
	Common(ctx context.Context, q db.Queryer, n int) ([]string, error)
}

// Pages are the public pages. All but Base are needed.
type Pages struct {
	DB        *db.DB
	Finder    *portal.Finder
	Units     *unit.Book
	Calendars *calendar.Store
	Figures   Figures
	Base      string // address that citizens reach; the request's own host when empty
}

// Register puts the pages at /services, /on-time and /complain.
func (p *Pages) Register(mux *web.Mux) {
	mux.Handle("GET "+Path, web.Public, p.list)
	mux.Handle("GET "+Path+"/{code}", web.Public, p.show)
	mux.Handle("GET /on-time", web.Public, p.onTime)
	mux.Handle("GET /complain", web.Public, func(w http.ResponseWriter, r *http.Request) error {
		return web.Render(w, r, http.StatusOK, complainView())
	})
}

// address returns the address of a page as a telephone needs it.
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

func link(path string, values ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(values); i += 2 {
		if values[i+1] != "" {
			q.Set(values[i], values[i+1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

func serviceURL(code string) string { return Path + "/" + url.PathEscape(code) }

// listQuery is what somebody looks for.
type listQuery struct {
	web.Form
	Q      string `form:"q"`
	Sector string `form:"sector"`
	Page   int    `form:"page"`
}

type listPage struct {
	In      *listQuery
	Found   []*procedure.Version // of this page
	All     int
	Pages   int
	Common  []*procedure.Version
	Sectors []procedure.Sector
}

// asked reports whether somebody has said what they look for.
func (p listPage) asked() bool { return p.In.Q != "" || p.In.Sector != "" }

func (p listPage) url(page int) string {
	n := ""
	if page > 1 {
		n = itoa(page)
	}
	return link(Path, "q", p.In.Q, "sector", p.In.Sector, "page", n)
}

// title states what was found.
func (p listPage) title(ctx context.Context) string {
	switch {
	case !p.asked():
		return i18n.T(ctx, "portal.services")
	case p.All == 0:
		return i18n.T(ctx, "portal.services.none")
	case p.In.Q == "":
		return i18n.T(ctx, "portal.services.of_sector", "Count", p.All, "Sector", p.In.Sector)
	}
	return i18n.T(ctx, "portal.services.found", "Count", p.All, "Query", p.In.Q)
}

func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v := listPage{In: &listQuery{}}
	if err := web.Decode(r, v.In); err != nil && !v.In.Failed(err) {
		return err
	}
	v.In.Fault = nil // a page number that is none is the first page
	today := p.DB.Now().Date()
	err := p.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		if !v.asked() {
			var err error
			if v.Common, err = p.common(ctx, q, today); err != nil {
				return err
			}
			v.Sectors, err = p.sectors(ctx, q, today)
			return err
		}
		all, err := p.Finder.Find(ctx, q, v.In.Q, procedure.Filter{On: today, Sector: v.In.Sector})
		v.All = len(all)
		v.Pages = (v.All + perPage - 1) / perPage
		v.In.Page = max(1, min(v.In.Page, v.Pages))
		from := min((v.In.Page-1)*perPage, v.All)
		v.Found = all[from:min(from+perPage, v.All)]
		if err == nil && v.All == 0 {
			v.Sectors, err = p.sectors(ctx, q, today)
		}
		return err
	})
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, listView(v))
}

func (p *Pages) common(ctx context.Context, q db.Queryer, today moment.Date) ([]*procedure.Version, error) {
	codes, err := p.Figures.Common(ctx, q, mostCommon)
	if err != nil {
		return nil, err
	}
	var out []*procedure.Version
	for _, c := range codes {
		// One that ended since is no longer asked for.
		if v, err := p.Finder.Procedures.InForce(ctx, q, c, today); err == nil {
			out = append(out, v)
		}
	}
	return out, nil
}

// sectors returns the fields of law in Vietnamese order; those of ministries only
// are left out of nothing: the search has them.
func (p *Pages) sectors(ctx context.Context, q db.Queryer, today moment.Date) ([]procedure.Sector, error) {
	all, err := p.Finder.Procedures.Sectors(ctx, q, today)
	all = slices.DeleteFunc(all, func(s procedure.Sector) bool { return s.Name == "" })
	i18n.SortBy(all, func(s procedure.Sector) string { return s.Name })
	return all, err
}
