package dossierweb

import (
	"context"
	"errors"
	"strings"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/i18n"
)

// names writes the names of the accounts that did something; of those that are
// disabled too, for the past does not change.
type names struct {
	q     db.Queryer
	known map[string]string
}

func newNames(q db.Queryer) *names { return &names{q: q, known: map[string]string{}} }

// acted returns who did something: an account's name, and in whose place.
func (n *names) acted(ctx context.Context, account, behalf string) (string, error) {
	name, err := n.of(ctx, account)
	if err != nil || behalf == "" {
		return name, err
	}
	other, err := n.of(ctx, behalf)
	return i18n.T(ctx, "auth.behalf", "Name", name, "For", other), err
}

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
	name, err := auth.Name(ctx, n.q, account)
	if errors.Is(err, db.ErrNotFound) {
		name, err = i18n.T(ctx, "dossierweb.unknown_person"), nil
	}
	if err != nil {
		return "", err
	}
	n.known[account] = name
	return name, nil
}
