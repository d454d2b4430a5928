package criteria

import (
	"slices"

	"cchc/base/points"
)

// A scoring is a card being made: rules that look at another leaf's result ask it.
type scoring struct {
	card    *Card
	in      Inputs
	hand    map[string]points.Points // points that people gave, by code
	done    []bool                   // of the leaves
	busy    []bool                   // of the leaves, so that a circle ends
	zeroed  []bool                   // of the leaves, by a veto or a penalty
	penalty bool                     // the item being scored takes points
	floor   Num                      // down to which
}

// Score scores a unit's inputs. It never fails: what is wrong with an input leaves its
// leaf without points, State Missing and Branch BranchUnread; (*Set).Verify tells of
// it beforehand.
func (s *Set) Score(in Inputs) *Card { return s.ScoreInto(&Card{}, in) }

// ScoreHand scores as Score does, but for leaves and items whose points people gave:
// these count as they are, with their maximum, in the place of their own rule. A veto
// elsewhere brings them to 0 all the same, and conditional rules that look at such a
// leaf see them.
func (s *Set) ScoreHand(in Inputs, hand map[string]points.Points) *Card {
	return s.scoreInto(&Card{}, in, hand)
}

// ScoreInto scores as Score does, into the memory of a card that nobody needs any
// more, which it returns: for recomputing many units one after another.
func (s *Set) ScoreInto(c *Card, in Inputs) *Card { return s.scoreInto(c, in, nil) }

func (s *Set) scoreInto(c *Card, in Inputs, hand map[string]points.Points) *Card {
	at := c.work
	*c = Card{Set: s, Results: slices.Grow(c.Results[:0], len(s.leaves))[:len(s.leaves)], Fields: c.Fields[:0], work: at}
	if at == nil {
		at = &scoring{card: c, done: make([]bool, len(s.leaves)), busy: make([]bool, len(s.leaves))}
		c.work = at
	} else {
		*at = scoring{card: c, done: slices.Grow(at.done[:0], len(s.leaves))[:len(s.leaves)], busy: slices.Grow(at.busy[:0], len(s.leaves))[:len(s.leaves)]}
		clear(at.done)
		clear(at.busy)
	}
	clear(c.Results)
	at.in, at.hand = in, hand
	all := at.findVetoes()
	for i := range s.leaves {
		at.leaf(i)
	}
	for i := range c.Results {
		r := &c.Results[i]
		c.Sum += r.Points
		c.Max += r.Max
		if r.State == Missing {
			c.Missing++
		}
	}
	c.Fields = s.fields(c.Fields, c.Results)
	c.Bonuses, c.Bonus = at.extra(&s.Bonus, false, all)
	c.Taken, c.Penalty = at.extra(&s.Penalty, true, false)
	c.total()
	return c
}

// total adds what the groups give, cuts the sum to 0 and the effective maximum, and
// computes the index.
func (c *Card) total() {
	c.Total = min(max(0, c.Sum+c.Bonus+c.Penalty), c.Max)
	if c.Max > 0 {
		share, _ := Frac(int64(c.Total), int64(c.Max))
		c.Index = share.Mul(Int(100)).Round(c.Set.Rounding.Index)
	}
}

// result returns the result of a leaf, scoring it first when its turn has not come;
// nil when there is no such leaf, or in a circle.
func (at *scoring) result(code string) *Result {
	if at == nil {
		return nil
	}
	n := at.card.Set.byCode[code]
	if n == nil || n.Leaf == nil || n.place < 0 || at.busy[n.place] {
		return nil
	}
	return at.leaf(n.place)
}

func (at *scoring) leaf(i int) *Result {
	r := &at.card.Results[i]
	if at.done[i] {
		return r
	}
	at.busy[i] = true
	n := at.card.Set.leaves[i]
	r.Node, r.Max = n, n.Max
	in, entered := at.in[n.Code]
	switch {
	case at.given(r):
	case entered:
		r.Input = in
		at.score(r)
	default:
		r.State = Missing
	}
	if at.zeroed != nil && at.zeroed[i] && r.State != Missing && r.Max > 0 {
		r.State, r.Branch, r.Exact, r.Points = Vetoed, Branch{Kind: BranchZeroed}, Num{}, 0
	}
	at.busy[i], at.done[i] = false, true
	return r
}

// given fills in a result whose points a person gave, if one did.
func (at *scoring) given(r *Result) bool {
	p, ok := at.hand[r.Node.Code]
	if ok {
		r.State, r.Branch, r.Exact, r.Points, r.Max = Scored, Branch{Kind: BranchHand}, OfPoints(p), p, r.Node.Max
	}
	return ok
}

// score fills in a result whose node, input and maximum stand.
func (at *scoring) score(r *Result) {
	leaf := r.Node.Leaf
	switch {
	case !r.Input.Given():
		r.State = Missing
		return
	case r.Input.NA:
		r.na(leaf.NA)
		return
	}
	p, b, ok := leaf.Rule.points(r.Node, &r.Input, at)
	if !ok {
		r.State, r.Branch = Missing, Branch{Kind: BranchUnread, of: b.of}
		return
	}
	r.State, r.Branch, r.Exact = Scored, b, p
	if b.Kind == BranchVeto {
		r.State = Vetoed
	}
	r.Points = p.Round(leaf.places(at.card.Set))
}

// na gives what the policy of "không phát sinh" gives.
func (r *Result) na(na NA) {
	r.State, r.Branch = Nothing, Branch{Kind: BranchNA}
	switch na.Policy {
	case ReduceMax:
		r.Max = 0
	case FullPart:
		r.Points = r.Max
	case FixedPart:
		r.Points = na.Points
	default:
		r.State, r.Branch = Missing, Branch{Kind: BranchRefused}
	}
	r.Exact = OfPoints(r.Points)
}

// places is where the leaf's points are rounded.
func (l *Leaf) places(s *Set) int {
	if l.Round != nil {
		return *l.Round
	}
	return s.Rounding.Places
}

// findVetoes marks the leaves that a veto or a penalty brings to 0; all is true when
// the whole set is. Vetoes come before everything, because conditional rules look at
// the points that are left.
func (at *scoring) findVetoes() (all bool) {
	s := at.card.Set
	for _, n := range s.vetoes {
		in, given := at.in[n.Code]
		if _, hand := at.hand[n.Code]; hand || !given {
			continue
		}
		switch x := n.Leaf.Rule.(type) {
		case *VetoRule:
			if !x.found(&in) {
				continue
			}
			for _, code := range x.Zero {
				all = all || code == EverythingCode
				at.zero(code)
			}
		case *DeductionRule:
			if v, ok := in.value(); x.Also != "" && (in.Veto || ok && v.Sign() > 0) {
				for _, code := range in.Hits {
					at.zero(code)
				}
			}
		}
	}
	return all
}

// zero marks all leaves of a node, or of the whole set.
func (at *scoring) zero(code string) {
	s := at.card.Set
	if at.zeroed == nil {
		at.zeroed = make([]bool, len(s.leaves))
	}
	for i, l := range s.leaves {
		for n := l; n != nil; n = n.Parent {
			if n.Code == code || code == EverythingCode {
				at.zeroed[i] = true
				break
			}
		}
	}
}

// extra scores bonus or penalty items and cuts their sum to the group's limit. An
// item that nobody entered gives and takes nothing.
func (at *scoring) extra(e *Extra, penalty, zero bool) ([]Result, points.Points) {
	if len(e.Items) == 0 {
		return nil, 0
	}
	out := make([]Result, len(e.Items))
	sum := points.Points(0)
	at.penalty = penalty
	for i, n := range e.Items {
		r := &out[i]
		r.Node, r.Input = n, at.in[n.Code]
		at.floor = Num{}
		if penalty {
			at.floor = OfPoints(-n.Max)
			if n.Max == 0 && e.Limit != nil {
				at.floor = OfPoints(*e.Limit)
			}
		}
		if !at.given(r) {
			at.score(r)
		}
		switch {
		case penalty:
			r.Points = min(0, r.Points)
			if n.Max > 0 {
				r.Points = max(-n.Max, r.Points)
			}
		case zero && r.State != Missing:
			r.State, r.Branch, r.Exact, r.Points = Vetoed, Branch{Kind: BranchZeroed}, Num{}, 0
		default:
			r.Points = max(0, r.Points)
			if n.Max > 0 {
				r.Points = min(n.Max, r.Points)
			}
		}
		sum += r.Points
	}
	at.penalty = false
	switch {
	case e.Limit == nil:
	case penalty:
		sum = max(sum, *e.Limit)
	default:
		sum = min(sum, *e.Limit)
	}
	return out, sum
}

// fields adds the leaves of each field.
func (s *Set) fields(out []Part, results []Result) []Part {
	for _, f := range s.Fields {
		p := Part{Node: f}
		for i := f.first; i <= f.last; i++ {
			p.Points += results[i].Points
			p.Max += results[i].Max
		}
		out = append(out, p)
	}
	return out
}

// Part returns what a node of the tree reached: the sum of the leaves below it.
func (c *Card) Part(code string) (Part, bool) {
	n := c.Set.byCode[code]
	if n == nil || n.place < 0 && n.Leaf != nil {
		return Part{}, false
	}
	p := Part{Node: n}
	for i := n.first; i <= n.last; i++ {
		p.Points += c.Results[i].Points
		p.Max += c.Results[i].Max
	}
	return p, true
}

// Try scores one leaf, bonus or penalty item by itself. Other leaves that its rule
// looks at have the inputs given beside it.
func (s *Set) Try(code string, in Input, others Inputs) (Result, bool) {
	all := Inputs{}
	for k, v := range others {
		all[k] = v
	}
	all[code] = in
	return s.Score(all).Result(code)
}

// depends lists the codes of the leaves that a rule looks at.
func depends(r Rule) (out []string) {
	x, ok := r.(*DependsRule)
	if !ok {
		return nil
	}
	out = append(out, x.On)
	out = append(out, depends(x.Then.Leaf.Rule)...)
	out = append(out, depends(x.Else.Leaf.Rule)...)
	slices.Sort(out)
	return slices.Compact(out)
}
