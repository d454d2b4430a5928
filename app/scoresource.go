package app

import (
	"context"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/dossier"
	"cchc/scorecard"
	"cchc/scorecard/criteria"
	"cchc/serviceindex"
	"cchc/unit"
)

// scoreSource gives the PAR index what leaves are bound to: counts of dossiers, and the
// service index of the year. Both are read as those rooms' own pages read them.
type scoreSource struct{ r *rooms }

// A measure of dossiers is a numerator and a denominator among the dossier room's counts,
// with the names of the lists behind the two sides.
type dossierRatio struct {
	of        func(c *dossier.Counts) points.Ratio
	num, rest dossier.Measure // rest: what only the denominator counts
	all       dossier.Measure // the denominator, where it has no list of the rest
}

// dossierRatios are the metrics that the dossier room counts, by what sets call them.
// On time is as the service index has it: ended in the period or open and overdue.
var dossierRatios = map[[2]string]dossierRatio{
	{"on_time", "finished"}: {func(c *dossier.Counts) points.Ratio { return points.Ratio{Num: c.TimedOK, Den: c.Timed} }, "timed_ok", "timed_late", "timed"},
	{"online", "received"}:  {func(c *dossier.Counts) points.Ratio { return points.Ratio{Num: c.Online, Den: c.Received} }, "online", "", "received"},
	{"paid_online", "fee_bearing"}: {func(c *dossier.Counts) points.Ratio { return points.Ratio{Num: c.PaidOnline, Den: c.Obliged} },
		"paid_online", "", "obliged"},
	{"digitised", "total"}: {func(c *dossier.Counts) points.Ratio { return points.Ratio{Num: c.Digitised, Den: c.Received} }, "digitised", "", "received"},
	{"e_result", "total"}:  {func(c *dossier.Counts) points.Ratio { return points.Ratio{Num: c.EResult, Den: c.Received} }, "e_result", "", "received"},
	{"reused", "total"}:    {func(c *dossier.Counts) points.Ratio { return points.Ratio{Num: c.Reused, Den: c.Received} }, "reused", "", "received"},
	{"satisfied", "total"}: {func(c *dossier.Counts) points.Ratio {
		return points.Ratio{Num: c.Received - c.Displeased, Den: c.Received}
	}, "satisfied", "displeased", "received"},
}

// Measures implements scorecard.Source.
func (s scoreSource) Measures(ctx context.Context, q db.Queryer, m scorecard.Measuring) (map[unit.ID]criteria.Input, bool, error) {
	switch m.Binding.Source {
	case "dossiers":
		x, ok := dossierRatios[[2]string{m.Binding.Num, m.Binding.Den}]
		if !ok {
			return nil, false, nil
		}
		counts, err := s.counts(ctx, q, m)
		if err != nil {
			return nil, false, err
		}
		out := make(map[unit.ID]criteria.Input, len(counts))
		for u, c := range counts {
			r := x.of(c)
			out[u] = criteria.Input{Ratio: &r}
		}
		return out, true, nil
	case "index_766":
		return s.index(ctx, q, m)
	}
	return nil, false, nil
}

// counts are of now while the period runs and nothing else is asked, from the tallies;
// else from the dossiers one by one, as they were known.
func (s scoreSource) counts(ctx context.Context, q db.Queryer, m scorecard.Measuring) (map[unit.ID]*dossier.Counts, error) {
	now := s.r.db.Now()
	running := m.To >= now.Date() && (m.Known == 0 || m.Known >= now)
	whole := m.From == m.From.FirstOfMonth() && (m.To == m.To.LastOfMonth() || running)
	if running && whole {
		return s.r.desk.CountsNow(ctx, q, m.From, m.To)
	}
	to := m.To
	if m.Known != 0 {
		to = min(to, m.Known.Date())
	}
	return s.r.desk.CountsAsOf(ctx, q, dossier.Question{From: m.From, To: to, Known: m.Known})
}

// index gives the service index of the year for every unit below a unit at the top.
func (s scoreSource) index(ctx context.Context, q db.Queryer, m scorecard.Measuring) (map[unit.ID]criteria.Input, bool, error) {
	if m.Known != 0 && m.Known.Date() < s.r.db.Now().Date() {
		return nil, false, nil // the service index keeps no past states
	}
	tree, err := s.r.units.Today(ctx, q)
	if err != nil {
		return nil, false, err
	}
	out := map[unit.ID]criteria.Input{}
	p := serviceindex.PeriodOn(serviceindex.Year, m.From)
	for _, root := range tree.Roots() {
		report, err := s.r.index.OfIn(ctx, q, operator, root, p)
		if fault.As(err) != nil { // a period that has no formulas or has not begun
			return nil, false, nil
		}
		if err != nil {
			return nil, false, err
		}
		for _, c := range append(report.Children, report.Standing) {
			if c.Score.Dossiers > 0 {
				out[c.Unit.ID] = criteria.Input{Value: &points.Ratio{Num: int64(c.Score.Points), Den: points.Scale}}
			}
		}
	}
	return out, true, nil
}

// Behind implements scorecard.Source.
func (s scoreSource) Behind(ctx context.Context, q db.Queryer, m scorecard.Measuring, u unit.ID, p scorecard.Part) ([]scorecard.Behind, bool, error) {
	x, ok := dossierRatios[[2]string{m.Binding.Num, m.Binding.Den}]
	if !ok || m.Binding.Source != "dossiers" {
		return nil, false, nil
	}
	ask := dossier.Question{Unit: u, From: m.From, To: m.To, Known: m.Known}
	if m.Known != 0 {
		ask.To = min(ask.To, m.Known.Date())
	}
	name := x.num
	if p == scorecard.PartRest {
		if name = x.rest; name == "" {
			name = x.all
		}
	}
	cases, err := s.r.desk.BehindMeasure(ctx, q, ask, name)
	if err != nil {
		return nil, false, err
	}
	if p == scorecard.PartRest && x.rest == "" {
		in, err := s.r.desk.BehindMeasure(ctx, q, ask, x.num)
		if err != nil {
			return nil, false, err
		}
		cases = without(cases, in)
	}
	asOf := min(ask.To.End(), s.r.db.Now())
	out := make([]scorecard.Behind, len(cases))
	for i := range cases {
		c := &cases[i]
		out[i] = scorecard.Behind{Code: c.Code, Procedure: s.procedure(ctx, q, c.Procedure, c.AcceptedAt), Accepted: c.AcceptedAt, Due: c.Due, Ended: c.Ended,
			Late: c.Verdict() == dossier.Late || c.Overdue(asOf)}
	}
	return out, true, nil
}

// without returns the cases that are not in the others; both are ordered by code.
func without(all, some []dossier.Case) []dossier.Case {
	in := make(map[string]bool, len(some))
	for i := range some {
		in[some[i].ID] = true
	}
	var out []dossier.Case
	for i := range all {
		if !in[all[i].ID] {
			out = append(out, all[i])
		}
	}
	return out
}

// DueSoonest implements scorecard.Source: only being on time waits for a day.
func (s scoreSource) DueSoonest(ctx context.Context, q db.Queryer, m scorecard.Measuring, u unit.ID, n int) ([]scorecard.Behind, error) {
	if m.Binding.Source != "dossiers" || m.Binding.Num != "on_time" {
		return nil, nil
	}
	found, err := s.r.desk.DueSoonest(ctx, q, u, n)
	out := make([]scorecard.Behind, len(found))
	for i := range found {
		d := &found[i]
		out[i] = scorecard.Behind{Code: d.Code, Procedure: s.procedure(ctx, q, d.ProcedureCode, d.State.AcceptedAt), Accepted: d.State.AcceptedAt, Due: d.State.Due}
	}
	return out, err
}

func (s scoreSource) procedure(ctx context.Context, q db.Queryer, code string, at moment.Instant) string {
	v, err := s.r.procedures.Nearest(ctx, q, code, at.Date())
	if err != nil {
		return code
	}
	return v.Name
}
