package calendar

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
)

// A Proposal is a change of one unit's calendar that nobody has made yet: days,
// or a week. Try shows the calendars as they would be, Adopt makes it.
type Proposal struct {
	Unit   actor.UnitID // "" is the nation
	Days   []Amendment  // all of Unit; their own reasons may be empty
	Week   *Setting
	Reason string
	// Stamp is what Stamp returned when the proposal was looked at: when the
	// calendar was changed since, Adopt is refused. "" asks for nothing.
	Stamp string
}

// Closed returns the amendments that close the offices of a unit, and of what is
// below it, from one day to another, both included: a storm, a power cut.
func Closed(unit actor.UnitID, from, to moment.Date, name, rule string) []Amendment {
	var out []Amendment
	for d := from; d != 0 && d <= to && len(out) < mostDays; d++ {
		out = append(out, Amendment{Unit: unit, DayOff: DayOff{Date: d, Kind: Off, Name: name, Rule: rule}})
	}
	return out
}

// mostDays keeps a mistyped year from closing offices for a century.
const mostDays = 366

func (p Proposal) check() error {
	f := fault.New(fault.Invalid, "calendar.invalid")
	if strings.TrimSpace(p.Reason) == "" {
		f.With("reason", "calendar.reason_missing")
	}
	for _, d := range p.Days {
		d.check(f)
	}
	if len(p.Days) == 0 && p.Week == nil {
		f.With("date", "calendar.date_bad")
	}
	if p.Week != nil {
		p.Week.check(f)
	}
	return f.Or()
}

// From is the first day that the proposal changes.
func (p Proposal) From() moment.Date {
	if p.Week != nil {
		return p.Week.From
	}
	first := p.Days[0].Date
	for _, d := range p.Days {
		first = min(first, d.Date)
	}
	return first
}

// apply makes the change in tables that belong to the caller.
func (t *tables) apply(p Proposal) error {
	if t.days[p.Unit] == nil {
		t.days[p.Unit] = map[moment.Date]DayOff{}
	}
	for _, m := range p.Days {
		old, there := t.days[p.Unit][m.Date]
		x := auth.EnterDay
		if m.Withdraw {
			x = auth.WithdrawDay
		}
		switch {
		case !x.In(stands(there)):
			return fault.New(fault.NotFound, "calendar.day_missing", "Day", m.Date)
		case !m.Withdraw && there && old == m.DayOff:
			return fault.New(fault.Conflict, "calendar.day_there", "Day", m.Date, "Name", old.Name)
		case m.Withdraw:
			delete(t.days[p.Unit], m.Date)
		default:
			t.days[p.Unit][m.Date] = m.DayOff
		}
	}
	if p.Week != nil {
		list := slices.DeleteFunc(slices.Clone(t.settings[p.Unit]), func(s Setting) bool { return s.From == p.Week.From })
		list = append(list, *p.Week)
		slices.SortFunc(list, func(a, b Setting) int { return int(a.From - b.From) })
		t.settings[p.Unit] = list
	}
	return nil
}

// stands is how a day stands in a unit's own calendar, in the words of the policy.
func stands(entered bool) auth.State {
	if entered {
		return "entered"
	}
	return "free"
}

// own returns a copy of the tables that may be changed.
func (t *tables) own() *tables {
	c := &tables{settings: maps.Clone(t.settings), days: maps.Clone(t.days), seeded: t.seeded, built: map[string]*Calendar{}}
	for u, days := range c.days {
		c.days[u] = maps.Clone(days)
	}
	return c
}

// A Draft is the calendars of all units as a proposal would make them.
type Draft struct {
	store *Store
	t     *tables
	on    moment.Date
}

// Try checks a proposal and the right to make it, and returns the calendars as
// they would be. It stores nothing. Faults are those of Adopt.
func (s *Store) Try(ctx context.Context, q db.Queryer, a actor.Actor, p Proposal) (*Draft, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	if err := s.allowed(ctx, q, a, p); err != nil {
		return nil, err
	}
	t, err := s.tables(ctx, q)
	if err != nil {
		return nil, err
	}
	own := t.own()
	if err := own.apply(p); err != nil {
		return nil, err
	}
	d := &Draft{store: s, t: own, on: s.DB.Now().Date()}
	if p.Week != nil { // a week that lies ahead is looked at as of its first day
		d.on = max(d.on, p.Week.From)
	}
	return d, nil
}

// For returns the calendar of a unit as it would be.
func (d *Draft) For(ctx context.Context, q db.Queryer, unit actor.UnitID) (*Calendar, error) {
	above, err := d.store.above(ctx, q, unit)
	if err != nil {
		return nil, err
	}
	return d.t.build(above, d.t.setting(above, d.on))
}

func (s *Store) allowed(ctx context.Context, q db.Queryer, a actor.Actor, p Proposal) error {
	if err := s.Guard.Check(ctx, q, a, auth.CalendarChange, p.Unit); err != nil {
		return err
	}
	return s.known(ctx, q, p.Unit)
}

// Stamp returns a short text that is another one when anything was changed in
// the own calendar of a unit: its weeks and its days.
func (s *Store) Stamp(ctx context.Context, q db.Queryer, unit actor.UnitID) (string, error) {
	t, err := s.tables(ctx, q)
	if err != nil {
		return "", err
	}
	return t.stamp(unit), nil
}

func (t *tables) stamp(unit actor.UnitID) string {
	h := sha256.New()
	for _, s := range t.settings[unit] {
		fmt.Fprintf(h, "%v\n", s)
	}
	days := t.days[unit]
	for _, d := range slices.Sorted(maps.Keys(days)) {
		fmt.Fprintf(h, "%v\n", days[d])
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// Adopt makes the change, all of it or nothing, and returns the id under which
// its outcome is kept: see Adopted. A week that lies ahead concerns open
// deadlines from its first day on.
//
// Faults: calendar.invalid with the fields, calendar.day_there,
// calendar.day_missing, calendar.changed_meanwhile.
func (s *Store) Adopt(ctx context.Context, a actor.Actor, p Proposal) (string, error) {
	if err := p.check(); err != nil {
		return "", err
	}
	id := ""
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.allowed(ctx, tx, a, p); err != nil {
			return err
		}
		if p.Unit == "" {
			if err := s.seed(ctx, tx, a); err != nil {
				return err
			}
		}
		t, err := s.tables(ctx, tx)
		if err != nil {
			return err
		}
		if p.Stamp != "" && p.Stamp != t.stamp(p.Unit) {
			return fault.New(fault.Conflict, "calendar.changed_meanwhile")
		}
		if err := t.own().apply(p); err != nil {
			return err
		}
		id = db.NewID()
		c := Change{ID: id, Unit: p.Unit, Reason: p.Reason, From: p.From()}
		if p.Week != nil {
			return s.adoptWeek(ctx, tx, a, p, t, c)
		}
		return s.adoptDays(ctx, tx, a, p, t, c)
	})
	return id, err
}

func (s *Store) adoptDays(ctx context.Context, tx *db.Tx, a actor.Actor, p Proposal, t *tables, c Change) error {
	var rows [][]any
	var what []audit.Change
	for _, m := range p.Days {
		x := audit.Change{Field: m.Date.String()}
		if old, there := t.days[p.Unit][m.Date]; there {
			x.From = old.Kind + " " + old.Name
			if _, err := tx.Exec(ctx, withdrawDay, tx.Now, a.Account, p.Reason, string(p.Unit), m.Date); err != nil {
				return err
			}
		}
		if !m.Withdraw {
			x.To = m.Kind + " " + m.Name
			rows = append(rows, dayRow(p.Unit, m.DayOff, p.Reason, a.Account, tx.Now))
		}
		what = append(what, x)
	}
	if err := tx.InsertRows(ctx, insertDays, rows); err != nil {
		return err
	}
	return s.changed(ctx, tx, a, "calendar.day", c, what, true)
}

func (s *Store) adoptWeek(ctx context.Context, tx *db.Tx, a actor.Actor, p Proposal, t *tables, c Change) error {
	x := *p.Week
	above, err := s.above(ctx, tx, x.Unit)
	if err != nil {
		return err
	}
	old := t.setting(above, x.From)
	told := tx.Now
	if x.From > tx.Now.Date() {
		told = 0
	}
	if _, err := tx.Exec(ctx, putSetting, string(x.Unit), x.From, string(x.Convention), x.SameDayUntil, x.AsReceived,
		p.Reason, tx.Now, told); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, dropSessions, string(x.Unit), x.From); err != nil {
		return err
	}
	if err := tx.InsertRows(ctx, insertSessions, sessionRows(x)); err != nil {
		return err
	}
	return s.changed(ctx, tx, a, "calendar.week", c, differences(old, x), told != 0)
}
