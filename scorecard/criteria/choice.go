package criteria

import (
	"context"
	"strconv"
	"strings"

	"cchc/base/i18n"
	"cchc/base/points"
)

// A ChoiceRule gives the points of the option that holds.
type ChoiceRule struct{ Options []Option }

// An Option is one answer of a choice.
type Option struct {
	Label  string
	Points points.Points
}

func readChoice(m *mapping, n *Node, s seat) Rule {
	x := &ChoiceRule{}
	best := Num{}
	seen := map[string]bool{}
	for i, o := range m.list("options") {
		label := o.need("label")
		p, ok := o.points("points")
		if !ok && !o.has("points") {
			o.wrong("points", "criteria.missing", "Name", "points")
		}
		if label != "" && seen[fold(label)] {
			o.wrong("label", "criteria.option_twice", "Label", clip(label))
		}
		seen[fold(label)] = true
		within(o, "points", OfPoints(p), n, s)
		if best = maxNum(best, OfPoints(p)); i == 0 {
			best = OfPoints(p)
		}
		x.Options = append(x.Options, Option{label, p})
		o.done()
	}
	if len(x.Options) < 2 {
		m.wrong("options", "criteria.options_few")
	} else {
		reaches(m, "options", best, n, s)
	}
	return x
}

// Kind implements Rule.
func (*ChoiceRule) Kind() Kind { return Choice }

// Monotone implements Rule: there is no number.
func (*ChoiceRule) Monotone() Direction { return Unordered }

// Sentence implements Rule.
func (x *ChoiceRule) Sentence(ctx context.Context, _ *Node) string {
	parts := make([]string, len(x.Options))
	for i, o := range x.Options {
		parts[i] = i18n.T(ctx, "criteria.say_option", "Label", upper(o.Label), "Points", inPoints(ctx, OfPoints(o.Points)))
	}
	return strings.Join(parts, "; ")
}

// find returns the place of an option, from 0, by its label or its place from 1;
// -1 when there is none.
func (x *ChoiceRule) find(s string) int {
	for i, o := range x.Options {
		if o.Label == s {
			return i
		}
	}
	f := fold(s)
	for i, o := range x.Options {
		if fold(o.Label) == f {
			return i
		}
	}
	if n, err := strconv.Atoi(strings.TrimSpace(s)); err == nil && n >= 1 && n <= len(x.Options) {
		return n - 1
	}
	return -1
}

func (x *ChoiceRule) points(_ *Node, in *Input, _ *scoring) (Num, Branch, bool) {
	if in.Option == "" {
		return Num{}, Branch{}, false
	}
	i := x.find(in.Option)
	if i < 0 {
		return Num{}, Branch{}, false
	}
	return OfPoints(x.Options[i].Points), Branch{Kind: BranchOption, N: i + 1}, true
}

func (x *ChoiceRule) write(w *writer) {
	w.open("options", func() {
		for _, o := range x.Options {
			w.entry(func() {
				w.text("label", o.Label)
				w.points("points", o.Points)
			})
		}
	})
}
