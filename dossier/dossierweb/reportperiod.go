package dossierweb

import (
	"context"
	"regexp"
	"strconv"
	"time"

	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web/ui"
	"cchc/dossier"
)

// customPeriod stands in the choice of periods for a first and a last day.
const customPeriod = "custom"

var periodForm = regexp.MustCompile(`^(\d{4})(?:-(0[1-9]|1[0-2])|-Q([1-4]))?$`)

// parsePeriod reads 2026-10, 2026-Q3 or 2026 as dossier.PeriodName writes them.
func parsePeriod(s string) (from, to moment.Date, ok bool) {
	m := periodForm.FindStringSubmatch(s)
	if m == nil {
		return 0, 0, false
	}
	y, _ := strconv.Atoi(m[1])
	if y < 2000 || y > 2200 {
		return 0, 0, false
	}
	switch {
	case m[2] != "":
		month, _ := strconv.Atoi(m[2])
		from = moment.NewDate(y, time.Month(month), 1)
		return from, from.LastOfMonth(), true
	case m[3] != "":
		quarter, _ := strconv.Atoi(m[3])
		from = moment.NewDate(y, time.Month(quarter*3-2), 1)
		return from, from.AddMonths(2).LastOfMonth(), true
	}
	from = moment.NewDate(y, 1, 1)
	return from, from.AddMonths(11).LastOfMonth(), true
}

// periodText names a period inside of a sentence: "tháng 10/2026", "quý 3/2026",
// "năm 2026", "từ 01/10/2026 đến 15/10/2026".
func periodText(ctx context.Context, from, to moment.Date) string {
	m := periodForm.FindStringSubmatch(dossier.PeriodName(from, to))
	switch {
	case m == nil:
		return i18n.T(ctx, "dossierlist.period.days", "From", from, "To", to)
	case m[2] != "":
		return i18n.Month(ctx, from)
	case m[3] != "":
		return i18n.T(ctx, "dossierlist.period.quarter", "Quarter", m[3], "Year", m[1])
	}
	return i18n.T(ctx, "dossierlist.period.year", "Year", m[1])
}

// periodOptions are the months, quarters and years that people report on, the
// latest first, and days of one's own.
func periodOptions(ctx context.Context, today moment.Date, chosen string) []ui.Option {
	var out []ui.Option
	add := func(from, to moment.Date) {
		out = append(out, ui.Option{Value: dossier.PeriodName(from, to), Text: firstUpper(periodText(ctx, from, to))})
	}
	month := today.FirstOfMonth()
	for i := range 13 {
		from := month.AddMonths(-i)
		add(from, from.LastOfMonth())
	}
	_, m, _ := month.Time().Date()
	quarter := month.AddMonths(-(int(m) - 1) % 3)
	for i := range 5 {
		from := quarter.AddMonths(-3 * i)
		add(from, from.AddMonths(2).LastOfMonth())
	}
	for i := range 3 {
		from := month.FirstOfYear().AddMonths(-12 * i)
		add(from, from.AddMonths(11).LastOfMonth())
	}
	out = append(out, ui.Option{Value: customPeriod, Text: i18n.T(ctx, "dossierlist.period.custom")})
	if from, to, ok := parsePeriod(chosen); ok {
		out = withOption(out, chosen, firstUpper(periodText(ctx, from, to)))
	}
	return out
}
