package unit

import (
	"context"
	"slices"
	"strings"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/fault"
)

// A Division (chia, tách, điều chỉnh địa giới) hands a unit's parts to others:
// new ones, existing ones, and the unit itself when it keeps a part and lives
// on. The shares add up to Whole.
type Division struct {
	Unit ID
	Into []Piece
	// Open is the index in Into of the piece to which what is open goes; -1
	// when a person has to choose dossier by dossier.
	Open int
	// Rules send single dossiers to other pieces; Piece is an index in Into.
	Rules []PieceRule
}

// A PieceRule is a Rule before the pieces have ids.
type PieceRule struct {
	Field, Value string
	Piece        int
}

// A Piece is one part of a divided unit.
type Piece struct {
	Unit  ID // an existing unit, the divided one included; "" when New is made
	New   *New
	Share Share
}

// Split divides a unit on the day of the act and returns the units of the
// pieces in their order. The unit ends unless it is among them.
func (r *Registry) Split(ctx context.Context, a actor.Actor, d Division, act Act) ([]ID, error) {
	var into []ID
	err := r.change(ctx, a, func(w *work) (err error) {
		into, err = w.split(ctx, d, act)
		return err
	})
	return into, err
}

func (d Division) check(w *work, act Act) error {
	f := fault.New(fault.Invalid, "unit.invalid", "Unit", w.name(d.Unit))
	act.check(f)
	var sum Share
	seen := map[ID]bool{}
	for _, p := range d.Into {
		if (p.Unit == "") == (p.New == nil) {
			f.With("into", "unit.into_one")
		}
		if p.Unit != "" && seen[p.Unit] {
			f.With("into", "unit.listed_twice", "Unit", w.name(p.Unit))
		}
		seen[p.Unit] = true
		if p.Share <= 0 {
			f.With("share", "unit.share_bad")
		}
		sum += p.Share
	}
	if len(d.Into) < 2 {
		f.With("into", "unit.into_two")
	}
	if sum != Whole {
		f.With("share", "unit.share_sum")
	}
	if d.Open < -1 || d.Open >= len(d.Into) {
		f.With("open", "unit.open_unknown")
	}
	for _, x := range d.Rules {
		if !slices.Contains(RuleFields, x.Field) || strings.TrimSpace(x.Value) == "" || x.Piece < 0 || x.Piece >= len(d.Into) {
			f.With("rules", "unit.rule_bad", "Value", x.Value)
		}
	}
	return f.Or()
}

func (w *work) split(ctx context.Context, d Division, act Act) ([]ID, error) {
	if err := d.check(w, act); err != nil {
		return nil, err
	}
	if err := w.may(ctx, d.Unit); err != nil {
		return nil, err
	}
	e := w.begin(Divided, act)
	lives := slices.ContainsFunc(d.Into, func(p Piece) bool { return p.Unit == d.Unit })
	if lives {
		if _, err := w.last(d.Unit, act.Day, auth.CarryOn); err != nil {
			return nil, err
		}
	} else if err := w.end(e, d.Unit, auth.DivideUnit); err != nil {
		return nil, err
	}
	var into []ID
	for _, p := range d.Into {
		id := p.Unit
		if p.New != nil {
			if err := w.may(ctx, p.New.Parent); err != nil {
				return nil, err
			}
			var err error
			if id, err = w.birth(e, *p.New); err != nil {
				return nil, err
			}
		} else if err := w.may(ctx, id); err != nil {
			return nil, err
		} else if _, err := w.last(id, act.Day, auth.CarryOn); err != nil {
			return nil, err
		}
		w.link(e, d.Unit, id, p.Share)
		into = append(into, id)
	}
	w.tell(e, d.Unit, nil)
	move := act.move(d.Unit, "")
	if d.Open >= 0 {
		move.To = into[d.Open]
	}
	for _, x := range d.Rules {
		move.Rules = append(move.Rules, Rule{Field: x.Field, Value: strings.TrimSpace(x.Value), To: into[x.Piece]})
	}
	// Exceptions by hand go before rules.
	slices.SortStableFunc(move.Rules, func(a, b Rule) int {
		return slices.Index(RuleFields, a.Field) - slices.Index(RuleFields, b.Field)
	})
	if lives {
		move.Grants, move.Calendar = NoGrants, false // both stay where they are
	}
	if move.To != d.Unit || len(move.Rules) > 0 {
		e.Moves = []Move{move}
	}
	return into, nil
}
