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
	"cchc/scorecard"
)

func TestABackupIsPutBackAndVerified(t *testing.T) {
	t.Parallel()
	if db.IsPostgres(dbtest.Empty(t)) {
		t.Skip("the copy is a file here; PostgreSQL's is tried by TestACopyOfEitherEngineIsPutBack")
	}
	dir := t.TempDir()
	dsn, to := filepath.Join(dir, "cchc.db"), filepath.Join(dir, "copies")
	fresh, err := os.ReadFile(dbtest.DSN(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dsn, fresh, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, says := run(t, "demo", "--db", dsn, "--dossiers", "40", "--make-only"); code != 0 {
		t.Fatal(says)
	}
	store, err := file.Open(context.Background(), filepath.Join(dir, "files"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	scan, err := store.Put(context.Background(), strings.NewReader("%PDF-1.7\nscan\n%%EOF\n"), file.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	evidence := proveWith(t, dsn, store, "%PDF-1.7\nquyết định\n%%EOF\n")
	// Copies of days before, the oldest of which is to go, and what is none of ours.
	if err := os.MkdirAll(to, 0o750); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"cchc-2026-01-01T013000.db", "cchc-2026-01-02T013000.db", "cchc-notes.db", "cchc-training-2026-01-01T013000.db"} {
		for _, suffix := range []string{"", ".sha256"} {
			if err := os.WriteFile(filepath.Join(to, name+suffix), []byte(name), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	code, out, says := run(t, "backup", to, "--db", dsn, "--keep", "2", "--keep-daily", "0", "--keep-weekly", "0", "--keep-monthly", "0")
	if code != 0 || !strings.Contains(out, " files new") {
		t.Fatalf("exit %d: %s%s", code, out, says)
	}
	list, err := filepath.Glob(filepath.Join(to, "*.db"))
	if err != nil || len(list) != 4 {
		t.Fatalf("there are %q, %v; want the new one, one of before and the two of others", list, err)
	}
	if _, err := os.Stat(filepath.Join(to, "cchc-2026-01-01T013000.db")); err == nil {
		t.Error("the oldest is still there")
	}
	if when, ok := latestBackup(dsn); !ok || when.IsZero() {
		t.Error("the health page does not know of it")
	}
	// Put back elsewhere, it is whole.
	var newest string
	for _, f := range list {
		if info, err := os.Stat(f); err == nil && info.Size() > 100 {
			newest = f
		}
	}
	b, err := os.ReadFile(newest)
	if err != nil {
		t.Fatal(err)
	}
	back := filepath.Join(t.TempDir(), "cchc.db")
	if err := os.WriteFile(back, b, 0o600); err != nil {
		t.Fatal(err)
	}
	files := filepath.Join(to, "files")
	if code, out, says := run(t, "verify", "--db", back, "--files", files); code != 0 || !strings.Contains(out, "40 dossiers") || !strings.Contains(out, "1 files of evidence") {
		t.Errorf("verify of what was put back: exit %d: %s%s", code, out, says)
	}
	if _, err := os.Stat(filepath.Join(files, evidence[:2], evidence)); err != nil {
		t.Errorf("the evidence is not in the backup: %v", err)
	}
	// Evidence that was altered, or is not there, is found.
	kept := filepath.Join(files, evidence[:2], evidence)
	for _, c := range []struct {
		name, says string
		do         func() error
	}{
		{"altered", "another content", func() error { return os.WriteFile(kept, []byte("%PDF-1.7\nquyết định khác\n%%EOF\n"), 0o600) }},
		{"removed", "no file", func() error { return os.Remove(kept) }},
	} {
		if err := c.do(); err != nil {
			t.Fatal(err)
		}
		if code, out, says := run(t, "verify", "--db", back, "--files", files); code == 0 || !strings.Contains(out, c.says) || !strings.Contains(out, evidence) {
			t.Errorf("evidence %s: exit %d: %s%s", c.name, code, out, says)
		}
	}
	if _, err := os.Stat(filepath.Join(to, "files", scan.Key[:2], scan.Key)); err != nil {
		t.Errorf("the scan: %v", err)
	}
}

func TestABackupSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"backup", dir, "--db", filepath.Join(dir, "none.db")}, "none.db"},
		{[]string{"backup", dir, "--db", filepath.Join(dir, "none.db"), "--keep-weekly", "-1"}, "--keep"},
		{[]string{"backup", dir, "--db", filepath.Join(dir, "none.db"), "--keep", "-1"}, "--keep"},
		{[]string{"backup"}, "dir"},
	} {
		code, out, says := run(t, c.args...)
		if code == 0 || out != "" || !strings.Contains(says, c.says) {
			t.Errorf("%v: exit %d, printed %q, says %q; want %q in it", c.args, code, out, says, c.says)
		}
	}
}

// proveWith stores a file and makes it evidence of a unit; it returns its key.
func proveWith(t *testing.T, dsn string, store *file.Store, content string) string {
	t.Helper()
	ctx := context.Background()
	r, err := openRooms(ctx, dsn, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	tree, err := r.units.Today(ctx, r.db)
	if err != nil {
		t.Fatal(err)
	}
	e, err := r.scorecard.AddEvidence(ctx, operator, scorecard.Evidence{Unit: tree.Roots()[0], Number: "1/QĐ-UBND", Day: r.db.Now().Date(), Issuer: "UBND", Title: "Quyết định", Pages: 1})
	if err != nil {
		t.Fatal(err)
	}
	info, err := store.Put(ctx, strings.NewReader(content), file.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.scorecard.AddFile(ctx, operator, e.ID, info, "qd.pdf"); err != nil {
		t.Fatal(err)
	}
	return info.Key
}
