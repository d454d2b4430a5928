package db

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// A Rehearsal tells what the writes of a context would have changed.
type Rehearsal struct {
	mu    sync.Mutex
	names []string
}

type rehearsalKey struct{}

// errRehearsed undoes a write that was only rehearsed.
var errRehearsed = errors.New("rehearsed: undone on purpose")

// Rehearse returns a context in which writes run to their end and are then undone:
// the caller is told that they succeeded, nothing of them stays, and what waited for
// their commit never happens. It is for trying what somebody could do.
func Rehearse(ctx context.Context) (context.Context, *Rehearsal) {
	r := &Rehearsal{}
	return context.WithValue(ctx, rehearsalKey{}, r), r
}

// Statements lists the names of the statements that would have changed something,
// each once and in order of name; "" stands for what a library did by Raw.
func (r *Rehearsal) Statements() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := slices.Clone(r.names)
	slices.Sort(out)
	return slices.Compact(out)
}

func (r *Rehearsal) add(names []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.names = append(r.names, names...)
}

// rehearsing returns the write to run in place of fn, and what its error becomes.
func rehearsing(ctx context.Context, fn func(*Tx) error) (run func(*Tx) error, told func(error) error) {
	r, _ := ctx.Value(rehearsalKey{}).(*Rehearsal)
	if r == nil {
		return fn, func(err error) error { return err }
	}
	run = func(tx *Tx) error {
		tx.names = []string{}
		if err := fn(tx); err != nil || tx.failed != nil {
			return err
		}
		r.add(tx.names)
		return errRehearsed
	}
	return run, func(err error) error {
		if errors.Is(err, errRehearsed) {
			return nil
		}
		return err
	}
}

// note keeps the name of a statement that changes something, for a rehearsal.
func (tx *Tx) note(name string) {
	tx.dirty = true
	if tx.names != nil {
		tx.names = append(tx.names, name)
	}
}
