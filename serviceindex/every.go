package serviceindex

import (
	"context"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/unit"
)

// Every is the index of all units for a period at once.
type Every struct {
	Set    *Set
	Scores map[unit.ID]Score  // of each unit with all that lay under it; those with nothing to score are left out
	Own    map[unit.ID]Counts // each unit's own counts, without what lies below it; not to be changed
}

var reachOfAll = db.SQL("serviceindex.reach.all", `
	SELECT DISTINCT ancestor_id, unit_id
	FROM unit_reach
	WHERE (to_day IS NULL OR to_day > $1) AND from_day <= $2`)

// EveryIn returns the index of every unit at any level for a period, as it is known
// now or was at p.Known. It needs IndexRead for all units. Errors: as Of.
func (x *Index) EveryIn(ctx context.Context, q db.Queryer, a actor.Actor, p Period) (*Every, error) {
	if err := x.Guard.Check(ctx, q, a, auth.IndexRead, ""); err != nil {
		return nil, err
	}
	set, err := x.setOf(p)
	if err != nil {
		return nil, err
	}
	l, err := x.open(ctx, q, set, p)
	if err != nil {
		return nil, err
	}
	sums := map[unit.ID]Tally{}
	err = db.Each(ctx, q, reachOfAll, func(r db.Scanner) error {
		var ancestor, below unit.ID
		if err := r.Scan(&ancestor, &below); err != nil {
			return err
		}
		if own, ok := l.own[below]; ok {
			t := sums[ancestor]
			t.add(own)
			sums[ancestor] = t
		}
		return nil
	}, p.From, p.To)
	if err != nil {
		return nil, err
	}
	out := &Every{Set: set, Scores: map[unit.ID]Score{}, Own: l.counts}
	for u, t := range sums {
		if t.Dossiers > 0 {
			out.Scores[u] = set.Score(t)
		}
	}
	return out, nil
}

// OnlineServices returns the procedures within the authority of a unit and what lay
// under it that can be filed online: those with an online dossier in the period, and
// the others. They are as many as Every.Own says: ProceduresOnline, and
// AuthorityOnline less these. Errors: as Of.
func (x *Index) OnlineServices(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID, p Period) (with, without []UnitProcedure, err error) {
	self, set, err := x.begin(ctx, q, a, u, p)
	if err != nil {
		return nil, nil, err
	}
	l, err := x.open(ctx, q, set, p)
	if err != nil {
		return nil, nil, err
	}
	within, err := x.within(ctx, q, &Report{Standing: Standing{Unit: self}, Period: p})
	if err != nil {
		return nil, nil, err
	}
	b := behind{x: x, ctx: ctx, q: q, l: l, u: u, within: within}
	some, err := b.measure(ProceduresOnline)
	if err != nil {
		return nil, nil, err
	}
	rest, err := b.without(AuthorityOnline, ProceduresOnline)
	return some.Procedures, rest.Procedures, err
}
