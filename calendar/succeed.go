package calendar

import (
	"context"
	"strings"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/moment"
)

// Succession returns what Succeed would give a successor of a unit from a day on:
// the week that the unit itself set, nil when it set none, and its own days of
// then or later.
func (s *Store) Succession(ctx context.Context, q db.Queryer, from actor.UnitID, day moment.Date) (*Setting, []DayOff, error) {
	t, err := s.tables(ctx, q)
	if err != nil {
		return nil, nil, err
	}
	var week *Setting
	for _, x := range t.settings[from] {
		if x.From <= day {
			week = &x
		}
	}
	own, err := s.Own(ctx, q, from)
	if err != nil {
		return nil, nil, err
	}
	var days []DayOff
	for _, d := range own {
		if d.Date >= day {
			days = append(days, d)
		}
	}
	return week, days, nil
}

// Succeed gives a unit the own week and the coming own days of one that ended on
// a day. What the successor set itself stays; run again it changes nothing. It is
// for the job that follows a change of units.
func (s *Store) Succeed(ctx context.Context, from, to actor.UnitID, day moment.Date, basis string) error {
	week, days, err := s.Succession(ctx, s.DB, from, day)
	if err != nil {
		return err
	}
	t, err := s.tables(ctx, s.DB)
	if err != nil {
		return err
	}
	reason := strings.TrimSpace(basis)
	if week != nil && len(t.settings[to]) == 0 {
		x := *week
		x.Unit, x.From = to, day
		if _, err := s.Adopt(ctx, actor.System("succession"), Proposal{Unit: to, Week: &x, Reason: reason}); err != nil {
			return err
		}
	}
	p := Proposal{Unit: to, Reason: reason}
	for _, d := range days {
		if _, there := t.days[to][d.Date]; !there {
			p.Days = append(p.Days, Amendment{Unit: to, DayOff: d})
		}
	}
	if len(p.Days) == 0 {
		return nil
	}
	_, err = s.Adopt(ctx, actor.System("succession"), p)
	return err
}
