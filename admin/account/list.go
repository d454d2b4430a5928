package account

import (
	"context"
	"net/http"
	"strings"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/list"
	"cchc/base/web/ui"
	"cchc/unit"
)

// States by which the list can be narrowed.
var states = []string{"active", "disabled", "locked", "first", "unused"}

type listQuery struct {
	web.Form
	list.Query
	Q     string     `form:"q"`
	Unit  string     `form:"unit"`
	Role  actor.Role `form:"role"`
	State string     `form:"state"`
}

func (q *listQuery) at() list.Address {
	return list.At(listPath, "q", q.Q, "unit", q.Unit, "role", string(q.Role), "state", q.State)
}

type row struct {
	auth.Account
	Standing auth.Standing
}

type listPage struct {
	In    *listQuery
	Table list.Table[row]
	Roles func(*row) []string // what an account may do, and where
	Units []ui.Option
	Keeps bool // views
	Views []list.View
}

const (
	listPath = "/admin/accounts"
	listKey  = "accounts" // of its saved views
)

func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	ctx, a := r.Context(), web.Actor(r.Context())
	if p.Views != nil {
		if to, err := p.Views.Opens(ctx, p.Accounts.DB, r, listKey); err != nil || to != "" {
			if err != nil {
				return err
			}
			return web.SeeOther(w, r, to, "")
		}
	}
	in := &listQuery{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	file, err := in.Wanted()
	if err != nil {
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
	now := p.Accounts.DB.Now()
	page := listPage{In: in, Units: append([]ui.Option{{Text: i18n.T(ctx, "account.any_unit")}}, pl.options...),
		Roles: func(x *row) []string { return rolesText(ctx, pl, x.Grants, now.Date()) }}
	var rows []row
	for _, acc := range all {
		if s := standings[acc.ID]; p.fits(acc, s, in, pl, now.Date(), now) {
			rows = append(rows, row{Account: acc, Standing: s})
		}
	}
	page.Table = list.NewTable(rows, &in.Query, list.Order{Key: "login"}, in.at(), func(x *row) string { return x.ID }, page.fields(ctx, now))
	if file {
		return page.Table.Send(w, r, in.Format, "accounts-"+now.Date().String(), nil)
	}
	if page.Keeps = p.Views != nil; page.Keeps {
		if page.Views, err = p.Views.Of(ctx, p.Accounts.DB, listKey); err != nil {
			return err
		}
	}
	return web.Render(w, r, http.StatusOK, listView(page))
}

func (p listPage) fields(ctx context.Context, now moment.Instant) []list.Field[row] {
	state := func(x *row) string {
		s, _ := stateOf(x.Account, x.Standing, now)
		return i18n.T(ctx, "account.state."+s)
	}
	return []list.Field[row]{
		{Key: "name", Label: i18n.T(ctx, "account.name"), Sort: func(x *row) string { return list.Name(x.Name) }, Cell: func(x *row) string { return x.Name }},
		{Key: "login", Label: i18n.T(ctx, "account.login"), Sort: func(x *row) string { return x.Login }, Cell: func(x *row) string { return x.Login }},
		{Key: "roles", Label: i18n.T(ctx, "account.roles"), Cell: func(x *row) string { return strings.Join(p.Roles(x), "; ") }},
		{Key: "last", Label: i18n.T(ctx, "account.last"), Down: true, Sort: func(x *row) string { return list.Number(int64(x.Standing.LastSignIn)) }, Cell: func(x *row) string { return lastText(ctx, x.Standing) }},
		{Key: "state", Label: i18n.T(ctx, "account.state"), Sort: func(x *row) string { return list.Name(state(x)) }, Cell: state},
	}
}

// rolesText says what an account may do now or later, and where.
func rolesText(ctx context.Context, pl *places, grants []auth.Held, today moment.Date) (out []string) {
	for _, h := range grants {
		if h.To != 0 && h.To <= today {
			continue
		}
		text := roleName(ctx, h.Role) + ", " + pl.name(ctx, h.Unit)
		if h.From > today || h.To != 0 {
			text += " (" + spanText(ctx, h.From, h.To) + ")"
		}
		out = append(out, text)
	}
	return out
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
