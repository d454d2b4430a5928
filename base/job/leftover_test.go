package job_test

import (
	"context"
	"testing"

	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/job"
)

// A process was killed over its jobs, or had a clock that was ahead: the next one does at
// once what was under way, gives up what was tried often enough, and waits for no clock.
func TestWhatAKilledProcessLeftIsTakenUpAtTheStart(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d, _ := dbtest.Open(t)
	kind := job.Kind[string]{Name: "test.left", Attempts: 3}
	if err := d.Write(ctx, func(tx *db.Tx) error {
		return kind.EnqueueAll(ctx, tx, []string{"killed", "worn out", "ahead", "failed ahead"})
	}); err != nil {
		t.Fatal(err)
	}
	h, err := d.Handle()
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	now, year := "strftime('%Y-%m-%d %H:%M:%f', 'now')", "strftime('%Y-%m-%d %H:%M:%f', 'now', '+1 year')"
	if d.Engine() == db.Postgres {
		now, year = "now()", "now() + interval '1 year'"
	}
	of := func(name string) string { return ` WHERE CAST(args AS TEXT) LIKE '%"` + name + `"%'` }
	want := map[string]bool{"ahead": true, "failed ahead": true}
	texts := []string{
		`UPDATE river_job SET scheduled_at = ` + year + of("ahead"),
		`UPDATE river_job SET state = 'retryable', attempt = 1, attempted_at = ` + year + `, scheduled_at = ` + year + of("failed ahead"),
		`INSERT INTO river_leader (elected_at, expires_at, leader_id) VALUES (` + year + `, ` + year + `, 'killed')`,
	}
	if d.Engine() == db.SQLite { // elsewhere another process may be at them
		want["killed"] = true
		texts = append(texts,
			`UPDATE river_job SET state = 'running', attempt = 1, attempted_at = `+now+of("killed"),
			`UPDATE river_job SET state = 'running', attempt = 3, attempted_at = `+now+of("worn out"))
	} else {
		texts = append(texts, `DELETE FROM river_job`+of("killed"), `DELETE FROM river_job`+of("worn out"))
	}
	for _, text := range texts {
		if _, err := h.ExecContext(ctx, text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	ran := make(chan string, 10)
	r := job.New(d)
	job.Handle(r, kind, func(_ context.Context, name string) error { ran <- name; return nil })
	start(t, r)
	for range len(want) {
		name := receive(t, ran)
		if !want[name] {
			t.Errorf("%q runs, or runs twice", name)
		}
		delete(want, name)
	}
	if d.Engine() == db.SQLite {
		q := &job.Queue{DB: d}
		defer q.Close()
		counts, err := q.Counts(ctx)
		if err != nil || counts[job.GivenUp] != 1 {
			t.Errorf("jobs are %v, %v; want one that was given up", counts, err)
		}
	}
	left := 0
	if err := h.QueryRowContext(ctx, `SELECT COUNT(*) FROM river_leader WHERE leader_id = 'killed'`).Scan(&left); err != nil || left != 0 {
		t.Errorf("the one who is gone leads still: %d, %v", left, err)
	}
}
