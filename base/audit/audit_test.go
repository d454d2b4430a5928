package audit_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/db/dbtest"
)

var sweeper = actor.System("sweep")

func record(t *testing.T, d *db.DB, entries ...audit.Entry) {
	t.Helper()
	if err := d.Write(context.Background(), func(tx *db.Tx) error {
		return audit.RecordAll(context.Background(), tx, entries)
	}); err != nil {
		t.Fatal(err)
	}
}

func TestTheTrailTellsWhoDidWhatFromWhatToWhat(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d, clock := dbtest.Open(t)
	record(t, d, audit.Entry{Actor: sweeper, Verb: "dossier.receive", Kind: "dossier", ID: "d1", Unit: "u1",
		Changes: []audit.Change{{Field: "due", To: "2026-11-25T17:00"}}})
	clock.Set("2026-11-24T08:00")
	record(t, d, audit.Entry{Actor: actor.Actor{Account: "a1"}, Verb: "dossier.extend", Kind: "dossier", ID: "d1", Unit: "u1",
		Changes: []audit.Change{{Field: "due", From: "2026-11-25T17:00", To: "2026-11-26T17:00"}}, Reason: "mất điện"})
	record(t, d, audit.Entry{Actor: sweeper, Verb: "dossier.receive", Kind: "dossier", ID: "d2"})

	got, err := audit.Of(ctx, d, "dossier", "d1")
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 {
		t.Fatalf("Of(d1) gave %d entries, want 2", len(got))
	}
	if e := got[0]; !e.Actor.IsSystem() || e.Actor.Name != "sweep" || e.At.String() != "2026-11-23T09:00" || e.Changes[0].To != "2026-11-25T17:00" {
		t.Errorf("first entry is %+v", e)
	}
	if e := got[1]; e.Actor.Account != "a1" || e.Reason != "mất điện" || e.Unit != "u1" ||
		e.Changes[0] != (audit.Change{Field: "due", From: "2026-11-25T17:00", To: "2026-11-26T17:00"}) {
		t.Errorf("second entry is %+v", e)
	}
}

func TestNothingIsRecordedOfAWriteThatFailed(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d, _ := dbtest.Open(t)
	undone := errors.New("undone")
	err := d.Write(ctx, func(tx *db.Tx) error {
		if err := audit.Record(ctx, tx, audit.Entry{Actor: sweeper, Verb: "v", Kind: "k", ID: "1"}); err != nil {
			return err
		}
		return undone
	})
	if !errors.Is(err, undone) {
		t.Fatalf("Write gave %v", err)
	}
	if got, err := audit.Latest(ctx, d, audit.Filter{}); err != nil || len(got) != 0 {
		t.Errorf("Latest gave %d entries and %v, want none", len(got), err)
	}
}

func TestAnEntryThatNamesNobodyOrNothingIsRefused(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d, _ := dbtest.Open(t)
	for _, e := range []audit.Entry{
		{Verb: "v", Kind: "k", ID: "1"},
		{Actor: sweeper, Kind: "k", ID: "1"},
		{Actor: sweeper, Verb: "v", ID: "1"},
		{Actor: sweeper, Verb: "v", Kind: "k"},
	} {
		if err := d.Write(ctx, func(tx *db.Tx) error { return audit.Record(ctx, tx, e) }); err == nil {
			t.Errorf("Record(%+v) gave no error", e)
		}
	}
}

var (
	forge  = db.SQL("audit.test.forge", `UPDATE audit_entry SET reason = 'forged' WHERE id = $1`)
	remove = db.SQL("audit.test.remove", `DELETE FROM audit_entry WHERE id = $1`)
)

func TestTheEngineRefusesToChangeOrDeleteAnEntry(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d, _ := dbtest.Open(t)
	record(t, d, audit.Entry{Actor: sweeper, Verb: "v", Kind: "k", ID: "1"})
	before, _ := audit.Of(ctx, d, "k", "1")
	for _, s := range []*db.Stmt{forge, remove} {
		err := d.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, s, before[0].Key)
			return err
		})
		if !errors.Is(err, db.ErrCheck) {
			t.Errorf("%s gave %v, want ErrCheck", s.Name, err)
		}
	}
	if after, err := audit.Of(ctx, d, "k", "1"); err != nil || len(after) != 1 || after[0].Reason != "" {
		t.Errorf("the trail reads %+v, %v", after, err)
	}
}

func TestLatestPagesThroughEverythingOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d, _ := dbtest.Open(t)
	var entries []audit.Entry
	for i := range 25 { // all at one instant: the key has to tell them apart
		entries = append(entries, audit.Entry{Actor: sweeper, Verb: "v", Kind: "k", ID: fmt.Sprint(i)})
	}
	record(t, d, entries...)
	seen := map[string]bool{}
	f := audit.Filter{Limit: 7}
	for pages := 0; ; pages++ {
		page, err := audit.Latest(ctx, d, f)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			if pages != 4 {
				t.Errorf("25 entries came in %d pages of 7, want 4", pages)
			}
			break
		}
		for _, e := range page {
			seen[e.ID] = true
		}
		f.Before = page[len(page)-1].After()
	}
	if len(seen) != 25 {
		t.Errorf("saw %d entries, want 25", len(seen))
	}
}

var (
	makeUnit  = db.SQL("audit.test.unit", `INSERT INTO unit (id, recorded_at) VALUES ($1, 1)`)
	makeReach = db.SQL("audit.test.reach", `INSERT INTO unit_reach (ancestor_id, unit_id, from_day, to_day) VALUES ($1, $2, 1, $3)`)
)

// A unit that left for another shows its former parent what had been recorded by then,
// also when it ends there; one that ended below a unit shows it everything.
func TestLatestWithinAUnitHasWhatIsBelowItAndWhatWasUntilItLeft(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d, clock := dbtest.Open(t)
	left := d.Now().Date() + 10
	if err := d.Write(ctx, func(tx *db.Tx) error {
		var errs []error
		end := map[string]any{"dissolved": int64(left), "left and dissolved": int64(left + 20)}
		for _, u := range []string{"province", "commune", "former", "elsewhere", "dissolved", "left and dissolved"} {
			_, err := tx.Exec(ctx, makeUnit, u)
			_, own := tx.Exec(ctx, makeReach, u, u, end[u])
			errs = append(errs, err, own)
		}
		for u, to := range map[string]any{"commune": nil, "former": int64(left), "dissolved": int64(left), "left and dissolved": int64(left)} {
			_, err := tx.Exec(ctx, makeReach, "province", u, to)
			errs = append(errs, err)
		}
		return errors.Join(errs...)
	}); err != nil {
		t.Fatal(err)
	}
	note := func(when string) {
		for _, u := range []actor.UnitID{"province", "commune", "former", "elsewhere", "dissolved", "left and dissolved", ""} {
			record(t, d, audit.Entry{Actor: sweeper, Verb: "v", Kind: "k", ID: string(u) + " " + when, Unit: u})
		}
	}
	count := func(want map[actor.UnitID]int) {
		t.Helper()
		for root, n := range want {
			got, err := audit.Latest(ctx, d, audit.Filter{Within: root})
			if err != nil || len(got) != n {
				t.Errorf("within %q there are %d entries, %v, want %d: %v", root, len(got), err, n, got)
			}
		}
	}
	note("first")
	count(map[actor.UnitID]int{"province": 5, "commune": 1, "elsewhere": 1, "nowhere": 0, "": 7})
	clock.Advance(left.Start().Time().Sub(clock.Now()) - time.Second)
	note("in the last second")
	clock.Advance(time.Second)
	note("after")
	// Of what left: twice two; of the others all three.
	count(map[actor.UnitID]int{"province": 3*3 + 2*2, "commune": 3, "former": 3, "dissolved": 3, "left and dissolved": 3, "elsewhere": 3, "nowhere": 0, "": 21})
	clock.Advance(30 * 24 * time.Hour)
	count(map[actor.UnitID]int{"province": 3*3 + 2*2, "left and dissolved": 3})
}

func TestLatestNarrows(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d, clock := dbtest.Open(t)
	record(t, d, audit.Entry{Actor: actor.Actor{Account: "a1"}, Verb: "unit.rename", Kind: "unit", ID: "1"})
	clock.Set("2026-11-24T09:00")
	record(t, d, audit.Entry{Actor: sweeper, Verb: "dossier.receive", Kind: "dossier", ID: "2"})
	later := d.Now()
	for _, c := range []struct {
		name string
		f    audit.Filter
		want string
	}{
		{"everything", audit.Filter{}, "2 1"},
		{"one account", audit.Filter{Account: "a1"}, "1"},
		{"one verb", audit.Filter{Verb: "dossier.receive"}, "2"},
		{"one kind", audit.Filter{Kind: "unit"}, "1"},
		{"from an instant on", audit.Filter{From: later}, "2"},
		{"before an instant", audit.Filter{To: later}, "1"},
		{"nothing has both", audit.Filter{Account: "a1", Kind: "dossier"}, ""},
	} {
		got, err := audit.Latest(ctx, d, c.f)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, e := range got {
			ids = append(ids, e.ID)
		}
		if s := strings.Join(ids, " "); s != c.want {
			t.Errorf("%s: got %q, want %q", c.name, s, c.want)
		}
	}
}

var rawChanges = db.SQL("audit.test.raw", `SELECT changes FROM audit_entry WHERE object_id = $1`)

func TestPersonalValuesAreNotStoredAndCanBeForgotten(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d, _ := dbtest.Open(t)
	const old, now = "0912345678", "0987654321"
	for _, id := range []string{"p1", "p2"} {
		record(t, d, audit.Entry{Actor: sweeper, Verb: "person.change", Kind: "person", ID: id,
			Changes: []audit.Change{{Field: "phone", From: old, To: now, Personal: true}, {Field: "note", To: "x", Personal: false}, {Field: "mail", To: "a@b", Personal: true}}})
	}
	raw, err := db.Value[string](ctx, d, rawChanges, "p1")
	if err != nil || strings.Contains(raw, old) || strings.Contains(raw, now) || strings.Contains(raw, "a@b") {
		t.Fatalf("stored changes are %s, %v: a personal value in them", raw, err)
	}
	one, _ := audit.Of(ctx, d, "person", "p1")
	two, _ := audit.Of(ctx, d, "person", "p2")
	if one[0].Changes[0].To == two[0].Changes[0].To {
		t.Error("two persons with one number have the same hash: it can be looked for across persons")
	}
	if one[0].Changes[2].From != "" || one[0].Changes[1].To != "x" {
		t.Errorf("an empty or impersonal value was changed: %+v", one[0].Changes)
	}
	matches := func(value string) bool {
		t.Helper()
		ok, err := audit.Matches(ctx, d, "person", "p1", "phone", value, one[0].Changes[0].To)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	if !matches(now) || matches(old) {
		t.Errorf("Matches(new number) = %v, Matches(old number) = %v, want true, false", matches(now), matches(old))
	}
	for range 2 { // the second time there is nothing left to forget
		if err := d.Write(ctx, func(tx *db.Tx) error { return audit.Forget(ctx, tx, "person", "p1") }); err != nil {
			t.Fatal(err)
		}
	}
	if matches(now) {
		t.Error("after Forget the number can still be recognised")
	}
	if after, err := audit.Of(ctx, d, "person", "p1"); err != nil || len(after) != 1 || after[0].Changes[0] != one[0].Changes[0] {
		t.Errorf("after Forget the trail is %+v, %v, want it whole", after, err)
	}
	if ok, err := audit.Matches(ctx, d, "person", "p2", "phone", now, two[0].Changes[0].To); err != nil || !ok {
		t.Errorf("forgetting p1 changed p2: %v, %v", ok, err)
	}
}
