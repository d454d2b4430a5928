package calendar

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestStops(t *testing.T) {
	c := office(t, DefaultWeek())
	const (
		day4to13 = "2026-11-04T15:00..2026-11-13T10:00"
		none     = ""
	)
	for _, test := range []struct {
		name           string
		received       string
		qty, unit      string
		stops          []string
		byDays, byTime string
	}{
		{"pause", "2026-11-02T09:00", "10", "working_day", []string{day4to13, "pause"}, "2026-11-26T17:00", "2026-11-25T15:00"},
		{"close is like pause", "2026-11-02T09:00", "10", "working_day", []string{day4to13, "close"}, "2026-11-26T17:00", "2026-11-25T15:00"},
		{"reset", "2026-11-02T09:00", "10", "working_day", []string{day4to13, "reset"}, "2026-11-30T17:00", "2026-11-30T10:00"},
		{"extend", "2026-11-02T09:00", "10", "working_day", []string{day4to13, "extend:3"}, "2026-12-01T17:00", "2026-11-30T15:00"},
		{"extend by hours", "2026-11-02T09:00", "10", "working_day", []string{day4to13, "extend:4:hour"}, "2026-11-27T11:30", "2026-11-26T09:30"},
		{"extend by calendar days", "2026-11-02T09:00", "10", "working_day", []string{day4to13, "extend:3:calendar_day"}, "2026-11-30T17:00", "2026-11-30T17:00"},
		{"overlapping", "2026-11-02T09:00", "10", "working_day", []string{"2026-11-04T15:00..2026-11-10T10:00", "pause", "2026-11-06T15:00..2026-11-13T10:00", "close"}, "2026-11-26T17:00", "2026-11-25T15:00"},
		{"touching", "2026-11-02T09:00", "10", "working_day", []string{"2026-11-04T15:00..2026-11-10T10:00", "pause", "2026-11-10T10:00..2026-11-13T10:00", "pause"}, "2026-11-26T17:00", "2026-11-25T15:00"},
		{"out of order", "2026-11-02T09:00", "10", "working_day", []string{"2026-11-10T10:00..2026-11-13T10:00", "pause", "2026-11-04T15:00..2026-11-10T10:00", "pause"}, "2026-11-26T17:00", "2026-11-25T15:00"},
		{"one inside another", "2026-11-02T09:00", "10", "working_day", []string{day4to13, "pause", "2026-11-06T10:00..2026-11-09T10:00", "pause"}, "2026-11-26T17:00", "2026-11-25T15:00"},
		{"after it was used up", "2026-11-02T09:00", "2", "working_day", []string{"2026-11-04T17:00..2026-11-13T10:00", "pause"}, "2026-11-04T17:00", "2026-11-04T09:00"},
		{"reset after it was used up", "2026-11-02T09:00", "2", "working_day", []string{"2026-11-05T08:00..2026-11-13T10:00", "reset"}, "2026-11-04T17:00", "2026-11-04T09:00"},
		{"asked on the due day", "2026-11-02T09:00", "2", "working_day", []string{"2026-11-04T08:00..2026-11-13T10:00", "pause"}, "2026-11-13T17:00", "2026-11-13T11:00"},
		{"extended on the due day", "2026-11-02T09:00", "2", "working_day", []string{"2026-11-04T08:00..2026-11-13T10:00", "extend:1"}, "2026-11-16T17:00", "2026-11-16T11:00"},
		{"asked and supplied on one day", "2026-11-02T09:00", "2", "working_day", []string{"2026-11-03T08:00..2026-11-03T10:00", "pause"}, "2026-11-04T17:00", "2026-11-04T11:00"},
		{"cut to the receipt", "2026-11-02T09:00", "2", "working_day", []string{"2026-10-01T08:00..2026-11-03T09:00", "pause"}, "2026-11-05T17:00", "2026-11-05T09:00"},
		{"ended before the receipt", "2026-11-02T09:00", "2", "working_day", []string{"2026-10-01T08:00..2026-11-01T09:00", "reset"}, "2026-11-04T17:00", "2026-11-04T09:00"},
		{"a whole day keeps 07:30", "2026-11-02T07:30", "2", "working_day", []string{"2026-11-03T07:30..2026-11-04T07:30", "pause"}, "2026-11-05T17:00", "2026-11-05T07:30"},
		{"half a day", "2026-11-02T08:00", "1.5", "working_day", []string{"2026-11-03T09:00..2026-11-05T09:00", "pause"}, "2026-11-06T11:30", "2026-11-05T13:30"},
		{"earlier stops are forgotten by a reset", "2026-11-02T09:00", "3", "working_day", []string{"2026-11-03T09:00..2026-11-04T09:00", "extend:9", "2026-11-05T09:00..2026-11-20T09:00", "reset"}, "2026-11-26T17:00", "2026-11-26T09:00"},
		{"a reset does not end a pause", "2026-11-02T09:00", "3", "working_day", []string{"2026-11-03T09:00..2026-11-10T09:00", "pause", "2026-11-04T09:00..2026-11-05T09:00", "reset"}, "2026-11-13T17:00", "2026-11-13T09:00"},
		{"a reset never shortens", "2026-11-02T09:00", "3", "working_day", []string{"2026-11-03T09:00..2026-11-04T09:00", "extend:9", "2026-11-05T09:00..2026-11-05T10:00", "reset"}, "2026-11-19T17:00", "2026-11-19T09:00"},
		{"hours", "2026-11-02T09:00", "8", "hour", []string{"2026-11-02T10:00..2026-11-03T08:00", "pause"}, "2026-11-03T16:30", "2026-11-03T16:30"},
		{"hours over a weekend", "2026-11-06T09:00", "8", "hour", []string{"2026-11-06T16:00..2026-11-09T08:30", "pause"}, "2026-11-09T11:00", "2026-11-09T11:00"},
		{"calendar days", "2026-11-02T09:00", "15", "calendar_day", []string{day4to13, "pause"}, "2026-11-26T17:00", "2026-11-26T17:00"},
		{"calendar days, rolled once", "2026-11-02T09:00", "15", "calendar_day", []string{"2026-11-04T15:00..2026-11-08T10:00", "pause"}, "2026-11-23T17:00", "2026-11-23T17:00"},
		{"months", "2026-11-02T09:00", "1", "month", []string{day4to13, "pause"}, "2026-12-11T17:00", "2026-12-11T17:00"},
		{"months and a year", "2026-11-02T09:00", "1", "month", []string{"2026-11-04T15:00..2026-11-04T16:00", "extend:1:year"}, "2027-12-02T17:00", "2027-12-02T17:00"},
		{"same day, supplied the next", "2026-11-09T09:00", "0", "same_day", []string{"2026-11-09T10:00..2026-11-10T10:00", "pause"}, "2026-11-10T17:00", "2026-11-10T17:00"},
		{"same day, supplied after 15:00", "2026-11-09T09:00", "0", "same_day", []string{"2026-11-09T10:00..2026-11-10T15:01", "close"}, "2026-11-11T17:00", "2026-11-11T17:00"},
		{"same day, extended", "2026-11-09T09:00", "0", "same_day", []string{"2026-11-09T10:00..2026-11-10T10:00", "extend:2"}, "2026-11-12T17:00", "2026-11-12T17:00"},
		{"zero days are used up at once", "2026-11-09T09:00", "0", "working_day", []string{"2026-11-09T10:00..2026-11-11T10:00", "pause"}, "2026-11-09T17:00", "2026-11-09T09:00"},
	} {
		for conv, want := range map[Convention]string{Days: test.byDays, Clock: test.byTime} {
			if got := project(t, c, test.received, test.qty, test.unit, conv, none, test.stops...).Due.String(); got != want {
				t.Errorf("%s, %s: due %s, want %s", test.name, conv, got, want)
			}
		}
	}
}

func TestOpenStop(t *testing.T) {
	c := office(t, DefaultWeek())
	last := ""
	for _, test := range []struct {
		asOf   string
		paused bool
		due    string
	}{
		{"", true, "2026-11-16T17:00"},
		{"2026-11-03T15:00", false, "2026-11-16T17:00"},
		{"2026-11-04T15:00", true, "2026-11-16T17:00"},
		{"2026-11-05T15:00", true, "2026-11-17T17:00"},
		{"2026-11-13T10:00", true, "2026-11-26T17:00"},
	} {
		p := project(t, c, "2026-11-02T09:00", "10", "working_day", Days, test.asOf, "2026-11-04T15:00..", "pause")
		if p.Paused != test.paused || p.Due.String() != test.due {
			t.Errorf("as of %q: paused %t, due %s, want %t, %s", test.asOf, p.Paused, p.Due, test.paused, test.due)
		}
		if p.Paused && p.Since.String() != "2026-11-04T15:00" {
			t.Errorf("as of %q: paused since %s", test.asOf, p.Since)
		}
		if p.Due.String() < last {
			t.Errorf("as of %q: due %s, earlier than %s before", test.asOf, p.Due, last)
		}
		last = p.Due.String()
	}
	// A stop whose end is known beforehand (a notice board) is open until then.
	p := project(t, c, "2026-11-02T09:00", "10", "working_day", Days, "2026-11-06T09:00", "2026-11-04T15:00..2026-11-13T10:00", "pause")
	if !p.Paused || p.Due.String() != "2026-11-26T17:00" {
		t.Errorf("notice board: paused %t, due %s", p.Paused, p.Due)
	}
	// Asked after the due date: paused all the same, and overdue.
	p = project(t, c, "2026-11-02T09:00", "1", "working_day", Days, "2026-11-13T09:00", "2026-11-05T09:00..", "pause")
	if !p.Paused || !p.Overdue || p.Due.String() != "2026-11-03T17:00" {
		t.Errorf("asked late: paused %t, overdue %t, due %s", p.Paused, p.Overdue, p.Due)
	}
}

func draw(p Projection) string {
	var b strings.Builder
	for _, s := range p.Segments {
		fmt.Fprintf(&b, "%s..%s %s", s.From, s.To, s.Kind)
		if s.Stop >= 0 {
			fmt.Fprintf(&b, " by %d", s.Stop)
		}
		if s.Void {
			b.WriteString(" void")
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestSegments(t *testing.T) {
	c := office(t, DefaultWeek())
	p := project(t, c, "2026-11-01T20:00", "3", "working_day", Clock, "2026-11-19T09:00",
		"2026-11-03T07:30..2026-11-04T07:30", "pause", "2026-11-05T08:00..2026-11-09T08:00", "reset",
		"2026-11-10T09:00..2026-11-11T10:00", "pause", "2026-11-11T09:00..2026-11-12T09:00", "close", "2026-11-20T09:00..", "pause")
	want := `2026-11-02T07:30..2026-11-03T07:30 running void
2026-11-03T07:30..2026-11-04T07:30 stopped by 0 void
2026-11-04T07:30..2026-11-05T08:00 running void
2026-11-05T08:00..2026-11-09T08:00 stopped by 1 void
2026-11-09T08:00..2026-11-10T09:00 running
2026-11-10T09:00..2026-11-11T10:00 stopped by 2
2026-11-11T10:00..2026-11-12T09:00 stopped by 3
2026-11-12T09:00..2026-11-16T08:00 running
2026-11-16T08:00..2026-11-19T09:00 over
`
	if got := draw(p); got != want {
		t.Errorf("segments\n%s\nwant\n%s", got, want)
	}
	if p.Effective.String() != "2026-11-02T07:30" || p.Counted.String() != "2026-11-09T08:00" || p.Original.String() != "2026-11-05T07:30" || p.Due.String() != "2026-11-16T08:00" {
		t.Errorf("effective %s, counted from %s, original %s, due %s", p.Effective, p.Counted, p.Original, p.Due)
	}
	if p.Used != 24*time.Hour || p.Left != 0 || !p.Overdue || p.Paused {
		t.Errorf("used %s, left %s, overdue %t, paused %t", p.Used, p.Left, p.Overdue, p.Paused)
	}
	p = project(t, c, "2026-11-02T09:00", "10", "working_day", Clock, "2026-11-04T11:30")
	if p.Used != 18*time.Hour+30*time.Minute || p.Left != 61*time.Hour+30*time.Minute || p.Overdue {
		t.Errorf("used %s, left %s, want 18h30m, 61h30m", p.Used, p.Left)
	}
}

func TestProjectRefuses(t *testing.T) {
	c := office(t, DefaultWeek())
	r, l := at(t, "2026-11-02T09:00"), Limit{1000, WorkingDay}
	for _, s := range []Stop{
		{}, {As: "wait", From: r}, {As: Pause}, {As: Pause, From: r, To: r - 1}, {As: Pause, From: r, Extra: l}, {As: Extend, From: r, Extra: Limit{-1, WorkingDay}},
		{As: Extend, From: r, Extra: Limit{1000, "week"}}, {As: Extend, From: r, Extra: Limit{0, SameDay}}, {As: Extend, From: r, Extra: Limit{-1, ""}},
	} {
		if p, err := c.Project(r, l, "", []Stop{s}, 0); err == nil {
			t.Errorf("the stop %+v was accepted, due %s", s, p.Due)
		}
	}
	if _, err := c.Project(r, Limit{1000, Month}, "", []Stop{{As: Extend, From: r, Extra: Limit{Qty: 500}}}, 0); err == nil {
		t.Error("an extension by half a month was accepted")
	}
	if _, err := c.Project(r, l, "noon", nil, 0); err == nil {
		t.Error("an unknown convention was accepted")
	}
}
