package imports

import (
	"context"
	"errors"
	"strconv"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/table"
)

// errFlaw undoes a write whose file turned out to have a wrong row after all.
var errFlaw = errors.New("a row became wrong since the check")

// cutOff is how a run stands that was being taken in when its server stopped.
const cutOff auth.State = "cut_off"

// stands is the run's state, and cutOff when nobody works on what is being stored.
func (r Run) stands(busy *Progress) auth.State {
	if r.State == Storing && busy == nil {
		return cutOff
	}
	return auth.State(r.State)
}

// Store takes a checked run in: at once when it is small, else in the background.
// leave agrees to leaving its wrong rows out, for kinds that can. The answer that
// is shown once comes back beside the run.
func (k *Runs) Store(ctx context.Context, a actor.Actor, id string, leave bool) (Run, any, error) {
	return k.order(ctx, a, id, leave, false)
}

// StoreHere is Store for the command line: the file is in when it returns.
func (k *Runs) StoreHere(ctx context.Context, a actor.Actor, id string, leave bool) (Run, any, error) {
	return k.order(ctx, a, id, leave, true)
}

func (k *Runs) order(ctx context.Context, a actor.Actor, id string, leave, here bool) (Run, any, error) {
	run, kind, err := k.changeable(ctx, a, id)
	if err != nil {
		return Run{}, nil, err
	}
	ok, without := run.CanStore(kind)
	busy, err := k.far(ctx, run.ID)
	if err != nil {
		return Run{}, nil, err
	}
	stands := run.stands(busy)
	switch {
	case !auth.StoreImport.In(stands):
		return Run{}, nil, fault.New(fault.Conflict, "imports.not_now")
	case stands == cutOff: // it begins anew
	case !ok && run.Wrong > 0:
		return Run{}, nil, fault.New(fault.Conflict, "imports.has_wrong", "Count", run.Wrong)
	case !ok:
		return Run{}, nil, fault.New(fault.Conflict, "imports.nothing_new")
	case without && !leave:
		return Run{}, nil, fault.New(fault.Conflict, "imports.has_wrong", "Count", run.Wrong).With("leave", "imports.leave_needed")
	}
	here = here || kind.Inline || run.Rows <= inlineRows
	run.State = Storing
	err = k.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, runUpdate, run.update()...); err != nil {
			return err
		}
		if here {
			return nil
		}
		return Work.Enqueue(ctx, tx, task{Run: run.ID, Store: true, Leave: leave})
	})
	if err != nil || !here {
		return run, nil, err
	}
	once, err := k.store(ctx, a, run, leave)
	run, err = k.again(ctx, run.ID, err)
	return run, once, err
}

// store takes a run in. That it is done is written in the same write as what it
// brings: a run that is done is in, and one that is not is not.
func (k *Runs) store(ctx context.Context, a actor.Actor, run Run, leave bool) (once any, err error) {
	kind, err := k.Kind(run.Kind)
	if err != nil {
		return nil, err
	}
	defer k.over(run.ID)
	k.at(run, 0)
	wrong := 0
	header := []string(nil)
	done := run
	done.State, done.Mended = Done, ""
	if leave {
		done.Left = run.Wrong
	}
	counts, err := k.take(ctx, kind, &Job{Actor: a, Run: run, Store: true, Leave: leave, Flaw: func(table.Flaw) { wrong++ },
		Then: func(ctx context.Context, tx *db.Tx) error {
			if wrong > 0 && !leave {
				return errFlaw
			}
			done.Ended = tx.Now
			if _, err := tx.Exec(ctx, runUpdate, done.update()...); err != nil {
				return err
			}
			// What was wrong may name persons, and nobody needs it any more.
			if _, err := tx.Exec(ctx, flawsDrop, run.ID); err != nil {
				return err
			}
			if err := unneeded(ctx, tx, run.Mended); err != nil {
				return err
			}
			return k.record(ctx, tx, a, run, "import.store", audit.Change{Field: "file", To: run.Key},
				audit.Change{Field: "rows", To: strconv.Itoa(run.Rows - done.Left)}, audit.Change{Field: "left_out", To: strconv.Itoa(done.Left)})
		}}, &header)
	if err == nil && wrong > 0 && !leave {
		err = errFlaw
	}
	if errors.Is(err, errFlaw) {
		err = fault.New(fault.Conflict, "imports.changed_since").Because(err)
	}
	if err != nil {
		return nil, k.fail(ctx, run, err)
	}
	// The counts of the check may be older than what happened.
	done.count(counts)
	done.Left = wrong
	return counts.Once, k.save(ctx, &done)
}

// Abandon ends a run that is not to be taken in. The file stays with it; its wrong
// rows do not.
func (k *Runs) Abandon(ctx context.Context, a actor.Actor, id string) error {
	run, _, err := k.changeable(ctx, a, id)
	if err != nil {
		return err
	}
	busy, err := k.far(ctx, run.ID)
	if err != nil {
		return err
	}
	if !auth.AbandonImport.In(run.stands(busy)) {
		return fault.New(fault.Conflict, "imports.not_now")
	}
	mended := run.Mended
	run.State, run.Mended = Abandoned, ""
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		run.Ended = tx.Now
		if _, err := tx.Exec(ctx, flawsDrop, run.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, runUpdate, run.update()...); err != nil {
			return err
		}
		if err := unneeded(ctx, tx, mended); err != nil {
			return err
		}
		return k.record(ctx, tx, a, run, "import.abandon")
	})
}

// unneeded has a file deleted that this run names no more, once the write is on disk:
// the job finds out whether anybody else does.
func unneeded(ctx context.Context, tx *db.Tx, key string) error {
	if key == "" {
		return nil
	}
	return EraseFiles.Enqueue(ctx, tx, []string{key})
}
