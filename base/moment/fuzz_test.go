package moment_test

import (
	"testing"
	"time"

	"cchc/base/moment"
)

// What is read is written so that it is read again as the same day and instant, and so
// is the day after.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"23/11/2026", "2026-11-23", "2026-11-23T09:00", "23/11/2026 09:00", "2026-11-23T09:00:00+07:00", "", " ", "0", "-1", "\x00", "\xff\xfe", "\u202e", "99999999999999999999", "e\u0302\u0301", "||||||||", "31/02/2026", "0000-00-00", "0000-01-01", "0000-01-01T00:00:00+14:00", "9999-12-31", "9998-12-31", "9999-12-31T24:61", "1e400", "NaN"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := moment.ParseDate(s); err == nil {
			if again, err := moment.ParseDate(d.String()); err != nil || again != d {
				t.Errorf("%q is %v, which is read as %v, %v", s, d, again, err)
			}
			if _, err := time.Parse(time.DateOnly, (d + 1).String()); d != -1 && err != nil {
				t.Errorf("the day after %q: %v", s, err)
			}
		}
		if i, err := moment.ParseInstant(s); err == nil {
			if again, err := moment.ParseInstant(i.String()); err != nil || again/60_000 != i/60_000 {
				t.Errorf("%q is %v, which is read as %v, %v", s, i, again, err)
			}
		}
	})
}
