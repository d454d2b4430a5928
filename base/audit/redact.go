package audit

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/receipt"
)

var (
	textsOf    = db.SQL("audit.redact.texts", `SELECT id, changes, reason FROM audit_entry WHERE kind = $1 AND object_id = $2 ORDER BY id`)
	redactAdd  = db.SQL("audit.redact.note", `INSERT INTO audit_redacted (entry_id, at, account) VALUES ($1, $2, $3) ON CONFLICT (entry_id, at) DO NOTHING`)
	saltOfText = db.SQL("audit.redact.salt", `SELECT salt FROM log_leaf WHERE entry_id = $1 AND salt IS NOT NULL`)
	keepHash   = db.SQL("audit.redact.hash", `INSERT INTO log_erased (entry_id, text_hash) VALUES ($1, $2)`)
	keptHash   = db.SQL("audit.redact.kept", `SELECT text_hash FROM log_erased WHERE entry_id = $1`)
	dropSalt   = db.SQL("audit.redact.unsalt", `UPDATE log_leaf SET salt = NULL WHERE entry_id = $1`)
	leftSalt   = db.SQL("audit.redact.left", `
		INSERT INTO log_left (entry_id, salt) VALUES ($1, $2)
		ON CONFLICT (entry_id) DO UPDATE SET salt = excluded.salt`)
	redactSet = db.SQL("audit.redact.set", `UPDATE audit_entry SET changes = $1, reason = $2 WHERE id = $3`)
)

// A Redaction collects what the acts of one erasing left of entries. Its change belongs
// into the act's own entry: without it the check of the log says that the texts were
// taken out untold.
type Redaction struct{ left []string }

// Changes returns the change for the entry of the act; none where no text was touched.
func (r *Redaction) Changes() []Change {
	if len(r.left) == 0 {
		return nil
	}
	return []Change{{Field: receipt.RedactedField, To: strings.Join(r.left, " ")}}
}

// Redact takes a person out of the words that people typed into entries about an
// object (a reason, the name of a paper), by a function that takes them out of a
// text. Who acted, how, on what and when can never change: the engine refuses all
// but this, and only in entries of which table audit_redacted says so. The log keeps a
// hash of the text that was, and drops its salt: it holds, and the hash says nothing.
// What is left is hashed too, for the entry of the act: see Redaction.
func (r *Redaction) Redact(ctx context.Context, tx *db.Tx, a actor.Actor, kind, id string, scrub func(string) string) error {
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
		before, err := unsalt(ctx, tx, e.id, e.changes, e.reason)
		if err != nil {
			return err
		}
		if before != nil {
			salt := make([]byte, receipt.SaltSize)
			rand.Read(salt) // never fails
			if _, err := tx.Exec(ctx, leftSalt, e.id, salt); err != nil {
				return err
			}
			r.left = append(r.left, e.id+":"+receipt.LeftHash(salt, e.id, before, changes, reason))
		}
		if _, err := tx.Exec(ctx, redactSet, changes, reason, e.id); err != nil {
			return err
		}
	}
	return nil
}

// unsalt keeps of an entry's text what the log needs of it, and returns the hash that
// the log has; nil of what is not in the log yet: what is left enters it then.
func unsalt(ctx context.Context, tx *db.Tx, id, changes, reason string) ([]byte, error) {
	salt, err := db.Value[[]byte](ctx, tx, saltOfText, id)
	if errors.Is(err, db.ErrNotFound) {
		before, err := db.Value[[]byte](ctx, tx, keptHash, id) // erased from before
		if errors.Is(err, db.ErrNotFound) {
			return nil, nil
		}
		return before, err
	}
	if err != nil {
		return nil, err
	}
	before := receipt.TextHash(salt, changes, reason)
	if _, err := tx.Exec(ctx, keepHash, id, before); err != nil {
		return nil, err
	}
	_, err = tx.Exec(ctx, dropSalt, id)
	return before, err
}
