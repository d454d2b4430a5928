package auth

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/fault"
)

// Handable returns an account whose work a may give to another (bàn giao): one that
// holds or held a role where a has account.handover. Faults: Forbidden for who may do
// it nowhere; NotFound.
func (k *Accounts) Handable(ctx context.Context, q db.Queryer, a actor.Actor, id string) (Account, error) {
	if err := k.Guard.CheckAnywhere(a, AccountHandover); err != nil {
		return Account{}, err
	}
	unknown := fault.New(fault.NotFound, "auth.account_unknown")
	acc, err := load(ctx, q, id)
	if errors.Is(err, db.ErrNotFound) {
		return Account{}, unknown.Because(err)
	}
	if err != nil {
		return Account{}, err
	}
	for _, h := range acc.Grants {
		if ok, err := k.Guard.May(ctx, q, a, HandWorkOn.Verb, h.Unit); err != nil {
			return Account{}, err
		} else if ok {
			return acc, nil
		}
	}
	return Account{}, unknown
}

// Handables returns all such accounts, by name.
func (k *Accounts) Handables(ctx context.Context, a actor.Actor) ([]Account, error) {
	if err := k.Guard.CheckAnywhere(a, AccountHandover); err != nil {
		return nil, err
	}
	var out []Account
	err := k.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		all, err := db.All(ctx, q, allAccounts, scanAccount)
		if err != nil {
			return err
		}
		held := map[string][]Held{}
		if err := db.Each(ctx, q, allGrants, func(r db.Scanner) error {
			account, h, err := scanHeld(r)
			held[account] = append(held[account], h)
			return err
		}); err != nil {
			return err
		}
		may := map[actor.UnitID]bool{}
		for _, acc := range all {
			acc.Grants = held[acc.ID]
			reach := false
			for _, h := range acc.Grants {
				ok, asked := may[h.Unit]
				if !asked {
					if ok, err = k.Guard.May(ctx, q, a, AccountHandover, h.Unit); err != nil {
						return err
					}
					may[h.Unit] = ok
				}
				reach = reach || ok
			}
			if reach {
				out = append(out, acc)
			}
		}
		return nil
	})
	slices.SortStableFunc(out, func(x, y Account) int {
		switch {
		case x.Name < y.Name:
			return -1
		case x.Name > y.Name:
			return 1
		}
		return 0
	})
	return out, err
}

// DelegationsOf returns the delegations that an account gave or was given, that can
// still be withdrawn on the day of the database, and that hold where a has account.handover;
// elsewhere counts the others.
func (k *Accounts) DelegationsOf(ctx context.Context, q db.Queryer, a actor.Actor, account string) (list []Delegation, elsewhere int, err error) {
	all, err := db.All(ctx, q, delegationsOf, scanDelegation, account)
	if err != nil {
		return nil, 0, err
	}
	today := k.DB.Now().Date()
	for _, d := range all {
		if !EndDelegation.In(d.Stands(today)) {
			continue
		}
		if ok, err := k.Guard.May(ctx, q, a, HandWorkOn.Verb, d.Unit); err != nil {
			return nil, 0, err
		} else if ok {
			list = append(list, d)
		} else {
			elsewhere++
		}
	}
	return list, elsewhere, nil
}

// EndDelegations withdraws them, for an account whose work goes to another. Those that
// are not in a's reach go on, as work does that is not.
func (k *Accounts) EndDelegations(ctx context.Context, tx *db.Tx, a actor.Actor, account string) (int, error) {
	list, _, err := k.DelegationsOf(ctx, tx, a, account)
	if err != nil {
		return 0, err
	}
	for _, d := range list {
		if _, err := tx.Exec(ctx, withdrawDelegation, tx.Now, d.ID); err != nil {
			return 0, err
		}
		if err := record(ctx, tx, a, "account.withdraw_delegation", d.To.Account, d.Unit, audit.Change{Field: "delegation", From: d.ID}); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

// RecordHandover tells the trail of an account's handover, beside what each room
// tells of its own.
func (k *Accounts) RecordHandover(ctx context.Context, tx *db.Tx, a actor.Actor, from, to, reason string, moved, ended, left int) error {
	acc, err := load(ctx, tx, from)
	if err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(AccountHandover), Kind: "account", ID: from, Unit: homeOf(acc, tx.Now.Date()), Reason: reason, Changes: []audit.Change{
		{Field: "to", To: to}, {Field: "moved", To: strconv.Itoa(moved)}, {Field: "ended", To: strconv.Itoa(ended)}, {Field: "left", To: strconv.Itoa(left)}}})
}
