package db_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"cchc/base/db"
	"cchc/base/db/dbtest"
)

func migrationNames(t *testing.T, e db.Engine) []string {
	t.Helper()
	names, err := fs.Glob(db.Migrations(e), "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestBothEnginesHaveTheSameMigrations(t *testing.T) {
	t.Parallel()
	lite, pg := migrationNames(t, db.SQLite), migrationNames(t, db.Postgres)
	if !slices.Equal(lite, pg) {
		t.Errorf("SQLite has %q, PostgreSQL %q", lite, pg)
	}
	for i, name := range lite {
		number, rest, _ := strings.Cut(name, "_")
		if n, err := strconv.Atoi(number); err != nil || n != i+1 || len(number) != 4 || rest == ".sql" {
			t.Errorf("migration %d is called %s, want %04d_name.sql", i+1, name, i+1)
		}
	}
	for _, name := range lite {
		text, err := fs.ReadFile(db.Migrations(db.SQLite), name)
		if err != nil {
			t.Fatal(err)
		}
		if made, strict := strings.Count(string(text), "CREATE TABLE"), strings.Count(string(text), "STRICT"); strict < made {
			t.Errorf("%s makes %d tables, %d of them STRICT", name, made, strict)
		}
	}
}

// older makes a database of the first migration only.
func older(t *testing.T) (dsn string) {
	t.Helper()
	dsn = dbtest.Empty(t)
	driver, dialect, engine := "sqlite", goose.DialectSQLite3, db.SQLite
	if db.IsPostgres(dsn) {
		driver, dialect, engine = "pgx", goose.DialectPostgres, db.Postgres
	}
	h, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	p, err := goose.NewProvider(dialect, h, db.Migrations(engine))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(context.Background(), 1); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Exec("INSERT INTO epoch (name, value) VALUES ('kept', 7)"); err != nil {
		t.Fatal(err)
	}
	return dsn
}

var epochOf = db.SQL("test.epoch", `SELECT value FROM epoch WHERE name = $1`)

func TestMigratingKeepsWhatWasThereAndCopiesAFileFirst(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dsn := older(t)
	d, err := db.Open(ctx, dsn, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	want := int64(len(migrationNames(t, d.Engine())))
	if current, target, err := d.Version(ctx); err != nil || current != 1 || target != want {
		t.Errorf("Version gave %d of %d, %v, want 1 of %d", current, target, err, want)
	}
	for range 2 { // the second time there is nothing to do
		if v, err := d.Migrate(ctx); err != nil || v != want {
			t.Errorf("Migrate gave %d, %v, want %d", v, err, want)
		}
	}
	if n, err := db.Value[int](ctx, d, epochOf, "kept"); err != nil || n != 7 {
		t.Errorf("after migrating the row is %d, %v", n, err)
	}
	if d.Engine() != db.SQLite {
		return
	}
	before, err := db.Open(ctx, dsn+".before-0001", db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer before.Close()
	if current, _, err := before.Version(ctx); err != nil || current != 1 {
		t.Errorf("the copy has schema %d, %v, want 1", current, err)
	}
	if n, err := db.Value[int](ctx, before, epochOf, "kept"); err != nil || n != 7 {
		t.Errorf("in the copy the row is %d, %v", n, err)
	}
	if _, err := os.Stat(dsn + ".before-0001.half"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("half a copy is left: %v", err)
	}
}

// A PostgreSQL may have been upgraded by another server: this program runs on it all the
// same, unless the upgrade took away what it needs. A newer file is refused.
func TestANewerDatabaseIsRefusedUnlessItStillServesUs(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dsn := dbtest.DSN(t)
	driver := "sqlite"
	if db.IsPostgres(dsn) {
		driver = "pgx"
	}
	h, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, TRUE)"); err != nil {
		t.Fatal(err)
	}
	h.Close()
	d, err := db.Open(ctx, dsn, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if d.Engine() == db.Postgres {
		if n, err := d.Migrate(ctx); err != nil || n != 9999 {
			t.Errorf("Migrate gave %d, %v; want that it runs on the newer schema", n, err)
		}
		if h, err = d.Handle(); err != nil {
			t.Fatal(err)
		}
		defer h.Close()
		if _, err := h.Exec("UPDATE schema_floor SET version = 9998"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.Migrate(ctx); err == nil || !strings.Contains(err.Error(), "newer than this program's") {
		t.Errorf("Migrate gave %v", err)
	}
}

func TestSeveralMayMigrateAtOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dsn := dbtest.Empty(t)
	if !db.IsPostgres(dsn) {
		return // one program opens a file; several share a PostgreSQL
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			d, err := db.Open(ctx, dsn, db.Options{})
			if err != nil {
				t.Error(err)
				return
			}
			defer d.Close()
			if _, err := d.Migrate(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// Two programs open one empty PostgreSQL: one migrates, the other waits for it meanwhile and
// finds then that all is done. Each migration runs once.
func TestOneMigratesAPostgreSQLAndTheOtherWaits(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	dsn := dbtest.Empty(t)
	if !db.IsPostgres(dsn) {
		t.Skip("a SQLite file that is migrated is kept: see TestAFileThatIsMigratedIsNotServed")
	}
	h, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	// The last migration waits until the test has looked around.
	const slow = 4711
	door, err := h.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer door.Close()
	if _, err := door.ExecContext(ctx, "SELECT pg_advisory_lock($1)", slow); err != nil {
		t.Fatal(err)
	}
	all := with(t, db.Postgres, fmt.Sprintf("SELECT pg_advisory_xact_lock(%d);\nINSERT INTO upgrade_fine (id) VALUES ('once');\n", slow))
	versions, err := fs.Glob(all, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var ended atomic.Int64
	for range 2 {
		d, err := db.Open(ctx, dsn, db.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		d.SetMigrations(all)
		wg.Go(func() {
			defer ended.Add(1)
			if v, err := d.Migrate(ctx); err != nil || v != 9002 {
				t.Errorf("Migrate gave %d, %v; want 9002", v, err)
			}
		})
	}
	// What they hold and wait for in this database, by the number of the lock.
	const locks = `
		SELECT COUNT(*) FILTER (WHERE objid = $1 AND NOT granted),
			COUNT(*) FILTER (WHERE objid = $2 AND granted), COUNT(*) FILTER (WHERE objid = $2 AND NOT granted)
		FROM pg_locks
		WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
	var inside, has, waits int
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if err := h.QueryRowContext(ctx, locks, slow, db.UpgradeLock).Scan(&inside, &has, &waits); err != nil {
			t.Fatal(err)
		}
		if inside == 1 && has == 1 && waits == 1 {
			break
		}
		if time.Now().After(end) {
			t.Errorf("%d migrate, %d have the lock and %d wait for it; want 1 of each", inside, has, waits)
			break
		}
	}
	if n := ended.Load(); n != 0 {
		t.Errorf("%d came up while it was migrated", n)
	}
	if _, err := door.ExecContext(ctx, "SELECT pg_advisory_unlock($1)", slow); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	var applied, once, left int
	if err := h.QueryRowContext(ctx, `
		SELECT COUNT(*), COUNT(DISTINCT version_id) FROM goose_db_version WHERE is_applied AND version_id > 0`).Scan(&applied, &once); err != nil {
		t.Fatal(err)
	}
	if err := h.QueryRowContext(ctx, "SELECT COUNT(*) FROM upgrade_fine").Scan(&left); err != nil {
		t.Fatal(err)
	}
	if want := len(versions); applied != want || once != want || left != 1 {
		t.Errorf("%d migrations were noted, %d different ones, and the last left %d rows; want %d, %d and 1", applied, once, left, want, want)
	}
}

// The other server has migrated and not made what follows (here the shelf), which this one's
// statements name.
func TestAServerThatWaitedForAnothersUpgradeAsksNothingOfIt(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dsn := dbtest.Empty(t)
	if !db.IsPostgres(dsn) {
		return // one program opens a file; several share a PostgreSQL
	}
	d, err := db.Open(ctx, dsn, db.Options{Try: func() []*db.Stmt { return []*db.Stmt{shelfIDs} }})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := d.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	if err := d.UpgradeAfterWaiting(ctx); err != nil {
		t.Error(err)
	}
}

// A command of a newer program migrates nothing under a program that serves the file.
func TestAFileThatIsServedIsNotMigrated(t *testing.T) {
	t.Parallel()
	dsn := older(t)
	if db.IsPostgres(dsn) {
		t.Skip("PostgreSQL has several programs, of two versions")
	}
	release, err := db.Keep(dsn)
	if err != nil {
		t.Fatal(err)
	}
	open := func(serve bool) (err error) {
		d, err := db.Open(t.Context(), dsn, db.Options{Serve: serve})
		if err != nil {
			return err
		}
		defer d.Close()
		_, err = d.Migrate(t.Context())
		return err
	}
	for _, serve := range []bool{false, true} {
		served := new(db.ServedError)
		if err := open(serve); !errors.As(err, &served) || served.PID != os.Getpid() {
			t.Errorf("to serve %v: %v, want that it is served by %d", serve, err, os.Getpid())
		}
	}
	if list, err := filepath.Glob(dsn + ".before-*"); err != nil || len(list) > 0 {
		t.Errorf("it was begun: %q, %v", list, err)
	}
	release()
	for _, serve := range []bool{true, false} { // who serves migrates; twice, for Close lets go
		if err := open(serve); err != nil {
			t.Errorf("to serve %v: %v", serve, err)
		}
	}
}

// While a command migrates a file, nobody begins to serve it, and no other command migrates
// it too: a failure would put the copy of before back under them.
func TestAFileThatIsMigratedIsNotServed(t *testing.T) {
	t.Parallel()
	dsn := older(t)
	if db.IsPostgres(dsn) {
		t.Skip("PostgreSQL's migrations wait for each other: see TestOneMigratesAPostgreSQLAndTheOtherWaits")
	}
	d, err := db.Open(t.Context(), dsn, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	had := func() error {
		release, err := db.Keep(dsn)
		if err == nil {
			release()
		}
		return err
	}
	if _, err := d.Migrate(t.Context(), func(context.Context) error {
		if served := new(db.ServedError); !errors.As(had(), &served) {
			t.Error("while it is migrated it can be had")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := had(); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// Many want the same file at once, and take its name away as they go: it is never had by
// two.
func TestAFileIsKeptByOneAtATime(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cchc.db")
	var inside, had atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				release, err := db.Keep(path)
				if served := new(db.ServedError); errors.As(err, &served) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				if n := inside.Add(1); n != 1 {
					t.Errorf("%d have it", n)
				}
				had.Add(1)
				runtime.Gosched()
				inside.Add(-1)
				release()
			}
		})
	}
	all.Wait()
	if had.Load() < 50 {
		t.Errorf("it was had %d times", had.Load())
	}
}

func TestAFileMayHaveAnyName(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, name := range []string{"a b.db", "50%25.db", "what?.db", "#1.db", "hồ sơ.db", "in/a/folder.db"} {
		path := filepath.Join(t.TempDir(), name)
		d, err := db.Open(ctx, path, db.Options{})
		if err != nil {
			t.Errorf("Open(%q) gave %v", path, err)
			continue
		}
		if err := d.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, makeShelf); return err }); err != nil {
			t.Errorf("writing %q gave %v", path, err)
		}
		d.Close()
		if s, err := os.Stat(path); err != nil || s.Size() == 0 {
			t.Errorf("%q is not there after writing: %v", path, err)
		}
	}
	if _, err := db.Open(ctx, t.TempDir(), db.Options{}); err == nil {
		t.Error("a folder was opened as a database")
	}
}

func TestAPasswordIsNotNamed(t *testing.T) {
	t.Parallel()
	if _, err := db.Open(context.Background(), "postgres://u:geheim@127.0.0.1:1/x?connect_timeout=1", db.Options{}); err == nil || strings.Contains(err.Error(), "geheim") {
		t.Errorf("Open gave %v", err)
	}
}
