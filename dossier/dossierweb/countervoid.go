package dossierweb

import (
	"context"

	"cchc/base/i18n"
	"cchc/base/look"
	"cchc/base/web"
	"cchc/dossier"
	"cchc/procedure"
)

func voidInputs(ctx context.Context, _ *actView) []input {
	reason := reasonInput(ctx)
	reason.Autofocus = true
	reason.Hint = i18n.T(ctx, "counter.void.reason.hint")
	return []input{reason}
}

func voidReceipt(ctx context.Context, p *Pages, x *actView) error {
	return p.Desk.VoidReceipt(ctx, web.Actor(ctx), x.w.Code, x.in.Reason)
}

// replacement fills the empty form with what a dossier received by mistake says,
// so that only what was wrong is typed again. Whose data were read for that, and
// why, goes to the trail.
func (p *Pages) replacement(ctx context.Context, in *counterForm) error {
	if in.Replaces == "" || in.Procedure != "" || in.Name != "" || in.Query != "" || in.Value("token") != "" {
		return nil
	}
	w, err := p.Desk.ByCode(ctx, p.Desk.DB, web.Actor(ctx), in.Replaces)
	if err != nil {
		return err
	}
	x, err := p.Desk.ReadPerson(ctx, web.Actor(ctx), w.Code, look.Reason{Code: "correct", Note: i18n.T(i18n.With(ctx, i18n.Vietnamese), "counter.replace.purpose")})
	if err != nil {
		return err
	}
	in.Unit, in.Procedure, in.Case, in.Channel, in.ReturnBy = string(w.State.Unit), w.ProcedureCode, w.CaseCode, string(w.Channel), w.ReturnBy
	in.Name, in.IDNumber, in.Phone, in.Email, in.Address = x.Name, x.IDNumber, x.Phone, x.Email, x.Address
	in.Agent, in.AgentID, in.AgentTel, in.Relation, in.Authority = x.Representative, x.Agent.IDNumber, x.Agent.Phone, x.Agent.Relation, x.Agent.Document
	in.At = w.RegisteredAt // the office promised from when the papers came
	for name, value := range map[string]string{
		"unit": in.Unit, "procedure": in.Procedure, "case": in.Case, "channel": in.Channel, "return_by": in.ReturnBy,
		"name": in.Name, "id_number": in.IDNumber, "phone": in.Phone, "email": in.Email, "address": in.Address,
		"representative": in.Agent, "agent_id_number": in.AgentID, "agent_phone": in.AgentTel, "agent_relation": in.Relation,
		"agent_document": in.Authority, "at": in.At.Date().VN() + " " + i18n.Clock(ctx, in.At),
	} {
		in.Set(name, value)
	}
	in.Elsewhere = !w.Territorial
	in.tick("elsewhere", in.Elsewhere)
	in.Body = w.Body
	in.Set("body", w.Body)
	in.old = w.Papers
	return nil
}

// bring puts the papers of the dossier that this one replaces into the form.
func (in *counterForm) bring(v *procedure.Version) {
	if in.old == nil {
		return
	}
	sources := map[string]string{}
	var others []dossier.Paper
	for _, x := range in.old {
		if !x.Result {
			sources[x.Name] = x.Source
			others = append(others, x)
		}
	}
	for i, x := range v.Papers {
		in.Set(paperField(i), sources[x.Name])
	}
	n := len(v.Papers)
	for _, x := range others {
		listed := false
		for _, y := range v.Papers {
			listed = listed || y.Name == x.Name
		}
		if !listed && n < mostLines {
			in.Set(paperField(n)+".name", x.Name)
			in.Set(paperField(n), x.Source)
			n++
		}
	}
}
