package dossier

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/unit"
)

// Overview counts what a unit and its subtree have to do now.
type Overview struct {
	Open, New, Overdue, NoApology, Soon, Waiting, Uncollected int64
}

var (
	overviewUncollected = db.Lines("dossier.overview.uncollected", `
		SELECT unit_id, COUNT(*)
		FROM dossier
		WHERE ended_at IS NOT NULL AND returned_at IS NULL
		AND unit_id = :one       --[one]
		GROUP BY unit_id`)
	overviewUnits = db.SQL("dossier.overview.units", strings.NewReplacer(":unit", "$1", ":today", "$2").Replace(reach))
)

// Overview counts a unit's open dossiers by what they need; soon is due by until.
func (k *Desk) Overview(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID, until moment.Instant) (Overview, error) {
	var sum Overview
	if err := k.Guard.Check(ctx, q, a, auth.DossierRead, u); err != nil {
		return sum, err
	}
	underWay, err := k.underWay(ctx, q, until)
	if err != nil {
		return sum, err
	}
	uncollected, err := k.uncollectedNow(ctx, q)
	if err != nil {
		return sum, err
	}
	units, err := k.reachNow(ctx, q, u)
	for _, id := range units {
		o := underWay[id]
		sum.Open += o.Open
		sum.New += o.New
		sum.Overdue += o.Overdue
		sum.NoApology += o.NoApology
		sum.Soon += o.Soon
		sum.Waiting += o.Waiting
		sum.Uncollected += uncollected[id]
	}
	return sum, err
}

// reachNow are the units that lists of a unit are of: it, what is below it now, and
// what was when it was dissolved.
func (k *Desk) reachNow(ctx context.Context, q db.Queryer, u unit.ID) ([]unit.ID, error) {
	units, err := db.Column[unit.ID](ctx, q, overviewUnits, string(u), k.DB.Now().Date())
	slices.Sort(units)
	return slices.Compact(units), err // a unit can have come back under another
}

// underWay counts what every unit has under way by what it needs.
func (k *Desk) underWay(ctx context.Context, q db.Queryer, until moment.Instant) (map[unit.ID]Overview, error) {
	return perUnitOpen(ctx, q, k, fmt.Sprintf("overview %s", until), func(list map[string]openDossier, now moment.Instant) (o Overview) {
		for _, d := range list {
			if d.accepted == 0 {
				o.New++
				continue
			}
			o.Open++
			switch {
			case d.overdue(now):
				o.Overdue++
				if !d.apologised {
					o.NoApology++
				}
			case d.dueBy(until):
				o.Soon++
			}
			if d.waiting {
				o.Waiting++
			}
		}
		return o
	})
}

// uncollectedNow counts the results that lie ready in every unit.
func (k *Desk) uncollectedNow(ctx context.Context, q db.Queryer) (map[unit.ID]int64, error) {
	return perUnit(ctx, q, k, "uncollected", false, func(q db.Queryer, u unit.ID) (map[unit.ID]int64, error) {
		out := map[unit.ID]int64{}
		stmt, params := overviewUncollected.With(oneUnit(u, db.Args{}))
		return out, db.Each(ctx, q, stmt, func(r db.Scanner) error {
			var id unit.ID
			var n int64
			err := r.Scan(&id, &n)
			out[id] = n
			return err
		}, params...)
	})
}
