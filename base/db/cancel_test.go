package db_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"cchc/base/db"
	"cchc/base/db/dbtest"
)

func TestACancelledWriteDoesNothing(t *testing.T) {
	t.Parallel()
	d := library(t)
	back := context.Background()

	gone, cancel := context.WithCancel(back)
	cancel()
	if err := d.Write(gone, func(*db.Tx) error { t.Error("fn ran"); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: %v", err)
	}

	during, cancel := context.WithCancel(back)
	errs := together(t, d,
		func(tx *db.Tx) error { return add(back, tx, "first") },
		func() error {
			return d.Write(during, func(tx *db.Tx) error {
				tx.AfterCommit(func() { t.Error("AfterCommit ran") })
				if err := add(during, tx, "lost"); err != nil {
					return err
				}
				cancel() // and fn believes that all is well
				return nil
			})
		},
		func() error { return d.Write(back, func(tx *db.Tx) error { return add(back, tx, "other") }) })
	if errs[0] != nil || !errors.Is(errs[1], context.Canceled) || errs[2] != nil {
		t.Errorf("cancelled during fn: the three writes gave %v", errs)
	}

	between, cancel := context.WithCancel(back)
	if err := d.Write(between, func(tx *db.Tx) error {
		cancel()
		if err := add(back, tx, "late"); !errors.Is(err, context.Canceled) {
			t.Errorf("a statement after the cancelling gave %v", err)
		}
		return nil
	}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled between statements: %v", err)
	}
	if got := books(t, d); got != "b first other" {
		t.Errorf("books are %q", got)
	}
}

func TestAWriteCancelledWhileItWaitsNeverRuns(t *testing.T) {
	t.Parallel()
	d := library(t)
	if d.Engine() != db.SQLite {
		return // writes of PostgreSQL don't wait in a queue of ours
	}
	back := context.Background()
	waiting, cancel := context.WithCancel(back)
	errs := together(t, d,
		func(tx *db.Tx) error { cancel(); return add(back, tx, "first") },
		func() error {
			return d.Write(waiting, func(*db.Tx) error { t.Error("fn ran"); return nil })
		},
		func() error { return d.Write(back, func(tx *db.Tx) error { return add(back, tx, "other") }) })
	if errs[0] != nil || !errors.Is(errs[1], context.Canceled) || errs[2] != nil {
		t.Errorf("the three writes gave %v", errs)
	}
	if got := books(t, d); got != "b first other" {
		t.Errorf("books are %q", got)
	}
}

func TestACancelledReadSaysSo(t *testing.T) {
	t.Parallel()
	d := library(t)
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := db.Value[int](ctx, d, endless)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the context's error", err)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("it took %v to stop", took)
	}
	if _, err := db.Value[int](context.Background(), d, countBooks); err != nil {
		t.Errorf("the next read: %v", err)
	}
}

var endless = db.SQL("test.endless", `
	WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000000)
	SELECT COUNT(*) FROM n`)

func TestCloseWaitsForWritesAndThenRefusesThem(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dsn := dbtest.DSN(t)
	d, err := db.Open(ctx, dsn, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, makeShelf); return err }); err != nil {
		t.Fatal(err)
	}
	began, release := make(chan struct{}), make(chan struct{})
	written, closed := make(chan error, 1), make(chan error, 1)
	go func() {
		written <- d.Write(ctx, func(tx *db.Tx) error {
			close(began)
			<-release
			_, err := tx.Exec(ctx, addShelf, "kept")
			return err
		})
	}()
	<-began
	go func() { closed <- d.Close() }()
	select {
	case <-closed:
		t.Error("Close did not wait for the write")
	case <-time.After(100 * time.Millisecond):
	}
	close(release)
	if err := <-written; err != nil {
		t.Errorf("the write under way gave %v", err)
	}
	if err := <-closed; err != nil {
		t.Errorf("Close gave %v", err)
	}
	if err := d.Close(); err != nil {
		t.Errorf("a second Close gave %v", err)
	}
	if err := d.Write(ctx, func(*db.Tx) error { return nil }); !errors.Is(err, db.ErrClosed) {
		t.Errorf("Write after Close gave %v", err)
	}
	if _, err := db.Column[string](ctx, d, shelfIDs); !errors.Is(err, db.ErrClosed) {
		t.Errorf("reading after Close gave %v", err)
	}
	again, err := db.Open(ctx, dsn, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if ids, err := db.Column[string](ctx, again, shelfIDs); err != nil || len(ids) != 1 || ids[0] != "kept" {
		t.Errorf("after opening it again there is %q, %v", ids, err)
	}
}

var shelfIDs = db.SQL("test.shelf_ids", `SELECT id FROM shelf`)
