package scorecard

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"cchc/base/fault"
)

// A SetDoc is the text of a criteria set as data that can be edited in any state,
// also one that could not be issued: package criteria reads what is right, and
// says what is wrong. Keys that it does not know stay where they are, and numbers
// stay as they were written.
type SetDoc struct{ root *Fields }

// Fields are the entries of a mapping in their order. Values are scalars,
// mappings, and lists of either.
type Fields struct{ list []entry }

type entry struct {
	key   string
	value any // scalar, *Fields or []any of these
}

// A scalar is a plain value. Bare says that it is written without quotes: a
// number, true or false. A code such as 1.10 is text.
type scalar struct {
	text string
	bare bool
}

// NewFields returns no entries.
func NewFields() *Fields { return &Fields{} }

// largestSet is how long the text of a set may be, in bytes. The longest real ones
// have 130 leaves in 90 KB.
const largestSet = 2 << 20

// deepest is how many mappings may lie in each other; real sets have a dozen.
const deepest = 60

var errDeep = errors.New("too deep")

// ParseSetDoc reads YAML. Faults, of the field text: sets.text.empty,
// sets.text.large, sets.text.broken with the parser's words and line,
// sets.text.not_set.
func ParseSetDoc(text string) (doc *SetDoc, err error) {
	wrong := func(key string, args ...any) error {
		return fault.New(fault.Invalid, "sets.refused").With("text", key, args...)
	}
	if strings.TrimSpace(text) == "" {
		return nil, wrong("sets.text.empty")
	}
	if len(text) > largestSet {
		return nil, wrong("sets.text.large")
	}
	// The parser is another's, and the text anybody's.
	defer func() {
		if e := recover(); e != nil {
			doc, err = nil, wrong("sets.text.broken", "Line", "?", "What", fmt.Sprint(e))
		}
	}()
	file, err := parser.ParseBytes([]byte(text), 0)
	if err != nil {
		line, what := "?", err.Error()
		if x := yaml.Error(nil); errors.As(err, &x) {
			what = x.GetMessage()
			if t := x.GetToken(); t != nil && t.Position != nil {
				line = fmt.Sprint(t.Position.Line)
			}
		}
		return nil, wrong("sets.text.broken", "Line", line, "What", what)
	}
	for _, d := range file.Docs {
		if d.Body == nil || d.Body.Type() == ast.CommentType {
			continue
		}
		v, err := valueOf(d.Body, 0)
		if err != nil {
			return nil, wrong("sets.text.broken", "Line", "?", "What", err.Error())
		}
		if f, ok := v.(*Fields); ok {
			if _, ok := f.at("meta").(*Fields); ok {
				return &SetDoc{f}, nil
			}
		}
		break
	}
	return nil, wrong("sets.text.not_set")
}

func valueOf(n ast.Node, depth int) (any, error) {
	if depth > deepest {
		return nil, errDeep
	}
	switch x := n.(type) {
	case nil, *ast.NullNode:
		return nil, nil
	case ast.MapNode:
		f := &Fields{}
		for it := x.MapRange(); it.Next(); {
			v, err := valueOf(it.Value(), depth+1)
			if err != nil {
				return nil, err
			}
			k, _ := valueOf(it.Key(), depth+1)
			if s, ok := k.(scalar); ok && v != nil {
				f.list = append(f.list, entry{s.text, v})
			}
		}
		return f, nil
	case *ast.SequenceNode:
		list := []any{}
		for _, e := range x.Values {
			v, err := valueOf(e, depth+1)
			if err != nil {
				return nil, err
			}
			if v != nil {
				list = append(list, v)
			}
		}
		return list, nil
	case *ast.StringNode:
		return scalar{text: x.Value}, nil
	case *ast.LiteralNode:
		return scalar{text: x.Value.Value}, nil
	case *ast.MappingKeyNode:
		return valueOf(x.Value, depth+1)
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return scalar{x.GetToken().Value, true}, nil
	}
	if t := n.GetToken(); t != nil {
		return scalar{text: t.Value}, nil
	}
	return nil, nil
}

// Text writes the document as YAML.
func (d *SetDoc) Text() string {
	var b strings.Builder
	d.root.write(&b, 0, false)
	return b.String()
}

// write writes the entries at a depth; with dash the first one stands behind the
// dash of a list's entry.
func (f *Fields) write(b *strings.Builder, depth int, dash bool) {
	for i, e := range f.list {
		if !dash || i > 0 {
			b.WriteString(strings.Repeat("  ", depth))
		}
		b.WriteString(quote(e.key))
		b.WriteByte(':')
		writeValue(b, e.value, depth)
	}
}

func writeValue(b *strings.Builder, v any, depth int) {
	switch x := v.(type) {
	case scalar:
		b.WriteByte(' ')
		b.WriteString(x.written())
		b.WriteByte('\n')
	case *Fields:
		if len(x.list) == 0 {
			b.WriteString(" {}\n")
			return
		}
		b.WriteByte('\n')
		x.write(b, depth+1, false)
	case []any:
		if len(x) == 0 {
			b.WriteString(" []\n")
			return
		}
		b.WriteByte('\n')
		for _, e := range x {
			b.WriteString(strings.Repeat("  ", depth))
			b.WriteByte('-')
			if f, ok := e.(*Fields); ok && len(f.list) > 0 {
				b.WriteByte(' ')
				f.write(b, depth+1, true)
				continue
			}
			writeValue(b, e, depth+1)
		}
	}
}

func (s scalar) written() string {
	if s.bare {
		return s.text
	}
	return quote(s.text)
}

// quote writes a text for YAML, in double quotes unless it is plain in every
// reading.
func quote(s string) string {
	word := s != ""
	for i, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_'
		if !letter && (i == 0 || r < '0' || r > '9') {
			word = false
			break
		}
	}
	if word && !slices.Contains([]string{"y", "n", "yes", "no", "on", "off", "true", "false", "null"}, strings.ToLower(s)) {
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
		case r < 0x20 || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// Meta returns what stands at the head of the set.
func (d *SetDoc) Meta() *Fields { return d.root.Sub("meta") }
