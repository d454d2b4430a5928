package db_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cchc/base/db"
	"cchc/base/db/dbtest"
)

var (
	lineNext = db.SQL("test.line.next", `UPDATE epoch SET value = value + 1 WHERE name = $1`)
	lineLast = db.SQL("test.line.last", `SELECT value FROM epoch WHERE name = $1`)
	lineMake = db.SQL("test.line.make", `INSERT INTO epoch (name, value) VALUES ($1, 0)`)
)

// Writes in one line never meet, so that none is done again; those of two lines are at
// work together, and whoever gives up waiting is not in the way.
func TestWritesInLineDoNotCollide(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d, _ := dbtest.Open(t)
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	ok(d.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, lineMake, "test.line")
		return err
	}))
	const clerks, each = 8, 10
	var ran, together atomic.Int64
	var wait sync.WaitGroup
	for range clerks {
		wait.Go(func() {
			for range each {
				ok(d.WriteInLine(ctx, "number", func(tx *db.Tx) error {
					ran.Add(1)
					if together.Add(1) > 1 {
						t.Error("two of one line are at work")
					}
					defer together.Add(-1)
					_, err := tx.Exec(ctx, lineNext, "test.line")
					return err
				}))
			}
		})
	}
	wait.Wait()
	if n, err := db.Value[int64](ctx, d, lineLast, "test.line"); err != nil || n != clerks*each {
		t.Errorf("%d was counted, want %d; %v", n, clerks*each, err)
	}
	if runs := ran.Load(); d.Engine() == db.Postgres && runs != clerks*each {
		t.Errorf("%d writes ran %d times", clerks*each, runs)
	}
	if d.Engine() == db.SQLite {
		return // one writes at a time, whatever the line
	}
	ok(d.WriteInLine(ctx, "one", func(*db.Tx) error {
		short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
		defer cancel()
		if err := d.WriteInLine(short, "one", func(*db.Tx) error { return nil }); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("who waits behind another gets %v", err)
		}
		return d.WriteInLine(ctx, "two", func(*db.Tx) error { return nil })
	}))
	ok(d.WriteInLine(ctx, "one", func(*db.Tx) error { return nil }))
}
