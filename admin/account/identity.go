package account

import (
	"net/http"

	"cchc/base/auth"
	"cchc/base/fault"
	"cchc/base/web"
	"cchc/setting"
)

// SSOStrong says whether a second factor that the provider of single sign-on asked for
// stands for one of ours.
var SSOStrong = &setting.Setting{Name: "access.sso_strong", Group: "access", Kind: setting.Switch, Usual: setting.Off, System: true, Verb: auth.SettingChange}

// SessionsMost is how many sessions an account may have at once; 0 is any number. An
// account belongs to one person, who seldom needs more than a desk and a telephone.
var SessionsMost = &setting.Setting{Name: "access.sessions_most", Group: "access", Kind: setting.Integer, Usual: "0", Most: 20, System: true, Verb: auth.SettingChange}

// AccessSettings are all settings of how people sign in.
var AccessSettings = append(FactorSettings[:len(FactorSettings):len(FactorSettings)], SSOStrong, SessionsMost)

// A Provider of single sign-on, for the pages of accounts.
type Provider struct{ Issuer, Name string }

// identities are what an account's page shows of single sign-on.
type identities struct {
	Provider
	List []auth.Linked
	Like []auth.Stranger
}

type identityForm struct {
	web.Form
	Issuer  string `form:"issuer"`
	Subject string `form:"subject"`
}

func (p *Pages) registerSSO(mux *web.Mux) {
	if p.SSO.Issuer == "" {
		return
	}
	mux.Handle("POST /admin/accounts/{id}/sso", web.SignedIn, p.link)
	mux.Handle("POST /admin/accounts/{id}/sso/drop", web.SignedIn, p.unlink)
}

// link lets somebody at the provider sign the account in: a stranger who tried, or
// one whose subject the keeper has from the provider's people.
func (p *Pages) link(w http.ResponseWriter, r *http.Request) error {
	in := &input{}
	var typed identityForm
	err := web.Decode(r, &typed)
	if err == nil {
		in.Set("subject", typed.Subject)
		err = p.Accounts.Link(r.Context(), web.Actor(r.Context()), r.PathValue("id"), p.SSO.Issuer, typed.Subject)
	}
	if f := fault.As(err); f != nil && f.Kind == fault.Conflict {
		err = fault.New(fault.Invalid, "form.invalid").With("subject", f.Key)
	}
	return p.done(w, r, in, err, "account.done.sso")
}

func (p *Pages) unlink(w http.ResponseWriter, r *http.Request) error {
	var in identityForm
	err := web.Decode(r, &in)
	if err == nil {
		err = p.Accounts.Unlink(r.Context(), web.Actor(r.Context()), r.PathValue("id"), in.Issuer, in.Subject)
	}
	return p.done(w, r, &input{}, err, "account.done.sso_drop")
}
