package calendar

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"cchc/base/moment"
)

var fuzzUnits = []LimitUnit{WorkingDay, Hour, CalendarDay, Month, Year, SameDay}

// fuzzed turns raw numbers into a valid case.
func fuzzed(second int64, qty uint32, unit uint8) (moment.Instant, Limit) {
	span := int64(latest.Start()/1000 - earliest.Start()/1000)
	second = (second%span + span) % span
	l := Limit{Quantity(qty % 400_000), fuzzUnits[int(unit)%len(fuzzUnits)]}
	switch l.Unit {
	case Month, Year:
		l.Qty = l.Qty % 90 * 1000
	case SameDay:
		l.Qty = 0
	}
	return earliest.Start() + moment.Instant(second*1000), l
}

func fuzzOffices(f *testing.F) []*Calendar {
	var all []*Calendar
	for _, name := range []string{"default", "saturday", "friday", "six"} {
		all = append(all, office(f, weeks()[name]), office(f, weeks()[name], AsReceived()))
	}
	return all
}

// since2026 is the second of 2026 on the clock of fuzzed.
func since2026(s string) int64 {
	t, err := moment.ParseInstant(s)
	if err != nil {
		panic(err)
	}
	return int64(t-earliest.Start()) / 1000
}

func FuzzDue(f *testing.F) {
	for _, s := range []string{"2026-02-13T16:00", "2026-08-22T09:00", "2026-11-14T10:00", "2026-11-23T15:00:01", "2026-12-31T23:59:59", "2024-02-29T11:30:01"} {
		for u := range fuzzUnits {
			f.Add(since2026(s), uint32(7500), uint8(u), uint8(u))
			f.Add(since2026(s), uint32(0), uint8(u), uint8(u+4))
		}
	}
	offices := fuzzOffices(f)
	f.Fuzz(func(t *testing.T, second int64, qty uint32, unit, which uint8) {
		c := offices[int(which)%len(offices)]
		received, l := fuzzed(second, qty, unit)
		for _, conv := range []Convention{Days, Clock} {
			due, err := c.Due(received, l, conv)
			if err != nil {
				t.Fatal(err)
			}
			if !c.Working(due.Date()) {
				t.Errorf("Due(%s, %s, %s) = %s, a day off", received, l, conv, due)
			}
			if due.Date() < received.Date() || !c.asReceived && due < received {
				t.Errorf("Due(%s, %s, %s) = %s, before the receipt", received, l, conv, due)
			}
			if s, ok := c.kind(due.Date()).open(due.SecondOfDay()); !ok || s != due.SecondOfDay() {
				t.Errorf("Due(%s, %s, %s) = %s, outside office hours", received, l, conv, due)
			}
			more := Limit{l.Qty + 1, l.Unit}
			if l.Unit == Month || l.Unit == Year {
				more.Qty = l.Qty + 1000
			}
			// Zero is the day of receipt and not a length: received on a day that does
			// not count it ends with the next one, a quarter of a day in its morning.
			zero := l.Qty == 0 && l.Unit == WorkingDay && !c.Working(c.Effective(received).Date())
			if l.Unit != SameDay && !zero {
				if later, err := c.Due(received, more, conv); err != nil || later < due {
					t.Errorf("Due(%s, %s, %s) = %s, %v, earlier than %s of %s", received, more, conv, later, err, due, l)
				}
			}
			if later, err := c.Due(received+1000, l, conv); err == nil && later < due {
				t.Errorf("Due(%s, %s, %s) = %s, a second later %s", received, l, conv, due, later)
			}
			if p, err := c.Project(received, l, conv, nil, 0); err != nil || p.Due != due || p.Original != due {
				t.Errorf("Project(%s, %s, %s) = %s, %v, Due %s", received, l, conv, p.Due, err, due)
			}
			if l.Unit == Hour && l.Qty > 0 {
				if got, want := c.WorkingTime(c.Effective(received), due), time.Duration(l.Qty.seconds(3600))*time.Second; got != want {
					t.Errorf("Due(%s, %s) = %s has %s of working time", received, l, due, got)
				}
			}
		}
	})
}

func FuzzProject(f *testing.F) {
	for u := range fuzzUnits {
		f.Add(since2026("2026-11-02T09:00"), uint32(10_000), uint8(u), uint8(u), int32(2*86_400+6*3600), uint32(9*86_400), int32(5*86_400), uint32(86_400), uint8(u))
		f.Add(since2026("2026-02-13T16:00"), uint32(2_500), uint8(u), uint8(u+3), int32(-3600), uint32(86_400), int32(0), uint32(3*86_400), uint8(7*u))
	}
	offices := fuzzOffices(f)
	kinds := []StopKind{Pause, Close, Extend, Reset}
	f.Fuzz(func(t *testing.T, second int64, qty uint32, unit, which uint8, from1 int32, long1 uint32, from2 int32, long2 uint32, as uint8) {
		c := offices[int(which)%len(offices)]
		received, l := fuzzed(second, qty, unit)
		stop := func(from int32, long uint32, kind StopKind) Stop {
			s := Stop{As: kind, From: max(earliest.Start(), received+moment.Instant(from%40_000_000)*1000)}
			s.To = s.From + moment.Instant(long%20_000_000)*1000
			if kind == Extend {
				s.Extra = Limit{Qty: 2000, Unit: []LimitUnit{"", Hour, CalendarDay, Month}[as/16%4]}
			}
			return s
		}
		a, b := stop(from1, long1, kinds[as%4]), stop(from2, long2, kinds[as/4%4])
		if a.To > latest.End() || b.To > latest.End() {
			return
		}
		for _, conv := range []Convention{Days, Clock} {
			must := func(asOf moment.Instant, stops ...Stop) Projection {
				p, err := c.Project(received, l, conv, stops, asOf)
				if err != nil {
					t.Fatalf("Project(%s, %s, %s, %+v): %v", received, l, conv, stops, err)
				}
				return p
			}
			none, one, two := must(0), must(0, a), must(0, a, b)
			if one.Due < none.Due || two.Due < none.Due {
				t.Errorf("%s, %s, %s: %s without stops, %s with one, %s with two: %+v %+v", received, l, conv, none.Due, one.Due, two.Due, a, b)
			}
			if must(0, b, a).Due != two.Due && a.From != b.From {
				t.Errorf("%s, %s, %s: the order of %+v, %+v matters", received, l, conv, a, b)
			}
			if a.From >= none.Due && one.Due != none.Due {
				t.Errorf("%s, %s, %s: %s after the due date %s moved it to %s", received, l, conv, a.As, none.Due, one.Due)
			}
			if a.As == Pause && must(0, a, a).Due != one.Due {
				t.Errorf("%s, %s, %s: %+v twice is credited twice", received, l, conv, a)
			}
			if !c.Working(two.Due.Date()) {
				t.Errorf("%s, %s, %s: due %s, a day off", received, l, conv, two.Due)
			}
			longer := a
			longer.To += 3_600_000
			if a.As != Reset && longer.To <= latest.End() {
				if p := must(0, longer); p.Due < one.Due {
					t.Errorf("%s, %s, %s: %+v an hour longer is due %s, not %s", received, l, conv, a, p.Due, one.Due)
				}
			}
			open := a
			open.To = 0
			early, late := must(a.From+3_600_000, open), must(a.From+90_000_000, open)
			if late.Due < early.Due || !early.Paused {
				t.Errorf("%s, %s, %s: %+v open is due %s and a day later %s", received, l, conv, a, early.Due, late.Due)
			}
			last := two.Effective
			for _, s := range two.Segments {
				if s.From < last || s.To < s.From {
					t.Errorf("%s, %s, %s, %+v, %+v: segments\n%s", received, l, conv, a, b, draw(two))
				}
				last = s.To
			}
		}
	})
}

func FuzzDueCSV(f *testing.F) {
	f.Add("id,received_at,qty,unit\nA,2026-11-09T08:00,\"7,5\",working_day\n")
	f.Add("\ufeffid,received_at,qty,unit,due_mode_days,clock_stops\n#\nA,09/11/2026 08:00,2,hour,x,2026-11-09T09:00.. extend:1\n")
	f.Add("id,received_at,qty,unit\n\"\n")
	c := office(f, DefaultWeek())
	f.Fuzz(func(t *testing.T, in string) {
		var once, twice bytes.Buffer
		if DueCSV(c, strings.NewReader(in), &once) != nil {
			return
		}
		if err := DueCSV(c, bytes.NewReader(once.Bytes()), &twice); err == nil && !bytes.Equal(once.Bytes(), twice.Bytes()) {
			t.Errorf("what was written reads back differently:\n%s\n%s", once.String(), twice.String())
		}
	})
}

func FuzzParseQuantity(f *testing.F) {
	for _, s := range []string{"7.5", "7,5", "0", "1.000", "x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q, err := ParseQuantity(s)
		if err != nil {
			return
		}
		if again, err := ParseQuantity(q.String()); err != nil || again != q || q < 0 {
			t.Errorf("ParseQuantity(%q) = %d, which reads back as %d, %v", s, q, again, err)
		}
	})
}
