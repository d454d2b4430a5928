package job

import (
	"context"
	"fmt"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"cchc/base/db"
)

// queueLock is the number of the lock; any will do that nothing else uses.
const queueLock = 766_034

// Migrate brings the queue's own tables up to date.
func Migrate(ctx context.Context, d *db.DB) error {
	h, err := d.Handle()
	if err != nil {
		return fmt.Errorf("open the job queue: %w", err)
	}
	defer h.Close()
	var m interface {
		Migrate(context.Context, rivermigrate.Direction, *rivermigrate.MigrateOpts) (*rivermigrate.MigrateResult, error)
	}
	if d.Engine() == db.Postgres {
		// Several processes of a cluster start at once, and each migrates.
		one, err := h.Conn(ctx)
		if err != nil {
			return fmt.Errorf("lock for migrating the job queue: %w", err)
		}
		defer one.Close()
		if _, err := one.ExecContext(ctx, "SELECT pg_advisory_lock($1)", queueLock); err != nil {
			return fmt.Errorf("lock for migrating the job queue: %w", err)
		}
		defer one.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", queueLock)
		m, err = rivermigrate.New[riverTx](riverdriver.Driver[riverTx](riverdatabasesql.New(h)), nil)
		if err != nil {
			return fmt.Errorf("read the job queue's migrations: %w", err)
		}
	} else if m, err = rivermigrate.New[riverTx](riverdriver.Driver[riverTx](riversqlite.New(h)), nil); err != nil {
		return fmt.Errorf("read the job queue's migrations: %w", err)
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate the job queue: %w", err)
	}
	return nil
}
