package dossier

import (
	"context"
	"errors"
	"strings"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/look"
	"cchc/calendar"
)

// A Whole is a dossier with all that its page shows.
type Whole struct {
	Dossier
	Person   Person // numbers masked
	Facts    []Fact
	Steps    []Step
	Papers   []Paper
	Payments []Payment

	Originals []Original          // kept by the office, and given back
	Contacts  []Contact           // attempts to reach the applicant
	Body      string              // the body elsewhere for which it was received
	By        string              // the dossier that took this one's place, when it was received by mistake
	Instead   string              // the one received by mistake whose place this one took
	Erased    bool                // nobody knows any more whose it was
	Clock     calendar.Projection // zero when it has no limit or was not accepted
}

// ByCode returns a dossier with everything about it, for one who may read it.
func (k *Desk) ByCode(ctx context.Context, q db.Queryer, a actor.Actor, code string) (Whole, error) {
	var w Whole
	var err error
	if w.Dossier, err = find(ctx, q, code); err != nil {
		return w, err
	}
	if err = k.Guard.Check(ctx, q, a, auth.DossierRead, w.State.Unit); err != nil {
		return w, err
	}
	k.Looks.Saw(a, w.ID, look.Opened)
	if w.Person, err = k.Masked(ctx, q, w.Dossier); err != nil {
		return w, err
	}
	if w.Facts, err = db.All(ctx, q, factsOf, scanFact, w.ID); err != nil {
		return w, err
	}
	if w.Steps, err = db.All(ctx, q, stepsOf, scanStep, w.ID); err != nil {
		return w, err
	}
	if w.Papers, err = db.All(ctx, q, papersOf, scanPaper, w.ID); err != nil {
		return w, err
	}
	if w.By, w.Instead, err = k.Replaced(ctx, q, w.Dossier); err != nil {
		return w, err
	}
	if err := k.followed(ctx, q, &w); err != nil {
		return w, err
	}
	w.Payments = payments(w.Facts)
	w.State = Fold(w.Facts, w.ByInstant, 0, 0)
	now, err := stands(ctx, q, &w.Dossier)
	if err != nil {
		return w, err
	}
	w.Erased = now == erased
	if w.AcceptedAt != 0 && w.Limit.Unit != "" && !w.ExternalDue {
		cal, err := k.Calendars.For(ctx, q, w.State.Unit)
		if err != nil {
			return w, err
		}
		asOf := k.DB.Now()
		if w.Ended != 0 {
			asOf = w.Ended
		}
		if w.Clock, err = cal.Project(w.AcceptedAt, w.Limit, w.Convention, Stops(w.Facts), asOf); err != nil {
			return w, err
		}
	}
	return w, nil
}

// followed reads what the counter follows of a dossier.
func (k *Desk) followed(ctx context.Context, q db.Queryer, w *Whole) (err error) {
	if w.Originals, err = db.All(ctx, q, originalsOf, scanOriginal, w.ID); err != nil {
		return err
	}
	if w.Contacts, err = db.All(ctx, q, contactsOf, scanContact, w.ID); err != nil || w.Territorial {
		return err
	}
	w.Body, err = db.Value[string](ctx, q, elsewhereOf, w.ID)
	if errors.Is(err, db.ErrNotFound) {
		err = nil
	}
	return err
}

// Void returns the facts that a correction took back.
func (w *Whole) Void() map[int]bool { return voided(w.Facts) }

// Public returns what anybody may know of a dossier who has its code and the
// last four digits of the applicant's phone: nothing personal.
func (k *Desk) Public(ctx context.Context, q db.Queryer, code, digits string) (Whole, error) {
	f := fault.New(fault.Invalid, "form.invalid")
	c, err := ParseCode(code)
	if err != nil {
		f.With("code", "dossier.code_wrong")
	}
	digits = strings.TrimSpace(digits)
	if len(digits) != 4 || strings.Trim(digits, "0123456789") != "" {
		f.With("digits", "dossier.digits_wrong")
	}
	if err := f.Or(); err != nil {
		return Whole{}, err
	}
	// One answer for "no such code" and "not that phone": otherwise the page
	// would tell which codes exist.
	unknown := fault.New(fault.NotFound, "dossier.lookup_nothing")
	var w Whole
	if w.Dossier, err = db.One(ctx, q, byCode, scan, "", c.String()); err != nil {
		if errors.Is(err, db.ErrNotFound) {
			return Whole{}, unknown
		}
		return Whole{}, err
	}
	p, err := db.One(ctx, q, personOf, scanPerson, w.ID)
	if err != nil {
		return Whole{}, err
	}
	if !strings.HasSuffix(p.Phone, digits) || p.Phone == "" {
		return Whole{}, unknown
	}
	facts, err := db.All(ctx, q, factsOf, scanFact, w.ID)
	if err != nil {
		return Whole{}, err
	}
	w.State = Fold(facts, w.ByInstant, 0, 0)
	return w, nil
}

// Steps returns the internal steps of a dossier that was read already.
func (k *Desk) Steps(ctx context.Context, q db.Queryer, d Dossier) ([]Step, error) {
	return db.All(ctx, q, stepsOf, scanStep, d.ID)
}

var codeOf = db.SQL("dossier.code_of", `SELECT code FROM dossier WHERE id = $1`)

// CodeOf returns the code of the dossier with an id; db.ErrNotFound when there is
// none.
func CodeOf(ctx context.Context, q db.Queryer, id string) (string, error) {
	return db.Value[string](ctx, q, codeOf, id)
}
