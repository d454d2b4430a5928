package serviceindexweb

import (
	"context"

	"cchc/base/i18n"
	"cchc/base/points"
	"cchc/base/web/ui"
	"cchc/serviceindex"
)

// stream is the address that refreshes the board, "" where nothing moves.
func (b *board) stream() string {
	if !b.Live || !b.running() {
		return ""
	}
	list := []string{"unit", b.In.Unit, "period", b.In.Period}
	if b.In.All {
		list = append(list, "all", "on")
	}
	return link("/board/stream", list...)
}

func groupLabel(ctx context.Context, g *serviceindex.Group) string {
	return g.Short.In(ctx) + " /" + whole(ctx, g.Max)
}

func (b *board) rankColumns(ctx context.Context) []ui.Column {
	out := []ui.Column{
		{Label: i18n.T(ctx, "board.col.rank"), Numeric: true}, {Label: i18n.T(ctx, "board.col.unit")},
		{Label: i18n.T(ctx, "board.col.points"), Numeric: true}, {Label: i18n.T(ctx, "board.col.places"), Numeric: true},
		{Label: i18n.T(ctx, "board.col.change"), Numeric: true},
	}
	for _, g := range b.Report.Set.Groups {
		out = append(out, ui.Column{Label: groupLabel(ctx, g), Numeric: true})
	}
	return append(out, ui.Column{Label: i18n.T(ctx, "board.col.overdue"), Numeric: true})
}

func (b *board) rankLinks(ctx context.Context, t rankTable) []ui.Link {
	out := []ui.Link{{Text: i18n.T(ctx, "board.province_index"), URL: unitURL(b.Unit.ID, b.Report.Period)}}
	switch {
	case b.In.All:
		out = append(out, ui.Link{Text: i18n.T(ctx, "board.shorter"), URL: link("/board", "unit", b.In.Unit, "period", b.In.Period)})
	case t.Hidden > 0:
		out = append(out, ui.Link{Text: i18n.T(ctx, "board.all"), URL: b.url("all", "on")})
	}
	return append(out, ui.Link{Text: "CSV", URL: b.url("format", "csv")})
}

// round rounds what was computed to four places for people: two, unless nothing
// would be left.
func round(p points.Points) points.Points {
	r := points.Round(p.Rat(), 2)
	if r == 0 {
		return p
	}
	return r
}
