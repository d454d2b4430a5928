package dossier

import (
	"cmp"
	"context"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/calendar"
)

// An Ask stops the clock: a request for papers (form 02), a financial
// obligation, or another pause.
type Ask struct {
	Reason   string
	Document string            // number and date of the form or notice
	As       calendar.StopKind // how it acts on the clock; the procedure's own when empty
	Extra    calendar.Quantity // Extend only: how much is added, in the limit's unit
	SupplyBy moment.Instant    // by when the applicant must answer, if there is such a date
	At       moment.Instant    // zero is now
	Again    bool              // a second supplement, asked for knowingly
}

func (x Ask) fact(kind FactKind, as calendar.StopKind) Fact {
	return Fact{Kind: kind, At: x.At, How: string(as), Qty: int64(x.Extra), Due: x.SupplyBy, Reason: x.Reason, Document: x.Document}
}

// AskForMore asks the applicant for missing papers (5, yêu cầu bổ sung, form
// 02). Before acceptance: one complete request. During processing: the clock
// stops as the procedure says; a second request is allowed when Again is set, is
// flagged, and the service index counts the dossier late.
func (k *Desk) AskForMore(ctx context.Context, a actor.Actor, code string, x Ask) error {
	return k.act(ctx, a, auth.AskForPapers, code, func(ctx context.Context, w *work) error {
		if err := needReason(x.Reason); err != nil {
			return err
		}
		if w.d.AcceptedAt == 0 && w.d.AskedBefore > 0 {
			return fault.New(fault.Conflict, "dossier.asked_already")
		}
		if w.d.Supplements > 0 && !x.Again {
			return fault.New(fault.Invalid, "form.invalid").With("again", "dossier.second_supplement")
		}
		return w.happened(x.fact(FAsked, cmp.Or(x.As, w.d.StopsAs)))
	})
}

// Supply notes that the papers came: the clock goes on, after the day of supply.
// due is used for dossiers whose due date came from another system; else it is
// computed and due must be zero.
func (k *Desk) Supply(ctx context.Context, a actor.Actor, code string, when, due moment.Instant) error {
	return k.act(ctx, a, auth.SupplyPapers, code, func(ctx context.Context, w *work) error {
		return w.resume(ctx, Fact{Kind: FSupplied, At: when, Due: due})
	})
}

// Oblige tells the applicant to meet a financial obligation (6, yêu cầu thực
// hiện nghĩa vụ tài chính): the clock is paused until it is met.
func (k *Desk) Oblige(ctx context.Context, a actor.Actor, code string, x Ask) error {
	return k.act(ctx, a, auth.ObligeDossier, code, func(ctx context.Context, w *work) error {
		if err := needReason(x.Reason); err != nil {
			return err
		}
		return w.happened(x.fact(FObliged, calendar.Pause))
	})
}

// Discharge notes that the financial obligation was met; the clock goes on.
func (k *Desk) Discharge(ctx context.Context, a actor.Actor, code string, when moment.Instant) error {
	return k.act(ctx, a, auth.MeetDuty, code, func(ctx context.Context, w *work) error {
		return w.resume(ctx, Fact{Kind: FDischarged, At: when})
	})
}

// Pause stops the clock for what the procedure allows: a survey in the field,
// the notice board, an outside opinion, force majeure.
func (k *Desk) Pause(ctx context.Context, a actor.Actor, code string, x Ask) error {
	return k.act(ctx, a, auth.PauseDossier, code, func(ctx context.Context, w *work) error {
		if err := needReason(x.Reason); err != nil {
			return err
		}
		return w.happened(x.fact(FPaused, cmp.Or(x.As, calendar.Pause)))
	})
}

// Resume lets the clock go on after a Pause.
func (k *Desk) Resume(ctx context.Context, a actor.Actor, code string, when moment.Instant) error {
	return k.act(ctx, a, auth.ResumeDossier, code, func(ctx context.Context, w *work) error {
		return w.resume(ctx, Fact{Kind: FResumed, At: when})
	})
}

// Extend gives an open dossier more time with its legal basis (gia hạn): qty in
// the unit of its limit, added to the due date now in force.
func (k *Desk) Extend(ctx context.Context, a actor.Actor, code string, qty calendar.Quantity, reason, document string) error {
	return k.act(ctx, a, auth.ExtendDossier, code, func(ctx context.Context, w *work) error {
		if err := needReason(reason); err != nil {
			return err
		}
		if document == "" {
			return fault.New(fault.Invalid, "form.invalid").With("document", "dossier.document_missing")
		}
		if qty <= 0 {
			return fault.New(fault.Invalid, "form.invalid").With("qty", "dossier.quantity_wrong")
		}
		if w.d.Limit.Unit == "" || w.d.ExternalDue {
			return fault.New(fault.Conflict, "dossier.due_is_external")
		}
		// An extension is a stop of no length that adds time: the ledger keeps it,
		// so a later change of calendar counts it again.
		f := Fact{Kind: FPaused, How: string(calendar.Extend), Qty: int64(qty), Reason: reason, Document: document}
		if err := w.happened(f); err != nil {
			return err
		}
		return w.resume(ctx, Fact{Kind: FResumed, Reason: reason, Document: document})
	})
}

// resume ends what the clock waits for with a fact, and projects the due date
// anew. A promise is never moved earlier here.
func (w *work) resume(ctx context.Context, f Fact) error {
	if f.At == 0 {
		f.At = w.tx.Now
	}
	if f.At < w.d.WaitingSince {
		return fault.New(fault.Invalid, "form.invalid").With("at", "dossier.before_request")
	}
	if w.d.AcceptedAt == 0 { // asked before acceptance: no clock yet
		f.Due = 0
		return w.happened(f)
	}
	if w.d.ExternalDue || w.d.Limit.Unit == "" {
		return w.happened(f)
	}
	cal, err := w.desk.Calendars.For(ctx, w.tx, w.d.State.Unit)
	if err != nil {
		return err
	}
	p, err := cal.Project(w.d.AcceptedAt, w.d.Limit, w.d.Convention, Stops(append(w.all(), f)), w.tx.Now)
	if err != nil {
		return err
	}
	f.Due = max(p.Due, w.d.Due)
	if err := w.happened(f); err != nil {
		return err
	}
	if err := w.loadSteps(ctx); err != nil {
		return err
	}
	return w.replan(cal)
}
