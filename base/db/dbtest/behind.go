package dbtest

import (
	"strings"
	"testing"

	"cchc/base/db"
)

// Perhaps before a statement says that it may change nothing.
const Perhaps = "/* perhaps */ "

// Behind runs statements of SQL behind the program, as somebody with the database does:
// past every trigger and reference of the tables, which are gone from then on. A statement
// that changes nothing fails the test, unless it begins with Perhaps.
func Behind(t testing.TB, d *db.DB, tables []string, statements ...string) {
	t.Helper()
	h, err := d.Handle()
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	run := func(s string) int64 {
		r, err := h.Exec(s)
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		n, err := r.RowsAffected()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if len(tables) > 0 && d.Engine() == db.SQLite {
		run("PRAGMA foreign_keys = OFF") // of this connection
	}
	for _, x := range tables {
		if d.Engine() == db.Postgres {
			run("ALTER TABLE " + x + " DISABLE TRIGGER ALL")
			continue
		}
		rows, err := h.Query("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '" + x + "'")
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				t.Fatal(err)
			}
			names = append(names, name)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			run("DROP TRIGGER " + name)
		}
	}
	for _, s := range statements {
		if n := run(s); n == 0 && (strings.HasPrefix(s, "UPDATE") || strings.HasPrefix(s, "DELETE")) {
			t.Fatalf("%s: changed nothing", s)
		}
	}
}
