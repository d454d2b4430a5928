package dossier

import (
	"context"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/unit"
)

// A Waiting is an open dossier at a step of a role, with since when it has been
// there.
type Waiting struct {
	Row
	Since moment.Instant // when it came to the step
}

// A WaitingFilter says whose steps are wanted.
type WaitingFilter struct {
	Unit    unit.ID // and what is below it now, or was to its end; "" is everything
	Alone   bool    // the unit itself only
	Role    actor.Role
	Account string // a person's own, and what nobody has taken; "" is everybody's
	Late    bool   // only steps that are past their own deadline
	Limit   int    // 200 when 0
}

var waitingRows = db.Lines("dossier.waiting", `
	SELECT `+prefixed("d", columns)+`, p.name, COALESCE((
			SELECT MAX(s.came_at) FROM dossier_step s
			WHERE s.dossier_id = d.id AND s.came_at IS NOT NULL AND s.done_at IS NULL AND NOT s.beside), d.last_at)
	FROM dossier d
	JOIN dossier_person p ON p.dossier_id = d.id
	WHERE d.ended_at IS NULL AND d.accepted_at IS NOT NULL AND d.waiting = '' AND d.withdrawal_at IS NULL
	AND d.unit_id = :alone                                                                           --[alone]
	AND `+withReach("d.unit_id")+`                 --[unit]
	AND d.step_role = :role                                                                          --[role]
	AND d.step_account IN ('', :account)                                                             --[account]
	AND d.step_due < :late                                                                           --[late]
	ORDER BY d.step_due, d.due_at, d.id
	LIMIT :limit`)

// WaitingFor lists what waits at a role's step, what is due first at the head:
// overdue ones are there. Those whose clock stands still wait for the applicant
// and are left out. It returns whether there are more.
func (k *Desk) WaitingFor(ctx context.Context, q db.Queryer, a actor.Actor, f WaitingFilter) ([]Waiting, bool, error) {
	if err := k.Guard.Check(ctx, q, a, auth.DossierRead, f.Unit); err != nil {
		return nil, false, err
	}
	limit := f.Limit
	if limit <= 0 {
		limit = 200
	}
	args := db.Args{"limit": limit + 1}
	switch {
	case f.Alone:
		args["alone"] = string(f.Unit)
	case f.Unit != "":
		args["unit"], args["today"] = string(f.Unit), k.DB.Now().Date()
	}
	if f.Role != "" {
		args["role"] = string(f.Role)
	}
	if f.Account != "" {
		args["account"] = f.Account
	}
	if f.Late {
		args["late"] = k.DB.Now()
	}
	stmt, params := waitingRows.With(args)
	out, err := db.All(ctx, q, stmt, func(r db.Scanner) (Waiting, error) {
		var w Waiting
		err := r.Scan(append(w.targets(), &w.Applicant, &w.Since)...)
		return w, err
	}, params...)
	return out[:min(limit, len(out))], len(out) > limit, err
}
