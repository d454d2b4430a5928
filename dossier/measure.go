package dossier

import (
	"context"
	"fmt"

	"cchc/base/db"
	"cchc/base/moment"
	"cchc/unit"
)

// Counts are a unit's measures for the service index (QĐ 766): integers only,
// numerators and denominators of its formulas. A parent is the sum.
type Counts struct {
	Received     int64 // accepted in the period
	Online       int64
	EResult      int64
	Digitised    int64
	Reused       int64
	Population   int64
	Synced       int64
	Obliged      int64
	PaidOnline   int64
	Displeased   int64 // late, overdue or complained of
	Timed        int64 // ended in the period, or open and overdue
	TimedOK      int64
	Procedures   int64 // different procedures with a dossier in the period
	OnlineProcs  int64 // with an online one
	PopulProcs   int64 // with the population database used
	ObligedProcs int64
	PaidProcs    int64
}

// Add sums two units' counts.
func (c *Counts) Add(o Counts) {
	c.Received += o.Received
	c.Online += o.Online
	c.EResult += o.EResult
	c.Digitised += o.Digitised
	c.Reused += o.Reused
	c.Population += o.Population
	c.Synced += o.Synced
	c.Obliged += o.Obliged
	c.PaidOnline += o.PaidOnline
	c.Displeased += o.Displeased
	c.Timed += o.Timed
	c.TimedOK += o.TimedOK
	c.Procedures += o.Procedures
	c.OnlineProcs += o.OnlineProcs
	c.PopulProcs += o.PopulProcs
	c.ObligedProcs += o.ObligedProcs
	c.PaidProcs += o.PaidProcs
}

// A Measure names one count, for opening it to its list.
type Measure string

// measures are the counts of single dossiers, each with the test that says
// whether a case counts in it. Counting and listing use the same test, so a list
// has as many rows as its number says.
var measures = map[Measure]func(c *Case, s *span) bool{
	"received":   func(c *Case, s *span) bool { return received(c, s) },
	"online":     func(c *Case, s *span) bool { return received(c, s) && c.Channel == Online },
	"e_result":   func(c *Case, s *span) bool { return received(c, s) && c.Marks&EResult != 0 },
	"digitised":  func(c *Case, s *span) bool { return received(c, s) && c.Marks&Digitised != 0 },
	"reused":     func(c *Case, s *span) bool { return received(c, s) && c.Marks&Reused != 0 },
	"population": func(c *Case, s *span) bool { return received(c, s) && c.Marks&Population != 0 },
	"synced":     func(c *Case, s *span) bool { return received(c, s) && c.Marks&Synced != 0 },
	"obliged":    func(c *Case, s *span) bool { return received(c, s) && c.Marks&Obliged != 0 },
	"paid_online": func(c *Case, s *span) bool {
		return received(c, s) && c.Marks&(Obliged|PaidOnline) == Obliged|PaidOnline
	},
	"displeased": func(c *Case, s *span) bool { return received(c, s) && displeased(c, s) },
	"satisfied":  func(c *Case, s *span) bool { return received(c, s) && !displeased(c, s) },
	"timed":      func(c *Case, s *span) bool { t, _ := timed(c, s); return t },
	"timed_ok":   func(c *Case, s *span) bool { t, ok := timed(c, s); return t && ok },
	"timed_late": func(c *Case, s *span) bool { t, ok := timed(c, s); return t && !ok },

	// What sets of the PAR index count besides: see Scored.
	"in_system":  func(c *Case, s *span) bool { return received(c, s) && inSystem(c) },
	"postal":     func(c *Case, s *span) bool { return received(c, s) && postal(c) },
	"late":       late,
	"apologised": func(c *Case, s *span) bool { return late(c, s) && c.Apology != 0 },
}

// received is the population of digitisation, online service, payment and
// satisfaction: accepted in the period, in the unit that promised.
func received(c *Case, s *span) bool { return s.within(c.AcceptedAt.Date()) && s.has(c.Promised) }

func displeased(c *Case, s *span) bool { return c.Displeased() || c.Overdue(s.asOf) }

// timed is the population of ON_TIME_RATE: received or carried, and either ended
// in the period or open and overdue at its end, which counts as late. One that is
// open on its due day has neither kept nor broken its promise: the day after
// tells.
func timed(c *Case, s *span) (counts, ok bool) {
	if !s.has(c.Unit) {
		return false, false
	}
	if day, ok := c.Timed(); day != 0 {
		return s.within(day), ok
	}
	return c.IndexLate(s.asOf), false
}

// CountsAsOf counts every unit's measures for a period as it stood at its end,
// from the dossiers one by one: the definition that CountsNow must agree with.
func (k *Desk) CountsAsOf(ctx context.Context, q db.Queryer, x Question) (map[unit.ID]*Counts, error) {
	out := map[unit.ID]*Counts{}
	procs := map[procedureKey]*[8]int64{}
	err := k.cases(ctx, q, x, func(c *Case, s *span) error {
		if received(c, s) {
			n, p := at(out, c.Promised), at(procs, procedureKey{unit: c.Promised, procedure: c.Procedure})
			n.Received++
			p[pReceived]++
			for _, m := range []struct {
				on    bool
				count *int64
				proc  int
			}{
				{c.Channel == Online, &n.Online, pOnline}, {c.Marks&EResult != 0, &n.EResult, -1}, {c.Marks&Digitised != 0, &n.Digitised, -1},
				{c.Marks&Reused != 0, &n.Reused, -1}, {c.Marks&Population != 0, &n.Population, pPopulation}, {c.Marks&Synced != 0, &n.Synced, -1},
				{c.Marks&Obliged != 0, &n.Obliged, pObliged},
				{c.Marks&(Obliged|PaidOnline) == Obliged|PaidOnline, &n.PaidOnline, pPaidOnline}, {displeased(c, s), &n.Displeased, -1},
			} {
				if m.on {
					*m.count++
					if m.proc >= 0 {
						p[m.proc]++
					}
				}
			}
		}
		if t, ok := timed(c, s); t {
			n := at(out, c.Unit)
			n.Timed++
			if ok {
				n.TimedOK++
			}
		}
		return nil
	})
	for key, p := range procs {
		at(out, key.unit).procedures(*p)
	}
	return out, err
}

func (c *Counts) procedures(p [8]int64) {
	for i, to := range []*int64{&c.Procedures, &c.OnlineProcs, &c.PopulProcs, &c.ObligedProcs, &c.PaidProcs} {
		if p[i] > 0 {
			*to++
		}
	}
}

var (
	countsMonth = db.Lines("dossier.counts.month", `
		SELECT unit_id,
			CAST(SUM(received) AS BIGINT), CAST(SUM(online) AS BIGINT), CAST(SUM(e_result) AS BIGINT),
			CAST(SUM(digitised) AS BIGINT), CAST(SUM(reused) AS BIGINT), CAST(SUM(population) AS BIGINT),
			CAST(SUM(synced) AS BIGINT), CAST(SUM(obliged) AS BIGINT), CAST(SUM(paid_online) AS BIGINT),
			CAST(SUM(displeased) AS BIGINT), CAST(SUM(timed) AS BIGINT), CAST(SUM(timed_ok) AS BIGINT)
		FROM tally_month
		WHERE month >= :from AND month <= :to
		AND unit_id = :one       --[one]
		GROUP BY unit_id`)
	countsProcedure = db.Lines("dossier.counts.procedure", `
		SELECT unit_id,
			COUNT(DISTINCT procedure_code) FILTER (WHERE received > 0),
			COUNT(DISTINCT procedure_code) FILTER (WHERE online > 0),
			COUNT(DISTINCT procedure_code) FILTER (WHERE population > 0),
			COUNT(DISTINCT procedure_code) FILTER (WHERE obliged > 0),
			COUNT(DISTINCT procedure_code) FILTER (WHERE paid_online > 0)
		FROM tally_procedure
		WHERE month >= :from AND month <= :to
		AND unit_id = :one       --[one]
		GROUP BY unit_id`)
	// Open and overdue: what no tally can hold, because the clock moves it. Due
	// before now is necessary for every kind of overdue, so an index finds them.
	countsOverdue = db.Lines("dossier.counts.overdue", `
		SELECT unit_id, promised_unit_id, accepted_day, marks, waiting, supplements, COUNT(*)
		FROM dossier
		WHERE ended_at IS NULL AND accepted_at IS NOT NULL AND due_at < :now
		AND ((waiting = '' AND (by_instant OR due_day < :today)) OR (waiting <> '' AND waiting_late))
		AND unit_id = :one       --[one]
		GROUP BY unit_id, promised_unit_id, accepted_day, marks, waiting, supplements`)
	countsNoDue = db.Lines("dossier.counts.no_due", `
		SELECT unit_id, promised_unit_id, accepted_day, marks, waiting, supplements, COUNT(*),
			COUNT(*) FILTER (WHERE waiting <> '' OR due_maximum IS NULL OR due_maximum < :now AND (by_instant OR due_maximum < :begun))
		FROM dossier
		WHERE ended_at IS NULL AND accepted_at IS NOT NULL AND due_at IS NULL AND (waiting = '' OR waiting_late)
		AND unit_id = :one       --[one]
		GROUP BY unit_id, promised_unit_id, accepted_day, marks, waiting, supplements`)
)

// CountsNow counts every unit's measures for whole months up to the one that runs
// now: from the tallies, and the overdue from the open dossiers. It reads those
// units in which something happened since it was last asked.
func (k *Desk) CountsNow(ctx context.Context, q db.Queryer, from, to moment.Date) (map[unit.ID]*Counts, error) {
	first, last := from.FirstOfMonth(), to.FirstOfMonth()
	counts, err := perUnit(ctx, q, k, fmt.Sprintf("counts %s %s", first, last), false, func(q db.Queryer, u unit.ID) (map[unit.ID]Counts, error) {
		return readCounts(ctx, q, oneUnit(u, db.Args{"from": first, "to": last}))
	})
	if err != nil {
		return nil, err
	}
	overdue, err := perUnit(ctx, q, k, "counts overdue", true, func(q db.Queryer, u unit.ID) (map[unit.ID][]lateGroup, error) {
		return k.lateGroups(ctx, q, u)
	})
	if err != nil {
		return nil, err
	}
	out := make(map[unit.ID]*Counts, len(counts))
	for u, c := range counts {
		out[u] = &c
	}
	for u, groups := range overdue {
		for _, g := range groups {
			if g.accepted >= from && g.accepted <= to && g.marks&Disliked == 0 {
				at(out, g.promised).Displeased += g.n
			}
			if !(g.waiting == ForSupplement && g.supplements == 1) {
				at(out, u).Timed += g.late
			}
		}
	}
	return out, nil
}

// oneUnit adds the restriction to one unit; "" is all of them.
func oneUnit(u unit.ID, a db.Args) db.Args {
	if u != "" {
		a["one"] = string(u)
	}
	return a
}

func readCounts(ctx context.Context, q db.Queryer, args db.Args) (map[unit.ID]Counts, error) {
	out := map[unit.ID]Counts{}
	stmt, params := countsMonth.With(args)
	err := db.Each(ctx, q, stmt, func(r db.Scanner) error {
		var u unit.ID
		var c Counts
		err := r.Scan(&u, &c.Received, &c.Online, &c.EResult, &c.Digitised, &c.Reused, &c.Population, &c.Synced,
			&c.Obliged, &c.PaidOnline, &c.Displeased, &c.Timed, &c.TimedOK)
		out[u] = c
		return err
	}, params...)
	if err != nil {
		return nil, err
	}
	stmt, params = countsProcedure.With(args)
	return out, db.Each(ctx, q, stmt, func(r db.Scanner) error {
		var u unit.ID
		var p [5]int64
		err := r.Scan(&u, &p[0], &p[1], &p[2], &p[3], &p[4])
		c := out[u]
		c.Procedures, c.OnlineProcs, c.PopulProcs, c.ObligedProcs, c.PaidProcs = p[0], p[1], p[2], p[3], p[4]
		out[u] = c
		return err
	}, params...)
}

// A lateGroup is open dossiers of a unit that are alike and overdue now: n for
// satisfaction, late of them for timeliness.
type lateGroup struct {
	promised    unit.ID
	accepted    moment.Date
	marks       Marks
	waiting     string
	supplements int
	n, late     int64
}

// lateGroups reads the open and overdue. Without a due date a dossier is overdue
// for satisfaction; for timeliness the procedure's maximum stands in, and with none
// of that either it is late.
func (k *Desk) lateGroups(ctx context.Context, q db.Queryer, u unit.ID) (map[unit.ID][]lateGroup, error) {
	now := k.DB.Now()
	out := map[unit.ID][]lateGroup{}
	read := func(f *db.Family, args db.Args, noDue bool) error {
		stmt, params := f.With(oneUnit(u, args))
		return db.Each(ctx, q, stmt, func(r db.Scanner) error {
			var of unit.ID
			var g lateGroup
			to := []any{&of, &g.promised, &g.accepted, &g.marks, &g.waiting, &g.supplements, &g.n}
			if noDue {
				to = append(to, &g.late)
			}
			err := r.Scan(to...)
			if !noDue {
				g.late = g.n
			}
			out[of] = append(out[of], g)
			return err
		}, params...)
	}
	if err := read(countsOverdue, db.Args{"now": now, "today": now.Date()}, false); err != nil {
		return nil, err
	}
	return out, read(countsNoDue, db.Args{"now": now, "begun": now.Date().Start()}, true)
}

// BehindMeasure returns the dossiers that a measure counts, ordered by code.
func (k *Desk) BehindMeasure(ctx context.Context, q db.Queryer, x Question, m Measure) ([]Case, error) {
	test := measures[m]
	if test == nil {
		return nil, nil
	}
	var out []Case
	err := k.cases(ctx, q, x, func(c *Case, s *span) error {
		if test(c, s) {
			out = append(out, *c)
		}
		return nil
	})
	sortCases(out)
	return out, err
}
