package dossierweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/base/web"
	"cchc/base/web/list"
	"cchc/base/web/ui"
	"cchc/dossier"
	"cchc/evaluation"
	"cchc/unit"
)

// Reports are the pages of the statistical forms (thống kê tình hình, kết quả giải
// quyết TTHC): II.06a and 07a/BTP, the dossiers behind each of their figures, what
// was restated, periods side by side, files and print.
type Reports struct {
	Desk       *dossier.Desk
	Evaluation []*evaluation.Set // versions of the nine indices; none has no such page
}

// Register puts the pages below /reports.
func (p *Reports) Register(mux *web.Mux) {
	for _, s := range sheets {
		mux.Handle("GET "+s.path(""), web.SignedIn, p.show(s))
		mux.Handle("GET "+s.path("/list"), web.SignedIn, p.behind(s))
	}
	if len(p.Evaluation) > 0 {
		mux.Handle("GET /reports/evaluation", web.SignedIn, p.evaluation)
		mux.Handle("POST /reports/evaluation", web.SignedIn, p.enterEvaluation)
		mux.Handle("GET /reports/evaluation/list", web.SignedIn, p.evaluated)
	}
	mux.Handle("GET /reports/periods", web.SignedIn, p.periods)
	mux.Handle("GET /reports/restated", web.SignedIn, p.restated)
	mux.Handle("GET /reports/ii06a.css", web.Public, printStyle)
}

// A reportQuery is the address of the form, and of a list behind it.
type reportQuery struct {
	web.Form
	list.Query
	sheet *sheet

	Unit      string      `form:"unit"`
	Period    string      `form:"period"` // 2026-10, 2026-Q3, 2026 or custom
	From      moment.Date `form:"from"`
	To        moment.Date `form:"to"`
	By        dossier.By  `form:"by"`
	Sector    string      `form:"sector"`
	Procedure string      `form:"procedure"`
	Known     moment.Date `form:"known"`   // as known at the end of that day
	Compare   string      `form:"compare"` // with what was known Days after the period: on, off; "" where it can tell something
	Days      int         `form:"days"`

	Sheet  string         `form:"sheet"` // where the address doesn't tell
	Column dossier.Column `form:"column"`
	Row    string         `form:"row"`
	Index  string         `form:"index"` // of the evaluation
	At     int64          `form:"at"`    // as known at that moment, for the pages of one list to be of one piece

	// What a figure's list is filtered by, within what the figure counts.
	Channel  dossier.Channel `form:"channel"`
	InSector string          `form:"in_sector"`
	Of       string          `form:"of"` // code of a procedure
}

// compareDays is how many days after a period its report usually is due.
const compareDays = dossier.ReportDays

var reportBy = []dossier.By{dossier.ByNothing, dossier.BySector, dossier.ByProcedure, dossier.ByUnit, dossier.ByOfficer}

// settle fills in what the address leaves out, and says what is wrong with it.
func (q *reportQuery) settle(today moment.Date) error {
	f := fault.New(fault.Invalid, "web.form.invalid")
	if q.Period == "" && q.From == 0 && q.To == 0 {
		q.Period = dossier.PeriodName(today.FirstOfMonth(), today.LastOfMonth())
	}
	if q.Period != "" && q.Period != customPeriod {
		from, to, ok := parsePeriod(q.Period)
		if !ok {
			f.With("period", "dossierlist.report.period_wrong")
		}
		q.From, q.To = from, to
	}
	switch {
	case q.From == 0 && len(f.Fields) == 0:
		f.With("from", "web.form.required")
	case q.To == 0 && len(f.Fields) == 0:
		f.With("to", "web.form.required")
	case q.To < q.From:
		f.With("to", "dossierlist.report.to_before_from")
	}
	if !slices.Contains(reportBy, q.By) {
		q.By = dossier.ByNothing
	}
	if q.Days <= 0 || q.Days > 366 {
		q.Days = compareDays
	}
	if err := f.Or(); err != nil {
		q.Fault = f
		return err
	}
	if name := dossier.PeriodName(q.From, q.To); len(name) <= len("2026-Q3") {
		q.Period = name
	} else {
		q.Period = customPeriod
	}
	return nil
}

// fill puts the settled values into the form.
func (q *reportQuery) fill(ctx context.Context) {
	for name, v := range map[string]string{"unit": q.Unit, "period": q.Period, "by": string(q.By), "compare": q.Compare, "days": strconv.Itoa(q.Days)} {
		q.Set(name, v)
	}
	for name, d := range map[string]moment.Date{"from": q.From, "to": q.To} {
		if d != 0 {
			q.Set(name, i18n.Date(ctx, d))
		}
	}
}

func (q *reportQuery) question() dossier.Question {
	return dossier.Question{Unit: unit.ID(q.Unit), From: q.From, To: q.To, Known: endOf(q.Known), Sector: q.Sector, Procedure: q.Procedure,
		Detail: q.sheet.Detail, Officers: q.By == dossier.ByOfficer}
}

// closed is the day on which the period's report was due: as known at its end is
// as reported (như đã báo cáo).
func (q *reportQuery) closed() moment.Date { return q.To.AddDays(q.Days) }

// compares reports whether the figures are set beside those reported then. Unless
// somebody says otherwise they are wherever there can be a difference.
func (q *reportQuery) compares(today moment.Date) bool {
	return q.Compare == "on" || q.Compare != "off" && q.Known == 0 && q.closed() < today
}

// endOf is the last moment of a day; zero for no day.
func endOf(d moment.Date) moment.Instant {
	if d == 0 {
		return 0
	}
	return d.End()
}

// url is the address of the same report with other values.
func (q *reportQuery) url(path string, set ...string) string {
	values := []string{"unit", q.Unit, "period", q.Period, "by", string(q.By), "sector", q.Sector, "procedure", q.Procedure, "known", q.Known.String()}
	if q.Period == customPeriod {
		values = append(values, "from", q.From.String(), "to", q.To.String())
	}
	if q.Compare != "" {
		values = append(values, "compare", q.Compare)
	}
	if q.Days != compareDays {
		values = append(values, "days", strconv.Itoa(q.Days))
	}
	return link(path, append(values, set...)...)
}

// A reportCell is one figure.
type reportCell struct {
	Column  dossier.Column
	N       int64
	Before  int64 // as compared with
	Changed bool
	URL     string
	Why     string // address of what was entered later
}

// A reportLine is a row of the form.
type reportLine struct {
	Key   string
	Name  string
	URL   string // of the same report about this row
	Whole bool   // the total
	Self  bool   // the unit by itself, without what is below it
	Cells []reportCell
	dossier.II06a
}

type reportPage struct {
	In       *reportQuery
	Unit     unit.Unit
	Parent   string
	Total    reportLine
	Lines    []reportLine
	Groups   []columnGroup
	Changed  int         // figures that differ from what they are compared with
	Compared moment.Date // known as of its end; zero compares nothing
	Running  bool        // the period is not over: figures are as of now
	Now      moment.Instant
	Units    []ui.Option
}

func (p *Reports) show(s *sheet) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error { return p.form(w, r, &reportQuery{sheet: s}) }
}

func (p *Reports) form(w http.ResponseWriter, r *http.Request, in *reportQuery) error {
	ctx := r.Context()
	err := web.Decode(r, in)
	if err == nil {
		err = in.settle(p.Desk.DB.Now().Date())
	}
	if in.Failed(err) {
		page := reportPage{In: in, Now: p.Desk.DB.Now()}
		if err := p.place(ctx, p.Desk.DB, &page); err != nil {
			return err
		}
		return web.Render(w, r, http.StatusUnprocessableEntity, reportWrong(page))
	}
	if err != nil {
		return err
	}
	var page reportPage
	err = p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		page, err = p.gather(ctx, q, in)
		return err
	})
	if err != nil {
		return err
	}
	switch in.Format {
	case "csv":
		return p.csv(w, r, page)
	case "xlsx":
		return p.xlsx(w, r, page)
	case "print":
		return web.Render(w, r, http.StatusOK, reportPaper(page))
	}
	return web.Render(w, r, http.StatusOK, reportView(page))
}

// place settles the unit and lists those to choose from.
func (p *Reports) place(ctx context.Context, q db.Queryer, page *reportPage) error {
	in := page.In
	day := page.Now.Date()
	if in.To != 0 {
		day = min(day, in.To)
	}
	tree, err := p.Desk.Units.On(ctx, q, day)
	if err != nil {
		return err
	}
	u, roots, err := chosen(ctx, p.Desk, tree, web.Actor(ctx), auth.ReportRead, unit.ID(in.Unit))
	if err != nil {
		return err
	}
	in.Unit = string(u)
	in.fill(ctx)
	if page.Unit, _ = tree.Unit(u); page.Unit.ID == "" {
		if page.Unit, _, err = p.Desk.Units.Last(ctx, q, u); err != nil {
			return err
		}
	}
	if page.Unit.Parent != "" {
		if page.Parent, err = unitName(ctx, q, p.Desk.Units, page.Unit.Parent); err != nil {
			return err
		}
	}
	page.Units = withOption(unitOptions(tree, roots), in.Unit, page.Unit.Name)
	return nil
}

func (p *Reports) gather(ctx context.Context, q db.Queryer, in *reportQuery) (reportPage, error) {
	page := reportPage{In: in, Now: p.Desk.DB.Now()}
	if err := p.place(ctx, q, &page); err != nil {
		return page, err
	}
	page.Running = in.To.End() > page.Now
	lines, err := p.lines(ctx, q, in.question(), in.By)
	if err != nil {
		return page, err
	}
	before := map[string]dossier.II06a{}
	compares := in.compares(page.Now.Date())
	if compares {
		page.Compared = in.closed()
		x := in.question()
		x.Known = page.Compared.End()
		then, err := p.lines(ctx, q, x, in.By)
		if err != nil {
			return page, err
		}
		lines[0].Whole, then[0].Whole = true, true
		for _, l := range then {
			before[l.mark()] = l.II06a
		}
		// What was there then and is not now is a row of zeros now.
		for _, l := range then {
			if !slices.ContainsFunc(lines, func(n reportLine) bool { return n.mark() == l.mark() }) {
				l.II06a = dossier.II06a{}
				lines = append(lines, l)
			}
		}
	}
	page.Groups = in.sheet.shown(lines)
	for i := range lines {
		l := &lines[i]
		for _, c := range columnsIn(page.Groups) {
			cell := reportCell{Column: c, N: l.At(c)}
			args := append([]string{"column", string(c)}, l.rowArgs(i > 0)...)
			open := args
			if in.Known == 0 { // exactly what is counted here
				open = append([]string{"at", strconv.FormatInt(int64(page.Now), 10)}, args...)
			}
			if compares {
				cell.Before = before[l.mark()].At(c)
				cell.Changed = cell.Before != cell.N
			}
			if cell.Changed {
				page.Changed++
				if l.opens() {
					cell.Why = in.url("/reports/restated", append(args, "sheet", in.sheet.Key)...)
				}
			}
			if cell.N != 0 && l.opens() {
				cell.URL = in.url(in.sheet.path("/list"), open...)
			}
			l.Cells = append(l.Cells, cell)
		}
	}
	page.Total, page.Lines = lines[0], lines[1:]
	return page, nil
}

// mark tells lines apart: the total, and the line of what has no sector or is
// nobody's, have both no key.
func (l reportLine) mark() string {
	return strconv.FormatBool(l.Whole) + strconv.FormatBool(l.Self) + l.Key
}

// opens reports whether the line's figures can be opened to exactly their
// dossiers. The line of a unit by itself cannot where dossiers moved between it
// and what is below it in the period.
func (l reportLine) opens() bool { return !l.Self || l.MovedIn == 0 && l.MovedOut == 0 }

func (l reportLine) rowArgs(row bool) []string {
	if !row {
		return nil
	}
	if l.Key == "" {
		return []string{"row", noSector}
	}
	return []string{"row", l.Key}
}

// noSector stands in addresses for the row of what has no sector or procedure;
// no sector has such a name.
const noSector = "-"

// onTime is the share of resolved dossiers that were early or on time.
func (p reportPage) onTime() points.Ratio {
	return points.Ratio{Num: p.Total.Early + p.Total.OnTime, Den: p.Total.Resolved}
}

// heading states the finding.
func (p reportPage) heading(ctx context.Context) string {
	period := firstUpper(periodText(ctx, p.In.From, p.In.To))
	if p.Total.Received == 0 {
		return i18n.T(ctx, "dossierlist.report.nothing", "Period", period)
	}
	if p.Total.Resolved == 0 {
		return i18n.T(ctx, "dossierlist.report.none_resolved", "Period", period, "Count", p.Total.InProgress)
	}
	return i18n.T(ctx, "dossierlist.report.found", "Period", period, "Share", i18n.Share(ctx, p.onTime()), "Count", p.Total.Overdue)
}
