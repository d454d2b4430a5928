package dossier

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/unit"
)

// By is how a report is broken down.
type By string

const (
	ByNothing   By = ""
	BySector    By = "sector"
	ByProcedure By = "procedure"
	ByUnit      By = "unit"    // each unit by itself; a parent is the sum
	ByOfficer   By = "officer" // who held the dossier; see Case.Officer
)

// A Line is a row of a report with what it is about.
type Line struct {
	Key string // unit id, sector, or code of the procedure; "" for the total
	II06a
}

// Statistics counts form II.06a as of the end of a period, from facts, and as
// known then or now. The first line is the total; the others follow by key.
func (k *Desk) Statistics(ctx context.Context, q db.Queryer, a actor.Actor, x Question, by By) ([]Line, error) {
	if err := k.Guard.Check(ctx, q, a, auth.ReportRead, x.Unit); err != nil {
		return nil, err
	}
	if by == ByUnit {
		return k.byUnit(ctx, q, x)
	}
	total := Line{}
	lines := map[string]*Line{}
	err := k.counted(ctx, q, x, by, func(g *group, s *span) error {
		var line *Line
		g.standing.columns(&g.place, s, func(col Column) {
			*total.at(col) += g.n
			if by == ByNothing {
				return
			}
			if line == nil {
				line = at(lines, g.key)
				line.Key = g.key
			}
			*line.at(col) += g.n
		})
		return nil
	})
	return sorted(total, lines), err
}

// Key is the key of the line in which a breakdown counts the dossier. For units
// there is none: a dossier that moved counts in several.
func (c *Case) Key(by By) string {
	switch by {
	case BySector:
		return c.Sector
	case ByProcedure:
		return c.Procedure
	case ByOfficer:
		return c.Officer
	}
	return ""
}

// byUnit counts each unit within the question by itself. Dossiers that moved
// between two of them count as moved in the rows and not in the total.
func (k *Desk) byUnit(ctx context.Context, q db.Queryer, x Question) ([]Line, error) {
	return k.grouped(ctx, q, x, func(u unit.ID) []string { return []string{string(u)} },
		func(key string) map[unit.ID]bool { return map[unit.ID]bool{unit.ID(key): true} })
}

// StatisticsOf counts groups of units in one go, each as a whole, by key: what
// moved within a group has not moved for it. The first line is the total of the
// question.
func (k *Desk) StatisticsOf(ctx context.Context, q db.Queryer, a actor.Actor, x Question, groups map[string]map[unit.ID]bool) ([]Line, error) {
	if err := k.Guard.Check(ctx, q, a, auth.ReportRead, x.Unit); err != nil {
		return nil, err
	}
	of := map[unit.ID][]string{}
	for _, key := range slices.Sorted(maps.Keys(groups)) {
		for u := range groups[key] {
			of[u] = append(of[u], key)
		}
	}
	return k.grouped(ctx, q, x, func(u unit.ID) []string { return of[u] }, func(key string) map[unit.ID]bool { return groups[key] })
}

func (k *Desk) grouped(ctx context.Context, q db.Queryer, x Question, keys func(unit.ID) []string, units func(key string) map[unit.ID]bool) ([]Line, error) {
	total := Line{}
	lines := map[string]*Line{}
	spans := map[string]*span{}
	var touched []string
	err := k.counted(ctx, q, x, ByUnit, func(g *group, s *span) error {
		g.standing.columns(&g.place, s, func(col Column) { *total.at(col) += g.n })
		touched = append(append(touched[:0], keys(g.place.promised)...), keys(g.place.unit)...)
		for _, m := range g.place.moves {
			touched = append(touched, keys(m.to)...)
		}
		slices.Sort(touched)
		for _, key := range slices.Compact(touched) {
			only := spans[key]
			if only == nil {
				cut := *s
				cut.units = map[unit.ID]bool{}
				for u := range units(key) {
					cut.units[u] = s.has(u)
				}
				only = &cut
				spans[key] = only
			}
			var line *Line
			g.standing.columns(&g.place, only, func(col Column) {
				if line == nil {
					line = at(lines, key)
					line.Key = key
				}
				*line.at(col) += g.n
			})
		}
		return nil
	})
	return sorted(total, lines), err
}

// sorted puts the lines behind the total. A line in which nothing is left, because
// what was kept has been counted down, is none.
func sorted(total Line, lines map[string]*Line) []Line {
	out := []Line{total}
	for _, key := range slices.Sorted(maps.Keys(lines)) {
		if lines[key].II06a != (II06a{}) {
			out = append(out, *lines[key])
		}
	}
	return out
}

// Behind returns the dossiers behind a figure of the form, ordered by code: as
// many as the figure says.
func (k *Desk) Behind(ctx context.Context, q db.Queryer, a actor.Actor, x Question, column Column) ([]Case, error) {
	if err := k.Guard.Check(ctx, q, a, auth.ReportRead, x.Unit); err != nil {
		return nil, err
	}
	var out []Case
	err := k.behind(ctx, q, x, column, func(c *Case) error {
		out = append(out, *c)
		return nil
	})
	sortCases(out)
	return out, err
}

func sortCases(cases []Case) {
	slices.SortFunc(cases, func(a, b Case) int { return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.ID, b.ID)) })
}
