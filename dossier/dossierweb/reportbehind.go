package dossierweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/dossier"
	"cchc/unit"
)

// behindRows is how many dossiers a page of a figure's list has; the file has all.
const behindRows = 200

// A behindRow is a dossier as it stood at the end of the period.
type behindRow struct {
	Code, URL string
	Procedure string
	Title     string
	Channel   string
	Accepted  string
	Due       string
	Ended     string
	Standing  saying
	Unit      string
}

type behindPage struct {
	reportPage
	Rows  []behindRow
	Count int
	Row   string // what the row is about, "" for the total
	Pages int
}

func (p *Reports) behind(s *sheet) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error { return p.list(w, r, &reportQuery{sheet: s}) }
}

func (p *Reports) list(w http.ResponseWriter, r *http.Request, in *reportQuery) error {
	ctx := r.Context()
	if err := web.Decode(r, in); err != nil {
		return err
	}
	if err := in.settle(p.Desk.DB.Now().Date()); err != nil {
		return err
	}
	if !in.sheet.has(in.Column) {
		return fault.New(fault.NotFound, "dossierlist.report.column_unknown")
	}
	var page behindPage
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		page, err = p.gatherBehind(ctx, q, in)
		return err
	})
	if err != nil {
		return err
	}
	if in.Format == "csv" {
		var rows [][]string
		for _, x := range page.Rows {
			rows = append(rows, []string{x.Code, x.Title, x.Channel, x.Accepted, x.Due, x.Ended, x.Standing.Text, x.Unit})
		}
		var header []string
		for _, c := range behindColumns(ctx) {
			header = append(header, c.Label)
		}
		return sendCSV(w, r, in.sheet.Key+"-"+string(in.Column)+"-"+dossier.PeriodName(in.From, in.To)+".csv", header, rows)
	}
	return web.Render(w, r, http.StatusOK, behindView(page))
}

// about is the question about one row of the report, or about its total, with the
// test that leaves only what counts in it; none when nothing can.
func (q *reportQuery) about() (x dossier.Question, keep func(*dossier.Case) bool, none bool) {
	x = q.question()
	switch {
	case q.Row == "":
	case q.By == dossier.BySector && q.Row == noSector:
		keep = func(c *dossier.Case) bool { return c.Sector == "" }
	case q.By == dossier.BySector:
		x.Sector = q.Row
		none = q.Sector != "" && q.Sector != q.Row
	case q.By == dossier.ByProcedure && q.Row == noSector:
		keep = func(c *dossier.Case) bool { return c.Procedure == "" }
	case q.By == dossier.ByProcedure:
		x.Procedure = q.Row
		none = q.Procedure != "" && q.Procedure != q.Row
	case q.By == dossier.ByOfficer:
		keep = func(c *dossier.Case) bool { return c.Officer == q.Row || q.Row == noSector && c.Officer == "" }
	case q.By == dossier.ByUnit && q.Row == q.Unit:
		keep = func(c *dossier.Case) bool { return c.Unit == x.Unit } // see reportLine.opens
	case q.By == dossier.ByUnit:
		x.Unit = unit.ID(q.Row)
	}
	return x, keep, none
}

// cases returns the dossiers behind a figure of the total or of one row.
func (p *Reports) cases(ctx context.Context, q db.Queryer, in *reportQuery) ([]dossier.Case, error) {
	x, keep, none := in.about()
	if none {
		return nil, nil
	}
	found, err := p.Desk.Behind(ctx, q, web.Actor(ctx), x, in.Column)
	if keep != nil {
		found = slices.DeleteFunc(found, func(c dossier.Case) bool { return !keep(&c) })
	}
	return found, err
}

func (p *Reports) gatherBehind(ctx context.Context, q db.Queryer, in *reportQuery) (behindPage, error) {
	page := behindPage{reportPage: reportPage{In: in, Now: p.Desk.DB.Now()}}
	if err := p.place(ctx, q, &page.reportPage); err != nil {
		return page, err
	}
	page.Running = in.To.End() > page.Now
	found, err := p.cases(ctx, q, in)
	if err != nil {
		return page, err
	}
	page.Count = len(found)
	if page.Row, err = p.rowName(ctx, q, in); err != nil {
		return page, err
	}
	if in.Format != "csv" {
		page.Pages = (page.Count + behindRows - 1) / behindRows
		in.Page = min(max(in.Page, 1), max(page.Pages, 1))
		found = found[min((in.Page-1)*behindRows, len(found)):min(in.Page*behindRows, len(found))]
	}
	t, err := newTeller(ctx, p.Desk, q)
	if err != nil {
		return page, err
	}
	asOf := min(in.To.End(), page.Now)
	for _, c := range found {
		row, err := t.behind(ctx, c, asOf)
		if err != nil {
			return page, err
		}
		page.Rows = append(page.Rows, row)
	}
	return page, nil
}

func (p *Reports) rowName(ctx context.Context, q db.Queryer, in *reportQuery) (string, error) {
	switch {
	case in.Row == "" || in.By == dossier.ByNothing:
		return "", nil
	case in.By == dossier.ByOfficer:
		return p.officer(ctx, newNames(q), strings.TrimPrefix(in.Row, noSector))
	case in.Row == noSector:
		return i18n.T(ctx, "dossierlist.sector.none"), nil
	case in.By == dossier.ByUnit:
		return unitName(ctx, q, p.Desk.Units, unit.ID(in.Row))
	}
	return in.Row, nil
}

// behind tells a dossier as it stood at a moment.
func (t *teller) behind(ctx context.Context, c dossier.Case, asOf moment.Instant) (behindRow, error) {
	name, err := t.procedure(ctx, "", c.Procedure, c.RegisteredAt.Date())
	if err != nil {
		return behindRow{}, err
	}
	u, err := t.unit(ctx, c.Unit)
	if err != nil {
		return behindRow{}, err
	}
	row := behindRow{
		Code: c.Code, URL: rowURL(c.System, c.Code), Procedure: c.Procedure, Title: c.Procedure, Channel: channelText(ctx, c.Channel),
		Accepted: i18n.ShortInstant(ctx, c.AcceptedAt), Due: dueText(ctx, c.Due, c.ByInstant), Ended: i18n.ShortInstant(ctx, c.Ended), Unit: u,
	}
	if name != "" {
		row.Procedure, row.Title = shorten(name, 60), c.Procedure+" "+name
	}
	switch {
	case c.Ended != 0:
		row.Standing.Text, row.Standing.Kind = verdictText(ctx, c.Verdict())
	case c.Overdue(asOf):
		row.Standing = saying{ui.Late, i18n.T(ctx, "dossierlist.behind.overdue")}
	case c.Waiting != "":
		row.Standing = saying{ui.Paused, i18n.T(ctx, "dossierlist.waiting."+c.Waiting)}
	default:
		row.Standing = saying{ui.Neutral, i18n.T(ctx, "dossierlist.behind.in_time")}
	}
	return row, nil
}

func behindColumns(ctx context.Context) []ui.Column {
	var out []ui.Column
	for _, key := range []string{"code", "procedure", "channel", "accepted", "due", "ended", "at_end", "unit"} {
		out = append(out, ui.Column{Label: i18n.T(ctx, "dossierlist.column."+key)})
	}
	return out
}

// heading says how many dossiers make the figure.
func (p behindPage) heading(ctx context.Context) string {
	return i18n.T(ctx, "dossierlist.behind.heading", "Count", p.Count, "Column", lowerFirst(columnText(ctx, p.In.Column)))
}

func (p behindPage) lead(ctx context.Context) string {
	parts := []string{periodText(ctx, p.In.From, p.In.To), p.Row}
	if p.In.Known != 0 {
		parts = append(parts, i18n.T(ctx, "dossierlist.report.known_as_of", "Day", p.In.Known))
	}
	return firstUpper(joined(parts...))
}

func (p behindPage) url(set ...string) string {
	args := []string{"column", string(p.In.Column), "row", p.In.Row}
	return p.In.url(p.In.sheet.path("/list"), append(args, set...)...)
}

func (p behindPage) pager(ctx context.Context) ui.Pager {
	out := ui.Pager{Shown: i18n.T(ctx, "dossierlist.behind.shown", "Count", len(p.Rows), "All", p.Count)}
	if p.In.Page > 1 {
		out.Prev = p.url("page", strconv.Itoa(p.In.Page-1))
	}
	if p.In.Page < p.Pages {
		out.Next = p.url("page", strconv.Itoa(p.In.Page+1))
	}
	return out
}

// columnText names a figure of the form with its number.
func columnText(ctx context.Context, c dossier.Column) string {
	return i18n.T(ctx, "dossierlist.ii06a."+string(c))
}
