package auth

import (
	"context"
	"fmt"
	"slices"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/fault"
)

// A Tree tells which unit lies within which, a unit within itself too. The unit
// room is one.
type Tree interface {
	Within(ctx context.Context, q db.Queryer, u, root actor.UnitID) (bool, error)
}

// A Guard decides whether an actor may do a verb in a unit. The zero Guard knows
// no tree: a grant holds in its own unit only.
type Guard struct{ Tree Tree }

// Check returns nil when a may do verb in unit, and otherwise a fault:
// Unauthenticated for a visitor, Forbidden for anybody else. Unit "" is the
// whole system, where only a grant of the whole system holds; for what belongs
// to no unit at all ask CheckAnywhere.
func (g Guard) Check(ctx context.Context, q db.Queryer, a actor.Actor, verb Verb, unit actor.UnitID) error {
	ok, err := g.May(ctx, q, a, verb, unit)
	if err != nil || ok {
		return err
	}
	return refuse(a, verb)
}

// May reports whether a may do verb in unit.
func (g Guard) May(ctx context.Context, q db.Queryer, a actor.Actor, verb Verb, unit actor.UnitID) (bool, error) {
	if a.IsSystem() {
		return true, nil
	}
	if !a.SignedIn() {
		return false, nil
	}
	for _, root := range Roots(a, verb) {
		if root == "" || root == unit {
			return true, nil
		}
		if unit == "" || g.Tree == nil {
			continue
		}
		ok, err := g.Tree.Within(ctx, q, unit, root)
		if err != nil {
			return false, fmt.Errorf("is unit %s within %s: %w", unit, root, err)
		}
		if ok {
			return true, nil
		}
	}
	return false, nil
}

// CheckAnywhere returns nil when a may do verb in some unit, whichever: for what
// belongs to no unit, as the national catalogue of procedures.
func (g Guard) CheckAnywhere(a actor.Actor, verb Verb) error {
	if a.IsSystem() || len(Roots(a, verb)) > 0 {
		return nil
	}
	return refuse(a, verb)
}

func refuse(a actor.Actor, verb Verb) error {
	if !a.SignedIn() {
		return fault.New(fault.Unauthenticated, "auth.sign_in")
	}
	if a.ReadOnly && !slices.Contains(Reads, verb) {
		return fault.New(fault.Forbidden, "auth.read_only")
	}
	return fault.New(fault.Forbidden, "auth.forbidden")
}

// Roots returns the units in and below which a may do verb, for lists; none when
// there is no such unit. The unit "" stands for the whole system: it is what the
// program itself gets, and a grant without unit.
func Roots(a actor.Actor, verb Verb) []actor.UnitID {
	if a.IsSystem() {
		return []actor.UnitID{""}
	}
	if a.Scopes != nil && !slices.Contains(a.Scopes, string(verb)) {
		return nil
	}
	var roots []actor.UnitID
	seen := map[actor.UnitID]bool{}
	for _, g := range a.Grants {
		if a.SignedIn() && grants(g, verb) && !seen[g.Unit] {
			seen[g.Unit] = true
			roots = append(roots, g.Unit)
		}
	}
	return roots
}
