package settingweb

import (
	"context"
	"errors"
	"net/http"
	"net/url"
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

// A changeForm changes one setting of one unit.
type changeForm struct {
	web.Form
	Unit   string      `form:"unit"`
	What   string      `form:"what"`
	Value  string      `form:"value"`
	From   moment.Date `form:"from"`
	Reason string      `form:"reason"`
	Stamp  int         `form:"stamp"`
	Do     string      `form:"do"` // preview or confirm
}

// A pastRow is a change that was made.
type pastRow struct {
	setting.Entry
	Who string
}

type showView struct {
	place
	row
	In      *changeForm
	History []pastRow
	Effect  *setting.Effect
	Keep    []string // names of units whose own value stays
	KeepN   int
	AfterBy string // whose the value will be
}

// keepShown is how many units that keep their own value are named.
const keepShown = 10

func (v *showView) title(ctx context.Context) string { return i18n.T(ctx, "setting."+v.row.Name) }

func (v *showView) url(more ...string) string { return address(v.row.Name, v.place.ID, more...) }

// view gathers the page of a setting.
func (p *Pages) view(ctx context.Context, q db.Queryer, name string, in *changeForm) (*showView, error) {
	v := &showView{In: in}
	s, err := p.Book.Find(name)
	if err != nil {
		return nil, err
	}
	if v.place, err = p.at(ctx, q, in.Unit); err != nil {
		return nil, err
	}
	if v.row, err = p.row(ctx, q, s, v.place.ID); err != nil {
		return nil, err
	}
	done, _, err := p.Book.History(ctx, q, s, v.place.ID)
	if err != nil {
		return nil, err
	}
	for _, e := range done {
		x := pastRow{Entry: e, Who: i18n.T(ctx, "settingweb.before")}
		if e.Account != "" {
			x.Who, err = auth.Name(ctx, q, e.Account)
			if errors.Is(err, db.ErrNotFound) { // the command line, or somebody erased
				x.Who, err = e.Account, nil
			}
			if err != nil {
				return nil, err
			}
		}
		v.History = append(v.History, x)
	}
	return v, nil
}

func (p *Pages) show(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &changeForm{}
	if err := web.Decode(r, in); err != nil && fault.As(err) == nil {
		return err
	}
	in.Fault = nil // an address with a day that is none is asked for again
	var v *showView
	err := p.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		v, err = p.view(ctx, q, r.PathValue("name"), in)
		return err
	})
	if err != nil {
		return err
	}
	in.settle()
	if in.Value == "" {
		in.Set("value", v.Holds.Value)
	}
	if in.From == 0 {
		in.From = p.DB.Now().Date()
		in.Set("from", in.From.VN())
	}
	return web.Render(w, r, http.StatusOK, showPage(v))
}

// settle takes whatever is no other change for setting a value.
func (in *changeForm) settle() {
	if in.What != string(setting.Inherit) && in.What != string(setting.Withdraw) {
		in.What = string(setting.Set)
	}
}

func (p *Pages) change(w http.ResponseWriter, r *http.Request) error {
	ctx, name := r.Context(), r.PathValue("name")
	in := &changeForm{}
	wrong := web.Decode(r, in)
	if wrong != nil && !in.Failed(wrong) {
		return wrong
	}
	c := setting.Change{Name: name, Unit: unit.ID(in.Unit), What: setting.What(in.What), Value: in.Value, From: in.From, Reason: in.Reason, Stamp: int64(in.Stamp)}
	in.settle() // the page asks for what it knows; c keeps what was asked, and is refused
	if wrong == nil && in.Do == "confirm" {
		wrong = p.Book.Change(ctx, web.Actor(ctx), c)
		if wrong == nil {
			return web.SeeOther(w, r, Path+"?unit="+url.QueryEscape(in.Unit), "settingweb.done")
		}
		if !in.Failed(wrong) {
			return wrong
		}
	}
	var v *showView
	err := p.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		if v, err = p.view(ctx, q, name, in); err != nil || wrong != nil {
			return err
		}
		if strings.TrimSpace(in.Reason) == "" {
			return fault.New(fault.Invalid, "form.invalid").With("reason", "setting.reason_missing")
		}
		below := v.place.tree.Subtree(v.place.ID)
		if v.System {
			below = nil
		} else if len(below) > 0 && below[0] == v.place.ID {
			below = below[1:]
		}
		x, err := p.Book.Preview(ctx, q, web.Actor(ctx), c, below)
		if err != nil {
			return err
		}
		v.Effect, v.KeepN = &x, len(x.Keep)
		for _, id := range x.Keep[:min(len(x.Keep), keepShown)] {
			n, err := p.name(ctx, q, id)
			if err != nil {
				return err
			}
			v.Keep = append(v.Keep, n)
		}
		v.AfterBy, err = p.where(ctx, q, v.Setting, v.place.ID, setting.Holding{Value: x.After.Value, Usual: x.After.Usual, Unit: x.After.Unit})
		return err
	})
	if err != nil && !in.Failed(err) {
		return err
	}
	status := http.StatusOK
	if in.Wrong() {
		if v == nil {
			return in.Fault
		}
		v.Effect = nil
		status = http.StatusUnprocessableEntity
		if in.Fault.Kind == fault.Conflict {
			status = http.StatusConflict
		}
	}
	return web.Render(w, r, status, showPage(v))
}

// options are the values of a switch or a choice.
func options(ctx context.Context, s *setting.Setting) []ui.Option {
	values := s.Choices
	if s.Kind == setting.Switch {
		values = []string{setting.On, setting.Off}
	}
	var out []ui.Option
	for _, v := range values {
		out = append(out, ui.Option{Value: v, Text: valueText(ctx, s, v)})
	}
	return out
}

// pastText says what a change did.
func pastText(ctx context.Context, s *setting.Setting, e setting.Entry) string {
	switch e.What {
	case setting.Inherit:
		return i18n.T(ctx, "settingweb.past.inherit")
	case setting.Withdraw:
		return i18n.T(ctx, "settingweb.past.withdraw")
	}
	return valueText(ctx, s, e.Value)
}

func fromText(ctx context.Context, e setting.Entry) string {
	if e.From == 0 {
		return i18n.T(ctx, "settingweb.before")
	}
	return i18n.Date(ctx, e.From)
}
