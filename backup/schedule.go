package backup

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cchc/base/moment"
)

// A Schedule says when copies are made: at times of the day by Vietnam's clock, on
// some days of the week or all, or with Every again and again.
type Schedule struct {
	At    []int // seconds of the day, in order
	Days  [7]bool
	Every time.Duration
}

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// ParseSchedule reads times such as 01:30 and days such as mon; all days when none
// are given.
func ParseSchedule(at, days []string, every time.Duration) (Schedule, error) {
	s := Schedule{Every: every}
	if every != 0 && every < time.Minute {
		return s, fmt.Errorf("every %s: want a minute or more", every)
	}
	for _, x := range at {
		t, err := time.Parse("15:04", strings.TrimSpace(x))
		if err != nil {
			return s, fmt.Errorf("%q: want a time of the day such as 01:30", x)
		}
		s.At = append(s.At, t.Hour()*3600+t.Minute()*60)
	}
	slices.Sort(s.At)
	for _, x := range days {
		i := slices.Index(weekdays, strings.ToLower(strings.TrimSpace(x)))
		if i < 0 {
			return s, fmt.Errorf("%q: want days such as mon or sun", x)
		}
		s.Days[i] = true
	}
	if len(days) == 0 {
		s.Days = [7]bool{true, true, true, true, true, true, true}
	}
	return s, nil
}

// Latest returns the last time at or before now at which a copy was due; zero when
// there is no schedule.
func (s Schedule) Latest(now moment.Instant) moment.Instant {
	if s.Every > 0 {
		return now - now%moment.Instant(s.Every.Milliseconds())
	}
	if len(s.At) == 0 {
		return 0
	}
	t := now.Time().In(moment.Zone)
	for back := range 8 {
		day := time.Date(t.Year(), t.Month(), t.Day()-back, 0, 0, 0, 0, moment.Zone)
		if !s.Days[day.Weekday()] {
			continue
		}
		for _, second := range slices.Backward(s.At) {
			if at := moment.Of(day.Add(time.Duration(second) * time.Second)); at <= now {
				return at
			}
		}
	}
	return 0
}

// Next returns the first time after now at which a copy is due; zero when there is no
// schedule.
func (s Schedule) Next(now moment.Instant) moment.Instant {
	if s.Every > 0 {
		return s.Latest(now).Add(s.Every)
	}
	t := now.Time().In(moment.Zone)
	for on := range 8 {
		day := time.Date(t.Year(), t.Month(), t.Day()+on, 0, 0, 0, 0, moment.Zone)
		if !s.Days[day.Weekday()] {
			continue
		}
		for _, second := range s.At {
			if at := moment.Of(day.Add(time.Duration(second) * time.Second)); at > now {
				return at
			}
		}
	}
	return 0
}

// Gap is the longest time that lies between two copies.
func (s Schedule) Gap() time.Duration {
	if s.Every > 0 || len(s.At) == 0 {
		return s.Every
	}
	var gap time.Duration
	// Two weeks, so that every pair of neighbours is seen.
	from := moment.Of(time.Date(2026, 1, 5, 0, 0, 0, 0, moment.Zone))
	to := from.Add(14 * 24 * time.Hour)
	for at := s.Latest(to); at > from; {
		before := s.Latest(at - 1)
		gap = max(gap, time.Duration(at-before)*time.Millisecond)
		at = before
	}
	return gap
}
