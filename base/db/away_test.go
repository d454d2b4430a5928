package db_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cchc/base/db"
	"cchc/base/db/dbtest"
)

var (
	markAdd   = db.SQL("test.away.mark", `INSERT INTO epoch (name, value) VALUES ($1, 1)`)
	markThere = db.SQL("test.away.there", `SELECT name FROM epoch WHERE name = $1`)
	markCount = db.SQL("test.away.count", `SELECT COUNT(*) FROM epoch WHERE name >= 'mark ' AND name < 'mark!'`)
	counter   = db.SQL("test.away.counter", `SELECT value FROM epoch WHERE name = $1`)
)

func postgresOnly(t *testing.T) *db.DB {
	t.Helper()
	dsn := dbtest.DSN(t)
	if !db.IsPostgres(dsn) {
		t.Skip("a SQLite file has no server that goes away")
	}
	d, err := db.Open(t.Context(), dsn, db.Options{Readers: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// The server ends connections again and again, in the middle of writes, commits and
// reads: every write that is acknowledged happened, once, and nobody is told of an error.
func TestWhatAServerCutsOffIsDoneOnceAndAcknowledged(t *testing.T) {
	t.Parallel()
	d := postgresOnly(t)
	ctx := t.Context()
	h, err := d.Handle()
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	// Commits take a while, so that some are cut off.
	for _, text := range []string{
		`CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.008); RETURN NULL; END $$`,
		`CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON epoch DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.name LIKE 'mark %') EXECUTE FUNCTION slow()`,
	} {
		if _, err := h.ExecContext(ctx, text); err != nil {
			t.Fatal(err)
		}
	}
	const writers, each = 4, 20
	var work, beside sync.WaitGroup
	var cut atomic.Int64
	enough, stop := context.WithCancel(ctx)
	beside.Go(func() {
		for enough.Err() == nil {
			n := 0
			h.QueryRowContext(ctx, `SELECT COUNT(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle' ORDER BY random() LIMIT 1) x`).Scan(&n)
			cut.Add(int64(n))
			time.Sleep(40 * time.Millisecond)
		}
	})
	beside.Go(func() {
		for enough.Err() == nil {
			if _, err := db.Value[int](ctx, d, markCount); err != nil {
				t.Errorf("reading: %v", err)
			}
			if err := d.Snapshot(ctx, func(*db.Snapshot) error { return nil }); err != nil {
				t.Errorf("a view: %v", err)
			}
		}
	})
	// A transaction locks what it bumps, so that each writer has a counter of its own.
	for w := range writers {
		work.Go(func() {
			for i := range each {
				name := fmt.Sprintf("mark %d %d", w, i)
				err := d.Write(ctx, func(tx *db.Tx) error {
					tx.Proves(markThere, name)
					if _, err := tx.Exec(ctx, markAdd, name); err != nil {
						return err
					}
					return tx.Bump(ctx, fmt.Sprintf("counter %d", w))
				})
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
	work.Wait()
	stop()
	beside.Wait()
	if cut.Load() < 3 {
		t.Errorf("only %d connections were cut", cut.Load())
	}
	if n, err := db.Value[int](ctx, d, markCount); err != nil || n != writers*each {
		t.Errorf("%d marks, %v; want %d", n, err, writers*each)
	}
	for w := range writers {
		if n, err := db.Value[int](ctx, d, counter, fmt.Sprintf("counter %d", w)); err != nil || n != each {
			t.Errorf("the counter of writer %d is %d, %v; want %d: something was done twice", w, n, err, each)
		}
	}
}

// A server that stops waiting for its standby acknowledges with a warning. That is not
// enough: the write is acknowledged when a later one was, or said to be uncertain.
func TestACommitThatWarnsIsAskedForAgain(t *testing.T) {
	t.Parallel()
	d := postgresOnly(t)
	ctx := t.Context()
	h, err := d.Handle()
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	for _, text := range []string{
		`CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING 'canceling wait'; RETURN NULL; END $$`,
		`CREATE CONSTRAINT TRIGGER warn AFTER INSERT ON epoch DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.name LIKE 'mark %') EXECUTE FUNCTION warn()`,
	} {
		if _, err := h.ExecContext(ctx, text); err != nil {
			t.Fatal(err)
		}
	}
	add := func(name string, proves bool) error {
		return d.Write(ctx, func(tx *db.Tx) error {
			if proves {
				tx.Proves(markThere, name)
			}
			_, err := tx.Exec(ctx, markAdd, name)
			return err
		})
	}
	if err := add("mark proved", true); err != nil {
		t.Errorf("a write that can be proved: %v", err)
	}
	if n, err := db.Value[int](ctx, d, counter, "db.settled"); err != nil || n != 1 {
		t.Errorf("%d later writes were acknowledged, %v; want 1", n, err)
	}
	if err := add("mark unproved", false); !errors.Is(err, db.ErrUncertain) {
		t.Errorf("a write that cannot be proved: %v, want ErrUncertain", err)
	}
}

func TestAServerThatStaysAwayIsSaidToBeAway(t *testing.T) {
	t.Parallel()
	d := postgresOnly(t)
	h, err := d.Handle()
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	name := ""
	if err := h.QueryRowContext(t.Context(), "SELECT current_database()").Scan(&name); err != nil {
		t.Fatal(err)
	}
	h.Close()
	// The door is closed for a while: whoever connects is refused.
	other, err := db.Open(t.Context(), dbtest.DSN(t), db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	admin, err := other.Handle()
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	if _, err := admin.ExecContext(t.Context(), "ALTER DATABASE "+name+" ALLOW_CONNECTIONS false"); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.ExecContext(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := d.Write(short, func(tx *db.Tx) error { return tx.Bump(short, "x") }); !errors.Is(err, db.ErrAway) {
		t.Errorf("writing: %v, want that the server is away", err)
	}
	if _, err := admin.ExecContext(t.Context(), "ALTER DATABASE "+name+" ALLOW_CONNECTIONS true"); err != nil {
		t.Fatal(err)
	}
	if err := d.Write(t.Context(), func(tx *db.Tx) error { return tx.Bump(t.Context(), "x") }); err != nil {
		t.Errorf("writing when it is back: %v", err)
	}
}
