package procedureweb

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/calendar"
	"cchc/procedure"
)

// An editForm is the form of any part; each uses some of its fields.
type editForm struct {
	web.Form
	Basis  string `form:"basis"`
	Reason string `form:"reason"`
	Case   string `form:"case"`
	Stamp  string `form:"stamp"`
	Do     string `form:"do"` // save, or a button of the sheet

	Code        string              `form:"code"`
	Name        string              `form:"name"`
	From        moment.Date         `form:"from"`
	Level       string              `form:"level"`
	Sector      string              `form:"sector"`
	Decision    string              `form:"decision"`
	Channels    []procedure.Channel `form:"channels"`
	Online      string              `form:"online_level"`
	StopsAs     string              `form:"stops_as"`
	Closes      bool                `form:"closes"`
	ClosesAfter int                 `form:"closes_after"`
	After15h    bool                `form:"after_15h"`
	HardArea    bool                `form:"hard_area"`
	Anywhere    bool                `form:"non_territorial"`
	Obligation  bool                `form:"obligation"`
}

type editView struct {
	Part     string
	Code     string
	Last     *procedure.Version // nil for a new procedure
	Form     *editForm
	Sheet    *sheet
	Cases    []ui.Option // of steps, when the procedure has cases
	Sum      string      // of the steps, beside what they must add up to
	Want     string
	Fits     bool
	Problems []problemRow
	Raw      []ui.Fact
	Next     string
	Propose  bool
}

// edit answers the form of a part: as it is stored, as it was typed, or saved.
func (p *Pages) edit(part string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		ctx := r.Context()
		if err := p.may(ctx); err != nil {
			return err
		}
		v := editView{Part: part, Code: r.PathValue("code"), Form: &editForm{}}
		if part != "new" || v.Code != "-" {
			var err error
			if _, v.Last, err = p.last(ctx, v.Code); err != nil {
				return err
			}
		}
		decoded := web.Decode(r, v.Form)
		switch part {
		case "steps":
			v.Sheet = stepSheet(ctx)
		case "papers":
			v.Sheet = paperSheet(ctx)
		case "fees":
			v.Sheet = feeSheet(ctx)
		default:
			v.Sheet = limitSheet(ctx)
		}
		if err := p.beside(ctx, &v); err != nil {
			return err
		}
		if r.Method == http.MethodGet {
			v.Form.Fault = nil
			v.load(ctx)
			return p.render(w, r, http.StatusOK, &v)
		}
		if v.Sheet.move(&v.Form.Form, v.Form.Do) {
			v.Form.Fault = nil
			return p.render(w, r, http.StatusOK, &v)
		}
		v.Sheet.rows(&v.Form.Form)
		err := decoded
		if err == nil {
			err = p.save(ctx, &v)
		}
		if err == nil {
			to := pathOf(v.Code, "")
			if part == "settle" {
				to = nextURL(v.Code)
			}
			return web.SeeOther(w, r, to, "procedureweb.saved")
		}
		if !v.Form.Failed(err) {
			return err
		}
		status := http.StatusUnprocessableEntity
		if v.Form.Fault.Kind == fault.Conflict {
			status = http.StatusConflict
			if v.Last != nil { // what is shown beside is what holds now: saving again is meant
				v.Form.Stamp = v.Last.Stamp()
			}
		}
		return p.render(w, r, status, &v)
	}
}

func (p *Pages) render(w http.ResponseWriter, r *http.Request, status int, v *editView) error {
	if v.Last != nil && v.Form.Stamp == "" {
		v.Form.Stamp = v.Last.Stamp()
	}
	v.Form.Set("stamp", v.Form.Stamp)
	v.sums()
	return web.Render(w, r, status, editPage(*v))
}

// beside reads what stands beside a form: what could not be read, and the
// original.
func (p *Pages) beside(ctx context.Context, v *editView) (err error) {
	if v.Last == nil {
		return nil
	}
	v.Next = nextURL(v.Code)
	v.Problems = problemRows(ctx, v.Last)
	if v.Part == "settle" || v.Part == "fees" {
		if v.Raw, err = p.raw(ctx, v.Last.ID); err != nil {
			return err
		}
	}
	if cs := v.Last.Cases(); v.Part == "steps" && len(cs) > 0 {
		v.Cases = []ui.Option{{Text: i18n.T(ctx, "procedureweb.any_case")}}
		for _, c := range cs {
			v.Cases = append(v.Cases, ui.Option{Value: c, Text: c})
		}
	}
	return nil
}

// load fills the form with what is stored.
func (v *editView) load(ctx context.Context) {
	f, last := &v.Form.Form, v.Last
	switch v.Part {
	case "steps":
		steps := ownSteps(last, v.Form.Case)
		if len(steps) == 0 {
			if l, _, ok := last.Limit(v.Form.Case, "", ""); ok {
				steps, v.Propose = procedure.ProposeSteps(l), true
			}
		}
		v.Sheet.load(f, stepRows(steps))
	case "papers":
		v.Sheet.load(f, paperRows(last.Papers))
	case "fees":
		v.Sheet.load(f, feeRows(last.Fees))
	case "settle":
		v.Sheet.load(f, nil)
	case "new":
		v.loadNew(f, last)
	}
}

func ownSteps(v *procedure.Version, c string) []procedure.Step {
	var out []procedure.Step
	for _, s := range v.Steps {
		if s.Case == c {
			out = append(out, s)
		}
	}
	return out
}

func (v *editView) loadNew(f *web.Form, last *procedure.Version) {
	if last == nil {
		f.Set("stops_as", string(calendar.Pause))
		f.Set("level", procedure.Commune)
		f.Set("channels", string(procedure.Direct))
		v.Sheet.load(f, nil)
		return
	}
	f.Set("code", last.Code)
	f.Set("name", last.Name)
	f.Set("level", last.Level)
	f.Set("sector", last.Sector)
	var cs []string
	for _, c := range last.Channels {
		cs = append(cs, string(c))
	}
	f.Set("channels", cs...)
	f.Set("online_level", last.OnlineLevel)
	f.Set("stops_as", string(last.StopsAs))
	for name, on := range map[string]bool{"closes": last.Closes, "after_15h": last.After15h, "hard_area": last.HardAreaExtra, "non_territorial": last.NonTerritorial, "obligation": last.Obligation} {
		if on {
			f.Set(name, "on")
		}
	}
	if last.ClosesAfter > 0 {
		f.Set("closes_after", i18n.Number(context.Background(), last.ClosesAfter))
	}
	v.Sheet.load(f, limitRows(last.Limits))
}

// sums says what the steps add up to beside the limit.
func (v *editView) sums() {
	if v.Part != "steps" {
		return
	}
	_, sum := v.Sheet.steps(&v.Form.Form, fault.New(fault.Invalid, "procedure.invalid"))
	v.Sum = sum.VN()
	if want, ok := v.Last.StepHours(v.Form.Case); ok {
		v.Want, v.Fits = want.VN(), want == sum
	}
}

// save stores a part through the room's verb.
func (p *Pages) save(ctx context.Context, v *editView) error {
	a, in := web.Actor(ctx), v.Form
	reg := p.Registry
	if v.Last != nil {
		reg = reg.Expecting(v.Last.ID, in.Stamp)
	}
	f := fault.New(fault.Invalid, "procedure.invalid", "Code", v.Code)
	form := &in.Form
	switch v.Part {
	case "steps":
		steps, _ := v.Sheet.steps(form, f)
		if err := f.Or(); err != nil {
			return err
		}
		return reg.SetSteps(ctx, a, v.Last.ID, in.Case, steps)
	case "papers":
		papers := v.Sheet.papers(form, f)
		if err := f.Or(); err != nil {
			return err
		}
		return reg.SetPapers(ctx, a, v.Last.ID, papers)
	case "fees":
		fees := v.Sheet.fees(form, f)
		if strings.TrimSpace(in.Basis) == "" {
			f.With("basis", "procedure.basis_missing")
		}
		if err := f.Or(); err != nil {
			return err
		}
		return reg.SetFees(ctx, a, v.Last.ID, fees, in.Basis)
	case "settle":
		limits := v.Sheet.limits(form, f)
		if err := f.Or(); err != nil {
			return err
		}
		return reg.Settle(ctx, a, v.Last.ID, procedure.Settlement{Limits: limits, Basis: in.Basis})
	}
	return p.saveNew(ctx, reg, v, f)
}

// saveNew publishes a version beside the old one. Papers and fees are carried
// over, and steps where the limits that they add up to stay.
func (p *Pages) saveNew(ctx context.Context, reg *procedure.Registry, v *editView, f *fault.Fault) error {
	in := v.Form
	n := procedure.Version{Code: in.Code, Name: in.Name, From: in.From, Level: in.Level, Sector: in.Sector, Decision: in.Decision, Channels: in.Channels,
		OnlineLevel: in.Online, StopsAs: calendar.StopKind(in.StopsAs), Closes: in.Closes, ClosesAfter: in.ClosesAfter, After15h: in.After15h,
		HardAreaExtra: in.HardArea, NonTerritorial: in.Anywhere, Obligation: in.Obligation}
	n.Limits = v.Sheet.limits(&in.Form, f)
	if err := f.Or(); err != nil {
		return err
	}
	dropped := false
	if last := v.Last; last != nil {
		n.Code = last.Code
		n.SectorCode, n.Kind, n.Subjects = last.SectorCode, last.Kind, last.Subjects
		n.Apology, n.PaperCount, n.PaperGroups = last.Apology, last.PaperCount, last.PaperGroups
		n.Papers, n.Fees = last.Papers, last.Fees
		if sameLimits(last.Limits, n.Limits) {
			n.Steps = last.Steps
		} else {
			dropped = len(last.Steps) > 0
		}
		for i := range n.Limits { // an unchanged limit keeps where it comes from
			for _, o := range last.Limits {
				if o.Case == n.Limits[i].Case && o.Channel == n.Limits[i].Channel && o.Area == n.Limits[i].Area && o.Limit == n.Limits[i].Limit {
					n.Limits[i].Basis = o.Basis
				}
			}
		}
	}
	n.DiffersByChannel = slices.ContainsFunc(n.Limits, func(l procedure.Limit) bool { return l.Channel != "" })
	if strings.TrimSpace(in.Decision) == "" {
		f.With("decision", "procedure.basis_missing")
		return f
	}
	if _, err := reg.NewVersion(ctx, web.Actor(ctx), n, in.Decision); err != nil {
		return err
	}
	v.Code = strings.TrimSpace(n.Code)
	if dropped {
		web.Warn(ctx, "procedureweb.steps_dropped")
	}
	return nil
}

func sameLimits(a, b []procedure.Limit) bool {
	key := func(list []procedure.Limit) []string {
		var out []string
		for _, l := range list {
			out = append(out, strings.Join([]string{l.Case, string(l.Channel), l.Area, l.Limit.String()}, "|"))
		}
		slices.Sort(out)
		return out
	}
	return slices.Equal(key(a), key(b))
}
