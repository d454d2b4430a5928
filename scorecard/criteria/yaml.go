package criteria

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"cchc/base/moment"
	"cchc/base/points"
)

// Limits of a file: a real set has some hundred leaves and four levels.
const (
	maxText   = 4 << 20
	maxDepth  = 12
	maxLeaves = 5000
	maxFaults = 500
)

// A reader collects what is wrong while a file is read.
type reader struct {
	faults Faults
	code   string // of the node being read
}

func (r *reader) wrong(at place, key string, args ...any) {
	if len(r.faults) < maxFaults {
		r.faults = append(r.faults, Fault{Line: at.line, Path: at.path, Code: r.code, Key: key, Args: args})
	}
}

// A place is where something stands in the file.
type place struct {
	line int
	path string
}

// parse reads the first document of a YAML text.
func (r *reader) parse(text []byte) (m *mapping) {
	// The parser is another's, and the text anybody's.
	defer func() {
		if e := recover(); e != nil {
			m = nil
			r.wrong(place{}, "criteria.yaml", "Why", fmt.Sprint(e))
		}
	}()
	if len(text) > maxText {
		r.wrong(place{}, "criteria.too_long", "Max", maxText>>20)
		return nil
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		at, why := place{}, err.Error()
		if x := yaml.Error(nil); errors.As(err, &x) {
			why = x.GetMessage()
			if t := x.GetToken(); t != nil && t.Position != nil {
				at.line = t.Position.Line
			}
		}
		r.wrong(at, "criteria.yaml", "Why", why)
		return nil
	}
	var bodies []ast.Node
	for _, doc := range file.Docs {
		if doc.Body != nil && doc.Body.Type() != ast.CommentType {
			bodies = append(bodies, doc.Body)
		}
	}
	switch len(bodies) {
	case 0:
		r.wrong(place{}, "criteria.empty")
		return nil
	case 1:
	default:
		r.wrong(where(bodies[1], ""), "criteria.one_document")
	}
	return r.mapping(bodies[0], "")
}

func where(n ast.Node, path string) place {
	if n != nil {
		if t := n.GetToken(); t != nil && t.Position != nil {
			return place{t.Position.Line, path}
		}
	}
	return place{path: path}
}

// A mapping is a map of the file; what nobody asks for is a fault at the end.
type mapping struct {
	r    *reader
	at   place
	keys []string
	vals map[string]ast.Node
	used map[string]bool
	line map[string]int // of the key
}

// mapping reads a map; a nil one answers every question with nothing.
func (r *reader) mapping(n ast.Node, path string) *mapping {
	m := &mapping{r: r, at: where(n, path), vals: map[string]ast.Node{}, used: map[string]bool{}, line: map[string]int{}}
	x, ok := n.(ast.MapNode)
	if !ok {
		r.wrong(m.at, "criteria.not_map")
		return nil
	}
	if strings.Count(path, ".") > 3*maxDepth {
		r.wrong(m.at, "criteria.too_deep", "Max", maxDepth)
		return nil
	}
	for it := x.MapRange(); it.Next(); {
		k := it.Key()
		key := scalarText(k)
		if t := k.GetToken(); t != nil && t.Position != nil {
			m.line[key] = t.Position.Line
			if m.at.line == 0 || len(m.keys) == 0 {
				m.at.line = t.Position.Line // a map's own token is its colon
			}
		}
		if m.vals[key] != nil {
			r.wrong(place{m.line[key], join(path, key)}, "criteria.key_twice", "Name", key)
		}
		m.keys = append(m.keys, key)
		m.vals[key] = it.Value()
	}
	return m
}

// scalarText returns the text of a scalar as it stands in the file: a code 1.10 is
// not the number 1.1.
func scalarText(n ast.Node) string {
	switch x := n.(type) {
	case nil, *ast.NullNode:
		return ""
	case *ast.StringNode:
		return x.Value
	case *ast.LiteralNode:
		return x.Value.Value
	case *ast.MappingKeyNode:
		return scalarText(x.Value)
	}
	if t := n.GetToken(); t != nil {
		return t.Value
	}
	return ""
}

func (m *mapping) place(key string) place {
	if line := m.line[key]; line > 0 {
		return place{line, join(m.at.path, key)}
	}
	return place{m.at.line, join(m.at.path, key)}
}

func (m *mapping) wrong(key, message string, args ...any) {
	m.r.wrong(m.place(key), message, args...)
}

// has reports whether the key is there with a value.
func (m *mapping) has(key string) bool {
	if m == nil {
		return false
	}
	n := m.vals[key]
	return n != nil && n.Type() != ast.NullType
}

// take returns the node of a key, nil when there is none.
func (m *mapping) take(key string) ast.Node {
	if m == nil {
		return nil
	}
	m.used[key] = true
	if !m.has(key) {
		return nil
	}
	return m.vals[key]
}

// text returns a scalar's text, "" when there is none.
func (m *mapping) text(key string) string {
	n := m.take(key)
	if n == nil {
		return ""
	}
	if !isScalar(n) {
		m.wrong(key, "criteria.not_text")
		return ""
	}
	return strings.TrimSpace(scalarText(n))
}

func isScalar(n ast.Node) bool {
	switch n.(type) {
	case ast.MapNode, *ast.SequenceNode, *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		return false
	}
	return true
}

// need returns a text that must be there.
func (m *mapping) need(key string) string {
	s := m.text(key)
	if m != nil && s == "" {
		m.wrong(key, "criteria.missing", "Name", key)
	}
	return s
}

// number returns a decimal; ok is false when there is none or it is wrong.
func (m *mapping) number(key string) (Num, bool) {
	s := m.text(key)
	if s == "" {
		return Num{}, false
	}
	v, err := ParseNum(s)
	if err != nil {
		m.wrong(key, "criteria.not_number", "Value", clip(s))
	}
	return v, err == nil
}

// points returns points; ok is false when there are none or they are wrong.
func (m *mapping) points(key string) (points.Points, bool) {
	s := m.text(key)
	if s == "" {
		return 0, false
	}
	if len(s) > 40 {
		m.wrong(key, "criteria.not_points", "Value", clip(s))
		return 0, false
	}
	p, err := points.Parse(s)
	if err != nil || p > mostMax || p < -mostMax {
		m.wrong(key, "criteria.not_points", "Value", clip(s))
		return 0, false
	}
	return p, true
}

// mostMax is the most points that anything in a set may have.
const mostMax = 1_000_000 * points.Scale

// integer returns a small whole number within bounds, or otherwise.
func (m *mapping) integer(key string, lo, hi, otherwise int64) int64 {
	v, ok := m.number(key)
	if !ok {
		return otherwise
	}
	if n := v.floor(); v.whole() && n >= lo && n <= hi {
		return n
	}
	m.wrong(key, "criteria.not_between", "Low", lo, "High", hi)
	return otherwise
}

// flag returns true or false.
func (m *mapping) flag(key string) bool {
	switch s := strings.ToLower(m.text(key)); s {
	case "", "false", "no", "không":
		return false
	case "true", "yes", "có":
		return true
	}
	m.wrong(key, "criteria.not_flag")
	return false
}

// day returns a date; zero when there is none.
func (m *mapping) day(key string) moment.Date {
	s := m.text(key)
	if s == "" {
		return 0
	}
	d, err := moment.ParseDate(s)
	if err != nil {
		m.wrong(key, "criteria.not_date", "Value", clip(s))
	}
	return d
}

// child returns the map of a key, nil when there is none.
func (m *mapping) child(key string) *mapping {
	n := m.take(key)
	if n == nil {
		return nil
	}
	return m.r.mapping(n, join(m.at.path, key))
}

// nodes returns the entries of a list.
func (m *mapping) nodes(key string) []ast.Node {
	n := m.take(key)
	if n == nil {
		return nil
	}
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		m.wrong(key, "criteria.not_list")
		return nil
	}
	return s.Values
}

// list returns the maps of a list; one that is no map is left out, with a fault.
func (m *mapping) list(key string) (out []*mapping) {
	for i, n := range m.nodes(key) {
		if x := m.r.mapping(n, nth(join(m.at.path, key), i)); x != nil {
			out = append(out, x)
		}
	}
	return out
}

// texts returns the scalars of a list, or one scalar as a list of one.
func (m *mapping) texts(key string) (out []string) {
	if m.has(key) && isScalar(m.vals[key]) {
		return []string{m.text(key)}
	}
	for i, n := range m.nodes(key) {
		if !isScalar(n) {
			m.r.wrong(where(n, nth(join(m.at.path, key), i)), "criteria.not_text")
			continue
		}
		out = append(out, strings.TrimSpace(scalarText(n)))
	}
	return out
}

// done tells of the keys that nobody asked for.
func (m *mapping) done() {
	if m == nil {
		return
	}
	for _, k := range m.keys {
		if !m.used[k] {
			m.used[k] = true
			m.wrong(k, "criteria.key_unknown", "Name", clip(k), "Known", strings.Join(m.known(), ", "))
		}
	}
}

// known lists what could stand there.
func (m *mapping) known() (out []string) {
	for k := range m.used {
		if !slices.Contains(m.keys, k) {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// quote writes a text for YAML, in double quotes unless it is plain in every reading.
func quote(s string) string {
	plain := s != ""
	for i, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_'
		if !letter && (i == 0 || r < '0' || r > '9') {
			plain = false
			break
		}
	}
	switch strings.ToLower(s) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		plain = false
	}
	if plain {
		return s
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case r < 0x20 || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
