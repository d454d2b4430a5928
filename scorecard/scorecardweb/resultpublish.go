package scorecardweb

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"unicode"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/scorecard"
	"cchc/scorecard/ranking"
	"cchc/unit"
)

// A proposeForm prepares the results of a round for publication.
type proposeForm struct {
	web.Form
	Round     string      `form:"round,required"`
	Amends    string      `form:"amends"`
	Title     string      `form:"title"`
	Number    string      `form:"number"`
	Decided   moment.Date `form:"decided"`
	Ties      string      `form:"ties"`
	Breakers  string      `form:"breakers"`
	Decimals  string      `form:"decimals"`
	Weighting string      `form:"weighting"`
	Reason    string      `form:"reason"`
	HandUnit  []string    `form:"hand_unit"`
	HandBand  []string    `form:"hand_band"`
	Do        string      `form:"do"`

	Preview *resultPage
}

// codesIn reads codes that are parted by commas or blanks.
func codesIn(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || unicode.IsSpace(r) })
}

func (p *Pages) registerPublish(mux *web.Mux) {
	mux.Handle("GET "+resultsPath+"/prepare", web.SignedIn, p.askPropose)
	mux.Handle("POST "+resultsPath+"/prepare", web.SignedIn, p.propose)
	mux.Handle("GET "+resultsPath+"/{id}/approve", web.SignedIn, p.askApproveResult)
	mux.Handle("POST "+resultsPath+"/{id}/approve", web.SignedIn, p.approveResult)
	mux.Handle("GET "+resultsPath+"/{id}/discard", web.SignedIn, p.askDiscard)
	mux.Handle("POST "+resultsPath+"/{id}/discard", web.SignedIn, p.discard)
}

func (in *proposeForm) proposal() scorecard.Proposal {
	s := scorecard.Proposal{Round: in.Round, Title: in.Title, Number: in.Number, Decided: in.Decided, Ties: ranking.Ties(in.Ties), Breakers: codesIn(in.Breakers), Weighting: ranking.Weighting(in.Weighting),
		Supersedes: in.Amends, Reason: in.Reason, ByHand: map[unit.ID]string{}}
	n, err := strconv.Atoi(in.Decimals)
	if err != nil {
		n = -1
	}
	s.Decimals = n
	for i, u := range in.HandUnit {
		if i < len(in.HandBand) && in.HandBand[i] != "" {
			s.ByHand[unit.ID(u)] = in.HandBand[i]
		}
	}
	return s
}

// preview shows what would be published; a round that is not approved is a conflict.
func (p *Pages) preview(ctx context.Context, in *proposeForm) error {
	s := in.proposal()
	if s.Decimals < 0 || s.Decimals > 4 {
		s.Decimals = 2
	}
	return p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		v, err := p.Desk.PreviewProposal(ctx, q, web.Actor(ctx), s)
		if err != nil {
			return err
		}
		in.Preview = &resultPage{resultEntry: resultEntry{Publication: v}}
		past, err := p.Desk.Before(ctx, q, v)
		in.Preview.Doubts = v.Doubts(past)
		return err
	})
}

func (p *Pages) askPropose(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &proposeForm{Round: r.URL.Query().Get("round"), Amends: r.URL.Query().Get("amends"), Ties: string(ranking.Shared), Decimals: "2", Weighting: string(ranking.Plain)}
	round, err := p.Desk.Round(ctx, p.Desk.DB, web.Actor(ctx), in.Round)
	if err != nil {
		return err
	}
	in.Title = round.Name
	if in.Amends != "" { // it begins as what it amends
		old, err := p.Desk.Publication(ctx, p.Desk.DB, web.Actor(ctx), in.Amends)
		if err != nil {
			return err
		}
		in.Breakers = strings.Join(old.Breakers, ", ")
		in.Title, in.Ties, in.Decimals, in.Weighting = old.Title, string(old.Ties), strconv.Itoa(old.Decimals), string(old.Weighting)
		for _, x := range old.Rows {
			if x.ByHand {
				in.HandUnit, in.HandBand = append(in.HandUnit, string(x.Unit)), append(in.HandBand, x.Band)
			}
		}
	}
	for name, value := range map[string]string{"round": in.Round, "amends": in.Amends, "title": in.Title, "ties": in.Ties, "breakers": in.Breakers, "decimals": in.Decimals, "weighting": in.Weighting} {
		in.Set(name, value)
	}
	if err := p.preview(ctx, in); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, proposeView(in))
}

func (p *Pages) propose(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &proposeForm{}
	err := web.Decode(r, in)
	if err == nil && in.Do == "propose" {
		var id string
		if id, err = p.Desk.Propose(ctx, web.Actor(ctx), in.proposal()); err == nil {
			return web.SeeOther(w, r, resultURL(id), "results.propose.done")
		}
	}
	status := http.StatusOK
	if err != nil {
		if !in.Failed(err) {
			return err
		}
		status = http.StatusUnprocessableEntity
		if fault.Is(err, fault.Conflict) {
			status = http.StatusConflict
		}
	}
	if err := p.preview(ctx, in); err != nil {
		return err
	}
	return web.Render(w, r, status, proposeView(in))
}

// hand returns the band that was set by hand for a unit, as it was typed.
func (in *proposeForm) hand(u unit.ID) string {
	for i, x := range in.HandUnit {
		if x == string(u) && i < len(in.HandBand) {
			return in.HandBand[i]
		}
	}
	return ""
}

func (p *Pages) askApproveResult(w http.ResponseWriter, r *http.Request) error {
	x, err := p.resultPage(r)
	if err != nil {
		return err
	}
	if !x.Approvable {
		return fault.New(fault.Forbidden, "results.chair_only")
	}
	return web.Render(w, r, http.StatusOK, approveResultView(x, nil))
}

func (p *Pages) approveResult(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	err := p.Desk.ApprovePublication(r.Context(), web.Actor(r.Context()), id)
	if err == nil {
		return web.SeeOther(w, r, resultURL(id), "results.approve.done")
	}
	form := &web.Form{}
	if !form.Failed(err) {
		return err
	}
	x, err := p.resultPage(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusConflict, approveResultView(x, form))
}

func (p *Pages) askDiscard(w http.ResponseWriter, r *http.Request) error {
	x, err := p.resultPage(r)
	if err != nil {
		return err
	}
	if !x.Discardable {
		return fault.New(fault.Forbidden, "auth.forbidden")
	}
	return web.Render(w, r, http.StatusOK, discardView(x))
}

func (p *Pages) discard(w http.ResponseWriter, r *http.Request) error {
	if err := p.Desk.DiscardPublication(r.Context(), web.Actor(r.Context()), r.PathValue("id")); err != nil {
		return err
	}
	return web.SeeOther(w, r, resultsPath, "results.discard.done")
}
