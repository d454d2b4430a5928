// Package unitweb is the door to units (đơn vị): their pages and their API.
package unitweb

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"cchc/base/api"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/unit"
)

// API is the door for programs to units and their events.
type API struct {
	DB       *db.DB
	Units    *unit.Book
	Registry *unit.Registry
	Pages    *Pages // for what previews and hand-overs look at
}

type apiUnit struct {
	ID     string      `json:"id" doc:"For good: it survives renames and changes of level."`
	Code   string      `json:"code"`
	Name   string      `json:"name"`
	Level  string      `json:"level"`
	Parent string      `json:"parent,omitempty"`
	Area   string      `json:"area,omitempty" doc:"Area class: mountainous, difficult."`
	Block  string      `json:"block,omitempty"`
	From   moment.Date `json:"from" format:"date"`
	To     moment.Date `json:"to,omitempty" format:"date" doc:"The day from which this no longer holds."`
}

func asUnit(u unit.Unit) apiUnit {
	return apiUnit{ID: string(u.ID), Code: u.Code, Name: u.Name, Level: u.Level, Parent: string(u.Parent), Area: u.Area, Block: u.Block, From: u.From, To: u.To}
}

type apiEvent struct {
	ID    string      `json:"id"`
	Kind  string      `json:"kind"`
	Day   moment.Date `json:"day" format:"date"`
	Basis string      `json:"basis"`
	Note  string      `json:"note,omitempty"`
	Units []string    `json:"units"`
}

type listInput struct {
	On     string `query:"on" format:"date" doc:"As of that day; today when left out."`
	Under  string `query:"under" maxLength:"60" doc:"Id or code: that unit and what is below it."`
	Cursor string `query:"cursor" maxLength:"60" doc:"next of the page before."`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

type listOutput struct {
	Link string `header:"Link" doc:"The next page, rel=\"next\"."`
	Body struct {
		Items []apiUnit `json:"items" doc:"Each unit after the one that it belongs to."`
		Next  string    `json:"next,omitempty"`
	}
}

type unitInput struct {
	ID string `path:"id" maxLength:"60" doc:"Id or agency code."`
}

type unitOutput struct {
	Body struct {
		Unit     apiUnit    `json:"unit" doc:"As it is today, or was last."`
		Versions []apiUnit  `json:"versions" doc:"Oldest first."`
		Events   []apiEvent `json:"events"`
	}
}

// ActBody is what every event of units rests on.
type ActBody struct {
	Day   moment.Date `json:"day" format:"date" doc:"From when it holds."`
	Basis string      `json:"basis" minLength:"1" maxLength:"300" doc:"The legal basis." example:"1656/NQ-UBTVQH15"`
	Note  string      `json:"note,omitempty" maxLength:"1000"`
}

// EndBody is what else is said of units that end.
type EndBody struct {
	Grants   string `json:"grants,omitempty" enum:"work,all,none" doc:"Which grants go on in the successor; those of who works on dossiers when left out."`
	Calendar string `json:"calendar,omitempty" maxLength:"60" doc:"Id or code of the unit whose own calendar goes on."`
}

func (b ActBody) act() unit.Act { return unit.Act{Day: b.Day, Basis: b.Basis, Note: b.Note} }

// ending is act for units that end.
func (p *API) ending(ctx context.Context, b ActBody, e EndBody) (unit.Act, error) {
	x := b.act()
	x.Grants = e.Grants
	var err error
	x.Calendar, err = p.find(ctx, e.Calendar)
	return x, err
}

// NewBody is a unit to be made.
type NewBody struct {
	Code   string `json:"code" minLength:"1" maxLength:"35"`
	Name   string `json:"name" minLength:"1" maxLength:"200"`
	Level  string `json:"level" minLength:"1" maxLength:"30"`
	Parent string `json:"parent,omitempty" maxLength:"60" doc:"Id or code."`
	Area   string `json:"area,omitempty" maxLength:"30"`
	Block  string `json:"block,omitempty" maxLength:"60"`
}

type createInput struct {
	Body struct {
		NewBody
		ActBody
	}
}

type createdOutput struct {
	Location string `header:"Location"`
	Body     struct {
		Units []string `json:"units" doc:"Ids of the units that were made, or carry on."`
	}
}

type amendInput struct {
	ID   string `path:"id" maxLength:"60"`
	Body struct {
		Name   string `json:"name,omitempty" maxLength:"200" doc:"One of these at a time: each is an event of its own."`
		Code   string `json:"code,omitempty" maxLength:"35"`
		Level  string `json:"level,omitempty" maxLength:"30"`
		Parent string `json:"parent,omitempty" maxLength:"60" doc:"With level: under whom from then on; alone: another body above."`
		Area   string `json:"area,omitempty" maxLength:"30"`
		Block  string `json:"block,omitempty" maxLength:"60"`
		ActBody
	}
}

type mergeInput struct {
	Body struct {
		From []string `json:"from" minItems:"1" maxItems:"100" doc:"Ids or codes of the units that end."`
		Into string   `json:"into,omitempty" maxLength:"60" doc:"An existing unit that takes them in; or new."`
		New  *NewBody `json:"new,omitempty"`
		ActBody
		EndBody
	}
}

type apiRule struct {
	Field string `json:"field" enum:"dossier,procedure,sector,address" doc:"What decides; dossier is an exception by hand."`
	Value string `json:"value" minLength:"1" maxLength:"300"`
	Piece int    `json:"piece" minimum:"0" maximum:"99" doc:"Index in into."`
}

type splitInput struct {
	ID   string `path:"id" maxLength:"60"`
	Body struct {
		Into []struct {
			Unit  string   `json:"unit,omitempty" maxLength:"60" doc:"An existing unit, the divided one included; or new."`
			New   *NewBody `json:"new,omitempty"`
			Share int64    `json:"share" minimum:"1" maximum:"10000" doc:"In ten-thousandths; all together 10,000."`
			Open  bool     `json:"open,omitempty" doc:"What is open goes there. Without one, a person chooses dossier by dossier."`
		} `json:"into" minItems:"1" maxItems:"100"`
		Rules []apiRule `json:"rules,omitempty" maxItems:"1000" doc:"The first that matches sends a dossier."`
		ActBody
		EndBody
	}
}

type dissolveInput struct {
	ID   string `path:"id" maxLength:"60"`
	Body struct {
		To string `json:"to,omitempty" maxLength:"60" doc:"To whom what is open goes."`
		ActBody
		EndBody
	}
}

// Register puts the operations at /api/v1/units.
func (p *API) Register(a *api.API) {
	op := func(id, method, path, summary, text string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: "/api/v1/units" + path, Summary: summary, Description: text, Tags: []string{"units"}}
	}
	made := func(o huma.Operation) huma.Operation { o.DefaultStatus = http.StatusCreated; return o }
	api.Handle(a, web.SignedIn, op("list-units", http.MethodGet, "", "List units", "As of a day, a page at a time."), p.list)
	api.Handle(a, web.SignedIn, op("get-unit", http.MethodGet, "/{id}", "See a unit", "With its versions and events."), p.get)
	event(a, p, made(op("create-unit", http.MethodPost, "", "Make a unit", "")), p.creating, p.answerMade)
	event(a, p, op("amend-unit", http.MethodPost, "/{id}/amend", "Rename a unit, or change its code, level, parent or facts", ""), p.amending, p.answerUnit)
	event(a, p, made(op("merge-units", http.MethodPost, "/merge", "Merge units", "What is open goes to the unit that carries them on.")), p.merging, p.answerMade)
	event(a, p, made(op("split-unit", http.MethodPost, "/{id}/split", "Divide a unit", "")), p.splitting, p.answerMade)
	event(a, p, op("dissolve-unit", http.MethodPost, "/{id}/dissolve", "Dissolve a unit", ""), p.dissolving, p.answerUnit)
	api.Handle(a, web.SignedIn, op("list-waiting", http.MethodGet, "/{id}/waiting", "List dossiers that wait for a unit to be chosen", "Open ones of a unit that ended, with whom they may go to."), p.waiting)
	api.Handle(a, web.SignedIn, op("assign-dossiers", http.MethodPost, "/{id}/assign", "Hand open dossiers to a successor by hand", "All or none."), p.assign)
}

// may refuses who may read no unit: the structure of the State is no secret, but
// the API is for those who work with it.
func (p *API) may(ctx context.Context) error {
	return p.Registry.Guard.CheckAnywhere(api.Actor(ctx), auth.UnitRead)
}

// find returns the id behind an id or today's code.
func (p *API) find(ctx context.Context, s string) (unit.ID, error) {
	tree, err := p.Units.Today(ctx, p.DB)
	if err != nil {
		return "", err
	}
	if u, ok := tree.ByCode(s); ok {
		return u.ID, nil
	}
	return unit.ID(s), nil
}

func (p *API) list(ctx context.Context, in *listInput) (*listOutput, error) {
	if err := p.may(ctx); err != nil {
		return nil, err
	}
	f := api.Wrong()
	day := api.ReadDate(f, "on", in.On)
	if err := f.Or(); err != nil {
		return nil, err
	}
	if day == 0 {
		day = p.DB.Now().Date()
	}
	tree, err := p.Units.On(ctx, p.DB, day)
	if err != nil {
		return nil, err
	}
	roots := tree.Roots()
	if in.Under != "" {
		u, ok := tree.ByCode(in.Under)
		if !ok {
			if u, ok = tree.Unit(unit.ID(in.Under)); !ok {
				return nil, fault.New(fault.NotFound, "unit.unknown", "Unit", in.Under)
			}
		}
		roots = []unit.ID{u.ID}
	}
	out := &listOutput{}
	out.Body.Items = []apiUnit{}
	begun := in.Cursor == ""
	for _, root := range roots {
		for _, id := range tree.Subtree(root) {
			if !begun {
				begun = string(id) == in.Cursor
				continue
			}
			if len(out.Body.Items) == in.Limit {
				out.Body.Next = out.Body.Items[in.Limit-1].ID
				out.Link = api.Next(ctx, out.Body.Next)
				return out, nil
			}
			u, _ := tree.Unit(id)
			out.Body.Items = append(out.Body.Items, asUnit(u))
		}
	}
	return out, nil
}

func (p *API) get(ctx context.Context, in *unitInput) (*unitOutput, error) {
	if err := p.may(ctx); err != nil {
		return nil, err
	}
	id, err := p.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := &unitOutput{}
	err = p.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		versions, err := p.Units.Versions(ctx, q, id)
		if err != nil {
			return err
		}
		if len(versions) == 0 {
			return fault.New(fault.NotFound, "unit.unknown", "Unit", in.ID)
		}
		today := p.DB.Now().Date()
		out.Body.Unit = asUnit(versions[0])
		for _, v := range versions {
			if v.From <= today {
				out.Body.Unit = asUnit(v)
			}
			out.Body.Versions = append(out.Body.Versions, asUnit(v))
		}
		events, err := p.Units.Events(ctx, q, id)
		out.Body.Events = []apiEvent{}
		for _, e := range events {
			x := apiEvent{ID: e.ID, Kind: string(e.Kind), Day: e.Day, Basis: e.Basis, Note: e.Note, Units: []string{}}
			for _, u := range e.Units {
				x.Units = append(x.Units, string(u))
			}
			out.Body.Events = append(out.Body.Events, x)
		}
		return err
	})
	return out, err
}

func (p *API) fresh(ctx context.Context, b *NewBody) (*unit.New, error) {
	if b == nil {
		return nil, nil
	}
	parent, err := p.find(ctx, b.Parent)
	return &unit.New{Code: b.Code, Name: b.Name, Level: b.Level, Parent: parent, Area: b.Area, Block: b.Block}, err
}
