package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
)

var actorByID = db.SQL("auth.actor", `
	SELECT a.login, a.name, a.password_at, a.first_password, a.disabled_at, COALESCE(s.ended_at, 0), COALESCE(g.role, ''), COALESCE(g.unit_id, '')
	FROM account a
	LEFT JOIN account_session s ON s.account_id = a.id AND s.at = $1
	LEFT JOIN account_grant g ON g.account_id = a.id
		AND g.from_day <= $2 AND (g.to_day IS NULL OR g.to_day > $2)
	WHERE a.id = $3
	ORDER BY g.from_day, g.id`)

// endedWithUnit are the grants of an account that ended because their unit did, and
// after which it held no other: what such a one gave ends with it, and what was before
// does not come back.
var endedWithUnit = db.SQL("auth.grant.ended_with_unit", `
	SELECT g.role, g.unit_id
	FROM grant_ended e
	JOIN account_grant g ON g.id = e.grant_id
	WHERE g.account_id = $1 AND g.to_day <= $2
	AND NOT EXISTS (
		SELECT 1 FROM account_grant n
		WHERE n.account_id = g.account_id AND n.from_day <= $2
		AND (n.to_day IS NULL OR n.to_day > g.to_day AND n.to_day > n.from_day))
	ORDER BY g.from_day, g.id`)

// Load returns the actor behind an account, with the grants in force on a day.
// Faults: Unauthenticated when the account is unknown or disabled.
func Load(ctx context.Context, q db.Queryer, account string, on moment.Date) (actor.Actor, error) {
	a, _, err := loadActor(ctx, q, account, 0, on)
	return a, err
}

// Resume is Load for a session that began at signedIn: a password changed since
// then ended it, and so did EndSession.
func Resume(ctx context.Context, q db.Queryer, account string, signedIn moment.Instant, on moment.Date) (actor.Actor, error) {
	a, ended, err := loadActor(ctx, q, account, signedIn, on)
	if err == nil && ended {
		return actor.Actor{}, fault.New(fault.Unauthenticated, "auth.sign_in")
	}
	return a, err
}

func loadActor(ctx context.Context, q db.Queryer, account string, signedIn moment.Instant, on moment.Date) (a actor.Actor, ended bool, err error) {
	var closed moment.Instant
	err = db.Each(ctx, q, actorByID, func(r db.Scanner) error {
		var g actor.Grant
		var changed, over moment.Instant
		var first int
		if err := r.Scan(&a.Login, &a.Name, &changed, &first, &closed, &over, &g.Role, &g.Unit); err != nil {
			return err
		}
		a.Account, a.FirstPassword = account, first == 1
		ended = signedIn < changed || over != 0
		if g.Role != "" && !a.FirstPassword {
			a.Grants = append(a.Grants, g)
		}
		return nil
	}, signedIn, on, account)
	if err != nil {
		return actor.Actor{}, false, fmt.Errorf("load the actor of account %s: %w", account, err)
	}
	if a.Account == "" || !UseAccount.In(accountStands(closed, a.FirstPassword, false)) {
		return actor.Actor{}, false, fault.New(fault.Unauthenticated, "auth.sign_in").Because(errors.New("unknown or disabled account"))
	}
	if len(a.Grants) == 0 && !a.FirstPassword {
		if a.Grants, err = db.All(ctx, q, endedWithUnit, func(r db.Scanner) (g actor.Grant, err error) {
			err = r.Scan(&g.Role, &g.Unit)
			g.Only = onlyReads
			return g, err
		}, account, on); err != nil {
			return actor.Actor{}, false, err
		}
		a.ReadOnly = len(a.Grants) > 0
	}
	return a, ended, nil
}

// onlyReads narrows a grant to reading.
var onlyReads = func() string {
	names := make([]string, len(Reads))
	for i, v := range Reads {
		names[i] = string(v)
	}
	return strings.Join(names, " ")
}()
