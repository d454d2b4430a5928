package dossier

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"cchc/base/db"
	"cchc/base/moment"
	"cchc/unit"
)

// A Due is a group of open dossiers that are alike: what the next days will
// decide.
type Due struct {
	Unit     unit.ID
	Sector   string
	Received bool // accepted within the days asked about
	Marks    Marks
	Count    int64
}

// DueBy counts the open dossiers that are not overdue and are due by a moment, in
// groups; received says whether they were accepted between the two days. Those
// that the service index counts late whatever happens, for a second supplement,
// are left out.
func (k *Desk) DueBy(ctx context.Context, q db.Queryer, from, to moment.Date, by moment.Instant) ([]Due, error) {
	groups, err := perUnitOpen(ctx, q, k, fmt.Sprintf("due %s %s %s", from, to, by), func(list map[string]openDossier, now moment.Instant) []Due {
		type key struct {
			sector   string
			received bool
			marks    Marks
		}
		alike := map[key]int64{}
		for _, d := range list {
			if d.accepted != 0 && d.dueBy(by) && !d.overdue(now) && d.supplements <= 1 {
				alike[key{d.sector, d.accepted >= from && d.accepted <= to, d.marks}]++
			}
		}
		return inOrder(alike, func(x key, n int64) Due { return Due{Sector: x.sector, Received: x.received, Marks: x.marks, Count: n} }, func(a, b Due) int {
			return cmp.Or(cmp.Compare(a.Sector, b.Sector), compareBool(a.Received, b.Received), cmp.Compare(a.Marks, b.Marks))
		})
	})
	var out []Due
	for _, u := range slices.Sorted(maps.Keys(groups)) {
		for _, d := range groups[u] {
			d.Unit = u
			out = append(out, d)
		}
	}
	return out, err
}

// A DueDay counts a unit's open dossiers that nobody is late with yet, by the day on
// which they will be late if they stay open.
type DueDay struct {
	LateFrom   moment.Date
	Again      bool // asked for papers a second time: the service index counts it late already
	Apologised bool
	Count      int64
}

// DueDays counts the open dossiers of every unit that are not overdue and are due by a
// moment, those due first at the head.
func (k *Desk) DueDays(ctx context.Context, q db.Queryer, by moment.Instant) (map[unit.ID][]DueDay, error) {
	return perUnitOpen(ctx, q, k, fmt.Sprintf("due days %s", by), func(list map[string]openDossier, now moment.Instant) []DueDay {
		alike := map[DueDay]int64{}
		for _, d := range list {
			if d.accepted != 0 && d.dueBy(by) && !d.overdue(now) {
				alike[DueDay{LateFrom: d.overdueFrom.Date(), Again: d.supplements > 1, Apologised: d.apologised}]++
			}
		}
		return inOrder(alike, func(d DueDay, n int64) DueDay { d.Count = n; return d }, func(a, b DueDay) int {
			return cmp.Or(cmp.Compare(a.LateFrom, b.LateFrom), compareBool(a.Again, b.Again), compareBool(a.Apologised, b.Apologised))
		})
	})
}

// A dueFirst is an open dossier by when it is due.
type dueFirst struct {
	due moment.Instant
	id  string
}

func (a dueFirst) compare(b dueFirst) int {
	return cmp.Or(cmp.Compare(a.due, b.due), cmp.Compare(a.id, b.id))
}

// DueSoonest returns up to n open dossiers of a unit and what is below it that
// are not overdue, those due first at the head; "" is every unit.
func (k *Desk) DueSoonest(ctx context.Context, q db.Queryer, u unit.ID, n int) ([]Dossier, error) {
	if n <= 0 {
		return nil, nil
	}
	perUnit, err := perUnitOpen(ctx, q, k, fmt.Sprintf("due soonest %d", n), func(list map[string]openDossier, now moment.Instant) []dueFirst {
		first := make([]dueFirst, 0, n+1)
		for id, d := range list {
			if d.accepted == 0 || d.waiting || d.overdue(now) {
				continue
			}
			x := dueFirst{d.due, id}
			if len(first) == n && x.compare(first[n-1]) > 0 {
				continue
			}
			i, _ := slices.BinarySearchFunc(first, x, dueFirst.compare)
			first = slices.Insert(first, i, x)
			first = first[:min(n, len(first))]
		}
		return first
	})
	if err != nil {
		return nil, err
	}
	units := slices.Collect(maps.Keys(perUnit))
	if u != "" {
		if units, err = db.Column[unit.ID](ctx, q, rateUnits, string(u), k.DB.Now().Date()); err != nil {
			return nil, err
		}
	}
	var first []dueFirst
	for _, id := range units {
		first = append(first, perUnit[id]...)
	}
	slices.SortFunc(first, dueFirst.compare)
	var out []Dossier
	for _, x := range first {
		d, err := db.One(ctx, q, byID, scan, x.id)
		switch {
		case errors.Is(err, db.ErrNotFound) || err == nil && !d.IsOpen(): // this view is another than that of the figures
			continue
		case err != nil:
			return nil, err
		}
		if out = append(out, d); len(out) == n {
			break
		}
	}
	return out, nil
}

// inOrder returns what was counted, in order.
func inOrder[K comparable, V any](counts map[K]int64, make func(K, int64) V, order func(a, b V) int) []V {
	out := []V{}
	for x, n := range counts {
		out = append(out, make(x, n))
	}
	slices.SortFunc(out, order)
	return out
}

// compareBool puts what is not before what is.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
