package db_test

import (
	"context"
	"database/sql"
	"net/url"
	"strings"
	"testing"

	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/moment"
)

func TestPiecesThatWaitAreCountedByTheirNames(t *testing.T) {
	t.Parallel()
	const mb = 1 << 20
	for _, c := range []struct {
		what, last, current string
		size                int64
		want                int
	}{
		{"the one that is written waits for nobody", "000000010000000000000006", "000000010000000000000007", 16 * mb, 0},
		{"at the edge of two the name is of the one before", "000000010000000000000006", "000000010000000000000006", 16 * mb, 0},
		{"three are full", "000000010000000000000006", "00000001000000000000000A", 16 * mb, 3},
		{"there are 256 of 16 MB in 4 GB", "0000000100000000000000FF", "000000010000000100000000", 16 * mb, 0},
		{"across 4 GB", "0000000100000002000000FE", "000000010000000300000001", 16 * mb, 2},
		{"there are 4 of 1 GB in 4 GB", "000000010000000000000003", "000000010000000100000002", 1 << 30, 2},
		{"another timeline goes on from where it left", "000000010000000000000006", "000000020000000000000009", 16 * mb, 2},
		{"a label of a base copy", "000000010000000000000006.00000028.backup", "000000010000000000000009", 16 * mb, -1},
		{"a history of timelines", "00000002.history", "000000020000000000000009", 16 * mb, -1},
		{"nothing was archived", "", "000000020000000000000009", 16 * mb, -1},
		{"nothing is written here", "000000010000000000000006", "", 16 * mb, -1},
		{"no name of a piece", "00000001000000000000000x", "000000010000000000000009", 16 * mb, -1},
	} {
		if got := db.Waiting(c.last, c.current, c.size); got != c.want {
			t.Errorf("%s: %d pieces between %q and %q, want %d", c.what, got, c.last, c.current, c.want)
		}
	}
}

// A role that may do nothing but come in is told how the archive stands, as the program's
// is on a PostgreSQL that others keep.
func TestAnOrdinaryRoleIsToldOfTheArchive(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dsn := dbtest.DSN(t)
	if !db.IsPostgres(dsn) {
		d, err := db.Open(ctx, dsn, db.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if a, err := d.Archive(ctx); err != nil || a != (db.Archive{}) {
			t.Errorf("of a SQLite file: %+v, %v", a, err)
		}
		return
	}
	h, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	role := "ordinary_" + strings.ReplaceAll(db.NewID(), "-", "")
	if _, err := h.ExecContext(ctx, "CREATE ROLE "+role+" LOGIN"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.ExecContext(ctx, "DROP ROLE "+role) })
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.User(role)
	d, err := db.Open(ctx, u.String(), db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var who, rights string
	check, err := d.Handle()
	if err != nil {
		t.Fatal(err)
	}
	defer check.Close()
	if err := check.QueryRowContext(ctx, "SELECT current_user, (SELECT rolsuper OR pg_has_role(current_user, 'pg_monitor', 'MEMBER') FROM pg_roles WHERE rolname = current_user)").Scan(&who, &rights); err != nil || who != role || rights != "false" {
		t.Fatalf("who asks is %s, more than ordinary: %s, %v", who, rights, err)
	}
	a, err := d.Archive(ctx)
	if err != nil {
		t.Fatal(err)
	}
	now := moment.Of(d.Now().Time())
	if a.On || a.Standby || a.Size < 1<<20 || a.Waiting != -1 || a.Started == 0 || a.Started > a.Now || a.Now < now.Add(-5*60e9) || a.Now > now.Add(5*60e9) {
		t.Errorf("of a server that archives nothing: %+v", a)
	}
}
