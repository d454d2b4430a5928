package criteria

import "cchc/base/points"

// A State says how a leaf came to its points.
type State string

const (
	Scored  State = "scored"
	Missing State = "missing" // nothing entered: no points, and pages show "–"
	Nothing State = "na"      // không phát sinh, by the leaf's policy
	Vetoed  State = "vetoed"  // something found forbids the points
)

// A Result is one leaf's, bonus or penalty item's score.
type Result struct {
	Node   *Node
	Input  Input
	State  State
	Branch Branch
	Exact  Num           // before rounding; 0 when Missing
	Points points.Points // rounded half-up at the set's place; below 0 for a penalty
	Max    points.Points // what it counts in the effective maximum: 0 where the maximum is reduced
}

// A Branch tells which part of a rule gave the points: what kind of part, and which
// of several, from 1.
type Branch struct {
	Kind BranchKind
	N    int
	of   *Node // whose rule it is, where a conditional took one; nil is the leaf's own
}

// A BranchKind names a part of a rule.
type BranchKind string

// The parts of rules.
const (
	BranchYes         BranchKind = "yes"
	BranchNo          BranchKind = "no"
	BranchOption      BranchKind = "option" // N: which
	BranchTier        BranchKind = "tier"   // N: which
	BranchNone        BranchKind = "none"   // no tier holds the number
	BranchNever       BranchKind = "never"  // it was not done at all
	BranchFull        BranchKind = "full"
	BranchLinear      BranchKind = "linear"
	BranchBelow       BranchKind = "below" // below what the rule asks at least
	BranchImproved    BranchKind = "improved"
	BranchSame        BranchKind = "same"
	BranchNotImproved BranchKind = "not_improved"
	BranchNoPast      BranchKind = "no_past" // there is no comparable year before
	BranchLeader      BranchKind = "leader"
	BranchCount       BranchKind = "count"
	BranchCapped      BranchKind = "capped"
	BranchNoFault     BranchKind = "no_fault"
	BranchFaults      BranchKind = "faults"
	BranchFloor       BranchKind = "floor"
	BranchSum         BranchKind = "sum"
	BranchFormula     BranchKind = "formula"
	BranchFixed       BranchKind = "fixed"
	BranchVeto        BranchKind = "veto"       // something found here forbids the points
	BranchZeroed      BranchKind = "zeroed"     // something found at another leaf or item does
	BranchUnread      BranchKind = "unread"     // the input lacks what the rule reads
	BranchNA          BranchKind = "na"         // không phát sinh, by the leaf's policy
	BranchRefused     BranchKind = "na_refused" // it was claimed where the leaf does not allow it
	BranchHand        BranchKind = "by_hand"    // a person gave the points, and no rule
)

// A Part is what a node of the tree reached: a field, a criterion.
type Part struct {
	Node   *Node
	Points points.Points
	Max    points.Points // effective
}

// A Card is a unit's whole score under a set.
type Card struct {
	Set     *Set
	Results []Result // of the leaves, in the set's order
	Bonuses []Result
	Taken   []Result // penalty items
	Fields  []Part

	Bonus   points.Points // together, under the group's cap
	Penalty points.Points // together, above the group's floor; 0 or below
	Sum     points.Points // of the leaves
	Total   points.Points // Sum + Bonus + Penalty, not below 0 and not above Max
	Max     points.Points // effective maximum: Set.Max less what "không phát sinh" takes off
	Index   points.Points // Total / Max in percent, half-up at Rounding.Index; 0 when Max is 0
	Missing int           // leaves without an input

	work *scoring // see ScoreInto
}

// Ratio returns the index exactly, as what ranking compares.
func (c *Card) Ratio() points.Ratio { return points.Ratio{Num: int64(c.Total), Den: int64(c.Max)} }

// Result returns the result of a code; ok is false when the set has no such leaf
// or item.
func (c *Card) Result(code string) (Result, bool) {
	for _, list := range [][]Result{c.Results, c.Bonuses, c.Taken} {
		for _, r := range list {
			if r.Node.Code == code {
				return r, true
			}
		}
	}
	return Result{}, false
}
