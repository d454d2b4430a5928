package scorecardweb

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"cchc/base/api"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/scorecard"
	"cchc/unit"
)

// API is the door for programs to the PAR index.
type API struct{ Desk *scorecard.Desk }

// Register puts the operations at /api/v1/scorecard. Each part of the room adds its
// line.
func (p *API) Register(a *api.API) {
	p.registerSets(a)
	p.registerRounds(a)
}

func operation(id, method, path, summary, text string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: "/api/v1/scorecard" + path, Summary: summary, Description: text, Tags: []string{"scorecard"}}
}

func (p *API) registerSets(a *api.API) {
	api.Handle(a, web.SignedIn, operation("list-criteria-sets", http.MethodGet, "/sets", "List criteria sets", "Every version that the caller may read, the latest year first; drafts only for who may edit them."), p.listSets)
	made := operation("import-criteria-set", http.MethodPost, "/sets", "Import a criteria set as a draft", "What is wrong with it does not keep it out: the answer lists it.")
	made.DefaultStatus = http.StatusCreated
	api.Handle(a, web.SignedIn, made, p.importSet)
	api.Handle(a, web.SignedIn, operation("get-criteria-set", http.MethodGet, "/sets/{id}", "See a version of a criteria set", "With every node and rule, and all that keeps a draft from being issued."), p.getSet)
	api.Handle(a, web.SignedIn, api.Gives(operation("get-criteria-set-text", http.MethodGet, "/sets/{id}/yaml", "Get a version's text", "YAML; importing it again gives the same set."), "The text", "application/yaml"), p.getSetText)
	p.registerSetActs(a)
	api.Handle(a, web.SignedIn, operation("issue-criteria-set", http.MethodPost, "/sets/{id}/issue", "Issue a draft", "From then on it does not change, and the version issued before it is superseded."), p.issueSet)
}

// ShortSet is a version of a criteria set in a list.
type ShortSet struct {
	ID       string         `json:"id"`
	Code     string         `json:"code" doc:"The same in all versions of one year's set."`
	Version  int            `json:"version"`
	Level    string         `json:"level" doc:"Which kind of unit is scored: cap_xa, cap_huyen, so_nganh …"`
	Year     int            `json:"year" doc:"That is scored."`
	Unit     string         `json:"unit" doc:"Id of the unit that issues it."`
	State    string         `json:"state" enum:"draft,issued,superseded"`
	Title    string         `json:"title"`
	Basis    string         `json:"basis,omitempty" doc:"The decision that issues it."`
	SHA256   string         `json:"sha256" doc:"Of the text."`
	Frame    string         `json:"frame,omitempty" doc:"Id of the version of the higher level whose frame it fills."`
	Note     string         `json:"note,omitempty"`
	IssuedAt moment.Instant `json:"issued_at,omitempty" format:"date-time"`
	Revision int            `json:"revision" doc:"One more with each change of a draft."`
}

type apiSetNode struct {
	Place    string `json:"place" doc:"1.2.3 is the first field's second criterion's third component; b1 and p1 stand in the bonus and penalty groups."`
	Code     string `json:"code"`
	Name     string `json:"name"`
	Max      string `json:"max,omitempty" doc:"Decimal."`
	Kind     string `json:"kind,omitempty" doc:"Of the rule; only leaves have one."`
	Rule     string `json:"rule,omitempty" doc:"The rule in words, in the caller's language."`
	Source   string `json:"source,omitempty"`
	Num      string `json:"num,omitempty" doc:"Measure of the numerator."`
	Den      string `json:"den,omitempty"`
	NA       string `json:"na,omitempty" enum:"reduce_max,full_points,fixed"`
	Evidence string `json:"evidence,omitempty"`
	MayAdd   bool   `json:"may_add,omitempty" doc:"A lower level may add leaves below it."`
	Added    bool   `json:"added,omitempty" doc:"Added to the frame by the lower level."`
}

type apiSetFault struct {
	Place string `json:"place,omitempty" doc:"Of the node; none for the head."`
	Path  string `json:"path" doc:"In the text: domains[0].criteria[2].max."`
	Line  int    `json:"line,omitempty"`
	Text  string `json:"text"`
}

type apiSet struct {
	ShortSet
	Nodes  []apiSetNode  `json:"nodes"`
	Faults []apiSetFault `json:"faults" doc:"What keeps a draft from being issued."`
}

func shortSet(v scorecard.SetVersion) ShortSet {
	return ShortSet{ID: v.ID, Code: v.Code, Version: v.Version, Level: v.Level, Year: v.Year, Unit: string(v.Unit), State: string(v.State), Title: v.Title, Basis: v.Basis,
		SHA256: v.SHA256, Frame: v.Frame, Note: v.Note, IssuedAt: v.IssuedAt, Revision: v.Revision}
}

type setsInput struct {
	Year  int    `query:"year" minimum:"0" maximum:"2100" doc:"Only of this year."`
	Level string `query:"level" maxLength:"60"`
	State string `query:"state" enum:"draft,issued,superseded"`
	Code  string `query:"code" maxLength:"100"`
	PageQuery
}

// PageQuery asks for a page of a list.
type PageQuery struct {
	Cursor string `query:"cursor" maxLength:"60" doc:"next of the page before."`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"200"`
}

type setsOutput struct {
	Link string `header:"Link" doc:"The next page, rel=\"next\"."`
	Body struct {
		Items []ShortSet `json:"items"`
		Next  string     `json:"next,omitempty"`
	}
}

type setInput struct {
	ID string `path:"id" maxLength:"60"`
}

type setOutput struct{ Body apiSet }

type setTextOutput struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

type importSetInput struct {
	Body struct {
		Unit string `json:"unit" minLength:"1" maxLength:"60" doc:"Id of the unit that issues it."`
		Year int    `json:"year,omitempty" minimum:"0" maximum:"2100" doc:"Left out: the year in the set's code."`
		Text string `json:"text" minLength:"1" maxLength:"2097152" doc:"YAML."`
		Note string `json:"note,omitempty" maxLength:"1000"`
	}
}

type issueSetInput struct {
	ID   string `path:"id" maxLength:"60"`
	Body struct {
		Revision int    `json:"revision" minimum:"1" doc:"Of the draft as it was checked."`
		Basis    string `json:"basis" minLength:"1" maxLength:"500" doc:"The decision that issues it."`
	}
}

func (p *API) listSets(ctx context.Context, in *setsInput) (*setsOutput, error) {
	list, err := p.Desk.SetVersions(ctx, p.Desk.DB, api.Actor(ctx))
	if err != nil {
		return nil, err
	}
	out := &setsOutput{}
	out.Body.Items = []ShortSet{}
	list, out.Body.Next, err = api.Page(list, in.Cursor, in.Limit, func(v scorecard.SetVersion) string { return v.ID }, func(v scorecard.SetVersion) bool {
		return (in.Year == 0 || v.Year == in.Year) && (in.Level == "" || v.Level == in.Level) && (in.State == "" || string(v.State) == in.State) && (in.Code == "" || v.Code == in.Code)
	})
	if err != nil {
		return nil, err
	}
	out.Link = api.Next(ctx, out.Body.Next)
	for _, v := range list {
		out.Body.Items = append(out.Body.Items, shortSet(v))
	}
	return out, nil
}

func (p *API) getSet(ctx context.Context, in *setInput) (*setOutput, error) {
	out := &setOutput{}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		v, err := p.Desk.SetVersion(ctx, q, api.Actor(ctx), in.ID)
		if err != nil {
			return err
		}
		doc, err := scorecard.ParseSetDoc(v.Text)
		if err != nil {
			return err
		}
		s, _, faults, err := p.Desk.ReadSet(ctx, q, v)
		if err != nil {
			return err
		}
		b := apiSet{ShortSet: shortSet(v), Nodes: []apiSetNode{}, Faults: []apiSetFault{}}
		for _, n := range doc.All() {
			x := apiSetNode{Place: n.Place, Code: n.Text("code"), Name: n.Text("name"), Max: n.Text("max"), Kind: n.Text("kind"), Evidence: n.Text("evidence"),
				NA: n.Sub("na").Text("policy"), MayAdd: n.Flag("may_add"), Added: n.Flag("added")}
			at := nodeAt(s, n.Place)
			if x.Rule = say(ctx, at); at != nil && at.Leaf != nil {
				x.Source, x.Num, x.Den = at.Leaf.Binding.Source, at.Leaf.Binding.Num, at.Leaf.Binding.Den
			}
			b.Nodes = append(b.Nodes, x)
		}
		for _, f := range faults {
			b.Faults = append(b.Faults, apiSetFault{Place: placeOf(f.Path), Path: f.Path, Line: f.Line, Text: f.Text(ctx)})
		}
		out.Body = b
		return nil
	})
	return out, err
}

func (p *API) getSetText(ctx context.Context, in *setInput) (*setTextOutput, error) {
	v, err := p.Desk.SetVersion(ctx, p.Desk.DB, api.Actor(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &setTextOutput{ContentType: "application/yaml", Body: []byte(v.Text)}, nil
}

func (p *API) importSet(ctx context.Context, in *importSetInput) (*setOutput, error) {
	b := in.Body
	v, err := p.Desk.ImportSet(ctx, api.Actor(ctx), scorecard.SetUpload{Unit: unit.ID(b.Unit), Year: b.Year, Text: b.Text, Note: b.Note})
	if err != nil {
		return nil, err
	}
	return p.getSet(ctx, &setInput{ID: v.ID})
}

func (p *API) issueSet(ctx context.Context, in *issueSetInput) (*setOutput, error) {
	if _, err := p.Desk.IssueSet(ctx, api.Actor(ctx), in.ID, in.Body.Revision, in.Body.Basis); err != nil {
		return nil, err
	}
	return p.getSet(ctx, &setInput{ID: in.ID})
}
