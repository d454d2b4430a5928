package app

import (
	"context"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/ledger"
	"cchc/dossier"
)

// The machine's clock jumps back by hours and forward by more than a year, and is put
// right: what was received has its own code and id each time, what runs by the clock
// runs, sessions neither break nor last for ever, and figures and log hold.
func TestTheClockJumpsBackAndForward(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := serveOffice(t)
	ids, codes := map[string]bool{}, map[string]bool{}
	work := func(name string) {
		t.Helper()
		for range 3 {
			d := receive(t, o.rooms, o.commune)
			if ids[d.ID] || codes[d.Code] {
				t.Errorf("%s: the id or the code of %s was given twice", name, d.Code)
			}
			ids[d.ID], codes[d.Code] = true, true
		}
		for _, sweep := range []struct {
			name string
			run  func() error
		}{
			{"calendars", func() error { _, err := o.calendars.Sweep(ctx); return err }},
			{"units", func() error { _, err := o.registry.Sweep(ctx); return err }},
			{"closed periods", func() error { _, err := o.index.CloseDue(ctx); return err }},
			{"statistics", func() error { return o.desk.KeepPeriods(ctx) }},
			{"copies", func() error { return o.backupDue(ctx) }},
			{"the log", func() error { return o.log.Step(ctx, 0, func() {}) }},
		} {
			if err := sweep.run(); err != nil {
				t.Errorf("%s: %s: %v", name, sweep.name, err)
			}
		}
	}
	if err := o.openLog(ctx, t.TempDir()+"/log-key"); err != nil {
		t.Fatal(err)
	}
	b := o.signIn(t, "canbo", actor.Grant{Role: actor.OneStop, Unit: o.commune})
	work("before")
	o.clock.Advance(-5 * time.Hour)
	work("five hours back")
	b.Get("/dossiers").Is(200) // who is signed in stays so
	o.clock.Advance(410 * 24 * time.Hour)
	work("a year ahead")
	if b.Get("/dossiers").Status == 200 {
		t.Error("a session outlived a year")
	}
	o.clock.Set("2026-11-23T10:00")
	work("put right")
	v, err := o.verify(ctx, func(int) {}, func(n int, d dossier.Difference) { t.Errorf("%+v", d) })
	if err != nil || v.Dossiers != len(ids) {
		t.Errorf("%d dossiers of %d, %v", v.Dossiers, len(ids), err)
	}
	c, err := o.checkLog(ctx, ledger.Options{})
	if err != nil || c.Wrong > 0 {
		t.Errorf("the log: %+v, %v", c, err)
	}
}
