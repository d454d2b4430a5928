package db

import (
	"context"
	"sync"
)

// lines are where writes of one name wait for each other, so that they need not collide.
// The zero value is ready.
type lines struct {
	mu sync.Mutex
	of map[string]*waitingLine
}

type waitingLine struct {
	turn chan struct{} // holds one: whose turn it is
	in   int           // who stands in it
}

// stand waits until it is one's turn in the line of this name; leave ends it.
// Errors: the context's.
func (l *lines) stand(ctx context.Context, name string) (leave func(), err error) {
	l.mu.Lock()
	if l.of == nil {
		l.of = map[string]*waitingLine{}
	}
	x := l.of[name]
	if x == nil {
		x = &waitingLine{turn: make(chan struct{}, 1)}
		l.of[name] = x
	}
	x.in++
	l.mu.Unlock()
	out := func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if x.in--; x.in == 0 {
			delete(l.of, name)
		}
	}
	select {
	case x.turn <- struct{}{}:
		return func() { <-x.turn; out() }, nil
	case <-ctx.Done():
		out()
		return nil, ctx.Err()
	}
}

// WriteInLine is Write for what is known to change the same row as others of its line
// (the last number that a unit has given, say): in this process one goes after the
// other. On PostgreSQL they would collide, be undone and be tried again, some of them
// for as long as others come; those of another server still do. SQLite writes one after
// the other anyhow. fn must not write in its own line: it would wait for itself.
func (d *DB) WriteInLine(ctx context.Context, name string, fn func(tx *Tx) error) error {
	if d.follows != nil {
		return d.follows.primary.WriteInLine(ctx, name, fn)
	}
	if d.engine == Postgres {
		leave, err := d.lines.stand(ctx, name)
		if err != nil {
			return err
		}
		defer leave()
	}
	return d.Write(ctx, fn)
}
