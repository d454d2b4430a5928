package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/ledger"
	"cchc/base/receipt"
)

// It is for people who have nothing of ours but a file and a key.
func TestTheCommandKnowsNoDatabaseAndNoNetwork(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range strings.Fields(string(out)) {
		switch {
		case p == "cchc/base/receipt", p == "cchc/cmd/cchc-receipt":
		case strings.HasPrefix(p, "cchc/"), strings.HasPrefix(p, "database/"), p == "net", strings.HasPrefix(p, "net/"):
			t.Errorf("it needs %s", p)
		}
	}
}

var lastEntry = db.SQL("receiptcommand.test.last", `SELECT MAX(id) FROM audit_entry`)

func TestReceiptsAreVerifiedFromFiles(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d, _ := dbtest.Open(t)
	dir := t.TempDir()
	l := &ledger.Log{DB: d}
	if err := l.OpenKey(ctx, filepath.Join(dir, "key")); err != nil {
		t.Fatal(err)
	}
	content := []byte("ranking\n")
	if err := d.Write(ctx, func(tx *db.Tx) error {
		return audit.Record(ctx, tx, audit.Entry{Actor: actor.Actor{Account: "a1"}, Verb: "result.publish", Kind: "publication", ID: "p1", Reason: "công bố",
			Changes: []audit.Change{{Field: receipt.ContentField, To: receipt.ContentHash(content)}}})
	}); err != nil {
		t.Fatal(err)
	}
	id, err := db.Value[string](ctx, d, lastEntry)
	if err != nil {
		t.Fatal(err)
	}
	r, err := l.Receipt(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	file := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, ranking := file("receipt.txt", r.Text()), file("ranking.json", content)
	bad := file("bad.txt", bytes.Replace(r.Text(), []byte("công bố"), []byte("công bô"), 1))
	other := file("other.json", []byte("another ranking\n"))
	key := l.Key.Public()
	keyFile := file("keys", []byte(key+"\n"))
	for _, c := range []struct {
		name string
		args []string
		exit int
		says string
	}{
		{"it holds", []string{"--key", key, good}, 0, "HOLDS"},
		{"with a file of keys", []string{"--key", "@" + keyFile, "--lang", "vi", good}, 0, "HỢP LỆ"},
		{"with what it is about", []string{"--key", key, "--content", ranking, good}, 0, "File is as recorded"},
		{"with something else", []string{"--key", key, "--content", other, good}, 1, "not what the entry is about"},
		{"a changed one", []string{"--key", key, "--lang", "en", bad}, 1, "it was changed"},
		{"one of two is changed", []string{"--key", key, good, bad}, 1, "DOES NOT HOLD"},
		{"with the key of somebody else", []string{"--key", otherKey(t), good}, 1, "not signed with a key"},
		{"a file that is none", []string{"--key", key, ranking}, 1, "cannot be read as a receipt"},
		{"no file", []string{"--key", key, filepath.Join(dir, "none")}, 1, "no such file"},
		{"flags after it", []string{good, "--key", key, "--lang", "en"}, 0, "HOLDS"},
		{"flags between two", []string{good, "--key", key, bad}, 1, "DOES NOT HOLD"},
		{"no key", []string{good}, 2, "cchc-receipt --key"},
		{"no key, and why", []string{good}, 2, "--key is missing"},
		{"no receipt", []string{"--key", key}, 2, "no receipt is given"},
		{"a content for two", []string{"--key", key, "--content", ranking, good, bad}, 2, "--content is about one receipt"},
		{"a key that is none", []string{"--key", "x", good}, 2, "NAME+ID+KEY"},
		{"no such language", []string{"--key", key, "--lang", "fr", good}, 2, "cchc-receipt --key"},
		{"no such language, and why", []string{"--key", key, "--lang", "fr", good}, 2, `--lang "fr"`},
	} {
		var out bytes.Buffer
		if got := run(c.args, strings.NewReader(""), &out, &out); got != c.exit || !strings.Contains(out.String(), c.says) {
			t.Errorf("%s: exit %d, want %d, %q:\n%s", c.name, got, c.exit, c.says, out.String())
		}
	}
	var out bytes.Buffer
	if got := run([]string{"--key", key, "-"}, bytes.NewReader(r.Text()), &out, &out); got != 0 {
		t.Errorf("from standard input: exit %d\n%s", got, out.String())
	}
}

// otherKey is a public key of another log.
func otherKey(t *testing.T) string {
	t.Helper()
	d, _ := dbtest.Open(t)
	l := &ledger.Log{DB: d}
	if err := l.OpenKey(context.Background(), filepath.Join(t.TempDir(), "key")); err != nil {
		t.Fatal(err)
	}
	return l.Key.Public()
}
