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
	var public []string
	for _, k := range keys {
		public = append(public, k.Public)
	}
	known, err := receipt.ParseKeys(public...)
	if err != nil {
		c.wrong(0, "", "key", "Key", clip(err.Error()))
		known = nil
	}
	for _, p := range o.Pins {
		if !slices.Contains(public, p) {
			c.wrong(0, "", "pinned", "Key", clip(p))
		}
	}
	if l.Key != nil && (len(public) == 0 || public[len(public)-1] != l.Key.Public()) {
		c.wrong(0, "", "pinned", "Key", l.Key.Public())
	}
	all, err := db.All(ctx, l.DB, checkpointAll, scanSigned)
	if err != nil {
		return nil, err
	}
	both := map[int64][]note.Signature{}
	for _, s := range all {
		c.Checkpoints++
		x, n, err := receipt.Open(s.Text, known)
		if err != nil || x.Size != s.Checkpoint.Size || x.At != int64(s.At) {
			c.wrong(0, "", "signature", "Size", s.Checkpoint.Size, "At", s.At)
			continue
		}
		both[x.Size] = append(both[x.Size], n.Sigs...)
		out.add(x.Size, claim{x.Root, "checkpoint", []any{"At", s.At}})
		if err := l.cosignaturesHold(ctx, c, s); err != nil {
			return nil, err
		}
	}
	// The first key is what one knows from elsewhere; each later one is signed in.
	for i, k := range keys {
		switch {
		case i == 0 || k.How == "rotated" && signedBy(both[k.From], keys[i-1].Public) && signedBy(both[k.From], k.Public):
		case k.How == "lost":
			c.note(0, "", "lost", "Key", k.Public, "At", k.At)
		default:
			c.wrong(0, "", "key", "Key", k.Public)
		}
	}
	kept, err := l.Kept.Read()
	if err != nil {
		return nil, err
	}
	if kept != nil {
		if x, _, err := receipt.Open(kept, known); err != nil {
			c.wrong(0, "", "kept_unreadable", "File", l.Kept.Path)
		} else {
			out.add(x.Size, claim{x.Root, "kept", []any{"File", l.Kept.Path, "At", moment.Instant(x.At)}})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o.Against)) {
		if err := l.against(ctx, c, o, out, known, name); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func signedBy(list []note.Signature, public string) bool {
	return slices.ContainsFunc(list, func(s note.Signature) bool {
		keys, err := receipt.ParseKeys(public)
		return err == nil && s.Hash == keys[0].KeyHash() && s.Name == keys[0].Name()
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
