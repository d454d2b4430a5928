package dossier

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/setting"
	"cchc/unit"
)

// Kiosk is whether visitors may take numbers by themselves or only an officer
// gives them.
var Kiosk = &setting.Setting{Name: "counter.turn_kiosk", Group: "counter", Kind: setting.Switch, Usual: setting.On, Verb: auth.CounterSet}

// MostTurnKinds is how many kinds a unit has at once: what a visitor reads at a
// glance.
const MostTurnKinds = 12

var (
	turnLetter  = regexp.MustCompile(`^[A-Z]{1,2}$`)
	turnKindPut = db.SQL("turn.kind.put", `
		INSERT INTO turn_kind (id, unit_id, letter, name, ord, ended_at) VALUES ($1, $2, $3, $4, $5, NULL)
		ON CONFLICT (unit_id, letter) DO UPDATE SET name = excluded.name, ord = excluded.ord, ended_at = NULL`)
	turnKindEnd = db.SQL("turn.kind.end", `UPDATE turn_kind SET ended_at = $1 WHERE id = $2`)
	turnWaits   = db.SQL("turn.waits", `SELECT COUNT(*) FROM turn WHERE unit_id = $1 AND day = $2 AND waits_for = $3 AND ended_at IS NULL`)
)

// ParseTurnKinds reads a list of kinds, one a line: its letter, a blank, its name
// ("A Đất đai"). Errors: Invalid at the field, with the line.
func ParseTurnKinds(text, field string) ([]TurnKind, error) {
	var out []TurnKind
	seen := map[string]bool{}
	for i, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		letter, name, _ := strings.Cut(line, " ")
		x, err := checkTurnKind(TurnKind{Letter: strings.TrimRight(letter, ":."), Name: name}, seen, field, i+1)
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return few(out, field)
}

// CheckTurnKinds tidies kinds that did not come as a text, as ParseTurnKinds does:
// an error tells the place in the list as the line.
func CheckTurnKinds(list []TurnKind, field string) ([]TurnKind, error) {
	var out []TurnKind
	seen := map[string]bool{}
	for i, x := range list {
		x, err := checkTurnKind(x, seen, field, i+1)
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return few(out, field)
}

func few(list []TurnKind, field string) ([]TurnKind, error) {
	if len(list) > MostTurnKinds {
		return nil, fault.New(fault.Invalid, "form.invalid").With(field, "turn.kinds.many", "Most", MostTurnKinds)
	}
	return list, nil
}

func checkTurnKind(x TurnKind, seen map[string]bool, field string, line int) (TurnKind, error) {
	x.Letter, x.Name = strings.ToUpper(x.Letter), strings.TrimSpace(x.Name)
	key := ""
	switch {
	case !turnLetter.MatchString(x.Letter) || x.Name == "":
		key = "turn.kinds.line"
	case seen[x.Letter]:
		key = "turn.kinds.twice"
	case len([]rune(x.Name)) > 60:
		key = "turn.kinds.long"
	}
	if key != "" {
		return x, fault.New(fault.Invalid, "form.invalid").With(field, key, "Line", line, "Letter", x.Letter)
	}
	seen[x.Letter] = true
	return x, nil
}

// SetTurnKinds makes these the kinds of a unit, in this order, and says whether
// visitors take numbers by themselves. A letter that the unit had before is the
// same kind again. A kind for which somebody still waits cannot be left out.
func (k *Desk) SetTurnKinds(ctx context.Context, a actor.Actor, u unit.ID, kinds []TurnKind, kiosk bool) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		if err := k.Guard.Check(ctx, tx, a, auth.CounterSet, u); err != nil {
			return err
		}
		tree, err := k.Units.Today(ctx, tx)
		if err != nil {
			return err
		}
		if _, ok := tree.Unit(u); !ok { // whose right holds everywhere may name what is not there
			return fault.New(fault.Invalid, "form.invalid").With("unit", "dossier.unit_unknown")
		}
		before, err := allTurnKinds(ctx, tx, u)
		if err != nil {
			return err
		}
		var changes []audit.Change
		names := map[string]string{}
		for _, x := range before {
			if x.Ended == 0 {
				names[x.Letter] = x.Name
			}
		}
		for i, x := range kinds {
			if _, err := tx.Exec(ctx, turnKindPut, db.NewID(), string(u), x.Letter, x.Name, i); err != nil {
				return err
			}
			if names[x.Letter] != x.Name {
				changes = append(changes, audit.Change{Field: "kind " + x.Letter, From: names[x.Letter], To: x.Name})
			}
			delete(names, x.Letter)
		}
		for _, x := range before {
			if _, gone := names[x.Letter]; !gone || x.Ended != 0 {
				continue
			}
			n, err := db.Value[int64](ctx, tx, turnWaits, string(u), tx.Now.Date(), x.ID)
			if err != nil {
				return err
			}
			if n > 0 {
				return fault.New(fault.Invalid, "form.invalid").With("kinds", "turn.kinds.waits", "Letter", x.Letter, "Count", n)
			}
			if _, err := tx.Exec(ctx, turnKindEnd, tx.Now, x.ID); err != nil {
				return err
			}
			changes = append(changes, audit.Change{Field: "kind " + x.Letter, From: x.Name})
		}
		was, err := k.Settings.Value(ctx, tx, Kiosk, u)
		if err != nil {
			return err
		}
		now := setting.Off
		if kiosk {
			now = setting.On
		}
		if was != now {
			// The page of kinds has the switch too, and asks for no reason.
			if err := k.Settings.ChangeTx(ctx, tx, a, setting.Change{Name: Kiosk.Name, Unit: u, What: setting.Set, Value: now,
				From: tx.Now.Date(), Reason: i18n.T(i18n.With(ctx, i18n.Vietnamese), "turn.settings")}); err != nil {
				return err
			}
			k.turnMoved(tx, u)
		}
		if len(changes) == 0 {
			return nil
		}
		k.turnMoved(tx, u)
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.CounterSet), Kind: "turn_kinds", ID: string(u), Unit: u, Changes: changes})
	})
}

var (
	turnNumber = db.SQL("turn.number", `
		INSERT INTO turn_number (kind_id, day, last) VALUES ($1, $2, 1)
		ON CONFLICT (kind_id, day) DO UPDATE SET last = turn_number.last + 1
		RETURNING last`)
	turnPut = db.SQL("turn.put", `
		INSERT INTO turn (id, unit_id, day, kind_id, number, waits_for, priority, taken_at, taken_by, placed_at, desk, account, misses, ending)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', '', 0, '')`)
)

// TakeTurn gives the next number of a kind today: to a visitor at the kiosk, or by
// an officer. One statement in the write gives it, so numbers have no gap. Errors:
// Forbidden for a visitor where the unit turned the kiosk off; Conflict when the
// day's numbers are used up.
func (k *Desk) TakeTurn(ctx context.Context, a actor.Actor, u unit.ID, kind string, priority bool) (Turn, error) {
	var t Turn
	err := k.DB.Write(ctx, func(tx *db.Tx) error {
		if err := k.mayTake(ctx, tx, a, u); err != nil {
			return err
		}
		x, err := turnKind(ctx, tx, u, kind, "kind")
		if err != nil {
			return err
		}
		t = Turn{ID: db.NewID(), Unit: u, Day: tx.Now.Date(), Kind: x.ID, Letter: x.Letter, WaitsFor: x.ID, Priority: priority, Taken: tx.Now, Placed: tx.Now}
		if t.Number, err = db.Value[int64](ctx, tx, turnNumber, x.ID, t.Day); err != nil {
			return err
		}
		if t.Number > MostTurns {
			return fault.New(fault.Conflict, "turn.used_up", "Kind", x.Name, "Most", MostTurns)
		}
		if _, err := tx.Exec(ctx, turnPut, t.ID, string(u), t.Day, t.Kind, t.Number, t.WaitsFor, priority, t.Taken, a.Account, t.Placed); err != nil {
			return err
		}
		k.turnMoved(tx, u)
		if !a.SignedIn() {
			return nil // the row itself tells when; of whom nothing is known
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.DossierReceive), Kind: "turn", ID: t.ID, Unit: u,
			Changes: []audit.Change{{Field: "number", To: t.Label()}, {Field: "priority", To: strconv.FormatBool(priority)}}})
	})
	return t, err
}

func (k *Desk) mayTake(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID) error {
	if a.SignedIn() {
		may, err := k.Guard.May(ctx, q, a, auth.DossierReceive, u)
		if err != nil || may {
			return err
		}
	}
	tree, err := k.Units.Today(ctx, q)
	if err != nil {
		return err
	}
	if _, ok := tree.Unit(u); !ok { // there is no kiosk where no unit is
		return fault.New(fault.Forbidden, "turn.kiosk_off")
	}
	on, err := k.Settings.Value(ctx, q, Kiosk, u)
	if err == nil && on == setting.Off {
		err = fault.New(fault.Forbidden, "turn.kiosk_off")
	}
	return err
}

// A TurnSlip is what is printed of a number.
type TurnSlip struct {
	Turn
	Name  string // of what it waits for
	Ahead int    // who waits for the same and is called before
}

// TurnSlip returns a number by its id, for printing it. Who has the id may.
func (k *Desk) TurnSlip(ctx context.Context, q db.Queryer, u unit.ID, id string) (TurnSlip, error) {
	t, err := db.One(ctx, q, turnGet, scanTurn, id)
	if errors.Is(err, db.ErrNotFound) || err == nil && t.Unit != u {
		return TurnSlip{}, fault.New(fault.NotFound, "turn.unknown")
	}
	if err != nil {
		return TurnSlip{}, err
	}
	s := TurnSlip{Turn: t}
	kinds, err := allTurnKinds(ctx, q, u)
	if err != nil {
		return s, err
	}
	for _, x := range kinds {
		if x.ID == t.WaitsFor {
			s.Name = x.Name
		}
	}
	if t.State(k.DB.Now().Date()) != TurnWaiting {
		return s, nil
	}
	all, err := k.turnsOf(ctx, q, u, t.Day)
	for _, x := range all {
		if x.ID == t.ID {
			break
		}
		if x.WaitsFor == t.WaitsFor && x.State(t.Day) == TurnWaiting {
			s.Ahead++
		}
	}
	return s, err
}

// turnsOf returns a unit's numbers of a day, those called first at the head.
func (k *Desk) turnsOf(ctx context.Context, q db.Queryer, u unit.ID, day moment.Date) ([]Turn, error) {
	return db.All(ctx, q, turnOfDay, scanTurn, string(u), day)
}
