// Package procedureweb is the door to procedures (thủ tục hành chính): their
// pages and their API.
package procedureweb

import (
	"context"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"cchc/base/api"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/calendar"
	"cchc/procedure"
)

// API is the door for programs to the catalogue of procedures.
type API struct {
	DB       *db.DB
	Registry *procedure.Registry
}

type apiLimit struct {
	Case     string            `json:"case,omitempty" maxLength:"60"`
	CaseName string            `json:"case_name,omitempty" maxLength:"500"`
	Channel  string            `json:"channel,omitempty" enum:"direct,online,post"`
	Area     string            `json:"area,omitempty" maxLength:"30"`
	Quantity calendar.Quantity `json:"quantity" type:"string" maxLength:"20" example:"7.5"`
	Unit     string            `json:"unit" enum:"working_day,calendar_day,hour,month,year,same_day"`
	Basis    string            `json:"basis,omitempty" maxLength:"300"`
}

type apiStep struct {
	Case  string            `json:"case,omitempty" maxLength:"60"`
	Name  string            `json:"name" minLength:"1" maxLength:"300"`
	Role  string            `json:"role" maxLength:"30"`
	Body  string            `json:"body,omitempty" maxLength:"300"`
	Hours calendar.Quantity `json:"hours" type:"string" maxLength:"20" example:"7.5"`
}

type apiPaper struct {
	Name      string `json:"name" minLength:"1" maxLength:"2000"`
	Form      string `json:"form,omitempty" maxLength:"300"`
	Originals int    `json:"originals" minimum:"0" maximum:"1000"`
	Copies    int    `json:"copies" minimum:"0" maximum:"1000"`
	Required  bool   `json:"required"`
}

type apiFee struct {
	Channel string `json:"channel,omitempty" enum:"direct,online,post"`
	Label   string `json:"label" maxLength:"300"`
	Amount  int64  `json:"amount" minimum:"0" maximum:"1000000000000" doc:"In đồng."`
}

type apiProblem struct {
	ID     string `json:"id"`
	Field  string `json:"field"`
	Reason string `json:"reason"`
	Raw    string `json:"raw"`
	Blocks string `json:"blocks,omitempty"`
}

// ShortVersion is a version of a procedure in a list.
type ShortVersion struct {
	Version     string      `json:"version" doc:"Id of the version."`
	Code        string      `json:"code"`
	Name        string      `json:"name"`
	Sector      string      `json:"sector"`
	Level       string      `json:"level,omitempty"`
	OnlineLevel string      `json:"online_level,omitempty"`
	Channels    []string    `json:"channels"`
	Settled     bool        `json:"settled" doc:"A dossier can be received against it."`
	From        moment.Date `json:"from" format:"date"`
	To          moment.Date `json:"to,omitempty" format:"date"`
}

type apiVersion struct {
	ShortVersion
	Decision   string       `json:"decision,omitempty"`
	Subjects   string       `json:"subjects,omitempty"`
	StopsAs    string       `json:"stops_as,omitempty"`
	Obligation bool         `json:"obligation"`
	Stamp      string       `json:"stamp" doc:"Sent with a change it is refused when somebody changed the version since."`
	Limits     []apiLimit   `json:"limits"`
	Steps      []apiStep    `json:"steps"`
	Papers     []apiPaper   `json:"papers"`
	Fees       []apiFee     `json:"fees"`
	Problems   []apiProblem `json:"problems" doc:"What could not be read, and waits for a person."`
}

func short(v *procedure.Version) ShortVersion {
	out := ShortVersion{Version: v.ID, Code: v.Code, Name: v.Name, Sector: v.Sector, Level: v.Level, OnlineLevel: v.OnlineLevel, Channels: []string{}, Settled: v.Settled, From: v.From, To: v.To}
	for _, c := range v.Channels {
		out.Channels = append(out.Channels, string(c))
	}
	return out
}

func whole(v *procedure.Version) apiVersion {
	out := apiVersion{ShortVersion: short(v), Decision: v.Decision, Subjects: v.Subjects, StopsAs: string(v.StopsAs), Obligation: v.Obligation, Stamp: v.Stamp(),
		Limits: []apiLimit{}, Steps: []apiStep{}, Papers: []apiPaper{}, Fees: []apiFee{}, Problems: []apiProblem{}}
	for _, l := range v.Limits {
		out.Limits = append(out.Limits, apiLimit{Case: l.Case, CaseName: l.CaseName, Channel: string(l.Channel), Area: l.Area, Quantity: l.Qty, Unit: string(l.Unit), Basis: l.Basis})
	}
	for _, s := range v.Steps {
		out.Steps = append(out.Steps, apiStep{Case: s.Case, Name: s.Name, Role: s.Role, Body: s.Body, Hours: s.Hours})
	}
	for _, x := range v.Papers {
		out.Papers = append(out.Papers, apiPaper(x))
	}
	for _, x := range v.Fees {
		out.Fees = append(out.Fees, apiFee{Channel: string(x.Channel), Label: x.Label, Amount: x.Amount})
	}
	for _, x := range v.Problems {
		out.Problems = append(out.Problems, apiProblem{ID: x.ID, Field: x.Field, Reason: x.Reason, Raw: x.Raw, Blocks: x.Blocks})
	}
	return out
}

func limits(in []apiLimit) []procedure.Limit {
	var out []procedure.Limit
	for _, l := range in {
		out = append(out, procedure.Limit{Case: l.Case, CaseName: l.CaseName, Channel: procedure.Channel(l.Channel), Area: l.Area, Basis: l.Basis,
			Limit: calendar.Limit{Qty: l.Quantity, Unit: calendar.LimitUnit(l.Unit)}})
	}
	return out
}

type searchInput struct {
	Text    string `query:"q" maxLength:"200" doc:"Words of the name in any order and without marks, or the beginning of the code."`
	On      string `query:"on" format:"date" doc:"In force on that day; today when left out."`
	Sector  string `query:"sector" maxLength:"200"`
	Level   string `query:"level" enum:"ministry,province,commune"`
	Channel string `query:"channel" enum:"direct,online,post"`
	Settled bool   `query:"settled" doc:"Only what can be received against."`
	Cursor  string `query:"cursor" maxLength:"20" doc:"next of the page before."`
	Limit   int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
}

type searchOutput struct {
	Link string `header:"Link" doc:"The next page, rel=\"next\"."`
	Body struct {
		Items []ShortVersion `json:"items"`
		Next  string         `json:"next,omitempty"`
	}
}

type codeInput struct {
	Code string `path:"code" maxLength:"60" example:"1.001193"`
	On   string `query:"on" format:"date" doc:"In force on that day; today when left out."`
}

type versionOutput struct{ Body apiVersion }

type versionsInput struct {
	Code string `path:"code" maxLength:"60"`
}

type versionsOutput struct {
	Body struct {
		Items []apiVersion `json:"items" doc:"Oldest first."`
	}
}

type newInput struct {
	Code string `path:"code" maxLength:"60"`
	Body struct {
		Name        string      `json:"name" minLength:"1" maxLength:"1200"`
		Sector      string      `json:"sector" minLength:"1" maxLength:"200"`
		Level       string      `json:"level,omitempty" enum:"ministry,province,commune"`
		OnlineLevel string      `json:"online_level,omitempty" enum:"full,partial,none"`
		Channels    []string    `json:"channels" minItems:"1" maxItems:"3" enum:"direct,online,post"`
		StopsAs     string      `json:"stops_as,omitempty" enum:"pause,reset"`
		Decision    string      `json:"decision,omitempty" maxLength:"200"`
		From        moment.Date `json:"from" format:"date"`
		Limits      []apiLimit  `json:"limits" minItems:"1" maxItems:"200"`
		Basis       string      `json:"basis" minLength:"1" maxLength:"300"`
		Closes      bool        `json:"closes,omitempty" doc:"It may be stopped when papers are not supplied."`
		ClosesAfter int         `json:"closes_after,omitempty" minimum:"0" maximum:"1000" doc:"In days."`
		After15h    bool        `json:"after_15h,omitempty" doc:"A receipt after 15:00 may be returned on the next working day."`
		HardArea    bool        `json:"hard_area,omitempty" doc:"Takes longer in difficult areas."`
		Anywhere    bool        `json:"non_territorial,omitempty" doc:"May be filed anywhere."`
		Obligation  bool        `json:"obligation,omitempty" doc:"Has a financial obligation."`
	}
}

type newOutput struct {
	Body struct {
		Version string `json:"version"`
	}
}

type settleInput struct {
	Version string `path:"version" maxLength:"60"`
	Body    struct {
		Limits []apiLimit `json:"limits" minItems:"1" maxItems:"200"`
		Basis  string     `json:"basis" minLength:"1" maxLength:"300" doc:"The provision: Điều 18 Luật Hộ tịch."`
	}
}

// Register puts the operations at /api/v1/procedures.
func (p *API) Register(a *api.API) {
	op := func(id, method, path, summary, text string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: "/api/v1" + path, Summary: summary, Description: text, Tags: []string{"procedures"}}
	}
	api.Handle(a, web.SignedIn, op("search-procedures", http.MethodGet, "/procedures", "Search procedures", "The best hits first."), p.search)
	api.Handle(a, web.SignedIn, op("get-procedure", http.MethodGet, "/procedures/{code}", "See a procedure", "Limits, steps, papers, fees, and what is not settled."), p.get)
	api.Handle(a, web.SignedIn, op("list-procedure-versions", http.MethodGet, "/procedures/{code}/versions", "List a procedure's versions", ""), p.versions)
	made := op("new-procedure-version", http.MethodPost, "/procedures/{code}/versions", "Enter a new version", "The one before ends the day before.")
	made.DefaultStatus = http.StatusCreated
	api.Handle(a, web.SignedIn, made, p.newVersion)
	api.Handle(a, web.SignedIn, op("settle-procedure", http.MethodPost, "/procedure-versions/{version}/settle", "Settle a version's limits", "What a person read in the law where the source could not be understood."), p.settle)
	p.registerParts(a, op)
}

// may: the catalogue is public; the API is for those who work with dossiers.
func (p *API) may(ctx context.Context) error {
	a := api.Actor(ctx)
	for _, v := range []auth.Verb{auth.DossierRead, auth.ProcedureChange} {
		if len(auth.Roots(a, v)) > 0 {
			return nil
		}
	}
	return fault.New(fault.Forbidden, "auth.forbidden")
}

func (p *API) search(ctx context.Context, in *searchInput) (*searchOutput, error) {
	if err := p.may(ctx); err != nil {
		return nil, err
	}
	f := api.Wrong()
	day := api.ReadDate(f, "on", in.On)
	if err := f.Or(); err != nil {
		return nil, err
	}
	// The catalogue is in memory and its hits are ranked: a page goes on after so
	// many of them.
	skip, _ := strconv.Atoi(in.Cursor)
	skip = min(max(skip, 0), 1_000_000)
	found, err := p.Registry.Catalogue.Search(ctx, p.DB, in.Text, procedure.Filter{On: day, Sector: in.Sector, Level: in.Level,
		Channel: procedure.Channel(in.Channel), Settled: in.Settled}, skip+in.Limit+1)
	if err != nil {
		return nil, err
	}
	out := &searchOutput{}
	out.Body.Items = []ShortVersion{}
	for i, v := range found[min(skip, len(found)):] {
		if i == in.Limit {
			out.Body.Next = strconv.Itoa(skip + in.Limit)
			out.Link = api.Next(ctx, out.Body.Next)
			break
		}
		out.Body.Items = append(out.Body.Items, short(v))
	}
	return out, nil
}

func (p *API) get(ctx context.Context, in *codeInput) (*versionOutput, error) {
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
	v, err := p.Registry.Catalogue.InForce(ctx, p.DB, in.Code, day)
	if err != nil {
		return nil, err
	}
	return &versionOutput{Body: whole(v)}, nil
}

func (p *API) versions(ctx context.Context, in *versionsInput) (*versionsOutput, error) {
	if err := p.may(ctx); err != nil {
		return nil, err
	}
	list, err := p.Registry.Catalogue.Versions(ctx, p.DB, in.Code)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fault.New(fault.NotFound, "web.not_found.text")
	}
	out := &versionsOutput{}
	for _, v := range list {
		out.Body.Items = append(out.Body.Items, whole(v))
	}
	return out, nil
}

func (p *API) newVersion(ctx context.Context, in *newInput) (*newOutput, error) {
	b := in.Body
	v := procedure.Version{Code: in.Code, Name: b.Name, Sector: b.Sector, Level: b.Level, OnlineLevel: b.OnlineLevel, StopsAs: calendar.StopKind(b.StopsAs),
		Decision: b.Decision, From: b.From, Limits: limits(b.Limits), Closes: b.Closes, ClosesAfter: b.ClosesAfter, After15h: b.After15h,
		HardAreaExtra: b.HardArea, NonTerritorial: b.Anywhere, Obligation: b.Obligation}
	for _, c := range b.Channels {
		v.Channels = append(v.Channels, procedure.Channel(c))
	}
	id, err := p.Registry.NewVersion(ctx, api.Actor(ctx), v, b.Basis)
	if err != nil {
		return nil, err
	}
	out := &newOutput{}
	out.Body.Version = id
	return out, nil
}

func (p *API) settle(ctx context.Context, in *settleInput) (*versionOutput, error) {
	if err := p.Registry.Settle(ctx, api.Actor(ctx), in.Version, procedure.Settlement{Limits: limits(in.Body.Limits), Basis: in.Body.Basis}); err != nil {
		return nil, err
	}
	v, err := p.Registry.Catalogue.ByID(ctx, p.DB, in.Version)
	if err != nil {
		return nil, err
	}
	return &versionOutput{Body: whole(v)}, nil
}
