package criteria

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/parser"
)

// Limits of a formula. It has no loops, so that its nodes bound its cost: each is
// evaluated once at most.
const (
	maxFormula      = 1000 // characters
	maxFormulaNodes = 200
)

// functions are what a formula may call, with the numbers of arguments: min and max
// of two or more, round(x, places), if(condition, then, else).
var functions = map[string]int{"min": -2, "max": -2, "round": 2, "if": 3}

// An expression is a formula that was parsed and checked. The library parses; the
// numbers are ours, because its own are binary floats: 0.1 must be a tenth.
type expression struct {
	root     ast.Node
	literals map[string]Num // by the name that stands for them in the tree
	names    map[string]bool
}

// A formulaFault is what is wrong with a formula.
type formulaFault struct {
	key  string
	args []any
}

// literal finds the decimals of a formula.
var literal = regexp.MustCompile(`[0-9]+(?:\.[0-9]+)?`)

// letters before digits make them part of a name.
var nameEnd = regexp.MustCompile(`[A-Za-z0-9_.]$`)

// compile parses a formula over names. Every number in it is replaced by a name
// before the library sees it, so that no float is ever made of it.
func compile(text string, names []string) (*expression, *formulaFault) {
	if len(text) > maxFormula {
		return nil, &formulaFault{"criteria.formula_long", []any{"Max", maxFormula}}
	}
	if i := strings.IndexFunc(text, func(r rune) bool { return r > 126 || r < 32 || strings.ContainsRune("\"'`[]{}#;@$\\", r) }); i >= 0 {
		return nil, &formulaFault{"criteria.formula_sign", []any{"Sign", string([]rune(text[i:])[:1])}}
	}
	e := &expression{literals: map[string]Num{}, names: map[string]bool{}}
	var b strings.Builder
	last := 0
	for _, at := range literal.FindAllStringIndex(text, -1) {
		if nameEnd.MatchString(text[:at[0]]) {
			continue
		}
		v, err := ParseNum(text[at[0]:at[1]])
		if err != nil || at[1] < len(text) && nameEnd.MatchString(text[at[1]:at[1]+1]) {
			return nil, &formulaFault{"criteria.formula_syntax", []any{"Why", clip(text[at[0]:])}}
		}
		name := fmt.Sprintf("__%d", len(e.literals))
		e.literals[name] = v
		b.WriteString(text[last:at[0]])
		b.WriteString(name)
		last = at[1]
	}
	b.WriteString(text[last:])
	cfg := conf.CreateNew()
	cfg.MaxNodes = maxFormulaNodes
	cfg.DisableIfOperator = true
	tree, err := parser.ParseWithConfig(b.String(), cfg)
	if err != nil {
		why, _, _ := strings.Cut(err.Error(), "\n")
		if strings.Contains(why, "exceeds maximum") {
			return nil, &formulaFault{"criteria.formula_nodes", []any{"Max", maxFormulaNodes}}
		}
		return nil, &formulaFault{"criteria.formula_syntax", []any{"Why", clip(why)}}
	}
	e.root = tree.Node
	kind, bad := e.check(tree.Node, names)
	if bad == nil && kind != isNumber {
		bad = &formulaFault{"criteria.formula_not_number", nil}
	}
	if bad != nil {
		return nil, bad
	}
	return e, nil
}

// The two types of a formula.
const (
	isNumber = iota
	isTruth
)

// check refuses everything that is not arithmetic on known names, and returns the type.
func (e *expression) check(n ast.Node, names []string) (int, *formulaFault) {
	want := func(kind int, nodes ...ast.Node) *formulaFault {
		for _, x := range nodes {
			k, bad := e.check(x, names)
			if bad != nil {
				return bad
			}
			if k != kind {
				return &formulaFault{"criteria.formula_types", nil}
			}
		}
		return nil
	}
	switch x := n.(type) {
	case *ast.IdentifierNode:
		if _, ok := e.literals[x.Value]; ok {
			return isNumber, nil
		}
		if !slices.Contains(names, x.Value) {
			return 0, &formulaFault{"criteria.formula_name", []any{"Name", clip(x.Value), "Known", strings.Join(names, ", ")}}
		}
		e.names[x.Value] = true
		return isNumber, nil
	case *ast.UnaryNode:
		switch x.Operator {
		case "-", "+":
			return isNumber, want(isNumber, x.Node)
		case "not", "!":
			return isTruth, want(isTruth, x.Node)
		}
	case *ast.BinaryNode:
		switch x.Operator {
		case "+", "-", "*", "/":
			return isNumber, want(isNumber, x.Left, x.Right)
		case "<", "<=", ">", ">=", "==", "!=":
			return isTruth, want(isNumber, x.Left, x.Right)
		case "and", "&&", "or", "||":
			return isTruth, want(isTruth, x.Left, x.Right)
		}
		return 0, &formulaFault{"criteria.formula_operator", []any{"Operator", x.Operator}}
	case *ast.ConditionalNode:
		if bad := want(isTruth, x.Cond); bad != nil {
			return 0, bad
		}
		return isNumber, want(isNumber, x.Exp1, x.Exp2)
	}
	name, args, ok := call(n)
	if !ok {
		return 0, &formulaFault{"criteria.formula_syntax", []any{"Why", clip(fmt.Sprint(n))}}
	}
	count := functions[name]
	switch {
	case count == 0:
		return 0, &formulaFault{"criteria.formula_function", []any{"Name", clip(name)}}
	case count < 0 && len(args) < -count, count > 0 && len(args) != count:
		return 0, &formulaFault{"criteria.formula_arguments", []any{"Name", name}}
	case name == "if":
		if bad := want(isTruth, args[0]); bad != nil {
			return 0, bad
		}
		return isNumber, want(isNumber, args[1:]...)
	case name == "round":
		id, _ := args[1].(*ast.IdentifierNode)
		if id == nil {
			return 0, &formulaFault{"criteria.formula_places", nil}
		}
		p, known := e.literals[id.Value]
		if !known || !p.whole() || p.floor() < 0 || p.floor() > 4 {
			return 0, &formulaFault{"criteria.formula_places", nil}
		}
	}
	return isNumber, want(isNumber, args...)
}

// call returns the name and arguments of a call of a function.
func call(n ast.Node) (string, []ast.Node, bool) {
	switch x := n.(type) {
	case *ast.BuiltinNode:
		return x.Name, x.Arguments, true
	case *ast.CallNode:
		if id, ok := x.Callee.(*ast.IdentifierNode); ok {
			return id.Value, x.Arguments, true
		}
	}
	return "", nil, false
}

func (e *expression) uses(name string) bool { return e.names[name] }

// eval computes the formula; ok is false where something is divided by 0.
func (e *expression) eval(env map[string]Num) (Num, bool) { return e.number(e.root, env) }

func (e *expression) number(n ast.Node, env map[string]Num) (Num, bool) {
	switch x := n.(type) {
	case *ast.IdentifierNode:
		if v, ok := e.literals[x.Value]; ok {
			return v, true
		}
		v, ok := env[x.Value]
		return v, ok
	case *ast.UnaryNode:
		v, ok := e.number(x.Node, env)
		if x.Operator == "-" {
			v = v.Neg()
		}
		return v, ok
	case *ast.BinaryNode:
		a, ok := e.number(x.Left, env)
		b, ok2 := e.number(x.Right, env)
		if !ok || !ok2 {
			return Num{}, false
		}
		switch x.Operator {
		case "+":
			return a.Add(b), true
		case "-":
			return a.Sub(b), true
		case "*":
			return a.Mul(b), true
		case "/":
			return a.Div(b)
		}
	case *ast.ConditionalNode:
		return e.choose(x.Cond, x.Exp1, x.Exp2, env)
	}
	name, args, _ := call(n)
	switch name {
	case "if":
		return e.choose(args[0], args[1], args[2], env)
	case "round":
		v, ok := e.number(args[0], env)
		places, _ := e.number(args[1], env)
		return OfPoints(v.Round(int(places.floor()))), ok
	case "min", "max":
		best, ok := e.number(args[0], env)
		for _, a := range args[1:] {
			v, good := e.number(a, env)
			ok = ok && good
			if c := v.Cmp(best); c < 0 && name == "min" || c > 0 && name == "max" {
				best = v
			}
		}
		return best, ok
	}
	return Num{}, false
}

// choose evaluates only the side that is taken: the other may divide by 0.
func (e *expression) choose(cond, yes, no ast.Node, env map[string]Num) (Num, bool) {
	t, ok := e.truth(cond, env)
	switch {
	case !ok:
		return Num{}, false
	case t:
		return e.number(yes, env)
	}
	return e.number(no, env)
}

func (e *expression) truth(n ast.Node, env map[string]Num) (bool, bool) {
	switch x := n.(type) {
	case *ast.UnaryNode:
		t, ok := e.truth(x.Node, env)
		return !t, ok
	case *ast.BinaryNode:
		switch x.Operator {
		case "and", "&&", "or", "||":
			t, ok := e.truth(x.Left, env)
			if isOr := x.Operator == "or" || x.Operator == "||"; !ok || t == isOr {
				return t, ok
			}
			return e.truth(x.Right, env)
		}
		a, ok := e.number(x.Left, env)
		b, ok2 := e.number(x.Right, env)
		c := a.Cmp(b)
		var t bool
		switch x.Operator {
		case "<":
			t = c < 0
		case "<=":
			t = c <= 0
		case ">":
			t = c > 0
		case ">=":
			t = c >= 0
		case "==":
			t = c == 0
		case "!=":
			t = c != 0
		}
		return t, ok && ok2
	}
	return false, false
}
