package dossier

import (
	"context"
	"errors"
	"unicode/utf8"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
)

// ByToken returns the dossier whose receipt carries the token.
func (k *Desk) ByToken(ctx context.Context, q db.Queryer, token string) (Dossier, error) {
	d, err := db.One(ctx, q, byToken, scan, token)
	if errors.Is(err, db.ErrNotFound) {
		return d, fault.New(fault.NotFound, "dossier.token_unknown")
	}
	return d, err
}

// Rate records the applicant's rating, 1 to 5, once, by the token on the
// receipt: no account is needed, and the token names no person.
func (k *Desk) Rate(ctx context.Context, token string, score int) error {
	if score < 1 || score > 5 {
		return fault.New(fault.Invalid, "form.invalid").With("score", "dossier.score_wrong")
	}
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		d, err := k.ByToken(ctx, tx, token)
		if err != nil {
			return err
		}
		return k.actTx(ctx, tx, actor.System("applicant"), auth.RateDossier, &d, func(ctx context.Context, w *work) error {
			if d.Rating != 0 {
				return fault.New(fault.Conflict, "dossier.rated_already")
			}
			return w.happened(Fact{Kind: FRated, Qty: int64(score)})
		})
	})
}

// mostReason is how many letters an applicant's reason may have.
const mostReason = 1000

// Explain records the applicant's words to the rating that they gave, once, by the
// token on the receipt.
//
// Faults: Invalid when there are none or more than 1,000 letters; Conflict when
// there is no rating yet, or words were recorded.
func (k *Desk) Explain(ctx context.Context, token, reason string) error {
	f := fault.New(fault.Invalid, "form.invalid")
	if reason == "" {
		f.With("reason", "dossier.rate_reason_missing")
	} else if utf8.RuneCountInString(reason) > mostReason {
		f.With("reason", "dossier.rate_reason_long", "Most", mostReason)
	}
	if err := f.Or(); err != nil {
		return err
	}
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		d, err := k.ByToken(ctx, tx, token)
		if err != nil {
			return err
		}
		return k.actTx(ctx, tx, actor.System("applicant"), auth.ExplainRating, &d, func(ctx context.Context, w *work) error {
			if d.Rating == 0 {
				return fault.New(fault.Conflict, "dossier.rate_no_rating")
			}
			said, err := k.Explained(ctx, tx, d.ID)
			if err != nil {
				return err
			}
			if said != "" {
				return fault.New(fault.Conflict, "dossier.rate_reason_given")
			}
			return w.happened(Fact{Kind: FExplained, Reason: reason})
		})
	})
}

// Explained returns the applicant's words to their rating, "" for none.
func (k *Desk) Explained(ctx context.Context, q db.Queryer, id string) (string, error) {
	facts, err := db.All(ctx, q, factsOf, scanFact, id)
	for _, f := range facts {
		if f.Kind == FExplained {
			return f.Reason, err
		}
	}
	return "", err
}

// Complain records a complaint about a dossier.
func (k *Desk) Complain(ctx context.Context, a actor.Actor, code, reason, document string) error {
	return k.act(ctx, a, auth.Complain, code, func(ctx context.Context, w *work) error {
		if err := needReason(reason); err != nil {
			return err
		}
		return w.happened(Fact{Kind: FComplained, Reason: reason, Document: document})
	})
}

// Reverse takes a complaint or low rating out of the figures because it was
// disproved, with the reason.
func (k *Desk) Reverse(ctx context.Context, a actor.Actor, code, reason, document string) error {
	return k.act(ctx, a, auth.ReverseComplaint, code, func(ctx context.Context, w *work) error {
		if err := needReason(reason); err != nil {
			return err
		}
		if w.d.Marks&Disliked == 0 {
			return fault.New(fault.Conflict, "dossier.no_complaint")
		}
		return w.happened(Fact{Kind: FReversed, Reason: reason, Document: document})
	})
}
