package scorecardweb

import (
	"context"
	"net/http"
	"strings"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/points"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/scorecard"
	"cchc/scorecard/criteria"
	"cchc/scorecard/ranking"
	"cchc/unit"
)

// A whatIfForm is a change that is tried: nothing of it is kept anywhere but in the form.
type whatIfForm struct {
	web.Form
	Round  string `form:"round"`
	Set    string `form:"set"`
	Leaf   string `form:"leaf"`
	Unit   string `form:"unit"`
	Input  string `form:"input"`
	Max    string `form:"max"`
	Rule   string `form:"rule"`
	Ties   string `form:"ties"`
	Draws  int    `form:"draws"`
	Seed   int64  `form:"seed"`
	Sample int64  `form:"sample"`

	Rounds, Sets, Leaves, Units, Tie []ui.Option
	Before, After                    *scorecard.Board
	Bands                            map[unit.ID]scorecard.RankBand
	Ranks                            map[unit.ID]int // before
}

// mostDraws bounds what one request computes.
const mostDraws = 1000

// whatIf shows how a change would move the ranks. GET shows the form; both compute and
// keep nothing, so that an address or a form says everything.
func (p *Pages) whatIf(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &whatIfForm{}
	err := web.Decode(r, in)
	if in.Round == "" {
		var e error
		if in.Round, e = p.latestRound(ctx); e != nil {
			return e
		}
	}
	if in.Round == "" {
		return web.Render(w, r, http.StatusOK, projectNone())
	}
	e := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		var e error
		if in.Before, e = p.Desk.Project(ctx, q, web.Actor(ctx), in.Round); e != nil {
			return e
		}
		if e := p.whatIfChoices(ctx, q, in); e != nil {
			return e
		}
		if err == nil {
			in.After, err = p.tryWhatIf(ctx, q, in)
		}
		return nil
	})
	if e != nil {
		return e
	}
	status := http.StatusOK
	if err != nil {
		if !in.Failed(err) {
			return err
		}
		status = http.StatusUnprocessableEntity
		in.After = in.Before
	}
	in.Ranks = map[unit.ID]int{}
	for _, x := range in.Before.List {
		in.Ranks[x.Sheet.Unit] = x.Place.Rank
	}
	in.Draws = min(max(0, in.Draws), mostDraws)
	if in.Draws > 0 && err == nil {
		in.Bands = map[unit.ID]scorecard.RankBand{}
		for _, b := range scorecard.Stability(in.After, scorecard.Noise{Draws: in.Draws, Seed: uint64(in.Seed), Sample: max(0, in.Sample)}) {
			in.Bands[b.Unit] = b
		}
	}
	return web.Render(w, r, status, whatIfView(in))
}

func (p *Pages) tryWhatIf(ctx context.Context, q db.Queryer, in *whatIfForm) (*scorecard.Board, error) {
	x := scorecard.WhatIf{Set: in.Set, Leaf: in.Leaf, Unit: unit.ID(in.Unit), Input: in.Input, Max: -1, Rule: strings.TrimSpace(in.Rule), Ties: ranking.Ties(in.Ties)}
	if in.Max != "" {
		m, err := points.Parse(in.Max)
		if err != nil || m < 0 {
			return nil, wrongMax()
		}
		x.Max = m
	}
	return p.Desk.Try(ctx, q, web.Actor(ctx), in.Before, x)
}

// whatIfChoices fills the lists of the form.
func (p *Pages) whatIfChoices(ctx context.Context, q db.Queryer, in *whatIfForm) error {
	a := web.Actor(ctx)
	rounds, err := p.Desk.Rounds(ctx, q, a)
	if err != nil {
		return err
	}
	for _, x := range rounds {
		in.Rounds = append(in.Rounds, ui.Option{Value: x.ID, Text: x.Name})
	}
	in.Sets = []ui.Option{{Value: "", Text: i18n.T(ctx, "projection.set_of_round")}}
	sets, err := p.Desk.SetVersions(ctx, q, a)
	if err != nil {
		return err
	}
	for _, v := range sets {
		in.Sets = append(in.Sets, ui.Option{Value: v.ID, Text: v.Title + " (" + i18n.T(ctx, "sets.state."+string(v.State)) + ")"})
	}
	in.Leaves = []ui.Option{{Value: "", Text: i18n.T(ctx, "projection.no_leaf")}}
	seen := map[string]bool{}
	sums := map[*criteria.Set]bool{}
	for _, x := range in.Before.List {
		if sums[x.Set] {
			continue
		}
		sums[x.Set] = true
		for _, n := range scorecard.Items(x.Set) {
			if !seen[n.Code] {
				seen[n.Code] = true
				in.Leaves = append(in.Leaves, ui.Option{Value: n.Code, Text: n.Code + " " + n.Name})
			}
		}
	}
	in.Units = []ui.Option{{Value: "", Text: i18n.T(ctx, "projection.no_unit")}}
	for _, x := range in.Before.List {
		in.Units = append(in.Units, ui.Option{Value: string(x.Sheet.Unit), Text: x.Unit.Name})
	}
	for _, t := range ranking.AllTies {
		in.Tie = append(in.Tie, ui.Option{Value: string(t), Text: i18n.T(ctx, "projection.ties_"+string(t))})
	}
	return nil
}

// node returns the chosen leaf, to show its rule; nil for none.
func (in *whatIfForm) node() *criteria.Node {
	for _, x := range in.Before.List {
		if n := x.Set.Node(in.Leaf); n != nil {
			return n
		}
	}
	return nil
}

func wrongMax() error {
	return fault.New(fault.Invalid, "form.invalid").With("max", "projection.max_wrong")
}
