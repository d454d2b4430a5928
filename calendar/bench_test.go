package calendar

import (
	"testing"

	"cchc/base/moment"
)

var sink moment.Instant

func BenchmarkDue(b *testing.B) {
	c := office(b, DefaultWeek())
	for _, bench := range []struct {
		name string
		l    Limit
		conv Convention
		at   string
	}{
		{"days", Limit{15_000, WorkingDay}, Days, "2026-02-06T10:10"},
		{"days/fraction", Limit{7_500, WorkingDay}, Days, "2026-02-06T10:10"},
		{"clock", Limit{15_000, WorkingDay}, Clock, "2026-02-06T10:10"},
		{"clock/fraction", Limit{7_500, WorkingDay}, Clock, "2026-02-06T10:10"},
		{"hours", Limit{36_500, Hour}, Days, "2026-02-06T10:10"},
		{"same_day", Limit{0, SameDay}, Days, "2026-02-06T10:10"},
		{"calendar_day", Limit{30_000, CalendarDay}, Days, "2026-02-06T10:10"},
		{"month", Limit{3_000, Month}, Days, "2026-02-06T10:10"},
		{"days/beyond the list", Limit{15_000, WorkingDay}, Days, "2031-02-06T10:10"},
		{"days/night before Tết", Limit{15_000, WorkingDay}, Days, "2026-02-13T20:00"},
	} {
		received := at(b, bench.at)
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sink, _ = c.Due(received, bench.l, bench.conv)
			}
		})
	}
}

func BenchmarkProject(b *testing.B) {
	c := office(b, DefaultWeek())
	received, asOf := at(b, "2026-11-02T09:00"), at(b, "2026-11-20T09:00")
	stops := []Stop{{As: Pause, From: at(b, "2026-11-04T15:00"), To: at(b, "2026-11-13T10:00")}}
	for name, n := range map[string]int{"no stop": 0, "one pause": 1} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p, _ := c.Project(received, Limit{10_000, WorkingDay}, Days, stops[:n], asOf)
				sink = p.Due
			}
		})
	}
}

func BenchmarkLeft(b *testing.B) {
	c := office(b, DefaultWeek())
	now, due := at(b, "2026-02-06T10:10"), at(b, "2026-03-06T17:00")
	for b.Loop() {
		c.Left(now, due)
	}
}

func BenchmarkNew(b *testing.B) {
	days := holidays(b)
	for b.Loop() {
		if _, err := New(DefaultWeek(), Days, days); err != nil {
			b.Fatal(err)
		}
	}
}
