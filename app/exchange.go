package app

import (
	"context"
	"path/filepath"

	"cchc/base/db"
	"cchc/dossier"
	"cchc/exchange"
)

// changed notes whom to tell of a dossier that changed.
func (r *rooms) changed(ctx context.Context, tx *db.Tx, d dossier.Dossier, before dossier.Status, facts []dossier.Fact) error {
	c := exchange.Change{Dossier: d.ID, System: d.System, Code: d.Code, Unit: d.UnitID(), Procedure: d.ProcedureCode, Channel: string(d.Channel),
		Before: int(before), Status: int(d.Status()), Accepted: d.AcceptedAt, Due: d.Due, Ended: d.Ended, Outcome: d.End, Now: tx.Now, Facts: []string{}}
	for _, f := range facts {
		c.Facts = append(c.Facts, string(f.Kind))
		c.Sequence, c.At = max(c.Sequence, f.Seq), max(c.At, f.At)
	}
	return r.exchange.Note(ctx, tx, c)
}

// beside is a folder beside the database file, or in the working folder for a
// database elsewhere.
func (r *rooms) beside(name string) string {
	if r.db.Engine() == db.Postgres {
		return name
	}
	return filepath.Join(filepath.Dir(r.db.Name()), name)
}
