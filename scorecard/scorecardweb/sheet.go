package scorecardweb

import (
	"context"
	"net/http"
	"net/url"
	"reflect"
	"slices"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/base/web"
	"cchc/scorecard"
	"cchc/scorecard/criteria"
)

const sheetsPath = Path + "/sheets"

func sheetURL(id string) string { return sheetsPath + "/" + id }

func leafURL(sheet, leaf string) string { return sheetURL(sheet) + "/leaf/" + url.PathEscape(leaf) }

func (p *Pages) registerSheets(mux *web.Mux) {
	mux.Handle("GET "+sheetsPath+"/{sheet}", web.SignedIn, p.sheet)
	mux.Handle("GET "+sheetsPath+"/{sheet}/leaf/{leaf}", web.SignedIn, p.leaf)
	mux.Handle("POST "+sheetsPath+"/{sheet}/leaf/{leaf}", web.SignedIn, p.enter)
	mux.Handle("GET "+sheetsPath+"/{sheet}/hand-in", web.SignedIn, p.askHandIn)
	mux.Handle("POST "+sheetsPath+"/{sheet}/hand-in", web.SignedIn, p.handIn)
	mux.Handle("POST "+sheetsPath+"/{sheet}/take-back", web.SignedIn, p.takeBack)
	mux.Handle("POST "+sheetsPath+"/{sheet}/leaf/{leaf}/ask", web.SignedIn, p.askQuestion)
	mux.Handle("POST "+sheetsPath+"/{sheet}/leaf/{leaf}/answer", web.SignedIn, p.answer)
	mux.Handle("GET "+sheetsPath+"/{sheet}/keep", web.SignedIn, p.askKeep)
	mux.Handle("POST "+sheetsPath+"/{sheet}/keep", web.SignedIn, p.keepSheet)
}

// A sheetPage is a sheet as somebody may see it.
type sheetPage struct {
	Sheet     scorecard.Sheet
	Round     scorecard.Round
	Ledger    *scorecard.Ledger
	UnitName  string
	Cards     map[scorecard.Stage]*criteria.Card
	Stages    []scorecard.Stage // that keep scores and have some that this person sees
	Linked    map[string]int
	Questions []scorecard.Question
	Lacks     []scorecard.Lack
	Appeals   []scorecard.Appeal
	Own       bool // the person may score it as their own unit's
	Board     bool // the person may see the round's board
	Keeps     bool
	Decides   bool
	Now       moment.Instant
}

// loadSheet reads what a sheet's pages show.
func (p *Pages) loadSheet(ctx context.Context, q db.Queryer, id string) (*sheetPage, error) {
	a := web.Actor(ctx)
	v := &sheetPage{Cards: map[scorecard.Stage]*criteria.Card{}, Linked: map[string]int{}, Now: p.Desk.DB.Now()}
	var err error
	if v.Sheet, v.Round, err = p.Desk.Sheet(ctx, q, a, id); err != nil {
		return nil, err
	}
	if v.Ledger, err = p.Desk.Ledger(ctx, q, a, id); err != nil {
		return nil, err
	}
	if v.UnitName, err = p.unitName(ctx, q, v.Sheet.Unit); err != nil {
		return nil, err
	}
	links, err := p.Desk.LinksOf(ctx, q, v.Sheet)
	if err != nil {
		return nil, err
	}
	for _, l := range links {
		v.Linked[l.Leaf]++
	}
	if v.Questions, err = p.Desk.Questions(ctx, q, v.Sheet); err != nil {
		return nil, err
	}
	if v.Lacks, err = p.Desk.Lacks(ctx, q, v.Ledger); err != nil {
		return nil, err
	}
	if v.Appeals, err = p.Desk.Appeals(ctx, q, v.Sheet); err != nil {
		return nil, err
	}
	if v.Own, err = p.Desk.MayEnter(ctx, q, a, v.Sheet.Unit); err != nil {
		return nil, err
	}
	if v.Board, err = p.Desk.Guard.May(ctx, q, a, auth.ScoreRead, v.Round.Unit); err != nil {
		return nil, err
	}
	if v.Keeps, err = p.Desk.Guard.May(ctx, q, a, auth.RoundKeep, v.Round.Unit); err != nil {
		return nil, err
	}
	if v.Decides, err = p.Desk.Guard.May(ctx, q, a, auth.ResultPublish, v.Round.Unit); err != nil {
		return nil, err
	}
	for _, s := range scorecard.ScoredIn {
		if s == scorecard.StageSelf || len(v.Ledger.Leaves(s)) > 0 {
			v.Stages = append(v.Stages, s)
			v.Cards[s] = v.Ledger.Card(s)
		}
	}
	return v, nil
}

// last is the latest stage of which there are scores.
func (v *sheetPage) last() scorecard.Stage { return v.Stages[len(v.Stages)-1] }

// may reports whether the policy lets the unit's own people do an act to its sheet as
// it stands.
func (v *sheetPage) may(x auth.Act) bool {
	return v.Own && x.In(v.Sheet.Stands(v.Round, v.Now))
}

// editable reports whether the person may enter self-scores now.
func (v *sheetPage) editable() bool {
	return v.may(auth.EnterScore)
}

// explains reports whether the person may answer questions now.
func (v *sheetPage) explains() bool {
	return v.Own && auth.AnswerAsked.In(v.Sheet.StandsIn(v.Round, scorecard.StageExplain, v.Now))
}

// attaches reports whether the person may attach evidence now.
func (v *sheetPage) attaches() bool {
	return v.may(auth.AttachProof)
}

func (v *sheetPage) lack(leaf string) (scorecard.LackKind, bool) {
	for _, x := range v.Lacks {
		if x.Node.Code == leaf {
			return x.What, true
		}
	}
	return "", false
}

// open counts the questions about a leaf, and those without an answer.
func (v *sheetPage) asked(leaf string) (all, waiting int) {
	for _, x := range v.Questions {
		if x.Leaf == leaf {
			all++
			if x.Answered == 0 {
				waiting++
			}
		}
	}
	return all, waiting
}

// points returns what a stage's card gives a leaf, where the stage says something
// of it itself.
func (v *sheetPage) points(ctx context.Context, leaf string, s scorecard.Stage) string {
	if s != scorecard.StageSelf && !v.Ledger.Of(leaf, s).Given() {
		return ""
	}
	return cardPoints(ctx, v.Cards[s], leaf)
}

func cardPoints(ctx context.Context, c *criteria.Card, leaf string) string {
	r, ok := c.Result(leaf)
	if !ok || r.State == criteria.Missing {
		return i18n.None
	}
	return i18n.Decimal(ctx, r.Points)
}

func (p *Pages) sheet(w http.ResponseWriter, r *http.Request) error {
	var v *sheetPage
	err := p.Desk.DB.Snapshot(r.Context(), func(q *db.Snapshot) (err error) {
		v, err = p.loadSheet(r.Context(), q, r.PathValue("sheet"))
		return err
	})
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, sheetView(v))
}

// A leafPage is one leaf of a sheet: its rule, what each stage says of it, its
// evidence, questions and history.
type leafPage struct {
	*sheetPage
	Node        *criteria.Node
	Form        *entryForm
	Links       []scorecard.Link
	Suggestions []scorecard.Suggestion
	Changes     []scorecard.Change
	Prev, Next  *criteria.Node
	Theirs      *scorecard.Score // what somebody else stored meanwhile
	TheirName   string
	Saved       bool
	MayAsk      bool
	Question    *questionForm
	Attach      *attachForm
	Evidence    []scorecard.Evidence // of the unit, to choose from
	WhyByHand   string               // key of a message; "" measured, or bound to nothing
}

// entryForm is a self-score as it is typed; the rule's own fields are read from the
// form's values.
type entryForm struct {
	web.Form
	Note    string `form:"note"`
	Version int    `form:"version"`
	Do      string `form:"do"`
}

type questionForm struct {
	web.Form
	Question string `form:"question"`
	ID       string `form:"id"`
	Answer   string `form:"answer"`
}

// notInput are the fields of the form that are not the rule's.
var notInput = []string{"note", "version", "do"}

func (p *Pages) leaf(w http.ResponseWriter, r *http.Request) error {
	v, err := p.loadLeaf(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, leafView(v))
}

func (p *Pages) loadLeaf(r *http.Request) (*leafPage, error) {
	ctx := r.Context()
	v := &leafPage{Form: &entryForm{}, Question: &questionForm{}, Attach: &attachForm{}}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		if v.sheetPage, err = p.loadSheet(ctx, q, r.PathValue("sheet")); err != nil {
			return err
		}
		set := v.Ledger.Set
		if v.Node = set.Node(r.PathValue("leaf")); v.Node == nil || v.Node.Leaf == nil {
			return fault.New(fault.NotFound, "rounds.leaf_unknown", "Leaf", clipped(r.PathValue("leaf")))
		}
		v.WhyByHand = p.Desk.WhyByHand(v.Node.Leaf.Binding)
		items := scorecard.Items(set)
		i := slices.Index(items, v.Node)
		if i > 0 {
			v.Prev = items[i-1]
		}
		if i+1 < len(items) {
			v.Next = items[i+1]
		}
		links, err := p.Desk.LinksOf(ctx, q, v.Sheet)
		if err != nil {
			return err
		}
		v.Links = slices.DeleteFunc(links, func(l scorecard.Link) bool { return l.Leaf != v.Node.Code })
		changes, err := p.Desk.Changes(ctx, q, web.Actor(ctx), v.Sheet.ID)
		if err != nil {
			return err
		}
		v.Changes = slices.DeleteFunc(changes, func(c scorecard.Change) bool { return c.Leaf != v.Node.Code })
		v.Questions = slices.DeleteFunc(v.Questions, func(x scorecard.Question) bool { return x.Leaf != v.Node.Code })
		if v.MayAsk, err = p.Desk.MayAsk(ctx, q, web.Actor(ctx), v.Round, v.Ledger, v.Node.Code); err != nil {
			return err
		}
		if !v.attaches() {
			return nil
		}
		all, err := p.Desk.Suggestions(ctx, q, v.Round, v.Sheet, set)
		if err != nil {
			return err
		}
		v.Suggestions = all[v.Node.Code]
		v.Evidence, err = p.Desk.EvidenceOf(ctx, q, web.Actor(ctx), v.Sheet.Unit, "")
		return err
	})
	if err != nil {
		return nil, err
	}
	v.fill()
	return v, nil
}

// fill puts what is stored into the form: as it was typed, or as it was measured.
func (v *leafPage) fill() {
	x := v.Ledger.Of(v.Node.Code, scorecard.StageSelf)
	values, err := url.ParseQuery(x.Typed)
	if err != nil || x.Typed == "" {
		in := x.Input
		if m, ok := v.Ledger.Measure(v.Node.Code); ok && !in.Given() {
			in = m.Input
		}
		values = typedOf(v.Node, in)
	}
	for name, list := range values {
		v.Form.Set(name, list...)
	}
	v.Form.Set("note", x.Note)
	v.Form.Version = x.Version
}

// enter stores a self-score. Scripts send the form while it is typed (autosave) and
// take the part about what is saved out of the answer.
func (p *Pages) enter(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &entryForm{}
	wrong := web.Decode(r, in)
	if wrong != nil && !in.Failed(wrong) {
		return wrong
	}
	v, err := p.loadLeaf(r)
	if err != nil {
		return err
	}
	bad := fault.New(fault.Invalid, "rounds.invalid")
	input := readInput(v.Node, in.Values, bad)
	if len(bad.Fields) > 0 {
		input = criteria.Input{} // half of an input is none
	}
	typed := url.Values{}
	for name, list := range in.Values {
		if !slices.Contains(notInput, name) && len(list) > 0 && list[0] != "" {
			typed[name] = list
		}
	}
	if err = wrong; err == nil {
		// What cannot be read is kept as it was typed, and told.
		_, err = p.Desk.Enter(ctx, web.Actor(ctx), v.Sheet.ID, scorecard.Entry{Leaf: v.Node.Code, Input: input, Typed: typed.Encode(), Note: in.Note, Version: in.Version})
	}
	quiet := r.Header.Get("HX-Request") != ""
	if err == nil && bad.Or() == nil && !quiet {
		next := sheetURL(v.Sheet.ID) + "#" + leafID(v.Node.Code)
		if in.Do == "next" && v.Next != nil {
			next = leafURL(v.Sheet.ID, v.Next.Code)
		} else if in.Do == "stay" {
			next = leafURL(v.Sheet.ID, v.Node.Code)
		}
		return web.SeeOther(w, r, next, "rounds.leaf_saved", "Leaf", v.Node.Code)
	}
	if err == nil {
		if v, err = p.loadLeaf(r); err != nil { // with the points that the rule gives now
			return err
		}
		version := v.Form.Version
		v.Form, v.Saved = in, true
		v.Form.Version = version
		if err := bad.Or(); err != nil {
			in.Failed(err)
			if !quiet {
				return web.Render(w, r, http.StatusUnprocessableEntity, leafView(v))
			}
		}
		return web.Render(w, r, http.StatusOK, leafView(v))
	}
	if f := fault.As(err); f != nil && f.Key == "rounds.leaf_changed" {
		theirs := v.Ledger.Of(v.Node.Code, scorecard.StageSelf)
		v.Theirs = &theirs
		if v.TheirName, err = person(ctx, p.Desk.DB, theirs.By); err != nil {
			return err
		}
		v.Form = in
		v.Form.Version = theirs.Version // sent again, it is with open eyes
		in.Fault = f
		return web.Render(w, r, http.StatusConflict, leafView(v))
	}
	if !in.Failed(err) {
		return err
	}
	version := v.Form.Version
	v.Form = in
	v.Form.Version = version
	return web.Render(w, r, http.StatusUnprocessableEntity, leafView(v))
}

// leafID is where a leaf stands on a page.
func leafID(code string) string { return "leaf-" + url.PathEscape(code) }

type handInForm struct {
	web.Form
	Lacking bool `form:"lacking"`
}

func (p *Pages) askHandIn(w http.ResponseWriter, r *http.Request) error {
	return p.showHandIn(w, r, &handInForm{}, http.StatusOK)
}

func (p *Pages) showHandIn(w http.ResponseWriter, r *http.Request, in *handInForm, status int) error {
	ctx := r.Context()
	var v *sheetPage
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		v, err = p.loadSheet(ctx, q, r.PathValue("sheet"))
		return err
	})
	if err != nil {
		return err
	}
	if !v.Own {
		return fault.New(fault.Forbidden, "rounds.not_own")
	}
	return web.Render(w, r, status, handInView(v, in))
}

func (p *Pages) handIn(w http.ResponseWriter, r *http.Request) error {
	in := &handInForm{}
	err := web.Decode(r, in)
	if err == nil {
		if err = p.Desk.HandIn(r.Context(), web.Actor(r.Context()), r.PathValue("sheet"), in.Lacking); err == nil {
			return web.SeeOther(w, r, sheetURL(r.PathValue("sheet")), "rounds.handed_in_now")
		}
	}
	if f := fault.As(err); f != nil && f.Key == "rounds.lacking" {
		in.Fault = &fault.Fault{Kind: f.Kind, Key: f.Key, Args: f.Args} // the page lists what is missing itself
		return p.showHandIn(w, r, in, http.StatusConflict)
	}
	return err
}

func (p *Pages) takeBack(w http.ResponseWriter, r *http.Request) error {
	if err := p.Desk.TakeBack(r.Context(), web.Actor(r.Context()), r.PathValue("sheet")); err != nil {
		return err
	}
	return web.SeeOther(w, r, sheetURL(r.PathValue("sheet")), "rounds.taken_back")
}

func (p *Pages) askQuestion(w http.ResponseWriter, r *http.Request) error {
	in := &questionForm{}
	err := web.Decode(r, in)
	if err == nil {
		if err = p.Desk.Ask(r.Context(), web.Actor(r.Context()), r.PathValue("sheet"), []string{r.PathValue("leaf")}, in.Question); err == nil {
			return web.SeeOther(w, r, leafURL(r.PathValue("sheet"), r.PathValue("leaf"))+"#questions", "rounds.question_asked")
		}
	}
	return p.questionWrong(w, r, in, err)
}

func (p *Pages) answer(w http.ResponseWriter, r *http.Request) error {
	in := &questionForm{}
	err := web.Decode(r, in)
	if err == nil {
		if err = p.Desk.Answer(r.Context(), web.Actor(r.Context()), in.ID, in.Answer); err == nil {
			return web.SeeOther(w, r, leafURL(r.PathValue("sheet"), r.PathValue("leaf"))+"#questions", "rounds.answered")
		}
	}
	return p.questionWrong(w, r, in, err)
}

func (p *Pages) questionWrong(w http.ResponseWriter, r *http.Request, in *questionForm, err error) error {
	if !in.Failed(err) {
		return err
	}
	v, err := p.loadLeaf(r)
	if err != nil {
		return err
	}
	v.Question = in
	return web.Render(w, r, http.StatusUnprocessableEntity, leafView(v))
}

// keepForm is what who keeps the round does to one sheet.
type keepForm struct {
	web.Form
	Do     string `form:"do"`
	Block  string `form:"block"`
	Reason string `form:"reason"`
}

func (p *Pages) askKeep(w http.ResponseWriter, r *http.Request) error {
	return p.showKeep(w, r, &keepForm{}, http.StatusOK)
}

func (p *Pages) showKeep(w http.ResponseWriter, r *http.Request, in *keepForm, status int) error {
	ctx := r.Context()
	s, x, err := p.Desk.SheetHead(ctx, p.Desk.DB, web.Actor(ctx), r.PathValue("sheet"))
	if err != nil {
		return err
	}
	name, err := p.unitName(ctx, p.Desk.DB, s.Unit)
	if err != nil {
		return err
	}
	if in.Value("block") == "" {
		in.Set("block", s.Block)
	}
	return web.Render(w, r, status, keepView(s, x, name, in, p.Desk.DB.Now()))
}

func (p *Pages) keepSheet(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	a, id := web.Actor(ctx), r.PathValue("sheet")
	in := &keepForm{}
	err := web.Decode(r, in)
	if err == nil {
		switch in.Do {
		case "hand_in":
			err = p.Desk.HandInFor(ctx, a, id, in.Reason)
		case "remove":
			err = p.Desk.RemoveSheet(ctx, a, id, in.Reason)
		case "restore":
			err = p.Desk.RestoreSheet(ctx, a, id, in.Reason)
		case "block":
			err = p.Desk.RegroupSheet(ctx, a, id, in.Block, in.Reason)
		case "note":
			err = p.Desk.NoteSheet(ctx, a, id, in.Reason)
		default:
			err = fault.New(fault.Invalid, "rounds.invalid").With("do", "rounds.choose")
		}
		if err == nil {
			_, x, err := p.Desk.SheetHead(ctx, p.Desk.DB, a, id)
			if err != nil {
				return err
			}
			return web.SeeOther(w, r, roundURL(x.ID), "rounds.sheet_kept")
		}
	}
	if !in.Failed(err) {
		return err
	}
	return p.showKeep(w, r, in, http.StatusUnprocessableEntity)
}

// gives says what an input would give under the sheet's other scores.
func (v *leafPage) gives() (points.Points, bool) {
	r, ok := v.Cards[scorecard.StageSelf].Result(v.Node.Code)
	return r.Points, ok && r.State != criteria.Missing
}

// typed is what the form says, as far as it can be read.
func (v *leafPage) typed() criteria.Input {
	return readInput(v.Node, v.Form.Values, fault.New(fault.Invalid, "rounds.invalid"))
}

func sameInput(a, b criteria.Input) bool { return reflect.DeepEqual(a, b) }
