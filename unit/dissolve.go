package unit

import (
	"context"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/fault"
)

// Dissolve ends a unit (giải thể) on the day of the act: a district on
// 01/07/2025. to takes what is open and carries the unit on; "" when there is no
// such unit, and a person has to choose. No unit may be left below it.
func (r *Registry) Dissolve(ctx context.Context, a actor.Actor, id, to ID, act Act) error {
	return r.change(ctx, a, func(w *work) error {
		f := fault.New(fault.Invalid, "unit.invalid", "Unit", w.name(id))
		act.check(f)
		if to == id {
			f.With("to", "unit.listed_twice", "Unit", w.name(id))
		}
		if err := f.Or(); err != nil {
			return err
		}
		if err := w.may(ctx, id); err != nil {
			return err
		}
		e := w.begin(Dissolved, act)
		if err := w.end(e, id, auth.EndUnit); err != nil {
			return err
		}
		e.Moves = []Move{act.move(id, to)}
		if to == "" {
			return nil
		}
		if err := w.may(ctx, to); err != nil {
			return err
		}
		if _, err := w.last(to, act.Day, auth.CarryOn); err != nil {
			return err
		}
		w.link(e, id, to, Whole)
		return nil
	})
}
