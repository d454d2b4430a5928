package dossierweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/list"
	"cchc/base/web/ui"
	"cchc/dossier"
)

type reservedForm struct {
	web.Form
	list.Query
	Find   string      `form:"find"`
	State  string      `form:"state"` // "" waiting for an answer; done
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
	table      list.Table[dossier.Reserved] // of those, the ones that the address asks for
}

// answered reports whether the page shows the numbers that have their answer.
func (v *reservedView) answered() bool { return v.in.State == "done" }

func (p *Pages) reservedView(ctx context.Context, in *reservedForm) (*reservedView, error) {
	v := &reservedView{in: in}
	err := p.Desk.DB.Snapshot(ctx, func(s *db.Snapshot) (err error) {
		if v.deskView, err = p.deskView(ctx, s, in.Unit); err != nil {
			return err
		}
		if v.open, v.done, err = p.Desk.ReservedNumbers(ctx, s, web.Actor(ctx), v.unit); err != nil {
			return err
		}
		rows := v.open
		if v.answered() {
			rows = v.done
		}
		rows = slices.DeleteFunc(slices.Clone(rows), func(x dossier.Reserved) bool { return !list.Finds(in.Find, x.Code, x.Reason) })
		v.table = list.NewTable(rows, &in.Query, list.Order{Key: "code", Desc: v.answered()},
			list.At("/counter/reserved", "unit", in.Unit, "state", in.State, "find", in.Find),
			func(x *dossier.Reserved) string { return x.Code }, v.columns(ctx))
		return nil
	})
	return v, err
}

func (v *reservedView) columns(ctx context.Context) []list.Field[dossier.Reserved] {
	type row = dossier.Reserved
	out := []list.Field[row]{
		{Key: "code", Label: i18n.T(ctx, "counter.column.number"), Sort: func(x *row) string { return x.Code }, Cell: func(x *row) string { return x.Code }},
		{Key: "since", Label: i18n.T(ctx, "counter.reserved.since"), Sort: func(x *row) string { return list.When(x.Reserved) }, Cell: func(x *row) string { return i18n.ShortInstant(ctx, x.Reserved) }},
	}
	if v.answered() {
		return append(out, list.Field[row]{Key: "answer", Label: i18n.T(ctx, "counter.reserved.answer"),
			Sort: func(x *row) string { return list.When(x.Cancelled) }, Cell: func(x *row) string { return reservedAnswer(ctx, *x) }})
	}
	return append(out, list.Field[row]{Key: "what", Label: i18n.T(ctx, "counter.reserved.what")})
}

func reservedAnswer(ctx context.Context, x dossier.Reserved) string {
	if x.Cancelled != 0 {
		return joined(i18n.T(ctx, "counter.reserved.was_cancelled", "At", x.Cancelled), x.Reason)
	}
	return i18n.T(ctx, "counter.reserved.was_used")
}

// reservedPage lists the numbers kept for an outage.
func (p *Pages) reservedPage(w http.ResponseWriter, r *http.Request) error {
	in := &reservedForm{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	file, err := in.Wanted()
	if err != nil {
		return err
	}
	v, err := p.reservedView(r.Context(), in)
	if err != nil {
		return err
	}
	if file {
		return v.table.Send(w, r, in.Format, "reserved-"+v.now.Date().String(), nil)
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
	var numbers []dossier.Reserved
	v := &deskView{}
	err := p.Desk.DB.Snapshot(ctx, func(s *db.Snapshot) (err error) {
		if numbers, err = p.Desk.ReservedBlock(ctx, s, web.Actor(ctx), r.PathValue("block")); err != nil {
			return err
		}
		*v, err = p.deskView(ctx, s, string(numbers[0].Unit))
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
	return web.Render(w, r, http.StatusOK, reservedPaper(paper, numbers, func(code string) string {
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

func reservedOptions(ctx context.Context, numbers []dossier.Reserved) []ui.Option {
	out := make([]ui.Option, len(numbers))
	for i, x := range numbers {
		out[i] = ui.Option{Value: x.Code, Text: x.Code, Hint: i18n.T(ctx, "counter.reserved.at", "At", x.Reserved)}
	}
	return out
}

func (v *reservedView) works() bool { return v.may[auth.DossierReceive] }
