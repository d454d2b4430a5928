package account

import (
	"context"
	"net/http"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/setting"
)

// factorIssuer is what the application on the telephone calls the product.
const factorIssuer = "CCHC"

// FactorSettings force a second factor on everybody who holds a role, one switch
// for each.
var FactorSettings = factorSettings()

func factorSettings() (out []*setting.Setting) {
	for _, r := range actor.Roles {
		out = append(out, &setting.Setting{Name: "access.factor_" + string(r), Group: "access", Kind: setting.Switch, Usual: setting.Off, System: true, Verb: auth.SettingChange})
	}
	return out
}

// Forced reports whether one of somebody's roles needs a second factor that they
// do not have yet.
func Forced(ctx context.Context, q db.Queryer, accounts *auth.Accounts, settings *setting.Book, a actor.Actor) (bool, error) {
	for i, r := range actor.Roles {
		for _, g := range a.Grants {
			if g.Role != r {
				continue
			}
			on, err := settings.Value(ctx, q, FactorSettings[i], "")
			if err != nil {
				return false, err
			}
			if on == setting.On {
				f, err := accounts.Factor(ctx, a.Account)
				return !f.Any(), err
			}
			break
		}
	}
	return false, nil
}

// A factorPage is one's own second factor: none, one that waits for its first
// code, or one that is on.
type factorPage struct {
	In      *codeForm
	Since   moment.Instant
	Lost    moment.Instant // when the one before was lost with the key of the seal
	Left    int
	Forced  bool
	Secret  string
	Address string // what the QR code carries
}

type codeForm struct {
	web.Form
	Code string `form:"code,raw"`
}

func (p *Pages) factorAsk(w http.ResponseWriter, r *http.Request) error {
	return p.factorShow(w, r, http.StatusOK, &codeForm{})
}

func (p *Pages) factorShow(w http.ResponseWriter, r *http.Request, status int, in *codeForm) error {
	ctx, a := r.Context(), web.Actor(r.Context())
	f, err := p.Accounts.Factor(ctx, a.Account)
	if err != nil {
		return err
	}
	page := factorPage{In: in, Since: f.Since, Lost: f.Lost, Left: f.Recovery}
	if p.Forced != nil {
		if page.Forced, err = p.Forced(ctx, a); err != nil {
			return err
		}
	}
	if f.Since == 0 {
		if page.Secret, err = p.Accounts.PendingFactor(ctx, a); err != nil {
			return err
		}
		page.Address = auth.FactorAddress(factorIssuer, a.Login, page.Secret)
	}
	w.Header().Set("Cache-Control", "no-store")
	return web.Render(w, r, status, factorView(page))
}

// factorBegin makes a secret; the page then shows it. Whoever finds a session left open
// must not lock its owner out: who signed in a while ago does so again first.
func (p *Pages) factorBegin(w http.ResponseWriter, r *http.Request) error {
	if !web.Fresh(r.Context()) {
		web.Warn(r.Context(), "auth.fresh")
		return web.SeeOther(w, r, "/sign-in?next=%2Fme%2Ffactor", "")
	}
	if err := p.Accounts.BeginFactor(r.Context(), web.Actor(r.Context())); err != nil {
		return err
	}
	return web.SeeOther(w, r, "/me/factor", "")
}

// factorWith does what needs a code; recovery codes that it made are shown once.
func (p *Pages) factorWith(do func(ctx context.Context, a actor.Actor, code string) ([]string, error), done string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		ctx, a := r.Context(), web.Actor(r.Context())
		in := &codeForm{}
		err := web.Decode(r, in)
		var recovery []string
		if err == nil {
			recovery, err = do(ctx, a, in.Code)
		}
		if f := fault.As(err); f != nil && f.Kind == fault.TooMany {
			in.Fault = f
			return p.factorShow(w, r, http.StatusTooManyRequests, in)
		}
		if in.Failed(err) {
			return p.factorShow(w, r, http.StatusUnprocessableEntity, in)
		}
		if err != nil {
			return err
		}
		if recovery == nil {
			return web.SeeOther(w, r, "/me/factor", done)
		}
		w.Header().Set("Cache-Control", "no-store")
		return web.Render(w, r, http.StatusOK, recoveryView(recovery, i18n.T(ctx, done)))
	}
}

func (p *Pages) registerFactor(mux *web.Mux) {
	mux.Handle("GET /me/factor", web.SignedIn, p.factorAsk)
	mux.Handle("POST /me/factor", web.SignedIn, p.factorBegin)
	mux.Handle("POST /me/factor/confirm", web.SignedIn, p.factorWith(p.Accounts.ConfirmFactor, "auth.factor.on"))
	mux.Handle("POST /me/factor/recovery", web.SignedIn, p.factorWith(p.Accounts.RenewRecovery, "auth.factor.recovery.new"))
	mux.Handle("POST /me/factor/drop", web.SignedIn, p.factorWith(func(ctx context.Context, a actor.Actor, code string) ([]string, error) {
		return nil, p.Accounts.DropFactor(ctx, a, code)
	}, "auth.factor.off"))
	mux.Handle("POST /admin/accounts/{id}/factor", web.SignedIn, p.factorReset)
}

// factorReset turns another's second factor off.
func (p *Pages) factorReset(w http.ResponseWriter, r *http.Request) error {
	in := &input{}
	err := web.Decode(r, in)
	if err == nil {
		err = p.Accounts.ResetFactor(r.Context(), web.Actor(r.Context()), r.PathValue("id"), in.Reason)
	}
	return p.done(w, r, in, err, "auth.factor.reset.done")
}
