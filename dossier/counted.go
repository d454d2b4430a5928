package dossier

import (
	"context"

	"cchc/base/db"
)

// Dossiers that have not changed since the moment asked for need not be looked at
// one by one to be counted. They are grouped by everything that a figure tests,
// and one of each group is read for all of it: what counts is still said by
// standing and columns alone, of a real dossier. A column of the form that tests something
// new needs it in the groups, or dossiers that differ in it fall into one group;
// the test of random histories says so.
var (
	caseGroupedOpen  = db.Lines("dossier.cases.grouped_open", caseGrouped+` AND d.ended_at IS NULL`+caseGroupOpen+caseGroupedEnd)
	caseGroupedEnded = db.Lines("dossier.cases.grouped_ended", caseGrouped+` AND d.ended_day >= :from AND d.ended_day <= :to`+caseGroupEnded+caseGroupedEnd)
)

const (
	caseGrouped = `
		SELECT g.n, ` + caseIdentity + caseState + `
		FROM (
			SELECT MIN(d.id) AS id, COUNT(*) AS n
			FROM dossier d` + casePlainOf + `
			`
	// Of an open dossier the due date is tested against the moment asked for; of one
	// that ended against its end: that is its verdict. What is yes or no is one
	// number: groups are found by sorting, and many columns sort slowly. 25,200,000 ms
	// are the seven hours of Vietnam's clock, 86,400,000 a day. How far the procedure
	// is online is asked only of what was received online in the period.
	caseGroupOpen = `
			GROUP BY d.waiting = '', d.waiting_late, d.by_instant, d.due_at < :as_of, d.due_day < :as_of_day, ` + caseGroup
	caseGroupEnded = `
			GROUP BY d.verdict, d.end_kind, ` + caseGroup
	caseGroup = `CASE WHEN d.accepted_day >= :from THEN 1 ELSE 0 END
				+ CASE WHEN d.channel = 'online' THEN 2 ELSE 0 END
				+ CASE WHEN d.territorial THEN 4 ELSE 0 END
				+ CASE WHEN d.due_at IS NULL THEN 8 ELSE 0 END
				+ CASE WHEN d.apology_at IS NULL THEN 16 ELSE 0 END
				+ CASE WHEN d.ended_day <= (d.due_promised + 25200000) / 86400000 THEN 32 ELSE 0 END
				+ 64 * (d.marks & :marks)
				, d.unit_id, CASE WHEN d.promised_unit_id <> d.unit_id THEN d.promised_unit_id END          --[units]
				, d.sector                                               --[by_sector]
				, d.procedure_code                                       --[by_procedure]
				, COALESCE((SELECT s.account FROM dossier_step s         --[officers]
					WHERE s.dossier_id = d.id AND NOT s.beside AND s.came_at <= :as_of ORDER BY s.ord DESC LIMIT 1), '')   --[officers]
				, CASE WHEN d.channel = 'online' AND d.accepted_day >= :from                                            --[detail]
					THEN (SELECT v.online_level FROM procedure_version v WHERE v.id = d.version_id) END                 --[detail]`
	caseGroupedEnd = `
		) g
		JOIN dossier d ON d.id = g.id`
)

// A group is dossiers that no figure and no line of a breakdown tells apart.
type group struct {
	place    place
	standing standing
	key      string // of the line; see Case.Key
	n        int64  // how many; below zero takes away what was counted before
}

// counted calls fn for all that cases calls it for, in groups. What a wide
// question asks is kept; see keptPeriods.
func (k *Desk) counted(ctx context.Context, q db.Queryer, x Question, by By, fn func(g *group, s *span) error) error {
	done, err := k.fromKept(ctx, q, x, by, fn)
	if done || err != nil {
		return err
	}
	return k.grouping(ctx, q, x, by, []*db.Family{caseGroupedOpen, caseGroupedEnded}, fn)
}

// grouping reads the groups from the dossiers.
func (k *Desk) grouping(ctx context.Context, q db.Queryer, x Question, by By, plain []*db.Family, fn func(g *group, s *span) error) error {
	x.Officers = x.Officers || by == ByOfficer
	args := db.Args{}
	if x.Unit != "" || by == ByUnit {
		args["units"] = true
	}
	if x.Detail {
		args["detail"] = true
	}
	switch by {
	case BySector:
		args["by_sector"] = true
	case ByProcedure:
		args["by_procedure"] = true
	}
	return k.groupedBy(ctx, q, x, plain, args, func(c *Case, s *span) error {
		return fn(&group{place: c.place(), standing: c.standing(s), key: c.Key(by), n: c.n}, s)
	})
}

// groupedBy is casesBy with statements that group: c.n says how many dossiers a
// case stands for, and whatever it says beside what is grouped by holds for one of
// them.
func (k *Desk) groupedBy(ctx context.Context, q db.Queryer, x Question, plain []*db.Family, args db.Args, fn func(c *Case, s *span) error) error {
	args["marks"], args["counted"] = int64(Obliged|PaidOnline), true
	return k.casesBy(ctx, q, x, plain, args, fn)
}
