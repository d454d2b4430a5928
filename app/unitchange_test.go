package app

import (
	"context"
	"testing"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/calendar"
	"cchc/unit"
)

var queuedEvents = db.SQL("apptest.units.events", `SELECT COUNT(*) FROM river_job WHERE kind = 'unit.changed'`)

// What the preview of a merger says of dossiers, accounts and calendars is what
// the job does, and doing it twice changes nothing more.
func TestAMergerDoesWhatItsPreviewSaid(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, clock, province, u := commune(t)
	act := unit.Act{Day: moment.NewDate(2025, 7, 1), Basis: "NQ 1"}
	other, err := r.registry.Create(ctx, operator, unit.New{Code: "H99.102", Name: "Xã Thạnh Bình", Level: "commune", Parent: province}, act)
	if err != nil {
		t.Fatal(err)
	}
	a, b := receive(t, r, u), receive(t, r, other)
	account, err := r.accounts.Create(ctx, operator, auth.NewAccount{Login: "anh.motcua", Name: "Lê Thị Ánh", Password: "mật khẩu dài 2026",
		Grants: []actor.Grant{{Role: actor.OneStop, Unit: u}, {Role: actor.Chairperson, Unit: u}}})
	if err != nil {
		t.Fatal(err)
	}
	week := calendar.DefaultSetting()
	week.Unit, week.From = u, moment.NewDate(2026, 1, 1)
	week.Week[6] = calendar.Day{Sessions: []calendar.Session{{From: 27000, To: 41400}}}
	if err := r.calendars.SetWeek(ctx, operator, week, "QĐ 1"); err != nil {
		t.Fatal(err)
	}
	if err := r.calendars.AmendDay(ctx, operator, calendar.Amendment{Unit: u, Reason: "lễ hội",
		DayOff: calendar.DayOff{Date: moment.NewDate(2026, 12, 18), Kind: calendar.Off, Name: "Lễ hội", Rule: "QĐ 2"}}); err != nil {
		t.Fatal(err)
	}

	clock.Set("2026-12-01T09:00")
	merger := unit.Merger{From: []unit.ID{u, other}, New: &unit.New{Code: "H99.103", Name: "Xã Gio Bình", Level: "commune", Parent: province}}
	act = unit.Act{Day: moment.NewDate(2026, 12, 1), Basis: "NQ 9", Calendar: u}
	var out unit.Outcome
	out, err = r.registry.Preview(ctx, func(ctx context.Context, dry *unit.Registry) error {
		_, err := dry.Merge(ctx, operator, merger, act)
		return err
	})
	if err != nil || len(out.Events) != 1 || len(out.Changed) != 3 {
		t.Fatalf("preview %+v, %v", out, err)
	}
	said := map[string]bool{}
	for _, m := range out.Events[0].Moves {
		ways, err := r.desk.Ways(ctx, r.db, operator, m, act.Day)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range ways {
			said[w.Code] = w.To == out.Events[0].Moves[0].To
		}
	}
	if len(said) != 2 || !said[a.Code] || !said[b.Code] {
		t.Fatalf("the preview says %v", said)
	}
	placed, err := r.accounts.GrantsIn(ctx, r.db, u, act.Day, unit.WorkGrants)
	if err != nil || len(placed) != 2 {
		t.Fatalf("%+v, %v", placed, err)
	}

	before, err := db.Value[int](ctx, r.db, queuedEvents)
	if err != nil {
		t.Fatal(err)
	}
	into, err := r.registry.Merge(ctx, operator, merger, act)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := db.Value[int](ctx, r.db, queuedEvents); err != nil || n != before+1 {
		t.Errorf("%d jobs, %v, want one more than %d", n, err, before)
	}
	e := out.Events[0]
	for i := range e.Moves {
		e.Moves[i].To = into // the preview's id was not kept
	}
	for range 2 {
		if err := r.unitChanged(ctx, e); err != nil {
			t.Fatal(err)
		}
	}
	for code := range said {
		w, err := r.desk.ByCode(ctx, r.db, operator, code)
		if err != nil || w.State.Unit != into || w.Transfers != 1 {
			t.Errorf("%s is in %s after %d transfers, %v", code, w.State.Unit, w.Transfers, err)
		}
	}
	who, err := auth.Load(ctx, r.db, account, act.Day)
	if err != nil || len(who.Grants) != 1 || who.Grants[0] != (actor.Grant{Role: actor.OneStop, Unit: into}) {
		t.Errorf("grants %+v, %v: the officer's goes on, the chair's ends", who.Grants, err)
	}
	s, err := r.calendars.Setting(ctx, r.db, into, act.Day)
	if err != nil || s.Unit != into || len(s.Week[6].Sessions) != 1 || s.Week[6].Counts {
		t.Errorf("the successor's week is %+v, %v", s, err)
	}
	cal, err := r.calendars.For(ctx, r.db, into)
	if err != nil || cal.Working(moment.NewDate(2026, 12, 18)) {
		t.Errorf("the coming day off did not go along, %v", err)
	}
}
