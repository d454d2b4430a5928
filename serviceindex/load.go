package serviceindex

import (
	"cmp"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"cchc/base/law"
	"cchc/base/moment"
	"cchc/base/points"
)

// The file as it stands: data/qd766.yaml explains each field.
type setFile struct {
	Version     string   `yaml:"version"`
	Decision    string   `yaml:"decision"`
	Decided     string   `yaml:"decided"`
	InForceFrom string   `yaml:"in_force_from"`
	InForceTo   string   `yaml:"in_force_to"` // the first day on which it is no longer in force
	Name        Text     `yaml:"name"`
	Max         string   `yaml:"max"`
	Periods     []string `yaml:"periods"`
	Rounding    Note     `yaml:"rounding"`
	Aggregation Note     `yaml:"aggregation"`
	Bands       struct {
		Mark Mark `yaml:"mark"`
		List []struct {
			Min  string `yaml:"min"`
			Name Text   `yaml:"name"`
		} `yaml:"list"`
	} `yaml:"bands"`
	Groups []groupFile `yaml:"groups"`
	Notes  []Note      `yaml:"notes"`
}

type groupFile struct {
	Code    string       `yaml:"code"`
	Name    Text         `yaml:"name"`
	Short   Text         `yaml:"short"`
	Max     string       `yaml:"max"`
	Metrics []metricFile `yaml:"metrics"`
}

type metricFile struct {
	Code string `yaml:"code"`
	Name Text   `yaml:"name"`
	Max  string `yaml:"max"`
	Rule struct {
		Kind   RuleKind `yaml:"kind"`
		FullAt string   `yaml:"full_at"`
	} `yaml:"rule"`
	Numerator   Measure `yaml:"numerator"`
	Less        Measure `yaml:"less"`
	Denominator Measure `yaml:"denominator"`
	Entered     bool    `yaml:"entered"`
	Mark        Mark    `yaml:"mark"`
	Zero        Zero    `yaml:"zero"`
	ZeroMark    Mark    `yaml:"zero_mark"`
	Counts      Text    `yaml:"counts"`
	Notes       []Note  `yaml:"notes"`
}

// LoadSets reads formula sets: each text is a file of one or more YAML
// documents, each document a version. The error joins every fault, with the line
// and the path in the file; a set with a fault is refused whole.
func LoadSets(texts ...string) (Sets, error) {
	var out Sets
	var faults []error
	for i, text := range texts {
		file, err := parser.ParseBytes([]byte(text), 0)
		if err != nil {
			return nil, fmt.Errorf("file %d: %w", i+1, err)
		}
		for _, doc := range file.Docs {
			if doc.Body == nil || doc.Body.Type() == ast.CommentType {
				continue
			}
			s, err := loadSet(doc.Body)
			if err != nil {
				faults = append(faults, err)
				continue
			}
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b *Set) int { return cmp.Compare(a.Span.From, b.Span.From) })
	for i, a := range out {
		for _, b := range out[i+1:] {
			if a.ID == b.ID {
				faults = append(faults, fmt.Errorf("two versions are named %s", a.ID))
			}
			if a.Span.Overlaps(b.Span) {
				faults = append(faults, fmt.Errorf("versions %s and %s are in force on the same days", a.ID, b.ID))
			}
		}
	}
	if len(out) == 0 && len(faults) == 0 {
		faults = append(faults, errors.New("there is no version"))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return out, nil
}

// A reading turns a document into a set and collects what is wrong with it.
type reading struct {
	body   ast.Node
	faults []error
}

func loadSet(body ast.Node) (*Set, error) {
	var f setFile
	if err := yaml.NodeToValue(body, &f, yaml.DisallowUnknownField()); err != nil {
		return nil, err
	}
	r := &reading{body: body}
	s := r.set(f)
	if len(r.faults) > 0 {
		return nil, fmt.Errorf("version %s: %w", f.Version, errors.Join(r.faults...))
	}
	return s, nil
}

// wrong adds a fault at a place: a path such as groups[0].metrics[2].max, or the
// nearest thing above it that the file has.
func (r *reading) wrong(place, format string, args ...any) {
	line := r.body.GetToken().Position.Line
	for at := place; at != ""; at = at[:max(0, strings.LastIndexAny(at, ".["))] {
		path, err := yaml.PathString("$." + at)
		if err != nil {
			continue
		}
		if n, err := path.FilterNode(r.body); err == nil && n != nil {
			line = n.GetToken().Position.Line
			break
		}
	}
	r.faults = append(r.faults, fmt.Errorf("line %d, %s: %s", line, place, fmt.Sprintf(format, args...)))
}

func (r *reading) set(f setFile) *Set {
	s := &Set{ID: f.Version, Decision: law.Ref{Doc: f.Decision}, Name: f.Name, Rounding: f.Rounding, Aggregation: f.Aggregation,
		BandsMark: f.Bands.Mark, Notes: f.Notes, metrics: map[string]*Metric{}}
	if s.ID == "" {
		r.wrong("version", "is missing")
	}
	if f.Decision == "" {
		r.wrong("decision", "is missing")
	}
	s.Decided = r.date("decided", f.Decided)
	s.Span.From = r.date("in_force_from", f.InForceFrom)
	if f.InForceTo != "" {
		if s.Span.To = r.date("in_force_to", f.InForceTo); s.Span.To <= s.Span.From {
			r.wrong("in_force_to", "is not after in_force_from")
		}
	}
	r.text("name", f.Name)
	s.Max = r.points("max", f.Max)
	for i, p := range f.Periods {
		if !slices.Contains(Kinds, Kind(p)) {
			r.wrong(fmt.Sprintf("periods[%d]", i), "%q is not a kind of period", p)
		}
		s.Periods = append(s.Periods, Kind(p))
	}
	if len(s.Periods) == 0 {
		r.wrong("periods", "is missing")
	}
	r.mark("bands.mark", f.Bands.Mark)
	for i, b := range f.Bands.List {
		at := fmt.Sprintf("bands.list[%d]", i)
		r.text(at+".name", b.Name)
		s.Bands = append(s.Bands, Band{Min: r.points(at+".min", b.Min), Name: b.Name})
		if i > 0 && s.Bands[i].Min >= s.Bands[i-1].Min {
			r.wrong(at+".min", "is not below the band before")
		}
	}
	sum := points.Points(0)
	for i, g := range f.Groups {
		x := r.group(fmt.Sprintf("groups[%d]", i), g, s)
		sum += x.Max
		s.Groups = append(s.Groups, x)
	}
	if sum != s.Max {
		r.wrong("max", "is %s, but the groups add up to %s", s.Max, sum)
	}
	return s
}

func (r *reading) group(at string, f groupFile, s *Set) *Group {
	g := &Group{Code: f.Code, Name: f.Name, Short: f.Short, Max: r.points(at+".max", f.Max)}
	if f.Code == "" {
		r.wrong(at+".code", "is missing")
	}
	for _, o := range s.Groups {
		if o.Code == g.Code {
			r.wrong(at+".code", "%s stands twice", g.Code)
		}
	}
	r.text(at+".name", f.Name)
	r.text(at+".short", f.Short)
	sum := points.Points(0)
	for i, m := range f.Metrics {
		x := r.metric(fmt.Sprintf("%s.metrics[%d]", at, i), m, s)
		x.Group = g
		sum += x.Max
		g.Metrics = append(g.Metrics, x)
	}
	if sum != g.Max {
		r.wrong(at+".max", "is %s, but the metrics of %s add up to %s", g.Max, g.Code, sum)
	}
	return g
}

func (r *reading) metric(at string, f metricFile, s *Set) *Metric {
	m := &Metric{Code: f.Code, Name: f.Name, Max: r.points(at+".max", f.Max), Rule: Rule{Kind: f.Rule.Kind},
		Numerator: f.Numerator, Less: f.Less, Denominator: f.Denominator, Entered: f.Entered,
		Zero: f.Zero, Mark: f.Mark, ZeroMark: f.ZeroMark, Counts: f.Counts, Notes: f.Notes}
	if m.Code == "" {
		r.wrong(at+".code", "is missing")
	} else if s.metrics[m.Code] != nil {
		r.wrong(at+".code", "%s stands twice", m.Code)
	}
	s.metrics[m.Code] = m
	r.text(at+".name", f.Name)
	r.text(at+".counts", f.Counts)
	r.mark(at+".mark", f.Mark)
	switch f.Zero {
	case ZeroFull, ZeroZero, ZeroNone:
	default:
		r.wrong(at+".zero", "%q is not full, zero or none", f.Zero)
	}
	for i, n := range f.Notes {
		r.text(fmt.Sprintf("%s.notes[%d]", at, i), n.Text)
		r.mark(fmt.Sprintf("%s.notes[%d].mark", at, i), n.Mark)
	}
	r.rule(at, f, m)
	return m
}

// rule checks that the rule has the parameter that its kind needs, and that the
// numbers come from somewhere: measures, or a person.
func (r *reading) rule(at string, f metricFile, m *Metric) {
	capped := false
	switch m.Rule.Kind {
	case Ratio, Default:
	case Capped, Complement:
		capped = true
	case Informational:
		if m.Max != 0 {
			r.wrong(at+".max", "an informational metric has no points")
		}
		return
	default:
		r.wrong(at+".rule.kind", "%q is not a kind of rule", m.Rule.Kind)
		return
	}
	if m.Max == 0 {
		r.wrong(at+".max", "a metric without points is informational")
	}
	switch x, ok := new(big.Rat).SetString(f.Rule.FullAt); {
	case !capped && f.Rule.FullAt != "":
		r.wrong(at+".rule.full_at", "a %s rule has none", m.Rule.Kind)
	case capped && (!ok || x.Sign() <= 0 || x.Cmp(big.NewRat(1, 1)) > 0):
		r.wrong(at+".rule.full_at", "%q is not a ratio above 0 and up to 1", f.Rule.FullAt)
	case capped:
		m.Rule.FullAt = x
	}
	if m.Rule.Kind == Default && !m.Entered {
		r.wrong(at+".entered", "a default rule is for what is entered by hand")
	}
	numerator, field := f.Numerator, ".numerator"
	if m.Rule.Kind == Complement {
		numerator, field = f.Less, ".less"
	} else if f.Less != "" {
		r.wrong(at+".less", "is for complement rules")
	}
	for _, x := range []struct {
		field string
		m     Measure
	}{{field, numerator}, {".denominator", f.Denominator}} {
		switch {
		case m.Entered && x.m != "":
			r.wrong(at+x.field, "the metric is entered by hand")
		case !m.Entered && measures[x.m] == 0:
			r.wrong(at+x.field, "%q is not a measure", x.m)
		}
	}
}

func (r *reading) date(at, s string) moment.Date {
	d, err := moment.ParseDate(s)
	if err != nil {
		r.wrong(at, "%v", err)
	}
	return d
}

func (r *reading) points(at, s string) points.Points {
	p, err := points.Parse(s)
	if err != nil {
		r.wrong(at, "%v", err)
	} else if p < 0 {
		r.wrong(at, "is below 0")
	}
	return p
}

func (r *reading) text(at string, t Text) {
	if strings.TrimSpace(t.VI) == "" || strings.TrimSpace(t.EN) == "" {
		r.wrong(at, "both languages are needed")
	}
}

func (r *reading) mark(at string, m Mark) {
	switch m {
	case Found, Verified, Inferred, Unverified:
	default:
		r.wrong(at, "%q is not one of the marks F, V, I, M", m)
	}
}
