package dossierweb

import (
	"context"

	"cchc/base/i18n"
	"cchc/base/web/ui"
	"cchc/dossier"
)

// agentLine names who acts for the applicant and by what, numbers as they are
// given (masked on pages).
func agentLine(ctx context.Context, p dossier.Person) string {
	g := p.Agent
	return joined(p.Representative, g.IDNumber, g.Phone, g.Relation, g.Document)
}

// agentFacts are what is known of a representative beside the name.
func agentFacts(ctx context.Context, g dossier.Agent) []ui.Fact {
	var out []ui.Fact
	for _, x := range []struct{ key, value string }{
		{"counter.agent.id_number", g.IDNumber}, {"counter.agent.phone", g.Phone},
		{"counter.agent.relation", g.Relation}, {"counter.agent.document", g.Document},
	} {
		if x.value != "" {
			out = append(out, ui.Fact{Label: i18n.T(ctx, x.key), Value: x.value})
		}
	}
	return out
}
