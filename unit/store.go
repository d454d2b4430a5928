package unit

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"cchc/base/audit"
	"cchc/base/law"
)

// store writes the changed versions, the events with their lineage, the reach of
// everything at or below a changed unit, and the trail; then it tells the caches
// and the other rooms.
func (w *work) store(ctx context.Context) error {
	born := map[ID]bool{}
	var units, versions, events, touched, lineage, moves, rules [][]any
	for _, id := range w.born {
		born[id] = true
		units = append(units, []any{string(id), w.tx.Now})
	}
	dirty := slices.Sorted(maps.Keys(w.dirty))
	for _, id := range dirty {
		// All away before any is put back: units may swap codes.
		if !born[id] {
			if _, err := w.tx.Exec(ctx, dropVersions, string(id)); err != nil {
				return err
			}
		}
		for _, v := range w.h.versions[id] {
			versions = append(versions, versionRow(v))
		}
	}
	for _, e := range w.events {
		told := w.tx.Now
		if !w.tells(e) && e.Kind != Created {
			told = 0
		}
		events = append(events, []any{e.ID, string(e.Kind), e.Day, e.Basis, e.Note, e.Account, e.Recorded, told})
		for _, m := range e.Moves {
			moves = append(moves, []any{e.ID, string(m.From), null(m.To), m.Grants, m.Calendar})
			for i, x := range m.Rules {
				rules = append(rules, []any{e.ID, string(m.From), i + 1, x.Field, x.Value, string(x.To)})
			}
		}
		for _, id := range slices.Sorted(maps.Keys(e.touched)) {
			touched = append(touched, []any{e.ID, string(id)})
		}
		for _, l := range e.links {
			lineage = append(lineage, []any{e.ID, string(l.from), string(l.to), int64(l.share)})
		}
	}
	if err := w.tx.InsertRows(ctx, insertUnits, units); err != nil {
		return err
	}
	if err := w.tx.InsertRows(ctx, insertVersions, versions); err != nil {
		return err
	}
	if err := w.tx.InsertRows(ctx, insertEvents, events); err != nil {
		return err
	}
	if err := w.tx.InsertRows(ctx, insertEventUnits, touched); err != nil {
		return err
	}
	if err := w.tx.InsertRows(ctx, insertLineage, lineage); err != nil {
		return err
	}
	if err := w.tx.InsertRows(ctx, insertMoves, moves); err != nil {
		return err
	}
	if err := w.tx.InsertRows(ctx, insertRules, rules); err != nil {
		return err
	}
	if err := w.storeReach(ctx, dirty, born); err != nil {
		return fmt.Errorf("store who lies under whom: %w", err)
	}
	if err := audit.RecordAll(ctx, w.tx, w.trail); err != nil {
		return err
	}
	for _, e := range w.events {
		if !w.tells(e) {
			continue
		}
		e.Event.Units = slices.Sorted(maps.Keys(e.touched))
		if err := Changed.Enqueue(ctx, w.tx, e.Event); err != nil {
			return err
		}
	}
	return w.tx.Bump(ctx, epoch)
}

// tells reports whether the other rooms hear of an event now: nobody has anything
// open in a new unit, and one that lies ahead must not move anything yet.
func (w *work) tells(e *occurrence) bool {
	return e.Kind != Created && e.Day <= w.tx.Now.Date()
}

func (w *work) storeReach(ctx context.Context, dirty []ID, born map[ID]bool) error {
	below := map[ID][]ID{}
	for id, vs := range w.h.versions {
		for _, v := range vs {
			if v.Parent != "" {
				below[v.Parent] = append(below[v.Parent], id)
			}
		}
	}
	seen := maps.Clone(w.dirty)
	all := slices.Clone(dirty)
	for i := 0; i < len(all); i++ {
		for _, c := range below[all[i]] {
			if !seen[c] {
				seen[c] = true
				all = append(all, c)
			}
		}
	}
	memo := map[ID]map[ID][]law.Span{}
	var rows [][]any
	for _, id := range all {
		if !born[id] {
			if _, err := w.tx.Exec(ctx, dropReach, string(id)); err != nil {
				return err
			}
		}
		r := w.h.reach(id, memo)
		for _, a := range slices.Sorted(maps.Keys(r)) {
			for _, s := range r[a] {
				rows = append(rows, []any{string(a), string(id), s.From, s.To})
			}
		}
	}
	return w.tx.InsertRows(ctx, insertReach, rows)
}
