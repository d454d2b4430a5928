package dossierweb

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"cchc/base/api"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/dossier"
)

// Figures of periods side by side.
type (
	periodsInput struct {
		Unit  string `query:"unit" maxLength:"60" doc:"Id or agency code; with what is below it."`
		Step  string `query:"step" enum:"month,quarter,year" default:"month" doc:"Twelve months, eight quarters or five years."`
		Until string `query:"until" maxLength:"10" doc:"The last period: 2026-11, 2026-Q4 or 2026; the running one when left out." example:"2026-11"`
	}
	apiPeriod struct {
		Period  string      `json:"period" example:"2026-11"`
		From    moment.Date `json:"from" format:"date"`
		To      moment.Date `json:"to" format:"date"`
		Running bool        `json:"running" doc:"It is not over yet."`
		Known   bool        `json:"known" doc:"Anything is known of that time; without it zeros say nothing."`
		Figures Form07a     `json:"figures"`
	}
	periodsOutput struct {
		Body struct {
			Unit    string      `json:"unit"`
			Step    string      `json:"step"`
			Periods []apiPeriod `json:"periods" doc:"The latest last."`
			Before  []apiPeriod `json:"a_year_before" doc:"The same periods, a year earlier."`
		}
	}
)

func (p *API) registerPeriods(a *api.API, op func(id, path, summary, text string) huma.Operation) {
	api.Handle(a, web.SignedIn, op("report-periods", "/periods", "Figures of periods side by side", "Both forms' figures by month, quarter or year. Figures of a moment (carried over, in progress, overdue, paused) do not add up over periods."), p.periods)
}

func (p *API) periods(ctx context.Context, in *periodsInput) (*periodsOutput, error) {
	out := &periodsOutput{}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		u, err := p.unit(ctx, q, in.Unit)
		if err != nil {
			return err
		}
		asked := &periodsQuery{Unit: string(u), Step: in.Step, Until: in.Until}
		last, months, shown, err := asked.settle(p.Desk.DB.Now().Date())
		if err != nil {
			return err
		}
		page, err := p.reports().gatherPeriods(ctx, q, asked, last, months, shown)
		if err != nil {
			return err
		}
		b := &out.Body
		b.Unit, b.Step, b.Periods, b.Before = asked.Unit, asked.Step, asPeriods(page.Periods), asPeriods(page.Before)
		return nil
	})
	return out, err
}

func asPeriods(list []periodSpan) []apiPeriod {
	out := []apiPeriod{}
	for _, s := range list {
		out = append(out, apiPeriod{dossier.PeriodName(s.From, s.To), s.From, s.To, s.Running, s.Figures != dossier.II06a{}, as07a(s.Figures)})
	}
	return out
}
