package ranking

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"cchc/base/fault"
	"cchc/base/points"
	"cchc/base/table"
)

// A Band (xếp loại) names the indices from Min on, up to the next band. Bands are
// data of a province and year: "excellent" begins at 93 in one, and another has
// nothing above "tốt".
type Band struct {
	Label  string        `json:"label"`
	Min    points.Points `json:"min"`    // in percent
	Strict bool          `json:"strict"` // above Min; otherwise from Min on
}

// Holds reports whether the index reaches the band, which a higher one may take.
// The index is compared exactly: 89.996 % is not 90.
func (b Band) Holds(index points.Ratio) bool {
	c := index.Rat().Cmp(new(big.Rat).Quo(b.Min.Rat(), big.NewRat(100, 1)))
	return c > 0 || c == 0 && !b.Strict
}

// sorted returns the bands with the highest first; of two with the same bound the
// strict one is the higher.
func sorted(bands []Band) []Band {
	out := slices.Clone(bands)
	slices.SortStableFunc(out, func(a, b Band) int {
		return cmp.Or(cmp.Compare(b.Min, a.Min), cmp.Compare(rung(b), rung(a)))
	})
	return out
}

func rung(b Band) int {
	if b.Strict {
		return 1
	}
	return 0
}

// BandOf returns the band that an index falls into; ok is false when it is below
// all of them, or there are none.
func BandOf(bands []Band, index points.Ratio) (Band, bool) {
	if !index.Defined() {
		return Band{}, false
	}
	for _, b := range sorted(bands) {
		if b.Holds(index) {
			return b, true
		}
	}
	return Band{}, false
}

// band gives the place its band: the one set by hand, with a doubt when the index
// says another.
func (p *Place) band(bands []Band, byHand ByHands) {
	r := p.Ratio()
	computed := ""
	if r.Defined() {
		for _, b := range bands {
			if b.Holds(r) {
				computed = b.Label
				break
			}
		}
	}
	hand := byHand[p.Unit]
	if hand == "" {
		p.Band = computed
		return
	}
	p.Band, p.ByHand = hand, true
	if r.Defined() && !sameLabel(hand, computed) {
		p.Doubt = &Doubt{Kind: DoubtBand, Unit: p.Unit, Args: []any{"Band", hand, "Index", p.Index, "Computed", orNone(computed)}}
	}
}

func sameLabel(a, b string) bool { return table.Fold(a) == table.Fold(b) }

func orNone(s string) string {
	if s == "" {
		return none
	}
	return s
}

// none is how a value that is not there prints.
const none = "–"

// mostBands bounds a text of bands, in bytes; a province has some five.
const mostBands = 1 << 20

// ReadBands reads bands: YAML, as criteria sets write them (a list of label and
// min, alone or under "bands"), or CSV with the columns label (or band) and min.
// strict, where given, is true for a band that begins above its bound.
//
// Errors are fault.Invalid and name the place.
func ReadBands(in io.Reader) ([]Band, error) {
	text, err := io.ReadAll(io.LimitReader(in, mostBands+1))
	if err != nil {
		return nil, fmt.Errorf("read bands: %w", err)
	}
	if len(text) > mostBands {
		return nil, fmt.Errorf("read bands: %w", fault.New(fault.Invalid, "file.too_large", "Megabytes", mostBands>>20))
	}
	first := firstLine(string(text))
	if strings.Contains(first, ",") && !strings.HasPrefix(first, "-") && !strings.ContainsAny(first, "[{") {
		return bandsOfCSV(string(text))
	}
	return bandsOfYAML(text)
}

// firstLine returns the first line that says something.
func firstLine(text string) string {
	for l := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		if l = strings.TrimSpace(l); l != "" && !strings.HasPrefix(l, "#") {
			return l
		}
	}
	return ""
}

func bandsOfCSV(text string) ([]Band, error) {
	spec := strings.NewReader(text)
	t, err := table.Open(spec, int64(len(text)), table.Spec{Columns: []table.Column{
		{Name: "label", Names: []string{"band", "xếp loại", "mức"}, Need: true},
		{Name: "min", Names: []string{"từ", "điểm tối thiểu"}, Need: true},
		{Name: "strict", Names: []string{"trên"}},
	}})
	if err != nil {
		return nil, err
	}
	defer t.Close()
	var out []Band
	for t.Next() {
		b := Band{Label: oneLine(t.Get("label"))}
		if b.Label == "" {
			return nil, t.Wrong("label", "results.csv.empty")
		}
		if b.Min, err = points.Parse(t.Get("min")); err != nil {
			return nil, t.Wrong("min", "results.csv.number")
		}
		switch strings.ToLower(t.Get("strict")) {
		case "", "false", "0", "no", "không":
		case "true", "1", "yes", "có", "x":
			b.Strict = true
		default:
			return nil, t.Wrong("strict", "results.csv.yes_no")
		}
		out = append(out, b)
	}
	if err := t.Err(); err != nil {
		return nil, err
	}
	return checked(out)
}

// A bandFile is a band as YAML has it.
type bandFile struct {
	Label  string `yaml:"label"`
	Band   string `yaml:"band"`
	Min    string `yaml:"min"`
	Strict bool   `yaml:"strict"`
}

func bandsOfYAML(text []byte) (bands []Band, err error) {
	// The parser is another's, and the text anybody's.
	defer func() {
		if e := recover(); e != nil {
			bands, err = nil, fault.New(fault.Invalid, "results.bands.broken", "Why", fmt.Sprint(e))
		}
	}()
	if !utf8.Valid(text) {
		return nil, fault.New(fault.Invalid, "results.bands.broken", "Why", "UTF-8?")
	}
	// Nine aliases of nine aliases, nine times, would be a thousand million texts.
	file, err := parser.ParseBytes(text, 0)
	if err == nil {
		for _, d := range file.Docs {
			ast.Walk(aliases{&err}, d)
		}
	}
	if err != nil {
		return nil, brokenBands(err)
	}
	var list []bandFile
	if err := yaml.Unmarshal(text, &list); err != nil {
		var f struct {
			Bands []bandFile `yaml:"bands"`
			Meta  struct {
				Bands []bandFile `yaml:"bands"`
			} `yaml:"meta"`
		}
		if err := yaml.Unmarshal(text, &f); err != nil {
			return nil, brokenBands(err)
		}
		if list = f.Bands; len(list) == 0 {
			list = f.Meta.Bands
		}
	}
	var out []Band
	for i, x := range list {
		label := oneLine(cmp.Or(x.Label, x.Band))
		low, err := points.Parse(x.Min)
		if label == "" || err != nil {
			return nil, fault.New(fault.Invalid, "results.bands.wrong", "No", i+1, "Label", orNone(label), "Min", orNone(x.Min))
		}
		out = append(out, Band{Label: label, Min: low, Strict: x.Strict})
	}
	return checked(out)
}

func brokenBands(err error) error {
	why, _, _ := strings.Cut(strings.TrimSpace(yaml.FormatError(err, false, false)), "\n")
	return fault.New(fault.Invalid, "results.bands.broken", "Why", why).Because(err)
}

// aliases finds one in a text.
type aliases struct{ found *error }

func (a aliases) Visit(n ast.Node) ast.Visitor {
	if x, ok := n.(*ast.AliasNode); ok && *a.found == nil {
		*a.found = fmt.Errorf("[%d:%d] *%s", x.GetToken().Position.Line, x.GetToken().Position.Column, x.Value)
	}
	return a
}

// oneLine writes a label as it prints: on a line, with single spaces.
func oneLine(label string) string {
	return strings.Join(strings.FieldsFunc(label, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}

func checked(bands []Band) ([]Band, error) {
	if len(bands) == 0 {
		return nil, fault.New(fault.Invalid, "results.bands.none")
	}
	seen := map[Band]string{}
	for _, b := range bands {
		bound := Band{Min: b.Min, Strict: b.Strict}
		if other, twice := seen[bound]; twice {
			return nil, fault.New(fault.Invalid, "results.bands.twice", "Label", b.Label, "Other", other, "Min", b.Min)
		}
		seen[bound] = b.Label
	}
	return sorted(bands), nil
}

// WriteBands writes bands as ReadBands reads them.
func WriteBands(out io.Writer, bands []Band) error {
	w := csv.NewWriter(out)
	w.Write([]string{"label", "min", "strict"})
	for _, b := range bands {
		if strings.HasPrefix(b.Label, "#") { // quoted, for the line is no remark
			w.Flush()
			fmt.Fprintf(out, "\"%s\",%s,%t\n", strings.ReplaceAll(b.Label, `"`, `""`), b.Min, b.Strict)
			continue
		}
		w.Write([]string{b.Label, b.Min.String(), fmt.Sprint(b.Strict)})
	}
	w.Flush()
	return w.Error()
}
