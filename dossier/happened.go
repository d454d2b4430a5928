package dossier

import (
	"context"

	"cchc/base/db"
	"cchc/base/moment"
	"cchc/unit"
)

// A Happening is a fact that somebody may have to be told of, with what a notice
// says of it.
type Happening struct {
	ID, Code  string
	Unit      unit.ID
	Procedure string // id of the version, "" when none is known
	Seq       int
	Kind      FactKind
	How       string
	At        moment.Instant
	Account   string // who entered it
	Due       moment.Instant
	Promised  moment.Instant // an apology's new date
	Held      StepNow        // who holds the dossier now
	Step      string         // of a fact FStep: name of the step that it is about
	StepOf    string         // and its account
	Email     string         // of the applicant
	Phone     string
}

// A DueStep is a step of an open dossier that is due.
type DueStep struct {
	Code    string
	Unit    unit.ID
	Step    string
	Role    string
	Account string // "" when nobody took it
	Due     moment.Instant
}

// happenings is how many dossiers are read at once.
const happenings = 500

// backlog is how long after it happened a fact may be entered and still be news;
// what is entered later is history: an outage's papers, data brought over.
const backlog = moment.Instant(3 * 24 * 3600 * 1000)

var (
	// Index dossier_recorded finds the dossiers at which something was entered, so
	// that nothing has to be written at the fact. Dossiers of other systems are
	// those systems' to tell of; LENGTH, because SQLite takes the index of the key
	// (system, code) otherwise and walks through all dossiers there ever were.
	happenedAt = db.SQL("dossier.happened.at", `
		SELECT last_recorded, id
		FROM dossier
		WHERE (last_recorded, id) > ($1, $2) AND last_recorded >= $1 AND LENGTH(system) = 0
		ORDER BY last_recorded, id
		LIMIT 500`)
	happenedOf = db.SQL("dossier.happened.of", `
		SELECT d.id, d.code, d.unit_id, COALESCE(d.version_id, ''), f.seq, f.kind, f.how, f.at, f.account,
			d.due_at, d.due_promised, d.step_name, d.step_role, d.step_account, d.step_due,
			COALESCE(s.name, ''), COALESCE(s.account, ''), COALESCE(p.email, ''), COALESCE(p.phone, '')
		FROM dossier_fact f
		JOIN dossier d ON d.id = f.dossier_id
		LEFT JOIN dossier_person p ON p.dossier_id = d.id
		LEFT JOIN dossier_step s ON s.dossier_id = d.id AND s.ord = f.qty AND f.kind = 'step'
		WHERE f.dossier_id = $1 AND f.recorded_at >= $2 AND f.recorded_at - f.at <= $3
		AND f.kind IN ('accepted', 'not_accepted', 'supplement_asked', 'supplement_received', 'step', 'finished', 'refused', 'stopped', 'returned', 'apologised')
		AND d.end_kind <> 'voided'
		AND NOT EXISTS (SELECT 1 FROM dossier_fact c WHERE c.dossier_id = f.dossier_id AND c.kind = 'corrected' AND c.ref = f.seq)
		ORDER BY f.seq`)
	dueSteps = db.SQL("dossier.due_steps", `
		SELECT code, unit_id, step_name, step_role, step_account, step_due
		FROM dossier
		WHERE ended_at IS NULL AND accepted_at IS NOT NULL AND waiting = '' AND step_due < $1
		ORDER BY step_due, code`)
	applicantOf = db.SQL("dossier.applicant", `
		SELECT p.name, p.email, p.phone, d.rating_token
		FROM dossier d
		JOIN dossier_person p ON p.dossier_id = d.id
		WHERE d.id = $1`)
)

func scanHappening(r db.Scanner) (h Happening, err error) {
	err = r.Scan(&h.ID, &h.Code, &h.Unit, &h.Procedure, &h.Seq, &h.Kind, &h.How, &h.At, &h.Account,
		&h.Due, &h.Promised, &h.Held.Name, &h.Held.Role, &h.Held.Account, &h.Held.Due, &h.Step, &h.StepOf, &h.Email, &h.Phone)
	return h, err
}

// Happened gives, dossier by dossier, what was entered at or after a moment and
// stands still. The same fact comes again when it is asked for again: who tells
// of it remembers. What was entered by mistake and taken back is left out, and so
// is what was entered more than three days after it happened.
//
// Dossiers of which known says that their last entry was read are passed over; nil
// knows none.
func (k *Desk) Happened(ctx context.Context, from moment.Instant, known func(id string, recorded moment.Instant) bool, each func([]Happening) error) error {
	type key struct {
		at moment.Instant
		id string
	}
	at := key{at: from}
	for {
		page, err := db.All(ctx, k.DB, happenedAt, func(r db.Scanner) (x key, err error) {
			err = r.Scan(&x.at, &x.id)
			return x, err
		}, at.at, at.id)
		if err != nil {
			return err
		}
		for _, x := range page {
			at = x
			if known != nil && known(x.id, x.at) {
				continue
			}
			list, err := db.All(ctx, k.DB, happenedOf, scanHappening, x.id, from, backlog)
			if err != nil {
				return err
			}
			if len(list) > 0 {
				if err := each(list); err != nil {
					return err
				}
			}
		}
		if len(page) < happenings {
			return nil
		}
	}
}

// DueSteps returns the steps of dossiers being worked on that are due before a
// moment, the longest due first.
func (k *Desk) DueSteps(ctx context.Context, by moment.Instant) ([]DueStep, error) {
	return db.All(ctx, k.DB, dueSteps, func(r db.Scanner) (s DueStep, err error) {
		err = r.Scan(&s.Code, &s.Unit, &s.Step, &s.Role, &s.Account, &s.Due)
		return s, err
	}, by)
}

// An Addressee is whom a notice about a dossier goes to, read when it is sent and
// kept nowhere else. Token is the secret of the dossier's applicant.
type Addressee struct{ Name, Email, Phone, Token string }

// Addressee returns a dossier's applicant for a notice to that applicant, and to
// nobody else. Errors: db.ErrNotFound for a person who was erased.
func (k *Desk) Addressee(ctx context.Context, q db.Queryer, id string) (Addressee, error) {
	return db.One(ctx, q, applicantOf, func(r db.Scanner) (a Addressee, err error) {
		err = r.Scan(&a.Name, &a.Email, &a.Phone, &a.Token)
		return a, err
	}, id)
}

// Ref returns the id and the unit of a dossier, for rooms that keep something
// beside it. Faults: NotFound; Conflict for a code of two systems.
func (k *Desk) Ref(ctx context.Context, q db.Queryer, code string) (id string, u unit.ID, err error) {
	d, err := find(ctx, q, code)
	return d.ID, d.UnitID(), err
}
