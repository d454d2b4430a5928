package demo

import (
	"fmt"
	"math"
	"time"

	"cchc/base/actor"
	"cchc/base/moment"
	"cchc/calendar"
	"cchc/dossier"
)

// work tells what happens between acceptance and the end: papers asked for,
// money to be paid, and when it ends; then the steps through which it went.
func (l *life) work() {
	o := l.a.offer
	days := l.m.hours(l.accepted, l.due) / 8
	askMore := map[bool]float64{false: 0.035, true: 0.11}[o.field]
	if days < 1.5 {
		askMore = 0.004
	}
	if l.h.StopsAs == calendar.Reset {
		askMore = 0.5
	}
	if chance(l.rng, askMore) {
		if !l.supplement(l.accepted) {
			return
		}
		if l.left() > 12 && chance(l.rng, 0.04) && !l.supplement(l.after(l.last(), 2)) {
			return
		}
	}
	if o.v.Obligation && o.field && l.left() > 12 && chance(l.rng, 0.4) {
		l.duty()
	}
	if chance(l.rng, 0.004) {
		l.withdraw()
		return
	}
	l.ended = l.end()
	if l.late {
		l.apologise()
	}
}

// last is when the clock last began to run.
func (l *life) last() moment.Instant {
	if n := len(l.stops); n > 0 {
		return l.stops[n-1].To
	}
	return l.accepted
}

// left is the working time from then to the due date, in hours.
func (l *life) left() float64 { return l.m.hours(l.last(), l.due) }

// soon returns a moment in the first part of what is left, within so many hours.
func (l *life) soon(from moment.Instant, part, most float64) moment.Instant {
	left := l.m.hours(from, l.due)
	return l.after(from, max(0.05, min(left*part, most)*between(l.rng, 0.3, 1)))
}

// supplement asks for papers and tells when they came; false: they never did, and
// the dossier was stopped.
func (l *life) supplement(from moment.Instant) bool {
	at := l.soon(from, 0.5, 24) // within three working days
	reason := pick(l.rng, asks)
	if l.a.offer.field {
		reason = pick(l.rng, fieldAsks)
	}
	l.fact(dossier.Fact{Kind: dossier.FAsked, At: at, Account: l.handler, How: string(l.h.StopsAs), Reason: reason})
	stop := calendar.Stop{As: l.h.StopsAs, From: at}
	if chance(l.rng, 0.06) {
		stop.To = l.after(at, 8*between(l.rng, 22, 30))
		l.stops = append(l.stops, stop)
		l.project()
		l.ended, l.broken = stop.To, true
		l.fact(dossier.Fact{Kind: dossier.FStopped, At: stop.To, Account: l.who.chair, Reason: unsupplied, Due: l.due})
		return false
	}
	stop.To = l.after(at, 2-16*math.Log(1-0.98*l.rng.Float64()))
	l.stops = append(l.stops, stop)
	l.project()
	l.fact(dossier.Fact{Kind: dossier.FSupplied, At: stop.To, Account: l.counter, Due: l.due})
	return true
}

// duty tells the applicant to pay tax and fees for land, and when it was paid.
func (l *life) duty() {
	at := l.soon(l.after(l.last(), 0.5), 0.6, 80)
	l.fact(dossier.Fact{Kind: dossier.FObliged, At: at, Account: l.handler, How: string(calendar.Pause), Reason: pick(l.rng, duties)})
	stop := calendar.Stop{As: calendar.Pause, From: at, To: l.after(at, between(l.rng, 3, 72))}
	l.stops = append(l.stops, stop)
	l.project()
	amount := int64(between(l.rng, 3, 300)) * int64(between(l.rng, 1, 200)) * 1000
	l.pay(stop.To, l.counter, amount, 0.3+0.4*l.progress(at))
	l.fact(dossier.Fact{Kind: dossier.FDischarged, At: stop.To, Account: l.counter, Due: l.due})
}

// withdraw ends the dossier at the applicant's wish.
func (l *life) withdraw() {
	asked := l.soon(l.last(), 0.6, 40)
	l.ended, l.broken = l.after(asked, between(l.rng, 0.3, 2)), true
	l.fact(dossier.Fact{Kind: dossier.FWithdrawal, At: asked, Account: l.counter, Reason: withdrawn})
	l.fact(dossier.Fact{Kind: dossier.FWithdrawn, At: l.ended, Account: l.who.chair})
}

// end draws when the dossier is resolved: somewhere before the due date, or after
// it when it is late; land's lateness is longer.
func (l *life) end() moment.Instant {
	// Not drawn one by one: the chances add up, and each time they reach one a
	// dossier is late, so that the share holds for few dossiers as for many.
	l.m.owed += min(l.m.late*l.a.offer.risk*l.a.office.care, 0.5)
	forced := l.last() >= l.due // the papers came on the last day, when nothing stops any more
	if l.late = forced || l.m.owed >= 1; l.late {
		l.m.owed--
	}
	if forced {
		return l.after(l.last(), between(l.rng, 0.2, 4))
	}
	if l.late {
		mean := 12.0
		if l.a.offer.field {
			mean = 40
		}
		return l.after(l.due, 0.5-mean*math.Log(1-0.995*l.rng.Float64()))
	}
	left := l.left()
	if left < 0.1 {
		return l.last().Add(time.Minute) // still on the due date
	}
	return l.after(l.last(), left*(0.12+0.86*math.Sqrt(l.rng.Float64())))
}

// apologise sends form 04 for a dossier that will be late: most in time, some
// when it is late already, a few never.
func (l *life) apologise() {
	x := l.rng.Float64()
	if x < 0.04 {
		return
	}
	at := l.m.cal.AddWorkingDays(l.due.Date(), -1).At(9*3600 + l.rng.IntN(2*3600))
	if x > 0.85 || at <= l.last() || at.Date() >= l.due.Date() {
		at = l.after(l.due, between(l.rng, 0.2, 6)) // late
	}
	if at >= l.ended {
		return
	}
	until := l.m.cal.Closing(l.m.cal.AddWorkingDays(max(l.due, at).Date(), 2+l.rng.IntN(8)))
	if chance(l.rng, 0.75) {
		until = max(until, l.m.cal.Closing(l.ended.Date()))
	}
	l.fact(dossier.Fact{Kind: dossier.FApologised, At: at, Account: l.counter, Due: until, Reason: pick(l.rng, apologies)})
}

// finish tells how it was resolved and what came after.
func (l *life) finish() {
	nothing := l.broken || l.refused()
	l.walk()
	if l.hand(nothing) {
		l.opinion()
	}
}

// refused adds the resolution; true: it was a refusal.
func (l *life) refused() bool {
	if chance(l.rng, 0.012) {
		l.fact(dossier.Fact{Kind: dossier.FRefused, At: l.ended, Account: l.who.chair, Reason: pick(l.rng, refusals)})
		return true
	}
	grow := l.progress(l.ended)
	doc := fmt.Sprintf("%d/UBND", 1+l.rng.IntN(4000))
	l.fact(dossier.Fact{Kind: dossier.FFinished, At: l.ended, Account: l.counter, Document: doc})
	result := dossier.Paper{Name: l.a.offer.result, Source: "paper", Result: true}
	if chance(l.rng, 0.86+0.12*grow) {
		l.mark(l.ended, l.counter, "e_result")
		result.Source, result.Signed = "scanned", true
		if chance(l.rng, 0.35+0.45*grow) {
			l.mark(l.ended, l.counter, "synced")
		}
	}
	l.h.Papers = append(l.h.Papers, result)
	return false
}

// hand hands the result over, or what takes its place; a few are never collected,
// more where there is no result. false: it was not.
func (l *life) hand(nothing bool) bool {
	how, wait := l.h.ReturnBy, 0.0
	switch how {
	case dossier.ByOnline:
		wait = between(l.rng, 0.02, 0.4)
	case dossier.ByPost:
		wait = between(l.rng, 6, 32)
	default:
		wait = between(l.rng, 0.05, 3)
		if !l.same() {
			wait = -14 * math.Log(1-0.99*l.rng.Float64())
		}
		if chance(l.rng, 0.015) {
			return false
		}
	}
	if nothing && chance(l.rng, 0.3) {
		return false
	}
	tracking := ""
	if how == dossier.ByPost {
		tracking = fmt.Sprintf("MH%09dVN", l.rng.IntN(1_000_000_000))
	}
	l.fact(dossier.Fact{Kind: dossier.FReturned, At: l.after(l.ended, wait), Account: l.counter, How: how, Document: tracking})
	return true
}

// same reports whether the applicant waits at the counter for the result.
func (l *life) same() bool { return l.accepted.Date() == l.ended.Date() }

// opinion adds what the applicant thought of it: ratings mostly good, and a few
// complaints of which some are disproved.
func (l *life) opinion() {
	at := l.after(l.h.Facts[len(l.h.Facts)-1].At, between(l.rng, 0.1, 20))
	good := 0.965
	if l.late {
		good = 0.75
	}
	if chance(l.rng, 0.13) {
		score := 5 - int64(l.rng.IntN(4)/3)
		if !chance(l.rng, good) {
			score = 1 + int64(l.rng.IntN(3))
		}
		l.fact(dossier.Fact{Kind: dossier.FRated, At: at, Account: applicants, Qty: score})
	}
	if chance(l.rng, map[bool]float64{false: 0.001, true: 0.03}[l.late]) {
		l.fact(dossier.Fact{Kind: dossier.FComplained, At: at, Account: l.counter, Reason: pick(l.rng, complaints)})
		if chance(l.rng, 0.4) {
			l.fact(dossier.Fact{Kind: dossier.FReversed, At: l.after(at, between(l.rng, 8, 60)), Account: l.who.chair, Reason: reversals})
		}
	}
}

// walk tells the way through the internal steps: the specialist claims the work
// soon, has it while the clock stands still, and hands it on shortly before the
// end to who signs and who returns it.
func (l *life) walk() {
	plain := l.plan(l.promise, nil)
	steps := plain
	if len(l.stops) > 0 {
		steps = l.plan(l.due, l.stops)
	}
	l.h.Steps = steps
	if len(steps) == 0 {
		return
	}
	first := l.ended
	if len(l.stops) > 0 {
		first = l.stops[0].From
	}
	came := l.accepted
	for i := range steps {
		s := &steps[i]
		s.Came = came
		s.Account = l.holder(s.Role)
		handing := i == 1 && len(steps) > 4 // the hand-out before the specialist
		switch {
		case i == 0:
			s.Done = came
		case handing:
			s.Done = l.within(came, first, 0.02, 0.15)
		case i == len(steps)-1 || l.broken:
			s.Done = l.ended
		default:
			left := float64(len(steps) - 1 - i) // signing and returning take the end
			s.Done = l.within(max(came, l.last()), l.ended, 1-0.16*left, 1-0.04*left)
		}
		if s.Role == string(actor.Specialist) {
			until := min(first, s.Done)
			l.fact(dossier.Fact{Kind: dossier.FStep, At: l.within(came, until, 0.01, 0.25), Account: s.Account, How: "claimed", Qty: int64(s.Ord)})
		}
		if s.Done <= first || len(l.stops) == 0 {
			s.Due = plain[i].Due
		}
		s.Outcome = "forwarded"
		if s.Done == l.ended {
			return
		}
		if i > 0 {
			l.fact(dossier.Fact{Kind: dossier.FStep, At: s.Done, Account: s.Account, How: "forwarded", Qty: int64(s.Ord) + 1})
		}
		came = s.Done
	}
}

// plan returns the steps as they are planned with these stops.
func (l *life) plan(due moment.Instant, stops []calendar.Stop) []dossier.Step {
	steps, err := dossier.PlanSteps(l.m.cal, l.a.offer.v, l.a.offer.use, l.limit, l.accepted, due, stops)
	l.fail(err)
	return steps
}

// holder is whose step it is.
func (l *life) holder(role string) string {
	switch role {
	case string(actor.Specialist):
		return l.handler
	case string(actor.Chairperson):
		return l.who.chair
	}
	return l.counter
}

// within returns a moment between two, by shares of the working time between them.
func (l *life) within(from, to moment.Instant, lo, hi float64) moment.Instant {
	h := l.m.hours(from, to)
	if h < 0.05 || to <= from {
		return from
	}
	return min(l.after(from, h*between(l.rng, max(lo, 0), hi)), to)
}
