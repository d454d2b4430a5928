package criteria

import (
	"context"

	"cchc/base/i18n"
	"cchc/base/points"
)

// A CountRule gives points for each thing, up to a cap.
type CountRule struct {
	Metric string
	Each   points.Points // above 0
	Per    string        // what is counted, in words
	Cap    points.Points // the node's maximum when the set leaves it out
}

func readCount(m *mapping, n *Node, s seat) Rule {
	x := &CountRule{Metric: readMetric(m), Per: m.text("per"), Cap: n.Max}
	p, ok := m.points("each")
	if !ok && !m.has("each") {
		m.wrong("each", "criteria.missing", "Name", "each")
	} else if ok && p <= 0 {
		m.wrong("each", "criteria.not_above_0")
	}
	x.Each = p
	if p, ok := m.points("cap"); ok {
		if x.Cap = p; p < 0 {
			m.wrong("cap", "criteria.below_0")
		}
	}
	within(m, "cap", OfPoints(x.Cap), n, s)
	reaches(m, "cap", OfPoints(x.Cap), n, s)
	if s == bonusSeat && n.Max > 0 && x.Cap > n.Max {
		m.wrong("cap", "criteria.points_outside", "Points", plain(x.Cap), "Max", plain(n.Max))
	}
	return x
}

// Kind implements Rule.
func (*CountRule) Kind() Kind { return Count }

// Monotone implements Rule.
func (*CountRule) Monotone() Direction { return Rising }

// Sentence implements Rule.
func (x *CountRule) Sentence(ctx context.Context, _ *Node) string {
	return i18n.T(ctx, "criteria.say_count", "Per", each(ctx, x.Per), "Each", inPoints(ctx, OfPoints(x.Each)), "Cap", inPoints(ctx, OfPoints(x.Cap)))
}

func each(ctx context.Context, per string) string {
	if per == "" {
		return i18n.T(ctx, "criteria.say_thing")
	}
	return per
}

func (x *CountRule) points(_ *Node, in *Input, _ *scoring) (Num, Branch, bool) {
	v, ok := in.value()
	n := max(0, v.floor())
	p := Int(n).Mul(OfPoints(x.Each))
	if limit := OfPoints(x.Cap); p.Cmp(limit) > 0 {
		return limit, Branch{Kind: BranchCapped}, ok
	}
	return p, Branch{Kind: BranchCount}, ok
}

func (x *CountRule) write(w *writer) {
	w.text("metric", x.Metric)
	w.points("each", x.Each)
	w.text("per", x.Per)
	w.points("cap", x.Cap)
}
