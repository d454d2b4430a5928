package dossier

import (
	"context"
	"fmt"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/unit"
)

// A Span counts what facts of some days decided in a unit and what is below it.
type Span struct{ Received, Early, OnTime, Late int64 }

// Ended is how many were resolved.
func (s Span) Ended() int64 { return s.Early + s.OnTime + s.Late }

// A LateStep counts the open dossiers whose step is past its own deadline, of one
// holder: a person, or a role of a unit where nobody has taken them.
type LateStep struct {
	Unit    unit.ID
	Role    string
	Account string
	Count   int64
	Since   moment.Instant // the oldest deadline
}

var (
	spanCounts = db.SQL("dossier.span", `
		SELECT CAST(COALESCE(SUM(received), 0) AS BIGINT), CAST(COALESCE(SUM(early), 0) AS BIGINT),
			CAST(COALESCE(SUM(on_time), 0) AS BIGINT), CAST(COALESCE(SUM(late), 0) AS BIGINT)
		FROM tally_day
		WHERE day >= $1 AND day <= $2
		AND unit_id IN (`+reachOf("$3", "$1")+`)`)
	lateSteps = db.SQL("dossier.late_steps", `
		SELECT unit_id, step_role, step_account, COUNT(*), MIN(step_due)
		FROM dossier
		WHERE ended_at IS NULL AND accepted_at IS NOT NULL AND waiting = '' AND step_due < $1
		AND unit_id IN (`+reachOf("$2", "$3")+`)
		GROUP BY unit_id, step_role, step_account
		ORDER BY COUNT(*) DESC, MIN(step_due)
		LIMIT $4`)
	enteredSince = db.SQL("dossier.entered_since", `
		SELECT DISTINCT unit_id FROM dossier WHERE last_recorded >= $1`)
	// Asked of a unit in which something was entered just now.
	enteredSinceIn = db.SQL("dossier.entered_since.in", `
		SELECT unit_id FROM dossier WHERE last_recorded >= $1 AND unit_id = $2 ORDER BY last_recorded DESC LIMIT 1`)
	lastDay = db.SQL("dossier.last_day", `
		SELECT COALESCE(MAX(day), 0) FROM tally_day WHERE unit_id = $1 AND day <= $2`)
)

// Counts counts what was received and resolved from a day to another, in a unit and
// what lay below it on the first of them or since.
func (k *Desk) Counts(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID, from, to moment.Date) (Span, error) {
	if err := k.Guard.Check(ctx, q, a, auth.BoardRead, u); err != nil {
		return Span{}, err
	}
	return db.One(ctx, q, spanCounts, func(r db.Scanner) (s Span, err error) {
		return s, r.Scan(&s.Received, &s.Early, &s.OnTime, &s.Late)
	}, from, to, string(u))
}

// LateSteps lists who holds steps that are past their deadline now, those with
// the most first, n at most.
func (k *Desk) LateSteps(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID, n int) ([]LateStep, error) {
	if err := k.Guard.Check(ctx, q, a, auth.BoardRead, u); err != nil {
		return nil, err
	}
	return db.All(ctx, q, lateSteps, func(r db.Scanner) (s LateStep, err error) {
		return s, r.Scan(&s.Unit, &s.Role, &s.Account, &s.Count, &s.Since)
	}, k.DB.Now(), string(u), k.DB.Now().Date(), n)
}

// EnteredSince returns the units in whose dossiers anything was entered since.
func (k *Desk) EnteredSince(ctx context.Context, q db.Queryer, since moment.Instant) (map[unit.ID]bool, error) {
	return perUnit(ctx, q, k, fmt.Sprintf("entered since %s", since), false, func(q db.Queryer, u unit.ID) (map[unit.ID]bool, error) {
		stmt, params := enteredSince, []any{since}
		if u != "" {
			stmt, params = enteredSinceIn, []any{since, string(u)}
		}
		ids, err := db.Column[unit.ID](ctx, q, stmt, params...)
		out := make(map[unit.ID]bool, len(ids))
		for _, id := range ids {
			out[id] = true
		}
		return out, err
	})
}

// LastDay returns the last day up to on at which a unit received or resolved
// anything; zero when it never did.
func (k *Desk) LastDay(ctx context.Context, q db.Queryer, u unit.ID, on moment.Date) (moment.Date, error) {
	n, err := db.Value[int64](ctx, q, lastDay, string(u), on)
	return moment.Date(n), err
}
