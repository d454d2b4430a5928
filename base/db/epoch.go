package db

import (
	"context"
	"errors"
	"sync"
	"time"
)

var (
	epochGet  = SQL("db.epoch.get", `SELECT value FROM epoch WHERE name = $1`)
	epochAll  = SQL("db.epoch.all", `SELECT name, value FROM epoch`)
	epochBump = SQL("db.epoch.bump", `
		INSERT INTO epoch (name, value) VALUES ($1, 1)
		ON CONFLICT (name) DO UPDATE SET value = epoch.value + 1`)
)

// Bump tells every process on this database that what Cache keeps under this
// name is out of date once the write commits.
func (tx *Tx) Bump(ctx context.Context, name string) error {
	tx.epochs.forget()
	if tx.bumped[name] { // once tells it for the whole write
		return nil
	}
	tx.Notify(epochLine + name)
	if _, err := tx.Exec(ctx, epochBump, name); err != nil {
		return err
	}
	if tx.bumped == nil {
		tx.bumped = map[string]bool{}
	}
	tx.bumped[name] = true
	return nil
}

// epochs are all epochs as one transaction sees them: read once, for a write or
// a page asks several caches. Writes that share a commit share them; nobody else
// can change them meanwhile.
type epochs struct {
	mu    sync.Mutex
	all   map[string]int64
	dirty bool // an earlier write of the commit changed something
}

func (e *epochs) forget() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = nil
}

func (e *epochs) of(ctx context.Context, q Queryer, name string) (int64, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.all == nil {
		all, err := readEpochs(ctx, q)
		if err != nil {
			return 0, err
		}
		e.all = all
	}
	return e.all[name], nil // 0: nobody has bumped it yet
}

func readEpochs(ctx context.Context, q Queryer) (map[string]int64, error) {
	all := map[string]int64{}
	err := Each(ctx, q, epochAll, func(r Scanner) error {
		var name string
		var value int64
		err := r.Scan(&name, &value)
		all[name] = value
		return err
	})
	return all, err
}

// Lag is how long Recently may not know of another process's change.
const Lag = time.Second

// recent are the epochs as they were read last, and when.
type recent struct {
	mu        sync.Mutex
	all       map[string]int64
	committed int64 // writes of this process before they were read
	at        time.Time
}

// forget makes the next one who asks read again.
func (r *recent) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = nil
}

// Recently returns the sum of epochs as this process's last commit left them, and
// other processes' at most Lag ago, or since they told (see Listen): it reads them again
// only then. It is for what is asked with every request.
func (d *DB) Recently(ctx context.Context, names ...string) (int64, error) {
	r := &d.seen
	r.mu.Lock()
	defer r.mu.Unlock()
	committed := d.committed.Load()
	if r.all == nil || r.committed != committed || time.Since(r.at) >= Lag {
		at := time.Now()
		all, err := readEpochs(ctx, d)
		if err != nil {
			return 0, err
		}
		r.all, r.committed, r.at = all, committed, at
	}
	var sum int64
	for _, name := range names {
		sum += r.all[name]
	}
	return sum, nil
}

// Lately is the database for reading what may not know for Lag of another process's
// change of what is cached: units, calendars, procedures. Its rows are as they are.
func (d *DB) Lately() Queryer { return lately{d} }

type lately struct{ *DB }

// A Cache keeps what Load made of slowly changing tables (units, calendars,
// procedures) until somebody bumps its epoch, in this process or another: one
// point read tells. The value is shared; treat it as immutable. A Cache is of
// one database: a field beside the *DB, not a package variable.
type Cache[T any] struct {
	Name string
	Load func(ctx context.Context, q Queryer) (T, error)

	loading sync.Mutex // one loads, the others wait
	mu      sync.Mutex // guards what follows
	epoch   int64
	failed  int64 // group commits that had failed when value was loaded
	full    bool
	value   T
}

// Get returns the current value as q sees it. What a write loads after it has
// changed something is not kept, nor what it loads after an earlier write of its
// commit did: it may see those changes, and they may yet be undone.
func (c *Cache[T]) Get(ctx context.Context, q Queryer) (T, error) {
	epoch, err := c.now(ctx, q)
	if err != nil {
		var zero T
		return zero, err
	}
	c.forget(q.base().failed.Load())
	d, free := q.(*DB)
	late := false
	if l, ok := q.(lately); ok {
		d, free, late = l.DB, true, true
	}
	if v, ok := c.kept(epoch, late); ok {
		return v, nil
	}
	if !free {
		// It holds a connection: if it waited for the one who loads, and that one
		// for a connection, both would wait for ever.
		v, err := c.Load(ctx, q)
		if tx, writing := q.(*Tx); err == nil && (!writing || (!tx.dirty && !tx.epochs.dirty)) {
			c.keep(epoch, v)
		}
		return v, err
	}
	c.loading.Lock()
	defer c.loading.Unlock()
	if v, ok := c.kept(epoch, late); ok { // somebody loaded it while we waited
		return v, nil
	}
	var v T
	err = d.Snapshot(ctx, func(s *Snapshot) error {
		// Load may read several tables: all as of one moment, and its epoch.
		epoch, err := c.now(ctx, s)
		if err != nil {
			return err
		}
		if v, err = c.Load(ctx, s); err == nil {
			c.keep(epoch, v)
		}
		return err
	})
	return v, err
}

func (c *Cache[T]) now(ctx context.Context, q Queryer) (int64, error) {
	switch x := q.(type) {
	case *Tx:
		return x.epochs.of(ctx, q, c.Name)
	case *Snapshot:
		return x.epochs.of(ctx, q, c.Name)
	case lately:
		return x.Recently(ctx, c.Name)
	}
	epoch, err := Value[int64](ctx, q, epochGet, c.Name)
	if errors.Is(err, ErrNotFound) {
		err = nil // nobody has bumped it yet
	}
	return epoch, err
}

// kept returns what was loaded at an epoch, or at a newer one where that will do.
func (c *Cache[T]) kept(epoch int64, newer bool) (v T, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.full && (c.epoch == epoch || newer && c.epoch > epoch) {
		return c.value, true
	}
	return v, false
}

// keep keeps v unless something newer is kept already.
func (c *Cache[T]) keep(epoch int64, v T) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.full || epoch >= c.epoch {
		c.value, c.epoch, c.full = v, epoch, true
	}
}

// forget drops what was loaded before a group commit failed: a write of that
// group may have loaded what another in it had changed, and that never happened.
func (c *Cache[T]) forget(failed int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failed != failed {
		c.failed, c.full = failed, false
	}
}
