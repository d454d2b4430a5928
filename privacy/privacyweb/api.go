package privacyweb

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"cchc/base/api"
	"cchc/base/look"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/dossier"
	"cchc/privacy"
)

// API is the door for programs to personal data.
type API struct {
	Desk     *privacy.Desk
	Dossiers *dossier.Desk
}

type (
	apiPurpose struct {
		Code    string         `json:"code"`
		Vi      string         `json:"vi"`
		En      string         `json:"en"`
		Retired moment.Instant `json:"retired,omitempty" format:"date-time" doc:"Since when it may no longer be chosen."`
	}
	purposesOutput struct {
		Body struct {
			Items []apiPurpose `json:"items"`
		}
	}
	putPurposeInput struct {
		Code string `path:"code" maxLength:"40" pattern:"^[a-z][a-z0-9_]{1,39}$"`
		Body struct {
			Vi string `json:"vi" minLength:"3" maxLength:"120"`
			En string `json:"en" minLength:"3" maxLength:"120"`
		}
	}
	purposeInput struct {
		Code string `path:"code" maxLength:"40"`
	}
	apiLook struct {
		Account string         `json:"account"`
		Behalf  string         `json:"on_behalf_of,omitempty" doc:"In whose place."`
		Program bool           `json:"program,omitempty" doc:"A program, by a token of the account."`
		What    string         `json:"what" enum:"opened,numbers,paper,printed,exported"`
		Purpose string         `json:"purpose,omitempty"`
		Day     moment.Date    `json:"day" format:"date"`
		First   moment.Instant `json:"first" format:"date-time"`
		Last    moment.Instant `json:"last" format:"date-time"`
		Times   int            `json:"times" doc:"On that day, for that purpose."`
		Numbers bool           `json:"with_numbers,omitempty" doc:"Of a file: with identity numbers, phones and addresses."`
	}
	apiExport struct {
		ID      string         `json:"id"`
		At      moment.Instant `json:"at" format:"date-time"`
		Account string         `json:"account"`
		Behalf  string         `json:"on_behalf_of,omitempty"`
		Program bool           `json:"program,omitempty"`
		Unit    string         `json:"unit,omitempty"`
		List    string         `json:"list"`
		Filter  string         `json:"filter,omitempty" doc:"Without what was searched for: that may be a person."`
		Format  string         `json:"format"`
		Rows    int            `json:"rows"`
		Numbers bool           `json:"with_numbers,omitempty"`
		Purpose string         `json:"purpose,omitempty"`
	}
	exportsInput struct {
		Numbers bool           `query:"numbers" doc:"Only those with identity numbers, phones and addresses."`
		Before  moment.Instant `query:"before" format:"date-time" doc:"Of the last item of the page before."`
		Limit   int            `query:"limit" minimum:"1" maximum:"500" default:"100"`
	}
	exportsOutput struct {
		Body struct {
			Items []apiExport `json:"items" doc:"The latest first."`
			More  bool        `json:"more" doc:"There may be others before."`
		}
	}
	looksInput struct {
		Code string `path:"code" maxLength:"60" doc:"The dossier's code."`
	}
	looksOutput struct {
		Body struct {
			Items []apiLook `json:"items" doc:"The latest first, 1,000 at most."`
		}
	}
)

func operation(id, method, path, summary, text string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: "/api/v1" + path, Summary: summary, Description: text, Tags: []string{"personal data"}}
}

// Register puts the operations at /api/v1.
func (p *API) Register(a *api.API) {
	p.registerRequests(a)
	p.registerRetention(a)
	api.Handle(a, web.SignedIn, operation("list-purposes", http.MethodGet, "/purposes", "List the purposes of looking", "Of read-person and of files with numbers."),
		func(ctx context.Context, _ *struct{}) (*purposesOutput, error) { return p.purposes(ctx) })
	api.Handle(a, web.SignedIn, operation("put-purpose", http.MethodPut, "/purposes/{code}", "Add a purpose or change its words", "What was noted before keeps the old words."),
		func(ctx context.Context, in *putPurposeInput) (*purposesOutput, error) {
			if err := p.Desk.PutPurpose(ctx, api.Actor(ctx), look.Purpose{Code: in.Code, Vi: in.Body.Vi, En: in.Body.En}); err != nil {
				return nil, err
			}
			return p.purposes(ctx)
		})
	api.Handle(a, web.SignedIn, operation("retire-purpose", http.MethodPost, "/purposes/{code}/retire", "Take a purpose off the list", ""),
		func(ctx context.Context, in *purposeInput) (*purposesOutput, error) {
			if err := p.Desk.RetirePurpose(ctx, api.Actor(ctx), in.Code); err != nil {
				return nil, err
			}
			return p.purposes(ctx)
		})
	api.Handle(a, web.SignedIn, operation("list-exports", http.MethodGet, "/dossier-exports", "See which files of dossiers left", "Who took which list, by what it was narrowed, how many dossiers, for what."),
		p.exports)
	api.Handle(a, web.SignedIn, operation("list-looks", http.MethodGet, "/dossiers/{code}/looks", "See who looked at a dossier",
		"Its page, numbers, papers, prints, and files of lists that had it; the page of a list is no look."),
		func(ctx context.Context, in *looksInput) (*looksOutput, error) {
			list, err := p.Desk.LooksAt(ctx, api.Actor(ctx), in.Code)
			if err != nil {
				return nil, err
			}
			out := &looksOutput{}
			out.Body.Items = asLooks(list)
			return out, nil
		})
}

func (p *API) exports(ctx context.Context, in *exportsInput) (*exportsOutput, error) {
	out := &exportsOutput{}
	list, more, err := p.Desk.Exports(ctx, p.Desk.DB.Lately(), api.Actor(ctx), in.Before, in.Numbers, in.Limit)
	if err != nil {
		return nil, err
	}
	out.Body.Items, out.Body.More = []apiExport{}, more
	for _, e := range list {
		out.Body.Items = append(out.Body.Items, apiExport{ID: e.ID, At: e.At, Account: e.Account, Behalf: e.Behalf, Program: e.Token != "", Unit: string(e.Unit), List: e.List,
			Filter: e.Filter, Format: e.Format, Rows: e.Rows, Numbers: e.Numbers, Purpose: e.Purpose})
	}
	return out, nil
}

func asLooks(list []look.Look) []apiLook {
	out := []apiLook{}
	for _, x := range list {
		out = append(out, apiLook{Account: x.Account, Behalf: x.Behalf, Program: x.Token != "", What: string(x.What), Purpose: x.Purpose,
			Day: x.Day, First: x.First, Last: x.Last, Times: x.Times, Numbers: x.With})
	}
	return out
}

func (p *API) purposes(ctx context.Context) (*purposesOutput, error) {
	list, err := look.Purposes(ctx, p.Desk.DB.Lately())
	if err != nil {
		return nil, err
	}
	out := &purposesOutput{}
	out.Body.Items = []apiPurpose{}
	for _, x := range list {
		out.Body.Items = append(out.Body.Items, apiPurpose{x.Code, x.Vi, x.En, x.Retired})
	}
	return out, nil
}
