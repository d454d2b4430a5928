package criteria

import "cchc/base/points"

// How far a number is from the next edge of a rule, and what brings it there.

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
