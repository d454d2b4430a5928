package criteria

import "cchc/base/points"

// With returns a copy of the set in which one leaf has another maximum or rule, for
// trying what it would do: nothing is checked that issuing checks, and the maxima
// above the leaf follow it. max below 0 and an empty rule leave them as they are. rule
// is the YAML of kind and rule as a set has them. Faults name the place in that text.
func (s *Set) With(code string, max points.Points, rule string) (*Set, Faults) {
	r := &reader{code: code}
	old := s.byCode[code]
	if old == nil || old.Leaf == nil {
		r.wrong(place{}, "criteria.in_code", "Code", clip(code), "Set", s.ID)
		return nil, r.faults
	}
	out, err := Load(Canonical(s))
	if err != nil { // a draft with faults
		return nil, err.(Faults)
	}
	n := out.byCode[code]
	if max >= 0 && max != n.Max && n.place >= 0 {
		by := max - n.Max
		for p := n; p != nil; p = p.Parent {
			p.Max += by
		}
		out.Max += by
	}
	if rule == "" {
		// The rule is written anew for the maximum, for some rules have it in them.
		rule = string(ruleText(n.Leaf.Rule))
		if max >= 0 && max != old.Max {
			n.Leaf.Rule = scaled(n.Leaf.Rule, old.Max, max)
			return out, nil
		}
	}
	m := r.parse([]byte(rule))
	if m == nil {
		return nil, r.faults
	}
	x := readRule(m, n, seatOf(out, n))
	m.done()
	if len(r.faults) > 0 {
		return nil, r.faults
	}
	n.Leaf.Rule = x
	r.references(out)
	out.vetoes = nil
	out.link()
	return out, r.faults
}

func seatOf(s *Set, n *Node) seat {
	for _, x := range s.Bonus.Items {
		if x == n {
			return bonusSeat
		}
	}
	for _, x := range s.Penalty.Items {
		if x == n {
			return penaltySeat
		}
	}
	return leafSeat
}

// scaled returns a rule whose points are in the same proportion to another maximum. A
// rule that takes its points from the maximum is itself.
func scaled(r Rule, from, to points.Points) Rule {
	by, ok := Frac(int64(to), int64(from))
	if !ok {
		return r
	}
	p := func(x points.Points) points.Points { return OfPoints(x).Mul(by).Round(4) }
	tiers := func(list []Tier) []Tier {
		out := make([]Tier, len(list))
		for i, t := range list {
			out[i] = Tier{t.Bounds, p(t.Points)}
		}
		return out
	}
	switch x := r.(type) {
	case *YesNoRule:
		return &YesNoRule{p(x.Yes), p(x.No), x.Veto}
	case *ChoiceRule:
		out := &ChoiceRule{}
		for _, o := range x.Options {
			out.Options = append(out.Options, Option{o.Label, p(o.Points)})
		}
		return out
	case *TieredRule:
		out := *x
		out.Tiers = tiers(x.Tiers)
		return &out
	case *DeadlineRule:
		return &DeadlineRule{x.From, tiers(x.Tiers)}
	case *YearOnYearRule:
		out := *x
		out.Improved, out.Same, out.Otherwise, out.NoPast = p(x.Improved), p(x.Same), p(x.Otherwise), p(x.NoPast)
		return &out
	case *CountRule:
		out := *x
		out.Each, out.Cap = p(x.Each), p(x.Cap)
		return &out
	case *DeductionRule:
		out := *x
		out.Start, out.Each = p(x.Start), p(x.Each)
		return &out
	case *LateRule:
		out := *x
		out.Start, out.Each = p(x.Start), p(x.Each)
		return &out
	}
	return r
}

// RuleText writes a leaf's kind and rule as a set's file has them.
func RuleText(n *Node) string {
	if n.Leaf == nil {
		return ""
	}
	return string(ruleText(n.Leaf.Rule))
}

// ParseInput reads one leaf's input from the text that stands behind its code in a file
// of inputs: "95/100", "{num: 95, den: 100}", an option, "na". An empty text is nothing
// entered.
func (s *Set) ParseInput(code, text string) (Input, Faults) {
	if text == "" {
		return Input{}, nil
	}
	in, faults := LoadInputs(s, []byte(quote(code)+": "+flow(text)))
	if len(faults) == 1 && faults[0].Key == "criteria.in_unread" {
		faults = nil // other leaves, which the rule may ask, are not here
	}
	return in[code], faults
}

// flow quotes a bare text, and leaves a map as it is.
func flow(s string) string {
	if len(s) > 0 && s[0] == '{' {
		return s
	}
	return quote(s)
}
