package dossier

import (
	"context"
	"errors"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/unit"
)

// An Original is an applicant's original paper that the office keeps (bản chính
// đang giữ) until it gives it back.
type Original struct {
	ID         string
	Dossier    string // its id
	Code       string
	Applicant  string
	Name       string
	Place      string // where it lies
	Kept       moment.Instant
	Account    string
	Returned   moment.Instant // zero while it is here
	ReturnedTo string
}

func (o Original) stands() auth.State {
	if o.Returned != 0 {
		return "given_back"
	}
	return "kept"
}

const originalColumns = `o.id, o.dossier_id, d.code, p.name, o.name, o.place, o.kept_at, o.account, o.returned_at, o.returned_to`

var (
	originalPut = db.Rows("counter.original.put", "dossier_original",
		"id, dossier_id, name, place, kept_at, account, returned_at, returned_to, returned_by", "")
	originalByID = db.SQL("counter.original.by_id", `
		SELECT `+originalColumns+` FROM dossier_original o JOIN dossier d ON d.id = o.dossier_id JOIN dossier_person p ON p.dossier_id = d.id
		WHERE o.id = $1`)
	originalsOf = db.SQL("counter.original.of", `
		SELECT `+originalColumns+` FROM dossier_original o JOIN dossier d ON d.id = o.dossier_id JOIN dossier_person p ON p.dossier_id = d.id
		WHERE o.dossier_id = $1 ORDER BY o.kept_at, o.id`)
	originalsHere = db.SQL("counter.original.here", `
		SELECT `+originalColumns+` FROM dossier_original o JOIN dossier d ON d.id = o.dossier_id JOIN dossier_person p ON p.dossier_id = d.id
		WHERE o.returned_at IS NULL AND d.unit_id = $1 ORDER BY o.kept_at, o.id LIMIT 20000`)
	originalBack = db.SQL("counter.original.back", `
		UPDATE dossier_original SET returned_at = $1, returned_to = $2, returned_by = $3 WHERE id = $4 AND returned_at IS NULL`)
)

func scanOriginal(r db.Scanner) (o Original, err error) {
	err = r.Scan(&o.ID, &o.Dossier, &o.Code, &o.Applicant, &o.Name, &o.Place, &o.Kept, &o.Account, &o.Returned, &o.ReturnedTo)
	return o, err
}

// KeepOriginal notes that the office keeps an original of a dossier, and where.
func (k *Desk) KeepOriginal(ctx context.Context, a actor.Actor, code, name, place string) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		d, err := find(ctx, tx, code)
		if err != nil {
			return err
		}
		if err := k.may(ctx, tx, a, auth.KeepOriginal, &d); err != nil {
			return err
		}
		name, place = strings.TrimSpace(name), strings.TrimSpace(place)
		if name == "" {
			return fault.New(fault.Invalid, "form.invalid").With("name", "dossier.paper_name_missing")
		}
		row := []any{db.NewID(), d.ID, name, place, tx.Now, a.Account, moment.Instant(0), "", ""}
		if err := tx.InsertRows(ctx, originalPut, [][]any{row}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.DossierReceive), Kind: "dossier", ID: d.ID, Unit: d.State.Unit,
			Changes: []audit.Change{{Field: "original_kept", To: name}}})
	})
}

// GiveBack notes that an original was given back, and to whom.
func (k *Desk) GiveBack(ctx context.Context, a actor.Actor, id, to string) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		o, err := db.One(ctx, tx, originalByID, scanOriginal, id)
		if errors.Is(err, db.ErrNotFound) {
			return fault.New(fault.NotFound, "counter.custody.unknown")
		}
		if err != nil {
			return err
		}
		d, err := find(ctx, tx, o.Code)
		if err != nil {
			return err
		}
		already := fault.New(fault.Conflict, "counter.custody.back_already")
		if err := k.Guard.Do(ctx, tx, a, auth.GiveOriginal, d.State.Unit, o.stands(), already); err != nil {
			return err
		}
		if to = strings.TrimSpace(to); to == "" {
			return fault.New(fault.Invalid, "form.invalid").With("to", "counter.custody.to_missing")
		}
		n, err := tx.Exec(ctx, originalBack, tx.Now, to, a.Account, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return already // by somebody else, just now
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.DossierReturn), Kind: "dossier", ID: d.ID, Unit: d.State.Unit,
			Changes: []audit.Change{{Field: "original_back", From: o.Name, To: "✓"}, {Field: "returned_to", To: to, Personal: true}}})
	})
}

// Originals returns the originals that a unit keeps, the longest kept first; at
// most 20,000.
func (k *Desk) Originals(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID) ([]Original, error) {
	if err := k.Guard.Check(ctx, q, a, auth.CounterRead, u); err != nil {
		return nil, err
	}
	return db.All(ctx, q, originalsHere, scanOriginal, string(u))
}
