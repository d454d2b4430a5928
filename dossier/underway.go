package dossier

import (
	"context"

	"cchc/base/db"
	"cchc/base/moment"
	"cchc/unit"
)

// What is asked most often of a unit, by everybody who watches a board or opens a
// list, is how much it has open, how much of that is overdue, and what the next days
// will decide. A province's office has tens of thousands of dossiers open, and each
// new one changes the answers: so the little that they are made of is kept in memory,
// and of the dossiers alone in which something happened it is read again.

// An openDossier is what figures of today need of a dossier that is under way: one
// that was registered, and has neither ended nor been turned away at the door.
type openDossier struct {
	accepted    moment.Date    // zero when it is not yet
	due         moment.Instant // zero when it has none
	overdueFrom moment.Instant
	sector      string
	marks       Marks
	supplements int
	waiting     bool // its clock stands still
	apologised  bool
}

// overdue reports whether the dossier, once accepted, is overdue.
func (d *openDossier) overdue(now moment.Instant) bool { return now >= d.overdueFrom }

// dueBy reports whether its clock runs and it is due by a moment.
func (d *openDossier) dueBy(by moment.Instant) bool { return !d.waiting && d.due != 0 && d.due <= by }

type openByUnit map[unit.ID]map[string]openDossier

const openColumns = `id, unit_id, sector, accepted_at, accepted_day, not_accepted_at, ended_at, due_at, waiting, waiting_late, by_instant, supplements, apology_at, marks`

var (
	openAll = db.SQL("dossier.open.all", `
		SELECT `+openColumns+`
		FROM dossier
		WHERE ended_at IS NULL AND not_accepted_at IS NULL`)
	openSince = db.SQL("dossier.open.since", `
		SELECT `+openColumns+`
		FROM dossier
		WHERE last_recorded > $1`)
)

// eachOpen reads what openColumns name; underWay says whether the dossier still is.
func eachOpen(ctx context.Context, q db.Queryer, stmt *db.Stmt, fn func(id string, u unit.ID, d openDossier, underWay bool), args ...any) error {
	sectors := map[string]string{} // each is kept once
	return db.Each(ctx, q, stmt, func(r db.Scanner) error {
		var id string
		var s State
		var d openDossier
		if err := r.Scan(&id, &s.Unit, &d.sector, &s.AcceptedAt, &d.accepted, &s.NotAccepted, &s.Ended, &s.Due, &s.Waiting, &s.WaitingLate, &s.ByInstant, &s.Supplements, &s.Apology, &d.marks); err != nil {
			return err
		}
		if known, ok := sectors[d.sector]; ok {
			d.sector = known
		} else {
			sectors[d.sector] = d.sector
		}
		d.due, d.overdueFrom, d.supplements, d.waiting, d.apologised = s.Due, s.overdueFrom(), s.Supplements, s.Waiting != "", s.Apology != 0
		fn(id, s.Unit, d, s.Ended == 0 && s.NotAccepted == 0)
		return nil
	}, args...)
}

// readOpen reads everything that is under way.
func readOpen(ctx context.Context, q db.Queryer) (openByUnit, error) {
	out := openByUnit{}
	return out, eachOpen(ctx, q, openAll, out.set)
}

// set holds a dossier, or leaves it out.
func (o openByUnit) set(id string, u unit.ID, d openDossier, underWay bool) {
	if !underWay {
		delete(o[u], id)
		return
	}
	if o[u] == nil {
		o[u] = map[string]openDossier{}
	}
	o[u][id] = d
}

// follow brings up to date what is kept of dossiers in which something happened after
// the mark. Those that went to another unit are among many (see bulk).
func (s *kept) follow(ctx context.Context, q db.Queryer, changed map[string]bool) error {
	if s.open == nil {
		return nil
	}
	return eachOpen(ctx, q, openSince, func(id string, u unit.ID, d openDossier, underWay bool) {
		if changed[id] {
			s.open.set(id, u, d, underWay)
		}
	}, s.mark)
}

// perUnitOpen returns a figure of every unit that has dossiers under way, made of
// these.
func perUnitOpen[T any](ctx context.Context, q db.Queryer, k *Desk, name string, figure func(list map[string]openDossier, now moment.Instant) T) (map[unit.ID]T, error) {
	return perUnitKept(ctx, q, k, name, true, func(q db.Queryer, s *kept, u unit.ID) (map[unit.ID]T, error) {
		now := k.DB.Now()
		open, err := s.underWay(ctx, q)
		out := map[unit.ID]T{}
		for id, list := range open {
			if len(list) > 0 && (u == "" || u == id) {
				out[id] = figure(list, now)
			}
		}
		return out, err
	})
}

// underWay returns everything that is under way: as it is kept, or read for this once
// where nothing may be kept.
func (s *kept) underWay(ctx context.Context, q db.Queryer) (openByUnit, error) {
	if s == nil {
		return readOpen(ctx, q)
	}
	if s.open == nil {
		open, err := readOpen(ctx, q)
		if err != nil {
			return nil, err
		}
		s.open = open
	}
	return s.open, nil
}
