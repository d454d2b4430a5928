package app

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/dossier"
	"cchc/dossier/dossierweb"
	"cchc/procedure"
	"cchc/serviceindex"
)

// dossierSource gives the service index what it counts of dossiers: the rooms
// don't know each other.
type dossierSource struct {
	desk       *dossier.Desk
	procedures *procedure.Catalogue

	mu       sync.Mutex
	past     map[serviceindex.Period]pastCounts
	renewing map[serviceindex.Period]bool
}

// pastCounts are the counts of a period that is over. They change only when
// something is entered late, so they are kept for a while: counting them means
// going through the period's dossiers one by one, for a province some seconds. Who
// looks when they are older than keepPast starts that and does not wait for it,
// unless nobody looked for renewPast.
type pastCounts struct {
	at     time.Time
	counts map[actor.UnitID]serviceindex.Counts
}

const (
	keepPast  = time.Minute
	renewPast = 10 * time.Minute
)

// Counts implements serviceindex.Source.
func (s *dossierSource) Counts(ctx context.Context, q db.Queryer, p serviceindex.Period) (map[actor.UnitID]serviceindex.Counts, error) {
	now := s.desk.DB.Now()
	if p.To >= now.Date() && p.Known == 0 {
		counts, err := s.desk.CountsNow(ctx, q, p.From, p.To)
		return named(counts), err
	}
	s.mu.Lock()
	kept, ok := s.past[p]
	age := now.Time().Sub(kept.at).Abs()
	renew := ok && age >= keepPast && age < renewPast && !s.renewing[p]
	if renew {
		if s.renewing == nil {
			s.renewing = map[serviceindex.Period]bool{}
		}
		s.renewing[p] = true
	}
	s.mu.Unlock()
	if renew {
		go s.renew(context.WithoutCancel(ctx), p)
	}
	if ok && age < renewPast {
		return kept.counts, nil
	}
	return s.count(ctx, q, p)
}

// renew counts a past period again beside those who look at it.
func (s *dossierSource) renew(ctx context.Context, p serviceindex.Period) {
	err := s.desk.DB.Snapshot(ctx, func(q *db.Snapshot) error { _, err := s.count(ctx, q, p); return err })
	if err != nil && !errors.Is(err, db.ErrClosed) {
		slog.WarnContext(ctx, "count a past period again", "period", p.String(), "err", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.renewing, p)
}

func (s *dossierSource) count(ctx context.Context, q db.Queryer, p serviceindex.Period) (map[actor.UnitID]serviceindex.Counts, error) {
	at := s.desk.DB.Now().Time()
	counts, err := s.desk.CountsAsOf(ctx, q, dossier.Question{From: p.From, To: p.To, Known: p.Known})
	if err != nil {
		return nil, err
	}
	out := named(counts)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.past == nil || len(s.past) > 64 {
		s.past = map[serviceindex.Period]pastCounts{}
	}
	s.past[p] = pastCounts{at, out}
	return out, nil
}

func named(in map[actor.UnitID]*dossier.Counts) map[actor.UnitID]serviceindex.Counts {
	out := make(map[actor.UnitID]serviceindex.Counts, len(in))
	for u, c := range in {
		out[u] = serviceindex.Counts{
			serviceindex.Received: c.Received, serviceindex.Online: c.Online, serviceindex.EResult: c.EResult,
			serviceindex.Digitised: c.Digitised, serviceindex.Reused: c.Reused, serviceindex.Population: c.Population,
			serviceindex.Synced: c.Synced, serviceindex.Obliged: c.Obliged, serviceindex.PaidOnline: c.PaidOnline,
			serviceindex.Displeased: c.Displeased, serviceindex.Timed: c.Timed, serviceindex.TimedOK: c.TimedOK,
			serviceindex.ProceduresOnline: c.OnlineProcs, serviceindex.ProceduresPopulation: c.PopulProcs,
			serviceindex.ProceduresObliged: c.ObligedProcs, serviceindex.ProceduresPaid: c.PaidProcs,
		}
	}
	return out
}

// Behind implements serviceindex.Source.
func (s *dossierSource) Behind(ctx context.Context, q db.Queryer, u actor.UnitID, p serviceindex.Period, m serviceindex.Measure) ([]serviceindex.Dossier, error) {
	cases, err := s.desk.BehindMeasure(ctx, q, dossier.Question{Unit: u, From: p.From, To: p.To, Known: p.Known}, dossier.Measure(m))
	if err != nil {
		return nil, err
	}
	asOf := p.AsOf(s.desk.DB.Now())
	timed := m == serviceindex.Timed || m == serviceindex.TimedOK || m == serviceindex.TimedLate
	out := make([]serviceindex.Dossier, len(cases))
	for i := range cases {
		c := &cases[i]
		out[i] = s.row(ctx, q, c.ID, c.Code, c.Procedure, c.Sector, c.Channel, &c.State, asOf)
		if !timed { // counted where it was received
			out[i].Unit = c.Promised
		}
	}
	return out, nil
}

func (s *dossierSource) row(ctx context.Context, q db.Queryer, id, code, proc, sector string, ch dossier.Channel, st *dossier.State, asOf moment.Instant) serviceindex.Dossier {
	d := serviceindex.Dossier{ID: id, Code: code, Unit: st.Unit, Procedure: proc, Sector: sector, Channel: string(ch),
		Accepted: st.AcceptedAt, Due: st.Due, Ended: st.Ended, Waiting: st.Waiting != "",
		Late: st.Verdict() == dossier.Late || st.Overdue(asOf)}
	if v, err := s.procedures.Nearest(ctx, q, proc, st.AcceptedAt.Date()); err == nil {
		d.ProcedureName = v.Name
	}
	return d
}

// DueBy implements serviceindex.Source.
func (s *dossierSource) DueBy(ctx context.Context, q db.Queryer, p serviceindex.Period, by moment.Instant) ([]serviceindex.DueGroup, error) {
	groups, err := s.desk.DueBy(ctx, q, p.From, p.To, by)
	out := make([]serviceindex.DueGroup, len(groups))
	for i, g := range groups {
		out[i] = serviceindex.DueGroup{Unit: g.Unit, Sector: g.Sector, Received: g.Received, Count: g.Count}
		for _, m := range []struct {
			mark    dossier.Marks
			measure serviceindex.Measure
		}{
			{dossier.EResult, serviceindex.EResult}, {dossier.Digitised, serviceindex.Digitised}, {dossier.Reused, serviceindex.Reused},
			{dossier.Population, serviceindex.Population}, {dossier.Synced, serviceindex.Synced}, {dossier.Obliged, serviceindex.Obliged},
			{dossier.PaidOnline, serviceindex.PaidOnline}, {dossier.Disliked, serviceindex.Displeased},
		} {
			if g.Marks&m.mark != 0 {
				out[i].Has = append(out[i].Has, m.measure)
			}
		}
	}
	return out, err
}

// DueSoonest implements serviceindex.Source.
func (s *dossierSource) DueSoonest(ctx context.Context, q db.Queryer, u actor.UnitID, n int) ([]serviceindex.Dossier, error) {
	found, err := s.desk.DueSoonest(ctx, q, u, n)
	out := make([]serviceindex.Dossier, len(found))
	for i := range found {
		d := &found[i]
		out[i] = s.row(ctx, q, d.ID, d.Code, d.ProcedureCode, d.Sector, d.Channel, &d.State, s.desk.DB.Now())
		name, err := accountName(ctx, q, d.Step.Account)
		if err != nil {
			return nil, err
		}
		out[i].Holder = d.Step.Name
		if name != "" { // whose step it is
			out[i].Holder = name + " (" + d.Step.Name + ")"
		}
	}
	return out, err
}

// authority gives the service index the procedures within a body's authority.
type authority struct{ procedures *procedure.Catalogue }

// Authority implements serviceindex.Catalogue.
func (a authority) Authority(ctx context.Context, q db.Queryer, level string, on moment.Date) ([]serviceindex.Procedure, error) {
	versions, err := a.procedures.Level(ctx, q, level, on)
	if err != nil {
		return nil, err
	}
	out := make([]serviceindex.Procedure, len(versions))
	for i, v := range versions {
		// The portal's export gives the level of few; one that can be filed online and
		// whose level is not known counts as online, and a financial obligation as a
		// fee whose amount is not known.
		out[i] = serviceindex.Procedure{Code: v.Code, Name: v.Name, Fee: v.Obligation,
			Online: v.OnlineLevel == procedure.Full || v.OnlineLevel == procedure.Partial ||
				v.OnlineLevel == "" && v.Has(procedure.Online)}
		for _, f := range v.Fees {
			out[i].Fee = out[i].Fee || f.Amount > 0
		}
	}
	return out, nil
}

// impact tells on a dossier's page what it does to its unit's index.
type impact struct{ r *rooms }

// Impact implements dossierweb.Index. A page is not refused because a line of it
// cannot be had.
func (i impact) Impact(ctx context.Context, u actor.UnitID) string {
	s, err := i.r.index.Impact(ctx, i.r.db, u)
	if err != nil {
		slog.WarnContext(ctx, "what a dossier does to the index", "unit", u, "err", err)
	}
	return s
}

// provinceFigure is what the first page shows to everybody.
type provinceFigure struct{ r *rooms }

// OnTime implements dossierweb.Live: of what was resolved this year in the whole
// system, how much came early or on time.
func (p provinceFigure) OnTime(ctx context.Context) (dossierweb.Figure, error) {
	q := p.r.public()
	now := q.AsOf()
	f := dossierweb.Figure{From: now.Date().FirstOfYear(), To: now.Date(), AsOf: now}
	tree, err := p.r.units.Today(ctx, q)
	if err != nil {
		return f, err
	}
	for _, root := range tree.Roots() {
		rates, err := p.r.desk.Rates(ctx, q, operator, root, f.From, f.To)
		if err != nil {
			return f, err
		}
		for _, x := range rates {
			f.Share = f.Share.Add(points.Ratio{Num: x.InTime, Den: x.Ended})
		}
		if u, ok := tree.Unit(root); ok && f.Place == "" {
			f.Place = u.Name
		}
	}
	return f, nil
}
