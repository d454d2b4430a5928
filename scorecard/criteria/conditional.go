package criteria

import (
	"context"
	"slices"
	"strings"

	"cchc/base/i18n"
	"cchc/base/points"
)

// A DependsRule takes one of two rules by the result of another leaf: by its points
// or by the option that was chosen there. A leaf without an input has 0 points and
// no option. Where a person gave the points and chose none, its options are those
// that give just these points.
type DependsRule struct {
	On      string   // code of the other leaf
	Bounds  []Bound  // on its points; empty when Options decide
	Options []string // labels of its options, one of which must have been chosen
	Then    *Node    // nodes of their own, with the leaf's maximum
	Else    *Node
}

// A FixedRule gives the same points whatever is entered: a branch of a DependsRule.
type FixedRule struct{ Points points.Points }

func readDepends(m *mapping, n *Node, s seat) Rule {
	x := &DependsRule{On: m.need("on")}
	if c := m.child("if"); c != nil {
		x.Bounds, x.Options = readBounds(c), c.texts("option")
		if (len(x.Bounds) == 0) == (len(x.Options) == 0) {
			m.wrong("if", "criteria.condition_one")
		}
		c.done()
	} else {
		m.wrong("if", "criteria.missing", "Name", "if")
	}
	x.Then = readBranch(m, "then", n, s)
	x.Else = readBranch(m, "else", n, s)
	if !m.has("then") {
		m.wrong("then", "criteria.missing", "Name", "then")
	}
	return x
}

// readBranch reads points, or a kind with its rule; nothing is 0 points.
func readBranch(m *mapping, key string, n *Node, s seat) *Node {
	if s == leafSeat {
		s = branchSeat
	}
	out := &Node{Code: n.Code, Name: n.Name, Max: n.Max, Leaf: &Leaf{Rule: &FixedRule{}}}
	switch {
	case !m.has(key):
	case isScalar(m.vals[key]):
		p, _ := m.points(key)
		within(m, key, OfPoints(p), n, s)
		out.Leaf.Rule = &FixedRule{p}
	default:
		c := m.child(key)
		if c == nil {
			break
		}
		if c.text("kind") == string(Depends) && strings.Count(m.at.path, ".then")+strings.Count(m.at.path, ".else") >= 3 {
			c.wrong("kind", "criteria.too_deep", "Max", 3)
			c.take("rule")
		} else if r := readRule(c, out, s); r != nil {
			out.Leaf.Rule = r
		}
		c.done()
	}
	return out
}

// Kind implements Rule.
func (*DependsRule) Kind() Kind { return Depends }

// Monotone implements Rule: with the other leaf as it is, both rules must agree.
func (x *DependsRule) Monotone() Direction {
	a, b := x.Then.Leaf.Rule, x.Else.Leaf.Rule
	if _, ok := a.(*FixedRule); ok {
		return b.Monotone()
	}
	if _, ok := b.(*FixedRule); ok || a.Monotone() == b.Monotone() {
		return a.Monotone()
	}
	return Unordered
}

// Sentence implements Rule.
func (x *DependsRule) Sentence(ctx context.Context, _ *Node) string {
	var when string
	if len(x.Options) > 0 {
		when = i18n.T(ctx, "criteria.say_when_option", "Code", x.On, "Options", strings.Join(x.Options, " / "))
	} else {
		when = i18n.T(ctx, "criteria.say_when_points", "Code", x.On, "Bounds", sayBounds(ctx, x.Bounds, inPoints))
	}
	return i18n.T(ctx, "criteria.say_conditional", "When", when,
		"Then", x.Then.Leaf.Rule.Sentence(ctx, x.Then), "Else", x.Else.Leaf.Rule.Sentence(ctx, x.Else))
}

// holds reports whether the other leaf's result is what the rule asks for.
func (x *DependsRule) holds(at *scoring) bool {
	other := at.result(x.On)
	if other == nil {
		return false
	}
	if len(x.Options) > 0 {
		if other.Branch.Kind == BranchHand {
			return x.holdsByHand(other)
		}
		return slices.ContainsFunc(x.Options, func(o string) bool { return sameOption(other.Node, o, &other.Input) })
	}
	t := Tier{Bounds: x.Bounds}
	return t.Holds(OfPoints(other.Points))
}

// holdsByHand reports whether points that a person gave are those of an option asked
// for, and of no other one.
func (x *DependsRule) holdsByHand(other *Result) bool {
	found := false
	for _, label := range optionLabels(other.Node) {
		in := Input{Option: label}
		p, _, ok := other.Node.Leaf.Rule.points(other.Node, &in, nil)
		if !ok || p.Cmp(OfPoints(other.Points)) != 0 {
			continue
		}
		if !slices.ContainsFunc(x.Options, func(o string) bool { return sameOption(other.Node, o, &in) }) {
			return false
		}
		found = true
	}
	return found
}

// optionLabels lists what can be chosen at a leaf.
func optionLabels(n *Node) (out []string) {
	switch x := n.Leaf.Rule.(type) {
	case *ChoiceRule:
		for _, o := range x.Options {
			out = append(out, o.Label)
		}
	case *YesNoRule:
		out = []string{"yes", "no"}
	}
	return out
}

// sameOption reports whether the input chose an option of the node.
func sameOption(n *Node, label string, in *Input) bool {
	if in.NA || in.Option == "" {
		return false
	}
	if c, ok := n.Leaf.Rule.(*ChoiceRule); ok {
		i := c.find(label)
		return i >= 0 && i == c.find(in.Option)
	}
	want := Input{Option: label}
	a, ok := want.yes()
	b, ok2 := in.yes()
	if ok && ok2 {
		return a == b
	}
	return fold(label) == fold(in.Option)
}

// taken returns the branch that applies.
func (x *DependsRule) taken(at *scoring) *Node {
	if x.holds(at) {
		return x.Then
	}
	return x.Else
}

func (x *DependsRule) points(_ *Node, in *Input, at *scoring) (Num, Branch, bool) {
	n := x.taken(at)
	p, b, ok := n.Leaf.Rule.points(n, in, at)
	if b.of == nil {
		b.of = n
	}
	return p, b, ok
}

func (x *DependsRule) write(w *writer) {
	w.text("on", x.On)
	w.open("if", func() {
		for _, b := range sorted(x.Bounds) {
			w.num(string(b.Op), b.At)
		}
		w.texts("option", x.Options)
	})
	for _, b := range []struct {
		key string
		n   *Node
	}{{"then", x.Then}, {"else", x.Else}} {
		if f, ok := b.n.Leaf.Rule.(*FixedRule); ok {
			w.points(b.key, f.Points)
			continue
		}
		w.open(b.key, func() { writeRule(w, b.n.Leaf.Rule) })
	}
}

// Kind implements Rule; a file writes no kind, only the points.
func (*FixedRule) Kind() Kind { return "" }

// Monotone implements Rule.
func (*FixedRule) Monotone() Direction { return Unordered }

// Sentence implements Rule.
func (x *FixedRule) Sentence(ctx context.Context, _ *Node) string {
	return inPoints(ctx, OfPoints(x.Points))
}

func (x *FixedRule) points(*Node, *Input, *scoring) (Num, Branch, bool) {
	return OfPoints(x.Points), Branch{Kind: BranchFixed}, true
}

func (x *FixedRule) write(*writer) {}
