package unit

import (
	"context"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/fault"
)

// New is a unit to be made.
type New struct {
	Code   string
	Name   string
	Level  string
	Parent ID // "" for a root
	Area   string
	Block  string
}

// Create makes a unit (thành lập) that begins on the day of the act, and returns
// its id. It needs the right in the parent.
func (r *Registry) Create(ctx context.Context, a actor.Actor, n New, act Act) (ID, error) {
	var id ID
	err := r.change(ctx, a, func(w *work) (err error) {
		id, err = w.create(ctx, n, act)
		return err
	})
	return id, err
}

// CreateTx is Create as part of another write.
func (r *Registry) CreateTx(ctx context.Context, tx *db.Tx, a actor.Actor, n New, act Act) (id ID, err error) {
	err = r.changeTx(ctx, tx, a, func(w *work) (err error) {
		id, err = w.create(ctx, n, act)
		return err
	})
	return id, err
}

func (w *work) create(ctx context.Context, n New, act Act) (ID, error) {
	if err := w.may(ctx, n.Parent); err != nil {
		return "", err
	}
	f := fault.New(fault.Invalid, "unit.invalid", "Unit", n.Name)
	act.check(f)
	if _, ok := w.h.versions[n.Parent]; n.Parent != "" && !ok {
		f.With("parent", "unit.unknown", "Unit", string(n.Parent))
	}
	if err := f.Or(); err != nil {
		return "", err
	}
	return w.birth(w.begin(Created, act), n)
}
