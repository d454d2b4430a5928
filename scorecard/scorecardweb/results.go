package scorecardweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/points"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/scorecard"
	"cchc/scorecard/ranking"
	"cchc/unit"
)

const (
	resultsPath  = Path + "/results"
	publicPath   = "/cchc"
	remedialPath = Path + "/remedial"
)

func (p *Pages) registerResults(mux *web.Mux) {
	mux.Handle("GET "+resultsPath, web.SignedIn, p.listResults)
	mux.Handle("GET "+resultsPath+"/card", web.SignedIn.OfPublished(), p.card)
	mux.Handle("GET "+resultsPath+"/history", web.SignedIn, p.askHistory)
	mux.Handle("POST "+resultsPath+"/history", web.SignedIn.Body(largestUpload), p.enterHistory)
	mux.Handle("GET "+remedialPath+"/{id}", web.SignedIn, p.remedial)
	mux.Handle("POST "+remedialPath+"/{id}", web.SignedIn, p.changeRemedial)
	mux.Handle("GET "+remedialPath+"/{id}/table.xlsx", web.SignedIn, p.remedialXLSX)
	mux.Handle("GET "+resultsPath+"/{id}", web.SignedIn, p.showResult)
	mux.Handle("GET "+resultsPath+"/{id}/heat", web.SignedIn, p.heat)
	mux.Handle("GET "+resultsPath+"/{id}/compare", web.SignedIn, p.compare)
	mux.Handle("GET "+resultsPath+"/{id}/print", web.SignedIn, p.printResult)
	mux.Handle("GET "+resultsPath+"/{id}/units/{ord}", web.SignedIn, p.resultOf)
	mux.Handle("POST "+resultsPath+"/{id}/units/{ord}/remedial", web.SignedIn, p.draftRemedial)
	for _, kind := range []string{"csv", "json", "xlsx"} {
		mux.Handle("GET "+resultsPath+"/{id}/table."+kind, web.SignedIn, p.resultFile(kind, false))
	}
	p.registerPublish(mux)
	p.registerPublic(mux)
}

func resultURL(id string, more ...string) string {
	return strings.Join(append([]string{resultsPath, id}, more...), "/")
}

func resultCrumbs(ctx context.Context, more ...ui.Link) []ui.Link {
	return append(crumbs(ctx, ui.Link{Text: i18n.T(ctx, "results.title"), URL: resultsPath}), more...)
}

// A resultEntry is a publication in a list.
type resultEntry struct {
	scorecard.Publication
	LevelName string
	Amended   bool // another one amends it
}

func (e resultEntry) kind() ui.Kind {
	switch {
	case e.Approved == 0:
		return ui.Soon
	case e.Amended:
		return ui.Neutral
	case e.History():
		return ui.Info
	}
	return ui.OK
}

func (e resultEntry) state(ctx context.Context) string {
	switch {
	case e.Approved == 0:
		return i18n.T(ctx, "results.state.proposal")
	case e.Amended:
		return i18n.T(ctx, "results.state.amended")
	case e.History():
		return i18n.T(ctx, "results.state.history")
	}
	return i18n.T(ctx, "results.state.published")
}

// decision names the decision with its day, as far as they are known.
func decision(ctx context.Context, p scorecard.Publication) string {
	switch {
	case p.Number != "" && p.Decided != 0:
		return i18n.T(ctx, "results.decision_of", "Number", p.Number, "Day", p.Decided)
	case p.Number != "":
		return p.Number
	case p.Decided != 0:
		return i18n.Date(ctx, p.Decided)
	}
	return i18n.None
}

// levelNames are the names of unit levels in the page's language.
func (p *Pages) levelNames(ctx context.Context, q db.Queryer) (map[string]string, error) {
	levels, err := p.Desk.Units.Levels(ctx, q)
	out := map[string]string{}
	for _, l := range levels {
		out[l.Code] = l.NameVI
		if i18n.Lang(ctx) == i18n.English && l.NameEN != "" {
			out[l.Code] = l.NameEN
		}
	}
	return out, err
}

func entriesOf(ctx context.Context, all []scorecard.Publication, levels map[string]string) []resultEntry {
	amended := map[string]bool{}
	for _, x := range all {
		if x.Approved != 0 {
			amended[x.Supersedes] = true
		}
	}
	out := make([]resultEntry, len(all))
	for i, x := range all {
		out[i] = resultEntry{x, levels[x.Level], amended[x.ID]}
		if out[i].LevelName == "" {
			out[i].LevelName = levelText(ctx, x.Level)
		}
	}
	return out
}

func mayPublish(ctx context.Context) bool {
	return len(auth.Roots(web.Actor(ctx), auth.ResultPublish)) > 0
}

func (p *Pages) listResults(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	var list []resultEntry
	var waits []scorecard.Publishable
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		all, err := p.Desk.Publications(ctx, q, web.Actor(ctx))
		if err != nil {
			return err
		}
		levels, err := p.levelNames(ctx, q)
		if err != nil {
			return err
		}
		list = entriesOf(ctx, all, levels)
		waits, err = p.Desk.Publishables(ctx, q, web.Actor(ctx))
		return err
	})
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, resultsView(list, waits, mayPublish(ctx)))
}

// A resultPage is a publication as its pages show it.
type resultPage struct {
	resultEntry
	Past                    *scorecard.Publication // of the year before
	Earlier                 *scorecard.Publication // that it amends
	Later                   *scorecard.Publication // in force, where it was amended
	Changes                 []scorecard.AmendedRow
	Drift                   []scorecard.AmendedRow // what is different today, and not published
	Doubts                  []ranking.Doubt
	Block                   string                // shown alone; "" all
	Public                  bool                  // everybody's page: links lead to public pages
	Publish                 bool                  // the reader may amend
	Approvable, Discardable bool                  // of a proposal: what the reader may do with it
	Seen                    []scorecard.ResultRow // the rows with their changes, some of them ours; nil: Rows
	Filled                  bool                  // some changes are ours
	Formed                  int                   // rows of units that have no past
}

// base is where the page's own links begin.
func (x *resultPage) base() string {
	if x.Public {
		return publicPath + "/" + x.ID
	}
	return resultURL(x.ID)
}

// shown are the rows of the block that is looked at.
func (x *resultPage) shown() []scorecard.ResultRow {
	rows := x.Rows
	if x.Seen != nil {
		rows = x.Seen
	}
	if x.Block == "" {
		return rows
	}
	return slices.DeleteFunc(slices.Clone(rows), func(r scorecard.ResultRow) bool { return r.Block != x.Block })
}

// heading states who leads.
func (x *resultPage) heading(ctx context.Context) string {
	var first []scorecard.ResultRow
	for _, r := range x.shown() {
		if r.Rank == 1 {
			first = append(first, r)
		}
	}
	if len(first) == 1 && (len(x.Blocks()) == 1 || x.Block != "") {
		return i18n.T(ctx, "results.leads", "Unit", first[0].Name, "Index", indexText(ctx, x.Publication, first[0]))
	}
	return x.Title
}

// more reads what stands around a publication.
func (p *Pages) more(ctx context.Context, q db.Queryer, x *resultPage) error {
	levels, err := p.levelNames(ctx, q)
	if err != nil {
		return err
	}
	x.resultEntry = entriesOf(ctx, []scorecard.Publication{x.Publication}, levels)[0]
	if x.Past, err = p.Desk.Before(ctx, q, x.Publication); err != nil {
		return err
	}
	x.Doubts = x.Publication.Doubts(x.Past)
	now, err := p.Desk.Current(ctx, q, x.Publication)
	if err != nil {
		return err
	}
	if now.ID != x.ID {
		x.Later, x.Amended = &now, true
	}
	if x.Supersedes != "" {
		old, err := p.Desk.PublicPublication(ctx, q, x.Supersedes)
		if err != nil {
			return err
		}
		x.Earlier, x.Changes = &old, x.Publication.Amended(old)
	}
	if x.Seen, x.Filled, err = p.Desk.FilledDeltas(ctx, q, x.Publication, x.Past); err != nil {
		return err
	}
	for _, r := range x.Seen {
		if r.Deltas.Percent.Why == ranking.WhyFormed {
			x.Formed++
		}
	}
	return nil
}

func (p *Pages) resultPage(r *http.Request) (*resultPage, error) {
	ctx := r.Context()
	x := &resultPage{Block: r.URL.Query().Get("block")}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		if x.Publication, err = p.Desk.Publication(ctx, q, web.Actor(ctx), r.PathValue("id")); err != nil {
			return err
		}
		if x.Approvable, err = p.Desk.MayApprove(ctx, q, web.Actor(ctx), x.Publication); err != nil {
			return err
		}
		if x.Discardable, err = p.Desk.MayDiscard(ctx, q, web.Actor(ctx), x.Publication); err != nil {
			return err
		}
		if x.Publish, err = p.Desk.Guard.May(ctx, q, web.Actor(ctx), auth.ResultPublish, x.Unit); err != nil {
			return err
		}
		if err := p.more(ctx, q, x); err != nil || x.Amended {
			return err
		}
		x.Drift, err = p.Desk.Drift(ctx, q, web.Actor(ctx), x.Publication)
		return err
	})
	if !slices.Contains(x.Blocks(), x.Block) {
		x.Block = ""
	}
	return x, err
}

func (p *Pages) showResult(w http.ResponseWriter, r *http.Request) error {
	x, err := p.resultPage(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, resultView(x))
}

func (p *Pages) printResult(w http.ResponseWriter, r *http.Request) error {
	x, err := p.resultPage(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, resultPaper(x))
}

func (p *Pages) heat(w http.ResponseWriter, r *http.Request) error {
	x, err := p.resultPage(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, heatView(x, heatOf(x)))
}

// mostCompared is how many units stand beside each other: more no chart tells apart.
const mostCompared = 6

// A comparison is some units of a publication beside each other, and over the years.
type comparison struct {
	*resultPage
	Chosen []scorecard.ResultRow
	Years  []int
	Index  map[int]map[int]points.Points // by year, then ord of the unit's row here
	Form   ui.Form
}

func (p *Pages) compare(w http.ResponseWriter, r *http.Request) error {
	x, err := p.resultPage(r)
	if err != nil {
		return err
	}
	c := &comparison{resultPage: x, Index: map[int]map[int]points.Points{}}
	asked := r.URL.Query()["unit"]
	c.Form.Set("unit", asked...)
	if len(asked) == 0 { // the first three, so that there is something to see
		for i := range min(3, len(x.shown())) {
			asked = append(asked, strconv.Itoa(x.shown()[i].Ord))
		}
		c.Form.Set("unit", asked...)
	}
	for _, row := range x.Rows {
		if slices.Contains(asked, strconv.Itoa(row.Ord)) && len(c.Chosen) < mostCompared {
			c.Chosen = append(c.Chosen, row)
		}
	}
	ctx := r.Context()
	err = p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		for _, row := range c.Chosen {
			years, err := p.Desk.YearsOf(ctx, q, row.Unit, row.Name)
			if err != nil {
				return err
			}
			for _, y := range years {
				if y.Publication.Level != x.Level || !ranking.SameName(y.Publication.Publisher, x.Publisher) {
					continue
				}
				v, ok := y.Row.Percent(y.Publication.Decimals)
				if !ok {
					continue
				}
				if c.Index[y.Publication.Year] == nil {
					c.Index[y.Publication.Year] = map[int]points.Points{}
					c.Years = append(c.Years, y.Publication.Year)
				}
				c.Index[y.Publication.Year][row.Ord] = v
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.Sort(c.Years)
	return web.Render(w, r, http.StatusOK, compareView(c))
}

// A unitResult is one unit's line of a publication.
type unitResult struct {
	*resultPage
	Row      scorecard.ResultRow
	Lost     []scorecard.LeafResult
	Remedial string // id of the draft that there is
	MayDraft bool
}

func (x *resultPage) row(ord string) (scorecard.ResultRow, bool) {
	n, err := strconv.Atoi(ord)
	for _, r := range x.Seen {
		if err == nil && r.Ord == n {
			return r, true
		}
	}
	return scorecard.ResultRow{}, false
}

func (p *Pages) resultOf(w http.ResponseWriter, r *http.Request) error {
	x, err := p.resultPage(r)
	if err != nil {
		return err
	}
	row, ok := x.row(r.PathValue("ord"))
	if !ok {
		return fault.New(fault.NotFound, "results.unknown")
	}
	u := &unitResult{resultPage: x, Row: row, Lost: row.LostLeaves()}
	ctx := r.Context()
	if u.MayDraft, err = p.Desk.MayRemedy(ctx, p.Desk.DB, web.Actor(ctx), row.Unit); err != nil {
		return err
	}
	if u.Remedial, err = p.Desk.RemedialOf(ctx, p.Desk.DB, x.ID, row.Ord); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, unitResultView(u))
}

// A cardPage is a unit over the years (phiếu kết quả của đơn vị).
type cardPage struct {
	Unit      unit.ID
	Name      string
	Years     []scorecard.YearResult
	Forebears []scorecard.Forebear
	Asked     bool // for the forebears
	New       bool // the unit was formed: it has no past of its own before
	Base      string
}

func (p *Pages) card(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := p.Desk.Guard.CheckAnywhere(web.Actor(ctx), auth.ScoreRead); err != nil {
		return err
	}
	c, err := p.cardOf(r)
	if err != nil {
		return err
	}
	c.Base = resultsPath
	return web.Render(w, r, http.StatusOK, cardView(c))
}

func (p *Pages) cardOf(r *http.Request) (*cardPage, error) {
	ctx, in := r.Context(), r.URL.Query()
	c := &cardPage{Unit: unit.ID(in.Get("unit")), Name: strings.TrimSpace(in.Get("name")), Asked: in.Get("before") != ""}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		if c.Unit != "" {
			if c.Name, err = p.unitName(ctx, q, c.Unit); err != nil {
				return err
			}
		}
		if c.Years, err = p.Desk.YearsOf(ctx, q, c.Unit, c.Name); err != nil {
			return err
		}
		if len(c.Years) == 0 {
			return fault.New(fault.NotFound, "results.unknown")
		}
		c.Forebears, err = p.Desk.Forebears(ctx, q, c.Unit, c.Years[0].Publication.Year-1)
		c.New = len(c.Forebears) > 0 || c.Years[0].Deltas.Percent.Why == ranking.WhyFormed
		return err
	})
	return c, err
}

// draftRemedial makes the plan's draft and opens it.
func (p *Pages) draftRemedial(w http.ResponseWriter, r *http.Request) error {
	ord, err := strconv.Atoi(r.PathValue("ord"))
	if err != nil {
		return fault.New(fault.NotFound, "results.unknown")
	}
	id, err := p.Desk.DraftRemedial(r.Context(), web.Actor(r.Context()), r.PathValue("id"), ord)
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, remedialPath+"/"+url.PathEscape(id), "results.remedial.made")
}
