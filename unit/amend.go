package unit

import (
	"context"

	"cchc/base/actor"
	"cchc/base/fault"
)

// Rename gives a unit another name (đổi tên).
func (r *Registry) Rename(ctx context.Context, a actor.Actor, id ID, name string, act Act) error {
	return r.amend(ctx, a, Renamed, id, act, nil, func(u *Unit) { u.Name = name })
}

// ChangeCode gives a unit another agency code.
func (r *Registry) ChangeCode(ctx context.Context, a actor.Actor, id ID, code string, act Act) error {
	return r.amend(ctx, a, CodeChanged, id, act, nil, func(u *Unit) { u.Code = code })
}

// ChangeLevel moves a unit to another level, and under another parent with it: a
// commune of a district becomes one of the province. It needs the right in both
// parents.
func (r *Registry) ChangeLevel(ctx context.Context, a actor.Actor, id ID, level string, parent ID, act Act) error {
	return r.amend(ctx, a, LevelChanged, id, act, []ID{parent}, func(u *Unit) { u.Level, u.Parent = level, parent })
}

// ChangeParent puts a unit, with all below it, under another.
func (r *Registry) ChangeParent(ctx context.Context, a actor.Actor, id, parent ID, act Act) error {
	return r.amend(ctx, a, ParentChanged, id, act, []ID{parent}, func(u *Unit) { u.Parent = parent })
}

// ChangeFacts sets the facts of a commune that change rules: its area class and
// its ranking group.
func (r *Registry) ChangeFacts(ctx context.Context, a actor.Actor, id ID, area, block string, act Act) error {
	return r.amend(ctx, a, FactsChanged, id, act, nil, func(u *Unit) { u.Area, u.Block = area, block })
}

func (r *Registry) amend(ctx context.Context, a actor.Actor, k Kind, id ID, act Act, under []ID, edit func(*Unit)) error {
	return r.change(ctx, a, func(w *work) error {
		if err := w.may(ctx, append(under, id)...); err != nil {
			return err
		}
		f := fault.New(fault.Invalid, "unit.invalid", "Unit", w.name(id))
		act.check(f)
		for _, p := range under {
			if _, ok := w.h.versions[p]; p != "" && !ok {
				f.With("parent", "unit.unknown", "Unit", string(p))
			}
		}
		if err := f.Or(); err != nil {
			return err
		}
		return w.amend(w.begin(k, act), id, edit)
	})
}
