package serviceindex

import (
	"context"
	"math/big"

	"cchc/base/i18n"
	"cchc/base/law"
	"cchc/base/moment"
	"cchc/base/points"
)

// A Text is a name or sentence of the data in both languages.
type Text struct {
	VI string `yaml:"vi"`
	EN string `yaml:"en"`
}

// In returns the text in the context's language.
func (t Text) In(ctx context.Context) string {
	if i18n.Lang(ctx) == i18n.English {
		return t.EN
	}
	return t.VI
}

// A Mark says how sure a value of the data is.
type Mark string

const (
	Found      Mark = "F" // found in a public source
	Verified   Mark = "V" // computed again on published numbers
	Inferred   Mark = "I"
	Unverified Mark = "M" // a setting, to be checked against the decision's text
)

// A Set is one version of the formulas (bộ công thức). It is shared: never
// change one.
type Set struct {
	ID          string
	Decision    law.Ref
	Decided     moment.Date
	Span        law.Span
	Name        Text
	Max         points.Points
	Periods     []Kind
	Rounding    Note
	Aggregation Note
	Groups      []*Group
	Bands       []Band // the highest first
	BandsMark   Mark
	Notes       []Note

	metrics map[string]*Metric
}

// A Group (nhóm chỉ tiêu) sums its metrics.
type Group struct {
	Code    string
	Name    Text
	Short   Text // for column heads
	Max     points.Points
	Metrics []*Metric
}

// A Metric (chỉ tiêu) is what is scored.
type Metric struct {
	Code        string
	Group       *Group
	Name        Text
	Max         points.Points
	Rule        Rule
	Numerator   Measure // "" when entered, or when Less says what is missing
	Less        Measure // complement: what is taken away from the denominator
	Denominator Measure
	Entered     bool // the numbers are entered by hand
	Zero        Zero
	Mark        Mark // of the formula
	ZeroMark    Mark // of Zero
	Counts      Text // the population and period in a sentence
	Notes       []Note
}

// Scored reports whether the metric gives points.
func (m *Metric) Scored() bool { return m.Rule.Kind != Informational }

// A Note is a remark of the data with how sure it is.
type Note struct {
	Text `yaml:",inline"`
	Mark Mark `yaml:"mark"`
}

// A Band (xếp loại) begins at a number of points.
type Band struct {
	Min  points.Points
	Name Text
}

// A RuleKind is one of the ways in which a metric is scored.
type RuleKind string

const (
	Ratio         RuleKind = "ratio"         // max × n / d
	Capped        RuleKind = "capped"        // max × min(1, (n / d) / full at)
	Complement    RuleKind = "complement"    // capped; n is what is left of d
	Default       RuleKind = "default"       // ratio; 1 while nothing was entered
	Informational RuleKind = "informational" // shown, not scored
)

// A Rule is a kind with its parameter.
type Rule struct {
	Kind   RuleKind
	FullAt *big.Rat // capped and complement: the ratio that gives full points, in (0, 1]
}

// Zero says what a denominator of 0 gives.
type Zero string

const (
	ZeroFull Zero = "full" // full points: nothing arose that could go wrong
	ZeroZero Zero = "zero" // no points
	ZeroNone Zero = "none" // no value, "–"
)

// Metric returns a metric of the set by its code.
func (s *Set) Metric(code string) (*Metric, bool) { m, ok := s.metrics[code]; return m, ok }

// Metrics returns every metric in order.
func (s *Set) Metrics() []*Metric {
	var out []*Metric
	for _, g := range s.Groups {
		out = append(out, g.Metrics...)
	}
	return out
}

// Band returns the band that a number of points falls in.
func (s *Set) Band(p points.Points) (Band, bool) {
	for _, b := range s.Bands {
		if p >= b.Min {
			return b, true
		}
	}
	return Band{}, false
}

// Sets are the versions, the oldest first; no two are in force on one day.
type Sets []*Set

// On returns the set in force on a day.
func (s Sets) On(d moment.Date) (*Set, bool) {
	for _, x := range s {
		if x.Span.Holds(d) {
			return x, true
		}
	}
	return nil, false
}
