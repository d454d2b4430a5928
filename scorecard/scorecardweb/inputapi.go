package scorecardweb

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/base/web/ui"
	"cchc/scorecard/criteria"
)

// ScoreInput is what a rule reads, as programs send and get it. Which of it a leaf
// asks for, its rule says; numbers by themselves are decimals ("0.95"), percents
// ("95 %") or fractions ("19/20").
type ScoreInput struct {
	Num     *int64            `json:"num,omitempty" minimum:"0" maximum:"1000000000" doc:"Numerator."`
	Den     *int64            `json:"den,omitempty" minimum:"1" maximum:"1000000000" doc:"Denominator."`
	Value   string            `json:"value,omitempty" maxLength:"40" doc:"A number by itself: a count, days, an index." example:"0.95"`
	Option  string            `json:"option,omitempty" maxLength:"400" doc:"Label or place (from 1) of an option; yes or no; no also where a thing was never done."`
	Before  string            `json:"before,omitempty" maxLength:"40" doc:"The year before, for a rule that compares years."`
	Best    string            `json:"best,omitempty" maxLength:"40" doc:"Of the best unit, for a rule that compares units."`
	Done    moment.Date       `json:"done,omitempty" format:"date" doc:"When it was done; with due."`
	Due     moment.Date       `json:"due,omitempty" format:"date" doc:"When it had to be."`
	Answers []int64           `json:"answers,omitempty" maxItems:"50" doc:"Numbers of answers by option, in the rule's order."`
	Vars    map[string]string `json:"vars,omitempty" doc:"The named numbers of a formula."`
	Parts   []ScoreInput      `json:"parts,omitempty" maxItems:"50" doc:"Of a rule with parts: the input of each, in order."`
	Veto    bool              `json:"veto,omitempty" doc:"What the rule names as forbidding points was found."`
	NA      bool              `json:"na,omitempty" doc:"The case did not arise; nothing else is said then."`
}

// input reads what a program sent for a leaf. What cannot be read, and what the
// leaf's rule does not ask for, is a fault with its place.
func (in ScoreInput) input(ctx context.Context, n *criteria.Node) (criteria.Input, error) {
	f := fault.New(fault.Invalid, "rounds.invalid")
	out := in.read(f, "")
	if f.Or() == nil && !out.NA {
		fits(ctx, f, n, in, out)
	}
	return out, f.Or()
}

func (in ScoreInput) read(f *fault.Fault, at string) criteria.Input {
	out := criteria.Input{NA: in.NA, Option: strings.TrimSpace(in.Option), Answers: in.Answers, Done: in.Done, Due: in.Due, Veto: in.Veto}
	if (in.Num == nil) != (in.Den == nil) {
		f.With(at+"den", "rounds.in.with", "Other", "num")
	} else if in.Num != nil {
		if *in.Den == 0 {
			f.With(at+"den", "rounds.in.den_zero")
		}
		out.Ratio = &points.Ratio{Num: *in.Num, Den: *in.Den}
	}
	if (in.Done == 0) != (in.Due == 0) {
		f.With(at+"due", "rounds.in.with", "Other", "done")
	}
	number := func(name, s string) *points.Ratio {
		r := reader{map[string][]string{name: {s}}, f}
		return r.number(name)
	}
	out.Value, out.Before, out.Best = number(at+"value", in.Value), number(at+"before", in.Before), number(at+"best", in.Best)
	for name, s := range in.Vars {
		if p := number(at+"vars."+name, s); p != nil {
			if out.Vars == nil {
				out.Vars = map[string]points.Ratio{}
			}
			out.Vars[name] = *p
		}
	}
	for i, p := range in.Parts {
		out.Parts = append(out.Parts, p.read(f, at+"parts["+strconv.Itoa(i)+"]."))
	}
	if in.NA && (in.Num != nil || in.Value != "" || in.Option != "" || in.Done != 0 || len(in.Answers)+len(in.Vars)+len(in.Parts) > 0 || in.Veto) {
		f.With(at+"na", "rounds.in.na_alone")
	}
	return out
}

// fits notes what of an input the form of the leaf would not ask for.
func fits(ctx context.Context, f *fault.Fault, n *criteria.Node, said ScoreInput, in criteria.Input) {
	asked := map[string]ask{}
	for _, a := range asks(ctx, n.Leaf.Rule, "") {
		asked[a.Name] = a
	}
	for name, values := range typedOf(n, in) {
		a, ok := asked[name]
		switch {
		case !ok:
			f.With(jsonPlace(name), "rounds.in.not_asked")
		case a.Kind == askChoice && !slices.ContainsFunc(a.Options, func(o ui.Option) bool { return o.Value == values[0] }):
			f.With(jsonPlace(name), "rounds.in.no_option", "Value", clipped(values[0]))
		case a.Kind == askWhole && strings.HasSuffix(name, inValue):
			r := reader{map[string][]string{name: values}, fault.New(fault.Invalid, "rounds.invalid")}
			if r.whole(name); r.fault.Or() != nil {
				f.With(jsonPlace(name), "rounds.in.not_whole", "Value", clipped(values[0]))
			}
		}
	}
	tooMany(f, n.Leaf.Rule, said, "")
}

// tooMany notes parts and answers that the rule has no place for: a form has none
// either.
func tooMany(f *fault.Fault, rule criteria.Rule, in ScoreInput, at string) {
	x, composite := rule.(*criteria.CompositeRule)
	for i, p := range in.Parts {
		place := at + "parts[" + strconv.Itoa(i) + "]"
		if !composite || i >= len(x.Parts) {
			f.With(place, "rounds.in.not_asked")
			return
		}
		tooMany(f, x.Parts[i].Leaf.Rule, p, place+".")
	}
	if !composite {
		return
	}
	for name, given := range map[string]bool{"num": in.Num != nil, "value": in.Value != "", "option": in.Option != "", "before": in.Before != "", "best": in.Best != "",
		"done": in.Done != 0, "answers": len(in.Answers) > 0, "vars": len(in.Vars) > 0, "veto": in.Veto} {
		if given {
			f.With(at+name, "rounds.in.not_asked")
		}
	}
}

var (
	partField   = regexp.MustCompile(`\bp(\d+)\.`)
	answerField = regexp.MustCompile(`\banswer\.(\d+)$`)
)

// jsonPlace names a form's field as programs do: p0.answer.1 is
// parts[0].answers[1].
func jsonPlace(name string) string {
	name = partField.ReplaceAllString(name, "parts[$1].")
	name = answerField.ReplaceAllString(name, "answers[$1]")
	name = strings.Replace(name, inVar, "vars.", 1)
	if strings.HasSuffix(name, inNever) {
		name = strings.TrimSuffix(name, inNever) + inOption
	}
	return name
}

// asScoreInput writes an input as a program would send it.
func asScoreInput(in criteria.Input) ScoreInput {
	out := ScoreInput{Value: decimalOf(in.Value), Option: in.Option, Before: decimalOf(in.Before), Best: decimalOf(in.Best), Done: in.Done, Due: in.Due,
		Answers: in.Answers, Veto: in.Veto, NA: in.NA}
	if in.Ratio != nil {
		out.Num, out.Den = &in.Ratio.Num, &in.Ratio.Den
	}
	for name, p := range in.Vars {
		if out.Vars == nil {
			out.Vars = map[string]string{}
		}
		out.Vars[name] = decimalOf(&p)
	}
	for _, p := range in.Parts {
		out.Parts = append(out.Parts, asScoreInput(p))
	}
	return out
}

// decimalOf writes a decimal where it ends, else a fraction.
func decimalOf(p *points.Ratio) string {
	if p == nil {
		return ""
	}
	if v, ok := criteria.OfRatio(*p); ok {
		return v.String()
	}
	return strconv.FormatInt(p.Num, 10) + "/" + strconv.FormatInt(p.Den, 10)
}
