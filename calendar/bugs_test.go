package calendar

import (
	"testing"
	"time"

	"cchc/base/moment"
)

// The bugs that others shipped (domain handbook, section 3).

func due(tb testing.TB, c *Calendar, received, qty, unit string, conv Convention) string {
	tb.Helper()
	d, err := c.Due(at(tb, received), limit(tb, qty, unit), conv)
	if err != nil {
		tb.Fatal(err)
	}
	return d.String()
}

func project(tb testing.TB, c *Calendar, received, qty, unit string, conv Convention, asOf string, stops ...string) Projection {
	tb.Helper()
	var all []Stop
	for i := 0; i < len(stops); i += 2 {
		s, err := ParseStop(stops[i], stops[i+1])
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, s)
	}
	p, err := c.Project(at(tb, received), limit(tb, qty, unit), conv, all, at(tb, asOf))
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func TestBugWaitingOverAWeekendIsCreditedOnce(t *testing.T) {
	c := office(t, DefaultWeek())
	// Asked on Friday the 6th, supplied on Monday the 9th: one working day, not three.
	for conv, want := range map[Convention]string{Days: "2026-11-17T17:00", Clock: "2026-11-17T09:00"} {
		p := project(t, c, "2026-11-02T09:00", "10", "working_day", conv, "", "2026-11-06T09:00..2026-11-09T09:00", "pause")
		if got := p.Due.String(); got != want {
			t.Errorf("%s: due %s, want %s", conv, got, want)
		}
	}
	// A stop of nothing but the weekend changes nothing.
	p := project(t, c, "2026-11-02T09:00", "10", "working_day", Days, "", "2026-11-07T09:00..2026-11-08T20:00", "pause")
	if p.Due != p.Original {
		t.Errorf("a weekend's stop moved the due date from %s to %s", p.Original, p.Due)
	}
}

func TestBugCreatedOutsideHoursLeavesTime(t *testing.T) {
	c := office(t, DefaultWeek())
	for _, received := range []string{"2026-11-12T20:00", "2026-11-13T05:00", "2026-11-13T07:30"} {
		p := project(t, c, received, "8", "hour", "", received)
		if p.Left != 8*time.Hour || p.Due.String() != "2026-11-13T17:00" {
			t.Errorf("8 hours received %s: %s left, due %s, want 8h, 2026-11-13T17:00", received, p.Left, p.Due)
		}
	}
}

func TestBugOneDayIsNotTwentyFourWorkingHours(t *testing.T) {
	c := office(t, DefaultWeek())
	if got := due(t, c, "2026-11-09T09:00", "1", "working_day", Clock); got != "2026-11-10T09:00" {
		t.Errorf("1 working day ends %s, want 2026-11-10T09:00", got)
	}
	if got := due(t, c, "2026-11-09T09:00", "24", "hour", Clock); got != "2026-11-12T09:00" {
		t.Errorf("24 working hours end %s, want 2026-11-12T09:00", got)
	}
}

func TestBugHolidaysOfEveryYearAreLoaded(t *testing.T) {
	c := office(t, DefaultWeek())
	for _, d := range []string{"2020-01-23", "2021-02-10", "2022-09-01", "2023-05-03", "2024-09-03", "2025-04-07", "2026-11-24", "2027-02-10"} {
		if c.Working(on(t, d)) {
			t.Errorf("%s counts as a working day", d)
		}
	}
	// Received at the end of a year, due in the next.
	if got := due(t, c, "2025-12-30T09:00", "3", "working_day", Days); got != "2026-01-06T17:00" {
		t.Errorf("3 working days from 30/12/2025 end %s, want 2026-01-06T17:00", got)
	}
	from, to := c.Covered()
	if from.String() != "2020-01-01" || to.String() != "2027-12-31" {
		t.Errorf("Covered() = %s, %s, want 2020 to 2027", from, to)
	}
}

func TestBugMakeUpSaturdaysAreWorked(t *testing.T) {
	c := office(t, DefaultWeek())
	for _, d := range []string{"2024-05-04", "2025-04-26", "2026-01-10", "2026-08-22"} {
		if !c.Working(on(t, d)) {
			t.Errorf("%s does not count as a working day", d)
		}
	}
	if got := due(t, c, "2026-08-21T09:00", "1", "working_day", Days); got != "2026-08-22T17:00" {
		t.Errorf("1 working day from Friday 21/8/2026 ends %s, want 2026-08-22T17:00", got)
	}
	if got := c.Effective(at(t, "2026-08-22T08:00")).String(); got != "2026-08-22T08:00" {
		t.Errorf("a receipt on a make-up Saturday takes effect %s", got)
	}
}

func TestBugNoMinuteIsLostAtMidnight(t *testing.T) {
	c := office(t, DefaultWeek())
	if got := c.WorkingTime(at(t, "2026-11-02T07:30"), at(t, "2026-11-13T17:00")); got != 80*time.Hour {
		t.Errorf("two weeks have %s of working time, want 80h", got)
	}
	if got := due(t, c, "2026-11-02T07:30", "80", "hour", ""); got != "2026-11-13T17:00" {
		t.Errorf("80 hours end %s, want 2026-11-13T17:00", got)
	}
	// Also for an office that works until midnight.
	w := DefaultWeek()
	w[time.Monday].Sessions = []Session{{0, 86_399}}
	night, err := New(w, Clock, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := night.WorkingTime(at(t, "2026-11-09T00:00"), at(t, "2026-11-10T00:00")); got != 86_399*time.Second {
		t.Errorf("a session to 23:59:59 has %s", got)
	}
}

func TestBugANewDayOffMovesAnOpenDeadline(t *testing.T) {
	days := holidays(t)
	before, err := New(DefaultWeek(), Days, days)
	if err != nil {
		t.Fatal(err)
	}
	after, err := New(DefaultWeek(), Days, append(days, DayOff{Date: on(t, "2026-11-12"), Kind: Off, Name: "bão"}))
	if err != nil {
		t.Fatal(err)
	}
	if got := due(t, before, "2026-11-09T09:00", "5", "working_day", ""); got != "2026-11-16T17:00" {
		t.Errorf("due %s before the storm", got)
	}
	if got := due(t, after, "2026-11-09T09:00", "5", "working_day", ""); got != "2026-11-17T17:00" {
		t.Errorf("due %s after the storm, want 2026-11-17T17:00", got)
	}
}

func TestBugNoDueDateIsNotOnTime(t *testing.T) {
	c := office(t, DefaultWeek())
	for _, l := range []Limit{{}, {5000, ""}, {5000, "days"}, {-1, WorkingDay}} {
		if d, err := c.Due(at(t, "2026-11-09T09:00"), l, ""); err == nil {
			t.Errorf("the limit %s gave the due date %s, want an error", l, d)
		}
	}
	if _, err := c.Due(0, Limit{5000, WorkingDay}, ""); err == nil {
		t.Error("a due date without a receipt")
	}
	for _, l := range []Limit{{1000, WorkingDay}, {8000, Hour}} {
		if !l.Late(at(t, "2026-11-09T09:00"), 0) {
			t.Errorf("%s: ended without a due date and not late", l)
		}
	}
}

func TestBugTwoOfficesHaveTwoCalendars(t *testing.T) {
	weekday := office(t, DefaultWeek())
	six := office(t, weeks()["six"])
	if got := due(t, weekday, "2026-11-13T09:00", "1", "working_day", ""); got != "2026-11-16T17:00" {
		t.Errorf("due %s at the office of five days", got)
	}
	if got := due(t, six, "2026-11-13T09:00", "1", "working_day", ""); got != "2026-11-14T11:30" {
		t.Errorf("due %s at the office of six days", got)
	}
	// Neither the week nor the days given to New are shared.
	w, days := DefaultWeek(), []DayOff{{Date: on(t, "2026-11-10"), Kind: Off}}
	c, err := New(w, Days, days)
	if err != nil {
		t.Fatal(err)
	}
	w[time.Monday].Sessions[0].From, days[0].Date = 0, on(t, "2026-11-11")
	c.Day(on(t, "2026-11-09")).Sessions[0].To = 0
	if got := c.Effective(at(t, "2026-11-09T05:00")).String(); got != "2026-11-09T07:30" || c.Working(on(t, "2026-11-10")) || !c.Working(on(t, "2026-11-11")) {
		t.Errorf("a change to what New was given changed the calendar (%s)", got)
	}
}

func TestBugLunchIsNotCounted(t *testing.T) {
	c := office(t, DefaultWeek())
	if got := c.WorkingTime(at(t, "2026-11-09T11:00"), at(t, "2026-11-09T14:00")); got != 90*time.Minute {
		t.Errorf("11:00 to 14:00 has %s of working time, want 1h30m", got)
	}
	if got := due(t, c, "2026-11-09T11:00", "1", "hour", ""); got != "2026-11-09T13:30" {
		t.Errorf("1 hour from 11:00 ends %s, want 13:30", got)
	}
}

// A table of days and the division beyond it are the same calendar.
func TestDaysBeyondTheTableAreTheUsualWeek(t *testing.T) {
	for name, week := range weeks() {
		// One calendar has its table far away from the dates, the other around them.
		far, err := New(week, Clock, nil)
		if err != nil {
			t.Fatal(err)
		}
		near, err := New(week, Clock, []DayOff{
			{Date: on(t, "1985-06-09"), Kind: Off}, {Date: on(t, "2045-06-11"), Kind: Off}, // Sundays
		})
		if err != nil {
			t.Fatal(err)
		}
		d := dice(7)
		for range 3000 {
			r := moment.NewDate(1976, 1, 1).AddDays(d.roll(32000)).At(d.roll(86_400))
			l := Limit{Quantity(d.roll(60_000)), pick(&d, []LimitUnit{WorkingDay, Hour, CalendarDay})}
			a, err := far.Due(r, l, "")
			if err != nil {
				t.Fatal(err)
			}
			b, _ := near.Due(r, l, "")
			if a != b || far.WorkingTime(r, a) != near.WorkingTime(r, a) || far.AddWorkingDays(r.Date(), -9) != near.AddWorkingDays(r.Date(), -9) {
				t.Fatalf("%s: Due(%s, %s) = %s by division, %s by table", name, r, l, a, b)
			}
		}
	}
}
