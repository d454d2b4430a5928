package dossierweb

import (
	"context"
	"net/http"
	"slices"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/dossier"
)

// ErasePath is where a person's data are erased.
const ErasePath = "/admin/erase"

// Erasing are the pages on which a person's data are erased: whose, then what that
// means dossier by dossier, then at whose request. Numbers are sent in bodies
// only: addresses are kept in logs.
type Erasing struct{ Desk *dossier.Desk }

// Register puts the pages at ErasePath.
func (p *Erasing) Register(mux *web.Mux) {
	mux.Handle("GET "+ErasePath, web.SignedIn, p.ask)
	mux.Handle("POST "+ErasePath, web.SignedIn, p.preview)
	mux.Handle("POST "+ErasePath+"/confirm", web.SignedIn, p.confirm)
}

type eraseForm struct {
	web.Form
	Number   string   `form:"number"`
	Code     string   `form:"code"`
	Codes    []string `form:"codes"`
	Reason   string   `form:"reason"`
	Document string   `form:"document"`
	Sure     bool     `form:"sure"`
}

func (in *eraseForm) subject() dossier.Subject {
	return dossier.Subject{Number: in.Number, Code: in.Code}
}

type eraseRow struct {
	Code, URL string
	Procedure string
	Unit      string
	Name      string
	Ended     string
	Part      string
	Papers    int
	Problem   string
}

type erasePage struct {
	In     *eraseForm
	Shown  bool
	Rows   []eraseRow
	Can    []string // codes
	Papers int
	Others int
	Name   string
}

func (p *Erasing) ask(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := p.Desk.Guard.CheckAnywhere(web.Actor(ctx), auth.DossierErase); err != nil {
		return err
	}
	in := &eraseForm{}
	if err := web.Decode(r, in); err != nil && fault.As(err) == nil {
		return err
	}
	in.Fault = nil
	return web.Render(w, r, http.StatusOK, eraseView(erasePage{In: in}))
}

func (p *Erasing) preview(w http.ResponseWriter, r *http.Request) error {
	in := &eraseForm{}
	err := web.Decode(r, in)
	if err != nil && !in.Failed(err) {
		return err
	}
	return p.shows(w, r, http.StatusOK, in)
}

func (p *Erasing) shows(w http.ResponseWriter, r *http.Request, status int, in *eraseForm) error {
	ctx := r.Context()
	v := erasePage{In: in}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error { return p.gather(ctx, q, &v) })
	if f := fault.As(err); f != nil && f.Kind == fault.NotFound { // typed by hand: said beside the field
		err = fault.New(fault.Invalid, "web.form.invalid").With("code", f.Key, f.Args...)
	}
	if err != nil {
		if !in.Failed(err) {
			return err
		}
		v.Shown, status = false, http.StatusUnprocessableEntity
	}
	w.Header().Set("Cache-Control", "no-store")
	return web.Render(w, r, status, eraseView(v))
}

func (p *Erasing) gather(ctx context.Context, q db.Queryer, v *erasePage) error {
	list, others, err := p.Desk.Erasables(ctx, q, web.Actor(ctx), v.In.subject())
	if err != nil {
		return err
	}
	t, err := newTeller(ctx, p.Desk, q)
	if err != nil {
		return err
	}
	v.Shown, v.Others, v.Rows, v.Can, v.Papers = true, others, nil, nil, 0
	for _, x := range list {
		name, err := t.procedure(ctx, x.VersionID, x.ProcedureCode, x.RegisteredAt.Date())
		if err != nil {
			return err
		}
		row := eraseRow{Code: x.Code, URL: rowURL(x.System, x.Code), Procedure: x.ProcedureCode + " " + shorten(name, 36), Ended: i18n.None,
			Part: i18n.T(ctx, "erase.part."+x.Part), Papers: x.Papers, Name: x.Person.Name}
		if x.Part == dossier.PartAgent {
			row.Name = x.Person.Representative
		}
		v.Name = row.Name
		if end := max(x.Ended, x.NotAccepted); end != 0 {
			row.Ended = i18n.Date(ctx, moment.Instant(end).Date())
		}
		if row.Unit, err = t.unit(ctx, x.State.Unit); err != nil {
			return err
		}
		if x.Problem != nil {
			row.Problem = faultText(ctx, x.Problem)
		} else {
			v.Can = append(v.Can, x.Code)
			v.Papers += x.Papers
		}
		v.Rows = append(v.Rows, row)
	}
	return nil
}

// heading states what was found.
func (v erasePage) heading(ctx context.Context) string {
	if len(v.Rows) == 0 {
		return i18n.T(ctx, "erase.none")
	}
	return i18n.T(ctx, "erase.found", "Count", len(v.Rows), "Can", len(v.Can))
}

func (p *Erasing) confirm(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &eraseForm{}
	err := web.Decode(r, in)
	if err == nil && !in.Sure {
		err = fault.New(fault.Invalid, "web.form.invalid").With("sure", "erase.sure_missing")
	}
	n := 0
	if err == nil {
		slices.Sort(in.Codes)
		n, err = p.Desk.Erase(ctx, web.Actor(ctx), dossier.Erasure{Subject: in.subject(), Codes: in.Codes, Reason: in.Reason, Document: in.Document})
	}
	if err == nil {
		return web.SeeOther(w, r, ErasePath, "erase.done", "Count", n)
	}
	if !in.Failed(err) {
		return err
	}
	status := http.StatusUnprocessableEntity
	if in.Fault.Kind == fault.Conflict {
		status = http.StatusConflict
	}
	return p.shows(w, r, status, in)
}
