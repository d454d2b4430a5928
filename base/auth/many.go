package auth

import (
	"context"
	"errors"
	"strings"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/fault"
)

// Issued is a first password as it is told to whoever made the account, once.
type Issued struct{ Login, Name, Password string }

var loginName = db.SQL("auth.account.login_name", `SELECT name FROM account WHERE login = $1`)

// CreateAll makes many accounts in one write. wrong has what is wrong with an
// account, by its place in the list; with any nothing is made. same are those
// that are there under the same login and name, and are left alone. then, which
// may be nil, runs last in the same write; with find set nothing is hashed, for
// a then that undoes all.
func (k *Accounts) CreateAll(ctx context.Context, a actor.Actor, list []NewAccount, find bool, then func(context.Context, *db.Tx) error) (same map[int]bool, wrong map[int]*fault.Fault, err error) {
	if err := k.Guard.CheckAnywhere(a, AccountChange); err != nil {
		return nil, nil, err
	}
	hashes := make([]string, len(list))
	bad := map[int]*fault.Fault{}
	seen := map[string]bool{}
	for i := range list {
		n := &list[i]
		n.Login, n.Name = FoldLogin(n.Login), strings.Join(strings.Fields(n.Name), " ")
		f := fault.New(fault.Invalid, "auth.account_invalid")
		switch {
		case !loginForm.MatchString(n.Login):
			f.With("login", "auth.login_form")
		case seen[n.Login]:
			f.With("login", "auth.login_taken")
		}
		seen[n.Login] = true
		if n.Name == "" {
			f.With("name", "auth.name_missing")
		}
		units, err := k.unitNames(ctx, k.DB, n.Grants)
		if err != nil {
			return nil, nil, err
		}
		checkPassword(f, "password", n.Login, n.Password, units...)
		for _, g := range n.Grants {
			if _, known := policy[g.Role]; !known {
				f.With("role", "auth.role_unknown", "Role", string(g.Role))
			}
		}
		if f.Or() != nil {
			bad[i] = f
		}
	}
	if !find && len(bad) == 0 {
		for i, n := range list {
			if hashes[i], err = hashPassword(ctx, n.Password); err != nil {
				return nil, nil, err
			}
		}
	}
	undo := errors.New("some accounts are wrong")
	err = k.DB.Write(ctx, func(tx *db.Tx) error {
		same, wrong = map[int]bool{}, map[int]*fault.Fault{}
		for i, f := range bad {
			wrong[i] = f
		}
		for i, n := range list {
			if wrong[i] != nil {
				continue
			}
			for _, g := range n.Grants {
				if ok, err := k.Guard.May(ctx, tx, a, AccountChange, g.Unit); err != nil {
					return err
				} else if !ok {
					wrong[i] = fault.New(fault.Forbidden, "auth.forbidden").With("unit", "auth.forbidden")
				}
			}
			name, err := db.Value[string](ctx, tx, loginName, n.Login)
			switch {
			case wrong[i] != nil:
			case errors.Is(err, db.ErrNotFound):
				if err := k.make(ctx, tx, a, n, hashes[i]); err != nil {
					return err
				}
			case err != nil:
				return err
			case name == n.Name:
				same[i] = true
			default:
				wrong[i] = fault.New(fault.Invalid, "auth.account_invalid").With("login", "auth.login_taken")
			}
		}
		if len(wrong) > 0 {
			return undo
		}
		if then != nil {
			return then(ctx, tx)
		}
		return nil
	})
	if errors.Is(err, undo) {
		err = nil
	}
	return same, wrong, err
}

// make stores an account that was checked. Whoever reads the file, or the page of
// passwords, knows this one: it is for the first sign-in only.
func (k *Accounts) make(ctx context.Context, tx *db.Tx, a actor.Actor, n NewAccount, hash string) error {
	n.First = true
	_, err := k.insert(ctx, tx, a, n, hash)
	return err
}
