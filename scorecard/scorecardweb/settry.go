package scorecardweb

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/points"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/scorecard/criteria"
)

func tryURL(id, code string) string {
	return setURL(id) + "/try?" + url.Values{"code": {code}}.Encode()
}

// A tryField is one thing that a rule reads. Its name is that of the same thing in
// input files.
type tryField struct {
	Name    string
	Label   string
	Hint    string
	Options []ui.Option // a choice; a field to type in without
	Check   bool
}

// A tryForm scores a leaf by what is typed, and saves nothing.
type tryForm struct {
	web.Form
	Code string `form:"code"`
	Do   string `form:"do"`
}

type tryPage struct {
	*setPage
	In     *tryForm
	Node   *criteria.Node
	Fields []tryField
	Result *criteria.Result // nil: nothing was typed yet
	Limit  points.Points    // what the points are out of
}

func (p *Pages) trySet(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &tryForm{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	s, err := p.setPage(ctx, p.Desk.DB, web.Actor(ctx), r.PathValue("id"))
	if err != nil {
		return err
	}
	x := &tryPage{setPage: s, In: in}
	if s.Set != nil {
		x.Node = s.Set.Node(in.Code)
	}
	if x.Node == nil || x.Node.Leaf == nil || x.Node.Leaf.Rule == nil {
		return fault.New(fault.NotFound, "sets.node.unknown")
	}
	for _, f := range s.Faults {
		if f.Code == in.Code { // what is wrong with a rule must not be scored with
			return fault.New(fault.Conflict, "sets.try.wrong", "Code", in.Code, "What", f.Text(ctx))
		}
	}
	x.Fields = tryFields(ctx, s.Set, x.Node, "")
	if x.Node.Leaf.NA.Policy != criteria.NoPolicy {
		x.Fields = append(x.Fields, tryField{Name: "na", Label: i18n.T(ctx, "sets.try.na"), Check: true})
	}
	if in.Do == "try" {
		x.score(ctx)
	}
	status := http.StatusOK
	if in.Wrong() {
		status = http.StatusUnprocessableEntity
	}
	return web.Render(w, r, status, tryView(x))
}

// score scores what was typed.
func (x *tryPage) score(ctx context.Context) {
	f := fault.New(fault.Invalid, "form.invalid")
	r := &tryReader{&x.In.Form, f}
	input := r.input(x.Node, "")
	input.NA = x.In.Chosen("na", "on")
	others := criteria.Inputs{}
	if d, ok := x.Node.Leaf.Rule.(*criteria.DependsRule); ok {
		if on := x.Set.Node(d.On); on != nil && on.Leaf != nil && on.Leaf.Rule != nil {
			others[d.On] = r.input(on, "on.")
		}
	}
	if len(f.Fields) == 0 {
		f.Fields = append(f.Fields, x.Set.Verify(x.Node.Code, input)...)
	}
	for _, t := range x.Fields {
		x.In.Call(t.Name, t.Label)
	}
	if x.In.Failed(f.Or()) {
		return
	}
	if out, ok := x.Set.Try(x.Node.Code, input, others); ok {
		x.Result, x.Limit = &out, x.Node.Max
	}
}

func yesNo(ctx context.Context) []ui.Option {
	return []ui.Option{{Text: i18n.None}, {Value: "yes", Text: i18n.T(ctx, "sets.try.yes")}, {Value: "no", Text: i18n.T(ctx, "sets.try.no")}}
}

// tryFields lists what the rule of a node reads; names begin with at.
func tryFields(ctx context.Context, s *criteria.Set, n *criteria.Node, at string) (out []tryField) {
	add := func(name string, options ...ui.Option) {
		out = append(out, tryField{Name: at + name, Label: i18n.T(ctx, "sets.try."+name), Options: options})
	}
	ratio := func() {
		add("num")
		add("den")
		add("value")
	}
	switch x := n.Leaf.Rule.(type) {
	case *criteria.YesNoRule:
		add("option", yesNo(ctx)...)
		if x.Veto != "" {
			out = append(out, tryField{Name: at + "veto", Label: x.Veto, Check: true})
		}
	case *criteria.VetoRule:
		out = append(out, tryField{Name: at + "option", Label: x.When, Options: yesNo(ctx)})
	case *criteria.ChoiceRule:
		list := []ui.Option{{Text: i18n.None}}
		for _, o := range x.Options {
			list = append(list, ui.Option{Value: o.Label, Text: o.Label})
		}
		add("option", list...)
	case *criteria.DeadlineRule, *criteria.LateRule:
		add("days")
	case *criteria.DependsRule:
		if on := s.Node(x.On); on != nil && on.Leaf != nil && on.Leaf.Rule != nil {
			for _, f := range tryFields(ctx, s, on, at+"on.") {
				f.Label = x.On + ": " + f.Label
				out = append(out, f)
			}
		}
		seen := map[string]bool{}
		for _, b := range []*criteria.Node{x.Then, x.Else} {
			for _, f := range tryFields(ctx, s, b, at) {
				if !seen[f.Name] {
					seen[f.Name] = true
					out = append(out, f)
				}
			}
		}
	case *criteria.YearOnYearRule:
		ratio()
		add("previous")
	case *criteria.RelativeRule:
		ratio()
		add("best")
	case *criteria.CountRule:
		add("count")
	case *criteria.DeductionRule:
		add("count")
		if x.ZeroIf != "" {
			out = append(out, tryField{Name: at + "veto", Label: x.ZeroIf, Check: true})
		}
	case *criteria.SurveyRule:
		for i, o := range x.Options {
			out = append(out, tryField{Name: at + "answers." + strconv.Itoa(i), Label: i18n.T(ctx, "sets.try.answers", "Label", o.Label)})
		}
		add("percent")
	case *criteria.ImportRule:
		add("index")
	case *criteria.FormulaRule:
		for _, v := range x.Vars {
			label := v.Name
			if v.Words != "" {
				label += ": " + v.Words
			}
			out = append(out, tryField{Name: at + "vars." + v.Name, Label: label})
		}
	case *criteria.CompositeRule:
		for i, part := range x.Parts {
			for _, f := range tryFields(ctx, s, part, at+"parts."+strconv.Itoa(i+1)+".") {
				f.Label = i18n.T(ctx, "sets.rule.part", "Number", strconv.Itoa(i+1)) + ": " + f.Label
				out = append(out, f)
			}
		}
	case *criteria.TieredRule:
		if x.Whole {
			add("count")
		} else {
			ratio()
		}
	case *criteria.FixedRule:
	default:
		ratio()
	}
	return out
}

type tryReader struct {
	form  *ui.Form
	fault *fault.Fault
}

func (r *tryReader) number(name string) (criteria.Num, bool) {
	s := strings.TrimSpace(r.form.Value(name))
	if s == "" {
		return criteria.Num{}, false
	}
	v, err := criteria.ParseNum(s)
	if err != nil {
		r.fault.With(name, "web.form.number", "Value", s)
	}
	return v, err == nil
}

// ratio reads a number as a ratio of integers.
func (r *tryReader) ratio(name string) *points.Ratio {
	v, ok := r.number(name)
	if !ok {
		return nil
	}
	out, ok := v.Ratio()
	if !ok {
		r.fault.With(name, "web.form.number", "Value", r.form.Value(name))
		return nil
	}
	return &out
}

func (r *tryReader) integer(name string) (int64, bool) {
	s := strings.TrimSpace(r.form.Value(name))
	if s == "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		r.fault.With(name, "web.form.integer", "Value", s)
	}
	return n, err == nil
}

// input reads what was typed for a node.
func (r *tryReader) input(n *criteria.Node, at string) (in criteria.Input) {
	in.Option = strings.TrimSpace(r.form.Value(at + "option"))
	in.Veto = r.form.Chosen(at+"veto", "on")
	for _, name := range []string{"value", "days", "count", "percent", "index"} {
		if v := r.ratio(at + name); v != nil {
			in.Value = v
		}
	}
	num, has := r.integer(at + "num")
	den, whole := r.integer(at + "den")
	switch {
	case has && whole:
		in.Ratio = &points.Ratio{Num: num, Den: den}
	case has:
		r.fault.With(at+"den", "web.form.required")
	case whole:
		r.fault.With(at+"num", "web.form.required")
	}
	in.Before, in.Best = r.ratio(at+"previous"), r.ratio(at+"best")
	switch x := n.Leaf.Rule.(type) {
	case *criteria.SurveyRule:
		given := false
		answers := make([]int64, len(x.Options))
		for i := range x.Options {
			v, ok := r.integer(at + "answers." + strconv.Itoa(i))
			answers[i], given = v, given || ok
		}
		if given {
			in.Answers = answers
		}
	case *criteria.FormulaRule:
		for _, v := range x.Vars {
			if q := r.ratio(at + "vars." + v.Name); q != nil {
				if in.Vars == nil {
					in.Vars = map[string]points.Ratio{}
				}
				in.Vars[v.Name] = *q
			}
		}
	case *criteria.CompositeRule:
		for i, part := range x.Parts {
			in.Parts = append(in.Parts, r.input(part, at+"parts."+strconv.Itoa(i+1)+"."))
		}
		given := false
		for _, p := range in.Parts {
			given = given || p.Given()
		}
		if !given {
			in.Parts = nil
		}
	case *criteria.DependsRule:
		// The branches read the same names.
		for _, b := range []*criteria.Node{x.Then, x.Else} {
			more := r.input(b, at)
			if more.Vars != nil {
				in.Vars = more.Vars
			}
			if more.Answers != nil {
				in.Answers = more.Answers
			}
			if more.Parts != nil {
				in.Parts = more.Parts
			}
		}
	}
	return in
}
