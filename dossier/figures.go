package dossier

import (
	"cchc/base/moment"
	"cchc/procedure"
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

	// What form 07a/BTP adds. OnlineFull, OnlinePartial, OnlineUnknown and
	// NotAccepted are counted when the question asks for Detail.
	OnlineFull     int64 // of (4): the procedure is online in full (toàn trình)
	OnlinePartial  int64 // of (4): in part (một phần)
	OnlineUnknown  int64 // of (4): the catalogue doesn't say, or says not at all
	NonTerritorial int64 // of (4) and (5): received for a body of another place (phi địa giới)
	NoApology      int64 // of (10) and (13): nobody apologised
	NotAccepted    int64 // refused at the door in the period; in no other column
	Refused        int64 // of (7)
	Stopped        int64 // of (7)
	Withdrawn      int64 // of (7)
	Obliged        int64 // of (3): with a financial obligation
	PaidOnline     int64 // of these: paid online
}

// Columns are all figures, in the order of the forms.
var Columns = []Column{
	"received", "online", "other", "carried", "resolved", "early", "on_time", "late", "in_progress", "in_time", "overdue",
	"returned", "paused", "moved_in", "moved_out", "apologised", "kept_promise", "no_due",
	"online_full", "online_partial", "online_unknown", "non_territorial", "no_apology", "not_accepted", "refused", "stopped",
	"withdrawn", "obliged", "paid_online",
}

// at is where a column's figure stands; nil for a column that is none.
func (r *II06a) at(c Column) *int64 {
	switch c {
	case "received":
		return &r.Received
	case "online":
		return &r.Online
	case "other":
		return &r.Other
	case "carried":
		return &r.Carried
	case "resolved":
		return &r.Resolved
	case "early":
		return &r.Early
	case "on_time":
		return &r.OnTime
	case "late":
		return &r.Late
	case "in_progress":
		return &r.InProgress
	case "in_time":
		return &r.InTime
	case "overdue":
		return &r.Overdue
	case "returned":
		return &r.Returned
	case "paused":
		return &r.Paused
	case "moved_in":
		return &r.MovedIn
	case "moved_out":
		return &r.MovedOut
	case "apologised":
		return &r.Apologised
	case "kept_promise":
		return &r.KeptPromise
	case "no_due":
		return &r.NoDue
	case "online_full":
		return &r.OnlineFull
	case "online_partial":
		return &r.OnlinePartial
	case "online_unknown":
		return &r.OnlineUnknown
	case "non_territorial":
		return &r.NonTerritorial
	case "no_apology":
		return &r.NoApology
	case "not_accepted":
		return &r.NotAccepted
	case "refused":
		return &r.Refused
	case "stopped":
		return &r.Stopped
	case "withdrawn":
		return &r.Withdrawn
	case "obliged":
		return &r.Obliged
	case "paid_online":
		return &r.PaidOnline
	}
	return nil
}

// At returns the figure of a column, 0 for a column that is none.
func (r II06a) At(c Column) int64 {
	if p := r.at(c); p != nil {
		return *p
	}
	return 0
}

// Add sums two rows: how children make their parent.
func (r *II06a) Add(o II06a) {
	for _, c := range Columns {
		*r.at(c) += o.At(c)
	}
}

// A Column names a figure of the form, for opening it to its list.
type Column string

// A standing is what the figures ask of a dossier whatever the unit: so much of
// it as one number holds, for those that are alike to be counted together.
type standing uint32

const (
	isRefusedAtDoor standing = 1 << iota // not accepted, in the period; nothing else holds then
	isNew                                // accepted in the period, else carried over
	isOnline
	isOnlineFull
	isOnlinePartial
	isElsewhere // not territorial
	isWithoutDue
	isObliged
	isPaidOnline
	isEnded
	isEarly
	isOnTime // neither early nor on time is late
	isRefused
	isWithdrawn
	isStopped
	isApologised
	isPromiseKept
	isPaused
	isOverdueThen
)

// A place is where a dossier was: who promised, who answers for it, and how it
// came there.
type place struct {
	unit, promised unit.ID
	moves          []move
}

func (s *State) place() place { return place{s.Unit, s.Promised, s.moves} }

// ownerOn returns the unit that answered for the dossier when a day began.
func (p *place) ownerOn(day moment.Date) unit.ID {
	owner := p.promised
	for _, m := range p.moves {
		if m.day < day {
			owner = m.to
		}
	}
	return owner
}

// standing looks at the case once for all units.
func (c *Case) standing(s *span) standing {
	var out standing
	set := func(on bool, bit standing) {
		if on {
			out |= bit
		}
	}
	if c.AcceptedAt == 0 {
		set(s.within(c.NotAccepted.Date()) && c.End != EndVoided, isRefusedAtDoor) // void: it was no refusal
		return out
	}
	set(s.within(c.AcceptedAt.Date()), isNew)
	if c.Channel == Online {
		out |= isOnline
		set(c.Level == procedure.Full, isOnlineFull)
		set(c.Level == procedure.Partial, isOnlinePartial)
	}
	set(!c.Territorial, isElsewhere)
	set(c.Due == 0, isWithoutDue)
	set(c.Marks&Obliged != 0, isObliged)
	set(c.Marks&PaidOnline != 0, isPaidOnline)
	set(c.Apology != 0, isApologised)
	if c.Ended == 0 {
		set(c.Waiting != "", isPaused)
		set(c.Overdue(s.asOf), isOverdueThen)
		return out
	}
	out |= isEnded
	switch c.Verdict() {
	case Early:
		out |= isEarly
	case OnTime:
		out |= isOnTime
	}
	set(c.End == EndRefused, isRefused)
	set(c.End == EndWithdrawn, isWithdrawn)
	set(c.End == EndStopped, isStopped)
	set(c.Apology != 0 && c.KeptPromise(), isPromiseKept)
	return out
}

// columnsOf calls hit for every column that a case counts in.
func (c *Case) columnsOf(s *span, hit func(Column)) {
	p := c.place()
	c.standing(s).columns(&p, s, hit)
}

// columns calls hit for every column that a dossier of the standing and place
// counts in.
func (x standing) columns(p *place, s *span, hit func(Column)) {
	has := func(bit standing) bool { return x&bit != 0 }
	if has(isRefusedAtDoor) {
		if s.has(p.unit) {
			hit("not_accepted")
		}
		return
	}
	received := false
	if has(isNew) {
		if s.has(p.promised) {
			received = true
			if has(isOnline) {
				hit("online")
				switch {
				case has(isOnlineFull):
					hit("online_full")
				case has(isOnlinePartial):
					hit("online_partial")
				default:
					hit("online_unknown")
				}
			} else {
				hit("other")
			}
			if has(isElsewhere) {
				hit("non_territorial")
			}
		}
	} else if s.has(p.ownerOn(s.from)) {
		received = true
		hit("carried")
	}
	// However often it went to and fro, it came in once and went out once.
	if !received {
		for _, m := range p.moves {
			if s.within(m.day) && s.has(m.to) {
				received = true
				hit("moved_in")
				break
			}
		}
	}
	if received && !s.has(p.unit) {
		hit("moved_out")
	}
	if received {
		hit("received")
		if has(isWithoutDue) {
			hit("no_due")
		}
		if has(isObliged) {
			hit("obliged")
			if has(isPaidOnline) {
				hit("paid_online")
			}
		}
	}
	if !s.has(p.unit) {
		return
	}
	late := func() {
		if has(isApologised) {
			hit("apologised")
		} else {
			hit("no_apology")
		}
		if has(isPromiseKept) {
			hit("kept_promise")
		}
	}
	if has(isEnded) {
		hit("resolved")
		if has(isRefused | isWithdrawn | isStopped) {
			hit("returned")
		}
		switch {
		case has(isRefused):
			hit("refused")
		case has(isWithdrawn):
			hit("withdrawn")
		case has(isStopped):
			hit("stopped")
		}
		switch {
		case has(isEarly):
			hit("early")
		case has(isOnTime):
			hit("on_time")
		default:
			hit("late")
			late()
		}
		return
	}
	hit("in_progress")
	if has(isPaused) {
		hit("paused")
	}
	if !has(isOverdueThen) {
		hit("in_time")
		return
	}
	hit("overdue")
	late()
}
