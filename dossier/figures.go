package dossier

import "cchc/procedure"

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

// columnsOf calls hit for every column that a case counts in.
func (c *Case) columnsOf(s *span, hit func(Column)) {
	if c.AcceptedAt == 0 {
		if s.has(c.Unit) && s.within(c.NotAccepted.Date()) && c.End != EndVoided { // void: it was no refusal
			hit("not_accepted")
		}
		return
	}
	received := false
	if s.within(c.AcceptedAt.Date()) {
		if s.has(c.Promised) {
			received = true
			if c.Channel == Online {
				hit("online")
				switch c.Level {
				case procedure.Full:
					hit("online_full")
				case procedure.Partial:
					hit("online_partial")
				default:
					hit("online_unknown")
				}
			} else {
				hit("other")
			}
			if !c.Territorial {
				hit("non_territorial")
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
		if c.Marks&Obliged != 0 {
			hit("obliged")
			if c.Marks&PaidOnline != 0 {
				hit("paid_online")
			}
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
			hit(Column(c.End)) // the columns have the names of the ends
		}
		switch {
		case v == Late && c.Apology != 0:
			hit("apologised")
			if c.KeptPromise() {
				hit("kept_promise")
			}
		case v == Late:
			hit("no_apology")
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
	} else {
		hit("no_apology")
	}
}
