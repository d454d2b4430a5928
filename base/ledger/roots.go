package ledger

import (
	"context"
	"maps"
	"slices"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"cchc/base/db"
	"cchc/base/moment"
	"cchc/base/receipt"
)

// roots are the sizes of which somebody signed a root, and what the tree's root was
// there when it was rebuilt.
type roots struct {
	signed map[int64][]claim
	found  map[int64]tlog.Hash
	order  []int64 // sizes, ascending; those before next were passed
	next   int
}

// A claim is that the log had a root at a size.
type claim struct {
	root tlog.Hash
	what string // the message: checkpoint, kept, against
	args []any
}

func (r *roots) add(size int64, c claim) {
	if r.signed == nil {
		r.signed, r.found = map[int64][]claim{}, map[int64]tlog.Hash{}
	}
	r.signed[size] = append(r.signed[size], c)
}

// at is called after every leaf; the root is computed where one was signed.
func (r *roots) at(size int64, root func() tlog.Hash) {
	if r.order == nil {
		r.order = slices.Sorted(maps.Keys(r.signed))
	}
	for r.next < len(r.order) && r.order[r.next] < size {
		r.next++
	}
	if r.next < len(r.order) && r.order[r.next] == size {
		r.found[size] = root()
	}
}

// compare says of every root that was signed whether it is the log's. Where it is not,
// what was changed lies after the last one that still holds.
func (r *roots) compare(ctx context.Context, l *Log, c *Check) error {
	holds := int64(0)
	told := map[string]bool{} // one of each sort is enough: all that come later differ too
	for _, size := range slices.Sorted(maps.Keys(r.signed)) {
		fine := true
		for _, x := range r.signed[size] {
			have, ok := r.found[size]
			if ok && have == x.root {
				continue
			}
			fine = false
			what := x.what
			if size > c.Size {
				what = x.what + "_cut"
			}
			if told[what] {
				continue
			}
			told[what] = true
			number := min(holds, c.Size) + 1
			if size > c.Size {
				number = c.Size + 1
			}
			entry, err := l.entryAt(ctx, number)
			if err != nil {
				return err
			}
			c.found(Finding{Number: number, Last: max(number, min(size, c.Size)), Entry: entry, What: what, Args: append([]any{"Size", size}, x.args...)})
		}
		if fine {
			holds = size
		}
	}
	return nil
}

var entryAtNumber = db.SQL("ledger.entry.at", `SELECT entry_id FROM log_leaf WHERE idx = $1`)

func (l *Log) entryAt(ctx context.Context, number int64) (string, error) {
	ids, err := db.Column[string](ctx, l.DB, entryAtNumber, number-1)
	if err != nil || len(ids) == 0 {
		return "", err
	}
	return ids[0], nil
}

// checkpoints reads everything that was signed, checks signatures and keys, and returns
// the roots.
func (l *Log) checkpoints(ctx context.Context, c *Check, o Options) (*roots, error) {
	out := &roots{}
	keys, err := l.Keys(ctx, l.DB)
	if err != nil {
		return nil, err
	}
	known, err := receipt.ParseKeys(publics(keys)...)
	if err != nil {
		c.wrong(0, "", "key", "Key", clip(err.Error()))
		known = nil
	}
	all, err := db.All(ctx, l.DB, checkpointAll, scanSigned)
	if err != nil {
		return nil, err
	}
	signed := map[int64][][]note.Signature{} // by size, of each checkpoint
	for _, s := range all {
		c.Checkpoints++
		x, n, err := receipt.Open(s.Text, known)
		if err != nil || x.Size != s.Checkpoint.Size || x.At != int64(s.At) {
			c.wrong(0, "", "signature", "Size", s.Checkpoint.Size, "At", s.At)
			continue
		}
		if !heldAt(keys, x.Size, n.Sigs) {
			c.wrong(0, "", "key_at", "Size", x.Size, "At", s.At)
		}
		signed[x.Size] = append(signed[x.Size], n.Sigs)
		out.add(x.Size, claim{x.Root, "checkpoint", []any{"At", s.At}})
		if err := l.cosignaturesHold(ctx, c, s); err != nil {
			return nil, err
		}
	}
	l.keysFollow(c, o, keys, signed)
	kept, err := l.Kept.Read()
	if err != nil {
		return nil, err
	}
	switch {
	case kept != nil:
		if x, n, err := receipt.Open(kept, known); err != nil || !heldAt(keys, x.Size, n.Sigs) {
			c.wrong(0, "", "kept_unreadable", "File", l.Kept.Path)
		} else {
			out.add(x.Size, claim{x.Root, "kept", []any{"File", l.Kept.Path, "At", moment.Instant(x.At)}})
		}
	case l.Kept.Path != "" && len(all) > 0:
		c.note(0, "", "kept_missing", "File", l.Kept.Path)
	}
	for _, name := range slices.Sorted(maps.Keys(o.Against)) {
		if err := l.against(ctx, c, o, out, known, name); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func publics(keys []PublicKey) (out []string) {
	for _, k := range keys {
		out = append(out, k.Public)
	}
	return out
}

// heldAt reports whether a key that held at a size is among signatures: each from the
// size at which it came to the one at which the next came, where both may sign.
func heldAt(keys []PublicKey, size int64, list []note.Signature) bool {
	for i, k := range keys {
		if k.From <= size && (i+1 == len(keys) || size <= keys[i+1].From) && signedBy(list, k.Public) {
			return true
		}
	}
	return false
}

// keysFollow checks that every key but the first was signed in by the one before, in one
// checkpoint that bears both signatures, and that keys known from elsewhere lead to the
// present one. A key that nobody signed in for the old one was lost is told; it is a
// finding where an older one is known from elsewhere, for that one did not vouch for it.
// What stands before a known key is told too: what it signed counts only because the
// known one signed over it.
func (l *Log) keysFollow(c *Check, o Options, keys []PublicKey, signed map[int64][][]note.Signature) {
	public := publics(keys)
	pinned := len(keys) // the first that is known
	for _, p := range o.Pins {
		if i := slices.Index(public, p); i < 0 {
			c.wrong(0, "", "pinned", "Key", clip(p))
		} else {
			pinned = min(pinned, i)
		}
	}
	if l.Key != nil && (len(public) == 0 || public[len(public)-1] != l.Key.Public()) {
		c.wrong(0, "", "pinned", "Key", l.Key.Public())
	}
	for i, k := range keys {
		switch {
		case i == 0 && k.How == "first" && k.From == 0:
		case i > 0 && k.How == "rotated" && slices.ContainsFunc(signed[k.From], func(list []note.Signature) bool {
			return signedBy(list, keys[i-1].Public) && signedBy(list, k.Public)
		}):
		case i > 0 && k.How == "lost" && i > pinned:
			c.wrong(0, "", "lost_pinned", "Key", k.Public, "At", k.At)
		case i > 0 && k.How == "lost":
			c.note(0, "", "lost", "Key", k.Public, "At", k.At)
		default:
			c.wrong(0, "", "key", "Key", k.Public)
		}
		if i < pinned && pinned < len(keys) {
			c.note(0, "", "before_pinned", "Key", k.Public, "Pinned", public[pinned])
		}
	}
}

func signedBy(list []note.Signature, public string) bool {
	keys, err := receipt.ParseKeys(public)
	return err == nil && slices.ContainsFunc(list, func(s note.Signature) bool {
		return s.Hash == keys[0].KeyHash() && s.Name == keys[0].Name()
	})
}

// against compares the log with what somebody else kept: a receipt or a checkpoint.
func (l *Log) against(ctx context.Context, c *Check, o Options, out *roots, known receipt.Keys, name string) error {
	text := o.Against[name]
	if r, err := receipt.Parse(text); err == nil {
		if _, err := r.Verify(known); err != nil {
			c.wrong(0, "", "against_unsigned", "File", clip(name))
			return nil
		}
		have, err := l.entryAt(ctx, r.Number())
		if err != nil {
			return err
		}
		if have != r.Entry.ID {
			c.wrong(r.Number(), have, "against_entry", "File", clip(name), "Was", r.Entry.ID)
		}
		if err := l.sameText(ctx, c, o, name, r.Entry, r.Number()); err != nil {
			return err
		}
		text = r.Checkpoint
	}
	x, _, err := receipt.Open(text, known)
	if err != nil {
		c.wrong(0, "", "against_unsigned", "File", clip(name))
		return nil
	}
	out.add(x.Size, claim{x.Root, "against", []any{"File", clip(name), "At", moment.Instant(x.At)}})
	return nil
}

// cosignaturesHold checks what others signed of a checkpoint.
func (l *Log) cosignaturesHold(ctx context.Context, c *Check, s Signed) error {
	all, err := l.Cosignatures(ctx, l.DB, s)
	for _, x := range all {
		if receipt.CheckCosignature(s.Text, x.Public, x.Line) != nil {
			c.wrong(0, "", "cosignature", "Size", s.Checkpoint.Size, "At", s.At, "Key", x.Public)
		}
	}
	return err
}
