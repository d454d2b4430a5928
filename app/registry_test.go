package app

import (
	"testing"

	"cchc/base/db/dbtest"
)

// Every statement of every room, as both engines read it: this package imports
// them all.
func TestEveryStatementPreparesOnThisEngine(t *testing.T) {
	t.Parallel()
	d, _ := dbtest.Open(t)
	dbtest.CheckRegistry(t, d)
}
