package ledger_test

import (
	"os"
	"testing"
)

// What the record of decisions (0031) says that nothing here shows, and what shows it
// elsewhere: the claims go no further than the code.

func TestWhatShowsOnlyElsewhere(t *testing.T) {
	t.Parallel()
	l, _ := grown(t, 10, 20)
	older, err := os.ReadFile(l.Kept.Path)
	if err != nil {
		t.Fatal(err)
	}
	record(t, l, 20)
	newest := sign(t, l)
	r, err := l.Receipt(ctx, ids(t, l)[30])
	if err != nil {
		t.Fatal(err)
	}
	// The whole database as it was at 20 entries, and the file beside the key too.
	behind(t, l, "DELETE FROM log_checkpoint WHERE size > 20", "DELETE FROM log_leaf WHERE idx >= 20", "DELETE FROM log_node WHERE level = 4 AND n >= 1",
		"DELETE FROM audit_entry WHERE id NOT IN (SELECT entry_id FROM log_leaf)")
	if c := verify(t, l, nil); c.First == nil || c.First.What != "kept_cut" || c.First.Number != 21 {
		t.Errorf("with the file as it was: %+v", c.Findings)
	}
	if err := os.WriteFile(l.Kept.Path, older, 0o600); err != nil {
		t.Fatal(err)
	}
	clean(t, l)
	for name, text := range map[string][]byte{"a checkpoint": newest.Text, "a receipt": r.Text()} {
		if c := verify(t, l, map[string][]byte{"x": text}); c.First == nil || c.First.Number != 21 && c.First.Number != 31 {
			t.Errorf("beside %s: %+v", name, c.Findings)
		}
	}
	// It goes on, with other entries at the same places: the older history is proved wrong.
	record(t, l, 25)
	unguarded(t, l, "INSERT INTO log_pending (entry_id) SELECT e.id FROM audit_entry e WHERE NOT EXISTS (SELECT 1 FROM log_leaf l WHERE l.entry_id = e.id) ORDER BY e.id") // the trigger is gone
	sign(t, l)
	clean(t, l)
	if c := verify(t, l, map[string][]byte{"x": newest.Text}); c.First == nil || c.First.What != "against" || c.First.Number != 21 || c.First.Last != 40 {
		t.Errorf("a fork: %+v", c.Findings)
	}
	if err := os.Remove(l.Kept.Path); err != nil {
		t.Fatal(err)
	}
	if c := clean(t, l); len(found(c, "kept_missing")) != 1 {
		t.Errorf("notes %+v", c.Notes)
	}
}

func TestTheWindowBeforeTheLog(t *testing.T) {
	t.Parallel()
	waiting := "(SELECT entry_id FROM log_pending)"
	for _, c := range []struct {
		name string
		do   []string
		what string // "" nothing shows
	}{
		{"changed before it entered", []string{"UPDATE audit_entry SET reason = 'x' WHERE id IN " + waiting}, ""},
		{"deleted with its row", []string{"DELETE FROM audit_entry WHERE id IN " + waiting, "DELETE FROM log_pending"}, ""},
		{"deleted without its row", []string{"DELETE FROM audit_entry WHERE id IN " + waiting}, "vanished"},
		{"only its row deleted", []string{"DELETE FROM log_pending"}, "unlogged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l, _ := grown(t, 10)
			record(t, l, 1)
			behind(t, l, c.do...)
			sign(t, l)
			got := verify(t, l, nil)
			if (got.First == nil) != (c.what == "") || got.First != nil && got.First.What != c.what {
				t.Errorf("found %+v, want %q", got.Findings, c.what)
			}
		})
	}
}
