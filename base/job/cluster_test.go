package job_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/job"
)

// Two processes take jobs from one queue: each job runs in one of them, and a sweep in
// one at a time.
func TestTwoProcessesShareJobsAndSweeps(t *testing.T) {
	t.Parallel()
	dsn := dbtest.DSN(t)
	if !db.IsPostgres(dsn) {
		t.Skip("several processes share a PostgreSQL; a SQLite file has one")
	}
	const n = 80
	kind := job.Kind[int]{Name: "test.shared"}
	var mu sync.Mutex
	ran := map[int]int{}
	all := make(chan struct{})
	var sweeping, sweeps atomic.Int32
	swept := make(chan struct{}, 100)
	var first *db.DB
	for i := range 2 {
		d, err := db.Open(t.Context(), dsn, db.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		if i == 0 {
			first = d
		}
		r := job.New(d)
		job.Handle(r, kind, func(_ context.Context, i int) error {
			mu.Lock()
			defer mu.Unlock()
			if ran[i]++; len(ran) == n && ran[i] == 1 {
				close(all)
			}
			return nil
		})
		r.Every(time.Second, "test.shared_sweep", 0, func(context.Context) error {
			if sweeping.Add(1) > 1 {
				t.Error("a sweep runs in two processes at once")
			}
			time.Sleep(100 * time.Millisecond)
			sweeping.Add(-1)
			sweeps.Add(1)
			swept <- struct{}{}
			return nil
		})
		start(t, r)
	}
	if err := first.Write(t.Context(), func(tx *db.Tx) error {
		args := make([]int, n)
		for i := range args {
			args[i] = i
		}
		return kind.EnqueueAll(t.Context(), tx, args)
	}); err != nil {
		t.Fatal(err)
	}
	receive(t, all)
	for range 3 {
		receive(t, swept)
	}
	mu.Lock()
	defer mu.Unlock()
	for i, times := range ran {
		if times != 1 {
			t.Errorf("job %d ran %d times", i, times)
		}
	}
}
