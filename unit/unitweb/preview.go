package unitweb

import (
	"cmp"
	"context"
	"encoding/csv"
	"net/http"
	"slices"
	"strings"

	"cchc/base/db"
	"cchc/base/i18n"
	"cchc/base/web"
	"cchc/base/web/list"
	"cchc/dossier"
	"cchc/unit"
)

// shown is how many dossiers a preview shows of each unit; all are in its file.
const shown = 50

// A preview is what an event would do, in every room.
type preview struct {
	Title string
	Units []unitRow
	Below int
	From  []fromView
	Open  int // dossiers for which a person would have to choose
	CSV   string
	all   []wayRow
}

// A unitRow is a unit before and after.
type unitRow struct {
	Name, What string
	Changes    []string
}

// A fromView is what leaves one unit.
type fromView struct {
	Unit    string
	Total   int
	To      []toRow
	Sample  []wayRow
	Grants  []grantRow
	Own     string // its own calendar, in words; "" when it has none
	Goes    string // where the calendar goes; "" is nowhere
	Entered int
	Ends    bool
}

type toRow struct {
	Name  string // "" is nobody yet
	By    string
	Count int
}

type wayRow struct{ Code, Procedure, Sector, From, To, By string }

func (p *Pages) preview(ctx context.Context, q db.Queryer, out unit.Outcome) (*preview, error) {
	v := &preview{Below: out.Below}
	names := map[unit.ID]string{}
	for _, c := range out.Changed {
		names[c.ID] = c.After.Name
		if c.Ends {
			names[c.ID] = c.Before.Name
		}
	}
	name := func(id unit.ID) (string, error) {
		if n, ok := names[id]; ok || id == "" {
			return n, nil
		}
		n, err := p.name(ctx, q, id)
		names[id] = n
		return n, err
	}
	levels, err := p.levels(ctx)
	if err != nil {
		return nil, err
	}
	ends := map[unit.ID]bool{}
	for _, c := range out.Changed {
		ends[c.ID] = c.Ends
		row, err := unitLine(ctx, c, levels, name)
		if err != nil {
			return nil, err
		}
		v.Units = append(v.Units, row)
	}
	moved := 0
	for _, e := range out.Events {
		for _, m := range e.Moves {
			x, err := p.leaving(ctx, q, e, m, ends[m.From], name, v)
			if err != nil {
				return nil, err
			}
			moved += x.Total
			v.From = append(v.From, x)
		}
	}
	v.Title = i18n.T(ctx, "unitweb.preview.title", "Count", moved, "Open", v.Open)
	return v, nil
}

// leaving tells what a move does: by the functions that the job does it with.
func (p *Pages) leaving(ctx context.Context, q db.Queryer, e unit.Event, m unit.Move, ends bool, name func(unit.ID) (string, error), v *preview) (fromView, error) {
	x := fromView{Ends: ends}
	var err error
	if x.Unit, err = name(m.From); err != nil {
		return x, err
	}
	ways, err := p.Desk.Ways(ctx, q, web.Actor(ctx), m, e.Day)
	if err != nil {
		return x, err
	}
	type key struct {
		to unit.ID
		by string
	}
	by := map[key]int{}
	x.Total = len(ways)
	for _, w := range ways {
		row := wayRow{Code: w.Code, Procedure: w.Procedure, Sector: w.Sector, From: x.Unit, By: byText(ctx, w)}
		if row.To, err = name(w.To); err != nil {
			return x, err
		}
		if w.By == dossier.WayOpen {
			v.Open++
		}
		by[key{w.To, row.By}]++
		v.all = append(v.all, row)
	}
	x.Sample = v.all[len(v.all)-len(ways):]
	x.Sample = x.Sample[:min(len(x.Sample), shown)]
	for k, n := range by {
		t := toRow{By: k.by, Count: n}
		if t.Name, err = name(k.to); err != nil {
			return x, err
		}
		x.To = append(x.To, t)
	}
	slices.SortFunc(x.To, func(a, b toRow) int { return cmp.Or(b.Count-a.Count, strings.Compare(a.Name+a.By, b.Name+b.By)) })
	if !ends {
		return x, nil
	}
	return x, p.hangs(ctx, q, e, m, name, &x)
}

// hangs tells of accounts, calendar and figures of a unit that ends.
func (p *Pages) hangs(ctx context.Context, q db.Queryer, e unit.Event, m unit.Move, name func(unit.ID) (string, error), x *fromView) error {
	which := m.Grants
	if m.To == "" {
		which = unit.NoGrants
	}
	to, err := name(m.To)
	if err != nil {
		return err
	}
	placed, err := p.Accounts.GrantsIn(ctx, q, m.From, max(e.Day, p.DB.Now().Date()), which)
	if err != nil {
		return err
	}
	for _, g := range placed {
		row := grantOf(ctx, g)
		if g.Goes {
			row.To = to
		}
		x.Grants = append(x.Grants, row)
	}
	week, days, err := p.Calendars.Succession(ctx, q, m.From, e.Day)
	if err != nil {
		return err
	}
	if week != nil || len(days) > 0 {
		x.Own = i18n.T(ctx, "unitweb.preview.own_days", "Count", len(days))
		if week != nil {
			x.Own = i18n.T(ctx, "unitweb.preview.own_week", "Day", week.From) + ", " + x.Own
		}
		if m.Calendar {
			x.Goes = to
		}
	}
	x.Entered, err = p.Index.EnteredCount(ctx, q, m.From)
	return err
}

func byText(ctx context.Context, w dossier.Way) string {
	switch w.By {
	case dossier.WayAll:
		return i18n.T(ctx, "unitweb.by.all")
	case dossier.WayOpen:
		return i18n.T(ctx, "unitweb.by.open")
	}
	return i18n.T(ctx, "unitweb.by."+w.By) + ": " + w.Value
}

func unitLine(ctx context.Context, c unit.Changing, levels levelNames, name func(unit.ID) (string, error)) (unitRow, error) {
	switch {
	case c.Begins:
		parent, err := name(c.After.Parent)
		return unitRow{Name: c.After.Name, What: i18n.T(ctx, "unitweb.preview.begins"),
			Changes: []string{c.After.Code, levels.of[c.After.Level], parent}}, err
	case c.Ends:
		return unitRow{Name: c.Before.Name, What: i18n.T(ctx, "unitweb.preview.ends"), Changes: []string{c.Before.Code}}, nil
	}
	row := unitRow{Name: c.Before.Name, What: i18n.T(ctx, "unitweb.preview.changes")}
	diff := func(label, from, to string) {
		if from != to {
			row.Changes = append(row.Changes, label+": "+cmp.Or(from, i18n.None)+" → "+cmp.Or(to, i18n.None))
		}
	}
	before, err := name(c.Before.Parent)
	if err != nil {
		return row, err
	}
	after, err := name(c.After.Parent)
	diff(i18n.T(ctx, "unitweb.name"), c.Before.Name, c.After.Name)
	diff(i18n.T(ctx, "unitweb.code"), c.Before.Code, c.After.Code)
	diff(i18n.T(ctx, "unitweb.level"), levels.of[c.Before.Level], levels.of[c.After.Level])
	diff(i18n.T(ctx, "unitweb.parent"), before, after)
	diff(i18n.T(ctx, "unitweb.area"), areaText(ctx, c.Before.Area), areaText(ctx, c.After.Area))
	diff(i18n.T(ctx, "unitweb.block"), c.Before.Block, c.After.Block)
	return row, err
}

// csv writes where every dossier would go.
func (v *preview) csv(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="unit-preview.csv"`)
	rows := [][]string{{"code", "procedure", "sector", "from", "to", "by"}}
	for _, r := range v.all {
		rows = append(rows, []string{list.Plain(r.Code), list.Plain(r.Procedure), list.Plain(r.Sector), list.Plain(r.From), list.Plain(r.To), list.Plain(r.By)})
	}
	return csv.NewWriter(w).WriteAll(rows)
}
