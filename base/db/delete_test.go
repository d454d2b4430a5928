package db_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cchc/base/db"
)

// What was deleted is not in the file any more: a copy of it, or the disk, tells nothing
// of a person who was erased. PostgreSQL keeps it until the table was vacuumed.
func TestWhatIsDeletedIsOverwritten(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "cchc.db")
	d, err := db.Open(ctx, path, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	h, err := d.Handle()
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	do := func(statement string, args ...any) {
		t.Helper()
		if _, err := h.ExecContext(ctx, statement, args...); err != nil {
			t.Fatal(err)
		}
	}
	held := func(what string) int {
		t.Helper()
		do("PRAGMA wal_checkpoint(TRUNCATE)")
		n := 0
		for _, name := range []string{path, path + "-wal"} {
			b, err := os.ReadFile(name)
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			n += bytes.Count(b, []byte(what))
		}
		return n
	}
	const name = "Nguyễn Văn Xoá"
	do("CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, note TEXT)")
	do("CREATE INDEX person_name ON person (name)")
	for id := range 300 { // in pages of their own, in one that others share, and beyond a page
		do("INSERT INTO person VALUES ($1, $2, $3)", id, name, strings.Repeat(name, 1+id%3*200))
	}
	do("INSERT INTO person VALUES (1000, 'An', 'còn lại')")
	if held(name) < 300 {
		t.Fatal("the names are not in the file to begin with")
	}
	do("UPDATE person SET name = '', note = '' WHERE id < 10")
	do("DELETE FROM person WHERE id < 1000")
	if n := held(name); n != 0 {
		t.Errorf("%d times the name of somebody who was deleted is in the file", n)
	}
	if held("còn lại") != 1 {
		t.Error("what was not deleted is gone")
	}
}
