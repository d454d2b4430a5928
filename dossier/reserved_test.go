package dossier_test

import (
	"slices"
	"testing"

	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/dossier"
	"cchc/dossier/dossiertest"
)

func TestEveryReservedNumberHasItsAnswer(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	o.Receive(t, dossiertest.Birth)
	block, err := o.Desk.Reserve(ctx, o.Officer, o.Commune, 0, 3)
	ok(t, err)
	if d := o.Receive(t, dossiertest.Birth); d.Code != "H99.101-261123-0005" {
		t.Errorf("the next number is %s, want 0005 after the three reserved", d.Code)
	}
	list, err := o.Desk.ReservedBlock(ctx, o.DB, o.Officer, block)
	if err != nil || len(list) != 3 || list[0].Code != "H99.101-261123-0002" || list[2].Code != "H99.101-261123-0004" {
		t.Fatalf("the block is %+v, %v", list, err)
	}
	for about, n := range map[string]int{"none": 0, "too many": 101} {
		if _, err := o.Desk.Reserve(ctx, o.Officer, o.Commune, 0, n); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want Invalid", about, err)
		}
	}
	if _, err := o.Desk.Reserve(ctx, o.Officer, o.Commune, date("2026-11-22"), 1); !fault.Is(err, fault.Invalid) {
		t.Errorf("for yesterday: %v, want Invalid", err)
	}
	if _, err := o.Desk.Reserve(ctx, o.Specialist, o.Commune, 0, 1); !fault.Is(err, fault.Forbidden) {
		t.Errorf("by a specialist: %v, want Forbidden", err)
	}

	// Written on Monday at 14:00, entered on Thursday: promised from Monday.
	o.Clock.Set("2026-11-26 09:00")
	app := o.Application(dossiertest.Birth)
	app.Reserved = list[1].Code
	if _, err := o.Desk.Receive(ctx, o.Officer, app); !fault.Is(err, fault.Invalid) {
		t.Errorf("without the paper's time: %v, want Invalid", err)
	}
	// Nobody can have written on a paper that was not there yet.
	app.At = date("2026-11-23").At(8*3600 + 59*60)
	if _, err := o.Desk.Receive(ctx, o.Officer, app); fault.As(err) == nil || fault.As(err).Fields[0].Key != "counter.reserved.before" {
		t.Errorf("written before the number was reserved: %v, want counter.reserved.before", err)
	}
	app.At = date("2026-11-23").At(14 * 3600)
	d, err := o.Desk.Receive(ctx, o.Officer, app)
	ok(t, err)
	if want := date("2026-11-27").At(17 * 3600); d.Code != list[1].Code || d.AcceptedAt != app.At || d.Due != want {
		t.Errorf("entered %s at %s due %s; want %s at %s due %s", d.Code, d.AcceptedAt, d.Due, list[1].Code, app.At, want)
	}
	if _, err := o.Desk.Receive(ctx, o.Officer, app); !fault.Is(err, fault.Invalid) {
		t.Errorf("used twice: %v, want Invalid", err)
	}
	app.Reserved, app.Unit = list[0].Code, o.Mountain
	if _, err := o.Desk.Receive(ctx, o.OtherOfficer, app); !fault.Is(err, fault.Invalid) {
		t.Errorf("used by another commune: %v, want Invalid", err)
	}

	cancel := func(reason string, codes ...string) error {
		return o.Desk.CancelReserved(ctx, o.Officer, o.Commune, codes, reason)
	}
	if err := cancel("", list[0].Code); !fault.Is(err, fault.Invalid) {
		t.Errorf("cancelled without a reason: %v, want Invalid", err)
	}
	// All or none.
	if err := cancel("không dùng", list[0].Code, list[1].Code); !fault.Is(err, fault.Invalid) {
		t.Errorf("cancelled what is used: %v, want Invalid", err)
	}
	ok(t, cancel("viết hỏng", list[0].Code))
	app.Unit = o.Commune
	if _, err := o.Desk.Receive(ctx, o.Officer, app); !fault.Is(err, fault.Invalid) {
		t.Errorf("used what is cancelled: %v, want Invalid", err)
	}
	open, done, err := o.Desk.ReservedNumbers(ctx, o.DB, o.CommuneChair, o.Commune)
	if err != nil || len(open) != 1 || open[0].Code != list[2].Code || len(done) != 2 ||
		!slices.ContainsFunc(done, func(r dossier.Reserved) bool { return r.Reason == "viết hỏng" && r.Cancelled != moment.Instant(0) }) {
		t.Errorf("open %+v, done %+v, %v", open, done, err)
	}
	o.Clean(t)
}
