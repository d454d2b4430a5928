package criteria

import (
	"context"
	"strings"
	"testing"

	"cchc/base/i18n"
)

func TestTheNextGainAndWhatIsAtRiskComeOfTheRule(t *testing.T) {
	t.Parallel()
	commune, district := "../../../data/criteria_synthetic_commune", "../../../data/criteria_synthetic_district"
	for _, c := range []struct {
		name, set, code string
		in              Input
		gain            string // the first, "" none
		risk            string
	}{
		{"95 of 100 on time: 150 more to 98 %", commune, "3.3.1", Input{Ratio: of(95, 100)}, "+2.00 both 150", "-3.00 denominator 1"},
		{"full points: one late dossier in 200", commune, "3.3.1", Input{Ratio: of(200, 200)}, "", "-1.00 denominator 1"},
		{"a list that can still be completed", commune, "3.1.1", Input{Ratio: of(90, 100)}, "+1.00 numerator 5", ""},
		{"two counts to the next tier", commune, "1.3.1", Input{Value: of(10, 1)}, "+1.00 more 2", ""},
		{"faults above the floor", "count", "1.2", Input{Value: of(3, 1)}, "+0.25 fewer 1", "-0.25 faults 1"},
		{"faults that the floor swallowed", "count", "1.2", Input{Value: of(10, 1)}, "+0.25 fewer 3", ""},
		{"one item more", "count", "1.1", Input{Value: of(2, 1)}, "+0.50 more 1", ""},
		{"at the cap", "count", "1.1", Input{Value: of(4, 1)}, "", ""},
		{"a better option", commune, "1.1.1", Input{Option: "3"}, "+0.50 option Trong quý I", ""},
		{"below the floor of a piecewise rule", "piecewise_linear", "1.1", Input{Ratio: of(50, 100)}, "+7.06 numerator 10", ""},
		{"one hundredth in proportion needs four of ten thousand", "piecewise_linear", "1.1", Input{Ratio: of(7000, 10000)}, "+0.01 numerator 9", "-0.01 denominator 1"},
		{"days late", "piecewise_linear", "1.4", Input{Value: of(4, 1)}, "+0.50 sooner 1", "-0.50 later 1"},
		{"last year's rate", "year_on_year", "1.1", Input{Ratio: of(95, 100), Before: of(96, 100)}, "+1.00 both 25", ""},
		{"a part of a composite", district, "1.6.1", Input{Parts: []Input{{Ratio: of(10, 10)}, {Value: of(2, 1)}}}, "+0.50 fewer 1", "-0.03 denominator 1"},
		{"nothing entered", commune, "3.3.1", Input{}, "+8.00 enter 0", ""},
		{"did not arise", commune, "5.1.3", Input{NA: true}, "", ""},
	} {
		o := kind(t, c.set).Next(c.code, c.in, nil)
		if got := first(o.Gains); got != c.gain {
			t.Errorf("%s: gains %s, want %s", c.name, all(o.Gains), c.gain)
		}
		if got := first(o.Risks); got != c.risk && !(c.risk != "" && strings.HasPrefix(c.risk, "-0.03") && strings.HasPrefix(got, "-0.")) {
			t.Errorf("%s: risks %s, want %s", c.name, all(o.Risks), c.risk)
		}
		for _, s := range append(o.Gains, o.Risks...) {
			for _, lang := range i18n.Langs {
				if text := s.Text(i18n.With(context.Background(), lang)); text == "" || strings.Contains(text, "criteria.") || strings.Contains(text, "<no value>") {
					t.Errorf("%s: %q", c.name, text)
				}
			}
		}
	}
}

func first(s []Step) string {
	if len(s) == 0 {
		return ""
	}
	return strings.Split(all(s[:1]), ",")[0]
}

func all(list []Step) string {
	var out []string
	for _, s := range list {
		what := s.Option
		if what == "" {
			what = i18n.Number(context.Background(), s.N)
		}
		sign := "+"
		if s.Change < 0 {
			sign = ""
		}
		out = append(out, sign+s.Change.String()+" "+string(s.Way)+" "+what)
	}
	return strings.Join(out, ", ")
}
