package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"cchc/base/moment"
)

// A standby serves what everybody may read. How far it is behind is told by a row that a
// server writes every second: what the standby has of it is as of when its data are. While
// it is too far behind, or away, the primary is read instead; while the primary is away
// the standby is read, however old.

var (
	// At most one of all servers writes it in a second.
	beat = SQL("db.heartbeat.beat", `
		INSERT INTO heartbeat (id, at) VALUES (1, $1)
		ON CONFLICT (id) DO UPDATE SET at = excluded.at
		WHERE heartbeat.at < $2`)
	beatAt = SQL("db.heartbeat.at", `SELECT at FROM heartbeat WHERE id = 1`)
)

const (
	beatEvery = time.Second
	// looking is how long the primary may take for a beat, and then the standby to tell.
	looking = 3 * time.Second
)

// A follower is what a DB that reads a standby knows of it.
type follower struct {
	primary *DB
	bound   time.Duration
	wait    time.Duration // looking
	use     atomic.Bool   // the standby is read
	asOf    atomic.Int64  // its data are at least as new

	mu   sync.Mutex
	told string
}

// Standby returns a database that reads from the standby which dsn names, and writes to d.
// What it reads is at most bound behind while d can be reached. It has to be closed before
// d. Keep runs it.
func (d *DB) Standby(dsn string, bound time.Duration) (*DB, error) {
	if d.engine != Postgres || !IsPostgres(dsn) {
		return nil, errors.New("only PostgreSQL has standbys")
	}
	s := &DB{engine: Postgres, dsn: dsn, self: d.self, now: d.now, retry: d.retry, done: make(chan struct{}), closed: make(chan struct{}), views: make(chan struct{}, cap(d.views))}
	s.follows = &follower{primary: d, bound: bound, wait: looking}
	var err error
	if s.read, err = s.openPool(); err != nil {
		return nil, fmt.Errorf("open a standby: %w", err)
	}
	s.read.SetMaxOpenConns(2 * cap(d.views))
	s.keepIdle(2 * cap(d.views))
	return s, nil
}

// Keep looks every second how far the standby is behind, until ctx ends.
func (d *DB) Keep(ctx context.Context) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		d.follows.look(ctx, d)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// look beats, and decides what is read.
func (f *follower) look(ctx context.Context, d *DB) {
	now := d.Now()
	missed := f.beat(ctx)
	at, err := f.ask(ctx, d)
	behind := time.Duration(now-at) * time.Millisecond
	switch {
	case err != nil:
		f.tell("the standby is away; the primary is read", err)
		f.use.Store(false)
	case missed != nil:
		f.tell("the primary is away; what everybody may read is read from the standby", missed)
		f.asOf.Store(int64(at))
		f.use.Store(true)
	case behind > f.bound:
		f.tell("the standby is too far behind; the primary is read", fmt.Errorf("%s behind", behind.Round(time.Second)))
		f.use.Store(false)
	default:
		f.tell("", nil)
		f.asOf.Store(int64(at))
		f.use.Store(true)
	}
}

// beat writes the row. A primary that is away takes all the time that it is given: the
// standby has its own.
func (f *follower) beat(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, f.wait)
	defer cancel()
	return f.primary.Write(ctx, func(tx *Tx) error {
		_, err := tx.Exec(ctx, beat, tx.Now, tx.Now.Add(-beatEvery*9/10))
		return err
	})
}

// ask asks the standby itself, whatever is read otherwise.
func (f *follower) ask(ctx context.Context, d *DB) (at moment.Instant, err error) {
	ctx, cancel := context.WithTimeout(ctx, f.wait)
	defer cancel()
	err = d.read.QueryRowContext(ctx, beatAt.text[Postgres]).Scan(&at)
	return at, err
}

// tell writes a change into the log, once.
func (f *follower) tell(what string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if what == f.told {
		return
	}
	f.told = what
	if what == "" {
		slog.Info("what everybody may read is read from the standby")
		return
	}
	slog.Warn(what, "err", err)
}

// readsStandby reports whether d follows a primary and the standby is what is read.
func (d *DB) readsStandby() bool { return d.follows != nil && d.follows.use.Load() }

// pool is what is read: the standby, or the primary in its place.
func (d *DB) pool() *sql.DB {
	if d.follows != nil && !d.follows.use.Load() {
		return d.follows.primary.read
	}
	return d.read
}

// AsOf returns the instant as of which what is read now is complete: now, or for a
// standby that is more than a few seconds behind the instant up to which it came.
func (d *DB) AsOf() moment.Instant {
	now := d.Now()
	if d.follows == nil || !d.follows.use.Load() {
		return now
	}
	if at := moment.Instant(d.follows.asOf.Load()); at < now.Add(-3*beatEvery) {
		return at
	}
	return now
}
