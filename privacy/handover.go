package privacy

import (
	"context"
	"slices"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
)

// A HeldRequest is one that was given to somebody and is not answered.
type HeldRequest struct {
	Request
	Problem *fault.Fault // why it cannot go to whom it is meant for; nil when it can
}

var requestsHeld = db.SQL("privacy.hand.requests", `
	SELECT `+requestColumns+`
	FROM subject_request
	WHERE assigned_to = $1 AND answered_at IS NULL
	ORDER BY due_at, id`)

// OnHand tells which requests a person was given, where the actor may hand them over
// (account.handover), and with to, which is an account, which of them could not go there.
// elsewhere counts the others.
func (k *Desk) OnHand(ctx context.Context, q db.Queryer, a actor.Actor, account, to string) (out []HeldRequest, elsewhere int, err error) {
	list, err := db.All(ctx, q, requestsHeld, scanRequest, account)
	if err != nil {
		return nil, 0, err
	}
	for _, r := range list {
		may, err := k.Guard.May(ctx, q, a, auth.AccountHandover, actor.UnitID(r.Unit))
		if err != nil {
			return nil, 0, err
		}
		if !may {
			elsewhere++
			continue
		}
		x := HeldRequest{Request: r}
		if to != "" {
			people, err := k.People(ctx, q, r.Unit)
			if err != nil {
				return nil, 0, err
			}
			if !slices.ContainsFunc(people, func(p Person) bool { return p.Account == to }) {
				x.Problem = fault.New(fault.Conflict, "privacy.request.account_wrong")
			}
		}
		out = append(out, x)
	}
	return out, elsewhere, nil
}

// HandOver gives a person's requests to another, in a write of the caller's. What cannot
// go stays; left counts it.
func (k *Desk) HandOver(ctx context.Context, tx *db.Tx, a actor.Actor, from, to, reason string) (n, left int, err error) {
	list, _, err := k.OnHand(ctx, tx, a, from, to)
	if err != nil {
		return 0, 0, err
	}
	for _, x := range list {
		if x.Problem != nil {
			left++
			continue
		}
		if _, err := tx.Exec(ctx, requestGive, to, x.ID); err != nil {
			return 0, 0, err
		}
		if err := k.told(ctx, tx, a, x.Request, string(auth.AccountHandover), reason, audit.Change{Field: "account", From: from, To: to}); err != nil {
			return 0, 0, err
		}
		n++
	}
	return n, left, nil
}
