package scorecardweb

import (
	"context"
	"net/http"

	"cchc/base/api"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/base/web"
	"cchc/scorecard"
)

// What units do with their sheets, beside scoring themselves.
type (
	apiLack struct {
		Leaf string `json:"leaf"`
		What string `json:"what" doc:"input, proof, evidence, measure: what is missing of it."`
	}
	apiQuestion struct {
		ID         string         `json:"id"`
		Leaf       string         `json:"leaf"`
		Question   string         `json:"question"`
		Name       string         `json:"name" doc:"Who asked."`
		At         moment.Instant `json:"at" format:"date-time"`
		Answer     string         `json:"answer,omitempty"`
		AnsweredBy string         `json:"answered_by,omitempty"`
		Answered   moment.Instant `json:"answered,omitempty" format:"date-time"`
	}
	apiAppealLeaf struct {
		Leaf    string `json:"leaf"`
		Claim   string `json:"claim" doc:"What the unit wants, and why."`
		Verdict string `json:"verdict,omitempty" enum:"accepted,refused" doc:"Left out while it waits."`
		Reason  string `json:"reason,omitempty"`
	}
	apiAppeal struct {
		ID       string          `json:"id"`
		Document string          `json:"document" doc:"Number of the unit's letter."`
		Text     string          `json:"text,omitempty"`
		By       string          `json:"by" doc:"Name."`
		At       moment.Instant  `json:"at" format:"date-time"`
		Decider  string          `json:"decider,omitempty" doc:"Name."`
		Decided  moment.Instant  `json:"decided,omitempty" format:"date-time"`
		Leaves   []apiAppealLeaf `json:"leaves"`
	}
	handInBody struct {
		ID   string `path:"id" maxLength:"60"`
		Body struct {
			Lacking bool `json:"lacking,omitempty" doc:"Hand it in although something is missing."`
		}
	}
	askIn struct {
		ID   string `path:"id" maxLength:"60"`
		Body struct {
			Leaves   []string `json:"leaves" minItems:"1" maxItems:"200"`
			Question string   `json:"question" minLength:"1" maxLength:"4000"`
		}
	}
	answerIn struct {
		ID       string `path:"id" maxLength:"60"`
		Question string `path:"question" maxLength:"60" doc:"Id."`
		Body     struct {
			Answer string `json:"answer" minLength:"1" maxLength:"4000"`
		}
	}
	apiClaim struct {
		Leaf  string `json:"leaf" minLength:"1" maxLength:"60"`
		Claim string `json:"claim" minLength:"1" maxLength:"4000" doc:"What the unit wants, and why."`
	}
	apiRuling struct {
		Leaf   string `json:"leaf" minLength:"1" maxLength:"60"`
		Accept bool   `json:"accept"`
		Reason string `json:"reason" minLength:"1" maxLength:"4000"`
		Points string `json:"points,omitempty" maxLength:"20" doc:"What is given where the claim is accepted; a decimal." example:"1.5"`
	}
	fileAppealIn struct {
		ID   string `path:"id" maxLength:"60"`
		Body struct {
			Document string     `json:"document" minLength:"1" maxLength:"200" doc:"Number of the unit's letter."`
			Text     string     `json:"text,omitempty" maxLength:"4000"`
			Leaves   []apiClaim `json:"leaves" minItems:"1" maxItems:"200"`
		}
	}
	decideAppealIn struct {
		ID     string `path:"id" maxLength:"60"`
		Appeal string `path:"appeal" maxLength:"60"`
		Body   struct {
			Rulings []apiRuling `json:"rulings" minItems:"1" maxItems:"200" doc:"Of every leaf of the appeal."`
		}
	}
	keepSheetIn struct {
		ID   string `path:"id" maxLength:"60"`
		Body struct {
			Do     string `json:"do" enum:"hand_in,remove,restore,block,note" doc:"Hand in what a unit left lying; leave the unit out of the round, or take it back; put it into another group; write a remark."`
			Block  string `json:"block,omitempty" maxLength:"200"`
			Reason string `json:"reason" minLength:"1" maxLength:"4000" doc:"Or the remark."`
		}
	}
)

// registerSheets puts what is done with sheets at /api/v1/scorecard/sheets/{id}.
func (p *API) registerSheets(a *api.API) {
	k := p.Desk
	api.Handle(a, web.SignedIn, operation("hand-in-sheet", http.MethodPost, "/sheets/{id}/hand-in", "Hand a sheet in", "From then on others see it and the unit does not change it. What is missing is told first; a claim that nothing arose needs its proof in any case."),
		func(ctx context.Context, in *handInBody) (*sheetOutput, error) {
			return p.afterSheet(ctx, in.ID, k.HandIn(ctx, api.Actor(ctx), in.ID, in.Body.Lacking))
		})
	api.Handle(a, web.SignedIn, operation("take-back-sheet", http.MethodPost, "/sheets/{id}/take-back", "Take a sheet back", "While self-assessment is open."),
		func(ctx context.Context, in *roundIn) (*sheetOutput, error) {
			return p.afterSheet(ctx, in.ID, k.TakeBack(ctx, api.Actor(ctx), in.ID))
		})
	api.Handle(a, web.SignedIn, operation("ask-explanation", http.MethodPost, "/sheets/{id}/questions", "Ask a unit to explain leaves", "For who appraises them, until explanations are over; nobody asks their own unit."),
		func(ctx context.Context, in *askIn) (*sheetOutput, error) {
			return p.afterSheet(ctx, in.ID, k.Ask(ctx, api.Actor(ctx), in.ID, in.Body.Leaves, in.Body.Question))
		})
	api.Handle(a, web.SignedIn, operation("answer-explanation", http.MethodPost, "/sheets/{id}/questions/{question}", "Explain", "For people of the unit, while explanations are open."),
		func(ctx context.Context, in *answerIn) (*sheetOutput, error) {
			s, _, err := k.Sheet(ctx, k.DB, api.Actor(ctx), in.ID)
			if err != nil {
				return nil, err
			}
			list, err := k.Questions(ctx, k.DB, s)
			if err != nil {
				return nil, err
			}
			err = fault.New(fault.NotFound, "rounds.question_unknown")
			for _, x := range list {
				if x.ID == in.Question {
					err = k.Answer(ctx, api.Actor(ctx), x.ID, in.Body.Answer)
				}
			}
			return p.afterSheet(ctx, in.ID, err)
		})
	api.Handle(a, web.SignedIn, operation("file-appeal", http.MethodPost, "/sheets/{id}/appeals", "Appeal against final scores", "For people of the unit, once the round is approved."),
		func(ctx context.Context, in *fileAppealIn) (*sheetOutput, error) {
			x := scorecard.Appeal{Document: in.Body.Document, Text: in.Body.Text}
			for _, l := range in.Body.Leaves {
				x.Leaves = append(x.Leaves, scorecard.AppealLeaf{Leaf: l.Leaf, Claim: l.Claim})
			}
			_, err := k.File(ctx, api.Actor(ctx), in.ID, x)
			return p.afterSheet(ctx, in.ID, err)
		})
	api.Handle(a, web.SignedIn, operation("decide-appeal", http.MethodPost, "/sheets/{id}/appeals/{appeal}", "Decide an appeal", "Leaf by leaf; what is accepted amends the final scores and stays in the history."), p.decide)
	api.Handle(a, web.SignedIn, operation("keep-sheet", http.MethodPost, "/sheets/{id}/keep", "Look after a sheet of a round", "For who keeps the round. The sheet itself is not read by it."),
		func(ctx context.Context, in *keepSheetIn) (*keptSheetOutput, error) {
			a, b := api.Actor(ctx), in.Body
			do := map[string]func() error{
				"hand_in": func() error { return k.HandInFor(ctx, a, in.ID, b.Reason) },
				"remove":  func() error { return k.RemoveSheet(ctx, a, in.ID, b.Reason) },
				"restore": func() error { return k.RestoreSheet(ctx, a, in.ID, b.Reason) },
				"block":   func() error { return k.RegroupSheet(ctx, a, in.ID, b.Block, b.Reason) },
				"note":    func() error { return k.NoteSheet(ctx, a, in.ID, b.Reason) },
			}[b.Do]
			if err := do(); err != nil {
				return nil, err
			}
			s, _, err := k.SheetHead(ctx, k.DB, a, in.ID)
			return &keptSheetOutput{Body: shortSheet(s)}, err
		})
}

type keptSheetOutput struct{ Body ScoreSheet }

func (p *API) afterSheet(ctx context.Context, id string, err error) (*sheetOutput, error) {
	if err != nil {
		return nil, err
	}
	return p.getSheet(ctx, &roundIn{id})
}

func (p *API) decide(ctx context.Context, in *decideAppealIn) (*sheetOutput, error) {
	s, _, err := p.Desk.Sheet(ctx, p.Desk.DB, api.Actor(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	list, err := p.Desk.Appeals(ctx, p.Desk.DB, s)
	if err != nil {
		return nil, err
	}
	known := false
	for _, x := range list {
		known = known || x.ID == in.Appeal
	}
	if !known {
		return nil, fault.New(fault.NotFound, "rounds.appeal_unknown")
	}
	f := fault.New(fault.Invalid, "rounds.invalid")
	var rulings []scorecard.Ruling
	for _, r := range in.Body.Rulings {
		g := scorecard.Ruling{Leaf: r.Leaf, Accept: r.Accept, Reason: r.Reason}
		if r.Accept {
			g.ByHand = readPoints(f, "points."+r.Leaf, r.Points)
		}
		rulings = append(rulings, g)
	}
	if err := f.Or(); err != nil {
		return nil, err
	}
	return p.afterSheet(ctx, in.ID, p.Desk.Decide(ctx, api.Actor(ctx), in.Appeal, rulings))
}

func readPoints(f *fault.Fault, name, s string) *points.Points {
	v, err := points.Parse(s)
	if err != nil {
		f.With(name, "rounds.points_wrong", "Value", clipped(s))
	}
	return &v
}

// aroundSheet fills in what was asked and said about a sheet.
func (p *API) aroundSheet(ctx context.Context, q db.Queryer, l *scorecard.Ledger, links []scorecard.Link, out *apiSheet) error {
	out.Lacks, out.Questions, out.Appeals, out.Links = []apiLack{}, []apiQuestion{}, []apiAppeal{}, []apiLink{}
	lacks, err := p.Desk.Lacks(ctx, q, l)
	if err != nil {
		return err
	}
	for _, x := range lacks {
		out.Lacks = append(out.Lacks, apiLack{x.Node.Code, string(x.What)})
	}
	questions, err := p.Desk.Questions(ctx, q, l.Sheet)
	if err != nil {
		return err
	}
	for _, x := range questions {
		out.Questions = append(out.Questions, apiQuestion{x.ID, x.Leaf, x.Text, x.Name, x.At, x.Answer, x.AnsweredBy, x.Answered})
	}
	for _, x := range links {
		out.Links = append(out.Links, asLink(x))
	}
	appeals, err := p.Desk.Appeals(ctx, q, l.Sheet)
	for _, x := range appeals {
		y := apiAppeal{ID: x.ID, Document: x.Document, Text: x.Text, By: x.By, At: x.At, Decider: x.Decider, Decided: x.Decided, Leaves: []apiAppealLeaf{}}
		for _, leaf := range x.Leaves {
			y.Leaves = append(y.Leaves, apiAppealLeaf(leaf))
		}
		out.Appeals = append(out.Appeals, y)
	}
	return err
}
