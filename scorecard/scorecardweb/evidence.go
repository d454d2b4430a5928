package scorecardweb

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/file"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/scorecard"
	"cchc/scorecard/criteria"
	"cchc/unit"
)

const evidencePath = Path + "/evidence"

func evidenceURL(id string) string { return evidencePath + "/" + id }

// fileURL opens a file of a document, a PDF at its page.
func fileURL(e scorecard.Evidence, f scorecard.EvidenceFile, page int) string {
	u := evidenceURL(e.ID) + "/files/" + strconv.Itoa(f.Ord)
	if page > 0 && f.Type == file.PDF.MIME {
		u += "#page=" + strconv.Itoa(page)
	}
	return u
}

func (p *Pages) registerEvidence(mux *web.Mux) {
	mux.Handle("GET "+evidencePath, web.SignedIn, p.evidenceList)
	mux.Handle("GET "+evidencePath+"/new", web.SignedIn, p.evidenceNew)
	mux.Handle("POST "+evidencePath+"/new", web.SignedIn.Body(file.MaxSize+1<<20), p.evidenceAdd)
	mux.Handle("GET "+evidencePath+"/{evidence}", web.SignedIn, p.evidence)
	mux.Handle("POST "+evidencePath+"/{evidence}", web.SignedIn, p.evidenceEdit)
	mux.Handle("POST "+evidencePath+"/{evidence}/files", web.SignedIn.Body(file.MaxSize+1<<20), p.evidenceUpload)
	mux.Handle("GET "+evidencePath+"/{evidence}/files/{ord}", web.SignedIn, p.evidenceFile)
	mux.Handle("POST "+sheetsPath+"/{sheet}/leaf/{leaf}/attach", web.SignedIn, p.attach)
	mux.Handle("POST "+sheetsPath+"/{sheet}/leaf/{leaf}/detach", web.SignedIn, p.detach)
}

// evidenceForm is what is said of a document. With Sheet and Leaf it is attached
// there at once.
type evidenceForm struct {
	web.Form
	Unit    string      `form:"unit"`
	Number  string      `form:"number"`
	Day     moment.Date `form:"day"`
	Issuer  string      `form:"issuer"`
	Title   string      `form:"title"`
	Pages   int         `form:"pages"`
	Note    string      `form:"note"`
	Version int         `form:"version"`
	Sheet   string      `form:"sheet"`
	Leaf    string      `form:"leaf"`
	Page    int         `form:"page"`

	Units []ui.Option
}

func (in *evidenceForm) evidence() scorecard.Evidence {
	return scorecard.Evidence{Unit: unit.ID(in.Unit), Number: in.Number, Day: in.Day, Issuer: in.Issuer, Title: in.Title, Pages: in.Pages, Note: in.Note, Version: in.Version}
}

func (in *evidenceForm) call(ctx context.Context) {
	for _, name := range []string{"unit", "number", "day", "issuer", "title", "pages", "note", "file", "page"} {
		in.Call(name, i18n.T(ctx, "evidence."+name))
	}
}

// ownUnits are the units whose documents somebody keeps: those in which they score
// themselves.
func (p *Pages) ownUnits(ctx context.Context, q db.Queryer) ([]ui.Option, error) {
	var out []ui.Option
	for _, id := range auth.Roots(web.Actor(ctx), auth.ScoreEnter) {
		if id == "" {
			continue
		}
		name, err := p.unitName(ctx, q, id)
		if err != nil {
			return nil, err
		}
		out = append(out, ui.Option{Value: string(id), Text: name})
	}
	return out, nil
}

type evidencePage struct {
	Unit  string
	Words string
	Units []ui.Option
	List  []scorecard.Evidence
}

func (p *Pages) evidenceList(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v := &evidencePage{Unit: r.URL.Query().Get("unit"), Words: r.URL.Query().Get("q")}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		if v.Units, err = p.ownUnits(ctx, q); err != nil {
			return err
		}
		if len(v.Units) == 0 {
			return fault.New(fault.Forbidden, "rounds.not_own")
		}
		if v.Unit == "" {
			v.Unit = v.Units[0].Value
		}
		v.List, err = p.Desk.EvidenceOf(ctx, q, web.Actor(ctx), unit.ID(v.Unit), v.Words)
		return err
	})
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, evidenceListView(v))
}

func (p *Pages) evidenceNew(w http.ResponseWriter, r *http.Request) error {
	in := &evidenceForm{}
	if err := web.Decode(r, in); err != nil && !in.Failed(err) {
		return err
	}
	in.Fault = nil
	return p.showEvidenceNew(w, r, in, http.StatusOK)
}

func (p *Pages) showEvidenceNew(w http.ResponseWriter, r *http.Request, in *evidenceForm, status int) error {
	ctx := r.Context()
	var err error
	if in.Units, err = p.ownUnits(ctx, p.Desk.DB); err != nil {
		return err
	}
	if len(in.Units) == 0 {
		return fault.New(fault.Forbidden, "rounds.not_own")
	}
	in.call(ctx)
	return web.Render(w, r, status, evidenceNewView(in))
}

func (p *Pages) evidenceAdd(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	a := web.Actor(ctx)
	in := &evidenceForm{}
	err := web.Decode(r, in)
	if r.MultipartForm != nil {
		defer r.MultipartForm.RemoveAll()
	}
	var e scorecard.Evidence
	if err == nil {
		if e, err = p.Desk.AddEvidence(ctx, a, in.evidence()); err == nil {
			err = p.storeFile(r, e.ID)
			if bad := fault.As(err); bad != nil { // the document is kept; its file can be sent again
				why := fault.Field{Key: bad.Key, Args: bad.Args}
				if len(bad.Fields) > 0 {
					why = bad.Fields[0]
				}
				web.Warn(ctx, why.Key, why.Args...)
				err = nil
			}
			if err == nil && in.Sheet != "" && in.Leaf != "" {
				if err = p.Desk.Attach(ctx, a, in.Sheet, e.ID, []string{in.Leaf}, in.Page, ""); err == nil {
					return web.SeeOther(w, r, leafURL(in.Sheet, in.Leaf)+"#evidence", "evidence.added")
				}
				if bad := fault.As(err); bad != nil {
					web.Warn(ctx, bad.Key, bad.Args...)
					err = nil
				}
			}
			if err == nil {
				return web.SeeOther(w, r, evidenceURL(e.ID), "evidence.added")
			}
		}
	}
	if !in.Failed(err) {
		return err
	}
	return p.showEvidenceNew(w, r, in, http.StatusUnprocessableEntity)
}

// storeFile stores the file of a form, when there is one, and adds it to a document.
// The right is asked before a byte is stored.
func (p *Pages) storeFile(r *http.Request, id string) error {
	ctx := r.Context()
	if _, err := p.Desk.MayAddFile(ctx, p.Desk.DB, web.Actor(ctx), id); err != nil {
		return err
	}
	content, head, err := r.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return nil
	}
	if err != nil {
		return err
	}
	defer content.Close()
	if p.Desk.Files == nil {
		return fault.New(fault.Invalid, "evidence.invalid").With("file", "evidence.no_store")
	}
	info, err := p.Desk.Files.Put(ctx, content, file.Limits{})
	if told := file.FieldOf(err, "evidence.invalid", "file"); told != nil {
		return told
	}
	if err != nil {
		return err
	}
	return p.Desk.AddFile(ctx, web.Actor(ctx), id, info, head.Filename)
}

// A documentPage is one document, and all that it proves.
type documentPage struct {
	scorecard.Evidence
	UnitName string
	In       *evidenceForm
	Proves   []scorecard.Link
	May      bool
}

func (p *Pages) evidence(w http.ResponseWriter, r *http.Request) error {
	return p.showEvidence(w, r, nil, http.StatusOK)
}

func (p *Pages) showEvidence(w http.ResponseWriter, r *http.Request, in *evidenceForm, status int) error {
	ctx := r.Context()
	v := &documentPage{In: in}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		if v.Evidence, err = p.Desk.Evidence(ctx, q, web.Actor(ctx), r.PathValue("evidence")); err != nil {
			return err
		}
		if v.UnitName, err = p.unitName(ctx, q, v.Unit); err != nil {
			return err
		}
		if v.May, err = p.Desk.MayEnter(ctx, q, web.Actor(ctx), v.Unit); err != nil {
			return err
		}
		v.Proves, err = p.Desk.Proves(ctx, q, v.Evidence)
		return err
	})
	if err != nil {
		return err
	}
	if v.In == nil {
		e := v.Evidence
		v.In = &evidenceForm{}
		for name, value := range map[string]string{"number": e.Number, "day": e.Day.VN(), "issuer": e.Issuer, "title": e.Title, "note": e.Note} {
			v.In.Set(name, value)
		}
		if e.Pages > 0 {
			v.In.Set("pages", strconv.Itoa(e.Pages))
		}
	}
	v.In.call(ctx)
	return web.Render(w, r, status, documentView(v))
}

func (p *Pages) evidenceEdit(w http.ResponseWriter, r *http.Request) error {
	in := &evidenceForm{}
	err := web.Decode(r, in)
	if err == nil {
		e := in.evidence()
		e.ID = r.PathValue("evidence")
		if err = p.Desk.EditEvidence(r.Context(), web.Actor(r.Context()), e); err == nil {
			return web.SeeOther(w, r, evidenceURL(e.ID), "evidence.saved")
		}
	}
	if !in.Failed(err) {
		return err
	}
	return p.showEvidence(w, r, in, http.StatusUnprocessableEntity)
}

func (p *Pages) evidenceUpload(w http.ResponseWriter, r *http.Request) error {
	in := &evidenceForm{}
	err := web.Decode(r, in)
	if r.MultipartForm != nil {
		defer r.MultipartForm.RemoveAll()
	}
	if err == nil {
		if err = p.storeFile(r, r.PathValue("evidence")); err == nil {
			return web.SeeOther(w, r, evidenceURL(r.PathValue("evidence")), "evidence.file_added")
		}
	}
	if !in.Failed(err) {
		return err
	}
	keep := &evidenceForm{}
	keep.Fault = in.Fault
	return p.showEvidence(w, r, keep, web.WrongStatus(w, &keep.Form))
}

// evidenceFile sends a file for who may see the document.
func (p *Pages) evidenceFile(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	e, err := p.Desk.Evidence(ctx, p.Desk.DB, web.Actor(ctx), r.PathValue("evidence"))
	if err != nil {
		return err
	}
	for _, f := range e.Files {
		if strconv.Itoa(f.Ord) == r.PathValue("ord") {
			return p.send(w, r, f)
		}
	}
	return fault.New(fault.NotFound, "evidence.file_unknown")
}

func (p *Pages) send(w http.ResponseWriter, r *http.Request, f scorecard.EvidenceFile) error {
	if p.Desk.Files == nil {
		return fault.New(fault.Unavailable, "evidence.no_store")
	}
	content, size, err := p.Desk.Files.Hand(r.Context(), f.Key)
	if err != nil {
		return err
	}
	defer content.Close()
	return web.Hand(w, web.Handed{Name: f.Name, Type: f.Type, Size: size, Content: content, Inline: true})
}

// attachForm says that documents prove a leaf.
type attachForm struct {
	web.Form
	Evidence string `form:"evidence"`
	Page     int    `form:"page"`
	Note     string `form:"note"`
	Link     string `form:"link"`
}

func (p *Pages) attach(w http.ResponseWriter, r *http.Request) error {
	in := &attachForm{}
	err := web.Decode(r, in)
	sheet, leaf := r.PathValue("sheet"), r.PathValue("leaf")
	if err == nil && in.Evidence == "" {
		err = fault.New(fault.Invalid, "rounds.invalid").With("evidence", "rounds.choose")
	}
	if err == nil {
		if err = p.Desk.Attach(r.Context(), web.Actor(r.Context()), sheet, in.Evidence, []string{leaf}, in.Page, in.Note); err == nil {
			return web.SeeOther(w, r, leafURL(sheet, leaf)+"#evidence", "evidence.attached")
		}
	}
	if !in.Failed(err) {
		return err
	}
	v, err := p.loadLeaf(r)
	if err != nil {
		return err
	}
	v.Attach = in
	return web.Render(w, r, http.StatusUnprocessableEntity, leafView(v))
}

func (p *Pages) detach(w http.ResponseWriter, r *http.Request) error {
	in := &attachForm{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	if err := p.Desk.Detach(r.Context(), web.Actor(r.Context()), in.Link); err != nil {
		return err
	}
	return web.SeeOther(w, r, leafURL(r.PathValue("sheet"), r.PathValue("leaf"))+"#evidence", "evidence.detached")
}

// newEvidenceURL leads to the form for a new document that proves a leaf.
func newEvidenceURL(s scorecard.Sheet, n *criteria.Node) string {
	return evidencePath + "/new?" + url.Values{"unit": {string(s.Unit)}, "sheet": {s.ID}, "leaf": {n.Code}}.Encode()
}
