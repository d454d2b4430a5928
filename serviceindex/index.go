package serviceindex

import (
	"context"
	"slices"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/setting"
	"cchc/unit"
)

// An Index computes points from the facts of other rooms. DB, Units, Sets,
// Source and Catalogue are needed.
type Index struct {
	DB        *db.DB
	Guard     auth.Guard
	Units     *unit.Book
	Sets      Sets
	Source    Source
	Catalogue Catalogue
	Settings  *setting.Book // nil: what is usual

	// Publish takes part in the write by which a unit's index moves, to tell whoever
	// watches once it is committed; nil tells nobody.
	Publish func(ctx context.Context, tx *db.Tx, u unit.ID)

	held held
}

// A Report is the index of a unit for a period.
type Report struct {
	Set      *Set
	Period   Period
	AsOf     moment.Instant
	Standing                     // the unit itself, among those beside it
	Children []Standing          // the units right below it, ranked by level
	Reported *Reported           // what was reported when the period had ended, if it was
	BelowOf  map[unit.ID]unit.ID // the child under which each unit below lay in the period
}

// Reported is a total that was reported.
type Reported struct {
	At     moment.Instant
	Set    string
	Points points.Points
}

// Restated reports whether the total is no longer what was reported.
func (r *Report) Restated() bool {
	return r.Reported != nil && r.Reported.Set == r.Set.ID && r.Reported.Points != r.Score.Points
}

// Of returns the index of a unit: for a commune (xã) from its own dossiers, for a
// province or any other subtree from the sums of numerators and denominators of
// all that lay under it in the period. The units below are ranked, and compared
// with the period before. Errors: fault.Forbidden, fault.NotFound for a unit that
// never was, fault.Invalid for a period that has not begun or has no formulas.
func (x *Index) Of(ctx context.Context, a actor.Actor, u unit.ID, p Period) (*Report, error) {
	var out *Report
	err := x.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		out, err = x.OfIn(ctx, q, a, u, p)
		return err
	})
	return out, err
}

// OfIn is Of within a snapshot of the caller's, who reads more of the same moment.
func (x *Index) OfIn(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID, p Period) (*Report, error) {
	self, set, err := x.begin(ctx, q, a, u, p)
	if err != nil {
		return nil, err
	}
	l, err := x.open(ctx, q, set, p)
	if err != nil {
		return nil, err
	}
	asOf := p.AsOf(x.DB.Now())
	out := &Report{Set: set, Period: p, AsOf: asOf, BelowOf: map[unit.ID]unit.ID{}}
	before, why, err := x.before(ctx, q, set, p.Before())
	if err != nil {
		return nil, err
	}
	if out.Children, err = x.ranked(ctx, q, l, before, why, u, asOf.Date()); err != nil {
		return nil, err
	}
	beside, err := x.ranked(ctx, q, l, before, why, self.Parent, asOf.Date())
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(beside, func(s Standing) bool { return s.Unit.ID == u })
	if at >= 0 {
		out.Standing = beside[at]
	} else {
		// Not in force at the end of the period: alone, with what it had.
		sums, err := l.reach(ctx, q, reachOf, u)
		if err != nil {
			return nil, err
		}
		out.Standing = Standing{Unit: self, Score: set.Score(sums[u]), Delta: Delta{Before: p.Before(), Why: Silence}}
	}
	below, err := x.under(ctx, q, reachOfChildren, u, p)
	for _, l := range below {
		out.BelowOf[l.below] = l.ancestor
	}
	if err != nil || p.Running(x.DB.Now().Date()) {
		return out, err
	}
	out.Reported, err = x.reported(ctx, q, p, u)
	return out, err
}

// begin checks the right, the unit and the period.
func (x *Index) begin(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID, p Period) (unit.Unit, *Set, error) {
	if err := x.Guard.Check(ctx, q, a, auth.IndexRead, u); err != nil {
		return unit.Unit{}, nil, err
	}
	set, err := x.setOf(p)
	if err != nil {
		return unit.Unit{}, nil, err
	}
	tree, err := x.Units.On(ctx, q, p.AsOf(x.DB.Now()).Date())
	if err != nil {
		return unit.Unit{}, nil, err
	}
	self, ok := tree.Unit(u)
	if !ok {
		if self, ok, err = x.Units.Last(ctx, q, u); err != nil {
			return unit.Unit{}, nil, err
		}
	}
	if !ok {
		return unit.Unit{}, nil, fault.New(fault.NotFound, "serviceindex.unit_unknown")
	}
	return self, set, nil
}

// setOf returns the formulas in force at the end of a period that has begun.
func (x *Index) setOf(p Period) (*Set, error) {
	today := x.DB.Now().Date()
	if p.From > today {
		return nil, fault.New(fault.Invalid, "serviceindex.period_future", "From", p.From)
	}
	set, ok := x.Sets.On(min(p.To, today))
	if !ok {
		return nil, fault.New(fault.Invalid, "serviceindex.no_set", "Day", min(p.To, today))
	}
	return set, nil
}

// before returns the ledger of the period that another is compared with: as it
// was reported or, when it never was, as it is known now. It is nil, and why says
// so, when the two cannot be compared.
func (x *Index) before(ctx context.Context, q db.Queryer, set *Set, p Period) (*ledger, Why, error) {
	l, err := x.closed(ctx, q, p)
	if err != nil || l != nil {
		if l != nil && l.set.ID != set.ID {
			return nil, Version, err
		}
		return l, Same, err
	}
	then, err := x.setOf(p)
	if f := fault.As(err); f != nil {
		return nil, NoBefore, nil
	}
	if err != nil {
		return nil, Same, err
	}
	if then.ID != set.ID {
		return nil, Version, nil
	}
	l, err = x.open(ctx, q, then, p)
	return l, Same, err
}

// ranked returns the units right below a parent as of a day, scored, ranked and
// compared; before may be nil.
func (x *Index) ranked(ctx context.Context, q db.Queryer, l, before *ledger, why Why, parent unit.ID, on moment.Date) ([]Standing, error) {
	now, err := x.standings(ctx, q, l, parent, on)
	if err != nil {
		return nil, err
	}
	var then []Standing
	p := l.period.Before()
	if before != nil {
		if then, err = x.standings(ctx, q, before, parent, p.To); err != nil {
			return nil, err
		}
	}
	formed := map[unit.ID]moment.Date{}
	for _, s := range now {
		versions, err := x.Units.Versions(ctx, q, s.Unit.ID)
		if err != nil {
			return nil, err
		}
		if len(versions) > 0 {
			formed[s.Unit.ID] = versions[0].From
		}
	}
	compare(now, then, p, why, func(id unit.ID) moment.Date { return formed[id] })
	return now, nil
}

func (x *Index) standings(ctx context.Context, q db.Queryer, l *ledger, parent unit.ID, on moment.Date) ([]Standing, error) {
	tree, err := x.Units.On(ctx, q, on)
	if err != nil {
		return nil, err
	}
	var sums map[unit.ID]Tally
	if parent != "" {
		if sums, err = l.reach(ctx, q, reachOfChildren, parent); err != nil {
			return nil, err
		}
	} else {
		sums = map[unit.ID]Tally{}
		for _, id := range tree.Roots() {
			one, err := l.reach(ctx, q, reachOf, id)
			if err != nil {
				return nil, err
			}
			sums[id] = one[id]
		}
	}
	var out []Standing
	for _, id := range tree.Children(parent) {
		u, _ := tree.Unit(id)
		out = append(out, Standing{Unit: u, Score: l.set.Score(sums[id])})
	}
	rank(out)
	return out, nil
}
