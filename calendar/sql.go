package calendar

import (
	"context"
	"strings"
	"sync"
	"time"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/data"
)

var (
	qSettings = db.SQL("calendar.settings", `
		SELECT unit_id, from_day, convention, same_day_until, as_received
		FROM calendar
		ORDER BY unit_id, from_day`)
	qSessions = db.SQL("calendar.sessions", `
		SELECT unit_id, from_day, weekday, opens, closes, counts
		FROM calendar_session
		ORDER BY unit_id, from_day, weekday, opens`)
	qDays = db.SQL("calendar.days", `
		SELECT COALESCE(unit_id, ''), day, kind, name, rule, replaces
		FROM day_off
		WHERE withdrawn_at IS NULL
		ORDER BY unit_id, day`)
	qRecords = db.SQL("calendar.records", `
		SELECT id, day, kind, name, rule, replaces, reason, recorded_at, recorded_by,
			withdrawn_at, withdrawn_by, withdrawn_reason
		FROM day_off
		WHERE COALESCE(unit_id, '') = $1
		ORDER BY day, recorded_at, id`)
	qUntold = db.SQL("calendar.untold", `
		SELECT unit_id, from_day, reason
		FROM calendar
		WHERE told_at IS NULL AND from_day <= $1
		ORDER BY unit_id, from_day`)

	putSetting = db.SQL("calendar.put", `
		INSERT INTO calendar (unit_id, from_day, convention, same_day_until, as_received, reason, recorded_at, told_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (unit_id, from_day) DO UPDATE SET
			convention = excluded.convention, same_day_until = excluded.same_day_until,
			as_received = excluded.as_received, reason = excluded.reason,
			recorded_at = excluded.recorded_at, told_at = excluded.told_at`)
	dropSessions = db.SQL("calendar.session.drop", `DELETE FROM calendar_session WHERE unit_id = $1 AND from_day = $2`)
	markTold     = db.SQL("calendar.told", `UPDATE calendar SET told_at = $1 WHERE unit_id = $2 AND from_day = $3`)
	withdrawDay  = db.SQL("calendar.day.withdraw", `
		UPDATE day_off SET withdrawn_at = $1, withdrawn_by = $2, withdrawn_reason = $3
		WHERE COALESCE(unit_id, '') = $4 AND day = $5 AND withdrawn_at IS NULL`)

	insertSessions = db.Rows("calendar.session.insert", "calendar_session",
		"unit_id, from_day, weekday, opens, closes, counts", "")
	insertDays = db.Rows("calendar.day.insert", "day_off",
		"id, unit_id, day, kind, name, rule, replaces, reason, recorded_at, recorded_by, withdrawn_by, withdrawn_reason", "")
)

// tables is what is stored of all calendars, and those that were built of it. It
// is shared; only built changes.
type tables struct {
	settings map[actor.UnitID][]Setting // by From
	days     map[actor.UnitID]map[moment.Date]DayOff
	seeded   bool // the nation's days are rows, not the embedded ones

	mu    sync.Mutex
	built map[string]*Calendar
}

func load(ctx context.Context, q db.Queryer) (*tables, error) {
	t := &tables{settings: map[actor.UnitID][]Setting{}, days: map[actor.UnitID]map[moment.Date]DayOff{}, built: map[string]*Calendar{}}
	err := db.Each(ctx, q, qSettings, func(r db.Scanner) error {
		var s Setting
		err := r.Scan(&s.Unit, &s.From, &s.Convention, &s.SameDayUntil, &s.AsReceived)
		t.settings[s.Unit] = append(t.settings[s.Unit], s)
		return err
	})
	if err != nil {
		return nil, err
	}
	err = db.Each(ctx, q, qSessions, func(r db.Scanner) error {
		var unit actor.UnitID
		var from moment.Date
		var weekday int
		var s Session
		var counts bool
		if err := r.Scan(&unit, &from, &weekday, &s.From, &s.To, &counts); err != nil {
			return err
		}
		for i := range t.settings[unit] {
			if x := &t.settings[unit][i]; x.From == from {
				x.Week[weekday].Sessions = append(x.Week[weekday].Sessions, s)
				x.Week[weekday].Counts = counts
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = db.Each(ctx, q, qDays, func(r db.Scanner) error {
		var unit actor.UnitID
		var d DayOff
		err := r.Scan(&unit, &d.Date, &d.Kind, &d.Name, &d.Rule, &d.Replaces)
		if t.days[unit] == nil {
			t.days[unit] = map[moment.Date]DayOff{}
		}
		t.days[unit][d.Date] = d
		return err
	})
	if err != nil {
		return nil, err
	}
	if t.seeded = t.days[""] != nil; !t.seeded {
		t.days[""] = embedded()
	}
	return t, nil
}

// embedded is the nation's days off that the program carries. It is part of the
// program, so that a wrong one is a mistake of ours, found by a test.
var embedded = sync.OnceValue(func() map[moment.Date]DayOff {
	days, err := ParseHolidays(strings.NewReader(data.Holidays))
	if err != nil {
		panic(err)
	}
	m := make(map[moment.Date]DayOff, len(days))
	for _, d := range days {
		m[d.Date] = d
	}
	return m
})

func dayRow(unit actor.UnitID, d DayOff, reason, by string, now moment.Instant) []any {
	var u any
	if unit != "" {
		u = string(unit)
	}
	return []any{db.NewID(), u, d.Date, d.Kind, d.Name, d.Rule, d.Replaces, reason, now, by, "", ""}
}

func sessionRows(s Setting) [][]any {
	var rows [][]any
	for wd := time.Sunday; wd <= time.Saturday; wd++ {
		for _, x := range s.Week[wd].Sessions {
			rows = append(rows, []any{string(s.Unit), s.From, int(wd), x.From, x.To, s.Week[wd].Counts})
		}
	}
	return rows
}
