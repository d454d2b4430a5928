package privacyweb

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/look"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/privacy"
	"cchc/unit"
)

// data gives everything held about the person, after it was noted who opened it: as a
// file for programs, or as a paper to print.
func (p *Pages) data(w http.ResponseWriter, r *http.Request) error {
	ctx, in := r.Context(), &requestForm{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	if in.Format != "json" {
		in.Format = "paper"
	}
	d, x, err := p.Desk.OpenData(ctx, web.Actor(ctx), r.PathValue("id"), in.Format)
	if err != nil {
		if !in.Failed(err) {
			return err
		}
		return p.requestShow(w, r, status(in.Fault), in)
	}
	w.Header().Set("Cache-Control", "no-store")
	if in.Format == "json" {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="`+strings.ReplaceAll(x.Label(), "/", "-")+`.json"`)
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(d)
	}
	paper, err := p.paper(ctx, x, d.Made.Date(), "privacy.paper.data")
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, dataPaper(paper, d, x))
}

// letter prints the answer to a request.
func (p *Pages) letter(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	x, err := p.Desk.Request(ctx, p.Desk.DB, web.Actor(ctx), r.PathValue("id"))
	if err != nil {
		return err
	}
	p.Desk.Looks.Saw(web.Actor(ctx), x.Dossier, look.Printed)
	on := x.Received.Date()
	title := "privacy.paper.receipt"
	if x.Answered != 0 {
		on, title = x.Answered.Date(), "privacy.paper.answer"
	}
	paper, err := p.paper(ctx, x, on, title)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, letterPaper(paper, x, p.who(ctx, x.AnswerBy, "")))
}

// paper is the head of a letter: who issues it stands there as on the forms of the
// one-stop counter.
func (p *Pages) paper(ctx context.Context, x privacy.Request, on moment.Date, heading string) (ui.Paper, error) {
	vi := i18n.With(ctx, i18n.Vietnamese)
	y, m, d := on.Time().Date()
	out := ui.Paper{Title: x.Label(), Number: i18n.T(vi, "dossierweb.paper.number", "Number", x.Label()), Code: i18n.T(vi, "dossierweb.paper.code", "Code", x.Code),
		Heading: i18n.T(vi, heading), Back: ui.Link{Text: x.Label(), URL: Path + "/requests/" + x.ID}}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		u, _, err := p.Desk.Units.Last(ctx, q, x.Unit)
		if err != nil {
			return err
		}
		committee := func(u unit.Unit) string {
			return i18n.T(vi, "dossierweb.paper.committee", "Name", strings.ToUpper(u.Name))
		}
		place := u.Name
		if u.Level == unit.Province || u.Level == unit.Commune || u.Level == unit.District {
			out.Body = committee(u)
		} else {
			out.Body = strings.ToUpper(u.Name)
			if up, _, err := p.Desk.Units.Last(ctx, q, u.Parent); err == nil && up.ID != "" {
				out.Above, place = committee(up), up.Name
			} else if err != nil && fault.As(err) == nil {
				return err
			}
		}
		for _, level := range []string{"Xã ", "Phường ", "Thị trấn ", "Đặc khu ", "Huyện ", "Quận ", "Thị xã ", "Tỉnh ", "Thành phố "} {
			place = strings.TrimPrefix(place, level)
		}
		out.Place = place + ", " + i18n.T(vi, "dossierweb.paper.date", "Day", fmt.Sprintf("%02d", d), "Month", fmt.Sprintf("%02d", int(m)), "Year", fmt.Sprint(y))
		return nil
	})
	return out, err
}

type publicPage struct {
	In   *requestForm
	Made *privacy.Request
}

// publicAsk is the page on which a person asks about their own data.
func (p *Pages) publicAsk(w http.ResponseWriter, r *http.Request) error {
	in := &requestForm{}
	if err := web.Decode(r, in); err != nil && !in.Failed(err) {
		return err
	}
	in.Fault = nil
	in.call(r.Context())
	return web.Render(w, r, http.StatusOK, publicView(publicPage{In: in}))
}

func (p *Pages) publicSend(w http.ResponseWriter, r *http.Request) error {
	ctx, in := r.Context(), &requestForm{}
	if p.Allow != nil && !p.Allow(r) {
		return fault.New(fault.TooMany, "dossierlist.lookup.too_many")
	}
	err := web.Decode(r, in)
	var made privacy.Request
	if err == nil {
		made, err = p.Desk.ReceivePublic(ctx, in.asked(), in.Digits)
	}
	in.call(ctx)
	if f := fault.As(err); f != nil && f.Kind == fault.NotFound { // one answer for a wrong code and wrong digits
		err = fault.New(fault.Invalid, "web.form.invalid").With("code", f.Key, f.Args...)
	}
	if in.Failed(err) {
		return web.Render(w, r, status(in.Fault), publicView(publicPage{In: in}))
	}
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return web.Render(w, r, http.StatusOK, publicView(publicPage{In: in, Made: &made}))
}
