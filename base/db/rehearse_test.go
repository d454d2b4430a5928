package db_test

import (
	"context"
	"slices"
	"testing"

	"cchc/base/db"
)

func TestARehearsedWriteSucceedsAndLeavesNothing(t *testing.T) {
	t.Parallel()
	d := library(t)
	back := context.Background()
	rehearsal, r := db.Rehearse(back)
	errs := together(t, d,
		func(tx *db.Tx) error { return add(back, tx, "first") },
		func() error {
			return d.Write(rehearsal, func(tx *db.Tx) error {
				tx.AfterCommit(func() { t.Error("AfterCommit ran") })
				if err := add(rehearsal, tx, "rehearsed"); err != nil {
					return err
				}
				return add(rehearsal, tx, "rehearsed too")
			})
		},
		func() error { return d.Write(back, func(tx *db.Tx) error { return add(back, tx, "other") }) })
	for i, err := range errs {
		if err != nil {
			t.Errorf("write %d: %v", i, err)
		}
	}
	if got := books(t, d); got != "first other" && got != "b first other" {
		t.Errorf("books are %q", got)
	}
	if got := r.Statements(); len(got) != 1 || got[0] == "" {
		t.Errorf("would have changed by %q", got)
	}
	// What fails in a rehearsal fails as it would.
	if err := d.Write(rehearsal, func(tx *db.Tx) error {
		if err := add(rehearsal, tx, "first"); err == nil {
			return add(rehearsal, tx, "first")
		}
		return nil // swallowed, and refused all the same
	}); err == nil {
		t.Error("the same book twice is taken")
	}
	// What only reads changes nothing.
	nothing, r := db.Rehearse(back)
	if err := d.Write(nothing, func(*db.Tx) error { return nil }); err != nil || slices.Contains(r.Statements(), "") {
		t.Errorf("an empty write: %v, %q", err, r.Statements())
	}
}
