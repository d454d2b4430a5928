package calendar

import (
	"fmt"

	"cchc/base/moment"
)

// dayHours is what a fraction of a working day is a fraction of, whatever the
// hours of the day on which it falls.
const dayHours = 8

// The clock is defined for the time in which Vietnam has had one offset, and up
// to where nobody makes a promise.
var (
	earliest = moment.NewDate(1975, 6, 13)
	latest   = moment.NewDate(2399, 12, 31)
)

// Effective returns when a receipt takes effect: at once inside a session (both
// ends included, also on a day that does not count), otherwise when the next
// session begins. With AsReceived it is always at once.
func (c *Calendar) Effective(received moment.Instant) moment.Instant {
	t := cut(received)
	if t == 0 || c.asReceived {
		return t
	}
	d := t.Date()
	if s, ok := c.kind(d).open(t.SecondOfDay()); ok {
		return d.At(s)
	}
	for d++; ; d++ {
		if k := c.kind(d); len(k.sessions) > 0 {
			return d.At(k.sessions[0].From)
		}
	}
}

// counting returns t, or the start of the next session of a day that counts
// when t is outside of one.
func (c *Calendar) counting(t moment.Instant) moment.Instant {
	d := t.Date()
	if k := c.kind(d); k.counts {
		if s, ok := k.open(t.SecondOfDay()); ok {
			return d.At(s)
		}
	}
	d = c.roll(d + 1)
	return d.At(c.kind(d).sessions[0].From)
}

// Due returns the end of a limit that nothing stops. The convention applies to
// working days; empty is the calendar's own.
//
//   - working_day, days: the close of the Nth working day after the day of
//     receipt; then a fraction f is f × 8 working hours of the next working day,
//     at most to its close. Zero: the close of the day of receipt.
//   - working_day, clock: the effective time of receipt on the Nth working day;
//     then f × 8 working hours, at most to the same time of the next working
//     day. Zero: the effective time of receipt. Where the day has other hours,
//     the next session of it, or its close.
//   - hour: so many working hours, over as many sessions as it takes.
//   - same_day: the close of the day of receipt when received up to 15:00:00,
//     else of the next working day. A receipt that was moved to the next day
//     because the office was closed is not moved a second time.
//   - calendar_day, month, year: so many days later (a fraction counts as a
//     day), or on the same date of a later month or its last day; at the close
//     of that day, or of the next working day when it is a day off.
//
// Working time that ends together with a session ends there, not at the start
// of the next. Seconds are rounded up. What would end on a day that does not
// count (a limit of zero received on a Saturday of reception) ends with the
// next working day; that zero is the one limit which a longer one can undercut.
//
// Sources: Bộ luật Dân sự 91/2015/QH13 art. 147.2, 148.3–148.5; the rules of
// fractions, zero and clock: definitions, "Clock arithmetic".
func (c *Calendar) Due(received moment.Instant, l Limit, conv Convention) (moment.Instant, error) {
	conv, err := c.check(received, l, conv)
	if err != nil {
		return 0, err
	}
	return c.due(cut(received), c.Effective(received), l, conv), nil
}

func (c *Calendar) check(received moment.Instant, l Limit, conv Convention) (Convention, error) {
	if received == 0 {
		return "", fmt.Errorf("a due date needs a time of receipt")
	}
	if received < earliest.Start() || received > latest.End() {
		return "", fmt.Errorf("the receipt is not between %s and %s", earliest, latest)
	}
	if err := l.Validate(); err != nil {
		return "", err
	}
	if conv == "" {
		return c.convention, nil
	}
	return conv, conv.Validate()
}

// due is Due of a limit that takes effect at start.
func (c *Calendar) due(received, start moment.Instant, l Limit, conv Convention) moment.Instant {
	switch l.Unit {
	case WorkingDay:
		if conv == Clock {
			return c.sameTime(start, l.Qty)
		}
		return c.endOf(c.through(start.Date())+c.days(start, l.Qty)-1, l.Qty)
	case Hour:
		return c.walk(c.counting(start), l.Qty.seconds(3600))
	case SameDay:
		d := start.Date()
		after := start.SecondOfDay() > c.sameDayUntil && received.Date() == d
		if after || !c.Working(d) {
			d = c.roll(d + 1)
		}
		return c.Closing(d)
	}
	return c.Closing(c.roll(raw(start.Date(), l)))
}

// raw returns the last day of a calendar limit, be it a day off or not.
func raw(d moment.Date, l Limit) moment.Date {
	if l.Unit == CalendarDay {
		return d.AddDays(int(l.Qty+999) / 1000)
	}
	return d.AddMonths(l.months())
}

// days returns how many working days after the day of receipt a limit ends by
// the days convention; zero is the day of receipt itself.
func (c *Calendar) days(start moment.Instant, q Quantity) int {
	n := int(q+999) / 1000
	if n == 0 && !c.Working(start.Date()) {
		return 1
	}
	return n
}

// endOf returns where a limit ends on working day number i by the days
// convention.
func (c *Calendar) endOf(i int, q Quantity) moment.Instant {
	d := c.nth(i)
	k := c.kind(d)
	if f := q % 1000; f > 0 {
		return d.At(k.into(f.seconds(dayHours * 3600)))
	}
	return d.At(k.close())
}

// sameTime is the clock convention.
func (c *Calendar) sameTime(start moment.Instant, q Quantity) moment.Instant {
	t, n := c.counting(start), int(q/1000)
	f := q % 1000
	if f == 0 {
		return c.later(t, n)
	}
	return min(c.walk(c.later(t, n), f.seconds(dayHours*3600)), c.later(t, n+1))
}

// later returns the same time n working days after t, which is in a session of
// a working day.
func (c *Calendar) later(t moment.Instant, n int) moment.Instant {
	if n == 0 {
		return t
	}
	d := c.nth(c.through(t.Date()) + n - 1)
	return d.At(c.kind(d).at(t.SecondOfDay()))
}

// walk returns the instant so many working seconds after t.
func (c *Calendar) walk(t moment.Instant, seconds int) moment.Instant {
	if seconds == 0 {
		return t
	}
	return c.at(c.clock(t) + int64(seconds))
}

// shift returns the instant so many working seconds after t, at the same time
// of day as t where they are whole days: 07:30 moved by one day of 8 hours is
// 07:30 of the next day and not 17:00, although no work lies between the two.
func (c *Calendar) shift(t moment.Instant, seconds int) moment.Instant {
	if seconds == 0 {
		return t
	}
	u := c.walk(t, seconds)
	n := c.WorkingDaysBetween(t.Date(), u.Date())
	for _, v := range []moment.Instant{c.later(t, n+1), c.later(t, n)} {
		if c.clock(v) == c.clock(u) {
			return v
		}
	}
	return u
}
