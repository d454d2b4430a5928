package criteria

import (
	"maps"
	"slices"

	"cchc/base/points"
)

// What rules that are not a number against edges may gain and lose.

func (v *view) depends(x *DependsRule) {
	taken := x.taken(v.at)
	inner := *v
	inner.n = taken
	inner.rule(taken.Leaf.Rule)
	other, way := x.Else, "else"
	if taken == x.Else {
		other, way = x.Then, "then"
	}
	if p, _, ok := other.Leaf.Rule.points(other, v.in, v.at); ok {
		v.record(Step{Way: WayOther, Name: x.On, Option: way}, p)
	}
}

func (v *view) yearOnYear(x *YearOnYearRule) {
	if v.in.Before == nil {
		return
	}
	before, ok := OfRatio(*v.in.Before)
	if !ok {
		return
	}
	share := readsShare(x, before)
	if x.Less {
		v.lower(before.Sub(x.By), x.By.Sign() == 0, share, x.Metric)
		v.raise(before, true, share, x.Metric)
		return
	}
	if x.Same > x.Otherwise {
		v.raise(before, false, share, x.Metric)
	}
	v.raise(before.Add(x.By), x.By.Sign() == 0, share, x.Metric)
	v.lower(before, true, share, x.Metric)
}

func (v *view) relative(x *RelativeRule) {
	if v.in.Best == nil || v.n.Max <= 0 {
		return
	}
	best, ok := OfRatio(*v.in.Best)
	now, ok2 := v.in.number()
	if !ok || !ok2 || best.Sign() <= 0 {
		return
	}
	share := readsShare(x, best)
	if x.Less {
		v.lower(best, false, share, x.Metric)
		return
	}
	if now.Cmp(best) < 0 {
		if floor := x.ZeroBelow.Mul(best); now.Cmp(floor) < 0 {
			v.raise(floor, false, share, x.Metric)
		} else {
			v.raise(minNum(best, v.unitUp(best)), false, share, x.Metric)
		}
	}
	v.raise(best, false, share, x.Metric)
	v.lower(v.unitDown(best), true, share, x.Metric)
}

func (v *view) count(x *CountRule) {
	now, ok := v.in.value()
	if !ok || x.Each <= 0 {
		return
	}
	now = Int(max(0, now.floor()))
	full, _ := OfPoints(x.Cap).Div(OfPoints(x.Each))
	if n := full.ceil() - now.floor(); n > 0 {
		v.things(WayMore, 1, now)
		v.things(WayMore, n, now)
	}
}

// faults steps to fewer faults or days, and to one more. Below the floor the first
// ones to go bring nothing.
func (v *view) faults(start, each points.Points, floor *points.Points, free int64, fewer, more Way) {
	now, ok := v.in.value()
	if !ok || each >= 0 {
		return
	}
	now = Int(max(0, now.ceil()))
	n := now.floor() - free
	if n > 0 {
		k := int64(1)
		if floor != nil {
			most, _ := OfPoints(start - *floor).Div(OfPoints(-each)) // faults that reach the floor
			k = max(1, n-(most.ceil()-1))
		}
		if n >= k {
			v.things(fewer, k, now)
		}
		v.things(fewer, n, now)
	}
	v.things(more, max(1, 1-n), now)
}

func (v *view) survey(x *SurveyRule) {
	share, ok := x.share(v.in)
	if !ok {
		return
	}
	if len(v.in.Answers) == 0 {
		v.percent(share, Int(100))
		return
	}
	low, high := 0, 0
	all := Num{}
	for i, o := range x.Options {
		all = all.Add(Int(v.in.Answers[i]))
		if o.Percent.Cmp(x.Options[high].Percent) > 0 {
			high = i
		}
		if v.in.Answers[i] > 0 && (v.in.Answers[low] == 0 || o.Percent.Cmp(x.Options[low].Percent) < 0) {
			low = i
		}
	}
	worth := x.Options[high].Percent.Sub(x.Options[low].Percent)
	if worth.Sign() <= 0 {
		return
	}
	t := v.unitUp(Int(1)).Sub(share).Mul(all).Mul(Int(100))
	q, _ := t.Div(worth)
	n := min(atLeast(q, false), v.in.Answers[low])
	in := *v.in
	in.Answers = slices.Clone(in.Answers)
	in.Answers[low] -= n
	in.Answers[high] += n
	v.step(Step{Way: WayAnswers, N: n, Option: x.Options[high].Label, Name: x.Options[low].Label}, in)
}

// percent steps to the next whole percent, to the one below and to the whole.
func (v *view) percent(share, of Num) {
	to := func(t Num) {
		if t.Sign() < 0 || t.Cmp(Int(1)) > 0 {
			return
		}
		value := t
		if now, ok := v.in.value(); ok && v.in.Ratio == nil && (now.Cmp(Int(1)) > 0 || of.Cmp(Int(100)) != 0) && t.Sign() > 0 {
			value = t.Mul(of) // as it was entered
		}
		if in, ok := v.value(value); ok && value.Cmp(Int(1)) != 0 || t.Cmp(Int(1)) == 0 {
			v.step(Step{Way: WayValue, Target: t, Share: true}, in)
		}
	}
	whole := Int(share.Mul(Int(100)).floor())
	next, _ := whole.Add(Int(1)).Div(Int(100))
	to(next)
	to(Int(1))
	if below := share.Mul(Int(100)).ceil() - 1; below > 0 {
		t, _ := Frac(below, 100)
		to(t)
	}
}

// formula evaluates it with each variable one more and one less.
func (v *view) formula(x *FormulaRule) {
	for _, name := range x.Vars {
		for _, d := range []int64{1, -1} {
			num, ok := OfRatio(v.in.Vars[name.Name])
			r, fits := num.Add(Int(d)).reduced().Ratio()
			if !ok || !fits || r.Num < 0 {
				continue
			}
			in := *v.in
			in.Vars = maps.Clone(in.Vars)
			in.Vars[name.Name] = r
			way := WayVarUp
			if d < 0 {
				way = WayVarDown
			}
			v.step(Step{Way: way, N: 1, Name: name.Name, Target: num.Add(Int(d))}, in)
		}
	}
}

func (v *view) composite(x *CompositeRule) {
	parts := make([]Input, len(x.Parts))
	for i := range x.Parts {
		parts[i] = x.part(v.in, i)
	}
	for i, p := range x.Parts {
		inner := *v
		inner.n, inner.in, inner.part = p, &parts[i], i+1
		inner.wrap = func(in Input) Input {
			all := *v.in
			all.Parts = slices.Clone(parts)
			all.Parts[i] = in
			return v.wrap(all)
		}
		inner.rule(p.Leaf.Rule)
	}
}
