package demo_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/demo"
	"cchc/dossier"
	"cchc/unit"
)

// What the other rooms number by themselves differs between two makes; these say
// what stands for it.
var names = []*db.Stmt{
	db.SQL("demo.test.units", `SELECT unit_id, code FROM unit_version ORDER BY unit_id`),
	db.SQL("demo.test.accounts", `SELECT id, login FROM account ORDER BY id`),
	db.SQL("demo.test.versions", `SELECT id, code FROM procedure_version ORDER BY id`),
}

var tables = map[string]*db.Stmt{
	"dossier": db.SQL("demo.test.dossiers", `
		SELECT id || ' ' || code || ' ' || unit_id || ' ' || promised_unit_id || ' ' || COALESCE(version_id, '') || ' ' || case_code ||
			' ' || channel || ' ' || return_by || ' ' || rating_token || ' ' || CAST(status AS TEXT) || ' ' || verdict || ' ' || step_account
		FROM dossier ORDER BY id`),
	"fact": db.SQL("demo.test.facts", `
		SELECT dossier_id || ' ' || CAST(seq AS TEXT) || ' ' || kind || ' ' || CAST(at AS TEXT) || ' ' || CAST(recorded_at AS TEXT) ||
			' ' || account || ' ' || unit_id || ' ' || COALESCE(CAST(due AS TEXT), '') || ' ' || how || ' ' || CAST(qty AS TEXT) ||
			' ' || reason || ' ' || document
		FROM dossier_fact ORDER BY dossier_id, seq`),
	"person": db.SQL("demo.test.persons", `
		SELECT dossier_id || ' ' || name || ' ' || id_number || ' ' || phone || ' ' || email || ' ' || address
		FROM dossier_person ORDER BY dossier_id`),
	"step": db.SQL("demo.test.steps", `
		SELECT dossier_id || ' ' || CAST(ord AS TEXT) || ' ' || name || ' ' || account || ' ' || COALESCE(CAST(came_at AS TEXT), '') ||
			' ' || COALESCE(CAST(due_at AS TEXT), '') || ' ' || COALESCE(CAST(done_at AS TEXT), '')
		FROM dossier_step ORDER BY dossier_id, ord`),
	"paper": db.SQL("demo.test.papers", `SELECT dossier_id || ' ' || name || ' ' || source FROM dossier_paper ORDER BY dossier_id, ord`),
	"entered": db.SQL("demo.test.entered", `
		SELECT unit_id || ' ' || metric || ' ' || CAST(month AS TEXT) || ' ' || CAST(numerator AS TEXT) || ' ' || CAST(denominator AS TEXT)
		FROM entered_measure`),
}

func dump(t *testing.T, d *db.DB) map[string][]string {
	t.Helper()
	ctx := context.Background()
	stand := map[string]string{}
	for _, s := range names {
		if err := db.Each(ctx, d, s, func(r db.Scanner) error {
			var id, name string
			err := r.Scan(&id, &name)
			stand[id] = name
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	out := map[string][]string{}
	for name, s := range tables {
		rows, err := db.Column[string](ctx, d, s)
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range rows {
			words := strings.Split(row, " ")
			for j, w := range words {
				if n, ok := stand[w]; ok {
					words[j] = n
				}
			}
			rows[i] = strings.Join(words, " ")
		}
		slices.Sort(rows)
		out[name] = rows
	}
	return out
}

// sameRows compares two dumps; where they differ it shows the first row.
func sameRows(t *testing.T, a, b map[string][]string) {
	t.Helper()
	for name := range tables {
		if len(a[name]) == 0 || len(a[name]) != len(b[name]) {
			t.Errorf("%s: %d and %d rows of the same seed", name, len(a[name]), len(b[name]))
			continue
		}
		for i, row := range a[name] {
			if row != b[name][i] {
				t.Errorf("%s differs first at\n%s\n%s", name, row, b[name][i])
				break
			}
		}
	}
}

// The desk itself would have promised the same, with the same steps, and its
// clock, run over the stops, comes to the same due date.
func promisesAreTheDesks(t *testing.T, d *db.DB) {
	ctx := context.Background()
	k := desk(d)
	var rows []dossier.Row
	var next dossier.Cursor
	for {
		page, after, err := k.List(ctx, d, inspector, dossier.Filter{Bucket: dossier.BucketAll, Limit: 500, After: next})
		if err != nil {
			t.Fatal(err)
		}
		if rows = append(rows, page...); after.ID == "" {
			break
		}
		next = after
	}
	stopped := 0
	for _, r := range rows {
		if r.AcceptedAt == 0 {
			continue
		}
		w, err := k.ByCode(ctx, d, inspector, r.Code)
		if err != nil {
			t.Fatal(err)
		}
		p, err := k.Promised(ctx, d, dossier.Application{Unit: w.Promised, Procedure: w.ProcedureCode, Case: w.CaseCode, Channel: w.Channel,
			At: w.AcceptedAt}, d.Now())
		if err != nil {
			t.Fatal(err)
		}
		if p.Due != w.DueOriginal || p.Limit != w.Limit || p.Basis != w.LimitBasis || p.Version.ID != w.VersionID {
			t.Errorf("%s: promised %s by %s, the desk says %s by %s", w.Code, w.DueOriginal, w.Limit, p.Due, p.Limit)
		}
		if len(dossier.Stops(w.Facts)) > 0 {
			stopped++
			if w.Waiting == "" && w.Clock.Due != w.Due {
				t.Errorf("%s: due %s, its clock says %s", r.Code, w.Due, w.Clock.Due)
			}
			continue
		}
		if len(p.Steps) != len(w.Steps) {
			t.Errorf("%s: %d steps, the desk plans %d", r.Code, len(w.Steps), len(p.Steps))
			continue
		}
		for i, s := range p.Steps {
			if w.Steps[i].Due != s.Due || w.Steps[i].Name != s.Name || w.Steps[i].Hours != s.Hours {
				t.Errorf("%s: step %+v, the desk plans %+v", r.Code, w.Steps[i], s)
			}
		}
	}
	if stopped < 10 {
		t.Errorf("%d of %d dossiers had their clock stopped, want some", stopped, len(rows))
	}
}

var (
	lastKnown = db.SQL("demo.test.last_known", `
		SELECT CAST(MAX(d.last_recorded) AS BIGINT) FROM dossier d JOIN unit_version v ON v.unit_id = d.unit_id WHERE v.name = $1`)
	daysDirect = db.SQL("demo.test.days_direct", `SELECT DISTINCT accepted_day FROM dossier WHERE channel = 'direct'`)
	perCommune = db.SQL("demo.test.per_commune", `SELECT COUNT(*) FROM dossier GROUP BY unit_id ORDER BY 1`)
)

func provinceIsAsDescribed(t *testing.T, d *db.DB, s demo.Summary) {
	ctx := context.Background()
	book := &unit.Book{DB: d}
	july := moment.NewDate(2025, 7, 1)
	after, err := book.On(ctx, d, july)
	if err != nil {
		t.Fatal(err)
	}
	before, err := book.On(ctx, d, july-1)
	if err != nil {
		t.Fatal(err)
	}
	province := after.Roots()[0]
	communes := after.Children(province)
	if len(communes) != 12 || s.Communes != 12 || s.Former != 39 || s.Procedures < 60 {
		t.Errorf("%d communes, summary %+v: want 12 of 39, and 60 procedures", len(communes), s)
	}
	areas := map[string]int{}
	for _, c := range communes {
		u, _ := after.Unit(c)
		areas[u.Area]++
	}
	if areas[unit.Mountainous] == 0 || areas[unit.Difficult] == 0 || areas[""] == 0 {
		t.Errorf("area classes %v, want every one", areas)
	}
	district := before.Children(province)[0]
	were := before.Children(district)
	became := map[unit.ID]bool{}
	for _, c := range were {
		next, err := book.Successors(ctx, d, c, july)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range next {
			became[p.Unit] = true
		}
	}
	if len(were) != 17 || len(became) != 5 {
		t.Errorf("the first district's %d communes became %d, want 17 and 5", len(were), len(became))
	}

	silentFor := 0
	for _, c := range communes {
		u, _ := after.Unit(c)
		last, err := db.Value[moment.Instant](ctx, d, lastKnown, u.Name)
		if err != nil {
			t.Fatal(err)
		}
		if last < d.Now().Date().AddDays(-3).Start() {
			silentFor++
		}
	}
	if silentFor != 1 {
		t.Errorf("%d communes are silent for three days, want one", silentFor)
	}
	cal, err := desk(d).Calendars.For(ctx, d, province)
	if err != nil {
		t.Fatal(err)
	}
	days, err := db.Column[moment.Date](ctx, d, daysDirect)
	if err != nil {
		t.Fatal(err)
	}
	for _, day := range days {
		if !cal.Working(day) {
			t.Errorf("somebody came to the counter on %s, a day off", day)
		}
	}
	sizes, err := db.Column[int](ctx, d, perCommune)
	if err != nil || sizes[len(sizes)-1] < 2*sizes[0] {
		t.Errorf("communes have %v dossiers, %v: want unequal ones", sizes, err)
	}
}

func accountsSignIn(t *testing.T, d *db.DB, s demo.Summary) {
	ctx := context.Background()
	if !slices.Equal(s.Accounts, demo.Accounts()) || len(s.Accounts) < 9 {
		t.Errorf("Accounts() = %v, made %v", demo.Accounts(), s.Accounts)
	}
	book := &unit.Book{DB: d}
	tree, err := book.Today(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	door := &auth.Accounts{DB: d, Guard: auth.Guard{Tree: book}}
	for i, a := range s.Accounts {
		in, err := door.SignIn(ctx, a.Login, a.Password, fmt.Sprintf("192.0.2.%d", i))
		if err != nil {
			t.Errorf("SignIn(%s): %v", a.Login, err)
			continue
		}
		g := in.Actor.Grants[0]
		u, _ := tree.Unit(g.Unit)
		if g.Role != a.Role || u.Name != a.Unit {
			t.Errorf("%s is %s in %q, shown as %s in %q", a.Login, g.Role, u.Name, a.Role, a.Unit)
		}
	}

	// The counter goes on after the last number of the day.
	var officer string
	for _, a := range s.Accounts {
		if officer == "" && strings.HasPrefix(a.Login, "motcua1.") {
			officer = a.Login
		}
	}
	in, err := door.SignIn(ctx, officer, demo.Password, "192.0.2.99")
	if err != nil {
		t.Fatal(err)
	}
	k := desk(d)
	for range 3 {
		if _, err := k.Receive(ctx, in.Actor, dossier.Application{Unit: in.Actor.Home(), Procedure: "1.001193", Channel: dossier.Direct,
			Person: dossier.Person{Name: "Nguyễn Văn A"}}); err != nil {
			t.Errorf("Receive() by %s: %v", officer, err)
		}
	}
}
