package dossier

import (
	"context"
	"slices"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
)

// importColumn names the column that tells a kind of fact; kinds that are not here
// a file says nothing about.
var importColumn = map[FactKind]string{FRegistered: "received", FAccepted: "due", FNotAccepted: "finished", FMaximum: "due",
	FAsked: "paused_from", FSupplied: "paused_to", FObliged: "paused_from", FDischarged: "paused_to",
	FFinished: "finished", FRefused: "outcome", FWithdrawn: "outcome", FStopped: "outcome", FReturned: "returned"}

// tellMore adds the facts of a row that a stored dossier does not have yet. A
// fact that is stored and missing or different in the row is a contradiction:
// that is for a person to correct.
func (r *importRun) tellMore(ctx context.Context, d *Dossier, rec *record) (changed bool, bad *fault.Fault, err error) {
	for column, other := range map[string]bool{"channel": d.Channel != rec.h.Channel, "procedure": d.ProcedureCode != rec.h.ProcedureCode} {
		if other {
			return false, rec.row.Wrong(column, "dossier.import_contradicts", "Code", d.Code), nil
		}
	}
	do := func(_ context.Context, w *work) error {
		if bad, err = rec.more(w); bad != nil || err != nil {
			w.added = nil
			w.d.State = w.fold()
			return err
		}
		changed = len(w.added) > 0
		return nil
	}
	if r.tx != nil {
		err = r.k.actTx(ctx, r.tx, r.a, auth.ImportFacts, d, do)
		return changed, bad, err
	}
	if err := r.check(ctx, d.State.Unit); err != nil {
		return false, nil, err
	}
	have, err := db.All(ctx, r.q, factsOf, scanFact, d.ID)
	if err != nil {
		return false, nil, err
	}
	err = do(ctx, &work{desk: r.k, tx: &db.Tx{Now: r.now}, actor: r.a, d: d, facts: have})
	return changed, bad, err
}

// more adds to w what the row tells beyond what is stored.
func (x *record) more(w *work) (bad *fault.Fault, err error) {
	contradicts := func(column string) *fault.Fault {
		return x.row.Wrong(column, "dossier.import_contradicts", "Code", w.d.Code)
	}
	facts := slices.Clone(x.h.Facts)
	if stitched, f := x.stitch(w, facts); f != nil {
		return f, nil
	} else if stitched != nil {
		facts = stitched
	}
	// What a file does not repeat is not compared.
	aside := slices.DeleteFunc(slices.Clone(facts), func(f Fact) bool { return importColumn[f.Kind] != "" })
	facts = slices.DeleteFunc(facts, func(f Fact) bool { return importColumn[f.Kind] == "" })
	void := voided(w.facts)
	begun, next := false, 0
	for _, f := range w.facts {
		begun = begun || f.Kind == FStep && !void[f.Seq]
		if importColumn[f.Kind] == "" || void[f.Seq] {
			continue
		}
		if next == len(facts) {
			return contradicts(importColumn[f.Kind]), nil
		}
		if column := differs(facts[next], f); column != "" {
			return contradicts(column), nil
		}
		next++
	}
	asked := w.d.Withdrawal
	add := facts[next:]
	for _, f := range aside {
		if f.Kind == FStep && !begun && w.d.Ended == 0 || f.Kind == FWithdrawal && asked == 0 {
			add = append(add, f)
		}
	}
	for _, f := range add {
		if err := w.happened(f); err != nil {
			if f := fault.As(err); f != nil {
				return x.row.Wrong("received", f.Key, f.Args...), nil
			}
			return nil, err
		}
	}
	if asked != 0 && (x.status == Accepted || x.status == InProgress) && w.d.Ended == 0 {
		return nil, w.happened(Fact{Kind: FKept, At: max(x.statusAt, asked)})
	}
	return nil, nil
}

// stitch fills in the end of a wait of which the file no longer tells: an export
// knows only the status of today, and an earlier one said that papers were
// waited for.
func (x *record) stitch(w *work, facts []Fact) ([]Fact, *fault.Fault) {
	if x.status == 0 || x.from != 0 || w.d.Waiting == "" || w.d.Ended != 0 {
		return nil, nil
	}
	asked, met := FAsked, FSupplied
	if w.d.Waiting == ForObligation {
		asked, met = FObliged, FDischarged
	}
	at := slices.IndexFunc(w.facts, func(f Fact) bool { return f.Kind == asked && f.At == w.d.WaitingSince })
	if at < 0 {
		return nil, nil
	}
	end := x.statusAt
	if x.finished != 0 {
		end = x.finished
	}
	if end == 0 {
		return nil, x.row.Wrong("status_at", "dossier.import_status_time", "Status", int(x.status))
	}
	i := slices.IndexFunc(facts, func(f Fact) bool { return f.Kind != FRegistered && f.Kind != FAccepted && f.Kind != FMaximum })
	if i < 0 {
		i = len(facts)
	}
	return slices.Insert(facts, i, w.facts[at], Fact{Kind: met, At: max(end, w.d.WaitingSince)}), nil
}

// differs returns the column in which a row contradicts a stored fact, or "".
func differs(row, stored Fact) string {
	ends := map[FactKind]bool{FFinished: true, FRefused: true, FWithdrawn: true, FStopped: true}
	switch {
	case row.Kind != stored.Kind && ends[row.Kind] && ends[stored.Kind]:
		return "outcome"
	case row.Kind != stored.Kind || row.At != stored.At:
		return importColumn[stored.Kind]
	case row.Unit != "" && row.Unit != stored.Unit:
		return "unit"
	case row.Due != stored.Due && stored.Kind == FSupplied:
		return "due_after_supplement"
	case row.Due != stored.Due && !ends[stored.Kind]:
		return "due"
	}
	return ""
}
