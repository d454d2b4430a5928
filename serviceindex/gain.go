package serviceindex

import (
	"cmp"
	"context"
	"math/big"
	"slices"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/unit"
)

// An Effect is what the next thing to happen would do to a metric, exact to four
// decimals; the zero Effect when there is nothing to move.
type Effect struct {
	Good points.Points // the next dossier, petition … that counts: (n+1)/(d+1)
	Bad  points.Points // the next one that does not: n/(d+1); 0 or below
	Mend points.Points // one of those counted now is put right: (n+1)/d
}

// Effect returns what one more would do. Out of a fixed number, as the procedures
// of the catalogue, nothing is added: only Mend is given.
func (m *Metric) Effect(v Value) Effect {
	if !m.Scored() {
		return Effect{}
	}
	var e Effect
	if !v.Known {
		v.Ratio = points.Ratio{}
	}
	if measures[m.Denominator] != fromCatalogue {
		e.Good, e.Bad = m.step(v, 1, 1), m.step(v, 0, 1)
	}
	if v.Num < v.Den {
		e.Mend = m.step(v, 1, 0)
	}
	return e
}

// step returns the points that a metric would win by n more in its numerator and
// d more in its denominator.
func (m *Metric) step(v Value, n, d int64) points.Points {
	now, _ := m.Exact(v)
	then, _ := m.Exact(Value{points.Ratio{Num: max(0, v.Num+n), Den: v.Den + d}, true})
	if now == nil {
		now = new(big.Rat)
	}
	if then == nil {
		then = new(big.Rat)
	}
	return points.Round(then.Sub(then, now), 4)
}

// A Gain is what the open dossiers due soonest can do to a metric of a unit.
type Gain struct {
	Unit    unit.ID
	Metric  *Metric
	Sector  string // the sector with the most of them; "" when they are of all sorts
	Count   int64  // dossiers concerned
	Win     points.Points
	Lose    points.Points // what is at risk, above 0
	Sectors []SectorCount
}

// A SectorCount is the dossiers of a sector, the most first.
type SectorCount struct {
	Sector string
	Count  int64
}

// Moves is what would move an index.
type Moves struct {
	By       moment.Instant // the dossiers due by then
	Own      []Gain         // of the unit itself, the largest difference (Win + Lose) first
	Children []Gain         // of the units right below, likewise
	Soonest  []Dossier      // due first, of the unit and what is below it
}

// Soon is how many days ahead Moves looks, today included.
const Soon = 7

// Moves returns what the dossiers that are due soonest would do to a running
// report; there is nothing to move in a period that has ended.
func (x *Index) Moves(ctx context.Context, q db.Queryer, r *Report, soonest int) (Moves, error) {
	now := x.DB.Now()
	m := Moves{By: now.Date().AddDays(Soon - 1).End()}
	if !r.Period.Running(now.Date()) {
		return m, nil
	}
	groups, err := x.Source.DueBy(ctx, q, r.Period, m.By)
	if err != nil {
		return m, err
	}
	within, err := x.within(ctx, q, r)
	if err != nil {
		return m, err
	}
	var own []DueGroup
	byChild := map[unit.ID][]DueGroup{}
	for _, g := range groups {
		if within[g.Unit] {
			own = append(own, g)
		}
		if child := r.BelowOf[g.Unit]; child != "" {
			byChild[child] = append(byChild[child], g)
		}
	}
	m.Own = gains(r.Unit.ID, r.Score, own)
	for _, c := range r.Children {
		m.Children = append(m.Children, gains(c.Unit.ID, c.Score, byChild[c.Unit.ID])...)
	}
	order(m.Children)
	m.Soonest, err = x.Source.DueSoonest(ctx, q, r.Unit.ID, soonest)
	return m, err
}

func (x *Index) within(ctx context.Context, q db.Queryer, r *Report) (map[unit.ID]bool, error) {
	out := map[unit.ID]bool{}
	err := db.Each(ctx, q, reachOf, func(row db.Scanner) error {
		var u, below actor.UnitID
		err := row.Scan(&u, &below)
		out[below] = true
		return err
	}, string(r.Unit.ID), r.Period.From, r.Period.To)
	return out, err
}

// gains computes what dossiers due soon can win and lose for each metric of
// dossiers. A dossier on time adds to both numbers of the progress metric, a late
// one only to the denominator. A mark that an open dossier still lacks adds to the
// numerator alone, because what was received is counted already. Being late makes
// displeased whom nothing displeased yet.
func gains(u unit.ID, s Score, groups []DueGroup) []Gain {
	var out []Gain
	for _, gs := range s.Groups {
		for _, ms := range gs.Metrics {
			m := ms.Metric
			if !m.Scored() || m.Entered {
				continue
			}
			g := Gain{Unit: u, Metric: m}
			switch {
			case m.Numerator == TimedOK && m.Denominator == Timed:
				g.pick(groups, func(DueGroup) bool { return true })
				g.Win, g.Lose = m.step(ms.Value, g.Count, g.Count), -m.step(ms.Value, 0, g.Count)
			case m.Less == Displeased && m.Denominator == Received:
				g.pick(groups, func(d DueGroup) bool { return d.Received && !slices.Contains(d.Has, Displeased) })
				g.Lose = -m.step(ms.Value, -g.Count, 0)
			case slices.Contains(mendable, m.Numerator):
				g.pick(groups, func(d DueGroup) bool {
					return d.Received && !slices.Contains(d.Has, m.Numerator) && (m.Denominator == Received || slices.Contains(d.Has, m.Denominator))
				})
				g.Win = m.step(ms.Value, g.Count, 0)
			}
			if g.Count > 0 && (g.Win > 0 || g.Lose > 0) {
				out = append(out, g)
			}
		}
	}
	order(out)
	return out
}

// mendable are the measures in which a dossier can still come to count before it
// ends; the channel, for one, is settled when it arrives.
var mendable = []Measure{EResult, Digitised, Reused, Population, Synced, PaidOnline}

// pick counts the dossiers that ok chooses, by sector.
func (g *Gain) pick(groups []DueGroup, ok func(DueGroup) bool) {
	sectors := map[string]int64{}
	for _, d := range groups {
		if ok(d) {
			g.Count += d.Count
			sectors[d.Sector] += d.Count
		}
	}
	for s, n := range sectors {
		g.Sectors = append(g.Sectors, SectorCount{s, n})
	}
	slices.SortFunc(g.Sectors, func(a, b SectorCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Sector, b.Sector))
	})
	// Named when it is most of them.
	if len(g.Sectors) > 0 && g.Sectors[0].Count*2 > g.Count {
		g.Sector = g.Sectors[0].Sector
	}
}

// order puts first what it matters most to do: the difference between having done
// it and not.
func order(g []Gain) {
	slices.SortStableFunc(g, func(a, b Gain) int {
		return cmp.Or(cmp.Compare(b.Win+b.Lose, a.Win+a.Lose), cmp.Compare(b.Win, a.Win))
	})
}
