package criteria

import (
	"context"
	"strings"

	"cchc/base/i18n"
)

// A LinearRule gives ratio × maximum, in full from FullAt on; a piecewise one gives
// nothing below ZeroBelow.
type LinearRule struct {
	Metric    string
	FullAt    Num  // above 0; 1 when the set leaves it out
	ZeroBelow Num  // 0 in a linear_ratio; the number itself still counts
	Strict    bool // nothing at ZeroBelow either
	piecewise bool
}

func readLinear(m *mapping, n *Node, s seat) Rule { return readSlope(m, n, s, false) }

func readPiecewise(m *mapping, n *Node, s seat) Rule { return readSlope(m, n, s, true) }

func readSlope(m *mapping, n *Node, s seat, piecewise bool) Rule {
	x := &LinearRule{Metric: readMetric(m), FullAt: Int(1), piecewise: piecewise}
	if v, ok := m.number("full_at"); ok {
		if x.FullAt = v; v.Sign() <= 0 {
			m.wrong("full_at", "criteria.not_above_0")
			x.FullAt = Int(1)
		}
	}
	zero, ok := m.number("zero_below")
	if piecewise && !ok && !m.has("zero_below") {
		m.wrong("zero_below", "criteria.missing", "Name", "zero_below")
	}
	switch {
	case zero.Sign() < 0 || zero.Cmp(x.FullAt) > 0:
		m.wrong("zero_below", "criteria.not_up_to", "Value", zero.String(), "Max", x.FullAt.String())
	case !piecewise && zero.Sign() > 0:
		m.wrong("zero_below", "criteria.linear_floor")
	default:
		x.ZeroBelow = zero
	}
	if piecewise {
		x.Strict = m.flag("strict")
	}
	if p, ok := m.points("cap"); ok && p != n.Max {
		m.wrong("cap", "criteria.cap_not_max", "Cap", plain(p), "Max", plain(n.Max))
	}
	if f := m.text("formula"); f != "" {
		sameFormula(m, f, map[string]Num{"full_at": x.FullAt, "max": OfPoints(n.Max)}, "ratio", Num{n: 1, d: 2}, func(at Num) Num {
			v, _ := at.Div(x.FullAt)
			return v.Mul(OfPoints(n.Max))
		})
	}
	return x
}

// Kind implements Rule.
func (x *LinearRule) Kind() Kind {
	if x.piecewise {
		return Piecewise
	}
	return Linear
}

// Monotone implements Rule.
func (*LinearRule) Monotone() Direction { return Rising }

// Sentence implements Rule.
func (x *LinearRule) Sentence(ctx context.Context, n *Node) string {
	full := amount(ctx, x.FullAt, x.share())
	parts := []string{i18n.T(ctx, "criteria.say_full_from", "Full", full, "Points", inPoints(ctx, OfPoints(n.Max)))}
	flat := x.ZeroBelow.Cmp(x.FullAt) == 0
	if !flat {
		parts = append(parts, i18n.T(ctx, "criteria.say_slope", "Max", decimal(ctx, OfPoints(n.Max)), "Full", full))
	}
	if x.ZeroBelow.Sign() > 0 {
		key := "criteria.say_zero_below"
		if x.Strict {
			key = "criteria.say_zero_to"
		}
		parts = append(parts, i18n.T(ctx, key, "Zero", amount(ctx, x.ZeroBelow, x.share())))
	}
	return strings.Join(parts, "; ")
}

func (x *LinearRule) share() bool { return isShare(x.Metric, x.FullAt) }

func (x *LinearRule) points(n *Node, in *Input, _ *scoring) (Num, Branch, bool) {
	v, ok := in.number()
	if !ok {
		return Num{}, Branch{}, false
	}
	switch c := v.Cmp(x.ZeroBelow); {
	case v.Cmp(x.FullAt) >= 0:
		return OfPoints(n.Max), Branch{Kind: BranchFull}, true
	case c < 0, c == 0 && x.Strict, v.Sign() < 0:
		return Num{}, Branch{Kind: BranchBelow}, true
	}
	share, _ := v.Div(x.FullAt)
	return share.Mul(OfPoints(n.Max)), Branch{Kind: BranchLinear}, true
}

func (x *LinearRule) write(w *writer) {
	w.text("metric", x.Metric)
	w.num("full_at", x.FullAt)
	if x.piecewise {
		w.num("zero_below", x.ZeroBelow)
		w.flag("strict", x.Strict)
	}
}
