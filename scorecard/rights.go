package scorecard

import (
	"context"
	"slices"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/unit"
)

// Who works where is asked of the accounts themselves: somebody who acts for
// another brings only that one's grants along, and still must not appraise the
// unit in which they work.
var postsOf = db.SQL("scorecard.posts", `
	SELECT unit_id
	FROM account_grant
	WHERE account_id = $1 AND from_day <= $2 AND (to_day IS NULL OR to_day > $2)`)

// ownUnit reports whether a unit is somebody's own: they have a post in it or in
// something below it. A post above does not make it theirs.
func (k *Desk) ownUnit(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID) (bool, error) {
	var posts []unit.ID
	for _, g := range a.Grants {
		posts = append(posts, g.Unit)
	}
	for _, account := range []string{a.Account, a.For.Account} {
		if account == "" || a.IsSystem() {
			continue
		}
		more, err := db.Column[unit.ID](ctx, q, postsOf, account, nowOf(k, q).Date())
		if err != nil {
			return false, err
		}
		posts = append(posts, more...)
	}
	slices.Sort(posts)
	for _, p := range slices.Compact(posts) {
		if p == u {
			return true, nil
		}
		if p == "" {
			continue
		}
		if in, err := k.Units.Within(ctx, q, p, u); err != nil || in {
			return in, err
		}
	}
	return false, nil
}

// mustEnter returns nil for who may score a unit's own sheet: the right, and a
// post in the unit. A right from above is not enough: a draft is the unit's own.
func (k *Desk) mustEnter(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID) error {
	if err := k.Guard.Check(ctx, q, a, auth.ScoreEnter, u); err != nil || a.IsSystem() {
		return err
	}
	own, err := k.ownUnit(ctx, q, a, u)
	if err == nil && !own {
		err = fault.New(fault.Forbidden, "rounds.not_own")
	}
	return err
}

// mustBeOther returns nil for who has no post in the unit: nobody appraises,
// decides or amends the score of their own unit, whatever else they may do.
func (k *Desk) mustBeOther(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID) error {
	own, err := k.ownUnit(ctx, q, a, u)
	if err == nil && own {
		err = fault.New(fault.Forbidden, "rounds.own_unit")
	}
	return err
}

// MayEnter reports whether somebody may score a unit's own sheet.
func (k *Desk) MayEnter(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID) (bool, error) {
	return may(k.mustEnter(ctx, q, a, u))
}

// may turns a refusal into a no.
func may(err error) (bool, error) {
	if fault.Is(err, fault.Forbidden) || fault.Is(err, fault.Unauthenticated) {
		return false, nil
	}
	return err == nil, err
}
