package points

import (
	"math"
	"math/big"
	"testing"
)

func TestRoundsHalfUpOnce(t *testing.T) {
	for _, c := range []struct {
		num, den int64
		places   int
		want     string
	}{
		{1, 3, 2, "0.33"}, {2, 3, 2, "0.67"}, {5, 1000, 2, "0.01"}, {49, 10000, 2, "0.00"},
		{-5, 1000, 2, "-0.01"}, {125, 100, 1, "1.30"}, {99996, 1000, 2, "100.00"}, {1, 16, 4, "0.0625"}, {5, 2, 0, "3.00"},
	} {
		if got := Round(big.NewRat(c.num, c.den), c.places).String(); got != c.want {
			t.Errorf("Round(%d/%d, %d) = %s, want %s", c.num, c.den, c.places, got, c.want)
		}
	}
}

func TestPercentKeepsNumeratorAndDenominator(t *testing.T) {
	if p, ok := (Ratio{31205, 32068}).Percent(); !ok || p.VN() != "97,31" {
		t.Errorf("31205/32068 = %s", p.VN())
	}
	if _, ok := (Ratio{0, 0}).Percent(); ok {
		t.Error("0/0 has a percent")
	}
}

func TestParseTakesPointOrComma(t *testing.T) {
	for in, want := range map[string]Points{"9,25": 92500, "9.25": 92500, "-0.5": -5000, "18": 180000, "-922337203685477.5808": math.MinInt64} {
		if got, err := Parse(in); err != nil || got != want {
			t.Errorf("Parse(%q) = %d, %v, want %d", in, got, err, want)
		}
	}
	for _, in := range []string{"", "x", "1/3", "1e3", "0.12345", "1,2,3", "0b11", "0o17", "0x1", "1_0", "1e999999999", "--1", "922337203685477.5808"} {
		if _, err := Parse(in); err == nil {
			t.Errorf("Parse(%q) was accepted", in)
		}
	}
}

// What is read and written again is the same number; a text is read in no time and no
// memory that its length does not explain.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"9,25", "-0.5", "1e9", "0b1", "-922337203685477.5808", "+1.", ".5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := Parse(s)
		if err != nil {
			return
		}
		for _, again := range []string{p.String(), p.VN()} {
			if q, err := Parse(again); err != nil || q != p {
				t.Errorf("%q is %d, written %q, which is %d, %v", s, p, again, q, err)
			}
		}
	})
}
