package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/moment"
)

// A Cursor is a place in the trail: the last entry that was seen. The zero
// Cursor is its newest end.
type Cursor struct {
	At  moment.Instant
	Key string
}

// After returns the place after e.
func (e Entry) After() Cursor { return Cursor{At: e.At, Key: e.Key} }

// A Filter chooses entries; its zero value chooses all. Filled fields narrow.
type Filter struct {
	Account string       // of the actor, or in whose place somebody acted
	Verb    string       // one verb exactly
	Kind    string       // of the thing
	Object  string       // the thing's id, beside Kind
	Within  actor.UnitID // the unit or what is below it; of what left it, what had been recorded by then
	From    moment.Instant
	To      moment.Instant // exclusive
	Before  Cursor         // continue here: only entries older than it
	Limit   int            // 50 when 0
}

// The names are joined in when reading, never stored: an account's name may be
// changed or erased, the trail not.
const columns = `e.id, e.at, e.account, COALESCE(a.login, ''), COALESCE(a.name, ''),
		e.verb, e.kind, e.object_id, e.unit_id, e.changes, e.reason, e.on_behalf, COALESCE(b.name, '')`

var (
	of = db.SQL("audit.of", `
		SELECT `+columns+`
		FROM audit_entry e
		LEFT JOIN account a ON a.id = e.account
		LEFT JOIN account b ON b.id = e.on_behalf
		WHERE e.kind = $1 AND e.object_id = $2
		ORDER BY e.at, e.id`)

	// unit_reach is the rooms' table of which unit lies under which: the one
	// fact of theirs that a filter inside the engine needs. What is below a unit, or
	// was to its end, shows all its entries there. Of what left it for another the
	// unit goes on reading what it could read on the last day, and nothing that came
	// after. Days begin by Vietnam's clock, 25,200,000 ms before UTC's. It is counted,
	// for PostgreSQL makes a join of EXISTS, and sorts the whole trail for one page.
	latest = db.Lines("audit.latest", `
		SELECT `+columns+`
		FROM audit_entry e
		LEFT JOIN account a ON a.id = e.account
		LEFT JOIN account b ON b.id = e.on_behalf
		WHERE TRUE
		AND (e.account = :account OR e.on_behalf = :account) --[account]
		AND e.verb = :verb --[verb]
		AND e.kind = :kind --[kind]
		AND e.object_id = :object --[object]
		AND 0 < (SELECT COUNT(*) FROM unit_reach r WHERE r.unit_id = e.unit_id AND r.ancestor_id = :within --[within]
			AND (r.to_day IS NULL OR e.at < CAST(r.to_day AS BIGINT) * 86400000 - 25200000 --[within]
			OR NOT EXISTS (SELECT 1 FROM unit_reach o WHERE o.ancestor_id = r.unit_id AND o.unit_id = r.unit_id --[within]
				AND (o.to_day IS NULL OR o.to_day > r.to_day)))) --[within]
		AND e.at >= :from --[from]
		AND e.at < :to --[to]
		AND (e.at, e.id) < (:at, :id) --[at, id]
		ORDER BY e.at DESC, e.id DESC
		LIMIT :limit`)
)

// Of returns all that happened to one thing, oldest first.
func Of(ctx context.Context, q db.Queryer, kind, id string) ([]Entry, error) {
	return db.All(ctx, q, of, scan, kind, id)
}

// Latest returns the entries that f chooses, newest first. For the next page set
// f.Before to the last entry's After.
func Latest(ctx context.Context, q db.Queryer, f Filter) ([]Entry, error) {
	args := db.Args{"limit": 50}
	if f.Limit > 0 {
		args["limit"] = f.Limit
	}
	for name, v := range map[string]string{"account": f.Account, "verb": f.Verb, "kind": f.Kind, "object": f.Object, "within": string(f.Within)} {
		if v != "" {
			args[name] = v
		}
	}
	if f.From != 0 {
		args["from"] = f.From
	}
	if f.To != 0 {
		args["to"] = f.To
	}
	if f.Before != (Cursor{}) {
		args["at"], args["id"] = f.Before.At, f.Before.Key
	}
	stmt, params := latest.With(args)
	return db.All(ctx, q, stmt, scan, params...)
}

func scan(r db.Scanner) (Entry, error) {
	var e Entry
	var unit, changes string
	if err := r.Scan(&e.Key, &e.At, &e.Actor.Account, &e.Actor.Login, &e.Actor.Name,
		&e.Verb, &e.Kind, &e.ID, &unit, &changes, &e.Reason, &e.Actor.For.Account, &e.Actor.For.Name); err != nil {
		return e, err
	}
	e.Unit = actor.UnitID(unit)
	if name, ok := strings.CutPrefix(e.Actor.Account, "system:"); ok {
		e.Actor = actor.System(name)
	}
	err := readChanges(&e, changes)
	return e, err
}

func readChanges(e *Entry, text string) error {
	if err := json.Unmarshal([]byte(text), &e.Changes); err != nil {
		e.Changes = nil // what was read before the error is not what was written
		return fmt.Errorf("changes of audit entry %s: %w", e.Key, err)
	}
	return nil
}
