package privacy

import (
	"context"
	"encoding/json"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
)

var (
	// Of a refused proposal both texts are about what was refused. Of one that was approved
	// the document is the unit's decision on a whole list: it is the basis of all that was
	// erased by it, and says nothing of one dossier.
	proposalsOf = db.SQL("privacy.proposal.of", `
		SELECT p.id, p.state, p.document, p.reason
		FROM retention_proposal p
		WHERE p.id IN (SELECT i.proposal_id FROM retention_item i WHERE i.dossier_id = $1) AND p.state <> 'proposed'
		ORDER BY p.id`)
	proposalScrub = db.SQL("privacy.proposal.scrub", `UPDATE retention_proposal SET document = $1, reason = $2 WHERE id = $3`)

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
	return scrubProposals(ctx, tx, a, redacted, dossier, scrub)
}

// scrubProposals takes a person out of what was typed where somebody decided about
// erasing the dossier with others.
func scrubProposals(ctx context.Context, tx *db.Tx, a actor.Actor, redacted *audit.Redaction, dossier string, scrub func(string) string) error {
	type typed struct{ id, state, document, reason string }
	list, err := db.All(ctx, tx, proposalsOf, func(r db.Scanner) (x typed, err error) {
		err = r.Scan(&x.id, &x.state, &x.document, &x.reason)
		return x, err
	}, dossier)
	if err != nil {
		return err
	}
	for _, x := range list {
		document, reason, trail := x.document, scrub(x.reason), scrub
		if x.state == "refused" {
			document = scrub(x.document)
		} else {
			trail = sparing(audit.Change{Field: "document", To: x.document}, scrub)
		}
		if document != x.document || reason != x.reason {
			if _, err := tx.Exec(ctx, proposalScrub, document, reason, x.id); err != nil {
				return err
			}
		}
		if err := redacted.Redact(ctx, tx, a, "retention", x.id, trail); err != nil {
			return err
		}
	}
	return nil
}

// sparing is scrub that leaves one change of an entry as it is written in the trail. It is
// the whole change and not its text wherever that stands: "12" is a document too, and cuts
// a number in two that would then not be found.
func sparing(c audit.Change, scrub func(string) string) func(string) string {
	written, _ := json.Marshal(c) // a text never fails
	return func(s string) string {
		parts := strings.Split(s, string(written))
		for i, p := range parts {
			parts[i] = scrub(p)
		}
		return strings.Join(parts, string(written))
	}
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
	return scrubProposals(ctx, tx, a, redacted, dossier, scrub)
}
