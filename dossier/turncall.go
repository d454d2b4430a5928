package dossier

import (
	"context"
	"errors"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/unit"
)

// A TurnDesk is where an officer sits (quầy số) and what is called to there.
type TurnDesk struct {
	Account string
	Desk    string   // "3"
	Kinds   []string // ids of kinds
}

// turnMisses is how often nobody comes before a number ends: the first time it
// goes to the end of the queue.
const turnMisses = 2

var (
	turnDeskPut = db.SQL("turn.desk.put", `
		INSERT INTO turn_desk (unit_id, account, desk) VALUES ($1, $2, $3)
		ON CONFLICT (unit_id, account) DO UPDATE SET desk = excluded.desk`)
	turnDeskGet   = db.SQL("turn.desk.get", `SELECT desk FROM turn_desk WHERE unit_id = $1 AND account = $2`)
	turnDeskClear = db.SQL("turn.desk.clear", `DELETE FROM turn_desk_kind WHERE unit_id = $1 AND account = $2`)
	turnDeskKind  = db.Rows("turn.desk.kind", "turn_desk_kind", "unit_id, account, kind_id", "")
	turnDeskKinds = db.SQL("turn.desk.kinds", `
		SELECT d.kind_id FROM turn_desk_kind d JOIN turn_kind k ON k.id = d.kind_id
		WHERE d.unit_id = $1 AND d.account = $2 AND k.ended_at IS NULL
		ORDER BY k.ord, k.letter`)
	turnNext = db.SQL("turn.next", `
		SELECT `+turnColumns+` FROM turn t JOIN turn_kind k ON k.id = t.kind_id
		WHERE t.unit_id = $1 AND t.day = $2 AND t.ended_at IS NULL AND t.desk = ''
		AND t.waits_for IN (SELECT d.kind_id FROM turn_desk_kind d WHERE d.unit_id = $3 AND d.account = $4)
		ORDER BY t.priority DESC, t.placed_at, t.id
		LIMIT 1`)
	turnMine = db.SQL("turn.mine", `
		SELECT `+turnColumns+` FROM turn t JOIN turn_kind k ON k.id = t.kind_id
		WHERE t.unit_id = $1 AND t.day = $2 AND t.ended_at IS NULL AND t.desk <> '' AND t.account = $3
		ORDER BY t.recalled_at DESC, t.id`)
)

// SetTurnDesk says at which desk the officer sits and which kinds they call.
func (k *Desk) SetTurnDesk(ctx context.Context, a actor.Actor, u unit.ID, desk string, kinds []string) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		if err := k.Guard.Check(ctx, tx, a, auth.DossierReceive, u); err != nil {
			return err
		}
		f := fault.New(fault.Invalid, "form.invalid")
		if n := len([]rune(desk)); n == 0 || n > 8 {
			f.With("desk", "turn.desk_wrong", "Most", 8)
		}
		if len(kinds) == 0 {
			f.With("kind", "turn.desk_none")
		}
		if err := f.Or(); err != nil {
			return err
		}
		var rows [][]any
		var letters []string
		seen := map[string]bool{}
		for _, id := range kinds {
			x, err := turnKind(ctx, tx, u, id, "kind")
			if err != nil {
				return err
			}
			if !seen[id] {
				seen[id] = true
				rows, letters = append(rows, []any{string(u), a.Account, id}), append(letters, x.Letter)
			}
		}
		if _, err := tx.Exec(ctx, turnDeskPut, string(u), a.Account, desk); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, turnDeskClear, string(u), a.Account); err != nil {
			return err
		}
		if err := tx.InsertRows(ctx, turnDeskKind, rows); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.DossierReceive), Kind: "turn_desk", ID: string(u), Unit: u,
			Changes: []audit.Change{{Field: "desk", To: desk}, {Field: "kinds", To: strings.Join(letters, " ")}}})
	})
}

// TurnDesk returns where the officer sits; the zero TurnDesk when they never said.
func (k *Desk) TurnDesk(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID) (TurnDesk, error) {
	d := TurnDesk{Account: a.Account}
	var err error
	if d.Desk, err = db.Value[string](ctx, q, turnDeskGet, string(u), a.Account); errors.Is(err, db.ErrNotFound) {
		return d, nil
	} else if err != nil {
		return d, err
	}
	d.Kinds, err = db.Column[string](ctx, q, turnDeskKinds, string(u), a.Account)
	return d, err
}

// CallTurn calls the next number to the officer's desk: of the kinds that they
// serve, those with priority first, then by the time at which the place was taken.
// What was at the desk until then is served. Errors: Invalid when the officer has
// no desk; NotFound when nobody waits.
func (k *Desk) CallTurn(ctx context.Context, a actor.Actor, u unit.ID) (Turn, error) {
	var next Turn
	err := k.DB.Write(ctx, func(tx *db.Tx) error {
		if err := k.Guard.Check(ctx, tx, a, auth.DossierReceive, u); err != nil {
			return err
		}
		desk, err := k.TurnDesk(ctx, tx, a, u)
		if err != nil {
			return err
		}
		if desk.Desk == "" {
			return fault.New(fault.Invalid, "form.invalid").With("desk", "turn.desk_first")
		}
		day := tx.Now.Date()
		mine, err := db.All(ctx, tx, turnMine, scanTurn, string(u), day, a.Account)
		if err != nil {
			return err
		}
		next, err = db.One(ctx, tx, turnNext, scanTurn, string(u), day, string(u), a.Account)
		if errors.Is(err, db.ErrNotFound) {
			return fault.New(fault.NotFound, "turn.nobody")
		}
		if err != nil {
			return err
		}
		for _, t := range mine {
			done := t
			done.Ended, done.Ending = tx.Now, TurnServed
			if err := k.storeTurn(ctx, tx, a, t, done); err != nil {
				return err
			}
		}
		before := next
		next.Desk, next.Account, next.Recalled = desk.Desk, a.Account, tx.Now
		if next.Called == 0 {
			next.Called = tx.Now
		}
		return k.storeTurn(ctx, tx, a, before, next)
	})
	return next, err
}

// can refuses an act on a number that does not stand so: most are for one that is at
// a desk now.
func (t *Turn) can(x auth.Act, tx *db.Tx) error {
	if !x.In(auth.State(t.State(tx.Now.Date()))) {
		return fault.New(fault.Conflict, "turn.not_called", "Number", t.Label())
	}
	return nil
}

// RecallTurn calls a number that is at a desk once more.
func (k *Desk) RecallTurn(ctx context.Context, a actor.Actor, id string) error {
	return k.actTurn(ctx, a, id, func(_ context.Context, tx *db.Tx, t *Turn) error {
		if err := t.can(auth.RecallTurn, tx); err != nil {
			return err
		}
		t.Recalled = tx.Now
		return nil
	})
}

// ServeTurn ends a number whose holder was served.
func (k *Desk) ServeTurn(ctx context.Context, a actor.Actor, id string) error {
	return k.actTurn(ctx, a, id, func(_ context.Context, tx *db.Tx, t *Turn) error {
		if err := t.can(auth.ServeTurn, tx); err != nil {
			return err
		}
		t.Ended, t.Ending = tx.Now, TurnServed
		return nil
	})
}

// MissTurn says that nobody came: the first time the number goes back to the end
// of its queue, the second time it ends.
func (k *Desk) MissTurn(ctx context.Context, a actor.Actor, id string) error {
	return k.actTurn(ctx, a, id, func(_ context.Context, tx *db.Tx, t *Turn) error {
		if err := t.can(auth.MissTurn, tx); err != nil {
			return err
		}
		t.Misses++
		if t.Misses >= turnMisses {
			t.Ended, t.Ending = tx.Now, TurnMissed
			return nil
		}
		t.Desk, t.Account, t.Placed = "", "", tx.Now
		return nil
	})
}

// TransferTurn sends a number to wait for another kind. It keeps its number and
// its place: its holder has waited already.
func (k *Desk) TransferTurn(ctx context.Context, a actor.Actor, id, kind string) error {
	return k.actTurn(ctx, a, id, func(ctx context.Context, tx *db.Tx, t *Turn) error {
		if err := t.can(auth.TransferTurn, tx); err != nil {
			return err
		}
		x, err := turnKind(ctx, tx, t.Unit, kind, "kind")
		if err != nil {
			return err
		}
		if x.ID == t.WaitsFor {
			return fault.New(fault.Invalid, "form.invalid").With("kind", "turn.same_kind", "Name", x.Name)
		}
		t.WaitsFor, t.Desk, t.Account = x.ID, "", ""
		return nil
	})
}
