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
	return cmp.Or(cmp.Compare(place(p), place(o)), cmp.Compare(p.Key, o.Key))
}

var numbersOf = db.SQL("ledger.numbers.of", `
	SELECT l.entry_id, l.idx
	FROM audit_entry e
	JOIN log_leaf l ON l.entry_id = e.id
	WHERE e.kind = $1 AND e.object_id = $2`)

// Of returns all that happened to one thing in the order of the log: unlike that of the
// clock nobody sets it back.
func Of(ctx context.Context, q db.Queryer, kind, id string) ([]Placed, error) {
	entries, err := audit.Of(ctx, q, kind, id)
	if err != nil {
		return nil, err
	}
	numbers := map[string]int64{}
	if err := db.Each(ctx, q, numbersOf, func(r db.Scanner) error {
		var key string
		var index int64
		err := r.Scan(&key, &index)
		numbers[key] = index + 1
		return err
	}, kind, id); err != nil {
		return nil, err
	}
	out := make([]Placed, len(entries))
	for i, e := range entries {
		out[i] = Placed{e, numbers[e.Key]}
	}
	slices.SortFunc(out, Placed.compare)
	return out, nil
}
