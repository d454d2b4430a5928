package criteria

import (
	"context"

	"cchc/base/i18n"
)

// An ImportRule gives the maximum times another index over its own maximum.
type ImportRule struct {
	Source string // index_766_year, sipas_percent …
	Of     Num    // the other index's maximum; 100 when the set leaves it out
}

func readImport(m *mapping, n *Node, _ seat) Rule {
	x := &ImportRule{Source: m.need("source"), Of: Int(100)}
	if x.Source != "" && !isName(x.Source) {
		m.wrong("source", "criteria.not_name", "Value", clip(x.Source))
	}
	if v, ok := m.number("of"); ok {
		if x.Of = v; v.Sign() <= 0 {
			m.wrong("of", "criteria.not_above_0")
			x.Of = Int(100)
		}
	}
	if f := m.text("formula"); f != "" {
		sameFormula(m, f, map[string]Num{"max": OfPoints(n.Max)}, "value", Int(10), func(at Num) Num {
			v, _ := at.Div(x.Of)
			return v.Mul(OfPoints(n.Max))
		})
	}
	return x
}

// Kind implements Rule.
func (*ImportRule) Kind() Kind { return Import }

// Monotone implements Rule.
func (*ImportRule) Monotone() Direction { return Rising }

// Sentence implements Rule.
func (x *ImportRule) Sentence(ctx context.Context, n *Node) string {
	return i18n.T(ctx, "criteria.say_import", "Source", sourceName(ctx, x.Source), "Of", decimal(ctx, x.Of), "Max", decimal(ctx, OfPoints(n.Max)))
}

// sourceName names an index in words where the product knows it.
func sourceName(ctx context.Context, s string) string {
	switch s {
	case "index_766_year", "index_766":
		return i18n.T(ctx, "criteria.source_766")
	case "sipas_percent", "survey_sipas":
		return i18n.T(ctx, "criteria.source_sipas")
	}
	return s
}

// share returns the other index as a ratio: of 100, a value up to 1 is a ratio
// already and one above it a percent.
func (x *ImportRule) share(in *Input) (Num, bool) {
	if x.Of.Cmp(Int(100)) == 0 || in.Ratio != nil {
		return asShare(in)
	}
	v, ok := in.value()
	share, _ := v.Div(x.Of)
	return share, ok
}

func (x *ImportRule) points(n *Node, in *Input, _ *scoring) (Num, Branch, bool) {
	v, ok := x.share(in)
	p, b := proportion(n, v)
	return p, b, ok
}

func (x *ImportRule) write(w *writer) {
	w.text("source", x.Source)
	w.num("of", x.Of)
}
