package auth

import (
	"context"
	"errors"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
)

var (
	setDisabled = db.SQL("auth.account.set_disabled", `UPDATE account SET disabled_at = $1 WHERE id = $2`)
	setName     = db.SQL("auth.account.set_name", `UPDATE account SET name = $1 WHERE id = $2`)
	setPassword = db.SQL("auth.account.set_password", `UPDATE account SET password = $1, password_at = $2, first_password = $3 WHERE id = $4`)
	passwordNow = db.SQL("auth.account.password_now", `SELECT password FROM account WHERE id = $1`)
	passwordOf  = db.SQL("auth.account.password", `SELECT login, password, first_password, disabled_at FROM account WHERE id = $1`)
)

// Disable keeps an account from signing in and ends its sessions and tokens, for good:
// they do not come back when it is enabled. What it did stays under its name. Disabling twice changes nothing. Faults: NotFound; Conflict
// for one's own account and for the last administrator of a unit, so
// that nobody locks the last door.
func (k *Accounts) Disable(ctx context.Context, a actor.Actor, id, reason string) error {
	if a.Is(id) {
		return fault.New(fault.Conflict, "auth.disable_self")
	}
	return k.setDisabled(ctx, a, id, reason, true)
}

// Enable lets a disabled account sign in again. Faults: NotFound.
func (k *Accounts) Enable(ctx context.Context, a actor.Actor, id, reason string) error {
	return k.setDisabled(ctx, a, id, reason, false)
}

func (k *Accounts) setDisabled(ctx context.Context, a actor.Actor, id, reason string, disable bool) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		acc, err := k.changeable(ctx, tx, a, id)
		if err != nil || (acc.Disabled != 0) == disable {
			return err
		}
		x, verb, at := OpenAccount, "account.enable", moment.Instant(0)
		if disable {
			x = CloseAccount
		}
		if now, err := k.Stands(ctx, tx, acc); err != nil {
			return err
		} else if !x.In(now) {
			return notOf(now)
		}
		if disable {
			for _, h := range acc.Grants {
				if err := k.leaveOne(ctx, tx, h, id, "", tx.Now.Date()); err != nil {
					return err
				}
			}
			if err := endAll(ctx, tx, a, id); err != nil {
				return err
			}
			verb, at = "account.disable", tx.Now
		}
		if _, err := tx.Exec(ctx, setDisabled, at, id); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: verb, Kind: "account", ID: id, Unit: homeOf(acc, tx.Now.Date()), Reason: reason,
			Changes: []audit.Change{{Field: "disabled", From: acc.Disabled.String(), To: at.String()}}})
	})
}

// Rename changes the name that pages and the trail show. Faults: NotFound,
// Invalid with field name.
func (k *Accounts) Rename(ctx context.Context, a actor.Actor, id, name string) error {
	name = strings.TrimSpace(name)
	if name == "" {
		return fault.New(fault.Invalid, "auth.account_invalid").With("name", "auth.name_missing")
	}
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		acc, err := k.may(ctx, tx, a, RenameAccount, id)
		if err != nil || acc.Name == name {
			return err
		}
		if _, err := tx.Exec(ctx, setName, name, id); err != nil {
			return err
		}
		return record(ctx, tx, a, "account.rename", id, homeOf(acc, tx.Now.Date()),
			audit.Change{Field: "name", From: acc.Name, To: name, Personal: true})
	})
}

// A stored password with the name that it belongs to.
type stored struct{ login, hash string }

// ownPassword reads the actor's own, for an act. Faults: Unauthenticated when the
// account is closed.
func (k *Accounts) ownPassword(ctx context.Context, a actor.Actor, x Act) (stored, error) {
	var now State
	s, err := db.One(ctx, k.DB, passwordOf, func(r db.Scanner) (s stored, err error) {
		var first int
		var closed moment.Instant
		err = r.Scan(&s.login, &s.hash, &first, &closed)
		now = accountStands(closed, first == 1, a.ReadOnly)
		return s, err
	}, a.Account)
	if err == nil && !x.In(now) {
		err = db.ErrNotFound
	}
	if errors.Is(err, db.ErrNotFound) {
		return s, fault.New(fault.Unauthenticated, "auth.sign_in").Because(err)
	}
	return s, err
}

// ChangePassword changes the actor's own password, given the present one, and
// ends the sessions begun before. Faults: Unauthenticated for who has no
// account; Invalid with fields old and new, which must not be the same; TooMany as for
// signing in.
func (k *Accounts) ChangePassword(ctx context.Context, a actor.Actor, old, new string) error {
	return k.ChangePasswordWith(ctx, a, PasswordChange{Old: old, New: new})
}

// A PasswordChange is what ChangePasswordWith asks for.
type PasswordChange struct {
	Old, New string
	Tokens   bool // revoke the actor's tokens too: somebody else may have made one
}

// ChangePasswordWith is ChangePassword that also revokes tokens when that is asked for.
func (k *Accounts) ChangePasswordWith(ctx context.Context, a actor.Actor, c PasswordChange) error {
	old, new := c.Old, c.New
	if !a.SignedIn() || a.IsSystem() {
		return fault.New(fault.Unauthenticated, "auth.sign_in")
	}
	s, err := k.ownPassword(ctx, a, SetOwnPassword)
	if err != nil {
		return err
	}
	units, err := k.namesFor(ctx, a.Account)
	if err != nil {
		return err
	}
	f := fault.New(fault.Invalid, "auth.account_invalid")
	checkPassword(f, "new", s.login, new, units...)
	if f.Or() == nil && new == old { // a first password would stay known to who gave it
		f.With("new", "auth.password_same")
	}
	if err := f.Or(); err != nil {
		return err
	}
	// A session left open must not become a place to guess the password.
	keys := loginKeys(s.login, "change-password")
	if err := take(ctx, k.DB, keys); err != nil {
		return err
	}
	ok, _, err := verifyPassword(ctx, old, s.hash)
	if err != nil {
		return err
	}
	if !ok {
		return fault.New(fault.Invalid, "auth.account_invalid").With("old", "auth.password_wrong")
	}
	hash, err := hashPassword(ctx, new)
	if err != nil {
		return err
	}
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		if err := unchanged(ctx, tx, a.Account, s.hash); errors.Is(err, errPasswordChanged) {
			return fault.New(fault.Invalid, "auth.account_invalid").With("old", "auth.password_wrong").Because(err)
		} else if err != nil {
			return err
		}
		if err := giveBack(ctx, tx, keys); err != nil {
			return err
		}
		if a.For.Account != "" {
			return fault.New(fault.Forbidden, "auth.forbidden") // nobody is deputised for that
		}
		if c.Tokens {
			if err := endTokens(ctx, tx, a, a.Account); err != nil {
				return err
			}
		}
		return storePassword(ctx, tx, a, "account.change_password", a.Account, hash, 0)
	})
}

// errPasswordChanged tells that a password changed while another was looked at.
var errPasswordChanged = errors.New("the password changed meanwhile")

// unchanged returns errPasswordChanged when a password is not that of hash any more:
// hashing takes long, and a keeper may have reset it meanwhile.
func unchanged(ctx context.Context, tx *db.Tx, account, hash string) error {
	now, err := db.Value[string](ctx, tx, passwordNow, account)
	if err == nil && now != hash {
		err = errPasswordChanged
	}
	return err
}

// ResetPassword sets another account's password and ends its sessions and tokens; its owner
// must change it at the next sign-in. Faults: NotFound; Invalid with field new;
// Conflict for one's own account, whose password ChangePassword changes.
func (k *Accounts) ResetPassword(ctx context.Context, a actor.Actor, id, new string) error {
	if a.Is(id) {
		return fault.New(fault.Conflict, "auth.reset_self")
	}
	acc, err := k.may(ctx, k.DB, a, NewPassword, id)
	if err != nil {
		return err
	}
	units, err := k.namesFor(ctx, id)
	if err != nil {
		return err
	}
	f := fault.New(fault.Invalid, "auth.account_invalid")
	checkPassword(f, "new", acc.Login, new, units...)
	if err := f.Or(); err != nil {
		return err
	}
	hash, err := hashPassword(ctx, new)
	if err != nil {
		return err
	}
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		// Again, as of this write: the grants may have changed while we hashed.
		if _, err := k.may(ctx, tx, a, NewPassword, id); err != nil {
			return err
		}
		if err := endAll(ctx, tx, a, id); err != nil {
			return err
		}
		return storePassword(ctx, tx, a, "account.reset_password", id, hash, 1)
	})
}

func storePassword(ctx context.Context, tx *db.Tx, a actor.Actor, verb, id, hash string, first int) error {
	if _, err := tx.Exec(ctx, setPassword, hash, tx.Now, first, id); err != nil {
		return err
	}
	// Not even a hash of it: the trail says that it changed.
	return recordHome(ctx, tx, a, verb, id, audit.Change{Field: "password"})
}
