package serviceindex

import (
	"context"

	"cchc/base/db"
	"cchc/base/i18n"
	"cchc/unit"
)

// Impact says in one line what the next dossier on time, and the next one late,
// do to the year's index of the territorial body (xã, tỉnh) that a unit belongs
// to; "" when no formula is in force or the unit belongs to none. It checks no
// right: it tells nothing but two figures, to whoever works on a dossier there.
func (x *Index) Impact(ctx context.Context, q db.Queryer, u unit.ID) (string, error) {
	today := x.DB.Now().Date()
	set, ok := x.Sets.On(today)
	if !ok {
		return "", nil
	}
	body, ok, err := x.body(ctx, q, u)
	if err != nil || !ok {
		return "", err
	}
	l, err := x.open(ctx, q, set, PeriodOn(YearToDate, today))
	if err != nil {
		return "", err
	}
	sums, err := l.reach(ctx, q, reachOf, body.ID)
	if err != nil {
		return "", err
	}
	for _, m := range set.Metrics() {
		if m.Numerator == TimedOK && m.Denominator == Timed {
			e := m.Effect(sums[body.ID].Value(m))
			return i18n.T(ctx, "serviceindex.impact", "Unit", body.Name, "Good", i18n.Delta(ctx, e.Good), "Bad", i18n.Delta(ctx, e.Bad)), nil
		}
	}
	return "", nil
}

// body returns the nearest territorial body at or above a unit, today.
func (x *Index) body(ctx context.Context, q db.Queryer, id unit.ID) (unit.Unit, bool, error) {
	levels, err := x.Units.Levels(ctx, q)
	if err != nil {
		return unit.Unit{}, false, err
	}
	tree, err := x.Units.Today(ctx, q)
	if err != nil {
		return unit.Unit{}, false, err
	}
	u, ok := tree.Unit(id)
	for ok {
		for _, l := range levels {
			if l.Code == u.Level && l.Kind == unit.Territory {
				return u, true, nil
			}
		}
		u, ok = tree.Unit(u.Parent)
	}
	return unit.Unit{}, false, nil
}
