package dossier_test

import (
	"reflect"
	"testing"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/dossier"
	"cchc/dossier/dossiertest"
)

func TestABriefSaysWhatTheWholeSays(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	birth, land := o.Receive(t, dossiertest.Birth), o.Receive(t, dossiertest.Land)
	check := func(when, code string) {
		t.Helper()
		w, err := o.Desk.ByCode(ctx, o.DB, o.Officer, code)
		if err != nil {
			t.Fatal(err)
		}
		b, err := o.Desk.Brief(ctx, o.DB, o.Officer, code)
		if err != nil {
			t.Fatal(err)
		}
		for what, pair := range map[string][2]any{
			"state": {b.State, w.State}, "step": {b.Step, w.Step}, "facts": {b.Facts, w.Facts}, "steps": {b.Steps, w.Steps},
			"code": {b.Code, w.Code}, "procedure": {b.ProcedureCode, w.ProcedureCode}, "sector": {b.Sector, w.Sector}, "system": {b.System, w.System},
			"limit": {b.Limit.Unit, w.Limit.Unit}, "channel": {b.Channel, w.Channel}, "name": {b.Person.Name, w.Person.Name},
			"number": {b.Person.IDNumber, w.Person.IDNumber}, "telephone": {b.Person.Phone, w.Person.Phone},
			"representative": {b.Person.Representative, w.Person.Representative},
		} {
			if !reflect.DeepEqual(pair[0], pair[1]) {
				t.Errorf("%s: %s is %+v in brief and %+v in whole", when, what, pair[0], pair[1])
			}
		}
	}
	check("received", birth.Code)
	check("received with steps", land.Code)
	if err := o.Desk.AskForMore(ctx, o.Specialist, land.Code, dossier.Ask{Reason: "Thiếu bản vẽ"}); err != nil {
		t.Fatal(err)
	}
	check("waiting", land.Code)
	if err := o.Desk.Finish(ctx, o.Specialist, birth.Code, dossier.Result{}); err != nil {
		t.Fatal(err)
	}
	check("finished", birth.Code)
	if err := o.Desk.Correct(ctx, o.Officer, birth.Code, len(mustBrief(t, o, birth.Code).Facts), "nhầm hồ sơ"); err != nil {
		t.Fatal(err)
	}
	check("corrected", birth.Code)

	if _, err := o.Desk.Brief(ctx, o.DB, o.OtherOfficer, birth.Code); !fault.Is(err, fault.Forbidden) {
		t.Errorf("another commune's officer got %v", err)
	}
	if _, err := o.Desk.Brief(ctx, o.DB, o.Officer, "H99.101-261123-9999"); !fault.Is(err, fault.NotFound) {
		t.Errorf("an unknown code gave %v", err)
	}
	if err := o.DB.Snapshot(ctx, func(s *db.Snapshot) error {
		_, err := o.Desk.Brief(ctx, s, o.Officer, birth.Code)
		return err
	}); err != nil {
		t.Errorf("in a view: %v", err)
	}
}

func mustBrief(t *testing.T, o *dossiertest.Office, code string) dossier.Brief {
	t.Helper()
	b, err := o.Desk.Brief(ctx, o.DB, o.Officer, code)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
