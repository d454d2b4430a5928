package backup_test

import (
	"testing"
	"time"

	"cchc/backup"
	"cchc/base/moment"
)

// What is told as next is when a copy becomes due: nothing between now and then is.
func TestTheNextCopyIsTheOneThatBecomesDue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		at, days  []string
		every     time.Duration
		now, want string
	}{
		{[]string{"01:30"}, nil, 0, "2026-11-23T09:00", "2026-11-24T01:30"},
		{[]string{"01:30", "13:30"}, nil, 0, "2026-11-23T09:00", "2026-11-23T13:30"},
		{[]string{"13:30"}, nil, 0, "2026-11-23T13:30", "2026-11-24T13:30"},
		{[]string{"01:30"}, []string{"mon"}, 0, "2026-11-23T09:00", "2026-11-30T01:30"},
		{[]string{"01:30"}, []string{"mon", "fri"}, 0, "2026-11-23T09:00", "2026-11-27T01:30"},
		{nil, nil, time.Hour, "2026-11-23T09:10", "2026-11-23T10:00"},
	} {
		s, err := backup.ParseSchedule(c.at, c.days, c.every)
		if err != nil {
			t.Fatal(err)
		}
		now, err := moment.ParseInstant(c.now)
		if err != nil {
			t.Fatal(err)
		}
		want, err := moment.ParseInstant(c.want)
		if err != nil {
			t.Fatal(err)
		}
		next := s.Next(now)
		if next != want {
			t.Errorf("after %s at %v on %v every %s: %s, want %s", c.now, c.at, c.days, c.every, next, c.want)
		}
		if s.Latest(next) != next || s.Latest(next-1) > now {
			t.Errorf("%s is not the first that becomes due after %s", next, c.now)
		}
	}
	if next := (backup.Schedule{}).Next(1); next != 0 {
		t.Errorf("without a schedule the next copy is at %s", next)
	}
}
