package dossier

import (
	"context"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/moment"
)

// A Restatement is a dossier that counts in a figure now and did not as known
// then, or the other way round, with what was entered since: why a figure that
// was reported is different now.
type Restatement struct {
	Case         // as it stands now, or stood then when it counts no longer
	Added   bool // it counts now and did not then
	Entered []Fact
}

var factsSince = db.SQL("dossier.facts_since", `
	SELECT seq, kind, at, recorded_at, account, unit_id, due, how, qty, ref, reason, document, on_behalf
	FROM dossier_fact
	WHERE dossier_id = $1 AND recorded_at > $2 AND (at <= $3 OR kind = 'corrected')
	ORDER BY seq`)

// Restated returns the dossiers that make the difference between a figure as
// known at the question's moment (zero: now) and as known then, ordered by code:
// now = then + added - gone. At most FigureMost count on either side.
func (k *Desk) Restated(ctx context.Context, q db.Queryer, a actor.Actor, x Figure, then moment.Instant) ([]Restatement, error) {
	y := x
	y.Known = then
	sides := [2]map[string]Case{}
	for i, figure := range []Figure{x, y} {
		found, err := k.FigureList(ctx, q, a, figure)
		if err != nil {
			return nil, err
		}
		sides[i] = make(map[string]Case, len(found))
		for j := range found {
			sides[i][found[j].ID] = found[j].Case()
		}
	}
	var cases []Case
	for i, side := range sides {
		for id, c := range side {
			if _, both := sides[1-i][id]; !both {
				cases = append(cases, c)
			}
		}
	}
	sortCases(cases)
	asOf := min(x.To.End(), k.DB.Now())
	var out []Restatement
	for _, c := range cases {
		_, added := sides[0][c.ID]
		entered, err := db.All(ctx, q, factsSince, scanFact, c.ID, then, asOf)
		if err != nil {
			return nil, err
		}
		out = append(out, Restatement{Case: c, Added: added, Entered: entered})
	}
	return out, nil
}
