package serviceindexweb_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/live"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/base/web/webtest"
	"cchc/serviceindex"
	"cchc/serviceindex/serviceindextest"
	"cchc/serviceindex/serviceindexweb"
	"cchc/unit"
)

// office answers what the board asks of dossiers, from the list of a place.
type office struct {
	*serviceindextest.Place
	asked *atomic.Int64 // how often boards were read
}

func (o office) Work(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID) (serviceindexweb.Work, error) {
	w := serviceindexweb.Work{Until: serviceindextest.Day("2026-11-26").End()}
	for _, x := range o.Papers.List {
		if ok, err := o.Units.Within(ctx, q, x.Unit, u); err != nil || !ok {
			continue
		}
		switch {
		case x.Ended != 0:
			continue
		case x.Due < o.DB.Now().Date():
			w.Overdue++
			w.NoApology++
		case x.Due <= w.Until.Date():
			w.Soon++
			w.Sector, w.InSector = x.Sector, w.InSector+1
		}
		w.Open++
	}
	return w, nil
}

func (o office) Overdue(context.Context, db.Queryer) (map[unit.ID]int64, error) {
	o.asked.Add(1)
	out := map[unit.ID]int64{}
	for _, x := range o.Papers.List {
		if x.Ended == 0 && x.Due < o.DB.Now().Date() {
			out[x.Unit]++
		}
	}
	return out, nil
}

func (o office) Sectors(context.Context, db.Queryer, actor.Actor, unit.ID, serviceindex.Period) ([]serviceindexweb.Rate, error) {
	return []serviceindexweb.Rate{{Key: "Đất đai", Name: "Đất đai", Ended: 40, InTime: 31, Overdue: 3}, {Key: "Hộ tịch", Name: "Hộ tịch", Ended: 900, InTime: 899}}, nil
}

func (o office) Procedures(context.Context, db.Queryer, actor.Actor, unit.ID, serviceindex.Period, int) ([]serviceindexweb.Rate, error) {
	return []serviceindexweb.Rate{{Key: "1.012753", Name: "Đăng ký đất đai, tài sản gắn liền với đất, cấp Giấy chứng nhận quyền sử dụng đất lần đầu đối với hộ gia đình, cá nhân", Ended: 20, InTime: 12, Overdue: 2}}, nil
}

func (o office) Span(_ context.Context, _ db.Queryer, _ actor.Actor, _ unit.ID, from, _ moment.Date) (serviceindex.Span, error) {
	return serviceindex.Span{Received: int64(from) % 100, InTime: 40, Late: 2}, nil
}

func (o office) Holders(_ context.Context, _ db.Queryer, _ actor.Actor, u unit.ID, _ int) ([]serviceindex.Holder, error) {
	return []serviceindex.Holder{{Name: "Hoàng Anh Dũng", Role: "specialist", Place: "Xã Gio Hải", Count: 3, Since: serviceindextest.Day("2026-11-20")},
		{Role: "chairperson", Place: "Xã Cao An", Count: 1, Since: serviceindextest.Day("2026-11-23")}}, nil
}

func (o office) Silent(_ context.Context, _ db.Queryer, _ actor.Actor, _ unit.ID, days int) ([]serviceindex.Silent, error) {
	silent := serviceindex.Silent{Unit: o.Communes[1], Name: "Xã Thạnh Bình", Last: serviceindextest.Day("2026-11-18")}
	switch days {
	case 2: // more are silent for a shorter time
		return []serviceindex.Silent{silent, {Unit: o.Communes[0], Name: "Xã Gio Hải", Last: serviceindextest.Day("2026-11-19")}}, nil
	case 3:
		return []serviceindex.Silent{silent}, nil
	}
	return nil, fmt.Errorf("asked for %d days", days)
}

func (o office) DueBy(context.Context, db.Queryer, actor.Actor, unit.ID, moment.Date) (int64, error) {
	return 7, nil
}

// site is the pages over a place, with people who may sign in at /as/<login>.
type site struct {
	*webtest.Browser
	*serviceindextest.Place
	hub    *live.Hub
	asked  atomic.Int64
	people map[string]actor.Actor
}

func open(t testing.TB) *site {
	t.Helper()
	s := &site{Place: serviceindextest.Open(t), hub: &live.Hub{}}
	grant := func(login string, r actor.Role, u unit.ID) actor.Actor {
		return actor.Actor{Account: login, Login: login, Name: "Trần Thị Bích", Grants: []actor.Grant{{Role: r, Unit: u}}}
	}
	s.people = map[string]actor.Actor{
		"chair":   grant("chair", actor.Chairperson, s.Province),
		"home":    grant("home", actor.HomeAffairs, s.Province),
		"commune": grant("commune", actor.OneStop, s.Communes[0]),
	}
	mux := web.New(web.Config{
		Now: s.Clock.Now, Demo: true, Place: func(context.Context, actor.Actor) string { return "Tỉnh Sông Mẫu" },
		Nav: func(context.Context, actor.Actor) []ui.Link {
			return []ui.Link{{Text: "Điều hành", URL: "/board", Key: "/board"}, {Text: "Hồ sơ", URL: "/dossiers", Key: "/dossiers"}}
		},
		Load: func(_ context.Context, account string, _ moment.Instant) (actor.Actor, error) {
			if a, ok := s.people[account]; ok {
				return a, nil
			}
			return actor.Actor{}, fault.New(fault.Unauthenticated, "auth.sign_in")
		},
	})
	mux.Handle("POST /as/{login}", web.Public, func(w http.ResponseWriter, r *http.Request) error {
		if err := web.SignIn(r.Context(), r.PathValue("login"), moment.Of(s.Clock.Now())); err != nil {
			return err
		}
		return web.SeeOther(w, r, "/board", "")
	})
	(&serviceindexweb.Pages{Index: s.Index, Dossiers: office{s.Place, &s.asked}, Live: s.hub}).Register(mux)
	s.Browser = webtest.Open(t, mux)
	s.Publish = func(_ context.Context, tx *db.Tx, u unit.ID) {
		s.hub.Tell(tx, serviceindexweb.Topic(s.Province), string(u))
	}
	return s
}

// busy fills the place: a good commune, one that fell, one that is silent, and
// what is due in the next days.
func (s *site) busy() {
	a, b := s.Communes[0], s.Communes[1]
	m := func(list ...serviceindex.Measure) []serviceindex.Measure { return list }
	s.Hold(a, 9, "2026-10-05", "2026-10-10", m(serviceindex.Online, serviceindex.EResult)...)
	s.Hold(a, 1, "2026-10-05", "2026-10-04")
	s.Hold(b, 10, "2026-10-05", "2026-10-10", m(serviceindex.Online, serviceindex.EResult, serviceindex.Digitised)...)
	s.Hold(a, 30, "2026-11-05", "2026-11-10", m(serviceindex.Online, serviceindex.EResult, serviceindex.Digitised, serviceindex.Population)...)
	s.Hold(b, 12, "2026-11-05", "2026-11-10", m(serviceindex.Obliged, serviceindex.PaidOnline)...)
	s.Hold(b, 8, "2026-11-05", "2026-11-04", serviceindex.Displeased)
	for i, due := range []string{"2026-11-23", "2026-11-24", "2026-11-25", "2026-11-26", "2026-11-20"} {
		s.Papers.List = append(s.Papers.List, serviceindextest.Paper{Code: "H99.101-261120-000" + fmt.Sprint(i), Unit: b, Procedure: "1.000001", Sector: "Đất đai",
			Accepted: serviceindextest.Day("2026-11-18"), Due: serviceindextest.Day(due)})
	}
}

func TestTheBoardSaysWhoWillBeLateAndWhoFell(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.busy()
	s.Get("/board").To("/sign-in?next=%2Fboard")
	s.Post("/as/chair").To("/board")
	p := s.Get("/board?period=2026-11").Is(200).
		Has("h1", "4 hồ sơ đất đai đến hạn trong 3 ngày làm việc; Xã B tụt 1 bậc").
		Has(".lead", "3 đơn vị · tháng 11/2026 · so với tháng 10/2026").
		Has(".stats li", "5 đang giải quyết").Has(".stats .kind-late", "1 quá hạn (20,00 %), 1 chưa xin lỗi").
		Has(".stats .kind-soon", "4 đến hạn").Has(".stats li", "82,35 % đúng hạn, trước hạn (42 / 51)").
		Has("tr[data-row]", "Xã A").Has("tr[data-row]", "▲ 1").Has("tr[data-row]", "chưa có dữ liệu").
		Has("ol.events li", "hôm nay, đến 17:00").Has("ol.events", "Xã B").
		Has("td", "4 hồ sơ đất đai trả đúng hạn").Has("table", "31 / 40").
		Has("option[selected]", "tháng 11/2026")
	if got := p.Attr("body", "data-live"); got != "/board/stream?period=2026-11" {
		t.Errorf("the board moves by %q", got)
	}
	if got := p.Attr("tr[data-row] th a", "href"); got != "/index/"+string(s.Communes[0])+"?period=2026-11" {
		t.Errorf("the first unit leads to %q", got)
	}
	if strings.Contains(p.Body, "style=") {
		t.Error("the page has an inline style")
	}
	s.Header.Set("Accept-Language", "en")
	s.Get("/board?period=2026-11").Has("h1", "4 dossiers of đất đai due within 3 working days; Xã B lost 1 place")
}

func TestTheBoardAsAFile(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.busy()
	s.Post("/as/chair")
	p := s.Get("/board?period=2026-11&format=csv").Is(200)
	lines := strings.Split(strings.TrimSpace(p.Body), "\n")
	if len(lines) != 5 || !strings.HasPrefix(lines[0], "\ufeff# Tỉnh Sông Mẫu, 766-2022, 2026-11") ||
		!strings.HasPrefix(lines[2], "commune,1,false,2,H21.A,Xã A,") || !strings.HasPrefix(lines[4], "commune,,,2,H21.C,Xã C,,,,,") {
		t.Errorf("the file is\n%s", p.Body)
	}
}

func TestALongRankingShowsItsEnds(t *testing.T) {
	t.Parallel()
	s := open(t)
	for i := range 20 {
		u := s.Unit(t, fmt.Sprintf("H21.%02d", i), fmt.Sprintf("Xã %02d", i), unit.Commune, s.Province, "2025-07-01")
		s.Hold(u, 40-i, "2026-11-05", "2026-11-10")
		s.Hold(u, 1, "2026-11-05", "2026-11-04")
	}
	s.Post("/as/chair")
	s.Get("/board?period=2026-11").Count("[data-live-event=ranking] tr[data-row]", 12).Has("td[colspan] a", "11 đơn vị ở giữa")
	s.Get("/board?period=2026-11&all=on").Count("[data-live-event=ranking] tr[data-row]", 23)
}

func TestTheBoardKeepsToItsUnit(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.busy()
	s.Post("/as/commune")
	s.Get("/board?period=2026-11").Is(200).Has(".above", "Xã A").Count("[data-live-event=ranking] tr[data-row]", 1).Has("tr[data-row]", "Xã A")
	s.Get("/board?unit=" + string(s.Communes[1])).Is(403)
	s.Get("/index/" + string(s.Province)).Is(403)
	s.Get("/board/stream?unit=" + string(s.Province)).Is(403)
	s.Get("/board?period=soon").Is(400).Has("main", "không phải là kỳ")
	s.Get("/board?period=2027-01").Is(400).Has("main", "chưa có số liệu")
	s.Get("/index/nobody").Is(403)
	s.Post("/as/chair")
	s.people["chair"] = actor.Actor{Account: "chair", Name: "x", Grants: []actor.Grant{{Role: actor.Chairperson}}}
	s.Get("/index/nobody").Is(404)
}

func TestTheIndexOfAUnitOpensEveryNumber(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.busy()
	if _, err := s.CloseDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Post("/as/chair")
	b := string(s.Communes[1])
	p := s.Get("/index/"+b+"?period=2026-11").Is(200).
		Has("h1", "Xã B:").Has("h1", "hạng 2 trong 2, tụt 1 bậc").
		Has("td", "20 × 12 / 21 = 11,43").Has("td", "6 × min(1; (1 − 9 / 25) / 90 %) = 4,27").
		Has("th", "chưa nhập").Has("tr.now", "tháng 11/2026").Has("a", "Còn lại 9").
		Has(".notice", "điểm chưa chấm").Has(".stat-label", "ngưỡng chưa kiểm chứng").Count("polyline", 1)
	for _, n := range p.Find("th p a[href*='part=']") {
		href := webtest.Attr(n, "href")
		number := strings.Fields(webtest.Text(n))
		want := number[len(number)-1]
		list := s.Get(href).Is(200)
		if want == "lại" {
			continue // only the list knows
		}
		if got := len(list.Find("tbody tr")); fmt.Sprint(got) != want {
			t.Errorf("%s says %s, its list has %d rows", href, want, got)
		}
	}
	l := s.Get("/index/"+b+"/ON_TIME_RATE?part=rest&period=2026-11").Is(200).
		Has("h1", "Hồ sơ giải quyết đúng hạn, trước hạn: 11,43 / 20 điểm").Has("dd", "20 × 12 / 21 = 11,43").
		Has(".tabs [aria-current]", "Còn lại 9").Has("h2", "Còn lại: 9 dòng").Count("tbody tr", 9).
		Has(".state", "trễ hạn").Has(".state", "đang quá hạn").Has("dd", "đã tính lại, khớp số công bố")
	if got := l.Attr("tbody th a", "href"); !strings.HasPrefix(got, "/dossiers/") {
		t.Errorf("the first row leads to %q", got)
	}
	file := s.Get("/index/" + b + "/ON_TIME_RATE?part=rest&period=2026-11&format=csv").Is(200)
	if n := strings.Count(file.Body, "\n"); n != 10 {
		t.Errorf("the file has %d lines, want a header and 9 rows:\n%s", n, file.Body)
	}
	s.sorted(t, "/index/"+b+"/ON_TIME_RATE?part=denominator&period=2026-11")
	s.sorted(t, "/index/"+b+"/CITIZEN_DATA_CONNECTED_FORMALITY?part=denominator&period=2026-11")
	s.Get("/index/"+b+"/CITIZEN_DATA_CONNECTED_FORMALITY?part=rest&period=2026-11").Is(200).Has("th", "1.000004")
	s.Get("/index/" + b + "/NOTHING?period=2026-11").Is(404)
	s.Get("/index/" + b + "/ON_TIME_RATE?part=half&period=2026-11").Is(400)
}

// sorted checks that a list has the same rows whatever it is sorted by, both ways,
// and that the file has them in the order of the page.
func (s *site) sorted(t *testing.T, address string) {
	t.Helper()
	p := s.Get(address).Is(200)
	rows := len(p.Find("tbody tr"))
	orders := 0
	for _, a := range p.Find("thead th a") {
		for _, turned := range []bool{false, true} {
			href := webtest.Attr(a, "href")
			if turned {
				href = s.Get(href).Attr("thead th[aria-sort] a", "href")
			}
			page := s.Get(href).Is(200).Count("tbody tr", rows).Count("thead th[aria-sort]", 1)
			file := strings.Split(strings.TrimSpace(s.Get(href+"&format=csv").Is(200).Body), "\n")
			first := page.Text("tbody tr th")
			if len(file) != rows+1 || !strings.Contains(file[1], first) {
				t.Errorf("%s: %d rows on the page, the first %q, %d in the file, the first %q", href, rows, first, len(file)-1, file[1])
			}
			orders++
		}
	}
	if orders < 6 || rows == 0 {
		t.Errorf("%s: %d rows, %d orders", address, rows, orders)
	}
	if body := s.Get(address + "&format=xlsx").Is(200).Body; !strings.HasPrefix(body, "PK") {
		t.Error("the workbook is none")
	}
}

func TestALongListIsShownByTheHundred(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.Hold(s.Communes[0], 230, "2026-11-05", "2026-11-10")
	s.Post("/as/chair")
	at := "/index/" + string(s.Communes[0]) + "/ON_TIME_RATE?part=numerator&period=2026-11"
	seen := map[string]bool{}
	pages := 0
	for next := at; next != ""; pages++ {
		p := s.Get(next).Is(200).Has(".pager", "trong 230 dòng")
		for _, a := range p.Find("tbody th a") {
			seen[webtest.Attr(a, "href")] = true
		}
		next = p.Attr("a[rel=next]", "href")
	}
	if pages != 3 || len(seen) != 230 {
		t.Errorf("%d pages with %d rows, want 3 with 230", pages, len(seen))
	}
	s.Get(at+"&channel=post").Is(200).Has(".empty", "bộ lọc").Has(".filtered", "Kênh")
}

func TestFiguresAreEnteredKeptAndWithdrawn(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.busy()
	s.Post("/as/home")
	u := string(s.Communes[0])
	form := []string{"metric", "PETITION_PROCESSING_ON_TIME", "month", "2026-11-01", "numerator", "300", "denominator", "243", "source", "", "document", "12/BC", "period", "2026-11"}
	p := s.Post("/index/"+u+"/entries", form...).Is(422).
		Has("#error-summary a[href='#f-source']", "Nguồn").Has("title", "Có lỗi").Has("option[selected]", "tháng 11/2026")
	if p.Attr("[name=numerator]", "value") != "300" || p.Attr("[name=document]", "value") != "12/BC" {
		t.Error("what was typed is not kept")
	}
	form[9] = "Hệ thống PAKN"
	s.Post("/index/"+u+"/entries", form...).Is(422).Has("#error-summary a[href='#f-numerator']", "Không được lớn hơn mẫu số (243)")
	form[5] = "196"
	s.Post("/index/"+u+"/entries", form...).To("/index/" + u + "?period=2026-11#entries")
	s.Get("/index/"+u+"?period=2026-11").Has("[role=status]", "Đã lưu số liệu, bản 1").Has("td", "6 × 196 / 243 = 4,84").
		Has("th", "nhập tay tháng 11/2026, nguồn Hệ thống PAKN").Has("#entries td", "196 / 243")
	s.Get("/index/"+string(s.Province)+"/PETITION_PROCESSING_ON_TIME?period=2026-11").Is(200).Count("tbody tr", 1).Has("td", "Hệ thống PAKN, 12/BC")
	withdraw := "/index/" + u + "/withdraw"
	query := "?metric=PETITION_PROCESSING_ON_TIME&month=2026-11-01&period=2026-11"
	s.Get(withdraw+query).Is(200).Has("h1", "Rút lại số liệu “Phản ánh, kiến nghị xử lý đúng hạn” tháng 11/2026?").Has("main", "196 / 243")
	s.Post(withdraw, "metric", "PETITION_PROCESSING_ON_TIME", "month", "2026-11-01", "period", "2026-11", "reason", " ").
		Is(422).Has("#error-summary", "Vui lòng nêu lý do")
	s.Post(withdraw, "metric", "PETITION_PROCESSING_ON_TIME", "month", "2026-11-01", "period", "2026-11", "reason", "nhầm").
		To("/index/" + u + "?period=2026-11#entries")
	s.Get("/index/"+u+"?period=2026-11").Has("td", "chưa nhập số liệu")
	s.Get(withdraw + query).Is(404)

	s.Post("/as/chair")
	s.Get("/index/"+u+"?period=2026-11").Count("form[action$=entries]", 0)
	s.Post("/index/"+u+"/entries", form...).Is(403)
	s.Get(withdraw + query).Is(403)
}

func TestABoardWithoutUnitsSaysHowToBegin(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.Post("/as/chair")
	s.Get("/board").Is(200).Has("h1", "Không có hồ sơ nào đang giải quyết").Count("[data-live-event=ranking] tr[data-row]", 3)
}

func TestTheBoardMovesAsFactsArrive(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.busy()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	call := func(method, path string) *http.Response {
		r, err := http.NewRequestWithContext(ctx, method, s.URL()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", s.URL())
		r.Header.Set("Accept", "text/event-stream")
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	call("POST", "/as/chair").Body.Close()
	resp := call("GET", "/board/stream?period=2026-11")
	defer resp.Body.Close()
	lines := make(chan string, 1000)
	go func() {
		defer close(lines)
		for in := bufio.NewScanner(resp.Body); in.Scan(); {
			lines <- in.Text()
		}
	}()
	if got := <-lines; got != "retry: 5000" {
		t.Fatalf("the stream begins with %q", got)
	}
	s.Hold(s.Communes[2], 1, "2026-11-20", "2026-11-20")
	s.hub.Publish(serviceindexweb.Topic(s.Province), string(s.Communes[2]))
	events := map[string]bool{}
	for l := range lines {
		if e, ok := strings.CutPrefix(l, "event: "); ok {
			events[e] = true
		}
		if events["ranking"] && strings.Contains(l, "Xã C") {
			break
		}
	}
	if !events["ranking"] || !events["stats"] || events["soonest"] {
		t.Errorf("the stream sent %v, want ranking and stats, and nothing that did not change", events)
	}
}

// What happened between two streams of one page is sent when the second begins.
func TestABoardThatComesBackIsSentWhole(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.busy()
	s.Post("/as/chair")
	s.Header.Set("Last-Event-ID", "1")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	want := map[string]bool{"stats": true, "ranking": true, "soonest": true, "gains": true}
	s.Read(ctx, "/board/stream?period=2026-11", func(in *bufio.Scanner) {
		for len(want) > 0 && in.Scan() {
			if e, ok := strings.CutPrefix(in.Text(), "event: "); ok {
				delete(want, e)
			}
		}
	})
	if len(want) > 0 {
		t.Errorf("not sent: %v", want)
	}
}

func TestAllWhoWatchABoardShareOneReading(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.busy()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	sees := make(chan string, 1000)
	watch := func(who, query string) {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		client := &http.Client{Jar: jar}
		r, err := http.NewRequestWithContext(ctx, "POST", s.URL()+"/as/"+who, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", s.URL())
		in, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		in.Body.Close()
		if r, err = http.NewRequestWithContext(ctx, "GET", s.URL()+"/board/stream"+query, nil); err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept", "text/event-stream")
		resp, err := client.Do(r)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s watches: %v %v", who, resp.StatusCode, err)
		}
		lines := bufio.NewScanner(resp.Body)
		lines.Scan() // it is told from now on
		go func() {
			defer resp.Body.Close()
			for lines.Scan() {
				if strings.Contains(lines.Text(), "Xã C") {
					sees <- who + query
				}
			}
		}()
	}
	for range 5 {
		watch("chair", "?period=2026-11")
		watch("home", "?period=2026-11")
	}
	watch("chair", "?period=2026-11&all=on")
	before := s.asked.Load()
	s.Hold(s.Communes[2], 1, "2026-11-20", "2026-11-20")
	s.hub.Publish(serviceindexweb.Topic(s.Province), string(s.Communes[2]))
	for saw := map[string]int{}; saw["chair?period=2026-11"] < 5 || saw["home?period=2026-11"] < 5 || saw["chair?period=2026-11&all=on"] < 1; {
		select {
		case who := <-sees:
			saw[who]++
		case <-ctx.Done():
			t.Fatalf("the board moved for %v", saw)
		}
	}
	if n := s.asked.Load() - before; n != 2 {
		t.Errorf("eleven who watch two boards cost %d readings, want 2", n)
	}
}

func TestLook(t *testing.T) {
	s := open(t)
	s.busy()
	for i := range 16 {
		u := s.Unit(t, fmt.Sprintf("H21.%02d", i), []string{"Phường Đông Hà", "Xã Gio Hải", "Xã Cao An", "Xã Thạnh Bình"}[i%4]+fmt.Sprintf(" %d", i/4+1), unit.Commune, s.Province, "2025-07-01")
		s.Hold(u, 60-3*i, "2026-10-05", "2026-10-10", serviceindex.Online, serviceindex.EResult)
		s.Hold(u, 1+i%3, "2026-10-05", "2026-10-04")
		s.Hold(u, 70-i, "2026-11-05", "2026-11-10", serviceindex.Online, serviceindex.Digitised, serviceindex.Reused)
		s.Hold(u, 1+i%5, "2026-11-05", "2026-11-04")
	}
	if _, err := s.CloseDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Unit(t, "H21.NEW", "Xã Mường Lát", unit.Commune, s.Province, "2026-11-10")
	for i, metric := range []string{"PETITION_PROCESSING_ON_TIME", "DOSSIER_SYNC"} {
		if _, err := s.Enter(t.Context(), serviceindextest.System, serviceindex.Entry{Unit: s.Communes[1], Metric: metric,
			Month: serviceindextest.Day("2026-11-01"), Numerator: 15 + int64(i), Denominator: 20, Source: "Hệ thống PAKN", Document: "12/BC-UBND"}); err != nil {
			t.Fatal(err)
		}
	}
	if os.Getenv("LOOK_ENGLISH") != "" {
		s.Header.Set("Accept-Language", "en")
	}
	s.Post("/as/home")
	b := string(s.Communes[1])
	s.Look("/board?period=2026-11", "/board?period=2026-10&all=on", "/index/"+b+"?period=2026-11",
		"/index/"+b+"/ON_TIME_RATE?part=rest&period=2026-11", "/index/"+b+"/ONLINE_SERVICE_COVERAGE?part=denominator&period=2026-11",
		"/index/"+b+"/DOSSIER_SYNC?period=2026-11", "/index/"+b+"/PUBLISH_ON_TIME?period=2026-11",
		"/index/"+b+"/withdraw?metric=DOSSIER_SYNC&month=2026-11-01&period=2026-11", "/board?period=2030-01", "/index/"+string(s.Communes[2])+"?period=2026-11")
}
