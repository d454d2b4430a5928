package dossier_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"cchc/base/db"
	"cchc/base/moment"
	"cchc/calendar"
	"cchc/dossier"
	"cchc/dossier/dossiertest"
	"cchc/unit"
)

// Figures that are kept from one question to the next, brought up to date now and
// then, are those of the dossiers one by one: whatever is entered late, taken back
// or moved, and while the months go by and close.
func TestKeptPeriodsAreThoseOfTheDossiers(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			o := dossiertest.Desk(t)
			// Never, now and then, with every question.
			o.Desk.BringUpAfter([]time.Duration{10000 * time.Hour, 100 * time.Hour, time.Millisecond}[seed])
			units := []unit.ID{o.Province, o.Commune, o.Mountain}
			same := func() {
				t.Helper()
				now := o.DB.Now()
				for _, p := range [][2]moment.Date{
					{date("2026-08-01"), date("2026-08-31")}, {date("2026-09-01"), date("2026-09-30")},
					{date("2026-07-01"), date("2026-09-30")}, {date("2026-01-01"), date("2026-12-31")},
				} {
					for _, x := range []dossier.Question{{Detail: true}, {Known: date("2026-09-04").End()}, {Procedure: dossiertest.Land}} {
						x.From, x.To = p[0], p[1]
						for _, by := range []dossier.By{dossier.ByNothing, dossier.BySector, dossier.ByProcedure, dossier.ByUnit} {
							got, err := o.Desk.Statistics(ctx, o.DB, system, x, by)
							ok(t, err)
							want, err := o.Desk.OneByOne(ctx, o.DB, x, by, units)
							ok(t, err)
							if !reflect.DeepEqual(got, want) {
								t.Fatalf("%s: %+v by %q:\nkept       %+v\none by one %+v", now, x, by, got, want)
							}
						}
					}
				}
			}
			step := 0
			history(t, o, 170+seed, 300, func() {
				step++
				switch step {
				case 150:
					_, err := o.Desk.Transfer(ctx, o.Mountain, o.DB.Now().Date(), "NQ", func(dossier.Dossier) unit.ID { return o.Commune })
					ok(t, err)
				case 200:
					rows := "id,channel,received,due,finished\nOLD,direct,2026-08-04,2026-08-10,2026-08-07\n"
					_, err := o.Desk.Import(ctx, system, strings.NewReader(rows), dossier.Import{System: "other", Unit: o.Commune})
					ok(t, err)
				}
				if step%40 == 0 {
					o.Clock.Advance(2 * time.Minute)
					same()
				}
			})
			for range 12 { // nobody writes; due dates and the month's end go by
				o.Clock.Advance(37 * time.Hour)
				same()
			}
			if n, _ := o.Desk.KeptCells(date("2026-08-01"), date("2026-08-31")); n == 0 {
				t.Error("nothing was kept: the test says nothing")
			}
		})
	}
}

// What is stored is found by a desk that has just been opened, and is what it
// would count.
func TestStoredPeriodsAreFoundAgain(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	for i := range 8 { // a province wide enough for its figures to be kept
		_, err := o.Registry.Create(ctx, system, unit.New{Code: fmt.Sprintf("H99.3%02d", i), Name: fmt.Sprintf("Xã %d", i), Level: "commune", Parent: o.Province},
			unit.Act{Day: date("2025-07-01"), Basis: "NQ"})
		ok(t, err)
	}
	history(t, o, 9, 300)
	o.Clock.Advance(40 * 24 * time.Hour)
	ok(t, o.Desk.KeepPeriods(ctx))
	x := dossier.Question{Unit: o.Province, From: date("2026-08-01"), To: date("2026-08-31"), Detail: true}
	fresh := func() *dossier.Desk {
		return &dossier.Desk{DB: o.DB, Guard: o.Desk.Guard, Units: o.Desk.Units, Calendars: o.Desk.Calendars, Procedures: o.Desk.Procedures}
	}
	ask := func(k *dossier.Desk) []dossier.Line {
		t.Helper()
		lines, err := k.Statistics(ctx, o.DB, system, x, dossier.ByUnit)
		ok(t, err)
		return lines
	}
	same := func() {
		t.Helper()
		want, err := o.Desk.OneByOne(ctx, o.DB, x, dossier.ByUnit, []unit.ID{o.Province, o.Commune, o.Mountain})
		ok(t, err)
		if got := ask(fresh()); !reflect.DeepEqual(got, want) || want[0].Received == 0 {
			t.Errorf("found again\n%+v\none by one\n%+v", got, want)
		}
	}
	same()
	// Entered late, after they were stored.
	app := o.Application(dossiertest.Certify)
	app.At = at("2026-08-20T09:00")
	d, err := o.Desk.Receive(ctx, o.Officer, app)
	ok(t, err)
	same()
	o.Clock.Advance(time.Hour)
	ok(t, o.Desk.KeepPeriods(ctx))
	ok(t, o.Desk.Finish(ctx, o.Specialist, d.Code, dossier.Result{At: at("2026-08-20T10:00")}))
	same()
	// A dossier that says it was entered long ago was not there when they were stored.
	ok(t, o.Desk.Load(ctx, system, "test", []*dossier.History{backdated(o)}))
	same()
}

func backdated(o *dossiertest.Office) *dossier.History {
	received := at("2026-08-12T09:00")
	return &dossier.History{
		Dossier: dossier.Dossier{ID: db.NewID(), Code: "H99.101-260812-9001", ProcedureCode: dossiertest.Birth, Sector: "Hộ tịch",
			Channel: dossier.Direct, ReturnBy: dossier.AtCounter, Territorial: true, Convention: calendar.Days,
			Limit: calendar.Limit{Qty: 3000, Unit: calendar.WorkingDay}, StopsAs: calendar.Pause},
		Person: dossier.Person{Name: "Nguyễn Văn An"},
		Facts: []dossier.Fact{
			{Kind: dossier.FRegistered, At: received, Recorded: received, Unit: o.Commune},
			{Kind: dossier.FAccepted, At: received, Recorded: received, Unit: o.Commune, Due: at("2026-08-17T17:00")},
		},
	}
}
