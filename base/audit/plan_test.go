package audit_test

import (
	"strings"
	"testing"

	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/db/dbtest"
)

// A page of the trail of a unit is read backwards from its newest end along the index of
// time, on both engines, and not sorted out of the whole.
func TestAPageOfTheTrailIsReadAlongAnIndex(t *testing.T) {
	t.Parallel()
	d, _ := dbtest.Open(t)
	h, err := d.Handle()
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	ask := "EXPLAIN QUERY PLAN "
	if d.Engine() == db.Postgres {
		ask = "EXPLAIN "
		for _, s := range []string{ // a trail worth an index, and what the engine knows of it
			`INSERT INTO unit (id, recorded_at) SELECT 'u' || i, 1 FROM generate_series(0, 99) i`,
			`INSERT INTO unit_reach (ancestor_id, unit_id, from_day) SELECT 'u' || i, 'u' || i, 1 FROM generate_series(0, 99) i`,
			`INSERT INTO unit_reach (ancestor_id, unit_id, from_day) VALUES ('u0', 'u1', 1)`,
			`INSERT INTO audit_entry (id, at, account, verb, kind, object_id, unit_id, changes, reason, on_behalf)
				SELECT 'e' || i, i, 'a', 'v', 'k', 'o', 'u' || i % 100, '[]', '', '' FROM generate_series(1, 20000) i`,
			`ANALYZE audit_entry`, `ANALYZE unit_reach`,
		} {
			if _, err := h.Exec(s); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, of := range []string{"u0", "u5"} { // one with another below it, and one alone
		s, params := audit.LatestFor(db.Args{"within": of, "limit": 51})
		rows, err := h.Query(ask+s.Text(d.Engine()), params...)
		if err != nil {
			t.Fatal(err)
		}
		var plan []string
		for rows.Next() {
			var id, parent, rest int
			var step string
			to := []any{&id, &parent, &rest, &step}
			if d.Engine() == db.Postgres {
				to = to[3:]
			}
			if err := rows.Scan(to...); err != nil {
				t.Fatal(err)
			}
			plan = append(plan, step)
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
		text := strings.Join(plan, "\n")
		if !strings.Contains(text, "audit_entry_at") || strings.Contains(text, "Seq Scan on audit_entry") || strings.Contains(text, "Sort ") || strings.Contains(text, "TEMP B-TREE") {
			t.Errorf("the trail of %s is read by\n%s\nwant the index of time and no sorting", of, text)
		}
	}
}
