package db_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cchc/base/db"
	"cchc/base/db/dbtest"
)

// What every engine must do: the whole suite runs on SQLite, and with
// TEST_POSTGRES set on PostgreSQL.

var (
	makeShelf = db.SQL("test.make_shelf", `CREATE TABLE IF NOT EXISTS shelf (id TEXT NOT NULL PRIMARY KEY)`)
	makeBook  = db.SQL("test.make_book", `
		CREATE TABLE IF NOT EXISTS book (
			id TEXT NOT NULL PRIMARY KEY,
			shelf_id TEXT REFERENCES shelf (id),
			title TEXT UNIQUE,
			pages INTEGER NOT NULL CHECK (pages >= 0)
		)`)
	addShelf   = db.SQL("test.add_shelf", `INSERT INTO shelf (id) VALUES ($1)`)
	dropShelf  = db.SQL("test.drop_shelf", `DELETE FROM shelf WHERE id = $1`)
	addBook    = db.SQL("test.add_book", `INSERT INTO book (id, shelf_id, title, pages) VALUES ($1, $2, $3, $4)`)
	setPages   = db.SQL("test.set_pages", `UPDATE book SET pages = $1 WHERE id = $2`)
	pagesOf    = db.SQL("test.pages", `SELECT pages FROM book WHERE id = $1`)
	countBooks = db.SQL("test.count_books", `SELECT COUNT(*) FROM book`)
	bookIDs    = db.SQL("test.book_ids", `SELECT id FROM book ORDER BY id`)
)

// library opens a database with a shelf, and a book "b" of no pages on it.
func library(t *testing.T) *db.DB {
	t.Helper()
	d, _ := dbtest.Open(t)
	ctx := context.Background()
	if err := d.Write(ctx, func(tx *db.Tx) error {
		for _, s := range []*db.Stmt{makeShelf, makeBook} {
			if _, err := tx.Exec(ctx, s); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, addShelf, "s"); err != nil {
			return err
		}
		return add(ctx, tx, "b")
	}); err != nil {
		t.Fatal(err)
	}
	return d
}

func add(ctx context.Context, tx *db.Tx, id string) error {
	_, err := tx.Exec(ctx, addBook, id, "s", "title of "+id, 0)
	return err
}

func books(t *testing.T, d *db.DB) string {
	t.Helper()
	ids, err := db.Column[string](context.Background(), d, bookIDs)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(ids, " ")
}

func TestEveryStatementRunsOnThisEngine(t *testing.T) {
	t.Parallel()
	dbtest.CheckRegistry(t, library(t))
}

func TestNoUpdateIsLost(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d := library(t)
	const writers, each = 8, 100
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range each {
				if err := d.Write(ctx, func(tx *db.Tx) error {
					n, err := db.Value[int](ctx, tx, pagesOf, "b")
					if err != nil {
						return err
					}
					_, err = tx.Exec(ctx, setPages, n+1, "b")
					return err
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n, err := db.Value[int](ctx, d, pagesOf, "b"); err != nil || n != writers*each {
		t.Errorf("%d writers added one %d times each: %d, %v", writers, each, n, err)
	}
}

func TestAWriteThatFindsAnotherInItsWayRunsAgain(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d := library(t)
	other := make(chan error, 1)
	runs, after := 0, 0
	err := d.Write(ctx, func(tx *db.Tx) error {
		runs++
		tx.AfterCommit(func() { after++ })
		n, err := db.Value[int](ctx, tx, pagesOf, "b")
		if err != nil {
			return err
		}
		if runs == 1 {
			go func() {
				other <- d.Write(ctx, func(tx *db.Tx) error {
					n, err := db.Value[int](ctx, tx, pagesOf, "b")
					if err != nil {
						return err
					}
					_, err = tx.Exec(ctx, setPages, n+10, "b")
					return err
				})
			}()
			if d.Engine() == db.Postgres { // on SQLite the other one waits for us
				if err := <-other; err != nil {
					t.Error(err)
				}
				other <- nil
			}
		}
		if _, err := tx.Exec(ctx, setPages, n+1, "b"); err != nil {
			return errors.New("made something else of the refusal")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-other; err != nil {
		t.Fatal(err)
	}
	if n, err := db.Value[int](ctx, d, pagesOf, "b"); err != nil || n != 11 {
		t.Errorf("after +1 and +10 there are %d pages, %v", n, err)
	}
	if want := map[db.Engine]int{db.SQLite: 1, db.Postgres: 2}[d.Engine()]; runs != want || after != 1 {
		t.Errorf("the write ran %d times and its AfterCommit %d times, want %d and once", runs, after, want)
	}
}

func TestRetryingEndsWithTheDeadline(t *testing.T) {
	t.Parallel()
	d := library(t)
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	start := time.Now()
	err := d.Write(ctx, func(*db.Tx) error { return fmt.Errorf("always: %w", db.ErrRetry) })
	if !errors.Is(err, db.ErrRetry) {
		t.Errorf("Write gave %v, want ErrRetry", err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("a write with 300 ms took %v", took)
	}
}

func TestAfterCommitRunsInOrderAndOnlyWhenItHappened(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d := library(t)
	var got []string
	note := func(tx *db.Tx, s string) {
		tx.AfterCommit(func() { got = append(got, s+" sees "+books(t, d)) })
	}
	if err := d.Write(ctx, func(tx *db.Tx) error {
		note(tx, "first")
		note(tx, "second")
		return add(ctx, tx, "new")
	}); err != nil {
		t.Fatal(err)
	}
	undone := errors.New("undone")
	if err := d.Write(ctx, func(tx *db.Tx) error { note(tx, "never"); return undone }); err != undone {
		t.Errorf("Write gave %v, want fn's own error", err)
	}
	if want := []string{"first sees b new", "second sees b new"}; !slices.Equal(got, want) {
		t.Errorf("AfterCommit: %q, want %q", got, want)
	}
}

func TestEveryRowOfAWriteHasOneInstant(t *testing.T) {
	t.Parallel()
	d, clock := dbtest.Open(t)
	if err := d.Write(context.Background(), func(tx *db.Tx) error {
		before := tx.Now
		clock.Advance(time.Hour)
		if tx.Now != before || d.Now() == before {
			t.Errorf("tx.Now moved from %s to %s while the clock went to %s", before, tx.Now, d.Now())
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// together runs writes so that SQLite puts all of them into one group: the first
// holds the writer until the others wait.
func together(t *testing.T, d *db.DB, first func(tx *db.Tx) error, others ...func() error) (errs []error) {
	t.Helper()
	errs = make([]error, 1+len(others))
	began, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	var wg sync.WaitGroup
	wg.Go(func() {
		errs[0] = d.Write(context.Background(), func(tx *db.Tx) error {
			once.Do(func() { close(began) })
			<-release
			return first(tx)
		})
	})
	<-began
	for i, f := range others {
		wg.Go(func() { errs[i+1] = f() })
		for deadline := time.Now().Add(10 * time.Second); d.Engine() == db.SQLite && d.Waiting() <= i; {
			if time.Now().After(deadline) {
				t.Fatal("a write did not queue")
			}
			runtime.Gosched()
		}
	}
	close(release)
	wg.Wait()
	return errs
}

func TestConcurrentWritesShareACommit(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d := library(t)
	if d.Engine() != db.SQLite {
		return // PostgreSQL groups commits by itself
	}
	var others []func() error
	for i := range 9 {
		others = append(others, func() error {
			return d.Write(ctx, func(tx *db.Tx) error {
				// Earlier writes of the group are there, and not yet for readers.
				mine, err := db.Value[int](ctx, tx, countBooks)
				if err != nil {
					return err
				}
				seen, err := db.Value[int](ctx, d, countBooks)
				if err != nil {
					return err
				}
				if mine < 2 || seen != 1 {
					t.Errorf("in the group there are %d books, outside %d; want 2 or more, and 1", mine, seen)
				}
				return add(ctx, tx, fmt.Sprint("o", i))
			})
		})
	}
	for _, err := range together(t, d, func(tx *db.Tx) error { return add(ctx, tx, "first") }, others...) {
		if err != nil {
			t.Error(err)
		}
	}
	if n, err := db.Value[int](ctx, d, countBooks); err != nil || n != 11 {
		t.Errorf("%d books, %v, want 11", n, err)
	}
}

func TestAWriteThatPanicsHurtsNoOther(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d := library(t)
	var caught any
	errs := together(t, d,
		func(tx *db.Tx) error { return add(ctx, tx, "before") },
		func() (err error) {
			defer func() { caught = recover() }()
			return d.Write(ctx, func(tx *db.Tx) error {
				tx.AfterCommit(func() { t.Error("AfterCommit ran after a panic") })
				if err := add(ctx, tx, "lost"); err != nil {
					return err
				}
				panic("a bug")
			})
		},
		func() error { return d.Write(ctx, func(tx *db.Tx) error { return add(ctx, tx, "same") }) })
	for _, err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	if p, ok := caught.(*db.Panic); !ok || p.Value != "a bug" || !strings.Contains(string(p.Stack), "conformance_test.go") {
		t.Errorf("the caller got %v, want the panic and where it was", caught)
	}
	if err := d.Write(ctx, func(tx *db.Tx) error { return add(ctx, tx, "later") }); err != nil {
		t.Error(err)
	}
	if got := books(t, d); got != "b before later same" {
		t.Errorf("books are %q", got)
	}
}

func TestAWriteThatEndsItsGoroutineIsNotTakenForDone(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d := library(t)
	done := make(chan error, 1)
	go func() {
		err := errors.New("ended")
		defer func() { done <- err }()
		err = d.Write(ctx, func(tx *db.Tx) error {
			if err := add(ctx, tx, "lost"); err != nil {
				return err
			}
			runtime.Goexit() // as t.Fatal does
			return nil
		})
	}()
	if err := <-done; err == nil {
		t.Error("the write was acknowledged")
	}
	if err := d.Write(ctx, func(tx *db.Tx) error { return add(ctx, tx, "later") }); err != nil {
		t.Error(err)
	}
	if got := books(t, d); got != "b later" {
		t.Errorf("books are %q", got)
	}
}

var viewsFirst = db.SQL("test.views.first", `SELECT COUNT(*) FROM book WHERE title <> 'asked by views alone'`)

// Views that hold every connection of the pool, each with a statement that was
// never compiled before, do not wait for one another.
func TestViewsThatHoldAllConnectionsGoOn(t *testing.T) {
	t.Parallel()
	d := library(t)
	const views = 4 // as many as dbtest opens readers
	var open, done sync.WaitGroup
	open.Add(views)
	for range views {
		done.Go(func() {
			err := d.Snapshot(context.Background(), func(q *db.Snapshot) error {
				if _, err := db.Value[int](context.Background(), q, countBooks); err != nil {
					open.Done()
					return err
				}
				open.Done()
				open.Wait() // now all are held
				_, err := db.Value[int](context.Background(), q, viewsFirst)
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
}
