package calendarweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/calendar"
)

// Kinds of a change of days.
const (
	kindOff      = "off"
	kindWork     = "work"
	kindWithdraw = "withdraw"
)

// A dayForm closes offices from a day to another, makes a day off a working day,
// or takes back what was entered for a day.
type dayForm struct {
	web.Form
	Kind     string      `form:"kind"`
	From     moment.Date `form:"from"`
	To       moment.Date `form:"to"`
	Replaces moment.Date `form:"replaces"`
	Name     string      `form:"name"`
	Rule     string      `form:"rule"`
	Reason   string      `form:"reason"`
	Stamp    string      `form:"stamp"`
	Do       string      `form:"do"` // preview, or confirm by POST
}

// A weekForm sets the working week of a unit from a day on. Hours are typed as
// people write them: 07:30–11:30, 13:00–17:00.
type weekForm struct {
	web.Form
	From       moment.Date `form:"from"`
	Convention string      `form:"convention"`
	Until      string      `form:"same_day_until"`
	AsReceived bool        `form:"as_received"`
	Reason     string      `form:"reason"`
	Stamp      string      `form:"stamp"`
	Do         string      `form:"do"`
}

// A changeView is a form of a change with the preview of what it does.
type changeView struct {
	Place   place
	Day     *dayForm
	Week    *weekForm
	Days    []int // weekdays in the order of the page
	Preview *preview
	Stamp   string
}

func (v changeView) form() *web.Form {
	if v.Week != nil {
		return &v.Week.Form
	}
	return &v.Day.Form
}

func (p *Pages) mayChange(r *http.Request) (place, error) {
	x, err := p.at(r)
	if err != nil {
		return x, err
	}
	return x, p.Calendars.Guard.Check(r.Context(), p.DB, web.Actor(r.Context()), auth.CalendarChange, x.ID)
}

func (p *Pages) day(w http.ResponseWriter, r *http.Request) error {
	x, err := p.mayChange(r)
	if err != nil {
		return err
	}
	in := &dayForm{}
	err = web.Decode(r, in)
	if in.Kind != kindWork && in.Kind != kindWithdraw {
		in.Kind = kindOff
	}
	in.Set("kind", in.Kind)
	return p.change(w, r, changeView{Place: x, Day: in}, in.Do, err, func() (calendar.Proposal, error) { return in.proposal(x) })
}

func (in *dayForm) proposal(x place) (calendar.Proposal, error) {
	pr := calendar.Proposal{Unit: x.ID, Reason: in.Reason, Stamp: in.Stamp}
	if in.To == 0 || in.Kind != kindOff {
		in.To = in.From
	}
	f := fault.New(fault.Invalid, "calendar.invalid")
	if in.From == 0 {
		f.With("from", "calendar.date_bad")
	}
	if in.To < in.From {
		f.With("to", "calendarweb.to_before_from")
	} else if in.To-in.From > 60 {
		f.With("to", "calendarweb.too_many_days", "Most", 60)
	}
	if strings.TrimSpace(in.Name) == "" && in.Kind != kindWithdraw {
		f.With("name", "calendar.name_missing")
	}
	if strings.TrimSpace(in.Rule) == "" && in.Kind != kindWithdraw {
		f.With("rule", "calendarweb.rule_missing")
	}
	if strings.TrimSpace(in.Reason) == "" {
		f.With("reason", "calendar.reason_missing")
	}
	if err := f.Or(); err != nil {
		return pr, err
	}
	switch in.Kind {
	case kindWithdraw:
		pr.Days = []calendar.Amendment{{Unit: x.ID, Withdraw: true, DayOff: calendar.DayOff{Date: in.From}}}
	case kindWork:
		pr.Days = []calendar.Amendment{{Unit: x.ID, DayOff: calendar.DayOff{Date: in.From, Kind: calendar.Work,
			Name: in.Name, Rule: in.Rule, Replaces: in.Replaces}}}
	default:
		pr.Days = calendar.Closed(x.ID, in.From, in.To, in.Name, in.Rule)
	}
	return pr, nil
}

func (p *Pages) week(w http.ResponseWriter, r *http.Request) error {
	x, err := p.mayChange(r)
	if err != nil {
		return err
	}
	if x.ID == "" {
		return fault.New(fault.NotFound, "calendar.unit_missing")
	}
	in := &weekForm{}
	err = web.Decode(r, in)
	v := changeView{Place: x, Week: in, Days: []int{1, 2, 3, 4, 5, 6, 0}}
	if in.Do == "" && r.Method == http.MethodGet {
		if err := p.fillWeek(r.Context(), in, x); err != nil {
			return err
		}
	}
	return p.change(w, r, v, in.Do, err, func() (calendar.Proposal, error) { return in.proposal(x) })
}

// fillWeek puts the week that holds today into an empty form.
func (p *Pages) fillWeek(ctx context.Context, in *weekForm, x place) error {
	s, err := p.Calendars.Setting(ctx, p.DB, x.ID, p.DB.Now().Date())
	if err != nil {
		return err
	}
	for wd, d := range s.Week {
		in.Set(hoursField(wd), strings.ReplaceAll(hoursText(d), "–", "-"))
		if d.Counts {
			in.Set(countsField(wd), "on")
		}
	}
	in.Set("convention", string(s.Convention))
	in.Set("same_day_until", secondText(s.SameDayUntil))
	if s.AsReceived {
		in.Set("as_received", "on")
	}
	return nil
}

func hoursField(weekday int) string  { return "hours" + strconv.Itoa(weekday) }
func countsField(weekday int) string { return "counts" + strconv.Itoa(weekday) }

func (in *weekForm) proposal(x place) (calendar.Proposal, error) {
	s := calendar.Setting{Unit: x.ID, From: in.From, Convention: calendar.Convention(in.Convention), AsReceived: in.AsReceived}
	pr := calendar.Proposal{Unit: x.ID, Week: &s, Reason: in.Reason, Stamp: in.Stamp}
	f := fault.New(fault.Invalid, "calendar.invalid")
	if in.From == 0 {
		f.With("from", "calendar.date_bad")
	}
	var ok bool
	if s.SameDayUntil, ok = parseClock(in.Until); !ok {
		f.With("same_day_until", "calendar.time_bad")
	}
	if strings.TrimSpace(in.Reason) == "" {
		f.With("reason", "calendar.reason_missing")
	}
	for wd := range s.Week {
		d := &s.Week[wd]
		if d.Sessions, ok = parseHours(in.Value(hoursField(wd))); !ok {
			f.With(hoursField(wd), "calendarweb.hours_bad")
		}
		d.Counts = in.Chosen(countsField(wd), "on")
		if d.Counts && len(d.Sessions) == 0 && ok {
			f.With(hoursField(wd), "calendarweb.hours_missing")
		}
	}
	if len(f.Fields) == 0 && s.Week.Validate() != nil {
		f.With(hoursField(1), "calendar.week_bad")
	}
	return pr, f.Or()
}

// parseHours reads "07:30-11:30, 13:00-17:00"; an empty text is a closed day.
func parseHours(text string) ([]calendar.Session, bool) {
	var out []calendar.Session
	last := -1
	for part := range strings.SplitSeq(strings.NewReplacer("–", "-", "—", "-", ";", ",").Replace(text), ",") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		a, b, two := strings.Cut(part, "-")
		from, ok1 := parseClock(a)
		to, ok2 := parseClock(b)
		if !two || !ok1 || !ok2 || from >= to || from < last {
			return nil, false
		}
		last = to
		out = append(out, calendar.Session{From: from, To: to})
	}
	return out, true
}

// parseClock reads 07:30, 7h30, 7h or 15:00:00 as the second of the day. The hour is
// there, and each part is of two digits at most: no sign, no space.
func parseClock(text string) (int, bool) {
	parts := strings.Split(strings.NewReplacer("h", ":", "g", ":").Replace(strings.TrimSpace(text)), ":")
	if len(parts) < 2 || len(parts) > 3 {
		return 0, false
	}
	n := 0
	for i := range 3 {
		v := 0
		if i < len(parts) {
			if len(parts[i]) > 2 || strings.Trim(parts[i], "0123456789") != "" || i == 0 && parts[i] == "" {
				return 0, false
			}
			v, _ = strconv.Atoi(parts[i]) // two digits; nothing is 0, as in 7h
		}
		if i == 0 && v > 23 || i > 0 && v > 59 {
			return 0, false
		}
		n = n*60 + v
	}
	return n, true
}

// change shows the form, the form with a preview, or makes the change.
func (p *Pages) change(w http.ResponseWriter, r *http.Request, v changeView, do string, decoded error, proposal func() (calendar.Proposal, error)) error {
	ctx := r.Context()
	form := v.form()
	wrong := func(err error) error {
		if f := fault.As(err); f != nil && f.Kind == fault.NotFound { // a day that is not there is said at the form
			err = fault.New(fault.Conflict, f.Key, f.Args...)
		}
		if !form.Failed(err) {
			return err
		}
		status := http.StatusUnprocessableEntity
		if form.Fault.Kind == fault.Conflict {
			status = http.StatusConflict
		}
		return web.Render(w, r, status, changePage(v))
	}
	if do == "" && r.Method == http.MethodGet {
		form.Fault = nil
		return web.Render(w, r, http.StatusOK, changePage(v))
	}
	if decoded != nil {
		return wrong(decoded)
	}
	pr, err := proposal()
	if err != nil {
		return wrong(err)
	}
	if r.Method == http.MethodPost && do == "confirm" {
		id, err := p.Calendars.Adopt(ctx, web.Actor(ctx), pr)
		if err == nil {
			return web.SeeOther(w, r, ChangePath+id, "calendarweb.adopted")
		}
		f := fault.As(err)
		if f == nil || f.Key != "calendar.changed_meanwhile" {
			return wrong(err)
		}
		form.Fault = f // shown above the preview of what would happen now
	}
	pr.Stamp = ""
	err = p.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		if v.Stamp, err = p.Calendars.Stamp(ctx, q, v.Place.ID); err != nil {
			return err
		}
		v.Preview, err = p.preview(ctx, q, pr)
		return err
	})
	if err != nil {
		return wrong(err)
	}
	if r.URL.Query().Get("format") == "csv" {
		return v.Preview.csv(ctx, w)
	}
	query := url.Values{"do": {"preview"}, "format": {"csv"}}
	for _, h := range hiddenValues(form) {
		query.Add(h[0], h[1])
	}
	v.Preview.CSV = r.URL.Path + "?" + query.Encode()
	status := http.StatusOK
	if form.Wrong() {
		status = http.StatusConflict
	}
	return web.Render(w, r, status, changePage(v))
}

// An outcomeView is what came of a change.
type outcomeView struct {
	Place  place
	Change calendar.Adopted
	Row    changeRow
	Who    string
}

func (p *Pages) outcome(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	c, err := p.Calendars.AdoptedByID(ctx, p.DB, r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := p.see(ctx, web.Actor(ctx), c.Unit); err != nil {
		return err
	}
	v := outcomeView{Place: place{ID: c.Unit}, Change: c, Row: p.changeRow(ctx, c)}
	if v.Place.Name, err = p.name(ctx, c.Unit); err != nil {
		return err
	}
	if v.Who, err = auth.Name(ctx, p.DB, c.Account); err != nil {
		v.Who = c.Account
	}
	return web.Render(w, r, http.StatusOK, outcomePage(v))
}

// hiddenValues are the values of a form as its confirmation sends them again.
func hiddenValues(f *web.Form) [][2]string {
	var out [][2]string
	for name, list := range f.Values {
		if name == "do" || name == "stamp" || name == "format" {
			continue
		}
		for _, v := range list {
			out = append(out, [2]string{name, v})
		}
	}
	slices.SortFunc(out, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	return out
}

func kindTitle(ctx context.Context, kind string) string {
	return i18n.T(ctx, "calendarweb.kind."+kind)
}
