package unit

import (
	"context"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/fault"
)

// A Merger (sáp nhập, hợp nhất) puts whole units together: into a new one, or
// into one that exists. What is open in them goes there.
type Merger struct {
	From []ID
	Into ID   // an existing unit; "" when New is made
	New  *New // may have the code of one of From
}

// Merge ends the units of From on the day of the act and returns the unit that
// carries them on. An existing Into may not be among From: a unit that absorbs
// others stays itself.
func (r *Registry) Merge(ctx context.Context, a actor.Actor, m Merger, act Act) (ID, error) {
	var into ID
	err := r.change(ctx, a, func(w *work) (err error) {
		into, err = w.merge(ctx, m, act)
		return err
	})
	return into, err
}

func (w *work) merge(ctx context.Context, m Merger, act Act) (ID, error) {
	name := w.name(m.Into)
	if m.New != nil {
		name = m.New.Name
	}
	f := fault.New(fault.Invalid, "unit.invalid", "Unit", name)
	act.check(f)
	if len(m.From) == 0 {
		f.With("from", "unit.from_missing")
	}
	if (m.Into == "") == (m.New == nil) {
		f.With("into", "unit.into_one")
	}
	seen := map[ID]bool{m.Into: true}
	for _, id := range m.From {
		if seen[id] {
			f.With("from", "unit.listed_twice", "Unit", w.name(id))
		}
		seen[id] = true
	}
	if err := f.Or(); err != nil {
		return "", err
	}
	if err := w.may(ctx, m.From...); err != nil {
		return "", err
	}
	e := w.begin(Merged, act)
	into := m.Into
	if m.New == nil {
		if err := w.may(ctx, into); err != nil {
			return "", err
		}
		if _, err := w.last(into, act.Day, auth.CarryOn); err != nil {
			return "", err
		}
	}
	for _, id := range m.From {
		if err := w.end(e, id, auth.EndUnit); err != nil {
			return "", err
		}
	}
	if m.New != nil {
		if err := w.may(ctx, m.New.Parent); err != nil {
			return "", err
		}
		var err error
		if into, err = w.birth(e, *m.New); err != nil {
			return "", err
		}
	}
	for _, id := range m.From {
		w.link(e, id, into, Whole)
		e.Moves = append(e.Moves, act.move(id, into))
	}
	return into, nil
}
