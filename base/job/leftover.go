package job

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"cchc/base/db"
)

// rescueAfter is how long a job may seem to run, beyond its kind's Timeout, before it is
// taken from a process that is gone: at least River's minute for kinds without one, and
// as much as the clocks of two machines differ.
const rescueAfter = 3 * time.Minute

// What a process left that was killed. A SQLite file has one process, so nothing of it
// runs when that one starts: it is taken up at once, and sweeps, which are unique and
// come by themselves, are let go. On PostgreSQL another process may be at it: what a
// killed one had is taken up when its time is over.
//
// What lies in the future though it waits for nothing was put there by a clock that was
// ahead, as was who leads until then; both engines would wait for it.
var leftovers = map[db.Engine][]string{
	db.SQLite: {
		`DELETE FROM river_job WHERE state = 'running' AND unique_key IS NOT NULL`,
		`UPDATE river_job SET
			state = CASE WHEN attempt < max_attempts THEN 'available' ELSE 'discarded' END,
			finalized_at = CASE WHEN attempt < max_attempts THEN NULL ELSE strftime('%Y-%m-%d %H:%M:%f', 'now') END
		WHERE state = 'running'`,
		`UPDATE river_job SET scheduled_at = strftime('%Y-%m-%d %H:%M:%f', 'now')
		WHERE state = 'available' AND scheduled_at > strftime('%Y-%m-%d %H:%M:%f', 'now', '+10 minutes')
		OR state IN ('retryable', 'scheduled') AND COALESCE(attempted_at, created_at) > strftime('%Y-%m-%d %H:%M:%f', 'now', '+10 minutes')`,
		`DELETE FROM river_leader WHERE expires_at > strftime('%Y-%m-%d %H:%M:%f', 'now', '+10 minutes')`,
	},
	db.Postgres: {
		`UPDATE river_job SET scheduled_at = now()
		WHERE state = 'available' AND scheduled_at > now() + interval '10 minutes'
		OR state IN ('retryable', 'scheduled') AND COALESCE(attempted_at, created_at) > now() + interval '10 minutes'`,
		`DELETE FROM river_leader WHERE expires_at > now() + interval '10 minutes'`,
	},
}

// takeUp puts right what was left when no process ran.
func takeUp(ctx context.Context, e db.Engine, h *sql.DB) error {
	for _, text := range leftovers[e] {
		if _, err := h.ExecContext(ctx, text); err != nil {
			return fmt.Errorf("take up jobs that were under way: %w", err)
		}
	}
	return nil
}
