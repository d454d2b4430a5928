// Package audit keeps the trail (nhật ký): every write records who did what to
// which thing, when, and from what to what, in the same transaction. The trail
// only grows; the engine itself refuses to change or delete a row.
//
// Personal values are never stored. A personal field appears as changed, with a
// hash before and after whose salt lies in a table of its own, a row per object:
// with the salt one can tell whether a value was this one, and when Forget has
// dropped it the hashes say nothing while the trail stays whole. Words that people
// typed may name a person all the same: Redact takes them out, and is the only
// change that the engine lets through.
package audit

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/moment"
)

// An Entry is one act in the trail.
type Entry struct {
	Actor   actor.Actor  // read back without grants; a person's name is the account's present one, and so in For
	Verb    string       // "dossier.receive"
	Kind    string       // of the thing acted upon: "dossier"
	ID      string       // of the thing acted upon
	Unit    actor.UnitID // where it happened; "" when it concerns no unit
	Changes []Change
	Reason  string // what the actor gave as reason; no personal values

	Key string         // the entry's own id; set by Record
	At  moment.Instant // set by Record to the write's instant
}

// A Change is one field, before and after.
type Change struct {
	Field    string `json:"field"`
	From     string `json:"from,omitempty"`
	To       string `json:"to,omitempty"`
	Personal bool   `json:"personal,omitempty"` // From and To are stored as salted hashes; "" stays ""
}

var (
	insert = db.Rows("audit.record", "audit_entry", "id, at, account, verb, kind, object_id, unit_id, changes, reason, on_behalf", "")

	// That an entry is there proves that its write happened: nobody can take it away.
	entryThere = db.SQL("audit.there", `SELECT id FROM audit_entry WHERE id = $1`)

	saltMake = db.SQL("audit.salt.make", `
		INSERT INTO audit_salt (kind, object_id, salt) VALUES ($1, $2, $3)
		ON CONFLICT (kind, object_id) DO NOTHING`)
	saltGet  = db.SQL("audit.salt.get", `SELECT salt FROM audit_salt WHERE kind = $1 AND object_id = $2`)
	saltDrop = db.SQL("audit.salt.drop", `DELETE FROM audit_salt WHERE kind = $1 AND object_id = $2`)
)

// Record adds an entry to the trail, as part of the write tx, at its instant.
// An entry without actor, verb, kind or id is an error: the write must not
// happen untold.
func Record(ctx context.Context, tx *db.Tx, e Entry) error {
	return RecordAll(ctx, tx, []Entry{e})
}

// RecordAll adds many entries with few statements, for imports.
func RecordAll(ctx context.Context, tx *db.Tx, entries []Entry) error {
	rows := make([][]any, len(entries))
	for i, e := range entries {
		if !e.Actor.SignedIn() || e.Verb == "" || e.Kind == "" || e.ID == "" {
			return fmt.Errorf("audit entry %q of %q by %q on %s %q is not complete", e.Verb, e.Kind, e.Actor.Account, e.Kind, e.ID)
		}
		changes, err := conceal(ctx, tx, e)
		if err != nil {
			return fmt.Errorf("record %s of %s %s: %w", e.Verb, e.Kind, e.ID, err)
		}
		text, err := json.Marshal(changes)
		if err != nil {
			return fmt.Errorf("record %s of %s %s: %w", e.Verb, e.Kind, e.ID, err)
		}
		id := db.NewID()
		tx.Proves(entryThere, id)
		rows[i] = []any{id, tx.Now, e.Actor.Account, e.Verb, e.Kind, e.ID, string(e.Unit), string(text), e.Reason, e.Actor.For.Account}
	}
	tx.AfterCommit(func() {
		for _, e := range entries {
			n, _ := acts.LoadOrStore(e.Verb, new(atomic.Int64))
			n.(*atomic.Int64).Add(1)
		}
	})
	return tx.InsertRows(ctx, insert, rows)
}

// acts counts by verb what this process recorded since it began.
var acts sync.Map // string → *atomic.Int64

// Acts returns how often each verb was recorded by this process.
func Acts() map[string]int64 {
	out := map[string]int64{}
	acts.Range(func(verb, n any) bool { out[verb.(string)] = n.(*atomic.Int64).Load(); return true })
	return out
}

// conceal returns the entry's changes with personal values hashed.
func conceal(ctx context.Context, tx *db.Tx, e Entry) ([]Change, error) {
	out := make([]Change, 0, len(e.Changes)+1)
	if e.Actor.Token != "" {
		out = append(out, Change{Field: "token", To: e.Actor.Token})
	}
	var salt []byte
	for _, c := range e.Changes {
		if c.Personal {
			if salt == nil {
				var err error
				if salt, err = saltOf(ctx, tx, e.Kind, e.ID); err != nil {
					return nil, err
				}
			}
			c.From, c.To = hash(salt, c.Field, c.From), hash(salt, c.Field, c.To)
		}
		out = append(out, c)
	}
	return out, nil
}

// saltOf returns the salt of an object, which gets one with its first entry.
func saltOf(ctx context.Context, tx *db.Tx, kind, id string) ([]byte, error) {
	fresh := make([]byte, 16)
	rand.Read(fresh) // never fails
	n, err := tx.Exec(ctx, saltMake, kind, id, fresh)
	if err != nil || n == 1 {
		return fresh, err
	}
	return db.Value[[]byte](ctx, tx, saltGet, kind, id)
}

func hash(salt []byte, field, value string) string {
	if value == "" {
		return ""
	}
	m := hmac.New(sha256.New, salt)
	fmt.Fprintf(m, "%s\x00%s", field, value)
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// Matches reports whether the hash in a personal Change of the object's field
// stands for value. After Forget it is false for every value.
func Matches(ctx context.Context, q db.Queryer, kind, id, field, value, hashed string) (bool, error) {
	salts, err := db.Column[[]byte](ctx, q, saltGet, kind, id)
	if err != nil || len(salts) == 0 || hashed == "" {
		return false, err
	}
	return hmac.Equal([]byte(hash(salts[0], field, value)), []byte(hashed)), nil
}

// Forget drops the salt of an object, as part of erasing the person whom it
// concerns: the trail keeps its rows, and nothing in them leads to the person.
// Forgetting twice, or what has no personal entries, is no error.
func Forget(ctx context.Context, tx *db.Tx, kind, id string) error {
	_, err := tx.Exec(ctx, saltDrop, kind, id)
	return err
}
