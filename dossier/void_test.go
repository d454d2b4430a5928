package dossier_test

import (
	"testing"
	"time"

	"cchc/base/fault"
	"cchc/dossier"
	"cchc/dossier/dossiertest"
	"cchc/unit"
)

func figures(t *testing.T, o *dossiertest.Office, known string) []int64 {
	t.Helper()
	q := dossier.Question{Unit: o.Commune, From: date("2026-11-01"), To: date("2026-11-30")}
	if known != "" {
		q.Known = date(known).End()
	}
	lines, err := o.Desk.Statistics(ctx, o.DB, o.Chair, q, dossier.ByNothing)
	ok(t, err)
	if len(lines) == 0 {
		return make([]int64, 13)
	}
	return lines[0].Figures(false)
}

func TestAReceiptMadeByMistakeCountsNowhereAndIsToldAsARestatement(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	wrong, right := o.Receive(t, dossiertest.Birth), o.Receive(t, dossiertest.Land)
	ok(t, o.Desk.Forward(ctx, o.Officer, wrong.Code, "", ""))
	if got := figures(t, o, ""); got[0] != 2 {
		t.Fatalf("received %d, want 2", got[0])
	}
	o.Clock.Set("2026-12-02 09:00")
	// Only with a reason, and only by who may.
	if err := o.Desk.VoidReceipt(ctx, o.Officer, wrong.Code, ""); !fault.Is(err, fault.Invalid) {
		t.Errorf("without a reason: %v, want Invalid", err)
	}
	if err := o.Desk.VoidReceipt(ctx, o.Specialist, wrong.Code, "nhầm"); !fault.Is(err, fault.Forbidden) {
		t.Errorf("by a specialist: %v, want Forbidden", err)
	}
	ok(t, o.Desk.VoidReceipt(ctx, o.Officer, wrong.Code, "chọn nhầm thủ tục"))
	if got := figures(t, o, ""); got[0] != 1 || got[8] != 1 {
		t.Errorf("November as known now: received %d, open %d; want 1, 1", got[0], got[8])
	}
	if got := figures(t, o, "2026-11-30"); got[0] != 2 || got[8] != 2 {
		t.Errorf("November as it was reported: received %d, open %d; want 2, 2", got[0], got[8])
	}
	w, err := o.Desk.ByCode(ctx, o.DB, o.Officer, wrong.Code)
	ok(t, err)
	if w.Status() != dossier.NotAccepted || w.End != dossier.EndVoided || w.AcceptedAt != 0 || w.IsOpen() || len(w.Facts) < 4 || !w.Void()[2] {
		t.Errorf("the void dossier is %+v with %d facts", w.State, len(w.Facts))
	}
	for _, b := range []dossier.Bucket{dossier.BucketNew, dossier.BucketOpen, dossier.BucketOverdue, dossier.BucketUncollected, dossier.BucketEnded} {
		rows, _, err := o.Desk.List(ctx, o.DB, o.Officer, dossier.Filter{Unit: o.Commune, Bucket: b})
		ok(t, err)
		for _, r := range rows {
			if r.Code == wrong.Code {
				t.Errorf("the void dossier is in the list %s", b)
			}
		}
	}
	if err := o.Desk.VoidReceipt(ctx, o.Officer, wrong.Code, "nữa"); !fault.Is(err, fault.Conflict) {
		t.Errorf("void twice: %v, want Conflict", err)
	}
	if err := o.Desk.Forward(ctx, o.Officer, wrong.Code, "", ""); !fault.Is(err, fault.Conflict) {
		t.Errorf("forwarded when void: %v, want Conflict", err)
	}
	o.Clean(t)

	// Received again as of then, under a code of its own; once.
	app := o.Application(dossiertest.Confirm)
	app.Replaces, app.At = wrong.Code, wrong.RegisteredAt
	again, err := o.Desk.Receive(ctx, o.Officer, app)
	ok(t, err)
	if again.AcceptedAt != wrong.AcceptedAt || again.Code == wrong.Code {
		t.Errorf("received again %s at %s, want another code, and %s", again.Code, again.AcceptedAt, wrong.AcceptedAt)
	}
	if _, err := o.Desk.Receive(ctx, o.Officer, app); !fault.Is(err, fault.Conflict) {
		t.Errorf("replaced twice: %v, want Conflict", err)
	}
	app.Replaces = right.Code
	if _, err := o.Desk.Receive(ctx, o.Officer, app); !fault.Is(err, fault.Conflict) {
		t.Errorf("replaced what is not void: %v, want Conflict", err)
	}
	by, _, err := o.Desk.Replaced(ctx, o.DB, w.Dossier)
	if err != nil || by != again.Code {
		t.Errorf("replaced by %q, %v; want %s", by, err, again.Code)
	}
	if w, err = o.Desk.ByCode(ctx, o.DB, o.Officer, again.Code); err != nil || w.Instead != wrong.Code {
		t.Errorf("in the place of %q, %v; want %s", w.Instead, err, wrong.Code)
	}
	o.Clean(t)
}

func TestWhatWasPaidOrHasEndedIsTakenBackFirst(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	d := o.Receive(t, dossiertest.Land)
	ok(t, o.Desk.Pay(ctx, o.Officer, d.Code, dossier.Payment{Amount: 50000, Channel: "national"}))
	if err := o.Desk.VoidReceipt(ctx, o.Officer, d.Code, "nhầm"); !fault.Is(err, fault.Conflict) {
		t.Errorf("void after a payment: %v, want Conflict", err)
	}
	w, err := o.Desk.ByCode(ctx, o.DB, o.Officer, d.Code)
	ok(t, err)
	for _, f := range w.Facts {
		if f.Kind == dossier.FPaid {
			ok(t, o.Desk.Correct(ctx, o.Officer, d.Code, f.Seq, "hoàn tiền"))
		}
	}
	ok(t, o.Desk.VoidReceipt(ctx, o.Officer, d.Code, "nhầm"))
	e := o.Receive(t, dossiertest.Birth)
	ok(t, o.Desk.Finish(ctx, o.Officer, e.Code, dossier.Result{}))
	if err := o.Desk.VoidReceipt(ctx, o.Officer, e.Code, "nhầm"); !fault.Is(err, fault.Conflict) {
		t.Errorf("void after the end: %v, want Conflict", err)
	}
	o.Clean(t)
}

// What a merger moved is void where it is now, and in no unit's moves.
func TestAVoidReceiptLeavesTheMovesOfAMerger(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	d := o.Receive(t, dossiertest.Land)
	o.Clock.Advance(24 * time.Hour)
	_, err := o.Desk.Transfer(ctx, o.Commune, date("2026-11-24"), "NQ", func(dossier.Dossier) unit.ID { return o.Mountain })
	ok(t, err)
	ok(t, o.Desk.VoidReceipt(ctx, o.OtherOfficer, d.Code, "nhầm người nộp"))
	o.Clean(t)
}

// A receipt that is void was refused to nobody.
func TestAVoidReceiptIsNoRefusal(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	x, err := o.Desk.Register(ctx, o.Officer, o.Application(dossiertest.Birth))
	ok(t, err)
	y, err := o.Desk.Register(ctx, o.Officer, o.Application(dossiertest.Birth))
	ok(t, err)
	ok(t, o.Desk.Decline(ctx, o.Officer, y.Code, "không thuộc thẩm quyền"))
	ok(t, o.Desk.VoidReceipt(ctx, o.Officer, x.Code, "nhầm"))
	lines, err := o.Desk.Statistics(ctx, o.DB, o.Chair, dossier.Question{Unit: o.Commune, From: date("2026-11-01"), To: date("2026-11-30"), Detail: true}, dossier.ByNothing)
	if err != nil || len(lines) != 1 || lines[0].NotAccepted != 1 {
		t.Errorf("lines %+v, %v; want one refusal", lines, err)
	}
	o.Clean(t)
}
