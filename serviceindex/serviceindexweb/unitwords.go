package serviceindexweb

import (
	"context"

	"cchc/base/i18n"
	"cchc/base/web/ui"
	"cchc/serviceindex"
)

func (v *unitPage) trendColumns(ctx context.Context) []ui.Column {
	out := []ui.Column{{Label: i18n.T(ctx, "board.entry.month")}, {Label: i18n.T(ctx, "board.col.points"), Numeric: true}}
	for _, g := range v.Report.Set.Groups {
		out = append(out, ui.Column{Label: groupLabel(ctx, g), Numeric: true})
	}
	return out
}

// trendCell writes a group's points of a month; under other formulas the groups
// are others.
func trendCell(ctx context.Context, v *unitPage, t serviceindex.TrendPoint, group int) string {
	if t.Set != v.Report.Set.ID || group >= len(t.Groups) {
		return i18n.None
	}
	return i18n.Decimal(ctx, t.Groups[group])
}

func (v *unitPage) metricName(ctx context.Context, code string) string {
	if m, ok := v.Report.Set.Metric(code); ok {
		return m.Name.In(ctx)
	}
	return code
}

func (v *unitPage) metricOptions(ctx context.Context) []ui.Option {
	out := []ui.Option{{Text: i18n.T(ctx, "board.entry.choose")}}
	for _, m := range v.ByHand {
		out = append(out, ui.Option{Value: m.Code, Text: m.Name.In(ctx)})
	}
	return out
}

func (v *unitPage) monthOptions(ctx context.Context) []ui.Option {
	out := make([]ui.Option, 0, len(v.Months))
	for _, m := range v.Months {
		out = append(out, ui.Option{Value: m.String(), Text: i18n.Month(ctx, m)})
	}
	return out
}

func sourceText(e serviceindex.Entry) string {
	if e.Document == "" {
		return e.Source
	}
	return e.Source + ", " + e.Document
}
