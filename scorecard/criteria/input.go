package criteria

import (
	"cchc/base/moment"
	"cchc/base/points"
)

// An Input is what is known of one leaf for one unit and period. Which fields count
// depends on the leaf's rule; the zero Input is "nothing entered".
type Input struct {
	// NA claims that the case did not arise (không phát sinh).
	NA bool
	// Value is a number by itself: a count, days, a ratio (0.95), a percent where the
	// rule says so. Nil: not given.
	Value *points.Ratio
	// Ratio is a numerator over its denominator, not reduced. Nil: not given. A
	// denominator of 0 is the same as nothing entered, and the page says so.
	Ratio *points.Ratio
	// Option is the label of an option, or its place from 1; yes/no (có/không).
	Option string
	// Before is last year's number, for a rule that compares years.
	Before *points.Ratio
	// Best is the number of the group's leader, for a rule that compares units.
	Best *points.Ratio
	// Answers are the numbers of answers by option of a survey, in the rule's order.
	Answers []int64
	// Vars are the named numbers of a formula.
	Vars map[string]points.Ratio
	// Done and Due are the day on which a thing was done and the day it had to be,
	// for deadline rules; Value may hold the days late instead.
	Done, Due moment.Date
	// Parts are the inputs of a composite rule's parts, in order.
	Parts []Input
	// Veto says that what the rule names as forbidding points was found.
	Veto bool
}

// Inputs are a unit's inputs by the code of leaf, bonus or penalty item.
type Inputs map[string]Input

// Given reports whether anything was entered.
func (in Input) Given() bool {
	return in.NA || in.Value != nil || in.Ratio != nil || in.Option != "" || len(in.Answers) > 0 ||
		len(in.Vars) > 0 || in.Done != 0 || len(in.Parts) > 0 || in.Veto
}
