package calendarweb

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"cchc/base/auth"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/calendar"
	"cchc/unit"
)

// most units in the list; a province has some 150 communes.
const mostRows = 300

// A listRow is one unit and whose week it keeps.
type listRow struct {
	URL, Code, Name string
	Week            string // in words
	Whose           string // who set it, or ""
	Own             bool
	Days            int // own days of this year
}

type listView struct {
	Form *listForm
	Rows []listRow
	More bool
	Year int
}

type listForm struct {
	web.Form
	Q   string `form:"q"`
	Own bool   `form:"own"`
}

func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	a := web.Actor(ctx)
	if err := p.Calendars.Guard.CheckAnywhere(a, auth.UnitRead); err != nil {
		return err
	}
	in := &listForm{}
	if err := web.Decode(r, in); err != nil && !in.Failed(err) {
		return err
	}
	today := p.DB.Now().Date()
	v := listView{Form: in, Year: today.Time().Year()}
	tree, err := p.Units.Today(ctx, p.DB)
	if err != nil {
		return err
	}
	var ids []unit.ID
	for _, root := range auth.Roots(a, auth.UnitRead) {
		if root == "" {
			for _, x := range tree.Roots() {
				ids = append(ids, tree.Subtree(x)...)
			}
			continue
		}
		ids = append(ids, tree.Subtree(root)...)
	}
	seen := map[unit.ID]bool{}
	q := i18n.Fold(in.Q)
	for _, id := range ids {
		u, _ := tree.Unit(id)
		if seen[id] || q != "" && !strings.Contains(u.Fold, q) && !strings.Contains(i18n.Fold(u.Code), q) {
			continue
		}
		seen[id] = true
		row, err := p.row(ctx, u, today)
		if err != nil {
			return err
		}
		if in.Own && !row.Own && row.Days == 0 {
			continue
		}
		if len(v.Rows) == mostRows {
			v.More = true
			break
		}
		v.Rows = append(v.Rows, row)
	}
	return web.Render(w, r, http.StatusOK, listPage(v))
}

func (p *Pages) row(ctx context.Context, u unit.Unit, today moment.Date) (listRow, error) {
	row := listRow{URL: pathOf(u.ID, ""), Code: u.Code, Name: u.Name}
	s, err := p.Calendars.Setting(ctx, p.DB, u.ID, today)
	if err != nil {
		return row, err
	}
	row.Week, row.Own = weekText(ctx, s.Week), s.Unit == u.ID
	if s.Unit != "" && !row.Own {
		if row.Whose, err = p.name(ctx, s.Unit); err != nil {
			return row, err
		}
	}
	own, err := p.Calendars.Own(ctx, p.DB, u.ID)
	for _, d := range own {
		if d.Date.Time().Year() == today.Time().Year() {
			row.Days++
		}
	}
	return row, err
}

// A dayRow is one day on which the office differs from its usual week.
type dayRow struct {
	Date     string
	Weekday  string
	Kind     string // off, work
	Name     string
	Rule     string
	Replaces string
	Whose    string
	Entered  string // when, by whom and why, of the unit's own
	Withdraw string // address, or ""
	Gone     string // withdrawn: when and why
}

type showView struct {
	Place    place
	Setting  calendar.Setting
	Whose    string // who set the week, "" for itself or the program
	WhoseURL string
	Coming   []calendar.Setting
	Year     int
	Prev     string
	Next     string
	Days     []dayRow
	Working  int // days of the year
	Changes  []changeRow
	Known    string // the years for which days off are known
	Today    moment.Date
}

type changeRow struct {
	URL, What, When, Reason, Result string
	Kind                            ui.Kind
}

func (p *Pages) show(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	x, err := p.at(r)
	if err != nil {
		return err
	}
	today := p.DB.Now().Date()
	v := showView{Place: x, Year: today.Time().Year(), Today: today}
	if y, err := strconv.Atoi(r.URL.Query().Get("year")); err == nil && y >= 2000 && y <= 2100 {
		v.Year = y
	}
	v.Prev, v.Next = x.url("?year="+strconv.Itoa(v.Year-1)), x.url("?year="+strconv.Itoa(v.Year+1))
	if v.Setting, err = p.Calendars.Setting(ctx, p.DB, x.ID, today); err != nil {
		return err
	}
	if v.Setting.Unit != "" && v.Setting.Unit != x.ID {
		v.WhoseURL = pathOf(v.Setting.Unit, "")
		if v.Whose, err = p.name(ctx, v.Setting.Unit); err != nil {
			return err
		}
	}
	all, err := p.Calendars.Settings(ctx, p.DB, x.ID)
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.From > today {
			v.Coming = append(v.Coming, s)
		}
	}
	cal, err := p.Calendars.For(ctx, p.DB, x.ID)
	if err != nil {
		return err
	}
	first := moment.NewDate(v.Year, 1, 1)
	v.Working = cal.WorkingDaysBetween(first-1, moment.NewDate(v.Year, 12, 31))
	from, to := cal.Covered()
	v.Known = i18n.T(ctx, "calendarweb.known", "From", from.Time().Format("2006"), "To", to.Time().Format("2006"))
	if v.Days, err = p.days(ctx, x, v.Year); err != nil {
		return err
	}
	adopted, err := p.Calendars.AdoptedOf(ctx, p.DB, x.ID)
	if err != nil {
		return err
	}
	for _, c := range adopted {
		v.Changes = append(v.Changes, p.changeRow(ctx, c))
	}
	return web.Render(w, r, http.StatusOK, showPage(v))
}

// days lists what holds for the unit in a year, the nation's and its ancestors'
// days with its own, and its own that were withdrawn.
func (p *Pages) days(ctx context.Context, x place, year int) ([]dayRow, error) {
	above := []unit.ID{}
	if x.ID != "" {
		var err error
		if above, err = p.Units.Above(ctx, p.DB, x.ID); err != nil {
			return nil, err
		}
	}
	type held struct {
		calendar.DayOff
		whose unit.ID
	}
	by := map[moment.Date]held{}
	for _, u := range slices.Backward(append(slices.Clone(above), "")) {
		own, err := p.Calendars.Own(ctx, p.DB, u)
		if err != nil {
			return nil, err
		}
		for _, d := range own {
			by[d.Date] = held{d, u}
		}
	}
	// "" is the last of above, so the nation was laid first; the nearest decides.
	records, err := p.Calendars.Records(ctx, p.DB, x.ID)
	if err != nil {
		return nil, err
	}
	entered := map[moment.Date]calendar.Record{}
	var out []dayRow
	type dated struct {
		moment.Date
		dayRow
	}
	var list []dated
	for _, rec := range records {
		if rec.Withdrawn == 0 {
			entered[rec.Date] = rec
			continue
		}
		if rec.Date.Time().Year() != year {
			continue
		}
		row := p.dayRow(ctx, rec.DayOff)
		row.Gone = i18n.T(ctx, "calendarweb.withdrawn_on", "At", rec.Withdrawn, "Why", rec.WithdrawnReason)
		list = append(list, dated{rec.Date, row})
	}
	for _, d := range slices.Sorted(maps.Keys(by)) {
		if d.Time().Year() != year {
			continue
		}
		h := by[d]
		row := p.dayRow(ctx, h.DayOff)
		if row.Whose, err = p.name(ctx, h.whose); err != nil {
			return nil, err
		}
		if rec, ok := entered[d]; ok && h.whose == x.ID {
			row.Entered = i18n.T(ctx, "calendarweb.entered_on", "At", rec.Recorded, "Why", rec.Reason)
		}
		if x.May && h.whose == x.ID {
			row.Withdraw = x.url("/day?kind=withdraw&from=" + d.String())
		}
		list = append(list, dated{d, row})
	}
	slices.SortStableFunc(list, func(a, b dated) int { return cmp.Compare(a.Date, b.Date) })
	for _, d := range list {
		out = append(out, d.dayRow)
	}
	return out, nil
}

func (p *Pages) dayRow(ctx context.Context, d calendar.DayOff) dayRow {
	row := dayRow{Date: i18n.Date(ctx, d.Date), Weekday: i18n.Weekday(ctx, d.Date), Kind: d.Kind, Name: d.Name, Rule: d.Rule}
	if d.Replaces != 0 {
		row.Replaces = i18n.T(ctx, "calendarweb.replaces_day", "Day", d.Replaces)
	}
	return row
}

func (p *Pages) changeRow(ctx context.Context, c calendar.Adopted) changeRow {
	row := changeRow{URL: ChangePath + c.ID, What: i18n.T(ctx, "calendarweb.verb."+strings.TrimPrefix(c.Verb, "calendar.")),
		When: i18n.ShortInstant(ctx, c.Recorded), Reason: c.Reason}
	row.Result, row.Kind = p.result(ctx, c)
	return row
}

// result says how far the projection of a change is.
func (p *Pages) result(ctx context.Context, c calendar.Adopted) (string, ui.Kind) {
	switch {
	case c.Finished != 0:
		return i18n.T(ctx, "calendarweb.result.done", "Count", c.Moved), ui.OK
	case c.Verb == "calendar.week" && c.From > p.DB.Now().Date():
		return i18n.T(ctx, "calendarweb.result.ahead", "Day", c.From), ui.Info
	case c.Started != 0:
		return i18n.T(ctx, "calendarweb.result.running", "Count", c.Moved), ui.Soon
	}
	return i18n.T(ctx, "calendarweb.result.waiting"), ui.Info
}

// weekText writes a week in a line: days with the same hours together.
func weekText(ctx context.Context, w calendar.Week) string {
	var parts []string
	for i := 0; i < 7; {
		d := w[(i+1)%7]
		j := i
		for j+1 < 7 && sameDay(w[(j+2)%7], d) {
			j++
		}
		if len(d.Sessions) > 0 {
			name := dayName(ctx, (i+1)%7)
			if j > i {
				name += "–" + dayName(ctx, (j+1)%7)
			}
			parts = append(parts, name+" "+dayText(ctx, d))
		}
		i = j + 1
	}
	return strings.Join(parts, "; ")
}

func sameDay(a, b calendar.Day) bool {
	return a.Counts == b.Counts && slices.Equal(a.Sessions, b.Sessions)
}

func dayName(ctx context.Context, weekday int) string {
	return i18n.T(ctx, "calendarweb.weekday."+strconv.Itoa(weekday))
}

func dayText(ctx context.Context, d calendar.Day) string {
	if len(d.Sessions) == 0 {
		return i18n.T(ctx, "calendarweb.closed")
	}
	s := hoursText(d)
	if !d.Counts {
		s += " " + i18n.T(ctx, "calendarweb.reception_only")
	}
	return s
}

func hoursText(d calendar.Day) string {
	var out []string
	for _, s := range d.Sessions {
		out = append(out, secondText(s.From)+"–"+secondText(s.To))
	}
	return strings.Join(out, ", ")
}

func secondText(second int) string {
	if second%60 != 0 {
		return moment.Date(1).At(second).Time().Format("15:04:05")
	}
	return moment.Date(1).At(second).Time().Format("15:04")
}
