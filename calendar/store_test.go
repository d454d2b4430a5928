package calendar_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/calendar"
	"cchc/data"
)

var (
	ctx    = context.Background()
	system = actor.System("test")
)

// chain is a tree of one branch: each unit lies under the next.
type chain []actor.UnitID

func (c chain) Above(_ context.Context, _ db.Queryer, u actor.UnitID) ([]actor.UnitID, error) {
	if i := slices.Index(c, u); i >= 0 {
		return c[i:], nil
	}
	return nil, nil
}

func (c chain) Within(ctx context.Context, q db.Queryer, u, root actor.UnitID) (bool, error) {
	above, err := c.Above(ctx, q, u)
	return slices.Contains(above, root), err
}

var insertUnit = db.Rows("calendartest.unit", "unit", "id, recorded_at", "")

const (
	commune  = actor.UnitID("commune")
	province = actor.UnitID("province")
)

func store(t *testing.T) (*calendar.Store, *db.DB, *dbtest.Clock) {
	d, clock := dbtest.Open(t)
	tree := chain{"desk", commune, province}
	err := d.Write(ctx, func(tx *db.Tx) error {
		var rows [][]any
		for _, u := range tree {
			rows = append(rows, []any{string(u), tx.Now})
		}
		return tx.InsertRows(ctx, insertUnit, rows)
	})
	if err != nil {
		t.Fatal(err)
	}
	return &calendar.Store{DB: d, Tree: tree, Guard: auth.Guard{Tree: tree}}, d, clock
}

func date(s string) moment.Date {
	d, err := moment.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func instant(s string) moment.Instant {
	i, err := moment.ParseInstant(s)
	if err != nil {
		panic(err)
	}
	return i
}

func working(n int64) calendar.Limit {
	return calendar.Limit{Qty: calendar.Quantity(n * 1000), Unit: calendar.WorkingDay}
}

// due is the due date of 3 working days from Monday 2026-11-23 09:00; Tuesday
// the 24th is a holiday.
func due(t *testing.T, s *calendar.Store, unit actor.UnitID) string {
	t.Helper()
	c, err := s.For(ctx, s.DB, unit)
	if err != nil {
		t.Fatal(err)
	}
	at, err := c.Due(instant("2026-11-23T09:00"), working(3), "")
	if err != nil {
		t.Fatal(err)
	}
	return at.String()
}

var changedJobs = db.SQL("calendartest.jobs", `SELECT CAST(args AS TEXT) FROM river_job WHERE kind = 'calendar.changed' ORDER BY id`)

func jobs(t *testing.T, d *db.DB) []string {
	t.Helper()
	js, err := db.Column[string](ctx, d, changedJobs)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func TestWithoutAnyRowTheProgramsHolidaysHold(t *testing.T) {
	t.Parallel()
	s, d, _ := store(t)
	if got := due(t, s, commune); got != "2026-11-27T17:00" {
		t.Errorf("due %s, want 2026-11-27T17:00: the 24th is a holiday", got)
	}
	for range 2 {
		if err := s.Seed(ctx); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := s.Records(ctx, d, "")
	if err != nil || len(rows) < 118 {
		t.Errorf("%d days off recorded by Seed (%v), want all of holidays.csv, once", len(rows), err)
	}
	if got := due(t, s, ""); got != "2026-11-27T17:00" {
		t.Errorf("after Seed due %s, want the same", got)
	}
	if n := len(jobs(t, d)); n != 0 {
		t.Errorf("Seed left %d jobs: it changes no deadline", n)
	}
}

func TestADayOffHoldsBelowTheUnitThatAddsIt(t *testing.T) {
	t.Parallel()
	s, d, _ := store(t)
	storm := calendar.Amendment{Unit: commune, Reason: "bão số 12",
		DayOff: calendar.DayOff{Date: date("2026-11-25"), Kind: calendar.Off, Name: "Nghỉ bão", Rule: "CĐ 12"}}
	if err := s.AmendDay(ctx, system, storm); err != nil {
		t.Fatal(err)
	}
	for unit, want := range map[actor.UnitID]string{
		"desk": "2026-11-30T17:00", commune: "2026-11-30T17:00", province: "2026-11-27T17:00", "": "2026-11-27T17:00",
	} {
		if got := due(t, s, unit); got != want {
			t.Errorf("due in %q %s, want %s", unit, got, want)
		}
	}
	js := jobs(t, d)
	if len(js) != 1 || !strings.Contains(js[0], "bão số 12") || !strings.Contains(js[0], "2026-11-25") || !strings.Contains(js[0], "commune") {
		t.Errorf("jobs %q, want one that names unit, reason and day", js)
	}
	if err := s.AmendDay(ctx, system, storm); !fault.Is(err, fault.Conflict) {
		t.Errorf("the same day twice gives %v, want a conflict", err)
	}

	// The desk works on a day on which its commune is closed.
	open := storm
	open.Unit, open.Kind, open.Reason = "desk", calendar.Work, "trực"
	if err := s.AmendDay(ctx, system, open); err != nil {
		t.Fatal(err)
	}
	if got := due(t, s, "desk"); got != "2026-11-27T17:00" {
		t.Errorf("due at the desk %s, want 2026-11-27T17:00: it works on the 25th", got)
	}

	// Withdrawn, and the trail has it all.
	if err := s.AmendDay(ctx, system, calendar.Amendment{Unit: commune, Withdraw: true, Reason: "bão đổi hướng", DayOff: calendar.DayOff{Date: date("2026-11-25")}}); err != nil {
		t.Fatal(err)
	}
	if got := due(t, s, commune); got != "2026-11-27T17:00" {
		t.Errorf("after the withdrawal due %s, want 2026-11-27T17:00", got)
	}
	rows, err := s.Records(ctx, d, commune)
	if err != nil || len(rows) != 1 || rows[0].Withdrawn == 0 || rows[0].WithdrawnReason != "bão đổi hướng" || rows[0].Name != "Nghỉ bão" {
		t.Errorf("records %+v, %v: want the withdrawn day", rows, err)
	}
	trail, err := audit.Of(ctx, d, "calendar", string(commune))
	if err != nil || len(trail) != 2 || trail[0].Changes[0].To != "off Nghỉ bão" {
		t.Errorf("trail %+v, %v", trail, err)
	}
	if n := len(jobs(t, d)); n != 3 {
		t.Errorf("%d jobs after three changes, want 3", n)
	}
}

func TestTheNationsDaysAreAmendedOneByOne(t *testing.T) {
	t.Parallel()
	s, _, _ := store(t)
	// Nothing was seeded: the amendment must not be all that is left.
	err := s.AmendDay(ctx, system, calendar.Amendment{Reason: "nghị quyết",
		DayOff: calendar.DayOff{Date: date("2026-11-26"), Kind: calendar.Off, Name: "Ngày mới"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := due(t, s, commune); got != "2026-11-30T17:00" {
		t.Errorf("due %s, want 2026-11-30T17:00: the 24th and the 26th are off", got)
	}
	// Entered differently: the old row is withdrawn.
	err = s.AmendDay(ctx, system, calendar.Amendment{Reason: "hoãn",
		DayOff: calendar.DayOff{Date: date("2026-11-26"), Kind: calendar.Work, Name: "Vẫn làm việc"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := due(t, s, commune); got != "2026-11-27T17:00" {
		t.Errorf("due %s, want 2026-11-27T17:00 again", got)
	}
}

func saturday() calendar.Setting {
	x := calendar.DefaultSetting()
	x.Week[6] = calendar.Day{Sessions: []calendar.Session{{From: 27000, To: 41400}}, Counts: true}
	return x
}

func TestAWeekHoldsFromItsDayForTheUnitAndBelow(t *testing.T) {
	t.Parallel()
	s, d, clock := store(t)
	x := saturday()
	x.Unit, x.From = province, date("2026-01-01")
	if err := s.SetWeek(ctx, system, x, "thí điểm sáng thứ Bảy"); err != nil {
		t.Fatal(err)
	}
	c, err := s.For(ctx, d, "desk")
	if err != nil {
		t.Fatal(err)
	}
	if !c.Working(date("2026-11-28")) {
		t.Error("the desk does not have the week of its province")
	}
	if got, _ := s.Setting(ctx, d, "desk", date("2025-12-31")); got.Unit != "" || len(got.Week[6].Sessions) != 0 {
		t.Errorf("on 31/12/2025 the desk has %+v, want the default", got)
	}

	// The commune's own week lies ahead; nobody is told until it begins.
	y := calendar.DefaultSetting()
	y.Unit, y.From, y.Convention, y.SameDayUntil, y.AsReceived = commune, date("2026-12-01"), calendar.Clock, 16*3600, true
	if err := s.SetWeek(ctx, system, y, "theo quyết định"); err != nil {
		t.Fatal(err)
	}
	if c, _ := s.For(ctx, d, commune); c.Convention() != calendar.Days || !c.Working(date("2026-11-28")) {
		t.Error("a week that lies ahead holds already")
	}
	if n, err := s.Sweep(ctx); n != 0 || err != nil || len(jobs(t, d)) != 1 {
		t.Errorf("Sweep told of %d weeks (%v), %d jobs; want none and 1", n, err, len(jobs(t, d)))
	}
	clock.Set("2026-12-01T00:05")
	for _, want := range []int{1, 0} {
		if n, err := s.Sweep(ctx); n != want || err != nil {
			t.Errorf("on its first day Sweep told of %d weeks (%v), want %d", n, err, want)
		}
	}
	if n := len(jobs(t, d)); n != 2 {
		t.Errorf("%d jobs, want 2", n)
	}
	got, err := s.Setting(ctx, d, "desk", date("2026-12-01"))
	if err != nil || got.Unit != commune || got.Convention != calendar.Clock || got.SameDayUntil != 16*3600 || !got.AsReceived || len(got.Week[1].Sessions) != 2 {
		t.Errorf("from 01/12/2026 the desk has %+v, %v; want what its commune set", got, err)
	}

	// Set again for the same day: one setting.
	y.Convention = calendar.Days
	if err := s.SetWeek(ctx, system, y, "sửa"); err != nil {
		t.Fatal(err)
	}
	if c, err := s.For(ctx, d, "desk"); err != nil || c.Convention() != calendar.Days {
		t.Errorf("the second setting of the same day does not hold: %v", err)
	}
}

func TestCalendarRefuses(t *testing.T) {
	t.Parallel()
	s, _, _ := store(t)
	day := calendar.DayOff{Date: date("2026-11-26"), Kind: calendar.Off, Name: "x"}
	officer := func(r actor.Role, u actor.UnitID) actor.Actor {
		return actor.Actor{Account: "a", Grants: []actor.Grant{{Role: r, Unit: u}}}
	}
	week := saturday()
	week.Unit, week.From = commune, date("2026-01-01")
	with := func(edit func(*calendar.Setting)) calendar.Setting { x := week; edit(&x); return x }
	amend := func(a actor.Actor, m calendar.Amendment) error { return s.AmendDay(ctx, a, m) }
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"no reason":        {amend(system, calendar.Amendment{Unit: commune, DayOff: day}), "calendar.reason_missing"},
		"no date":          {amend(system, calendar.Amendment{Unit: commune, Reason: "x", DayOff: calendar.DayOff{Kind: "off", Name: "x"}}), "calendar.date_bad"},
		"no kind":          {amend(system, calendar.Amendment{Unit: commune, Reason: "x", DayOff: calendar.DayOff{Date: day.Date, Name: "x"}}), "calendar.kind_bad"},
		"no name":          {amend(system, calendar.Amendment{Unit: commune, Reason: "x", DayOff: calendar.DayOff{Date: day.Date, Kind: "off"}}), "calendar.name_missing"},
		"nothing there":    {amend(system, calendar.Amendment{Unit: commune, Withdraw: true, Reason: "x", DayOff: day}), "calendar.day_missing"},
		"no such unit":     {amend(system, calendar.Amendment{Unit: "nobody", Reason: "x", DayOff: day}), "calendar.unit_unknown"},
		"a visitor":        {amend(actor.Actor{}, calendar.Amendment{Unit: commune, Reason: "x", DayOff: day}), "auth.sign_in"},
		"one-stop":         {amend(officer(actor.OneStop, province), calendar.Amendment{Unit: commune, Reason: "x", DayOff: day}), "auth.forbidden"},
		"a unit above":     {amend(officer(actor.HomeAffairs, commune), calendar.Amendment{Unit: province, Reason: "x", DayOff: day}), "auth.forbidden"},
		"the nation":       {amend(officer(actor.HomeAffairs, province), calendar.Amendment{Reason: "x", DayOff: day}), "auth.forbidden"},
		"week of nobody":   {s.SetWeek(ctx, system, with(func(x *calendar.Setting) { x.Unit = "" }), "x"), "calendar.unit_missing"},
		"week of a ghost":  {s.SetWeek(ctx, system, with(func(x *calendar.Setting) { x.Unit = "nobody" }), "x"), "calendar.unit_unknown"},
		"an empty week":    {s.SetWeek(ctx, system, with(func(x *calendar.Setting) { x.Week = calendar.Week{} }), "x"), "calendar.week_bad"},
		"no convention":    {s.SetWeek(ctx, system, with(func(x *calendar.Setting) { x.Convention = "" }), "x"), "calendar.convention_bad"},
		"no same-day hour": {s.SetWeek(ctx, system, with(func(x *calendar.Setting) { x.SameDayUntil = 0 }), "x"), "calendar.time_bad"},
		"a week unasked":   {s.SetWeek(ctx, officer(actor.Specialist, commune), week, "x"), "auth.forbidden"},
	} {
		if fault.As(c.err) == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: %v, want the fault %s", name, c.err, c.want)
		}
	}
	if err := amend(officer(actor.HomeAffairs, province), calendar.Amendment{Unit: commune, Reason: "x", DayOff: day}); err != nil {
		t.Errorf("home affairs of the province may not amend its commune: %v", err)
	}
}

func TestImportHolidaysIsIdempotent(t *testing.T) {
	t.Parallel()
	s, d, _ := store(t)
	for i, want := range []calendar.HolidayReport{{Added: 118}, {Same: 118}} {
		got, err := s.ImportHolidays(ctx, system, strings.NewReader(data.Holidays), "holidays.csv")
		if err != nil || got != want {
			t.Errorf("import %d did %+v (%v), want %+v", i+1, got, err, want)
		}
	}
	file := "date,kind,name_vi,rule\n2026-11-24,work,Vẫn làm,\n2026-11-26,off,Ngày mới,\n"
	got, err := s.ImportHolidays(ctx, system, strings.NewReader(file), "sửa.csv")
	if err != nil || got != (calendar.HolidayReport{Added: 1, Changed: 1}) {
		t.Errorf("the correction did %+v (%v), want one added, one changed", got, err)
	}
	if got := due(t, s, commune); got != "2026-11-27T17:00" {
		t.Errorf("due %s, want 2026-11-27T17:00: the 26th is off and the 24th is not", got)
	}
	if n := len(jobs(t, d)); n != 2 {
		t.Errorf("%d jobs, want 2: an import that changes nothing tells nobody", n)
	}
	_, err = s.ImportHolidays(ctx, system, strings.NewReader("date,kind\n2026-11-24,perhaps\n"), "x.csv")
	if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "line 2, column kind") {
		t.Errorf("a wrong kind gives %v, want line 2, column kind", err)
	}
}

// Of a day that is free and of one that was entered every act is tried and undone.
func TestEveryActOnADayIsPossibleInItsStatesAndInNoOther(t *testing.T) {
	t.Parallel()
	s, _, _ := store(t)
	storm := calendar.DayOff{Date: moment.NewDate(2026, 9, 10), Kind: calendar.Off, Name: "Bão"}
	if err := s.AmendDay(ctx, system, calendar.Amendment{Unit: commune, DayOff: storm, Reason: "A"}); err != nil {
		t.Fatal(err)
	}
	other := storm
	other.Name = "Lũ"
	for state, d := range map[auth.State]moment.Date{"free": storm.Date + 1, "entered": storm.Date} {
		other.Date = d
		for x, withdraw := range map[string]bool{auth.EnterDay.Name: false, auth.WithdrawDay.Name: true} {
			act := map[bool]auth.Act{true: auth.WithdrawDay, false: auth.EnterDay}[withdraw]
			rehearsal, _ := db.Rehearse(ctx)
			err := s.AmendDay(rehearsal, system, calendar.Amendment{Unit: commune, DayOff: other, Withdraw: withdraw, Reason: "A"})
			if may := act.In(state); may != (err == nil) || !may && !fault.Is(err, fault.NotFound) {
				t.Errorf("%s of a day that is %s: the policy allows it: %v, and %v", x, state, may, err)
			}
		}
	}
}
