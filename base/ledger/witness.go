package ledger

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/receipt"
)

// A Request asks another server to co-sign a checkpoint: with a proof that what it
// co-signed last is the beginning. Its text is as C2SP tlog-witness has it.
type Request struct {
	Old        int64 // size of what was co-signed last; 0: nothing was
	Proof      tlog.TreeProof
	Checkpoint []byte // signed
}

var (
	witnessedLast = db.SQL("ledger.witnessed.last", `
		SELECT size, at, signed, line
		FROM log_witnessed
		WHERE party_id = $1 AND at > $2
		ORDER BY size DESC, at DESC
		LIMIT 1`)
	forgottenLast   = db.SQL("ledger.forgotten.last", `SELECT COALESCE(MAX(at), 0) FROM log_forgotten WHERE origin = $1`)
	forgottenInsert = db.Rows("ledger.forgotten.insert", "log_forgotten", "origin, at, account, reason", "")
	witnessedInsert = db.Rows("ledger.witnessed.insert", "log_witnessed", "party_id, size, at, signed, line", "")
)

// A Witnessed is what was co-signed here of another log.
type Witnessed struct {
	Size   int64
	At     moment.Instant // when it was co-signed
	Signed []byte         // by the log
	Line   string         // our co-signature
}

// LastWitnessed returns what was co-signed last of a log, under whichever of its keys, also
// those that were taken off: a new key does not make another log of it. db.ErrNotFound when
// nothing was, or somebody let the log begin anew since.
func (l *Log) LastWitnessed(ctx context.Context, q db.Queryer, origin string) (last Witnessed, err error) {
	all, err := l.Parties(ctx, q, LogRole)
	if err != nil {
		return last, err
	}
	forgotten, err := db.Value[int64](ctx, q, forgottenLast, origin)
	if err != nil {
		return last, err
	}
	known := false
	for _, p := range all {
		if p.Origin() != origin {
			continue
		}
		w, err := db.One(ctx, q, witnessedLast, func(r db.Scanner) (w Witnessed, err error) {
			var signed string
			err = r.Scan(&w.Size, &w.At, &signed, &w.Line)
			w.Signed = []byte(signed)
			return w, err
		}, p.ID, forgotten)
		if errors.Is(err, db.ErrNotFound) {
			continue
		}
		if err != nil {
			return last, err
		}
		if !known || w.Size > last.Size || w.Size == last.Size && w.At > last.At {
			last, known = w, true
		}
	}
	if !known {
		return last, db.ErrNotFound
	}
	return last, nil
}

// ForgetWitnessed lets a log begin anew here: after a restore from an older copy there,
// which cannot continue what was co-signed. Whoever does it says that the history which was
// co-signed is given up; the trail keeps the last checkpoint of it. Who may is for the
// caller to know. Faults: NotFound ledger.party_unknown when nothing was co-signed; Invalid
// ledger.forget_reason.
func (l *Log) ForgetWitnessed(ctx context.Context, a actor.Actor, origin, reason string) (last Witnessed, err error) {
	if reason = strings.TrimSpace(reason); reason == "" {
		return last, fault.New(fault.Invalid, "ledger.forget_reason").With("reason", "ledger.forget_reason")
	}
	err = l.DB.Write(ctx, func(tx *db.Tx) error {
		last, err = l.LastWitnessed(ctx, tx, origin)
		if errors.Is(err, db.ErrNotFound) {
			return fault.New(fault.NotFound, "ledger.party_unknown").Because(err)
		}
		if err != nil {
			return err
		}
		if err := tx.InsertRows(ctx, forgottenInsert, [][]any{{origin, max(tx.Now, last.At), a.Account, reason}}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "log.forget", Kind: "log", ID: origin, Reason: reason,
			Changes: []audit.Change{{Field: "size", From: itoa(last.Size)}, {Field: "checkpoint", From: string(last.Signed)}}})
	})
	return last, err
}

// LogOf returns the party whose checkpoints with this origin are co-signed here. Fault:
// NotFound ledger.party_unknown.
func (l *Log) LogOf(ctx context.Context, q db.Queryer, origin string) (Party, []string, error) {
	all, err := l.Parties(ctx, q, LogRole)
	if err != nil {
		return Party{}, nil, err
	}
	var found Party
	var keys []string // of one origin there may be several, after a change of key
	for _, p := range all {
		if p.Origin() == origin && p.Ended == 0 {
			if found.ID == "" || p.At < found.At {
				found = p
			}
			keys = append(keys, p.Public)
		}
	}
	if found.ID == "" {
		return Party{}, nil, fault.New(fault.NotFound, "ledger.party_unknown")
	}
	return found, keys, nil
}

// Cosign co-signs a checkpoint of another log: when a known key of that log signed it,
// and what was co-signed before is its beginning. A log that shows two histories is
// refused, and the trail keeps what it signed. Who may is for the caller to know.
//
// Faults: NotFound ledger.party_unknown; Invalid ledger.cosign_signature,
// ledger.cosign_forked; Conflict ledger.cosign_old with Size, what was co-signed last.
func (l *Log) Cosign(ctx context.Context, a actor.Actor, r Request) (Witnessed, error) {
	if l.Key == nil {
		return Witnessed{}, fault.New(fault.Conflict, "ledger.waiting").Because(ErrNoKey)
	}
	peeked, err := receipt.Peek(r.Checkpoint)
	if err != nil {
		return Witnessed{}, fault.New(fault.Invalid, "ledger.cosign_signature").Because(err)
	}
	var out Witnessed
	forked := false
	err = l.DB.Write(ctx, func(tx *db.Tx) error {
		forked = false
		party, public, err := l.LogOf(ctx, tx, peeked.Origin)
		if err != nil {
			return err
		}
		keys, err := receipt.ParseKeys(public...)
		if err != nil {
			return err
		}
		c, _, err := receipt.Open(r.Checkpoint, keys)
		if err != nil {
			return fault.New(fault.Invalid, "ledger.cosign_signature").Because(err)
		}
		last, err := l.LastWitnessed(ctx, tx, c.Origin)
		if err != nil && !errors.Is(err, db.ErrNotFound) {
			return err
		}
		before := receipt.Checkpoint{}
		if err == nil {
			if before, err = receipt.Peek(last.Signed); err != nil {
				return err
			}
		}
		switch {
		case c.Size == before.Size && c.Root != before.Root:
			forked = true
		case c.Size < before.Size || r.Old != before.Size:
			return fault.New(fault.Conflict, "ledger.cosign_old", "Size", before.Size)
		case c.Size == before.Size:
			if string(last.Signed) == string(r.Checkpoint) {
				out = last
				return nil
			}
		case before.Size > 0:
			forked = tlog.CheckTree(r.Proof, c.Size, c.Root, before.Size, before.Root) != nil
		}
		if forked {
			return fault.New(fault.Invalid, "ledger.cosign_forked")
		}
		text := r.Checkpoint
		signed, err := receipt.SignedText(text)
		if err != nil {
			return fault.New(fault.Invalid, "ledger.cosign_signature").Because(err)
		}
		forgotten, err := db.Value[int64](ctx, tx, forgottenLast, c.Origin)
		if err != nil {
			return err
		}
		at := max(tx.Now, moment.Instant(forgotten+1)) // what is remembered comes after what is not
		out = Witnessed{c.Size, at, text, l.Key.Cosign(signed, int64(at))}
		if err := tx.InsertRows(ctx, witnessedInsert, [][]any{{party.ID, out.Size, out.At, string(out.Signed), out.Line}}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "log.cosign", Kind: "log", ID: c.Origin,
			Changes: []audit.Change{{Field: "size", To: itoa(c.Size)}, {Field: "root", To: c.Root.String()}}})
	})
	if forked {
		// What it signed is the evidence: a wrong proof alone accuses nobody, two signed
		// roots that do not lead to each other do.
		told := l.DB.Write(ctx, func(tx *db.Tx) error {
			return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "log.refuse", Kind: "log", ID: peeked.Origin,
				Changes: []audit.Change{{Field: "size", To: itoa(peeked.Size)}, {Field: "checkpoint", To: string(r.Checkpoint)}}})
		})
		err = errors.Join(err, told)
	}
	return out, err
}

// Ask makes the request to co-sign the latest checkpoint, for somebody who co-signed the
// log up to a size before. Errors: db.ErrNotFound when nothing was signed; faults as of
// Consistency.
func (l *Log) Ask(ctx context.Context, old int64) (Request, error) {
	last, err := l.Latest(ctx, l.DB)
	if err != nil {
		return Request{}, err
	}
	r := Request{Old: old, Checkpoint: last.Text}
	if old > 0 {
		r.Proof, err = l.Consistency(ctx, old, last.Checkpoint.Size)
	}
	return r, err
}

// AskText is Ask as a file carries it.
func (l *Log) AskText(ctx context.Context, old int64) ([]byte, error) {
	r, err := l.Ask(ctx, old)
	return receipt.RequestText(r.Old, r.Proof, r.Checkpoint), err
}

var (
	checkpointText    = db.SQL("ledger.checkpoint.text", `SELECT size, at, signed FROM log_checkpoint WHERE size = $1 AND at = $2`)
	cosignatureInsert = db.Rows("ledger.cosignature.insert", "log_cosignature", "size, at, public, made_at, line", "ON CONFLICT (size, at, public) DO NOTHING")
	cosignedBy        = db.SQL("ledger.cosignature.by", `SELECT COALESCE(MAX(size), 0) FROM log_cosignature WHERE public = $1`)
)

// CosignedBy returns up to which size a co-signer co-signed this log, as far as it is
// stored here.
func (l *Log) CosignedBy(ctx context.Context, q db.Queryer, public string) (int64, error) {
	return db.Value[int64](ctx, q, cosignedBy, public)
}

// TakeCosignatures stores co-signatures that came back on a checkpoint of this log, by
// the parties that are known as co-signers, and returns how many are new. Faults: Invalid
// ledger.cosigned_other, ledger.cosigned_none.
func (l *Log) TakeCosignatures(ctx context.Context, a actor.Actor, signed []byte) (n int, err error) {
	parties, err := l.Parties(ctx, l.DB, CosignerRole)
	if err != nil {
		return 0, err
	}
	c, err := receipt.Peek(signed)
	if err != nil {
		return 0, fault.New(fault.Invalid, "ledger.cosigned_other").Because(err)
	}
	err = l.DB.Write(ctx, func(tx *db.Tx) error {
		n = 0
		s, err := db.One(ctx, tx, checkpointText, scanSigned, c.Size, c.At)
		if errors.Is(err, db.ErrNotFound) || err == nil && s.Checkpoint != c {
			return fault.New(fault.Invalid, "ledger.cosigned_other").Because(err)
		}
		if err != nil {
			return err
		}
		var changes []audit.Change
		cosigned := false
		for _, p := range parties {
			line := ""
			if p.Ended == 0 {
				line = receipt.CosignatureOf(signed, p.Public)
			}
			if line == "" {
				continue
			}
			cosigned = true
			if has, err := db.Value[int](ctx, tx, cosignatureHas, s.Checkpoint.Size, s.At, p.Public); err != nil {
				return err
			} else if has > 0 {
				continue
			}
			changes = append(changes, audit.Change{Field: "cosigner", To: p.Public})
			if err := tx.InsertRows(ctx, cosignatureInsert, [][]any{{c.Size, s.At, p.Public, tx.Now, line}}); err != nil {
				return err
			}
		}
		if !cosigned {
			return fault.New(fault.Invalid, "ledger.cosigned_none")
		}
		if n = len(changes); n == 0 {
			return nil
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "log.cosigned", Kind: "log", ID: c.Origin, Changes: append(changes, audit.Change{Field: "size", To: itoa(c.Size)})})
	})
	return n, err
}

var cosignatureHas = db.SQL("ledger.cosignature.has", `SELECT COUNT(*) FROM log_cosignature WHERE size = $1 AND at = $2 AND public = $3`)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
