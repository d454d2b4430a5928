package signin

import (
	"log/slog"
	"net/http"

	"cchc/base/auth"
	"cchc/base/fault"
	"cchc/base/web"
)

// heldAsked is what the session holds of a passkey that was asked for.
const heldAsked = "passkey.asked"

func (p *Pages) registerPasskeys(mux *web.Mux) {
	mux.Handle("POST /sign-in/passkey/begin", web.Public.Entry(), p.beginPasskey)
	mux.Handle("POST /sign-in/passkey", web.Public.Entry(), p.enterPasskey)
}

// beginPasskey answers a script with what the browser is to ask a device for.
func (p *Pages) beginPasskey(w http.ResponseWriter, r *http.Request) error {
	if p.Passkeys == nil {
		return fault.New(fault.NotFound, "auth.passkey.address")
	}
	options, waiting, err := p.Passkeys.BeginSignIn()
	if err != nil {
		return err
	}
	web.Hold(r.Context(), heldAsked, waiting)
	return web.JSON(w, options)
}

// A keyForm is what a device answered.
type keyForm struct {
	web.Form
	Credential string `form:"credential,raw"`
	Next       string `form:"next"`
}

// enterPasskey signs in by a passkey: at once, or as the second step of who showed a
// password.
func (p *Pages) enterPasskey(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if p.Passkeys == nil {
		return fault.New(fault.NotFound, "auth.passkey.address")
	}
	var in keyForm
	if err := web.Decode(r, &in); err != nil {
		return err
	}
	pending := web.Pending(ctx)
	who, err := p.Passkeys.SignIn(ctx, web.Take(ctx, heldAsked), in.Credential, pending, auth.Attempt{From: web.ClientIP(r), Agent: r.UserAgent()})
	if in.Failed(err) {
		slog.WarnContext(ctx, "passkey refused", "err", err)
		in.Fault = fault.As(err)
		if pending != "" {
			return web.Render(w, r, http.StatusUnprocessableEntity, codePage(&in.Form, true))
		}
		return web.Render(w, r, http.StatusUnprocessableEntity, p.page(&in.Form))
	}
	if err != nil {
		return err
	}
	if pending == "" {
		notCame(ctx)
	}
	if err := p.noteCame(ctx, who); err != nil {
		return err
	}
	if err := p.begin(ctx, who); err != nil {
		return err
	}
	return p.welcome(w, r, who, in.Next)
}
