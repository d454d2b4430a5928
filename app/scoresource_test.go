package app

import (
	"context"
	"fmt"
	"testing"

	"cchc/base/moment"
	"cchc/data"
	"cchc/dossier"
	"cchc/scorecard"
	"cchc/unit"
)

// scoredRound issues the synthetic set of communes and opens a round of the year.
func scoredRound(t testing.TB, r *rooms, province unit.ID) scorecard.Round {
	t.Helper()
	ctx := context.Background()
	v, err := r.scorecard.ImportSet(ctx, operator, scorecard.SetUpload{Unit: province, Year: 2026, Text: data.CriteriaCommune})
	if err != nil {
		t.Fatal(err)
	}
	if v, err = r.scorecard.IssueSet(ctx, operator, v.ID, v.Revision, "QĐ thử nghiệm"); err != nil {
		t.Fatal(err)
	}
	at := func(s string) moment.Instant {
		i, err := moment.ParseInstant(s)
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	round, err := r.scorecard.OpenRound(ctx, operator, scorecard.NewRound{Unit: province, Name: "Chỉ số CCHC 2026", Basis: "KH 1/KH-UBND", Set: v.ID,
		From: moment.NewDate(2026, 1, 1), To: moment.NewDate(2026, 12, 31), CutOff: moment.NewDate(2026, 12, 31), Windows: []scorecard.Window{
			{Stage: scorecard.StageSelf, Opens: at("2026-12-01T08:00"), Closes: at("2026-12-20T17:00")},
			{Stage: scorecard.StageAppraised1, Opens: at("2027-01-04T08:00"), Closes: at("2027-01-15T17:00")},
			{Stage: scorecard.StageApproved, Opens: at("2027-01-18T08:00"), Closes: at("2027-01-31T17:00")}}})
	if err != nil {
		t.Fatal(err)
	}
	return round
}

// A dossier moves its leaf of the PAR index at once; the leaf opens to as many dossiers
// as its numbers say, now and as it was known on a day before.
func TestTheProjectionMovesWithTheDossierAndOpensToIt(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, clock, province, u := commune(t)
	round := scoredRound(t, r, province)
	open := func(on moment.Date) *scorecard.Provenance {
		t.Helper()
		x, err := r.scorecard.Provenance(ctx, r.db, operator, round.ID, u, "3.3.1", on)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	if x := open(0); x.Live {
		t.Errorf("without a dossier 3.3.1 has %v", x.Result.Input.Ratio)
	}
	fine := receive(t, r, u)
	late := receive(t, r, u)
	if err := r.desk.Finish(ctx, operator, fine.Code, dossier.Result{}); err != nil {
		t.Fatal(err)
	}
	x := open(0)
	if !x.Live || x.Result.Points.String() != "8.00" || len(x.Num) != 1 || len(x.Rest) != 0 || x.Num[0].Code != fine.Code {
		t.Errorf("after one on time: live %v, %s points, %d and %d dossiers behind", x.Live, x.Result.Points, len(x.Num), len(x.Rest))
	}
	if len(x.DueSoon) != 1 || x.DueSoon[0].Code != late.Code {
		t.Errorf("due soon: %+v, want %s", x.DueSoon, late.Code)
	}
	board, err := r.scorecard.Project(ctx, r.db, operator, round.ID)
	if err != nil {
		t.Fatal(err)
	}
	if of, err := board.Of(u); err != nil {
		t.Fatal(err)
	} else if n, ok := of.Nearest(); !ok || n.Node.Code != "3.3.1" || n.Step.From != moment.NewDate(2026, 11, 28) || n.Step.N != 1 || n.Step.Change.String() != "-8.00" && n.Step.Change.String() != "-8" {
		t.Errorf("lost first: %v, %s from %s for %d dossiers: %s", ok, n.Node.Code, n.Step.From, n.Step.N, n.Step.Change)
	}
	clock.Set("2026-11-30T09:00") // due 27/11: the clock alone makes it late
	x = open(0)
	if r := x.Result.Input.Ratio; r == nil || r.Num != 1 || r.Den != 2 || len(x.Num) != 1 || len(x.Rest) != 1 || x.Rest[0].Code != late.Code || !x.Rest[0].Late {
		t.Errorf("overdue: %v, %d and %d dossiers behind", r, len(x.Num), len(x.Rest))
	}
	x = open(moment.NewDate(2026, 11, 24))
	if r := x.Result.Input.Ratio; r == nil || r.Num != 1 || r.Den != 1 || len(x.Num) != 1 || len(x.Rest) != 0 {
		t.Errorf("as known on 24/11: %v, %d and %d dossiers behind", r, len(x.Num), len(x.Rest))
	}
	b, err := r.scorecard.Project(ctx, r.db, operator, round.ID)
	if err != nil {
		t.Fatal(err)
	}
	p, err := b.Of(u)
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{"3.3.1", "6.2.1", "6.2.3", "3.5.1"} {
		if !p.Live[code] {
			t.Errorf("%s (%s) is not measured", code, p.Set.Node(code).Name)
		}
	}
	for _, l := range p.Set.Leaves() { // both sides of every ratio open to as many as it says
		if n := p.Inputs[l.Code].Ratio; p.Live[l.Code] && n != nil {
			y, err := r.scorecard.Provenance(ctx, r.db, operator, round.ID, u, l.Code, 0)
			if err != nil {
				t.Fatal(err)
			}
			if int64(len(y.Num)) != n.Num || int64(len(y.Num)+len(y.Rest)) != n.Den {
				t.Errorf("%s: %d and %d dossiers behind %d of %d", l.Code, len(y.Num), len(y.Rest), n.Num, n.Den)
			}
		}
	}
}

// BenchmarkProjectionAfterAFact times what a page of the projection waits for: 124
// communes under the set of communes, after a dossier came in and one was finished.
func BenchmarkProjectionAfterAFact(b *testing.B) {
	ctx := context.Background()
	r, _, province, u := commune(b)
	for i := range 123 {
		id, err := r.registry.Create(ctx, operator, unit.New{Code: fmt.Sprintf("H99.%03d", 201+i), Name: fmt.Sprintf("Xã Số %d", i+1), Level: "commune", Parent: province},
			unit.Act{Day: moment.NewDate(2025, 7, 1), Basis: "Nghị quyết thử nghiệm"})
		if err != nil {
			b.Fatal(err)
		}
		receive(b, r, id)
	}
	round := scoredRound(b, r, province)
	for b.Loop() {
		b.StopTimer()
		d := receive(b, r, u)
		if err := r.desk.Finish(ctx, operator, d.Code, dossier.Result{}); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		board, err := r.scorecard.Project(ctx, r.db, operator, round.ID)
		if err != nil || len(board.List) != 124 {
			b.Fatal(err)
		}
	}
}
