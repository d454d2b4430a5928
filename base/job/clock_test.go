package job_test

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/job"
)

const halfYear = 180 * 24 * time.Hour

// until waits until the rows that a statement counts are n.
func until(t *testing.T, h *sql.DB, n int, what, text string) {
	t.Helper()
	got := 0
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if err := h.QueryRowContext(t.Context(), text).Scan(&got); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got == n {
			return
		}
	}
	t.Fatalf("%s: %d, want %d", what, got, n)
}

// in returns an SQL expression of the time that is some days from now.
func in(d *db.DB, days string) string {
	if d.Engine() == db.Postgres {
		return "now() + interval '" + days + " days'"
	}
	return "strftime('%Y-%m-%d %H:%M:%f', 'now', '+" + days + " days')"
}

// The clock was ahead by half a year while jobs failed, and is put back: they are done at
// the next mending, without a new start, both those that began to run by the right clock
// and those that began by the wrong one. What waits rightly waits on.
func TestAClockThatIsPutBackLeavesNoJobInTheFuture(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	d, _ := dbtest.Open(t)
	h, err := d.Handle()
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	kind := job.Kind[string]{Name: "test.skewed"}
	far := job.Kind[string]{Name: "test.far"}
	var by, tries atomic.Int64
	ran := make(chan string, 10)
	tick := make(chan time.Time, 1)
	r := job.New(d)
	r.Skew(func() time.Duration { return time.Duration(by.Load()) }, tick)
	job.Handle(r, kind, func(_ context.Context, name string) error {
		if name == "under way" {
			switch tries.Add(1) {
			case 1:
				return errors.New("fails by the right clock")
			case 2: // the next pause is long enough to be put off by the date
				by.Store(int64(halfYear))
			}
		}
		if by.Load() != 0 {
			return errors.New("fails ahead")
		}
		ran <- name
		return nil
	})
	job.Handle(r, far, func(_ context.Context, name string) error { ran <- name; return nil })
	start(t, r)
	enqueue := func(k job.Kind[string], name, change string) {
		t.Helper()
		if err := d.Write(ctx, func(tx *db.Tx) error {
			if err := k.Enqueue(ctx, tx, name); err != nil || change == "" {
				return err
			}
			return tx.Raw(ctx, func(ctx context.Context, t *sql.Tx) error {
				_, err := t.ExecContext(ctx, `UPDATE river_job SET `+change+` WHERE CAST(args AS TEXT) LIKE '%"`+name+`"%'`)
				return err
			})
		}); err != nil {
			t.Fatal(err)
		}
	}
	putOff := `SELECT COUNT(*) FROM river_job WHERE kind = 'test.skewed' AND state = 'retryable' AND scheduled_at > ` + in(d, "100")
	enqueue(kind, "under way", "")
	until(t, h, 1, "jobs put off while they ran", putOff)
	enqueue(kind, "ahead", "")
	until(t, h, 2, "jobs put off by half a year", putOff)
	by.Store(0)

	// What the queue may have, by a clock that was right: the pause after the twentieth
	// attempt is nearly two days. And one that runs, by the wrong clock.
	enqueue(far, "far, failed", `state = 'retryable', attempt = 20, attempted_at = `+in(d, "0")+`, scheduled_at = `+in(d, "1.5"))
	enqueue(far, "far, planned", `state = 'scheduled', scheduled_at = `+in(d, "30"))
	enqueue(far, "far, runs", `state = 'running', attempt = 1, attempted_at = `+in(d, "100"))

	tick <- time.Now()
	want := map[string]bool{"under way": true, "ahead": true}
	for range 2 {
		name := receive(t, ran)
		if !want[name] {
			t.Errorf("%q runs, or runs twice", name)
		}
		delete(want, name)
	}
	until(t, h, 2, "jobs that wait rightly", `SELECT COUNT(*) FROM river_job WHERE kind = 'test.far' AND state IN ('retryable', 'scheduled') AND scheduled_at > `+in(d, "1"))
	until(t, h, 1, "jobs that run since now", `SELECT COUNT(*) FROM river_job WHERE kind = 'test.far' AND state = 'running' AND attempted_at < `+in(d, "1"))
	if len(ran) != 0 {
		t.Errorf("%q ran too", <-ran)
	}
}

// Sweeps, too, go on after a clock was ahead and is put back.
func TestSweepsGoOnWhenTheClockIsPutBack(t *testing.T) {
	t.Parallel()
	d, _ := dbtest.Open(t)
	var by atomic.Int64
	runs := make(chan int64, 1000)
	tick := make(chan time.Time, 1)
	r := job.New(d)
	r.Skew(func() time.Duration { return time.Duration(by.Load()) }, tick)
	r.Every(time.Second, "test.beat", 0, func(context.Context) error {
		runs <- by.Load()
		return nil
	})
	start(t, r)
	for _, clock := range []time.Duration{0, halfYear, 0} {
		by.Store(int64(clock))
		if clock == 0 {
			tick <- time.Now()
		}
		// One may have been under way and one may wait; the third comes only of sweeps that
		// go on.
		for n := 0; n < 3; {
			if receive(t, runs) == int64(clock) {
				n++
			}
		}
	}
}

// A clock that is put forward leaves no runs to be made up for.
func TestASweepThatIsPassedOverIsNotMadeUpFor(t *testing.T) {
	t.Parallel()
	last := time.Date(2026, 11, 27, 8, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name      string
		now, want time.Duration
	}{
		{"in time", 0, time.Minute},
		{"a little late", 20 * time.Second, time.Minute},
		{"half a year on", halfYear, halfYear + time.Minute},
	} {
		if got := job.Beat(time.Minute, last, last.Add(c.now)); !got.Equal(last.Add(c.want)) {
			t.Errorf("%s: due at %s, want %s", c.name, got, last.Add(c.want))
		}
	}
}
