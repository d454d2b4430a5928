// Package reported keeps figures that somebody else reported (số liệu báo cáo):
// form II.06a as a unit or another system filled it in, with its source, beside
// what this system counts itself. They are compared and never mixed.
package reported

import (
	"context"
	"fmt"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
)

// Figures are the columns 3 to 13 of form II.06a, in their order: received in
// all, online, direct and by post, carried over, resolved in all, early, on time,
// late, in progress in all, in time, overdue.
type Figures [11]int64

// Column returns the figure of a column of the form, 3 to 13.
func (f Figures) Column(n int) int64 { return f[n-3] }

// A rule is a sum that the form prints under its columns' heads.
type rule struct {
	column int
	of     []int
}

// Source: form II.06a, TT 01/2020/TT-VPCP as amended: (3)=(4)+(5)+(6),
// (7)=(8)+(9)+(10), (11)=(12)+(13), and (3)=(7)+(11).
var rules = []rule{{3, []int{4, 5, 6}}, {7, []int{8, 9, 10}}, {11, []int{12, 13}}, {3, []int{7, 11}}}

// A Line is one line of a report: a sector, a unit below, or "" for the total.
type Line struct {
	Label string
	Figures
}

// A Report is one form II.06a of a unit for a period, as a source gave it.
type Report struct {
	Unit     actor.UnitID
	From, To moment.Date
	Source   string
	Lines    []Line
	Recorded moment.Instant
	Person   string
	Count    int // lines; of List, which leaves the lines out
}

// Book holds the verbs. All fields are needed.
type Book struct {
	DB    *db.DB
	Guard *auth.Guard
	// Ours returns what this system counts for a unit and period, by sector and by
	// unit below, with "" for the total; labels are names.
	Ours func(ctx context.Context, q db.Queryer, a actor.Actor, u actor.UnitID, from, to moment.Date) ([]Line, error)
}

const reportColumns = "unit_id, from_day, to_day, source"

var (
	lineInsert = db.Rows("reported.line.insert", "reported_line", `unit_id, from_day, to_day, source, ord, label,
		c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13`, "")
	linesDrop = db.SQL("reported.line.drop", `
		DELETE FROM reported_line
		WHERE unit_id = $1 AND from_day = $2 AND to_day = $3 AND source = $4`)
	linesOf = db.SQL("reported.line.of", `
		SELECT label, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13
		FROM reported_line
		WHERE unit_id = $1 AND from_day = $2 AND to_day = $3 AND source = $4
		ORDER BY ord`)
	reportSet = db.Rows("reported.report.set", "reported_report", "unit_id, from_day, to_day, source, lines, person, recorded_at", `
		ON CONFLICT (unit_id, from_day, to_day, source) DO UPDATE SET
			lines = excluded.lines, person = excluded.person, recorded_at = excluded.recorded_at`)
	reportGet = db.SQL("reported.report.get", `
		SELECT `+reportColumns+`, lines, person, recorded_at
		FROM reported_report
		WHERE unit_id = $1 AND from_day = $2 AND to_day = $3 AND source = $4`)
	reportAll = db.SQL("reported.report.all", `
		SELECT `+reportColumns+`, lines, person, recorded_at
		FROM reported_report
		ORDER BY to_day DESC, from_day DESC, unit_id, source`)
)

// put stores a report, in place of an earlier one of the same unit, period and
// source.
func (k *Book) put(ctx context.Context, tx *db.Tx, a actor.Actor, r Report) error {
	if _, err := tx.Exec(ctx, linesDrop, string(r.Unit), r.From, r.To, r.Source); err != nil {
		return err
	}
	if err := tx.InsertRows(ctx, reportSet, [][]any{{string(r.Unit), r.From, r.To, r.Source, len(r.Lines), a.Name, tx.Now}}); err != nil {
		return err
	}
	var rows [][]any
	for i, l := range r.Lines {
		row := []any{string(r.Unit), r.From, r.To, r.Source, i + 1, l.Label}
		for _, n := range l.Figures {
			row = append(row, n)
		}
		rows = append(rows, row)
	}
	return tx.InsertRows(ctx, lineInsert, rows)
}

func scanReport(s db.Scanner) (r Report, err error) {
	err = s.Scan(&r.Unit, &r.From, &r.To, &r.Source, &r.Count, &r.Person, &r.Recorded)
	return r, err
}

// List returns the reports of units that the actor may read reports of, the
// latest period first, without their lines.
func (k *Book) List(ctx context.Context, a actor.Actor) ([]Report, error) {
	if err := k.Guard.CheckAnywhere(a, auth.ReportRead); err != nil {
		return nil, err
	}
	all, err := db.All(ctx, k.DB, reportAll, scanReport)
	if err != nil {
		return nil, err
	}
	may := map[actor.UnitID]bool{}
	var out []Report
	for _, r := range all {
		ok, asked := may[r.Unit]
		if !asked {
			if ok, err = k.Guard.May(ctx, k.DB, a, auth.ReportRead, r.Unit); err != nil {
				return nil, err
			}
			may[r.Unit] = ok
		}
		if ok {
			out = append(out, r)
		}
	}
	return out, nil
}

// A Pair is a line as it was reported and as this system counts it.
type Pair struct {
	Label     string
	Theirs    Figures
	Ours      Figures
	Known     bool // this system has such a line
	Different int  // how many of the columns
}

// Compare returns a report with its lines beside ours. Faults: NotFound.
func (k *Book) Compare(ctx context.Context, a actor.Actor, of Report) (Report, []Pair, error) {
	if err := k.Guard.Check(ctx, k.DB, a, auth.ReportRead, of.Unit); err != nil {
		return Report{}, nil, err
	}
	var r Report
	var ours []Line
	err := k.DB.Snapshot(ctx, func(s *db.Snapshot) (err error) {
		key := []any{string(of.Unit), of.From, of.To, of.Source}
		if r, err = db.One(ctx, s, reportGet, scanReport, key...); err != nil {
			return fault.New(fault.NotFound, "reported.unknown").Because(err)
		}
		if r.Lines, err = db.All(ctx, s, linesOf, func(x db.Scanner) (l Line, err error) {
			to := []any{&l.Label}
			for i := range l.Figures {
				to = append(to, &l.Figures[i])
			}
			return l, x.Scan(to...)
		}, key...); err != nil {
			return fmt.Errorf("read the lines of a report: %w", err)
		}
		ours, err = k.Ours(ctx, s, a, of.Unit, of.From, of.To)
		return err
	})
	if err != nil {
		return Report{}, nil, err
	}
	known := map[string]Figures{}
	for _, l := range ours {
		known[i18n.Fold(l.Label)] = l.Figures
	}
	var pairs []Pair
	for _, l := range r.Lines {
		p := Pair{Label: l.Label, Theirs: l.Figures}
		if p.Ours, p.Known = known[i18n.Fold(l.Label)]; p.Known {
			for i := range p.Ours {
				if p.Ours[i] != p.Theirs[i] {
					p.Different++
				}
			}
		}
		pairs = append(pairs, p)
	}
	return r, pairs, nil
}
