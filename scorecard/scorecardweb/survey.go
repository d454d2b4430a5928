package scorecardweb

import (
	"net/http"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/scorecard"
)

func surveyURL(round string) string { return roundURL(round) + "/survey" }

func (p *Pages) registerSurvey(mux *web.Mux) {
	mux.Handle("GET "+roundsPath+"/{round}/survey", web.SignedIn, p.askSurvey)
	mux.Handle("POST "+roundsPath+"/{round}/survey", web.SignedIn.Body(25<<20), p.checkSurvey)
	mux.Handle("POST "+roundsPath+"/{round}/survey/store", web.SignedIn.Body(25<<20), p.storeSurvey)
}

// surveyForm brings survey results: first a file, then, checked, its rows with where
// they are written.
type surveyForm struct {
	web.Form
	Stage  string   `form:"stage"`
	Source string   `form:"source"`
	Rows   []string `form:"rows"`

	Round  scorecard.Round
	Stages []ui.Option           // in which the person may score now
	Read   *scorecard.SurveyRead // what the file says; nil before it was read
}

func (p *Pages) askSurvey(w http.ResponseWriter, r *http.Request) error {
	return p.showSurvey(w, r, &surveyForm{}, http.StatusOK)
}

func (p *Pages) showSurvey(w http.ResponseWriter, r *http.Request, in *surveyForm, status int) error {
	ctx := r.Context()
	a := web.Actor(ctx)
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		if in.Round, err = p.Desk.Round(ctx, q, a, r.PathValue("round")); err != nil {
			return err
		}
		keeps, err := p.Desk.Guard.May(ctx, q, a, auth.RoundKeep, in.Round.Unit)
		if err != nil {
			return err
		}
		if !keeps {
			if err := p.Desk.Guard.Check(ctx, q, a, auth.ScoreAppraise, in.Round.Unit); err != nil {
				return err
			}
		}
		stages, err := p.Desk.WorkIn(ctx, q, a, in.Round)
		for _, s := range stages {
			in.Stages = append(in.Stages, ui.Option{Value: string(s), Text: stageText(ctx, s)})
		}
		return err
	})
	if err != nil {
		return err
	}
	if in.Value("stage") == "" && len(in.Stages) > 0 { // the latest: what it says counts
		in.Set("stage", in.Stages[len(in.Stages)-1].Value)
	}
	for _, name := range []string{"file", "stage"} {
		in.Call(name, i18n.T(ctx, "rounds."+name))
	}
	in.Call("source", i18n.T(ctx, "survey.source"))
	in.Call("rows", i18n.T(ctx, "rounds.file"))
	return web.Render(w, r, status, surveyView(in))
}

// checkSurvey reads a file and shows what would be stored, or every cell that cannot
// be taken.
func (p *Pages) checkSurvey(w http.ResponseWriter, r *http.Request) error {
	in := &surveyForm{}
	err := web.Decode(r, in)
	if r.MultipartForm != nil {
		defer r.MultipartForm.RemoveAll()
	}
	if err == nil {
		err = p.readSurvey(r, in)
	}
	switch {
	case in.Failed(err):
		return p.showSurvey(w, r, in, http.StatusUnprocessableEntity)
	case err != nil:
		return err
	case len(in.Read.Flaws) > 0:
		return p.showSurvey(w, r, in, http.StatusUnprocessableEntity)
	}
	return p.showSurvey(w, r, in, http.StatusOK)
}

func (p *Pages) readSurvey(r *http.Request, in *surveyForm) error {
	ctx := r.Context()
	content, head, err := formFile(r)
	if err != nil {
		return err
	}
	defer content.Close()
	var read scorecard.SurveyRead
	err = p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		read, err = p.Desk.ReadSurvey(ctx, q, web.Actor(ctx), scorecard.SurveyFile{Round: r.PathValue("round"), Stage: scorecard.Stage(in.Stage), Content: content, Size: head.Size})
		return err
	})
	if err != nil {
		if x := fault.As(err); x != nil && len(x.Fields) == 0 && x.Kind == fault.Invalid {
			x.With("file", x.Key, x.Args...)
		}
		return err
	}
	in.Read = &read
	return nil
}

// storeSurvey stores what a check showed, all or none of it.
func (p *Pages) storeSurvey(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &surveyForm{}
	err := web.Decode(r, in)
	if err == nil {
		rows := make([]scorecard.SurveyRow, 0, len(in.Rows))
		for _, s := range in.Rows {
			x, ok := scorecard.ParseSurveyRow(s)
			if !ok {
				return fault.New(fault.Invalid, "web.form.broken")
			}
			rows = append(rows, x)
		}
		stage := scorecard.Stage(in.Stage)
		if err = p.Desk.StoreSurvey(ctx, web.Actor(ctx), r.PathValue("round"), stage, in.Source, rows); err == nil {
			return web.SeeOther(w, r, appraiseURL(r.PathValue("round"), stage, ""), "survey.stored", "Count", len(rows))
		}
	}
	if !in.Failed(err) {
		return err
	}
	status := http.StatusUnprocessableEntity
	if fault.Is(err, fault.Conflict) {
		in.Rows = nil // what was checked does not hold any more: the file is read anew
		status = http.StatusConflict
	}
	return p.showSurvey(w, r, in, status)
}
