package app

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/moment"
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

// Span implements serviceindexweb.Dossiers.
func (b boardDossiers) Span(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID, from, to moment.Date) (serviceindex.Span, error) {
	s, err := b.r.desk.Counts(ctx, q, a, u, from, to)
	return serviceindex.Span{Received: s.Received, InTime: s.Early + s.OnTime, Late: s.Late}, err
}

// Holders implements serviceindexweb.Dossiers.
func (b boardDossiers) Holders(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID, n int) ([]serviceindex.Holder, error) {
	found, err := b.r.desk.LateSteps(ctx, q, a, u, n)
	if err != nil {
		return nil, err
	}
	out := make([]serviceindex.Holder, len(found))
	for i, s := range found {
		place, _, err := b.r.units.Last(ctx, q, s.Unit)
		if err != nil {
			return nil, err
		}
		out[i] = serviceindex.Holder{Role: s.Role, Place: place.Name, Count: s.Count, Since: s.Since.Date()}
		if out[i].Name, err = accountName(ctx, q, s.Account); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// accountName returns the name of an account; "" for none, or one that is unknown.
func accountName(ctx context.Context, q db.Queryer, account string) (string, error) {
	if account == "" {
		return "", nil
	}
	name, err := auth.Name(ctx, q, account)
	if errors.Is(err, db.ErrNotFound) {
		return "", nil
	}
	return name, err
}

// Silent implements serviceindexweb.Dossiers.
func (b boardDossiers) Silent(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID, days int) ([]serviceindex.Silent, error) {
	if err := b.r.guard.Check(ctx, q, a, auth.BoardRead, u); err != nil {
		return nil, err
	}
	today := b.r.db.Now().Date()
	cal, err := b.r.calendars.For(ctx, q, u)
	if err != nil {
		return nil, err
	}
	since := today
	for n := 0; n < days && today-since < 60; { // as many whole working days before today
		if since = since.AddDays(-1); cal.Working(since) {
			n++
		}
	}
	active, err := b.r.desk.EnteredSince(ctx, q, since.Start())
	if err != nil {
		return nil, err
	}
	tree, err := b.r.units.Today(ctx, q)
	if err != nil {
		return nil, err
	}
	var out []serviceindex.Silent
	for _, id := range append(tree.Children(u), u) {
		c, ok := tree.Unit(id)
		if !ok || c.Level == unit.Province || (c.Level != unit.Commune && id != u) || speaks(tree, id, active) {
			continue
		}
		last, err := b.r.desk.LastDay(ctx, q, id, today)
		if err != nil {
			return nil, err
		}
		out = append(out, serviceindex.Silent{Unit: id, Name: c.Name, Last: last})
	}
	slices.SortStableFunc(out, func(a, b serviceindex.Silent) int { return cmp.Compare(a.Last, b.Last) })
	return out, nil
}

// speaks reports whether a unit or anything below it is among the active ones.
func speaks(tree *unit.Tree, u unit.ID, active map[unit.ID]bool) bool {
	return active[u] || slices.ContainsFunc(tree.Children(u), func(c unit.ID) bool { return speaks(tree, c, active) })
}

// DueBy implements serviceindexweb.Dossiers.
func (b boardDossiers) DueBy(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID, by moment.Date) (int64, error) {
	o, err := b.r.desk.Overview(ctx, q, a, u, by.End())
	return o.Soon, err
}
