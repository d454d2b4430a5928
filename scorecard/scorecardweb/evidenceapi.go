package scorecardweb

import (
	"context"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"cchc/base/api"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/file"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/scorecard"
	"cchc/unit"
)

// Evidence: what units keep of documents, and which leaves they prove.
type (
	apiEvidenceFile struct {
		Number int    `json:"number"`
		Name   string `json:"name"`
		Type   string `json:"type"`
		Size   int64  `json:"size"`
		SHA256 string `json:"sha256"`
	}
	// apiLink says that a document proves a leaf.
	apiLink struct {
		ID       string `json:"id"`
		Evidence string `json:"evidence" doc:"Id of the document."`
		Sheet    string `json:"sheet,omitempty" doc:"Left out when the sheet is gone."`
		Year     int    `json:"year"`
		Leaf     string `json:"leaf"`
		Page     int    `json:"page,omitempty" doc:"From 1; the whole when left out."`
		Note     string `json:"note,omitempty"`
		Stage    string `json:"stage" doc:"In which it was added."`
	}
	apiEvidence struct {
		EvidenceItem
		Unit    string            `json:"unit"`
		Note    string            `json:"note,omitempty"`
		Version int               `json:"version"`
		Files   []apiEvidenceFile `json:"files"`
		Proves  []apiLink         `json:"proves" doc:"Over all years, the latest first."`
	}
	evidenceItemOutput struct {
		Location string `header:"Location"`
		Body     apiEvidence
	}
	// EvidenceBody is what is said of a document.
	EvidenceBody struct {
		Number string      `json:"number,omitempty" maxLength:"100" example:"12/KH-UBND"`
		Day    moment.Date `json:"day,omitempty" format:"date"`
		Issuer string      `json:"issuer,omitempty" maxLength:"500"`
		Title  string      `json:"title" minLength:"1" maxLength:"1000"`
		Pages  int         `json:"pages,omitempty" minimum:"0" maximum:"100000"`
		Note   string      `json:"note,omitempty" maxLength:"4000"`
	}
	addEvidenceIn struct {
		Body struct {
			Unit string `json:"unit" minLength:"1" maxLength:"60" doc:"Id of the caller's unit."`
			EvidenceBody
		}
	}
	changeEvidenceIn struct {
		ID   string `path:"id" maxLength:"60"`
		Body struct {
			Version int `json:"version" minimum:"1" doc:"That was seen."`
			EvidenceBody
		}
	}
	evidenceIDIn struct {
		ID string `path:"id" maxLength:"60"`
	}
	addFileIn struct {
		ID   string `path:"id" maxLength:"60"`
		Name string `query:"name" required:"true" minLength:"1" maxLength:"200" example:"ke-hoach.pdf"`
		api.Upload
	}
	fileIn struct {
		ID     string `path:"id" maxLength:"60"`
		Number int    `path:"number" minimum:"1" maximum:"100000"`
	}
	attachIn struct {
		ID   string `path:"id" maxLength:"60"`
		Body struct {
			Evidence string   `json:"evidence" minLength:"1" maxLength:"60" doc:"Id of the document."`
			Leaves   []string `json:"leaves" minItems:"1" maxItems:"200"`
			Page     int      `json:"page,omitempty" minimum:"0" maximum:"100000" doc:"From 1; the whole when left out."`
			Note     string   `json:"note,omitempty" maxLength:"4000"`
		}
	}
	detachIn struct {
		ID   string `path:"id" maxLength:"60"`
		Link string `path:"link" maxLength:"60"`
	}
)

func evidenceItem(e scorecard.Evidence) EvidenceItem {
	return EvidenceItem{ID: e.ID, Number: e.Number, Day: e.Day, Issuer: e.Issuer, Title: e.Title, Pages: e.Pages, Links: e.Links}
}

func asLink(l scorecard.Link) apiLink {
	return apiLink{l.ID, l.Evidence.ID, l.Sheet, l.Year, l.Leaf, l.Page, l.Note, string(l.Stage)}
}

func (b EvidenceBody) evidence() scorecard.Evidence {
	return scorecard.Evidence{Number: b.Number, Day: b.Day, Issuer: b.Issuer, Title: b.Title, Pages: b.Pages, Note: b.Note}
}

// registerEvidence puts documents at /api/v1/scorecard/evidence.
func (p *API) registerEvidence(a *api.API) {
	k := p.Desk
	api.Handle(a, web.SignedIn, operation("list-evidence", http.MethodGet, "/evidence", "List a unit's evidence", "What is said of each document, without its files; for people of the unit."), p.listEvidence)
	add := operation("add-evidence", http.MethodPost, "/evidence", "Keep a document", "For people of the unit. Its files come after it.")
	add.DefaultStatus = http.StatusCreated
	api.Handle(a, web.SignedIn, add, func(ctx context.Context, in *addEvidenceIn) (*evidenceItemOutput, error) {
		e := in.Body.evidence()
		e.Unit = unit.ID(in.Body.Unit)
		e, err := k.AddEvidence(ctx, api.Actor(ctx), e)
		if err != nil {
			return nil, err
		}
		out, err := p.evidence(ctx, e.ID, nil)
		if err == nil {
			out.Location = "/api/v1/scorecard/evidence/" + e.ID
		}
		return out, err
	})
	api.Handle(a, web.SignedIn, operation("get-evidence", http.MethodGet, "/evidence/{id}", "See a document", "With all that it proves; also for who may see a sheet that it proves something on."),
		func(ctx context.Context, in *evidenceIDIn) (*evidenceItemOutput, error) {
			return p.evidence(ctx, in.ID, nil)
		})
	api.Handle(a, web.SignedIn, operation("change-evidence", http.MethodPost, "/evidence/{id}", "Change what is said of a document", ""),
		func(ctx context.Context, in *changeEvidenceIn) (*evidenceItemOutput, error) {
			e := in.Body.evidence()
			e.ID, e.Version = in.ID, in.Body.Version
			return p.evidence(ctx, in.ID, k.EditEvidence(ctx, api.Actor(ctx), e))
		})
	api.Handle(a, web.SignedIn, api.Takes(operation("add-evidence-file", http.MethodPost, "/evidence/{id}/files", "Add a file to a document", "The same content is not added twice."), file.MaxSize, "PDF, picture or office document; its type is found in its content."),
		func(ctx context.Context, in *addFileIn) (*evidenceItemOutput, error) {
			return p.evidence(ctx, in.ID, p.addFile(ctx, in))
		})
	api.Handle(a, web.SignedIn, api.Gives(operation("get-evidence-file", http.MethodGet, "/evidence/{id}/files/{number}", "Download a file of a document", ""), "The file"), p.evidenceFile)
	api.Handle(a, web.SignedIn, operation("attach-evidence", http.MethodPost, "/sheets/{id}/evidence", "Say what a document proves", "Leaves of the unit's own sheet, while it scores itself or explains, or may appeal. Said again it changes page and note."),
		func(ctx context.Context, in *attachIn) (*sheetOutput, error) {
			b := in.Body
			return p.afterSheet(ctx, in.ID, k.Attach(ctx, api.Actor(ctx), in.ID, b.Evidence, b.Leaves, b.Page, b.Note))
		})
	api.Handle(a, web.SignedIn, operation("detach-evidence", http.MethodPost, "/sheets/{id}/evidence/{link}/detach", "Take a link away again", "While the stage in which it was added is open. The document stays."),
		func(ctx context.Context, in *detachIn) (*sheetOutput, error) {
			return p.afterSheet(ctx, in.ID, k.Detach(ctx, api.Actor(ctx), in.Link))
		})
}

func (p *API) evidence(ctx context.Context, id string, err error) (*evidenceItemOutput, error) {
	if err != nil {
		return nil, err
	}
	out := &evidenceItemOutput{}
	err = p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		e, err := p.Desk.Evidence(ctx, q, api.Actor(ctx), id)
		if err != nil {
			return err
		}
		b := &out.Body
		b.EvidenceItem, b.Unit, b.Note, b.Version = evidenceItem(e), string(e.Unit), e.Note, e.Version
		b.Files, b.Proves = []apiEvidenceFile{}, []apiLink{}
		for _, f := range e.Files {
			b.Files = append(b.Files, apiEvidenceFile{f.Ord, f.Name, f.Type, f.Size, f.Key})
		}
		links, err := p.Desk.Proves(ctx, q, e)
		for _, l := range links {
			b.Proves = append(b.Proves, asLink(l))
		}
		return err
	})
	return out, err
}

func (p *API) addFile(ctx context.Context, in *addFileIn) error {
	if _, err := p.Desk.MayAddFile(ctx, p.Desk.DB, api.Actor(ctx), in.ID); err != nil {
		return err
	}
	if p.Desk.Files == nil {
		return fault.New(fault.Unavailable, "evidence.no_store")
	}
	info, err := p.Desk.Files.Put(ctx, in.Content(file.MaxSize), file.Limits{})
	if f := fault.As(err); f != nil && len(f.Fields) == 0 {
		return fault.New(fault.Invalid, "evidence.invalid").With("body", f.Key, f.Args...)
	}
	if err != nil {
		return err
	}
	return p.Desk.AddFile(ctx, api.Actor(ctx), in.ID, info, in.Name)
}

func (p *API) evidenceFile(ctx context.Context, in *fileIn) (*huma.StreamResponse, error) {
	e, err := p.Desk.Evidence(ctx, p.Desk.DB, api.Actor(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	for _, f := range e.Files {
		if f.Ord != in.Number {
			continue
		}
		if p.Desk.Files == nil {
			return nil, fault.New(fault.Unavailable, "evidence.no_store")
		}
		content, size, err := p.Desk.Files.Hand(ctx, f.Key)
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(c huma.Context) {
			defer content.Close()
			web.Handed{Name: f.Name, Type: "application/octet-stream", Size: size}.Headers(c.SetHeader)
			io.Copy(c.BodyWriter(), content) // what breaks off the reader notices by the length
		}}, nil
	}
	return nil, fault.New(fault.NotFound, "evidence.file_unknown")
}
