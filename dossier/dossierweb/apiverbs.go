package dossierweb

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"cchc/base/api"
	"cchc/base/auth"
	"cchc/base/fault"
	"cchc/base/file"
	"cchc/base/look"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/calendar"
	"cchc/dossier"
)

// What the verbs take. A body of its own for each: what an operation does not use
// it does not accept.
type (
	atBody struct {
		At moment.Instant `json:"at,omitempty" format:"date-time" doc:"When it happened; now when left out."`
	}
	reasonBody struct {
		Reason string `json:"reason" minLength:"1" maxLength:"2000"`
	}
	documentBody struct {
		Reason   string `json:"reason" minLength:"1" maxLength:"2000"`
		Document string `json:"document,omitempty" maxLength:"200" doc:"Number and date of the form or notice."`
	}
	obligeBody struct {
		Reason   string         `json:"reason" minLength:"1" maxLength:"2000"`
		Document string         `json:"document,omitempty" maxLength:"200"`
		By       moment.Instant `json:"by,omitempty" format:"date-time" doc:"By when the applicant must answer."`
		At       moment.Instant `json:"at,omitempty" format:"date-time"`
	}
	pauseBody struct {
		Reason   string         `json:"reason" minLength:"1" maxLength:"2000"`
		Document string         `json:"document,omitempty" maxLength:"200"`
		As       string         `json:"as,omitempty" enum:"pause,reset" doc:"What it does to the clock; pause when left out."`
		At       moment.Instant `json:"at,omitempty" format:"date-time"`
	}
	extendBody struct {
		Quantity calendar.Quantity `json:"quantity" type:"string" maxLength:"20" example:"2.5" doc:"How much more, in the unit of the dossier's limit."`
		Reason   string            `json:"reason" minLength:"1" maxLength:"2000"`
		Document string            `json:"document" minLength:"1" maxLength:"200" doc:"The legal basis."`
	}
	consultBody struct {
		Body   string         `json:"body" minLength:"1" maxLength:"200" doc:"Who is asked."`
		Name   string         `json:"name" minLength:"1" maxLength:"200" doc:"For what."`
		By     moment.Instant `json:"by,omitempty" format:"date-time" doc:"Its own deadline."`
		Reason string         `json:"reason,omitempty" maxLength:"2000"`
	}
	answerBody struct {
		Step   int    `json:"step" minimum:"1" maximum:"10000" doc:"Number of the consultation among the steps."`
		Answer string `json:"answer,omitempty" maxLength:"2000"`
	}
	refuseBody struct {
		Reason     string         `json:"reason" minLength:"1" maxLength:"2000"`
		Document   string         `json:"document,omitempty" maxLength:"200"`
		Electronic bool           `json:"electronic,omitempty"`
		At         moment.Instant `json:"at,omitempty" format:"date-time"`
	}
	withdrawBody struct {
		Reason string `json:"reason,omitempty" maxLength:"2000"`
	}
	correctBody struct {
		Fact   int    `json:"fact" minimum:"1" maximum:"1000000" doc:"Number of the fact that was entered by mistake."`
		Reason string `json:"reason" minLength:"1" maxLength:"2000"`
	}
	payBody struct {
		Amount   int64          `json:"amount" minimum:"1" maximum:"1000000000000" doc:"In đồng."`
		Channel  string         `json:"channel" enum:"national,province,cash"`
		Document string         `json:"document,omitempty" maxLength:"200"`
		At       moment.Instant `json:"at,omitempty" format:"date-time"`
	}
	paperBody struct {
		Number int    `json:"number,omitempty" minimum:"0" maximum:"10000" doc:"Of a paper that is known already; a new one when left out."`
		Name   string `json:"name" minLength:"1" maxLength:"500"`
		Source string `json:"source" enum:"paper,scanned,reused,national_store"`
		Result bool   `json:"result,omitempty" doc:"It is the dossier's result."`
		Signed bool   `json:"signed,omitempty"`
		File   []byte `json:"file,omitempty" doc:"The scan, in base64. Its type is found in its content."`
		Called string `json:"file_name,omitempty" maxLength:"200"`
	}
	assignBody struct {
		Account string `json:"account" minLength:"1" maxLength:"60" doc:"Whose the current step becomes; somebody who holds its role there."`
		Note    string `json:"note,omitempty" maxLength:"1000"`
	}
	keepBody struct {
		Name  string `json:"name" minLength:"1" maxLength:"300"`
		Place string `json:"place,omitempty" maxLength:"200" doc:"Where it lies."`
	}
	contactBody struct {
		How  string `json:"how" enum:"phone,message,letter,visit"`
		Note string `json:"note,omitempty" maxLength:"500"`
	}
	emptyBody struct{}
)

// verbInput is a verb's code and body.
type verbInput[B any] struct {
	Code string `path:"code" maxLength:"60" doc:"The dossier's code."`
	Body B
}

// verb registers POST /dossiers/{code}/path.
func verb[B any](a *api.API, p *API, id, path, summary, text string, do func(ctx context.Context, code string, b B) error) {
	api.Handle(a, web.SignedIn, huma.Operation{OperationID: id, Method: http.MethodPost, Path: "/api/v1/dossiers/{code}/" + path,
		Summary: summary, Description: text, Tags: []string{"dossiers"}},
		func(ctx context.Context, in *verbInput[B]) (*dossierOutput, error) {
			return p.after(ctx, in.Code, do(ctx, in.Code, in.Body))
		})
}

// registerVerbs puts the verbs that pages have at /api/v1/dossiers/{code}.
func (p *API) registerVerbs(a *api.API) {
	k := p.Desk
	verb(a, p, "accept-dossier", "accept", "Accept what arrived (2)", "The clock starts.", func(ctx context.Context, code string, b atBody) error {
		return k.Accept(ctx, api.Actor(ctx), code, b.At)
	})
	verb(a, p, "decline-dossier", "decline", "Not accept what arrived (3, form 03)", "The clock never started.", func(ctx context.Context, code string, b reasonBody) error {
		return k.Decline(ctx, api.Actor(ctx), code, b.Reason)
	})
	verb(a, p, "ask-obligation", "oblige", "Ask for a financial obligation (6)", "The clock is paused until it is met.", func(ctx context.Context, code string, b obligeBody) error {
		return k.Oblige(ctx, api.Actor(ctx), code, dossier.Ask{Reason: b.Reason, Document: b.Document, SupplyBy: b.By, At: b.At})
	})
	verb(a, p, "meet-obligation", "discharge", "The financial obligation was met", "The clock goes on.", func(ctx context.Context, code string, b atBody) error {
		return k.Discharge(ctx, api.Actor(ctx), code, b.At)
	})
	verb(a, p, "pay", "payments", "Record money received", "When the clock waited for it, it goes on.", func(ctx context.Context, code string, b payBody) error {
		return k.Pay(ctx, api.Actor(ctx), code, dossier.Payment{Amount: b.Amount, Channel: b.Channel, Document: b.Document, At: b.At})
	})
	verb(a, p, "pause-dossier", "pause", "Stop the clock", "For what the procedure allows: a survey in the field, an outside opinion, force majeure.", func(ctx context.Context, code string, b pauseBody) error {
		return k.Pause(ctx, api.Actor(ctx), code, dossier.Ask{Reason: b.Reason, Document: b.Document, As: calendar.StopKind(b.As), At: b.At})
	})
	verb(a, p, "resume-dossier", "resume", "Let the clock go on", "", func(ctx context.Context, code string, b atBody) error {
		return k.Resume(ctx, api.Actor(ctx), code, b.At)
	})
	verb(a, p, "extend-dossier", "extend", "Give more time", "With its legal basis.", func(ctx context.Context, code string, b extendBody) error {
		return k.Extend(ctx, api.Actor(ctx), code, b.Quantity, b.Reason, b.Document)
	})
	verb(a, p, "claim-step", "claim", "Take the current step", "", func(ctx context.Context, code string, _ emptyBody) error {
		return k.Claim(ctx, api.Actor(ctx), code)
	})
	verb(a, p, "assign-step", "assign", "Give the current step to a person", "What somebody else has is given to another by a chairperson only.", func(ctx context.Context, code string, b assignBody) error {
		return k.Allot(ctx, api.Actor(ctx), code, b.Account, b.Note)
	})
	verb(a, p, "send-back", "send-back", "Give it back to the step before", "", func(ctx context.Context, code string, b reasonBody) error {
		return k.SendBack(ctx, api.Actor(ctx), code, b.Reason)
	})
	verb(a, p, "consult", "consult", "Ask another body", "Beside the current step; the promise to the citizen stays.", func(ctx context.Context, code string, b consultBody) error {
		return k.Consult(ctx, api.Actor(ctx), code, dossier.Consultation{Body: b.Body, Name: b.Name, By: b.By, Reason: b.Reason})
	})
	verb(a, p, "answer-consultation", "answer", "A body that was asked answered", "", func(ctx context.Context, code string, b answerBody) error {
		return k.Answer(ctx, api.Actor(ctx), code, b.Step, b.Answer)
	})
	verb(a, p, "refuse-dossier", "refuse", "Refuse (9, form 03)", "A refusal is a result, and must come inside the limit.", func(ctx context.Context, code string, b refuseBody) error {
		return k.Refuse(ctx, api.Actor(ctx), code, b.Reason, dossier.Result{At: b.At, Electronic: b.Electronic, Document: b.Document})
	})
	verb(a, p, "stop-dossier", "stop", "Stop (8, form 05)", "", func(ctx context.Context, code string, b documentBody) error {
		return k.Stop(ctx, api.Actor(ctx), code, b.Reason, b.Document)
	})
	verb(a, p, "ask-withdrawal", "withdraw", "The applicant wants it back (7)", "The clock runs until it is confirmed.", func(ctx context.Context, code string, b withdrawBody) error {
		return k.AskWithdrawal(ctx, api.Actor(ctx), code, b.Reason)
	})
	verb(a, p, "confirm-withdrawal", "withdraw/confirm", "Confirm the withdrawal (8)", "", func(ctx context.Context, code string, _ emptyBody) error {
		return k.ConfirmWithdrawal(ctx, api.Actor(ctx), code)
	})
	verb(a, p, "decline-withdrawal", "withdraw/decline", "The dossier goes on after all", "", func(ctx context.Context, code string, b reasonBody) error {
		return k.DeclineWithdrawal(ctx, api.Actor(ctx), code, b.Reason)
	})
	verb(a, p, "correct-fact", "correct", "Take back a fact entered by mistake", "The fact stays readable; all figures are computed anew.", func(ctx context.Context, code string, b correctBody) error {
		return k.Correct(ctx, api.Actor(ctx), code, b.Fact, b.Reason)
	})
	verb(a, p, "complain", "complaints", "Record a complaint", "", func(ctx context.Context, code string, b documentBody) error {
		return k.Complain(ctx, api.Actor(ctx), code, b.Reason, b.Document)
	})
	verb(a, p, "reverse-complaint", "complaints/reverse", "A complaint was disproved", "", func(ctx context.Context, code string, b documentBody) error {
		return k.Reverse(ctx, api.Actor(ctx), code, b.Reason, b.Document)
	})
	verb(a, p, "void-receipt", "void", "Say that it was received by mistake", "All facts stay readable and count for nothing; the code is never given again.", func(ctx context.Context, code string, b reasonBody) error {
		return k.VoidReceipt(ctx, api.Actor(ctx), code, b.Reason)
	})
	verb(a, p, "keep-original", "originals", "Note an original that the office keeps", "", func(ctx context.Context, code string, b keepBody) error {
		return k.KeepOriginal(ctx, api.Actor(ctx), code, b.Name, b.Place)
	})
	verb(a, p, "contact-applicant", "contacts", "Note an attempt to reach the applicant", "Whose result lies ready.", func(ctx context.Context, code string, b contactBody) error {
		return k.Contact(ctx, api.Actor(ctx), code, b.How, b.Note)
	})
	api.Handle(a, web.SignedIn, huma.Operation{OperationID: "read-person", Method: http.MethodPost, Path: "/api/v1/dossiers/{code}/person",
		Summary: "Read the applicant's data unmasked", Description: "Who read it, when and why goes to the trail first. The answer is not kept for its Idempotency-Key.",
		Tags: []string{"dossiers"}, Metadata: map[string]any{api.OwnKey: true}},
		func(ctx context.Context, in *verbInput[PurposeBody]) (*personOutput, error) {
			x, err := k.ReadPerson(ctx, api.Actor(ctx), in.Code, look.Reason{Code: in.Body.Purpose, Note: in.Body.Note})
			if err != nil {
				return nil, err
			}
			return &personOutput{Cache: "no-store", Body: asPerson(x)}, nil
		})
	p.registerPapers(a)
}

// PurposeBody says for what numbers are opened.
type PurposeBody struct {
	Purpose string `json:"purpose" minLength:"1" maxLength:"40" example:"contact" doc:"One of list-purposes."`
	Note    string `json:"purpose_note,omitempty" maxLength:"300" doc:"In words; needed for the purpose other. Without a person in it: it stays."`
}

type personOutput struct {
	Cache string `header:"Cache-Control"`
	Body  apiApplicant
}

// paperLimit is the most that a request with a scan may weigh: base64 makes it a
// third more.
const paperLimit = 28 << 20

func (p *API) registerPapers(a *api.API) {
	api.Handle(a, web.SignedIn, huma.Operation{OperationID: "add-paper", Method: http.MethodPost, Path: "/api/v1/dossiers/{code}/papers",
		Summary: "Add a paper, or its scan", Description: "Scans are PDF, JPEG, PNG; results may be office documents too.", Tags: []string{"dossiers"}, MaxBodyBytes: paperLimit},
		func(ctx context.Context, in *verbInput[paperBody]) (*dossierOutput, error) {
			return p.after(ctx, in.Code, p.addPaper(ctx, in.Code, in.Body))
		})
	var types []string
	for _, t := range file.Types {
		types = append(types, t.MIME)
	}
	api.Handle(a, web.SignedIn, api.Gives(huma.Operation{OperationID: "get-paper", Method: http.MethodGet, Path: "/api/v1/dossiers/{code}/papers/{number}", Errors: []int{http.StatusConflict},
		Summary: "Download a scan", Description: "Who opened it, and for what, is told in the trail: scans of identity papers are sensitive personal data. Of a dossier that is not on the account's hands say for what first (open-papers); 409 otherwise.", Tags: []string{"dossiers"}}, "The scan", types...),
		p.getPaper)
	api.Handle(a, web.SignedIn, huma.Operation{OperationID: "open-papers", Method: http.MethodPost, Path: "/api/v1/dossiers/{code}/papers/purpose",
		Summary: "Say for what scans are opened", Description: "For half an hour this token opens the scans of the dossier then; each is noted with the purpose. Who has the dossier on their hands needs none.", Tags: []string{"dossiers"}},
		p.tellPurpose)
}

func (p *API) addPaper(ctx context.Context, code string, b paperBody) error {
	a := api.Actor(ctx)
	// The right is checked before a byte is stored.
	w, err := p.Desk.ByCode(ctx, p.Desk.DB, a, code)
	if err != nil {
		return err
	}
	if err := p.Desk.Guard.Check(ctx, p.Desk.DB, a, auth.DossierProcess, w.State.Unit); err != nil {
		return err
	}
	x := dossier.Paper{Ord: b.Number, Name: b.Name, Source: b.Source, Result: b.Result, Signed: b.Signed}
	for _, old := range w.Papers {
		if old.Ord == b.Number {
			x.Result, x.FileKey, x.FileName, x.FileSize, x.FileType = old.Result, old.FileKey, old.FileName, old.FileSize, old.FileType
		}
	}
	if len(b.File) > 0 {
		if p.Files == nil {
			return fault.New(fault.Unavailable, "dossierweb.paper.no_store")
		}
		limits := file.Limits{Types: file.Scans}
		if x.Result {
			limits.Types = nil
		}
		info, err := p.Files.Put(ctx, bytes.NewReader(b.File), limits)
		if f := fault.As(err); f != nil {
			return fault.New(fault.Invalid, "web.form.invalid").With("file", f.Key, f.Args...)
		}
		if err != nil {
			return err
		}
		x.FileKey, x.FileSize, x.FileType, x.FileName = info.Key, info.Size, info.Type.MIME, file.Name(b.Called, info.Type)
	}
	return p.Desk.AddPaper(ctx, a, code, x)
}

type paperInput struct {
	Code   string `path:"code" maxLength:"60"`
	Number int    `path:"number" minimum:"1" maximum:"10000"`
}

func (p *API) getPaper(ctx context.Context, in *paperInput) (*huma.StreamResponse, error) {
	_, scan, err := openScan(ctx, p.Desk, p.Files, api.Actor(ctx), in.Code, in.Number)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		defer scan.Content.Close()
		web.Handed{Name: in.Code + "-" + strconv.Itoa(in.Number) + scan.Ext, Type: scan.Type, Size: scan.Size}.Headers(c.SetHeader)
		io.Copy(c.BodyWriter(), scan.Content) // what breaks off the reader notices by the length
	}}, nil
}

type openingOutput struct {
	Body struct {
		Until moment.Instant `json:"until" doc:"Until then this token opens the dossier's scans."`
	}
}

func (p *API) tellPurpose(ctx context.Context, in *verbInput[PurposeBody]) (*openingOutput, error) {
	o, err := p.Desk.TellPurpose(ctx, api.Actor(ctx), in.Code, look.Reason{Code: in.Body.Purpose, Note: in.Body.Note})
	if err != nil {
		return nil, err
	}
	out := &openingOutput{}
	out.Body.Until = o.Until
	return out, nil
}
