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

// counted returns a cache of the number of books that counts how often it loads.
func counted() (*db.Cache[int], *atomic.Int32) {
	var loads atomic.Int32
	return &db.Cache[int]{Name: "books", Load: func(ctx context.Context, q db.Queryer) (int, error) {
		loads.Add(1)
		return db.Value[int](ctx, q, countBooks)
	}}, &loads
}

func TestACacheLoadsAgainOnlyAfterABump(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d := library(t)
	c, loads := counted()
	get := func(q db.Queryer, want int) {
		t.Helper()
		if n, err := c.Get(ctx, q); err != nil || n != want {
			t.Errorf("Get gave %d, %v, want %d", n, err, want)
		}
	}
	loaded := func(want int32) {
		t.Helper()
		if n := loads.Load(); n != want {
			t.Errorf("loaded %d times, want %d", n, want)
		}
	}
	get(d, 1)
	get(d, 1)
	loaded(1)

	undone := errors.New("undone")
	if err := d.Write(ctx, func(tx *db.Tx) error {
		get(tx, 1) // kept from before: the write has changed nothing yet
		loaded(1)
		if err := errors.Join(add(ctx, tx, "new"), tx.Bump(ctx, "books")); err != nil {
			return err
		}
		get(tx, 2) // sees its own change
		return undone
	}); err != undone {
		t.Fatal(err)
	}
	loaded(2)
	get(d, 1) // which never happened
	loaded(2)

	if err := d.Write(ctx, func(tx *db.Tx) error {
		if err := errors.Join(add(ctx, tx, "new"), tx.Bump(ctx, "books")); err != nil {
			return err
		}
		get(d, 1) // others see nothing before the commit
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	loaded(2)
	get(d, 2)
	get(d, 2)
	loaded(3)
	if err := d.Snapshot(ctx, func(s *db.Snapshot) error { get(s, 2); return nil }); err != nil {
		t.Fatal(err)
	}
	loaded(3)
	if err := d.Write(ctx, func(tx *db.Tx) error { return tx.Bump(ctx, "another cache") }); err != nil {
		t.Fatal(err)
	}
	get(d, 2)
	loaded(3)
}

func TestAWriteThatHasChangedNothingMayFillTheCache(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d := library(t)
	c, loads := counted()
	for range 3 {
		if err := d.Write(ctx, func(tx *db.Tx) error {
			n, err := c.Get(ctx, tx)
			if n != 1 {
				t.Errorf("Get gave %d, want 1", n)
			}
			return errors.Join(err, add(ctx, tx, "lost"), errors.New("undone"))
		}); err == nil {
			t.Fatal("the write was not undone")
		}
	}
	if n := loads.Load(); n != 1 {
		t.Errorf("three writes loaded %d times, want once", n)
	}
}

func TestABumpReachesOtherProcesses(t *testing.T) {
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
	here, there := open(), open() // two handles share nothing, as two processes
	if err := here.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, makeShelf)
		_, err2 := tx.Exec(ctx, makeBook)
		return errors.Join(err, err2)
	}); err != nil {
		t.Fatal(err)
	}
	c, _ := counted()
	if n, err := c.Get(ctx, there); err != nil || n != 0 {
		t.Fatalf("Get gave %d, %v", n, err)
	}
	if err := here.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, addBook, "x", nil, nil, 1)
		return errors.Join(err, tx.Bump(ctx, "books"))
	}); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Get(ctx, there); err != nil || n != 1 {
		t.Errorf("after a bump in another process Get gave %d, %v", n, err)
	}
}

func TestACacheKeepsNothingThatFailedToLoad(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d := library(t)
	broken := errors.New("broken")
	fail := true
	c := &db.Cache[string]{Name: "x", Load: func(context.Context, db.Queryer) (string, error) {
		if fail {
			return "half", broken
		}
		return "whole", nil
	}}
	if _, err := c.Get(ctx, d); !errors.Is(err, broken) {
		t.Errorf("Get gave %v", err)
	}
	fail = false
	if v, err := c.Get(ctx, d); err != nil || v != "whole" {
		t.Errorf("Get gave %q, %v", v, err)
	}
}

func TestWritersAndReadersOfACacheDoNotWaitForEachOtherForEver(t *testing.T) {
	t.Parallel()
	d := library(t) // of few connections
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	c := &db.Cache[int]{Name: "books", Load: func(ctx context.Context, q db.Queryer) (int, error) {
		time.Sleep(time.Millisecond) // long enough for all connections to be taken
		return db.Value[int](ctx, q, countBooks)
	}}
	var wg sync.WaitGroup
	for range 24 {
		wg.Go(func() {
			for range 5 {
				if _, err := c.Get(ctx, d); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			for range 5 {
				if err := d.Write(ctx, func(tx *db.Tx) error {
					if _, err := c.Get(ctx, tx); err != nil {
						return err
					}
					return tx.Bump(ctx, "books")
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
