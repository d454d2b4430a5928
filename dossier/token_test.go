package dossier_test

import (
	"crypto/rand"
	"sync"
	"testing"

	"cchc/base/fault"
	"cchc/dossier"
	"cchc/dossier/dossiertest"
)

func TestAFormSentTwiceReceivesOnce(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	app := o.Application(dossiertest.Birth)
	app.Token = rand.Text()
	first, err := o.Desk.Receive(ctx, o.Officer, app)
	ok(t, err)
	if first.RatingToken != app.Token {
		t.Errorf("the rating token is %q, want the form's %q", first.RatingToken, app.Token)
	}
	o.Clock.Set("2026-11-25T09:00")
	var again sync.WaitGroup
	for range 4 {
		again.Go(func() {
			d, err := o.Desk.Receive(ctx, o.Officer, app)
			if err != nil || d.Code != first.Code || d.Due != first.Due {
				t.Errorf("sent again: %s due %s, %v; want %s due %s", d.Code, d.Due, err, first.Code, first.Due)
			}
		})
	}
	again.Wait()
	if next := o.Receive(t, dossiertest.Birth); next.Code != "H99.101-261125-0001" {
		t.Errorf("the next dossier is %s, want H99.101-261125-0001: a repeated form took a number", next.Code)
	}
	o.Clean(t)
}

func TestTwoAtOnceWithOneFormReceiveOnce(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	app := o.Application(dossiertest.Birth)
	app.Token = rand.Text()
	codes := make([]string, 8)
	var all sync.WaitGroup
	for i := range codes {
		all.Go(func() {
			d, err := o.Desk.Receive(ctx, o.Officer, app)
			if err != nil {
				t.Error(err)
			}
			codes[i] = d.Code
		})
	}
	all.Wait()
	for _, c := range codes {
		if c != codes[0] || c == "" {
			t.Fatalf("codes %v, want one", codes)
		}
	}
	o.Clean(t)
}

func TestAFormFilledInForSomebodyElseIsNotTheSame(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	app := o.Application(dossiertest.Birth)
	app.Token = rand.Text()
	first, err := o.Desk.Receive(ctx, o.Officer, app)
	ok(t, err)
	for name, change := range map[string]func(*dossier.Application){
		"another applicant": func(a *dossier.Application) { a.Person.Name = "Lê Văn Bảy" },
		"another procedure": func(a *dossier.Application) { a.Procedure = dossiertest.Confirm },
		"another phone":     func(a *dossier.Application) { a.Person.Phone = "0912 000 111" },
	} {
		other := app
		change(&other)
		if d, err := o.Desk.Receive(ctx, o.Officer, other); !fault.Is(err, fault.Conflict) {
			t.Errorf("%s with the form of %s: %s, %v; want a conflict", name, first.Code, d.Code, err)
		}
	}
	// Nor does the form of one office open a dossier to another.
	other := app
	other.Unit = o.Mountain
	if d, err := o.Desk.Receive(ctx, o.OtherOfficer, other); !fault.Is(err, fault.Conflict) {
		t.Errorf("another office's form gives %s, %v; want a conflict", d.Code, err)
	}
}

func TestATokenThatIsNoneIsMadeAnew(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	app := o.Application(dossiertest.Birth)
	app.Token = "1"
	d, err := o.Desk.Receive(ctx, o.Officer, app)
	ok(t, err)
	if len(d.RatingToken) != 26 {
		t.Errorf("the rating token is %q, want 26 letters that nobody can guess", d.RatingToken)
	}
}
