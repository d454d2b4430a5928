package ledger_test

import (
	"database/sql"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"

	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/ledger"
)

// A trail that was there before the log enters it whole, in its order, in batches; and is
// signed only when all of it is in.
func TestATrailOfBeforeTheLogEntersItOnce(t *testing.T) {
	t.Parallel()
	dsn := dbtest.Empty(t)
	driver, dialect, engine := "sqlite", goose.DialectSQLite3, db.SQLite
	if db.IsPostgres(dsn) {
		driver, dialect, engine = "pgx", goose.DialectPostgres, db.Postgres
	}
	names, err := fs.Glob(db.Migrations(engine), "*_audit_log.sql")
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	version, err := strconv.ParseInt(names[0][:4], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	h, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(dialect, h, db.Migrations(engine))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(ctx, version-1); err != nil {
		t.Fatal(err)
	}
	const n = 1234
	var rows []string
	for i := range n {
		rows = append(rows, fmt.Sprintf(`('e%06d', %d, 'a1', 'v', 'k', 'o', '', '[]', '')`, n-i, n-i))
	}
	if _, err := h.Exec("INSERT INTO audit_entry (id, at, account, verb, kind, object_id, unit_id, changes, reason) VALUES " + strings.Join(rows, ",")); err != nil {
		t.Fatal(err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	d, err := db.Open(ctx, dsn, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if _, err := d.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	l := &ledger.Log{DB: d}
	if err := l.OpenKey(ctx, filepath.Join(t.TempDir(), "key")); err != nil {
		t.Fatal(err)
	}
	pauses := 0
	if err := l.Step(ctx, 0, func() {
		pauses++
		if all, err := l.Newest(ctx, d, 1); err != nil || len(all) != 0 {
			t.Errorf("signed before all was in: %v, %v", all, err)
		}
	}); err != nil || pauses != 2 {
		t.Fatalf("%d pauses, %v", pauses, err)
	}
	if got := ids(t, l); len(got) != n || got[0] != "e000001" || got[n-1] != "e001234" {
		t.Errorf("the log has %d entries, from %s to %s", len(got), got[0], got[len(got)-1])
	}
	record(t, l, 2)
	if err := l.Step(ctx, 0, nil); err != nil {
		t.Fatal(err)
	}
	if c := clean(t, l); c.Size != n+2 || c.Checkpoints != 2 {
		t.Errorf("checked %+v", c)
	}
}
