package unit

import (
	"context"

	"cchc/base/db"
	"cchc/base/job"
	"cchc/base/moment"
)

// Kind is what sort of event changed units.
type Kind string

const (
	Created       Kind = "create"        // thành lập
	Renamed       Kind = "rename"        // đổi tên
	Merged        Kind = "merge"         // sáp nhập, hợp nhất
	Divided       Kind = "split"         // chia, tách, điều chỉnh địa giới
	Dissolved     Kind = "dissolve"      // giải thể
	LevelChanged  Kind = "change_level"  // chuyển cấp
	ParentChanged Kind = "change_parent" // chuyển cấp trên
	CodeChanged   Kind = "change_code"   // đổi mã
	FactsChanged  Kind = "change_facts"  // khu vực, khối
)

// An Event is something that changed units. It is also the job's message to the
// rooms that have open things there.
type Event struct {
	ID       string
	Kind     Kind
	Day      moment.Date // from when it holds
	Basis    string
	Note     string
	Account  string
	Recorded moment.Instant
	Units    []ID   // every unit that it touched
	Moves    []Move // where what is open goes, of each unit that lost something
}

// A Move says where the open dossiers and tasks of a unit go on the day of the
// event, code and promise unchanged. Without To a person has to choose: the room
// leaves a to-do.
type Move struct{ From, To ID }

// Changed is the job that tells other rooms of an event, of every one but the
// creation of a unit. It is enqueued in the event's own transaction, or by Sweep
// on the event's day when that lies ahead.
var Changed = job.Kind[Event]{Name: "unit.changed"}

// Sweep tells the other rooms of the events whose day has come since they were
// recorded, and returns how many there were. Run it once a day, after midnight.
func (r *Registry) Sweep(ctx context.Context) (int, error) {
	n := 0
	err := r.Book.DB.Write(ctx, func(tx *db.Tx) error {
		events, err := db.All(ctx, tx, qUntold, scanEvent, tx.Now.Date())
		if err != nil {
			return err
		}
		for i := range events {
			e := &events[i]
			if e.Units, err = db.Column[ID](ctx, tx, qTouched, e.ID); err != nil {
				return err
			}
			e.Moves, err = db.All(ctx, tx, qMoves, func(r db.Scanner) (m Move, err error) {
				err = r.Scan(&m.From, &m.To)
				return m, err
			}, e.ID)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, markTold, tx.Now, e.ID); err != nil {
				return err
			}
		}
		n = len(events)
		return Changed.EnqueueAll(ctx, tx, events)
	})
	return n, err
}

func scanEvent(r db.Scanner) (e Event, err error) {
	err = r.Scan(&e.ID, &e.Kind, &e.Day, &e.Basis, &e.Note, &e.Account, &e.Recorded)
	return e, err
}

// Events returns what happened to a unit, the oldest first. Units and Moves are
// not read back: they are for the job.
func (b *Book) Events(ctx context.Context, q db.Queryer, id ID) ([]Event, error) {
	return db.All(ctx, q, qEvents, scanEvent, string(id))
}
