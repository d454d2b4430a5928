// Package scorecardweb is the door to the PAR index: criteria sets, rounds and
// their sheets, evidence, results, projection.
package scorecardweb

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/live"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/scorecard"
	"cchc/unit"
)

// Path is where the pages begin.
const Path = "/scorecard"

// Pages are the pages of the room.
type Pages struct {
	Desk *scorecard.Desk
	Read *db.DB    // where everybody's pages are read: a standby; nil is where they are written
	Live *live.Hub // tells projections that something moved; nil: pages stand still

	published kept // copies for everybody's pages
}

// Register puts the pages on the mux. Each part of the room adds its line.
func (p *Pages) Register(mux *web.Mux) {
	mux.Handle("GET "+Path, web.SignedIn, p.hub)
	p.registerSets(mux)
	p.registerRounds(mux)
	p.registerRoundFile(mux)
	p.registerSheets(mux)
	p.registerAppraise(mux)
	p.registerSurvey(mux)
	p.registerAppeals(mux)
	p.registerEvidence(mux)
	p.registerResults(mux)
	p.registerProjection(mux)
}

// A Section is one part of the room, as the hub lists it. Its words are messages:
// scorecard.section.KEY is the title, scorecard.section.KEY.what one line about
// what it is for.
type Section struct {
	Key   string
	URL   string
	Verbs []auth.Verb // who may do one of them anywhere sees the section
}

// Sections are the parts of the room, in the order in which a year goes.
var Sections = []Section{
	{Key: "sets", URL: setsPath, Verbs: []auth.Verb{auth.ScoreRead, auth.CriteriaChange}},
	{Key: "rounds", URL: roundsPath, Verbs: []auth.Verb{auth.ScoreRead}},
	{Key: "evidence", URL: evidencePath, Verbs: []auth.Verb{auth.ScoreEnter}},
	{Key: "projection", URL: projectPath, Verbs: []auth.Verb{auth.ScoreRead}},
	{Key: "results", URL: resultsPath, Verbs: []auth.Verb{auth.ScoreRead}},
}

// Any reports whether the actor sees a section, and the room in the navigation.
func Any(a actor.Actor) bool { return len(open(a)) > 0 }

func open(a actor.Actor) []Section {
	return slices.DeleteFunc(slices.Clone(Sections), func(s Section) bool {
		return !slices.ContainsFunc(s.Verbs, func(v auth.Verb) bool { return len(auth.Roots(a, v)) > 0 })
	})
}

func (p *Pages) hub(w http.ResponseWriter, r *http.Request) error {
	list := open(web.Actor(r.Context()))
	if len(list) == 0 {
		return fault.New(fault.Forbidden, "auth.forbidden")
	}
	return web.Render(w, r, http.StatusOK, hubView(list))
}

// crumbs are the way back to the hub and to what stands between.
func crumbs(ctx context.Context, more ...ui.Link) []ui.Link {
	return append([]ui.Link{{Text: i18n.T(ctx, "nav.scorecard"), URL: Path}}, more...)
}

// unitName names a unit as it is, or as it last was.
func (p *Pages) unitName(ctx context.Context, q db.Queryer, id unit.ID) (string, error) {
	u, ok, err := p.Desk.Units.Last(ctx, q, id)
	if err != nil || !ok {
		return string(id), err
	}
	return u.Name, nil
}

// person names an account; one that was erased, and the command line, by its id.
func person(ctx context.Context, q db.Queryer, account string) (string, error) {
	if account == "" {
		return "", nil
	}
	name, err := auth.Name(ctx, q, account)
	if errors.Is(err, db.ErrNotFound) {
		return strings.TrimPrefix(account, "system:"), nil
	}
	return name, err
}

// unitOptions are the units in which the actor may do a verb, each below the one
// that it belongs to.
func (p *Pages) unitOptions(ctx context.Context, q db.Queryer, v auth.Verb) ([]ui.Option, error) {
	tree, err := p.Desk.Units.Today(ctx, q)
	if err != nil {
		return nil, err
	}
	var out []ui.Option
	seen := map[unit.ID]bool{}
	for _, root := range auth.Roots(web.Actor(ctx), v) {
		tops := []unit.ID{root}
		if root == "" {
			tops = tree.Roots()
		}
		for _, top := range tops {
			for _, id := range tree.Subtree(top) {
				u, ok := tree.Unit(id)
				if !ok || seen[id] {
					continue
				}
				seen[id] = true
				depth := len(tree.Ancestors(id)) - len(tree.Ancestors(top))
				out = append(out, ui.Option{Value: string(id), Text: strings.Repeat("– ", depth) + u.Name})
			}
		}
	}
	return out, nil
}
