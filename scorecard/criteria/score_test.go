package criteria

import (
	"testing"

	"cchc/base/points"
)

func commune(t testing.TB) *Set {
	t.Helper()
	s, err := Load(read(t, "../../data/criteria_synthetic_commune.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func of(n, d int64) *points.Ratio { return &points.Ratio{Num: n, Den: d} }

func TestAUnitIsScoredOutOf98WhenACaseDidNotArise(t *testing.T) {
	s := commune(t)
	in := Inputs{
		"1.1.1": {Option: "Trong quý I"},                                     // 0.5
		"3.3.1": {Ratio: of(99996, 100000)},                                  // 99.996 % is not 100 %: 7
		"5.1.3": {NA: true},                                                  // reduce_max: 2 points less
		"1.5.1": {NA: true},                                                  // full_points: 2
		"4.1.2": {Value: of(1, 1)},                                           // 3 - 1
		"7.1.1": {Value: of(8333, 100)},                                      // 83.33 %: 16.666 → 16.67
		"T.1":   {Value: of(5, 1)},                                           // 5 × 1, cap 2
		"P.1":   {Value: of(3, 1)},                                           // 3 × -0.5
		"3.2.1": {Ratio: &points.Ratio{Num: 0, Den: 0}}, "2.1.2": {NA: true}, // nothing to divide by; may not be claimed
	}
	c := s.Score(in)
	for code, want := range map[string]string{"1.1.1": "0.50", "3.3.1": "7.00", "5.1.3": "0.00", "1.5.1": "2.00", "4.1.2": "2.00", "7.1.1": "16.67", "T.1": "2.00", "P.1": "-1.50", "3.2.1": "0.00"} {
		if r, ok := c.Result(code); !ok || r.Points.String() != want {
			t.Errorf("%s: %s points (%v), want %s", code, r.Points, r.Branch, want)
		}
	}
	for code, want := range map[string]State{"3.2.1": Missing, "2.1.2": Missing, "1.1.2": Missing, "5.1.3": Nothing} {
		if r, _ := c.Result(code); r.State != want {
			t.Errorf("%s is %s, want %s", code, r.State, want)
		}
	}
	if c.Max != points.Of(98) || c.Sum.String() != "28.17" || c.Total.String() != "28.67" || c.Index.String() != "29.26" {
		t.Errorf("sum %s, total %s of %s = %s %%", c.Sum, c.Total, c.Max, c.Index)
	}
}
