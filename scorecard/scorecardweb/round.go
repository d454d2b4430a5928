package scorecardweb

import (
	"context"
	"net/http"
	"strings"

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

// A boardPage is how far a round is.
type boardPage struct {
	scorecard.Progress
	Names    map[unit.ID]string
	Fields   map[string]string // names by code
	Work     []scorecard.Stage
	Mine     []mySheet
	MayKeep  bool
	MayAllow bool // approve
	Now      moment.Instant
	Only     string // filter
}

func (p *Pages) round(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	a := web.Actor(ctx)
	v := &boardPage{Names: map[unit.ID]string{}, Now: p.Desk.DB.Now(), Only: r.URL.Query().Get("show")}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		if v.Progress, err = p.Desk.Progress(ctx, q, a, r.PathValue("round")); err != nil {
			return err
		}
		for _, g := range v.Gone {
			if err := p.nameParts(ctx, q, g.After, v.Names); err != nil {
				return err
			}
		}
		if v.Fields, err = p.fieldNames(ctx, q, v.Round); err != nil {
			return err
		}
		if v.Work, err = p.Desk.WorkIn(ctx, q, a, v.Round); err != nil {
			return err
		}
		if v.Mine, err = p.mySheets(ctx, q, v.Round); err != nil {
			return err
		}
		if v.MayKeep, err = p.Desk.Guard.May(ctx, q, a, auth.RoundKeep, v.Round.Unit); err != nil {
			return err
		}
		v.MayAllow, err = p.Desk.Guard.May(ctx, q, a, auth.ResultPublish, v.Round.Unit)
		return err
	})
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, boardView(v))
}

// fieldNames names the fields of a round's sets, and its bonus and penalty.
func (p *Pages) fieldNames(ctx context.Context, q db.Queryer, r scorecard.Round) (map[string]string, error) {
	fields, err := p.Desk.Fields(ctx, q, r)
	out := map[string]string{}
	for _, f := range fields {
		out[f.Code] = sectionText(ctx, f)
	}
	return out, err
}

func sectionText(ctx context.Context, f scorecard.Section) string {
	if f.Name == "" {
		return i18n.T(ctx, "rounds.section."+f.Code)
	}
	return f.Code + ". " + f.Name
}

// shown reports whether a row passes the board's filter.
func (v *boardPage) shown(x scorecard.Standing) bool {
	switch v.Only {
	case "not_begun":
		return !x.Missing && !x.Begun && x.HandedIn == 0
	case "drafts":
		return !x.Missing && x.Begun && x.HandedIn == 0
	case "late":
		return x.Sheet.LateDays > 0
	case "missing":
		return x.Missing
	case "evidence":
		return x.Lacks > 0
	case "waiting":
		return x.Waiting > 0
	case "appeals":
		return x.Appeals > 0
	}
	return true
}

func (v *boardPage) heading(ctx context.Context) string {
	n := len(v.Units) - v.Missing
	if v.Round.Approved != 0 {
		return i18n.T(ctx, "rounds.board.approved", "Name", v.Round.Name)
	}
	return i18n.T(ctx, "rounds.board.heading", "In", v.HandedIn, "Of", n)
}

func (v *boardPage) stats(ctx context.Context) []ui.StatProps {
	at := func(show string) string { return roundURL(v.Round.ID) + "?show=" + show + "#units" }
	one := func(n int, key string, kind ui.Kind) ui.StatProps {
		s := ui.StatProps{Value: i18n.Number(ctx, n), Label: i18n.T(ctx, "rounds.stat."+key), URL: at(key)}
		if n > 0 {
			s.Kind = kind
		}
		return s
	}
	lacks := 0
	for _, x := range v.Units {
		lacks += x.Lacks
	}
	return []ui.StatProps{one(v.NotBegun, "not_begun", ui.Soon), one(v.Drafts, "drafts", ui.Neutral), one(v.Late, "late", ui.Late), one(lacks, "evidence", ui.Soon),
		one(v.Waiting, "waiting", ui.Soon), one(v.Missing, "missing", ui.Late)}
}

// waits says what a unit's sheet is waiting for.
func (v *boardPage) waits(ctx context.Context, x scorecard.Standing) string {
	r := v.Round
	switch {
	case x.Missing && x.Sheet.ID == "":
		return i18n.T(ctx, "rounds.waits.no_sheet")
	case x.Missing:
		return x.Sheet.RemovedWhy
	case r.Approved != 0 && x.Appeals > 0:
		return i18n.T(ctx, "rounds.waits.appeal")
	case r.Approved != 0:
		return ""
	case x.HandedIn == 0 && x.Sheet.Draft(r, v.Now):
		return i18n.T(ctx, "rounds.waits.unit")
	case x.HandedIn == 0:
		return i18n.T(ctx, "rounds.waits.keeper")
	case x.Waiting > 0:
		return i18n.T(ctx, "rounds.waits.answer", "Count", x.Waiting)
	case r.Open(scorecard.StageAppraised1, x.Sheet.ID, v.Now) && x.First < x.Entered:
		return i18n.T(ctx, "rounds.waits.first", "Count", x.Entered-x.First)
	}
	return ""
}

// calendarForm changes a round's calendar; reopenForm opens a stage again.
type calendarForm struct {
	web.Form
	Reason string `form:"reason"`
}

type reopenForm struct {
	web.Form
	Stage  string `form:"stage"`
	Sheet  string `form:"sheet"`
	Until  string `form:"until"`
	Reason string `form:"reason"`
}

type calendarPage struct {
	Round  scorecard.Round
	In     *calendarForm
	Again  *reopenForm
	Sheets []ui.Option
	Names  map[string]string // of sheets and accounts
	Now    moment.Instant
}

// kept reads a round for who keeps it.
func (p *Pages) kept(ctx context.Context, q db.Queryer, id string) (scorecard.Round, error) {
	a := web.Actor(ctx)
	x, err := p.Desk.Round(ctx, q, a, id)
	if err != nil {
		return x, err
	}
	return x, p.Desk.Guard.Check(ctx, q, a, auth.RoundKeep, x.Unit)
}

func (p *Pages) calendar(w http.ResponseWriter, r *http.Request) error {
	return p.showCalendar(w, r, nil, nil, http.StatusOK)
}

func (p *Pages) showCalendar(w http.ResponseWriter, r *http.Request, in *calendarForm, again *reopenForm, status int) error {
	ctx := r.Context()
	v := &calendarPage{In: in, Again: again, Names: map[string]string{}, Now: p.Desk.DB.Now()}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		if v.Round, err = p.kept(ctx, q, r.PathValue("round")); err != nil {
			return err
		}
		sheets, err := p.Desk.Sheets(ctx, q, web.Actor(ctx), v.Round)
		if err != nil {
			return err
		}
		for _, s := range sheets {
			name, err := p.unitName(ctx, q, s.Unit)
			if err != nil {
				return err
			}
			v.Names[s.ID] = name
			v.Sheets = append(v.Sheets, ui.Option{Value: s.ID, Text: name})
		}
		i18n.SortBy(v.Sheets, func(o ui.Option) string { return o.Text })
		v.Sheets = append([]ui.Option{{Text: i18n.T(ctx, "rounds.reopen.all")}}, v.Sheets...)
		for _, o := range v.Round.Reopenings {
			if v.Names[o.By], err = person(ctx, q, o.By); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if v.In == nil {
		v.In = &calendarForm{}
		setWindows(&v.In.Form, v.Round.Windows)
	}
	if v.Again == nil {
		v.Again = &reopenForm{}
		v.Again.Set("until", typedInstant(v.Now.Date().AddDays(2).At(17*3600)))
	}
	callWindows(ctx, &v.In.Form)
	for _, name := range []string{"stage", "sheet", "until", "reason"} {
		v.Again.Call(name, i18n.T(ctx, "rounds.reopen."+name))
	}
	return web.Render(w, r, status, calendarView(v))
}

func (p *Pages) setCalendar(w http.ResponseWriter, r *http.Request) error {
	in := &calendarForm{}
	err := web.Decode(r, in)
	if err == nil {
		var windows []scorecard.Window
		if windows, err = windowsOf(&in.Form); err == nil {
			if err = p.Desk.SetCalendar(r.Context(), web.Actor(r.Context()), r.PathValue("round"), windows, in.Reason); err == nil {
				return web.SeeOther(w, r, roundURL(r.PathValue("round"))+"/calendar", "rounds.calendar.saved")
			}
		}
	}
	if !in.Failed(err) {
		return err
	}
	return p.showCalendar(w, r, in, nil, http.StatusUnprocessableEntity)
}

func (p *Pages) reopen(w http.ResponseWriter, r *http.Request) error {
	in := &reopenForm{}
	err := web.Decode(r, in)
	if err == nil {
		var until moment.Instant
		if until, err = moment.ParseInstant(strings.TrimSpace(in.Until)); err != nil {
			err = fault.New(fault.Invalid, "rounds.invalid").With("until", "rounds.instant_wrong", "Value", clipped(in.Until))
		} else if err = p.Desk.Reopen(r.Context(), web.Actor(r.Context()), r.PathValue("round"), in.Sheet, scorecard.Stage(in.Stage), until, in.Reason); err == nil {
			return web.SeeOther(w, r, roundURL(r.PathValue("round"))+"/calendar", "rounds.reopened")
		}
	}
	if !in.Failed(err) {
		return err
	}
	return p.showCalendar(w, r, nil, in, http.StatusUnprocessableEntity)
}

func (p *Pages) refreshSheets(w http.ResponseWriter, r *http.Request) error {
	n, err := p.Desk.RefreshSheets(r.Context(), web.Actor(r.Context()), r.PathValue("round"))
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, roundURL(r.PathValue("round")), "rounds.sheets_made", "Count", n)
}

type reasonForm struct {
	web.Form
	Reason string `form:"reason"`
}

func (p *Pages) takeMeasures(w http.ResponseWriter, r *http.Request) error {
	in := &reasonForm{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	n, err := p.Desk.TakeMeasures(r.Context(), web.Actor(r.Context()), r.PathValue("round"), in.Reason)
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, roundURL(r.PathValue("round")), "rounds.measures_taken", "Count", n)
}

// assignForm says who appraises: boxes named STAGE.FIELD with accounts as values.
type appraisersPage struct {
	Round  scorecard.Round
	Form   *web.Form
	Fields []scorecard.Section
	People []ui.Option
	Stages []scorecard.Stage
}

func (p *Pages) appraisers(w http.ResponseWriter, r *http.Request) error {
	return p.showAppraisers(w, r, nil, http.StatusOK)
}

func (p *Pages) showAppraisers(w http.ResponseWriter, r *http.Request, form *web.Form, status int) error {
	ctx := r.Context()
	v := &appraisersPage{Form: form}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		if v.Round, err = p.kept(ctx, q, r.PathValue("round")); err != nil {
			return err
		}
		if v.Fields, err = p.Desk.Fields(ctx, q, v.Round); err != nil {
			return err
		}
		people, err := p.Desk.Appraisers(ctx, q, v.Round)
		if err != nil {
			return err
		}
		for _, x := range people {
			v.People = append(v.People, ui.Option{Value: x.Account, Text: x.Name})
		}
		if v.Form == nil {
			v.Form = &web.Form{}
			list, err := p.Desk.Assignments(ctx, q, v.Round)
			if err != nil {
				return err
			}
			at := map[string][]string{}
			for _, x := range list {
				at[string(x.Stage)+"."+x.Field] = append(at[string(x.Stage)+"."+x.Field], x.Account)
			}
			for name, accounts := range at {
				v.Form.Set(name, accounts...)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, s := range []scorecard.Stage{scorecard.StageAppraised1, scorecard.StageAppraised2} {
		if v.Round.Window(s).Closes != 0 {
			v.Stages = append(v.Stages, s)
		}
	}
	return web.Render(w, r, status, appraisersView(v))
}

func (p *Pages) assign(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &struct{ web.Form }{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	x, err := p.kept(ctx, p.Desk.DB, r.PathValue("round"))
	if err != nil {
		return err
	}
	fields, err := p.Desk.Fields(ctx, p.Desk.DB, x)
	if err != nil {
		return err
	}
	for _, s := range []scorecard.Stage{scorecard.StageAppraised1, scorecard.StageAppraised2} {
		for _, f := range fields {
			name := string(s) + "." + f.Code
			if x.Window(s).Closes == 0 {
				continue
			}
			err := p.Desk.Assign(ctx, web.Actor(ctx), x.ID, s, f.Code, in.Values[name])
			if bad := fault.As(err); bad != nil && bad.Kind == fault.Invalid {
				for i := range bad.Fields {
					bad.Fields[i].Name = name
				}
			}
			if in.Failed(err) {
				return p.showAppraisers(w, r, &in.Form, http.StatusUnprocessableEntity)
			}
			if err != nil {
				return err
			}
		}
	}
	return web.SeeOther(w, r, roundURL(x.ID), "rounds.assigned")
}

type approveForm struct {
	web.Form
	Decision string      `form:"decision"`
	Decided  moment.Date `form:"decided"`
}

type approvePage struct {
	Round       scorecard.Round
	In          *approveForm
	Unappraised int
	Open        bool
}

func (p *Pages) askApprove(w http.ResponseWriter, r *http.Request) error {
	return p.showApprove(w, r, &approveForm{}, http.StatusOK)
}

func (p *Pages) showApprove(w http.ResponseWriter, r *http.Request, in *approveForm, status int) error {
	ctx := r.Context()
	v := &approvePage{In: in}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		if v.Round, err = p.Desk.Round(ctx, q, web.Actor(ctx), r.PathValue("round")); err != nil {
			return err
		}
		if err := p.Desk.Guard.Check(ctx, q, web.Actor(ctx), auth.ResultPublish, v.Round.Unit); err != nil {
			return err
		}
		v.Unappraised, err = p.Desk.Unappraised(ctx, q, v.Round)
		return err
	})
	if err != nil {
		return err
	}
	v.Open = v.Round.Open(scorecard.StageApproved, "", p.Desk.DB.Now())
	return web.Render(w, r, status, approveView(v))
}

func (p *Pages) approve(w http.ResponseWriter, r *http.Request) error {
	in := &approveForm{}
	err := web.Decode(r, in)
	if err == nil {
		if err = p.Desk.Approve(r.Context(), web.Actor(r.Context()), r.PathValue("round"), in.Decision, in.Decided); err == nil {
			return web.SeeOther(w, r, roundURL(r.PathValue("round")), "rounds.approved")
		}
	}
	if !in.Failed(err) {
		return err
	}
	return p.showApprove(w, r, in, http.StatusUnprocessableEntity)
}

func (p *Pages) askDelete(w http.ResponseWriter, r *http.Request) error {
	return p.showDelete(w, r, &reasonForm{}, http.StatusOK)
}

func (p *Pages) showDelete(w http.ResponseWriter, r *http.Request, in *reasonForm, status int) error {
	x, err := p.kept(r.Context(), p.Desk.DB, r.PathValue("round"))
	if err != nil {
		return err
	}
	return web.Render(w, r, status, deleteView(x, in))
}

func (p *Pages) deleteRound(w http.ResponseWriter, r *http.Request) error {
	in := &reasonForm{}
	err := web.Decode(r, in)
	if err == nil {
		if err = p.Desk.DeleteRound(r.Context(), web.Actor(r.Context()), r.PathValue("round"), in.Reason); err == nil {
			return web.SeeOther(w, r, roundsPath, "rounds.deleted")
		}
	}
	if !in.Failed(err) {
		return err
	}
	return p.showDelete(w, r, in, http.StatusUnprocessableEntity)
}
