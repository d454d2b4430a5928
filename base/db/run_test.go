package db_test

import (
	"strings"
	"testing"

	"cchc/base/db"
	"cchc/base/db/dbtest"
)

// rowThenFailure gives a row and fails at the next on PostgreSQL; SQLite computes no
// second row when nobody asks for it.
var rowThenFailure = db.SQL("test.row_then_failure", `
	WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x WHERE n < 2)
	SELECT 10 / (2 - n) FROM x`)

var one = db.SQL("test.one", `SELECT 1`)

// A statement of which one row is taken, and that fails after it, has failed: else the
// write goes on in a transaction that takes nothing more.
func TestWhatFailsAfterItsFirstRowHasFailed(t *testing.T) {
	t.Parallel()
	d, _ := dbtest.Open(t)
	fails := d.Engine() == db.Postgres
	var inWrite, next error
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		_, inWrite = db.Value[int](t.Context(), tx, rowThenFailure)
		_, next = db.Value[int](t.Context(), tx, one)
		return next
	})
	if got := inWrite != nil; got != fails {
		t.Errorf("in a write: %v, want an error: %v (the statement after it: %v)", inWrite, fails, next)
	}
	if fails && (err == nil || !strings.Contains(err.Error(), "division by zero")) {
		t.Errorf("the write ended with %v, want why it failed", err)
	}
	if _, err := db.Value[int](t.Context(), d, rowThenFailure); (err != nil) != fails {
		t.Errorf("outside of a write: %v, want an error: %v", err, fails)
	}
}
