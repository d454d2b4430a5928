package scorecard

import (
	"context"
	"maps"
	"slices"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/scorecard/criteria"
	"cchc/scorecard/ranking"
	"cchc/unit"
)

// A Projection is a unit's index as if the period closed now (dự báo): leaves bound to
// measures from the facts, the others from the latest stage.
type Projection struct {
	Unit  unit.Unit
	Sheet Sheet
	Set   *criteria.Set
	Card  *criteria.Card  // as if the period closed now
	Kept  *criteria.Card  // what the stages say, with the measures they hold
	Live  map[string]bool // leaves whose numbers are of now
	Draft bool            // the sheet is the unit's own business yet: only its measures are in
	Place ranking.Place   // among the units that can be seen
	Was   ranking.Place   // by Kept

	Inputs criteria.Inputs
	Hand   map[string]points.Points // points that were given without an input

	due map[string][]DueDay // by leaf: what will go against it, the first day at the head
}

// A Board is the projection of a round's units.
type Board struct {
	Round Round
	AsOf  moment.Instant
	List  []Projection // by group and rank
	Ties  ranking.Ties
}

// Project projects the index of every unit of a round whose scores somebody may read.
// Faults: NotFound rounds.unknown.
func (k *Desk) Project(ctx context.Context, q db.Queryer, a actor.Actor, roundID string) (*Board, error) {
	return k.projectAt(ctx, q, a, roundID, 0)
}

// ProjectAt projects as it was known at an instant: the facts entered until then, and
// the scores as they stood.
func (k *Desk) ProjectAt(ctx context.Context, q db.Queryer, a actor.Actor, roundID string, known moment.Instant) (*Board, error) {
	return k.projectAt(ctx, q, a, roundID, known)
}

func (k *Desk) projectAt(ctx context.Context, q db.Queryer, a actor.Actor, roundID string, known moment.Instant) (*Board, error) {
	r, err := k.Round(ctx, q, a, roundID)
	if err != nil {
		return nil, err
	}
	sheets, err := k.Sheets(ctx, q, a, r)
	if err != nil {
		return nil, err
	}
	sheets = slices.DeleteFunc(sheets, func(s Sheet) bool { return s.Removed != 0 })
	ledgers, err := k.ledgersOf(ctx, q, r, sheets)
	if err != nil {
		return nil, err
	}
	b := &Board{Round: r, AsOf: nowOf(k, q), Ties: ranking.Shared}
	if known != 0 {
		b.AsOf = min(known, b.AsOf)
		if err := k.asKnown(ctx, q, ledgers, b.AsOf); err != nil {
			return nil, err
		}
	}
	live, err := k.live(ctx, q, r, ledgers, known)
	if err != nil {
		return nil, err
	}
	due := map[criteria.Binding]map[unit.ID][]DueDay{}
	for binding := range live {
		if known != 0 {
			break // what was ahead then is not asked
		}
		if due[binding], err = k.Source.DueDays(ctx, q, r.measuring(binding, 0)); err != nil {
			return nil, err
		}
	}
	tree, err := k.Units.On(ctx, q, min(r.To, b.AsOf.Date()))
	if err != nil {
		return nil, err
	}
	for _, s := range sheets {
		p, err := k.projection(ctx, q, a, r, ledgers[s.ID], b.AsOf)
		if err != nil {
			return nil, err
		}
		var ok bool
		if p.Unit, ok = tree.Unit(s.Unit); !ok {
			if p.Unit, _, err = k.Units.Last(ctx, q, s.Unit); err != nil {
				return nil, err
			}
		}
		below := tree.Subtree(s.Unit)
		for _, n := range Items(p.Set) {
			of, measured := live[n.Leaf.Binding]
			if !measured {
				continue
			}
			in, ok := sumOf(n.Leaf.Binding, of, s.Unit, below)
			if !ok {
				continue
			}
			p.Live[n.Code] = true
			p.Inputs[n.Code] = in
			if days := daysOf(due[n.Leaf.Binding], below); len(days) > 0 {
				p.due[n.Code] = days
			}
			delete(p.Hand, n.Code)
		}
		p.Card = p.Set.ScoreHand(p.Inputs, p.Hand)
		b.List = append(b.List, p)
	}
	b.rank()
	return b, nil
}

// projection gathers what the stages say of a sheet, as far as somebody may see it.
func (k *Desk) projection(ctx context.Context, q db.Queryer, a actor.Actor, r Round, l *Ledger, now moment.Instant) (Projection, error) {
	p := Projection{Sheet: l.Sheet, Set: l.Set, Live: map[string]bool{}, Inputs: criteria.Inputs{}, Hand: map[string]points.Points{}, due: map[string][]DueDay{}}
	read, err := k.mayRead(ctx, q, a, r, l.Sheet, now)
	if err != nil {
		return p, err
	}
	own, err := k.ownUnit(ctx, q, a, l.Sheet.Unit)
	if err != nil {
		return p, err
	}
	c := l.copyOf()
	for _, stages := range c.scores {
		maps.DeleteFunc(stages, func(x Stage, _ Score) bool {
			return !read || own && !a.IsSystem() && !r.shown(x, l.Sheet.ID, now)
		})
	}
	p.Draft = !read
	stage := StageCouncil
	if r.Approved != 0 {
		stage = StageFinal
	}
	for _, n := range Items(l.Set) {
		c.gather(n.Code, stage, p.Inputs, p.Hand)
	}
	p.Kept = l.Set.ScoreHand(p.Inputs, p.Hand)
	return p, nil
}

// live asks the rooms that measure for every binding of the sets, once each.
func (k *Desk) live(ctx context.Context, q db.Queryer, r Round, ledgers map[string]*Ledger, known moment.Instant) (map[criteria.Binding]map[unit.ID]criteria.Input, error) {
	out := map[criteria.Binding]map[unit.ID]criteria.Input{}
	if k.Source == nil {
		return out, nil
	}
	asked := map[criteria.Binding]bool{}
	sets := map[*criteria.Set]bool{}
	for _, l := range ledgers {
		if sets[l.Set] {
			continue
		}
		sets[l.Set] = true
		for _, n := range Items(l.Set) {
			b := n.Leaf.Binding
			if b.ByHand() || asked[b] {
				continue
			}
			asked[b] = true
			of, ok, err := k.Source.Measures(ctx, q, r.measuring(b, known))
			if err != nil {
				return nil, err
			}
			if ok {
				out[b] = of
			}
		}
	}
	return out, nil
}

func (r Round) measuring(b criteria.Binding, known moment.Instant) Measuring {
	return Measuring{Binding: b, From: r.From, To: r.To, Known: known}
}

// asKnown puts the ledgers back to an instant: of each stage's scores the latest that
// was entered until then. What was measured is left out when it was taken later.
func (k *Desk) asKnown(ctx context.Context, q db.Queryer, ledgers map[string]*Ledger, at moment.Instant) error {
	for _, l := range ledgers {
		changes, err := db.All(ctx, q, changesOfSheet, scanChange, l.Sheet.ID)
		if err != nil {
			return err
		}
		scores := map[string]map[Stage]Score{}
		for _, c := range slices.Backward(changes) { // the earliest first
			if c.At > at || c.Stage == "measure" {
				continue
			}
			if scores[c.Leaf] == nil {
				scores[c.Leaf] = map[Stage]Score{}
			}
			x := Score{Sheet: c.Sheet, Leaf: c.Leaf, Stage: c.Stage, Version: 1, Input: c.To, Note: c.Why, By: c.Account, At: c.At}
			if !c.To.Given() {
				x.ByHand = c.ToPoints
			}
			scores[c.Leaf][c.Stage] = x
		}
		l.scores = scores
		maps.DeleteFunc(l.measures, func(_ string, m Measured) bool { return m.Taken > at })
	}
	return nil
}

// rank places the units in their groups, by what is projected and by what is kept.
func (b *Board) rank() {
	now, was := make([]ranking.Entry, len(b.List)), make([]ranking.Entry, len(b.List))
	for i, p := range b.List {
		now[i] = rankedAs(p, p.Card)
		was[i] = rankedAs(p, p.Kept)
	}
	s := ranking.Settings{Ties: b.Ties, Decimals: 2}
	places, before := ranking.Rank(now, s), ranking.Rank(was, s)
	for i := range b.List {
		b.List[i].Place, b.List[i].Was = places[i], before[i]
	}
	slices.SortStableFunc(b.List, func(x, y Projection) int {
		if x.Sheet.Block != y.Sheet.Block {
			if x.Sheet.Block < y.Sheet.Block {
				return -1
			}
			return 1
		}
		return last(x.Place.Rank) - last(y.Place.Rank)
	})
}

// last puts what has no rank behind everything.
func last(rank int) int {
	if rank == 0 {
		return 1 << 30
	}
	return rank
}

// rankedAs is a unit's card as it is ranked. One of which nothing is known is missing.
func rankedAs(p Projection, c *criteria.Card) ranking.Entry {
	return ranking.Entry{Unit: string(p.Sheet.Unit), Block: p.Sheet.Block, Score: c.Total, Max: c.Max, Missing: c.Missing == len(c.Results)}
}

// Of returns the projection of a unit. Fault: NotFound rounds.sheet_unknown.
func (b *Board) Of(u unit.ID) (*Projection, error) {
	for i := range b.List {
		if b.List[i].Sheet.Unit == u {
			return &b.List[i], nil
		}
	}
	return nil, fault.New(fault.NotFound, "rounds.sheet_unknown")
}

// A Cheap is a gain that a unit can reach, with the leaf that it is on.
type Cheap struct {
	Node *criteria.Node
	Step criteria.Step
	Live bool
}

// worthwhile is the least gain that is proposed where a leaf has a larger one.
const worthwhile = points.Scale / 20

// Cheapest ranks the nearest gain of every leaf by what it costs: points for each
// thing that has to be done. Gains of which only a value is known count as one thing;
// leaves in which nothing was entered come last.
func (p *Projection) Cheapest() []Cheap {
	var out []Cheap
	for _, l := range p.Set.Leaves() {
		if l.Leaf.Binding.Survey() {
			continue // nobody can do an answer
		}
		best, ok := criteria.Step{}, false
		for _, s := range p.Card.Outlook(l.Code).Gains {
			if s.Way == criteria.WayOther {
				continue
			}
			best, ok = s, true
			if s.Change >= worthwhile {
				break
			}
		}
		if ok {
			out = append(out, Cheap{l, best, p.Live[l.Code]})
		}
	}
	slices.SortStableFunc(out, func(a, b Cheap) int {
		// What nobody has entered yet is no gain in the work itself: it comes last.
		if x, y := a.Step.Way == criteria.WayEnter, b.Step.Way == criteria.WayEnter; x != y {
			if x {
				return 1
			}
			return -1
		}
		x, _ := criteria.Frac(int64(a.Step.Change), max(1, a.Step.N))
		y, _ := criteria.Frac(int64(b.Step.Change), max(1, b.Step.N))
		return y.Cmp(x)
	})
	return out
}

// measureOf gives a round's prefilled numbers through the Source: see Desk.measure.
func (k *Desk) measureOf(ctx context.Context, q db.Queryer, m MeasureAsk) (criteria.Input, bool, error) {
	of, ok, err := k.Source.Measures(ctx, q, Measuring{Binding: m.Node.Leaf.Binding, From: m.From, To: m.To, Known: m.AsOf})
	if err != nil || !ok {
		return criteria.Input{}, false, err
	}
	tree, err := k.Units.On(ctx, q, m.To)
	if err != nil {
		return criteria.Input{}, false, err
	}
	in, ok := sumOf(m.Node.Leaf.Binding, of, m.Unit, tree.Subtree(m.Unit))
	return in, ok, nil
}

// MayProject reports whether somebody may read scores anywhere.
func MayProject(a actor.Actor) bool { return len(auth.Roots(a, auth.ScoreRead)) > 0 }
