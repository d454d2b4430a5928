package dossier

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"cchc/base/db"
	"cchc/base/moment"
	"cchc/unit"
)

// The figures of a period are kept as they were known at some moment: how many
// dossiers of each procedure were in each place with each standing. As known at a
// moment that is past they can never change, for facts are only added; as known
// now they differ by the dossiers of which something was entered since, and those
// alone are looked at: taken away as they were known then, added as they are.
//
// Of a period that is not over only what had ended is kept. What is open depends
// on the clock and is counted.

// settled is how far back the moment lies up to which all that was entered is
// there: no write takes so long, and clocks of several copies differ by less.
const settled = time.Minute

// wideUnits is how many units a question takes in for its answer to be kept; what
// fewer have is counted as fast as it is found.
const wideUnits = 8

// keptMost is how many periods are kept in memory.
const keptMost = 40

// bringUp is how old kept figures become before they are brought up to date for
// good, and not only for the question.
const bringUp = 10 * time.Minute

// backdated is the epoch of what is brought in as having been entered before.
const backdated = "dossier.backdated"

// A periodKey names what is kept of a period.
type periodKey struct {
	from, to moment.Date
	known    moment.Instant // as known then; 0 is now
}

// A cellKey tells apart what a period's figures are made of; the numbers are
// those of the period's lists.
type cellKey struct {
	place, procedure, sector int32
	standing                 standing
}

// A period is what is kept of one. It is never changed, only replaced.
type period struct {
	periodKey
	upTo       moment.Instant // all that was entered by then is counted, nothing later
	changed    moment.Instant // the upTo with which its cells last changed
	ended      bool           // only of what had ended by then
	rules      string         // by which they were counted
	places     []place
	procedures []string
	sectors    []string
	cells      map[cellKey]int64

	placeAt, procedureAt, sectorAt map[string]int32
}

func newPeriod(key periodKey, upTo moment.Instant, rules string) *period {
	return &period{periodKey: key, upTo: upTo, changed: upTo, ended: upTo < key.to.End() && key.known == 0, rules: rules,
		cells: map[cellKey]int64{}, placeAt: map[string]int32{}, procedureAt: map[string]int32{}, sectorAt: map[string]int32{}}
}

// at returns the span as it was at a moment of knowing.
func (p *period) at(known moment.Instant) *span {
	return &span{from: p.from, to: p.to, asOf: min(p.to.End(), known)}
}

// concerns reports whether a case is one of those that the period keeps.
func (p *period) concerns(c *Case, s *span) bool {
	return (s.underWay(c) || s.refused(c)) && (!p.ended || c.Ended != 0 || c.AcceptedAt == 0)
}

func (p *period) add(c *Case, s *span, n int64) {
	pl := c.place()
	key := cellKey{numberOf(pl.String(), p.placeAt, &p.places, pl), numberOf(c.Procedure, p.procedureAt, &p.procedures, c.Procedure),
		numberOf(c.Sector, p.sectorAt, &p.sectors, c.Sector), c.standing(s)}
	if p.cells[key] += n; p.cells[key] == 0 {
		delete(p.cells, key)
	}
}

func numberOf[T any](name string, at map[string]int32, list *[]T, v T) int32 {
	i, ok := at[name]
	if !ok {
		i = int32(len(*list))
		at[name] = i
		*list = append(*list, v)
	}
	return i
}

// String tells places apart.
func (p *place) String() string {
	var b strings.Builder
	b.WriteString(string(p.unit))
	b.WriteByte('|')
	b.WriteString(string(p.promised))
	for _, m := range p.moves {
		fmt.Fprintf(&b, "|%d,%s,%s", m.day, m.from, m.to)
	}
	return b.String()
}

// clone returns a copy that can be changed.
func (p *period) clone() *period {
	c := *p
	c.places, c.procedures, c.sectors = slices.Clone(p.places), slices.Clone(p.procedures), slices.Clone(p.sectors)
	c.cells, c.placeAt, c.procedureAt, c.sectorAt = maps.Clone(p.cells), maps.Clone(p.placeAt), maps.Clone(p.procedureAt), maps.Clone(p.sectorAt)
	return &c
}

// keptPeriods are the periods in memory.
type keptPeriods struct {
	mu    sync.Mutex
	used  int64
	slots map[periodKey]*periodSlot
	after time.Duration // instead of bringUp, when not zero

	last touchedLast
}

type periodSlot struct {
	mu   sync.Mutex // held while the period is read or counted
	p    *period
	used int64
}

// has reports whether somebody asked for a period.
func (k *keptPeriods) has(key periodKey) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.slots[key] != nil
}

func (k *keptPeriods) drop(key periodKey) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.slots, key)
}

func (k *keptPeriods) slot(key periodKey) *periodSlot {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.slots == nil {
		k.slots = map[periodKey]*periodSlot{}
	}
	s := k.slots[key]
	if s == nil {
		if len(k.slots) >= keptMost {
			var oldest periodKey
			least := k.used + 1
			for key, s := range k.slots {
				if s.used < least {
					oldest, least = key, s.used
				}
			}
			delete(k.slots, oldest)
		}
		s = &periodSlot{}
		k.slots[key] = s
	}
	k.used++
	s.used = k.used
	return s
}

// fromKept answers a wide question from what is kept; false when it cannot.
func (k *Desk) fromKept(ctx context.Context, q db.Queryer, x Question, by By, fn func(g *group, s *span) error) (bool, error) {
	now := k.DB.Now()
	upTo := now.Add(-settled)
	upTo -= upTo % 60_000 // the same for periods that are asked for one after the other
	if _, writing := q.(*db.Tx); writing || x.Officers || by == ByOfficer || x.From > upTo.Date() {
		return false, nil
	}
	if x.Known >= now {
		x.Known = 0
	}
	if x.Known > upTo || x.Known == 0 && x.To.End() <= now && x.To.End() > upTo {
		return false, nil // in the minute in which it closes
	}
	a, err := k.asked(ctx, q, x)
	if err != nil || a.span.units != nil && len(a.span.units) <= wideUnits {
		return false, err
	}
	p, err := k.period(ctx, q, periodKey{x.From, x.To, x.Known}, upTo)
	if err != nil {
		return false, err
	}
	if err := p.answer(x, by, a.span, fn); err != nil || x.Known != 0 {
		return true, err
	}
	a.args["counted"] = true
	tell := func(c *Case, s *span, n int64) error {
		if x.Sector != "" && c.Sector != x.Sector || x.Procedure != "" && c.Procedure != x.Procedure || !x.Detail && c.AcceptedAt == 0 {
			return nil
		}
		cut := *s
		cut.units = a.span.units
		st := c.standing(s)
		if !x.Detail {
			st &^= isOnlineFull | isOnlinePartial
		}
		return fn(&group{place: c.place(), standing: st, key: c.Key(by), n: n}, &cut)
	}
	if err := k.enteredSince(ctx, q, p, 0, tell); err != nil || !p.ended {
		return true, err
	}
	return true, k.openNow(ctx, q, a, func(c *Case, s *span) error { return tell(c, s, c.n) })
}

// openNow calls fn for what is open now and was accepted by the end of a period
// that is not over, in groups.
func (k *Desk) openNow(ctx context.Context, q db.Queryer, a *asked, fn func(c *Case, s *span) error) error {
	levels, _, err := k.periodRules(ctx, q)
	if err != nil {
		return err
	}
	open, err := perUnit(ctx, q, k, fmt.Sprintf("statistics %s %s", a.From, a.To), true, func(q db.Queryer, u unit.ID) (map[unit.ID][]Case, error) {
		now := k.DB.Now()
		out := map[unit.ID][]Case{}
		args := oneUnit(u, db.Args{"as_of": now, "as_of_day": now.Date(), "from": a.From, "to": a.To, "marks": int64(Obliged | PaidOnline),
			"units": true, "by_sector": true, "by_procedure": true, "detail": true})
		args["counted"] = true
		keep := func(c *Case, _ *span) error {
			c.Level = levels[c.Version]
			out[c.Unit] = append(out[c.Unit], *c)
			return nil
		}
		if err := plainCases(ctx, q, caseGroupedOpen, args, a.span, keep); err != nil {
			return nil, err
		}
		// No fact lies in the future, but if one did, this would find it.
		return out, foldedCases(ctx, q, caseChangedOpen, args, a.Question, a.span, a.stillOpen, keep)
	})
	if err != nil {
		return err
	}
	for _, list := range open {
		for i := range list {
			if err := fn(&list[i], a.span); err != nil {
				return err
			}
		}
	}
	return foldedCases(ctx, q, caseMoved, a.args, a.Question, a.span, a.stillOpen, func(c *Case, s *span) error {
		c.Level = levels[c.Version]
		return fn(c, s)
	})
}

func (a *asked) stillOpen(c *Case) bool { return c.Ended == 0 && a.span.underWay(c) }

// answer calls fn for what is kept.
func (p *period) answer(x Question, by By, s *span, fn func(g *group, s *span) error) error {
	for key, n := range p.cells {
		procedure, sector := p.procedures[key.procedure], p.sectors[key.sector]
		if x.Sector != "" && sector != x.Sector || x.Procedure != "" && procedure != x.Procedure {
			continue
		}
		g := group{place: p.places[key.place], standing: key.standing, n: n}
		if !x.Detail {
			if g.standing&isRefusedAtDoor != 0 {
				continue
			}
			g.standing &^= isOnlineFull | isOnlinePartial
		}
		switch by {
		case BySector:
			g.key = sector
		case ByProcedure:
			g.key = procedure
		}
		if err := fn(&g, s); err != nil {
			return err
		}
	}
	return nil
}

// period returns what is kept of a period: from memory, else as it was stored,
// else counted. What is as known now is brought up to upTo when it is older.
func (k *Desk) period(ctx context.Context, q db.Queryer, key periodKey, upTo moment.Instant) (*period, error) {
	levels, rules, err := k.periodRules(ctx, q)
	if err != nil {
		return nil, err
	}
	slot := k.periods.slot(key)
	slot.mu.Lock()
	defer slot.mu.Unlock()
	good := func(p *period) bool {
		return p != nil && p.rules == rules && (key.known != 0 || p.upTo <= upTo && (!p.ended || p.to.End() > upTo))
	}
	p := slot.p
	if !good(p) {
		if p, err = storedPeriod(ctx, q, key); err != nil {
			return nil, err
		}
	}
	switch {
	case !good(p):
		p, err = k.countPeriod(ctx, q, key, upTo, levels, rules)
	case key.known == 0 && p.upTo.Add(cmp.Or(k.periods.after, bringUp)) <= upTo:
		p, err = k.bringUp(ctx, q, p, upTo)
	}
	if err != nil {
		return nil, err
	}
	slot.p = p
	return p, nil
}

// countPeriod counts a period from its dossiers.
func (k *Desk) countPeriod(ctx context.Context, q db.Queryer, key periodKey, upTo moment.Instant, levels map[string]string, rules string) (*period, error) {
	if key.known != 0 {
		upTo = key.known
	}
	p := newPeriod(key, upTo, rules)
	first, err := db.Column[moment.Instant](ctx, q, periodFirst)
	if err != nil || len(first) == 0 || first[0] > key.to.End() {
		return p, err // nothing had arrived
	}
	plain := []*db.Family{caseGroupedOpen, caseGroupedEnded}
	if p.ended {
		plain = plain[1:]
	}
	args := db.Args{"units": true, "by_sector": true, "by_procedure": true, "detail": true}
	return p, k.groupedBy(ctx, q, Question{From: key.from, To: key.to, Known: upTo, Detail: true}, plain, args, func(c *Case, s *span) error {
		if p.concerns(c, s) {
			p.add(c, s, c.n)
		}
		return nil
	})
}

// bringUp returns the period with what was entered until upTo.
func (k *Desk) bringUp(ctx context.Context, q db.Queryer, p *period, upTo moment.Instant) (*period, error) {
	same := *p
	out := &same
	err := k.enteredSince(ctx, q, p, upTo, func(c *Case, s *span, n int64) error {
		if out == &same {
			out = p.clone()
			out.changed = upTo
		}
		out.add(c, s, n)
		return nil
	})
	out.upTo = upTo
	return out, err
}

// periodRules are what figures are counted by beside facts: how far procedures are
// online, and the count of imports of what was entered before.
func (k *Desk) periodRules(ctx context.Context, q db.Queryer) (levels map[string]string, rules string, err error) {
	levels = map[string]string{}
	sum := uint64(0)
	err = db.Each(ctx, q, onlineLevels, func(r db.Scanner) error {
		var id, level string
		err := r.Scan(&id, &level)
		levels[id] = level
		h := fnv.New64a()
		h.Write([]byte(id + level))
		sum += h.Sum64() // in whatever order they come
		return err
	})
	if err != nil {
		return nil, "", err
	}
	epoch, err := db.Value[int64](ctx, q, periodEpoch, backdated)
	return levels, fmt.Sprintf("1 %d %x", epoch, sum), err
}

var periodEpoch = db.SQL("dossier.period.epoch", `SELECT COALESCE(MAX(value), 0) FROM epoch WHERE name = $1`)

// A touched is a dossier of which something was entered in a span of time.
type touched struct {
	id    string
	first moment.Instant // when the earliest of it had happened
	back  bool           // something before was taken back
}

// touchedLast are the dossiers that were asked for last: periods side by side ask
// for the same.
type touchedLast struct {
	from, to moment.Instant
	list     []touched
}

var (
	// Not grouped: an engine that groups goes over all facts.
	touchedSince = db.Lines("dossier.period.touched", `
		SELECT d.id, f.at, f.kind
		FROM dossier d
		JOIN dossier_fact f ON f.dossier_id = d.id AND f.recorded_at > :since
		AND f.recorded_at <= :up_to                       --[up_to]
		WHERE d.last_recorded > :since`)
	caseOne = db.Lines("dossier.period.case", caseFolded+`
		WHERE d.id = :id
		ORDER BY f.seq`)
)

// enteredSince calls fn for the dossiers of which something was entered after the moment
// up to which a period is kept, until upTo (zero is now): with -1 for each that
// counted as it was known then, with 1 for each that counts now.
func (k *Desk) enteredSince(ctx context.Context, q db.Queryer, p *period, upTo moment.Instant, fn func(c *Case, s *span, n int64) error) error {
	list, err := k.touched(ctx, q, p.upTo, upTo)
	if err != nil || len(list) == 0 {
		return err
	}
	levels, _, err := k.periodRules(ctx, q)
	if err != nil {
		return err
	}
	before, after := p.at(p.upTo), p.at(upTo)
	if upTo == 0 {
		after = p.at(k.DB.Now())
	}
	for _, t := range list {
		if !t.back && t.first > after.asOf {
			continue // it happened after the period
		}
		var c Case
		var facts []Fact
		stmt, params := caseOne.With(db.Args{"id": t.id})
		err := db.Each(ctx, q, stmt, func(r db.Scanner) error {
			var f Fact
			err := r.Scan(append(c.targets(), f.targets()...)...)
			facts = append(facts, f)
			return err
		}, params...)
		if err != nil {
			return err
		}
		c.Level = levels[c.Version]
		for _, side := range []struct {
			s     *span
			known moment.Instant
			n     int64
		}{{before, p.upTo, -1}, {after, upTo, 1}} {
			c.State = Fold(facts, c.ByInstant, side.s.asOf, side.known)
			if p.concerns(&c, side.s) {
				if err := fn(&c, side.s, side.n); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// touched returns the dossiers of which something was entered after since, until
// upTo; zero is now, and is never kept.
func (k *Desk) touched(ctx context.Context, q db.Queryer, since, upTo moment.Instant) ([]touched, error) {
	last := &k.periods.last
	if upTo != 0 {
		k.periods.mu.Lock()
		defer k.periods.mu.Unlock()
		if last.from == since && last.to == upTo {
			return last.list, nil
		}
	}
	args := db.Args{"since": since}
	if upTo != 0 {
		args["up_to"] = upTo
	}
	stmt, params := touchedSince.With(args)
	var list []touched
	at := map[string]int{}
	err := db.Each(ctx, q, stmt, func(r db.Scanner) error {
		var id string
		var when moment.Instant
		var kind FactKind
		if err := r.Scan(&id, &when, &kind); err != nil {
			return err
		}
		i, ok := at[id]
		if !ok {
			i = len(list)
			at[id] = i
			list = append(list, touched{id: id, first: when})
		}
		list[i].first = min(list[i].first, when)
		list[i].back = list[i].back || kind == FCorrected || kind == FVoided
		return nil
	}, params...)
	if err == nil && upTo != 0 {
		*last = touchedLast{since, upTo, list}
	}
	return list, err
}
