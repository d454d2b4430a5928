package dossier

import (
	"context"
	"errors"

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
		return k.actTx(ctx, tx, actor.System("applicant"), auth.DossierRead, &d, func(ctx context.Context, w *work) error {
			if d.Ended == 0 {
				return fault.New(fault.Conflict, "dossier.rate_too_early")
			}
			if d.Rating != 0 {
				return fault.New(fault.Conflict, "dossier.rated_already")
			}
			return w.happened(Fact{Kind: FRated, Qty: int64(score)})
		})
	})
}

// Complain records a complaint about a dossier.
func (k *Desk) Complain(ctx context.Context, a actor.Actor, code, reason, document string) error {
	return k.act(ctx, a, auth.DossierReceive, code, func(ctx context.Context, w *work) error {
		if err := needReason(reason); err != nil {
			return err
		}
		return w.happened(Fact{Kind: FComplained, Reason: reason, Document: document})
	})
}

// Reverse takes a complaint or low rating out of the figures because it was
// disproved, with the reason.
func (k *Desk) Reverse(ctx context.Context, a actor.Actor, code, reason, document string) error {
	return k.act(ctx, a, auth.DossierCorrect, code, func(ctx context.Context, w *work) error {
		if err := needReason(reason); err != nil {
			return err
		}
		if w.d.Marks&Disliked == 0 {
			return fault.New(fault.Conflict, "dossier.no_complaint")
		}
		return w.happened(Fact{Kind: FReversed, Reason: reason, Document: document})
	})
}
