package scorecardweb

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"cchc/base/api"
	"cchc/base/db"
	"cchc/base/web"
	"cchc/scorecard"
)

// ResultsAPI is the door for programs to published results.
type ResultsAPI struct{ Desk *scorecard.Desk }

type apiPublication struct {
	ID        string `json:"id"`
	Title     string `json:"title"`
	Publisher string `json:"publisher"`
	Year      int    `json:"year,omitempty"`
	Level     string `json:"level"`
	Decision  string `json:"decision,omitempty"`
	Decided   string `json:"decided,omitempty"`
	Source    string `json:"source,omitempty" doc:"Of history that others published."`
	Amends    string `json:"amends,omitempty"`
	State     string `json:"state" enum:"proposal,published,history,amended" doc:"A proposal is seen only by who prepares or approves it."`
}

type resultsInput struct {
	Year  int    `query:"year" minimum:"0" maximum:"2200" doc:"Of one year only."`
	Level string `query:"level" maxLength:"40" doc:"Of one level only."`
	PageQuery
}

type resultsOutput struct {
	Link string `header:"Link" doc:"The next page, rel=\"next\"."`
	Body struct {
		Items []apiPublication `json:"items"`
		Next  string           `json:"next,omitempty"`
	}
}

type resultInput struct {
	ID string `path:"id" maxLength:"60"`
}

type resultOutput struct{ Body openResult }

// Register puts the operations at /api/v1/scorecard/results.
func (p *ResultsAPI) Register(a *api.API) {
	op := func(id, path, summary, text string) huma.Operation {
		return huma.Operation{OperationID: id, Method: http.MethodGet, Path: "/api/v1/scorecard/results" + path, Summary: summary, Description: text, Tags: []string{"scorecard"}}
	}
	api.Handle(a, web.SignedIn, op("list-results", "", "List published results of the PAR index", "The latest year first; what was amended stays in the list."), p.list)
	p.registerActs(a)
	api.Handle(a, web.SignedIn, op("get-result", "/{id}", "See a publication with its ranking", "A frozen copy: units with rank, index, band and the four changes, and the criteria that lost points."), p.get)
}

func (p *ResultsAPI) list(ctx context.Context, in *resultsInput) (*resultsOutput, error) {
	all, err := p.Desk.Publications(ctx, p.Desk.DB, web.Actor(ctx))
	if err != nil {
		return nil, err
	}
	out := &resultsOutput{}
	out.Body.Items = []apiPublication{}
	list, next, err := api.Page(entriesOf(ctx, all, nil), in.Cursor, in.Limit, func(x resultEntry) string { return x.ID }, func(x resultEntry) bool {
		return (in.Year == 0 || x.Year == in.Year) && (in.Level == "" || x.Level == in.Level)
	})
	if err != nil {
		return nil, err
	}
	out.Body.Next, out.Link = next, api.Next(ctx, next)
	for _, x := range list {
		y := apiPublication{ID: x.ID, Title: x.Title, Publisher: x.Publisher, Year: x.Year, Level: x.Level, Decision: x.Number, Source: x.Source, Amends: x.Supersedes, State: "published"}
		switch {
		case x.Approved == 0:
			y.State = "proposal"
		case x.Amended:
			y.State = "amended"
		case x.History():
			y.State = "history"
		}
		if x.Decided != 0 {
			y.Decided = x.Decided.String()
		}
		out.Body.Items = append(out.Body.Items, y)
	}
	return out, nil
}

func (p *ResultsAPI) get(ctx context.Context, in *resultInput) (*resultOutput, error) {
	x := &resultPage{}
	pages := &Pages{Desk: p.Desk}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		if x.Publication, err = p.Desk.Publication(ctx, q, web.Actor(ctx), in.ID); err != nil {
			return err
		}
		return pages.more(ctx, q, x)
	})
	if err != nil {
		return nil, err
	}
	return &resultOutput{openOf(x)}, nil
}
