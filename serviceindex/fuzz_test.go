package serviceindex_test

import (
	"testing"

	"cchc/serviceindex"
)

// A period that was read is written so that it is read again as the same.
func FuzzParsePeriod(f *testing.F) {
	for _, s := range []string{"2026", "2026-11", "2026-q4", "2026-h1", "2026-11-23", "", " ", "0", "-1", "\x00", "\xff\xfe", "\u202e", "99999999999999999999", "e\u0302\u0301", "||||||||", "31/02/2026", "0000-00-00", "9999-12-31T24:61", "1e400", "NaN"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if p, err := serviceindex.ParsePeriod(s); err == nil {
			if again, err := serviceindex.ParsePeriod(p.String()); err != nil || again != p {
				t.Errorf("%q is %v, which is read as %v, %v", s, p, again, err)
			}
		}
	})
}
