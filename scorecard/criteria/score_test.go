package criteria

import (
	"strings"
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

func TestPointsGivenByHandCountAsTheyAre(t *testing.T) {
	t.Parallel()
	hand := func(pairs ...string) map[string]points.Points {
		out := map[string]points.Points{}
		for i := 0; i < len(pairs); i += 2 {
			p, err := points.Parse(pairs[i+1])
			if err != nil {
				t.Fatal(err)
			}
			out[pairs[i]] = p
		}
		return out
	}
	conditional, veto := kind(t, "conditional"), kind(t, "veto")
	all := Inputs{"1.1": {Option: "yes"}, "1.2": {Ratio: of(1, 1)}, "1.3": {Option: "yes"}, "2": {Ratio: of(1, 1)}, "T.1": {Value: of(1, 1)}}
	for _, c := range []struct {
		name  string
		set   *Set
		in    Inputs
		hand  map[string]points.Points
		want  string // points of the leaves
		total string
	}{
		{"none given", conditional, Inputs{"1.1": {Option: "1"}, "1.2": {Ratio: of(1, 2)}, "1.3": {Option: "no"}}, nil, "1.00 1.00 2.00", "4.00"},
		{"a condition on points sees them", conditional, Inputs{"1.2": {Ratio: of(1, 2)}, "1.3": {Option: "yes"}}, hand("1.1", "0.25"), "0.25 1.00 0.50", "1.75"},
		{"a condition on points sees that there are none", conditional, Inputs{"1.2": {Ratio: of(1, 1)}, "1.3": {Option: "yes"}}, hand("1.1", "0"), "0.00 0.00 0.50", "0.50"},
		{"a condition on an option sees the option of just these points", conditional, Inputs{"1.2": {Ratio: of(1, 1)}, "1.3": {Option: "no"}}, hand("1.1", "1"), "1.00 2.00 2.00", "5.00"},
		{"points of no option are none", conditional, Inputs{"1.2": {Ratio: of(1, 4)}, "1.3": {Option: "no"}}, hand("1.1", "0.75"), "0.75 0.50 0.00", "1.25"},
		{"a chain of conditions sees them", conditional, Inputs{"1.1": {Option: "2"}, "1.3": {Option: "no"}}, hand("1.2", "1.5"), "0.50 1.50 1.00", "3.00"},
		{"a conditional leaf itself", conditional, Inputs{"1.1": {Option: "1"}, "1.2": {Ratio: of(1, 1)}}, hand("1.3", "0.5"), "1.00 2.00 0.50", "3.50"},
		{"what the input of the leaf says beside them does not count", conditional, Inputs{"1.1": {Option: "1"}, "1.2": {Ratio: of(1, 1)}, "1.3": {Option: "no"}}, hand("1.1", "0.5"), "0.50 2.00 1.00", "3.50"},
		{"a veto elsewhere takes them", veto, all, hand("1.1", "1.5"), "0.00 3.00 0.00 4.00", "8.00"},
		{"a veto that a person gave points for is none", veto, all, hand("1.1", "1.5", "1.3", "1"), "1.50 3.00 1.00 4.00", "10.00"},
		{"a bonus and a penalty", veto, Inputs{"1.2": {Ratio: of(1, 1)}}, hand("T.1", "0.5", "P.1", "-0.75"), "0.00 3.00 0.00 0.00", "2.75"},
	} {
		card := c.set.ScoreHand(c.in, c.hand)
		var got []string
		for _, r := range card.Results {
			got = append(got, r.Points.String())
			if _, given := c.hand[r.Node.Code]; given && r.State != Vetoed && (r.State != Scored || r.Branch.Kind != BranchHand || r.Max != r.Node.Max) {
				t.Errorf("%s: %s is %+v", c.name, r.Node.Code, r)
			}
		}
		if s := strings.Join(got, " "); s != c.want || card.Total.String() != c.total {
			t.Errorf("%s: %s, total %s; want %s, %s", c.name, s, card.Total, c.want, c.total)
		}
	}
}
