// Package tokens has the pages on which access tokens of the API (mã truy cập)
// are made, seen and revoked: one's own, and those of the accounts that one keeps.
package tokens

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
)

// Pages are the pages.
type Pages struct {
	Accounts *auth.Accounts
	// Places lists the units in and below roots; the root "" has all.
	Places func(ctx context.Context, roots []actor.UnitID) ([]Place, error)
}

// A Place is a unit that a token may be limited to.
type Place struct {
	ID   actor.UnitID
	Name string
}

// Register puts the pages at /account/tokens and /admin/tokens.
func (p *Pages) Register(mux *web.Mux) {
	for _, all := range []bool{false, true} {
		at := root(all)
		mux.Handle("GET "+at, web.SignedIn, func(w http.ResponseWriter, r *http.Request) error {
			return p.list(w, r, all, p.fresh(r), http.StatusOK)
		})
		mux.Handle("POST "+at, web.SignedIn, func(w http.ResponseWriter, r *http.Request) error { return p.create(w, r, all) })
		mux.Handle("GET "+at+"/{id}/revoke", web.SignedIn, func(w http.ResponseWriter, r *http.Request) error { return p.ask(w, r, all) })
		mux.Handle("POST "+at+"/{id}/revoke", web.SignedIn, func(w http.ResponseWriter, r *http.Request) error { return p.revoke(w, r, all) })
	}
}

func root(all bool) string {
	if all {
		return "/admin/tokens"
	}
	return "/account/tokens"
}

// form is what a token is made of.
type form struct {
	web.Form
	Account string      `form:"account"`
	Name    string      `form:"name"`
	Scopes  []string    `form:"scopes"`
	Unit    string      `form:"unit"`
	Until   moment.Date `form:"until"`
}

func (p *Pages) fresh(r *http.Request) *form {
	in := &form{}
	in.Set("until", p.Accounts.DB.Now().Date().AddDays(90).VN())
	in.Set("scopes", string(auth.DossierRead))
	in.Set("account", r.URL.Query().Get("account"))
	return in
}

// view is the list with the form below it.
type view struct {
	All      bool
	In       *form
	Rows     []row
	Accounts []ui.Option
	Units    []ui.Option
	Scopes   []ui.Option
	Now      moment.Instant
	Fresh    bool // one may be made in this session now
}

type row struct {
	auth.Token
	Holder string
	Unit   string
}

func (p *Pages) view(ctx context.Context, all bool, in *form) (view, error) {
	a := web.Actor(ctx)
	v := view{All: all, In: in, Now: p.Accounts.DB.Now(), Fresh: web.Fresh(ctx)}
	names := map[string]string{a.Account: cmp.Or(a.Name, a.Login)}
	load := p.Accounts.OwnTokens
	if all {
		load = p.Accounts.Tokens
		accounts, err := p.Accounts.List(ctx, a)
		if err != nil {
			return v, err
		}
		v.Accounts = []ui.Option{{Text: i18n.T(ctx, "tokens.choose_account")}}
		for _, x := range accounts {
			names[x.ID] = x.Name
			if x.Disabled == 0 {
				v.Accounts = append(v.Accounts, ui.Option{Value: x.ID, Text: x.Name + " (" + x.Login + ")"})
			}
		}
	}
	list, err := load(ctx, a)
	if err != nil {
		return v, err
	}
	roots := auth.Roots(a, auth.AccountChange)
	if !all {
		roots = nil
		for _, g := range a.Grants {
			roots = append(roots, g.Unit)
		}
	}
	places, err := p.Places(ctx, roots)
	if err != nil {
		return v, err
	}
	// The units that may be chosen: where the actor has something to say.
	v.Units = []ui.Option{{Text: i18n.T(ctx, "tokens.everywhere")}}
	called := map[actor.UnitID]string{"": i18n.T(ctx, "tokens.everywhere")}
	for _, x := range places {
		called[x.ID] = x.Name
		v.Units = append(v.Units, ui.Option{Value: string(x.ID), Text: x.Name})
	}
	name := func(id actor.UnitID) string { return cmp.Or(called[id], string(id)) }
	for _, t := range list {
		v.Rows = append(v.Rows, row{Token: t, Holder: names[t.Account], Unit: name(t.Unit)})
	}
	for _, verb := range auth.Verbs {
		if len(auth.Roots(a, verb)) > 0 { // of another's account too: see auth.Accounts.CreateToken
			v.Scopes = append(v.Scopes, ui.Option{Value: string(verb), Text: i18n.T(ctx, "tokens.scope."+string(verb)), Hint: string(verb)})
		}
	}
	return v, nil
}

func (p *Pages) list(w http.ResponseWriter, r *http.Request, all bool, in *form, status int) error {
	v, err := p.view(r.Context(), all, in)
	if err != nil {
		return err
	}
	return web.Render(w, r, status, listView(v))
}

func (p *Pages) create(w http.ResponseWriter, r *http.Request, all bool) error {
	ctx := r.Context()
	in := &form{}
	err := web.Decode(r, in)
	if err == nil && !web.Fresh(ctx) {
		// A token goes on for a year: a session that was left open must not make one.
		return p.list(w, r, all, in, http.StatusForbidden)
	}
	if err == nil && all && in.Account == "" {
		err = fault.New(fault.Invalid, "auth.token_invalid").With("account", "tokens.account_missing")
	}
	if err == nil {
		account := ""
		if all {
			account = in.Account
		}
		var t auth.Token
		var secret string
		t, secret, err = p.Accounts.CreateToken(ctx, web.Actor(ctx), auth.NewToken{Account: account, Name: in.Name, Scopes: in.Scopes, Unit: actor.UnitID(in.Unit), Until: in.Until})
		if err == nil {
			// Shown in the answer itself, for nothing that we keep could show it later.
			w.Header().Set("Cache-Control", "no-store")
			return web.Render(w, r, http.StatusCreated, madeView(made{All: all, Token: t, Secret: secret}))
		}
	}
	if !in.Failed(err) {
		return err
	}
	return p.list(w, r, all, in, http.StatusUnprocessableEntity)
}

type made struct {
	All    bool
	Token  auth.Token
	Secret string
}

// find returns a token that the actor may revoke here.
func (p *Pages) find(r *http.Request, all bool) (auth.Token, error) {
	load := p.Accounts.OwnTokens
	if all {
		load = p.Accounts.Tokens
	}
	list, err := load(r.Context(), web.Actor(r.Context()))
	if err != nil {
		return auth.Token{}, err
	}
	i := slices.IndexFunc(list, func(t auth.Token) bool { return t.ID == r.PathValue("id") })
	if i < 0 {
		return auth.Token{}, fault.New(fault.NotFound, "auth.token_unknown")
	}
	return list[i], nil
}

func (p *Pages) ask(w http.ResponseWriter, r *http.Request, all bool) error {
	t, err := p.find(r, all)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, revokeView(made{All: all, Token: t}))
}

func (p *Pages) revoke(w http.ResponseWriter, r *http.Request, all bool) error {
	if err := p.Accounts.RevokeToken(r.Context(), web.Actor(r.Context()), r.PathValue("id")); err != nil {
		return err
	}
	return web.SeeOther(w, r, root(all), "tokens.revoked")
}

// state says whether the token can be used.
func (x row) state(now moment.Instant) (string, ui.Kind) {
	switch {
	case x.Revoked != 0:
		return "tokens.state.revoked", ui.Neutral
	case x.Expires <= now:
		return "tokens.state.expired", ui.Neutral
	case x.Expires.Date() < now.Date().AddDays(14):
		return "tokens.state.soon", ui.Soon
	}
	return "tokens.state.live", ui.OK
}

func (x row) scopes() string { return strings.Join(x.Scopes, ", ") }
