package dossier

import (
	"context"
	"fmt"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/evaluation"
	"cchc/unit"
)

// An EvaluationEntry is what a person entered for an index that facts cannot
// tell, for one unit and one period.
type EvaluationEntry struct {
	Set, Index string
	Unit       unit.ID
	From, To   moment.Date
	evaluation.Entered
	Source string // who says so

	// Set by the room.
	Account string
	At      moment.Instant
}

var (
	evaluationStore = db.SQL("dossier.evaluation.store", `
		INSERT INTO evaluation_entry (unit_id, set_id, code, from_day, to_day, choice, numerator, denominator, source, account, entered_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (unit_id, set_id, code, from_day, to_day) DO UPDATE SET
			choice = excluded.choice, numerator = excluded.numerator, denominator = excluded.denominator,
			source = excluded.source, account = excluded.account, entered_at = excluded.entered_at`)
	evaluationEntries = db.SQL("dossier.evaluation.entries", `
		SELECT unit_id, set_id, code, from_day, to_day, choice, numerator, denominator, source, account, entered_at
		FROM evaluation_entry
		WHERE set_id = $1 AND from_day = $2 AND to_day = $3`)
)

// mostFeedback bounds a number that a person enters.
const mostFeedback = 1_000_000_000

// EnterEvaluation stores what a person says of an index that facts cannot tell
// (publicity, feedback) with its source; what was entered before stands in the
// audit trail. Errors: fault.Invalid with fields, fault.Forbidden.
func (k *Desk) EnterEvaluation(ctx context.Context, a actor.Actor, set *evaluation.Set, e EvaluationEntry) error {
	e.Source = strings.TrimSpace(e.Source)
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		if err := k.Guard.Check(ctx, tx, a, auth.ReportEnter, e.Unit); err != nil {
			return err
		}
		f := fault.New(fault.Invalid, "form.invalid")
		if _, was, err := k.Units.Last(ctx, tx, e.Unit); err != nil {
			return err
		} else if !was { // who may enter for all may name one that never was
			return f.With("unit", "reports.evaluation.unit_unknown")
		}
		x := set.By(e.Index)
		if x == nil || x.Per != evaluation.PerEntered {
			return f.With("index", "reports.evaluation.index_unknown")
		}
		switch _, known := x.Choices[e.Choice]; {
		case len(x.Choices) > 0 && !known:
			f.With("choice", "reports.evaluation.choice_missing")
		case len(x.Choices) == 0 && (e.Ratio.Den < 0 || e.Ratio.Den > mostFeedback):
			f.With("denominator", "reports.evaluation.number_wrong")
		case len(x.Choices) == 0 && (e.Ratio.Num < 0 || e.Ratio.Num > e.Ratio.Den):
			f.With("numerator", "reports.evaluation.more_than_all")
		}
		if e.Source == "" {
			f.With("source", "reports.evaluation.source_missing")
		}
		if e.From == 0 || e.To < e.From {
			f.With("period", "dossierlist.report.period_wrong")
		}
		if err := f.Or(); err != nil {
			return err
		}
		old, err := k.EvaluationEntries(ctx, tx, set, e.From, e.To)
		if err != nil {
			return err
		}
		before := old[e.Unit][e.Index]
		if before.Entered == e.Entered && before.Source == e.Source {
			return nil
		}
		if len(x.Choices) > 0 {
			e.Ratio = points.Ratio{}
		} else {
			e.Choice = ""
		}
		if _, err := tx.Exec(ctx, evaluationStore, string(e.Unit), set.ID, e.Index, e.From, e.To, e.Choice, e.Ratio.Num, e.Ratio.Den,
			e.Source, a.Account, tx.Now); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.ReportEnter), Kind: "evaluation", ID: string(e.Unit) + ":" + e.Index,
			Unit: e.Unit, Reason: e.Source, Changes: []audit.Change{
				{Field: "period", To: PeriodName(e.From, e.To)}, {Field: e.Index, From: before.words(), To: e.words()},
			}})
	})
}

func (e EvaluationEntry) words() string {
	switch {
	case e.Account == "" && e.Source == "":
		return ""
	case e.Choice != "":
		return e.Choice
	}
	return fmt.Sprintf("%d/%d", e.Ratio.Num, e.Ratio.Den)
}

// EvaluationEntries returns what was entered for a period, by unit and index.
func (k *Desk) EvaluationEntries(ctx context.Context, q db.Queryer, set *evaluation.Set, from, to moment.Date) (map[unit.ID]map[string]EvaluationEntry, error) {
	out := map[unit.ID]map[string]EvaluationEntry{}
	err := db.Each(ctx, q, evaluationEntries, func(r db.Scanner) error {
		var e EvaluationEntry
		if err := r.Scan(&e.Unit, &e.Set, &e.Index, &e.From, &e.To, &e.Choice, &e.Ratio.Num, &e.Ratio.Den, &e.Source, &e.Account, &e.At); err != nil {
			return err
		}
		if out[e.Unit] == nil {
			out[e.Unit] = map[string]EvaluationEntry{}
		}
		out[e.Unit][e.Index] = e
		return nil
	}, set.ID, from, to)
	return out, err
}
