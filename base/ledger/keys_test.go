package ledger_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/ledger"
	"cchc/base/receipt"
)

// robber is who has a copy of the database and a key of their own, with the log's name.
func robber(t *testing.T, l *ledger.Log) *receipt.Private {
	t.Helper()
	name, _, _ := strings.Cut(l.Key.Public(), "+")
	k, err := ledger.NewKey(name)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// signedWith is a statement that puts a checkpoint over what the log is now, by keys.
func signedWith(t *testing.T, l *ledger.Log, at int64, keys ...*receipt.Private) string {
	t.Helper()
	size, err := l.Size(ctx, l.DB)
	if err != nil {
		t.Fatal(err)
	}
	last, err := l.RootNow(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var text []byte
	c := receipt.Checkpoint{Origin: keys[0].Name(), Size: size, Root: last, At: at}
	for i := range keys {
		if text, err = receipt.Sign(c, ledger.Signers(keys[:i+1])...); err != nil {
			t.Fatal(err)
		}
	}
	return fmt.Sprintf("INSERT INTO log_checkpoint (size, at, signed) VALUES (%d, %d, '%s')", size, at, text)
}

func TestACopyThatIsSignedWithAnotherKeyIsFoundByTheKeyThatIsKnown(t *testing.T) {
	t.Parallel()
	const edit = "UPDATE audit_entry SET reason = 'x' WHERE id = (SELECT entry_id FROM log_leaf WHERE idx = 14)"
	row := func(public string, from, at int64, how string) string {
		return fmt.Sprintf("INSERT INTO log_key (public, from_size, at, how) VALUES ('%s', %d, %d, '%s')", public, from, at, how)
	}
	for _, c := range []struct {
		name string
		do   func(t *testing.T, l *ledger.Log, own *receipt.Private)
		what string
	}{
		{"a key that says that the one before was lost", func(t *testing.T, l *ledger.Log, own *receipt.Private) {
			forge(t, l, edit, "DELETE FROM log_checkpoint")
			unguarded(t, l, row(own.Public(), 40, 1, "lost"), signedWith(t, l, 1, own))
		}, "lost_pinned"},
		{"an own key before, and the real one said to be rotated in", func(t *testing.T, l *ledger.Log, own *receipt.Private) {
			// The real one's signature is over the real log; the forged one is over another of the same size.
			forge(t, l, edit, "DELETE FROM log_checkpoint WHERE size < 40", "UPDATE log_key SET how = 'rotated', from_size = 40")
			unguarded(t, l, row(own.Public(), 0, 1, "first"), signedWith(t, l, 1, own))
		}, "key"},
		{"an own key that never held, over a later size", func(t *testing.T, l *ledger.Log, own *receipt.Private) {
			record(t, l, 5)
			if _, err := l.Sequence(ctx, nil); err != nil {
				t.Fatal(err)
			}
			behind(t, l, "UPDATE log_key SET how = 'rotated', from_size = 40, at = at + 1", row(own.Public(), 0, 1, "first"))
			unguarded(t, l, signedWith(t, l, 1, own))
		}, "key_at"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l, _ := grown(t, 10, 20, 40)
			pin := l.Key.Public()
			if err := os.Remove(l.Kept.Path); err != nil {
				t.Fatal(err)
			}
			own := robber(t, l)
			l.Key = nil // it is a copy: who checks it has the public key alone
			c.do(t, l, own)
			got, err := l.Verify(ctx, ledger.Options{Erase: erase, Pins: []string{pin}})
			if err != nil {
				t.Fatal(err)
			}
			has := false
			for _, f := range got.Findings {
				has = has || f.What == c.what
			}
			if !has || len(found(got, "kept_missing")) != 1 {
				t.Errorf("found %+v, notes %+v, want %s", got.Findings, got.Notes, c.what)
			}
		})
	}
}

func TestARotationThatWasInterruptedIsFinished(t *testing.T) {
	t.Parallel()
	l, _ := grown(t, 5)
	path := filepath.Join(t.TempDir(), "key")
	first := l.Key
	k, err := l.Rotate(ctx, actor.System("command-line"), path, false, "định kỳ")
	if err != nil {
		t.Fatal(err)
	}
	// As when the program ended between the write and the new name.
	if err := os.Rename(path, path+".new"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(first.Text()), 0o600); err != nil {
		t.Fatal(err)
	}
	l.Key = nil
	// Even who thinks it lost does not throw it away: it signs the next one in.
	next, err := l.Rotate(ctx, actor.System("command-line"), path, true, "mất khoá")
	if err != nil || next.How != "rotated" || next.Public == k.Public {
		t.Fatalf("Rotate = %+v, %v", next, err)
	}
	again := &ledger.Log{DB: l.DB}
	if err := again.OpenKey(ctx, path); err != nil || again.Key.Public() != next.Public {
		t.Errorf("the file has another key: %v", err)
	}
	c, err := l.Verify(ctx, ledger.Options{Erase: erase, Pins: []string{first.Public()}})
	if err != nil || c.Wrong != 0 {
		t.Errorf("found %+v, %v", c.Findings, err)
	}
	c, err = l.Verify(ctx, ledger.Options{Erase: erase, Pins: []string{next.Public}})
	if err != nil || c.Wrong != 0 || len(found(c, "before_pinned")) != 2 {
		t.Errorf("found %+v, notes %+v, %v", c.Findings, c.Notes, err)
	}
}
