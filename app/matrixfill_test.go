package app

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"cchc/base/web/webtest"
)

// An inquiry is a request of a route for the thing of one unit.
type inquiry struct{ address, kind, body string }

// fills say what stands in the places of a route's path, by the longest beginning of
// "METHOD /path" or "/path" that has the name: "$x" is the thing x of the unit
// asked for. Below "?" stands the query, below "=" the form of a POST.
var fills = map[string]string{
	"/me/passkeys":                             "id=$passkey",
	"/account/tokens/{id}/revoke":              "id=$mytoken",
	"/dossiers/{code}/forms/04":                "code=$apologised",
	"/dossiers/{code}/forms/05":                "code=$stopped",
	"/dossiers/{code}/forms/void":              "code=$void",
	"/counter/cash/{id}/close":                 "id=$mycash",
	"/api/v1/counter/cash/{id}/close":          "id=$mycash",
	"/cchc/{id}/receipts":                      "entry=$published",
	"/":                                        "code=$dossier unit=$unit sheet=$sheet round=$round leaf=1.1.2 evidence=$evidence stage=appraised1 ord=1 run=$run year=$year form=01",
	"/admin/accounts":                          "id=$account",
	"/admin/exchange":                          "id=$link",
	"/admin/exchange/reconcile":                "run=$comparison",
	"/admin/tokens":                            "id=$token",
	"/account/tokens":                          "id=$token",
	"/admin/notices/templates":                 "event=received channel=email lang=vi",
	"/admin/import/":                           "kind=holidays",
	"/admin/imports/{run}/wrong":               "run=$wrongrun",
	"/admin/calendar-changes":                  "id=$changeof",
	"/admin/privacy/purposes":                  "code=$purpose",
	"/api/v1/purposes":                         "code=$purpose",
	"/admin/procedures":                        "code=1.001193",
	"/admin/settings":                          "name=board.silent_days",
	"/services":                                "code=1.001193",
	"/admin/log/parties":                       "id=$party",
	"/books":                                   "unit=$unit form=01 year=$year",
	"/bulk":                                    "id=$bulk",
	"/cchc":                                    "id=$result entry=0",
	"/counter/cash":                            "id=$cash",
	"/counter/lists":                           "kind=$listkind id=$list",
	"/counter/reserved":                        "block=$block",
	"/counter/turns":                           "do=next",
	"/turns":                                   "unit=$code id=$turn",
	"/help":                                    "page=dossiers",
	"/index":                                   "metric=ON_TIME_RATE",
	"/notices":                                 "id=$notice",
	"/me/delegations":                          "id=$delegation",
	"/rate":                                    "token=$rating",
	"/reference":                               "tag=dossiers",
	"/stop":                                    "token=$rating",
	"/receipts":                                "kind=dossier name=$apologised entry=$entry",
	"/scorecard/results":                       "id=$result",
	"/scorecard/results/{id}/approve":          "id=$prepared",
	"/scorecard/results/{id}/discard":          "id=$prepared",
	"/api/v1/scorecard/results/{id}/approve":   "id=$prepared",
	"/api/v1/scorecard/results/{id}/discard":   "id=$prepared",
	"/scorecard/sheets/{sheet}/appeals":        "sheet=$decidedsheet",
	"/api/v1/scorecard/sheets/{id}/appeals":    "id=$decidedsheet",
	"/api/v1/scorecard/sheets/{id}/questions/": "id=$decidedsheet",
	"/scorecard/remedial":                      "id=$plan",
	"/scorecard/sets":                          "id=$draft",
	"/scorecard/sheets":                        "appeal=$appeal",
	"/units":                                   "id=$unit",
	"/views":                                   "page=dossiers id=$view",
	"/admin/privacy/requests":                  "id=$asked",
	"/admin/privacy/retention":                 "id=$proposal",
	"/admin/privacy/retention/holds":           "id=$hold",
	"/api/v1/data-requests":                    "id=$asked",
	"/api/v1/holds":                            "id=$hold",
	"/api/v1/retention":                        "id=$proposal",
	"/admin/handover":                          "id=$account",

	"/api/v1/accounts":                  "id=$account grant=$grant",
	"/api/v1/backups":                   "kind=copy",
	"/api/v1/bulk":                      "id=$bulk",
	"/api/v1/calendar/changes":          "id=$changeof",
	"/api/v1/counter/cash":              "id=$cash",
	"/api/v1/counter/lists":             "id=$list",
	"/api/v1/counter/originals":         "id=$original",
	"/api/v1/counter/turns":             "id=$turn",
	"/api/v1/dossiers/{code}/papers":    "number=1",
	"/api/v1/exchange/links":            "id=$link",
	"/api/v1/exchange/comparisons":      "run=$comparison",
	"/api/v1/jobs":                      "id=$job",
	"/api/v1/log/receipts":              "kind=dossier object=$dossier",
	"/api/v1/notices":                   "event=received channel=email lang=vi id=none",
	"/api/v1/procedure-problems":        "problem=$problem",
	"/api/v1/procedure-versions":        "version=$version",
	"/api/v1/procedures":                "code=1.001193",
	"/api/v1/reports":                   "form=ii06a index=total_time",
	"/api/v1/scorecard/evidence":        "id=$evidence number=1",
	"/api/v1/scorecard/remedial":        "id=$plan",
	"/api/v1/scorecard/results":         "id=$result",
	"/api/v1/scorecard/rounds":          "id=$round",
	"/api/v1/scorecard/sets":            "id=$draft",
	"/api/v1/scorecard/sheets":          "id=$sheet appeal=$appeal link=$attached question=$question",
	"/api/v1/settings":                  "name=board.silent_days",
	"/api/v1/units":                     "id=$unit",
	"/api/v1/index":                     "metric=ON_TIME_RATE",
	"/api/v1/imports/{run}/corrections": "run=$wrongrun",
}

// usual is what fills ask for where no unit has one of its own, and no state another.
var usual = map[string]string{"job": "1", "year": "2026", "listkind": "inside", "taker": "", "purpose": "process", "day": "2026-12-19", "withdraw": ""}

// queries are what lists and forms are asked with.
var queries = map[string]string{
	"GET /index/{unit}/withdraw":               "metric=PUBLISH_ON_TIME month=2026-11-01",
	"GET /scorecard/sets/{id}/try":             "code=1.1.1",
	"GET /cchc/card":                           "unit=$unit",
	"GET /scorecard/results/card":              "unit=$unit",
	"GET /scorecard/sets/{id}/remove":          "at=1.1",
	"GET /scorecard/sets/{id}/move":            "at=1.1",
	"GET /scorecard/sets/{id}/node":            "at=1.1",
	"GET /admin/accounts":                      "unit=$unit",
	"GET /admin/audit":                         "unit=$unit",
	"GET /admin/audit.csv":                     "unit=$unit",
	"GET /board":                               "unit=$unit",
	"GET /board/stream":                        "unit=$unit",
	"GET /board/trend":                         "unit=$unit",
	"GET /board/wall":                          "unit=$unit",
	"GET /board/week":                          "unit=$unit",
	"GET /books":                               "unit=$unit",
	"GET /counter":                             "unit=$unit",
	"GET /counter/custody":                     "unit=$unit",
	"GET /counter/uncollected":                 "unit=$unit",
	"GET /counter/reserved":                    "unit=$unit",
	"GET /counter/lists/{kind}":                "unit=$unit",
	"GET /counter/cash":                        "unit=$unit",
	"GET /counter/turns":                       "unit=$unit",
	"GET /counter/turns/day":                   "unit=$unit",
	"GET /counter/turns/stream":                "unit=$unit",
	"GET /counter/turns/settings":              "unit=$unit",
	"GET /dossiers":                            "unit=$unit",
	"GET /late":                                "unit=$unit",
	"GET /dossiers/new":                        "unit=$unit",
	"GET /admin/settings":                      "unit=$unit",
	"GET /admin/settings/{name}":               "unit=$unit",
	"GET /admin/exchange/reconcile":            "unit=$unit",
	"GET /reports/ii06a":                       "unit=$unit from=2026-11-01 to=2026-11-30",
	"GET /reports/ii06a/list":                  "unit=$unit period=2026-11 column=received",
	"GET /reports/07a":                         "unit=$unit from=2026-11-01 to=2026-11-30",
	"GET /reports/07a/list":                    "unit=$unit period=2026-11 column=received",
	"GET /reports/evaluation":                  "unit=$unit",
	"GET /reports/evaluation/list":             "unit=$unit period=2026-11 index=total_time",
	"GET /reports/periods":                     "unit=$unit",
	"GET /reports/restated":                    "unit=$unit period=2026-11 sheet=ii06a column=received days=5",
	"GET /scorecard/evidence":                  "unit=$unit",
	"GET /scorecard/evidence/new":              "unit=$unit",
	"GET /scorecard/whatif":                    "unit=$unit round=$round",
	"GET /scorecard/results/prepare":           "round=$decided",
	"GET /scorecard/projection/{round}/stream": "unit=$unit",
}

// forms are what a POST sends where no page of the same path shows its form.
var formFills = map[string]string{
	"POST /counter/cash":                                          "unit=$unit float=0",
	"POST /dossiers/{code}/correct":                               "seq=2 reason=A",
	"POST /admin/procedures/{code}/dismiss":                       "problem=$problem reason=A",
	"POST /notices/{id}":                                          "do=read",
	"POST /counter/custody":                                       "id=$original to=A",
	"POST /counter/reserved":                                      "unit=$unit count=1",
	"POST /counter/reserved/cancel":                               "code=$reserved reason=A",
	"POST /counter/lists/{kind}":                                  "unit=$unit body=A code=$dossier",
	"POST /counter/turns/{do}":                                    "unit=$unit desk=1 kind=$turnkind",
	"POST /dossiers":                                              "unit=$unit procedure=1.001193 channel=direct name=A",
	"POST /dossiers/new":                                          "unit=$unit procedure=1.001193 channel=direct name=A",
	"POST /scorecard/sheets/{sheet}/leaf/{leaf}/attach":           "evidence=$evidence page=1",
	"POST /scorecard/sheets/{sheet}/leaf/{leaf}/detach":           "link=$attached",
	"POST /scorecard/sheets/{sheet}/leaf/{leaf}/ask":              "question=A",
	"POST /scorecard/sheets/{sheet}/hand-in":                      "lacking=true",
	"POST /admin/accounts/{id}/state":                             "do=disable reason=A",
	"POST /admin/accounts/{id}/factor":                            "reason=A",
	"POST /admin/accounts/{id}/sessions":                          "reason=A",
	"POST /admin/accounts/{id}/rename":                            "name=A",
	"POST /admin/handover/{id}":                                   "to=$taker reason=A",
	"POST /admin/privacy/requests/{id}/answer":                    "outcome=granted answer=A",
	"POST /admin/privacy/requests/{id}/assign":                    "account=$account",
	"POST /admin/privacy/requests/{id}/identify":                  "identity=A",
	"POST /admin/privacy/retention/holds/{id}/end":                "reason=A",
	"POST /admin/privacy/retention/{id}":                          "approve=yes document=1/CV reason=A",
	"POST /counter/cash/{id}/adjust":                              "amount=1000 reason=A",
	"POST /bulk/{id}/undo":                                        "reason=A",
	"POST /scorecard/rounds/{round}/appraise/{stage}/leaf/{leaf}": "sheet=$sheet do=points points=1 why=A version=0 seen=-1",
	"POST /scorecard/sheets/{sheet}/leaf/{leaf}/answer":           "id=$question answer=A",
	"POST /counter/lists/{kind}/{id}/give":                        "receiver=A",
	"POST /counter/lists/{kind}/{id}/settle":                      "code=$listed outcome=back",
	"POST /admin/calendars/{unit}/day":                            "kind=withdraw from=$day reason=A do=confirm",
	"POST /admin/accounts/{id}/revoke":                            "grant=$grant day=2026-12-01",
	"POST /admin/accounts/{id}/grants":                            "role=specialist unit=$unit",
	"POST /scorecard/evidence/new":                                "unit=$unit title=A",
	"POST /dossiers/bulk":                                         "act=forward code=$dossier",
	"POST /turns/{unit}/take":                                     "kind=$turnkind",
	"POST /admin/privacy/retention/holds":                         "unit=$unit code=$dossier reason=A document=A",
}

// nobody are routes that answer nobody here, and why.
var nobody = map[string]string{
	"GET /first-run":     "the first account was made long ago",
	"POST /first-run":    "the first account was made long ago",
	"GET /standing":      "503 on a machine that takes no part in anything",
	"GET /sign-in/code":  "the second step of a sign-in that nobody has begun",
	"POST /sign-in/code": "the second step of a sign-in that nobody has begun",
	"POST /sign-out":     "leads to the page of signing in",
}

var placeName = regexp.MustCompile(`\{([a-z]+)\}`)

// filled puts the thing of a unit in the place of its name.
func filled(text string, c *corner) (out [][2]string, err error) {
	for _, pair := range strings.Fields(text) {
		name, value, _ := strings.Cut(pair, "=")
		if thing, ok := strings.CutPrefix(value, "$"); ok {
			if value, ok = c.thing[thing]; !ok {
				err = fmt.Errorf("%s has no %s", c.thing["letter"], thing)
			}
		}
		out = append(out, [2]string{name, value})
	}
	return out, err
}

// pathValue finds what stands for a name in the path.
func pathValue(x route, name string, c *corner) (string, error) {
	best := ""
	for prefix, text := range fills {
		if strings.HasPrefix(x.path, prefix) && len(prefix) > len(best) && slices.ContainsFunc(strings.Fields(text), func(s string) bool { return strings.HasPrefix(s, name+"=") }) {
			best = prefix
		}
	}
	if best == "" {
		return "", fmt.Errorf("fills name nothing for {%s} of %s", name, x.name)
	}
	for pair := range strings.FieldsSeq(fills[best]) {
		if strings.HasPrefix(pair, name+"=") {
			got, err := filled(pair, c)
			return got[0][1], err
		}
	}
	panic("unreachable")
}

func (w *terrain) inquiry(x route, c *corner) (q inquiry, err error) {
	if x.op != nil {
		return w.operation(x, c)
	}
	q.address = strings.TrimSuffix(placeName.ReplaceAllStringFunc(strings.ReplaceAll(x.path, "{$}", ""), func(s string) string {
		v, e := pathValue(x, strings.Trim(s, "{}"), c)
		if e != nil && err == nil {
			err = e
		}
		return url.PathEscape(v)
	}), " ")
	if err != nil {
		return q, err
	}
	query := url.Values{}
	pairs, err := filled(queries[x.name], c)
	for _, p := range pairs {
		query.Set(p[0], p[1])
	}
	if len(query) > 0 {
		q.address += "?" + query.Encode()
	}
	if err != nil || x.method == http.MethodGet {
		return q, err
	}
	form := url.Values{}
	if text, ok := formFills[x.name]; ok {
		pairs, err = filled(text, c)
		for _, p := range pairs {
			form.Add(p[0], p[1])
		}
	} else {
		form = w.shownForm(x, q.address, c)
	}
	q.kind, q.body = "application/x-www-form-urlencoded", form.Encode()
	return q, err
}

// shownForm is the form that the page of the same path shows to who may do
// everything, with what stands in it and something in what is empty.
func (w *terrain) shownForm(x route, address string, c *corner) url.Values {
	get := route{name: "GET " + x.path, method: "GET", path: x.path}
	if pairs, err := filled(queries[get.name], c); err == nil && len(pairs) > 0 {
		query := url.Values{}
		for _, p := range pairs {
			query.Set(p[0], p[1])
		}
		address += "?" + query.Encode()
	}
	if f, ok := w.shown.Load(address); ok {
		return f.(url.Values)
	}
	got := w.send(ctx, w.all, "GET", address, "", "")
	form := url.Values{}
	page := webtest.Parse(w.t, got.Body.String())
	if got.Code == http.StatusOK {
		for _, f := range page.Find("main form") {
			action, _, _ := strings.Cut(webtest.Attr(f, "action"), "?")
			path, _, _ := strings.Cut(address, "?")
			if strings.EqualFold(webtest.Attr(f, "method"), "post") && (action == "" || action == path) {
				readForm(f, form)
				break
			}
		}
	}
	w.shown.Store(address, form)
	return form
}

// readForm collects the fields of a form.
func readForm(n *html.Node, form url.Values) {
	name := webtest.Attr(n, "name")
	has := func(a string) bool {
		return slices.ContainsFunc(n.Attr, func(x html.Attribute) bool { return x.Key == a })
	}
	switch {
	case n.Type != html.ElementNode || has("disabled"):
	case n.Data == "input" && name != "":
		value := webtest.Attr(n, "value")
		switch kind := webtest.Attr(n, "type"); {
		case kind == "file" || kind == "submit":
		case (kind == "radio" || kind == "checkbox") && !has("checked") && (kind == "checkbox" || form.Has(name)):
		default:
			if value == "" && has("required") {
				value = map[string]string{"number": "1", "date": "2026-11-24"}[kind]
				if value == "" {
					value = "Lý do"
				}
			}
			form.Add(name, value)
		}
	case n.Data == "textarea" && name != "":
		value := webtest.Text(n)
		if value == "" {
			value = "Lý do"
		}
		form.Add(name, value)
	case n.Data == "select" && name != "":
		form.Add(name, chosenOption(n))
		return
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		readForm(c, form)
	}
}

func chosenOption(n *html.Node) string {
	first, picked := "", ""
	for o := range n.Descendants() {
		if o.Type == html.ElementNode && o.Data == "option" {
			v := webtest.Attr(o, "value")
			if first == "" {
				first = v
			}
			if slices.ContainsFunc(o.Attr, func(x html.Attribute) bool { return x.Key == "selected" }) {
				picked = v
			}
		}
	}
	if picked != "" {
		return picked
	}
	return first
}

// operation is a call of an operation that fits the API's own text.
func (w *terrain) operation(x route, c *corner) (q inquiry, err error) {
	if strings.Contains(x.path, "/appraise/") && c.thing["sheet"] == "" {
		return q, fmt.Errorf("%s is scored by nobody", c.thing["letter"])
	}
	k := *w.c
	k.known = map[string]any{}
	code := c.thing["code"]
	maps.Copy(k.known, map[string]any{"unit": code, "parent": code, "under": code, "code": c.thing["dossier"], "procedure": "1.001193", "metric": "ON_TIME_RATE",
		"period": "2026-11", "case": "", "account": "", "phone": "0905123456", "id_number": "049185001234", "email": "a@b.vn", "level": "commune", "month": "2026-11-01",
		"from": "2026-11-01", "to": "2026-11-30", "form": "ii06a", "kind": "dossier", "codes": []any{c.thing["dossier"]}, "evidence": c.thing["evidence"], "set": c.thing["set"], "round": c.thing["round"]})
	for prefix, more := range apiKnown {
		if strings.HasPrefix(x.path, prefix) {
			pairs, e := filled(more, c)
			if e != nil {
				err = e
			}
			for _, p := range pairs {
				k.known[p[0]] = p[1]
			}
		}
	}
	for _, m := range placeName.FindAllStringSubmatch(x.path, -1) {
		v, e := pathValue(x, m[1], c)
		if e != nil {
			return q, e
		}
		k.known[m[1]] = v
	}
	maps.Copy(k.known, said(x, c))
	q.address = k.address(*x.op, false)
	list, _ := x.op.op["parameters"].([]any)
	for _, p := range list {
		if p := p.(map[string]any); p["in"] == "query" && p["name"] == "unit" && p["required"] != true {
			q.address = strings.TrimSuffix(q.address+"&unit="+code, "?")
			if !strings.Contains(q.address, "?") {
				q.address = strings.Replace(q.address, "&", "?", 1)
			}
		}
	}
	if schema, has := k.body(*x.op); has {
		// What stands in the path has other names in the body.
		for _, m := range placeName.FindAllStringSubmatch(x.path, -1) {
			if m[1] != "unit" && m[1] != "code" {
				delete(k.known, m[1])
			}
		}
		maps.Copy(k.known, said(x, c))
		// These look at what was sent before they ask who sends it.
		full := strings.HasPrefix(x.path, "/api/v1/calendar/days") || x.path == "/api/v1/exchange/links" || strings.HasPrefix(x.path, "/api/v1/notices/templates")
		body := k.value("", schema, full)
		if m, ok := body.(map[string]any); ok && m["unit"] == nil && k.at(map[string]any{"s": schema}, "s", "properties", "unit") != nil {
			m["unit"] = code
		}
		text, e := json.Marshal(body)
		if e != nil {
			return q, e
		}
		q.kind, q.body = "application/json", string(text)
	} else if k.file(*x.op) {
		q.kind, q.body = "application/octet-stream", pdf
	}
	return q, err
}

// apiKnown is more that bodies and queries of operations say, by the beginning of
// their paths.
var apiKnown = map[string]string{
	"/api/v1/audit":              "from=2026-11-01T00:00:00+07:00 to=2026-12-01T00:00:00+07:00",
	"/api/v1/counter/turns":      "kind=$turnkind",
	"/api/v1/counter/lists":      "kind=$listkind",
	"/api/v1/imports":            "kind=holidays",
	"/api/v1/calendar":           "received=2026-11-23T09:00:00+07:00 quantity=3 in=working_day kind=work date=$day from=2026-12-21 to=2026-12-22",
	"/api/v1/scorecard/rounds":   "unit=$unit",
	"/api/v1/scorecard/sets":     "unit=$unit",
	"/api/v1/scorecard/evidence": "unit=$unit",
	"/api/v1/units":              "id=$unit day=2026-11-23 basis=NQ",
	"/api/v1/exchange/links":     "kind=hook url=https://he-thong.example/hook",
	"/api/v1/log/consistency":    "old=1 size=1",
	"/api/v1/bulk":               "act=forward to=",
	"/api/v1/accounts":           "role=specialist",
}

// readable returns the text of an answer, of a workbook too.
func readable(got *httptest.ResponseRecorder) string {
	body := got.Body.Bytes()
	if !bytes.HasPrefix(body, []byte("PK")) {
		return string(body)
	}
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return string(body)
	}
	var out strings.Builder
	for _, f := range z.File {
		if r, err := f.Open(); err == nil {
			io.Copy(&out, r)
			r.Close()
		}
	}
	return out.String()
}

// said is what bodies say that is more than a text, so that they fit the API's own
// description: what does not is refused before it is asked who calls.
func said(x route, c *corner) map[string]any {
	begins := func(p string) bool { return strings.HasPrefix(x.path, "/api/v1"+p) }
	whole := func(pairs ...any) map[string]any {
		out := map[string]any{}
		for i := 0; i+1 < len(pairs); i += 2 {
			out[pairs[i].(string)] = pairs[i+1]
		}
		return out
	}
	other := "H99.102"
	if c.thing["code"] == other {
		other = "H99.101"
	}
	switch {
	case begins("/calendar/week"):
		return whole("from", "2026-12-01", "days", []any{whole("day", "mon", "counts", true, "sessions", []any{whole("from", "07:30", "to", "11:30")})})
	case begins("/calendar/days"):
		return whole("replaces", "2026-12-26", "withdraw", c.thing["withdraw"] != "")
	case begins("/dossiers/{code}/assign"):
		return whole("account", c.thing["account"])
	case begins("/dossiers/{code}/notices"):
		return whole("email", true, "sms", true, "zalo", false)
	case begins("/erasures"):
		return whole("id_number", "")
	case begins("/procedure-versions/{version}/settle"):
		return whole("case", left, "unit", "working_day", "quantity", "3", "channel", left, "area", left)
	case begins("/procedure-versions"), begins("/procedures/"):
		return whole("kind", "", "sector", "Hộ tịch", "unit", "working_day", "from", "2026-12-01", "quantity", "3", "channel", "direct", "level", "commune",
			"role", "specialist", "hours", "24", "stamp", "")
	case begins("/scorecard/results/{id}/units"):
		return whole("unit", 1)
	case begins("/units/{id}/amend"):
		return whole("", whole("name", "Tên mới", "day", "2026-11-23", "basis", "NQ"))
	case begins("/units/{id}/dissolve"):
		return whole("", whole("to", other, "day", "2026-11-23", "basis", "NQ"))
	case begins("/units/merge"):
		return whole("", whole("from", []any{c.thing["code"]}, "into", other, "day", "2026-11-23", "basis", "NQ"))
	case begins("/units/{id}/split"):
		return whole("", whole("into", []any{whole("unit", other, "share", 4000, "open", true), whole("unit", c.thing["code"], "share", 6000)}, "day", "2026-11-23", "basis", "NQ"))
	case begins("/exchange/comparisons/{run}/send"):
		return whole("link", c.thing["link"], "kind", left, "numbers", left)
	case x.path == "/api/v1/exchange/comparisons":
		return whole("link", c.thing["peer"], "system", left)
	case begins("/log/cosigned"):
		return whole("origin", c.thing["origin"])
	case begins("/exchange/links"):
		return whole("list", left, "system", left, "secret", left)
	case begins("/notices/templates"):
		return whole("subject", "Hồ sơ {{code}}", "body", "Kính gửi {{name}}", "version", 0)
	case begins("/scorecard/rounds/{id}/appraisers"):
		return whole("stage", "appraised1", "field", "1", "accounts", []any{c.thing["account"]})
	case begins("/scorecard/rounds/{id}/appraise"):
		return whole("", whole("verdicts", []any{whole("sheet", c.thing["sheet"], "leaf", "1.1.2", "accept", true, "version", 0, "seen", 1)}))
	case begins("/scorecard/sheets/{id}/scores"):
		return whole("leaf", "1.1.2", "num", 9, "den", 10, "version", 0, "value", left, "option", left, "before", left, "best", left, "done", left, "due", left,
			"answers", left, "vars", left, "parts", left, "veto", left, "na", left)
	case begins("/scorecard/sheets/{id}/appeals/{appeal}"):
		return whole("", whole("rulings", []any{whole("leaf", "1.1.2", "accept", true, "points", "5", "reason", "Có biên bản")}))
	case begins("/scorecard/sheets/{id}/appeals"):
		return whole("", whole("document", "7/CV", "text", "Đề nghị", "leaves", []any{whole("leaf", "1.1.2", "claim", "10/10")}))
	case begins("/scorecard/sheets/{id}/hand-in"):
		return whole("", whole("lacking", true))
	case begins("/retention/{id}"):
		return whole("approve", true, "document", "1/CV", "reason", "A")
	case begins("/scorecard/sheets/{id}/questions"), begins("/scorecard/sheets/{id}/evidence"):
		return whole("leaves", []any{"1.1.2"}, "evidence", c.thing["evidence"], "page", 1)
	case begins("/settings"):
		return whole("value", "5", "from", "2026-12-01")
	case begins("/index/{unit}"):
		return whole("metric", "PUBLISH_ON_TIME", "numerator", 1, "denominator", 2)
	case begins("/counter/reserved/cancel"):
		return whole("codes", []any{c.thing["reserved"]})
	case begins("/counter/turn-desk"):
		return whole("desk", "3", "kinds", []any{c.thing["turnkind"]})
	case begins("/counter/turns/{id}/transfer"):
		return whole("kind", c.thing["turnkind"])
	case begins("/data-requests/{id}/assign"):
		return whole("account", c.thing["account"])
	case begins("/data-requests"):
		return whole("kind", "access", "identity", "xem thẻ")
	case begins("/purposes/{code}"):
		return whole("vi", "Việc khác", "en", "Other")
	}
	return nil
}
