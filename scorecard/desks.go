package scorecard

import (
	"cmp"
	"context"
	"slices"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/scorecard/criteria"
	"cchc/unit"
)

// An OnDesk is a sheet as it lies before an appraiser or the council.
type OnDesk struct {
	Ledger *Ledger
	Unit   unit.Unit       // as it was on the last day of its part
	Before *criteria.Card  // what counted when the stage began
	Now    *criteria.Card  // with the stage's own scores
	Linked map[string]int  // documents by leaf
	Asked  map[string]bool // an explanation was asked for and is not there
	open   bool
	fields map[string]bool // nil: all
}

// May reports whether the person may score a leaf of the sheet now.
func (d OnDesk) May(leaf string) bool {
	return d.open && (d.fields == nil || d.fields[fieldOf(d.Ledger, leaf)])
}

var (
	linkedOfRound = db.SQL("scorecard.evidence.leaves_of_round", `
		SELECT l.sheet_id, l.leaf, COUNT(*)
		FROM sheet s
		JOIN evidence_link l ON l.sheet_id = s.id
		WHERE s.round_id = $1
		GROUP BY l.sheet_id, l.leaf`)
	askedOfRound = db.SQL("scorecard.question.open_of_round", `
		SELECT n.sheet_id, n.leaf
		FROM sheet s
		JOIN score_question n ON n.sheet_id = s.id
		WHERE s.round_id = $1 AND n.answered_at IS NULL`)
)

// Desks returns the sheets of a round that were handed in and that somebody may
// score in a stage: assigned fields for appraisals, everything for the council of
// who keeps the round. Sheets of units in which the person has a post are left out.
func (k *Desk) Desks(ctx context.Context, q db.Queryer, a actor.Actor, r Round, s Stage) ([]OnDesk, error) {
	var fields map[string]bool
	switch s {
	case StageCouncil:
		if err := k.Guard.Check(ctx, q, a, auth.RoundKeep, r.Unit); err != nil {
			return nil, err
		}
	default:
		if err := k.Guard.Check(ctx, q, a, auth.ScoreAppraise, r.Unit); err != nil {
			return nil, err
		}
		if !a.IsSystem() {
			var err error
			if fields, err = k.assigned(ctx, q, a, r, s); err != nil || len(fields) == 0 {
				return nil, err
			}
		}
	}
	sheets, err := db.All(ctx, q, sheetsOf, scanSheet, r.ID)
	if err != nil {
		return nil, err
	}
	var mine []Sheet
	for _, x := range sheets {
		if x.HandedIn == 0 || x.Removed != 0 {
			continue
		}
		own, err := k.ownUnit(ctx, q, a, x.Unit)
		if err != nil {
			return nil, err
		}
		if !own {
			mine = append(mine, x)
		}
	}
	ledgers, err := k.ledgersOf(ctx, q, r, mine)
	if err != nil {
		return nil, err
	}
	linked, asked, err := roundMarks(ctx, q, r)
	if err != nil {
		return nil, err
	}
	tree, err := k.Units.On(ctx, q, r.To)
	if err != nil {
		return nil, err
	}
	now := nowOf(k, q)
	out := make([]OnDesk, 0, len(mine))
	for _, x := range mine {
		l := ledgers[x.ID]
		d := OnDesk{Ledger: l, Before: l.Card(stageBefore(s)), Now: l.Card(s), Linked: linked[x.ID], Asked: asked[x.ID],
			open: r.Open(s, x.ID, now), fields: fields}
		var ok bool
		if d.Unit, ok = tree.Unit(x.Unit); !ok {
			if d.Unit, _, err = k.Units.Last(ctx, q, x.Unit); err != nil {
				return nil, err
			}
		}
		out = append(out, d)
	}
	sortDesks(out)
	return out, nil
}

// stageBefore returns the stage whose scores a stage looks at.
func stageBefore(s Stage) Stage {
	for i, x := range ScoredIn {
		if x == s && i > 0 {
			return ScoredIn[i-1]
		}
	}
	return StageSelf
}

// roundMarks returns, by sheet and leaf, how many documents are linked, and where
// an explanation was asked for and is not there yet.
func roundMarks(ctx context.Context, q db.Queryer, r Round) (map[string]map[string]int, map[string]map[string]bool, error) {
	linked := map[string]map[string]int{}
	err := db.Each(ctx, q, linkedOfRound, func(s db.Scanner) error {
		var sheet, leaf string
		var n int
		if err := s.Scan(&sheet, &leaf, &n); err != nil {
			return err
		}
		if linked[sheet] == nil {
			linked[sheet] = map[string]int{}
		}
		linked[sheet][leaf] = n
		return nil
	}, r.ID)
	if err != nil {
		return nil, nil, err
	}
	asked := map[string]map[string]bool{}
	return linked, asked, db.Each(ctx, q, askedOfRound, func(s db.Scanner) error {
		var sheet, leaf string
		if err := s.Scan(&sheet, &leaf); err != nil {
			return err
		}
		if asked[sheet] == nil {
			asked[sheet] = map[string]bool{}
		}
		asked[sheet][leaf] = true
		return nil
	}, r.ID)
}

// sortDesks orders sheets by group and the unit's code, as lists print them.
func sortDesks(list []OnDesk) {
	slices.SortFunc(list, func(a, b OnDesk) int {
		return cmp.Or(cmp.Compare(a.Ledger.Sheet.Block, b.Ledger.Sheet.Block), cmp.Compare(a.Unit.Code, b.Unit.Code), cmp.Compare(a.Unit.ID, b.Unit.ID))
	})
}

// WorkIn returns the stages in which somebody may score sheets of a round now: those
// open at large or reopened, in which they were assigned a field, and the council's
// for who keeps the round.
func (k *Desk) WorkIn(ctx context.Context, q db.Queryer, a actor.Actor, r Round) ([]Stage, error) {
	var out []Stage
	now := nowOf(k, q)
	for _, s := range []Stage{StageAppraised1, StageAppraised2, StageCouncil} {
		open := r.Open(s, "", now)
		for _, o := range r.Reopenings {
			open = open || o.Stage == s && r.Open(s, o.Sheet, now)
		}
		if !open {
			continue
		}
		if s == StageCouncil {
			ok, err := k.Guard.May(ctx, q, a, auth.RoundKeep, r.Unit)
			if err != nil {
				return nil, err
			}
			if ok {
				out = append(out, s)
			}
			continue
		}
		fields, err := k.assigned(ctx, q, a, r, s)
		if err != nil {
			return nil, err
		}
		if len(fields) > 0 {
			out = append(out, s)
		}
	}
	return out, nil
}
