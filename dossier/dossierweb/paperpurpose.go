package dossierweb

import (
	"context"
	"net/http"
	"time"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/look"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/dossier"
)

// A purposeForm is why somebody opens the scans of a dossier that is not on their hands.
type purposeForm struct {
	web.Form
	ui.Purpose
	Ord int `form:"ord"` // the scan that they came for
}

type purposeView struct {
	w        dossier.Whole
	in       *purposeForm
	purposes []ui.Option
}

func (p *Pages) purposeView(ctx context.Context, code string, in *purposeForm) (*purposeView, error) {
	v := &purposeView{in: in}
	a := web.Actor(ctx)
	err := p.Desk.DB.Snapshot(ctx, func(s *db.Snapshot) (err error) {
		if v.w, err = p.Desk.ByCode(ctx, s, a, code); err != nil {
			return err
		}
		state, err := p.Desk.PapersFor(ctx, s, a, v.w.Dossier)
		if err != nil {
			return err
		}
		if !state.May {
			return fault.New(fault.Forbidden, "auth.forbidden")
		}
		list, err := look.Purposes(ctx, s)
		v.purposes = ui.PurposeOptions(ctx, list)
		return err
	})
	return v, err
}

// purposeAsk asks for what the scans are opened.
func (p *Pages) purposeAsk(w http.ResponseWriter, r *http.Request) error {
	in := &purposeForm{}
	if err := web.Decode(r, in); err != nil && !in.Failed(err) {
		return err
	}
	in.Fault = nil
	v, err := p.purposeView(r.Context(), r.PathValue("code"), in)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, purposePage(v))
}

// purposeTell notes it and goes back to the dossier, whose scans open from then on.
func (p *Pages) purposeTell(w http.ResponseWriter, r *http.Request) error {
	ctx, in := r.Context(), &purposeForm{}
	wrong := web.Decode(r, in)
	if wrong != nil && fault.As(wrong) == nil {
		return wrong
	}
	v, err := p.purposeView(ctx, r.PathValue("code"), in)
	if err != nil {
		return err
	}
	o, err := p.Desk.TellPurpose(ctx, web.Actor(ctx), v.w.Code, in.Reason())
	if in.Failed(err) {
		return web.Render(w, r, http.StatusUnprocessableEntity, purposePage(v))
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, dossierURL(v.w.Code)+"#papers", "papers.opened", "Until", i18n.Clock(ctx, o.Until))
}

// minutesOpen is look.OpenFor as pages tell it.
const minutesOpen = int(look.OpenFor / time.Minute)
