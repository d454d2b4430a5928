package criteria

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"strings"

	"cchc/base/points"
)

// A Num is an exact number: a fraction, of two 64-bit integers where it fits and
// of any size where it does not. The zero Num is 0. Nums are compared with Cmp.
type Num struct {
	n, d int64    // d > 0; d == 0 is the number 0
	big  *big.Rat // instead of n and d where it is not nil
}

// Int returns a whole number.
func Int(n int64) Num { return Num{n: n, d: 1} }

// Frac returns n/d; ok is false when d is 0.
func Frac(n, d int64) (Num, bool) {
	switch {
	case d == 0:
		return Num{}, false
	case d > 0:
		return Num{n: n, d: d}, true
	case n == math.MinInt64 || d == math.MinInt64:
		return fromRat(big.NewRat(n, d)), true
	}
	return Num{n: -n, d: -d}, true
}

// OfPoints returns the exact value of points.
func OfPoints(p points.Points) Num { return Num{n: int64(p), d: points.Scale} }

// OfRatio returns the value of a ratio; ok is false when it has none.
func OfRatio(r points.Ratio) (Num, bool) { return Frac(r.Num, r.Den) }

func fromRat(r *big.Rat) Num {
	if r.Num().IsInt64() && r.Denom().IsInt64() {
		return Num{n: r.Num().Int64(), d: r.Denom().Int64()}
	}
	return Num{big: r}
}

// Rat returns the number as a big.Rat of its own.
func (a Num) Rat() *big.Rat {
	switch {
	case a.big != nil:
		return new(big.Rat).Set(a.big)
	case a.d == 0:
		return new(big.Rat)
	}
	return big.NewRat(a.n, a.d)
}

// Ratio returns the number as integers; ok is false when they don't fit.
func (a Num) Ratio() (r points.Ratio, ok bool) {
	switch {
	case a.big != nil:
		return r, false
	case a.d == 0:
		return points.Ratio{Den: 1}, true
	}
	return points.Ratio{Num: a.n, Den: a.d}, true
}

// Sign returns -1, 0 or +1.
func (a Num) Sign() int {
	switch {
	case a.big != nil:
		return a.big.Sign()
	case a.n > 0:
		return 1
	case a.n < 0:
		return -1
	}
	return 0
}

// Cmp compares a and b exactly: -1, 0 or +1.
func (a Num) Cmp(b Num) int {
	if a.big != nil || b.big != nil {
		return a.Rat().Cmp(b.Rat())
	}
	a, b = a.full(), b.full()
	if a.d == b.d {
		return cmpInt(a.n, b.n)
	}
	sa, sb := a.Sign(), b.Sign()
	if sa != sb {
		return cmpInt(int64(sa), int64(sb))
	}
	// Same sign: compare |a.n|·b.d with |b.n|·a.d in 128 bits.
	h1, l1 := bits.Mul64(magnitude(a.n), uint64(b.d))
	h2, l2 := bits.Mul64(magnitude(b.n), uint64(a.d))
	c := 0
	switch {
	case h1 != h2:
		c = 1
		if h1 < h2 {
			c = -1
		}
	case l1 != l2:
		c = 1
		if l1 < l2 {
			c = -1
		}
	}
	return c * sa
}

func (a Num) full() Num {
	if a.d == 0 {
		a.d = 1
	}
	return a
}

func cmpInt(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

// times multiplies two integers; ok is false when the product does not fit.
func times(a, b int64) (int64, bool) {
	hi, lo := bits.Mul64(magnitude(a), magnitude(b))
	if hi != 0 || lo > math.MaxInt64 {
		return 0, false
	}
	if (a < 0) != (b < 0) {
		return -int64(lo), true
	}
	return int64(lo), true
}

// reduce divides by the common divisor, so that what follows fits more often.
func (a Num) reduce() Num {
	a = a.full()
	if a.n == math.MinInt64 {
		return a
	}
	x, y := magnitude(a.n), uint64(a.d)
	for y != 0 {
		x, y = y, x%y
	}
	if x > 1 {
		a.n, a.d = a.n/int64(x), a.d/int64(x)
	}
	return a
}

// Mul returns a·b.
func (a Num) Mul(b Num) Num {
	if a.big == nil && b.big == nil {
		a, b = a.full(), b.full()
		for range 2 {
			n, ok := times(a.n, b.n)
			d, ok2 := times(a.d, b.d)
			if ok && ok2 {
				return Num{n: n, d: d}
			}
			a, b = a.reduce(), b.reduce()
		}
	}
	return fromRat(new(big.Rat).Mul(a.Rat(), b.Rat()))
}

// Add returns a + b.
func (a Num) Add(b Num) Num {
	if a.big == nil && b.big == nil {
		a, b = a.full(), b.full()
		for range 2 {
			if a.d == b.d {
				if n := a.n + b.n; (n > a.n) == (b.n > 0) {
					return Num{n: n, d: a.d}
				}
			}
			x, ok := times(a.n, b.d)
			y, ok2 := times(b.n, a.d)
			d, ok3 := times(a.d, b.d)
			if n := x + y; ok && ok2 && ok3 && (n > x) == (y > 0) {
				return Num{n: n, d: d}
			}
			a, b = a.reduce(), b.reduce()
		}
	}
	return fromRat(new(big.Rat).Add(a.Rat(), b.Rat()))
}

// Neg returns -a.
func (a Num) Neg() Num {
	if a.big != nil || a.n == math.MinInt64 {
		return fromRat(a.Rat().Neg(a.Rat()))
	}
	return Num{n: -a.n, d: a.full().d}
}

// Sub returns a - b.
func (a Num) Sub(b Num) Num { return a.Add(b.Neg()) }

// Div returns a/b; ok is false when b is 0.
func (a Num) Div(b Num) (Num, bool) {
	if b.Sign() == 0 {
		return Num{}, false
	}
	if b.big == nil {
		if inv, ok := Frac(b.full().d, b.n); ok {
			return a.Mul(inv), true
		}
	}
	return fromRat(new(big.Rat).Quo(a.Rat(), b.Rat())), true
}

// Round rounds half-up (away from zero at the half) to 0 to 4 decimal places. A
// number beyond what points can hold gives the nearest that they can.
func (a Num) Round(places int) points.Points {
	if a.big != nil {
		return roundBig(a.big, places)
	}
	a = a.full()
	unit := int64(points.Scale)
	for range places {
		unit /= 10
	}
	hi, lo := bits.Mul64(magnitude(a.n), uint64(points.Scale/unit))
	d := uint64(a.d)
	if hi >= d {
		return roundBig(a.Rat(), places)
	}
	q, r := bits.Div64(hi, lo, d)
	if r >= d-r {
		q++
	}
	v, ok := int64(0), false
	if q <= math.MaxInt64 {
		v, ok = times(int64(q), unit)
	}
	if !ok {
		return roundBig(a.Rat(), places)
	}
	if a.n < 0 {
		v = -v
	}
	return points.Points(v)
}

var mostPoints = big.NewRat(math.MaxInt64/(4*points.Scale), 1)

func roundBig(r *big.Rat, places int) points.Points {
	if new(big.Rat).Abs(r).Cmp(mostPoints) > 0 {
		r = new(big.Rat).Mul(mostPoints, big.NewRat(int64(r.Sign()), 1))
	}
	return points.Round(r, places)
}

// floor returns the whole number at or below a; one that does not fit is the
// nearest that does.
func (a Num) floor() int64 {
	if a.big == nil {
		a = a.full()
		q := a.n / a.d
		if a.n%a.d != 0 && a.n < 0 {
			q--
		}
		return q
	}
	q := new(big.Int).Div(a.big.Num(), a.big.Denom()) // Euclidean: downwards, for a denominator above 0
	switch {
	case q.IsInt64():
		return q.Int64()
	case q.Sign() < 0:
		return math.MinInt64
	}
	return math.MaxInt64
}

// ceil returns the whole number at or above a.
func (a Num) ceil() int64 {
	if n := a.Neg().floor(); n != math.MinInt64 {
		return -n
	}
	return math.MaxInt64
}

func (a Num) whole() bool {
	if a.big != nil {
		return a.big.IsInt()
	}
	a = a.full()
	return a.n%a.d == 0
}

func minNum(a, b Num) Num {
	if a.Cmp(b) <= 0 {
		return a
	}
	return b
}

func maxNum(a, b Num) Num {
	if a.Cmp(b) >= 0 {
		return a
	}
	return b
}

// ParseNum reads a decimal with a point or a comma, with or without a percent sign
// after it: "0.95", "0,95" and "95 %" are the same number. At most 40 digits.
func ParseNum(s string) (Num, error) {
	t := strings.TrimSpace(s)
	t, percent := strings.CutSuffix(t, "%")
	t = strings.Replace(strings.TrimSpace(t), ",", ".", 1)
	digits := strings.TrimPrefix(strings.TrimPrefix(t, "-"), "−")
	whole, places, dot := strings.Cut(digits, ".")
	if whole == "" || dot && places == "" || len(digits) > 41 || strings.Trim(whole+places, "0123456789") != "" {
		return Num{}, fmt.Errorf("%q is not a number", s)
	}
	r, ok := new(big.Rat).SetString(digits)
	if !ok {
		return Num{}, fmt.Errorf("%q is not a number", s)
	}
	if digits != t {
		r.Neg(r)
	}
	if percent {
		r.Quo(r, big.NewRat(100, 1))
	}
	return fromRat(r), nil
}

// String writes the number: as a decimal where it ends, else as a fraction.
func (a Num) String() string {
	r := a.Rat()
	if places, ok := decimalPlaces(r); ok {
		return r.FloatString(places)
	}
	return r.String()
}

// decimalPlaces returns how many places the decimal has; ok is false when it does
// not end within 40.
func decimalPlaces(r *big.Rat) (int, bool) {
	d := new(big.Int).Set(r.Denom())
	twos, fives := 0, 0
	for q, m := new(big.Int), new(big.Int); twos < 41; twos++ {
		if q.QuoRem(d, big.NewInt(2), m); m.Sign() != 0 {
			break
		}
		d.Set(q)
	}
	for q, m := new(big.Int), new(big.Int); fives < 41; fives++ {
		if q.QuoRem(d, big.NewInt(5), m); m.Sign() != 0 {
			break
		}
		d.Set(q)
	}
	n := max(twos, fives)
	return n, n <= 40 && d.IsInt64() && d.Int64() == 1
}

// MarshalText writes the number as String does.
func (a Num) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads a decimal or a fraction.
func (a *Num) UnmarshalText(b []byte) error {
	if n, err := ParseNum(string(b)); err == nil {
		*a = n
		return nil
	}
	if len(b) > 200 {
		return fmt.Errorf("not a number: %d characters", len(b))
	}
	r, ok := new(big.Rat).SetString(string(b))
	if !ok || strings.ContainsAny(string(b), "eEpPxX_") {
		return fmt.Errorf("%q is not a number", b)
	}
	*a = fromRat(r)
	return nil
}
