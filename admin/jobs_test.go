package admin

import (
	"context"
	"slices"
	"testing"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/fault"
	"cchc/base/job"
)

var putJob = db.SQL("admin_test.job", `
	UPDATE river_job SET state = $1, finalized_at = CASE WHEN $2 = 1 THEN created_at END
	WHERE id = $3`)

// Wherever a job stands, every act is tried and undone: what the policy allows is
// done, the rest is refused and writes nothing.
func TestEveryActOnAJobIsPossibleInItsStatesAndInNoOther(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	d, _ := dbtest.Open(t)
	kind := job.Kind[string]{Name: "test.later"}
	if err := d.Write(ctx, func(tx *db.Tx) error { return kind.Enqueue(ctx, tx, "x") }); err != nil {
		t.Fatal(err)
	}
	q := &job.Queue{DB: d}
	t.Cleanup(func() { q.Close() })
	list, err := q.List(ctx, job.Waiting, 1)
	if err != nil || len(list) != 1 {
		t.Fatalf("waiting: %+v, %v", list, err)
	}
	p, keeper, id := &Jobs{Queue: q}, actor.System("keeper"), list[0].ID
	kinds := slices.IndexFunc(auth.Kinds, func(k auth.Kind) bool { return k.Name == "job" })
	if len(auth.Kinds[kinds].States) != len(job.States) {
		t.Errorf("the policy knows %v of %v", auth.Kinds[kinds].States, job.States)
	}
	for _, x := range []struct {
		state job.State
		name  string
		ended int
	}{
		{job.Waiting, "available", 0}, {job.Waiting, "scheduled", 0}, {job.Running, "running", 0}, {job.Failing, "retryable", 0},
		{job.GivenUp, "discarded", 1}, {job.Cancelled, "cancelled", 1}, {job.Done, "completed", 1},
	} {
		if err := d.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, putJob, x.name, x.ended, id); return err }); err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(auth.Kinds[kinds].States, auth.State(x.state)) {
			t.Errorf("the policy knows no job that is %s", x.state)
		}
		for act, do := range map[string]func(context.Context, actor.Actor, int64) error{"retry": p.retry, "cancel": p.cancel} {
			may := map[string]auth.Act{"retry": auth.RetryJob, "cancel": auth.CancelJob}[act].In(auth.State(x.state))
			rehearsal, undone := db.Rehearse(ctx)
			switch err := do(rehearsal, keeper, id); {
			case may && err != nil:
				t.Errorf("%s of a job that is %s: the policy allows it, and %v", act, x.state, err)
			case !may && (!fault.Is(err, fault.Conflict) || len(undone.Statements()) > 0):
				t.Errorf("%s of a job that is %s: the policy forbids it, and %v, %v", act, x.state, err, undone.Statements())
			}
		}
	}
	rehearsal, _ := db.Rehearse(ctx)
	if err := p.retry(rehearsal, keeper, id+1); !fault.Is(err, fault.NotFound) {
		t.Errorf("a job that is nowhere: %v", err)
	}
}
