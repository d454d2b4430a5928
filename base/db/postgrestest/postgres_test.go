package postgrestest

import (
	"context"
	"fmt"
	"os"
	"testing"

	"cchc/base/db"
	"cchc/base/db/dbtest"
)

// TestMain runs nothing without a server, in the words from which the go command
// makes "[no tests to run]". Not by m.Run with a pattern that matches nothing: that
// result would be cached, and told again when a server is there.
func TestMain(m *testing.M) {
	if os.Getenv("TEST_POSTGRES") == "" {
		fmt.Println("testing: warning: no tests to run\nTEST_POSTGRES is not set: PostgreSQL is left out\nPASS")
		os.Exit(0)
	}
	os.Exit(m.Run())
}

var setting = db.SQL("postgrestest.setting", `SELECT current_setting($1)`)

// The server under test is one that an installation may have.
func TestServer(t *testing.T) {
	t.Parallel()
	d, _ := dbtest.Open(t)
	ctx := context.Background()
	get := func(name string) string {
		t.Helper()
		v, err := db.Value[string](ctx, d, setting, name)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if got := get("server_encoding"); got != "UTF8" {
		t.Errorf("server_encoding = %s, want UTF8", got)
	}
	if got := get("server_version_num"); got < "150000" {
		t.Errorf("server_version_num = %s, want 15 or later", got)
	}
}
