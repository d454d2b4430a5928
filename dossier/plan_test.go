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
	plan := func(f *db.Family, args db.Args) string {
		args["one"] = "u"
		s, params := f.With(args)
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
	list := func(args db.Args) string {
		args["accepted"], args["limit"] = true, 20
		return plan(lists[driveState][listKey{Order{Key: KeyDue}, false}], args)
	}
	for what, x := range map[string][2]string{
		"what waits for a person":     {list(db.Args{"account": "a"}), "USING INDEX dossier_open_account"},
		"what waits for a role":       {list(db.Args{"role": "r"}), "USING INDEX dossier_open_role"},
		"what waits for an applicant": {list(db.Args{"waiting": true}), "USING INDEX dossier_open_waiting"},
		"all of a unit":               {list(db.Args{}), "USING INDEX dossier_open_unit"},
	} {
		if !strings.Contains(x[0], x[1]) {
			t.Errorf("%s is read by %q, want %q", what, x[0], x[1])
		}
	}
}
