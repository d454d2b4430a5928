package scorecardweb

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/a-h/templ"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/points"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/scorecard"
	"cchc/scorecard/criteria"
	"cchc/unit"
)

const (
	projectPath = Path + "/projection"
	whatIfPath  = Path + "/whatif"
)

func projectURL(round string) string { return projectPath + "/" + url.PathEscape(round) }

func projectUnitURL(round string, u unit.ID) string {
	return projectURL(round) + "/" + url.PathEscape(string(u))
}

func projectLeafURL(round string, u unit.ID, leaf string) string {
	return projectUnitURL(round, u) + "/" + url.PathEscape(leaf)
}

func (p *Pages) registerProjection(mux *web.Mux) {
	mux.Handle("GET "+projectPath, web.SignedIn, p.projection)
	mux.Handle("GET "+projectPath+"/{round}", web.SignedIn, p.projectBoard)
	mux.Handle("GET "+projectPath+"/{round}/stream", web.SignedIn.Live(), p.projectStream)
	mux.Handle("GET "+projectPath+"/{round}/{unit}", web.SignedIn, p.projectUnit)
	mux.Handle("GET "+projectPath+"/{round}/{unit}/{leaf}", web.SignedIn, p.provenance)
	mux.Handle("GET "+whatIfPath, web.SignedIn, p.whatIf)
	mux.Handle("POST "+whatIfPath, web.SignedIn, p.whatIf)
}

// projection leads to the board of the latest round of here, or says that there is none.
func (p *Pages) projection(w http.ResponseWriter, r *http.Request) error {
	round, err := p.latestRound(r.Context())
	if err != nil {
		return err
	}
	if round == "" {
		return web.Render(w, r, http.StatusOK, projectNone())
	}
	return web.SeeOther(w, r, projectURL(round), "")
}

func (p *Pages) latestRound(ctx context.Context) (string, error) {
	rounds, err := p.Desk.Rounds(ctx, p.Desk.DB, web.Actor(ctx))
	if err != nil {
		return "", err
	}
	for _, x := range rounds { // the latest first
		if x.Origin == scorecard.OriginHere {
			return x.ID, nil
		}
	}
	return "", nil
}

// A projectPage is the board of a round.
type projectPage struct {
	*scorecard.Board
	Live bool
}

func (p *Pages) project(ctx context.Context, round string) (*scorecard.Board, error) {
	var b *scorecard.Board
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		b, err = p.Desk.Project(ctx, q, web.Actor(ctx), round)
		return err
	})
	return b, err
}

func (p *Pages) projectBoard(w http.ResponseWriter, r *http.Request) error {
	b, err := p.project(r.Context(), r.PathValue("round"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, projectBoardView(&projectPage{b, p.Live != nil}))
}

// A projectUnitPage is the projection of one unit.
type projectUnitPage struct {
	*scorecard.Board
	*scorecard.Projection
	Cheap []scorecard.Cheap
	Live  bool
}

func (p *Pages) oneProjected(ctx context.Context, round string, u unit.ID) (*projectUnitPage, error) {
	b, err := p.project(ctx, round)
	if err != nil {
		return nil, err
	}
	x, err := b.Of(u)
	if err != nil {
		return nil, err
	}
	return &projectUnitPage{Board: b, Projection: x, Cheap: x.Cheapest(), Live: p.Live != nil}, nil
}

func (p *Pages) projectUnit(w http.ResponseWriter, r *http.Request) error {
	x, err := p.oneProjected(r.Context(), r.PathValue("round"), unit.ID(r.PathValue("unit")))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, projectUnitView(x))
}

const (
	streamFor   = 10 * time.Minute // then the browser begins anew, and rights are looked at again
	streamPause = 20 * time.Millisecond
)

// projectStream sends the parts of a board, or of a unit's page, that a fact moved: the
// first at once, those after it not faster than they are made.
func (p *Pages) projectStream(w http.ResponseWriter, r *http.Request) error {
	if p.Live == nil {
		return fault.New(fault.NotFound, "board.not_live")
	}
	ctx, cancel := context.WithTimeout(r.Context(), streamFor)
	defer cancel()
	round, u := r.PathValue("round"), unit.ID(r.URL.Query().Get("unit"))
	b, err := p.project(ctx, round) // checks the right
	if err != nil {
		return err
	}
	topic := b.Round.Unit
	if u != "" {
		topic = u
	}
	sub := p.Live.Subscribe("unit/" + string(topic))
	defer sub.Close()
	last := map[string]string{}
	missed, err := p.projectParts(ctx, round, u, last)
	if err != nil {
		return err
	}
	if !web.Resumed(r) {
		missed = nil // the page has just been loaded
	}
	return web.Stream(w, r, func(send func(string, []byte) error) error {
		for event, html := range missed {
			if err := send(event, html); err != nil {
				return err
			}
		}
		var pause time.Duration
		for range sub.All(ctx) {
			select {
			case <-time.After(pause):
			case <-ctx.Done():
				return nil
			}
			begun := p.Desk.DB.Now()
			changed, err := p.projectParts(ctx, round, u, last)
			if err != nil {
				return err
			}
			for event, html := range changed {
				if err := send(event, html); err != nil {
					return err
				}
			}
			pause = max(streamPause, 2*p.Desk.DB.Now().Time().Sub(begun.Time()))
		}
		return nil
	})
}

// projectParts renders the live parts and returns those that are not as last holds them.
func (p *Pages) projectParts(ctx context.Context, round string, u unit.ID, last map[string]string) (map[string][]byte, error) {
	parts := map[string]templ.Component{}
	if u == "" {
		b, err := p.project(ctx, round)
		if err != nil {
			return nil, err
		}
		parts["projected"] = projectTable(&projectPage{b, true})
	} else {
		x, err := p.oneProjected(ctx, round, u)
		if err != nil {
			return nil, err
		}
		parts["projected"], parts["cheapest"], parts["leaves"] = projectStats(x), cheapestTable(x), projectLeaves(x)
	}
	out := map[string][]byte{}
	for event, c := range parts {
		var html bytes.Buffer
		if err := c.Render(ctx, &html); err != nil {
			return nil, err
		}
		if last[event] != html.String() {
			last[event] = html.String()
			out[event] = html.Bytes()
		}
	}
	return out, nil
}

// projectedIndex writes an index, or "–" of a unit of which nothing is known.
func projectedIndex(ctx context.Context, ranked bool, index points.Points) string {
	if !ranked {
		return i18n.None
	}
	return i18n.PercentPoints(ctx, index)
}

func projectedRank(ctx context.Context, rank int) string {
	if rank == 0 {
		return i18n.None
	}
	return i18n.Number(ctx, rank)
}

// moved says how many ranks were won against another ranking: "+2", "−1", "0".
func moved(ctx context.Context, was, now int) string {
	switch {
	case was == 0 || now == 0:
		return i18n.None
	case was > now:
		return "+" + i18n.Number(ctx, was-now)
	case was < now:
		return "−" + i18n.Number(ctx, now-was)
	}
	return "0"
}

// leafPoints writes what a leaf has of what it can have.
func leafPoints(ctx context.Context, r *criteria.Result) string {
	if r.State == criteria.Missing {
		return i18n.None + " / " + i18n.Decimal(ctx, r.Max)
	}
	return i18n.Decimal(ctx, r.Points) + " / " + i18n.Decimal(ctx, r.Max)
}

// nearest returns the first gain and the first risk of a leaf.
func nearest(o criteria.Outlook) (gain, risk *criteria.Step) {
	if len(o.Gains) > 0 {
		gain = &o.Gains[0]
	}
	if len(o.Risks) > 0 {
		risk = &o.Risks[0]
	}
	return gain, risk
}

func projectCrumbs(ctx context.Context, b *scorecard.Board, more ...ui.Link) []ui.Link {
	return append(crumbs(ctx, ui.Link{Text: i18n.T(ctx, "projection.title"), URL: projectURL(b.Round.ID)}), more...)
}

// riskText says what a loss is and, where it is known, from which day.
func riskText(ctx context.Context, s *criteria.Step) string {
	if s.From == 0 {
		return i18n.Delta(ctx, s.Change) + ": " + s.Text(ctx)
	}
	return i18n.T(ctx, "score.risk_from", "Change", i18n.Delta(ctx, s.Change), "Day", i18n.Date(ctx, s.From), "Count", s.N)
}

// stepText says what changes and, where it is known, from which day.
func stepText(ctx context.Context, s *criteria.Step) string {
	if s.From == 0 {
		return s.Text(ctx)
	}
	return i18n.T(ctx, "score.step_from", "Day", i18n.Date(ctx, s.From), "Count", s.N)
}

// threatText says which loss comes first, and when.
func threatText(ctx context.Context, p *scorecard.Projection) string {
	t, ok := p.Nearest()
	if !ok {
		return i18n.None
	}
	return t.Node.Code + ": " + riskText(ctx, &t.Step)
}
