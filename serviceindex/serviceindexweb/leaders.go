package serviceindexweb

import (
	"context"
	"net/http"
	"slices"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/serviceindex"
	"cchc/unit"
)

// recountMonths is how many months are counted again when somebody asks: what is
// told late is mostly of these.
const recountMonths = 3

// A trendsPage shows the months of a unit and of those right below it.
type trendsPage struct {
	Unit     unit.Unit
	Periods  []serviceindex.Period
	Rows     []serviceindex.UnitTrend
	OnTime   bool // shares in time instead of points
	Silent   []serviceindex.Silent
	Days     int
	Restated bool
	Recount  bool // the latest months were counted again
}

// unitOf settles which unit a leader's page is about, and that they may see it.
func (p *Pages) unitOf(ctx context.Context, q db.Queryer, asked string) (unit.ID, error) {
	a := web.Actor(ctx)
	u := unit.ID(asked)
	if u == "" {
		var err error
		if u, err = p.home(ctx, q, a, auth.BoardRead); err != nil {
			return "", err
		}
	}
	return u, p.Index.Guard.Check(ctx, q, a, auth.BoardRead, u)
}

func (p *Pages) trends(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v := &trendsPage{OnTime: r.URL.Query().Get("show") == "on_time", Recount: r.URL.Query().Get("recount") == "on"}
	recount := 0
	if v.Recount {
		recount = recountMonths
	}
	err := p.Index.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		u, err := p.unitOf(ctx, q, r.URL.Query().Get("unit"))
		if err != nil {
			return err
		}
		if v.Periods, v.Rows, err = p.Index.Trends(ctx, q, web.Actor(ctx), u, trendMonths, recount); err != nil {
			return err
		}
		v.Unit = v.Rows[0].Unit
		if v.Days, err = p.silentDays(ctx, q, u); err != nil {
			return err
		}
		v.Silent, err = p.Dossiers.Silent(ctx, q, web.Actor(ctx), u, v.Days)
		return err
	})
	if err != nil {
		return err
	}
	v.trim()
	return web.Render(w, r, http.StatusOK, trendsView(v))
}

// trim leaves out the months before the first that is known, and the units that
// have none.
func (v *trendsPage) trim() {
	first := len(v.Periods) - 1
	for _, row := range v.Rows {
		if i := slices.IndexFunc(row.Months, func(m serviceindex.MonthPoint) bool { return m.Known }); i >= 0 {
			first = min(first, i)
		}
	}
	v.Periods = v.Periods[first:]
	rows := v.Rows[:1]
	for i, row := range v.Rows {
		v.Rows[i].Months = row.Months[first:]
		known := slices.ContainsFunc(v.Rows[i].Months, func(m serviceindex.MonthPoint) bool { return m.Known })
		if i > 0 && known {
			rows = append(rows, v.Rows[i])
		}
		v.Restated = v.Restated || slices.ContainsFunc(v.Rows[i].Months, func(m serviceindex.MonthPoint) bool { return m.Restated })
	}
	v.Rows = rows
}

// text writes a month's figure, with a mark when it was restated.
func (v *trendsPage) text(ctx context.Context, m serviceindex.MonthPoint) string {
	switch {
	case !m.Known:
		return i18n.None
	case v.OnTime:
		return i18n.Percent(ctx, m.OnTime)
	case m.Restated:
		return i18n.Decimal(ctx, m.Points) + " *"
	}
	return i18n.Decimal(ctx, m.Points)
}

// value is the figure as charts read it, "" for none.
func (v *trendsPage) value(m serviceindex.MonthPoint) string {
	switch {
	case !m.Known:
		return ""
	case v.OnTime:
		if p, ok := m.OnTime.Percent(); ok {
			return p.String()
		}
		return ""
	}
	return m.Points.String()
}

func (v *trendsPage) restated(ctx context.Context, m serviceindex.MonthPoint) string {
	if !m.Restated {
		return ""
	}
	return i18n.T(ctx, "leaders.restated", "Then", m.Points, "Now", m.Later)
}

// A wallPage is one picture of the presentation on a meeting's screen.
type wallPage struct {
	*board
	Step    int
	Names   bool // officers' names may be shown
	Pause   bool
	Seconds int
}

// wallSteps are the pictures, in their order.
var wallSteps = []string{"figures", "ranking", "sectors", "holders", "silent"}

// wall shows the board picture by picture, large, for everybody in the room: no
// applicant is on it, and officers' names only as WallNames allows.
// The browser goes on by itself, without scripts.
func (p *Pages) wall(w http.ResponseWriter, r *http.Request) error {
	in := &wallQuery{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	b, err := p.gather(r, true)
	if err != nil {
		return err
	}
	names, err := p.Index.Settings.Value(r.Context(), p.Index.DB, serviceindex.WallNames, b.Unit.ID)
	if err != nil {
		return err
	}
	in.Names = names == serviceindex.NamesAlways || in.Names && names == serviceindex.NamesAsked
	v := &wallPage{board: b, Step: min(max(in.Step, 0), len(wallSteps)-1), Names: in.Names, Pause: in.Pause, Seconds: 20}
	if in.Seconds >= 5 && in.Seconds <= 600 {
		v.Seconds = in.Seconds
	}
	return web.Render(w, r, http.StatusOK, wallView(v))
}

type wallQuery struct {
	web.Form
	Unit    string `form:"unit"`
	Period  string `form:"period"`
	Step    int    `form:"step"`
	Names   bool   `form:"names"`
	Pause   bool   `form:"pause"`
	Seconds int    `form:"seconds"`
}

// url is the address of a picture.
func (v *wallPage) url(step int, pause bool) string {
	list := []string{"unit", string(v.Unit.ID), "period", v.In.Period, "step", itoa((step + len(wallSteps)) % len(wallSteps)), "seconds", itoa(v.Seconds)}
	if v.Names {
		list = append(list, "names", "on")
	}
	if pause {
		list = append(list, "pause", "on")
	}
	return link("/board/wall", list...)
}

// worstSectors are the sectors with the most that is late or overdue.
func worstSectors(list []Rate, n int) []Rate {
	out := slices.DeleteFunc(slices.Clone(list), func(r Rate) bool { return r.Ended-r.InTime+r.Overdue == 0 })
	slices.SortStableFunc(out, func(a, b Rate) int { return int((b.Ended - b.InTime + b.Overdue) - (a.Ended - a.InTime + a.Overdue)) })
	return out[:min(n, len(out))]
}

// holder says who has late steps: a person where names may be told.
func holder(ctx context.Context, h serviceindex.Holder, names bool) string {
	role := i18n.None
	if h.Role != "" {
		role = i18n.T(ctx, "auth.role."+h.Role)
	}
	switch {
	case names && h.Name != "":
		return h.Name
	case h.Name == "":
		return role + " (" + i18n.T(ctx, "leaders.untaken") + ")"
	}
	return role
}

// A weekPage is a week's digest on the screen.
type weekPage struct {
	Digest serviceindex.Digest
	Weeks  []moment.Date
	Kept   bool
}

func (p *Pages) week(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	today := p.Index.DB.Now().Date()
	monday := serviceindex.Monday(today)
	if text := r.URL.Query().Get("week"); text != "" {
		d, err := moment.ParseDate(text)
		if err != nil || d > today {
			return fault.New(fault.Invalid, "leaders.week_wrong", "Week", text)
		}
		monday = serviceindex.Monday(d)
	}
	v := &weekPage{}
	err := p.Index.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		u, err := p.unitOf(ctx, q, r.URL.Query().Get("unit"))
		if err != nil {
			return err
		}
		if v.Digest, v.Kept, err = p.Index.KeptDigest(ctx, q, web.Actor(ctx), u, monday); err != nil {
			return err
		}
		if !v.Kept {
			if v.Digest, err = p.gatherDigest(ctx, q, web.Actor(ctx), u, monday); err != nil {
				return err
			}
		}
		kept, err := p.Index.Weeks(ctx, q, u)
		v.Weeks = kept
		for back := range 8 { // and those that can be told anew
			if m := serviceindex.Monday(today).AddDays(-7 * back); !slices.Contains(v.Weeks, m) {
				v.Weeks = append(v.Weeks, m)
			}
		}
		slices.SortFunc(v.Weeks, func(a, b moment.Date) int { return int(b) - int(a) })
		return err
	})
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, weekView(v))
}

// gatherDigest tells a week. What only the present knows (who holds what, what is
// due) is told for the running week alone.
func (p *Pages) gatherDigest(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID, monday moment.Date) (serviceindex.Digest, error) {
	now := p.Index.DB.Now()
	d := serviceindex.Digest{Unit: u, Week: monday, Made: now, Live: monday == serviceindex.Monday(now.Date())}
	n := p.namer(ctx, q)
	var err error
	if d.Days, err = p.silentDays(ctx, q, u); err != nil {
		return d, err
	}
	if d.Name, err = n.name(u); err != nil {
		return d, err
	}
	if d.Last, err = p.Dossiers.Span(ctx, q, a, u, monday.AddDays(-7), monday.AddDays(-1)); err != nil {
		return d, err
	}
	if d.Before, err = p.Dossiers.Span(ctx, q, a, u, monday.AddDays(-14), monday.AddDays(-8)); err != nil {
		return d, err
	}
	if !d.Live {
		return d, nil
	}
	d.SoonBy = monday.AddDays(6)
	if d.Soon, err = p.Dossiers.DueBy(ctx, q, a, u, d.SoonBy); err != nil {
		return d, err
	}
	work, err := p.Dossiers.Work(ctx, q, a, u)
	if err != nil {
		return d, err
	}
	d.Overdue = work.Overdue
	if d.Holders, err = p.Dossiers.Holders(ctx, q, a, u, 10); err != nil {
		return d, err
	}
	if d.Silent, err = p.Dossiers.Silent(ctx, q, a, u, d.Days); err != nil {
		return d, err
	}
	report, err := p.Index.OfIn(ctx, q, a, u, serviceindex.PeriodOn(serviceindex.Month, now.Date()))
	if f := fault.As(err); f != nil && f.Kind != fault.Forbidden {
		return d, nil // no formula is in force: the rest stands
	}
	if err != nil {
		return d, err
	}
	d.Known, d.Points, d.Change = report.Score.Dossiers > 0, report.Score.Points, report.Delta.Points
	moved := slices.DeleteFunc(slices.Clone(report.Children), func(s serviceindex.Standing) bool { return !s.Delta.HasPoints || s.Delta.Points == 0 })
	slices.SortStableFunc(moved, func(a, b serviceindex.Standing) int { return int(b.Delta.Points - a.Delta.Points) })
	for i, s := range moved {
		m := serviceindex.Move{Name: s.Unit.Name, Points: s.Delta.Points}
		if m.Points > 0 && i < 3 {
			d.Up = append(d.Up, m)
		}
		if m.Points < 0 && i >= len(moved)-3 {
			d.Down = append(d.Down, m)
		}
	}
	slices.Reverse(d.Down)
	return d, nil
}

// A Letter is a digest as it is sent.
type Letter struct {
	Subject string
	Text    string
	Link    string // below the product's address
}

// MakeDigest tells the running week of a unit and keeps it; made is false when it
// was told before.
func (p *Pages) MakeDigest(ctx context.Context, a actor.Actor, u unit.ID) (d serviceindex.Digest, made bool, err error) {
	monday, told := serviceindex.Monday(p.Index.DB.Now().Date()), false
	err = p.Index.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		if d, told, err = p.Index.KeptDigest(ctx, q, a, u, monday); err == nil && !told {
			d, err = p.gatherDigest(ctx, q, a, u, monday)
		}
		return err
	})
	if err != nil || told {
		return d, false, err
	}
	made, err = p.Index.KeepDigest(ctx, d)
	return d, made, err
}

// Write renders a digest for a letter, in the context's language.
func Write(ctx context.Context, d serviceindex.Digest) Letter {
	text := i18n.T(ctx, "leaders.week.finding", "Unit", d.Name, "Received", d.Last.Received, "Ended", d.Last.InTime+d.Last.Late, "Late", d.Last.Late) + "\n"
	for _, f := range weekFacts(ctx, d) {
		text += "- " + f.Label + ": " + f.Value + "\n"
	}
	for _, h := range d.Holders {
		text += "- " + i18n.T(ctx, "leaders.week.holder", "Name", holder(ctx, h, true), "Unit", h.Place, "Count", h.Count, "Since", h.Since) + "\n"
	}
	for _, s := range d.Silent {
		text += "- " + silence(ctx, s) + "\n"
	}
	return Letter{Subject: i18n.T(ctx, "leaders.week.subject", "Unit", d.Name, "Week", d.Week), Text: text,
		Link: link("/board/week", "unit", string(d.Unit), "week", d.Week.String())}
}

func silence(ctx context.Context, s serviceindex.Silent) string {
	if s.Last == 0 {
		return i18n.T(ctx, "leaders.silent.never", "Unit", s.Name)
	}
	return i18n.T(ctx, "leaders.silent.since", "Unit", s.Name, "Last", s.Last)
}

// weekFacts are the figures of a digest with their changes.
func weekFacts(ctx context.Context, d serviceindex.Digest) []ui.Fact {
	fact := func(key, value string) ui.Fact { return ui.Fact{Label: i18n.T(ctx, "leaders.week."+key), Value: value} }
	against := func(now, then int64) string {
		return i18n.T(ctx, "leaders.week.against", "Now", now, "Then", then, "Change", signed(now-then))
	}
	out := []ui.Fact{
		fact("received", against(d.Last.Received, d.Before.Received)),
		fact("ended", against(d.Last.InTime+d.Last.Late, d.Before.InTime+d.Before.Late)),
		fact("late", against(d.Last.Late, d.Before.Late)),
	}
	if d.Live {
		out = append(out, fact("overdue", i18n.Number(ctx, d.Overdue)), fact("soon", i18n.Number(ctx, d.Soon)))
	}
	if d.Known {
		out = append(out, fact("points", i18n.Decimal(ctx, d.Points)+" ("+i18n.Delta(ctx, d.Change)+")"))
	}
	for _, m := range d.Up {
		out = append(out, fact("up", m.Name+" "+i18n.Delta(ctx, m.Points)))
	}
	for _, m := range d.Down {
		out = append(out, fact("down", m.Name+" "+i18n.Delta(ctx, m.Points)))
	}
	return out
}

func signed(n int64) string {
	if n > 0 {
		return "+" + itoa(int(n))
	}
	return itoa(int(n))
}

func (v *trendsPage) label(ctx context.Context) string {
	if v.OnTime {
		return i18n.T(ctx, "leaders.on_time")
	}
	return i18n.T(ctx, "leaders.points")
}

func (v *trendsPage) columns(ctx context.Context) []ui.Column {
	out := []ui.Column{{Label: i18n.T(ctx, "board.col.unit")}}
	for _, p := range v.Periods {
		out = append(out, ui.Column{Label: p.From.Time().Format("1/2006"), Numeric: true})
	}
	return out
}

// wallHeading states what the picture tells.
func (v *wallPage) wallHeading(ctx context.Context) string {
	switch wallSteps[v.Step] {
	case "sectors":
		if list := worstSectors(v.Sectors, 1); len(list) > 0 {
			return i18n.T(ctx, "leaders.sectors.finding", "Sector", list[0].Name, "Count", list[0].Ended-list[0].InTime+list[0].Overdue)
		}
	case "holders":
		n := int64(0)
		for _, h := range v.Holders {
			n += h.Count
		}
		return i18n.T(ctx, "leaders.holders.finding", "Count", n)
	case "silent":
		return i18n.T(ctx, "leaders.silent", "Days", v.SilentDays, "Count", len(v.Silent))
	}
	return v.finding(ctx)
}

func (v *wallPage) pauseLink(ctx context.Context) ui.Link {
	if v.Pause {
		return ui.Link{Text: i18n.T(ctx, "leaders.wall.run"), URL: v.url(v.Step, false)}
	}
	return ui.Link{Text: i18n.T(ctx, "leaders.wall.pause"), URL: v.url(v.Step, true)}
}

func (v *weekPage) lead(ctx context.Context) string {
	key := "leaders.week.lead"
	if v.Kept {
		key = "leaders.week.kept"
	}
	return i18n.T(ctx, key, "From", v.Digest.Week.AddDays(-7), "To", v.Digest.Week.AddDays(-1), "At", i18n.ShortInstant(ctx, v.Digest.Made))
}
