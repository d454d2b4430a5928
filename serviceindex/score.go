package serviceindex

import (
	"context"

	"cchc/base/points"
)

// A Score is the points of a unit under one set.
type Score struct {
	Points   points.Points
	Unscored points.Points // maxima of the metrics that have no value
	Dossiers int64         // 0: nothing to score, and the unit is not ranked
	Groups   []GroupScore
}

// A GroupScore is the points of a group.
type GroupScore struct {
	Group    *Group
	Points   points.Points
	Unscored points.Points
	Metrics  []MetricScore
}

// A MetricScore is the points of a metric with what they come from.
type MetricScore struct {
	Metric *Metric
	Value  Value
	Points points.Points
	Branch Branch
}

// Formula writes the rule with its numbers.
func (m MetricScore) Formula(ctx context.Context) string { return m.Metric.Formula(ctx, m.Value) }

// Score returns the points of a tally: per metric, rounded, then summed.
func (s *Set) Score(t Tally) Score {
	out := Score{Dossiers: t.Dossiers, Groups: make([]GroupScore, 0, len(s.Groups))}
	for _, g := range s.Groups {
		gs := GroupScore{Group: g, Metrics: make([]MetricScore, 0, len(g.Metrics))}
		for _, m := range g.Metrics {
			ms := MetricScore{Metric: m, Value: t.Value(m)}
			ms.Points, ms.Branch = m.Score(ms.Value)
			gs.Points += ms.Points
			if m.Scored() && !ms.Branch.HasPoints() {
				gs.Unscored += m.Max
			}
			gs.Metrics = append(gs.Metrics, ms)
		}
		out.Points += gs.Points
		out.Unscored += gs.Unscored
		out.Groups = append(out.Groups, gs)
	}
	return out
}

// Metric returns the points of one metric.
func (s Score) Metric(code string) (MetricScore, bool) {
	for _, g := range s.Groups {
		for _, m := range g.Metrics {
			if m.Metric.Code == code {
				return m, true
			}
		}
	}
	return MetricScore{}, false
}
