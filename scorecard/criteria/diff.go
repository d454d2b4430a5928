package criteria

import (
	"bytes"
	"context"
	"strings"

	"cchc/base/i18n"
)

// A Change is one difference of two versions of a set.
type Change struct {
	What ChangeKind
	Code string // "" for what concerns the whole set
	Name string // of the node, in the later version where it is there
	Key  string // which fact of the set with ChangeMeta
	was  *Node
	now  *Node
	a, b func(ctx context.Context) string
}

// A ChangeKind says what differs.
type ChangeKind string

// The kinds of changes.
const (
	ChangeMeta     ChangeKind = "meta"
	ChangeAdded    ChangeKind = "added"
	ChangeRemoved  ChangeKind = "removed"
	ChangeMoved    ChangeKind = "moved"
	ChangeName     ChangeKind = "name"
	ChangeMax      ChangeKind = "max"
	ChangeRule     ChangeKind = "rule"
	ChangeBinding  ChangeKind = "binding"
	ChangeNA       ChangeKind = "na"
	ChangeEvidence ChangeKind = "evidence"
	ChangeRounding ChangeKind = "rounding"
	ChangeBasis    ChangeKind = "basis"
)

// Before says how it was in the earlier version, "" when there was nothing.
func (c Change) Before(ctx context.Context) string { return c.a(ctx) }

// After says how it is in the later version, "" when there is nothing.
func (c Change) After(ctx context.Context) string { return c.b(ctx) }

// Diff returns what differs from a to b, in b's order; what was removed comes last.
func Diff(a, b *Set) []Change {
	d := &differ{}
	d.meta(a, b)
	for _, n := range b.nodes() {
		old := a.byCode[n.Code]
		if old == nil {
			d.add(ChangeAdded, nil, n, none, func(ctx context.Context) string { return SayNode(ctx, n) })
			continue
		}
		d.node(old, n)
	}
	for _, n := range a.nodes() {
		if b.byCode[n.Code] == nil {
			d.add(ChangeRemoved, n, nil, func(ctx context.Context) string { return SayNode(ctx, n) }, none)
		}
	}
	return d.out
}

func none(context.Context) string { return "" }

func said(s string) func(context.Context) string { return func(context.Context) string { return s } }

// nodes lists every node in the order of the file.
func (s *Set) nodes() (out []*Node) {
	var walk func(n *Node)
	walk = func(n *Node) {
		out = append(out, n)
		for _, c := range n.Children {
			walk(c)
		}
	}
	for _, list := range [][]*Node{s.Fields, s.Bonus.Items, s.Penalty.Items} {
		for _, n := range list {
			walk(n)
		}
	}
	return out
}

type differ struct{ out []Change }

func (d *differ) add(what ChangeKind, was, now *Node, a, b func(context.Context) string) {
	n := now
	if n == nil {
		n = was
	}
	d.out = append(d.out, Change{What: what, Code: n.Code, Name: n.Name, was: was, now: now, a: a, b: b})
}

func (d *differ) meta(a, b *Set) {
	head := func(s *Set) map[string]string {
		bands := make([]string, len(s.Bands))
		for i, x := range s.Bands {
			op := "≥"
			if x.Strict {
				op = ">"
			}
			bands[i] = x.Label + " " + op + " " + plain(x.Min)
		}
		m := map[string]string{"id": s.ID, "title": s.Title, "level": s.Level, "basis": s.Basis, "frame": s.Frame,
			"total_max": plain(s.Max), "survey_and_sipas": plain(s.SurveyMax), "bands": strings.Join(bands, "; "),
			"rounding": Int(int64(s.Rounding.Places)).String() + " / " + Int(int64(s.Rounding.Index)).String()}
		if s.Bonus.Limit != nil {
			m["bonus_cap"] = plain(*s.Bonus.Limit)
		}
		if s.Penalty.Limit != nil {
			m["penalty_floor"] = plain(*s.Penalty.Limit)
		}
		return m
	}
	x, y := head(a), head(b)
	for _, k := range []string{"id", "title", "level", "basis", "frame", "total_max", "survey_and_sipas", "bonus_cap", "penalty_floor", "rounding", "bands"} {
		if x[k] != y[k] {
			d.out = append(d.out, Change{What: ChangeMeta, Key: k, a: said(x[k]), b: said(y[k])})
		}
	}
}

func (d *differ) node(a, b *Node) {
	if parentCode(a) != parentCode(b) {
		d.add(ChangeMoved, a, b, said(parentCode(a)), said(parentCode(b)))
	}
	if a.Name != b.Name {
		d.add(ChangeName, a, b, said(a.Name), said(b.Name))
	}
	if a.Max != b.Max {
		d.add(ChangeMax, a, b,
			func(ctx context.Context) string { return decimal(ctx, OfPoints(a.Max)) },
			func(ctx context.Context) string { return decimal(ctx, OfPoints(b.Max)) })
	}
	if a.Basis != b.Basis {
		d.add(ChangeBasis, a, b, said(a.Basis), said(b.Basis))
	}
	x, y := a.Leaf, b.Leaf
	if x == nil && y == nil {
		return
	}
	if x == nil || y == nil || !bytes.Equal(ruleText(x.Rule), ruleText(y.Rule)) {
		d.add(ChangeRule, a, b, sentence(a), sentence(b))
	}
	if x == nil || y == nil {
		return
	}
	if x.Binding != y.Binding {
		d.add(ChangeBinding, a, b,
			func(ctx context.Context) string { return x.Binding.Text(ctx) },
			func(ctx context.Context) string { return y.Binding.Text(ctx) })
	}
	if x.NA != y.NA {
		d.add(ChangeNA, a, b,
			func(ctx context.Context) string { return x.NA.Text(ctx) },
			func(ctx context.Context) string { return y.NA.Text(ctx) })
	}
	if x.Evidence != y.Evidence {
		d.add(ChangeEvidence, a, b, said(x.Evidence), said(y.Evidence))
	}
	if round(x) != round(y) {
		d.add(ChangeRounding, a, b, said(round(x)), said(round(y)))
	}
}

func round(l *Leaf) string {
	if l.Round == nil {
		return ""
	}
	return Int(int64(*l.Round)).String()
}

func ruleText(r Rule) []byte {
	if r == nil {
		return nil
	}
	w := &writer{}
	writeRule(w, r)
	return []byte(w.b.String())
}

func sentence(n *Node) func(context.Context) string {
	return func(ctx context.Context) string {
		if n.Leaf == nil || n.Leaf.Rule == nil {
			return ""
		}
		return n.Leaf.Rule.Sentence(ctx, n)
	}
}

// SayNode says a node in one line: name, maximum and, of a leaf, its rule.
func SayNode(ctx context.Context, n *Node) string {
	s := n.Name
	if n.Max > 0 {
		s += " (" + inPoints(ctx, OfPoints(n.Max)) + ")"
	}
	if rule := sentence(n)(ctx); rule != "" {
		s += ": " + rule
	}
	return s
}

// Text says where a leaf's numbers come from.
func (b Binding) Text(ctx context.Context) string {
	s := b.Source
	if known(b.Source) {
		s = i18n.T(ctx, "criteria.source_"+b.Source)
	}
	if b.Num != "" && b.Source == "dossiers" {
		s += ": " + MeasureName(ctx, b.Num)
		if b.Den != "" {
			s += " / " + MeasureName(ctx, b.Den)
		}
	} else if b.Num != "" {
		s += ": " + b.Num
		if b.Den != "" {
			s += "/" + b.Den
		}
	}
	return s
}

// Text says what "không phát sinh" gives.
func (n NA) Text(ctx context.Context) string {
	if n.Policy == NoPolicy {
		return i18n.T(ctx, "criteria.na_none")
	}
	return i18n.T(ctx, "criteria.na_"+string(n.Policy), "Points", decimal(ctx, OfPoints(n.Points)))
}

// Text names a kind of rule.
func (k Kind) Text(ctx context.Context) string { return i18n.T(ctx, "criteria.kind_"+string(k)) }
