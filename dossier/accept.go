package dossier

import (
	"context"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/fault"
	"cchc/base/moment"
)

// Accept accepts a dossier that arrived online or by post (2, được tiếp nhận):
// the clock starts, and the due date is the promise. A zero when is now.
func (k *Desk) Accept(ctx context.Context, a actor.Actor, code string, when moment.Instant) error {
	return k.act(ctx, a, auth.AcceptDossier, code, func(ctx context.Context, w *work) error {
		if when == 0 {
			when = w.tx.Now
		}
		cal, err := k.Calendars.For(ctx, w.tx, w.d.State.Unit)
		if err != nil {
			return err
		}
		due, err := cal.Due(when, w.d.Limit, w.d.Convention)
		if err != nil {
			return err
		}
		if err := w.loadSteps(ctx); err != nil {
			return err
		}
		if err := w.happened(Fact{Kind: FAccepted, At: when, Unit: w.d.State.Unit, Due: due}); err != nil {
			return err
		}
		w.steps = arrive(w.steps, a.Account, when)
		for _, s := range w.steps {
			w.moved[s.Ord] = true
		}
		return w.replan(cal)
	})
}

// Decline does not accept a dossier (3, không được tiếp nhận), with the reason
// that form 03 prints. The clock never started.
func (k *Desk) Decline(ctx context.Context, a actor.Actor, code, reason string) error {
	return k.act(ctx, a, auth.DeclineDossier, code, func(ctx context.Context, w *work) error {
		if err := needReason(reason); err != nil {
			return err
		}
		return w.happened(Fact{Kind: FNotAccepted, Reason: reason})
	})
}

// needReason refuses an act that the law wants reasoned when no reason is given.
func needReason(reason string) error {
	if reason == "" {
		return fault.New(fault.Invalid, "form.invalid").With("reason", "dossier.reason_missing")
	}
	return nil
}
