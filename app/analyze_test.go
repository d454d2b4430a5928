package app

import (
	"database/sql"
	"testing"
	"time"

	"cchc/base/db"
	"cchc/base/db/dbtest"
)

// A PostgreSQL that cannot count its rows keeps no counter closed: the program starts on
// it, and people work. Here an index stands in the way whose function fails.
func TestTheProgramStartsWhereRowsCannotBeCounted(t *testing.T) {
	t.Parallel()
	dsn := dbtest.DSN(t)
	if !db.IsPostgres(dsn) {
		t.Skip("SQLite plans by the indexes alone")
	}
	r, _, _, commune := communeIn(t, dsn)
	h, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	for _, s := range []string{
		`CREATE FUNCTION falls(n INTEGER) RETURNS INTEGER LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN n; END'`,
		`CREATE TABLE come AS SELECT n FROM generate_series(1, 5000) n`,
		`CREATE INDEX come_falls ON come (falls(n))`,
		`CREATE OR REPLACE FUNCTION falls(n INTEGER) RETURNS INTEGER LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RAISE EXCEPTION ''it falls''; END'`,
	} {
		if _, err := h.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		var rows int
		if err := h.QueryRowContext(t.Context(), `SELECT n_live_tup FROM pg_stat_user_tables WHERE relname = 'come'`).Scan(&rows); err != nil {
			t.Fatal(err)
		}
		if rows >= 5000 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("PostgreSQL does not say how many rows came")
		}
	}
	if err := r.db.AnalyzeNew(t.Context()); err == nil {
		t.Fatal("nothing is in the way of counting: the test tries nothing")
	}
	again, err := openRooms(t.Context(), dsn, db.Options{Serve: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(again.close)
	receive(t, again, commune)
}
