package backup_test

import (
	"strings"
	"testing"
	"time"

	"cchc/backup"
	"cchc/base/moment"
)

// A schedule that is read has a last time by now and a next one after it, and nothing
// lies between the two.
func FuzzParseSchedule(f *testing.F) {
	f.Add("01:30", "", int64(0), int64(1_795_000_000_000))
	f.Add("01:30,23:59", "mon,Sun", int64(0), int64(1_795_000_000_000))
	f.Add("", "", int64(time.Hour), int64(1))
	f.Add("24:00", "day", int64(-1), int64(0))
	f.Fuzz(func(t *testing.T, at, days string, every, now int64) {
		of := func(s string) []string {
			if s == "" {
				return nil
			}
			return strings.Split(s, ",")
		}
		s, err := backup.ParseSchedule(of(at), of(days), time.Duration(every))
		if err != nil || now < 0 || now > 250_000_000_000_000 {
			return
		}
		n := moment.Instant(now)
		last, next := s.Latest(n), s.Next(n)
		if s.Every == 0 && len(s.At) == 0 {
			if last != 0 || next != 0 {
				t.Errorf("no schedule, and copies at %s and %s", last, next)
			}
			return
		}
		if last > n || next <= n || s.Latest(next-1) != last || s.Latest(next) != next {
			t.Errorf("%q %q %s at %s: last %s, next %s", at, days, time.Duration(every), n, last, next)
		}
		if gap := s.Gap(); gap <= 0 || s.Every == 0 && time.Duration(next-last)*time.Millisecond > gap {
			t.Errorf("%q %q %s: gap %s, and from %s to %s", at, days, time.Duration(every), gap, last, next)
		}
	})
}
