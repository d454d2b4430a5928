package scorecardweb

import (
	"errors"
	"mime/multipart"
	"net/http"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/scorecard"
	"cchc/unit"
)

func (p *Pages) registerRoundFile(mux *web.Mux) {
	mux.Handle("GET "+roundsPath+"/import", web.SignedIn, p.askRoundFile)
	mux.Handle("POST "+roundsPath+"/import", web.SignedIn.Body(25<<20), p.roundFile)
}

// roundFileForm brings an earlier round in.
type roundFileForm struct {
	web.Form
	Unit     string      `form:"unit"`
	Name     string      `form:"name"`
	Basis    string      `form:"basis"`
	SetID    string      `form:"set"`
	From     moment.Date `form:"from"`
	To       moment.Date `form:"to"`
	Decision string      `form:"decision"`
	Decided  moment.Date `form:"decided"`
	Check    bool        `form:"check"`

	Units []ui.Option
	Sets  []ui.Option
	Read  *scorecard.RoundRead // what the file says; nil before it was read
	Done  bool
}

func (p *Pages) askRoundFile(w http.ResponseWriter, r *http.Request) error {
	in := &roundFileForm{}
	in.Set("check", "on")
	return p.showRoundFile(w, r, in, http.StatusOK)
}

func (p *Pages) showRoundFile(w http.ResponseWriter, r *http.Request, in *roundFileForm, status int) error {
	ctx := r.Context()
	a := web.Actor(ctx)
	if err := p.Desk.Guard.CheckAnywhere(a, auth.RoundKeep); err != nil {
		return err
	}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		if in.Units, err = p.unitOptions(ctx, q, auth.RoundKeep); err != nil {
			return err
		}
		sets, err := p.Desk.SetVersions(ctx, q, a)
		for _, v := range sets {
			if v.State != scorecard.Draft {
				in.Sets = append(in.Sets, ui.Option{Value: v.ID, Text: v.Title + " (" + versionText(ctx, v) + ")"})
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, name := range []string{"unit", "name", "set", "from", "to", "decision", "decided", "file"} {
		in.Call(name, i18n.T(ctx, "rounds."+name))
	}
	return web.Render(w, r, status, roundFileView(in))
}

func (p *Pages) roundFile(w http.ResponseWriter, r *http.Request) error {
	in := &roundFileForm{}
	err := web.Decode(r, in)
	if r.MultipartForm != nil {
		defer r.MultipartForm.RemoveAll()
	}
	if err == nil {
		err = p.readRoundFile(r, in)
	}
	if in.Failed(err) {
		return p.showRoundFile(w, r, in, http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	if in.Done && len(in.Read.Left) == 0 {
		return web.SeeOther(w, r, roundURL(in.Read.Round.ID), "rounds.imported", "Count", in.Read.Rows)
	}
	return p.showRoundFile(w, r, in, http.StatusOK)
}

// formFile opens the file of a form; without one the field says so.
func formFile(r *http.Request) (multipart.File, *multipart.FileHeader, error) {
	content, head, err := r.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		err = fault.New(fault.Invalid, "rounds.invalid").With("file", "rounds.file_missing")
	}
	return content, head, err
}

func (p *Pages) readRoundFile(r *http.Request, in *roundFileForm) error {
	ctx := r.Context()
	content, head, err := formFile(r)
	if err != nil {
		return err
	}
	defer content.Close()
	f := scorecard.RoundFile{Unit: unit.ID(in.Unit), Name: in.Name, Basis: in.Basis, Set: in.SetID, From: in.From, To: in.To, Decision: in.Decision, Decided: in.Decided,
		Content: content, Size: head.Size}
	var read scorecard.RoundRead
	if in.Check {
		read, err = p.Desk.ReadRound(ctx, p.Desk.DB, web.Actor(ctx), f)
	} else {
		read, err = p.Desk.ImportRound(ctx, web.Actor(ctx), f)
	}
	if err != nil {
		if x := fault.As(err); x != nil && len(x.Fields) == 0 && x.Kind == fault.Invalid {
			x.With("file", x.Key, x.Args...)
		}
		return err
	}
	in.Read, in.Done = &read, !in.Check
	return nil
}
