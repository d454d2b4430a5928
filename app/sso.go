package app

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"cchc/admin/account"
	"cchc/base/auth"
	"cchc/base/web/sso"
	"cchc/setting"
)

// ssoFlags say by which provider of OpenID Connect people may sign in.
type ssoFlags struct {
	Issuer     string   `help:"Provider of single sign-on (OpenID Connect), exactly as it writes itself; without one there is none. Needs --base." placeholder:"URL"`
	Client     string   `help:"Id under which the provider knows cchc. The secret comes from CCHC_SSO_SECRET or --sso-secret-file, never from the command line."`
	SecretFile string   `help:"File that holds the client's secret." placeholder:"FILE"`
	Scopes     []string `help:"What is asked for beside openid." default:"profile"`
	Claim      string   `help:"Claim in which the provider says what somebody signs in with there; shown to who keeps the accounts." default:"preferred_username"`
	Strong     []string `help:"Values of amr or acr which tell that the provider asked for a second factor; believed when the setting says so." default:"mfa"`
	Name       string   `help:"What people call the provider: on the button." placeholder:"NAME"`
}

// provider returns the provider of single sign-on, or nil where there is none.
func (r *rooms) provider(f serveFlags) (*sso.Provider, error) {
	if f.SSO.Issuer == "" || r.training { // who practises has an invented account
		return nil, nil
	}
	secret := os.Getenv("CCHC_SSO_SECRET")
	if f.SSO.SecretFile != "" {
		text, err := os.ReadFile(f.SSO.SecretFile)
		if err != nil {
			return nil, fmt.Errorf("--sso-secret-file: %w", err)
		}
		secret = strings.TrimRight(string(text), "\r\n")
	}
	base := strings.TrimRight(f.Base, "/")
	c := sso.Config{Issuer: f.SSO.Issuer, Client: f.SSO.Client, Secret: secret, Scopes: f.SSO.Scopes, Claim: f.SSO.Claim, Strong: f.SSO.Strong, Name: f.SSO.Name,
		Return: base + "/sign-in/sso/return", Left: base + "/sign-in", Now: func() time.Time { return r.db.Now().Time() }}
	if err := c.Check(); err != nil {
		return nil, err
	}
	return sso.New(c), nil
}

// believeProvider reports whether the provider's second factor is believed.
func (r *rooms) believeProvider(ctx context.Context) (bool, error) {
	on, err := r.settings.Value(ctx, r.db, account.SSOStrong, "")
	return on == setting.On, err
}

// passkeys are those of the address by which people reach us, or nil where that has no
// name: browsers make no passkeys for numbers.
func (r *rooms) passkeys(f serveFlags) *auth.Passkeys {
	address := f.Base
	if address == "" { // somebody who tries it on their own machine
		_, port, err := net.SplitHostPort(f.Addr)
		if err != nil {
			port = "8080"
		}
		address = "http://localhost:" + port
	}
	p, err := auth.NewPasskeys(r.accounts, address, "CCHC")
	if err != nil {
		slog.Warn("there are no passkeys", "err", err)
	}
	return p
}
