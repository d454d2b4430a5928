package scorecard

import (
	"bytes"
	"context"
	"strconv"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/scorecard/criteria"
	"cchc/unit"
)

// A MeasureAsk says which measure of a leaf is wanted: of a unit, over the part of the
// period in which it existed, as of an instant.
type MeasureAsk struct {
	Unit unit.ID
	Node *criteria.Node
	From moment.Date
	To   moment.Date
	AsOf moment.Instant
}

var (
	roundMeasured = db.SQL("scorecard.round.measured", `UPDATE round SET measured_at = $1 WHERE id = $2`)
	roundsDue     = db.SQL("scorecard.round.measures_due", `
		SELECT id
		FROM round
		WHERE origin = 'here' AND measured_at IS NULL AND approved_at IS NULL AND cutoff_day < $1
		ORDER BY id`)
)

// TakeMeasures takes what the product itself measures for the leaves of a round's
// sheets, with numerator and denominator, as of the end of the cut-off day, and
// freezes it: what comes later moves nothing. Taken again, it needs a reason, and
// each change of a number is kept. It needs RoundKeep. Faults: Conflict
// rounds.cutoff_ahead.
func (k *Desk) TakeMeasures(ctx context.Context, a actor.Actor, roundID, reason string) (taken int, err error) {
	err = k.keep(ctx, a, auth.TakeMeasures, roundID, func(ctx context.Context, tx *db.Tx, r Round) error {
		if tx.Now <= r.CutOff.End() {
			return fault.New(fault.Conflict, "rounds.cutoff_ahead", "Day", r.CutOff)
		}
		if r.Measured != 0 {
			if reason, err = needReason(reason); err != nil {
				return err
			}
		}
		entries := []audit.Entry(nil)
		if taken, entries, err = k.takeMeasures(ctx, tx, a, r, reason); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, roundMeasured, tx.Now, r.ID); err != nil {
			return err
		}
		return audit.RecordAll(ctx, tx, append(entries, audit.Entry{Actor: a, Verb: string(auth.RoundKeep), Kind: "round", ID: r.ID, Unit: r.Unit, Reason: reason,
			Changes: []audit.Change{{Field: "measures", To: strconv.Itoa(taken)}, {Field: relocked, To: strconv.Itoa(len(entries))}}}))
	})
	return taken, err
}

// TakeDue takes the measures of every round whose cut-off day is over and which has
// none yet: what a job does every night.
func (k *Desk) TakeDue(ctx context.Context) error {
	due, err := db.Column[string](ctx, k.DB, roundsDue, k.DB.Now().Date())
	if err != nil {
		return err
	}
	for _, id := range due {
		if _, err := k.TakeMeasures(ctx, actor.System("measures"), id, ""); err != nil && fault.As(err) == nil {
			return err
		}
	}
	return nil
}

// takeMeasures returns how many measures it took, and an entry for each sheet that was
// handed in before and says something else by them: what was handed in is locked anew.
func (k *Desk) takeMeasures(ctx context.Context, tx *db.Tx, a actor.Actor, r Round, why string) (int, []audit.Entry, error) {
	sheets, err := db.All(ctx, tx, sheetsOf, scanSheet, r.ID)
	if err != nil {
		return 0, nil, err
	}
	all, err := k.ledgersOf(ctx, tx, r, sheets)
	if err != nil {
		return 0, nil, err
	}
	var rows, changes [][]any
	var entries []audit.Entry
	for _, s := range sheets {
		if s.Removed != 0 {
			continue
		}
		l, first := all[s.ID], len(rows)
		var before []byte
		if s.HandedIn != 0 {
			before = l.handedIn()
		}
		for _, n := range Items(l.Set) {
			if k.byHand(n.Leaf.Binding) {
				continue
			}
			in, detail, ok, err := k.measure(ctx, tx, MeasureAsk{Unit: s.Unit, Node: n, From: s.From, To: min(s.To, r.CutOff), AsOf: r.CutOff.End()})
			if err != nil {
				return 0, nil, err
			}
			if !ok {
				continue
			}
			rows = append(rows, []any{s.ID, n.Code, encodeInput(in), detail, tx.Now})
			if old, had := l.Measure(n.Code); had && !same(old.Input, in) {
				c := Change{Sheet: s.ID, Leaf: n.Code, Stage: "measure", From: old.Input, To: in, Why: why}
				changes = append(changes, c.args(a, tx.Now))
			}
			if in, err = decodeInput(encodeInput(in)); err != nil { // as it will be read
				return 0, nil, err
			}
			l.measures[n.Code] = Measured{Leaf: n.Code, Input: in, Detail: detail, Taken: tx.Now}
		}
		if s.HandedIn == 0 {
			continue
		}
		if now := l.handedIn(); !bytes.Equal(now, before) {
			entries = append(entries, audit.Entry{Actor: a, Verb: string(auth.RoundKeep), Kind: "sheet", ID: s.ID, Unit: s.Unit, Reason: why,
				Changes: []audit.Change{{Field: "measures", To: strconv.Itoa(len(rows) - first)}, contentChange(now)}})
		}
	}
	if err := tx.InsertRows(ctx, measureStore, rows); err != nil {
		return 0, nil, err
	}
	return len(rows), entries, tx.InsertRows(ctx, changeInsert, changes)
}

// measure asks the rooms that measure; ok is false for what none gives.
func (k *Desk) measure(ctx context.Context, q db.Queryer, m MeasureAsk) (in criteria.Input, detail string, ok bool, err error) {
	if k.Measure == nil {
		if k.Source == nil {
			return in, "", false, nil
		}
		in, ok, err = k.measureOf(ctx, q, m)
		return in, m.Node.Leaf.Binding.Source, ok, err
	}
	return k.Measure(ctx, q, m)
}
