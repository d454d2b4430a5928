package db_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"cchc/base/db"
)

// with returns the engine's migrations and two more: one that runs, and one of the
// text given.
func with(t *testing.T, e db.Engine, text string) fs.FS {
	t.Helper()
	out := fstest.MapFS{}
	for _, name := range migrationNames(t, e) {
		b, err := fs.ReadFile(db.Migrations(e), name)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = &fstest.MapFile{Data: b}
	}
	strict := ""
	if e == db.SQLite {
		strict = " STRICT"
	}
	out["9001_fine.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nCREATE TABLE upgrade_fine (id TEXT NOT NULL PRIMARY KEY)" + strict + ";\nUPDATE epoch SET value = 8 WHERE name = 'kept';\n")}
	out["9002_next.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + text)}
	return out
}

var loginOf = db.SQL("test.login", `SELECT login FROM account WHERE id = $1`)

func TestAnUpgradeThatFailsGoesBackToWhatWasThere(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	refused := errors.New("the queue's migration failed")
	for _, c := range []struct {
		name, text string
		then       func(context.Context) error
		says       string
	}{
		{"a migration is refused", "INSERT INTO no_such_table (id) VALUES ('x');", nil, "no_such_table"},
		{"the program's statements don't run on what came out", "ALTER TABLE account RENAME COLUMN login TO user_name;", nil, "login"},
		{"what belongs to the upgrade beside the schema fails", "DELETE FROM epoch WHERE name = 'kept';", func(context.Context) error { return refused }, "queue"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dsn := older(t)
			d, err := db.Open(ctx, dsn, db.Options{Try: func() []*db.Stmt { return []*db.Stmt{loginOf} }})
			if err != nil {
				t.Fatal(err)
			}
			engine := d.Engine()
			if engine == db.Postgres && c.then != nil {
				d.Close()
				return // the queue's own tables come after the schema, and may be run again
			}
			d.SetMigrations(with(t, engine, c.text))
			var then []func(context.Context) error
			if c.then != nil {
				then = append(then, c.then)
			}
			_, err = d.Migrate(ctx, then...)
			d.Close()
			var failed *db.UpgradeError
			if !errors.As(err, &failed) || failed.From != 1 || failed.To != 9002 || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "as it was before") {
				t.Fatalf("Migrate gave %v, want an UpgradeError from 1 to 9002 about %s", err, c.says)
			}
			if engine == db.SQLite {
				if s, err := os.Stat(failed.Kept); err != nil || s.Size() == 0 {
					t.Errorf("the failed attempt is not kept: %v", err)
				}
			} else if failed.Kept != "" {
				t.Errorf("kept %q on PostgreSQL", failed.Kept)
			}
			// As before: schema 1 with its row; and this program upgrades it.
			d, err = db.Open(ctx, dsn, db.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			if v, _, err := d.Version(ctx); err != nil || v != 1 {
				t.Errorf("afterwards the schema is %d, %v, want 1", v, err)
			}
			if n, err := db.Value[int](ctx, d, epochOf, "kept"); err != nil || n != 7 {
				t.Errorf("afterwards the row is %d, %v, want 7", n, err)
			}
			if _, err := d.Migrate(ctx); err != nil {
				t.Errorf("the upgrade without the mistake: %v", err)
			}
		})
	}
}

func TestTheCopyBeforeAnUpgradeIsOfThatDay(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dsn := older(t)
	if db.IsPostgres(dsn) {
		return // it keeps no copy
	}
	if err := os.WriteFile(dsn+".before-0001", []byte("of an attempt long ago"), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := db.Open(ctx, dsn, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d.SetMigrations(with(t, d.Engine(), "no SQL at all;"))
	if _, err := d.Migrate(ctx); err == nil {
		t.Fatal("Migrate gave no error")
	}
	if d, err = db.Open(ctx, dsn, db.Options{}); err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if n, err := db.Value[int](ctx, d, epochOf, "kept"); err != nil || n != 7 {
		t.Errorf("what was put back has the row %d, %v, want 7: a copy of long ago came back", n, err)
	}
}
