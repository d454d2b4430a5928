package procedureweb

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"cchc/base/api"
	"cchc/base/web"
	"cchc/procedure"
)

// What a version has beside its limits. Each is given whole: what was there before
// is replaced. A stamp that is left out asks for nothing.
type (
	stepsInput struct {
		Version string `path:"version" maxLength:"60"`
		Body    struct {
			Case  string    `json:"case,omitempty" maxLength:"60" doc:"Whose steps; of any case when left out."`
			Steps []apiStep `json:"steps" minItems:"0" maxItems:"100" doc:"Their hours add up to the limit of the case."`
			Stamp string    `json:"stamp,omitempty" maxLength:"60"`
		}
	}
	papersInput struct {
		Version string `path:"version" maxLength:"60"`
		Body    struct {
			Papers []apiPaper `json:"papers" minItems:"0" maxItems:"300"`
			Stamp  string     `json:"stamp,omitempty" maxLength:"60"`
		}
	}
	feesInput struct {
		Version string `path:"version" maxLength:"60"`
		Body    struct {
			Fees  []apiFee `json:"fees" minItems:"0" maxItems:"100"`
			Basis string   `json:"basis" minLength:"1" maxLength:"300" doc:"The provision."`
			Stamp string   `json:"stamp,omitempty" maxLength:"60"`
		}
	}
	dismissInput struct {
		Problem string `path:"problem" maxLength:"60" doc:"Its id."`
		Body    struct {
			Reason string `json:"reason" minLength:"1" maxLength:"1000"`
		}
	}
)

func (p *API) registerParts(a *api.API, op func(id, method, path, summary, text string) huma.Operation) {
	api.Handle(a, web.SignedIn, op("set-procedure-steps", http.MethodPost, "/procedure-versions/{version}/steps", "Enter the steps of a case", "Dossiers under way keep the steps that they began with."),
		func(ctx context.Context, in *stepsInput) (*versionOutput, error) {
			var steps []procedure.Step
			for _, s := range in.Body.Steps {
				steps = append(steps, procedure.Step{Name: s.Name, Role: s.Role, Body: s.Body, Hours: s.Hours})
			}
			return p.after(ctx, in.Version, p.expecting(in.Version, in.Body.Stamp).SetSteps(ctx, api.Actor(ctx), in.Version, in.Body.Case, steps))
		})
	api.Handle(a, web.SignedIn, op("set-procedure-papers", http.MethodPost, "/procedure-versions/{version}/papers", "Enter the papers that an applicant brings", ""),
		func(ctx context.Context, in *papersInput) (*versionOutput, error) {
			papers := []procedure.Paper{}
			for _, x := range in.Body.Papers {
				papers = append(papers, procedure.Paper(x))
			}
			return p.after(ctx, in.Version, p.expecting(in.Version, in.Body.Stamp).SetPapers(ctx, api.Actor(ctx), in.Version, papers))
		})
	api.Handle(a, web.SignedIn, op("set-procedure-fees", http.MethodPost, "/procedure-versions/{version}/fees", "Enter the fees of every channel", "With their legal basis; problems of fees are settled by it."),
		func(ctx context.Context, in *feesInput) (*versionOutput, error) {
			var fees []procedure.Fee
			for _, x := range in.Body.Fees {
				fees = append(fees, procedure.Fee{Channel: procedure.Channel(x.Channel), Label: x.Label, Amount: x.Amount})
			}
			return p.after(ctx, in.Version, p.expecting(in.Version, in.Body.Stamp).SetFees(ctx, api.Actor(ctx), in.Version, fees, in.Body.Basis))
		})
	dismiss := op("dismiss-procedure-problem", http.MethodPost, "/procedure-problems/{problem}/dismiss", "Settle a problem that blocks nothing", "With the reason why it is none, or what was done.")
	dismiss.DefaultStatus = http.StatusNoContent
	api.Handle(a, web.SignedIn, dismiss, func(ctx context.Context, in *dismissInput) (*struct{}, error) {
		return nil, p.Registry.Dismiss(ctx, api.Actor(ctx), in.Problem, in.Body.Reason)
	})
}

func (p *API) expecting(version, stamp string) *procedure.Registry {
	if stamp == "" {
		return p.Registry
	}
	return p.Registry.Expecting(version, stamp)
}

func (p *API) after(ctx context.Context, version string, err error) (*versionOutput, error) {
	if err != nil {
		return nil, err
	}
	v, err := p.Registry.Catalogue.ByID(ctx, p.DB, version)
	if err != nil {
		return nil, err
	}
	return &versionOutput{Body: whole(v)}, nil
}
