package table

import (
	"bytes"
	"maps"
	"strings"

	"github.com/goccy/go-yaml"

	"cchc/base/fault"
)

// A Mapping says how another system's exports are to be read: which of its
// columns is which of ours, what its words for values mean, and how it writes
// dates. docs/operate/en/migrate.md describes it, and has an example.
type Mapping struct {
	System  string                       `yaml:"system"`
	Sheet   string                       `yaml:"sheet"`
	Columns map[string]string            `yaml:"columns"` // our column → the header in the file
	Values  map[string]map[string]string `yaml:"values"`  // our column → the file's word → our value
	Dates   []string                     `yaml:"dates"`   // "dd/MM/yyyy HH:mm"
	Codes   struct {
		Procedures map[string]string `yaml:"procedures"` // the file's code → the national code
		Units      map[string]string `yaml:"units"`
	} `yaml:"codes"`
}

// ParseMapping reads a mapping. Fault: table.mapping, with the place and the
// reason that the YAML reader gives.
func ParseMapping(text []byte) (Mapping, error) {
	var m Mapping
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&m); err != nil {
		why, _, _ := strings.Cut(strings.TrimSpace(yaml.FormatError(err, false, false)), "\n")
		return m, fault.New(fault.Invalid, "table.mapping", "Why", why).With("mapping", "table.mapping", "Why", why).Because(err)
	}
	for _, d := range m.Dates {
		if layout(d) == d {
			return m, fault.New(fault.Invalid, "table.mapping_date", "Value", d).With("mapping", "table.mapping_date", "Value", d)
		}
	}
	return m, nil
}

// layout writes dd/MM/yyyy HH:mm:ss as package time does.
func layout(s string) string {
	return strings.NewReplacer("yyyy", "2006", "yy", "06", "MM", "01", "dd", "02", "HH", "15", "mm", "04", "ss", "05", "M", "1", "d", "2", "H", "15").Replace(s)
}

// Apply adds the mapping to what a reader looks for.
func (m Mapping) Apply(s *Spec) {
	if s.Map == nil {
		s.Map = map[string]string{}
	}
	// A column that the mapping names is that one alone, whatever else sounds alike.
	for i, c := range s.Columns {
		if m.Columns[c.Name] != "" {
			s.Columns[i].Names = nil
		}
	}
	for name, header := range m.Columns {
		s.Map[Fold(header)] = name
	}
	if s.Sheet == "" {
		s.Sheet = m.Sheet
	}
	s.Values = map[string]map[string]string{}
	for column, words := range m.Values {
		s.Values[column] = folded(words)
	}
	s.Also = map[string]map[string]string{}
	for column, words := range map[string]map[string]string{"procedure": m.Codes.Procedures, "unit": m.Codes.Units} {
		if len(words) > 0 {
			s.Also[column] = folded(words)
		}
	}
	for _, d := range m.Dates {
		s.Dates = append(s.Dates, layout(d))
	}
}

func folded(words map[string]string) map[string]string {
	out := map[string]string{}
	for w, v := range words {
		out[FoldValue(w)] = v
	}
	return out
}

// FoldValue returns a word as values are compared: blanks and case don't count,
// marks do not either.
func FoldValue(s string) string { return Fold(s) }

// A Count is a value that a file has, and how often.
type Count struct {
	Column, Value string
	Rows          int
}

// maxValues bounds how many different values are counted.
const maxValues = 200

// translate makes our values of the file's. A word that the mapping does not know
// is a fault of its cell, and counted.
func (t *Reader) translate() *fault.Fault {
	var bad *fault.Fault
	for _, x := range t.words {
		v := strings.TrimSpace(t.l.cells[x.at])
		if v == "" {
			continue
		}
		if ours, ok := x.words[FoldValue(v)]; ok {
			t.l.cells[x.at] = ours
		} else if x.strict && !x.ours[v] {
			n := Count{Column: t.names[x.at], Value: Shown(v)}
			if t.unknown == nil {
				t.unknown = map[Count]int{}
			}
			if _, there := t.unknown[n]; there || len(t.unknown) < maxValues {
				t.unknown[n]++
			}
			if bad == nil {
				bad = t.wrongAt(x.at, "table.value_unmapped")
			}
		}
	}
	return bad
}

// words are the translations of one column.
type words struct {
	at     int
	words  map[string]string
	ours   map[string]bool // our values, which may stand in the file as they are
	strict bool
}

func (t *Reader) prepare() {
	for column, m := range t.spec.Values {
		if i, ok := t.at[column]; ok {
			ours := map[string]bool{}
			for v := range maps.Values(m) {
				ours[v] = true
			}
			t.words = append(t.words, words{at: i, words: m, ours: ours, strict: true})
		}
	}
	for column, m := range t.spec.Also {
		if i, ok := t.at[column]; ok {
			t.words = append(t.words, words{at: i, words: m})
		}
	}
}

// Unknown returns the words that the mapping does not know, with how many rows
// have each.
func (t *Reader) Unknown() []Count {
	var out []Count
	for c, n := range t.unknown {
		c.Rows = n
		out = append(out, c)
	}
	return out
}
