package serviceindex

import (
	"context"
	"sync"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/base/points"
)

// What every view asks and what seldom or never changes is held in memory: which
// units lay under which, until some process changes a unit; what was entered by hand,
// until something is entered; what was kept of a period, for ever.
type held struct {
	once  sync.Once
	reach db.Cache[*answers[reachKey, []lying]]
	hand  db.Cache[*answers[Period, byHand]]

	mu     sync.Mutex
	closed map[Period]*ledger
}

// heldMost bounds how many answers of a kind are held.
const heldMost = 256

// enteredEpoch changes with everything that is entered by hand.
const enteredEpoch = "serviceindex.entered"

// A reachKey is a question for units below others.
type reachKey struct {
	how      *db.Stmt
	of       actor.UnitID
	from, to moment.Date
}

// A lying is a unit that lay under another.
type lying struct{ ancestor, below actor.UnitID }

// byHand is what was entered, by unit and metric.
type byHand map[actor.UnitID]map[string]points.Ratio

// answers are those given since something changed.
type answers[K comparable, T any] struct {
	mu sync.Mutex
	of map[K]T
}

func noAnswers[K comparable, T any](context.Context, db.Queryer) (*answers[K, T], error) {
	return &answers[K, T]{of: map[K]T{}}, nil
}

func (x *Index) holding() *held {
	h := &x.held
	h.once.Do(func() {
		h.reach.Name, h.reach.Load = "unit", noAnswers[reachKey, []lying]
		h.hand.Name, h.hand.Load = enteredEpoch, noAnswers[Period, byHand]
	})
	return h
}

// hold returns the answer to a question, which find finds when it is not held. A
// write asks anew: it may see its own changes. The answer is shared.
func hold[K comparable, T any](ctx context.Context, q db.Queryer, c *db.Cache[*answers[K, T]], key K, find func() (T, error)) (T, error) {
	if _, writing := q.(*db.Tx); writing {
		return find()
	}
	a, err := c.Get(ctx, q)
	if err != nil {
		var none T
		return none, err
	}
	a.mu.Lock()
	v, ok := a.of[key]
	a.mu.Unlock()
	if ok {
		return v, nil
	}
	if v, err = find(); err != nil {
		return v, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.of) >= heldMost { // periods that somebody asked about once
		clear(a.of)
	}
	a.of[key] = v
	return v, nil
}

// under returns which units lay under which ancestor at any time of a period, each
// pair once. How is reachOf or reachOfChildren.
func (x *Index) under(ctx context.Context, q db.Queryer, how *db.Stmt, u actor.UnitID, p Period) ([]lying, error) {
	return hold(ctx, q, &x.holding().reach, reachKey{how, u, p.From, p.To}, func() ([]lying, error) {
		return db.All(ctx, q, how, func(r db.Scanner) (l lying, err error) {
			err = r.Scan(&l.ancestor, &l.below)
			return l, err
		}, string(u), p.From, p.To)
	})
}

// entered sums what was entered for each unit and metric in a period.
func (x *Index) entered(ctx context.Context, q db.Queryer, p Period) (byHand, error) {
	return hold(ctx, q, &x.holding().hand, p, func() (byHand, error) { return entered(ctx, q, p) })
}

// closedAt returns the ledger that was kept of a period at a moment, which read
// reads the first time.
func (x *Index) closedAt(q db.Queryer, p Period, at moment.Instant, read func() (*ledger, error)) (*ledger, error) {
	h := x.holding()
	h.mu.Lock()
	l := h.closed[p]
	h.mu.Unlock()
	if l != nil && l.closed == at {
		return l, nil
	}
	l, err := read()
	if _, writing := q.(*db.Tx); err != nil || writing {
		return l, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed == nil || len(h.closed) >= heldMost {
		h.closed = map[Period]*ledger{}
	}
	h.closed[p] = l
	return l, nil
}
