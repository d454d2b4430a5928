package scorecard

import (
	"context"

	"cchc/base/db"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/scorecard/criteria"
	"cchc/unit"
)

// A Source measures what leaves are bound to, from the facts of other rooms. The app
// makes one.
type Source interface {
	// ByHand returns the key of a message that says why a person enters what a binding
	// asks for; "" where it is measured.
	ByHand(b criteria.Binding) string

	// Measures returns what a binding gives for every unit that has anything, each by
	// itself without the units below it; ok is false for a binding that no room
	// measures. Ratios are of integers, and add up over units; so do counts (a binding
	// without denominator), of which a unit that is not there has 0.
	Measures(ctx context.Context, q db.Queryer, m Measuring) (of map[unit.ID]criteria.Input, ok bool, err error)

	// Behind lists the dossiers that a part of a ratio counts in a unit and what is
	// below it, ordered by code: as many as the sum of the measures says. ok is false
	// where there is no such list.
	Behind(ctx context.Context, q db.Queryer, m Measuring, u unit.ID, p Part) (list []Behind, ok bool, err error)

	// DueDays counts the open dossiers that a binding will count against a unit from a
	// day on if they stay open, each unit by itself and the first day at the head; nil
	// for a binding that waits for no day.
	DueDays(ctx context.Context, q db.Queryer, m Measuring) (map[unit.ID][]DueDay, error)

	// DueSoonest returns up to n open dossiers of a unit and what is below it that a
	// binding will count and that are not overdue, those due first at the head.
	DueSoonest(ctx context.Context, q db.Queryer, m Measuring, u unit.ID, n int) ([]Behind, error)
}

// A DueDay counts what goes against a unit from a day on if nothing is done.
type DueDay struct {
	From  moment.Date
	Count int64
}

// A Measuring says which measure is wanted, over which period and as known when.
type Measuring struct {
	Binding criteria.Binding
	From    moment.Date
	To      moment.Date
	Known   moment.Instant // as it was known then; zero is now
}

// A Part is one side of a ratio.
type Part string

// The sides: what the numerator counts, and what only the denominator does.
const (
	PartNum  Part = "num"
	PartRest Part = "rest"
)

// A Behind is a dossier behind a figure, or a procedure where procedures are counted; it
// holds nothing of persons.
type Behind struct {
	Code      string
	Procedure string
	Accepted  moment.Instant
	Due       moment.Instant
	Ended     moment.Instant
	Late      bool

	Service  bool     // a procedure: Code and Procedure are its own
	Dossiers []string // codes of its dossiers
}

// adds reports whether what a binding measures is a count, which adds up over units.
func adds(b criteria.Binding) bool { return b.Source == "dossiers" && b.Num != "" && b.Den == "" }

// sumOf adds the measures of a unit and what lies below it. An index does not add up:
// it is the unit's own.
func sumOf(b criteria.Binding, of map[unit.ID]criteria.Input, u unit.ID, below []unit.ID) (criteria.Input, bool) {
	if adds(b) {
		n := int64(0)
		for _, id := range below {
			if v := of[id].Value; v != nil && v.Den == 1 {
				n += v.Num
			}
		}
		return criteria.Input{Value: &points.Ratio{Num: n, Den: 1}}, true
	}
	own, ok := of[u]
	if ok && own.Ratio == nil {
		return own, true
	}
	out := criteria.Input{}
	for _, id := range below {
		x := of[id]
		if x.Ratio == nil {
			continue
		}
		if out.Ratio == nil {
			r := *x.Ratio
			out.Ratio = &r
			continue
		}
		sum := out.Ratio.Add(*x.Ratio)
		out.Ratio = &sum
	}
	return out, out.Ratio != nil && out.Ratio.Den > 0
}

// WhyByHand returns the key of a message that says why a person enters a leaf's input;
// "" where the product measures it, and for what is bound to nothing.
func (k *Desk) WhyByHand(b criteria.Binding) string {
	if k.Source == nil || b.Source == "manual" {
		return ""
	}
	return k.Source.ByHand(b)
}

// byHand reports whether a person enters a leaf's input.
func (k *Desk) byHand(b criteria.Binding) bool { return b.ByHand() || k.WhyByHand(b) != "" }
