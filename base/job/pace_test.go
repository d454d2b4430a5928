package job_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/job"
	"cchc/base/moment"
)

// A job that goes over much rests as long as each piece of it took; a clock that was put
// back or far forward meanwhile makes it rest not at all or no longer than it may.
func TestAJobRestsAsLongAsItWorked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name             string
		took, jump, want time.Duration
	}{
		{"a short piece", 300 * time.Millisecond, 0, 300 * time.Millisecond},
		{"a long one", time.Minute, 0, job.LongestRest},
		{"the clock is put back", time.Second, -time.Hour, 0},
		{"the clock is put forward", time.Second, 24 * time.Hour, job.LongestRest},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				by := time.Duration(0)
				now := func() moment.Instant { return moment.Instant(time.Now().Add(by).UnixMilli()) }
				ctx := job.Paced(t.Context(), now)
				for range 2 { // the rest itself is no work
					time.Sleep(c.took)
					by += c.jump
					began := time.Now()
					if err := job.Rest(ctx); err != nil {
						t.Fatal(err)
					}
					if got := time.Since(began); got != c.want {
						t.Errorf("after %s it rests %s, want %s", c.took, got, c.want)
					}
				}
			})
		})
	}
}

// Who isn't a job doesn't wait, and a job that is to end does not rest to the end.
func TestOnlyJobsRest(t *testing.T) {
	t.Parallel()
	d, clock := dbtest.Open(t)
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		if err := job.Rest(t.Context()); err != nil || time.Since(began) != 0 {
			t.Errorf("outside of a job: %v after %s, want at once", err, time.Since(began))
		}
	})
	ctx, cancel := context.WithCancel(job.Paced(t.Context(), d.Now))
	clock.Advance(time.Minute)
	cancel()
	if err := job.Rest(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a job that is to end: %v, want that it was cancelled", err)
	}
}

// What a runner runs can rest.
func TestARunnersJobsCanRest(t *testing.T) {
	t.Parallel()
	d, _ := dbtest.Open(t)
	r := job.New(d)
	paced := make(chan bool, 1)
	kind := job.Kind[struct{}]{Name: "test.rest"}
	job.Handle(r, kind, func(ctx context.Context, _ struct{}) error {
		paced <- job.IsPaced(ctx)
		return nil
	})
	r.Eager()
	if err := d.Write(t.Context(), func(tx *db.Tx) error { return kind.Enqueue(t.Context(), tx, struct{}{}) }); err != nil {
		t.Fatal(err)
	}
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer r.Stop(context.Background())
	select {
	case ok := <-paced:
		if !ok {
			t.Error("a job cannot rest")
		}
	case <-time.After(20 * time.Second):
		t.Fatal("no job ran within 20 s")
	}
}
