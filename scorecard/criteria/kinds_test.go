package criteria

import (
	"bytes"
	"context"
	"path/filepath"
	"slices"
	"testing"

	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/points"
)

// kind loads the set of testdata that has the kind.
func kind(t testing.TB, name string) *Set {
	t.Helper()
	s, err := Load(read(t, "testdata/"+name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEveryKindGivesTheHandbooksPoints(t *testing.T) {
	t.Parallel()
	commune, district := "../../../data/criteria_synthetic_commune", "../../../data/criteria_synthetic_district"
	day := func(s string) moment.Date {
		d, err := moment.ParseDate(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, c := range []struct {
		name, set, code string
		in              Input
		want            string
		branch          BranchKind
	}{
		{"yes", commune, "3.2.2", Input{Option: "có"}, "1.00", BranchYes},
		{"no", commune, "3.2.2", Input{Option: "Không"}, "0.00", BranchNo},
		{"true", commune, "3.2.2", Input{Option: "true"}, "1.00", BranchYes},
		{"yes, but what forbids the points was found", district, "3.1.2", Input{Option: "yes", Veto: true}, "0.00", BranchVeto},
		{"an option by its label", commune, "1.1.1", Input{Option: "trong quý i"}, "0.50", BranchOption},
		{"an option by its place", commune, "1.1.1", Input{Option: "3"}, "0.00", BranchOption},
		{"a choice without such an option", commune, "1.1.1", Input{Option: "4"}, "0.00", BranchUnread},

		{"all: 100 %", "all_or_nothing", "1.1", Input{Ratio: of(100000, 100000)}, "2.00", BranchFull},
		{"all: 99.996 % is not 100 %", "all_or_nothing", "1.1", Input{Ratio: of(99996, 100000)}, "0.00", BranchBelow},
		{"all: above 90 % leaves 90 out", "all_or_nothing", "1.2", Input{Ratio: of(9, 10)}, "0.00", BranchBelow},
		{"all: above 90 %", "all_or_nothing", "1.2", Input{Ratio: of(90001, 100000)}, "1.00", BranchFull},
		{"all: a count", "all_or_nothing", "1.3", Input{Value: of(5, 1)}, "1.00", BranchFull},

		{"within 30 days", "deadline_tiers", "1.1", Input{Due: day("2025-01-01"), Done: day("2025-01-31")}, "3.00", BranchTier},
		{"on the 31st day", "deadline_tiers", "1.1", Input{Due: day("2025-01-01"), Done: day("2025-02-01")}, "1.50", BranchTier},
		{"on the 61st day", "deadline_tiers", "1.1", Input{Value: of(61, 1)}, "0.00", BranchTier},
		{"never", "deadline_tiers", "1.1", Input{Option: "không"}, "0.00", BranchNever},
		{"before it was due", "deadline_tiers", "1.2", Input{Due: day("2025-02-15"), Done: day("2025-02-10")}, "1.00", BranchTier},
		{"ten days late", "deadline_tiers", "1.2", Input{Value: of(10, 1)}, "0.50", BranchTier},

		{"tier from 98 % to below 100 %", commune, "3.3.1", Input{Ratio: of(98, 100)}, "7.00", BranchTier},
		{"tier below 98 %", commune, "3.3.1", Input{Ratio: of(97999, 100000)}, "5.00", BranchTier},
		{"a share above 100 % counts as 100 %", commune, "3.1.1", Input{Ratio: of(11, 10)}, "2.00", BranchTier},
		{"trên 90 % excludes 90", "piecewise_linear", "1.2", Input{Ratio: of(90, 100)}, "1.00", BranchTier},
		{"trên 90 %", "piecewise_linear", "1.2", Input{Ratio: of(9001, 10000)}, "2.00", BranchTier},
		{"80 % is in the lowest tier", "piecewise_linear", "1.2", Input{Ratio: of(8, 10)}, "0.00", BranchTier},
		{"tiers on a count", district, "3.3.2", Input{Value: of(7, 1)}, "0.50", BranchTier},
		{"a count", district, "1.5.1", Input{Value: of(1, 1)}, "1.00", BranchTier},
		{"24 news", commune, "1.3.1", Input{Value: of(24, 1)}, "2.00", BranchTier},

		{"linear, capped at 80 %", "piecewise_linear", "1.3", Input{Ratio: of(85, 100)}, "4.00", BranchFull},
		{"linear below 80 %: ratio × max / 80 %", "piecewise_linear", "1.3", Input{Ratio: of(60, 100)}, "3.00", BranchLinear},
		{"a fixed part when nothing arose", "piecewise_linear", "1.3", Input{NA: true}, "2.50", BranchNA},
		{"G28 at 85 %", "piecewise_linear", "1.1", Input{Value: of(85, 100)}, "10.00", BranchFull},
		{"G28 at 70 %", "piecewise_linear", "1.1", Input{Value: of(70, 100)}, "8.24", BranchLinear},
		{"G28 at 60 %", "piecewise_linear", "1.1", Input{Value: of(60, 100)}, "7.06", BranchLinear},
		{"G28 at 59.99 %", "piecewise_linear", "1.1", Input{Value: of(5999, 10000)}, "0.00", BranchBelow},

		{"rising", "year_on_year", "1.1", Input{Ratio: of(97, 100), Before: of(96, 100)}, "2.00", BranchImproved},
		{"as last year", "year_on_year", "1.1", Input{Ratio: of(97, 100), Before: of(194, 200)}, "1.00", BranchSame},
		{"falling", "year_on_year", "1.1", Input{Ratio: of(95, 100), Before: of(96, 100)}, "0.00", BranchNotImproved},
		{"no comparable past", "year_on_year", "1.1", Input{Ratio: of(95, 100)}, "1.50", BranchNoPast},
		{"two ranks up", "year_on_year", "1.2", Input{Value: of(3, 1), Before: of(5, 1)}, "1.00", BranchImproved},
		{"one rank up is too little", "year_on_year", "1.2", Input{Value: of(4, 1), Before: of(5, 1)}, "0.00", BranchSame},

		{"the leader", "relative", "1.1", Input{Value: of(40, 1), Best: of(40, 1)}, "2.00", BranchLeader},
		{"three quarters of the leader", "relative", "1.1", Input{Value: of(30, 1), Best: of(40, 1)}, "1.50", BranchLinear},
		{"less than half of the leader", "relative", "1.1", Input{Value: of(19, 1), Best: of(40, 1)}, "0.00", BranchBelow},
		{"twice the leader's faults", "relative", "1.2", Input{Value: of(4, 1), Best: of(2, 1)}, "1.00", BranchLinear},

		{"three items", "count", "1.1", Input{Value: of(3, 1)}, "1.50", BranchCount},
		{"five items reach the cap", "count", "1.1", Input{Value: of(5, 1)}, "2.00", BranchCapped},
		{"no fault", "count", "1.2", Input{Value: of(0, 1)}, "2.00", BranchNoFault},
		{"three faults", "count", "1.2", Input{Value: of(3, 1)}, "1.25", BranchFaults},
		{"more faults than the floor lets count", "count", "1.2", Input{Value: of(9, 1)}, "0.00", BranchFloor},
		{"what forbids the points", "count", "1.2", Input{Value: of(0, 1), Veto: true}, "0.00", BranchVeto},
		{"two days are let pass", "piecewise_linear", "1.4", Input{Value: of(2, 1)}, "2.00", BranchNoFault},
		{"five days late", "piecewise_linear", "1.4", Input{Due: day("2025-03-31"), Done: day("2025-04-05")}, "0.50", BranchFaults},

		{"G31: 50 A, 30 B, 15 C, 5 D", "survey", "1.1", Input{Answers: []int64{50, 30, 15, 5}}, "3.55", BranchLinear},
		{"a percent", "survey", "1.1", Input{Value: of(71, 1)}, "3.55", BranchLinear},
		{"the same as a ratio", "survey", "1.1", Input{Value: of(71, 100)}, "3.55", BranchLinear},
		{"answers of nobody", "survey", "1.1", Input{Answers: []int64{0, 0, 0, 0}}, "0.00", BranchUnread},
		{"another index", district, "3.6.1", Input{Value: of(8333, 100)}, "1.67", BranchLinear},

		{"decimals of a formula are exact", "formula", "1.1", Input{Vars: vars("done", 9, "planned", 10, "late", 1)}, "2.45", BranchFormula},
		{"a formula is capped", "formula", "1.1", Input{Vars: vars("done", 12, "planned", 10, "late", 0)}, "3.00", BranchFormula},
		{"a formula does not go below 0", "formula", "1.1", Input{Vars: vars("done", 1, "planned", 10, "late", 9)}, "0.00", BranchFloor},
		{"a formula that divides by 0", "formula", "1.1", Input{Vars: vars("done", 1, "planned", 0, "late", 9)}, "0.00", BranchUnread},
		{"a formula takes only the side that holds", "formula", "1.2", Input{Vars: vars("ok", 0, "total", 0)}, "2.00", BranchFormula},
		{"a formula rounds where it says", "formula", "1.2", Input{Vars: vars("ok", 2, "total", 3)}, "1.34", BranchFormula},
		{"a formula without a variable", "formula", "1.2", Input{Vars: vars("ok", 2)}, "0.00", BranchUnread},

		{"parts", district, "1.6.1", Input{Parts: []Input{{Ratio: of(9, 10)}, {Value: of(1, 1)}}}, "1.75", BranchSum},
		{"parts down to the floor", district, "1.6.1", Input{Parts: []Input{{Ratio: of(1, 10)}, {Value: of(4, 1)}}}, "0.00", BranchFloor},
		{"faults that nobody entered are none", district, "1.6.1", Input{Ratio: of(9, 10)}, "2.25", BranchSum},

		{"nothing was found", "veto", "1.3", Input{Option: "no"}, "1.00", BranchNoFault},
		{"it was found", "veto", "1.3", Input{Option: "yes"}, "0.00", BranchVeto},
	} {
		s := kind(t, c.set)
		r, ok := s.Try(c.code, c.in, nil)
		if !ok || r.Points.String() != c.want || r.Branch.Kind != c.branch {
			t.Errorf("%s: %s points by %q, want %s by %q", c.name, r.Points, r.Branch.Kind, c.want, c.branch)
		}
		for _, lang := range i18n.Langs {
			ctx := i18n.With(context.Background(), lang)
			for _, said := range []string{r.Text(ctx), r.Input.Text(ctx, r.Node), r.Node.Leaf.Rule.Sentence(ctx, r.Node), r.Node.Leaf.Rule.Kind().Text(ctx)} {
				if said == "" || bytes.Contains([]byte(said), []byte("criteria.")) || bytes.Contains([]byte(said), []byte("<no value>")) {
					t.Errorf("%s in %s: said %q", c.name, lang, said)
				}
			}
		}
	}
}

func vars(pairs ...any) map[string]points.Ratio {
	out := map[string]points.Ratio{}
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i].(string)] = points.Ratio{Num: int64(pairs[i+1].(int)), Den: 1}
	}
	return out
}

func TestAConditionLooksAtTheOtherLeafWhereverItStands(t *testing.T) {
	t.Parallel()
	s := kind(t, "conditional")
	for _, c := range []struct {
		name                 string
		first, second, third Input
		want                 []string
	}{
		{"the first option", Input{Option: "1"}, Input{Ratio: of(1, 2)}, Input{Option: "no"}, []string{"1.00", "1.00", "2.00"}},
		{"the second option, and 1.2 has enough", Input{Option: "2"}, Input{Ratio: of(3, 4)}, Input{Option: "no"}, []string{"0.50", "1.50", "1.00"}},
		{"the second option, and 1.2 has not", Input{Option: "2"}, Input{Ratio: of(1, 4)}, Input{Option: "yes"}, []string{"0.50", "0.50", "0.50"}},
		{"nothing issued", Input{Option: "3"}, Input{Ratio: of(1, 1)}, Input{Option: "yes"}, []string{"0.00", "0.00", "0.50"}},
		{"nothing entered", Input{}, Input{Ratio: of(1, 1)}, Input{Option: "yes"}, []string{"0.00", "0.00", "0.50"}},
	} {
		card := s.Score(Inputs{"1.1": c.first, "1.2": c.second, "1.3": c.third})
		for i, r := range card.Results {
			if r.Points.String() != c.want[i] {
				t.Errorf("%s: %s has %s points (%v), want %s", c.name, r.Node.Code, r.Points, r.Branch, c.want[i])
			}
		}
	}
}

func TestAVetoTakesWhatItNames(t *testing.T) {
	t.Parallel()
	s := kind(t, "veto")
	full := func(more Inputs) Inputs {
		in := Inputs{"1.1": {Option: "yes"}, "1.2": {Ratio: of(1, 1)}, "1.3": {Option: "no"}, "2": {Ratio: of(1, 1)}, "T.1": {Value: of(1, 1)}}
		for k, v := range more {
			in[k] = v
		}
		return in
	}
	for _, c := range []struct {
		name  string
		in    Inputs
		total string
	}{
		{"nothing found", full(nil), "10.00"}, // 10 + 1, not above the maximum
		{"a head disciplined", full(Inputs{"1.3": {Option: "yes"}}), "8.00"},
		{"evidence of 1.2 false", full(Inputs{"P.1": {Value: of(1, 1), Hits: []string{"1.2"}}}), "7.00"},
		{"evidence of two leaves false", full(Inputs{"P.1": {Value: of(2, 1), Hits: []string{"1.2", "2"}}}), "2.00"},
		{"no self-score", full(Inputs{"P.2": {Option: "yes"}}), "0.00"},
	} {
		if card := s.Score(c.in); card.Total.String() != c.total || card.Max != points.Of(10) {
			t.Errorf("%s: total %s of %s, want %s", c.name, card.Total, card.Max, c.total)
		}
	}
}

func TestSetsOfEveryKindAreTheSameAfterYAMLAndXLSX(t *testing.T) {
	t.Parallel()
	seen := map[Kind]bool{}
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(files, "../../data/criteria_synthetic_commune.yaml", "../../data/criteria_synthetic_district.yaml") {
		s, err := Load(read(t, name))
		if err != nil {
			t.Errorf("%s:\n%v", name, err)
			continue
		}
		first := Canonical(s)
		again, err := Load(first)
		if err != nil {
			t.Errorf("the canonical form of %s:\n%v\n%s", name, err, first)
			continue
		}
		if second := Canonical(again); !bytes.Equal(first, second) {
			t.Errorf("the canonical form of %s changes:\n%s\n---\n%s", name, first, second)
		}
		if d := Diff(s, again); len(d) > 0 {
			t.Errorf("%s differs from its canonical form: %v", name, d[0])
		}
		for _, lang := range i18n.Langs {
			var b bytes.Buffer
			if err := WriteXLSX(i18n.With(context.Background(), lang), &b, s); err != nil {
				t.Fatal(err)
			}
			text, err := ReadXLSX(bytes.NewReader(b.Bytes()), int64(b.Len()))
			if err != nil {
				t.Errorf("%s through XLSX in %s:\n%v\n%s", name, lang, err, text)
				continue
			}
			back, err := Load(text)
			if err != nil {
				t.Fatal(err)
			}
			if third := Canonical(back); !bytes.Equal(first, third) {
				t.Errorf("%s is another set after XLSX:\n%s\n---\n%s", name, first, third)
			}
		}
		for _, n := range s.nodes() {
			if n.Leaf != nil {
				seen[n.Leaf.Rule.Kind()] = true
			}
		}
	}
	for _, k := range Kinds {
		if !seen[k] {
			t.Errorf("no set has the kind %s", k)
		}
	}
}

func TestDiffTellsBothSentences(t *testing.T) {
	t.Parallel()
	a := kind(t, "piecewise_linear")
	text := string(read(t, "testdata/piecewise_linear.yaml"))
	for _, r := range [][2]string{{"full_at: 0.85", "full_at: 0.9"}, {"max: 2\n    kind: late_penalty", "max: 2\n    data_source: feedback\n    kind: late_penalty"},
		{"code: '1.3'", "code: '1.5'"}, {"Tiêu chí 1.2", "Tỷ lệ"}} {
		text = string(bytes.Replace([]byte(text), []byte(r[0]), []byte(r[1]), 1))
	}
	b, err := Load([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	var got []string
	for _, c := range Diff(a, b) {
		got = append(got, string(c.What)+" "+c.Code+": "+c.Before(ctx)+" → "+c.After(ctx))
	}
	for _, want := range []string{
		"rule 1.1: Từ 85 % trở lên: 10 điểm; dưới 85 %: tỷ lệ đạt được × 10 / 85 %; dưới 60 %: 0 điểm → Từ 90 % trở lên: 10 điểm; dưới 90 %: tỷ lệ đạt được × 10 / 90 %; dưới 60 %: 0 điểm",
		"name 1.2: Tiêu chí 1.2 → Tỷ lệ",
		"added 1.5:  → Tiêu chí 1.3 (4 điểm): Từ 80 % trở lên: 4 điểm; dưới 80 %: tỷ lệ đạt được × 4 / 80 %",
		"binding 1.4: nhập tay → phản ánh, kiến nghị",
		"removed 1.3: Tiêu chí 1.3 (4 điểm): Từ 80 % trở lên: 4 điểm; dưới 80 %: tỷ lệ đạt được × 4 / 80 % → ",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("no change %q in %q", want, got)
		}
	}
	if len(got) != 5 {
		t.Errorf("%d changes, want 5: %q", len(got), got)
	}
}
