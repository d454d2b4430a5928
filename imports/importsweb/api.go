package importsweb

import (
	"context"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"cchc/base/api"
	"cchc/base/auth"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/imports"
)

// API is the door for programs to imports.
type API struct{ Runs *imports.Runs }

type (
	apiKind struct {
		Name    string   `json:"name" example:"dossiers"`
		Title   string   `json:"title"`
		Options []string `json:"options" doc:"What else start-import asks for."`
		Columns []string `json:"columns" doc:"The columns of the table; none for a form that is read by its cells."`
		Partly  bool     `json:"partly" doc:"Wrong rows may be left out."`
	}
	kindsOutput struct {
		Body struct {
			Items []apiKind `json:"items" doc:"Those that the caller may import."`
		}
	}
	startInput struct {
		Kind    string `query:"kind" required:"true" maxLength:"40" doc:"See list-import-kinds." example:"dossiers"`
		Name    string `query:"name" required:"true" minLength:"1" maxLength:"200" doc:"Of the file." example:"ho-so.csv"`
		Unit    string `query:"unit" maxLength:"60" doc:"Agency code."`
		System  string `query:"system" maxLength:"60" doc:"Which system the file is of."`
		Basis   string `query:"basis" maxLength:"400" doc:"The document that it rests on."`
		From    string `query:"from" maxLength:"20"`
		To      string `query:"to" maxLength:"20"`
		Source  string `query:"source" maxLength:"400"`
		Mapping string `query:"mapping" maxLength:"20000" doc:"How another system's columns and values are read."`
		api.Upload
	}
	runsInput struct {
		Kind   string `query:"kind" maxLength:"40"`
		Cursor string `query:"cursor" maxLength:"60" doc:"next of the page before."`
	}
	runInput struct {
		Run string `path:"run" maxLength:"60"`
	}
	// ImportRun is one file from its upload to its end.
	ImportRun struct {
		ID       string            `json:"id"`
		Kind     string            `json:"kind"`
		Name     string            `json:"name" doc:"Of the file."`
		SHA256   string            `json:"sha256"`
		Size     int64             `json:"size"`
		Format   string            `json:"format" enum:"csv,xlsx"`
		Sheet    string            `json:"sheet,omitempty"`
		Sheets   []string          `json:"sheets,omitempty"`
		Options  map[string]string `json:"options,omitempty"`
		State    string            `json:"state" enum:"waiting,checking,checked,storing,done,failed,abandoned" doc:"failed: nothing of it is stored."`
		Account  string            `json:"account"`
		Person   string            `json:"person"`
		Unit     string            `json:"unit,omitempty"`
		Created  moment.Instant    `json:"created" format:"date-time"`
		Checked  moment.Instant    `json:"checked,omitempty" format:"date-time"`
		Ended    moment.Instant    `json:"ended,omitempty" format:"date-time"`
		Rows     int               `json:"rows"`
		New      int               `json:"new" doc:"Would be, or were."`
		Changed  int               `json:"changed"`
		Same     int               `json:"same"`
		Wrong    int               `json:"wrong" doc:"Rows."`
		Left     int               `json:"left" doc:"Wrong rows that were left out."`
		Done     int               `json:"progress_rows,omitempty" doc:"Read so far, while somebody works on it."`
		Of       int               `json:"progress_of,omitempty" doc:"0 or left out while nobody knows."`
		CanStore bool              `json:"can_store"`
		Leaving  bool              `json:"only_without_wrong_rows" doc:"It can be stored only without its wrong rows."`
		Problem  string            `json:"problem,omitempty" doc:"Why it cannot be read, in words."`
		Header   []string          `json:"header,omitempty" doc:"Of a file whose columns are not understood: see map-import-columns."`
		Earlier  []string          `json:"earlier,omitempty" doc:"Ids of runs that took the same file in before."`
	}
	apiFlaw struct {
		Line  int      `json:"line"`
		Place int      `json:"cell" doc:"Which of the cells is wrong, from 0; -1: the whole row."`
		Cells []string `json:"cells"`
		Text  string   `json:"text" doc:"What is wrong, in words."`
	}
	runOutput struct {
		Location string `header:"Location"`
		Body     ImportRun
	}
	wholeRunOutput struct {
		Body struct {
			ImportRun
			Flaws []apiFlaw `json:"flaws" doc:"The first wrong rows; get-import-corrections has all of them."`
		}
	}
	runsOutput struct {
		Link string `header:"Link" doc:"The next page, rel=\"next\"."`
		Body struct {
			Items []ImportRun `json:"items" doc:"The newest first, 50 a page."`
			Next  string      `json:"next,omitempty"`
		}
	}
	columnsInput struct {
		Run  string `path:"run" maxLength:"60"`
		Body struct {
			Sheet   string            `json:"sheet,omitempty" maxLength:"200" doc:"Another sheet of the workbook."`
			Columns map[string]string `json:"columns,omitempty" doc:"Header of the file to the column that it is; - leaves it out. Remembered for the next file of the kind."`
		}
	}
	storeInput struct {
		Run  string `path:"run" maxLength:"60"`
		Body struct {
			Leave bool `json:"leave,omitempty" doc:"Leave wrong rows out."`
		}
	}
	apiIssued struct {
		Login    string `json:"login"`
		Name     string `json:"name"`
		Password string `json:"password" doc:"The first one; it is told once."`
	}
	storedOutput struct {
		Body struct {
			ImportRun
			Issued []apiIssued `json:"issued,omitempty" doc:"First passwords of accounts that were made."`
		}
	}
)

func (p *API) run(ctx context.Context, r imports.Run) ImportRun {
	out := ImportRun{ID: r.ID, Kind: r.Kind, Name: r.Name, SHA256: r.Key, Size: r.Size, Format: r.Format, Sheet: r.Sheet, Sheets: r.Sheets, Options: r.Options,
		State: string(r.State), Account: r.Account, Person: r.Person, Unit: string(r.Unit), Created: r.Created, Checked: r.Read, Ended: r.Ended,
		Rows: r.Rows, New: r.New, Changed: r.Changed, Same: r.Same, Wrong: r.Wrong, Left: r.Left, Header: r.Header, Problem: imports.Say(ctx, r.Fault)}
	if x := r.Progress; x != nil && r.Busy() {
		out.Done, out.Of = x.Rows, x.Of
	}
	if kind, err := p.Runs.Kind(r.Kind); err == nil {
		out.CanStore, out.Leaving = r.CanStore(kind)
	}
	for _, e := range r.Earlier {
		out.Earlier = append(out.Earlier, e.ID)
	}
	return out
}

// Register puts the operations at /api/v1/imports.
func (p *API) Register(a *api.API) {
	op := func(id, method, path, summary, text string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: "/api/v1/imports" + path, Summary: summary, Description: text, Tags: []string{"imports"}}
	}
	api.Handle(a, web.SignedIn, op("list-import-kinds", http.MethodGet, "/kinds", "List what can be imported", ""), p.kinds)
	start := api.Takes(op("start-import", http.MethodPost, "", "Bring a file and see what it would do", "A dry run: the file is kept and read, and nothing is taken in. A large one is read in the background; get-import tells how far it is."),
		imports.MaxSize, "CSV or XLSX.")
	start.DefaultStatus = http.StatusCreated
	api.Handle(a, web.SignedIn, start, p.start)
	api.Handle(a, web.SignedIn, op("list-imports", http.MethodGet, "", "List what was imported", "And what was not: runs are never forgotten."), p.list)
	api.Handle(a, web.SignedIn, op("get-import", http.MethodGet, "/{run}", "See how far an import is", "And which cells are wrong."), p.get)
	api.Handle(a, web.SignedIn, op("map-import-columns", http.MethodPost, "/{run}/columns", "Say what the columns of a file are", "Or read another sheet. It is read again."),
		func(ctx context.Context, in *columnsInput) (*runOutput, error) {
			r, err := p.Runs.Recheck(ctx, api.Actor(ctx), in.Run, in.Body.Sheet, in.Body.Columns)
			if err != nil {
				return nil, err
			}
			return &runOutput{Body: p.run(ctx, r)}, nil
		})
	store := op("store-import", http.MethodPost, "/{run}/store", "Take a file in", "All of it, or all but its wrong rows; nothing is half done. A run is taken in once: sent again the request is refused.")
	store.Metadata = map[string]any{api.OwnKey: true} // its answer may hold passwords, which are not kept
	api.Handle(a, web.SignedIn, store, p.store)
	leave := op("abandon-import", http.MethodPost, "/{run}/abandon", "Leave a file", "It is not taken in. The run stays in the history.")
	leave.DefaultStatus = http.StatusNoContent
	api.Handle(a, web.SignedIn, leave, func(ctx context.Context, in *runInput) (*struct{}, error) {
		return nil, p.Runs.Abandon(ctx, api.Actor(ctx), in.Run)
	})
	api.Handle(a, web.SignedIn, api.Gives(op("get-import-file", http.MethodGet, "/{run}/file", "Download a file that was brought", "It may hold personal data: the trail tells who took it."), "The file"),
		func(ctx context.Context, in *runInput) (*huma.StreamResponse, error) {
			return p.file(ctx, in.Run, false)
		})
	api.Handle(a, web.SignedIn, api.Gives(op("get-import-corrections", http.MethodGet, "/{run}/corrections", "Download the wrong rows to correct them", "A workbook with every wrong row and what is wrong with it; corrected, it is brought like any other file."), "A workbook (XLSX)"),
		func(ctx context.Context, in *runInput) (*huma.StreamResponse, error) {
			return p.file(ctx, in.Run, true)
		})
}

func (p *API) kinds(ctx context.Context, _ *struct{}) (*kindsOutput, error) {
	out := &kindsOutput{}
	out.Body.Items = []apiKind{}
	for _, k := range p.Runs.Allowed(api.Actor(ctx)) {
		x := apiKind{Name: k.Name, Title: k.Title(ctx), Options: append([]string{}, k.Options...), Columns: []string{}, Partly: k.Partly}
		for _, c := range k.Columns {
			x.Columns = append(x.Columns, c.Name)
		}
		out.Body.Items = append(out.Body.Items, x)
	}
	return out, nil
}

func (p *API) start(ctx context.Context, in *startInput) (*runOutput, error) {
	kind, err := p.Runs.Kind(in.Kind)
	if err != nil {
		return nil, err
	}
	said := &askForm{Unit: in.Unit, System: in.System, Basis: in.Basis, From: in.From, To: in.To, Source: in.Source, Mapping: in.Mapping}
	r, err := p.Runs.Begin(ctx, api.Actor(ctx), imports.Upload{Kind: in.Kind, Name: in.Name, Content: in.Content(imports.MaxSize), Options: said.options(kind)})
	if err != nil {
		return nil, err
	}
	return &runOutput{Location: "/api/v1/imports/" + r.ID, Body: p.run(ctx, r)}, nil
}

func (p *API) list(ctx context.Context, in *runsInput) (*runsOutput, error) {
	a := api.Actor(ctx)
	var after imports.Run
	if in.Cursor != "" {
		var err error
		if after, _, err = p.Runs.ByID(ctx, a, in.Cursor); err != nil {
			return nil, err
		}
	}
	list, err := p.Runs.List(ctx, a, in.Kind, after)
	if err != nil {
		return nil, err
	}
	out := &runsOutput{}
	out.Body.Items = []ImportRun{}
	for _, r := range list {
		out.Body.Items = append(out.Body.Items, p.run(ctx, r))
	}
	if len(list) == imports.Listed {
		out.Body.Next = list[len(list)-1].ID
		out.Link = api.Next(ctx, out.Body.Next)
	}
	return out, nil
}

func (p *API) get(ctx context.Context, in *runInput) (*wholeRunOutput, error) {
	r, _, err := p.Runs.ByID(ctx, api.Actor(ctx), in.Run)
	if err != nil {
		return nil, err
	}
	flaws, err := p.Runs.Flaws(ctx, r)
	out := &wholeRunOutput{}
	out.Body.ImportRun, out.Body.Flaws = p.run(ctx, r), []apiFlaw{}
	for _, f := range flaws {
		out.Body.Flaws = append(out.Body.Flaws, apiFlaw{f.Line, f.Place, append([]string{}, f.Cells...), imports.Say(ctx, f.Fault)})
	}
	return out, err
}

func (p *API) store(ctx context.Context, in *storeInput) (*storedOutput, error) {
	r, once, err := p.Runs.Store(ctx, api.Actor(ctx), in.Run, in.Body.Leave)
	if err != nil {
		return nil, err
	}
	out := &storedOutput{}
	out.Body.ImportRun = p.run(ctx, r)
	if list, ok := once.([]auth.Issued); ok {
		for _, x := range list {
			out.Body.Issued = append(out.Body.Issued, apiIssued{x.Login, x.Name, x.Password})
		}
	}
	return out, nil
}

func (p *API) file(ctx context.Context, id string, mended bool) (*huma.StreamResponse, error) {
	_, content, _, err := p.Runs.File(ctx, api.Actor(ctx), id, mended)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		defer content.Close()
		c.SetHeader("Content-Type", "application/octet-stream")
		c.SetHeader("Cache-Control", "private, no-store")
		io.Copy(c.BodyWriter(), content) // a reader that goes away is nobody's error
	}}, nil
}
