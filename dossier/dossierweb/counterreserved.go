package dossierweb

import (
	"context"
	"net/http"
	"net/url"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/dossier"
)

type reservedForm struct {
	web.Form
	Unit   string      `form:"unit"`
	Count  int         `form:"count"`
	Day    moment.Date `form:"day"`
	Codes  []string    `form:"code"`
	Reason string      `form:"reason"`
}

type reservedView struct {
	deskView
	in         *reservedForm
	open, done []dossier.Reserved
}

func (p *Pages) reservedView(ctx context.Context, in *reservedForm) (*reservedView, error) {
	v := &reservedView{in: in}
	err := p.Desk.DB.Snapshot(ctx, func(s *db.Snapshot) (err error) {
		if v.deskView, err = p.deskView(ctx, s, in.Unit); err != nil {
			return err
		}
		v.open, v.done, err = p.Desk.ReservedNumbers(ctx, s, web.Actor(ctx), v.unit)
		return err
	})
	return v, err
}

// reservedPage lists the numbers kept for an outage.
func (p *Pages) reservedPage(w http.ResponseWriter, r *http.Request) error {
	v, err := p.reservedView(r.Context(), &reservedForm{Unit: r.URL.Query().Get("unit")})
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, reservedPage(v))
}

func (p *Pages) reserve(w http.ResponseWriter, r *http.Request) error {
	return p.reservedDo(w, r, func(ctx context.Context, v *reservedView) (string, string, error) {
		block, err := p.Desk.Reserve(ctx, web.Actor(ctx), v.unit, v.in.Day, v.in.Count)
		return "/counter/reserved/" + block, "counter.reserved.made", err
	})
}

func (p *Pages) reservedCancel(w http.ResponseWriter, r *http.Request) error {
	return p.reservedDo(w, r, func(ctx context.Context, v *reservedView) (string, string, error) {
		err := p.Desk.CancelReserved(ctx, web.Actor(ctx), v.unit, v.in.Codes, v.in.Reason)
		return "/counter/reserved?unit=" + url.QueryEscape(string(v.unit)), "counter.reserved.cancelled", err
	})
}

func (p *Pages) reservedDo(w http.ResponseWriter, r *http.Request, do func(context.Context, *reservedView) (string, string, error)) error {
	ctx := r.Context()
	in := &reservedForm{}
	wrong := web.Decode(r, in)
	v, err := p.reservedView(ctx, in)
	if err != nil {
		return err
	}
	to, said := "", ""
	if err = wrong; err == nil {
		to, said, err = do(ctx, v)
	}
	if in.Failed(err) {
		return web.Render(w, r, http.StatusUnprocessableEntity, reservedPage(v))
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, to, said)
}

// reservedPrint prints the blank receipts of a block.
func (p *Pages) reservedPrint(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	var list []dossier.Reserved
	v := &deskView{}
	err := p.Desk.DB.Snapshot(ctx, func(s *db.Snapshot) (err error) {
		if list, err = p.Desk.ReservedBlock(ctx, s, web.Actor(ctx), r.PathValue("block")); err != nil {
			return err
		}
		*v, err = p.deskView(ctx, s, string(list[0].Unit))
		return err
	})
	if err != nil {
		return err
	}
	paper, err := p.paperOf(ctx, v, "GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ", v.url("/counter/reserved"))
	if err != nil {
		return err
	}
	paper.A5, paper.Place = true, ""
	return web.Render(w, r, http.StatusOK, reservedPaper(paper, list, func(code string) string {
		return p.address(r, "/lookup?code="+url.QueryEscape(code))
	}))
}

func (p *Pages) reservedCard(ctx context.Context, q db.Queryer, v *dayView) (dayCard, error) {
	open, _, err := p.Desk.ReservedNumbers(ctx, q, web.Actor(ctx), v.unit)
	c := dayCard{Title: i18n.T(ctx, "counter.reserved"), Key: "r", URL: v.url("/counter/reserved"), Big: i18n.Number(ctx, len(open)),
		Text: i18n.T(ctx, "counter.reserved.card")}
	past := 0
	for _, x := range open {
		if code, err := dossier.ParseCode(x.Code); err == nil && code.Day < v.now.Date() {
			past++
		}
	}
	if past > 0 {
		c.Warn = i18n.T(ctx, "counter.reserved.past", "Count", past)
	}
	return c, err
}

func reservedOptions(ctx context.Context, list []dossier.Reserved) []ui.Option {
	out := make([]ui.Option, len(list))
	for i, x := range list {
		out[i] = ui.Option{Value: x.Code, Text: x.Code, Hint: i18n.T(ctx, "counter.reserved.at", "At", x.Reserved)}
	}
	return out
}

func (v *reservedView) works() bool { return v.may[auth.DossierReceive] }
