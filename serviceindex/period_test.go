package serviceindex_test

import (
	"testing"

	"cchc/base/fault"
	"cchc/serviceindex"
)

func TestPeriodsAndWhatTheyAreComparedWith(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-11":     "2026-11-01 2026-11-30 2026-10",
		"2026-01":     "2026-01-01 2026-01-31 2025-12",
		"2026-Q4":     "2026-10-01 2026-12-31 2026-Q3",
		"2026-Q1":     "2026-01-01 2026-03-31 2025-Q4",
		"2026":        "2026-01-01 2026-12-31 2025",
		"2026-11-ytd": "2026-01-01 2026-11-30 2026-10-ytd",
		"2026-01-ytd": "2026-01-01 2026-01-31 2025-01-ytd",
		"2024-02":     "2024-02-01 2024-02-29 2024-01",
	} {
		p, err := serviceindex.ParsePeriod(text)
		if err != nil {
			t.Errorf("ParsePeriod(%s): %v", text, err)
			continue
		}
		if got := p.From.String() + " " + p.To.String() + " " + p.Before().String(); got != want || p.String() != text {
			t.Errorf("%s is %s, written %s; want %s", text, got, p, want)
		}
	}
	for _, text := range []string{"", "2026-13", "2026-Q5", "2026-ytd", "2026-Q1-ytd", "november", "2026-11-23", "26-11", "2026-00"} {
		if p, err := serviceindex.ParsePeriod(text); !fault.Is(err, fault.Invalid) {
			t.Errorf("ParsePeriod(%q) gives %s, %v; want a fault", text, p, err)
		}
	}
}
