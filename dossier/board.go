package dossier

import (
	"context"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/unit"
)

// A Rate is how many dossiers of a procedure ended in a span of months, how many
// of them in time, and how many are overdue now.
type Rate struct {
	Procedure string
	Ended     int64
	InTime    int64
	Overdue   int64
}

var (
	rateEnded = db.SQL("dossier.rate.ended", `
		SELECT procedure_code, CAST(SUM(ended) AS BIGINT), CAST(SUM(ended_in_time) AS BIGINT)
		FROM tally_procedure
		WHERE month >= $1 AND month <= $2
		AND unit_id IN (SELECT r.unit_id FROM unit_reach r WHERE r.ancestor_id = $3)
		GROUP BY procedure_code`)
	overdueNow = db.SQL("dossier.overdue.now", `
		SELECT unit_id, procedure_code, COUNT(*)
		FROM dossier
		WHERE ended_at IS NULL AND accepted_at IS NOT NULL AND due_at < $1
		AND ((waiting = '' AND (by_instant OR due_day < $2)) OR (waiting <> '' AND waiting_late))
		GROUP BY unit_id, procedure_code`)
	overdueNoDue = db.SQL("dossier.overdue.no_due", `
		SELECT unit_id, procedure_code, COUNT(*)
		FROM dossier
		WHERE ended_at IS NULL AND accepted_at IS NOT NULL AND due_at IS NULL AND (waiting = '' OR waiting_late)
		GROUP BY unit_id, procedure_code`)
)

// OverdueNow counts the open dossiers of every unit, itself alone, that are
// overdue now, by procedure.
func (k *Desk) OverdueNow(ctx context.Context, q db.Queryer) (map[unit.ID]map[string]int64, error) {
	now := k.DB.Now()
	out := map[unit.ID]map[string]int64{}
	add := func(r db.Scanner) error {
		var u unit.ID
		var procedure string
		var n int64
		if err := r.Scan(&u, &procedure, &n); err != nil {
			return err
		}
		if out[u] == nil {
			out[u] = map[string]int64{}
		}
		out[u][procedure] += n
		return nil
	}
	if err := db.Each(ctx, q, overdueNow, add, now, now.Date()); err != nil {
		return nil, err
	}
	return out, db.Each(ctx, q, overdueNoDue, add)
}

// Rates counts by procedure what ended between two months in a unit and what is
// or was below it, and what is overdue there now.
func (k *Desk) Rates(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID, from, to moment.Date) (map[string]*Rate, error) {
	if err := k.Guard.Check(ctx, q, a, auth.BoardRead, u); err != nil {
		return nil, err
	}
	out := map[string]*Rate{}
	err := db.Each(ctx, q, rateEnded, func(r db.Scanner) error {
		var x Rate
		err := r.Scan(&x.Procedure, &x.Ended, &x.InTime)
		out[x.Procedure] = &x
		return err
	}, from.FirstOfMonth(), to.FirstOfMonth(), string(u))
	if err != nil {
		return nil, err
	}
	extent, err := k.Units.Extent(ctx, q, u)
	if err != nil {
		return nil, err
	}
	overdue, err := k.OverdueNow(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, id := range extent {
		for procedure, n := range overdue[id] {
			x := at(out, procedure)
			x.Procedure = procedure
			x.Overdue += n
		}
	}
	return out, nil
}
