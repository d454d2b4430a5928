package ledger_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/ledger"
	"cchc/base/receipt"
)

var ctx = context.Background()

const erase = "thing.erase"

// place is a log of a private database, with a key.
func place(t *testing.T) (*ledger.Log, *dbtest.Clock) {
	t.Helper()
	d, clock := dbtest.Open(t)
	dir := t.TempDir()
	l := &ledger.Log{DB: d, Kept: ledger.Kept{Path: filepath.Join(dir, "last")}}
	if err := l.OpenKey(ctx, filepath.Join(dir, "key")); err != nil {
		t.Fatal(err)
	}
	return l, clock
}

// record adds n entries to the trail.
func record(t *testing.T, l *ledger.Log, n int) {
	t.Helper()
	if err := l.DB.Write(ctx, func(tx *db.Tx) error {
		var list []audit.Entry
		for i := range n {
			list = append(list, audit.Entry{Actor: actor.Actor{Account: "a1"}, Verb: "thing.change", Kind: "thing", ID: fmt.Sprint(i), Unit: "u1",
				Changes: []audit.Change{{Field: "due", From: "2026-11-25T17:00", To: "2026-11-26T17:00"}}, Reason: "mất điện"})
		}
		return audit.RecordAll(ctx, tx, list)
	}); err != nil {
		t.Fatal(err)
	}
}

// grown is a log with n entries, signed at every one of steps.
func grown(t *testing.T, steps ...int) (*ledger.Log, *dbtest.Clock) {
	t.Helper()
	l, clock := place(t)
	for _, n := range steps {
		size, err := l.Size(ctx, l.DB)
		if err != nil {
			t.Fatal(err)
		}
		record(t, l, n-int(size))
		sign(t, l)
		clock.Advance(time.Minute)
	}
	return l, clock
}

func sign(t *testing.T, l *ledger.Log) ledger.Signed {
	t.Helper()
	if _, err := l.Sequence(ctx, nil); err != nil {
		t.Fatal(err)
	}
	s, err := l.Sign(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func verify(t *testing.T, l *ledger.Log, against map[string][]byte) *ledger.Check {
	t.Helper()
	c, err := l.Verify(ctx, ledger.Options{Erase: erase, Against: against})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func clean(t *testing.T, l *ledger.Log) *ledger.Check {
	t.Helper()
	c := verify(t, l, nil)
	if c.Wrong != 0 {
		t.Fatalf("the check found %d things wrong: %v", c.Wrong, c.Findings)
	}
	return c
}

var (
	entryIDs = db.SQL("ledger.test.ids", `SELECT entry_id FROM log_leaf ORDER BY idx`)
	trailIDs = db.SQL("ledger.test.trail", `SELECT id FROM audit_entry ORDER BY id`)
)

func ids(t *testing.T, l *ledger.Log) []string {
	t.Helper()
	out, err := db.Column[string](ctx, l.DB, entryIDs)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestEveryEntryIsInTheLogOnceInItsOrder(t *testing.T) {
	t.Parallel()
	l, _ := place(t)
	record(t, l, 3)
	if n, err := l.Sequence(ctx, nil); err != nil || n != 3 {
		t.Fatalf("Sequence = %d, %v, want 3", n, err)
	}
	if n, err := l.Sequence(ctx, nil); err != nil || n != 0 {
		t.Fatalf("Sequence of nothing = %d, %v", n, err)
	}
	record(t, l, 1300) // more than a batch
	pauses := 0
	if n, err := l.Sequence(ctx, func() { pauses++ }); err != nil || n != 1300 || pauses != 2 {
		t.Fatalf("Sequence = %d in %d batches, %v", n, pauses+1, err)
	}
	trail, err := db.Column[string](ctx, l.DB, trailIDs)
	if err != nil {
		t.Fatal(err)
	}
	if got := ids(t, l); strings.Join(got, " ") != strings.Join(trail, " ") {
		t.Errorf("the log has %d entries, the trail %d, or in another order", len(got), len(trail))
	}
	if s := sign(t, l); s.Checkpoint.Size != 1303 {
		t.Errorf("signed %d entries, want 1303", s.Checkpoint.Size)
	}
	if c := clean(t, l); c.Size != 1303 || c.Checkpoints != 1 {
		t.Errorf("checked %+v", c)
	}
}

func TestReceiptsHoldWithThePublicKeyAlone(t *testing.T) {
	t.Parallel()
	l, _ := grown(t, 1, 2, 7, 16, 17, 40, 300)
	keys, err := receipt.ParseKeys(l.Key.Public())
	if err != nil {
		t.Fatal(err)
	}
	all := ids(t, l)
	for i, id := range all {
		r, err := l.Receipt(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		read, err := receipt.Parse(r.Text())
		if err != nil {
			t.Fatalf("receipt %d: %v\n%s", i, err, r.Text())
		}
		v, err := read.Verify(keys)
		if err != nil {
			t.Fatalf("receipt %d: %v", i, err)
		}
		if v.Entry.ID != id || v.Number() != int64(i+1) || v.Entry.Reason != "mất điện" {
			t.Fatalf("receipt %d says %+v", i, v.Entry)
		}
	}
	// One that is not in the log yet gets in, and signed, when somebody asks.
	record(t, l, 1)
	trail, _ := db.Column[string](ctx, l.DB, trailIDs)
	r, err := l.Receipt(ctx, trail[len(trail)-1])
	if err != nil || r.Number() != 301 {
		t.Fatalf("receipt of a new entry: %d, %v", r.Number(), err)
	}
	if _, err := r.Verify(keys); err != nil {
		t.Error(err)
	}
	if _, err := l.Receipt(ctx, "no such entry"); err == nil {
		t.Error("a receipt of nothing")
	}
}

func TestConsistencyProofsLeadFromEverySizeToEveryLaterOne(t *testing.T) {
	t.Parallel()
	l, _ := place(t)
	const n = 40
	roots := make([]tlog.Hash, n+1)
	for i := 1; i <= n; i++ {
		record(t, l, 1)
		roots[i] = sign(t, l).Checkpoint.Root
	}
	for old := int64(1); old <= n; old++ {
		for size := old; size <= n; size++ {
			p, err := l.Consistency(ctx, old, size)
			if err != nil {
				t.Fatal(err)
			}
			if old < size {
				err = tlog.CheckTree(p, size, roots[size], old, roots[old])
			}
			if err != nil {
				t.Fatalf("from %d to %d: %v", old, size, err)
			}
		}
	}
	for _, c := range [][2]int64{{0, 1}, {2, 1}, {1, n + 1}, {-1, 4}} {
		if _, err := l.Consistency(ctx, c[0], c[1]); err == nil {
			t.Errorf("a proof from %d to %d", c[0], c[1])
		}
	}
	clean(t, l)
}

func TestManyAtOnceMakeOneLog(t *testing.T) {
	t.Parallel()
	// Two servers on one database, with one key.
	dsn, path := dbtest.DSN(t), filepath.Join(t.TempDir(), "key")
	var servers [2]*ledger.Log
	for i := range servers {
		d, err := db.Open(ctx, dsn, db.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		servers[i] = &ledger.Log{DB: d}
		if err := servers[i].OpenKey(ctx, path); err != nil {
			t.Fatal(err)
		}
	}
	l := servers[0]
	done := make(chan error)
	for i := range 8 {
		go func() {
			for range 10 {
				err := servers[i%2].DB.Write(ctx, func(tx *db.Tx) error {
					return audit.Record(ctx, tx, audit.Entry{Actor: actor.System("sweep"), Verb: "v", Kind: "k", ID: fmt.Sprint(i)})
				})
				if err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for _, x := range servers {
		go func() {
			for range 10 {
				if err := x.Step(ctx, 0, nil); err != nil && !strings.Contains(err.Error(), db.ErrNotFound.Error()) {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range 10 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	sign(t, l)
	if c := clean(t, l); c.Size != 80 {
		t.Errorf("the log has %d entries, want 80", c.Size)
	}
}

func TestTheKeyIsMadeOnceAndAnotherSignsNothing(t *testing.T) {
	t.Parallel()
	d, _ := dbtest.Open(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	a, b := &ledger.Log{DB: d}, &ledger.Log{DB: d}
	if err := a.OpenKey(ctx, path); err != nil {
		t.Fatal(err)
	}
	if err := b.OpenKey(ctx, path); err != nil || b.Key.Public() != a.Key.Public() {
		t.Fatalf("the second process has another key: %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key's file is %v, %v", info.Mode(), err)
	}
	c := &ledger.Log{DB: d}
	if err := c.OpenKey(ctx, filepath.Join(dir, "nothing")); err == nil || c.Key != nil {
		t.Error("a log that was signed before got a second key by itself")
	}
	other, _ := dbtest.Open(t)
	x := &ledger.Log{DB: other}
	if err := x.OpenKey(ctx, filepath.Join(dir, "other")); err != nil {
		t.Fatal(err)
	}
	if err := c.OpenKey(ctx, filepath.Join(dir, "other")); err == nil || c.Key != nil {
		t.Error("another log's key was taken")
	}
}

// Whether a key fits is told before a start, with the file that does not and why; nothing
// is made or noted meanwhile.
func TestAKeyThatDoesNotFitIsNamed(t *testing.T) {
	t.Parallel()
	l, _ := place(t)
	fresh, _ := dbtest.Open(t)
	never := &ledger.Log{DB: fresh}
	dir := t.TempDir()
	at := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	other, err := ledger.NewKey("cchc/other")
	if err != nil {
		t.Fatal(err)
	}
	own, another := at("own", l.Key.Text()), at("another", other.Text())
	at("waits.new", l.Key.Text()+"\n")
	missing := filepath.Join(dir, "missing")
	for _, c := range []struct {
		what string
		log  *ledger.Log
		path string
		says string // "": it fits
	}{
		{"the log's own", l, own, ""},
		{"a rotation was interrupted before the key had its name", l, filepath.Join(dir, "waits"), ""},
		{"none is there", l, missing, "is not there, and the log was signed before"},
		{"another log's", l, another, ledger.ErrOtherKey.Error()},
		{"a folder", l, dir, "is a directory"},
		{"an empty file", l, at("empty", ""), "not a private key"},
		{"other words", l, at("words", "khoá\n"), "not a private key"},
		{"below a file", l, filepath.Join(own, "key"), "not a directory"},
		{"a log without a key makes one", never, missing, ""},
		{"a log without a key takes any", never, another, ""},
		{"a log without a key, and a folder", never, dir, "is a directory"},
		{"a log without a key, and no folder to make it in", never, filepath.Join(missing, "key"), "no such file"},
	} {
		err := c.log.KeyFits(ctx, c.path)
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), filepath.Dir(c.path))) {
			t.Errorf("%s: %v, want %q and where", c.what, err, c.says)
		}
	}
	if _, err := os.Stat(missing); err == nil {
		t.Error("looking made a key")
	}
	if _, err := os.Stat(filepath.Join(dir, "waits.new")); err != nil {
		t.Errorf("looking gave the new key its name: %v", err)
	}
	if keys, err := never.Keys(ctx, fresh); err != nil || len(keys) != 0 {
		t.Errorf("looking noted keys: %v, %v", keys, err)
	}
}

func TestANewKeyIsSignedInByTheOldOne(t *testing.T) {
	t.Parallel()
	l, _ := grown(t, 5)
	old := l.Key.Public()
	path := filepath.Join(t.TempDir(), "key")
	k, err := l.Rotate(ctx, actor.System("command-line"), path, false, "định kỳ")
	if err != nil || k.Public == old || l.Key.Public() != k.Public {
		t.Fatalf("Rotate = %+v, %v", k, err)
	}
	record(t, l, 3)
	sign(t, l)
	clean(t, l)
	// Who knows only the old key can follow to the new one; who knows another cannot.
	c, err := l.Verify(ctx, ledger.Options{Erase: erase, Pins: []string{old}})
	if err != nil || c.Wrong != 0 {
		t.Errorf("with the old key: %v, %v", c.Findings, err)
	}
	c, err = l.Verify(ctx, ledger.Options{Erase: erase, Pins: []string{strings.Replace(old, "cchc/", "xchc/", 1)}})
	if err != nil || c.Wrong != 1 || c.First.What != "pinned" {
		t.Errorf("with a key of somebody else: %+v, %v", c.Findings, err)
	}
	again := &ledger.Log{DB: l.DB}
	if err := again.OpenKey(ctx, path); err != nil || again.Key.Public() != k.Public {
		t.Errorf("the file has another key: %v", err)
	}
}

func TestNothingIsSignedSoonerThanDue(t *testing.T) {
	t.Parallel()
	l, clock := place(t)
	record(t, l, 1)
	for i, c := range []struct {
		after time.Duration
		want  int
	}{{0, 1}, {30 * time.Second, 1}, {31 * time.Second, 2}, {-time.Hour, 3}} {
		clock.Advance(c.after)
		record(t, l, 1)
		if err := l.Step(ctx, 60_000, nil); err != nil {
			t.Fatal(err)
		}
		if all, err := l.Newest(ctx, l.DB, 10); err != nil || len(all) != c.want {
			t.Errorf("%d: %d checkpoints, %v, want %d", i, len(all), err, c.want)
		}
	}
	clean(t, l)
}
