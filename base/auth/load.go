package auth

import (
	"context"
	"errors"
	"fmt"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
)

var actorByID = db.SQL("auth.actor", `
	SELECT a.login, a.name, a.password_at, COALESCE(g.role, ''), COALESCE(g.unit_id, '')
	FROM account a
	LEFT JOIN account_grant g ON g.account_id = a.id
		AND g.from_day <= $1 AND (g.to_day IS NULL OR g.to_day > $1)
	WHERE a.id = $2 AND a.disabled_at IS NULL
	ORDER BY g.from_day, g.id`)

// Load returns the actor behind an account, with the grants in force on a day.
// Faults: Unauthenticated when the account is unknown or disabled.
func Load(ctx context.Context, q db.Queryer, account string, on moment.Date) (actor.Actor, error) {
	a, _, err := loadActor(ctx, q, account, on)
	return a, err
}

// Resume is Load for a session that began at signedIn: a password changed since
// then ended it.
func Resume(ctx context.Context, q db.Queryer, account string, signedIn moment.Instant, on moment.Date) (actor.Actor, error) {
	a, changed, err := loadActor(ctx, q, account, on)
	if err == nil && signedIn < changed {
		return actor.Actor{}, fault.New(fault.Unauthenticated, "auth.sign_in")
	}
	return a, err
}

func loadActor(ctx context.Context, q db.Queryer, account string, on moment.Date) (a actor.Actor, changed moment.Instant, err error) {
	err = db.Each(ctx, q, actorByID, func(r db.Scanner) error {
		var g actor.Grant
		if err := r.Scan(&a.Login, &a.Name, &changed, &g.Role, &g.Unit); err != nil {
			return err
		}
		a.Account = account
		if g.Role != "" {
			a.Grants = append(a.Grants, g)
		}
		return nil
	}, on, account)
	if err != nil {
		return actor.Actor{}, 0, fmt.Errorf("load the actor of account %s: %w", account, err)
	}
	if a.Account == "" {
		return actor.Actor{}, 0, fault.New(fault.Unauthenticated, "auth.sign_in").Because(errors.New("unknown or disabled account"))
	}
	return a, changed, nil
}
