// Package settingweb has the pages of settings: what holds in a unit, where it
// comes from, what it rests on; and the change of one with what it will do.
package settingweb

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/setting"
	"cchc/unit"
)

// Path is where the pages begin.
const Path = "/admin/settings"

// Pages are the pages of settings; everything is needed.
type Pages struct {
	DB    *db.DB
	Book  *setting.Book
	Units *unit.Book
}

// Register puts the pages below Path.
func (p *Pages) Register(mux *web.Mux) {
	mux.Handle("GET "+Path, web.SignedIn, p.list)
	mux.Handle("GET "+Path+"/{name}", web.SignedIn, p.show)
	mux.Handle("POST "+Path+"/{name}", web.SignedIn, p.change)
}

// A place is the unit that a page is about, among those that the actor may look at.
type place struct {
	ID    unit.ID
	Name  string
	Units []ui.Option
	Form  *ui.Form
	tree  *unit.Tree
}

// at finds the unit of the address, or the first in which the actor may change
// some setting.
func (p *Pages) at(ctx context.Context, q db.Queryer, asked string) (place, error) {
	x := place{Form: &ui.Form{}}
	var err error
	if x.tree, err = p.Units.Today(ctx, q); err != nil {
		return x, err
	}
	seen := map[unit.ID]bool{}
	verbs := map[auth.Verb]bool{}
	for _, s := range p.Book.All {
		if verbs[s.Verb] {
			continue
		}
		verbs[s.Verb] = true
		for _, root := range auth.Roots(web.Actor(ctx), s.Verb) {
			tops := []unit.ID{root}
			if root == "" {
				tops = x.tree.Roots()
			}
			for _, top := range tops {
				for _, id := range x.tree.Subtree(top) {
					u, ok := x.tree.Unit(id)
					if !ok || seen[id] {
						continue
					}
					seen[id] = true
					depth := len(x.tree.Ancestors(id)) - len(x.tree.Ancestors(top))
					x.Units = append(x.Units, ui.Option{Value: string(id), Text: strings.Repeat("– ", depth) + u.Name})
				}
			}
		}
	}
	if asked == "" && len(x.Units) > 0 {
		asked = x.Units[0].Value
	}
	if x.ID = unit.ID(asked); !seen[x.ID] {
		return x, fault.New(fault.Forbidden, "auth.forbidden")
	}
	u, _ := x.tree.Unit(x.ID)
	x.Name = u.Name
	x.Form.Set("unit", asked)
	return x, nil
}

// A row is a setting as it holds in the unit.
type row struct {
	*setting.Setting
	Holds setting.Holding
	Where string // whence it is, in words
	Own   bool
	May   bool
	URL   string
	Ahead []setting.Entry
}

type group struct {
	Key  string
	Rows []row
}

type listView struct {
	place
	Groups []group
}

func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v := &listView{}
	err := p.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		var err error
		if v.place, err = p.at(ctx, q, r.URL.Query().Get("unit")); err != nil {
			return err
		}
		for _, s := range p.Book.All {
			if s.Group == setting.Retention { // their list is the page of retention
				continue
			}
			x, err := p.row(ctx, q, s, v.ID)
			if err != nil {
				return err
			}
			if n := len(v.Groups); n == 0 || v.Groups[n-1].Key != s.Group {
				v.Groups = append(v.Groups, group{Key: s.Group})
			}
			g := &v.Groups[len(v.Groups)-1]
			g.Rows = append(g.Rows, x)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, listPage(v))
}

func (p *Pages) row(ctx context.Context, q db.Queryer, s *setting.Setting, u unit.ID) (x row, err error) {
	x = row{Setting: s, URL: address(s.Name, u)}
	if x.Holds, err = p.Book.Holds(ctx, q, s, u, p.DB.Now().Date()); err != nil {
		return x, err
	}
	x.Own = !x.Holds.Usual && (s.System || x.Holds.Unit == u)
	if x.Where, err = p.where(ctx, q, s, u, x.Holds); err != nil {
		return x, err
	}
	if _, x.Ahead, err = p.Book.History(ctx, q, s, u); err != nil {
		return x, err
	}
	switch err := p.Book.Check(ctx, q, web.Actor(ctx), s, u); {
	case err == nil:
		x.May = true
	case fault.As(err) == nil:
		return x, err
	}
	return x, nil
}

func address(name string, u unit.ID, more ...string) string {
	v := url.Values{"unit": {string(u)}}
	for i := 0; i+1 < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return Path + "/" + url.PathEscape(name) + "?" + v.Encode()
}

// where says whose a value is.
func (p *Pages) where(ctx context.Context, q db.Queryer, s *setting.Setting, u unit.ID, h setting.Holding) (string, error) {
	switch {
	case h.Usual:
		return i18n.T(ctx, "settingweb.usual"), nil
	case s.System:
		return i18n.T(ctx, "settingweb.system") + since(ctx, h.From), nil
	case h.Unit == u:
		return i18n.T(ctx, "settingweb.own") + since(ctx, h.From), nil
	}
	name, err := p.name(ctx, q, h.Unit)
	return i18n.T(ctx, "settingweb.inherited", "Name", name) + since(ctx, h.From), err
}

func since(ctx context.Context, d moment.Date) string {
	if d == 0 {
		return ""
	}
	return ", " + i18n.T(ctx, "settingweb.since", "Day", d)
}

func (p *Pages) name(ctx context.Context, q db.Queryer, u unit.ID) (string, error) {
	x, ok, err := p.Units.Last(ctx, q, u)
	if err != nil || !ok {
		return string(u), err
	}
	return x.Name, nil
}

// valueText writes a value for people.
func valueText(ctx context.Context, s *setting.Setting, value string) string {
	switch s.Kind {
	case setting.Switch:
		return i18n.T(ctx, "settingweb.switch."+value)
	case setting.Choice:
		return i18n.T(ctx, "setting."+s.Name+"."+value)
	case setting.Integer:
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			return i18n.Number(ctx, n)
		}
	}
	return value
}

// basisText says what a setting rests on.
func basisText(ctx context.Context, s *setting.Setting) string {
	if s.Basis.Doc == "" {
		return i18n.T(ctx, "settingweb.no_basis")
	}
	return i18n.T(ctx, "settingweb.basis_since", "Basis", s.Basis.String(), "Day", s.BasisInForce)
}
