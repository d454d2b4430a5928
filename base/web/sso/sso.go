// Package sso signs people in by a provider of OpenID Connect (đăng nhập một lần):
// the authorization code flow of OpenID Connect Core 1.0, section 3.1, with PKCE
// (RFC 7636), state and nonce. It tells who the provider says that somebody is; which
// account that is, package auth knows.
package sso

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// ErrUnreachable says that the provider did not answer, or not as it should: people
// sign in with their passwords meanwhile.
var ErrUnreachable = errors.New("the provider of single sign-on does not answer")

// ErrRefused says that what came back is not worth anything: another state, nonce,
// audience or issuer, a signature that does not hold, too late, or used before.
var ErrRefused = errors.New("what the provider of single sign-on sent is refused")

// Config is what a provider must be known by.
type Config struct {
	Issuer string // exactly as the provider writes it
	Client string // id under which the provider knows us
	Secret string // "" for a client without one; PKCE is used all the same
	Scopes []string
	// Claim names the claim in which the provider says what somebody signs in with
	// there: preferred_username, email. It is shown to who keeps the accounts, and
	// never finds an account by itself.
	Claim string
	// Strong are the values of amr or acr that tell that the provider asked for a
	// second factor.
	Strong []string
	Return string // address of our own to which the provider sends people back
	Left   string // address of our own to which it sends them after signing out
	Name   string // what people call it
	Now    func() time.Time
	// Wait is how long the provider may take to answer one question; 5 s when 0.
	Wait time.Duration
}

// Check tells what is wrong with the configuration, by the name of the flag.
func (c Config) Check() error {
	u, err := url.Parse(c.Issuer)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && local(u.Hostname())):
		return fmt.Errorf("--sso-issuer: %q; want an address that begins with https:// (http:// only on this machine)", c.Issuer)
	case c.Client == "":
		return errors.New("--sso-client: missing; the provider gives it when cchc is registered there")
	case !strings.HasPrefix(c.Return, "http"):
		return errors.New("--base: missing; the provider sends people back to it")
	}
	return nil
}

func local(host string) bool { return host == "localhost" || host == "127.0.0.1" || host == "::1" }

// A Provider is one provider. It is asked for its addresses when they are needed
// first, and again until it answers: that it is away does not keep us from starting.
type Provider struct {
	Config

	client *http.Client
	asking sync.Mutex // one asks at a time
	failed time.Time  // when it last did not answer; asking guards it
	mu     sync.Mutex
	known  *found

	wrong      map[string]int // logout tokens worth nothing since wrongSince, by address; mu guards all three
	wrongSum   int
	wrongSince time.Time
}

// found is what the provider told of itself.
type found struct {
	provider *oidc.Provider
	verifier *oidc.IDTokenVerifier
	oauth    oauth2.Config
	end      string // where people sign out; "" when it has none
	info     bool   // it has a userinfo endpoint
}

// New returns a provider that was not asked for anything yet.
func New(c Config) *Provider {
	if c.Wait == 0 {
		c.Wait = 5 * time.Second
	}
	if len(c.Scopes) == 0 {
		c.Scopes = []string{"profile"}
	}
	if !slices.Contains(c.Scopes, oidc.ScopeOpenID) {
		c.Scopes = append([]string{oidc.ScopeOpenID}, c.Scopes...)
	}
	if c.Claim == "" {
		c.Claim = "preferred_username"
	}
	if c.Name == "" {
		if u, err := url.Parse(c.Issuer); err == nil {
			c.Name = u.Host
		}
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = c.Wait
	return &Provider{Config: c, client: &http.Client{Timeout: c.Wait, Transport: limited{transport}}}
}

// pause is how soon a provider that did not answer is asked again: people who wait
// in a row must not each wait.
const pause = 10 * time.Second

// discover returns what the provider tells of itself.
func (p *Provider) discover(ctx context.Context) (*found, error) {
	if f := p.knows(nil); f != nil {
		return f, nil
	}
	p.asking.Lock()
	defer p.asking.Unlock()
	if f := p.knows(nil); f != nil {
		return f, nil
	}
	if now := p.Now(); now.Sub(p.failed) < pause && !now.Before(p.failed) {
		return nil, ErrUnreachable
	}
	// One asks for all: it must not end with the one request that began it.
	at, cancel := context.WithTimeout(oidc.ClientContext(context.WithoutCancel(ctx), p.client), p.Wait)
	defer cancel()
	x, err := oidc.NewProvider(at, p.Issuer)
	var more struct {
		End  string `json:"end_session_endpoint"`
		Info string `json:"userinfo_endpoint"`
	}
	if err == nil {
		err = x.Claims(&more)
	}
	if err != nil {
		p.failed = p.Now()
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	return p.knows(&found{provider: x, end: more.End, info: more.Info != "",
		verifier: x.VerifierContext(oidc.ClientContext(context.Background(), p.client), &oidc.Config{ClientID: p.Client, Now: p.Now}),
		oauth:    oauth2.Config{ClientID: p.Client, ClientSecret: p.Secret, Endpoint: x.Endpoint(), RedirectURL: p.Return, Scopes: p.Scopes}}), nil
}

// knows keeps what was found, when something was, and returns what is known.
func (p *Provider) knows(f *found) *found {
	p.mu.Lock()
	defer p.mu.Unlock()
	if f != nil {
		p.known = f
	}
	return p.known
}

// A Journey is one way to the provider and back: what must be the same at its end.
// It stays with us, in the session of the browser that set out.
type Journey struct {
	State    string
	Nonce    string
	Verifier string
	Next     string // where somebody wanted to go
	Link     string // account to which the identity is to be linked; "" to sign in
	Again    bool   // who is signed in shows anew who they are
	At       int64  // unix seconds
}

// lasts is how long somebody may take at the provider.
const lasts = 15 * time.Minute

// clocks is how far the provider's clock and ours may lie apart.
const clocks = 2 * time.Minute

// Begin returns a new journey and the address at which it begins. With link or again the
// provider is to ask who it is, even whom it knows. Errors: ErrUnreachable.
func (p *Provider) Begin(ctx context.Context, next, link string, again bool) (Journey, string, error) {
	f, err := p.discover(ctx)
	if err != nil {
		return Journey{}, "", err
	}
	j := Journey{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Next: next, Link: link, Again: again, At: p.Now().Unix()}
	options := []oauth2.AuthCodeOption{oidc.Nonce(j.Nonce), oauth2.S256ChallengeOption(j.Verifier)}
	if link != "" || again { // a link is for good: the provider asks who it is, whoever sat there before
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"))
	}
	return j, f.oauth.AuthCodeURL(j.State, options...), nil
}

// A Person is who the provider says that came back.
type Person struct {
	Issuer, Subject string
	Claimed         string // value of Config.Claim; "" when there is none
	Name            string
	Strong          bool   // the provider asked for a second factor
	Token           string // the ID token, for signing out
	SID             string // the session there, "" when it has no name
	Fresh           bool   // the provider asked who it is for this journey, or says that it did just before
}

// Finish ends a journey with what the provider sent to our address of return. Errors:
// ErrRefused; ErrUnreachable.
func (p *Provider) Finish(ctx context.Context, j Journey, back url.Values) (Person, error) {
	no := func(why string, err error) (Person, error) {
		if err != nil {
			return Person{}, fmt.Errorf("%w: %s: %w", ErrRefused, why, err)
		}
		return Person{}, fmt.Errorf("%w: %s", ErrRefused, why)
	}
	began := time.Unix(j.At, 0)
	switch now := p.Now(); {
	case j.State == "" || subtle.ConstantTimeCompare([]byte(j.State), []byte(back.Get("state"))) != 1:
		return no("another state", nil)
	case now.Sub(began) > lasts || began.Sub(now) > lasts:
		return no("too late", nil)
	case back.Get("iss") != "" && back.Get("iss") != p.Issuer: // RFC 9207
		return no("another issuer", nil)
	case back.Get("code") == "":
		return no("no code", nil)
	}
	f, err := p.discover(ctx)
	if err != nil {
		return Person{}, err
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, p.client), 2*p.Wait)
	defer cancel()
	token, err := f.oauth.Exchange(ctx, back.Get("code"), oauth2.VerifierOption(j.Verifier))
	if refused := new(oauth2.RetrieveError); errors.As(err, &refused) && refused.Response != nil && refused.Response.StatusCode < 500 {
		return no("the code", err)
	} else if err != nil {
		return Person{}, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return no("no ID token", nil)
	}
	id, err := f.verifier.Verify(ctx, raw)
	if err != nil {
		return no("the ID token", err)
	}
	if subtle.ConstantTimeCompare([]byte(j.Nonce), []byte(id.Nonce)) != 1 {
		return no("another nonce", nil)
	}
	var c struct {
		Name  string   `json:"name"`
		Party string   `json:"azp"`
		ACR   string   `json:"acr"`
		SID   string   `json:"sid"`
		Asked int64    `json:"auth_time"`
		AMR   []string `json:"amr"`
	}
	all := map[string]any{}
	if err := errors.Join(id.Claims(&c), id.Claims(&all)); err != nil {
		return no("the claims", err)
	}
	// Core, section 3.1.3.7, points 4 and 5.
	if c.Party != "" && c.Party != p.Client || len(id.Audience) > 1 && c.Party == "" {
		return no("it is for another program", nil)
	}
	if id.Subject == "" || len(id.Subject) > 255 {
		return no("the subject", nil)
	}
	// prompt=login is a wish; where the provider says when it asked, that must be so.
	asked := began.Sub(time.Unix(c.Asked, 0)) <= clocks
	if (j.Link != "" || j.Again) && c.Asked > 0 && !asked {
		return no("the provider did not ask anew who it is", nil)
	}
	who := Person{Fresh: j.Link != "" || j.Again || asked, Issuer: id.Issuer, Subject: id.Subject, Name: c.Name, Token: raw, SID: c.SID,
		Strong: slices.Contains(p.Strong, c.ACR) || slices.ContainsFunc(c.AMR, func(m string) bool { return slices.Contains(p.Strong, m) })}
	who.Claimed, _ = all[p.Claim].(string)
	if who.Claimed == "" && f.info {
		p.ask(ctx, f, token, &who)
	}
	who.Claimed, who.Name = short(who.Claimed), short(who.Name)
	return who, nil
}

// ask takes name and login from the userinfo endpoint, where many providers put what
// they do not put into the ID token. Without an answer nothing is lost: only the
// subject tells who somebody is.
func (p *Provider) ask(ctx context.Context, f *found, token *oauth2.Token, who *Person) {
	info, err := f.provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil || info.Subject != who.Subject {
		return
	}
	all := map[string]any{}
	if info.Claims(&all) != nil {
		return
	}
	who.Claimed, _ = all[p.Claim].(string)
	if name, ok := all["name"].(string); ok && who.Name == "" {
		who.Name = name
	}
}

// short cuts what somebody else wrote to what a page can show.
func short(s string) string {
	if r := []rune(s); len(r) > 100 {
		return string(r[:100])
	}
	return s
}

// Leave returns the address at which the provider signs somebody out who came with an
// ID token (RP-Initiated Logout 1.0), or "" when it has none or is not known.
func (p *Provider) Leave(token string) string {
	f := p.knows(nil)
	if f == nil || f.end == "" || token == "" {
		return ""
	}
	u, err := url.Parse(f.end)
	if err != nil || u.Scheme != "https" && !local(u.Hostname()) {
		return ""
	}
	q := u.Query()
	q.Set("id_token_hint", token)
	q.Set("client_id", p.Client)
	q.Set("post_logout_redirect_uri", p.Left)
	u.RawQuery = q.Encode()
	return u.String()
}
