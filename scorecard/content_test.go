package scorecard_test

import (
	"bytes"
	"context"
	"database/sql"
	"os"
	"slices"
	"strings"
	"testing"

	"cchc/base/db/dbtest"
	"cchc/base/ledger"
	"cchc/base/points"
	"cchc/base/receipt"
	"cchc/scorecard"
	"cchc/scorecard/ranking"
	. "cchc/scorecard/scorecardtest"
)

// printed is a publication with everything that one may have.
func printed(t *testing.T, p *Place) scorecard.Publication {
	t.Helper()
	return scorecard.Publication{Unit: p.Province, Publisher: "UBND tỉnh", Year: 2024, Level: "district", Title: "Chỉ số CCHC năm 2024", Source: "Cổng thông tin của tỉnh",
		Decimals: 2, Stated: 2, Bands: []ranking.Band{{Label: "Tốt", Min: *pt(t, "80")}, {Label: "Khá", Min: *pt(t, "65"), Strict: true}},
		Sums:  []ranking.Sum{{What: "bands", Parts: []points.Points{*pt(t, "1"), *pt(t, "1")}, Total: *pt(t, "2")}},
		Facts: []scorecard.Fact{{What: "Trung bình", Value: "82,1"}},
		Rows: []scorecard.ResultRow{
			{Name: "Huyện Một", Score: pt(t, "86.33"), Max: pt(t, "98"), Index: pt(t, "88.09"), Rank: 1, Of: 2, Band: "Tốt", Unclear: pt(t, "10.31"),
				Deltas: ranking.Deltas{Rank: ranking.Delta{Value: *pt(t, "6"), OK: true}},
				Fields: []scorecard.FieldResult{{Code: "1", Name: "Chỉ đạo, điều hành", Points: *pt(t, "8"), Max: *pt(t, "10")}}},
			{Name: "Huyện Hai", Score: pt(t, "74"), Max: pt(t, "98"), Index: pt(t, "75.51"), Rank: 2, Of: 2, Band: "Khá"},
		}}
}

// Of what is published nothing changes behind the program unseen: bands and sums neither.
func TestAllThatIsPublishedIsLocked(t *testing.T) {
	t.Parallel()
	p := New(t, 4, Small)
	ctx := t.Context()
	r := round(t, p)
	ours, err := p.Desk.Propose(ctx, p.Keeper, proposal(r))
	if err == nil {
		err = p.Desk.ApprovePublication(ctx, p.Chair, ours)
	}
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := p.Desk.EnterHistory(ctx, p.Chair, printed(t, p))
	if err != nil {
		t.Fatal(err)
	}
	l := &ledger.Log{DB: p.DB}
	if _, err := l.Sequence(ctx, nil); err != nil {
		t.Fatal(err)
	}
	h, err := p.DB.Handle()
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	named := func() (found []string) {
		t.Helper()
		c, err := l.Verify(ctx, ledger.Options{Locked: func(ctx context.Context, kind, id string) (ledger.Lock, error) {
			c, err := p.Desk.CheckLocked(ctx, kind, id)
			return c.Lock(), err
		}})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range c.Findings {
			found = append(found, f.What+" "+f.Args[len(f.Args)-1].(string))
		}
		return found
	}
	if found := named(); len(found) != 0 {
		t.Fatalf("before: %v", found)
	}
	for _, x := range []struct{ id, table, column, value string }{
		{ours, "publication", "bands", `[{"label":"Tốt","min":1,"strict":false}]`},
		{ours, "publication", "sets", `[{"block":"","ref":"x","title":"x","max":1,"bands":[]}]`},
		{ours, "publication_row", "d_points_why", "x"},
		{ours, "publication_row", "d_share", "5"},
		{ours, "publication_row", "leaves", "[]"},
		{theirs, "publication", "bands", "[]"},
		{theirs, "publication", "bands", `[{"label":"Tốt","min":799999,"strict":false},{"label":"Khá","min":650000,"strict":true}]`},
		{theirs, "publication", "sums", `[{"what":"bands","parts":[10000,10000],"total":30000}]`},
		{theirs, "publication", "sums", "[]"},
		{theirs, "publication", "facts", "[]"},
		{theirs, "publication", "stated", "3"},
		{theirs, "publication", "source", "x"},
		{theirs, "publication_row", "d_rank", "1"},
		{theirs, "publication_row", "d_unclear", "1"},
		{theirs, "publication_row", "fields", `[{"code":"1","name":"x","points":80000,"max":100000}]`},
		{theirs, "publication_row", "place", "2"},
	} {
		where := " WHERE id = '" + x.id + "'"
		if x.table == "publication_row" {
			where = " WHERE ord = 1 AND publication_id = '" + x.id + "'"
		}
		var was sql.NullString
		if err := h.QueryRow("SELECT CAST(" + x.column + " AS TEXT) FROM " + x.table + where).Scan(&was); err != nil {
			t.Fatal(err)
		}
		set := func(value sql.NullString) string {
			text := "NULL"
			if value.Valid {
				text = "'" + strings.ReplaceAll(value.String, "'", "''") + "'"
			}
			return "UPDATE " + x.table + " SET " + x.column + " = " + text + where
		}
		dbtest.Behind(t, p.DB, []string{x.table}, set(sql.NullString{String: x.value, Valid: true}))
		if found := named(); !slices.Equal(found, []string{"content " + x.id}) {
			t.Errorf("%s.%s = %s: the log found %v", x.table, x.column, x.value, found)
		}
		if found, _, _ := wrong(t, p); !slices.Equal(found, []string{"publication " + x.id + " content"}) {
			t.Errorf("%s.%s = %s: the recount found %v", x.table, x.column, x.value, found)
		}
		dbtest.Behind(t, p.DB, nil, set(was))
		if found := named(); len(found) != 0 {
			t.Fatalf("%s.%s, put right: %v", x.table, x.column, found)
		}
	}
}

// What was locked in the format of before is compared in it, and given in it to who holds
// a receipt; what that left out, nobody can tell.
func TestAPublicationLockedInTheFirstFormatIsComparedInIt(t *testing.T) {
	t.Parallel()
	p := New(t, 2, Small)
	ctx := t.Context()
	id, err := p.Desk.EnterHistory(ctx, p.Chair, printed(t, p))
	if err != nil {
		t.Fatal(err)
	}
	stored, err := p.Desk.Publication(ctx, p.DB, p.Chair, id)
	if err != nil {
		t.Fatal(err)
	}
	v1, v2 := stored.LockedV1(), stored.Locked()
	if got, err := p.Desk.Locked(ctx, p.DB, "publication", id); err != nil || !bytes.Equal(got, v2) {
		t.Errorf("what is locked now is given as\n%s, %v", got, err)
	}
	dbtest.Behind(t, p.DB, []string{"audit_entry"}, "UPDATE audit_entry SET changes = REPLACE(changes, '"+receipt.ContentHash(v2)+"', '"+receipt.ContentHash(v1)+"') WHERE object_id = '"+id+"'")
	if got, err := p.Desk.Locked(ctx, p.DB, "publication", id); err != nil || !bytes.Equal(got, v1) {
		t.Errorf("what was locked before is given as\n%s, %v", got, err)
	}
	if found, compared, unwatched := wrong(t, p); len(found)+unwatched != 0 || compared != 1 {
		t.Errorf("found %v of %d, %d unwatched", found, compared, unwatched)
	}
	dbtest.Behind(t, p.DB, []string{"publication", "publication_row"}, "UPDATE publication SET sums = '[]'")
	if found, _, _ := wrong(t, p); len(found) != 0 {
		t.Errorf("a sum, which v1 has not: found %v", found)
	}
	dbtest.Behind(t, p.DB, nil, "UPDATE publication_row SET place = 2 WHERE ord = 1")
	if found, _, _ := wrong(t, p); !slices.Equal(found, []string{"publication " + id + " content"}) {
		t.Errorf("a place: found %v", found)
	}
}

// The first format stays byte for byte: receipts that people hold were made over it.
func TestTheFirstFormatOfAPublicationStays(t *testing.T) {
	t.Parallel()
	p := printed(t, &Place{})
	p.ID, p.Unit = "p1", "u1"
	want, err := os.ReadFile("testdata/publication-v1.json")
	if err != nil {
		t.Fatal(err)
	}
	if got := p.LockedV1(); !bytes.Equal(got, want) {
		t.Errorf("v1 is written as\n%s", got)
	}
}
