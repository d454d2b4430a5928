package criteria

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"cchc/base/i18n"
	"cchc/base/points"
)

// An Outlook is what a leaf may still gain, and what it may lose. Both are computed
// from the rule: the bounds of tiers, the slope, the points per fault.
type Outlook struct {
	Now   Result
	Gains []Step // the nearest first
	Risks []Step // the nearest first
}

// A Step is one change of an input and what it does to the points.
type Step struct {
	Way    Way
	N      int64         // how many; 0 with WayValue, WayOption, WayOther and WayEnter
	Target Num           // the ratio or number that is then reached
	Share  bool          // Target is written as a percent
	Option string        // with WayOption
	Name   string        // of the variable with WayVar; code of the other leaf with WayOther; else the measure that changes, "" not named
	Part   int           // of a composite, from 1; 0 none
	Points points.Points // of the leaf then
	Change points.Points // against now
}

// A Way is what changes.
type Way string

// The ways in which points move.
const (
	WayNumerator   Way = "numerator"   // N more of the numerator, the denominator as it is
	WayBoth        Way = "both"        // N new ones that count in numerator and denominator
	WayDenominator Way = "denominator" // N new ones that count in the denominator only
	WayLess        Way = "less"        // N fewer of the numerator
	WayValue       Way = "value"       // the value becomes Target
	WayMore        Way = "more"        // N more things
	WayFewer       Way = "fewer"       // N fewer faults
	WayFaults      Way = "faults"      // N more faults
	WaySooner      Way = "sooner"      // N days sooner
	WayLater       Way = "later"       // N days later
	WayOption      Way = "option"      // another option
	WayAnswers     Way = "answers"     // N answers move from the lowest option to the highest
	WayVarUp       Way = "var_up"      // a variable of a formula rises by N
	WayVarDown     Way = "var_down"
	WayOther       Way = "other" // another leaf meets the condition
	WayEnter       Way = "enter" // something is entered at all
)

// Next returns what a leaf, bonus or penalty item may gain and lose from where its
// input stands; others are the inputs of the other leaves, for conditional rules.
func (s *Set) Next(code string, in Input, others Inputs) Outlook {
	all := maps.Clone(others)
	if all == nil {
		all = Inputs{}
	}
	all[code] = in
	c := s.Score(all)
	r, ok := c.Result(code)
	if !ok {
		return Outlook{}
	}
	return c.outlook(&r, all)
}

// Outlook returns what a leaf of the card may gain and lose.
func (c *Card) Outlook(code string) Outlook {
	r, ok := c.Result(code)
	if !ok {
		return Outlook{}
	}
	in := Inputs{}
	for _, list := range [][]Result{c.Results, c.Bonuses, c.Taken} {
		for i := range list {
			in[list[i].Node.Code] = list[i].Input
		}
	}
	return c.outlook(&r, in)
}

func (c *Card) outlook(r *Result, in Inputs) Outlook {
	out := Outlook{Now: *r}
	n := r.Node
	switch {
	case r.State == Missing:
		if n.Max > 0 && r.Branch.Kind != BranchUnread {
			out.Gains = []Step{{Way: WayEnter, Points: n.Max, Change: n.Max}}
		}
		return out
	case r.State != Scored: // what did not arise, or was forbidden, has no next step
		return out
	}
	done := make([]bool, len(c.Results))
	for i := range done {
		done[i] = true
	}
	at := &scoring{card: c, in: in, done: done, busy: make([]bool, len(c.Results)), floor: c.floorOf(n)}
	at.penalty = at.floor.Sign() < 0
	v := &view{out: &out, top: n, n: n, in: &r.Input, at: at, unit: unit(n.Leaf.places(c.Set)), wrap: func(in Input) Input { return in }}
	v.rule(n.Leaf.Rule)
	order := func(a, b Step) int {
		return cmp.Or(cmp.Compare(abs(a.Change), abs(b.Change)), cmp.Compare(a.N, b.N))
	}
	slices.SortStableFunc(out.Gains, order)
	slices.SortStableFunc(out.Risks, order)
	out.Gains, out.Risks = slices.Compact(out.Gains), slices.Compact(out.Risks)
	return out
}

func abs(p points.Points) points.Points { return max(p, -p) }

// unit is the least by which rounded points move.
func unit(places int) Num {
	n := Num{n: 1, d: 1}
	for range places {
		n.d *= 10
	}
	return n
}

func (c *Card) floorOf(n *Node) Num {
	for _, x := range c.Set.Penalty.Items {
		if x != n {
			continue
		}
		if n.Max > 0 {
			return OfPoints(-n.Max)
		}
		if c.Set.Penalty.Limit != nil {
			return OfPoints(*c.Set.Penalty.Limit)
		}
	}
	return Num{}
}

// A view looks on from one rule: the leaf's own, the one a condition took, or a part
// of a composite.
type view struct {
	out  *Outlook
	top  *Node // the leaf, whose points count
	n    *Node // the node of the rule looked at
	in   *Input
	at   *scoring
	unit Num
	part int
	wrap func(Input) Input // puts a changed input of n into one of top
}

// step records a change, if it moves the points; a loss that only a made thing undone
// would bring is none.
func (v *view) step(x Step, changed Input) {
	full := v.wrap(changed)
	p, _, ok := v.top.Leaf.Rule.points(v.top, &full, v.at)
	if !ok {
		return
	}
	v.record(x, p)
}

func (v *view) record(x Step, p Num) {
	x.Part = v.part
	x.Points = p.Round(v.top.Leaf.places(v.at.card.Set))
	x.Change = x.Points - v.out.Now.Points
	switch {
	case x.Change > 0:
		v.out.Gains = append(v.out.Gains, x)
	case x.Change < 0 && x.Way != WayNumerator && x.Way != WayLess && x.Way != WaySooner:
		v.out.Risks = append(v.out.Risks, x)
	}
}

func (v *view) rule(r Rule) {
	switch x := r.(type) {
	case *YesNoRule:
		v.options([]Option{{"yes", x.Yes}, {"no", x.No}})
	case *ChoiceRule:
		v.options(x.Options)
	case *AllOrNoneRule:
		v.raise(x.FullAt, x.Strict, isShare(x.Metric, x.FullAt), x.Metric)
		v.lower(x.FullAt, !x.Strict, isShare(x.Metric, x.FullAt), x.Metric)
	case *TieredRule:
		v.tiers(x.Tiers, x.domain(), x.Metric)
	case *DeadlineRule:
		v.tiers(x.Tiers, domain{days: true}, "")
	case *LinearRule:
		v.slope(x)
	case *DependsRule:
		v.depends(x)
	case *YearOnYearRule:
		v.yearOnYear(x)
	case *RelativeRule:
		v.relative(x)
	case *CountRule:
		v.count(x)
	case *DeductionRule:
		v.faults(x.Start, x.Each, x.Floor, 0, WayFewer, WayFaults)
	case *LateRule:
		if v.in.Value != nil {
			v.faults(x.Start, x.Each, x.Floor, x.Free, WaySooner, WayLater)
		}
	case *SurveyRule:
		v.survey(x)
	case *ImportRule:
		if s, ok := x.share(v.in); ok {
			v.percent(s, x.Of)
		}
	case *FormulaRule:
		v.formula(x)
	case *CompositeRule:
		v.composite(x)
	}
}

func (v *view) options(list []Option) {
	for _, o := range list {
		in := *v.in
		in.Option, in.Value = o.Label, nil
		full := v.wrap(in)
		if p, _, ok := v.top.Leaf.Rule.points(v.top, &full, v.at); ok && p.Cmp(v.out.Now.Exact) > 0 {
			v.record(Step{Way: WayOption, Option: o.Label}, p)
		}
	}
}

// ratio returns numerator and denominator as numbers.
func (v *view) ratio() (num, den Num, ok bool) {
	if r := v.in.Ratio; r != nil && r.Den > 0 {
		return Int(r.Num), Int(r.Den), true
	}
	return num, den, false
}

// value returns the input with another value.
func (v *view) value(t Num) (Input, bool) {
	in := *v.in
	x, ok := t.reduced().Ratio()
	in.Value, in.Ratio, in.Option, in.Answers = &x, nil, "", nil
	return in, ok
}

func (v *view) with(num, den int64) Input {
	in := *v.in
	in.Ratio = &points.Ratio{Num: num, Den: den}
	return in
}

// raise brings the number to t, or above it.
func (v *view) raise(t Num, above, share bool, metric string) {
	a, b := metricParts(metric)
	num, den, ok := v.ratio()
	if !ok {
		v.toValue(t, above, share, 1)
		return
	}
	if now, _ := num.Div(den); now.Cmp(t) > 0 || now.Cmp(t) == 0 && !above {
		return
	}
	// num + x ≥ t·den
	x := atLeast(t.Mul(den).Sub(num), above)
	if metric == settled {
		// What has ended late stays late: only new ones can be on time.
	} else if !share || t.Cmp(Int(1)) > 0 || num.Add(Int(x)).Cmp(den) <= 0 {
		v.step(Step{Way: WayNumerator, N: x, Target: t, Share: share, Name: a}, v.with(v.in.Ratio.Num+x, v.in.Ratio.Den))
	}
	// num + y ≥ t·(den + y)
	if rest := Int(1).Sub(t); rest.Sign() > 0 {
		y, _ := t.Mul(den).Sub(num).Div(rest)
		if n := atLeast(y, above); n < 1<<40 {
			v.step(Step{Way: WayBoth, N: n, Target: t, Share: share, Name: b}, v.with(v.in.Ratio.Num+n, v.in.Ratio.Den+n))
		}
	}
}

// lower brings the number to t, or below it.
func (v *view) lower(t Num, below, share bool, metric string) {
	a, b := metricParts(metric)
	num, den, ok := v.ratio()
	if !ok {
		v.toValue(t, below, share, -1)
		return
	}
	if now, _ := num.Div(den); now.Cmp(t) < 0 || now.Cmp(t) == 0 && !below || t.Sign() < 0 {
		return
	}
	if x := atLeast(num.Sub(t.Mul(den)), below); num.Sub(Int(x)).Sign() >= 0 {
		v.step(Step{Way: WayLess, N: x, Target: t, Share: share, Name: a}, v.with(v.in.Ratio.Num-x, v.in.Ratio.Den))
	}
	// num ≤ t·(den + z)
	if t.Sign() > 0 {
		z, _ := num.Div(t)
		if n := atLeast(z.Sub(den), below); n < 1<<40 {
			v.step(Step{Way: WayDenominator, N: n, Target: t, Share: share, Name: b}, v.with(v.in.Ratio.Num, v.in.Ratio.Den+n))
		}
	}
}

// settled is the metric whose denominator holds only what has ended.
const settled = "on_time/finished"

// atLeast returns the least whole number from x on, or above x; 1 at least.
func atLeast(x Num, above bool) int64 {
	n := x.ceil()
	if above && x.whole() {
		n++
	}
	return max(1, n)
}

// toValue moves a bare value to t, or just beyond it in the direction.
func (v *view) toValue(t Num, beyond, share bool, direction int) {
	now, ok := v.in.value()
	if !ok || now.Cmp(t)*direction > 0 || now.Cmp(t) == 0 && !beyond {
		return
	}
	if beyond {
		// The least step that a value of four places can take.
		t = t.Add(Num{n: int64(direction), d: points.Scale})
	}
	if in, ok := v.value(t); ok {
		v.step(Step{Way: WayValue, Target: t, Share: share}, in)
	}
}

func (v *view) tiers(tiers []Tier, d domain, metric string) {
	if d.days && v.in.Value == nil {
		return // what is done is done
	}
	now, ok := v.in.number()
	if !ok {
		return
	}
	if d.whole {
		now = Int(now.floor())
	}
	for i := range tiers {
		x, held := tiers[i].span(d)
		if !held || tiers[i].Holds(now) || len(tiers[i].Bounds) == 0 {
			continue
		}
		switch {
		case !x.lo.far && now.Cmp(x.lo.at) <= 0:
			v.up(x.lo, d, now, metric)
		case !x.hi.far && now.Cmp(x.hi.at) >= 0:
			v.down(x.hi, d, now, metric)
		}
	}
	// What the others leave begins where they end.
	if last := len(tiers) - 1; last >= 0 && len(tiers[last].Bounds) == 0 {
		for i := range tiers[:last] {
			x, _ := tiers[i].span(d)
			if !x.hi.far && now.Cmp(x.hi.at) <= 0 {
				v.up(edge{at: x.hi.at, open: !x.hi.open}, d, now, metric)
			}
			if !x.lo.far && x.lo.at.Sign() > 0 && now.Cmp(x.lo.at) >= 0 {
				v.down(edge{at: x.lo.at, open: !x.lo.open}, d, now, metric)
			}
		}
	}
}

func (v *view) up(e edge, d domain, now Num, metric string) {
	switch {
	case d.whole:
		v.things(WayMore, e.firstWhole()-now.floor(), now)
	case d.days:
		v.things(WayLater, e.firstWhole()-now.floor(), now)
	default:
		v.raise(e.at, e.open, d.share, metric)
	}
}

func (v *view) down(e edge, d domain, now Num, metric string) {
	switch {
	case d.whole:
		v.things(WayFewer, now.floor()-e.lastWhole(), now)
	case d.days:
		v.things(WaySooner, now.ceil()-e.lastWhole(), now)
	default:
		v.lower(e.at, e.open, d.share, metric)
	}
}

// things changes a count by n in the way's direction.
func (v *view) things(way Way, n int64, now Num) {
	if n <= 0 {
		return
	}
	to := now.Add(Int(n))
	if way == WayFewer || way == WaySooner {
		to = now.Sub(Int(n))
	}
	if in, ok := v.value(to); ok {
		v.step(Step{Way: way, N: n, Target: to}, in)
	}
}

// slope steps to where the points are one unit of rounding more or less, to the edge
// of the floor, and to the full number.
func (v *view) slope(x *LinearRule) {
	now, ok := v.in.number()
	if !ok || v.n.Max <= 0 {
		return
	}
	share := x.share()
	if c := now.Cmp(x.ZeroBelow); c < 0 || c == 0 && x.Strict {
		v.raise(x.ZeroBelow, x.Strict, share, x.Metric)
	} else if now.Cmp(x.FullAt) < 0 {
		v.raise(minNum(x.FullAt, v.unitUp(x.FullAt)), false, share, x.Metric)
	}
	if next, ok := Frac(now.Mul(Int(100)).floor()+1, 100); share && ok && next.Cmp(x.FullAt) < 0 && next.Cmp(x.ZeroBelow) > 0 {
		v.raise(next, false, share, x.Metric) // the next whole percent
	}
	v.raise(x.FullAt, false, share, x.Metric)
	if t := v.unitDown(x.FullAt); t.Cmp(x.ZeroBelow) > 0 {
		v.lower(t, true, share, x.Metric)
	}
	if x.ZeroBelow.Sign() > 0 {
		v.lower(x.ZeroBelow, !x.Strict, share, x.Metric)
	}
}

// unitUp returns the number from which the points round to one unit more; unitDown that
// below which they round to one less.
func (v *view) unitUp(fullAt Num) Num   { return v.numberFor(fullAt, 1) }
func (v *view) unitDown(fullAt Num) Num { return v.numberFor(fullAt, -1) }

func (v *view) numberFor(fullAt Num, sign int64) Num {
	p, _, ok := v.n.Leaf.Rule.points(v.n, v.in, v.at)
	if !ok {
		return Num{}
	}
	half := v.unit.Mul(Num{n: sign, d: 2})
	t, _ := OfPoints(p.Round(v.top.Leaf.places(v.at.card.Set))).Add(half).Mul(fullAt).Div(OfPoints(v.n.Max))
	return t
}

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

// Text says what changes: "thêm 3 hồ sơ đúng hạn".
func (x Step) Text(ctx context.Context) string {
	target := amount(ctx, x.Target, x.Share)
	option := x.Option
	if x.Way == WayOption && (option == "yes" || option == "no") {
		option = i18n.T(ctx, "criteria.branch_"+option)
	}
	s := i18n.T(ctx, "criteria.way_"+string(x.Way), "Count", x.N, "Number", i18n.Number(ctx, x.N), "Target", target,
		"Option", option, "Name", MeasureName(ctx, x.Name), "Code", x.Name)
	if x.Part > 0 {
		s = i18n.T(ctx, "criteria.way_part", "Number", x.Part, "Step", s)
	}
	return s
}

// MeasureName names a measure of a metric in words where the product knows it.
func MeasureName(ctx context.Context, m string) string {
	if m == "" {
		return i18n.T(ctx, "criteria.say_thing")
	}
	if slices.Contains(dossierMeasures, m) {
		return i18n.T(ctx, "criteria.measure_"+m)
	}
	return m
}
