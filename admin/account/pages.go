// Package account has the pages about accounts (tài khoản): those that a keeper
// sees of all in reach, everybody's own, and delegations (uỷ quyền).
package account

import (
	"context"
	"net/http"
	"strings"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/list"
	"cchc/base/web/ui"
	"cchc/unit"
)

// Pages are the pages about accounts.
type Pages struct {
	Accounts *auth.Accounts
	Units    *unit.Book
	Views    *list.Views    // nil keeps none
	SSO      Provider       // of single sign-on; zero where there is none
	Passkeys *auth.Passkeys // nil: this address can have none
	Hands    Handover       // nil hands nothing over
	// Forced reports whether somebody needs a second factor that they do not have;
	// nil forces nobody.
	Forced func(ctx context.Context, a actor.Actor) (bool, error)
}

// Register puts the pages at /admin/accounts, /admin/delegations and /me.
func (p *Pages) Register(mux *web.Mux) {
	mux.Handle("GET /admin/accounts", web.SignedIn, p.list)
	p.registerFactor(mux)
	p.registerSSO(mux)
	p.registerHandover(mux)
	p.registerPasskeys(mux)
	mux.Handle("GET /admin/accounts/new", web.SignedIn, p.askNew)
	mux.Handle("POST /admin/accounts", web.SignedIn, p.create)
	mux.Handle("GET /admin/accounts/{id}", web.SignedIn, p.show)
	mux.Handle("POST /admin/accounts/{id}/grants", web.SignedIn, p.grant)
	mux.Handle("POST /admin/accounts/{id}/revoke", web.SignedIn, p.revoke)
	mux.Handle("POST /admin/accounts/{id}/rename", web.SignedIn, p.rename)
	mux.Handle("POST /admin/accounts/{id}/password", web.SignedIn, p.reset)
	mux.Handle("POST /admin/accounts/{id}/state", web.SignedIn, p.state)
	mux.Handle("POST /admin/accounts/{id}/unlock", web.SignedIn, p.unlock)
	mux.Handle("POST /admin/accounts/{id}/sessions", web.SignedIn, p.endSessions)
	mux.Handle("GET /admin/delegations", web.SignedIn, p.allDelegations)

	mux.Handle("GET /me", web.SignedIn, p.me)
	mux.Handle("GET /me/password", web.SignedIn, p.askPassword)
	mux.Handle("POST /me/password", web.SignedIn, p.password)
	mux.Handle("POST /me/sessions", web.SignedIn, p.endOwn)
	mux.Handle("GET /me/delegations", web.SignedIn, p.delegations)
	mux.Handle("POST /me/delegations", web.SignedIn, p.delegate)
	mux.Handle("POST /me/delegations/{id}/withdraw", web.SignedIn, p.withdraw)
	mux.Handle("POST /me/act", web.SignedIn, p.act)
}

// Confined returns where somebody with a first password must go, or "": until it
// is changed there is nothing else to do.
func Confined(r *http.Request, a actor.Actor) string {
	if !a.FirstPassword {
		return ""
	}
	return unless(r, "/me/password")
}

// ConfinedToFactor is the same for somebody whose role needs a second factor that
// they do not have yet. Who acts in another's place can end that: a second factor is
// set up by oneself.
func ConfinedToFactor(r *http.Request) string {
	if p := r.URL.Path; p == "/me/act" || strings.HasPrefix(p, "/me/factor/") || p == "/me/passkeys" || strings.HasPrefix(p, "/me/passkeys/") {
		return ""
	}
	return unless(r, "/me/factor")
}

// unless returns a path, or "" when the request is for it or for what everybody
// may do who is signed in.
func unless(r *http.Request, path string) string {
	switch r.URL.Path {
	case path, "/sign-out", "/preferences", "/sign-in":
		return ""
	}
	return path
}

// places are the units where a verb of the actor holds, for choosing one, and the
// names of all.
type places struct {
	tree    *unit.Tree
	options []ui.Option
	book    *unit.Book
	q       db.Queryer
}

func (p *Pages) places(ctx context.Context, roots []unit.ID) (*places, error) {
	tree, err := p.Units.Today(ctx, p.Accounts.DB)
	if err != nil {
		return nil, err
	}
	x := &places{tree: tree, book: p.Units, q: p.Accounts.DB}
	seen := map[unit.ID]bool{}
	for _, root := range roots {
		tops := []unit.ID{root}
		if root == "" {
			x.options = append(x.options, ui.Option{Value: "*", Text: i18n.T(ctx, "account.whole")})
			tops = tree.Roots()
		}
		for _, top := range tops {
			for _, id := range tree.Subtree(top) {
				if u, ok := tree.Unit(id); ok && !seen[id] {
					seen[id] = true
					x.options = append(x.options, ui.Option{Value: string(id), Text: indent(tree, id, top) + u.Name})
				}
			}
		}
	}
	return x, nil
}

// indent shows the depth by dashes: a select draws nothing else.
func indent(t *unit.Tree, id, top unit.ID) string {
	depth := 0
	for _, up := range t.Ancestors(id) {
		depth++
		if up == top {
			break
		}
	}
	if id == top {
		depth = 0
	}
	return strings.Repeat("– ", depth)
}

func (x *places) name(ctx context.Context, id unit.ID) string {
	if id == "" {
		return i18n.T(ctx, "account.whole")
	}
	u, ok, err := x.book.Last(ctx, x.q, id)
	if err != nil || !ok {
		return string(id)
	}
	return u.Name
}

// chosen reads a unit's field: "*" is the whole system, for "" is nothing chosen.
func chosen(s string) unit.ID {
	if s == "*" {
		return ""
	}
	return unit.ID(s)
}

func roleName(ctx context.Context, r actor.Role) string { return i18n.T(ctx, "auth.role."+string(r)) }

func roleOptions(ctx context.Context, first string) []ui.Option {
	out := []ui.Option{{Value: "", Text: first}}
	for _, r := range actor.Roles {
		out = append(out, ui.Option{Value: string(r), Text: roleName(ctx, r)})
	}
	return out
}

// verbName names what somebody may do, for the choice of what is delegated.
func verbName(ctx context.Context, v auth.Verb) string {
	if !i18n.Has("auth.verb." + string(v)) {
		return string(v)
	}
	return i18n.T(ctx, "auth.verb."+string(v))
}

// spanText writes the days of a grant: "từ 01/07/2025", "từ … đến hết …".
func spanText(ctx context.Context, from, to moment.Date) string {
	if to == 0 {
		return i18n.T(ctx, "account.from", "From", from)
	}
	return i18n.T(ctx, "account.from_to", "From", from, "To", to-1)
}

// split reads what is delegated: a role and a unit, "" for the whole system.
func split(s string) (actor.Role, unit.ID) {
	role, u, _ := strings.Cut(s, " ")
	return actor.Role(role), unit.ID(u)
}
