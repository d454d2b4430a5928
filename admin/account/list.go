package account

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/unit"
)

// shown is how many accounts stand on a page.
const shown = 50

// States by which the list can be narrowed.
var states = []string{"active", "disabled", "locked", "first", "unused"}

type listQuery struct {
	web.Form
	Q     string     `form:"q"`
	Unit  string     `form:"unit"`
	Role  actor.Role `form:"role"`
	State string     `form:"state"`
	After string     `form:"after"` // login of the last account of the page before
}

func (q *listQuery) url(after string) string {
	v := url.Values{}
	for name, s := range map[string]string{"q": q.Q, "unit": q.Unit, "role": string(q.Role), "state": q.State, "after": after} {
		if s != "" {
			v.Set(name, s)
		}
	}
	if len(v) == 0 {
		return "/admin/accounts"
	}
	return "/admin/accounts?" + v.Encode()
}

type row struct {
	auth.Account
	Standing auth.Standing
	Roles    []string
}

type listPage struct {
	In    *listQuery
	Rows  []row
	Total int
	Next  string
	First bool
	Units []ui.Option
}

func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	ctx, a := r.Context(), web.Actor(r.Context())
	in := &listQuery{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	all, err := p.Accounts.List(ctx, a)
	if err != nil {
		return err
	}
	standings, err := p.Accounts.Standings(ctx, all)
	if err != nil {
		return err
	}
	pl, err := p.places(ctx, auth.Roots(a, auth.AccountChange))
	if err != nil {
		return err
	}
	page := listPage{In: in, First: in.After == "", Units: append([]ui.Option{{Text: i18n.T(ctx, "account.any_unit")}}, pl.options...)}
	today := p.Accounts.DB.Now().Date()
	for _, acc := range all {
		s := standings[acc.ID]
		if !p.fits(acc, s, in, pl, today, p.Accounts.DB.Now()) {
			continue
		}
		page.Total++
		if acc.Login <= in.After && in.After != "" {
			continue
		}
		if len(page.Rows) == shown {
			page.Next = in.url(page.Rows[shown-1].Login)
			continue
		}
		x := row{Account: acc, Standing: s}
		for _, h := range acc.Grants {
			if h.To == 0 || h.To > today {
				text := roleName(ctx, h.Role) + ", " + pl.name(ctx, h.Unit)
				if h.From > today || h.To != 0 {
					text += " (" + spanText(ctx, h.From, h.To) + ")"
				}
				x.Roles = append(x.Roles, text)
			}
		}
		page.Rows = append(page.Rows, x)
	}
	return web.Render(w, r, http.StatusOK, listView(page))
}

// fits reports whether an account is one that the list was narrowed to.
func (p *Pages) fits(acc auth.Account, s auth.Standing, in *listQuery, pl *places, today moment.Date, now moment.Instant) bool {
	if in.Q != "" && !strings.Contains(i18n.Fold(acc.Name+" "+acc.Login), i18n.Fold(in.Q)) {
		return false
	}
	if in.Unit != "" || in.Role != "" {
		found := false
		for _, h := range acc.Grants {
			over := h.To != 0 && h.To <= today
			within := in.Unit == "" || in.Unit == "*" && h.Unit == "" || h.Unit != "" && pl.tree.Within(h.Unit, unit.ID(in.Unit))
			if !over && within && (in.Role == "" || h.Role == in.Role) {
				found = true
			}
		}
		if !found {
			return false
		}
	}
	switch in.State {
	case "active":
		return acc.Disabled == 0
	case "disabled":
		return acc.Disabled != 0
	case "locked":
		return s.Locked > now
	case "first":
		return s.FirstPassword
	case "unused": // three months, as for one who left
		return acc.Disabled == 0 && max(s.LastSignIn, acc.Created).Date() < today-90
	}
	return true
}

func stateOptions(ctx context.Context) []ui.Option {
	out := []ui.Option{{Text: i18n.T(ctx, "account.any_state")}}
	for _, s := range states {
		out = append(out, ui.Option{Value: s, Text: i18n.T(ctx, "account.state."+s)})
	}
	return out
}

// stateOf is the state that the list shows of an account.
func stateOf(acc auth.Account, s auth.Standing, now moment.Instant) (string, ui.Kind) {
	switch {
	case acc.Disabled != 0:
		return "disabled", ui.Neutral
	case s.Locked > now:
		return "locked", ui.Late
	case s.FirstPassword:
		return "first", ui.Soon
	}
	return "active", ui.OK
}

func lastText(ctx context.Context, s auth.Standing) string {
	if s.LastSignIn == 0 {
		return i18n.T(ctx, "account.never")
	}
	return i18n.ShortInstant(ctx, s.LastSignIn)
}
