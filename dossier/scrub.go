package dossier

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
)

// A scrub finds what a dossier knew of a person in texts that people typed: a name
// in a reason, a telephone in a note.
type scrub struct{ words *regexp.Regexp }

// scrubLeast is how long a value must be to be looked for: shorter ones are words.
const scrubLeast = 4

// scrubber looks for all that the dossier knows of the person: of the applicant
// what it knows of the representative too.
func scrubber(p Person, part string) scrub {
	values := []string{p.Representative, p.Agent.IDNumber, p.Agent.Phone, p.Agent.Document}
	if part == PartApplicant {
		values = append(values, p.Name, p.IDNumber, p.Phone, p.Email, p.Address)
	}
	values = slices.DeleteFunc(values, func(s string) bool {
		return utf8.RuneCountInString(strings.TrimSpace(s)) < scrubLeast || s == Erased
	})
	if len(values) == 0 {
		return scrub{}
	}
	// The longest first: an address may have the name in it.
	slices.SortFunc(values, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	for i, v := range values {
		values[i] = strings.Join(quoted(strings.Fields(v)), `\s+`)
	}
	return scrub{regexp.MustCompile(`(?i)(?:` + strings.Join(values, "|") + `)`)}
}

func quoted(words []string) []string {
	for i, w := range words {
		words[i] = regexp.QuoteMeta(w)
	}
	return words
}

func (s scrub) in(text string) bool { return s.words != nil && s.words.MatchString(text) }

func (s scrub) text(text string) string {
	if s.words == nil {
		return text
	}
	return s.words.ReplaceAllLiteralString(text, Erased)
}

// Texts that people typed about a dossier: a row's keys first, then its texts; and
// how they are stored again, texts first, then the dossier and the keys.
var scrubbed = []struct {
	keys, texts int
	get, put    *db.Stmt
}{
	{1, 2, db.SQL("dossier.scrub.facts", `SELECT seq, reason, document FROM dossier_fact WHERE dossier_id = $1`),
		db.SQL("dossier.scrub.fact", `UPDATE dossier_fact SET reason = $1, document = $2 WHERE dossier_id = $3 AND seq = $4`)},
	{1, 3, db.SQL("dossier.scrub.steps", `SELECT ord, name, body, reason FROM dossier_step WHERE dossier_id = $1`),
		db.SQL("dossier.scrub.step", `UPDATE dossier_step SET name = $1, body = $2, reason = $3 WHERE dossier_id = $4 AND ord = $5`)},
	{1, 2, db.SQL("dossier.scrub.papers", `SELECT ord, name, file_name FROM dossier_paper WHERE dossier_id = $1`),
		db.SQL("dossier.scrub.paper", `UPDATE dossier_paper SET name = $1, file_name = $2 WHERE dossier_id = $3 AND ord = $4`)},
	{1, 1, db.SQL("dossier.scrub.contacts", `SELECT ord, note FROM dossier_contact WHERE dossier_id = $1`),
		db.SQL("dossier.scrub.contact", `UPDATE dossier_contact SET note = $1 WHERE dossier_id = $2 AND ord = $3`)},
	{1, 3, db.SQL("dossier.scrub.originals", `SELECT id, name, place, returned_to FROM dossier_original WHERE dossier_id = $1`),
		db.SQL("dossier.scrub.original", `UPDATE dossier_original SET name = $1, place = $2, returned_to = $3 WHERE dossier_id = $4 AND id = $5`)},
	{1, 3, db.SQL("dossier.scrub.holds", `SELECT id, reason, document, ended_why FROM dossier_hold WHERE dossier_id = $1`),
		db.SQL("dossier.scrub.hold", `UPDATE dossier_hold SET reason = $1, document = $2, ended_why = $3 WHERE dossier_id = $4 AND id = $5`)},
	{1, 2, db.SQL("dossier.scrub.items", `SELECT list_id, tracking, note FROM counter_list_item WHERE dossier_id = $1`),
		db.SQL("dossier.scrub.item", `UPDATE counter_list_item SET tracking = $1, note = $2 WHERE dossier_id = $3 AND list_id = $4`)},
	// An entry that corrects a drawer is of no dossier, and was written of any that paid there.
	{2, 1, db.SQL("dossier.scrub.cash", `
		SELECT e.session_id, e.ord, e.reason
		FROM cash_entry e
		WHERE e.session_id IN (SELECT c.session_id FROM cash_entry c WHERE c.dossier_id = $1) AND (e.dossier_id = $1 OR e.dossier_id IS NULL)`),
		db.SQL("dossier.scrub.cash_entry", `
		UPDATE cash_entry SET reason = $1
		WHERE session_id IN (SELECT c.session_id FROM cash_entry c WHERE c.dossier_id = $2) AND session_id = $3 AND ord = $4`)},
	{1, 1, db.SQL("dossier.scrub.drawers", `
		SELECT s.id, s.reason
		FROM cash_session s
		WHERE s.id IN (SELECT c.session_id FROM cash_entry c WHERE c.dossier_id = $1)`),
		db.SQL("dossier.scrub.drawer", `
		UPDATE cash_session SET reason = $1
		WHERE id IN (SELECT c.session_id FROM cash_entry c WHERE c.dossier_id = $2) AND id = $3`)},
	{2, 2, db.SQL("dossier.scrub.events", `SELECT system, event, reason, document FROM dossier_event WHERE dossier_id = $1`),
		db.SQL("dossier.scrub.event", `UPDATE dossier_event SET reason = $1, document = $2 WHERE dossier_id = $3 AND system = $4 AND event = $5`)},
	{1, 2, db.SQL("dossier.scrub.bulks", `
		SELECT b.id, b.reason, b.document
		FROM bulk_run b
		JOIN bulk_item i ON i.run_id = b.id
		WHERE i.dossier_id = $1`),
		db.SQL("dossier.scrub.bulk", `
		UPDATE bulk_run SET reason = $1, document = $2
		WHERE id IN (SELECT i.run_id FROM bulk_item i WHERE i.dossier_id = $3) AND id = $4`)},
	{1, 1, db.SQL("dossier.scrub.lists", `
		SELECT l.id, l.receiver
		FROM counter_list l
		JOIN counter_list_item i ON i.list_id = l.id
		WHERE i.dossier_id = $1`),
		db.SQL("dossier.scrub.list", `
		UPDATE counter_list SET receiver = $1
		WHERE id IN (SELECT i.list_id FROM counter_list_item i WHERE i.dossier_id = $2) AND id = $3`)},
}

// rows takes the person out of every text about a dossier.
func (s scrub) rows(ctx context.Context, tx *db.Tx, dossier string) error {
	if s.words == nil {
		return nil
	}
	for _, t := range scrubbed {
		type row struct {
			keys  []any
			texts []string
		}
		rows, err := db.All(ctx, tx, t.get, func(r db.Scanner) (row, error) {
			x := row{make([]any, t.keys), make([]string, t.texts)}
			to := make([]any, 0, t.keys+t.texts)
			for i := range x.keys {
				to = append(to, &x.keys[i])
			}
			for i := range x.texts {
				to = append(to, &x.texts[i])
			}
			return x, r.Scan(to...)
		}, dossier)
		if err != nil {
			return err
		}
		for _, x := range rows {
			found := false
			var args []any
			for _, text := range x.texts {
				found = found || s.in(text)
				args = append(args, s.text(text))
			}
			if !found {
				continue
			}
			if _, err := tx.Exec(ctx, t.put, append(append(args, dossier), x.keys...)...); err != nil {
				return err
			}
		}
	}
	return nil
}

// RedactedKinds are the kinds of things of whose entries in the trail an erasing takes
// words out; here and in the room of personal data. Of nothing else a text ever goes.
var RedactedKinds = []string{"dossier", "counter_list", "cash_session", "bulk_run", "subject_request", "retention"}

// Where the trail may have words about a dossier's person beside its own entries.
var trailOf = db.SQL("dossier.scrub.trail", `
	SELECT 'dossier', $1
	UNION SELECT 'counter_list', i.list_id FROM counter_list_item i WHERE i.dossier_id = $1
	UNION SELECT 'cash_session', c.session_id FROM cash_entry c WHERE c.dossier_id = $1
	UNION SELECT 'bulk_run', b.run_id FROM bulk_item b WHERE b.dossier_id = $1
	ORDER BY 1, 2`)

// trail takes the person out of the words in the trail, and drops the salt of its
// hashes.
func (s scrub) trail(ctx context.Context, tx *db.Tx, a actor.Actor, r *audit.Redaction, dossier string) error {
	type object struct{ kind, id string }
	objects, err := db.All(ctx, tx, trailOf, func(r db.Scanner) (o object, err error) {
		err = r.Scan(&o.kind, &o.id)
		return o, err
	}, dossier)
	if err != nil {
		return err
	}
	for _, o := range objects {
		if s.words == nil {
			break
		}
		if err := r.Redact(ctx, tx, a, o.kind, o.id, s.text); err != nil {
			return err
		}
	}
	return audit.Forget(ctx, tx, "dossier", dossier)
}
