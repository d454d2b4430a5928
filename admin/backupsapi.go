package admin

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"cchc/backup"
	"cchc/base/api"
	"cchc/base/moment"
	"cchc/base/web"
)

// BackupsAPI is the door for programs to copies. They are told of, not handed out.
type BackupsAPI struct{ Pages *Backups }

type (
	apiCopy struct {
		Name      string         `json:"name"`
		At        moment.Instant `json:"at" format:"date-time"`
		Size      int64          `json:"size" doc:"Bytes."`
		Encrypted bool           `json:"encrypted"`
		SHA256    string         `json:"sha256,omitempty"`
	}
	apiRun struct {
		ID       string         `json:"id"`
		Kind     string         `json:"kind" enum:"copy,drill"`
		Asked    moment.Instant `json:"asked" format:"date-time"`
		Finished moment.Instant `json:"finished,omitempty" format:"date-time" doc:"Of the last attempt."`
		Attempts int            `json:"attempts"`
		Copy     string         `json:"copy,omitempty"`
		Size     int64          `json:"size,omitempty" doc:"Bytes."`
		Files    int            `json:"files,omitempty" doc:"New ones; of a drill all."`
		Error    string         `json:"error,omitempty"`
	}
	backupsOutput struct {
		Body struct {
			On     bool           `json:"on" doc:"Copies are made by the schedule."`
			Where  string         `json:"where,omitempty"`
			Wrong  string         `json:"wrong,omitempty" doc:"Why the place cannot be read."`
			Free   *int64         `json:"free,omitempty" doc:"Bytes, where that is known."`
			Next   moment.Instant `json:"next,omitempty" format:"date-time"`
			Copies []apiCopy      `json:"copies" doc:"The newest first, 30 at most."`
			Runs   []apiRun       `json:"runs" doc:"The latest first, 20 at most."`
		}
	}
	backupInput struct {
		Kind string `path:"kind" enum:"copy,drill"`
	}
	backupOutput struct{ Body apiRun }
)

func asRun(r backup.Run) apiRun {
	return apiRun{r.ID, r.Kind, r.Asked, r.Finished, r.Attempts, r.Name, r.Bytes, r.Files, r.Error}
}

// Register puts the operations at /api/v1/backups.
func (p *BackupsAPI) Register(a *api.API) {
	api.Handle(a, web.SignedIn, huma.Operation{OperationID: "list-backups", Method: http.MethodGet, Path: "/api/v1/backups", Summary: "See which copies there are",
		Description: "And how the last runs went, for who keeps the whole installation. Copies themselves are not handed out.", Tags: []string{"backups"}}, p.list)
	api.Handle(a, web.SignedIn, huma.Operation{OperationID: "run-backup", Method: http.MethodPost, Path: "/api/v1/backups/{kind}", Summary: "Have a copy made or tried now", DefaultStatus: http.StatusAccepted,
		Description: "copy makes one; drill puts the newest back elsewhere and verifies it. A job does it: list-backups tells how it went.", Tags: []string{"backups"}}, p.run)
}

func (p *BackupsAPI) list(ctx context.Context, _ *struct{}) (*backupsOutput, error) {
	if err := p.Pages.Check(ctx, api.Actor(ctx)); err != nil {
		return nil, err
	}
	s, err := p.Pages.Look(ctx)
	if err != nil {
		return nil, err
	}
	out := &backupsOutput{}
	b := &out.Body
	b.On, b.Where, b.Wrong, b.Next = s.On, s.Where, s.Wrong, s.Next
	b.Copies, b.Runs = []apiCopy{}, []apiRun{}
	if s.Known {
		b.Free = &s.Free
	}
	for _, c := range s.Copies {
		b.Copies = append(b.Copies, apiCopy{c.Name(), moment.Of(c.At), c.Size, c.Sealed, c.Sum})
	}
	for _, r := range s.Runs {
		b.Runs = append(b.Runs, asRun(r))
	}
	return out, nil
}

func (p *BackupsAPI) run(ctx context.Context, in *backupInput) (*backupOutput, error) {
	a := api.Actor(ctx)
	if err := p.Pages.Check(ctx, a); err != nil {
		return nil, err
	}
	r, err := p.Pages.Ask(ctx, a, in.Kind)
	if err != nil {
		return nil, err
	}
	return &backupOutput{Body: asRun(r)}, nil
}
