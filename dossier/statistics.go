package dossier

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/unit"
)

// II06a is a row of form II.06a (thống kê giải quyết TTHC). Identities: Received
// = Online + Other + Carried + MovedIn; Received = Resolved + InProgress +
// MovedOut; Resolved = Early + OnTime + Late; InProgress = InTime + Overdue.
// Source: Thông tư 01/2020/TT-VPCP, annex, form II.06a; its columns (3) to (13).
type II06a struct {
	Received   int64 // (3)
	Online     int64 // (4) new, online
	Other      int64 // (5) new, direct and by post
	Carried    int64 // (6) carried over
	Resolved   int64 // (7)
	Early      int64 // (8)
	OnTime     int64 // (9)
	Late       int64 // (10)
	InProgress int64 // (11)
	InTime     int64 // (12)
	Overdue    int64 // (13)

	Returned int64 // of (7): refused, withdrawn or stopped
	Paused   int64 // of (11): the clock stands still
	MovedIn  int64 // came from a unit that was merged, split or dissolved
	MovedOut int64 // went to a successor

	Apologised  int64 // of (10) and (13): apologised for
	KeptPromise int64 // of these: ended by the apology's date
	NoDue       int64 // of (3): without a due date, an error of configuration
}

// Add sums two rows: how children make their parent.
func (r *II06a) Add(o II06a) {
	r.Received += o.Received
	r.Online += o.Online
	r.Other += o.Other
	r.Carried += o.Carried
	r.Resolved += o.Resolved
	r.Early += o.Early
	r.OnTime += o.OnTime
	r.Late += o.Late
	r.InProgress += o.InProgress
	r.InTime += o.InTime
	r.Overdue += o.Overdue
	r.Returned += o.Returned
	r.Paused += o.Paused
	r.MovedIn += o.MovedIn
	r.MovedOut += o.MovedOut
	r.Apologised += o.Apologised
	r.KeptPromise += o.KeptPromise
	r.NoDue += o.NoDue
}

// A Column names a figure of the form, for opening it to its list.
type Column string

// columnsOf calls hit for every column that a case counts in.
func (c *Case) columnsOf(s *span, hit func(Column)) {
	received := false
	if s.within(c.AcceptedAt.Date()) {
		if s.has(c.Promised) {
			received = true
			if c.Channel == Online {
				hit("online")
			} else {
				hit("other")
			}
		}
	} else if s.has(c.ownerOn(s.from)) {
		received = true
		hit("carried")
	}
	// However often it went to and fro, it came in once and went out once.
	if !received {
		for _, m := range c.moves {
			if s.within(m.day) && s.has(m.to) {
				received = true
				hit("moved_in")
				break
			}
		}
	}
	if received && !s.has(c.Unit) {
		hit("moved_out")
	}
	if received {
		hit("received")
		if c.Due == 0 {
			hit("no_due")
		}
	}
	if !s.has(c.Unit) {
		return
	}
	if c.Ended != 0 {
		hit("resolved")
		v := c.Verdict()
		hit(Column(v))
		switch c.End {
		case EndRefused, EndWithdrawn, EndStopped:
			hit("returned")
		}
		if v == Late && c.Apology != 0 {
			hit("apologised")
			if c.KeptPromise() {
				hit("kept_promise")
			}
		}
		return
	}
	hit("in_progress")
	if c.Waiting != "" {
		hit("paused")
	}
	if !c.Overdue(s.asOf) {
		hit("in_time")
		return
	}
	hit("overdue")
	if c.Apology != 0 {
		hit("apologised")
	}
}

func (r *II06a) hit(c Column) {
	switch c {
	case "received":
		r.Received++
	case "online":
		r.Online++
	case "other":
		r.Other++
	case "carried":
		r.Carried++
	case "resolved":
		r.Resolved++
	case "early":
		r.Early++
	case "on_time":
		r.OnTime++
	case "late":
		r.Late++
	case "in_progress":
		r.InProgress++
	case "in_time":
		r.InTime++
	case "overdue":
		r.Overdue++
	case "returned":
		r.Returned++
	case "paused":
		r.Paused++
	case "moved_in":
		r.MovedIn++
	case "moved_out":
		r.MovedOut++
	case "apologised":
		r.Apologised++
	case "kept_promise":
		r.KeptPromise++
	case "no_due":
		r.NoDue++
	}
}

// By is how a report is broken down.
type By string

const (
	ByNothing   By = ""
	BySector    By = "sector"
	ByProcedure By = "procedure"
	ByUnit      By = "unit" // each unit by itself; a parent is the sum
)

// A Line is a row of a report with what it is about.
type Line struct {
	Key string // unit id, sector, or code of the procedure; "" for the total
	II06a
}

// Statistics counts form II.06a as of the end of a period, from facts, and as
// known then or now. The first line is the total; the others follow by key.
func (k *Desk) Statistics(ctx context.Context, q db.Queryer, a actor.Actor, x Question, by By) ([]Line, error) {
	if err := k.Guard.Check(ctx, q, a, auth.ReportRead, x.Unit); err != nil {
		return nil, err
	}
	if by == ByUnit {
		return k.byUnit(ctx, q, x)
	}
	total := Line{}
	lines := map[string]*Line{}
	err := k.cases(ctx, q, x, func(c *Case, s *span) error {
		key := c.Sector
		if by == ByProcedure {
			key = c.Procedure
		}
		var line *Line
		c.columnsOf(s, func(col Column) {
			total.hit(col)
			if by == ByNothing {
				return
			}
			if line == nil {
				if line = lines[key]; line == nil {
					line = &Line{Key: key}
					lines[key] = line
				}
			}
			line.hit(col)
		})
		return nil
	})
	out := []Line{total}
	for _, key := range slices.Sorted(maps.Keys(lines)) {
		out = append(out, *lines[key])
	}
	return out, err
}

// byUnit counts each unit within the question by itself. Dossiers that moved
// between two of them count as moved in the rows and not in the total.
func (k *Desk) byUnit(ctx context.Context, q db.Queryer, x Question) ([]Line, error) {
	total := Line{}
	lines := map[unit.ID]*Line{}
	err := k.cases(ctx, q, x, func(c *Case, s *span) error {
		c.columnsOf(s, total.hit)
		seen := []unit.ID{c.Promised}
		for _, m := range c.moves {
			seen = append(seen, m.to)
		}
		slices.Sort(seen)
		for _, u := range slices.Compact(seen) {
			if !s.has(u) {
				continue
			}
			only := *s
			only.units = map[unit.ID]bool{u: true}
			c.columnsOf(&only, func(col Column) {
				if lines[u] == nil {
					lines[u] = &Line{Key: string(u)}
				}
				lines[u].hit(col)
			})
		}
		return nil
	})
	out := []Line{total}
	for _, l := range slices.SortedFunc(maps.Values(lines), func(a, b *Line) int { return cmp.Compare(a.Key, b.Key) }) {
		out = append(out, *l)
	}
	return out, err
}

// Behind returns the dossiers behind a figure of the form, ordered by code: as
// many as the figure says.
func (k *Desk) Behind(ctx context.Context, q db.Queryer, a actor.Actor, x Question, column Column) ([]Case, error) {
	if err := k.Guard.Check(ctx, q, a, auth.ReportRead, x.Unit); err != nil {
		return nil, err
	}
	var out []Case
	err := k.cases(ctx, q, x, func(c *Case, s *span) error {
		hit := false
		c.columnsOf(s, func(col Column) { hit = hit || col == column })
		if hit {
			out = append(out, *c)
		}
		return nil
	})
	sortCases(out)
	return out, err
}

func sortCases(cases []Case) {
	slices.SortFunc(cases, func(a, b Case) int { return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.ID, b.ID)) })
}
