package account

import (
	"context"
	"net/http"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/unit"
)

type mePage struct {
	Login    string
	Roles    []ui.Fact
	Sessions []auth.Session
	Since    moment.Instant
	Tokens   int  // that can be used
	Fresh    bool // other sessions may be ended
	Keeper   bool
	ReadOnly bool
	SSO      string // name of the provider of single sign-on
}

type passwordForm struct {
	web.Form
	Old   string `form:"old,raw"`
	New   string `form:"new,raw"`
	Again string `form:"again,raw"`

	Tokens bool `form:"tokens"` // revoke them too
}

func (p *Pages) me(w http.ResponseWriter, r *http.Request) error {
	ctx, a := r.Context(), web.Actor(r.Context())
	page := mePage{Login: a.Login, Since: web.Since(ctx), Fresh: web.Fresh(ctx), SSO: p.SSO.Name, ReadOnly: a.ReadOnly, Keeper: len(auth.Roots(a, auth.AccountChange)) > 0}
	pl, err := p.places(ctx, nil)
	if err != nil {
		return err
	}
	for _, g := range a.Grants {
		page.Roles = append(page.Roles, ui.Fact{Label: roleName(ctx, g.Role), Value: pl.name(ctx, g.Unit)})
	}
	if page.Sessions, err = p.Accounts.Sessions(ctx, a); err != nil {
		return err
	}
	if page.Tokens, err = p.liveTokens(ctx, a); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, meView(page))
}

func (p *Pages) askPassword(w http.ResponseWriter, r *http.Request) error {
	return p.passwordIs(w, r, http.StatusOK, &passwordForm{})
}

func (p *Pages) passwordIs(w http.ResponseWriter, r *http.Request, status int, in *passwordForm) error {
	a := web.Actor(r.Context())
	n, err := p.liveTokens(r.Context(), a)
	if err != nil {
		return err
	}
	return web.Render(w, r, status, passwordView(&in.Form, a.FirstPassword, n))
}

// liveTokens counts the actor's tokens that can be used.
func (p *Pages) liveTokens(ctx context.Context, a actor.Actor) (n int, err error) {
	list, err := p.Accounts.OwnTokens(ctx, a)
	for _, t := range list {
		if auth.EndToken.In(t.Stands(p.Accounts.DB.Now())) {
			n++
		}
	}
	return n, err
}

func (p *Pages) password(w http.ResponseWriter, r *http.Request) error {
	ctx, a := r.Context(), web.Actor(r.Context())
	in := &passwordForm{}
	err := web.Decode(r, in)
	if err == nil && in.New != in.Again {
		err = fault.New(fault.Invalid, "auth.account_invalid").With("again", "account.password.differs")
	}
	if err == nil {
		err = p.Accounts.ChangePasswordWith(ctx, a, auth.PasswordChange{Old: in.Old, New: in.New, Tokens: in.Tokens})
	}
	if f := fault.As(err); f != nil && f.Kind == fault.TooMany {
		in.Fault = f
		return p.passwordIs(w, r, http.StatusTooManyRequests, in)
	}
	if in.Failed(err) {
		return p.passwordIs(w, r, http.StatusUnprocessableEntity, in)
	}
	if err != nil {
		return err
	}
	// The change ended every session; this one goes on as a new one.
	at, err := p.Accounts.Renew(ctx, a, web.Since(ctx), r.UserAgent())
	if err != nil {
		return err
	}
	strong := web.Strong(ctx)
	if err := web.SignIn(ctx, a.Account, at); err != nil {
		return err
	}
	if strong {
		web.Strengthen(ctx)
	}
	to := "/me"
	if a.FirstPassword {
		to = "/"
	}
	return web.SeeOther(w, r, to, "account.password.done")
}

// endOwn ends other sessions of one's own, for who showed just now who they are: whoever
// finds a session left open must not put its owner out everywhere else.
func (p *Pages) endOwn(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if !web.Fresh(ctx) {
		web.Warn(ctx, "auth.fresh")
		return web.SeeOther(w, r, "/sign-in?next=%2Fme", "")
	}
	var in struct {
		At int64 `form:"at"`
	}
	if err := web.Decode(r, &in); err != nil {
		return err
	}
	if err := p.Accounts.EndSession(ctx, web.Actor(ctx), moment.Instant(in.At), web.Since(ctx)); err != nil {
		return err
	}
	return web.SeeOther(w, r, "/me", "account.done.sessions")
}

type delegationForm struct {
	web.Form
	To       string      `form:"to"`
	What     string      `form:"what"` // role and unit: "onestop UNIT"
	Only     []string    `form:"only"`
	Document string      `form:"document"`
	From     moment.Date `form:"from"`
	Last     moment.Date `form:"last"`
}

type delegationRow struct {
	auth.Delegation
	Place string
	What  []string // verbs' names; none for all
	State string   // "now", "coming", "over", "withdrawn"
	Mine  bool     // the actor gave it
	End   bool     // it can be withdrawn
	Act   bool     // the actor may begin to act under it
}

type delegationsPage struct {
	In     *delegationForm
	Rows   []delegationRow
	May    bool // has something to delegate, and does not act for another
	Whats  []ui.Option
	People []ui.Option
	Verbs  []ui.Option
	All    bool // the keeper's page of all
}

func (p *Pages) delegations(w http.ResponseWriter, r *http.Request) error {
	return p.delegationsAre(w, r, http.StatusOK, &delegationForm{})
}

func (p *Pages) delegationsAre(w http.ResponseWriter, r *http.Request, status int, in *delegationForm) error {
	ctx, a := r.Context(), web.Actor(r.Context())
	list, err := p.Accounts.Delegations(ctx, a)
	if err != nil {
		return err
	}
	page := delegationsPage{In: in}
	pl, err := p.places(ctx, nil)
	if err != nil {
		return err
	}
	page.Rows = p.delegationRows(r, list, pl)
	page.May = a.For.Account == "" && len(a.Grants) > 0
	if page.May {
		people, verbs := map[string]bool{a.Account: true}, map[auth.Verb]bool{auth.AccountChange: true}
		for _, g := range a.Grants {
			page.Whats = append(page.Whats, ui.Option{Value: string(g.Role) + " " + string(g.Unit), Text: roleName(ctx, g.Role) + ", " + pl.name(ctx, g.Unit)})
			for _, v := range auth.Of(g.Role) {
				if !verbs[v] {
					verbs[v] = true
					page.Verbs = append(page.Verbs, ui.Option{Value: string(v), Text: verbName(ctx, v)})
				}
			}
			in := []unit.ID{g.Unit}
			if g.Unit == "" {
				in = pl.tree.Roots()
			}
			for _, u := range in {
				who, err := p.Accounts.Colleagues(ctx, u)
				if err != nil {
					return err
				}
				for _, x := range who {
					if !people[x.Account] {
						people[x.Account] = true
						page.People = append(page.People, ui.Option{Value: x.Account, Text: x.Name})
					}
				}
			}
		}
		page.People = append([]ui.Option{{Text: i18n.T(ctx, "account.choose")}}, page.People...)
	}
	return web.Render(w, r, status, delegationsView(page))
}

func (p *Pages) delegationRows(r *http.Request, list []auth.Delegation, pl *places) []delegationRow {
	ctx, a := r.Context(), web.Actor(r.Context())
	today := p.Accounts.DB.Now().Date()
	var out []delegationRow
	for _, d := range list {
		x := delegationRow{Delegation: d, Place: pl.name(ctx, d.Unit), Mine: d.From.Account == a.Account}
		for _, v := range d.Only {
			x.What = append(x.What, verbName(ctx, v))
		}
		now := d.Stands(today)
		x.State, x.End = string(now), auth.EndDelegation.In(now)
		x.Act = auth.UseDelegation.In(now) && d.To.Account == a.Account && a.For.Delegation != d.ID
		out = append(out, x)
	}
	return out
}

func (p *Pages) delegate(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &delegationForm{}
	err := web.Decode(r, in)
	if err == nil {
		n := auth.NewDelegation{To: in.To, Document: in.Document, From: in.From, Last: in.Last}
		n.Role, n.Unit = split(in.What)
		for _, v := range in.Only {
			n.Only = append(n.Only, auth.Verb(v))
		}
		_, err = p.Accounts.Delegate(ctx, web.Actor(ctx), n)
	}
	if in.Failed(err) {
		return p.delegationsAre(w, r, http.StatusUnprocessableEntity, in)
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, "/me/delegations", "account.delegation.done")
}

func (p *Pages) withdraw(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := p.Accounts.Withdraw(ctx, web.Actor(ctx), r.PathValue("id")); err != nil {
		return err
	}
	to := "/me/delegations"
	if r.FormValue("back") == "admin" {
		to = "/admin/delegations"
	}
	return web.SeeOther(w, r, to, "account.delegation.withdrawn")
}

// act begins to act in another's place, or ends it.
func (p *Pages) act(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	var in struct {
		Delegation string `form:"delegation"`
	}
	if err := web.Decode(r, &in); err != nil {
		return err
	}
	if in.Delegation == "" {
		web.ActFor(ctx, "")
		return web.SeeOther(w, r, "/", "account.act.ended")
	}
	a, err := auth.ActFor(ctx, p.Accounts.DB, p.Accounts.Guard.Tree, web.Actor(ctx), in.Delegation, p.Accounts.DB.Now().Date())
	if err != nil {
		return err
	}
	web.ActFor(ctx, in.Delegation)
	return web.SeeOther(w, r, "/", "account.act.begun", "Name", a.For.Name)
}

func (p *Pages) allDelegations(w http.ResponseWriter, r *http.Request) error {
	ctx, a := r.Context(), web.Actor(r.Context())
	list, err := p.Accounts.AllDelegations(ctx, a)
	if err != nil {
		return err
	}
	pl, err := p.places(ctx, nil)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, delegationsView(delegationsPage{Rows: p.delegationRows(r, list, pl), All: true}))
}
