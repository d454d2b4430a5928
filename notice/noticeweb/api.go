package noticeweb

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"cchc/base/api"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/notice"
)

// API is the door for programs to notices: what they are written with, what was
// sent, and what the applicant of a dossier wants. A person's own notices are read
// on their pages.
type API struct {
	Book     *notice.Book
	Dossiers Dossiers
}

type (
	// TemplateKey says which.
	TemplateKey struct {
		Event   string `path:"event" maxLength:"40" example:"received"`
		Channel string `path:"channel" enum:"app,email,sms,zalo" example:"email"`
		Lang    string `path:"lang" enum:"vi,en"`
	}
	// TemplateItem is what an event is told with.
	TemplateItem struct {
		Event   string         `json:"event"`
		Channel string         `json:"channel"`
		Lang    string         `json:"lang"`
		Version int64          `json:"version" doc:"0 is the product's own."`
		Subject string         `json:"subject,omitempty"`
		Body    string         `json:"body" doc:"Fields stand in double braces: {{code}}."`
		Fields  []string       `json:"fields" doc:"The fields that it may use."`
		At      moment.Instant `json:"at,omitempty" format:"date-time"`
		Account string         `json:"account,omitempty" doc:"Who changed it."`
	}
	templatesOutput struct {
		Body struct {
			Items []TemplateItem `json:"items" doc:"All there are, by event, channel and language."`
		}
	}
	templateOutput struct {
		Body struct {
			TemplateItem
			Versions []TemplateItem `json:"versions" doc:"Those that people made, the latest first; one without a text went back to the product's own."`
		}
	}
	saveTemplateInput struct {
		TemplateKey
		Body struct {
			Subject string `json:"subject,omitempty" maxLength:"1000" doc:"Of letters only."`
			Text    string `json:"body" minLength:"1" maxLength:"10000"`
			Seen    int64  `json:"version" minimum:"0" doc:"The version that was changed: another one since is a conflict."`
		}
	}
	previewTemplateInput struct {
		TemplateKey
		Body struct {
			Subject string `json:"subject,omitempty" maxLength:"1000"`
			Text    string `json:"body" minLength:"1" maxLength:"10000"`
		}
	}
	restoreTemplateInput struct {
		TemplateKey
		Body struct {
			Seen int64 `json:"version" minimum:"0" doc:"The version that is given up."`
		}
	}
	previewOutput struct {
		Body struct {
			Subject string `json:"subject,omitempty"`
			Text    string `json:"body" doc:"For a dossier that is made up."`
		}
	}
	logInput struct {
		State   string `query:"state" enum:"waiting,dead,sent,stopped"`
		Channel string `query:"channel" enum:"email,sms,zalo"`
		Event   string `query:"event" maxLength:"40"`
		Code    string `query:"code" maxLength:"60" doc:"Of one dossier."`
		Cursor  string `query:"cursor" maxLength:"60" doc:"next of the page before."`
	}
	apiMessage struct {
		ID       string         `json:"id"`
		Event    string         `json:"event"`
		Channel  string         `json:"channel"`
		To       string         `json:"to" doc:"Masked."`
		Account  string         `json:"account,omitempty" doc:"Of an officer; left out for the applicant."`
		Code     string         `json:"code,omitempty" doc:"Of the dossier."`
		At       moment.Instant `json:"at" format:"date-time"`
		State    string         `json:"state" enum:"waiting,dead,sent,stopped"`
		Attempts int            `json:"attempts"`
		Next     moment.Instant `json:"next,omitempty" format:"date-time" doc:"When it is tried again, while it waits."`
		Via      string         `json:"via,omitempty"`
		Answer   string         `json:"answer,omitempty" doc:"To the last try."`
		Done     moment.Instant `json:"done,omitempty" format:"date-time"`
	}
	logOutput struct {
		Link string `header:"Link" doc:"The next page, rel=\"next\"."`
		Body struct {
			Items []apiMessage `json:"items" doc:"The newest first, 50 a page."`
			Next  string       `json:"next,omitempty"`
		}
	}
	againInput struct {
		Body struct {
			ID string `json:"id,omitempty" maxLength:"60" doc:"One message; all that were given up when left out."`
		}
	}
	ofDossierInput struct {
		Code string `path:"code" maxLength:"60"`
	}
	sayInput struct {
		Code string `path:"code" maxLength:"60"`
		Body struct {
			Email bool `json:"email"`
			SMS   bool `json:"sms"`
			Zalo  bool `json:"zalo"`
		}
	}
	ofDossierOutput struct {
		Body struct {
			Wanted map[string]bool `json:"wanted" doc:"By channel; one of which nothing was said is left out."`
			Items  []apiMessage    `json:"items" doc:"What the applicant was told, the newest first, at most 100."`
		}
	}
)

func asTemplate(t notice.Template) TemplateItem {
	out := TemplateItem{Event: t.Event, Channel: t.Channel, Lang: t.Lang, Version: t.Version, Subject: t.Subject, Body: t.Body, Fields: []string{}, At: t.At, Account: t.Account}
	if e, ok := notice.EventOf(t.Event); ok {
		out.Fields = append(out.Fields, e.Fields...)
	}
	return out
}

func asMessage(x notice.Item) apiMessage {
	out := apiMessage{ID: x.ID, Event: x.Event, Channel: x.Channel, To: x.Masked, Account: x.Account, Code: x.Code, At: x.At, State: x.State, Attempts: x.Attempts,
		Via: x.Via, Answer: x.Answer, Done: x.Done}
	if x.State == "waiting" {
		out.Next = x.Next
	}
	return out
}

// Register puts the operations at /api/v1/notices and at the dossier's notices.
func (p *API) Register(a *api.API) {
	op := func(id, method, path, summary, text string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: "/api/v1" + path, Summary: summary, Description: text, Tags: []string{"notices"}}
	}
	const one = "/notices/templates/{event}/{channel}/{lang}"
	api.Handle(a, web.SignedIn, op("list-notice-templates", http.MethodGet, "/notices/templates", "List the templates of notices", "Those that hold."), p.templates)
	api.Handle(a, web.SignedIn, op("get-notice-template", http.MethodGet, one, "See a template of notices", "With what it was before."), p.template)
	api.Handle(a, web.SignedIn, op("change-notice-template", http.MethodPost, one, "Change a template of notices", "It holds from the next notice on."),
		func(ctx context.Context, in *saveTemplateInput) (*templateOutput, error) {
			t := notice.Template{Event: in.Event, Channel: in.Channel, Lang: in.Lang, Subject: in.Body.Subject, Body: in.Body.Text}
			if err := t.Validate(); err != nil {
				return nil, err
			}
			return p.after(ctx, in.TemplateKey, p.Book.Save(ctx, api.Actor(ctx), t, in.Body.Seen))
		})
	preview := op("preview-notice-template", http.MethodPost, one+"/preview", "See what a notice would look like", "It changes nothing.")
	preview.Metadata = map[string]any{api.OwnKey: true}
	api.Handle(a, web.SignedIn, preview, func(ctx context.Context, in *previewTemplateInput) (*previewOutput, error) {
		text, err := p.Book.Preview(ctx, api.Actor(ctx), notice.Template{Event: in.Event, Channel: in.Channel, Lang: in.Lang, Subject: in.Body.Subject, Body: in.Body.Text})
		out := &previewOutput{}
		out.Body.Subject, out.Body.Text = text.Subject, text.Body
		return out, err
	})
	api.Handle(a, web.SignedIn, op("restore-notice-template", http.MethodPost, one+"/restore", "Go back to the product's own template", ""),
		func(ctx context.Context, in *restoreTemplateInput) (*templateOutput, error) {
			t := notice.Template{Event: in.Event, Channel: in.Channel, Lang: in.Lang}
			return p.after(ctx, in.TemplateKey, p.Book.Save(ctx, api.Actor(ctx), t, in.Body.Seen))
		})
	api.Handle(a, web.SignedIn, op("list-notices-sent", http.MethodGet, "/notices/log", "See what was sent, waits, or failed", "Without what it says; addresses are masked."), p.log)
	again := op("send-notices-again", http.MethodPost, "/notices/log/again", "Send again what failed", "")
	again.DefaultStatus = http.StatusNoContent
	api.Handle(a, web.SignedIn, again, func(ctx context.Context, in *againInput) (*struct{}, error) {
		return nil, p.Book.Again(ctx, api.Actor(ctx), in.Body.ID)
	})
	api.Handle(a, web.SignedIn, op("get-dossier-notices", http.MethodGet, "/dossiers/{code}/notices", "See what a dossier's applicant was told", "And by which ways they want to be told."), p.ofDossier)
	api.Handle(a, web.SignedIn, op("set-dossier-notices", http.MethodPost, "/dossiers/{code}/notices", "Note by which ways the applicant wants to be told", ""),
		func(ctx context.Context, in *sayInput) (*ofDossierOutput, error) {
			id, u, err := p.Dossiers.ByCode(ctx, in.Code)
			if err != nil {
				return nil, err
			}
			b := in.Body
			if err := p.Book.Say(ctx, api.Actor(ctx), id, u, map[string]bool{notice.Email: b.Email, notice.SMS: b.SMS, notice.Zalo: b.Zalo}); err != nil {
				return nil, err
			}
			return p.ofDossier(ctx, &ofDossierInput{in.Code})
		})
}

func (p *API) templates(ctx context.Context, _ *struct{}) (*templatesOutput, error) {
	list, err := p.Book.Templates(ctx, api.Actor(ctx))
	out := &templatesOutput{}
	out.Body.Items = []TemplateItem{}
	for _, t := range list {
		out.Body.Items = append(out.Body.Items, asTemplate(t))
	}
	return out, err
}

func (p *API) template(ctx context.Context, in *TemplateKey) (*templateOutput, error) {
	t, versions, err := p.Book.Template(ctx, api.Actor(ctx), in.Event, in.Channel, in.Lang)
	if err != nil {
		return nil, err
	}
	out := &templateOutput{}
	out.Body.TemplateItem, out.Body.Versions = asTemplate(t), []TemplateItem{}
	for _, v := range versions {
		out.Body.Versions = append(out.Body.Versions, asTemplate(v))
	}
	return out, nil
}

func (p *API) after(ctx context.Context, key TemplateKey, err error) (*templateOutput, error) {
	if err != nil {
		return nil, err
	}
	return p.template(ctx, &key)
}

func (p *API) log(ctx context.Context, in *logInput) (*logOutput, error) {
	list, next, err := p.Book.Log(ctx, api.Actor(ctx), notice.Filter{State: in.State, Channel: in.Channel, Event: in.Event, Code: in.Code, Before: in.Cursor})
	out := &logOutput{}
	out.Body.Items, out.Body.Next, out.Link = []apiMessage{}, next, api.Next(ctx, next)
	for _, x := range list {
		out.Body.Items = append(out.Body.Items, asMessage(x))
	}
	return out, err
}

func (p *API) ofDossier(ctx context.Context, in *ofDossierInput) (*ofDossierOutput, error) {
	id, u, err := p.Dossiers.ByCode(ctx, in.Code)
	if err != nil {
		return nil, err
	}
	out := &ofDossierOutput{}
	if out.Body.Wanted, err = p.Book.Said(ctx, api.Actor(ctx), id, u); err != nil {
		return nil, err
	}
	list, err := p.Book.OfDossier(ctx, api.Actor(ctx), id, u)
	out.Body.Items = []apiMessage{}
	for _, x := range list {
		out.Body.Items = append(out.Body.Items, asMessage(x))
	}
	return out, err
}
