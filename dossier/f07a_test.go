package dossier_test

import (
	"testing"
	"time"

	"cchc/dossier"
	"cchc/dossier/dossiertest"
)

// Form 07a/BTP of eleven dossiers, counted by hand; each figure opens to as many,
// and officers sum to the total.
func TestForm07aByHand(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	receive := func(procedure string, change func(*dossier.Application)) string {
		app := o.Application(procedure)
		change(&app)
		d, err := o.Desk.Receive(ctx, o.Officer, app)
		ok(t, err)
		return d.Code
	}
	online := func(a *dossier.Application) { a.Channel = dossier.Online }
	direct := func(*dossier.Application) {}
	done := receive(dossiertest.Birth, online) // the procedure is online in full
	receive(dossiertest.Land, func(a *dossier.Application) { a.Channel, a.Elsewhere = dossier.Online, true })
	receive(dossiertest.Certify, online) // the catalogue doesn't say how far
	ok(t, o.Desk.Finish(ctx, o.Specialist, done, dossier.Result{}))
	for _, channel := range []string{"national", "cash"} {
		code := receive(dossiertest.Birth, direct)
		ok(t, o.Desk.Oblige(ctx, o.Specialist, code, dossier.Ask{Reason: "lệ phí"}))
		ok(t, o.Desk.Pay(ctx, o.Officer, code, dossier.Payment{Amount: 8000, Channel: channel}))
	}
	door, err := o.Desk.Register(ctx, o.Officer, o.Application(dossiertest.Birth))
	ok(t, err)
	ok(t, o.Desk.Decline(ctx, o.Officer, door.Code, "sai nơi"))
	ok(t, o.Desk.Stop(ctx, o.Specialist, receive(dossiertest.Birth, direct), "dừng", ""))
	back := receive(dossiertest.Birth, direct)
	ok(t, o.Desk.AskWithdrawal(ctx, o.Officer, back, "rút"))
	ok(t, o.Desk.ConfirmWithdrawal(ctx, o.Specialist, back))
	ok(t, o.Desk.Refuse(ctx, o.Specialist, receive(dossiertest.Birth, direct), "không đủ", dossier.Result{}))
	sorry := receive(dossiertest.Birth, direct)
	ok(t, o.Desk.Apologise(ctx, o.CommuneChair, sorry, dossier.Apology{Reason: "chậm", Until: o.DB.Now().Add(20 * 24 * time.Hour)}))
	receive(dossiertest.Birth, direct)
	o.Clock.Set("2026-11-30T18:00") // all but the land dossier are overdue, or ended
	x := dossier.Question{Unit: o.Commune, From: date("2026-11-01"), To: date("2026-11-30"), Detail: true}
	lines, err := o.Desk.Statistics(ctx, o.DB, o.Chair, x, dossier.ByOfficer)
	ok(t, err)
	want := map[dossier.Column]int64{
		"received": 10, "online": 3, "other": 7, "online_full": 1, "online_partial": 1, "online_unknown": 1, "non_territorial": 1,
		"resolved": 4, "early": 4, "returned": 3, "refused": 1, "stopped": 1, "withdrawn": 1, "not_accepted": 1,
		"in_progress": 6, "in_time": 1, "overdue": 5, "apologised": 1, "no_apology": 4, "obliged": 2, "paid_online": 1,
	}
	for _, c := range dossier.Columns {
		if got := lines[0].At(c); got != want[c] {
			t.Errorf("%s is %d, want %d", c, got, want[c])
		}
		rows, err := o.Desk.Behind(ctx, o.DB, o.Chair, x, c)
		ok(t, err)
		if int64(len(rows)) != want[c] {
			t.Errorf("%s lists %d, want %d", c, len(rows), want[c])
		}
		sum := int64(0)
		for _, l := range lines[1:] {
			sum += l.At(c)
		}
		if sum != want[c] {
			t.Errorf("%s: officers sum to %d, want %d", c, sum, want[c])
		}
	}
	// As known before the last week nothing of it was overdue.
	x.Known = o.DB.Now().Add(-7 * 24 * time.Hour)
	then, err := o.Desk.Statistics(ctx, o.DB, o.Chair, x, dossier.ByNothing)
	ok(t, err)
	if r := then[0].II06a; r.Overdue != 0 || r.NotAccepted != 1 || r.Received != 10 {
		t.Errorf("as known a week before: %+v", r)
	}
}
