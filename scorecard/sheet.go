package scorecard

import (
	"context"
	"errors"
	"fmt"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/unit"
)

// A Sheet is what a unit is scored on in a round (phiếu tự chấm điểm, thẩm định).
type Sheet struct {
	ID    string
	Round string
	Unit  unit.ID
	Block string
	Set   string      // id of the version that scores it
	From  moment.Date // of the period, while the unit existed
	To    moment.Date
	Note  string

	HandedIn   moment.Instant // zero: a draft, which nobody but the unit sees
	HandedInBy string
	FirstIn    moment.Instant // the first time that it was handed in
	LateDays   int            // days between the deadline and FirstIn; 0 in time
	Removed    moment.Instant // the unit is not scored: missing
	RemovedWhy string
}

const sheetColumns = "s.id, s.round_id, s.unit_id, s.block, s.set_id, s.part_from, s.part_to, s.note, s.handed_in_at, s.handed_in_by, s.first_in_at, s.late_days, s.removed_at, s.removed_why"

var (
	sheetGet    = db.SQL("scorecard.sheet.get", `SELECT `+sheetColumns+` FROM sheet s WHERE s.id = $1`)
	sheetsOf    = db.SQL("scorecard.sheet.of_round", `SELECT `+sheetColumns+` FROM sheet s WHERE s.round_id = $1 ORDER BY s.block, s.id`)
	sheetBlock  = db.SQL("scorecard.sheet.block", `UPDATE sheet SET block = $1, set_id = $2 WHERE id = $3`)
	sheetNote   = db.SQL("scorecard.sheet.note", `UPDATE sheet SET note = $1 WHERE id = $2`)
	sheetRemove = db.SQL("scorecard.sheet.remove", `UPDATE sheet SET removed_at = $1, removed_why = $2 WHERE id = $3`)
)

func scanSheet(r db.Scanner) (s Sheet, err error) {
	err = r.Scan(&s.ID, &s.Round, &s.Unit, &s.Block, &s.Set, &s.From, &s.To, &s.Note, &s.HandedIn, &s.HandedInBy, &s.FirstIn, &s.LateDays, &s.Removed, &s.RemovedWhy)
	return s, err
}

// getSheet reads a sheet without asking who wants it. Fault: rounds.sheet_unknown.
func getSheet(ctx context.Context, q db.Queryer, id string) (Sheet, error) {
	s, err := db.One(ctx, q, sheetGet, scanSheet, id)
	if errors.Is(err, db.ErrNotFound) {
		return s, fault.New(fault.NotFound, "rounds.sheet_unknown").Because(err)
	}
	if err != nil {
		return s, fmt.Errorf("read sheet %s: %w", id, err)
	}
	return s, nil
}

// Draft reports whether the sheet is still the unit's own business: not handed in,
// while it can still be worked on.
func (s Sheet) Draft(r Round, now moment.Instant) bool {
	if s.HandedIn != 0 {
		return false
	}
	p := r.Phase(StageSelf, s.ID, now)
	return p == PhaseAhead || p == PhaseOpen || p == PhaseReopened
}

// mayRead reports whether somebody may see a sheet and what is in it: the unit
// itself always; who reads the unit's scores from above or appraises it when it is
// no draft any more.
func (k *Desk) mayRead(ctx context.Context, q db.Queryer, a actor.Actor, r Round, s Sheet, now moment.Instant) (bool, error) {
	if a.IsSystem() {
		return true, nil
	}
	ok, err := k.Guard.May(ctx, q, a, auth.ScoreRead, s.Unit)
	if err != nil || !ok {
		return false, err
	}
	if !s.Draft(r, now) {
		return true, nil
	}
	return k.ownUnit(ctx, q, a, s.Unit)
}

// Sheets returns the sheets of a round of which somebody may know: that there is a
// sheet, and how far it is, is no secret among those who read the unit's scores.
// Removed ones are listed too.
func (k *Desk) Sheets(ctx context.Context, q db.Queryer, a actor.Actor, r Round) ([]Sheet, error) {
	all, err := db.All(ctx, q, sheetsOf, scanSheet, r.ID)
	if err != nil {
		return nil, fmt.Errorf("list the sheets of round %s: %w", r.ID, err)
	}
	out := all[:0]
	for _, s := range all {
		ok, err := k.Guard.May(ctx, q, a, auth.ScoreRead, s.Unit)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, s)
		}
	}
	return out, nil
}

// Sheet returns a sheet with its round, for who may see what is in it. Faults:
// NotFound; Forbidden rounds.draft for another unit's draft.
func (k *Desk) Sheet(ctx context.Context, q db.Queryer, a actor.Actor, id string) (Sheet, Round, error) {
	s, err := getSheet(ctx, q, id)
	if err != nil {
		return s, Round{}, err
	}
	r, err := getRound(ctx, q, s.Round)
	if err != nil {
		return s, r, err
	}
	if err := k.Guard.Check(ctx, q, a, auth.ScoreRead, s.Unit); err != nil {
		return Sheet{}, Round{}, err
	}
	ok, err := k.mayRead(ctx, q, a, r, s, nowOf(k, q))
	if err == nil && !ok {
		err = fault.New(fault.Forbidden, "rounds.draft")
	}
	if err != nil {
		return Sheet{}, Round{}, err
	}
	return s, r, nil
}

// nowOf returns the instant of a write, or the clock's for what only reads.
func nowOf(k *Desk, q db.Queryer) moment.Instant {
	if tx, ok := q.(*db.Tx); ok {
		return tx.Now
	}
	return k.DB.Now()
}

// RegroupSheet puts a sheet into another group, before the unit has begun to score
// itself: the group may be scored by another set. It needs RoundKeep and a reason.
func (k *Desk) RegroupSheet(ctx context.Context, a actor.Actor, sheetID, block, reason string) error {
	return k.keepSheet(ctx, a, sheetID, reason, func(ctx context.Context, tx *db.Tx, r Round, s Sheet, reason string) ([]audit.Change, error) {
		set := r.setFor(block)
		if set != s.Set {
			if n, err := db.Value[int](ctx, tx, scoreCount, s.ID); err != nil {
				return nil, err
			} else if n > 0 {
				return nil, fault.New(fault.Conflict, "rounds.sheet_begun")
			}
		}
		changes := []audit.Change{{Field: "block", From: s.Block, To: block}}
		if _, err := tx.Exec(ctx, sheetBlock, block, set, s.ID); err != nil || s.HandedIn == 0 {
			return changes, err
		}
		// What was handed in is locked anew, also where the set stays: an entry of this kind
		// without content is from before they had it, and nobody can tell what it changed.
		s.Set = set // where it is another, it was handed in empty, and what was measured is scored by it
		in, err := k.lockedSheetOf(ctx, tx, s)
		return append(changes, contentChange(in)), err
	})
}

// NoteSheet writes a remark on a sheet: how a unit that existed for a part of the
// period was scored. It needs RoundKeep.
func (k *Desk) NoteSheet(ctx context.Context, a actor.Actor, sheetID, note string) error {
	return k.keepSheet(ctx, a, sheetID, note, func(ctx context.Context, tx *db.Tx, r Round, s Sheet, note string) ([]audit.Change, error) {
		_, err := tx.Exec(ctx, sheetNote, note, s.ID)
		return []audit.Change{{Field: "note", From: s.Note, To: note}}, err
	})
}

// RemoveSheet leaves a unit out of a round (không đánh giá): it is missing in the
// results, with the reason, and not zero. What was entered stays. It needs
// RoundKeep. RestoreSheet takes it back.
func (k *Desk) RemoveSheet(ctx context.Context, a actor.Actor, sheetID, reason string) error {
	return k.keepSheet(ctx, a, sheetID, reason, func(ctx context.Context, tx *db.Tx, r Round, s Sheet, reason string) ([]audit.Change, error) {
		if s.Removed != 0 {
			return nil, nil
		}
		_, err := tx.Exec(ctx, sheetRemove, tx.Now, reason, s.ID)
		return []audit.Change{{Field: "removed", To: "yes"}}, err
	})
}

// RestoreSheet takes a unit back into a round that it was left out of. It needs
// RoundKeep and a reason.
func (k *Desk) RestoreSheet(ctx context.Context, a actor.Actor, sheetID, reason string) error {
	return k.keepSheet(ctx, a, sheetID, reason, func(ctx context.Context, tx *db.Tx, r Round, s Sheet, reason string) ([]audit.Change, error) {
		if s.Removed == 0 {
			return nil, nil
		}
		_, err := tx.Exec(ctx, sheetRemove, moment.Instant(0), "", s.ID)
		return []audit.Change{{Field: "removed", From: "yes"}}, err
	})
}

// keepSheet runs a verb of who keeps the round on one sheet, with a reason.
func (k *Desk) keepSheet(ctx context.Context, a actor.Actor, sheetID, reason string,
	do func(ctx context.Context, tx *db.Tx, r Round, s Sheet, reason string) ([]audit.Change, error)) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		s, err := getSheet(ctx, tx, sheetID)
		if err != nil {
			return err
		}
		r, err := getRound(ctx, tx, s.Round)
		if err != nil {
			return err
		}
		approved := fault.New(fault.Conflict, "rounds.approved_already")
		if err := k.Guard.Do(ctx, tx, a, auth.KeepSheet, r.Unit, r.stands(tx.Now), approved); err != nil {
			return err
		}
		if reason, err = needReason(reason); err != nil {
			return err
		}
		changes, err := do(ctx, tx, r, s, reason)
		if err != nil || len(changes) == 0 {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.RoundKeep), Kind: "sheet", ID: s.ID, Unit: s.Unit, Changes: changes, Reason: reason})
	})
}

// SheetHead returns a sheet with its round for who keeps the round: not what is in
// it, which may be a draft.
func (k *Desk) SheetHead(ctx context.Context, q db.Queryer, a actor.Actor, id string) (Sheet, Round, error) {
	s, err := getSheet(ctx, q, id)
	if err != nil {
		return s, Round{}, err
	}
	r, err := getRound(ctx, q, s.Round)
	if err != nil {
		return s, r, err
	}
	return s, r, k.Guard.Check(ctx, q, a, auth.RoundKeep, r.Unit)
}
