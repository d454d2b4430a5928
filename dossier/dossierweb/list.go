package dossierweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/i18n"
	"cchc/base/look"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/list"
	"cchc/base/web/ui"
	"cchc/dossier"
	"cchc/procedure"
	"cchc/unit"
)

// Lists are the pages of many dossiers: the list, what is late, and the page of a
// unit.
type Lists struct {
	Desk  *dossier.Desk
	Views *list.Views // nil keeps none
}

// Register puts the pages on the mux.
func (p *Lists) Register(mux *web.Mux) {
	mux.Handle("GET /dossiers", web.SignedIn, p.list)
	mux.Handle("POST /dossiers/search", web.SignedIn, p.search)
	mux.Handle("GET /dossiers/file", web.SignedIn, p.numbersAsk)
	mux.Handle("POST /dossiers/file", web.SignedIn, p.numbersFile)
	mux.Handle("GET /late", web.SignedIn, p.late)
	mux.Handle("POST /dossiers/bulk", web.SignedIn, p.bulk)
	mux.Handle("GET /bulk", web.SignedIn, p.bulkRuns)
	mux.Handle("GET /bulk/{id}", web.SignedIn, p.bulkRun)
	mux.Handle("POST /bulk/{id}/go-on", web.SignedIn, p.bulkGoOn)
	mux.Handle("POST /bulk/{id}/undo", web.SignedIn, p.bulkUndo)
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

const pageRows = 50

// listQuery is the list's address. A number of a person is not in it: Kept names
// where the session has it.
type listQuery struct {
	web.Form
	list.Query
	Unit      string         `form:"unit"`
	Bucket    dossier.Bucket `form:"bucket"`
	Procedure string         `form:"procedure"`
	Sector    string         `form:"sector"`
	Channel   string         `form:"channel"`
	Text      string         `form:"q"`
	Kept      string         `form:"number"`
	number    string         // what Kept stands for
}

// narrowed reports whether more than unit and bucket are chosen, so that the
// counts of the unit are not those of the list.
func (q *listQuery) narrowed() bool {
	return q.Procedure != "" || q.Sector != "" || q.Channel != "" || q.searched()
}

func (q *listQuery) searched() bool { return q.Text != "" || q.Kept != "" }

// at is the list's address with its filters.
func (q *listQuery) at() list.Address {
	return list.At("/dossiers", "unit", q.Unit, "bucket", string(q.Bucket), "procedure", q.Procedure, "sector", q.Sector,
		"channel", q.Channel, "q", q.Text, "number", q.Kept, "sort", q.Sort)
}

// kept are the list's values for a form.
func (q *listQuery) kept() map[string]string {
	return map[string]string{"unit": q.Unit, "bucket": string(q.Bucket), "procedure": q.Procedure, "sector": q.Sector, "channel": q.Channel,
		"q": q.Text, "number": q.Kept, "sort": q.Sort}
}

// url is the address of the same list with other values; alternating names and
// values. The place in the list is forgotten unless given.
func (q *listQuery) url(set ...string) string { return q.at().With(set...) }

func (q *listQuery) filter(until moment.Instant) dossier.Filter {
	keys := make([]string, len(dossier.Keys))
	for i, k := range dossier.Keys {
		keys[i] = string(k)
	}
	text := q.Text
	if q.Kept != "" {
		text = q.number
	}
	o := q.Order(list.Order{}, keys...)
	return dossier.Filter{Unit: unit.ID(q.Unit), Bucket: q.Bucket, Until: until, Procedure: q.Procedure, Sector: q.Sector,
		Channel: dossier.Channel(q.Channel), Text: text, Order: dossier.Order{Key: dossier.Key(o.Key), Desc: o.Desc},
		After: dossier.Cursor(q.Cursor()), Limit: pageRows}
}

// settle chooses a bucket where none is: who searches wants to find.
func (q *listQuery) settle(ctx context.Context) {
	if !slices.Contains(dossier.Buckets, q.Bucket) {
		q.Bucket = dossier.BucketOpen
		if q.searched() {
			q.Bucket = dossier.BucketAll
		}
	}
	if q.Kept != "" {
		q.number = web.Remembered(ctx, q.Kept)
	}
}

// readCursor and writeCursor are for programs, which get one text.
func readCursor(s string) dossier.Cursor { return dossier.Cursor(list.ParseCursor(s)) }

func writeCursor(c dossier.Cursor) string { return list.Cursor(c).String() }

// A listRow is a dossier as the list shows it, on the page and in the file.
type listRow struct {
	Code, URL      string
	System         string
	Applicant      string
	Procedure      string // short
	ProcedureTitle string // in full, with its code
	Unit           string
	Channel        string
	Received       string
	Due            string
	Standing       saying
	Ended          string // "" while it is under way
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
		Code: r.Code, URL: rowURL(r.System, r.Code), System: r.System, Applicant: r.Applicant, Unit: u,
		Procedure: r.ProcedureCode, ProcedureTitle: r.ProcedureCode,
		Channel:  channelText(ctx, r.Channel),
		Received: i18n.Date(ctx, r.RegisteredAt.Date()), Due: dueText(ctx, r.Due, r.ByInstant), Standing: standing,
		Step: r.Step.Name, Holder: holder,
	}
	if name != "" {
		out.Procedure, out.ProcedureTitle = shorten(name, 48), r.ProcedureCode+" "+name
	}
	if r.Ended != 0 {
		out.Ended = i18n.Date(ctx, r.Ended.Date())
	}
	switch {
	case r.End == dossier.EndVoided:
		out.Step, out.Holder = i18n.T(ctx, "counter.void.listed"), ""
	case out.Step == "":
		out.Step = statusText(ctx, r.Status())
	}
	return out, nil
}

// A listPage is what the list's page shows.
type listPage struct {
	In         *listQuery
	Unit       unit.Unit
	Wide       bool // the unit has units below it: rows say which
	Rows       []listRow
	Whole      bool // these rows are all there are
	Found      dossier.Page
	Overview   dossier.Overview
	Now        moment.Instant
	Receive    bool // may receive here
	Numbers    bool // may have a file with what the page masks
	Units      []ui.Option
	Sectors    []ui.Option
	Procedures []ui.Link // whose names the search text is in
	Views      []list.View
	Keeps      bool              // views are kept
	Forgotten  bool              // the session no longer has the number
	Acts       []dossier.BulkAct // what may be done to many here
}

// search takes what was typed into the search and the filters and leads to the
// list's address. A number of a person stays in the session: addresses are kept
// by browsers and by what stands before the server.
func (p *Lists) search(w http.ResponseWriter, r *http.Request) error {
	in := &listQuery{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	return seeList(w, r, in)
}

func seeList(w http.ResponseWriter, r *http.Request, in *listQuery) error {
	if dossier.IsNumber(in.Text) {
		in.Text, in.Kept = "", web.Remember(r.Context(), in.Text)
	} else if in.Text != "" {
		in.Kept = ""
	}
	return web.SeeOther(w, r, in.url(), "")
}

func (p *Lists) list(w http.ResponseWriter, r *http.Request) error {
	in := &listQuery{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	if dossier.IsNumber(in.Text) {
		return seeList(w, r, in)
	}
	ctx := r.Context()
	if p.Views != nil {
		if to, err := p.Views.Opens(ctx, p.Desk.DB, r, "dossiers"); err != nil || to != "" {
			if err != nil {
				return err
			}
			return web.SeeOther(w, r, to, "")
		}
	}
	in.settle(ctx)
	if file, err := in.Wanted(); err != nil {
		return err
	} else if file {
		return p.listFile(w, r, in)
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
	page := listPage{In: in, Now: p.Desk.DB.Now(), Forgotten: in.Kept != "" && in.number == ""}
	t, roots, err := p.begin(ctx, q, in)
	if err != nil {
		return page, err
	}
	until, err := t.soon(ctx, unit.ID(in.Unit))
	if err != nil {
		return page, err
	}
	if !page.Forgotten {
		if page.Found, err = p.Desk.Page(ctx, q, a, in.filter(until)); err != nil {
			return page, err
		}
	}
	if page.Overview, err = p.Desk.Overview(ctx, q, a, unit.ID(in.Unit), until); err != nil {
		return page, err
	}
	for _, row := range page.Found.Rows {
		told, err := t.row(ctx, row)
		if err != nil {
			return page, err
		}
		page.Rows = append(page.Rows, told)
	}
	page.Whole = page.Found.Before.ID == "" && page.Found.After.ID == ""
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
	if page.Keeps = p.Views != nil; page.Keeps {
		if page.Views, err = p.Views.Of(ctx, q, "dossiers"); err != nil {
			return page, err
		}
	}
	if page.Procedures, err = p.named(ctx, q, in, t.now.Date()); err != nil {
		return page, err
	}
	if page.Acts, err = p.bulkActs(ctx, q, unit.ID(in.Unit)); err != nil {
		return page, err
	}
	if page.Numbers, err = p.Desk.Guard.May(ctx, q, a, auth.DossierReadPerson, unit.ID(in.Unit)); err != nil {
		return page, err
	}
	page.Receive, err = p.Desk.Guard.May(ctx, q, a, auth.DossierReceive, unit.ID(in.Unit))
	return page, err
}

// namedMost is how many procedures a search proposes.
const namedMost = 5

// named are the procedures whose name has every word of the search text: links to
// the list of their dossiers.
func (p *Lists) named(ctx context.Context, q db.Queryer, in *listQuery, on moment.Date) ([]ui.Link, error) {
	if len(strings.Fields(in.Text)) < 2 || !in.First() {
		return nil, nil
	}
	found, err := p.Desk.Procedures.Search(ctx, q, in.Text, procedure.Filter{On: on}, namedMost)
	if err != nil {
		return nil, err
	}
	var out []ui.Link
	for _, v := range found {
		out = append(out, ui.Link{Text: v.Code + " " + shorten(v.Name, 80), URL: in.url("q", "", "procedure", v.Code)})
	}
	return out, nil
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

// listFile writes the list with its filters and its order as a file: the columns
// of the page, and no numbers of persons.
func (p *Lists) listFile(w http.ResponseWriter, r *http.Request, in *listQuery) error {
	ctx := r.Context()
	return p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		t, _, err := p.begin(ctx, q, in)
		if err != nil {
			return err
		}
		until, err := t.soon(ctx, unit.ID(in.Unit))
		if err != nil {
			return err
		}
		f := in.filter(until)
		f.Limit, f.After = 500, dossier.Cursor{}
		var ids []string
		return list.Send(w, r, list.File{
			Format: in.Format, Name: "ho-so-" + string(in.Bucket) + "-" + t.now.Date().String(), Header: listHeader(ctx),
			Rows: func(add func([]string) error) error {
				for {
					found, err := p.Desk.Page(ctx, q, web.Actor(ctx), f)
					if err != nil {
						return err
					}
					for _, row := range found.Rows {
						told, err := t.row(ctx, row)
						if err != nil {
							return err
						}
						if err := add(told.cells()); err != nil {
							return err
						}
						ids = append(ids, row.ID)
					}
					if found.After.ID == "" {
						return nil
					}
					f.After, f.Order = found.After, found.Order
				}
			},
			Done: noteFile(ctx, p.Desk, look.Export{Unit: f.Unit, List: "dossiers", Filter: in.narrowing(), Format: in.Format}, &ids),
		})
	})
}

// listColumns are the columns of the page: the unit stands below the code, the
// channel below the day.
func listColumns(ctx context.Context, b dossier.Bucket, long bool) []list.Column {
	ended := b == dossier.BucketEnded || b == dossier.BucketUncollected
	var out []list.Column
	for _, c := range []struct {
		key  string
		sort dossier.Key
	}{
		{"code", dossier.KeyCode}, {"applicant", dossier.KeyName}, {"procedure", dossier.KeyProcedure}, {"received", dossier.KeyReceived},
		{"due", dossier.KeyDue}, {"standing", ""}, {"step", dossier.KeyStep},
	} {
		if ended && c.key == "standing" {
			c.key, c.sort = "ended", dossier.KeyEnded
		}
		if ended && c.key == "step" {
			c.key, c.sort = "status", ""
		}
		out = append(out, list.Column{Key: string(c.sort), Label: i18n.T(ctx, "dossierlist.column."+c.key), Down: c.key == "received" || c.key == "ended",
			Sorts: c.sort != "" && (!long || c.sort == dossier.KeyReceived || c.sort == dossier.KeyCode)})
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

// sendCSV sends a small file for spreadsheets.
func sendCSV(w http.ResponseWriter, r *http.Request, name string, header []string, rows [][]string) error {
	return list.Send(w, r, list.File{Format: "csv", Name: strings.TrimSuffix(name, ".csv"), Header: header,
		Rows: func(add func([]string) error) error {
			for _, row := range rows {
				if err := add(row); err != nil {
					return err
				}
			}
			return nil
		}})
}
