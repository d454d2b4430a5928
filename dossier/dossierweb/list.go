package dossierweb

import (
	"context"
	"encoding/csv"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/dossier"
	"cchc/procedure"
	"cchc/unit"
)

// Lists are the pages of many dossiers: the list, what is late, and the page of a
// unit.
type Lists struct{ Desk *dossier.Desk }

// Register puts the pages on the mux.
func (p *Lists) Register(mux *web.Mux) {
	mux.Handle("GET /dossiers", web.SignedIn, p.list)
	mux.Handle("GET /late", web.SignedIn, p.late)
	mux.Handle("POST /late/apologise", web.SignedIn, p.apologise)
	mux.Handle("GET /units/{id}", web.SignedIn, p.unit)
	mux.Handle("GET /queue", web.SignedIn, p.queue)
	mux.Handle("POST /queue/{code}/sign", web.SignedIn, p.sign)
	mux.Handle("POST /queue/{code}/return", web.SignedIn, p.sendBack)
	mux.Handle("GET /books", web.SignedIn, p.books)
	mux.Handle("GET /books/{unit}/{form}/{year}", web.SignedIn, p.book)
	mux.Handle("GET /books/{unit}/{form}/{year}/print", web.SignedIn, p.bookPrint)
	mux.Handle("GET /books/{unit}/{form}/{year}/closing", web.SignedIn, p.bookClosing)
	mux.Handle("GET /books/{unit}/{form}/{year}/close", web.SignedIn, p.bookCloseAsk)
	mux.Handle("POST /books/{unit}/{form}/{year}/close", web.SignedIn, p.bookClose)
}

const (
	pageRows = 50
	// csvRows is how many rows a file of a list has at most: each page of it is a
	// query, and nobody reads more.
	csvRows = 10_000
)

// listQuery is the list's address.
type listQuery struct {
	web.Form
	Unit      string         `form:"unit"`
	Bucket    dossier.Bucket `form:"bucket"`
	Procedure string         `form:"procedure"`
	Sector    string         `form:"sector"`
	Channel   string         `form:"channel"`
	Text      string         `form:"q"`
	After     string         `form:"after"`
	Format    string         `form:"format"`
}

// narrowed reports whether more than unit and bucket are chosen, so that the
// counts of the unit are not those of the list.
func (q *listQuery) narrowed() bool {
	return q.Procedure != "" || q.Sector != "" || q.Channel != "" || q.Text != ""
}

// url is the address of the same list with other values; alternating names and
// values. The place in the list is forgotten unless given.
func (q *listQuery) url(set ...string) string {
	values := map[string]string{"unit": q.Unit, "bucket": string(q.Bucket), "procedure": q.Procedure, "sector": q.Sector,
		"channel": q.Channel, "q": q.Text}
	for i := 0; i+1 < len(set); i += 2 {
		values[set[i]] = set[i+1]
	}
	var list []string
	for name, v := range values {
		list = append(list, name, v)
	}
	return link("/dossiers", list...)
}

func (q *listQuery) filter(until moment.Instant) dossier.Filter {
	return dossier.Filter{Unit: unit.ID(q.Unit), Bucket: q.Bucket, Until: until, Procedure: q.Procedure, Sector: q.Sector,
		Channel: dossier.Channel(q.Channel), Text: q.Text, After: readCursor(q.After), Limit: pageRows}
}

// readCursor reads the place in a list; what cannot be read is the beginning.
func readCursor(s string) dossier.Cursor {
	due, id, ok := strings.Cut(s, "_")
	n, err := strconv.ParseInt(due, 10, 64)
	if !ok || err != nil {
		return dossier.Cursor{}
	}
	return dossier.Cursor{Due: moment.Instant(n), ID: id}
}

func writeCursor(c dossier.Cursor) string {
	if c.ID == "" {
		return ""
	}
	return strconv.FormatInt(int64(c.Due), 10) + "_" + c.ID
}

// A listRow is a dossier as the list shows it, on the page and in the file.
type listRow struct {
	Code, URL      string
	Applicant      string
	Procedure      string // short
	ProcedureTitle string // in full, with its code
	Unit           string
	Channel        string
	Received       string
	Due            string
	Standing       saying
	Step           string
	Holder         string
}

func (t *teller) row(ctx context.Context, r dossier.Row) (listRow, error) {
	standing, err := t.due(ctx, r.State)
	if err != nil {
		return listRow{}, err
	}
	name, err := t.procedure(ctx, r.VersionID, r.ProcedureCode, r.RegisteredAt.Date())
	if err != nil {
		return listRow{}, err
	}
	u, err := t.unit(ctx, r.State.Unit)
	if err != nil {
		return listRow{}, err
	}
	holder, err := t.holder(ctx, r.Dossier)
	if err != nil {
		return listRow{}, err
	}
	out := listRow{
		Code: r.Code, URL: rowURL(r.System, r.Code), Applicant: r.Applicant, Unit: u,
		Procedure: r.ProcedureCode, ProcedureTitle: r.ProcedureCode,
		Channel:  channelText(ctx, r.Channel),
		Received: i18n.Date(ctx, r.RegisteredAt.Date()), Due: dueText(ctx, r.Due, r.ByInstant), Standing: standing,
		Step: r.Step.Name, Holder: holder,
	}
	if name != "" {
		out.Procedure, out.ProcedureTitle = shorten(name, 48), r.ProcedureCode+" "+name
	}
	if out.Step == "" {
		out.Step = statusText(ctx, r.Status())
	}
	return out, nil
}

// A listPage is what the list's page shows.
type listPage struct {
	In       *listQuery
	Unit     unit.Unit
	Wide     bool // the unit has units below it: rows say which
	Rows     []listRow
	Whole    bool // these rows are all there are
	Next     string
	Overview dossier.Overview
	Now      moment.Instant
	Receive  bool // may receive here
	Units    []ui.Option
	Sectors  []ui.Option
}

func (p *Lists) list(w http.ResponseWriter, r *http.Request) error {
	in := &listQuery{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	if !slices.Contains(dossier.Buckets, in.Bucket) {
		in.Bucket = dossier.BucketOpen
		if in.Text != "" {
			in.Bucket = dossier.BucketAll // who searches wants to find
		}
	}
	ctx := r.Context()
	if in.Format == "csv" {
		return p.listCSV(w, r, in)
	}
	var page listPage
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		page, err = p.gatherList(ctx, q, in)
		return err
	})
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, listView(page))
}

func (p *Lists) gatherList(ctx context.Context, q db.Queryer, in *listQuery) (listPage, error) {
	a := web.Actor(ctx)
	page := listPage{In: in, Now: p.Desk.DB.Now()}
	t, roots, err := p.begin(ctx, q, in)
	if err != nil {
		return page, err
	}
	until, err := t.soon(ctx, unit.ID(in.Unit))
	if err != nil {
		return page, err
	}
	rows, next, err := p.Desk.List(ctx, q, a, in.filter(until))
	if err != nil {
		return page, err
	}
	if page.Overview, err = p.Desk.Overview(ctx, q, a, unit.ID(in.Unit), until); err != nil {
		return page, err
	}
	for _, row := range rows {
		told, err := t.row(ctx, row)
		if err != nil {
			return page, err
		}
		page.Rows = append(page.Rows, told)
	}
	if next.ID != "" {
		page.Next = in.url("after", writeCursor(next))
	}
	page.Whole = next.ID == "" && in.After == ""
	if page.Unit, _, err = p.Desk.Units.Last(ctx, q, unit.ID(in.Unit)); err != nil {
		return page, err
	}
	page.Wide = len(t.tree.Children(unit.ID(in.Unit))) > 0
	page.Units = withOption(unitOptions(t.tree, roots), in.Unit, page.Unit.Name)
	sectors, err := p.Desk.Procedures.Sectors(ctx, q, t.now.Date())
	if err != nil {
		return page, err
	}
	page.Sectors = []ui.Option{{Text: i18n.T(ctx, "dossierlist.any")}}
	i18n.SortBy(sectors, func(s procedure.Sector) string { return s.Name })
	for _, s := range sectors {
		page.Sectors = append(page.Sectors, ui.Option{Value: s.Name, Text: s.Name})
	}
	if in.Sector != "" {
		page.Sectors = withOption(page.Sectors, in.Sector, in.Sector)
	}
	page.Receive, err = p.Desk.Guard.May(ctx, q, a, auth.DossierReceive, unit.ID(in.Unit))
	return page, err
}

// begin settles which unit the list is about.
func (p *Lists) begin(ctx context.Context, q db.Queryer, in *listQuery) (*teller, []unit.ID, error) {
	t, err := newTeller(ctx, p.Desk, q)
	if err != nil {
		return nil, nil, err
	}
	u, roots, err := chosen(ctx, p.Desk, t.tree, web.Actor(ctx), auth.DossierRead, unit.ID(in.Unit))
	if err != nil {
		return nil, nil, err
	}
	in.Unit = string(u)
	for name, v := range map[string]string{"unit": in.Unit, "bucket": string(in.Bucket)} {
		in.Set(name, v)
	}
	return t, roots, nil
}

// listCSV writes the list with its filters as a file: the columns of the page,
// and no numbers of persons.
func (p *Lists) listCSV(w http.ResponseWriter, r *http.Request, in *listQuery) error {
	ctx := r.Context()
	var rows [][]string
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		rows = nil
		t, _, err := p.begin(ctx, q, in)
		if err != nil {
			return err
		}
		until, err := t.soon(ctx, unit.ID(in.Unit))
		if err != nil {
			return err
		}
		f := in.filter(until)
		f.Limit = 500
		for len(rows) < csvRows {
			found, next, err := p.Desk.List(ctx, q, web.Actor(ctx), f)
			if err != nil {
				return err
			}
			for _, row := range found {
				told, err := t.row(ctx, row)
				if err != nil {
					return err
				}
				rows = append(rows, told.cells())
			}
			if next.ID == "" {
				return nil
			}
			f.After = next
		}
		return nil
	})
	if err != nil {
		return err
	}
	return sendCSV(w, r, "ho-so-"+string(in.Bucket)+"-"+p.Desk.DB.Now().Date().String()+".csv", listHeader(ctx), rows)
}

// listColumns are the columns of the page: the unit stands below the code, the
// channel below the day.
func listColumns(ctx context.Context) []ui.Column {
	var out []ui.Column
	for _, key := range []string{"code", "applicant", "procedure", "received", "due", "standing", "step"} {
		out = append(out, ui.Column{Label: i18n.T(ctx, "dossierlist.column."+key)})
	}
	return out
}

// listHeader are the columns of the file.
func listHeader(ctx context.Context) []string {
	var out []string
	for _, key := range []string{"code", "unit", "applicant", "procedure", "received", "channel", "due", "standing", "step", "holder"} {
		out = append(out, i18n.T(ctx, "dossierlist.column."+key))
	}
	return out
}

// cells are the row in the order of listHeader.
func (r listRow) cells() []string {
	return []string{r.Code, r.Unit, r.Applicant, r.ProcedureTitle, r.Received, r.Channel, r.Due, r.Standing.Text, r.Step, r.Holder}
}

// rowURL is the address of a dossier's page. What came from another system has
// its page under that system's name.
func rowURL(system, code string) string {
	address := "/dossiers/" + url.PathEscape(code)
	if system != "" {
		address += "?" + url.Values{"system": {system}}.Encode()
	}
	return address
}

// sendCSV sends a file for spreadsheets: UTF-8 with the mark by which Excel knows
// it. A cell that a spreadsheet would take for a formula gets an apostrophe.
func sendCSV(w http.ResponseWriter, r *http.Request, name string, header []string, rows [][]string) error {
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Cache-Control", "no-store")
	if _, err := w.Write([]byte("\ufeff")); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	if err := out.Write(header); err != nil {
		return err
	}
	for _, row := range rows {
		for i, c := range row {
			if c != "" && strings.ContainsRune("=+-@\t\r", rune(c[0])) {
				row[i] = "'" + c
			}
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
