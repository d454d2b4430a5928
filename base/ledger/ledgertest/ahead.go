// Package ledgertest makes what tests of the log need.
package ledgertest

import (
	"testing"

	"cchc/base/db"
	"cchc/base/db/dbtest"
)

// Ahead makes an entry that waits to enter the log one of a server whose clock is far
// ahead: its id comes after all others, and the order in which it came stays. It returns
// the id. Call it when everything is recorded: nothing that comes later waits by itself.
func Ahead(t testing.TB, d *db.DB, id string) string {
	t.Helper()
	later := "f" + id[1:]
	dbtest.Behind(t, d, []string{"audit_entry"},
		"UPDATE audit_entry SET id = '"+later+"' WHERE id = '"+id+"'",
		"UPDATE log_pending SET entry_id = '"+later+"' WHERE entry_id = '"+id+"'")
	return later
}
