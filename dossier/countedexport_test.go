package dossier

import (
	"context"

	"cchc/base/db"
	"cchc/unit"
)

// OneByOne counts what Statistics counts, looking at every dossier by itself.
func (k *Desk) OneByOne(ctx context.Context, q db.Queryer, x Question, by By, units []unit.ID) ([]Line, error) {
	x.Officers = by == ByOfficer
	total, lines := Line{}, map[string]*Line{}
	err := k.cases(ctx, q, x, func(c *Case, s *span) error {
		c.columnsOf(s, func(col Column) { *total.at(col)++ })
		count := func(key string, s *span) {
			c.columnsOf(s, func(col Column) {
				line := at(lines, key)
				line.Key = key
				*line.at(col)++
			})
		}
		switch by {
		case ByNothing:
		case ByUnit:
			for _, u := range units {
				only := *s
				only.units = map[unit.ID]bool{u: s.has(u)}
				count(string(u), &only)
			}
		default:
			count(c.Key(by), s)
		}
		return nil
	})
	return sorted(total, lines), err
}
