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
	"cchc/base/moment"
)

var roundApprove = db.SQL("scorecard.round.approve", `
	UPDATE round
	SET approved_at = $1, approved_by = $2, decision = $3, decided_day = $4
	WHERE id = $5`)

// Unappraised counts the self-scores of a round that nobody looked at: neither an
// appraisal nor the council said anything of them. What was measured, and what was
// never entered, is not among them.
func (k *Desk) Unappraised(ctx context.Context, q db.Queryer, r Round) (int, error) {
	sheets, err := db.All(ctx, q, sheetsOf, scanSheet, r.ID)
	if err != nil {
		return 0, err
	}
	all, err := k.ledgersOf(ctx, q, r, sheets)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, s := range sheets {
		if s.HandedIn == 0 || s.Removed != 0 {
			continue
		}
		for _, item := range Items(all[s.ID].Set) {
			if x := all[s.ID].At(item.Code, StageCouncil); x.Stage == StageSelf && x.By != "" && x.Given() {
				n++
			}
		}
	}
	return n, nil
}

// Approve approves a round (phê duyệt): what counts now becomes the final scores of
// every sheet that was handed in, under the decision's number and day. Scores that
// nobody appraised stop it. It needs ResultPublish in the running unit, while the
// stage of approval is open. Faults: Conflict rounds.unappraised,
// rounds.stage_closed, rounds.approved_already; Invalid with the fields decision,
// decided.
func (k *Desk) Approve(ctx context.Context, a actor.Actor, roundID, decision string, decided moment.Date) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		r, err := getRound(ctx, tx, roundID)
		if err != nil {
			return err
		}
		otherwise := stageClosed(StageApproved)
		if r.Approved != 0 {
			otherwise = fault.New(fault.Conflict, "rounds.approved_already")
		}
		if err := k.Guard.Do(ctx, tx, a, auth.ApproveRound, r.Unit, r.stands(tx.Now), otherwise); err != nil {
			return err
		}
		f := fault.New(fault.Invalid, "rounds.invalid")
		if decision = strings.TrimSpace(decision); decision == "" {
			f.With("decision", "rounds.decision_missing")
		}
		if decided == 0 || decided > tx.Now.Date() {
			f.With("decided", "rounds.decided_wrong")
		}
		tooLong(f, "decision", decision)
		if err := f.Or(); err != nil {
			return err
		}
		if n, err := k.Unappraised(ctx, tx, r); err != nil {
			return err
		} else if n > 0 {
			return fault.New(fault.Conflict, "rounds.unappraised", "Count", n)
		}
		sheets, err := k.finalize(ctx, tx, a, r)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, roundApprove, tx.Now, a.Account, decision, decided, r.ID); err != nil {
			return err
		}
		final, err := k.lockedRound(ctx, tx, r)
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.ResultPublish), Kind: "round", ID: r.ID, Unit: r.Unit,
			Changes: []audit.Change{{Field: "approved", To: decision}, {Field: "decided", To: decided.String()}, {Field: "sheets", To: strconv.Itoa(sheets)}, contentChange(final)}})
	})
}

// finalize copies what counts into the final scores and returns of how many sheets.
func (k *Desk) finalize(ctx context.Context, tx *db.Tx, a actor.Actor, r Round) (int, error) {
	sheets, err := db.All(ctx, tx, sheetsOf, scanSheet, r.ID)
	if err != nil {
		return 0, err
	}
	all, err := k.ledgersOf(ctx, tx, r, sheets)
	if err != nil {
		return 0, err
	}
	n := 0
	var rows [][]any
	for _, s := range sheets {
		if s.HandedIn == 0 || s.Removed != 0 {
			continue
		}
		n++
		for _, item := range Items(all[s.ID].Set) {
			x := all[s.ID].At(item.Code, StageCouncil)
			if !x.Given() {
				continue
			}
			x.Stage, x.Version, x.Typed, x.Note, x.By, x.At = StageFinal, 1, "", "", a.Account, tx.Now
			rows = append(rows, x.args())
		}
	}
	return n, tx.InsertRows(ctx, scoreStore, rows)
}
