package dossier

import (
	"context"
	"maps"
	"sync"
	"time"

	"cchc/base/db"
	"cchc/base/moment"
	"cchc/unit"
)

// Figures that a board shows are kept in memory by unit, and read anew only of the
// units in which something happened since: a province of a million dossiers moves
// one commune at a time. What happened, in this process or another, the dossiers
// themselves tell by when they were last recorded; what changes many at once
// (imports, transfers) bumps an epoch and everything is read again.

// bulk is the epoch of writes that change more dossiers than one.
const bulk = "dossier.bulk"

// overlap is how far back changes are looked for again: a write may be committed
// after one that began later. It covers the retries of a write, a commit that waits for
// a standby, and clocks of two servers that differ by as much.
const overlap = 30 * time.Second

// keptFor bounds how long anything is kept without being read whole again.
const keptFor = 10 * time.Minute

// kept is what is kept, since some epoch of bulk.
type kept struct {
	mu      sync.Mutex
	begun   moment.Instant
	now     moment.Instant    // of the last look
	by      *db.Snapshot      // who looked last: a view sees the same again
	behind  bool              // what that look said
	mark    moment.Instant    // changes recorded up to here are accounted for
	last    moment.Instant    // the latest change that was seen
	seen    map[string]int    // dossiers recorded after the mark, with how many facts they had
	version int64             // grows by one with every look that found changes
	units   map[unit.ID]int64 // at which version something happened in a unit
	slots   map[string]*slot
	open    openByUnit // nil until a figure is made of it
}

// A slot is one kind of figure, of every unit.
type slot struct {
	version int64
	at      moment.Instant // when it was as it is
	byUnit  any            // map[unit.ID]T
}

var (
	keptLast    = db.SQL("dossier.kept.last", `SELECT last_recorded FROM dossier ORDER BY last_recorded DESC LIMIT 1`)
	keptChanged = db.SQL("dossier.kept.changed", `
		SELECT id, facts, unit_id, promised_unit_id, last_recorded
		FROM dossier
		WHERE last_recorded > $1`)
	// Due dates that went by decide what is overdue.
	keptPassed = db.SQL("dossier.kept.passed", `
		SELECT DISTINCT unit_id
		FROM dossier
		WHERE accepted_at IS NOT NULL AND ended_at IS NULL AND due_at >= $1 AND due_at < $2`)
)

// keptNow returns the cache that holds what is kept.
func (k *Desk) keptNow(ctx context.Context, q db.Queryer) (*kept, error) {
	k.keeping.Do(func() {
		k.figures = &db.Cache[*kept]{Name: bulk, Load: func(context.Context, db.Queryer) (*kept, error) { return &kept{}, nil }}
	})
	return k.figures.Get(ctx, q)
}

// perUnit returns a figure of every unit that has one. read reads that of one
// unit, or of all for "". A clock's figure changes as well when a due date goes by
// and when a day begins. The map is the caller's; its values are shared.
//
// Within a write nothing is kept and nothing taken: it may see its own changes.
func perUnit[T any](ctx context.Context, q db.Queryer, k *Desk, name string, clock bool, read func(q db.Queryer, u unit.ID) (map[unit.ID]T, error)) (map[unit.ID]T, error) {
	return perUnitKept(ctx, q, k, name, clock, func(q db.Queryer, _ *kept, u unit.ID) (map[unit.ID]T, error) { return read(q, u) })
}

// perUnitKept is perUnit for what is made of other things that are kept: read gets
// them, or nil where nothing may be kept.
func perUnitKept[T any](ctx context.Context, q db.Queryer, k *Desk, name string, clock bool, read func(q db.Queryer, s *kept, u unit.ID) (map[unit.ID]T, error)) (out map[unit.ID]T, err error) {
	if _, writing := q.(*db.Tx); writing {
		return read(q, nil, "")
	}
	s, err := k.keptNow(ctx, q)
	if err != nil {
		return nil, err
	}
	if x, ok := q.(interface {
		Snapshot(context.Context, func(*db.Snapshot) error) error
	}); ok {
		// One view for all of it, and one connection before the lock: those who wait
		// for the lock hold theirs.
		err := x.Snapshot(ctx, func(q *db.Snapshot) error {
			out, err = fromKeptUnits(ctx, q, k, s, name, clock, read)
			return err
		})
		return out, err
	}
	return fromKeptUnits(ctx, q, k, s, name, clock, read)
}

func fromKeptUnits[T any](ctx context.Context, q db.Queryer, k *Desk, s *kept, name string, clock bool, read func(q db.Queryer, s *kept, u unit.ID) (map[unit.ID]T, error)) (map[unit.ID]T, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := k.DB.Now()
	behind, err := s.look(ctx, q, now)
	if err != nil {
		return nil, err
	}
	x := s.slots[name]
	again := map[unit.ID]bool{}
	switch {
	case behind && x == nil:
		return read(q, nil, "")
	case behind: // somebody whose view is newer was here
		return maps.Clone(x.byUnit.(map[unit.ID]T)), nil
	case x == nil || clock && (x.at > now || x.at.Date() != now.Date()):
		x = nil
	case clock && x.at < now:
		passed, err := db.Column[unit.ID](ctx, q, keptPassed, x.at, now)
		if err != nil {
			return nil, err
		}
		for _, u := range passed {
			again[u] = true
		}
	}
	if x == nil {
		all, err := read(q, s, "")
		if err != nil {
			return nil, err
		}
		if len(s.slots) >= 64 { // periods that somebody asked about once
			clear(s.slots)
		}
		s.slots[name] = &slot{s.version, now, all}
		return maps.Clone(all), nil
	}
	all := x.byUnit.(map[unit.ID]T)
	for u, v := range s.units {
		if v > x.version {
			again[u] = true
		}
	}
	for u := range again {
		one, err := read(q, s, u)
		if err != nil {
			delete(s.slots, name) // half of it is new
			return nil, err
		}
		delete(all, u)
		maps.Copy(all, one)
	}
	x.version, x.at = s.version, now
	return maps.Clone(all), nil
}

// look notes in which units something happened since the last look. It reports
// whether q's view is older than one that looked before: what it reads must not be
// kept then.
func (s *kept) look(ctx context.Context, q db.Queryer, now moment.Instant) (behind bool, err error) {
	view, _ := q.(*db.Snapshot)
	if view != nil && view == s.by && now >= s.now && now <= s.begun.Add(keptFor) {
		return s.behind, nil
	}
	s.by = nil // until this look is done
	behind, err = s.lookAnew(ctx, q, now)
	if err == nil {
		s.by, s.behind, s.now = view, behind, now
	}
	return behind, err
}

func (s *kept) lookAnew(ctx context.Context, q db.Queryer, now moment.Instant) (behind bool, err error) {
	if s.slots == nil || now < s.now || now > s.begun.Add(keptFor) {
		last, err := db.Column[moment.Instant](ctx, q, keptLast)
		if err != nil {
			return false, err
		}
		s.begun, s.version, s.mark, s.last = now, s.version+1, 1, 0 // 0 is stored as none
		s.seen, s.units, s.slots, s.open = map[string]int{}, map[unit.ID]int64{}, map[string]*slot{}, nil
		if len(last) > 0 {
			s.mark, s.last = min(last[0], now).Add(-overlap), last[0]
		}
	}
	type change struct {
		facts int
		units [2]unit.ID
		at    moment.Instant
	}
	recent, last := map[string]change{}, moment.Instant(0)
	err = db.Each(ctx, q, keptChanged, func(r db.Scanner) error {
		var id string
		var c change
		err := r.Scan(&id, &c.facts, &c.units[0], &c.units[1], &c.at)
		recent[id], last = c, max(last, c.at)
		return err
	}, s.mark)
	if err != nil {
		return false, err
	}
	for id, facts := range s.seen {
		behind = behind || recent[id].facts < facts
	}
	if behind = behind || last < s.last; behind {
		return true, nil
	}
	found := map[string]bool{}
	for id, c := range recent {
		if s.seen[id] < c.facts {
			found[id] = true
		}
	}
	if len(found) > 0 {
		if err := s.follow(ctx, q, found); err != nil {
			return false, err
		}
		s.version++
	}
	for id := range found {
		c := recent[id]
		s.seen[id] = c.facts
		for _, u := range c.units {
			s.units[u] = s.version
		}
	}
	s.last = last
	if mark := min(last, now).Add(-overlap); mark > s.mark {
		s.mark = mark
		for id := range s.seen {
			if recent[id].at <= mark {
				delete(s.seen, id)
			}
		}
	}
	return false, nil
}
