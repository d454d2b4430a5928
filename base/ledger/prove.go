package ledger

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/receipt"
)

var (
	entryGet = db.SQL("ledger.entry", `
		SELECT e.id, e.at, e.account, e.on_behalf, e.verb, e.kind, e.object_id, e.unit_id, e.changes, e.reason, l.idx, l.salt, x.text_hash
		FROM audit_entry e
		JOIN log_leaf l ON l.entry_id = e.id
		LEFT JOIN log_erased x ON x.entry_id = e.id
		WHERE e.id = $1`)
	waitsSince = db.SQL("ledger.waits.since", `
		SELECT COALESCE(MIN(COALESCE(e.at, 1)), 0)
		FROM log_pending p
		LEFT JOIN audit_entry e ON e.id = p.entry_id`)
	pendingHas = db.SQL("ledger.pending.has", `SELECT COUNT(*) FROM log_pending WHERE entry_id = $1`)
)

func scanReceipt(row db.Scanner) (r receipt.Receipt, err error) {
	e := &r.Entry
	err = row.Scan(&e.ID, &e.At, &e.Account, &e.Behalf, &e.Verb, &e.Kind, &e.Object, &e.Unit, &e.Changes, &e.Reason, &r.Index, &e.Salt, &e.Hash)
	return r, err
}

func signers(keys []*receipt.Private) []note.Signer {
	out := make([]note.Signer, len(keys))
	for i, k := range keys {
		out[i] = k.Signer()
	}
	return out
}

// Receipt proves that an entry of the trail is in the log. When it is not yet, or not
// in what was signed, that is done first. Who may see the entry is for the caller to
// know: the receipt has its text. Faults: NotFound ledger.no_entry; Conflict
// ledger.waiting where no process can sign.
func (l *Log) Receipt(ctx context.Context, entry string) (receipt.Receipt, error) {
	r, err := l.receipt(ctx, entry)
	if !errors.Is(err, ErrWaiting) {
		return r, err
	}
	if _, err := l.Sequence(ctx, nil); err != nil {
		return r, err
	}
	if _, err := l.Sign(ctx); errors.Is(err, ErrForked) || errors.Is(err, ErrNoKey) {
		return r, fault.New(fault.Conflict, "ledger.waiting").Because(err)
	} else if err != nil {
		return r, err
	}
	r, err = l.receipt(ctx, entry)
	if errors.Is(err, ErrWaiting) {
		err = fault.New(fault.Conflict, "ledger.waiting").Because(err)
	}
	return r, err
}

func (l *Log) receipt(ctx context.Context, id string) (r receipt.Receipt, err error) {
	err = l.DB.Snapshot(ctx, func(s *db.Snapshot) error {
		r, err = db.One(ctx, s, entryGet, scanReceipt, id)
		if errors.Is(err, db.ErrNotFound) {
			if n, err := db.Value[int](ctx, s, pendingHas, id); err != nil {
				return err
			} else if n > 0 {
				return ErrWaiting
			}
			return fault.New(fault.NotFound, "ledger.no_entry").Because(err)
		}
		if err != nil {
			return err
		}
		c, err := db.One(ctx, s, checkpointOver, scanSigned, r.Index)
		if errors.Is(err, db.ErrNotFound) {
			return ErrWaiting
		}
		if err != nil {
			return err
		}
		// A co-signed one proves more.
		if best, err := l.cosignedOver(ctx, s, r.Index); err == nil {
			c = best
		} else if !errors.Is(err, db.ErrNotFound) {
			return err
		}
		if r.Checkpoint, err = l.WithCosignatures(ctx, s, c); err != nil {
			return err
		}
		r.Proof, err = tlog.ProveRecord(c.Checkpoint.Size, r.Index, reader(ctx, s))
		if err != nil {
			return fmt.Errorf("prove entry %s: %w", id, err)
		}
		return nil
	})
	return r, err
}

// Consistency proves that the log with old entries is the beginning of the one with
// size. Faults: Invalid ledger.sizes.
func (l *Log) Consistency(ctx context.Context, old, size int64) (tlog.TreeProof, error) {
	var proof tlog.TreeProof
	err := l.DB.Snapshot(ctx, func(s *db.Snapshot) error {
		has, err := l.Size(ctx, s)
		if err != nil {
			return err
		}
		if old < 1 || old > size || size > has {
			return fault.New(fault.Invalid, "ledger.sizes", "Size", has)
		}
		if old == size {
			return nil
		}
		proof, err = tlog.ProveTree(size, old, reader(ctx, s))
		return err
	})
	return proof, err
}

// Waiting returns how many entries are not in the log yet.
func (l *Log) Waiting(ctx context.Context, q db.Queryer) (int, error) {
	return db.Value[int](ctx, q, waiting)
}

// WaitsSince returns since when the oldest entry waits that is not in the log yet: 0 when
// none waits. What has no entry in the trail waits since for ever.
func (l *Log) WaitsSince(ctx context.Context, q db.Queryer) (moment.Instant, error) {
	since, err := db.Value[moment.Instant](ctx, q, waitsSince)
	return since, err
}

// LatestText returns the checkpoint that was signed last, with the co-signatures that it
// has; db.ErrNotFound when none was signed.
func (l *Log) LatestText(ctx context.Context) (text []byte, err error) {
	err = l.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		s, err := l.Latest(ctx, q)
		if err != nil {
			return err
		}
		text, err = l.WithCosignatures(ctx, q, s)
		return err
	})
	return text, err
}
