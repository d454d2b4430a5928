package account

import (
	"net/http"

	"cchc/admin"
	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/law"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
)

// An input is what the forms of an account's page and of a new account hold.
type input struct {
	web.Form
	Login  string      `form:"login"`
	Name   string      `form:"name"`
	Role   actor.Role  `form:"role"`
	Unit   string      `form:"unit"`
	From   moment.Date `form:"from"`
	To     moment.Date `form:"to"` // the last day
	Grant  string      `form:"grant"`
	Day    moment.Date `form:"day"` // the last day of a grant that is being ended
	Reason string      `form:"reason"`
	Do     string      `form:"do"`
}

type newPage struct {
	In    *input
	Units []ui.Option
}

type showPage struct {
	In       *input
	Account  auth.Account
	Standing auth.Standing
	Grants   []heldRow
	Units    []ui.Option
	Trail    []ui.Event
	Self     bool
	Factor   bool // has a second factor
	SSO      *identities
	Hands    bool // its work can be handed over
	Today    moment.Date
}

type heldRow struct {
	auth.Held
	Place string
	Over  bool
}

// handed is a password that was just made: it is shown once, to be handed over.
type handed struct {
	Name, Login, Password, ID string
	Made                      bool // the account too
}

func (p *Pages) askNew(w http.ResponseWriter, r *http.Request) error {
	return p.newForm(w, r, http.StatusOK, &input{})
}

func (p *Pages) newForm(w http.ResponseWriter, r *http.Request, status int, in *input) error {
	ctx, a := r.Context(), web.Actor(r.Context())
	if err := p.Accounts.Guard.CheckAnywhere(a, auth.AccountChange); err != nil {
		return err
	}
	pl, err := p.places(ctx, auth.Roots(a, auth.AccountChange))
	if err != nil {
		return err
	}
	return web.Render(w, r, status, newView(newPage{In: in, Units: append([]ui.Option{{Text: i18n.T(ctx, "account.choose")}}, pl.options...)}))
}

func (p *Pages) create(w http.ResponseWriter, r *http.Request) error {
	ctx, a := r.Context(), web.Actor(r.Context())
	in := &input{}
	err := web.Decode(r, in)
	if err == nil {
		f := fault.New(fault.Invalid, "auth.account_invalid")
		if in.Role == "" {
			f.With("role", "web.form.required")
		}
		if in.Unit == "" {
			f.With("unit", "web.form.required")
		}
		err = f.Or()
	}
	password := auth.FirstPassword()
	id := ""
	if err == nil {
		id, err = p.Accounts.Create(ctx, a, auth.NewAccount{Login: in.Login, Name: in.Name, Password: password, First: true,
			Grants: []actor.Grant{{Role: in.Role, Unit: chosen(in.Unit)}}})
	}
	if in.Failed(err) {
		return p.newForm(w, r, http.StatusUnprocessableEntity, in)
	}
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusCreated, handedView(handed{Name: in.Name, Login: auth.FoldLogin(in.Login), Password: password, ID: id, Made: true}))
}

func (p *Pages) show(w http.ResponseWriter, r *http.Request) error {
	return p.shows(w, r, http.StatusOK, &input{})
}

func (p *Pages) shows(w http.ResponseWriter, r *http.Request, status int, in *input) error {
	ctx, a := r.Context(), web.Actor(r.Context())
	id := r.PathValue("id")
	acc, err := p.Accounts.ByID(ctx, a, id)
	if err != nil {
		return err
	}
	page := showPage{In: in, Account: acc, Self: id == a.Account, Today: p.Accounts.DB.Now().Date()}
	if page.Standing, err = p.Accounts.Standing(ctx, a, id); err != nil {
		return err
	}
	f, err := p.Accounts.Factor(ctx, id)
	if err != nil {
		return err
	}
	page.Factor, page.Hands = f.Any() || f.Lost != 0, p.Hands != nil
	if p.SSO.Issuer != "" {
		page.SSO = &identities{Provider: p.SSO}
		if page.SSO.List, page.SSO.Like, err = p.Accounts.LinkedWith(ctx, a, id); err != nil {
			return err
		}
	}
	pl, err := p.places(ctx, auth.Roots(a, auth.AccountChange))
	if err != nil {
		return err
	}
	page.Units = append([]ui.Option{{Text: i18n.T(ctx, "account.choose")}}, pl.options...)
	for _, h := range acc.Grants {
		page.Grants = append(page.Grants, heldRow{h, pl.name(ctx, h.Unit), h.To != 0 && h.To <= page.Today})
	}
	trail, err := audit.Latest(ctx, p.Accounts.DB, audit.Filter{Kind: "account", Object: id, Limit: 15})
	if err != nil {
		return err
	}
	for _, e := range trail {
		page.Trail = append(page.Trail, ui.Event{At: i18n.ShortInstant(ctx, e.At), Title: admin.VerbName(ctx, e.Verb), Who: admin.Who(ctx, e), Text: e.Reason})
	}
	return web.Render(w, r, status, showView(page))
}

// done finishes a form of an account's page: again with what is wrong, or back to
// the page with a message.
func (p *Pages) done(w http.ResponseWriter, r *http.Request, in *input, err error, key string) error {
	if in.Failed(err) {
		return p.shows(w, r, http.StatusUnprocessableEntity, in)
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, "/admin/accounts/"+r.PathValue("id"), key)
}

func (p *Pages) grant(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &input{}
	err := web.Decode(r, in)
	if err == nil && in.Unit == "" {
		err = fault.New(fault.Invalid, "auth.account_invalid").With("unit", "web.form.required")
	}
	if err == nil {
		s := law.Span{From: in.From}
		if in.To != 0 {
			s.To = in.To + 1
		}
		err = p.Accounts.Grant(ctx, web.Actor(ctx), r.PathValue("id"), actor.Grant{Role: in.Role, Unit: chosen(in.Unit)}, s)
	}
	return p.done(w, r, in, err, "account.done.grant")
}

func (p *Pages) revoke(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &input{}
	err := web.Decode(r, in)
	if err == nil {
		day := in.Day
		if day != 0 {
			day++
		}
		err = p.Accounts.Revoke(ctx, web.Actor(ctx), r.PathValue("id"), in.Grant, day)
	}
	return p.done(w, r, in, err, "account.done.revoke")
}

func (p *Pages) rename(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &input{}
	err := web.Decode(r, in)
	if err == nil {
		err = p.Accounts.Rename(ctx, web.Actor(ctx), r.PathValue("id"), in.Name)
	}
	return p.done(w, r, in, err, "account.done.rename")
}

func (p *Pages) reset(w http.ResponseWriter, r *http.Request) error {
	ctx, a := r.Context(), web.Actor(r.Context())
	password := auth.FirstPassword()
	err := p.Accounts.ResetPassword(ctx, a, r.PathValue("id"), password)
	in := &input{}
	if err != nil {
		return p.done(w, r, in, err, "")
	}
	acc, err := p.Accounts.ByID(ctx, a, r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, handedView(handed{Name: acc.Name, Login: acc.Login, Password: password, ID: acc.ID}))
}

func (p *Pages) state(w http.ResponseWriter, r *http.Request) error {
	ctx, a := r.Context(), web.Actor(r.Context())
	in := &input{}
	err := web.Decode(r, in)
	if err == nil && in.Reason == "" {
		err = fault.New(fault.Invalid, "auth.account_invalid").With("reason", "web.form.required")
	}
	key := "account.done.enable"
	if err == nil && in.Do == "disable" {
		key = "account.done.disable"
		err = p.Accounts.Disable(ctx, a, r.PathValue("id"), in.Reason)
	} else if err == nil {
		err = p.Accounts.Enable(ctx, a, r.PathValue("id"), in.Reason)
	}
	return p.done(w, r, in, err, key)
}

func (p *Pages) unlock(w http.ResponseWriter, r *http.Request) error {
	return p.done(w, r, &input{}, p.Accounts.Unlock(r.Context(), web.Actor(r.Context()), r.PathValue("id")), "account.done.unlock")
}

func (p *Pages) endSessions(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &input{}
	err := web.Decode(r, in)
	if err == nil && in.Reason == "" {
		err = fault.New(fault.Invalid, "auth.account_invalid").With("reason", "web.form.required")
	}
	if err == nil {
		err = p.Accounts.EndSessions(ctx, web.Actor(ctx), r.PathValue("id"), in.Reason)
	}
	return p.done(w, r, in, err, "account.done.sessions")
}
