package criteria

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// readMetric reads what a rule counts: "on_time/finished", or one name.
func readMetric(m *mapping) string {
	s := m.text("metric")
	for _, part := range strings.Split(s, "/") {
		if s != "" && !isName(part) || strings.Count(s, "/") > 1 {
			m.wrong("metric", "criteria.not_metric", "Value", clip(s))
			return ""
		}
	}
	return s
}

// isName reports whether s is a name as files use them: letters, digits, _.
func isName(s string) bool {
	for i, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != "" && len(s) <= 60
}

// isShare reports whether a number of the metric is read as a percent.
func isShare(metric string, at Num) bool {
	return strings.Contains(metric, "/") || metric == "" && at.Cmp(Int(1)) <= 0
}

// beyond reports whether one of the tiers under a key names a number above limit.
func (m *mapping) beyond(key string, limit int64) bool {
	if m == nil {
		return false
	}
	list, _ := m.vals[key].(*ast.SequenceNode)
	if list == nil {
		return false
	}
	for _, n := range list.Values {
		tier, ok := n.(ast.MapNode)
		if !ok {
			continue
		}
		for it := tier.MapRange(); it.Next(); {
			v, err := ParseNum(scalarText(it.Value()))
			if slices.Contains(ops, Op(scalarText(it.Key()))) && err == nil && v.Cmp(Int(limit)) > 0 {
				return true
			}
		}
	}
	return false
}

// metricOf returns the metric of a rule, "" where it has none.
func metricOf(r Rule) string {
	switch x := r.(type) {
	case *AllOrNoneRule:
		return x.Metric
	case *TieredRule:
		return x.Metric
	case *LinearRule:
		return x.Metric
	case *YearOnYearRule:
		return x.Metric
	case *RelativeRule:
		return x.Metric
	case *CountRule:
		return x.Metric
	case *DeductionRule:
		return x.Metric
	case *DependsRule:
		if m := metricOf(x.Then.Leaf.Rule); m != "" {
			return m
		}
		return metricOf(x.Else.Leaf.Rule)
	}
	return ""
}

// metricParts returns the numerator and denominator of a metric.
func metricParts(metric string) (num, den string) {
	num, den, _ = strings.Cut(metric, "/")
	return num, den
}

func joinWords(list []string) string { return strings.Join(list, ", ") }
