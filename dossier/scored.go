package dossier

import (
	"context"
	"fmt"

	"cchc/base/db"
	"cchc/base/moment"
	"cchc/unit"
)

// Scored are a unit's counts that criteria sets of the PAR index name beside those
// of the service index: integers only. A parent is the sum.
type Scored struct {
	// InSystem are of Counts.Received: entered on the day of their acceptance, or
	// brought by another one-stop system. The others were entered later, from paper.
	// What nobody ever entered is in no count.
	InSystem int64
	// Postal are of Counts.Received: they came by public post, or their result was
	// handed over by it (QĐ 45/2016/QĐ-TTg).
	Postal int64
	// Certified are of Counts.Received: of the procedures that ScoredNow was asked
	// for. ECertified are those of them whose result exists in electronic form.
	Certified, ECertified int64
	// Late are those that ended late in the period or are open and overdue at its end:
	// (10) and (13) of form II.06a. Apologised are those of them for which an apology
	// was sent (form 04), in time or not.
	Late, Apologised int64
	// AskedAgain were asked for more papers a second time during processing, the
	// second time in the period.
	AskedAgain int64
}

// Add sums two units' counts.
func (c *Scored) Add(o Scored) {
	c.InSystem += o.InSystem
	c.Postal += o.Postal
	c.Certified += o.Certified
	c.ECertified += o.ECertified
	c.Late += o.Late
	c.Apologised += o.Apologised
	c.AskedAgain += o.AskedAgain
}

func inSystem(c *Case) bool { return c.Marks&EnteredLater == 0 || c.System != "" }

func postal(c *Case) bool { return c.Channel == Post || c.Marks&Posted != 0 }

// The same of what is stored.
func (d *Dossier) enteredLater() bool { return d.State.Marks&EnteredLater != 0 && d.System == "" }
func (d *Dossier) postal() bool       { return d.Channel == Post || d.State.Marks&Posted != 0 }

func late(c *Case, s *span) bool {
	if c.AcceptedAt == 0 || !s.has(c.Unit) {
		return false
	}
	return c.Verdict() == Late || c.Overdue(s.asOf)
}

// ScoredAsOf counts every unit's Scored for a period as it stood at its end, from the
// dossiers one by one: the definition that ScoredNow must agree with. certified are
// codes of procedures.
func (k *Desk) ScoredAsOf(ctx context.Context, q db.Queryer, x Question, certified []string) (map[unit.ID]*Scored, error) {
	out := map[unit.ID]*Scored{}
	codes := map[string]bool{}
	for _, c := range certified {
		codes[c] = true
	}
	err := k.cases(ctx, q, x, func(c *Case, s *span) error {
		if received(c, s) {
			n := at(out, c.Promised)
			for _, m := range []struct {
				on    bool
				count *int64
			}{
				{inSystem(c), &n.InSystem}, {postal(c), &n.Postal}, {codes[c.Procedure], &n.Certified},
				{codes[c.Procedure] && c.Marks&EResult != 0, &n.ECertified},
			} {
				if m.on {
					*m.count++
				}
			}
		}
		if late(c, s) {
			n := at(out, c.Unit)
			n.Late++
			if c.Apology != 0 {
				n.Apologised++
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	again, err := k.AskedAgain(ctx, q, x)
	for i := range again {
		at(out, again[i].Unit).AskedAgain++
	}
	return out, err
}

var (
	scoredMonth = db.Lines("dossier.scored.month", `
		SELECT unit_id, CAST(SUM(received - entered_later) AS BIGINT), CAST(SUM(postal) AS BIGINT)
		FROM tally_month
		WHERE month >= :from AND month <= :to
		AND unit_id = :one       --[one]
		GROUP BY unit_id`)
	scoredCertified = db.Lines("dossier.scored.certified", `
		SELECT unit_id, CAST(SUM(received) AS BIGINT), CAST(SUM(e_result) AS BIGINT)
		FROM tally_procedure
		WHERE month >= :from AND month <= :to
		AND procedure_code = :code
		AND unit_id = :one       --[one]
		GROUP BY unit_id`)
	scoredEnded = db.Lines("dossier.scored.ended_late", `
		SELECT unit_id, COUNT(*), COUNT(apology_at)
		FROM dossier
		WHERE ended_day >= :from AND ended_day <= :to AND verdict = 'late' AND accepted_at IS NOT NULL
		AND unit_id IN (SELECT u.id FROM unit u)     --[!one]
		AND unit_id = :one                           --[one]
		GROUP BY unit_id`)
	scoredOverdue = db.Lines("dossier.scored.overdue", `
		SELECT unit_id, COUNT(*), COUNT(apology_at)
		FROM dossier
		WHERE ended_at IS NULL AND accepted_at IS NOT NULL AND due_at < :now
		AND ((waiting = '' AND (by_instant OR due_day < :today)) OR (waiting <> '' AND waiting_late))
		AND unit_id = :one       --[one]
		GROUP BY unit_id`)
	scoredNoDue = db.Lines("dossier.scored.no_due", `
		SELECT unit_id, COUNT(*), COUNT(apology_at)
		FROM dossier
		WHERE ended_at IS NULL AND accepted_at IS NOT NULL AND due_at IS NULL AND (waiting = '' OR waiting_late)
		AND unit_id = :one       --[one]
		GROUP BY unit_id`)
	// Of what was changed since the moment asked for, the row does not tell how often
	// papers had been asked for.
	caseAskedAgain = db.Lines("dossier.cases.asked_again", caseFolded+`
		WHERE d.supplements > 1                                      --[!known]
		WHERE (d.supplements > 1 OR d.last_recorded > :known)        --[known]
		AND d.accepted_at IS NOT NULL                                --[!known]
		AND EXISTS (SELECT 1 FROM dossier_fact e WHERE e.dossier_id = d.id AND e.kind = 'supplement_asked')   --[known]
		AND d.unit_id = :one                                         --[one]`+caseFilter+`
		`+eachInTurn)
)

// AskedAgain returns the dossiers that were asked for more papers a second time
// during processing, the second time in the period, in the unit that answers for
// them; ordered by code.
func (k *Desk) AskedAgain(ctx context.Context, q db.Queryer, x Question) ([]Case, error) {
	return k.askedAgain(ctx, q, x, "")
}

func (k *Desk) askedAgain(ctx context.Context, q db.Queryer, x Question, one unit.ID) ([]Case, error) {
	a, err := k.asked(ctx, q, x)
	if err != nil {
		return nil, err
	}
	var out []Case
	in := func(c *Case) bool {
		return c.AcceptedAt != 0 && a.span.within(c.askedAgain.Date()) && a.span.has(c.Unit)
	}
	err = foldedCases(ctx, q, caseAskedAgain, oneUnit(one, a.args), a.Question, a.span, in, func(c *Case, _ *span) error {
		out = append(out, *c)
		return nil
	})
	sortCases(out)
	return out, err
}

// ScoredNow counts every unit's Scored for whole months up to the one that runs now:
// from the tallies, and the overdue from the open dossiers. It reads those units in
// which something happened since it was last asked.
func (k *Desk) ScoredNow(ctx context.Context, q db.Queryer, from, to moment.Date, certified []string) (map[unit.ID]*Scored, error) {
	first, last := from.FirstOfMonth(), to.LastOfMonth()
	facts, err := perUnit(ctx, q, k, fmt.Sprintf("scored %s %s %s", first, last, certified), false, func(q db.Queryer, u unit.ID) (map[unit.ID]Scored, error) {
		return k.scoredFacts(ctx, q, u, first, last, certified)
	})
	if err != nil {
		return nil, err
	}
	overdue, err := perUnit(ctx, q, k, "scored overdue", true, func(q db.Queryer, u unit.ID) (map[unit.ID]Scored, error) {
		now := k.DB.Now()
		out := map[unit.ID]Scored{}
		if err := lateOf(ctx, q, scoredOverdue, oneUnit(u, db.Args{"now": now, "today": now.Date()}), out); err != nil {
			return nil, err
		}
		return out, lateOf(ctx, q, scoredNoDue, oneUnit(u, db.Args{}), out)
	})
	out := make(map[unit.ID]*Scored, len(facts))
	for u, c := range facts {
		out[u] = &c
	}
	for u, c := range overdue {
		at(out, u).Add(c)
	}
	return out, err
}

// scoredFacts counts what facts alone decide, of one unit, or of all for "".
func (k *Desk) scoredFacts(ctx context.Context, q db.Queryer, u unit.ID, from, to moment.Date, certified []string) (map[unit.ID]Scored, error) {
	out := map[unit.ID]Scored{}
	// two adds a row of a unit and two numbers.
	two := func(f *db.Family, args db.Args, add func(c *Scored, a, b int64)) error {
		stmt, params := f.With(oneUnit(u, args))
		return db.Each(ctx, q, stmt, func(r db.Scanner) error {
			var of unit.ID
			var a, b int64
			if err := r.Scan(&of, &a, &b); err != nil || a == 0 && b == 0 {
				return err
			}
			c := out[of]
			add(&c, a, b)
			out[of] = c
			return nil
		}, params...)
	}
	if err := two(scoredMonth, db.Args{"from": from, "to": to}, func(c *Scored, a, b int64) { c.InSystem += a; c.Postal += b }); err != nil {
		return nil, err
	}
	for _, code := range certified {
		if err := two(scoredCertified, db.Args{"from": from, "to": to, "code": code}, func(c *Scored, a, b int64) { c.Certified += a; c.ECertified += b }); err != nil {
			return nil, err
		}
	}
	if err := lateOf(ctx, q, scoredEnded, oneUnit(u, db.Args{"from": from, "to": to}), out); err != nil {
		return nil, err
	}
	again, err := k.askedAgain(ctx, q, Question{From: from, To: to}, u)
	for i := range again {
		c := out[again[i].Unit]
		c.AskedAgain++
		out[again[i].Unit] = c
	}
	return out, err
}

func lateOf(ctx context.Context, q db.Queryer, f *db.Family, args db.Args, out map[unit.ID]Scored) error {
	stmt, params := f.With(args)
	return db.Each(ctx, q, stmt, func(r db.Scanner) error {
		var u unit.ID
		var n Scored
		err := r.Scan(&u, &n.Late, &n.Apologised)
		c := out[u]
		c.Add(n)
		out[u] = c
		return err
	}, params...)
}
