package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
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
	failed error           // the first statement that the engine refused
	dirty  bool            // something was changed, or tried to be
	lines  []string        // see Notify
	names  []string        // of the statements that did, for a rehearsal; nil keeps none
	proof  *proof          // see Proves
	bumped map[string]bool // see Bump
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
	tx.note("")
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

func (d *DB) queued(ctx context.Context, fn func(tx *Tx) error, alone bool) (err error) {
	if m := d.meter.Load(); m != nil {
		begun := time.Now()
		defer func() { (*m).Wrote(time.Since(begun), err) }()
	}
	if f := d.trace.Load(); f != nil {
		traced, end := (*f)(ctx)
		ctx = traced
		defer func() { end(err) }()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if d.follows != nil {
		return d.follows.primary.queued(ctx, fn, alone)
	}
	fn, told := rehearsing(ctx, fn)
	if d.twice {
		// The second run alone decides: also where the first was refused.
		if err := d.put(ctx, collide(fn), alone); errors.Is(err, ErrClosed) || ctx.Err() != nil {
			return told(err)
		}
	}
	return told(d.put(ctx, fn, alone))
}

// errCollided undoes the first run of a write that runs twice.
var errCollided = errors.New("undone to run again")

func collide(fn func(*Tx) error) func(*Tx) error {
	return func(tx *Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return errCollided
	}
}

// put has the engine's own way of writing run fn.
func (d *DB) put(ctx context.Context, fn func(tx *Tx) error, alone bool) error {
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
//
// The writes run straight in the transaction. Savepoints between them would make
// SQLite write every page that they touch to a journal of its own, which takes
// longer than the changes themselves, to be able to undo one write alone; so little
// is undone that it is cheaper to undo all and run the others again.
func (d *DB) group(first *job) (next *job) {
	group := []*job{first}
	defer func() {
		for _, j := range group {
			close(j.done)
		}
	}()
	again := false
	next, again = d.together(&group, true)
	if again {
		d.together(&group, false)
	}
	return next
}

// together runs the writes of a group in one transaction and commits it. A swift
// one takes in what waits in the queue and uses no savepoints: when one of several
// writes has to be undone it undoes all of them and wants them to run again. The
// other kind undoes one alone.
func (d *DB) together(group *[]*job, swift bool) (next *job, again bool) {
	tx, err := d.conn.BeginTx(context.Background(), nil)
	if err != nil {
		for _, j := range *group {
			j.err = fmt.Errorf("begin a write: %w", translate(err))
		}
		return nil, false
	}
	broken, shared := errAbandoned, &epochs{}
	defer func() {
		if broken == nil {
			return
		}
		tx.Rollback()
		if again {
			return
		}
		d.failed.Add(1)
		for _, j := range *group {
			if j.err == nil {
				j.err = fmt.Errorf("commit: %w", translate(broken))
			}
		}
	}()
	for i := 0; i < len(*group); i++ {
		j := (*group)[i]
		j.err, j.panicked, j.after = nil, nil, nil
		broken = errAbandoned // until it returns
		undo, err := d.one(tx, j, shared, swift)
		if broken = err; broken != nil {
			return next, false
		}
		if undo && len(*group) > 1 {
			broken, again = errUndone, true
			return next, again
		}
		if undo { // it is alone so far: the next ones begin anew
			broken = tx.Rollback()
			return next, false
		}
		if !swift || j.alone || next != nil || i < len(*group)-1 || len(*group) >= maxGroup {
			continue
		}
		if n := d.waiting(len(*group) < d.before); n != nil && n.alone {
			next = n
		} else if n != nil {
			*group = append(*group, n)
		}
	}
	d.before = len(*group)
	if broken = tx.Commit(); broken == nil {
		d.committed.Add(1)
		d.measured(len(*group))
	}
	return next, false
}

// waiting returns a write that waits, or nil. When the last commit had more it lets
// those go on who are about to come again, for a moment: what is shared by many writes
// of one commit is written once.
func (d *DB) waiting(more bool) *job {
	for tries := 0; ; tries++ {
		select {
		case j := <-d.queue:
			return j
		default:
		}
		if !more || tries == 4 {
			return nil
		}
		runtime.Gosched()
	}
}

// errUndone is why a group runs again.
var errUndone = errors.New("a write of the group was undone")

// one runs a write. undo tells that it failed and left changes that only the end of
// the transaction takes away. The error is of the transaction as a whole (a full
// disk undoes all of it), not of the write.
func (d *DB) one(tx *sql.Tx, j *job, shared *epochs, swift bool) (undo bool, broken error) {
	ctx := context.Background()
	if j.err = j.ctx.Err(); j.err != nil {
		return false, nil
	}
	if !swift {
		if err := d.control(ctx, savepoint); err != nil {
			return false, err
		}
	}
	t := &Tx{Now: d.Now(), db: d, sql: tx, ctx: j.ctx, epochs: shared}
	j.panicked, j.err = call(j.fn, t)
	failed := j.err != nil || j.panicked != nil
	if failed {
		shared.forget() // it may have bumped some
	} else {
		j.after = t.after
		shared.dirty = shared.dirty || t.dirty
	}
	if swift {
		return failed && t.dirty, nil
	}
	if failed {
		if err := d.control(ctx, rollbackTo); err != nil {
			return false, err
		}
	}
	return false, d.control(ctx, release)
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
	tx, err := d.begin(ctx, o)
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
