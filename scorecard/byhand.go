package scorecard

import (
	"math/big"

	"cchc/base/points"
	"cchc/scorecard/criteria"
)

// ByHand names the branch of a result whose points a person gave.
const ByHand = "by_hand"

// byHand puts points that people gave in the place of a card's own and adds it up
// again. The card is changed.
func byHand(c *criteria.Card, hand map[string]points.Points) *criteria.Card {
	if len(hand) == 0 {
		return c
	}
	for _, list := range [][]criteria.Result{c.Results, c.Bonuses, c.Taken} {
		for i := range list {
			p, ok := hand[list[i].Node.Code]
			if !ok {
				continue
			}
			list[i].State, list[i].Branch = criteria.Scored, criteria.Branch{Kind: ByHand}
			list[i].Exact, list[i].Points, list[i].Max = criteria.OfPoints(p), p, list[i].Node.Max
		}
	}
	c.Sum, c.Max, c.Missing = 0, c.Set.Max, 0
	fields := map[*criteria.Node]*criteria.Part{}
	for i := range c.Fields {
		p := &c.Fields[i]
		p.Points, p.Max = 0, 0
		fields[p.Node] = p
	}
	for _, r := range c.Results {
		c.Sum += r.Points
		c.Max -= r.Node.Max - r.Max
		if r.State == criteria.Missing {
			c.Missing++
		}
		if p := fields[r.Node.Field()]; p != nil {
			p.Points += r.Points
			p.Max += r.Max
		}
	}
	c.Bonus, c.Penalty = sum(c.Bonuses), sum(c.Taken)
	if l := c.Set.Bonus.Limit; l != nil {
		c.Bonus = min(c.Bonus, *l)
	}
	if l := c.Set.Penalty.Limit; l != nil {
		c.Penalty = max(c.Penalty, *l)
	}
	c.Total = min(max(c.Sum+c.Bonus+c.Penalty, 0), c.Max)
	c.Index = 0
	if c.Max > 0 {
		c.Index = points.Round(big.NewRat(int64(c.Total)*100, int64(c.Max)), c.Set.Rounding.Index)
	}
	return c
}

func sum(list []criteria.Result) (p points.Points) {
	for _, r := range list {
		p += r.Points
	}
	return p
}
