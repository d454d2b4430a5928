package criteria

import (
	"context"
	"strings"

	"cchc/base/i18n"
	"cchc/base/points"
)

// A CompositeRule adds the points of its parts, within the floor and the maximum.
type CompositeRule struct {
	Parts []*Node // each with a rule and a maximum of its own
	Floor points.Points
}

func readComposite(m *mapping, n *Node, s seat) Rule {
	x := &CompositeRule{}
	if s == partSeat {
		m.wrong("parts", "criteria.composite_part")
	}
	best := Num{}
	for _, part := range m.list("parts") {
		p := &Node{Code: n.Code, Name: part.text("name"), Leaf: &Leaf{}}
		p.Max, _ = part.points("max")
		if p.Max < 0 {
			part.wrong("max", "criteria.below_0")
		}
		kind := Kind(part.need("kind"))
		switch read := readers[kind]; {
		case kind == "":
			part.used["rule"] = true
			continue
		case read == nil, kind == Composite, kind == Veto, kind == Depends:
			part.wrong("kind", "criteria.part_unknown", "Kind", clip(string(kind)))
			continue
		default:
			// The parameters stand beside the kind, or under rule as elsewhere.
			params := part
			if part.has("rule") {
				params = part.child("rule")
			}
			if params == nil {
				continue
			}
			if p.Max == 0 && needsMax(kind) {
				part.wrong("max", "criteria.missing", "Name", "max")
			}
			p.Leaf.Rule = read(params, p, partSeat)
			params.done()
		}
		part.done()
		best = best.Add(partBest(p))
		x.Parts = append(x.Parts, p)
	}
	if len(x.Parts) < 2 && len(m.nodes("parts")) < 2 {
		m.wrong("parts", "criteria.parts_few")
	}
	x.Floor, _ = m.points("floor")
	within(m, "floor", OfPoints(x.Floor), n, s)
	if s == leafSeat && len(x.Parts) > 0 && best.Cmp(OfPoints(n.Max)) < 0 {
		reaches(m, "parts", best, n, s)
	}
	return x
}

// needsMax reports whether a part of the kind takes its points from a maximum.
func needsMax(k Kind) bool {
	switch k {
	case AllOrNone, Linear, Piecewise, Relative, Survey, Import, Formula, Count:
		return true
	}
	return false
}

// partBest returns the most points that a part gives.
func partBest(n *Node) Num {
	best := OfPoints(n.Max)
	switch x := n.Leaf.Rule.(type) {
	case *YesNoRule:
		best = OfPoints(max(x.Yes, x.No))
	case *ChoiceRule:
		for _, o := range x.Options {
			best = maxNum(best, OfPoints(o.Points))
		}
	case *TieredRule:
		for _, t := range x.Tiers {
			best = maxNum(best, OfPoints(t.Points))
		}
	case *DeadlineRule:
		for _, t := range x.Tiers {
			best = maxNum(best, OfPoints(t.Points))
		}
	case *YearOnYearRule:
		best = OfPoints(max(x.Improved, x.Same, x.Otherwise, x.NoPast))
	case *CountRule:
		best = OfPoints(x.Cap)
	case *DeductionRule:
		best = OfPoints(x.Start)
	case *LateRule:
		best = OfPoints(x.Start)
	}
	return best
}

// Kind implements Rule.
func (*CompositeRule) Kind() Kind { return Composite }

// Monotone implements Rule: parts read numbers of their own.
func (*CompositeRule) Monotone() Direction { return Unordered }

// Sentence implements Rule.
func (x *CompositeRule) Sentence(ctx context.Context, n *Node) string {
	parts := make([]string, len(x.Parts))
	for i, p := range x.Parts {
		parts[i] = "(" + p.Leaf.Rule.Sentence(ctx, p) + ")"
	}
	return i18n.T(ctx, "criteria.say_composite", "Parts", strings.Join(parts, " + "),
		"Floor", decimal(ctx, OfPoints(x.Floor)), "Max", decimal(ctx, OfPoints(n.Max)))
}

// part returns the input of a part. Where the input has no parts of its own, each
// part reads the input itself, and faults that nobody entered are none.
func (x *CompositeRule) part(in *Input, i int) Input {
	if len(in.Parts) > 0 {
		if i < len(in.Parts) {
			return in.Parts[i]
		}
		return Input{}
	}
	out := *in
	switch x.Parts[i].Leaf.Rule.Kind() {
	case Deduction, Late:
		if out.Value == nil && out.Done == 0 {
			out.Value = &points.Ratio{Num: 0, Den: 1}
		}
	}
	return out
}

func (x *CompositeRule) points(n *Node, in *Input, at *scoring) (Num, Branch, bool) {
	sum := Num{}
	for i, p := range x.Parts {
		part := x.part(in, i)
		v, _, ok := p.Leaf.Rule.points(p, &part, at)
		if !ok {
			return Num{}, Branch{}, false
		}
		sum = sum.Add(v)
	}
	switch floor, top := OfPoints(x.Floor), OfPoints(n.Max); {
	case sum.Cmp(floor) < 0:
		return floor, Branch{Kind: BranchFloor}, true
	case sum.Cmp(top) > 0:
		return top, Branch{Kind: BranchCapped}, true
	}
	return sum, Branch{Kind: BranchSum}, true
}

func (x *CompositeRule) write(w *writer) {
	w.open("parts", func() {
		for _, p := range x.Parts {
			w.entry(func() {
				w.line("kind", string(p.Leaf.Rule.Kind()))
				w.text("name", p.Name)
				if p.Max > 0 {
					w.points("max", p.Max)
				}
				w.open("rule", func() { p.Leaf.Rule.write(w) })
			})
		}
	})
	w.points("floor", x.Floor)
}
