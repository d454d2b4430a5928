package sso

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// A Logout is what a provider says with a logout token: the session SID of a person, or
// with "" all of theirs, is over there (OpenID Connect Back-Channel Logout 1.0).
type Logout struct {
	Issuer  string
	Subject string // "" when only the session is named
	SID     string
	ID      string // jti: the provider says each thing once
	At      time.Time
}

// logoutEvent is the member of the claim events that makes a token a logout token.
const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

const (
	// logoutFresh is how old a logout token may be, or how far ahead the provider's clock.
	logoutFresh = 5 * time.Minute
	// logoutMost is how long a logout token may be: some hundreds of bytes are usual.
	logoutMost = 16 << 10
	// wrongMost is how many tokens in a minute may be looked at that turn out worthless:
	// one with an unknown key has the provider asked for its keys. They are counted by
	// where they come from, so that a stranger does not keep the provider's own from
	// being heard; wrongAll is for all strangers together.
	wrongMost = 30
	wrongAll  = 20 * wrongMost
)

// Ended reads a logout token (section 2.6): signed by the provider's own key for us, with
// the event and without a nonce, fresh, and naming a session or a person. Whether it was
// used before the caller knows. From is the address that it came from. Errors: ErrRefused;
// ErrUnreachable.
func (p *Provider) Ended(ctx context.Context, raw, from string) (Logout, error) {
	no := func(why string, err error) (Logout, error) {
		return Logout{}, errors.Join(fmt.Errorf("%w: the logout token: %s", ErrRefused, why), err)
	}
	if raw == "" || len(raw) > logoutMost {
		return no("none, or too long", nil)
	}
	f, err := p.discover(ctx)
	if err != nil {
		return Logout{}, err
	}
	if p.wrongTooOften(from, 0) {
		return Logout{}, fmt.Errorf("%w: too many logout tokens that are worth nothing", ErrUnreachable)
	}
	out, why, err := p.ended(ctx, f, raw)
	if why != "" {
		p.wrongTooOften(from, 1)
		return no(why, err)
	}
	return out, nil
}

func (p *Provider) ended(ctx context.Context, f *found, raw string) (out Logout, why string, err error) {
	// Other tokens of the provider are told apart by their type where it gives one.
	head, _, _ := strings.Cut(raw, ".")
	if kind := typeOf(head); kind != "" && !slices.Contains([]string{"logout+jwt", "jwt"}, kind) {
		return out, "a token of another type", nil
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, p.client), 2*p.Wait)
	defer cancel()
	token, err := f.verifier.Verify(ctx, raw)
	if err != nil {
		return out, "it does not hold", err
	}
	var c struct {
		Events map[string]json.RawMessage `json:"events"`
		Nonce  json.RawMessage            `json:"nonce"`
		SID    string                     `json:"sid"`
		ID     string                     `json:"jti"`
	}
	if err := token.Claims(&c); err != nil {
		return out, "the claims", err
	}
	event := map[string]any{}
	age := p.Now().Sub(token.IssuedAt)
	switch {
	case json.Unmarshal(c.Events[logoutEvent], &event) != nil: // missing, or no object
		return out, "no event of logging out", nil
	case c.Nonce != nil:
		return out, "a nonce", nil
	case age > logoutFresh || age < -logoutFresh:
		return out, "too old, or of tomorrow", nil
	case c.ID == "" || len(c.ID) > 255:
		return out, "no jti", nil
	case token.Subject == "" && c.SID == "", len(token.Subject) > 255, len(c.SID) > 255:
		return out, "neither a session nor a person", nil
	}
	return Logout{Issuer: token.Issuer, Subject: token.Subject, SID: c.SID, ID: c.ID, At: token.IssuedAt}, "", nil
}

// typeOf reads the type in the head of a token, in small letters; "" without one.
func typeOf(head string) string {
	var h struct {
		Type string `json:"typ"`
	}
	b, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil || json.Unmarshal(b, &h) != nil {
		return ""
	}
	return strings.TrimPrefix(strings.ToLower(h.Type), "application/")
}

// wrongTooOften counts worthless tokens that came from an address, and reports whether
// too many did.
func (p *Provider) wrongTooOften(from string, came int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.Now()
	if p.wrong == nil || now.Sub(p.wrongSince) >= time.Minute || now.Before(p.wrongSince) {
		p.wrongSince, p.wrong, p.wrongSum = now, map[string]int{}, 0
	}
	if came > 0 { // one who only asks takes no room
		p.wrong[from] += came
		p.wrongSum += came
	}
	return p.wrong[from] >= wrongMost || p.wrongSum >= wrongAll
}
