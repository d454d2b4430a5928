package signin

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"cchc/base/auth"
	"cchc/base/fault"
	"cchc/base/web"
	"cchc/base/web/sso"
)

// heldCame is what the session holds of how somebody came from the provider.
const heldCame = "sso.came"

// A came is by which session at the provider somebody came.
type came struct{ Issuer, Subject, SID string }

// holdCame keeps with the session how its person came from the provider.
func holdCame(ctx context.Context, who sso.Person) error {
	text, err := json.Marshal(came{who.Issuer, who.Subject, who.SID})
	if err == nil {
		web.Hold(ctx, heldCame, string(text))
		web.Hold(ctx, heldToken, who.Token)
	}
	return err
}

// notCame forgets what another way of signing in makes untrue.
func notCame(ctx context.Context) {
	web.Take(ctx, heldToken)
	web.Take(ctx, heldCame)
}

// noteCame tells the accounts that a session which begins came from the provider, so that
// the provider can end it.
func (p *Pages) noteCame(ctx context.Context, who auth.SignedIn) error {
	var c came
	text := web.Held(ctx, heldCame)
	if text == "" || json.Unmarshal([]byte(text), &c) != nil {
		return nil
	}
	return p.Accounts.CameBy(ctx, who.Actor.Account, who.At, auth.Identity{Issuer: c.Issuer, Subject: c.Subject}, c.SID)
}

// logout is where the provider tells that a session is over there (OpenID Connect
// Back-Channel Logout 1.0, sections 2.5 to 2.8). It comes from the provider's server and
// not from a browser: no session, and what it says counts by the token's signature alone.
func (p *Pages) logout(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	w.Header().Set("Cache-Control", "no-store")
	refuse := func(err error) error {
		slog.WarnContext(ctx, "single sign-on", "err", err)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, err = w.Write([]byte(`{"error":"invalid_request","error_description":"the logout token is refused"}` + "\n"))
		return err
	}
	if err := r.ParseForm(); err != nil {
		return refuse(err)
	}
	x, err := p.SSO.Ended(ctx, r.PostForm.Get("logout_token"), web.ClientIP(r))
	if errors.Is(err, sso.ErrUnreachable) {
		return fault.New(fault.Unavailable, "auth.sso.unreachable", "Name", p.SSO.Name, "Seconds", web.RetryAfter).Because(err)
	}
	if err != nil {
		return refuse(err)
	}
	n, err := p.Accounts.LogOut(ctx, auth.Identity{Issuer: x.Issuer, Subject: x.Subject}, x.SID, x.ID)
	if fault.Is(err, fault.Conflict) {
		return refuse(err)
	}
	if err != nil {
		return err
	}
	slog.InfoContext(ctx, "single sign-on: the provider ended sessions", "sessions", n)
	w.WriteHeader(http.StatusOK)
	return nil
}
