package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/scorecard"
	"cchc/scorecard/criteria"
	"cchc/unit"
)

// streamRound keeps the round's numbers apart from the dossiers'.
const streamRound = 0x726f756e64

// makeRound makes a round of the communes that is half-way through its first
// appraisal: most have handed in, one was late, one has not begun. It needs an
// issued set for communes, and does nothing without.
func (r *rooms) makeRound(ctx context.Context, p *province, seed uint64) error {
	desk := &scorecard.Desk{DB: r.db, Guard: &auth.Guard{Tree: r.book}, Units: r.book}
	set, ok, err := communeSet(ctx, desk, r.db)
	if err != nil || !ok {
		return err
	}
	people, err := auth.People(ctx, r.db, p.id, actor.HomeAffairs, r.db.Now().Date())
	if err != nil || len(people) == 0 {
		return err
	}
	keeper := actor.Actor{Account: people[0].Account, Name: people[0].Name, Grants: []actor.Grant{{Role: actor.HomeAffairs, Unit: p.id}}}
	now := r.db.Now()
	year := set.Year
	from, cutoff := moment.NewDate(year, 1, 1), now.Date().AddDays(-10)
	if cutoff < from { // the year that the set scores has hardly begun
		return nil
	}
	round, err := desk.OpenRound(ctx, keeper, scorecard.NewRound{Unit: p.id, Name: fmt.Sprintf("Đánh giá, xác định Chỉ số CCHC cấp xã năm %d", year), Basis: illustration,
		Set: set.ID, From: from, To: moment.NewDate(year, 12, 31), CutOff: cutoff, Windows: demoCalendar(now, now.Add(time.Hour))})
	if err != nil {
		return fmt.Errorf("open the round: %w", err)
	}
	if _, err := desk.TakeMeasures(ctx, keeper, round.ID, ""); err != nil {
		return fmt.Errorf("take the measures: %w", err)
	}
	sheets, err := desk.Sheets(ctx, r.db, author, round)
	if err != nil {
		return err
	}
	staff := map[unit.ID]string{}
	for _, c := range p.communes {
		staff[c.ID] = c.staff.land
	}
	err = each(ctx, len(sheets), 16, func(ctx context.Context, i int) error {
		who := actor.Actor{Account: staff[sheets[i].Unit], Grants: []actor.Grant{{Role: actor.Specialist, Unit: sheets[i].Unit}}}
		if who.Account == "" || i == len(sheets)-1 { // one has not begun
			return nil
		}
		rng := rand.New(rand.NewPCG(seed+uint64(i), streamRound))
		return r.scoreSheet(ctx, desk, who, sheets[i], rng, i%9 != 7)
	})
	if err != nil {
		return err
	}
	if err := desk.SetCalendar(ctx, keeper, round.ID, demoCalendar(now, now.Add(-24*time.Hour)), illustration); err != nil {
		return err
	}
	return r.appraiseRound(ctx, desk, keeper, round.ID)
}

// communeSet returns the latest issued set for communes.
func communeSet(ctx context.Context, desk *scorecard.Desk, q db.Queryer) (scorecard.SetVersion, bool, error) {
	all, err := desk.SetVersions(ctx, q, author)
	if err != nil {
		return scorecard.SetVersion{}, false, err
	}
	for _, v := range all {
		if v.State == scorecard.Issued && scorecard.UnitLevel(v.Level) == unit.Commune {
			return v, true, nil
		}
	}
	return scorecard.SetVersion{}, false, nil
}

// demoCalendar is a calendar whose self-assessment ends at an instant.
func demoCalendar(now, ends moment.Instant) []scorecard.Window {
	at := func(days int) moment.Instant { return now.Date().AddDays(days).At(17 * 3600) }
	return []scorecard.Window{
		{Stage: scorecard.StageSelf, Opens: at(-30), Closes: ends},
		{Stage: scorecard.StageAppraised1, Opens: ends, Closes: at(9)},
		{Stage: scorecard.StageExplain, Opens: at(9), Closes: at(16)},
		{Stage: scorecard.StageAppraised2, Opens: at(16), Closes: at(26)},
		{Stage: scorecard.StageCouncil, Opens: at(26), Closes: at(33)},
		{Stage: scorecard.StageApproved, Opens: at(33), Closes: at(40)},
	}
}

// scoreSheet enters a commune's self-scores, with a plan as evidence, and hands the
// sheet in.
func (r *rooms) scoreSheet(ctx context.Context, desk *scorecard.Desk, who actor.Actor, s scorecard.Sheet, rng *rand.Rand, handIn bool) error {
	l, err := desk.Ledger(ctx, r.db, who, s.ID)
	if err != nil {
		return err
	}
	plan, err := desk.AddEvidence(ctx, who, scorecard.Evidence{Unit: s.Unit, Number: fmt.Sprintf("%d/KH-UBND", 10+rng.IntN(80)), Day: s.From.AddDays(rng.IntN(40)),
		Issuer: "UBND xã", Title: "Kế hoạch cải cách hành chính năm", Pages: 8, Note: illustration})
	if err != nil {
		return err
	}
	for i, n := range l.Set.Leaves() {
		if n.Leaf.Binding.Survey() || i%11 == 10 && !handIn {
			continue
		}
		if _, ok := l.Measure(n.Code); ok {
			continue
		}
		in := invent(n.Leaf.Rule, rng)
		if !in.Given() {
			continue
		}
		if _, err := desk.Enter(ctx, who, s.ID, scorecard.Entry{Leaf: n.Code, Input: in}); err != nil {
			return fmt.Errorf("score %s: %w", n.Code, err)
		}
		if i < 4 {
			if err := desk.Attach(ctx, who, s.ID, plan.ID, []string{n.Code}, 1+i, ""); err != nil {
				return err
			}
		}
	}
	if !handIn {
		return nil
	}
	return desk.HandIn(ctx, who, s.ID, true)
}

// invent makes up an input that is mostly good.
func invent(rule criteria.Rule, rng *rand.Rand) criteria.Input {
	switch x := rule.(type) {
	case *criteria.YesNoRule:
		if rng.IntN(8) == 0 {
			return criteria.Input{Option: "no"}
		}
		return criteria.Input{Option: "yes"}
	case *criteria.ChoiceRule:
		if rng.IntN(4) == 0 && len(x.Options) > 1 {
			return criteria.Input{Option: x.Options[1].Label}
		}
		return criteria.Input{Option: x.Options[0].Label}
	case *criteria.DeductionRule:
		return criteria.Input{Value: &points.Ratio{Num: int64(max(0, rng.IntN(5)-3)), Den: 1}}
	case *criteria.CountRule:
		return criteria.Input{Value: &points.Ratio{Num: int64(rng.IntN(4)), Den: 1}}
	case *criteria.TieredRule:
		if x.Whole {
			return criteria.Input{Value: &points.Ratio{Num: int64(rng.IntN(30)), Den: 1}}
		}
	case *criteria.LinearRule, *criteria.AllOrNoneRule:
	default:
		return criteria.Input{}
	}
	den := int64(20 + rng.IntN(60))
	return criteria.Input{Ratio: &points.Ratio{Num: den - int64(rng.IntN(int(den/4))), Den: den}}
}

// appraiseRound assigns every field to an officer of the province, who accepts half
// of what stands, and asks one commune to explain.
func (r *rooms) appraiseRound(ctx context.Context, desk *scorecard.Desk, keeper actor.Actor, id string) error {
	round, err := desk.Round(ctx, r.db, keeper, id)
	if err != nil {
		return err
	}
	fields, err := desk.Fields(ctx, r.db, round)
	if err != nil {
		return err
	}
	for _, f := range fields {
		for _, s := range []scorecard.Stage{scorecard.StageAppraised1, scorecard.StageAppraised2} {
			if err := desk.Assign(ctx, keeper, id, s, f.Code, []string{keeper.Account}); err != nil {
				return err
			}
		}
	}
	list, err := desk.Acceptables(ctx, r.db, keeper, round, scorecard.StageAppraised1, "")
	if err != nil || len(list) == 0 {
		return err
	}
	last := list[len(list)-1]
	if err := desk.Ask(ctx, keeper, last.Sheet.ID, []string{last.Leaf}, "Đề nghị nêu căn cứ của số liệu này."); err != nil {
		return err
	}
	return desk.Accept(ctx, keeper, id, scorecard.StageAppraised1, list[:len(list)/2])
}
