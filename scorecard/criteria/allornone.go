package criteria

import (
	"context"

	"cchc/base/i18n"
)

// An AllOrNoneRule gives the maximum from a number on, and nothing below it.
type AllOrNoneRule struct {
	Metric string
	FullAt Num  // a ratio, or a count where the metric is none; 1 when the set leaves it out
	Strict bool // above FullAt; otherwise from FullAt on
}

func readAllOrNone(m *mapping, _ *Node, _ seat) Rule {
	x := &AllOrNoneRule{Metric: readMetric(m), FullAt: Int(1), Strict: m.flag("strict")}
	if v, ok := m.number("full_at"); ok {
		if x.FullAt = v; v.Sign() <= 0 {
			m.wrong("full_at", "criteria.not_above_0")
		}
	}
	return x
}

// Kind implements Rule.
func (*AllOrNoneRule) Kind() Kind { return AllOrNone }

// Monotone implements Rule.
func (*AllOrNoneRule) Monotone() Direction { return Rising }

// Sentence implements Rule.
func (x *AllOrNoneRule) Sentence(ctx context.Context, n *Node) string {
	key := "criteria.say_all_from"
	if x.Strict {
		key = "criteria.say_all_above"
	}
	return i18n.T(ctx, key, "Full", amount(ctx, x.FullAt, isShare(x.Metric, x.FullAt)), "Points", inPoints(ctx, OfPoints(n.Max)))
}

func (x *AllOrNoneRule) points(n *Node, in *Input, _ *scoring) (Num, Branch, bool) {
	v, ok := in.number()
	if c := v.Cmp(x.FullAt); c > 0 || c == 0 && !x.Strict {
		return OfPoints(n.Max), Branch{Kind: BranchFull}, ok
	}
	return Num{}, Branch{Kind: BranchBelow}, ok
}

func (x *AllOrNoneRule) write(w *writer) {
	w.text("metric", x.Metric)
	w.num("full_at", x.FullAt)
	w.flag("strict", x.Strict)
}
