package scorecard_test

import (
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/fault"
	"cchc/scorecard"
	"cchc/scorecard/criteria"
	. "cchc/scorecard/scorecardtest"
	"cchc/unit"
)

// enter enters leaves of a sheet at the version that is there.
func enter(t *testing.T, p *Place, who actor.Actor, s scorecard.Sheet, inputs criteria.Inputs) {
	t.Helper()
	for leaf, in := range inputs {
		l, err := p.Desk.Ledger(t.Context(), p.DB, actor.System("test"), s.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Desk.Enter(t.Context(), who, s.ID, scorecard.Entry{Leaf: leaf, Input: in, Version: l.Of(leaf, scorecard.StageSelf).Version}); err != nil {
			t.Fatalf("%s: %v", leaf, err)
		}
	}
}

// whole is a sheet of Small without a gap: 2 + 4.5 + 1.5.
func whole() criteria.Inputs {
	return criteria.Inputs{"1.1.1": Option("yes"), "1.1.2": Ratio(9, 10), "1.1.3": Option("Muộn dưới 10 ngày")}
}

func card(t *testing.T, p *Place, s scorecard.Sheet, stage scorecard.Stage) *criteria.Card {
	t.Helper()
	l, err := p.Desk.Ledger(t.Context(), p.DB, actor.System("test"), s.ID)
	if err != nil {
		t.Fatal(err)
	}
	return l.Card(stage)
}

func is(t *testing.T, what string, err error, kind fault.Kind, key string) {
	t.Helper()
	if f := fault.As(err); f == nil || f.Kind != kind || f.Key != key {
		t.Errorf("%s: %v, want %s", what, err, key)
	}
}

func TestARoundMakesASheetForEachUnitAndLocksByTheClock(t *testing.T) {
	t.Parallel()
	p := New(t, 3, Small)
	ctx := t.Context()
	r := p.Open(t)
	sheets, err := p.Desk.Sheets(ctx, p.DB, p.Keeper, r)
	if err != nil || len(sheets) != 3 {
		t.Fatalf("%d sheets, %v; want 3", len(sheets), err)
	}
	s := p.Sheet(t, r, p.Communes[0])
	enter(t, p, p.Staff, s, whole())
	if got := card(t, p, s, scorecard.StageSelf).Sum.String(); got != "8.00" {
		t.Errorf("the self-score is %s, want 8.00", got)
	}
	// Handing in tells what is missing first: no document for three leaves, and
	// nothing measured yet.
	err = p.Desk.HandIn(ctx, p.Staff, s.ID, false)
	if f := fault.As(err); f == nil || f.Key != "rounds.lacking" || len(f.Fields) != 4 {
		t.Errorf("handing in a sheet with gaps: %v", err)
	}
	if err := p.Desk.HandIn(ctx, p.Staff, s.ID, true); err != nil {
		t.Fatal(err)
	}
	is(t, "handing in twice", p.Desk.HandIn(ctx, p.Staff, s.ID, true), fault.Conflict, "rounds.handed_in")
	_, err = p.Desk.Enter(ctx, p.Staff, s.ID, scorecard.Entry{Leaf: "1.1.1", Input: Option("no"), Version: 1})
	is(t, "entering what was handed in", err, fault.Conflict, "rounds.handed_in")
	if err := p.Desk.TakeBack(ctx, p.Staff, s.ID); err != nil {
		t.Fatal(err)
	}
	enter(t, p, p.Staff, s, criteria.Inputs{"1.1.1": Option("no")})
	if err := p.Desk.HandIn(ctx, p.Staff, s.ID, true); err != nil {
		t.Fatal(err)
	}

	// Nothing ran, and yet the stage is locked.
	p.Clock.Set("2026-12-05T17:00")
	is(t, "taking back after the deadline", p.Desk.TakeBack(ctx, p.Staff, s.ID), fault.Conflict, "rounds.stage_closed")
	other := p.Sheet(t, r, p.Communes[1])
	_, err = p.Desk.Enter(ctx, p.Neighbour, other.ID, scorecard.Entry{Leaf: "1.1.1", Input: Option("yes")})
	is(t, "entering after the deadline", err, fault.Conflict, "rounds.stage_closed")

	// Reopening needs a reason, and is one sheet's only.
	until := Calendar()[1].Opens
	is(t, "reopening without a reason", p.Desk.Reopen(ctx, p.Keeper, r.ID, other.ID, scorecard.StageSelf, until, " "), fault.Invalid, "rounds.invalid")
	is(t, "reopening by somebody else", p.Desk.Reopen(ctx, p.First, r.ID, other.ID, scorecard.StageSelf, until, "mất điện"), fault.Forbidden, "auth.forbidden")
	if err := p.Desk.Reopen(ctx, p.Keeper, r.ID, other.ID, scorecard.StageSelf, until, "Bão số 12"); err != nil {
		t.Fatal(err)
	}
	enter(t, p, p.Neighbour, other, criteria.Inputs{"1.1.1": Option("yes")})
	is(t, "taking back another's sheet", p.Desk.TakeBack(ctx, p.Staff, s.ID), fault.Conflict, "rounds.stage_closed")
	p.Clock.Set("2026-12-06T10:00")
	if err := p.Desk.HandIn(ctx, p.Neighbour, other.ID, true); err != nil {
		t.Fatal(err)
	}
	if got := p.Sheet(t, r, p.Communes[1]); got.LateDays != 1 {
		t.Errorf("handed in 17 hours after the deadline: %d days late, want 1", got.LateDays)
	}
	if got := card(t, p, other, scorecard.StageSelf).Penalty.String(); got != "-0.50" {
		t.Errorf("a day late costs %s, want -0.50", got)
	}
	p.Clock.Set("2026-12-07T08:00")
	now, err := p.Desk.Round(ctx, p.DB, p.Keeper, r.ID)
	if err != nil || now.Phase(scorecard.StageSelf, other.ID, p.DB.Now()) != scorecard.PhaseLocked || len(now.Reopenings) != 1 || now.Reopenings[0].Reason != "Bão số 12" {
		t.Errorf("after the reopening: %+v, %v", now.Reopenings, err)
	}
	trail, err := audit.Of(ctx, p.DB, "round", r.ID)
	if err != nil || len(trail) != 2 || trail[1].Reason != "Bão số 12" {
		t.Errorf("the trail has %d entries, %v", len(trail), err)
	}
}

func TestTwoPeopleOnOneSheetLoseNothing(t *testing.T) {
	t.Parallel()
	p := New(t, 2, Small)
	ctx := t.Context()
	s := p.Sheet(t, p.Open(t), p.Communes[0])
	first := scorecard.Entry{Leaf: "1.1.2", Input: Ratio(9, 10), Typed: "num=9&den=10", Note: "theo báo cáo 12"}
	if _, err := p.Desk.Enter(ctx, p.Staff, s.ID, first); err != nil {
		t.Fatal(err)
	}
	// The colleague opened the page before that.
	_, err := p.Desk.Enter(ctx, p.Colleague, s.ID, scorecard.Entry{Leaf: "1.1.2", Input: Ratio(8, 10)})
	is(t, "writing over what was not seen", err, fault.Conflict, "rounds.leaf_changed")
	// Another leaf of the same sheet is nobody's conflict.
	if _, err := p.Desk.Enter(ctx, p.Colleague, s.ID, scorecard.Entry{Leaf: "1.1.1", Input: Option("yes")}); err != nil {
		t.Error(err)
	}
	if _, err := p.Desk.Enter(ctx, p.Colleague, s.ID, scorecard.Entry{Leaf: "1.1.2", Input: Ratio(8, 10), Version: 1}); err != nil {
		t.Error(err)
	}
	changes, err := p.Desk.Changes(ctx, p.DB, p.Staff, s.ID)
	if err != nil || len(changes) != 3 {
		t.Fatalf("%d changes, %v; want 3", len(changes), err)
	}
	c := changes[0]
	if c.Leaf != "1.1.2" || c.From.Ratio.Num != 9 || c.To.Ratio.Num != 8 || c.FromPoints.String() != "4.50" || c.ToPoints.String() != "4.00" || c.Name != p.Colleague.Name || c.At == 0 {
		t.Errorf("the change is %+v", c)
	}
	// A half-typed number is kept as it is.
	half, err := p.Desk.Enter(ctx, p.Staff, s.ID, scorecard.Entry{Leaf: "1.1.2", Typed: "num=7&den=", Version: 2})
	if err != nil || half.Given() || half.Typed != "num=7&den=" {
		t.Errorf("half a number: %+v, %v", half, err)
	}
}

func TestNobodySeesAnothersDraftOrScoresForThem(t *testing.T) {
	t.Parallel()
	p := New(t, 2, Small)
	ctx := t.Context()
	r := p.Open(t)
	s := p.Sheet(t, r, p.Communes[0])
	enter(t, p, p.Staff, s, whole())
	for name, who := range map[string]actor.Actor{"who keeps the round": p.Keeper, "the chair": p.Chair, "the auditor": p.Auditor} {
		_, err := p.Desk.Ledger(ctx, p.DB, who, s.ID)
		is(t, name+" reads a draft", err, fault.Forbidden, "rounds.draft")
	}
	_, err := p.Desk.Ledger(ctx, p.DB, p.Neighbour, s.ID)
	is(t, "a neighbour reads a draft", err, fault.Forbidden, "auth.forbidden")
	_, err = p.Desk.Ledger(ctx, p.DB, actor.Actor{}, s.ID)
	is(t, "a visitor reads a draft", err, fault.Unauthenticated, "auth.sign_in")
	_, err = p.Desk.Changes(ctx, p.DB, p.Keeper, s.ID)
	is(t, "the keeper reads a draft's changes", err, fault.Forbidden, "rounds.draft")
	// A right from above does not make the sheet one's own.
	_, err = p.Desk.Enter(ctx, p.Keeper, s.ID, scorecard.Entry{Leaf: "1.1.1", Input: Option("no"), Version: 1})
	is(t, "the keeper scores for a commune", err, fault.Forbidden, "rounds.not_own")
	is(t, "the keeper hands in for a commune", p.Desk.HandIn(ctx, p.Keeper, s.ID, true), fault.Forbidden, "rounds.not_own")
	is(t, "the keeper hands in a draft that is being worked on", p.Desk.HandInFor(ctx, p.Keeper, s.ID, "lý do"), fault.Conflict, "rounds.draft")
	if err := p.Desk.HandIn(ctx, p.Staff, s.ID, true); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Desk.Ledger(ctx, p.DB, p.Keeper, s.ID); err != nil {
		t.Errorf("what was handed in is hidden from the keeper: %v", err)
	}
	_, err = p.Desk.Ledger(ctx, p.DB, p.Neighbour, s.ID)
	is(t, "a neighbour reads a sheet", err, fault.Forbidden, "auth.forbidden")
}

func TestSurveyLeavesAndNothingArose(t *testing.T) {
	t.Parallel()
	p := New(t, 2, Small)
	ctx := t.Context()
	s := p.Sheet(t, p.Open(t), p.Communes[0])
	_, err := p.Desk.Enter(ctx, p.Staff, s.ID, scorecard.Entry{Leaf: "2.1.2", Input: Value(90)})
	is(t, "scoring a survey leaf oneself", err, fault.Conflict, "rounds.survey_leaf")
	_, err = p.Desk.Enter(ctx, p.Staff, s.ID, scorecard.Entry{Leaf: "1.1.1", Input: criteria.Input{NA: true}})
	is(t, "claiming that nothing arose where it cannot be", err, fault.Invalid, "rounds.invalid")
	enter(t, p, p.Staff, s, criteria.Inputs{"1.1.2": {NA: true}})
	err = p.Desk.HandIn(ctx, p.Staff, s.ID, true)
	if f := fault.As(err); f == nil || f.Key != "rounds.lacking" || len(f.Fields) != 1 || f.Fields[0].Key != "rounds.lack.proof" {
		t.Errorf("claiming that nothing arose without proof: %v", err)
	}
	e, err := p.Desk.AddEvidence(ctx, p.Staff, scorecard.Evidence{Unit: s.Unit, Number: "9/XN", Title: "Xác nhận không phát sinh", Day: Day("2026-11-20")})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Desk.Attach(ctx, p.Staff, s.ID, e.ID, []string{"1.1.2"}, 0, ""); err != nil {
		t.Fatal(err)
	}
	if err := p.Desk.HandIn(ctx, p.Staff, s.ID, true); err != nil {
		t.Error(err)
	}
	if c := card(t, p, s, scorecard.StageSelf); c.Max.String() != "15.00" {
		t.Errorf("the effective maximum is %s, want 15.00", c.Max)
	}
}

func TestUnitsOfPartOfTheYear(t *testing.T) {
	t.Parallel()
	p := New(t, 3, Small)
	ctx := t.Context()
	merged, err := p.Registry.Merge(ctx, actor.System("test"), unit.Merger{From: p.Communes[1:3], New: &unit.New{Code: "H99.200", Name: "Xã Hợp Nhất", Level: unit.Commune, Parent: p.Province}},
		unit.Act{Day: Day("2026-07-01"), Basis: "NQ 1"})
	if err != nil {
		t.Fatal(err)
	}
	r := p.Open(t)
	s := p.Sheet(t, r, merged)
	if s.From != Day("2026-07-01") || s.To != r.To {
		t.Errorf("the new commune's part is %s to %s", s.From, s.To)
	}
	sheets, _ := p.Desk.Sheets(ctx, p.DB, p.Keeper, r)
	if len(sheets) != 2 {
		t.Errorf("%d sheets, want 2: those that ended have none", len(sheets))
	}
	g, err := p.Desk.Progress(ctx, p.DB, p.Keeper, r.ID)
	if err != nil || len(g.Gone) != 2 || g.Gone[0].Last != Day("2026-06-30") || len(g.Gone[0].After) != 1 || g.Gone[0].After[0].Unit != merged {
		t.Errorf("ended within the period: %+v, %v", g.Gone, err)
	}
	_, scored, _, err := p.Desk.PlanRound(ctx, p.DB, p.Keeper, scorecard.NewRound{Unit: p.Province, Name: "x", Set: p.Set, From: r.From, To: r.To, Windows: Calendar()})
	if err != nil || len(scored) != 2 || len(scored[1].Before)+len(scored[0].Before) != 2 {
		t.Errorf("made of: %+v, %v", scored, err)
	}
	// A commune that comes later has no sheet until the keeper asks for it: it is
	// missing, not zero.
	p.Unit(t, unit.New{Code: "H99.300", Name: "Xã Mới", Level: unit.Commune, Parent: p.Province}, "2026-11-01")
	if g, _ := p.Desk.Progress(ctx, p.DB, p.Keeper, r.ID); g.Missing != 1 || len(g.Units) != 3 {
		t.Errorf("%d of %d are missing, want 1 of 3", g.Missing, len(g.Units))
	}
	if n, err := p.Desk.RefreshSheets(ctx, p.Keeper, r.ID); n != 1 || err != nil {
		t.Errorf("%d sheets made, %v", n, err)
	}
}

func TestACalendarIsChecked(t *testing.T) {
	t.Parallel()
	p := New(t, 2, Small)
	for name, c := range map[string]struct {
		change func(w []scorecard.Window) []scorecard.Window
		field  string
	}{
		"no appraisal":                         {func(w []scorecard.Window) []scorecard.Window { return append(w[:1:1], w[2:]...) }, "opens.appraised1"},
		"a stage that ends before it begins":   {func(w []scorecard.Window) []scorecard.Window { w[2].Closes = w[2].Opens - 1; return w }, "closes.explain"},
		"stages out of order":                  {func(w []scorecard.Window) []scorecard.Window { w[3].Opens = w[1].Opens - 1; return w }, "opens.appraised2"},
		"an appraisal while units still score": {func(w []scorecard.Window) []scorecard.Window { w[1].Opens = w[0].Closes - 1; return w }, "opens.appraised1"},
		"half a window":                        {func(w []scorecard.Window) []scorecard.Window { w[4].Closes = 0; return w }, "closes.council"},
		"a stage that does not exist":          {func(w []scorecard.Window) []scorecard.Window { w[4].Stage = "party"; return w }, "stage"},
	} {
		_, err := p.Desk.OpenRound(t.Context(), p.Keeper, scorecard.NewRound{Unit: p.Province, Name: "x", Set: p.Set, From: Day("2026-01-01"), To: Day("2026-12-31"),
			Windows: c.change(Calendar())})
		f := fault.As(err)
		if f == nil || !strings.Contains(f.Error(), c.field) {
			t.Errorf("%s: %v, want something wrong with %s", name, err, c.field)
		}
	}
}
