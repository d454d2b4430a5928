package unitweb

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"cchc/base/api"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/web"
	"cchc/calendar"
	"cchc/dossier"
	"cchc/unit"
)

// A doing is an event of units, ready to be done or looked at: the same call for
// both. It returns the units that were made or carry on.
type doing func(ctx context.Context, r *unit.Registry) ([]unit.ID, error)

// event registers an event and its preview, which is at the same address with
// /preview after it and takes the same body.
func event[I, O any](a *api.API, p *API, op huma.Operation, reads func(ctx context.Context, in *I) (doing, error),
	answer func(ctx context.Context, ids []unit.ID) (*O, error)) {
	api.Handle(a, web.SignedIn, op, func(ctx context.Context, in *I) (*O, error) {
		do, err := reads(ctx, in)
		if err != nil {
			return nil, err
		}
		ids, err := do(ctx, p.Registry)
		if err != nil {
			return nil, err
		}
		return answer(ctx, ids)
	})
	dry := op
	dry.OperationID, dry.Path, dry.DefaultStatus = "preview-"+op.OperationID, strings.TrimSuffix(op.Path, "/")+"/preview", http.StatusOK
	dry.Summary, dry.Description = "See first: "+op.Summary, "Which units change and how, and where dossiers, accounts and calendars would go. It changes nothing."
	dry.Errors, dry.Security, dry.Parameters, dry.Middlewares = nil, nil, nil, nil
	dry.Metadata = map[string]any{api.OwnKey: true}
	api.Handle(a, web.SignedIn, dry, func(ctx context.Context, in *I) (*previewOutput, error) {
		do, err := reads(ctx, in)
		if err != nil {
			return nil, err
		}
		return p.previewed(ctx, do)
	})
}

func (p *API) creating(ctx context.Context, in *createInput) (doing, error) {
	n, err := p.fresh(ctx, &in.Body.NewBody)
	return func(ctx context.Context, r *unit.Registry) ([]unit.ID, error) {
		id, err := r.Create(ctx, api.Actor(ctx), *n, in.Body.act())
		return []unit.ID{id}, err
	}, err
}

func (p *API) amending(ctx context.Context, in *amendInput) (doing, error) {
	b := in.Body
	id, err := p.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	parent, err := p.find(ctx, b.Parent)
	if err != nil {
		return nil, err
	}
	asked := 0
	for _, on := range []bool{b.Name != "", b.Code != "", b.Level != "" || b.Parent != "", b.Area != "" || b.Block != ""} {
		if on {
			asked++
		}
	}
	if asked != 1 {
		return nil, fault.New(fault.Invalid, "api.one_at_a_time")
	}
	return func(ctx context.Context, r *unit.Registry) ([]unit.ID, error) {
		a, ids := api.Actor(ctx), []unit.ID{id}
		switch {
		case b.Name != "":
			return ids, r.Rename(ctx, a, id, b.Name, b.act())
		case b.Code != "":
			return ids, r.ChangeCode(ctx, a, id, b.Code, b.act())
		case b.Level != "":
			return ids, r.ChangeLevel(ctx, a, id, b.Level, parent, b.act())
		case b.Parent != "":
			return ids, r.ChangeParent(ctx, a, id, parent, b.act())
		}
		return ids, r.ChangeFacts(ctx, a, id, b.Area, b.Block, b.act())
	}, nil
}

func (p *API) merging(ctx context.Context, in *mergeInput) (doing, error) {
	var m unit.Merger
	for _, s := range in.Body.From {
		id, err := p.find(ctx, s)
		if err != nil {
			return nil, err
		}
		m.From = append(m.From, id)
	}
	var err error
	if m.Into, err = p.find(ctx, in.Body.Into); err != nil {
		return nil, err
	}
	if m.New, err = p.fresh(ctx, in.Body.New); err != nil {
		return nil, err
	}
	act, err := p.ending(ctx, in.Body.ActBody, in.Body.EndBody)
	return func(ctx context.Context, r *unit.Registry) ([]unit.ID, error) {
		id, err := r.Merge(ctx, api.Actor(ctx), m, act)
		return []unit.ID{id}, err
	}, err
}

func (p *API) splitting(ctx context.Context, in *splitInput) (doing, error) {
	d := unit.Division{Open: -1}
	var err error
	if d.Unit, err = p.find(ctx, in.ID); err != nil {
		return nil, err
	}
	for i, x := range in.Body.Into {
		piece := unit.Piece{Share: unit.Share(x.Share)}
		if piece.Unit, err = p.find(ctx, x.Unit); err != nil {
			return nil, err
		}
		if piece.New, err = p.fresh(ctx, x.New); err != nil {
			return nil, err
		}
		d.Into = append(d.Into, piece)
		if x.Open {
			d.Open = i
		}
	}
	for _, x := range in.Body.Rules {
		if x.Piece >= len(d.Into) {
			return nil, fault.New(fault.Invalid, "unitweb.split_invalid").With("rules", "unit.rule_bad", "Value", x.Value)
		}
		d.Rules = append(d.Rules, unit.PieceRule{Field: x.Field, Value: x.Value, Piece: x.Piece})
	}
	act, err := p.ending(ctx, in.Body.ActBody, in.Body.EndBody)
	return func(ctx context.Context, r *unit.Registry) ([]unit.ID, error) {
		return r.Split(ctx, api.Actor(ctx), d, act)
	}, err
}

func (p *API) dissolving(ctx context.Context, in *dissolveInput) (doing, error) {
	id, err := p.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	to, err := p.find(ctx, in.Body.To)
	if err != nil {
		return nil, err
	}
	act, err := p.ending(ctx, in.Body.ActBody, in.Body.EndBody)
	return func(ctx context.Context, r *unit.Registry) ([]unit.ID, error) {
		return []unit.ID{id}, r.Dissolve(ctx, api.Actor(ctx), id, to, act)
	}, err
}

func (p *API) answerMade(_ context.Context, ids []unit.ID) (*createdOutput, error) {
	out := &createdOutput{Location: "/api/v1/units/" + string(ids[0])}
	for _, id := range ids {
		out.Body.Units = append(out.Body.Units, string(id))
	}
	return out, nil
}

func (p *API) answerUnit(ctx context.Context, ids []unit.ID) (*unitOutput, error) {
	return p.get(ctx, &unitInput{ID: string(ids[0])})
}

// What an event would do.
type (
	apiChanging struct {
		Before *apiUnit `json:"before,omitempty" doc:"Left out for a unit that begins."`
		After  *apiUnit `json:"after,omitempty" doc:"Left out for a unit that ends."`
	}
	apiWay struct {
		Code      string `json:"code"`
		System    string `json:"system,omitempty"`
		Procedure string `json:"procedure,omitempty"`
		Sector    string `json:"sector,omitempty"`
		To        string `json:"to,omitempty" doc:"Id of the unit; left out when a person has to choose."`
		By        string `json:"by" doc:"all, open, or the field of the rule: dossier, procedure, sector, address."`
		Value     string `json:"value,omitempty" doc:"Of the rule."`
	}
	apiGoing struct {
		Account string `json:"account"`
		Name    string `json:"name"`
		Role    string `json:"role"`
		Goes    bool   `json:"goes" doc:"It goes on in the successor; else it ends with the unit."`
	}
	apiLeaving struct {
		From     string     `json:"from" doc:"Id of the unit that is left."`
		To       string     `json:"to,omitempty"`
		Ends     bool       `json:"ends"`
		Dossiers []apiWay   `json:"dossiers" doc:"What is open, and where it goes."`
		Grants   []apiGoing `json:"grants" doc:"Of a unit that ends."`
		Calendar bool       `json:"calendar" doc:"Its own calendar goes on in the successor."`
		OwnDays  int        `json:"own_days" doc:"Days off of its own that lie ahead."`
		OwnWeek  bool       `json:"own_week" doc:"It has a working week of its own."`
		Entered  int        `json:"entered" doc:"Figures that were entered for it; they stay."`
	}
	previewOutput struct {
		Body struct {
			Units   []apiChanging `json:"units"`
			Below   int           `json:"below" doc:"Units below them, which move along."`
			Leaving []apiLeaving  `json:"leaving"`
			Open    int           `json:"open" doc:"Dossiers for which a person would have to choose."`
		}
	}
)

func (p *API) previewed(ctx context.Context, do doing) (*previewOutput, error) {
	would, err := p.Registry.Preview(ctx, func(ctx context.Context, dry *unit.Registry) error {
		_, err := do(ctx, dry)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := &previewOutput{}
	b := &out.Body
	err = p.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		b.Units, b.Leaving, b.Below, b.Open = []apiChanging{}, []apiLeaving{}, would.Below, 0
		ends := map[unit.ID]bool{}
		for _, c := range would.Changed {
			ends[c.ID] = c.Ends
			x := apiChanging{}
			if !c.Begins {
				u := asUnit(c.Before)
				x.Before = &u
			}
			if !c.Ends {
				u := asUnit(c.After)
				if c.Begins { // its id is not kept
					u.ID = ""
				}
				x.After = &u
			}
			b.Units = append(b.Units, x)
		}
		for _, e := range would.Events {
			for _, m := range e.Moves {
				x, open, err := p.leaving(ctx, q, e, m, ends[m.From])
				if err != nil {
					return err
				}
				b.Leaving = append(b.Leaving, x)
				b.Open += open
			}
		}
		return nil
	})
	return out, err
}

func (p *API) leaving(ctx context.Context, q db.Queryer, e unit.Event, m unit.Move, ends bool) (apiLeaving, int, error) {
	x := apiLeaving{From: string(m.From), To: string(m.To), Ends: ends, Dossiers: []apiWay{}, Grants: []apiGoing{}, Calendar: m.Calendar}
	ways, err := p.Pages.Desk.Ways(ctx, q, api.Actor(ctx), m, e.Day)
	if err != nil {
		return x, 0, err
	}
	open := 0
	for _, w := range ways {
		if w.By == dossier.WayOpen {
			open++
		}
		x.Dossiers = append(x.Dossiers, asWay(w))
	}
	if !ends {
		return x, open, nil
	}
	which := m.Grants
	if m.To == "" {
		which = unit.NoGrants
	}
	placed, err := p.Pages.Accounts.GrantsIn(ctx, q, m.From, max(e.Day, p.DB.Now().Date()), which)
	if err != nil {
		return x, 0, err
	}
	for _, g := range placed {
		x.Grants = append(x.Grants, apiGoing{g.Account, g.Name, string(g.Role), g.Goes})
	}
	var week *calendar.Setting
	var days []calendar.DayOff
	if week, days, err = p.Pages.Calendars.Succession(ctx, q, m.From, e.Day); err != nil {
		return x, 0, err
	}
	x.OwnWeek, x.OwnDays = week != nil, len(days)
	x.Entered, err = p.Pages.Index.EnteredCount(ctx, q, m.From)
	return x, open, err
}

func asWay(w dossier.Way) apiWay {
	return apiWay{Code: w.Code, System: w.System, Procedure: w.Procedure, Sector: w.Sector, To: string(w.To), By: w.By, Value: w.Value}
}

type waitingOutput struct {
	Body struct {
		Dossiers   []apiWay `json:"dossiers" doc:"At most 1,000."`
		Successors []string `json:"successors" doc:"Ids of the units to which they may go."`
	}
}

func (p *API) waiting(ctx context.Context, in *unitInput) (*waitingOutput, error) {
	id, err := p.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := &waitingOutput{}
	err = p.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		today := p.DB.Now().Date()
		out.Body.Dossiers, out.Body.Successors = []apiWay{}, []string{}
		ways, err := p.Pages.Desk.Ways(ctx, q, api.Actor(ctx), unit.Move{From: id}, today+1)
		if err != nil {
			return err
		}
		for _, w := range ways[:min(len(ways), 1000)] {
			out.Body.Dossiers = append(out.Body.Dossiers, asWay(w))
		}
		next, err := p.Units.Successors(ctx, q, id, today)
		for _, x := range next {
			if x.Unit != id {
				out.Body.Successors = append(out.Body.Successors, string(x.Unit))
			}
		}
		return err
	})
	return out, err
}

type assignInput struct {
	ID   string `path:"id" maxLength:"60" doc:"Id or agency code of the unit that is left."`
	Body struct {
		To    string   `json:"to" minLength:"1" maxLength:"60" doc:"Id or agency code."`
		Codes []string `json:"codes" minItems:"1" maxItems:"1000"`
		Basis string   `json:"basis" minLength:"1" maxLength:"300" doc:"The legal basis."`
	}
}

type assignOutput struct {
	Body struct {
		Moved int `json:"moved"`
	}
}

func (p *API) assign(ctx context.Context, in *assignInput) (*assignOutput, error) {
	a := api.Actor(ctx)
	from, err := p.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	to, err := p.find(ctx, in.Body.To)
	if err != nil {
		return nil, err
	}
	if err := p.Registry.Guard.Check(ctx, p.DB, a, auth.UnitChange, from); err != nil {
		return nil, err
	}
	u, ok, err := p.Units.Last(ctx, p.DB, from)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fault.New(fault.NotFound, "unit.unknown", "Unit", in.ID)
	}
	day := p.DB.Now().Date()
	if u.To != 0 {
		day = min(day, u.To)
	}
	out := &assignOutput{}
	out.Body.Moved, err = p.Pages.Desk.Assign(ctx, a, from, to, in.Body.Codes, day, in.Body.Basis)
	return out, err
}
