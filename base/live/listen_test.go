package live_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/live"
)

func TestAWriteTellsOnceItIsCommittedAndNeverWhenItIsNot(t *testing.T) {
	t.Parallel()
	d, _ := dbtest.Open(t)
	h := &live.Hub{}
	s := h.Subscribe("a")
	defer s.Close()
	undone := errors.New("undone")
	for _, fails := range []error{undone, nil} {
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			h.Tell(tx, "a", map[bool]string{true: "undone", false: "done"}[fails != nil])
			(*live.Hub)(nil).Tell(tx, "a", "nobody")
			return fails
		})
		if !errors.Is(err, fails) {
			t.Fatal(err)
		}
	}
	if n := next(t, s); n.Text != "done" {
		t.Errorf("heard %q, want what was done", n.Text)
	}
}

// Another process hears everything that one write tells, however much it is, and each
// thing once; one that tells does not hear itself.
func TestAnotherProcessHearsAllThatAWriteTells(t *testing.T) {
	t.Parallel()
	dsn := dbtest.DSN(t)
	if !db.IsPostgres(dsn) {
		t.Skip("several processes share a PostgreSQL; a SQLite file has one")
	}
	d, err := db.Open(t.Context(), dsn, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	other, err := db.Open(t.Context(), dsn, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	ctx, cancel := context.WithCancel(t.Context())
	heard, own := make(chan string, 1000), make(chan string, 1000)
	ended := make(chan error, 2)
	begun := make(chan struct{}, 2)
	go func() {
		ended <- other.Listen(ctx, func(l string) { heard <- l }, func() { begun <- struct{}{} })
	}()
	go func() {
		ended <- d.Listen(ctx, func(l string) { own <- l }, func() { begun <- struct{}{} })
	}()
	<-begun
	<-begun
	long := strings.Repeat("đ", 100)
	want := 200 // some 50 kB: several notifications
	err = d.Write(ctx, func(tx *db.Tx) error {
		for range 2 {
			for i := range want {
				tx.Notify(long + string(rune('a'+i)))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for range want {
		seen[<-heard]++
	}
	if len(seen) != want {
		t.Errorf("heard %d different lines, want %d", len(seen), want)
	}
	if err := other.Write(ctx, func(tx *db.Tx) error { tx.Notify("last"); return nil }); err != nil {
		t.Fatal(err)
	}
	if got := <-own; got != "last" {
		t.Errorf("a process heard %q first, want what the other one told", got)
	}
	if len(heard) != 0 {
		t.Errorf("heard more: %q", <-heard)
	}
	cancel()
	for range 2 {
		if err := <-ended; err != nil {
			t.Errorf("Listen ended with %v", err)
		}
	}
}
