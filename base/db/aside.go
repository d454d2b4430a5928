package db

import (
	"context"
	"sync/atomic"
)

// An aside is what a caller wants written in the same transaction as a verb that
// opens one by itself.
type aside struct {
	fn   func(ctx context.Context, tx *Tx) error
	done atomic.Bool
}

type asideKey struct{}

// Alongside returns a context in whose first write fn takes part: it runs before
// the write's own function, in the same transaction, and its error undoes both.
// A write that fails leaves fn to the next one. It is for what stands around the
// verbs (that a request was answered), never for rules: those take a *Tx. written
// tells whether fn is on disk.
func Alongside(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) (with context.Context, written func() bool) {
	a := &aside{fn: fn}
	return context.WithValue(ctx, asideKey{}, a), a.done.Load
}

// beside runs the aside of the write's caller, if there is one that waits.
func beside(t *Tx) error {
	a, _ := t.ctx.Value(asideKey{}).(*aside)
	if a == nil || a.done.Load() {
		return nil
	}
	if err := a.fn(t.ctx, t); err != nil {
		return err
	}
	t.AfterCommit(func() { a.done.Store(true) })
	return nil
}
