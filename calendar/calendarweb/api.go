package calendarweb

import (
	"context"
	"net/http"

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

// API is the door for programs to calendars and the statutory clock. What it
// computes from is no secret: due dates are open to everybody.
type API struct {
	DB        *db.DB
	Calendars *calendar.Store
	Units     *unit.Book
	Desk      *dossier.Desk // whose promises a change would move
}

type dueInput struct {
	Unit     string `query:"unit" maxLength:"60" doc:"Id or agency code; the nation's calendar when left out."`
	Received string `query:"received" required:"true" format:"date-time" example:"2026-11-23T09:00:00+07:00"`
	Quantity string `query:"quantity" required:"true" maxLength:"20" example:"3" doc:"7.5 and 7,5 are the same."`
	In       string `query:"in" required:"true" enum:"working_day,calendar_day,hour,month,year,same_day"`
}

type dueOutput struct {
	Body struct {
		Due       moment.Instant `json:"due" format:"date-time"`
		Effective moment.Instant `json:"effective" format:"date-time" doc:"From when the receipt counts."`
		Beyond    bool           `json:"beyond" doc:"The due date lies beyond the years whose days off are known."`
	}
}

type daysInput struct {
	Unit string `query:"unit" maxLength:"60" doc:"Id or agency code; the nation's calendar when left out."`
	From string `query:"from" required:"true" format:"date"`
	To   string `query:"to" required:"true" format:"date" doc:"At most two years after from."`
}

type apiDay struct {
	Date moment.Date `json:"date" format:"date"`
	Kind string      `json:"kind" enum:"off,work"`
	Name string      `json:"name"`
	Rule string      `json:"rule,omitempty"`
}

type daysOutput struct {
	Body struct {
		WorkingDays int      `json:"working_days" doc:"Days in the period that count as working days."`
		Days        []apiDay `json:"days" doc:"Days off and make-up days: those that differ from the usual week."`
	}
}

// AmendBody is a day entered or taken back.
type AmendBody struct {
	Unit     string      `json:"unit,omitempty" maxLength:"60" doc:"Id or agency code; the nation when left out."`
	Date     moment.Date `json:"date" format:"date"`
	Withdraw bool        `json:"withdraw,omitempty" doc:"Take back what is entered for the unit on that day."`
	Kind     string      `json:"kind,omitempty" enum:"off,work"`
	Name     string      `json:"name,omitempty" maxLength:"200"`
	Rule     string      `json:"rule,omitempty" maxLength:"200"`
	Replaces moment.Date `json:"replaces,omitempty" format:"date" doc:"Of a make-up day: whose hours are worked."`
	Reason   string      `json:"reason" minLength:"1" maxLength:"1000"`
}

func (b AmendBody) amendment(u unit.ID) calendar.Amendment {
	return calendar.Amendment{Unit: u, Withdraw: b.Withdraw, Reason: b.Reason,
		DayOff: calendar.DayOff{Date: b.Date, Kind: b.Kind, Name: b.Name, Rule: b.Rule, Replaces: b.Replaces}}
}

type amendInput struct{ Body AmendBody }

// Register puts the operations at /api/v1/calendar.
func (p *API) Register(a *api.API) {
	op := func(id, method, path, summary, text string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: "/api/v1/calendar" + path, Summary: summary, Description: text, Tags: []string{"calendar"}}
	}
	api.Handle(a, web.Public, op("compute-due", http.MethodGet, "/due", "Compute a due date", "By the unit's working time and days off. Open to everybody."), p.due)
	api.Handle(a, web.Public, op("list-days", http.MethodGet, "/days", "List days off and make-up days", "Open to everybody."), p.days)
	amend := op("amend-day", http.MethodPost, "/days", "Enter or withdraw a day off", "Open deadlines are projected anew; no promise is moved earlier without a notice.")
	amend.DefaultStatus = http.StatusNoContent
	api.Handle(a, web.SignedIn, amend, p.amend)
	p.registerChanges(a, op)
}

func (p *API) find(ctx context.Context, s string) (unit.ID, error) {
	if s == "" {
		return "", nil
	}
	tree, err := p.Units.Today(ctx, p.DB)
	if err != nil {
		return "", err
	}
	if u, ok := tree.ByCode(s); ok {
		return u.ID, nil
	}
	if _, ok := tree.Unit(unit.ID(s)); !ok {
		return "", fault.New(fault.Invalid, "web.form.invalid").With("unit", "dossier.unit_unknown")
	}
	return unit.ID(s), nil
}

func (p *API) due(ctx context.Context, in *dueInput) (*dueOutput, error) {
	id, err := p.find(ctx, in.Unit)
	if err != nil {
		return nil, err
	}
	l, err := calendar.ParseLimit(in.Quantity, in.In)
	if err != nil {
		return nil, fault.New(fault.Invalid, "web.form.invalid").With("quantity", "dossier.quantity_wrong").Because(err)
	}
	f := api.Wrong()
	received := api.ReadInstant(f, "received", in.Received)
	if err := f.Or(); err != nil {
		return nil, err
	}
	c, err := p.Calendars.For(ctx, p.DB, id)
	if err != nil {
		return nil, err
	}
	out := &dueOutput{}
	if out.Body.Due, err = c.Due(received, l, ""); err != nil {
		return nil, fault.New(fault.Invalid, "web.form.invalid").With("quantity", "dossier.quantity_wrong").Because(err)
	}
	out.Body.Effective = c.Effective(received)
	_, last := c.Covered()
	out.Body.Beyond = out.Body.Due.Date() > last
	return out, nil
}

func (p *API) days(ctx context.Context, in *daysInput) (*daysOutput, error) {
	id, err := p.find(ctx, in.Unit)
	if err != nil {
		return nil, err
	}
	f := api.Wrong()
	from, to := api.ReadDate(f, "from", in.From), api.ReadDate(f, "to", in.To)
	if err := f.Or(); err != nil {
		return nil, err
	}
	if to < from || to > from.AddDays(732) {
		return nil, fault.New(fault.Invalid, "web.form.invalid").With("to", "api.period")
	}
	c, err := p.Calendars.For(ctx, p.DB, id)
	if err != nil {
		return nil, err
	}
	out := &daysOutput{}
	out.Body.Days = []apiDay{}
	for d := from; d <= to; d++ {
		if c.Working(d) {
			out.Body.WorkingDays++
		}
		if x, ok := c.Lookup(d); ok {
			out.Body.Days = append(out.Body.Days, apiDay{Date: d, Kind: x.Kind, Name: x.Name, Rule: x.Rule})
		}
	}
	return out, nil
}

func (p *API) amend(ctx context.Context, in *amendInput) (*struct{}, error) {
	b := in.Body
	id, err := p.find(ctx, b.Unit)
	if err != nil {
		return nil, err
	}
	return nil, p.Calendars.AmendDay(ctx, api.Actor(ctx), b.amendment(id))
}
