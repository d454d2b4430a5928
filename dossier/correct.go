package dossier

import (
	"context"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/fault"
)

// movesClock are the kinds of fact that later ones build on: of these only the
// latest can be corrected, as one undoes the last entry first.
var movesClock = map[FactKind]bool{
	FAccepted: true, FNotAccepted: true, FAsked: true, FSupplied: true, FObliged: true, FDischarged: true, FPaused: true,
	FResumed: true, FDueMoved: true, FWithdrawal: true, FKept: true, FWithdrawn: true, FStopped: true, FFinished: true,
	FRefused: true, FReturned: true, FApologised: true, FTransferred: true,
}

// correctable are the others that may be entered by mistake.
var correctable = map[FactKind]bool{FMarked: true, FPaid: true, FComplained: true}

// Correct voids a fact that was entered by mistake, by a fact of its own with
// the reason; the old one stays readable and all figures are computed anew.
func (k *Desk) Correct(ctx context.Context, a actor.Actor, code string, seq int, reason string) error {
	return k.act(ctx, a, auth.CorrectFact, code, func(ctx context.Context, w *work) error {
		if err := needReason(reason); err != nil {
			return err
		}
		void := voided(w.facts)
		last := 0
		var wrong *Fact
		for i := range w.facts {
			f := &w.facts[i]
			if movesClock[f.Kind] && !void[f.Seq] {
				last = f.Seq
			}
			if f.Seq == seq {
				wrong = f
			}
		}
		switch {
		case wrong == nil:
			return fault.New(fault.NotFound, "dossier.fact_unknown")
		case void[seq]:
			return fault.New(fault.Conflict, "dossier.corrected_already")
		case !movesClock[wrong.Kind] && !correctable[wrong.Kind]:
			return fault.New(fault.Conflict, "dossier.not_correctable")
		case movesClock[wrong.Kind] && seq != last:
			return fault.New(fault.Conflict, "dossier.correct_later_first")
		}
		if err := w.refund(ctx, *wrong, reason); err != nil {
			return err
		}
		ended := w.d.Ended
		if err := w.happened(Fact{Kind: FCorrected, Ref: seq, Reason: reason}); err != nil {
			return err
		}
		if ended == 0 || w.d.Ended != 0 {
			return nil
		}
		// It goes on after all: the step that its end had closed is open again.
		if err := w.loadSteps(ctx); err != nil {
			return err
		}
		for i := len(w.steps) - 1; i >= 0; i-- {
			if s := &w.steps[i]; s.Came != 0 && !s.Beside {
				s.Done, s.Outcome = 0, ""
				w.moved[s.Ord] = true
				break
			}
		}
		return nil
	})
}
