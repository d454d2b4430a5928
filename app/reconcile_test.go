package app

import (
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"strings"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/fault"
	"cchc/base/web/webtest"
	"cchc/dossier"
	"cchc/exchange"
	"cchc/exchange/exchangeweb"
)

func listed(name, text string) exchange.File {
	return exchange.File{Name: name, Content: strings.NewReader(text), Size: int64(len(text))}
}

// Two installations: what one knows and the other has not is found, sent again,
// and then both agree.
func TestWhatDiffersFromTheOtherSidesListIsFoundAndSentAgain(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	here, there := serveOffice(t), serveOffice(t)
	p := there.program(t, "xa-gio-hai", []string{"dossier.import"}, actor.Grant{Role: actor.Administrator, Unit: there.province})
	var all []dossier.Dossier
	for range 5 {
		all = append(all, receive(t, here.rooms, here.commune))
	}
	here.clock.Advance(2 * time.Hour)
	there.clock.Advance(2 * time.Hour)
	for _, d := range all[:2] {
		if err := here.desk.Finish(ctx, operator, d.Code, dossier.Result{}); err != nil {
			t.Fatal(err)
		}
	}
	standing := func(d dossier.Dossier) dossier.Standing {
		t.Helper()
		s, err := here.desk.Standing(ctx, here.db, "", d.Code)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	// 0 is missing there, 1 stands in another status, 2 since another time, 3 is the
	// same within the minutes allowed, 4 by its day; one is missing here and one is
	// of a system that is not asked for.
	minute := func(d dossier.Dossier, by time.Duration) string {
		return standing(d).Since.Add(by).Time().Format("2006-01-02T15:04:05")
	}
	text := "Mã hồ sơ,Hệ thống,Trạng thái,Thời điểm\n" +
		fmt.Sprintf("%s,xa,2,%s\n", all[1].Code, minute(all[1], 0)) +
		fmt.Sprintf("%s,,2,%s\n", all[2].Code, minute(all[2], -6*time.Minute)) +
		fmt.Sprintf("%s,xa,2,%s\n", all[3].Code, minute(all[3], 4*time.Minute)) +
		fmt.Sprintf("%s,xa,2,%s\n", all[4].Code, standing(all[4]).Since.Date().VN()) +
		"H99.101-261123-9999,xa,4,2026-11-23T09:00\n" +
		"X-1,so-khac,4,2026-11-23T09:00\n"
	l, err := here.exchange.Create(ctx, operator, exchange.Link{Kind: exchange.Peer, Name: "Tỉnh", URL: there.b.URL() + "/api/v1/feed/dossiers", Unit: here.province, System: "xa",
		Secret: strings.TrimPrefix(p.Header.Get("Authorization"), "Bearer ")})
	if err != nil {
		t.Fatal(err)
	}
	here.exchange.Sender.(*exchangeweb.Sender).Hosts = []string{"127.0.0.1"}
	ask := exchange.Comparison{Unit: here.province, Link: l.ID, Minutes: 5, File: listed("tinh.csv", text)}
	run, err := here.exchange.Compare(ctx, operator, ask)
	if err != nil {
		t.Fatal(err)
	}
	kinds := func(r exchange.Run) string {
		t.Helper()
		list, err := here.exchange.Differences(ctx, r, exchange.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, d := range list {
			out = append(out, fmt.Sprintf("%s %s %d/%d", d.Kind, d.Code, d.OurStatus, d.TheirStatus))
		}
		return strings.Join(out, "\n")
	}
	want := strings.Join([]string{"missing_there " + all[0].Code + " 9/0", "missing_here H99.101-261123-9999 0/4", "status " + all[1].Code + " 9/2", "time " + all[2].Code + " 2/2"}, "\n")
	if got := kinds(run); got != want || run.Ours != 5 || run.Theirs != 6 || run.Same != 2 || run.Outside != 1 || run.Differing() != 4 {
		t.Errorf("differ:\n%s\nwant:\n%s\n%+v", got, want, run)
	}
	// Nobody else sees it, and a unit of another period has nothing to compare.
	if _, err := here.exchange.Run(ctx, actor.Actor{Account: "x"}, run.ID); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a stranger saw it: %v", err)
	}
	later := ask
	later.From, later.File = here.db.Now().Date().AddDays(1), listed("tinh.csv", text)
	if r, err := here.exchange.Compare(ctx, operator, later); err != nil || r.Ours != 0 || r.Outside != 5 || r.Differing() != 1 {
		t.Errorf("of tomorrow: %+v, %v", r, err)
	}
	if _, err := here.exchange.Resend(ctx, operator, run.ID, exchange.Resend{Kind: exchange.MissingThere}); fault.As(err) == nil || fault.As(err).Fields[0].Name != "link" {
		t.Errorf("sent nowhere: %v", err)
	}
	if n, err := here.exchange.Resend(ctx, operator, run.ID, exchange.Resend{Link: l.ID, Kind: exchange.MissingThere}); err != nil || n != 1 {
		t.Fatalf("sent %d, %v", n, err)
	}
	if _, err := here.exchange.Resend(ctx, operator, run.ID, exchange.Resend{Link: l.ID, Kind: exchange.MissingThere}); !fault.Is(err, fault.Conflict) {
		t.Errorf("sent all twice: %v", err)
	}
	if n, err := here.exchange.Resend(ctx, operator, run.ID, exchange.Resend{Link: l.ID}); err != nil || n != 2 {
		t.Fatalf("sent %d of what was left, %v", n, err)
	}
	if err := here.exchange.Send(ctx, l.ID); err != nil {
		t.Fatal(err)
	}
	if open, err := here.exchange.Open(ctx, l); err != nil || len(open) != 0 {
		t.Fatalf("left over %+v, %v", open, err)
	}
	for _, d := range all[:3] {
		w, err := there.desk.ByCode(ctx, there.db, operator, d.Code)
		if err != nil {
			t.Fatal(err)
		}
		if s := standing(d); w.System != "xa" || w.Status() != s.Status || w.Due != d.Due || w.AcceptedAt != d.AcceptedAt {
			t.Errorf("there %s is %d, due %s, accepted %s", d.Code, w.Status(), w.Due, w.AcceptedAt)
		}
	}
	// The other side's list as it is now.
	text = `{"items":[`
	for i, d := range all[:3] {
		s, err := there.desk.Standing(ctx, there.db, "xa", d.Code)
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			text += ","
		}
		text += fmt.Sprintf(`{"code":%q,"system":"xa","status":%d,"time":%q,"more":{"x":[1]}}`, d.Code, s.Status, s.Since.String())
	}
	ask.File, ask.Minutes = listed("tinh.json", text+`],"next":""}`), 0
	run, err = here.exchange.Compare(ctx, operator, ask)
	if err != nil || run.Same != 3 || run.Counts[exchange.MissingThere] != 2 || run.Differing() != 2 {
		t.Errorf("after all was sent: %+v, %v\n%s", run, err, kinds(run))
	}
	var verbs []string
	trail, err := audit.Latest(ctx, here.db, audit.Filter{Kind: "exchange_run", Limit: 20})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range trail {
		verbs = append(verbs, strings.TrimPrefix(e.Verb, "exchange."))
	}
	if strings.Join(verbs, " ") != "compare resend resend compare compare" {
		t.Errorf("the trail has %v", verbs)
	}
	if err := here.exchange.End(ctx, operator, l.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := here.exchange.Resend(ctx, operator, run.ID, exchange.Resend{Link: l.ID}); !fault.Is(err, fault.Conflict) {
		t.Errorf("sent through an ended link: %v", err)
	}
}

func TestAListThatCannotBeReadIsRefusedWithItsPlace(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, _, _, u := commune(t)
	for name, x := range map[string]struct{ text, key string }{
		"nothing":                  {"", "table.empty"},
		"no dossiers":              {"code,status\n", "exchange.compare.empty"},
		"no column of codes":       {"name,status\nx,1\n", "table.column_missing"},
		"a page of the web":        {"<html></html>", "table.html"},
		"a status out of range":    {"code,status\nA,11\n", "exchange.compare.status"},
		"a status in words":        {"code,status\nA,Đã trả\n", "exchange.compare.status"},
		"no code":                  {"code,status\n ,4\n", "exchange.compare.code"},
		"no time":                  {"code,status,time\nA,4,hôm qua\n", "exchange.compare.time"},
		"a code twice":             {"code,status\nA,4\nA,5\n", "exchange.compare.twice"},
		"a row too wide":           {"code,status\nA,4,5\n", "table.width"},
		"JSON cut off":             {`[{"code":"A","status":4}`, "exchange.compare.json"},
		"JSON without items":       {`{"rows":[]}`, "exchange.compare.json"},
		"items that are no list":   {`{"items":{"a":1}}`, "exchange.compare.json"},
		"JSON of texts":            {`["A"]`, "exchange.compare.json"},
		"a status of JSON wrong":   {`[{"code":"A","status":"x"}]`, "exchange.compare.status"},
		"a status of JSON missing": {`[{"code":"A"}]`, "exchange.compare.status"},
		"an empty list of JSON":    {`[]`, "exchange.compare.empty"},
	} {
		_, err := r.exchange.Compare(ctx, operator, exchange.Comparison{Unit: u, File: listed("x", x.text)})
		if f := fault.As(err); f == nil || len(f.Fields) == 0 || f.Fields[0].Name != "file" || f.Fields[0].Key != x.key {
			t.Errorf("%s: %v, want %s", name, err, x.key)
		}
	}
	if runs, err := r.exchange.Runs(ctx, operator); err != nil || len(runs) != 0 {
		t.Errorf("kept %+v, %v", runs, err)
	}
	bad := strings.Repeat("A,11\n", 100)
	_, err := r.exchange.Compare(ctx, operator, exchange.Comparison{Unit: u, File: listed("x", "code,status\n"+bad)})
	if f := fault.As(err); f == nil || len(f.Fields) != 20 {
		t.Errorf("a hundred wrong lines: %v", err)
	}
	for _, good := range []string{"\ufeffcode;status\nA;4\n", "\ufeff[{\"code\":\"A\",\"status\":\"4\"}]", `{"next":"","items":[{"code":"A","status":4,"at":"2026-11-23T09:00:00+07:00"}]}`} {
		run, err := r.exchange.Compare(ctx, operator, exchange.Comparison{Unit: u, File: listed("x", good)})
		if err != nil || run.Theirs != 1 || run.Counts[exchange.MissingHere] != 1 {
			t.Errorf("%q: %+v, %v", good, run, err)
		}
	}
	for range 12 {
		if _, err := r.exchange.Compare(ctx, operator, exchange.Comparison{Unit: u, File: listed("x", "code,status\nA,4\n")}); err != nil {
			t.Fatal(err)
		}
	}
	if runs, err := r.exchange.Runs(ctx, operator); err != nil || len(runs) != 10 {
		t.Errorf("kept %d comparisons, %v; want the last ten", len(runs), err)
	}
}

// upload sends a form with a file.
func upload(t *testing.T, b *webtest.Browser, path, name, text string, fields ...string) *webtest.Page {
	t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for i := 0; i < len(fields); i += 2 {
		m.WriteField(fields[i], fields[i+1])
	}
	if name != "" {
		w, err := m.CreateFormFile("file", name)
		if err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(text))
	}
	m.Close()
	return b.Send("POST", path, m.FormDataContentType(), body.String())
}

func TestThePageOfReconciliationComparesFiltersAndSendsAgain(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := serveOffice(t)
	l, err := o.exchange.Create(ctx, operator, exchange.Link{Kind: exchange.Hook, Name: "Cổng tỉnh", URL: "https://so.example.vn/x", Unit: o.commune})
	if err != nil {
		t.Fatal(err)
	}
	d, e := receive(t, o.rooms, o.commune), receive(t, o.rooms, o.commune)
	b := o.signIn(t, "quantri", actor.Grant{Role: actor.Administrator, Unit: o.province})
	b.Get("/admin/exchange").Is(200).Has("a", "Đối soát hồ sơ")
	page := "/admin/exchange/reconcile"
	b.Get(page).Is(200).Has("label", "Danh sách của bên kia")
	upload(t, b, page, "", "", "unit", string(o.commune), "system", "bo").Is(422).Has("#error-summary", "chọn tệp").Has("input[value=bo]", "")
	upload(t, b, page, "x.csv", "code,status\nA,12\nB,1\nB,2\n", "unit", string(o.commune), "minutes", "5").Is(422).
		Has("#error-summary", "Dòng 2: trạng thái “12”").Has("#error-summary", "hồ sơ B đã có")
	p := upload(t, b, page, "cong.csv", "code,status,time\n"+d.Code+",9,2026-11-24T09:00\n=1+1,4,\n", "unit", string(o.commune), "minutes", "5").Is(303)
	run := p.Header.Get("Location")
	// A job compares; until then the page says how far it is, without scripts too.
	b.Get(run).Is(200).Has("h1", "Đang chờ đến lượt").Has("main a[href='"+run+"']", "Xem lại").Count("input[name=ord]", 0)
	b.Get(page).Has("td", "Đang chờ đến lượt")
	id := run[strings.LastIndex(run, "/")+1:]
	for range 2 { // twice is once
		if err := o.exchange.Work(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	b.Get(run).Is(200).Has("h1", "3 hồ sơ không khớp").Has("th", d.Code).Has("th", e.Code).Has("td", "Lệch trạng thái").Has("td", "9 · ").Count("input[name=ord]", 2)
	b.Get(run+"?kind=status").Is(200).Has("th", d.Code).Lacks("th", e.Code)
	csv := b.Get(run + "?format=csv").Is(200)
	if !strings.Contains(csv.Body, d.Code) || !strings.Contains(csv.Body, "'=1+1") || strings.Count(csv.Body, "\n") != 4 {
		t.Errorf("the file is %q", csv.Body)
	}
	b.Post(run+"/send", "link", l.ID).Is(422).Has("#error-summary", "ít nhất một hồ sơ")
	b.Post(run+"/send", "ord", "1").Is(422).Has("#error-summary", "chọn liên kết").Count("input[name=ord][checked]", 1)
	b.Post(run+"/send", "link", l.ID, "ord", "1").Is(303)
	b.Get(run+"?open=1").Is(200).Lacks("th", e.Code).Has("th", d.Code)
	b.Post(run+"/send", "link", l.ID, "kind", "status", "all", "1").Is(303)
	b.Get(run+"?open=1&kind=status").Is(200).Has("h2", "Không có hồ sơ nào theo bộ lọc")
	b.Get(page).Is(200).Has("td", "quantri").Has("th", "cong.csv")
	officer := o.signIn(t, "motcua", actor.Grant{Role: actor.OneStop, Unit: o.commune})
	officer.Get(page).Is(403)
	officer.Get(run).Is(403)
	officer.Post(run+"/send", "link", l.ID, "all", "1").Is(403)
	elsewhere := o.signIn(t, "quantri2", actor.Grant{Role: actor.Administrator, Unit: o.commune})
	upload(t, elsewhere, page, "x.csv", "code,status\nA,1\n", "unit", string(o.province), "minutes", "5").Is(403)
	b.Header.Set("Accept-Language", "en")
	b.Look(page, run)
}

// A list too large to be looked through at once is found wrong by the job.
func TestAWrongListIsToldOnThePageOfItsRun(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := serveOffice(t)
	b := o.signIn(t, "quantri", actor.Grant{Role: actor.Administrator, Unit: o.province})
	text := "code,status\n" + strings.Repeat("A,99\n", 1) + strings.Repeat("               ,4\n", 70_000)
	run := upload(t, b, "/admin/exchange/reconcile", "to.csv", text, "unit", string(o.commune), "minutes", "5").Is(303).Header.Get("Location")
	id := run[strings.LastIndex(run, "/")+1:]
	if err := o.exchange.Work(ctx, id); err != nil {
		t.Fatal(err)
	}
	b.Get(run).Is(200).Has("h1", "Không đối soát được").Has(".notice", "Dòng 2: trạng thái “99”").Has(".notice a", "Đối soát lại")
	b.Header.Set("Accept-Language", "en")
	noRawKeys(t, b.Get(run).Has("h1", "Not compared").Body)
}

func TestAPeersListIsFetchedByAJobAndCompared(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	here, there := serveOffice(t), serveOffice(t)
	p := there.program(t, "xa-gio-hai", []string{"dossier.import", "dossier.read"}, actor.Grant{Role: actor.Administrator, Unit: there.province})
	secret := strings.TrimPrefix(p.Header.Get("Authorization"), "Bearer ")
	here.exchange.Sender.(*exchangeweb.Sender).Hosts = []string{"127.0.0.1"}
	link := func(list string) exchange.Link {
		t.Helper()
		l, err := here.exchange.Create(ctx, operator, exchange.Link{Kind: exchange.Peer, Name: "Tỉnh", URL: there.b.URL() + "/api/v1/feed/dossiers", Unit: here.province, System: "xa",
			Secret: secret, List: list})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	l := link(there.b.URL() + "/api/v1/feed/dossiers?system=xa&limit=2") // in pages of two
	var all []dossier.Dossier
	for range 5 {
		all = append(all, receive(t, here.rooms, here.commune))
	}
	if err := here.exchange.Send(ctx, l.ID); err != nil {
		t.Fatal(err)
	}
	receive(t, there.rooms, there.commune) // its own: of no concern
	all = append(all, receive(t, here.rooms, here.commune))
	here.clock.Advance(time.Hour)
	if err := here.desk.Finish(ctx, operator, all[1].Code, dossier.Result{}); err != nil { // neither is told yet
		t.Fatal(err)
	}
	b := here.signIn(t, "quantri", actor.Grant{Role: actor.Administrator, Unit: here.province})
	const page = "/admin/exchange/reconcile"
	b.Get("/admin/exchange/"+l.ID).Is(200).Has("code", "/api/v1/feed/dossiers?system=xa").Count("a[href='"+page+"?link="+l.ID+"']", 1)
	b.Get(page+"?link="+l.ID).Is(200).Count("input[name=source][value=link][checked]", 1)
	upload(t, b, page, "", "", "source", "link", "unit", string(here.province), "minutes", "5").Is(422).Has("#error-summary", "liên kết")
	run := upload(t, b, page, "", "", "source", "link", "link", l.ID, "unit", string(here.province), "minutes", "5").Is(303).Header.Get("Location")
	id := run[strings.LastIndex(run, "/")+1:]
	b.Get(run).Is(200).Has("h1", "Đang chờ đến lượt")
	if err := here.exchange.Work(ctx, id); err != nil {
		t.Fatal(err)
	}
	b.Get(run).Is(200).Has("h1", "2 hồ sơ không khớp").Has("th", all[1].Code).Has("th", all[5].Code).Lacks("th", all[0].Code)
	r, err := here.exchange.Run(ctx, operator, id)
	if err != nil || r.State != exchange.RunDone || r.Theirs != 5 || r.Same != 4 || r.Ours != 6 {
		t.Errorf("the run is %+v, %v", r, err)
	}

	// What cannot be fetched says why, and nothing was compared.
	for address, want := range map[string]string{
		there.b.URL() + "/api/v1/nothing":              "answered 404",
		there.b.URL() + "/api/openapi.json":            "Danh sách",
		"https://10.1.2.3/list":                        "private network",
		"http://example.vn/list":                       "only https",
		there.b.URL() + "/api/v1/feed/dossiers?unit=x": "answered",
	} {
		bad := link(address)
		r, err := here.exchange.Start(ctx, operator, exchange.Comparison{Unit: here.province, Link: bad.ID, Minutes: 5, Fetch: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := here.exchange.Work(ctx, r.ID); err != nil {
			t.Fatal(err)
		}
		b.Get("/admin/exchange/reconcile/runs/"+r.ID).Is(200).Has("h1", "Không đối soát được").Has(".notice", want)
	}
	// In a training nothing is fetched.
	here.exchange.Quiet = true
	if _, err := here.exchange.Start(ctx, operator, exchange.Comparison{Unit: here.province, Link: l.ID, Minutes: 5, Fetch: true}); !fault.Is(err, fault.Conflict) {
		t.Errorf("a training fetches: %v", err)
	}
	b.Get("/admin/exchange").Has(".notice", "Đang tập huấn")
}
