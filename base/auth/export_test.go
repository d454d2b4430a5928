package auth

import (
	"context"

	"cchc/base/db"
)

var countersOf = db.SQL("authtest.counters", `SELECT COUNT(*) FROM sign_in_attempt WHERE key = $1`)

// CountersOf counts the counters of addresses.
func CountersOf(ctx context.Context, q db.Queryer, from ...string) (n int, err error) {
	for _, f := range from {
		one, err := db.Value[int](ctx, q, countersOf, attemptHash("address", f))
		if err != nil {
			return 0, err
		}
		n += one
	}
	return n, nil
}
