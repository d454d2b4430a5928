package calendar

import (
	"context"
	"errors"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/moment"
)

// An Adopted is a change of a calendar and what came of it: how many promises
// moved when the open deadlines were projected anew.
type Adopted struct {
	ID       string
	Unit     actor.UnitID // "" is the nation
	Verb     string       // calendar.day, calendar.week, calendar.import
	From     moment.Date
	Reason   string
	Account  string
	Recorded moment.Instant
	Started  moment.Instant // zero while it waits for the job, or for its first day
	Finished moment.Instant
	Moved    int
}

var (
	insertAdopted = db.Rows("calendar.adopted.insert", "calendar_change",
		"id, unit_id, verb, from_day, reason, account, recorded_at, moved", "")
	qAdopted = db.SQL("calendar.adopted.of", `
		SELECT id, COALESCE(unit_id, ''), verb, from_day, reason, account, recorded_at, started_at, finished_at, moved
		FROM calendar_change
		WHERE COALESCE(unit_id, '') = $1
		ORDER BY recorded_at DESC, id DESC
		LIMIT 50`)
	qAdoptedOne = db.SQL("calendar.adopted.one", `
		SELECT id, COALESCE(unit_id, ''), verb, from_day, reason, account, recorded_at, started_at, finished_at, moved
		FROM calendar_change
		WHERE id = $1`)
	qAdoptedWeek = db.SQL("calendar.adopted.week", `
		SELECT id
		FROM calendar_change
		WHERE unit_id = $1 AND from_day = $2 AND verb = 'calendar.week'
		ORDER BY recorded_at DESC, id DESC
		LIMIT 1`)
	moveAdopted = db.SQL("calendar.adopted.move", `
		UPDATE calendar_change SET started_at = COALESCE(started_at, $1), moved = moved + $2
		WHERE id = $3`)
	endAdopted = db.SQL("calendar.adopted.end", `UPDATE calendar_change SET finished_at = $1 WHERE id = $2`)
)

func scanAdopted(r db.Scanner) (x Adopted, err error) {
	err = r.Scan(&x.ID, &x.Unit, &x.Verb, &x.From, &x.Reason, &x.Account, &x.Recorded, &x.Started, &x.Finished, &x.Moved)
	return x, err
}

func keep(ctx context.Context, tx *db.Tx, a actor.Actor, verb string, c Change) error {
	var u any
	if c.Unit != "" {
		u = string(c.Unit)
	}
	return tx.InsertRows(ctx, insertAdopted, [][]any{{c.ID, u, verb, c.From, c.Reason, a.Account, tx.Now, 0}})
}

func adoptedWeek(ctx context.Context, tx *db.Tx, u actor.UnitID, from moment.Date) (string, error) {
	id, err := db.Value[string](ctx, tx, qAdoptedWeek, string(u), from)
	if errors.Is(err, db.ErrNotFound) { // entered before outcomes were kept
		return "", nil
	}
	return id, err
}

// AdoptedOf returns the latest changes of a unit's own calendar, or with "" of
// the nation's, the newest first.
func (s *Store) AdoptedOf(ctx context.Context, q db.Queryer, u actor.UnitID) ([]Adopted, error) {
	return db.All(ctx, q, qAdopted, scanAdopted, string(u))
}

// AdoptedByID returns a change; db.ErrNotFound when there is none.
func (s *Store) AdoptedByID(ctx context.Context, q db.Queryer, id string) (Adopted, error) {
	return db.One(ctx, q, qAdoptedOne, scanAdopted, id)
}

// Progress notes that so many more promises moved because of a change; Finish
// that all were looked at. What has no id is not kept.
func (s *Store) Progress(ctx context.Context, id string, moved int) error {
	if id == "" {
		return nil
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, moveAdopted, tx.Now, moved, id)
		return err
	})
}

// Finish notes that every open deadline was looked at because of a change.
func (s *Store) Finish(ctx context.Context, id string) error {
	if id == "" {
		return nil
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, endAdopted, tx.Now, id)
		return err
	})
}
