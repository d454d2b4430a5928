package dossier

import (
	"context"
	"slices"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/unit"
)

// A Contact is an attempt to reach an applicant whose result lies ready.
type Contact struct {
	At      moment.Instant
	Account string
	How     string // phone, message, letter, visit, post
	Note    string
}

// ContactHows lists the ways in which people are reached; post is a delivery that
// failed and is noted by itself.
var ContactHows = []string{"phone", "message", "letter", "visit"}

// An Uncollected is a result that lies ready and nobody came for.
type Uncollected struct {
	Dossier                    string // its id
	Code, Applicant, Procedure string
	ReturnBy                   string
	Ended                      moment.Instant
	Contacts                   int
	LastContact                moment.Instant
	Originals                  int // kept by the office still
}

var (
	uncollectedRows = db.SQL("counter.uncollected", `
		SELECT d.id, d.code, p.name, d.procedure_code, d.return_by, d.ended_at,
			(SELECT COUNT(*) FROM dossier_contact c WHERE c.dossier_id = d.id),
			(SELECT MAX(c.at) FROM dossier_contact c WHERE c.dossier_id = d.id),
			(SELECT COUNT(*) FROM dossier_original o WHERE o.dossier_id = d.id AND o.returned_at IS NULL)
		FROM dossier d
		JOIN dossier_person p ON p.dossier_id = d.id
		WHERE d.unit_id = $1 AND d.ended_at IS NOT NULL AND d.returned_at IS NULL
		AND NOT EXISTS (SELECT 1 FROM counter_list_item i WHERE i.dossier_id = d.id AND i.kind = 'post' AND i.outcome = '')
		ORDER BY d.ended_at, d.id
		LIMIT 20000`)
	uncollectedCount = db.SQL("counter.uncollected.count", `
		SELECT COUNT(*), COUNT(*) FILTER (WHERE d.ended_at < $1)
		FROM dossier d
		WHERE d.unit_id = $2 AND d.ended_at IS NOT NULL AND d.returned_at IS NULL
		AND NOT EXISTS (SELECT 1 FROM counter_list_item i WHERE i.dossier_id = d.id AND i.kind = 'post' AND i.outcome = '')`)
	contactsOf = db.SQL("counter.contacts", `
		SELECT at, account, how, note FROM dossier_contact WHERE dossier_id = $1 ORDER BY ord`)
	contactNext = db.SQL("counter.contact.next", `SELECT COALESCE(MAX(ord), 0) + 1 FROM dossier_contact WHERE dossier_id = $1`)
	contactPut  = db.Rows("counter.contact.put", "dossier_contact", "dossier_id, ord, at, account, how, note", "")
)

// NotCollected returns a unit's results that nobody came for, the oldest first, at
// most 20,000: those on their way by post are not among them.
func (k *Desk) NotCollected(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID) ([]Uncollected, error) {
	if err := k.Guard.Check(ctx, q, a, auth.CounterRead, u); err != nil {
		return nil, err
	}
	return db.All(ctx, q, uncollectedRows, func(r db.Scanner) (x Uncollected, err error) {
		err = r.Scan(&x.Dossier, &x.Code, &x.Applicant, &x.Procedure, &x.ReturnBy, &x.Ended, &x.Contacts, &x.LastContact, &x.Originals)
		return x, err
	}, string(u))
}

// CountUncollected counts them, and those older than the unit's UncollectedDays.
func (k *Desk) CountUncollected(ctx context.Context, q db.Queryer, u unit.ID) (all, long, days int64, err error) {
	if days, err = k.Settings.Int(ctx, q, UncollectedDays, u); err != nil {
		return 0, 0, 0, err
	}
	before := k.DB.Now().Date().AddDays(-int(days)).Start()
	err = db.Each(ctx, q, uncollectedCount, func(r db.Scanner) error { return r.Scan(&all, &long) }, before, string(u))
	return all, long, days, err
}

// Contact notes an attempt to reach the applicant of a result that lies ready.
func (k *Desk) Contact(ctx context.Context, a actor.Actor, code, how, note string) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		d, err := find(ctx, tx, code)
		if err != nil {
			return err
		}
		if err := k.Guard.Check(ctx, tx, a, auth.NoteContact.Verb, d.State.Unit); err != nil {
			return err
		}
		if !slices.Contains(ContactHows, how) {
			return fault.New(fault.Invalid, "form.invalid").With("how", "counter.contact.how_wrong")
		}
		if err := k.may(ctx, tx, a, auth.NoteContact, &d); err != nil {
			return err
		}
		if err := k.contacted(ctx, tx, a, &d, how, note); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.DossierReturn), Kind: "dossier", ID: d.ID, Unit: d.State.Unit,
			Changes: []audit.Change{{Field: "contacted", To: how}}})
	})
}

func (k *Desk) contacted(ctx context.Context, tx *db.Tx, a actor.Actor, d *Dossier, how, note string) error {
	ord, err := db.Value[int64](ctx, tx, contactNext, d.ID)
	if err != nil {
		return err
	}
	return tx.InsertRows(ctx, contactPut, [][]any{{d.ID, ord, tx.Now, a.Account, how, note}})
}

func scanContact(r db.Scanner) (c Contact, err error) {
	err = r.Scan(&c.At, &c.Account, &c.How, &c.Note)
	return c, err
}
