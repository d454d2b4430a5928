package privacyweb

import (
	"net/http"

	"cchc/base/auth"
	"cchc/base/look"
	"cchc/base/web"
)

type purposeForm struct {
	web.Form
	Code string `form:"code"`
	Vi   string `form:"vi"`
	En   string `form:"en"`
}

type purposePage struct {
	In   *purposeForm
	List []look.Purpose
}

// purposes shows the list of purposes from which who opens numbers chooses.
func (p *Pages) purposes(w http.ResponseWriter, r *http.Request) error {
	return p.purposesShow(w, r, http.StatusOK, &purposeForm{})
}

func (p *Pages) purposesShow(w http.ResponseWriter, r *http.Request, status int, in *purposeForm) error {
	ctx := r.Context()
	if err := p.Desk.Guard.CheckAnywhere(web.Actor(ctx), auth.PrivacyKeep); err != nil {
		return err
	}
	list, err := look.Purposes(ctx, p.Desk.DB)
	if err != nil {
		return err
	}
	return web.Render(w, r, status, purposesView(purposePage{in, list}))
}

func (p *Pages) purposePut(w http.ResponseWriter, r *http.Request) error {
	ctx, in := r.Context(), &purposeForm{}
	err := web.Decode(r, in)
	if err == nil {
		err = p.Desk.PutPurpose(ctx, web.Actor(ctx), look.Purpose{Code: in.Code, Vi: in.Vi, En: in.En})
	}
	if err == nil {
		return web.SeeOther(w, r, Path+"/purposes", "privacy.purpose.saved")
	}
	if !in.Failed(err) {
		return err
	}
	return p.purposesShow(w, r, http.StatusUnprocessableEntity, in)
}

func (p *Pages) purposeRetire(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := p.Desk.RetirePurpose(ctx, web.Actor(ctx), r.PathValue("code")); err != nil {
		return err
	}
	return web.SeeOther(w, r, Path+"/purposes", "privacy.purpose.retired")
}
