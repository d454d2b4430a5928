package unit

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"cchc/base/db"
	"cchc/base/moment"
)

// An Outcome is what a change of units would do.
type Outcome struct {
	Events  []Event
	Changed []Changing // in the order of codes
	Below   int        // units below the changed ones, which move with them
}

// A Changing is a unit before and after a change. A unit that begins has no
// Before, one that ends no After.
type Changing struct {
	ID            ID
	Before, After Unit
	Begins, Ends  bool
}

// Preview runs a change and stores nothing: do calls one verb of the Registry
// that it gets. New units have ids that they will not keep. Faults are those of
// the verb.
func (r *Registry) Preview(ctx context.Context, do func(ctx context.Context, dry *Registry) error) (Outcome, error) {
	var out Outcome
	dry := *r
	dry.dry = &out
	err := do(ctx, &dry)
	return out, err
}

// Expecting returns a Registry whose verbs are refused with
// unit.changed_meanwhile when a unit is no longer what its stamp was made of.
func (r *Registry) Expecting(stamps map[ID]string) *Registry {
	own := *r
	own.expect = stamps
	return &own
}

// Stamp returns a short text that is another one when anything was recorded of
// the unit since.
func (b *Book) Stamp(ctx context.Context, q db.Queryer, id ID) (string, error) {
	h, err := b.history(ctx, q)
	if err != nil {
		return "", err
	}
	return h.stamp(id), nil
}

func (h *history) stamp(id ID) string {
	x := sha256.New()
	fmt.Fprintf(x, "%v", h.versions[id])
	for _, l := range h.lineage {
		if l.from == id || l.to == id {
			fmt.Fprintf(x, "%s", l.event)
		}
	}
	return hex.EncodeToString(x.Sum(nil)[:8])
}

// take notes what the work would store.
func (o *Outcome) take(h *history, w *work) {
	*o = Outcome{}
	var day moment.Date
	for _, e := range w.events {
		e.Event.Units = slices.Sorted(maps.Keys(e.touched))
		o.Events = append(o.Events, e.Event)
		day = e.Day
	}
	after := &history{levels: w.h.levels, versions: w.h.versions, lineage: w.h.lineage}
	after.ready()
	tree := after.on(day)
	for id := range w.dirty {
		c := Changing{ID: id}
		was := h.versions[id]
		if len(was) == 0 {
			c.Begins = true
		} else {
			c.Before = was[len(was)-1]
		}
		if now, ok := after.at(id, day); ok {
			c.After = now
			o.Below += len(tree.Subtree(id)) - 1
		} else {
			c.Ends = true
		}
		o.Changed = append(o.Changed, c)
	}
	slices.SortFunc(o.Changed, func(a, b Changing) int {
		return cmp.Or(cmp.Compare(b2i(a.Begins), b2i(b.Begins)), cmp.Compare(a.Before.Code+a.After.Code, b.Before.Code+b.After.Code))
	})
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// move is where what is open in a unit goes by an act.
func (a Act) move(from, to ID) Move {
	return Move{From: from, To: to, Grants: cmp.Or(a.Grants, WorkGrants), Calendar: a.Calendar == from && to != ""}
}
