package dossierweb

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/dossier"
	"cchc/evaluation"
)

// An evaluatedRow is a dossier with the points that an index gives it, and why.
type evaluatedRow struct {
	behindRow
	Points string
	Why    string
}

type evaluatedPage struct {
	reportPage
	Set   *evaluation.Set
	Index *evaluation.Index
	Row   string
	Count int
	Sum   int64 // of the points, or how many said yes
	Rows  []evaluatedRow
	Pages int
}

// evaluated lists the dossiers behind an index, each with its points and reason.
func (p *Reports) evaluated(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &reportQuery{sheet: sheetEvaluation}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	if err := in.settle(p.Desk.DB.Now().Date()); err != nil {
		return err
	}
	page := evaluatedPage{}
	page.Set, _ = evaluation.On(p.Evaluation, in.To)
	if page.Index = page.Set.By(in.Index); page.Index == nil || page.Index.Per == evaluation.PerEntered {
		return fault.New(fault.NotFound, "reports.evaluation.index_unknown")
	}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		return p.gatherEvaluated(ctx, q, in, &page)
	})
	if err != nil {
		return err
	}
	if in.Format == "csv" {
		var rows [][]string
		for _, x := range page.Rows {
			rows = append(rows, []string{x.Code, x.Points, x.Why, x.Title, x.Accepted, x.Due, x.Ended, x.Unit})
		}
		var header []string
		for _, c := range evaluatedColumns(ctx) {
			header = append(header, c.Label)
		}
		return sendCSV(w, r, "evaluation-"+in.Index+"-"+dossier.PeriodName(in.From, in.To)+".csv", header, rows)
	}
	return web.Render(w, r, http.StatusOK, evaluatedView(page))
}

func (p *Reports) gatherEvaluated(ctx context.Context, q db.Queryer, in *reportQuery, page *evaluatedPage) error {
	page.reportPage = reportPage{In: in, Now: p.Desk.DB.Now()}
	if in.By != dossier.ByOfficer {
		in.By = dossier.ByUnit
	}
	if err := p.place(ctx, q, &page.reportPage); err != nil {
		return err
	}
	x, keep, _ := in.about()
	var found []dossier.Evaluated
	if err := p.Desk.Evaluate(ctx, q, web.Actor(ctx), x, func(e *dossier.Evaluated) {
		if keep == nil || keep(&e.Case) {
			found = append(found, *e)
		}
	}); err != nil {
		return err
	}
	slices.SortFunc(found, func(a, b dossier.Evaluated) int { return cmp.Compare(a.Code, b.Code) })
	page.Count = len(found)
	for _, e := range found {
		n, _ := page.points(e.Work)
		page.Sum += int64(n)
	}
	var err error
	if page.Row, err = p.rowName(ctx, q, in); err != nil {
		return err
	}
	if in.Format != "csv" {
		page.Pages = (page.Count + behindRows - 1) / behindRows
		in.Page = min(max(in.Page, 1), max(page.Pages, 1))
		found = found[min((in.Page-1)*behindRows, len(found)):min(in.Page*behindRows, len(found))]
	}
	t, err := newTeller(ctx, p.Desk, q)
	if err != nil {
		return err
	}
	asOf := min(in.To.End(), page.Now)
	for _, e := range found {
		b, err := t.behind(ctx, e.Case, asOf)
		if err != nil {
			return err
		}
		n, outcome := page.points(e.Work)
		row := evaluatedRow{behindRow: b, Points: strconv.Itoa(n), Why: i18n.T(ctx, "reports.evaluation.outcome."+page.Index.Code+"."+outcome)}
		if page.Index.Per == evaluation.PerShare {
			row.Points = i18n.None // the share is scored, not the dossier
		}
		page.Rows = append(page.Rows, row)
	}
	return nil
}

// points are what the index gives a dossier, and the outcome that it sees.
func (p evaluatedPage) points(w evaluation.Work) (int, string) {
	outcome := w.Outcome(p.Index.Code)
	if p.Index.Per == evaluation.PerShare {
		if outcome == "yes" {
			return 1, outcome
		}
		return 0, outcome
	}
	return p.Index.Outcomes[outcome], outcome
}

func evaluatedColumns(ctx context.Context) []ui.Column {
	return []ui.Column{{Label: i18n.T(ctx, "dossierlist.column.code")}, {Label: i18n.T(ctx, "reports.evaluation.points"), Numeric: true},
		{Label: i18n.T(ctx, "reports.evaluation.why")}, {Label: i18n.T(ctx, "dossierlist.column.procedure")},
		{Label: i18n.T(ctx, "dossierlist.column.accepted")}, {Label: i18n.T(ctx, "dossierlist.column.due")},
		{Label: i18n.T(ctx, "dossierlist.column.ended")}, {Label: i18n.T(ctx, "dossierlist.column.unit")}}
}

func (p evaluatedPage) heading(ctx context.Context) string {
	key := "reports.evaluation.list"
	if p.Index.Per == evaluation.PerShare {
		key = "reports.evaluation.list_share"
	}
	return i18n.T(ctx, key, "Index", p.Index.Name.In(ctx), "Sum", p.Sum, "Count", p.Count)
}

func (p evaluatedPage) url(set ...string) string {
	return p.In.url("/reports/evaluation/list", append([]string{"index", p.In.Index, "row", p.In.Row}, set...)...)
}

func (p evaluatedPage) pager(ctx context.Context) ui.Pager {
	out := ui.Pager{Shown: i18n.T(ctx, "dossierlist.behind.shown", "Count", len(p.Rows), "All", p.Count)}
	if p.In.Page > 1 {
		out.Prev = p.url("page", strconv.Itoa(p.In.Page-1))
	}
	if p.In.Page < p.Pages {
		out.Next = p.url("page", strconv.Itoa(p.In.Page+1))
	}
	return out
}

// csv sends the indices as a file.
func (p evaluationPage) csv(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	var header []string
	for _, c := range p.columns(ctx) {
		header = append(header, c.Label)
	}
	var rows [][]string
	for _, row := range p.all() {
		out := []string{row.Name, strconv.FormatInt(row.Dossiers, 10)}
		for _, c := range row.Cells {
			out = append(out, c.Text)
		}
		rows = append(rows, append(out, oneDecimal(ctx, row.Sum), row.band(ctx)))
	}
	return sendCSV(w, r, p.fileName("csv"), header, rows)
}

// xlsx sends the indices as a workbook.
func (p evaluationPage) xlsx(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	b := newWorkbook("9")
	b.put(p.Unit.Name)
	b.put(p.Set.Name.In(ctx))
	b.put(firstUpper(periodText(ctx, p.In.From, p.In.To)))
	b.put(p.law(ctx))
	b.put()
	var heads []any
	for _, c := range p.columns(ctx) {
		heads = append(heads, c.Label)
	}
	head := b.put(heads...)
	for _, row := range p.all() {
		values := []any{row.Name, row.Dossiers}
		for i, l := range row.Lines {
			if l.Known {
				values = append(values, float64(l.Value)/10_000) // the workbook's own kind of number; one place
			} else {
				values = append(values, row.Cells[i].Text)
			}
		}
		b.put(append(values, float64(row.Sum)/10_000, row.band(ctx))...)
	}
	b.style(1, head, len(heads), head, b.bold)
	b.style(1, head+1, len(heads), b.row, b.frame)
	b.across(1, head, 40)
	return b.send(w, p.fileName("xlsx"))
}
