package job

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/riverqueue/river"

	"cchc/base/db"
)

// A Pending is a job that waits, as it is carried to another database.
type Pending struct {
	Kind     string          `json:"kind"`
	Args     json.RawMessage `json:"args"`
	Attempts int             `json:"attempts"` // how many runs at most
}

// Sweeps, which are unique, come by themselves.
var pendingJobs = db.SQL("job.pending", `
	SELECT kind, CAST(args AS TEXT), max_attempts
	FROM river_job
	WHERE CAST(state AS TEXT) IN ('available', 'pending', 'scheduled', 'retryable', 'running') AND unique_key IS NULL
	ORDER BY id`)

// PendingIn lists the jobs that have not ended, as a queryer sees them.
func PendingIn(ctx context.Context, q db.Queryer) ([]Pending, error) {
	return db.All(ctx, q, pendingJobs, func(r db.Scanner) (p Pending, err error) {
		var args string
		err = r.Scan(&p.Kind, &args, &p.Attempts)
		p.Args = json.RawMessage(args)
		return p, err
	})
}

// Waiting returns the arguments of the kind's jobs that have not ended, as a queryer sees
// them. What was given up or cancelled has ended.
func (k Kind[T]) Waiting(ctx context.Context, q db.Queryer) ([]T, error) {
	all, err := PendingIn(ctx, q)
	if err != nil {
		return nil, err
	}
	var out []T
	for _, p := range all {
		if p.Kind != k.Name {
			continue
		}
		var x wrapped[T]
		if err := json.Unmarshal(p.Args, &x); err != nil {
			return nil, fmt.Errorf("a job of %s: %w", k.Name, err)
		}
		out = append(out, x.Args)
	}
	return out, nil
}

// EnqueuePending enqueues jobs that were carried over. They run as soon as a runner
// does.
func EnqueuePending(ctx context.Context, tx *db.Tx, list []Pending) error {
	if len(list) == 0 {
		return nil
	}
	many := make([]river.InsertManyParams, len(list))
	for i, p := range list {
		if p.Kind == "" || !json.Valid(p.Args) {
			return fmt.Errorf("job %d has no kind or arguments that are no JSON", i+1)
		}
		many[i] = river.InsertManyParams{Args: envelope{kind: p.Kind, body: p.Args}, InsertOpts: &river.InsertOpts{MaxAttempts: p.Attempts}}
	}
	c, err := inserter(tx.Engine())
	if err != nil {
		return err
	}
	return tx.Raw(ctx, func(ctx context.Context, t *sql.Tx) error {
		_, err := c.InsertManyTx(ctx, t, many)
		return err
	})
}
