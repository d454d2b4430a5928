package dossier_test

import (
	"testing"

	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/calendar"
	"cchc/dossier"
	"cchc/dossier/dossiertest"
)

func storm(o *dossiertest.Office, from, to moment.Date) calendar.Proposal {
	return calendar.Proposal{Unit: o.Commune, Reason: "Bão số 12", Days: calendar.Closed(o.Commune, from, to, "Bão số 12", "Công điện 01/CĐ-UBND")}
}

// What a preview of a late closure says is what its adoption does.
func TestShiftsSayWhatReprojectDoes(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	ctx := t.Context()
	birth, land := o.Receive(t, dossiertest.Birth), o.Receive(t, dossiertest.Land)
	paused := o.Receive(t, dossiertest.Birth)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(o.Desk.AskForMore(ctx, o.Specialist, paused.Code, dossier.Ask{Reason: "thiếu giấy chứng sinh"}))
	o.Clock.Set("2026-11-27T10:00")
	done := o.Receive(t, dossiertest.Birth)
	o.Clock.Set("2026-12-04T09:00")
	must(o.Desk.Finish(ctx, o.Specialist, done.Code, dossier.Result{})) // due 02/12: late

	// Entered on 4 December: the storm had closed the commune from 25 to 27 November.
	p := storm(o, moment.NewDate(2026, 11, 25), moment.NewDate(2026, 11, 27))
	draft, err := o.Desk.Calendars.Try(ctx, o.DB, o.Admin, p)
	must(err)
	got, err := o.Desk.Shifts(ctx, o.DB, o.Admin, o.Commune, draft, p.Days[0].Date)
	must(err)
	said := map[string]moment.Instant{}
	for _, s := range got.Later {
		said[s.Code] = s.New
	}
	if len(said) != 2 || said[birth.Code].Date() != moment.NewDate(2026, 12, 2) || said[land.Code] <= land.Due || got.Paused != 1 || got.Open() != 3 {
		t.Fatalf("shifts = %+v", got)
	}
	id, err := o.Desk.Calendars.Adopt(ctx, o.Admin, p)
	must(err)
	n, err := o.Desk.Reproject(ctx, o.Commune, p.Reason)
	must(err)
	if n != len(got.Later) {
		t.Errorf("moved %d, the preview said %d", n, len(got.Later))
	}
	for code, due := range said {
		w, err := o.Desk.ByCode(ctx, o.DB, o.Officer, code)
		must(err)
		if w.Due != due {
			t.Errorf("%s is due %s, the preview said %s", code, w.Due, due)
		}
	}
	if a, err := o.Desk.Calendars.AdoptedByID(ctx, o.DB, id); err != nil || a.Reason != "Bão số 12" || a.Unit != o.Commune {
		t.Errorf("adopted %+v, %v", a, err)
	}
	o.Clean(t)
}

func TestShiftsTellEndedOnesApartAndKeepPromisesThatWouldBeEarlier(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	ctx := t.Context()
	x := o.Receive(t, dossiertest.Birth) // Monday 23, 24 is a holiday: due Friday 27
	o.Clock.Set("2026-11-30T09:00")
	if err := o.Desk.Finish(ctx, o.Specialist, x.Code, dossier.Result{}); err != nil {
		t.Fatal(err)
	}
	open := o.Receive(t, dossiertest.Birth) // Monday 30: due Thursday 3
	p := storm(o, moment.NewDate(2026, 11, 26), moment.NewDate(2026, 11, 26))
	draft, err := o.Desk.Calendars.Try(ctx, o.DB, o.Admin, p)
	if err != nil {
		t.Fatal(err)
	}
	got, err := o.Desk.Shifts(ctx, o.DB, o.Admin, o.Commune, draft, moment.NewDate(2026, 11, 26))
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Judged) != 1 || got.Judged[0].Code != x.Code || got.Judged[0].Was != dossier.Late || got.Judged[0].Would != dossier.OnTime {
		t.Errorf("judged = %+v, want %s late, on time by the new calendar", got.Judged, x.Code)
	}
	if _, err := o.Desk.Calendars.Adopt(ctx, o.Admin, p); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Desk.Reproject(ctx, o.Commune, p.Reason); err != nil {
		t.Fatal(err)
	}
	if w, err := o.Desk.ByCode(ctx, o.DB, o.Officer, x.Code); err != nil || w.Verdict() != dossier.Late {
		t.Errorf("a verdict changed: %s, %v", w.Verdict(), err)
	}

	// A closed Wednesday is entered, moves the open one, and is taken back.
	p = storm(o, moment.NewDate(2026, 12, 2), moment.NewDate(2026, 12, 2))
	if _, err := o.Desk.Calendars.Adopt(ctx, o.Admin, p); err != nil {
		t.Fatal(err)
	}
	if n, err := o.Desk.Reproject(ctx, o.Commune, p.Reason); err != nil || n != 1 {
		t.Fatalf("moved %d, %v", n, err)
	}
	back := calendar.Proposal{Unit: o.Commune, Reason: "không đóng cửa", Days: []calendar.Amendment{{Unit: o.Commune, Withdraw: true,
		DayOff: calendar.DayOff{Date: moment.NewDate(2026, 12, 2)}}}}
	if draft, err = o.Desk.Calendars.Try(ctx, o.DB, o.Admin, back); err != nil {
		t.Fatal(err)
	}
	got, err = o.Desk.Shifts(ctx, o.DB, o.Admin, o.Commune, draft, moment.NewDate(2026, 12, 2))
	if err != nil || len(got.Later) != 0 || len(got.Kept) != 1 || got.Kept[0].Code != open.Code || got.Kept[0].New.Date() != moment.NewDate(2026, 12, 3) {
		t.Errorf("shifts = %+v, %v, want %s kept", got, err, open.Code)
	}
}

func TestACalendarChangedMeanwhileIsAConflict(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	ctx := t.Context()
	stamp, err := o.Desk.Calendars.Stamp(ctx, o.DB, o.Commune)
	if err != nil {
		t.Fatal(err)
	}
	first := storm(o, moment.NewDate(2026, 11, 25), moment.NewDate(2026, 11, 25))
	second := storm(o, moment.NewDate(2026, 11, 26), moment.NewDate(2026, 11, 26))
	first.Stamp, second.Stamp = stamp, stamp
	if _, err := o.Desk.Calendars.Adopt(ctx, o.Admin, first); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Desk.Calendars.Adopt(ctx, o.Admin, second); !fault.Is(err, fault.Conflict) {
		t.Errorf("the second got %v, want a conflict", err)
	}
	if _, err := o.Desk.Calendars.Try(ctx, o.DB, o.Officer, second); !fault.Is(err, fault.Forbidden) {
		t.Errorf("an officer's proposal: %v, want forbidden", err)
	}
}
