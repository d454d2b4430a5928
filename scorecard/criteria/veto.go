package criteria

import (
	"context"
	"slices"
	"strings"

	"cchc/base/i18n"
)

// A VetoRule brings other nodes to 0 points once something is found. As a leaf it
// also loses its own maximum; as a penalty it has no points of its own.
type VetoRule struct {
	When string   // what is looked for, in words
	Zero []string // codes of fields, criteria and leaves; EverythingCode is the whole set
}

// EverythingCode stands for all leaves, bonus items included, in VetoRule.Zero.
const EverythingCode = "*"

func readVeto(m *mapping, _ *Node, s seat) Rule {
	x := &VetoRule{When: m.need("when"), Zero: m.texts("zero")}
	if s == partSeat {
		m.wrong("when", "criteria.veto_part")
	}
	for i, c := range x.Zero {
		if slices.Contains(x.Zero[:i], c) {
			m.wrong("zero", "criteria.code_twice", "Code", clip(c))
		}
	}
	return x
}

// Kind implements Rule.
func (*VetoRule) Kind() Kind { return Veto }

// Monotone implements Rule.
func (*VetoRule) Monotone() Direction { return Unordered }

// Sentence implements Rule.
func (x *VetoRule) Sentence(ctx context.Context, n *Node) string {
	s := i18n.T(ctx, "criteria.say_veto", "When", x.When)
	switch {
	case slices.Contains(x.Zero, EverythingCode):
		s += "; " + i18n.T(ctx, "criteria.say_veto_all")
	case len(x.Zero) > 0:
		s += "; " + i18n.T(ctx, "criteria.say_veto_zero", "Codes", strings.Join(x.Zero, ", "))
	}
	if n.Max > 0 {
		s += "; " + i18n.T(ctx, "criteria.say_veto_else", "Points", inPoints(ctx, OfPoints(n.Max)))
	}
	return s
}

// found reports whether the input says that it was found.
func (x *VetoRule) found(in *Input) bool {
	yes, ok := in.yes()
	return in.Veto || yes && ok
}

func (x *VetoRule) points(n *Node, in *Input, _ *scoring) (Num, Branch, bool) {
	if x.found(in) {
		return Num{}, Branch{Kind: BranchVeto}, true
	}
	_, ok := in.yes()
	return OfPoints(n.Max), Branch{Kind: BranchNoFault}, ok
}

func (x *VetoRule) write(w *writer) {
	w.text("when", x.When)
	w.texts("zero", x.Zero)
}
