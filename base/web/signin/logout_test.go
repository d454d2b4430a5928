package signin_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/web/webtest"
)

// says signs a logout token as the province does.
func (p *province) says(t *testing.T, change map[string]any) string {
	t.Helper()
	claims := map[string]any{"iss": p.server.URL, "aud": "cchc", "iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix(), "jti": rand.Text(),
		"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}}
	for name, v := range change {
		claims[name] = v
	}
	return p.signed(t, "logout+jwt", claims)
}

// signed makes a token with the province's own key.
func (p *province) signed(t *testing.T, kind string, claims map[string]any) string {
	t.Helper()
	key, err := p.store.SigningKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	part := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	text := part(map[string]any{"alg": "RS256", "kid": key.ID(), "typ": kind}) + "." + part(claims)
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key.Key().(*rsa.PrivateKey), crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(sig)
}

// Signing out at the province ends what began there, once, and nothing else.
func TestTheProviderEndsTheSessionsThatItBegan(t *testing.T) {
	t.Parallel()
	o := together(t, nil)
	if err := o.accounts.Link(t.Context(), actor.System("test"), o.id["bich"], o.province.server.URL, "id1"); err != nil {
		t.Fatal(err)
	}
	came, typed, server := o.b.Other(), o.b.Other(), o.b.Other()
	enter := func() {
		t.Helper()
		o.clock.Advance(time.Second) // a session is known by when it began
		came.Get(o.province.visit(t, setOut(came), provincial).RequestURI()).To("/")
		came.Get("/work").Is(200)
	}
	enter()
	o.clock.Advance(time.Second)
	typed.Post("/sign-in", "login", "bich", "password", password).To("/")
	typed.Get("/work").Is(200)
	end := func(token string, want int) {
		t.Helper()
		if p := server.Post("/sign-in/sso/logout", "logout_token", token).Is(want); p.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("Cache-Control is %q", p.Header.Get("Cache-Control"))
		}
	}
	end(o.province.says(t, map[string]any{"sub": "id1", "nonce": "n"}), 400)
	end(o.province.says(t, map[string]any{"sub": "id1", "aud": "other"}), 400)
	end("", 400)
	end(o.province.says(t, map[string]any{"sub": "id2"}), 200)               // who is not here
	end(o.province.says(t, map[string]any{"sub": "id1", "sid": "xyz"}), 200) // another session of theirs
	came.Get("/work").Is(200)
	if n := o.trail(t, "account.sso_logout"); n != 0 {
		t.Errorf("the trail tells of %d ends", n)
	}

	all := o.province.says(t, map[string]any{"sub": "id1"})
	end(all, 200)
	came.Get("/work").To("/sign-in?next=%2Fwork")
	typed.Get("/work").Is(200)
	if n := o.trail(t, "account.sso_logout"); n != 1 {
		t.Errorf("the trail tells of %d ends, want 1", n)
	}
	enter()
	end(all, 400) // heard before
	came.Get("/work").Is(200)

	// A page of another site may not send it in somebody's name.
	server.Header.Set("Origin", "https://evil.example")
	server.Post("/sign-in/sso/logout", "logout_token", o.province.says(t, map[string]any{"sub": "id1"})).Is(403)
	came.Get("/work").Is(200)
}

// With a session named only that one ends: a second machine of the same person goes on.
func TestTheProviderEndsOneSessionByItsName(t *testing.T) {
	t.Parallel()
	o := together(t, nil)
	ctx, issuer := t.Context(), o.province.server.URL
	if err := o.accounts.Link(ctx, actor.System("test"), o.id["bich"], issuer, "id1"); err != nil {
		t.Fatal(err)
	}
	var machines [2]func(want int)
	for i := range machines {
		b := o.b.Other()
		o.clock.Advance(time.Second)
		o.province.sid = []string{"s1", "s2"}[i]
		b.Get(o.province.visit(t, setOut(b), provincial).RequestURI()).To("/")
		machines[i] = func(want int) { t.Helper(); b.Get("/work").Is(want) }
		machines[i](200)
	}
	o.b.Other().Post("/sign-in/sso/logout", "logout_token", o.province.says(t, map[string]any{"sid": "s1"})).Is(200)
	machines[0](303)
	machines[1](200)
}

// Who came from the provider and then showed a second factor of their own here is let in by
// both; the provider ends that session too: named, or with all of the person's. A second
// step that nobody finished begins no session, and what is told of it then ends none.
func TestTheProviderEndsASessionThatASecondFactorFinished(t *testing.T) {
	t.Parallel()
	o := together(t, nil)
	ctx := t.Context()
	if err := o.accounts.Link(ctx, actor.System("test"), o.id["bich"], o.province.server.URL, "id1"); err != nil {
		t.Fatal(err)
	}
	bich, err := auth.Load(ctx, o.accounts.DB, o.id["bich"], o.accounts.DB.Now().Date())
	if err == nil {
		err = o.accounts.BeginFactor(ctx, bich)
	}
	if err != nil {
		t.Fatal(err)
	}
	secret, err := o.accounts.PendingFactor(ctx, bich)
	if err != nil {
		t.Fatal(err)
	}
	code := func() string {
		t.Helper()
		o.clock.Advance(time.Minute) // each is good once
		c, err := totp.GenerateCode(secret, o.clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	recovery, err := o.accounts.ConfirmFactor(ctx, bich, code())
	if err != nil {
		t.Fatal(err)
	}
	come := func(sid, code string) *webtest.Browser {
		t.Helper()
		b := o.b.Other()
		o.province.set(func(p *province) { p.sid = sid })
		b.Get(o.province.visit(t, setOut(b), provincial).RequestURI()).To("/sign-in/code?next=%2F")
		b.Get("/work").To("/sign-in?next=%2Fwork") // not in yet
		if code != "" {
			o.clock.Advance(time.Second) // a session is known by when it began
			b.Post("/sign-in/code", "code", code).To("/")
			b.Get("/work").Is(200)
		}
		return b
	}
	one, two, waits := come("s1", code()), come("s2", recovery[0]), come("s3", "")
	typed := o.b.Other()
	typed.Post("/sign-in", "login", "bich", "password", password).To("/sign-in/code?next=%2F")
	typed.Post("/sign-in/code", "code", code()).To("/")
	out := func(b *webtest.Browser) { t.Helper(); b.Get("/work").To("/sign-in?next=%2Fwork") }
	end := func(claims map[string]any) {
		t.Helper()
		o.b.Other().Post("/sign-in/sso/logout", "logout_token", o.province.says(t, claims)).Is(200)
	}
	end(map[string]any{"sid": "s1"})
	out(one)
	two.Get("/work").Is(200)
	typed.Get("/work").Is(200)
	end(map[string]any{"sub": "id1"})
	out(two)
	out(waits)
	typed.Get("/work").Is(200) // by the password, which the provider does not keep
	if n := o.trail(t, "account.sso_logout"); n != 2 {
		t.Errorf("the trail tells of %d ends, want 2", n)
	}
}
