package dossier

import (
	"context"
	"slices"

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
	// Three parts, each by an index of its own: accepted and open, new, and ended
	// since the day.
	openOf = db.SQL("dossier.sweep.open", `
		SELECT id FROM dossier
		WHERE unit_id = $1 AND accepted_at IS NOT NULL AND ended_at IS NULL AND not_accepted_at IS NULL
		UNION ALL
		SELECT id FROM dossier
		WHERE unit_id = $1 AND accepted_at IS NULL AND not_accepted_at IS NULL AND ended_at IS NULL
		UNION ALL
		SELECT id FROM dossier
		WHERE unit_id = $1 AND ended_day IS NOT NULL AND ended_day >= $2 AND not_accepted_at IS NULL AND registered_at < $3`)
	openUnder = db.Lines("dossier.sweep.under", `
		SELECT id
		FROM dossier
		WHERE accepted_at IS NOT NULL AND ended_at IS NULL AND waiting = '' AND NOT external_due
		AND `+withReach("unit_id")+`    --[unit]`)
	byID = db.SQL("dossier.by_id", `SELECT `+columns+` FROM dossier WHERE id = $1`)
)

// Transfer moves what was open in a unit on a day, and what has come to it since
// and is open, to its successor with code and promise unchanged; the past stays with the predecessor. destination says where each
// dossier goes, "" leaves it where it is. It returns how many moved.
func (k *Desk) Transfer(ctx context.Context, from unit.ID, day moment.Date, document string, destination func(Dossier) unit.ID) (int, error) {
	find := func(ctx context.Context) ([]string, error) {
		return db.Column[string](ctx, k.DB, openOf, string(from), day, day.Start())
	}
	return k.sweep(ctx, find, "transfer", nil, func(ctx context.Context, w *work) error {
		if !w.meant(from, day) {
			return nil
		}
		return w.transfer(destination(*w.d), day, document)
	})
}

// meant reports whether a change of units on a day still concerns the dossier: it
// was found outside the write.
func (w *work) meant(from unit.ID, day moment.Date) bool { return meant(&w.d.State, from, day) }

func meant(s *State, from unit.ID, day moment.Date) bool {
	return s.Unit == from && s.NotAccepted == 0 && (s.Ended == 0 || s.Ended >= day.Start() && s.RegisteredAt < day.Start())
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
	find := func(ctx context.Context) ([]string, error) {
		args := db.Args{}
		if u != "" {
			args["unit"], args["today"] = string(u), k.DB.Now().Date()
		}
		stmt, params := openUnder.With(args)
		return db.Column[string](ctx, k.DB, stmt, params...)
	}
	return k.sweep(ctx, find, "calendar", tell, func(ctx context.Context, w *work) error {
		if s := &w.d.State; s.AcceptedAt == 0 || s.Ended != 0 || s.Waiting != "" || w.d.ExternalDue || w.d.Limit.Unit == "" {
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

// sweepChunk is how many dossiers share a write of a sweep: few enough that
// officers at a counter don't wait.
const sweepChunk = 100

// sweep runs do over the dossiers that find names, in small writes. They are
// found outside the writes, so do looks again whether they are still meant; those
// that came meanwhile are found in the next round.
func (k *Desk) sweep(ctx context.Context, find func(ctx context.Context) ([]string, error), name string, tell func(moved int) error, do func(ctx context.Context, w *work) error) (moved int, err error) {
	seen := map[string]bool{}
	for {
		found, err := find(ctx)
		if err != nil {
			return moved, err
		}
		found = slices.DeleteFunc(found, func(id string) bool { return seen[id] })
		if len(found) == 0 {
			return moved, nil
		}
		slices.Sort(found) // in the order of receipt, however the engine found them
		for chunk := range slices.Chunk(found, sweepChunk) {
			done, err := k.sweepWrite(ctx, chunk, name, do)
			if err != nil {
				return moved, err
			}
			moved += done
			if tell != nil && done > 0 {
				if err := tell(done); err != nil {
					return moved, err
				}
			}
			for _, id := range chunk {
				seen[id] = true
			}
		}
	}
}

func (k *Desk) sweepWrite(ctx context.Context, ids []string, name string, do func(ctx context.Context, w *work) error) (done int, err error) {
	err = k.DB.Write(ctx, func(tx *db.Tx) error {
		done = 0
		for _, id := range ids {
			d, err := db.One(ctx, tx, byID, scan, id)
			if err != nil {
				return err
			}
			err = k.actTx(ctx, tx, actor.System(name), auth.SweepDossier, &d, func(ctx context.Context, w *work) error {
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
		if done == 0 {
			return nil
		}
		return tx.Bump(ctx, bulk)
	})
	return done, err
}
