package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"cchc/base/moment"
)

// A Tx is a write under way: one transaction, one instant.
type Tx struct {
	// Now is the instant of this write, the same for every row.
	Now moment.Instant

	db    *DB
	sql   *sql.Tx
	ctx   context.Context // of the caller; checked before every statement
	after []func()
}

// AfterCommit keeps f until the write is on disk, then calls it; when the write
// fails f is never called. Functions run in the order in which they were given.
func (tx *Tx) AfterCommit(f func()) { tx.after = append(tx.after, f) }

// SQL returns the transaction for a library that must write in it (the job
// queue). Rooms use statements.
func (tx *Tx) SQL() *sql.Tx { return tx.sql }

// Write runs fn in one transaction and returns when it is on disk, or with fn's
// error and nothing changed. fn may run more than once, so it must do nothing
// but read and write through tx; all else waits in AfterCommit. A panic in fn
// undoes the write and goes on in the caller.
//
// Errors: fn's own; *Error for what the engine refused; the context's.
func (d *DB) Write(ctx context.Context, fn func(tx *Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if d.engine == Postgres {
		return d.writePostgres(ctx, fn)
	}
	j := &job{ctx: ctx, fn: fn, done: make(chan struct{})}
	select {
	case d.queue <- j:
	case <-d.done:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	// Once queued the write runs to its end: a caller that went away must not
	// leave us unsure whether its write happened.
	select {
	case <-j.done:
	case <-d.closed:
		select {
		case <-j.done:
		default:
			return ErrClosed
		}
	}
	if j.panicked != nil {
		panic(j.panicked)
	}
	if j.err == nil {
		for _, f := range j.after {
			f()
		}
	}
	return j.err
}

// A job is a write that waits for the writer.
type job struct {
	ctx      context.Context
	fn       func(*Tx) error
	done     chan struct{}
	err      error
	after    []func()
	panicked *Panic
}

// A Panic carries a panic out of a write into the goroutine that asked for it.
type Panic struct {
	Value any
	Stack []byte
}

// Error makes the panic readable in logs.
func (p *Panic) Error() string { return fmt.Sprintf("panic in a write: %v\n%s", p.Value, p.Stack) }

// maxGroup bounds how many writes share a commit, so that the first of them is
// not kept waiting for ever by the others.
const maxGroup = 128

// writer is SQLite's only writer. It takes the first write that waits, then all
// that came in the meantime, and commits them together: the disk is forced once.
func (d *DB) writer() {
	defer close(d.closed)
	for {
		select {
		case j := <-d.queue:
			d.group(j)
		case <-d.done:
			for { // what was queued before Close still counts
				select {
				case j := <-d.queue:
					d.group(j)
				default:
					return
				}
			}
		}
	}
}

func (d *DB) group(first *job) {
	var group []*job
	defer func() {
		for _, j := range group {
			close(j.done)
		}
	}()
	tx, err := d.conn.BeginTx(context.Background(), nil)
	if err != nil {
		first.err = fmt.Errorf("begin a write: %w", translate(err))
		group = append(group, first)
		return
	}
	broken := error(nil)
	for j := first; j != nil && broken == nil; {
		group = append(group, j)
		broken = d.one(tx, j)
		j = nil
		if len(group) < maxGroup && broken == nil {
			select {
			case j = <-d.queue:
			default:
			}
		}
	}
	if broken == nil {
		broken = tx.Commit()
	} else {
		tx.Rollback()
	}
	if broken != nil {
		tx.Rollback()
		for _, j := range group {
			if j.err == nil {
				j.err = fmt.Errorf("commit: %w", translate(broken))
			}
		}
	}
}

// one runs a write in a savepoint. The error it returns is of the transaction as
// a whole (a full disk undoes all of it), not of the write.
func (d *DB) one(tx *sql.Tx, j *job) (broken error) {
	ctx := context.Background()
	if j.err = j.ctx.Err(); j.err != nil {
		return nil
	}
	if _, err := tx.ExecContext(ctx, "SAVEPOINT w"); err != nil {
		return err
	}
	t := &Tx{Now: d.Now(), db: d, sql: tx, ctx: j.ctx}
	j.err, j.panicked = call(j.fn, t)
	if j.err == nil && j.panicked == nil {
		// The caller may have gone away while fn ran; then it must not happen.
		j.err = j.ctx.Err()
	}
	if j.err != nil || j.panicked != nil {
		if _, err := tx.ExecContext(ctx, "ROLLBACK TO w"); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, "RELEASE w"); err != nil {
		return err
	}
	j.after = t.after
	return nil
}

func call(fn func(*Tx) error, t *Tx) (err error, p *Panic) {
	defer func() {
		if v := recover(); v != nil {
			p = &Panic{Value: v, Stack: debug.Stack()}
			err = p
		}
	}()
	return fn(t), nil
}

func (d *DB) writePostgres(ctx context.Context, fn func(*Tx) error) error {
	deadline, cancel := ctx, context.CancelFunc(func() {})
	if _, ok := ctx.Deadline(); !ok {
		deadline, cancel = context.WithTimeout(ctx, d.retry)
	}
	defer cancel()
	for wait := 2 * time.Millisecond; ; wait = min(2*wait, 250*time.Millisecond) {
		after, err := d.tryPostgres(ctx, fn)
		if err == nil {
			for _, f := range after {
				f()
			}
			return nil
		}
		if !errors.Is(err, ErrRetry) {
			return err
		}
		select {
		case <-time.After(wait/2 + rand.N(wait)):
		case <-deadline.Done():
			return fmt.Errorf("write gave up retrying: %w", err)
		}
	}
}

func (d *DB) tryPostgres(ctx context.Context, fn func(*Tx) error) ([]func(), error) {
	tx, err := d.write.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable})
	if err != nil {
		return nil, fmt.Errorf("begin a write: %w", translate(err))
	}
	defer tx.Rollback() // does nothing after Commit
	t := &Tx{Now: d.Now(), db: d, sql: tx, ctx: ctx}
	err, p := call(fn, t)
	if p != nil {
		tx.Rollback()
		panic(p)
	}
	if err != nil {
		return nil, err
	}
	if err := tx.Commit(); err != nil {
		return nil, fmt.Errorf("commit: %w", translate(err))
	}
	return t.after, nil
}

// A Snapshot is a consistent view for reading several statements as of one
// moment.
type Snapshot struct {
	db  *DB
	sql *sql.Tx
}

// Snapshot runs fn over one consistent view of the database; fn can only read.
func (d *DB) Snapshot(ctx context.Context, fn func(s *Snapshot) error) error {
	o := &sql.TxOptions{ReadOnly: true}
	if d.engine == Postgres {
		o.Isolation = sql.LevelRepeatableRead
	} else {
		o.ReadOnly = false // the pool is query_only already; the driver knows no such option
	}
	tx, err := d.read.BeginTx(ctx, o)
	if err != nil {
		return fmt.Errorf("begin reading: %w", translate(err))
	}
	defer tx.Rollback()
	return fn(&Snapshot{db: d, sql: tx})
}
