package setting

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
)

// A Tree tells which units there are above one. The unit room is one.
type Tree interface {
	// Above returns the unit and those above it, the nearest first; none when
	// there is no such unit.
	Above(ctx context.Context, q db.Queryer, u actor.UnitID) ([]actor.UnitID, error)
	// Tops returns the units with none above them.
	Tops(ctx context.Context, q db.Queryer) ([]actor.UnitID, error)
}

// A Book keeps the values of settings. Everything is needed. A nil Book has what
// is usual everywhere.
type Book struct {
	DB    *db.DB
	Guard auth.Guard
	Tree  Tree
	All   []*Setting // every setting there is, in the order of the page

	once  sync.Once
	cache db.Cache[entries]
}

// entries are all of them, by setting and unit, in the order they were stored.
type entries map[string]map[actor.UnitID][]Entry

var load = db.SQL("setting.load", `
	SELECT name, unit_id, seq, from_day, what, value, reason, account, at
	FROM setting_value
	ORDER BY name, unit_id, seq`)

func (b *Book) entries(ctx context.Context, q db.Queryer) (entries, error) {
	b.once.Do(func() {
		b.cache.Name = "setting"
		b.cache.Load = func(ctx context.Context, q db.Queryer) (entries, error) {
			all := entries{}
			err := db.Each(ctx, q, load, func(r db.Scanner) error {
				var name string
				var e Entry
				if err := r.Scan(&name, &e.Unit, &e.Seq, &e.From, &e.What, &e.Value, &e.Reason, &e.Account, &e.At); err != nil {
					return err
				}
				if all[name] == nil {
					all[name] = map[actor.UnitID][]Entry{}
				}
				all[name][e.Unit] = append(all[name][e.Unit], e)
				return nil
			})
			return all, err
		}
	})
	all, err := b.cache.Get(ctx, q)
	if err != nil {
		err = fmt.Errorf("read the settings: %w", err)
	}
	return all, err
}

// Holds returns what holds for a unit on a day: its own value, else that of the
// nearest unit above that has one, else what is usual. Of a System setting the
// unit is not asked.
func (b *Book) Holds(ctx context.Context, q db.Queryer, s *Setting, u actor.UnitID, day moment.Date) (Holding, error) {
	if b == nil {
		return Holding{Value: s.Usual, Usual: true}, nil
	}
	all, err := b.entries(ctx, q)
	if err != nil {
		return Holding{}, err
	}
	return b.holdsIn(ctx, q, all[s.Name], s, u, day)
}

func (b *Book) holdsIn(ctx context.Context, q db.Queryer, of map[actor.UnitID][]Entry, s *Setting, u actor.UnitID, day moment.Date) (Holding, error) {
	usual := Holding{Value: s.Usual, Usual: true}
	if len(of) == 0 {
		return usual, nil
	}
	above := []actor.UnitID{""}
	if !s.System {
		var err error
		if above, err = b.Tree.Above(ctx, q, u); err != nil {
			return usual, err
		}
	}
	for _, id := range above {
		// What a later version of the product no longer allows counts for nothing.
		if e, ok := own(of[id], day); ok && s.check(e.Value) == nil {
			return Holding{Value: e.Value, Unit: id, From: e.From}, nil
		}
	}
	return usual, nil
}

// Value returns what holds for a unit today.
func (b *Book) Value(ctx context.Context, q db.Queryer, s *Setting, u actor.UnitID) (string, error) {
	if b == nil {
		return s.Usual, nil
	}
	h, err := b.Holds(ctx, q, s, u, b.DB.Now().Date())
	return h.Value, err
}

// Int returns what holds for a unit today, of an Integer.
func (b *Book) Int(ctx context.Context, q db.Queryer, s *Setting, u actor.UnitID) (int64, error) {
	v, err := b.Value(ctx, q, s, u)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(v, 10, 64)
}

// Find returns the setting of a name; an error is a fault: setting.unknown.
func (b *Book) Find(name string) (*Setting, error) {
	i := slices.IndexFunc(b.All, func(s *Setting) bool { return s.Name == name })
	if i < 0 {
		return nil, fault.New(fault.NotFound, "setting.unknown")
	}
	return b.All[i], nil
}

// Check returns nil for who may change the setting in the unit: what holds for the
// whole installation is for who has the verb in every unit at the top, so that the
// keeper of one commune decides nothing for the others.
func (b *Book) Check(ctx context.Context, q db.Queryer, a actor.Actor, s *Setting, u actor.UnitID) error {
	if !s.System {
		return b.Guard.Check(ctx, q, a, s.Verb, u)
	}
	if err := b.Guard.CheckAnywhere(a, s.Verb); err != nil {
		return err
	}
	tops, err := b.Tree.Tops(ctx, q)
	if err != nil {
		return err
	}
	for _, top := range tops {
		if err := b.Guard.Check(ctx, q, a, s.Verb, top); err != nil {
			return err
		}
	}
	return nil
}

// History returns the changes that a unit made to a setting, the latest first, and
// those of them that have not begun.
func (b *Book) History(ctx context.Context, q db.Queryer, s *Setting, u actor.UnitID) (done, ahead []Entry, err error) {
	all, err := b.entries(ctx, q)
	if err != nil {
		return nil, nil, err
	}
	if s.System {
		u = ""
	}
	list := all[s.Name][u]
	done = slices.Clone(list)
	slices.Reverse(done)
	return done, coming(list, b.DB.Now().Date()), nil
}
