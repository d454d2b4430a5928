package scorecardweb

import (
	"net/http"
	"net/url"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/points"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/scorecard"
	"cchc/scorecard/criteria"
)

func (p *Pages) registerAppeals(mux *web.Mux) {
	mux.Handle("GET "+sheetsPath+"/{sheet}/appeal", web.SignedIn, p.askAppeal)
	mux.Handle("POST "+sheetsPath+"/{sheet}/appeal", web.SignedIn, p.appeal)
	mux.Handle("GET "+sheetsPath+"/{sheet}/appeals/{appeal}", web.SignedIn, p.askDecide)
	mux.Handle("POST "+sheetsPath+"/{sheet}/appeals/{appeal}", web.SignedIn, p.decideAppeal)
}

func appealURL(sheet, id string) string { return sheetURL(sheet) + "/appeals/" + url.PathEscape(id) }

// appealForm is an appeal as it is typed: for each leaf a claim, named claim.CODE;
// an empty one is no claim.
type appealForm struct {
	web.Form
	Document string `form:"document"`
	Text     string `form:"text"`
}

type appealPage struct {
	*sheetPage
	In *appealForm
}

func (p *Pages) askAppeal(w http.ResponseWriter, r *http.Request) error {
	return p.showAppeal(w, r, &appealForm{}, http.StatusOK)
}

func (p *Pages) showAppeal(w http.ResponseWriter, r *http.Request, in *appealForm, status int) error {
	v := &appealPage{In: in}
	err := p.Desk.DB.Snapshot(r.Context(), func(q *db.Snapshot) (err error) {
		v.sheetPage, err = p.loadSheet(r.Context(), q, r.PathValue("sheet"))
		return err
	})
	if err != nil {
		return err
	}
	switch {
	case !v.Own:
		return fault.New(fault.Forbidden, "rounds.not_own")
	case v.Round.Approved == 0:
		return fault.New(fault.Conflict, "rounds.not_approved")
	}
	return web.Render(w, r, status, appealView(v))
}

func (p *Pages) appeal(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &appealForm{}
	err := web.Decode(r, in)
	if err == nil {
		x := scorecard.Appeal{Document: in.Document, Text: in.Text}
		s, _, err2 := p.Desk.Sheet(ctx, p.Desk.DB, web.Actor(ctx), r.PathValue("sheet"))
		if err2 != nil {
			return err2
		}
		l, err2 := p.Desk.Ledger(ctx, p.Desk.DB, web.Actor(ctx), s.ID)
		if err2 != nil {
			return err2
		}
		for _, n := range scorecard.Items(l.Set) {
			if claim := in.Value("claim." + n.Code); claim != "" {
				x.Leaves = append(x.Leaves, scorecard.AppealLeaf{Leaf: n.Code, Claim: claim})
			}
		}
		if _, err = p.Desk.File(ctx, web.Actor(ctx), s.ID, x); err == nil {
			return web.SeeOther(w, r, sheetURL(s.ID), "rounds.appeal.filed")
		}
	}
	if !in.Failed(err) {
		return err
	}
	return p.showAppeal(w, r, in, http.StatusUnprocessableEntity)
}

type decidePage struct {
	*sheetPage
	Appeal scorecard.Appeal
	Form   *web.Form
}

func (v *decidePage) node(leaf string) *criteria.Node { return v.Ledger.Set.Node(leaf) }

func (p *Pages) askDecide(w http.ResponseWriter, r *http.Request) error {
	return p.showDecide(w, r, &web.Form{}, http.StatusOK)
}

func (p *Pages) showDecide(w http.ResponseWriter, r *http.Request, form *web.Form, status int) error {
	v := &decidePage{Form: form}
	err := p.Desk.DB.Snapshot(r.Context(), func(q *db.Snapshot) (err error) {
		v.sheetPage, err = p.loadSheet(r.Context(), q, r.PathValue("sheet"))
		return err
	})
	if err != nil {
		return err
	}
	for _, x := range v.Appeals {
		if x.ID == r.PathValue("appeal") {
			v.Appeal = x
			return web.Render(w, r, status, decideView(v))
		}
	}
	return fault.New(fault.NotFound, "rounds.appeal_unknown")
}

// decideAppeal decides an appeal: verdict.CODE, points.CODE and reason.CODE.
func (p *Pages) decideAppeal(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &struct{ web.Form }{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	s, _, err := p.Desk.Sheet(ctx, p.Desk.DB, web.Actor(ctx), r.PathValue("sheet"))
	if err != nil {
		return err
	}
	list, err := p.Desk.Appeals(ctx, p.Desk.DB, s)
	if err != nil {
		return err
	}
	f := fault.New(fault.Invalid, "rounds.invalid")
	var rulings []scorecard.Ruling
	for _, x := range list {
		if x.ID != r.PathValue("appeal") {
			continue
		}
		for _, leaf := range x.Leaves {
			g := scorecard.Ruling{Leaf: leaf.Leaf, Reason: in.Value("reason." + leaf.Leaf)}
			switch in.Value("verdict." + leaf.Leaf) {
			case scorecard.Accepted:
				g.Accept = true
				pts, err := points.Parse(in.Value("points." + leaf.Leaf))
				if err != nil {
					f.With("points."+leaf.Leaf, "rounds.points_wrong", "Value", clipped(in.Value("points."+leaf.Leaf)))
				}
				g.ByHand = &pts
			case scorecard.Refused:
			default:
				continue // the verb tells that it is missing
			}
			rulings = append(rulings, g)
		}
	}
	if err = f.Or(); err == nil {
		if err = p.Desk.Decide(ctx, web.Actor(ctx), r.PathValue("appeal"), rulings); err == nil {
			return web.SeeOther(w, r, sheetURL(s.ID), "rounds.appeal.decided")
		}
	}
	if !in.Failed(err) {
		return err
	}
	return p.showDecide(w, r, &in.Form, http.StatusUnprocessableEntity)
}

// verdictOptions are the two answers to a claim.
func verdictOptions(accepted, refused string) []ui.Option {
	return []ui.Option{{Value: scorecard.Accepted, Text: accepted}, {Value: scorecard.Refused, Text: refused}}
}
