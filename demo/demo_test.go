package demo_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/moment"
	"cchc/calendar"
	"cchc/demo"
	"cchc/dossier"
	"cchc/procedure"
	"cchc/unit"
)

var inspector = actor.System("test")

func desk(d *db.DB) *dossier.Desk {
	book := &unit.Book{DB: d}
	return &dossier.Desk{DB: d, Guard: &auth.Guard{Tree: book}, Units: book,
		Calendars: &calendar.Store{DB: d, Tree: book}, Procedures: &procedure.Catalogue{DB: d}}
}

func build(t *testing.T, d *db.DB, o demo.Options) demo.Summary {
	t.Helper()
	began := time.Now()
	s, err := demo.Make(context.Background(), d, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d dossiers of %d communes in %s", s.Dossiers, s.Communes, time.Since(began).Round(time.Millisecond))
	return s
}

// statistics asks for form II.06a of everything.
func statistics(t *testing.T, d *db.DB, from, to moment.Date, by dossier.By) []dossier.Line {
	t.Helper()
	lines, err := desk(d).Statistics(context.Background(), d, inspector, dossier.Question{From: from, To: to}, by)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// verify recounts everything and checks the identities of the form month by month.
func verify(t *testing.T, d *db.DB, want int) {
	t.Helper()
	n, err := desk(d).Verify(context.Background(), nil, func(x dossier.Difference) { t.Errorf("%s: have %s, want %s", x.What, x.Have, x.Want) })
	if err != nil || n != want {
		t.Errorf("Verify() = %d, %v, want %d dossiers", n, err, want)
	}
	now := d.Now().Date()
	carried := int64(0)
	for from := now.AddMonths(-12).FirstOfMonth(); from <= now; from = from.AddMonths(1) {
		for _, l := range statistics(t, d, from, from.LastOfMonth(), dossier.BySector) {
			if l.Received != l.Online+l.Other+l.Carried+l.MovedIn || l.Received != l.Resolved+l.InProgress+l.MovedOut ||
				l.Resolved != l.Early+l.OnTime+l.Late || l.InProgress != l.InTime+l.Overdue || l.NoDue != 0 {
				t.Errorf("II.06a of %s, %q: %+v does not add up", from, l.Key, l.II06a)
			}
			if l.Key == "" {
				if l.Carried != carried {
					t.Errorf("II.06a of %s: %d carried over, want the %d in progress before", from, l.Carried, carried)
				}
				carried = l.InProgress
			}
		}
	}
}

// Making one takes seconds whatever its size (accounts are hashed, 5,652
// procedures imported), so one is looked at from all sides.
func TestTheDemonstration(t *testing.T) {
	t.Parallel()
	d, _ := dbtest.Open(t)
	o := demo.Options{Dossiers: 1800, Seed: 7}
	s := build(t, d, o)
	first := dump(t, d)
	t.Run("figures follow from the facts", func(t *testing.T) { verify(t, d, o.Dossiers) })
	t.Run("counters say what the dossiers say", func(t *testing.T) { countersAgree(t, d) })
	t.Run("promises are the desk's", func(t *testing.T) { promisesAreTheDesks(t, d) })
	t.Run("the province is as described", func(t *testing.T) { provinceIsAsDescribed(t, d, s) })
	t.Run("every account shown signs in", func(t *testing.T) { accountsSignIn(t, d, s) })
	t.Run("it is made once", func(t *testing.T) {
		if yes, err := demo.Made(context.Background(), d); !yes || err != nil {
			t.Errorf("Made() = %v, %v", yes, err)
		}
		if _, err := demo.Make(context.Background(), d, o); !errors.Is(err, demo.ErrMade) {
			t.Errorf("Make() twice = %v, want ErrMade", err)
		}
	})
	t.Run("criteria sets are of every state that a visitor may look at", func(t *testing.T) { criteriaSets(t, d) })
	t.Run("the same seed makes the same rows", func(t *testing.T) {
		again, _ := dbtest.Open(t)
		build(t, again, o)
		sameRows(t, first, dump(t, again))
	})
}

var setStates = db.SQL("demo.test.set_states", `SELECT code || ' ' || state FROM criteria_set ORDER BY code`)

func criteriaSets(t *testing.T, d *db.DB) {
	got, err := db.Column[string](context.Background(), d, setStates)
	want := []string{"SYN-huyen-2024 issued", "SYN-xa-2024 issued", "SYN-xa-2026 issued", "SYN-xa-2027 draft"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("the sets are %v, %v, want %v", got, err, want)
	}
}

func countersAgree(t *testing.T, d *db.DB) {
	ctx := context.Background()
	k, now := desk(d), d.Now().Date()
	from := now.FirstOfYear()
	fast, err := k.CountsNow(ctx, d, from, now.LastOfMonth())
	if err != nil {
		t.Fatal(err)
	}
	slow, err := k.CountsAsOf(ctx, d, dossier.Question{From: from, To: now.LastOfMonth()})
	if err != nil {
		t.Fatal(err)
	}
	var a, b dossier.Counts
	for _, c := range fast {
		a.Add(*c)
	}
	for _, c := range slow {
		b.Add(*c)
	}
	if a != b || a.Received == 0 || a.PaidOnline == 0 || a.Synced == 0 {
		t.Errorf("CountsNow = %+v, CountsAsOf = %+v", a, b)
	}
}

var statuses = db.SQL("demo.test.statuses", `SELECT DISTINCT status FROM dossier ORDER BY status`)

func TestNinetySevenOfAHundredAreOnTime(t *testing.T) {
	if testing.Short() {
		t.Skip("32,100 dossiers take ten seconds")
	}
	t.Parallel()
	d, _ := dbtest.Open(t)
	n := 32_100
	if os.Getenv("TEST_POSTGRES") != "" {
		n = 8000 // the rows are the same on both engines, so are their shares
	}
	build(t, d, demo.Options{Dossiers: n})
	verify(t, d, n)
	have, err := db.Column[int](context.Background(), d, statuses)
	// 7 lasts an hour or two: there may be none just now.
	if have = slices.DeleteFunc(have, func(s int) bool { return s == 7 }); err != nil || !slices.Equal(have, []int{1, 2, 3, 4, 5, 6, 8, 9, 10}) {
		t.Errorf("statuses %v, %v: want dossiers in every one", have, err)
	}
	now := d.Now().Date()
	lines := statistics(t, d, now.AddMonths(-12), now, dossier.BySector)
	all := lines[0]
	share := func(l dossier.Line) float64 { return 100 * float64(l.Early+l.OnTime) / float64(l.Resolved) }
	if s := share(all); s < 96.5 || s > 97.5 {
		t.Errorf("%.2f %% of %d early or on time, want 97 ± 0.5", s, all.Resolved)
	}
	if some := all.Received / 4000; all.Overdue < some || all.Paused < some || all.InProgress < 40*some || all.Apologised < all.Late*8/10 || all.Apologised >= all.Late+all.Overdue {
		t.Errorf("%+v: want some overdue, some paused, nearly all late ones apologised for", all.II06a)
	}
	weights := map[string]int64{}
	for _, l := range lines[1:] {
		weights[l.Key] = l.Received
		if l.Key == "Đất đai" && share(l) > share(all)-4 {
			t.Errorf("land %.2f %% on time, all %.2f %%: want land late much more often", share(l), share(all))
		}
	}
	for _, s := range []string{"Hộ tịch", "Chứng thực", "Đất đai", "Bảo trợ xã hội", "Hoạt động xây dựng"} {
		if weights[s] < all.Received/25 {
			t.Errorf("%d of %d dossiers are of %s: want it to be one of the large sectors", weights[s], all.Received, s)
		}
	}
}

// A year that reaches back before the reform: the former communes received, and
// what was open went to their successors.
func TestTheReformTransfersWhatIsOpen(t *testing.T) {
	t.Parallel()
	d, clock := dbtest.Open(t)
	clock.Set("2025-12-15T15:00")
	build(t, d, demo.Options{Dossiers: 1200, Seed: 5})
	verify(t, d, 1200)
	july := moment.NewDate(2025, 7, 1)
	var in, out int64
	for _, l := range statistics(t, d, july, july.LastOfMonth(), dossier.ByUnit)[1:] {
		if l.Received != l.Online+l.Other+l.Carried+l.MovedIn || l.Received != l.Resolved+l.InProgress+l.MovedOut {
			t.Errorf("II.06a of %s in July: %+v does not add up", l.Key, l.II06a)
		}
		in, out = in+l.MovedIn, out+l.MovedOut
	}
	if in == 0 || in != out {
		t.Errorf("in July %d moved in and %d out, want the same and some", in, out)
	}
}

func TestAnInterruptedOneIsNeverTakenForWhole(t *testing.T) {
	t.Parallel()
	d, _ := dbtest.Open(t)
	ctx, cancel := context.WithCancel(context.Background())
	_, err := demo.Make(ctx, d, demo.Options{Dossiers: 3000, Progress: func(done, total int) {
		if done < total {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("Make() when cancelled = %v", err)
	}
	ctx = context.Background()
	whole, err1 := demo.Made(ctx, d)
	marked, err2 := demo.Illustration(ctx, d)
	if whole || !marked || err1 != nil || err2 != nil {
		t.Errorf("Made() = %v, %v, Illustration() = %v, %v, want false and true", whole, err1, marked, err2)
	}
	if _, err := demo.Make(ctx, d, demo.Options{Dossiers: 10}); !errors.Is(err, demo.ErrUnfinished) {
		t.Errorf("Make() again = %v, want ErrUnfinished", err)
	}
}

func TestNothingIsMadeBesideWhatIsThere(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d, _ := dbtest.Open(t)
	reg := &unit.Registry{Book: &unit.Book{DB: d}}
	if _, err := reg.Create(ctx, inspector, unit.New{Code: "H01", Name: "Tỉnh thật", Level: unit.Province},
		unit.Act{Day: moment.NewDate(2025, 7, 1), Basis: "x"}); err != nil {
		t.Fatal(err)
	}
	if _, err := demo.Make(ctx, d, demo.Options{}); !errors.Is(err, demo.ErrNotEmpty) {
		t.Errorf("Make() beside a real province = %v, want ErrNotEmpty", err)
	}
	if yes, err := demo.Illustration(ctx, d); yes || err != nil {
		t.Errorf("Illustration() of a real province = %v, %v", yes, err)
	}
}
