package scorecard_test

import (
	"slices"
	"strings"
	"testing"

	"cchc/base/db"
	"cchc/scorecard"
	"cchc/scorecard/criteria"
	"cchc/scorecard/ranking"
	. "cchc/scorecard/scorecardtest"
)

var (
	forceTitle    = db.SQL("scorecard.test.force_title", `UPDATE publication SET title = 'khác' WHERE id = $1`)
	forceAgain    = db.SQL("scorecard.test.force_again", `UPDATE publication SET approved_by = 'khác' WHERE id = $1`)
	forceBackward = db.SQL("scorecard.test.force_backward", `UPDATE publication SET approved_at = NULL WHERE id = $1`)
	forceGone     = db.SQL("scorecard.test.force_gone", `DELETE FROM publication WHERE id = $1`)
	forceRow      = db.SQL("scorecard.test.force_row", `UPDATE publication_row SET place = 1 WHERE publication_id = $1`)
	forceRowGone  = db.SQL("scorecard.test.force_row_gone", `DELETE FROM publication_row WHERE publication_id = $1`)
)

// What was published is kept by the database itself: no statement changes it, whoever
// sends it.
func TestTheDatabaseRefusesToChangeWhatWasPublished(t *testing.T) {
	t.Parallel()
	p := New(t, 3, Small)
	ctx := t.Context()
	r := round(t, p)
	force := func(s *db.Stmt, id string) error {
		return p.DB.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, s, id)
			return err
		})
	}
	id, err := p.Desk.Propose(ctx, p.Keeper, proposal(r))
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*db.Stmt{"title of a proposal": forceTitle, "row of a proposal": forceRow} {
		if err := force(s, id); err == nil || !strings.Contains(err.Error(), "does not change") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := p.Desk.DiscardPublication(ctx, p.Keeper, id); err != nil { // a proposal goes with its rows
		t.Fatal(err)
	}
	if id, err = p.Desk.Propose(ctx, p.Keeper, proposal(r)); err != nil {
		t.Fatal(err)
	}
	if err := p.Desk.ApprovePublication(ctx, p.Chair, id); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*db.Stmt{"title": forceTitle, "who approved": forceAgain, "approval taken back": forceBackward, "deleted": forceGone,
		"a row": forceRow, "rows deleted": forceRowGone} {
		if err := force(s, id); err == nil || !strings.Contains(err.Error(), "a publication") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if x, err := p.Desk.PublicPublication(ctx, p.DB, id); err != nil || len(x.Rows) != 3 || x.Title != proposal(r).Title {
		t.Errorf("it has %d rows and the title %q, %v", len(x.Rows), x.Title, err)
	}
}

// Each group is ranked and banded by its own set, and equal units in it are told apart
// by its set's fields.
func TestEachGroupIsPublishedByItsOwnSet(t *testing.T) {
	t.Parallel()
	plains := strings.Replace(Small, "  bonus_cap: 1\n", "  bonus_cap: 1\n  bands:\n  - {label: Tốt, min: 40}\n  - {label: Khá, min: 0}\n", 1)
	p := New(t, 7, plains)
	ctx := t.Context()
	hills := strings.NewReplacer("id: T-xa-2026", "id: T-nui-2026", "thử nghiệm cấp xã", "miền núi", "label: Tốt, min: 40", "label: Xuất sắc, min: 10",
		"code: '2'", "code: '9'").Replace(plains)
	if _, faults := criteria.Load([]byte(hills)); faults != nil {
		t.Fatal(faults)
	}
	mountain := p.Issue(t, hills)
	r, err := p.Desk.OpenRound(ctx, p.Keeper, scorecard.NewRound{Unit: p.Province, Name: "Chỉ số CCHC 2026", Basis: "KH 12/KH-UBND", Set: p.Set,
		Groups: []scorecard.Group{{Block: "Miền núi", Set: mountain}}, From: Day("2026-01-01"), To: Day("2026-12-31"), CutOff: Day("2026-11-30"), Windows: Calendar()})
	if err != nil {
		t.Fatal(err)
	}
	r = approved(t, p, r)
	x := proposal(r)
	x.Ties, x.Breakers = ranking.Ordinal, []string{"9"} // a field of one group's set alone
	id, err := p.Desk.Propose(ctx, p.Keeper, x)
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Desk.Publication(ctx, p.DB, p.Keeper, id)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Sets) != 2 || got.SetOf("Miền núi").Ref != "T-nui-2026" || got.SetOf("Đồng bằng").Ref != "T-xa-2026" ||
		got.SetOf("Miền núi").Title == got.SetOf("Đồng bằng").Title {
		t.Fatalf("sets %+v", got.Sets)
	}
	for _, row := range got.Rows {
		want := map[string][]string{"Miền núi": {"Xuất sắc"}, "Đồng bằng": {"Tốt", "Khá"}}[row.Block]
		if !row.Missing && !slices.Contains(want, row.Band) {
			t.Errorf("%s of %s has the band %q, want one of %q", row.Name, row.Block, row.Band, want)
		}
	}
	if doubts := got.Doubts(nil); slices.ContainsFunc(doubts, func(d ranking.Doubt) bool { return d.Kind == ranking.DoubtBand }) {
		t.Errorf("a band of the other group's set is doubted: %+v", doubts)
	}
	if err := p.Desk.ApprovePublication(ctx, p.Chair, id); err != nil {
		t.Fatal(err)
	}
	x.Supersedes, x.Reason, x.Breakers = id, "đính chính", []string{"9", "77"}
	_, err = p.Desk.Propose(ctx, p.Keeper, x)
	if err == nil || !strings.Contains(err.Error(), "77") || strings.Contains(err.Error(), "Code=9") {
		t.Errorf("breakers of no set: %v", err)
	}
}
