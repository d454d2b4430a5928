package scorecardweb

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"cchc/base/api"
	"cchc/base/web"
	"cchc/scorecard"
	"cchc/unit"
)

type (
	setTextIn struct {
		ID   string `path:"id" maxLength:"60"`
		Body struct {
			Revision int    `json:"revision" minimum:"1" doc:"Of the draft as it was looked at: the text replaces everything."`
			Text     string `json:"text" minLength:"1" maxLength:"2097152" doc:"YAML."`
		}
	}
	deleteSetIn struct {
		ID   string `path:"id" maxLength:"60"`
		Body struct {
			Revision int `json:"revision" minimum:"1" doc:"Of the draft as it was looked at."`
		}
	}
	nextSetIn struct {
		ID   string `path:"id" maxLength:"60"`
		Body struct {
			Note string `json:"note,omitempty" maxLength:"1000" doc:"Why there is another version."`
		}
	}
	// SetCopyBody is what a set is called that is made of another one.
	SetCopyBody struct {
		Unit  string `json:"unit" minLength:"1" maxLength:"60" doc:"Id of the unit that issues it."`
		Code  string `json:"code" minLength:"1" maxLength:"100"`
		Title string `json:"title,omitempty" maxLength:"500" doc:"The same when left out."`
		Year  int    `json:"year" minimum:"2000" maximum:"2100"`
		Note  string `json:"note,omitempty" maxLength:"1000"`
	}
	copySetIn struct {
		ID   string `path:"id" maxLength:"60"`
		Body SetCopyBody
	}
	newSetIn struct {
		Body struct {
			SetCopyBody
			Level string `json:"level" minLength:"1" maxLength:"60"`
		}
	}
)

func (b SetCopyBody) of() scorecard.SetCopy {
	return scorecard.SetCopy{Unit: unit.ID(b.Unit), Code: b.Code, Title: b.Title, Year: b.Year, Note: b.Note}
}

// registerSetActs puts the making and changing of drafts at /api/v1/scorecard/sets.
// Nodes one by one are for people at a page: a program changes the text.
func (p *API) registerSetActs(a *api.API) {
	k := p.Desk
	answer := func(ctx context.Context, v scorecard.SetVersion, err error) (*setOutput, error) {
		if err != nil {
			return nil, err
		}
		return p.getSet(ctx, &setInput{ID: v.ID})
	}
	api.Handle(a, web.SignedIn, operation("change-criteria-set-text", http.MethodPost, "/sets/{id}/yaml", "Change a draft", "Its whole text: head, nodes and rules."),
		func(ctx context.Context, in *setTextIn) (*setOutput, error) {
			return answer(ctx, scorecard.SetVersion{ID: in.ID}, k.SetText(ctx, api.Actor(ctx), in.ID, in.Body.Revision, in.Body.Text))
		})
	drop := operation("delete-criteria-set", http.MethodPost, "/sets/{id}/delete", "Delete a draft", "")
	drop.DefaultStatus = http.StatusNoContent
	api.Handle(a, web.SignedIn, drop, func(ctx context.Context, in *deleteSetIn) (*struct{}, error) {
		return nil, k.DeleteDraft(ctx, api.Actor(ctx), in.ID, in.Body.Revision)
	})
	made := func(id, path, summary, text string) huma.Operation {
		o := operation(id, http.MethodPost, "/sets"+path, summary, text)
		o.DefaultStatus = http.StatusCreated
		return o
	}
	o := made("next-criteria-set-version", "/{id}/next", "Make a draft of the next version", "To correct one that was issued.")
	api.Handle(a, web.SignedIn, o, func(ctx context.Context, in *nextSetIn) (*setOutput, error) {
		v, err := k.NextVersion(ctx, api.Actor(ctx), in.ID, in.Body.Note)
		return answer(ctx, v, err)
	})
	o = made("copy-criteria-set", "/{id}/copy", "Make a draft of another set from this one", "Next year's from this year's.")
	api.Handle(a, web.SignedIn, o, func(ctx context.Context, in *copySetIn) (*setOutput, error) {
		v, err := k.CopySet(ctx, api.Actor(ctx), in.ID, in.Body.of())
		return answer(ctx, v, err)
	})
	o = made("derive-criteria-set", "/{id}/derive", "Make a draft that fills this set's frame", "Of a lower level: leaves are added where the frame allows it.")
	api.Handle(a, web.SignedIn, o, func(ctx context.Context, in *copySetIn) (*setOutput, error) {
		v, err := k.DeriveSet(ctx, api.Actor(ctx), in.ID, in.Body.of())
		return answer(ctx, v, err)
	})
	o = made("make-criteria-set", "/new", "Make an empty draft", "")
	api.Handle(a, web.SignedIn, o, func(ctx context.Context, in *newSetIn) (*setOutput, error) {
		v, err := k.CreateSet(ctx, api.Actor(ctx), scorecard.NewSet{SetCopy: in.Body.of(), Level: in.Body.Level})
		return answer(ctx, v, err)
	})
}
