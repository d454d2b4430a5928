package dossier_test

import (
	"reflect"
	"testing"
	"time"

	"cchc/dossier"
	"cchc/dossier/dossiertest"
	"cchc/unit"
)

// scored checks that what moves and the recount from dossiers agree, and that every
// number opens to as many dossiers.
func scored(t *testing.T, o *dossiertest.Office, x dossier.Question) {
	t.Helper()
	certified := []string{dossiertest.Certify}
	fast, err := o.Desk.ScoredNow(ctx, o.DB, x.From, x.To, certified)
	ok(t, err)
	slow, err := o.Desk.ScoredAsOf(ctx, o.DB, x, certified)
	ok(t, err)
	for _, u := range []unit.ID{o.Commune, o.Mountain} {
		if fast[u] == nil || slow[u] == nil || *fast[u] != *slow[u] {
			t.Errorf("%s:\ncounters %+v\nrecount  %+v", u, fast[u], slow[u])
			continue
		}
		x.Unit = u
		for m, want := range map[dossier.Measure]int64{"in_system": fast[u].InSystem, "postal": fast[u].Postal, "late": fast[u].Late, "apologised": fast[u].Apologised} {
			cases, err := o.Desk.BehindMeasure(ctx, o.DB, x, m)
			ok(t, err)
			if int64(len(cases)) != want {
				t.Errorf("%s %s: %d dossiers behind %d", u, m, len(cases), want)
			}
		}
		again, err := o.Desk.AskedAgain(ctx, o.DB, x)
		ok(t, err)
		if int64(len(again)) != fast[u].AskedAgain {
			t.Errorf("%s: %d dossiers behind %d asked again", u, len(again), fast[u].AskedAgain)
		}
	}
}

// Counted by hand: nine dossiers of November, each in what its line says.
func TestWhatThePARIndexCountsOfDossiers(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	o.Clock.Set("2026-11-02T08:00")
	receive := func(procedure string, channel dossier.Channel) string {
		t.Helper()
		app := o.Application(procedure)
		app.Channel = channel
		d, err := o.Desk.Receive(ctx, o.Officer, app)
		ok(t, err)
		return d.Code
	}
	ask := func(code string, again bool) {
		t.Helper()
		ok(t, o.Desk.AskForMore(ctx, system, code, dossier.Ask{Reason: "x", Again: again}))
		o.Clock.Advance(time.Hour)
		ok(t, o.Desk.Supply(ctx, system, code, 0, 0))
	}
	receive(dossiertest.Birth, dossier.Post)                   // postal
	byPost := receive(dossiertest.Birth, dossier.Direct)       // postal by its result
	both := receive(dossiertest.Birth, dossier.Post)           // postal, once
	paper := receive(dossiertest.Certify, dossier.Direct)      // certified
	electronic := receive(dossiertest.Certify, dossier.Direct) // certified, electronic
	once := receive(dossiertest.Land, dossier.Direct)          // asked once
	twice := receive(dossiertest.Land, dossier.Direct)         // asked twice
	thrice := receive(dossiertest.Land, dossier.Direct)        // asked three times, in December the third time
	app := o.Application(dossiertest.Birth)                    // entered on the day after
	app.At = o.DB.Now()
	o.Clock.Set("2026-11-03T09:00")
	_, err := o.Desk.Receive(ctx, o.Officer, app)
	ok(t, err)
	for _, code := range []string{byPost, both} {
		ok(t, o.Desk.Finish(ctx, system, code, dossier.Result{}))
		ok(t, o.Desk.HandOver(ctx, system, code, dossier.ByPost, 0, "EM1"))
	}
	ok(t, o.Desk.Finish(ctx, system, paper, dossier.Result{}))
	ok(t, o.Desk.Finish(ctx, system, electronic, dossier.Result{Electronic: true}))
	ask(once, false)
	ask(twice, false)
	ask(twice, true)
	ask(thrice, false)
	ask(thrice, true)
	ok(t, o.Desk.Apologise(ctx, system, once, dossier.Apology{Reason: "x", Until: o.DB.Now().Add(200 * 24 * time.Hour)}))
	november := dossier.Question{From: date("2026-11-01"), To: date("2026-11-30"), Unit: o.Commune}
	count := func(x dossier.Question) dossier.Scored {
		t.Helper()
		slow, err := o.Desk.ScoredAsOf(ctx, o.DB, x, []string{dossiertest.Certify})
		ok(t, err)
		if slow[o.Commune] == nil {
			return dossier.Scored{}
		}
		return *slow[o.Commune]
	}
	o.Clock.Set("2026-11-03T17:00")
	// Certified copies are due on the day of receipt: both ended a day late.
	want := dossier.Scored{InSystem: 8, Postal: 3, Certified: 2, ECertified: 1, AskedAgain: 2, Late: 2}
	if got := count(november); got != want {
		t.Errorf("on 3 November %+v, want %+v", got, want)
	}
	// All that is open is overdue by the end of the year, one of them apologised for; what
	// came by post on the second is among them.
	o.Clock.Set("2026-12-31T10:00")
	ask(thrice, true)
	late, err := o.Desk.BehindMeasure(ctx, o.DB, dossier.Question{From: date("2026-12-01"), To: date("2026-12-31"), Unit: o.Commune}, "late")
	ok(t, err)
	december := count(dossier.Question{From: date("2026-12-01"), To: date("2026-12-31"), Unit: o.Commune})
	if december.Late != int64(len(late)) || december.Late != 5 || december.Apologised != 1 || december.AskedAgain != 0 || december.InSystem != 0 {
		t.Errorf("December %+v, %d late", december, len(late))
	}
	if got := count(november); got.AskedAgain != 2 || got.Late != 4 {
		t.Errorf("November, counted in December: %+v", got)
	}
	// As it was known before the second requests were entered.
	x := november
	x.Known = at("2026-11-02T18:00")
	if got := count(x); got != (dossier.Scored{InSystem: 8, Postal: 2, Certified: 2}) {
		t.Errorf("as known on 2 November %+v", got)
	}
	fast, err := o.Desk.ScoredNow(ctx, o.DB, date("2026-11-01"), date("2026-12-31"), []string{dossiertest.Certify})
	ok(t, err)
	slow := count(dossier.Question{From: date("2026-11-01"), To: date("2026-12-31")})
	if !reflect.DeepEqual(*fast[o.Commune], slow) {
		t.Errorf("counters %+v, recount %+v", *fast[o.Commune], slow)
	}
	o.Clean(t)
}
