package criteria

import (
	"context"
	"strings"

	"cchc/base/i18n"
)

// A DeadlineRule gives points by the days from a day on which something was due or
// began to the day on which it was done: within 30 days 3, within 60 days 1.5.
type DeadlineRule struct {
	From  string // what the days are counted from, in words
	Tiers []Tier // on days; below 0 is before that day
}

func readDeadline(m *mapping, n *Node, s seat) Rule {
	x := &DeadlineRule{From: m.text("from")}
	x.Tiers = readTiers(m, n, s, domain{days: true})
	return x
}

// Kind implements Rule.
func (*DeadlineRule) Kind() Kind { return Deadline }

// Monotone implements Rule.
func (x *DeadlineRule) Monotone() Direction { return tierDirection(x.Tiers, domain{days: true}) }

// Sentence implements Rule.
func (x *DeadlineRule) Sentence(ctx context.Context, _ *Node) string {
	parts := make([]string, 0, len(x.Tiers)+1)
	if x.From != "" {
		parts = append(parts, i18n.T(ctx, "criteria.say_days_from", "From", x.From))
	}
	for i := range x.Tiers {
		t := &x.Tiers[i]
		said := sayBounds(ctx, t.Bounds, days)
		if w, ok := t.lastDay(); ok && (i == 0 || x.Tiers[i-1].endsBefore(t)) {
			said = i18n.T(ctx, "criteria.say_within", "Days", days(ctx, w))
		}
		parts = append(parts, i18n.T(ctx, "criteria.say_option", "Label", upper(said), "Points", inPoints(ctx, OfPoints(t.Points))))
	}
	return strings.Join(parts, "; ")
}

// lastDay returns the inclusive upper bound.
func (t *Tier) lastDay() (Num, bool) {
	for _, b := range t.Bounds {
		if b.Op == LE {
			return b.At, true
		}
	}
	return Num{}, false
}

// endsBefore reports whether o begins on the day after t.
func (t *Tier) endsBefore(o *Tier) bool {
	last, ok := t.lastDay()
	for _, b := range o.Bounds {
		if ok && b.Op == GT && b.At.Cmp(last) == 0 {
			return true
		}
	}
	return false
}

func days(ctx context.Context, v Num) string {
	return i18n.T(ctx, "criteria.days", "Count", plural(v), "Days", decimal(ctx, v))
}

func (x *DeadlineRule) points(_ *Node, in *Input, _ *scoring) (Num, Branch, bool) {
	if yes, ok := in.yes(); ok && !yes && in.Value == nil { // it was never done
		if n := len(x.Tiers); n > 0 {
			return OfPoints(x.Tiers[n-1].Points), Branch{Kind: BranchNever}, true
		}
	}
	v, ok := in.daysLate()
	p, b := pick(x.Tiers, v)
	return p, b, ok
}

func (x *DeadlineRule) write(w *writer) {
	w.text("from", x.From)
	writeTiers(w, x.Tiers)
}
