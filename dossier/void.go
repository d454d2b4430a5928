package dossier

import (
	"context"
	"errors"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
)

var (
	replaceInsert = db.Rows("dossier.replace", "dossier_replaced", "dossier_id, by_id", "")
	replacedBy    = db.SQL("dossier.replaced_by", `
		SELECT d.code FROM dossier_replaced r JOIN dossier d ON d.id = r.by_id WHERE r.dossier_id = $1`)
	replaces = db.SQL("dossier.replaces", `
		SELECT d.code FROM dossier_replaced r JOIN dossier d ON d.id = r.dossier_id WHERE r.by_id = $1`)
)

// VoidReceipt says that a dossier was received by mistake: under the wrong
// procedure or case, for the wrong person, through the wrong channel. A fact of
// its own with the reason; all earlier facts stay readable and count for nothing
// from then on, in figures of the past too (as a restatement). The code was given
// and is never given again. What has ended, or was paid for, cannot be void: take
// that back first.
func (k *Desk) VoidReceipt(ctx context.Context, a actor.Actor, code, reason string) error {
	return k.act(ctx, a, auth.VoidReceipt, code, func(ctx context.Context, w *work) error {
		if err := needReason(reason); err != nil {
			return err
		}
		if len(payments(w.facts)) > 0 {
			return fault.New(fault.Conflict, "counter.void.paid", "Code", code)
		}
		return w.happened(Fact{Kind: FVoided, Reason: reason})
	})
}

// Replaced returns the code of the dossier that took the place of a void one,
// and of the void one whose place a dossier took; "" where there is none.
func (k *Desk) Replaced(ctx context.Context, q db.Queryer, d Dossier) (by, instead string, err error) {
	for _, x := range []struct {
		stmt *db.Stmt
		to   *string
	}{{replacedBy, &by}, {replaces, &instead}} {
		*x.to, err = db.Value[string](ctx, q, x.stmt, d.ID)
		if err != nil && !errors.Is(err, db.ErrNotFound) {
			return "", "", err
		}
	}
	return by, instead, nil
}

// replace notes that a new dossier takes the place of a void one.
func (k *Desk) replace(ctx context.Context, tx *db.Tx, d *Dossier, void string) error {
	old, err := find(ctx, tx, void)
	if err != nil {
		return err
	}
	if old.End != EndVoided || old.State.Unit != d.State.Unit {
		return fault.New(fault.Conflict, "counter.replace.not_void", "Code", void)
	}
	by, _, err := k.Replaced(ctx, tx, old)
	if err != nil {
		return err
	}
	if by != "" {
		return fault.New(fault.Conflict, "counter.replace.already", "Code", void, "By", by)
	}
	return tx.InsertRows(ctx, replaceInsert, [][]any{{old.ID, d.ID}})
}
