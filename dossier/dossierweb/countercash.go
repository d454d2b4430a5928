package dossierweb

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/look"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/list"
	"cchc/dossier"
)

// cashDays is how many days back the page lists drawers.
const cashDays = 30

type cashForm struct {
	web.Form
	list.Query
	Since  moment.Date `form:"since"`
	Unit   string      `form:"unit"`
	Float  string      `form:"float"`
	Amount string      `form:"amount"`
	Reason string      `form:"reason"`
}

// A cashView is the page of the drawers, or of one.
type cashView struct {
	deskView
	in    *cashForm
	since moment.Date
	table list.Table[dossier.Cash]
	mine  bool // the person has a drawer today
	one   dossier.Cash
	lines list.Table[dossier.CashEntry] // of the one
}

// cashPage lists the drawers, and opens the person's own.
func (p *Pages) cashPage(w http.ResponseWriter, r *http.Request) error {
	in := &cashForm{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	file, err := in.Wanted()
	if err != nil {
		return err
	}
	v, err := p.cashView(r.Context(), in.Unit, in)
	if err != nil {
		return err
	}
	if file {
		return v.table.Send(w, r, in.Format, "cash-"+v.now.Date().String(), nil)
	}
	return web.Render(w, r, http.StatusOK, cashPage(v))
}

func (p *Pages) cashView(ctx context.Context, asked string, in *cashForm) (*cashView, error) {
	v := &cashView{in: in}
	err := p.Desk.DB.Snapshot(ctx, func(s *db.Snapshot) (err error) {
		if v.deskView, err = p.deskView(ctx, s, asked); err != nil {
			return err
		}
		if v.since = in.Since; v.since == 0 {
			v.since = v.now.Date().AddDays(-cashDays)
		}
		in.Set("since", i18n.Date(ctx, v.since))
		days, err := p.Desk.CashDays(ctx, s, web.Actor(ctx), v.unit, v.since)
		for _, c := range days {
			v.mine = v.mine || c.Account == web.Actor(ctx).Account && c.Day == v.now.Date()
			if err == nil {
				err = v.know(ctx, c.Account)
			}
		}
		at := list.At("/counter/cash", "unit", asked)
		if in.Since != 0 {
			at.Values.Set("since", in.Since.String())
		}
		v.table = list.NewTable(days, &in.Query, list.Order{Key: "day", Desc: true}, at, func(c *dossier.Cash) string { return c.ID }, v.columns(ctx))
		return err
	})
	return v, err
}

func (v *cashView) columns(ctx context.Context) []list.Field[dossier.Cash] {
	type row = dossier.Cash
	money := func(key, label string, n func(*row) int64) list.Field[row] {
		return list.Field[row]{Key: key, Label: i18n.T(ctx, label), Numeric: true, Down: true, Sort: func(c *row) string { return list.Number(n(c)) },
			Cell: func(c *row) string { return strconv.FormatInt(n(c), 10) }}
	}
	difference := money("difference", "counter.cash.difference.short", func(c *row) int64 { return c.Difference() })
	difference.Cell = func(c *row) string {
		if c.Closed == 0 {
			return ""
		}
		return strconv.FormatInt(c.Difference(), 10)
	}
	return []list.Field[row]{
		{Key: "day", Label: i18n.T(ctx, "counter.column.day"), Down: true, Sort: func(c *row) string { return list.Number(int64(c.Opened)) }, Cell: func(c *row) string { return i18n.Date(ctx, c.Day) }},
		{Key: "officer", Label: i18n.T(ctx, "counter.column.officer"), Sort: func(c *row) string { return list.Name(v.who[c.Account]) }, Cell: func(c *row) string { return v.who[c.Account] }},
		money("taken", "counter.cash.taken", func(c *row) int64 { return c.Taken() }), money("refunded", "counter.cash.refunded", func(c *row) int64 { return c.Refunded() }),
		money("expected", "counter.cash.expected", func(c *row) int64 { return c.Expected() }), difference,
		{Key: "state", Label: i18n.T(ctx, "counter.column.state"), Cell: func(c *row) string { return i18n.ShortInstant(ctx, c.Closed) }},
	}
}

func (p *Pages) cashOpen(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &cashForm{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	v, err := p.cashView(ctx, in.Unit, in)
	if err != nil {
		return err
	}
	float, ok := amount(in.Float)
	if !ok {
		float = -1
	}
	c, err := p.Desk.OpenCash(ctx, web.Actor(ctx), v.unit, float)
	if in.Failed(err) {
		return web.Render(w, r, http.StatusUnprocessableEntity, cashPage(v))
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, "/counter/cash/"+c.ID, "counter.cash.opened")
}

// amount reads đồng; empty is zero.
func amount(s string) (int64, bool) {
	if s == "" || s == "0" {
		return 0, true
	}
	s = strings.ReplaceAll(s, "−", "-")
	neg := s[0] == '-'
	if neg {
		s = s[1:]
	}
	n := dong(s)
	if neg {
		n = -n
	}
	return n, n != 0
}

func (p *Pages) cashOne(ctx context.Context, id string, in *cashForm) (*cashView, error) {
	v := &cashView{in: in}
	err := p.Desk.DB.Snapshot(ctx, func(s *db.Snapshot) (err error) {
		if v.one, err = p.Desk.Cash(ctx, s, web.Actor(ctx), id); err != nil {
			return err
		}
		if v.deskView, err = p.deskView(ctx, s, string(v.one.Unit)); err != nil {
			return err
		}
		accounts := []string{v.one.Account}
		for _, e := range v.one.Entries {
			accounts = append(accounts, e.Account)
		}
		v.mine = v.one.Account == web.Actor(ctx).Account
		v.lines = list.NewTable(v.one.Entries, &in.Query, list.Order{Key: "at"}, list.At("/counter/cash/"+id),
			func(e *dossier.CashEntry) string { return list.Number(int64(e.Ord)) }, entryColumns(ctx))
		return v.know(ctx, accounts...)
	})
	return v, err
}

func entryColumns(ctx context.Context) []list.Field[dossier.CashEntry] {
	type row = dossier.CashEntry
	return []list.Field[row]{
		{Key: "number", Label: i18n.T(ctx, "counter.column.number"), Sort: func(e *row) string { return list.Number(e.Number) }, Cell: func(e *row) string { return entryNumber(ctx, *e) }},
		{Key: "at", Label: i18n.T(ctx, "counter.column.at"), Sort: func(e *row) string { return list.When(e.At) }, Cell: func(e *row) string { return i18n.ShortInstant(ctx, e.At) }},
		{Key: "what", Label: i18n.T(ctx, "counter.column.what"), Sort: func(e *row) string { return list.Name(entryText(ctx, *e)) }, Cell: func(e *row) string { return entryText(ctx, *e) }},
		{Key: "code", Label: i18n.T(ctx, "counter.column.dossier"), Sort: func(e *row) string { return e.Code }, Cell: func(e *row) string { return e.Code }},
		{Key: "amount", Label: i18n.T(ctx, "counter.column.amount"), Numeric: true, Down: true, Sort: func(e *row) string { return list.Number(e.Amount) }, Cell: func(e *row) string { return strconv.FormatInt(e.Amount, 10) }},
	}
}

// entryNumber is the number of an entry's slip: a correction has none.
func entryNumber(ctx context.Context, e dossier.CashEntry) string {
	if e.Kind == "adjust" {
		return ""
	}
	return i18n.Number(ctx, e.Number)
}

func entryText(ctx context.Context, e dossier.CashEntry) string {
	return joined(i18n.T(ctx, "counter.cash.kind."+e.Kind), e.Reason)
}

func (p *Pages) cashShow(w http.ResponseWriter, r *http.Request) error {
	in := &cashForm{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	file, err := in.Wanted()
	if err != nil {
		return err
	}
	v, err := p.cashOne(r.Context(), r.PathValue("id"), in)
	if err != nil {
		return err
	}
	if file {
		return v.lines.Send(w, r, in.Format, "cash-"+v.one.Day.String(), nil)
	}
	return web.Render(w, r, http.StatusOK, cashOnePage(v))
}

func noteField(n int64) string { return "n" + strconv.FormatInt(n, 10) }

func (p *Pages) cashClose(w http.ResponseWriter, r *http.Request) error {
	return p.cashDo(w, r, "counter.cash.closed.done", func(ctx context.Context, id string, in *cashForm) error {
		pieces := map[int64]int64{}
		for _, n := range dossier.Notes {
			s := in.Value(noteField(n))
			if s == "" {
				continue
			}
			k, err := strconv.ParseInt(s, 10, 64)
			if err != nil {
				return fault.New(fault.Invalid, "form.invalid").With(noteField(n), "counter.cash.pieces_wrong")
			}
			pieces[n] = k
		}
		return p.Desk.CloseCash(ctx, web.Actor(ctx), id, pieces, in.Reason)
	})
}

func (p *Pages) cashAdjust(w http.ResponseWriter, r *http.Request) error {
	return p.cashDo(w, r, "counter.cash.adjusted", func(ctx context.Context, id string, in *cashForm) error {
		n, _ := amount(in.Amount)
		return p.Desk.AdjustCash(ctx, web.Actor(ctx), id, n, in.Reason)
	})
}

func (p *Pages) cashDo(w http.ResponseWriter, r *http.Request, done string, do func(context.Context, string, *cashForm) error) error {
	ctx, id := r.Context(), r.PathValue("id")
	in := &cashForm{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	err := do(ctx, id, in)
	if in.Failed(err) {
		status := http.StatusUnprocessableEntity
		if in.Fault.Kind == fault.Conflict {
			status = http.StatusConflict
		}
		v, err := p.cashOne(ctx, id, in)
		if err != nil {
			return err
		}
		return web.Render(w, r, status, cashOnePage(v))
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, "/counter/cash/"+id, done)
}

// cashPrint prints the day's sheet.
func (p *Pages) cashPrint(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := p.cashOne(ctx, r.PathValue("id"), &cashForm{})
	if err != nil {
		return err
	}
	paper, err := p.paperOf(ctx, &v.deskView, "BẢNG KÊ THU TIỀN MẶT NGÀY "+v.one.Day.VN(), "/counter/cash/"+v.one.ID)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, cashPaper(paper, v))
}

// cashSlip prints the receipt for one payment.
func (p *Pages) cashSlip(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := p.cashOne(ctx, r.PathValue("id"), &cashForm{})
	if err != nil {
		return err
	}
	ord, _ := strconv.Atoi(r.PathValue("ord"))
	for _, e := range v.one.Entries {
		if e.Ord != ord || e.Kind == "adjust" {
			continue
		}
		heading := "PHIẾU THU TIỀN MẶT"
		if e.Kind == "refund" {
			heading = "PHIẾU HOÀN TIỀN MẶT"
		}
		paper, err := p.paperOf(ctx, &v.deskView, heading, "/counter/cash/"+v.one.ID)
		if err != nil {
			return err
		}
		paper.A5 = true
		paper.Number = "Số: " + i18n.Number(ctx, e.Number) + "/" + strconv.Itoa(v.one.Day.Time().Year())
		name := ""
		err = p.Desk.DB.Snapshot(ctx, func(s *db.Snapshot) error {
			d, err := p.Desk.ByCode(ctx, s, web.Actor(ctx), e.Code)
			name = d.Person.Name
			if err == nil {
				p.Desk.Looks.Saw(web.Actor(ctx), d.ID, look.Printed)
			}
			return err
		})
		if err != nil {
			return err
		}
		return web.Render(w, r, http.StatusOK, cashSlipPaper(paper, v, e, name))
	}
	return fault.New(fault.NotFound, "counter.cash.unknown")
}

// closable reports whether the page offers to count the drawer.
func (v *cashView) closable() bool {
	return v.one.Closed == 0 && v.mine && v.may[auth.DossierPay]
}
