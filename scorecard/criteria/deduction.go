package criteria

import (
	"context"
	"strings"

	"cchc/base/i18n"
	"cchc/base/points"
)

// A DeductionRule takes points for each fault, from Start down to Floor.
type DeductionRule struct {
	Metric string
	Start  points.Points  // the maximum when a leaf leaves it out, else 0
	Each   points.Points  // below 0
	Per    string         // what is counted, in words
	Floor  *points.Points // nil: none, for penalties and parts of a composite
	ZeroIf string         // what, once found, gives 0 (a penalty: its floor); "" nothing
	Also   string         // what a fault does besides: the leaves of Input.Hits lose their points
}

func readDeduction(m *mapping, n *Node, s seat) Rule {
	x := &DeductionRule{Metric: readMetric(m), Per: m.text("per"), ZeroIf: m.text("zero_if"), Also: m.text("also")}
	x.Each = readEach(m)
	if s.scores() {
		x.Start = n.Max
		x.Floor = new(points.Points)
	}
	if p, ok := m.points("start"); ok {
		x.Start = p
		within(m, "start", OfPoints(p), n, s)
	}
	reaches(m, "start", OfPoints(x.Start), n, s)
	if p, ok := m.points("floor"); ok {
		x.Floor = &p
		if p > x.Start {
			m.wrong("floor", "criteria.floor_above", "Floor", plain(p), "Start", plain(x.Start))
		}
		within(m, "floor", OfPoints(p), n, s)
	}
	if s == penaltySeat && x.Start > 0 {
		m.wrong("start", "criteria.penalty_above_0")
	}
	if x.Also != "" && s == partSeat {
		m.wrong("also", "criteria.also_part")
	}
	return x
}

// readEach reads points below 0.
func readEach(m *mapping) points.Points {
	p, ok := m.points("each")
	if !ok && !m.has("each") {
		m.wrong("each", "criteria.missing", "Name", "each")
	} else if ok && p >= 0 {
		m.wrong("each", "criteria.not_below_0")
	}
	return p
}

// Kind implements Rule.
func (*DeductionRule) Kind() Kind { return Deduction }

// Monotone implements Rule.
func (*DeductionRule) Monotone() Direction { return Falling }

// Sentence implements Rule.
func (x *DeductionRule) Sentence(ctx context.Context, _ *Node) string {
	key := "criteria.say_deduction"
	if x.Start == 0 {
		key = "criteria.say_penalty"
	}
	parts := []string{i18n.T(ctx, key, "Start", inPoints(ctx, OfPoints(x.Start)), "Per", each(ctx, x.Per), "Each", inPoints(ctx, OfPoints(-x.Each)))}
	if x.Floor != nil {
		parts = append(parts, i18n.T(ctx, "criteria.say_floor", "Floor", inPoints(ctx, OfPoints(*x.Floor))))
	}
	if x.ZeroIf != "" {
		parts = append(parts, i18n.T(ctx, "criteria.say_veto_text", "What", x.ZeroIf))
	}
	if x.Also != "" {
		parts = append(parts, i18n.T(ctx, "criteria.say_also", "What", x.Also))
	}
	return strings.Join(parts, "; ")
}

func (x *DeductionRule) points(_ *Node, in *Input, _ *scoring) (Num, Branch, bool) {
	if in.Veto && x.ZeroIf != "" {
		if x.Floor != nil {
			return minNum(Num{}, OfPoints(*x.Floor)), Branch{Kind: BranchVeto}, true
		}
		return Num{}, Branch{Kind: BranchVeto}, true
	}
	v, ok := in.value()
	return descend(x.Start, x.Each, x.Floor, max(0, v.floor()), ok)
}

// descend takes each for n faults from start, down to the floor.
func descend(start, each points.Points, floor *points.Points, n int64, ok bool) (Num, Branch, bool) {
	p := Int(n).Mul(OfPoints(each)).Add(OfPoints(start))
	switch {
	case n == 0:
		return OfPoints(start), Branch{Kind: BranchNoFault}, ok
	case floor != nil && p.Cmp(OfPoints(*floor)) <= 0:
		return OfPoints(*floor), Branch{Kind: BranchFloor}, ok
	}
	return p, Branch{Kind: BranchFaults}, ok
}

func (x *DeductionRule) write(w *writer) {
	w.text("metric", x.Metric)
	w.points("start", x.Start)
	w.points("each", x.Each)
	w.text("per", x.Per)
	if x.Floor != nil {
		w.points("floor", *x.Floor)
	}
	w.text("zero_if", x.ZeroIf)
	w.text("also", x.Also)
}
