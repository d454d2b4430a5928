package serviceindex

import (
	"math/big"

	"cchc/base/points"
)

// A Branch tells which part of a rule gave the points.
type Branch string

const (
	Computed   Branch = "computed"
	Full       Branch = "full"       // the ratio reached what gives full points
	NothingOK  Branch = "zero_full"  // denominator 0: full points
	NothingBad Branch = "zero_zero"  // denominator 0: no points
	Nothing    Branch = "zero_none"  // denominator 0: no value
	ByDefault  Branch = "by_default" // nothing entered: the ratio is taken for 1
	Missing    Branch = "missing"    // nothing entered: no value
	NoPoints   Branch = "no_points"  // shown, not scored
)

// HasPoints reports whether there is a value: where there is none a page shows
// "–", and the total does without.
func (b Branch) HasPoints() bool { return b != Nothing && b != Missing && b != NoPoints }

// A Value is a metric's numbers. Known is false while nothing was entered for a
// metric that is entered by hand.
type Value struct {
	points.Ratio
	Known bool
}

// Exact returns the points of a ratio before rounding; nil where there is no
// value. A numerator above its denominator counts as equal to it.
func (m *Metric) Exact(v Value) (*big.Rat, Branch) {
	full := m.Max.Rat()
	switch {
	case m.Rule.Kind == Informational:
		return nil, NoPoints
	case !v.Known && m.Rule.Kind == Default:
		return full, ByDefault
	case !v.Known:
		return nil, Missing
	case v.Den <= 0:
		switch m.Zero {
		case ZeroFull:
			return full, NothingOK
		case ZeroZero:
			return new(big.Rat), NothingBad
		}
		return nil, Nothing
	}
	r := v.Rat()
	if m.Rule.FullAt != nil {
		r.Quo(r, m.Rule.FullAt)
	}
	if r.Cmp(big.NewRat(1, 1)) >= 0 {
		return full, Full
	}
	return r.Mul(r, full), Computed
}

// Score returns the points of a ratio, rounded half-up to two decimals.
func (m *Metric) Score(v Value) (points.Points, Branch) {
	r, b := m.Exact(v)
	if r == nil {
		return 0, b
	}
	return points.Round(r, 2), b
}
