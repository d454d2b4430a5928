package scorecardweb_test

import (
	"fmt"
	"testing"

	"cchc/base/actor"
	"cchc/base/points"
	"cchc/scorecard"
	"cchc/scorecard/criteria"
	. "cchc/scorecard/scorecardtest"
)

// The pages that somebody who keeps or appraises a round looks at all day, over 124
// sheets of the full-size set of communes, every leaf entered and handed in.
func BenchmarkBoardOfAProvince(b *testing.B)  { pageOfAProvince(b, "") }
func BenchmarkAcrossAProvince(b *testing.B)   { pageOfAProvince(b, "/appraise/council/leaf/1.1.2") }
func BenchmarkAppraiseAProvince(b *testing.B) { pageOfAProvince(b, "/appraise/council") }

func pageOfAProvince(b *testing.B, path string) {
	s := serveRoundsOf(New(b, 124, Synthetic(b, "commune")), b)
	ctx := b.Context()
	r := s.Open(b)
	set, err := criteria.Load([]byte(Synthetic(b, "commune")))
	if err != nil {
		b.Fatal(err)
	}
	for i, u := range s.Communes {
		who := actor.Actor{Account: fmt.Sprintf("xa-%d", i), Name: "x", Grants: []actor.Grant{{Role: actor.HomeAffairs, Unit: u}}}
		sheet := s.Sheet(b, r, u)
		for j, n := range set.Leaves() {
			if n.Leaf.Binding.Survey() {
				continue
			}
			in := Ratio(int64(60+(i+j)%41), 100)
			switch n.Leaf.Rule.Kind() {
			case criteria.YesNo:
				in = Option("yes")
			case criteria.Choice:
				in = Option("1")
			case criteria.Deduction, criteria.CountTier:
				in = Value(int64((i + j) % 4))
			case criteria.Import:
				in = criteria.Input{Value: &points.Ratio{Num: 8350, Den: 100}}
			}
			if _, err := s.Desk.Enter(ctx, who, sheet.ID, scorecard.Entry{Leaf: n.Code, Input: in}); err != nil {
				b.Fatal(err)
			}
		}
		if err := s.Desk.HandIn(ctx, who, sheet.ID, true); err != nil {
			b.Fatal(err)
		}
	}
	s.Clock.Set("2026-12-27T09:00")
	keeper := s.as(s.Keeper)
	for b.Loop() {
		keeper.Get(rounds + "/" + r.ID + path)
	}
	keeper.Get(rounds+"/"+r.ID+path).Is(200).Count("tr[data-row]", map[string]int{"": 124, "/appraise/council/leaf/1.1.2": 124, "/appraise/council": len(scorecard.Items(set))}[path])
}
