package scorecardweb

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/scorecard"
	"cchc/scorecard/criteria"
	"cchc/unit"
)

const setsPath = Path + "/sets"

// largestUpload is for a set's file: a workbook of a thousand leaves has 300 KB.
const largestUpload = 8 << 20

func (p *Pages) registerSets(mux *web.Mux) {
	mux.Handle("GET "+setsPath, web.SignedIn, p.listSets)
	mux.Handle("GET "+setsPath+"/import", web.SignedIn, p.askSet)
	mux.Handle("POST "+setsPath+"/import", web.SignedIn.Body(largestUpload), p.importSet)
	mux.Handle("GET "+setsPath+"/{id}", web.SignedIn, p.showSet)
	mux.Handle("GET "+setsPath+"/{id}/print", web.SignedIn, p.printSet)
	mux.Handle("GET "+setsPath+"/{id}/try", web.SignedIn, p.trySet)
	mux.Handle("GET "+setsPath+"/{id}/diff", web.SignedIn, p.diffSets)
	mux.Handle("GET "+setsPath+"/{id}/file.xlsx", web.SignedIn, p.setXLSX)
	mux.Handle("GET "+setsPath+"/{id}/file.yaml", web.SignedIn, p.setYAML)
	mux.Handle("GET "+setsPath+"/{id}/delete", web.SignedIn, p.askDeleteSet)
	mux.Handle("POST "+setsPath+"/{id}/delete", web.SignedIn, p.deleteSet)
	p.registerSetEditor(mux)
	p.registerSetActs(mux)
}

func setURL(id string) string { return setsPath + "/" + id }

// A setRow is a version with the names that a page tells.
type setRow struct {
	scorecard.SetVersion
	UnitName string
	Who      string // who issued it, or changed it last
}

func (p *Pages) setRow(ctx context.Context, q db.Queryer, v scorecard.SetVersion) (x setRow, err error) {
	x.SetVersion = v
	if x.UnitName, err = p.unitName(ctx, q, v.Unit); err != nil {
		return x, err
	}
	who := v.IssuedBy
	if v.State == scorecard.Draft {
		who = v.ChangedBy
	}
	x.Who, err = person(ctx, q, who)
	return x, err
}

func (x setRow) kind() ui.Kind {
	switch x.State {
	case scorecard.Issued:
		return ui.OK
	case scorecard.Draft:
		return ui.Soon
	}
	return ui.Neutral
}

func stateText(ctx context.Context, s scorecard.SetState) string {
	return i18n.T(ctx, "sets.state."+string(s))
}

// levelText names a level of sets that the files of this country use; another
// stands as it is written.
func levelText(ctx context.Context, level string) string {
	if i18n.Has("sets.level." + level) {
		return i18n.T(ctx, "sets.level."+level)
	}
	return level
}

func mayMakeSets(ctx context.Context) bool {
	return len(auth.Roots(web.Actor(ctx), auth.CriteriaChange)) > 0
}

func (p *Pages) listSets(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	var out []setRow
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		list, err := p.Desk.SetVersions(ctx, q, web.Actor(ctx))
		for _, v := range list {
			x, err := p.setRow(ctx, q, v)
			if err != nil {
				return err
			}
			out = append(out, x)
		}
		return err
	})
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, setsView(out, mayMakeSets(ctx)))
}

// An importForm brings a set.
type importForm struct {
	web.Form
	Unit string `form:"unit,required"`
	Year int    `form:"year"`
	Text string `form:"text"`
	Note string `form:"note"`

	Units []ui.Option
}

func (p *Pages) importUnits(ctx context.Context, in *importForm) error {
	var err error
	in.Units, err = p.unitOptions(ctx, p.Desk.DB, auth.CriteriaChange)
	if err == nil && len(in.Units) == 0 {
		err = fault.New(fault.Forbidden, "auth.forbidden")
	}
	return err
}

func (p *Pages) askSet(w http.ResponseWriter, r *http.Request) error {
	in := &importForm{}
	if err := p.importUnits(r.Context(), in); err != nil {
		return err
	}
	in.Set("unit", in.Units[0].Value)
	return web.Render(w, r, http.StatusOK, importView(in))
}

func (p *Pages) importSet(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &importForm{}
	err := web.Decode(r, in)
	if err == nil {
		err = in.file(r)
	}
	if err == nil {
		var v scorecard.SetVersion
		v, err = p.Desk.ImportSet(ctx, web.Actor(ctx), scorecard.SetUpload{Unit: unit.ID(in.Unit), Year: in.Year, Text: in.Text, Note: in.Note})
		if err == nil {
			return web.SeeOther(w, r, setURL(v.ID), "sets.import.done", "Code", v.Code, "Version", strconv.Itoa(v.Version))
		}
	}
	if !in.Failed(err) {
		return err
	}
	if err := p.importUnits(ctx, in); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusUnprocessableEntity, importView(in))
}

// file takes the text out of the file that was sent, in place of what was typed.
// It goes into the form's text, so that what is wrong can be mended there.
func (in *importForm) file(r *http.Request) error {
	f, _, err := r.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	if len(b) == 0 {
		return nil
	}
	if bytes.HasPrefix(b, []byte("PK\x03\x04")) {
		text, err := criteria.ReadXLSX(bytes.NewReader(b), int64(len(b)))
		if len(text) > 0 {
			in.Set("text", string(text))
		}
		if err != nil {
			return notRead(r.Context(), err)
		}
		b = text
	}
	in.Text = string(b)
	in.Set("text", in.Text)
	return nil
}

// mostTold is how many faults of a workbook are told at once.
const mostTold = 100

// notRead makes what is wrong with a workbook the faults of its field, each with its
// row. What could be read of it stands in the field of the text, to be mended there
// or to be taken as it is.
func notRead(ctx context.Context, err error) error {
	f := fault.New(fault.Invalid, "sets.refused")
	if faults := (criteria.Faults{}); errors.As(err, &faults) {
		f.Key = "sets.refused.book"
		for _, x := range faults[:min(len(faults), mostTold)] {
			f.With("file", "sets.file.fault", "Place", x.Place(ctx), "What", x.Text(ctx))
		}
		return f
	}
	if x := fault.As(err); x != nil {
		return f.With("file", x.Key, x.Args...)
	}
	return err
}

// A setPage is a version with all that is known of it.
type setPage struct {
	setRow
	Doc      *scorecard.SetDoc
	Set      *criteria.Set // nil when there is nothing to read
	Frames   *criteria.Set // the set whose frame it fills
	Faults   criteria.Faults
	Versions []scorecard.SetVersion
	May      bool // change it, or make the next version
	Copies   bool // may make sets somewhere
}

// edits reports whether the page has the editor.
func (x *setPage) edits() bool { return x.May && x.State == scorecard.Draft }

// fixed reports whether a node is the frame's, and so not to be edited.
func (x *setPage) fixed(n *scorecard.DocNode) bool {
	return x.Frame != "" && !n.Flag("added") && !n.Item()
}

// opens reports whether something may be added below a node.
func (x *setPage) opens(n *scorecard.DocNode) bool {
	return !n.Item() && !n.Has("kind") && (x.Frames == nil || scorecard.FrameAllows(x.Frames, n))
}

func (p *Pages) setPage(ctx context.Context, q db.Queryer, a actor.Actor, id string) (*setPage, error) {
	v, err := p.Desk.SetVersion(ctx, q, a, id)
	if err != nil {
		return nil, err
	}
	x := &setPage{Copies: mayMakeSets(ctx)}
	if x.setRow, err = p.setRow(ctx, q, v); err != nil {
		return nil, err
	}
	if x.Doc, err = scorecard.ParseSetDoc(v.Text); err != nil {
		return nil, err
	}
	if x.Set, x.Frames, x.Faults, err = p.Desk.ReadSet(ctx, q, v); err != nil {
		return nil, err
	}
	if x.Versions, err = p.Desk.VersionsOf(ctx, q, a, v); err != nil {
		return nil, err
	}
	x.May, err = p.Desk.MayChangeSet(ctx, q, a, v)
	return x, err
}

func (p *Pages) showSet(w http.ResponseWriter, r *http.Request) error {
	return p.renderSet(w, r, setView)
}

func (p *Pages) printSet(w http.ResponseWriter, r *http.Request) error {
	return p.renderSet(w, r, setPaper)
}

func (p *Pages) renderSet(w http.ResponseWriter, r *http.Request, view func(*setPage) templ.Component) error {
	ctx := r.Context()
	var x *setPage
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		x, err = p.setPage(ctx, q, web.Actor(ctx), r.PathValue("id"))
		return err
	})
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, view(x))
}

func (p *Pages) setYAML(w http.ResponseWriter, r *http.Request) error {
	v, err := p.Desk.SetVersion(r.Context(), p.Desk.DB, web.Actor(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	return sendFile(w, fileName(v)+".yaml", "application/yaml", []byte(v.Text))
}

func (p *Pages) setXLSX(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	x, err := p.setPage(ctx, p.Desk.DB, web.Actor(ctx), r.PathValue("id"))
	if err != nil {
		return err
	}
	if x.Set == nil || len(x.Faults) > 0 {
		return fault.New(fault.Conflict, "sets.xlsx.wrong")
	}
	var b bytes.Buffer
	if err := criteria.WriteXLSX(ctx, &b, x.Set); err != nil {
		return err
	}
	return sendFile(w, fileName(x.SetVersion)+".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b.Bytes())
}

// fileName is what a version is called as a file, without its ending.
func fileName(v scorecard.SetVersion) string {
	b := []byte(i18n.Fold(v.Code))
	for i, c := range b {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '.' {
			b[i] = '-'
		}
	}
	return string(b) + "-v" + strconv.Itoa(v.Version)
}

func sendFile(w http.ResponseWriter, name, kind string, b []byte) error {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.Header().Set("Cache-Control", "no-store")
	_, err := w.Write(b)
	return err
}

// A revisionForm confirms something about a draft as it was seen.
type revisionForm struct {
	web.Form
	Revision int `form:"revision"`
}

func (p *Pages) askDeleteSet(w http.ResponseWriter, r *http.Request) error {
	return p.confirmDelete(w, r, &revisionForm{}, http.StatusOK)
}

func (p *Pages) confirmDelete(w http.ResponseWriter, r *http.Request, in *revisionForm, status int) error {
	ctx := r.Context()
	x, err := p.setPage(ctx, p.Desk.DB, web.Actor(ctx), r.PathValue("id"))
	if err != nil {
		return err
	}
	if !x.May || x.State != scorecard.Draft {
		return fault.New(fault.Conflict, "sets.issued")
	}
	return web.Render(w, r, status, deleteSetView(x, in))
}

func (p *Pages) deleteSet(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &revisionForm{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	err := p.Desk.DeleteDraft(ctx, web.Actor(ctx), r.PathValue("id"), in.Revision)
	if in.Failed(err) {
		return p.confirmDelete(w, r, in, http.StatusConflict)
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, setsPath, "sets.delete.done")
}
