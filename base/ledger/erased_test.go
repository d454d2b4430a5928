package ledger_test

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/ledger"
	"cchc/base/receipt"
)

const mark = "…"

// erasing takes a word out of the entries about a thing, as a room does it.
func erasing(t *testing.T, l *ledger.Log, who actor.Actor, thing, word string) {
	t.Helper()
	if err := l.DB.Write(ctx, func(tx *db.Tx) error {
		r := &audit.Redaction{}
		if err := r.Redact(ctx, tx, who, "thing", thing, func(s string) string { return strings.ReplaceAll(s, word, mark) }); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: who, Verb: erase, Kind: "thing", ID: thing,
			Changes: append([]audit.Change{{Field: "document", To: "12/YC"}}, r.Changes()...)})
	}); err != nil {
		t.Fatal(err)
	}
}

// rewrite gives an entry another text as an erasing would, and no trigger minds: the
// right hash, the time and the account of an act of erasing that there is.
func rewrite(t *testing.T, l *ledger.Log, number int64, changes, reason string) []string {
	t.Helper()
	e := entryAt(t, l, number)
	literal := "X'%s'"
	if l.DB.Engine() == db.Postgres {
		literal = `'\x%s'`
	}
	id := "'" + e.ID + "'"
	return []string{
		"INSERT INTO log_erased (entry_id, text_hash) VALUES (" + id + ", " + fmt.Sprintf(literal, hex.EncodeToString(e.Text())) + ")",
		"INSERT INTO audit_redacted (entry_id, at, account) SELECT " + id + ", at, account FROM audit_entry WHERE verb = '" + erase + "'",
		"UPDATE log_leaf SET salt = NULL WHERE entry_id = " + id,
		"UPDATE audit_entry SET changes = '" + changes + "', reason = '" + reason + "' WHERE id = " + id,
	}
}

var entryText = db.SQL("ledger.test.text", `SELECT e.id, e.changes, e.reason, l.salt FROM audit_entry e JOIN log_leaf l ON l.entry_id = e.id WHERE l.idx = $1`)

func entryAt(t *testing.T, l *ledger.Log, number int64) receipt.Entry {
	t.Helper()
	e, err := db.One(ctx, l.DB, entryText, func(r db.Scanner) (e receipt.Entry, err error) {
		err = r.Scan(&e.ID, &e.Changes, &e.Reason, &e.Salt)
		return e, err
	}, number-1)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// unguarded runs statements with all triggers in place.
func unguarded(t *testing.T, l *ledger.Log, statements ...string) {
	t.Helper()
	dbtest.Behind(t, l.DB, nil, statements...)
}

func found(c *ledger.Check, what string) []ledger.Finding {
	return slices.DeleteFunc(slices.Clone(c.Notes), func(f ledger.Finding) bool { return f.What != what })
}

func TestATextIsNotRewrittenUnderAnErasingThatThereIs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		kinds  []string
		do     func(t *testing.T, l *ledger.Log) []string
		number int64
		what   string
	}{
		{"an entry that the act did not name", nil, func(t *testing.T, l *ledger.Log) []string { return rewrite(t, l, 8, "[]", "sửa") }, 8, "erased_untold"},
		{"an entry of a kind of which nothing is ever erased", []string{"dossier"}, func(t *testing.T, l *ledger.Log) []string { return rewrite(t, l, 3, "[]", "sửa") }, 3, "erased_kind"},
		{"what was left of an entry that was erased", nil, func(t *testing.T, l *ledger.Log) []string {
			return []string{"UPDATE audit_entry SET reason = 'sửa' WHERE id = '" + entryAt(t, l, 5).ID + "'"}
		}, 5, "erased_edited"},
		{"what was left, and its salt", nil, func(t *testing.T, l *ledger.Log) []string {
			id := entryAt(t, l, 5).ID
			return []string{"UPDATE audit_entry SET changes = '[]' WHERE id = '" + id + "'",
				"UPDATE log_left SET salt = (SELECT hash FROM log_leaf WHERE idx = 0) WHERE entry_id = '" + id + "'"}
		}, 5, "erased_edited"},
		{"as if what is left of all had been noted after the upgrade", nil, func(t *testing.T, l *ledger.Log) []string {
			do := rewrite(t, l, 8, "[]", "sửa")
			id := entryAt(t, l, 8).ID
			salt := make([]byte, receipt.SaltSize)
			literal := "X'%s'"
			if l.DB.Engine() == db.Postgres {
				literal = `'\x%s'`
			}
			seal := id + ":" + receipt.LeftHash(salt, id, entryAt(t, l, 8).Text(), "[]", "sửa")
			return append(do, "INSERT INTO log_left (entry_id, salt) VALUES ('"+id+"', "+fmt.Sprintf(literal, hex.EncodeToString(salt))+")",
				"INSERT INTO audit_entry (id, at, account, verb, kind, object_id, unit_id, changes, reason) VALUES ('"+db.NewID()+"', 1, 'a', '"+ledger.SealVerb+"', 'log', 'log', '', '[{\"field\":\"redacted\",\"to\":\""+seal+"\"}]', '')")
		}, 8, "erased_untold"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l, _ := grown(t, 10)
			erasing(t, l, actor.Actor{Account: "a9"}, "4", "mất điện")
			sign(t, l)
			clean(t, l)
			unguarded(t, l, c.do(t, l)...)
			sign(t, l)
			got, err := l.Verify(ctx, ledger.Options{Erase: erase, Mark: mark, Kinds: c.kinds})
			if err != nil {
				t.Fatal(err)
			}
			if got.First == nil || got.First.Number != c.number || got.First.What != c.what {
				t.Errorf("found %+v, notes %+v, want entry %d, %s", got.Findings, got.Notes, c.number, c.what)
			}
		})
	}
}

func TestATextThatWasErasedTwiceHolds(t *testing.T) {
	t.Parallel()
	l, clock := grown(t, 10)
	erasing(t, l, actor.Actor{Account: "a9"}, "4", "mất")
	clock.Advance(1e9)
	sign(t, l)
	erasing(t, l, actor.Actor{Account: "a9"}, "4", "điện")
	clean(t, l) // the second act waits
	sign(t, l)
	if c := clean(t, l); len(found(c, "erased")) != 1 {
		t.Errorf("notes %+v", c.Notes)
	}
}

func TestAnUntoldErasingShowsWhileEntriesWait(t *testing.T) {
	t.Parallel()
	l, _ := grown(t, 10)
	if err := l.DB.Write(ctx, func(tx *db.Tx) error {
		return new(audit.Redaction).Redact(ctx, tx, actor.Actor{Account: "a9"}, "thing", "4", func(string) string { return "[]" })
	}); err != nil {
		t.Fatal(err)
	}
	record(t, l, 1) // waits
	if c := verify(t, l, nil); c.First == nil || c.First.Number != 5 || c.First.What != "erased_untold" {
		t.Errorf("found %+v", c.Findings)
	}
}

func TestTextsThatWereErasedBeforeTheActSaidSoAreNamedAndSealed(t *testing.T) {
	t.Parallel()
	l, clock := grown(t, 10)
	who := actor.Actor{Account: "a9"}
	// An act as the version before recorded it.
	if err := l.DB.Write(ctx, func(tx *db.Tx) error {
		return audit.Record(ctx, tx, audit.Entry{Actor: who, Verb: erase, Kind: "thing", ID: "2", Changes: []audit.Change{{Field: "document", To: "12/YC"}}})
	}); err != nil {
		t.Fatal(err)
	}
	unguarded(t, l, rewrite(t, l, 3, "[]", "mất …")...)
	clean(t, l) // the act waits
	sign(t, l)
	if c := clean(t, l); len(found(c, "erased_before")) != 1 || len(found(c, "erased_before_all")) != 1 {
		t.Errorf("notes %+v", c.Notes)
	}
	clock.Advance(1e9)
	for i, want := range []int{1, 0} {
		if n, err := l.SealErased(ctx, actor.System("log")); err != nil || n != want {
			t.Fatalf("%d: sealed %d, %v", i, n, err)
		}
	}
	clean(t, l)
	sign(t, l)
	erasing(t, l, who, "4", "mất điện")
	sign(t, l)
	if c := clean(t, l); len(found(c, "erased_sealed")) != 1 || len(found(c, "erased")) != 1 {
		t.Errorf("notes %+v", c.Notes)
	}
	// From then on another is not let in, and what is left is watched.
	unguarded(t, l, rewrite(t, l, 8, "[]", "sửa")...)
	if c := verify(t, l, nil); c.First == nil || c.First.Number != 8 || c.First.What != "erased_untold" {
		t.Errorf("found %+v", c.Findings)
	}
	unguarded(t, l, "UPDATE audit_entry SET reason = 'sửa' WHERE id = '"+entryAt(t, l, 3).ID+"'")
	if c := verify(t, l, nil); c.First == nil || c.First.Number != 3 || c.First.What != "erased_edited" {
		t.Errorf("found %+v", c.Findings)
	}
}

func TestAReceiptComparesTexts(t *testing.T) {
	t.Parallel()
	l, _ := grown(t, 10)
	r, err := l.Receipt(ctx, ids(t, l)[4])
	if err != nil {
		t.Fatal(err)
	}
	with := func() *ledger.Check {
		t.Helper()
		c, err := l.Verify(ctx, ledger.Options{Erase: erase, Mark: mark, Against: map[string][]byte{"receipt": r.Text()}})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	erasing(t, l, actor.Actor{Account: "a9"}, "4", "điện")
	sign(t, l)
	if c := with(); c.Wrong != 0 || len(found(c, "against_erased")) != 1 {
		t.Errorf("found %+v, notes %+v", c.Findings, c.Notes)
	}
	// Words that were never there, under an act that says so: the receipt knows better.
	if err := l.DB.Write(ctx, func(tx *db.Tx) error {
		x := &audit.Redaction{}
		if err := x.Redact(ctx, tx, actor.Actor{Account: "a9"}, "thing", "4", func(s string) string { return strings.ReplaceAll(s, "mất", "có") }); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: actor.Actor{Account: "a9"}, Verb: erase, Kind: "thing", ID: "4", Changes: x.Changes()})
	}); err != nil {
		t.Fatal(err)
	}
	sign(t, l)
	if c := verify(t, l, nil); c.Wrong != 0 {
		t.Errorf("found %+v", c.Findings)
	}
	if c := with(); c.First == nil || c.First.Number != 5 || c.First.What != "against_text" {
		t.Errorf("found %+v", c.Findings)
	}
}
