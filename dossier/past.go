package dossier

import (
	"context"
	"strconv"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/unit"
)

// A Past is a dossier whose person has been kept as long as the rules say.
type Past struct {
	ID, Code string
	Unit     unit.ID
	Until    moment.Date // the last day for which it had to be kept
}

// pastPage is how many dossiers are read at once.
const pastPage = 500

var (
	pastOf = db.SQL("dossier.past", `
		SELECT `+prefixed("d", columns)+`
		FROM dossier d
		JOIN dossier_person p ON p.dossier_id = d.id
		WHERE d.unit_id = $1 AND d.id > $2 AND p.name <> $3
		AND (d.ended_at < $4 OR d.not_accepted_at < $5)
		ORDER BY d.id
		LIMIT $6`)
	pastUnits = db.SQL("dossier.past.units", `SELECT DISTINCT unit_id FROM dossier ORDER BY unit_id`)
)

// PastUnits returns the units that have dossiers.
func PastUnits(ctx context.Context, q db.Queryer) ([]unit.ID, error) {
	return db.Column[unit.ID](ctx, q, pastUnits)
}

// Past calls each for the dossiers of a unit, without those below it, whose people have
// been kept as long as the rules say and of whom nothing keeps one from erasing them.
// kept counts those whose time is over and that stay: an original is still here, or
// they are held.
func (k *Desk) Past(ctx context.Context, q db.Queryer, u unit.ID, each func(Past) error) (kept int, err error) {
	x, err := k.keeper(ctx, q)
	if err != nil {
		return 0, err
	}
	today, after := k.DB.Now().Date(), ""
	for {
		list, err := db.All(ctx, q, pastOf, scan, string(u), after, Erased, k.DB.Now()+1, k.DB.Now()+1, pastPage)
		if err != nil {
			return kept, err
		}
		for i := range list {
			d := &list[i]
			after = d.ID
			until, err := x.until(ctx, q, d)
			if err != nil {
				return kept, err
			}
			if until == 0 || until > today {
				continue
			}
			if err := k.held(ctx, q, d); err != nil {
				if fault.As(err) == nil {
					return kept, err
				}
				kept++
				continue
			}
			if err := each(Past{ID: d.ID, Code: d.Code, Unit: d.State.Unit, Until: until}); err != nil {
				return kept, err
			}
		}
		if len(list) < pastPage {
			return kept, nil
		}
	}
}

// ErasePast takes the people out of dossiers whose time is over, some in one write, and
// says why the others stay: what is true when it happens counts, not what was when it
// was proposed. document is the decision by which it is done. Faults: Forbidden.
func (k *Desk) ErasePast(ctx context.Context, a actor.Actor, ids []string, reason, document string) (kept map[string]*fault.Fault, err error) {
	kept = map[string]*fault.Fault{}
	err = k.DB.Write(ctx, func(tx *db.Tx) error {
		clear(kept)
		var scans []string
		for _, id := range ids {
			d, err := db.One(ctx, tx, byID, scan, id)
			if err != nil {
				return err
			}
			if err := k.Guard.Check(ctx, tx, a, auth.PrivacyApprove, d.State.Unit); err != nil {
				return err
			}
			p, err := db.One(ctx, tx, personOf, scanPerson, d.ID)
			if err != nil {
				return err
			}
			if p.Name == Erased {
				continue // meanwhile, at the person's own request
			}
			err = k.erasable(ctx, tx, &d)
			if f := fault.As(err); f != nil {
				kept[id] = f
				continue
			}
			if err != nil {
				return err
			}
			keys, err := k.erase(ctx, tx, a, &Erasable{Dossier: d, Part: PartApplicant}, Erasure{Reason: reason, Document: document})
			if err != nil {
				return err
			}
			scans = append(scans, keys...)
		}
		if len(scans) == 0 {
			return nil
		}
		return EraseFiles.Enqueue(ctx, tx, scans)
	})
	return kept, err
}

// CorrectPerson puts right what was noted of an applicant: what a person may ask for
// of their own data. Empty fields of to stay as they are. Faults: Forbidden; Invalid
// with the fields, reason; Conflict for somebody who was erased.
func (k *Desk) CorrectPerson(ctx context.Context, a actor.Actor, code string, to Person, reason, document string) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error { return k.CorrectPersonTx(ctx, tx, a, code, to, reason, document) })
}

var personPut = db.SQL("dossier.person.correct", `
	UPDATE dossier_person SET name = $1, fold = $2, id_number = $3, phone = $4, email = $5, address = $6
	WHERE dossier_id = $7`)

// CorrectPersonTx is CorrectPerson as part of another write.
func (k *Desk) CorrectPersonTx(ctx context.Context, tx *db.Tx, a actor.Actor, code string, to Person, reason, document string) error {
	d, err := find(ctx, tx, code)
	if err != nil {
		return err
	}
	if err := k.Guard.Check(ctx, tx, a, auth.DossierCorrect, d.State.Unit); err != nil {
		return err
	}
	if err := needReason(reason); err != nil {
		return err
	}
	p, err := db.One(ctx, tx, personOf, scanPerson, d.ID)
	if err != nil {
		return err
	}
	if p.Name == Erased {
		return fault.New(fault.Conflict, "erase.alert")
	}
	to.clean()
	f := fault.New(fault.Invalid, "form.invalid")
	if to.IDNumber != "" && !idForm.MatchString(to.IDNumber) {
		f.With("id_number", "dossier.id_number_wrong")
	}
	if to.Phone != "" && !phoneForm.MatchString(to.Phone) {
		f.With("phone", "dossier.phone_wrong")
	}
	if err := f.Or(); err != nil {
		return err
	}
	var changes []audit.Change
	for _, x := range []struct {
		field    string
		from, to *string
	}{{"name", &p.Name, &to.Name}, {"id_number", &p.IDNumber, &to.IDNumber}, {"phone", &p.Phone, &to.Phone}, {"email", &p.Email, &to.Email}, {"address", &p.Address, &to.Address}} {
		if *x.to != "" && *x.to != *x.from {
			changes = append(changes, audit.Change{Field: x.field, From: *x.from, To: *x.to, Personal: true})
			*x.from = *x.to
		}
	}
	if len(changes) == 0 {
		return fault.New(fault.Invalid, "form.invalid").With("name", "person.nothing_corrected")
	}
	args := p.args(d.ID)
	if _, err := tx.Exec(ctx, personPut, args[1], args[2], args[3], args[4], args[5], args[6], d.ID); err != nil {
		return err
	}
	if _, err := unfind(ctx, tx, d.ID); err != nil {
		return err
	}
	row := d.findable(p.Name)
	if err := enterFound(ctx, tx, [][]any{row.args(d.ID)}, row.wordRows(d.ID)); err != nil {
		return err
	}
	if k.Publish != nil {
		k.Publish(ctx, tx, d.State.Unit, d.Code)
	}
	changes = append(changes, audit.Change{Field: "document", To: document}, audit.Change{Field: "fields", To: strconv.Itoa(len(changes))})
	return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.DossierCorrect), Kind: "dossier", ID: d.ID, Unit: d.State.Unit, Reason: reason, Changes: changes})
}
