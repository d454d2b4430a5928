package dossier

import (
	"context"
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

var dueGroups = db.Lines("dossier.due.groups", `
	SELECT unit_id, sector, accepted_day >= :from AND accepted_day <= :to, marks, COUNT(*)
	FROM dossier
	WHERE accepted_at IS NOT NULL AND ended_at IS NULL AND waiting = '' AND supplements <= 1
	AND due_at <= :by AND (due_at >= :now OR (NOT by_instant AND due_day >= :today))
	AND unit_id = :one       --[one]
	GROUP BY 1, 2, 3, 4
	ORDER BY 1, 2, 3, 4`)

// DueBy counts the open dossiers that are not overdue and are due by a moment, in
// groups; received says whether they were accepted between the two days. Those
// that the service index counts late whatever happens, for a second supplement,
// are left out.
func (k *Desk) DueBy(ctx context.Context, q db.Queryer, from, to moment.Date, by moment.Instant) ([]Due, error) {
	groups, err := perUnit(ctx, q, k, fmt.Sprintf("due %s %s %s", from, to, by), true, func(u unit.ID) (map[unit.ID][]Due, error) {
		now := k.DB.Now()
		out := map[unit.ID][]Due{}
		stmt, params := dueGroups.With(oneUnit(u, db.Args{"from": from, "to": to, "by": by, "now": now, "today": now.Date()}))
		return out, db.Each(ctx, q, stmt, func(r db.Scanner) error {
			var d Due
			err := r.Scan(&d.Unit, &d.Sector, &d.Received, &d.Marks, &d.Count)
			out[d.Unit] = append(out[d.Unit], d)
			return err
		}, params...)
	})
	var out []Due
	for _, u := range slices.Sorted(maps.Keys(groups)) {
		out = append(out, groups[u]...)
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

var dueDays = db.Lines("dossier.due.days", `
	SELECT unit_id, CASE WHEN by_instant THEN due_day ELSE due_day + 1 END, supplements > 1, apology_at IS NOT NULL, COUNT(*)
	FROM dossier
	WHERE accepted_at IS NOT NULL AND ended_at IS NULL AND waiting = ''
	AND due_at <= :by AND (due_at >= :now OR (NOT by_instant AND due_day >= :today))
	AND unit_id = :one       --[one]
	GROUP BY 1, 2, 3, 4
	ORDER BY 1, 2, 3, 4`)

// DueDays counts the open dossiers of every unit that are not overdue and are due by a
// moment, those due first at the head.
func (k *Desk) DueDays(ctx context.Context, q db.Queryer, by moment.Instant) (map[unit.ID][]DueDay, error) {
	return perUnit(ctx, q, k, fmt.Sprintf("due days %s", by), true, func(u unit.ID) (map[unit.ID][]DueDay, error) {
		now := k.DB.Now()
		out := map[unit.ID][]DueDay{}
		stmt, params := dueDays.With(oneUnit(u, db.Args{"by": by, "now": now, "today": now.Date()}))
		return out, db.Each(ctx, q, stmt, func(r db.Scanner) error {
			var of unit.ID
			var d DueDay
			err := r.Scan(&of, &d.LateFrom, &d.Again, &d.Apologised, &d.Count)
			out[of] = append(out[of], d)
			return err
		}, params...)
	})
}

var dueSoonest = db.Lines("dossier.due.soonest", `
	SELECT `+columns+`
	FROM dossier
	WHERE accepted_at IS NOT NULL AND ended_at IS NULL AND waiting = ''
	AND due_at >= :from AND (due_at >= :now OR NOT by_instant)
	AND unit_id IN (SELECT r.unit_id FROM unit_reach r WHERE r.ancestor_id = :unit)    --[unit]
	ORDER BY due_at, id
	LIMIT :limit`)

// DueSoonest returns up to n open dossiers of a unit and what is below it that
// are not overdue, those due first at the head; "" is every unit.
func (k *Desk) DueSoonest(ctx context.Context, q db.Queryer, u unit.ID, n int) ([]Dossier, error) {
	now := k.DB.Now()
	args := db.Args{"from": now.Date().Start(), "now": now, "limit": n}
	if u != "" {
		args["unit"] = string(u)
	}
	stmt, params := dueSoonest.With(args)
	return db.All(ctx, q, stmt, scan, params...)
}
