package dossierweb

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"cchc/base/api"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/base/web"
	"cchc/dossier"
	"cchc/evaluation"
)

// FormQuery asks for a form: unit, period, breakdown. The pages' query, for programs.
type FormQuery struct {
	From      string `query:"from" required:"true" format:"date" doc:"First day of the period."`
	To        string `query:"to" required:"true" format:"date" doc:"Last day of the period."`
	Unit      string `query:"unit" maxLength:"60" doc:"Id or agency code; with what is below it."`
	By        string `query:"by" enum:"sector,procedure,unit,officer" doc:"Break down. Units: those right below, each with what is below it, and the unit by itself."`
	Sector    string `query:"sector" maxLength:"200"`
	Procedure string `query:"procedure" maxLength:"60"`
	Known     string `query:"known" format:"date" doc:"As known at the end of that day; now when left out."`
}

type behindFormInput struct {
	FormQuery
	Form   string `path:"form" enum:"ii06a,07a" example:"ii06a"`
	Column string `query:"column" required:"true" maxLength:"40" example:"received" doc:"A figure's name in the form."`
	Row    string `query:"row" maxLength:"200" doc:"Key of a line; - for the line without a key; the total when left out."`
	Cursor string `query:"cursor" maxLength:"20" doc:"next of the page before."`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

// formQuery settles a form's question.
func (p *API) formQuery(ctx context.Context, q db.Queryer, s *sheet, in FormQuery) (*reportQuery, error) {
	f := api.Wrong()
	out := &reportQuery{sheet: s, Period: customPeriod, From: api.ReadDate(f, "from", in.From), To: api.ReadDate(f, "to", in.To),
		Known: api.ReadDate(f, "known", in.Known), By: dossier.By(in.By), Sector: in.Sector, Procedure: in.Procedure}
	if err := f.Or(); err != nil {
		return nil, err
	}
	if err := out.settle(p.Desk.DB.Now().Date()); err != nil {
		return nil, err
	}
	u, err := p.unit(ctx, q, in.Unit)
	out.Unit = string(u)
	return out, err
}

// Form07a are the figures of form 07a/BTP; the numbers in the texts are the
// columns of II.06a, which it has too.
type Form07a struct {
	Received      int64 `json:"received" doc:"(3)"`
	OnlineFull    int64 `json:"online_full"`
	OnlinePartial int64 `json:"online_partial"`
	OnlineUnknown int64 `json:"online_unknown" doc:"Online, and the level of the procedure is not known."`
	Other         int64 `json:"other" doc:"(5)"`
	Carried       int64 `json:"carried" doc:"(6)"`
	Resolved      int64 `json:"resolved" doc:"(7)"`
	Early         int64 `json:"early" doc:"(8)"`
	OnTime        int64 `json:"on_time" doc:"(9)"`
	Late          int64 `json:"late" doc:"(10)"`
	InProgress    int64 `json:"in_progress" doc:"(11)"`
	InTime        int64 `json:"in_time" doc:"(12)"`
	Overdue       int64 `json:"overdue" doc:"(13)"`
	NotAccepted   int64 `json:"not_accepted"`
	Refused       int64 `json:"refused"`
	Stopped       int64 `json:"stopped"`
	Withdrawn     int64 `json:"withdrawn"`
	Apologised    int64 `json:"apologised" doc:"Of (10) and (13)."`
	NoApology     int64 `json:"no_apology"`
	Elsewhere     int64 `json:"non_territorial" doc:"Received for a body of another territory."`
	Obliged       int64 `json:"obliged" doc:"With a financial obligation."`
	PaidOnline    int64 `json:"paid_online"`
	MovedIn       int64 `json:"moved_in"`
	MovedOut      int64 `json:"moved_out"`
	Paused        int64 `json:"paused" doc:"Of (11)."`
	Kept          int64 `json:"kept_promise" doc:"Ended by the apology's date."`
	NoDue         int64 `json:"no_due" doc:"Of (3): without a due date."`
}

func as07a(r dossier.II06a) Form07a {
	n := func(c dossier.Column) int64 { return r.At(c) }
	return Form07a{n("received"), n("online_full"), n("online_partial"), n("online_unknown"), n("other"), n("carried"), n("resolved"), n("early"), n("on_time"), n("late"),
		n("in_progress"), n("in_time"), n("overdue"), n("not_accepted"), n("refused"), n("stopped"), n("withdrawn"), n("apologised"), n("no_apology"),
		n("non_territorial"), n("obliged"), n("paid_online"), n("moved_in"), n("moved_out"), n("paused"), n("kept_promise"), n("no_due")}
}

type (
	line07a struct {
		Key  string `json:"key,omitempty" doc:"Unit id, sector, code of the procedure, or account; left out for the total and for what has none."`
		Name string `json:"name,omitempty"`
		Form07a
	}
	output07a struct {
		Body struct {
			Unit  string      `json:"unit"`
			From  moment.Date `json:"from" format:"date"`
			To    moment.Date `json:"to" format:"date"`
			Known moment.Date `json:"known,omitempty" format:"date"`
			Total line07a     `json:"total"`
			Lines []line07a   `json:"lines"`
		}
	}
	apiCase struct {
		Code      string         `json:"code"`
		System    string         `json:"system,omitempty"`
		Unit      string         `json:"unit" doc:"That answered for it at the end of the period."`
		Procedure string         `json:"procedure,omitempty"`
		Sector    string         `json:"sector,omitempty"`
		Channel   string         `json:"channel"`
		Officer   string         `json:"officer,omitempty" doc:"Account; only where the breakdown is by officer."`
		Accepted  moment.Instant `json:"accepted,omitempty" format:"date-time"`
		Due       moment.Instant `json:"due,omitempty" format:"date-time"`
		Ended     moment.Instant `json:"ended,omitempty" format:"date-time"`
		Verdict   string         `json:"verdict,omitempty" doc:"early, on_time, late."`
	}
	casesOutput struct {
		Link string `header:"Link" doc:"The next page, rel=\"next\"."`
		Body struct {
			Number int       `json:"number" doc:"What the figure says, and how many there are on all pages."`
			Items  []apiCase `json:"items"`
			Next   string    `json:"next,omitempty"`
		}
	}
	apiEntered struct {
		Kind     string         `json:"kind"`
		At       moment.Instant `json:"at" format:"date-time"`
		Recorded moment.Instant `json:"recorded" format:"date-time"`
		Account  string         `json:"account"`
		Reason   string         `json:"reason,omitempty"`
	}
	apiRestatement struct {
		Dossier apiCase      `json:"dossier"`
		Added   bool         `json:"added" doc:"It counts now and did not then; else the other way round."`
		Entered []apiEntered `json:"entered" doc:"What was entered since."`
	}
	restatedOutput struct {
		Body struct {
			Compared moment.Date      `json:"compared" format:"date" doc:"As known at the end of that day."`
			Items    []apiRestatement `json:"items"`
		}
	}
	restatedInput struct {
		FormQuery
		Form   string `path:"form" enum:"ii06a,07a" example:"ii06a"`
		Column string `query:"column" required:"true" maxLength:"40" example:"received"`
		Row    string `query:"row" maxLength:"200"`
		Days   int    `query:"days" minimum:"1" maximum:"366" default:"5" doc:"Days after the period at which it was reported."`
	}
)

func asCase(c dossier.Case) apiCase {
	out := apiCase{Code: c.Code, System: c.System, Unit: string(c.Unit), Procedure: c.Procedure, Sector: c.Sector, Channel: string(c.Channel), Officer: c.Officer,
		Accepted: c.AcceptedAt, Due: c.Due, Ended: c.Ended}
	if c.Ended != 0 {
		out.Verdict = string(c.Verdict())
	}
	return out
}

func (p *API) reports() *Reports { return &Reports{Desk: p.Desk, Evaluation: p.Evaluation} }

// registerReports puts the statistics at /api/v1/reports.
func (p *API) registerReports(a *api.API) {
	op := func(id, path, summary, text string) huma.Operation {
		return huma.Operation{OperationID: id, Method: http.MethodGet, Path: "/api/v1/reports" + path, Summary: summary, Description: text, Tags: []string{"reports"}}
	}
	api.Handle(a, web.SignedIn, op("report-ii06a", "/ii06a", "Form II.06a", "As of the end of the period, and as known then or now."), p.report)
	api.Handle(a, web.SignedIn, op("report-07a", "/07a", "Form 07a/BTP", "As of the end of the period, and as known then or now."), p.report07a)
	api.Handle(a, web.SignedIn, op("list-behind-figure", "/{form}/list", "List the dossiers behind a figure", "As many as the figure says."), p.behindFigure)
	api.Handle(a, web.SignedIn, op("list-restated", "/{form}/restated", "Why a figure is another one than was reported", "Each dossier that makes the difference, with what was entered since."), p.restatedFigure)
	p.registerPeriods(a, op)
	p.registerEvaluation(a, op)
}

func (p *API) report07a(ctx context.Context, in *FormQuery) (*output07a, error) {
	out := &output07a{}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		rq, err := p.formQuery(ctx, q, sheet07a, *in)
		if err != nil {
			return err
		}
		r, page := p.reports(), reportPage{In: rq, Now: p.Desk.DB.Now()}
		if err := r.place(ctx, q, &page); err != nil {
			return err
		}
		lines, err := r.lines(ctx, q, rq.question(), rq.By)
		if err != nil {
			return err
		}
		b := &out.Body
		b.Unit, b.From, b.To, b.Known, b.Lines = rq.Unit, rq.From, rq.To, rq.Known, []line07a{}
		for i, l := range lines {
			x := line07a{Key: l.Key, Name: l.Name, Form07a: as07a(l.II06a)}
			if i == 0 {
				x.Name = ""
				b.Total = x
				continue
			}
			b.Lines = append(b.Lines, x)
		}
		return nil
	})
	return out, err
}

// listing settles the question of a list behind a form's figure.
func (p *API) listing(ctx context.Context, q db.Queryer, form, column, row string, in FormQuery) (*reportQuery, error) {
	s := sheets[form]
	if s == nil || !s.has(dossier.Column(column)) {
		return nil, fault.New(fault.NotFound, "dossierlist.report.column_unknown")
	}
	rq, err := p.formQuery(ctx, q, s, in)
	if err != nil {
		return nil, err
	}
	rq.Column, rq.Row = dossier.Column(column), row
	return rq, p.reports().place(ctx, q, &reportPage{In: rq, Now: p.Desk.DB.Now()})
}

func (p *API) behindFigure(ctx context.Context, in *behindFormInput) (*casesOutput, error) {
	out := &casesOutput{}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		rq, err := p.listing(ctx, q, in.Form, in.Column, in.Row, in.FormQuery)
		if err != nil {
			return err
		}
		x, keep, none := rq.about()
		var found []dossier.Case
		if !none {
			if found, err = p.Desk.Behind(ctx, q, api.Actor(ctx), x, rq.Column); err != nil {
				return err
			}
		}
		if keep != nil {
			found = slices.DeleteFunc(found, func(c dossier.Case) bool { return !keep(&c) })
		}
		out.Body.Number, out.Body.Items = len(found), []apiCase{}
		found, out.Body.Next = turned(found, in.Cursor, in.Limit)
		out.Link = api.Next(ctx, out.Body.Next)
		for _, c := range found {
			out.Body.Items = append(out.Body.Items, asCase(c))
		}
		return nil
	})
	return out, err
}

// turned cuts the page of a list that is computed whole each time: its cursor is
// how many came before.
func turned[T any](all []T, cursor string, limit int) (page []T, next string) {
	skip, _ := strconv.Atoi(cursor)
	skip = min(max(skip, 0), len(all))
	end := min(skip+limit, len(all))
	if end < len(all) {
		next = strconv.Itoa(end)
	}
	return all[skip:end], next
}

func (p *API) restatedFigure(ctx context.Context, in *restatedInput) (*restatedOutput, error) {
	out := &restatedOutput{}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		rq, err := p.listing(ctx, q, in.Form, in.Column, in.Row, in.FormQuery)
		if err != nil {
			return err
		}
		rq.Days = in.Days
		out.Body.Compared, out.Body.Items = rq.closed(), []apiRestatement{}
		x, none := rq.figure()
		if none {
			return nil
		}
		found, err := p.Desk.Restated(ctx, q, api.Actor(ctx), x, rq.closed().End())
		for _, r := range found {
			y := apiRestatement{Dossier: asCase(r.Case), Added: r.Added, Entered: []apiEntered{}}
			for _, f := range r.Entered {
				y.Entered = append(y.Entered, apiEntered{string(f.Kind), f.At, f.Recorded, f.Account, f.Reason})
			}
			out.Body.Items = append(out.Body.Items, y)
		}
		return err
	})
	return out, err
}

// The nine indices of NĐ 61/2018/NĐ-CP.
type (
	evaluationInput struct {
		From string `query:"from" required:"true" format:"date" doc:"First day of the period."`
		To   string `query:"to" required:"true" format:"date" doc:"Last day of the period."`
		Unit string `query:"unit" maxLength:"60" doc:"Id or agency code; with what is below it."`
		By   string `query:"by" enum:"unit,officer" default:"unit"`
	}
	apiIndex struct {
		Code        string `json:"code"`
		No          int    `json:"no"`
		Name        string `json:"name"`
		Known       bool   `json:"known" doc:"Whether there is a value; without one its points are missing, not zero."`
		Points      string `json:"points,omitempty" doc:"A decimal, of 2."`
		Numerator   int64  `json:"numerator" doc:"Sum of points over dossiers, or dossiers with the outcome yes."`
		Denominator int64  `json:"denominator"`
	}
	apiEvaluated struct {
		Key      string     `json:"key,omitempty" doc:"Unit id or account; left out for the total and for what is nobody's."`
		Name     string     `json:"name,omitempty"`
		Dossiers int64      `json:"dossiers" doc:"Resolved in the period."`
		Indices  []apiIndex `json:"indices"`
		Sum      string     `json:"sum"`
		Maximum  string     `json:"maximum"`
		Complete bool       `json:"complete" doc:"Every index is known; a band is given only then."`
		Band     string     `json:"band,omitempty"`
	}
	evaluationOutput struct {
		Body struct {
			Set     string         `json:"set" doc:"Version of the indices."`
			InForce bool           `json:"in_force"`
			Unit    string         `json:"unit"`
			From    moment.Date    `json:"from" format:"date"`
			To      moment.Date    `json:"to" format:"date"`
			Total   apiEvaluated   `json:"total"`
			Lines   []apiEvaluated `json:"lines"`
		}
	}
	evaluatedInput struct {
		From   string `query:"from" required:"true" format:"date"`
		To     string `query:"to" required:"true" format:"date"`
		Unit   string `query:"unit" maxLength:"60" doc:"Id or agency code; with what is below it."`
		By     string `query:"by" enum:"unit,officer" default:"unit"`
		Row    string `query:"row" maxLength:"200" doc:"Key of a line; - for the line without a key; the total when left out."`
		Index  string `path:"index" maxLength:"40" example:"total_time"`
		Cursor string `query:"cursor" maxLength:"20" doc:"next of the page before."`
		Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
	}
	apiScored struct {
		Dossier apiCase `json:"dossier"`
		Outcome string  `json:"outcome" doc:"What the index sees in it."`
		Points  int     `json:"points"`
	}
	evaluatedOutput struct {
		Link string `header:"Link" doc:"The next page, rel=\"next\"."`
		Body struct {
			Number int         `json:"number"`
			Items  []apiScored `json:"items"`
			Next   string      `json:"next,omitempty"`
		}
	}
	enterEvaluationInput struct {
		Body struct {
			Unit        string      `json:"unit" minLength:"1" maxLength:"60" doc:"Id or agency code."`
			Index       string      `json:"index" minLength:"1" maxLength:"40" doc:"publicity or feedback: those that facts cannot tell."`
			From        moment.Date `json:"from" format:"date"`
			To          moment.Date `json:"to" format:"date"`
			Choice      string      `json:"choice,omitempty" maxLength:"40" doc:"publicity."`
			Numerator   int64       `json:"numerator,omitempty" minimum:"0" maximum:"1000000000" doc:"feedback."`
			Denominator int64       `json:"denominator,omitempty" minimum:"0" maximum:"1000000000"`
			Source      string      `json:"source" minLength:"1" maxLength:"400" doc:"Who says so."`
		}
	}
)

func (p *API) registerEvaluation(a *api.API, op func(id, path, summary, text string) huma.Operation) {
	api.Handle(a, web.SignedIn, op("report-evaluation", "/evaluation", "The nine indices of how dossiers were handled", "NĐ 61/2018/NĐ-CP, by unit or by officer."), p.evaluate)
	api.Handle(a, web.SignedIn, op("list-behind-evaluation", "/evaluation/{index}/list", "List the dossiers behind an index", "Each with its points."), p.evaluated)
	enter := op("enter-evaluation", "/evaluation/entries", "Enter an index that facts cannot tell", "Publicity and feedback, of one unit and period. What was entered before stands in the trail.")
	enter.Method, enter.DefaultStatus = http.MethodPost, http.StatusNoContent
	api.Handle(a, web.SignedIn, enter, func(ctx context.Context, in *enterEvaluationInput) (*struct{}, error) {
		b := in.Body
		u, err := p.unit(ctx, p.Desk.DB, b.Unit)
		if err != nil {
			return nil, err
		}
		set, err := p.set(b.To)
		if err != nil {
			return nil, err
		}
		return nil, p.Desk.EnterEvaluation(ctx, api.Actor(ctx), set, dossier.EvaluationEntry{Index: b.Index, Unit: u, From: b.From, To: b.To,
			Entered: evaluation.Entered{Choice: b.Choice, Ratio: points.Ratio{Num: b.Numerator, Den: b.Denominator}}, Source: b.Source})
	})
}

func (p *API) set(day moment.Date) (*evaluation.Set, error) {
	if set, _ := evaluation.On(p.Evaluation, day); set != nil {
		return set, nil
	}
	return nil, fault.New(fault.NotFound, "reports.evaluation.index_unknown")
}

func (r evaluationRow) asEvaluated(ctx context.Context, total bool) apiEvaluated {
	out := apiEvaluated{Key: r.Key, Name: r.Name, Dossiers: r.Dossiers, Indices: []apiIndex{}, Sum: r.Sum.String(), Maximum: r.Max.String(), Complete: r.Complete, Band: r.Band.Name.In(ctx)}
	if total {
		out.Key, out.Name = "", ""
	}
	for _, l := range r.Lines {
		x := apiIndex{Code: l.Index.Code, No: l.Index.No, Name: l.Index.Name.In(ctx), Known: l.Known, Numerator: l.Ratio.Num, Denominator: l.Ratio.Den}
		if l.Known {
			x.Points = l.Value.String()
		}
		out.Indices = append(out.Indices, x)
	}
	return out
}

func (p *API) evaluate(ctx context.Context, in *evaluationInput) (*evaluationOutput, error) {
	out := &evaluationOutput{}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		rq, err := p.formQuery(ctx, q, sheetEvaluation, FormQuery{From: in.From, To: in.To, Unit: in.Unit, By: in.By})
		if err != nil {
			return err
		}
		if _, err := p.set(rq.To); err != nil {
			return err
		}
		page, err := p.reports().gatherEvaluation(ctx, q, rq, nil)
		if err != nil {
			return err
		}
		b := &out.Body
		b.Set, b.InForce, b.Unit, b.From, b.To = page.Set.ID, page.InForce, rq.Unit, rq.From, rq.To
		b.Total, b.Lines = page.Total.asEvaluated(ctx, true), []apiEvaluated{}
		for _, r := range page.Rows {
			b.Lines = append(b.Lines, r.asEvaluated(ctx, false))
		}
		return nil
	})
	return out, err
}

func (p *API) evaluated(ctx context.Context, in *evaluatedInput) (*evaluatedOutput, error) {
	out := &evaluatedOutput{}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		rq, err := p.formQuery(ctx, q, sheetEvaluation, FormQuery{From: in.From, To: in.To, Unit: in.Unit, By: in.By})
		if err != nil {
			return err
		}
		page := evaluatedPage{}
		if page.Set, err = p.set(rq.To); err != nil {
			return err
		}
		if page.Index = page.Set.By(in.Index); page.Index == nil || page.Index.Per == evaluation.PerEntered {
			return fault.New(fault.NotFound, "reports.evaluation.index_unknown")
		}
		rq.Row = in.Row
		if err := p.reports().place(ctx, q, &reportPage{In: rq, Now: p.Desk.DB.Now()}); err != nil {
			return err
		}
		x, keep, none := rq.about()
		var found []dossier.Evaluated
		if !none {
			err = p.Desk.Evaluate(ctx, q, api.Actor(ctx), x, func(e *dossier.Evaluated) {
				if keep == nil || keep(&e.Case) {
					found = append(found, *e)
				}
			})
		}
		if err != nil {
			return err
		}
		slices.SortFunc(found, func(a, b dossier.Evaluated) int { return cmp.Compare(a.Code, b.Code) })
		out.Body.Number, out.Body.Items = len(found), []apiScored{}
		found, out.Body.Next = turned(found, in.Cursor, in.Limit)
		out.Link = api.Next(ctx, out.Body.Next)
		for _, e := range found {
			n, _ := page.points(e.Work)
			out.Body.Items = append(out.Body.Items, apiScored{asCase(e.Case), e.Work.Outcome(page.Index.Code), n})
		}
		return nil
	})
	return out, err
}
