package criteria

import (
	"math/big"

	"cchc/base/points"
)

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
	Exact  *big.Rat      // before rounding; nil when Missing
	Points points.Points // rounded half-up at the set's place; below 0 for a penalty
	Max    points.Points // what it counts in the effective maximum: 0 where the maximum is reduced
}

// A Branch tells which part of a rule gave the points: what kind of part, and which
// of several, from 1.
type Branch struct {
	Kind string // "tier", "option", "full", "below_floor", "linear", "capped", "floor", "improved" …
	N    int
}

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

// A scoring is a card being made: rules that look at another leaf's result ask it.
type scoring struct {
	card *Card
	done map[string]*Result
}
