package scorecard

import (
	"context"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
)

// An Appraisal is a field of a round that is not approved yet, which somebody
// appraises.
type Appraisal struct {
	Round Round
	Stage Stage
	Field string
	// Problem is why it cannot go to whom it is meant for; nil when it can.
	Problem *fault.Fault
}

var (
	appraisalsOf = db.SQL("scorecard.hand.appraisals", `
		SELECT p.round_id, p.stage, p.field
		FROM round_appraiser p
		JOIN round r ON r.id = p.round_id
		WHERE p.account = $1 AND r.approved_at IS NULL
		ORDER BY p.round_id, p.stage, p.field`)
	appraisalEnd   = db.SQL("scorecard.hand.end", `DELETE FROM round_appraiser WHERE round_id = $1 AND stage = $2 AND field = $3 AND account = $4`)
	appraisalThere = db.SQL("scorecard.hand.there", `SELECT COUNT(*) FROM round_appraiser WHERE round_id = $1 AND stage = $2 AND field = $3 AND account = $4`)
)

// OnHand tells what a person appraises, where the actor may hand it over, and with
// to, which is an account, what of it could not go there.
func (k *Desk) OnHand(ctx context.Context, q db.Queryer, a actor.Actor, account, to string) (out []Appraisal, err error) {
	type row struct{ round, stage, field string }
	rows, err := db.All(ctx, q, appraisalsOf, func(r db.Scanner) (x row, err error) {
		err = r.Scan(&x.round, &x.stage, &x.field)
		return x, err
	}, account)
	if err != nil {
		return nil, err
	}
	for _, x := range rows {
		r, err := getRound(ctx, q, x.round)
		if err != nil {
			return nil, err
		}
		if ok, err := k.Guard.May(ctx, q, a, auth.AccountHandover, r.Unit); err != nil {
			return nil, err
		} else if !ok {
			continue
		}
		p := Appraisal{Round: r, Stage: Stage(x.stage), Field: x.field}
		if to != "" {
			who, err := auth.Load(ctx, q, to, nowOf(k, q).Date())
			ok := false
			if err == nil {
				ok, err = k.Guard.May(ctx, q, who, auth.ScoreAppraise, r.Unit)
			}
			if err != nil && !fault.Is(err, fault.Unauthenticated) {
				return nil, err
			}
			if !ok {
				p.Problem = fault.New(fault.Conflict, "rounds.appraiser_refused", "Name", who.Name)
			}
		}
		out = append(out, p)
	}
	return out, nil
}

// HandOver gives what a person appraises to another, in a write of the caller's. What
// cannot go stays; left counts it.
func (k *Desk) HandOver(ctx context.Context, tx *db.Tx, a actor.Actor, from, to, reason string) (n, left int, err error) {
	list, err := k.OnHand(ctx, tx, a, from, to)
	if err != nil {
		return 0, 0, err
	}
	for _, x := range list {
		if x.Problem != nil {
			left++
			continue
		}
		if _, err := tx.Exec(ctx, appraisalEnd, x.Round.ID, string(x.Stage), x.Field, from); err != nil {
			return 0, 0, err
		}
		if there, err := db.Value[int](ctx, tx, appraisalThere, x.Round.ID, string(x.Stage), x.Field, to); err != nil {
			return 0, 0, err
		} else if there == 0 {
			if err := tx.InsertRows(ctx, assignmentsInsert, [][]any{{x.Round.ID, string(x.Stage), x.Field, to, tx.Now}}); err != nil {
				return 0, 0, err
			}
		}
		if err := audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.AccountHandover), Kind: "round", ID: x.Round.ID, Unit: x.Round.Unit, Reason: reason,
			Changes: []audit.Change{{Field: "appraiser " + string(x.Stage) + " " + x.Field, From: from, To: to}}}); err != nil {
			return 0, 0, err
		}
		n++
	}
	return n, left, nil
}
