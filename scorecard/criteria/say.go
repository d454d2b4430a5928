package criteria

import (
	"context"
	"sort"
	"strconv"
	"strings"

	"cchc/base/i18n"
	"cchc/base/points"
)

// readsKey names what the rule of a result reads, as a message.
func readsKey(r *Result) i18n.Key {
	rule := r.Node.Leaf.Rule
	if r.Branch.of != nil {
		rule = r.Branch.of.Leaf.Rule
	}
	return Reads(rule)
}

// Reads returns the message that says what a rule reads of an input.
func Reads(rule Rule) i18n.Key {
	switch x := rule.(type) {
	case *YesNoRule, *VetoRule:
		return i18n.Key("criteria.reads_yes_no")
	case *ChoiceRule:
		return i18n.Key("criteria.reads_option")
	case *DeadlineRule:
		return i18n.Key("criteria.reads_days")
	case *LateRule:
		if x.Working {
			return i18n.Key("criteria.reads_working_days")
		}
		return i18n.Key("criteria.reads_days")
	case *DeductionRule, *CountRule:
		return i18n.Key("criteria.reads_count")
	case *TieredRule:
		if x.Whole {
			return i18n.Key("criteria.reads_count")
		}
	case *RelativeRule:
		return i18n.Key("criteria.reads_best")
	case *YearOnYearRule:
		return i18n.Key("criteria.reads_year")
	case *SurveyRule:
		return i18n.Key("criteria.reads_survey")
	case *ImportRule:
		return i18n.Key("criteria.reads_index")
	case *FormulaRule:
		return i18n.Key("criteria.reads_vars")
	case *CompositeRule:
		return i18n.Key("criteria.reads_parts")
	}
	return i18n.Key("criteria.reads_ratio")
}

// Text says which part of the rule gave the points: "Từ 98 % đến dưới 100 %: 7 điểm".
func (r *Result) Text(ctx context.Context) string {
	b := r.Branch
	n := r.Node
	if b.of != nil {
		n = b.of
	}
	if n == nil || b.Kind == "" {
		return i18n.T(ctx, "criteria.branch_missing")
	}
	switch x := n.Leaf.Rule.(type) {
	case *ChoiceRule:
		if b.Kind == BranchOption && b.N <= len(x.Options) {
			return x.Options[b.N-1].Label
		}
	case *TieredRule:
		if b.Kind == BranchTier && b.N <= len(x.Tiers) {
			return upper(sayBounds(ctx, x.Tiers[b.N-1].Bounds, x.amount))
		}
	case *DeadlineRule:
		if b.Kind == BranchTier && b.N <= len(x.Tiers) {
			return upper(sayBounds(ctx, x.Tiers[b.N-1].Bounds, days))
		}
	}
	return i18n.T(ctx, "criteria.branch_"+string(b.Kind))
}

// Text writes an input for people, as the node's rule reads it: "31.205 / 32.068 =
// 97,3089 %"; "–" when nothing was entered.
func (in Input) Text(ctx context.Context, n *Node) string {
	var parts []string
	add := func(key, text string) {
		if key != "" {
			text = i18n.T(ctx, "criteria.input_"+key, "Value", text)
		}
		parts = append(parts, text)
	}
	if in.NA {
		add("", i18n.T(ctx, "criteria.branch_na"))
	}
	if in.Ratio != nil {
		s := i18n.Number(ctx, in.Ratio.Num) + " / " + i18n.Number(ctx, in.Ratio.Den)
		if v, ok := OfRatio(*in.Ratio); ok {
			s += " = " + ratioPercent(ctx, v)
		}
		add("", s)
	}
	if v, ok := in.value(); ok {
		add("", amount(ctx, v, n != nil && n.Leaf != nil && readsShare(n.Leaf.Rule, v)))
	}
	if in.Option != "" {
		add("", optionLabel(ctx, n, in.Option))
	}
	for _, x := range []struct {
		key string
		r   *points.Ratio
	}{{"previous", in.Before}, {"best", in.Best}} {
		if x.r != nil {
			if v, ok := OfRatio(*x.r); ok {
				add(x.key, amount(ctx, v, n != nil && n.Leaf != nil && readsShare(n.Leaf.Rule, v)))
			}
		}
	}
	if len(in.Answers) > 0 {
		list := make([]string, len(in.Answers))
		for i, a := range in.Answers {
			list[i] = i18n.Number(ctx, a)
		}
		add("answers", strings.Join(list, " + "))
	}
	var names []string
	for k := range in.Vars {
		names = append(names, k)
	}
	sort.Strings(names)
	for _, k := range names {
		if v, ok := OfRatio(in.Vars[k]); ok {
			add("", k+" = "+decimal(ctx, v))
		}
	}
	if in.Done != 0 {
		add("done", i18n.Date(ctx, in.Done))
	}
	if in.Due != 0 {
		add("due", i18n.Date(ctx, in.Due))
	}
	if comp, ok := ruleOf(n).(*CompositeRule); ok {
		for i := range in.Parts {
			if i < len(comp.Parts) {
				add("", strconv.Itoa(i+1)+") "+in.Parts[i].Text(ctx, comp.Parts[i]))
			}
		}
	}
	if in.Veto {
		add("", i18n.T(ctx, "criteria.branch_veto"))
	}
	if len(in.Hits) > 0 {
		add("hits", strings.Join(in.Hits, ", "))
	}
	if len(parts) == 0 {
		return i18n.None
	}
	return strings.Join(parts, "; ")
}

func ruleOf(n *Node) Rule {
	if n == nil || n.Leaf == nil {
		return nil
	}
	return n.Leaf.Rule
}

// ratioPercent writes a ratio in percent to four places: 99.996 % must not look like 100.
func ratioPercent(ctx context.Context, v Num) string { return percent(ctx, v) }

// readsShare reports whether a bare value is shown as a percent.
func readsShare(r Rule, v Num) bool {
	switch x := r.(type) {
	case *AllOrNoneRule:
		return isShare(x.Metric, x.FullAt)
	case *LinearRule:
		return x.share()
	case *TieredRule:
		return x.share
	case *SurveyRule:
		return v.Cmp(Int(1)) <= 0
	case *ImportRule:
		return v.Cmp(Int(1)) <= 0 && x.Of.Cmp(Int(100)) == 0
	case *YearOnYearRule:
		return strings.Contains(x.Metric, "/")
	case *RelativeRule:
		return strings.Contains(x.Metric, "/")
	}
	return false
}

// optionLabel writes an option by its label, however it was entered.
func optionLabel(ctx context.Context, n *Node, option string) string {
	switch x := ruleOf(n).(type) {
	case *ChoiceRule:
		if i := x.find(option); i >= 0 {
			return x.Options[i].Label
		}
	case *YesNoRule, *VetoRule:
		if yes, ok := (&Input{Option: option}).yes(); ok {
			if yes {
				return i18n.T(ctx, "criteria.branch_yes")
			}
			return i18n.T(ctx, "criteria.branch_no")
		}
	}
	return option
}
