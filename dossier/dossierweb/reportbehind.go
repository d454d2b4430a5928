package dossierweb

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/list"
	"cchc/base/web/ui"
	"cchc/dossier"
	"cchc/unit"
)

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
	Rows    []behindRow
	Found   list.Slice[dossier.Listed]
	Count   int       // what the figure counts
	Row     string    // what the row is about, "" for the total
	Parts   []ui.Link // instead of rows, when they are too many
	Sectors []ui.Option
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
	file, err := in.Wanted()
	if err != nil {
		return err
	}
	var page behindPage
	return p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		if page, err = p.gatherBehind(ctx, q, in, file); err != nil {
			return err
		}
		if file && page.Parts == nil {
			return p.behindFile(w, r, q, page)
		}
		return web.Render(w, r, http.StatusOK, behindView(page))
	})
}

// figure is the figure of one row of the report, or of its total; none when
// nothing can count in it.
func (q *reportQuery) figure() (x dossier.Figure, none bool) {
	x.Column, x.Row = q.Column, string(q.By)+" "+q.Row
	x.Question, x.Keep, none = q.about()
	if x.Known == 0 {
		x.Known = moment.Instant(q.At)
	}
	return x, none
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

// behindKeys are what a figure's list is sorted by.
func (p *Reports) behindKeys(ctx context.Context, t *teller) list.Keys[dossier.Listed] {
	units := map[unit.ID]string{}
	return list.Keys[dossier.Listed]{ID: func(x *dossier.Listed) string { return x.ID }, By: map[string]func(*dossier.Listed) string{
		"code":      func(x *dossier.Listed) string { return x.Code },
		"procedure": func(x *dossier.Listed) string { return x.Procedure },
		"accepted":  func(x *dossier.Listed) string { return list.When(x.Accepted) },
		"due":       func(x *dossier.Listed) string { return list.When(x.Due) },
		"ended":     func(x *dossier.Listed) string { return list.When(x.Ended) },
		"unit": func(x *dossier.Listed) string {
			key, ok := units[x.Unit]
			if !ok {
				name, _ := t.unit(ctx, x.Unit) // without a name it sorts by ""
				key = list.Name(name)
				units[x.Unit] = key
			}
			return key
		},
	}}
}

func (p *Reports) gatherBehind(ctx context.Context, q db.Queryer, in *reportQuery, whole bool) (behindPage, error) {
	page := behindPage{reportPage: reportPage{In: in, Now: p.Desk.DB.Now()}}
	if err := p.place(ctx, q, &page.reportPage); err != nil {
		return page, err
	}
	if in.At <= 0 || in.At > int64(page.Now) {
		in.At = int64(page.Now)
	}
	if in.Known != 0 {
		in.At = 0
	}
	page.Running = in.To.End() > page.Now
	var err error
	if page.Row, err = p.rowName(ctx, q, in); err != nil {
		return page, err
	}
	x, none := in.figure()
	if none {
		return page, nil
	}
	rows, err := p.Desk.FigureList(ctx, q, web.Actor(ctx), x)
	if fault.Is(err, fault.Conflict) {
		return page, p.parts(ctx, q, &page)
	}
	if err != nil {
		return page, err
	}
	page.Count = len(rows)
	page.Sectors = in.sectors(ctx, rows)
	t, err := newTeller(ctx, p.Desk, q)
	if err != nil {
		return page, err
	}
	limit := pageRows
	if whole {
		limit = 0
	}
	page.Found = list.Cut(in.chosen(rows), &in.Query, list.Order{Key: "code"}, p.behindKeys(ctx, t), limit)
	if whole {
		return page, nil
	}
	for i := range page.Found.Rows {
		row, err := t.behind(ctx, page.Found.Rows[i].Case(), in.asOf(page.Now))
		if err != nil {
			return page, err
		}
		page.Rows = append(page.Rows, row)
	}
	return page, nil
}

// asOf is the moment as of which the figure is.
func (q *reportQuery) asOf(now moment.Instant) moment.Instant {
	out := min(q.To.End(), now)
	if q.At != 0 {
		out = min(out, moment.Instant(q.At))
	}
	if q.Known != 0 {
		out = min(out, endOf(q.Known))
	}
	return out
}

// chosen are the rows that the filters leave.
func (q *reportQuery) chosen(rows []dossier.Listed) []dossier.Listed {
	if q.Channel == "" && q.InSector == "" && q.Of == "" {
		return rows
	}
	var out []dossier.Listed
	for i := range rows {
		x := &rows[i]
		if (q.Channel == "" || x.Channel == q.Channel) && (q.InSector == "" || x.Sector == q.InSector || q.InSector == noSector && x.Sector == "") &&
			(q.Of == "" || x.Procedure == q.Of) {
			out = append(out, *x)
		}
	}
	return out
}

// sectors are those that the list has, to choose from.
func (q *reportQuery) sectors(ctx context.Context, rows []dossier.Listed) []ui.Option {
	seen := map[string]bool{}
	for i := range rows {
		seen[rows[i].Sector] = true
	}
	var out []ui.Option
	for s := range seen {
		value := s
		if s == "" {
			value = noSector
		}
		out = append(out, ui.Option{Value: value, Text: firstUpper(sectorName(ctx, s))})
	}
	i18n.SortBy(out, func(o ui.Option) string { return o.Text })
	return append([]ui.Option{{Text: i18n.T(ctx, "dossierlist.any")}}, out...)
}

// parts tells a list that is too long to be read by its parts: the units right
// below, or, of a unit alone, its sectors.
func (p *Reports) parts(ctx context.Context, q db.Queryer, page *behindPage) error {
	in := page.In
	x, _, _ := in.about()
	x.Officers = false
	by := dossier.ByUnit
	lines, err := p.lines(ctx, q, x, by)
	if err == nil && len(lines) <= 2 {
		by = dossier.BySector
		lines, err = p.lines(ctx, q, x, by)
	}
	if err != nil {
		return err
	}
	page.Count = int(lines[0].At(in.Column))
	page.Parts = []ui.Link{}
	for _, l := range lines[1:] {
		n := l.At(in.Column)
		if n == 0 {
			continue
		}
		l.Self = by == dossier.ByUnit && l.Key == string(x.Unit)
		args := append([]string{"column", string(in.Column), "unit", string(x.Unit), "by", string(by), "sector", x.Sector, "procedure", x.Procedure}, l.rowArgs(true)...)
		page.Parts = append(page.Parts, ui.Link{Text: joined(l.Name, i18n.T(ctx, "dossierlist.behind.part", "Count", n)), URL: in.url(in.sheet.path("/list"), args...)})
	}
	return nil
}

// behindFile sends exactly what the list shows, all pages of it.
func (p *Reports) behindFile(w http.ResponseWriter, r *http.Request, q db.Queryer, page behindPage) error {
	ctx, in := r.Context(), page.In
	t, err := newTeller(ctx, p.Desk, q)
	if err != nil {
		return err
	}
	var header []string
	for _, c := range behindColumns(ctx) {
		header = append(header, c.Label)
	}
	return list.Send(w, r, list.File{Format: in.Format, Name: in.sheet.Key + "-" + string(in.Column) + "-" + dossier.PeriodName(in.From, in.To), Header: header,
		Rows: func(add func([]string) error) error {
			for i := range page.Found.Rows {
				x, err := t.behind(ctx, page.Found.Rows[i].Case(), in.asOf(page.Now))
				if err == nil {
					err = add([]string{x.Code, x.Title, x.Channel, x.Accepted, x.Due, x.Ended, x.Standing.Text, x.Unit})
				}
				if err != nil {
					return err
				}
			}
			return nil
		}})
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

func behindColumns(ctx context.Context) []list.Column {
	var out []list.Column
	for _, key := range []string{"code", "procedure", "channel", "accepted", "due", "ended", "at_end", "unit"} {
		out = append(out, list.Column{Key: key, Label: i18n.T(ctx, "dossierlist.column."+key), Sorts: key != "channel" && key != "at_end",
			Down: key == "accepted" || key == "ended"})
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

// at is the list's address with its filters.
func (p behindPage) at() list.Address {
	in := p.In
	a := list.At(in.sheet.path("/list"), "unit", in.Unit, "period", in.Period, "by", string(in.By), "sector", in.Sector, "procedure", in.Procedure,
		"known", in.Known.String(), "column", string(in.Column), "row", in.Row, "channel", string(in.Channel), "in_sector", in.InSector, "of", in.Of, "sort", in.Sort)
	if in.Period == customPeriod {
		a.Values.Set("from", in.From.String())
		a.Values.Set("to", in.To.String())
	}
	if in.At != 0 {
		a.Values.Set("at", strconv.FormatInt(in.At, 10))
	}
	return a
}

func (p behindPage) pager(ctx context.Context) ui.Pager {
	return list.Pager(p.at(), p.Found.Before, p.Found.After, i18n.T(ctx, "dossierlist.behind.shown", "Count", len(p.Rows), "All", p.Found.All))
}

// filtered says in words what the list is filtered by.
func (p behindPage) filtered(ctx context.Context) []list.Part {
	var out []list.Part
	add := func(key, name, value string) {
		if value != "" {
			out = append(out, list.Part{Label: i18n.T(ctx, key), Value: value, Without: p.at().With(name, "")})
		}
	}
	if p.In.InSector != "" {
		add("dossierlist.sector", "in_sector", sectorName(ctx, strings.TrimPrefix(p.In.InSector, noSector)))
	}
	add("dossierlist.list.procedure", "of", p.In.Of)
	if p.In.Channel != "" {
		add("dossierlist.column.channel", "channel", channelText(ctx, p.In.Channel))
	}
	return out
}

// columnText names a figure of the form with its number.
func columnText(ctx context.Context, c dossier.Column) string {
	return i18n.T(ctx, "dossierlist.ii06a."+string(c))
}
