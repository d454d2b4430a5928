package calendar

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/moment"
)

// epoch is the name under which writes tell caches that calendars changed.
const epoch = "calendar"

// A Tree tells what lies above a unit. The unit room's Book is one.
type Tree interface {
	// Above returns the unit and the units above it, the nearest first.
	Above(ctx context.Context, q db.Queryer, unit actor.UnitID) ([]actor.UnitID, error)
}

// A Store keeps the calendars of units. A unit has the week of its nearest
// ancestor that has one, itself first, or the default; and the nation's days off
// with what its ancestors and it itself amended, the nearest deciding. The zero
// Store with a DB is ready: without Tree every unit stands alone. Share one.
//
// Where no day off of the nation was ever recorded, those of the program are
// taken, so that no deadline is counted as if there were no holidays.
type Store struct {
	DB    *db.DB
	Tree  Tree
	Guard auth.Guard

	once  sync.Once
	cache db.Cache[*tables]
}

// A Setting is the working time of a unit from a day on.
type Setting struct {
	Unit         actor.UnitID
	From         moment.Date
	Week         Week
	Convention   Convention
	SameDayUntil int  // last second of the day for "within the day"; 54,000 is 15:00:00
	AsReceived   bool // a receipt outside office hours takes effect at once
}

// DefaultSetting is what holds where nobody set anything.
func DefaultSetting() Setting {
	return Setting{Week: DefaultWeek(), Convention: Days, SameDayUntil: 15 * 3600}
}

func (s *Store) tables(ctx context.Context, q db.Queryer) (*tables, error) {
	s.once.Do(func() { s.cache.Name, s.cache.Load = epoch, load })
	return s.cache.Get(ctx, q)
}

// For returns the calendar of a unit as it is set today; of "" the default week
// with the nation's days off.
func (s *Store) For(ctx context.Context, q db.Queryer, unit actor.UnitID) (*Calendar, error) {
	return s.On(ctx, q, unit, s.DB.Now().Date())
}

// On returns the calendar of a unit with the week set for a day. Days off are
// those known now, of all years: a calendar has one week only, and a change of
// week counts for what is received from then on and for what is projected anew.
func (s *Store) On(ctx context.Context, q db.Queryer, unit actor.UnitID, d moment.Date) (*Calendar, error) {
	t, err := s.tables(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("read the calendars: %w", err)
	}
	above, err := s.above(ctx, q, unit)
	if err != nil {
		return nil, err
	}
	return t.build(above, t.setting(above, d))
}

// Setting returns the working time that holds for a unit on a day; its Unit is
// the one that set it, "" when nobody did.
func (s *Store) Setting(ctx context.Context, q db.Queryer, unit actor.UnitID, d moment.Date) (Setting, error) {
	t, err := s.tables(ctx, q)
	if err != nil {
		return Setting{}, err
	}
	above, err := s.above(ctx, q, unit)
	if err != nil {
		return Setting{}, err
	}
	return t.setting(above, d), nil
}

func (s *Store) above(ctx context.Context, q db.Queryer, unit actor.UnitID) ([]actor.UnitID, error) {
	if unit == "" {
		return nil, nil
	}
	if s.Tree == nil {
		return []actor.UnitID{unit}, nil
	}
	above, err := s.Tree.Above(ctx, q, unit)
	if err != nil {
		return nil, fmt.Errorf("what lies above unit %s: %w", unit, err)
	}
	return above, nil
}

func (t *tables) setting(above []actor.UnitID, d moment.Date) Setting {
	for _, u := range above {
		found := Setting{}
		for _, x := range t.settings[u] {
			if x.From <= d {
				found = x
			}
		}
		if found.Unit != "" {
			return found
		}
	}
	return DefaultSetting()
}

// build returns the one Calendar of everybody with the same setting and days.
func (t *tables) build(above []actor.UnitID, s Setting) (*Calendar, error) {
	key := []string{string(s.Unit), s.From.String()}
	var with []actor.UnitID
	for _, u := range above {
		if t.days[u] != nil {
			with = append(with, u)
			key = append(key, string(u))
		}
	}
	k := strings.Join(key, " ")
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.built[k]; c != nil {
		return c, nil
	}
	days := map[moment.Date]DayOff{}
	for d, x := range t.days[""] {
		days[d] = x
	}
	for i := len(with) - 1; i >= 0; i-- {
		for d, x := range t.days[with[i]] {
			days[d] = x
		}
	}
	list := make([]DayOff, 0, len(days))
	for _, x := range days {
		list = append(list, x)
	}
	options := []Option{SameDayUntil(s.SameDayUntil)}
	if s.AsReceived {
		options = append(options, AsReceived())
	}
	c, err := New(s.Week, s.Convention, list, options...)
	if err != nil {
		return nil, fmt.Errorf("build the calendar of %q: %w", k, err)
	}
	t.built[k] = c
	return c, nil
}

// A Record is one day off of a unit as it was entered, withdrawn or not.
type Record struct {
	ID string
	DayOff
	Reason          string
	Recorded        moment.Instant
	By              string // account
	Withdrawn       moment.Instant
	WithdrawnBy     string
	WithdrawnReason string
}

// Records returns every day off that was ever entered for a unit itself, or for
// the nation with "", by date; none where the program's own are in use.
func (s *Store) Records(ctx context.Context, q db.Queryer, unit actor.UnitID) ([]Record, error) {
	return db.All(ctx, q, qRecords, func(r db.Scanner) (x Record, err error) {
		err = r.Scan(&x.ID, &x.Date, &x.Kind, &x.Name, &x.Rule, &x.Replaces, &x.Reason, &x.Recorded, &x.By,
			&x.Withdrawn, &x.WithdrawnBy, &x.WithdrawnReason)
		return x, err
	}, string(unit))
}

// Own returns the days off in force that are entered for a unit itself, or for
// the nation with "", by date.
func (s *Store) Own(ctx context.Context, q db.Queryer, unit actor.UnitID) ([]DayOff, error) {
	t, err := s.tables(ctx, q)
	if err != nil {
		return nil, err
	}
	out := make([]DayOff, 0, len(t.days[unit]))
	for _, d := range slices.Sorted(maps.Keys(t.days[unit])) {
		out = append(out, t.days[unit][d])
	}
	return out, nil
}

// Settings returns the weeks that a unit itself set, the oldest first.
func (s *Store) Settings(ctx context.Context, q db.Queryer, unit actor.UnitID) ([]Setting, error) {
	t, err := s.tables(ctx, q)
	if err != nil {
		return nil, err
	}
	return slices.Clone(t.settings[unit]), nil
}
