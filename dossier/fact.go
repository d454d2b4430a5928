package dossier

import (
	"cmp"
	"math"
	"slices"

	"cchc/base/moment"
	"cchc/calendar"
	"cchc/unit"
)

// FactKind names what happened.
type FactKind string

const (
	FRegistered  FactKind = "registered"          // the dossier arrived (1)
	FAccepted    FactKind = "accepted"            // it was accepted (2): Unit promises, Due is the promise
	FNotAccepted FactKind = "not_accepted"        // refused at the door (3)
	FAsked       FactKind = "supplement_asked"    // papers asked for (5); How is the stop's kind
	FSupplied    FactKind = "supplement_received" // the papers came; Due as it is from now on
	FObliged     FactKind = "obligation_asked"    // a financial obligation (6)
	FDischarged  FactKind = "obligation_met"      // it was met; Due
	FPaused      FactKind = "paused"              // survey, outside opinion, notice board, force majeure: How
	FResumed     FactKind = "resumed"             // Due
	FDueMoved    FactKind = "due_moved"           // extension or a change of calendar; Due, How says which
	FMaximum     FactKind = "due_maximum"         // no due date is known: Due is the procedure's maximum
	FWithdrawal  FactKind = "withdrawal_asked"    // the applicant wants it back (7)
	FKept        FactKind = "withdrawal_declined" // the applicant changed their mind, or it was too late
	FWithdrawn   FactKind = "withdrawn"           // confirmed (8)
	FStopped     FactKind = "stopped"             // the body stopped it (8), form 05
	FFinished    FactKind = "finished"            // resolved (9)
	FRefused     FactKind = "refused"             // resolved by a refusal (9), form 03
	FReturned    FactKind = "returned"            // handed over (10); How: counter, post, online
	FApologised  FactKind = "apologised"          // form 04; Due is the new promise
	FTransferred FactKind = "transferred"         // a merger or split moved it to Unit
	FStep        FactKind = "step"                // How: forwarded, sent_back, claimed, consulted, answered
	FMarked      FactKind = "marked"              // How is the mark; Qty 1 sets, 0 clears
	FPaid        FactKind = "paid"                // How is the channel, Qty the đồng
	FRated       FactKind = "rated"               // Qty 1 to 5
	FExplained   FactKind = "rating_reason"       // the applicant's words to their rating
	FComplained  FactKind = "complained"          // a complaint or dislike outside the rating
	FReversed    FactKind = "complaint_reversed"  // it was disproved, with a reason
	FCorrected   FactKind = "corrected"           // Ref is the fact that was entered by mistake
	FVoided      FactKind = "voided"              // the whole receipt was a mistake
)

// Marks are yes-or-no properties that the service index counts.
type Marks int

const (
	EResult      Marks = 1 << iota // the result exists in electronic form
	Digitised                      // all its papers are scanned, reused or from a store
	Reused                         // at least one paper was reused, or came from a store
	Population                     // the applicant's data came from the population database
	Synced                         // the result was pushed to the citizen's personal store
	Obliged                        // it carries a financial obligation
	PaidOnline                     // the obligation was paid online
	Disliked                       // complained of, or rated 1 or 2
	Posted                         // the result was handed over by public post (BCCI)
	EnteredLater                   // its acceptance was entered on a later day than it happened
)

// markNames are how facts and files write the marks.
var markNames = map[string]Marks{
	"e_result": EResult, "digitised": Digitised, "reused": Reused, "population": Population,
	"synced": Synced, "obliged": Obliged, "paid_online": PaidOnline,
}

// A Fact is one thing that happened to a dossier. Facts are only ever added; one
// entered by mistake is voided by a later one of kind FCorrected.
type Fact struct {
	Seq      int
	Kind     FactKind
	At       moment.Instant // when it happened
	Recorded moment.Instant // when it was entered
	Account  string
	Behalf   string // account in whose place it was done, or ""
	Unit     unit.ID
	Due      moment.Instant
	How      string
	Qty      int64
	Ref      int
	Reason   string
	Document string
}

// Ended kinds.
const (
	EndFinished  = "finished"
	EndRefused   = "refused"
	EndWithdrawn = "withdrawn"
	EndStopped   = "stopped"
	EndVoided    = "voided"   // received by mistake: it never counted; Ended stays zero
	EndReturned  = "returned" // handed over without having been marked finished
)

// What a dossier can wait for while its clock stands still.
const (
	ForSupplement = "supplement"
	ForObligation = "obligation"
	ForOther      = "pause"
)

// State is what follows from a dossier's facts as of a moment.
type State struct {
	Unit         unit.ID // who answers for it
	Promised     unit.ID // who promised: the receiving one-stop
	RegisteredAt moment.Instant
	AcceptedAt   moment.Instant
	NotAccepted  moment.Instant
	Voided       moment.Instant // received by mistake; in what Fold returns, not in rows, where End says it
	Started      moment.Instant // first step forwarded or claimed
	Ended        moment.Instant
	End          string
	Returned     moment.Instant
	DueOriginal  moment.Instant // the promise at receipt (due_original)
	Due          moment.Instant // due_current; zero when it has none
	DueMaximum   moment.Instant // the procedure's maximum, for the service index, when there is no due date
	DuePromised  moment.Instant // an apology's new date; never the statistical one
	Waiting      string         // what the clock waits for, or ""
	WaitingSince moment.Instant
	WaitingLate  bool // it was overdue already when the clock stopped
	Supplements  int  // requests made during processing
	AskedBefore  int  // requests made before acceptance
	Withdrawal   moment.Instant
	Apology      moment.Instant
	Marks        Marks
	Rating       int
	Transfers    int
	ByInstant    bool // hour limits are judged by instant, all others by date
	LastAt       moment.Instant
	LastRecorded moment.Instant

	complained, reversed bool
	moves                []move
	askedAgain           moment.Instant // the second request for papers during processing
}

// A move is a change of the unit that answers for the dossier.
type move struct {
	day      moment.Date
	from, to unit.ID
}

// Fold returns the state that follows from facts that had happened by asOf and
// were known by knownAt; zero moments mean "whatever is there". byInstant tells
// whether the dossier's limit is in hours.
func Fold(facts []Fact, byInstant bool, asOf, knownAt moment.Instant) State {
	s := State{ByInstant: byInstant}
	void := voidedBy(facts, knownAt)
	ordered := facts
	if !slices.IsSortedFunc(facts, byTime) {
		ordered = slices.Clone(facts)
		slices.SortStableFunc(ordered, byTime)
	}
	for _, f := range ordered {
		if (asOf != 0 && f.At > asOf) || (knownAt != 0 && f.Recorded > knownAt) {
			continue
		}
		s.LastAt = max(s.LastAt, f.At)
		s.LastRecorded = max(s.LastRecorded, f.Recorded)
		if !void[f.Seq] {
			s.add(f)
		}
	}
	return s
}

// voided returns the facts that a correction took back.
func voided(facts []Fact) map[int]bool {
	return voidedBy(facts, 0)
}

// voidedBy returns what counts for nothing by what was known at a moment (zero:
// now). A receipt by mistake leaves of a dossier that it arrived, and where it
// is.
func voidedBy(facts []Fact, knownAt moment.Instant) map[int]bool {
	void := map[int]bool{}
	for _, f := range facts {
		if knownAt != 0 && f.Recorded > knownAt {
			continue
		}
		switch f.Kind {
		case FCorrected:
			void[f.Ref] = true
		case FVoided:
			for _, x := range facts {
				if x.Seq < f.Seq && x.Kind != FRegistered && x.Kind != FTransferred {
					void[x.Seq] = true
				}
			}
		}
	}
	return void
}

func byTime(a, b Fact) int {
	if c := cmp.Compare(a.At, b.At); c != 0 {
		return c
	}
	return cmp.Compare(a.Seq, b.Seq)
}

func (s *State) add(f Fact) {
	switch f.Kind {
	case FRegistered:
		s.RegisteredAt, s.Unit, s.Promised = f.At, f.Unit, f.Unit
	case FAccepted:
		s.AcceptedAt, s.Unit, s.Promised = f.At, f.Unit, f.Unit
		if s.RegisteredAt == 0 {
			s.RegisteredAt = f.At
		}
		s.DueOriginal, s.Due = f.Due, f.Due
		s.Waiting, s.WaitingSince = "", 0
		if s.Marks &^= EnteredLater; f.Recorded != 0 && f.Recorded.Date() > f.At.Date() {
			s.Marks |= EnteredLater
		}
	case FNotAccepted:
		s.NotAccepted = f.At
		s.Waiting, s.WaitingSince = "", 0
	case FAsked:
		if s.AcceptedAt == 0 {
			s.AskedBefore++
		} else {
			if s.Supplements++; s.Supplements == 2 {
				s.askedAgain = f.At
			}
		}
		s.wait(ForSupplement, f.At)
	case FObliged:
		s.Marks |= Obliged
		s.wait(ForObligation, f.At)
	case FPaused:
		s.wait(ForOther, f.At)
	case FSupplied, FDischarged, FResumed:
		s.Waiting, s.WaitingSince, s.WaitingLate = "", 0, false
		if f.Due != 0 {
			s.Due = f.Due
		}
	case FDueMoved:
		s.Due = f.Due
	case FMaximum:
		s.DueMaximum = f.Due
	case FWithdrawal:
		s.Withdrawal = f.At
	case FKept:
		s.Withdrawal = 0
	case FWithdrawn:
		s.endStill(f, EndWithdrawn)
	case FStopped:
		s.endStill(f, EndStopped)
	case FFinished:
		s.end(f.At, EndFinished)
	case FRefused:
		s.endStill(f, EndRefused)
	case FReturned:
		s.Returned = f.At
		if s.Marks &^= Posted; f.How == ByPost {
			s.Marks |= Posted
		}
		if s.Ended == 0 {
			s.end(f.At, EndReturned)
		}
	case FApologised:
		s.Apology, s.DuePromised = f.At, f.Due
	case FVoided:
		s.NotAccepted, s.Voided, s.End = f.At, f.At, EndVoided
	case FTransferred:
		if s.AcceptedAt != 0 { // what nobody accepted yet is in no unit's statistics
			s.moves = append(s.moves, move{f.At.Date(), s.Unit, f.Unit})
		}
		s.Unit = f.Unit
		s.Transfers++
	case FStep:
		if s.Started == 0 && (f.How == "forwarded" || f.How == "claimed") {
			s.Started = f.At
		}
	case FMarked:
		if m := markNames[f.How]; f.Qty != 0 {
			s.Marks |= m
		} else {
			s.Marks &^= m
		}
	case FPaid:
		if f.How != "cash" {
			s.Marks |= PaidOnline
		}
	case FRated:
		s.Rating = int(f.Qty)
	case FComplained:
		s.complained, s.reversed = true, false
	case FReversed:
		s.reversed = true
	}
	// A complaint that was disproved no longer counts, nor does the low rating
	// that made it.
	if (s.complained || (s.Rating > 0 && s.Rating <= 2)) && !s.reversed {
		s.Marks |= Disliked
	} else {
		s.Marks &^= Disliked
	}
}

func (s *State) wait(what string, at moment.Instant) {
	s.WaitingLate = s.AcceptedAt != 0 && s.lateBy(at)
	s.Waiting, s.WaitingSince = what, at
}

// endStill ends a dossier that may still be waiting: the time that it waited does
// not make it late, so the fact carries the due date with that time added.
func (s *State) endStill(f Fact, how string) {
	if s.Waiting != "" && f.Due != 0 {
		s.Due = f.Due
	}
	s.end(f.At, how)
}

func (s *State) end(at moment.Instant, how string) {
	s.Ended, s.End = at, how
	s.Waiting, s.WaitingSince, s.WaitingLate = "", 0, false
}

// Status returns the national status. A withdrawal that is asked for outranks
// what the dossier waits for; what has ended outranks both.
func (s State) Status() Status {
	switch {
	case s.Returned != 0:
		return HandedOver
	case s.End == EndStopped || s.End == EndWithdrawn:
		return Stopped
	case s.Ended != 0:
		return Finished
	case s.NotAccepted != 0:
		return NotAccepted
	case s.Withdrawal != 0:
		return Withdrawing
	case s.Waiting == ForSupplement:
		return Supplement
	case s.Waiting == ForObligation:
		return Obligation
	case s.AcceptedAt == 0:
		return Registered
	case s.Started == 0 && s.Waiting == "":
		return Accepted
	}
	return InProgress
}

// IsOpen reports whether the dossier was accepted and has not ended.
func (s State) IsOpen() bool { return s.AcceptedAt != 0 && s.Ended == 0 }

// lateBy reports whether something that happens at t is late: by date, or by
// instant when the limit is in hours. A dossier without a due date is never in
// time: it is an error of configuration, not a promise kept.
func (s State) lateBy(t moment.Instant) bool { return t >= s.lateFrom() }

// lateFrom is the first moment at which something that happens is late.
func (s State) lateFrom() moment.Instant {
	switch {
	case s.Due == 0:
		return math.MinInt64
	case s.ByInstant:
		return s.Due + 1
	}
	return s.Due.Date().AddDays(1).Start()
}

// Overdue reports whether the open dossier is overdue at t (quá hạn). While its
// clock stands still it is overdue only if it was so when the clock stopped.
func (s State) Overdue(t moment.Instant) bool { return s.IsOpen() && t >= s.overdueFrom() }

// overdueFrom is the moment from which the open dossier is overdue.
func (s State) overdueFrom() moment.Instant {
	switch {
	case s.Waiting == "":
		return s.lateFrom()
	case s.WaitingLate:
		return math.MinInt64
	}
	return math.MaxInt64
}

// Verdict returns how the dossier ended, or Open. Source: early, on time and
// late by date against the due date then in force (form II.06a, columns 8–10).
func (s State) Verdict() Verdict {
	if s.Ended == 0 || s.AcceptedAt == 0 {
		return Open
	}
	switch {
	case s.lateBy(s.Ended):
		return Late
	case s.ByInstant && s.Ended == s.Due, !s.ByInstant && s.Ended.Date() == s.Due.Date():
		return OnTime
	}
	return Early
}

// Timed returns the day on which the service index holds the dossier to have
// ended, and whether in time; day is zero while it has not. One supplement that
// is waited for: the day of the request. More than one: late. Source: QĐ
// 766/QĐ-TTg, progress group, rules of ON_TIME_RATE.
func (s State) Timed() (day moment.Date, ok bool) {
	switch {
	case s.AcceptedAt == 0:
		return 0, false
	case s.Ended != 0:
		return s.Ended.Date(), s.Supplements <= 1 && !s.indexed().lateBy(s.Ended)
	case s.Waiting == ForSupplement && s.Supplements == 1:
		return s.WaitingSince.Date(), !s.WaitingLate
	}
	return 0, false
}

// IndexLate reports whether the service index counts the open dossier as late at
// t: it is overdue then, and not held to have ended.
func (s State) IndexLate(t moment.Instant) bool {
	if day, _ := s.Timed(); day != 0 || !s.IsOpen() {
		return false
	}
	return s.indexed().Overdue(t)
}

// indexed is the state as the service index sees it: without a due date, the
// procedure's maximum stands in.
func (s State) indexed() State {
	if s.Due == 0 {
		s.Due = s.DueMaximum
	}
	return s
}

// Stops returns the intervals during which the clock stood still during
// processing, in order: what calendar.Project wants.
func Stops(facts []Fact) []calendar.Stop {
	void := voided(facts)
	ordered := slices.Clone(facts)
	slices.SortStableFunc(ordered, byTime)
	var out []calendar.Stop
	accepted, open := false, -1
	for _, f := range ordered {
		if void[f.Seq] {
			continue
		}
		switch f.Kind {
		case FAccepted:
			accepted = true
		case FAsked, FObliged, FPaused:
			if !accepted {
				continue
			}
			stop := calendar.Stop{As: calendar.StopKind(cmp.Or(f.How, string(calendar.Pause))), From: f.At,
				Kind: string(f.Kind), Reason: f.Reason, Document: f.Document}
			if stop.As == calendar.Extend {
				stop.Extra.Qty = calendar.Quantity(f.Qty)
			}
			out = append(out, stop)
			open = len(out) - 1
		case FSupplied, FDischarged, FResumed, FWithdrawn, FStopped, FFinished, FRefused:
			if open >= 0 {
				out[open].To = f.At
				open = -1
			}
		}
	}
	return out
}
