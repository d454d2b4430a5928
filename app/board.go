package app

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/procedure"
	"cchc/serviceindex"
	"cchc/serviceindex/serviceindexweb"
	"cchc/unit"
)

// boardDossiers gives the leaders' board what it shows of dossiers beside the
// index.
type boardDossiers struct{ r *rooms }

// Work implements serviceindexweb.Dossiers.
func (b boardDossiers) Work(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID) (serviceindexweb.Work, error) {
	var w serviceindexweb.Work
	cal, err := b.r.calendars.For(ctx, q, u)
	if err != nil {
		return w, err
	}
	today := b.r.db.Now().Date()
	w.Until = cal.Closing(cal.AddWorkingDays(today, 3))
	o, err := b.r.desk.Overview(ctx, q, a, u, w.Until)
	if err != nil {
		return w, err
	}
	w.Open, w.Overdue, w.NoApology, w.Soon = o.Open, o.Overdue, o.NoApology, o.Soon
	extent, err := b.r.units.Extent(ctx, q, u)
	if err != nil {
		return w, err
	}
	within := map[unit.ID]bool{}
	for _, id := range extent {
		within[id] = true
	}
	due, err := b.r.desk.DueBy(ctx, q, today, today, w.Until)
	if err != nil {
		return w, err
	}
	sectors := map[string]int64{}
	for _, g := range due {
		if within[g.Unit] {
			sectors[g.Sector] += g.Count
		}
	}
	for _, s := range slices.Sorted(maps.Keys(sectors)) {
		if sectors[s] > w.InSector && s != "" {
			w.Sector, w.InSector = s, sectors[s]
		}
	}
	return w, nil
}

// Overdue implements serviceindexweb.Dossiers.
func (b boardDossiers) Overdue(ctx context.Context, q db.Queryer) (map[unit.ID]int64, error) {
	byProcedure, err := b.r.desk.OverdueNow(ctx, q)
	out := map[unit.ID]int64{}
	for u, m := range byProcedure {
		for _, n := range m {
			out[u] += n
		}
	}
	return out, err
}

// Sectors implements serviceindexweb.Dossiers.
func (b boardDossiers) Sectors(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID, p serviceindex.Period) ([]serviceindexweb.Rate, error) {
	rates, err := b.r.desk.Rates(ctx, q, a, u, p.From, p.To)
	if err != nil {
		return nil, err
	}
	sectors := map[string]*serviceindexweb.Rate{}
	for _, r := range rates {
		v := b.version(ctx, q, r.Procedure)
		s := sectors[v.Sector]
		if s == nil {
			s = &serviceindexweb.Rate{Key: v.Sector, Name: v.Sector}
			sectors[v.Sector] = s
		}
		s.Ended += r.Ended
		s.InTime += r.InTime
		s.Overdue += r.Overdue
	}
	return slices.SortedFunc(maps.Values(values(sectors)), func(a, b serviceindexweb.Rate) int {
		return cmp.Or(cmp.Compare(b.Ended+b.Overdue, a.Ended+a.Overdue), cmp.Compare(a.Key, b.Key))
	}), nil
}

// Procedures implements serviceindexweb.Dossiers.
func (b boardDossiers) Procedures(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID, p serviceindex.Period, n int) ([]serviceindexweb.Rate, error) {
	rates, err := b.r.desk.Rates(ctx, q, a, u, p.From, p.To)
	if err != nil {
		return nil, err
	}
	var out []serviceindexweb.Rate
	for _, r := range rates {
		if r.Ended == r.InTime && r.Overdue == 0 {
			continue
		}
		v := b.version(ctx, q, r.Procedure)
		out = append(out, serviceindexweb.Rate{Key: r.Procedure, Name: v.Name, Ended: r.Ended, InTime: r.InTime, Overdue: r.Overdue})
	}
	slices.SortFunc(out, func(a, b serviceindexweb.Rate) int {
		return cmp.Or(cmp.Compare(b.Ended-b.InTime+b.Overdue, a.Ended-a.InTime+a.Overdue), cmp.Compare(a.Key, b.Key))
	})
	return out[:min(n, len(out))], nil
}

// version names a procedure; one that the catalogue doesn't know keeps its code.
func (b boardDossiers) version(ctx context.Context, q db.Queryer, code string) *procedure.Version {
	if code != "" {
		if v, err := b.r.procedures.Nearest(ctx, q, code, b.r.db.Now().Date()); err == nil {
			return v
		}
	}
	return &procedure.Version{Code: code, Name: code}
}

func values(in map[string]*serviceindexweb.Rate) map[string]serviceindexweb.Rate {
	out := make(map[string]serviceindexweb.Rate, len(in))
	for k, v := range in {
		out[k] = *v
	}
	return out
}
