package portalweb

import (
	"net/http"
	"strings"

	"cchc/base/db"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/base/web"
	"cchc/unit"
)

// onTimeQuery is the unit that somebody looks for by a part of its name.
type onTimeQuery struct {
	web.Form
	Q string `form:"q"`
}

type onTimePage struct {
	In       *onTimeQuery
	Rows     []onTimeRow
	All      points.Ratio // of the roots: everything
	Place    string
	From, To moment.Date
	AsOf     moment.Instant
}

type onTimeRow struct {
	Name  string
	Share points.Ratio
}

// onTime tells how the bodies that citizens deal with kept their dates this year.
// It names units and counts, no one's dossier.
func (p *Pages) onTime(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v := onTimePage{In: &onTimeQuery{}}
	if err := web.Decode(r, v.In); err != nil {
		return err
	}
	err := p.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		v.AsOf = p.DB.AsOf()
		v.From, v.To = v.AsOf.Date().FirstOfYear(), v.AsOf.Date()
		tree, err := p.Units.Today(ctx, q)
		if err != nil {
			return err
		}
		territory, err := p.territories(r, q)
		if err != nil {
			return err
		}
		kept, err := p.Figures.KeptDates(ctx, q, v.From, v.To)
		if err != nil {
			return err
		}
		words := strings.Fields(i18n.Fold(v.In.Q))
		for _, root := range tree.Roots() {
			v.All = v.All.Add(kept[root])
			for _, id := range tree.Subtree(root) {
				u, _ := tree.Unit(id)
				switch {
				case id == root:
					if v.Place == "" {
						v.Place = u.Name
					}
				case territory[u.Level] && named(u, words):
					v.Rows = append(v.Rows, onTimeRow{u.Name, kept[id]})
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	i18n.SortBy(v.Rows, func(x onTimeRow) string { return x.Name })
	return web.Render(w, r, http.StatusOK, onTimeView(v))
}

// territories are the levels of bodies that have a territory: communes, and not
// the desks within them.
func (p *Pages) territories(r *http.Request, q db.Queryer) (map[string]bool, error) {
	levels, err := p.Units.Levels(r.Context(), q)
	out := map[string]bool{}
	for _, l := range levels {
		out[l.Code] = l.Kind == unit.Territory
	}
	return out, err
}

// named reports whether every word stands in a unit's name.
func named(u unit.Unit, words []string) bool {
	for _, w := range words {
		if !strings.Contains(u.Fold, w) {
			return false
		}
	}
	return true
}
