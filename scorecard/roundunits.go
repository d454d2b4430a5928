package scorecard

import (
	"cmp"
	"context"
	"slices"

	"cchc/base/db"
	"cchc/base/moment"
	"cchc/unit"
)

// unitLevels says which level of units the level of a criteria set scores. A set
// may also name a level of the unit room itself.
var unitLevels = map[string]string{
	"cap_xa": unit.Commune, "cap_huyen": unit.District, "cap_tinh": unit.Province,
	"so_nganh": unit.Department, "bo_nganh": unit.Ministry,
}

// UnitLevel returns the level of the units that a set of a level scores.
func UnitLevel(set string) string {
	if l, ok := unitLevels[set]; ok {
		return l
	}
	return set
}

// A Scored is a unit that a round scores, with the part of the period in which it
// existed.
type Scored struct {
	Unit  unit.Unit // as it is on the last day of the period
	Block string
	From  moment.Date
	To    moment.Date
	// Made of: units of the same level that were there at the beginning and went
	// into this one since. Nobody adds their scores up; pages show them beside it.
	Before []unit.Part
}

// Partly reports whether the unit existed for a part of the period only.
func (s Scored) Partly(r Round) bool { return s.From > r.From || s.To < r.To }

// A Gone is a unit that ended within the period: it gets no sheet of its own.
type Gone struct {
	Unit  unit.Unit // as it last was
	Last  moment.Date
	After []unit.Part // units of the last day of the period that carry it on
}

// scope returns the units of the round's level under the unit that runs it: those
// in force on the last day of the period, and those that ended within it.
func (k *Desk) scope(ctx context.Context, q db.Queryer, r Round) ([]Scored, []Gone, error) {
	tree, err := k.Units.On(ctx, q, r.To)
	if err != nil {
		return nil, nil, err
	}
	all, err := k.Units.Extent(ctx, q, r.Unit)
	if err != nil {
		return nil, nil, err
	}
	var scored []Scored
	var gone []Gone
	for _, id := range all {
		versions, err := k.Units.Versions(ctx, q, id)
		if err != nil {
			return nil, nil, err
		}
		begin, end := life(versions, r.Level)
		if begin == 0 || begin > r.To || end != 0 && end <= r.From {
			continue
		}
		if u, ok := tree.Unit(id); ok && u.Level == r.Level {
			if !tree.Within(id, r.Unit) {
				continue
			}
			s := Scored{Unit: u, Block: u.Block, From: max(begin, r.From), To: r.To}
			if s.From > r.From {
				if s.Before, err = k.Units.Predecessors(ctx, q, id, s.From.AddDays(-1)); err != nil {
					return nil, nil, err
				}
			}
			scored = append(scored, s)
			continue
		}
		if end == 0 {
			continue
		}
		g := Gone{Unit: lastOf(versions, r.Level), Last: end.AddDays(-1)}
		if g.After, err = k.Units.Successors(ctx, q, id, r.To); err != nil {
			return nil, nil, err
		}
		gone = append(gone, g)
	}
	slices.SortFunc(scored, func(a, b Scored) int {
		return cmp.Or(cmp.Compare(a.Block, b.Block), cmp.Compare(a.Unit.Code, b.Unit.Code), cmp.Compare(a.Unit.ID, b.Unit.ID))
	})
	slices.SortFunc(gone, func(a, b Gone) int {
		return cmp.Or(cmp.Compare(a.Last, b.Last), cmp.Compare(a.Unit.Code, b.Unit.Code))
	})
	return scored, gone, nil
}

// life returns since when, and up to and without when, a unit was of a level; zero
// when it never was, and a zero end when it goes on.
func life(versions []unit.Unit, level string) (begin, end moment.Date) {
	for _, v := range versions {
		if v.Level != level {
			continue
		}
		if begin == 0 {
			begin = v.From
		}
		end = v.To
	}
	return begin, end
}

func lastOf(versions []unit.Unit, level string) unit.Unit {
	for _, v := range slices.Backward(versions) {
		if v.Level == level {
			return v
		}
	}
	return unit.Unit{}
}
