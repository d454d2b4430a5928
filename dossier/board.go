package dossier

import (
	"context"
	"fmt"

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
	rateEnded = db.Lines("dossier.rate.ended", `
		SELECT unit_id, procedure_code, CAST(SUM(ended) AS BIGINT), CAST(SUM(ended_in_time) AS BIGINT)
		FROM tally_procedure
		WHERE month >= :from AND month <= :to
		AND unit_id = :one       --[one]
		GROUP BY unit_id, procedure_code`)
	rateUnits  = db.SQL("dossier.rate.units", `SELECT DISTINCT x.unit_id FROM unit_reach x WHERE x.unit_id IN (`+reachOf("$1", "$2")+`)`)
	overdueNow = db.Lines("dossier.overdue.now", `
		SELECT unit_id, procedure_code, COUNT(*)
		FROM dossier
		WHERE ended_at IS NULL AND accepted_at IS NOT NULL AND due_at < :now
		AND ((waiting = '' AND (by_instant OR due_day < :today)) OR (waiting <> '' AND waiting_late))
		AND unit_id = :one       --[one]
		GROUP BY unit_id, procedure_code`)
	overdueNoDue = db.Lines("dossier.overdue.no_due", `
		SELECT unit_id, procedure_code, COUNT(*)
		FROM dossier
		WHERE ended_at IS NULL AND accepted_at IS NOT NULL AND due_at IS NULL AND (waiting = '' OR waiting_late)
		AND unit_id = :one       --[one]
		GROUP BY unit_id, procedure_code`)
)

// OverdueNow counts the open dossiers of every unit, itself alone, that are
// overdue now, by procedure.
func (k *Desk) OverdueNow(ctx context.Context, q db.Queryer) (map[unit.ID]map[string]int64, error) {
	return perUnit(ctx, q, k, "overdue by procedure", true, func(q db.Queryer, u unit.ID) (map[unit.ID]map[string]int64, error) {
		now := k.DB.Now()
		out := map[unit.ID]map[string]int64{}
		for _, x := range []struct {
			f    *db.Family
			args db.Args
		}{{overdueNow, db.Args{"now": now, "today": now.Date()}}, {overdueNoDue, db.Args{}}} {
			stmt, params := x.f.With(oneUnit(u, x.args))
			err := db.Each(ctx, q, stmt, func(r db.Scanner) error {
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
			}, params...)
			if err != nil {
				return nil, err
			}
		}
		return out, nil
	})
}

// endedRates reads what ended in a span of months, by procedure.
func (k *Desk) endedRates(ctx context.Context, q db.Queryer, first, last moment.Date) (map[unit.ID][]Rate, error) {
	return perUnit(ctx, q, k, fmt.Sprintf("rates %s %s", first, last), false, func(q db.Queryer, u unit.ID) (map[unit.ID][]Rate, error) {
		out := map[unit.ID][]Rate{}
		stmt, params := rateEnded.With(oneUnit(u, db.Args{"from": first, "to": last}))
		return out, db.Each(ctx, q, stmt, func(r db.Scanner) error {
			var u unit.ID
			var x Rate
			err := r.Scan(&u, &x.Procedure, &x.Ended, &x.InTime)
			out[u] = append(out[u], x)
			return err
		}, params...)
	})
}

// Rates counts by procedure what ended between two months in a unit and what was
// below it on the first day of them or since, and what is overdue there now.
func (k *Desk) Rates(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID, from, to moment.Date) (map[string]*Rate, error) {
	if err := k.Guard.Check(ctx, q, a, auth.BoardRead, u); err != nil {
		return nil, err
	}
	ever, err := db.Column[unit.ID](ctx, q, rateUnits, string(u), from.FirstOfMonth())
	if err != nil {
		return nil, err
	}
	ended, err := k.endedRates(ctx, q, from.FirstOfMonth(), to.FirstOfMonth())
	if err != nil {
		return nil, err
	}
	out := map[string]*Rate{}
	for _, id := range ever {
		for _, e := range ended[id] {
			x := at(out, e.Procedure)
			x.Procedure = e.Procedure
			x.Ended += e.Ended
			x.InTime += e.InTime
		}
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
