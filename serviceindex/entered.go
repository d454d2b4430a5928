package serviceindex

import (
	"context"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/base/points"
)

var (
	enteredSums = db.SQL("serviceindex.entered.sums", `
		SELECT unit_id, metric, CAST(SUM(numerator) AS BIGINT), CAST(SUM(denominator) AS BIGINT)
		FROM entered_measure
		WHERE month >= $1 AND month <= $2 AND superseded_at IS NULL
		GROUP BY unit_id, metric`)
	enteredKnown = db.SQL("serviceindex.entered.known", `
		SELECT unit_id, metric, CAST(SUM(numerator) AS BIGINT), CAST(SUM(denominator) AS BIGINT)
		FROM entered_measure
		WHERE month >= $1 AND month <= $2 AND entered_at <= $3 AND (superseded_at IS NULL OR superseded_at > $3)
		GROUP BY unit_id, metric`)
	enteredBelow = db.SQL("serviceindex.entered.below", `
		SELECT e.id, e.unit_id, e.metric, e.month, e.version, e.numerator, e.denominator, e.source, e.document,
			e.account, COALESCE(a.name, e.account), e.entered_at, e.superseded_at
		FROM entered_measure e
		LEFT JOIN account a ON a.id = e.account
		WHERE e.metric = $1 AND e.month >= $2 AND e.month <= $3 AND e.superseded_at IS NULL
		AND e.unit_id IN (SELECT r.unit_id FROM unit_reach r
			WHERE r.ancestor_id = $4 AND (r.to_day IS NULL OR r.to_day > $5) AND r.from_day <= $6)
		ORDER BY e.month, e.unit_id`)
	enteredVersions = db.SQL("serviceindex.entered.versions", `
		SELECT e.id, e.unit_id, e.metric, e.month, e.version, e.numerator, e.denominator, e.source, e.document,
			e.account, COALESCE(a.name, e.account), e.entered_at, e.superseded_at
		FROM entered_measure e
		LEFT JOIN account a ON a.id = e.account
		WHERE e.unit_id = $1 AND e.metric = $2 AND e.month = $3
		ORDER BY e.version DESC`)
	enteredOf = db.SQL("serviceindex.entered.of", `
		SELECT e.id, e.unit_id, e.metric, e.month, e.version, e.numerator, e.denominator, e.source, e.document,
			e.account, COALESCE(a.name, e.account), e.entered_at, e.superseded_at
		FROM entered_measure e
		LEFT JOIN account a ON a.id = e.account
		WHERE e.unit_id = $1 AND e.month >= $2 AND e.month <= $3 AND e.superseded_at IS NULL
		ORDER BY e.month DESC, e.metric`)
)

// entered sums what was entered for each unit and metric in a period.
func entered(ctx context.Context, q db.Queryer, p Period) (byHand, error) {
	out := byHand{}
	stmt, args := enteredSums, []any{p.From, p.To}
	if p.Known != 0 {
		stmt, args = enteredKnown, append(args, p.Known)
	}
	err := db.Each(ctx, q, stmt, func(r db.Scanner) error {
		var u actor.UnitID
		var metric string
		var v points.Ratio
		err := r.Scan(&u, &metric, &v.Num, &v.Den)
		if out[u] == nil {
			out[u] = map[string]points.Ratio{}
		}
		out[u][metric] = v
		return err
	}, args...)
	return out, err
}

// Entries returns the current entries of a unit itself in a period, the latest
// month first.
func (x *Index) Entries(ctx context.Context, q db.Queryer, u actor.UnitID, p Period) ([]Entry, error) {
	return db.All(ctx, q, enteredOf, scanEntry, string(u), p.From, p.To)
}

// Versions returns all that was ever entered for a unit, metric and month, the
// latest first.
func (x *Index) Versions(ctx context.Context, q db.Queryer, u actor.UnitID, metric string, month moment.Date) ([]Entry, error) {
	return db.All(ctx, q, enteredVersions, scanEntry, string(u), metric, month.FirstOfMonth())
}

var qEnteredCount = db.SQL("serviceindex.entered.count", `
	SELECT COUNT(*)
	FROM entered_measure
	WHERE unit_id = $1 AND superseded_at IS NULL`)

// EnteredCount returns how many figures were entered by hand for a unit and hold.
// They stay with the unit when it ends.
func (x *Index) EnteredCount(ctx context.Context, q db.Queryer, u actor.UnitID) (int, error) {
	return db.Value[int](ctx, q, qEnteredCount, string(u))
}
