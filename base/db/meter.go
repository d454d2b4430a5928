package db

import (
	"context"
	"time"
)

// A Meter is told how writes go.
type Meter interface {
	// Wrote is told how long a write took, from being asked for to being on disk or
	// refused.
	Wrote(took time.Duration, err error)
	// Committed is told how many writes were forced to the disk together.
	Committed(writes int)
}

// Measure has a meter told of every write from now on.
func (d *DB) Measure(m Meter) { d.meter.Store(&m) }

// Trace has f called before every write from now on; what it returns is told how the
// write ended.
func (d *DB) Trace(f func(ctx context.Context) (context.Context, func(error))) { d.trace.Store(&f) }

func (d *DB) measured(writes int) {
	if m := d.meter.Load(); m != nil {
		(*m).Committed(writes)
	}
}

// Waiting returns how many writes wait for SQLite's writer. PostgreSQL's wait for a
// connection: see Pools.
func (d *DB) Waiting() int { return len(d.queue) }

// A Pool is how the connections of one kind stand.
type Pool struct {
	Name        string // read, write
	Open, InUse int
	Waits       int64         // how often somebody had to wait for one
	Waited      time.Duration // and for how long in all
}

// Pools tells how the connections stand.
func (d *DB) Pools() []Pool {
	read := d.read.Stats()
	out := []Pool{{"read", read.OpenConnections, read.InUse, read.WaitCount, read.WaitDuration}}
	if d.write != d.read {
		w := d.write.Stats()
		out = append(out, Pool{"write", w.OpenConnections, w.InUse, w.WaitCount, w.WaitDuration})
	}
	return out
}
