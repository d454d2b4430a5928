package serviceindex

import (
	"context"
	"fmt"
	"maps"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/unit"
)

// A Tally is the numbers of a unit, by metric code; a metric that is not there
// has none known.
type Tally struct {
	Dossiers int64 // received in the period, or timed in it: 0 says that there is nothing to score
	Values   map[string]points.Ratio
}

// add sums another tally into t: how a parent is scored.
func (t *Tally) add(o Tally) {
	t.Dossiers += o.Dossiers
	if t.Values == nil {
		t.Values = make(map[string]points.Ratio, len(o.Values))
	}
	for code, v := range o.Values {
		t.Values[code] = t.Values[code].Add(v)
	}
}

// Value returns the numbers of a metric.
func (t Tally) Value(m *Metric) Value {
	v, ok := t.Values[m.Code]
	return Value{v, ok || !m.Entered}
}

// count turns a unit's counts into the numbers of every metric.
func (s *Set) count(c Counts) Tally {
	t := Tally{Dossiers: c[Received] + c[Timed], Values: map[string]points.Ratio{}}
	for _, m := range s.metrics {
		if m.Entered || !m.Scored() {
			continue
		}
		v := points.Ratio{Num: c.of(m.Numerator), Den: c.of(m.Denominator)}
		if m.Rule.Kind == Complement {
			v.Num = v.Den - c.of(m.Less)
		}
		if v != (points.Ratio{}) {
			t.Values[m.Code] = v
		}
	}
	return t
}

func (c Counts) of(m Measure) int64 {
	switch m {
	case Satisfied:
		return c[Received] - c[Displeased]
	case TimedLate:
		return c[Timed] - c[TimedOK]
	}
	return c[m]
}

// with returns the counts and those of a catalogue, which may be nil.
func (c Counts) with(catalogue Counts) Counts {
	if catalogue == nil {
		return c
	}
	out := maps.Clone(c)
	maps.Copy(out, catalogue)
	return out
}

// A ledger is every unit's own tally for a period.
type ledger struct {
	index  *Index
	set    *Set
	period Period
	own    map[actor.UnitID]Tally
	home   map[actor.UnitID]actor.UnitID // of each unit with dossiers: the territorial body that it belongs to
	bodies map[actor.UnitID]string       // these bodies, whose catalogue counts, with their level
	closed moment.Instant                // when it was kept; zero when it was computed

	counts map[actor.UnitID]Counts // what own was made of; nil when it was kept
}

// open reads the ledger of a period from the sources, as they know it now.
func (x *Index) open(ctx context.Context, q db.Queryer, set *Set, p Period) (*ledger, error) {
	counts, err := x.Source.Counts(ctx, q, p)
	if err != nil {
		return nil, fmt.Errorf("count dossiers of %s: %w", p, err)
	}
	l := &ledger{index: x, set: set, period: p, own: make(map[actor.UnitID]Tally, len(counts)), counts: make(map[actor.UnitID]Counts, len(counts))}
	on := p.AsOf(x.DB.Now()).Date()
	if err := x.homes(ctx, q, l, counts, on); err != nil {
		return nil, err
	}
	catalogues, err := x.authority(ctx, q, l, on)
	if err != nil {
		return nil, err
	}
	for u, c := range counts {
		// Not the source's own map, which it may keep.
		l.counts[u] = c.with(catalogues[l.bodies[u]])
		l.own[u] = set.count(l.counts[u])
	}
	for u, level := range l.bodies {
		if _, ok := counts[u]; !ok { // only its desks have dossiers
			l.counts[u] = catalogues[level]
			l.own[u] = set.count(l.counts[u])
		}
	}
	hand, err := x.entered(ctx, q, p)
	if err != nil {
		return nil, err
	}
	for u, values := range hand {
		t := l.own[u]
		for code, v := range values {
			if m, ok := set.Metric(code); ok && m.Entered {
				t.add(Tally{Values: map[string]points.Ratio{code: v}})
			}
		}
		l.own[u] = t
	}
	return l, nil
}

// homes finds the territorial bodies (xã, tỉnh …) that have dossiers, at a desk or
// office of theirs or by themselves: their catalogues of procedures are what the
// measures of procedures are out of.
func (x *Index) homes(ctx context.Context, q db.Queryer, l *ledger, counts map[actor.UnitID]Counts, on moment.Date) error {
	l.home, l.bodies = map[actor.UnitID]actor.UnitID{}, map[actor.UnitID]string{}
	levels, err := x.Units.Levels(ctx, q)
	if err != nil {
		return err
	}
	territory := map[string]bool{}
	for _, v := range levels {
		territory[v.Code] = v.Kind == unit.Territory
	}
	now, err := x.Units.On(ctx, q, on)
	if err != nil {
		return err
	}
	for id, c := range counts {
		if c[Received]+c[Timed] == 0 {
			continue
		}
		tree := now
		if _, ok := now.Unit(id); !ok {
			// Dissolved in the period: where it was on its last day.
			versions, err := x.Units.Versions(ctx, q, id)
			if err != nil {
				return err
			}
			if len(versions) == 0 {
				continue
			}
			if last := versions[len(versions)-1]; last.To != 0 {
				if tree, err = x.Units.On(ctx, q, last.To-1); err != nil {
					return err
				}
			}
		}
		u, ok := tree.Unit(id)
		for ok && !territory[u.Level] {
			u, ok = tree.Unit(u.Parent)
		}
		if ok {
			l.home[id], l.bodies[u.ID] = u.ID, u.Level
		}
	}
	return nil
}

// authority counts the catalogue of each level that a body with dossiers has.
func (x *Index) authority(ctx context.Context, q db.Queryer, l *ledger, on moment.Date) (map[string]Counts, error) {
	out := map[string]Counts{}
	for _, level := range l.bodies {
		if out[level] != nil {
			continue
		}
		procedures, err := x.Catalogue.Authority(ctx, q, level, on)
		if err != nil {
			return nil, fmt.Errorf("procedures of level %s: %w", level, err)
		}
		n := Counts{Authority: int64(len(procedures))}
		for _, p := range procedures {
			if p.Online {
				n[AuthorityOnline]++
			}
			if p.Fee {
				n[AuthorityFee]++
			}
		}
		out[level] = n
	}
	return out, nil
}

var (
	reachOf = db.SQL("serviceindex.reach.of", `
		SELECT DISTINCT ancestor_id, unit_id
		FROM unit_reach
		WHERE ancestor_id = $1 AND (to_day IS NULL OR to_day > $2) AND from_day <= $3`)
	reachOfChildren = db.SQL("serviceindex.reach.children", `
		SELECT DISTINCT ancestor_id, unit_id
		FROM unit_reach
		WHERE ancestor_id IN (SELECT v.unit_id FROM unit_version v WHERE v.parent_id = $1)
		AND (to_day IS NULL OR to_day > $2) AND from_day <= $3`)
)

// reach sums the own tallies of all that lay under each ancestor at any time of
// the period: what was reported of a unit that merged since stays in the sum of
// the province. How is reachOf or reachOfChildren.
func (l *ledger) reach(ctx context.Context, q db.Queryer, how *db.Stmt, u actor.UnitID) (map[actor.UnitID]Tally, error) {
	pairs, err := l.index.under(ctx, q, how, u, l.period)
	out, sums := map[actor.UnitID]Tally{}, map[actor.UnitID]bool{}
	for _, x := range pairs {
		t, ok := out[x.ancestor]
		if !ok { // most have nothing but themselves: their own tally, which nobody changes
			out[x.ancestor] = l.own[x.below]
			continue
		}
		if !sums[x.ancestor] {
			sums[x.ancestor] = true
			t.Values = maps.Clone(t.Values)
		}
		t.add(l.own[x.below])
		out[x.ancestor] = t
	}
	return out, err
}
