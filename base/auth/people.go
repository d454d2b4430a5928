package auth

import (
	"context"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/moment"
)

// A Person is an account as lists show it.
type Person struct{ Account, Name string }

var (
	nameOf  = db.SQL("auth.people.name", `SELECT name FROM account WHERE id = $1`)
	loginOf = db.SQL("auth.people.login", `SELECT login FROM account WHERE id = $1`)

	// The units above one are those that reach it; like the audit trail, this
	// reads the closure that the unit room keeps.
	peopleOf = db.SQL("auth.people.of", `
		SELECT a.id, a.name
		FROM account a
		JOIN account_grant g ON g.account_id = a.id
		JOIN unit_reach r ON r.ancestor_id = g.unit_id AND r.unit_id = $1
			AND r.from_day <= $2 AND (r.to_day IS NULL OR r.to_day > $2)
		WHERE g.role = $3 AND a.disabled_at IS NULL
		AND g.from_day <= $2 AND (g.to_day IS NULL OR g.to_day > $2)
		GROUP BY a.id, a.name
		ORDER BY MIN(CASE WHEN g.unit_id = $1 THEN 0 ELSE 1 END), a.name, a.id
		LIMIT 50`)
)

// Name returns the name of an account, a disabled one too, for the past does not
// change; db.ErrNotFound when there is none.
func Name(ctx context.Context, q db.Queryer, account string) (string, error) {
	return db.Value[string](ctx, q, nameOf, account)
}

// Login returns what an account signs in with. Errors: db.ErrNotFound.
func Login(ctx context.Context, q db.Queryer, account string) (string, error) {
	return db.Value[string](ctx, q, loginOf, account)
}

// People returns up to 50 who hold a role in a unit or above it on a day, the
// unit's own first.
func People(ctx context.Context, q db.Queryer, u actor.UnitID, r actor.Role, on moment.Date) ([]Person, error) {
	return db.All(ctx, q, peopleOf, func(r db.Scanner) (p Person, err error) {
		err = r.Scan(&p.Account, &p.Name)
		return p, err
	}, string(u), on, string(r))
}
