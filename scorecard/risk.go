package scorecard

import (
	"cmp"
	"slices"

	"cchc/scorecard/criteria"
	"cchc/unit"
)

// daysOf adds what will go against a unit and what lies below it, the first day at the
// head.
func daysOf(of map[unit.ID][]DueDay, below []unit.ID) []DueDay {
	var out []DueDay
	for _, u := range below {
		out = append(out, of[u]...)
	}
	slices.SortFunc(out, func(a, b DueDay) int { return cmp.Compare(a.From, b.From) })
	return out
}

// Outlook is what a leaf of the unit may still gain and lose, with the day from which
// each loss is so if nothing is done: the rule says how many dossiers it takes, and the
// due dates when there are as many.
func (p *Projection) Outlook(code string) criteria.Outlook {
	o := p.Card.Outlook(code)
	days := p.due[code]
	for i := range o.Risks {
		s := &o.Risks[i]
		if s.Way != criteria.WayDenominator && s.Way != criteria.WayFaults {
			continue
		}
		n := int64(0)
		for _, d := range days {
			if n += d.Count; n >= s.N {
				s.From = d.From
				break
			}
		}
	}
	// What has a day comes before what has none.
	slices.SortStableFunc(o.Risks, func(a, b criteria.Step) int {
		if (a.From == 0) != (b.From == 0) {
			return cmp.Compare(b.From, a.From)
		}
		return cmp.Compare(a.From, b.From)
	})
	return o
}

// A Threat is a loss that comes on a day if nothing is done.
type Threat struct {
	Node *criteria.Node
	Step criteria.Step
}

// Nearest returns the loss that comes first, and of several on one day the largest; ok
// is false where none has a day.
func (p *Projection) Nearest() (t Threat, ok bool) {
	for _, n := range Items(p.Set) {
		if len(p.due[n.Code]) == 0 {
			continue
		}
		for _, s := range p.Outlook(n.Code).Risks {
			if s.From == 0 {
				continue
			}
			if !ok || s.From < t.Step.From || s.From == t.Step.From && s.Change < t.Step.Change {
				t, ok = Threat{n, s}, true
			}
		}
	}
	return t, ok
}
