package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/dossier"
	"cchc/setting"
)

// fuzzed is how many requests make test sends; make soak sends a million.
const fuzzed = 10_000

// everyScope lets a program do all that its person may.
var everyScope = []string{"dossier.*", "unit.*", "calendar.*", "procedure.*", "index.*", "report.*", "audit.*", "board.*", "account.*", "counter.*", "book.*", "setting.*", "score.*", "criteria.*", "notice.*", "system.*", "log.*", "privacy.*"}

// Requests are made out of the API's own description, valid ones and such that are
// wrong somewhere: types, bounds, lists of values, missing and unknown properties,
// numbers without end, texts of every kind, depths, media types, addresses. Whatever is
// sent is answered as described, and never by a mistake of ours.
//
// The seed is printed and can be given again: FUZZ_SEED, and FUZZ_REQUESTS how many.
func TestNoRequestOfTheDescriptionsShapeBreaksTheAPI(t *testing.T) {
	t.Parallel()
	seed, n := uint64(20261123), fuzzed
	for name, at := range map[string]func(uint64){"FUZZ_SEED": func(v uint64) { seed = v }, "FUZZ_REQUESTS": func(v uint64) { n = int(v) }} {
		if s := os.Getenv(name); s != "" {
			v, err := strconv.ParseUint(s, 10, 64)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			at(v)
		}
	}
	if testing.Short() {
		n /= 10
	}
	t.Logf("seed %d, %d requests", seed, n)
	f := newFuzzer(t, seed)
	calls := f.c.calls()
	least := 30 // percent of the operations that must succeed once
	if !testing.Short() {
		least = 95
		f.staged(n / 4 / len(calls))
	}
	near := len(f.reached)
	for f.sent < n {
		x := calls[f.sent%len(calls)]
		r, what := f.request(x)
		w := f.ask(x, r, what)
		if w.Code < 300 {
			f.harvest(w.Body.Bytes())
		}
		if w.Code == http.StatusUnauthorized && r.Header.Get("Authorization") != "" { // some request ended its own account
			f.program()
		}
	}
	var never []string
	for _, x := range calls {
		if !f.reached[x.id] {
			never = append(never, x.id)
		}
	}
	t.Logf("answers %v; %d of %d operations succeeded, %d of them where their things stood ready; never %v", f.statuses, len(f.reached), len(calls), near, never)
	if 100*len(f.reached) < least*len(calls) {
		t.Errorf("only %d of %d operations succeeded once: the requests are too wrong to find anything", len(f.reached), len(calls))
	}
}

// ask sends a request and looks whether the answer is as described.
func (f *fuzzer) ask(x call, r *http.Request, what string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	f.judge(x, w, what)
	return w
}

func (f *fuzzer) judge(x call, w *httptest.ResponseRecorder, what string) {
	t := f.c.t
	f.statuses[w.Code]++
	f.sent++
	if f.sent%100_000 == 0 { // who waits for a million sees how far it is
		t.Logf("%d requests: %v", f.sent, f.statuses)
	}
	if w.Code < 300 {
		f.reached[x.id] = true
	}
	elsewhere := slices.Contains([]int{301, 303, 307, 308, 404, 405}, w.Code) && f.strange // the address is another one, or none
	if wrong := f.c.wrong(x, w.Code, w.Header().Get("Content-Type"), w.Body.String()); wrong != "" && !elsewhere {
		t.Errorf("request %d, %s: %s\nanswered %d %.400s\n%s", f.sent-1, x.id, what, w.Code, w.Body.String(), wrong)
		if f.failed++; f.failed == 20 {
			t.Fatal("and so on")
		}
	}
}

// A stage is what stands ready for one operation, by its scene: values that fit, a file,
// and who may.
type stage struct {
	known map[string]any
	file  string
	may   string // Authorization
	clean bool   // nothing is to be wrong this time
}

// staged sends each operation so many requests for things that stand ready for it: in the
// state that it needs, by who may. Half of them fit, with some of what may be left out;
// half are wrong in some place. What they write is undone, so that the next one finds the
// same; where that alone may be why an answer is wrong, it is sent again to stay.
func (f *fuzzer) staged(each int) {
	t, c, o := f.c.t, f.c, f.office
	o.clock.Set("2025-12-22T09:00") // last year's books have an entry
	receive(t, o.rooms, o.commune)
	o.clock.Set("2026-11-23T09:00")
	if err := o.settings.Change(ctx, operator, setting.Change{Name: dossier.KeepMonths.Name, Unit: o.province, What: setting.Set, Value: "0", From: o.db.Now().Date(), Reason: "thử"}); err != nil {
		t.Fatal(err)
	}
	p := o.b.Other()
	p.Header.Set("Authorization", "Bearer "+f.token)
	common := o.commonKnown(t)
	all := c.calls()
	slices.SortStableFunc(all, func(a, b call) int { // the scenes of the index move the clock
		return btoi(scoreScenes[a.id] != nil) - btoi(scoreScenes[b.id] != nil)
	})
	for _, x := range all {
		c.known, c.sent, c.by = maps.Clone(common), "", nil
		caller := p
		if set := scoreScenes[x.id]; set != nil {
			s := &scoreScene{league: f.league, t: t, known: c.known, c: c, by: f.league.keeper}
			set(s)
			caller = s.by
		} else {
			d := receive(t, o.rooms, o.commune)
			c.known["code"], c.known["id"] = d.Code, "H99.101"
			if !o.prepare(t, p, c, x, d.Code) {
				o.knowMore(t, c, x, false)
			}
			if c.by != nil {
				caller = c.by
			}
		}
		f.near = &stage{known: c.known, file: c.sent, may: caller.Header.Get("Authorization")}
		for i := range each {
			f.near.clean = i%2 == 0
			r, what := f.request(x)
			rehearsal, wrote := db.Rehearse(ctx)
			w := httptest.NewRecorder()
			f.handler.ServeHTTP(w, r.WithContext(rehearsal))
			if (w.Code == http.StatusNotFound || w.Code >= 500) && slices.ContainsFunc(wrote.Statements(), func(s string) bool { return !quietly(s) }) {
				again := r.Clone(ctx)
				again.Body, _ = r.GetBody()
				w = httptest.NewRecorder()
				f.handler.ServeHTTP(w, again)
			}
			f.judge(x, w, what)
			if w.Code < 300 && x.method == http.MethodGet {
				f.harvest(w.Body.Bytes())
			}
		}
		f.near = nil
		// One that fits stays: scenes to come find what it made.
		var body any
		if schema, has := c.body(x); has {
			body = c.value("", schema, false)
		}
		c.send(caller, x, c.address(x, false), body)
		for _, key := range keysOf(c.known) {
			if v, ok := c.known[key].(string); ok && v != "" {
				f.keep(key, v)
			}
		}
	}
	f.program() // in the time that it is now
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

type fuzzer struct {
	*office
	handler http.Handler
	c       *contract
	rng     *rand.Rand
	seen    map[string][]any // values of answers by their property's name
	token   string
	strange bool // the last request's address may lead to another route
	failed  int
	n       int
	sent    int

	league   *league
	near     *stage // of the operation that is asked now; nil is none
	statuses map[int]int
	reached  map[string]bool // operations that succeeded
}

func newFuzzer(t *testing.T, seed uint64) *fuzzer {
	t.Helper()
	l := serveLeague(t)
	o := l.o
	if err := o.openLog(ctx, filepath.Join(t.TempDir(), "key")); err != nil {
		t.Fatal(err)
	}
	if _, err := o.editor.Import(ctx, operator, strings.NewReader(unsettled(t)), "thu.csv", 0); err != nil {
		t.Fatal(err)
	}
	f := &fuzzer{office: o, handler: o.b.Handler(), c: readContract(t, o.b), rng: rand.New(rand.NewPCG(seed, 1)), seen: map[string][]any{}, league: l, statuses: map[int]int{}, reached: map[string]bool{}}
	for range 12 {
		d := receive(t, o.rooms, o.commune)
		f.keep("code", d.Code)
		f.keep("object", d.Code)
	}
	for name, values := range map[string][]any{
		"unit": {"H99.101", "H99", string(o.commune)}, "to": {"H99.101"}, "under": {"H99"}, "parent": {"H99"}, "into": {"H99.101"}, "procedure": {"1.001193"}, "code": {"1.001193"},
		"metric": {"ON_TIME_RATE"}, "period": {"2026-11", "2026-q4", "2026"}, "form": {"ii06a", "07a", "01"}, "event": {"received"}, "channel": {"email", "direct"}, "lang": {"vi"}, "year": {2026, 2025}, "stage": {"home", "council"},
		"name": {"dossier.keep_months", "ds.csv"}, "kind": {"dossiers", "units", "holidays", "dossier", "hook"}, "index": {"1"}, "day": {"2026-11-23"}, "quantity": {"3"}, "in": {"working_day"},
	} {
		for _, v := range values {
			f.keep(name, v)
		}
	}
	if !testing.Short() { // staged has all scenes
		f.program()
		return f
	}
	for _, name := range []string{"get-score-round", "enter-self-score", "appraise", "get-evidence", "get-criteria-set", "get-result", "decide-appeal"} {
		s := &scoreScene{league: l, t: t, known: map[string]any{}, c: f.c, by: l.keeper}
		if set := scoreScenes[name]; set != nil {
			set(s)
		}
		for _, key := range keysOf(s.known) {
			if v, ok := s.known[key].(string); ok && v != "" {
				f.keep(key, v)
				f.keep("*", v)
			}
		}
	}
	f.program()
	return f
}

// program makes another account that may do everything, and calls by its token.
func (f *fuzzer) program() {
	f.n++
	login := fmt.Sprintf("may-%d", f.n)
	id, err := f.accounts.Create(ctx, operator, auth.NewAccount{Login: login, Name: login, Password: testPassword, Grants: []actor.Grant{
		{Role: actor.Administrator, Unit: ""}, {Role: actor.OneStop, Unit: f.commune}, {Role: actor.HomeAffairs, Unit: f.province}, {Role: actor.Auditor, Unit: ""}}})
	if err == nil {
		_, f.token, err = f.accounts.CreateToken(ctx, operator, auth.NewToken{Account: id, Name: login, Scopes: everyScope, Until: f.db.Now().Date().AddDays(30)})
	}
	if err != nil {
		f.c.t.Fatal(err)
	}
}

func (f *fuzzer) keep(name string, v any) {
	list := f.seen[name]
	if len(list) < 40 {
		f.seen[name] = append(list, v)
		return
	}
	list[f.rng.IntN(len(list))] = v
}

// harvest keeps what an answer names, so that later requests find something there.
func (f *fuzzer) harvest(body []byte) {
	var v any
	if len(body) > 200_000 || json.Unmarshal(body, &v) != nil {
		return
	}
	var walk func(name string, v any, depth int)
	walk = func(name string, v any, depth int) {
		switch v := v.(type) {
		case map[string]any:
			for _, k := range keysOf(v) {
				walk(k, v[k], depth+1)
			}
		case []any:
			for _, x := range v[:min(len(v), 3)] {
				walk(name, x, depth+1)
			}
		case string:
			if v != "" && len(v) < 100 {
				f.keep(name, v)
				if name == "id" { // what a parameter calls run, sheet, round
					f.keep("*", v)
				}
			}
		case float64:
			f.keep(name, v)
		}
	}
	walk("", v, 0)
}

func keysOf(m map[string]any) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out) // or the same seed would make other requests
	return out
}

// one is true once in so many times.
func (f *fuzzer) one(in int) bool { return f.rng.IntN(in) == 0 }

func pick[T any](f *fuzzer, list []T) T { return list[f.rng.IntN(len(list))] }

// hostile are values that fit nowhere, or only just.
var hostile = []any{
	nil, true, false, 0, -1, 1, 0.5, json.Number("-0.0"), 1e18, 9007199254740993, json.Number("9223372036854775807"), json.Number("9223372036854775808"), json.Number("-9223372036854775809"), json.Number("1e400"), json.Number("1e-400"), json.Number(strings.Repeat("9", 400)),
	"", " ", "0", "-1", "null", "\x00", "a\x00b", "\u202eđảo\u202c", "e\u0302\u0301\u0301\u0301", "\ufeff", "\uffff", "😀😀", strings.Repeat("dài ", 3000), strings.Repeat("ẹ", 301), "'; DROP TABLE dossier; --", "%", "_", "%s%n", "../../etc/passwd", "<script>alert(1)</script>", "{{.}}", "\r\nX: y",
	"0000-00-00", "0001-01-01", "9999-12-31", "99999-01-01", "2026-02-30", "-2026-01-01", "2026-11-23T25:61:00Z", "9999-12-31T23:59:59.999999999+14:00", "0001-01-01T00:00:00-14:00", "1970-01-01T00:00:00Z", "2026-W47", "99999999999999999999",
	[]any{}, []any{nil}, []any{[]any{[]any{}}}, map[string]any{}, map[string]any{"": nil}, map[string]any{"$ref": "#"},
}

// value makes a value for a schema: mostly one that fits.
func (f *fuzzer) value(name string, schema map[string]any, depth int) any {
	schema = f.c.at(map[string]any{"s": schema}, "s")
	if f.near != nil && (f.near.clean || !f.one(8)) {
		if v, ok := f.near.known[name]; ok && v != left {
			return v
		}
		if schema["properties"] == nil {
			f.c.known = f.near.known
			return f.c.value(name, schema, false)
		}
	} else if f.one(40) {
		return pick(f, hostile)
	}
	if list := f.seen[name]; len(list) > 0 && !f.one(3) {
		return pick(f, list)
	}
	if list, ok := schema["enum"].([]any); ok && !f.one(12) {
		return pick(f, list)
	}
	if list, ok := schema["examples"].([]any); ok && len(list) > 0 && f.one(2) {
		return list[0]
	}
	kind, _ := schema["type"].(string)
	if list, ok := schema["type"].([]any); ok && len(list) > 0 {
		kind, _ = pick(f, list).(string)
	}
	number := func(key string, def int) int {
		if n, ok := schema[key].(json.Number); ok {
			i, _ := n.Int64()
			return int(i)
		}
		return def
	}
	switch kind {
	case "object":
		out := map[string]any{}
		required, _ := schema["required"].([]any)
		properties, _ := schema["properties"].(map[string]any)
		for _, key := range keysOf(properties) {
			need := slices.Contains(required, any(key))
			if f.near != nil && f.near.known[key] == left {
				continue
			}
			if need && f.clean() {
				out[key] = f.value(key, properties[key].(map[string]any), depth+1)
				continue
			}
			if key != "$schema" && (need && !f.one(80) || !need && f.one(2)) && depth < 8 {
				out[key] = f.value(key, properties[key].(map[string]any), depth+1)
			}
		}
		if !f.clean() && f.one(30) {
			out[pick(f, []string{"", "x", "id", "__proto__", "\x00", strings.Repeat("k", 3000)})] = pick(f, hostile)
		}
		return out
	case "array":
		n := min(f.rng.IntN(4), number("maxItems", 3))
		if f.one(60) {
			n = number("maxItems", 100) + 1
		}
		out := []any{}
		for range n {
			out = append(out, f.value(name, f.c.at(schema, "items"), depth+1))
		}
		return out
	case "integer", "number":
		low, high := number("minimum", 0), number("maximum", 1_000_000)
		return pick(f, []int{low, high, low - 1, high + 1, low + 1, 1, f.rng.IntN(1000)})
	case "boolean":
		return f.one(2)
	case "null":
		return nil
	}
	switch schema["format"] {
	case "date":
		return pick(f, []string{"2026-11-23", "2026-11-24", "2026-12-31", "2025-07-01", "2019-01-01", "2028-02-29"})
	case "date-time":
		return pick(f, []string{"2026-11-23T09:00:00+07:00", "2026-11-30T17:00:00+07:00", "2026-01-01T00:00:00Z"})
	}
	if schema["contentEncoding"] == "base64" {
		return pick(f, []string{"JVBERi0xLjQKJSVFT0YK", "", "!!", "UEsDBA=="})
	}
	if list := f.seen["*"]; len(list) > 0 && f.one(3) {
		return pick(f, list)
	}
	low, high := number("minLength", 0), min(number("maxLength", 200), 5000)
	return strings.Repeat(pick(f, []string{"x", "1", "ữ", "H", " "}), pick(f, []int{low, high, max(0, low-1), high + 1, min(high, max(low, 5))}))
}

// clean reports whether nothing is to be wrong with this request.
func (f *fuzzer) clean() bool { return f.near != nil && f.near.clean }

// raw spoils a text.
func (f *fuzzer) raw(text []byte) []byte {
	switch f.rng.IntN(9) {
	case 0:
		return text[:f.rng.IntN(len(text)+1)]
	case 1:
		return nil
	case 2:
		return []byte(strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000))
	case 3:
		return []byte(strings.Repeat(`{"a":`, 5_000) + "1" + strings.Repeat("}", 5_000))
	case 4:
		return bytes.ReplaceAll(text, []byte(`"`), []byte("\"\xff"))
	case 5:
		return append([]byte("\ufeff"), text...)
	case 6:
		return bytes.Replace(text, []byte("{"), []byte(`{"name":"a","name":1,`), 1)
	case 7:
		return bytes.ReplaceAll(text, []byte(`"`), []byte(`"\ud800`))
	}
	return append(text, text...)
}

// request makes one out of an operation's description; what says it in a line.
func (f *fuzzer) request(x call) (r *http.Request, what string) {
	path, query := x.path, url.Values{}
	f.strange = false
	header := http.Header{}
	list, _ := x.op["parameters"].([]any)
	for _, p := range list {
		p := p.(map[string]any)
		name := p["name"].(string)
		text := func(name string) string {
			v := f.value(name, f.c.at(p, "schema"), 0)
			if _, structured := v.(map[string]any); structured {
				b, _ := json.Marshal(v)
				return string(b)
			}
			return fmt.Sprint(v)
		}
		switch p["in"] {
		case "path":
			at := name
			if name == "id" && f.near == nil {
				for _, of := range []string{"unit", "account", "sheet", "round", "set", "link", "job", "result"} {
					if strings.Contains(x.path, "/"+of+"s/") && len(f.seen[of]) > 0 && f.one(2) {
						at = of
					}
				}
			}
			v := text(at)
			if _, plain := strings.CutPrefix(strings.Trim(v, "./"), v); !plain || v == "" || strings.ContainsAny(v, "/\\.\x00") {
				f.strange = true
			}
			path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(v))
		case "query":
			if f.near != nil && f.near.known[name] == left || f.clean() && name == "cursor" {
				continue
			}
			if p["required"] == true && (f.clean() || !f.one(30)) || f.one(2) {
				query.Add(name, text(name))
				if !f.clean() && f.one(40) {
					query.Add(name, text(name))
				}
			}
		case "header":
			if !f.clean() && f.one(6) {
				header[name] = []string{strings.Map(func(r rune) rune {
					if r < ' ' || r == 0x7f {
						return 'x'
					}
					return r
				}, text(name))}
			}
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	if !f.clean() && f.one(50) {
		f.strange = f.strange || len(query) == 0
		path += pick(f, []string{"?%zz", "&&&=", "?a;b", "?" + strings.Repeat("a=1&", 500), "?cursor=%00"})
	}
	var body []byte
	kind := ""
	if schema, has := f.c.body(x); has {
		kind = "application/json"
		v := f.value("", schema, 0)
		for try := 0; try < 2; try++ { // what is no object at all is refused at the door
			if _, object := v.(map[string]any); object {
				break
			}
			v = f.value("", schema, 0)
		}
		var err error
		if body, err = json.Marshal(v); err != nil {
			body = []byte(`{"x":1e400}`)
		}
		if !f.clean() && f.one(20) {
			body = f.raw(body)
		}
	} else if f.c.file(x) {
		kind = "application/octet-stream"
		body = []byte(pick(f, []string{"", "Ngày,Loại,Tên\n01/02/2027,nghỉ,Bão\n", "Mã hồ sơ,Trạng thái\nH99,9\n", "PK\x03\x04\x14\x00", "\xff\xfe\x00", "a,\"b", strings.Repeat("a,", 50_000), "%PDF-1.4\n%%EOF\n", strings.Repeat("[", 100_000), "a: &a [*a]\n", "{{{"}))
		if f.near != nil && (f.near.clean || f.one(2)) {
			body = []byte(f.near.file)
		}
	}
	if kind != "" && !f.clean() && f.one(30) {
		kind = pick(f, []string{"", "text/plain", "application/xml", "multipart/form-data", "multipart/form-data; boundary=x", "application/json; charset=utf-16", "application/x-www-form-urlencoded", ";;;", "application/cbor"})
	}
	r, err := http.NewRequestWithContext(ctx, x.method, path, bytes.NewReader(body))
	if err != nil { // no address at all: a client could not send it either
		f.strange = true
		r, _ = http.NewRequestWithContext(ctx, x.method, "/api/v1/nothing", nil)
	}
	r.RequestURI = path
	r.RemoteAddr = "192.0.2.1:1234"
	for name, v := range header {
		r.Header[http.CanonicalHeaderKey(name)] = v
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if f.near != nil && (f.near.clean || !f.one(40)) {
		r.Header.Set("Authorization", f.near.may)
	} else if !f.one(200) {
		r.Header.Set("Authorization", "Bearer "+f.token)
	}
	if !f.clean() && f.one(50) {
		r.Header.Set("Accept", pick(f, []string{"text/html", "*/*", "application/xml", "application/cbor", "nonsense", "application/json;q=0"}))
	}
	r.Header.Set("Accept-Language", pick(f, []string{"vi", "en"}))
	return r, fmt.Sprintf("%s %.300s %v\n%.600s", x.method, path, r.Header["Content-Type"], body)
}
