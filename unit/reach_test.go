package unit_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/unit"
)

var allReach = db.SQL("unittest.reach", `SELECT ancestor_id, unit_id, from_day, to_day FROM unit_reach`)

type within struct {
	ancestor, unit unit.ID
	day            moment.Date
}

// compareReach asks the versions, unit by unit and day by day, who lies under
// whom, and compares with the table.
func compareReach(t *testing.T, b *unit.Book, d *db.DB) {
	t.Helper()
	table := map[within]int{}
	units := map[unit.ID]bool{}
	days := map[moment.Date]bool{}
	type row struct {
		within
		to moment.Date
	}
	rows := must[[]row](t)(db.All(ctx, d, allReach, func(r db.Scanner) (x row, err error) {
		err = r.Scan(&x.ancestor, &x.unit, &x.day, &x.to)
		return x, err
	}))
	for _, x := range rows {
		units[x.unit] = true
		for _, d := range []moment.Date{x.day - 1, x.day, x.to - 1, x.to} {
			if d > 0 {
				days[d] = true
			}
		}
	}
	for d := range days {
		for _, x := range rows {
			if x.day <= d && (x.to == 0 || d < x.to) {
				table[within{x.ancestor, x.unit, d}]++
			}
		}
	}
	versions := map[unit.ID][]unit.Unit{}
	for id := range units {
		versions[id] = must[[]unit.Unit](t)(b.Versions(ctx, d, id))
	}
	wanted := 0
	for d := range days {
		at := func(id unit.ID) *unit.Unit {
			for _, v := range versions[id] {
				if v.From <= d && (v.To == 0 || d < v.To) {
					return &v
				}
			}
			return nil
		}
		for id := range units {
			for u := at(id); u != nil; u = at(u.Parent) {
				wanted++
				if n := table[within{u.ID, id, d}]; n != 1 {
					t.Errorf("on %s unit_reach has %d rows of %s under %s, want 1", d, n, id, u.ID)
				}
			}
		}
	}
	if len(table) != wanted || wanted == 0 {
		t.Errorf("unit_reach says %d times who lies under whom, the versions %d times", len(table), wanted)
	}
}

func TestReachIsWhatTheVersionsSayAfterRandomHistories(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r, d := registry(t)
			rnd := rand.New(rand.NewPCG(seed, 766))
			var ids []unit.ID
			add := func(id unit.ID, err error) error {
				if err == nil {
					ids = append(ids, id)
				}
				return err
			}
			pick := func() unit.ID { return ids[rnd.IntN(len(ids))] }
			check(t, add(r.Create(ctx, system, unit.New{Code: "root", Name: "Tỉnh", Level: unit.Province}, on(100))))
			today := moment.Date(100)
			done := 0
			for i := range 60 {
				today += moment.Date(rnd.IntN(3)) // several things on one day too
				act := on(today)
				n := unit.New{Code: fmt.Sprint("c", i), Name: fmt.Sprint("Xã ", i), Level: unit.Commune, Parent: pick()}
				var err error
				switch rnd.IntN(8) {
				case 0, 1, 2:
					err = add(r.Create(ctx, system, n, act))
				case 3, 4:
					err = r.ChangeParent(ctx, system, pick(), pick(), act)
				case 5:
					err = add(r.Merge(ctx, system, unit.Merger{From: []unit.ID{pick()}, New: &n}, act))
				case 6:
					_, err = r.Merge(ctx, system, unit.Merger{From: []unit.ID{pick()}, Into: pick()}, act)
				case 7:
					err = r.Dissolve(ctx, system, pick(), pick(), act)
				}
				if err == nil {
					done++
				} else if fault.As(err) == nil {
					t.Fatalf("step %d: %v", i, err) // a refusal is a fault, never the engine's
				}
			}
			if done < 20 {
				t.Errorf("only %d of 60 changes were possible: the history says little", done)
			}
			compareReach(t, r.Book, d)
		})
	}
}
