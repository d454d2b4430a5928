package scorecard

import (
	"context"
	"strconv"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/points"
	"cchc/scorecard/criteria"
)

// A Verdict is what an appraiser, or the council, says of one leaf of one sheet:
// that it stands (Accept), another input, or points by hand. Whoever changes
// something says why.
type Verdict struct {
	Sheet   string
	Leaf    string
	Accept  bool
	Input   criteria.Input
	ByHand  *points.Points
	Why     string
	Version int // of this stage's score that the person saw; 0 when there was none
	Seen    int // of the score before it that the person saw; below 0 does not ask
}

// Appraise stores the scores of a stage: appraisal 1 or 2, by who was assigned the
// field, or the council's, by who keeps the round. All or none of the verdicts are
// stored. Nobody scores a unit in which they have a post, whatever they may do
// above it. What other stages say stays as it is.
//
// Faults: Forbidden rounds.own_unit, rounds.not_assigned; Conflict
// rounds.stage_closed, rounds.not_handed_in, rounds.leaf_changed; Invalid with the
// fields why, points, input.
func (k *Desk) Appraise(ctx context.Context, a actor.Actor, roundID string, s Stage, verdicts []Verdict) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error { return k.appraise(ctx, tx, a, roundID, s, verdicts) })
}

func (k *Desk) appraise(ctx context.Context, tx *db.Tx, a actor.Actor, roundID string, s Stage, verdicts []Verdict) error {
	r, err := getRound(ctx, tx, roundID)
	if err != nil {
		return err
	}
	j, err := k.judgeOf(ctx, tx, a, r, s)
	if err != nil {
		return err
	}
	bySheet := map[string][]Verdict{}
	var order []string
	for _, v := range verdicts {
		if bySheet[v.Sheet] == nil {
			order = append(order, v.Sheet)
		}
		bySheet[v.Sheet] = append(bySheet[v.Sheet], v)
	}
	for _, id := range order {
		if err := j.sheet(ctx, id, bySheet[id]); err != nil {
			return err
		}
	}
	return nil
}

// A judge scores sheets in one stage, in one write.
type judge struct {
	desk   *Desk
	tx     *db.Tx
	actor  actor.Actor
	round  Round
	stage  Stage
	fields map[string]bool // nil: all
	verb   auth.Verb
}

func (k *Desk) judgeOf(ctx context.Context, tx *db.Tx, a actor.Actor, r Round, s Stage) (*judge, error) {
	j := &judge{desk: k, tx: tx, actor: a, round: r, stage: s, verb: auth.ScoreAppraise}
	switch s {
	case StageCouncil:
		j.verb = auth.RoundKeep
		return j, k.Guard.Check(ctx, tx, a, auth.RoundKeep, r.Unit)
	case StageAppraised1, StageAppraised2:
		var err error
		if !a.IsSystem() {
			j.fields, err = k.assigned(ctx, tx, a, r, s)
		}
		return j, err
	}
	return nil, fault.New(fault.Invalid, "rounds.invalid").With("stage", "rounds.stage_unknown", "Stage", string(s))
}

// sheet stores the verdicts on one sheet.
func (j *judge) sheet(ctx context.Context, id string, verdicts []Verdict) error {
	s, err := getSheet(ctx, j.tx, id)
	if err != nil {
		return err
	}
	if s.Round != j.round.ID {
		return fault.New(fault.NotFound, "rounds.sheet_unknown")
	}
	if j.stage != StageCouncil {
		if err := j.desk.Guard.Check(ctx, j.tx, j.actor, auth.ScoreAppraise, s.Unit); err != nil {
			return err
		}
	}
	if err := j.desk.mustBeOther(ctx, j.tx, j.actor, s.Unit); err != nil {
		return err
	}
	act := auth.JudgeSheet
	if j.stage == StageCouncil {
		act = auth.CouncilScore
	}
	if err := s.canIn(act, j.round, j.stage, j.tx.Now); err != nil {
		return err
	}
	l, err := j.desk.ledger(ctx, j.tx, s)
	if err != nil {
		return err
	}
	var scores []Score
	for _, v := range verdicts {
		x, err := j.score(l, v)
		if err != nil {
			return err
		}
		scores = append(scores, x)
	}
	if err := j.desk.change(ctx, j.tx, j.actor, l, scores, ""); err != nil {
		return err
	}
	changes := make([]audit.Change, 0, len(scores))
	for _, x := range scores {
		old := l.Of(x.Leaf, j.stage)
		changes = append(changes, audit.Change{Field: string(j.stage) + "." + x.Leaf, From: scoreText(old), To: scoreText(x)})
	}
	return audit.Record(ctx, j.tx, audit.Entry{Actor: j.actor, Verb: string(j.verb), Kind: "sheet", ID: s.ID, Unit: s.Unit, Changes: changes})
}

// score checks a verdict and makes the stage's score of it.
func (j *judge) score(l *Ledger, v Verdict) (Score, error) {
	n := l.Set.Node(v.Leaf)
	if n == nil || n.Leaf == nil {
		return Score{}, fault.New(fault.NotFound, "rounds.leaf_unknown", "Leaf", v.Leaf)
	}
	if j.fields != nil && !j.fields[fieldOf(l, v.Leaf)] {
		return Score{}, fault.New(fault.Forbidden, "rounds.not_assigned", "Leaf", v.Leaf)
	}
	old, before := l.Of(v.Leaf, j.stage), l.Before(v.Leaf, j.stage)
	if old.Version != v.Version || v.Seen >= 0 && before.Version != v.Seen {
		return Score{}, fault.New(fault.Conflict, "rounds.leaf_changed", "Leaf", v.Leaf)
	}
	x := Score{Sheet: l.Sheet.ID, Leaf: v.Leaf, Stage: j.stage, Version: old.Version + 1, Input: v.Input, ByHand: v.ByHand,
		Note: strings.TrimSpace(v.Why), By: j.actor.Account, At: j.tx.Now}
	if v.Accept {
		x.Input, x.ByHand = before.Input, before.ByHand
	}
	return x, checkVerdict(l, n, x, before)
}

// checkVerdict refuses points out of bounds and changes without a reason.
func checkVerdict(l *Ledger, n *criteria.Node, x, before Score) error {
	f := fault.New(fault.Invalid, "rounds.invalid")
	if x.ByHand != nil {
		least, most := points.Points(0), n.Max
		if IsPenalty(l.Set, n) {
			least, most = -100*points.Scale, 0
			if g := l.Set.Penalty.Limit; g != nil {
				least = *g
			}
		}
		if *x.ByHand < least || *x.ByHand > most {
			f.With("points", "rounds.points_outside", "Least", least.String(), "Most", most.String())
		}
	}
	if x.Input.NA && n.Leaf.NA.Policy == criteria.NoPolicy {
		f.With("na", "rounds.na_refused")
	}
	unlike := !same(x.Input, before.Input) || !samePoints(x.ByHand, before.ByHand)
	if unlike && before.Given() && x.Note == "" {
		f.With("why", "rounds.why_missing")
	}
	tooLong(f, "why", x.Note)
	return f.Or()
}

func samePoints(a, b *points.Points) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// scoreText is a score as the trail shows it.
func scoreText(s Score) string {
	switch {
	case s.ByHand != nil:
		return s.ByHand.String()
	case s.Version > 0 && !s.Input.Given():
		return "none"
	}
	return encodeInput(s.Input)
}

// An Acceptable is a score that a bulk acceptance would take over.
type Acceptable struct {
	Sheet  Sheet
	Leaf   string
	Before Score
	Points *points.Points
	NA     bool // "không phát sinh": look at the proof
}

// Acceptables returns what somebody could accept at once in a stage: what stands
// and was not scored in it yet, of one leaf or ("") of all that the person was
// assigned. It leaves out what is claimed as "không phát sinh" (appraised by
// itself, with its proof), what was never entered, and where an explanation was
// asked for and not given.
func (k *Desk) Acceptables(ctx context.Context, q db.Queryer, a actor.Actor, r Round, s Stage, leaf string) ([]Acceptable, error) {
	rows, err := k.Desks(ctx, q, a, r, s)
	if err != nil {
		return nil, err
	}
	var out []Acceptable
	for _, row := range rows {
		for _, n := range Items(row.Ledger.Set) {
			if leaf != "" && n.Code != leaf || !row.May(n.Code) {
				continue
			}
			before := row.Ledger.Before(n.Code, s)
			if row.Ledger.Of(n.Code, s).Version > 0 || !before.Given() || before.Input.NA || row.Asked[n.Code] {
				continue
			}
			out = append(out, Acceptable{Sheet: row.Ledger.Sheet, Leaf: n.Code, Before: before, Points: pointsOn(row.Before, n.Code)})
		}
	}
	return out, nil
}

// Accept accepts scores as they stand: those of a preview, at the versions that it
// showed. Faults as of Appraise.
func (k *Desk) Accept(ctx context.Context, a actor.Actor, roundID string, s Stage, list []Acceptable) error {
	verdicts := make([]Verdict, len(list))
	for i, x := range list {
		verdicts[i] = Verdict{Sheet: x.Sheet.ID, Leaf: x.Leaf, Accept: true, Seen: x.Before.Version}
	}
	return k.Appraise(ctx, a, roundID, s, verdicts)
}

// Key names an acceptable score with the version that was seen, for forms.
func (x Acceptable) Key() string {
	return x.Sheet.ID + " " + x.Leaf + " " + strconv.Itoa(x.Before.Version)
}

// ParseAcceptable reads what Key wrote.
func ParseAcceptable(s string) (x Acceptable, ok bool) {
	f := strings.Fields(s)
	if len(f) != 3 {
		return x, false
	}
	n, err := strconv.Atoi(f[2])
	x.Sheet.ID, x.Leaf, x.Before.Version = f[0], f[1], n
	return x, err == nil
}
