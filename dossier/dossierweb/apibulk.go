package dossierweb

import (
	"cmp"
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"cchc/base/api"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/dossier"
)

// What is done to many dossiers at once.
type (
	apiBulkItem struct {
		Code  string         `json:"code" minLength:"1" maxLength:"60"`
		Until moment.Instant `json:"until,omitempty" format:"date-time" doc:"apologise: the new date of this dossier."`
	}
	bulkBody struct {
		Act      string        `json:"act" enum:"assign,forward,apologise,return"`
		To       string        `json:"to,omitempty" maxLength:"60" doc:"assign: the account whose the current step becomes. forward: whose the next one becomes; anybody's when left out."`
		Reason   string        `json:"reason,omitempty" maxLength:"2000" doc:"apologise: needed. assign, forward: a note."`
		Document string        `json:"document,omitempty" maxLength:"200" doc:"apologise: number and day of the paper. return: of the list or parcel."`
		How      string        `json:"how,omitempty" enum:"counter,post,online" doc:"return: as each receipt says when left out."`
		Items    []apiBulkItem `json:"items" minItems:"1" maxItems:"500"`
	}
	bulkInput   struct{ Body bulkBody }
	apiBulkLine struct {
		Dossier   apiDossier `json:"dossier"`
		Applicant string     `json:"applicant"`
		Next      string     `json:"next_step,omitempty" doc:"forward: the step that it would go to."`
		How       string     `json:"how,omitempty" doc:"return: how the result would be handed over."`
		Problem   string     `json:"problem,omitempty" doc:"Why nothing can be done to it, in words."`
	}
	apiBulkPerson struct {
		Account string `json:"account"`
		Name    string `json:"name"`
	}
	bulkPreviewOutput struct {
		Body struct {
			Items  []apiBulkLine   `json:"items"`
			People []apiBulkPerson `json:"people" doc:"To whom steps may be given."`
		}
	}
	apiBulkResult struct {
		Code        string         `json:"code"`
		Done        moment.Instant `json:"done,omitempty" format:"date-time"`
		Problem     string         `json:"problem,omitempty" doc:"Why it was not done, in words."`
		Undone      moment.Instant `json:"undone,omitempty" format:"date-time"`
		UndoProblem string         `json:"undo_problem,omitempty" doc:"Why it was not taken back, in words."`
	}
	apiBulkRun struct {
		ID       string          `json:"id"`
		Act      string          `json:"act"`
		To       string          `json:"to,omitempty"`
		Reason   string          `json:"reason,omitempty"`
		Document string          `json:"document,omitempty"`
		How      string          `json:"how,omitempty"`
		Made     moment.Instant  `json:"made" format:"date-time"`
		Finished moment.Instant  `json:"finished,omitempty" format:"date-time" doc:"Left out while dossiers are left that nobody tried."`
		Undoable bool            `json:"undoable" doc:"Whether the law lets the act be taken back."`
		Done     int             `json:"done"`
		Failed   int             `json:"failed"`
		Left     int             `json:"left"`
		Undone   int             `json:"undone"`
		Items    []apiBulkResult `json:"items"`
	}
	bulkRunOutput struct {
		Location string `header:"Location"`
		Body     apiBulkRun
	}
	bulkRunsOutput struct {
		Body struct {
			Items []apiBulkRun `json:"items" doc:"One's own, the newest first, at most 30."`
		}
	}
	bulkRunInput struct {
		ID string `path:"id" maxLength:"60"`
	}
	bulkUndoInput struct {
		ID   string `path:"id" maxLength:"60"`
		Body struct {
			Reason string `json:"reason" minLength:"1" maxLength:"2000"`
		}
	}
)

func (b bulkBody) bulk(id string) *dossier.Bulk {
	out := &dossier.Bulk{ID: id, Act: dossier.BulkAct(b.Act), To: b.To, Reason: b.Reason, Document: b.Document, How: b.How}
	for _, x := range b.Items {
		out.Items = append(out.Items, dossier.BulkItem{Code: x.Code, Until: x.Until})
	}
	return out
}

func asBulkRun(ctx context.Context, r *dossier.BulkRun) apiBulkRun {
	out := apiBulkRun{ID: r.ID, Act: string(r.Act), To: r.To, Reason: r.Reason, Document: r.Document, How: r.How, Made: r.Made, Finished: r.Finished,
		Undoable: r.Act.Undone(), Items: []apiBulkResult{}}
	out.Done, out.Failed, out.Left, out.Undone = r.Counts()
	for _, x := range r.Results {
		y := apiBulkResult{Code: x.Code, Done: x.Done, Undone: x.Undone}
		if x.Problem != nil {
			y.Problem = faultText(ctx, x.Problem)
		}
		if x.UndoProblem != nil {
			y.UndoProblem = faultText(ctx, x.UndoProblem)
		}
		out.Items = append(out.Items, y)
	}
	return out
}

// registerBulk puts the operations on many dossiers at /api/v1/bulk.
func (p *API) registerBulk(a *api.API) {
	op := func(id, method, path, summary, text string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: "/api/v1/bulk" + path, Summary: summary, Description: text, Tags: []string{"dossiers"}}
	}
	preview := op("preview-bulk", http.MethodPost, "/preview", "See what would happen to many dossiers", "Each with what would happen or why it cannot. It changes nothing.")
	preview.Metadata = map[string]any{api.OwnKey: true}
	api.Handle(a, web.SignedIn, preview, p.bulkPreview)
	start := op("start-bulk", http.MethodPost, "", "Do one thing to many dossiers",
		"Each dossier by itself, with its own right and audit entry: what cannot be done is in the answer, and the rest is done.")
	start.DefaultStatus = http.StatusCreated
	api.Handle(a, web.SignedIn, start, p.bulkStart)
	api.Handle(a, web.SignedIn, op("list-bulk", http.MethodGet, "", "List one's own runs", ""), p.bulkList)
	api.Handle(a, web.SignedIn, op("get-bulk", http.MethodGet, "/{id}", "See a run", "One's own."), func(ctx context.Context, in *bulkRunInput) (*bulkRunOutput, error) {
		return p.bulkAnswer(ctx)(p.Desk.BulkRun(ctx, p.Desk.DB, api.Actor(ctx), in.ID))
	})
	api.Handle(a, web.SignedIn, op("continue-bulk", http.MethodPost, "/{id}/go-on", "Do what is left of a run", "Each dossier is still done once."),
		func(ctx context.Context, in *bulkRunInput) (*bulkRunOutput, error) {
			return p.bulkAnswer(ctx)(p.Desk.BulkGoOn(ctx, api.Actor(ctx), in.ID))
		})
	api.Handle(a, web.SignedIn, op("undo-bulk", http.MethodPost, "/{id}/undo", "Take a run back", "Where nothing has happened to the dossier since. An apology and a hand-over stay."),
		func(ctx context.Context, in *bulkUndoInput) (*bulkRunOutput, error) {
			return p.bulkAnswer(ctx)(p.Desk.BulkUndo(ctx, api.Actor(ctx), in.ID, in.Body.Reason))
		})
}

func (p *API) bulkAnswer(ctx context.Context) func(dossier.BulkRun, error) (*bulkRunOutput, error) {
	return func(r dossier.BulkRun, err error) (*bulkRunOutput, error) {
		if err != nil {
			return nil, err
		}
		return &bulkRunOutput{Body: asBulkRun(ctx, &r)}, nil
	}
}

func (p *API) bulkPreview(ctx context.Context, in *bulkInput) (*bulkPreviewOutput, error) {
	out := &bulkPreviewOutput{}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		out.Body.Items, out.Body.People = []apiBulkLine{}, []apiBulkPerson{}
		b := in.Body.bulk("")
		lines, people, err := p.Desk.BulkPreview(ctx, q, api.Actor(ctx), b)
		if err != nil {
			return err
		}
		now := p.Desk.DB.Now()
		for _, l := range lines {
			x := apiBulkLine{Dossier: asDossier(l.Dossier, now), Applicant: l.Applicant}
			switch {
			case l.Problem != nil:
				x.Problem = faultText(ctx, l.Problem)
			case b.Act == dossier.BulkForward:
				x.Next = l.Next.Name
			case b.Act == dossier.BulkReturn:
				x.How = l.How
			}
			out.Body.Items = append(out.Body.Items, x)
		}
		for _, x := range people {
			out.Body.People = append(out.Body.People, apiBulkPerson{x.Account, cmp.Or(x.Name, x.Account)})
		}
		return nil
	})
	return out, err
}

// bulkStart stores the run and does it. Cut off in between it is found by
// list-bulk and gone on with.
func (p *API) bulkStart(ctx context.Context, in *bulkInput) (*bulkRunOutput, error) {
	a, id := api.Actor(ctx), db.NewID()
	if err := p.Desk.BulkStart(ctx, a, *in.Body.bulk(id)); err != nil {
		return nil, err
	}
	out, err := p.bulkAnswer(ctx)(p.Desk.BulkGoOn(ctx, a, id))
	if err == nil {
		out.Location = "/api/v1/bulk/" + id
	}
	return out, err
}

func (p *API) bulkList(ctx context.Context, _ *struct{}) (*bulkRunsOutput, error) {
	runs, err := p.Desk.BulkRuns(ctx, p.Desk.DB, api.Actor(ctx))
	if err != nil {
		return nil, err
	}
	out := &bulkRunsOutput{}
	out.Body.Items = []apiBulkRun{}
	for i := range runs {
		out.Body.Items = append(out.Body.Items, asBulkRun(ctx, &runs[i]))
	}
	return out, nil
}
