package db

import (
	"context"
	"errors"
	"sync"
)

var (
	epochGet  = SQL("db.epoch.get", `SELECT value FROM epoch WHERE name = $1`)
	epochBump = SQL("db.epoch.bump", `
		INSERT INTO epoch (name, value) VALUES ($1, 1)
		ON CONFLICT (name) DO UPDATE SET value = epoch.value + 1`)
)

// Bump tells every process on this database that what Cache keeps under this
// name is out of date once the write commits.
func (tx *Tx) Bump(ctx context.Context, name string) error {
	_, err := tx.Exec(ctx, epochBump, name)
	return err
}

// A Cache keeps what Load made of slowly changing tables (units, calendars,
// procedures) until somebody bumps its epoch, in this process or another: one
// point read tells. The value is shared; treat it as immutable.
type Cache[T any] struct {
	Name string
	Load func(ctx context.Context, q Queryer) (T, error)

	mu    sync.Mutex
	epoch int64
	full  bool
	value T
}

// Get returns the current value as q sees it. What a write loads for itself is
// not kept: the write may yet be undone.
func (c *Cache[T]) Get(ctx context.Context, q Queryer) (T, error) {
	epoch, err := Value[int64](ctx, q, epochGet, c.Name)
	if err != nil && !errors.Is(err, ErrNotFound) {
		var zero T
		return zero, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.full && c.epoch == epoch {
		return c.value, nil
	}
	v, err := c.Load(ctx, q)
	if err != nil {
		return v, err
	}
	if _, writing := q.(*Tx); !writing {
		c.value, c.epoch, c.full = v, epoch, true
	}
	return v, nil
}
