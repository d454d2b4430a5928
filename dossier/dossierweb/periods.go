package dossierweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/dossier"
)

// A periodsQuery asks for periods beside each other.
type periodsQuery struct {
	web.Form
	Unit   string         `form:"unit"`
	Step   string         `form:"step"`  // month, quarter, year
	Until  string         `form:"until"` // the last period; the running one when empty
	Column dossier.Column `form:"column"`
	Format string         `form:"format"`
}

// steps are the lengths of periods: months in each, and how many stand side by
// side.
var periodSteps = []struct {
	Key           string
	Months, Shown int
}{{"month", 1, 12}, {"quarter", 3, 8}, {"year", 12, 5}}

// stock are figures of a moment: they do not add up over periods. Received holds
// what was carried over, so it does not either.
var stock = []dossier.Column{"received", "carried", "in_progress", "in_time", "overdue", "paused", "apologised", "kept_promise", "no_apology", "no_due", "obliged", "paid_online"}

// opening and closing name what a figure of a moment is at both ends of the whole
// time: carried over at its beginning, in progress at its end.
var (
	opening = []dossier.Column{"carried"}
	closing = []dossier.Column{"in_progress", "in_time", "overdue", "paused"}
)

var periodColumns = []dossier.Column{
	"received", "online", "other", "carried", "resolved", "early", "on_time", "late", "in_progress", "in_time", "overdue",
	"online_full", "online_partial", "online_unknown", "non_territorial", "not_accepted", "refused", "stopped", "withdrawn",
	"apologised", "no_apology", "obliged", "paid_online", "moved_in", "moved_out",
}

// A periodSpan is one of the periods with its figures.
type periodSpan struct {
	From, To moment.Date
	Name     string // short, for a column's head
	Figures  dossier.II06a
	Running  bool
}

type periodsPage struct {
	reportPage
	Q       *periodsQuery
	Periods []periodSpan
	Before  []periodSpan // the same a year earlier
	Columns []dossier.Column
}

// settle fills in what the address leaves out and returns the first day of the
// last period.
func (q *periodsQuery) settle(today moment.Date) (last moment.Date, months, shown int, err error) {
	i := slices.IndexFunc(periodSteps, func(s struct {
		Key           string
		Months, Shown int
	}) bool {
		return s.Key == q.Step
	})
	i = max(i, 0)
	q.Step, months, shown = periodSteps[i].Key, periodSteps[i].Months, periodSteps[i].Shown
	if !slices.Contains(periodColumns, q.Column) {
		q.Column = "received"
	}
	day := today
	if q.Until != "" {
		from, to, ok := parsePeriod(q.Until)
		if !ok {
			q.Fault = fault.New(fault.Invalid, "web.form.invalid").With("until", "dossierlist.report.period_wrong")
			return 0, 0, 0, q.Fault
		}
		if day = to; from > today {
			day = today
		}
	}
	m := int(day.FirstOfMonth().Time().Month()) - 1
	last = day.FirstOfMonth().AddMonths(-(m % months))
	q.Set("step", q.Step)
	q.Set("column", string(q.Column))
	return last, months, shown, nil
}

func (q *periodsQuery) url(set ...string) string {
	return link("/reports/periods", append([]string{"unit", q.Unit, "step", q.Step, "until", q.Until, "column", string(q.Column)}, set...)...)
}

// periods shows the figures of both forms for periods beside each other.
func (p *Reports) periods(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &periodsQuery{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	last, months, shown, err := in.settle(p.Desk.DB.Now().Date())
	status := http.StatusOK
	if in.Failed(err) {
		status = http.StatusUnprocessableEntity
		in.Until = ""
		kept := in.Fault
		last, months, shown, err = in.settle(p.Desk.DB.Now().Date())
		in.Fault = kept
	}
	if err != nil {
		return err
	}
	var page periodsPage
	err = p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		page, err = p.gatherPeriods(ctx, q, in, last, months, shown)
		return err
	})
	if err != nil {
		return err
	}
	switch in.Format {
	case "csv":
		return page.csv(w, r)
	case "xlsx":
		return page.xlsx(w, r)
	case "print":
		return web.Render(w, r, status, periodsPaper(page))
	}
	return web.Render(w, r, status, periodsView(page))
}

func (p *Reports) gatherPeriods(ctx context.Context, q db.Queryer, in *periodsQuery, last moment.Date, months, shown int) (periodsPage, error) {
	form := &reportQuery{sheet: sheet07a, Unit: in.Unit, From: last.AddMonths(-months * (shown - 1)), To: last.AddMonths(months - 1).LastOfMonth()}
	page := periodsPage{reportPage: reportPage{In: form, Now: p.Desk.DB.Now()}, Q: in}
	if err := p.place(ctx, q, &page.reportPage); err != nil {
		return page, err
	}
	in.Unit = form.Unit
	in.Set("unit", in.Unit)
	page.Running = form.To.End() > page.Now
	count := func(from moment.Date) (periodSpan, error) {
		s := periodSpan{From: from, To: from.AddMonths(months - 1).LastOfMonth()}
		s.Name, s.Running = shortPeriod(ctx, s.From, s.To), s.To.End() > page.Now
		x := form.question()
		x.From, x.To = s.From, s.To
		lines, err := p.Desk.Statistics(ctx, q, web.Actor(ctx), x, dossier.ByNothing)
		if err == nil {
			s.Figures = lines[0].II06a
		}
		return s, err
	}
	for i := shown - 1; i >= 0; i-- {
		s, err := count(last.AddMonths(-months * i))
		if err != nil {
			return page, err
		}
		page.Periods = append(page.Periods, s)
	}
	// The same a year earlier: for years that is the period before.
	for _, s := range page.Periods {
		from := s.From.AddMonths(-12)
		if i := slices.IndexFunc(page.Periods, func(x periodSpan) bool { return x.From == from }); i >= 0 {
			page.Before = append(page.Before, page.Periods[i])
			continue
		}
		b, err := count(from)
		if err != nil {
			return page, err
		}
		page.Before = append(page.Before, b)
	}
	for _, c := range periodColumns {
		if !slices.Contains(whenAny, c) || slices.ContainsFunc(page.Periods, func(s periodSpan) bool { return s.Figures.At(c) != 0 }) {
			page.Columns = append(page.Columns, c)
		}
	}
	return page, nil
}

// shortPeriod names a period in a column's head: 10/2026, Q3/2026, 2026.
func shortPeriod(ctx context.Context, from, to moment.Date) string {
	m := periodForm.FindStringSubmatch(dossier.PeriodName(from, to))
	switch {
	case m == nil:
		return periodText(ctx, from, to)
	case m[2] != "":
		return m[2] + "/" + m[1]
	case m[3] != "":
		return "Q" + m[3] + "/" + m[1]
	}
	return m[1]
}

// sum is a column over all periods: added up where adding is right, "–" elsewhere.
func (p periodsPage) sum(ctx context.Context, c dossier.Column) string {
	if slices.Contains(stock, c) || c == "moved_in" || c == "moved_out" {
		return i18n.None
	}
	var n int64
	for _, s := range p.Periods {
		n += s.Figures.At(c)
	}
	return i18n.Number(ctx, n)
}

// ends is what a figure of a moment was at the beginning, or is at the end.
func (p periodsPage) ends(ctx context.Context, c dossier.Column) string {
	switch {
	case slices.Contains(opening, c):
		return i18n.T(ctx, "reports.periods.opening", "Count", p.Periods[0].Figures.At(c))
	case slices.Contains(closing, c):
		return i18n.T(ctx, "reports.periods.closing", "Count", p.Periods[len(p.Periods)-1].Figures.At(c))
	}
	return i18n.None
}

func (p periodsPage) cellURL(s periodSpan, c dossier.Column) string {
	if s.Figures.At(c) == 0 {
		return ""
	}
	form := "ii06a"
	if !sheetII06a.has(c) {
		form = "07a"
	}
	return link("/reports/"+form+"/list", "unit", p.Q.Unit, "period", dossier.PeriodName(s.From, s.To), "column", string(c))
}

// A periodRow is one period of the chosen figure beside the year before.
type periodRow struct {
	Name           string
	Label          string
	N, Before      int64
	Change, Share  string
	URL            string
	Running, Known bool
}

// chosen are the periods of the figure that is drawn.
func (p periodsPage) chosen(ctx context.Context) []periodRow {
	var out []periodRow
	for i, s := range p.Periods {
		r := periodRow{Name: s.Name, Label: firstUpper(periodText(ctx, s.From, s.To)), N: s.Figures.At(p.Q.Column), Before: p.Before[i].Figures.At(p.Q.Column),
			URL: p.cellURL(s, p.Q.Column), Running: s.Running}
		// A year of which nothing is known is no year of zeros.
		r.Change, r.Share, r.Known = i18n.None, i18n.None, p.Before[i].Figures != dossier.II06a{}
		if r.Known {
			r.Change = signed(ctx, r.N-r.Before)
		}
		if share, ok := (points.Ratio{Num: r.N - r.Before, Den: r.Before}).Percent(); ok {
			r.Share = i18n.Delta(ctx, share) + " %"
		}
		out = append(out, r)
	}
	return out
}

// before is the figure a year earlier; "–" when nothing is known of that time.
func (r periodRow) before(ctx context.Context) string {
	if !r.Known {
		return i18n.None
	}
	return i18n.Number(ctx, r.Before)
}

// beforeValue is the same for the chart: a gap where nothing is known.
func (r periodRow) beforeValue() string {
	if !r.Known {
		return ""
	}
	return strconv.FormatInt(r.Before, 10)
}

func signed(ctx context.Context, n int64) string {
	if n > 0 {
		return "+" + i18n.Number(ctx, n)
	}
	if n < 0 {
		return "−" + i18n.Number(ctx, -n)
	}
	return "0"
}

func (p periodsPage) heading(ctx context.Context) string {
	last := len(p.Periods) - 1
	return i18n.T(ctx, "reports.periods.found", "Column", columnText(ctx, p.Q.Column), "Count", p.Periods[last].Figures.At(p.Q.Column),
		"Period", periodText(ctx, p.Periods[last].From, p.Periods[last].To), "Before", p.chosen(ctx)[last].before(ctx))
}

func (p periodsPage) name(ext string) string {
	return "periods-" + p.Unit.Code + "-" + p.Q.Step + "-" + p.Periods[len(p.Periods)-1].To.String() + "." + ext
}

func (p periodsPage) header(ctx context.Context) []string {
	out := []string{i18n.T(ctx, "reports.periods.figure")}
	for _, s := range p.Periods {
		out = append(out, s.Name)
	}
	return append(out, i18n.T(ctx, "reports.periods.sum"), i18n.T(ctx, "reports.periods.ends"))
}

func (p periodsPage) csv(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	var rows [][]string
	for _, c := range p.Columns {
		row := []string{columnText(ctx, c)}
		for _, s := range p.Periods {
			row = append(row, strconv.FormatInt(s.Figures.At(c), 10))
		}
		rows = append(rows, append(row, p.sum(ctx, c), p.ends(ctx, c)))
	}
	return sendCSV(w, r, p.name("csv"), p.header(ctx), rows)
}

func (p periodsPage) xlsx(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	b := newWorkbook(i18n.T(ctx, "reports.periods.step."+p.Q.Step))
	b.put(p.Unit.Name)
	b.put(i18n.T(ctx, "reports.section.periods"))
	b.put(p.known(ctx))
	b.put()
	var heads []any
	for _, h := range p.header(ctx) {
		heads = append(heads, h)
	}
	head := b.put(heads...)
	for _, c := range p.Columns {
		row := []any{columnText(ctx, c)}
		for _, s := range p.Periods {
			row = append(row, s.Figures.At(c))
		}
		b.put(append(row, p.sum(ctx, c), p.ends(ctx, c))...)
	}
	b.style(1, head, len(heads), head, b.bold)
	b.style(1, head+1, len(heads), b.row, b.digits)
	b.across(1, head, 46)
	return b.send(w, p.name("xlsx"))
}

func stepOptions(ctx context.Context) []ui.Option {
	var out []ui.Option
	for _, s := range periodSteps {
		out = append(out, ui.Option{Value: s.Key, Text: i18n.T(ctx, "reports.periods.step."+s.Key)})
	}
	return out
}

func figureOptions(ctx context.Context) []ui.Option {
	var out []ui.Option
	for _, c := range periodColumns {
		out = append(out, ui.Option{Value: string(c), Text: columnText(ctx, c)})
	}
	return out
}

func periodHeads(ctx context.Context, p periodsPage) []ui.Column {
	var out []ui.Column
	for i, h := range p.header(ctx) {
		out = append(out, ui.Column{Label: h, Numeric: i > 0 && i <= len(p.Periods)+1})
	}
	return out
}
