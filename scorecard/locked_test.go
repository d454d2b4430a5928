package scorecard_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/fault"
	"cchc/base/ledger"
	"cchc/base/ledger/ledgertest"
	"cchc/base/receipt"
	"cchc/scorecard"
	"cchc/scorecard/criteria"
	. "cchc/scorecard/scorecardtest"
)

// wrong returns what VerifyLocked finds: kind, id, state.
func wrong(t *testing.T, p *Place) (found []string, compared, unwatched int) {
	t.Helper()
	compared, unwatched, err := p.Desk.VerifyLocked(t.Context(), func(c scorecard.LockCheck) { found = append(found, c.Kind+" "+c.ID+" "+string(c.State)) })
	if err != nil {
		t.Fatal(err)
	}
	return found, compared, unwatched
}

func TestWhatIsLockedIsComparedWithTheTrail(t *testing.T) {
	t.Parallel()
	p := New(t, 3, Small)
	ctx := t.Context()
	p.Desk.Measure = measured
	open := p.Open(t)
	taken := p.Sheet(t, open, p.Communes[0])
	if err := p.Desk.HandIn(ctx, p.Staff, taken.ID, true); err != nil { // empty, and before anything is measured
		t.Fatal(err)
	}
	if err := p.Desk.TakeBack(ctx, p.Staff, taken.ID); err != nil {
		t.Fatal(err)
	}
	enter(t, p, p.Staff, taken, criteria.Inputs{"1.1.1": Option("yes")})
	if found, compared, _ := wrong(t, p); len(found) != 0 || compared != 0 {
		t.Errorf("a sheet that was taken back: %v of %d", found, compared)
	}
	if err := p.Desk.HandIn(ctx, p.Staff, taken.ID, true); err != nil {
		t.Fatal(err)
	}
	p.Clock.Set("2026-12-01T02:00")
	if err := p.Desk.TakeDue(ctx); err != nil {
		t.Fatal(err)
	}
	if found, compared, _ := wrong(t, p); len(found) != 0 || compared != 1 {
		t.Errorf("measures after a sheet was handed in: %v of %d", found, compared)
	}
	// Measured again, the same: nothing is locked anew.
	entries := func(kind, id string) []audit.Entry {
		t.Helper()
		list, err := audit.Of(ctx, p.DB, kind, id)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	before := len(entries("sheet", taken.ID))
	if _, err := p.Desk.TakeMeasures(ctx, p.Keeper, open.ID, "kiểm tra lại"); err != nil {
		t.Fatal(err)
	}
	if got := len(entries("sheet", taken.ID)); got != before {
		t.Errorf("%d entries more for measures that moved nothing", got-before)
	}
	p.Desk.Measure = func(context.Context, db.Queryer, scorecard.MeasureAsk) (criteria.Input, string, bool, error) {
		return Ratio(1, 2), "", true, nil
	}
	if _, err := p.Desk.TakeMeasures(ctx, p.Keeper, open.ID, "số liệu đã đính chính"); err != nil {
		t.Fatal(err)
	}
	if found, compared, _ := wrong(t, p); len(found) != 0 || compared != 1 {
		t.Errorf("measures taken again: %v of %d", found, compared)
	}

	final := "stage = 'final' AND leaf = '1.1.1' AND sheet_id = '" + taken.ID + "'"
	sheet, round := "sheet "+taken.ID, "round "+open.ID
	steps := []struct {
		name       string
		tables     []string
		do, undo   string
		want       []string
		afterwards func()
	}{
		{"a self-score", nil, "UPDATE score SET input = '{\"option\":\"no\"}' WHERE stage = 'self' AND sheet_id = '" + taken.ID + "'",
			"UPDATE score SET input = '{\"option\":\"yes\"}' WHERE stage = 'self' AND sheet_id = '" + taken.ID + "'", []string{sheet + " content"}, nil},
		{"a measure", nil, "UPDATE sheet_measure SET input = '{}' WHERE sheet_id = '" + taken.ID + "' AND leaf = '2.1.1'", "", []string{sheet + " content"}, func() {
			if _, err := p.Desk.TakeMeasures(ctx, p.Keeper, open.ID, "đo lại"); err != nil {
				t.Fatal(err)
			}
		}},
		{"a sheet opened", nil, "UPDATE sheet SET handed_in_at = NULL WHERE id = '" + taken.ID + "'", "UPDATE sheet SET handed_in_at = 1 WHERE id = '" + taken.ID + "'",
			[]string{sheet + " content_open"}, func() {
				p.Clock.Set("2026-12-08T08:00")
				if err := p.Desk.Appraise(ctx, actor.System("test"), open.ID, scorecard.StageAppraised1, []scorecard.Verdict{{Sheet: taken.ID, Leaf: "1.1.1", Accept: true, Seen: -1}}); err != nil {
					t.Fatal(err)
				}
				p.Clock.Set("2026-12-29T09:00")
				if err := p.Desk.Approve(ctx, p.Chair, open.ID, "300/QĐ-UBND", Day("2026-12-29")); err != nil {
					t.Fatal(err)
				}
			}},
		{"a final score", nil, "UPDATE score SET by_hand = 1 WHERE " + final, "UPDATE score SET by_hand = NULL WHERE " + final, []string{round + " content"}, nil},
		{"a final score that cannot be read", nil, "UPDATE score SET input = 'x' WHERE " + final, "UPDATE score SET input = '{\"option\":\"yes\"}' WHERE " + final,
			[]string{round + " content_unread", sheet + " content_unread"}, nil},
		{"a round opened", nil, "UPDATE round SET approved_at = NULL WHERE id = '" + open.ID + "'", "UPDATE round SET approved_at = 1 WHERE id = '" + open.ID + "'",
			[]string{round + " content_open"}, nil},
		{"a sheet left out", nil, "UPDATE sheet SET removed_at = 1 WHERE id = '" + taken.ID + "'", "UPDATE sheet SET removed_at = NULL WHERE id = '" + taken.ID + "'",
			[]string{round + " content"}, nil},
	}
	for _, x := range steps {
		dbtest.Behind(t, p.DB, x.tables, x.do)
		if found, _, _ := wrong(t, p); !slices.Equal(found, x.want) {
			t.Errorf("%s: found %v, want %v", x.name, found, x.want)
		}
		if x.undo != "" {
			dbtest.Behind(t, p.DB, nil, x.undo)
		}
		if x.afterwards != nil {
			x.afterwards()
		}
		if found, _, unwatched := wrong(t, p); len(found)+unwatched != 0 {
			t.Fatalf("%s, put right: found %v, %d unwatched", x.name, found, unwatched)
		}
	}

	// An appeal locks the round's scores anew, and says so; one that was refused does not.
	before = len(entries("round", open.ID))
	id, err := p.Desk.File(ctx, p.Staff, taken.ID, scorecard.Appeal{Text: "Đề nghị xem lại", Leaves: []scorecard.AppealLeaf{{Leaf: "1.1.1", Claim: "?"}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Desk.Decide(ctx, p.Keeper, id, []scorecard.Ruling{{Leaf: "1.1.1", Reason: "Đã đủ điểm"}}); err != nil {
		t.Fatal(err)
	}
	if got := len(entries("round", open.ID)); got != before {
		t.Errorf("a refused appeal has %d entries of the round", got-before)
	}
	p.Clock.Set("2026-12-29T10:00")
	appealed(t, p, open, 0, "1.1.3", "1.5")
	trail := entries("round", open.ID)
	last := trail[len(trail)-1]
	content, err := p.Desk.Locked(ctx, p.DB, "round", open.ID)
	if err != nil {
		t.Fatal(err)
	}
	if c := last.Changes; len(trail) != before+1 || c[0] != (audit.Change{Field: "amended", To: taken.ID}) || c[1].Field != "final.1.1.3" ||
		c[2] != (audit.Change{Field: receipt.ContentField, To: receipt.ContentHash(content)}) || last.Reason != "Đề nghị xem lại" {
		t.Errorf("the appeal's entry of the round is %+v", last)
	}
	if found, compared, unwatched := wrong(t, p); len(found)+unwatched != 0 || compared != 2 {
		t.Errorf("after an appeal: %v of %d, %d unwatched", found, compared, unwatched)
	}
	dbtest.Behind(t, p.DB, nil, "UPDATE score SET by_hand = 3000 WHERE stage = 'final' AND leaf = '1.1.3'")
	if found, _, _ := wrong(t, p); !slices.Equal(found, []string{round + " content"}) {
		t.Errorf("what the appeal gave, edited: found %v", found)
	}
	// As a round is that was amended before appeals locked it anew: nobody can tell.
	dbtest.Behind(t, p.DB, []string{"audit_entry"}, "DELETE FROM log_pending WHERE entry_id = '"+last.Key+"'", "DELETE FROM audit_entry WHERE id = '"+last.Key+"'")
	if found, compared, unwatched := wrong(t, p); len(found) != 0 || compared != 1 || unwatched != 1 {
		t.Errorf("amended without a lock: %v of %d, %d unwatched", found, compared, unwatched)
	}
}

func TestASheetThatIsGoneIsNamed(t *testing.T) {
	t.Parallel()
	p := New(t, 2, Small)
	r := p.Open(t)
	s := p.Sheet(t, r, p.Communes[0])
	if err := p.Desk.HandIn(t.Context(), p.Staff, s.ID, true); err != nil {
		t.Fatal(err)
	}
	dbtest.Behind(t, p.DB, []string{"sheet"}, "DELETE FROM sheet WHERE id = '"+s.ID+"'")
	if found, _, _ := wrong(t, p); !slices.Equal(found, []string{"sheet " + s.ID + " content_gone"}) {
		t.Errorf("found %v", found)
	}
	if _, err := p.Desk.Locked(t.Context(), p.DB, "dossier", "x"); err == nil || fault.As(err) != nil {
		t.Errorf("a dossier is locked: %v", err)
	}
}

// A round is approved at one server and an appeal upheld at another right after, in the
// second in which entries wait, and the first one's clock is ahead: what was locked last
// counts, in whatever order clocks put it.
func TestWhatWasLockedLastCountsWhateverClocksSay(t *testing.T) {
	t.Parallel()
	p := New(t, 3, Small)
	ctx := t.Context()
	r := round(t, p)
	trail, err := ledger.Of(ctx, p.DB, "round", r.ID)
	if err != nil {
		t.Fatal(err)
	}
	approval := trail[len(trail)-1]
	p.Clock.Advance(-3 * time.Second)
	appealed(t, p, r, 0, "1.1.3", "1.5")
	first := ledgertest.Ahead(t, p.DB, approval.Key)
	l := &ledger.Log{DB: p.DB}
	for _, when := range []string{"waiting", "in the log"} {
		if found, compared, unwatched := wrong(t, p); len(found)+unwatched != 0 || compared != 3 {
			t.Errorf("%s: %v of %d, %d unwatched", when, found, compared, unwatched)
		}
		c, err := p.Desk.CheckLocked(ctx, "round", r.ID)
		if err != nil {
			t.Fatal(err)
		}
		if c.Entry == first || c.Entry == "" {
			t.Errorf("%s: it is locked by %s, which is the approval", when, c.Entry)
		}
		if _, err := l.Sequence(ctx, nil); err != nil {
			t.Fatal(err)
		}
	}
	check := func() *ledger.Check {
		t.Helper()
		c, err := l.Verify(ctx, ledger.Options{Locked: func(ctx context.Context, kind, id string) (ledger.Lock, error) {
			c, err := p.Desk.CheckLocked(ctx, kind, id)
			return c.Lock(), err
		}})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if c := check(); c.Wrong != 0 {
		t.Errorf("the log: %+v", c.Findings)
	}
	dbtest.Behind(t, p.DB, nil, "UPDATE score SET by_hand = 3000 WHERE stage = 'final' AND leaf = '1.1.3'")
	if c := check(); c.Wrong != 1 || c.First.What != "content" {
		t.Errorf("what the appeal gave, edited: %+v", c.Findings)
	}
}

// A sheet that was handed in and is put into another group is locked anew, also under the
// set of before: what is changed behind the program after that is named.
func TestASheetPutIntoAnotherGroupIsLockedAnew(t *testing.T) {
	t.Parallel()
	p := New(t, 2, Small)
	ctx := t.Context()
	r := p.Open(t)
	s := p.Sheet(t, r, p.Communes[0])
	enter(t, p, p.Staff, s, criteria.Inputs{"1.1.1": Option("yes")})
	if err := p.Desk.HandIn(ctx, p.Staff, s.ID, true); err != nil {
		t.Fatal(err)
	}
	if err := p.Desk.RegroupSheet(ctx, p.Keeper, s.ID, "Miền núi", "Xã miền núi"); err != nil {
		t.Fatal(err)
	}
	content, err := p.Desk.Locked(ctx, p.DB, "sheet", s.ID)
	if err != nil {
		t.Fatal(err)
	}
	trail, err := ledger.Of(ctx, p.DB, "sheet", s.ID)
	if err != nil {
		t.Fatal(err)
	}
	last := trail[len(trail)-1]
	if want := []audit.Change{{Field: "block", From: "Đồng bằng", To: "Miền núi"}, {Field: receipt.ContentField, To: receipt.ContentHash(content)}}; !slices.Equal(last.Changes, want) {
		t.Errorf("the entry says %+v, want %+v", last.Changes, want)
	}
	if found, compared, unwatched := wrong(t, p); len(found)+unwatched != 0 || compared != 1 {
		t.Errorf("put into another group: %v of %d, %d unwatched", found, compared, unwatched)
	}
	dbtest.Behind(t, p.DB, nil, "UPDATE score SET input = '{\"option\":\"no\"}' WHERE sheet_id = '"+s.ID+"'")
	if found, _, _ := wrong(t, p); !slices.Equal(found, []string{"sheet " + s.ID + " content"}) {
		t.Errorf("a self-score edited after that: found %v", found)
	}
	// As such an entry was before it locked anew: nobody can tell.
	dbtest.Behind(t, p.DB, []string{"audit_entry"}, "UPDATE audit_entry SET changes = '[{\"field\":\"block\",\"to\":\"Miền núi\"}]' WHERE id = '"+last.Key+"'")
	if found, _, unwatched := wrong(t, p); len(found) != 0 || unwatched != 1 {
		t.Errorf("put into another group without a lock: found %v, %d unwatched", found, unwatched)
	}
}
