package calendar

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"cchc/base/moment"
)

// A StopKind is what an interval does to the clock; the procedure says which.
type StopKind string

const (
	// Reset counts the limit anew from the supply, as if received then.
	Reset StopKind = "reset"
	// Pause does not count the interval (tạm dừng tính thời hạn).
	Pause StopKind = "pause"
	// Extend is Pause, and Extra is added when the clock resumes (gia hạn).
	Extend StopKind = "extend"
	// Close is Pause; what is not supplied in time lets the office stop the
	// dossier (dừng giải quyết), which is the caller's to decide.
	Close StopKind = "close"
)

// A Stop is an interval in which the clock does not run: asked at From,
// supplied at To.
type Stop struct {
	As       StopKind
	From, To moment.Instant // zero To: still open
	Extra    Limit          // Extend only; an empty unit is the limit's own
	Kind     string         // papers, payment, survey, notice, opinion, force majeure
	Reason   string
	Document string
}

// Validate reports an unknown kind, a missing From, a To before it, and an
// Extra that is wrong or not asked for.
func (s Stop) Validate() error {
	switch s.As {
	case Reset, Pause, Extend, Close:
	default:
		return fmt.Errorf("%q is not a kind of stop (reset, pause, extend, close)", string(s.As))
	}
	switch {
	case s.From == 0:
		return fmt.Errorf("a stop needs a beginning")
	case s.From < earliest.Start() || s.From > latest.End() || s.To > latest.End():
		return fmt.Errorf("the stop %s..%s is not between %s and %s", s.From, s.To, earliest, latest)
	case s.To != 0 && s.To < s.From:
		return fmt.Errorf("the stop from %s ends before it, at %s", s.From, s.To)
	case s.As != Extend && s.Extra != Limit{}:
		return fmt.Errorf("a %s adds no time; only extend does", s.As)
	case s.Extra.Unit == SameDay:
		return fmt.Errorf("an extension is not in %s", SameDay)
	case s.Extra.Unit == "":
		return Limit{s.Extra.Qty, CalendarDay}.Validate()
	}
	return s.Extra.Validate()
}

// ParseStop reads an interval FROM..TO (FROM.. when still open) and what it is:
// pause, reset, close, extend:N or extend:N:unit, N in the limit's unit or in
// the one that is named.
func ParseStop(text, as string) (Stop, error) {
	from, to, ok := strings.Cut(text, "..")
	if !ok {
		return Stop{}, fmt.Errorf("the stop %q is not FROM..TO", text)
	}
	var s Stop
	var err error
	if s.From, err = moment.ParseInstant(from); err != nil {
		return Stop{}, fmt.Errorf("the stop %q: %w", text, err)
	}
	if strings.TrimSpace(to) != "" {
		if s.To, err = moment.ParseInstant(to); err != nil {
			return Stop{}, fmt.Errorf("the stop %q: %w", text, err)
		}
	}
	name, extra, extended := strings.Cut(strings.TrimSpace(as), ":")
	s.As = StopKind(name)
	if extended != (s.As == Extend) {
		return Stop{}, fmt.Errorf("%q is not a kind of stop (pause, reset, close, extend:N)", as)
	}
	if extended {
		qty, unit, _ := strings.Cut(extra, ":")
		if s.Extra.Qty, err = ParseQuantity(qty); err != nil {
			return Stop{}, fmt.Errorf("extension %q: %w", as, err)
		}
		s.Extra.Unit = LimitUnit(strings.TrimSpace(unit))
	}
	if err := s.Validate(); err != nil {
		return Stop{}, err
	}
	return s, nil
}

// A Projection is a limit counted over its stops, as it stood at an instant.
type Projection struct {
	Effective moment.Instant // when the receipt took effect
	Original  moment.Instant // due without any stop (due_original)
	Due       moment.Instant // due_current; an open stop is taken as supplied at asOf
	Counted   moment.Instant // from when the limit counts: Effective, or after the last reset
	Paused    bool           // a stop is open at asOf
	Since     moment.Instant // when the open stop began
	Overdue   bool           // late at asOf, as Limit.Late judges
	Segments  []Segment      // in order from Effective to Due, and to asOf when that is later
	Used      time.Duration  // working time that ran since Counted up to asOf
	Left      time.Duration  // working time that runs from asOf to Due
}

// A SegmentKind is what the clock did in a Segment.
type SegmentKind string

const (
	Running SegmentKind = "running"
	Stopped SegmentKind = "stopped"
	Over    SegmentKind = "over" // after Due
)

// A Segment is a stretch of the clock as a page draws it.
type Segment struct {
	From, To moment.Instant
	Kind     SegmentKind
	Stop     int  // index of the stop in the argument of Project; -1 when not Stopped
	Void     bool // before a reset: it no longer counts
}

// stop is a Stop with an end, cut to seconds and to the receipt.
type stop struct {
	index    int
	as       StopKind
	from, to moment.Instant
	extra    Limit
}

// Project returns the due date of a limit with its stops, as it stood at asOf.
// A zero asOf takes an open stop as supplied at once.
//
// A stop changes nothing when it begins at or after the due instant that holds
// without it (the time was used up, and asking for papers does not make a late
// dossier punctual); that goes for a reset and an extension too. None makes the
// due date earlier. Otherwise:
//
//   - pause and close, working_day by days: the working days after the day of
//     the request up to and with the day of the supply are not counted. The day
//     of the request is used up; counting goes on after the day of supply. When
//     the request used up the last day, none is left to count: the limit ends at
//     the close of the day of supply, or of the working day after it.
//   - pause and close, working_day by clock, and hour: the working time between
//     request and supply is not counted; by clock the time of day is kept where
//     that is whole days.
//   - pause and close, calendar_day, month, year: the last day moves by the
//     calendar days after the request up to and with the supply, and only then
//     to a working day.
//   - extend: as pause, and Extra is added to the limit. An Extra of another
//     kind of unit is counted on from where the limit ends.
//   - reset: the limit counts from the supply as if received then. Stops that
//     ended by then, and what they added, are forgotten; one that still runs is
//     kept from then on.
//   - any stop of a same_day limit: from the supply as if received then.
//
// Time in two stops is not counted once, not twice. A stop from before the
// receipt is cut to it. A limit of zero working days or hours is used up at once
// and no pause moves it. Source: definitions, "Two due dates".
func (c *Calendar) Project(received moment.Instant, l Limit, conv Convention, stops []Stop, asOf moment.Instant) (Projection, error) {
	conv, err := c.check(received, l, conv)
	if err != nil {
		return Projection{}, err
	}
	received, asOf = cut(received), cut(asOf)
	p := Projection{Effective: c.Effective(received)}
	p.Original = c.due(received, p.Effective, l, conv)

	open := make([]stop, 0, len(stops))
	for i, s := range stops {
		if err := s.Validate(); err != nil {
			return Projection{}, fmt.Errorf("stop %d: %w", i+1, err)
		}
		from, to := cut(s.From), cut(s.To)
		if from <= asOf && (to == 0 || to > asOf) || asOf == 0 && to == 0 {
			if !p.Paused || from < p.Since {
				p.Since = from
			}
			p.Paused = true
		}
		if to == 0 {
			to = max(from, asOf)
		}
		if s.As == Extend && s.Extra.Unit == "" {
			s.Extra.Unit = l.Unit
			if l.Unit == SameDay {
				s.Extra.Unit = WorkingDay
			}
			if err := s.Extra.Validate(); err != nil {
				return Projection{}, fmt.Errorf("stop %d: %w", i+1, err)
			}
		}
		open = append(open, stop{i, s.As, max(from, received), max(to, received), s.Extra})
	}

	run := run{c: c, conv: conv, limit: l, stops: open}
	run.from(received)
	p.Due, p.Counted, p.Segments = run.due, run.start, run.segments
	p.Overdue = asOf != 0 && l.Late(asOf, p.Due)
	if asOf > p.Due {
		p.Segments = append(p.Segments, Segment{From: p.Due, To: asOf, Kind: Over, Stop: -1})
	}
	for _, s := range p.Segments {
		if s.Kind == Running && !s.Void {
			p.Used += c.WorkingTime(s.From, min(s.To, asOf))
			p.Left += c.WorkingTime(max(s.From, asOf), s.To)
		}
	}
	return p, nil
}

// run is one limit being counted over its stops.
type run struct {
	c     *Calendar
	conv  Convention
	limit Limit
	stops []stop // those to come, by beginning

	start, due, floor moment.Instant
	added             []Limit // by stops of a same_day limit, which start it anew
	segments          []Segment
}

// from counts from a receipt, and again from each stop that starts it anew.
func (r *run) from(received moment.Instant) {
	slices.SortStableFunc(r.stops, func(a, b stop) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
	})
	r.start = r.c.Effective(received)
	legs := append([]Limit{r.limit}, r.added...)
	r.due = max(r.floor, r.end(received, legs, nil))
	for i, s := range r.stops {
		if s.from >= r.due {
			r.draw(r.stops[:i], r.due, false)
			return
		}
		if s.as == Reset || r.limit.Unit == SameDay {
			r.draw(r.stops[:i], s.from, true)
			if from := max(s.from, r.start); s.to > from {
				r.segments = append(r.segments, Segment{from, s.to, Stopped, s.index, true})
			}
			switch s.as {
			case Reset:
				r.added = nil
			case Extend:
				r.added = append(r.added, s.extra)
			}
			r.floor = r.due
			r.stops = running(r.stops, s)
			r.from(s.to)
			return
		}
		if s.as == Extend {
			legs = extend(legs, s.extra)
		}
		r.due = max(r.floor, r.end(received, legs, r.stops[:i+1]))
	}
	r.draw(r.stops, r.due, false)
}

// running returns the stops that go on after s, from its end. Those of a
// same_day limit that have not begun are among them.
func running(stops []stop, s stop) []stop {
	var still []stop
	for _, o := range stops {
		if o.index != s.index && o.to > s.to {
			o.from = max(o.from, s.to)
			still = append(still, o)
		}
	}
	return still
}

// extend adds to the last leg what is counted like it, and appends what is not.
func extend(legs []Limit, extra Limit) []Limit {
	last := &legs[len(legs)-1]
	months := func(u LimitUnit) bool { return u == Month || u == Year }
	switch {
	case last.Unit == extra.Unit:
		last.Qty += extra.Qty
	case months(last.Unit) && months(extra.Unit):
		*last = Limit{Quantity(last.months()+extra.months()) * 1000, Month}
	default:
		return append(legs, extra)
	}
	return legs
}

// end counts the legs one after the other over stops, which are in order.
func (r *run) end(received moment.Instant, legs []Limit, stops []stop) moment.Instant {
	t := r.start
	for _, l := range legs {
		t = r.c.over(received, t, l, r.conv, stops)
		received = t
	}
	return t
}

// over is due over stops, which are in order of their beginning.
func (c *Calendar) over(received, start moment.Instant, l Limit, conv Convention, stops []stop) moment.Instant {
	due := c.due(received, start, l, conv)
	switch {
	case len(stops) == 0 || l.Unit == SameDay:
		return due
	case l.Qty == 0 && (l.Unit == WorkingDay || l.Unit == Hour):
		return due // used up at once
	case l.Unit == Hour || l.Unit == WorkingDay && conv == Clock:
		move := c.shift
		if l.Unit == Hour {
			move = c.walk
		}
		first, until, out := due, start, 0
		for _, s := range stops {
			if s.from >= due {
				break
			}
			out += int(c.WorkingTime(max(s.from, until), s.to) / time.Second)
			until = max(until, s.to)
			due = move(first, out)
		}
		return due
	case l.Unit == WorkingDay:
		i, until := c.through(start.Date())+c.days(start, l.Qty)-1, start.Date()
		spent, moved := false, false // the last day was the day of a request
		for _, s := range stops {
			from, to, last := s.from.Date(), s.to.Date(), c.nth(i)
			if from > last {
				break
			}
			if spent = spent || from == last; !spent {
				i += c.WorkingDaysBetween(max(from, until), to)
			} else if to > last {
				i, moved = c.through(c.roll(to))-1, true
			}
			until = max(until, to)
		}
		if moved {
			return c.Closing(c.nth(i))
		}
		return c.endOf(i, l.Qty)
	}
	last, until := raw(start.Date(), l), start.Date()
	for _, s := range stops {
		if s.from >= due {
			break
		}
		last += max(0, s.to.Date()-max(s.from.Date(), until))
		until = max(until, s.to.Date())
		due = c.Closing(c.roll(last))
	}
	return due
}

// draw appends the segments from the start of the count to an instant.
func (r *run) draw(stops []stop, to moment.Instant, void bool) {
	t := r.start
	add := func(until moment.Instant, kind SegmentKind, index int) {
		if until = min(until, to); until > t {
			r.segments = append(r.segments, Segment{t, until, kind, index, void})
			t = until
		}
	}
	for _, s := range stops {
		add(s.from, Running, -1)
		add(s.to, Stopped, s.index)
	}
	add(to, Running, -1)
}
