package audit

import (
	"context"

	"cchc/base/actor"
	"cchc/base/db"
)

var (
	textsOf   = db.SQL("audit.redact.texts", `SELECT id, changes, reason FROM audit_entry WHERE kind = $1 AND object_id = $2 ORDER BY id`)
	redactAdd = db.SQL("audit.redact.note", `INSERT INTO audit_redacted (entry_id, at, account) VALUES ($1, $2, $3) ON CONFLICT (entry_id, at) DO NOTHING`)
	redactSet = db.SQL("audit.redact.set", `UPDATE audit_entry SET changes = $1, reason = $2 WHERE id = $3`)
)

// Redact takes a person out of the words that people typed into entries about an
// object (a reason, the name of a paper), by a function that takes them out of a
// text. Who acted, how, on what and when can never change: the engine refuses all
// but this, and only in entries of which table audit_redacted says so.
func Redact(ctx context.Context, tx *db.Tx, a actor.Actor, kind, id string, scrub func(string) string) error {
	type entry struct{ id, changes, reason string }
	list, err := db.All(ctx, tx, textsOf, func(r db.Scanner) (e entry, err error) {
		err = r.Scan(&e.id, &e.changes, &e.reason)
		return e, err
	}, kind, id)
	if err != nil {
		return err
	}
	for _, e := range list {
		changes, reason := scrub(e.changes), scrub(e.reason)
		if changes == e.changes && reason == e.reason {
			continue
		}
		if _, err := tx.Exec(ctx, redactAdd, e.id, tx.Now, a.Account); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, redactSet, changes, reason, e.id); err != nil {
			return err
		}
	}
	return nil
}
