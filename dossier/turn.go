package dossier

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/unit"
)

// A Turn is a number in the counter's queue (số thứ tự) of one unit and day. It
// knows nothing of the person who holds it.
type Turn struct {
	ID       string
	Unit     unit.ID
	Day      moment.Date
	Kind     string // whose number it is
	Letter   string // of Kind
	Number   int64
	WaitsFor string // the kind whose desks call it: another one after a transfer
	// Priority is for who goes first by law: the elderly (Luật Người cao tuổi
	// 39/2009/QH12), people with disabilities (Luật Người khuyết tật 51/2010/QH12),
	// and who is pregnant.
	Priority bool
	Taken    moment.Instant
	Placed   moment.Instant // when its place in the queue was taken: later than Taken after a no-show
	Called   moment.Instant // for the first time; 0 never
	Recalled moment.Instant // for the last time
	Desk     string         // to which it is, or was, called
	Account  string         // who called it
	Misses   int            // how often nobody came
	Ended    moment.Instant
	Ending   TurnState // TurnServed or TurnMissed; "" while it is open
}

// A TurnState is how a number stands.
type TurnState string

const (
	TurnWaiting TurnState = "waiting"
	TurnCalled  TurnState = "called"
	TurnServed  TurnState = "served"
	TurnMissed  TurnState = "missed" // nobody came, twice
	TurnLeft    TurnState = "left"   // the day ended first
)

// MostTurns is how many numbers a kind has on one day: three digits are printed.
const MostTurns = 999

// Label is the number as it is printed and called: "A007".
func (t Turn) Label() string { return fmt.Sprintf("%s%03d", t.Letter, t.Number) }

// State tells how it stands on a day: what an earlier day left open ended with it.
func (t Turn) State(today moment.Date) TurnState {
	switch {
	case t.Ended != 0:
		return t.Ending
	case t.Day < today:
		return TurnLeft
	case t.Desk != "":
		return TurnCalled
	}
	return TurnWaiting
}

// Wait is the time from taking the number to its first call, or to now while it
// was never called.
func (t Turn) Wait(now moment.Instant) time.Duration {
	if t.Called != 0 {
		now = t.Called
	}
	return time.Duration(now-t.Taken) * time.Millisecond
}

// A TurnKind is a kind of business that people queue for.
type TurnKind struct {
	ID     string
	Letter string // of its numbers; never another kind's of the unit
	Name   string
	Ended  moment.Instant // when the unit stopped it
}

const turnColumns = `t.id, t.unit_id, t.day, t.kind_id, k.letter, t.number, t.waits_for, t.priority, t.taken_at, t.placed_at,
	COALESCE(t.called_at, 0), COALESCE(t.recalled_at, 0), t.desk, t.account, t.misses, COALESCE(t.ended_at, 0), t.ending`

var (
	turnGet   = db.SQL("turn.get", `SELECT `+turnColumns+` FROM turn t JOIN turn_kind k ON k.id = t.kind_id WHERE t.id = $1`)
	turnOfDay = db.SQL("turn.of_day", `
		SELECT `+turnColumns+` FROM turn t JOIN turn_kind k ON k.id = t.kind_id
		WHERE t.unit_id = $1 AND t.day = $2
		ORDER BY t.priority DESC, t.placed_at, t.id`)
	turnKinds = db.SQL("turn.kinds", `
		SELECT id, letter, name, COALESCE(ended_at, 0) FROM turn_kind
		WHERE unit_id = $1
		ORDER BY ord, letter`)
)

func scanTurn(r db.Scanner) (t Turn, err error) {
	err = r.Scan(&t.ID, &t.Unit, &t.Day, &t.Kind, &t.Letter, &t.Number, &t.WaitsFor, &t.Priority, &t.Taken, &t.Placed,
		&t.Called, &t.Recalled, &t.Desk, &t.Account, &t.Misses, &t.Ended, &t.Ending)
	return t, err
}

func scanTurnKind(r db.Scanner) (k TurnKind, err error) {
	err = r.Scan(&k.ID, &k.Letter, &k.Name, &k.Ended)
	return k, err
}

// TurnKinds returns the kinds of business that a unit's numbers are taken for, in
// the unit's order. Everybody may know them.
func (k *Desk) TurnKinds(ctx context.Context, q db.Queryer, u unit.ID) ([]TurnKind, error) {
	all, err := allTurnKinds(ctx, q, u)
	var out []TurnKind
	for _, x := range all {
		if x.Ended == 0 {
			out = append(out, x)
		}
	}
	return out, err
}

func allTurnKinds(ctx context.Context, q db.Queryer, u unit.ID) ([]TurnKind, error) {
	return db.All(ctx, q, turnKinds, scanTurnKind, string(u))
}

// turnKind finds a kind in use; the field is at fault when there is none.
func turnKind(ctx context.Context, q db.Queryer, u unit.ID, id, field string) (TurnKind, error) {
	all, err := allTurnKinds(ctx, q, u)
	if err != nil {
		return TurnKind{}, err
	}
	for _, x := range all {
		if x.ID == id && x.Ended == 0 {
			return x, nil
		}
	}
	return TurnKind{}, fault.New(fault.Invalid, "form.invalid").With(field, "turn.kind_unknown")
}

// Turn returns a number for the unit's officers. Errors: NotFound.
func (k *Desk) Turn(ctx context.Context, q db.Queryer, a actor.Actor, id string) (Turn, error) {
	t, err := db.One(ctx, q, turnGet, scanTurn, id)
	if errors.Is(err, db.ErrNotFound) {
		return Turn{}, fault.New(fault.NotFound, "turn.unknown")
	}
	if err != nil {
		return Turn{}, err
	}
	return t, k.Guard.Check(ctx, q, a, auth.CounterRead, t.Unit)
}

// actTurn lets an officer change a number of today, and records it.
func (k *Desk) actTurn(ctx context.Context, a actor.Actor, id string, do func(ctx context.Context, tx *db.Tx, t *Turn) error) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		t, err := db.One(ctx, tx, turnGet, scanTurn, id)
		if errors.Is(err, db.ErrNotFound) {
			return fault.New(fault.NotFound, "turn.unknown")
		}
		if err != nil {
			return err
		}
		if err := k.Guard.Check(ctx, tx, a, auth.DossierReceive, t.Unit); err != nil {
			return err
		}
		before := t
		if err := do(ctx, tx, &t); err != nil {
			return err
		}
		return k.storeTurn(ctx, tx, a, before, t)
	})
}

// storeTurn writes what became of a number.
func (k *Desk) storeTurn(ctx context.Context, tx *db.Tx, a actor.Actor, before, t Turn) error {
	_, err := tx.Exec(ctx, turnUpdate, t.WaitsFor, t.Placed, none(t.Called), none(t.Recalled), t.Desk, t.Account, t.Misses, none(t.Ended), string(t.Ending), t.ID)
	if err != nil {
		return err
	}
	today := tx.Now.Date()
	changes := []audit.Change{{Field: "number", To: t.Label()}, {Field: "state", From: string(before.State(today)), To: string(t.State(today))}}
	if before.Desk != t.Desk {
		changes = append(changes, audit.Change{Field: "desk", From: before.Desk, To: t.Desk})
	}
	if before.WaitsFor != t.WaitsFor {
		changes = append(changes, audit.Change{Field: "kind", From: before.WaitsFor, To: t.WaitsFor})
	}
	k.turnMoved(tx, t.Unit)
	return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.DossierReceive), Kind: "turn", ID: t.ID, Unit: t.Unit, Changes: changes})
}

var turnUpdate = db.SQL("turn.update", `
	UPDATE turn SET waits_for = $1, placed_at = $2, called_at = $3, recalled_at = $4, desk = $5, account = $6, misses = $7, ended_at = $8, ending = $9
	WHERE id = $10`)

// none is NULL for no instant.
func none(at moment.Instant) any {
	if at == 0 {
		return nil
	}
	return at
}

// turnMoved tells, once the write is committed, whoever watches the unit's queue.
func (k *Desk) turnMoved(tx *db.Tx, u unit.ID) {
	if k.TurnMoved != nil {
		k.TurnMoved(tx, u)
	}
}
