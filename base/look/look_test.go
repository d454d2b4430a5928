package look_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/fault"
	"cchc/base/look"
)

var ctx = context.Background()

func TestLooksOfADayAreOneRowThatCounts(t *testing.T) {
	t.Parallel()
	d, clock := dbtest.Open(t)
	l := &look.Log{DB: d}
	a := actor.Actor{Account: "a1"}
	clock.Set("2026-11-23T09:00")
	for range 3 {
		l.Saw(a, "x", look.Opened)
	}
	l.Saw(actor.Actor{Account: "a1", For: actor.Behalf{Account: "chief"}}, "x", look.Opened)
	l.Saw(actor.Actor{Account: "a1", Token: "t1"}, "x", look.Opened)
	l.Saw(a, "x", look.Printed)
	l.Saw(a, "y", look.Opened)
	l.Saw(actor.System("sweep"), "x", look.Opened) // the program reads
	l.Saw(actor.Actor{}, "x", look.Opened)         // a visitor opens nothing
	if got := of(t, l, "x"); len(got) != 0 {
		t.Fatalf("written before it was time: %+v", got)
	}
	check(t, l.Flush(ctx))
	clock.Set("2026-11-23T16:00")
	l.Saw(a, "x", look.Opened)
	check(t, l.Flush(ctx))
	clock.Set("2026-11-24T08:00")
	l.Saw(a, "x", look.Opened)
	check(t, l.Flush(ctx))
	check(t, l.Flush(ctx)) // nothing waits: nothing is counted twice
	var rows []string
	for _, x := range of(t, l, "x") {
		rows = append(rows, fmt.Sprintf("%s %s/%s/%s %s %d %s–%s", x.Day, x.Account, x.Behalf, x.Token, x.What, x.Times, x.First.Time().Format("15:04"), x.Last.Time().Format("15:04")))
	}
	want := []string{
		"2026-11-24 a1// opened 1 08:00–08:00",
		"2026-11-23 a1// opened 4 09:00–16:00",
		"2026-11-23 a1/chief/ opened 1 09:00–09:00",
		"2026-11-23 a1//t1 opened 1 09:00–09:00",
		"2026-11-23 a1// printed 1 09:00–09:00",
	}
	if len(rows) != len(want) || rows[0] != want[0] || rows[1] != want[1] {
		t.Fatalf("looks:\n%s", strings.Join(rows, "\n"))
	}
	for _, w := range want {
		if !strings.Contains(strings.Join(rows, "\n"), w) {
			t.Errorf("no row %q in\n%s", w, strings.Join(rows, "\n"))
		}
	}
	// What is over goes; the rest stays.
	check(t, d.Write(ctx, func(tx *db.Tx) error {
		n, err := look.Drop(ctx, tx, l.DB.Now().Date())
		if n != 5 {
			t.Errorf("dropped %d rows", n)
		}
		return err
	}))
	if got := of(t, l, "x"); len(got) != 1 || got[0].Day != d.Now().Date() {
		t.Errorf("left: %+v", got)
	}
}

func TestLooksThatCouldNotBeWrittenWait(t *testing.T) {
	t.Parallel()
	d, _ := dbtest.Open(t)
	l := &look.Log{DB: d}
	l.Saw(actor.Actor{Account: "a1"}, "x", look.Opened)
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if err := l.Flush(gone); err == nil {
		t.Fatal("a write that was given up told of no error")
	}
	l.Saw(actor.Actor{Account: "a1"}, "x", look.Opened)
	check(t, l.Flush(ctx))
	if got := of(t, l, "x"); len(got) != 1 || got[0].Times != 2 {
		t.Errorf("looks: %+v", got)
	}
	var none *look.Log
	none.Saw(actor.Actor{Account: "a1"}, "x", look.Opened)
	check(t, none.Flush(ctx))
}

func TestAPurposeIsOneOfTheListAndOtherNeedsWords(t *testing.T) {
	t.Parallel()
	d, _ := dbtest.Open(t)
	check(t, d.Write(ctx, func(tx *db.Tx) error { _, err := look.RetirePurpose(ctx, tx, "inspection"); return err }))
	for _, c := range []struct{ code, note, want, field string }{
		{"contact", "", "Liên hệ người nộp về hồ sơ", ""},
		{"contact", " gọi báo ", "Liên hệ người nộp về hồ sơ: gọi báo", ""},
		{"other", "xác minh", "Khác: xác minh", ""},
		{"other", "", "", "purpose_note"},
		{"other", "  ab ", "", "purpose_note"},
		{"other", strings.Repeat("ă", 301), "", "purpose_note"},
		{"inspection", "", "", "purpose"},
		{"curiosity", "", "", "purpose"},
		{"", "vì thích", "", "purpose"},
	} {
		got, err := look.Reason{Code: c.code, Note: c.note}.Words(ctx, d)
		f := fault.As(err)
		switch {
		case c.field == "" && (err != nil || got != c.want):
			t.Errorf("%q %q: %q, %v", c.code, c.note, got, err)
		case c.field != "" && (f == nil || len(f.Fields) != 1 || f.Fields[0].Name != c.field):
			t.Errorf("%q %.20q: %v; want what is wrong at %s", c.code, c.note, err, c.field)
		}
	}
}

// Two purposes that are the same once a person is taken out of them are one look.
func TestPurposesThatBecomeTheSameWordsAreCountedTogether(t *testing.T) {
	t.Parallel()
	d, clock := dbtest.Open(t)
	l := &look.Log{DB: d}
	note := func(at, account, purpose string) {
		t.Helper()
		clock.Set(at)
		check(t, d.Write(ctx, func(tx *db.Tx) error {
			return look.Note(ctx, tx, actor.Actor{Account: account}, "x", look.Numbers, purpose)
		}))
	}
	note("2026-11-23T08:00", "a1", "Khác: gọi (đã xoá)")
	note("2026-11-23T07:00", "a1", "Khác: gọi bà Ánh")
	note("2026-11-23T09:00", "a1", "Khác: gọi 0987123456")
	note("2026-11-23T10:00", "a1", "Khác: gọi 0987123456")
	note("2026-11-23T11:00", "a2", "Khác: gọi bà Ánh")
	note("2026-11-24T08:00", "a1", "Khác: gọi bà Ánh")
	note("2026-11-24T09:00", "a1", "Thanh tra")
	scrub := strings.NewReplacer("bà Ánh", "(đã xoá)", "0987123456", "(đã xoá)").Replace
	for range 2 { // nothing is left to do the second time
		check(t, d.Write(ctx, func(tx *db.Tx) error { return look.Scrub(ctx, tx, "x", scrub) }))
	}
	var rows []string
	for _, x := range of(t, l, "x") {
		rows = append(rows, fmt.Sprintf("%s %s %s %d %s–%s", x.Day, x.Account, x.Purpose, x.Times, x.First.Time().Format("15:04"), x.Last.Time().Format("15:04")))
	}
	want := []string{
		"2026-11-24 a1 Thanh tra 1 09:00–09:00",
		"2026-11-24 a1 Khác: gọi (đã xoá) 1 08:00–08:00",
		"2026-11-23 a2 Khác: gọi (đã xoá) 1 11:00–11:00",
		"2026-11-23 a1 Khác: gọi (đã xoá) 4 07:00–10:00",
	}
	if strings.Join(rows, "\n") != strings.Join(want, "\n") {
		t.Errorf("looks:\n%s\nwant:\n%s", strings.Join(rows, "\n"), strings.Join(want, "\n"))
	}
}

func of(t *testing.T, l *look.Log, object string) []look.Look {
	t.Helper()
	list, err := l.Of(ctx, l.DB, object, 100)
	check(t, err)
	return list
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var oldItem = db.Rows("look_test.item", "look_export_item", "object_id, export_id", "")

func TestWhoTookAThingOutInAFileIsFoundAmongTheManyThatWereInIt(t *testing.T) {
	t.Parallel()
	d, clock := dbtest.Open(t)
	l := &look.Log{DB: d}
	var many []string
	for n := range 1203 {
		many = append(many, fmt.Sprintf("d%04d", 1202-n)) // as they come in a list
	}
	note := func(account string, objects ...string) (id string) {
		check(t, d.Write(ctx, func(tx *db.Tx) (err error) {
			id, err = look.NoteExport(ctx, tx, actor.Actor{Account: account}, look.Export{List: "dossiers", Format: "csv"}, objects)
			return err
		}))
		return id
	}
	clock.Set("2026-11-23T09:00")
	note("all", append(many, many[7])...) // one of them twice
	clock.Set("2026-11-23T10:00")
	note("two", "d0000", "d1202")
	clock.Set("2026-11-23T11:00")
	before := note("before") // a file of the version before
	check(t, d.Write(ctx, func(tx *db.Tx) error { return tx.InsertRows(ctx, oldItem, [][]any{{"d0600", before}}) }))
	for object, want := range map[string]string{
		"d0000": "two all", "d0499": "all", "d0500": "all", "d0600": "before all", "d0999": "all", "d1000": "all", "d1202": "two all",
		"d": "", "d060": "", "0600": "", "d1203": "", "|": "",
	} {
		var who []string
		for _, x := range of(t, l, object) {
			if x.What != look.Exported || x.List != "dossiers" || x.Times != 1 {
				t.Errorf("%s: %+v is no look by a file", object, x)
			}
			who = append(who, x.Account)
		}
		if got := strings.Join(who, " "); got != want {
			t.Errorf("%q was taken out by %q, want %q", object, got, want)
		}
	}
	clock.Set("2026-11-24T09:00")
	check(t, d.Write(ctx, func(tx *db.Tx) error {
		_, err := look.Drop(ctx, tx, tx.Now.Date())
		return err
	}))
	if got := of(t, l, "d0600"); len(got) != 0 {
		t.Errorf("after the time of keeping: %+v", got)
	}
}
