package db_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"cchc/base/db"
	"cchc/base/db/dbtest"
)

// Rows that came without the program (pg_restore) are counted when it opens, once.
func TestRowsThatWereNeverCountedAre(t *testing.T) {
	t.Parallel()
	d, _ := dbtest.Open(t)
	if d.Engine() == db.SQLite {
		t.Skip("SQLite plans by the indexes alone")
	}
	ctx := context.Background()
	h, err := d.Handle()
	if err != nil {
		t.Fatal(err)
	}
	number := func(q string) (n int) {
		t.Helper()
		if err := h.QueryRowContext(ctx, q).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	const counts, rows = `SELECT count(*) FROM pg_stats WHERE schemaname = current_schema() AND tablename = 'come'`, `SELECT n_live_tup FROM pg_stat_user_tables WHERE relname = 'come'`
	if _, err := h.ExecContext(ctx, `CREATE TABLE come AS SELECT n FROM generate_series(1, 5000) n`); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(30 * time.Second); number(rows) < 5000; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("PostgreSQL does not say how many rows came")
		}
	}
	if n := number(counts); n != 0 {
		t.Fatalf("they are counted before: %d", n)
	}
	if err := d.AnalyzeNew(ctx); err != nil {
		t.Fatal(err)
	}
	if n := number(counts); n != 1 {
		t.Errorf("%d columns are counted, want 1", n)
	}
	const times = `SELECT analyze_count FROM pg_stat_user_tables WHERE relname = 'come'`
	for end := time.Now().Add(30 * time.Second); number(times) == 0; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("PostgreSQL does not say that it counted them")
		}
	}
	if err := d.AnalyzeNew(ctx); err != nil {
		t.Fatal(err)
	}
	if n := number(times); n != 1 {
		t.Errorf("they were counted %d times", n)
	}
}

// A table that somebody vacuums, or makes an index of, can be read and written meanwhile and
// not be counted: nobody waits for that, and the others are.
func TestWhatIsKeptIsNotWaitedForToBeCounted(t *testing.T) {
	t.Parallel()
	d, _ := dbtest.Open(t)
	if d.Engine() == db.SQLite {
		t.Skip("SQLite plans by the indexes alone")
	}
	h, err := d.Handle()
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	for _, s := range []string{`CREATE TABLE come AS SELECT n FROM generate_series(1, 5000) n`, `CREATE TABLE kept AS SELECT n FROM generate_series(1, 5000) n`} {
		if _, err := h.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	number := func(q string) (n int) {
		t.Helper()
		if err := h.QueryRowContext(t.Context(), q).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for end := time.Now().Add(30 * time.Second); number(`SELECT COUNT(*) FROM pg_stat_user_tables WHERE relname IN ('come', 'kept') AND n_live_tup >= 5000`) < 2; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("PostgreSQL does not say how many rows came")
		}
	}
	other, err := h.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Rollback()
	if _, err := other.ExecContext(t.Context(), `LOCK TABLE kept IN SHARE UPDATE EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := d.AnalyzeNew(ctx); err != nil {
		t.Fatal(err)
	}
	if n := number(`SELECT COUNT(*) FROM pg_stats WHERE schemaname = current_schema() AND tablename IN ('come', 'kept')`); n != 1 {
		t.Errorf("%d tables are counted, want the one that nobody keeps", n)
	}
}

// What the server warns of before a commit does not make that commit doubtful: a user who
// owns the tables and no more is warned at each ANALYZE, on the connection of the next write.
func TestAWarningBeforeACommitLeavesItCertain(t *testing.T) {
	t.Parallel()
	d, _ := dbtest.Open(t)
	if d.Engine() == db.SQLite {
		t.Skip("SQLite warns of nothing")
	}
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		return tx.Raw(t.Context(), func(ctx context.Context, raw *sql.Tx) error {
			_, err := raw.ExecContext(ctx, `DO $$ BEGIN RAISE WARNING 'skipping it'; END $$`)
			return err
		})
	})
	if err != nil {
		t.Errorf("a write that the server warned in: %v", err)
	}
}
