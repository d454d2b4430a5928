package dossierweb

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"cchc/base/api"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/file"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/calendar"
	"cchc/dossier"
	"cchc/evaluation"
	"cchc/unit"
)

// API is the door for programs to dossiers and their statistics: the verbs of the
// pages, by JSON.
type API struct {
	Desk       *dossier.Desk
	Files      *file.Store       // where scans are kept; nil takes none
	Evaluation []*evaluation.Set // versions of the nine indices
}

// Register puts the operations at /api/v1/dossiers and /api/v1/reports.
func (p *API) Register(a *api.API) {
	op := func(id, method, path, summary, text string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: "/api/v1" + path, Summary: summary, Description: text, Tags: []string{"dossiers"}}
	}
	receive := op("receive-dossier", http.MethodPost, "/dossiers", "Receive a dossier",
		"Receives and accepts a dossier: it gets its code and due date. Sent again with the same Idempotency-Key it is received once.")
	receive.DefaultStatus = http.StatusCreated
	receive.Metadata = map[string]any{api.OwnKey: true} // the form's token is its key
	api.Handle(a, web.SignedIn, receive, p.receive)
	api.Handle(a, web.SignedIn, op("get-dossier", http.MethodGet, "/dossiers/{code}", "See a dossier",
		"Its state with facts and steps. Numbers of persons are masked."), p.get)
	api.Handle(a, web.SignedIn, op("list-dossiers", http.MethodGet, "/dossiers", "List dossiers",
		"Those of a unit and what is below it, due soonest first, a page at a time."), p.list)
	search := op("search-dossiers", http.MethodPost, "/dossiers/search", "Search dossiers",
		"As list-dossiers, with what is looked for in the body: addresses are kept in logs, where numbers of persons must not stand. It changes nothing.")
	search.Metadata = map[string]any{api.OwnKey: true} // a search sent again is a search
	api.Handle(a, web.SignedIn, search, p.search)
	for _, x := range []struct {
		id, path, summary, text string
		register                func(op huma.Operation)
	}{
		{"forward-dossier", "forward", "Forward to the next step", "Ends the current step.", func(op huma.Operation) {
			api.Handle(a, web.SignedIn, op, func(ctx context.Context, in *forwardInput) (*dossierOutput, error) {
				return p.after(ctx, in.Code, p.Desk.Forward(ctx, api.Actor(ctx), in.Code, in.Body.Account, in.Body.Note))
			})
		}},
		{"ask-supplement", "supplement", "Ask for more papers (form 02)", "The clock stops as the procedure says.", func(op huma.Operation) {
			api.Handle(a, web.SignedIn, op, func(ctx context.Context, in *supplementInput) (*dossierOutput, error) {
				ask := dossier.Ask{Reason: in.Body.Reason, Document: in.Body.Document, As: calendar.StopKind(in.Body.As), SupplyBy: in.Body.SupplyBy, Again: in.Body.Again}
				return p.after(ctx, in.Code, p.Desk.AskForMore(ctx, api.Actor(ctx), in.Code, ask))
			})
		}},
		{"supply-papers", "supply", "The papers asked for came", "The clock goes on.", func(op huma.Operation) {
			api.Handle(a, web.SignedIn, op, func(ctx context.Context, in *supplyInput) (*dossierOutput, error) {
				return p.after(ctx, in.Code, p.Desk.Supply(ctx, api.Actor(ctx), in.Code, in.Body.At, in.Body.Due))
			})
		}},
		{"apologise", "apologise", "Apologise and give a new date (form 04)", "At most once. The statistical due date stays.", func(op huma.Operation) {
			api.Handle(a, web.SignedIn, op, func(ctx context.Context, in *apologiseInput) (*dossierOutput, error) {
				x := dossier.Apology{Reason: in.Body.Reason, Document: in.Body.Document, Until: in.Body.Until}
				return p.after(ctx, in.Code, p.Desk.Apologise(ctx, api.Actor(ctx), in.Code, x))
			})
		}},
		{"finish-dossier", "finish", "Finish: the result is ready (9)", "The clock ends.", func(op huma.Operation) {
			api.Handle(a, web.SignedIn, op, func(ctx context.Context, in *finishInput) (*dossierOutput, error) {
				x := dossier.Result{At: in.Body.At, Electronic: in.Body.Electronic, Synced: in.Body.Synced, Document: in.Body.Document}
				return p.after(ctx, in.Code, p.Desk.Finish(ctx, api.Actor(ctx), in.Code, x))
			})
		}},
		{"return-result", "return", "Hand the result over (10)", "Without a 9 before it the dossier counts as resolved then.", func(op huma.Operation) {
			api.Handle(a, web.SignedIn, op, func(ctx context.Context, in *returnInput) (*dossierOutput, error) {
				return p.after(ctx, in.Code, p.Desk.HandOver(ctx, api.Actor(ctx), in.Code, in.Body.How, in.Body.At, in.Body.Tracking))
			})
		}},
	} {
		x.register(op(x.id, http.MethodPost, "/dossiers/{code}/"+x.path, x.summary, x.text))
	}
	p.registerVerbs(a)
	p.registerFeed(a)
	p.registerBulk(a)
	p.registerCounter(a)
	p.registerBooks(a)
	p.registerReports(a)
	p.registerErasing(a)
	p.registerExport(a)
}

// keyToken makes a form's token of an Idempotency-Key. The token is on the
// receipt and must not be guessed, so keys have to be long and random; the
// account stands in it, so that nobody meets another's key.
func keyToken(account, key string) string {
	if key == "" {
		return ""
	}
	sum := sha256.Sum256([]byte("dossier.receive\x00" + account + "\x00" + key))
	return base32.StdEncoding.EncodeToString(sum[:])[:26]
}

func (p *API) receive(ctx context.Context, in *receiveInput) (*receiveOutput, error) {
	a := api.Actor(ctx)
	app := in.Body.application()
	id, err := p.unit(ctx, p.Desk.DB.Lately(), in.Body.Unit)
	if err != nil {
		return nil, err
	}
	app.Unit, app.Token = id, keyToken(a.Account, in.Key)
	take := p.Desk.Receive
	if in.Body.RegisterOnly {
		take = p.Desk.Register
	}
	d, err := take(ctx, a, app)
	if err != nil {
		return nil, err
	}
	out := &receiveOutput{Location: "/api/v1/dossiers/" + d.Code}
	out.Body.Dossier = asDossier(d, p.Desk.DB.Now())
	out.Body.RatingToken = d.RatingToken
	return out, nil
}

// unit finds a unit by its id or its agency code.
func (p *API) unit(ctx context.Context, q db.Queryer, s string) (unit.ID, error) {
	tree, err := p.Desk.Units.Today(ctx, q)
	if err != nil {
		return "", err
	}
	if u, ok := tree.ByCode(s); ok {
		return u.ID, nil
	}
	return unit.ID(s), nil
}

// after answers a verb with the dossier as it is now.
func (p *API) after(ctx context.Context, code string, err error) (*dossierOutput, error) {
	if err != nil {
		return nil, err
	}
	return p.get(ctx, &codeInput{Code: code})
}

func (p *API) get(ctx context.Context, in *codeInput) (*dossierOutput, error) {
	w, err := p.Desk.Brief(ctx, p.Desk.DB.Lately(), api.Actor(ctx), in.Code)
	if err != nil {
		return nil, err
	}
	return &dossierOutput{Body: asWhole(w, p.Desk.DB.Now())}, nil
}

func (p *API) list(ctx context.Context, in *listInput) (*listOutput, error) {
	var out listOutput
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		t, err := newTeller(ctx, p.Desk, q)
		if err != nil {
			return err
		}
		asked, err := p.unit(ctx, q, in.Unit)
		if err != nil {
			return err
		}
		u, _, err := chosen(ctx, p.Desk, t.tree, api.Actor(ctx), auth.DossierRead, asked)
		if err != nil {
			return err
		}
		until, err := t.soon(ctx, u)
		if err != nil {
			return err
		}
		rows, next, err := p.Desk.List(ctx, q, api.Actor(ctx), dossier.Filter{Unit: u, Bucket: dossier.Bucket(in.Bucket), Until: until,
			Procedure: in.Procedure, Sector: in.Sector, Channel: dossier.Channel(in.Channel), Text: in.Text, After: readCursor(in.Cursor), Limit: in.Limit})
		if err != nil {
			return err
		}
		out.Body.Next, out.Body.Items = writeCursor(next), []apiRow{}
		out.Link = api.Next(ctx, out.Body.Next)
		for _, r := range rows {
			out.Body.Items = append(out.Body.Items, apiRow{Dossier: asDossier(r.Dossier, t.now), Applicant: r.Applicant})
		}
		return nil
	})
	return &out, err
}

// search is list with its input in the body; the next page is asked for in the same
// way, so that there is no Link.
func (p *API) search(ctx context.Context, in *searchInput) (*searchOutput, error) {
	b := &in.Body
	found, err := p.list(ctx, &listInput{Unit: b.Unit, Bucket: cmp.Or(b.Bucket, string(dossier.BucketAll)), Procedure: b.Procedure, Sector: b.Sector, Channel: b.Channel,
		Text: b.Text, Cursor: b.Cursor, Limit: cmp.Or(b.Limit, 50)})
	if err != nil {
		return nil, err
	}
	out := &searchOutput{}
	out.Body.Items, out.Body.Next = found.Body.Items, found.Body.Next
	return out, nil
}

func (p *API) report(ctx context.Context, in *reportInput) (*reportOutput, error) {
	x := dossier.Question{Sector: in.Sector, Procedure: in.Procedure, Officers: in.By == string(dossier.ByOfficer)}
	f := fault.New(fault.Invalid, "web.form.invalid")
	read := func(name, s string, to *moment.Date) {
		d, err := moment.ParseDate(s)
		if err != nil && s != "" {
			f.With(name, "web.form.date", "Value", s)
		}
		*to = d
	}
	var known moment.Date
	read("from", in.From, &x.From)
	read("to", in.To, &x.To)
	read("known", in.Known, &known)
	if x.To < x.From && len(f.Fields) == 0 {
		f.With("to", "dossierlist.report.to_before_from")
	}
	if err := f.Or(); err != nil {
		return nil, err
	}
	x.Known = endOf(known)
	var out reportOutput
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		tree, err := p.Desk.Units.On(ctx, q, min(x.To, p.Desk.DB.Now().Date()))
		if err != nil {
			return err
		}
		asked, err := p.unit(ctx, q, in.Unit)
		if err != nil {
			return err
		}
		if x.Unit, _, err = chosen(ctx, p.Desk, tree, api.Actor(ctx), auth.ReportRead, asked); err != nil {
			return err
		}
		lines, err := p.Desk.Statistics(ctx, q, api.Actor(ctx), x, dossier.By(in.By))
		if err != nil {
			return err
		}
		out.Body.Unit, out.Body.From, out.Body.To, out.Body.Known = string(x.Unit), x.From, x.To, known
		out.Body.Total, out.Body.Lines = asLine(lines[0]), []apiLine{}
		for _, l := range lines[1:] {
			out.Body.Lines = append(out.Body.Lines, asLine(l))
		}
		return nil
	})
	return &out, err
}
