package serviceindex_test

import (
	"strings"
	"testing"

	"cchc/base/moment"
	"cchc/base/points"
	"cchc/data"
	"cchc/serviceindex"
)

func TestTheSetAddsUpTo100(t *testing.T) {
	t.Parallel()
	s, ok := sets(t).On(moment.NewDate(2026, 11, 23))
	if !ok {
		t.Fatal("no formulas are in force")
	}
	want := []int64{18, 20, 12, 10, 22, 18}
	for i, g := range s.Groups {
		if g.Max != points.Of(want[i]) {
			t.Errorf("group %s has %s points, want %d", g.Code, g.Max, want[i])
		}
	}
	if len(s.Groups) != len(want) || s.Max != points.Of(100) || len(s.Metrics()) != 22 {
		t.Errorf("%d groups, %d metrics, %s points", len(s.Groups), len(s.Metrics()), s.Max)
	}
	if _, ok := sets(t).On(moment.NewDate(2022, 7, 31)); ok {
		t.Error("the formulas are in force before 01/08/2022")
	}
	if b, ok := s.Band(points.Of(80)); !ok || b.Name.EN != "Good" || s.BandsMark != serviceindex.Unverified {
		t.Errorf("80 points are %q, marked %s; want Good, unverified", b.Name.EN, s.BandsMark)
	}
}

func TestLoadNamesEveryFaultWithItsPlace(t *testing.T) {
	t.Parallel()
	for _, x := range []struct{ from, to, want string }{
		{"max: 100\n", "max: 99\n", "max: is 99.00, but the groups add up to 100.00"},
		{"code: ON_TIME_RATE\n", "code: DOSSIER_SYNC\n", "groups[1].metrics[0].code: DOSSIER_SYNC stands twice"},
		{"full_at: 80/100}\n        numerator: authority_online", "full_at: 0}\n        numerator: authority_online", `groups[2].metrics[0].rule.full_at: "0" is not a ratio`},
		{"numerator: timed_ok", "numerator: in_time", `groups[1].metrics[0].numerator: "in_time" is not a measure`},
		{"kind: complement, full_at: 90/100", "kind: guess, full_at: 90/100", `groups[5].metrics[2].rule.kind: "guess" is not a kind of rule`},
		{"less: displeased", "numerator: displeased", `groups[5].metrics[2].less: "" is not a measure`},
		{"in_force_from: 2022-08-01", "in_force_from: soon", `in_force_from: "soon" is not a date`},
		{"numerator: synced", "numerators: synced", "unknown field"},
		{"  - code: TDGQ", "  - code: CKMB", "groups[1].code: CKMB stands twice"},
		{"version: \"766-2022\"\n", "", "version: is missing"},
	} {
		if !strings.Contains(data.QD766, x.from) {
			t.Fatalf("the file has no %q", x.from)
		}
		text := strings.Replace(data.QD766, x.from, x.to, 1)
		_, err := serviceindex.LoadSets(text)
		if err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%q for %q gives\n%v\nwant %s", x.to, x.from, err, x.want)
			continue
		}
		// The line is where the change is, or where the thing above it begins.
		if strings.Contains(x.want, "measure") {
			line := strings.Count(text[:strings.Index(text, x.to)], "\n") + 1
			if n := lineOf(err.Error()); n > line || n < line-8 {
				t.Errorf("%s: line %d, the change is in line %d", x.want, n, line)
			}
		}
	}
}

func lineOf(s string) (n int) {
	_, s, _ = strings.Cut(s, "line ")
	for _, c := range s {
		if c < '0' || c > '9' {
			break
		}
		n = n*10 + int(c-'0')
	}
	return n
}

func TestVersionsMayNotOverlap(t *testing.T) {
	t.Parallel()
	second := strings.NewReplacer(`"766-2022"`, `"766-2027"`, "2022-08-01", "2027-01-01").Replace(data.QD766)
	if _, err := serviceindex.LoadSets(data.QD766 + "\n---\n" + second); err == nil || !strings.Contains(err.Error(), "same days") {
		t.Errorf("two versions at once give %v", err)
	}
	first := strings.Replace(data.QD766, "in_force_from: 2022-08-01", "in_force_from: 2022-08-01\nin_force_to: 2027-01-01", 1)
	s, err := serviceindex.LoadSets(second, first)
	if err != nil || len(s) != 2 {
		t.Fatalf("%d versions, %v; want 2", len(s), err)
	}
	if x, _ := s.On(moment.NewDate(2026, 12, 31)); x.ID != "766-2022" {
		t.Errorf("on 31/12/2026 %s is in force", x.ID)
	}
	if x, _ := s.On(moment.NewDate(2027, 1, 1)); x.ID != "766-2027" {
		t.Errorf("on 01/01/2027 %s is in force", x.ID)
	}
}
