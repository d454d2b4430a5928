package privacyweb

import (
	"context"
	"fmt"

	"cchc/base/i18n"
	"cchc/base/web/ui"
	"cchc/privacy"
)

// personFields are the fields of a person in the order of papers, with the messages
// that name them.
var personFields = [][2]string{
	{"name", "dossierweb.person.name"}, {"id_number", "dossierweb.person.id_number"}, {"phone", "dossierweb.person.phone"}, {"email", "dossierweb.person.email"},
	{"address", "dossierweb.person.address"}, {"representative", "dossierweb.person.representative"}, {"representative_id_number", "counter.agent.id_number"},
	{"representative_phone", "counter.agent.phone"}, {"representative_relation", "counter.agent.relation"}, {"representative_document", "counter.agent.document"},
}

func personLines(ctx context.Context, p map[string]string) []ui.Fact {
	var out []ui.Fact
	for _, f := range personFields {
		if p[f[0]] != "" {
			out = append(out, ui.Fact{Label: i18n.T(ctx, f[1]), Value: p[f[0]]})
		}
	}
	return out
}

func paperLines(h privacy.Held) []string {
	var out []string
	for _, x := range h.Papers {
		out = append(out, x.Name+" ("+x.Source+")")
	}
	return out
}

func eventLines(ctx context.Context, h privacy.Held) []string {
	var out []string
	for _, x := range h.Events {
		out = append(out, i18n.Instant(ctx, x.At)+": "+x.What)
	}
	return out
}

func noticeLines(ctx context.Context, h privacy.Held) []string {
	var out []string
	for _, x := range h.Notices {
		out = append(out, fmt.Sprintf("%s: %s (%s %s)", i18n.Instant(ctx, x.At), x.Event, x.Channel, x.To))
	}
	return out
}

func lookLines(ctx context.Context, h privacy.Held) []string {
	var out []string
	for _, x := range h.Looks {
		line := i18n.Date(ctx, x.Day) + ": " + x.Who + ", " + x.What
		if x.Purpose != "" {
			line += ", " + x.Purpose
		}
		out = append(out, line)
	}
	return out
}
