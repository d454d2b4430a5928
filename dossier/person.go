package dossier

import (
	"context"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/look"
)

// Masked returns the applicant with the numbers masked, for pages.
func (k *Desk) Masked(ctx context.Context, q db.Queryer, d Dossier) (Person, error) {
	p, err := db.One(ctx, q, personOf, scanPerson, d.ID)
	p.mask()
	return p, err
}

func (p *Person) mask() {
	p.IDNumber, p.Phone = Mask(p.IDNumber), Mask(p.Phone)
	p.Agent.IDNumber, p.Agent.Phone = Mask(p.Agent.IDNumber), Mask(p.Agent.Phone)
}

// ReadPerson returns the applicant's full data; who read it, when and why goes to the
// audit trail and to the looks first. Faults: Forbidden; Invalid with field purpose or
// purpose_note.
func (k *Desk) ReadPerson(ctx context.Context, a actor.Actor, code string, why look.Reason) (Person, error) {
	var p Person
	err := k.DB.Write(ctx, func(tx *db.Tx) error {
		d, err := find(ctx, tx, code)
		if err != nil {
			return err
		}
		if err := k.Guard.Check(ctx, tx, a, auth.DossierReadPerson, d.State.Unit); err != nil {
			return err
		}
		purpose, err := why.Words(ctx, tx)
		if err != nil {
			return err
		}
		if err := look.Note(ctx, tx, a, d.ID, look.Numbers, purpose); err != nil {
			return err
		}
		if p, err = db.One(ctx, tx, personOf, scanPerson, d.ID); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.DossierReadPerson), Kind: "dossier", ID: d.ID,
			Unit: d.State.Unit, Reason: purpose, Changes: []audit.Change{{Field: "purpose", To: why.Code}}})
	})
	return p, err
}
