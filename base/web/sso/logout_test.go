package sso_test

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"cchc/base/web/sso"
)

// A logout token counts when the provider's own key signed it for us, just now, as what
// it is: an ID token, or one for another program, ends nobody's session.
func TestALogoutTokenIsBelievedByTheProvidersOwnKeyAlone(t *testing.T) {
	t.Parallel()
	l := lie(t)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := sso.New(sso.Config{Issuer: l.server.URL, Client: "cchc", Return: "https://cchc.example.vn/back", Now: time.Now})
	event := map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}
	claims := map[string]any{"iss": l.server.URL, "sub": "1", "sid": "s1", "aud": "cchc", "exp": time.Now().Add(time.Minute).Unix(), "iat": time.Now().Unix(), "jti": "j1", "events": event}
	with := func(change map[string]any) map[string]any {
		c := maps.Clone(claims)
		for name, v := range change {
			if c[name] = v; v == nil {
				delete(c, name)
			}
		}
		return c
	}
	own := map[string]any{"alg": "RS256", "kid": "own"}
	for what, token := range map[string]string{
		"as it should be":       signed(t, l.key, own, claims),
		"with its type":         signed(t, l.key, map[string]any{"alg": "RS256", "kid": "own", "typ": "logout+jwt"}, claims),
		"with the usual type":   signed(t, l.key, map[string]any{"alg": "RS256", "kid": "own", "typ": "JWT"}, claims),
		"that names no session": signed(t, l.key, own, with(map[string]any{"sid": nil})),
		"that names no person":  signed(t, l.key, own, with(map[string]any{"sub": nil})),
	} {
		x, err := p.Ended(t.Context(), token, "198.51.100.7")
		if err != nil || x.Issuer != l.server.URL || x.ID != "j1" || x.SID == "" && x.Subject != "1" {
			t.Errorf("a token %s: %+v, %v", what, x, err)
		}
	}
	for what, token := range map[string]string{
		"of another key":        signed(t, other, own, claims),
		"without an algorithm":  part(map[string]any{"alg": "none"}) + "." + part(claims) + ".",
		"for another program":   signed(t, l.key, own, with(map[string]any{"aud": "other"})),
		"of another issuer":     signed(t, l.key, own, with(map[string]any{"iss": "https://elsewhere.example"})),
		"that is over":          signed(t, l.key, own, with(map[string]any{"exp": time.Now().Add(-time.Minute).Unix()})),
		"that is old":           signed(t, l.key, own, with(map[string]any{"iat": time.Now().Add(-time.Hour).Unix()})),
		"of tomorrow":           signed(t, l.key, own, with(map[string]any{"iat": time.Now().Add(time.Hour).Unix()})),
		"with a nonce":          signed(t, l.key, own, with(map[string]any{"nonce": "n"})),
		"without the event":     signed(t, l.key, own, with(map[string]any{"events": nil})),
		"of another event":      signed(t, l.key, own, with(map[string]any{"events": map[string]any{"https://example.vn/other": map[string]any{}}})),
		"whose event is none":   signed(t, l.key, own, with(map[string]any{"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": "x"}})),
		"without a name":        signed(t, l.key, own, with(map[string]any{"jti": nil})),
		"of nobody":             signed(t, l.key, own, with(map[string]any{"sub": nil, "sid": nil})),
		"of another type":       signed(t, l.key, map[string]any{"alg": "RS256", "kid": "own", "typ": "at+jwt"}, claims),
		"that is no token":      "x",
		"that is not there":     "",
		"that is much too long": strings.Repeat("x", 1<<20),
	} {
		if x, err := p.Ended(t.Context(), token, "198.51.100.7"); !errors.Is(err, sso.ErrRefused) {
			t.Errorf("a token %s: %+v, %v; want refused", what, x, err)
		}
	}
	// Who floods us with worthless ones does not have the provider asked again and again.
	flood := func(from string) {
		for range 40 {
			p.Ended(t.Context(), signed(t, other, map[string]any{"alg": "RS256", "kid": "theirs"}, claims), from)
		}
	}
	flood("203.0.113.9")
	if _, err := p.Ended(t.Context(), signed(t, l.key, own, claims), "203.0.113.9"); !errors.Is(err, sso.ErrUnreachable) {
		t.Errorf("after a flood: %v, want not now", err)
	}
	// The provider's own, from elsewhere, is heard meanwhile: until floods come from everywhere.
	if _, err := p.Ended(t.Context(), signed(t, l.key, own, with(map[string]any{"jti": "after a flood"})), "192.0.2.1"); err != nil {
		t.Errorf("from elsewhere, after a flood: %v", err)
	}
	for i := range 30 {
		flood(fmt.Sprintf("203.0.113.%d", 10+i))
	}
	if _, err := p.Ended(t.Context(), signed(t, l.key, own, claims), "192.0.2.1"); !errors.Is(err, sso.ErrUnreachable) {
		t.Errorf("after floods from everywhere: %v, want not now", err)
	}
}
