package scorecard

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"

	"cchc/base/points"
	"cchc/base/table"
	"cchc/scorecard/ranking"
)

// A publishedFile is a publication as data/published.yaml has it.
type publishedFile struct {
	Year      int    `yaml:"year"`
	Level     string `yaml:"level"`
	Publisher string `yaml:"publisher"`
	Title     string `yaml:"title"`
	Number    string `yaml:"number"`
	Source    string `yaml:"source"`
	Decimals  *int   `yaml:"decimals"`
	SetMax    string `yaml:"set_max"`
	Mean      string `yaml:"mean"`
	Weighting string `yaml:"weighting"`
	Stated    int    `yaml:"stated"`
	Bands     []struct {
		Label  string `yaml:"label"`
		Min    string `yaml:"min"`
		Strict bool   `yaml:"strict"`
	} `yaml:"bands"`
	Sums []struct {
		What  string   `yaml:"what"`
		Parts []string `yaml:"parts"`
		Total string   `yaml:"total"`
	} `yaml:"sums"`
	Facts []struct {
		What  string `yaml:"what"`
		Value string `yaml:"value"`
	} `yaml:"facts"`
	Rows string `yaml:"rows"`
}

// LoadPublished reads published history from YAML; data/published.yaml explains it.
// An error names the publication.
func LoadPublished(text string) ([]Publication, error) {
	var files []publishedFile
	if err := yaml.NewDecoder(strings.NewReader(text), yaml.DisallowUnknownField()).Decode(&files); err != nil {
		return nil, fmt.Errorf("published history: %w", err)
	}
	var out []Publication
	for _, f := range files {
		p, err := f.publication()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Title, err)
		}
		out = append(out, p)
	}
	return out, nil
}

func (f publishedFile) publication() (Publication, error) {
	p := Publication{Year: f.Year, Level: f.Level, Publisher: f.Publisher, Title: f.Title, Number: f.Number, Source: f.Source, Decimals: 2,
		Weighting: ranking.Weighting(f.Weighting), Stated: f.Stated}
	if f.Decimals != nil {
		p.Decimals = *f.Decimals
	}
	var err error
	if f.SetMax != "" {
		if p.SetMax, err = points.Parse(f.SetMax); err != nil {
			return p, err
		}
	}
	if f.Mean != "" {
		m, err := points.Parse(f.Mean)
		if err != nil {
			return p, err
		}
		p.Mean = &m
	}
	for _, b := range f.Bands {
		low, err := points.Parse(b.Min)
		if err != nil {
			return p, err
		}
		p.Bands = append(p.Bands, ranking.Band{Label: b.Label, Min: low, Strict: b.Strict})
	}
	for _, x := range f.Sums {
		s := ranking.Sum{What: x.What}
		if s.Total, err = points.Parse(x.Total); err != nil {
			return p, err
		}
		for _, part := range x.Parts {
			n, err := points.Parse(part)
			if err != nil {
				return p, err
			}
			s.Parts = append(s.Parts, n)
		}
		p.Sums = append(p.Sums, s)
	}
	for _, x := range f.Facts {
		p.Facts = append(p.Facts, Fact{What: x.What, Value: x.Value})
	}
	if f.Rows == "" {
		return p, nil
	}
	t, err := table.Open(strings.NewReader(f.Rows), int64(len(f.Rows)), table.Spec{Columns: ResultColumns})
	if err != nil {
		return p, err
	}
	defer t.Close()
	rows, flaws, err := ReadResults(t)
	if err == nil {
		err = flaws.First()
	}
	p.Rows = rows
	return p, err
}
