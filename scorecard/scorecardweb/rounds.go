package scorecardweb

import (
	"context"
	"net/http"
	"slices"
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

const roundsPath = Path + "/rounds"

func roundURL(id string) string { return roundsPath + "/" + id }

func (p *Pages) registerRounds(mux *web.Mux) {
	mux.Handle("GET "+roundsPath, web.SignedIn, p.rounds)
	mux.Handle("GET "+roundsPath+"/new", web.SignedIn, p.roundNew)
	mux.Handle("POST "+roundsPath+"/new", web.SignedIn, p.roundOpen)
	mux.Handle("GET "+roundsPath+"/{round}", web.SignedIn, p.round)
	mux.Handle("GET "+roundsPath+"/{round}/calendar", web.SignedIn, p.calendar)
	mux.Handle("POST "+roundsPath+"/{round}/calendar", web.SignedIn, p.setCalendar)
	mux.Handle("POST "+roundsPath+"/{round}/reopen", web.SignedIn, p.reopen)
	mux.Handle("GET "+roundsPath+"/{round}/appraisers", web.SignedIn, p.appraisers)
	mux.Handle("POST "+roundsPath+"/{round}/appraisers", web.SignedIn, p.assign)
	mux.Handle("POST "+roundsPath+"/{round}/sheets", web.SignedIn, p.refreshSheets)
	mux.Handle("POST "+roundsPath+"/{round}/measures", web.SignedIn, p.takeMeasures)
	mux.Handle("GET "+roundsPath+"/{round}/approve", web.SignedIn, p.askApprove)
	mux.Handle("POST "+roundsPath+"/{round}/approve", web.SignedIn, p.approve)
	mux.Handle("GET "+roundsPath+"/{round}/delete", web.SignedIn, p.askDelete)
	mux.Handle("POST "+roundsPath+"/{round}/delete", web.SignedIn, p.deleteRound)
}

// A roundRow is a round in the list, with the person's own sheets in it.
type roundRow struct {
	scorecard.Round
	UnitName string
	Stage    scorecard.Stage // that is open now; "" for none
	Board    bool
	Mine     []mySheet
	Work     []scorecard.Stage // stages in which the person may score now
}

type mySheet struct {
	scorecard.Sheet
	Name string
}

func (p *Pages) rounds(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	a := web.Actor(ctx)
	var list []roundRow
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		all, err := p.Desk.Rounds(ctx, q, a)
		if err != nil {
			return err
		}
		for _, x := range all {
			row := roundRow{Round: x, Stage: x.Now(p.Desk.DB.Now())}
			if row.UnitName, err = p.unitName(ctx, q, x.Unit); err != nil {
				return err
			}
			if row.Board, err = p.Desk.Guard.May(ctx, q, a, auth.ScoreRead, x.Unit); err != nil {
				return err
			}
			if row.Work, err = p.Desk.WorkIn(ctx, q, a, x); err != nil {
				return err
			}
			if row.Mine, err = p.mySheets(ctx, q, x); err != nil {
				return err
			}
			list = append(list, row)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, roundsView(list, len(auth.Roots(a, auth.RoundKeep)) > 0))
}

// mySheets are the sheets of a round that the person may score as their own unit's.
func (p *Pages) mySheets(ctx context.Context, q db.Queryer, r scorecard.Round) ([]mySheet, error) {
	a := web.Actor(ctx)
	sheets, err := p.Desk.Sheets(ctx, q, a, r)
	if err != nil {
		return nil, err
	}
	var out []mySheet
	for _, s := range sheets {
		ok, err := p.Desk.MayEnter(ctx, q, a, s.Unit)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		name, err := p.unitName(ctx, q, s.Unit)
		if err != nil {
			return nil, err
		}
		out = append(out, mySheet{s, name})
	}
	return out, nil
}

// roundForm is what a new round is made of.
type roundForm struct {
	web.Form
	Unit   string      `form:"unit"`
	Name   string      `form:"name"`
	Basis  string      `form:"basis"`
	Set    string      `form:"set"`
	From   moment.Date `form:"from"`
	To     moment.Date `form:"to"`
	CutOff moment.Date `form:"cutoff"`
	Do     string      `form:"do"`

	Units  []ui.Option
	Sets   []ui.Option
	Blocks []string // groups that may have a set of their own
	Plan   *planned // what would be made; nil before it was asked
}

type planned struct {
	Scored []scorecard.Scored
	Gone   []scorecard.Gone
	Names  map[unit.ID]string
}

// windowsOf reads the calendar out of a form: opens.STAGE and closes.STAGE.
func windowsOf(form *web.Form) ([]scorecard.Window, error) {
	f := fault.New(fault.Invalid, "rounds.invalid")
	at := func(name string) moment.Instant {
		s := strings.TrimSpace(form.Value(name))
		if s == "" {
			return 0
		}
		i, err := moment.ParseInstant(s)
		if err != nil {
			f.With(name, "rounds.instant_wrong", "Value", clipped(s))
		}
		return i
	}
	var out []scorecard.Window
	for _, s := range scorecard.Stages {
		w := scorecard.Window{Stage: s, Opens: at("opens." + string(s)), Closes: at("closes." + string(s))}
		if w.Opens != 0 || w.Closes != 0 {
			out = append(out, w)
		}
	}
	return out, f.Or()
}

func setWindows(form *web.Form, list []scorecard.Window) {
	for _, w := range list {
		if w.Opens != 0 {
			form.Set("opens."+string(w.Stage), typedInstant(w.Opens))
		}
		if w.Closes != 0 {
			form.Set("closes."+string(w.Stage), typedInstant(w.Closes))
		}
	}
}

// typedInstant writes an instant as it can be typed.
func typedInstant(i moment.Instant) string { return i.Date().VN() + i.Time().Format(" 15:04") }

// usual proposes a calendar: a month for the units, then about two weeks a stage.
func usual(today moment.Date) []scorecard.Window {
	var out []scorecard.Window
	from := today.AddDays(1)
	for i, s := range scorecard.Stages[:6] {
		days := []int{20, 14, 7, 10, 7, 7}[i]
		out = append(out, scorecard.Window{Stage: s, Opens: from.At(8 * 3600), Closes: from.AddDays(days).At(17 * 3600)})
		from = from.AddDays(days + 1)
	}
	return out
}

func (p *Pages) roundNew(w http.ResponseWriter, r *http.Request) error {
	in := &roundForm{}
	if err := web.Decode(r, in); err != nil && !in.Failed(err) {
		return err
	}
	in.Fault = nil
	year := p.Desk.DB.Now().Date().Time().Year()
	for name, value := range map[string]string{"from": moment.NewDate(year, 1, 1).VN(), "to": moment.NewDate(year, 12, 31).VN()} {
		if in.Value(name) == "" {
			in.Form.Set(name, value)
		}
	}
	setWindows(&in.Form, usual(p.Desk.DB.Now().Date()))
	return p.showRoundNew(w, r, in, http.StatusOK)
}

func (p *Pages) showRoundNew(w http.ResponseWriter, r *http.Request, in *roundForm, status int) error {
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
			if v.State == scorecard.Issued {
				in.Sets = append(in.Sets, ui.Option{Value: v.ID, Text: v.Title + " (" + versionText(ctx, v) + ")"})
			}
		}
		if err != nil {
			return err
		}
		return p.offerBlocks(ctx, q, in)
	})
	if err != nil {
		return err
	}
	for name, key := range map[string]string{"name": "name", "unit": "unit", "set": "set", "from": "from", "to": "to", "cutoff": "cutoff"} {
		in.Call(name, i18n.T(ctx, "rounds."+key))
	}
	callWindows(ctx, &in.Form)
	return web.Render(w, r, status, roundNewView(in))
}

func callWindows(ctx context.Context, form *web.Form) {
	for _, s := range scorecard.Stages {
		form.Call("opens."+string(s), i18n.T(ctx, "rounds.stage."+string(s))+", "+i18n.T(ctx, "rounds.opens"))
		form.Call("closes."+string(s), i18n.T(ctx, "rounds.stage."+string(s))+", "+i18n.T(ctx, "rounds.closes"))
	}
}

func (p *Pages) roundOpen(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &roundForm{}
	err := web.Decode(r, in)
	var windows []scorecard.Window
	if err == nil {
		windows, err = windowsOf(&in.Form)
	}
	if err == nil {
		n := scorecard.NewRound{Unit: unit.ID(in.Unit), Name: in.Name, Basis: in.Basis, Set: in.Set, Groups: groupsOf(&in.Form), From: in.From, To: in.To, CutOff: in.CutOff,
			Windows: windows}
		if in.Do == "open" {
			var x scorecard.Round
			if x, err = p.Desk.OpenRound(ctx, web.Actor(ctx), n); err == nil {
				return web.SeeOther(w, r, roundURL(x.ID), "rounds.opened")
			}
		} else if in.Plan, err = p.planned(ctx, n); err == nil {
			return p.showRoundNew(w, r, in, http.StatusOK)
		}
	}
	if !in.Failed(err) {
		return err
	}
	return p.showRoundNew(w, r, in, http.StatusUnprocessableEntity)
}

func (p *Pages) planned(ctx context.Context, n scorecard.NewRound) (*planned, error) {
	out := &planned{Names: map[unit.ID]string{}}
	return out, p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		if _, out.Scored, out.Gone, err = p.Desk.PlanRound(ctx, q, web.Actor(ctx), n); err != nil {
			return err
		}
		var parts []unit.Part
		for _, s := range out.Scored {
			parts = append(parts, s.Before...)
		}
		for _, g := range out.Gone {
			parts = append(parts, g.After...)
		}
		return p.nameParts(ctx, q, parts, out.Names)
	})
}

func (p *Pages) nameParts(ctx context.Context, q db.Queryer, parts []unit.Part, names map[unit.ID]string) (err error) {
	for _, x := range parts {
		if names[x.Unit] == "" {
			if names[x.Unit], err = p.unitName(ctx, q, x.Unit); err != nil {
				return err
			}
		}
	}
	return nil
}

// partNames lists units by name.
func partNames(parts []unit.Part, names map[unit.ID]string) string {
	var out []string
	for _, x := range parts {
		out = append(out, names[x.Unit])
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}
