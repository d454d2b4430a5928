package unitweb

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/calendar"
	"cchc/dossier"
	"cchc/unit"
)

// A kin is a predecessor or successor with its share.
type kin struct{ Name, URL, Share string }

type versionRow struct{ From, To, Code, Name, Level, Parent, Area, Block string }

type showView struct {
	Unit     unit.Unit
	Level    string
	Parent   ui.Link
	Gone     bool
	Ahead    bool
	May      bool
	Versions []versionRow
	Events   []ui.Event
	Before   []kin
	After    []kin
	Hanging  hanging
	Assign   string
	Children []ui.Link
}

// hanging is what hangs on a unit now.
type hanging struct {
	Open    int
	Grants  []grantRow
	Week    *calendar.Setting
	Days    int
	Entered int
}

type grantRow struct {
	Name, Role, Until string
	To                string // where it goes in a preview; "" is nowhere
}

func (p *Pages) show(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	u, err := p.find(r)
	if err != nil {
		return err
	}
	a := web.Actor(ctx)
	today := p.DB.Now().Date()
	v := showView{Unit: u, Gone: u.To != 0 && u.To <= today, Ahead: u.From > today}
	if v.May, err = p.Registry.Guard.May(ctx, p.DB, a, auth.UnitChange, u.ID); err != nil {
		return err
	}
	names, err := p.levels(ctx)
	if err != nil {
		return err
	}
	v.Level = names.of[u.Level]
	if u.Parent != "" {
		v.Parent.URL = pathOf(u.Parent, "")
		if v.Parent.Text, err = p.name(ctx, p.DB, u.Parent); err != nil {
			return err
		}
	}
	versions, err := p.book().Versions(ctx, p.DB, u.ID)
	if err != nil {
		return err
	}
	for _, x := range versions {
		row := versionRow{From: i18n.Date(ctx, x.From), Code: x.Code, Name: x.Name, Level: names.of[x.Level], Area: areaText(ctx, x.Area), Block: x.Block}
		if x.To != 0 {
			row.To = i18n.Date(ctx, x.To-1)
		}
		if row.Parent, err = p.name(ctx, p.DB, x.Parent); err != nil {
			return err
		}
		v.Versions = append(v.Versions, row)
	}
	if v.Events, err = p.events(ctx, u.ID); err != nil {
		return err
	}
	if v.Before, v.After, err = p.kin(ctx, u.ID, versions); err != nil {
		return err
	}
	if v.Hanging, err = p.hanging(ctx, p.DB, u.ID, today); err != nil {
		return err
	}
	tree, err := p.book().Today(ctx, p.DB)
	if err != nil {
		return err
	}
	for _, c := range tree.Children(u.ID) {
		x, _ := tree.Unit(c)
		v.Children = append(v.Children, ui.Link{Text: x.Name, URL: pathOf(c, "")})
	}
	if v.May && v.Hanging.Open > 0 && len(v.After) > 0 {
		v.Assign = pathOf(u.ID, "/assign")
	}
	return web.Render(w, r, http.StatusOK, showPage(v))
}

// events tells what happened to a unit, the newest first.
func (p *Pages) events(ctx context.Context, id unit.ID) ([]ui.Event, error) {
	list, err := p.book().Events(ctx, p.DB, id)
	if err != nil {
		return nil, err
	}
	moves, err := p.book().Moves(ctx, p.DB, id)
	if err != nil {
		return nil, err
	}
	var out []ui.Event
	for i := len(list) - 1; i >= 0; i-- {
		e := list[i]
		x := ui.Event{At: i18n.Date(ctx, e.Day), Title: i18n.T(ctx, "unitweb.kind."+string(e.Kind)), Text: e.Basis, Kind: ui.Info}
		if e.Day > p.DB.Now().Date() {
			x.Kind, x.At = ui.Soon, i18n.T(ctx, "unitweb.ahead", "Day", e.Day)
		}
		if e.Note != "" {
			x.Text += " · " + e.Note
		}
		if m, ok := moves[e.ID]; ok {
			to := i18n.T(ctx, "unitweb.moves_open")
			if m.To != "" {
				name, err := p.name(ctx, p.DB, m.To)
				if err != nil {
					return nil, err
				}
				to = i18n.T(ctx, "unitweb.moves_to", "Unit", name)
			}
			x.Text += " · " + to
		}
		if x.Who, err = auth.Name(ctx, p.DB, e.Account); err != nil {
			x.Who = strings.TrimPrefix(e.Account, "system:")
		}
		out = append(out, x)
	}
	return out, nil
}

// kin returns what the unit was made of when it began, and what became of it.
func (p *Pages) kin(ctx context.Context, id unit.ID, versions []unit.Unit) (before, after []kin, err error) {
	if len(versions) == 0 {
		return nil, nil, nil
	}
	turn := func(parts []unit.Part) (out []kin, err error) {
		for _, x := range parts {
			if x.Unit == id {
				continue
			}
			k := kin{URL: pathOf(x.Unit, ""), Share: shareText(ctx, x.Share)}
			if k.Name, err = p.name(ctx, p.DB, x.Unit); err != nil {
				return nil, err
			}
			out = append(out, k)
		}
		return out, nil
	}
	pre, err := p.book().Predecessors(ctx, p.DB, id, versions[0].From-1)
	if err != nil {
		return nil, nil, err
	}
	if before, err = turn(pre); err != nil {
		return nil, nil, err
	}
	next, err := p.book().Successors(ctx, p.DB, id, moment.NewDate(2199, 1, 1))
	if err != nil {
		return nil, nil, err
	}
	after, err = turn(next)
	return before, after, err
}

func shareText(ctx context.Context, s unit.Share) string {
	out := strconv.Itoa(int(s / 100))
	if s%100 != 0 {
		sep := ","
		if i18n.Lang(ctx) == i18n.English {
			sep = "."
		}
		out += sep + strings.TrimRight(strconv.Itoa(int(s%100 + 100))[1:], "0")
	}
	return out + " %"
}

func (p *Pages) hanging(ctx context.Context, q db.Queryer, id unit.ID, day moment.Date) (h hanging, err error) {
	if h.Open, err = p.Desk.OpenCount(ctx, q, id); err != nil {
		return h, err
	}
	placed, err := p.Accounts.GrantsIn(ctx, q, id, day, unit.WorkGrants)
	if err != nil {
		return h, err
	}
	for _, g := range placed {
		h.Grants = append(h.Grants, grantOf(ctx, g))
	}
	week, days, err := p.Calendars.Succession(ctx, q, id, day)
	if err != nil {
		return h, err
	}
	h.Week, h.Days = week, len(days)
	h.Entered, err = p.Index.EnteredCount(ctx, q, id)
	return h, err
}

func grantOf(ctx context.Context, g auth.Placed) grantRow {
	row := grantRow{Name: g.Name, Role: i18n.T(ctx, "auth.role."+string(g.Role))}
	if g.To != 0 {
		row.Until = i18n.Date(ctx, g.To-1)
	}
	return row
}

// An assignView hands open dossiers of a unit to a successor by hand.
type assignView struct {
	Unit unit.Unit
	Form *assignForm
	To   []ui.Option
	Rows []dossier.Way
	More int
}

type assignForm struct {
	web.Form
	Codes []string `form:"code"`
	To    unit.ID  `form:"to"`
	Basis string   `form:"basis"`
}

// assignRows is how many dossiers one form hands over.
const assignRows = 200

func (p *Pages) assign(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	u, err := p.find(r)
	if err != nil {
		return err
	}
	a := web.Actor(ctx)
	if err := p.Registry.Guard.Check(ctx, p.DB, a, auth.UnitChange, u.ID); err != nil {
		return err
	}
	in := &assignForm{}
	status := http.StatusOK
	if r.Method == http.MethodPost {
		err := web.Decode(r, in)
		if err == nil {
			day := p.DB.Now().Date()
			if u.To != 0 {
				day = min(day, u.To)
			}
			var n int
			n, err = p.Desk.Assign(ctx, a, u.ID, in.To, in.Codes, day, in.Basis)
			if err == nil {
				return web.SeeOther(w, r, pathOf(u.ID, "/assign"), "unitweb.assigned", "Count", n)
			}
		}
		if !in.Failed(err) {
			return err
		}
		status = http.StatusUnprocessableEntity
	}
	v := assignView{Unit: u, Form: in}
	if v.Rows, err = p.Desk.Ways(ctx, p.DB, a, unit.Move{From: u.ID}, p.DB.Now().Date()+1); err != nil {
		return err
	}
	if len(v.Rows) > assignRows {
		v.Rows, v.More = v.Rows[:assignRows], len(v.Rows)
	}
	next, err := p.book().Successors(ctx, p.DB, u.ID, p.DB.Now().Date())
	if err != nil {
		return err
	}
	v.To = []ui.Option{{}}
	for _, x := range next {
		if x.Unit == u.ID {
			continue
		}
		name, err := p.name(ctx, p.DB, x.Unit)
		if err != nil {
			return err
		}
		v.To = append(v.To, ui.Option{Value: string(x.Unit), Text: name})
	}
	if len(v.To) == 1 { // dissolved without a successor: any unit beside it
		options, err := p.siblings(ctx, u, p.DB.Now().Date(), false)
		if err != nil {
			return err
		}
		v.To = append(v.To, options...)
	}
	return web.Render(w, r, status, assignPage(v))
}

// siblings are the units in force on a day that lie beside one: of its level,
// under the same parent.
func (p *Pages) siblings(ctx context.Context, u unit.Unit, on moment.Date, itself bool) ([]ui.Option, error) {
	tree, err := p.book().On(ctx, p.DB, on)
	if err != nil {
		return nil, err
	}
	var out []ui.Option
	for _, id := range tree.Children(u.Parent) {
		x, _ := tree.Unit(id)
		if x.Level == u.Level && (itself || id != u.ID) {
			out = append(out, ui.Option{Value: string(id), Text: x.Name + " (" + x.Code + ")"})
		}
	}
	return out, nil
}
