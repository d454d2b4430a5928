package calendarweb

import (
	"strings"
	"testing"

	"cchc/calendar"
)

// Hours of a day as people write them are sessions one after the other within the day,
// and written as the form shows them they are read again as the same.
func FuzzParseHours(f *testing.F) {
	for _, s := range []string{"07:30-11:30, 13:00-17:00", "7h30–11h30; 13h-17h", "7g30 - 11g30", "07:30:15-11:30:59", "", ",,", "13:00-17:00,07:30-11:30", "07:30-12:00,12:00-17:00", "08:00-08:00", "00:00-23:59:59", "22:00-02:00", "24:00-25:00",
		":-:1", "h-g1", "+7:30-11:+30", "-7:30-11:30", "7-11", "٧:30-11:30", "7:30-11:30-13:00", "1:2:3:4-5:6", strings.Repeat("0:00-0:01,", 500)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		sessions, ok := parseHours(text)
		if !ok {
			return
		}
		last := 0
		for _, s := range sessions {
			if s.From < last || s.From >= s.To || s.To >= 24*3600 {
				t.Errorf("%q is %v", text, sessions)
			}
			last = s.To
		}
		shown := hoursText(calendar.Day{Sessions: sessions})
		again, ok := parseHours(shown)
		if !ok || len(again) != len(sessions) {
			t.Fatalf("%q is shown as %q, which is read as %v", text, shown, again)
		}
		for i := range again {
			if again[i] != sessions[i] {
				t.Errorf("%q is shown as %q, which is read as %v", text, shown, again)
			}
		}
	})
}

// A time of the day begins with its hour in digits: nothing and a sign are none.
func FuzzParseClock(f *testing.F) {
	for _, s := range []string{"07:30", "7h30", "15:00:00", "7h", " 9g05 ", "23:59:59", "24:00", "7:60", ":30", "h", "::", "+7:30", "-0:30", "7:+5", "7: 5", "007:30", "7", "", "7:30:", "99999999999999999999:00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, ok := parseClock(text)
		if !ok {
			return
		}
		if n < 0 || n >= 24*3600 {
			t.Errorf("%q is second %d", text, n)
		}
		if s := strings.TrimSpace(text); s[0] < '0' || s[0] > '9' || strings.ContainsAny(s, "+- ") {
			t.Errorf("%q is read as a time, %s", text, secondText(n))
		}
		if again, ok := parseClock(secondText(n)); !ok || again != n {
			t.Errorf("%q is %s, which is read as %d", text, secondText(n), again)
		}
	})
}
