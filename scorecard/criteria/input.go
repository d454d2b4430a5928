package criteria

import (
	"cchc/base/moment"
	"cchc/base/points"
)

// An Input is what is known of one leaf for one unit and period. Which fields count
// depends on the leaf's rule; the zero Input is "nothing entered". Its JSON is how
// rooms store it.
type Input struct {
	// NA claims that the case did not arise (không phát sinh).
	NA bool `json:"na,omitempty"`
	// Value is a number by itself: a count, days, a ratio (0.95). Surveys and imported
	// indices take a ratio up to 1 and, above it, a percent: 0.71 and 71 are the
	// same. Nil: not given.
	Value *points.Ratio `json:"value,omitempty"`
	// Ratio is a numerator over its denominator, not reduced. Nil: not given. A
	// denominator of 0 is the same as nothing entered, and the page says so.
	Ratio *points.Ratio `json:"ratio,omitempty"`
	// Option is the label of an option, or its place from 1; yes/no (có/không).
	Option string `json:"option,omitempty"`
	// Before is last year's number, for a rule that compares years. Nil: there is no
	// comparable past.
	Before *points.Ratio `json:"previous,omitempty"`
	// Best is the number of the group's leader, for a rule that compares units.
	Best *points.Ratio `json:"best,omitempty"`
	// Answers are the numbers of answers by option of a survey, in the rule's order.
	Answers []int64 `json:"answers,omitempty"`
	// Vars are the named numbers of a formula.
	Vars map[string]points.Ratio `json:"vars,omitempty"`
	// Done and Due are the day on which a thing was done and the day it had to be,
	// for deadline rules; Value may hold the days late instead.
	Done moment.Date `json:"done,omitempty"`
	Due  moment.Date `json:"due,omitempty"`
	// Parts are the inputs of a composite rule's parts, in order.
	Parts []Input `json:"parts,omitempty"`
	// Veto says that what the rule names as forbidding points was found.
	Veto bool `json:"veto,omitempty"`
	// Hits are the codes of leaves that a penalty also brings to 0 points, where its
	// rule says so: those whose evidence was false.
	Hits []string `json:"hits,omitempty"`
}

// Inputs are a unit's inputs by the code of leaf, bonus or penalty item.
type Inputs map[string]Input

// Given reports whether anything was entered.
func (in Input) Given() bool {
	return in.NA || in.Value != nil || in.Ratio != nil || in.Option != "" || len(in.Answers) > 0 ||
		len(in.Vars) > 0 || in.Done != 0 || len(in.Parts) > 0 || in.Veto
}

// number returns the numerator over the denominator, or else the value.
func (in *Input) number() (Num, bool) {
	if in.Ratio != nil {
		return OfRatio(*in.Ratio)
	}
	return in.value()
}

// value returns the value alone.
func (in *Input) value() (Num, bool) {
	if in.Value != nil {
		return OfRatio(*in.Value)
	}
	return Num{}, false
}

// daysLate returns the value as days, or the days from Due to Done.
func (in *Input) daysLate() (Num, bool) {
	if in.Value != nil {
		return OfRatio(*in.Value)
	}
	if in.Done == 0 || in.Due == 0 {
		return Num{}, false
	}
	return Int(int64(in.Done) - int64(in.Due)), true
}

// yes reads the option of a yes/no question; ok is false when it is neither.
func (in *Input) yes() (yes, ok bool) {
	switch in.Option { // how forms have it
	case "yes":
		return true, true
	case "no":
		return false, true
	}
	switch fold(in.Option) {
	case "yes", "y", "true", "co", "dat", "1":
		return true, true
	case "no", "n", "false", "khong", "khong dat", "0", "2":
		return false, true
	}
	if in.Option == "" && in.Value != nil {
		v, ok := in.value()
		return v.Cmp(Int(1)) == 0, ok && (v.Sign() == 0 || v.Cmp(Int(1)) == 0)
	}
	return false, false
}
