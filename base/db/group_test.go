package db_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"cchc/base/db"
	"cchc/base/db/dbtest"
)

var addBookTelling = db.SQL("test.add_book_telling", `
	INSERT INTO book (id, shelf_id, title, pages) VALUES ($1, $2, $3, $4)
	RETURNING id`)

func TestAFailedWriteOfAGroupLeavesNothingAndTheOthersAll(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	undone := errors.New("undone")
	for name, spoil := range map[string]func(tx *db.Tx) error{
		"after a plain insert": func(tx *db.Tx) error { return errors.Join(add(ctx, tx, "lost"), undone) },
		"after an insert that returns its row": func(tx *db.Tx) error {
			_, err := db.Value[string](ctx, tx, addBookTelling, "lost", "s", "x", 1)
			return errors.Join(err, undone)
		},
		"after nothing":  func(*db.Tx) error { return undone },
		"with a refusal": func(tx *db.Tx) error { return errors.Join(add(ctx, tx, "b"), undone) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := library(t)
			told := 0
			write := func(id string) func() error {
				return func() error {
					return d.Write(ctx, func(tx *db.Tx) error {
						tx.AfterCommit(func() { told++ })
						return add(ctx, tx, id)
					})
				}
			}
			errs := together(t, d, func(tx *db.Tx) error { return add(ctx, tx, "first") },
				func() error { return d.Write(ctx, spoil) }, write("other"))
			if errs[0] != nil || !errors.Is(errs[1], undone) || errs[2] != nil {
				t.Errorf("the writes gave %v", errs)
			}
			if got := books(t, d); got != "b first other" {
				t.Errorf("books are %q", got)
			}
			if told != 1 {
				t.Errorf("a write that ran again told of its commit %d times", told)
			}
			if err := d.Write(ctx, spoil); !errors.Is(err, undone) {
				t.Errorf("alone it gave %v", err)
			}
			if got := books(t, d); got != "b first other" {
				t.Errorf("after it alone books are %q", got)
			}
		})
	}
}

func TestWhatAGroupChangedIsNotKeptBeforeItsCommit(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d := library(t)
	c, _ := counted()
	undone := errors.New("undone")
	errs := together(t, d,
		func(tx *db.Tx) error { return errors.Join(add(ctx, tx, "first"), tx.Bump(ctx, "books")) },
		func() error { return d.Write(ctx, func(tx *db.Tx) error { _, err := c.Get(ctx, tx); return err }) },
		func() error {
			return d.Write(ctx, func(tx *db.Tx) error { return errors.Join(add(ctx, tx, "x"), undone) })
		})
	if errs[0] != nil || errs[1] != nil || !errors.Is(errs[2], undone) {
		t.Fatalf("the writes gave %v", errs)
	}
	if n, err := c.Get(ctx, d); err != nil || n != 2 {
		t.Errorf("Get gave %d, %v, want 2", n, err)
	}
}

func TestRecentlyKnowsOnesOwnCommitsAtOnceAndOthersSoon(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dsn := dbtest.DSN(t)
	open := func() *db.DB {
		d, err := db.Open(ctx, dsn, db.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		return d
	}
	here, there := open(), open()
	bump := func(name string) {
		t.Helper()
		if err := here.Write(ctx, func(tx *db.Tx) error { return tx.Bump(ctx, name) }); err != nil {
			t.Fatal(err)
		}
	}
	recently := func(d *db.DB) int64 {
		t.Helper()
		n, err := d.Recently(ctx, "one", "two")
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	recently(there)
	for want := range int64(6) {
		if n := recently(here); n != want {
			t.Errorf("after %d bumps of its own it is %d", want, n)
		}
		bump([]string{"one", "two"}[want%2])
	}
	for deadline := time.Now().Add(30 * time.Second); recently(there) != 6; time.Sleep(db.Lag / 10) {
		if time.Now().After(deadline) {
			t.Fatal("the bumps of another process are not known")
		}
	}
}
