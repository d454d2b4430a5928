package app

import (
	"context"
	"fmt"
	"os"

	"cchc/base/ledger"
)

// log checks the whole log of the trail and prints what it finds; the first bad entry
// comes first, by its number and its id.
func (c verifyCmd) log(ctx context.Context, s streams, r *rooms) error {
	o := ledger.Options{Pins: c.Key, Against: map[string][]byte{}}
	path := r.logKeyAt(c.LogKey)
	r.log.Kept.Path = path + ".signed"
	own, err := r.pinned(path)
	if err != nil {
		return fmt.Errorf("--log-key %s: %w", path, err)
	}
	if own != "" {
		o.Pins = append(o.Pins, own)
	}
	for _, name := range c.Against {
		if o.Against[name], err = os.ReadFile(name); err != nil {
			return fmt.Errorf("--against: %w", err)
		}
	}
	p := newProgress(s.err, "entries checked")
	o.Progress = p.at
	v, err := r.checkLog(ctx, o)
	p.end()
	if err != nil {
		return err
	}
	for _, f := range v.Notes {
		fmt.Fprintln(s.out, "note:", found(ctx, f))
	}
	if len(o.Pins) == 0 {
		fmt.Fprintln(s.out, "note: no key to compare with: whoever wrote the database may have signed it too. Give --key.")
	}
	if v.First != nil {
		fmt.Fprintln(s.out, "first:", found(ctx, *v.First))
		for _, f := range v.Findings {
			fmt.Fprintln(s.out, "  -", found(ctx, f))
		}
		return fmt.Errorf("the log of %d entries: %d findings, the first: %s", v.Size, v.Wrong, found(ctx, *v.First))
	}
	_, err = fmt.Fprintf(s.out, "%d entries, %d checkpoints, %d erased texts, %d entries waiting: the log holds\n", v.Size, v.Checkpoints, v.Erased, v.Waiting)
	return err
}
