package calendarweb

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"cchc/base/api"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/calendar"
	"cchc/dossier"
	"cchc/unit"
)

// weekdays are the names of days in programs' language, in the order of the page.
var weekdays = []struct {
	name string
	day  time.Weekday
}{{"mon", time.Monday}, {"tue", time.Tuesday}, {"wed", time.Wednesday}, {"thu", time.Thursday}, {"fri", time.Friday}, {"sat", time.Saturday}, {"sun", time.Sunday}}

type (
	apiSession struct {
		From string `json:"from" pattern:"^[0-2][0-9]:[0-5][0-9]$" maxLength:"5" example:"07:30"`
		To   string `json:"to" pattern:"^[0-2][0-9]:[0-5][0-9]$" maxLength:"5" example:"11:30"`
	}
	apiWeekday struct {
		Day      string       `json:"day" enum:"mon,tue,wed,thu,fri,sat,sun"`
		Counts   bool         `json:"counts" doc:"It counts as a working day; else its hours are for reception only."`
		Sessions []apiSession `json:"sessions" maxItems:"6"`
	}
	// WeekBody is a working week.
	WeekBody struct {
		Days         []apiWeekday `json:"days" minItems:"1" maxItems:"7" doc:"Days that are left out are days off."`
		Convention   string       `json:"convention" enum:"days,clock" doc:"How working days are counted."`
		SameDayUntil string       `json:"same_day_until" pattern:"^[0-2][0-9]:[0-5][0-9]$" maxLength:"5" example:"15:00" doc:"For limits of within the day."`
		AsReceived   bool         `json:"as_received,omitempty" doc:"A receipt outside office hours takes effect at once."`
	}
	weekOutput struct {
		Body struct {
			Unit  string      `json:"unit,omitempty" doc:"Which set it: the unit itself or one above; left out where nobody set anything."`
			From  moment.Date `json:"from,omitempty" format:"date" doc:"The first day on which it holds."`
			Stamp string      `json:"stamp" doc:"Of the unit's own calendar: sent with a change it is refused when somebody changed it since."`
			WeekBody
		}
	}
	weekInput struct {
		Unit string `query:"unit" required:"true" maxLength:"60" doc:"Id or agency code."`
		On   string `query:"on" format:"date" doc:"As set for that day; today when left out."`
	}
	setWeekInput struct {
		Body struct {
			Unit   string      `json:"unit" minLength:"1" maxLength:"60" doc:"Id or agency code."`
			From   moment.Date `json:"from" format:"date" doc:"The first day on which it holds."`
			Reason string      `json:"reason" minLength:"1" maxLength:"1000"`
			Stamp  string      `json:"stamp,omitempty" maxLength:"60"`
			WeekBody
		}
	}
	closeInput struct {
		Body struct {
			Unit   string      `json:"unit,omitempty" maxLength:"60" doc:"Id or agency code; the nation when left out."`
			From   moment.Date `json:"from" format:"date"`
			To     moment.Date `json:"to,omitempty" format:"date" doc:"The last day; from when left out."`
			Name   string      `json:"name" minLength:"1" maxLength:"200"`
			Rule   string      `json:"rule" minLength:"1" maxLength:"200" doc:"The decision that closes the offices."`
			Reason string      `json:"reason" minLength:"1" maxLength:"1000"`
			Stamp  string      `json:"stamp,omitempty" maxLength:"60"`
		}
	}
	changeInput struct {
		ID string `path:"id" maxLength:"60"`
	}
	changeOutput struct {
		Body struct {
			ID       string         `json:"id"`
			Unit     string         `json:"unit,omitempty"`
			From     moment.Date    `json:"from" format:"date"`
			Reason   string         `json:"reason"`
			Recorded moment.Instant `json:"recorded" format:"date-time"`
			Finished moment.Instant `json:"finished,omitempty" format:"date-time" doc:"When all open deadlines had been projected anew."`
			Moved    int            `json:"moved" doc:"Promises that moved."`
		}
	}
	adoptedOutput struct {
		Location string `header:"Location"`
		Body     struct {
			ID string `json:"id" doc:"Of the change: its outcome is at /api/v1/calendar/changes/{id}."`
		}
	}
	apiShift struct {
		Code      string         `json:"code"`
		Unit      string         `json:"unit"`
		Procedure string         `json:"procedure,omitempty"`
		Due       moment.Instant `json:"due" format:"date-time"`
		New       moment.Instant `json:"new" format:"date-time"`
		Overdue   bool           `json:"overdue,omitempty" doc:"Now."`
		Saved     bool           `json:"saved,omitempty" doc:"Overdue now, and no longer by the new date."`
		Was       string         `json:"was,omitempty" doc:"Of one that ended: early, on_time, late."`
		Would     string         `json:"would,omitempty" doc:"As the new calendar would judge it; it stays as it was judged."`
	}
	shiftsOutput struct {
		Body struct {
			Open   int        `json:"open" doc:"Open dossiers that were looked at."`
			Later  []apiShift `json:"later" doc:"Move to a later day or hour."`
			Kept   []apiShift `json:"kept" doc:"Would be earlier: the promise stays."`
			Judged []apiShift `json:"judged" doc:"Ended ones that would be judged differently."`
			Stamp  string     `json:"stamp"`
		}
	}
)

// registerChanges puts what is changed of calendars, and looked at before, at
// /api/v1/calendar.
func (p *API) registerChanges(a *api.API, op func(id, method, path, summary, text string) huma.Operation) {
	looks := func(id, path, summary string) huma.Operation {
		o := op(id, http.MethodPost, path, summary, "Which promises would move, dossier by dossier. It changes nothing.")
		o.Metadata = map[string]any{api.OwnKey: true}
		return o
	}
	api.Handle(a, web.Public, op("get-week", http.MethodGet, "/week", "See a unit's working week", "Open to everybody."), p.week)
	api.Handle(a, web.SignedIn, op("set-week", http.MethodPost, "/week", "Set a unit's working week from a day on", "Open deadlines are projected anew from that day; no promise is moved earlier."), func(ctx context.Context, in *setWeekInput) (*adoptedOutput, error) {
		return p.adopt(ctx, func() (calendar.Proposal, error) { return p.weekProposal(ctx, in) })
	})
	api.Handle(a, web.SignedIn, looks("preview-week", "/week/preview", "See what another working week would do"), func(ctx context.Context, in *setWeekInput) (*shiftsOutput, error) {
		return p.shifts(ctx, func() (calendar.Proposal, error) { return p.weekProposal(ctx, in) })
	})
	api.Handle(a, web.SignedIn, op("close-offices", http.MethodPost, "/closures", "Close offices for some days", "A storm, a power cut: of a unit and what is below it, at most 61 days."), func(ctx context.Context, in *closeInput) (*adoptedOutput, error) {
		return p.adopt(ctx, func() (calendar.Proposal, error) { return p.closure(ctx, in) })
	})
	api.Handle(a, web.SignedIn, looks("preview-closure", "/closures/preview", "See what closing offices would do"), func(ctx context.Context, in *closeInput) (*shiftsOutput, error) {
		return p.shifts(ctx, func() (calendar.Proposal, error) { return p.closure(ctx, in) })
	})
	api.Handle(a, web.SignedIn, looks("preview-day", "/days/preview", "See what another day off would do"), func(ctx context.Context, in *amendInput) (*shiftsOutput, error) {
		return p.shifts(ctx, func() (calendar.Proposal, error) {
			u, err := p.find(ctx, in.Body.Unit)
			m := in.Body.amendment(u)
			m.Reason = ""
			return calendar.Proposal{Unit: u, Days: []calendar.Amendment{m}, Reason: in.Body.Reason}, err
		})
	})
	api.Handle(a, web.SignedIn, op("get-calendar-change", http.MethodGet, "/changes/{id}", "See what came of a change", ""), p.change)
}

func (p *API) week(ctx context.Context, in *weekInput) (*weekOutput, error) {
	f := api.Wrong()
	day := api.ReadDate(f, "on", in.On)
	if err := f.Or(); err != nil {
		return nil, err
	}
	if day == 0 {
		day = p.DB.Now().Date()
	}
	u, err := p.find(ctx, in.Unit)
	if err != nil {
		return nil, err
	}
	s, err := p.Calendars.Setting(ctx, p.DB, u, day)
	if err != nil {
		return nil, err
	}
	out := &weekOutput{}
	b := &out.Body
	b.Unit, b.From, b.Convention, b.SameDayUntil, b.AsReceived, b.Days = string(s.Unit), s.From, string(s.Convention), secondText(s.SameDayUntil), s.AsReceived, []apiWeekday{}
	for _, d := range weekdays {
		x := apiWeekday{Day: d.name, Counts: s.Week[d.day].Counts, Sessions: []apiSession{}}
		for _, h := range s.Week[d.day].Sessions {
			x.Sessions = append(x.Sessions, apiSession{secondText(h.From), secondText(h.To)})
		}
		if x.Counts || len(x.Sessions) > 0 {
			b.Days = append(b.Days, x)
		}
	}
	b.Stamp, err = p.Calendars.Stamp(ctx, p.DB, u)
	return out, err
}

func (p *API) weekProposal(ctx context.Context, in *setWeekInput) (calendar.Proposal, error) {
	b := in.Body
	u, err := p.find(ctx, b.Unit)
	if err != nil {
		return calendar.Proposal{}, err
	}
	s := calendar.Setting{Unit: u, From: b.From, Convention: calendar.Convention(b.Convention), AsReceived: b.AsReceived}
	f := fault.New(fault.Invalid, "calendar.invalid")
	clock := func(name, text string) int {
		n, ok := parseClock(text)
		if !ok {
			f.With(name, "calendar.time_bad")
		}
		return n
	}
	s.SameDayUntil = clock("same_day_until", b.SameDayUntil)
	for _, d := range b.Days {
		for _, w := range weekdays {
			if w.name != d.Day {
				continue
			}
			day := &s.Week[w.day]
			day.Counts = d.Counts
			for _, h := range d.Sessions {
				day.Sessions = append(day.Sessions, calendar.Session{From: clock("days", h.From), To: clock("days", h.To)})
			}
		}
	}
	if len(f.Fields) == 0 && s.Week.Validate() != nil {
		f.With("days", "calendar.week_bad")
	}
	return calendar.Proposal{Unit: u, Week: &s, Reason: b.Reason, Stamp: b.Stamp}, f.Or()
}

func (p *API) closure(ctx context.Context, in *closeInput) (calendar.Proposal, error) {
	b := in.Body
	u, err := p.find(ctx, b.Unit)
	if err != nil {
		return calendar.Proposal{}, err
	}
	if b.To == 0 {
		b.To = b.From
	}
	f := fault.New(fault.Invalid, "calendar.invalid")
	if b.To < b.From {
		f.With("to", "calendarweb.to_before_from")
	} else if b.To-b.From > 60 {
		f.With("to", "calendarweb.too_many_days", "Most", 60)
	}
	return calendar.Proposal{Unit: u, Days: calendar.Closed(u, b.From, b.To, b.Name, b.Rule), Reason: b.Reason, Stamp: b.Stamp}, f.Or()
}

func (p *API) adopt(ctx context.Context, proposed func() (calendar.Proposal, error)) (*adoptedOutput, error) {
	pr, err := proposed()
	if err != nil {
		return nil, err
	}
	id, err := p.Calendars.Adopt(ctx, api.Actor(ctx), pr)
	if err != nil {
		return nil, err
	}
	out := &adoptedOutput{Location: "/api/v1/calendar/changes/" + id}
	out.Body.ID = id
	return out, nil
}

func (p *API) shifts(ctx context.Context, proposed func() (calendar.Proposal, error)) (*shiftsOutput, error) {
	pr, err := proposed()
	if err != nil {
		return nil, err
	}
	out := &shiftsOutput{}
	b := &out.Body
	err = p.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		draft, err := p.Calendars.Try(ctx, q, api.Actor(ctx), pr)
		if err != nil {
			return err
		}
		s, err := p.Desk.Shifts(ctx, q, api.Actor(ctx), pr.Unit, draft, pr.From())
		if err != nil {
			return err
		}
		b.Open, b.Later, b.Kept, b.Judged = s.Open(), asShifts(s.Later), asShifts(s.Kept), asShifts(s.Judged)
		b.Stamp, err = p.Calendars.Stamp(ctx, q, pr.Unit)
		return err
	})
	return out, err
}

func asShifts(list []dossier.Shift) []apiShift {
	out := []apiShift{}
	for _, x := range list {
		out = append(out, apiShift{x.Code, string(x.Unit), x.Procedure, x.Due, x.New, x.Overdue, x.Saved, string(x.Was), string(x.Would)})
	}
	return out
}

func (p *API) change(ctx context.Context, in *changeInput) (*changeOutput, error) {
	c, err := p.Calendars.AdoptedByID(ctx, p.DB, in.ID)
	if err != nil {
		return nil, err
	}
	if err := (&Pages{DB: p.DB, Calendars: p.Calendars, Units: p.Units, Desk: p.Desk}).see(ctx, api.Actor(ctx), unit.ID(c.Unit)); err != nil {
		return nil, err
	}
	out := &changeOutput{}
	b := &out.Body
	b.ID, b.Unit, b.From, b.Reason, b.Recorded, b.Finished, b.Moved = c.ID, string(c.Unit), c.From, c.Reason, c.Recorded, c.Finished, c.Moved
	return out, nil
}
