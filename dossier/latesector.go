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

var lateSectors = db.Lines("dossier.late.sectors", `
	SELECT unit_id, sector,
		COUNT(*) FILTER (WHERE `+isOverdue+`),
		COUNT(*) FILTER (WHERE apology_at IS NULL AND `+isOverdue+`),
		COUNT(*) FILTER (WHERE waiting = '' AND due_at <= :until AND (due_day >= :today AND NOT by_instant OR due_at >= :now))
	FROM dossier
	WHERE ended_at IS NULL AND accepted_at IS NOT NULL AND (due_at IS NULL OR due_at <= :until OR due_at < :now)
	AND unit_id = :one       --[one]
	GROUP BY unit_id, sector`)

// LateBySector counts by sector what a unit and its subtree have overdue and due
// by a moment, the most overdue first.
func (k *Desk) LateBySector(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID, until moment.Instant) ([]SectorLate, error) {
	if err := k.Guard.Check(ctx, q, a, auth.DossierRead, u); err != nil {
		return nil, err
	}
	late, err := perUnit(ctx, q, k, fmt.Sprintf("late by sector %s", until), true, func(u unit.ID) (map[unit.ID][]SectorLate, error) {
		now := k.DB.Now()
		out := map[unit.ID][]SectorLate{}
		stmt, params := lateSectors.With(oneUnit(u, db.Args{"now": now, "today": now.Date(), "until": until}))
		return out, db.Each(ctx, q, stmt, func(r db.Scanner) error {
			var id unit.ID
			var x SectorLate
			err := r.Scan(&id, &x.Sector, &x.Overdue, &x.NoApology, &x.Soon)
			out[id] = append(out[id], x)
			return err
		}, params...)
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
