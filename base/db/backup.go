package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
)

// ErrNoCopy says that the database is no file that could be copied: PostgreSQL
// has tools of its own for that.
var ErrNoCopy = errors.New("a PostgreSQL database is copied by pg_dump")

// Backup writes a copy of the SQLite file to path, which must not be there: the
// database as it was at one instant, while others go on writing. The copy is on
// the disk, whole and looked through (integrity, references, the same schema)
// before it bears its name; when anything fails nothing is left at path.
//
// Errors: ErrNoCopy; fs.ErrExist.
func (d *DB) Backup(ctx context.Context, path string) error {
	if d.engine != SQLite {
		return ErrNoCopy
	}
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%s: %w", path, fs.ErrExist)
	}
	half := path + ".half"
	if err := os.Remove(half); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	defer os.Remove(half) // nothing, when it has its name
	if _, err := d.write.ExecContext(ctx, "VACUUM INTO $1", half); err != nil {
		return fmt.Errorf("copy the database: %w", translate(err))
	}
	if err := os.Chmod(half, 0o640); err != nil { // people's papers: not for others
		return err
	}
	if err := d.lookThrough(ctx, half); err != nil {
		return fmt.Errorf("the copy is not whole: %w", err)
	}
	if err := syncPath(half); err != nil {
		return err
	}
	if err := os.Rename(half, path); err != nil {
		return err
	}
	return syncPath(filepath.Dir(path))
}

// lookThrough reads every page of the copy.
func (d *DB) lookThrough(ctx context.Context, path string) error {
	want, _, err := d.Version(ctx)
	if err != nil {
		return err
	}
	have, err := whole(ctx, path)
	if err == nil && have != want {
		err = fmt.Errorf("schema %d, and the database has %d", have, want)
	}
	return err
}

// whole reads every page of a file that nobody writes, and returns its schema.
func whole(ctx context.Context, path string) (schema int64, err error) {
	c, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?mode=ro&immutable=1")
	if err != nil {
		return 0, err
	}
	defer c.Close()
	var says string // "ok", or what is wrong first
	if err := c.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&says); err != nil {
		return 0, translate(err)
	}
	if says != "ok" {
		return 0, errors.New(says)
	}
	if err := c.QueryRowContext(ctx, "SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied = 1").Scan(&schema); err != nil {
		return 0, translate(err)
	}
	broken, err := c.QueryContext(ctx, "PRAGMA foreign_key_check")
	if err != nil {
		return 0, translate(err)
	}
	defer broken.Close()
	if broken.Next() {
		return 0, errors.New("a row refers to one that is not there")
	}
	return schema, translate(broken.Err())
}

// PutBack puts a copy that Backup made to path, where nothing may be: it is on the
// disk, whole and looked through before it bears its name. room, which may be nil, is
// called then, to take away what is there: a copy that is of no use costs nothing.
//
// Errors: fs.ErrExist; what is wrong with the copy.
func PutBack(ctx context.Context, from, path string, room func() error) error {
	half := path + ".half"
	defer os.Remove(half) // nothing, when it has its name
	if err := copyFile(from, half); err != nil {
		return err
	}
	if _, err := whole(ctx, half); err != nil {
		return fmt.Errorf("the copy is not whole: %w", err)
	}
	if room != nil {
		if err := room(); err != nil {
			return err
		}
	}
	for _, suffix := range []string{"", "-wal", "-shm"} { // beside another file these destroy it
		if _, err := os.Lstat(path + suffix); err == nil {
			return fmt.Errorf("%s: %w", path+suffix, fs.ErrExist)
		}
	}
	if err := os.Rename(half, path); err != nil {
		return err
	}
	return syncPath(filepath.Dir(path))
}

// Settle writes what is still in a file's log into it, so that the file alone is
// all of the database. It fails while anybody has it open.
func Settle(ctx context.Context, path string) error {
	c, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?_pragma=busy_timeout(500)")
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetMaxOpenConns(1)
	var mode string // leaving the log needs the file for oneself
	if err := c.QueryRowContext(ctx, "PRAGMA journal_mode = DELETE").Scan(&mode); err != nil {
		return translate(err)
	}
	if mode != "delete" {
		return fmt.Errorf("its log is in use (%s)", mode)
	}
	return nil
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
