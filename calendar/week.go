package calendar

import (
	"fmt"
	"time"
)

// A Session is one stretch of office hours (buổi), in seconds since midnight.
// Both ends belong to it. From < To, and To is before midnight.
type Session struct{ From, To int }

// A Day is what an office does on a day: its hours of reception in order, and
// whether the day counts as a working day. A Saturday morning of reception has
// sessions and may not count; a day that counts has sessions.
type Day struct {
	Sessions []Session
	Counts   bool
}

// A Week is an office's usual week, indexed by time.Weekday.
type Week [7]Day

// DefaultWeek returns Monday to Friday, 07:30–11:30 and 13:00–17:00.
func DefaultWeek() Week {
	var w Week
	for d := time.Monday; d <= time.Friday; d++ {
		w[d] = Day{Sessions: []Session{{27000, 41400}, {46800, 61200}}, Counts: true}
	}
	return w
}

// Validate reports the first session that is empty, out of order or past
// midnight, a counting day without hours, or a week without a counting day.
func (w Week) Validate() error {
	counting := 0
	for wd, d := range w {
		last := -1
		for _, s := range d.Sessions {
			if s.From < 0 || s.From >= s.To || s.To >= 86_400 || s.From < last {
				return fmt.Errorf("%s: session %d–%d is empty, out of order or past midnight", time.Weekday(wd), s.From, s.To)
			}
			last = s.To
		}
		if !d.Counts {
			continue
		}
		if len(d.Sessions) == 0 {
			return fmt.Errorf("%s counts as a working day but has no session", time.Weekday(wd))
		}
		counting++
	}
	if counting == 0 {
		return fmt.Errorf("a week needs a working day")
	}
	return nil
}

// kind is a Day prepared for arithmetic. The seconds of a day that does not
// count are zero: its hours are for reception only.
type kind struct {
	sessions []Session
	counts   bool
	seconds  int
}

func prepare(d Day) kind {
	k := kind{sessions: append([]Session(nil), d.Sessions...), counts: d.Counts}
	if d.Counts {
		for _, s := range d.Sessions {
			k.seconds += s.To - s.From
		}
	}
	return k
}

// close returns the end of the last session.
func (k *kind) close() int { return k.sessions[len(k.sessions)-1].To }

// worked returns the working seconds of the day before a second of it.
func (k *kind) worked(second int) int {
	if !k.counts {
		return 0
	}
	n := 0
	for _, s := range k.sessions {
		if second <= s.From {
			break
		}
		n += min(second, s.To) - s.From
	}
	return n
}

// into returns the second at which n working seconds of the day are used, at
// the end of a session where n falls on one, and the close when n is more than
// the day has. n > 0.
func (k *kind) into(n int) int {
	for _, s := range k.sessions {
		if n <= s.To-s.From {
			return s.From + n
		}
		n -= s.To - s.From
	}
	return k.close()
}

// open returns the first second of reception at or after a second of the day;
// false when the day has none left.
func (k *kind) open(second int) (int, bool) {
	for _, s := range k.sessions {
		if second <= s.To {
			return max(second, s.From), true
		}
	}
	return 0, false
}

// at returns the same time of day on a day that may have other hours: moved on
// to the next session of that day, or back to its close.
func (k *kind) at(second int) int {
	if s, ok := k.open(second); ok {
		return s
	}
	return k.close()
}
