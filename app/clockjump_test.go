package app

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cchc/admin"
	"cchc/backup"
	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/ledger"
	"cchc/dossier"
)

// While the clock was a year ahead for a moment, everything was copied, tried, recounted
// and checked once. Put right, none of that counts: what is due is done, once, and health
// does not say that all is well.
func TestWhatAClockThatWasAheadDidCountsForNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := serveOffice(t)
	o.signIn(t, "quantri", actor.Grant{Role: actor.Administrator, Unit: o.province})
	var err error
	if o.copies, err = (backupFlags{To: t.TempDir(), At: []string{"01:30"}, Drill: "weekly", copyFlags: copyFlags{Keep: 2}}).schedule(); err != nil {
		t.Fatal(err)
	}
	if err := o.openLog(ctx, t.TempDir()+"/log-key"); err != nil {
		t.Fatal(err)
	}
	asked := func() (n int) {
		t.Helper()
		for range 2 {
			for _, do := range []func(context.Context) error{o.backupDue, o.drillDue} {
				if err := do(ctx); err != nil {
					t.Fatal(err)
				}
			}
		}
		list, err := backup.Runs(ctx, o.db, 20)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range list {
			if x.Attempts == 0 {
				n++
				if err := o.backupRun(ctx, x.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		return n
	}
	checked := func() bool {
		t.Helper()
		if err := o.checkLogDue(ctx); err != nil {
			t.Fatal(err)
		}
		c, err := o.log.LastCheck(ctx, o.db)
		return err == nil && c.Finished == o.db.Now()
	}
	o.clock.Set("2027-11-23T03:00")
	if n := asked() + asked(); n != 2 {
		t.Fatalf("ahead: %d are asked for, want a copy and a drill", n)
	}
	if _, err := o.verify(ctx, verifying{found: func(int, dossier.Difference) {}}); err != nil {
		t.Fatal(err)
	}
	if !checked() {
		t.Fatal("ahead: the log is not checked")
	}
	o.clock.Set("2026-11-24T03:00")
	if o.db.Engine() == db.SQLite {
		year := time.Now().AddDate(1, 0, 0)
		if err := os.Chtimes(o.db.Name()+".backup", year, year); err != nil {
			t.Fatal(err)
		}
	}
	standing := func(list ...admin.Finding) map[string]admin.Standing {
		out := map[string]admin.Standing{}
		for _, f := range list {
			out[f.Key] = f.Standing
		}
		return out
	}
	if s := standing(append(o.backupFindings(ctx), o.verifiedFinding(ctx, o.db.Now()))...); s["backup"] != admin.Look || s["verify_never"] != admin.Look {
		t.Errorf("put right, health says %v", s)
	}
	if n := asked(); n != 1 {
		t.Errorf("put right: %d are asked for, want a copy", n)
	}
	if n := asked(); n != 1 {
		t.Errorf("then %d, want a drill", n)
	}
	if n := asked(); n != 0 {
		t.Errorf("and then %d once more", n)
	}
	if !checked() {
		t.Error("put right: the log is not checked")
	}
	if s := standing(o.backupFindings(ctx)...); s["backup"] != admin.Fine || s["drill"] != admin.Fine {
		t.Errorf("copied anew, health says %v", s)
	}
}

type swept struct {
	name string
	run  func() error
}

// sweeps are what runs by the clock.
func (o *office) sweeps(ctx context.Context) []swept {
	return []swept{
		{"calendars", func() error { _, err := o.calendars.Sweep(ctx); return err }},
		{"units", func() error { _, err := o.registry.Sweep(ctx); return err }},
		{"closed periods", func() error { _, err := o.index.CloseDue(ctx); return err }},
		{"statistics", func() error { return o.desk.KeepPeriods(ctx) }},
		{"copies", func() error { return o.backupDue(ctx) }},
		{"the log", func() error { return o.log.Step(ctx, 0, func() {}) }},
	}
}

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
		for _, sweep := range o.sweeps(ctx) {
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
	v, err := o.verify(ctx, verifying{found: func(n int, d dossier.Difference) { t.Errorf("%+v", d) }})
	if err != nil || v.Dossiers != len(ids) {
		t.Errorf("%d dossiers of %d, %v", v.Dossiers, len(ids), err)
	}
	c, err := o.checkLog(ctx, ledger.Options{})
	if err != nil || c.Wrong > 0 {
		t.Errorf("the log: %+v, %v", c, err)
	}
}

// The same while four work at once, each with dossiers of their own, and what runs by the
// clock runs beside them: whatever is acknowledged stands there once, whatever does not fit
// the clock (a result before the receipt) is refused with a reason, and in the end figures
// and log hold. With CHAOS_MINUTES it goes on for as long, the jumps by chance from the
// seed CHAOS_SEED, and writes what it saw to CHAOS_OUT: scripts/chaos, which make chaos
// calls. The clock is the program's own: Go does not ask libc, and a namespace of time
// moves only what counts from the start.
func TestTheClockJumpsWhileAllWork(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := serveOffice(t)
	if err := o.openLog(ctx, t.TempDir()+"/log-key"); err != nil {
		t.Fatal(err)
	}
	var (
		mu      sync.Mutex
		ids     = map[string]bool{}
		done    = map[string]map[dossier.FactKind]int{} // code → what was acknowledged of it
		refused = map[string]int{}
		all     sync.WaitGroup
		stop    atomic.Bool
	)
	note := func(code string, kind dossier.FactKind, err error) (did bool) {
		mu.Lock()
		defer mu.Unlock()
		f := fault.As(err)
		switch {
		case err == nil:
			done[code][kind]++
		case f != nil && f.Kind == fault.Invalid && len(f.Fields) > 0 && slices.Contains([]string{"dossier.before_receipt", "dossier.before_finish", "dossier.before_request"}, f.Fields[0].Key):
			refused[f.Fields[0].Key]++
		default:
			t.Errorf("%s of %s: %v", kind, code, err)
		}
		return err == nil
	}
	work := func() {
		var mine []string
		for n := 0; !stop.Load(); n++ {
			d, err := o.desk.Receive(ctx, operator, dossier.Application{Unit: o.commune, Procedure: "1.001193", Channel: dossier.Online, Person: dossier.Person{Name: "Nguyễn Văn A"}})
			if err != nil {
				t.Errorf("receiving: %v", err)
				return
			}
			mu.Lock()
			if ids[d.ID] || done[d.Code] != nil {
				t.Errorf("the id or the code of %s was given twice", d.Code)
			}
			ids[d.ID], done[d.Code] = true, map[dossier.FactKind]int{}
			mu.Unlock()
			mine = append(mine, d.Code)
			// One of this moment, and one of before some jumps.
			code := mine[n*7%len(mine)]
			note(d.Code, dossier.FComplained, o.desk.Complain(ctx, operator, d.Code, "Chậm", ""))
			switch n % 3 {
			case 0:
				note(code, dossier.FComplained, o.desk.Complain(ctx, operator, code, "Chậm nữa", ""))
			case 1:
				note(d.Code, dossier.FFinished, o.desk.Finish(ctx, operator, d.Code, dossier.Result{}))
				note(d.Code, dossier.FReturned, o.desk.HandOver(ctx, operator, d.Code, "counter", 0, ""))
			case 2:
				if note(d.Code, dossier.FAsked, o.desk.AskForMore(ctx, operator, d.Code, dossier.Ask{Reason: "Thiếu tờ khai"})) {
					note(d.Code, dossier.FSupplied, o.desk.Supply(ctx, operator, d.Code, 0, 0))
				}
			}
		}
	}
	received := func() int { mu.Lock(); defer mu.Unlock(); return len(ids) }
	for range 4 {
		all.Go(work)
	}
	type jump struct {
		name string
		do   func()
	}
	jumps := []jump{
		{"at first", func() {}},
		{"five hours back", func() { o.clock.Advance(-5 * time.Hour) }},
		{"a year ahead", func() { o.clock.Advance(410 * 24 * time.Hour) }},
		{"a week back", func() { o.clock.Advance(-7 * 24 * time.Hour) }},
		{"put right", func() { o.clock.Set("2026-11-23T10:00") }},
		{"a minute back", func() { o.clock.Advance(-time.Minute) }},
		{"put right again", func() { o.clock.Set("2026-11-23T15:00") }},
	}
	minutes, _ := strconv.ParseFloat(os.Getenv("CHAOS_MINUTES"), 64)
	seed, _ := strconv.ParseUint(os.Getenv("CHAOS_SEED"), 10, 64)
	random := rand.New(rand.NewPCG(seed, seed))
	long, begun, jumped := time.Duration(minutes*float64(time.Minute)), time.Now(), 0
	for ; !t.Failed() && (jumped < len(jumps) || time.Since(begun) < long); jumped++ {
		jump := jumps[jumped%len(jumps)]
		if jumped >= len(jumps) {
			jump = jumps[random.IntN(len(jumps))]
		}
		jump.do()
		for want := received() + 12; received() < want && !t.Failed(); {
			for _, sweep := range o.sweeps(ctx) {
				if err := sweep.run(); err != nil {
					t.Errorf("%s: %s: %v", jump.name, sweep.name, err)
				}
			}
		}
	}
	took := time.Since(begun)
	stop.Store(true)
	all.Wait()
	if len(refused) == 0 {
		t.Error("nothing was refused though results came before receipts: the jumps were not felt")
	}
	for code, want := range done {
		w, err := o.desk.ByCode(ctx, o.db, operator, code)
		if err != nil {
			t.Errorf("%s was acknowledged: %v", code, err)
			continue
		}
		have := map[dossier.FactKind]int{}
		for _, f := range w.Facts {
			have[f.Kind]++
		}
		for _, kind := range []dossier.FactKind{dossier.FComplained, dossier.FFinished, dossier.FReturned, dossier.FAsked, dossier.FSupplied} {
			if have[kind] != want[kind] {
				t.Errorf("%s: %s is there %d times and was acknowledged %d times", code, kind, have[kind], want[kind])
			}
		}
	}
	v, err := o.verify(ctx, verifying{found: func(n int, d dossier.Difference) { t.Errorf("%+v", d) }})
	if err != nil || v.Dossiers != len(ids) {
		t.Errorf("%d dossiers of %d, %v", v.Dossiers, len(ids), err)
	}
	c, err := o.checkLog(ctx, ledger.Options{})
	if err != nil || c.Wrong > 0 {
		t.Errorf("the log: %+v, %v", c, err)
	}
	t.Logf("%d dossiers; refused: %v", len(ids), refused)
	if out := os.Getenv("CHAOS_OUT"); out != "" && long > 0 {
		engine, lost, verbs, early := "SQLite", "0 lost", 0, 0
		if o.db.Engine() == db.Postgres {
			engine = "PostgreSQL"
		}
		if t.Failed() {
			lost = "failed: see the log"
		}
		for _, of := range done {
			for _, n := range of {
				verbs += n
			}
		}
		for _, n := range refused {
			early += n
		}
		f, err := os.OpenFile(out, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := fmt.Fprintf(f, "| %s | the clock jumps, in the process, in %.1f minutes, seed %d | %d jumps; %d dossiers and %d further verbs acknowledged, **%s** | %d refused, for they were from before what they follow | |\n",
			engine, took.Minutes(), seed, jumped, len(ids), verbs, lost, early); err != nil {
			t.Fatal(err)
		}
	}
}
