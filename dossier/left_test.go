package dossier_test

import (
	"testing"

	"cchc/base/moment"
	"cchc/dossier"
	"cchc/dossier/dossiertest"
	"cchc/unit"
)

// A unit that left another is no longer in what that one sees or moves: not in what
// waits for signing, not in whose steps are late, not in what a calendar shifts, not in
// what was counted since; all of that is the new parent's.
func TestAUnitThatLeftIsNotSeenFromWhereItWas(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	o.Receive(t, dossiertest.Birth)
	ended := o.Receive(t, dossiertest.Birth)
	other, err := o.Registry.Create(ctx, system, unit.New{Code: "H98", Name: "Tỉnh Khác", Level: "province"}, unit.Act{Day: date("2025-07-01"), Basis: "NQ"})
	ok(t, err)
	storm := storm(o, moment.NewDate(2026, 11, 25), moment.NewDate(2026, 11, 27))
	draft, err := o.Desk.Calendars.Try(ctx, o.DB, o.Admin, storm)
	ok(t, err)
	o.Clock.Set("2026-12-20T09:00") // both are late by then
	ok(t, o.Desk.Finish(ctx, o.Specialist, ended.Code, dossier.Result{}))
	type sight struct{ waiting, late, shifted, judged, ended, rated int }
	see := func(u unit.ID, from moment.Date) (s sight) {
		t.Helper()
		waiting, _, err := o.Desk.WaitingFor(ctx, o.DB, system, dossier.WaitingFilter{Unit: u})
		ok(t, err)
		late, err := o.Desk.LateSteps(ctx, o.DB, system, u, 10)
		ok(t, err)
		shifts, err := o.Desk.Shifts(ctx, o.DB, system, u, draft, date("2026-11-25"))
		ok(t, err)
		counts, err := o.Desk.Counts(ctx, o.DB, system, u, from, o.DB.Now().Date())
		ok(t, err)
		rates, err := o.Desk.Rates(ctx, o.DB, system, u, from, o.DB.Now().Date())
		ok(t, err)
		s = sight{len(waiting), len(late), shifts.Open(), len(shifts.Judged), int(counts.Ended()), 0}
		if r := rates[dossiertest.Birth]; r != nil {
			s.rated = int(r.Ended)
		}
		return s
	}
	all := see(o.Province, date("2026-12-01"))
	if all.waiting != 1 || all.late != 1 || all.shifted != 1 || all.ended != 1 || all.rated != 1 {
		t.Fatalf("before: %+v", all)
	}
	ok(t, o.Registry.ChangeParent(ctx, system, o.Commune, other, unit.Act{Day: date("2026-11-30"), Basis: "NQ"}))
	if got := see(o.Province, date("2026-12-01")); got != (sight{}) {
		t.Errorf("it left, and the old province sees %+v", got)
	}
	if got := see(other, date("2026-12-01")); got != all {
		t.Errorf("the new province sees %+v, want %+v", got, all)
	}
	_, err = o.Desk.Calendars.Adopt(ctx, system, storm)
	ok(t, err)
	for _, x := range []struct {
		of    unit.ID
		moved int
	}{{o.Province, 0}, {other, 1}} {
		if n, err := o.Desk.Reproject(ctx, x.of, storm.Reason); err != nil || n != x.moved {
			t.Errorf("the calendar of %s moved %d, %v, want %d", x.of, n, err, x.moved)
		}
	}
	o.Clean(t)
}
