package serviceindexweb

import (
	"context"
	"net/http"
	"slices"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/serviceindex"
	"cchc/unit"
)

// trendMonths is how far back the trend reaches.
const trendMonths = 12

// A unitPage is the index of one unit.
type unitPage struct {
	Report  *serviceindex.Report
	Moves   serviceindex.Moves
	Entries []serviceindex.Entry
	ByHand  []*serviceindex.Metric // what can be entered
	Trend   []serviceindex.TrendPoint
	Periods []serviceindex.Period
	Above   []ui.Link
	May     bool // may enter
	Form    *entryForm
	Months  []moment.Date
}

// entryForm is what is entered by hand.
type entryForm struct {
	web.Form
	Metric      string      `form:"metric,required"`
	Month       moment.Date `form:"month,required"`
	Numerator   int64       `form:"numerator,required"`
	Denominator int64       `form:"denominator,required"`
	Source      string      `form:"source,required"`
	Document    string      `form:"document"`
	Period      string      `form:"period"`
}

func (p *Pages) unit(w http.ResponseWriter, r *http.Request) error {
	v, err := p.unitPage(r, r.URL.Query().Get("period"), &entryForm{})
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, unitIndex(v))
}

func (p *Pages) unitPage(r *http.Request, text string, form *entryForm) (*unitPage, error) {
	period, err := p.period(text)
	if err != nil {
		return nil, err
	}
	ctx, a := r.Context(), web.Actor(r.Context())
	u := unit.ID(r.PathValue("unit"))
	v := &unitPage{Periods: p.periods(period), Form: form}
	today := p.Index.DB.Now().Date()
	for back := range trendMonths {
		v.Months = append(v.Months, today.FirstOfMonth().AddMonths(-back))
	}
	err = p.Index.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		if v.Report, err = p.Index.OfIn(ctx, q, a, u, period); err != nil {
			return err
		}
		if v.Moves, err = p.Index.Moves(ctx, q, v.Report, 0); err != nil {
			return err
		}
		if v.Entries, err = p.Index.Entries(ctx, q, u, period); err != nil {
			return err
		}
		if v.May, err = p.Index.Guard.May(ctx, q, a, auth.IndexEnter, u); err != nil {
			return err
		}
		return p.above(ctx, q, v, period)
	})
	if err != nil {
		return nil, err
	}
	for _, m := range v.Report.Set.Metrics() {
		if m.Entered {
			v.ByHand = append(v.ByHand, m)
		}
	}
	form.label(ctx)
	v.Trend, err = p.Index.Trend(ctx, a, u, trendMonths)
	return v, err
}

// above links to the units above that the person may read the index of.
func (p *Pages) above(ctx context.Context, q db.Queryer, v *unitPage, period serviceindex.Period) error {
	tree, err := p.Index.Units.On(ctx, q, v.Report.AsOf.Date())
	if err != nil {
		return err
	}
	v.Above = []ui.Link{{Text: i18n.T(ctx, "board.title"), URL: link("/board", "period", period.String())}}
	up := tree.Ancestors(v.Report.Unit.ID)
	for i := len(up) - 1; i >= 0; i-- {
		ok, err := p.Index.Guard.May(ctx, q, web.Actor(ctx), auth.IndexRead, up[i])
		if err != nil {
			return err
		}
		if u, found := tree.Unit(up[i]); ok && found {
			v.Above = append(v.Above, ui.Link{Text: u.Name, URL: unitURL(u.ID, period)})
		}
	}
	return nil
}

func (f *entryForm) label(ctx context.Context) {
	for _, name := range []string{"metric", "month", "numerator", "denominator", "source", "document"} {
		f.Call(name, i18n.T(ctx, "board.entry."+name))
	}
}

// finding is the page's heading.
func (v *unitPage) finding(ctx context.Context) string {
	s := v.Report.Standing
	if s.Score.Dossiers == 0 {
		return i18n.T(ctx, "board.unit.no_data", "Unit", s.Unit.Name)
	}
	out := i18n.T(ctx, "board.unit.finding", "Unit", s.Unit.Name, "Points", s.Score.Points, "Max", whole(ctx, v.Report.Set.Max))
	if s.Rank > 0 && s.Of > 1 {
		out += i18n.T(ctx, "board.unit.rank", "Rank", s.RankText(), "Of", s.Of)
	}
	if s.Delta.HasRank && s.Delta.Rank != 0 {
		out += ", " + placesRead(ctx, s.Delta)
	}
	return out
}

func (v *unitPage) lead(ctx context.Context) string {
	r := v.Report
	return r.Period.Label(ctx) + " · " + i18n.T(ctx, "board.unit.formula", "Decision", r.Set.Decision.String(), "Version", r.Set.ID) + " · " +
		i18n.T(ctx, "board.as_of", "At", i18n.ShortInstant(ctx, r.AsOf))
}

// stats are the unit's four figures.
func (v *unitPage) stats(ctx context.Context) []ui.StatProps {
	r := v.Report
	out := []ui.StatProps{
		{Value: score(ctx, r.Score), Label: i18n.T(ctx, "board.unit.of", "Max", whole(ctx, r.Set.Max))},
	}
	if r.Rank > 0 && r.Of > 1 {
		out = append(out, ui.StatProps{Value: r.RankText(), Label: i18n.T(ctx, "board.unit.rank_of", "Of", r.Of)})
	}
	label := i18n.T(ctx, "board.unit.change", "Period", r.Period.Before().Label(ctx))
	if text := why(ctx, r.Delta); text != "" && !r.Delta.HasPoints {
		label += ": " + text
	}
	out = append(out, ui.StatProps{Value: change(ctx, r.Delta), Label: label})
	if b, ok := r.Set.Band(r.Score.Points); ok && r.Score.Dossiers > 0 {
		label := i18n.T(ctx, "board.unit.band", "Min", whole(ctx, b.Min))
		if r.Set.BandsMark == serviceindex.Unverified {
			label += "; " + i18n.T(ctx, "board.unit.band_unverified")
		}
		out = append(out, ui.StatProps{Value: b.Name.In(ctx), Label: label})
	}
	return out
}

// entered says what was last entered for a metric in the unit itself.
func (v *unitPage) entered(ctx context.Context, m *serviceindex.Metric) string {
	n := 0
	var last serviceindex.Entry
	for _, e := range v.Entries {
		if e.Metric == m.Code {
			n++
			if last.ID == "" {
				last = e
			}
		}
	}
	if n == 0 {
		return i18n.T(ctx, "board.entered.none")
	}
	return i18n.T(ctx, "board.entered.last", "Month", i18n.Month(ctx, last.Month), "Source", last.Source, "At", i18n.ShortInstant(ctx, last.Entered), "Who", last.Name)
}

// trend is the months from the first that is known.
func (v *unitPage) trend() []serviceindex.TrendPoint {
	i := slices.IndexFunc(v.Trend, func(t serviceindex.TrendPoint) bool { return t.Known || t.Now })
	return v.Trend[max(0, i):]
}

// line is the trend as points of an SVG polyline, 0 to 100 points high.
func (v *unitPage) line() string {
	out := ""
	months := v.trend()
	for i, t := range months {
		if t.Known && t.Set == v.Report.Set.ID {
			if out != "" {
				out += " "
			}
			out += itoa(10+i*600/max(1, len(months)-1)) + "," + itoa(105-int(t.Points/points.Scale))
		}
	}
	return out
}
