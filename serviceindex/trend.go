package serviceindex

import (
	"context"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/points"
	"cchc/unit"
)

// A TrendPoint is a month of a unit's index.
type TrendPoint struct {
	Period Period
	Known  bool // false: the month was not kept, or the unit had no dossier in it
	Points points.Points
	Groups []points.Points // in the order of the set's groups
	Set    string
	Now    bool // the month runs
}

// Trend returns the last n months of a unit, the oldest first: as they were
// reported, and the running one as of now. A month that nobody kept is not known:
// counting a year again is not for a page.
func (x *Index) Trend(ctx context.Context, a actor.Actor, u unit.ID, n int) ([]TrendPoint, error) {
	var out []TrendPoint
	err := x.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		out = nil
		today := x.DB.Now().Date()
		if _, _, err := x.begin(ctx, q, a, u, PeriodOn(Month, today)); err != nil {
			return err
		}
		for back := n - 1; back >= 0; back-- {
			p := PeriodOn(Month, today.FirstOfMonth().AddMonths(-back))
			t := TrendPoint{Period: p, Now: p.Running(today)}
			l, err := x.closed(ctx, q, p)
			if err != nil {
				return err
			}
			if set, ok := x.Sets.On(today); ok && t.Now {
				if l, err = x.open(ctx, q, set, p); err != nil {
					return err
				}
			}
			if l != nil {
				sums, err := l.reach(ctx, q, reachOf, u)
				if err != nil {
					return err
				}
				s := l.set.Score(sums[u])
				t.Known, t.Points, t.Set = s.Dossiers > 0, s.Points, l.set.ID
				for _, g := range s.Groups {
					t.Groups = append(t.Groups, g.Points)
				}
			}
			out = append(out, t)
		}
		return nil
	})
	return out, err
}
