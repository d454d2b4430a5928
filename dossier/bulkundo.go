package dossier

import (
	"context"
	"strings"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
)

var (
	bulkItemUndone = db.SQL("dossier.bulk.item.undone", `
		UPDATE bulk_item SET undone_at = $1, undo_problem = ''
		WHERE run_id = $2 AND ord = $3 AND done_at IS NOT NULL AND undone_at IS NULL`)
	bulkItemKept = db.SQL("dossier.bulk.item.kept", `
		UPDATE bulk_item SET undo_problem = $1
		WHERE run_id = $2 AND ord = $3 AND undone_at IS NULL`)
)

// BulkUndo takes back what one's own run did, dossier by dossier, where nothing
// has happened to it since: the fact is corrected by another with the reason, the
// step is whose it was, and both stay readable. What has moved on stays, and says
// why. An apology and a hand-over cannot be taken back: see BulkAct.Undone.
func (k *Desk) BulkUndo(ctx context.Context, a actor.Actor, id, reason string) (BulkRun, error) {
	reason = strings.TrimSpace(reason)
	run, err := k.BulkRun(ctx, k.DB, a, id)
	if err == nil {
		err = k.Guard.CheckAnywhere(a, run.Act.Verb())
	}
	if err != nil {
		return run, err
	}
	if !run.Act.Undone() {
		return run, fault.New(fault.Conflict, "bulk.undo_never."+string(run.Act))
	}
	if err := needReason(reason); err != nil {
		return run, err
	}
	for i := range run.Results {
		if x := &run.Results[i]; x.Done != 0 && x.Undone == 0 {
			if err := k.undoOne(ctx, a, &run.Bulk, x, reason); err != nil {
				return run, err
			}
		}
	}
	return k.BulkRun(ctx, k.DB, a, id)
}

func (k *Desk) undoOne(ctx context.Context, a actor.Actor, b *Bulk, x *BulkResult, reason string) error {
	err := k.DB.Write(ctx, func(tx *db.Tx) error {
		if n, err := tx.Exec(ctx, bulkItemUndone, tx.Now, b.ID, x.Ord); err != nil || n == 0 {
			return err
		}
		d, err := db.One(ctx, tx, byID, scan, x.Dossier)
		if err != nil {
			return err
		}
		return k.actTx(ctx, tx, a, auth.UndoMany, &d, func(ctx context.Context, w *work) error {
			if err := w.loadSteps(ctx); err != nil {
				return err
			}
			return w.takeBack(b, x, reason)
		})
	})
	f := fault.As(err)
	if f == nil || f.Kind == fault.Unauthenticated || f.Kind == fault.Unavailable || f.Kind == fault.TooMany {
		return err
	}
	why, err := writeProblem(f)
	if err != nil {
		return err
	}
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, bulkItemKept, why, b.ID, x.Ord)
		return err
	})
}

// takeBack puts the steps back and corrects the last fact, which is the act's.
func (w *work) takeBack(b *Bulk, x *BulkResult, reason string) error {
	changed := fault.New(fault.Conflict, "bulk.undo_changed")
	if len(w.facts) != x.facts || len(w.facts) == 0 || w.facts[len(w.facts)-1].Kind != FStep {
		return changed
	}
	s := current(w.steps)
	if s == nil {
		return changed
	}
	if b.Act == BulkForward {
		s.Came, s.Account = 0, ""
		w.moved[s.Ord] = true
		s = nil
		for i := range w.steps {
			if w.steps[i].Ord == x.step {
				s = &w.steps[i]
			}
		}
		if s == nil || s.Done == 0 {
			return changed
		}
		s.Done, s.Outcome, s.Reason = 0, "", ""
	} else if s.Ord != x.step {
		return changed
	}
	s.Account = x.holder
	w.moved[s.Ord] = true
	return w.happened(Fact{Kind: FCorrected, Ref: w.facts[len(w.facts)-1].Seq, Reason: reason})
}
