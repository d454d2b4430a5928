package dossierweb

import (
	"context"
	"net/http"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/web"
	"cchc/dossier"
)

// A personForm is why somebody wants to see the numbers that pages mask.
type personForm struct {
	web.Form
	Purpose string `form:"purpose"`
}

// A personView is the page that asks for the purpose, and then shows the
// applicant once.
type personView struct {
	w     dossier.Whole
	in    *personForm
	shown *dossier.Person
}

func (p *Pages) personView(ctx context.Context, code string, in *personForm) (*personView, error) {
	v := &personView{in: in}
	a := web.Actor(ctx)
	err := p.Desk.DB.Snapshot(ctx, func(s *db.Snapshot) (err error) {
		if v.w, err = p.Desk.ByCode(ctx, s, a, code); err != nil {
			return err
		}
		return p.Desk.Guard.Check(ctx, s, a, auth.DossierReadPerson, v.w.State.Unit)
	})
	return v, err
}

// personAsk asks why; it shows nothing yet.
func (p *Pages) personAsk(w http.ResponseWriter, r *http.Request) error {
	v, err := p.personView(r.Context(), r.PathValue("code"), &personForm{})
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, personPage(v))
}

// personShow shows the applicant's numbers, after the trail has who looked and
// why. The answer is kept nowhere: to see them again is to look again.
func (p *Pages) personShow(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &personForm{}
	wrong := web.Decode(r, in)
	if wrong != nil && fault.As(wrong) == nil {
		return wrong
	}
	v, err := p.personView(ctx, r.PathValue("code"), in)
	if err != nil {
		return err
	}
	if in.Purpose == "" {
		in.Fault = fault.New(fault.Invalid, "web.form.invalid").With("purpose", "dossierweb.person.purpose_missing")
		return web.Render(w, r, http.StatusUnprocessableEntity, personPage(v))
	}
	full, err := p.Desk.ReadPerson(ctx, web.Actor(ctx), v.w.Code, in.Purpose)
	if err != nil {
		return err
	}
	v.shown = &full
	return web.Render(w, r, http.StatusOK, personPage(v))
}
