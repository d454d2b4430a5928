package dossierweb

import (
	"context"
	"net/http"
	"strconv"

	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/web"
	"cchc/base/web/ui"
)

// A rateForm is an applicant's rating (đánh giá) of 1 to 5.
type rateForm struct {
	web.Form
	Score int `form:"score"`
}

// A ratePage is the rating's page: the question, or thanks for the answer.
type ratePage struct {
	In        *rateForm
	Code      string
	Procedure string
	Unit      string
	Score     int  // given already; 0 is not yet
	Early     bool // there is nothing to rate yet
	Reason    string
	Why       *reasonForm
	Path      string
}

// A reasonForm is the applicant's words to their rating.
type reasonForm struct {
	web.Form
	Reason string `form:"reason"`
}

// form is the one that is shown again when something is wrong.
func (p ratePage) form() *ui.Form {
	if p.Score > 0 {
		return &p.Why.Form
	}
	return &p.In.Form
}

func (p *Public) ratePage(ctx context.Context, in *rateForm, token string) (ratePage, error) {
	d, err := p.Desk.ByToken(ctx, p.Desk.DB, token)
	if err != nil {
		return ratePage{}, err
	}
	t, err := newTeller(ctx, p.Desk, p.Desk.DB)
	if err != nil {
		return ratePage{}, err
	}
	page := ratePage{In: in, Why: &reasonForm{}, Path: "/rate/" + token, Code: d.Code, Score: d.Rating, Early: d.Ended == 0}
	if page.Reason, err = p.Desk.Explained(ctx, p.Desk.DB, d.ID); err != nil {
		return page, err
	}
	if page.Procedure, err = t.procedure(ctx, d.VersionID, d.ProcedureCode, d.RegisteredAt.Date()); err != nil {
		return page, err
	}
	page.Unit, err = t.unit(ctx, d.State.Unit)
	return page, err
}

// ask shows the question. The address is a secret of the receipt's, so no other
// site is told of it and no cache keeps it.
func (p *Public) ask(w http.ResponseWriter, r *http.Request) error {
	page, err := p.ratePage(r.Context(), &rateForm{}, r.PathValue("token"))
	if err != nil {
		return err
	}
	w.Header().Set("Referrer-Policy", "no-referrer")
	return web.Render(w, r, http.StatusOK, rateView(page))
}

func (p *Public) rate(w http.ResponseWriter, r *http.Request) error {
	in := &rateForm{}
	err := web.Decode(r, in)
	token := r.PathValue("token")
	if err == nil {
		err = p.Desk.Rate(r.Context(), token, in.Score)
	}
	if fault.Is(err, fault.Invalid) && in.Failed(err) {
		in.Fault = fault.New(fault.Invalid, "web.form.invalid").With("score", "dossier.score_wrong")
		page, err := p.ratePage(r.Context(), in, token)
		if err != nil {
			return err
		}
		return web.Render(w, r, http.StatusUnprocessableEntity, rateView(page))
	}
	if err != nil && !fault.Is(err, fault.Conflict) {
		return err
	}
	// A conflict is a rating given before, or too early: the page says which.
	return web.SeeOther(w, r, "/rate/"+token, "")
}

// explain records why, after the rating.
func (p *Public) explain(w http.ResponseWriter, r *http.Request) error {
	in := &reasonForm{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	token := r.PathValue("token")
	err := p.Desk.Explain(r.Context(), token, in.Reason)
	if fault.Is(err, fault.Invalid) && in.Failed(err) {
		page, err := p.ratePage(r.Context(), &rateForm{}, token)
		if err != nil {
			return err
		}
		page.Why = in
		w.Header().Set("Referrer-Policy", "no-referrer")
		return web.Render(w, r, http.StatusUnprocessableEntity, rateView(page))
	}
	if err != nil && !fault.Is(err, fault.Conflict) {
		return err
	}
	// A conflict is words given before, or no rating yet: the page says which.
	return web.SeeOther(w, r, "/rate/"+token, "")
}

// scores are the choices, the best first.
func scores(ctx context.Context) []ui.Option {
	var out []ui.Option
	for n := 5; n >= 1; n-- {
		out = append(out, ui.Option{Value: strconv.Itoa(n), Text: strconv.Itoa(n) + " – " + i18n.T(ctx, "dossierlist.rate.score."+strconv.Itoa(n))})
	}
	return out
}
