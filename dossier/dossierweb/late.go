package dossierweb

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"unicode"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/dossier"
	"cchc/unit"
)

const (
	// lateRows is how many rows the page looks at. A province of a million
	// dossiers a year has fewer that are late.
	lateRows = 5_000
	// groupRows is how many rows of a sector stand on a page of all sectors.
	groupRows = 30
)

// lateBuckets are the lists of the page.
var lateBuckets = []dossier.Bucket{dossier.BucketOverdue, dossier.BucketNoApology, dossier.BucketSoon}

// lateQuery is the page's address. Check ticks the rows of a sector, for those
// without scripts.
type lateQuery struct {
	web.Form
	Unit   string         `form:"unit"`
	Show   dossier.Bucket `form:"show"`
	Sector string         `form:"sector"`
	Check  string         `form:"check"`
	Named  bool           `form:"named"` // a sector is chosen, be it the one without a name
}

func (q *lateQuery) url(set ...string) string {
	values := map[string]string{"unit": q.Unit, "show": string(q.Show), "sector": q.Sector}
	if q.Named {
		values["named"] = "on"
	}
	for i := 0; i+1 < len(set); i += 2 {
		values[set[i]] = set[i+1]
	}
	var list []string
	for name, v := range values {
		list = append(list, name, v)
	}
	return link("/late", list...)
}

// A lateRow is a dossier that is late, or will be.
type lateRow struct {
	listRow
	Apology saying
	Tick    bool // can be chosen
	Ticked  bool
}

// A lateGroup is the dossiers of one sector, those due first at the top.
type lateGroup struct {
	Sector  string
	Rows    []lateRow
	Count   int
	Missing int // overdue, and nobody apologised
}

type latePage struct {
	In       *lateQuery
	Unit     unit.Unit
	Wide     bool
	Overview dossier.Overview
	Groups   []lateGroup
	Count    int
	Cut      bool // there are more than lateRows
	May      bool // may do something to many
	Acts     []dossier.BulkAct
	Now      moment.Instant
	Units    []ui.Option
}

func (p *Lists) late(w http.ResponseWriter, r *http.Request) error {
	in := &lateQuery{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	if !slices.Contains(lateBuckets, in.Show) {
		in.Show = dossier.BucketOverdue
	}
	var page latePage
	ctx := r.Context()
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		page, err = p.gatherLate(ctx, q, in)
		return err
	})
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, lateView(page))
}

func (p *Lists) gatherLate(ctx context.Context, q db.Queryer, in *lateQuery) (latePage, error) {
	a := web.Actor(ctx)
	page := latePage{In: in, Now: p.Desk.DB.Now()}
	t, err := newTeller(ctx, p.Desk, q)
	if err != nil {
		return page, err
	}
	u, roots, err := chosen(ctx, p.Desk, t.tree, a, auth.DossierRead, unit.ID(in.Unit))
	if err != nil {
		return page, err
	}
	in.Unit = string(u)
	in.Set("unit", in.Unit)
	until, err := t.soon(ctx, u)
	if err != nil {
		return page, err
	}
	if page.Overview, err = p.Desk.Overview(ctx, q, a, u, until); err != nil {
		return page, err
	}
	if page.Acts, err = p.bulkActs(ctx, q, u); err != nil {
		return page, err
	}
	// First what this page is for.
	if i := slices.Index(page.Acts, dossier.BulkApologise); i > 0 {
		page.Acts = slices.Insert(slices.Delete(page.Acts, i, i+1), 0, dossier.BulkApologise)
	}
	page.May = len(page.Acts) > 0
	if page.Unit, _, err = p.Desk.Units.Last(ctx, q, u); err != nil {
		return page, err
	}
	page.Wide = len(t.tree.Children(u)) > 0
	page.Units = withOption(unitOptions(t.tree, roots), in.Unit, page.Unit.Name)
	rows, cut, err := p.all(ctx, q, dossier.Filter{Unit: u, Bucket: in.Show, Until: until, Sector: in.Sector})
	if err != nil {
		return page, err
	}
	page.Cut = cut
	page.Groups, err = t.groups(ctx, rows, in, page.May)
	for _, g := range page.Groups {
		page.Count += g.Count
	}
	return page, err
}

// all returns a whole list, up to lateRows rows, and whether it was cut there.
func (p *Lists) all(ctx context.Context, q db.Queryer, f dossier.Filter) ([]dossier.Row, bool, error) {
	f.Limit = 500
	var out []dossier.Row
	for {
		rows, next, err := p.Desk.List(ctx, q, web.Actor(ctx), f)
		if err != nil {
			return nil, false, err
		}
		out = append(out, rows...)
		if next.ID == "" {
			return out, false, nil
		}
		if len(out) >= lateRows {
			return out, true, nil
		}
		f.After = next
	}
}

// groups sorts rows into their sectors, the largest first. Of each sector only
// the first rows are told unless it is the only one asked for.
func (t *teller) groups(ctx context.Context, rows []dossier.Row, in *lateQuery, may bool) ([]lateGroup, error) {
	at := map[string]*lateGroup{}
	var order []*lateGroup
	for _, r := range rows {
		if in.Named && r.Sector != in.Sector {
			continue
		}
		g := at[r.Sector]
		if g == nil {
			g = &lateGroup{Sector: r.Sector}
			at[r.Sector] = g
			order = append(order, g)
		}
		g.Count++
		if r.Apology == 0 && r.Overdue(t.now) {
			g.Missing++
		}
		if !in.Named && g.Count > groupRows {
			continue
		}
		told, err := t.row(ctx, r)
		if err != nil {
			return nil, err
		}
		tick := may && r.IsOpen() && r.System == ""
		g.Rows = append(g.Rows, lateRow{listRow: told, Apology: t.apology(ctx, r.State), Tick: tick,
			Ticked: tick && in.Has("check") && in.Check == r.Sector && len(g.Rows) < dossier.BulkMost})
	}
	slices.SortStableFunc(order, func(a, b *lateGroup) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), i18n.Compare(a.Sector, b.Sector))
	})
	out := make([]lateGroup, len(order))
	for i, g := range order {
		out[i] = *g
	}
	return out, nil
}

// Has reports whether the address names a value, be it empty.
func (q *lateQuery) Has(name string) bool { _, ok := q.Values[name]; return ok }

// sectorName names a sector inside of a sentence; what an import brought may have
// none.
func sectorName(ctx context.Context, s string) string {
	if s == "" {
		return i18n.T(ctx, "dossierlist.sector.none")
	}
	return s
}

// heading states the finding: "12 hồ sơ đất đai quá hạn, 5 chưa xin lỗi".
func (p latePage) heading(ctx context.Context) string {
	missing := 0
	for _, g := range p.Groups {
		missing += g.Missing
	}
	args := []any{"Count", p.Count, "Missing", missing}
	switch {
	case p.In.Named:
		args = append(args, "Sector", lowerFirst(sectorName(ctx, p.In.Sector)))
		return i18n.T(ctx, "dossierlist.late.sector."+string(p.In.Show)+some(missing), args...)
	case p.Count == 0:
		return i18n.T(ctx, "dossierlist.late.nothing."+string(p.In.Show))
	}
	return i18n.T(ctx, "dossierlist.late.found."+string(p.In.Show)+some(missing), args...)
}

// some chooses between the message that tells of missing apologies and the one
// that has nothing to tell.
func some(missing int) string {
	if missing == 0 {
		return ".all"
	}
	return ""
}

// lead says what the finding is of, and where most of it lies.
func (p latePage) lead(ctx context.Context) string {
	text := i18n.T(ctx, "dossierlist.list.lead", "At", i18n.ShortInstant(ctx, p.Now))
	if !p.In.Named && len(p.Groups) > 1 {
		text += " · " + i18n.T(ctx, "dossierlist.late.most", "Sector", sectorName(ctx, p.Groups[0].Sector), "Count", p.Groups[0].Count)
	}
	return text
}

// lowerFirst puts a name inside of a sentence.
func lowerFirst(s string) string {
	r := []rune(s)
	if len(r) > 1 && unicode.IsUpper(r[1]) {
		return s // an abbreviation
	}
	if len(r) > 0 {
		r[0] = unicode.ToLower(r[0])
	}
	return string(r)
}

// groupID is the place of a sector on the page.
func groupID(i int) string { return "sector-" + strconv.Itoa(i+1) }
