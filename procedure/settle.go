package procedure

import (
	"context"
	"slices"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/fault"
)

// A Settlement is what a person read in the law where the source could not be
// understood.
type Settlement struct {
	Limits []Limit // their Basis is that of the settlement when empty
	Basis  string  // the provision: "Điều 18 Luật Hộ tịch"
}

// Settle sets the limits of a version that has none, and with that settles what
// kept it from being received against; or, in a version that is settled, the
// limits of area classes where only those are open. Anything else that changes a
// limit is a new version: promises were made on this one.
//
// The limits of a version that had no limit must say what holds in an ordinary
// area. Faults: procedure.unknown, procedure.settled_already, and
// procedure.invalid with the fields.
func (r *Registry) Settle(ctx context.Context, a actor.Actor, version string, s Settlement) error {
	return r.change(ctx, a, func(tx *db.Tx, c *catalogue) error {
		v := c.byID[version]
		if v == nil {
			return fault.New(fault.NotFound, "procedure.unknown", "Version", version)
		}
		limits, err := s.check(v)
		if err != nil {
			return err
		}
		areaOnly := v.Settled
		var b batch
		b.addLimits(v.ID, limits)
		if err := b.insert(ctx, tx); err != nil {
			return err
		}
		for _, p := range v.Problems {
			if p.Field != "limit" || areaOnly && p.Blocks != BlocksArea {
				continue
			}
			if p.Blocks == BlocksArea && !slices.ContainsFunc(limits, func(l Limit) bool { return l.Area != "" }) {
				continue
			}
			if _, err := tx.Exec(ctx, settle, tx.Now, a.Account, s.Basis, p.ID); err != nil {
				return err
			}
		}
		return record(ctx, tx, a, "procedure.settle", v.ID, s.Basis,
			[]audit.Change{{Field: "limit", From: describe(v.Limits), To: describe(append(slices.Clone(v.Limits), limits...))}})
	})
}

func (s Settlement) check(v *Version) ([]Limit, error) {
	f := fault.New(fault.Invalid, "procedure.invalid", "Code", v.Code)
	if strings.TrimSpace(s.Basis) == "" {
		f.With("basis", "procedure.basis_missing")
	}
	if len(s.Limits) == 0 {
		f.With("limit", "procedure.limit_needed")
	}
	limits := slices.Clone(s.Limits)
	for i := range limits {
		if limits[i].Basis == "" {
			limits[i].Basis = s.Basis
		}
	}
	checkLimits(f, limits)
	area := slices.ContainsFunc(v.Problems, func(p Problem) bool { return p.Blocks == BlocksArea })
	ordinary := slices.ContainsFunc(limits, func(l Limit) bool { return l.Area == "" })
	switch {
	case v.Settled && (!area || ordinary):
		return nil, fault.New(fault.Conflict, "procedure.settled_already", "Code", v.Code)
	case !v.Settled && v.deleted():
		return nil, fault.New(fault.Conflict, "procedure.deleted", "Code", v.Code)
	case !v.Settled && len(s.Limits) > 0 && !ordinary:
		f.With("area_class", "procedure.limit_ordinary")
	}
	return limits, f.Or()
}

// checkLimits looks at each limit and for two of the same case, channel and area.
func checkLimits(f *fault.Fault, limits []Limit) {
	for i, l := range limits {
		if err := l.Validate(); err != nil {
			f.With("limit", "procedure.limit_bad", "Limit", text(l.Limit))
		}
		if l.Channel != "" && !slices.Contains(Channels, l.Channel) {
			f.With("channel", "procedure.channel_unknown", "Channel", string(l.Channel))
		}
		for _, o := range limits[:i] {
			if o.Case == l.Case && o.Channel == l.Channel && o.Area == l.Area {
				f.With("limit", "procedure.limit_twice", "Limit", text(l.Limit))
			}
		}
	}
}

// Dismiss settles a problem that blocks nothing, with the reason why it is none
// or what was done. What blocks is settled by Settle, fees by SetFees.
func (r *Registry) Dismiss(ctx context.Context, a actor.Actor, problem, reason string) error {
	return r.change(ctx, a, func(tx *db.Tx, c *catalogue) error {
		var found *Problem
		for _, v := range c.byID {
			for i := range v.Problems {
				if v.Problems[i].ID == problem {
					found = &v.Problems[i]
				}
			}
		}
		switch {
		case found == nil:
			return fault.New(fault.NotFound, "procedure.problem_unknown")
		case found.Blocks != "":
			return fault.New(fault.Conflict, "procedure.problem_blocks")
		case strings.TrimSpace(reason) == "":
			return fault.New(fault.Invalid, "procedure.invalid", "Code", c.byID[found.Version].Code).With("reason", "procedure.reason_missing")
		}
		if _, err := tx.Exec(ctx, settle, tx.Now, a.Account, reason, problem); err != nil {
			return err
		}
		return record(ctx, tx, a, "procedure.dismiss", found.Version, reason,
			[]audit.Change{{Field: found.Field, From: found.Reason}})
	})
}
