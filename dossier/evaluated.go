package dossier

import (
	"context"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/evaluation"
)

// An Evaluated is a dossier that was resolved in a period, with what its facts
// say to the evaluation's indices.
type Evaluated struct {
	Case
	Work evaluation.Work
}

// Steps of the dossiers that ended in a period: how many were done, how many of
// them before their own limit, how many on a later day, and how many were
// another body's. On time is judged by date, as everywhere; 25,200,000 ms are the
// seven hours of Vietnam's clock, 86,400,000 a day.
var evaluatedParts = db.Lines("dossier.evaluated.parts", `
	SELECT s.dossier_id, COUNT(s.due_at),
		COUNT(*) FILTER (WHERE s.done_at < s.due_at),
		COUNT(*) FILTER (WHERE (s.done_at + 25200000) / 86400000 > (s.due_at + 25200000) / 86400000),
		COUNT(*) FILTER (WHERE s.body <> '')
	FROM dossier d
	JOIN dossier_step s ON s.dossier_id = d.id
	WHERE d.ended_day >= :from AND d.ended_day <= :to
	AND s.done_at IS NOT NULL
	AND d.unit_id IN (SELECT r.unit_id FROM unit_reach r WHERE r.ancestor_id = :unit)   --[unit]
	AND d.unit_id IN (SELECT u.id FROM unit u)                                          --[!unit]
	GROUP BY s.dossier_id`)

type parts struct{ done, before, late, elsewhere int64 }

// Evaluate calls fn for every dossier that was resolved in the question's period,
// in the unit that answers for it. What the indices look at:
//   - total time: the verdict of form II.06a (shorter is early);
//   - time of each unit: each step against its own limit; longer when one ended
//     on a later day, shorter when all ended before; without steps, the total;
//   - contacts: requests for papers, before and after acceptance;
//   - agencies: a financial obligation that was not paid online sends the
//     applicant to another agency;
//   - organisation: no other body had a step of it.
//
// Source: NĐ 61/2018/NĐ-CP, Articles 29–31; see the decision record on statistics.
func (k *Desk) Evaluate(ctx context.Context, q db.Queryer, a actor.Actor, x Question, fn func(e *Evaluated)) error {
	if err := k.Guard.Check(ctx, q, a, auth.ReportRead, x.Unit); err != nil {
		return err
	}
	args := db.Args{"from": x.From, "to": x.To}
	if x.Unit != "" {
		args["unit"] = string(x.Unit)
	}
	steps := map[string]parts{}
	stmt, params := evaluatedParts.With(args)
	if err := db.Each(ctx, q, stmt, func(r db.Scanner) error {
		var id string
		var p parts
		err := r.Scan(&id, &p.done, &p.before, &p.late, &p.elsewhere)
		steps[id] = p
		return err
	}, params...); err != nil {
		return err
	}
	return k.cases(ctx, q, x, func(c *Case, s *span) error {
		if c.Ended == 0 || !s.has(c.Unit) || !s.within(c.Ended.Date()) {
			return nil
		}
		fn(&Evaluated{Case: *c, Work: c.work(steps[c.ID])})
		return nil
	})
}

func (c *Case) work(p parts) evaluation.Work {
	w := evaluation.Work{
		Total:    map[Verdict]evaluation.Timing{Early: evaluation.Shorter, OnTime: evaluation.Equal, Late: evaluation.Longer}[c.Verdict()],
		Contacts: c.AskedBefore + c.Supplements, OneStop: p.elsewhere == 0, Online: c.Channel == Online, Complaint: c.Marks&Disliked != 0,
	}
	if c.Marks&(Obliged|PaidOnline) == Obliged {
		w.Agencies = 1
	}
	switch {
	case p.done == 0:
		w.Units = w.Total
	case p.late > 0:
		w.Units = evaluation.Longer
	case p.before < p.done:
		w.Units = evaluation.Equal
	}
	return w
}
