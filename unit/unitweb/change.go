package unitweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/unit"
)

// acts are the forms of a unit, by the last part of their addresses. "new" makes a
// unit below it.
var acts = []string{"new", "rename", "code", "level", "facts", "merge", "split", "dissolve"}

const (
	pieces = 6  // most parts of a division in one form
	rules  = 10 // most rules; exceptions by hand come on top
	root   = "root"
)

// A changeForm is the form of any event; each act uses some of its fields, which
// are named as the faults of the unit room name them.
type changeForm struct {
	web.Form
	Day      moment.Date `form:"day"`
	Basis    string      `form:"basis"`
	Article  string      `form:"article"`
	Note     string      `form:"note"`
	Grants   string      `form:"grants"`
	Calendar unit.ID     `form:"calendar"`

	Name   string    `form:"name"`
	Code   string    `form:"code"`
	Level  string    `form:"level"`
	Parent unit.ID   `form:"parent"`
	Area   string    `form:"area_class"`
	Block  string    `form:"block"`
	From   []unit.ID `form:"from"`   // merge: the other units
	Target string    `form:"target"` // merge: new, or into
	Into   unit.ID   `form:"into"`
	To     unit.ID   `form:"to"`   // dissolve
	Open   string    `form:"open"` // split: the piece that gets what no rule decides, "" is nobody

	Exceptions string   `form:"exceptions"`
	Stamps     []string `form:"stamp"`
	Do         string   `form:"do"`
}

type changeView struct {
	Act      string
	Unit     unit.Unit // of the address; zero for a new root
	Form     *changeForm
	Levels   []ui.Option
	Parents  []ui.Option
	Beside   []ui.Option
	Itself   []ui.Option // Beside and the unit
	Pieces   []int
	Rules    []int
	Preview  *preview
	Stamps   []string
	Existing bool
}

func (v changeView) path() string {
	if v.Unit.ID == "" {
		return pathOf(root, "/new")
	}
	return pathOf(v.Unit.ID, "/"+v.Act)
}

func (v changeView) back() ui.Link {
	if v.Unit.ID == "" {
		return ui.Link{}
	}
	return ui.Link{Text: v.Unit.Name, URL: pathOf(v.Unit.ID, "")}
}

// change answers a form: empty, with a preview, or confirmed.
func (p *Pages) change(act string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		ctx := r.Context()
		a := web.Actor(ctx)
		v := changeView{Act: act, Form: &changeForm{}}
		if act != "new" || r.PathValue("unit") != root {
			var err error
			if v.Unit, err = p.find(r); err != nil {
				return err
			}
		}
		if err := p.Registry.Guard.Check(ctx, p.DB, a, auth.UnitChange, v.Unit.ID); err != nil {
			return err
		}
		decoded := web.Decode(r, v.Form)
		if err := p.fill(ctx, &v, r.Method == http.MethodGet && v.Form.Do == ""); err != nil {
			return err
		}
		if r.Method == http.MethodGet && v.Form.Do == "" {
			v.Form.Fault = nil
			return web.Render(w, r, http.StatusOK, changePage(v))
		}
		return p.answer(w, r, v, decoded)
	}
}

func (p *Pages) answer(w http.ResponseWriter, r *http.Request, v changeView, decoded error) error {
	ctx := r.Context()
	in := v.Form
	wrong := func(err error) error {
		if !in.Failed(err) {
			return err
		}
		status := http.StatusUnprocessableEntity
		if in.Fault.Kind == fault.Conflict {
			status = http.StatusConflict
		}
		return web.Render(w, r, status, changePage(v))
	}
	if decoded != nil {
		return wrong(decoded)
	}
	verb, err := v.verb(ctx)
	if err != nil {
		return wrong(err)
	}
	if r.Method == http.MethodPost && in.Do == "confirm" {
		id, err := verb(p.Registry.Expecting(in.stamps()))
		if err == nil {
			return web.SeeOther(w, r, pathOf(id, ""), "unitweb.done", "What", i18n.T(ctx, "unitweb.act."+v.Act))
		}
		f := fault.As(err)
		if f == nil || f.Key != "unit.changed_meanwhile" {
			return wrong(err)
		}
		in.Fault = f // above the preview of what would happen now
	}
	out, err := p.Registry.Preview(ctx, func(_ context.Context, dry *unit.Registry) error {
		_, err := verb(dry)
		return err
	})
	if err != nil {
		return wrong(err)
	}
	err = p.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		v.Preview, err = p.preview(ctx, q, out)
		if err != nil {
			return err
		}
		v.Stamps = nil
		for _, c := range out.Changed {
			if c.Begins {
				continue
			}
			s, err := p.book().Stamp(ctx, q, c.ID)
			if err != nil {
				return err
			}
			v.Stamps = append(v.Stamps, string(c.ID)+" "+s)
		}
		return nil
	})
	if err != nil {
		return wrong(err)
	}
	if r.URL.Query().Get("format") == "csv" {
		return v.Preview.csv(w)
	}
	query := url.Values{"do": {"preview"}, "format": {"csv"}}
	for _, h := range hiddenValues(&in.Form) {
		query.Add(h[0], h[1])
	}
	v.Preview.CSV = v.path() + "?" + query.Encode()
	status := http.StatusOK
	if in.Wrong() {
		status = http.StatusConflict
	}
	return web.Render(w, r, status, changePage(v))
}

// fill gives the form its choices, and an empty one what holds now.
func (p *Pages) fill(ctx context.Context, v *changeView, empty bool) error {
	names, err := p.levels(ctx)
	if err != nil {
		return err
	}
	v.Levels = names.options
	today := p.DB.Now().Date()
	if v.Parents, err = p.parents(ctx, today); err != nil {
		return err
	}
	for i := range pieces {
		v.Pieces = append(v.Pieces, i+1)
	}
	for i := range rules {
		v.Rules = append(v.Rules, i+1)
	}
	u := v.Unit
	if u.ID != "" {
		if v.Beside, err = p.siblings(ctx, u, today, false); err != nil {
			return err
		}
		v.Itself = append([]ui.Option{{Value: string(u.ID), Text: u.Name + " (" + u.Code + ")"}}, v.Beside...)
	}
	if !empty {
		return nil
	}
	set := func(name, value string) { v.Form.Set(name, value) }
	set("grants", unit.WorkGrants)
	switch v.Act {
	case "new":
		set("parent", string(u.ID))
	case "merge":
		set("target", "new")
		set("parent", string(u.Parent))
		set("level", u.Level)
		set("area_class", u.Area)
		set("block", u.Block)
	default:
		set("name", u.Name)
		set("code", u.Code)
		set("level", u.Level)
		set("parent", string(u.Parent))
		set("area_class", u.Area)
		set("block", u.Block)
	}
	return nil
}

// parents are the units that may stand above another: all but desks and posts.
func (p *Pages) parents(ctx context.Context, on moment.Date) ([]ui.Option, error) {
	tree, err := p.book().On(ctx, p.DB, on)
	if err != nil {
		return nil, err
	}
	levels, err := p.book().Levels(ctx, p.DB)
	if err != nil {
		return nil, err
	}
	kind := map[string]string{}
	for _, l := range levels {
		kind[l.Code] = l.Kind
	}
	out := []ui.Option{{Text: i18n.T(ctx, "unitweb.no_parent")}}
	for _, r := range tree.Roots() {
		for _, id := range tree.Subtree(r) {
			if u, _ := tree.Unit(id); kind[u.Level] != unit.Desk {
				out = append(out, ui.Option{Value: string(id), Text: u.Name + " (" + u.Code + ")"})
			}
		}
	}
	return out, nil
}

func (in *changeForm) act() unit.Act {
	basis := strings.TrimSpace(in.Basis)
	if a := strings.TrimSpace(in.Article); a != "" && basis != "" {
		basis += ", " + a
	}
	return unit.Act{Day: in.Day, Basis: basis, Note: in.Note, Grants: in.Grants, Calendar: in.Calendar}
}

func (in *changeForm) stamps() map[unit.ID]string {
	out := map[unit.ID]string{}
	for _, s := range in.Stamps {
		if id, stamp, ok := strings.Cut(s, " "); ok {
			out[unit.ID(id)] = stamp
		}
	}
	return out
}

// verb returns the one call of the unit room that the form stands for: the same
// for a preview and for the event itself. It returns the unit to show afterwards.
func (v changeView) verb(ctx context.Context) (func(*unit.Registry) (unit.ID, error), error) {
	in, id, act, a := v.Form, v.Unit.ID, v.Form.act(), web.Actor(ctx)
	// Only who keeps the whole system may make a root: to others it is a field left empty.
	placed := v.Act == "new" || v.Act == "level" || v.Act == "split" || v.Act == "merge" && in.Target != "into"
	if placed && in.Parent == "" && !slices.Contains(auth.Roots(a, auth.UnitChange), "") {
		f := fault.New(fault.Invalid, "unit.invalid", "Unit", v.Unit.Name).With("parent", "unitweb.parent_needed")
		if in.Day == 0 {
			f.With("day", "unit.day_missing")
		}
		if strings.TrimSpace(in.Basis) == "" {
			f.With("basis", "unit.basis_missing")
		}
		return nil, f
	}
	fresh := unit.New{Code: in.Code, Name: in.Name, Level: in.Level, Parent: in.Parent, Area: in.Area, Block: in.Block}
	amended := func(do func(r *unit.Registry) error) (func(*unit.Registry) (unit.ID, error), error) {
		return func(r *unit.Registry) (unit.ID, error) { return id, do(r) }, nil
	}
	switch v.Act {
	case "new":
		return func(r *unit.Registry) (unit.ID, error) { return r.Create(ctx, a, fresh, act) }, nil
	case "rename":
		return amended(func(r *unit.Registry) error { return r.Rename(ctx, a, id, in.Name, act) })
	case "code":
		return amended(func(r *unit.Registry) error { return r.ChangeCode(ctx, a, id, in.Code, act) })
	case "level":
		if in.Level == v.Unit.Level {
			return amended(func(r *unit.Registry) error { return r.ChangeParent(ctx, a, id, in.Parent, act) })
		}
		return amended(func(r *unit.Registry) error { return r.ChangeLevel(ctx, a, id, in.Level, in.Parent, act) })
	case "facts":
		return amended(func(r *unit.Registry) error { return r.ChangeFacts(ctx, a, id, in.Area, in.Block, act) })
	case "dissolve":
		return amended(func(r *unit.Registry) error { return r.Dissolve(ctx, a, id, in.To, act) })
	case "merge":
		m := unit.Merger{From: slices.Concat([]unit.ID{id}, in.From)}
		if in.Target == "into" {
			m.Into = in.Into
			if m.Into == id { // the unit itself absorbs the others
				m.From = in.From
			}
			m.From = slices.DeleteFunc(slices.Clone(m.From), func(x unit.ID) bool { return x == m.Into })
		} else {
			m.New = &fresh
		}
		return func(r *unit.Registry) (unit.ID, error) { return r.Merge(ctx, a, m, act) }, nil
	}
	d, err := in.division(id)
	return amendedBy(id, func(r *unit.Registry) error { _, err := r.Split(ctx, a, d, act); return err }), err
}

func amendedBy(id unit.ID, do func(r *unit.Registry) error) func(*unit.Registry) (unit.ID, error) {
	return func(r *unit.Registry) (unit.ID, error) { return id, do(r) }
}

func field(name string, i int) string { return name + strconv.Itoa(i) }

// division reads the pieces and rules of a split.
func (in *changeForm) division(id unit.ID) (unit.Division, error) {
	d := unit.Division{Unit: id, Open: -1}
	f := fault.New(fault.Invalid, "unitweb.split_invalid")
	index := map[string]int{} // the number in the form to the index in Into
	for i := 1; i <= pieces; i++ {
		existing, name, code, share := in.Value(field("unit", i)), strings.TrimSpace(in.Value(field("name", i))), in.Value(field("code", i)), strings.TrimSpace(in.Value(field("share", i)))
		if existing == "" && name == "" && strings.TrimSpace(code) == "" && share == "" {
			continue
		}
		x := unit.Piece{Unit: unit.ID(existing)}
		if existing == "" {
			x.New = &unit.New{Code: code, Name: name, Level: in.Level, Parent: in.Parent, Area: in.Area, Block: in.Block}
		}
		n, err := points.Parse(strings.TrimSpace(strings.TrimSuffix(share, "%")))
		if err != nil || n <= 0 {
			f.With(field("share", i), "unit.share_bad")
		}
		x.Share = unit.Share(n / (points.Scale / 100))
		index[strconv.Itoa(i)] = len(d.Into)
		d.Into = append(d.Into, x)
	}
	if in.Open != "" {
		to, ok := index[in.Open]
		if !ok {
			f.With("open", "unit.open_unknown")
		}
		d.Open = to
	}
	rule := func(name, by, value, piece string) {
		to, ok := index[piece]
		if !ok || strings.TrimSpace(value) == "" || by == "" {
			f.With(name, "unit.rule_bad", "Value", value)
			return
		}
		d.Rules = append(d.Rules, unit.PieceRule{Field: by, Value: value, Piece: to})
	}
	for i := 1; i <= rules; i++ {
		by, value, piece := in.Value(field("rule", i)), in.Value(field("value", i)), in.Value(field("piece", i))
		if by != "" || strings.TrimSpace(value) != "" {
			rule(field("value", i), by, value, piece)
		}
	}
	for line := range strings.Lines(in.Exceptions) {
		parts := strings.Fields(line)
		if len(parts) == 0 {
			continue
		}
		if len(parts) != 2 {
			f.With("exceptions", "unitweb.exception_bad", "Line", strings.TrimSpace(line))
			continue
		}
		rule("exceptions", unit.ByDossier, parts[0], parts[1])
	}
	return d, f.Or()
}

// hiddenValues are the values of a form as its confirmation sends them again.
func hiddenValues(f *web.Form) [][2]string {
	var out [][2]string
	for name, list := range f.Values {
		if name == "do" || name == "stamp" || name == "format" {
			continue
		}
		for _, v := range list {
			if v != "" {
				out = append(out, [2]string{name, v})
			}
		}
	}
	slices.SortFunc(out, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	return out
}
