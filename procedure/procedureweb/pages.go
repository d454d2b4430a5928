// Package procedureweb has the pages on which the catalogue of procedures is
// kept: the list, a procedure's versions beside each other, what could not be
// read and a form to settle it, new versions, and editors of steps, papers and
// fees.
package procedureweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/list"
	"cchc/base/web/ui"
	"cchc/calendar"
	"cchc/procedure"
)

// Pages are the pages of procedures; everything else is needed.
type Pages struct {
	DB        *db.DB
	Registry  *procedure.Registry
	Calendars *calendar.Store
	Views     *list.Views // nil keeps none
}

// Path is where the pages begin.
const Path = "/admin/procedures"

// Register puts the pages below Path.
func (p *Pages) Register(mux *web.Mux) {
	mux.Handle("GET "+Path, web.SignedIn, p.list)
	mux.Handle("GET /admin/procedures-next", web.SignedIn, p.next)
	mux.Handle("GET "+Path+"/{code}", web.SignedIn, p.show)
	for _, part := range []string{"settle", "new", "steps", "papers", "fees"} {
		mux.Handle("GET "+Path+"/{code}/"+part, web.SignedIn, p.edit(part))
		mux.Handle("POST "+Path+"/{code}/"+part, web.SignedIn, p.edit(part))
	}
	mux.Handle("POST "+Path+"/{code}/dismiss", web.SignedIn, p.dismiss)
}

func pathOf(code, more string) string { return Path + "/" + url.PathEscape(code) + more }

func nextURL(code string) string { return "/admin/procedures-next?after=" + url.QueryEscape(code) }

func crumbs(ctx context.Context, more ...ui.Link) []ui.Link {
	return append([]ui.Link{{Text: i18n.T(ctx, "procedureweb.admin"), URL: "/admin"}, {Text: i18n.T(ctx, "procedureweb.title"), URL: Path}}, more...)
}

func (p *Pages) may(ctx context.Context) error {
	return p.Registry.Guard.CheckAnywhere(web.Actor(ctx), auth.ProcedureChange)
}

type listForm struct {
	web.Form
	list.Query
	Q      string `form:"q"`
	Sector string `form:"sector"`
	Level  string `form:"level"`
	State  string `form:"state"` // unsettled, unparsed, settled
}

func (in *listForm) at() list.Address {
	return list.At(Path, "q", in.Q, "sector", in.Sector, "level", in.Level, "state", in.State)
}

type listView struct {
	Form    *listForm
	Table   list.Table[listRow]
	Sectors []ui.Option
	Blocked int // that nobody can receive against
	Keeps   bool
	Views   []list.View
}

// A listRow is a version in force today; Place is how well it answers what was
// searched for.
type listRow struct {
	*procedure.Version
	Place int
}

// listKey is the list's, of its saved views.
const listKey = "procedures"

func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := p.may(ctx); err != nil {
		return err
	}
	if p.Views != nil {
		if to, err := p.Views.Opens(ctx, p.DB, r, listKey); err != nil || to != "" {
			if err != nil {
				return err
			}
			return web.SeeOther(w, r, to, "")
		}
	}
	in := &listForm{}
	if err := web.Decode(r, in); err != nil && !in.Failed(err) {
		return err
	}
	file, err := in.Wanted()
	if err != nil {
		return err
	}
	today := p.DB.Now().Date()
	cat := p.Registry.Catalogue
	found, err := cat.Search(ctx, p.DB, in.Q, procedure.Filter{On: today, Sector: in.Sector, Level: in.Level, Settled: in.State == "settled"}, 0)
	if err != nil {
		return err
	}
	v := listView{Form: in}
	var rows []listRow
	for _, x := range found {
		if in.State == "unsettled" && x.Settled || in.State == "unparsed" && len(x.Problems) == 0 {
			continue
		}
		if !x.Settled {
			v.Blocked++
		}
		rows = append(rows, listRow{Version: x, Place: len(rows)})
	}
	v.Table = list.NewTable(rows, &in.Query, list.Order{Key: "place"}, in.at(), func(x *listRow) string { return x.ID }, listFields(ctx))
	if file {
		return v.Table.Send(w, r, in.Format, "procedures-"+today.String(), nil)
	}
	sectors, err := cat.Sectors(ctx, p.DB, today)
	if err != nil {
		return err
	}
	i18n.SortBy(sectors, func(s procedure.Sector) string { return s.Name })
	v.Sectors = []ui.Option{{Text: i18n.T(ctx, "procedureweb.any_sector")}}
	for _, s := range sectors {
		v.Sectors = append(v.Sectors, ui.Option{Value: s.Name, Text: s.Name + " (" + strconv.Itoa(s.Procedures) + ")"})
	}
	if v.Keeps = p.Views != nil; v.Keeps {
		if v.Views, err = p.Views.Of(ctx, p.DB, listKey); err != nil {
			return err
		}
	}
	return web.Render(w, r, http.StatusOK, listPage(v))
}

func listFields(ctx context.Context) []list.Field[listRow] {
	label := func(key string) string { return i18n.T(ctx, "procedureweb."+key) }
	return []list.Field[listRow]{
		{Key: "code", Label: label("code"), Sort: func(x *listRow) string { return x.Code }, Cell: func(x *listRow) string { return x.Code }},
		{Key: "name", Label: label("name"), Sort: func(x *listRow) string { return list.Name(x.Name) }, Cell: func(x *listRow) string { return x.Name }},
		{Key: "sector", Label: label("sector"), Sort: func(x *listRow) string { return list.Name(x.Sector) }, Cell: func(x *listRow) string { return x.Sector }},
		{Key: "level", Label: label("level"), Sort: func(x *listRow) string { return x.Level }, Cell: func(x *listRow) string { return levelText(ctx, x.Level) }},
		{Key: "limits", Label: label("limits"), Cell: func(x *listRow) string { return limitsText(ctx, x.Version) }},
		{Key: "state", Label: label("state"), Sort: func(x *listRow) string { return strconv.FormatBool(x.Settled) }, Cell: func(x *listRow) string { return stateText(ctx, x.Version) }},
	}
}

// stateText says whether a version can be received against, and what is open.
func stateText(ctx context.Context, v *procedure.Version) string {
	switch {
	case !v.Settled:
		return i18n.T(ctx, "procedureweb.blocked")
	case len(v.Problems) > 0:
		return i18n.T(ctx, "procedureweb.problems", "Count", len(v.Problems))
	}
	return i18n.T(ctx, "procedureweb.settled")
}

// next leads to the next procedure with something that could not be read, those
// that cannot be received against first.
func (p *Pages) next(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := p.may(ctx); err != nil {
		return err
	}
	list, err := p.open(ctx)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return web.SeeOther(w, r, Path, "procedureweb.all_settled")
	}
	at := slices.IndexFunc(list, func(v *procedure.Version) bool { return v.Code == r.URL.Query().Get("after") })
	return web.SeeOther(w, r, pathOf(list[(at+1)%len(list)].Code, "/settle"), "")
}

// open lists the procedures with open problems: those that block first, then by
// code. What the portal deleted is nobody's to settle.
func (p *Pages) open(ctx context.Context) ([]*procedure.Version, error) {
	all, err := p.Registry.Catalogue.Latest(ctx, p.DB)
	if err != nil {
		return nil, err
	}
	var block, rest []*procedure.Version
	for _, v := range all {
		deleted := slices.ContainsFunc(v.Problems, func(x procedure.Problem) bool { return x.Reason == "deleted" })
		switch {
		case len(v.Problems) == 0 || v.To != 0 || deleted:
		case !v.Settled:
			block = append(block, v)
		default:
			rest = append(rest, v)
		}
	}
	return append(block, rest...), nil
}

// Waits counts the procedures that cannot be received against until somebody
// settles their limit.
func (p *Pages) Waits(ctx context.Context, _ actor.Actor) (int, error) {
	list, err := p.open(ctx)
	n := 0
	for _, v := range list {
		if !v.Settled {
			n++
		}
	}
	return n, err
}

// last returns the versions of a code, and the last one.
func (p *Pages) last(ctx context.Context, code string) ([]*procedure.Version, *procedure.Version, error) {
	vs, err := p.Registry.Catalogue.Versions(ctx, p.DB, code)
	if err != nil {
		return nil, nil, err
	}
	if len(vs) == 0 {
		return nil, nil, fault.New(fault.NotFound, "procedure.unknown", "Version", code)
	}
	return vs, vs[len(vs)-1], nil
}

type dismissForm struct {
	web.Form
	Problem string `form:"problem"`
	Reason  string `form:"reason"`
}

// dismiss settles a problem that blocks nothing, with a reason.
func (p *Pages) dismiss(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &dismissForm{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	code := r.PathValue("code")
	err := p.Registry.Dismiss(ctx, web.Actor(ctx), in.Problem, in.Reason)
	if f := fault.As(err); f != nil && f.Kind == fault.Invalid {
		web.Warn(ctx, "procedure.reason_missing")
		return web.SeeOther(w, r, pathOf(code, "/settle"), "")
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, pathOf(code, "/settle"), "procedureweb.dismissed")
}

func levelText(ctx context.Context, level string) string {
	if level == "" {
		return i18n.None
	}
	return i18n.T(ctx, "procedureweb.level."+level)
}

func limitText(ctx context.Context, l calendar.Limit) string {
	if l.Unit == calendar.SameDay {
		return i18n.T(ctx, "procedureweb.unit.same_day")
	}
	qty := l.Qty.VN()
	if i18n.Lang(ctx) == i18n.English {
		qty = l.Qty.String()
	}
	return qty + " " + i18n.T(ctx, "procedureweb.unit."+string(l.Unit))
}

// limitsText is the limit of a list: one, or from the shortest to how many more.
func limitsText(ctx context.Context, v *procedure.Version) string {
	switch len(v.Limits) {
	case 0:
		return i18n.None
	case 1:
		return limitText(ctx, v.Limits[0].Limit)
	}
	return i18n.T(ctx, "procedureweb.limits_more", "Limit", limitText(ctx, v.Limits[0].Limit), "Count", len(v.Limits)-1)
}

// whenText says from when to when a version holds.
func whenText(ctx context.Context, v *procedure.Version, today moment.Date) string {
	switch {
	case v.From > today:
		return i18n.T(ctx, "procedureweb.coming", "Day", v.From)
	case v.To != 0:
		return i18n.T(ctx, "procedureweb.was", "From", v.From, "To", v.To-1)
	}
	return i18n.T(ctx, "procedureweb.since", "Day", v.From)
}
