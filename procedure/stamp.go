package procedure

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"cchc/base/db"
)

// Stamp returns a short text that is another one when anything of the version was
// changed since: what a form carries, so that two people do not undo each other.
func (v *Version) Stamp() string {
	h := sha256.New()
	fmt.Fprintln(h, v.To, v.Limits, v.Steps, v.Papers, v.Fees, v.Problems)
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// Expecting returns a Registry whose verbs are refused with
// procedure.changed_meanwhile when the version is no longer what its stamp says.
func (r *Registry) Expecting(version, stamp string) *Registry {
	own := *r
	own.expect = map[string]string{version: stamp}
	return &own
}

// Latest returns the last version of every procedure, by code.
func (c *Catalogue) Latest(ctx context.Context, q db.Queryer) ([]*Version, error) {
	all, err := c.all(ctx, q)
	if err != nil {
		return nil, err
	}
	return all.last(), nil
}

func (c *catalogue) last() []*Version {
	out := make([]*Version, 0, len(c.byCode))
	for _, vs := range c.byCode {
		out = append(out, vs[len(vs)-1])
	}
	slices.SortFunc(out, func(a, b *Version) int {
		switch {
		case a.Code < b.Code:
			return -1
		case a.Code > b.Code:
			return 1
		}
		return 0
	})
	return out
}
