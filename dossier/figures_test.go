package dossier_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/dossier"
	"cchc/dossier/dossiertest"
	"cchc/unit"
)

func date(s string) moment.Date {
	d, err := moment.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

var system = actor.System("test")

func golden(t testing.TB, o *dossiertest.Office) dossier.Outcome {
	t.Helper()
	f, err := os.Open("testdata/golden_stats_dossiers.csv")
	ok(t, err)
	defer f.Close()
	out, err := o.Desk.Import(ctx, system, f, dossier.Import{System: "golden", Unit: o.Commune})
	ok(t, err)
	if len(out.Wrong) > 0 {
		t.Fatalf("wrong rows: %v", out.Wrong)
	}
	return out
}

// The published row, and other periods of the same file counted by hand.
func TestII06aOfTheGoldenFile(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	golden(t, o)
	want, err := os.ReadFile("testdata/golden_stats_expected.csv")
	ok(t, err)
	lines, err := o.Desk.Statistics(ctx, o.DB, system, dossier.Question{From: date("2026-09-01"), To: date("2026-09-30")}, dossier.ByNothing)
	ok(t, err)
	var got bytes.Buffer
	ok(t, dossier.WriteII06a(&got, date("2026-09-01"), date("2026-09-30"), "", lines))
	if strings.TrimSpace(got.String()) != strings.TrimSpace(strings.ReplaceAll(strings.TrimPrefix(string(want), "\ufeff"), "\r", "")) {
		t.Errorf("September is\n%swant\n%s", got.String(), want)
	}
	for _, c := range []struct {
		name, from, to string
		// received online other carried resolved early on-time late open in-time overdue returned paused
		want []int64
	}{
		// H14 is due 15/7 and open: overdue from the 16th on.
		{"July", "2026-07-01", "2026-07-31", []int64{1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0}},
		// H01 early on 26/8; H02, H03, H04 in time at its end, H14 overdue.
		{"August", "2026-08-01", "2026-08-31", []int64{5, 2, 2, 1, 1, 1, 0, 0, 4, 3, 1, 0, 0}},
		// New: H13. Carried: H04 H07 H08 H11 H14. Ended: H07 late, H08 on time, H11
		// early against 22/10. Open: H04 (due 5/10), H13 (6/10), H14, all overdue.
		{"October", "2026-10-01", "2026-10-31", []int64{6, 1, 0, 5, 3, 1, 1, 1, 3, 0, 3, 0, 0}},
		// The quarter: new are H01–H12, H14. Its end is September's.
		{"third quarter", "2026-07-01", "2026-09-30", []int64{13, 7, 6, 0, 8, 4, 3, 1, 5, 3, 2, 2, 1}},
	} {
		lines, err := o.Desk.Statistics(ctx, o.DB, system, dossier.Question{From: date(c.from), To: date(c.to)}, dossier.ByNothing)
		ok(t, err)
		if got := lines[0].Figures(false); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	o.Clean(t)
}

func TestImportAgainChangesNothingAndTellsMore(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	first := golden(t, o)
	again := golden(t, o)
	if first.New != 14 || again.New != 0 || again.Changed != 0 || again.Same != 14 {
		t.Errorf("first %+v, again %+v", first, again)
	}
	more := "id,channel,received,due,finished,outcome\nH13,online,2026-10-01,2026-10-06,2026-11-02,done\n" +
		"H01,online,2026-08-21,2026-08-27,2026-08-26,done\nX,fax,2026-08-21,,,\nY,direct,2026-08-32,,,\nZ,direct,2026-08-21,2026-08-25,2026-08-20,done\nH13,online,2026-10-01,,,\n" +
		"ok,D,2026-11-20 09:30:05,,,\n"
	out, err := o.Desk.Import(ctx, system, strings.NewReader(more), dossier.Import{System: "golden", Unit: o.Commune})
	ok(t, err)
	var cells []string
	for _, f := range out.Wrong {
		cells = append(cells, fmt.Sprintf("%v %v %s", f.Args[1], f.Args[3], f.Fields[0].Key))
	}
	want := []string{"4 channel dossier.channel_wrong", "5 received dossier.import_date", "6 finished dossier.before_receipt",
		"7 id dossier.import_twice", "3 received dossier.import_contradicts"}
	if out.Changed != 1 || out.New != 1 || !reflect.DeepEqual(cells, want) {
		t.Errorf("changed %d, new %d, wrong %q\nwant %q", out.Changed, out.New, cells, want)
	}
	o.Clean(t)
}

// History makes random dossiers by random verbs over months; verbs that the
// state refuses are refused, and nothing else may fail.
func history(t *testing.T, o *dossiertest.Office, seed uint64, n int, after ...func()) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 766))
	o.Clock.Set("2026-08-03T08:00")
	procedures := []string{dossiertest.Certify, dossiertest.Birth, dossiertest.Land, dossiertest.Confirm}
	var codes []string
	for range n {
		for _, f := range after {
			f()
		}
		o.Clock.Advance(time.Duration(r.IntN(6*3600)) * time.Second)
		if len(codes) == 0 || r.IntN(4) == 0 {
			app := o.Application(procedures[r.IntN(4)])
			app.Channel = []dossier.Channel{dossier.Direct, dossier.Online, dossier.Post}[r.IntN(3)]
			app.Population, app.Obliged = r.IntN(2) == 0, r.IntN(3) == 0
			app.Papers[1].Source = []string{"paper", "scanned", "reused"}[r.IntN(3)]
			who := o.Officer
			if r.IntN(3) == 0 {
				app.Unit, who = o.Mountain, o.OtherOfficer
			}
			if r.IntN(3) == 0 { // entered late
				app.At = o.DB.Now().Add(-time.Duration(r.IntN(5*24)) * time.Hour)
			}
			receive := o.Desk.Receive
			if r.IntN(4) == 0 {
				receive = o.Desk.Register
			}
			d, err := receive(ctx, who, app)
			ok(t, err)
			codes = append(codes, d.Code)
			continue
		}
		code := codes[r.IntN(len(codes))]
		at := moment.Instant(0)
		if r.IntN(4) == 0 {
			at = o.DB.Now().Add(-time.Duration(r.IntN(48)) * time.Hour)
		}
		ask := dossier.Ask{Reason: "x", At: at, Again: r.IntN(2) == 0}
		var err error
		switch r.IntN(22) {
		case 0, 1:
			err = o.Desk.Finish(ctx, system, code, dossier.Result{At: at, Electronic: r.IntN(2) == 0, Synced: r.IntN(4) == 0})
		case 2:
			err = o.Desk.HandOver(ctx, system, code, []string{dossier.AtCounter, dossier.ByPost}[r.IntN(2)], at, "")
		case 3:
			err = o.Desk.AskForMore(ctx, system, code, ask)
		case 4, 5:
			err = o.Desk.Supply(ctx, system, code, at, 0)
		case 6:
			err = o.Desk.Oblige(ctx, system, code, ask)
		case 7:
			err = o.Desk.Pay(ctx, system, code, dossier.Payment{Amount: 1000, Channel: []string{"cash", "national"}[r.IntN(2)], At: at})
		case 8:
			err = o.Desk.Pause(ctx, system, code, ask)
		case 9:
			err = o.Desk.Resume(ctx, system, code, at)
		case 10:
			err = o.Desk.Extend(ctx, system, code, 2000, "x", "QĐ 1")
		case 11:
			err = o.Desk.AskWithdrawal(ctx, system, code, "x")
		case 12:
			err = o.Desk.ConfirmWithdrawal(ctx, system, code)
		case 13:
			err = o.Desk.DeclineWithdrawal(ctx, system, code, "x")
		case 14:
			err = o.Desk.Stop(ctx, system, code, "x", "")
		case 15:
			err = o.Desk.Refuse(ctx, system, code, "x", dossier.Result{At: at})
		case 16:
			err = o.Desk.Forward(ctx, system, code, "", "")
		case 17:
			err = o.Desk.Apologise(ctx, system, code, dossier.Apology{Reason: "x", Until: o.DB.Now().Add(40 * 24 * time.Hour)})
		case 18:
			w, e := o.Desk.ByCode(ctx, o.DB, system, code)
			ok(t, e)
			who := o.Officer // the system corrects nothing
			if w.Unit == o.Mountain {
				who = o.OtherOfficer
			}
			err = o.Desk.Correct(ctx, who, code, 1+r.IntN(len(w.Facts)), "x")
		case 19:
			err = o.Desk.Accept(ctx, system, code, at)
		case 20:
			err = o.Desk.Complain(ctx, system, code, "x", "")
		case 21:
			err = o.Desk.Reverse(ctx, system, code, "x", "")
		}
		if err != nil && fault.As(err) == nil {
			t.Fatalf("a verb failed: %v", err)
		}
	}
}

func TestFiguresFollowFromFactsAfterRandomHistories(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			o := dossiertest.Desk(t)
			history(t, o, seed, 700)
			o.Clean(t)
			now := o.DB.Now().Date()
			// The counters that move and the recount from dossiers agree.
			year := dossier.Question{From: now.FirstOfYear(), To: now}
			fast, err := o.Desk.CountsNow(ctx, o.DB, year.From, year.To)
			ok(t, err)
			slow, err := o.Desk.CountsAsOf(ctx, o.DB, year)
			ok(t, err)
			if len(slow) != 2 || !reflect.DeepEqual(fast, slow) {
				for u := range slow {
					t.Errorf("%s:\ncounters %+v\nrecount  %+v", u, fast[u], slow[u])
				}
			}
			scored(t, o, year)
			months(t, o, now)
			lists(t, o, year)
		})
	}
}

// months checks the form's identities month by month, over units, and from the
// end of one period to the beginning of the next.
func months(t *testing.T, o *dossiertest.Office, now moment.Date) {
	t.Helper()
	var before dossier.II06a
	for from := date("2026-07-01"); from <= now; from = from.AddMonths(1) {
		x := dossier.Question{From: from, To: from.LastOfMonth(), Unit: o.Province}
		lines, err := o.Desk.Statistics(ctx, o.DB, o.Chair, x, dossier.ByUnit)
		ok(t, err)
		total, sum := lines[0].II06a, dossier.II06a{}
		for _, l := range lines {
			r := l.II06a
			if r.Received != r.Online+r.Other+r.Carried+r.MovedIn || r.Received != r.Resolved+r.InProgress+r.MovedOut ||
				r.Resolved != r.Early+r.OnTime+r.Late || r.InProgress != r.InTime+r.Overdue {
				t.Errorf("%s %s: identities do not hold: %+v", from, l.Key, r)
			}
		}
		for _, l := range lines[1:] {
			sum.Add(l.II06a)
		}
		if sum != total {
			t.Errorf("%s: children sum to %+v, the parent is %+v", from, sum, total)
		}
		if total.Carried != before.InProgress {
			t.Errorf("%s: carried over %d, in progress at the end before %d", from, total.Carried, before.InProgress)
		}
		bySector, err := o.Desk.Statistics(ctx, o.DB, o.Chair, x, dossier.BySector)
		ok(t, err)
		sum = dossier.II06a{}
		for _, l := range bySector[1:] {
			sum.Add(l.II06a)
		}
		if sum != total {
			t.Errorf("%s: sectors sum to %+v, the total is %+v", from, sum, total)
		}
		before = total
	}
}

// lists checks that each figure opens to exactly as many dossiers as it says.
func lists(t *testing.T, o *dossiertest.Office, year dossier.Question) {
	t.Helper()
	for _, u := range []unit.ID{"", o.Commune} {
		x := year
		x.Unit = u
		lines, err := o.Desk.Statistics(ctx, o.DB, system, x, dossier.ByNothing)
		ok(t, err)
		for i, col := range []dossier.Column{"received", "online", "other", "carried", "resolved", "early", "on_time", "late",
			"in_progress", "in_time", "overdue", "returned", "paused"} {
			rows, err := o.Desk.Behind(ctx, o.DB, system, x, col)
			ok(t, err)
			if want := lines[0].Figures(false)[i]; int64(len(rows)) != want {
				t.Errorf("unit %q: %s says %d and lists %d", u, col, want, len(rows))
			}
		}
	}
	counts, err := o.Desk.CountsNow(ctx, o.DB, year.From, year.To)
	ok(t, err)
	x := year
	x.Unit = o.Commune
	c := counts[o.Commune]
	for m, want := range map[dossier.Measure]int64{"received": c.Received, "online": c.Online, "e_result": c.EResult, "digitised": c.Digitised,
		"reused": c.Reused, "population": c.Population, "synced": c.Synced, "obliged": c.Obliged, "paid_online": c.PaidOnline,
		"displeased": c.Displeased, "satisfied": c.Received - c.Displeased, "timed": c.Timed, "timed_ok": c.TimedOK, "timed_late": c.Timed - c.TimedOK} {
		rows, err := o.Desk.BehindMeasure(ctx, o.DB, x, m)
		ok(t, err)
		if int64(len(rows)) != want {
			t.Errorf("%s says %d and lists %d", m, want, len(rows))
		}
	}
}

// What was reported then stays reproducible: figures asked for as known at a past
// moment are those that were counted at that moment.
func TestAsKnownThenIsWhatWasReportedThen(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	history(t, o, 11, 400)
	now := o.DB.Now()
	x := dossier.Question{From: now.Date().FirstOfMonth(), To: now.Date()}
	then, err := o.Desk.Statistics(ctx, o.DB, system, x, dossier.BySector)
	ok(t, err)
	o.Clock.Advance(24 * time.Hour)
	// Entered late: received before, finished before, known only now.
	app := o.Application(dossiertest.Certify)
	app.At = now.Add(-time.Hour)
	d, err := o.Desk.Receive(ctx, o.Officer, app)
	ok(t, err)
	ok(t, o.Desk.Finish(ctx, o.Specialist, d.Code, dossier.Result{At: now.Add(-time.Minute)}))
	today, err := o.Desk.Statistics(ctx, o.DB, system, x, dossier.ByNothing)
	ok(t, err)
	if today[0].Received != then[0].Received+1 || today[0].Resolved != then[0].Resolved+1 {
		t.Errorf("a late entry restates the period: %+v, then %+v", today[0], then[0])
	}
	x.Known = now
	again, err := o.Desk.Statistics(ctx, o.DB, system, x, dossier.BySector)
	ok(t, err)
	if !reflect.DeepEqual(again, then) {
		t.Errorf("as known then\n%+v\nreported then\n%+v", again, then)
	}
}

// 17 communes become 5: see package unit; here two become one and what is open
// goes over with its code and promise, while the past stays.
func TestAMergerMovesWhatIsOpenAndKeepsThePast(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	o.Clock.Set("2026-09-28T09:00")
	open, done := o.Receive(t, dossiertest.Land), o.Receive(t, dossiertest.Birth)
	ok(t, o.Desk.Finish(ctx, o.Specialist, done.Code, dossier.Result{}))
	o.Clock.Set("2026-10-05T09:00")
	into, err := o.Registry.Merge(ctx, system, unit.Merger{From: []unit.ID{o.Commune, o.Mountain},
		New: &unit.New{Code: "H99.201", Name: "Xã Hải Bình", Level: "commune", Parent: o.Province}}, unit.Act{Day: date("2026-10-01"), Basis: "NQ 1"})
	ok(t, err)
	n, err := o.Desk.Transfer(ctx, o.Commune, date("2026-10-01"), "NQ 1", func(dossier.Dossier) unit.ID { return into })
	ok(t, err)
	w, err := o.Desk.ByCode(ctx, o.DB, o.Chair, open.Code)
	ok(t, err)
	if n != 1 || w.State.Unit != into || w.Promised != o.Commune || w.Due != open.Due || w.Code != open.Code {
		t.Errorf("%d moved: %+v", n, w.State)
	}
	by := func(from, to string) map[string]dossier.II06a {
		lines, err := o.Desk.Statistics(ctx, o.DB, o.Chair, dossier.Question{From: date(from), To: date(to), Unit: o.Province}, dossier.ByUnit)
		ok(t, err)
		out := map[string]dossier.II06a{}
		for _, l := range lines {
			out[l.Key] = l.II06a
		}
		return out
	}
	september := by("2026-09-01", "2026-09-30")
	if r := september[string(o.Commune)]; r.Received != 2 || r.Resolved != 1 || r.InProgress != 1 || r.MovedOut != 0 {
		t.Errorf("September of the predecessor: %+v", r)
	}
	october := by("2026-10-01", "2026-10-31")
	if r := october[string(o.Commune)]; r.Carried != 1 || r.MovedOut != 1 || r.InProgress != 0 {
		t.Errorf("October of the predecessor: %+v", r)
	}
	if r := october[string(into)]; r.Carried != 0 || r.MovedIn != 1 || r.InProgress != 1 || r.Received != 1 {
		t.Errorf("October of the successor: %+v", r)
	}
	if r := october[""]; r.Carried != 1 || r.MovedIn != 0 || r.MovedOut != 0 || r.InProgress != 1 {
		t.Errorf("October of the province: %+v", r)
	}
	again, err := o.Desk.Transfer(ctx, o.Commune, date("2026-10-01"), "NQ 1", func(dossier.Dossier) unit.ID { return into })
	ok(t, err)
	if again != 0 {
		t.Errorf("run again it moved %d", again)
	}
	o.Clean(t)
}

func TestCountersAtTheSameTimeLoseNothing(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	const workers, each = 6, 8
	done := make(chan error, workers)
	for range workers {
		go func() {
			for range each {
				if _, err := o.Desk.Receive(ctx, o.Officer, o.Application(dossiertest.Birth)); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range workers {
		ok(t, <-done)
	}
	rows, _, err := o.Desk.List(ctx, o.DB, o.Officer, dossier.Filter{Unit: o.Commune, Limit: 100})
	ok(t, err)
	seen := map[string]bool{}
	for _, r := range rows {
		seen[r.Code] = true
	}
	if len(seen) != workers*each || !seen[fmt.Sprintf("H99.101-261123-%04d", workers*each)] {
		t.Errorf("%d different codes, want %d without a gap", len(seen), workers*each)
	}
	o.Clean(t)
}

// Moved to and fro within a period, a dossier came in once and went out once.
func TestToAndFroCountsOnce(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	o.Clock.Set("2026-09-28T09:00")
	d := o.Receive(t, dossiertest.Land)
	for _, m := range []struct {
		at       string
		from, to unit.ID
	}{
		{"2026-10-05T09:00", o.Commune, o.Mountain}, {"2026-10-07T09:00", o.Mountain, o.Commune}, {"2026-10-09T09:00", o.Commune, o.Mountain},
	} {
		o.Clock.Set(m.at)
		n, err := o.Desk.Transfer(ctx, m.from, at(m.at).Date(), "NQ", func(dossier.Dossier) unit.ID { return m.to })
		ok(t, err)
		if n != 1 {
			t.Fatalf("%d moved", n)
		}
	}
	lines, err := o.Desk.Statistics(ctx, o.DB, o.Chair, dossier.Question{From: date("2026-10-01"), To: date("2026-10-31"), Unit: o.Province}, dossier.ByUnit)
	ok(t, err)
	by := map[string]dossier.II06a{}
	for _, l := range lines {
		by[l.Key] = l.II06a
	}
	if r := by[string(o.Commune)]; r.Carried != 1 || r.MovedOut != 1 || r.MovedIn != 0 || r.Received != 1 || r.InProgress != 0 {
		t.Errorf("where it began: %+v", r)
	}
	if r := by[string(o.Mountain)]; r.MovedIn != 1 || r.MovedOut != 0 || r.Received != 1 || r.InProgress != 1 {
		t.Errorf("where it ended: %+v", r)
	}
	rows, err := o.Desk.Behind(ctx, o.DB, system, dossier.Question{From: date("2026-10-01"), To: date("2026-10-31"), Unit: o.Mountain}, "moved_in")
	ok(t, err)
	if len(rows) != 1 || rows[0].Code != d.Code {
		t.Errorf("behind moved in: %d rows", len(rows))
	}
	o.Clean(t)
}

func TestImportedDossiersOpenByTheirCode(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	golden(t, o)
	w, err := o.Desk.ByCode(ctx, o.DB, o.Chair, "H11")
	ok(t, err)
	if w.System != "golden" || !w.ExternalDue || w.Due.Date() != date("2026-10-22") {
		t.Errorf("H11: system %q, due %s", w.System, w.Due)
	}
	_, err = o.Desk.Import(ctx, system, strings.NewReader("id,channel,received\nH11,direct,2026-08-20\n"), dossier.Import{System: "other", Unit: o.Commune})
	ok(t, err)
	if _, err := o.Desk.ByCode(ctx, o.DB, o.Chair, "H11"); !fault.Is(err, fault.NotFound) {
		t.Errorf("two systems have H11, and it opened one of them: %v", err)
	}
}

// A commune that left a province is no longer in its lists; one that was dissolved
// in it stays readable.
func TestListsHoldWhatIsBelowNow(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	o.Receive(t, dossiertest.Birth)
	count := func(u unit.ID) int {
		rows, _, err := o.Desk.List(ctx, o.DB, system, dossier.Filter{Unit: u})
		ok(t, err)
		return len(rows)
	}
	if n := count(o.Province); n != 1 {
		t.Fatalf("%d before", n)
	}
	other, err := o.Registry.Create(ctx, system, unit.New{Code: "H98", Name: "Tỉnh Khác", Level: "province"}, unit.Act{Day: date("2025-07-01"), Basis: "NQ"})
	ok(t, err)
	ok(t, o.Registry.ChangeParent(ctx, system, o.Commune, other, unit.Act{Day: date("2026-11-20"), Basis: "NQ"}))
	if a, b := count(o.Province), count(other); a != 0 || b != 1 {
		t.Errorf("after it left: %d in the old province, %d in the new one", a, b)
	}
	ok(t, o.Registry.Dissolve(ctx, system, o.Commune, o.Mountain, unit.Act{Day: date("2026-11-22"), Basis: "NQ"}))
	if a, n := count(o.Province), count(other); a != 0 || n != 1 {
		t.Errorf("dissolved there: %d in the old province, %d in the new one, want its 1 in the new one alone", a, n)
	}
}

func TestImportKeepsTheGoodRowsOfABadFile(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	text := "id,channel,received,due\nA,direct,2026-09-01,2026-09-05\nB,direct,1900-01-01,2026-09-05\nC,direct,2026-09-01\n" +
		"D\x00,direct,2026-09-01,2026-09-05\n\xc1,direct,2026-09-01,2026-09-05\nE,direct,2026-09-01,2026-09-05,more\nF,online,2026-09-01,2026-09-05\n"
	out, err := o.Desk.Import(ctx, system, strings.NewReader(text), dossier.Import{System: "x", Unit: o.Commune})
	ok(t, err)
	var keys []string
	for _, f := range out.Wrong {
		key := f.Key
		if len(f.Fields) > 0 {
			key = f.Fields[0].Key
		}
		keys = append(keys, fmt.Sprint(f.Args[1], " ", key))
	}
	want := []string{"3 dossier.import_too_early", "4 table.width", "5 table.encoding", "6 table.encoding", "7 table.width"}
	if out.Rows != 7 || out.New != 2 || !reflect.DeepEqual(keys, want) {
		t.Errorf("%d rows, %d new, wrong %q, want %q", out.Rows, out.New, keys, want)
	}
	out, err = o.Desk.Import(ctx, system, strings.NewReader("id,channel,received,due\nA,post,2026-09-01,2026-09-05\nF,online,2026-09-01,2026-09-06\n"),
		dossier.Import{System: "x", Unit: o.Commune})
	ok(t, err)
	if len(out.Wrong) != 2 || out.Wrong[0].Fields[0].Name != "channel" || out.Wrong[0].Args[5] != "post" || out.Wrong[1].Fields[0].Name != "due" {
		t.Errorf("contradictions: %v", out.Wrong)
	}
	o.Clean(t)
}

// What was open at a merger goes to the successor also when it is told of later,
// or had ended before the job came to it.
func TestAMergerFindsWhatWasOpenThen(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	o.Clock.Set("2026-09-28T09:00")
	endedLater, endedBefore := o.Receive(t, dossiertest.Land), o.Receive(t, dossiertest.Birth)
	ok(t, o.Desk.Finish(ctx, o.Specialist, endedBefore.Code, dossier.Result{}))
	o.Clock.Set("2026-10-05T09:00")
	ok(t, o.Desk.Finish(ctx, system, endedLater.Code, dossier.Result{At: at("2026-10-02T10:00")}))
	into, err := o.Registry.Merge(ctx, system, unit.Merger{From: []unit.ID{o.Commune, o.Mountain},
		New: &unit.New{Code: "H99.201", Name: "Xã Hải Bình", Level: "commune", Parent: o.Province}}, unit.Act{Day: date("2026-10-01"), Basis: "NQ 1"})
	ok(t, err)
	n, err := o.Desk.Transfer(ctx, o.Commune, date("2026-10-01"), "NQ 1", func(dossier.Dossier) unit.ID { return into })
	ok(t, err)
	if n != 1 {
		t.Errorf("%d moved, want the one that was open on 1 October", n)
	}
	text := "id,channel,received,due,finished\nOPEN,direct,2026-09-20,2026-10-20,\nTHEN,direct,2026-09-20,2026-10-20,2026-10-03\nBEFORE,direct,2026-09-20,2026-10-20,2026-09-25\n"
	_, err = o.Desk.Import(ctx, system, strings.NewReader(text), dossier.Import{System: "old", Unit: o.Commune})
	ok(t, err)
	again, err := o.Desk.Import(ctx, system, strings.NewReader(text), dossier.Import{System: "old", Unit: o.Commune})
	ok(t, err)
	if again.Same != 3 {
		t.Errorf("imported again: %+v", again)
	}
	lines, err := o.Desk.Statistics(ctx, o.DB, o.Chair, dossier.Question{From: date("2026-10-01"), To: date("2026-10-31"), Unit: o.Province}, dossier.ByUnit)
	ok(t, err)
	by := map[string]dossier.II06a{}
	for _, l := range lines {
		by[l.Key] = l.II06a
	}
	if r := by[string(into)]; r.MovedIn != 3 || r.Resolved != 2 || r.InProgress != 1 {
		t.Errorf("successor: %+v", r)
	}
	if r := by[string(o.Commune)]; r.Carried != 3 || r.MovedOut != 3 || r.Resolved != 0 || r.InProgress != 0 {
		t.Errorf("predecessor: %+v", r)
	}
	o.Clean(t)
}

// A report that was run in the middle of a period said how things stood then.
func TestKnownBeforeThePeriodEndsIsAsOfThen(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	o.Receive(t, dossiertest.Birth) // due 27/11
	known := o.DB.Now().Add(time.Hour)
	x := dossier.Question{From: date("2026-11-01"), To: date("2026-11-30")}
	o.Clock.Set("2026-12-10T09:00")
	x.Known = known
	then, err := o.Desk.Statistics(ctx, o.DB, system, x, dossier.ByNothing)
	ok(t, err)
	if then[0].InTime != 1 || then[0].Overdue != 0 {
		t.Errorf("as known on 23/11: %+v", then[0])
	}
}
