package scorecard_test

import (
	"context"
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/scorecard"
	"cchc/scorecard/criteria"
	"cchc/scorecard/ranking"
	. "cchc/scorecard/scorecardtest"
	"cchc/unit"
)

// facts is a source of which tests say what it counts.
type facts struct {
	of    map[unit.ID]points.Ratio
	known map[moment.Date]map[unit.ID]points.Ratio // as it was known then
	due   map[unit.ID][]scorecard.DueDay
}

func (f *facts) ByHand(criteria.Binding) string { return "" }

func (f *facts) Measures(_ context.Context, _ db.Queryer, m scorecard.Measuring) (map[unit.ID]criteria.Input, bool, error) {
	if m.Binding.Source != "dossiers" {
		return nil, false, nil
	}
	of := f.of
	if m.Known != 0 {
		of = f.known[m.Known.Date()]
	}
	out := map[unit.ID]criteria.Input{}
	for u, r := range of {
		out[u] = criteria.Input{Ratio: &r}
	}
	return out, true, nil
}

func (f *facts) Behind(_ context.Context, _ db.Queryer, m scorecard.Measuring, u unit.ID, p scorecard.Part) ([]scorecard.Behind, bool, error) {
	n := f.of[u].Num
	if p == scorecard.PartRest {
		n = f.of[u].Den - n
	}
	return make([]scorecard.Behind, n), true, nil
}

func (f *facts) DueDays(_ context.Context, _ db.Queryer, m scorecard.Measuring) (map[unit.ID][]scorecard.DueDay, error) {
	if m.Binding.Source != "dossiers" {
		return nil, nil
	}
	return f.due, nil
}

func (f *facts) DueSoonest(context.Context, db.Queryer, scorecard.Measuring, unit.ID, int) ([]scorecard.Behind, error) {
	return []scorecard.Behind{{Code: "H99.001-261123-0001"}}, nil
}

// begun is a round of three communes in which the first scored itself.
func begun(t *testing.T) (*Place, *facts, scorecard.Round) {
	t.Helper()
	p := New(t, 3, Small)
	f := &facts{of: map[unit.ID]points.Ratio{p.Communes[0]: {Num: 90, Den: 100}, p.Communes[1]: {Num: 95, Den: 100}, p.Communes[2]: {Num: 90, Den: 100}}}
	p.Desk.Source = f
	return p, f, p.Open(t)
}

func project(t *testing.T, p *Place, a actor.Actor, r scorecard.Round) *scorecard.Board {
	t.Helper()
	b, err := p.Desk.Project(context.Background(), p.DB, a, r.ID)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func one(t *testing.T, b *scorecard.Board, u unit.ID) *scorecard.Projection {
	t.Helper()
	x, err := b.Of(u)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestAProjectionMovesWithTheFacts(t *testing.T) {
	t.Parallel()
	p, f, r := begun(t)
	b := project(t, p, p.Keeper, r)
	x := one(t, b, p.Communes[0])
	if got, _ := x.Card.Result("2.1.1"); got.Points.String() != "5.40" || !x.Live["2.1.1"] {
		t.Errorf("2.1.1 has %s points, live %v; want 5.40 of the facts", got.Points, x.Live)
	}
	f.of[p.Communes[0]] = points.Ratio{Num: 100, Den: 100}
	x = one(t, project(t, p, p.Keeper, r), p.Communes[0])
	if got, _ := x.Card.Result("2.1.1"); got.Points.String() != "6.00" {
		t.Errorf("after a fact 2.1.1 has %s points, want 6.00", got.Points)
	}
}

func TestCheapestGainsAreTheRulesOwn(t *testing.T) {
	t.Parallel()
	p, _, r := begun(t)
	list := one(t, project(t, p, p.Keeper, r), p.Communes[0]).Cheapest()
	if len(list) == 0 {
		t.Fatal("nothing can be gained")
	}
	for i, c := range list {
		if c.Step.Change <= 0 {
			t.Errorf("%s gains %s", c.Node.Code, c.Step.Change)
		}
		if c.Node.Leaf.Binding.Survey() {
			t.Errorf("%s is a survey: nobody can do an answer", c.Node.Code)
		}
		if i > 0 {
			before := list[i-1].Step
			if before.Way != criteria.WayEnter && c.Step.Way == criteria.WayEnter {
				continue
			}
			if int64(before.Change)*max(1, c.Step.N) < int64(c.Step.Change)*max(1, before.N) {
				t.Errorf("%s stands behind %s and is cheaper", c.Node.Code, list[i-1].Node.Code)
			}
		}
	}
}

func TestADraftTellsOthersNothingButTheFacts(t *testing.T) {
	t.Parallel()
	p, _, r := begun(t)
	x := one(t, project(t, p, p.Keeper, r), p.Communes[0])
	if !x.Draft {
		t.Error("the sheet of a unit that has not handed in is not a draft")
	}
	if own := one(t, project(t, p, p.Staff, r), p.Communes[0]); own.Draft {
		t.Error("the unit's own sheet is hidden from it")
	}
	if _, err := p.Desk.Provenance(context.Background(), p.DB, p.Keeper, r.ID, p.Communes[0], "1.1.1", 0); err == nil {
		t.Error("what stands in another unit's draft was opened")
	}
	if _, err := p.Desk.Project(context.Background(), p.DB, actor.Actor{}, r.ID); err == nil {
		t.Error("somebody without rights saw the projection")
	}
	for _, y := range project(t, p, p.Neighbour, r).List {
		if y.Sheet.Unit != p.Communes[1] {
			t.Errorf("the neighbour sees %s", y.Unit.Name)
		}
	}
}

func TestAScoreOpensToWhatIsBehindIt(t *testing.T) {
	t.Parallel()
	p, f, r := begun(t)
	ctx := context.Background()
	x, err := p.Desk.Provenance(ctx, p.DB, p.Keeper, r.ID, p.Communes[0], "2.1.1", 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(x.Num) != 90 || len(x.Rest) != 10 || len(x.DueSoon) != 1 {
		t.Errorf("%d and %d dossiers behind 90 of 100, %d due soon", len(x.Num), len(x.Rest), len(x.DueSoon))
	}
	day := Day("2026-11-20")
	f.known = map[moment.Date]map[unit.ID]points.Ratio{day: {p.Communes[0]: {Num: 1, Den: 2}}}
	if x, err = p.Desk.Provenance(ctx, p.DB, p.Keeper, r.ID, p.Communes[0], "2.1.1", day); err != nil {
		t.Fatal(err)
	}
	if x.Result.Points.String() != "3.00" || len(x.DueSoon) != 0 {
		t.Errorf("as it was known on %s: %s points, want 3.00", day, x.Result.Points)
	}
	if _, err := p.Desk.Provenance(ctx, p.DB, p.Keeper, r.ID, p.Communes[0], "9.9", 0); err == nil {
		t.Error("a leaf that is not there was opened")
	}
}

func TestWhatIfMovesRanksAndSavesNothing(t *testing.T) {
	t.Parallel()
	p, _, r := begun(t)
	ctx := context.Background()
	b := project(t, p, p.Keeper, r)
	first, third := p.Communes[0], p.Communes[2] // one group, equal
	if x, y := one(t, b, first), one(t, b, third); x.Place.Rank != 1 || y.Place.Rank != 1 || !x.Place.Shared {
		t.Fatalf("equal units have ranks %d and %d", x.Place.Rank, y.Place.Rank)
	}
	tried, err := p.Desk.Try(ctx, p.DB, p.Keeper, b, scorecard.WhatIf{Unit: third, Leaf: "2.1.1", Input: "99/100", Max: -1})
	if err != nil {
		t.Fatal(err)
	}
	if x, y := one(t, tried, first), one(t, tried, third); y.Place.Rank != 1 || x.Place.Rank != 2 || y.Card.Total <= x.Card.Total {
		t.Errorf("with 99 %% on time the third has rank %d and the first %d", y.Place.Rank, x.Place.Rank)
	}
	if y := one(t, b, third); y.Card.Total != one(t, b, first).Card.Total {
		t.Error("trying changed the board")
	}
	for _, c := range []struct {
		name, want string
		w          scorecard.WhatIf
	}{
		{"half the weight", "2.70", scorecard.WhatIf{Leaf: "2.1.1", Max: points.Of(3)}},
		{"another rule", "0.00", scorecard.WhatIf{Leaf: "2.1.1", Max: -1, Rule: "kind: piecewise_linear\nrule: {metric: on_time/finished, zero_below: 0.95}"}},
	} {
		tried, err := p.Desk.Try(ctx, p.DB, p.Keeper, b, c.w)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if got, _ := one(t, tried, first).Card.Result("2.1.1"); got.Points.String() != c.want {
			t.Errorf("%s: %s points, want %s", c.name, got.Points, c.want)
		}
	}
	if tried, err = p.Desk.Try(ctx, p.DB, p.Keeper, b, scorecard.WhatIf{Max: -1, Ties: ranking.Ordinal}); err != nil {
		t.Fatal(err)
	}
	if one(t, tried, first).Place.Rank+one(t, tried, third).Place.Rank != 3 {
		t.Error("with no rank twice the two equal units have not ranks 1 and 2")
	}
	for _, w := range []scorecard.WhatIf{{Max: -1, Ties: "coin"}, {Leaf: "2.1.1", Max: -1, Rule: "kind: wish"}, {Leaf: "2.1.1", Unit: first, Input: "much", Max: -1}} {
		if _, err := p.Desk.Try(ctx, p.DB, p.Keeper, b, w); err == nil {
			t.Errorf("%+v was tried", w)
		}
	}
}

func TestTheBandOfARankIsTheSameForTheSameSeed(t *testing.T) {
	t.Parallel()
	p, _, r := begun(t)
	b := project(t, p, p.Keeper, r)
	// The second group's only unit has nobody to change places with; the two of the
	// first are equal but for a survey of 83.33 and 83.34 %.
	for u, v := range map[unit.ID]string{p.Communes[0]: "83.34 %", p.Communes[2]: "83.33 %"} {
		x := one(t, b, u)
		in, faults := x.Set.ParseInput("2.1.2", v)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		x.Inputs["2.1.2"] = in
		x.Card = x.Set.Score(x.Inputs)
	}
	tried, err := p.Desk.Try(context.Background(), p.DB, p.Keeper, b, scorecard.WhatIf{Max: -1})
	if err != nil {
		t.Fatal(err)
	}
	n := scorecard.Noise{Draws: 200, Seed: 7, Sample: 300}
	one, two := scorecard.Stability(tried, n), scorecard.Stability(tried, n)
	wide := 0
	for i := range one {
		if one[i] != two[i] {
			t.Errorf("the same seed gave %+v and %+v", one[i], two[i])
		}
		if one[i].Low < one[i].High {
			wide++
		}
		if one[i].Low > one[i].Rank || one[i].High < one[i].Rank {
			t.Errorf("rank %d lies outside of its band %d to %d", one[i].Rank, one[i].Low, one[i].High)
		}
	}
	if wide != 2 {
		t.Errorf("%d units have a band, want the 2 whose surveys of 300 answers lie 0.01 apart", wide)
	}
	for _, x := range scorecard.Stability(tried, scorecard.Noise{Draws: 50, Seed: 1}) {
		if x.Low != x.Rank && x.High != x.Rank {
			t.Errorf("%+v", x)
		}
	}
}

// A loss has the day from which it is so: the rule says how many dossiers it takes, the
// due dates when there are as many; a loss that takes more than are open has none.
func TestALossHasItsDay(t *testing.T) {
	t.Parallel()
	p := New(t, 2, strings.Replace(Small, `      kind: linear_ratio
      rule: {metric: on_time/finished, full_at: 1.0, zero_below: 0.0, formula: ratio/full_at*max, cap: 6}`, `      kind: tiered
      rule:
        metric: on_time/finished
        tiers: [{ge: 0.9, points: 6}, {ge: 0.8, lt: 0.9, points: 3}, {lt: 0.8, points: 0}]`, 1))
	u, v := p.Communes[0], p.Communes[1]
	p.Desk.Source = &facts{of: map[unit.ID]points.Ratio{u: {Num: 93, Den: 100}, v: {Num: 93, Den: 100}},
		due: map[unit.ID][]scorecard.DueDay{u: {{From: Day("2026-11-25"), Count: 2}, {From: Day("2026-11-28"), Count: 1}, {From: Day("2026-12-02"), Count: 1}, {From: Day("2026-12-05"), Count: 20}}}}
	r := p.Open(t)
	b, err := p.Desk.Project(t.Context(), p.DB, p.Keeper, r.ID)
	if err != nil {
		t.Fatal(err)
	}
	x, err := b.Of(u)
	if err != nil {
		t.Fatal(err)
	}
	// 93/103 is 90.3 %, 93/104 is 89.4 %: four of them, the fourth on 2 December.
	n, ok := x.Nearest()
	if !ok || n.Node.Code != "2.1.1" || n.Step.N != 4 || n.Step.From != Day("2026-12-02") || n.Step.Points.String() != "3.00" {
		t.Errorf("lost first: %v, %+v", ok, n.Step)
	}
	// Below 80 % takes 17 of them: there on 5 December.
	risks := x.Outlook("2.1.1").Risks
	if len(risks) != 2 || risks[1].N != 17 || risks[1].From != Day("2026-12-05") {
		t.Errorf("risks %+v", risks)
	}
	if y, err := b.Of(v); err != nil {
		t.Fatal(err)
	} else if _, ok := y.Nearest(); ok {
		t.Error("a unit with nothing open loses something on a day")
	}
}
