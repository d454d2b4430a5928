package unit

import (
	"context"
	"slices"
	"sync"

	"cchc/base/db"
	"cchc/base/moment"
)

// epoch is the name under which writes tell caches that units changed.
const epoch = "unit"

// A Book reads units. It keeps all of them in memory until some process changes
// one. The zero Book with a DB is ready; share one.
type Book struct {
	DB *db.DB

	once  sync.Once
	cache db.Cache[*history]
}

func (b *Book) history(ctx context.Context, q db.Queryer) (*history, error) {
	b.once.Do(func() { b.cache.Name, b.cache.Load = epoch, load })
	return b.cache.Get(ctx, q)
}

// On returns the tree as of a day.
func (b *Book) On(ctx context.Context, q db.Queryer, d moment.Date) (*Tree, error) {
	h, err := b.history(ctx, q)
	if err != nil {
		return nil, err
	}
	return h.on(d), nil
}

// Today returns the tree as of today.
func (b *Book) Today(ctx context.Context, q db.Queryer) (*Tree, error) {
	return b.On(ctx, q, b.DB.Now().Date())
}

// Levels returns every level, the highest first.
func (b *Book) Levels(ctx context.Context, q db.Queryer) ([]Level, error) {
	h, err := b.history(ctx, q)
	if err != nil {
		return nil, err
	}
	return sortedLevels(h), nil
}

// Versions returns all that a unit was, the oldest first; nil when there is no
// such unit.
func (b *Book) Versions(ctx context.Context, q db.Queryer, id ID) ([]Unit, error) {
	h, err := b.history(ctx, q)
	if err != nil {
		return nil, err
	}
	return slices.Clone(h.versions[id]), nil
}

// Last returns the unit as it is today or, when it is gone, as it last was; as
// it will be when it has not begun.
func (b *Book) Last(ctx context.Context, q db.Queryer, id ID) (Unit, bool, error) {
	h, err := b.history(ctx, q)
	if err != nil {
		return Unit{}, false, err
	}
	today := b.DB.Now().Date()
	if u, ok := h.at(id, today); ok {
		return u, true, nil
	}
	vs := h.versions[id]
	if len(vs) == 0 {
		return Unit{}, false, nil
	}
	if vs[0].From > today {
		return vs[0], true, nil
	}
	return vs[len(vs)-1], true, nil
}

// Successors returns the units in force on a day that carry on a unit, with the
// share of it that each took, over any number of events in between. A unit still
// in force is its own successor; one that was dissolved without any has none.
func (b *Book) Successors(ctx context.Context, q db.Queryer, id ID, d moment.Date) ([]Part, error) {
	h, err := b.history(ctx, q)
	if err != nil {
		return nil, err
	}
	return h.successors(id, d), nil
}

// Predecessors returns the units in force on a day out of which a unit was made
// since, with the share of each that went into it.
func (b *Book) Predecessors(ctx context.Context, q db.Queryer, id ID, d moment.Date) ([]Part, error) {
	h, err := b.history(ctx, q)
	if err != nil {
		return nil, err
	}
	return h.predecessors(id, d), nil
}

// Within reports whether a unit lies under root, or is it, today. A unit that is
// gone counts as within what its successors are within, and one that left none
// as within what it was within on its last day; one that has not begun counts as
// where it begins. It is what package auth asks.
func (b *Book) Within(ctx context.Context, q db.Queryer, id, root ID) (bool, error) {
	h, err := b.history(ctx, q)
	if err != nil {
		return false, err
	}
	return h.within(id, root, b.DB.Now().Date()), nil
}

// Extent returns every unit that is Within root, those that are gone and those
// that have not begun too, ordered by id: what a list covers that shows a unit's
// work as of now. unit_reach tells who lay under whom at the time instead.
func (b *Book) Extent(ctx context.Context, q db.Queryer, root ID) ([]ID, error) {
	h, err := b.history(ctx, q)
	if err != nil {
		return nil, err
	}
	today := b.DB.Now().Date()
	var out []ID
	for id := range h.versions {
		if h.within(id, root, today) {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out, nil
}

func (h *history) within(id, root ID, today moment.Date) bool {
	vs := h.versions[id]
	if len(vs) == 0 || root == "" {
		return false
	}
	t := h.on(today)
	if _, ok := t.Unit(id); ok {
		return t.Within(id, root)
	}
	if vs[0].From > today {
		return h.on(vs[0].From).Within(id, root)
	}
	next := h.successors(id, today)
	for _, p := range next {
		if t.Within(p.Unit, root) {
			return true
		}
	}
	last := vs[len(vs)-1]
	return len(next) == 0 && h.on(last.To-1).Within(id, root)
}

// Above returns a unit and the units above it, the nearest first, as of today; of
// a unit that is gone, or has not begun, as of its last or first day. It is what
// package calendar asks. Nil when there is no such unit.
func (b *Book) Above(ctx context.Context, q db.Queryer, id ID) ([]ID, error) {
	h, err := b.history(ctx, q)
	if err != nil {
		return nil, err
	}
	vs := h.versions[id]
	if len(vs) == 0 {
		return nil, nil
	}
	d := max(b.DB.Now().Date(), vs[0].From)
	if end := vs[len(vs)-1].To; end != 0 && end <= d {
		d = end - 1
	}
	return append([]ID{id}, h.on(d).Ancestors(id)...), nil
}

// Tops returns the units of today with none above them. It is what package setting
// asks.
func (b *Book) Tops(ctx context.Context, q db.Queryer) ([]ID, error) {
	tree, err := b.Today(ctx, q)
	if err != nil {
		return nil, err
	}
	return tree.Roots(), nil
}
