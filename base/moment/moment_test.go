package moment

import (
	"strings"
	"testing"
	"time"
)

func TestDates(t *testing.T) {
	for _, c := range []struct {
		in   string
		add  int
		want string
	}{
		{"2024-02-29", 1, "2024-03-01"},
		{"23/11/2026", 0, "2026-11-23"},
		{"2026-12-31", 1, "2027-01-01"},
		{"1969-12-31", -1, "1969-12-30"},
	} {
		d, err := ParseDate(c.in)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.AddDays(c.add).String(); got != c.want {
			t.Errorf("ParseDate(%q).AddDays(%d) = %s, want %s", c.in, c.add, got, c.want)
		}
	}
	if _, err := ParseDate("2026-02-30"); err == nil {
		t.Error("30 February was accepted")
	}
	// "9999-12-31" for ever is no day of which the next could be read.
	for in, ok := range map[string]bool{"9998-12-31": true, "9999-01-01": false, "31/12/9999": false, "0001-01-01": true, "0000-12-31": false, "01/01/0000": false} {
		if _, err := ParseDate(in); (err == nil) != ok {
			t.Errorf("ParseDate(%q): %v", in, err)
		}
		if _, err := ParseDate(in); err != nil && !strings.Contains(err.Error(), "9998") {
			t.Errorf("%q is refused without saying why: %v", in, err)
		}
	}
}

func TestWeekdaysAgreeWithTime(t *testing.T) {
	for d := Date(-3000); d < 30000; d++ {
		if d.Weekday() != d.Time().Weekday() {
			t.Fatalf("Weekday(%s) = %s, want %s", d, d.Weekday(), d.Time().Weekday())
		}
	}
}

func TestMonthsEndOnTheLastDay(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{
		{"2026-01-31", 1, "2026-02-28"}, {"2024-01-31", 1, "2024-02-29"}, {"2026-11-30", 3, "2027-02-28"},
		{"2026-10-15", 2, "2026-12-15"}, {"2026-03-31", -1, "2026-02-28"},
	} {
		d, _ := ParseDate(c.in)
		if got := d.AddMonths(c.n).String(); got != c.want {
			t.Errorf("%s + %d months = %s, want %s", c.in, c.n, got, c.want)
		}
	}
}

// The civil day changes at midnight in Vietnam, 17:00 UTC of the day before.
func TestInstantsAreInVietnamTime(t *testing.T) {
	i, err := ParseInstant("2026-11-23T00:00")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := i.Time().UTC(), time.Date(2026, 11, 22, 17, 0, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("midnight = %s, want %s", got, want)
	}
	if got := (i - 1).Date().String(); got != "2026-11-22" {
		t.Errorf("the millisecond before midnight is on %s", got)
	}
	if i.Date().Start() != i || i.Date().At(9*3600).String() != "2026-11-23T09:00" || i.SecondOfDay() != 0 {
		t.Errorf("Start, At or SecondOfDay of %s is off", i)
	}
	z, _ := ParseInstant("2026-11-23T02:00:05Z")
	if z.String() != "2026-11-23T09:00:05" {
		t.Errorf("a zoned time reads as %s", z)
	}
	for in, ok := range map[string]bool{"9998-12-31T23:59": true, "9999-01-01T00:00": false, "9998-12-31T23:59:59Z": false, "31/12/9999 09:00": false, "0001-01-01T00:00": true, "0000-12-31T23:59": false, "0000-01-01T00:00:00+14:00": false} {
		if i, err := ParseInstant(in); (err == nil) != ok || err != nil && i != 0 {
			t.Errorf("ParseInstant(%q) = %d, %v", in, i, err)
		}
	}
	if _, err := ParseInstant("2026-11-23"); err == nil {
		t.Error("a bare date was accepted as an instant")
	}
}
