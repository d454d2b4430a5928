package dossier

import (
	"context"
	"strconv"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/look"
)

// ExportMost is how many dossiers one file with people's numbers has at most: what is
// asked for on purpose is one list of work, not the whole register.
const ExportMost = 5000

// CheckNumbers returns nil for who may have the list of a filter with what pages mask:
// the right must hold in the list's unit, and so in all below it. Faults: Forbidden.
func (k *Desk) CheckNumbers(ctx context.Context, q db.Queryer, a actor.Actor, f Filter) error {
	return k.Guard.Check(ctx, q, a, auth.DossierReadPerson, f.Unit)
}

// Numbers returns an applicant's data unmasked for a file that NoteExport notes before
// its first byte leaves.
func (k *Desk) Numbers(ctx context.Context, q db.Queryer, a actor.Actor, d Dossier) (Person, error) {
	if err := k.Guard.Check(ctx, q, a, auth.DossierReadPerson, d.State.Unit); err != nil {
		return Person{}, err
	}
	return db.One(ctx, q, personOf, scanPerson, d.ID)
}

// NoteExport notes a file with people's numbers: in the trail who took it, why, by what
// it was narrowed and how many there are, and in the looks which dossiers. Faults:
// Forbidden; Invalid with field purpose or purpose_note.
func (k *Desk) NoteExport(ctx context.Context, a actor.Actor, e look.Export, why look.Reason, ids []string) error {
	e.Numbers = true
	return k.DB.Write(ctx, func(tx *db.Tx) (err error) {
		if err := k.Guard.Check(ctx, tx, a, auth.DossierReadPerson, e.Unit); err != nil {
			return err
		}
		if e.Purpose, err = why.Words(ctx, tx); err != nil {
			return err
		}
		id, err := look.NoteExport(ctx, tx, a, e, ids)
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "dossier.export", Kind: "export", ID: id, Unit: e.Unit, Reason: e.Purpose,
			Changes: []audit.Change{{Field: "list", To: e.List}, {Field: "filter", To: e.Filter}, {Field: "rows", To: strconv.Itoa(len(ids))}, {Field: "purpose", To: why.Code}}})
	})
}
