package dossier

import (
	"context"
	"slices"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/fault"
	"cchc/base/moment"
)

// Claim takes the current step: from now on it is this person's (nhận việc).
func (k *Desk) Claim(ctx context.Context, a actor.Actor, code string) error {
	return k.act(ctx, a, auth.ClaimStep, code, func(ctx context.Context, w *work) error {
		s, err := w.step(ctx)
		if err != nil {
			return err
		}
		if s.Account == a.Account {
			return nil
		}
		if s.Account != "" && !a.Has(actor.Chairperson) {
			return fault.New(fault.Conflict, "dossier.claimed_already")
		}
		s.Account = a.Account
		w.moved[s.Ord] = true
		return w.happened(Fact{Kind: FStep, How: "claimed", Ref: 0, Qty: int64(s.Ord)})
	})
}

// Forward ends the current step and gives the dossier to the next one, to a
// person of it when account is given (chuyển bước).
func (k *Desk) Forward(ctx context.Context, a actor.Actor, code, account, note string) error {
	return k.act(ctx, a, auth.ForwardStep, code, forwarded(account, note))
}

func forwarded(account, note string) func(context.Context, *work) error {
	return func(ctx context.Context, w *work) error {
		s, err := w.step(ctx)
		if err != nil {
			return err
		}
		next := following(w.steps, s)
		if next < 0 {
			return fault.New(fault.Conflict, "dossier.last_step")
		}
		w.close(s, "forwarded", note)
		n := &w.steps[next]
		n.Came, n.Account = w.tx.Now, account
		w.moved[n.Ord] = true
		return w.happened(Fact{Kind: FStep, How: "forwarded", Qty: int64(n.Ord), Reason: note})
	}
}

// SendBack gives the dossier back to the step before, with the reason (trả lại
// bước trước). The earlier step is entered anew, so the control sheet shows both.
func (k *Desk) SendBack(ctx context.Context, a actor.Actor, code, reason string) error {
	return k.act(ctx, a, auth.SendBackStep, code, func(ctx context.Context, w *work) error {
		if err := needReason(reason); err != nil {
			return err
		}
		s, err := w.step(ctx)
		if err != nil {
			return err
		}
		before := -1
		for i := range w.steps {
			if p := w.steps[i]; !p.Beside && p.Done != 0 && p.Ord < s.Ord && p.Outcome == "forwarded" {
				before = i
			}
		}
		if before < 0 {
			return fault.New(fault.Conflict, "dossier.first_step")
		}
		w.close(s, "sent_back", reason)
		// The step before, and this one again, follow; what nobody came to yet
		// moves behind them.
		again, this := w.steps[before], *s
		again.Came, again.Done, again.Outcome, again.Reason = w.tx.Now, 0, "", ""
		this.Came, this.Done, this.Outcome, this.Reason, this.Account = 0, 0, "", "", ""
		w.insertAfter(s.Ord, again, this)
		return w.happened(Fact{Kind: FStep, How: "sent_back", Qty: int64(w.steps[before].Ord), Reason: reason})
	})
}

// A Consultation asks another body for its part (liên thông): it has a deadline
// of its own and runs beside the steps; the promise to the citizen stays with
// the one-stop that received the dossier.
type Consultation struct {
	Body   string
	Name   string
	By     moment.Instant // its own deadline
	Reason string
}

// Consult asks another body beside the current step.
func (k *Desk) Consult(ctx context.Context, a actor.Actor, code string, c Consultation) error {
	return k.act(ctx, a, auth.ConsultBody, code, func(ctx context.Context, w *work) error {
		f := fault.New(fault.Invalid, "form.invalid")
		if c.Body == "" {
			f.With("body", "dossier.body_missing")
		}
		if c.Name == "" {
			f.With("name", "dossier.step_name_missing")
		}
		if c.By != 0 && c.By < w.tx.Now {
			f.With("by", "dossier.in_past")
		}
		if err := f.Or(); err != nil {
			return err
		}
		if _, err := w.step(ctx); err != nil {
			return err
		}
		s := Step{Ord: w.steps[len(w.steps)-1].Ord + 1, Name: c.Name, Role: string(actor.Specialist), Body: c.Body, Beside: true,
			Came: w.tx.Now, Due: c.By, Reason: c.Reason}
		w.steps = append(w.steps, s)
		w.moved[s.Ord] = true
		return w.happened(Fact{Kind: FStep, How: "consulted", Qty: int64(s.Ord), Reason: c.Reason})
	})
}

// Answer notes that a consulted body answered.
func (k *Desk) Answer(ctx context.Context, a actor.Actor, code string, ord int, answer string) error {
	return k.act(ctx, a, auth.NoteAnswer, code, func(ctx context.Context, w *work) error {
		if err := w.loadSteps(ctx); err != nil {
			return err
		}
		i := slices.IndexFunc(w.steps, func(s Step) bool { return s.Ord == ord && s.Beside && s.Done == 0 })
		if i < 0 {
			return fault.New(fault.NotFound, "dossier.step_unknown")
		}
		w.close(&w.steps[i], "answered", answer)
		return w.happened(Fact{Kind: FStep, How: "answered", Qty: int64(ord), Reason: answer})
	})
}

// step returns the current step; a fault when nobody has the dossier.
func (w *work) step(ctx context.Context) (*Step, error) {
	if err := w.loadSteps(ctx); err != nil {
		return nil, err
	}
	s := current(w.steps)
	if s == nil {
		return nil, fault.New(fault.Conflict, "dossier.no_step")
	}
	return s, nil
}

func (w *work) close(s *Step, outcome, reason string) {
	s.Done, s.Outcome = w.tx.Now, outcome
	if reason != "" {
		s.Reason = reason
	}
	if s.Account == "" {
		s.Account = w.actor.Account
	}
	w.moved[s.Ord] = true
}

// insertAfter puts new steps behind the step ord and moves the later ones back.
func (w *work) insertAfter(ord int, add ...Step) {
	i := slices.IndexFunc(w.steps, func(s Step) bool { return s.Ord == ord })
	w.steps = slices.Insert(w.steps, i+1, add...)
	for j := i + 1; j < len(w.steps); j++ {
		w.steps[j].Ord = j + 1
		w.moved[w.steps[j].Ord] = true
	}
}
