package dossierweb

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"unicode"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/i18n"
	"cchc/base/look"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/list"
	"cchc/base/web/ui"
	"cchc/dossier"
	"cchc/unit"
)

// lateBuckets are the lists of the page.
var lateBuckets = []dossier.Bucket{dossier.BucketOverdue, dossier.BucketNoApology, dossier.BucketSoon}

// lateQuery is the page's address. Check ticks the rows of a sector, for those
// without scripts.
type lateQuery struct {
	web.Form
	list.Query
	Unit   string         `form:"unit"`
	Show   dossier.Bucket `form:"show"`
	Sector string         `form:"sector"`
	Check  string         `form:"check"`
	Named  bool           `form:"named"` // a sector is chosen, be it the one without a name
}

// at is the list's address.
func (q *lateQuery) at() list.Address {
	a := list.At("/late", "unit", q.Unit, "show", string(q.Show), "sector", q.Sector, "sort", q.Sort)
	if q.Named {
		a.Values.Set("named", "on")
	}
	return a
}

func (q *lateQuery) url(set ...string) string { return q.at().With(set...) }

func (q *lateQuery) filter(until moment.Instant) dossier.Filter {
	keys := make([]string, len(dossier.Keys))
	for i, k := range dossier.Keys {
		keys[i] = string(k)
	}
	o := q.Order(list.Order{}, keys...)
	return dossier.Filter{Unit: unit.ID(q.Unit), Bucket: q.Show, Until: until, Sector: q.Sector, NoSector: q.Named && q.Sector == "",
		Order: dossier.Order{Key: dossier.Key(o.Key), Desc: o.Desc}, After: dossier.Cursor(q.Cursor()), Limit: pageRows}
}

// A lateRow is a dossier that is late, or will be.
type lateRow struct {
	listRow
	Apology saying
	Tick    bool // can be chosen
	Ticked  bool
}

type latePage struct {
	In       *lateQuery
	Unit     unit.Unit
	Wide     bool
	Overview dossier.Overview
	Sectors  []dossier.SectorLate // that have something in the list, the most first
	Rows     []lateRow
	Found    dossier.Page
	Count    int64 // of the list, all its pages
	Missing  int64 // of these: overdue, and nobody apologised
	Acts     []dossier.BulkAct
	Now      moment.Instant
	Units    []ui.Option
	Keeps    bool
	Views    []list.View
}

// lateKey is the list's, of its saved views.
const lateKey = "late"

func (p *Lists) late(w http.ResponseWriter, r *http.Request) error {
	in := &lateQuery{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	if p.Views != nil {
		if to, err := p.Views.Opens(r.Context(), p.Desk.DB, r, lateKey); err != nil || to != "" {
			if err != nil {
				return err
			}
			return web.SeeOther(w, r, to, "")
		}
	}
	if !slices.Contains(lateBuckets, in.Show) {
		in.Show = dossier.BucketOverdue
	}
	if in.Sector != "" {
		in.Named = true
	}
	file, err := in.Wanted()
	if err != nil {
		return err
	}
	if file {
		return p.lateFile(w, r, in)
	}
	var page latePage
	ctx := r.Context()
	err = p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		if page, err = p.gatherLate(ctx, q, in); err != nil || p.Views == nil {
			return err
		}
		page.Keeps = true
		page.Views, err = p.Views.Of(ctx, q, lateKey)
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
	sectors, err := p.Desk.LateBySector(ctx, q, a, u, until)
	if err != nil {
		return page, err
	}
	for _, x := range sectors {
		n := x.Count(in.Show)
		if n == 0 {
			continue
		}
		page.Sectors = append(page.Sectors, x)
		if !in.Named || x.Sector == in.Sector {
			page.Count += n
			if in.Show == dossier.BucketOverdue {
				page.Missing += x.NoApology
			}
		}
	}
	slices.SortStableFunc(page.Sectors, func(a, b dossier.SectorLate) int {
		return cmp.Or(cmp.Compare(b.Count(in.Show), a.Count(in.Show)), i18n.Compare(a.Sector, b.Sector))
	})
	if page.Acts, err = p.bulkActs(ctx, q, u); err != nil {
		return page, err
	}
	// First what this page is for.
	if i := slices.Index(page.Acts, dossier.BulkApologise); i > 0 {
		page.Acts = slices.Insert(slices.Delete(page.Acts, i, i+1), 0, dossier.BulkApologise)
	}
	if page.Unit, _, err = p.Desk.Units.Last(ctx, q, u); err != nil {
		return page, err
	}
	page.Wide = len(t.tree.Children(u)) > 0
	page.Units = withOption(unitOptions(t.tree, roots), in.Unit, page.Unit.Name)
	if page.Found, err = p.Desk.Page(ctx, q, a, in.filter(until)); err != nil {
		return page, err
	}
	for _, r := range page.Found.Rows {
		row, err := t.lateRow(ctx, r)
		if err != nil {
			return page, err
		}
		row.Tick = len(page.Acts) > 0 && r.IsOpen() && r.System == ""
		row.Ticked = row.Tick && in.Has("check") && in.Check == r.Sector
		page.Rows = append(page.Rows, row)
	}
	return page, nil
}

func (t *teller) lateRow(ctx context.Context, r dossier.Row) (lateRow, error) {
	told, err := t.row(ctx, r)
	return lateRow{listRow: told, Apology: t.apology(ctx, r.State)}, err
}

// lateFile sends exactly what the list shows, all pages of it.
func (p *Lists) lateFile(w http.ResponseWriter, r *http.Request, in *lateQuery) error {
	ctx := r.Context()
	return p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		t, err := newTeller(ctx, p.Desk, q)
		if err != nil {
			return err
		}
		u, _, err := chosen(ctx, p.Desk, t.tree, web.Actor(ctx), auth.DossierRead, unit.ID(in.Unit))
		if err != nil {
			return err
		}
		in.Unit = string(u)
		until, err := t.soon(ctx, u)
		if err != nil {
			return err
		}
		f := in.filter(until)
		f.Limit, f.After = 500, dossier.Cursor{}
		var ids []string
		var header []string
		for _, key := range []string{"code", "unit", "", "applicant", "procedure", "due", "standing", "apology", "step", "holder"} {
			if key == "" {
				header = append(header, i18n.T(ctx, "dossierlist.sector"))
				continue
			}
			header = append(header, i18n.T(ctx, "dossierlist.column."+key))
		}
		return list.Send(w, r, list.File{Format: in.Format, Name: "late-" + string(in.Show) + "-" + t.now.Date().String(), Header: header,
			Rows: func(add func([]string) error) error {
				for {
					found, err := p.Desk.Page(ctx, q, web.Actor(ctx), f)
					if err != nil {
						return err
					}
					for _, d := range found.Rows {
						x, err := t.lateRow(ctx, d)
						if err == nil {
							err = add([]string{x.Code, x.Unit, sectorName(ctx, d.Sector), x.Applicant, x.ProcedureTitle, x.Due, x.Standing.Text, x.Apology.Text, x.Step, x.Holder})
						}
						if err != nil {
							return err
						}
						ids = append(ids, d.ID)
					}
					if found.After.ID == "" {
						return nil
					}
					f.After, f.Order = found.After, found.Order
				}
			},
			Done: noteFile(ctx, p.Desk, look.Export{Unit: f.Unit, List: "late", Filter: "bucket=" + string(in.Show) + " sector=" + in.Sector, Format: in.Format}, &ids)})
	})
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
	missing := p.Missing
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
func some(missing int64) string {
	if missing == 0 {
		return ".all"
	}
	return ""
}

// lead says what the finding is of, and where most of it lies.
func (p latePage) lead(ctx context.Context) string {
	text := i18n.T(ctx, "dossierlist.list.lead", "At", i18n.ShortInstant(ctx, p.Now))
	if !p.In.Named && len(p.Sectors) > 1 {
		text += " · " + i18n.T(ctx, "dossierlist.late.most", "Sector", sectorName(ctx, p.Sectors[0].Sector), "Count", p.Sectors[0].Count(p.In.Show))
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
