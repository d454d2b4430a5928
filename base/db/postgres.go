package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// What a PostgreSQL that may go away needs. A transaction whose COMMIT was never sent
// did not happen and is simply run again, on the server that leads by then. When the
// server went away while it committed, a row that the write left (Proves) tells whether it
// happened, once it is sure that nobody is still committing it. What was committed but
// may be on one disk only is not acknowledged before it is on two.

// openPool opens the pool, which notes what a server warns of.
func (d *DB) openPool() (*sql.DB, error) {
	c, err := pgx.ParseConfig(d.dsn)
	if err != nil {
		return nil, err
	}
	c.OnNotice = func(conn *pgconn.PgConn, n *pgconn.Notice) {
		// A commit that does not wait for the standby any more says so by a warning,
		// without a code of its own, and is acknowledged all the same.
		if n.Code == "01000" {
			d.warned.Store(conn.PID(), true)
		}
	}
	return sql.OpenDB(stdlib.GetConnector(*c)), nil
}

// A proof is how to find out whether a write happened.
type proof struct {
	there *Stmt
	args  []any
}

// Proves says that the row which the statement finds is there if the write happens, and
// never otherwise: it was made in this write, and nobody takes it away.
func (tx *Tx) Proves(there *Stmt, args ...any) {
	if tx.proof == nil {
		tx.proof = &proof{there, args}
	}
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
	deadline, cancel := d.patient(ctx)
	defer cancel()
	for wait := 2 * time.Millisecond; ; wait = min(2*wait, 250*time.Millisecond) {
		after, again, err := d.tryPostgres(ctx, deadline, fn)
		if !again {
			return after, err
		}
		if errors.Is(err, ErrAway) {
			d.dropIdle()
		}
		select {
		case <-time.After(wait/2 + rand.N(wait)):
		case <-deadline.Done():
			return nil, fmt.Errorf("write gave up retrying: %w", err)
		}
	}
}

// patient bounds what is tried again: by the caller's deadline or by ours.
func (d *DB) patient(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, d.retry)
}

// dropIdle closes the connections that nobody uses: when one was found dead the others
// are too, and each would cost a try.
func (d *DB) dropIdle() {
	d.dropping.Lock()
	defer d.dropping.Unlock()
	if time.Since(d.dropped) < time.Second {
		return
	}
	d.dropped = time.Now()
	d.read.SetMaxIdleConns(-1)
	d.read.SetMaxIdleConns(d.idle)
}

// tryPostgres runs fn once; again tells that another write was in the way, or the server
// away, and that nothing was done.
func (d *DB) tryPostgres(ctx, deadline context.Context, fn func(*Tx) error) (after []func(), again bool, err error) {
	conn, err := d.write.Conn(ctx)
	if err != nil {
		err = translate(err)
		return nil, errors.Is(err, ErrAway), fmt.Errorf("begin a write: %w", err)
	}
	defer conn.Close()
	defer cutOff(ctx, conn)()
	// Statements end with the caller's context, the commit does not: a caller that
	// went away must not leave us unsure whether its write happened.
	tx, err := conn.BeginTx(context.WithoutCancel(ctx), &sql.TxOptions{Isolation: sql.LevelSerializable})
	if err != nil {
		err = translate(err)
		return nil, errors.Is(err, ErrAway), fmt.Errorf("begin a write: %w", err)
	}
	defer tx.Rollback() // does nothing after Commit
	t := &Tx{Now: d.Now(), db: d, sql: tx, ctx: ctx, epochs: &epochs{}}
	p, err := call(fn, t)
	if p != nil {
		tx.Rollback()
		panic(p)
	}
	if err == nil {
		err = t.tell(context.WithoutCancel(ctx))
	}
	if err != nil {
		// fn may have made something else of the refusal.
		for _, kind := range []error{ErrRetry, ErrAway} {
			again = again || errors.Is(err, kind) || errors.Is(t.failed, kind)
		}
		if errors.Is(t.failed, ErrAway) && !errors.Is(err, ErrAway) {
			err = t.failed
		}
		return nil, again, err
	}
	pid := processOf(conn)
	d.warned.Delete(pid) // what was warned of before says nothing about this commit
	err = translate(tx.Commit())
	_, warned := d.warned.LoadAndDelete(pid)
	switch {
	case err == nil && !warned:
		d.committed.Add(1)
		d.measured(1)
		return t.after, false, nil
	case err != nil && !errors.Is(err, ErrAway):
		return nil, errors.Is(err, ErrRetry), fmt.Errorf("commit: %w", err)
	}
	if err == nil {
		pid = 0 // it is done with it; only whether it is on two disks is asked
	}
	happened, sure := d.settle(deadline, pid, t.proof)
	slog.WarnContext(ctx, "a commit was cut off", "happened", happened, "known", sure, "err", err)
	switch {
	case sure && happened:
		d.committed.Add(1)
		d.measured(1)
		return t.after, false, nil
	case sure && err != nil:
		return nil, true, fmt.Errorf("commit: %w", err)
	}
	return nil, false, fmt.Errorf("commit: %w", errors.Join(ErrUncertain, err))
}

// cutOff cuts the connection when the caller's time is over: a server that stands still
// (its machine is paused, its disk hangs) answers neither a BEGIN nor a COMMIT, which do
// not end with the caller's context. A caller that went away is none of this.
func cutOff(ctx context.Context, conn *sql.Conn) (done func() bool) {
	var wire net.Conn
	conn.Raw(func(c any) error {
		if x, ok := c.(*stdlib.Conn); ok {
			wire = x.Conn().PgConn().Conn()
		}
		return nil
	})
	return context.AfterFunc(ctx, func() {
		if wire != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
			wire.SetDeadline(time.Unix(1, 0))
		}
	})
}

// processOf returns the server's process behind a connection.
func processOf(conn *sql.Conn) (pid uint32) {
	conn.Raw(func(c any) error {
		if x, ok := c.(*stdlib.Conn); ok {
			pid = x.Conn().PgConn().PID()
		}
		return nil
	})
	return pid
}

// stillThere counts the server's processes of a number that are at something. One that
// is idle has ended its commit, and one that waits within a transaction may get to it yet.
const stillThere = `SELECT COUNT(*) FROM pg_stat_activity WHERE pid = $1 AND state IS DISTINCT FROM 'idle'`

// settle finds out whether a commit that was cut off happened. It is sure when the
// process that committed is gone, or another server leads, and a write of ours after it
// was acknowledged by the one that leads: then what it sees is what there is, on two
// disks if the server keeps two.
func (d *DB) settle(deadline context.Context, pid uint32, p *proof) (happened, sure bool) {
	if p == nil {
		return false, false
	}
	for deadline.Err() == nil {
		happened, err := d.look(deadline, pid, p)
		if err == nil {
			return happened, true
		}
		d.dropIdle()
		select {
		case <-time.After(50*time.Millisecond + rand.N(100*time.Millisecond)):
		case <-deadline.Done():
		}
	}
	return false, false
}

// errCommitting says that the process that was to commit is still there.
var errCommitting = errors.New("it is still committing")

// settled is the epoch that a look bumps, to have something to commit.
const settled = "db.settled"

func (d *DB) look(ctx context.Context, pid uint32, p *proof) (happened bool, err error) {
	conn, err := d.write.Conn(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	n := 0
	if err := conn.QueryRowContext(ctx, stillThere, pid).Scan(&n); err != nil {
		return false, err
	}
	if n > 0 && processOf(conn) != pid {
		return false, errCommitting
	}
	tx, err := conn.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return false, err
	}
	defer tx.Rollback()
	rows, err := tx.QueryContext(ctx, p.there.text[Postgres], p.args...)
	if err != nil {
		return false, err
	}
	happened = rows.Next()
	if err := rows.Close(); err != nil {
		return false, err
	}
	if _, err := tx.ExecContext(ctx, epochBump.text[Postgres], settled); err != nil {
		return false, err
	}
	own := processOf(conn)
	d.warned.Delete(own)
	err = tx.Commit()
	if _, warned := d.warned.LoadAndDelete(own); warned {
		err = errCommitting
	}
	return happened, err
}

// begin begins to read on one view, and tries again while the server is away: nothing
// was read yet.
func (d *DB) begin(ctx context.Context, o *sql.TxOptions) (tx *sql.Tx, err error) {
	err = d.again(ctx, func() (done bool, err error) {
		tx, err = d.pool().BeginTx(ctx, o)
		return false, err
	})
	return tx, err
}

// again tries what reads until the server is there again: at most as long as a write
// would. done tells that it cannot be tried again, for something was read already.
func (d *DB) again(ctx context.Context, try func() (done bool, err error)) error {
	standby := d.readsStandby()
	done, err := try()
	if err == nil || done || d.engine != Postgres || !errors.Is(translate(err), ErrAway) {
		return err
	}
	deadline, cancel := d.patient(ctx)
	defer cancel()
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, 250*time.Millisecond) {
		if standby { // the primary in its place, until somebody looks again
			d.follows.use.Store(false)
		}
		d.dropIdle()
		select {
		case <-time.After(wait/2 + rand.N(wait)):
		case <-deadline.Done():
			return err
		case <-d.done:
			return ErrClosed
		}
		standby = d.readsStandby()
		if done, err = try(); err == nil || done || !errors.Is(translate(err), ErrAway) {
			return err
		}
	}
}

// of PostgreSQL alone, beside the fields of DB.
type postgres struct {
	idle     int      // connections that the pool keeps
	warned   sync.Map // process of the server → it warned at its last commit
	dropping sync.Mutex
	dropped  time.Time
}
