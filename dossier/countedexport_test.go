package dossier

import (
	"context"
	"time"

	"cchc/base/db"
	"cchc/base/moment"
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

// BringUpAfter sets how old kept figures become before they are brought up to
// date.
func (k *Desk) BringUpAfter(d time.Duration) { k.periods.after = d }

// KeptCells is how many cells are kept of a period as known now, and how many
// dossiers they hold; none when nothing is kept.
func (k *Desk) KeptCells(from, to moment.Date) (cells int, dossiers int64) {
	p := k.periods.slot(periodKey{from: from, to: to}).p
	if p == nil {
		return 0, 0
	}
	for _, n := range p.cells {
		dossiers += n
	}
	return len(p.cells), dossiers
}
