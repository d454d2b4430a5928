package scorecardweb

import (
	"context"
	"net/http"
	"strconv"

	"cchc/base/api"
	"cchc/base/fault"
	"cchc/base/web"
	"cchc/scorecard"
	"cchc/scorecard/criteria"
)

// Appraisal: the scores of a stage, by who was assigned them.
type (
	// StageOf says which stage of which round.
	StageOf struct {
		ID    string `path:"id" maxLength:"60"`
		Stage string `path:"stage" enum:"appraised1,appraised2,council"`
	}
	workIn struct {
		StageOf
		Leaf string `query:"leaf" maxLength:"60" doc:"Only of one leaf."`
		PageQuery
	}
	apiWork struct {
		Sheet   string `json:"sheet"`
		Unit    string `json:"unit"`
		Leaf    string `json:"leaf"`
		Points  string `json:"points,omitempty" doc:"As the stages before left it; a decimal."`
		Input   string `json:"input,omitempty" doc:"In words."`
		NA      bool   `json:"na" doc:"\"Không phát sinh\" is claimed: look at the proof."`
		Asked   bool   `json:"asked" doc:"An explanation was asked for and not given yet."`
		Seen    int    `json:"seen" doc:"Version of the score before it, to send back."`
		Version int    `json:"version" doc:"Of this stage's own score; 0: it is to be scored."`
	}
	workOutput struct {
		Link string `header:"Link" doc:"The next page, rel=\"next\"."`
		Body struct {
			Items []apiWork `json:"items" doc:"Leaf by leaf, across all sheets."`
			Next  string    `json:"next,omitempty"`
		}
	}
	apiVerdict struct {
		Sheet   string      `json:"sheet" minLength:"1" maxLength:"60"`
		Leaf    string      `json:"leaf" minLength:"1" maxLength:"60"`
		Accept  bool        `json:"accept,omitempty" doc:"Take the score before it as it stands."`
		Points  string      `json:"points,omitempty" maxLength:"20" doc:"Given by hand; a decimal." example:"1.5"`
		Input   *ScoreInput `json:"input,omitempty" doc:"Another input, of which the rule gives the points."`
		Why     string      `json:"why,omitempty" maxLength:"4000" doc:"Needed where the score becomes another one."`
		Version int         `json:"version" minimum:"0" doc:"Of this stage's score that was seen; 0 when there was none."`
		Seen    int         `json:"seen" minimum:"0" doc:"Version of the score before it that was seen."`
	}
	appraiseIn struct {
		StageOf
		Body struct {
			Verdicts []apiVerdict `json:"verdicts" minItems:"1" maxItems:"1000" doc:"One of accept, points and input each. All or none are stored."`
		}
	}
	appraisedOutput struct {
		Body struct {
			Stored int `json:"stored"`
		}
	}
)

// registerAppraisal puts appraisal at /api/v1/scorecard/rounds/{id}/appraise.
func (p *API) registerAppraisal(a *api.API) {
	const path = "/rounds/{id}/appraise/{stage}"
	api.Handle(a, web.SignedIn, operation("list-appraisals", http.MethodGet, path, "List what a stage has to score", "What the caller was assigned, with what stands before it."), p.work)
	api.Handle(a, web.SignedIn, operation("appraise", http.MethodPost, path, "Score in a stage", "By who was assigned, and never of one's own unit. What other stages say stays."), p.appraise)
}

func (p *API) work(ctx context.Context, in *workIn) (*workOutput, error) {
	r, err := p.Desk.Round(ctx, p.Desk.DB, api.Actor(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	s := scorecard.Stage(in.Stage)
	desks, err := p.Desk.Desks(ctx, p.Desk.DB, api.Actor(ctx), r, s)
	if err != nil {
		return nil, err
	}
	var all []apiWork
	for _, d := range desks {
		for _, n := range scorecard.Items(d.Ledger.Set) {
			if in.Leaf != "" && n.Code != in.Leaf || !d.May(n.Code) {
				continue
			}
			before := d.Ledger.Before(n.Code, s)
			x := apiWork{Sheet: d.Ledger.Sheet.ID, Unit: string(d.Ledger.Sheet.Unit), Leaf: n.Code, NA: before.Input.NA, Asked: d.Asked[n.Code], Seen: before.Version,
				Version: d.Ledger.Of(n.Code, s).Version}
			if before.Input.Given() {
				x.Input = inputText(ctx, n, before.Input)
			}
			if y, ok := d.Before.Result(n.Code); ok && y.State != criteria.Missing {
				x.Points = y.Points.String()
			}
			all = append(all, x)
		}
	}
	out := &workOutput{}
	out.Body.Items, out.Body.Next, err = api.Page(all, in.Cursor, in.Limit, func(x apiWork) string { return x.Sheet + "." + x.Leaf })
	out.Link = api.Next(ctx, out.Body.Next)
	return out, err
}

func (p *API) appraise(ctx context.Context, in *appraiseIn) (*appraisedOutput, error) {
	f := fault.New(fault.Invalid, "rounds.invalid")
	var list []scorecard.Verdict
	for i, b := range in.Body.Verdicts {
		at := "verdicts[" + strconv.Itoa(i) + "]."
		v := scorecard.Verdict{Sheet: b.Sheet, Leaf: b.Leaf, Accept: b.Accept, Why: b.Why, Version: b.Version, Seen: b.Seen}
		said := 0
		if b.Accept {
			said++
		}
		if b.Points != "" {
			said++
			v.ByHand = readPoints(f, at+"points", b.Points)
		}
		if b.Input != nil {
			said++
			n, err := p.leafOf(ctx, b.Sheet, b.Leaf)
			if err != nil {
				return nil, err
			}
			if v.Input, err = b.Input.input(ctx, n); err != nil {
				x := fault.As(err)
				for _, field := range x.Fields {
					f.With(at+"input."+field.Name, field.Key, field.Args...)
				}
			}
		}
		if said != 1 {
			f.With(at+"accept", "rounds.choose")
		}
		list = append(list, v)
	}
	if err := f.Or(); err != nil {
		return nil, err
	}
	if err := p.Desk.Appraise(ctx, api.Actor(ctx), in.ID, scorecard.Stage(in.Stage), list); err != nil {
		return nil, err
	}
	out := &appraisedOutput{}
	out.Body.Stored = len(list)
	return out, nil
}
