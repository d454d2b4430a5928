package scorecardweb

import (
	"context"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/base/web/ui"
	"cchc/scorecard/criteria"
)

// An ask is one field of the form of a rule's input.
type ask struct {
	Name    string
	Label   string
	Hint    string
	Kind    askKind
	Options []ui.Option // of askChoice
}

type askKind int

const (
	askNumber askKind = iota // decimal, percent or n/m
	askWhole                 // a whole number of things
	askDay
	askChoice
	askTick
)

// Names of fields; those of a composite's parts have p0., p1. … before them.
const (
	inOption = "option"
	inNum    = "num"
	inDen    = "den"
	inValue  = "value"
	inBefore = "before"
	inBest   = "best"
	inDone   = "done"
	inDue    = "due"
	inNever  = "never"
	inVeto   = "veto"
	inNA     = "na"
	inAnswer = "answer."
	inVar    = "var."
)

// asks returns the fields of the form for what a rule reads.
func asks(ctx context.Context, rule criteria.Rule, prefix string) []ask {
	f := asker{ctx, prefix}
	switch x := rule.(type) {
	case *criteria.YesNoRule:
		return append([]ask{f.yesNo()}, f.veto(x.Veto)...)
	case *criteria.VetoRule:
		return []ask{f.yesNo()}
	case *criteria.ChoiceRule:
		a := ask{Name: prefix + inOption, Label: f.t("option"), Kind: askChoice}
		for i, o := range x.Options {
			a.Options = append(a.Options, ui.Option{Value: strconv.Itoa(i + 1), Text: o.Label + " – " + f.points(o.Points)})
		}
		return []ask{a}
	case *criteria.AllOrNoneRule:
		return f.ratio(x.Metric)
	case *criteria.TieredRule:
		if x.Whole {
			return []ask{f.ask(inValue, askWhole, "count", x.Metric)}
		}
		return f.ratio(x.Metric)
	case *criteria.LinearRule:
		return f.ratio(x.Metric)
	case *criteria.DeadlineRule:
		return []ask{f.ask(inDone, askDay, "done", ""), f.ask(inDue, askDay, "due", x.From), f.ask(inValue, askNumber, "days", ""), f.ask(inNever, askTick, "never", "")}
	case *criteria.LateRule:
		return []ask{f.ask(inValue, askNumber, "days_late", x.Per)}
	case *criteria.CountRule:
		return []ask{f.ask(inValue, askWhole, "count", x.Per)}
	case *criteria.DeductionRule:
		return append([]ask{f.ask(inValue, askWhole, "faults", x.Per)}, f.veto(x.ZeroIf)...)
	case *criteria.YearOnYearRule:
		return append(f.ratio(x.Metric), f.ask(inBefore, askNumber, "before", ""))
	case *criteria.RelativeRule:
		return append(f.ratio(x.Metric), f.ask(inBest, askNumber, "best", ""))
	case *criteria.SurveyRule:
		if len(x.Options) == 0 {
			return []ask{f.ask(inValue, askNumber, "percent", "")}
		}
		var out []ask
		for i, o := range x.Options {
			out = append(out, ask{Name: prefix + inAnswer + strconv.Itoa(i), Label: f.t("answers") + ": " + o.Label, Kind: askWhole})
		}
		return out
	case *criteria.ImportRule:
		return []ask{f.ask(inValue, askNumber, "index", x.Source)}
	case *criteria.FormulaRule:
		var out []ask
		for _, v := range x.Vars {
			label := v.Words
			if label == "" {
				label = v.Name
			}
			out = append(out, ask{Name: prefix + inVar + v.Name, Label: label, Kind: askNumber})
		}
		return out
	case *criteria.DependsRule:
		out := asks(ctx, x.Then.Leaf.Rule, prefix)
		for _, a := range asks(ctx, x.Else.Leaf.Rule, prefix) {
			if !slices.ContainsFunc(out, func(b ask) bool { return b.Name == a.Name }) {
				out = append(out, a)
			}
		}
		return out
	case *criteria.CompositeRule:
		var out []ask
		for i, p := range x.Parts {
			for _, a := range asks(ctx, p.Leaf.Rule, prefix+"p"+strconv.Itoa(i)+".") {
				if p.Name != "" {
					a.Label = p.Name + ": " + a.Label
				}
				out = append(out, a)
			}
		}
		return out
	}
	return nil
}

// An asker words fields.
type asker struct {
	ctx    context.Context
	prefix string
}

func (f asker) t(key string) string { return i18n.T(f.ctx, "rounds.in."+key) }

func (f asker) points(p points.Points) string {
	return i18n.T(f.ctx, "rounds.points", "Points", i18n.Decimal(f.ctx, p))
}

func (f asker) ask(name string, kind askKind, key, hint string) ask {
	return ask{Name: f.prefix + name, Label: f.t(key), Hint: hint, Kind: kind}
}

func (f asker) yesNo() ask {
	return ask{Name: f.prefix + inOption, Label: f.t("yes_no"), Kind: askChoice, Options: []ui.Option{
		{Value: "yes", Text: f.t("yes")}, {Value: "no", Text: f.t("no")}}}
}

func (f asker) veto(what string) []ask {
	if what == "" {
		return nil
	}
	return []ask{{Name: f.prefix + inVeto, Label: what, Kind: askTick}}
}

// ratio asks for a numerator and a denominator, or where the metric is none for
// the number alone.
func (f asker) ratio(metric string) []ask {
	num, den, ok := strings.Cut(metric, "/")
	if !ok {
		return []ask{f.ask(inValue, askNumber, "value", metric)}
	}
	return []ask{f.ask(inNum, askWhole, "num", num), f.ask(inDen, askWhole, "den", den)}
}

// readInput reads what was typed for a leaf. What is wrong is noted with its field;
// what is not typed yet is not wrong: the input is not given then.
func readInput(n *criteria.Node, form url.Values, f *fault.Fault) criteria.Input {
	if form.Get(inNA) != "" {
		return criteria.Input{NA: true}
	}
	r := reader{form, f}
	return r.rule(n.Leaf.Rule, "")
}

type reader struct {
	form  url.Values
	fault *fault.Fault
}

func (r reader) rule(rule criteria.Rule, prefix string) (in criteria.Input) {
	switch x := rule.(type) {
	case *criteria.CompositeRule:
		given := false
		for i, p := range x.Parts {
			part := r.rule(p.Leaf.Rule, prefix+"p"+strconv.Itoa(i)+".")
			given = given || part.Given()
			in.Parts = append(in.Parts, part)
		}
		if !given {
			in.Parts = nil
		}
		return in
	case *criteria.SurveyRule:
		for i := range x.Options {
			in.Answers = append(in.Answers, r.whole(prefix+inAnswer+strconv.Itoa(i)))
		}
		if !slices.ContainsFunc(in.Answers, func(n int64) bool { return n > 0 }) {
			in.Answers = nil
		}
	case *criteria.FormulaRule:
		for _, v := range x.Vars {
			if p := r.number(prefix + inVar + v.Name); p != nil {
				if in.Vars == nil {
					in.Vars = map[string]points.Ratio{}
				}
				in.Vars[v.Name] = *p
			}
		}
		return in
	}
	in.Option = strings.TrimSpace(r.form.Get(prefix + inOption))
	in.Ratio = r.ratio(prefix)
	in.Value, in.Before, in.Best = r.number(prefix+inValue), r.number(prefix+inBefore), r.number(prefix+inBest)
	in.Done, in.Due = r.day(prefix+inDone), r.day(prefix+inDue)
	in.Veto = r.form.Get(prefix+inVeto) != ""
	if r.form.Get(prefix+inNever) != "" {
		in.Option = "no"
	}
	if in.Done == 0 || in.Due == 0 { // a day alone says nothing yet
		in.Done, in.Due = 0, 0
	}
	return in
}

// ratio reads a numerator and a denominator; nil while one of them is missing, or
// the denominator is 0: nothing can be said of nothing.
func (r reader) ratio(prefix string) *points.Ratio {
	if r.form.Get(prefix+inNum) == "" || r.form.Get(prefix+inDen) == "" {
		r.whole(prefix + inNum)
		r.whole(prefix + inDen)
		return nil
	}
	p := points.Ratio{Num: r.whole(prefix + inNum), Den: r.whole(prefix + inDen)}
	if p.Den == 0 {
		r.wrong(prefix+inDen, "rounds.in.den_zero")
		return nil
	}
	return &p
}

func (r reader) wrong(name, key string, args ...any) { r.fault.With(name, key, args...) }

// mostThings bounds a number of things that somebody types.
const mostThings = 1_000_000_000

var thousands = regexp.MustCompile(`^\d{1,3}([. ]\d{3})+$`)

func (r reader) whole(name string) int64 {
	s := strings.TrimSpace(r.form.Get(name))
	if s == "" {
		return 0
	}
	if thousands.MatchString(s) { // 1.234 is how a thousand and more is written here; 12.5 is no whole number
		s = strings.NewReplacer(".", "", " ", "").Replace(s)
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n > mostThings {
		r.wrong(name, "rounds.in.not_whole", "Value", clipped(s))
		return 0
	}
	return n
}

// number reads a decimal, a percent, or a fraction n/m; nil when nothing is typed.
func (r reader) number(name string) *points.Ratio {
	s := strings.TrimSpace(r.form.Get(name))
	if s == "" {
		return nil
	}
	if a, b, ok := strings.Cut(s, "/"); ok {
		num, err := strconv.ParseInt(strings.TrimSpace(a), 10, 64)
		den, err2 := strconv.ParseInt(strings.TrimSpace(b), 10, 64)
		if err == nil && err2 == nil && den > 0 && num <= mostThings && den <= mostThings && num >= -mostThings {
			return &points.Ratio{Num: num, Den: den}
		}
	} else if v, err := criteria.ParseNum(s); err == nil {
		if p, ok := v.Ratio(); ok {
			return &p
		}
	}
	r.wrong(name, "rounds.in.not_number", "Value", clipped(s))
	return nil
}

func (r reader) day(name string) moment.Date {
	s := strings.TrimSpace(r.form.Get(name))
	if s == "" {
		return 0
	}
	d, err := moment.ParseDate(s)
	if err != nil {
		r.wrong(name, "rounds.in.not_day", "Value", clipped(s))
	}
	return d
}

func clipped(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// typedOf writes an input as the form would have it.
func typedOf(n *criteria.Node, in criteria.Input) url.Values {
	v := url.Values{}
	if in.NA {
		v.Set(inNA, "on")
		return v
	}
	writeInput(v, n.Leaf.Rule, in, "")
	return v
}

func writeInput(v url.Values, rule criteria.Rule, in criteria.Input, prefix string) {
	set := func(name, s string) {
		if s != "" {
			v.Set(prefix+name, s)
		}
	}
	switch x := rule.(type) {
	case *criteria.CompositeRule:
		for i, p := range in.Parts {
			if i < len(x.Parts) {
				writeInput(v, x.Parts[i].Leaf.Rule, p, prefix+"p"+strconv.Itoa(i)+".")
			}
		}
		return
	case *criteria.DeadlineRule:
		if in.Option == "no" {
			set(inNever, "on")
			return
		}
	case *criteria.ChoiceRule: // options are typed by their place
		for i, o := range x.Options {
			if o.Label == in.Option {
				in.Option = strconv.Itoa(i + 1)
			}
		}
	}
	set(inOption, in.Option)
	if in.Ratio != nil {
		set(inNum, strconv.FormatInt(in.Ratio.Num, 10))
		set(inDen, strconv.FormatInt(in.Ratio.Den, 10))
	}
	set(inValue, ratioText(in.Value))
	set(inBefore, ratioText(in.Before))
	set(inBest, ratioText(in.Best))
	set(inDone, in.Done.VN())
	set(inDue, in.Due.VN())
	if in.Veto {
		set(inVeto, "on")
	}
	for i, n := range in.Answers {
		set(inAnswer+strconv.Itoa(i), strconv.FormatInt(n, 10))
	}
	for name, p := range in.Vars {
		set(inVar+name, ratioText(&p))
	}
}

// ratioText writes a number as it can be typed: a decimal where it ends, else n/m.
func ratioText(p *points.Ratio) string {
	if p == nil {
		return ""
	}
	v, ok := criteria.OfRatio(*p)
	if !ok {
		return ""
	}
	return strings.Replace(v.String(), ".", ",", 1)
}

// inputText says an input in a line.
func inputText(ctx context.Context, n *criteria.Node, in criteria.Input) string {
	switch {
	case !in.Given():
		return i18n.None
	case in.NA:
		return i18n.T(ctx, "rounds.na")
	}
	return saidRule(ctx, n.Leaf.Rule, in)
}

func saidRule(ctx context.Context, rule criteria.Rule, in criteria.Input) string {
	var parts []string
	add := func(s string) {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if x, ok := rule.(*criteria.CompositeRule); ok {
		for i, p := range in.Parts {
			if i < len(x.Parts) {
				add(saidRule(ctx, x.Parts[i].Leaf.Rule, p))
			}
		}
		return strings.Join(parts, "; ")
	}
	switch x := rule.(type) {
	case *criteria.ChoiceRule:
		if i, err := strconv.Atoi(in.Option); err == nil && i >= 1 && i <= len(x.Options) {
			in.Option = x.Options[i-1].Label
		}
		add(in.Option)
	default:
		switch in.Option {
		case "yes":
			add(i18n.T(ctx, "rounds.in.yes"))
		case "no":
			add(i18n.T(ctx, "rounds.in.no"))
		default:
			add(in.Option)
		}
	}
	if in.Ratio != nil {
		s := i18n.Number(ctx, in.Ratio.Num) + "/" + i18n.Number(ctx, in.Ratio.Den)
		if in.Ratio.Defined() {
			s += " (" + i18n.Percent(ctx, *in.Ratio) + ")"
		}
		add(s)
	}
	add(ratioText(in.Value))
	if in.Before != nil {
		add(i18n.T(ctx, "rounds.in.before") + " " + ratioText(in.Before))
	}
	if in.Best != nil {
		add(i18n.T(ctx, "rounds.in.best") + " " + ratioText(in.Best))
	}
	if in.Done != 0 {
		add(i18n.Date(ctx, in.Done) + " / " + i18n.Date(ctx, in.Due))
	}
	for _, a := range in.Answers {
		add(i18n.Number(ctx, a))
	}
	for _, name := range slices.Sorted(maps.Keys(in.Vars)) {
		p := in.Vars[name]
		add(name + " = " + ratioText(&p))
	}
	if in.Veto {
		add(i18n.T(ctx, "rounds.in.veto"))
	}
	return strings.Join(parts, "; ")
}
