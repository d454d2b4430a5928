package admin

import (
	"context"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"cchc/base/api"
	"cchc/base/fault"
	"cchc/base/job"
	"cchc/base/moment"
	"cchc/base/web"
)

// JobsAPI is the door for programs to jobs and failed deliveries.
type JobsAPI struct{ Pages *Jobs }

type (
	apiJob struct {
		ID        int64          `json:"id"`
		Kind      string         `json:"kind"`
		State     string         `json:"state" enum:"given_up,failing,running,waiting,cancelled,done"`
		Created   moment.Instant `json:"created" format:"date-time"`
		Scheduled moment.Instant `json:"scheduled" format:"date-time" doc:"When it runs, or ran last."`
		Ended     moment.Instant `json:"ended,omitempty" format:"date-time"`
		Attempt   int            `json:"attempt"`
		Attempts  int            `json:"attempts" doc:"At most."`
		Error     string         `json:"error,omitempty" doc:"Of the last attempt, without what could be of a person."`
	}
	jobsInput struct {
		State  string `query:"state" enum:"given_up,failing,running,waiting,cancelled,done" default:"given_up"`
		Cursor string `query:"cursor" maxLength:"20" doc:"next of the page before."`
		Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
	}
	jobsOutput struct {
		Link string `header:"Link" doc:"The next page, rel=\"next\"."`
		Body struct {
			Counts map[string]int `json:"counts" doc:"By state; done ones are kept for days only."`
			Items  []apiJob       `json:"items" doc:"The latest first."`
			Next   string         `json:"next,omitempty"`
		}
	}
	jobInput struct {
		ID int64 `path:"id" minimum:"1"`
	}
	apiSweep struct {
		Name    string         `json:"name"`
		Every   int64          `json:"every_seconds"`
		Last    moment.Instant `json:"last,omitempty" format:"date-time"`
		Attempt int            `json:"last_attempt,omitempty"`
		Error   string         `json:"last_error,omitempty"`
	}
	sweepsOutput struct {
		Body struct {
			Items []apiSweep `json:"items"`
		}
	}
	apiStuck struct {
		Name   string `json:"name"`
		Count  int64  `json:"count"`
		Answer string `json:"answer,omitempty" doc:"To the last try."`
	}
	apiDeliveries struct {
		Kind   string     `json:"kind" doc:"notices: send-notices-again tries them again; exchange: retry-link."`
		Failed int        `json:"failed" doc:"Given up."`
		Of     []apiStuck `json:"of" doc:"To whom, where that is told one by one."`
	}
	deliveriesOutput struct {
		Body struct {
			Items []apiDeliveries `json:"items"`
		}
	}
)

func asJob(j job.Seen) apiJob {
	return apiJob{j.ID, j.Kind, string(j.State), j.Created, j.Scheduled, j.Ended, j.Attempt, j.Attempts, j.Error}
}

// Register puts the operations at /api/v1/jobs.
func (p *JobsAPI) Register(a *api.API) {
	op := func(id, method, path, summary, text string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: "/api/v1/jobs" + path, Summary: summary, Description: text, Tags: []string{"jobs"}}
	}
	api.Handle(a, web.SignedIn, op("list-jobs", http.MethodGet, "", "List jobs of a state", "For who keeps the whole installation."), p.list)
	api.Handle(a, web.SignedIn, op("list-sweeps", http.MethodGet, "/sweeps", "List what runs at intervals", "And how the last run went."), p.sweeps)
	api.Handle(a, web.SignedIn, op("list-failed-deliveries", http.MethodGet, "/deliveries", "See what could not be delivered", "Notices, webhooks, peers."), p.deliveries)
	change := func(id, path, summary, text string, do func(ctx context.Context, id int64) error) {
		o := op(id, http.MethodPost, "/{id}/"+path, summary, text)
		o.DefaultStatus = http.StatusNoContent
		api.Handle(a, web.SignedIn, o, func(ctx context.Context, in *jobInput) (*struct{}, error) {
			if err := p.Pages.Check(ctx, api.Actor(ctx)); err != nil {
				return nil, err
			}
			return nil, do(ctx, in.ID)
		})
	}
	change("retry-job", "retry", "Run a job again now", "", func(ctx context.Context, id int64) error { return p.Pages.retry(ctx, api.Actor(ctx), id) })
	change("cancel-job", "cancel", "Keep a job from running again", "One under way is told to stop.", func(ctx context.Context, id int64) error { return p.Pages.cancel(ctx, api.Actor(ctx), id) })
}

func (p *JobsAPI) list(ctx context.Context, in *jobsInput) (*jobsOutput, error) {
	if err := p.Pages.Check(ctx, api.Actor(ctx)); err != nil {
		return nil, err
	}
	out := &jobsOutput{}
	out.Body.Counts, out.Body.Items = map[string]int{}, []apiJob{}
	counts, err := p.Pages.Queue.Counts(ctx)
	if err != nil {
		return nil, err
	}
	for s, n := range counts {
		out.Body.Counts[string(s)] = n
	}
	before := int64(0)
	if in.Cursor != "" {
		if before, err = strconv.ParseInt(in.Cursor, 10, 64); err != nil || before <= 0 {
			return nil, api.Wrong().With("cursor", "api.cursor_wrong")
		}
	}
	list, err := p.Pages.Queue.Before(ctx, job.State(in.State), before, in.Limit+1)
	if err != nil {
		return nil, err
	}
	if len(list) > in.Limit {
		list = list[:in.Limit]
		out.Body.Next = strconv.FormatInt(list[in.Limit-1].ID, 10)
		out.Link = api.Next(ctx, out.Body.Next)
	}
	for _, j := range list {
		out.Body.Items = append(out.Body.Items, asJob(j))
	}
	return out, nil
}

func (p *JobsAPI) sweeps(ctx context.Context, _ *struct{}) (*sweepsOutput, error) {
	if err := p.Pages.Check(ctx, api.Actor(ctx)); err != nil {
		return nil, err
	}
	out := &sweepsOutput{}
	out.Body.Items = []apiSweep{}
	for _, s := range p.Pages.Sweeps() {
		x := apiSweep{Name: s.Name, Every: int64(s.Every.Seconds())}
		last, seen, err := p.Pages.Queue.Last(ctx, s.Name)
		if err != nil {
			return nil, err
		}
		if seen {
			x.Last, x.Attempt, x.Error = last.Created, last.Attempt, last.Error
		}
		out.Body.Items = append(out.Body.Items, x)
	}
	return out, nil
}

func (p *JobsAPI) deliveries(ctx context.Context, _ *struct{}) (*deliveriesOutput, error) {
	if err := p.Pages.Check(ctx, api.Actor(ctx)); err != nil {
		return nil, err
	}
	out := &deliveriesOutput{}
	out.Body.Items = []apiDeliveries{}
	for _, d := range p.Pages.Deliveries {
		x := apiDeliveries{Kind: d.Key, Of: []apiStuck{}}
		var err error
		if x.Failed, err = d.Failed(ctx); err != nil {
			return nil, err
		}
		if d.Each != nil {
			list, err := d.Each(ctx)
			if err != nil && !fault.Is(err, fault.Forbidden) {
				return nil, err
			}
			for _, s := range list {
				x.Of = append(x.Of, apiStuck{s.Name, s.Count, s.Answer})
			}
		}
		out.Body.Items = append(out.Body.Items, x)
	}
	return out, nil
}
