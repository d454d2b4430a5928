// Package importsweb is the door to imports: bring a file, see what it would do and
// which cells are wrong, take it in, and look at what was taken in before.
package importsweb

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"time"

	"cchc/base/auth"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/live"
	"cchc/base/table"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/imports"
	"cchc/unit"
)

// Pages are the pages; Live may be nil.
type Pages struct {
	Runs  *imports.Runs
	Units *unit.Book
	Live  *live.Hub
}

// Topic is what the hub calls the news of a run.
func Topic(run string) string { return "import/" + run }

// Register adds the pages to the mux.
func (p *Pages) Register(mux *web.Mux) {
	mux.Handle("GET /admin/imports", web.SignedIn, p.list)
	mux.Handle("GET /admin/import/{kind}", web.SignedIn, p.ask)
	mux.Handle("POST /admin/import/{kind}", web.SignedIn.Body(imports.MaxSize+1<<20), p.bring)
	mux.Handle("GET /admin/imports/{run}", web.SignedIn, p.show)
	mux.Handle("GET /admin/imports/{run}/stream", web.SignedIn.Live(), p.stream)
	mux.Handle("GET /admin/imports/{run}/file", web.SignedIn, p.file(false))
	mux.Handle("GET /admin/imports/{run}/wrong", web.SignedIn, p.file(true))
	mux.Handle("POST /admin/imports/{run}/columns", web.SignedIn, p.columns)
	mux.Handle("POST /admin/imports/{run}/store", web.SignedIn, p.store)
	mux.Handle("POST /admin/imports/{run}/abandon", web.SignedIn, p.abandon)
}

type listQuery struct {
	web.Form
	Kind  string `form:"kind"`
	After string `form:"after"`
}

type listPage struct {
	In    *listQuery
	Kinds []imports.Kind
	Runs  []imports.Run
	Next  string
}

func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	ctx, a := r.Context(), web.Actor(r.Context())
	in := &listQuery{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	page := listPage{In: in, Kinds: p.Runs.Allowed(a)}
	var after imports.Run
	if in.After != "" {
		var err error
		if after, _, err = p.Runs.ByID(ctx, a, in.After); err != nil {
			return err
		}
	}
	var err error
	if page.Runs, err = p.Runs.List(ctx, a, in.Kind, after); err != nil {
		return err
	}
	if n := len(page.Runs); n == imports.Listed {
		page.Next = "/admin/imports?kind=" + in.Kind + "&after=" + page.Runs[n-1].ID
	}
	return web.Render(w, r, http.StatusOK, listView(page))
}

// An askForm is what is said of a file beside it.
type askForm struct {
	web.Form
	Unit    string `form:"unit"`
	System  string `form:"system"`
	Basis   string `form:"basis"`
	From    string `form:"from"`
	To      string `form:"to"`
	Source  string `form:"source"`
	Mapping string `form:"mapping"`
}

func (f *askForm) options(kind imports.Kind) map[string]string {
	all := map[string]string{"unit": f.Unit, "system": f.System, "basis": f.Basis, "from": f.From, "to": f.To, "source": f.Source, "mapping": f.Mapping}
	out := map[string]string{}
	for _, name := range kind.Options {
		if all[name] != "" {
			out[name] = all[name]
		}
	}
	return out
}

type askPage struct {
	In    *askForm
	Kind  imports.Kind
	Units []ui.Option
}

func (p *Pages) ask(w http.ResponseWriter, r *http.Request) error {
	page, err := p.askPage(r, &askForm{})
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, askView(page))
}

func (p *Pages) askPage(r *http.Request, in *askForm) (askPage, error) {
	ctx, a := r.Context(), web.Actor(r.Context())
	kind, err := p.Runs.Kind(r.PathValue("kind"))
	if err != nil {
		return askPage{}, err
	}
	if err := p.Runs.Guard.CheckAnywhere(a, kind.Verb); err != nil {
		return askPage{}, err
	}
	page := askPage{In: in, Kind: kind}
	tree, err := p.Units.Today(ctx, p.Runs.DB)
	if err != nil {
		return askPage{}, err
	}
	for _, root := range auth.Roots(a, kind.Verb) {
		roots := []unit.ID{root}
		if root == "" {
			roots = tree.Roots()
		}
		for _, x := range roots {
			for _, id := range tree.Subtree(x) {
				if u, ok := tree.Unit(id); ok && len(page.Units) < 3000 {
					page.Units = append(page.Units, ui.Option{Value: u.Code, Text: u.Name + " (" + u.Code + ")"})
				}
			}
		}
	}
	return page, nil
}

func (p *Pages) bring(w http.ResponseWriter, r *http.Request) error {
	in := &askForm{}
	wrong := web.Decode(r, in)
	if wrong != nil && fault.As(wrong) == nil {
		return wrong
	}
	if r.MultipartForm != nil {
		defer r.MultipartForm.RemoveAll()
	}
	page, err := p.askPage(r, in)
	if err != nil {
		return err
	}
	var run imports.Run
	if err = wrong; err == nil {
		run, err = p.begin(r, page)
	}
	if in.Failed(err) {
		return web.Render(w, r, web.WrongStatus(w, &in.Form), askView(page))
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, "/admin/imports/"+run.ID, "")
}

func (p *Pages) begin(r *http.Request, page askPage) (imports.Run, error) {
	content, head, err := r.FormFile("file")
	if err != nil {
		return imports.Run{}, fault.New(fault.Invalid, "imports.refused").With("file", "imports.file_missing").Because(err)
	}
	defer content.Close()
	if m, _, err := r.FormFile("mapping_file"); err == nil {
		text, err := io.ReadAll(io.LimitReader(m, 1<<20))
		m.Close()
		if err != nil {
			return imports.Run{}, err
		}
		page.In.Mapping = string(text)
	}
	return p.Runs.Begin(r.Context(), web.Actor(r.Context()), imports.Upload{Kind: page.Kind.Name, Name: head.Filename, Content: content,
		Options: page.In.options(page.Kind)})
}

type showPage struct {
	Run    imports.Run
	Kind   imports.Kind
	Flaws  []imports.Flaw
	Header []string
	Store  bool // can be taken in
	Leave  bool // but only without its wrong rows
	Form   *web.Form
	Now    time.Time

	Streamed bool // sent after the page
}

func (p *Pages) page(ctx context.Context, id string) (showPage, error) {
	run, kind, err := p.Runs.ByID(ctx, web.Actor(ctx), id)
	if err != nil {
		return showPage{}, err
	}
	page := showPage{Run: run, Kind: kind, Form: &web.Form{}, Now: p.Runs.DB.Now().Time()}
	page.Store, page.Leave = run.CanStore(kind)
	page.Flaws, err = p.Runs.Flaws(ctx, run)
	return page, err
}

func (p *Pages) show(w http.ResponseWriter, r *http.Request) error {
	page, err := p.page(r.Context(), r.PathValue("run"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, showView(page))
}

// streamFor is how long one stream lives: a browser comes again by itself.
const streamFor = 10 * time.Minute

// stream renews how far the run is until it is over.
func (p *Pages) stream(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), streamFor)
	defer cancel()
	page, err := p.page(ctx, r.PathValue("run"))
	if err != nil {
		return err
	}
	var news *live.Subscription
	if p.Live != nil {
		news = p.Live.Subscribe(Topic(page.Run.ID))
		defer news.Close()
	}
	return web.Stream(w, r, func(send func(string, []byte) error) error {
		for {
			page, err := p.page(ctx, page.Run.ID)
			if err != nil {
				return nil
			}
			page.Streamed = true
			var b bytes.Buffer
			if err := progressView(page).Render(ctx, &b); err != nil {
				return err
			}
			if err := send("progress", b.Bytes()); err != nil || !page.Run.Busy() {
				return err
			}
			if news != nil {
				if _, ok := news.Next(ctx); !ok {
					return nil
				}
			}
			select { // a busy import must not keep the reader busy too
			case <-time.After(time.Second):
			case <-ctx.Done():
				return nil
			}
		}
	})
}

func (p *Pages) file(mended bool) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		ctx := r.Context()
		run, content, size, err := p.Runs.File(ctx, web.Actor(ctx), r.PathValue("run"), mended)
		if err != nil {
			return err
		}
		defer content.Close()
		name, kind := run.Name, "text/csv; charset=utf-8"
		if mended {
			name = i18n.T(ctx, "imports.wrong_file") + ".xlsx"
		}
		if mended || run.Format == table.XLSX {
			kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
		}
		return web.Hand(w, web.Handed{Name: name, Type: kind, Size: size, Content: content})
	}
}

// columns takes what somebody says of the headers, or another sheet.
func (p *Pages) columns(w http.ResponseWriter, r *http.Request) error {
	ctx, a := r.Context(), web.Actor(r.Context())
	var in struct {
		web.Form
		Sheet string `form:"sheet"`
	}
	if err := web.Decode(r, &in); err != nil {
		return err
	}
	page, err := p.page(ctx, r.PathValue("run"))
	if err != nil {
		return err
	}
	said := map[string]string{}
	for i, h := range page.Run.Header {
		if name := in.Values.Get("column-" + strconv.Itoa(i)); name != "" && h != "" {
			said[h] = name
		}
	}
	run, err := p.Runs.Recheck(ctx, a, page.Run.ID, in.Sheet, said)
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, "/admin/imports/"+run.ID, "")
}

func (p *Pages) store(w http.ResponseWriter, r *http.Request) error {
	ctx, a := r.Context(), web.Actor(r.Context())
	var in struct {
		web.Form
		Leave bool `form:"leave"`
	}
	if err := web.Decode(r, &in); err != nil {
		return err
	}
	run, once, err := p.Runs.Store(ctx, a, r.PathValue("run"), in.Leave)
	if in.Failed(err) {
		page, err := p.page(ctx, r.PathValue("run"))
		if err != nil {
			return err
		}
		page.Form = &in.Form
		return web.Render(w, r, http.StatusUnprocessableEntity, showView(page))
	}
	if err != nil {
		return err
	}
	if issued, ok := once.([]auth.Issued); ok && run.State == imports.Done && len(issued) > 0 {
		return web.Render(w, r, http.StatusOK, issuedView(run, issued))
	}
	if run.State == imports.Done {
		return web.SeeOther(w, r, "/admin/imports/"+run.ID, "imports.done", "Count", run.New+run.Changed)
	}
	return web.SeeOther(w, r, "/admin/imports/"+run.ID, "")
}

func (p *Pages) abandon(w http.ResponseWriter, r *http.Request) error {
	if err := p.Runs.Abandon(r.Context(), web.Actor(r.Context()), r.PathValue("run")); err != nil {
		return err
	}
	return web.SeeOther(w, r, "/admin/imports", "imports.abandoned")
}
