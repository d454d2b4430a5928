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
	act    auth.Act
	also   func(w *dossier.Whole) bool // what it needs beside the state; nil is nothing
	danger bool                        // cannot be taken back by doing something else
	direct bool                        // the button does it: there is nothing to ask
	inputs func(ctx context.Context, x *actView) []input
	do     func(ctx context.Context, p *Pages, x *actView) error
}

// actions are all of them, in the order in which a menu shows them.
var actions = []*action{
	{name: "accept", act: auth.AcceptDossier, inputs: inputs(atInput), do: accept},
	{name: "decline", act: auth.DeclineDossier, danger: true, inputs: inputs(reasonInput), do: decline},
	{name: "claim", act: auth.ClaimStep, also: unclaimed, direct: true, inputs: inputs(), do: claim},
	{name: "forward", act: auth.ForwardStep, also: forwardable, inputs: forwardInputs, do: forward},
	{name: "send-back", act: auth.SendBackStep, also: returnable, inputs: inputs(reasonInput), do: sendBack},
	{name: "supplement", act: auth.AskForPapers, also: firstAsked, inputs: supplementInputs, do: supplement},
	{name: "supply", act: auth.SupplyPapers, inputs: supplyInputs, do: supply},
	{name: "oblige", act: auth.ObligeDossier, inputs: inputs(reasonInput, documentInput, atInput), do: oblige},
	{name: "pay", act: auth.PayDossier, also: accepted, inputs: payInputs, do: pay},
	{name: "discharge", act: auth.MeetDuty, inputs: inputs(atInput), do: discharge},
	{name: "pause", act: auth.PauseDossier, inputs: inputs(reasonInput, documentInput, atInput), do: pause},
	{name: "resume", act: auth.ResumeDossier, inputs: inputs(atInput), do: resume},
	{name: "extend", act: auth.ExtendDossier, also: hasLimit, inputs: extendInputs, do: extend},
	{name: "consult", act: auth.ConsultBody, also: hasStep, inputs: consultInputs, do: consult},
	{name: "answer", act: auth.NoteAnswer, also: consulted, inputs: answerInputs, do: answer},
	{name: "finish", act: auth.FinishDossier, inputs: finishInputs, do: finish},
	{name: "hand-over", act: auth.HandOverResult, also: handable, inputs: handInputs, do: handOver},
	{name: "apologise", act: auth.ApologiseDossier, also: unapologised, inputs: apologyInputs, do: apologise},
	{name: "refuse", act: auth.RefuseDossier, danger: true, inputs: refuseInputs, do: refuse},
	{name: "stop", act: auth.StopDossier, danger: true, inputs: inputs(reasonInput, documentInput), do: stop},
	{name: "withdraw", act: auth.AskWithdrawal, inputs: inputs(optional(reasonInput)), do: withdraw},
	{name: "withdraw-confirm", act: auth.ConfirmWithdrawal, danger: true, inputs: inputs(), do: withdrawConfirm},
	{name: "withdraw-decline", act: auth.DeclineWithdrawal, inputs: inputs(reasonInput), do: withdrawDecline},
	{name: "complain", act: auth.Complain, inputs: inputs(reasonInput, documentInput), do: complain},
	{name: "reverse", act: auth.ReverseComplaint, also: disliked, inputs: inputs(reasonInput, documentInput), do: reverse},
	{name: "keep-original", act: auth.KeepOriginal, inputs: keepInputs, do: keepOriginal},
	{name: "contact", act: auth.NoteContact, inputs: contactInputs, do: contact},
	{name: "void-receipt", act: auth.VoidReceipt, danger: true, inputs: voidInputs, do: voidReceipt},
	{name: "correct", act: auth.CorrectFact, inputs: correctInputs, do: correct},
}

// open reports whether to offer the action: the policy allows it in the dossier's
// state, and what else it needs is there.
func (x *action) open(w *dossier.Whole) bool {
	return x.act.In(w.Stands()) && (x.also == nil || x.also(w))
}

// What actions need beside a state. These only say what to offer.

func disliked(w *dossier.Whole) bool     { return w.Marks&dossier.Disliked != 0 }
func accepted(w *dossier.Whole) bool     { return w.AcceptedAt != 0 }
func hasStep(w *dossier.Whole) bool      { return w.IsOpen() && current(w) != nil }
func unclaimed(w *dossier.Whole) bool    { return hasStep(w) && current(w).Account == "" }
func forwardable(w *dossier.Whole) bool  { return hasStep(w) && w.Waiting == "" && next(w) != nil }
func firstAsked(w *dossier.Whole) bool   { return w.AcceptedAt != 0 || w.AskedBefore == 0 }
func hasLimit(w *dossier.Whole) bool     { return w.Limit.Unit != "" && !w.ExternalDue }
func consulted(w *dossier.Whole) bool    { return w.IsOpen() && len(openConsultations(w)) > 0 }
func handable(w *dossier.Whole) bool     { return w.Returned == 0 && w.AcceptedAt != 0 }
func unapologised(w *dossier.Whole) bool { return w.Apology == 0 }

func finishable(w *dossier.Whole) bool { return auth.FinishDossier.In(w.Stands()) }

func returnable(w *dossier.Whole) bool {
	c := current(w)
	return w.IsOpen() && c != nil && slices.ContainsFunc(w.Steps, func(s dossier.Step) bool {
		return !s.Beside && s.Done != 0 && s.Ord < c.Ord && s.Outcome == "forwarded"
	})
}

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
		return !may[x.act.Verb] || !x.open(w) || x.name == "correct" // a correction begins at the fact
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
