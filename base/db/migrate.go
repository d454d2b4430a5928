package db

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/sqlite/*.sql migrations/postgres/*.sql
var migrations embed.FS

// Migrations returns the engine's migration files.
func Migrations(e Engine) fs.FS {
	f, err := fs.Sub(migrations, "migrations/"+string(e))
	if err != nil {
		panic(err) // the folder is embedded
	}
	return f
}

// Migrate brings the schema up to date and returns the version reached. A SQLite
// file that holds an older schema is copied to FILE.before-N first.
func (d *DB) Migrate(ctx context.Context) (version int64, err error) {
	dialect := goose.DialectSQLite3
	if d.engine == Postgres {
		dialect = goose.DialectPostgres
	}
	p, err := goose.NewProvider(dialect, d.write, Migrations(d.engine))
	if err != nil {
		return 0, fmt.Errorf("read migrations: %w", err)
	}
	current, target, err := p.GetVersions(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the schema's version: %w", translate(err))
	}
	if current == target {
		return current, nil
	}
	if current > target {
		return current, fmt.Errorf("the database has schema %d, newer than this program's %d: use a newer cchc", current, target)
	}
	if d.engine == SQLite && current > 0 {
		copied := fmt.Sprintf("%s.before-%04d", d.dsn, current)
		if _, err := os.Stat(copied); errors.Is(err, fs.ErrNotExist) {
			if _, err := d.write.ExecContext(ctx, "VACUUM INTO $1", copied); err != nil {
				return current, fmt.Errorf("copy the database before migrating: %w", translate(err))
			}
		}
	}
	if _, err := p.Up(ctx); err != nil {
		return current, fmt.Errorf("migrate from %d to %d: %w", current, target, err)
	}
	return target, nil
}

// Version returns the schema's version, and the one that this program needs.
func (d *DB) Version(ctx context.Context) (current, target int64, err error) {
	dialect := goose.DialectSQLite3
	if d.engine == Postgres {
		dialect = goose.DialectPostgres
	}
	p, err := goose.NewProvider(dialect, d.write, Migrations(d.engine))
	if err != nil {
		return 0, 0, err
	}
	return p.GetVersions(ctx)
}
