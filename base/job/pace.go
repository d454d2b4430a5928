package job

import (
	"context"
	"time"

	"cchc/base/moment"
)

// longestRest is how long a job rests at most between two pieces of its work.
const longestRest = 5 * time.Second

// A pace knows since when a job has worked without a rest.
type pace struct {
	now   func() moment.Instant
	began moment.Instant
}

type paceKey struct{}

// paced returns the context of a job that can rest, by a clock.
func paced(ctx context.Context, now func() moment.Instant) context.Context {
	return context.WithValue(ctx, paceKey{}, &pace{now, now()})
}

// Rest is called by a job that goes over much, after each piece: it waits for as long as
// the piece took, five seconds at most, so that of two cores one is left to those who wait
// at a counter. Outside of a job nobody is in the way, and it returns at once. The error
// is that of the context. It is not for goroutines of one job at once.
func Rest(ctx context.Context) error {
	p, ok := ctx.Value(paceKey{}).(*pace)
	if !ok {
		return ctx.Err()
	}
	// By a clock that may be put back, or forward by a year: neither makes a job hang.
	took := time.Duration(p.now()-p.began) * time.Millisecond
	wait := time.NewTimer(min(max(took, 0), longestRest))
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	p.began = p.now()
	return nil
}
