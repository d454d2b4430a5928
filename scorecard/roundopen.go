package scorecard

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/unit"
)

// A NewRound is what OpenRound asks for.
type NewRound struct {
	Unit    unit.ID // that runs it
	Name    string
	Basis   string
	Set     string
	Groups  []Group // only those with a set of their own
	From    moment.Date
	To      moment.Date
	CutOff  moment.Date // the last day when zero
	Windows []Window
}

var (
	roundInsert = db.Rows("scorecard.round.insert", "round",
		"id, unit_id, name, basis, set_id, level, year, from_day, to_day, cutoff_day, origin, created_at, created_by", "")
	groupInsert  = db.Rows("scorecard.round.groups.insert", "round_group", "round_id, block, set_id", "")
	windowInsert = db.Rows("scorecard.round.stages.insert", "round_stage", "round_id, stage, opens, closes", "")
	sheetInsert  = db.Rows("scorecard.sheet.insert", "sheet", "id, round_id, unit_id, block, set_id, part_from, part_to, note", "")
	sheetUnits   = db.SQL("scorecard.sheet.units", `SELECT unit_id FROM sheet WHERE round_id = $1`)
	roundDelete  = db.SQL("scorecard.round.delete", `DELETE FROM round WHERE id = $1`)
	roundHanded  = db.SQL("scorecard.round.handed", `SELECT COUNT(*) FROM sheet WHERE round_id = $1 AND handed_in_at IS NOT NULL`)
)

// mostText bounds what people write in one field, in bytes.
const mostText = 4000

// tooLong notes texts beyond the bound.
func tooLong(f *fault.Fault, fields ...string) {
	for i := 0; i+1 < len(fields); i += 2 {
		if len(fields[i+1]) > mostText {
			f.With(fields[i], "rounds.too_long", "Most", mostText)
		}
	}
}

// OpenRound begins a round and makes a sheet for every unit of the set's level
// that is under the running unit on the last day of the period; a unit that
// existed for a part of it gets its sheet with that part. It needs RoundKeep in
// the running unit. Faults: Invalid with the fields name, set, from, to, cutoff
// and those of the calendar; rounds.no_units.
func (k *Desk) OpenRound(ctx context.Context, a actor.Actor, n NewRound) (Round, error) {
	var r Round
	err := k.DB.Write(ctx, func(tx *db.Tx) (err error) {
		if err := k.Guard.Check(ctx, tx, a, auth.RoundKeep, n.Unit); err != nil {
			return err
		}
		if r, err = k.plan(ctx, tx, n); err != nil {
			return err
		}
		r.ID, r.Created, r.CreatedBy = db.NewID(), tx.Now, a.Account
		if err := storeRound(ctx, tx, r); err != nil {
			return err
		}
		made, err := k.makeSheets(ctx, tx, r)
		if err != nil {
			return err
		}
		if made == 0 {
			return fault.New(fault.Invalid, "rounds.no_units").With("set", "rounds.no_units")
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.RoundKeep), Kind: "round", ID: r.ID, Unit: r.Unit,
			Changes: append([]audit.Change{{Field: "round", To: r.Name}, {Field: "set", To: r.Set}, {Field: "from", To: r.From.String()}, {Field: "to", To: r.To.String()},
				{Field: "sheets", To: strconv.Itoa(made)}}, windowChanges(nil, r.Windows)...)})
	})
	return r, err
}

// PlanRound returns what OpenRound would make: the round, the units that get a
// sheet, and those that ended within the period. It stores nothing.
func (k *Desk) PlanRound(ctx context.Context, q db.Queryer, a actor.Actor, n NewRound) (Round, []Scored, []Gone, error) {
	if err := k.Guard.Check(ctx, q, a, auth.RoundKeep, n.Unit); err != nil {
		return Round{}, nil, nil, err
	}
	r, err := k.plan(ctx, q, n)
	if err != nil {
		return r, nil, nil, err
	}
	scored, gone, err := k.scope(ctx, q, r)
	return r, scored, gone, err
}

// plan checks a new round and fills it.
func (k *Desk) plan(ctx context.Context, q db.Queryer, n NewRound) (Round, error) {
	r := Round{Unit: n.Unit, Name: strings.TrimSpace(n.Name), Basis: strings.TrimSpace(n.Basis), Set: n.Set, From: n.From, To: n.To, CutOff: n.CutOff,
		Origin: OriginHere, Groups: slices.Clone(n.Groups), Windows: n.Windows}
	f := fault.New(fault.Invalid, "rounds.invalid")
	if r.Name == "" {
		f.With("name", "rounds.name_missing")
	}
	tooLong(f, "name", r.Name, "basis", r.Basis)
	switch {
	case r.From == 0:
		f.With("from", "rounds.day_missing")
	case r.To == 0:
		f.With("to", "rounds.day_missing")
	case r.To < r.From:
		f.With("to", "rounds.period_backwards")
	case r.To >= r.From.AddMonths(24):
		f.With("to", "rounds.period_long")
	}
	if r.CutOff == 0 {
		r.CutOff = r.To
	}
	if r.CutOff < r.From {
		f.With("cutoff", "rounds.cutoff_before")
	}
	r.Year = r.To.Time().Year()
	if _, ok, err := k.Units.Last(ctx, q, n.Unit); err != nil {
		return r, err
	} else if !ok {
		f.With("unit", "unit.unknown")
	}
	v, _, err := k.issuedSet(ctx, q, n.Set)
	if x := fault.As(err); x != nil {
		f.With("set", x.Key)
	} else if err != nil {
		return r, err
	}
	r.Level = UnitLevel(v.Level)
	for i, g := range r.Groups {
		own, _, err := k.issuedSet(ctx, q, g.Set)
		switch x := fault.As(err); {
		case x != nil:
			f.With("group."+g.Block, x.Key)
		case err != nil:
			return r, err
		case UnitLevel(own.Level) != r.Level:
			f.With("group."+g.Block, "rounds.group_level")
		case slices.ContainsFunc(r.Groups[:i], func(x Group) bool { return x.Block == g.Block }):
			f.With("group."+g.Block, "rounds.group_twice")
		}
	}
	checkWindows(f, r.Windows)
	return r, f.Or()
}

func storeRound(ctx context.Context, tx *db.Tx, r Round) error {
	if err := tx.InsertRows(ctx, roundInsert, [][]any{{r.ID, string(r.Unit), r.Name, r.Basis, r.Set, r.Level, r.Year, r.From, r.To, r.CutOff, r.Origin, r.Created, r.CreatedBy}}); err != nil {
		return fmt.Errorf("store round %s: %w", r.Name, err)
	}
	var rows [][]any
	for _, g := range r.Groups {
		rows = append(rows, []any{r.ID, g.Block, g.Set})
	}
	if err := tx.InsertRows(ctx, groupInsert, rows); err != nil {
		return err
	}
	return storeWindows(ctx, tx, r)
}

func storeWindows(ctx context.Context, tx *db.Tx, r Round) error {
	var rows [][]any
	for _, w := range r.Windows {
		if w.Closes != 0 {
			rows = append(rows, []any{r.ID, string(w.Stage), w.Opens, w.Closes})
		}
	}
	return tx.InsertRows(ctx, windowInsert, rows)
}

// makeSheets makes the sheets that a round lacks and returns how many.
func (k *Desk) makeSheets(ctx context.Context, tx *db.Tx, r Round) (int, error) {
	scored, _, err := k.scope(ctx, tx, r)
	if err != nil {
		return 0, err
	}
	there, err := db.Column[unit.ID](ctx, tx, sheetUnits, r.ID)
	if err != nil {
		return 0, err
	}
	var rows [][]any
	for _, s := range scored {
		if !slices.Contains(there, s.Unit.ID) {
			rows = append(rows, []any{db.NewID(), r.ID, string(s.Unit.ID), s.Block, r.setFor(s.Block), s.From, s.To, ""})
		}
	}
	return len(rows), tx.InsertRows(ctx, sheetInsert, rows)
}

// RefreshSheets makes sheets for units that came under the running unit since the
// round began, and returns how many. It needs RoundKeep. Fault: Conflict after
// approval.
func (k *Desk) RefreshSheets(ctx context.Context, a actor.Actor, roundID string) (made int, err error) {
	err = k.keep(ctx, a, auth.RefreshSheets, roundID, func(ctx context.Context, tx *db.Tx, r Round) error {
		if made, err = k.makeSheets(ctx, tx, r); err != nil || made == 0 {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.RoundKeep), Kind: "round", ID: r.ID, Unit: r.Unit,
			Changes: []audit.Change{{Field: "sheets", To: strconv.Itoa(made)}}})
	})
	return made, err
}

// DeleteRound deletes a round in which no sheet was handed in, with its sheets and
// drafts. Evidence stays, and so do the changes of scores. It needs RoundKeep and
// a reason. Fault: Conflict rounds.begun.
func (k *Desk) DeleteRound(ctx context.Context, a actor.Actor, roundID, reason string) error {
	return k.keep(ctx, a, auth.DeleteRound, roundID, func(ctx context.Context, tx *db.Tx, r Round) error {
		reason, err := needReason(reason)
		if err != nil {
			return err
		}
		if n, err := db.Value[int](ctx, tx, roundHanded, r.ID); err != nil {
			return err
		} else if n > 0 {
			return fault.New(fault.Conflict, "rounds.begun", "Count", n)
		}
		if _, err := tx.Exec(ctx, roundDelete, r.ID); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.RoundKeep), Kind: "round", ID: r.ID, Unit: r.Unit,
			Changes: []audit.Change{{Field: "round", From: r.Name}}, Reason: reason})
	})
}

// keep runs an act of who keeps the round, before its approval, in one write.
func (k *Desk) keep(ctx context.Context, a actor.Actor, x auth.Act, roundID string, do func(ctx context.Context, tx *db.Tx, r Round) error) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		r, err := getRound(ctx, tx, roundID)
		if err != nil {
			return err
		}
		approved := fault.New(fault.Conflict, "rounds.approved_already")
		if err := k.Guard.Do(ctx, tx, a, x, r.Unit, r.stands(tx.Now), approved); err != nil {
			return err
		}
		return do(ctx, tx, r)
	})
}

// needReason trims a reason and refuses an empty one.
func needReason(reason string) (string, error) {
	reason = strings.TrimSpace(reason)
	f := fault.New(fault.Invalid, "rounds.invalid")
	if reason == "" {
		f.With("reason", "rounds.reason_missing")
	}
	tooLong(f, "reason", reason)
	return reason, f.Or()
}
