package dossier_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/dossier"
	"cchc/dossier/dossiertest"
)

// numbersIn returns the numbers of a book, void ones negative.
func numbersIn(t testing.TB, o *dossiertest.Office, form dossier.Form, year int) []int64 {
	t.Helper()
	b, _, err := o.Desk.Book(ctx, o.DB, o.Officer, o.Commune, form, year)
	ok(t, err)
	entries, next, err := o.Desk.Entries(ctx, o.DB, o.Officer, b, dossier.BookFilter{Limit: 500})
	ok(t, err)
	if next != 0 {
		t.Fatalf("book %s has more than 500 lines", form)
	}
	var out []int64
	for _, e := range entries {
		n := e.No.Number
		if e.No.Voided != 0 {
			n = -n
		}
		out = append(out, n)
	}
	return out
}

func wantNumbers(t testing.TB, o *dossiertest.Office, form dossier.Form, year int, want ...int64) {
	t.Helper()
	if got := numbersIn(t, o, form, year); !slices.Equal(got, want) {
		t.Errorf("book %s of %d has %v, want %v", form, year, got, want)
	}
}

func TestEachFormTakesTheNextNumberOfItsBook(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	a, b := o.Receive(t, dossiertest.Land), o.Receive(t, dossiertest.Birth)
	c := o.Receive(t, dossiertest.Land)
	o.Clock.Set("2026-11-23T10:00")
	ok(t, o.Desk.AskForMore(ctx, o.Specialist, a.Code, dossier.Ask{Reason: "thiếu bản vẽ"}))
	ok(t, o.Desk.Refuse(ctx, o.Specialist, b.Code, "không đủ điều kiện", dossier.Result{}))
	ok(t, o.Desk.Stop(ctx, o.Specialist, c.Code, "theo quyết định", ""))
	ok(t, o.Desk.Apologise(ctx, o.CommuneChair, a.Code, dossier.Apology{Reason: "đo đạc chậm", Until: at("2027-03-01T17:00")}))
	app := o.Application(dossiertest.Birth)
	app.Channel = dossier.Online
	online, err := o.Desk.Register(ctx, o.Officer, app)
	ok(t, err)
	wantNumbers(t, o, dossier.Form01, 2026, 1, 2, 3) // what is not accepted yet has no receipt
	ok(t, o.Desk.Decline(ctx, o.Officer, online.Code, "không thuộc thẩm quyền"))
	wantNumbers(t, o, dossier.Form02, 2026, 1)
	wantNumbers(t, o, dossier.Form03, 2026, 1, 2)
	wantNumbers(t, o, dossier.Form04, 2026, 1)
	wantNumbers(t, o, dossier.Form05, 2026, 1)
	o.Clean(t)
}

func TestWhatIsRefusedLeavesNoGap(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	o.Receive(t, dossiertest.Birth)
	app := o.Application(dossiertest.Birth)
	app.At = at("2027-01-01T09:00") // found out after numbers were taken
	if _, err := o.Desk.Receive(ctx, o.Officer, app); err == nil {
		t.Fatal("a receipt in the future was taken")
	}
	o.Receive(t, dossiertest.Birth)
	wantNumbers(t, o, dossier.Form01, 2026, 1, 2)
	o.Clean(t)
}

func TestManyCountersNeverShareOrSkipANumber(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	const counters, each = 8, 12
	var wg sync.WaitGroup
	errs := make(chan error, counters*each)
	for i := range counters {
		wg.Go(func() {
			for j := range each {
				app := o.Application(dossiertest.Birth)
				if (i+j)%5 == 0 {
					app.Person.Name = "" // refused
				}
				if (i+j)%7 == 0 {
					c, cancel := context.WithCancel(ctx)
					cancel() // gone before it was written
					o.Desk.Receive(c, o.Officer, app)
					continue
				}
				_, err := o.Desk.Receive(ctx, o.Officer, app)
				if err != nil && app.Person.Name != "" {
					errs <- err
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		t.Error(err)
	}
	got := numbersIn(t, o, dossier.Form01, 2026)
	if len(got) < counters*each/2 {
		t.Errorf("only %d receipts", len(got))
	}
	for i, n := range got {
		if n != int64(i+1) {
			t.Fatalf("numbers %v", got)
		}
	}
	o.Clean(t)
}

func TestACorrectedFormKeepsItsNumberWithAMark(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	d := o.Receive(t, dossiertest.Land)
	ok(t, o.Desk.AskForMore(ctx, o.Specialist, d.Code, dossier.Ask{Reason: "nhầm hồ sơ"}))
	w := get(t, o, d.Code)
	ok(t, o.Desk.Correct(ctx, o.Officer, d.Code, w.Facts[len(w.Facts)-1].Seq, "ghi nhầm"))
	ok(t, o.Desk.AskForMore(ctx, o.Specialist, d.Code, dossier.Ask{Reason: "thiếu bản vẽ"}))
	wantNumbers(t, o, dossier.Form02, 2026, -1, 2)
	b, void, err := o.Desk.Book(ctx, o.DB, o.Officer, o.Commune, dossier.Form02, 2026)
	ok(t, err)
	if b.Last != 2 || b.Voided != 1 || !slices.Equal(void, []int64{1}) {
		t.Errorf("book %+v, void %v", b, void)
	}
	o.Clean(t)
}

func TestABookClosesAfterItsYearAndForEver(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	o.Receive(t, dossiertest.Birth)
	refused(t, o.Desk.CloseBook(ctx, o.CommuneChair, o.Commune, dossier.Form01, 2026), fault.Conflict, "books.year_runs")
	o.Clock.Set("2027-01-04T09:00")
	for name, a := range map[string]actor.Actor{"officer": o.Officer, "specialist": o.Specialist, "auditor": o.Auditor, "admin": o.Admin} {
		if err := o.Desk.CloseBook(ctx, a, o.Commune, dossier.Form01, 2026); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s: %v, want forbidden", name, err)
		}
	}
	refused(t, o.Desk.CloseBook(ctx, o.CommuneChair, o.Commune, dossier.Form05, 2026), fault.NotFound, "books.unknown")

	// Told late, while the book is open: it belongs to its own year.
	late := o.Application(dossiertest.Birth)
	late.At = at("2026-12-31T09:00")
	_, err := o.Desk.Receive(ctx, o.Officer, late)
	ok(t, err)
	wantNumbers(t, o, dossier.Form01, 2026, 1, 2)

	ok(t, o.Desk.CloseBook(ctx, o.CommuneChair, o.Commune, dossier.Form01, 2026))
	refused(t, o.Desk.CloseBook(ctx, o.CommuneChair, o.Commune, dossier.Form01, 2026), fault.Conflict, "books.closed_already")

	// Told after it was closed: the next book takes it and says so.
	_, err = o.Desk.Receive(ctx, o.Officer, late)
	ok(t, err)
	wantNumbers(t, o, dossier.Form01, 2026, 1, 2)
	b, _, err := o.Desk.Book(ctx, o.DB, o.Officer, o.Commune, dossier.Form01, 2027)
	ok(t, err)
	entries, _, err := o.Desk.Entries(ctx, o.DB, o.Officer, b, dossier.BookFilter{})
	ok(t, err)
	if len(entries) != 1 || entries[0].No.ForYear != 2026 || entries[0].No.Number != 1 {
		t.Errorf("the book of 2027 has %+v", entries)
	}
	o.Clean(t)
}

func TestLinesOfABookAreFound(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	first := o.Receive(t, dossiertest.Birth)
	app := o.Application(dossiertest.Birth)
	app.Person.Name = "Đặng Văn Bưởi"
	_, err := o.Desk.Receive(ctx, o.Officer, app)
	ok(t, err)
	b, _, err := o.Desk.Book(ctx, o.DB, o.Officer, o.Commune, dossier.Form01, 2026)
	ok(t, err)
	for text, want := range map[string]int64{"2": 2, "dang van": 2, "BƯỞI": 2, strings.ToLower(first.Code): 1, "anh": 1} {
		entries, _, err := o.Desk.Entries(ctx, o.DB, o.Officer, b, dossier.BookFilter{Text: text})
		ok(t, err)
		if len(entries) != 1 || entries[0].No.Number != want {
			t.Errorf("%q found %d lines, want number %d", text, len(entries), want)
		} else if p := entries[0].Person; strings.Contains(p.Phone, "0905") || strings.Contains(p.IDNumber, "049") {
			t.Errorf("%q shows numbers: %+v", text, p)
		}
	}
	page, next, err := o.Desk.Entries(ctx, o.DB, o.Officer, b, dossier.BookFilter{Limit: 1})
	ok(t, err)
	if len(page) != 1 || next != 1 {
		t.Errorf("the first page has %d lines and goes on after %d", len(page), next)
	}
	if _, err := o.Desk.Books(ctx, o.DB, o.OtherOfficer, o.Commune); !fault.Is(err, fault.Forbidden) {
		t.Errorf("another commune reads the books: %v", err)
	}
}

// What was issued before there were books is numbered by the migration as if the
// books had always been there.
func TestTheUpgradeNumbersWhatWasIssuedBefore(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	a := o.Receive(t, dossiertest.Land)
	o.Clock.Set("2026-11-23T10:00")
	b := o.Receive(t, dossiertest.Birth)
	ok(t, o.Desk.AskForMore(ctx, o.Specialist, a.Code, dossier.Ask{Reason: "thiếu bản vẽ"}))
	w := get(t, o, a.Code)
	ok(t, o.Desk.Correct(ctx, o.Officer, a.Code, w.Facts[len(w.Facts)-1].Seq, "ghi nhầm"))
	ok(t, o.Desk.Refuse(ctx, o.Specialist, b.Code, "không đủ điều kiện", dossier.Result{}))
	o.Clock.Set("2027-01-01T00:30") // still 2026 by Greenwich
	o.Receive(t, dossiertest.Birth)
	read := func() (out []dossier.Issue) {
		for _, code := range []string{a.Code, b.Code} {
			list, err := o.Desk.Issues(ctx, o.DB, get(t, o, code).Dossier)
			ok(t, err)
			out = append(out, list...)
		}
		return out
	}
	before := read()
	found, err := filepath.Glob("../base/db/migrations/" + map[db.Engine]string{db.SQLite: "sqlite", db.Postgres: "postgres"}[o.DB.Engine()] + "/*_books.sql")
	if err != nil || len(found) != 1 {
		t.Fatalf("migrations of the books: %v, %v", found, err)
	}
	text, err := os.ReadFile(found[0])
	ok(t, err)
	ok(t, o.DB.Write(ctx, func(tx *db.Tx) error {
		return tx.Raw(ctx, func(ctx context.Context, raw *sql.Tx) error {
			for _, s := range append([]string{"DELETE FROM form_issue", "DELETE FROM form_book"}, strings.SplitAfter(string(text), ";\n")...) {
				if !strings.Contains(s, "INSERT INTO form_") && !strings.HasPrefix(s, "DELETE") {
					continue
				}
				if _, err := raw.ExecContext(ctx, s); err != nil {
					return err
				}
			}
			return nil
		})
	}))
	o.Clean(t)
	after := read()
	if len(after) != len(before) {
		t.Fatalf("%d forms, before %d", len(after), len(before))
	}
	for i := range after {
		if !after[i].Upgraded {
			t.Errorf("%+v does not say that it was numbered later", after[i])
		}
		after[i].Upgraded = false
		if after[i] != before[i] {
			t.Errorf("numbered %+v, was %+v", after[i], before[i])
		}
	}
	wantNumbers(t, o, dossier.Form01, 2027, 1)
	o.Receive(t, dossiertest.Birth) // and they go on
	wantNumbers(t, o, dossier.Form01, 2027, 1, 2)
}

func TestVerifyFindsAGapAndAWrongMark(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	for range 3 {
		o.Receive(t, dossiertest.Birth)
	}
	for _, harm := range []string{
		"UPDATE form_issue SET number = 9 WHERE number = 2",
		"UPDATE form_issue SET number = 2, voided_at = 1 WHERE number = 9",
		"UPDATE form_issue SET form = '02', voided_at = NULL WHERE number = 2",
		"DELETE FROM form_issue WHERE form = '02'",
	} {
		ok(t, o.DB.Write(ctx, func(tx *db.Tx) error {
			return tx.Raw(ctx, func(ctx context.Context, raw *sql.Tx) error {
				_, err := raw.ExecContext(ctx, harm)
				return err
			})
		}))
		n := 0
		_, err := o.Desk.Verify(ctx, nil, func(dossier.Difference) { n++ })
		ok(t, err)
		if n == 0 {
			t.Errorf("after %q nothing is found", harm)
		}
	}
}

func TestWhatAnotherSystemIssuedStandsInItsBooks(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	when := at("2026-11-20T09:00")
	h := func(system, code string) *dossier.History {
		return &dossier.History{Dossier: dossier.Dossier{ID: db.NewID(), System: system, Code: code, ProcedureCode: dossiertest.Birth,
			Channel: dossier.Direct, ReturnBy: dossier.AtCounter, ExternalDue: true},
			Facts: []dossier.Fact{{Kind: dossier.FRegistered, At: when, Unit: o.Commune}, {Kind: dossier.FAccepted, At: when, Unit: o.Commune, Due: at("2026-12-01T17:00")}}}
	}
	ok(t, o.Desk.Load(ctx, o.HomeAffairs, "thử", []*dossier.History{h("other", "H99.101-261120-0001"), h("", "H99.101-261120-0002")}))
	wantNumbers(t, o, dossier.Form01, 2026, 1)
	// What is done here to the other system's dossier is ours.
	ok(t, o.Desk.Apologise(ctx, o.Officer, "H99.101-261120-0001", dossier.Apology{Reason: "chậm", Until: moment.NewDate(2026, 12, 20).At(17 * 3600)}))
	wantNumbers(t, o, dossier.Form04, 2026, 1)
	o.Clean(t)
}
