package dossier

import (
	"context"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/fault"
	"cchc/base/moment"
)

// A Result is what resolving a dossier gives.
type Result struct {
	At         moment.Instant // when it was resolved; zero is now
	Electronic bool           // the result exists in electronic form
	Synced     bool           // it was pushed to the citizen's personal store
	Document   string         // number and date of the result
}

// Finish resolves a dossier (9, đã xử lý xong): the clock ends.
func (k *Desk) Finish(ctx context.Context, a actor.Actor, code string, r Result) error {
	return k.act(ctx, a, auth.FinishDossier, code, func(ctx context.Context, w *work) error {
		if err := w.finishSteps(ctx, r.At); err != nil {
			return err
		}
		if err := w.happened(Fact{Kind: FFinished, At: r.At, Document: r.Document}); err != nil {
			return err
		}
		return w.mark(r.At, map[string]bool{"e_result": r.Electronic, "synced": r.Synced})
	})
}

// Refuse resolves a dossier by a refusal with its reason (form 03): that is a
// result too, and must come inside the limit.
func (k *Desk) Refuse(ctx context.Context, a actor.Actor, code, reason string, r Result) error {
	return k.act(ctx, a, auth.RefuseDossier, code, func(ctx context.Context, w *work) error {
		if err := needReason(reason); err != nil {
			return err
		}
		if err := w.finishSteps(ctx, r.At); err != nil {
			return err
		}
		if err := w.endStill(ctx, Fact{Kind: FRefused, At: r.At, Reason: reason, Document: r.Document}); err != nil {
			return err
		}
		return w.mark(r.At, map[string]bool{"e_result": r.Electronic})
	})
}

// Stop stops a dossier (8, dừng xử lý) with the reason that form 05 prints: the
// papers asked for did not come in time, or the law says so.
func (k *Desk) Stop(ctx context.Context, a actor.Actor, code, reason, document string) error {
	return k.act(ctx, a, auth.StopDossier, code, func(ctx context.Context, w *work) error {
		if err := needReason(reason); err != nil {
			return err
		}
		if err := w.finishSteps(ctx, 0); err != nil {
			return err
		}
		return w.endStill(ctx, Fact{Kind: FStopped, Reason: reason, Document: document})
	})
}

// AskWithdrawal notes that the applicant wants the dossier back (7, công dân yêu
// cầu rút). The clock runs until it is confirmed; not from 9 or 10.
func (k *Desk) AskWithdrawal(ctx context.Context, a actor.Actor, code, reason string) error {
	return k.act(ctx, a, auth.AskWithdrawal, code, func(ctx context.Context, w *work) error {
		return w.happened(Fact{Kind: FWithdrawal, Reason: reason})
	})
}

// ConfirmWithdrawal ends a dossier at the applicant's wish: resolved, and flagged
// as withdrawn.
func (k *Desk) ConfirmWithdrawal(ctx context.Context, a actor.Actor, code string) error {
	return k.act(ctx, a, auth.ConfirmWithdrawal, code, func(ctx context.Context, w *work) error {
		if err := w.finishSteps(ctx, 0); err != nil {
			return err
		}
		return w.endStill(ctx, Fact{Kind: FWithdrawn})
	})
}

// DeclineWithdrawal lets the dossier go on: the applicant changed their mind.
func (k *Desk) DeclineWithdrawal(ctx context.Context, a actor.Actor, code, reason string) error {
	return k.act(ctx, a, auth.DeclineWithdrawal, code, func(ctx context.Context, w *work) error {
		if err := needReason(reason); err != nil {
			return err
		}
		return w.happened(Fact{Kind: FKept, Reason: reason})
	})
}

// HandOver notes that the result reached the applicant (10, đã trả kết quả).
// Without a 9 before it, the dossier counts as resolved on that day.
func (k *Desk) HandOver(ctx context.Context, a actor.Actor, code, how string, when moment.Instant, tracking string) error {
	return k.act(ctx, a, auth.HandOverResult, code, handedOver(how, when, tracking))
}

func handedOver(how string, when moment.Instant, tracking string) func(context.Context, *work) error {
	return func(ctx context.Context, w *work) error {
		switch how {
		case AtCounter, ByPost, ByOnline:
		default:
			return fault.New(fault.Invalid, "form.invalid").With("how", "dossier.return_by_wrong")
		}
		if w.d.Returned != 0 { // of what was erased the state does not tell
			return wrongStatus(w.d)
		}
		if when != 0 && w.d.Ended != 0 && when < w.d.Ended {
			return fault.New(fault.Invalid, "form.invalid").With("at", "dossier.before_finish")
		}
		if w.d.Ended == 0 {
			if err := w.finishSteps(ctx, when); err != nil {
				return err
			}
		}
		return w.happened(Fact{Kind: FReturned, At: when, How: how, Document: tracking})
	}
}

// endStill ends a dossier that may still be waiting: the due date moves by the
// time that it waited, as it would have when the papers had come.
func (w *work) endStill(ctx context.Context, f Fact) error {
	if w.d.Waiting != "" && w.d.AcceptedAt != 0 && !w.d.ExternalDue && w.d.Limit.Unit != "" {
		if f.At == 0 {
			f.At = w.tx.Now
		}
		if f.At >= w.d.WaitingSince {
			p, err := w.project(ctx, append(w.all(), f))
			if err != nil {
				return err
			}
			f.Due = max(p.Due, w.d.Due)
		}
	}
	return w.happened(f)
}

// mark adds the facts for marks that are true and not set yet.
func (w *work) mark(when moment.Instant, marks map[string]bool) error {
	for _, name := range []string{"e_result", "synced", "digitised", "reused", "population"} {
		if on := marks[name]; on && w.d.Marks&markNames[name] == 0 {
			if err := w.happened(Fact{Kind: FMarked, At: when, How: name, Qty: 1}); err != nil {
				return err
			}
		}
	}
	return nil
}

// finishSteps ends the steps that are still under way; those that nobody came to
// stay without a date.
func (w *work) finishSteps(ctx context.Context, when moment.Instant) error {
	if err := w.loadSteps(ctx); err != nil {
		return err
	}
	if when == 0 {
		when = w.tx.Now
	}
	for i := range w.steps {
		if s := &w.steps[i]; s.Came != 0 && s.Done == 0 {
			s.Done, s.Outcome = max(when, s.Came), "forwarded"
			if s.Account == "" {
				s.Account = w.actor.Account
			}
			w.moved[s.Ord] = true
		}
	}
	return nil
}
