package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cchc/base/db"
	"cchc/base/db/dbtest"
)

// Who asks the doctor of a healthy installation gets exit code 0; one whose last copy is
// gone, or whose files cannot be kept, 1, with a line that names it and what to do.
func TestTheDoctorNamesWhatIsBadAndFails(t *testing.T) {
	t.Parallel()
	dir, dsn := t.TempDir(), dbtest.Empty(t)
	files, copies := filepath.Join(dir, "files"), filepath.Join(dir, "copies")
	if code, _, says := run(t, "demo", "--db", dsn, "--dossiers", "40", "--make-only", "--files", files); code != 0 {
		t.Fatal(says)
	}
	key := filepath.Join(dir, "log-key")
	backup := func() {
		t.Helper()
		if code, _, says := run(t, "backup", copies, "--db", dsn, "--files", files, "--log-key", key); code != 0 {
			t.Fatal(says)
		}
	}
	look := func(name, places string, want int, lines ...string) {
		t.Helper()
		code, out, says := run(t, "doctor", "--db", dsn, "--files", places, "--backup-to", copies)
		if code != want {
			t.Errorf("%s: exit %d, want %d:\n%s%s", name, code, want, out, says)
		}
		for _, line := range lines {
			if !strings.Contains(out, line) {
				t.Errorf("%s: nothing says %q:\n%s", name, line, out)
			}
		}
		if bad := strings.Contains(out, "\nbad "); bad != (want == 1) {
			t.Errorf("%s: a line that begins with bad is %v:\n%s", name, bad, out)
		}
	}
	look("before a copy", files, 1, "bad   Copies are there: "+copies, "→ See that the right disk")
	backup()
	look("well", files, 0, "ok    Copies are there: "+copies, "ok    Last backup: ", "--backup-to            "+copies)
	if err := os.Rename(copies, copies+".aside"); err != nil {
		t.Fatal(err)
	}
	look("its copies are gone", files, 1, "bad   Copies are there: ")
	if err := os.Mkdir(copies, 0o750); err != nil {
		t.Fatal(err)
	}
	look("another disk is mounted", files, 1, "bad   Copies are there: "+copies+": the last copy that was made, ")
	backup()
	blocked := filepath.Join(dir, "a file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	look("scans cannot be kept", filepath.Join(blocked, "files"), 1, "bad   Store of scans: ")
}

// A place that somebody named wrongly is told with its name: as the key of the log what is
// none, or another's, as the folder of PostgreSQL's archive what is none.
func TestTheDoctorNamesAWrongPlace(t *testing.T) {
	t.Parallel()
	r, _, _, _ := commune(t)
	dsn, dir := r.db.DSN(), t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, name := range []string{"own", "another"} {
		of := dsn
		if name == "another" {
			other, _, _, _ := commune(t)
			of = other.db.DSN()
		}
		if code, _, says := run(t, "log", "key", "--db", of, "--log-key", at(name)); code != 0 {
			t.Fatal(says)
		}
	}
	if err := os.WriteFile(at("a file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	doctor := func(what, flag, path, begins, says string) {
		t.Helper()
		_, out, failed := run(t, "doctor", "--db", dsn, "--files", at("files"), flag, path)
		found := ""
		for line := range strings.Lines(out) {
			if strings.Contains(line, begins) {
				found = line
			}
		}
		if (found == "") != (says == "") || !strings.Contains(found, says) || says != "" && !strings.Contains(found, path) {
			t.Errorf("%s: the line %q, want %q and %s:\n%s%s", what, found, says, path, out, failed)
		}
	}
	const key, disk = "Key of the log of the trail: ", "Disk of PostgreSQL's archive: "
	doctor("the log's own key", "--log-key", at("own"), key, "")
	doctor("no key", "--log-key", at("none"), key, "warn  "+key+"Started here the program would sign nothing: no key")
	doctor("another's key", "--log-key", at("another"), key, "not the one that this log is signed with")
	doctor("a folder", "--log-key", dir, key, "is a directory")
	doctor("an empty file", "--log-key", at("a file"), key, "not a private key")
	if r.db.Engine() == db.SQLite {
		return
	}
	doctor("a folder", "--pg-archive", dir, disk, "free ("+dir+")")
	for what, path := range map[string]string{"no folder": at("a file"), "nothing there": at("none"), "below a file": filepath.Join(at("a file"), "pg")} {
		doctor(what, "--pg-archive", path, disk, "bad   "+disk+"Almost full, or no folder that can be looked at")
	}
}
