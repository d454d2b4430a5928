package unit

import (
	"context"
	"slices"

	"cchc/base/db"
)

var (
	qLevels = db.SQL("unit.levels", `
		SELECT code, name_vi, name_en, ord, kind
		FROM unit_level
		ORDER BY ord, code`)

	qVersions = db.SQL("unit.versions", `
		SELECT unit_id, code, name, fold, level, COALESCE(parent_id, ''), area_class, block, from_day, to_day
		FROM unit_version
		ORDER BY unit_id, from_day`)

	qLineage = db.SQL("unit.lineage", `
		SELECT l.event_id, e.day, e.recorded_at, l.from_unit, l.to_unit, l.share
		FROM unit_lineage l
		JOIN unit_event e ON e.id = l.event_id
		ORDER BY e.day, e.recorded_at, l.event_id, l.from_unit, l.to_unit`)

	qEvents = db.SQL("unit.events", `
		SELECT e.id, e.kind, e.day, e.basis, e.note, e.account, e.recorded_at
		FROM unit_event_unit u
		JOIN unit_event e ON e.id = u.event_id
		WHERE u.unit_id = $1
		ORDER BY e.day, e.recorded_at, e.id`)

	qUntold = db.SQL("unit.untold", `
		SELECT id, kind, day, basis, note, account, recorded_at
		FROM unit_event
		WHERE told_at IS NULL AND day <= $1
		ORDER BY day, recorded_at, id`)

	qTouched = db.SQL("unit.event.units", `
		SELECT unit_id
		FROM unit_event_unit
		WHERE event_id = $1
		ORDER BY unit_id`)

	qMoves = db.SQL("unit.event.moves", `
		SELECT from_unit, COALESCE(to_unit, ''), grants, calendar
		FROM unit_move
		WHERE event_id = $1
		ORDER BY from_unit`)

	qMovesOf = db.SQL("unit.moves.of", `
		SELECT event_id, COALESCE(to_unit, ''), grants, calendar
		FROM unit_move
		WHERE from_unit = $1`)

	qRules = db.SQL("unit.event.rules", `
		SELECT from_unit, field, value, to_unit
		FROM unit_move_rule
		WHERE event_id = $1
		ORDER BY from_unit, ord`)

	markTold = db.SQL("unit.event.told", `UPDATE unit_event SET told_at = $1 WHERE id = $2`)

	dropVersions = db.SQL("unit.version.drop", `DELETE FROM unit_version WHERE unit_id = $1`)
	dropReach    = db.SQL("unit.reach.drop", `DELETE FROM unit_reach WHERE unit_id = $1`)

	insertUnits    = db.Rows("unit.insert", "unit", "id, recorded_at", "")
	insertVersions = db.Rows("unit.version.insert", "unit_version",
		"unit_id, from_day, to_day, code, name, fold, level, parent_id, area_class, block", "")
	insertEvents     = db.Rows("unit.event.insert", "unit_event", "id, kind, day, basis, note, account, recorded_at, told_at", "")
	insertMoves      = db.Rows("unit.move.insert", "unit_move", "event_id, from_unit, to_unit, grants, calendar", "")
	insertRules      = db.Rows("unit.move.rule.insert", "unit_move_rule", "event_id, from_unit, ord, field, value, to_unit", "")
	insertEventUnits = db.Rows("unit.event.unit", "unit_event_unit", "event_id, unit_id", "")
	insertLineage    = db.Rows("unit.lineage.insert", "unit_lineage", "event_id, from_unit, to_unit, share", "")
	insertReach      = db.Rows("unit.reach.insert", "unit_reach", "ancestor_id, unit_id, from_day, to_day", "")
)

func load(ctx context.Context, q db.Queryer) (*history, error) {
	h := &history{levels: map[string]Level{}, versions: map[ID][]Unit{}}
	err := db.Each(ctx, q, qLevels, func(r db.Scanner) error {
		var l Level
		err := r.Scan(&l.Code, &l.NameVI, &l.NameEN, &l.Order, &l.Kind)
		h.levels[l.Code] = l
		return err
	})
	if err != nil {
		return nil, err
	}
	err = db.Each(ctx, q, qVersions, func(r db.Scanner) error {
		var u Unit
		err := r.Scan(&u.ID, &u.Code, &u.Name, &u.Fold, &u.Level, &u.Parent, &u.Area, &u.Block, &u.From, &u.To)
		h.versions[u.ID] = append(h.versions[u.ID], u)
		return err
	})
	if err != nil {
		return nil, err
	}
	h.lineage, err = db.All(ctx, q, qLineage, func(r db.Scanner) (l link, err error) {
		err = r.Scan(&l.event, &l.day, &l.recorded, &l.from, &l.to, &l.share)
		return l, err
	})
	if err != nil {
		return nil, err
	}
	return h.ready(), nil
}

func versionRow(u Unit) []any {
	return []any{string(u.ID), u.From, u.To, u.Code, u.Name, u.Fold, u.Level, null(u.Parent), u.Area, u.Block}
}

func null(id ID) any {
	if id == "" {
		return nil
	}
	return string(id)
}

func sortedLevels(h *history) []Level {
	var out []Level
	for _, l := range h.levels {
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b Level) int { return a.Order - b.Order })
	return out
}
