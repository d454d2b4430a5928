package app

import (
	"context"

	"cchc/base/db"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/portal"
	"cchc/portal/portalweb"
	"cchc/unit"
)

// portalPages are the pages for citizens.
func (r *rooms) portalPages(base string) *portalweb.Pages {
	return &portalweb.Pages{DB: r.public(), Finder: &portal.Finder{Procedures: r.procedures, Words: r.words}, Units: r.units,
		Calendars: r.calendars, Figures: publicFigures{r}, Base: base}
}

// publicFigures gives the public pages what dossiers add up to.
type publicFigures struct{ r *rooms }

// KeptDates implements portalweb.Figures.
func (f publicFigures) KeptDates(ctx context.Context, q db.Queryer, from, to moment.Date) (map[unit.ID]points.Ratio, error) {
	rates, err := f.r.desk.KeptDates(ctx, q, from, to)
	out := make(map[unit.ID]points.Ratio, len(rates))
	for id, x := range rates {
		out[id] = points.Ratio{Num: x.InTime, Den: x.Ended}
	}
	return out, err
}

// Common implements portalweb.Figures.
func (f publicFigures) Common(ctx context.Context, q db.Queryer, n int) ([]string, error) {
	today := f.r.db.Now().Date()
	return f.r.desk.Common(ctx, q, today.FirstOfYear(), today, n)
}
