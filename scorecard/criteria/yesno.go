package criteria

import (
	"context"

	"cchc/base/i18n"
	"cchc/base/points"
)

// A YesNoRule gives points for yes and for no (có, không).
type YesNoRule struct {
	Yes, No points.Points
	Veto    string // what, once found, gives 0 whatever the answer; "" nothing
}

func readYesNo(m *mapping, n *Node, s seat) Rule {
	x := &YesNoRule{Veto: m.text("veto")}
	if p, ok := m.points("yes"); ok {
		x.Yes = p
	} else if !m.has("yes") {
		m.wrong("yes", "criteria.missing", "Name", "yes")
	}
	x.No, _ = m.points("no")
	within(m, "yes", OfPoints(x.Yes), n, s)
	within(m, "no", OfPoints(x.No), n, s)
	reaches(m, "yes", OfPoints(max(x.Yes, x.No)), n, s)
	return x
}

// Kind implements Rule.
func (*YesNoRule) Kind() Kind { return YesNo }

// Monotone implements Rule: there is no number.
func (*YesNoRule) Monotone() Direction { return Unordered }

// Sentence implements Rule.
func (x *YesNoRule) Sentence(ctx context.Context, _ *Node) string {
	s := i18n.T(ctx, "criteria.say_yes_no", "Yes", inPoints(ctx, OfPoints(x.Yes)), "No", inPoints(ctx, OfPoints(x.No)))
	if x.Veto != "" {
		s += "; " + i18n.T(ctx, "criteria.say_veto_text", "What", x.Veto)
	}
	return s
}

func (x *YesNoRule) points(_ *Node, in *Input, _ *scoring) (Num, Branch, bool) {
	if in.Veto {
		return Num{}, Branch{Kind: BranchVeto}, true
	}
	yes, ok := in.yes()
	if yes {
		return OfPoints(x.Yes), Branch{Kind: BranchYes}, ok
	}
	return OfPoints(x.No), Branch{Kind: BranchNo}, ok
}

func (x *YesNoRule) write(w *writer) {
	w.line(`"yes"`, plain(x.Yes))
	w.line(`"no"`, plain(x.No))
	w.text("veto", x.Veto)
}
