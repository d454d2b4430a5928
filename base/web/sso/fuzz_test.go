package sso_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"cchc/base/web/sso"
)

// Whatever a provider signs as a logout token, and whatever comes unsigned, ends a
// session by the rules of section 2.6 or is refused: nothing else.
func FuzzEnded(f *testing.F) {
	l := lie(f)
	at := time.Unix(1_795_000_000, 0)
	now, forth := at, false
	p := sso.New(sso.Config{Issuer: l.server.URL, Client: "cchc", Return: "https://cchc.example.vn/back", Now: func() time.Time { return now }})
	const head = `{"alg":"RS256","kid":"own","typ":"logout+jwt"}`
	good := `{"iss":"ISSUER","sub":"1","sid":"s1","aud":"cchc","exp":1795000600,"iat":1795000000,"jti":"j1","events":{"http://schemas.openid.net/event/backchannel-logout":{}}}`
	f.Add(head, good, "x")
	f.Add(`{"alg":"RS256","kid":"own"}`, strings.Replace(good, `"sid":"s1",`, "", 1), "a.b.c")
	f.Add(`{"alg":"none"}`, strings.Replace(good, `:{}}`, `:null}`, 1), "..")
	f.Add(head, strings.Replace(good, `"jti"`, `"nonce":null,"jti"`, 1), strings.Repeat(".", 10_000))
	f.Add(head, strings.Replace(good, `1795000000`, `1e300`, 1), "e30.e30.e30")
	f.Add(head, strings.Replace(good, `"aud":"cchc"`, `"aud":["cchc",1]`, 1), "\x00")
	f.Add(`[]`, `null`, strings.Repeat("e30.", 5000))
	f.Add(`{"typ":1}`, strings.Repeat("[", 10_000), "")
	f.Fuzz(func(t *testing.T, head, claims, raw string) {
		// To and fro by a minute, so that what was worthless before is never too much.
		if now = at; forth {
			now = at.Add(time.Minute)
		}
		forth = !forth
		claims = strings.ReplaceAll(claims, "ISSUER", l.server.URL)
		text := base64.RawURLEncoding.EncodeToString([]byte(head)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
		sum := sha256.Sum256([]byte(text))
		signature, err := rsa.SignPKCS1v15(rand.Reader, l.key, crypto.SHA256, sum[:])
		if err != nil {
			t.Fatal(err)
		}
		token := text + "." + base64.RawURLEncoding.EncodeToString(signature)
		if x, err := p.Ended(t.Context(), token, "198.51.100.7"); err == nil {
			age := now.Sub(x.At)
			if x.Issuer != l.server.URL || x.ID == "" || len(x.ID) > 255 || x.Subject == "" && x.SID == "" || len(x.Subject) > 255 || len(x.SID) > 255 || age > 5*time.Minute || age < -5*time.Minute {
				t.Errorf("%s %s is taken: %+v", head, claims, x)
			}
			signature[0] ^= 1
			if x, err := p.Ended(t.Context(), text+"."+base64.RawURLEncoding.EncodeToString(signature), "198.51.100.7"); err == nil {
				t.Errorf("with another signature it is taken: %+v", x)
			}
		} else if !errors.Is(err, sso.ErrRefused) {
			t.Errorf("%s %s: %v", head, claims, err)
		}
		if x, err := p.Ended(t.Context(), raw, "198.51.100.8"); err == nil || !errors.Is(err, sso.ErrRefused) {
			t.Errorf("%q: %+v, %v; want refused", raw, x, err)
		}
	})
}
