// Package dbtest opens private migrated databases for tests: a copy of a
// template SQLite file, or with TEST_POSTGRES set (a postgres:// URL of a server
// where the user may create databases) a database made from a template.
package dbtest

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"cchc/base/db"
	"cchc/base/job"
	"cchc/base/moment"
)

// A Clock is the time that a test's database sees. Its zero value stands still at
// Monday 2026-11-23 09:00 in Vietnam.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now returns the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now.IsZero() {
		c.now = time.Date(2026, 11, 23, 9, 0, 0, 0, moment.Zone)
	}
	return c.now
}

// Set moves the clock to a time such as 2026-11-25T17:00.
func (c *Clock) Set(s string) {
	i, err := moment.ParseInstant(s)
	if err != nil {
		panic(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = i.Time()
}

// Advance moves the clock forward.
func (c *Clock) Advance(d time.Duration) {
	c.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Open returns a private migrated database that is closed and removed with the
// test, and the clock that it sees.
func Open(t testing.TB) (*db.DB, *Clock) {
	t.Helper()
	clock := &Clock{}
	d, err := db.Open(context.Background(), DSN(t), db.Options{Now: clock.Now, Readers: 4, Twice: os.Getenv("TEST_TWICE") != ""})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d, clock
}

// DSN returns the name of a private migrated database that is not open yet.
func DSN(t testing.TB) string {
	t.Helper()
	if server := os.Getenv("TEST_POSTGRES"); server != "" {
		return postgresCopy(t, server)
	}
	tmpl, err := sqliteTemplate()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder(t), "test.db")
	if err := os.WriteFile(path, tmpl, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// folder is t.TempDir with patience: when a pool is closed, database/sql may just be
// opening a connection, which makes its files beside the database and takes them away
// a moment later.
func folder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "cchc-dbtest-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for try := 0; ; try++ {
			if err := os.RemoveAll(dir); err == nil {
				return
			} else if try == 100 {
				t.Error(err)
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	})
	return dir
}

// Empty returns the name of a private database without any table.
func Empty(t testing.TB) string {
	t.Helper()
	server := os.Getenv("TEST_POSTGRES")
	if server == "" {
		return filepath.Join(folder(t), "empty.db")
	}
	return createPostgres(t, server, "")
}

// migrate makes everything that serving makes.
func migrate(dsn string) error {
	ctx := context.Background()
	d, err := db.Open(ctx, dsn, db.Options{})
	if err != nil {
		return err
	}
	defer d.Close()
	if _, err := d.Migrate(ctx); err != nil {
		return err
	}
	return job.Migrate(ctx, d)
}

var sqliteTemplate = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "cchc-template-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "t.db")
	if err := migrate(path); err != nil {
		return nil, err
	}
	return os.ReadFile(path) // closing checkpointed the WAL into it
})

func admin(server string) (*sql.DB, error) { return sql.Open("pgx", server) }

func named(server, name string) string {
	u, err := url.Parse(server)
	if err != nil {
		panic(err)
	}
	u.Path = "/" + name
	return u.String()
}

var postgresTemplate = sync.OnceValues(func() (string, error) {
	server := os.Getenv("TEST_POSTGRES")
	h := sha256.New()
	fs.WalkDir(db.Migrations(db.Postgres), ".", func(p string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			b, _ := fs.ReadFile(db.Migrations(db.Postgres), p)
			h.Write(b)
		}
		return err
	})
	name := "cchc_template_" + hex.EncodeToString(h.Sum(nil)[:6])
	a, err := admin(server)
	if err != nil {
		return "", err
	}
	defer a.Close()
	ctx := context.Background()
	conn, err := a.Conn(ctx)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	// One package's tests make the template, the others wait for it.
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock(766)"); err != nil {
		return "", err
	}
	defer conn.ExecContext(ctx, "SELECT pg_advisory_unlock(766)")
	var n int
	if err := conn.QueryRowContext(ctx, "SELECT count(*) FROM pg_database WHERE datname = $1", name).Scan(&n); err != nil || n == 1 {
		return name, err
	}
	// One may be left from a migration that failed or was interrupted.
	if _, err := conn.ExecContext(ctx, "DROP DATABASE IF EXISTS "+name+"_making WITH (FORCE)"); err != nil {
		return "", err
	}
	if _, err := conn.ExecContext(ctx, "CREATE DATABASE "+name+"_making"); err != nil {
		return "", err
	}
	if err := migrate(named(server, name+"_making")); err != nil {
		return "", err
	}
	_, err = conn.ExecContext(ctx, "ALTER DATABASE "+name+"_making RENAME TO "+name)
	return name, err
})

func postgresCopy(t testing.TB, server string) string {
	tmpl, err := postgresTemplate()
	if err != nil {
		t.Fatal(err)
	}
	return createPostgres(t, server, " TEMPLATE "+tmpl)
}

func createPostgres(t testing.TB, server, how string) string {
	a, err := admin(server)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	id := db.NewID()
	name := fmt.Sprintf("t_%s%s", id[:8], id[len(id)-12:])
	conn, err := a.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(context.Background(), "CREATE DATABASE "+name+how); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		a, err := admin(server)
		if err != nil {
			return
		}
		defer a.Close()
		a.Exec("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)")
	})
	return named(server, name)
}
