// Package ledger keeps the log of the audit trail (nhật ký không sửa được): every entry
// becomes a leaf of a Merkle tree soon after its write, the tree is signed at short
// intervals, and what anybody changes behind the program shows when the log is checked,
// or beside a checkpoint, a receipt or a co-signature that somebody else keeps.
//
// Nothing is added to the write of an entry but its id in a table of what waits. The
// log holds salted hashes and no value: see package receipt.
package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/mod/sumdb/tlog"

	"cchc/base/db"
	"cchc/base/moment"
	"cchc/base/receipt"
)

// A Log is the log of a database.
type Log struct {
	DB   *db.DB
	Key  *receipt.Private // nil: this process signs nothing
	Kept Kept             // what was signed last, kept outside of the database; zero: not kept

	mu sync.Mutex // one of this process at a time: the others would only get in the way
}

// Faults of the log, for who asks why nothing is signed.
var (
	// ErrForked says that what was signed before is no beginning of what is stored now:
	// somebody rewrote or cut off the log, or restored an older copy of the database.
	ErrForked = errors.New("what was signed before is not the beginning of the log that is stored now")
	// ErrNoKey says that this process has no key to sign with.
	ErrNoKey = errors.New("no key to sign the log with")
	// ErrStuck says that entries cannot enter the log, for something is in their place.
	ErrStuck = errors.New("entries cannot enter the log: something is in their place")
	// ErrWaiting says that an entry is not in a signed log yet.
	ErrWaiting = errors.New("the entry is not in the log yet")
)

// batch is how many entries enter the log in one write: some ten milliseconds on
// SQLite, for which the counter waits.
const batch = 500

var (
	// In the order in which they came, as the database says it: ids begin with the time of
	// the server that made them, and servers' clocks differ. On SQLite the trail's rowid
	// says it (cameSQLite), among the oldest thousand: one process makes the ids there, in
	// their order, unless the machine comes up again with its clock set back; and to sort
	// all of what an upgrade found for each batch would hold up the counter.
	pendingRead = db.Pair("ledger.pending", `
		SELECT e.id, e.at, e.account, e.on_behalf, e.verb, e.kind, e.object_id, e.unit_id, e.changes, e.reason
		FROM (
			SELECT w.entry_id, w.came
			FROM log_pending w
			JOIN audit_entry x ON x.id = w.entry_id
			WHERE NOT EXISTS (SELECT 1 FROM log_leaf l WHERE l.entry_id = w.entry_id)
			ORDER BY w.entry_id
			LIMIT 1000) p
		JOIN audit_entry e ON e.id = p.entry_id
		ORDER BY `+cameSQLite+`
		LIMIT $1`, `
		SELECT e.id, e.at, e.account, e.on_behalf, e.verb, e.kind, e.object_id, e.unit_id, e.changes, e.reason
		FROM log_pending p
		JOIN audit_entry e ON e.id = p.entry_id
		WHERE NOT EXISTS (SELECT 1 FROM log_leaf l WHERE l.entry_id = p.entry_id)
		ORDER BY p.came, p.entry_id
		LIMIT $1`)
	// What just entered goes. One that is gone from the trail, or was in the log from
	// before, stays: it holds up nobody, and the check finds it.
	pendingDone = db.SQL("ledger.pending.done", `
		DELETE FROM log_pending
		WHERE entry_id <= $1 AND EXISTS (SELECT 1 FROM log_leaf l WHERE l.entry_id = log_pending.entry_id AND l.idx >= $2)`)
	pendingAny = db.SQL("ledger.pending.any", `
		SELECT p.entry_id
		FROM log_pending p
		JOIN audit_entry e ON e.id = p.entry_id
		WHERE NOT EXISTS (SELECT 1 FROM log_leaf l WHERE l.entry_id = p.entry_id)
		ORDER BY p.entry_id
		LIMIT 1`)
	sizeGet    = db.SQL("ledger.size", `SELECT COALESCE(MAX(idx), -1) + 1 FROM log_leaf`)
	leafInsert = db.Rows("ledger.leaf.insert", "log_leaf", "idx, entry_id, salt, hash", "")
)

// Size returns how many entries the log has.
func (l *Log) Size(ctx context.Context, q db.Queryer) (int64, error) {
	return db.Value[int64](ctx, q, sizeGet)
}

// Sequence puts entries that wait into the log, in the order in which they came, in batches
// of one write each, until none waits or ctx ends; pause is called between batches.
func (l *Log) Sequence(ctx context.Context, pause func()) (n int, err error) {
	for {
		k, err := l.sequence(ctx)
		n += k
		if err != nil || k < batch {
			return n, err
		}
		if pause != nil {
			pause()
		}
	}
}

func (l *Log) sequence(ctx context.Context) (n int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	// Most of the time there is nothing, and asking costs no write.
	if _, err := db.Value[string](ctx, l.DB, pendingAny); errors.Is(err, db.ErrNotFound) {
		return 0, nil
	} else if err != nil {
		return 0, err
	}
	var size int64
	err = l.DB.Write(ctx, func(tx *db.Tx) error {
		list, err := db.All(ctx, tx, pendingRead, scanEntry, batch)
		if n = len(list); err != nil || n == 0 {
			return err
		}
		if size, err = l.Size(ctx, tx); err != nil {
			return err
		}
		rows, hashes := make([][]any, n), make([]tlog.Hash, n)
		for i, e := range list {
			e.Salt = newSalt()
			hashes[i] = e.Leaf(size + int64(i))
			rows[i] = []any{size + int64(i), e.ID, e.Salt, hashes[i][:]}
		}
		if err := tx.InsertRows(ctx, leafInsert, rows); err != nil {
			return err
		}
		if err := storeNodes(ctx, tx, size, hashes); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, pendingDone, slices.MaxFunc(list, func(a, b receipt.Entry) int { return strings.Compare(a.ID, b.ID) }).ID, size)
		return err
	})
	if errors.Is(err, db.ErrUnique) { // another process was faster: then the log has grown
		if now, err := l.Size(ctx, l.DB); err != nil || now > size {
			return 0, err
		}
		err = errors.Join(ErrStuck, err)
	}
	if err != nil {
		return 0, fmt.Errorf("enter the log: %w", err)
	}
	return n, nil
}

func scanEntry(r db.Scanner) (e receipt.Entry, err error) {
	err = r.Scan(&e.ID, &e.At, &e.Account, &e.Behalf, &e.Verb, &e.Kind, &e.Object, &e.Unit, &e.Changes, &e.Reason)
	return e, err
}

// Step does what is due: entries that wait enter the log, and what the log became is
// signed, unless that was done within interval. The first checkpoint waits until all
// that was there before the log is in it.
func (l *Log) Step(ctx context.Context, interval int64, pause func()) error {
	if _, err := l.Sequence(ctx, pause); err != nil {
		return err
	}
	if l.Key == nil {
		return nil
	}
	last, err := l.Latest(ctx, l.DB)
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return err
	}
	if err == nil && int64(l.DB.Now())-last.Checkpoint.At < interval && int64(l.DB.Now()) >= last.Checkpoint.At {
		return nil
	}
	_, err = l.Sign(ctx)
	return err
}

// A Signed is a stored checkpoint.
type Signed struct {
	Checkpoint receipt.Checkpoint
	At         moment.Instant
	Text       []byte // as signed by the log, without co-signatures
}
