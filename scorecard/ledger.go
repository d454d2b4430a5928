package scorecard

import (
	"context"
	"maps"
	"slices"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/scorecard/criteria"
)

// A Measured is what the product measured for a leaf, frozen at the cut-off.
type Measured struct {
	Leaf   string
	Input  criteria.Input
	Detail string // where it comes from, in words or as the source writes it
	Taken  moment.Instant
}

// A Ledger is everything that the stages say of one sheet, each beside the others.
type Ledger struct {
	Sheet    Sheet
	Set      *criteria.Set
	scores   map[string]map[Stage]Score // by leaf
	measures map[string]Measured
}

var (
	measuresOfSheet = db.SQL("scorecard.measure.of_sheet", `
		SELECT sheet_id, leaf, input, detail, taken_at
		FROM sheet_measure
		WHERE sheet_id = $1`)
	measuresOfRound = db.SQL("scorecard.measure.of_round", `
		SELECT m.sheet_id, m.leaf, m.input, m.detail, m.taken_at
		FROM sheet s
		JOIN sheet_measure m ON m.sheet_id = s.id
		WHERE s.round_id = $1`)
)

// ledger reads everything of one sheet.
func (k *Desk) ledger(ctx context.Context, q db.Queryer, s Sheet) (*Ledger, error) {
	all, err := k.ledgers(ctx, q, []Sheet{s}, scoresOfSheet, measuresOfSheet, s.ID)
	if err != nil {
		return nil, err
	}
	return all[s.ID], nil
}

// ledgersOf reads everything of a round's sheets, by their ids, with few questions.
func (k *Desk) ledgersOf(ctx context.Context, q db.Queryer, r Round, sheets []Sheet) (map[string]*Ledger, error) {
	return k.ledgers(ctx, q, sheets, scoresOfRound, measuresOfRound, r.ID)
}

func (k *Desk) ledgers(ctx context.Context, q db.Queryer, sheets []Sheet, scores, measures *db.Stmt, id string) (map[string]*Ledger, error) {
	out := make(map[string]*Ledger, len(sheets))
	sets := map[string]*criteria.Set{}
	for _, s := range sheets {
		if sets[s.Set] == nil {
			_, set, err := k.issuedSet(ctx, q, s.Set)
			if err != nil {
				return nil, err
			}
			sets[s.Set] = set
		}
		out[s.ID] = &Ledger{Sheet: s, Set: sets[s.Set], scores: map[string]map[Stage]Score{}, measures: map[string]Measured{}}
	}
	err := db.Each(ctx, q, scores, func(r db.Scanner) error {
		x, err := scanScore(r)
		if err != nil {
			return err
		}
		if l := out[x.Sheet]; l != nil {
			l.put(x)
		}
		return nil
	}, id)
	if err != nil {
		return nil, err
	}
	return out, db.Each(ctx, q, measures, func(r db.Scanner) error {
		var sheet, input string
		var m Measured
		if err := r.Scan(&sheet, &m.Leaf, &input, &m.Detail, &m.Taken); err != nil {
			return err
		}
		var err error
		if m.Input, err = decodeInput(input); err == nil && out[sheet] != nil {
			out[sheet].measures[m.Leaf] = m
		}
		return err
	}, id)
}

func (l *Ledger) put(x Score) {
	if l.scores[x.Leaf] == nil {
		l.scores[x.Leaf] = map[Stage]Score{}
	}
	l.scores[x.Leaf][x.Stage] = x
}

// Of returns what a stage itself says of a leaf; the zero Version when it says
// nothing.
func (l *Ledger) Of(leaf string, s Stage) Score {
	x, ok := l.scores[leaf][s]
	if !ok {
		x = Score{Sheet: l.Sheet.ID, Leaf: leaf, Stage: s}
	}
	return x
}

// Measure returns what was measured for a leaf.
func (l *Ledger) Measure(leaf string) (Measured, bool) { m, ok := l.measures[leaf]; return m, ok }

// At returns the score of a leaf that counts as of a stage: of those kept until
// then the latest, and before all what was measured. The zero Version says that
// there is none.
func (l *Ledger) At(leaf string, s Stage) Score {
	for _, x := range slices.Backward(ScoredIn[:slices.Index(ScoredIn, s)+1]) {
		if c, ok := l.scores[leaf][x]; ok && (c.Given() || x != StageSelf) {
			return c
		}
	}
	if m, ok := l.measures[leaf]; ok {
		return Score{Sheet: l.Sheet.ID, Leaf: leaf, Stage: StageSelf, Input: m.Input, At: m.Taken}
	}
	return Score{Sheet: l.Sheet.ID, Leaf: leaf, Stage: s}
}

// Before returns the score of a leaf that a stage looks at: the one that counted
// when it began.
func (l *Ledger) Before(leaf string, s Stage) Score {
	i := slices.Index(ScoredIn, s)
	if i <= 0 {
		return Score{Sheet: l.Sheet.ID, Leaf: leaf, Stage: s}
	}
	return l.At(leaf, ScoredIn[i-1])
}

// Card scores the sheet as of a stage.
func (l *Ledger) Card(s Stage) *criteria.Card {
	inputs := criteria.Inputs{}
	hand := map[string]points.Points{}
	for leaf := range l.scores {
		l.gather(leaf, s, inputs, hand)
	}
	for leaf := range l.measures {
		l.gather(leaf, s, inputs, hand)
	}
	return l.Set.ScoreHand(inputs, hand)
}

func (l *Ledger) gather(leaf string, s Stage, inputs criteria.Inputs, hand map[string]points.Points) {
	switch x := l.At(leaf, s); {
	case x.ByHand != nil:
		hand[leaf] = *x.ByHand
	case x.Input.Given():
		inputs[leaf] = x.Input
	}
}

// Points returns what a score gives by itself, under the sheet's other scores as of
// its stage; nil where it says nothing.
func (l *Ledger) Points(x Score) *points.Points {
	if x.ByHand != nil {
		return x.ByHand
	}
	if !x.Input.Given() {
		return nil
	}
	r, ok := l.Card(x.Stage).Result(x.Leaf)
	if !ok || r.State == criteria.Missing {
		return nil
	}
	return &r.Points
}

// Scored reports whether any stage says anything of the sheet; what was measured
// does not count, for nobody stands for it.
func (l *Ledger) Scored() bool {
	for _, stages := range l.scores {
		for _, x := range stages {
			if x.Given() {
				return true
			}
		}
	}
	return false
}

// Leaves returns the codes of which a stage itself says something, in the set's
// order: leaves, then bonus, then penalty items.
func (l *Ledger) Leaves(s Stage) []string {
	var out []string
	for _, n := range Items(l.Set) {
		if x, ok := l.scores[n.Code][s]; ok && x.Given() {
			out = append(out, n.Code)
		}
	}
	return out
}

// Items returns everything of a set that is scored by itself: its leaves, then its
// bonus and its penalty items.
func Items(s *criteria.Set) []*criteria.Node {
	return slices.Concat(s.Leaves(), s.Bonus.Items, s.Penalty.Items)
}

// IsPenalty reports whether a node is one of the set's penalty items.
func IsPenalty(s *criteria.Set, n *criteria.Node) bool { return slices.Contains(s.Penalty.Items, n) }

// IsBonus reports whether a node is one of the set's bonus items.
func IsBonus(s *criteria.Set, n *criteria.Node) bool { return slices.Contains(s.Bonus.Items, n) }

// copyOf returns a ledger with scores of its own, for trying what a change does.
func (l *Ledger) copyOf() *Ledger {
	c := *l
	c.scores = make(map[string]map[Stage]Score, len(l.scores))
	for leaf, m := range l.scores {
		c.scores[leaf] = maps.Clone(m)
	}
	return &c
}

// shown reports whether the unit itself sees what a stage says of its sheet: when
// the stage is over, for until then it may still change; of appraisal 1 as soon as
// explanations begin.
func (r Round) shown(s Stage, sheet string, now moment.Instant) bool {
	switch {
	case s == StageSelf || s == StageFinal || s == "measure" || r.Approved != 0:
		return true
	case s == StageAppraised1 && r.Window(StageExplain).Closes != 0 && now >= r.Window(StageExplain).Opens:
		return true
	}
	return now >= r.Due(s, sheet)
}

// Ledger returns what the stages say of a sheet, for who may see the sheet. The
// unit itself does not see what is still being appraised. Faults as of Sheet.
func (k *Desk) Ledger(ctx context.Context, q db.Queryer, a actor.Actor, sheetID string) (*Ledger, error) {
	s, r, err := k.Sheet(ctx, q, a, sheetID)
	if err != nil {
		return nil, err
	}
	l, err := k.ledger(ctx, q, s)
	if err != nil {
		return nil, err
	}
	own, err := k.ownUnit(ctx, q, a, s.Unit)
	if err != nil || !own || a.IsSystem() {
		return l, err
	}
	for _, stages := range l.scores {
		maps.DeleteFunc(stages, func(x Stage, _ Score) bool { return !r.shown(x, s.ID, nowOf(k, q)) })
	}
	return l, nil
}

// Changes returns every change of a sheet's scores, the latest first, for who may
// see the sheet; to the unit itself as Ledger does. Faults as of Sheet.
func (k *Desk) Changes(ctx context.Context, q db.Queryer, a actor.Actor, sheetID string) ([]Change, error) {
	s, r, err := k.Sheet(ctx, q, a, sheetID)
	if err != nil {
		return nil, err
	}
	list, err := db.All(ctx, q, changesOfSheet, scanChange, s.ID)
	if err != nil {
		return nil, err
	}
	own, err := k.ownUnit(ctx, q, a, s.Unit)
	if err != nil || !own || a.IsSystem() {
		return list, err
	}
	return slices.DeleteFunc(list, func(c Change) bool { return !r.shown(c.Stage, s.ID, nowOf(k, q)) }), nil
}
