package sso_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"cchc/base/web/sso"
)

const secret = "the client's own secret"

// A liar is a provider that answers what a test says.
type liar struct {
	server *httptest.Server
	key    *rsa.PrivateKey
	issuer string // what it says that it is; its address when ""
	token  string
}

func lie(t testing.TB) *liar {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	l := &liar{key: key}
	mux := http.NewServeMux()
	say := func(pattern string, what func() any) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			json.NewEncoder(w).Encode(what())
		})
	}
	say("GET /.well-known/openid-configuration", func() any {
		issuer := l.issuer
		if issuer == "" {
			issuer = l.server.URL
		}
		at := l.server.URL
		return map[string]any{"issuer": issuer, "authorization_endpoint": at + "/auth", "token_endpoint": at + "/token", "jwks_uri": at + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"}}
	})
	say("GET /keys", func() any { return keys(&key.PublicKey, "own") })
	say("POST /token", func() any {
		return map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": l.token}
	})
	l.server = httptest.NewServer(mux)
	t.Cleanup(l.server.Close)
	return l
}

func keys(k *rsa.PublicKey, id string) any {
	return map[string]any{"keys": []any{map[string]any{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": id,
		"n": base64.RawURLEncoding.EncodeToString(k.N.Bytes()), "e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(k.E)).Bytes())}}}
}

func part(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func signed(t testing.TB, key *rsa.PrivateKey, head map[string]any, claims any) string {
	t.Helper()
	text := part(head) + "." + part(claims)
	sum := sha256.Sum256([]byte(text))
	s, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(s)
}

// An ID token counts when the configured provider's own key signed it, by an algorithm
// of keys; what the token says of itself (no algorithm, a shared secret, keys of its
// own) makes no difference.
func TestATokenIsBelievedByTheProvidersOwnKeyAlone(t *testing.T) {
	t.Parallel()
	l := lie(t)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Error("keys of the token's own choice are fetched")
		json.NewEncoder(w).Encode(keys(&other.PublicKey, "theirs"))
	}))
	defer elsewhere.Close()
	p := sso.New(sso.Config{Issuer: l.server.URL, Client: "cchc", Secret: secret, Return: "https://cchc.example.vn/back", Now: time.Now})
	j, _, err := p.Begin(t.Context(), "/", "", false)
	if err != nil {
		t.Fatal(err)
	}
	claims := map[string]any{"iss": l.server.URL, "sub": "1", "aud": "cchc", "exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix(), "nonce": j.Nonce}
	without := func(name string, value any) map[string]any {
		c := map[string]any{}
		for k, v := range claims {
			c[k] = v
		}
		if c[name] = value; value == nil {
			delete(c, name)
		}
		return c
	}
	own := map[string]any{"alg": "RS256", "kid": "own"}
	mac := func(key []byte) string {
		text := part(map[string]any{"alg": "HS256", "kid": "own"}) + "." + part(claims)
		m := hmac.New(sha256.New, key)
		m.Write([]byte(text))
		return text + "." + base64.RawURLEncoding.EncodeToString(m.Sum(nil))
	}
	finish := func(token string) error {
		l.token = token
		_, err := p.Finish(t.Context(), j, url.Values{"state": {j.State}, "code": {"c"}})
		return err
	}
	if err := finish(signed(t, l.key, own, claims)); err != nil {
		t.Fatalf("what is right is refused: %v", err)
	}
	for what, token := range map[string]string{
		"without an algorithm":                part(map[string]any{"alg": "none"}) + "." + part(claims) + ".",
		"signed with the client's secret":     mac([]byte(secret)),
		"signed with the public key as a key": mac(l.key.N.Bytes()),
		"of another key":                      signed(t, other, own, claims),
		"of another key, named in the token":  signed(t, other, map[string]any{"alg": "RS256", "kid": "theirs", "jku": elsewhere.URL}, claims),
		"with its key in the token":           signed(t, other, map[string]any{"alg": "RS256", "jwk": keys(&other.PublicKey, "theirs").(map[string]any)["keys"].([]any)[0]}, claims),
		"for another program":                 signed(t, l.key, own, without("aud", "other")),
		"for two, and not said for which":     signed(t, l.key, own, without("aud", []string{"cchc", "other"})),
		"of another issuer":                   signed(t, l.key, own, without("iss", "https://elsewhere.example")),
		"that is over":                        signed(t, l.key, own, without("exp", time.Now().Add(-time.Minute).Unix())),
		"without an end":                      signed(t, l.key, own, without("exp", nil)),
		"of another nonce":                    signed(t, l.key, own, without("nonce", "x")),
		"of nobody":                           signed(t, l.key, own, without("sub", "")),
		"that is no token":                    "x",
	} {
		if err := finish(token); !errors.Is(err, sso.ErrRefused) {
			t.Errorf("a token %s: %v, want refused", what, err)
		}
	}
}

// A provider that says that it is another one is not asked for anything.
func TestAProviderThatCallsItselfOtherwiseIsNotBelieved(t *testing.T) {
	t.Parallel()
	l := lie(t)
	l.issuer = "https://sso.example.vn"
	p := sso.New(sso.Config{Issuer: l.server.URL, Client: "cchc", Return: "https://cchc.example.vn/back", Now: time.Now})
	if _, to, err := p.Begin(t.Context(), "/", "", false); !errors.Is(err, sso.ErrUnreachable) {
		t.Errorf("sets out to %q, %v", to, err)
	}
}
