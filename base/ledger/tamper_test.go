package ledger_test

import (
	"os"
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/ledger"
	"cchc/base/receipt"
)

// behind changes the database as somebody does who has it and not the program: first
// the triggers go, then the rows are as they like.
func behind(t *testing.T, l *ledger.Log, statements ...string) {
	t.Helper()
	dbtest.Behind(t, l.DB, []string{"audit_entry", "audit_redacted", "log_leaf", "log_node", "log_checkpoint", "log_erased", "log_left", "log_pending", "log_key", "log_cosignature"},
		statements...)
}

func TestWhatIsChangedBehindTheProgramIsNamed(t *testing.T) {
	t.Parallel()
	// entry stands for the id of the entry with that number. The log has 40 entries, with
	// checkpoints at 10, 20 and 40.
	entry := func(n string) string { return "(SELECT entry_id FROM log_leaf WHERE idx = " + n + " - 1)" }
	for _, c := range []struct {
		name   string
		do     []string
		number int64 // of the first bad entry
		what   string
	}{
		{"a reason is edited", []string{"UPDATE audit_entry SET reason = 'x' WHERE id = " + entry("12")}, 12, "edited"},
		{"a change is edited", []string{"UPDATE audit_entry SET changes = '[]' WHERE id = " + entry("1")}, 1, "edited"},
		{"another account did it", []string{"UPDATE audit_entry SET account = 'a2' WHERE id = " + entry("40")}, 40, "edited"},
		{"it happened earlier", []string{"UPDATE audit_entry SET at = at - 1 WHERE id = " + entry("7")}, 7, "edited"},
		{"two are edited: the first is named", []string{"UPDATE audit_entry SET unit_id = 'u2' WHERE id IN (" + entry("33") + ", " + entry("15") + ")"}, 15, "edited"},
		{"an entry is deleted", []string{"DELETE FROM audit_entry WHERE id = " + entry("18")}, 18, "gone"},
		{"an entry and its leaf are deleted", []string{"DELETE FROM audit_entry WHERE id = " + entry("18"), "DELETE FROM log_leaf WHERE idx = 17"}, 18, "missing"},
		{"an entry is deleted and the later ones move up", []string{"DELETE FROM audit_entry WHERE id = " + entry("18"), "DELETE FROM log_leaf WHERE idx = 17",
			"UPDATE log_leaf SET idx = -idx WHERE idx > 17", "UPDATE log_leaf SET idx = -idx - 1 WHERE idx < 0"}, 18, "edited"},
		{"two entries are exchanged", []string{"UPDATE log_leaf SET idx = -1 WHERE idx = 4", "UPDATE log_leaf SET idx = 4 WHERE idx = 8", "UPDATE log_leaf SET idx = 8 WHERE idx = -1"}, 5, "edited"},
		{"the log is cut off", []string{"DELETE FROM log_leaf WHERE idx >= 25", "DELETE FROM audit_entry WHERE id NOT IN (SELECT entry_id FROM log_leaf)"}, 26, "checkpoint_cut"},
		{"the trail is cut off and the log is not", []string{"DELETE FROM audit_entry WHERE id IN (SELECT entry_id FROM log_leaf WHERE idx >= 25)"}, 26, "gone"},
		{"the log is emptied", []string{"DELETE FROM log_leaf", "DELETE FROM log_node", "DELETE FROM audit_entry"}, 1, "checkpoint_cut"},
		{"a leaf's hash is another", []string{"UPDATE log_leaf SET hash = (SELECT hash FROM log_leaf WHERE idx = 2) WHERE idx = 22"}, 23, "edited"},
		{"a salt is gone", []string{"UPDATE log_leaf SET salt = NULL WHERE idx = 30"}, 31, "salt"},
		{"a node is another", []string{"UPDATE log_node SET hash = (SELECT hash FROM log_leaf WHERE idx = 0) WHERE level = 4 AND n = 1"}, 17, "node"},
		{"an entry is put in behind the log", []string{"INSERT INTO audit_entry (id, at, account, verb, kind, object_id, unit_id, changes, reason) VALUES ('x1', 1, 'a', 'v', 'k', 'o', '', '[]', '')"}, 0, "unlogged"},
		{"an entry is gone before it was in the log", []string{"INSERT INTO log_pending (entry_id) VALUES ('x2')"}, 0, "vanished"},
		{"an entry of the log is put among those that wait", []string{"INSERT INTO log_pending (entry_id) VALUES (" + entry("9") + ")"}, 9, "again"},
		{"a node is put in that no entries made", []string{"INSERT INTO log_node (level, n, hash) SELECT 4, 2, hash FROM log_leaf WHERE idx = 0"}, 0, "node_ahead"},
		{"the salts of two entries are exchanged", []string{
			"INSERT INTO log_left (entry_id, salt) SELECT 'x', salt FROM log_leaf WHERE idx = 25",
			"UPDATE log_leaf SET salt = (SELECT salt FROM log_leaf WHERE idx = 6) WHERE idx = 25",
			"UPDATE log_leaf SET salt = (SELECT salt FROM log_left WHERE entry_id = 'x') WHERE idx = 6", "DELETE FROM log_left"}, 7, "edited"},
		{"a text is said to be erased and no act erased it", []string{
			"INSERT INTO log_erased (entry_id, text_hash) SELECT entry_id, hash FROM log_leaf WHERE idx = 2",
			"INSERT INTO audit_redacted (entry_id, at, account) SELECT entry_id, 1, 'a1' FROM log_leaf WHERE idx = 2",
			"UPDATE log_leaf SET salt = NULL WHERE idx = 2", "UPDATE audit_entry SET reason = 'x' WHERE id = " + entry("3")}, 3, "edited"},
		{"a checkpoint is edited", []string{"UPDATE log_checkpoint SET signed = (SELECT signed FROM log_checkpoint WHERE size = 10) WHERE size = 20"}, 0, "signature"},
		{"the key is another", []string{"UPDATE log_key SET public = 'x+00000000+AAAA'"}, 0, "key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l, _ := grown(t, 10, 20, 40)
			all := ids(t, l)
			behind(t, l, c.do...)
			got := verify(t, l, nil)
			if got.First == nil {
				t.Fatal("nothing was found")
			}
			if got.First.Number != c.number || got.First.What != c.what {
				t.Errorf("found %+v, want entry %d, %s; all: %+v", *got.First, c.number, c.what, got.Findings)
			}
			if c.number > 0 && c.what == "edited" && !strings.HasPrefix(c.name, "an entry is deleted") && !strings.HasPrefix(c.name, "two entries are ex") {
				if got.First.Entry != all[c.number-1] {
					t.Errorf("the entry is %s, want %s", got.First.Entry, all[c.number-1])
				}
			}
		})
	}
}

// forge makes the log anew as the program would, over what the trail now says, with the
// triggers gone: only what was signed, and is kept where the forger has no hand, differs.
func forge(t *testing.T, l *ledger.Log, do ...string) {
	t.Helper()
	behind(t, l, append(do, "DELETE FROM log_leaf", dbtest.Perhaps+"DELETE FROM log_node", dbtest.Perhaps+"DELETE FROM log_cosignature", dbtest.Perhaps+"DELETE FROM log_pending",
		"INSERT INTO log_pending (entry_id) SELECT id FROM audit_entry ORDER BY id")...)
	if _, err := l.Sequence(ctx, nil); err != nil {
		t.Fatal(err)
	}
}

func TestALogThatWasMadeAnewDiffersFromWhatWasSigned(t *testing.T) {
	t.Parallel()
	edit := "UPDATE audit_entry SET reason = 'x' WHERE id = (SELECT entry_id FROM log_leaf WHERE idx = 14)"

	t.Run("checkpoints of the database are there still", func(t *testing.T) {
		t.Parallel()
		l, _ := grown(t, 10, 20, 40)
		forge(t, l, edit)
		c := verify(t, l, nil)
		if c.First == nil || c.First.Number != 1 || c.First.What != "checkpoint" { // new salts: nothing is as it was
			t.Errorf("found %+v", c.Findings)
		}
		record(t, l, 1)
		if _, err := l.Sequence(ctx, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Sign(ctx); err == nil {
			t.Error("a log that was made anew was signed")
		}
	})
	t.Run("checkpoints are gone, and the one beside the key is there", func(t *testing.T) {
		t.Parallel()
		l, _ := grown(t, 10, 20, 40)
		forge(t, l, edit, "DELETE FROM log_checkpoint")
		if c := verify(t, l, nil); c.First == nil || c.First.What != "kept" {
			t.Errorf("found %+v", c.Findings)
		}
		if _, err := l.Sign(ctx); err == nil {
			t.Error("a log that was made anew was signed")
		}
	})
	t.Run("only a receipt that a citizen has is left", func(t *testing.T) {
		t.Parallel()
		l, _ := grown(t, 10, 20, 40)
		r, err := l.Receipt(ctx, ids(t, l)[14])
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(l.Kept.Path); err != nil {
			t.Fatal(err)
		}
		// The keeper of the server has the key as well, and signs the forged log.
		forge(t, l, edit, "DELETE FROM log_checkpoint")
		sign(t, l)
		clean(t, l)
		c := verify(t, l, map[string][]byte{"receipt.txt": r.Text()})
		if c.Wrong != 2 || c.Findings[0].What != "against" || c.First.What != "against_text" || c.First.Number != 15 {
			t.Errorf("found %+v, first %+v", c.Findings, c.First)
		}
	})
}

func TestALogThatWasCutOffWithItsCheckpointsDiffersFromWhatOthersKeep(t *testing.T) {
	t.Parallel()
	l, _ := grown(t, 10, 20, 40)
	last, err := l.Latest(ctx, l.DB)
	if err != nil {
		t.Fatal(err)
	}
	r, err := l.Receipt(ctx, ids(t, l)[30])
	if err != nil {
		t.Fatal(err)
	}
	behind(t, l, "DELETE FROM log_checkpoint WHERE size > 20", "DELETE FROM log_leaf WHERE idx >= 20", "DELETE FROM log_node WHERE level = 4 AND n >= 1",
		"DELETE FROM audit_entry WHERE id NOT IN (SELECT entry_id FROM log_leaf)")
	if c := verify(t, l, nil); c.First == nil || c.First.What != "kept_cut" || c.First.Number != 21 {
		t.Errorf("beside the key: %+v", c.Findings)
	}
	if err := os.Remove(l.Kept.Path); err != nil {
		t.Fatal(err)
	}
	clean(t, l) // nothing that is left here knows better
	for name, text := range map[string][]byte{"a checkpoint": last.Text, "a receipt": r.Text()} {
		if c := verify(t, l, map[string][]byte{"kept": text}); c.First == nil || c.First.What != "against_cut" && c.First.What != "against_entry" || c.First.Number < 21 {
			t.Errorf("%s: found %+v", name, c.Findings)
		}
	}
	if c := verify(t, l, map[string][]byte{"kept": []byte("nonsense")}); c.Wrong != 1 || c.First.What != "against_unsigned" {
		t.Errorf("nonsense: found %+v", c.Findings)
	}
}

func TestErasingAPersonLeavesTheLogWhole(t *testing.T) {
	t.Parallel()
	l, _ := grown(t, 10, 20)
	before, err := l.Receipt(ctx, ids(t, l)[4]) // of thing 4
	if err != nil {
		t.Fatal(err)
	}
	who := actor.Actor{Account: "a9"}
	for range 2 { // the second time finds nothing more
		erasing(t, l, who, "4", "mất điện")
	}
	clean(t, l) // the erasing waits still
	sign(t, l)
	c := clean(t, l)
	if c.Erased != 2 || len(c.Notes) != 2 || c.Notes[0].What != "erased" { // things 4 of both lots
		t.Errorf("erased %d, notes %+v", c.Erased, c.Notes)
	}
	keys, _ := receipt.ParseKeys(l.Key.Public())
	after, err := l.Receipt(ctx, before.Entry.ID)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(after.Text()); strings.Contains(text, "mất điện") || strings.Contains(text, "…") || !after.Entry.Erased() {
		t.Errorf("the receipt after erasing has a text:\n%s", text)
	}
	if read, err := receipt.Parse(after.Text()); err != nil {
		t.Error(err)
	} else if _, err := read.Verify(keys); err != nil {
		t.Errorf("the receipt after erasing: %v", err)
	}
	// The fixed part of an erased entry is watched still.
	behind(t, l, "UPDATE audit_entry SET account = 'somebody else' WHERE id = '"+before.Entry.ID+"'")
	if c := verify(t, l, nil); c.First == nil || c.First.Number != 5 || c.First.What != "edited" {
		t.Errorf("found %+v", c.Findings)
	}
}

func TestATextThatNoActErasedIsTold(t *testing.T) {
	t.Parallel()
	l, _ := grown(t, 10)
	if err := l.DB.Write(ctx, func(tx *db.Tx) error {
		return new(audit.Redaction).Redact(ctx, tx, actor.Actor{Account: "a9"}, "thing", "4", func(string) string { return "[]" })
	}); err != nil {
		t.Fatal(err)
	}
	if c := verify(t, l, nil); c.First == nil || c.First.Number != 5 || c.First.What != "erased_untold" {
		t.Errorf("found %+v", c.Findings)
	}
}

var (
	deleteLeaf = db.SQL("ledger.test.delete", `DELETE FROM log_leaf WHERE idx = $1`)
	updateLeaf = db.SQL("ledger.test.update", `UPDATE log_leaf SET salt = NULL WHERE idx = $1`)
	deleteSign = db.SQL("ledger.test.unsign", `DELETE FROM log_checkpoint WHERE size = $1`)
)

func TestTheEngineRefusesToChangeTheLog(t *testing.T) {
	t.Parallel()
	l, _ := grown(t, 3)
	for _, s := range []*db.Stmt{deleteLeaf, updateLeaf, deleteSign} {
		err := l.DB.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, s, map[*db.Stmt]int{deleteSign: 3}[s]); return err })
		if err == nil {
			t.Errorf("%s was done", s.Name)
		}
	}
	clean(t, l)
}
