package dossier

import (
	"context"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
)

// An Owned is a dossier with all that it holds about one person.
type Owned struct {
	Whole
	Full Person // unmasked: only what is about this person
	Part string
}

// OwnedBy returns the dossiers that hold data of the person of one, unmasked, in units
// where the actor may read persons, and how many others there are. The caller notes who
// opened them, in the same write. Faults: Forbidden, NotFound.
func (k *Desk) OwnedBy(ctx context.Context, tx *db.Tx, a actor.Actor, code string) (list []Owned, others int, err error) {
	d, err := find(ctx, tx, code)
	if err != nil {
		return nil, 0, err
	}
	if err := k.Guard.Check(ctx, tx, a, auth.DossierReadPerson, d.State.Unit); err != nil {
		return nil, 0, err
	}
	p, err := db.One(ctx, tx, personOf, scanPerson, d.ID)
	if err != nil {
		return nil, 0, err
	}
	type held struct{ id, part string }
	found := []held{{d.ID, PartApplicant}}
	if p.IDNumber != "" { // of a name alone nobody can tell whose it is
		found, err = db.All(ctx, tx, erasableByNumber, func(r db.Scanner) (h held, err error) {
			err = r.Scan(&h.id, &h.part)
			return h, err
		}, p.IDNumber)
		if err != nil {
			return nil, 0, err
		}
	}
	for _, h := range found {
		d, err := db.One(ctx, tx, byID, scan, h.id)
		if err != nil {
			return nil, 0, err
		}
		may, err := k.Guard.May(ctx, tx, a, auth.DossierReadPerson, d.State.Unit)
		if err != nil {
			return nil, 0, err
		}
		if !may {
			others++
			continue
		}
		x := Owned{Whole: Whole{Dossier: d}, Part: h.part}
		full, err := db.One(ctx, tx, personOf, scanPerson, d.ID)
		if err != nil {
			return nil, 0, err
		}
		if x.Full = full; h.part == PartAgent { // who the representative acts for is somebody else's data
			x.Full = Person{Representative: full.Representative, Agent: full.Agent}
		}
		if x.Facts, err = db.All(ctx, tx, factsOf, scanFact, d.ID); err != nil {
			return nil, 0, err
		}
		if h.part == PartApplicant {
			if x.Papers, err = db.All(ctx, tx, papersOf, scanPaper, d.ID); err != nil {
				return nil, 0, err
			}
		}
		list = append(list, x)
	}
	return list, others, nil
}
