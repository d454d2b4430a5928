package scorecard

import (
	"context"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/scorecard/criteria"
	"cchc/unit"
)

// A Standing is how far a unit's sheet is. Of a draft it tells nothing that is in
// it but how much of it is there.
type Standing struct {
	Sheet    Sheet // the zero Sheet: the unit has none
	Unit     unit.Unit
	Items    int // leaves that the unit scores itself
	Entered  int // of them, what was entered or measured
	Lacks    int // leaves without a document that should have one; 0 of a draft of others
	First    int // scored in appraisal 1
	Second   int
	Council  int
	Waiting  int // questions without an answer
	Appeals  int // that wait
	Begun    bool
	Missing  bool           // no sheet, or left out: not zero
	Card     *criteria.Card // what counts now; nil of what was not handed in
	HandedIn moment.Instant
}

// A Load is how much of an appraiser's work is done in a stage.
type Load struct {
	Assignment
	Items int // that were handed in and stand in the person's field
	Done  int
}

// A Progress is how far a round is (bảng tiến độ).
type Progress struct {
	Round      Round
	Units      []Standing
	Gone       []Gone
	NotBegun   int // sheets in which nobody entered anything
	Drafts     int // begun and not handed in
	HandedIn   int
	Late       int // of those, after the deadline
	Missing    int // units without a sheet, or left out
	Waiting    int // questions without an answer
	Appeals    int
	Loads      []Load
	Unassigned map[Stage][]string // fields that nobody appraises
}

var (
	waitingOfRound = db.SQL("scorecard.progress.questions", `
		SELECT n.sheet_id, COUNT(*)
		FROM sheet s
		JOIN score_question n ON n.sheet_id = s.id
		WHERE s.round_id = $1 AND n.answered_at IS NULL
		GROUP BY n.sheet_id`)
	appealsOfRound = db.SQL("scorecard.progress.appeals", `
		SELECT p.sheet_id, COUNT(*)
		FROM sheet s
		JOIN score_appeal p ON p.sheet_id = s.id
		WHERE s.round_id = $1 AND p.decided_at IS NULL
		GROUP BY p.sheet_id`)
)

// Progress tells how far a round is: who has not begun, what lacks evidence, what
// waits for whom. It needs ScoreRead in the running unit.
func (k *Desk) Progress(ctx context.Context, q db.Queryer, a actor.Actor, roundID string) (Progress, error) {
	r, err := k.Round(ctx, q, a, roundID)
	if err != nil {
		return Progress{}, err
	}
	if err := k.Guard.Check(ctx, q, a, auth.ScoreRead, r.Unit); err != nil {
		return Progress{}, err
	}
	p := Progress{Round: r}
	sheets, err := db.All(ctx, q, sheetsOf, scanSheet, r.ID)
	if err != nil {
		return p, err
	}
	all, err := k.ledgersOf(ctx, q, r, sheets)
	if err != nil {
		return p, err
	}
	linked, _, err := roundMarks(ctx, q, r)
	if err != nil {
		return p, err
	}
	waiting, err := leafCounts(ctx, q, waitingOfRound, r.ID)
	if err != nil {
		return p, err
	}
	appeals, err := leafCounts(ctx, q, appealsOfRound, r.ID)
	if err != nil {
		return p, err
	}
	scored, gone, err := k.scope(ctx, q, r)
	if err != nil {
		return p, err
	}
	p.Gone = gone
	bySheet := map[unit.ID]Sheet{}
	for _, s := range sheets {
		bySheet[s.Unit] = s
	}
	now := nowOf(k, q)
	for _, u := range scored {
		s, ok := bySheet[u.Unit.ID]
		if !ok {
			p.Units = append(p.Units, Standing{Unit: u.Unit, Missing: true})
			p.Missing++
			continue
		}
		x := standing(r, all[s.ID], linked[s.ID], now)
		x.Unit, x.Waiting, x.Appeals = u.Unit, waiting[s.ID], appeals[s.ID]
		p.count(x)
		p.Units = append(p.Units, x)
	}
	return p, k.loads(ctx, q, &p, all)
}

func (p *Progress) count(x Standing) {
	switch {
	case x.Missing:
		p.Missing++
	case x.HandedIn != 0:
		p.HandedIn++
		if x.Sheet.LateDays > 0 {
			p.Late++
		}
	case x.Begun:
		p.Drafts++
	default:
		p.NotBegun++
	}
	p.Waiting += x.Waiting
	p.Appeals += x.Appeals
}

func standing(r Round, l *Ledger, linked map[string]int, now moment.Instant) Standing {
	x := Standing{Sheet: l.Sheet, HandedIn: l.Sheet.HandedIn, Missing: l.Sheet.Removed != 0, Begun: len(l.scores) > 0,
		First: len(l.scoredIn(StageAppraised1)), Second: len(l.scoredIn(StageAppraised2)), Council: len(l.scoredIn(StageCouncil))}
	for _, n := range l.Set.Leaves() {
		if n.Leaf.Binding.Survey() {
			continue
		}
		x.Items++
		if l.At(n.Code, StageSelf).Given() {
			x.Entered++
		}
	}
	if l.Sheet.Draft(r, now) || x.Missing {
		return x
	}
	for _, lack := range lacks(l, linked, criteria.Binding.ByHand) {
		if lack.What == LackEvidence || lack.What == LackProof {
			x.Lacks++
		}
	}
	if x.HandedIn != 0 {
		stage := StageCouncil
		if r.Approved != 0 {
			stage = StageFinal
		}
		x.Card = l.Card(stage)
	}
	return x
}

// scoredIn returns the leaves of which a stage itself says something, be it that
// nothing counts.
func (l *Ledger) scoredIn(s Stage) []string {
	var out []string
	for leaf, m := range l.scores {
		if m[s].Version > 0 {
			out = append(out, leaf)
		}
	}
	return out
}

// loads counts the work of each appraiser, and finds the fields that nobody has.
func (k *Desk) loads(ctx context.Context, q db.Queryer, p *Progress, all map[string]*Ledger) error {
	list, err := k.Assignments(ctx, q, p.Round)
	if err != nil {
		return err
	}
	type key struct {
		stage Stage
		field string
	}
	items, done, has := map[key]int{}, map[key]int{}, map[key]bool{}
	for _, l := range all {
		in := l.Sheet.HandedIn != 0 && l.Sheet.Removed == 0
		for _, n := range Items(l.Set) {
			f := fieldOf(l, n.Code)
			for _, s := range []Stage{StageAppraised1, StageAppraised2} {
				has[key{s, f}] = true
				if in && l.Before(n.Code, s).Given() {
					items[key{s, f}]++
					if l.Of(n.Code, s).Version > 0 {
						done[key{s, f}]++
					}
				}
			}
		}
	}
	for _, x := range list {
		at := key{x.Stage, x.Field}
		p.Loads = append(p.Loads, Load{Assignment: x, Items: items[at], Done: done[at]})
		delete(has, at)
	}
	p.Unassigned = map[Stage][]string{}
	fields, err := k.Fields(ctx, q, p.Round)
	if err != nil {
		return err
	}
	for _, f := range fields {
		for _, s := range []Stage{StageAppraised1, StageAppraised2} {
			if p.Round.Window(s).Closes != 0 && has[key{s, f.Code}] {
				p.Unassigned[s] = append(p.Unassigned[s], f.Code)
			}
		}
	}
	return nil
}

// A Section is what assignments go by: a field of a set, or its bonus or penalty
// items.
type Section struct {
	Code string
	Name string // "" for bonus and penalty
}

// Fields returns the fields of a round's sets in their order, then bonus and
// penalty.
func (k *Desk) Fields(ctx context.Context, q db.Queryer, r Round) ([]Section, error) {
	ids := []string{r.Set}
	for _, g := range r.Groups {
		ids = append(ids, g.Set)
	}
	var out []Section
	seen := map[string]bool{}
	add := func(code, name string) {
		if !seen[code] {
			seen[code] = true
			out = append(out, Section{code, name})
		}
	}
	bonus, penalty := false, false
	for _, id := range ids {
		_, set, err := k.issuedSet(ctx, q, id)
		if err != nil {
			return nil, err
		}
		for _, f := range set.Fields {
			add(f.Code, f.Name)
		}
		bonus, penalty = bonus || len(set.Bonus.Items) > 0, penalty || len(set.Penalty.Items) > 0
	}
	if bonus {
		add(BonusSection, "")
	}
	if penalty {
		add(PenaltySection, "")
	}
	return out, nil
}
