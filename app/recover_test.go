package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cchc/backup"
	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/file"
	"cchc/base/moment"
)

// A new installation has nothing to save, and a copy of that would be newer than those
// that somebody brings to it.
func TestNothingIsCopiedBeforeThereIsAnAccount(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	var err error
	if o.copies, err = (backupFlags{To: t.TempDir(), At: []string{"01:30"}, Drill: "off"}).schedule(); err != nil {
		t.Fatal(err)
	}
	asked := func() int {
		t.Helper()
		if err := o.backupDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		list, err := backup.Runs(t.Context(), o.db, 5)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	if n := asked(); n != 0 {
		t.Errorf("%d copies of nothing are asked for", n)
	}
	o.signIn(t, "quantri", actor.Grant{Role: actor.Administrator, Unit: o.province})
	if n := asked(); n != 1 {
		t.Errorf("%d copies are asked for when there is an account, want one", n)
	}
}

// The package has begun a database and keys of its own before the copies come.
func TestACopyIsPutBackOverWhatANewInstallationBegan(t *testing.T) {
	t.Parallel()
	if db.IsPostgres(dbtest.Empty(t)) {
		t.Skip("there is no file that could be put aside; the keys are the same")
	}
	dir, fresh := t.TempDir(), t.TempDir()
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	empty, err := os.ReadFile(dbtest.DSN(t))
	if err != nil {
		t.Fatal(err)
	}
	dsn, there := filepath.Join(dir, "cchc.db"), filepath.Join(fresh, "cchc.db")
	write(dsn, string(empty))
	write(there, string(empty))
	for _, key := range []string{".seal-key", ".log-key", ".log-key.signed"} {
		write(dsn+key, "the old system's "+key)
		write(there+key, "the new system's "+key)
	}
	var identities []string
	recipient := ""
	for _, name := range []string{"wrong", "right"} {
		identities = append(identities, filepath.Join(dir, name))
		code, public, says := run(t, "backupkey", filepath.Join(dir, name))
		if code != 0 {
			t.Fatal(says)
		}
		recipient = strings.TrimSpace(public)
	}
	copies := filepath.Join(dir, "copies")
	if code, _, says := run(t, "backup", copies, "--db", dsn, "--recipient", recipient); code != 0 {
		t.Fatal(says)
	}
	restore := []string{"restore", copies, "--db", there, "--aside", "--identity"}
	if code, _, says := run(t, append(restore, identities[0])...); code == 0 || !strings.Contains(says, "does not open") {
		t.Errorf("with another identity: exit %d, %s", code, says)
	}
	list, _ := filepath.Glob(filepath.Join(fresh, "*"))
	if want := []string{there, there + ".log-key", there + ".log-key.signed", there + ".seal-key"}; !slices.Equal(list, want) {
		t.Errorf("a copy that cannot be opened left %q, want %q", list, want)
	}
	if code, out, says := run(t, append(restore, identities[1])...); code != 0 || !strings.Contains(out, "another system's") {
		t.Fatalf("exit %d: %s%s", code, out, says)
	}
	for _, key := range []string{".seal-key", ".log-key", ".log-key.signed"} {
		if b, err := os.ReadFile(there + key); err != nil || string(b) != "the old system's "+key {
			t.Errorf("%s is %q, %v", key, b, err)
		}
		aside, _ := filepath.Glob(there + key + ".aside-*")
		if len(aside) != 1 {
			t.Errorf("of the new system's %s there is %q", key, aside)
		} else if b, _ := os.ReadFile(aside[0]); string(b) != "the new system's "+key {
			t.Errorf("put aside is %q", b)
		}
	}
}

// Whatever is wrong with scans, the database and the keys are copied, older copies go,
// and what is wrong is said in the end; and what a program left that was killed over a
// copy is taken away.
func TestACopyIsMadeWhateverBecameOfScans(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := serveOffice(t)
	o.signIn(t, "quantri", actor.Grant{Role: actor.Administrator, Unit: o.province})
	dir := t.TempDir()
	copies, files := filepath.Join(dir, "copies"), filepath.Join(dir, "files")
	there := func(pattern string) []string {
		t.Helper()
		list, err := filepath.Glob(filepath.Join(copies, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for i := range list {
			list[i] = filepath.Base(list[i])
		}
		return list
	}
	write := func(name string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(copies, name)), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(copies, name), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if o.copies, err = (backupFlags{To: copies, At: []string{"01:30", "13:30"}, Drill: "off", copyFlags: copyFlags{Keep: 1}}).schedule(); err != nil {
		t.Fatal(err)
	}
	store, err := file.Open(ctx, files)
	if err != nil {
		t.Fatal(err)
	}
	o.scans = store
	if err := o.openLog(ctx, filepath.Join(dir, "log-key")); err != nil {
		t.Fatal(err)
	}
	made := func() (backup.Run, error) {
		t.Helper()
		o.clock.Advance(time.Second)
		if err := o.backupDue(ctx); err != nil {
			t.Fatal(err)
		}
		x, err := backup.Last(ctx, o.db, backup.Copying, o.db.Now())
		if err != nil || x.Attempts != 0 {
			t.Fatalf("nothing was asked for: %+v, %v", x, err)
		}
		done := o.backupRun(ctx, x.ID)
		if x, err = backup.Of(ctx, o.db, x.ID); err != nil {
			t.Fatal(err)
		}
		return x, done
	}
	first, err := made()
	if err != nil || !first.Good() {
		t.Fatalf("%+v, %v", first, err)
	}

	// What lies there of programs that were killed; of others, and older, stays.
	stem := backup.Stem(o.db.DSN())
	mine := []string{stem + "-2026-11-22T013000.making", stem + "-2026-11-22T013000.db", stem + "-2026-11-21T013000.db.half", ".half-123", "files/ab/.half-4"}
	others := []string{"other-2026-11-22T013000.db.half", "notes.half", stem + "-2026-11-20T013000.db"}
	for _, name := range slices.Concat(mine, others) {
		write(name)
	}
	info, err := store.Put(ctx, strings.NewReader("%PDF-1.7\nscan\n%%EOF\n"), file.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(files, info.Key[:2], info.Key), []byte("another content, same"), 0o600); err != nil {
		t.Fatal(err)
	}
	o.clock.Advance(12 * time.Hour)
	second, err := made()
	if err != nil || !strings.Contains(second.Error, info.Key) || second.Name == "" {
		t.Errorf("with a damaged scan: %+v, %v; want no second try, and that it failed", second, err)
	}
	for _, name := range mine {
		if len(there(name)) != 0 {
			t.Errorf("%s is still there", name)
		}
	}
	for _, name := range others {
		if len(there(name)) != 1 {
			t.Errorf("%s is gone, which is none of ours", name)
		}
	}
	if list := there("*.sha256"); !slices.Equal(list, []string{second.Name + ".sha256"}) || len(there("*.making")) != 0 {
		t.Errorf("there are %q, want the copy just made alone", list)
	}
	if len(there("*.files")) != 1 {
		t.Error("which files belong to it is not said")
	}

	// The store does not answer at all.
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	o.clock.Advance(12 * time.Hour)
	third, err := made()
	if err != nil || third.Error == "" || !slices.Equal(there("*.sha256"), []string{third.Name + ".sha256"}) {
		t.Errorf("without the store: %+v, %v, %q", third, err, there("*.sha256"))
	}
	if o.db.Engine() != db.SQLite {
		return
	}
	if code, _, says := run(t, "backup", filepath.Join(dir, "keyless"), "--db", o.db.Name(), "--log-key", filepath.Join(dir, "none")); code != 0 || !strings.Contains(says, "none is not there") {
		t.Errorf("without a key: exit %d, %s", code, says)
	}
}

// A copy that was made while the clock was ahead is not the newest one.
func TestTheNewestCopyIsNoneOfTheFuture(t *testing.T) {
	t.Parallel()
	day := func(y int) backup.Copy {
		return backup.Copy{Stem: "cchc", At: time.Date(y, 1, 1, 1, 30, 0, 0, moment.Zone)}
	}
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, moment.Zone)
	for name, c := range map[string]struct {
		have []backup.Copy
		want int
	}{
		"one is ahead":  {[]backup.Copy{day(2025), day(2026), day(2027)}, 2026},
		"all are ahead": {[]backup.Copy{day(2027), day(2028)}, 2028}, // it is this machine's clock
	} {
		if got, err := backup.Choose(c.have, "cchc", time.Time{}, now); err != nil || got.At.Year() != c.want {
			t.Errorf("%s: %v, %v; want that of %d", name, got.At, err, c.want)
		}
	}
}

// What is signed while the database is copied is not in the copy: what the copy keeps of
// the log's signatures is of before, or a drill would say that the log was cut.
func TestACopyKeepsWhatWasSignedBeforeIt(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := serveOffice(t)
	dir := t.TempDir()
	shelf, err := file.OpenShelf(ctx, filepath.Join(dir, "copies"), true)
	if err != nil {
		t.Fatal(err)
	}
	defer shelf.Close()
	key := filepath.Join(dir, "log-key")
	for path, text := range map[string]string{key: "key", key + ".signed": "before"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m := backup.Maker{DB: o.db, DSN: o.db.DSN(), Keys: []string{key, key + ".signed"}, Shelf: shelf, Say: func(format string, _ ...any) {
		if strings.Contains(format, "looked through") { // the database is copied
			if err := os.WriteFile(key+".signed", []byte("after"), 0o600); err != nil {
				t.Error(err)
			}
		}
	}}
	if _, err := m.Make(ctx); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(shelf.Path("log-key.signed")); err != nil || string(b) != "before" {
		t.Errorf("the copy has %q, %v", b, err)
	}
	if _, err := os.Stat(shelf.Path("log-key")); errors.Is(err, os.ErrNotExist) {
		t.Error("the key is not there")
	}
}
