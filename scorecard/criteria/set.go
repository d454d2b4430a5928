// Package criteria holds criteria sets of the PAR index (bộ chỉ số, bộ tiêu chí CCHC):
// a tree of fields, criteria and component criteria whose leaves carry a rule, and
// the arithmetic that turns what is known of a unit into points. It does no I/O.
//
// Numbers are exact: points are decimals of four places (points.Points), counts
// and ratios are integers over integers (points.Ratio), and a leaf's points are
// rounded once, half-up, at the place that the set states.
package criteria

import (
	"cchc/base/points"
)

// A Set is one version of a criteria set (bộ chỉ số CCHC). Once issued it does not
// change; a correction is a new version. It is shared: never change one that Load
// has returned.
type Set struct {
	ID           string // "SYN-xa-2024", the same in all versions of one year's set
	Title        string
	Level        string // which kind of unit is scored: cap_xa, cap_huyen, so_nganh …
	Basis        string // the decision that issues it (căn cứ), as it is cited
	Completeness string // as the file states it
	Verified     string // how far the text was checked, as the file states it
	Max          points.Points
	SurveyMax    points.Points // of Max, what surveys and imported satisfaction give; 0 when not stated
	Rounding     Rounding
	Fields       []*Node // lĩnh vực
	Bonus        Extra   // điểm thưởng; not within Max
	Penalty      Extra   // điểm trừ; not within Max
	Bands        []Band  // the highest first; empty when the set states none
	Frame        string  // ID of the set of the higher level whose frame this one fills; "" none

	Stated Stated // what the text says of its size

	leaves []*Node          // in the order of the file
	vetoes []*Node          // leaves and penalty items that may bring others to 0
	byCode map[string]*Node // every node, also bonus and penalty items
}

// Leaves returns the leaves of the tree in their order, without bonus and penalty
// items.
func (s *Set) Leaves() []*Node { return s.leaves }

// Node returns the node of a code, also a bonus or penalty item; nil when there is none.
func (s *Set) Node(code string) *Node { return s.byCode[code] }

// Stated are the numbers that a set's text gives for its parts; 0 is not stated. A
// ministry's published set says 38 criteria and lists 39.
type Stated struct{ Fields, Criteria, Leaves int }

// Rounding says where a number is rounded, half-up.
type Rounding struct {
	Places int // of a leaf's points, 0 to 4; 2 when the set does not state it
	Index  int // of the index in percent, 0 to 4; 2 when the set does not state it
}

// A Node is a field (lĩnh vực), a criterion (tiêu chí) or a component criterion
// (tiêu chí thành phần). It has children or a leaf, never both.
type Node struct {
	Code     string
	Name     string
	Max      points.Points // of a parent: the sum of its children's
	Children []*Node
	Leaf     *Leaf
	Parent   *Node  // nil for a field and for bonus and penalty items
	MayAdd   bool   // in a frame: a lower level may add leaves below it, up to Max
	Added    bool   // added to the frame by the lower level
	Basis    string // of a penalty: the clause that allows it (căn cứ)

	at, maxAt   place
	round       *int // as its rule has it, while it is read
	place       int  // among the leaves; -1 for what is not one
	first, last int  // of the leaves below it, itself for a leaf
}

// Field returns the field (lĩnh vực) that the node belongs to: its topmost ancestor.
func (n *Node) Field() *Node {
	for n.Parent != nil {
		n = n.Parent
	}
	return n
}

// A Leaf is what a node without children is scored by.
type Leaf struct {
	Rule     Rule
	Binding  Binding
	NA       NA     // what "không phát sinh" gives; zero: it cannot be claimed
	Evidence string // what proves it (tài liệu kiểm chứng), in words
	Round    *int   // decimal places of its points, where the set rounds it otherwise
}

// An Extra is the group of bonus or of penalty items.
type Extra struct {
	Items []*Node
	// Limit is the most that bonuses together give (above 0), or the least that
	// penalties together give (below 0). Nil: no limit of the group.
	Limit *points.Points
}

// A Band (xếp loại) names the indices from Min on, in percent.
type Band struct {
	Label  string
	Min    points.Points
	Strict bool // above Min; otherwise from Min on
}

// A Binding says where a leaf's numbers come from.
type Binding struct {
	// Source is a data source's name: "manual" is entered by hand; "dossiers" is
	// the dossier room; "survey" and "survey_sipas" take no self-score; "index_766"
	// is another index. Any other name is declared and entered by hand until its
	// room exists.
	Source string
	Num    string // measure of the numerator, "" where the rule has no ratio
	Den    string
}

// ByHand reports whether a person enters the value now: no room of the product
// gives it.
func (b Binding) ByHand() bool {
	switch b.Source {
	case "dossiers", "index_766":
		return false
	}
	return true
}

// Survey reports whether the value comes of a survey: the unit does not score itself.
func (b Binding) Survey() bool { return b.Source == "survey" || b.Source == "survey_sipas" }

// A Policy says what a leaf gives whose case did not arise (không phát sinh).
type Policy string

const (
	NoPolicy  Policy = ""            // it cannot be claimed
	ReduceMax Policy = "reduce_max"  // no points, and the maximum shrinks by the leaf's: a unit is scored out of 98
	FullPart  Policy = "full_points" // as if it were reached
	FixedPart Policy = "fixed"       // NA.Points
)

// NA is the policy of a leaf; claiming it needs proof and is appraised.
type NA struct {
	Policy Policy
	Points points.Points // with FixedPart
}
