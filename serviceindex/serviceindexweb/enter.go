package serviceindexweb

import (
	"net/http"

	"cchc/base/auth"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/serviceindex"
	"cchc/unit"
)

// enter stores what was entered by hand, or shows the unit's page again with what
// is wrong and what was typed.
func (p *Pages) enter(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	u := unit.ID(r.PathValue("unit"))
	if err := p.Index.Guard.Check(ctx, p.Index.DB, web.Actor(ctx), auth.IndexEnter, u); err != nil {
		return err
	}
	in := &entryForm{}
	err := web.Decode(r, in)
	if err == nil {
		var e serviceindex.Entry
		e, err = p.Index.Enter(ctx, web.Actor(ctx), serviceindex.Entry{Unit: u, Metric: in.Metric, Month: in.Month,
			Numerator: in.Numerator, Denominator: in.Denominator, Source: in.Source, Document: in.Document})
		if err == nil {
			return web.SeeOther(w, r, link("/index/"+string(u), "period", in.Period)+"#entries", "board.entry.saved", "Version", e.Version)
		}
	}
	if !in.Failed(err) {
		return err
	}
	v, err := p.unitPage(r, in.Value("period"), in)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusUnprocessableEntity, unitIndex(v))
}

// withdrawForm takes an entry back.
type withdrawForm struct {
	web.Form
	Metric string      `form:"metric"`
	Month  moment.Date `form:"month"`
	Period string      `form:"period"`
	Reason string      `form:"reason"`
}

// A withdrawal is what is asked before an entry is taken back.
type withdrawal struct {
	Form  *withdrawForm
	Entry serviceindex.Entry
	Name  string // of the metric, in the page's language
}

func (p *Pages) askWithdraw(w http.ResponseWriter, r *http.Request) error {
	in := &withdrawForm{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	return p.showWithdraw(w, r, in, http.StatusOK)
}

func (p *Pages) showWithdraw(w http.ResponseWriter, r *http.Request, in *withdrawForm, status int) error {
	ctx := r.Context()
	u := unit.ID(r.PathValue("unit"))
	if err := p.Index.Guard.Check(ctx, p.Index.DB, web.Actor(ctx), auth.IndexEnter, u); err != nil {
		return err
	}
	versions, err := p.Index.Versions(ctx, p.Index.DB, u, in.Metric, in.Month)
	if err != nil {
		return err
	}
	if len(versions) == 0 || versions[0].Superseded != 0 {
		return fault.New(fault.NotFound, "serviceindex.entry_unknown")
	}
	x := withdrawal{Form: in, Entry: versions[0], Name: in.Metric}
	if set, ok := p.Index.Sets.On(in.Month.LastOfMonth()); ok {
		if m, ok := set.Metric(in.Metric); ok {
			x.Name = m.Name.In(ctx)
		}
	}
	return web.Render(w, r, status, withdrawPage(x))
}

func (p *Pages) withdraw(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &withdrawForm{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	u := unit.ID(r.PathValue("unit"))
	err := p.Index.Withdraw(ctx, web.Actor(ctx), u, in.Metric, in.Month, in.Reason)
	if in.Failed(err) {
		return p.showWithdraw(w, r, in, http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, link("/index/"+string(u), "period", in.Period)+"#entries", "board.entry.withdrawn")
}
