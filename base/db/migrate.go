package db

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
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

// upgradeLock is the number of the lock that several processes of a cluster take
// in turn when each begins to migrate; any will do that nothing else uses.
const upgradeLock = 766_001

const (
	lockPatience     = 5 * time.Second // how long an upgrade keeps others from a table
	lockTries        = 30
	lockNotAvailable = "55P03"
)

// floor returns the oldest schema whose programs run on the database's.
func (d *DB) floor(ctx context.Context) (version int64, err error) {
	if d.engine != Postgres { // a SQLite file has one program, and a copy of before
		return math.MaxInt64, nil
	}
	err = d.read.QueryRowContext(ctx, "SELECT version FROM schema_floor WHERE id = 1").Scan(&version)
	if err != nil {
		return math.MaxInt64, fmt.Errorf("read which programs run on this schema: %w", translate(err))
	}
	return version, nil
}

// An UpgradeError is an upgrade that failed and was taken back: the database is as
// it was before, and the program that ran on it runs on it again.
type UpgradeError struct {
	From, To int64  // schema
	Database string // name, without a password
	Kept     string // file of the failed attempt; "" on PostgreSQL, which keeps none
	Cause    error
}

// Error says what happened, what is kept, and what to do.
func (e *UpgradeError) Error() string {
	kept := ""
	if e.Kept != "" {
		kept = fmt.Sprintf(" The file of the failed attempt is kept as %s.", e.Kept)
	}
	return fmt.Sprintf("the upgrade of %s from schema %d to %d failed and was taken back; the database is as it was before, and the version of cchc that you had runs on it.%s The reason: %v",
		e.Database, e.From, e.To, kept, e.Cause)
}

// Unwrap returns the reason.
func (e *UpgradeError) Unwrap() error { return e.Cause }

// Migrate brings the schema up to date, runs then (what else belongs to the
// upgrade), and returns the version reached. The statements of Options.Try are tried
// on the new schema. It is all or nothing: when anything fails
// the database is as it was before.
//
// A SQLite file is copied to FILE.before-N first, N the schema that it holds, and
// a failure puts that copy back and leaves the attempt as FILE.failed-M; d is
// closed then. PostgreSQL runs all migrations in one transaction; then runs after
// it, and has to bear being run again.
//
// Errors: *UpgradeError for what was taken back; *ServedError, and nothing is done, where
// another process serves the SQLite file.
func (d *DB) Migrate(ctx context.Context, then ...func(context.Context) error) (version int64, err error) {
	p, err := d.provider()
	if err != nil {
		return 0, err
	}
	current, target, err := p.GetVersions(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the schema's version: %w", translate(err))
	}
	if d.engine == SQLite && d.release == nil && 0 < current && current < target {
		// A program that serves an older schema knows nothing of the new one, and of two
		// that migrate one might put the copy back under the other.
		release, err := Keep(d.dsn)
		if err != nil {
			return current, fmt.Errorf("migrate from %d to %d: %w", current, target, err)
		}
		defer release()
		if current, _, err = p.GetVersions(ctx); err != nil { // another one may have just done it
			return 0, fmt.Errorf("read the schema's version: %w", translate(err))
		}
	}
	if current > target {
		if floor, err := d.floor(ctx); err != nil {
			return current, err
		} else if floor <= target {
			slog.InfoContext(ctx, "another server was upgraded before this one", "schema", current, "own", target)
			return current, nil
		}
		return current, fmt.Errorf("the database has schema %d, newer than this program's %d: use a newer cchc", current, target)
	}
	copied := ""
	if d.engine == SQLite && 0 < current && current < target {
		copied = fmt.Sprintf("%s.before-%04d", d.dsn, current)
		if err := d.copyTo(ctx, copied); err != nil {
			return current, fmt.Errorf("copy the database before migrating: %w", err)
		}
	}
	if current < target {
		err = d.upgrade(ctx, p, current)
	}
	for _, f := range then {
		if err == nil {
			err = f(ctx)
		}
	}
	if err == nil {
		return target, nil
	}
	failed := &UpgradeError{From: current, To: target, Database: d.Name(), Cause: err}
	switch {
	case current == target || d.engine == SQLite && copied == "":
		return current, fmt.Errorf("migrate from %d to %d: %w", current, target, err)
	case d.engine == Postgres:
		// What then had begun by itself stays, and is no part of the schema.
		if now, _, err := p.GetVersions(context.WithoutCancel(ctx)); err == nil && now == target {
			return current, fmt.Errorf("after migrating to %d: %w", target, failed.Cause)
		}
		return current, failed
	}
	if failed.Kept, err = d.goBack(copied, target); err != nil {
		return current, fmt.Errorf("migrate from %d to %d: %w; and the copy %s could not be put back: %w", current, target, failed.Cause, copied, err)
	}
	return current, failed
}

// upgrade runs the migrations that are missing and tries the program's statements
// on what came out.
func (d *DB) upgrade(ctx context.Context, p *goose.Provider, from int64) error {
	for try := 1; d.engine == Postgres; try++ {
		err := d.upgradePostgres(ctx, p)
		var refused *pgconn.PgError
		if !errors.As(err, &refused) || refused.Code != lockNotAvailable || try == lockTries {
			return err
		}
		slog.WarnContext(ctx, "a table is in use; the upgrade is tried again", "try", try, "err", err)
		select {
		case <-time.After(time.Second + rand.N(2*time.Second)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if _, err := p.Up(ctx); err != nil {
		return err
	}
	broken, err := d.write.QueryContext(ctx, "PRAGMA foreign_key_check")
	if err != nil {
		return translate(err)
	}
	defer broken.Close()
	if broken.Next() {
		var table, parent string
		var row, key sql.NullInt64
		if err := broken.Scan(&table, &row, &parent, &key); err != nil {
			return translate(err)
		}
		return fmt.Errorf("row %d of %s refers to no row of %s", row.Int64, table, parent)
	}
	if err := broken.Err(); err != nil {
		return translate(err)
	}
	return d.tryStatements(ctx, d.write, from)
}

// upgradePostgres runs every missing migration in one transaction, which goose
// does not: it would leave the ones before the one that failed.
func (d *DB) upgradePostgres(ctx context.Context, p *goose.Provider) error {
	conn, err := d.write.Conn(ctx)
	if err != nil {
		return translate(err)
	}
	defer conn.Close()
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return translate(err)
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", upgradeLock); err != nil {
		return translate(err)
	}
	// A change of a table waits for who uses it, and whoever comes later waits behind the
	// change: better to step back and try again.
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("SET LOCAL lock_timeout = %d", lockPatience.Milliseconds())); err != nil {
		return translate(err)
	}
	var current int64 // again, now that nobody else migrates
	if err := tx.QueryRowContext(ctx, "SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&current); err != nil {
		return translate(err)
	}
	sources := p.ListSources()
	if sources[len(sources)-1].Version <= current {
		// Another server did it while this one waited for the lock. Its statements are not
		// tried: what the other makes afterwards (the job queue's tables) may not be there yet.
		return nil
	}
	for _, s := range sources {
		if s.Version <= current {
			continue
		}
		text, err := fs.ReadFile(d.migrations(), filepath.Base(s.Path))
		if err != nil {
			return err
		}
		// Without arguments the driver sends the text as it is: several statements.
		if _, err := tx.ExecContext(ctx, string(text)); err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(s.Path), err)
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO goose_db_version (version_id, is_applied) VALUES ($1, TRUE)", s.Version); err != nil {
			return translate(err)
		}
	}
	if err := d.tryStatements(ctx, tx, current); err != nil {
		return err
	}
	return translate(tx.Commit())
}

// tryStatements prepares the statements that Options.Try names. In a database that
// was empty there is nothing to go back to, and what then makes (the job queue's
// tables) is not there yet.
func (d *DB) tryStatements(ctx context.Context, p preparer, from int64) error {
	if from == 0 || d.try == nil {
		return nil
	}
	for _, s := range d.try() {
		st, err := p.PrepareContext(ctx, s.Text(d.engine))
		if err != nil {
			return fmt.Errorf("the new schema does not know what %s asks for: %w", s.Name, err)
		}
		st.Close()
	}
	return nil
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
	if err := syncPath(half); err != nil {
		return err
	}
	if err := os.Rename(half, path); err != nil {
		return err
	}
	return syncPath(filepath.Dir(path))
}

// goBack closes the database and puts a copy in its place. The file of the attempt
// stays beside it; at no moment is there no file.
func (d *DB) goBack(copied string, target int64) (kept string, err error) {
	if release := d.release; release != nil { // not before the copy is in its place
		d.release = nil
		defer release()
	}
	d.Close()
	fresh := d.dsn + ".going-back"
	if err := copyFile(copied, fresh); err != nil {
		return "", err
	}
	kept = fmt.Sprintf("%s.failed-%04d", d.dsn, target)
	if err := os.Remove(kept); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if err := os.Link(d.dsn, kept); err != nil { // a file system without links
		if err := copyFile(d.dsn, kept); err != nil {
			return "", err
		}
	}
	// Closing wrote the log into the file; one that is left would be of the wrong
	// file from now on.
	for _, s := range []string{"-wal", "-shm"} {
		if err := os.Remove(d.dsn + s); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	if err := os.Rename(fresh, d.dsn); err != nil {
		return "", err
	}
	return kept, syncPath(filepath.Dir(d.dsn))
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, info.Mode().Perm())
	if err != nil {
		return err
	}
	if _, err = io.Copy(out, in); err == nil {
		err = out.Sync()
	}
	return errors.Join(err, out.Close())
}

// Version returns the schema's version, and the one that this program needs.
func (d *DB) Version(ctx context.Context) (current, target int64, err error) {
	p, err := d.provider()
	if err != nil {
		return 0, 0, err
	}
	return p.GetVersions(ctx)
}

func (d *DB) migrations() fs.FS {
	if d.own != nil {
		return d.own
	}
	return Migrations(d.engine)
}

func (d *DB) provider() (*goose.Provider, error) {
	dialect := goose.DialectSQLite3
	if d.engine == Postgres {
		dialect = goose.DialectPostgres
	}
	p, err := goose.NewProvider(dialect, d.write, d.migrations())
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return p, nil
}
