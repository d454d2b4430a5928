package main

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"cchc/base/db"
	"cchc/base/db/dbtest"
)

// One program serves a SQLite file: a second one is told which process has it, in both
// languages, whatever it calls the file, and so is who would put another in its place. Who
// copies or recounts it is not in the way. A killed program's file of before is in
// nobody's way, and one that ended well leaves none.
func TestOneProgramServesASQLiteFile(t *testing.T) {
	t.Parallel()
	dsn := dbtest.Empty(t)
	if db.IsPostgres(dsn) {
		t.Skip("PostgreSQL has as many servers as one likes: see TestSeveralProgramsServeOnePostgreSQL")
	}
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files := []string{"--files", filepath.Join(dir, "files")}
	run(t, append([]string{"demo", "--dossiers", "30", "--make-only", "--db", dsn}, files...)...)
	moved := filepath.Join(dir, "moved.cchc")
	run(t, append([]string{"export", moved, "--db", dsn}, files...)...)
	s := startServer(t, dsn, files...)

	other := filepath.Join(dir, "other name.db")
	if err := os.Symlink(dsn, other); err != nil {
		t.Fatal(err)
	}
	refused := func(args ...string) {
		t.Helper()
		cmd := exec.Command(program, args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err == nil {
			t.Fatalf("cchc %s: done: %s", strings.Join(args, " "), out)
		}
		pid := strconv.Itoa(s.cmd.Process.Pid)
		for _, want := range []string{"--db", "process " + pid + " has", "tiến trình " + pid + " đang", dsn + ".lock"} {
			if !strings.Contains(string(out), want) {
				t.Errorf("cchc %s: it does not say %q:\n%s", strings.Join(args, " "), want, out)
			}
		}
	}
	refused("serve", "--db", dsn, "--addr", "127.0.0.1:0")
	refused("serve", "--db", other, "--addr", "127.0.0.1:0")
	refused("demo", "--db", dsn, "--addr", "127.0.0.1:0")

	// Beside it.
	copies := filepath.Join(dir, "copies")
	run(t, append([]string{"backup", copies, "--db", dsn}, files...)...)
	run(t, append([]string{"export", filepath.Join(dir, "again.cchc"), "--db", dsn}, files...)...)
	if n := verified(t, dsn, files...); n != 30 {
		t.Errorf("%d dossiers, want 30", n)
	}
	run(t, append([]string{"restore", copies, "--drill", "--db", dsn}, files...)...)

	// In its place, also when somebody moved the file away under it.
	refused("restore", copies, "--db", dsn, "--aside")
	if err := os.Rename(dsn, dsn+".taken"); err != nil {
		t.Fatal(err)
	}
	refused("restore", copies, "--db", dsn)
	refused("import", "database", moved, "--db", dsn, "--log-key", filepath.Join(dir, "fresh.log-key"))
	if _, err := os.Stat(dsn); err == nil {
		t.Error("something was put there all the same")
	}
	if err := os.Rename(dsn+".taken", dsn); err != nil {
		t.Fatal(err)
	}

	s.kill()
	if _, err := os.Stat(dsn + ".lock"); err != nil {
		t.Errorf("a killed program takes nothing away: %v", err)
	}
	s = startServer(t, dsn, files...)
	s.signIn(t)
	s.stop(t)
	if _, err := os.Stat(dsn + ".lock"); err == nil {
		t.Error("a program that ended well leaves its lock")
	}
	startServer(t, dsn, files...).stop(t)
}

// With PostgreSQL several serve one database.
func TestSeveralProgramsServeOnePostgreSQL(t *testing.T) {
	t.Parallel()
	dsn := dbtest.Empty(t)
	if !db.IsPostgres(dsn) {
		t.Skip("a SQLite file has one program: see TestOneProgramServesASQLiteFile")
	}
	one, two := startServer(t, dsn), startServer(t, dsn)
	for _, s := range []*server{one, two} {
		visitor := &client{base: s.url, http: http.Client{Timeout: 30 * time.Second}}
		if err := visitor.get("/"); err != nil {
			t.Error(err)
		}
	}
	one.stop(t)
	two.stop(t)
}
