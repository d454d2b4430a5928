// Package webtest asks pages small questions in tests: a client with cookies that
// talks to a handler as a browser does, and pages that are searched by CSS
// selectors.
package webtest

import (
	"bufio"
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
)

// A Browser visits the pages of one server and keeps its cookies. It does not
// follow redirects by itself: tests say where they lead.
type Browser struct {
	t      testing.TB
	server *httptest.Server
	client *http.Client
	Header http.Header // sent with every request: Accept-Language, Accept, …
}

// Open serves h until the test ends and returns a browser without cookies.
func Open(t testing.TB, h http.Handler) *Browser {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return visit(t, server)
}

// Handler returns what answers, to be asked without a connection.
func (b *Browser) Handler() http.Handler { return b.server.Config.Handler }

// Other returns a browser of somebody else, at the same server.
func (b *Browser) Other() *Browser { return visit(b.t, b.server) }

// At returns a browser with the same cookies and headers at the server of another one:
// another process behind the same address.
func (b *Browser) At(other *Browser) *Browser {
	moved := *b
	moved.server = other.server
	return &moved
}

// URL returns the address of the server.
func (b *Browser) URL() string { return b.server.URL }

func visit(t testing.TB, server *httptest.Server) *Browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Browser{t: t, server: server, Header: http.Header{}, client: &http.Client{
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Get visits a path.
func (b *Browser) Get(path string) *Page {
	b.t.Helper()
	return b.do(http.MethodGet, path, "", nil)
}

// Post sends a form as a page of the server itself does. Fields are alternating
// names and values.
func (b *Browser) Post(path string, fields ...string) *Page {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return b.do(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

// Send makes any other request.
func (b *Browser) Send(method, path, kind, body string) *Page {
	b.t.Helper()
	return b.do(method, path, kind, strings.NewReader(body))
}

func (b *Browser) do(method, path, kind string, body io.Reader) *Page {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.server.URL+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	for name, values := range b.Header {
		r.Header[name] = values
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if r.Header.Get("Origin") == "" && method != http.MethodGet {
		r.Header.Set("Origin", b.server.URL)
	}
	resp, err := b.client.Do(r)
	if err != nil {
		b.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatalf("%s %s: %v", method, path, err)
	}
	return newPage(b.t, method+" "+path, resp, string(text))
}

// Read gives the lines of an answer that does not end, until ctx does.
func (b *Browser) Read(ctx context.Context, path string, lines func(*bufio.Scanner)) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.server.URL+path, nil)
	if err != nil {
		b.t.Error(err)
		return
	}
	maps.Copy(r.Header, b.Header)
	r.Header.Set("Accept", "text/event-stream")
	resp, err := b.client.Do(r)
	if err != nil {
		b.t.Errorf("GET %s: %v", path, err)
		return
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		b.t.Errorf("GET %s answered %d", path, resp.StatusCode)
	}
	s := bufio.NewScanner(resp.Body)
	s.Buffer(nil, 1<<20)
	lines(s)
}

// A Page is an answer. Its questions fail the test when the answer is not the one
// wanted, and return the page.
type Page struct {
	Status int
	Header http.Header
	Body   string

	t    testing.TB
	what string
	root *html.Node
}

func newPage(t testing.TB, what string, resp *http.Response, body string) *Page {
	p := &Page{t: t, what: what, Status: resp.StatusCode, Header: resp.Header, Body: body}
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	p.root = root
	return p
}

// Parse makes a page of HTML that did not come from a server.
func Parse(t testing.TB, body string) *Page {
	t.Helper()
	return newPage(t, "the page", &http.Response{StatusCode: http.StatusOK, Header: http.Header{}}, body)
}

// Is wants a status.
func (p *Page) Is(status int) *Page {
	p.t.Helper()
	if p.Status != status {
		p.t.Errorf("%s answered %d, want %d:\n%s", p.what, p.Status, status, p.Text("main"))
	}
	return p
}

// To wants a redirect to a path.
func (p *Page) To(path string) *Page {
	p.t.Helper()
	if got := p.Header.Get("Location"); p.Status != http.StatusSeeOther || got != path {
		p.t.Errorf("%s answered %d to %q, want 303 to %q:\n%s", p.what, p.Status, got, path, p.Text("main"))
	}
	return p
}

// Has wants an element that the selector finds and whose text contains text.
func (p *Page) Has(selector, text string) *Page {
	p.t.Helper()
	found := p.Find(selector)
	for _, n := range found {
		if strings.Contains(textOf(n), text) {
			return p
		}
	}
	p.t.Errorf("%s has no %s with %q; %d such elements: %q", p.what, selector, text, len(found), p.Text(selector))
	return p
}

// Lacks wants no element that the selector finds and whose text contains text.
func (p *Page) Lacks(selector, text string) *Page {
	p.t.Helper()
	for _, n := range p.Find(selector) {
		if strings.Contains(textOf(n), text) {
			p.t.Errorf("%s has %s with %q, and should not", p.what, selector, textOf(n))
		}
	}
	return p
}

// Count wants so many elements that the selector finds.
func (p *Page) Count(selector string, n int) *Page {
	p.t.Helper()
	if got := len(p.Find(selector)); got != n {
		p.t.Errorf("%s has %d of %s, want %d", p.what, got, selector, n)
	}
	return p
}

// Find returns the elements that a CSS selector finds.
func (p *Page) Find(selector string) []*html.Node {
	p.t.Helper()
	s, err := cascadia.ParseGroup(selector)
	if err != nil {
		p.t.Fatalf("selector %q: %v", selector, err)
	}
	return cascadia.QueryAll(p.root, s)
}

// Text returns the text of the first element that the selector finds, its white
// space made single blanks, or "".
func (p *Page) Text(selector string) string {
	p.t.Helper()
	if found := p.Find(selector); len(found) > 0 {
		return textOf(found[0])
	}
	return ""
}

// Attr returns an attribute of the first element that the selector finds, or "".
func (p *Page) Attr(selector, name string) string {
	p.t.Helper()
	if found := p.Find(selector); len(found) > 0 {
		return Attr(found[0], name)
	}
	return ""
}

// Attr returns an attribute of an element, or "".
func Attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// Text returns the text inside an element, its white space made single blanks.
func Text(n *html.Node) string { return textOf(n) }

func textOf(n *html.Node) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
		switch n.Data {
		case "p", "li", "td", "th", "tr", "div", "h1", "h2", "dt", "dd", "button", "option":
			b.WriteByte(' ')
		}
	}
	walk(n)
	return strings.Join(strings.Fields(b.String()), " ")
}
