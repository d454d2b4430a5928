package dossier

import (
	"context"
	"strings"
	"testing"

	"cchc/base/db"
	"cchc/base/db/dbtest"
)

// What people at work look at all day is read along an index made for it, without reading
// the dossiers that are not shown. PostgreSQL chooses
// by its statistics, which an empty database has not.
func TestWhatIsUnderWayIsReadAlongItsIndexes(t *testing.T) {
	t.Parallel()
	d, _ := dbtest.Open(t)
	if d.Engine() != db.SQLite {
		t.Skip("PostgreSQL chooses by statistics")
	}
	ctx := context.Background()
	handle, err := d.Handle()
	if err != nil {
		t.Fatal(err)
	}
	defer handle.Close()
	planOf := func(s *db.Stmt, params ...any) string {
		rows, err := handle.QueryContext(ctx, "EXPLAIN QUERY PLAN "+s.Text(db.SQLite), params...)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		var steps []string
		for rows.Next() {
			var id, parent, rest int
			var step string
			if err := rows.Scan(&id, &parent, &rest, &step); err != nil {
				t.Fatal(err)
			}
			steps = append(steps, step)
		}
		return strings.Join(steps, "; ")
	}
	plan := func(f *db.Family, args db.Args) string {
		args["one"] = "u"
		s, params := f.With(args)
		return planOf(s, params...)
	}
	by := func(key Key, args db.Args) string {
		args["accepted"], args["limit"] = true, 20
		return plan(lists[driveState][listKey{Order{Key: key}, false}], args)
	}
	list := func(args db.Args) string { return by(KeyDue, args) }
	for what, x := range map[string][2]string{
		"what waits for a person":      {list(db.Args{"account": "a"}), "USING INDEX dossier_open_account"},
		"what waits for a role":        {list(db.Args{"role": "r"}), "USING INDEX dossier_open_role"},
		"what waits for an applicant":  {list(db.Args{"waiting": true}), "USING INDEX dossier_open_waiting"},
		"all of a unit":                {list(db.Args{}), "USING INDEX dossier_open_unit"},
		"what came first":              {by(KeyReceived, db.Args{}), "USING INDEX dossier_open_received"},
		"everything under way":         {planOf(openAll), "USING INDEX"},
		"what changed of it":           {planOf(openSince, 1), "USING INDEX dossier_recorded"},
		"whether a unit does anything": {planOf(enteredSinceIn, 1, "u"), "USING INDEX dossier_recorded"},
	} {
		if !strings.Contains(x[0], x[1]) {
			t.Errorf("%s is read by %q, want %q", what, x[0], x[1])
		}
		if strings.Contains(x[0], "TEMP B-TREE FOR ORDER BY") {
			t.Errorf("%s is read by %q: it is sorted", what, x[0])
		}
	}
}
