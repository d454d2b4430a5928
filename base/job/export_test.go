package job

// Eager makes a runner start all its parts at once instead of spread over a
// second.
func (r *Runner) Eager() { r.eager = true }
