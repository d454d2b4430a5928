package db

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
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
	p, err := d.provider()
	if err != nil {
		return 0, err
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
			if err := d.copyTo(ctx, copied); err != nil {
				return current, fmt.Errorf("copy the database before migrating: %w", err)
			}
		}
	}
	if _, err := p.Up(ctx); err != nil {
		return current, fmt.Errorf("migrate from %d to %d: %w", current, target, err)
	}
	return target, nil
}

// copyTo writes a copy of the SQLite file, under its name only when it is whole.
func (d *DB) copyTo(ctx context.Context, path string) error {
	half := path + ".half"
	if err := os.Remove(half); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, err := d.write.ExecContext(ctx, "VACUUM INTO $1", half); err != nil {
		return translate(err)
	}
	return os.Rename(half, path)
}

// Version returns the schema's version, and the one that this program needs.
func (d *DB) Version(ctx context.Context) (current, target int64, err error) {
	p, err := d.provider()
	if err != nil {
		return 0, 0, err
	}
	return p.GetVersions(ctx)
}

func (d *DB) provider() (*goose.Provider, error) {
	dialect, options := goose.DialectSQLite3, []goose.ProviderOption(nil)
	if d.engine == Postgres {
		dialect = goose.DialectPostgres
		// Several processes of a cluster start at once, and each migrates.
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 600)) // seconds, tries
		if err != nil {
			return nil, fmt.Errorf("lock for migrating: %w", err)
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	p, err := goose.NewProvider(dialect, d.write, Migrations(d.engine), options...)
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return p, nil
}
