package criteria

import (
	"context"
	"strings"
)

// A TieredRule gives points by the tier in which a ratio or a count lies.
type TieredRule struct {
	Metric string // "on_time/finished" is a ratio; "count" is a number by itself
	Tiers  []Tier
	Whole  bool // count_tiered: whole things; half a thing is none
	share  bool // the tiers speak of percents
	capped bool // what lies above 100 % counts as 100 %
}

func readTiered(m *mapping, n *Node, s seat) Rule { return readAnyTiers(m, n, s, false) }

func readCountTier(m *mapping, n *Node, s seat) Rule { return readAnyTiers(m, n, s, true) }

func readAnyTiers(m *mapping, n *Node, s seat, whole bool) Rule {
	x := &TieredRule{Metric: readMetric(m), Whole: whole}
	x.share = !whole && (strings.Contains(x.Metric, "/") || x.Metric == "" && !m.beyond("tiers", 2))
	x.Tiers = readTiers(m, n, s, x.domain())
	x.capped = x.share && endsAtOne(x.Tiers)
	return x
}

func (x *TieredRule) domain() domain { return domain{whole: x.Whole, share: x.share} }

// Kind implements Rule.
func (x *TieredRule) Kind() Kind {
	if x.Whole {
		return CountTier
	}
	return Tiered
}

// Monotone implements Rule.
func (x *TieredRule) Monotone() Direction { return tierDirection(x.Tiers, x.domain()) }

// Sentence implements Rule.
func (x *TieredRule) Sentence(ctx context.Context, _ *Node) string {
	return sayTiers(ctx, x.Tiers, x.amount)
}

func (x *TieredRule) amount(ctx context.Context, v Num) string { return amount(ctx, v, x.share) }

func (x *TieredRule) points(_ *Node, in *Input, _ *scoring) (Num, Branch, bool) {
	v, ok := in.number()
	if x.Whole {
		v = Int(v.floor())
	}
	if x.capped && v.Cmp(Int(1)) > 0 {
		v = Int(1)
	}
	p, b := pick(x.Tiers, v)
	return p, b, ok
}

func (x *TieredRule) write(w *writer) {
	w.text("metric", x.Metric)
	writeTiers(w, x.Tiers)
}
