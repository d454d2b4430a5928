package setting

import (
	"context"
	"maps"
	"slices"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
)

// farthest is how many days ahead a change may be dated: ten years.
const farthest = 3653

// A Change is what somebody wants changed.
type Change struct {
	Name   string
	Unit   actor.UnitID // not asked for a System setting
	What   What
	Value  string      // of Set
	From   moment.Date // the first day on which it holds, today at the earliest; of Withdraw the day of the change taken back
	Reason string
	Stamp  int64 // of the Effect that was shown; a change made since is a conflict. 0: not asked
}

// An Effect is what a change would do.
type Effect struct {
	Before, After Holding        // for the unit, on the first day
	Changed       int            // units for which the value is another one, the unit itself counted
	Keep          []actor.UnitID // units below whose own value stays
	Stamp         int64
}

var put = db.Rows("setting.put", "setting_value", "name, unit_id, seq, from_day, what, value, reason, account, at", "")

// Change makes a change. It needs the setting's verb in the unit (of a System
// setting, in every unit at the top). Errors are faults: setting.unknown,
// setting.unit_unknown, setting.changed_meanwhile, and form.invalid with the fields
// value, from or reason.
func (b *Book) Change(ctx context.Context, a actor.Actor, c Change) error {
	return b.DB.Write(ctx, func(tx *db.Tx) error { return b.ChangeTx(ctx, tx, a, c) })
}

// ChangeTx is Change as part of another write.
func (b *Book) ChangeTx(ctx context.Context, tx *db.Tx, a actor.Actor, c Change) error {
	s, of, e, err := b.proposed(ctx, tx, a, &c)
	if err != nil {
		return err
	}
	if strings.TrimSpace(c.Reason) == "" {
		return fault.New(fault.Invalid, "form.invalid").With("reason", "setting.reason_missing")
	}
	if c.Stamp != 0 && c.Stamp != e.Seq {
		return fault.New(fault.Conflict, "setting.changed_meanwhile")
	}
	before, err := b.holdsIn(ctx, tx, of, s, c.Unit, c.From)
	if err != nil {
		return err
	}
	after, err := b.holdsIn(ctx, tx, with(of, e), s, c.Unit, c.From)
	if err != nil {
		return err
	}
	e.Account, e.At = a.Account, tx.Now
	if err := tx.InsertRows(ctx, put, [][]any{{s.Name, string(e.Unit), e.Seq, e.From, string(e.What), e.Value, e.Reason, e.Account, e.At}}); err != nil {
		return err
	}
	if err := tx.Bump(ctx, "setting"); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(s.Verb), Kind: "setting", ID: s.Name, Unit: e.Unit, Reason: e.Reason,
		Changes: []audit.Change{{Field: "value", From: before.Value, To: after.Value}, {Field: "from", To: e.From.String()}}})
}

// Preview tells what a change would do, and refuses what Change would, except for
// a reason that is missing. below are the units below c.Unit.
func (b *Book) Preview(ctx context.Context, q db.Queryer, a actor.Actor, c Change, below []actor.UnitID) (Effect, error) {
	var x Effect
	s, of, e, err := b.proposed(ctx, q, a, &c)
	if err != nil {
		return x, err
	}
	x.Stamp = e.Seq
	then := with(of, e)
	for _, id := range append([]actor.UnitID{c.Unit}, below...) {
		before, err := b.holdsIn(ctx, q, of, s, id, c.From)
		if err != nil {
			return x, err
		}
		after, err := b.holdsIn(ctx, q, then, s, id, c.From)
		if err != nil {
			return x, err
		}
		if id == c.Unit {
			x.Before, x.After = before, after
		} else if after.Unit == id {
			x.Keep = append(x.Keep, id)
		}
		if before.Value != after.Value {
			x.Changed++
		}
	}
	return x, nil
}

// proposed checks a change and returns it as the entry that it would be, beside
// those that there are of its setting.
func (b *Book) proposed(ctx context.Context, q db.Queryer, a actor.Actor, c *Change) (*Setting, map[actor.UnitID][]Entry, Entry, error) {
	no := func(err error) (*Setting, map[actor.UnitID][]Entry, Entry, error) { return nil, nil, Entry{}, err }
	s, err := b.Find(c.Name)
	if err != nil {
		return no(err)
	}
	if s.System {
		c.Unit = ""
	} else if above, err := b.Tree.Above(ctx, q, c.Unit); err != nil {
		return no(err)
	} else if len(above) == 0 {
		return no(fault.New(fault.NotFound, "setting.unit_unknown"))
	}
	if err := b.Check(ctx, q, a, s, c.Unit); err != nil {
		return no(err)
	}
	all, err := b.entries(ctx, q)
	if err != nil {
		return no(err)
	}
	of, today := all[s.Name], b.DB.Now().Date()
	list := of[c.Unit]
	f := fault.New(fault.Invalid, "form.invalid")
	mine, has := own(list, c.From)
	ahead := slices.ContainsFunc(coming(list, today), func(e Entry) bool { return e.From == c.From })
	switch c.What {
	case Set:
		if wrong := s.check(c.Value); wrong != nil {
			f = wrong
		} else if has && mine.Value == c.Value {
			f.With("value", "setting.same")
		}
	case Inherit:
		if c.Value = ""; !has {
			f.With("from", "setting.inherits")
		}
	case Withdraw:
		if c.Value = ""; !ahead {
			f.With("from", "setting.not_ahead")
		}
	default:
		f.With("what", "setting.choose")
	}
	switch {
	case c.What == Withdraw:
	case c.From == 0:
		f.With("from", "setting.from_missing")
	case c.From < today:
		// What was decided by the old value stays decided.
		f.With("from", "setting.past")
	case c.From > today.AddDays(farthest):
		f.With("from", "setting.far")
	}
	if err := f.Or(); err != nil {
		return no(err)
	}
	e := Entry{Seq: 1, Unit: c.Unit, From: c.From, What: c.What, Value: c.Value, Reason: strings.TrimSpace(c.Reason)}
	if n := len(list); n > 0 {
		e.Seq = list[n-1].Seq + 1
	}
	return s, of, e, nil
}

// with returns the entries with one more, and leaves those that there are alone.
func with(of map[actor.UnitID][]Entry, e Entry) map[actor.UnitID][]Entry {
	out := maps.Clone(of)
	if out == nil {
		out = map[actor.UnitID][]Entry{}
	}
	out[e.Unit] = append(slices.Clone(out[e.Unit]), e)
	return out
}
