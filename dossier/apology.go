package dossier

import (
	"context"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/fault"
	"cchc/base/moment"
)

// An Apology is form 04: why the office is late, and the new date.
type Apology struct {
	Reason   string
	Document string
	Until    moment.Instant // the new promise
}

// Apologise sends the apology for a dossier that is or will be late (xin lỗi và
// hẹn lại ngày trả, form 04), at most once. It must come at least one day before
// the due date; a later one is taken and flagged (State.ApologyInTime). The new
// date is a promise of its own and never moves the statistical due date.
func (k *Desk) Apologise(ctx context.Context, a actor.Actor, code string, x Apology) error {
	return k.act(ctx, a, auth.ApologiseDossier, code, apologised(x))
}

func apologised(x Apology) func(context.Context, *work) error {
	return func(ctx context.Context, w *work) error {
		f := fault.New(fault.Invalid, "form.invalid")
		if x.Reason == "" {
			f.With("reason", "dossier.reason_missing")
		}
		switch {
		case x.Until == 0:
			f.With("until", "dossier.new_date_missing")
		case x.Until <= w.tx.Now || x.Until <= w.d.Due:
			f.With("until", "dossier.new_date_wrong", "Due", w.d.Due.VN())
		}
		if err := f.Or(); err != nil {
			return err
		}
		if w.d.Apology != 0 {
			return fault.New(fault.Conflict, "dossier.apologised_already")
		}
		return w.happened(Fact{Kind: FApologised, Due: x.Until, Reason: x.Reason, Document: x.Document})
	}
}

// ApologyInTime reports whether the apology came at least one day before the due
// date.
func (s State) ApologyInTime() bool {
	return s.Apology != 0 && s.Due != 0 && s.Apology.Date() < s.Due.Date()
}

// KeptPromise reports whether a dossier that was apologised for ended by the
// apology's new date. It is shown beside lateness and never changes it.
func (s State) KeptPromise() bool {
	return s.Apology != 0 && s.Ended != 0 && s.Ended.Date() <= s.DuePromised.Date()
}
