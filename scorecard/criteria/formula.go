package criteria

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"cchc/base/i18n"
)

// A FormulaRule computes the points from named numbers. What it gives is cut to 0 and
// the node's maximum (a penalty: to its floor and 0).
type FormulaRule struct {
	Text string // as the set has it
	Vars []Var  // what an input must give
	expr *expression
}

// A Var is a number that a formula reads.
type Var struct{ Name, Words string }

func readFormula(m *mapping, n *Node, _ seat) Rule {
	x := &FormulaRule{Text: m.need("formula")}
	x.Vars = readVars(m)
	names := []string{"max"}
	for _, v := range x.Vars {
		names = append(names, v.Name)
	}
	if x.Text == "" {
		return x
	}
	var bad *formulaFault
	if x.expr, bad = compile(x.Text, names); bad != nil {
		m.wrong("formula", bad.key, bad.args...)
		return x
	}
	for _, v := range x.Vars {
		if !x.expr.uses(v.Name) {
			m.wrong("vars", "criteria.var_unused", "Name", v.Name)
		}
	}
	return x
}

// readVars reads names with what they mean, or a list of bare names.
func readVars(m *mapping) (out []Var) {
	add := func(at place, name, words string) {
		switch {
		case !isName(name) || reserved(name):
			m.r.wrong(at, "criteria.not_name", "Value", clip(name))
		case slices.ContainsFunc(out, func(v Var) bool { return v.Name == name }):
			m.r.wrong(at, "criteria.key_twice", "Name", name)
		default:
			out = append(out, Var{name, words})
		}
	}
	if list, ok := m.vals["vars"].(*ast.SequenceNode); ok {
		m.take("vars")
		for i, n := range list.Values {
			add(where(n, nth(join(m.at.path, "vars"), i)), scalarText(n), "")
		}
		return out
	}
	vars := m.child("vars")
	if vars == nil {
		m.wrong("vars", "criteria.missing", "Name", "vars")
		return nil
	}
	for _, k := range vars.keys {
		add(vars.place(k), k, vars.text(k))
	}
	return out
}

// reserved reports whether a name means something in formulas.
func reserved(name string) bool {
	return functions[name] != 0 || strings.HasPrefix(name, "__") ||
		slices.Contains([]string{"and", "or", "not", "true", "false", "nil", "in", "let", "else", "matches", "contains"}, name)
}

// Kind implements Rule.
func (*FormulaRule) Kind() Kind { return Formula }

// Monotone implements Rule.
func (*FormulaRule) Monotone() Direction { return Unordered }

// Sentence implements Rule.
func (x *FormulaRule) Sentence(ctx context.Context, n *Node) string {
	s := i18n.T(ctx, "criteria.say_formula", "Formula", x.Text, "Max", decimal(ctx, OfPoints(n.Max)))
	var words []string
	for _, v := range x.Vars {
		if v.Words != "" {
			words = append(words, v.Name+" = "+v.Words)
		}
	}
	if len(words) > 0 {
		s += "; " + strings.Join(words, ", ")
	}
	return s
}

func (x *FormulaRule) points(n *Node, in *Input, at *scoring) (Num, Branch, bool) {
	if x.expr == nil {
		return Num{}, Branch{}, false
	}
	env := make(map[string]Num, len(x.Vars)+1)
	env["max"] = OfPoints(n.Max)
	for _, v := range x.Vars {
		r, ok := in.Vars[v.Name]
		if !ok {
			return Num{}, Branch{}, false
		}
		num, ok := OfRatio(r)
		if !ok {
			return Num{}, Branch{}, false
		}
		env[v.Name] = num
	}
	v, ok := x.expr.eval(env)
	if !ok {
		return Num{}, Branch{}, false // something is divided by 0
	}
	lo, hi := Num{}, OfPoints(n.Max)
	if at != nil && at.penalty {
		lo, hi = at.floor, Num{}
	}
	switch {
	case v.Cmp(lo) < 0:
		return lo, Branch{Kind: BranchFloor}, true
	case v.Cmp(hi) > 0:
		return hi, Branch{Kind: BranchCapped}, true
	}
	return v, Branch{Kind: BranchFormula}, true
}

func (x *FormulaRule) write(w *writer) {
	w.text("formula", x.Text)
	w.open("vars", func() {
		for _, v := range x.Vars {
			w.line(quote(v.Name), quote(v.Words))
		}
	})
}

// sameFormula tells when a formula that a file writes beside a rule says something
// else than the rule: it is computed at some numbers, exactly.
func sameFormula(m *mapping, text string, known map[string]Num, name string, first Num, want func(Num) Num) {
	names := []string{name}
	for k := range known {
		names = append(names, k)
	}
	e, bad := compile(text, names)
	if bad != nil {
		m.wrong("formula", bad.key, bad.args...)
		return
	}
	env := map[string]Num{}
	for k, v := range known {
		env[k] = v
	}
	// Two different formulas of these shapes agree in three places at most by chance.
	for i, step := range []Num{Int(1), {n: 1, d: 3}, {n: 7, d: 11}} {
		at := first.Mul(step)
		env[name] = at
		got, ok := e.eval(env)
		if expected := want(at); !ok || got.Cmp(expected) != 0 {
			m.wrong("formula", "criteria.formula_differs", "Formula", clip(text), "Example",
				fmt.Sprintf("%s = %s", name, at), "Got", got.String(), "Want", expected.String(), "Number", i+1)
			return
		}
	}
}
