package dossier

import (
	"context"
	"fmt"
	"sync"
	"time"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/unit"
)

// The dossiers behind a figure are found once, as known at a moment: what was
// found never changes, so pages, sorts and files read it from memory.

// FigureMost is how many rows a figure's list has at most; a longer one is told by
// its parts.
const FigureMost = 200_000

const (
	figureRows = 400_000          // rows of all lists that are kept
	figureTime = 15 * time.Minute // after which one that nobody reads is dropped
)

// A Listed is a dossier in the list of a figure, as it stood at the end of the
// period: what the list shows, and no more.
type Listed struct {
	ID, Code   string
	System     string
	Procedure  string
	Sector     string
	Unit       unit.ID // where the figure counts it
	Channel    Channel
	Registered moment.Instant
	Accepted   moment.Instant
	Due        moment.Instant
	Ended      moment.Instant
	ByInstant  bool
	Waiting    string
	waitedLate bool
	end        string
}

// Case is the dossier as far as the list knows it.
func (l *Listed) Case() Case {
	return Case{ID: l.ID, System: l.System, Code: l.Code, Procedure: l.Procedure, Sector: l.Sector, Channel: l.Channel,
		State: State{Unit: l.Unit, RegisteredAt: l.Registered, AcceptedAt: l.Accepted, Due: l.Due, Ended: l.Ended, End: l.end,
			ByInstant: l.ByInstant, Waiting: l.Waiting, WaitingLate: l.waitedLate}}
}

// Late reports whether it ended late, or was overdue at a moment.
func (l *Listed) Late(asOf moment.Instant) bool {
	c := l.Case()
	return c.Verdict() == Late || c.Overdue(asOf)
}

func listedOf(c *Case, share func(string) string) Listed {
	return Listed{ID: c.ID, Code: c.Code, System: share(c.System), Procedure: share(c.Procedure), Sector: share(c.Sector),
		Unit: unit.ID(share(string(c.Unit))), Channel: Channel(share(string(c.Channel))), Registered: c.RegisteredAt, Accepted: c.AcceptedAt,
		Due: c.Due, Ended: c.Ended, ByInstant: c.ByInstant, Waiting: share(c.Waiting), waitedLate: c.WaitingLate, end: share(c.End)}
}

// figureLists are the lists that are kept.
type figureLists struct {
	mu    sync.Mutex
	slots map[string]*figureSlot
}

type figureSlot struct {
	mu   sync.Mutex // held while the list is made
	rows []Listed
	made bool
	used moment.Instant
}

// slot returns the place of a list, and drops what was not read for long and, when
// there is too much, what was not read longest.
func (f *figureLists) slot(key string, now moment.Instant) *figureSlot {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.slots == nil {
		f.slots = map[string]*figureSlot{}
	}
	for {
		sum, oldest := 0, ""
		for k, s := range f.slots {
			if s.used.Add(figureTime) < now {
				delete(f.slots, k)
				continue
			}
			sum += len(s.rows)
			if oldest == "" || s.used < f.slots[oldest].used {
				oldest = k
			}
		}
		if sum <= figureRows || oldest == key {
			break
		}
		delete(f.slots, oldest)
	}
	s := f.slots[key]
	if s == nil {
		s = &figureSlot{}
		f.slots[key] = s
	}
	s.used = now
	return s
}

// found returns a list that was made before, or makes it. Only what is as known at
// a moment that is past may be asked for.
func (k *Desk) found(key string, read func(add func(c *Case)) error) ([]Listed, error) {
	slot := k.lists.slot(key, k.DB.Now())
	slot.mu.Lock()
	defer slot.mu.Unlock()
	if slot.made {
		return slot.rows, nil
	}
	shared := map[string]string{}
	share := func(s string) string {
		if x, ok := shared[s]; ok {
			return x
		}
		shared[s] = s
		return s
	}
	var rows []Listed
	if err := read(func(c *Case) { rows = append(rows, listedOf(c, share)) }); err != nil {
		return nil, err
	}
	k.lists.mu.Lock()
	slot.rows, slot.made = rows, true
	k.lists.mu.Unlock()
	return rows, nil
}

// A Figure asks for the dossiers behind one figure.
type Figure struct {
	Question // as known at a moment, by which a list is found again; zero is this one
	Column   Column
	Row      string           // names Keep
	Keep     func(*Case) bool // leaves what one line of a report counts; nil keeps all
}

// FigureList returns the dossiers behind a figure, in no order; nobody may change
// what it returns. Errors: fault.Conflict when there are more than FigureMost.
func (k *Desk) FigureList(ctx context.Context, q db.Queryer, a actor.Actor, x Figure) ([]Listed, error) {
	if err := k.Guard.Check(ctx, q, a, auth.ReportRead, x.Unit); err != nil {
		return nil, err
	}
	if x.Known == 0 {
		x.Known = k.DB.Now()
	}
	return k.found(fmt.Sprintf("%+v %s %q", x.Question, x.Column, x.Row), func(add func(*Case)) error {
		n, err := k.kept(ctx, q, &x)
		if err != nil {
			return err
		}
		if n > FigureMost {
			return tooLong
		}
		n = 0
		return k.behind(ctx, q, x.Question, x.Column, func(c *Case) error {
			if x.Keep != nil && !x.Keep(c) {
				return nil
			}
			if n++; n > FigureMost {
				return tooLong
			}
			add(c)
			return nil
		})
	})
}

var tooLong = fault.New(fault.Conflict, "dossier.figure_too_long", "Most", FigureMost)

// kept is what is kept of a figure, to tell beforehand that its list is too long;
// 0 when nothing is.
func (k *Desk) kept(ctx context.Context, q db.Queryer, x *Figure) (int64, error) {
	if x.Keep != nil {
		return 0, nil
	}
	y := x.Question
	if y.Known.Add(time.Hour) > k.DB.Now() {
		y.Known = 0 // near enough
	}
	var n int64
	_, err := k.fromKept(ctx, q, y, ByNothing, func(g *group, s *span) error {
		g.standing.columns(&g.place, s, func(c Column) {
			if c == x.Column {
				n += g.n
			}
		})
		return nil
	})
	return n, err
}

// behind calls fn for the dossiers behind a figure.
func (k *Desk) behind(ctx context.Context, q db.Queryer, x Question, column Column, fn func(c *Case) error) error {
	plain, args := narrow(column)
	return k.casesBy(ctx, q, x, plain, args, func(c *Case, s *span) error {
		hit := false
		c.columnsOf(s, func(col Column) { hit = hit || col == column })
		if !hit {
			return nil
		}
		return fn(c)
	})
}

// narrow are the statements that read what has not changed since the moment asked
// for, with conditions that whatever a column counts of it meets: of those that
// ended late a few are read and not all. What has changed is read whatever the
// column.
func narrow(column Column) ([]*db.Family, db.Args) {
	args := db.Args{}
	switch column {
	case "resolved", "returned", "kept_promise":
		return []*db.Family{casePlainEnded}, args
	case "early", "on_time", "late":
		args["verdict"] = string(column)
		return []*db.Family{casePlainEnded}, args
	case "refused", "stopped", "withdrawn":
		args["end_kind"] = string(column)
		return []*db.Family{casePlainEnded}, args
	case "in_progress", "in_time", "overdue":
		return []*db.Family{casePlainOpen}, args
	case "paused":
		args["waiting_some"] = true
		return []*db.Family{casePlainOpen}, args
	case "moved_in", "moved_out", "not_accepted":
		return nil, args // read in any case
	case "carried":
		args["before"] = true
	case "online", "online_full", "online_partial", "online_unknown", "other", "non_territorial":
		args["new"] = true
	case "no_due":
		args["without_due"] = true
	}
	return []*db.Family{casePlainOpen, casePlainEnded}, args
}
