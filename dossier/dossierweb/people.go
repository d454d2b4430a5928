package dossierweb

import (
	"context"
	"strings"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/unit"
)

var (
	nameOf = db.SQL("dossierweb.people.name", `SELECT name FROM account WHERE id = $1`)

	// Who may take a step: those whose grant lies in the unit or above it, the
	// unit's own people first.
	peopleOf = db.SQL("dossierweb.people.of", `
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

// names writes the names of the accounts that did something; of those that are
// disabled too, for the past does not change.
type names struct {
	q     db.Queryer
	known map[string]string
}

func newNames(q db.Queryer) *names { return &names{q: q, known: map[string]string{}} }

// of returns an account's name, "" for no account.
func (n *names) of(ctx context.Context, account string) (string, error) {
	if account == "" {
		return "", nil
	}
	if strings.HasPrefix(account, "system:") {
		return i18n.T(ctx, "dossierweb.system"), nil
	}
	if name, ok := n.known[account]; ok {
		return name, nil
	}
	found, err := db.Column[string](ctx, n.q, nameOf, account)
	if err != nil {
		return "", err
	}
	name := i18n.T(ctx, "dossierweb.unknown_person")
	if len(found) > 0 {
		name = found[0]
	}
	n.known[account] = name
	return name, nil
}

// A person who may be given a step.
type person struct{ Account, Name string }

// peopleWith returns who holds a role where a unit's dossiers are worked on.
func peopleWith(ctx context.Context, q db.Queryer, role actor.Role, u unit.ID, on moment.Date) ([]person, error) {
	return db.All(ctx, q, peopleOf, func(r db.Scanner) (p person, err error) {
		err = r.Scan(&p.Account, &p.Name)
		return p, err
	}, string(u), on, string(role))
}
