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

// A unit that goes to another parent on the first day of a period is in that period's
// figures for the new parent alone, what it carried over with it (docs/adr/0005).
func TestAUnitThatLeftOnTheFirstDayIsTheNewParentsAlone(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	other, err := o.Registry.Create(ctx, system, unit.New{Code: "H98", Name: "Tỉnh Khác", Level: "province"}, unit.Act{Day: date("2025-07-01"), Basis: "NQ"})
	ok(t, err)
	carried := o.Receive(t, dossiertest.Birth)
	ok(t, o.Registry.ChangeParent(ctx, system, o.Commune, other, unit.Act{Day: date("2026-12-01"), Basis: "NQ"}))
	o.Clock.Set("2026-12-10T09:00")
	ok(t, o.Desk.Finish(ctx, o.Specialist, carried.Code, dossier.Result{}))
	o.Receive(t, dossiertest.Birth)

	for _, x := range []struct {
		who      string
		of       unit.ID
		from, to string
		carried  int64 // over from the period before
		received int64
		resolved int64
		kept     int64
	}{
		{"the unit", o.Commune, "2026-12-01", "2026-12-10", 1, 2, 1, 1},
		{"the new parent", other, "2026-12-01", "2026-12-10", 1, 2, 1, 1},
		{"the former parent", o.Province, "2026-12-01", "2026-12-10", 0, 0, 0, 0},
		{"the former parent", o.Province, "2026-11-01", "2026-11-30", 0, 1, 0, 0},
		{"the new parent", other, "2026-11-01", "2026-11-30", 0, 0, 0, 0},
		{"the former parent, of both", o.Province, "2026-11-01", "2026-12-10", 0, 2, 1, 1},
	} {
		q := dossier.Question{Unit: x.of, From: date(x.from), To: date(x.to)}
		behind := func(which dossier.Column) int64 {
			list, err := o.Desk.Behind(ctx, o.DB, system, q, which)
			ok(t, err)
			return int64(len(list))
		}
		kept, err := o.Desk.KeptDates(ctx, o.DB, q.From, q.To)
		ok(t, err)
		if c, r, e, k := behind("carried"), behind("received"), behind("resolved"), kept[x.of].Ended; c != x.carried || r != x.received || e != x.resolved || k != x.kept {
			t.Errorf("%s, %s to %s: carried over %d, received %d, resolved %d, kept %d; want %+v", x.who, x.from, x.to, c, r, e, k, x)
		}
	}
	o.Clean(t)
}

// The period in which a unit went to another parent counts it for both, all of it, the
// next one for the new parent alone; a unit that came back is counted once; and of what
// stands there other systems are told by the new parent alone (docs/adr/0005).
func TestThePeriodInWhichAUnitLeftCountsForBoth(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	other, err := o.Registry.Create(ctx, system, unit.New{Code: "H98", Name: "Tỉnh Khác", Level: "province"}, unit.Act{Day: date("2025-07-01"), Basis: "NQ"})
	ok(t, err)
	before := o.Receive(t, dossiertest.Birth)
	ok(t, o.Desk.Finish(ctx, o.Specialist, before.Code, dossier.Result{}))
	ok(t, o.Registry.ChangeParent(ctx, system, o.Commune, other, unit.Act{Day: date("2026-11-24"), Basis: "NQ"}))
	o.Clock.Set("2026-11-26T09:00")
	since := o.Receive(t, dossiertest.Birth)
	o.Clock.Set("2026-12-10T09:00")
	ok(t, o.Desk.Finish(ctx, o.Specialist, since.Code, dossier.Result{}))
	o.Receive(t, dossiertest.Birth)

	type figures struct{ received, ended, kept int }
	of := func(u unit.ID, from, to string) (f figures) {
		t.Helper()
		x := dossier.Question{Unit: u, From: date(from), To: date(to)}
		received, err := o.Desk.Behind(ctx, o.DB, system, x, "received")
		ok(t, err)
		ended, err := o.Desk.Behind(ctx, o.DB, system, x, "resolved")
		ok(t, err)
		kept, err := o.Desk.KeptDates(ctx, o.DB, x.From, x.To)
		ok(t, err)
		return figures{len(received), len(ended), int(kept[u].Ended)}
	}
	is := func(u unit.ID, from, to string, want figures) {
		t.Helper()
		if got := of(u, from, to); got != want {
			t.Errorf("%s to %s, %s: %+v, want %+v", from, to, map[bool]string{true: "the former parent", false: "the new one"}[u == o.Province], got, want)
		}
	}
	november := of(o.Commune, "2026-11-01", "2026-11-30")
	if november.ended != 1 || november.kept != 1 || november.received < 2 {
		t.Fatalf("November of the unit itself: %+v", november)
	}
	is(o.Province, "2026-11-01", "2026-11-30", november)
	is(other, "2026-11-01", "2026-11-30", november)
	is(o.Province, "2026-12-01", "2026-12-10", figures{})
	is(other, "2026-12-01", "2026-12-10", of(o.Commune, "2026-12-01", "2026-12-10"))
	told := func(u unit.ID) (n int) {
		t.Helper()
		ok(t, o.Desk.Standings(ctx, o.DB, "", u, 0, 0, func(dossier.Standing) error { n++; return nil }))
		reach, err := o.Desk.Reach(ctx, o.DB, u)
		ok(t, err)
		if reach[o.Commune] != (n > 0) {
			t.Errorf("Reach has the commune: %v, and %d stand there", reach[o.Commune], n)
		}
		return n
	}
	if a, b := told(o.Province), told(other); a != 0 || b != 3 {
		t.Errorf("the former parent compares %d, the new one %d, want 0 and 3", a, b)
	}

	ok(t, o.Registry.ChangeParent(ctx, system, o.Commune, o.Province, unit.Act{Day: date("2026-12-09"), Basis: "NQ"}))
	year := of(o.Commune, "2026-01-01", "2026-12-31")
	if year.kept != 2 {
		t.Fatalf("the year of the unit itself: %+v", year)
	}
	is(o.Province, "2026-01-01", "2026-12-31", year)
	is(other, "2026-01-01", "2026-12-31", year)
}
