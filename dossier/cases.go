package dossier

import (
	"context"
	"maps"

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

	Officers bool // with the person who held each dossier; see Case.Officer
	Detail   bool // with what form 07a adds: online levels, and what was not accepted
}

// A Case is a dossier as it stood at the end of a question's period.
type Case struct {
	ID          string
	System      string
	Code        string
	Procedure   string
	Sector      string
	Channel     Channel
	Version     string // of the procedure; "" when imported without one
	Level       string // its online level: full, partial, none; "" is not known
	Territorial bool   // received where the applicant belongs; else phi địa giới

	// Officer is the account whose step it was at the end of the period, or at the
	// dossier's own end when that was before; "" when nobody had taken it.
	Officer string
	State

	// n is how many dossiers the case stands for: those of a group that no figure
	// tells apart; see Desk.grouping.
	n int64
}

// targets are the destinations of caseIdentity.
func (c *Case) targets() []any {
	return []any{&c.ID, &c.System, &c.Code, &c.Procedure, &nullText{&c.Version}, &c.Sector, &c.Channel, &c.Territorial, &c.ByInstant, &c.Officer}
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

// underWay reports whether a dossier was accepted by the end of the period and had
// not ended before it.
func (s *span) underWay(c *Case) bool {
	return c.AcceptedAt != 0 && c.AcceptedAt.Date() <= s.to && (c.Ended == 0 || c.Ended.Date() >= s.from)
}

// refused reports whether it was refused at the door in the period.
func (s *span) refused(c *Case) bool {
	return c.AcceptedAt == 0 && c.Voided == 0 && s.within(c.NotAccepted.Date())
}

var (
	// A unit's figures take in all that lay under it on any day of the period, and what
	// ended with its first day: that opens with what it had and moves it out. What went to
	// another parent that day is the other's from the beginning.
	unitsDuring = db.SQL("dossier.cases.units", `
		SELECT DISTINCT r.unit_id
		FROM unit_reach r
		WHERE r.ancestor_id = $1
		AND (r.to_day IS NULL OR r.to_day > $2 OR r.to_day = $2 AND NOT EXISTS (
			SELECT 1 FROM unit_reach o WHERE o.ancestor_id = r.unit_id AND o.unit_id = r.unit_id
			AND (o.to_day IS NULL OR o.to_day > r.to_day)))
		AND r.from_day <= $3`)

	// What has not changed since the moment asked for stands in the row; the
	// others are folded from their facts. Both leave out what cannot matter:
	// accepted after the period, ended before it. Open and ended ones are asked
	// for apart, so that an index leads to each and history costs nothing.
	casePlainOpen = db.Lines("dossier.cases.plain_open", casePlain+`
		AND d.ended_at IS NULL`)
	casePlainEnded = db.Lines("dossier.cases.plain_ended", casePlain+`
		AND d.ended_day >= :from AND d.ended_day <= :to`)
	caseChangedOpen = db.Lines("dossier.cases.changed_open", caseChanged+`
		AND d.ended_at IS NULL
		`+eachInTurn)
	caseChangedEnded = db.Lines("dossier.cases.changed_ended", caseChanged+`
		AND d.ended_day >= :from
		`+eachInTurn)
	// What moved between units is folded whoever answers for it now.
	caseMoved = db.Lines("dossier.cases.moved", caseFolded+`
		WHERE d.transfers > 0
		AND d.unit_id IN (SELECT u.id FROM unit u)
		AND d.accepted_at IS NOT NULL
		AND d.accepted_day <= :to
		AND (d.ended_day IS NULL OR d.ended_day >= :from)`+caseOf+`
		`+eachInTurn)
	// As known now they are of no concern to the period. As known then they may
	// have been: something that had happened by its end was entered later, or was
	// taken back.
	caseElse = db.Lines("dossier.cases.else", caseFolded+`
		WHERE d.last_recorded > :known
		AND (d.accepted_at IS NULL OR d.accepted_day > :to OR d.ended_day < :from)
		AND EXISTS (
			SELECT 1
			FROM dossier_fact e
			WHERE e.dossier_id = d.id AND e.recorded_at > :known AND (e.at <= :as_of OR e.kind IN ('corrected', 'voided'))
		)`+caseFilter+`
		`+eachInTurn)
	// Refused at the door: in no column of II.06a, for it was never accepted.
	caseNotAccepted = db.Lines("dossier.cases.not_accepted", caseFolded+`
		WHERE (d.not_accepted_at >= :start AND d.not_accepted_at <= :as_of OR d.last_recorded > :known)   --[known]
		WHERE d.not_accepted_at >= :start AND d.not_accepted_at <= :as_of     --[!known]
		AND d.accepted_at IS NULL                                            --[!known]
		AND EXISTS (SELECT 1 FROM dossier_fact e WHERE e.dossier_id = d.id AND e.kind = 'not_accepted')   --[known]`+caseFilter+`
		`+eachInTurn)

	onlineLevels = db.SQL("dossier.cases.online_levels", `
		SELECT id, online_level
		FROM procedure_version
		WHERE online_level <> ''`)
)

const (
	// Facts come dossier by dossier. Ordered by the id itself, SQLite goes through
	// all dossiers by that index to be spared the sorting of a few.
	eachInTurn   = `ORDER BY d.id || '', f.seq`
	caseIdentity = `d.id, d.system, d.code, d.procedure_code, d.version_id, d.sector, d.channel, d.territorial, d.by_instant,
			COALESCE((SELECT s.account FROM dossier_step s                                         --[officers]
				WHERE s.dossier_id = d.id AND NOT s.beside AND s.came_at <= :as_of ORDER BY s.ord DESC LIMIT 1), ''),   --[officers]
			'',                                                                                    --[!officers]`
	casePlain = `
		SELECT 1, ` + caseIdentity + caseState + `
		FROM dossier d` + casePlainOf
	caseState = `
			d.unit_id, d.promised_unit_id, d.registered_at, d.accepted_at, d.ended_at, d.end_kind, d.returned_at,
			d.due_original, d.due_at, d.due_promised, d.due_maximum, d.waiting, d.waiting_since, d.waiting_late,
			d.supplements, d.asked_before, d.withdrawal_at, d.apology_at, d.marks, d.rating`
	casePlainOf = `
		WHERE d.transfers = 0
		AND d.accepted_at IS NOT NULL
		AND d.last_at <= :as_of
		AND d.accepted_day <= :to
		AND d.last_recorded <= :known                         --[known]
		AND d.verdict = :verdict                              --[verdict]
		AND d.end_kind = :end_kind                            --[end_kind]
		AND d.waiting <> ''                                   --[waiting_some]
		AND d.accepted_day >= :from                           --[new]
		AND d.accepted_day < :from                            --[before]
		AND d.due_at IS NULL                                  --[without_due]` + caseUnit + caseOf
	// For counting, facts that no figure tests are left out, as is what had not
	// happened by then; but a correction counts whenever it was made.
	caseFolded = `
		SELECT ` + caseIdentity + `
			f.seq, f.kind, f.at, f.recorded_at, f.account, f.unit_id, f.due, f.how, f.qty, f.ref, '', '', ''
		FROM dossier d
		JOIN dossier_fact f ON f.dossier_id = d.id
		AND (f.kind IN ('corrected', 'voided') OR f.at <= :as_of)                              --[counted]
		AND f.kind NOT IN ('step', 'rated', 'complained', 'complaint_reversed')                --[counted]
		AND (f.kind <> 'marked' OR f.how IN ('obliged', 'paid_online'))                        --[counted]`
	caseOf = `
		AND d.sector = :sector                                --[sector]
		AND d.procedure_code = :procedure                     --[procedure]`
	caseFilter = `
		AND (d.transfers > 0 OR d.unit_id IN (SELECT r.unit_id FROM unit_reach r WHERE r.ancestor_id = :unit))   --[unit]` + caseOf
	// Naming every unit when none is asked for lets the index by unit and day lead.
	caseUnit = `
		AND d.unit_id IN (SELECT r.unit_id FROM unit_reach r WHERE r.ancestor_id = :unit)   --[unit]
		AND d.unit_id IN (SELECT u.id FROM unit u)            --[!unit, !one]
		AND d.unit_id = :one                                  --[one]`
	caseChanged = caseFolded + `
		WHERE d.transfers = 0
		AND d.last_at > :as_of                                --[!known]
		AND (d.last_at > :as_of OR d.last_recorded > :known)  --[known]
		AND d.accepted_at IS NOT NULL
		AND d.accepted_day <= :to` + caseUnit + caseOf
)

// UnitsDuring returns the units that a question about a unit takes in.
func (k *Desk) UnitsDuring(ctx context.Context, q db.Queryer, x Question) ([]unit.ID, error) {
	return db.Column[unit.ID](ctx, q, unitsDuring, string(x.Unit), x.From, x.To)
}

// An asked is a question that is settled: what it is counted over, and what its
// statements are given.
type asked struct {
	Question
	span *span
	args db.Args
}

func (k *Desk) asked(ctx context.Context, q db.Queryer, x Question) (*asked, error) {
	now := k.DB.Now()
	s := &span{from: x.From, to: x.To, asOf: min(x.To.End(), now)}
	if x.Known != 0 {
		s.asOf = min(s.asOf, x.Known) // what was reported then was reported as of then
	}
	args := db.Args{"as_of": s.asOf, "as_of_day": s.asOf.Date(), "to": x.To, "from": x.From}
	if x.Known != 0 && x.Known < now {
		args["known"] = x.Known
	}
	if x.Unit != "" {
		args["unit"] = string(x.Unit)
		units, err := k.UnitsDuring(ctx, q, x)
		if err != nil {
			return nil, err
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
	if x.Officers {
		args["officers"] = true
	}
	return &asked{Question: x, span: s, args: args}, nil
}

// cases calls fn for every dossier that was accepted by the end of the question's
// period and had not ended before it, as it stood then. Which of them belong to
// the unit, and how, is for the figures to say: a dossier can be promised by one
// unit and be answered for by another.
func (k *Desk) cases(ctx context.Context, q db.Queryer, x Question, fn func(c *Case, s *span) error) error {
	return k.casesBy(ctx, q, x, []*db.Family{casePlainOpen, casePlainEnded}, nil, fn)
}

// casesBy is cases with the statements that read what has not changed, and more
// arguments.
func (k *Desk) casesBy(ctx context.Context, q db.Queryer, x Question, plain []*db.Family, more db.Args, fn func(c *Case, s *span) error) error {
	a, err := k.asked(ctx, q, x)
	if err != nil {
		return err
	}
	if x.Detail {
		if fn, err = withLevels(ctx, q, fn); err != nil {
			return err
		}
	}
	maps.Copy(a.args, more)
	for _, f := range plain {
		if err := plainCases(ctx, q, f, a.args, a.span, fn); err != nil {
			return err
		}
	}
	return a.folded(ctx, q, fn)
}

// withLevels tells each case how far its procedure was online.
func withLevels(ctx context.Context, q db.Queryer, fn func(c *Case, s *span) error) (func(c *Case, s *span) error, error) {
	levels := map[string]string{}
	err := db.Each(ctx, q, onlineLevels, func(r db.Scanner) error {
		var id, level string
		err := r.Scan(&id, &level)
		levels[id] = level
		return err
	})
	return func(c *Case, s *span) error {
		c.Level = levels[c.Version]
		return fn(c, s)
	}, err
}

// folded calls fn for what has changed since the moment asked for.
func (a *asked) folded(ctx context.Context, q db.Queryer, fn func(c *Case, s *span) error) error {
	families := []*db.Family{caseChangedOpen, caseChangedEnded, caseMoved}
	if a.args["known"] != nil {
		families = append(families, caseElse)
	}
	for _, f := range families {
		if err := foldedCases(ctx, q, f, a.args, a.Question, a.span, a.span.underWay, fn); err != nil {
			return err
		}
	}
	if !a.Detail {
		return nil
	}
	a.args["start"] = a.From.Start()
	return foldedCases(ctx, q, caseNotAccepted, a.args, a.Question, a.span, a.span.refused, fn)
}

// plainCases reads the dossiers whose row is what they were.
func plainCases(ctx context.Context, q db.Queryer, f *db.Family, args db.Args, s *span, fn func(c *Case, s *span) error) error {
	stmt, params := f.With(args)
	return db.Each(ctx, q, stmt, func(r db.Scanner) error {
		var c Case
		if err := r.Scan(append(append([]any{&c.n}, c.targets()...), &c.Unit, &c.Promised, &c.RegisteredAt, &c.AcceptedAt, &c.Ended, &c.End, &c.Returned,
			&c.DueOriginal, &c.Due, &c.DuePromised, &c.DueMaximum, &c.Waiting, &c.WaitingSince, &c.WaitingLate,
			&c.Supplements, &c.AskedBefore, &c.Withdrawal, &c.Apology, &c.Marks, &c.Rating)...); err != nil {
			return err
		}
		return fn(&c, s)
	}, params...)
}

// foldedCases reads dossiers with their facts and folds them as of then and as
// known then; those that keep refuses are left out.
func foldedCases(ctx context.Context, q db.Queryer, f *db.Family, args db.Args, x Question, s *span, keep func(*Case) bool, fn func(c *Case, s *span) error) error {
	var c Case
	var facts []Fact
	flush := func() error {
		if len(facts) == 0 {
			return nil
		}
		c.n = 1
		c.State = Fold(facts, c.ByInstant, s.asOf, x.Known)
		facts = facts[:0]
		if !keep(&c) {
			return nil
		}
		return fn(&c, s)
	}
	stmt, params := f.With(args)
	err := db.Each(ctx, q, stmt, func(r db.Scanner) error {
		var next Case
		var f Fact
		if err := r.Scan(append(next.targets(), f.targets()...)...); err != nil {
			return err
		}
		if next.ID != c.ID {
			if err := flush(); err != nil {
				return err
			}
			c = next
		}
		facts = append(facts, f)
		return nil
	}, params...)
	if err != nil {
		return err
	}
	return flush()
}
