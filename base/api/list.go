package api

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"cchc/base/fault"
	"cchc/base/web"
)

// An entry is one operation, for the page that describes them.
type entry struct {
	ID, Tag, Method, Path, Summary, Text string
	Public                               bool
	Params, Body                         []field
	Call                                 string // with curl
	Answers                              []answered
}

// A field is a parameter, or a property of a body by its place: "items[].code".
type field struct {
	Name, In, Type, Text string
	Required             bool
}

// An answered is what an operation answers with a status.
type answered struct {
	Status, Text string
	Media        string
	Fields       []field
	Example      string
}

// A group is the operations of one tag.
type group struct {
	Tag     string
	Entries []entry
}

// page is the address of what describes them.
func (g group) page() string { return referencePath + url.PathEscape(g.Tag) }

// reference is made of the description once, at the first look: operations are
// all registered by then.
type reference struct {
	once   sync.Once
	groups []group
}

// referencePath and a tag is where the operations of the tag are described. All of them on
// one page are megabytes, and a telephone takes seconds to lay them out.
const referencePath = "/reference/"

// list writes pages of our own: the usual viewers come from other hosts or need
// styles that our policy forbids.
func (a *API) list(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, page(a.huma.OpenAPI().Info, a.pages.all(a)))
}

func (a *API) describe(w http.ResponseWriter, r *http.Request) error {
	groups := a.pages.all(a)
	i := slices.IndexFunc(groups, func(g group) bool { return g.Tag == r.PathValue("tag") })
	if i < 0 {
		return fault.New(fault.NotFound, "web.not_found.text")
	}
	return web.Render(w, r, http.StatusOK, groupPage(groups[i]))
}

func (p *reference) all(a *API) []group {
	p.once.Do(func() { p.groups = a.groups() })
	return p.groups
}

func (a *API) groups() []group {
	var all []entry
	for path, item := range a.huma.OpenAPI().Paths {
		for method, op := range map[string]*huma.Operation{
			"GET": item.Get, "POST": item.Post, "PUT": item.Put, "PATCH": item.Patch, "DELETE": item.Delete,
		} {
			if op != nil {
				all = append(all, a.entry(method, path, op))
			}
		}
	}
	slices.SortFunc(all, func(x, y entry) int {
		return cmp.Or(cmp.Compare(x.Tag, y.Tag), cmp.Compare(x.Path, y.Path), cmp.Compare(x.Method, y.Method))
	})
	var out []group
	for _, e := range all {
		if n := len(out); n == 0 || out[n-1].Tag != e.Tag {
			out = append(out, group{Tag: e.Tag})
		}
		g := &out[len(out)-1]
		g.Entries = append(g.Entries, e)
	}
	return out
}

func (a *API) entry(method, path string, op *huma.Operation) entry {
	e := entry{ID: op.OperationID, Tag: "api", Method: method, Path: path, Summary: op.Summary, Text: op.Description, Public: len(op.Security) == 0}
	if len(op.Tags) > 0 {
		e.Tag = op.Tags[0]
	}
	for _, p := range op.Parameters {
		f := field{Name: p.Name, In: p.In, Text: p.Description, Required: p.Required}
		if s := a.schema(p.Schema); s != nil {
			f.Type, f.Text = kindOf(s), cmp.Or(f.Text, s.Description)
		}
		e.Params = append(e.Params, f)
	}
	if op.RequestBody != nil {
		if m := op.RequestBody.Content["application/json"]; m != nil {
			e.Body = a.fields("", m.Schema, 0)
		}
	}
	e.Call = a.call(method, path, op)
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		r := op.Responses[status]
		x := answered{Status: status, Text: r.Description}
		for _, media := range slices.Sorted(maps.Keys(r.Content)) {
			x.Media = media
			if m := r.Content[media]; status < "300" && media == "application/json" && m.Schema != nil {
				x.Fields, x.Example = a.fields("", m.Schema, 0), indented(a.example("", m.Schema, 0, true))
			}
		}
		e.Answers = append(e.Answers, x)
	}
	return e
}

// schema follows a reference.
func (a *API) schema(s *huma.Schema) *huma.Schema {
	if s != nil && s.Ref != "" {
		return a.huma.OpenAPI().Components.Schemas.SchemaFromRef(s.Ref)
	}
	return s
}

// deepest bounds how far properties are followed: a schema may hold itself.
const deepest = 5

// fields lists the properties of a schema and those within them, by their place.
func (a *API) fields(below string, s *huma.Schema, depth int) []field {
	s = a.schema(s)
	if s == nil || depth > deepest {
		return nil
	}
	if s.Type == huma.TypeArray {
		return a.fields(below+"[]", s.Items, depth+1)
	}
	var out []field
	names := slices.SortedFunc(maps.Keys(s.Properties), func(x, y string) int { // what is needed first
		if n, m := slices.Contains(s.Required, x), slices.Contains(s.Required, y); n != m {
			return map[bool]int{true: -1, false: 1}[n]
		}
		return cmp.Compare(x, y)
	})
	for _, name := range names {
		p := a.schema(s.Properties[name])
		if name == "$schema" || p == nil {
			continue
		}
		at := name
		if below != "" {
			at = below + "." + name
		}
		text := cmp.Or(s.Properties[name].Description, p.Description)
		out = append(out, field{Name: at, Type: kindOf(p), Text: text, Required: slices.Contains(s.Required, name)})
		out = append(out, a.fields(at, p, depth+1)...)
	}
	return out
}

// kindOf tells a schema's type and bounds in a word or two.
func kindOf(s *huma.Schema) string {
	out := []string{s.Type}
	if s.Type == huma.TypeArray && s.Items != nil && s.Items.Type != "" {
		out[0] += " of " + s.Items.Type
	}
	if s.Format != "" && s.Format != "int64" {
		out = append(out, s.Format)
	}
	if s.ContentEncoding != "" {
		out = append(out, s.ContentEncoding)
	}
	bounds := func(what string, least, most any, has, had bool) {
		switch {
		case has && had:
			out = append(out, what+plain(least)+"–"+plain(most))
		case has:
			out = append(out, what+"≥ "+plain(least))
		case had:
			out = append(out, what+"≤ "+plain(most))
		}
	}
	bounds("length ", s.MinLength, s.MaxLength, s.MinLength != nil, s.MaxLength != nil)
	bounds("", s.Minimum, s.Maximum, s.Minimum != nil, s.Maximum != nil)
	bounds("items ", s.MinItems, s.MaxItems, s.MinItems != nil, s.MaxItems != nil)
	if s.Pattern != "" {
		out = append(out, s.Pattern)
	}
	if s.Default != nil {
		out = append(out, "default "+plain(s.Default))
	}
	var one []string
	for _, v := range s.Enum {
		one = append(one, plain(v))
	}
	if len(one) > 0 {
		out = append(out, "one of "+strings.Join(one, " "))
	}
	return strings.Join(slices.DeleteFunc(out, func(s string) bool { return s == "" }), ", ")
}

// plain writes a value as JSON does.
func plain(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(text)
}

// example makes a value that fits a schema; all has what may be left out too.
func (a *API) example(name string, s *huma.Schema, depth int, all bool) any {
	s = a.schema(s)
	switch {
	case s == nil || depth > deepest:
		return nil
	case len(s.Examples) > 0:
		return s.Examples[0]
	case len(s.Enum) > 0:
		return s.Enum[0]
	case s.Default != nil:
		return s.Default
	}
	switch s.Type {
	case huma.TypeObject:
		out := map[string]any{}
		for key, p := range s.Properties {
			if key != "$schema" && (all || slices.Contains(s.Required, key)) {
				out[key] = a.example(key, p, depth+1, all)
			}
		}
		return out
	case huma.TypeArray:
		return []any{a.example(name, s.Items, depth+1, all)}
	case huma.TypeInteger, huma.TypeNumber:
		if s.Minimum != nil && *s.Minimum > 1 {
			return *s.Minimum
		}
		return 1
	case huma.TypeBoolean:
		return true
	}
	switch {
	case s.Format == "date":
		return "2026-11-23"
	case s.Format == "date-time":
		return "2026-11-23T09:00:00+07:00"
	case s.ContentEncoding == "base64":
		return "JVBERi0xLjQK"
	}
	return "…"
}

func indented(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if e.Encode(v) != nil {
		return ""
	}
	return strings.TrimSpace(b.String())
}

// call writes an operation as one would try it in a shell, with what it needs.
func (a *API) call(method, path string, op *huma.Operation) string {
	query := url.Values{}
	var heads []string
	for _, p := range op.Parameters {
		switch {
		case p.In == "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", "$"+strings.ToUpper(p.Name))
		case p.In == "query" && p.Required:
			text, ok := a.example(p.Name, p.Schema, 0, false).(string)
			if !ok {
				text = plain(a.example(p.Name, p.Schema, 0, false))
			}
			query.Set(p.Name, text)
		case p.In == "header" && p.Name == "Idempotency-Key":
			heads = append(heads, `-H "Idempotency-Key: $(uuidgen)"`)
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	first := "curl "
	if method != http.MethodGet {
		first += "-X " + method + " "
	}
	out := []string{first + `"$CCHC` + path + `"`}
	if len(op.Security) > 0 {
		out = append(out, `-H "Authorization: Bearer $TOKEN"`)
	}
	out = append(out, heads...)
	if op.RequestBody != nil {
		if m := op.RequestBody.Content["application/json"]; m != nil {
			text := strings.ReplaceAll(indented(a.example("", m.Schema, 0, false)), "'", `'\''`)
			out = append(out, "-H 'Content-Type: application/json'", "-d '"+text+"'")
		} else if op.RequestBody.Content[fileType] != nil {
			out = append(out, "-H 'Content-Type: "+fileType+"'", "--data-binary @FILE")
		}
	}
	return strings.Join(out, " \\\n  ")
}
