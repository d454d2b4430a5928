package help

import (
	"bytes"
	"fmt"
	"io/fs"
	"net/url"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"

	"cchc/base/i18n"
)

// A page is a guide in one language, as it is shown.
type page struct {
	Name     string
	Title    string
	Lead     string // its first sentence, for lists
	HTML     string // without the main heading
	Sections []section
	Links    []string // where it leads to, as addresses
}

// A section is what stands below a heading, for the search.
type section struct {
	Anchor, Title, Text string
	fold                string
}

// markdown is CommonMark with tables. HTML inside of it is left out: a guide is
// text.
var markdown = goldmark.New(goldmark.WithExtensions(extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute))),
	goldmark.WithParserOptions(parser.WithAutoHeadingID()))

// anchors gives headings readable addresses, "lap-bieu-ii-06a": those of the
// library know ASCII only.
type anchors map[string]int

func (a anchors) Generate(value []byte, _ ast.NodeKind) []byte {
	id := strings.Trim(strings.Join(strings.FieldsFunc(i18n.Fold(string(value)), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	}), "-"), "-")
	if id == "" {
		id = "phan"
	}
	a[id]++
	if n := a[id]; n > 1 {
		id = fmt.Sprintf("%s-%d", id, n)
	}
	return []byte(id)
}

func (a anchors) Put(value []byte) { a[string(value)]++ }

// parse reads a guide. It must begin with its only main heading.
func parse(name string, source []byte) (*page, error) {
	p := &page{Name: name}
	doc := markdown.Parser().Parse(text.NewReader(source), parser.WithContext(parser.NewContext(parser.WithIDs(anchors{}))))
	h, ok := doc.FirstChild().(*ast.Heading)
	if !ok || h.Level != 1 {
		return nil, fmt.Errorf("guide %s does not begin with its main heading", name)
	}
	p.Title = plain(h, source)
	doc.RemoveChild(doc, h)
	now := section{Title: p.Title}
	keep := func() {
		now.fold = i18n.Fold(now.Title + " " + now.Text)
		p.Sections = append(p.Sections, now)
	}
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		if h, ok := n.(*ast.Heading); ok {
			if h.Level == 1 {
				return nil, fmt.Errorf("guide %s has two main headings", name)
			}
			keep()
			id, _ := h.AttributeString("id")
			b, _ := id.([]byte)
			now = section{Anchor: string(b), Title: plain(h, source)}
			continue
		}
		if _, ok := n.(*ast.Paragraph); ok && p.Lead == "" {
			p.Lead = plain(n, source)
		}
		now.Text = strings.TrimSpace(now.Text + " " + plain(n, source))
	}
	keep()
	err := ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if l, ok := n.(*ast.Link); ok && entering {
			at := string(l.Destination)
			if u, err := url.Parse(at); err == nil && u.Scheme == "" && u.Host == "" && strings.HasSuffix(u.Path, ".md") && !strings.Contains(u.Path, "/") {
				at = Path + "/" + strings.TrimSuffix(u.Path, ".md")
				if u.Fragment != "" {
					at += "#" + u.Fragment
				}
				l.Destination = []byte(at)
			}
			p.Links = append(p.Links, at)
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := markdown.Renderer().Render(&b, source, doc); err != nil {
		return nil, fmt.Errorf("guide %s: %w", name, err)
	}
	p.HTML = b.String()
	return p, nil
}

// plain is the text of a node without its marks.
func plain(n ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			if n.Type() == ast.TypeBlock {
				b.WriteByte(' ')
			}
			return ast.WalkContinue, nil
		}
		switch x := n.(type) {
		case *ast.Text:
			b.Write(x.Segment.Value(source))
			if x.SoftLineBreak() || x.HardLineBreak() {
				b.WriteByte(' ')
			}
		case *ast.String:
			b.Write(x.Value)
		case *ast.CodeBlock, *ast.FencedCodeBlock:
			b.Write(x.Lines().Value(source))
		}
		return ast.WalkContinue, nil
	})
	return strings.Join(strings.Fields(b.String()), " ")
}

// load reads the guides of a language in the order of names.
func load(files fs.FS, lang string, names []string) (map[string]*page, error) {
	out := map[string]*page{}
	for _, name := range names {
		b, err := fs.ReadFile(files, lang+"/"+name+".md")
		if err != nil {
			return nil, err
		}
		if out[name], err = parse(name, b); err != nil {
			return nil, fmt.Errorf("%s: %w", lang, err)
		}
	}
	return out, nil
}
