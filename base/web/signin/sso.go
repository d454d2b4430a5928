package signin

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"cchc/base/auth"
	"cchc/base/fault"
	"cchc/base/web"
	"cchc/base/web/sso"
)

// What the session holds of single sign-on.
const (
	heldJourneys = "sso.journeys" // of who set out and is not back yet
	heldToken    = "sso.token"    // ID token, for signing out at the provider
)

// fewJourneys is how many ways to the provider a session remembers: people open the
// page in several tabs.
const fewJourneys = 3

func (p *Pages) registerSSO(mux *web.Mux) {
	if p.SSO == nil {
		return
	}
	mux.Handle("POST /sign-in/sso", web.Public.Entry(), p.setOut)
	mux.Handle("POST /sign-in/sso/logout", web.Public, p.logout)
	// These wait for the provider: one that hangs must not hold the places of those who
	// sign in by password meanwhile.
	mux.Handle("GET /sign-in/sso/return", web.Public, p.comeBack)
	mux.Handle("GET /sign-in/sso/unknown", web.Public.Entry(), func(w http.ResponseWriter, r *http.Request) error {
		return web.Render(w, r, http.StatusForbidden, unknownPage(p.SSO.Name))
	})
	mux.Handle("GET /me/sso", web.SignedIn, p.ownSSO)
	mux.Handle("POST /me/sso", web.SignedIn, p.linkSSO)
	mux.Handle("POST /me/sso/drop", web.SignedIn, p.unlinkSSO)
}

// setOut sends somebody to the provider.
func (p *Pages) setOut(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		web.Form
		Next string `form:"next"`
	}
	if err := web.Decode(r, &in); err != nil {
		return err
	}
	return p.leaveFor(w, r, web.Local(in.Next), "", "/sign-in")
}

// leaveFor begins a journey, or says at a page of ours that the provider is away.
// A form must lead to ourselves (the content policy says so to browsers), and what
// changes something is no link: so a page of ours leads on at once.
func (p *Pages) leaveFor(w http.ResponseWriter, r *http.Request, next, link, home string) error {
	ctx := r.Context()
	j, to, err := p.SSO.Begin(ctx, next, link, web.Actor(ctx).SignedIn())
	if errors.Is(err, sso.ErrUnreachable) {
		slog.WarnContext(ctx, "single sign-on", "err", err)
		web.Warn(ctx, "auth.sso.unreachable", "Name", p.SSO.Name)
		return web.SeeOther(w, r, home, "")
	}
	if err != nil {
		return err
	}
	list := append(journeys(r), j)
	text, err := json.Marshal(list[max(0, len(list)-fewJourneys):])
	if err != nil {
		return err
	}
	web.Hold(ctx, heldJourneys, string(text))
	return away(w, r, to, p.SSO.Name, false)
}

// away leads on to another site at once; what leads there is a link too.
func away(w http.ResponseWriter, r *http.Request, to, name string, left bool) error {
	w.Header().Set("Refresh", "0;url="+to)
	w.Header().Set("Cache-Control", "no-store")
	return web.Render(w, r, http.StatusOK, awayPage(to, name, left))
}

func journeys(r *http.Request) (list []sso.Journey) {
	if text := web.Held(r.Context(), heldJourneys); text != "" && json.Unmarshal([]byte(text), &list) != nil {
		return nil
	}
	return list
}

// journey takes the one with a state out of the session: each is good for one return.
func journey(r *http.Request, state string) (found sso.Journey) {
	rest := []sso.Journey{}
	for _, j := range journeys(r) {
		if j.State == state && state != "" {
			found = j
		} else {
			rest = append(rest, j)
		}
	}
	if found.State != "" {
		text, err := json.Marshal(rest)
		if err != nil {
			text = nil
		}
		web.Hold(r.Context(), heldJourneys, string(text))
	}
	return found
}

// comeBack is where the provider sends people. It is a GET that signs in, for that is
// the protocol; what it does needs a state that only this session knows, once.
func (p *Pages) comeBack(w http.ResponseWriter, r *http.Request) error {
	ctx, back := r.Context(), r.URL.Query()
	j := journey(r, back.Get("state"))
	to := "/sign-in"
	if j.Link != "" {
		to = "/me/sso"
	}
	no := func(key string, err error) error {
		if err != nil {
			slog.WarnContext(ctx, "single sign-on", "err", err)
		}
		web.Warn(ctx, key, "Name", p.SSO.Name)
		return web.SeeOther(w, r, to, "")
	}
	if j.State != "" && back.Get("error") != "" {
		if back.Get("error") == "access_denied" {
			return no("auth.sso.denied", nil)
		}
		return no("auth.sso.refused", errors.New("the provider answers "+back.Get("error")))
	}
	who, err := p.SSO.Finish(ctx, j, back)
	switch {
	case errors.Is(err, sso.ErrUnreachable):
		return no("auth.sso.unreachable", err)
	case err != nil:
		return no("auth.sso.refused", err)
	}
	id := auth.Identity{Issuer: who.Issuer, Subject: who.Subject, Claimed: who.Claimed, Name: who.Name}
	if j.Link != "" {
		return p.linkBack(w, r, j, id)
	}
	if who.Strong && p.Believe != nil {
		if id.Strong, err = p.Believe(ctx); err != nil {
			return err
		}
	}
	in, err := p.Accounts.SignInBy(ctx, id, auth.Attempt{From: web.ClientIP(r), Agent: r.UserAgent()})
	if f := fault.As(err); f != nil && f.Kind == fault.NotFound {
		return web.SeeOther(w, r, "/sign-in/sso/unknown", "")
	} else if f != nil && f.Kind == fault.Forbidden {
		return no(f.Key, nil)
	}
	if err != nil {
		return err
	}
	if in.Second {
		if err := web.Pend(ctx, in.Actor.Account); err != nil {
			return err
		}
		if err := holdCame(ctx, who); err != nil {
			return err
		}
		return web.SeeOther(w, r, codeAt(j.Next), "")
	}
	if err := p.Accounts.CameBy(ctx, in.Actor.Account, in.At, id, who.SID); err != nil {
		return err
	}
	if err := p.begin(ctx, in); err != nil {
		return err
	}
	if id.Strong {
		web.Strengthen(ctx)
	}
	if !who.Fresh {
		web.Stale(ctx)
	}
	if err := holdCame(ctx, who); err != nil {
		return err
	}
	return p.welcome(w, r, in, j.Next)
}

// linkBack links the identity with the account whose person set out to do so.
func (p *Pages) linkBack(w http.ResponseWriter, r *http.Request, j sso.Journey, id auth.Identity) error {
	ctx := r.Context()
	a := web.Actor(ctx)
	if a.Account != j.Link {
		web.Warn(ctx, "auth.sso.refused", "Name", p.SSO.Name)
		return web.SeeOther(w, r, "/sign-in", "")
	}
	err := p.Accounts.LinkOwn(ctx, a, id)
	if f := fault.As(err); f != nil && f.Kind == fault.Conflict {
		web.Warn(ctx, f.Key)
		return web.SeeOther(w, r, "/me/sso", "")
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, "/me/sso", "auth.sso.linked", "Name", p.SSO.Name)
}

// An ssoPage is one's own single sign-on.
type ssoPage struct {
	In    *linkForm
	Name  string
	List  []auth.Linked
	Can   bool // link another
	Fresh bool
}

type linkForm struct {
	web.Form
	Password string `form:"password,required,raw"`
}

func (p *Pages) ownSSO(w http.ResponseWriter, r *http.Request) error {
	return p.ownSSOIs(w, r, http.StatusOK, &linkForm{})
}

func (p *Pages) ownSSOIs(w http.ResponseWriter, r *http.Request, status int, in *linkForm) error {
	ctx := r.Context()
	page := ssoPage{In: in, Name: p.SSO.Name, Can: true, Fresh: web.Fresh(ctx)}
	var err error
	if page.List, err = p.Accounts.Identities(ctx, web.Actor(ctx)); err != nil {
		return err
	}
	for _, l := range page.List {
		page.Can = page.Can && l.Issuer != p.SSO.Issuer
	}
	return web.Render(w, r, status, ownSSOPage(page))
}

// linkSSO sends who showed the password to the provider, to link what comes back.
func (p *Pages) linkSSO(w http.ResponseWriter, r *http.Request) error {
	ctx, in := r.Context(), &linkForm{}
	err := web.Decode(r, in)
	if err == nil {
		err = p.Accounts.ConfirmPassword(ctx, web.Actor(ctx), in.Password)
	}
	if f := fault.As(err); f != nil && f.Kind == fault.TooMany {
		in.Fault = f
		return p.ownSSOIs(w, r, http.StatusTooManyRequests, in)
	}
	if in.Failed(err) {
		return p.ownSSOIs(w, r, http.StatusUnprocessableEntity, in)
	}
	if err != nil {
		return err
	}
	return p.leaveFor(w, r, "/me/sso", web.Actor(ctx).Account, "/me/sso")
}

func (p *Pages) unlinkSSO(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	var in struct {
		web.Form
		Issuer  string `form:"issuer"`
		Subject string `form:"subject"`
	}
	if err := web.Decode(r, &in); err != nil {
		return err
	}
	if !web.Fresh(ctx) {
		return fault.New(fault.Forbidden, "auth.fresh")
	}
	if err := p.Accounts.UnlinkOwn(ctx, web.Actor(ctx), in.Issuer, in.Subject); err != nil {
		return err
	}
	return web.SeeOther(w, r, "/me/sso", "auth.sso.unlinked")
}
