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
type Move struct {
	From, To ID
	// Rules send single dossiers elsewhere than to To: the first that matches.
	Rules []Rule
	// Grants says which grants in a unit that ends go on in To; the others end
	// with it, and the administrator sees them listed.
	Grants string
	// Calendar: the unit's own week and its coming days hold in To from then on.
	Calendar bool
}

// A Rule sends the dossiers of a divided unit that it matches to one of its
// successors.
type Rule struct {
	Field string // of RuleFields
	Value string
	To    ID
}

// Fields of a Rule. An address matches when it contains the words, whatever their
// marks and case.
const (
	ByDossier   = "dossier"   // mã hồ sơ: an exception by hand
	ByProcedure = "procedure" // mã thủ tục
	BySector    = "sector"    // lĩnh vực
	ByAddress   = "address"   // địa chỉ người nộp: thôn, bản, tổ dân phố
)

// RuleFields lists the fields of rules, the most exact first.
var RuleFields = []string{ByDossier, ByProcedure, BySector, ByAddress}

// Which grants go on in the successor.
const (
	WorkGrants = "work" // of those who work at the counter and on dossiers; the default
	AllGrants  = "all"
	NoGrants   = "none"
)

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
				err = r.Scan(&m.From, &m.To, &m.Grants, &m.Calendar)
				return m, err
			}, e.ID)
			if err != nil {
				return err
			}
			if err := loadRules(ctx, tx, e); err != nil {
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

func loadRules(ctx context.Context, q db.Queryer, e *Event) error {
	return db.Each(ctx, q, qRules, func(r db.Scanner) error {
		var from ID
		var x Rule
		err := r.Scan(&from, &x.Field, &x.Value, &x.To)
		for i := range e.Moves {
			if e.Moves[i].From == from {
				e.Moves[i].Rules = append(e.Moves[i].Rules, x)
			}
		}
		return err
	}, e.ID)
}

// Moves returns where what was open in a unit went, or goes, by event.
func (b *Book) Moves(ctx context.Context, q db.Queryer, from ID) (map[string]Move, error) {
	out := map[string]Move{}
	err := db.Each(ctx, q, qMovesOf, func(r db.Scanner) error {
		var id string
		m := Move{From: from}
		err := r.Scan(&id, &m.To, &m.Grants, &m.Calendar)
		out[id] = m
		return err
	}, string(from))
	return out, err
}

// Events returns what happened to a unit, the oldest first. Units and Moves are
// not read back: they are for the job.
func (b *Book) Events(ctx context.Context, q db.Queryer, id ID) ([]Event, error) {
	return db.All(ctx, q, qEvents, scanEvent, string(id))
}
