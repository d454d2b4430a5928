package dossierweb

import (
	"context"
	"net/http"
	"strconv"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/web"
	"cchc/base/web/list"
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
	Found list.Slice[dossier.Evaluated]
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
	file, err := in.Wanted()
	if err != nil {
		return err
	}
	err = p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		return p.gatherEvaluated(ctx, q, in, &page, file)
	})
	if err != nil {
		return err
	}
	if file {
		var header []string
		for _, c := range evaluatedColumns(ctx) {
			header = append(header, c.Label)
		}
		return list.Send(w, r, list.File{Format: in.Format, Name: "evaluation-" + in.Index + "-" + dossier.PeriodName(in.From, in.To), Header: header,
			Rows: func(add func([]string) error) error {
				for _, x := range page.Rows {
					if err := add([]string{x.Code, x.Points, x.Why, x.Title, x.Accepted, x.Due, x.Ended, x.Unit}); err != nil {
						return err
					}
				}
				return nil
			}})
	}
	return web.Render(w, r, http.StatusOK, evaluatedView(page))
}

func (p *Reports) gatherEvaluated(ctx context.Context, q db.Queryer, in *reportQuery, page *evaluatedPage, whole bool) error {
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
	page.Count = len(found)
	for _, e := range found {
		n, _ := page.points(e.Work)
		page.Sum += int64(n)
	}
	var err error
	if page.Row, err = p.rowName(ctx, q, in); err != nil {
		return err
	}
	limit := pageRows
	if whole {
		limit = 0
	}
	page.Found = list.Cut(found, &in.Query, list.Order{Key: "code"}, page.keys(), limit)
	t, err := newTeller(ctx, p.Desk, q)
	if err != nil {
		return err
	}
	asOf := min(in.To.End(), page.Now)
	for _, e := range page.Found.Rows {
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

// keys are what the list is sorted by.
func (p *evaluatedPage) keys() list.Keys[dossier.Evaluated] {
	return list.Keys[dossier.Evaluated]{ID: func(x *dossier.Evaluated) string { return x.ID }, By: map[string]func(*dossier.Evaluated) string{
		"code":      func(x *dossier.Evaluated) string { return x.Code },
		"procedure": func(x *dossier.Evaluated) string { return x.Procedure },
		"accepted":  func(x *dossier.Evaluated) string { return list.When(x.AcceptedAt) },
		"due":       func(x *dossier.Evaluated) string { return list.When(x.Due) },
		"ended":     func(x *dossier.Evaluated) string { return list.When(x.Ended) },
		"points": func(x *dossier.Evaluated) string {
			n, _ := p.points(x.Work)
			return list.Number(int64(n))
		},
	}}
}

func evaluatedColumns(ctx context.Context) []list.Column {
	out := []list.Column{{Key: "code", Sorts: true}, {Key: "points", Label: i18n.T(ctx, "reports.evaluation.points"), Numeric: true, Sorts: true},
		{Key: "why", Label: i18n.T(ctx, "reports.evaluation.why")}, {Key: "procedure", Sorts: true}, {Key: "accepted", Sorts: true, Down: true},
		{Key: "due", Sorts: true}, {Key: "ended", Sorts: true, Down: true}, {Key: "unit"}}
	for i := range out {
		if out[i].Label == "" {
			out[i].Label = i18n.T(ctx, "dossierlist.column."+out[i].Key)
		}
	}
	return out
}

func (p evaluatedPage) heading(ctx context.Context) string {
	key := "reports.evaluation.list"
	if p.Index.Per == evaluation.PerShare {
		key = "reports.evaluation.list_share"
	}
	return i18n.T(ctx, key, "Index", p.Index.Name.In(ctx), "Sum", p.Sum, "Count", p.Count)
}

// at is the list's address.
func (p evaluatedPage) at() list.Address {
	in := p.In
	a := list.At("/reports/evaluation/list", "unit", in.Unit, "period", in.Period, "by", string(in.By), "sector", in.Sector, "procedure", in.Procedure,
		"index", in.Index, "row", in.Row, "sort", in.Sort)
	if in.Period == customPeriod {
		a.Values.Set("from", in.From.String())
		a.Values.Set("to", in.To.String())
	}
	return a
}

func (p evaluatedPage) pager(ctx context.Context) ui.Pager {
	return list.Pager(p.at(), p.Found.Before, p.Found.After, i18n.T(ctx, "dossierlist.behind.shown", "Count", len(p.Rows), "All", p.Count))
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
