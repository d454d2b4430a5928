package job_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/job"
)

// awkward has what arrays and JSON give a meaning to.
const awkward = `Hồ sơ "X01", {a\b} 'c' NULL`

type notice struct {
	Dossier string
	Times   int
}

// start begins a runner that is stopped with the test.
func start(t *testing.T, r *job.Runner) {
	t.Helper()
	r.Eager()
	if err := r.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := r.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
}

func receive[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(20 * time.Second):
		t.Fatal("no job ran within 20 s")
		panic("not reached")
	}
}

func TestAJobRunsOnceWhenItsWriteCommitsAndNeverWhenItDoesNot(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d, _ := dbtest.Open(t)
	send := job.Kind[notice]{Name: "test.send"}
	last := job.Kind[struct{}]{Name: "test.last"}

	undone := errors.New("undone")
	if err := d.Write(ctx, func(tx *db.Tx) error {
		if err := send.Enqueue(ctx, tx, notice{Dossier: "rolled back"}); err != nil {
			t.Error(err)
		}
		return undone
	}); !errors.Is(err, undone) {
		t.Fatalf("Write gave %v", err)
	}
	if err := d.Write(ctx, func(tx *db.Tx) error {
		if err := send.EnqueueAll(ctx, tx, nil); err != nil {
			return err
		}
		return send.Enqueue(ctx, tx, notice{Dossier: awkward, Times: 3})
	}); err != nil {
		t.Fatal(err)
	}

	ran := make(chan notice, 10)
	done := make(chan struct{}, 1)
	r := job.New(d)
	job.Handle(r, send, func(_ context.Context, n notice) error { ran <- n; return nil })
	job.Handle(r, last, func(context.Context, struct{}) error { done <- struct{}{}; return nil })
	start(t, r)
	if got := receive(t, ran); got != (notice{Dossier: awkward, Times: 3}) {
		t.Errorf("the job got %+v", got)
	}
	// A later job has run: what was rolled back, or a second run, would have come before.
	if err := d.Write(ctx, func(tx *db.Tx) error { return last.Enqueue(ctx, tx, struct{}{}) }); err != nil {
		t.Fatal(err)
	}
	receive(t, done)
	if len(ran) != 0 {
		t.Errorf("another job ran: %+v", <-ran)
	}
}

func TestManyJobsEachRunOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d, _ := dbtest.Open(t)
	kind := job.Kind[int]{Name: "test.many"}
	const n = 60
	var mu sync.Mutex
	var got []int
	all := make(chan struct{})
	r := job.New(d)
	job.Handle(r, kind, func(_ context.Context, i int) error {
		mu.Lock()
		defer mu.Unlock()
		if got = append(got, i); len(got) == n {
			close(all)
		}
		return nil
	})
	start(t, r)
	var wg sync.WaitGroup
	for w := range 6 { // several writes at once, while the runner takes jobs
		wg.Go(func() {
			if err := d.Write(ctx, func(tx *db.Tx) error {
				args := make([]int, n/6)
				for i := range args {
					args[i] = w*n/6 + i
				}
				return kind.EnqueueAll(ctx, tx, args)
			}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	receive(t, all)
	mu.Lock()
	defer mu.Unlock()
	slices.Sort(got)
	for i, v := range got {
		if i != v {
			t.Fatalf("jobs that ran: %v, want each of 0 to %d once", got, n-1)
		}
	}
}

func TestAJobThatFailedRunsAgain(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d, _ := dbtest.Open(t)
	kind := job.Kind[string]{Name: "test.fails"}
	tries := make(chan int, 5)
	var n atomic.Int32
	r := job.New(d)
	job.Handle(r, kind, func(context.Context, string) error {
		i := int(n.Add(1))
		tries <- i
		if i == 1 {
			return errors.New("the mail server is away")
		}
		return nil
	})
	start(t, r)
	if err := d.Write(ctx, func(tx *db.Tx) error { return kind.Enqueue(ctx, tx, "x") }); err != nil {
		t.Fatal(err)
	}
	for want := 1; want <= 2; want++ {
		if got := receive(t, tries); got != want {
			t.Errorf("try %d came as %d", want, got)
		}
	}
}

func TestASweepRunsAtTheStartAndAgain(t *testing.T) {
	t.Parallel()
	d, _ := dbtest.Open(t)
	runs := make(chan time.Time, 10)
	r := job.New(d)
	r.Every(time.Second, "test.sweep", 0, func(context.Context) error {
		runs <- time.Now()
		return errors.New("fails, and the next one comes all the same")
	})
	start(t, r)
	first := receive(t, runs)
	if again := receive(t, runs).Sub(first); again < 500*time.Millisecond {
		t.Errorf("the second run came %v after the first, want about a second", again)
	}
}

func TestStopWaitsForAJobAndThenCutsItOff(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d, _ := dbtest.Open(t)
	kind := job.Kind[string]{Name: "test.slow"}
	began := make(chan struct{}, 1)
	var ended atomic.Value
	r := job.New(d)
	r.Eager()
	job.Handle(r, kind, func(ctx context.Context, _ string) error {
		began <- struct{}{}
		<-ctx.Done()
		ended.Store(fmt.Sprint(ctx.Err()))
		return ctx.Err()
	})
	if err := r.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if err := r.Start(ctx); err == nil {
		t.Error("a runner could be started twice")
	}
	if err := d.Write(ctx, func(tx *db.Tx) error { return kind.Enqueue(ctx, tx, "x") }); err != nil {
		t.Fatal(err)
	}
	receive(t, began)
	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	if err := r.Stop(short); err != nil {
		t.Errorf("Stop gave %v", err)
	}
	if ended.Load() != "context canceled" {
		t.Errorf("the job's context ended with %v, want that it was cut off before Stop returned", ended.Load())
	}
	if err := r.Stop(ctx); err != nil {
		t.Errorf("a second Stop gave %v", err)
	}
}

func TestAKindHandledTwicePanics(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	r := job.New(nil)
	kind := job.Kind[int]{Name: "test.twice"}
	for range 2 {
		job.Handle(r, kind, func(context.Context, int) error { return nil })
	}
}

func TestSeveralMayMigrateTheQueueAtOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dsn := dbtest.Empty(t)
	tries := 1 // one program opens a file; several share a PostgreSQL
	if db.IsPostgres(dsn) {
		tries = 4
	}
	var wg sync.WaitGroup
	for range tries {
		wg.Go(func() {
			d, err := db.Open(ctx, dsn, db.Options{})
			if err != nil {
				t.Error(err)
				return
			}
			defer d.Close()
			for range 2 { // the second time there is nothing to do
				if err := job.Migrate(ctx, d); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
