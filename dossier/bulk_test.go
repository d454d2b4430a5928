package dossier_test

import (
	"context"
	"errors"
	"testing"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/dossier"
	"cchc/dossier/dossiertest"
)

// account makes a person who can be given steps.
func account(t testing.TB, o *dossiertest.Office, a actor.Actor) actor.Actor {
	t.Helper()
	id, err := o.Accounts.Create(ctx, actor.System("test"), auth.NewAccount{Login: a.Login, Name: a.Name, Password: "nắng chiều trên sông", Grants: a.Grants})
	ok(t, err)
	a.Account = id
	return a
}

func run(act dossier.BulkAct, codes ...string) dossier.Bulk {
	b := dossier.Bulk{ID: db.NewID(), Act: act}
	for _, c := range codes {
		b.Items = append(b.Items, dossier.BulkItem{Code: c, Until: at("2026-12-10T17:00")})
	}
	return b
}

func goOn(t testing.TB, o *dossiertest.Office, a actor.Actor, b dossier.Bulk) dossier.BulkRun {
	t.Helper()
	ok(t, o.Desk.BulkStart(ctx, a, b))
	r, err := o.Desk.BulkGoOn(ctx, a, b.ID)
	ok(t, err)
	return r
}

// told compares what became of each dossier: "" done, else the key of the reason.
func told(t testing.TB, r dossier.BulkRun, want ...string) {
	t.Helper()
	for i, x := range r.Results {
		got := ""
		if x.Problem != nil {
			got = x.Problem.Key
		}
		if got != want[i] || (x.Done != 0) != (want[i] == "") {
			t.Errorf("%s: %q (done %v), want %q", x.Code, got, x.Done, want[i])
		}
	}
	if len(r.Results) != len(want) || r.Finished == 0 {
		t.Errorf("%d results, finished %v; want %d", len(r.Results), r.Finished, len(want))
	}
}

func entries(t testing.TB, o *dossiertest.Office, id, verb string) (n int) {
	t.Helper()
	all, err := audit.Of(ctx, o.DB, "dossier", id)
	ok(t, err)
	for _, e := range all {
		if e.Verb == verb {
			n++
		}
	}
	return n
}

func TestManyAreAssignedEachByItsOwnRules(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	who := account(t, o, o.Specialist)
	fresh, taken, ended := o.Receive(t, dossiertest.Birth), o.Receive(t, dossiertest.Birth), o.Receive(t, dossiertest.Birth)
	app := o.Application(dossiertest.Birth)
	app.Unit = o.Mountain
	far, err := o.Desk.Receive(ctx, o.OtherOfficer, app)
	ok(t, err)
	other := o.Specialist
	other.Account = db.NewID()
	ok(t, o.Desk.Claim(ctx, other, taken.Code))
	ok(t, o.Desk.Finish(ctx, o.Specialist, ended.Code, dossier.Result{}))

	b := run(dossier.BulkAssign, fresh.Code, taken.Code, ended.Code)
	b.To = who.Account
	lines, people, err := o.Desk.BulkPreview(ctx, o.DB, o.Officer, &b)
	ok(t, err)
	for i, want := range []string{"", "dossier.claimed_already", "bulk.not_open"} {
		got := ""
		if lines[i].Problem != nil {
			got = lines[i].Problem.Key
		}
		if got != want {
			t.Errorf("preview of %s: %q, want %q", lines[i].Code, got, want)
		}
	}
	if len(people) != 1 || people[0].Account != who.Account {
		t.Errorf("people %v", people)
	}
	if w := get(t, o, fresh.Code); w.Step.Account != "" || len(w.Facts) != 2 {
		t.Errorf("the preview changed something: %+v", w.Step)
	}
	r := goOn(t, o, o.Officer, b)
	told(t, r, "", "dossier.claimed_already", "bulk.not_open")
	w := get(t, o, fresh.Code)
	if w.Step.Account != who.Account || w.Status() != dossier.Accepted {
		t.Errorf("step %+v, status %d: want the specialist's, and not begun", w.Step, w.Status())
	}
	if n := entries(t, o, w.ID, "dossier.process"); n != 1 {
		t.Errorf("%d audit entries, want 1", n)
	}
	if n := entries(t, o, ended.ID, "dossier.process"); n != 1 { // Finish
		t.Errorf("what failed has %d audit entries, want 1", n)
	}

	// The commune's chairperson may give to another what one has; nobody else's unit is touched.
	b = run(dossier.BulkAssign, taken.Code)
	b.To = who.Account
	told(t, goOn(t, o, o.CommuneChair, b), "")
	b = run(dossier.BulkAssign, far.Code)
	b.To = who.Account
	refused(t, o.Desk.BulkStart(ctx, o.Officer, b), fault.Forbidden, "auth.forbidden")
	told(t, goOn(t, o, o.Chair, b), "bulk.person_wrong") // not a person of that unit
	b = run(dossier.BulkAssign, fresh.Code)
	refused(t, o.Desk.BulkStart(ctx, o.Officer, b), fault.Invalid, "bulk.to_missing")
	o.Clean(t)
}

func TestARunSentTwiceIsOneAndOneCutOffGoesOn(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	x, y := o.Receive(t, dossiertest.Birth), o.Receive(t, dossiertest.Land)
	b := run(dossier.BulkForward, x.Code, y.Code, x.Code)
	ok(t, o.Desk.BulkStart(ctx, o.Specialist, b))
	// Cut off before anything was done: the run is there, and nothing else.
	r, err := o.Desk.BulkRun(ctx, o.DB, o.Specialist, b.ID)
	ok(t, err)
	if _, _, left, _ := r.Counts(); left != 2 || r.Finished != 0 {
		t.Errorf("%d left, finished %v; want 2 once each", left, r.Finished)
	}
	refusedRun := func(a actor.Actor) {
		t.Helper()
		_, err := o.Desk.BulkGoOn(ctx, a, b.ID)
		refused(t, err, fault.NotFound, "bulk.unknown")
	}
	refusedRun(o.Officer)
	refusedRun(actor.Actor{})
	refused(t, o.Desk.BulkStart(ctx, o.Officer, b), fault.NotFound, "bulk.unknown")
	done := make(chan error, 2)
	for range 2 { // two at once
		go func() {
			_, err := o.Desk.BulkGoOn(ctx, o.Specialist, b.ID)
			done <- err
		}()
	}
	ok(t, <-done)
	ok(t, <-done)
	told(t, goOn(t, o, o.Specialist, b), "", "")
	for _, d := range []dossier.Dossier{x, y} {
		w := get(t, o, d.Code)
		if n := entries(t, o, d.ID, "dossier.process"); n != 1 || w.Step.Role != "chairperson" {
			t.Errorf("%s: %d forwards, now %+v; want one, at the chairperson", d.Code, n, w.Step)
		}
	}
	o.Clean(t)
}

func TestForwardingIsTakenBackUntilSomethingFollows(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	x, y := o.Receive(t, dossiertest.Birth), o.Receive(t, dossiertest.Birth)
	ok(t, o.Desk.Claim(ctx, o.Specialist, y.Code))
	before := map[string]dossier.Whole{x.Code: get(t, o, x.Code), y.Code: get(t, o, y.Code)}
	b := run(dossier.BulkForward, x.Code, y.Code)
	goOn(t, o, o.Specialist, b)
	ok(t, o.Desk.SendBack(ctx, o.CommuneChair, y.Code, "thiếu chữ ký"))
	_, err := o.Desk.BulkUndo(ctx, o.Specialist, b.ID, " ")
	refused(t, err, fault.Invalid, "dossier.reason_missing")
	_, err = o.Desk.BulkUndo(ctx, o.Officer, b.ID, "nhầm")
	refused(t, err, fault.NotFound, "bulk.unknown")
	o.Clock.Set("2026-11-23T10:00")
	for range 2 { // sent twice
		r, err := o.Desk.BulkUndo(ctx, o.Specialist, b.ID, "chuyển nhầm")
		ok(t, err)
		if r.Results[0].Undone == 0 || r.Results[1].Undone != 0 || r.Results[1].UndoProblem == nil || r.Results[1].UndoProblem.Key != "bulk.undo_changed" {
			t.Errorf("undone %v and %v (%v)", r.Results[0].Undone, r.Results[1].Undone, r.Results[1].UndoProblem)
		}
	}
	w, was := get(t, o, x.Code), before[x.Code]
	if w.Step != was.Step || w.Status() != was.Status() || len(w.Steps) != len(was.Steps) || w.Steps[2] != was.Steps[2] || w.Steps[1] != was.Steps[1] {
		t.Errorf("taken back: %+v %d, was %+v %d", w.Step, w.Status(), was.Step, was.Status())
	}
	if last := w.Facts[len(w.Facts)-1]; last.Kind != dossier.FCorrected || last.Reason != "chuyển nhầm" || last.Ref != len(w.Facts)-1 {
		t.Errorf("the last fact is %+v", last)
	}
	if n := entries(t, o, w.ID, "dossier.process"); n != 2 {
		t.Errorf("%d audit entries, want the forward and its undoing", n)
	}
	if got := get(t, o, y.Code); len(got.Facts) != 5 {
		t.Errorf("what moved on has %d facts, want 5", len(got.Facts))
	}
	// It goes on from there as if nothing had been.
	told(t, goOn(t, o, o.Specialist, run(dossier.BulkForward, x.Code)), "")
	o.Clean(t)
}

func TestAnAssignmentIsTakenBackToWhoHadIt(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	who := account(t, o, o.Specialist)
	x, y := o.Receive(t, dossiertest.Birth), o.Receive(t, dossiertest.Birth)
	ok(t, o.Desk.Claim(ctx, o.Specialist, x.Code))
	b := run(dossier.BulkAssign, x.Code, y.Code)
	b.To = who.Account
	told(t, goOn(t, o, o.CommuneChair, b), "", "")
	ok(t, o.Desk.Forward(ctx, who, y.Code, "", "")) // the work goes on
	r, err := o.Desk.BulkUndo(ctx, o.CommuneChair, b.ID, "giao nhầm người")
	ok(t, err)
	if done, failed, left, undone := r.Counts(); done != 2 || failed+left != 0 || undone != 1 {
		t.Errorf("%d done, %d failed, %d left, %d undone", done, failed, left, undone)
	}
	if w := get(t, o, x.Code); w.Step.Account != o.Specialist.Account {
		t.Errorf("the step is %q's, want who had it", w.Step.Account)
	}
	o.Clean(t)
}

func TestManyAreApologisedForAndHandedOver(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	x, y, z := o.Receive(t, dossiertest.Birth), o.Receive(t, dossiertest.Birth), o.Receive(t, dossiertest.Land)
	b := run(dossier.BulkApologise, x.Code, z.Code)
	refused(t, o.Desk.BulkStart(ctx, o.Officer, b), fault.Invalid, "dossier.reason_missing")
	b.Reason = "Chờ đo đạc"
	refused(t, o.Desk.BulkStart(ctx, o.Specialist, b), fault.Forbidden, "auth.forbidden")
	told(t, goOn(t, o, o.Officer, b), "", "dossier.new_date_wrong") // 10/12 is before the land dossier's due date
	if w := get(t, o, x.Code); w.DuePromised != at("2026-12-10T17:00") || w.Due != x.Due || entries(t, o, w.ID, "dossier.apologise") != 1 {
		t.Errorf("promised %s, due %s", w.DuePromised, w.Due)
	}
	_, err := o.Desk.BulkUndo(ctx, o.Officer, b.ID, "nhầm")
	refused(t, err, fault.Conflict, "bulk.undo_never.apologise")
	b = run(dossier.BulkApologise, x.Code)
	b.Reason = "Lần nữa"
	told(t, goOn(t, o, o.Officer, b), "dossier.apologised_already")

	ok(t, o.Desk.Finish(ctx, o.Specialist, y.Code, dossier.Result{}))
	b = run(dossier.BulkReturn, x.Code, y.Code)
	b.How, b.Document = dossier.ByPost, "BK 12/11"
	told(t, goOn(t, o, o.Officer, b), "bulk.not_resolved", "")
	w := get(t, o, y.Code)
	if last := w.Facts[len(w.Facts)-1]; w.Status() != dossier.HandedOver || last.How != dossier.ByPost || last.Document != "BK 12/11" {
		t.Errorf("status %d, last fact %+v", w.Status(), last)
	}
	told(t, goOn(t, o, o.Officer, run(dossier.BulkReturn, y.Code)), "bulk.returned_already")
	_, err = o.Desk.BulkUndo(ctx, o.Officer, b.ID, "nhầm")
	refused(t, err, fault.Conflict, "bulk.undo_never.return")
	o.Clean(t)
}

// What cuts a run off half-way leaves what is done done; the rest is done later,
// by the rights of then.
func TestARunCutOffHalfWayGoesOnByTheRightsOfThen(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	x, y, z := o.Receive(t, dossiertest.Birth), o.Receive(t, dossiertest.Birth), o.Receive(t, dossiertest.Birth)
	b := run(dossier.BulkForward, x.Code, y.Code, z.Code)
	ok(t, o.Desk.BulkStart(ctx, o.Specialist, b))
	cut := errors.New("the power went")
	o.Desk.Changed = func(_ context.Context, _ *db.Tx, d dossier.Dossier, _ dossier.Status, _ []dossier.Fact) error {
		if d.Code == y.Code {
			return cut
		}
		return nil
	}
	if _, err := o.Desk.BulkGoOn(ctx, o.Specialist, b.ID); !errors.Is(err, cut) {
		t.Fatalf("error %v, want the cut", err)
	}
	o.Desk.Changed = nil
	r, err := o.Desk.BulkRun(ctx, o.DB, o.Specialist, b.ID)
	ok(t, err)
	if done, failed, left, _ := r.Counts(); done != 1 || failed != 0 || left != 2 || r.Finished != 0 {
		t.Errorf("%d done, %d failed, %d left, finished %v", done, failed, left, r.Finished)
	}
	if w := get(t, o, y.Code); len(w.Facts) != 2 || w.Step.Role != "specialist" {
		t.Errorf("what was cut off has %d facts and is at %+v", len(w.Facts), w.Step)
	}
	moved := o.Specialist
	moved.Grants = []actor.Grant{{Role: actor.Specialist, Unit: o.Mountain}}
	r, err = o.Desk.BulkGoOn(ctx, moved, b.ID)
	ok(t, err)
	told(t, r, "", "bulk.no_right", "bulk.no_right")
	// Those that failed are a new run.
	told(t, goOn(t, o, o.Specialist, run(dossier.BulkForward, y.Code, z.Code)), "", "")
	for _, d := range []dossier.Dossier{x, y, z} {
		if w := get(t, o, d.Code); w.Step.Role != "chairperson" || entries(t, o, d.ID, "dossier.process") != 1 {
			t.Errorf("%s is at %+v", d.Code, w.Step)
		}
	}
	o.Clean(t)
}
