package points

import (
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
	for in, want := range map[string]Points{"9,25": 92500, "9.25": 92500, "-0.5": -5000, "18": 180000} {
		if got, err := Parse(in); err != nil || got != want {
			t.Errorf("Parse(%q) = %d, %v, want %d", in, got, err, want)
		}
	}
	for _, in := range []string{"", "x", "1/3", "1e3", "0.12345", "1,2,3"} {
		if _, err := Parse(in); err == nil {
			t.Errorf("Parse(%q) was accepted", in)
		}
	}
}
