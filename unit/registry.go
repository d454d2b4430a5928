package unit

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/law"
	"cchc/base/moment"
)

// A Registry changes units. Each verb takes who acts and an Act, checks the
// right to unit.change in every unit that it touches, and is one transaction:
// versions, lineage, reach, trail, and the job that tells other rooms.
//
// Verbs change a unit from the day of the act on, after whatever was recorded of
// it: an act dated before the unit's last change is a conflict, because papers
// may have been written on that change. Two changes on one day make one version.
//
// What a verb refuses is a fault: unit.unknown, unit.not_in_force,
// unit.changed_later, unit.cycle, unit.code_taken, unit.parent_not_in_force,
// unit.has_children, and unit.invalid with the fields that are wrong.
type Registry struct {
	Book  *Book
	Guard auth.Guard

	dry    *Outcome // of Preview: nothing is stored
	expect map[ID]string
}

// An Act is what every change of units has: from which day it holds, the
// document that it rests on (căn cứ pháp lý), and a remark.
type Act struct {
	Day   moment.Date
	Basis string // "1656/NQ-UBTVQH15"
	Note  string
	// Of a unit that ends: which grants go on in its successor (WorkGrants when
	// empty), and whose own calendar does.
	Grants   string
	Calendar ID
}

func (a Act) check(f *fault.Fault) {
	if a.Day == 0 {
		f.With("day", "unit.day_missing")
	}
	if strings.TrimSpace(a.Basis) == "" {
		f.With("basis", "unit.basis_missing")
	}
	if !slices.Contains([]string{"", WorkGrants, AllGrants, NoGrants}, a.Grants) {
		f.With("grants", "unit.grants_unknown")
	}
}

// work is a change under way, on a copy of the history.
type work struct {
	reg      *Registry
	tx       *db.Tx
	actor    actor.Actor
	h        *history
	dirty    map[ID]bool
	born     []ID
	events   []*occurrence
	trail    []audit.Entry
	earliest moment.Date // first day that changed
	then     func(context.Context, *db.Tx) error
}

// occurrence is an event with its rows.
type occurrence struct {
	Event
	touched map[ID]bool
	links   []link
}

// change runs fn over a copy of what is known, checks what came out, and stores
// it.
func (r *Registry) change(ctx context.Context, a actor.Actor, fn func(w *work) error) error {
	// Read ahead, so that the write, which others wait for, finds it in memory.
	if _, err := r.Book.history(ctx, r.Book.DB); err != nil {
		return fmt.Errorf("read the units: %w", err)
	}
	return r.Book.DB.Write(ctx, func(tx *db.Tx) error { return r.changeTx(ctx, tx, a, fn) })
}

func (r *Registry) changeTx(ctx context.Context, tx *db.Tx, a actor.Actor, fn func(w *work) error) error {
	h, err := r.Book.history(ctx, tx)
	if err != nil {
		return fmt.Errorf("read the units: %w", err)
	}
	for id, stamp := range r.expect {
		if h.stamp(id) != stamp {
			return fault.New(fault.Conflict, "unit.changed_meanwhile", "Unit", (&work{h: h}).name(id))
		}
	}
	w := &work{reg: r, tx: tx, actor: a, h: h.copy(), dirty: map[ID]bool{}}
	if err := fn(w); err != nil {
		return err
	}
	if len(w.events) > 0 {
		if err := w.check(); err != nil {
			return err
		}
		if r.dry != nil {
			r.dry.take(h, w)
			return nil
		}
		if err := w.store(ctx); err != nil {
			return err
		}
	}
	if w.then != nil {
		return w.then(ctx, tx)
	}
	return nil
}

// may checks the right to change units.
func (w *work) may(ctx context.Context, units ...ID) error {
	for _, u := range units {
		if err := w.reg.Guard.Check(ctx, w.tx, w.actor, auth.UnitChange, u); err != nil {
			return err
		}
	}
	return nil
}

// begin opens an event.
func (w *work) begin(kind Kind, act Act) *occurrence {
	e := &occurrence{
		Event: Event{ID: db.NewID(), Kind: kind, Day: act.Day, Basis: strings.TrimSpace(act.Basis),
			Note: act.Note, Account: w.actor.Account, Recorded: w.tx.Now},
		touched: map[ID]bool{},
	}
	w.events = append(w.events, e)
	if w.earliest == 0 || act.Day < w.earliest {
		w.earliest = act.Day
	}
	return e
}

// last returns the version of a unit that an act of the day changes, where the policy
// allows the act to a unit that stands so then.
func (w *work) last(id ID, d moment.Date, x auth.Act) (Unit, error) {
	vs := w.h.versions[id]
	if len(vs) == 0 {
		return Unit{}, fault.New(fault.NotFound, "unit.unknown", "Unit", string(id))
	}
	v := vs[len(vs)-1]
	now := stands(vs, d)
	switch {
	case x.In(now):
		return v, nil
	case now == "to_come" || now == "ended":
		return Unit{}, fault.New(fault.Invalid, "unit.not_in_force", "Unit", v.Name, "Day", d)
	}
	return Unit{}, fault.New(fault.Conflict, "unit.changed_later", "Unit", v.Name, "Day", v.From)
}

// stands is how a unit of these versions stands for an act of a day, in the words of
// the policy. A unit whose last day is known has ended for every act: papers may rest
// on the end.
func stands(vs []Unit, d moment.Date) auth.State {
	v := vs[len(vs)-1]
	switch {
	case v.To != 0:
		return "ended"
	case d < vs[0].From:
		return "to_come"
	case d < v.From:
		return "changed_later"
	case d == v.From:
		return "changed_that_day"
	}
	return "in_force"
}

// amend changes a unit from the day of the event on.
func (w *work) amend(e *occurrence, id ID, edit func(*Unit)) error {
	old, err := w.last(id, e.Day, auth.AmendUnit)
	if err != nil {
		return err
	}
	now := old
	edit(&now)
	now.Name = strings.Join(strings.Fields(now.Name), " ")
	now.Code = strings.TrimSpace(now.Code)
	now.Fold = i18n.Fold(now.Name)
	now.From = e.Day
	if err := w.valid(now); err != nil {
		return err
	}
	vs := slices.Clone(w.h.versions[id])
	if old.From == e.Day {
		vs[len(vs)-1] = now
	} else {
		vs[len(vs)-1].To = e.Day
		vs = append(vs, now)
	}
	w.put(e, id, vs)
	w.tell(e, id, changes(old, now))
	return nil
}

// end closes a unit on the day of the event, which is the first without it.
func (w *work) end(e *occurrence, id ID, x auth.Act) error {
	if _, err := w.last(id, e.Day, x); err != nil {
		return err
	}
	vs := slices.Clone(w.h.versions[id])
	vs[len(vs)-1].To = e.Day
	w.put(e, id, vs)
	w.tell(e, id, []audit.Change{{Field: "to", To: e.Day.String()}})
	return nil
}

// birth adds a unit and returns its id.
func (w *work) birth(e *occurrence, n New) (ID, error) {
	u := Unit{ID: ID(db.NewID()), Code: strings.TrimSpace(n.Code), Name: strings.Join(strings.Fields(n.Name), " "),
		Level: n.Level, Parent: n.Parent, Area: n.Area, Block: n.Block, From: e.Day}
	u.Fold = i18n.Fold(u.Name)
	if err := w.valid(u); err != nil {
		return "", err
	}
	w.born = append(w.born, u.ID)
	w.put(e, u.ID, []Unit{u})
	w.tell(e, u.ID, changes(Unit{}, u))
	return u.ID, nil
}

func (w *work) put(e *occurrence, id ID, vs []Unit) {
	w.h.versions[id] = vs
	w.dirty[id] = true
	e.touched[id] = true
}

// link records that a share of one unit went into another.
func (w *work) link(e *occurrence, from, to ID, share Share) {
	l := link{event: e.ID, day: e.Day, recorded: w.tx.Now, from: from, to: to, share: share}
	e.links = append(e.links, l)
	e.touched[from], e.touched[to] = true, true
}

func (w *work) tell(e *occurrence, id ID, what []audit.Change) {
	w.trail = append(w.trail, audit.Entry{Actor: w.actor, Verb: "unit." + string(e.Kind), Kind: "unit", ID: string(id),
		Unit: id, Changes: append(what, audit.Change{Field: "day", To: e.Day.String()}), Reason: e.Basis})
}

// valid checks the fields of one version.
func (w *work) valid(u Unit) error {
	f := fault.New(fault.Invalid, "unit.invalid", "Unit", u.Name)
	if u.Name == "" {
		f.With("name", "unit.name_missing")
	}
	if !goodCode(u.Code) {
		f.With("code", "unit.code_bad", "Code", u.Code)
	}
	if _, ok := w.h.levels[u.Level]; !ok {
		f.With("level", "unit.level_unknown", "Level", u.Level)
	}
	if !slices.Contains(AreaClasses, u.Area) {
		f.With("area_class", "unit.area_unknown", "Area", u.Area)
	}
	return f.Or()
}

// goodCode reports whether s can be an agency code: letters, digits and dots, at
// most 35 (QĐ 20/2020/QĐ-TTg); dashes and underscores occur in older systems.
func goodCode(s string) bool {
	if s == "" || len(s) > 35 {
		return false
	}
	for _, r := range s {
		if !(r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || strings.ContainsRune("._-", r)) {
			return false
		}
	}
	return true
}

func changes(old, now Unit) []audit.Change {
	var out []audit.Change
	for _, c := range []audit.Change{
		{Field: "code", From: old.Code, To: now.Code},
		{Field: "name", From: old.Name, To: now.Name},
		{Field: "level", From: old.Level, To: now.Level},
		{Field: "parent", From: string(old.Parent), To: string(now.Parent)},
		{Field: "area_class", From: old.Area, To: now.Area},
		{Field: "block", From: old.Block, To: now.Block},
	} {
		if c.From != c.To {
			out = append(out, c)
		}
	}
	return out
}

// check looks at what the units would be, all changes of the write together:
// parents in force, nobody above himself, no code twice, no orphans.
func (w *work) check() error {
	codes := map[string]bool{}
	for id := range w.dirty {
		for _, v := range w.h.versions[id] {
			codes[v.Code] = true
		}
	}
	holders := map[string][]Unit{}
	for _, id := range slices.Sorted(maps.Keys(w.h.versions)) {
		for _, v := range w.h.versions[id] {
			if codes[v.Code] {
				holders[v.Code] = append(holders[v.Code], v)
			}
			if v.Parent == "" || !w.dirty[id] && !w.dirty[v.Parent] {
				continue
			}
			if covers(w.h.versions[v.Parent], v.span()) {
				continue
			}
			if w.dirty[id] {
				return fault.New(fault.Invalid, "unit.parent_not_in_force", "Unit", v.Name, "Day", max(v.From, w.earliest))
			}
			return fault.New(fault.Conflict, "unit.has_children", "Unit", w.name(v.Parent), "Child", v.Name)
		}
	}
	for code, vs := range holders {
		for i, a := range vs {
			for _, b := range vs[:i] {
				if a.ID != b.ID && a.span().Overlaps(b.span()) {
					return fault.New(fault.Conflict, "unit.code_taken", "Code", code, "Unit", b.Name)
				}
			}
		}
	}
	return w.cycles()
}

func (w *work) name(id ID) string {
	vs := w.h.versions[id]
	if len(vs) == 0 {
		return string(id)
	}
	return vs[len(vs)-1].Name
}

// covers reports whether versions, which follow each other without a gap, last
// for the whole span.
func covers(vs []Unit, s law.Span) bool {
	if len(vs) == 0 || vs[0].From > s.From {
		return false
	}
	end := vs[len(vs)-1].To
	return end == 0 || s.To != 0 && s.To <= end
}

// cycles walks up from every changed unit on every day on which anything changes
// from the first day of this write on.
func (w *work) cycles() error {
	days := map[moment.Date]bool{}
	for _, vs := range w.h.versions {
		for _, v := range vs {
			if v.From >= w.earliest {
				days[v.From] = true
			}
		}
	}
	for d := range days {
		for id := range w.dirty {
			u, ok := w.h.at(id, d)
			for n := 0; ok && u.Parent != ""; n++ {
				if n > 50 || u.Parent == id {
					return fault.New(fault.Invalid, "unit.cycle", "Unit", w.name(id))
				}
				u, ok = w.h.at(u.Parent, d)
			}
		}
	}
	return nil
}
