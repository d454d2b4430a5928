package scorecardweb

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"cchc/base/auth"
	"cchc/base/fault"
	"cchc/base/points"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/scorecard"
	"cchc/scorecard/criteria"
	"cchc/unit"
)

func (p *Pages) registerSetActs(mux *web.Mux) {
	mux.Handle("GET "+setsPath+"/{id}/head", web.SignedIn, p.askHead)
	mux.Handle("POST "+setsPath+"/{id}/head", web.SignedIn, p.setHead)
	mux.Handle("GET "+setsPath+"/{id}/text", web.SignedIn, p.askText)
	mux.Handle("POST "+setsPath+"/{id}/text", web.SignedIn.Body(largestUpload), p.setText)
	mux.Handle("GET "+setsPath+"/{id}/issue", web.SignedIn, p.askIssue)
	mux.Handle("POST "+setsPath+"/{id}/issue", web.SignedIn, p.issueSet)
	mux.Handle("GET "+setsPath+"/new", web.SignedIn, p.askCopy)
	mux.Handle("POST "+setsPath+"/new", web.SignedIn, p.copySet)
	for _, what := range []string{"next", "copy", "derive"} {
		mux.Handle("GET "+setsPath+"/{id}/"+what, web.SignedIn, p.askCopy)
		mux.Handle("POST "+setsPath+"/{id}/"+what, web.SignedIn, p.copySet)
	}
}

// A headForm edits the head of a set.
type headForm struct {
	web.Form
	Stamp        string        `form:"stamp"`
	Do           string        `form:"do"`
	Title        string        `form:"title,required"`
	Level        string        `form:"level,required"`
	Year         int           `form:"year,required"`
	Basis        string        `form:"basis"`
	Note         string        `form:"note"`
	Max          points.Points `form:"total_max,required"`
	SurveyMax    string        `form:"survey_and_sipas"`
	BonusCap     string        `form:"bonus_cap"`
	PenaltyFloor string        `form:"penalty_floor"`
	Places       int           `form:"places"`
	IndexPlaces  int           `form:"index_places"`
}

type headPage struct {
	*setPage
	In       *headForm
	Conflict bool
}

func (in *headForm) fill(ctx context.Context, x *setPage) {
	f := typing(ctx, &in.Form)
	m := x.Doc.Meta()
	in.Stamp = x.HeadStamp(x.Doc)
	in.Set("title", x.Title)
	in.Set("level", x.Level)
	in.Set("year", strconv.Itoa(x.Year))
	in.Set("basis", x.Basis)
	in.Set("note", x.Note)
	for _, k := range []string{"total_max", "survey_and_sipas", "bonus_cap", "penalty_floor"} {
		f.number(k, m.Text(k))
	}
	in.Set("places", orTwo(m.Sub("rounding").Text("points")))
	in.Set("index_places", orTwo(m.Sub("rounding").Text("index")))
	fillRows(f, "bands", m.List("bands"), func(f typed, name string, i int, row *scorecard.Fields) {
		f.Set(rowCell(name, i, "label"), row.Text("label"))
		f.number(rowCell(name, i, "min"), row.Text("min"))
		op := "ge"
		if row.Flag("strict") {
			op = "gt"
		}
		f.Set(rowCell(name, i, "op"), op)
	})
}

func orTwo(s string) string {
	if s == "" {
		return "2"
	}
	return s
}

// head reads the form.
func (in *headForm) head() (scorecard.Head, error) {
	f := fault.New(fault.Invalid, "form.invalid")
	h := scorecard.Head{Title: in.Title, Level: in.Level, Basis: in.Basis, Year: in.Year, Note: in.Note, Max: in.Max, Places: in.Places, IndexPlaces: in.IndexPlaces}
	read := func(name, s string) *points.Points {
		if s == "" {
			return nil
		}
		v, err := points.Parse(s)
		if err != nil {
			f.With(name, "web.form.number", "Value", s)
			return nil
		}
		return &v
	}
	h.SurveyMax = read("survey_and_sipas", in.SurveyMax)
	h.BonusCap = read("bonus_cap", in.BonusCap)
	h.PenaltyFloor = read("penalty_floor", in.PenaltyFloor)
	for i := range rows(&in.Form, "bands") {
		label, least := in.Value(rowCell("bands", i, "label")), in.Value(rowCell("bands", i, "min"))
		if label == "" && least == "" {
			continue
		}
		b := criteria.Band{Label: label, Strict: in.Value(rowCell("bands", i, "op")) == "gt"}
		if p := read(rowCell("bands", i, "min"), least); p != nil {
			b.Min = *p
		} else if least == "" {
			f.With(rowCell("bands", i, "min"), "web.form.required")
		}
		h.Bands = append(h.Bands, b)
	}
	return h, f.Or()
}

func (p *Pages) askHead(w http.ResponseWriter, r *http.Request) error {
	x, err := p.editable(r.Context(), p.Desk.DB, web.Actor(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	in := &headForm{}
	in.fill(r.Context(), x)
	return web.Render(w, r, http.StatusOK, headView(&headPage{setPage: x, In: in}))
}

func (p *Pages) setHead(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	in := &headForm{}
	err := web.Decode(r, in)
	more := strings.HasPrefix(in.Do, "more:")
	switch {
	case more:
		in.Fault, err = nil, nil
		in.Set("bands#", strconv.Itoa(min(rows(&in.Form, "bands")+4, mostRows)))
	case err == nil:
		var h scorecard.Head
		if h, err = in.head(); err == nil {
			err = p.Desk.SetHead(ctx, web.Actor(ctx), id, in.Stamp, h)
		}
		if err == nil {
			return web.SeeOther(w, r, setURL(id), "sets.head.saved")
		}
	}
	if err != nil && !in.Failed(err) {
		return err
	}
	s, err := p.editable(ctx, p.Desk.DB, web.Actor(ctx), id)
	if err != nil {
		return err
	}
	x, status := &headPage{setPage: s, In: in}, http.StatusOK
	if in.Wrong() {
		status = http.StatusUnprocessableEntity
		if in.Fault.Kind == fault.Conflict {
			status, x.Conflict = http.StatusConflict, true
			in.Stamp = s.HeadStamp(s.Doc)
		}
	}
	return web.Render(w, r, status, headView(x))
}

// A textForm edits the whole text of a draft.
type textForm struct {
	web.Form
	Revision int    `form:"revision"`
	Text     string `form:"text"`
}

type textPage struct {
	*setPage
	In       *textForm
	Conflict bool
}

func (p *Pages) askText(w http.ResponseWriter, r *http.Request) error {
	x, err := p.editable(r.Context(), p.Desk.DB, web.Actor(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	in := &textForm{Revision: x.Revision}
	in.Set("text", x.Text)
	return web.Render(w, r, http.StatusOK, textView(&textPage{setPage: x, In: in}))
}

func (p *Pages) setText(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	in := &textForm{}
	err := web.Decode(r, in)
	if err == nil {
		if err = p.Desk.SetText(ctx, web.Actor(ctx), id, in.Revision, in.Value("text")); err == nil {
			return web.SeeOther(w, r, setURL(id), "sets.head.saved")
		}
	}
	if !in.Failed(err) {
		return err
	}
	s, err := p.editable(ctx, p.Desk.DB, web.Actor(ctx), id)
	if err != nil {
		return err
	}
	x, status := &textPage{setPage: s, In: in}, http.StatusUnprocessableEntity
	if in.Fault.Kind == fault.Conflict {
		status, x.Conflict = http.StatusConflict, true
		in.Revision = s.Revision
	}
	return web.Render(w, r, status, textView(x))
}

// An issueForm issues a draft.
type issueForm struct {
	web.Form
	Revision int    `form:"revision"`
	Basis    string `form:"basis"`
}

type issuePage struct {
	*setPage
	In     *issueForm
	Before *scorecard.SetVersion // that will be superseded
}

func (p *Pages) issuePage(ctx context.Context, id string, in *issueForm) (*issuePage, error) {
	s, err := p.editable(ctx, p.Desk.DB, web.Actor(ctx), id)
	if err != nil {
		return nil, err
	}
	x := &issuePage{setPage: s, In: in}
	for _, v := range s.Versions {
		if v.State == scorecard.Issued {
			x.Before = &v
		}
	}
	in.Revision = s.Revision // of what is shown now
	return x, nil
}

func (p *Pages) askIssue(w http.ResponseWriter, r *http.Request) error {
	in := &issueForm{}
	x, err := p.issuePage(r.Context(), r.PathValue("id"), in)
	if err != nil {
		return err
	}
	in.Set("basis", x.Basis)
	return web.Render(w, r, http.StatusOK, issueView(x))
}

func (p *Pages) issueSet(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	in := &issueForm{}
	err := web.Decode(r, in)
	if err == nil {
		var v scorecard.SetVersion
		if v, err = p.Desk.IssueSet(ctx, web.Actor(ctx), id, in.Revision, in.Basis); err == nil {
			return web.SeeOther(w, r, setURL(id), "sets.issue.done", "Code", v.Code, "Version", strconv.Itoa(v.Version))
		}
	}
	if !in.Failed(err) {
		return err
	}
	status := http.StatusUnprocessableEntity
	if in.Fault.Kind == fault.Conflict {
		status = http.StatusConflict
	}
	x, err := p.issuePage(ctx, id, in)
	if err != nil {
		return err
	}
	return web.Render(w, r, status, issueView(x))
}

// A copyForm makes a draft: from nothing, the next version, another year's from
// this one, or one that fills this one's frame.
type copyForm struct {
	web.Form
	Unit  string `form:"unit"`
	Year  int    `form:"year"`
	Code  string `form:"code"`
	Title string `form:"title"`
	Level string `form:"level"`
	Note  string `form:"note"`
}

type copyPage struct {
	*setPage // nil: from nothing
	What     string
	In       *copyForm
	Units    []ui.Option
}

func (x *copyPage) action() string {
	if x.setPage == nil {
		return setsPath + "/new"
	}
	return setURL(x.ID) + "/" + x.What
}

func (p *Pages) copyPage(r *http.Request, in *copyForm) (*copyPage, error) {
	ctx := r.Context()
	x := &copyPage{What: r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:], In: in}
	var err error
	if x.Units, err = p.unitOptions(ctx, p.Desk.DB, auth.CriteriaChange); err != nil {
		return nil, err
	}
	if len(x.Units) == 0 {
		return nil, fault.New(fault.Forbidden, "auth.forbidden")
	}
	if x.What != "new" {
		x.setPage, err = p.setPage(ctx, p.Desk.DB, web.Actor(ctx), r.PathValue("id"))
	}
	return x, err
}

func (p *Pages) askCopy(w http.ResponseWriter, r *http.Request) error {
	in := &copyForm{}
	x, err := p.copyPage(r, in)
	if err != nil {
		return err
	}
	year := p.Desk.DB.Now().Date().Time().Year()
	in.Set("unit", x.Units[0].Value)
	switch x.What {
	case "copy":
		old, next := strconv.Itoa(x.Year), strconv.Itoa(x.Year+1)
		in.Set("unit", string(x.Unit))
		in.Set("year", next)
		in.Set("code", strings.ReplaceAll(x.Code, old, next))
		in.Set("title", strings.ReplaceAll(x.Title, old, next))
	case "derive":
		in.Set("year", strconv.Itoa(x.Year))
		in.Set("title", x.Title)
	case "new":
		in.Set("year", strconv.Itoa(year))
	}
	return web.Render(w, r, http.StatusOK, copyView(x))
}

func (p *Pages) copySet(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	in := &copyForm{}
	err := web.Decode(r, in)
	if err == nil {
		c := scorecard.SetCopy{Unit: unit.ID(in.Unit), Code: in.Code, Title: in.Title, Year: in.Year, Note: in.Note}
		var v scorecard.SetVersion
		switch {
		case strings.HasSuffix(r.URL.Path, "/new"):
			v, err = p.Desk.CreateSet(ctx, web.Actor(ctx), scorecard.NewSet{SetCopy: c, Level: in.Level})
		case strings.HasSuffix(r.URL.Path, "/next"):
			v, err = p.Desk.NextVersion(ctx, web.Actor(ctx), id, in.Note)
		case strings.HasSuffix(r.URL.Path, "/derive"):
			v, err = p.Desk.DeriveSet(ctx, web.Actor(ctx), id, c)
		default:
			v, err = p.Desk.CopySet(ctx, web.Actor(ctx), id, c)
		}
		if err == nil {
			return web.SeeOther(w, r, setURL(v.ID), "sets.copy.done", "Code", v.Code, "Version", strconv.Itoa(v.Version))
		}
	}
	if !in.Failed(err) {
		return err
	}
	status := http.StatusUnprocessableEntity
	if in.Fault.Kind == fault.Conflict {
		status = http.StatusConflict
	}
	x, err := p.copyPage(r, in)
	if err != nil {
		return err
	}
	return web.Render(w, r, status, copyView(x))
}
