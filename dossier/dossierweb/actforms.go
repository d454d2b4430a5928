package dossierweb

import (
	"context"
	"slices"
	"strconv"

	"cchc/base/actor"
	"cchc/base/i18n"
	"cchc/base/web/ui"
	"cchc/dossier"
)

// What each action asks for.

// inputs makes the fields of an action that are the same for every dossier.
func inputs(list ...func(context.Context) input) func(context.Context, *actView) []input {
	return func(ctx context.Context, _ *actView) []input {
		out := make([]input, len(list))
		for i, f := range list {
			out[i] = f(ctx)
		}
		if len(out) > 0 {
			out[0].Autofocus = true
		}
		return out
	}
}

func optional(f func(context.Context) input) func(context.Context) input {
	return func(ctx context.Context) input {
		x := f(ctx)
		x.Optional = true
		return x
	}
}

func reasonInput(ctx context.Context) input {
	return input{kind: "area", Field: ui.Field{Name: "reason", Label: i18n.T(ctx, "dossierweb.input.reason"), MaxLength: 2000}}
}

func documentInput(ctx context.Context) input {
	return input{Field: ui.Field{Name: "document", Label: i18n.T(ctx, "dossierweb.input.document"),
		Hint: i18n.T(ctx, "dossierweb.input.document.hint"), Optional: true, Width: 40, MaxLength: 200}}
}

// atInput is when it happened, where that was not now: facts are often entered
// later.
func atInput(ctx context.Context) input {
	return input{Field: ui.Field{Name: "at", Label: i18n.T(ctx, "dossierweb.input.at"),
		Hint: i18n.T(ctx, "dossierweb.input.at.hint"), Optional: true, Width: 20, MaxLength: 16}}
}

func forwardInputs(ctx context.Context, x *actView) []input {
	var out []input
	if len(x.people) > 0 {
		options := []ui.Option{{Value: "", Text: i18n.T(ctx, "dossierweb.input.account.anyone")}}
		for _, p := range x.people {
			options = append(options, ui.Option{Value: p.Account, Text: p.Name})
		}
		out = append(out, input{kind: "select", options: options, Field: ui.Field{Name: "account", Label: i18n.T(ctx, "dossierweb.input.account"),
			Optional: true, Width: 40, Autofocus: true}})
	}
	return append(out, input{kind: "area", Field: ui.Field{Name: "note", Label: i18n.T(ctx, "dossierweb.input.note"),
		Optional: true, Rows: 3, MaxLength: 2000, Autofocus: len(out) == 0}})
}

func supplementInputs(ctx context.Context, x *actView) []input {
	reason := reasonInput(ctx)
	reason.Label, reason.Hint = i18n.T(ctx, "dossierweb.input.supplement"), i18n.T(ctx, "dossierweb.input.supplement.hint")
	reason.Autofocus = true
	out := []input{reason, documentInput(ctx),
		{kind: "date", Field: ui.Field{Name: "supply_by", Label: i18n.T(ctx, "dossierweb.input.supply_by"), Optional: true}},
		atInput(ctx)}
	if x.w.AcceptedAt != 0 && x.w.Supplements > 0 {
		out = append(out, input{kind: "check", Field: ui.Field{Name: "again", Label: i18n.T(ctx, "dossierweb.input.again")}})
	}
	return out
}

func supplyInputs(ctx context.Context, x *actView) []input {
	at := atInput(ctx)
	at.Autofocus = true
	out := []input{at}
	if x.w.ExternalDue {
		out = append(out, input{Field: ui.Field{Name: "due", Label: i18n.T(ctx, "dossierweb.input.due"),
			Hint: i18n.T(ctx, "dossierweb.input.due.hint"), Optional: true, Width: 20}})
	}
	return out
}

func payInputs(ctx context.Context, x *actView) []input {
	return []input{
		{Field: ui.Field{Name: "amount", Label: i18n.T(ctx, "dossierweb.input.amount"), InputMode: "numeric", Width: 20, MaxLength: 20, Autofocus: true}},
		{kind: "radios", Field: ui.Field{Name: "channel", Label: i18n.T(ctx, "dossierweb.input.payment")}, options: []ui.Option{
			option(ctx, "national", "dossierweb.payment.national"), option(ctx, "province", "dossierweb.payment.province"), option(ctx, "cash", "dossierweb.payment.cash")}},
		{Field: ui.Field{Name: "document", Label: i18n.T(ctx, "dossierweb.input.receipt"), Optional: true, Width: 40, MaxLength: 200}},
		atInput(ctx),
	}
}

func extendInputs(ctx context.Context, x *actView) []input {
	document := documentInput(ctx)
	document.Optional = false
	return []input{
		{Field: ui.Field{Name: "qty", Label: i18n.T(ctx, "dossierweb.input.qty", "Unit", i18n.T(ctx, "dossierweb.unit."+string(x.w.Limit.Unit))),
			InputMode: "decimal", Width: 5, MaxLength: 8, Autofocus: true}},
		reasonInput(ctx), document,
	}
}

func consultInputs(ctx context.Context, x *actView) []input {
	reason := optional(reasonInput)(ctx)
	return []input{
		{Field: ui.Field{Name: "body", Label: i18n.T(ctx, "dossierweb.input.body"), Width: 40, MaxLength: 200, Autofocus: true}},
		{Field: ui.Field{Name: "name", Label: i18n.T(ctx, "dossierweb.input.asked"), MaxLength: 300}},
		{kind: "date", Field: ui.Field{Name: "by", Label: i18n.T(ctx, "dossierweb.input.by"), Optional: true}},
		reason,
	}
}

func answerInputs(ctx context.Context, x *actView) []input {
	var options []ui.Option
	for _, s := range openConsultations(&x.w) {
		options = append(options, ui.Option{Value: strconv.Itoa(s.Ord), Text: joined(s.Body, s.Name)})
	}
	if x.in.Value("ord") == "" && len(options) > 0 {
		x.in.Set("ord", options[0].Value)
	}
	return []input{
		{kind: "radios", options: options, Field: ui.Field{Name: "ord", Label: i18n.T(ctx, "dossierweb.input.ord"), Autofocus: true}},
		{kind: "area", Field: ui.Field{Name: "answer", Label: i18n.T(ctx, "dossierweb.input.answer"), Optional: true, MaxLength: 2000}},
	}
}

func finishInputs(ctx context.Context, x *actView) []input {
	return []input{
		{kind: "check", Field: ui.Field{Name: "electronic", Label: i18n.T(ctx, "dossierweb.input.electronic"), Autofocus: true}},
		{kind: "check", Field: ui.Field{Name: "synced", Label: i18n.T(ctx, "dossierweb.input.synced")}},
		documentInput(ctx), atInput(ctx),
	}
}

func refuseInputs(ctx context.Context, x *actView) []input {
	reason := reasonInput(ctx)
	reason.Autofocus = true
	return []input{reason, documentInput(ctx),
		{kind: "check", Field: ui.Field{Name: "electronic", Label: i18n.T(ctx, "dossierweb.input.electronic")}}, atInput(ctx)}
}

func handInputs(ctx context.Context, x *actView) []input {
	if x.in.Value("how") == "" {
		x.in.Set("how", x.w.ReturnBy)
	}
	if x.w.Person.Representative != "" {
		x.lead = i18n.T(ctx, "counter.agent.hand", "Name", agentLine(ctx, x.w.Person))
	}
	x.lead = joined(x.lead, keptText(ctx, &x.w))
	return []input{
		{kind: "radios", options: counterReturns(ctx), Field: ui.Field{Name: "how", Label: i18n.T(ctx, "dossierweb.input.how"), Autofocus: true}},
		{Field: ui.Field{Name: "tracking", Label: i18n.T(ctx, "dossierweb.input.tracking"), Optional: true, Width: 40, MaxLength: 100}},
		atInput(ctx),
	}
}

func apologyInputs(ctx context.Context, x *actView) []input {
	reason := reasonInput(ctx)
	reason.Autofocus = true
	return []input{reason,
		{kind: "date", Field: ui.Field{Name: "until", Label: i18n.T(ctx, "dossierweb.input.until")}},
		documentInput(ctx)}
}

func correctInputs(ctx context.Context, x *actView) []input {
	i := slices.IndexFunc(x.w.Facts, func(f dossier.Fact) bool { return f.Seq == x.in.Seq })
	if i >= 0 {
		x.lead = factTitle(ctx, x.w.Facts[i])
	}
	reason := reasonInput(ctx)
	reason.Autofocus = true
	return []input{{kind: "hidden", Field: ui.Field{Name: "seq"}}, reason}
}

func roleOf(s string) actor.Role { return actor.Role(s) }
