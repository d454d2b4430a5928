package dossierweb

import (
	"context"
	"slices"

	"cchc/base/auth"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web/ui"
	"cchc/dossier"
)

// An action is something that can be done to a dossier: a page that asks for what
// it needs, and the verb. Whether it is offered follows from the dossier's state
// and the actor's rights; whether it happens, the verb decides.
type action struct {
	name   string // in the address, and in messages dossierweb.act.<name>
	verb   auth.Verb
	open   func(w *dossier.Whole) bool
	danger bool // cannot be taken back by doing something else
	direct bool // the button does it: there is nothing to ask
	inputs func(ctx context.Context, x *actView) []input
	do     func(ctx context.Context, p *Pages, x *actView) error
}

// actions are all of them, in the order in which a menu shows them.
var actions = []*action{
	{name: "accept", verb: auth.DossierReceive, open: registered, inputs: inputs(atInput), do: accept},
	{name: "decline", verb: auth.DossierReceive, open: registered, danger: true, inputs: inputs(reasonInput), do: decline},
	{name: "claim", verb: auth.DossierProcess, open: unclaimed, direct: true, inputs: inputs(), do: claim},
	{name: "forward", verb: auth.DossierProcess, open: forwardable, inputs: forwardInputs, do: forward},
	{name: "send-back", verb: auth.DossierProcess, open: returnable, inputs: inputs(reasonInput), do: sendBack},
	{name: "supplement", verb: auth.DossierProcess, open: askable, inputs: supplementInputs, do: supplement},
	{name: "supply", verb: auth.DossierReceive, open: waitsFor(dossier.ForSupplement), inputs: supplyInputs, do: supply},
	{name: "oblige", verb: auth.DossierProcess, open: running, inputs: inputs(reasonInput, documentInput, atInput), do: oblige},
	{name: "pay", verb: auth.DossierPay, open: payable, inputs: payInputs, do: pay},
	{name: "discharge", verb: auth.DossierPay, open: waitsFor(dossier.ForObligation), inputs: inputs(atInput), do: discharge},
	{name: "pause", verb: auth.DossierProcess, open: running, inputs: inputs(reasonInput, documentInput, atInput), do: pause},
	{name: "resume", verb: auth.DossierProcess, open: waitsFor(dossier.ForOther), inputs: inputs(atInput), do: resume},
	{name: "extend", verb: auth.DossierProcess, open: extendable, inputs: extendInputs, do: extend},
	{name: "consult", verb: auth.DossierProcess, open: hasStep, inputs: consultInputs, do: consult},
	{name: "answer", verb: auth.DossierProcess, open: consulted, inputs: answerInputs, do: answer},
	{name: "finish", verb: auth.DossierProcess, open: finishable, inputs: finishInputs, do: finish},
	{name: "hand-over", verb: auth.DossierReturn, open: handable, inputs: handInputs, do: handOver},
	{name: "apologise", verb: auth.DossierApologise, open: apologisable, inputs: apologyInputs, do: apologise},
	{name: "refuse", verb: auth.DossierProcess, open: isOpen, danger: true, inputs: refuseInputs, do: refuse},
	{name: "stop", verb: auth.DossierProcess, open: isOpen, danger: true, inputs: inputs(reasonInput, documentInput), do: stop},
	{name: "withdraw", verb: auth.DossierReceive, open: withdrawable, inputs: inputs(optional(reasonInput)), do: withdraw},
	{name: "withdraw-confirm", verb: auth.DossierProcess, open: withdrawing, danger: true, inputs: inputs(), do: withdrawConfirm},
	{name: "withdraw-decline", verb: auth.DossierProcess, open: withdrawing, inputs: inputs(reasonInput), do: withdrawDecline},
	{name: "complain", verb: auth.DossierReceive, open: always, inputs: inputs(reasonInput, documentInput), do: complain},
	{name: "reverse", verb: auth.DossierCorrect, open: disliked, inputs: inputs(reasonInput, documentInput), do: reverse},
	{name: "keep-original", verb: auth.DossierReceive, open: always, inputs: keepInputs, do: keepOriginal},
	{name: "contact", verb: auth.DossierReturn, open: collectable, inputs: contactInputs, do: contact},
	{name: "void-receipt", verb: auth.DossierCorrect, open: voidable, danger: true, inputs: voidInputs, do: voidReceipt},
	{name: "correct", verb: auth.DossierCorrect, open: always, inputs: correctInputs, do: correct},
}

// What a state allows. These only say what to offer.

func always(*dossier.Whole) bool      { return true }
func isOpen(w *dossier.Whole) bool    { return w.IsOpen() }
func disliked(w *dossier.Whole) bool  { return w.Marks&dossier.Disliked != 0 }
func running(w *dossier.Whole) bool   { return status(w, dossier.Accepted, dossier.InProgress) }
func payable(w *dossier.Whole) bool   { return w.NotAccepted == 0 && w.AcceptedAt != 0 }
func hasStep(w *dossier.Whole) bool   { return w.IsOpen() && current(w) != nil }
func unclaimed(w *dossier.Whole) bool { return hasStep(w) && current(w).Account == "" }

func registered(w *dossier.Whole) bool {
	return w.AcceptedAt == 0 && w.NotAccepted == 0 && w.Withdrawal == 0 && w.Ended == 0
}

func forwardable(w *dossier.Whole) bool { return hasStep(w) && w.Waiting == "" && next(w) != nil }

func finishable(w *dossier.Whole) bool {
	return status(w, dossier.Accepted, dossier.InProgress, dossier.Withdrawing) && w.IsOpen() && w.Waiting == ""
}

func returnable(w *dossier.Whole) bool {
	c := current(w)
	return w.IsOpen() && c != nil && slices.ContainsFunc(w.Steps, func(s dossier.Step) bool {
		return !s.Beside && s.Done != 0 && s.Ord < c.Ord && s.Outcome == "forwarded"
	})
}

func askable(w *dossier.Whole) bool {
	return w.Waiting == "" && (running(w) || status(w, dossier.Registered) && w.AskedBefore == 0)
}

func extendable(w *dossier.Whole) bool { return running(w) && w.Limit.Unit != "" && !w.ExternalDue }

func consulted(w *dossier.Whole) bool { return w.IsOpen() && len(openConsultations(w)) > 0 }

func handable(w *dossier.Whole) bool {
	return w.Returned == 0 && w.AcceptedAt != 0 && status(w, dossier.Accepted, dossier.InProgress, dossier.Finished, dossier.Stopped)
}

func apologisable(w *dossier.Whole) bool { return w.IsOpen() && w.Apology == 0 }

func withdrawable(w *dossier.Whole) bool {
	return status(w, dossier.Registered, dossier.Accepted, dossier.InProgress, dossier.Supplement, dossier.Obligation)
}

func voidable(w *dossier.Whole) bool { return w.Ended == 0 && w.NotAccepted == 0 }

func withdrawing(w *dossier.Whole) bool { return status(w, dossier.Withdrawing) }

func waitsFor(what string) func(*dossier.Whole) bool {
	return func(w *dossier.Whole) bool { return w.Waiting == what && w.Ended == 0 && w.NotAccepted == 0 }
}

func status(w *dossier.Whole, any ...dossier.Status) bool { return slices.Contains(any, w.Status()) }

// current is the step that the dossier is at, nil when nobody holds it.
func current(w *dossier.Whole) *dossier.Step {
	for i := len(w.Steps) - 1; i >= 0; i-- {
		if s := &w.Steps[i]; !s.Beside && s.Came != 0 && s.Done == 0 {
			return s
		}
	}
	return nil
}

// next is the step to which the dossier would be forwarded.
func next(w *dossier.Whole) *dossier.Step {
	c := current(w)
	for i := range w.Steps {
		if s := &w.Steps[i]; c != nil && !s.Beside && s.Came == 0 && s.Ord > c.Ord {
			return s
		}
	}
	return nil
}

func openConsultations(w *dossier.Whole) []dossier.Step {
	var out []dossier.Step
	for _, s := range w.Steps {
		if s.Beside && s.Done == 0 {
			out = append(out, s)
		}
	}
	return out
}

// wanted names the actions that a dossier's state asks for, the most wanted
// first; all others stand in the menu.
func wanted(w *dossier.Whole) []string {
	switch {
	case w.NotAccepted != 0:
		return nil
	case w.Ended != 0 && w.Status() == dossier.Finished:
		return []string{"hand-over"}
	case w.Ended != 0:
		return nil
	case w.Withdrawal != 0:
		return []string{"withdraw-confirm", "withdraw-decline"}
	case w.Waiting == dossier.ForSupplement:
		return []string{"supply"}
	case w.Waiting == dossier.ForObligation:
		return []string{"pay", "discharge"}
	case w.Waiting != "":
		return []string{"resume"}
	case w.AcceptedAt == 0:
		return []string{"accept", "supplement"}
	}
	n := next(w)
	last := n == nil || n.Role == "onestop" && n.Ord == lastOrd(w)
	if last { // what is left is to hand the result over: it is ready now
		return []string{"finish", "forward", "claim"}
	}
	return []string{"forward", "claim", "supplement"}
}

func lastOrd(w *dossier.Whole) int {
	last := 0
	for _, s := range w.Steps {
		if !s.Beside {
			last = s.Ord
		}
	}
	return last
}

func actionNamed(name string) *action {
	return actions[slices.IndexFunc(actions, func(x *action) bool { return x.name == name })]
}

// choices splits the actions that the state and the rights allow into the main
// one, up to two beside it, and the menu's.
func choices(w *dossier.Whole, may map[auth.Verb]bool) (first *action, beside, menu []*action) {
	rest := slices.DeleteFunc(slices.Clone(actions), func(x *action) bool {
		return !may[x.verb] || !x.open(w) || x.name == "correct" // a correction begins at the fact
	})
	for _, name := range wanted(w) {
		i := slices.IndexFunc(rest, func(x *action) bool { return x.name == name })
		if i < 0 {
			continue
		}
		switch {
		case first == nil:
			first = rest[i]
		case len(beside) < 2:
			beside = append(beside, rest[i])
		default:
			continue
		}
		rest = slices.Delete(rest, i, i+1)
	}
	return first, beside, rest
}

// text is what the action's button says.
func (x *action) text(ctx context.Context, w *dossier.Whole) string {
	if n := next(w); x.name == "forward" && n != nil {
		return i18n.T(ctx, "dossierweb.act.forward_to", "Step", n.Name)
	}
	return i18n.T(ctx, "dossierweb.act."+x.name)
}

// option makes a choice whose text is a message.
func option(ctx context.Context, value, key string) ui.Option {
	return ui.Option{Value: value, Text: i18n.T(ctx, key)}
}

// closing returns the end of the office's time on a day, for dates that people
// type where the law counts days.
func (p *Pages) closing(ctx context.Context, w *dossier.Whole, d moment.Date) (moment.Instant, error) {
	if d == 0 {
		return 0, nil
	}
	cal, err := p.Desk.Calendars.For(ctx, p.Desk.DB, w.Promised)
	if err != nil {
		return 0, err
	}
	if at := cal.Closing(d); at != 0 {
		return at, nil
	}
	return d.End(), nil
}
