// Package signin has the pages to sign in and out (đăng nhập, đăng xuất).
package signin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/sso"
	"cchc/base/web/ui"
)

// Pages are the pages to sign in and out.
type Pages struct {
	Accounts *auth.Accounts
	SSO      *sso.Provider // nil: there is no single sign-on
	// Believe reports whether a second factor that the provider asked for is believed;
	// nil believes none.
	Believe  func(ctx context.Context) (bool, error)
	Passkeys *auth.Passkeys // nil: this address can have none
	// Start is where the day of somebody begins who wanted to go nowhere else; nil is the
	// first page, which is the visitors'.
	Start func(a actor.Actor) string
}

// Register puts the pages at /sign-in, /sign-in/code and /sign-out.
func (p *Pages) Register(mux *web.Mux) {
	mux.Handle("GET /sign-in", web.Public.Entry(), p.ask)
	mux.Handle("POST /sign-in", web.Public.Entry(), p.enter)
	mux.Handle("GET /sign-in/code", web.Public.Entry(), p.askCode)
	mux.Handle("POST /sign-in/code", web.Public.Entry(), p.enterCode)
	mux.Handle("POST /sign-out", web.Public.Entry(), p.leave)
	mux.Handle("GET "+web.WhoPath, web.Public, func(w http.ResponseWriter, r *http.Request) error {
		who, left := web.Left(r.Context())
		text, err := json.Marshal(map[string]any{"who": who, "left": int(left.Seconds())})
		if err != nil {
			return err
		}
		return web.JSON(w, text)
	})
	p.registerSSO(mux)
	p.registerPasskeys(mux)
}

// page is the page to sign in, with what can be signed in by here.
func (p *Pages) page(in *ui.Form) templ.Component {
	name := ""
	if p.SSO != nil {
		name = p.SSO.Name
	}
	return page(in, name, p.Passkeys != nil)
}

// A form is what somebody types to sign in; next is where they wanted to go.
type form struct {
	web.Form
	Login    string `form:"login,required"`
	Password string `form:"password,required,raw"`
	Next     string `form:"next"`
}

func (p *Pages) ask(w http.ResponseWriter, r *http.Request) error {
	var in form
	in.Set("next", web.Local(r.URL.Query().Get("next")))
	return web.Render(w, r, http.StatusOK, p.page(&in.Form))
}

func (p *Pages) enter(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	var in form
	err := web.Decode(r, &in)
	var who auth.SignedIn
	if err == nil {
		who, err = p.Accounts.SignInWith(ctx, auth.Attempt{Login: in.Login, Password: in.Password, From: web.ClientIP(r), Agent: r.UserAgent()})
		tell(r, err, "password", "")
	}
	if f := fault.As(err); f != nil && f.Kind == fault.TooMany {
		in.Fault = f
		w.Header().Set("Retry-After", "60")
		return web.Render(w, r, http.StatusTooManyRequests, p.page(&in.Form))
	}
	if in.Failed(err) {
		return web.Render(w, r, http.StatusUnprocessableEntity, p.page(&in.Form))
	}
	if err != nil {
		return err
	}
	if who.Actor.Account == "" {
		return errors.New("signed in without an account")
	}
	notCame(ctx) // of somebody who did not finish
	if who.Second {
		if err := web.Pend(ctx, who.Actor.Account); err != nil {
			return err
		}
		return web.SeeOther(w, r, codeAt(in.Next), "")
	}
	if err := p.begin(ctx, who); err != nil {
		return err
	}
	return p.welcome(w, r, who, in.Next)
}

// begin begins the session of who was let in. Who was signed in here already, and only
// showed again who they are, has one session as before.
func (p *Pages) begin(ctx context.Context, who auth.SignedIn) error {
	was := moment.Instant(0)
	if web.Actor(ctx).Account == who.Actor.Account {
		was = web.Since(ctx)
	}
	if err := web.SignIn(ctx, who.Actor.Account, who.At); err != nil || was == 0 || was == who.At {
		return err
	}
	return p.Accounts.Supersede(ctx, who.Actor.Account, was)
}

// welcome leads who just signed in to where they wanted to go.
func (p *Pages) welcome(w http.ResponseWriter, r *http.Request, who auth.SignedIn, next string) error {
	if who.Anew {
		web.Warn(r.Context(), "auth.factor.lost.anew")
		next = "/me/factor"
	}
	if who.Actor.ReadOnly {
		web.Warn(r.Context(), "auth.read_only")
	}
	to := web.Local(next)
	if to == "/" && p.Start != nil {
		to = p.Start(who.Actor)
	}
	return web.SeeOther(w, r, to, "web.sign_in.done", "Name", who.Actor.Name)
}

// codeAt is the page of the second step of somebody who wanted to go to next.
func codeAt(next string) string { return "/sign-in/code?next=" + url.QueryEscape(web.Local(next)) }

// A codeForm is the second step: six digits of the application, or a recovery code.
type codeForm struct {
	web.Form
	Code string `form:"code,required,raw"`
	Next string `form:"next"`
}

func (p *Pages) askCode(w http.ResponseWriter, r *http.Request) error {
	if web.Pending(r.Context()) == "" {
		return web.SeeOther(w, r, "/sign-in", "")
	}
	var in codeForm
	in.Set("next", web.Local(r.URL.Query().Get("next")))
	return web.Render(w, r, http.StatusOK, codePage(&in.Form, p.Passkeys != nil))
}

func (p *Pages) enterCode(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	account := web.Pending(ctx)
	if account == "" {
		web.Warn(ctx, "auth.factor.waited")
		return web.SeeOther(w, r, "/sign-in", "")
	}
	var in codeForm
	err := web.Decode(r, &in)
	var who auth.SignedIn
	if err == nil {
		who, err = p.Accounts.SecondStep(ctx, account, in.Code, auth.Attempt{From: web.ClientIP(r), Agent: r.UserAgent()})
		tell(r, err, "code", account)
	}
	if f := fault.As(err); f != nil && f.Kind == fault.TooMany {
		in.Fault = f
		w.Header().Set("Retry-After", "60")
		return web.Render(w, r, http.StatusTooManyRequests, codePage(&in.Form, p.Passkeys != nil))
	}
	if in.Failed(err) {
		return web.Render(w, r, http.StatusUnprocessableEntity, codePage(&in.Form, p.Passkeys != nil))
	}
	if err != nil {
		return err
	}
	if err := p.noteCame(ctx, who); err != nil {
		return err
	}
	if err := p.begin(ctx, who); err != nil {
		return err
	}
	return p.welcome(w, r, who, in.Next)
}

func (p *Pages) leave(w http.ResponseWriter, r *http.Request) error {
	// What the browser keeps of what was shown goes too. Other tabs hear of it by our script:
	// "storage", of which there is none, would take the locks from it by which they do.
	w.Header().Set("Clear-Site-Data", `"cache"`)
	token := web.Held(r.Context(), heldToken)
	if err := web.SignOut(r.Context()); err != nil {
		return err
	}
	if p.SSO != nil { // or whoever comes next is let in by the provider without a word
		if to := p.SSO.Leave(token); to != "" {
			return away(w, r, to, p.SSO.Name, true)
		}
	}
	return web.SeeOther(w, r, "/sign-in", "web.sign_out.done")
}
