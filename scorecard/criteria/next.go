package criteria

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"cchc/base/i18n"
	"cchc/base/moment"
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
	From   moment.Date   // of a risk: the day from which it is so if nothing is done; 0 not known
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
