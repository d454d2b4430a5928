package dossier

import (
	"cmp"
	"context"
	"slices"
	"time"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/unit"
)

// TurnBoard is what a waiting room's screen shows of today.
type TurnBoard struct {
	Now    moment.Instant
	Called []Turn // at the desks, the last called first
	Waits  []TurnWaits
}

// TurnWaits is how many wait for a kind.
type TurnWaits struct {
	TurnKind
	Count int
}

// TurnBoard reads the screen of a unit. Everybody may: it has no personal value.
func (k *Desk) TurnBoard(ctx context.Context, q db.Queryer, u unit.ID) (TurnBoard, error) {
	b := TurnBoard{Now: k.DB.Now()}
	kinds, err := k.TurnKinds(ctx, q, u)
	if err != nil {
		return b, err
	}
	all, err := k.turnsOf(ctx, q, u, b.Now.Date())
	count := map[string]int{}
	for _, t := range all {
		switch t.State(b.Now.Date()) {
		case TurnWaiting:
			count[t.WaitsFor]++
		case TurnCalled, TurnServed:
			b.Called = append(b.Called, t)
		}
	}
	slices.SortStableFunc(b.Called, func(x, y Turn) int { return cmp.Compare(y.Recalled, x.Recalled) })
	for _, x := range kinds {
		b.Waits = append(b.Waits, TurnWaits{x, count[x.ID]})
	}
	return b, err
}

// A TurnSum adds numbers up.
type TurnSum struct {
	Taken  int
	Served int
	Missed int
	Left   int // the day ended first
	Called int // at least once: of whom Waited is known
	Waited time.Duration
}

func (s *TurnSum) add(t Turn, today moment.Date) {
	s.Taken++
	switch t.State(today) {
	case TurnServed:
		s.Served++
	case TurnMissed:
		s.Missed++
	case TurnLeft:
		s.Left++
	}
	if t.Called != 0 {
		s.Called++
		s.Waited += t.Wait(t.Called)
	}
}

// Mean is the mean wait of those who were called; 0 when nobody was.
func (s TurnSum) Mean() time.Duration {
	if s.Called == 0 {
		return 0
	}
	return s.Waited / time.Duration(s.Called)
}

// A TurnDay is a unit's queue of one day, for its officers.
type TurnDay struct {
	Day     moment.Date
	Now     moment.Instant
	Kinds   []TurnKind // those in use, and those that had numbers
	Waiting []Turn     // in the order in which they are called
	Called  []Turn     // at a desk now
	Total   TurnSum
	ByKind  map[string]TurnSum // by the kind whose number it is
	ByHour  [24]TurnSum        // by the hour in which it was taken
}

// Longest is the longest wait of those who wait and were never called.
func (d TurnDay) Longest() time.Duration {
	var out time.Duration
	for _, t := range d.Waiting {
		if t.Called == 0 {
			out = max(out, t.Wait(d.Now))
		}
	}
	return out
}

// Name names a kind of the day.
func (d TurnDay) Name(kind string) string {
	for _, x := range d.Kinds {
		if x.ID == kind {
			return x.Name
		}
	}
	return ""
}

// TurnDay reads a unit's queue of a day; day 0 is today.
func (k *Desk) TurnDay(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID, day moment.Date) (TurnDay, error) {
	d := TurnDay{Day: day, Now: k.DB.Now(), ByKind: map[string]TurnSum{}}
	if err := k.Guard.Check(ctx, q, a, auth.CounterRead, u); err != nil {
		return d, err
	}
	today := d.Now.Date()
	if d.Day == 0 {
		d.Day = today
	}
	all, err := k.turnsOf(ctx, q, u, d.Day)
	if err != nil {
		return d, err
	}
	for _, t := range all {
		switch t.State(today) {
		case TurnWaiting:
			d.Waiting = append(d.Waiting, t)
		case TurnCalled:
			d.Called = append(d.Called, t)
		}
		d.Total.add(t, today)
		s := d.ByKind[t.Kind]
		s.add(t, today)
		d.ByKind[t.Kind] = s
		d.ByHour[t.Taken.SecondOfDay()/3600].add(t, today)
	}
	kinds, err := allTurnKinds(ctx, q, u)
	for _, x := range kinds {
		if x.Ended == 0 || d.ByKind[x.ID].Taken > 0 {
			d.Kinds = append(d.Kinds, x)
		}
	}
	return d, err
}
