package criteria

import (
	"context"
	"slices"
	"strings"
)

// A Kind names a way of giving points; sets write it as kind.
type Kind string

// The kinds that real sets use. What Input each reads stands behind it.
const (
	YesNo      Kind = "yes_no"           // Option
	Choice     Kind = "choice"           // Option
	AllOrNone  Kind = "all_or_nothing"   // Ratio or Value
	Deadline   Kind = "deadline_tiers"   // Done and Due, or Value in days
	Tiered     Kind = "tiered"           // Ratio or Value, as a ratio
	CountTier  Kind = "count_tiered"     // Value
	Linear     Kind = "linear_ratio"     // Ratio or Value, as a ratio; capped by full_at
	Piecewise  Kind = "piecewise_linear" // the same with a floor: below it nothing
	Depends    Kind = "conditional"      // what the rule taken reads, and another leaf's result
	YearOnYear Kind = "year_on_year"     // Value or Ratio, and Before
	Relative   Kind = "relative"         // Value or Ratio, and Best
	Count      Kind = "count"            // Value: items, each worth points, up to a cap
	Deduction  Kind = "deduction"        // Value: faults, each taking points, down to a floor
	Late       Kind = "late_penalty"     // Value in days, or Done and Due
	Survey     Kind = "survey"           // Answers, or Value in percent
	Import     Kind = "import"           // Value: another index
	Formula    Kind = "formula"          // Vars
	Veto       Kind = "veto"             // Option: yes when it was found
	Composite  Kind = "composite"        // Parts
)

// Kinds lists all kinds in the order of forms.
var Kinds = []Kind{YesNo, Choice, AllOrNone, Deadline, Tiered, CountTier, Linear, Piecewise, Depends, YearOnYear,
	Relative, Count, Deduction, Late, Survey, Import, Formula, Veto, Composite}

// A Rule gives points for an input. There is one type for each kind.
type Rule interface {
	Kind() Kind

	// Sentence says the rule in words, as a decision would print it: one line, tiers
	// parted by semicolons. n is the node that it scores.
	Sentence(ctx context.Context, n *Node) string

	// Monotone tells how points move with the number that the rule reads: Rising,
	// Falling, or Unordered where there is no such number or the points go both ways.
	Monotone() Direction

	// points returns the exact points of an input that is given and not NA; ok is
	// false when the input lacks what the rule reads.
	points(n *Node, in *Input, at *scoring) (p Num, b Branch, ok bool)

	// write writes the rule's parameters.
	write(w *writer)
}

// A Direction is how points move with the input.
type Direction int

// What Monotone returns.
const (
	Falling   Direction = -1 // more is worse: faults, days late
	Unordered Direction = 0
	Rising    Direction = 1 // more is better
)

// A seat says where a rule stands, which decides what it may leave out.
type seat int

const (
	leafSeat    seat = iota // a leaf of the tree: points within 0 and its max
	bonusSeat               // points from 0 to its cap
	penaltySeat             // points from its floor to 0
	partSeat                // a part of a composite: any points
	branchSeat              // one side of a conditional leaf: within 0 and its max, which it need not reach
)

// scores reports whether the points lie between 0 and the node's maximum.
func (s seat) scores() bool { return s == leafSeat || s == branchSeat }

// readers read the parameters of each kind; what is wrong is told to the mapping.
// The mapping is nil where a file gives a kind no rule.
var readers map[Kind]func(m *mapping, n *Node, s seat) Rule

func init() {
	readers = map[Kind]func(m *mapping, n *Node, s seat) Rule{
		YesNo: readYesNo, Choice: readChoice, AllOrNone: readAllOrNone, Deadline: readDeadline, Tiered: readTiered,
		CountTier: readCountTier, Linear: readLinear, Piecewise: readPiecewise, Depends: readDepends,
		YearOnYear: readYearOnYear, Relative: readRelative, Count: readCount, Deduction: readDeduction, Late: readLate,
		Survey: readSurvey, Import: readImport, Formula: readFormula, Veto: readVeto, Composite: readComposite,
	}
}

// readRule reads a rule that stands under a key of its own, beside its kind.
func readRule(m *mapping, n *Node, s seat) Rule {
	kind := Kind(m.need("kind"))
	if kind == "" {
		m.take("rule")
		return nil
	}
	read := readers[kind]
	if read == nil {
		m.wrong("kind", "criteria.kind_unknown", "Kind", clip(string(kind)), "Known", kindList())
		m.take("rule")
		return nil
	}
	rule := m.child("rule")
	if rule == nil {
		if !m.has("rule") { // a map that could not be read has been told of
			m.wrong("kind", "criteria.missing", "Name", "rule")
		}
		return nil
	}
	out := read(rule, n, s)
	if rule.has("round") { // a rounding of its own may stand in the rule or beside it
		places := int(rule.integer("round", 0, 4, 2))
		n.round = &places
	}
	rule.done()
	return out
}

func kindList() string {
	var out []string
	for _, k := range Kinds {
		out = append(out, string(k))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// within tells of points that are not between 0 and the node's maximum.
func within(m *mapping, key string, p Num, n *Node, s seat) {
	if s.scores() && (p.Sign() < 0 || p.Cmp(OfPoints(n.Max)) > 0) {
		m.wrong(key, "criteria.points_outside", "Points", p.String(), "Max", OfPoints(n.Max).String())
	}
}

// reaches tells when the best that a rule gives is not the node's maximum.
func reaches(m *mapping, key string, best Num, n *Node, s seat) {
	if s == leafSeat && best.Cmp(OfPoints(n.Max)) != 0 {
		m.wrong(key, "criteria.max_unreached", "Best", best.String(), "Max", OfPoints(n.Max).String())
	}
}
