package app

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
	doctor := func(when, want string) {
		t.Helper()
		if _, out, says := run(t, "doctor", "--db", dsn, "--files", files, "--backup-to", copies, "--backup-recipient", public); !strings.Contains(out, want) {
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
}
