package serviceindex

import (
	"context"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/points"
	"cchc/unit"
)

// A UnitTrend is the months of a unit, the oldest first.
type UnitTrend struct {
	Unit   unit.Unit
	Months []MonthPoint
}

// A MonthPoint is a month of a unit's index as it was reported when the month had
// ended; the running month is as of now.
type MonthPoint struct {
	Known  bool // false: nobody kept the month, or the unit had no dossier in it
	Points points.Points
	OnTime points.Ratio // resolved in time, of those resolved
	Set    string

	Restated bool // what is known now gives other points
	Later    points.Points
}

// Trends returns the last n months of a unit, first, and of the units right below
// it: as they were reported, the running month as of now. The recount latest of
// the months that have ended are counted again from the facts, which takes its
// time in a large province; those that give other points now are marked.
func (x *Index) Trends(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID, n, recount int) ([]Period, []UnitTrend, error) {
	today := x.DB.Now().Date()
	self, _, err := x.begin(ctx, q, a, u, PeriodOn(Month, today))
	if err != nil {
		return nil, nil, err
	}
	tree, err := x.Units.On(ctx, q, today)
	if err != nil {
		return nil, nil, err
	}
	units := []unit.Unit{self}
	for _, id := range tree.Children(u) {
		if c, ok := tree.Unit(id); ok {
			units = append(units, c)
		}
	}
	out := make([]UnitTrend, len(units))
	for i := range units {
		out[i].Unit = units[i]
	}
	var periods []Period
	for back := n - 1; back >= 0; back-- {
		p := PeriodOn(Month, today.FirstOfMonth().AddMonths(-back))
		periods = append(periods, p)
		kept, err := x.closed(ctx, q, p)
		if err != nil {
			return nil, nil, err
		}
		var known *ledger
		set, ok := x.Sets.On(today)
		switch {
		case kept != nil && back <= recount:
			known, err = x.open(ctx, q, kept.set, p)
		case kept == nil && ok && p.Running(today):
			kept, err = x.open(ctx, q, set, p)
		}
		if err != nil {
			return nil, nil, err
		}
		then, err := x.tallies(ctx, q, kept, u)
		if err != nil {
			return nil, nil, err
		}
		now, err := x.tallies(ctx, q, known, u)
		if err != nil {
			return nil, nil, err
		}
		for i := range out {
			out[i].Months = append(out[i].Months, month(kept, then[out[i].Unit.ID], known, now[out[i].Unit.ID]))
		}
	}
	return periods, out, nil
}

// tallies are the sums of a unit and of those right below it.
func (x *Index) tallies(ctx context.Context, q db.Queryer, l *ledger, u unit.ID) (map[unit.ID]Tally, error) {
	if l == nil {
		return nil, nil
	}
	out, err := l.reach(ctx, q, reachOfChildren, u)
	if err != nil {
		return nil, err
	}
	self, err := l.reach(ctx, q, reachOf, u)
	if err != nil {
		return nil, err
	}
	out[u] = self[u]
	return out, nil
}

func month(l *ledger, t Tally, known *ledger, now Tally) MonthPoint {
	if l == nil {
		return MonthPoint{}
	}
	s := l.set.Score(t)
	m := MonthPoint{Known: s.Dossiers > 0, Points: s.Points, OnTime: onTime(s), Set: l.set.ID}
	if known != nil {
		m.Later = known.set.Score(now).Points
		m.Restated = m.Known && m.Later != m.Points
	}
	return m
}

// onTime is the ratio of the metric that counts what was resolved in time.
func onTime(s Score) points.Ratio {
	for _, g := range s.Groups {
		for _, m := range g.Metrics {
			if m.Metric.Numerator == TimedOK && m.Metric.Scored() {
				return m.Value.Ratio
			}
		}
	}
	return points.Ratio{}
}
