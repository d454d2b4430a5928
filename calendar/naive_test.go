package calendar

import (
	"cmp"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The second implementation, slow on purpose: it walks days and minutes with
// package time and shares no code with the first. Where the two differ, one of
// them misreads the rules.

var hanoi = time.FixedZone("", 7*3600)

type naive struct {
	off      map[string]bool
	work     map[string]time.Weekday
	hours    map[time.Weekday][][2]int // minutes since midnight
	counting map[time.Weekday]bool
	until    int // seconds: same-day cut-off
	seen     map[[3]int]naiveDay
}

type naiveDay struct {
	hours  [][2]int
	counts bool
}

type naiveLimit struct {
	milli int
	unit  string
}

type naiveStop struct {
	as       string
	from, to time.Time
	extra    naiveLimit
	id       int
}

// newNaive reads the holiday file by hand.
func newNaive(tb testing.TB, hours map[time.Weekday][][2]int, notCounting ...time.Weekday) *naive {
	tb.Helper()
	n := &naive{map[string]bool{}, map[string]time.Weekday{}, hours, map[time.Weekday]bool{}, 15 * 3600, map[[3]int]naiveDay{}}
	for wd := range hours {
		n.counting[wd] = !slices.Contains(notCounting, wd)
	}
	b, err := os.ReadFile("../data/holidays.csv")
	if err != nil {
		tb.Fatal(err)
	}
	for _, line := range strings.Split(string(b), "\n") {
		cell := strings.SplitN(strings.TrimSpace(line), ",", 4)
		if len(cell) < 4 || len(cell[0]) != 10 {
			continue
		}
		switch cell[1] {
		case "off":
			n.off[cell[0]] = true
		case "work": // "bù cho thứ Hai 29/4"
			words := map[string]time.Weekday{"Hai": 1, "Ba": 2, "Tư": 3, "Năm": 4, "Sáu": 5}
			n.work[cell[0]] = words[strings.Fields(cell[3])[3]]
		}
	}
	return n
}

func (n *naive) day(t time.Time) naiveDay {
	y, m, d := t.Date()
	key := [3]int{y, int(m), d}
	if got, ok := n.seen[key]; ok {
		return got
	}
	wd := t.Weekday()
	if w, ok := n.work[t.Format("2006-01-02")]; ok {
		wd = w
	}
	got := naiveDay{n.hours[wd], n.counting[wd]}
	if n.off[t.Format("2006-01-02")] {
		got = naiveDay{}
	}
	n.seen[key] = got
	return got
}

func ofDay(t time.Time) int { return t.Hour()*3600 + t.Minute()*60 + t.Second() }

func midnight(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, hanoi)
}

// tick goes on to the next whole minute.
func tick(t time.Time) time.Time { return t.Truncate(time.Minute).Add(time.Minute) }

func (n *naive) open(t time.Time, counting bool) bool {
	d := n.day(t)
	if counting && !d.counts {
		return false
	}
	for _, h := range d.hours {
		if ofDay(t) >= h[0]*60 && ofDay(t) <= h[1]*60 {
			return true
		}
	}
	return false
}

// works: is the time just after t working time?
func (n *naive) works(t time.Time) bool {
	d := n.day(t)
	if !d.counts {
		return false
	}
	for _, h := range d.hours {
		if ofDay(t) >= h[0]*60 && ofDay(t) < h[1]*60 {
			return true
		}
	}
	return false
}

func (n *naive) effective(t time.Time) time.Time {
	for !n.open(t, false) {
		t = tick(t)
	}
	return t
}

func (n *naive) start(t time.Time) time.Time {
	for !n.open(t, true) {
		t = tick(t)
	}
	return t
}

func (n *naive) close(t time.Time) time.Time {
	h := n.day(t).hours
	return midnight(t).Add(time.Duration(h[len(h)-1][1]) * time.Minute)
}

func (n *naive) nextWorking(t time.Time) time.Time {
	for d := midnight(t).AddDate(0, 0, 1); ; d = d.AddDate(0, 0, 1) {
		if n.day(d).counts {
			return d
		}
	}
}

func (n *naive) rolled(d time.Time) time.Time {
	if n.day(d).counts {
		return n.close(d)
	}
	return n.close(n.nextWorking(d))
}

// sameTomorrow is a time of day on the working day after t, as near as that
// day's hours allow.
func (n *naive) sameTomorrow(t time.Time, clock int) time.Time {
	d := n.nextWorking(t)
	want := d.Add(time.Duration(clock) * time.Second)
	for !n.open(want, true) {
		if want.After(n.close(d)) {
			return n.close(d)
		}
		want = tick(want)
	}
	return want
}

// elapse walks until so many working seconds outside stops are used.
func (n *naive) elapse(t time.Time, seconds int, stops []naiveStop) time.Time {
	for seconds > 0 {
		next := tick(t)
		if n.works(t) && !stoppedAt(t, stops) {
			if left := int(next.Sub(t) / time.Second); left > seconds {
				return t.Add(time.Duration(seconds) * time.Second)
			}
			seconds -= int(next.Sub(t) / time.Second)
		}
		t = next
	}
	return t
}

func (n *naive) worked(from, to time.Time) int {
	seconds := 0
	for t := from; t.Before(to); {
		next := tick(t)
		if next.After(to) {
			next = to
		}
		if n.works(t) {
			seconds += int(next.Sub(t) / time.Second)
		}
		t = next
	}
	return seconds
}

func stoppedAt(t time.Time, stops []naiveStop) bool {
	for _, s := range stops {
		if !t.Before(s.from) && t.Before(s.to) {
			return true
		}
	}
	return false
}

func stoppedOn(d time.Time, stops []naiveStop) bool {
	for _, s := range stops {
		if midnight(d).After(midnight(s.from)) && !midnight(d).After(midnight(s.to)) {
			return true
		}
	}
	return false
}

// project is the whole: receipt, limit, stops.
func (n *naive) project(received time.Time, l naiveLimit, clock bool, stops []naiveStop, asOf time.Time) time.Time {
	var all []naiveStop
	for i, s := range stops {
		if s.to.IsZero() {
			s.to = asOf
			if s.to.Before(s.from) {
				s.to = s.from
			}
		}
		if s.from.Before(received) {
			s.from = received
		}
		if s.to.Before(received) {
			s.to = received
		}
		if s.as == "extend" && s.extra.unit == "" {
			s.extra.unit = l.unit
			if l.unit == "same_day" {
				s.extra.unit = "working_day"
			}
		}
		s.id = i
		all = append(all, s)
	}
	return n.count(received, l, nil, clock, all, time.Time{})
}

func (n *naive) count(received time.Time, l naiveLimit, more []naiveLimit, clock bool, stops []naiveStop, atLeast time.Time) time.Time {
	slices.SortStableFunc(stops, func(a, b naiveStop) int {
		return cmp.Or(a.from.Compare(b.from), a.to.Compare(b.to))
	})
	for taken := 0; ; taken++ {
		parts := append([]naiveLimit{l}, more...)
		for _, s := range stops[:taken] {
			if s.as == "extend" {
				parts = addPart(parts, s.extra)
			}
		}
		due := n.finish(received, parts, clock, stops[:taken])
		if due.Before(atLeast) {
			due = atLeast
		}
		if taken == len(stops) || !stops[taken].from.Before(due) {
			return due
		}
		s := stops[taken]
		if s.as != "reset" && l.unit != "same_day" {
			continue
		}
		var later []naiveStop
		for _, o := range stops {
			if o.id == s.id || !o.to.After(s.to) {
				continue
			}
			if o.from.Before(s.to) {
				o.from = s.to
			}
			later = append(later, o)
		}
		if s.as == "reset" {
			more = nil
		} else if s.as == "extend" {
			more = append(slices.Clone(more), s.extra)
		}
		return n.count(s.to, l, more, clock, later, due)
	}
}

func addPart(parts []naiveLimit, e naiveLimit) []naiveLimit {
	last := parts[len(parts)-1]
	if last.unit == "year" && (e.unit == "month" || e.unit == "year") {
		last = naiveLimit{last.milli * 12, "month"}
	}
	if e.unit == "year" && last.unit == "month" {
		e = naiveLimit{e.milli * 12, "month"}
	}
	if last.unit == e.unit {
		last.milli += e.milli
		parts[len(parts)-1] = last
		return parts
	}
	return append(parts, e)
}

func (n *naive) finish(received time.Time, parts []naiveLimit, clock bool, stops []naiveStop) time.Time {
	t := n.effective(received)
	for _, l := range parts {
		switch {
		case l.unit == "same_day":
			t = n.sameDay(received, t)
		case l.unit == "hour":
			t = n.elapse(n.start(t), ceil(l.milli*3600), stops)
		case l.unit == "working_day" && clock:
			t = n.byClock(t, l.milli, stops)
		case l.unit == "working_day":
			t = n.byDays(t, l.milli, stops)
		default:
			t = n.byCalendar(t, l, stops)
		}
		received = t
	}
	return t
}

func ceil(milli int) int {
	for milli%1000 != 0 {
		milli++
	}
	return milli / 1000
}

func (n *naive) sameDay(received, t time.Time) time.Time {
	movedToAnotherDay := !midnight(received).Equal(midnight(t))
	if !n.day(t).counts || ofDay(t) > n.until && !movedToAnotherDay {
		return n.close(n.nextWorking(t))
	}
	return n.close(t)
}

func (n *naive) byDays(t time.Time, milli int, stops []naiveStop) time.Time {
	d := midnight(t)
	if milli == 0 {
		return n.rolled(d)
	}
	budget := milli
	for {
		d = d.AddDate(0, 0, 1)
		if !n.day(d).counts || stoppedOn(d, stops) {
			continue
		}
		if budget <= 1000 {
			break
		}
		budget -= 1000
	}
	// The last day was the day of a request: nothing is left to count after it, and
	// the papers' day is the last.
	for again := true; again; {
		again = false
		for _, s := range stops {
			if !midnight(s.from).After(d) && midnight(s.to).After(d) {
				d = n.rolled(midnight(s.to))
				again = true
			}
		}
	}
	if budget == 0 || budget == 1000 {
		return n.close(d)
	}
	end := n.elapse(d, ceil(budget*8*3600), nil)
	if end.After(n.close(d)) {
		return n.close(d)
	}
	return end
}

func (n *naive) byClock(t time.Time, milli int, stops []naiveStop) time.Time {
	begin := t
	t = n.start(t)
	if milli == 0 {
		return t
	}
	of := ofDay(t)
	for ; milli >= 1000; milli -= 1000 {
		t = n.sameTomorrow(t, of)
	}
	if milli > 0 {
		end := n.elapse(t, ceil(milli*8*3600), nil)
		if t = n.sameTomorrow(t, of); end.Before(t) {
			t = end
		}
	}
	// Put what was stopped behind it, until no further stop begins before it.
	first, before := t, -1
	for {
		out := 0
		var begun []naiveStop
		for _, s := range stops {
			if s.from.Before(t) {
				begun = append(begun, s)
			}
		}
		end := begin
		for _, s := range begun {
			if s.to.After(end) {
				end = s.to
			}
		}
		for m := begin; m.Before(end); {
			next := tick(m)
			if n.works(m) && stoppedAt(m, begun) {
				out += int(next.Sub(m) / time.Second)
			}
			m = next
		}
		if out == before {
			return t
		}
		before = out
		t = first
		for out > 0 {
			next := n.sameTomorrow(t, ofDay(first))
			w := n.worked(t, next)
			if w > out {
				t = n.elapse(t, out, nil)
				break
			}
			t, out = next, out-w
		}
	}
}

func (n *naive) byCalendar(t time.Time, l naiveLimit, stops []naiveStop) time.Time {
	zero := midnight(t)
	var last time.Time
	switch l.unit {
	case "calendar_day":
		last = zero.AddDate(0, 0, ceil(l.milli))
	case "month", "year":
		months := l.milli / 1000
		if l.unit == "year" {
			months *= 12
		}
		// Count months on; when the day does not exist, go back to one that does.
		y, m, d := zero.Date()
		for {
			last = time.Date(y, m+time.Month(months), d, 0, 0, 0, 0, hanoi)
			if last.Day() == d || d < 28 {
				break
			}
			if last.Day() < 4 {
				last = last.AddDate(0, 0, -last.Day())
				break
			}
		}
	}
	due := n.rolled(last)
	for i := range stops {
		if !stops[i].from.Before(due) {
			break
		}
		add := 0
		for d := zero.AddDate(0, 0, 1); !d.After(midnight(stops[i].to)); d = d.AddDate(0, 0, 1) {
			if stoppedOn(d, stops[i:i+1]) && !stoppedOn(d, stops[:i]) {
				add++
			}
		}
		last = last.AddDate(0, 0, add)
		due = n.rolled(last)
	}
	return due
}

// parse reads the texts of the vectors file.
func naiveTime(s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, s, hanoi); err == nil {
			return t
		}
	}
	panic(s)
}

func naiveMilli(s string) int {
	if s == "" {
		return 0
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		panic(err)
	}
	return int(f*1000 + 0.5)
}

func naiveStops(s string) []naiveStop {
	var stops []naiveStop
	for _, part := range strings.Split(s, "; ") {
		if part == "" {
			continue
		}
		interval, as, _ := strings.Cut(part, " ")
		from, to, _ := strings.Cut(interval, "..")
		word := append(strings.Split(as, ":"), "0", "")
		stop := naiveStop{as: word[0], from: naiveTime(from), to: naiveTime(to)}
		if word[0] == "extend" {
			stop.extra = naiveLimit{naiveMilli(word[1]), ""}
			if len(word) == 5 {
				stop.extra.unit = word[2]
			}
		}
		stops = append(stops, stop)
	}
	return stops
}
