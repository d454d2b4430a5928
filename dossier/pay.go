package dossier

import (
	"context"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
)

var paymentInsert = db.SQL("dossier.payments.insert", `
	INSERT INTO dossier_payment (id, dossier_id, amount, channel, document, at, recorded_at, account)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`)

// Pay records money received for a dossier: through the national portal, the
// province's, or in cash. When the clock waited for it, it goes on.
func (k *Desk) Pay(ctx context.Context, a actor.Actor, code string, p Payment) error {
	return k.act(ctx, a, auth.DossierPay, code, func(ctx context.Context, w *work) error {
		f := fault.New(fault.Invalid, "form.invalid")
		if p.Amount <= 0 {
			f.With("amount", "dossier.amount_wrong")
		}
		switch p.Channel {
		case "national", "province", "cash":
		default:
			f.With("channel", "dossier.payment_channel_wrong")
		}
		if err := f.Or(); err != nil {
			return err
		}
		if w.d.NotAccepted != 0 {
			return w.mustBe(Accepted)
		}
		if p.At == 0 {
			p.At = w.tx.Now
		}
		if _, err := w.tx.Exec(ctx, paymentInsert, db.NewID(), w.d.ID, p.Amount, p.Channel, p.Document, p.At, w.tx.Now, a.Account); err != nil {
			return err
		}
		if w.d.Marks&Obliged == 0 {
			if err := w.happened(Fact{Kind: FMarked, At: p.At, How: "obliged", Qty: 1}); err != nil {
				return err
			}
		}
		if err := w.happened(Fact{Kind: FPaid, At: p.At, How: p.Channel, Qty: p.Amount, Document: p.Document}); err != nil {
			return err
		}
		if w.d.Waiting == ForObligation {
			return w.resume(ctx, ForObligation, Fact{Kind: FDischarged, At: p.At})
		}
		return nil
	})
}
