package dossierweb

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"cchc/base/api"
	"cchc/base/db"
	"cchc/base/web"
	"cchc/dossier"
)

type (
	// SubjectBody says whose data.
	SubjectBody struct {
		Number string `json:"id_number,omitempty" maxLength:"20" doc:"Identity number of the person; or code."`
		Code   string `json:"code,omitempty" maxLength:"60" doc:"A dossier of the person."`
	}
	subjectInput struct{ Body SubjectBody }
	apiErasable  struct {
		Dossier apiDossier   `json:"dossier"`
		Person  apiApplicant `json:"person" doc:"Masked."`
		Part    string       `json:"part" enum:"applicant,agent" doc:"The applicant with all that the dossier knows of people, or only the representative."`
		Papers  int          `json:"papers" doc:"Scans that go."`
		Problem string       `json:"problem,omitempty" doc:"Why it must still know its person, in words."`
	}
	erasablesOutput struct {
		Body struct {
			Items  []apiErasable `json:"items"`
			Others int           `json:"others" doc:"Dossiers of units where the account may not erase."`
		}
	}
	eraseInput struct {
		Body struct {
			SubjectBody
			Codes    []string `json:"codes" minItems:"1" maxItems:"1000" doc:"The dossiers that the preview showed without a problem: all of them."`
			Reason   string   `json:"reason" minLength:"1" maxLength:"1000" doc:"Without the person's name or numbers: it stays."`
			Document string   `json:"document" minLength:"1" maxLength:"200" doc:"Number and day of the request."`
		}
	}
	erasedOutput struct {
		Body struct {
			Erased int `json:"erased" doc:"Dossiers that no longer know their person."`
		}
	}
)

func (p *API) registerErasing(a *api.API) {
	op := func(id, path, summary, text string) huma.Operation {
		return huma.Operation{OperationID: id, Method: http.MethodPost, Path: "/api/v1/erasures" + path, Summary: summary, Description: text, Tags: []string{"personal data"}}
	}
	preview := op("preview-erasure", "/preview", "See what erasing a person would mean", "Dossier by dossier. It changes nothing.")
	preview.Metadata = map[string]any{api.OwnKey: true}
	api.Handle(a, web.SignedIn, preview, func(ctx context.Context, in *subjectInput) (*erasablesOutput, error) {
		out := &erasablesOutput{}
		err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error {
			list, others, err := p.Desk.Erasables(ctx, q, api.Actor(ctx), dossier.Subject{Number: in.Body.Number, Code: in.Body.Code})
			if err != nil {
				return err
			}
			out.Body.Items, out.Body.Others = []apiErasable{}, others
			for _, x := range list {
				y := apiErasable{Dossier: asDossier(x.Dossier, p.Desk.DB.Now()), Person: asPerson(x.Person), Part: x.Part, Papers: x.Papers}
				y.Person.Email, y.Person.Address = "", ""
				if x.Problem != nil {
					y.Problem = faultText(ctx, x.Problem)
				}
				out.Body.Items = append(out.Body.Items, y)
			}
			return nil
		})
		return out, err
	})
	api.Handle(a, web.SignedIn, op("erase-person", "", "Erase a person's data", "Luật 91/2025/QH15. Facts, figures and the trail stay. It cannot be undone."), func(ctx context.Context, in *eraseInput) (*erasedOutput, error) {
		b, out := in.Body, &erasedOutput{}
		var err error
		out.Body.Erased, err = p.Desk.Erase(ctx, api.Actor(ctx), dossier.Erasure{Subject: dossier.Subject{Number: b.Number, Code: b.Code}, Codes: b.Codes, Reason: b.Reason, Document: b.Document})
		return out, err
	})
}
