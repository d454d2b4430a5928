package demo

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"

	"cchc/base/moment"
	"cchc/calendar"
	"cchc/dossier"
	"cchc/procedure"
	"cchc/unit"
)

// A life is one dossier being told: all that would happen to it, of which in the
// end only what is known by the horizon is kept.
type life struct {
	m   *maker
	rng *rand.Rand
	a   arrival
	h   *dossier.History
	err error // the first of many computations

	who      staff
	counter  string // the officer of the one-stop
	handler  string // the specialist
	accepted moment.Instant
	promise  moment.Instant // the due date at acceptance
	due      moment.Instant // as it is now in the telling
	limit    calendar.Limit
	stops    []calendar.Stop
	dues     []moment.Instant // after each stop
	ended    moment.Instant
	late     bool // it is meant to end late
	broken   bool // it ended before its work was done
}

// live tells the dossier of an arrival.
func (m *maker) live(rng *rand.Rand, a arrival) (*dossier.History, error) {
	f := a.office
	code := dossier.Code{Agency: f.Code, Day: a.at.Date()}
	where := f.ID
	if a.at < reform.Start() {
		// It came to the commune that was, which has a code of its own.
		u, err := m.formerly(rng, f, a.at.Date())
		if err != nil {
			return nil, err
		}
		where, code.Agency = u.ID, u.Code
	}
	f.numbers[code.Day]++
	f.months[code.Day.FirstOfMonth()]++
	code.Number = f.numbers[code.Day]
	v := a.offer.v
	found, err := v.Find(a.offer.use, procedure.Channel(a.channel), f.Area)
	if err != nil {
		return nil, err
	}
	l := &life{m: m, rng: rng, a: a, who: f.staff, limit: found.Limit, h: &dossier.History{Dossier: dossier.Dossier{
		ID: newID(rng, a.at), Code: code.String(), ProcedureCode: v.Code, VersionID: v.ID, Sector: v.Sector, CaseCode: a.offer.use,
		Channel: a.channel, ReturnBy: returnBy(rng, a.channel), AreaClass: f.Area, Territorial: !chance(rng, 0.03),
		Convention: m.cal.Convention(), Limit: found.Limit, LimitBasis: found.Basis, StopsAs: cmp.Or(v.StopsAs, calendar.Pause),
		RatingToken: newToken(rng)}}}
	l.counter = f.staff.counter[rng.IntN(2)]
	l.handler = f.staff.people
	if a.offer.field {
		l.handler = f.staff.land
	}
	l.h.Person = applicant(rng, f.commune)
	l.tell(where)
	if l.err != nil {
		return nil, l.err
	}
	l.cut(f.horizon)
	return l.h, nil
}

// formerly picks one of the communes that a commune was formed from.
func (m *maker) formerly(rng *rand.Rand, f *office, d moment.Date) (unit.Unit, error) {
	u, ok := m.former[f.before[rng.IntN(len(f.before))]]
	if !ok {
		return unit.Unit{}, fmt.Errorf("no predecessor of %s on %s", f.Name, d)
	}
	return u, nil
}

func returnBy(rng *rand.Rand, c dossier.Channel) string {
	x := rng.Float64()
	switch {
	case c == dossier.Post || x < 0.05:
		return dossier.ByPost
	case c == dossier.Online && x < 0.72, x < 0.13:
		return dossier.ByOnline
	}
	return dossier.AtCounter
}

// fact adds something that happened.
func (l *life) fact(f dossier.Fact) { l.h.Facts = append(l.h.Facts, f) }

func (l *life) mark(at moment.Instant, account, name string) {
	l.fact(dossier.Fact{Kind: dossier.FMarked, At: at, Account: account, How: name, Qty: 1})
}

// after returns a moment so many working hours later.
func (l *life) after(t moment.Instant, hours float64) moment.Instant {
	at, err := l.m.after(t, hours)
	l.fail(err)
	return at
}

func (l *life) fail(err error) {
	if l.err == nil {
		l.err = err
	}
}

// project moves the due date by the stops so far, as the verbs do.
func (l *life) project() {
	p, err := l.m.cal.Project(l.accepted, l.limit, l.h.Convention, l.stops, l.stops[len(l.stops)-1].To)
	l.fail(err)
	l.due = max(p.Due, l.due)
	l.dues = append(l.dues, l.due)
}

// tell tells everything.
func (l *life) tell(where unit.ID) {
	by := l.counter
	if l.a.channel == dossier.Online {
		by = portal
	}
	l.fact(dossier.Fact{Kind: dossier.FRegistered, At: l.a.at, Account: by, Unit: where})
	l.bring(by)
	if !l.accept() {
		return
	}
	l.work()
	l.finish()
	l.transfer(where)
}

// portal is the account of what comes from the national portal, applicants that
// of ratings.
const (
	portal     = "system:portal"
	applicants = "system:applicant"
)

// accept accepts the dossier: at once at the counter, after a look within the
// working day when it came online or by post. false: it was not accepted.
func (l *life) accept() bool {
	at := l.a.at
	promises := l.a.office.ID
	if l.a.channel != dossier.Direct {
		hours := 0.15 + 3*l.rng.Float64()*l.rng.Float64()
		if chance(l.rng, 0.03) {
			hours += 8 // later than the 8 working hours that the check may take
		}
		at = l.after(at, hours)
		x := l.rng.Float64()
		if x < 0.015 {
			l.fact(dossier.Fact{Kind: dossier.FNotAccepted, At: at, Account: l.counter, Reason: pick(l.rng, declines)})
			return false
		}
		if x < 0.035 {
			// One complete request for papers before the clock starts.
			l.fact(dossier.Fact{Kind: dossier.FAsked, At: at, Account: l.counter, How: string(l.h.StopsAs), Reason: pick(l.rng, asks)})
			at = l.after(at, between(l.rng, 3, 40))
			l.fact(dossier.Fact{Kind: dossier.FSupplied, At: at, Account: l.counter})
			at = l.after(at, between(l.rng, 0.2, 3))
		}
	}
	if l.a.at < reform.Start() && at < reform.Start() {
		promises = l.h.Facts[0].Unit
	}
	due, err := l.m.cal.Due(at, l.limit, "")
	l.fail(err)
	l.accepted, l.promise, l.due = at, due, due
	l.fact(dossier.Fact{Kind: dossier.FAccepted, At: at, Account: l.counter, Unit: promises, Due: due})
	return true
}

// transfer moves a dossier that was open on the day of the reform to the commune
// of today, promise unchanged.
func (l *life) transfer(where unit.ID) {
	if l.a.at >= reform.Start() || where == l.a.office.ID || (l.ended != 0 && l.ended < reform.Start()) {
		return
	}
	l.fact(dossier.Fact{Kind: dossier.FTransferred, At: max(reform.Start(), l.a.at), Account: "system:transfer", Unit: l.a.office.ID,
		Document: illustration})
}

// cut orders the facts, gives each the moment at which it was entered, and keeps
// what is known by the horizon.
func (l *life) cut(horizon moment.Instant) {
	h := l.h
	slices.SortStableFunc(h.Facts, func(a, b dossier.Fact) int { return cmp.Compare(a.At, b.At) })
	slip := -1 // from where on somebody entered it later than it happened
	if chance(l.rng, 0.006) {
		slip = l.rng.IntN(len(h.Facts))
	}
	var recorded moment.Instant
	known := horizon
	for i := range h.Facts {
		f := &h.Facts[i]
		recorded = max(recorded, f.At)
		if i == slip && f.At != l.a.at {
			recorded = l.after(recorded, between(l.rng, 1, 16))
		}
		f.Recorded = recorded
		if recorded > horizon {
			known = min(known, f.At-1)
			h.Facts = h.Facts[:i]
			break
		}
	}
	for i := range h.Steps {
		s := &h.Steps[i]
		if s.Came > known {
			s.Came, s.Done, s.Outcome, s.Account = 0, 0, "", ""
		} else if s.Done > known {
			s.Done, s.Outcome = 0, ""
		}
	}
	l.unmove(known)
	if l.ended == 0 || l.ended > known {
		h.Papers = slices.DeleteFunc(h.Papers, func(p dossier.Paper) bool { return p.Result })
	}
}

// unmove gives the steps that are not done the sub-deadlines that they have while
// the last stops are open or not known.
func (l *life) unmove(known moment.Instant) {
	n := len(l.stops)
	for n > 0 && l.stops[n-1].To > known {
		n--
	}
	if n == len(l.stops) {
		return
	}
	due := l.promise
	if n > 0 {
		due = l.dues[n-1]
	}
	steps := l.plan(due, l.stops[:n])
	for i := range steps {
		if s := &l.h.Steps[i]; s.Done == 0 {
			s.Due = steps[i].Due
		}
	}
}
