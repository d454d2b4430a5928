package app

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"cchc/base/actor"
	"cchc/base/moment"
	"cchc/base/web/webtest"
	"cchc/data"
	"cchc/dossier"
	"cchc/setting"
	"cchc/unit"
)

// A contract is the API's own description, read as anybody would.
type contract struct {
	t        *testing.T
	doc      map[string]any
	compiler *jsonschema.Compiler
	known    map[string]any   // values that a schema cannot know, by the parameter's or property's name
	sent     string           // the file that an operation takes
	by       *webtest.Browser // who calls, where it is not who calls all
	made     int              // counts what must be another one each time
}

func readContract(t *testing.T, b *webtest.Browser) *contract {
	t.Helper()
	text := b.Get("/api/openapi.json").Is(200).Body
	c := &contract{t: t, compiler: jsonschema.NewCompiler(), known: map[string]any{}}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c.doc = doc.(map[string]any)
	c.compiler.AssertFormat()
	if err := c.compiler.AddResource("openapi.json", doc); err != nil {
		t.Fatal(err)
	}
	return c
}

// at follows keys, and a reference where one stands.
func (c *contract) at(v any, keys ...string) map[string]any {
	for _, k := range keys {
		m, _ := v.(map[string]any)
		v = m[k]
	}
	m, _ := v.(map[string]any)
	if ref, ok := m["$ref"].(string); ok {
		return c.at(c.doc, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
	}
	return m
}

// left is the value of a property that is left out although it could be there.
type leftOut struct{}

var left = leftOut{}

// value makes a value that fits a schema; full has the optional properties too.
func (c *contract) value(name string, schema map[string]any, full bool) any {
	schema = c.at(map[string]any{"s": schema}, "s")
	if v, ok := c.known[name]; ok {
		return v
	}
	if list, ok := schema["examples"].([]any); ok && len(list) > 0 {
		return list[0]
	}
	if list, ok := schema["enum"].([]any); ok {
		return list[0]
	}
	kind, _ := schema["type"].(string)
	if list, ok := schema["type"].([]any); ok {
		kind, _ = list[0].(string)
	}
	number := func(key string) int {
		n, _ := schema[key].(json.Number)
		i, _ := n.Int64()
		return int(i)
	}
	switch kind {
	case "object":
		out := map[string]any{}
		required, _ := schema["required"].([]any)
		properties, _ := schema["properties"].(map[string]any)
		for key, p := range properties {
			if v, ok := c.known[key]; ok && v == left {
				continue
			}
			if key != "$schema" && (full || slices.Contains(required, any(key))) {
				out[key] = c.value(key, p.(map[string]any), full)
			}
		}
		return out
	case "array":
		return []any{c.value(name, c.at(schema, "items"), full)}
	case "integer", "number":
		return max(1, number("minimum"))
	case "boolean":
		return true
	}
	switch schema["format"] {
	case "date":
		return "2026-11-23"
	case "date-time":
		return "2026-11-23T09:00:00+07:00"
	}
	if schema["contentEncoding"] == "base64" {
		return "JVBERi0xLjQKJSVFT0YK"
	}
	return strings.Repeat("x", max(1, number("minLength")))
}

// A call is one operation of the description.
type call struct {
	id, method, path string
	op               map[string]any
}

func (c *contract) calls() []call {
	var out []call
	paths := c.at(c.doc, "paths")
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		item := paths[path].(map[string]any)
		for _, method := range []string{"get", "post", "put", "delete"} {
			if op, ok := item[method].(map[string]any); ok {
				out = append(out, call{op["operationId"].(string), strings.ToUpper(method), path, op})
			}
		}
	}
	return out
}

// request fills in the parameters; bad spoils the query's values.
func (c *contract) address(x call, full bool) string {
	path, query := x.path, url.Values{}
	list, _ := x.op["parameters"].([]any)
	for _, p := range list {
		p := p.(map[string]any)
		name := p["name"].(string)
		v := fmt.Sprint(c.value(name, c.at(p, "schema"), full))
		switch {
		case p["in"] == "path":
			path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(v))
		case c.known[name] == left:
		case p["in"] == "query" && name != "cursor" && (p["required"] == true || full):
			query.Set(name, v)
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return path
}

func (c *contract) body(x call) (map[string]any, bool) {
	schema := c.at(x.op, "requestBody", "content", "application/json", "schema")
	return schema, schema != nil
}

// file reports whether the operation takes a file for its body.
func (c *contract) file(x call) bool {
	return c.at(x.op, "requestBody", "content", "application/octet-stream") != nil
}

// send calls, and checks that status, headers and body are as described.
func (c *contract) send(b *webtest.Browser, x call, address string, body any) *webtest.Page {
	c.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	var p *webtest.Page
	switch {
	case x.method == "GET":
		p = b.Get(address)
	case c.file(x):
		text = []byte(c.sent)
		p = b.Send(x.method, address, "application/octet-stream", c.sent)
	default:
		p = b.Send(x.method, address, "application/json", string(text))
	}
	what := fmt.Sprintf("%s %s with %.300s: %d %.500s", x.method, address, text, p.Status, p.Body)
	if wrong := c.wrong(x, p.Status, p.Header.Get("Content-Type"), p.Body); wrong != "" {
		c.t.Errorf("%s: %s: %s", x.id, what, wrong)
	}
	return p
}

// wrong tells in what an answer is not as described, "" when it is.
func (c *contract) wrong(x call, status int, kind, body string) string {
	described := c.at(x.op, "responses", fmt.Sprint(status))
	if described == nil || status >= 500 {
		return "not described"
	}
	media, _, _ := strings.Cut(kind, ";")
	content := c.at(described, "content")
	if content == nil || body == "" {
		return ""
	}
	if content[media] == nil {
		return fmt.Sprintf("answered %q, described %v", media, slices.Collect(maps.Keys(content)))
	}
	if !strings.Contains(media, "json") {
		return ""
	}
	pointer := "openapi.json#/paths/" + escape(x.path) + "/" + strings.ToLower(x.method) + "/responses/" + fmt.Sprint(status) + "/content/" + escape(media) + "/schema"
	schema, err := c.compiler.Compile(pointer)
	if err != nil {
		c.t.Fatalf("%s: %v", x.id, err)
	}
	got, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
	if err == nil {
		err = schema.Validate(got)
	}
	if err != nil {
		return fmt.Sprintf("does not fit its description: %v", err)
	}
	return ""
}

func escape(s string) string {
	return url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(s))
}

// made sends a request that makes something and returns a value of the answer.
func made(t *testing.T, p *webtest.Browser, address, key, body string, args ...any) string {
	t.Helper()
	got := p.Send("POST", address, "application/json", fmt.Sprintf(body, args...))
	var out map[string]any
	if err := json.Unmarshal([]byte(got.Body), &out); err != nil || got.Status > 299 {
		t.Fatalf("POST %s: %d %s", address, got.Status, got.Body)
	}
	s, _ := out[key].(string)
	return s
}

// unitsBegin is when the units of these tests began.
var unitsBegin = moment.NewDate(2025, 7, 1)

// unsettled are procedures of the national catalogue with what is to be settled.
func unsettled(t *testing.T) string {
	t.Helper()
	lines := strings.SplitAfter(data.Procedures, "\n")
	out := lines[0]
	for i, l := range lines[1:] {
		if i < 60 || strings.HasPrefix(l, "1.000656,") {
			out += l
		}
	}
	return out
}

// Every operation is called as its own text says: with what is required, with
// everything, and with what does not fit. What is answered must be described, fit
// its description, and never be our mistake.
func TestTheAPIDoesWhatItsTextSays(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	o.clock.Set("2025-12-22T09:00") // last year's books have an entry
	receive(t, o.rooms, o.commune)
	o.clock.Set("2026-11-23T09:00")
	if err := o.openLog(ctx, filepath.Join(t.TempDir(), "key")); err != nil {
		t.Fatal(err)
	}
	if _, err := o.editor.Import(ctx, operator, strings.NewReader(unsettled(t)), "thu.csv", 0); err != nil {
		t.Fatal(err)
	}
	scopes := []string{"dossier.*", "unit.*", "calendar.*", "procedure.*", "index.*", "report.*", "audit.*", "board.*", "account.*", "counter.*", "book.*", "setting.*", "score.*", "criteria.*", "notice.*", "system.*", "log.*", "privacy.*"}
	p := o.program(t, "moi-quyen", scopes, actor.Grant{Role: actor.Administrator, Unit: ""}, actor.Grant{Role: actor.OneStop, Unit: o.commune},
		actor.Grant{Role: actor.HomeAffairs, Unit: o.province}, actor.Grant{Role: actor.Auditor, Unit: ""})
	if err := o.settings.Change(context.Background(), operator, setting.Change{Name: dossier.KeepMonths.Name, Unit: o.province, What: setting.Set, Value: "0", From: o.db.Now().Date(), Reason: "thử"}); err != nil {
		t.Fatal(err)
	}
	c := readContract(t, o.b)
	base := o.commonKnown(t)
	var scores *league
	ok, why := map[string]bool{}, map[string]string{}
	for _, x := range c.calls() {
		for _, full := range []bool{false, true} {
			c.known, c.sent, c.by = maps.Clone(base), "", nil
			caller, prepared := p, true
			if set := scoreScenes[x.id]; set != nil {
				if scores == nil {
					scores = serveLeague(t)
				}
				s := &scoreScene{league: scores, t: t, known: c.known, c: c, by: scores.keeper}
				set(s)
				caller = s.by
			} else {
				d := receive(t, o.rooms, o.commune)
				c.known["code"], c.known["id"] = d.Code, "H99.101"
				prepared = o.prepare(t, p, c, x, d.Code)
				if c.by != nil {
					caller = c.by
				}
			}
			if !prepared {
				o.knowMore(t, c, x, full)
			}
			var body any
			schema, has := c.body(x)
			if has {
				body = c.value("", schema, full)
			}
			got := c.send(caller, x, c.address(x, full), body)
			if got.Status < 300 {
				ok[x.id] = true
			} else {
				why[x.id] = fmt.Sprintf("%d %.300s", got.Status, got.Body)
			}
			if !has || full {
				continue
			}
			// What does not fit is refused with a problem that names the place.
			fields := body.(map[string]any)
			for name := range fields {
				needed, _ := c.at(map[string]any{"s": schema}, "s")["required"].([]any)
				for _, wrong := range []any{nil, map[string]any{"x": 1}, strings.Repeat("y", 100_000)} {
					if wrong == nil && !slices.Contains(needed, any(name)) {
						continue
					}
					bad := maps.Clone(fields)
					bad[name] = wrong
					if wrong == nil {
						delete(bad, name)
					}
					got := c.send(caller, x, c.address(x, false), bad)
					if got.Status < 400 || got.Header.Get("Content-Type") != "application/problem+json" {
						t.Errorf("%s took %s = %.20v: %d", x.id, name, wrong, got.Status)
					}
				}
			}
			if got := c.send(caller, x, c.address(x, false), "no object"); got.Status != 422 {
				t.Errorf("%s took a text for its body: %d", x.id, got.Status)
			}
		}
		// Who does not say who they are is told so, unless it is for everybody.
		if _, signedIn := x.op["security"]; signedIn {
			b := o.b.Other()
			if got := c.send(b, x, c.address(x, false), map[string]any{}); got.Status != 401 {
				t.Errorf("%s let a visitor in: %d", x.id, got.Status)
			}
		}
	}
	for _, x := range c.calls() {
		if !ok[x.id] {
			t.Errorf("%s never succeeded: %s", x.id, why[x.id])
		}
	}
}

// commonKnown are the values that most operations want, which no schema can know.
func (o *office) commonKnown(t *testing.T) map[string]any {
	t.Helper()
	version, err := o.procedures.InForce(context.Background(), o.db, "1.001193", o.db.Now().Date())
	if err != nil {
		t.Fatal(err)
	}
	return map[string]any{"unit": "H99.101", "parent": "H99", "under": "H99", "procedure": "1.001193", "metric": "ON_TIME_RATE", "version": version.ID, "period": "2026-11",
		"case": "", "account": "", "phone": "0905123456", "id_number": "049185001234", "email": "a@b.vn", "level": "commune", "month": "2026-11-01", "until": "2026-12-30T17:00:00+07:00",
		"by": "2026-12-30T17:00:00+07:00", "from": "2026-11-01", "to": "2026-11-30", "area": "", "known": "", "q": "", "sector": "", "kind": "dossier", "verb": "", "form": "ii06a"}
}

// knowMore names the values that operations want for which there is no scene.
func (o *office) knowMore(t *testing.T, c *contract, x call, full bool) {
	t.Helper()
	switch {
	case strings.Contains(x.path, "procedure"):
		c.known["code"], c.known["kind"], c.known["sector"], c.known["unit"] = "1.001193", "", "Hộ tịch", "working_day"
		c.known["from"], c.known["quantity"] = "2026-12-01", "3"
		c.known["channel"], c.known["level"] = "direct", "commune"
		c.known["role"], c.known["hours"], c.known["case"], c.known["stamp"] = "specialist", "24", "", ""
	case strings.Contains(x.path, "/audit"):
		c.known["from"], c.known["to"] = "2026-11-01T00:00:00+07:00", "2026-12-01T00:00:00+07:00"
	case x.id == "create-unit", x.id == "preview-create-unit":
		c.known["code"], c.known["day"] = fmt.Sprintf("H99.2%t", full), "2026-11-23"
		if x.id == "preview-create-unit" {
			c.known["code"] = "H99.300"
		}
	case strings.Contains(x.path, "/units") && x.method == "POST":
		// Units end here: each time others.
		code := fmt.Sprintf("H99.9%d", c.made)
		if _, err := o.registry.Create(context.Background(), operator, unit.New{Code: code, Name: "Xã " + code, Level: "commune", Parent: o.province},
			unit.Act{Day: moment.NewDate(2025, 7, 1), Basis: "NQ"}); err != nil {
			t.Fatal(err)
		}
		c.known["id"] = code
		c.known[""] = map[string]map[string]any{
			"amend-unit":    {"name": "Tên mới", "day": "2026-11-23", "basis": "NQ"},
			"dissolve-unit": {"to": "H99.101", "day": "2026-11-23", "basis": "NQ"},
			"merge-units":   {"from": []any{code}, "into": "H99.101", "day": "2026-11-23", "basis": "NQ"},
			"split-unit":    {"into": []any{map[string]any{"unit": "H99.101", "share": 4000, "open": true}, map[string]any{"unit": code, "share": 6000}}, "day": "2026-11-23", "basis": "NQ"},
		}[strings.TrimPrefix(x.id, "preview-")]
	case x.id == "enter-measure":
		c.known["metric"], c.known["numerator"], c.known["denominator"] = "PUBLISH_ON_TIME", 1, 2
	case strings.Contains(x.path, "/calendar"):
		c.known["received"], c.known["quantity"], c.known["in"], c.known["withdraw"], c.known["replaces"] = "2026-11-23T09:00:00+07:00", "3", "working_day", false, "2026-12-26"
		c.known["kind"], c.known["date"], c.known["stamp"] = "work", "2026-12-19", ""
		delete(c.known, "unit")
		if full || strings.Contains(x.path, "/week") {
			c.known["unit"] = "H99"
		}
		if strings.Contains(x.path, "/days/preview") {
			c.known["date"] = "2026-12-20"
		}
		if strings.Contains(x.path, "/closures") {
			c.known["to"], c.known["from"] = "2026-12-22", "2026-12-21"
		}
		if x.id == "preview-closure" {
			c.known["to"], c.known["from"] = "2026-12-29", "2026-12-28"
		}
		if strings.Contains(x.path, "/week") {
			c.known["from"] = "2026-12-01"
			c.known["days"] = []any{map[string]any{"day": "mon", "counts": true, "sessions": []any{map[string]any{"from": "07:30", "to": "11:30"}}}}
		}
	}
}
