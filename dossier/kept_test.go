package dossier_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"cchc/base/db"
	"cchc/dossier"
	"cchc/dossier/dossiertest"
	"cchc/unit"
)

// figuresOf reads everything that is kept in memory.
func figuresOf(t *testing.T, k *dossier.Desk, q db.Queryer, province unit.ID) []any {
	t.Helper()
	today := k.DB.Now().Date()
	counts, err := k.CountsNow(ctx, q, today.FirstOfYear(), today)
	ok(t, err)
	month, err := k.CountsNow(ctx, q, today.FirstOfMonth(), today)
	ok(t, err)
	overdue, err := k.OverdueNow(ctx, q)
	ok(t, err)
	due, err := k.DueBy(ctx, q, today.FirstOfMonth(), today, today.AddDays(6).End())
	ok(t, err)
	rates, err := k.Rates(ctx, q, system, province, today.FirstOfYear(), today)
	ok(t, err)
	overview, err := k.Overview(ctx, q, system, province, today.AddDays(2).End())
	ok(t, err)
	return []any{counts, month, overdue, due, rates, overview}
}

// A desk that keeps figures from one question to the next must say what one says
// that has just been opened, whatever happened between, how late it was entered,
// and which due dates went by.
func TestKeptFiguresAreThoseOfTheDossiers(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			o := dossiertest.Desk(t)
			fresh := func() *dossier.Desk {
				return &dossier.Desk{DB: o.DB, Guard: o.Desk.Guard, Units: o.Desk.Units, Calendars: o.Desk.Calendars, Procedures: o.Desk.Procedures}
			}
			step := 0
			same := func() {
				t.Helper()
				if step++; step%3 != 0 {
					return
				}
				got, want := figuresOf(t, o.Desk, o.DB, o.Province), figuresOf(t, fresh(), o.DB, o.Province)
				for i := range got {
					if !reflect.DeepEqual(got[i], want[i]) {
						t.Fatalf("step %d, figure %d: kept %+v\nfresh %+v", step, i, got[i], want[i])
					}
				}
			}
			history(t, o, 40+seed, 300, same)
			// A merger moves many at once, and the clock goes on with nobody writing.
			_, err := o.Desk.Transfer(ctx, o.Mountain, o.DB.Now().Date(), "NQ", func(dossier.Dossier) unit.ID { return o.Commune })
			ok(t, err)
			for range 30 {
				step = 2
				same()
				o.Clock.Advance(11 * time.Hour)
			}
		})
	}
}

// Whoever looks with an older view gets figures that are newer, or his own, and
// leaves nothing behind that is old.
func TestAnOlderViewSpoilsNothing(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	today := o.DB.Now().Date()
	received := func(q db.Queryer) int64 {
		t.Helper()
		c, err := o.Desk.CountsNow(ctx, q, today.FirstOfMonth(), today)
		ok(t, err)
		if c[o.Commune] == nil {
			return 0
		}
		return c[o.Commune].Received
	}
	o.Receive(t, dossiertest.Birth)
	err := o.DB.Snapshot(ctx, func(old *db.Snapshot) error {
		if n := received(old); n != 1 {
			t.Errorf("%d received, want 1", n)
		}
		o.Receive(t, dossiertest.Birth)
		if n := received(o.DB); n != 2 {
			t.Errorf("%d received after the second, want 2", n)
		}
		received(old)
		if _, err := o.Desk.OverdueNow(ctx, old); err != nil { // nothing kept of it yet
			return err
		}
		if _, err := o.Desk.CountsNow(ctx, old, today.FirstOfYear(), today); err != nil {
			return err
		}
		return nil
	})
	ok(t, err)
	if n := received(o.DB); n != 2 {
		t.Errorf("%d received after an older view, want 2", n)
	}
	year, err := o.Desk.CountsNow(ctx, o.DB, today.FirstOfYear(), today)
	ok(t, err)
	if n := year[o.Commune].Received; n != 2 {
		t.Errorf("%d received in the year after an older view, want 2", n)
	}
}

// A write sees its own changes and keeps nothing of them.
func TestAWriteKeepsNoFigures(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	today := o.DB.Now().Date()
	o.Receive(t, dossiertest.Birth)
	before := figuresOf(t, o.Desk, o.DB, o.Province)
	ok(t, o.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := o.Desk.CountsNow(ctx, tx, today.FirstOfMonth(), today)
		return err
	}))
	if after := figuresOf(t, o.Desk, o.DB, o.Province); !reflect.DeepEqual(before, after) {
		t.Errorf("%+v became %+v", before, after)
	}
}
