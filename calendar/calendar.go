package calendar

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"cchc/base/moment"
)

// A Convention is how a unit counts working days.
type Convention string

const (
	// Days ends at the close of the Nth working day after the day of receipt.
	Days Convention = "days"
	// Clock ends at the time of receipt, N working days later.
	Clock Convention = "clock"
)

// Validate reports an unknown convention.
func (v Convention) Validate() error {
	if v != Days && v != Clock {
		return fmt.Errorf("%q is not a convention (days, clock)", string(v))
	}
	return nil
}

// A DayOff is one date on which an office differs from its usual week.
type DayOff struct {
	Date moment.Date
	Kind string // Off or Work
	Name string // Giỗ Tổ Hùng Vương
	Rule string // what it rests on
	// Replaces is, for Work, the day whose sessions are worked instead; the
	// zero Date means the hours of an ordinary weekday.
	Replaces moment.Date
}

const (
	Off  = "off"  // nghỉ lễ, nghỉ bù, nghỉ hoán đổi, or a closure
	Work = "work" // làm bù: a day off in the usual week that is worked
)

// A Calendar is the working time of a unit. It never changes after New and may
// be used by many goroutines; two units have two Calendars.
type Calendar struct {
	convention   Convention
	sameDayUntil int
	asReceived   bool

	dates    map[moment.Date]DayOff
	from, to moment.Date // covered years

	kinds [8]kind // by weekday, then closed

	// Dates lo ≤ d < hi are in table; both are Sundays, so that outside of it
	// the usual week goes on by division.
	lo, hi  moment.Date
	table   []entry
	workday []moment.Date // the working days of the table in order

	weekWorking [8]int // working days, and seconds, of a week before weekday i
	weekSeconds [8]int64
	weekday     []moment.Date // the counting weekdays as offsets from Sunday
	working     int           // totals of the table
	seconds     int64
}

// entry is one date: its kind, and what lies between lo and its midnight.
type entry struct {
	seconds int64
	working int32
	kind    uint8
}

const closed = 7

// An Option changes one setting of a Calendar.
type Option func(*Calendar)

// SameDayUntil sets the last second of the day at which a same-day procedure is
// still due today. The default is 15:00:00, "after 15 hours" being read to the
// letter.
func SameDayUntil(second int) Option { return func(c *Calendar) { c.sameDayUntil = second } }

// AsReceived makes a receipt outside office hours take effect at once: its own
// date is the day of receipt. By default it takes effect in the next session.
func AsReceived() Option { return func(c *Calendar) { c.asReceived = true } }

// New returns the calendar of a unit with its usual week, its convention (empty
// is Days) and its days off. The same date may be given twice with the same
// kind; one that is both off and worked is an error.
func New(week Week, convention Convention, days []DayOff, options ...Option) (*Calendar, error) {
	if convention == "" {
		convention = Days
	}
	if err := convention.Validate(); err != nil {
		return nil, err
	}
	if err := week.Validate(); err != nil {
		return nil, err
	}
	c := &Calendar{convention: convention, sameDayUntil: 15 * 3600, dates: map[moment.Date]DayOff{}}
	for _, o := range options {
		o(c)
	}
	for wd, d := range week {
		c.kinds[wd] = prepare(d)
		c.weekWorking[wd+1] = c.weekWorking[wd]
		c.weekSeconds[wd+1] = c.weekSeconds[wd] + int64(c.kinds[wd].seconds)
		if d.Counts {
			c.weekWorking[wd+1]++
			c.weekday = append(c.weekday, moment.Date(wd))
		}
	}
	years := map[int]bool{}
	for _, d := range days {
		if d.Date == 0 || d.Kind != Off && d.Kind != Work {
			return nil, fmt.Errorf("day %s %q: it needs a date and a kind (off, work)", d.Date, d.Kind)
		}
		if d.Date < earliest || d.Date > latest {
			return nil, fmt.Errorf("day %s is not between %s and %s", d.Date, earliest, latest)
		}
		if was, ok := c.dates[d.Date]; ok && (was.Kind != d.Kind || was.Replaces != d.Replaces) {
			return nil, fmt.Errorf("day %s is given twice, as %s (%s) and as %s (%s)", d.Date, was.Kind, was.Name, d.Kind, d.Name)
		} else if !ok {
			c.dates[d.Date] = d
		}
		years[d.Date.Time().Year()] = true
	}
	c.build(years)
	return c, nil
}

// build fills the dense table over the years in which days off were given.
func (c *Calendar) build(years map[int]bool) {
	c.lo = moment.NewDate(2000, 1, 2) // a Sunday
	c.hi = c.lo
	if len(years) > 0 {
		sorted := slices.Sorted(maps.Keys(years))
		last := sorted[len(sorted)-1]
		first := last
		for years[first-1] {
			first--
		}
		c.from, c.to = moment.NewDate(first, 1, 1), moment.NewDate(last, 12, 31)
		c.lo = moment.NewDate(sorted[0], 1, 1)
		c.lo = c.lo.AddDays(-int(c.lo.Weekday()))
		c.hi = c.to.AddDays(7 - int(c.to.Weekday()))
	}
	c.table = make([]entry, 0, c.hi-c.lo)
	for d := c.lo; d < c.hi; d++ {
		k := uint8(d.Weekday())
		switch off := c.dates[d]; {
		case off.Kind == Off:
			k = closed
		case off.Kind == Work && off.Replaces != 0:
			k = uint8(off.Replaces.Weekday())
		case off.Kind == Work:
			k = c.ordinary()
		}
		c.table = append(c.table, entry{c.seconds, int32(c.working), k})
		if c.kinds[k].counts {
			c.working++
			c.seconds += int64(c.kinds[k].seconds)
			c.workday = append(c.workday, d)
		}
	}
}

// ordinary returns the weekday whose hours a make-up day has when it is not
// known which day it replaces: Monday, or the first that counts after it.
func (c *Calendar) ordinary() uint8 {
	for i := range 7 {
		if wd := (int(time.Monday) + i) % 7; c.kinds[wd].counts {
			return uint8(wd)
		}
	}
	return closed
}

// Convention returns the unit's own convention.
func (c *Calendar) Convention() Convention { return c.convention }

// Covered returns the first and last day of the consecutive years, up to the
// last, for which days off were given; zero Dates when there are none. Beyond
// them only the usual week is known, and a due date there needs a warning.
func (c *Calendar) Covered() (from, to moment.Date) { return c.from, c.to }

// Lookup returns the day off or make-up day given for a date.
func (c *Calendar) Lookup(d moment.Date) (DayOff, bool) {
	off, ok := c.dates[d]
	return off, ok
}

// Day returns the hours of a date and whether it counts.
func (c *Calendar) Day(d moment.Date) Day {
	k := c.kind(d)
	return Day{Sessions: slices.Clone(k.sessions), Counts: k.counts}
}

// Working reports whether a date counts as a working day (ngày làm việc).
func (c *Calendar) Working(d moment.Date) bool { return c.kind(d).counts }

// WorkingDaysBetween returns the number of working days d with a < d ≤ b; zero
// when b is not after a.
func (c *Calendar) WorkingDaysBetween(a, b moment.Date) int {
	if b <= a {
		return 0
	}
	return c.through(b) - c.through(a)
}

// AddWorkingDays returns the nth working day after d, or before it for a
// negative n; for zero d itself, or the next working day when it is not one.
func (c *Calendar) AddWorkingDays(d moment.Date, n int) moment.Date {
	if n > 0 {
		return c.nth(c.through(d) + n - 1)
	}
	w, _ := c.before(d)
	return c.nth(w + n)
}

// Closing returns the end of the last session of a date; zero when the office
// is not open on it.
func (c *Calendar) Closing(d moment.Date) moment.Instant {
	k := c.kind(d)
	if len(k.sessions) == 0 {
		return 0
	}
	return d.At(k.close())
}

// WorkingTime returns the working time between two instants: only sessions of
// days that count. Zero when to is not after from, or one has not happened.
func (c *Calendar) WorkingTime(from, to moment.Instant) time.Duration {
	if from == 0 || to == 0 || to <= from {
		return 0
	}
	return time.Duration(c.clock(to)-c.clock(from)) * time.Second
}

// Left returns what is left until due: working days after today up to the due
// date ("còn 2 ngày làm việc") and working time until the due instant ("còn 6
// giờ làm việc"). After the due instant overdue is true and both measure what
// has passed since. Overdue is by the instant; whether a dossier is late is
// judged by Limit.Late.
func (c *Calendar) Left(now, due moment.Instant) (days int, rest time.Duration, overdue bool) {
	now, due = cut(now), cut(due)
	if now <= due {
		return c.WorkingDaysBetween(now.Date(), due.Date()), c.WorkingTime(now, due), false
	}
	return c.WorkingDaysBetween(due.Date(), now.Date()), c.WorkingTime(due, now), true
}

func (c *Calendar) kind(d moment.Date) *kind {
	if i := int(d) - int(c.lo); uint(i) < uint(len(c.table)) {
		return &c.kinds[c.table[i].kind]
	}
	return &c.kinds[d.Weekday()]
}

// before returns the working days and working seconds from lo to the midnight
// with which d begins; negative before lo.
func (c *Calendar) before(d moment.Date) (int, int64) {
	i := int(d) - int(c.lo)
	if uint(i) < uint(len(c.table)) {
		e := &c.table[i]
		return int(e.working), e.seconds
	}
	var working int
	var seconds int64
	if i >= len(c.table) {
		i -= len(c.table)
		working, seconds = c.working, c.seconds
	}
	w, r := divide(i, 7)
	return working + w*c.weekWorking[7] + c.weekWorking[r], seconds + int64(w)*c.weekSeconds[7] + c.weekSeconds[r]
}

// through returns the working days from lo to the end of d.
func (c *Calendar) through(d moment.Date) int {
	w, _ := c.before(d + 1)
	return w
}

// nth returns the working day number i, counted from lo as zero.
func (c *Calendar) nth(i int) moment.Date {
	if uint(i) < uint(len(c.workday)) {
		return c.workday[i]
	}
	from := c.lo
	if i >= c.working {
		i -= c.working
		from = c.hi
	}
	w, r := divide(i, len(c.weekday))
	return from + moment.Date(7*w) + c.weekday[r]
}

// roll returns d, or the next working day when it is not one.
func (c *Calendar) roll(d moment.Date) moment.Date {
	w, _ := c.before(d)
	return c.nth(w)
}

// clock returns the working seconds from lo to t.
func (c *Calendar) clock(t moment.Instant) int64 {
	d := t.Date()
	_, s := c.before(d)
	return s + int64(c.kind(d).worked(t.SecondOfDay()))
}

// at returns the first instant at which the working seconds since lo reach n:
// where that falls between two sessions, the end of the first.
func (c *Calendar) at(n int64) moment.Instant {
	from, n := c.lo, n
	if n > 0 && n <= c.seconds {
		// The last working day that begins with fewer than n seconds.
		lo, hi := 0, len(c.workday)
		for hi-lo > 1 {
			if m := (lo + hi) / 2; c.table[c.workday[m]-c.lo].seconds < n {
				lo = m
			} else {
				hi = m
			}
		}
		d := c.workday[lo]
		return d.At(c.kind(d).into(int(n - c.table[d-c.lo].seconds)))
	}
	if n > c.seconds {
		from, n = c.hi, n-c.seconds
	}
	w, r := divide(int(n-1), int(c.weekSeconds[7]))
	n = int64(r) + 1
	wd := 6
	for c.weekSeconds[wd] >= n {
		wd--
	}
	d := from + moment.Date(7*w+wd)
	return d.At(c.kinds[wd].into(int(n - c.weekSeconds[wd])))
}

// cut drops the milliseconds.
func cut(t moment.Instant) moment.Instant {
	_, r := divide(int(t), 1000)
	return t - moment.Instant(r)
}

// divide returns quotient and remainder with 0 ≤ remainder < b.
func divide(a, b int) (int, int) {
	q, r := a/b, a%b
	if r < 0 {
		q, r = q-1, r+b
	}
	return q, r
}
