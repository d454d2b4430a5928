package ledger_test

import (
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/ledger"
	"cchc/base/ledger/ledgertest"
)

// Two servers write of one thing within the second in which entries wait, and the clock of
// the first is ahead: its entry has the later time and the later id, and came first.
func TestEntriesEnterTheLogAsTheyCameWhateverClocksSay(t *testing.T) {
	t.Parallel()
	l, clock := place(t)
	record(t, l, 3)
	keys := make([]string, 2)
	for i := range keys {
		if err := l.DB.Write(ctx, func(tx *db.Tx) error {
			return audit.Record(ctx, tx, audit.Entry{Actor: actor.Actor{Account: "a1"}, Verb: "thing.change", Kind: "lamp", ID: "1", Reason: []string{"first", "second"}[i]})
		}); err != nil {
			t.Fatal(err)
		}
		clock.Advance(-3 * time.Second)
	}
	waiting, err := ledger.Of(ctx, l.DB, "lamp", "1")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range waiting {
		keys[map[string]int{"first": 0, "second": 1}[e.Reason]] = e.Key
	}
	keys[0] = ledgertest.Ahead(t, l.DB, keys[0])
	ordered := func(when string, in bool) {
		t.Helper()
		list, err := ledger.Of(ctx, l.DB, "lamp", "1")
		if err != nil {
			t.Fatal(err)
		}
		if len(list) != 2 || list[0].Key != keys[0] || list[1].Key != keys[1] || list[0].At <= list[1].At || !list[1].After(list[0]) || list[0].After(list[1]) {
			t.Errorf("%s: %+v, want %v", when, list, keys)
		}
		if in && (list[0].Number != 4 || list[1].Number != 5) {
			t.Errorf("%s: they are number %d and %d, want 4 and 5", when, list[0].Number, list[1].Number)
		}
	}
	ordered("waiting", false)
	sign(t, l)
	ordered("in the log", true)
	clean(t, l)
	dbtest.Behind(t, l.DB, nil, "UPDATE audit_entry SET reason = 'x' WHERE id = '"+keys[0]+"'")
	if c := verify(t, l, nil); c.First == nil || c.First.Number != 4 || c.First.What != "edited" {
		t.Errorf("edited: %+v", c.Findings)
	}
}
