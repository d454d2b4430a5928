package imports

import (
	"context"

	"cchc/base/db"
)

var (
	scrubFlaws = db.SQL("imports.scrub.flaws", `
		SELECT f.run_id, f.ord, f.cells, f.fault
		FROM import_flaw f
		JOIN import_run r ON r.id = f.run_id
		WHERE r.kind = $1`)
	scrubFlaw = db.SQL("imports.scrub.flaw", `UPDATE import_flaw SET cells = $1, fault = $2 WHERE run_id = $3 AND ord = $4`)
)

// Scrub takes a person out of the failing rows of dossier files that are kept to be
// looked at, by a function that takes them out of a text. The files themselves are
// not changed.
func Scrub(ctx context.Context, tx *db.Tx, scrub func(string) string) error {
	type flaw struct {
		run, cells, fault string
		ord               int64
	}
	var changed []flaw
	err := db.Each(ctx, tx, scrubFlaws, func(r db.Scanner) error {
		var x flaw
		if err := r.Scan(&x.run, &x.ord, &x.cells, &x.fault); err != nil {
			return err
		}
		cells, fault := scrub(x.cells), scrub(x.fault)
		if cells != x.cells || fault != x.fault {
			x.cells, x.fault = cells, fault
			changed = append(changed, x)
		}
		return nil
	}, "dossiers")
	for _, x := range changed {
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, scrubFlaw, x.cells, x.fault, x.run, x.ord)
	}
	return err
}
