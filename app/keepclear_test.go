package app

import (
	"bytes"
	"context"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"cchc/backup"
	"cchc/base/db/dbtest"
	"cchc/base/file"
)

// Who turns encryption on has, once the copies of before are too old, nothing in the clear
// any more, neither scans nor keys: also where the encrypted scan was damaged meanwhile,
// for it is made anew. Until then every copy that is kept is put back as it could be, and
// the doctor tells what lies open.
func TestEncryptionTurnedOnLeavesNothingInTheClear(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dir, dsn := t.TempDir(), dbtest.Empty(t)
	at := func(name ...string) string { return filepath.Join(append([]string{dir}, name...)...) }
	copies, files, key, sealKey, identity := at("copies"), at("files"), at("log-key"), at("seal-key"), at("identity")
	if code, _, says := run(t, "demo", "--db", dsn, "--dossiers", "40", "--make-only", "--files", files); code != 0 {
		t.Fatal(says)
	}
	store, err := file.Open(ctx, files)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	evidence := proveWith(t, dsn, store, "%PDF-1.7\nquyết định\n%%EOF\n")
	put := func(text string) string {
		t.Helper()
		f, err := store.Put(ctx, strings.NewReader("%PDF-1.7\n"+text+"\n%%EOF\n"), file.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		return f.Key
	}
	gone := put("vắng ở bản thứ hai") // lies in the first copy, not in the second, and in those that follow
	signLog(t, dsn, key)
	write := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(sealKey, strings.Repeat("0123456789abcdef", 4)+"\n")
	code, public, says := run(t, "backupkey", identity)
	if code != 0 {
		t.Fatal(says)
	}
	public = strings.TrimSpace(public)
	copyOf := func(keep string, more ...string) (int, string) {
		t.Helper()
		time.Sleep(1100 * time.Millisecond) // a copy is named by its second
		args := []string{"backup", copies, "--db", dsn, "--files", files, "--log-key", key, "--seal-key", sealKey, "--keep", keep, "--keep-daily", "0", "--keep-weekly", "0", "--keep-monthly", "0"}
		code, out, says := run(t, append(args, more...)...)
		return code, out + says
	}
	made := func(keep string, more ...string) {
		t.Helper()
		if code, says := copyOf(keep, more...); code != 0 {
			t.Fatalf("exit %d: %s", code, says)
		}
	}
	open := func(key string) string { return filepath.Join(copies, "files", filepath.FromSlash(file.Place(key))) }
	lies := func(when string, want bool, paths ...string) {
		t.Helper()
		for _, path := range paths {
			if _, err := os.Stat(path); (err == nil) != want {
				t.Errorf("%s: %s: %v, want that it is there: %v", when, path, err, want)
			}
		}
	}
	openKeys := []string{filepath.Join(copies, "log-key"), filepath.Join(copies, "log-key.signed"), filepath.Join(copies, "seal-key")}
	doctor := func(when, want string, more ...string) {
		t.Helper()
		if _, out, says := run(t, append([]string{"doctor", "--db", dsn, "--files", files, "--backup-to", copies, "--backup-recipient", public}, more...)...); !strings.Contains(out, want) {
			t.Errorf("%s: the doctor does not say %q:\n%s%s", when, want, out, says)
		}
	}
	// putBack puts the newest copy, or that of a name, back on an empty machine.
	putBack := func(when string, more ...string) {
		t.Helper()
		back, where := dbtest.Empty(t), t.TempDir()
		code, out, says := run(t, append([]string{"restore", copies, "--db", back, "--files", filepath.Join(where, "files"), "--log-key", filepath.Join(where, "log-key"), "--seal-key", filepath.Join(where, "seal-key")}, more...)...)
		if code != 0 || !strings.Contains(out, "40 dossiers: every figure agrees") || !strings.Contains(out, "1 files of evidence: each is there") {
			t.Errorf("%s, put back: exit %d: %s%s", when, code, out, says)
		}
		for _, name := range []string{"log-key", "seal-key"} {
			want, _ := os.ReadFile(at(name))
			if got, err := os.ReadFile(filepath.Join(where, name)); err != nil || string(got) != string(want) {
				t.Errorf("%s, put back: %s is another: %v", when, name, err)
			}
		}
	}

	// dated gives the copy that was just made the time of another.
	dated := func(to string) {
		t.Helper()
		all, err := filepath.Glob(filepath.Join(copies, "*.files"))
		if err != nil {
			t.Fatal(err)
		}
		base := strings.TrimSuffix(all[len(all)-1], ".files")
		parts, err := filepath.Glob(base + ".*")
		if err != nil || len(parts) != 3 {
			t.Fatalf("of the copy there are %q, %v", parts, err)
		}
		for _, path := range parts {
			if err := os.Rename(path, base[:len(base)-len("2026-11-27T013000")]+to+path[len(base):]); err != nil {
				t.Fatal(err)
			}
		}
	}

	made("9")
	dated("2026-01-01T013000")
	hidden := filepath.Join(files, filepath.FromSlash(file.Place(gone)))
	if err := os.Rename(hidden, at("hidden")); err != nil {
		t.Fatal(err)
	}
	made("9")
	dated("2026-01-02T013000")
	if err := os.Rename(at("hidden"), hidden); err != nil {
		t.Fatal(err)
	}
	// A key of before, which the log does not have any more: it stays readable for its owner.
	write(filepath.Join(copies, "log-key.2025-01-01T013000"), "an earlier key")
	made("9", "--recipient", public)
	lies("all are kept", true, append(openKeys, open(evidence), open(gone))...)
	doctor("all are kept", "warn  Copies in the clear: ")
	made("3", "--recipient", public)
	lies("the second is kept", false, open(gone))
	lies("the second is kept", true, append(openKeys, open(evidence), open(gone)+".age")...)
	putBack("the second", "--at", "2026-01-02T01:30")
	putBack("the newest", "--identity", identity)
	doctor("the second is kept", "1 copies of the time before")

	// The disk spoils an encrypted scan; and the open one, which then is not what it is made
	// anew from.
	sealed, _ := os.ReadFile(open(evidence) + ".age")
	sealed[len(sealed)-20] ^= 1
	write(open(evidence)+".age", string(sealed))
	whole, _ := os.ReadFile(open(evidence))
	write(open(evidence), "%PDF-1.7\nother bytes")
	if code, says := copyOf("1", "--recipient", public); code == 0 || !strings.Contains(says, "lies in the clear and is damaged") {
		t.Errorf("both are damaged: exit %d: %s", code, says)
	}
	lies("both are damaged", true, open(evidence), open(evidence)+".age")
	write(open(evidence), string(whole))
	made("1", "--recipient", public)
	lies("none of before is kept", false, append(openKeys, open(evidence), open(gone), filepath.Join(copies, "log-key.2025-01-01T013000"))...)
	secrets := map[string]string{"scan": "%PDF", "earlier key": "an earlier key"}
	for name, path := range map[string]string{"log's key": key, "key of second factors": sealKey} {
		b, err := os.ReadFile(path)
		if err != nil || len(b) < 20 {
			t.Fatal(name, err)
		}
		secrets[name] = string(b)
	}
	earlier := 0
	for _, path := range tree(t, copies) {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range secrets {
			if strings.Contains(string(b), text) {
				t.Errorf("%s has the %s in the clear", path, name)
			}
		}
		if strings.HasPrefix(filepath.Base(path), "log-key.2025-01-01T013000.") && strings.HasSuffix(path, ".age") {
			earlier++
		}
	}
	if earlier != 1 {
		t.Errorf("the earlier key is kept encrypted %d times, want once", earlier)
	}
	doctor("none of before is kept", "ok    Copies in the clear: ")
	putBack("none of before is kept", "--identity", identity)
	// The key of the log may be called anything: the doctor knows it by what is configured.
	write(filepath.Join(copies, "signing.key"), "a key")
	doctor("a key that is not ours", "ok    Copies in the clear: ")
	doctor("the key of the log", "warn  Copies in the clear: ", "--log-key", at("signing.key"))
}

// storeTime has a stand-in for an S3 store date what it is given by a test's clock.
type storeTime struct{ *dbtest.Clock }

// Since implements gofakes3.TimeSource.
func (s storeTime) Since(t time.Time) time.Duration { return s.Now().Sub(t) }

// A store that speaks S3 cannot be locked: another database's copy may be about to list a
// scan that lies there in the clear. It goes once it has lain there for longer than any copy
// takes, and no copy that is kept, of any database, lists it; keys when no copy in the clear
// is left. What is there instead opens with the identity and is the same.
func TestEncryptionTurnedOnLeavesNothingInTheClearInAStore(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := serveOffice(t)
	backend := s3mem.New(s3mem.WithTimeSource(storeTime{o.clock}))
	o.ok(t, backend.CreateBucket("clear"))
	server := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(server.Close)
	os.Setenv("AWS_ACCESS_KEY_ID", "test")
	os.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	shelf, err := file.OpenShelf(ctx, "s3://clear?endpoint="+server.URL, true)
	o.ok(t, err)
	defer shelf.Close()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	store, err := file.Open(ctx, at("files"))
	o.ok(t, err)
	defer store.Close()

	content := map[string]string{} // by the name under which it lies encrypted in the end
	scan := func(text string) (key, name string) {
		t.Helper()
		text = "%PDF-1.7\n" + text + "\n%%EOF\n"
		f, err := store.Put(ctx, strings.NewReader(text), file.Limits{})
		o.ok(t, err)
		name = "files/" + file.Place(f.Key)
		content[name+".age"] = text
		return f.Key, name
	}
	lay := func(name, text string) {
		t.Helper()
		_, _, err := shelf.Put(ctx, name, func(w io.Writer) error { _, err := io.WriteString(w, text); return err })
		o.ok(t, err)
	}
	keys := map[string]string{"signing.key": "khoá nhật ký 0123456789", "signing.key.signed": "đã ký 0123456789", "seal-key": "khoá niêm 0123456789"}
	for name, text := range keys {
		o.ok(t, os.WriteFile(at(name), []byte(text), 0o600))
	}
	_, mine := scan("của mình")
	// Of another database, whose copy is in the clear and kept; and of none.
	theirKey, theirs := scan("của kho khác")
	strayKey, stray := scan("không bản nào liệt kê")
	lay(theirs, content[theirs+".age"])
	lay(stray, content[stray+".age"])
	for _, key := range []string{theirKey, strayKey} { // not of this database: no copy makes them anew
		o.ok(t, os.Remove(filepath.Join(at("files"), filepath.FromSlash(file.Place(key)))))
	}
	other := map[string]string{"other-2026-11-22T013000.db": "SQLite format", "other-2026-11-22T013000.db.sha256": "sum", "other-2026-11-22T013000.files": theirKey + "\n"}
	for name, text := range other {
		lay(name, text)
	}

	m := backup.Maker{DB: o.db, DSN: o.db.DSN(), Files: store, Keys: []string{at("signing.key"), at("signing.key.signed")}, SealKey: at("seal-key"), Shelf: shelf, Keep: backup.Keep{Last: 9}}
	identity, err := age.GenerateX25519Identity()
	o.ok(t, err)
	made := func(when string, want backup.InClear) {
		t.Helper()
		if _, err := m.Make(ctx); err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		got, err := backup.Clear(ctx, shelf, append(m.Keys, m.SealKey)...)
		o.ok(t, err)
		got.Last = time.Time{}
		if got != want {
			t.Errorf("%s: in the clear lie %+v, want %+v", when, got, want)
		}
	}
	lies := func(when string, want bool, names ...string) {
		t.Helper()
		for _, name := range names {
			r, err := shelf.Open(ctx, name)
			if err == nil {
				r.Close()
			}
			if (err == nil) != want {
				t.Errorf("%s: %s: %v, want that it is there: %v", when, name, err, want)
			}
		}
	}
	made("before", backup.InClear{Copies: 2, Files: 3, Keys: 3})
	m.Recipients, m.Keep = []age.Recipient{identity.Recipient()}, backup.Keep{Last: 1}
	o.clock.Advance(time.Hour)
	made("it was turned on", backup.InClear{Copies: 1, Files: 3, Keys: 3})
	lies("it was turned on", true, mine, theirs, stray, mine+".age", "signing.key", "signing.key.signed", "seal-key")
	o.clock.Advance(22 * time.Hour) // another's copy may still be on its way
	made("before a day", backup.InClear{Copies: 1, Files: 3, Keys: 3})
	o.clock.Advance(2 * time.Hour)
	made("after a day", backup.InClear{Copies: 1, Files: 1, Keys: 3})
	lies("after a day", false, mine, stray)
	lies("after a day", true, theirs, "signing.key", "signing.key.signed", "seal-key")
	for name := range other {
		o.ok(t, shelf.Remove(ctx, name))
	}
	o.clock.Advance(time.Hour)
	made("the other's copy went", backup.InClear{})
	lies("the other's copy went", false, mine, theirs, stray, "signing.key", "signing.key.signed", "seal-key")

	scans, err := shelf.List(ctx, "files/")
	o.ok(t, err)
	rest, err := shelf.List(ctx, "")
	o.ok(t, err)
	if len(scans) != len(content) {
		t.Errorf("there lie %d scans, want %d", len(scans), len(content))
	}
	copied := 0
	for _, x := range append(scans, rest...) {
		r, err := shelf.Open(ctx, x.Name)
		o.ok(t, err)
		b, err := io.ReadAll(r)
		o.ok(t, err)
		r.Close()
		for _, secret := range append([]string{"%PDF", "SQLite format", "PGDMP"}, keys["signing.key"], keys["signing.key.signed"], keys["seal-key"]) {
			if bytes.Contains(b, []byte(secret)) {
				t.Errorf("%s has %q in the clear", x.Name, secret)
			}
		}
		want := content[x.Name]
		for name, text := range keys {
			if strings.HasSuffix(x.Name, "."+strings.Replace(name, "signing.key", "log-key", 1)+".age") {
				want, copied = text, copied+1
			}
		}
		if want == "" {
			continue
		}
		opened, err := age.Decrypt(bytes.NewReader(b), identity)
		o.ok(t, err)
		if got, err := io.ReadAll(opened); err != nil || string(got) != want {
			t.Errorf("%s opens as %q, %v, want %q", x.Name, got, err, want)
		}
	}
	if copied < len(keys) {
		t.Errorf("of %d keys there lie %d encrypted", len(keys), copied)
	}
}
