package privacy

import (
	"context"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
)

var (
	requestScrub  = db.SQL("privacy.request.scrub", `UPDATE subject_request SET contact = $1, asks = $2, identity = $3, answer = $4, basis = $5 WHERE id = $6`)
	requestForget = db.SQL("privacy.request.forget", `UPDATE subject_request SET name = $1, contact = '', asks = $2, identity = $3, answer = $4, basis = $5 WHERE id = $6`)
)

// Forget takes a person who was erased out of what they asked: the number, the kind and
// the outcome stay. What is taken out of the trail is added to redacted.
func Forget(ctx context.Context, tx *db.Tx, a actor.Actor, redacted *audit.Redaction, dossier, erased string, scrub func(string) string) error {
	list, err := db.All(ctx, tx, requestOf, scanRequest, dossier)
	if err != nil {
		return err
	}
	for _, r := range list {
		if err := forget(ctx, tx, a, redacted, r, erased, scrub); err != nil {
			return err
		}
	}
	return nil
}

func forget(ctx context.Context, tx *db.Tx, a actor.Actor, redacted *audit.Redaction, r Request, erased string, scrub func(string) string) error {
	asks := ""
	if r.Asks != "" {
		asks = erased
	}
	if _, err := tx.Exec(ctx, requestForget, erased, asks, scrub(r.Identity), scrub(r.Answer), scrub(r.Basis), r.ID); err != nil {
		return err
	}
	if err := redacted.Redact(ctx, tx, a, "subject_request", r.ID, scrub); err != nil {
		return err
	}
	return audit.Forget(ctx, tx, "subject_request", r.ID)
}

// Scrub takes a person who was erased out of what others asked about the dossier; what
// the person asked is forgotten.
func Scrub(ctx context.Context, tx *db.Tx, a actor.Actor, redacted *audit.Redaction, dossier, erased string, scrub func(string) string) error {
	list, err := db.All(ctx, tx, requestOf, scanRequest, dossier)
	if err != nil {
		return err
	}
	for _, r := range list {
		if scrub(r.Name) != r.Name {
			if err := forget(ctx, tx, a, redacted, r, erased, scrub); err != nil {
				return err
			}
			continue
		}
		if _, err := tx.Exec(ctx, requestScrub, scrub(r.Contact), scrub(r.Asks), scrub(r.Identity), scrub(r.Answer), scrub(r.Basis), r.ID); err != nil {
			return err
		}
		if err := redacted.Redact(ctx, tx, a, "subject_request", r.ID, scrub); err != nil {
			return err
		}
	}
	return nil
}
