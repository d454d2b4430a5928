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
		m, err = rivermigrate.New[riverTx](riverdriver.Driver[riverTx](riverdatabasesql.New(h)), nil)
	} else {
		m, err = rivermigrate.New[riverTx](riverdriver.Driver[riverTx](riversqlite.New(h)), nil)
	}
	if err != nil {
		return fmt.Errorf("read the job queue's migrations: %w", err)
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate the job queue: %w", err)
	}
	return nil
}
