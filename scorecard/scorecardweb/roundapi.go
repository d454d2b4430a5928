package scorecardweb

import (
	"context"
	"net/http"

	"cchc/base/api"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/scorecard"
	"cchc/scorecard/criteria"
	"cchc/unit"
)

func (p *API) registerRounds(a *api.API) {
	api.Handle(a, web.SignedIn, operation("list-score-rounds", http.MethodGet, "/rounds", "List rounds of assessment", "Those that the caller may know of, the latest year first."), p.listRounds)
	api.Handle(a, web.SignedIn, operation("list-score-sheets", http.MethodGet, "/rounds/{id}/sheets", "List the sheets of a round", "How far each is; what is in it is another question."), p.listSheets)
	api.Handle(a, web.SignedIn, operation("get-score-sheet", http.MethodGet, "/sheets/{id}", "See a sheet with its scores by stage", "A draft is seen by its own unit alone."), p.getSheet)
	api.Handle(a, web.SignedIn, operation("enter-self-score", http.MethodPost, "/sheets/{id}/scores", "Enter a self-score", "For people of the unit, while self-assessment is open and the sheet was not handed in."), p.enterScore)
	p.registerSheets(a)
	p.registerEvidence(a)
	p.registerAppraisal(a)
	p.registerKeeping(a)
}

type apiWindow struct {
	Stage  string         `json:"stage"`
	Opens  moment.Instant `json:"opens" format:"date-time"`
	Closes moment.Instant `json:"closes" format:"date-time"`
	Phase  string         `json:"phase" enum:"ahead,open,reopened,locked"`
}

// ScoreRound is a round of assessment.
type ScoreRound struct {
	ID       string         `json:"id"`
	Unit     string         `json:"unit" doc:"Id of the unit that runs it."`
	Name     string         `json:"name"`
	Set      string         `json:"set" doc:"Id of the version of the criteria set."`
	Level    string         `json:"level" doc:"Of the units that are scored."`
	Year     int            `json:"year"`
	From     moment.Date    `json:"from" format:"date"`
	To       moment.Date    `json:"to" format:"date" doc:"The last day."`
	CutOff   moment.Date    `json:"cut_off" format:"date" doc:"Measures are taken as of its end."`
	Stages   []apiWindow    `json:"stages"`
	Approved moment.Instant `json:"approved,omitempty" format:"date-time"`
	Decision string         `json:"decision,omitempty"`
}

// ScoreSheet is how far a unit's sheet is.
type ScoreSheet struct {
	ID       string         `json:"id"`
	Round    string         `json:"round"`
	Unit     string         `json:"unit"`
	Block    string         `json:"block,omitempty"`
	From     moment.Date    `json:"from" format:"date" doc:"Since when the unit existed in the period."`
	To       moment.Date    `json:"to" format:"date"`
	HandedIn moment.Instant `json:"handed_in,omitempty" format:"date-time"`
	LateDays int            `json:"late_days" doc:"After the deadline; 0 in time."`
	Removed  bool           `json:"removed" doc:"The unit is left out: missing, not zero."`
}

type apiStageScore struct {
	Stage   string      `json:"stage" enum:"self,appraised1,appraised2,council,final"`
	Points  string      `json:"points,omitempty" doc:"Decimal; left out where nothing was entered."`
	Input   string      `json:"input,omitempty" doc:"In words, in the caller's language."`
	Given   *ScoreInput `json:"given,omitempty" doc:"The same, as enter-self-score takes it."`
	ByHand  bool        `json:"by_hand" doc:"A person gave the points, and no rule."`
	Note    string      `json:"note,omitempty"`
	Version int         `json:"version"`
}

type apiLeafScore struct {
	Leaf     string          `json:"leaf"`
	Name     string          `json:"name"`
	Max      string          `json:"max" doc:"Decimal."`
	Survey   bool            `json:"survey" doc:"The unit does not score it itself."`
	Evidence int             `json:"evidence" doc:"How many documents prove it."`
	Scores   []apiStageScore `json:"scores"`
}

type apiSheet struct {
	ScoreSheet
	Total  string         `json:"total" doc:"As of the latest stage; decimal."`
	Max    string         `json:"max" doc:"Effective maximum."`
	Index  string         `json:"index" doc:"In percent."`
	Leaves []apiLeafScore `json:"leaves"`
	// What was asked and said about it.
	Lacks     []apiLack     `json:"lacks" doc:"What is missing before it is whole."`
	Questions []apiQuestion `json:"questions" doc:"What the unit was asked to explain, the oldest first."`
	Appeals   []apiAppeal   `json:"appeals"`
	Links     []apiLink     `json:"links" doc:"The documents that prove its leaves."`
}

type roundsOutput struct {
	Link string `header:"Link" doc:"The next page, rel=\"next\"."`
	Body struct {
		Items []ScoreRound `json:"items"`
		Next  string       `json:"next,omitempty"`
	}
}

type roundIn struct {
	ID string `path:"id" maxLength:"60"`
}

type sheetsOutput struct {
	Link string `header:"Link" doc:"The next page, rel=\"next\"."`
	Body struct {
		Items []ScoreSheet `json:"items"`
		Next  string       `json:"next,omitempty"`
	}
}

type sheetOutput struct{ Body apiSheet }

type enterScoreIn struct {
	ID   string `path:"id" maxLength:"60"`
	Body struct {
		Leaf string `json:"leaf" minLength:"1" maxLength:"60"`
		ScoreInput
		Note    string `json:"note,omitempty" maxLength:"4000"`
		Version int    `json:"version" minimum:"0" doc:"Of the self-score that was seen; 0 when there was none."`
	}
}

type enterScoreOutput struct {
	Body struct {
		Version int `json:"version"`
	}
}

type evidenceIn struct {
	Unit string `query:"unit" required:"true" maxLength:"60"`
	Q    string `query:"q" maxLength:"200" doc:"Words in number, title or issuer."`
	PageQuery
}

// EvidenceItem is what is said of a document.
type EvidenceItem struct {
	ID     string      `json:"id"`
	Number string      `json:"number,omitempty"`
	Day    moment.Date `json:"day,omitempty" format:"date"`
	Issuer string      `json:"issuer,omitempty"`
	Title  string      `json:"title"`
	Pages  int         `json:"pages,omitempty"`
	Links  int         `json:"links" doc:"How many leaves it proves, over all years."`
}

type evidenceOutput struct {
	Link string `header:"Link" doc:"The next page, rel=\"next\"."`
	Body struct {
		Items []EvidenceItem `json:"items" doc:"The latest first."`
		Next  string         `json:"next,omitempty"`
	}
}

type roundsIn struct{ PageQuery }

func (p *API) listRounds(ctx context.Context, in *roundsIn) (*roundsOutput, error) {
	list, err := p.Desk.Rounds(ctx, p.Desk.DB, api.Actor(ctx))
	if err != nil {
		return nil, err
	}
	out := &roundsOutput{}
	out.Body.Items = []ScoreRound{}
	list, out.Body.Next, err = api.Page(list, in.Cursor, in.Limit, func(r scorecard.Round) string { return r.ID })
	if err != nil {
		return nil, err
	}
	out.Link = api.Next(ctx, out.Body.Next)
	for _, r := range list {
		out.Body.Items = append(out.Body.Items, p.shortRound(r))
	}
	return out, nil
}

func (p *API) shortRound(r scorecard.Round) ScoreRound {
	now := p.Desk.DB.Now()
	x := ScoreRound{ID: r.ID, Unit: string(r.Unit), Name: r.Name, Set: r.Set, Level: r.Level, Year: r.Year, From: r.From, To: r.To, CutOff: r.CutOff,
		Stages: []apiWindow{}, Approved: r.Approved, Decision: r.Decision}
	for _, w := range r.Windows {
		x.Stages = append(x.Stages, apiWindow{string(w.Stage), w.Opens, w.Closes, string(r.Phase(w.Stage, "", now))})
	}
	return x
}

func shortSheet(s scorecard.Sheet) ScoreSheet {
	return ScoreSheet{ID: s.ID, Round: s.Round, Unit: string(s.Unit), Block: s.Block, From: s.From, To: s.To, HandedIn: s.HandedIn, LateDays: s.LateDays, Removed: s.Removed != 0}
}

type sheetsIn struct {
	ID string `path:"id" maxLength:"60"`
	PageQuery
}

func (p *API) listSheets(ctx context.Context, in *sheetsIn) (*sheetsOutput, error) {
	r, err := p.Desk.Round(ctx, p.Desk.DB, api.Actor(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	list, err := p.Desk.Sheets(ctx, p.Desk.DB, api.Actor(ctx), r)
	if err != nil {
		return nil, err
	}
	out := &sheetsOutput{}
	out.Body.Items = []ScoreSheet{}
	list, out.Body.Next, err = api.Page(list, in.Cursor, in.Limit, func(s scorecard.Sheet) string { return s.ID })
	if err != nil {
		return nil, err
	}
	out.Link = api.Next(ctx, out.Body.Next)
	for _, s := range list {
		out.Body.Items = append(out.Body.Items, shortSheet(s))
	}
	return out, nil
}

func (p *API) getSheet(ctx context.Context, in *roundIn) (*sheetOutput, error) {
	out := &sheetOutput{}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		l, err := p.Desk.Ledger(ctx, q, api.Actor(ctx), in.ID)
		if err != nil {
			return err
		}
		links, err := p.Desk.LinksOf(ctx, q, l.Sheet)
		if err != nil {
			return err
		}
		linked := map[string]int{}
		for _, x := range links {
			linked[x.Leaf]++
		}
		out.Body = sheetBody(ctx, l, linked)
		return p.aroundSheet(ctx, q, l, links, &out.Body)
	})
	return out, err
}

func sheetBody(ctx context.Context, l *scorecard.Ledger, linked map[string]int) apiSheet {
	out := apiSheet{ScoreSheet: shortSheet(l.Sheet), Leaves: []apiLeafScore{}}
	cards := map[scorecard.Stage]*criteria.Card{}
	for _, s := range scorecard.ScoredIn {
		cards[s] = l.Card(s)
	}
	last := cards[scorecard.StageFinal]
	out.Total, out.Max, out.Index = last.Total.String(), last.Max.String(), last.Index.String()
	for _, n := range scorecard.Items(l.Set) {
		x := apiLeafScore{Leaf: n.Code, Name: n.Name, Max: n.Max.String(), Survey: n.Leaf.Binding.Survey(), Evidence: linked[n.Code], Scores: []apiStageScore{}}
		for _, s := range scorecard.ScoredIn {
			c := l.Of(n.Code, s)
			if c.Version == 0 {
				continue
			}
			y := apiStageScore{Stage: string(s), ByHand: c.ByHand != nil, Note: c.Note, Version: c.Version}
			if c.Input.Given() {
				given := asScoreInput(c.Input)
				y.Input, y.Given = inputText(ctx, n, c.Input), &given
			}
			if r, ok := cards[s].Result(n.Code); ok && r.State != criteria.Missing {
				y.Points = r.Points.String()
			}
			x.Scores = append(x.Scores, y)
		}
		out.Leaves = append(out.Leaves, x)
	}
	return out
}

func (p *API) enterScore(ctx context.Context, in *enterScoreIn) (*enterScoreOutput, error) {
	b := in.Body
	n, err := p.leafOf(ctx, in.ID, b.Leaf)
	if err != nil {
		return nil, err
	}
	e := scorecard.Entry{Leaf: b.Leaf, Note: b.Note, Version: b.Version}
	if e.Input, err = b.ScoreInput.input(ctx, n); err != nil {
		return nil, err
	}
	s, err := p.Desk.Enter(ctx, api.Actor(ctx), in.ID, e)
	if err != nil {
		return nil, err
	}
	out := &enterScoreOutput{}
	out.Body.Version = s.Version
	return out, nil
}

// leafOf returns a leaf of a sheet's set, for who may see the sheet.
func (p *API) leafOf(ctx context.Context, sheet, leaf string) (*criteria.Node, error) {
	l, err := p.Desk.Ledger(ctx, p.Desk.DB, api.Actor(ctx), sheet)
	if err != nil {
		return nil, err
	}
	if n := l.Set.Node(leaf); n != nil && n.Leaf != nil {
		return n, nil
	}
	return nil, fault.New(fault.NotFound, "rounds.leaf_unknown", "Leaf", clipped(leaf))
}

func (p *API) listEvidence(ctx context.Context, in *evidenceIn) (*evidenceOutput, error) {
	list, err := p.Desk.EvidenceOf(ctx, p.Desk.DB, api.Actor(ctx), unit.ID(in.Unit), in.Q)
	if err != nil {
		return nil, err
	}
	out := &evidenceOutput{}
	out.Body.Items = []EvidenceItem{}
	list, out.Body.Next, err = api.Page(list, in.Cursor, in.Limit, func(e scorecard.Evidence) string { return e.ID })
	if err != nil {
		return nil, err
	}
	out.Link = api.Next(ctx, out.Body.Next)
	for _, e := range list {
		out.Body.Items = append(out.Body.Items, evidenceItem(e))
	}
	return out, nil
}
