package dossier

import (
	"context"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/unit"
)

// What a merger, a split or a change of calendar does to open dossiers. Both run
// as jobs after the change, in small writes, and can be run again: what is done
// already changes nothing.

var (
	openOf = db.SQL("dossier.sweep.open", `
		SELECT `+columns+`
		FROM dossier
		WHERE unit_id = $1 AND not_accepted_at IS NULL AND id > $2
		AND (ended_at IS NULL OR (ended_at >= $3 AND registered_at < $3))
		ORDER BY id
		LIMIT 200`)
	openUnder = db.Lines("dossier.sweep.under", `
		SELECT `+columns+`
		FROM dossier
		WHERE accepted_at IS NOT NULL AND ended_at IS NULL AND waiting = '' AND NOT external_due AND id > :after
		AND unit_id IN (SELECT r.unit_id FROM unit_reach r WHERE r.ancestor_id = :unit)    --[unit]
		ORDER BY id
		LIMIT 200`)
)

// Transfer moves what was open in a unit on a day, and what has come to it since
// and is open, to its successor with code and promise unchanged; the past stays with the predecessor. destination says where each
// dossier goes, "" leaves it where it is. It returns how many moved.
func (k *Desk) Transfer(ctx context.Context, from unit.ID, day moment.Date, document string, destination func(Dossier) unit.ID) (int, error) {
	find := func(after string) (*db.Stmt, []any) { return openOf, []any{string(from), after, day.Start()} }
	return k.sweep(ctx, find, "transfer", nil, func(ctx context.Context, w *work) error {
		to := destination(*w.d)
		if to == "" || to == w.d.State.Unit {
			return nil
		}
		// On the day of the merger, or when the dossier came if that was later.
		return w.happened(Fact{Kind: FTransferred, At: max(day.Start(), w.d.RegisteredAt), Unit: to, Document: document})
	})
}

// Reproject computes the due dates of the open dossiers of a unit and below ("" is
// all of them) anew after a calendar changed, and records why. A promise is never
// moved earlier.
func (k *Desk) Reproject(ctx context.Context, u unit.ID, reason string) (int, error) {
	return k.ReprojectTold(ctx, u, reason, nil)
}

// ReprojectTold is Reproject that tells, after each small write, how many more
// moved in it.
func (k *Desk) ReprojectTold(ctx context.Context, u unit.ID, reason string, tell func(moved int) error) (int, error) {
	find := func(after string) (*db.Stmt, []any) {
		args := db.Args{"after": after}
		if u != "" {
			args["unit"] = string(u)
		}
		return openUnder.With(args)
	}
	return k.sweep(ctx, find, "calendar", tell, func(ctx context.Context, w *work) error {
		if w.d.Limit.Unit == "" {
			return nil
		}
		cal, err := k.Calendars.For(ctx, w.tx, w.d.State.Unit)
		if err != nil {
			return err
		}
		due, err := k.dueBy(ctx, w.tx, k.Calendars, w.d, Stops(w.all()), w.tx.Now)
		if err != nil || due <= w.d.Due {
			return err
		}
		if err := w.happened(Fact{Kind: FDueMoved, Due: due, How: "calendar", Reason: reason}); err != nil {
			return err
		}
		if err := w.loadSteps(ctx); err != nil {
			return err
		}
		return w.replan(cal)
	})
}

// sweep runs do over the dossiers that a statement finds after an id, 200 to a
// write.
func (k *Desk) sweep(ctx context.Context, which func(after string) (*db.Stmt, []any), name string, tell func(moved int) error, do func(ctx context.Context, w *work) error) (moved int, err error) {
	for after := ""; ; {
		n := 0
		last, done := after, 0
		err := k.DB.Write(ctx, func(tx *db.Tx) error {
			n, done = 0, 0
			stmt, args := which(after)
			found, err := db.All(ctx, tx, stmt, scan, args...)
			if err != nil {
				return err
			}
			for i := range found {
				last = found[i].ID
				n++
				err := k.actTx(ctx, tx, actor.System(name), auth.DossierProcess, &found[i], func(ctx context.Context, w *work) error {
					err := do(ctx, w)
					if len(w.added) > 0 {
						done++
					}
					return err
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return moved, err
		}
		moved += done
		if tell != nil && done > 0 {
			if err := tell(done); err != nil {
				return moved, err
			}
		}
		if n == 0 {
			return moved, nil
		}
		after = last
	}
}
