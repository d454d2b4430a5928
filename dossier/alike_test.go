package dossier_test

import (
	"testing"
	"time"

	"cchc/base/fault"
	"cchc/dossier"
	"cchc/dossier/dossiertest"
	"cchc/setting"
	"cchc/unit"
)

func TestWhatMayRepeatIsPointedOutWithinTheUnitsDays(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	ctx := t.Context()
	first := o.Receive(t, dossiertest.Certify)
	if err := o.Desk.Finish(ctx, o.Officer, first.Code, dossier.Result{}); err != nil {
		t.Fatal(err)
	}
	found := func(about string, change func(*dossier.Application), want int) {
		t.Helper()
		app := o.Application(dossiertest.Certify)
		change(&app)
		got, err := o.Desk.Alike(ctx, o.DB, app)
		if err != nil || len(got) != want {
			t.Errorf("%s: Alike = %+v, %v; want %d", about, got, err, want)
		}
	}
	found("the same again", func(*dossier.Application) {}, 1)
	found("number alone", func(a *dossier.Application) { a.Person.Name, a.Person.Phone = "Khác", "" }, 1)
	found("name without marks and phone", func(a *dossier.Application) { a.Person.Name, a.Person.IDNumber = "NGUYEN THI ANH", "" }, 1)
	found("phone alone is a family's", func(a *dossier.Application) { a.Person.Name, a.Person.IDNumber = "Trần Bé", "" }, 0)
	found("name alone is many people's", func(a *dossier.Application) { a.Person.Phone, a.Person.IDNumber = "", "" }, 0)
	found("another commune", func(a *dossier.Application) { a.Unit = o.Mountain }, 0)
	found("another procedure", func(a *dossier.Application) { a.Procedure = dossiertest.Birth }, 0)

	o.Clock.Advance(31 * 24 * time.Hour)
	found("ended, longer ago than 30 days", func(*dossier.Application) {}, 0)
	by := o.HomeAffairs
	set := func(u unit.ID, days string) error {
		return o.Desk.Settings.Change(ctx, by, setting.Change{Name: dossier.AlikeDays.Name, Unit: u, What: setting.Set, Value: days, From: o.DB.Now().Date(), Reason: "thử"})
	}
	if err := set(o.Province, "60"); err != nil {
		t.Fatal(err)
	}
	found("the province says 60 days", func(*dossier.Application) {}, 1)
	if err := set(o.Commune, "0"); err != nil {
		t.Fatal(err)
	}
	found("the commune says open ones only", func(*dossier.Application) {}, 0)
	if err := set(o.Commune, "366"); !fault.Is(err, fault.Invalid) {
		t.Errorf("366 days: %v, want Invalid", err)
	}
	by = o.Officer
	if err := set(o.Commune, "5"); !fault.Is(err, fault.Forbidden) {
		t.Errorf("an officer sets the rule: %v, want Forbidden", err)
	}

	open := o.Receive(t, dossiertest.Certify)
	o.Clock.Advance(100 * 24 * time.Hour)
	found("still open, however long ago", func(*dossier.Application) {}, 1)
	app := o.Application(dossiertest.Certify)
	app.Ask = true
	if _, err := o.Desk.Receive(ctx, o.Officer, app); !fault.Is(err, fault.Invalid) {
		t.Errorf("received without a word: %v, want Invalid", err)
	}
	app.Repeats = []string{open.Code}
	if _, err := o.Desk.Receive(ctx, o.Officer, app); err != nil {
		t.Errorf("received knowingly: %v", err)
	}
	o.Clean(t)
}
