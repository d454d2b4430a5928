package dossier_test

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"cchc/base/db"
	"cchc/base/moment"
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
	days, err := k.DueDays(ctx, q, today.AddDays(6).End())
	ok(t, err)
	sectors, err := k.LateBySector(ctx, q, system, province, today.AddDays(2).End())
	ok(t, err)
	slices.SortFunc(sectors, func(a, b dossier.SectorLate) int { return cmp.Compare(a.Sector, b.Sector) })
	if none, err := k.DueSoonest(ctx, q, province, 0); err != nil || none != nil {
		t.Fatalf("the first none: %v, %v", none, err)
	}
	soonest, err := k.DueSoonest(ctx, q, province, 5)
	ok(t, err)
	var ids []string
	for _, d := range soonest {
		ids = append(ids, d.ID)
	}
	return []any{counts, month, overdue, due, rates, overview, days, sectors, ids}
}

// What is under way, counted from the rows by the engine and not from what is kept of
// them in memory.
const engineOverdue = `((waiting = '' AND (due_at IS NULL OR due_at < $1 AND (by_instant OR due_day < $2))) OR (waiting <> '' AND waiting_late))`

var (
	engineOverview = db.SQL("dossier_test.overview", `
		SELECT
			COUNT(*) FILTER (WHERE accepted_at IS NOT NULL),
			COUNT(*) FILTER (WHERE accepted_at IS NULL),
			COUNT(*) FILTER (WHERE accepted_at IS NOT NULL AND `+engineOverdue+`),
			COUNT(*) FILTER (WHERE accepted_at IS NOT NULL AND apology_at IS NULL AND `+engineOverdue+`),
			COUNT(*) FILTER (WHERE accepted_at IS NOT NULL AND waiting = '' AND due_at <= $3 AND (due_day >= $2 AND NOT by_instant OR due_at >= $1)),
			COUNT(*) FILTER (WHERE accepted_at IS NOT NULL AND waiting <> ''),
			COUNT(*) FILTER (WHERE accepted_at IS NOT NULL AND waiting = '' AND supplements <= 1 AND due_at <= $4 AND (due_at >= $1 OR (NOT by_instant AND due_day >= $2))),
			COUNT(*) FILTER (WHERE accepted_at IS NOT NULL AND waiting = '' AND due_at <= $4 AND (due_at >= $1 OR (NOT by_instant AND due_day >= $2)))
		FROM dossier
		WHERE ended_at IS NULL AND not_accepted_at IS NULL`)
	engineSoonest = db.SQL("dossier_test.soonest", `
		SELECT id
		FROM dossier
		WHERE accepted_at IS NOT NULL AND ended_at IS NULL AND waiting = '' AND (due_at >= $1 OR NOT by_instant AND due_day >= $2)
		ORDER BY due_at, id
		LIMIT 5`)
)

// byTheEngine returns what figuresOf has at the same places, or the sums of it.
func byTheEngine(t *testing.T, q db.Queryer, now moment.Instant) (o dossier.Overview, due, days int64, soonest []string) {
	t.Helper()
	today := now.Date()
	o, err := db.One(ctx, q, engineOverview, func(r db.Scanner) (o dossier.Overview, err error) {
		return o, r.Scan(&o.Open, &o.New, &o.Overdue, &o.NoApology, &o.Soon, &o.Waiting, &due, &days)
	}, now, today, today.AddDays(2).End(), today.AddDays(6).End())
	ok(t, err)
	soonest, err = db.Column[string](ctx, q, engineSoonest, now, today)
	ok(t, err)
	return o, due, days, soonest
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
			other := fresh() // of another server, which writes nothing
			step := 0
			same := func() {
				t.Helper()
				if step++; step%3 != 0 {
					return
				}
				got, want, elsewhere := figuresOf(t, o.Desk, o.DB, o.Province), figuresOf(t, fresh(), o.DB, o.Province), figuresOf(t, other, o.DB, o.Province)
				for i := range got {
					if !reflect.DeepEqual(got[i], want[i]) {
						t.Fatalf("step %d, figure %d: kept %+v\nfresh %+v", step, i, got[i], want[i])
					}
					if !reflect.DeepEqual(elsewhere[i], want[i]) {
						t.Fatalf("step %d, figure %d: another server keeps %+v\nfresh %+v", step, i, elsewhere[i], want[i])
					}
				}
				o2, due, days, soonest := byTheEngine(t, o.DB, o.DB.Now())
				overview := got[5].(dossier.Overview)
				overview.Uncollected = 0
				for _, g := range got[3].([]dossier.Due) {
					due -= g.Count
				}
				for _, list := range got[6].(map[unit.ID][]dossier.DueDay) {
					for _, d := range list {
						days -= d.Count
					}
				}
				var sectors dossier.SectorLate
				for _, x := range got[7].([]dossier.SectorLate) {
					sectors.Overdue, sectors.NoApology, sectors.Soon = sectors.Overdue+x.Overdue, sectors.NoApology+x.NoApology, sectors.Soon+x.Soon
				}
				if overview != o2 || due != 0 || days != 0 || !slices.Equal(got[8].([]string), soonest) || sectors != (dossier.SectorLate{Overdue: o2.Overdue, NoApology: o2.NoApology, Soon: o2.Soon}) {
					t.Fatalf("step %d: the engine counts %+v, %+v are kept, by sector %+v; %d and %d more due; first due %v, kept %v", step, o2, overview, sectors, due, days, soonest, got[8])
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

// A transfer that was a mistake is taken back for one dossier: where it was is told by
// nothing that its row still says.
func TestATransferTakenBackIsCountedWhereItWasBefore(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	d := o.Receive(t, dossiertest.Birth)
	until := o.DB.Now().Date().AddDays(2).End()
	open := func(u unit.ID) int64 {
		t.Helper()
		v, err := o.Desk.Overview(ctx, o.DB, system, u, until)
		ok(t, err)
		return v.Open
	}
	if open(o.Commune) != 1 || open(o.Mountain) != 0 {
		t.Fatalf("%d open here and %d there, want 1 and 0", open(o.Commune), open(o.Mountain))
	}
	_, err := o.Desk.Transfer(ctx, o.Commune, o.DB.Now().Date(), "NQ", func(dossier.Dossier) unit.ID { return o.Mountain })
	ok(t, err)
	if open(o.Commune) != 0 || open(o.Mountain) != 1 {
		t.Fatalf("after the transfer %d open here and %d there, want 0 and 1", open(o.Commune), open(o.Mountain))
	}
	w, err := o.Desk.ByCode(ctx, o.DB, system, d.Code)
	ok(t, err)
	ok(t, o.Desk.Correct(ctx, o.OtherOfficer, d.Code, len(w.Facts), "nhầm đơn vị"))
	if open(o.Commune) != 1 || open(o.Mountain) != 0 {
		t.Errorf("after it was taken back %d open here and %d there, want 1 and 0", open(o.Commune), open(o.Mountain))
	}
}
