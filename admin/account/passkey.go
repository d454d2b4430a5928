package account

import (
	"log/slog"
	"net/http"

	"cchc/base/auth"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/web"
)

const heldKey = "passkey.new" // what the session holds while a device makes a key

type passkeysPage struct {
	In       *passkeyForm
	List     []auth.Passkey
	Can      bool // this address can have passkeys
	Fresh    bool
	Forced   bool
	Recovery int
}

type passkeyForm struct {
	web.Form
	Name       string `form:"name"`
	Credential string `form:"credential,raw"`
}

func (p *Pages) registerPasskeys(mux *web.Mux) {
	mux.Handle("GET /me/passkeys", web.SignedIn, p.passkeys)
	mux.Handle("POST /me/passkeys/begin", web.SignedIn, p.passkeyBegin)
	mux.Handle("POST /me/passkeys", web.SignedIn, p.passkeyAdd)
	mux.Handle("POST /me/passkeys/{id}/drop", web.SignedIn, p.passkeyDrop)
}

func (p *Pages) passkeys(w http.ResponseWriter, r *http.Request) error {
	return p.passkeysAre(w, r, http.StatusOK, &passkeyForm{})
}

func (p *Pages) passkeysAre(w http.ResponseWriter, r *http.Request, status int, in *passkeyForm) error {
	ctx, a := r.Context(), web.Actor(r.Context())
	page := passkeysPage{In: in, Can: p.Passkeys != nil, Fresh: web.Fresh(ctx)}
	var err error
	if p.Passkeys != nil {
		if page.List, err = p.Passkeys.Of(ctx, a); err != nil {
			return err
		}
	}
	if p.Forced != nil {
		if page.Forced, err = p.Forced(ctx, a); err != nil {
			return err
		}
	}
	f, err := p.Accounts.Factor(ctx, a.Account)
	if err != nil {
		return err
	}
	page.Recovery = f.Recovery
	return web.Render(w, r, status, passkeysView(page))
}

// mayKey refuses where there can be no passkey, and in a session that was left open.
func (p *Pages) mayKey(r *http.Request) error {
	if p.Passkeys == nil {
		return fault.New(fault.NotFound, "auth.passkey.address")
	}
	if !web.Fresh(r.Context()) {
		return fault.New(fault.Forbidden, "auth.fresh")
	}
	return nil
}

// passkeyBegin answers the page's script with what the browser is to ask a device for.
func (p *Pages) passkeyBegin(w http.ResponseWriter, r *http.Request) error {
	if err := p.mayKey(r); err != nil {
		return err
	}
	options, waiting, err := p.Passkeys.Begin(r.Context(), web.Actor(r.Context()))
	if err != nil {
		return err
	}
	web.Hold(r.Context(), heldKey, waiting)
	return web.JSON(w, options)
}

func (p *Pages) passkeyAdd(w http.ResponseWriter, r *http.Request) error {
	ctx, in := r.Context(), &passkeyForm{}
	if err := p.mayKey(r); err != nil {
		return err
	}
	err := web.Decode(r, in)
	var recovery []string
	if err == nil {
		recovery, err = p.Passkeys.Register(ctx, web.Actor(ctx), web.Take(ctx, heldKey), in.Credential, in.Name)
	}
	if in.Failed(err) {
		slog.WarnContext(ctx, "passkey refused", "err", err)
		return p.passkeysAre(w, r, http.StatusUnprocessableEntity, in)
	}
	if err != nil {
		return err
	}
	if recovery == nil {
		return web.SeeOther(w, r, "/me/passkeys", "auth.passkey.added", "Name", in.Name)
	}
	w.Header().Set("Cache-Control", "no-store")
	return web.Render(w, r, http.StatusOK, recoveryView(recovery, i18n.T(ctx, "auth.passkey.added", "Name", in.Name)))
}

func (p *Pages) passkeyDrop(w http.ResponseWriter, r *http.Request) error {
	if err := p.mayKey(r); err != nil {
		return err
	}
	if err := p.Passkeys.Drop(r.Context(), web.Actor(r.Context()), r.PathValue("id")); err != nil {
		return err
	}
	return web.SeeOther(w, r, "/me/passkeys", "auth.passkey.dropped")
}
