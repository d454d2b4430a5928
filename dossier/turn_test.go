package dossier_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/fault"
	"cchc/dossier"
	"cchc/dossier/dossiertest"
)

// kiosk is a visitor.
var kiosk actor.Actor

// queue sets up two kinds of business, with the officer's desk 3 for the first.
func queue(t *testing.T, o *dossiertest.Office) (land, civil dossier.TurnKind) {
	t.Helper()
	kinds, err := dossier.ParseTurnKinds("A Đất đai\n\nb: Hộ tịch\n", "kinds")
	ok(t, err)
	ok(t, o.Desk.SetTurnKinds(ctx, o.HomeAffairs, o.Commune, kinds, true))
	kinds, err = o.Desk.TurnKinds(ctx, o.DB, o.Commune)
	if err != nil || len(kinds) != 2 || kinds[1].Letter != "B" || kinds[1].Name != "Hộ tịch" {
		t.Fatalf("kinds are %+v, %v", kinds, err)
	}
	ok(t, o.Desk.SetTurnDesk(ctx, o.Officer, o.Commune, "3", []string{kinds[0].ID}))
	return kinds[0], kinds[1]
}

func take(t *testing.T, o *dossiertest.Office, kind dossier.TurnKind, priority bool) dossier.Turn {
	t.Helper()
	o.Clock.Advance(time.Minute)
	x, err := o.Desk.TakeTurn(ctx, kiosk, o.Commune, kind.ID, priority)
	ok(t, err)
	return x
}

func call(t *testing.T, o *dossiertest.Office, want string) dossier.Turn {
	t.Helper()
	x, err := o.Desk.CallTurn(ctx, o.Officer, o.Commune)
	if err != nil || x.Label() != want {
		t.Fatalf("called %s, %v; want %s", x.Label(), err, want)
	}
	return x
}

func TestNumbersAreCalledInAFairOrder(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	land, civil := queue(t, o)
	take(t, o, land, false)
	other := take(t, o, civil, false)
	second := take(t, o, land, false)
	take(t, o, land, true)
	if other.Label() != "B001" || second.Label() != "A002" {
		t.Fatalf("numbers are %s and %s, want each kind's own", other.Label(), second.Label())
	}
	if s, err := o.Desk.TurnSlip(ctx, o.DB, o.Commune, second.ID); err != nil || s.Ahead != 2 || s.Name != "Đất đai" {
		t.Errorf("the slip says %d ahead, %q, %v; want A001 and A003, which has priority", s.Ahead, s.Name, err)
	}
	call(t, o, "A003")
	first := call(t, o, "A001") // A003 is served by that
	// Nobody comes: to the end, then over.
	ok(t, o.Desk.MissTurn(ctx, o.Officer, first.ID))
	take(t, o, land, false)
	if err := o.Desk.MissTurn(ctx, o.Officer, first.ID); !fault.Is(err, fault.Conflict) {
		t.Errorf("missed while it waits: %v, want Conflict", err)
	}
	call(t, o, "A002")
	// The one that missed took its place again before A004 came.
	call(t, o, "A001")
	ok(t, o.Desk.RecallTurn(ctx, o.Officer, first.ID))
	ok(t, o.Desk.MissTurn(ctx, o.Officer, first.ID))
	// A transfer keeps number and place.
	ok(t, o.Desk.SetTurnDesk(ctx, o.Officer, o.Commune, "3", []string{civil.ID}))
	o.Clock.Advance(time.Minute)
	late := take(t, o, civil, false)
	moved := call(t, o, "B001")
	ok(t, o.Desk.TransferTurn(ctx, o.Officer, moved.ID, land.ID))
	if err := o.Desk.TransferTurn(ctx, o.Officer, moved.ID, land.ID); !fault.Is(err, fault.Invalid) {
		t.Errorf("transferred to the same kind: %v, want Invalid", err)
	}
	call(t, o, late.Label())
	if _, err := o.Desk.CallTurn(ctx, o.Officer, o.Commune); !fault.Is(err, fault.NotFound) {
		t.Errorf("called when nobody waits for these kinds: %v, want NotFound", err)
	}
	ok(t, o.Desk.SetTurnDesk(ctx, o.Officer, o.Commune, "3", []string{land.ID, civil.ID}))
	call(t, o, "B001")
	ok(t, o.Desk.ServeTurn(ctx, o.Officer, moved.ID))

	d, err := o.Desk.TurnDay(ctx, o.DB, o.Officer, o.Commune, 0)
	ok(t, err)
	if d.Total.Taken != 6 || d.Total.Missed != 1 || d.Total.Served != 4 || len(d.Waiting) != 1 || d.Waiting[0].Label() != "A004" {
		t.Errorf("the day is %+v, waiting %d", d.Total, len(d.Waiting))
	}
	// Minutes to the first call: A003 0, A001 3, A002 2, B001 5, B002 0.
	if d.Total.Called != 5 || d.Total.Mean() != 2*time.Minute {
		t.Errorf("mean wait of %d is %s, want 2 min of 5", d.Total.Called, d.Total.Mean())
	}
	if d.ByKind[civil.ID].Taken != 2 || d.ByHour[9].Taken != 6 || d.Longest() != 2*time.Minute {
		t.Errorf("by kind %d, by hour %d, longest %s", d.ByKind[civil.ID].Taken, d.ByHour[9].Taken, d.Longest())
	}
	b, err := o.Desk.TurnBoard(ctx, o.DB, o.Commune)
	if err != nil || b.Waits[0].Count != 1 || b.Waits[1].Count != 0 || b.Called[0].Desk != "3" {
		t.Errorf("the screen shows %+v, %v", b, err)
	}
}

func TestANewDayBeginsAtOneAndEndsTheDayBefore(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	land, _ := queue(t, o)
	take(t, o, land, false)
	old := take(t, o, land, false)
	called := call(t, o, "A001")
	o.Clock.Set("2026-11-25 08:00")
	if x := take(t, o, land, false); x.Label() != "A001" {
		t.Errorf("the new day begins at %s", x.Label())
	}
	for about, do := range map[string]func() error{
		"served":      func() error { return o.Desk.ServeTurn(ctx, o.Officer, called.ID) },
		"called":      func() error { return o.Desk.RecallTurn(ctx, o.Officer, called.ID) },
		"transferred": func() error { return o.Desk.TransferTurn(ctx, o.Officer, old.ID, land.ID) },
	} {
		if err := do(); !fault.Is(err, fault.Conflict) {
			t.Errorf("%s the day after: %v, want Conflict", about, err)
		}
	}
	if x := call(t, o, "A001"); x.Day != date("2026-11-25") {
		t.Errorf("called a number of %s", x.Day)
	}
	d, err := o.Desk.TurnDay(ctx, o.DB, o.Officer, o.Commune, date("2026-11-23"))
	if err != nil || d.Total.Left != 2 || len(d.Waiting)+len(d.Called) != 0 {
		t.Errorf("the day before is %+v, %v; want both ended by the day", d.Total, err)
	}
}

func TestWhoMayTakeAndCallNumbers(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	land, civil := queue(t, o)
	if _, err := o.Desk.TakeTurn(ctx, kiosk, o.Mountain, land.ID, false); !fault.Is(err, fault.Invalid) {
		t.Errorf("a kind of another unit: %v, want Invalid", err)
	}
	x := take(t, o, land, false)
	for about, do := range map[string]func() error{
		"calls":  func() error { _, err := o.Desk.CallTurn(ctx, o.OtherOfficer, o.Commune); return err },
		"serves": func() error { return o.Desk.ServeTurn(ctx, o.OtherOfficer, x.ID) },
		"sits":   func() error { return o.Desk.SetTurnDesk(ctx, o.Specialist, o.Commune, "1", []string{land.ID}) },
		"sets":   func() error { return o.Desk.SetTurnKinds(ctx, o.Officer, o.Commune, nil, true) },
		"reads":  func() error { _, err := o.Desk.TurnDay(ctx, o.DB, o.OtherOfficer, o.Commune, 0); return err },
	} {
		if err := do(); !fault.Is(err, fault.Forbidden) {
			t.Errorf("somebody else %s: %v, want Forbidden", about, err)
		}
	}
	if _, err := o.Desk.CallTurn(ctx, o.OtherOfficer, o.Mountain); !fault.Is(err, fault.Invalid) {
		t.Errorf("called without a desk: %v, want Invalid", err)
	}
	if err := o.Desk.ServeTurn(ctx, o.Officer, x.ID); !fault.Is(err, fault.Conflict) {
		t.Errorf("served before it was called: %v, want Conflict", err)
	}
	only := []dossier.TurnKind{{Letter: "B", Name: "Hộ tịch, chứng thực"}}
	if err := o.Desk.SetTurnKinds(ctx, o.HomeAffairs, o.Commune, only, false); !fault.Is(err, fault.Invalid) {
		t.Errorf("left out a kind that somebody waits for: %v, want Invalid", err)
	}
	call(t, o, "A001")
	ok(t, o.Desk.ServeTurn(ctx, o.Officer, x.ID))
	ok(t, o.Desk.SetTurnKinds(ctx, o.HomeAffairs, o.Commune, only, false))
	if _, err := o.Desk.TakeTurn(ctx, o.Officer, o.Commune, land.ID, false); !fault.Is(err, fault.Invalid) {
		t.Errorf("took a number of a kind that ended: %v, want Invalid", err)
	}
	if _, err := o.Desk.TakeTurn(ctx, kiosk, o.Commune, civil.ID, false); !fault.Is(err, fault.Forbidden) {
		t.Errorf("took at a kiosk that is off: %v, want Forbidden", err)
	}
	if y, err := o.Desk.TakeTurn(ctx, o.Officer, o.Commune, civil.ID, true); err != nil || y.Label() != "B001" {
		t.Errorf("an officer gave %s, %v", y.Label(), err)
	}
	// A letter that comes back is the same kind, and goes on counting.
	ok(t, o.Desk.SetTurnKinds(ctx, o.HomeAffairs, o.Commune, append(only, dossier.TurnKind{Letter: "A", Name: "Đất đai"}), true))
	if y := take(t, o, land, false); y.Label() != "A002" {
		t.Errorf("the kind that came back goes on with %s", y.Label())
	}
}

func TestALineThatIsNoKindIsNamed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"A Đất đai\nHộ tịch": "turn.kinds.line",
		"A Đất đai\na Thuế":  "turn.kinds.twice",
		"A":                  "turn.kinds.line",
		"1 Đất đai":          "turn.kinds.line",
	} {
		_, err := dossier.ParseTurnKinds(text, "kinds")
		if f := fault.As(err); f == nil || f.Fields[0].Key != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestNumbersHaveNoGapWhoeverTakesAtOnce(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	land, _ := queue(t, o)
	second := o.Officer
	second.Account = "0190aaaa-0000-7000-8000-000000000002"
	ok(t, o.Desk.SetTurnDesk(ctx, second, o.Commune, "4", []string{land.ID}))
	const n = 24
	numbers, calls := make([]int64, n), make([]string, n)
	each := func(do func(i int)) {
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() { do(i) })
		}
		wg.Wait()
	}
	each(func(i int) {
		x, err := o.Desk.TakeTurn(ctx, kiosk, o.Commune, land.ID, false)
		if err != nil {
			t.Error(err)
		}
		numbers[i] = x.Number
	})
	slices.Sort(numbers)
	for i, x := range numbers {
		if x != int64(i+1) {
			t.Fatalf("numbers are %v, want 1 to %d", numbers, n)
		}
	}
	each(func(i int) {
		who := []actor.Actor{o.Officer, second}[i%2]
		x, err := o.Desk.CallTurn(ctx, who, o.Commune)
		if err != nil {
			t.Error(err)
		}
		calls[i] = fmt.Sprint(x.Number)
	})
	slices.Sort(calls)
	if len(slices.Compact(calls)) != n {
		t.Errorf("two desks called the same number: %v", calls)
	}
}
