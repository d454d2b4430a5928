package dossier

import (
	"context"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/fault"
)

// Pay records money received for a dossier: through the national portal, the
// province's, or in cash. When the clock waited for it, it goes on.
func (k *Desk) Pay(ctx context.Context, a actor.Actor, code string, p Payment) error {
	return k.act(ctx, a, auth.PayDossier, code, func(ctx context.Context, w *work) error {
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
		if p.At == 0 {
			p.At = w.tx.Now
		}
		if w.d.Marks&Obliged == 0 {
			if err := w.happened(Fact{Kind: FMarked, At: p.At, How: "obliged", Qty: 1}); err != nil {
				return err
			}
		}
		if err := w.happened(Fact{Kind: FPaid, At: p.At, How: p.Channel, Qty: p.Amount, Document: p.Document}); err != nil {
			return err
		}
		if p.Channel == "cash" {
			if err := w.cash(ctx, "take", p.Amount, w.added[len(w.added)-1].Seq, ""); err != nil {
				return err
			}
		}
		if w.d.Waiting == ForObligation {
			return w.resume(ctx, Fact{Kind: FDischarged, At: p.At})
		}
		return nil
	})
}

// payments are the payments among facts, those that a correction took back left
// out.
func payments(facts []Fact) []Payment {
	void := voided(facts)
	var out []Payment
	for _, f := range facts {
		if f.Kind == FPaid && !void[f.Seq] {
			out = append(out, Payment{Amount: f.Qty, Channel: f.How, Document: f.Document, At: f.At})
		}
	}
	return out
}
