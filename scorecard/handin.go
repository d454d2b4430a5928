package scorecard

import (
	"context"
	"strconv"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/scorecard/criteria"
)

// A Lack is what a sheet lacks before it is handed in.
type Lack struct {
	Node *criteria.Node
	What LackKind
}

// A LackKind is a sort of lack.
type LackKind string

const (
	LackInput    LackKind = "input"    // nothing entered, or not what the rule reads
	LackEvidence LackKind = "evidence" // no document proves it
	LackProof    LackKind = "proof"    // "không phát sinh" claimed without proof: cannot be handed in so
	LackMeasure  LackKind = "measure"  // the product has not measured it yet
)

// Stops reports whether a sheet cannot be handed in with the lack.
func (l Lack) Stops() bool { return l.What == LackProof }

var (
	handInStore = db.SQL("scorecard.sheet.hand_in", `
		UPDATE sheet
		SET handed_in_at = $1, handed_in_by = $2, first_in_at = $3, late_days = $4
		WHERE id = $5`)
	measureStore = db.Rows("scorecard.measure.store", "sheet_measure", "sheet_id, leaf, input, detail, taken_at", `
		ON CONFLICT (sheet_id, leaf) DO UPDATE SET input = excluded.input, detail = excluded.detail, taken_at = excluded.taken_at`)
	linkedLeaves = db.SQL("scorecard.evidence.leaves", `
		SELECT leaf, COUNT(*)
		FROM evidence_link
		WHERE sheet_id = $1
		GROUP BY leaf`)
)

// Lacks returns what a sheet lacks, in the set's order. Survey leaves lack nothing:
// the unit does not score them.
func (k *Desk) Lacks(ctx context.Context, q db.Queryer, l *Ledger) ([]Lack, error) {
	linked, err := leafCounts(ctx, q, linkedLeaves, l.Sheet.ID)
	if err != nil {
		return nil, err
	}
	return lacks(l, linked, k.byHand), nil
}

func lacks(l *Ledger, linked map[string]int, byHand func(criteria.Binding) bool) []Lack {
	var out []Lack
	card := l.Card(StageSelf)
	for _, n := range Items(l.Set) {
		if n.Leaf.Binding.Survey() {
			continue
		}
		x := l.At(n.Code, StageSelf)
		extra := IsBonus(l.Set, n) || IsPenalty(l.Set, n)
		r, _ := card.Result(n.Code)
		switch {
		case !x.Given() && extra: // nobody has to claim a bonus
		case r.State == criteria.Missing && !byHand(n.Leaf.Binding):
			out = append(out, Lack{n, LackMeasure})
		case r.State == criteria.Missing:
			out = append(out, Lack{n, LackInput})
		case x.Input.NA && linked[n.Code] == 0:
			out = append(out, Lack{n, LackProof})
		case x.By != "" && linked[n.Code] == 0 && r.Points > 0:
			out = append(out, Lack{n, LackEvidence})
		}
	}
	return out
}

func leafCounts(ctx context.Context, q db.Queryer, s *db.Stmt, args ...any) (map[string]int, error) {
	out := map[string]int{}
	return out, db.Each(ctx, q, s, func(r db.Scanner) error {
		var leaf string
		var n int
		err := r.Scan(&leaf, &n)
		out[leaf] = n
		return err
	}, args...)
}

// HandIn hands a sheet in (nộp phiếu): from now on others see it and the unit does
// not change it. What it lacks is told first, as the fault rounds.lacking; with
// lacking it is handed in all the same, but for a claim of "không phát sinh"
// without proof. After the deadline it can still be handed in as it stands, and the
// days are kept. It needs ScoreEnter and a post in the unit. Faults: Conflict
// rounds.lacking with fields leaf.CODE, rounds.handed_in, rounds.not_begun.
func (k *Desk) HandIn(ctx context.Context, a actor.Actor, sheetID string, lacking bool) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		s, r, err := k.ownSheet(ctx, tx, a, sheetID)
		if err != nil {
			return err
		}
		return k.handIn(ctx, tx, a, auth.HandInSheet, r, s, lacking, "")
	})
}

// HandInFor hands a sheet in that its unit left lying when the stage locked, as it
// stands, so that it can be appraised. It needs RoundKeep and a reason. Faults as
// of HandIn; Conflict rounds.draft while the unit may still work on it.
func (k *Desk) HandInFor(ctx context.Context, a actor.Actor, sheetID, reason string) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		s, err := getSheet(ctx, tx, sheetID)
		if err != nil {
			return err
		}
		r, err := getRound(ctx, tx, s.Round)
		if err != nil {
			return err
		}
		if err := k.Guard.Check(ctx, tx, a, auth.HandInFor.Verb, r.Unit); err != nil {
			return err
		}
		if reason, err = needReason(reason); err != nil {
			return err
		}
		return k.handIn(ctx, tx, a, auth.HandInFor, r, s, true, reason)
	})
}

func (k *Desk) handIn(ctx context.Context, tx *db.Tx, a actor.Actor, act auth.Act, r Round, s Sheet, lacking bool, reason string) error {
	if !act.In(s.Stands(r, tx.Now)) {
		switch {
		case s.Removed != 0:
			return fault.New(fault.Conflict, "rounds.sheet_removed")
		case s.HandedIn != 0:
			return fault.New(fault.Conflict, "rounds.handed_in")
		case r.Approved != 0:
			return fault.New(fault.Conflict, "rounds.approved_already")
		case act.Name == auth.HandInFor.Name:
			return fault.New(fault.Conflict, "rounds.draft")
		}
		return fault.New(fault.Conflict, "rounds.not_begun")
	}
	l, err := k.ledger(ctx, tx, s)
	if err != nil {
		return err
	}
	list, err := k.Lacks(ctx, tx, l)
	if err != nil {
		return err
	}
	f := fault.New(fault.Conflict, "rounds.lacking", "Count", len(list))
	for _, x := range list {
		if !lacking || x.Stops() && reason == "" {
			f.With("leaf."+x.Node.Code, "rounds.lack."+string(x.What), "Code", x.Node.Code, "Name", x.Node.Name)
		}
	}
	if err := f.Or(); err != nil {
		return err
	}
	first, late := s.FirstIn, s.LateDays
	if first == 0 {
		first, late = tx.Now, LateDays(r.Window(StageSelf).Closes, tx.Now)
	}
	if _, err := tx.Exec(ctx, handInStore, tx.Now, a.Account, first, late, s.ID); err != nil {
		return err
	}
	if n := latePenalty(l.Set); n != nil && late > 0 {
		in := criteria.Input{Value: &points.Ratio{Num: int64(late), Den: 1}}
		if err := tx.InsertRows(ctx, measureStore, [][]any{{s.ID, n.Code, encodeInput(in), "handed_in_late", tx.Now}}); err != nil {
			return err
		}
	}
	in, err := k.lockedSheetOf(ctx, tx, s) // with the days that were measured just now
	if err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(act.Verb), Kind: "sheet", ID: s.ID, Unit: s.Unit, Reason: reason,
		Changes: []audit.Change{{Field: "handed_in", To: tx.Now.String()}, {Field: "late_days", To: strconv.Itoa(late)}, {Field: "lacks", To: strconv.Itoa(len(list))}, contentChange(in)}})
}

// TakeBack makes a sheet that was handed in the unit's draft again, while its stage
// is open. It needs ScoreEnter and a post in the unit. Faults: Conflict
// rounds.stage_closed, rounds.not_handed_in.
func (k *Desk) TakeBack(ctx context.Context, a actor.Actor, sheetID string) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		s, r, err := k.ownSheet(ctx, tx, a, sheetID)
		if err != nil {
			return err
		}
		if now := s.Stands(r, tx.Now); !auth.TakeSheetBack.In(now) {
			if now == "draft" {
				return fault.New(fault.Conflict, "rounds.not_handed_in")
			}
			return stageClosed(StageSelf)
		}
		if _, err := tx.Exec(ctx, handInStore, moment.Instant(0), "", s.FirstIn, s.LateDays, s.ID); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.ScoreEnter), Kind: "sheet", ID: s.ID, Unit: s.Unit,
			Changes: []audit.Change{{Field: "handed_in", From: s.HandedIn.String()}}})
	})
}

// LateDays returns how many days after a deadline something came: 0 in time, 1
// from the first moment on, 2 after 24 hours.
func LateDays(deadline, at moment.Instant) int {
	if deadline == 0 || at < deadline {
		return 0
	}
	const day = 24 * 60 * 60 * 1000
	return int((at-deadline)/day) + 1
}

// latePenalty returns the penalty item that takes points for sheets handed in late:
// the set's only item of that kind. Of several nobody knows which one is meant, and
// the appraiser enters it.
func latePenalty(s *criteria.Set) *criteria.Node {
	var found *criteria.Node
	for _, n := range s.Penalty.Items {
		if n.Leaf.Rule.Kind() != criteria.Late {
			continue
		}
		if found != nil {
			return nil
		}
		found = n
	}
	return found
}

func pointsOn(c *criteria.Card, leaf string) *points.Points {
	r, ok := c.Result(leaf)
	if !ok || r.State == criteria.Missing {
		return nil
	}
	p := r.Points
	return &p
}

// stageClosed refuses work of a stage that is not open.
func stageClosed(st Stage) error {
	return fault.New(fault.Conflict, "rounds.stage_closed", "Stage", string(st))
}

// canIn refuses an act on a sheet as it stands in a stage.
func (s Sheet) canIn(x auth.Act, r Round, st Stage, now moment.Instant) error {
	switch stands := s.StandsIn(r, st, now); {
	case x.In(stands):
		return nil
	case stands == "removed":
		return fault.New(fault.Conflict, "rounds.sheet_removed")
	case stands == "not_handed_in":
		return fault.New(fault.Conflict, "rounds.not_handed_in")
	}
	return stageClosed(st)
}
