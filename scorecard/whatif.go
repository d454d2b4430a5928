package scorecard

import (
	"context"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/points"
	"cchc/scorecard/criteria"
	"cchc/scorecard/ranking"
	"cchc/unit"
)

// A WhatIf is a change that is tried and never saved: another set, another rule or
// weight of a leaf, another input of one unit, another tie rule.
type WhatIf struct {
	Set   string        // id of another version, a draft too; "" is the round's
	Unit  unit.ID       // whose Input of Leaf changes; "" nobody's
	Leaf  string        // code; "" none
	Input string        // as a file of inputs has it; read when Unit is there
	Max   points.Points // of Leaf; below 0 as it is
	Rule  string        // YAML of kind and rule of Leaf; "" as it is
	Ties  ranking.Ties  // "" is shared
}

// Try returns the board as it would be. The first board is left as it is. Faults:
// Invalid with the fields set, leaf, input, rule.
func (k *Desk) Try(ctx context.Context, q db.Queryer, a actor.Actor, b *Board, w WhatIf) (*Board, error) {
	out := *b
	out.List = slices.Clone(b.List)
	if w.Ties != "" {
		if !slices.Contains(ranking.AllTies, w.Ties) {
			return nil, fault.New(fault.Invalid, "form.invalid").With("ties", "projection.ties_unknown")
		}
		out.Ties = w.Ties
	}
	sets := map[*criteria.Set]*criteria.Set{}
	other, err := k.otherSet(ctx, q, a, w.Set)
	if err != nil {
		return nil, err
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	for i := range out.List {
		p := &out.List[i]
		if sets[p.Set] == nil {
			if sets[p.Set], err = tried(p.Set, other, w); err != nil {
				return nil, err
			}
		}
		p.Set = sets[p.Set]
		if w.Leaf != "" && w.Unit == p.Sheet.Unit {
			in, faults := p.Set.ParseInput(w.Leaf, w.Input)
			if len(faults) > 0 {
				return nil, bad.With("input", faults[0].Key, faults[0].Args...)
			}
			p.Inputs = maps.Clone(p.Inputs)
			p.Inputs[w.Leaf] = in
			p.Hand = maps.Clone(p.Hand)
			delete(p.Hand, w.Leaf)
		}
		p.Kept = b.List[i].Card // what it is compared with
		p.Card = p.Set.ScoreHand(p.Inputs, p.Hand)
	}
	out.rank()
	return &out, nil
}

func (k *Desk) otherSet(ctx context.Context, q db.Queryer, a actor.Actor, id string) (*criteria.Set, error) {
	if id == "" {
		return nil, nil
	}
	v, err := k.SetVersion(ctx, q, a, id)
	if err != nil {
		return nil, err
	}
	s, faults := criteria.Read([]byte(v.Text))
	if len(faults) > 0 {
		return nil, fault.New(fault.Invalid, "form.invalid").With("set", faults[0].Key, faults[0].Args...)
	}
	return s, nil
}

// tried returns the set that is tried instead of one of the board's.
func tried(s, other *criteria.Set, w WhatIf) (*criteria.Set, error) {
	if other != nil {
		s = other
	}
	if w.Leaf == "" || w.Max < 0 && w.Rule == "" {
		return s, nil
	}
	if s.Node(w.Leaf) == nil { // groups may have sets of their own
		return s, nil
	}
	out, faults := s.With(w.Leaf, w.Max, w.Rule)
	if len(faults) > 0 {
		return nil, fault.New(fault.Invalid, "form.invalid").With("rule", faults[0].Key, faults[0].Args...)
	}
	return out, nil
}

// Noise says within what inputs vary.
type Noise struct {
	Draws  int    // of the whole ranking
	Seed   uint64 // the same seed gives the same bands
	Sample int64  // answers behind an entered survey percent; 0: not known, only its rounding varies
}

// A RankBand says how stable a unit's rank is: in nine of ten draws it lies between Low
// and High.
type RankBand struct {
	Unit      unit.ID
	Rank      int // as it is
	Low, High int
	Same      points.Points // share of draws with that very rank, in percent
}

// Stability draws the ranking many times, each time with inputs that lie within their
// rounding or sampling error: a percent that was entered with two places within half of
// the last, a survey within the error of its number of answers. Counts are exact and do
// not vary. Bands are in the order of the board.
func Stability(b *Board, n Noise) []RankBand {
	rnd := rand.New(rand.NewPCG(n.Seed, 766))
	ranks := make([][]int, len(b.List))
	settings := ranking.Settings{Ties: b.Ties, Decimals: 2}
	entries := make([]ranking.Entry, len(b.List))
	for range n.Draws {
		for i := range b.List {
			p := &b.List[i]
			card := p.Card
			if in, varies := n.vary(rnd, p); varies {
				card = p.Set.ScoreHand(in, p.Hand)
			}
			entries[i] = rankedAs(*p, card)
		}
		for i, place := range ranking.Rank(entries, settings) {
			ranks[i] = append(ranks[i], place.Rank)
		}
	}
	out := make([]RankBand, len(b.List))
	for i, p := range b.List {
		out[i] = band(p, ranks[i])
	}
	return out
}

func band(p Projection, ranks []int) RankBand {
	x := RankBand{Unit: p.Sheet.Unit, Rank: p.Place.Rank, Low: p.Place.Rank, High: p.Place.Rank, Same: points.Of(100)}
	if len(ranks) == 0 || p.Place.Rank == 0 {
		return x
	}
	slices.Sort(ranks)
	same := int64(0)
	for _, r := range ranks {
		if r == p.Place.Rank {
			same++
		}
	}
	at := len(ranks) * 5 / 100
	x.Low, x.High = ranks[at], ranks[len(ranks)-1-at]
	share, _ := criteria.Frac(100*same, int64(len(ranks)))
	x.Same = share.Round(1)
	return x
}

// vary draws a unit's inputs; varies is false when none of them does.
func (n Noise) vary(rnd *rand.Rand, p *Projection) (criteria.Inputs, bool) {
	var out criteria.Inputs
	for _, l := range p.Set.Leaves() { // in the set's order, so that a seed says everything
		in, ok := p.Inputs[l.Code]
		if !ok || in.NA {
			continue
		}
		x, varies := n.input(rnd, l, in)
		if !varies {
			continue
		}
		if out == nil {
			out = maps.Clone(p.Inputs)
		}
		out[l.Code] = x
	}
	return out, out != nil
}

func (n Noise) input(rnd *rand.Rand, l *criteria.Node, in criteria.Input) (criteria.Input, bool) {
	kind := l.Leaf.Rule.Kind()
	survey := kind == criteria.Survey || kind == criteria.Import && l.Leaf.Binding.Survey()
	switch {
	case survey && len(in.Answers) > 0:
		all := int64(0)
		for _, a := range in.Answers {
			all += a
		}
		in.Answers = redrawn(rnd, in.Answers, all)
		return in, all > 0
	case survey && in.Ratio != nil && in.Ratio.Den > 0:
		in.Ratio = sampled(rnd, *in.Ratio, in.Ratio.Den)
		return in, true
	case in.Value == nil || in.Ratio != nil || in.Value.Den <= 0:
		return in, false
	case survey && n.Sample > 0:
		share := *in.Value
		if share.Num > share.Den {
			share.Den *= 100
		}
		x := sampled(rnd, share, n.Sample)
		in.Value = x
		return in, true
	}
	return rounded(rnd, in, kind)
}

// rounded draws a decimal within half of its last place. Whole numbers are counts.
func rounded(rnd *rand.Rand, in criteria.Input, kind criteria.Kind) (criteria.Input, bool) {
	switch kind {
	case criteria.Count, criteria.CountTier, criteria.Deduction, criteria.Late, criteria.Deadline:
		return in, false
	}
	places := int64(1)
	for places < 1_000_000 && (in.Value.Num*places)%in.Value.Den != 0 {
		places *= 10
	}
	if places == 1 && kind != criteria.Survey && kind != criteria.Import {
		return in, false
	}
	// v ± half of the last place, in steps of a thousandth of it.
	const steps = 1000
	scale := places * steps
	if in.Value.Num > math.MaxInt64/scale || in.Value.Num < math.MinInt64/scale {
		return in, false
	}
	num := in.Value.Num*scale/in.Value.Den + rnd.Int64N(steps+1) - steps/2
	in.Value = &points.Ratio{Num: max(0, num), Den: scale}
	return in, true
}

// sampled draws a share with the error of n answers.
func sampled(rnd *rand.Rand, r points.Ratio, n int64) *points.Ratio {
	const scale = 1_000_000
	p := float64(r.Num) / float64(r.Den)
	p = min(1, max(0, p))
	x := p + rnd.NormFloat64()*math.Sqrt(p*(1-p)/float64(max(1, n)))
	return &points.Ratio{Num: int64(math.Round(min(1, max(0, x)) * scale)), Den: scale}
}

// redrawn draws as many answers again as were given, from their own shares.
func redrawn(rnd *rand.Rand, answers []int64, all int64) []int64 {
	out := make([]int64, len(answers))
	if all <= 0 {
		return slices.Clone(answers)
	}
	if all > 5000 { // beyond that the normal curve is the same, and quicker
		left := all
		for i, a := range answers {
			p := float64(a) / float64(all)
			x := int64(math.Round(float64(a) + rnd.NormFloat64()*math.Sqrt(float64(all)*p*(1-p))))
			out[i] = min(left, max(0, x))
			left -= out[i]
		}
		out[0] += left
		return out
	}
	for range all {
		at := rnd.Int64N(all)
		for i, a := range answers {
			if at -= a; at < 0 {
				out[i]++
				break
			}
		}
	}
	return out
}
