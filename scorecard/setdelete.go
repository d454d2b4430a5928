package scorecard

import (
	"context"
	"strconv"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
)

// DeleteDraft deletes a version that was never issued; its number can be given
// again. revision is of the draft as the actor saw it. It needs CriteriaChange in
// the unit. Faults: sets.unknown, sets.issued, sets.changed_meanwhile.
func (k *Desk) DeleteDraft(ctx context.Context, a actor.Actor, id string, revision int) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		v, err := k.draft(ctx, tx, a, id, revision)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, setDelete, v.ID); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "criteria.delete", Kind: "criteria_set", ID: v.ID, Unit: v.Unit,
			Changes: []audit.Change{{Field: "code", From: v.Code}, {Field: "version", From: strconv.Itoa(v.Version)}, {Field: "sha256", From: v.SHA256}}})
	})
}

// anyRevision asks for a draft however often it was changed.
const anyRevision = -1

// draft returns a draft that the actor may change and that nobody changed since
// its revision.
func (k *Desk) draft(ctx context.Context, tx *db.Tx, a actor.Actor, id string, revision int) (SetVersion, error) {
	v, err := getSet(ctx, tx, id)
	if err != nil {
		return v, err
	}
	if may, err := k.mayReadSet(ctx, tx, a, v); err != nil {
		return v, err
	} else if !may {
		return v, fault.New(fault.NotFound, "sets.unknown")
	}
	issued := fault.New(fault.Conflict, "sets.issued")
	if err := k.Guard.Do(ctx, tx, a, auth.ChangeSet, v.Unit, v.stands(), issued); err != nil {
		return v, err
	}
	if revision != anyRevision && v.Revision != revision {
		return v, fault.New(fault.Conflict, "sets.changed_meanwhile")
	}
	return v, nil
}
