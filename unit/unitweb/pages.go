// Package unitweb has the pages on which units are kept: the tree as of any day,
// what a unit was and what hangs on it, and the forms of every event that changes
// units. Before an event is confirmed its preview tells which dossiers, accounts,
// calendars and figures go where.
package unitweb

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/calendar"
	"cchc/dossier"
	"cchc/unit"
)

// Entered tells how many figures were entered by hand for a unit; the index room's
// Index is one.
type Entered interface {
	EnteredCount(ctx context.Context, q db.Queryer, u actor.UnitID) (int, error)
}

// Pages are the pages of units; everything is needed.
type Pages struct {
	DB        *db.DB
	Registry  *unit.Registry
	Accounts  *auth.Accounts
	Calendars *calendar.Store
	Desk      *dossier.Desk
	Index     Entered
}

// Path is where the pages begin.
const Path = "/admin/units"

// Register puts the pages below Path.
func (p *Pages) Register(mux *web.Mux) {
	mux.Handle("GET "+Path, web.SignedIn, p.list)
	mux.Handle("GET "+Path+"/{unit}", web.SignedIn, p.show)
	mux.Handle("GET "+Path+"/{unit}/assign", web.SignedIn, p.assign)
	mux.Handle("POST "+Path+"/{unit}/assign", web.SignedIn, p.assign)
	for _, act := range acts {
		mux.Handle("GET "+Path+"/{unit}/"+act, web.SignedIn, p.change(act))
		mux.Handle("POST "+Path+"/{unit}/"+act, web.SignedIn, p.change(act))
	}
}

func pathOf(u unit.ID, more string) string { return Path + "/" + url.PathEscape(string(u)) + more }

func (p *Pages) book() *unit.Book { return p.Registry.Book }

func crumbs(ctx context.Context, more ...ui.Link) []ui.Link {
	return append([]ui.Link{{Text: i18n.T(ctx, "unitweb.admin"), URL: "/admin"}, {Text: i18n.T(ctx, "unitweb.title"), URL: Path}}, more...)
}

// A treeRow is one unit of the tree.
type treeRow struct {
	URL, Code, Name, Level, Area, Block, Since string
	Depth                                      int
}

type listForm struct {
	web.Form
	On    moment.Date `form:"on"`
	Q     string      `form:"q"`
	Level string      `form:"level"`
}

type listView struct {
	Form     *listForm
	Rows     []treeRow
	On       moment.Date
	Levels   []ui.Option
	May      bool
	More     bool
	Stranded []strandedRow
}

type strandedRow struct {
	URL, Name string
	Count     int
}

const mostRows = 500

func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	a := web.Actor(ctx)
	guard := p.Registry.Guard
	if err := guard.CheckAnywhere(a, auth.UnitRead); err != nil {
		return err
	}
	in := &listForm{}
	if err := web.Decode(r, in); err != nil && !in.Failed(err) {
		return err
	}
	v := listView{Form: in, On: in.On, May: len(auth.Roots(a, auth.UnitChange)) > 0}
	if v.On == 0 {
		v.On = p.DB.Now().Date()
		in.Set("on", i18n.Date(ctx, v.On))
	}
	tree, err := p.book().On(ctx, p.DB, v.On)
	if err != nil {
		return err
	}
	names, err := p.levels(ctx)
	if err != nil {
		return err
	}
	v.Levels = append([]ui.Option{{Text: i18n.T(ctx, "unitweb.any_level")}}, names.options...)
	q := i18n.Fold(in.Q)
	seen := map[unit.ID]bool{}
	var walk func(id unit.ID, depth int)
	walk = func(id unit.ID, depth int) {
		u, ok := tree.Unit(id)
		if !ok || seen[id] {
			return
		}
		seen[id] = true
		if (in.Level == "" || u.Level == in.Level) && (q == "" || strings.Contains(u.Fold, q) || strings.Contains(i18n.Fold(u.Code), q)) {
			if len(v.Rows) == mostRows {
				v.More = true
				return
			}
			row := treeRow{URL: pathOf(id, ""), Code: u.Code, Name: u.Name, Level: names.of[u.Level], Area: areaText(ctx, u.Area), Block: u.Block,
				Since: i18n.Date(ctx, u.From), Depth: min(depth, 4)}
			if q != "" || in.Level != "" {
				row.Depth = 0
			}
			v.Rows = append(v.Rows, row)
		}
		for _, c := range tree.Children(id) {
			walk(c, depth+1)
		}
	}
	for _, root := range auth.Roots(a, auth.UnitRead) {
		if root != "" {
			walk(root, 0)
			continue
		}
		for _, x := range tree.Roots() {
			walk(x, 0)
		}
	}
	if v.May {
		if v.Stranded, err = p.stranded(ctx, a); err != nil {
			return err
		}
	}
	return web.Render(w, r, http.StatusOK, listPage(v))
}

// stranded lists the units that are gone and still have open dossiers.
func (p *Pages) stranded(ctx context.Context, a actor.Actor) ([]strandedRow, error) {
	by, err := p.Desk.Stranded(ctx, p.DB)
	if err != nil {
		return nil, err
	}
	var out []strandedRow
	for u, n := range by {
		may, err := p.Registry.Guard.May(ctx, p.DB, a, auth.UnitChange, u)
		if err != nil {
			return nil, err
		}
		if !may {
			continue
		}
		last, _, err := p.book().Last(ctx, p.DB, u)
		if err != nil {
			return nil, err
		}
		out = append(out, strandedRow{pathOf(u, "/assign"), last.Name, n})
	}
	i18n.SortBy(out, func(s strandedRow) string { return s.Name })
	return out, nil
}

// Waits counts the dossiers that wait for somebody to say which unit takes them.
func (p *Pages) Waits(ctx context.Context, a actor.Actor) (int, error) {
	rows, err := p.stranded(ctx, a)
	n := 0
	for _, r := range rows {
		n += r.Count
	}
	return n, err
}

// levelNames are the levels in the page's language.
type levelNames struct {
	of      map[string]string
	options []ui.Option
}

func (p *Pages) levels(ctx context.Context) (levelNames, error) {
	all, err := p.book().Levels(ctx, p.DB)
	n := levelNames{of: map[string]string{}}
	for _, l := range all {
		name := l.NameVI
		if i18n.Lang(ctx) == i18n.English {
			name = l.NameEN
		}
		n.of[l.Code] = name
		n.options = append(n.options, ui.Option{Value: l.Code, Text: name})
	}
	return n, err
}

func areaText(ctx context.Context, area string) string {
	if area == "" {
		return ""
	}
	return i18n.T(ctx, "unitweb.area."+area)
}

// name is a unit as it is today, or as it last was.
func (p *Pages) name(ctx context.Context, q db.Queryer, id unit.ID) (string, error) {
	if id == "" {
		return i18n.None, nil
	}
	u, ok, err := p.book().Last(ctx, q, id)
	if err != nil || !ok {
		return string(id), err
	}
	return u.Name, nil
}

// find returns the unit of the address, as it last was, when the actor may see it.
func (p *Pages) find(r *http.Request) (unit.Unit, error) {
	ctx := r.Context()
	id := unit.ID(r.PathValue("unit"))
	u, ok, err := p.book().Last(ctx, p.DB, id)
	if err == nil && !ok {
		err = fault.New(fault.NotFound, "unit.unknown", "Unit", string(id))
	}
	if err != nil {
		return u, err
	}
	return u, p.Registry.Guard.Check(ctx, p.DB, web.Actor(ctx), auth.UnitRead, id)
}
