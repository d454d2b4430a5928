package job

import (
	"context"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// Eager makes a runner start all its parts at once instead of spread over a
// second.
func (r *Runner) Eager() { r.eager = true }

// What the tests of rests look at.
var (
	Paced       = paced
	LongestRest = longestRest
)

// IsPaced reports whether what runs with ctx can rest.
func IsPaced(ctx context.Context) bool {
	_, ok := ctx.Value(paceKey{}).(*pace)
	return ok
}

// Skew makes a runner's clock, and its queue's, the machine's and what by returns, and
// lets it mend at every tick.
func (r *Runner) Skew(by func() time.Duration, tick <-chan time.Time) {
	c := skewed(by)
	r.now, r.tick = c.NowUTC, tick
	r.tune = func(set *river.Config) { set.Test.Time, set.RetryPolicy = c, c }
}

// skewed is what River asks of a clock.
type skewed func() time.Duration

func (by skewed) NowUTC() time.Time { return time.Now().Add(by()).UTC() }

func (by skewed) NowUTCOrNil() *time.Time {
	t := by.NowUTC()
	return &t
}

// NextRetry is River's, which asks the machine's clock whatever it was told.
func (by skewed) NextRetry(j *rivertype.JobRow) time.Time {
	return (&river.DefaultClientRetryPolicy{}).NextRetry(j).Add(by())
}

// Beat returns when a sweep is due after last, when it is now.
func Beat(every time.Duration, last, now time.Time) time.Time {
	return (&beat{every: every, now: func() time.Time { return now }}).Next(last)
}
