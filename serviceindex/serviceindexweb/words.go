package serviceindexweb

import (
	"context"
	"strconv"
	"unicode"
	"unicode/utf8"

	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/base/web/ui"
	"cchc/serviceindex"
)

func ratioOf(n, d int64) points.Ratio { return points.Ratio{Num: n, Den: d} }

// lower makes the first letter small, for a name inside a sentence.
func lower(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(r)) + s[n:]
}

// places writes a change of rank: ▲ 2, ▼ 4, 0, or – when there is none.
func places(d serviceindex.Delta) string {
	switch {
	case !d.HasRank:
		return i18n.None
	case d.Rank > 0:
		return "▲ " + itoa(d.Rank)
	case d.Rank < 0:
		return "▼ " + itoa(-d.Rank)
	}
	return "0"
}

// placesRead is the same for who has it read out.
func placesRead(ctx context.Context, d serviceindex.Delta) string {
	switch {
	case !d.HasRank:
		return i18n.T(ctx, "board.places.none")
	case d.Rank > 0:
		return i18n.T(ctx, "board.places.up", "Count", d.Rank)
	case d.Rank < 0:
		return i18n.T(ctx, "board.places.down", "Count", -d.Rank)
	}
	return i18n.T(ctx, "board.places.same")
}

// change writes a change of points.
func change(ctx context.Context, d serviceindex.Delta) string {
	if !d.HasPoints {
		return i18n.None
	}
	return i18n.Delta(ctx, d.Points)
}

// why says why something of a delta is missing, or "".
func why(ctx context.Context, d serviceindex.Delta) string {
	switch d.Why {
	case serviceindex.Same:
		return ""
	case serviceindex.Formed:
		return i18n.T(ctx, "board.why.formed", "On", d.Formed)
	}
	return i18n.T(ctx, "board.why."+string(d.Why))
}

// score writes points, or – when there is nothing to score.
func score(ctx context.Context, s serviceindex.Score) string {
	if s.Dossiers == 0 {
		return i18n.None
	}
	return i18n.Decimal(ctx, s.Points)
}

// effect writes what something does to points, or – for nothing.
func effect(ctx context.Context, p points.Points) string {
	if p == 0 {
		return i18n.None
	}
	return i18n.Delta(ctx, p)
}

// whole writes a maximum without places that it has not.
func whole(ctx context.Context, p points.Points) string {
	if p%points.Scale == 0 {
		return i18n.Number(ctx, int64(p/points.Scale))
	}
	return i18n.Decimal(ctx, p)
}

// due says when a dossier is due, in the words of the day.
func due(ctx context.Context, d serviceindex.Dossier, today moment.Date) (string, ui.Kind) {
	switch d.Due.Date() - today {
	case 0:
		return i18n.T(ctx, "board.due.today", "Time", i18n.Clock(ctx, d.Due)), ui.Soon
	case 1:
		return i18n.T(ctx, "board.due.tomorrow", "Time", i18n.Clock(ctx, d.Due)), ui.Soon
	}
	return i18n.T(ctx, "board.due.on", "At", i18n.Instant(ctx, d.Due)), ui.Neutral
}

// verdict says how a dossier stands against its due date.
func verdict(ctx context.Context, d serviceindex.Dossier) (string, ui.Kind) {
	switch {
	case d.Ended != 0 && d.Late:
		return i18n.T(ctx, "board.verdict.late"), ui.Late
	case d.Ended != 0:
		return i18n.T(ctx, "board.verdict.in_time"), ui.OK
	case d.Late:
		return i18n.T(ctx, "board.verdict.overdue"), ui.Late
	case d.Waiting:
		return i18n.T(ctx, "board.verdict.waiting"), ui.Paused
	}
	return i18n.T(ctx, "board.verdict.open"), ui.Info
}

// gainText says what a few dossiers can do.
func gainText(ctx context.Context, g serviceindex.Gain) string {
	sector := ""
	if g.Sector != "" {
		sector = " " + lower(g.Sector)
	}
	switch {
	case g.Metric.Numerator == serviceindex.TimedOK:
		return i18n.T(ctx, "board.gain.on_time", "Count", g.Count, "Sector", sector)
	case g.Win == 0:
		return i18n.T(ctx, "board.gain.keep", "Count", g.Count, "Sector", sector, "Metric", lower(g.Metric.Name.In(ctx)))
	}
	return i18n.T(ctx, "board.gain.mend", "Count", g.Count, "Sector", sector, "Metric", lower(g.Metric.Name.In(ctx)))
}

func itoa(n int) string { return strconv.Itoa(n) }
