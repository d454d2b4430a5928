package serviceindex

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"cchc/base/db"
	"cchc/base/job"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/unit"
)

var (
	closedGet = db.SQL("serviceindex.closed.get", `
		SELECT set_id, closed_at
		FROM index_closed
		WHERE kind = $1 AND to_day = $2`)
	closedUnits = db.SQL("serviceindex.closed.units", `
		SELECT unit_id, dossiers, numbers
		FROM index_closed_unit
		WHERE kind = $1 AND to_day = $2`)
	closedInsert = db.SQL("serviceindex.closed.insert", `
		INSERT INTO index_closed (kind, from_day, to_day, set_id, closed_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (kind, to_day) DO NOTHING`)
	closedInsertUnits = db.Rows("serviceindex.closed.insert_units", "index_closed_unit", "kind, to_day, unit_id, dossiers, numbers", "")
)

// CloseDue keeps the figures of every period that has ended and was not kept yet:
// the last twelve months, and the quarters, the year and the years to date that
// end in them, each when CloseDays are over. A period without any dossier is left
// open: its figures may be still to be imported. It returns how many were closed.
// What is kept never changes; later knowledge shows beside it as a restatement.
//
// It is for a sweep of the app's, after midnight and at start, and takes no
// actor: nobody decides anything.
func (x *Index) CloseDue(ctx context.Context) (int, error) {
	today := x.DB.Now().Date()
	wait, err := x.Settings.Int(ctx, x.DB, CloseDays, "")
	if err != nil {
		return 0, err
	}
	n := 0
	for back := 1; back <= 12; back++ {
		last := today.FirstOfMonth().AddMonths(1 - back).AddDays(-1)
		for _, k := range Kinds {
			p := PeriodOn(k, last)
			if p.To != last || today.AddDays(-int(wait)) <= last {
				continue // the quarter or year ends later, or is still waited for
			}
			done, err := x.close(ctx, p)
			if err != nil {
				return n, fmt.Errorf("close %s: %w", p, err)
			}
			if done {
				n++
			}
			if err := job.Rest(ctx); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

func (x *Index) close(ctx context.Context, p Period) (bool, error) {
	// Counting a long period takes its time: outside the write, as of one moment.
	var l *ledger
	err := x.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		known, err := db.Column[string](ctx, q, closedSet, string(p.Kind), p.To)
		if err != nil || len(known) > 0 {
			return err
		}
		set, ok := x.Sets.On(p.To)
		if !ok {
			return nil
		}
		l, err = x.open(ctx, q, set, p)
		return err
	})
	if err != nil || l == nil {
		return false, err
	}
	dossiers := int64(0)
	var rows [][]any
	for _, u := range slices.Sorted(maps.Keys(l.own)) {
		t := l.own[u]
		if len(t.Values) == 0 {
			continue
		}
		dossiers += t.Dossiers
		numbers := make(map[string][2]int64, len(t.Values))
		for code, v := range t.Values {
			numbers[code] = [2]int64{v.Num, v.Den}
		}
		text, err := json.Marshal(numbers)
		if err != nil {
			return false, err
		}
		rows = append(rows, []any{string(p.Kind), p.To, string(u), t.Dossiers, string(text)})
	}
	if dossiers == 0 {
		return false, nil
	}
	done := false
	err = x.DB.Write(ctx, func(tx *db.Tx) error {
		k, err := tx.Exec(ctx, closedInsert, string(p.Kind), p.From, p.To, l.set.ID, tx.Now)
		if done = k > 0; err != nil || !done {
			return err // somebody was faster: the first stays
		}
		return tx.InsertRows(ctx, closedInsertUnits, rows)
	})
	return done, err
}

var closedSet = db.SQL("serviceindex.closed.set", `SELECT set_id FROM index_closed WHERE kind = $1 AND to_day = $2`)

// closed returns the ledger of a period as it was kept; nil when it was not.
func (x *Index) closed(ctx context.Context, q db.Queryer, p Period) (*ledger, error) {
	var id string
	var at moment.Instant
	err := db.Each(ctx, q, closedGet, func(r db.Scanner) error { return r.Scan(&id, &at) }, string(p.Kind), p.To)
	if err != nil || id == "" {
		return nil, err
	}
	i := slices.IndexFunc(x.Sets, func(s *Set) bool { return s.ID == id })
	if i < 0 {
		return nil, fmt.Errorf("%s was closed under formulas %s, which are gone", p, id)
	}
	return x.closedAt(q, p, at, func() (*ledger, error) {
		l := &ledger{index: x, set: x.Sets[i], period: p, own: map[unit.ID]Tally{}, closed: at}
		err := db.Each(ctx, q, closedUnits, func(r db.Scanner) error {
			var u unit.ID
			var t Tally
			var text string
			if err := r.Scan(&u, &t.Dossiers, &text); err != nil {
				return err
			}
			var numbers map[string][2]int64
			if err := json.Unmarshal([]byte(text), &numbers); err != nil {
				return fmt.Errorf("closed numbers of %s: %w", u, err)
			}
			t.Values = make(map[string]points.Ratio, len(numbers))
			for code, v := range numbers {
				t.Values[code] = points.Ratio{Num: v[0], Den: v[1]}
			}
			l.own[u] = t
			return nil
		}, string(p.Kind), p.To)
		return l, err
	})
}

// reported returns the total of a unit that was kept for a period, or nil.
func (x *Index) reported(ctx context.Context, q db.Queryer, p Period, u unit.ID) (*Reported, error) {
	l, err := x.closed(ctx, q, p)
	if err != nil || l == nil {
		return nil, err
	}
	sums, err := l.reach(ctx, q, reachOf, u)
	if err != nil {
		return nil, err
	}
	return &Reported{At: l.closed, Set: l.set.ID, Points: l.set.Score(sums[u]).Points}, nil
}
