package db

import (
	"context"
	"log/slog"
)

// Analyze has the engine count its rows anew, by which it plans statements: for after
// much was written at once. PostgreSQL does it by itself after a minute or more, and
// until then reads whole tables for a few rows; SQLite plans by the indexes alone.
func (d *DB) Analyze(ctx context.Context) error {
	if d.engine != Postgres {
		return nil
	}
	_, err := d.write.ExecContext(ctx, `ANALYZE`)
	return translate(err)
}

// uncounted counts the tables with many rows that PostgreSQL never counted. Of few it reads
// all, whatever it knows.
const uncounted = `
	SELECT count(*)
	FROM pg_stat_user_tables
	WHERE schemaname = current_schema() AND n_live_tup >= 1000 AND last_analyze IS NULL AND last_autoanalyze IS NULL`

// AnalyzeNew is Analyze where it was never done: of a database that pg_restore has just
// put back, which leaves that to whoever comes after. A province's morning on such a one
// was slow until requests were sent away (bench/RESULTS.md). A table that another keeps for
// a while without keeping people from it (VACUUM, an index that is made) is left out: the
// program that starts does not wait for it.
func (d *DB) AnalyzeNew(ctx context.Context) error {
	if d.engine != Postgres {
		return nil
	}
	var tables int
	if err := d.write.QueryRowContext(ctx, uncounted).Scan(&tables); err != nil {
		return translate(err)
	}
	if tables == 0 {
		return nil
	}
	slog.InfoContext(ctx, "PostgreSQL has not counted these rows yet: it does now, to plan by them", "tables", tables)
	_, err := d.write.ExecContext(ctx, `ANALYZE (SKIP_LOCKED)`)
	return translate(err)
}
