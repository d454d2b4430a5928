package ledger

import (
	"cmp"
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/base/receipt"
)

// SealVerb is the verb of entries that say what was left of texts that were erased before
// acts of erasing said it themselves. Only the first ones count, from before any such act.
const SealVerb = "log.seal_erased"

// An erased is an entry whose text is gone, as the check met it.
type erased struct {
	number         int64
	id, kind, left string // left: the hash of what is stored now; "" nobody can tell
}

// An erasing is an act that says what it left of an entry.
type erasing struct {
	act
	left string
}

type act struct {
	number int64 // in the log; 0: it waits
	id     string
	at     moment.Instant
	seal   bool
}

// erasings is what the check met of erasing.
type erasings struct {
	texts []erased
	by    map[string][]erasing // by entry
	first int64                // number of the first act that says what it left; 0: none in the log
	acts  bool                 // there is one, in the log or waiting
	seal  moment.Instant       // of the first entry with SealVerb; 0: none
	sealN int64
}

// text remembers an entry whose text is gone.
func (e *erasings) text(x row) {
	y := erased{number: x.index + 1, id: x.id, kind: x.entry.Kind}
	if x.left != nil {
		y.left = receipt.LeftHash(x.left, x.id, x.text, x.entry.Changes, x.entry.Reason)
	}
	e.texts = append(e.texts, y)
}

// act remembers what an act says that it left.
func (e *erasings) act(a act, changes string) {
	left := receipt.Left(changes)
	if len(left) == 0 {
		return
	}
	switch {
	case !a.seal:
		e.acts = true
		if a.number > 0 && (e.first == 0 || a.number < e.first) {
			e.first = a.number
		}
	case e.seal == 0:
		e.seal, e.sealN = a.at, a.number
	case e.seal != a.at:
		return // a second one seals nothing
	}
	if e.by == nil {
		e.by = map[string][]erasing{}
	}
	for id, hash := range left {
		e.by[id] = append(e.by[id], erasing{a, hash})
	}
}

// sealed reports whether the seal came before any act that says what it left.
func (e *erasings) sealed() bool {
	return e.seal != 0 && (!e.acts || e.sealN > 0 && (e.first == 0 || e.sealN < e.first))
}

var (
	// What came into the log since the check began, and what waits, in one look, in the
	// order of the log; what waits as PostgreSQL counts it, and on SQLite what was counted
	// before (cameSQLite) and then the others by their ids, which one process makes in
	// their order.
	actsLater = db.SQL("ledger.acts.later", `
		SELECT 1, CASE p.came WHEN 0 THEN 4611686018427387904 ELSE p.came END, e.id, e.at, e.verb, e.changes
		FROM log_pending p
		JOIN audit_entry e ON e.id = p.entry_id
		WHERE e.verb = $1 OR e.verb = $2
		UNION ALL
		SELECT 0, l.idx, e.id, e.at, e.verb, e.changes
		FROM log_leaf l
		JOIN audit_entry e ON e.id = l.entry_id
		WHERE l.idx >= $3 AND (e.verb = $1 OR e.verb = $2)
		ORDER BY 1, 2, 3`)
	// The act at that instant by that account, in the log or waiting.
	erasedBy = db.SQL("ledger.erased.by", `
		SELECT r.at, x.id
		FROM audit_redacted r
		JOIN audit_entry x ON x.at = r.at AND x.account = r.account AND x.verb = $1
		WHERE r.entry_id = $2
		AND (EXISTS (SELECT 1 FROM log_leaf l WHERE l.entry_id = x.id) OR EXISTS (SELECT 1 FROM log_pending p WHERE p.entry_id = x.id))
		ORDER BY r.at, x.id
		LIMIT 1`)
)

// erasingsHold says of every text that is gone whether an act that the log has erased it,
// and whether what is left is what that act left.
func (l *Log) erasingsHold(ctx context.Context, c *Check, o Options) error {
	e := &c.erasings
	if len(e.texts) == 0 {
		return nil
	}
	if err := db.Each(ctx, l.DB, actsLater, func(r db.Scanner) error {
		var a act
		var verb, changes string
		var waits, place int64
		err := r.Scan(&waits, &place, &a.id, &a.at, &verb, &changes)
		a.seal = verb == SealVerb
		e.act(a, changes)
		return err
	}, o.Erase, SealVerb, c.Size); err != nil {
		return err
	}
	before := 0
	for _, x := range e.texts {
		if o.Kinds != nil && !slices.Contains(o.Kinds, x.kind) {
			c.wrong(x.number, x.id, "erased_kind", "Kind", x.kind)
			continue
		}
		named := slices.DeleteFunc(slices.Clone(e.by[x.id]), func(y erasing) bool { return y.seal && !e.sealed() })
		i := slices.IndexFunc(named, func(y erasing) bool { return y.left == x.left && x.left != "" })
		switch {
		case len(named) > 0 && i < 0:
			c.wrong(x.number, x.id, "erased_edited", "By", named[len(named)-1].number, "Act", named[len(named)-1].id)
			continue
		case len(named) > 0 && !named[i].seal:
			c.note(x.number, x.id, "erased", "At", named[i].at, "By", named[i].number, "Act", named[i].id)
			continue
		case len(named) == 0 && (e.acts || e.seal != 0):
			c.wrong(x.number, x.id, "erased_untold")
			continue
		}
		// From before acts said what they left: that one was there must do.
		a, err := db.One(ctx, l.DB, erasedBy, func(r db.Scanner) (a act, err error) {
			err = r.Scan(&a.at, &a.id)
			return a, err
		}, o.Erase, x.id)
		if errors.Is(err, db.ErrNotFound) {
			c.wrong(x.number, x.id, "erased_untold")
			continue
		}
		if err != nil {
			return err
		}
		before++
		what := "erased_before"
		if len(named) > 0 {
			what = "erased_sealed"
		}
		c.note(x.number, x.id, what, "At", a.at, "Act", a.id, "Sealed", e.seal)
	}
	if before > 0 {
		c.note(0, "", "erased_before_all", "Count", before)
	}
	return nil
}

var (
	unsealed = db.SQL("ledger.unsealed", `
		SELECT x.entry_id, x.text_hash, e.changes, e.reason
		FROM log_erased x
		JOIN audit_entry e ON e.id = x.entry_id
		ORDER BY x.entry_id`)
	leftAny    = db.SQL("ledger.left.any", `SELECT COUNT(*) FROM log_left`)
	sealAny    = db.SQL("ledger.seal.any", `SELECT COUNT(*) FROM audit_entry WHERE verb = $1`)
	leftInsert = db.Rows("ledger.left.insert", "log_left", "entry_id, salt", "")
)

// SealErased says, once after the upgrade, what is left of the texts that were erased
// before acts of erasing said it themselves: what anybody changes in them later shows.
// It returns how many there are.
func (l *Log) SealErased(ctx context.Context, a actor.Actor) (n int, err error) {
	err = l.DB.Write(ctx, func(tx *db.Tx) error {
		n = 0
		if has, err := db.Value[int](ctx, tx, leftAny); err != nil || has > 0 {
			return err
		}
		type gone struct {
			id, changes, reason string
			text                []byte
		}
		list, err := db.All(ctx, tx, unsealed, func(r db.Scanner) (g gone, err error) {
			err = r.Scan(&g.id, &g.text, &g.changes, &g.reason)
			return g, err
		})
		if err != nil || len(list) == 0 {
			return err
		}
		if has, err := db.Value[int](ctx, tx, sealAny, SealVerb); err != nil || has > 0 {
			return err
		}
		n = len(list)
		for part := range slices.Chunk(list, 500) {
			var rows [][]any
			var left []string
			for _, g := range part {
				salt := newSalt()
				rows = append(rows, []any{g.id, salt})
				left = append(left, g.id+":"+receipt.LeftHash(salt, g.id, g.text, g.changes, g.reason))
			}
			if err := tx.InsertRows(ctx, leftInsert, rows); err != nil {
				return err
			}
			if err := audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: SealVerb, Kind: "log", ID: "log",
				Changes: []audit.Change{{Field: receipt.RedactedField, To: strings.Join(left, " ")}}}); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

// shortened reports whether a text is what another was with words taken out of it, where
// mark stands now.
func shortened(was, is, mark string) bool {
	if was == is {
		return true
	}
	if mark == "" || !strings.Contains(is, mark) {
		return false
	}
	parts := strings.Split(is, mark)
	for i, p := range parts {
		parts[i] = regexp.QuoteMeta(p)
	}
	return regexp.MustCompile(`(?s)^` + strings.Join(parts, `.+`) + `$`).MatchString(was)
}

// sameText compares what a receipt says with what is stored of its entry: of one that was
// erased since, words may be gone, and no others may be there.
func (l *Log) sameText(ctx context.Context, c *Check, o Options, name string, was receipt.Entry, number int64) error {
	if was.Erased() {
		return nil
	}
	r, err := db.One(ctx, l.DB, entryGet, scanReceipt, was.ID)
	if errors.Is(err, db.ErrNotFound) {
		return nil // the check says so by itself
	}
	is := r.Entry
	switch {
	case err != nil:
		return err
	case is.Changes == was.Changes && is.Reason == was.Reason:
	case is.Erased() && shortened(was.Changes, is.Changes, o.Mark) && shortened(was.Reason, is.Reason, o.Mark):
		c.note(number, was.ID, "against_erased", "File", cmp.Or(clip(name), "?"))
	default:
		c.wrong(number, was.ID, "against_text", "File", clip(name))
	}
	return nil
}
