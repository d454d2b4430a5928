package scorecardweb

import (
	"context"
	"net/http"
	"sync"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/web"
	"cchc/scorecard"
)

// publicKept is how many publications are kept in memory for everybody's pages: a
// published copy never changes.
const publicKept = 64

// kept holds published copies that were read before.
type kept struct {
	mu   sync.Mutex
	byID map[string]scorecard.Publication
}

// publication returns a published copy, from memory when it was read before.
func (c *kept) publication(ctx context.Context, k *scorecard.Desk, q db.Queryer, id string) (scorecard.Publication, error) {
	c.mu.Lock()
	p, ok := c.byID[id]
	c.mu.Unlock()
	if ok {
		return p, nil
	}
	p, err := k.PublicPublication(ctx, q, id)
	if err != nil {
		return p, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byID == nil || len(c.byID) >= publicKept {
		c.byID = map[string]scorecard.Publication{}
	}
	c.byID[id] = p
	return p, nil
}

// registerPublic puts everybody's pages at /cchc: what was published, by which
// method, and as open data. Nobody signs in, and no proposal is here.
func (p *Pages) registerPublic(mux *web.Mux) {
	mux.Handle("GET "+publicPath, web.Published, p.publicList)
	mux.Handle("GET "+publicPath+"/card", web.Published, p.publicCard)
	mux.Handle("GET "+publicPath+"/{id}", web.Published, p.publicResult)
	mux.Handle("GET "+publicPath+"/{id}/heat", web.Published, p.publicHeat)
	mux.Handle("GET "+publicPath+"/{id}/units/{ord}", web.Published, p.publicUnit)
	for _, kind := range []string{"csv", "json"} {
		mux.Handle("GET "+publicPath+"/{id}/table."+kind, web.Published, p.resultFile(kind, true))
	}
}

func (p *Pages) reads() *db.DB {
	if p.Read != nil {
		return p.Read
	}
	return p.Desk.DB
}

func (p *Pages) publicPage(r *http.Request) (*resultPage, error) {
	ctx := r.Context()
	x := &resultPage{Public: true, Block: r.URL.Query().Get("block")}
	err := p.reads().Snapshot(ctx, func(q *db.Snapshot) (err error) {
		if x.Publication, err = p.published.publication(ctx, p.Desk, q, r.PathValue("id")); err != nil {
			return err
		}
		return p.more(ctx, q, x)
	})
	return x, err
}

// A publicIndex is all that was published, the latest in full.
type publicIndex struct {
	List   []resultEntry
	Latest *resultPage
}

func (p *Pages) publicList(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v := publicIndex{}
	err := p.reads().Snapshot(ctx, func(q *db.Snapshot) error {
		all, err := p.Desk.PublicPublications(ctx, q)
		if err != nil {
			return err
		}
		levels, err := p.levelNames(ctx, q)
		if err != nil {
			return err
		}
		v.List = entriesOf(ctx, all, levels)
		for _, x := range v.List {
			if x.Amended {
				continue
			}
			full, err := p.published.publication(ctx, p.Desk, q, x.ID)
			if err != nil {
				return err
			}
			if len(full.Rows) < 2 {
				continue // figures, or one unit: no ranking
			}
			v.Latest = &resultPage{Public: true}
			v.Latest.Publication = full
			return p.more(ctx, q, v.Latest)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, publicView(v))
}

func (p *Pages) publicResult(w http.ResponseWriter, r *http.Request) error {
	x, err := p.publicPage(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, resultView(x))
}

func (p *Pages) publicHeat(w http.ResponseWriter, r *http.Request) error {
	x, err := p.publicPage(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, heatView(x, heatOf(x)))
}

func (p *Pages) publicUnit(w http.ResponseWriter, r *http.Request) error {
	x, err := p.publicPage(r)
	if err != nil {
		return err
	}
	row, ok := x.row(r.PathValue("ord"))
	if !ok {
		return fault.New(fault.NotFound, "results.unknown")
	}
	return web.Render(w, r, http.StatusOK, unitResultView(&unitResult{resultPage: x, Row: row, Lost: row.LostLeaves()}))
}

func (p *Pages) publicCard(w http.ResponseWriter, r *http.Request) error {
	c, err := p.cardOf(r)
	if err != nil {
		return err
	}
	c.Base = publicPath
	return web.Render(w, r, http.StatusOK, cardView(c))
}
