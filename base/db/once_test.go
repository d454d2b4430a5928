package db_test

import "os"

// The tests of this package count how often a write runs: see db.Options, Twice.
func init() { os.Unsetenv("TEST_TWICE") }
