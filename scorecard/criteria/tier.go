package criteria

import (
	"context"
	"slices"
	"strings"

	"cchc/base/i18n"
	"cchc/base/points"
)

// A Tier gives its points to the numbers that keep to all its bounds. One without
// bounds, the last, takes what the others leave.
type Tier struct {
	Bounds []Bound
	Points points.Points
}

// A Bound is one side of a tier.
type Bound struct {
	Op Op
	At Num
}

// An Op compares a number with a bound, inclusively or strictly.
type Op string

// "Trên 90 %" is GT and leaves 90 out; "từ 90 %" is GE.
const (
	GE Op = "ge"
	GT Op = "gt"
	LE Op = "le"
	LT Op = "lt"
	EQ Op = "eq"
)

var ops = []Op{EQ, GE, GT, LE, LT}

// Holds reports whether v keeps to the bound.
func (b Bound) Holds(v Num) bool {
	c := v.Cmp(b.At)
	switch b.Op {
	case GE:
		return c >= 0
	case GT:
		return c > 0
	case LE:
		return c <= 0
	case LT:
		return c < 0
	}
	return c == 0
}

// Holds reports whether v lies in the tier.
func (t *Tier) Holds(v Num) bool {
	for i := range t.Bounds {
		if !t.Bounds[i].Holds(v) {
			return false
		}
	}
	return true
}

// readBounds reads ge, gt, le, lt and eq.
func readBounds(m *mapping) (out []Bound) {
	for _, op := range ops {
		if v, ok := m.number(string(op)); ok {
			out = append(out, Bound{op, v})
		}
	}
	return out
}

// A domain says which numbers a tiered rule may meet.
type domain struct {
	whole bool // 0, 1, 2 …
	share bool // 0 to 1; where the tiers end at 1, what lies above counts as 1
	days  bool // below 0 is early
}

// readTiers reads a list of tiers and tells of gaps, overlaps and tiers that no
// number reaches.
func readTiers(m *mapping, n *Node, s seat, d domain) []Tier {
	var out []Tier
	var places []*mapping
	best := Num{}
	list := m.list("tiers")
	for i, t := range list {
		x := Tier{Bounds: readBounds(t)}
		if d.days {
			x.Bounds = append(x.Bounds, readWithin(t, out)...)
		}
		p, ok := t.points("points")
		if !ok && !t.has("points") {
			t.wrong("points", "criteria.missing", "Name", "points")
		}
		x.Points = p
		within(t, "points", OfPoints(p), n, s)
		if best = maxNum(best, OfPoints(p)); i == 0 {
			best = OfPoints(p)
		}
		if len(x.Bounds) == 0 && i < len(list)-1 {
			t.wrong("points", "criteria.tier_no_bound")
		}
		t.done()
		out, places = append(out, x), append(places, t)
	}
	if len(out) < 2 {
		m.wrong("tiers", "criteria.tiers_few")
		return out
	}
	reaches(m, "tiers", best, n, s)
	checkTiers(m, places, out, d)
	return out
}

// readWithin reads "within: 30", which begins where the tier before ended.
func readWithin(t *mapping, before []Tier) []Bound {
	v, ok := t.number("within")
	if !ok {
		return nil
	}
	out := []Bound{{LE, v}}
	if len(before) > 0 {
		for _, b := range before[len(before)-1].Bounds {
			switch b.Op {
			case LE:
				out = append(out, Bound{GT, b.At})
			case LT:
				out = append(out, Bound{GE, b.At})
			}
		}
	}
	return out
}

// An edge is one end of an interval; open leaves the number itself out, far means
// there is no end.
type edge struct {
	at   Num
	open bool
	far  bool
}

type interval struct{ lo, hi edge }

// span turns a tier into an interval; ok is false when no number lies in it.
func (t *Tier) span(d domain) (x interval, ok bool) {
	x = interval{edge{far: true}, edge{far: true}}
	for _, b := range t.Bounds {
		at := b.At
		lo, hi := edge{at: at, open: b.Op == GT}, edge{at: at, open: b.Op == LT}
		if b.Op != LE && b.Op != LT && (x.lo.far || at.Cmp(x.lo.at) > 0 || at.Cmp(x.lo.at) == 0 && lo.open) {
			x.lo = lo
		}
		if b.Op != GE && b.Op != GT && (x.hi.far || at.Cmp(x.hi.at) < 0 || at.Cmp(x.hi.at) == 0 && hi.open) {
			x.hi = hi
		}
	}
	if !d.days && (x.lo.far || x.lo.at.Sign() < 0) {
		x.lo = edge{} // nothing lies below 0
	}
	if d.whole {
		if x.lo = (edge{at: Int(x.lo.firstWhole())}); !x.hi.far {
			x.hi = edge{at: Int(x.hi.lastWhole())}
		}
	}
	if x.lo.far || x.hi.far {
		return x, true
	}
	c := x.lo.at.Cmp(x.hi.at)
	return x, c < 0 || c == 0 && !x.lo.open && !x.hi.open
}

func (e edge) firstWhole() int64 {
	n := e.at.ceil()
	if e.open && e.at.whole() {
		n++
	}
	return n
}

func (e edge) lastWhole() int64 {
	n := e.at.floor()
	if e.open && e.at.whole() {
		n--
	}
	return n
}

// checkTiers tells of tiers that no number reaches, of numbers in two tiers and of
// numbers in none.
func checkTiers(m *mapping, places []*mapping, tiers []Tier, d domain) {
	type held struct {
		interval
		n int // the tier's place
	}
	var all []held
	rest := false
	for i := range tiers {
		if len(tiers[i].Bounds) == 0 {
			rest = true
			continue
		}
		x, ok := tiers[i].span(d)
		if !ok || d.share && !x.lo.far && (x.lo.at.Cmp(Int(1)) > 0 && endsAtOne(tiers)) {
			places[i].wrong("points", "criteria.tier_unreached", "Number", i+1)
			continue
		}
		all = append(all, held{x, i})
	}
	slices.SortStableFunc(all, func(a, b held) int { return cmpLow(a.lo, b.lo) })
	gap := func(at *mapping, key string, args ...any) {
		if !rest {
			at.wrong("points", key, args...)
		}
	}
	if len(all) == 0 {
		return
	}
	low := all[0].lo
	switch {
	case d.days && !low.far, !d.days && (low.at.Sign() > 0 || low.open):
		gap(places[all[0].n], "criteria.gap_below", "At", low.at.String())
	}
	top := all[0]
	for _, x := range all[1:] {
		switch touch(top.hi, x.lo, d) {
		case 1:
			places[x.n].wrong("points", "criteria.tiers_overlap", "One", top.n+1, "Two", x.n+1)
		case -1:
			gap(places[x.n], "criteria.gap_between", "From", top.hi.at.String(), "To", x.lo.at.String())
		}
		if cmpHigh(x.hi, top.hi) > 0 {
			top = x
		}
	}
	if !top.hi.far && !(d.share && top.hi.at.Cmp(Int(1)) == 0 && !top.hi.open) {
		gap(places[top.n], "criteria.gap_above", "At", top.hi.at.String())
	}
}

func cmpLow(a, b edge) int {
	switch {
	case a.far || b.far:
		return cmpBool(b.far, a.far)
	case a.at.Cmp(b.at) != 0:
		return a.at.Cmp(b.at)
	}
	return cmpBool(a.open, b.open)
}

func cmpHigh(a, b edge) int {
	switch {
	case a.far || b.far:
		return cmpBool(a.far, b.far)
	case a.at.Cmp(b.at) != 0:
		return a.at.Cmp(b.at)
	}
	return cmpBool(b.open, a.open)
}

func cmpBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// touch tells how one interval's end meets the next one's beginning: 0 exactly, -1
// with a gap, 1 with an overlap.
func touch(hi, lo edge, d domain) int {
	if hi.far || lo.far {
		return 1
	}
	if d.whole {
		return -cmpInt(lo.at.floor(), hi.at.floor()+1)
	}
	switch c := hi.at.Cmp(lo.at); {
	case c != 0:
		return c
	case hi.open && lo.open:
		return -1
	case !hi.open && !lo.open:
		return 1
	}
	return 0
}

// endsAtOne reports whether the tiers name no number above 1, and 1 itself: they
// speak of a share, and what lies above 100 % counts as 100 %.
func endsAtOne(tiers []Tier) bool {
	one := false
	for i := range tiers {
		for _, b := range tiers[i].Bounds {
			switch c := b.At.Cmp(Int(1)); {
			case c > 0:
				return false
			case c == 0 && (b.Op == EQ || b.Op == LE):
				one = true
			}
		}
	}
	return one
}

// tierDirection tells how the points move along the tiers.
func tierDirection(tiers []Tier, d domain) Direction {
	type step struct {
		lo edge
		p  points.Points
	}
	var all []step
	for i := range tiers {
		if len(tiers[i].Bounds) == 0 {
			// What the others leave lies below or above them all; which, its neighbours
			// tell only if they are in order: see below.
			continue
		}
		x, _ := tiers[i].span(d)
		all = append(all, step{x.lo, tiers[i].Points})
	}
	slices.SortStableFunc(all, func(a, b step) int { return cmpLow(a.lo, b.lo) })
	if n := len(tiers); n > 0 && len(tiers[n-1].Bounds) == 0 && len(all) > 0 {
		rest := step{p: tiers[n-1].Points}
		if low := all[0].lo; low.far || !d.days && low.at.Sign() == 0 && !low.open {
			all = append(all, rest)
		} else {
			all = slices.Insert(all, 0, rest)
		}
	}
	up, down := true, true
	for i := 1; i < len(all); i++ {
		up = up && all[i].p >= all[i-1].p
		down = down && all[i].p <= all[i-1].p
	}
	switch {
	case up:
		return Rising
	case down:
		return Falling
	}
	return Unordered
}

// pick returns the first tier that holds v.
func pick(tiers []Tier, v Num) (Num, Branch) {
	for i := range tiers {
		if tiers[i].Holds(v) {
			return OfPoints(tiers[i].Points), Branch{Kind: BranchTier, N: i + 1}
		}
	}
	return Num{}, Branch{Kind: BranchNone}
}

func writeTiers(w *writer, tiers []Tier) {
	w.open("tiers", func() {
		for i := range tiers {
			w.entry(func() {
				for _, b := range sorted(tiers[i].Bounds) {
					w.num(string(b.Op), b.At)
				}
				w.points("points", tiers[i].Points)
			})
		}
	})
}

func sorted(bounds []Bound) []Bound {
	out := slices.Clone(bounds)
	slices.SortStableFunc(out, func(a, b Bound) int { return slices.Index(ops, a.Op) - slices.Index(ops, b.Op) })
	return out
}

// sayTiers says tiers in words: "Từ 98 % đến dưới 100 %: 7 điểm; …".
func sayTiers(ctx context.Context, tiers []Tier, write func(context.Context, Num) string) string {
	parts := make([]string, len(tiers))
	for i := range tiers {
		parts[i] = i18n.T(ctx, "criteria.say_option", "Label", upper(sayBounds(ctx, tiers[i].Bounds, write)),
			"Points", inPoints(ctx, OfPoints(tiers[i].Points)))
	}
	return strings.Join(parts, "; ")
}

func sayBounds(ctx context.Context, bounds []Bound, write func(context.Context, Num) string) string {
	var lo, hi *Bound
	for _, b := range bounds {
		switch b.Op {
		case EQ:
			return i18n.T(ctx, "criteria.say_eq", "At", write(ctx, b.At))
		case GE, GT:
			lo = &b
		default:
			hi = &b
		}
	}
	switch {
	case lo == nil && hi == nil:
		return i18n.T(ctx, "criteria.say_else")
	case lo == nil:
		return i18n.T(ctx, "criteria.say_"+string(hi.Op), "At", write(ctx, hi.At))
	case hi == nil:
		return i18n.T(ctx, "criteria.say_"+string(lo.Op), "At", write(ctx, lo.At))
	}
	return i18n.T(ctx, "criteria.say_"+string(lo.Op)+"_"+string(hi.Op), "From", write(ctx, lo.At), "To", write(ctx, hi.At))
}
