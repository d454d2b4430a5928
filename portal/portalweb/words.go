package portalweb

import (
	"context"
	"strings"

	"cchc/base/i18n"
	"cchc/base/points"
	"cchc/base/web/ui"
	"cchc/calendar"
	"cchc/procedure"
)

// crumbs lead back to the first page, and to the procedures from one of them.
func crumbs(ctx context.Context, services bool) []ui.Link {
	out := []ui.Link{{Text: i18n.T(ctx, "portal.home"), URL: "/"}}
	if services {
		out = append(out, ui.Link{Text: i18n.T(ctx, "portal.services"), URL: Path})
	}
	return out
}

func lead(ctx context.Context, v listPage) string {
	if v.asked() {
		return ""
	}
	return i18n.T(ctx, "portal.services.lead")
}

func pager(ctx context.Context, v listPage) ui.Pager {
	p := ui.Pager{Shown: i18n.T(ctx, "portal.services.page", "Page", v.In.Page, "Pages", v.Pages)}
	if v.In.Page > 1 {
		p.Prev = v.url(v.In.Page - 1)
	}
	if v.In.Page < v.Pages {
		p.Next = v.url(v.In.Page + 1)
	}
	return p
}

// exampleText says when the result is there, "filed today".
func exampleText(ctx context.Context, x example) string {
	key := "portal.example"
	if x.Late {
		key = "portal.example.next_day"
	}
	return i18n.T(ctx, key, "Now", i18n.ShortInstant(ctx, x.Now), "Due", i18n.Instant(ctx, x.Due), "Place", x.Place)
}

// units are the choices with none before them.
func units(ctx context.Context, all []ui.Option) []ui.Option {
	return append([]ui.Option{{Text: i18n.T(ctx, "portal.example.any_unit")}}, all...)
}

// stops says what asking for more papers does to the limit.
func stops(v *procedure.Version) string {
	if v.StopsAs == calendar.Reset {
		return "reset"
	}
	return "pause"
}

func lawFacts(ctx context.Context, v showPage) []ui.Fact {
	or := func(s string) string {
		if s == "" {
			return i18n.T(ctx, "portal.unknown")
		}
		return s
	}
	out := []ui.Fact{
		{Label: i18n.T(ctx, "portal.law.code"), Value: v.V.Code},
		{Label: i18n.T(ctx, "portal.law.decision"), Value: or(v.V.Decision)},
		{Label: i18n.T(ctx, "portal.law.limit"), Value: or(v.Example.Basis)},
	}
	if v.V.Subjects != "" {
		out = append(out, ui.Fact{Label: i18n.T(ctx, "portal.law.subjects"), Value: v.V.Subjects})
	}
	return append(out, ui.Fact{Label: i18n.T(ctx, "portal.law.from"), Value: i18n.Date(ctx, v.V.From)})
}

func onTimeTitle(ctx context.Context, v onTimePage) string {
	if !v.All.Defined() {
		return i18n.T(ctx, "portal.on_time")
	}
	return i18n.T(ctx, "portal.on_time.title", "Place", v.Place, "Percent", i18n.Percent(ctx, v.All))
}

func ofText(ctx context.Context, r points.Ratio) string {
	if !r.Defined() {
		return i18n.T(ctx, "portal.on_time.no_dossiers")
	}
	return i18n.T(ctx, "portal.on_time.num", "Num", r.Num, "Den", r.Den)
}

// joined writes the parts that are not empty, with dots between.
func joined(parts ...string) string {
	var some []string
	for _, s := range parts {
		if s != "" {
			some = append(some, s)
		}
	}
	return strings.Join(some, " · ")
}
