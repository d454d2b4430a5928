// Package points holds exact decimals for points and percents. Nothing here is a
// binary float; a value is rounded once, half-up, where Round says so.
package points

import (
	"fmt"
	"math/big"
	"strings"
)

// Points is a number of points in ten-thousandths: 9.25 is 92,500.
type Points int64

// Scale is the number of Points in one point.
const Scale = 10_000

// Of returns n whole points.
func Of(n int64) Points { return Points(n * Scale) }

// Parse reads a decimal with a point or a comma and at most four places.
func Parse(s string) (Points, error) {
	t := strings.TrimSpace(strings.Replace(s, ",", ".", 1))
	// What big.Rat reads besides is none: 1/3, 0b11, and 1e999999, which has a million digits.
	r, ok := new(big.Rat), strings.Trim(t, "+-.0123456789") == ""
	if ok {
		r, ok = r.SetString(t)
	}
	if !ok {
		return 0, fmt.Errorf("%q is not a number of points", s)
	}
	r.Mul(r, big.NewRat(Scale, 1))
	if !r.IsInt() || !r.Num().IsInt64() {
		return 0, fmt.Errorf("%q has more than four decimal places or is too large", s)
	}
	return Points(r.Num().Int64()), nil
}

// Rat returns the exact value.
func (p Points) Rat() *big.Rat { return big.NewRat(int64(p), Scale) }

// String writes the value with a decimal point and no trailing zeros beyond two
// places: 18.72, 9.00, 0.1234.
func (p Points) String() string {
	size := abs(int64(p))
	s := fmt.Sprintf("%d.%04d", size/Scale, size%Scale)
	for strings.HasSuffix(s, "0") && len(s)-strings.IndexByte(s, '.') > 3 {
		s = s[:len(s)-1]
	}
	if p < 0 {
		return "-" + s
	}
	return s
}

// VN writes the value with a decimal comma, as Vietnamese papers do.
func (p Points) VN() string { return strings.Replace(p.String(), ".", ",", 1) }

// Round rounds r half-up (away from zero at the half) to the given number of
// decimal places, 0 to 4.
func Round(r *big.Rat, places int) Points {
	unit := int64(Scale)
	for range places {
		unit /= 10
	}
	// r / (unit/Scale), rounded to an integer, times unit.
	n := new(big.Int).Mul(r.Num(), big.NewInt(Scale))
	d := new(big.Int).Mul(r.Denom(), big.NewInt(unit))
	neg := n.Sign() < 0
	n.Abs(n)
	n.Lsh(n, 1).Add(n, d)
	n.Quo(n, d.Lsh(d, 1))
	v := n.Int64() * unit
	if neg {
		v = -v
	}
	return Points(v)
}

// Ratio is an integer numerator over an integer denominator, kept apart so that
// 99.996 % never passes for 100 %.
type Ratio struct{ Num, Den int64 }

// Defined reports whether the ratio has a value: its denominator is not zero.
func (r Ratio) Defined() bool { return r.Den != 0 }

// Rat returns the exact value; it panics when the ratio is not defined.
func (r Ratio) Rat() *big.Rat { return big.NewRat(r.Num, r.Den) }

// Add sums numerators and denominators: how a parent unit is scored.
func (r Ratio) Add(o Ratio) Ratio { return Ratio{r.Num + o.Num, r.Den + o.Den} }

// Percent returns the ratio in percent, half-up to two places; ok is false when
// the denominator is zero, which prints as "–".
func (r Ratio) Percent() (p Points, ok bool) {
	if !r.Defined() {
		return 0, false
	}
	return Round(new(big.Rat).Mul(r.Rat(), big.NewRat(100, 1)), 2), true
}

// abs is without a sign, as the smallest number has no positive counterpart that is signed.
func abs(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}
