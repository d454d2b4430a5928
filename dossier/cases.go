package dossier

import (
	"context"

	"cchc/base/db"
	"cchc/base/moment"
	"cchc/unit"
)

// A Question asks for the dossiers behind a figure: those of a unit and what is
// below it, that were under way in a period, as they stood at its end.
type Question struct {
	Unit      unit.ID // "" is everything
	From, To  moment.Date
	Known     moment.Instant // as known then; zero is now
	Sector    string
	Procedure string
}

// A Case is a dossier as it stood at the end of a question's period.
type Case struct {
	ID        string
	System    string
	Code      string
	Procedure string
	Sector    string
	Channel   Channel
	State
}

// A Span is what a question's figures are counted over.
type span struct {
	from, to moment.Date
	asOf     moment.Instant // the end of the period, or now when that is earlier
	units    map[unit.ID]bool
}

// has reports whether a unit is within the question; nil units are all of them.
func (s *span) has(u unit.ID) bool { return s.units == nil || s.units[u] }

func (s *span) within(d moment.Date) bool { return d != 0 && d >= s.from && d <= s.to }

var (
	// A unit's figures take in all that lay under it at any time of the period, and
	// what lay under it until its first day: that opens with what was carried over.
	unitsDuring = db.SQL("dossier.cases.units", `
		SELECT DISTINCT unit_id
		FROM unit_reach
		WHERE ancestor_id = $1 AND (to_day IS NULL OR to_day >= $2) AND from_day <= $3`)

	// What has not changed since the moment asked for stands in the row; the
	// others are folded from their facts. Both leave out what cannot matter:
	// accepted after the period, ended before it.
	casePlain = db.Lines("dossier.cases.plain", `
		SELECT d.id, d.system, d.code, d.procedure_code, d.sector, d.channel, d.unit_id, d.promised_unit_id,
			d.registered_at, d.accepted_at, d.ended_at, d.end_kind, d.returned_at, d.due_original, d.due_at, d.due_promised,
			d.due_maximum, d.waiting, d.waiting_since, d.waiting_late, d.supplements, d.withdrawal_at, d.apology_at, d.marks,
			d.by_instant
		FROM dossier d
		WHERE d.transfers = 0
		AND d.accepted_at IS NOT NULL
		AND d.last_at <= :as_of
		AND d.accepted_day <= :to
		AND d.last_recorded <= :known                         --[known]
		AND (d.ended_day IS NULL OR d.ended_day >= :from)
		AND d.unit_id IN (SELECT r.unit_id FROM unit_reach r WHERE r.ancestor_id = :unit)   --[unit]
		AND d.sector = :sector                                --[sector]
		AND d.procedure_code = :procedure                     --[procedure]`)
	caseChanged = db.Lines("dossier.cases.changed", `
		SELECT d.id, d.system, d.code, d.procedure_code, d.sector, d.channel, d.by_instant,
			f.seq, f.kind, f.at, f.recorded_at, f.account, f.unit_id, f.due, f.how, f.qty, f.ref, '', ''
		FROM dossier d
		JOIN dossier_fact f ON f.dossier_id = d.id
		WHERE (d.transfers > 0 OR d.last_at > :as_of)         --[!known]
		AND d.accepted_at IS NOT NULL                         --[!known]
		AND d.accepted_day <= :to                             --[!known]
		AND (d.ended_day IS NULL OR d.ended_day >= :from)     --[!known]
		WHERE (d.transfers > 0 OR d.last_at > :as_of OR d.last_recorded > :known OR d.accepted_at IS NULL)   --[known]
		AND (d.transfers > 0 OR d.unit_id IN (SELECT r.unit_id FROM unit_reach r WHERE r.ancestor_id = :unit))   --[unit]
		AND d.sector = :sector                                --[sector]
		AND d.procedure_code = :procedure                     --[procedure]
		ORDER BY d.id, f.seq`)
)

// cases calls fn for every dossier that was accepted by the end of the question's
// period and had not ended before it, as it stood then. Which of them belong to
// the unit, and how, is for the figures to say: a dossier can be promised by one
// unit and be answered for by another.
func (k *Desk) cases(ctx context.Context, q db.Queryer, x Question, fn func(c *Case, s *span) error) error {
	now := k.DB.Now()
	s := &span{from: x.From, to: x.To, asOf: min(x.To.End(), now)}
	if x.Known != 0 {
		s.asOf = min(s.asOf, x.Known) // what was reported then was reported as of then
	}
	args := db.Args{"as_of": s.asOf, "to": x.To, "from": x.From}
	if x.Known != 0 && x.Known < now {
		args["known"] = x.Known
	}
	if x.Unit != "" {
		args["unit"] = string(x.Unit)
		units, err := db.Column[unit.ID](ctx, q, unitsDuring, string(x.Unit), x.From, x.To)
		if err != nil {
			return err
		}
		s.units = map[unit.ID]bool{}
		for _, u := range units {
			s.units[u] = true
		}
	}
	if x.Sector != "" {
		args["sector"] = x.Sector
	}
	if x.Procedure != "" {
		args["procedure"] = x.Procedure
	}
	stmt, params := casePlain.With(args)
	err := db.Each(ctx, q, stmt, func(r db.Scanner) error {
		var c Case
		if err := r.Scan(&c.ID, &c.System, &c.Code, &c.Procedure, &c.Sector, &c.Channel, &c.Unit, &c.Promised,
			&c.RegisteredAt, &c.AcceptedAt, &c.Ended, &c.End, &c.Returned, &c.DueOriginal, &c.Due, &c.DuePromised,
			&c.DueMaximum, &c.Waiting, &c.WaitingSince, &c.WaitingLate, &c.Supplements, &c.Withdrawal, &c.Apology, &c.Marks,
			&c.ByInstant); err != nil {
			return err
		}
		return fn(&c, s)
	}, params...)
	if err != nil {
		return err
	}
	var c Case
	var facts []Fact
	byInstant := false
	flush := func() error {
		if len(facts) == 0 {
			return nil
		}
		c.State = Fold(facts, byInstant, s.asOf, x.Known)
		facts = facts[:0]
		if c.AcceptedAt == 0 || c.AcceptedAt.Date() > x.To || (c.Ended != 0 && c.Ended.Date() < x.From) {
			return nil
		}
		return fn(&c, s)
	}
	stmt, params = caseChanged.With(args)
	err = db.Each(ctx, q, stmt, func(r db.Scanner) error {
		var next Case
		var f Fact
		var instant bool
		if err := r.Scan(append([]any{&next.ID, &next.System, &next.Code, &next.Procedure, &next.Sector, &next.Channel, &instant},
			f.targets()...)...); err != nil {
			return err
		}
		if next.ID != c.ID {
			if err := flush(); err != nil {
				return err
			}
			c, byInstant = next, instant
		}
		facts = append(facts, f)
		return nil
	}, params...)
	if err != nil {
		return err
	}
	return flush()
}

// ownerOn returns the unit that answered for the dossier when a day began.
func (s *State) ownerOn(day moment.Date) unit.ID {
	owner := s.Promised
	for _, m := range s.moves {
		if m.day < day {
			owner = m.to
		}
	}
	return owner
}
