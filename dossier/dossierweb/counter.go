package dossierweb

import (
	"context"
	"crypto/rand"
	"net/http"
	"slices"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/dossier"
	"cchc/procedure"
	"cchc/unit"
)

// mostFound is how many procedures a search shows: what fits beside the search
// field without scrolling.
const mostFound = 8

// A counterView is what the counter's page (tiếp nhận) shows.
type counterView struct {
	in     *counterForm
	units  []ui.Option
	found  []*procedure.Version
	chosen *procedure.Version
	promise
	alike []dossier.Alike // what this one may repeat
	focus string          // where the cursor begins
}

// A promise is what would be promised, or why nothing can be.
type promise struct {
	dossier.Promise
	ready bool
	wrong *fault.Fault
	fees  []procedure.Fee
}

// counter shows the counter with what was typed so far. It changes nothing: a
// POST only keeps an applicant's data out of addresses and their logs.
func (p *Pages) counter(w http.ResponseWriter, r *http.Request) error {
	in := &counterForm{}
	if err := web.Decode(r, in); err != nil && !in.Failed(err) {
		return err
	}
	unread := in.Fault
	in.Fault = nil // nothing was sent to be saved: what is missing is told then
	if err := p.replacement(r.Context(), in); err != nil {
		return err
	}
	scanned, card := in.scan()
	v, err := p.counterView(r.Context(), in)
	if err != nil {
		return err
	}
	if unread != nil { // a date computed without what cannot be read would be a wrong one
		v.ready, v.wrong = false, unread
	}
	part := r.Header.Get("HX-Request") != ""
	status := http.StatusOK
	switch {
	case card != nil:
		in.Fault, v.focus = card, card.Fields[0].Name
		if !part {
			status = http.StatusUnprocessableEntity
		}
	case scanned: // the card told what the cursor was waiting for; it knows no phone
		if v.focus == "save" && in.Value("phone") == "" {
			v.focus = "phone"
		}
	case part:
		v.focus = "" // a part that comes while somebody types leaves their cursor alone
	}
	return web.Render(w, r, status, counterPage(v))
}

// receive takes the dossier in and leads to its page.
func (p *Pages) receive(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &counterForm{}
	err := web.Decode(r, in)
	if in.Unit == "" {
		in.Unit = string(web.Actor(ctx).Home())
	}
	if _, card := in.scan(); card != nil && err == nil {
		err = card
	}
	if err == nil {
		err = in.complete()
	}
	var d dossier.Dossier
	if err == nil {
		take := p.Desk.Receive
		if in.Do == "register" {
			take = p.Desk.Register
		}
		d, err = take(ctx, web.Actor(ctx), in.application())
	}
	if in.Failed(err) {
		status := http.StatusUnprocessableEntity
		if in.Fault.Kind == fault.Conflict {
			status = http.StatusConflict
			in.Set("token", rand.Text()) // the form was used up; what is in it now is another dossier
		}
		in.Fault = relocate(in.Fault)
		v, err := p.counterView(ctx, in)
		if err != nil {
			return err
		}
		v.focus = ""
		return web.Render(w, r, status, counterPage(v))
	}
	if err != nil {
		return err
	}
	if d.AcceptedAt == 0 {
		return web.SeeOther(w, r, dossierURL(d.Code), "dossierweb.registered", "Code", d.Code)
	}
	return web.SeeOther(w, r, dossierURL(d.Code)+"?received=1", "dossierweb.received", "Code", d.Code, "Due", d.Due)
}

// relocate moves what is wrong with a case from the procedure to the field where
// the case is chosen.
func relocate(f *fault.Fault) *fault.Fault {
	for i := range f.Fields {
		if k := f.Fields[i].Key; k == "procedure.case_needed" || k == "procedure.case_unknown" {
			f.Fields[i].Name = "case"
		}
	}
	return f
}

func (p *Pages) counterView(ctx context.Context, in *counterForm) (*counterView, error) {
	a := web.Actor(ctx)
	if err := p.Desk.Guard.CheckAnywhere(a, auth.DossierReceive); err != nil {
		return nil, err
	}
	v := &counterView{in: in}
	err := p.Desk.DB.Snapshot(ctx, func(s *db.Snapshot) error {
		units, err := p.receivingUnits(ctx, s)
		if err != nil {
			return err
		}
		in.begin(a.Home(), units)
		for _, u := range units {
			v.units = append(v.units, ui.Option{Value: string(u.ID), Text: u.Name})
		}
		now := p.Desk.DB.Now()
		if v.alike, err = p.Desk.Alike(ctx, s, in.application()); err != nil {
			return err
		}
		for _, x := range v.alike {
			if !slices.Contains(in.Seen, x.Code) { // another one: what was ticked was of others
				in.tick("repeated", false)
			}
		}
		if err := p.search(ctx, s, v, units, now); err != nil {
			return err
		}
		if v.chosen == nil {
			return nil
		}
		in.fill(v.chosen)
		in.bring(v.chosen)
		v.promise, err = p.promised(ctx, s, in, v.chosen, now)
		return err
	})
	if err != nil {
		return nil, err
	}
	v.focus = v.nextField()
	return v, nil
}

// receivingUnits returns the units in which the actor may receive, those above
// before those below.
func (p *Pages) receivingUnits(ctx context.Context, q db.Queryer) ([]unit.Unit, error) {
	tree, err := p.Desk.Units.Today(ctx, q)
	if err != nil {
		return nil, err
	}
	var out []unit.Unit
	seen := map[unit.ID]bool{}
	for _, root := range auth.Roots(web.Actor(ctx), auth.DossierReceive) {
		roots := []unit.ID{root}
		if root == "" {
			roots = tree.Roots()
		}
		for _, top := range roots {
			for _, id := range tree.Subtree(top) {
				if u, ok := tree.Unit(id); ok && !seen[id] {
					seen[id] = true
					out = append(out, u)
				}
			}
		}
	}
	return out, nil
}

// search finds the procedures for what was typed, those of the unit's own level
// first, and the one that is chosen.
func (p *Pages) search(ctx context.Context, q db.Queryer, v *counterView, units []unit.Unit, now moment.Instant) error {
	in := v.in
	day := in.day(now)
	if in.Query != "" && in.Query != in.Asked || in.Procedure == "" && in.Query != "" {
		level := ""
		for _, u := range units {
			if string(u.ID) == in.Value("unit") {
				level = u.Level
			}
		}
		seen := map[string]bool{}
		for _, level := range []string{level, ""} {
			hits, err := p.Desk.Procedures.Search(ctx, q, in.Query, procedure.Filter{On: day, Level: level}, mostFound)
			if err != nil {
				return err
			}
			for _, h := range hits {
				if !seen[h.ID] && len(v.found) < mostFound {
					seen[h.ID] = true
					v.found = append(v.found, h)
				}
			}
		}
		if len(v.found) == 1 && in.Procedure == "" {
			in.Procedure = v.found[0].Code
		}
	}
	in.Set("asked", in.Query)
	in.Set("procedure", in.Procedure)
	if in.Procedure == "" {
		return nil
	}
	chosen, err := p.Desk.Procedures.InForce(ctx, q, in.Procedure, day)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	v.chosen = chosen
	for _, h := range v.found {
		if h.ID == chosen.ID {
			return nil
		}
	}
	v.found = append([]*procedure.Version{chosen}, v.found...)
	return nil
}

func (p *Pages) promised(ctx context.Context, q db.Queryer, in *counterForm, v *procedure.Version, now moment.Instant) (promise, error) {
	out := promise{fees: v.FeesOf(procedure.Channel(in.Value("channel")))}
	app := in.application()
	got, err := p.Desk.Promised(ctx, q, app, now)
	if f := fault.As(err); f != nil && f.Kind != fault.Unavailable {
		out.wrong = relocate(f)
		return out, nil
	}
	if err != nil {
		return out, err
	}
	out.Promise, out.ready = got, true
	return out, nil
}

// nextField is where the cursor belongs: the first thing that is not known yet.
func (v *counterView) nextField() string {
	switch {
	case v.chosen == nil && len(v.found) == 0:
		return "q"
	case v.chosen == nil:
		return "procedure"
	case v.wrong != nil && len(v.wrong.Fields) > 0 && v.wrong.Fields[0].Name == "case":
		return "case"
	case v.in.Value("name") == "":
		return "name" // to be typed, or scanned
	case len(v.alike) > 0 && v.in.Value("repeated") == "":
		return "repeated"
	}
	return "save"
}
