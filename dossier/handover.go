package dossier

import (
	"context"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/unit"
)

// A Hand is what one person has of dossiers (việc đang giữ).
type Hand struct {
	Steps     []HeldStep
	Originals []Original    // in custody, taken in by that person
	Drawers   []moment.Date // days of cash that are not closed: only their officer closes them
	Elsewhere int           // what lies where the actor may hand nothing over
}

// A HeldStep is a dossier whose current step somebody has.
type HeldStep struct {
	Code    string
	Unit    unit.ID
	Step    string
	Due     moment.Instant
	Problem *fault.Fault // why it cannot go to whom it is meant for; nil when it can
}

// handMost is how many dossiers go over at once.
const handMost = 2000

var (
	stepsHeld = db.SQL("dossier.hand.steps", `
		SELECT code FROM dossier
		WHERE step_account = $1 AND ended_at IS NULL
		ORDER BY step_due, code LIMIT $2`)
	originalsHeld = db.SQL("dossier.hand.originals", `
		SELECT `+originalColumns+` FROM dossier_original o JOIN dossier d ON d.id = o.dossier_id JOIN dossier_person p ON p.dossier_id = d.id
		WHERE o.returned_at IS NULL AND o.account = $1 ORDER BY o.kept_at, o.id LIMIT $2`)
	originalHolder = db.SQL("dossier.hand.original", `UPDATE dossier_original SET account = $1 WHERE id = $2 AND returned_at IS NULL`)
	drawersOpen    = db.SQL("dossier.hand.drawers", `SELECT unit_id, day FROM cash_session WHERE account = $1 AND closed_at IS NULL ORDER BY day, unit_id`)
)

// OnHand tells what a person has, where the actor may hand it over (account.handover),
// and with to, which is an account, what of it could not go there.
func (k *Desk) OnHand(ctx context.Context, q db.Queryer, a actor.Actor, account, to string) (h Hand, err error) {
	codes, err := db.Column[string](ctx, q, stepsHeld, account, handMost)
	if err != nil {
		return h, err
	}
	for _, code := range codes {
		d, err := find(ctx, q, code)
		if err != nil {
			return h, err
		}
		if ok, err := k.Guard.May(ctx, q, a, auth.AccountHandover, d.State.Unit); err != nil {
			return h, err
		} else if !ok {
			h.Elsewhere++
			continue
		}
		x := HeldStep{Code: code, Unit: d.State.Unit, Step: d.Step.Name, Due: d.Step.Due}
		if to != "" {
			if err := k.goesTo(ctx, q, &d, account, to); err != nil {
				if x.Problem = fault.As(err); x.Problem == nil {
					return h, err
				}
			}
		}
		h.Steps = append(h.Steps, x)
	}
	kept, err := db.All(ctx, q, originalsHeld, scanOriginal, account, handMost)
	if err != nil {
		return h, err
	}
	for _, o := range kept {
		d, err := find(ctx, q, o.Code)
		if err != nil {
			return h, err
		}
		if ok, err := k.Guard.May(ctx, q, a, auth.AccountHandover, d.State.Unit); err != nil {
			return h, err
		} else if ok {
			h.Originals = append(h.Originals, o)
		} else {
			h.Elsewhere++
		}
	}
	type drawer struct {
		unit unit.ID
		day  moment.Date
	}
	drawers, err := db.All(ctx, q, drawersOpen, func(r db.Scanner) (x drawer, err error) {
		err = r.Scan(&x.unit, &x.day)
		return x, err
	}, account)
	if err != nil {
		return h, err
	}
	for _, x := range drawers {
		if ok, err := k.Guard.May(ctx, q, a, auth.AccountHandover, x.unit); err != nil {
			return h, err
		} else if ok {
			h.Drawers = append(h.Drawers, x.day)
		} else {
			h.Elsewhere++
		}
	}
	return h, nil
}

// goesTo refuses a dossier whose current step cannot go from one person to another.
func (k *Desk) goesTo(ctx context.Context, q db.Queryer, d *Dossier, from, to string) error {
	if d.System != "" {
		return fault.New(fault.Conflict, "bulk.elsewhere")
	}
	steps, err := k.Steps(ctx, q, *d)
	if err != nil {
		return err
	}
	s := current(steps)
	if s == nil || s.Account != from {
		return fault.New(fault.Conflict, "dossier.no_step")
	}
	return holds(ctx, q, d, s, to, nowDate(k, q))
}

func nowDate(k *Desk, q db.Queryer) moment.Date {
	if tx, ok := q.(*db.Tx); ok {
		return tx.Now.Date()
	}
	return k.DB.Now().Date()
}

// HandWork gives what a person has to another, in a write of the caller's: current
// steps, as when they are allotted, and the custody of originals. What cannot go stays;
// left counts it. It needs account.handover where each lies.
func (k *Desk) HandWork(ctx context.Context, tx *db.Tx, a actor.Actor, from, to, reason string) (steps, originals, left int, err error) {
	h, err := k.OnHand(ctx, tx, a, from, to)
	if err != nil {
		return 0, 0, 0, err
	}
	for _, x := range h.Steps {
		if x.Problem != nil {
			left++
			continue
		}
		d, err := find(ctx, tx, x.Code)
		if err != nil {
			return 0, 0, 0, err
		}
		err = k.actTx(ctx, tx, a, auth.HandStepOn, &d, func(ctx context.Context, w *work) error {
			s, err := w.step(ctx)
			if err != nil {
				return err
			}
			s.Account = to
			w.moved[s.Ord] = true
			return w.happened(Fact{Kind: FStep, How: "assigned", Qty: int64(s.Ord), Reason: reason})
		})
		if f := fault.As(err); f != nil && f.Kind == fault.Conflict {
			left++
			continue
		}
		if err != nil {
			return 0, 0, 0, err
		}
		steps++
	}
	for _, o := range h.Originals {
		d, err := find(ctx, tx, o.Code)
		if err != nil {
			return 0, 0, 0, err
		}
		if _, err := tx.Exec(ctx, originalHolder, to, o.ID); err != nil {
			return 0, 0, 0, err
		}
		if err := audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.AccountHandover), Kind: "dossier", ID: d.ID, Unit: d.State.Unit, Reason: reason,
			Changes: []audit.Change{{Field: "original_holder", From: from, To: to}}}); err != nil {
			return 0, 0, 0, err
		}
		originals++
	}
	return steps, originals, left + len(h.Drawers), nil
}
