package scorecardweb

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"cchc/base/db"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/base/web"
	"cchc/scorecard"
	"cchc/scorecard/criteria"
	"cchc/unit"
)

// A provenancePage is one score opened.
type provenancePage struct {
	*scorecard.Provenance
	In provenanceForm
}

type provenanceForm struct {
	web.Form
	On moment.Date `form:"on"` // as it was at the end of that day; zero is now
}

// shownBehind is how many dossiers of a list the page shows; all are counted.
const shownBehind = 100

func (p *Pages) provenance(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	x := &provenancePage{}
	bad := web.Decode(r, &x.In)
	if bad != nil {
		x.In.On = 0
	}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		x.Provenance, err = p.Desk.Provenance(ctx, q, web.Actor(ctx), r.PathValue("round"), unit.ID(r.PathValue("unit")), r.PathValue("leaf"), x.In.On)
		return err
	})
	if err != nil {
		return err
	}
	status := http.StatusOK
	if x.In.Failed(bad) {
		status = http.StatusUnprocessableEntity
	} else if bad != nil {
		return bad
	}
	return web.Render(w, r, status, provenanceView(x))
}

func dossierURL(code string) string { return "/dossiers/" + url.PathEscape(code) }

func i18nUpper(r rune) string { return strings.ToUpper(string(r)) }

// scoreChangeText writes one side of a change: the input, or points that were given by hand.
func scoreChangeText(ctx context.Context, in criteria.Input, by *points.Points, n *criteria.Node) string {
	s := i18n.None
	if in.Given() {
		s = in.Text(ctx, n)
	}
	if by != nil {
		s += " (" + i18n.Decimal(ctx, *by) + ")"
	}
	return s
}

// measuresOf returns the measures of a binding whose counting is explained.
func measuresOf(b criteria.Binding) []string {
	var out []string
	if b.Source == "index_766" && i18n.Has("score.counts.index_766") {
		return []string{"index_766"}
	}
	if b.Source != "dossiers" {
		return nil
	}
	for _, m := range []string{b.Num, b.Den} {
		if m != "" && m != "total" && i18n.Has("score.counts."+m) {
			out = append(out, m)
		}
	}
	return out
}
