package scorecard

import (
	"context"
	"slices"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/scorecard/criteria"
	"cchc/unit"
)

// A Provenance is one score opened: what rule made it of which numbers, who entered
// them, and what is behind (truy nguyên điểm).
type Provenance struct {
	Board    *Board
	Unit     Projection
	Node     *criteria.Node
	Result   criteria.Result
	Live     bool
	Outlook  criteria.Outlook
	ByHand   string   // key of a message that says why a person enters the input; "" measured, or bound to nothing
	Measured bool     // the numbers have a list of dossiers behind them
	Num      []Behind // what the numerator counts
	Rest     []Behind // what only the denominator counts
	Changes  []Change // of this leaf, the latest first
	Links    []Link   // evidence of this leaf
	DueSoon  []Behind // open ones that will count
}

// Provenance opens the score of a leaf, bonus or penalty item of a unit, as it is
// projected now or was at the end of a day; on 0 is now. Faults: NotFound; Forbidden
// rounds.draft for what a draft says, unless the facts themselves say it.
func (k *Desk) Provenance(ctx context.Context, q db.Queryer, a actor.Actor, roundID string, u unit.ID, code string, on moment.Date) (*Provenance, error) {
	known := moment.Instant(0)
	if on != 0 {
		known = min(on.End(), nowOf(k, q))
	}
	b, err := k.projectAt(ctx, q, a, roundID, known)
	if err != nil {
		return nil, err
	}
	p, err := b.Of(u)
	if err != nil {
		return nil, err
	}
	x := &Provenance{Board: b, Unit: *p, Node: p.Set.Node(code), Live: p.Live[code]}
	var ok bool
	if x.Result, ok = p.Card.Result(code); !ok {
		return nil, fault.New(fault.NotFound, "projection.leaf_unknown")
	}
	if p.Draft && !x.Live {
		return nil, fault.New(fault.Forbidden, "rounds.draft")
	}
	x.Outlook = p.Outlook(code)
	x.ByHand = k.WhyByHand(x.Node.Leaf.Binding)
	if x.Live && (x.Result.Input.Ratio != nil || adds(x.Node.Leaf.Binding)) {
		m := b.Round.measuring(x.Node.Leaf.Binding, known)
		if x.Num, ok, err = k.Source.Behind(ctx, q, m, u, PartNum); err != nil {
			return nil, err
		}
		x.Measured = ok
		if ok {
			if x.Rest, _, err = k.Source.Behind(ctx, q, m, u, PartRest); err != nil {
				return nil, err
			}
		}
		if on == 0 {
			if x.DueSoon, err = k.Source.DueSoonest(ctx, q, m, u, 10); err != nil {
				return nil, err
			}
		}
	}
	if p.Draft {
		return x, nil
	}
	changes, err := k.Changes(ctx, q, a, p.Sheet.ID)
	if err != nil {
		return nil, err
	}
	x.Changes = slices.DeleteFunc(changes, func(c Change) bool { return c.Leaf != code || c.At > b.AsOf })
	links, err := k.LinksOf(ctx, q, p.Sheet)
	if err != nil {
		return nil, err
	}
	x.Links = slices.DeleteFunc(links, func(l Link) bool { return l.Leaf != code || l.At > b.AsOf })
	return x, nil
}
