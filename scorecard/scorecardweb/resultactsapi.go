package scorecardweb

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"cchc/base/api"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/scorecard"
	"cchc/scorecard/ranking"
	"cchc/unit"
)

type (
	proposeIn struct {
		Body struct {
			Round     string            `json:"round" minLength:"1" maxLength:"60" doc:"Id of an approved round."`
			Title     string            `json:"title" minLength:"1" maxLength:"400"`
			Number    string            `json:"decision,omitempty" maxLength:"200" doc:"Number of the decision that publishes it."`
			Decided   moment.Date       `json:"decided,omitempty" format:"date"`
			Ties      string            `json:"ties,omitempty" enum:"shared,ordinal,printed" doc:"How equal units are ranked; shared when left out."`
			Breakers  []string          `json:"breakers,omitempty" maxItems:"100" doc:"With ordinal: codes that tell equal units apart, in order."`
			Decimals  int               `json:"decimals,omitempty" minimum:"0" maximum:"4" default:"2"`
			Weighting string            `json:"mean_weighting,omitempty" enum:"plain,of_blocks,by_units,of_totals" doc:"Of the mean; plain when left out."`
			ByHand    map[string]string `json:"bands_by_hand,omitempty" doc:"Unit id to the band that the council set."`
			Amends    string            `json:"amends,omitempty" maxLength:"60" doc:"Id of the publication that it amends; that one stays."`
			Reason    string            `json:"reason,omitempty" maxLength:"4000" doc:"Why it is amended."`
		}
	}
	resultIDOutput struct {
		Location string `header:"Location"`
		Body     openResult
	}
	remedialIn struct {
		ID   string `path:"id" maxLength:"60"`
		Unit int    `path:"unit" minimum:"1" maximum:"100000" doc:"Place of the unit in the publication, from 1."`
	}
	remedialIDIn struct {
		ID string `path:"id" maxLength:"60"`
	}
	apiRemedialRow struct {
		Leaf   string      `json:"leaf" minLength:"1" maxLength:"60"`
		Name   string      `json:"name,omitempty" maxLength:"1000"`
		Lost   string      `json:"lost,omitempty" maxLength:"20" doc:"Points; a decimal."`
		Action string      `json:"action,omitempty" maxLength:"4000" doc:"What is to be done."`
		Owner  string      `json:"owner,omitempty" maxLength:"400"`
		Due    moment.Date `json:"due,omitempty" format:"date"`
	}
	changeRemedialIn struct {
		ID   string `path:"id" maxLength:"60"`
		Body struct {
			Version int              `json:"version" minimum:"1" doc:"That was seen."`
			Rows    []apiRemedialRow `json:"rows" maxItems:"1000" doc:"All of them, as they are to be."`
		}
	}
	apiRemedial struct {
		ID          string           `json:"id"`
		Publication string           `json:"publication"`
		Unit        string           `json:"unit"`
		Version     int              `json:"version"`
		Changed     moment.Instant   `json:"changed" format:"date-time"`
		Rows        []apiRemedialRow `json:"rows"`
	}
	remedialOutput struct{ Body apiRemedial }
)

// registerActs puts what is done with publications beside reading them.
func (p *ResultsAPI) registerActs(a *api.API) {
	k := p.Desk
	op := func(id, path, summary, text string) huma.Operation {
		return operation(id, http.MethodPost, path, summary, text)
	}
	propose := op("propose-result", "/results", "Prepare the results of an approved round for publication", "A proposal is seen only by who prepares or approves it.")
	propose.DefaultStatus = http.StatusCreated
	api.Handle(a, web.SignedIn, propose, func(ctx context.Context, in *proposeIn) (*resultIDOutput, error) {
		b := in.Body
		s := scorecard.Proposal{Round: b.Round, Title: b.Title, Number: b.Number, Decided: b.Decided, Ties: ranking.Ties(b.Ties), Breakers: b.Breakers, Decimals: b.Decimals,
			Weighting: ranking.Weighting(b.Weighting), ByHand: map[unit.ID]string{}, Supersedes: b.Amends, Reason: b.Reason}
		if s.Ties == "" {
			s.Ties = ranking.Shared
		}
		if s.Weighting == "" {
			s.Weighting = ranking.Plain
		}
		for u, band := range b.ByHand {
			s.ByHand[unit.ID(u)] = band
		}
		id, err := k.Propose(ctx, api.Actor(ctx), s)
		return p.after(ctx, id, err)
	})
	api.Handle(a, web.SignedIn, op("publish-result", "/results/{id}/approve", "Publish a proposal", "By the chairperson. From then on it is a frozen copy."),
		func(ctx context.Context, in *resultInput) (*resultIDOutput, error) {
			return p.after(ctx, in.ID, k.ApprovePublication(ctx, api.Actor(ctx), in.ID))
		})
	discard := op("discard-result", "/results/{id}/discard", "Throw a proposal away", "")
	discard.DefaultStatus = http.StatusNoContent
	api.Handle(a, web.SignedIn, discard, func(ctx context.Context, in *resultInput) (*struct{}, error) {
		return nil, k.DiscardPublication(ctx, api.Actor(ctx), in.ID)
	})
	api.Handle(a, web.SignedIn, op("draft-remedial", "/results/{id}/units/{unit}/remedial", "Draft a unit's remedial plan", "A row for each criterion that lost points, the most first. One that is there already is returned as it stands."),
		func(ctx context.Context, in *remedialIn) (*remedialOutput, error) {
			id, err := k.DraftRemedial(ctx, api.Actor(ctx), in.ID, in.Unit)
			return p.remedial(ctx, id, err)
		})
	get := operation("get-remedial", http.MethodGet, "/remedial/{id}", "See a remedial plan", "")
	api.Handle(a, web.SignedIn, get, func(ctx context.Context, in *remedialIDIn) (*remedialOutput, error) {
		return p.remedial(ctx, in.ID, nil)
	})
	api.Handle(a, web.SignedIn, op("change-remedial", "/remedial/{id}", "Change a remedial plan", ""), func(ctx context.Context, in *changeRemedialIn) (*remedialOutput, error) {
		f := fault.New(fault.Invalid, "results.wrong")
		var rows []scorecard.RemedialRow
		for _, r := range in.Body.Rows {
			x := scorecard.RemedialRow{Leaf: r.Leaf, Name: r.Name, Action: r.Action, Owner: r.Owner, Due: r.Due}
			if r.Lost != "" {
				x.Lost = *readPoints(f, "rows."+r.Leaf+".lost", r.Lost)
			}
			rows = append(rows, x)
		}
		if err := f.Or(); err != nil {
			return nil, err
		}
		return p.remedial(ctx, in.ID, k.ChangeRemedial(ctx, api.Actor(ctx), in.ID, in.Body.Version, rows))
	})
}

func (p *ResultsAPI) after(ctx context.Context, id string, err error) (*resultIDOutput, error) {
	if err != nil {
		return nil, err
	}
	x, err := p.get(ctx, &resultInput{id})
	if err != nil {
		return nil, err
	}
	return &resultIDOutput{Location: "/api/v1/scorecard/results/" + id, Body: x.Body}, nil
}

func (p *ResultsAPI) remedial(ctx context.Context, id string, err error) (*remedialOutput, error) {
	if err != nil {
		return nil, err
	}
	x, err := p.Desk.Remedial(ctx, p.Desk.DB, api.Actor(ctx), id)
	if err != nil {
		return nil, err
	}
	out := &remedialOutput{apiRemedial{ID: x.ID, Publication: x.Publication, Unit: string(x.Unit), Version: x.Version, Changed: x.Changed, Rows: []apiRemedialRow{}}}
	for _, r := range x.Rows {
		out.Body.Rows = append(out.Body.Rows, apiRemedialRow{r.Leaf, r.Name, r.Lost.String(), r.Action, r.Owner, r.Due})
	}
	return out, nil
}
