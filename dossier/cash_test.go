package dossier_test

import (
	"testing"
	"time"

	"cchc/base/fault"
	"cchc/dossier"
	"cchc/dossier/dossiertest"
)

func TestADaysCashIsCountedExplainedAndLocked(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	a, b := o.Receive(t, dossiertest.Birth), o.Receive(t, dossiertest.Land)
	c, err := o.Desk.OpenCash(ctx, o.Officer, o.Commune, 200_000)
	ok(t, err)
	if _, err := o.Desk.OpenCash(ctx, o.Officer, o.Commune, 0); !fault.Is(err, fault.Conflict) {
		t.Errorf("opened twice: %v, want Conflict", err)
	}
	if _, err := o.Desk.OpenCash(ctx, o.Specialist, o.Commune, 0); !fault.Is(err, fault.Forbidden) {
		t.Errorf("opened by a specialist: %v, want Forbidden", err)
	}
	ok(t, o.Desk.Pay(ctx, o.Officer, a.Code, dossier.Payment{Amount: 8_000, Channel: "cash"}))
	ok(t, o.Desk.Pay(ctx, o.Officer, b.Code, dossier.Payment{Amount: 500_000, Channel: "cash"}))
	ok(t, o.Desk.Pay(ctx, o.Officer, b.Code, dossier.Payment{Amount: 70_000, Channel: "national"})) // no cash
	// The second was of another dossier: given back, with a number of its own.
	w, err := o.Desk.ByCode(ctx, o.DB, o.Officer, b.Code)
	ok(t, err)
	for _, f := range w.Facts {
		if f.Kind == dossier.FPaid && f.How == "cash" {
			ok(t, o.Desk.Correct(ctx, o.Officer, b.Code, f.Seq, "thu nhầm hồ sơ"))
		}
	}
	got, err := o.Desk.Cash(ctx, o.DB, o.Officer, c.ID)
	ok(t, err)
	if got.Taken() != 508_000 || got.Refunded() != 500_000 || got.Expected() != 208_000 || len(got.Entries) != 3 {
		t.Fatalf("taken %d, refunded %d, expected %d in %d entries; want 508000, 500000, 208000 in 3", got.Taken(), got.Refunded(), got.Expected(), len(got.Entries))
	}
	for i, e := range got.Entries {
		if e.Number != int64(i+1) {
			t.Errorf("entry %d has the number %d", i+1, e.Number)
		}
	}
	// 207,500 counted: 500 short.
	count := map[int64]int64{200_000: 1, 5_000: 1, 2_000: 1, 500: 1}
	if err := o.Desk.CloseCash(ctx, o.Officer, c.ID, count, ""); !fault.Is(err, fault.Invalid) {
		t.Errorf("closed with an unexplained difference: %v, want Invalid", err)
	}
	if err := o.Desk.CloseCash(ctx, o.OtherOfficer, c.ID, count, "x"); !fault.Is(err, fault.Forbidden) {
		t.Errorf("closed by another: %v, want Forbidden", err)
	}
	if err := o.Desk.AdjustCash(ctx, o.Officer, c.ID, 500, "x"); !fault.Is(err, fault.Conflict) {
		t.Errorf("adjusted while open: %v, want Conflict", err)
	}
	ok(t, o.Desk.CloseCash(ctx, o.Officer, c.ID, count, "thiếu tiền lẻ trả lại"))
	if err := o.Desk.CloseCash(ctx, o.Officer, c.ID, count, "x"); !fault.Is(err, fault.Conflict) {
		t.Errorf("closed twice: %v, want Conflict", err)
	}
	if err := o.Desk.Pay(ctx, o.Officer, a.Code, dossier.Payment{Amount: 8_000, Channel: "cash"}); !fault.Is(err, fault.Conflict) {
		t.Errorf("cash into a closed drawer: %v, want Conflict", err)
	}
	ok(t, o.Desk.Pay(ctx, o.Officer, a.Code, dossier.Payment{Amount: 8_000, Channel: "province"}))
	if got, err = o.Desk.Cash(ctx, o.DB, o.CommuneChair, c.ID); err != nil || got.Difference() != -500 || got.Counted != 207_500 || got.Count[5_000] != 1 {
		t.Errorf("counted %d, difference %d, %v; want 207500, -500", got.Counted, got.Difference(), err)
	}
	if err := o.Desk.AdjustCash(ctx, o.Officer, c.ID, 500, ""); !fault.Is(err, fault.Invalid) {
		t.Errorf("adjusted without a reason: %v, want Invalid", err)
	}
	ok(t, o.Desk.AdjustCash(ctx, o.Officer, c.ID, 500, "tìm thấy dưới ngăn kéo"))
	if got, err = o.Desk.Cash(ctx, o.DB, o.Auditor, c.ID); err != nil || got.Difference() != 0 || got.Counted != 207_500 {
		t.Errorf("after the correction: counted %d, difference %d, %v; want 207500, 0", got.Counted, got.Difference(), err)
	}
	// The next day has a drawer of its own, opened by the first money.
	o.Clock.Advance(48 * time.Hour)
	ok(t, o.Desk.Pay(ctx, o.Officer, a.Code, dossier.Payment{Amount: 1_000, Channel: "cash"}))
	days, err := o.Desk.CashDays(ctx, o.DB, o.Officer, o.Commune, date("2026-11-01"))
	if err != nil || len(days) != 2 || days[0].Expected() != 1_000 || days[0].Entries[0].Number != 4 {
		t.Errorf("days %+v, %v; want two, the latest with 1000 under number 4", days, err)
	}
	if _, err := o.Desk.CashDays(ctx, o.DB, o.OtherOfficer, o.Commune, 0); !fault.Is(err, fault.Forbidden) {
		t.Errorf("read by another commune: %v, want Forbidden", err)
	}
	o.Clean(t)
}
