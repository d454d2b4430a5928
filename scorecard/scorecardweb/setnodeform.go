package scorecardweb

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"cchc/base/fault"
	"cchc/base/web"
	"cchc/scorecard"
	"cchc/scorecard/criteria"
)

// A nodeForm edits a node, or adds one below another.
type nodeForm struct {
	web.Form
	At       string `form:"at"`    // which node; "" adds one
	Under    string `form:"under"` // where to add
	Stamp    string `form:"stamp"` // of the node that is edited, or below which one is added
	Do       string `form:"do"`    // save, fields, or more:LIST
	Code     string `form:"code"`
	Name     string `form:"name"`
	Max      string `form:"max"`
	Basis    string `form:"basis"`
	Scored   string `form:"scored"` // leaf or group
	MayAdd   bool   `form:"may_add"`
	Kind     string `form:"kind"`
	Source   string `form:"source"`
	Num      string `form:"num"`
	Den      string `form:"den"`
	Evidence string `form:"evidence"`
	NA       string `form:"na"`
	NAPoints string `form:"na_points"`
	Round    string `form:"round"`
}

// fill puts a stored node into the form.
func (in *nodeForm) fill(ctx context.Context, n *scorecard.DocNode) {
	f := typing(ctx, &in.Form)
	in.At, in.Stamp = n.Place, n.Stamp()
	f.number("max", n.Text("max"))
	for _, k := range []string{"code", "name", "basis", "kind", "evidence", "round"} {
		in.Set(k, n.Text(k))
	}
	in.Scored = "group"
	if n.Leaf() {
		in.Scored = "leaf"
	}
	in.Set("scored", in.Scored)
	if n.Flag("may_add") {
		in.Set("may_add", "on")
	}
	in.Kind = n.Text("kind")
	in.Set("source", n.Text("data_source"))
	if b := n.Sub("binding"); b.Has("source") {
		in.Set("source", b.Text("source"))
		in.Set("num", b.Text("num"))
		in.Set("den", b.Text("den"))
	}
	in.Set("na", n.Sub("na").Text("policy"))
	f.number("na_points", n.Sub("na").Text("points"))
	fillRule(f, "r.", criteria.Kind(in.Kind), n.Sub("rule"))
}

// edit reads the form.
func (in *nodeForm) edit(item bool) (scorecard.NodeEdit, error) {
	f := fault.New(fault.Invalid, "form.invalid")
	r := &ruleReader{&in.Form, f}
	e := scorecard.NodeEdit{Code: in.Code, Name: in.Name, Max: r.number("max"), MayAdd: in.MayAdd && !item, Basis: in.Basis}
	if item || in.Scored != "group" {
		kind := criteria.Kind(in.Kind)
		e.Leaf = &scorecard.LeafEdit{Kind: in.Kind, Rule: r.rule("r.", kind), Source: r.text("source"), Num: r.text("num"), Den: r.text("den"), Evidence: in.Evidence,
			NA: criteria.Policy(in.NA), NAPoints: r.number("na_points"), Round: in.Round}
		if in.Kind != "" && !slices.Contains(criteria.Kinds, kind) {
			f.With("kind", "sets.kind.unknown")
		}
	}
	for _, x := range [][2]string{{"code", in.Code}, {"name", in.Name}} {
		if x[1] == "" {
			f.With(x[0], "web.form.required")
		}
	}
	return e, f.Or()
}

// nextCode proposes a code after the last one beside it: 1.2.3 after 1.2.2.
func (x *nodePage) nextCode() string {
	list := x.Doc.Tree()
	switch {
	case x.Item == "b":
		list = x.Doc.Bonus()
	case x.Item == "p":
		list = x.Doc.Penalties()
	case x.Parent != nil:
		list = x.Parent.Children
	}
	if len(list) == 0 {
		switch {
		case x.Item == "b":
			return "T.1"
		case x.Item == "p":
			return "P.1"
		case x.Parent != nil:
			return x.Parent.Text("code") + ".1"
		}
		return "1"
	}
	last := list[len(list)-1].Text("code")
	head, tail := "", last
	if i := strings.LastIndexByte(last, '.'); i >= 0 {
		head, tail = last[:i+1], last[i+1:]
	}
	n, err := strconv.Atoi(tail)
	if err != nil {
		return ""
	}
	return head + strconv.Itoa(n+1)
}
