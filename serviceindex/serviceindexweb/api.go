package serviceindexweb

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"cchc/base/api"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/base/web"
	"cchc/serviceindex"
	"cchc/unit"
)

// API is the door for programs to the real-time service index.
type API struct{ Index *serviceindex.Index }

type apiStanding struct {
	Unit     string `json:"unit"`
	Code     string `json:"code"`
	Name     string `json:"name"`
	Points   string `json:"points" doc:"A decimal, of 100."`
	Rank     int    `json:"rank,omitempty" doc:"Among those of its level; left out when it had no dossier."`
	Of       int    `json:"of,omitempty"`
	Shared   bool   `json:"shared,omitempty"`
	Dossiers int64  `json:"dossiers"`
}

func standing(s serviceindex.Standing) apiStanding {
	return apiStanding{Unit: string(s.Unit.ID), Code: s.Unit.Code, Name: s.Unit.Name, Points: s.Score.Points.String(), Rank: s.Rank, Of: s.Of, Shared: s.Shared, Dossiers: s.Score.Dossiers}
}

type apiMetric struct {
	Code        string `json:"code"`
	Group       string `json:"group"`
	Name        string `json:"name"`
	Maximum     string `json:"maximum"`
	Points      string `json:"points"`
	Known       bool   `json:"known" doc:"Whether there is a value; without one its points are missing, not zero."`
	Numerator   int64  `json:"numerator"`
	Denominator int64  `json:"denominator"`
	Formula     string `json:"formula" doc:"The rule with its numbers."`
}

type indexInput struct {
	Unit   string `path:"unit" maxLength:"60" doc:"Id or agency code."`
	Period string `query:"period" maxLength:"20" doc:"2026-11, 2026-Q4, 2026; the month now when left out."`
}

type indexOutput struct {
	Body struct {
		Set      string         `json:"set" doc:"Version of the formulas: points of different versions are not compared."`
		Period   string         `json:"period"`
		AsOf     moment.Instant `json:"as_of" format:"date-time"`
		Self     apiStanding    `json:"self"`
		Metrics  []apiMetric    `json:"metrics"`
		Children []apiStanding  `json:"children" doc:"The units right below, ranked by level."`
		Reported string         `json:"reported,omitempty" doc:"The points that were reported when the period had ended."`
	}
}

type behindInput struct {
	Unit   string `path:"unit" maxLength:"60"`
	Metric string `path:"metric" maxLength:"60" example:"ON_TIME_RATE"`
	Part   string `query:"part" enum:"numerator,denominator,rest" default:"numerator"`
	Period string `query:"period" maxLength:"20"`
	Cursor string `query:"cursor" maxLength:"60" doc:"next of the page before."`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

type apiBehind struct {
	Code      string         `json:"code" doc:"Of the dossier or procedure; of an entry its id."`
	Unit      string         `json:"unit"`
	Procedure string         `json:"procedure,omitempty"`
	Accepted  moment.Instant `json:"accepted,omitempty" format:"date-time"`
	Due       moment.Instant `json:"due,omitempty" format:"date-time"`
	Ended     moment.Instant `json:"ended,omitempty" format:"date-time"`
	Late      bool           `json:"late,omitempty"`
}

type behindOutput struct {
	Link string `header:"Link" doc:"The next page, rel=\"next\"."`
	Body struct {
		Kind   string      `json:"kind" enum:"dossiers,procedures,entries"`
		Number int64       `json:"number" doc:"What the ratio says; as many rows, unless they are entries."`
		Items  []apiBehind `json:"items"`
		Next   string      `json:"next,omitempty"`
	}
}

type enterInput struct {
	Unit string `path:"unit" maxLength:"60"`
	Body struct {
		Metric      string      `json:"metric" minLength:"1" maxLength:"60"`
		Month       moment.Date `json:"month" format:"date" doc:"Any day of it."`
		Numerator   int64       `json:"numerator" minimum:"0" maximum:"1000000000"`
		Denominator int64       `json:"denominator" minimum:"0" maximum:"1000000000"`
		Source      string      `json:"source" minLength:"1" maxLength:"300" doc:"Who says so."`
		Document    string      `json:"document,omitempty" maxLength:"200"`
	}
}

type enterOutput struct {
	Body struct {
		ID      string `json:"id"`
		Version int    `json:"version"`
	}
}

// Register puts the operations at /api/v1/index.
func (p *API) Register(a *api.API) {
	op := func(id, method, path, summary, text string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: "/api/v1/index/{unit}" + path, Summary: summary, Description: text, Tags: []string{"index"}}
	}
	api.Handle(a, web.SignedIn, op("get-index", http.MethodGet, "", "See the index of a unit", "QĐ 766/QĐ-TTg: points, metrics, and the units right below, ranked."), p.get)
	api.Handle(a, web.SignedIn, op("list-behind-metric", http.MethodGet, "/metrics/{metric}", "List what a metric counted", "As many rows as the number says."), p.behind)
	enter := op("enter-measure", http.MethodPost, "/entries", "Enter a figure that needs outside data", "The version before stays readable.")
	enter.DefaultStatus = http.StatusCreated
	api.Handle(a, web.SignedIn, enter, p.enter)
	api.Handle(a, web.SignedIn, op("list-entries", http.MethodGet, "/entries", "List the figures entered for a unit in a period", "Of the unit itself, the latest month first."), p.entries)
	take := op("withdraw-measure", http.MethodPost, "/withdraw", "Take back a figure that was entered", "There is no value any more; all versions stay readable.")
	take.DefaultStatus = http.StatusNoContent
	api.Handle(a, web.SignedIn, take, p.withdraw)
	api.Handle(a, web.SignedIn, op("get-index-trend", http.MethodGet, "/trend", "See the last months of a unit and those right below it", "As they were reported when they had ended; the running month as of now."), p.trend)
}

type apiEntry struct {
	ID          string         `json:"id"`
	Metric      string         `json:"metric"`
	Month       moment.Date    `json:"month" format:"date"`
	Version     int            `json:"version"`
	Numerator   int64          `json:"numerator"`
	Denominator int64          `json:"denominator"`
	Source      string         `json:"source"`
	Document    string         `json:"document,omitempty"`
	Account     string         `json:"account"`
	Entered     moment.Instant `json:"entered" format:"date-time"`
}

type entriesOutput struct {
	Body struct {
		Items []apiEntry `json:"items"`
	}
}

func (p *API) entries(ctx context.Context, in *indexInput) (*entriesOutput, error) {
	u, pd, err := p.find(ctx, in.Unit, in.Period)
	if err != nil {
		return nil, err
	}
	if err := p.Index.Guard.Check(ctx, p.Index.DB, api.Actor(ctx), auth.IndexRead, u); err != nil {
		return nil, err
	}
	list, err := p.Index.Entries(ctx, p.Index.DB, u, pd)
	out := &entriesOutput{}
	out.Body.Items = []apiEntry{}
	for _, e := range list {
		out.Body.Items = append(out.Body.Items, apiEntry{e.ID, e.Metric, e.Month, e.Version, e.Numerator, e.Denominator, e.Source, e.Document, e.Account, e.Entered})
	}
	return out, err
}

type withdrawInput struct {
	Unit string `path:"unit" maxLength:"60"`
	Body struct {
		Metric string      `json:"metric" minLength:"1" maxLength:"60"`
		Month  moment.Date `json:"month" format:"date" doc:"Any day of it."`
		Reason string      `json:"reason" minLength:"1" maxLength:"1000"`
	}
}

func (p *API) withdraw(ctx context.Context, in *withdrawInput) (*struct{}, error) {
	u, _, err := p.find(ctx, in.Unit, "")
	if err != nil {
		return nil, err
	}
	return nil, p.Index.Withdraw(ctx, api.Actor(ctx), u, in.Body.Metric, in.Body.Month, in.Body.Reason)
}

type trendInput struct {
	Unit   string `path:"unit" maxLength:"60" doc:"Id or agency code."`
	Months int    `query:"months" minimum:"1" maximum:"36" default:"12"`
}

type apiMonth struct {
	Month       string `json:"month" example:"2026-11"`
	Known       bool   `json:"known" doc:"Somebody kept the month, and the unit had a dossier in it."`
	Points      string `json:"points,omitempty"`
	Numerator   int64  `json:"in_time"`
	Denominator int64  `json:"resolved"`
	Set         string `json:"set,omitempty" doc:"Version of the formulas."`
	Restated    bool   `json:"restated" doc:"What is known now gives other points. Only the two latest months that have ended are counted again."`
	Later       string `json:"later,omitempty" doc:"Those points."`
}

type apiTrend struct {
	Unit   string     `json:"unit"`
	Code   string     `json:"code"`
	Name   string     `json:"name"`
	Months []apiMonth `json:"months" doc:"The oldest first."`
}

type trendOutput struct {
	Body struct {
		Items []apiTrend `json:"items" doc:"The unit first, then those right below it."`
	}
}

func (p *API) trend(ctx context.Context, in *trendInput) (*trendOutput, error) {
	u, _, err := p.find(ctx, in.Unit, "")
	if err != nil {
		return nil, err
	}
	out := &trendOutput{}
	err = p.Index.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		out.Body.Items = []apiTrend{}
		periods, units, err := p.Index.Trends(ctx, q, api.Actor(ctx), u, in.Months, 2)
		for _, x := range units {
			t := apiTrend{Unit: string(x.Unit.ID), Code: x.Unit.Code, Name: x.Unit.Name, Months: []apiMonth{}}
			for i, m := range x.Months {
				y := apiMonth{Month: periods[i].String(), Known: m.Known, Numerator: m.OnTime.Num, Denominator: m.OnTime.Den, Set: m.Set, Restated: m.Restated}
				if m.Known {
					y.Points = m.Points.String()
				}
				if m.Restated {
					y.Later = m.Later.String()
				}
				t.Months = append(t.Months, y)
			}
			out.Body.Items = append(out.Body.Items, t)
		}
		return err
	})
	return out, err
}

func (p *API) find(ctx context.Context, s, period string) (unit.ID, serviceindex.Period, error) {
	pd := serviceindex.PeriodOn(serviceindex.Month, p.Index.DB.Now().Date())
	if period != "" {
		var err error
		if pd, err = serviceindex.ParsePeriod(period); err != nil {
			if fault.As(err) == nil {
				err = fault.New(fault.Invalid, "web.form.invalid").With("period", "api.period").Because(err)
			}
			return "", pd, err
		}
	}
	tree, err := p.Index.Units.Today(ctx, p.Index.DB)
	if err != nil {
		return "", pd, err
	}
	if u, ok := tree.ByCode(s); ok {
		return u.ID, pd, nil
	}
	return unit.ID(s), pd, nil
}

func (p *API) get(ctx context.Context, in *indexInput) (*indexOutput, error) {
	u, pd, err := p.find(ctx, in.Unit, in.Period)
	if err != nil {
		return nil, err
	}
	r, err := p.Index.Of(ctx, api.Actor(ctx), u, pd)
	if err != nil {
		return nil, err
	}
	out := &indexOutput{}
	b := &out.Body
	b.Set, b.Period, b.AsOf, b.Self, b.Metrics, b.Children = r.Set.ID, r.Period.String(), r.AsOf, standing(r.Standing), []apiMetric{}, []apiStanding{}
	for _, g := range r.Score.Groups {
		for _, m := range g.Metrics {
			b.Metrics = append(b.Metrics, apiMetric{Code: m.Metric.Code, Group: g.Group.Code, Name: m.Metric.Name.In(ctx), Maximum: m.Metric.Max.String(), Points: m.Points.String(),
				Known: m.Value.Known, Numerator: m.Value.Num, Denominator: m.Value.Den, Formula: m.Formula(ctx)})
		}
	}
	for _, c := range r.Children {
		b.Children = append(b.Children, standing(c))
	}
	if r.Reported != nil {
		b.Reported = points.Points(r.Reported.Points).String()
	}
	return out, nil
}

func (p *API) behind(ctx context.Context, in *behindInput) (*behindOutput, error) {
	u, pd, err := p.find(ctx, in.Unit, in.Period)
	if err != nil {
		return nil, err
	}
	l, err := p.Index.Behind(ctx, api.Actor(ctx), u, pd, in.Metric, serviceindex.Part(in.Part))
	if err != nil {
		return nil, err
	}
	out := &behindOutput{}
	out.Body.Kind, out.Body.Number, out.Body.Items = string(l.Kind), l.Number, []apiBehind{}
	var keys []string
	var rows []apiBehind
	for _, d := range l.Dossiers {
		keys = append(keys, d.ID)
		rows = append(rows, apiBehind{Code: d.Code, Unit: string(d.Unit), Procedure: d.Procedure, Accepted: d.Accepted, Due: d.Due, Ended: d.Ended, Late: d.Late})
	}
	for _, x := range l.Procedures {
		keys = append(keys, string(x.Unit)+x.Code)
		rows = append(rows, apiBehind{Code: x.Code, Unit: string(x.Unit)})
	}
	for _, x := range l.Entries {
		keys = append(keys, x.ID)
		rows = append(rows, apiBehind{Code: x.ID, Unit: string(x.Unit)})
	}
	begun := in.Cursor == ""
	for i, key := range keys {
		switch {
		case !begun:
			begun = key == in.Cursor
		case len(out.Body.Items) == in.Limit:
			out.Body.Next = keys[i-1]
			out.Link = api.Next(ctx, out.Body.Next)
			return out, nil
		default:
			out.Body.Items = append(out.Body.Items, rows[i])
		}
	}
	return out, nil
}

func (p *API) enter(ctx context.Context, in *enterInput) (*enterOutput, error) {
	u, _, err := p.find(ctx, in.Unit, "")
	if err != nil {
		return nil, err
	}
	b := in.Body
	e, err := p.Index.Enter(ctx, api.Actor(ctx), serviceindex.Entry{Unit: u, Metric: b.Metric, Month: b.Month, Numerator: b.Numerator, Denominator: b.Denominator, Source: b.Source, Document: b.Document})
	if err != nil {
		return nil, err
	}
	out := &enterOutput{}
	out.Body.ID, out.Body.Version = e.ID, e.Version
	return out, nil
}
