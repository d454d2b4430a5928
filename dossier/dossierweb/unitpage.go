package dossierweb

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"time"

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

// nextDays is how many coming days off and make-up days the page names.
const nextDays = 5

type unitPage struct {
	Unit     unit.Unit
	Level    string
	Above    []ui.Link // the units above, the highest first
	Below    []ui.Link
	Gone     bool
	Overview dossier.Overview
	Soon     moment.Instant
	Before   []kin // what it was made of
	After    []kin // who carries it on
	Events   []ui.Event
	Week     []hours
	SetBy    string // the unit whose working time holds here; "" when nobody set any
	Setting  calendar.Setting
	Days     []calendar.DayOff
	Report   bool // may see statistics
	Index    bool
	Now      moment.Instant
}

// A kin is a predecessor or successor.
type kin struct {
	Link  ui.Link
	Share string
	Day   moment.Date
}

// hours are the office hours of weekdays that have the same.
type hours struct{ Days, Hours string }

func unitURL(id unit.ID) string { return "/units/" + url.PathEscape(string(id)) }

func (p *Lists) unit(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	id := unit.ID(r.PathValue("id"))
	var page unitPage
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		page, err = p.gatherUnit(ctx, q, id)
		return err
	})
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, unitView(page))
}

func (p *Lists) gatherUnit(ctx context.Context, q db.Queryer, id unit.ID) (unitPage, error) {
	a, now := web.Actor(ctx), p.Desk.DB.Now()
	page := unitPage{Now: now}
	u, ok, err := p.Desk.Units.Last(ctx, q, id)
	if err != nil {
		return page, err
	}
	if !ok {
		return page, fault.New(fault.NotFound, "dossierlist.unit.unknown")
	}
	if err := p.Desk.Guard.Check(ctx, q, a, auth.UnitRead, id); err != nil {
		return page, err
	}
	page.Unit, page.Gone = u, u.To != 0 && u.To <= now.Date()
	tree, err := p.Desk.Units.On(ctx, q, now.Date())
	if page.Gone {
		tree, err = p.Desk.Units.On(ctx, q, u.To-1)
	}
	if err != nil {
		return page, err
	}
	for _, above := range tree.Ancestors(id) {
		x, _ := tree.Unit(above)
		page.Above = append([]ui.Link{{Text: x.Name, URL: unitURL(above)}}, page.Above...)
	}
	for _, below := range tree.Children(id) {
		x, _ := tree.Unit(below)
		page.Below = append(page.Below, ui.Link{Text: x.Name, URL: unitURL(below)})
	}
	levels, err := p.Desk.Units.Levels(ctx, q)
	if err != nil {
		return page, err
	}
	for _, l := range levels {
		if l.Code == u.Level {
			page.Level = l.NameVI
			if i18n.Lang(ctx) == i18n.English {
				page.Level = l.NameEN
			}
		}
	}
	if err := p.figures(ctx, q, &page); err != nil {
		return page, err
	}
	if err := p.lineage(ctx, q, &page); err != nil {
		return page, err
	}
	return page, p.workingTime(ctx, q, &page)
}

func (p *Lists) figures(ctx context.Context, q db.Queryer, page *unitPage) error {
	a, id := web.Actor(ctx), page.Unit.ID
	cal, err := p.Desk.Calendars.For(ctx, q, id)
	if err != nil {
		return err
	}
	page.Soon = cal.AddWorkingDays(page.Now.Date(), soonDays).End()
	if page.Overview, err = p.Desk.Overview(ctx, q, a, id, page.Soon); err != nil {
		return err
	}
	if page.Report, err = p.Desk.Guard.May(ctx, q, a, auth.ReportRead, id); err != nil {
		return err
	}
	page.Index, err = p.Desk.Guard.May(ctx, q, a, auth.IndexRead, id)
	return err
}

// lineage tells what the unit came from, what became of it, and how.
func (p *Lists) lineage(ctx context.Context, q db.Queryer, page *unitPage) error {
	id, book := page.Unit.ID, p.Desk.Units
	events, err := book.Events(ctx, q, id)
	if err != nil {
		return err
	}
	seen := map[unit.ID]bool{id: true}
	for _, e := range events {
		if e.Kind == unit.Merged || e.Kind == unit.Divided {
			before, err := book.Predecessors(ctx, q, id, e.Day-1)
			if err != nil {
				return err
			}
			if page.Before, err = p.kin(ctx, q, page.Before, before, e.Day, seen); err != nil {
				return err
			}
		}
		page.Events = append(page.Events, ui.Event{
			At: i18n.Date(ctx, e.Day), Title: i18n.T(ctx, "dossierlist.unit.event."+string(e.Kind)), Text: joined(e.Basis, e.Note), Kind: ui.Info,
		})
	}
	if !page.Gone {
		return nil
	}
	after, err := book.Successors(ctx, q, id, page.Now.Date())
	if err != nil {
		return err
	}
	page.After, err = p.kin(ctx, q, nil, after, page.Unit.To, map[unit.ID]bool{id: true})
	return err
}

func (p *Lists) kin(ctx context.Context, q db.Queryer, to []kin, parts []unit.Part, day moment.Date, seen map[unit.ID]bool) ([]kin, error) {
	for _, x := range parts {
		if seen[x.Unit] {
			continue
		}
		seen[x.Unit] = true
		name, err := unitName(ctx, q, p.Desk.Units, x.Unit)
		if err != nil {
			return nil, err
		}
		to = append(to, kin{Link: ui.Link{Text: name, URL: unitURL(x.Unit)}, Share: share(ctx, x.Share), Day: day})
	}
	return to, nil
}

// share writes a part of a unit, "" for all of it.
func share(ctx context.Context, s unit.Share) string {
	if s == unit.Whole {
		return ""
	}
	text := strings.TrimRight(strings.TrimRight(fmt.Sprintf("%d.%02d", s/100, s%100), "0"), ".")
	if i18n.Lang(ctx) == i18n.Vietnamese {
		text = strings.Replace(text, ".", ",", 1) + " "
	}
	return text + "%"
}

// workingTime tells the office hours in force and the next days off.
func (p *Lists) workingTime(ctx context.Context, q db.Queryer, page *unitPage) error {
	today := page.Now.Date()
	setting, err := p.Desk.Calendars.Setting(ctx, q, page.Unit.ID, today)
	if err != nil {
		return err
	}
	page.Setting, page.Week = setting, week(ctx, setting.Week)
	if setting.Unit != "" {
		if page.SetBy, err = unitName(ctx, q, p.Desk.Units, setting.Unit); err != nil {
			return err
		}
	}
	cal, err := p.Desk.Calendars.For(ctx, q, page.Unit.ID)
	if err != nil {
		return err
	}
	_, last := cal.Covered()
	for d := today; d <= last && len(page.Days) < nextDays; d++ {
		if off, ok := cal.Lookup(d); ok {
			page.Days = append(page.Days, off)
		}
	}
	return nil
}

// week writes the office hours from Monday on, days with the same hours together.
func week(ctx context.Context, w calendar.Week) []hours {
	var out []hours
	monday := moment.NewDate(2026, time.November, 23)
	for i := 0; i < 7; {
		day := w[(i+1)%7]
		last := i
		for last+1 < 7 && reflect.DeepEqual(w[(last+2)%7], day) {
			last++
		}
		days := firstUpper(i18n.Weekday(ctx, monday.AddDays(i)))
		if last > i {
			days += " – " + i18n.Weekday(ctx, monday.AddDays(last))
		}
		out = append(out, hours{days, sessions(ctx, day)})
		i = last + 1
	}
	return out
}

func sessions(ctx context.Context, d calendar.Day) string {
	if len(d.Sessions) == 0 {
		return i18n.T(ctx, "dossierlist.unit.closed")
	}
	var parts []string
	for _, s := range d.Sessions {
		parts = append(parts, fmt.Sprintf("%02d:%02d–%02d:%02d", s.From/3600, s.From%3600/60, s.To/3600, s.To%3600/60))
	}
	text := strings.Join(parts, ", ")
	if !d.Counts {
		text += " (" + i18n.T(ctx, "dossierlist.unit.not_counted") + ")"
	}
	return text
}

// heading states how the unit stands.
func (p unitPage) heading(ctx context.Context) string {
	o := p.Overview
	switch {
	case p.Gone:
		return i18n.T(ctx, "dossierlist.unit.gone", "Unit", p.Unit.Name, "Day", p.Unit.To)
	case o.Overdue > 0:
		return i18n.T(ctx, "dossierlist.unit.late", "Unit", p.Unit.Name, "Count", o.Overdue)
	case o.Open > 0:
		return i18n.T(ctx, "dossierlist.unit.in_time", "Unit", p.Unit.Name, "Count", o.Open)
	}
	return i18n.T(ctx, "dossierlist.unit.idle", "Unit", p.Unit.Name)
}

func (p unitPage) stats(ctx context.Context) []ui.StatProps {
	id := string(p.Unit.ID)
	list := func(n int64, b dossier.Bucket, k ui.Kind) ui.StatProps {
		if n == 0 {
			k = ui.Neutral
		}
		return ui.StatProps{Value: i18n.Number(ctx, n), Label: i18n.T(ctx, "dossierlist.unit.stat."+string(b)), Kind: k,
			URL: link("/dossiers", "unit", id, "bucket", string(b))}
	}
	o := p.Overview
	late := list(o.Overdue, dossier.BucketOverdue, ui.Late)
	late.URL = link("/late", "unit", id)
	soon := list(o.Soon, dossier.BucketSoon, ui.Soon)
	soon.URL = link("/late", "unit", id, "show", "soon")
	if o.NoApology > 0 {
		late.Label = i18n.T(ctx, "dossierlist.unit.stat.overdue_missing", "Count", o.NoApology)
	}
	out := []ui.StatProps{list(o.Open, dossier.BucketOpen, ui.Neutral), late, soon,
		list(o.Waiting, dossier.BucketWaiting, ui.Neutral), list(o.Uncollected, dossier.BucketUncollected, ui.Neutral)}
	if o.New > 0 {
		out = append(out, list(o.New, dossier.BucketNew, ui.Soon))
	}
	return out
}

func (p unitPage) facts(ctx context.Context) []ui.Fact {
	u := p.Unit
	out := []ui.Fact{{Label: i18n.T(ctx, "dossierlist.unit.code"), Value: u.Code}, {Label: i18n.T(ctx, "dossierlist.unit.level"), Value: p.Level}}
	out = append(out, ui.Fact{Label: i18n.T(ctx, "dossierlist.unit.area"), Value: i18n.T(ctx, "dossierlist.unit.area."+cmp.Or(u.Area, "ordinary"))})
	if u.Block != "" {
		out = append(out, ui.Fact{Label: i18n.T(ctx, "dossierlist.unit.block"), Value: u.Block})
	}
	out = append(out, ui.Fact{Label: i18n.T(ctx, "dossierlist.unit.from"), Value: i18n.Date(ctx, u.From)})
	if u.To != 0 {
		out = append(out, ui.Fact{Label: i18n.T(ctx, "dossierlist.unit.to"), Value: i18n.Date(ctx, u.To)})
	}
	return out
}
