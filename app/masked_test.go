package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"

	"cchc/base/actor"
	"cchc/base/web/webtest"
	"cchc/dossier"
	"cchc/imports"
	"cchc/privacy"
)

// unseen is a person whose numbers nobody may see by accident.
var unseen = dossier.Person{Name: "Phan Thị Kín", IDNumber: "049300777888", Phone: "0977000111", Email: "kin@example.vn", Address: "Xóm Kín", Representative: "Phan Văn Thay",
	Agent: dossier.Agent{IDNumber: "049300555666", Phone: "0977000222", Relation: "em", Document: "GUQ 3/2026"}}

var hiddenNumbers = []string{unseen.IDNumber, unseen.Phone, unseen.Agent.IDNumber, unseen.Agent.Phone}

// heard keeps the lines of the log that have a hidden number.
type heard struct {
	slog.Handler
	mu   sync.Mutex
	with []string
}

// Handle looks at a line and lets it through.
func (h *heard) Handle(ctx context.Context, r slog.Record) error {
	line := r.Message
	r.Attrs(func(a slog.Attr) bool { line += " " + a.String(); return true })
	for _, n := range hiddenNumbers {
		if strings.Contains(line, n) {
			h.mu.Lock()
			h.with = append(h.with, line)
			h.mu.Unlock()
		}
	}
	return h.Handler.Handle(ctx, r)
}

// Every page that a role can reach by links, every operation of the API that reads, and
// every file: the numbers of a person are in none of them.
func TestNobodySeesNumbersThatTheyDidNotOpen(t *testing.T) {
	if testing.Short() {
		t.Skip("one request after the other, many thousands: the long form has them")
	}
	log := &heard{Handler: slog.NewTextHandler(io.Discard, nil)} // not the usual one, which would come back here
	before := slog.Default()
	slog.SetDefault(slog.New(log))
	t.Cleanup(func() { slog.SetDefault(before) })
	o := serveOffice(t)
	receiveHidden := func() dossier.Dossier {
		d, err := o.desk.Receive(ctx, operator, dossier.Application{Unit: o.commune, Procedure: "1.001193", Channel: dossier.Direct, Person: unseen})
		o.ok(t, err)
		return d
	}
	d, late, done := receiveHidden(), receiveHidden(), receiveHidden()
	o.ok(t, o.desk.AskForMore(ctx, operator, late.Code, dossier.Ask{Reason: "thiếu bản sao"}))
	o.ok(t, o.desk.KeepOriginal(ctx, operator, d.Code, "Sổ gốc", "tủ 1"))
	o.ok(t, o.desk.Finish(ctx, operator, done.Code, dossier.Result{}))
	_, err := o.privacy.Receive(ctx, operator, privacy.New{Code: d.Code, Kind: privacy.Access, Name: unseen.Name})
	o.ok(t, err)
	run := o.wrongRows(t)

	lists := []string{"/dossiers?bucket=all", "/dossiers?bucket=all&format=csv", "/late?format=csv", "/late", "/my-data", "/lookup?code=" + d.Code + "&digits=0111"}
	for _, x := range []dossier.Dossier{d, late, done} {
		lists = append(lists, "/dossiers/"+x.Code, "/dossiers/"+x.Code+"/person", "/dossiers/"+x.Code+"/receipt", "/dossiers/"+x.Code+"/forms/02", "/dossiers/"+x.Code+"/looks")
	}
	lists = append(lists, "/admin/imports/"+run)
	o.signIn(t, "ai-do", actor.Grant{Role: actor.Auditor, Unit: o.commune}) // there is an account: no first run
	api := readOperations(t, o.b, d.Code)
	pages, read := 0, 0
	for _, r := range actor.Roles {
		u := o.commune
		if r == actor.Administrator || r == actor.HomeAffairs || r == actor.Auditor {
			u = o.province
		}
		b := o.signIn(t, "che-"+strings.ReplaceAll(string(r), "_", "-"), actor.Grant{Role: r, Unit: u})
		pages += crawl(t, b, string(r), append([]string{"/", "/work", "/board", "/reports", "/admin", "/notices", "/queue", "/books", "/counter"}, lists...))
		p := o.program(t, "api-"+strings.ReplaceAll(string(r), "_", "-"), allScopes, actor.Grant{Role: r, Unit: u})
		for _, at := range api {
			shows(t, string(r), at, p.Get(at))
			read++
		}
		if r != actor.Administrator && r != actor.HomeAffairs && r != actor.Specialist {
			found := b.Post("/dossiers/search", "bucket", "all", "q", unseen.IDNumber)
			shows(t, string(r), "search", found)
			shows(t, string(r), "what was found", b.Get(found.Header.Get("Location")))
		}
		shows(t, string(r), "a search by a program", p.Send("POST", "/api/v1/dossiers/search", "application/json", `{"q":"kin"}`))
	}
	if pages < 150 || read < 100 {
		t.Errorf("only %d pages and %d answers were looked at", pages, read)
	}
	if len(log.with) > 0 {
		t.Errorf("the log has numbers:\n%s", strings.Join(log.with, "\n"))
	}
	// Where they are stored: with the person, and in the session of who searched.
	for _, found := range traces(t, o.db, hiddenNumbers...) {
		where := strings.NewReplacer(`CAST("`, "", `" AS TEXT)`, "", "::text", "").Replace(found)
		switch where, _, _ = strings.Cut(where, ":"); where {
		case "dossier_person.id_number", "dossier_person.phone", "dossier_agent.id_number", "dossier_agent.phone", "session.data":
		default:
			t.Errorf("stored at %s", found)
		}
	}
}

// wrongRows brings a file of dossiers whose rows are wrong, and returns its run.
func (o *office) wrongRows(t *testing.T) string {
	t.Helper()
	text := "Mã hồ sơ;Hình thức tiếp nhận;Ngày tiếp nhận;Hạn trả;Người nộp;Số định danh;Điện thoại;Mã đơn vị\n" +
		fmt.Sprintf("H99.101-261120-0001;sai;hôm qua;;%s;%s;%s;H99.101\n", unseen.Name, unseen.IDNumber, unseen.Phone)
	r, err := o.imports.Begin(ctx, operator, imports.Upload{Kind: "dossiers", Name: "ds.csv", Content: strings.NewReader(text), Options: map[string]string{"system": "cũ"}})
	o.ok(t, err)
	return r.ID
}

// allScopes are every verb.
var allScopes = []string{"dossier.*", "unit.*", "calendar.*", "procedure.*", "index.*", "report.*", "audit.*", "board.*", "account.*", "counter.*", "book.*", "setting.*", "score.*",
	"criteria.*", "notice.*", "system.*", "privacy.*"}

// readOperations are the addresses of the API's reading operations, with what stands in
// their paths filled in where it is a dossier's code.
func readOperations(t *testing.T, b *webtest.Browser, code string) []string {
	t.Helper()
	var out []string
	for _, x := range readContract(t, b).calls() {
		at := strings.ReplaceAll(x.path, "{code}", code)
		if x.method == "GET" && !strings.Contains(at, "{") {
			out = append(out, at)
		}
	}
	return out
}

// crawl follows links from some pages, each shape of address once, and returns
// how many it saw.
func crawl(t *testing.T, b *webtest.Browser, who string, from []string) int {
	t.Helper()
	seen, shapes := map[string]bool{}, map[string]int{}
	for n := 0; ; {
		if len(from) == 0 {
			return n
		}
		at := from[0]
		from = from[1:]
		if seen[at] {
			continue
		}
		seen[at] = true
		page := b.Get(at)
		n++
		if page.Status >= 500 {
			t.Errorf("%s: %s answered %d", who, at, page.Status)
		}
		shows(t, who, at, page)
		if to := page.Header.Get("Location"); to != "" && strings.HasPrefix(to, "/") {
			from = append(from, to)
		}
		if !strings.HasPrefix(page.Header.Get("Content-Type"), "text/html") {
			continue
		}
		for _, a := range page.Find("a[href]") {
			to, err := url.Parse(webtest.Attr(a, "href"))
			if err != nil || to.Host != "" || to.Scheme != "" || to.Path == "" || !strings.HasPrefix(to.Path, "/") || strings.HasSuffix(to.Path, "/stream") || strings.HasPrefix(to.Path, "/static/") {
				continue
			}
			to.Fragment = ""
			if shape := shapeOf(to); shapes[shape] < 1 {
				shapes[shape]++
				from = append(from, to.String())
			}
		}
	}
}

// shapeOf is an address without what tells one thing of a kind from another.
func shapeOf(u *url.URL) string {
	parts := strings.Split(u.Path, "/")
	for i, p := range parts {
		if strings.ContainsAny(p, "0123456789") {
			parts[i] = "*"
		}
	}
	var names []string
	for name := range u.Query() {
		if name == "format" || name == "bucket" || name == "show" {
			name += "=" + u.Query().Get(name)
		}
		names = append(names, name)
	}
	return strings.Join(parts, "/") + "?" + fmt.Sprint(len(names)) + strings.Join(names[:min(1, len(names))], "")
}

// shows fails when an answer has a number of the hidden person.
func shows(t *testing.T, who, at string, p *webtest.Page) {
	t.Helper()
	for _, n := range hiddenNumbers {
		if strings.Contains(p.Body, n) {
			i := strings.Index(p.Body, n)
			t.Errorf("%s sees %s at %s: …%s…", who, n, at, p.Body[max(0, i-80):min(len(p.Body), i+40)])
		}
		for name, values := range p.Header {
			if strings.Contains(strings.Join(values, " "), n) {
				t.Errorf("%s gets %s in %s of %s", who, n, name, at)
			}
		}
	}
}
