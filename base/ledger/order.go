package ledger

import (
	"cmp"
	"context"
	"math"
	"slices"

	"cchc/base/audit"
	"cchc/base/db"
)

// A Placed is an entry of the trail with its place in the log.
type Placed struct {
	audit.Entry
	Number int64 // from 1; 0: it waits

	came int64 // as the database says it, of those that wait
}

// After reports whether an entry came into the log after another one. What waits comes
// after all that is in it.
func (p Placed) After(o Placed) bool { return p.compare(o) > 0 }

func (p Placed) compare(o Placed) int {
	place := func(x Placed) int64 {
		if x.Number == 0 {
			return math.MaxInt64
		}
		return x.Number
	}
	return cmp.Or(cmp.Compare(place(p), place(o)), cmp.Compare(p.came, o.came), cmp.Compare(p.Key, o.Key))
}

var (
	numbersOf = db.SQL("ledger.numbers.of", `
		SELECT l.entry_id, l.idx
		FROM audit_entry e
		JOIN log_leaf l ON l.entry_id = e.id
		WHERE e.kind = $1 AND e.object_id = $2`)
	// In the order in which they will enter: see pendingRead.
	waitingOf = db.Pair("ledger.waiting.of", `
		SELECT p.entry_id, `+cameSQLite+`
		FROM audit_entry e
		JOIN log_pending p ON p.entry_id = e.id
		WHERE e.kind = $1 AND e.object_id = $2`, `
		SELECT p.entry_id, p.came
		FROM audit_entry e
		JOIN log_pending p ON p.entry_id = e.id
		WHERE e.kind = $1 AND e.object_id = $2`)
)

// cameSQLite says on SQLite in which order entries came: as the trail numbers its rows,
// and before them those that waited at the upgrade or were loaded from PostgreSQL, as they
// were counted then.
const cameSQLite = `CASE p.came WHEN 0 THEN e.rowid ELSE p.came - 4611686018427387904 END`

// Of returns all that happened to one thing in the order of the log, and of what waits in
// the order in which it came: servers' clocks differ, and are set back.
func Of(ctx context.Context, q db.Queryer, kind, id string) ([]Placed, error) {
	entries, err := audit.Of(ctx, q, kind, id)
	if err != nil {
		return nil, err
	}
	numbers := map[string]int64{}
	if err := db.Each(ctx, q, numbersOf, intoPlaces(numbers, 1), kind, id); err != nil {
		return nil, err
	}
	came := map[string]int64{}
	if err := db.Each(ctx, q, waitingOf, intoPlaces(came, 0), kind, id); err != nil {
		return nil, err
	}
	out := make([]Placed, len(entries))
	for i, e := range entries {
		out[i] = Placed{e, numbers[e.Key], came[e.Key]}
	}
	slices.SortFunc(out, Placed.compare)
	return out, nil
}

// intoPlaces takes rows of an id and a number, counted from first on.
func intoPlaces(m map[string]int64, first int64) func(db.Scanner) error {
	return func(r db.Scanner) error {
		var key string
		var n int64
		err := r.Scan(&key, &n)
		m[key] = n + first
		return err
	}
}
