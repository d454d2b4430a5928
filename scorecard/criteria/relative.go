package criteria

import (
	"context"
	"strings"

	"cchc/base/i18n"
)

// A RelativeRule gives the maximum times a unit's number over that of the leader of
// its group, who has the maximum.
type RelativeRule struct {
	Metric    string
	Less      bool // less is better: the leader's number over the unit's
	ZeroBelow Num  // share of the leader's below which there is nothing
}

func readRelative(m *mapping, n *Node, _ seat) Rule {
	x := &RelativeRule{Metric: readMetric(m), Less: readBetter(m)}
	if v, ok := m.number("zero_below"); ok {
		if v.Sign() < 0 || v.Cmp(Int(1)) > 0 {
			m.wrong("zero_below", "criteria.not_up_to", "Value", v.String(), "Max", "1")
		} else {
			x.ZeroBelow = v
		}
	}
	if f := m.text("formula"); f != "" {
		sameFormula(m, f, map[string]Num{"max": OfPoints(n.Max), "best": Int(4)}, "value", Int(1), func(at Num) Num {
			share, _ := at.Div(Int(4))
			if x.Less {
				share, _ = Int(4).Div(at)
			}
			return share.Mul(OfPoints(n.Max))
		})
	}
	return x
}

// Kind implements Rule.
func (*RelativeRule) Kind() Kind { return Relative }

// Monotone implements Rule.
func (x *RelativeRule) Monotone() Direction {
	if x.Less {
		return Falling
	}
	return Rising
}

// Sentence implements Rule.
func (x *RelativeRule) Sentence(ctx context.Context, n *Node) string {
	key := "criteria.say_relative"
	if x.Less {
		key = "criteria.say_relative_less"
	}
	parts := []string{i18n.T(ctx, key, "Max", decimal(ctx, OfPoints(n.Max)))}
	if x.ZeroBelow.Sign() > 0 {
		parts = append(parts, i18n.T(ctx, "criteria.say_zero_below", "Zero", percent(ctx, x.ZeroBelow)))
	}
	return strings.Join(parts, "; ")
}

func (x *RelativeRule) points(n *Node, in *Input, _ *scoring) (Num, Branch, bool) {
	v, ok := in.number()
	if !ok || in.Best == nil {
		return Num{}, Branch{}, false
	}
	best, ok := OfRatio(*in.Best)
	if !ok {
		return Num{}, Branch{}, false
	}
	over, under := v, best
	if x.Less {
		over, under = best, v
	}
	if over.Cmp(under) >= 0 {
		return OfPoints(n.Max), Branch{Kind: BranchLeader}, true
	}
	share, ok := over.Div(under)
	if !ok || share.Sign() < 0 || under.Sign() < 0 || share.Cmp(x.ZeroBelow) < 0 {
		return Num{}, Branch{Kind: BranchBelow}, true
	}
	return share.Mul(OfPoints(n.Max)), Branch{Kind: BranchLinear}, true
}

func (x *RelativeRule) write(w *writer) {
	w.text("metric", x.Metric)
	if x.Less {
		w.line("better", "less")
	}
	if x.ZeroBelow.Sign() > 0 {
		w.num("zero_below", x.ZeroBelow)
	}
}
