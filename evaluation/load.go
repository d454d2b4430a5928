package evaluation

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"cchc/base/law"
	"cchc/base/moment"
	"cchc/base/points"
)

// The file as it stands: data/evaluation.yaml explains each field.
type setFile struct {
	Version          string      `yaml:"version"`
	Decree           string      `yaml:"decree"`
	Articles         []int       `yaml:"articles"`
	Circular         string      `yaml:"circular"`
	CircularArticles []int       `yaml:"circular_articles"`
	InForceFrom      string      `yaml:"in_force_from"`
	InForceTo        string      `yaml:"in_force_to"`
	Name             Text        `yaml:"name"`
	Indices          []indexFile `yaml:"indices"`
	Officers         scaleFile   `yaml:"officers"`
	Units            scaleFile   `yaml:"units"`
}

type indexFile struct {
	No         int            `yaml:"no"`
	Code       string         `yaml:"code"`
	Per        Per            `yaml:"per"`
	Officers   bool           `yaml:"officers"`
	Mark       string         `yaml:"mark"`
	Name       Text           `yaml:"name"`
	Short      Text           `yaml:"short"`
	Outcomes   map[string]int `yaml:"outcomes"`
	Choices    map[string]int `yaml:"choices"`
	Thresholds []Threshold    `yaml:"thresholds"`
}

type scaleFile struct {
	Max   int64 `yaml:"max"`
	Bands []struct {
		Min  string `yaml:"min"`
		Name Text   `yaml:"name"`
	} `yaml:"bands"`
}

// computed are the indices that facts can tell, with their outcomes.
var computed = map[string][]string{
	"total_time": {"shorter", "equal", "longer"}, "unit_time": {"shorter", "equal", "longer"},
	"contacts": {"none", "one", "more"}, "agencies": {"none", "one", "more"},
	"attitude": {"early", "on_time", "late", "complaint"}, "organisation": nil, "online": nil,
}

// LoadSets reads the versions of the set, the earliest first. Everything that is
// wrong is told at once.
func LoadSets(text string) ([]*Set, error) {
	var out []*Set
	var faults []error
	d := yaml.NewDecoder(strings.NewReader(text), yaml.DisallowUnknownField())
	for {
		var f setFile
		err := d.Decode(&f)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		s, err := f.set()
		if err != nil {
			faults = append(faults, fmt.Errorf("version %s: %w", f.Version, err))
		}
		out = append(out, s)
	}
	slices.SortStableFunc(out, func(a, b *Set) int { return cmp.Compare(a.Span.From, b.Span.From) })
	for i := 1; i < len(out); i++ {
		if out[i-1].Span.Overlaps(out[i].Span) || out[i-1].ID == out[i].ID {
			faults = append(faults, fmt.Errorf("versions %s and %s clash", out[i-1].ID, out[i].ID))
		}
	}
	if len(out) == 0 {
		faults = append(faults, errors.New("there is no version"))
	}
	return out, errors.Join(faults...)
}

func (f setFile) set() (*Set, error) {
	var faults []error
	wrong := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	day := func(field, text string) moment.Date {
		d, err := moment.ParseDate(text)
		if err != nil {
			wrong("%s: %w", field, err)
		}
		return d
	}
	s := &Set{ID: f.Version, Name: f.Name, Span: law.Span{From: day("in_force_from", f.InForceFrom)}}
	if f.InForceTo != "" {
		s.Span.To = day("in_force_to", f.InForceTo)
	}
	if s.ID == "" || f.Decree == "" || s.Name.VI == "" || s.Name.EN == "" {
		wrong("version, decree and name in both languages are needed")
	}
	for _, a := range f.Articles {
		s.Refs = append(s.Refs, law.Ref{Doc: f.Decree, Article: a})
	}
	for _, a := range f.CircularArticles {
		s.Refs = append(s.Refs, law.Ref{Doc: f.Circular, Article: a})
	}
	var units, officers int64
	for i, x := range f.Indices {
		if x.No != i+1 || x.Code == "" || x.Name.VI == "" || x.Name.EN == "" || x.Short.VI == "" || x.Short.EN == "" || s.By(x.Code) != nil {
			wrong("indices[%d]: no, code and name must be there, in order, and each once", i)
		}
		if !slices.Contains([]string{"F", "I", "M"}, x.Mark) {
			wrong("indices[%d].mark: %q is none of F, I, M", i, x.Mark)
		}
		outcomes, known := computed[x.Code]
		best := int64(0)
		most := func(m map[string]int) {
			for _, p := range m {
				best = max(best, int64(p))
			}
		}
		switch {
		case x.Per == PerDossier && known && outcomes != nil:
			for _, o := range outcomes {
				if _, ok := x.Outcomes[o]; !ok {
					wrong("indices[%d].outcomes: %s is missing", i, o)
				}
			}
			if len(x.Outcomes) != len(outcomes) {
				wrong("indices[%d].outcomes: has others than %v", i, outcomes)
			}
			most(x.Outcomes)
		case x.Per == PerShare && known && outcomes == nil && len(x.Thresholds) > 0,
			x.Per == PerEntered && len(x.Thresholds) > 0 && len(x.Choices) == 0:
			best = int64(x.Thresholds[0].Points)
			for j := 1; j < len(x.Thresholds); j++ {
				if x.Thresholds[j].AtLeast >= x.Thresholds[j-1].AtLeast || x.Thresholds[j].Points >= x.Thresholds[j-1].Points {
					wrong("indices[%d].thresholds[%d]: is not below the one before", i, j)
				}
			}
		case x.Per == PerEntered && len(x.Choices) > 0 && len(x.Thresholds) == 0:
			most(x.Choices)
		default:
			wrong("indices[%d]: %s cannot be scored per %q", i, x.Code, x.Per)
		}
		if x.Officers {
			officers += best
			if x.Per != PerDossier {
				wrong("indices[%d]: officers are scored by dossier only", i)
			}
		}
		units += best
		s.Indices = append(s.Indices, &Index{No: x.No, Code: x.Code, Name: x.Name, Short: x.Short, Per: x.Per, Officers: x.Officers,
			Outcomes: x.Outcomes, Choices: x.Choices, Thresholds: x.Thresholds, Mark: x.Mark})
	}
	scale := func(name string, f scaleFile, reach int64) Scale {
		out := Scale{Max: points.Of(f.Max)}
		if f.Max != reach {
			wrong("%s.max: is %d, but the indices add up to %d", name, f.Max, reach)
		}
		for i, b := range f.Bands {
			least, err := points.Parse(b.Min)
			if err != nil || i > 0 && least >= out.Bands[i-1].Min {
				wrong("%s.bands[%d].min: %q is not below the band before", name, i, b.Min)
			}
			out.Bands = append(out.Bands, Band{Min: least, Name: b.Name})
		}
		if n := len(out.Bands); n == 0 || out.Bands[n-1].Min != 0 {
			wrong("%s.bands: the last one must begin at 0", name)
		}
		return out
	}
	s.Officers, s.Units = scale("officers", f.Officers, officers), scale("units", f.Units, units)
	return s, errors.Join(faults...)
}
