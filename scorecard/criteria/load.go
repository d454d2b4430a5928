package criteria

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"

	"cchc/base/points"
)

// Load reads a set. The error is Faults: everything that is wrong with it, each with
// its place; a set with a fault is refused whole.
func Load(text []byte) (*Set, error) {
	s, faults := Read(text)
	if err := faults.or(); err != nil {
		return nil, err
	}
	return s, nil
}

// Check returns everything that is wrong with a set's text, with the frame of the
// higher level that it fills; a nil frame is none.
func Check(text []byte, frame *Set) Faults {
	s, faults := Read(text)
	if frame != nil && s != nil {
		faults = append(faults, s.CheckFrame(frame)...)
	}
	return faults
}

// Read reads as much of a set as can be read, for drafts, and all that is wrong with
// it. The set is nil when there is nothing to show; one with faults must not be
// scored with.
func Read(text []byte) (*Set, Faults) {
	r := &reader{}
	if !utf8.Valid(text) {
		r.wrong(place{}, "criteria.not_utf8")
		return nil, r.faults
	}
	m := r.parse(text)
	if m == nil {
		return nil, r.faults
	}
	s := r.set(m)
	slices.SortStableFunc(r.faults, func(a, b Fault) int { return a.Line - b.Line })
	return s, r.faults
}

func (r *reader) set(m *mapping) *Set {
	s := &Set{Rounding: Rounding{Places: 2, Index: 2}, byCode: map[string]*Node{}}
	meta := m.child("meta")
	if meta == nil {
		if !m.has("meta") {
			m.wrong("meta", "criteria.missing", "Name", "meta")
		}
		meta = &mapping{r: r, at: place{m.at.line, "meta"}, vals: map[string]ast.Node{}, used: map[string]bool{}, line: map[string]int{}}
	} else {
		r.meta(meta, s)
	}
	for _, x := range m.list("domains") {
		if n := r.node(x, nil, s, 1); n != nil {
			s.Fields = append(s.Fields, n)
		}
	}
	if !m.has("domains") {
		m.wrong("domains", "criteria.missing", "Name", "domains")
	}
	s.Bonus.Items = r.items(m, "bonus", s, bonusSeat)
	s.Penalty.Items = r.items(m, "penalties", s, penaltySeat)
	m.done()
	r.groups(meta, s)
	s.link()
	r.sums(meta, s)
	r.references(s)
	meta.done()
	return s
}

var identifier = regexp.MustCompile(`^[\pL\pN][\pL\pN ._/()-]{0,99}$`)

func (r *reader) meta(m *mapping, s *Set) {
	s.ID = m.need("id")
	if s.ID != "" && !identifier.MatchString(s.ID) {
		m.wrong("id", "criteria.not_id", "Value", clip(s.ID))
	}
	s.Title = m.need("title")
	s.Level = m.need("level")
	if s.Level != "" && !isName(s.Level) {
		m.wrong("level", "criteria.not_name", "Value", clip(s.Level))
	}
	s.Basis, s.Completeness, s.Verified, s.Frame = m.text("basis"), m.text("completeness"), m.text("verified"), m.text("frame")
	if p, ok := m.points("total_max"); ok {
		if s.Max = p; p <= 0 {
			m.wrong("total_max", "criteria.not_above_0")
		}
	} else if !m.has("total_max") {
		m.wrong("total_max", "criteria.missing", "Name", "total_max")
	}
	s.SurveyMax, _ = m.points("survey_and_sipas")
	if x := m.child("rounding"); x != nil {
		s.Rounding.Places = int(x.integer("points", 0, 4, 2))
		s.Rounding.Index = int(x.integer("index", 0, 4, 2))
		x.done()
	}
	if x := m.child("stated"); x != nil {
		s.Stated = Stated{int(x.integer("fields", 1, 1000, 0)), int(x.integer("criteria", 1, 5000, 0)), int(x.integer("leaves", 1, 5000, 0))}
		x.done()
	}
	r.bands(m, s)
}

func (r *reader) bands(m *mapping, s *Set) {
	list := m.list("bands")
	for i, x := range list {
		b := Band{Label: x.need("label"), Strict: x.flag("strict")}
		var ok bool
		if b.Min, ok = x.points("min"); !ok && !x.has("min") {
			x.wrong("min", "criteria.missing", "Name", "min")
		} else if b.Min < 0 || b.Min > points.Of(100) {
			x.wrong("min", "criteria.not_between", "Low", 0, "High", 100)
		} else if i > 0 && i == len(s.Bands) && b.Min >= s.Bands[i-1].Min {
			x.wrong("min", "criteria.band_order", "Label", b.Label, "Above", s.Bands[i-1].Label)
		}
		for _, o := range s.Bands {
			if o.Label == b.Label && b.Label != "" {
				x.wrong("label", "criteria.band_twice", "Label", b.Label)
			}
		}
		s.Bands = append(s.Bands, b)
		x.done()
	}
	if n := len(s.Bands); n > 0 && (s.Bands[n-1].Min > 0 || s.Bands[n-1].Strict) {
		list[len(list)-1].wrong("min", "criteria.band_gap", "Label", s.Bands[n-1].Label)
	}
}

// groups reads the limits of bonuses and penalties. Every item must end somewhere.
func (r *reader) groups(meta *mapping, s *Set) {
	if p, ok := meta.points("bonus_cap"); ok {
		if s.Bonus.Limit = &p; p <= 0 {
			meta.wrong("bonus_cap", "criteria.not_above_0")
		}
	}
	if p, ok := meta.points("penalty_floor"); ok {
		if s.Penalty.Limit = &p; p >= 0 {
			meta.wrong("penalty_floor", "criteria.not_below_0")
		}
	}
	for _, n := range s.Bonus.Items {
		r.code = n.Code
		if s.Bonus.Limit == nil && n.Max == 0 {
			r.wrong(n.at, "criteria.bonus_no_cap")
		}
	}
	for _, n := range s.Penalty.Items {
		r.code = n.Code
		if n.Leaf.Rule != nil && s.Penalty.Limit == nil && n.Max == 0 && !ends(n.Leaf.Rule) {
			r.wrong(n.at, "criteria.penalty_no_floor")
		}
		if n.Leaf.Rule != nil && n.Basis == "" && n.Name == "" {
			r.wrong(n.at, "criteria.penalty_no_basis")
		}
	}
	r.code = ""
}

// ends reports whether a penalty's rule has a least of its own.
func ends(rule Rule) bool {
	switch x := rule.(type) {
	case *DeductionRule:
		return x.Floor != nil
	case *LateRule:
		return x.Floor != nil
	case *FormulaRule, *CompositeRule:
		return false
	}
	return true
}

var codeShape = regexp.MustCompile(`^[\pL\pN][\pL\pN._/-]{0,39}$`)

// head reads what every node has.
func (r *reader) head(m *mapping, s *Set) *Node {
	n := &Node{Code: m.need("code"), at: m.at, place: -1}
	r.code = n.Code
	switch {
	case n.Code == "":
	case !codeShape.MatchString(n.Code):
		m.wrong("code", "criteria.not_code", "Value", clip(n.Code))
	case s.byCode[n.Code] != nil:
		m.wrong("code", "criteria.code_twice", "Code", n.Code)
	default:
		s.byCode[n.Code] = n
	}
	n.Name = m.need("name")
	return n
}

// childKeys are the names under which a node has its children: domains have
// criteria, criteria have components, and any node may have children.
var childKeys = []string{"criteria", "components", "children"}

func (r *reader) node(m *mapping, parent *Node, s *Set, depth int) *Node {
	n := r.head(m, s)
	n.Parent = parent
	var ok bool
	if n.Max, ok = m.points("max"); !ok && !m.has("max") {
		m.wrong("max", "criteria.missing", "Name", "max")
	} else if ok && n.Max < 0 {
		m.wrong("max", "criteria.below_0")
	}
	n.maxAt = m.place("max")
	n.MayAdd, n.Added = m.flag("may_add"), m.flag("added")
	var under []string
	for _, k := range childKeys {
		if m.has(k) {
			under = append(under, k)
		}
	}
	isLeaf := m.has("kind") || m.has("rule")
	switch {
	case len(under) == 0 && !isLeaf && n.MayAdd:
		// In a frame: everything below it is the lower level's.
	case len(under) == 0 && !isLeaf:
		m.wrong("kind", "criteria.leaf_no_rule")
	case len(under) > 1 || len(under) == 1 && isLeaf:
		m.wrong(under[0], "criteria.leaf_and_children")
	case depth >= maxDepth:
		m.wrong(under[0], "criteria.too_deep", "Max", maxDepth)
		m.take(under[0])
		under = nil
	}
	if isLeaf {
		if kind := Kind(m.text("kind")); n.Max == 0 && kind != Veto && ok {
			m.wrong("max", "criteria.not_above_0")
		}
		n.Leaf = r.leaf(m, n, leafSeat)
		if len(s.leaves) == maxLeaves {
			m.wrong("code", "criteria.too_many", "Max", maxLeaves)
		} else if len(s.leaves) < maxLeaves {
			s.leaves = append(s.leaves, n)
		}
	}
	own := r.code
	for _, k := range under {
		for _, x := range m.list(k) {
			n.Children = append(n.Children, r.node(x, n, s, depth+1))
		}
		r.code = own
		if len(m.nodes(k)) == 0 && !n.MayAdd {
			m.wrong(k, "criteria.no_children")
		}
	}
	m.done()
	r.code = ""
	return n
}

// items reads bonus or penalty items.
func (r *reader) items(m *mapping, key string, s *Set, seat seat) (out []*Node) {
	for _, x := range m.list(key) {
		n := r.head(x, s)
		n.Max, _ = x.points("max")
		if n.Max < 0 {
			x.wrong("max", "criteria.below_0")
		}
		n.Basis = x.text("basis")
		n.Leaf = r.leaf(x, n, seat)
		x.done()
		out = append(out, n)
	}
	r.code = ""
	return out
}

func (r *reader) leaf(m *mapping, n *Node, s seat) *Leaf {
	l := &Leaf{Evidence: m.text("evidence")}
	if x := m.child("na"); x != nil {
		l.NA = readNA(x, n, s)
	}
	if m.has("round") {
		places := int(m.integer("round", 0, 4, 2))
		l.Round = &places
	}
	l.Rule = readRule(m, n, s)
	if n.round != nil && l.Round == nil {
		l.Round = n.round
	}
	l.Binding = readBinding(m, l.Rule)
	return l
}

func readNA(m *mapping, n *Node, s seat) NA {
	na := NA{Policy: Policy(m.need("policy"))}
	p, given := m.points("points")
	switch na.Policy {
	case NoPolicy:
	case ReduceMax, FullPart:
		if given {
			m.wrong("points", "criteria.na_points")
		}
	case FixedPart:
		if !given && !m.has("points") {
			m.wrong("points", "criteria.missing", "Name", "points")
		}
		na.Points = p
		within(m, "points", OfPoints(p), n, s)
	default:
		m.wrong("policy", "criteria.na_unknown", "Value", clip(string(na.Policy)))
	}
	if s != leafSeat {
		m.wrong("policy", "criteria.na_extra")
	}
	m.done()
	return na
}

// link numbers the leaves and lists what may bring others to 0.
func (s *Set) link() {
	for i, n := range s.leaves {
		n.place = i
	}
	var number func(n *Node)
	number = func(n *Node) {
		n.first, n.last = len(s.leaves), -1
		if n.place >= 0 {
			n.first, n.last = n.place, n.place
		}
		for _, c := range n.Children {
			number(c)
			n.first, n.last = min(n.first, c.first), max(n.last, c.last)
		}
		if n.last < 0 { // no leaf below it
			n.first = 0
		}
	}
	for _, f := range s.Fields {
		number(f)
	}
	for _, n := range append(slices.Clone(s.leaves), s.Penalty.Items...) {
		switch x := n.Leaf.Rule.(type) {
		case *VetoRule:
			s.vetoes = append(s.vetoes, n)
		case *DeductionRule:
			if x.Also != "" {
				s.vetoes = append(s.vetoes, n)
			}
		}
	}
}

// sums checks the maxima of every level, and what the text says of its size.
func (r *reader) sums(meta *mapping, s *Set) {
	total := points.Points(0)
	for _, f := range s.Fields {
		total += f.Max
		r.sum(f)
	}
	r.code = ""
	if len(s.Fields) > 0 && s.Max > 0 && total != s.Max {
		meta.wrong("total_max", "criteria.sum_fields", "Says", plain(s.Max), "Sum", plain(total))
	}
	survey := points.Points(0)
	criteria := 0
	for _, l := range s.leaves {
		if l.Leaf.Binding.Survey() {
			survey += l.Max
		}
	}
	for _, f := range s.Fields {
		criteria += len(f.Children)
	}
	if meta.has("survey_and_sipas") && survey != s.SurveyMax {
		meta.wrong("survey_and_sipas", "criteria.sum_survey", "Says", plain(s.SurveyMax), "Sum", plain(survey))
	}
	for _, x := range []struct {
		key       string
		says, has int
	}{{"fields", s.Stated.Fields, len(s.Fields)}, {"criteria", s.Stated.Criteria, criteria}, {"leaves", s.Stated.Leaves, len(s.leaves)}} {
		if x.says > 0 && x.says != x.has {
			meta.wrong("stated", "criteria.stated_"+x.key, "Says", x.says, "Has", x.has)
		}
	}
}

func (r *reader) sum(n *Node) {
	if len(n.Children) == 0 {
		return
	}
	total := points.Points(0)
	for _, c := range n.Children {
		total += c.Max
		r.sum(c)
	}
	r.code = n.Code
	if total != n.Max && !(n.MayAdd && total < n.Max) {
		r.wrong(n.maxAt, "criteria.sum_children", "Says", plain(n.Max), "Sum", plain(total))
	}
}

// references checks the codes that rules name, and that no leaf waits for itself.
func (r *reader) references(s *Set) {
	all := append(append(slices.Clone(s.leaves), s.Bonus.Items...), s.Penalty.Items...)
	for _, n := range all {
		r.code = n.Code
		at := place{n.at.line, join(n.at.path, "rule")}
		for _, code := range depends(n.Leaf.Rule) {
			switch o := s.byCode[code]; {
			case code == "":
			case o == nil:
				r.wrong(at, "criteria.code_unknown", "Code", clip(code))
			case o.Leaf == nil || o.place < 0:
				r.wrong(at, "criteria.code_not_leaf", "Code", code)
			default:
				r.options(at, n.Leaf.Rule, o)
			}
		}
		if x, ok := n.Leaf.Rule.(*VetoRule); ok {
			for _, code := range x.Zero {
				if o := s.byCode[code]; o == nil && code != EverythingCode {
					r.wrong(at, "criteria.code_unknown", "Code", clip(code))
				} else if o == n {
					r.wrong(at, "criteria.veto_itself")
				} else if o != nil && o.place < 0 && o.Leaf != nil {
					r.wrong(at, "criteria.code_not_leaf", "Code", code)
				}
			}
		}
	}
	r.circles(s)
	r.code = ""
}

// options checks that the options a condition names are the other leaf's.
func (r *reader) options(at place, rule Rule, other *Node) {
	x, ok := rule.(*DependsRule)
	if !ok {
		return
	}
	if x.On == other.Code {
		for _, o := range x.Options {
			switch y := other.Leaf.Rule.(type) {
			case *ChoiceRule:
				if y.find(o) < 0 {
					r.wrong(at, "criteria.option_unknown", "Label", clip(o), "Code", other.Code)
				}
			case *YesNoRule, *VetoRule:
				if _, ok := (&Input{Option: o}).yes(); !ok {
					r.wrong(at, "criteria.option_unknown", "Label", clip(o), "Code", other.Code)
				}
			default:
				r.wrong(at, "criteria.option_unknown", "Label", clip(o), "Code", other.Code)
			}
		}
		for _, b := range x.Bounds {
			if b.At.Cmp(OfPoints(other.Max)) > 0 || b.At.Sign() < 0 {
				r.wrong(at, "criteria.points_outside", "Points", b.At.String(), "Max", plain(other.Max))
			}
		}
	}
	r.options(at, x.Then.Leaf.Rule, other)
	r.options(at, x.Else.Leaf.Rule, other)
}

// circles tells of leaves whose conditions come back to themselves, each circle once.
func (r *reader) circles(s *Set) {
	const white, grey, black = 0, 1, 2
	colour := map[string]int{}
	var path []string
	var visit func(code string)
	visit = func(code string) {
		n := s.byCode[code]
		if n == nil || n.Leaf == nil || colour[code] == black {
			return
		}
		if colour[code] == grey {
			circle := append(slices.Clone(path[slices.Index(path, code):]), code)
			r.code = code
			r.wrong(place{n.at.line, join(n.at.path, "rule")}, "criteria.circle", "Codes", strings.Join(circle, " → "))
			return
		}
		colour[code] = grey
		path = append(path, code)
		for _, o := range depends(n.Leaf.Rule) {
			visit(o)
		}
		path = path[:len(path)-1]
		colour[code] = black
	}
	for _, n := range s.leaves {
		visit(n.Code)
	}
}
