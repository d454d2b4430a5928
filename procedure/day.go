package procedure

import (
	"cmp"
	"slices"

	"cchc/base/moment"
)

// mostDays is how many days' views are kept: pages ask for today, and boards for the
// ends of a few periods.
const mostDays = 16

// A day is what of the catalogue is in force on one.
type day struct {
	index   index
	sectors []Sector              // in the order of their names' code points
	levels  map[string][]*Version // by code
}

// on returns the view of a day. It is made once and kept: every page of a list asks
// for it, and the catalogue changes some times a month.
func (c *catalogue) on(d moment.Date) *day {
	c.mu.Lock()
	defer c.mu.Unlock()
	if x := c.days[d]; x != nil {
		return x
	}
	x := &day{levels: map[string][]*Version{}}
	count := map[string]int{}
	for _, h := range c.index {
		if !h.Span().Holds(d) {
			continue
		}
		x.index = append(x.index, h)
		x.levels[h.Level] = append(x.levels[h.Level], h.Version)
		count[h.Sector]++
	}
	for _, list := range x.levels {
		slices.SortFunc(list, func(a, b *Version) int { return cmp.Compare(a.Code, b.Code) })
	}
	for name, n := range count {
		x.sectors = append(x.sectors, Sector{name, n})
	}
	slices.SortFunc(x.sectors, func(a, b Sector) int { return cmp.Compare(a.Name, b.Name) })
	if len(c.days) >= mostDays {
		clear(c.days)
	}
	if c.days == nil {
		c.days = map[moment.Date]*day{}
	}
	c.days[d] = x
	return x
}
