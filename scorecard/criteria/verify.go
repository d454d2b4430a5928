package criteria

import (
	"strconv"
	"strings"

	"cchc/base/fault"
	"cchc/base/points"
)

// Verify returns what is wrong with an input of a leaf, bonus or penalty item, by the
// name of its field as input files and forms have it (value, num, den, option …). An
// input that is not given has nothing wrong with it.
func (s *Set) Verify(code string, in Input) []fault.Field {
	n := s.byCode[code]
	v := &verifying{set: s}
	switch {
	case n == nil || n.Leaf == nil:
		v.wrong("", "criteria.in_code", "Code", clip(code), "Set", s.ID)
	case !in.Given():
	case in.NA:
		if n.Leaf.NA.Policy == NoPolicy {
			v.wrong("na", "criteria.in_na")
		}
		if in.given() {
			v.wrong("na", "criteria.in_na_and")
		}
	default:
		v.input("", n, &in)
	}
	return v.out
}

// given reports whether there is anything beside NA.
func (in Input) given() bool { in.NA = false; return in.Given() }

type verifying struct {
	set *Set
	out []fault.Field
}

func (v *verifying) wrong(name, key string, args ...any) {
	v.out = append(v.out, fault.Field{Name: name, Key: key, Args: args})
}

func (v *verifying) input(at string, n *Node, in *Input) {
	for _, x := range []struct {
		name string
		r    *points.Ratio
	}{{"value", in.Value}, {"previous", in.Before}, {"best", in.Best}} {
		if x.r != nil && x.r.Den == 0 {
			v.wrong(at+x.name, "criteria.in_den_zero")
		}
	}
	if in.Ratio != nil {
		switch {
		case in.Ratio.Den == 0:
			v.wrong(at+"den", "criteria.in_den_zero")
		case in.Ratio.Den < 0:
			v.wrong(at+"den", "criteria.below_0")
		}
		if in.Ratio.Num < 0 {
			v.wrong(at+"num", "criteria.below_0")
		}
	}
	if len(v.out) == 0 {
		v.rule(at, n, n.Leaf.Rule, in)
	}
}

func (v *verifying) rule(at string, n *Node, rule Rule, in *Input) {
	switch x := rule.(type) {
	case *YesNoRule, *VetoRule:
		if _, ok := in.yes(); !ok && in.Option != "" {
			v.wrong(at+"option", "criteria.in_yes_no", "Value", clip(in.Option))
		}
	case *ChoiceRule:
		if in.Option != "" && x.find(in.Option) < 0 {
			v.wrong(at+"option", "criteria.in_option", "Value", clip(in.Option), "Known", optionList(x))
		}
	case *AllOrNoneRule:
		v.share(at, in, isShare(x.Metric, x.FullAt))
	case *LinearRule:
		v.share(at, in, x.share())
	case *TieredRule:
		if x.Whole {
			v.whole(at, in)
		} else {
			v.share(at, in, x.share)
		}
	case *DeductionRule:
		v.whole(at, in)
		if in.Veto && x.ZeroIf == "" && x.Also == "" {
			v.wrong(at+"veto", "criteria.in_no_veto")
		}
		for _, code := range in.Hits {
			if o := v.set.byCode[code]; x.Also == "" || o == nil || o.place < 0 {
				v.wrong(at+"hits", "criteria.in_code", "Code", clip(code), "Set", v.set.ID)
			}
		}
	case *CountRule:
		v.whole(at, in)
	case *LateRule:
		if x.Working && in.Value == nil && in.Done > in.Due && in.Due != 0 {
			v.wrong(at+"days", "criteria.in_working")
		}
	case *SurveyRule:
		v.answers(at, x, in)
		if share, ok := x.share(in); ok && (share.Sign() < 0 || share.Cmp(Int(1)) > 0) {
			v.wrong(at+"value", "criteria.in_over_100")
		}
	case *ImportRule:
		if share, ok := x.share(in); ok && (share.Sign() < 0 || share.Cmp(Int(1)) > 0) {
			v.wrong(at+"value", "criteria.in_over_100")
		}
	case *FormulaRule:
		for _, w := range x.Vars {
			if _, ok := in.Vars[w.Name]; !ok {
				v.wrong(at+"vars", "criteria.missing", "Name", w.Name)
			}
		}
		for name := range in.Vars {
			if x.expr == nil || !x.expr.uses(name) {
				v.wrong(at+"vars", "criteria.in_var", "Name", clip(name))
			}
		}
	case *CompositeRule:
		for i := range in.Parts {
			if i < len(x.Parts) {
				v.input(at+"parts."+strconv.Itoa(i+1)+".", x.Parts[i], &in.Parts[i])
			}
		}
	}
}

// share refuses a bare number that was surely meant as a percent.
func (v *verifying) share(at string, in *Input, share bool) {
	x, ok := in.value()
	if share && ok && in.Ratio == nil && x.Cmp(Int(10)) >= 0 {
		v.wrong(at+"value", "criteria.in_percent", "Value", x.String())
	}
	if share && ok && x.Sign() < 0 {
		v.wrong(at+"value", "criteria.below_0")
	}
}

// whole refuses parts of things, and less than none.
func (v *verifying) whole(at string, in *Input) {
	x, ok := in.value()
	if ok && (!x.whole() || x.Sign() < 0) {
		v.wrong(at+"value", "criteria.in_whole")
	}
}

func (v *verifying) answers(at string, x *SurveyRule, in *Input) {
	switch n := len(in.Answers); {
	case n == 0:
	case len(x.Options) == 0:
		v.wrong(at+"answers", "criteria.in_no_weights")
	case n != len(x.Options):
		v.wrong(at+"answers", "criteria.in_answers", "Count", len(x.Options))
	default:
		all := int64(0)
		for _, a := range in.Answers {
			if a < 0 {
				v.wrong(at+"answers", "criteria.in_whole")
				return
			}
			all += a
		}
		if all == 0 {
			v.wrong(at+"answers", "criteria.in_den_zero")
		}
	}
}

func optionList(x *ChoiceRule) string {
	list := make([]string, len(x.Options))
	for i, o := range x.Options {
		list[i] = strconv.Itoa(i+1) + " " + o.Label
	}
	return strings.Join(list, "; ")
}
