package exchangeweb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"cchc/base/api"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/exchange"
	"cchc/unit"
)

// API is the door for programs to links and comparisons.
type API struct{ Book *exchange.Book }

type (
	// LinkItem is a system that is told of changes.
	LinkItem struct {
		ID      string         `json:"id"`
		Kind    string         `json:"kind" enum:"hook,peer" doc:"A signed webhook; or the other side of our feed."`
		Name    string         `json:"name"`
		URL     string         `json:"url,omitempty" doc:"None of a peer: a file is written instead."`
		Unit    string         `json:"unit,omitempty" doc:"Id; everywhere when left out."`
		System  string         `json:"system,omitempty" doc:"Of a peer: what it calls us."`
		Created moment.Instant `json:"created" format:"date-time"`
		Ended   moment.Instant `json:"ended,omitempty" format:"date-time"`
		Waiting int64          `json:"waiting" doc:"Deliveries on their way."`
		Dead    int64          `json:"dead" doc:"Deliveries that were given up: see retry-link."`
		Last    moment.Instant `json:"last,omitempty" format:"date-time" doc:"When something was received."`
	}
	apiDelivery struct {
		ID       string         `json:"id"`
		Code     string         `json:"code" doc:"Of the dossier."`
		At       moment.Instant `json:"at" format:"date-time"`
		State    string         `json:"state" enum:"waiting,dead"`
		Attempts int            `json:"attempts"`
		Next     moment.Instant `json:"next,omitempty" format:"date-time"`
		Answer   string         `json:"answer,omitempty" doc:"To the last try."`
	}
	linksOutput struct {
		Body struct {
			Items []LinkItem `json:"items" doc:"The newest first."`
		}
	}
	linkInput struct {
		ID string `path:"id" maxLength:"60"`
	}
	linkOutput struct {
		Body struct {
			LinkItem
			List string        `json:"list,omitempty" doc:"Of a peer: where its own list of our dossiers is fetched."`
			Open []apiDelivery `json:"open" doc:"What was not received, the oldest first, at most 200."`
		}
	}
	makeLinkInput struct {
		Body struct {
			Kind   string `json:"kind" enum:"hook,peer"`
			Name   string `json:"name" minLength:"1" maxLength:"100"`
			URL    string `json:"url,omitempty" maxLength:"1000"`
			Unit   string `json:"unit,omitempty" maxLength:"60" doc:"Id or agency code; everywhere when left out."`
			System string `json:"system,omitempty" maxLength:"60"`
			Secret string `json:"secret,omitempty" maxLength:"500" doc:"Of a peer: its bearer token."`
			List   string `json:"list,omitempty" maxLength:"1000" doc:"Of a peer: where its own list is fetched."`
		}
	}
	madeLinkOutput struct {
		Location string `header:"Location"`
		Body     struct {
			LinkItem
			Secret string `json:"secret,omitempty" doc:"Of a webhook: what its signatures are made with. It is told once."`
		}
	}
)

func asLink(l exchange.Link) LinkItem {
	return LinkItem{l.ID, l.Kind, l.Name, l.URL, string(l.Unit), l.System, l.Created, l.Ended, l.Waiting, l.Dead, l.Last}
}

// Register puts the operations at /api/v1/exchange.
func (p *API) Register(a *api.API) {
	op := func(id, method, path, summary, text string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: "/api/v1/exchange" + path, Summary: summary, Description: text, Tags: []string{"exchange"}}
	}
	api.Handle(a, web.SignedIn, op("list-links", http.MethodGet, "/links", "List the systems that are told of changes", ""), func(ctx context.Context, _ *struct{}) (*linksOutput, error) {
		list, err := p.Book.Links(ctx, api.Actor(ctx))
		out := &linksOutput{}
		out.Body.Items = []LinkItem{}
		for _, l := range list {
			out.Body.Items = append(out.Body.Items, asLink(l))
		}
		return out, err
	})
	api.Handle(a, web.SignedIn, op("get-link", http.MethodGet, "/links/{id}", "See a link", "With what was not received yet."),
		func(ctx context.Context, in *linkInput) (*linkOutput, error) { return p.link(ctx, in.ID, nil) })
	made := op("make-link", http.MethodPost, "/links", "Have a system told of changes", "A webhook's secret is in the answer and nowhere else.")
	made.DefaultStatus, made.Metadata = http.StatusCreated, map[string]any{api.OwnKey: true} // the answer with its secret is not kept
	api.Handle(a, web.SignedIn, made, p.makeLink)
	api.Handle(a, web.SignedIn, op("retry-link", http.MethodPost, "/links/{id}/again", "Send again what was not received", "At once, also what was given up."),
		func(ctx context.Context, in *linkInput) (*linkOutput, error) {
			return p.link(ctx, in.ID, p.Book.Again(ctx, api.Actor(ctx), in.ID))
		})
	api.Handle(a, web.SignedIn, op("end-link", http.MethodPost, "/links/{id}/end", "End a link", "Nothing more is sent."),
		func(ctx context.Context, in *linkInput) (*linkOutput, error) {
			return p.link(ctx, in.ID, p.Book.End(ctx, api.Actor(ctx), in.ID))
		})
	p.registerRuns(a, op)
}

func (p *API) unit(ctx context.Context, s string) (unit.ID, error) {
	tree, err := p.Book.Units.Today(ctx, p.Book.DB)
	if err != nil {
		return "", err
	}
	if u, ok := tree.ByCode(s); ok {
		return u.ID, nil
	}
	return unit.ID(s), nil
}

func (p *API) link(ctx context.Context, id string, err error) (*linkOutput, error) {
	if err != nil {
		return nil, err
	}
	l, err := p.Book.Find(ctx, api.Actor(ctx), id)
	if err != nil {
		return nil, err
	}
	out := &linkOutput{}
	out.Body.LinkItem, out.Body.Open = asLink(l), []apiDelivery{}
	if out.Body.List, err = p.Book.List(ctx, id); err != nil {
		return nil, err
	}
	open, err := p.Book.Open(ctx, l)
	for _, d := range open {
		out.Body.Open = append(out.Body.Open, apiDelivery{d.ID, d.Code, d.At, d.State, d.Attempts, d.Next, d.Answer})
	}
	return out, err
}

func (p *API) makeLink(ctx context.Context, in *makeLinkInput) (*madeLinkOutput, error) {
	b := in.Body
	u, err := p.unit(ctx, b.Unit)
	if err != nil {
		return nil, err
	}
	l, err := p.Book.Create(ctx, api.Actor(ctx), exchange.Link{Kind: b.Kind, Name: b.Name, URL: b.URL, Unit: u, System: b.System, Secret: b.Secret, List: b.List})
	if err != nil {
		return nil, err
	}
	out := &madeLinkOutput{Location: "/api/v1/exchange/links/" + l.ID}
	out.Body.LinkItem = asLink(l)
	if l.Kind == exchange.Hook {
		out.Body.Secret = l.Secret
	}
	return out, nil
}

type (
	apiRun struct {
		ID       string           `json:"id"`
		Unit     string           `json:"unit,omitempty" doc:"Id; everywhere when left out."`
		Link     string           `json:"link,omitempty"`
		System   string           `json:"system,omitempty"`
		From     moment.Date      `json:"from,omitempty" format:"date"`
		To       moment.Date      `json:"to,omitempty" format:"date"`
		Minutes  int              `json:"minutes" doc:"How far two times may lie apart."`
		File     string           `json:"file" doc:"Its name, or where it was fetched."`
		Person   string           `json:"person"`
		Created  moment.Instant   `json:"created" format:"date-time"`
		State    string           `json:"state" doc:"waiting, fetching, comparing, done or failed: nothing was compared."`
		Lines    int64            `json:"lines" doc:"Read so far."`
		Finished moment.Instant   `json:"finished,omitempty" format:"date-time"`
		Problem  []string         `json:"problem,omitempty" doc:"Why it failed, in words."`
		Ours     int64            `json:"ours" doc:"Dossiers here that should be there."`
		Theirs   int64            `json:"theirs" doc:"Lines of the list."`
		Same     int64            `json:"same"`
		Outside  int64            `json:"outside" doc:"Lines of dossiers of other units, times or systems."`
		Counts   map[string]int64 `json:"counts" doc:"Of each kind of difference."`
	}
	runsOutput struct {
		Body struct {
			Items []apiRun `json:"items" doc:"The newest first; the last ten of each unit are kept."`
		}
	}
	runInput struct {
		Run string `path:"run" maxLength:"60"`
	}
	runOutput struct {
		Location string `header:"Location"`
		Body     apiRun
	}
	fetchInput struct {
		Body struct {
			Link    string      `json:"link" minLength:"1" maxLength:"60" doc:"Id of a peer that says where its own list is."`
			Unit    string      `json:"unit,omitempty" maxLength:"60" doc:"Id or agency code, with what is below it or was to its end; everywhere when left out."`
			System  string      `json:"system,omitempty" maxLength:"60" doc:"Whose dossiers; those received here when left out."`
			From    moment.Date `json:"from,omitempty" format:"date" doc:"Of arrival."`
			To      moment.Date `json:"to,omitempty" format:"date"`
			Minutes int         `json:"minutes,omitempty" minimum:"0" maximum:"1440" doc:"How far two times may lie apart."`
		}
	}
	uploadInput struct {
		Name    string `query:"name" required:"true" minLength:"1" maxLength:"200" doc:"Of the list." example:"danh-sach.csv"`
		Link    string `query:"link" maxLength:"60" doc:"Whose list it is, where that is a link."`
		Unit    string `query:"unit" maxLength:"60" doc:"Id or agency code, with what is below it or was to its end; everywhere when left out."`
		System  string `query:"system" maxLength:"60" doc:"Whose dossiers; those received here when left out."`
		From    string `query:"from" format:"date" doc:"Of arrival."`
		To      string `query:"to" format:"date"`
		Minutes int    `query:"minutes" minimum:"0" maximum:"1440" default:"5" doc:"How far two times may lie apart."`
		api.Upload
	}
	differencesInput struct {
		Run    string `path:"run" maxLength:"60"`
		Kind   string `query:"kind" enum:"missing_there,missing_here,status,time"`
		Unit   string `query:"unit" maxLength:"60" doc:"Id or agency code."`
		Open   bool   `query:"open" doc:"Only those that were not told again."`
		Cursor string `query:"cursor" maxLength:"20" doc:"next of the page before."`
		Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	}
	apiDifference struct {
		Number      int            `json:"number" doc:"Of the difference in its run."`
		Kind        string         `json:"kind" enum:"missing_there,missing_here,status,time"`
		Code        string         `json:"code"`
		Unit        string         `json:"unit,omitempty"`
		OurStatus   int            `json:"our_status,omitempty"`
		OurAt       moment.Instant `json:"our_time,omitempty" format:"date-time"`
		TheirStatus int            `json:"their_status,omitempty"`
		TheirAt     moment.Instant `json:"their_time,omitempty" format:"date-time"`
		Sent        moment.Instant `json:"sent,omitempty" format:"date-time" doc:"When it was told again because of this run."`
	}
	differencesOutput struct {
		Link string `header:"Link" doc:"The next page, rel=\"next\"."`
		Body struct {
			Items []apiDifference `json:"items"`
			Next  string          `json:"next,omitempty"`
		}
	}
	resendInput struct {
		Run  string `path:"run" maxLength:"60"`
		Body struct {
			Link    string `json:"link" minLength:"1" maxLength:"60"`
			Kind    string `json:"kind,omitempty" enum:"missing_there,status,time" doc:"All of a kind that were not told again; of all kinds when left out."`
			Numbers []int  `json:"numbers,omitempty" maxItems:"10000" doc:"These, whether or not they were told."`
		}
	}
	resendOutput struct {
		Body struct {
			Sent int `json:"sent" doc:"On their way."`
		}
	}
)

func asRun(ctx context.Context, r exchange.Run) apiRun {
	return apiRun{ID: r.ID, Unit: string(r.Unit), Link: r.Link, System: r.System, From: r.From, To: r.To, Minutes: r.Minutes, File: r.File, Person: r.Person,
		Created: r.Created, State: r.State, Lines: r.Lines, Finished: r.Finished, Problem: runPage{Run: r}.told(ctx), Ours: r.Ours, Theirs: r.Theirs, Same: r.Same,
		Outside: r.Outside, Counts: r.Counts}
}

func (p *API) registerRuns(a *api.API, op func(id, method, path, summary, text string) huma.Operation) {
	api.Handle(a, web.SignedIn, op("list-comparisons", http.MethodGet, "/comparisons", "List comparisons with other sides' lists", ""), func(ctx context.Context, _ *struct{}) (*runsOutput, error) {
		list, err := p.Book.Runs(ctx, api.Actor(ctx))
		out := &runsOutput{}
		out.Body.Items = []apiRun{}
		for _, r := range list {
			out.Body.Items = append(out.Body.Items, asRun(ctx, r))
		}
		return out, err
	})
	made := func(o huma.Operation) huma.Operation { o.DefaultStatus = http.StatusCreated; return o }
	api.Handle(a, web.SignedIn, made(op("fetch-comparison", http.MethodPost, "/comparisons", "Compare with a peer's own list", "It is fetched from the address that the link has; a job does it, and get-comparison tells how far it is.")), p.fetch)
	api.Handle(a, web.SignedIn, made(api.Takes(op("start-comparison", http.MethodPost, "/comparisons/list", "Compare with a list", "A list with one unreadable line is refused as a whole: a part of it would call the rest missing."), maxList,
		"A table (CSV, XLSX) with the columns code, status and, where they are there, system and time; or JSON: an array of objects with these names, or an object that has one as items.")), p.compare)
	api.Handle(a, web.SignedIn, op("get-comparison", http.MethodGet, "/comparisons/{run}", "See a comparison", "How far it is, and what it counted."), func(ctx context.Context, in *runInput) (*runOutput, error) {
		r, err := p.Book.Run(ctx, api.Actor(ctx), in.Run)
		if err != nil {
			return nil, err
		}
		return &runOutput{Body: asRun(ctx, r)}, nil
	})
	api.Handle(a, web.SignedIn, op("list-differences", http.MethodGet, "/comparisons/{run}/differences", "List what differs, dossier by dossier", "The first 10,000 of each kind are kept; the counts are of all."), p.differences)
	api.Handle(a, web.SignedIn, op("resend-differences", http.MethodPost, "/comparisons/{run}/send", "Tell the other side again of what differs", "Through the link's own queue; told twice does no harm."), func(ctx context.Context, in *resendInput) (*resendOutput, error) {
		n, err := p.Book.Resend(ctx, api.Actor(ctx), in.Run, exchange.Resend{Link: in.Body.Link, Kind: in.Body.Kind, Ords: in.Body.Numbers})
		out := &resendOutput{}
		out.Body.Sent = n
		return out, err
	})
}

func (p *API) begun(ctx context.Context, q exchange.Comparison) (*runOutput, error) {
	r, err := p.Book.Start(ctx, api.Actor(ctx), q)
	if err != nil {
		return nil, err
	}
	return &runOutput{Location: "/api/v1/exchange/comparisons/" + r.ID, Body: asRun(ctx, r)}, nil
}

func (p *API) fetch(ctx context.Context, in *fetchInput) (*runOutput, error) {
	b := in.Body
	u, err := p.unit(ctx, b.Unit)
	if err != nil {
		return nil, err
	}
	return p.begun(ctx, exchange.Comparison{Unit: u, Link: b.Link, System: b.System, From: b.From, To: b.To, Minutes: b.Minutes, Fetch: true})
}

func (p *API) compare(ctx context.Context, in *uploadInput) (*runOutput, error) {
	f := api.Wrong()
	q := exchange.Comparison{Link: in.Link, System: in.System, From: api.ReadDate(f, "from", in.From), To: api.ReadDate(f, "to", in.To), Minutes: in.Minutes}
	if err := f.Or(); err != nil {
		return nil, err
	}
	// Who may not is told before half a gigabyte is taken.
	if _, err := p.Book.Links(ctx, api.Actor(ctx)); err != nil {
		return nil, err
	}
	var err error
	if q.Unit, err = p.unit(ctx, in.Unit); err != nil {
		return nil, err
	}
	file, err := os.CreateTemp("", "cchc-list-")
	if err != nil {
		return nil, fmt.Errorf("receive a list: %w", err)
	}
	defer file.Close()
	os.Remove(file.Name())
	q.File = exchange.File{Name: in.Name, Content: file}
	if q.File.Size, err = io.Copy(file, in.Content(maxList)); err != nil {
		if fault.As(err) != nil || errors.Is(err, context.Canceled) {
			return nil, err
		}
		return nil, fmt.Errorf("receive a list: %w", err)
	}
	return p.begun(ctx, q)
}

func (p *API) differences(ctx context.Context, in *differencesInput) (*differencesOutput, error) {
	r, err := p.Book.Run(ctx, api.Actor(ctx), in.Run)
	if err != nil {
		return nil, err
	}
	after := 0
	if in.Cursor != "" {
		if after, err = strconv.Atoi(in.Cursor); err != nil || after < 0 {
			return nil, api.Wrong().With("cursor", "api.cursor_wrong")
		}
	}
	u, err := p.unit(ctx, in.Unit)
	if err != nil {
		return nil, err
	}
	list, err := p.Book.Differences(ctx, r, exchange.Filter{Kind: in.Kind, Unit: u, Open: in.Open, After: after, Limit: in.Limit + 1})
	if err != nil {
		return nil, err
	}
	out := &differencesOutput{}
	out.Body.Items = []apiDifference{}
	if len(list) > in.Limit {
		list = list[:in.Limit]
		out.Body.Next = strconv.Itoa(list[in.Limit-1].Ord)
		out.Link = api.Next(ctx, out.Body.Next)
	}
	for _, d := range list {
		out.Body.Items = append(out.Body.Items, apiDifference{d.Ord, d.Kind, d.Code, string(d.Unit), d.OurStatus, d.OurAt, d.TheirStatus, d.TheirAt, d.Sent})
	}
	return out, nil
}
