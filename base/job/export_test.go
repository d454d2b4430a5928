package job

import "context"

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
