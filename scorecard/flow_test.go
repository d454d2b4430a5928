package scorecard_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/points"
	"cchc/scorecard"
	"cchc/scorecard/criteria"
	. "cchc/scorecard/scorecardtest"
	"cchc/unit"
)

// fields of Small, with who appraises them.
var sections = []string{"1", "2", scorecard.BonusSection, scorecard.PenaltySection}

func assign(t *testing.T, p *Place, r scorecard.Round) {
	t.Helper()
	for _, f := range sections {
		if err := p.Desk.Assign(t.Context(), p.Keeper, r.ID, scorecard.StageAppraised1, f, []string{p.First.Account}); err != nil {
			t.Fatal(err)
		}
		if err := p.Desk.Assign(t.Context(), p.Keeper, r.ID, scorecard.StageAppraised2, f, []string{p.Second.Account}); err != nil {
			t.Fatal(err)
		}
	}
}

// measured answers what the dossier room would: 9 of 10 in time, everywhere.
func measured(_ context.Context, _ db.Queryer, m scorecard.MeasureAsk) (criteria.Input, string, bool, error) {
	return Ratio(9, 10), "9 in time of 10 finished until " + m.To.String(), m.Node.Code == "2.1.1", nil
}

func at(t *testing.T, p *Place, s scorecard.Sheet, leaf string, stage scorecard.Stage) string {
	t.Helper()
	r, _ := card(t, p, s, stage).Result(leaf)
	if r.State == criteria.Missing {
		return "–"
	}
	return r.Points.String()
}

func TestARoundRunsFromScoresToAnAmendedResult(t *testing.T) {
	t.Parallel()
	p := New(t, 3, Small)
	p.Desk.Measure = measured
	ctx := t.Context()
	r := p.Open(t)
	assign(t, p, r)
	s := p.Sheet(t, r, p.Communes[0])
	other := p.Sheet(t, r, p.Communes[1])
	enter(t, p, p.Staff, s, whole())
	enter(t, p, p.Neighbour, other, criteria.Inputs{"1.1.1": Option("yes"), "T.1": Value(1)})
	is(t, "measures before the cut-off", func() error { _, err := p.Desk.TakeMeasures(ctx, p.Keeper, r.ID, ""); return err }(), fault.Conflict, "rounds.cutoff_ahead")
	p.Clock.Set("2026-12-01T02:00")
	if err := p.Desk.TakeDue(ctx); err != nil {
		t.Fatal(err)
	}
	if got := at(t, p, s, "2.1.1", scorecard.StageSelf); got != "5.40" {
		t.Errorf("the measure gives %s, want 5.40", got)
	}
	_, err := p.Desk.TakeMeasures(ctx, p.Keeper, r.ID, "")
	is(t, "taking measures again without a reason", err, fault.Invalid, "rounds.invalid")
	for who, sheet := range map[*actor.Actor]scorecard.Sheet{&p.Staff: s, &p.Neighbour: other} {
		if err := p.Desk.HandIn(ctx, *who, sheet.ID, true); err != nil {
			t.Fatal(err)
		}
	}

	// Appraisal 1.
	v := scorecard.Verdict{Sheet: s.ID, Leaf: "1.1.2", Input: Ratio(8, 10), Why: "2 nhiệm vụ chưa xong", Seen: 1}
	is(t, "appraising before it opens", p.Desk.Appraise(ctx, p.First, r.ID, scorecard.StageAppraised1, []scorecard.Verdict{v}), fault.Conflict, "rounds.stage_closed")
	p.Clock.Set("2026-12-08T09:00")
	is(t, "appraising without being assigned", p.Desk.Appraise(ctx, p.Second, r.ID, scorecard.StageAppraised1, []scorecard.Verdict{v}), fault.Forbidden, "rounds.not_assigned")
	is(t, "appraising by a commune", p.Desk.Appraise(ctx, p.Neighbour, r.ID, scorecard.StageAppraised1, []scorecard.Verdict{v}), fault.Forbidden, "auth.forbidden")
	// Assigned, with a grant above, and yet: a post in the commune.
	both := p.First
	both.Grants = append(both.Grants[:1:1], actor.Grant{Role: actor.Specialist, Unit: p.Communes[0]})
	is(t, "appraising one's own unit", p.Desk.Appraise(ctx, both, r.ID, scorecard.StageAppraised1, []scorecard.Verdict{v}), fault.Forbidden, "rounds.own_unit")
	noWhy := v
	noWhy.Why = ""
	is(t, "changing a score without saying why", p.Desk.Appraise(ctx, p.First, r.ID, scorecard.StageAppraised1, []scorecard.Verdict{noWhy}), fault.Invalid, "rounds.invalid")
	if err := p.Desk.Appraise(ctx, p.First, r.ID, scorecard.StageAppraised1, []scorecard.Verdict{v}); err != nil {
		t.Fatal(err)
	}
	is(t, "appraising over what was not seen", p.Desk.Appraise(ctx, p.First, r.ID, scorecard.StageAppraised1, []scorecard.Verdict{v}), fault.Conflict, "rounds.leaf_changed")
	tooMuch := scorecard.Verdict{Sheet: s.ID, Leaf: "1.1.3", ByHand: pts("3.5"), Why: "x", Seen: -1}
	is(t, "more points than there are", p.Desk.Appraise(ctx, p.First, r.ID, scorecard.StageAppraised1, []scorecard.Verdict{tooMuch}), fault.Invalid, "rounds.invalid")
	if err := p.Desk.Ask(ctx, p.First, s.ID, []string{"1.1.3"}, "Báo cáo nộp ngày nào?"); err != nil {
		t.Fatal(err)
	}
	now, _ := p.Desk.Round(ctx, p.DB, p.First, r.ID)
	list, err := p.Desk.Acceptables(ctx, p.DB, p.First, now, scorecard.StageAppraised1, "")
	if err != nil {
		t.Fatal(err)
	}
	// 1.1.1 and 2.1.1 of the first, 1.1.1, 2.1.1 and T.1 of the second; not 1.1.2,
	// which is done, nor 1.1.3, which is to be explained.
	if len(list) != 5 {
		t.Errorf("%d scores can be accepted, want 5", len(list))
	}
	if err := p.Desk.Accept(ctx, p.First, r.ID, scorecard.StageAppraised1, list); err != nil {
		t.Fatal(err)
	}
	if a, b := at(t, p, s, "1.1.2", scorecard.StageSelf), at(t, p, s, "1.1.2", scorecard.StageAppraised1); a != "4.50" || b != "4.00" {
		t.Errorf("1.1.2 is %s by the unit and %s by appraisal 1, want 4.50 and 4.00", a, b)
	}
	// The unit sees it when explanations begin.
	own, err := p.Desk.Ledger(ctx, p.DB, p.Staff, s.ID)
	if err != nil || own.Of("1.1.2", scorecard.StageAppraised1).Version != 0 {
		t.Errorf("the unit sees an appraisal that is not over: %v", err)
	}

	// Explanation.
	p.Clock.Set("2026-12-17T09:00")
	if own, _ = p.Desk.Ledger(ctx, p.DB, p.Staff, s.ID); own.Of("1.1.2", scorecard.StageAppraised1).Version != 1 {
		t.Error("the unit does not see the appraisal that it is to explain")
	}
	asked, err := p.Desk.Questions(ctx, p.DB, s)
	if err != nil || len(asked) != 1 {
		t.Fatalf("%d questions, %v", len(asked), err)
	}
	is(t, "another unit answers", p.Desk.Answer(ctx, p.Neighbour, asked[0].ID, "x"), fault.Forbidden, "auth.forbidden")
	if err := p.Desk.Answer(ctx, p.Staff, asked[0].ID, "Ngày 20/12, trước hạn; sổ công văn trang 3"); err != nil {
		t.Fatal(err)
	}
	e, err := p.Desk.AddEvidence(ctx, p.Staff, scorecard.Evidence{Unit: s.Unit, Title: "Sổ công văn đi", Pages: 40})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Desk.Attach(ctx, p.Staff, s.ID, e.ID, []string{"1.1.3"}, 3, ""); err != nil {
		t.Fatal(err)
	}
	_, err = p.Desk.Enter(ctx, p.Staff, s.ID, scorecard.Entry{Leaf: "1.1.3", Input: Option("Đúng hạn"), Version: 1})
	is(t, "a self-score while explaining", err, fault.Conflict, "rounds.stage_closed")

	// Appraisal 2, then the council, which enters the survey too.
	p.Clock.Set("2026-12-22T09:00")
	second := []scorecard.Verdict{
		{Sheet: s.ID, Leaf: "1.1.2", Accept: true, Seen: 1},
		{Sheet: s.ID, Leaf: "1.1.3", Input: Option("Đúng hạn"), Why: "giải trình đúng", Seen: 1},
	}
	if err := p.Desk.Appraise(ctx, p.Second, r.ID, scorecard.StageAppraised2, second); err != nil {
		t.Fatal(err)
	}
	p.Clock.Set("2026-12-27T09:00")
	is(t, "the council's score by an appraiser", p.Desk.Appraise(ctx, p.First, r.ID, scorecard.StageCouncil, second[:1]), fault.Forbidden, "auth.forbidden")
	council := []scorecard.Verdict{{Sheet: s.ID, Leaf: "2.1.2", Input: Value(85)}, {Sheet: other.ID, Leaf: "2.1.2", Input: Value(80)},
		{Sheet: other.ID, Leaf: "T.1", ByHand: pts("0.5"), Why: "Sáng kiến chưa nhân rộng", Seen: 1}}
	if err := p.Desk.Appraise(ctx, p.Keeper, r.ID, scorecard.StageCouncil, council); err != nil {
		t.Fatal(err)
	}

	// Approval.
	is(t, "approving before its stage", p.Desk.Approve(ctx, p.Chair, r.ID, "45/QĐ-UBND", Day("2026-12-27")), fault.Conflict, "rounds.stage_closed")
	p.Clock.Set("2026-12-30T09:00")
	is(t, "approving by an appraiser", p.Desk.Approve(ctx, p.First, r.ID, "45/QĐ-UBND", Day("2026-12-30")), fault.Forbidden, "auth.forbidden")
	is(t, "filing an appeal before approval", func() error { _, err := p.Desk.File(ctx, p.Staff, s.ID, scorecard.Appeal{}); return err }(), fault.Conflict, "rounds.not_approved")
	if err := p.Desk.Approve(ctx, p.Chair, r.ID, "45/QĐ-UBND", Day("2026-12-30")); err != nil {
		t.Fatal(err)
	}
	finals, err := scorecard.Finals(p.Desk, ctx, p.DB, r.ID)
	if err != nil || len(finals) != 3 {
		t.Fatalf("%d finals, %v", len(finals), err)
	}
	byUnit := map[unit.ID]scorecard.Final{}
	for _, f := range finals {
		byUnit[f.Unit] = f
	}
	// 2 + 4 + 3 + 5.4 + 3.4, and 2 + 5.4 + 3.2 + 0.5.
	if f := byUnit[p.Communes[0]]; f.Card.Total.String() != "17.80" || f.Card.Index.String() != "89.00" || f.Missing {
		t.Errorf("the first has %s, %s %%", f.Card.Total, f.Card.Index)
	}
	if f := byUnit[p.Communes[1]]; f.Card.Total.String() != "11.10" || f.Card.Bonus.String() != "0.50" {
		t.Errorf("the second has %s", f.Card.Total)
	}
	if f := byUnit[p.Communes[2]]; !f.Missing || f.Card != nil || f.Note == "" {
		t.Errorf("who handed nothing in is %+v, want missing", f)
	}
	is(t, "the council after approval", p.Desk.Appraise(ctx, p.Keeper, r.ID, scorecard.StageCouncil, council[:1]), fault.Conflict, "rounds.stage_closed")

	// An appeal amends the final score and nothing else.
	id, err := p.Desk.File(ctx, p.Staff, s.ID, scorecard.Appeal{Text: "Đề nghị xem lại", Document: "7/CV-UBND", Leaves: []scorecard.AppealLeaf{{Leaf: "1.1.2", Claim: "9/10"}, {Leaf: "1.1.1", Claim: "?"}}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Desk.File(ctx, p.Staff, s.ID, scorecard.Appeal{Text: "Nữa", Leaves: []scorecard.AppealLeaf{{Leaf: "1.1.1", Claim: "x"}}})
	is(t, "a second appeal while one waits", err, fault.Conflict, "rounds.appeal_waits")
	rulings := []scorecard.Ruling{{Leaf: "1.1.2", Accept: true, Input: Ratio(9, 10), Reason: "Có biên bản nghiệm thu"}, {Leaf: "1.1.1", Reason: "Đã đủ điểm"}}
	is(t, "deciding without each leaf", p.Desk.Decide(ctx, p.Chair, id, rulings[:1]), fault.Invalid, "rounds.invalid")
	chairToo := p.Chair
	chairToo.Grants = append(chairToo.Grants[:1:1], actor.Grant{Role: actor.Chairperson, Unit: p.Communes[0]})
	is(t, "deciding one's own unit's appeal", p.Desk.Decide(ctx, chairToo, id, rulings), fault.Forbidden, "rounds.own_unit")
	if err := p.Desk.Decide(ctx, p.Chair, id, rulings); err != nil {
		t.Fatal(err)
	}
	is(t, "deciding twice", p.Desk.Decide(ctx, p.Chair, id, rulings), fault.Conflict, "rounds.appeal_decided")
	for stage, want := range map[scorecard.Stage]string{scorecard.StageSelf: "4.50", scorecard.StageAppraised1: "4.00", scorecard.StageAppraised2: "4.00", scorecard.StageFinal: "4.50"} {
		if got := at(t, p, s, "1.1.2", stage); got != want {
			t.Errorf("1.1.2 is %s in %s, want %s", got, stage, want)
		}
	}
	changes, err := p.Desk.Changes(ctx, p.DB, p.Chair, s.ID)
	if err != nil || changes[0].Stage != scorecard.StageFinal || changes[0].FromPoints.String() != "4.00" || changes[0].ToPoints.String() != "4.50" || changes[0].Why != "Có biên bản nghiệm thu" {
		t.Errorf("the last change is %+v, %v", changes[0], err)
	}
	trail, err := audit.Of(ctx, p.DB, "sheet", s.ID)
	if err != nil || len(trail) < 10 {
		t.Errorf("%d entries in the trail, %v", len(trail), err)
	}
}

func pts(s string) *points.Points {
	p, err := points.Parse(s)
	if err != nil {
		panic(err)
	}
	return &p
}

func TestUnappraisedScoresStopApproval(t *testing.T) {
	t.Parallel()
	p := New(t, 2, Small)
	ctx := t.Context()
	r := p.Open(t)
	s := p.Sheet(t, r, p.Communes[0])
	enter(t, p, p.Staff, s, whole())
	if err := p.Desk.HandIn(ctx, p.Staff, s.ID, true); err != nil {
		t.Fatal(err)
	}
	p.Clock.Set("2026-12-30T09:00")
	err := p.Desk.Approve(ctx, p.Chair, r.ID, "1/QĐ", Day("2026-12-30"))
	if f := fault.As(err); f == nil || f.Key != "rounds.unappraised" || fmt.Sprint(f.Args...) != "Count3" && fmt.Sprint(f.Args...) != "Count 3" {
		t.Errorf("approving what nobody looked at: %v", err)
	}
}

func TestEvidenceOutlivesItsRoundAndIsSuggestedNextYear(t *testing.T) {
	t.Parallel()
	p := New(t, 2, Small)
	ctx := t.Context()
	r := p.Open(t)
	s := p.Sheet(t, r, p.Communes[0])
	e, err := p.Desk.AddEvidence(ctx, p.Staff, scorecard.Evidence{Unit: s.Unit, Number: "1/KH", Title: "Kế hoạch", Day: Day("2026-01-10"), Pages: 10})
	if err != nil {
		t.Fatal(err)
	}
	is(t, "a page that is not there", p.Desk.Attach(ctx, p.Staff, s.ID, e.ID, []string{"1.1.1"}, 11, ""), fault.Invalid, "rounds.invalid")
	if err := p.Desk.Attach(ctx, p.Staff, s.ID, e.ID, []string{"1.1.1", "1.1.2", "1.1.3"}, 2, ""); err != nil {
		t.Fatal(err)
	}
	is(t, "another's document", p.Desk.Attach(ctx, p.Neighbour, p.Sheet(t, r, p.Communes[1]).ID, e.ID, []string{"1.1.1"}, 0, ""), fault.NotFound, "evidence.unknown")
	if _, err := p.Desk.Evidence(ctx, p.DB, p.Neighbour, e.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("a neighbour reads a document: %v", err)
	}
	if err := p.Desk.DeleteRound(ctx, p.Keeper, r.ID, "mở nhầm"); err != nil {
		t.Fatal(err)
	}
	kept, err := p.Desk.Evidence(ctx, p.DB, p.Staff, e.ID)
	if err != nil || kept.Links != 3 {
		t.Errorf("after its round went: %+v, %v", kept, err)
	}
	// Next year's set gave the plan another code.
	p.Set = p.Issue(t, strings.NewReplacer("T-xa-2026", "T-xa-2027", "code: 1.1.1", "code: 1.1.9", "code: 1.1.2", "code: 1.1.1", "Ban hành kế hoạch", "BAN HÀNH  kế hoạch").Replace(Small))
	next, err := p.Desk.OpenRound(ctx, p.Keeper, scorecard.NewRound{Unit: p.Province, Name: "2027", Set: p.Set, From: Day("2027-01-01"), To: Day("2027-12-31"), Windows: Calendar()})
	if err != nil {
		t.Fatal(err)
	}
	s2 := p.Sheet(t, next, p.Communes[0])
	l, err := p.Desk.Ledger(ctx, p.DB, p.Staff, s2.ID)
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Desk.Suggestions(ctx, p.DB, next, s2, l.Set)
	if err != nil {
		t.Fatal(err)
	}
	if x := got["1.1.9"]; len(x) != 1 || !x[0].Name || x[0].Link.Leaf != "1.1.1" || x[0].Link.Page != 2 {
		t.Errorf("by its name: %+v", x)
	}
	if x := got["1.1.3"]; len(x) != 1 || x[0].Name {
		t.Errorf("by name and code: %+v", x)
	}
	if err := p.Desk.Attach(ctx, p.Staff, s2.ID, e.ID, []string{"1.1.9"}, 2, ""); err != nil {
		t.Fatal(err)
	}
	links, err := p.Desk.LinksOf(ctx, p.DB, s2)
	if err != nil || len(links) != 1 || !links[0].Outside(s2) {
		t.Errorf("a document of the year before: %+v, %v", links, err)
	}
	if got, _ = p.Desk.Suggestions(ctx, p.DB, next, s2, l.Set); len(got["1.1.9"]) != 0 {
		t.Error("what is attached is suggested again")
	}
}

// A round of a province: 124 communes, from a draft of the set to approved finals.
func TestAWholeProvince(t *testing.T) {
	t.Parallel()
	p := New(t, 124, Small)
	p.Desk.Measure = measured
	ctx := t.Context()
	// A draft is brought in: no round can be opened by it before it is issued.
	draft, err := p.Desk.ImportSet(ctx, p.Keeper, scorecard.SetUpload{Unit: p.Province, Year: 2026, Text: Small})
	if err != nil {
		t.Fatal(err)
	}
	first := p.Set
	p.Set = draft.ID
	_, err = p.Desk.OpenRound(ctx, p.Keeper, scorecard.NewRound{Unit: p.Province, Name: "x", Set: draft.ID, From: Day("2026-01-01"), To: Day("2026-12-31"), Windows: Calendar()})
	is(t, "a round by a draft", err, fault.Invalid, "rounds.invalid")
	if _, err := p.Desk.IssueSet(ctx, p.Keeper, draft.ID, draft.Revision, "31/QĐ-UBND"); err != nil {
		t.Fatal(err)
	}
	if v, err := p.Desk.SetVersion(ctx, p.DB, p.Keeper, first); err != nil || v.State != scorecard.Superseded {
		t.Errorf("the version before is %s, %v", v.State, err)
	}
	r := p.Open(t)
	if r.Set != draft.ID {
		t.Fatalf("the round scores by %s", r.Set)
	}
	assign(t, p, r)
	for i, u := range p.Communes {
		who := actor.Actor{Account: fmt.Sprintf("xa-%d", i), Name: "x", Grants: []actor.Grant{{Role: actor.HomeAffairs, Unit: u}}}
		s := p.Sheet(t, r, u)
		for leaf, in := range (criteria.Inputs{"1.1.1": Option("yes"), "1.1.2": Ratio(int64(60+i%40), 100), "1.1.3": Option(fmt.Sprint(1 + i%3))}) {
			if _, err := p.Desk.Enter(ctx, who, s.ID, scorecard.Entry{Leaf: leaf, Input: in}); err != nil {
				t.Fatal(err)
			}
		}
		if i == 123 { // hands nothing in
			continue
		}
		if err := p.Desk.HandIn(ctx, who, s.ID, true); err != nil {
			t.Fatal(err)
		}
	}
	p.Clock.Set("2026-12-08T09:00")
	if err := p.Desk.TakeDue(ctx); err != nil {
		t.Fatal(err)
	}
	if r, err = p.Desk.Round(ctx, p.DB, p.First, r.ID); err != nil {
		t.Fatal(err)
	}
	for stage, who := range map[scorecard.Stage]actor.Actor{scorecard.StageAppraised1: p.First} {
		list, err := p.Desk.Acceptables(ctx, p.DB, who, r, stage, "")
		if err != nil || len(list) != 123*4 {
			t.Fatalf("%d scores to accept, %v; want %d", len(list), err, 123*4)
		}
		if err := p.Desk.Accept(ctx, who, r.ID, stage, list); err != nil {
			t.Fatal(err)
		}
	}
	g, err := p.Desk.Progress(ctx, p.DB, p.Keeper, r.ID)
	if err != nil || g.HandedIn != 123 || g.Drafts != 1 || g.NotBegun != 0 || len(g.Unassigned[scorecard.StageAppraised1]) != 0 {
		t.Errorf("progress: %d in, %d drafts, %d not begun, %v, %v", g.HandedIn, g.Drafts, g.NotBegun, g.Unassigned, err)
	}
	done := 0
	for _, x := range g.Loads {
		done += x.Done
	}
	if done != 123*4 {
		t.Errorf("%d scores are done, want %d", done, 123*4)
	}
	p.Clock.Set("2026-12-30T09:00")
	if err := p.Desk.Approve(ctx, p.Chair, r.ID, "9/QĐ-UBND", Day("2026-12-30")); err != nil {
		t.Fatal(err)
	}
	finals, err := scorecard.Finals(p.Desk, ctx, p.DB, r.ID)
	if err != nil || len(finals) != 124 {
		t.Fatalf("%d finals, %v", len(finals), err)
	}
	missing := 0
	for _, f := range finals {
		if f.Missing {
			missing++
			continue
		}
		if f.Card.Missing != 1 { // the survey
			t.Errorf("%s lacks %d leaves, want the survey alone", f.Unit, f.Card.Missing)
		}
	}
	if missing != 1 {
		t.Errorf("%d are missing, want 1", missing)
	}
}

// Chained is a set in which one leaf's rule looks at the points of another.
var Chained = strings.Replace(Small, `      kind: choice
      rule:
        options:
        - {label: Đúng hạn, points: 3}
        - {label: Muộn dưới 10 ngày, points: 1.5}
        - {label: Không báo cáo, points: 0}
`, `      kind: conditional
      rule:
        on: 1.1.1
        if: {ge: 1}
        then: {kind: yes_no, rule: {yes: 3, no: 0}}
        else: 0.5
`, 1)

// A condition sees the points that a stage gave by hand, and each stage its own.
func TestAConditionSeesPointsGivenByHandInEachStage(t *testing.T) {
	t.Parallel()
	p := New(t, 2, Chained)
	ctx := t.Context()
	r := p.Open(t)
	assign(t, p, r)
	s := p.Sheet(t, r, p.Communes[0])
	enter(t, p, p.Staff, s, criteria.Inputs{"1.1.1": Option("no"), "1.1.3": Option("yes")})
	if err := p.Desk.HandIn(ctx, p.Staff, s.ID, true); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		at    string
		who   actor.Actor
		stage scorecard.Stage
		hand  string
		want  string // of the leaf that looks at it
	}{
		{"2026-12-08T09:00", p.First, scorecard.StageAppraised1, "1", "3.00"},
		{"2026-12-22T09:00", p.Second, scorecard.StageAppraised2, "0.75", "0.50"},
		{"2026-12-27T09:00", p.Keeper, scorecard.StageCouncil, "1.25", "3.00"},
	} {
		p.Clock.Set(x.at)
		l, err := p.Desk.Ledger(ctx, p.DB, x.who, s.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Desk.Appraise(ctx, x.who, r.ID, x.stage, []scorecard.Verdict{{Sheet: s.ID, Leaf: "1.1.1", ByHand: pts(x.hand), Why: "kiểm tra", Seen: l.Before("1.1.1", x.stage).Version}}); err != nil {
			t.Fatal(err)
		}
		if got := at(t, p, s, "1.1.3", x.stage); got != x.want {
			t.Errorf("with %s points by hand in %s the leaf that looks at them has %s, want %s", x.hand, x.stage, got, x.want)
		}
	}
	if a, b := at(t, p, s, "1.1.3", scorecard.StageSelf), at(t, p, s, "1.1.3", scorecard.StageAppraised1); a != "0.50" || b != "3.00" {
		t.Errorf("by the unit %s and in appraisal 1 %s, want 0.50 and 3.00: a later stage changed an earlier one", a, b)
	}
}
