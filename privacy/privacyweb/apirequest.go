package privacyweb

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"cchc/base/api"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/dossier"
	"cchc/privacy"
	"cchc/unit"
)

type (
	apiRequest struct {
		ID       string         `json:"id"`
		Number   string         `json:"number" example:"YC-0007/2026"`
		Unit     string         `json:"unit"`
		Kind     string         `json:"kind" enum:"access,correct,delete"`
		Code     string         `json:"code" doc:"Of the dossier by which the person is known."`
		Channel  string         `json:"channel" enum:"counter,public"`
		Name     string         `json:"name"`
		Contact  string         `json:"contact,omitempty"`
		Asks     string         `json:"asks,omitempty"`
		Received moment.Instant `json:"received" format:"date-time"`
		Due      moment.Instant `json:"due" format:"date-time" doc:"By working days of the unit."`
		Late     bool           `json:"late,omitempty"`
		Identity string         `json:"identity,omitempty" doc:"How it was made sure who asks."`
		Assigned string         `json:"assigned_to,omitempty"`
		Outcome  string         `json:"outcome,omitempty" enum:"granted,refused"`
		Answered moment.Instant `json:"answered,omitempty" format:"date-time"`
		Answer   string         `json:"answer,omitempty"`
		Basis    string         `json:"basis,omitempty" doc:"Legal reason of a refusal."`
	}
	requestsInput struct {
		Open  bool `query:"open" doc:"Only those that wait for an answer."`
		Limit int  `query:"limit" minimum:"1" maximum:"500" default:"100"`
	}
	requestsOutput struct {
		Body struct {
			Items []apiRequest `json:"items" doc:"The latest first."`
		}
	}
	requestOutput       struct{ Body apiRequest }
	receiveRequestInput struct {
		Body struct {
			Code     string `json:"code" minLength:"1" maxLength:"60"`
			Kind     string `json:"kind" enum:"access,correct,delete"`
			Name     string `json:"name" minLength:"1" maxLength:"200"`
			Contact  string `json:"contact,omitempty" maxLength:"200"`
			Asks     string `json:"asks,omitempty" maxLength:"2000" doc:"Needed to correct or erase."`
			Identity string `json:"identity,omitempty" maxLength:"300"`
		}
	}
	requestIDInput struct {
		ID string `path:"id" maxLength:"60"`
	}
	assignRequestInput struct {
		ID   string `path:"id" maxLength:"60"`
		Body struct {
			Account string `json:"account" minLength:"1" maxLength:"60"`
		}
	}
	identifyInput struct {
		ID   string `path:"id" maxLength:"60"`
		Body struct {
			Identity string `json:"identity" minLength:"1" maxLength:"300" doc:"Without numbers."`
		}
	}
	answerRequestInput struct {
		ID   string `path:"id" maxLength:"60"`
		Body struct {
			Outcome  string   `json:"outcome" enum:"granted,refused"`
			Answer   string   `json:"answer" minLength:"1" maxLength:"2000"`
			Basis    string   `json:"basis,omitempty" maxLength:"500" doc:"Needed to refuse."`
			ToName   string   `json:"to_name,omitempty" maxLength:"200" doc:"Of a granted correction; so the next four."`
			IDNumber string   `json:"to_id_number,omitempty" maxLength:"20"`
			Phone    string   `json:"to_phone,omitempty" maxLength:"20"`
			Email    string   `json:"to_email,omitempty" maxLength:"200"`
			Address  string   `json:"to_address,omitempty" maxLength:"500"`
			Codes    []string `json:"codes,omitempty" maxItems:"1000" doc:"Of a granted erasure: the dossiers that preview-erasure showed without a problem."`
		}
	}
	dataOutput struct {
		Cache string `header:"Cache-Control"`
		Body  privacy.Data
	}
	apiProposal struct {
		ID       string         `json:"id"`
		Unit     string         `json:"unit"`
		At       moment.Instant `json:"at" format:"date-time"`
		State    string         `json:"state" enum:"proposed,refused,approved,done"`
		Dossiers int            `json:"dossiers"`
		Document string         `json:"document,omitempty"`
		Reason   string         `json:"reason,omitempty"`
		Decided  moment.Instant `json:"decided,omitempty" format:"date-time"`
		Done     moment.Instant `json:"done,omitempty" format:"date-time"`
		Erased   int            `json:"erased,omitempty"`
	}
	proposalsOutput struct {
		Body struct {
			Items []apiProposal `json:"items"`
		}
	}
	proposeInput struct {
		Body struct {
			Unit string `json:"unit" minLength:"1" maxLength:"60" doc:"Id or agency code."`
		}
	}
	proposedOutput struct {
		Body struct {
			ID string `json:"id"`
		}
	}
	decideInput struct {
		ID   string `path:"id" maxLength:"60"`
		Body struct {
			Approve  bool   `json:"approve"`
			Document string `json:"document,omitempty" maxLength:"200" doc:"Number and day of the decision; needed to approve."`
			Reason   string `json:"reason,omitempty" maxLength:"300" doc:"Needed to refuse."`
		}
	}
	keepFieldInput struct {
		Body struct {
			Unit   string `json:"unit" minLength:"1" maxLength:"60" doc:"Id or agency code."`
			Sector string `json:"sector" minLength:"1" maxLength:"200"`
			Months int    `json:"months" minimum:"-1" maximum:"1200" doc:"-1: the field's own period is taken back."`
			Basis  string `json:"basis" minLength:"1" maxLength:"300"`
		}
	}
	holdInput struct {
		Code string `path:"code" maxLength:"60"`
		Body struct {
			Reason   string `json:"reason" minLength:"1" maxLength:"300"`
			Document string `json:"document" minLength:"1" maxLength:"200"`
		}
	}
	endHoldInput struct {
		ID   string `path:"id" maxLength:"60"`
		Body struct {
			Reason string `json:"reason" minLength:"1" maxLength:"300"`
		}
	}
	doneOutput struct {
		Body struct {
			Done bool `json:"done"`
		}
	}
)

func done(err error) (*doneOutput, error) {
	if err != nil {
		return nil, err
	}
	out := &doneOutput{}
	out.Body.Done = true
	return out, nil
}

func (p *API) asRequest(x privacy.Request) apiRequest {
	return apiRequest{ID: x.ID, Number: x.Label(), Unit: string(x.Unit), Kind: x.Kind, Code: x.Code, Channel: x.Channel, Name: x.Name, Contact: x.Contact, Asks: x.Asks,
		Received: x.Received, Due: x.Due, Late: x.Late(p.Desk.DB.Now()), Identity: x.Identity, Assigned: x.Assigned, Outcome: x.Outcome, Answered: x.Answered, Answer: x.Answer, Basis: x.Basis}
}

// after answers a verb with the request as it is now.
func (p *API) after(ctx context.Context, id string, err error) (*requestOutput, error) {
	if err != nil {
		return nil, err
	}
	x, err := p.Desk.Request(ctx, p.Desk.DB, api.Actor(ctx), id)
	return &requestOutput{Body: p.asRequest(x)}, err
}

func (p *API) unit(ctx context.Context, s string) (unit.ID, error) {
	tree, err := p.Desk.Units.Today(ctx, p.Desk.DB.Lately())
	if err != nil {
		return "", err
	}
	if u, ok := tree.ByCode(s); ok {
		return u.ID, nil
	}
	return unit.ID(s), nil
}

func (p *API) registerRequests(a *api.API) {
	const base = "/data-requests"
	api.Handle(a, web.SignedIn, operation("list-data-requests", http.MethodGet, base, "List requests of data subjects", ""), func(ctx context.Context, in *requestsInput) (*requestsOutput, error) {
		list, err := p.Desk.Requests(ctx, p.Desk.DB.Lately(), api.Actor(ctx), in.Open, in.Limit)
		out := &requestsOutput{}
		out.Body.Items = []apiRequest{}
		for _, x := range list {
			out.Body.Items = append(out.Body.Items, p.asRequest(x))
		}
		return out, err
	})
	api.Handle(a, web.SignedIn, operation("receive-data-request", http.MethodPost, base, "Register a request of a data subject", "It gets a number and a due date."), func(ctx context.Context, in *receiveRequestInput) (*requestOutput, error) {
		b := in.Body
		x, err := p.Desk.Receive(ctx, api.Actor(ctx), privacy.New{Code: b.Code, Kind: b.Kind, Name: b.Name, Contact: b.Contact, Asks: b.Asks, Identity: b.Identity})
		if err != nil {
			return nil, err
		}
		return &requestOutput{Body: p.asRequest(x)}, nil
	})
	api.Handle(a, web.SignedIn, operation("get-data-request", http.MethodGet, base+"/{id}", "See a request of a data subject", ""), func(ctx context.Context, in *requestIDInput) (*requestOutput, error) {
		return p.after(ctx, in.ID, nil)
	})
	api.Handle(a, web.SignedIn, operation("assign-data-request", http.MethodPost, base+"/{id}/assign", "Assign a request", ""), func(ctx context.Context, in *assignRequestInput) (*requestOutput, error) {
		return p.after(ctx, in.ID, p.Desk.Assign(ctx, api.Actor(ctx), in.ID, in.Body.Account))
	})
	api.Handle(a, web.SignedIn, operation("identify-data-request", http.MethodPost, base+"/{id}/identify", "Note how who asks was identified", ""), func(ctx context.Context, in *identifyInput) (*requestOutput, error) {
		return p.after(ctx, in.ID, p.Desk.Identify(ctx, api.Actor(ctx), in.ID, in.Body.Identity))
	})
	api.Handle(a, web.SignedIn, operation("answer-data-request", http.MethodPost, base+"/{id}/answer", "Answer a request", "What is granted is done in the same write, with its own rights and rules."), func(ctx context.Context, in *answerRequestInput) (*requestOutput, error) {
		b := in.Body
		return p.after(ctx, in.ID, p.Desk.Answer(ctx, api.Actor(ctx), in.ID, privacy.Answer{Granted: b.Outcome == "granted", Text: b.Answer, Basis: b.Basis, Codes: b.Codes,
			Correction: map[string]string{"name": b.ToName, "id_number": b.IDNumber, "phone": b.Phone, "email": b.Email, "address": b.Address}}))
	})
	data := operation("open-data-request", http.MethodPost, base+"/{id}/data", "Get everything held about the person", "Of a request for access. Who opened it is noted first, at each dossier; the answer is not kept for its Idempotency-Key.")
	data.Metadata = map[string]any{api.OwnKey: true}
	api.Handle(a, web.SignedIn, data, func(ctx context.Context, in *requestIDInput) (*dataOutput, error) {
		d, _, err := p.Desk.OpenData(ctx, api.Actor(ctx), in.ID, "json")
		if err != nil {
			return nil, err
		}
		return &dataOutput{Cache: "no-store", Body: d}, nil
	})
}

func (p *API) registerRetention(a *api.API) {
	op := func(id, method, path, summary, text string) huma.Operation {
		return operation(id, method, path, summary, text)
	}
	api.Handle(a, web.SignedIn, op("list-retention-proposals", http.MethodGet, "/retention", "List proposals to erase what is over", ""), func(ctx context.Context, _ *struct{}) (*proposalsOutput, error) {
		list, err := p.Desk.Proposals(ctx, p.Desk.DB.Lately(), api.Actor(ctx))
		out := &proposalsOutput{}
		out.Body.Items = []apiProposal{}
		for _, x := range list {
			out.Body.Items = append(out.Body.Items, apiProposal{x.ID, string(x.Unit), x.At, x.State, x.Count, x.Document, x.Reason, x.Decided, x.Done, x.Erased})
		}
		return out, err
	})
	api.Handle(a, web.SignedIn, op("propose-retention", http.MethodPost, "/retention", "Propose to erase what is over in a unit", "Nothing is erased before it is approved."), func(ctx context.Context, in *proposeInput) (*proposedOutput, error) {
		u, err := p.unit(ctx, in.Body.Unit)
		if err != nil {
			return nil, err
		}
		out := &proposedOutput{}
		out.Body.ID, err = p.Desk.Propose(ctx, api.Actor(ctx), u)
		return out, err
	})
	api.Handle(a, web.SignedIn, op("decide-retention", http.MethodPost, "/retention/{id}", "Approve or refuse a proposal", "Who proposed does not approve."), func(ctx context.Context, in *decideInput) (*doneOutput, error) {
		return done(p.Desk.Decide(ctx, api.Actor(ctx), in.ID, in.Body.Approve, in.Body.Document, in.Body.Reason))
	})
	api.Handle(a, web.SignedIn, op("set-retention-field", http.MethodPost, "/retention-fields", "Set how long the dossiers of a field are kept", ""), func(ctx context.Context, in *keepFieldInput) (*doneOutput, error) {
		u, err := p.unit(ctx, in.Body.Unit)
		if err != nil {
			return nil, err
		}
		return done(p.Dossiers.SetKeep(ctx, api.Actor(ctx), dossier.Keep{Unit: u, Sector: in.Body.Sector, Months: in.Body.Months, Basis: in.Body.Basis}))
	})
	api.Handle(a, web.SignedIn, op("hold-dossier", http.MethodPost, "/dossiers/{code}/hold", "Hold a dossier's data", "Under inspection, complaint or dispute nothing is erased."), func(ctx context.Context, in *holdInput) (*proposedOutput, error) {
		out := &proposedOutput{}
		var err error
		out.Body.ID, err = p.Dossiers.HoldDossier(ctx, api.Actor(ctx), in.Code, in.Body.Reason, in.Body.Document)
		return out, err
	})
	api.Handle(a, web.SignedIn, op("end-hold", http.MethodPost, "/holds/{id}/end", "End a hold", ""), func(ctx context.Context, in *endHoldInput) (*doneOutput, error) {
		return done(p.Dossiers.EndHold(ctx, api.Actor(ctx), in.ID, in.Body.Reason))
	})
}
