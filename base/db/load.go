package db

import (
	"context"

	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// A Loader fills the tables of a database that is being made.
type Loader struct {
	tables []Table
	put    func(ctx context.Context, t Table, next func() ([]any, error)) error
	truth  map[string]bool // TABLE.COLUMN that are truth values
	filled map[string]bool
	// Raw is the transaction on SQLite; nil on PostgreSQL.
	after []func(ctx context.Context, d *DB) error
}

// Fill puts rows into a table, each a line that EachRow gave; next returns nil after
// the last one. The columns must be those of the schema: none may lack, none be over.
func (l *Loader) Fill(ctx context.Context, t Table, next func() ([]byte, error)) error {
	own, ok := find(l.tables, t.Name)
	if !ok {
		return fmt.Errorf("there is no table %s in this schema", t.Name)
	}
	if l.filled[t.Name] {
		return fmt.Errorf("table %s comes twice", t.Name)
	}
	byName := func(a, b Field) int { return strings.Compare(a.Name, b.Name) }
	if !slices.Equal(slices.SortedFunc(slices.Values(own.Columns), byName), slices.SortedFunc(slices.Values(t.Columns), byName)) {
		return fmt.Errorf("table %s has other columns in this schema", t.Name)
	}
	l.filled[t.Name] = true
	truth := make([]bool, len(t.Columns))
	for i, c := range t.Columns {
		truth[i] = l.truth[t.Name+"."+c.Name]
	}
	n := 0
	err := l.put(ctx, t, func() ([]any, error) {
		line, err := next()
		if err != nil || line == nil {
			return nil, err
		}
		n++
		return readRow(line, t, truth)
	})
	if err != nil {
		return fmt.Errorf("table %s, about row %d: %w", t.Name, n, translate(err))
	}
	return nil
}

// missing names the tables that were not filled.
func (l *Loader) missing() error {
	for _, t := range l.tables {
		if !l.filled[t.Name] {
			return fmt.Errorf("table %s is not in what was read", t.Name)
		}
	}
	return nil
}

// Load makes a database of a schema and lets fill put rows into every table, all or
// nothing: a SQLite file has its name only when it is whole, and on PostgreSQL all
// rows come with one transaction. Where anything is, nothing is done. queue makes the
// job queue's tables.
//
// Errors: fs.ErrExist; *ServedError where a process serves a SQLite file of that name,
// though somebody moved the file away.
func Load(ctx context.Context, dsn string, schema int64, queue func(context.Context, *DB) error, fill func(*Loader) error) error {
	if IsPostgres(dsn) {
		return loadPostgres(ctx, dsn, schema, queue, fill)
	}
	release, err := Keep(dsn)
	if err != nil {
		return err
	}
	defer release()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if _, err := os.Lstat(dsn + suffix); err == nil {
			return fmt.Errorf("%s: %w", dsn+suffix, fs.ErrExist)
		}
	}
	half := dsn + ".half"
	clear := func() error {
		for _, suffix := range []string{"", "-wal", "-shm"} {
			if err := os.Remove(half + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		return nil
	}
	if err := clear(); err != nil { // of one that was interrupted
		return err
	}
	defer clear() // nothing, when it has its name
	if err := loadSQLite(ctx, half, schema, queue, fill); err != nil {
		return err
	}
	if err := Settle(ctx, half); err != nil {
		return err
	}
	if _, err := whole(ctx, half); err != nil {
		return fmt.Errorf("what was loaded is not whole: %w", err)
	}
	if err := syncPath(half); err != nil {
		return err
	}
	if err := os.Rename(half, dsn); err != nil {
		return err
	}
	return syncPath(filepath.Dir(dsn))
}

// makeSchema brings an empty database to a schema.
func (d *DB) makeSchema(ctx context.Context, schema int64) error {
	p, err := d.provider()
	if err != nil {
		return err
	}
	_, target, err := p.GetVersions(ctx)
	if err != nil {
		return translate(err)
	}
	if schema > target || schema < 1 {
		return fmt.Errorf("it was written from schema %d, and this program knows %d: use a newer cchc", schema, target)
	}
	_, err = p.UpTo(ctx, schema)
	return translate(err)
}

func loadSQLite(ctx context.Context, path string, schema int64, queue func(context.Context, *DB) error, fill func(*Loader) error) error {
	d, err := Open(ctx, path, Options{Readers: 1})
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.makeSchema(ctx, schema); err != nil {
		return err
	}
	if err := queue(ctx, d); err != nil {
		return err
	}
	tx, err := d.conn.BeginTx(ctx, nil)
	if err != nil {
		return translate(err)
	}
	defer tx.Rollback()
	run := func(texts ...string) error {
		for _, text := range texts {
			if _, err := tx.ExecContext(ctx, text); err != nil {
				return fmt.Errorf("%.60s: %w", text, translate(err))
			}
		}
		return nil
	}
	// Triggers keep history from being changed and note what is new: what comes here
	// is history already. References are looked at in the end.
	triggers, err := pairs(ctx, tx, `SELECT name, sql FROM sqlite_master WHERE type = 'trigger'`)
	if err != nil {
		return err
	}
	if err := run("PRAGMA defer_foreign_keys = 1"); err != nil {
		return err
	}
	for _, x := range triggers {
		if err := run(`DROP TRIGGER "` + x[0] + `"`); err != nil {
			return err
		}
	}
	l := &Loader{filled: map[string]bool{}, truth: map[string]bool{}}
	if l.tables, err = tablesOf(ctx, tx, SQLite); err != nil {
		return err
	}
	for _, t := range l.tables { // what migrations put there comes with the rest
		if err := run(`DELETE FROM "` + t.Name + `"`); err != nil {
			return err
		}
	}
	l.put = func(ctx context.Context, t Table, next func() ([]any, error)) error {
		st, err := tx.PrepareContext(ctx, `INSERT INTO "`+t.Name+`" (`+t.list()+`) VALUES (?`+strings.Repeat(", ?", len(t.Columns)-1)+`)`)
		if err != nil {
			return err
		}
		defer st.Close()
		for {
			row, err := next()
			if err != nil || row == nil {
				return err
			}
			if _, err := st.ExecContext(ctx, row...); err != nil {
				return err
			}
		}
	}
	if err := fill(l); err != nil {
		return err
	}
	if err := l.missing(); err != nil {
		return err
	}
	for _, x := range triggers {
		if err := run(x[1]); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return translate(err)
	}
	for _, f := range l.after {
		if err := f(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

// AfterFill keeps f until all rows are there: for jobs, which have tables of their own.
func (l *Loader) AfterFill(f func(ctx context.Context, d *DB) error) { l.after = append(l.after, f) }

// pairs reads rows of two texts.
func pairs(ctx context.Context, q asker, text string, args ...any) (out [][2]string, err error) {
	rows, err := q.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, translate(err)
	}
	defer rows.Close()
	for rows.Next() {
		var x [2]string
		if err := rows.Scan(&x[0], &x[1]); err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, rows.Err()
}

// loading is the name of a table that is there while a database is loaded. One that
// was interrupted is known by it, and begun anew.
const loading = "cchc_import"

func loadPostgres(ctx context.Context, dsn string, schema int64, queue func(context.Context, *DB) error, fill func(*Loader) error) error {
	d, err := Open(ctx, dsn, Options{Readers: 1})
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.beginLoading(ctx); err != nil {
		return err
	}
	if err := d.makeSchema(ctx, schema); err != nil {
		return err
	}
	if err := queue(ctx, d); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return translate(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	tx, err := conn.Begin(ctx)
	if err != nil {
		return translate(err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	run := func(text string) error {
		if _, err := tx.Exec(ctx, text); err != nil {
			return fmt.Errorf("%.80s: %w", text, translate(err))
		}
		return nil
	}
	l := &Loader{filled: map[string]bool{}, truth: map[string]bool{}}
	if l.tables, err = tablesOf(ctx, d.read, Postgres); err != nil {
		return err
	}
	truths, err := pairs(ctx, d.read, `SELECT table_name, column_name FROM information_schema.columns WHERE data_type = 'boolean' AND table_schema = current_schema()`)
	if err != nil {
		return err
	}
	for _, x := range truths {
		l.truth[x[0]+"."+x[1]] = true
	}
	counted, err := pairs(ctx, d.read, `
		SELECT table_name, column_name
		FROM information_schema.columns
		WHERE table_schema = current_schema() AND starts_with(column_default, 'nextval(')`)
	if err != nil {
		return err
	}
	counted = slices.DeleteFunc(counted, func(x [2]string) bool { return !ours(x[0]) })
	// References are dropped and made again: PostgreSQL then looks at all rows at
	// once, in whatever order they came.
	type reference struct{ table, name, text string }
	var references []reference
	rows, err := d.read.QueryContext(ctx, `
		SELECT c.conrelid::regclass::text, c.conname, pg_get_constraintdef(c.oid)
		FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
		WHERE c.contype = 'f' AND n.nspname = current_schema()`)
	if err != nil {
		return translate(err)
	}
	for rows.Next() {
		var r reference
		if err := rows.Scan(&r.table, &r.name, &r.text); err != nil {
			rows.Close()
			return err
		}
		if ours(strings.Trim(r.table, `"`)) {
			references = append(references, r)
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return translate(err)
	}
	for _, r := range references {
		if err := run(`ALTER TABLE ` + r.table + ` DROP CONSTRAINT "` + r.name + `"`); err != nil {
			return err
		}
	}
	for _, t := range l.tables {
		if err := run(`ALTER TABLE "` + t.Name + `" DISABLE TRIGGER USER`); err != nil {
			return err
		}
		if err := run(`DELETE FROM "` + t.Name + `"`); err != nil {
			return err
		}
	}
	l.put = func(ctx context.Context, t Table, next func() ([]any, error)) error {
		names := make([]string, len(t.Columns))
		for i, c := range t.Columns {
			names[i] = c.Name
		}
		_, err := tx.CopyFrom(ctx, pgx.Identifier{t.Name}, names, pgx.CopyFromFunc(next))
		return err
	}
	if err := fill(l); err != nil {
		return err
	}
	if err := l.missing(); err != nil {
		return err
	}
	for _, t := range l.tables {
		if err := run(`ALTER TABLE "` + t.Name + `" ENABLE TRIGGER USER`); err != nil {
			return err
		}
	}
	// What PostgreSQL counts by itself goes on after what came.
	for _, x := range counted {
		if err := run(`SELECT setval(pg_get_serial_sequence('"` + x[0] + `"', '` + x[1] + `'), COALESCE(MAX("` + x[1] + `"), 0) + 1, false) FROM "` + x[0] + `"`); err != nil {
			return err
		}
	}
	for _, r := range references {
		if err := run(`ALTER TABLE ` + r.table + ` ADD CONSTRAINT "` + r.name + `" ` + r.text); err != nil {
			return err
		}
	}
	if err := run(`DROP TABLE ` + loading); err != nil {
		return err
	}
	// Jobs come by a connection of their own, and before the rows: of what breaks off here
	// the mark stays, and the next loading clears all of it away.
	for _, f := range l.after {
		if err := f(ctx, d); err != nil {
			return err
		}
	}
	if err := tx.Commit(ctx); err != nil {
		return translate(err)
	}
	return d.Analyze(ctx)
}

// beginLoading makes sure that nothing is there, and says that a database is being
// loaded. What an interrupted loading left is removed, as long as nothing was written
// there since.
func (d *DB) beginLoading(ctx context.Context) error {
	tables, err := pairs(ctx, d.read, `SELECT tablename, '' FROM pg_tables WHERE schemaname = current_schema()`)
	if err != nil {
		return err
	}
	begun := slices.ContainsFunc(tables, func(x [2]string) bool { return x[0] == loading })
	if len(tables) > 0 && !begun {
		return fmt.Errorf("the database has %d tables and has to be empty: make a new one with createdb: %w", len(tables), fs.ErrExist)
	}
	if begun {
		if slices.ContainsFunc(tables, func(x [2]string) bool { return x[0] == "audit_entry" }) {
			var n int
			if err := d.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM audit_entry LIMIT 1) x`).Scan(&n); err != nil {
				return translate(err)
			}
			if n > 0 {
				return fmt.Errorf("an import was interrupted here, and something was written since: %w", fs.ErrExist)
			}
		}
		schema := ""
		if err := d.read.QueryRowContext(ctx, `SELECT current_schema()`).Scan(&schema); err != nil {
			return translate(err)
		}
		name := pgx.Identifier{schema}.Sanitize()
		objects, err := pairs(ctx, d.read, `
			SELECT 'TABLE', quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema()
			UNION ALL
			SELECT 'FUNCTION', p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
			WHERE n.nspname = current_schema() AND NOT EXISTS (SELECT 1 FROM pg_depend x WHERE x.objid = p.oid AND x.deptype = 'e')
			UNION ALL
			SELECT 'TYPE', quote_ident(t.typname) FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
			WHERE n.nspname = current_schema() AND t.typtype = 'e'`)
		if err != nil {
			return err
		}
		for _, x := range objects {
			if _, err := d.write.ExecContext(ctx, `DROP `+x[0]+` IF EXISTS `+x[1]+` CASCADE`); err != nil {
				return fmt.Errorf("clear %s of an interrupted import: %w", name, translate(err))
			}
		}
	}
	_, err = d.write.ExecContext(ctx, `CREATE TABLE `+loading+` (at BIGINT NOT NULL)`)
	return translate(err)
}
