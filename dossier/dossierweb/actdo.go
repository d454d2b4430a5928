package dossierweb

import (
	"context"
	"strconv"
	"strings"

	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/dossier"
)

// What each action does: from the form to the verb, and nothing else.

func accept(ctx context.Context, p *Pages, x *actView) error {
	return p.Desk.Accept(ctx, web.Actor(ctx), x.w.Code, x.in.At)
}

func decline(ctx context.Context, p *Pages, x *actView) error {
	return p.Desk.Decline(ctx, web.Actor(ctx), x.w.Code, x.in.Reason)
}

func claim(ctx context.Context, p *Pages, x *actView) error {
	return p.Desk.Claim(ctx, web.Actor(ctx), x.w.Code)
}

func forward(ctx context.Context, p *Pages, x *actView) error {
	if x.in.Account != "" {
		known := false
		for _, who := range x.people {
			known = known || who.Account == x.in.Account
		}
		if !known {
			return fault.New(fault.Invalid, "web.form.invalid").With("account", "dossierweb.account_wrong")
		}
	}
	return p.Desk.Forward(ctx, web.Actor(ctx), x.w.Code, x.in.Account, x.in.Note)
}

func sendBack(ctx context.Context, p *Pages, x *actView) error {
	return p.Desk.SendBack(ctx, web.Actor(ctx), x.w.Code, x.in.Reason)
}

// asked is what stops the clock, from the form.
func (x *actView) asked(by moment.Instant) dossier.Ask {
	return dossier.Ask{Reason: x.in.Reason, Document: x.in.Document, SupplyBy: by, At: x.in.At, Again: x.in.Again}
}

func supplement(ctx context.Context, p *Pages, x *actView) error {
	by, err := p.closing(ctx, &x.w, x.in.SupplyBy)
	if err != nil {
		return err
	}
	return p.Desk.AskForMore(ctx, web.Actor(ctx), x.w.Code, x.asked(by))
}

func supply(ctx context.Context, p *Pages, x *actView) error {
	var due moment.Instant
	if x.w.ExternalDue {
		due = x.in.Due
	}
	return p.Desk.Supply(ctx, web.Actor(ctx), x.w.Code, x.in.At, due)
}

func oblige(ctx context.Context, p *Pages, x *actView) error {
	return p.Desk.Oblige(ctx, web.Actor(ctx), x.w.Code, x.asked(0))
}

func discharge(ctx context.Context, p *Pages, x *actView) error {
	return p.Desk.Discharge(ctx, web.Actor(ctx), x.w.Code, x.in.At)
}

func pay(ctx context.Context, p *Pages, x *actView) error {
	return p.Desk.Pay(ctx, web.Actor(ctx), x.w.Code, dossier.Payment{
		Amount: dong(x.in.Amount), Channel: x.in.Channel, Document: x.in.Document, At: x.in.At,
	})
}

// dong reads an amount as people write it, "50.000 đ"; what is no amount is 0,
// which the verb refuses.
func dong(s string) int64 {
	s = strings.NewReplacer(".", "", ",", "", " ", "", "\u00a0", "", "đ", "", "₫", "").Replace(strings.ToLower(s))
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func pause(ctx context.Context, p *Pages, x *actView) error {
	return p.Desk.Pause(ctx, web.Actor(ctx), x.w.Code, x.asked(0))
}

func resume(ctx context.Context, p *Pages, x *actView) error {
	return p.Desk.Resume(ctx, web.Actor(ctx), x.w.Code, x.in.At)
}

func extend(ctx context.Context, p *Pages, x *actView) error {
	return p.Desk.Extend(ctx, web.Actor(ctx), x.w.Code, x.in.Qty, x.in.Reason, x.in.Document)
}

func consult(ctx context.Context, p *Pages, x *actView) error {
	by, err := p.closing(ctx, &x.w, x.in.By)
	if err != nil {
		return err
	}
	return p.Desk.Consult(ctx, web.Actor(ctx), x.w.Code, dossier.Consultation{Body: x.in.Body, Name: x.in.Name, By: by, Reason: x.in.Reason})
}

func answer(ctx context.Context, p *Pages, x *actView) error {
	return p.Desk.Answer(ctx, web.Actor(ctx), x.w.Code, x.in.Ord, x.in.Answer)
}

func (x *actView) result() dossier.Result {
	return dossier.Result{At: x.in.At, Electronic: x.in.Electronic, Synced: x.in.Synced, Document: x.in.Document}
}

func finish(ctx context.Context, p *Pages, x *actView) error {
	return p.Desk.Finish(ctx, web.Actor(ctx), x.w.Code, x.result())
}

func handOver(ctx context.Context, p *Pages, x *actView) error {
	return p.Desk.HandOver(ctx, web.Actor(ctx), x.w.Code, x.in.How, x.in.At, x.in.Tracking)
}

func apologise(ctx context.Context, p *Pages, x *actView) error {
	until, err := p.closing(ctx, &x.w, x.in.Until)
	if err != nil {
		return err
	}
	return p.Desk.Apologise(ctx, web.Actor(ctx), x.w.Code, dossier.Apology{Reason: x.in.Reason, Document: x.in.Document, Until: until})
}

func refuse(ctx context.Context, p *Pages, x *actView) error {
	return p.Desk.Refuse(ctx, web.Actor(ctx), x.w.Code, x.in.Reason, x.result())
}

func stop(ctx context.Context, p *Pages, x *actView) error {
	return p.Desk.Stop(ctx, web.Actor(ctx), x.w.Code, x.in.Reason, x.in.Document)
}

func withdraw(ctx context.Context, p *Pages, x *actView) error {
	return p.Desk.AskWithdrawal(ctx, web.Actor(ctx), x.w.Code, x.in.Reason)
}

func withdrawConfirm(ctx context.Context, p *Pages, x *actView) error {
	return p.Desk.ConfirmWithdrawal(ctx, web.Actor(ctx), x.w.Code)
}

func withdrawDecline(ctx context.Context, p *Pages, x *actView) error {
	return p.Desk.DeclineWithdrawal(ctx, web.Actor(ctx), x.w.Code, x.in.Reason)
}

func complain(ctx context.Context, p *Pages, x *actView) error {
	return p.Desk.Complain(ctx, web.Actor(ctx), x.w.Code, x.in.Reason, x.in.Document)
}

func reverse(ctx context.Context, p *Pages, x *actView) error {
	return p.Desk.Reverse(ctx, web.Actor(ctx), x.w.Code, x.in.Reason, x.in.Document)
}

func correct(ctx context.Context, p *Pages, x *actView) error {
	return p.Desk.Correct(ctx, web.Actor(ctx), x.w.Code, x.in.Seq, x.in.Reason)
}
