package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
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

	db     *DB
	sql    *sql.Tx
	ctx    context.Context // of the caller; checked before every statement
	after  []func()
	epochs *epochs
	failed error // the first statement that the engine refused
	dirty  bool  // something was changed, or tried to be
}

// AfterCommit keeps f until the write is on disk, then calls it; when the write
// fails f is never called. Functions run in the order in which they were given.
func (tx *Tx) AfterCommit(f func()) { tx.after = append(tx.after, f) }

// Raw runs fn on the transaction itself, for a library that must write in it
// (the job queue). Rooms use statements. fn must use the context that it is
// given, and its error fails the write as a refused statement does.
func (tx *Tx) Raw(ctx context.Context, fn func(ctx context.Context, raw *sql.Tx) error) error {
	if err := tx.alive(ctx); err != nil {
		return err
	}
	return tx.fail(fn(context.WithoutCancel(ctx), tx.sql)) // as in query
}

// Engine tells which engine runs, for a library that has to know.
func (tx *Tx) Engine() Engine { return tx.db.engine }

// fail remembers that the engine refused a statement. PostgreSQL gives the whole
// transaction up then and SQLite does not; so that both behave alike nothing more
// can be done in the write, even if the error is swallowed.
func (tx *Tx) fail(err error) error {
	err = translate(err)
	if err != nil && tx.failed == nil {
		tx.failed = err
	}
	return err
}

// Write runs fn in one transaction and returns when it is on disk, or with fn's
// error and nothing changed. fn may run more than once, so it must do nothing
// but read and write through tx; all else waits in AfterCommit. When the engine
// refuses one of its statements the write is lost, whatever fn makes of the
// error. A panic in fn undoes the write and goes on in the caller, as a *Panic.
// fn must not begin another write: on SQLite that waits for itself.
//
// Errors: fn's own; *Error for what the engine refused; the context's.
func (d *DB) Write(ctx context.Context, fn func(tx *Tx) error) error { return d.queued(ctx, fn, false) }

// WriteAlone is Write for what takes long: on SQLite it shares its commit with no
// other write, so that nobody whose write is done waits for the end of this one.
// Those that come after it wait, as they do for any write.
func (d *DB) WriteAlone(ctx context.Context, fn func(tx *Tx) error) error {
	return d.queued(ctx, fn, true)
}

func (d *DB) queued(ctx context.Context, fn func(tx *Tx) error, alone bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if d.engine == Postgres {
		return d.writePostgres(ctx, fn)
	}
	j := &job{ctx: ctx, fn: fn, alone: alone, done: make(chan struct{})}
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
	alone    bool // shares its commit with no other
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
	ended := false
	defer func() {
		if ended {
			close(d.closed)
		} else {
			go d.writer() // a write left by runtime.Goexit and took the goroutine along
		}
	}()
	for {
		select {
		case j := <-d.queue:
			for j != nil {
				j = d.group(j)
			}
		case <-d.done:
			for { // what was queued before Close still counts
				select {
				case j := <-d.queue:
					for j != nil {
						j = d.group(j)
					}
				default:
					ended = true
					return
				}
			}
		}
	}
}

// errAbandoned is what a write gets whose function ended the goroutine instead
// of returning (t.Fatal does), and what the others of its group get.
var errAbandoned = errors.New("a write of the group ended without returning")

// group commits the first write and those that wait behind it together. It
// returns a write that was taken from the queue and wants to be alone.
func (d *DB) group(first *job) (next *job) {
	var group []*job
	tx, err := d.conn.BeginTx(context.Background(), nil)
	if err != nil {
		first.err = fmt.Errorf("begin a write: %w", translate(err))
		close(first.done)
		return nil
	}
	broken, shared := errAbandoned, &epochs{}
	defer func() {
		if broken != nil {
			d.failed.Add(1)
			tx.Rollback()
			for _, j := range group {
				if j.err == nil {
					j.err = fmt.Errorf("commit: %w", translate(broken))
				}
			}
		}
		for _, j := range group {
			close(j.done)
		}
	}()
	for j := first; j != nil; {
		group = append(group, j)
		broken = errAbandoned // until one returns
		if broken = d.one(tx, j, shared); broken != nil {
			return nil
		}
		if j.alone {
			break
		}
		j = nil
		if len(group) < maxGroup {
			select {
			case j = <-d.queue:
			default:
			}
		}
		if j != nil && j.alone {
			next = j
			break
		}
	}
	broken = tx.Commit()
	return next
}

// one runs a write in a savepoint. The error it returns is of the transaction as
// a whole (a full disk undoes all of it), not of the write.
func (d *DB) one(tx *sql.Tx, j *job, shared *epochs) (broken error) {
	ctx := context.Background()
	if j.err = j.ctx.Err(); j.err != nil {
		return nil
	}
	if err := d.control(ctx, savepoint); err != nil {
		return err
	}
	t := &Tx{Now: d.Now(), db: d, sql: tx, ctx: j.ctx, epochs: shared}
	j.panicked, j.err = call(j.fn, t)
	if j.err != nil || j.panicked != nil {
		shared.forget() // it may have bumped some
		if err := d.control(ctx, rollbackTo); err != nil {
			return err
		}
	}
	if err := d.control(ctx, release); err != nil {
		return err
	}
	j.after = t.after
	return nil
}

// A write within a group is a savepoint.
var (
	savepoint  = &Stmt{Name: "db.savepoint", text: map[Engine]string{SQLite: "SAVEPOINT w"}}
	rollbackTo = &Stmt{Name: "db.savepoint.rollback", text: map[Engine]string{SQLite: "ROLLBACK TO w"}}
	release    = &Stmt{Name: "db.savepoint.release", text: map[Engine]string{SQLite: "RELEASE w"}}
)

func (d *DB) control(ctx context.Context, s *Stmt) error {
	p, err := prepared(d.conn, &d.writing, s)
	if err == nil {
		_, err = p.ExecContext(ctx)
	}
	return err
}

func call(fn func(*Tx) error, t *Tx) (p *Panic, err error) {
	defer func() {
		if v := recover(); v != nil {
			p = &Panic{Value: v, Stack: debug.Stack()}
			err = p
		}
	}()
	if err = beside(t); err == nil {
		err = fn(t)
	}
	if err == nil {
		err = t.failed
	}
	if err == nil {
		// The caller may have gone away while fn ran; then it must not happen.
		err = t.ctx.Err()
	}
	return nil, err
}

func (d *DB) writePostgres(ctx context.Context, fn func(*Tx) error) error {
	after, err := d.retryPostgres(ctx, fn)
	if err == nil {
		for _, f := range after {
			f()
		}
	}
	return err
}

func (d *DB) retryPostgres(ctx context.Context, fn func(*Tx) error) ([]func(), error) {
	if !d.enter() {
		return nil, ErrClosed
	}
	defer d.writes.Done()
	deadline, cancel := ctx, context.CancelFunc(func() {})
	if _, ok := ctx.Deadline(); !ok {
		deadline, cancel = context.WithTimeout(ctx, d.retry)
	}
	defer cancel()
	for wait := 2 * time.Millisecond; ; wait = min(2*wait, 250*time.Millisecond) {
		after, again, err := d.tryPostgres(ctx, fn)
		if !again {
			return after, err
		}
		select {
		case <-time.After(wait/2 + rand.N(wait)):
		case <-deadline.Done():
			return nil, fmt.Errorf("write gave up retrying: %w", err)
		}
	}
}

// tryPostgres runs fn once; again tells that another write was in the way.
func (d *DB) tryPostgres(ctx context.Context, fn func(*Tx) error) (after []func(), again bool, err error) {
	conn, err := d.write.Conn(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("begin a write: %w", translate(err))
	}
	defer conn.Close()
	// Statements end with the caller's context, the commit does not: a caller that
	// went away must not leave us unsure whether its write happened.
	tx, err := conn.BeginTx(context.WithoutCancel(ctx), &sql.TxOptions{Isolation: sql.LevelSerializable})
	if err != nil {
		return nil, errors.Is(err, driver.ErrBadConn), fmt.Errorf("begin a write: %w", translate(err))
	}
	defer tx.Rollback() // does nothing after Commit
	t := &Tx{Now: d.Now(), db: d, sql: tx, ctx: ctx, epochs: &epochs{}}
	p, err := call(fn, t)
	if p != nil {
		tx.Rollback()
		panic(p)
	}
	if err != nil {
		// fn may have made something else of the refusal.
		return nil, errors.Is(err, ErrRetry) || errors.Is(t.failed, ErrRetry), err
	}
	if err := translate(tx.Commit()); err != nil {
		return nil, errors.Is(err, ErrRetry), fmt.Errorf("commit: %w", err)
	}
	return t.after, false, nil
}

// A Snapshot is a consistent view for reading several statements as of one
// moment.
type Snapshot struct {
	db     *DB
	sql    *sql.Tx
	epochs epochs
}

// Snapshot runs fn over one consistent view of the database; fn can only read.
func (d *DB) Snapshot(ctx context.Context, fn func(s *Snapshot) error) error {
	o := &sql.TxOptions{ReadOnly: true}
	if d.engine == Postgres {
		o.Isolation = sql.LevelRepeatableRead
	} else {
		o.ReadOnly = false // the pool is query_only already; the driver knows no such option
	}
	defer d.view(ctx)()
	tx, err := d.read.BeginTx(ctx, o)
	if err != nil {
		return fmt.Errorf("begin reading: %w", translate(err))
	}
	defer tx.Rollback()
	return fn(&Snapshot{db: d, sql: tx})
}

// patience is how long a view waits for its turn.
const patience = time.Second

// view lets as many views be open as leave connections for what is asked beside
// them: if views held all of them, and each asked something more of the database,
// they would wait for each other for ever. One that has waited long goes on all the
// same: it may stand within another.
func (d *DB) view(ctx context.Context) (done func()) {
	select {
	case d.views <- struct{}{}:
		return func() { <-d.views }
	default:
	}
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case d.views <- struct{}{}:
		return func() { <-d.views }
	case <-t.C:
	case <-ctx.Done():
	}
	return func() {}
}
