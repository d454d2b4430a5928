package app

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/file"
)

// A drill: work goes on after the copy, the machine is lost, and what was copied is
// put back on an empty one, whole; then the ways in which it can go wrong.
func TestACopyIsPutBackOnAnEmptyMachine(t *testing.T) {
	t.Parallel()
	if db.IsPostgres(dbtest.Empty(t)) {
		t.Skip("the copy is a file here; PostgreSQL's is tried by TestACopyOfEitherEngineIsPutBack")
	}
	dir := t.TempDir()
	dsn, copies := filepath.Join(dir, "cchc.db"), filepath.Join(dir, "copies")
	if code, _, says := run(t, "demo", "--db", dsn, "--dossiers", "40", "--make-only"); code != 0 {
		t.Fatal(says)
	}
	store, err := file.Open(context.Background(), filepath.Join(dir, "files"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	evidence := proveWith(t, dsn, store, "%PDF-1.7\nquyết định\n%%EOF\n")
	if code, _, says := run(t, "backup", copies, "--db", dsn); code != 0 {
		t.Fatal(says)
	}
	// An older copy, of another day.
	list, err := filepath.Glob(filepath.Join(copies, "cchc-*.db"))
	if err != nil || len(list) != 1 {
		t.Fatalf("copies are %q, %v", list, err)
	}
	old := filepath.Join(copies, "cchc-2026-01-01T013000.db")
	for _, suffix := range []string{"", ".sha256"} {
		text, err := os.ReadFile(list[0] + suffix)
		if err == nil {
			err = os.WriteFile(old+suffix, text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}

	if err := os.WriteFile(filepath.Join(copies, "cchc.db.seal-key"), []byte("the seal's key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(copies, "cchc.db.log-key"), []byte("the log's key"), 0o600); err != nil {
		t.Fatal(err)
	}

	empty := t.TempDir()
	back := filepath.Join(empty, "data", "cchc.db")
	code, out, says := run(t, "restore", copies, "--db", back)
	if code != 0 || !strings.Contains(out, "40 dossiers: every figure agrees") || !strings.Contains(out, "1 files of evidence: each is there") {
		t.Fatalf("exit %d: %s%s", code, out, says)
	}
	if _, err := os.Stat(filepath.Join(empty, "data", "files", evidence[:2], evidence)); err != nil {
		t.Errorf("the evidence: %v", err)
	}

	if key, err := os.ReadFile(back + ".seal-key"); err != nil || string(key) != "the seal's key" {
		t.Errorf("the key of the seal: %q, %v", key, err)
	}
	if key, err := os.ReadFile(back + ".log-key"); err != nil || string(key) != "the log's key" {
		t.Errorf("the log's key is %q, %v", key, err)
	}

	// What is there is not overwritten. That it can be put aside, and not while
	// somebody has it open, is tried with the program itself (testdata/script).
	code, _, says = run(t, "restore", copies, "--db", back)
	if code == 0 || !strings.Contains(says, "is there already") {
		t.Errorf("over a database: exit %d, %s", code, says)
	}
	// Nor while somebody has it open who does not serve it.
	open, err := db.Open(context.Background(), back, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	code, _, says = run(t, "restore", copies, "--db", back, "--aside")
	if code == 0 || !strings.Contains(says, "is the program still running") {
		t.Errorf("under somebody who has it open: exit %d, %s", code, says)
	}
	open.Close()
	code, out, says = run(t, "restore", copies, "--db", filepath.Join(empty, "then.db"), "--at", "2026-02-01T00:00")
	if code != 0 || !strings.Contains(out, "the copy of 01/01/2026 01:30:00") {
		t.Errorf("of a moment: exit %d, %s%s", code, out, says)
	}
	code, _, says = run(t, "restore", copies, "--db", filepath.Join(empty, "early.db"), "--at", "2025-01-01T00:00")
	if code == 0 || !strings.Contains(says, "the oldest copy is of 01/01/2026") {
		t.Errorf("before all copies: exit %d, %s", code, says)
	}

	// A copy that was altered, or cut, is refused; nothing is left under its name.
	for name, harm := range map[string]func(b []byte) []byte{
		"altered": func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
		"cut":     func(b []byte) []byte { return b[:len(b)/2] },
	} {
		b, err := os.ReadFile(old)
		if err != nil {
			t.Fatal(err)
		}
		bad := filepath.Join(copies, "cchc-2026-03-01T000000.db")
		sum, err := os.ReadFile(old + ".sha256")
		if err == nil {
			err = os.WriteFile(bad, harm(b), 0o600)
		}
		if err == nil {
			err = os.WriteFile(bad+".sha256", sum, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(empty, name+".db")
		code, _, says := run(t, "restore", copies, "--db", to, "--at", "2026-04-01T00:00")
		if code == 0 || !strings.Contains(says, "is damaged") {
			t.Errorf("%s: exit %d, %s", name, code, says)
		}
		if list, _ := filepath.Glob(to + "*"); len(list) != 0 {
			t.Errorf("%s left %q", name, list)
		}
		// Without a checksum it is read through.
		os.Remove(bad + ".sha256")
		if name == "cut" {
			if code, _, says := run(t, "restore", copies, "--db", to, "--at", "2026-04-01T00:00"); code == 0 || !strings.Contains(says, "not whole") {
				t.Errorf("%s without a checksum: exit %d, %s", name, code, says)
			}
		}
		os.Remove(bad)
	}
}
