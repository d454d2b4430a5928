package serviceindex

import (
	"math/big"
	"math/bits"

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
	if p, b, ok := m.swift(v); ok {
		return p, b
	}
	r, b := m.Exact(v)
	if r == nil {
		return 0, b
	}
	return points.Round(r, 2), b
}

// hundredth is the smallest step of what a metric gives.
const hundredth = points.Scale / 100

// swift is Score in whole numbers, as exact: a province's index scores thousands of
// ratios for a view, and nearly all of them fit. ok is false for the others, and
// for what has no ratio.
func (m *Metric) swift(v Value) (p points.Points, b Branch, ok bool) {
	if !v.Known || v.Den <= 0 || v.Num < 0 || m.Max <= 0 || m.Max%hundredth != 0 || m.Rule.Kind == Informational {
		return 0, "", false
	}
	// The part that is reached is num / den.
	num, den := v.Num, v.Den
	if f := m.Rule.FullAt; f != nil {
		if !f.Num().IsInt64() || !f.Denom().IsInt64() {
			return 0, "", false
		}
		n, d := f.Num().Int64(), f.Denom().Int64()
		if most(num, d) || most(den, n) {
			return 0, "", false
		}
		num, den = num*d, den*n
	}
	if num >= den {
		return m.Max, Full, true
	}
	steps := int64(m.Max) / hundredth
	if most(num, 2*steps) || most(den, 2) {
		return 0, "", false
	}
	x := 2*num*steps + den
	if x < 0 {
		return 0, "", false
	}
	return points.Points(x / (2 * den) * hundredth), Computed, true
}

// most reports whether the product of two numbers that are not negative may not fit
// into 63 bits.
func most(a, b int64) bool { return bits.Len64(uint64(a))+bits.Len64(uint64(b)) > 62 }
