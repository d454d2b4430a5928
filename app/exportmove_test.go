package app

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cchc/base/db"
	"cchc/base/db/dbtest"
)

// What an office does when it grows: its SQLite goes by a pipe into the engine under
// test, which is PostgreSQL in the step of make test that runs on it. Nothing is made up
// here, so that everything has to agree: the import ends well, every table has as many
// rows, and verify and verify --log say of both the same.
func TestASQLiteDatabaseMovesByAPipeAndIsVerifiedOnBothSides(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	from, files, key := filepath.Join(dir, "cchc.db"), filepath.Join(dir, "files"), filepath.Join(dir, "key")
	if code, _, says := run(t, "demo", "--db", from, "--dossiers", "40", "--make-only", "--files", files); code != 0 {
		t.Fatal(says)
	}
	signLog(t, from, key)
	to, toFiles, toKey := dbtest.Empty(t), filepath.Join(dir, "files2"), filepath.Join(dir, "key2")
	if db.IsPostgres(to) != (os.Getenv("TEST_POSTGRES") != "") {
		t.Fatalf("the tests run on another engine than %s", to)
	}
	in, out := io.Pipe()
	exported := make(chan string, 1)
	go func() {
		var says bytes.Buffer
		code := Main([]string{"export", "--db", from, "--files", files, "--log-key", key}, strings.NewReader(""), out, &says)
		out.Close()
		if code == 0 {
			says.Reset()
		}
		exported <- says.String()
	}()
	var said, says bytes.Buffer
	code := Main([]string{"import", "--db", to, "--files", toFiles, "--log-key", toKey}, in, &said, &says)
	in.Close() // whoever writes ends
	if wrong := <-exported; code != 0 || wrong != "" || strings.Contains(said.String(), "DIFFERENT") {
		t.Fatalf("export says %q; import: exit %d: %s%s", wrong, code, &said, &says)
	}
	sameRows(t, from, to, "verify_run", "log_check") // import verified the copy
	sameRows(t, to, from, "verify_run", "log_check")
	for _, args := range [][]string{{"verify"}, {"verify", "--log"}} {
		on := func(dsn, files, key string) string {
			code, out, says := run(t, append(args, "--db", dsn, "--files", files, "--log-key", key)...)
			if code != 0 || out == "" {
				t.Errorf("%v of %s: exit %d: %s%s", args, db.NameOf(dsn), code, out, says)
			}
			return out
		}
		if a, b := on(from, files, key), on(to, toFiles, toKey); a != b {
			t.Errorf("%v says of the two databases\n%s\nand\n%s", args, a, b)
		}
	}
}
