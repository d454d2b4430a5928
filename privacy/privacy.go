// Package privacy is the room of personal data (dữ liệu cá nhân): who looked at whose,
// what left in files, how long each class of data is kept, and what the people whose
// data they are may ask for.
package privacy

import (
	"context"
	"strconv"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/look"
	"cchc/calendar"
	"cchc/setting"
	"cchc/unit"
)

// Dossiers is what this room asks of dossiers.
type Dossiers interface {
	// Ref returns the id and the unit of the dossier with a code. Faults: NotFound.
	Ref(ctx context.Context, q db.Queryer, code string) (id string, u unit.ID, err error)
	// Verified is Ref for a visitor who knows the last digits of the phone. People type a
	// code as they like: own is the dossier's. Faults: NotFound for a wrong code and wrong
	// digits alike; Invalid with fields code, digits.
	Verified(ctx context.Context, q db.Queryer, code, digits string) (id, own string, u unit.ID, err error)
	// Everything returns what dossiers hold about the person of one, in units where the
	// actor may read persons.
	Everything(ctx context.Context, q db.Queryer, a actor.Actor, code string) (Data, error)
	// CorrectPerson and ErasePerson do what was granted, with their own rights and rules.
	CorrectPerson(ctx context.Context, tx *db.Tx, a actor.Actor, code string, to map[string]string, reason, document string) error
	ErasePerson(ctx context.Context, tx *db.Tx, a actor.Actor, code string, codes []string, reason, document string) error
}

// A Desk keeps what is known of looks and requests. Everything is needed.
type Desk struct {
	DB        *db.DB
	Guard     *auth.Guard
	Units     *unit.Book
	Looks     *look.Log
	Dossiers  Dossiers
	Register  Register
	Settings  *setting.Book
	Calendars *calendar.Store
	// People returns who may answer the requests of a unit.
	People  func(ctx context.Context, q db.Queryer, u unit.ID) ([]Person, error)
	Classes []Class // in the order of the page
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// LooksMost is how many looks of a dossier are shown at most.
const LooksMost = 1000

// LooksAt returns who looked at a dossier, the latest first, for one who may read
// that. What this process has not yet written is written first. Faults: Forbidden,
// NotFound.
func (k *Desk) LooksAt(ctx context.Context, a actor.Actor, code string) ([]look.Look, error) {
	id, u, err := k.Dossiers.Ref(ctx, k.DB, code)
	if err != nil {
		return nil, err
	}
	if err := k.Guard.Check(ctx, k.DB, a, auth.PrivacyLook, u); err != nil {
		return nil, err
	}
	if err := k.Looks.Flush(ctx); err != nil {
		return nil, err
	}
	var list []look.Look
	err = k.DB.Snapshot(ctx, func(s *db.Snapshot) (err error) {
		list, err = k.Looks.Of(ctx, s, id, LooksMost)
		return err
	})
	return list, err
}
