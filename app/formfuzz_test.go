package app

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/file"
	"cchc/base/web"
	"cchc/base/web/webtest"
)

// A form is one that a page shows, with the values that stand in it.
type form struct {
	action, kind string
	fields       url.Values
}

// hostileTexts are what no field expects.
var hostileTexts = []string{"", " ", "0", "-1", "1e400", "99999999999999999999", "NaN", "\x00", "a\x00b", "\xff\xfe", "\u202eđảo", "e\u0302\u0301", "😀", strings.Repeat("dài ", 2000), strings.Repeat("9", 400),
	"31/02/2026", "00/00/0000", "99/99/9999", "2026-13-45T99:99", "31/12/9999 23:59", "01/01/0001", "'; DROP TABLE dossier; --", "%", "<script>", "{{.}}", "../../etc/passwd", "on", "null", "\r\nX: y", "|||||||", "a: &a [*a]", "01a216b3-1c6d-7190-beaf-06d362f80f24"}

// Every form of every page that a strong role reaches is sent as it stands and with
// hostile values. Nothing may be a mistake of ours. What no page leads to: ownFields.
func TestNoFormBreaksAPage(t *testing.T) {
	if testing.Short() {
		t.Skip("one request after the other, many thousands: the long form has them")
	}
	t.Parallel()
	seed, rounds := formSeed(t)
	l := serveLeague(t)
	o := l.o
	if err := o.openLog(ctx, filepath.Join(t.TempDir(), "key")); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(seed, 2))
	strong := func(n int) *webtest.Browser {
		return o.signIn(t, fmt.Sprintf("manh-%d", n), actor.Grant{Role: actor.Administrator, Unit: ""}, actor.Grant{Role: actor.OneStop, Unit: o.commune},
			actor.Grant{Role: actor.Specialist, Unit: o.commune}, actor.Grant{Role: actor.Chairperson, Unit: o.commune}, actor.Grant{Role: actor.HomeAffairs, Unit: o.province}, actor.Grant{Role: actor.Auditor, Unit: ""})
	}
	b := strong(0)
	var codes []string
	for range 6 {
		codes = append(codes, receive(t, o.rooms, o.commune).Code)
	}

	// What a person reaches by following links.
	forms, sent := map[string]form{}, map[string]bool{}
	queue := []string{"/", "/work", "/dossiers", "/dossiers/new", "/counter", "/admin", "/reports", "/scorecard", "/me", "/notices", "/dossiers/" + codes[0], "/lookup", "/services"}
	seen := map[string]bool{}
	shapes := map[string]int{} // pages of one shape are enough after a few
	for len(queue) > 0 && len(seen) < 450 {
		path := queue[0]
		queue = queue[1:]
		shape := o.shape(path)
		if seen[path] || shapes[shape] >= 3 {
			continue
		}
		seen[path] = true
		shapes[shape]++
		p := b.Get(path)
		if p.Status >= 500 {
			t.Errorf("GET %s: %d", path, p.Status)
		}
		if !strings.HasPrefix(p.Header.Get("Content-Type"), "text/html") {
			continue
		}
		for _, a := range p.Find("a[href^='/']") {
			if to := attr(a, "href"); !strings.Contains(to, "format=") && !strings.HasPrefix(to, "/static") && !strings.HasPrefix(to, "/api") && !strings.HasPrefix(to, "/reference/") && !strings.HasPrefix(to, "/help") {
				queue = append(queue, strings.SplitN(to, "#", 2)[0])
			}
		}
		for _, n := range p.Find("form[method=post]") {
			f := formOf(n, path)
			key := o.shape(f.action) + " " + strings.Join(slices.Sorted(keysIn(f.fields)), ",")
			if _, there := forms[key]; !there && !strings.HasPrefix(f.action, "/sign-out") {
				forms[key] = f
			}
		}
	}
	posts := 0
	post := func(action, kind string, fields url.Values) {
		posts++
		var p *webtest.Page
		if kind == "multipart/form-data" {
			p = b.Send("POST", action, "multipart/form-data; boundary=x", parts(fields))
		} else {
			p = b.Send("POST", action, "application/x-www-form-urlencoded", fields.Encode())
		}
		sent[o.shape(action)] = true
		if p.Status >= 500 {
			t.Errorf("POST %s with %.500q: %d", action, fields.Encode(), p.Status)
		}
		if p.Status == 401 || p.Status == 303 && strings.HasPrefix(p.Header.Get("Location"), "/sign-in") || p.Status == 403 && posts%50 == 0 {
			b = strong(posts) // it ended its own session, or its rights
		}
	}
	for _, key := range slices.Sorted(keysIn(forms)) {
		f := forms[key]
		names := slices.Sorted(keysIn(f.fields))
		for i := range 2 + rounds*2*min(len(names), 6) {
			fields := url.Values{}
			for _, n := range names {
				fields[n] = slices.Clone(f.fields[n])
				if i > 1 && rng.IntN(3) == 0 || i == 1 {
					fields[n] = []string{hostileTexts[rng.IntN(len(hostileTexts))]}
				}
				if rng.IntN(12) == 0 {
					fields.Add(n, hostileTexts[rng.IntN(len(hostileTexts))])
				}
			}
			post(f.action, f.kind, fields)
		}
	}
	t.Logf("%d pages, %d forms, %d posts to %d routes", len(seen), len(forms), posts, len(sent))
	if len(forms) < 60 || posts < 600 {
		t.Errorf("only %d forms and %d posts: the pages were not reached", len(forms), posts)
	}
}

// ownFields sends every POST route the fields that it reads, for a thing of our commune
// that is there, by somebody who may: with a good value in every field, or as its form
// stands where that is not let in, with a hostile one in each half of the fields, and FORM_ROUNDS times over in some. Nothing
// may be a mistake of ours. What is written is undone, so that the next one finds its thing;
// what may be wrong only because of that is sent again to stay.
func (w *terrain) ownFields(t *testing.T) {
	seed, rounds := formSeed(t)
	rng := rand.New(rand.NewPCG(seed, 3))
	known := fieldsOfRoutes(t, w.h.(*web.Mux))
	may := []*holder{w.all}
	for _, role := range actor.Roles {
		may = append(may, w.people[string(role)+ourCommune])
	}
	posts, let, never := 0, 0, []string{}
	for _, x := range w.routes() {
		if x.op != nil || x.method != http.MethodPost {
			continue
		}
		reads := known[x.name]
		names := slices.Sorted(keysIn(reads))
		files := slices.Contains(slices.Collect(maps.Values(reads)), "file")
		send := func(p *holder, address string, fields url.Values) int {
			kind, body := "application/x-www-form-urlencoded", fields.Encode()
			if files {
				kind, body = "multipart/form-data; boundary=x", partsOf(fields, reads)
			}
			rehearsal, r := db.Rehearse(ctx)
			got := w.send(rehearsal, p, x.method, address, kind, body)
			if got.Code >= 500 && slices.ContainsFunc(r.Statements(), func(s string) bool { return !quietly(s) }) {
				got = w.send(ctx, p, x.method, address, kind, body)
			}
			posts++
			if got.Code >= 500 {
				t.Errorf("POST %s with %.500q: %d", address, fields.Encode(), got.Code)
			}
			return got.Code
		}
		letsIn := func(code int) bool {
			return code != http.StatusUnauthorized && code != http.StatusForbidden && code != http.StatusNotFound
		}
		var p *holder
		var q inquiry
		var all url.Values
		in := false
		for _, p = range may { // whose it is, or who may
			c := w.corners[ourCommune].as(p)
			var err error
			if q, err = w.inquiry(x, c); err != nil {
				t.Fatalf("%s: %v", x.name, err)
			}
			form, err := url.ParseQuery(q.body)
			if err != nil {
				t.Fatal(err)
			}
			all = maps.Clone(form)
			for _, n := range names {
				if all.Get(n) == "" {
					all[n] = []string{goodValue(n, reads[n], c)}
				}
			}
			if in = letsIn(send(p, q.address, all)) || letsIn(send(p, q.address, form)); in {
				break
			}
		}
		if !in {
			never = append(never, x.name)
		} else {
			let++
		}
		spoil := func(which func(i int) bool) {
			bad := maps.Clone(all)
			for i, n := range names {
				if which(i) {
					bad[n] = []string{pickOf(rng, hostileTexts)}
					if rng.IntN(12) == 0 {
						bad[n] = append(bad[n], pickOf(rng, hostileTexts))
					}
				}
			}
			send(p, q.address, bad)
		}
		if strings.Contains(x.path, "{") { // and for what is not there
			send(p, placeName.ReplaceAllStringFunc(x.path, func(string) string {
				return url.PathEscape(strings.ReplaceAll(pickOf(rng, hostileTexts), "/", "-"))
			}), all)
		}
		if len(names) > 0 {
			spoil(func(i int) bool { return i%2 == 0 })
			spoil(func(i int) bool { return i%2 == 1 })
			for range (rounds - 1) * min(2*len(names), 12) {
				spoil(func(int) bool { return rng.IntN(3) == 0 })
			}
		}
	}
	t.Logf("%d posts of their own fields; %d of %d routes let somebody in, not %q", posts, let, len(known), never)
	if 100*let < 95*len(known) {
		t.Errorf("only %d of %d routes let in what is their own", let, len(known))
	}
}

func pickOf[T any](rng *rand.Rand, list []T) T { return list[rng.IntN(len(list))] }

// goodValue is something that a field of that name and type may be told.
func goodValue(name, kind string, c *corner) string {
	if v := c.thing[name]; v != "" {
		return v
	}
	if v, ok := map[string]string{"unit": string(c.unit), "to": string(c.unit), "code": c.thing["dossier"], "codes": c.thing["dossier"], "procedure": "1.001193", "email": "a@b.vn", "phone": "0905123456", "id_number": "049185001234",
		"level": "commune", "year": "2026", "month": "2026-11-01", "period": "2026-11", "lang": "vi", "url": "https://he-thong.example/nhan", "do": "confirm", "kind": "hook", "channel": "direct", "metric": "PUBLISH_ON_TIME",
		"stage": "appraised1", "role": "specialist", "leaf": "1.1.2", "at": "1.1.2", "outcome": "granted", "num": "9", "den": "10", "act": "forward", "score": "5"}[name]; ok {
		return v
	}
	switch kind {
	case "bool":
		return "on"
	case "int", "int64", "points.Points", "calendar.Quantity":
		return "1"
	case "moment.Date":
		return "24/11/2026"
	case "moment.Instant":
		return "24/11/2026 08:00"
	case "file":
		return "Ngày,Loại,Tên\n01/02/2027,nghỉ,Bão\n"
	}
	return "Lý do"
}

// partsOf writes a form with its files as files.
func partsOf(fields url.Values, kinds fieldSet) string {
	var s strings.Builder
	for _, name := range slices.Sorted(keysIn(fields)) {
		for _, v := range fields[name] {
			file := ""
			if kinds[name] == "file" {
				file = `; filename="ds.csv"`
			}
			fmt.Fprintf(&s, "--x\r\nContent-Disposition: form-data; name=\"%s\"%s\r\n\r\n%s\r\n", name, file, v)
		}
	}
	return s.String() + "--x--\r\n"
}

// formSeed is what forms are filled by: it is printed and can be given again, FORM_SEED, and
// FORM_ROUNDS how many times over, each time with other values.
func formSeed(t *testing.T) (seed uint64, rounds int) {
	t.Helper()
	seed, rounds = uint64(20261123), 1
	for name, at := range map[string]func(uint64){"FORM_SEED": func(v uint64) { seed = v }, "FORM_ROUNDS": func(v uint64) { rounds = int(v) }} {
		if s := os.Getenv(name); s != "" {
			v, err := strconv.ParseUint(s, 10, 64)
			if err != nil || v == 0 {
				t.Fatalf("%s: %q is no number from 1 on", name, s)
			}
			at(v)
		}
	}
	t.Logf("seed %d, %d rounds", seed, rounds)
	return seed, rounds
}

func keysIn[V any](m map[string]V) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// shape is a path without what names a thing, as its route's pattern has it.
func (o *office) shape(path string) string {
	path, _, _ = strings.Cut(path, "?")
	r, err := url.Parse(path)
	if err != nil {
		return path
	}
	segments := strings.Split(r.Path, "/")
	best := ""
	for _, p := range o.b.Handler().(*web.Mux).Patterns() {
		_, p, _ = strings.Cut(p, " ")
		at := strings.Split(p, "/")
		same := len(at) == len(segments)
		for i := 0; same && i < len(at); i++ {
			same = at[i] == segments[i] || strings.HasPrefix(at[i], "{")
		}
		if same && (best == "" || strings.Count(p, "{") < strings.Count(best, "{")) {
			best = p
		}
	}
	if best == "" {
		return r.Path
	}
	return best
}

func formOf(n *html.Node, page string) form {
	f := form{action: attr(n, "action"), kind: attr(n, "enctype"), fields: url.Values{}}
	if f.action == "" {
		f.action = page
	}
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		if name := attr(n, "name"); n.Type == html.ElementNode && name != "" {
			switch n.Data {
			case "input", "textarea", "button":
				f.fields.Add(name, attr(n, "value"))
			case "select":
				value := ""
				for o := n.FirstChild; o != nil; o = o.NextSibling {
					if v := attr(o, "value"); value == "" && v != "" {
						value = v
					}
				}
				f.fields.Add(name, value)
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(n)
	return f
}

// parts writes a form with a file in each of its fields' places, now and then.
func parts(fields url.Values) string {
	var s strings.Builder
	for i, name := range slices.Sorted(keysIn(fields)) {
		for _, v := range fields[name] {
			file := ""
			if i%3 == 2 || strings.Contains(name, "file") {
				file = `; filename="` + strings.NewReplacer("\r", "", "\n", "", `"`, "").Replace(v) + `.csv"`
			}
			fmt.Fprintf(&s, "--x\r\nContent-Disposition: form-data; name=\"%s\"%s\r\n\r\n%s\r\n", name, file, v)
		}
	}
	return s.String() + "--x--\r\n"
}

// A form of a hundred thousand parts, a page of a hundred thousand levels: refused, and
// in little memory.
func TestWhatIsTooMuchIsRefused(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	b := o.signIn(t, "motcua", actor.Grant{Role: actor.OneStop, Unit: o.commune}, actor.Grant{Role: actor.Administrator, Unit: ""})
	d := receive(t, o.rooms, o.commune)
	many := strings.Repeat("--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n", 100_000) + "--x--\r\n"
	for _, path := range []string{"/dossiers/" + d.Code + "/papers", "/admin/import/units", "/dossiers", "/scorecard/sets/import"} {
		if p := b.Send("POST", path, "multipart/form-data; boundary=x", many); p.Status < 400 || p.Status >= 500 {
			t.Errorf("%s took a form of 100,000 parts: %d", path, p.Status)
		}
	}
	deep := strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)
	for _, body := range []string{deep, `{"person":` + deep + `}`, strings.Repeat(`{"a":`, 100_000)} {
		if p := b.Send("POST", "/api/v1/dossiers", "application/json", body); p.Status < 400 || p.Status >= 500 {
			t.Errorf("a body of 100,000 levels: %d %.200s", p.Status, p.Body)
		}
	}
	if p := b.Send("POST", "/api/v1/dossiers", "application/json", `{"note":"`+strings.Repeat("x", 20<<20)+`"}`); p.Status != 413 {
		t.Errorf("20 MB of JSON: %d", p.Status)
	}
	// A file of a byte more than 25 MB, and one that has no room for the form around it;
	// over the API: the scene get-evidence-file.
	for _, size := range []int{file.MaxSize + 1, 26 << 20} {
		scan := "%PDF-1.7\n" + strings.Repeat("x", size-len("%PDF-1.7\n"))
		form := "--x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nĐơn\r\n--x\r\nContent-Disposition: form-data; name=\"source\"\r\n\r\nscanned\r\n" +
			"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\nContent-Type: application/pdf\r\n\r\n" + scan + "\r\n--x--\r\n"
		if p := b.Send("POST", "/dossiers/"+d.Code+"/papers", "multipart/form-data; boundary=x", form); p.Status != 413 && (p.Status != 422 || !strings.Contains(p.Body, "Tệp lớn hơn 25 MB")) {
			t.Errorf("a page took a file of %d bytes: %d", size, p.Status)
		}
	}
	yaml := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'k'; c++ {
		yaml += fmt.Sprintf("%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n", c, c, c-1, c-1, c-1, c-1, c-1, c-1, c-1, c-1, c-1)
	}
	for _, text := range []string{yaml, strings.Repeat("[", 100_000), strings.Repeat("a:\n ", 50_000), "a: " + strings.Repeat("{a: ", 20_000)} {
		if p := b.Send("POST", "/api/v1/scorecard/sets", "application/octet-stream", text); p.Status < 400 || p.Status >= 500 {
			t.Errorf("%.30q…: %d %.200s", text, p.Status, p.Body)
		}
	}
}
