package serviceindex

import (
	"context"
	"encoding/json"
	"fmt"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/unit"
)

// A Digest (bản tin tuần) is what a unit's leaders are told of a week: figures of
// the week before the Monday, and what that Monday begins.
type Digest struct {
	Unit     unit.ID
	Name     string
	Week     moment.Date // the Monday on which it is told
	Made     moment.Instant
	Last     Span // the week before: Monday to Sunday
	Before   Span // and the one before that
	Overdue  int64
	Soon     int64 // due by the end of the week
	SoonBy   moment.Date
	Holders  []Holder
	Silent   []Silent
	Days     int // working days without an entry that make a unit silent
	Up, Down []Move
	Points   points.Points
	Change   points.Points // against the month before
	Known    bool          // the unit has an index
	Live     bool          // overdue, soon and holders are of when it was made
}

// A Span counts what was received and resolved.
type Span struct{ Received, InTime, Late int64 }

// A Holder is who has steps that are past their deadline.
type Holder struct {
	Name  string // of the person; "" where nobody has taken them
	Role  string
	Place string // the unit
	Count int64
	Since moment.Date
}

// A Silent is a unit that entered nothing.
type Silent struct {
	Unit unit.ID
	Name string
	Last moment.Date // last day of a receipt or result; zero: never
}

// A Move is a unit whose points changed.
type Move struct {
	Name   string
	Points points.Points
}

var (
	digestPut = db.SQL("serviceindex.digest.put", `
		INSERT INTO digest (unit_id, week, made_at, data) VALUES ($1, $2, $3, $4)
		ON CONFLICT (unit_id, week) DO NOTHING`)
	digestGet = db.SQL("serviceindex.digest.get", `
		SELECT data FROM digest WHERE unit_id = $1 AND week = $2`)
	digestWeeks = db.SQL("serviceindex.digest.weeks", `
		SELECT week FROM digest WHERE unit_id = $1 ORDER BY week DESC LIMIT 60`)
)

// KeepDigest stores a digest unless the week's is there already, and reports
// whether it was stored: what leaders were told does not change.
func (x *Index) KeepDigest(ctx context.Context, d Digest) (kept bool, err error) {
	text, err := json.Marshal(d)
	if err != nil {
		return false, err
	}
	err = x.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, digestPut, string(d.Unit), d.Week, d.Made, string(text))
		kept = n > 0
		return err
	})
	return kept, err
}

// KeptDigest returns a week's digest as it was made; false where none was.
func (x *Index) KeptDigest(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID, week moment.Date) (Digest, bool, error) {
	var d Digest
	if err := x.Guard.Check(ctx, q, a, auth.BoardRead, u); err != nil {
		return d, false, err
	}
	found, err := db.Column[string](ctx, q, digestGet, string(u), week)
	if err != nil || len(found) == 0 {
		return d, false, err
	}
	if err := json.Unmarshal([]byte(found[0]), &d); err != nil {
		return d, false, fmt.Errorf("digest of %s, %s: %w", u, week, err)
	}
	return d, true, nil
}

// Weeks lists the Mondays of the digests that a unit has, the latest first.
func (x *Index) Weeks(ctx context.Context, q db.Queryer, u unit.ID) ([]moment.Date, error) {
	return db.Column[moment.Date](ctx, q, digestWeeks, string(u))
}

// Monday returns the Monday of a day's week.
func Monday(d moment.Date) moment.Date { return d.AddDays(-((int(d.Weekday()) + 6) % 7)) }
