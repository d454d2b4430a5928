package app

import (
	"context"
	"slices"
	"strings"
	"sync"

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

// ByHand implements scorecard.Source.
func (s scoreSource) ByHand(b criteria.Binding) string {
	switch b.Source {
	case "dossiers":
		_, why := dossierLeafOf(b)
		return why
	case "index_766":
		return ""
	case "manual", "survey", "survey_sipas", "import":
		return "score.by_hand." + b.Source
	}
	return "score.by_hand.no_room"
}

// Measures implements scorecard.Source.
func (s scoreSource) Measures(ctx context.Context, q db.Queryer, m scorecard.Measuring) (map[unit.ID]criteria.Input, bool, error) {
	switch m.Binding.Source {
	case "dossiers":
		leaf, why := dossierLeafOf(m.Binding)
		if why != "" {
			return nil, false, nil
		}
		if leaf.services {
			return s.services(ctx, q, m)
		}
		counts, err := s.counts(ctx, q, m)
		if err != nil {
			return nil, false, err
		}
		out := make(map[unit.ID]criteria.Input, len(counts))
		for u, c := range counts {
			out[u] = leaf.of(c)
		}
		return out, true, nil
	case "index_766":
		return s.index(ctx, q, m)
	}
	return nil, false, nil
}

// pastScores are counts as they were known at a moment that is past: nothing changes
// them, and counting them means going through dossiers one by one.
type pastScores struct {
	mu   sync.Mutex
	kept map[scorecard.Measuring]map[unit.ID]*counted // Binding is left out of the key
}

// counts are of now while the period runs and nothing else is asked, from the tallies;
// else from the dossiers one by one, as they were known.
func (s scoreSource) counts(ctx context.Context, q db.Queryer, m scorecard.Measuring) (map[unit.ID]*counted, error) {
	codes, err := s.certified(ctx, q)
	if err != nil {
		return nil, err
	}
	now := s.r.db.Now()
	running := m.To >= now.Date() && (m.Known == 0 || m.Known >= now)
	whole := m.From == m.From.FirstOfMonth() && (m.To == m.To.LastOfMonth() || running)
	if running && whole {
		counts, err := s.r.desk.CountsNow(ctx, q, m.From, m.To)
		if err != nil {
			return nil, err
		}
		scored, err := s.r.desk.ScoredNow(ctx, q, m.From, m.To, codes)
		return joined(counts, scored), err
	}
	key := scorecard.Measuring{From: m.From, To: m.To, Known: m.Known, Binding: criteria.Binding{Num: strings.Join(codes, ",")}}
	past := m.Known != 0 && m.Known < now
	s.r.pastScores.mu.Lock()
	kept := s.r.pastScores.kept[key]
	s.r.pastScores.mu.Unlock()
	if past && kept != nil {
		return kept, nil
	}
	x := asked(m)
	counts, err := s.r.desk.CountsAsOf(ctx, q, x)
	if err != nil {
		return nil, err
	}
	scored, err := s.r.desk.ScoredAsOf(ctx, q, x, codes)
	if err != nil {
		return nil, err
	}
	out := joined(counts, scored)
	if past {
		s.r.pastScores.mu.Lock()
		defer s.r.pastScores.mu.Unlock()
		if len(s.r.pastScores.kept) >= 16 || s.r.pastScores.kept == nil {
			s.r.pastScores.kept = map[scorecard.Measuring]map[unit.ID]*counted{}
		}
		s.r.pastScores.kept[key] = out
	}
	return out, nil
}

func joined(counts map[unit.ID]*dossier.Counts, scored map[unit.ID]*dossier.Scored) map[unit.ID]*counted {
	out := make(map[unit.ID]*counted, len(counts))
	for u, c := range counts {
		out[u] = &counted{Counts: *c}
	}
	for u, c := range scored {
		if out[u] == nil {
			out[u] = &counted{}
		}
		out[u].Scored = *c
	}
	return out
}

// asked is a measuring as the dossier room is asked.
func asked(m scorecard.Measuring) dossier.Question {
	x := dossier.Question{From: m.From, To: m.To, Known: m.Known}
	if m.Known != 0 {
		x.To = min(x.To, m.Known.Date())
	}
	return x
}

// yearOf is a measuring as the service index is asked: the year in which it begins.
func (s scoreSource) yearOf(m scorecard.Measuring) serviceindex.Period {
	p := serviceindex.PeriodOn(serviceindex.Year, m.From)
	if m.Known != 0 && m.Known < s.r.db.Now() {
		p.Known = m.Known
	}
	return p
}

// every is the service index of all units; nil for a period that has no formulas or
// has not begun.
func (s scoreSource) every(ctx context.Context, q db.Queryer, m scorecard.Measuring) (*serviceindex.Every, error) {
	all, err := s.r.index.EveryIn(ctx, q, operator, s.yearOf(m))
	if fault.As(err) != nil {
		return nil, nil
	}
	return all, err
}

// index gives the service index of the year of every unit.
func (s scoreSource) index(ctx context.Context, q db.Queryer, m scorecard.Measuring) (map[unit.ID]criteria.Input, bool, error) {
	all, err := s.every(ctx, q, m)
	if err != nil || all == nil {
		return nil, false, err
	}
	out := make(map[unit.ID]criteria.Input, len(all.Scores))
	for u, score := range all.Scores {
		out[u] = criteria.Input{Value: &points.Ratio{Num: int64(score.Points), Den: points.Scale}}
	}
	return out, true, nil
}

// services counts online services with a dossier, of those that can be filed online.
func (s scoreSource) services(ctx context.Context, q db.Queryer, m scorecard.Measuring) (map[unit.ID]criteria.Input, bool, error) {
	all, err := s.every(ctx, q, m)
	if err != nil || all == nil {
		return nil, false, err
	}
	out := make(map[unit.ID]criteria.Input, len(all.Own))
	for u, c := range all.Own {
		out[u] = criteria.Input{Ratio: &points.Ratio{Num: c[serviceindex.ProceduresOnline], Den: c[serviceindex.AuthorityOnline]}}
	}
	return out, true, nil
}

// Behind implements scorecard.Source.
func (s scoreSource) Behind(ctx context.Context, q db.Queryer, m scorecard.Measuring, u unit.ID, p scorecard.Part) ([]scorecard.Behind, bool, error) {
	if m.Binding.Source != "dossiers" {
		return nil, false, nil
	}
	leaf, why := dossierLeafOf(m.Binding)
	if why != "" {
		return nil, false, nil
	}
	if leaf.services {
		list, err := s.servicesBehind(ctx, q, m, u, p)
		return list, err == nil, err
	}
	if p == scorecard.PartRest && leaf.isCount {
		return nil, true, nil
	}
	cases, err := s.list(ctx, q, m, u, leaf.num)
	if err != nil {
		return nil, false, err
	}
	if p == scorecard.PartRest {
		all, err := s.list(ctx, q, m, u, leaf.den)
		if err != nil {
			return nil, false, err
		}
		cases = without(all, cases)
	}
	asOf := min(asked(m).To.End(), s.r.db.Now())
	if m.Known != 0 {
		asOf = min(asOf, m.Known)
	}
	out := make([]scorecard.Behind, len(cases))
	for i := range cases {
		c := &cases[i]
		out[i] = scorecard.Behind{Code: c.Code, Procedure: s.procedure(ctx, q, c.Procedure, c.AcceptedAt), Accepted: c.AcceptedAt, Due: c.Due, Ended: c.Ended,
			Late: c.Verdict() == dossier.Late || c.Overdue(asOf)}
	}
	return out, true, nil
}

// list returns the dossiers that one side counts in a unit and below, ordered by code.
func (s scoreSource) list(ctx context.Context, q db.Queryer, m scorecard.Measuring, u unit.ID, x side) ([]dossier.Case, error) {
	ask := asked(m)
	ask.Unit = u
	if x.list == "" {
		return s.r.desk.AskedAgain(ctx, q, ask)
	}
	cases, err := s.r.desk.BehindMeasure(ctx, q, ask, x.list)
	if err != nil || !x.certified {
		return cases, err
	}
	codes, err := s.certified(ctx, q)
	return slices.DeleteFunc(cases, func(c dossier.Case) bool { return !slices.Contains(codes, c.Procedure) }), err
}

// servicesBehind lists procedures, and of each the online dossiers.
func (s scoreSource) servicesBehind(ctx context.Context, q db.Queryer, m scorecard.Measuring, u unit.ID, p scorecard.Part) ([]scorecard.Behind, error) {
	with, without, err := s.r.index.OnlineServices(ctx, q, operator, u, s.yearOf(m))
	if err != nil {
		return nil, err
	}
	if p == scorecard.PartRest {
		with = without
	}
	of := map[[2]string][]string{}
	if p == scorecard.PartNum {
		cases, err := s.list(ctx, q, m, u, sides["online"])
		if err != nil {
			return nil, err
		}
		for i := range cases {
			key := [2]string{string(cases[i].Promised), cases[i].Procedure}
			of[key] = append(of[key], cases[i].Code)
		}
	}
	out := make([]scorecard.Behind, len(with))
	for i, x := range with {
		out[i] = scorecard.Behind{Code: x.Code, Procedure: x.Name, Service: true, Dossiers: of[[2]string{string(x.Unit), x.Code}]}
	}
	return out, nil
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

// ahead is how many days of due dates are looked at.
const ahead = 92

// DueDays implements scorecard.Source: an open dossier that stays open goes against
// being on time, against few late ones, and against apologies where none was sent.
func (s scoreSource) DueDays(ctx context.Context, q db.Queryer, m scorecard.Measuring) (map[unit.ID][]scorecard.DueDay, error) {
	if m.Binding.Source != "dossiers" {
		return nil, nil
	}
	var counts func(d dossier.DueDay) bool
	switch m.Binding.Num {
	case "on_time":
		counts = func(d dossier.DueDay) bool { return !d.Again }
	case "apology_letters":
		counts = func(d dossier.DueDay) bool { return !d.Apologised }
	case "late":
		counts = func(dossier.DueDay) bool { return true }
	default:
		return nil, nil
	}
	found, err := s.r.desk.DueDays(ctx, q, min(m.To, s.r.db.Now().Date().AddDays(ahead)).End())
	if err != nil {
		return nil, err
	}
	out := make(map[unit.ID][]scorecard.DueDay, len(found))
	for u, list := range found {
		for _, d := range list {
			if counts(d) && d.LateFrom <= m.To {
				out[u] = append(out[u], scorecard.DueDay{From: d.LateFrom, Count: d.Count})
			}
		}
	}
	return out, nil
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
