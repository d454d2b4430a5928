package dossier

import (
	"cmp"
	"context"
	"slices"

	"cchc/base/db"
	"cchc/base/moment"
	"cchc/unit"
)

// What lay under a unit on any day, once, though it left and came back. unitsDuring has
// what ended with the first day too: of that nothing ended since.
var rateReach = db.SQL("dossier.rate.reach", `
	SELECT DISTINCT ancestor_id, unit_id
	FROM unit_reach
	WHERE (to_day IS NULL OR to_day > $1) AND from_day <= $2`)

// KeptDates counts what ended between two months, and how much of it in time, for every
// unit with those that were below it on any day from the first of the first month to the
// last one asked for (docs/adr/0005). It asks for no right: how bodies keep their dates is
// public, and counts name nobody.
func (k *Desk) KeptDates(ctx context.Context, q db.Queryer, from, to moment.Date) (map[unit.ID]Rate, error) {
	ended, err := k.endedRates(ctx, q, from.FirstOfMonth(), to.FirstOfMonth())
	if err != nil {
		return nil, err
	}
	own := map[unit.ID]Rate{}
	for id, procedures := range ended {
		x := own[id]
		for _, p := range procedures {
			x.Ended += p.Ended
			x.InTime += p.InTime
		}
		own[id] = x
	}
	out := map[unit.ID]Rate{}
	return out, db.Each(ctx, q, rateReach, func(r db.Scanner) error {
		var above, id unit.ID
		err := r.Scan(&above, &id)
		x := out[above]
		x.Ended += own[id].Ended
		x.InTime += own[id].InTime
		out[above] = x
		return err
	}, from.FirstOfMonth(), to)
}

// Common returns the codes of the procedures of which most dossiers ended between
// two months, the most frequent first, at most n. Public like KeptDates.
func (k *Desk) Common(ctx context.Context, q db.Queryer, from, to moment.Date, n int) ([]string, error) {
	ended, err := k.endedRates(ctx, q, from.FirstOfMonth(), to.FirstOfMonth())
	if err != nil {
		return nil, err
	}
	count := map[string]int64{}
	for _, procedures := range ended {
		for _, p := range procedures {
			count[p.Procedure] += p.Ended
		}
	}
	codes := make([]string, 0, len(count))
	for c, n := range count {
		if n > 0 {
			codes = append(codes, c)
		}
	}
	slices.SortFunc(codes, func(a, b string) int { return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b)) })
	return codes[:min(n, len(codes))], nil
}
