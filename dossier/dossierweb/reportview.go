package dossierweb

import (
	"cmp"
	"context"
	"strings"

	"cchc/base/i18n"
	"cchc/base/web/ui"
	"cchc/dossier"
	"cchc/unit"
)

func unitID(s string) unit.ID { return unit.ID(s) }

// An identity is a sum that the form must satisfy.
type identity struct {
	Text string
	OK   bool
}

// identities are the form's sums with their numbers. A unit that was merged or
// split has two columns more in them.
func (p reportPage) identities(ctx context.Context) []identity {
	r := p.Total.II06a
	type part struct {
		name string
		n    int64
	}
	sum := func(whole part, parts ...part) identity {
		var total int64
		var words []string
		for _, x := range parts {
			total += x.n
			words = append(words, x.name+" "+i18n.Number(ctx, x.n))
		}
		return identity{whole.name + " " + i18n.Number(ctx, whole.n) + " = " + strings.Join(words, " + "), total == whole.n}
	}
	received := []part{{"(4)", r.Online}, {"(5)", r.Other}, {"(6)", r.Carried}}
	goes := []part{{"(7)", r.Resolved}, {"(11)", r.InProgress}}
	if r.MovedIn != 0 || r.MovedOut != 0 {
		received = append(received, part{i18n.T(ctx, "dossierlist.report.moved_in"), r.MovedIn})
		goes = append(goes, part{i18n.T(ctx, "dossierlist.report.moved_out"), r.MovedOut})
	}
	return []identity{
		sum(part{"(3)", r.Received}, received...),
		sum(part{"(3)", r.Received}, goes...),
		sum(part{"(7)", r.Resolved}, part{"(8)", r.Early}, part{"(9)", r.OnTime}, part{"(10)", r.Late}),
		sum(part{"(11)", r.InProgress}, part{"(12)", r.InTime}, part{"(13)", r.Overdue}),
	}
}

// known says as of when the figures are, and as known when.
func (p reportPage) known(ctx context.Context) string {
	asOf := i18n.T(ctx, "dossierlist.report.as_of", "Day", p.In.To)
	if p.Running {
		asOf = i18n.T(ctx, "dossierlist.report.as_of_now", "At", i18n.ShortInstant(ctx, p.Now))
	}
	if p.In.Known != 0 {
		return joined(asOf, i18n.T(ctx, "dossierlist.report.known_as_of", "Day", p.In.Known))
	}
	return joined(asOf, i18n.T(ctx, "dossierlist.report.known_now"))
}

func byOptions(ctx context.Context) []ui.Option {
	var out []ui.Option
	for _, by := range reportBy {
		out = append(out, ui.Option{Value: string(by), Text: byText(ctx, by)})
	}
	return out
}

// more are the figures beside the form, each with its list.
func (p reportPage) more(ctx context.Context) []ui.StatProps {
	var out []ui.StatProps
	for _, c := range p.In.sheet.More {
		n := p.Total.At(c)
		s := ui.StatProps{Value: i18n.Number(ctx, n), Label: columnText(ctx, c)}
		if n > 0 {
			s.URL = p.In.url(p.In.sheet.path("/list"), "column", string(c))
			if c == "no_due" {
				s.Kind = ui.Late // to be put right
			}
		}
		out = append(out, s)
	}
	return out
}

// compared says what a comparison found.
func (p reportPage) compared(ctx context.Context) (string, ui.Kind) {
	switch {
	case p.Compared.End() > p.Now:
		return i18n.T(ctx, "dossierlist.report.compare_early", "Day", p.Compared), ui.Info
	case p.Changed == 0:
		return i18n.T(ctx, "dossierlist.report.compare_same", "Day", p.Compared), ui.OK
	}
	return i18n.T(ctx, "dossierlist.report.compare_found", "Day", p.Compared, "Count", p.Changed), ui.Soon
}

// lines of a heading in a table, broken where its message says.
func headLines(s string) []string { return strings.Split(s, "|") }

// vn is the context of papers: their language is Vietnamese.
func vn(ctx context.Context) context.Context { return i18n.With(ctx, i18n.Vietnamese) }

// byName names a breakdown in keys of messages.
func byName(by dossier.By) string { return cmp.Or(string(by), "nothing") }

// byText names a breakdown.
func byText(ctx context.Context, by dossier.By) string {
	if by == dossier.ByOfficer {
		return i18n.T(ctx, "reports.by.officer")
	}
	return i18n.T(ctx, "dossierlist.report.by."+byName(by))
}

// reportCrumbs are the way back to all statistics.
func reportCrumbs(ctx context.Context) []ui.Link {
	return []ui.Link{{Text: i18n.T(ctx, "reports.title"), URL: "/reports"}}
}

func compareOptions(ctx context.Context) []ui.Option {
	return []ui.Option{
		{Value: "", Text: i18n.T(ctx, "reports.compare.auto")},
		{Value: "on", Text: i18n.T(ctx, "reports.compare.on")},
		{Value: "off", Text: i18n.T(ctx, "reports.compare.off")},
	}
}

// printURL is the form on paper, by sector unless another breakdown was chosen:
// that is the official layout.
func (q *reportQuery) printURL() string {
	if q.By == dossier.ByNothing {
		return q.url(q.sheet.path(""), "by", string(dossier.BySector), "format", "print")
	}
	return q.url(q.sheet.path(""), "format", "print")
}

// broken are the sums that do not hold, for saying so above the form.
func (p reportPage) broken(ctx context.Context) []string {
	var out []string
	for _, x := range p.identities(ctx) {
		if !x.OK {
			out = append(out, i18n.T(ctx, "reports.sum_broken", "Sum", x.Text))
		}
	}
	return out
}
