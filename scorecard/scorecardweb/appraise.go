package scorecardweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/points"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/scorecard"
	"cchc/scorecard/criteria"
)

// appraiseURL leads to the work of a stage, or to one leaf across all sheets.
func appraiseURL(round string, s scorecard.Stage, leaf string) string {
	u := roundURL(round) + "/appraise/" + string(s)
	if leaf != "" {
		u += "/leaf/" + url.PathEscape(leaf)
	}
	return u
}

func (p *Pages) registerAppraise(mux *web.Mux) {
	base := "{round}/appraise/{stage}"
	mux.Handle("GET "+roundsPath+"/"+base, web.SignedIn, p.appraise)
	mux.Handle("GET "+roundsPath+"/"+base+"/leaf/{leaf}", web.SignedIn, p.across)
	mux.Handle("POST "+roundsPath+"/"+base+"/leaf/{leaf}", web.SignedIn, p.judge)
	mux.Handle("GET "+roundsPath+"/"+base+"/accept", web.SignedIn, p.askAccept)
	mux.Handle("POST "+roundsPath+"/"+base+"/accept", web.SignedIn.Body(16<<20), p.accept)
}

// A work is what lies before somebody in a stage.
type work struct {
	Round scorecard.Round
	Stage scorecard.Stage
	Desks []scorecard.OnDesk
	Items []*criteria.Node // that the person may score on some sheet, in the set's order
}

func (p *Pages) work(ctx context.Context, q db.Queryer, r *http.Request) (*work, error) {
	a := web.Actor(ctx)
	x, err := p.Desk.Round(ctx, q, a, r.PathValue("round"))
	if err != nil {
		return nil, err
	}
	v := &work{Round: x, Stage: scorecard.Stage(r.PathValue("stage"))}
	switch v.Stage {
	case scorecard.StageAppraised1, scorecard.StageAppraised2, scorecard.StageCouncil:
	default:
		return nil, fault.New(fault.NotFound, "rounds.stage_unknown", "Stage", clipped(r.PathValue("stage")))
	}
	if v.Desks, err = p.Desk.Desks(ctx, q, a, x, v.Stage); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, d := range v.Desks {
		for _, n := range scorecard.Items(d.Ledger.Set) {
			if !seen[n.Code] && d.May(n.Code) {
				seen[n.Code] = true
				v.Items = append(v.Items, n)
			}
		}
	}
	return v, nil
}

// count tells of a leaf how many sheets are to be scored, and how many are.
func (v *work) count(leaf string) (all, done, asked int) {
	for _, d := range v.Desks {
		if !d.May(leaf) {
			continue
		}
		all++
		if d.Ledger.Of(leaf, v.Stage).Version > 0 {
			done++
		}
		if d.Asked[leaf] {
			asked++
		}
	}
	return all, done, asked
}

func (v *work) left() int {
	n := 0
	for _, x := range v.Items {
		all, done, _ := v.count(x.Code)
		n += all - done
	}
	return n
}

func (p *Pages) appraise(w http.ResponseWriter, r *http.Request) error {
	var v *work
	err := p.Desk.DB.Snapshot(r.Context(), func(q *db.Snapshot) (err error) {
		v, err = p.work(r.Context(), q, r)
		return err
	})
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, workView(v))
}

// An acrossPage is one leaf across all sheets.
type acrossPage struct {
	*work
	Node       *criteria.Node
	Rows       []scorecard.OnDesk
	Prev, Next *criteria.Node
	At         string // the sheet whose row has the focus
	Form       *verdictForm
	Only       string // "open" hides what is done
}

// verdictForm is what an appraiser says of one row. Do is "accept", "points",
// "input", the place of an option, or "typed": Enter in a field of the row, which
// gives what was typed and accepts nothing.
type verdictForm struct {
	web.Form
	Sheet   string `form:"sheet"`
	Do      string `form:"do"`
	Points  string `form:"points"`
	Why     string `form:"why"`
	Version int    `form:"version"`
	Seen    int    `form:"seen"`
	Only    string `form:"only"`
}

func (p *Pages) loadAcross(r *http.Request) (*acrossPage, error) {
	ctx := r.Context()
	v := &acrossPage{Form: &verdictForm{}, At: r.URL.Query().Get("at"), Only: r.URL.Query().Get("only")}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		v.work, err = p.work(ctx, q, r)
		return err
	})
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(v.Items, func(n *criteria.Node) bool { return n.Code == r.PathValue("leaf") })
	if i < 0 {
		return nil, fault.New(fault.NotFound, "rounds.leaf_unknown", "Leaf", clipped(r.PathValue("leaf")))
	}
	v.Node = v.Items[i]
	if i > 0 {
		v.Prev = v.Items[i-1]
	}
	if i+1 < len(v.Items) {
		v.Next = v.Items[i+1]
	}
	for _, d := range v.Desks {
		if d.May(v.Node.Code) {
			v.Rows = append(v.Rows, d)
		}
	}
	if v.At == "" { // the first that is not done
		for _, d := range v.Rows {
			if d.Ledger.Of(v.Node.Code, v.Stage).Version == 0 {
				v.At = d.Ledger.Sheet.ID
				break
			}
		}
	}
	return v, nil
}

// node is the leaf in a sheet's own set: groups may score by other sets.
func (v *acrossPage) node(d scorecard.OnDesk) *criteria.Node { return d.Ledger.Set.Node(v.Node.Code) }

func (p *Pages) across(w http.ResponseWriter, r *http.Request) error {
	v, err := p.loadAcross(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, acrossView(v))
}

// judge stores what is said of one row and goes on to the next one.
func (p *Pages) judge(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &verdictForm{}
	err := web.Decode(r, in)
	v, err2 := p.loadAcross(r)
	if err2 != nil {
		return err2
	}
	v.Only = in.Only
	if err == nil {
		var verdict scorecard.Verdict
		if verdict, err = v.verdict(in); err == nil {
			if err = p.Desk.Appraise(ctx, web.Actor(ctx), v.Round.ID, v.Stage, []scorecard.Verdict{verdict}); err == nil {
				return web.SeeOther(w, r, v.after(in.Sheet), "")
			}
		}
	}
	if !in.Failed(err) {
		return err
	}
	v.Form, v.At = in, in.Sheet
	status := http.StatusUnprocessableEntity
	if fault.Is(err, fault.Conflict) {
		status = http.StatusConflict
	}
	return web.Render(w, r, status, acrossView(v))
}

// after leads to the row below one, with the focus on it.
func (v *acrossPage) after(sheet string) string {
	next := sheet
	for i, d := range v.Rows {
		if d.Ledger.Sheet.ID == sheet && i+1 < len(v.Rows) {
			next = v.Rows[i+1].Ledger.Sheet.ID
		}
	}
	q := url.Values{"at": {next}}
	if v.Only != "" {
		q.Set("only", v.Only)
	}
	return appraiseURL(v.Round.ID, v.Stage, v.Node.Code) + "?" + q.Encode() + "#row-" + next
}

func (v *acrossPage) verdict(in *verdictForm) (scorecard.Verdict, error) {
	out := scorecard.Verdict{Sheet: in.Sheet, Leaf: v.Node.Code, Why: in.Why, Version: in.Version, Seen: in.Seen}
	n := v.Node
	for _, d := range v.Rows {
		if d.Ledger.Sheet.ID == in.Sheet {
			n = v.node(d)
		}
	}
	if in.Do == "typed" {
		switch {
		case in.Points != "":
			in.Do = "points"
		case readInput(n, in.Values, fault.New(fault.Invalid, "rounds.invalid")).Given():
			in.Do = "input"
		}
	}
	switch in.Do {
	case "accept":
		out.Accept = true
	case "points":
		p, err := points.Parse(in.Points)
		if err != nil {
			return out, fault.New(fault.Invalid, "rounds.invalid").With("points", "rounds.points_wrong", "Value", clipped(in.Points))
		}
		out.ByHand = &p
	case "input":
		f := fault.New(fault.Invalid, "rounds.invalid")
		out.Input = readInput(n, in.Values, f)
		if err := f.Or(); err != nil {
			return out, err
		}
	default:
		if i, err := strconv.Atoi(in.Do); err == nil && i >= 1 {
			if o := options(n); i <= len(o) {
				out.Input = criteria.Input{Option: o[i-1]}
				return out, nil
			}
		}
		return out, fault.New(fault.Invalid, "rounds.invalid").With("do", "rounds.choose")
	}
	return out, nil
}

// options are the answers that a digit chooses: of a choice its options, of a
// yes/no question yes and no.
func options(n *criteria.Node) []string {
	switch x := n.Leaf.Rule.(type) {
	case *criteria.ChoiceRule:
		var out []string
		for _, o := range x.Options[:min(len(x.Options), 9)] {
			out = append(out, o.Label)
		}
		return out
	case *criteria.YesNoRule, *criteria.VetoRule:
		return []string{"yes", "no"}
	}
	return nil
}

// An acceptPage shows what would be accepted at once.
type acceptPage struct {
	*work
	Leaf string
	Node *criteria.Node
	List []scorecard.Acceptable
	Form *web.Form
}

func (v *acceptPage) unit(sheet string) string {
	for _, d := range v.Desks {
		if d.Ledger.Sheet.ID == sheet {
			return d.Unit.Name
		}
	}
	return sheet
}

func (v *acceptPage) back() ui.Link {
	if v.Node != nil {
		return ui.Link{Text: v.Node.Code + " " + v.Node.Name, URL: appraiseURL(v.Round.ID, v.Stage, v.Leaf)}
	}
	return ui.Link{Text: v.Round.Name, URL: appraiseURL(v.Round.ID, v.Stage, "")}
}

func (p *Pages) askAccept(w http.ResponseWriter, r *http.Request) error {
	return p.showAccept(w, r, r.URL.Query().Get("leaf"), &web.Form{}, http.StatusOK)
}

func (p *Pages) showAccept(w http.ResponseWriter, r *http.Request, leaf string, form *web.Form, status int) error {
	ctx := r.Context()
	v := &acceptPage{Leaf: leaf, Form: form}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		if v.work, err = p.work(ctx, q, r); err != nil {
			return err
		}
		for _, n := range v.Items {
			if n.Code == leaf {
				v.Node = n
			}
		}
		v.List, err = p.Desk.Acceptables(ctx, q, web.Actor(ctx), v.Round, v.Stage, leaf)
		return err
	})
	if err != nil {
		return err
	}
	return web.Render(w, r, status, acceptView(v))
}

func (p *Pages) accept(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &struct {
		web.Form
		Leaf string   `form:"leaf"`
		Take []string `form:"take"`
	}{}
	err := web.Decode(r, in)
	if err == nil {
		var list []scorecard.Acceptable
		for _, s := range in.Take {
			x, ok := scorecard.ParseAcceptable(s)
			if !ok {
				return fault.New(fault.Invalid, "web.form.broken")
			}
			list = append(list, x)
		}
		if len(list) == 0 {
			err = fault.New(fault.Invalid, "rounds.invalid").With("take", "rounds.accept.none_chosen")
		} else if err = p.Desk.Accept(ctx, web.Actor(ctx), r.PathValue("round"), scorecard.Stage(r.PathValue("stage")), list); err == nil {
			return web.SeeOther(w, r, appraiseURL(r.PathValue("round"), scorecard.Stage(r.PathValue("stage")), in.Leaf), "rounds.accepted", "Count", len(list))
		}
	}
	if !in.Failed(err) {
		return err
	}
	return p.showAccept(w, r, in.Leaf, &in.Form, http.StatusConflict)
}
