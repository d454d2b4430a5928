package scorecard_test

import (
	"fmt"
	"slices"
	"testing"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/points"
	"cchc/scorecard"
	"cchc/scorecard/criteria"
	"cchc/scorecard/ranking"
	. "cchc/scorecard/scorecardtest"
)

// round runs a round of n communes to its approval: all but the last hand in.
func round(t *testing.T, p *Place) scorecard.Round {
	t.Helper()
	return approved(t, p, p.Open(t))
}

// approved runs an open round to its approval.
func approved(t *testing.T, p *Place, r scorecard.Round) scorecard.Round {
	t.Helper()
	ctx, system := t.Context(), actor.System("test")
	var verdicts []scorecard.Verdict
	for i, u := range p.Communes[:len(p.Communes)-1] {
		s := p.Sheet(t, r, u)
		in := criteria.Inputs{"1.1.1": Option("yes"), "1.1.2": Ratio(int64(60+i/2%41), 100), "1.1.3": Option("Đúng hạn")}
		if i == 1 {
			in["1.1.2"] = criteria.Input{NA: true}
		}
		for leaf, x := range in {
			if _, err := p.Desk.Enter(ctx, system, s.ID, scorecard.Entry{Leaf: leaf, Input: x}); err != nil {
				t.Fatal(err)
			}
			verdicts = append(verdicts, scorecard.Verdict{Sheet: s.ID, Leaf: leaf, Accept: true, Seen: -1})
		}
		if i == 1 {
			e, err := p.Desk.AddEvidence(ctx, system, scorecard.Evidence{Unit: u, Number: "1/BC", Day: Day("2026-03-01"), Issuer: "UBND xã", Title: "Không có nhiệm vụ được giao", Pages: 1})
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Desk.Attach(ctx, system, s.ID, e.ID, []string{"1.1.2"}, 0, ""); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.Desk.HandIn(ctx, system, s.ID, true); err != nil {
			t.Fatal(err)
		}
	}
	p.Clock.Set("2026-12-08T08:00")
	if err := p.Desk.Appraise(ctx, system, r.ID, scorecard.StageAppraised1, verdicts); err != nil {
		t.Fatal(err)
	}
	p.Clock.Set("2026-12-29T09:00")
	if err := p.Desk.Approve(ctx, p.Chair, r.ID, "300/QĐ-UBND", Day("2026-12-29")); err != nil {
		t.Fatal(err)
	}
	return r
}

func proposal(r scorecard.Round) scorecard.Proposal {
	return scorecard.Proposal{Round: r.ID, Title: "Chỉ số CCHC cấp xã năm 2026", Number: "301/QĐ-UBND", Decided: Day("2026-12-29"), Ties: ranking.Shared, Decimals: 2, Weighting: ranking.Plain}
}

// appealed wins points for a commune by an appeal.
func appealed(t *testing.T, p *Place, r scorecard.Round, commune int, leaf, won string) {
	t.Helper()
	s := p.Sheet(t, r, p.Communes[commune])
	id, err := p.Desk.File(t.Context(), actor.System("test"), s.ID, scorecard.Appeal{Text: "Đề nghị xem lại", Leaves: []scorecard.AppealLeaf{{Leaf: leaf, Claim: "Đã hoàn thành"}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Desk.Decide(t.Context(), p.Keeper, id, []scorecard.Ruling{{Leaf: leaf, Accept: true, Reason: "Có tài liệu", ByHand: pt(t, won)}}); err != nil {
		t.Fatal(err)
	}
}

func TestARoundOf124CommunesIsPublishedAndAmended(t *testing.T) {
	t.Parallel()
	p := New(t, 124, Small)
	ctx := t.Context()
	r := round(t, p)

	id, err := p.Desk.Propose(ctx, p.Keeper, proposal(r))
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Desk.Propose(ctx, p.Keeper, proposal(r))
	is(t, "proposing twice", err, fault.Conflict, "results.proposed")
	_, err = p.Desk.PublicPublication(ctx, p.DB, id)
	is(t, "everybody reads a proposal", err, fault.NotFound, "results.unknown")
	_, err = p.Desk.Publication(ctx, p.DB, p.Neighbour, id)
	is(t, "a commune reads a proposal", err, fault.NotFound, "results.unknown")
	is(t, "approving one's own proposal", p.Desk.ApprovePublication(ctx, p.Keeper, id), fault.Forbidden, "results.own_proposal")
	other := p.Person(t, "noivu2", actor.HomeAffairs, p.Province)
	is(t, "approval by home affairs", p.Desk.ApprovePublication(ctx, other, id), fault.Forbidden, "results.chair_only")
	is(t, "approval by a commune", p.Desk.ApprovePublication(ctx, p.Neighbour, id), fault.NotFound, "results.unknown")
	if err := p.Desk.ApprovePublication(ctx, p.Chair, id); err != nil {
		t.Fatal(err)
	}
	is(t, "approving twice", p.Desk.ApprovePublication(ctx, p.Chair, id), fault.Conflict, "results.approved")
	is(t, "throwing away what was published", p.Desk.DiscardPublication(ctx, p.Keeper, id), fault.Conflict, "results.approved")

	first, err := p.Desk.PublicPublication(ctx, p.DB, id)
	if err != nil || len(first.Rows) != 124 || len(first.Blocks()) != 2 || first.SetRef != "T-xa-2026" || first.ApprovedBy != p.Chair.Account {
		t.Fatalf("published are %d rows in %v, %v", len(first.Rows), first.Blocks(), err)
	}
	shared, reduced, missing := 0, 0, 0
	for i, x := range first.Rows {
		if x.Shared {
			shared++
		}
		if x.Missing {
			missing++
			if x.Rank != 0 || x.Index != nil || x.Score != nil || x.Note == "" {
				t.Errorf("the commune without a sheet handed in is %+v", x)
			}
			continue
		}
		if *x.Max == *pt(t, "15") {
			reduced++
		}
		if want := ranking.Percent(points.Ratio{Num: int64(*x.Score), Den: int64(*x.Max)}, 2); *x.Index != want {
			t.Errorf("%s has %s of %s and the index %s", x.Name, x.Score, x.Max, x.Index)
		}
		if i > 0 && first.Rows[i-1].Block == x.Block && first.Rows[i-1].Rank > x.Rank {
			t.Errorf("%s stands after a worse rank", x.Name)
		}
		if x.Deltas.Percent.OK || x.Deltas.Percent.Why != ranking.WhyNoPast {
			t.Errorf("%s has a change without a past: %+v", x.Name, x.Deltas)
		}
		if len(x.Leaves) != 5 || len(x.Fields) != 2 {
			t.Errorf("%s has %d leaves in %d fields", x.Name, len(x.Leaves), len(x.Fields))
		}
	}
	if missing != 1 || reduced != 1 || shared == 0 {
		t.Errorf("%d missing, %d with a smaller maximum, %d shared ranks", missing, reduced, shared)
	}
	if got := doubts(first, nil); len(got) != 0 {
		t.Errorf("our own publication contradicts itself: %v", got)
	}
	if lost := first.Rows[0].LostLeaves(); len(lost) == 0 || lost[0].Rule["vi"] == "" || lost[0].Rule["en"] == "" {
		t.Errorf("what was lost says no rule: %+v", lost)
	}

	// An appeal changes the round, and nothing of what was published.
	appealed(t, p, r, 0, "1.1.2", "5")
	if again, err := p.Desk.PublicPublication(ctx, p.DB, id); err != nil || fmt.Sprint(again.Rows) == "" || *again.Rows[0].Score != *first.Rows[0].Score {
		t.Errorf("what was published changed: %v", err)
	}
	drift, err := p.Desk.Drift(ctx, p.DB, p.Keeper, first)
	if err != nil || !slices.ContainsFunc(drift, func(c scorecard.AmendedRow) bool {
		return c.After.Unit == p.Communes[0] && *c.After.Score > *c.Before.Score
	}) {
		t.Errorf("today differs in %+v, %v", drift, err)
	}
	if drift, err := p.Desk.Drift(ctx, p.DB, p.Neighbour, first); err != nil || drift != nil {
		t.Errorf("a commune is told of what is not published: %v, %v", drift, err)
	}
	s := proposal(r)
	s.Supersedes, s.Number = id, "12/QĐ-UBND"
	_, err = p.Desk.Propose(ctx, p.Keeper, s)
	is(t, "an amendment without a reason", err, fault.Invalid, "results.wrong")
	s.Reason = "Giải quyết kiến nghị của Xã Số 1"
	stale, err := p.Desk.Propose(ctx, p.Keeper, s)
	if err != nil {
		t.Fatal(err)
	}
	appealed(t, p, r, 2, "1.1.2", "4.9")
	is(t, "approving what has changed since", p.Desk.ApprovePublication(ctx, p.Chair, stale), fault.Conflict, "results.stale")
	if err := p.Desk.DiscardPublication(ctx, p.Keeper, stale); err != nil {
		t.Fatal(err)
	}
	second, err := p.Desk.Propose(ctx, p.Keeper, s)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Desk.ApprovePublication(ctx, p.Chair, second); err != nil {
		t.Fatal(err)
	}
	now, err := p.Desk.Current(ctx, p.DB, first)
	if err != nil || now.ID != second {
		t.Fatalf("in force is %s, %v", now.ID, err)
	}
	changed := now.Amended(first)
	i := slices.IndexFunc(changed, func(c scorecard.AmendedRow) bool { return c.After != nil && c.After.Unit == p.Communes[0] })
	if i < 0 || *changed[i].After.Score-*changed[i].Before.Score != *pt(t, "2") || changed[i].After.Rank >= changed[i].Before.Rank {
		t.Errorf("the amendment changed %+v", changed)
	}
	years, err := p.Desk.YearsOf(ctx, p.DB, p.Communes[0], "")
	if err != nil || len(years) != 1 || years[0].Publication.ID != id || years[0].Today == nil || *years[0].Today.Score != *changed[i].After.Score {
		t.Errorf("the card says %+v, %v", years, err)
	}
	trail, err := audit.Of(ctx, p.DB, "publication", second)
	if err != nil || len(trail) != 2 || trail[0].Verb == trail[1].Verb {
		t.Errorf("the trail is %v, %v", trail, err)
	}
}

func TestABandByHandAndTheNextYear(t *testing.T) {
	t.Parallel()
	p := New(t, 4, Small)
	ctx := t.Context()
	r := round(t, p)
	// The year before was published by others, without sheets.
	if _, err := p.Desk.EnterHistory(ctx, p.Keeper, scorecard.Publication{Unit: p.Province, Publisher: "tỉnh Sông Mẫu", Year: 2025, Level: r.Level, Title: "2025", Source: "Báo cáo", Decimals: 2, Rows: []scorecard.ResultRow{
		{Unit: p.Communes[0], Name: "Xã Số 1", Score: pt(t, "8"), Max: pt(t, "20"), Index: pt(t, "40"), Rank: 2, Of: 2, Block: "Đồng bằng"},
	}}); err != nil {
		t.Fatal(err)
	}
	s := proposal(r)
	s.ByHand = map[actor.UnitID]string{p.Communes[0]: "Xuất sắc"}
	id, err := p.Desk.Propose(ctx, p.Keeper, s)
	if err != nil {
		t.Fatal(err)
	}
	v, err := p.Desk.Publication(ctx, p.DB, p.Chair, id)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(v.Rows, func(x scorecard.ResultRow) bool { return x.Unit == p.Communes[0] })
	x := v.Rows[i]
	if x.Band != "Xuất sắc" || !x.ByHand {
		t.Errorf("the band by hand is %q", x.Band)
	}
	if d := x.Deltas; !d.Percent.OK || d.Percent.Value != *x.Index-*pt(t, "40") || !d.Points.OK || d.Points.Value != *x.Score-*pt(t, "8") || d.Rank.OK && d.Rank.Why == ranking.WhyFormed {
		t.Errorf("the changes are %+v", d)
	}
	j := slices.IndexFunc(v.Rows, func(x scorecard.ResultRow) bool { return x.Unit == p.Communes[1] })
	if d := v.Rows[j].Deltas; d.Percent.OK || d.Percent.Why != ranking.WhyNoPast {
		t.Errorf("a commune that was not published has %+v", d)
	}
	_, err = p.Desk.Propose(ctx, p.Staff, proposal(r))
	is(t, "a commune proposes", err, fault.Forbidden, "auth.forbidden")
	var q db.Queryer = p.DB
	if all, err := p.Desk.Publishables(ctx, q, p.Keeper); err != nil || len(all) != 1 || all[0].Waiting != id {
		t.Errorf("what waits is %+v, %v", all, err)
	}
}

func TestStatedBreakersDecideBetweenEqualUnits(t *testing.T) {
	t.Parallel()
	p := New(t, 7, Small) // communes 1, 3 and 5 are of one block; 1 and 2 score alike, in other blocks
	ctx := t.Context()
	r := round(t, p)
	// 3 wins by an appeal what 5 has: equal in points, at other criteria.
	appealed(t, p, r, 2, "1.1.1", "1.95")
	appealed(t, p, r, 0, "1.1.2", "5")
	s := proposal(r)
	s.Ties, s.Breakers = ranking.Ordinal, []string{"9"}
	_, err := p.Desk.Propose(ctx, p.Keeper, s)
	if f := fault.As(err); f == nil || len(f.Fields) != 1 || f.Fields[0].Name != "breakers" {
		t.Errorf("an unknown code: %v", err)
	}
	at := func(s scorecard.Proposal) map[actor.UnitID]scorecard.ResultRow {
		v, err := p.Desk.PreviewProposal(ctx, p.DB, p.Keeper, s)
		if err != nil {
			t.Fatal(err)
		}
		out := map[actor.UnitID]scorecard.ResultRow{}
		for _, x := range v.Rows {
			out[x.Unit] = x
		}
		return out
	}
	// Bring 5 to the points of 3, by another criterion.
	rows := at(proposal(r))
	gap := *rows[p.Communes[4]].Score - *rows[p.Communes[2]].Score
	appealed(t, p, r, 2, "1.1.3", (*pt(t, "3") + min(gap, 0)).String())
	appealed(t, p, r, 4, "1.1.3", (*pt(t, "3") - max(gap, 0)).String())
	s.Breakers = []string{"1.1.1"}
	a := at(s)
	s.Breakers = []string{"1.1.2", "1.1.1"}
	b := at(s)
	three, five := p.Communes[2], p.Communes[4]
	if *a[three].Score != *a[five].Score {
		t.Fatalf("3 has %s and 5 has %s", a[three].Score, a[five].Score)
	}
	if a[five].Rank >= a[three].Rank || a[five].Shared {
		t.Errorf("by 1.1.1, of which 3 has less, 5 goes first: %d and %d", a[three].Rank, a[five].Rank)
	}
	if leaf := func(x scorecard.ResultRow) points.Points { return x.Leaves[1].Points }; (leaf(b[three]) > leaf(b[five])) != (b[three].Rank < b[five].Rank) {
		t.Errorf("by 1.1.2: %d and %d", b[three].Rank, b[five].Rank)
	}
	if c := at(proposal(r)); c[three].Rank != c[five].Rank || !c[three].Shared {
		t.Errorf("shared: %d and %d", c[three].Rank, c[five].Rank)
	}
}

func TestNothingIsPublishedOfARoundThatIsNotApproved(t *testing.T) {
	t.Parallel()
	p := New(t, 2, Small)
	r := p.Open(t)
	_, err := p.Desk.Propose(t.Context(), p.Keeper, proposal(r))
	is(t, "proposing a round that runs", err, fault.Conflict, "results.round_open")
}

// Who prepared a publication in another's place is not the only one who prepared it: that
// person does not approve it, nor does anybody in the place of one of them.
func TestNeitherWhoPreparedAPublicationNorInWhosePlaceApprovesIt(t *testing.T) {
	t.Parallel()
	p := New(t, 2, Small)
	ctx := t.Context()
	r := round(t, p)
	chair := func(login string) actor.Actor { return p.Person(t, login, actor.Chairperson, p.Province) }
	deputy, third := chair("phochutich"), chair("chutichba")
	instead := func(a, of actor.Actor) actor.Actor {
		a.For = actor.Behalf{Account: of.Account, Name: of.Name, Delegation: "d"}
		return a
	}
	id, err := p.Desk.Propose(ctx, instead(deputy, p.Chair), proposal(r))
	if err != nil {
		t.Fatal(err)
	}
	made, err := p.Desk.Publication(ctx, p.DB, p.Chair, id)
	if err != nil {
		t.Fatal(err)
	}
	for name, a := range map[string]actor.Actor{"who prepared it": deputy, "in whose place": p.Chair, "who acts for the one": instead(third, deputy), "who acts for the other": instead(third, p.Chair)} {
		is(t, name, p.Desk.ApprovePublication(ctx, a, id), fault.Forbidden, "results.own_proposal")
		if may, err := p.Desk.MayApprove(ctx, p.DB, a, made); err != nil || may {
			t.Errorf("%s is offered to approve it: %v, %v", name, may, err)
		}
	}
	if may, err := p.Desk.MayApprove(ctx, p.DB, third, made); err != nil || !may {
		t.Errorf("a third person may not approve it: %v, %v", may, err)
	}
	if err := p.Desk.ApprovePublication(ctx, third, id); err != nil {
		t.Error(err)
	}
}
