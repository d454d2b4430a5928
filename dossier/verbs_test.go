package dossier_test

import (
	"context"
	"testing"

	"cchc/base/actor"
	"cchc/base/fault"
	"cchc/base/look"
	"cchc/base/moment"
	"cchc/calendar"
	"cchc/dossier"
	"cchc/dossier/dossiertest"
)

var ctx = context.Background()

func get(t testing.TB, o *dossiertest.Office, code string) dossier.Whole {
	t.Helper()
	w, err := o.Desk.ByCode(ctx, o.DB, o.Officer, code)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func refused(t testing.TB, err error, kind fault.Kind, key string) {
	t.Helper()
	f := fault.As(err)
	if f == nil || f.Kind != kind {
		t.Fatalf("error = %v, want a fault %s", err, key)
	}
	if f.Key != key && (len(f.Fields) == 0 || f.Fields[0].Key != key) {
		t.Fatalf("fault = %v, want %s", f, key)
	}
}

func at(s string) moment.Instant {
	i, err := moment.ParseInstant(s)
	if err != nil {
		panic(err)
	}
	return i
}

func TestReceivePromisesByLaw(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	for _, c := range []struct{ procedure, due string }{
		{dossiertest.Certify, "2026-11-23T17:00"}, // before 15:00: the same day
		{dossiertest.Birth, "2026-11-27T17:00"},   // 24/11 is a holiday
		{dossiertest.Confirm, "2026-11-23T11:00"},
	} {
		if d := o.Receive(t, c.procedure); d.Due.String() != c.due || d.DueOriginal != d.Due || d.Status() != dossier.Accepted {
			t.Errorf("%s: due %s (first %s), status %d; want %s", c.procedure, d.Due, d.DueOriginal, d.Status(), c.due)
		}
	}
	app := o.Application(dossiertest.Land)
	app.Unit = o.Mountain
	far, err := o.Desk.Receive(ctx, o.OtherOfficer, app)
	ok(t, err)
	near := o.Receive(t, dossiertest.Land)
	if !(far.Due > near.Due) {
		t.Errorf("a mountainous commune has %s, an ordinary one %s", far.Due, near.Due)
	}
	if near.Code != "H99.101-261123-0004" || far.Code != "H99.102-261123-0001" {
		t.Errorf("codes %s and %s", near.Code, far.Code)
	}
	o.Clean(t)
}

func TestReceiveSaysWhatIsWrongAndWhere(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	for name, c := range map[string]struct {
		edit  func(*dossier.Application)
		field string
	}{
		"no name":           {func(a *dossier.Application) { a.Person.Name = " " }, "name"},
		"phone":             {func(a *dossier.Application) { a.Person.Phone = "12ab" }, "phone"},
		"unknown procedure": {func(a *dossier.Application) { a.Procedure = "9.999999" }, "procedure"},
		"channel":           {func(a *dossier.Application) { a.Channel = "fax" }, "channel"},
		"future":            {func(a *dossier.Application) { a.At = at("2026-11-23T09:01") }, "at"},
		"paper source":      {func(a *dossier.Application) { a.Papers[0].Source = "" }, "papers.0"},
	} {
		app := o.Application(dossiertest.Birth)
		c.edit(&app)
		_, err := o.Desk.Receive(ctx, o.Officer, app)
		f := fault.As(err)
		if f == nil || len(f.Fields) == 0 || f.Fields[0].Name != c.field {
			t.Errorf("%s: %v, want field %s", name, err, c.field)
		}
	}
}

func TestOnlyThoseWhoMayReceive(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	for name, a := range map[string]actor.Actor{"specialist": o.Specialist, "chair": o.Chair, "auditor": o.Auditor, "admin": o.Admin, "other commune": o.OtherOfficer} {
		if _, err := o.Desk.Receive(ctx, a, o.Application(dossiertest.Birth)); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s: %v, want forbidden", name, err)
		}
	}
	if _, err := o.Desk.Receive(ctx, actor.Actor{}, o.Application(dossiertest.Birth)); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("visitor: %v, want unauthenticated", err)
	}
	d := o.Receive(t, dossiertest.Birth)
	if _, err := o.Desk.ByCode(ctx, o.DB, o.OtherOfficer, d.Code); !fault.Is(err, fault.Forbidden) {
		t.Errorf("another commune's officer reads it: %v", err)
	}
}

// From the counter to the hand-over, through the steps.
func TestWholeLife(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	d := o.Receive(t, dossiertest.Birth)
	w := get(t, o, d.Code)
	if len(w.Steps) != 4 || w.Step.Role != "specialist" || w.Steps[0].Done == 0 {
		t.Fatalf("steps %+v, now %+v", w.Steps, w.Step)
	}
	if last := w.Steps[3]; last.Due != d.Due {
		t.Errorf("the last step is due %s, the dossier %s", last.Due, d.Due)
	}
	ok(t, o.Desk.Claim(ctx, o.Specialist, d.Code))
	refused(t, o.Desk.Claim(ctx, o.Officer, d.Code), fault.Conflict, "dossier.claimed_already")
	if w = get(t, o, d.Code); w.Status() != dossier.InProgress || w.Step.Account != o.Specialist.Account {
		t.Errorf("status %d, step %+v", w.Status(), w.Step)
	}
	o.Clock.Set("2026-11-25T09:00")
	ok(t, o.Desk.Forward(ctx, o.Specialist, d.Code, "", "đủ điều kiện"))
	ok(t, o.Desk.SendBack(ctx, o.CommuneChair, d.Code, "thiếu chữ ký"))
	if w = get(t, o, d.Code); w.Step.Role != "specialist" || len(w.Steps) != 6 {
		t.Fatalf("after sending back: step %+v of %d", w.Step, len(w.Steps))
	}
	ok(t, o.Desk.Forward(ctx, o.Specialist, d.Code, "", ""))
	ok(t, o.Desk.Forward(ctx, o.CommuneChair, d.Code, "", ""))
	refused(t, o.Desk.Forward(ctx, o.Officer, d.Code, "", ""), fault.Conflict, "dossier.last_step")
	ok(t, o.Desk.Finish(ctx, o.Officer, d.Code, dossier.Result{Electronic: true}))
	o.Clock.Set("2026-11-26T10:00")
	ok(t, o.Desk.HandOver(ctx, o.Officer, d.Code, dossier.AtCounter, 0, ""))
	w = get(t, o, d.Code)
	if w.Status() != dossier.HandedOver || w.Verdict() != dossier.Early || w.Marks&dossier.EResult == 0 || w.Step.Name != "" {
		t.Errorf("at the end: status %d, %s, marks %b, step %+v", w.Status(), w.Verdict(), w.Marks, w.Step)
	}
	ok(t, o.Desk.Rate(ctx, w.RatingToken, 5))
	refused(t, o.Desk.Rate(ctx, w.RatingToken, 1), fault.Conflict, "dossier.rated_already")
	refused(t, o.Desk.Finish(ctx, o.Officer, d.Code, dossier.Result{}), fault.Conflict, "dossier.wrong_status")
	o.Clean(t)
}

// The three rows of golden_clock, lived through the verbs.
func TestSupplementMovesTheDueDateAsTheProcedureSays(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	o.Clock.Set("2026-11-02T09:00")
	pauses, resets := o.Receive(t, dossiertest.Birth), o.Receive(t, dossiertest.Land)
	o.Clock.Set("2026-11-04T15:00")
	for _, d := range []dossier.Dossier{pauses, resets} {
		refused(t, o.Desk.AskForMore(ctx, o.Specialist, d.Code, dossier.Ask{}), fault.Invalid, "dossier.reason_missing")
		ok(t, o.Desk.AskForMore(ctx, o.Specialist, d.Code, dossier.Ask{Reason: "thiếu bản đồ", Document: "14/YCBS"}))
		refused(t, o.Desk.Finish(ctx, o.Specialist, d.Code, dossier.Result{}), fault.Conflict, "dossier.wrong_status")
	}
	o.Clock.Set("2026-11-13T10:00")
	for _, d := range []dossier.Dossier{pauses, resets} {
		refused(t, o.Desk.Discharge(ctx, o.Officer, d.Code, 0), fault.Conflict, "dossier.not_waiting")
		ok(t, o.Desk.Supply(ctx, o.Officer, d.Code, 0, 0))
	}
	// 3 days from 2/11: 3, 4 used, one more after the day of supply.
	if w := get(t, o, pauses.Code); w.Due.String() != "2026-11-16T17:00" || w.DueOriginal.String() != "2026-11-05T17:00" || w.Supplements != 1 {
		t.Errorf("paused: due %s, first %s", w.Due, w.DueOriginal)
	}
	// 20 days anew after 13/11, 24/11 off.
	if w := get(t, o, resets.Code); w.Due.String() != "2026-12-14T17:00" {
		t.Errorf("reset: due %s", w.Due)
	}
	refused(t, o.Desk.AskForMore(ctx, o.Specialist, pauses.Code, dossier.Ask{Reason: "thêm"}), fault.Invalid, "dossier.second_supplement")
	ok(t, o.Desk.AskForMore(ctx, o.Specialist, pauses.Code, dossier.Ask{Reason: "thêm", Again: true}))
	o.Clean(t)
}

func TestObligationPausesUntilPaid(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	d := o.Receive(t, dossiertest.Birth)
	ok(t, o.Desk.Oblige(ctx, o.Specialist, d.Code, dossier.Ask{Reason: "lệ phí"}))
	o.Clock.Set("2026-11-30T09:00")
	refused(t, o.Desk.Pay(ctx, o.Officer, d.Code, dossier.Payment{Amount: -1, Channel: "cash"}), fault.Invalid, "dossier.amount_wrong")
	ok(t, o.Desk.Pay(ctx, o.Officer, d.Code, dossier.Payment{Amount: 50_000, Channel: "national"}))
	w := get(t, o, d.Code)
	// 23/11 asked on the day of receipt: all three days are left after 30/11.
	if w.Due.String() != "2026-12-03T17:00" || w.Marks&(dossier.Obliged|dossier.PaidOnline) != dossier.Obliged|dossier.PaidOnline || w.Waiting != "" {
		t.Errorf("due %s, marks %b, waiting %q", w.Due, w.Marks, w.Waiting)
	}
	o.Clean(t)
}

func TestApologyOnceInTimeOrFlagged(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	inTime, flagged := o.Receive(t, dossiertest.Birth), o.Receive(t, dossiertest.Birth)
	o.Clock.Set("2026-11-26T16:00")
	x := dossier.Apology{Reason: "quá tải", Until: at("2026-12-02T17:00")}
	refused(t, o.Desk.Apologise(ctx, o.Officer, inTime.Code, dossier.Apology{Reason: "quá tải", Until: at("2026-11-27T17:00")}), fault.Invalid, "dossier.new_date_wrong")
	ok(t, o.Desk.Apologise(ctx, o.Officer, inTime.Code, x))
	refused(t, o.Desk.Apologise(ctx, o.Officer, inTime.Code, x), fault.Conflict, "dossier.apologised_already")
	o.Clock.Set("2026-11-30T09:00")
	rows, _, err := o.Desk.List(ctx, o.DB, o.Officer, dossier.Filter{Unit: o.Commune, Bucket: dossier.BucketNoApology})
	ok(t, err)
	if len(rows) != 1 || rows[0].Code != flagged.Code {
		t.Errorf("overdue without an apology: %d rows", len(rows))
	}
	ok(t, o.Desk.Apologise(ctx, o.Officer, flagged.Code, x))
	a, b := get(t, o, inTime.Code), get(t, o, flagged.Code)
	if !a.ApologyInTime() || b.ApologyInTime() || a.Due.String() != "2026-11-27T17:00" || !a.Overdue(o.DB.Now()) {
		t.Errorf("in time %t, %t; due %s", a.ApologyInTime(), b.ApologyInTime(), a.Due)
	}
	o.Clean(t)
}

func TestWithdrawalStopAndRefusal(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	w1, w2, s, r := o.Receive(t, dossiertest.Birth), o.Receive(t, dossiertest.Birth), o.Receive(t, dossiertest.Birth), o.Receive(t, dossiertest.Birth)
	ok(t, o.Desk.AskWithdrawal(ctx, o.Officer, w1.Code, "đổi ý"))
	ok(t, o.Desk.ConfirmWithdrawal(ctx, o.Specialist, w1.Code))
	ok(t, o.Desk.AskWithdrawal(ctx, o.Officer, w2.Code, ""))
	ok(t, o.Desk.DeclineWithdrawal(ctx, o.Specialist, w2.Code, "công dân đổi ý"))
	ok(t, o.Desk.Stop(ctx, o.Specialist, s.Code, "không bổ sung", "05/TB"))
	ok(t, o.Desk.Refuse(ctx, o.Specialist, r.Code, "không đủ điều kiện", dossier.Result{}))
	for code, want := range map[string]dossier.Status{w1.Code: dossier.Stopped, w2.Code: dossier.Accepted, s.Code: dossier.Stopped, r.Code: dossier.Finished} {
		if got := get(t, o, code).Status(); got != want {
			t.Errorf("%s: status %d, want %d", code, got, want)
		}
	}
	refused(t, o.Desk.AskWithdrawal(ctx, o.Officer, r.Code, ""), fault.Conflict, "dossier.wrong_status")
	o.Clean(t)
}

func TestOnlineArrivalIsRegisteredThenAccepted(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	app := o.Application(dossiertest.Birth)
	app.Channel = dossier.Online
	d, err := o.Desk.Register(ctx, o.Officer, app)
	ok(t, err)
	if d.Status() != dossier.Registered || d.Due != 0 {
		t.Errorf("status %d, due %s", d.Status(), d.Due)
	}
	ok(t, o.Desk.AskForMore(ctx, o.Officer, d.Code, dossier.Ask{Reason: "ảnh mờ"}))
	ok(t, o.Desk.Supply(ctx, o.Officer, d.Code, 0, 0))
	refused(t, o.Desk.AskForMore(ctx, o.Officer, d.Code, dossier.Ask{Reason: "lại"}), fault.Conflict, "dossier.asked_already")
	o.Clock.Set("2026-11-25T08:00")
	ok(t, o.Desk.Accept(ctx, o.Officer, d.Code, 0))
	w := get(t, o, d.Code)
	if w.Status() != dossier.Accepted || w.Due.String() != "2026-11-30T17:00" || w.Supplements != 0 || w.Step.Role != "specialist" {
		t.Errorf("status %d, due %s, supplements %d, step %+v", w.Status(), w.Due, w.Supplements, w.Step)
	}
	n, err := o.Desk.Register(ctx, o.Officer, app)
	ok(t, err)
	ok(t, o.Desk.Decline(ctx, o.Officer, n.Code, "không thuộc thẩm quyền"))
	if got := get(t, o, n.Code); got.Status() != dossier.NotAccepted || got.Step.Role != "" {
		t.Errorf("declined: status %d, step %+v", got.Status(), got.Step)
	}
	o.Clean(t)
}

func TestACorrectionKeepsTheOldFact(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	d := o.Receive(t, dossiertest.Birth)
	ok(t, o.Desk.Finish(ctx, o.Specialist, d.Code, dossier.Result{}))
	facts := get(t, o, d.Code).Facts
	finished := facts[len(facts)-1].Seq
	refused(t, o.Desk.Correct(ctx, o.Officer, d.Code, 2, "nhầm"), fault.Conflict, "dossier.correct_later_first")
	refused(t, o.Desk.Correct(ctx, o.Specialist, d.Code, finished, "nhầm"), fault.Forbidden, "auth.forbidden")
	ok(t, o.Desk.Correct(ctx, o.Officer, d.Code, finished, "bấm nhầm"))
	w := get(t, o, d.Code)
	if w.Status() == dossier.Finished || !w.Void()[finished] || w.Step.Name == "" {
		t.Errorf("status %d, step %+v", w.Status(), w.Step)
	}
	// The receipt itself was a mistake: back to registered, then declined.
	ok(t, o.Desk.Correct(ctx, o.Officer, d.Code, 2, "tiếp nhận nhầm"))
	if w = get(t, o, d.Code); w.Status() != dossier.Registered {
		t.Errorf("status %d, want registered", w.Status())
	}
	ok(t, o.Desk.Decline(ctx, o.Officer, d.Code, "tiếp nhận nhầm"))
	next := o.Receive(t, dossiertest.Birth)
	if next.Code == d.Code {
		t.Error("the number was given again")
	}
	o.Clean(t)
}

func TestALateCalendarMovesPromisesAndSaysWhy(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	d := o.Receive(t, dossiertest.Birth) // due 27/11
	ok(t, o.Desk.Calendars.AmendDay(ctx, o.HomeAffairs, calendar.Amendment{Unit: o.Province, Reason: "công điện",
		DayOff: calendar.DayOff{Date: at("2026-11-26T00:00").Date(), Kind: calendar.Off, Name: "Bão số 9"}}))
	n, err := o.Desk.Reproject(ctx, o.Commune, "nghỉ bão 26/11")
	ok(t, err)
	w := get(t, o, d.Code)
	last := w.Facts[len(w.Facts)-1]
	if n != 1 || w.Due.String() != "2026-11-30T17:00" || w.DueOriginal.String() != "2026-11-27T17:00" || last.Kind != dossier.FDueMoved || last.Reason == "" {
		t.Errorf("%d moved, due %s, last fact %+v", n, w.Due, last)
	}
	again, err := o.Desk.Reproject(ctx, o.Commune, "lần nữa")
	ok(t, err)
	if again != 0 {
		t.Errorf("run again it moved %d", again)
	}
	o.Clean(t)
}

// Codes are agency, day and number, and printed: that one exists is no secret among
// officers, and one of another unit is told from one that was mistyped (ADR 0033). It
// tells nothing else.
func TestAnOfficerOfAnotherUnitLearnsThatADossierExistsAndNothingElse(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	d := o.Receive(t, dossiertest.Birth)
	stranger := actor.Actor{Account: "stranger", Name: "Lạ", Grants: []actor.Grant{{Role: actor.OneStop, Unit: "elsewhere"}}}
	told := func(code string) map[string]error {
		_, whole := o.Desk.ByCode(ctx, o.DB, stranger, code)
		_, brief := o.Desk.Brief(ctx, o.DB, stranger, code)
		return map[string]error{"whole": whole, "brief": brief, "a verb": o.Desk.Claim(ctx, stranger, code)}
	}
	for what, err := range told(d.Code) {
		if f := fault.As(err); f == nil || f.Kind != fault.Forbidden || f.Key != "auth.forbidden" || len(f.Args)+len(f.Fields) != 0 {
			t.Errorf("%s of another unit's: %v", what, err)
		}
	}
	for what, err := range told("H99.101-261123-9999") {
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("%s of one that nobody has: %v", what, err)
		}
	}
}

func TestPublicLookUpTellsNothingPersonal(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	d := o.Receive(t, dossiertest.Birth)
	w, err := o.Desk.Public(ctx, o.DB, d.Code, "3456")
	ok(t, err)
	if w.Person != (dossier.Person{}) || w.Due != d.Due {
		t.Errorf("public sees %+v", w.Person)
	}
	_, wrong := o.Desk.Public(ctx, o.DB, d.Code, "0000")
	_, none := o.Desk.Public(ctx, o.DB, "H99.101-261123-9999", "3456")
	if !fault.Is(wrong, fault.NotFound) || wrong.Error() != none.Error() {
		t.Errorf("wrong phone: %v; no such code: %v; they must not differ", wrong, none)
	}
	p, err := o.Desk.ReadPerson(ctx, o.Officer, d.Code, look.Reason{Code: "other", Note: "xác minh"})
	ok(t, err)
	if p.IDNumber != "049185001234" || get(t, o, d.Code).Person.IDNumber != "••••••••1234" {
		t.Errorf("read %s, masked %s", p.IDNumber, get(t, o, d.Code).Person.IDNumber)
	}
	if _, err := o.Desk.ReadPerson(ctx, o.Specialist, d.Code, look.Reason{Code: "contact"}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a specialist reads the number: %v", err)
	}
}
