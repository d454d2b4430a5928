package dossierweb

import (
	"cmp"
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"cchc/base/api"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/look"
	"cchc/base/web"
	"cchc/dossier"
)

type exportInput struct {
	Body struct {
		PurposeBody
		SearchBody
	}
}

type apiExported struct {
	Dossier apiDossier   `json:"dossier"`
	Person  apiApplicant `json:"person" doc:"Unmasked."`
}

type exportOutput struct {
	Cache string `header:"Cache-Control"`
	Body  struct {
		Items []apiExported `json:"items"`
		Next  string        `json:"next,omitempty" doc:"Cursor of the next page; left out on the last."`
	}
}

func (p *API) registerExport(a *api.API) {
	op := huma.Operation{OperationID: "export-dossiers", Method: http.MethodPost, Path: "/api/v1/dossiers/export", Summary: "List dossiers with their applicants unmasked",
		Description: "Needs the right to read persons in the unit, and a purpose. Who took it, by what it was narrowed, how many and which dossiers are noted first; the answer is not kept for its Idempotency-Key.",
		Tags:        []string{"dossiers"}, Metadata: map[string]any{api.OwnKey: true}}
	api.Handle(a, web.SignedIn, op, p.export)
}

func (p *API) export(ctx context.Context, in *exportInput) (*exportOutput, error) {
	b, a := &in.Body, api.Actor(ctx)
	out := &exportOutput{Cache: "no-store"}
	out.Body.Items = []apiExported{}
	why := look.Reason{Code: b.Purpose, Note: b.Note}
	var ids []string
	var f dossier.Filter
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		if _, err := why.Words(ctx, q); err != nil {
			return err
		}
		t, err := newTeller(ctx, p.Desk, q)
		if err != nil {
			return err
		}
		asked, err := p.unit(ctx, q, b.Unit)
		if err != nil {
			return err
		}
		u, _, err := chosen(ctx, p.Desk, t.tree, a, auth.DossierRead, asked)
		if err != nil {
			return err
		}
		until, err := t.soon(ctx, u)
		if err != nil {
			return err
		}
		f = dossier.Filter{Unit: u, Bucket: dossier.Bucket(cmp.Or(b.Bucket, string(dossier.BucketAll))), Until: until, Procedure: b.Procedure, Sector: b.Sector,
			Channel: dossier.Channel(b.Channel), Text: b.Text, After: readCursor(b.Cursor), Limit: cmp.Or(b.Limit, 50)}
		if err := p.Desk.CheckNumbers(ctx, q, a, f); err != nil {
			return err
		}
		rows, next, err := p.Desk.List(ctx, q, a, f)
		if err != nil {
			return err
		}
		out.Body.Next = writeCursor(next)
		for _, r := range rows {
			x, err := p.Desk.Numbers(ctx, q, a, r.Dossier)
			if err != nil {
				return err
			}
			ids = append(ids, r.ID)
			out.Body.Items = append(out.Body.Items, apiExported{asDossier(r.Dossier, t.now), asPerson(x)})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var filter []string
	for _, x := range [][2]string{{"bucket", b.Bucket}, {"procedure", b.Procedure}, {"sector", b.Sector}, {"channel", b.Channel}} {
		if x[1] != "" {
			filter = append(filter, x[0]+"="+x[1])
		}
	}
	if b.Text != "" {
		filter = append(filter, "q=…")
	}
	e := look.Export{Unit: f.Unit, List: "dossiers", Filter: strings.Join(filter, " "), Format: "json"}
	return out, p.Desk.NoteExport(ctx, a, e, why, ids)
}
