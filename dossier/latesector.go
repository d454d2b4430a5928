package dossier

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/unit"
)

// A SectorLate counts what a sector has late, or will have.
type SectorLate struct {
	Sector    string
	Overdue   int64
	NoApology int64 // of these: nobody apologised
	Soon      int64 // due by the day asked about, and not overdue
}

// Count is the number of one of the buckets that the type counts.
func (x SectorLate) Count(b Bucket) int64 {
	switch b {
	case BucketOverdue:
		return x.Overdue
	case BucketNoApology:
		return x.NoApology
	case BucketSoon:
		return x.Soon
	}
	return 0
}

// LateBySector counts by sector what a unit and its subtree have overdue and due
// by a moment, the most overdue first.
func (k *Desk) LateBySector(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID, until moment.Instant) ([]SectorLate, error) {
	if err := k.Guard.Check(ctx, q, a, auth.DossierRead, u); err != nil {
		return nil, err
	}
	late, err := perUnitOpen(ctx, q, k, fmt.Sprintf("late by sector %s", until), func(list map[string]openDossier, now moment.Instant) map[string]*SectorLate {
		sectors := map[string]*SectorLate{}
		for _, d := range list {
			over, soon := d.overdue(now), d.dueBy(until)
			if d.accepted == 0 || !over && !soon {
				continue
			}
			x := at(sectors, d.sector)
			x.Sector = d.sector
			switch {
			case !over:
				x.Soon++
			case !d.apologised:
				x.NoApology++
				fallthrough
			default:
				x.Overdue++
			}
		}
		return sectors
	})
	if err != nil {
		return nil, err
	}
	units, err := k.reachNow(ctx, q, u)
	if err != nil {
		return nil, err
	}
	sums := map[string]*SectorLate{}
	for _, id := range units {
		for _, x := range late[id] {
			sum := at(sums, x.Sector)
			sum.Sector = x.Sector
			sum.Overdue += x.Overdue
			sum.NoApology += x.NoApology
			sum.Soon += x.Soon
		}
	}
	var out []SectorLate
	for _, x := range sums {
		out = append(out, *x)
	}
	slices.SortFunc(out, func(a, b SectorLate) int {
		return cmp.Or(cmp.Compare(b.Overdue, a.Overdue), cmp.Compare(a.Sector, b.Sector))
	})
	return out, nil
}
