package dossierweb

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/file"
	"cchc/base/i18n"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/dossier"
)

// A paperAddForm is what is said of a paper that is added, or whose scan is.
type paperAddForm struct {
	web.Form
	Ord    int    `form:"ord"`
	Name   string `form:"name"`
	Source string `form:"source"`
	Result bool   `form:"result"`
	Signed bool   `form:"signed"`
}

// A paperView is the page that asks for a paper.
type paperView struct {
	w     dossier.Whole
	in    *paperAddForm
	known *dossier.Paper // the paper whose scan is added, nil for a new one
	files bool
}

// paperAsk shows the form for a paper or a scan.
func (p *Pages) paperAsk(w http.ResponseWriter, r *http.Request) error {
	in := &paperAddForm{}
	if err := web.Decode(r, in); err != nil && !in.Failed(err) {
		return err
	}
	in.Fault = nil
	v, err := p.paperView(r.Context(), r.PathValue("code"), in)
	if err != nil {
		return err
	}
	if v.known != nil {
		in.Set("name", v.known.Name)
		in.Set("source", v.known.Source)
	}
	if in.Value("source") == "" || in.Value("source") == "paper" {
		in.Set("source", "scanned") // whoever opens this page has scanned something
	}
	return web.Render(w, r, http.StatusOK, paperPage(v))
}

// paperAdd stores the scan and notes the paper. The right is checked before a
// byte is stored.
func (p *Pages) paperAdd(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &paperAddForm{}
	wrong := web.Decode(r, in)
	if wrong != nil && fault.As(wrong) == nil {
		return wrong
	}
	if r.MultipartForm != nil {
		defer r.MultipartForm.RemoveAll()
	}
	v, err := p.paperView(ctx, r.PathValue("code"), in)
	if err != nil {
		return err
	}
	if err = wrong; err == nil {
		err = p.addPaper(r, v)
	}
	if in.Failed(err) {
		return web.Render(w, r, web.WrongStatus(w, &in.Form), paperPage(v))
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, dossierURL(v.w.Code), "dossierweb.paper.added")
}

func (p *Pages) addPaper(r *http.Request, v *paperView) error {
	x := dossier.Paper{Name: v.in.Name, Source: v.in.Source, Result: v.in.Result, Signed: v.in.Signed}
	if v.known != nil {
		x = *v.known
		x.Source, x.Signed = v.in.Source, v.in.Signed
	}
	if x.Name == "" {
		return fault.New(fault.Invalid, "web.form.invalid").With("name", "dossier.paper_name_missing")
	}
	content, head, err := r.FormFile("file")
	switch {
	case errors.Is(err, http.ErrMissingFile), errors.Is(err, http.ErrNotMultipart):
		if v.in.Source == "scanned" && x.FileKey == "" && p.Files != nil {
			return fault.New(fault.Invalid, "web.form.invalid").With("file", "dossierweb.paper.file_missing")
		}
	case err != nil:
		return err
	case p.Files == nil:
		content.Close()
		return fault.New(fault.Unavailable, "dossierweb.paper.no_store")
	default:
		defer content.Close()
		limits := file.Limits{Types: file.Scans}
		if x.Result {
			limits.Types = nil // results are documents too
		}
		info, err := p.Files.Put(r.Context(), content, limits)
		if told := file.FieldOf(err, "web.form.invalid", "file"); told != nil {
			return told
		}
		if err != nil {
			return err
		}
		x.FileKey, x.FileSize, x.FileType = info.Key, info.Size, info.Type.MIME
		x.FileName = file.Name(head.Filename, info.Type)
		if x.Source == "paper" {
			x.Source = "scanned"
		}
	}
	return p.Desk.AddPaper(r.Context(), web.Actor(r.Context()), v.w.Code, x)
}

func (p *Pages) paperView(ctx context.Context, code string, in *paperAddForm) (*paperView, error) {
	v := &paperView{in: in, files: p.Files != nil}
	a := web.Actor(ctx)
	err := p.Desk.DB.Snapshot(ctx, func(s *db.Snapshot) (err error) {
		if v.w, err = p.Desk.ByCode(ctx, s, a, code); err != nil {
			return err
		}
		return p.Desk.Guard.Check(ctx, s, a, auth.DossierProcess, v.w.State.Unit)
	})
	if err != nil {
		return nil, err
	}
	for i := range v.w.Papers {
		if v.w.Papers[i].Ord == in.Ord {
			v.known = &v.w.Papers[i]
		}
	}
	if in.Ord != 0 && v.known == nil {
		return nil, fault.New(fault.NotFound, "dossier.paper_unknown")
	}
	return v, nil
}

// paperGet sends a scan, as a download and never as something that a browser would run.
// Who opened it, and for what, goes to the trail first; who has to tell a purpose is
// asked for it.
func (p *Pages) paperGet(w http.ResponseWriter, r *http.Request) error {
	ctx, code := r.Context(), r.PathValue("code")
	ord, err := strconv.Atoi(r.PathValue("ord"))
	if err != nil {
		return fault.New(fault.NotFound, "dossier.paper_unknown")
	}
	x, scan, err := openScan(ctx, p.Desk, p.Files, web.Actor(ctx), code, ord)
	if dossier.NeedsPurpose(err) {
		http.Redirect(w, r, dossierURL(code, "papers", "purpose")+"?ord="+strconv.Itoa(ord), http.StatusSeeOther)
		return nil
	}
	if err != nil {
		return err
	}
	defer scan.Content.Close()
	return web.Hand(w, web.Handed{Name: x.FileName, Type: scan.Type, Size: scan.Size, Content: scan.Content})
}

// A scan is the content of a paper on its way out.
type scan struct {
	Type, Ext string
	Size      int64
	Content   io.ReadCloser
}

// openScan opens a paper, noted; the caller closes its content.
func openScan(ctx context.Context, desk *dossier.Desk, files *file.Store, a actor.Actor, code string, ord int) (x dossier.Paper, out scan, err error) {
	x, err = desk.OpenPaper(ctx, a, code, ord, func(x dossier.Paper) (err error) {
		kind, known := file.ByMIME(x.FileType)
		if files == nil || !known {
			return fault.New(fault.NotFound, "dossier.paper_unknown")
		}
		out.Type, out.Ext = kind.MIME, kind.Ext
		out.Content, out.Size, err = files.Hand(ctx, x.FileKey)
		return err
	})
	if err != nil && out.Content != nil {
		out.Content.Close()
	}
	return x, out, err
}

func paperSources(ctx context.Context) []ui.Option {
	var out []ui.Option
	for _, s := range []string{"scanned", "paper", "reused", "national_store"} {
		out = append(out, ui.Option{Value: s, Text: sourceText(ctx, s)})
	}
	return out
}

func (v *paperView) title(ctx context.Context) string {
	if v.known != nil {
		return i18n.T(ctx, "dossierweb.paper.scan_of", "Name", shorten(v.known.Name, 80))
	}
	return i18n.T(ctx, "dossierweb.papers.add")
}

func typesText(result bool) string {
	types := file.Scans
	if result {
		types = file.Types
	}
	out := ""
	for _, t := range types {
		if out != "" {
			out += ","
		}
		out += t.Ext
	}
	return out
}
