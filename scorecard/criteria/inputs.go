package criteria

import (
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"

	"cchc/base/points"
)

// LoadInputs reads a unit's inputs for a set: a map by code, under inputs or at the
// top, each a map of value, num and den, option, na, previous, best, answers, vars,
// days, done, due, parts, veto and hits. A bare value instead of a map is what the
// rule reads: an option or a number; the word na claims that nothing arose.
func LoadInputs(s *Set, text []byte) (Inputs, Faults) {
	r := &reader{}
	if !utf8.Valid(text) {
		r.wrong(place{}, "criteria.not_utf8")
		return nil, r.faults
	}
	m := r.parse(text)
	if m == nil {
		return nil, r.faults
	}
	if m.has("inputs") {
		for _, k := range []string{"set", "unit", "period", "name", "note"} {
			m.text(k)
		}
		inner := m.child("inputs")
		m.done()
		if m = inner; m == nil {
			return nil, r.faults
		}
	}
	out := Inputs{}
	for _, code := range m.keys {
		n := s.byCode[code]
		r.code = ""
		if n == nil || n.Leaf == nil {
			m.take(code)
			m.wrong(code, "criteria.in_code", "Code", clip(code), "Set", s.ID)
			continue
		}
		r.code = code
		in, ok := r.input(m, code, n)
		if !ok {
			continue
		}
		for _, f := range s.Verify(code, in) {
			r.wrong(place{m.line[code], join(join(m.at.path, code), f.Name)}, f.Key, f.Args...)
		}
		out[code] = in
	}
	if len(r.faults) > 0 {
		return out, r.faults
	}
	// What a rule needs of other leaves is known only now.
	card := s.Score(out)
	for _, list := range [][]Result{card.Results, card.Bonuses, card.Taken} {
		for i := range list {
			if x := &list[i]; x.State == Missing && x.Branch.Kind == BranchUnread {
				r.code = x.Node.Code
				r.wrong(m.place(x.Node.Code), "criteria.in_unread", "Reads", readsKey(x))
			}
		}
	}
	return out, r.faults
}

// input reads one leaf's input.
func (r *reader) input(m *mapping, code string, n *Node) (in Input, ok bool) {
	node := m.take(code)
	if node == nil {
		return in, false
	}
	before := len(r.faults)
	if isScalar(node) {
		in = r.bare(m, code, n.Leaf.Rule)
		return in, len(r.faults) == before
	}
	x := m.child(code)
	if x == nil {
		return in, false
	}
	in = r.fields(x, n.Leaf.Rule)
	return in, len(r.faults) == before
}

// bare reads a value that stands alone.
func (r *reader) bare(m *mapping, key string, rule Rule) (in Input) {
	s := m.text(key)
	if f := fold(s); f == "na" || f == "khong phat sinh" {
		return Input{NA: true}
	}
	switch rule.(type) {
	case *YesNoRule, *ChoiceRule, *VetoRule:
		return Input{Option: s}
	}
	if num, den, ok := strings.Cut(s, "/"); ok {
		a, bad := ParseNum(num)
		b, bad2 := ParseNum(den)
		if x, whole := wholeRatio(a, b); bad == nil && bad2 == nil && whole {
			return Input{Ratio: &x}
		}
	}
	if v, ok := m.ratio(key); ok {
		return Input{Value: &v}
	}
	return in
}

// wholeRatio returns a numerator over a denominator as integers: amounts of money may
// have decimals, and both are then raised to the same power of ten.
func wholeRatio(a, b Num) (points.Ratio, bool) {
	if a.whole() && b.whole() {
		x, ok := a.Ratio()
		y, ok2 := b.Ratio()
		if !ok || !ok2 {
			return points.Ratio{}, false
		}
		return points.Ratio{Num: x.Num / x.Den, Den: y.Num / y.Den}, true
	}
	scale := Int(1)
	for range 9 {
		if scale = scale.Mul(Int(10)); a.Mul(scale).whole() && b.Mul(scale).whole() {
			return wholeRatio(a.Mul(scale), b.Mul(scale))
		}
	}
	return points.Ratio{}, false
}

// ratio reads a number that an input can hold.
func (m *mapping) ratio(key string) (points.Ratio, bool) {
	v, ok := m.number(key)
	if !ok {
		return points.Ratio{}, false
	}
	x, ok := v.reduced().Ratio()
	if !ok {
		m.wrong(key, "criteria.in_large")
	}
	return x, ok
}

func (a Num) reduced() Num {
	if a.big != nil {
		return a
	}
	return a.reduce()
}

// pair reads a number, or a map of num and den.
func (m *mapping) pair(key string) *points.Ratio {
	if !m.has(key) {
		m.take(key)
		return nil
	}
	if isScalar(m.vals[key]) {
		if x, ok := m.ratio(key); ok {
			return &x
		}
		return nil
	}
	x := m.child(key)
	if x == nil {
		return nil
	}
	defer x.done()
	return x.fraction()
}

// fraction reads num and den.
func (m *mapping) fraction() *points.Ratio {
	a, ok := m.number("num")
	b, ok2 := m.number("den")
	switch {
	case !m.has("num") && !m.has("den"):
		return nil
	case !m.has("num"):
		m.wrong("num", "criteria.missing", "Name", "num")
		return nil
	case !m.has("den"):
		m.wrong("den", "criteria.missing", "Name", "den")
		return nil
	case !ok || !ok2:
		return nil
	}
	x, whole := wholeRatio(a, b)
	if !whole {
		m.wrong("num", "criteria.in_large")
		return nil
	}
	return &x
}

func (r *reader) fields(x *mapping, rule Rule) (in Input) {
	in.NA, in.Veto = x.flag("na"), x.flag("veto")
	in.Ratio = x.fraction()
	in.Option = x.text("option")
	in.Before, in.Best = x.pair("previous"), x.pair("best")
	in.Done, in.Due = x.day("done"), x.day("due")
	in.Hits = x.texts("hits")
	for _, k := range []string{"value", "days"} {
		if !x.has(k) {
			x.take(k)
		} else if in.Value != nil {
			x.wrong(k, "criteria.in_twice")
		} else if v, ok := x.ratio(k); ok {
			in.Value = &v
		}
	}
	for i, n := range x.nodes("answers") {
		v, err := ParseNum(scalarText(n))
		if err != nil || !v.whole() || v.Sign() < 0 || v.Cmp(Int(1_000_000_000)) > 0 {
			r.wrong(where(n, nth(join(x.at.path, "answers"), i)), "criteria.in_whole")
			continue
		}
		in.Answers = append(in.Answers, v.floor())
	}
	if v := x.child("vars"); v != nil {
		in.Vars = map[string]points.Ratio{}
		for _, k := range v.keys {
			if p := v.pair(k); p != nil {
				in.Vars[k] = *p
			}
		}
	}
	parts := x.nodes("parts")
	comp, _ := rule.(*CompositeRule)
	for i, n := range parts {
		at := nth(join(x.at.path, "parts"), i)
		switch {
		case comp == nil:
			r.wrong(where(n, at), "criteria.in_parts")
		case i >= len(comp.Parts):
			r.wrong(where(n, at), "criteria.in_parts_many", "Count", len(comp.Parts))
		default:
			if p := r.mapping(n, at); p != nil {
				if _, ok := n.(ast.MapNode); ok {
					in.Parts = append(in.Parts, r.fields(p, comp.Parts[i].Leaf.Rule))
				}
			}
		}
	}
	x.done()
	return in
}
