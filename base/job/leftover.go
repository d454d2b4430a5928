package job

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"cchc/base/db"
)

// rescueAfter is how long a job may seem to run, beyond its kind's Timeout, before it is
// taken from a process that is gone: at least River's minute for kinds without one, and
// as much as the clocks of two machines differ.
const rescueAfter = 3 * time.Minute

// ahead is how far in the future a row may lie without a clock having been wrong: as much
// as the clocks of a program and its database may differ, and more.
const ahead = 10 * time.Minute

// mendEvery is how often a running program looks for what a clock that was ahead left.
const mendEvery = time.Minute

// What a process left that was killed. A SQLite file has one process, so nothing of it
// runs when that one starts: it is taken up at once, and sweeps, which are unique and
// come by themselves, are let go. On PostgreSQL another process may be at it: what a
// killed one had is taken up when its time is over.
var killed = map[db.Engine][]string{
	db.SQLite: {
		`DELETE FROM river_job WHERE state = 'running' AND unique_key IS NOT NULL`,
		`UPDATE river_job SET
			state = CASE WHEN attempt < max_attempts THEN 'available' ELSE 'discarded' END,
			finalized_at = CASE WHEN attempt < max_attempts THEN NULL ELSE strftime('%Y-%m-%d %H:%M:%f', 'now') END
		WHERE state = 'running'`,
	},
}

// What lies in the future though it waits for nothing was put there by a clock that was
// ahead, as was who leads until then; both engines would wait for it. A job that failed
// waits for the fourth power of its attempts in seconds, a tenth more or less: what lies
// further ahead was put off by such a clock, even where it began to run before. One that
// runs since tomorrow would be taken from a process that is gone only then. What somebody
// scheduled, by a clock that was right, stays. Rows that another process is at are left
// for the next time.
var dated = map[db.Engine][]string{
	db.SQLite: {
		`UPDATE river_job SET scheduled_at = strftime('%Y-%m-%d %H:%M:%f', 'now')
		WHERE state = 'available' AND scheduled_at > strftime('%Y-%m-%d %H:%M:%f', 'now', '+10 minutes')
		OR state IN ('retryable', 'scheduled') AND COALESCE(attempted_at, created_at) > strftime('%Y-%m-%d %H:%M:%f', 'now', '+10 minutes')
		OR state = 'retryable' AND scheduled_at > strftime('%Y-%m-%d %H:%M:%f', 'now', '+10 minutes', '+' || (1.1 * attempt * attempt * attempt * attempt) || ' seconds')`,
		`UPDATE river_job SET attempted_at = strftime('%Y-%m-%d %H:%M:%f', 'now')
		WHERE state = 'running' AND attempted_at > strftime('%Y-%m-%d %H:%M:%f', 'now', '+10 minutes')`,
		`DELETE FROM river_leader WHERE expires_at > strftime('%Y-%m-%d %H:%M:%f', 'now', '+10 minutes')`,
	},
	db.Postgres: {
		`UPDATE river_job SET scheduled_at = now() WHERE id IN (
			SELECT id FROM river_job
			WHERE state = 'available' AND scheduled_at > now() + interval '10 minutes'
			OR state IN ('retryable', 'scheduled') AND COALESCE(attempted_at, created_at) > now() + interval '10 minutes'
			OR state = 'retryable' AND scheduled_at > now() + interval '10 minutes' + 1.1 * power(attempt, 4) * interval '1 second'
			FOR UPDATE SKIP LOCKED)`,
		`UPDATE river_job SET attempted_at = now() WHERE id IN (
			SELECT id FROM river_job
			WHERE state = 'running' AND attempted_at > now() + interval '10 minutes'
			FOR UPDATE SKIP LOCKED)`,
		`DELETE FROM river_leader WHERE expires_at > now() + interval '10 minutes'`,
	},
}

// takeUp puts right, in one transaction, what lies there by no will of anybody: what a
// clock that was ahead left, and at the start what was under way when no process ran.
func takeUp(ctx context.Context, e db.Engine, h *sql.DB, start bool) error {
	texts := dated[e]
	if start {
		texts = slices.Concat(killed[e], texts)
	}
	tx, err := h.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("take up jobs that were left: %w", err)
	}
	defer tx.Rollback()
	for _, text := range texts {
		if _, err := tx.ExecContext(ctx, text); err != nil {
			return fmt.Errorf("take up jobs that were left: %w", err)
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("take up jobs that were left: %w", err)
	}
	return nil
}

// mend takes up what was left, at every tick until ctx ends, and begins the sweeps anew
// when they wait for a time that they were told by a clock that was ahead. Every program
// does it: there may be nobody who leads, who would do it for all.
func (r *Runner) mend(ctx context.Context, c *river.Client[riverTx], h *sql.DB, tick <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick:
		}
		once, cancel := context.WithTimeout(ctx, mendEvery)
		err := takeUp(once, r.db.Engine(), h, false)
		cancel()
		if err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "jobs that a clock may have put off are looked at again in a minute", "error", err)
		}
		late := false
		for _, b := range r.beats {
			late = b.late() || late
		}
		if !late {
			continue
		}
		slog.WarnContext(ctx, "sweeps begin anew, for the clock was put back")
		all := c.PeriodicJobs()
		all.Clear()
		if _, err := all.AddManySafely(r.periodic); err != nil {
			slog.ErrorContext(ctx, "sweeps don't begin anew", "error", err)
		}
	}
}

// A beat says when a sweep is due next. River keeps that as a date and wakes up at it: a
// clock that was ahead and is put back would leave all sweeps asleep until then, and one
// that is put forward would make up for each that it passed over.
type beat struct {
	every time.Duration
	now   func() time.Time // the machine's clock, as River's

	mu   sync.Mutex
	next time.Time
}

// Next returns when the sweep is due after a time.
func (b *beat) Next(last time.Time) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.next = last.Add(b.every)
	if now := b.now(); b.next.Before(now) {
		b.next = now.Add(b.every)
	}
	return b.next
}

// late reports, once, that the sweep waits longer than its interval.
func (b *beat) late() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	// As dates: a clock that was put back is no shorter time since the start.
	if b.next.Round(0).Sub(b.now().Round(0)) <= b.every+ahead {
		return false
	}
	b.next = time.Time{}
	return true
}
