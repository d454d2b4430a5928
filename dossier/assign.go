package dossier

import (
	"context"
	"slices"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
)

// Allot gives the current step to a person who holds its role there (giao việc).
// What somebody else has is given to another by a chairperson only. The work has
// not begun by that: the new holder takes it on, or passes it.
func (k *Desk) Allot(ctx context.Context, a actor.Actor, code, account, note string) error {
	return k.act(ctx, a, auth.AllotStep, code, allotted(account, note))
}

func allotted(account, note string) func(context.Context, *work) error {
	return func(ctx context.Context, w *work) error {
		s, err := w.step(ctx)
		if err != nil {
			return err
		}
		if account == "" {
			return fault.New(fault.Invalid, "form.invalid").With("to", "bulk.to_missing")
		}
		if err := mayAllot(w.actor, s, account); err != nil {
			return err
		}
		if err := holds(ctx, w.tx, w.d, s, account, w.tx.Now.Date()); err != nil {
			return err
		}
		s.Account = account
		w.moved[s.Ord] = true
		return w.happened(Fact{Kind: FStep, How: "assigned", Qty: int64(s.Ord), Reason: note})
	}
}

func mayAllot(a actor.Actor, s *Step, account string) error {
	switch {
	case account != "" && s.Account == account:
		return fault.New(fault.Conflict, "bulk.assigned_already")
	case s.Account != "" && s.Account != a.Account && !a.Has(actor.Chairperson):
		return fault.New(fault.Conflict, "dossier.claimed_already")
	}
	return nil
}

// candidates are the people who may be given a step of a dossier.
func candidates(ctx context.Context, q db.Queryer, d *Dossier, s *Step, on moment.Date) ([]auth.Person, error) {
	return auth.People(ctx, q, d.State.Unit, actor.Role(s.Role), on)
}

// holds refuses a person who does not hold the step's role where the dossier is.
func holds(ctx context.Context, q db.Queryer, d *Dossier, s *Step, account string, on moment.Date) error {
	people, err := candidates(ctx, q, d, s, on)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(people, func(p auth.Person) bool { return p.Account == account }) {
		return fault.New(fault.Conflict, "bulk.person_wrong", "Step", s.Name)
	}
	return nil
}

// following is the step to which a dossier at step s would be forwarded.
func following(steps []Step, s *Step) int {
	return slices.IndexFunc(steps, func(n Step) bool { return !n.Beside && n.Came == 0 && n.Ord > s.Ord })
}
