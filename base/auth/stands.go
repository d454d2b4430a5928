package auth

import (
	"context"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
)

// How accounts, delegations and tokens stand, in the words of the policy.

// accountStands is how an account stands by what is known of it.
func accountStands(closed moment.Instant, firstPassword, readOnly bool) State {
	switch {
	case closed != 0:
		return "closed"
	case firstPassword:
		return "first_password"
	case readOnly:
		return "read_only"
	}
	return "active"
}

// ownStands is how the account of somebody who came in stands.
func ownStands(a actor.Actor) State { return accountStands(0, a.FirstPassword, a.ReadOnly) }

// Stands returns how an account stands on the day of the database.
func (k *Accounts) Stands(ctx context.Context, q db.Queryer, acc Account) (State, error) {
	if acc.Disabled != 0 {
		return accountStands(acc.Disabled, false, false), nil
	}
	a, err := Load(ctx, q, acc.ID, k.DB.Now().Date())
	return ownStands(a), err
}

// may returns the account when a keeper may do an act to it as it stands. Faults:
// those of changeable; Conflict in the other states.
func (k *Accounts) may(ctx context.Context, q db.Queryer, a actor.Actor, x Act, id string) (Account, error) {
	acc, err := k.changeable(ctx, q, a, id)
	if err != nil {
		return Account{}, err
	}
	now, err := k.Stands(ctx, q, acc)
	if err == nil && !x.In(now) {
		err = notOf(now)
	}
	return acc, err
}

// oneselfMay returns nil when somebody's own account stands so that they may do an
// act with it.
func oneselfMay(a actor.Actor, x Act) error {
	now := ownStands(a)
	switch {
	case a.IsSystem() || x.In(now):
		return nil
	case now == "read_only":
		return fault.New(fault.Forbidden, "auth.read_only")
	}
	return fault.New(fault.Forbidden, "auth.forbidden")
}

// notOf says why an act is not for an account that stands so.
func notOf(now State) error {
	switch now {
	case "first_password":
		return fault.New(fault.Conflict, "auth.account_first")
	case "read_only":
		return fault.New(fault.Conflict, "auth.account_reads")
	case "closed":
		return fault.New(fault.Conflict, "auth.account_closed")
	}
	return fault.New(fault.Conflict, "auth.account_open")
}

// Stands is how a delegation stands on a day.
func (d Delegation) Stands(day moment.Date) State {
	switch {
	case d.Withdrawn != 0:
		return "withdrawn"
	case d.ToDay <= day:
		return "over"
	case d.FromDay > day:
		return "coming"
	}
	return "now"
}

// Stands is how a token stands at an instant.
func (t Token) Stands(at moment.Instant) State { return tokenStands(t.Revoked, t.Expires, at) }

func tokenStands(revoked, expires, at moment.Instant) State {
	switch {
	case revoked != 0:
		return "withdrawn"
	case at >= expires:
		return "expired"
	}
	return "live"
}
