package scorecard

import (
	"context"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/scorecard/criteria"
)

// An Entry is what a unit enters for a leaf of its sheet. It is a draft until the
// sheet is handed in: an input that cannot be scored yet is kept as it was typed.
type Entry struct {
	Leaf    string
	Input   criteria.Input
	Typed   string // the form as it was typed; may be empty
	Note    string // explanation (giải trình, thuyết minh)
	Version int    // of the score that the person saw; 0 when there was none
}

// Enter stores a unit's self-score of one leaf, bonus or penalty item (tự chấm). It
// needs ScoreEnter and a post in the unit. Two people may work on one sheet: what
// somebody did not see is never written over. Faults: Forbidden; Conflict
// rounds.stage_closed, rounds.handed_in, and rounds.leaf_changed when the leaf is
// no longer at the version of the entry; Invalid with the fields leaf, input, note.
func (k *Desk) Enter(ctx context.Context, a actor.Actor, sheetID string, e Entry) (Score, error) {
	var out Score
	err := k.DB.Write(ctx, func(tx *db.Tx) error {
		s, r, err := k.ownSheet(ctx, tx, a, sheetID)
		if err != nil {
			return err
		}
		if !auth.EnterScore.In(s.Stands(r, tx.Now)) {
			if r.Open(StageSelf, s.ID, tx.Now) {
				return fault.New(fault.Conflict, "rounds.handed_in")
			}
			return stageClosed(StageSelf)
		}
		l, err := k.ledger(ctx, tx, s)
		if err != nil {
			return err
		}
		e.Note = strings.TrimSpace(e.Note)
		n := l.Set.Node(e.Leaf)
		if n == nil || n.Leaf == nil {
			return fault.New(fault.NotFound, "rounds.leaf_unknown", "Leaf", e.Leaf)
		}
		if err := checkEntry(n, e); err != nil {
			return err
		}
		old := l.Of(e.Leaf, StageSelf)
		if old.Version != e.Version {
			return fault.New(fault.Conflict, "rounds.leaf_changed", "Leaf", e.Leaf)
		}
		out = Score{Sheet: s.ID, Leaf: e.Leaf, Stage: StageSelf, Version: old.Version + 1, Input: e.Input, Typed: e.Typed, Note: e.Note, By: a.Account, At: tx.Now}
		if same(old.Input, out.Input) && old.Note == out.Note && old.Typed == out.Typed && old.Version > 0 {
			out = old
			return nil
		}
		if err := k.change(ctx, tx, a, l, []Score{out}, out.Note); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.ScoreEnter), Kind: "sheet", ID: s.ID, Unit: s.Unit,
			Changes: []audit.Change{{Field: "score." + e.Leaf, From: encodeInput(old.Input), To: encodeInput(out.Input)}}})
	})
	return out, err
}

// checkEntry refuses what a unit cannot say of a leaf.
func checkEntry(n *criteria.Node, e Entry) error {
	f := fault.New(fault.Invalid, "rounds.invalid")
	if n.Leaf.Binding.Survey() {
		return fault.New(fault.Conflict, "rounds.survey_leaf", "Leaf", n.Code)
	}
	if e.Input.NA && n.Leaf.NA.Policy == criteria.NoPolicy {
		f.With("na", "rounds.na_refused")
	}
	tooLong(f, "note", e.Note, "input", e.Typed)
	return f.Or()
}

// ownSheet returns a sheet for who may score it as their unit's own.
func (k *Desk) ownSheet(ctx context.Context, q db.Queryer, a actor.Actor, id string) (Sheet, Round, error) {
	s, err := getSheet(ctx, q, id)
	if err != nil {
		return s, Round{}, err
	}
	if err := k.mustEnter(ctx, q, a, s.Unit); err != nil {
		return Sheet{}, Round{}, err
	}
	r, err := getRound(ctx, q, s.Round)
	if err == nil && s.Removed != 0 {
		err = fault.New(fault.Conflict, "rounds.sheet_removed")
	}
	return s, r, err
}

// change stores scores and adds each that differs to the changes that stay. why
// says the reason of all of them.
func (k *Desk) change(ctx context.Context, tx *db.Tx, a actor.Actor, l *Ledger, list []Score, why string) error {
	after := l.copyOf()
	for _, x := range list {
		after.put(x)
	}
	before := map[Stage]*criteria.Card{}
	now := map[Stage]*criteria.Card{}
	var rows, changes [][]any
	for _, x := range list {
		rows = append(rows, x.args())
		if before[x.Stage] == nil {
			before[x.Stage], now[x.Stage] = l.Card(x.Stage), after.Card(x.Stage)
		}
		old := l.Of(x.Leaf, x.Stage)
		c := Change{Sheet: x.Sheet, Leaf: x.Leaf, Stage: x.Stage, From: old.Input, To: x.Input, Why: why}
		if old.Given() {
			c.FromPoints = pointsOn(before[x.Stage], x.Leaf)
		}
		if x.Given() {
			c.ToPoints = pointsOn(now[x.Stage], x.Leaf)
		}
		if x.Note != "" && why == "" {
			c.Why = x.Note
		}
		changes = append(changes, c.args(a, tx.Now))
	}
	if err := tx.InsertRows(ctx, scoreStore, rows); err != nil {
		return err
	}
	return tx.InsertRows(ctx, changeInsert, changes)
}
