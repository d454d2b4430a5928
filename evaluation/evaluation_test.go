package evaluation_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"cchc/base/moment"
	"cchc/base/points"
	"cchc/data"
	"cchc/evaluation"
)

func set(t *testing.T) *evaluation.Set {
	t.Helper()
	sets, err := evaluation.LoadSets(data.Evaluation)
	if err != nil {
		t.Fatal(err)
	}
	return sets[0]
}

// Three dossiers, counted by hand.
//
//	            1 total  2 units  3 contacts  4 agencies  5 one-stop  7 attitude  9 online
//	first       2        2        2           2           yes         2           yes
//	second      1        0        1           2           yes         1           no
//	third       0        0        0           1           no          0           no
//	sum / 3     1.0      0.7      1.0         1.7         66.7 %      1.0         33.3 %
func TestWorkedByHand(t *testing.T) {
	t.Parallel()
	s := set(t)
	var tally evaluation.Tally
	s.Count(&tally, evaluation.Work{OneStop: true, Online: true})
	s.Count(&tally, evaluation.Work{Total: evaluation.Equal, Units: evaluation.Longer, Contacts: 1, OneStop: true})
	s.Count(&tally, evaluation.Work{Total: evaluation.Longer, Units: evaluation.Longer, Contacts: 2, Agencies: 1, Complaint: true})
	officer := s.Score(tally, nil, true)
	// 1.0 + 0.7 + 1.0 + 1.7 + 1.0 = 5.4 of 10: done well.
	if officer.Sum.String() != "5.40" || officer.Max != points.Of(10) || !officer.Complete || officer.Band.Name.EN != "Done well" || len(officer.Lines) != 5 {
		t.Errorf("the officer has %s of %s, %q", officer.Sum, officer.Max, officer.Band.Name.EN)
	}
	half := s.Score(tally, map[string]evaluation.Entered{"publicity": {Choice: "one"}}, false)
	if half.Complete || half.Band.Name.VI != "" {
		t.Errorf("feedback is not known, yet there is a band %q", half.Band.Name.VI)
	}
	unit := s.Score(tally, map[string]evaluation.Entered{"publicity": {Choice: "one"}, "feedback": {Ratio: points.Ratio{Num: 9, Den: 10}}}, false)
	var got []string
	for _, l := range unit.Lines {
		got = append(got, l.Value.String())
	}
	// 5.4, organisation 1 (≥ 50 %), publicity 1, feedback 1 (90 %), online 1 (≥ 30 %) = 9.4 of 18.
	if strings.Join(got, " ") != "1.00 0.70 1.00 1.70 1.00 1.00 1.00 1.00 1.00" || unit.Sum.String() != "9.40" || unit.Band.Name.EN != "Fair" {
		t.Errorf("the unit has %v, %s, %q", got, unit.Sum, unit.Band.Name.EN)
	}
}

func TestBandsBeginAtTheirBounds(t *testing.T) {
	t.Parallel()
	s := set(t)
	for _, c := range []struct{ sum, officer, unit string }{
		{"0", "Not done", "Weak"}, {"3.4", "Not done", "Weak"}, {"3.5", "Done", "Weak"}, {"4.9", "Done", "Weak"}, {"5", "Done well", "Weak"},
		{"5.9", "Done well", "Weak"}, {"6", "Done well", "Average"}, {"8.9", "Done well", "Average"}, {"9", "Done well", "Fair"},
		{"11.9", "Done well", "Fair"}, {"12", "Done well", "Good"}, {"14.9", "Done well", "Good"}, {"15", "Done well", "Excellent"},
	} {
		sum, err := points.Parse(c.sum)
		if err != nil {
			t.Fatal(err)
		}
		if o, u := s.Officers.Band(sum).Name.EN, s.Units.Band(sum).Name.EN; o != c.officer || u != c.unit {
			t.Errorf("%s is %q and %q, want %q and %q", c.sum, o, u, c.officer, c.unit)
		}
	}
}

func TestRoundingIsHalfUpAndSharesAreExact(t *testing.T) {
	t.Parallel()
	s := set(t)
	// 1 point over 20 dossiers is 0.05, so 0.1; 1 over 21 is 0.0.
	for _, c := range []struct {
		others int
		want   string
	}{{19, "0.10"}, {20, "0.00"}} {
		var tally evaluation.Tally
		s.Count(&tally, evaluation.Work{Total: evaluation.Equal})
		for range c.others {
			s.Count(&tally, evaluation.Work{Total: evaluation.Longer})
		}
		if got := s.Score(tally, nil, true).Lines[0].Value.String(); got != c.want {
			t.Errorf("1 point over %d dossiers is %s, want %s", c.others+1, got, c.want)
		}
	}
	feedback := s.By("feedback")
	for _, c := range []struct {
		r    points.Ratio
		want int
	}{{points.Ratio{Num: 100, Den: 100}, 2}, {points.Ratio{Num: 99_999, Den: 100_000}, 1}, {points.Ratio{Num: 9, Den: 10}, 1}, {points.Ratio{Num: 89_996, Den: 100_000}, 0}} {
		if got := feedback.Share(c.r); got != c.want {
			t.Errorf("%v gives %d points, want %d", c.r, got, c.want)
		}
	}
}

// A naive recount, written anew from the handbook.
func TestAnIndependentRecountAgrees(t *testing.T) {
	t.Parallel()
	s := set(t)
	r := rand.New(rand.NewPCG(61, 2018))
	for range 200 {
		n := 1 + r.IntN(40)
		var tally evaluation.Tally
		var sums [5]int
		for range n {
			w := evaluation.Work{Total: evaluation.Timing(r.IntN(3)), Units: evaluation.Timing(r.IntN(3)), Contacts: r.IntN(4), Agencies: r.IntN(4), Complaint: r.IntN(5) == 0}
			s.Count(&tally, w)
			attitude := 2 - int(w.Total)
			if w.Complaint {
				attitude = 0
			}
			for i, p := range []int{2 - int(w.Total), 2 - int(w.Units), max(0, 2-w.Contacts), max(0, 2-w.Agencies), attitude} {
				sums[i] += p
			}
		}
		tenths := 0
		for _, sum := range sums {
			tenths += (sum*20 + n) / (2 * n) // half-up to a tenth, in integers
		}
		if got := s.Score(tally, nil, true).Sum; got != points.Points(tenths*points.Scale/10) {
			t.Fatalf("%d dossiers with %v points: %s, want %d tenths", n, sums, got, tenths)
		}
	}
}

func TestTheSetInForce(t *testing.T) {
	t.Parallel()
	sets := []*evaluation.Set{set(t)}
	for _, c := range []struct {
		day  moment.Date
		want bool
	}{{moment.NewDate(2025, 6, 30), true}, {moment.NewDate(2025, 7, 1), false}, {moment.NewDate(2018, 6, 20), false}} {
		if s, ok := evaluation.On(sets, c.day); s == nil || ok != c.want {
			t.Errorf("%s: %v, want %v", c.day, ok, c.want)
		}
	}
}

func TestWhatIsWrongWithASetIsTold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, old, new, want string }{
		{"an index that facts cannot tell", "code: contacts", "code: smiles", "smiles cannot be scored"},
		{"a maximum that the indices do not reach", "max: 18", "max: 20", "add up to 18"},
		{"bands out of order", `min: "12"`, `min: "16"`, "not below the band before"},
		{"an outcome without points", "shorter: 2, equal: 1,", "shorter: 2,", "equal is missing"},
		{"a field that is not known", "circular:", "sir_cular:", "sir_cular"},
		{"a wrong day", "2018-06-21", "2018-06-31", "in_force_from"},
	} {
		_, err := evaluation.LoadSets(strings.Replace(data.Evaluation, c.old, c.new, 1))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want it to say %q", c.name, err, c.want)
		}
	}
}
