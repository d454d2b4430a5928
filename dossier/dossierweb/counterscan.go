package dossierweb

import (
	"cchc/base/fault"
	"cchc/dossier"
)

// A scanner is a keyboard: it types a citizen card's text into whatever field has
// the cursor, and ends with Enter, which sends the form to be shown again. So the
// text is looked for in every field of the person. It goes from the browser in a
// POST's body and is never kept, logged or put into an address.

// scan puts what scanners typed into the fields that it belongs in. done reports
// whether there was something; wrong names the field that a malformed text was
// moved to.
func (in *counterForm) scan() (done bool, wrong *fault.Fault) {
	for _, x := range []struct {
		to   string
		from []*string
		name []string
		fill func(dossier.Card)
	}{
		{"agent_card", []*string{&in.AgentCard, &in.Agent, &in.AgentID, &in.AgentTel}, []string{"agent_card", "representative", "agent_id_number", "agent_phone"},
			func(c dossier.Card) {
				in.Agent, in.AgentID = c.Name, c.Number
				in.Set("representative", c.Name)
				in.Set("agent_id_number", c.Number)
			}},
		{"card", []*string{&in.Card, &in.Name, &in.IDNumber, &in.Phone, &in.Address, &in.Query}, []string{"card", "name", "id_number", "phone", "address", "q"},
			func(c dossier.Card) {
				in.Name, in.IDNumber, in.Address = c.Name, c.Number, c.Address
				in.Set("name", c.Name)
				in.Set("id_number", c.Number)
				in.Set("address", c.Address)
			}},
	} {
		for i, field := range x.from {
			text := *field
			if text == "" || i > 0 && !dossier.IsCard(text) {
				continue
			}
			*field = ""
			in.Set(x.name[i], "")
			c, err := dossier.ParseCard(text)
			if f := fault.As(err); f != nil {
				f.Fields[0].Name = x.to
				in.Set(x.to, text) // kept, to be seen and cleared
				wrong = f
				continue
			}
			done = true
			x.fill(c)
		}
	}
	return done, wrong
}

// agentOpen reports whether something is known of a representative: what was
// typed must not lie folded away.
func (in *counterForm) agentOpen() bool {
	for _, name := range []string{"agent_card", "representative", "agent_id_number", "agent_phone", "agent_relation", "agent_document"} {
		if in.Value(name) != "" {
			return true
		}
	}
	return false
}

// complete asks at the counter for what shows that somebody may act for another;
// an import may not know it.
func (in *counterForm) complete() error {
	f := fault.New(fault.Invalid, "form.invalid")
	if in.Agent != "" && in.Relation == "" && in.Authority == "" {
		f.With("agent_relation", "counter.agent.by_what")
	}
	if in.Elsewhere && in.Body == "" {
		f.With("body", "counter.elsewhere.body_missing")
	}
	return f.Or()
}
