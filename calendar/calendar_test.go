package calendar

import (
	"strings"
	"testing"
	"time"

	"cchc/base/moment"
)

func TestParseHolidays(t *testing.T) {
	replaces := map[string]string{}
	for _, d := range holidays(t) {
		if d.Kind == Work {
			replaces[d.Date.String()] = d.Replaces.String()
		}
	}
	for _, want := range [][2]string{{"2024-05-04", "2024-04-29"}, {"2025-04-26", "2025-05-02"}, {"2026-01-10", "2026-01-02"}, {"2026-08-22", "2026-08-31"}} {
		if replaces[want[0]] != want[1] {
			t.Errorf("%s replaces %q, want %s", want[0], replaces[want[0]], want[1])
		}
	}
	days, err := ParseHolidays(strings.NewReader("\ufeff# list\nkind,date,rule\noff,24/11/2026,\nwork,2027-01-02,bù cho 31/12\nwork,2027-01-09,theo thông báo\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(days) != 3 || days[0].Date != on(t, "2026-11-24") || days[1].Replaces != on(t, "2026-12-31") || days[2].Replaces != 0 {
		t.Errorf("ParseHolidays gave %+v", days)
	}
	for _, test := range []struct{ in, want string }{
		{"", "line 1: the header is missing"},
		{"date,name\n", "line 1: column kind is missing"},
		{"date,kind\n2026-01-01,off\n2026-02-30,off\n", "line 3, column date: "},
		{"date,kind\n# x\n2026-01-01,holiday\n", "line 3, column kind: "},
		{"date,kind,rule\n2026-08-22,work,bù cho thứ Ba 31/8\n", "line 2, column rule: 31/08/2026 is not a thứ Ba"},
		{"date,kind,rule\n2026-08-22,work,bù cho 31/9\n", "line 2, column rule: "},
		{"date,kind,rule\n2026-08-22,work\n", "line 2: 2 columns"},
	} {
		if _, err := ParseHolidays(strings.NewReader(test.in)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("ParseHolidays(%q): %v, want %q", test.in, err, test.want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	week := func(change func(*Week)) Week { w := DefaultWeek(); change(&w); return w }
	day := moment.NewDate(2026, 11, 24)
	for _, test := range []struct {
		name string
		week Week
		conv Convention
		days []DayOff
	}{
		{"an empty week", Week{}, Days, nil},
		{"a counting day without hours", week(func(w *Week) { w[6] = Day{Counts: true} }), Days, nil},
		{"sessions that overlap", week(func(w *Week) { w[1].Sessions[1].From = 40_000 }), Days, nil},
		{"an empty session", week(func(w *Week) { w[1].Sessions[1] = Session{50_000, 50_000} }), Days, nil},
		{"a session past midnight", week(func(w *Week) { w[1].Sessions[1].To = 86_400 }), Days, nil},
		{"an unknown convention", DefaultWeek(), "hours", nil},
		{"an unknown kind", DefaultWeek(), Days, []DayOff{{Date: day, Kind: "nghỉ"}}},
		{"a day without date", DefaultWeek(), Days, []DayOff{{Kind: Off}}},
		{"a day both off and worked", DefaultWeek(), Days, []DayOff{{Date: day, Kind: Off}, {Date: day, Kind: Work}}},
	} {
		if _, err := New(test.week, test.conv, test.days); err == nil {
			t.Errorf("New accepted %s", test.name)
		}
	}
	if _, err := New(DefaultWeek(), "", []DayOff{{Date: day, Kind: Off, Name: "a"}, {Date: day, Kind: Off, Name: "b"}}); err != nil {
		t.Errorf("two holidays on one day: %v", err)
	}
}

func TestMakeUpDaysHaveTheHoursOfTheDayTheyReplace(t *testing.T) {
	c := office(t, weeks()["friday"])
	for _, test := range []struct{ date, want string }{
		{"2026-01-10", "2026-01-10T11:30"}, // for Friday 2/1
		{"2026-08-22", "2026-08-22T17:00"}, // for Monday 31/8
	} {
		if got := c.Closing(on(t, test.date)).String(); got != test.want {
			t.Errorf("Closing(%s) = %s, want %s", test.date, got, test.want)
		}
	}
	c, err := New(DefaultWeek(), Days, []DayOff{{Date: on(t, "2026-11-14"), Kind: Work}})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Closing(on(t, "2026-11-14")).String(); got != "2026-11-14T17:00" {
		t.Errorf("a make-up day for no day in particular closes %s", got)
	}
}

func TestCovered(t *testing.T) {
	for _, test := range []struct {
		name     string
		years    []int
		from, to string
	}{
		{"nothing given", nil, "", ""},
		{"two years", []int{2026, 2027}, "2026-01-01", "2027-12-31"},
		{"a year missing between", []int{2020, 2021, 2026, 2027}, "2026-01-01", "2027-12-31"},
	} {
		var days []DayOff
		for _, y := range test.years {
			days = append(days, DayOff{Date: moment.NewDate(y, 9, 2), Kind: Off})
		}
		c, err := New(DefaultWeek(), Days, days)
		if err != nil {
			t.Fatal(err)
		}
		if from, to := c.Covered(); from.String() != test.from || to.String() != test.to {
			t.Errorf("%s: Covered() = %s, %s, want %s, %s", test.name, from, to, test.from, test.to)
		}
		for _, d := range days {
			if c.Working(d.Date) {
				t.Errorf("%s: %s counts", test.name, d.Date)
			}
		}
	}
}

func TestEffective(t *testing.T) {
	c, saturday := office(t, DefaultWeek()), office(t, weeks()["saturday"])
	asReceived := office(t, DefaultWeek(), AsReceived())
	for _, test := range []struct {
		name, received, want string
		c                    *Calendar
	}{
		{"before opening", "2026-11-09T05:59", "2026-11-09T07:30", c},
		{"in the morning", "2026-11-09T09:12:34", "2026-11-09T09:12:34", c},
		{"at the end of the morning", "2026-11-09T11:30", "2026-11-09T11:30", c},
		{"a second later", "2026-11-09T11:30:01", "2026-11-09T13:00", c},
		{"at closing", "2026-11-09T17:00", "2026-11-09T17:00", c},
		{"a second after closing", "2026-11-09T17:00:01", "2026-11-10T07:30", c},
		{"on Saturday", "2026-11-14T09:00", "2026-11-16T07:30", c},
		{"on the evening before Tết", "2026-02-13T18:00", "2026-02-23T07:30", c},
		{"on a Saturday of reception", "2026-11-14T09:00", "2026-11-14T09:00", saturday},
		{"on its afternoon", "2026-11-14T14:00", "2026-11-16T07:30", saturday},
		{"on the evening before it", "2026-11-13T18:00", "2026-11-14T07:30", saturday},
		{"with the setting off", "2026-11-14T09:00", "2026-11-14T09:00", asReceived},
	} {
		if got := test.c.Effective(at(t, test.received)).String(); got != test.want {
			t.Errorf("%s: Effective(%s) = %s, want %s", test.name, test.received, got, test.want)
		}
	}
	if got := c.Effective(at(t, "2026-11-09T17:00") + 999).String(); got != "2026-11-09T17:00" {
		t.Errorf("17:00:00.999 takes effect %s, want 17:00 of the same day", got)
	}
}

func TestDueSettings(t *testing.T) {
	asReceived := office(t, DefaultWeek(), AsReceived())
	noon := office(t, DefaultWeek(), SameDayUntil(12*3600))
	saturday := office(t, weeks()["saturday"])
	for _, test := range []struct {
		name           string
		c              *Calendar
		received       string
		qty, unit      string
		byDays, byTime string
	}{
		{"night, as received: the next day is the first", asReceived, "2026-11-11T20:00", "1", "working_day", "2026-11-12T17:00", "2026-11-13T07:30"},
		{"Saturday, as received: Monday is the first", asReceived, "2026-11-21T10:00", "3", "working_day", "2026-11-26T17:00", "2026-11-27T07:30"},
		{"night, as received, same day", asReceived, "2026-11-11T20:00", "0", "same_day", "2026-11-12T17:00", "2026-11-12T17:00"},
		{"another cut-off, at it", noon, "2026-11-11T11:30", "0", "same_day", "2026-11-11T17:00", "2026-11-11T17:00"},
		{"another cut-off, after it", noon, "2026-11-11T12:01", "0", "same_day", "2026-11-12T17:00", "2026-11-12T17:00"},
		{"same day, after 15:00 of the night: moved once", noon, "2026-11-11T17:30", "0", "same_day", "2026-11-12T17:00", "2026-11-12T17:00"},
		{"Saturday of reception is the day of receipt", saturday, "2026-11-14T10:00", "1", "working_day", "2026-11-16T17:00", "2026-11-17T07:30"},
		{"Saturday of reception, zero days", saturday, "2026-11-14T10:00", "0", "working_day", "2026-11-16T17:00", "2026-11-16T07:30"},
		{"Saturday of reception, same day", saturday, "2026-11-14T10:00", "0", "same_day", "2026-11-16T17:00", "2026-11-16T17:00"},
		{"Saturday of reception, hours", saturday, "2026-11-14T10:00", "2", "hour", "2026-11-16T09:30", "2026-11-16T09:30"},
		{"Saturday of reception, calendar days", saturday, "2026-11-14T10:00", "7", "calendar_day", "2026-11-23T17:00", "2026-11-23T17:00"},
		{"year from 29 February", saturday, "2024-02-29T10:00", "1", "year", "2025-02-28T17:00", "2025-02-28T17:00"},
	} {
		for conv, want := range map[Convention]string{Days: test.byDays, Clock: test.byTime} {
			if got := due(t, test.c, test.received, test.qty, test.unit, conv); got != want {
				t.Errorf("%s: Due(%s, %s %s, %s) = %s, want %s", test.name, test.received, test.qty, test.unit, conv, got, want)
			}
		}
	}
}

func TestLeft(t *testing.T) {
	c := office(t, DefaultWeek())
	for _, test := range []struct {
		now, due string
		days     int
		rest     time.Duration
		overdue  bool
	}{
		{"2026-11-09T09:00", "2026-11-11T17:00", 2, 22*time.Hour + 30*time.Minute, false},
		{"2026-11-13T16:00", "2026-11-16T17:00", 1, 9 * time.Hour, false},
		{"2026-11-16T09:00", "2026-11-16T16:00", 0, 5*time.Hour + 30*time.Minute, false},
		{"2026-11-16T17:00", "2026-11-16T17:00", 0, 0, false},
		{"2026-11-16T17:30", "2026-11-16T17:00", 0, 0, true},
		{"2026-11-18T08:30", "2026-11-16T17:00", 2, 9 * time.Hour, true},
	} {
		days, rest, overdue := c.Left(at(t, test.now), at(t, test.due))
		if days != test.days || rest != test.rest || overdue != test.overdue {
			t.Errorf("Left(%s, %s) = %d, %s, %t, want %d, %s, %t", test.now, test.due, days, rest, overdue, test.days, test.rest, test.overdue)
		}
	}
}

func TestAddWorkingDays(t *testing.T) {
	c := office(t, DefaultWeek())
	for _, test := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-11-23", 1, "2026-11-25"}, {"2026-11-23", 0, "2026-11-23"}, {"2026-11-24", 0, "2026-11-25"}, {"2026-11-25", -1, "2026-11-23"},
		{"2026-11-22", 1, "2026-11-23"}, {"2026-11-22", -1, "2026-11-20"}, {"2026-02-13", 3, "2026-02-25"},
	} {
		if got := c.AddWorkingDays(on(t, test.from), test.n).String(); got != test.want {
			t.Errorf("AddWorkingDays(%s, %d) = %s, want %s", test.from, test.n, got, test.want)
		}
	}
}

func TestQuantities(t *testing.T) {
	for in, want := range map[string]string{"7.5": "7.5", "7,5": "7.5", " 10 ": "10", "0": "0", "0,250": "0.25", "1.000": "1", "12.345": "12.345", "1.50000": "1.5"} {
		q, err := ParseQuantity(in)
		if err != nil || q.String() != want {
			t.Errorf("ParseQuantity(%q) = %s, %v, want %s", in, q, err, want)
		}
	}
	for _, in := range []string{"", " ", "-1", "+1", "1.2345", "1,2,3", ".5", "a", "1e3", "9999999999", "1.5 ngày", "٣"} {
		if q, err := ParseQuantity(in); err == nil {
			t.Errorf("ParseQuantity(%q) = %s, want an error", in, q)
		}
	}
	if got := Quantity(7500).VN(); got != "7,5" {
		t.Errorf("VN() = %s", got)
	}
	if got := Quantity(-250).String(); got != "-0.25" {
		t.Errorf("String() = %s", got)
	}
}

func TestLimits(t *testing.T) {
	for _, bad := range []Limit{{1500, Month}, {500, Year}, {2000, SameDay}, {40_000_000, WorkingDay}, {-1, Hour}, {1000, "tuần"}} {
		if bad.Validate() == nil {
			t.Errorf("the limit %s was accepted", bad)
		}
	}
	hour, day := Limit{8000, Hour}, Limit{1000, WorkingDay}
	at10, at11 := at(t, "2026-11-09T10:00"), at(t, "2026-11-09T11:00")
	if !hour.Late(at11, at10) || day.Late(at11, at10) || hour.Late(at10, at10) || !day.Late(at(t, "2026-11-10T00:00"), at10) {
		t.Error("hours are judged by the instant, days by the date")
	}
}
