package criteria

import (
	"context"
	"strings"

	"cchc/base/i18n"
	"cchc/base/points"
)

// A YearOnYearRule compares this year's number with last year's. A unit without a
// comparable past has a branch of its own.
type YearOnYearRule struct {
	Metric    string
	Less      bool // less is better: a rank, late dossiers
	By        Num  // how much better it must be; 0: at all
	Improved  points.Points
	Same      points.Points // the same as last year; Otherwise when the set leaves it out
	Otherwise points.Points // worse
	NoPast    points.Points // Otherwise when the set leaves it out
}

func readYearOnYear(m *mapping, n *Node, s seat) Rule {
	x := &YearOnYearRule{Metric: readMetric(m), Less: readBetter(m)}
	best := Num{}
	read := func(key string, otherwise points.Points, need bool) points.Points {
		p, ok := m.points(key)
		if !ok {
			if need && !m.has(key) {
				m.wrong(key, "criteria.missing", "Name", key)
			}
			return otherwise
		}
		within(m, key, OfPoints(p), n, s)
		best = maxNum(best, OfPoints(p))
		return p
	}
	x.Improved = read("improved", 0, true)
	x.Otherwise = read("otherwise", 0, false)
	x.Same = read("same", x.Otherwise, false)
	x.NoPast = read("no_past", x.Otherwise, false)
	reaches(m, "improved", best, n, s)
	if v, ok := m.number("by"); ok {
		if x.By = v; v.Sign() < 0 {
			m.wrong("by", "criteria.below_0")
		}
	}
	return x
}

// readBetter reads whether more or less is better.
func readBetter(m *mapping) (less bool) {
	switch s := m.text("better"); s {
	case "", "more":
	case "less":
		return true
	default:
		m.wrong("better", "criteria.not_better", "Value", clip(s))
	}
	return false
}

// Kind implements Rule.
func (*YearOnYearRule) Kind() Kind { return YearOnYear }

// Monotone implements Rule.
func (x *YearOnYearRule) Monotone() Direction {
	switch {
	case x.Improved < x.Same || x.Same < x.Otherwise:
		return Unordered
	case x.Less:
		return Falling
	}
	return Rising
}

// Sentence implements Rule.
func (x *YearOnYearRule) Sentence(ctx context.Context, _ *Node) string {
	better, by := "criteria.say_more", "criteria.say_more_by"
	if x.Less {
		better, by = "criteria.say_less", "criteria.say_less_by"
	}
	first := i18n.T(ctx, better)
	if x.By.Sign() > 0 {
		first = i18n.T(ctx, by, "By", amount(ctx, x.By, strings.Contains(x.Metric, "/")))
	}
	say := func(label string, p points.Points) string {
		return i18n.T(ctx, "criteria.say_option", "Label", label, "Points", inPoints(ctx, OfPoints(p)))
	}
	parts := []string{say(first, x.Improved)}
	if x.Same != x.Otherwise {
		parts = append(parts, say(i18n.T(ctx, "criteria.say_same"), x.Same))
	}
	parts = append(parts, say(i18n.T(ctx, "criteria.say_otherwise"), x.Otherwise), say(i18n.T(ctx, "criteria.say_no_past"), x.NoPast))
	return strings.Join(parts, "; ")
}

func (x *YearOnYearRule) points(_ *Node, in *Input, _ *scoring) (Num, Branch, bool) {
	v, ok := in.number()
	if !ok {
		// A person may say by hand whether it is better.
		yes, said := in.yes()
		switch {
		case !said:
			return Num{}, Branch{}, false
		case yes:
			return OfPoints(x.Improved), Branch{Kind: BranchImproved}, true
		}
		return OfPoints(x.Otherwise), Branch{Kind: BranchNotImproved}, true
	}
	if in.Before == nil {
		return OfPoints(x.NoPast), Branch{Kind: BranchNoPast}, true
	}
	before, ok := OfRatio(*in.Before)
	if !ok {
		return OfPoints(x.NoPast), Branch{Kind: BranchNoPast}, true
	}
	gain := v.Sub(before)
	if x.Less {
		gain = gain.Neg()
	}
	switch {
	case gain.Sign() > 0 && gain.Cmp(x.By) >= 0:
		return OfPoints(x.Improved), Branch{Kind: BranchImproved}, true
	case gain.Sign() >= 0:
		return OfPoints(x.Same), Branch{Kind: BranchSame}, true
	}
	return OfPoints(x.Otherwise), Branch{Kind: BranchNotImproved}, true
}

func (x *YearOnYearRule) write(w *writer) {
	w.text("metric", x.Metric)
	if x.Less {
		w.line("better", "less")
	}
	if x.By.Sign() > 0 {
		w.num("by", x.By)
	}
	w.points("improved", x.Improved)
	w.points("same", x.Same)
	w.points("otherwise", x.Otherwise)
	w.points("no_past", x.NoPast)
}
