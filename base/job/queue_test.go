package job_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/fault"
	"cchc/base/job"
)

func TestAFailedJobIsSeenWithoutPersonsAndRunsAgain(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d, _ := dbtest.Open(t)
	kind := job.Kind[string]{Name: "test.once", Attempts: 1}
	fail, ran := true, make(chan bool, 2)
	r := job.New(d)
	job.Handle(r, kind, func(context.Context, string) error {
		ran <- fail
		if fail {
			return errors.New(`send to "Nguyễn Thị Ánh" bich@example.vn 0905 123 456: the server is away`)
		}
		return nil
	})
	start(t, r)
	if err := d.Write(ctx, func(tx *db.Tx) error { return kind.Enqueue(ctx, tx, "x") }); err != nil {
		t.Fatal(err)
	}
	receive(t, ran)
	q := &job.Queue{DB: d}
	t.Cleanup(func() { q.Close() })
	in := func(s job.State) job.Seen {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			list, err := q.List(ctx, s, 10)
			if err != nil {
				t.Fatal(err)
			}
			if len(list) > 0 {
				return list[0]
			}
		}
		t.Fatalf("no job became %s", s)
		panic("not reached")
	}
	seen := in(job.GivenUp)
	if seen.Kind != "test.once" || !strings.Contains(seen.Error, "the server is away") || strings.ContainsAny(seen.Error, "@0") || strings.Contains(seen.Error, "Ánh") {
		t.Errorf("seen: %+v", seen)
	}
	if n, err := q.Counts(ctx); err != nil || n[job.GivenUp] != 1 {
		t.Errorf("Counts = %v, %v", n, err)
	}
	keeper := actor.Actor{Account: "keeper", Name: "keeper"}
	fail = false
	if err := q.Retry(ctx, keeper, seen.ID, whatever); err != nil {
		t.Fatal(err)
	}
	receive(t, ran)
	in(job.Done)
	if err := q.Retry(ctx, keeper, 999_999, whatever); !fault.Is(err, fault.NotFound) {
		t.Errorf("retrying no job: %v", err)
	}
	trail, err := audit.Latest(ctx, d, audit.Filter{Kind: "job"})
	if err != nil || len(trail) != 1 || trail[0].Verb != "job.retry" {
		t.Errorf("the trail: %+v, %v", trail, err)
	}
}

func TestACancelledJobNeverRuns(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d, _ := dbtest.Open(t)
	kind := job.Kind[string]{Name: "test.later"}
	if err := d.Write(ctx, func(tx *db.Tx) error { return kind.Enqueue(ctx, tx, "x") }); err != nil {
		t.Fatal(err)
	}
	q := &job.Queue{DB: d}
	t.Cleanup(func() { q.Close() })
	list, err := q.List(ctx, job.Waiting, 10)
	if err != nil || len(list) != 1 {
		t.Fatalf("waiting: %+v, %v", list, err)
	}
	if err := q.Cancel(ctx, actor.System("test"), list[0].ID, whatever); err != nil {
		t.Fatal(err)
	}
	if n, err := q.Counts(ctx); err != nil || n[job.Cancelled] != 1 || n[job.Waiting] != 0 {
		t.Errorf("Counts = %v, %v", n, err)
	}
	if last, ok, err := q.Last(ctx, "test.later"); err != nil || !ok || last.State != job.Cancelled {
		t.Errorf("Last = %+v, %v, %v", last, ok, err)
	}
}

// whatever lets a job be changed wherever it stands.
func whatever(job.State) error { return nil }
