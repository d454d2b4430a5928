package dossier

import (
	"context"
	"errors"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
)

// erased is how a dossier stands whose applicant nobody knows any more.
const erased auth.State = "erased"

// Stands names how a dossier stands in the words of the policy: its national status,
// and what its clock waits for beside it.
func (s State) Stands() auth.State {
	switch status := s.Status(); {
	case s.End == EndVoided:
		return "voided"
	case status == NotAccepted:
		return "not_accepted"
	case status == HandedOver:
		return "handed_over"
	case status == Stopped:
		return "stopped"
	case status == Finished:
		return "finished"
	case s.AcceptedAt == 0 && s.Withdrawal != 0 && s.Waiting != "":
		return "recalled_asked"
	case s.AcceptedAt == 0 && s.Withdrawal != 0:
		return "recalled"
	case s.AcceptedAt == 0 && s.Waiting != "":
		return "asked"
	case s.AcceptedAt == 0:
		return "registered"
	case s.Withdrawal != 0:
		return map[string]auth.State{"": "withdrawing", ForSupplement: "withdrawing_supplement",
			ForObligation: "withdrawing_obligation", ForOther: "withdrawing_paused"}[s.Waiting]
	case s.Waiting != "":
		return map[string]auth.State{ForSupplement: "supplement", ForObligation: "obligation", ForOther: "paused"}[s.Waiting]
	case status == Accepted:
		return "accepted"
	}
	return "in_progress"
}

// Stands is State.Stands of what is known of the whole.
func (w *Whole) Stands() auth.State {
	if w.Erased {
		return erased
	}
	return w.State.Stands()
}

// stands returns how a dossier stands now; only what is over can be erased.
func stands(ctx context.Context, q db.Queryer, d *Dossier) (auth.State, error) {
	if d.Ended != 0 || d.NotAccepted != 0 {
		if n, err := db.Value[int](ctx, q, personErased, d.ID); err != nil || n > 0 {
			return erased, err
		}
	}
	return d.Stands(), nil
}

// may asks the policy whether a may do an act to a dossier as it stands.
func (k *Desk) may(ctx context.Context, q db.Queryer, a actor.Actor, x auth.Act, d *Dossier) error {
	now, err := stands(ctx, q, d)
	if err != nil {
		return err
	}
	return k.Guard.Do(ctx, q, a, x, d.State.Unit, now, refusal(x, d, now))
}

// MayAct returns nil when a may do an act, which another room does, to a dossier as it
// stands. Faults: Forbidden; Conflict; NotFound for an id that is nobody's.
func (k *Desk) MayAct(ctx context.Context, q db.Queryer, a actor.Actor, x auth.Act, id string) error {
	d, err := db.One(ctx, q, byID, scan, id)
	if errors.Is(err, db.ErrNotFound) {
		return notFound(id)
	}
	if err != nil {
		return err
	}
	return k.may(ctx, q, a, x, &d)
}

// refusal says why an act is not for a dossier that stands so.
func refusal(x auth.Act, d *Dossier, now auth.State) error {
	switch x.Name {
	case auth.UndoMany.Name:
		return fault.New(fault.Conflict, "bulk.undo_changed")
	case auth.TransferDossier.Name:
		return assignGone(d.Code)
	}
	if now == erased {
		return fault.New(fault.Conflict, "dossier.erased", "Code", d.Code)
	}
	switch x.Name {
	case auth.SupplyPapers.Name, auth.MeetDuty.Name, auth.ResumeDossier.Name:
		return fault.New(fault.Conflict, "dossier.not_waiting", "Code", d.Code)
	case auth.RateDossier.Name:
		return fault.New(fault.Conflict, "dossier.rate_too_early")
	case auth.ExplainRating.Name:
		return fault.New(fault.Conflict, "dossier.rate_no_rating")
	case auth.VoidReceipt.Name:
		if now == "voided" {
			return fault.New(fault.Conflict, "counter.void.already", "Code", d.Code)
		}
		return fault.New(fault.Conflict, "counter.void.ended", "Code", d.Code)
	}
	// Its status would allow it, were its clock not standing still.
	if now == "paused" && x.In("in_progress") || d.Withdrawal != 0 && d.Waiting != "" && x.In("withdrawing") {
		return fault.New(fault.Conflict, "dossier.waiting_already", "For", d.Waiting)
	}
	return wrongStatus(d)
}

func wrongStatus(d *Dossier) error {
	return fault.New(fault.Conflict, "dossier.wrong_status", "Code", d.Code, "Status", int(d.Status()))
}

func assignGone(code string) error {
	return fault.New(fault.Conflict, "dossier.assign_gone", "Code", code)
}
