package dossierweb_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/base/web"
	"cchc/base/web/list"
	"cchc/base/web/ui"
	"cchc/base/web/webtest"
	"cchc/data"
	"cchc/dossier"
	"cchc/dossier/dossiertest"
	"cchc/dossier/dossierweb"
	"cchc/evaluation"
	"cchc/unit"
)

// A listSite is an office with the pages of many dossiers and of visitors.
type listSite struct {
	*dossiertest.Office
	*webtest.Browser // a visitor's
	mux              *web.Mux
	public           *dossierweb.Public
	people           map[string]actor.Actor // by account
}

// fixedFigure is the first page's figure.
type fixedFigure struct{ dossierweb.Figure }

func (f fixedFigure) OnTime(context.Context) (dossierweb.Figure, error) { return f.Figure, nil }

// serveLists serves the pages; /enter signs in without a password.
func serveLists(t *testing.T) *listSite {
	t.Helper()
	o := dossiertest.Desk(t)
	people := map[string]actor.Actor{}
	for _, a := range []actor.Actor{o.Admin, o.Chair, o.HomeAffairs, o.Officer, o.Specialist, o.CommuneChair, o.Auditor, o.OtherOfficer} {
		people[a.Account] = a
	}
	mux := web.New(web.Config{
		Now: o.Clock.Now, Log: slog.New(slog.DiscardHandler),
		Load: func(_ context.Context, account string, _ moment.Instant) (actor.Actor, error) {
			return people[account], nil
		},
		Nav: func(_ context.Context, a actor.Actor) []ui.Link {
			if !a.SignedIn() {
				return nil
			}
			return []ui.Link{{Text: "Hồ sơ", URL: "/dossiers", Key: "dossiers"}, {Text: "Quá hạn", URL: "/late", Key: "late"}, {Text: "Báo cáo", URL: "/reports", Key: "reports"}}
		},
		Search: func(a actor.Actor) string {
			if !a.SignedIn() {
				return ""
			}
			return "/dossiers/search"
		},
	})
	mux.Handle("POST /enter/{account}", web.Public, func(w http.ResponseWriter, r *http.Request) error {
		if err := web.SignIn(r.Context(), r.PathValue("account"), o.DB.Now()); err != nil {
			return err
		}
		return web.SeeOther(w, r, "/", "")
	})
	public := &dossierweb.Public{Desk: o.Desk, Live: fixedFigure{dossierweb.Figure{Share: points.Ratio{Num: 31205, Den: 32068},
		From: moment.NewDate(2026, 1, 1), To: moment.NewDate(2026, 11, 23), AsOf: o.DB.Now(), Place: "Tỉnh Sông Mẫu"}}}
	views := &list.Views{DB: o.DB, Pages: map[string]string{"dossiers": "/dossiers", "late": "/late"}}
	views.Register(mux)
	(&dossierweb.Lists{Desk: o.Desk, Views: views}).Register(mux)
	nine, err := evaluation.LoadSets(data.Evaluation)
	do(t, err)
	(&dossierweb.Reports{Desk: o.Desk, Evaluation: nine}).Register(mux)
	(&dossierweb.ReportHub{Sections: []dossierweb.ReportSection{{Key: "ii06a", URL: "/reports/ii06a", Verb: auth.ReportRead},
		{Key: "periods", URL: "/reports/periods", Verb: auth.ReportRead}, {Key: "evaluation", URL: "/reports/evaluation", Verb: auth.ReportRead}}}).Register(mux)
	public.Register(mux)
	(&dossierweb.Pages{Desk: o.Desk}).Register(mux) // all of them stand on one mux
	return &listSite{Office: o, Browser: webtest.Open(t, mux), mux: mux, public: public, people: people}
}

// as returns the browser of somebody who is signed in.
func (s *listSite) as(a actor.Actor) *webtest.Browser {
	b := s.Other()
	b.Post("/enter/" + a.Account)
	return b
}

// received receives a dossier at a time, in words of dbtest.Clock.
func (s *listSite) received(t *testing.T, at, procedure, name string, change ...func(*dossier.Application)) dossier.Dossier {
	t.Helper()
	s.Clock.Set(at)
	app := s.Application(procedure)
	app.Person.Name = name
	by := s.Officer
	for _, f := range change {
		f(&app)
	}
	if app.Unit == s.Mountain {
		by = s.OtherOfficer
	}
	d, err := s.Desk.Receive(t.Context(), by, app)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func inMountain(s *listSite) func(*dossier.Application) {
	return func(a *dossier.Application) { a.Unit = s.Mountain }
}

// do fails the test when a verb fails.
func do(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// busy fills an office with dossiers in every state, and returns some by name.
func busy(t *testing.T) (*listSite, map[string]dossier.Dossier) {
	t.Helper()
	s := serveLists(t)
	ctx := t.Context()
	d := map[string]dossier.Dossier{
		"late":      s.received(t, "2026-11-10T08:15", dossiertest.Birth, "Lê Thị Hạnh"),
		"sorry":     s.received(t, "2026-11-11T14:00", dossiertest.Birth, "Đặng Văn Ước"),
		"land late": s.received(t, "2026-10-12T09:40", dossiertest.Land, "Hồ Quang Đạt"),
		"mountain":  s.received(t, "2026-11-09T10:00", dossiertest.Birth, "Giàng A Páo", inMountain(s)),
		"waiting":   s.received(t, "2026-11-12T08:00", dossiertest.Land, "Phan Thị Mỹ Lệ"),
		"done":      s.received(t, "2026-11-16T08:00", dossiertest.Birth, "Trương Công Định"),
		"returned":  s.received(t, "2026-11-16T08:05", dossiertest.Birth, "Võ Thị Sáu"),
		"soon":      s.received(t, "2026-11-20T09:00", dossiertest.Birth, "Ngô Bảo Ân", func(a *dossier.Application) { a.Channel = dossier.Online }),
		"far":       s.received(t, "2026-11-20T10:00", dossiertest.Land, "Bùi Thị Xuân", func(a *dossier.Application) { a.Channel = dossier.Post }),
	}
	s.Clock.Set("2026-11-13T08:00")
	do(t, s.Desk.Apologise(ctx, s.Officer, d["sorry"].Code, dossier.Apology{Reason: "Chờ xác minh", Until: when("2026-11-25T17:00")}))
	s.Clock.Set("2026-11-16T09:00")
	do(t, s.Desk.AskForMore(ctx, s.Specialist, d["waiting"].Code, dossier.Ask{Reason: "Thiếu bản đồ địa chính"}))
	s.Clock.Set("2026-11-18T09:00")
	do(t, s.Desk.Finish(ctx, s.Specialist, d["done"].Code, dossier.Result{}))
	do(t, s.Desk.Finish(ctx, s.Specialist, d["returned"].Code, dossier.Result{}))
	do(t, s.Desk.HandOver(ctx, s.Officer, d["returned"].Code, dossier.AtCounter, 0, ""))
	s.Clock.Set("2026-11-23T09:00")
	return s, d
}

func when(s string) moment.Instant {
	i, err := moment.ParseInstant(s)
	if err != nil {
		panic(err)
	}
	return i
}

// A receipt made by mistake is void in lists: "not accepted" is said of papers that
// the office looked at and sent back.
func TestAVoidReceiptIsCalledVoidInLists(t *testing.T) {
	t.Parallel()
	s, d := busy(t)
	do(t, s.Desk.VoidReceipt(t.Context(), s.Officer, d["far"].Code, "chọn nhầm thủ tục"))
	b := s.as(s.Officer)
	if p := b.Get("/dossiers?bucket=all&q=xuan").Is(200).Count("tr[data-row]", 1).Has("tr[data-row]", "Biên nhận vô hiệu"); strings.Contains(p.Body, "Không tiếp nhận") {
		t.Error("the list calls a void receipt not accepted")
	}
	if csv := b.Get("/dossiers?bucket=all&q=xuan&format=csv").Is(200); !strings.Contains(csv.Body, "Biên nhận vô hiệu") {
		t.Errorf("the file says %s", csv.Body)
	}
	b.Header.Set("Accept-Language", "en")
	b.Get("/dossiers?bucket=all&q=xuan").Has("tr[data-row]", "Receipt void")
}

func TestTheListStatesWhatItFound(t *testing.T) {
	t.Parallel()
	s, d := busy(t)
	b := s.as(s.Officer)
	b.Get("/dossiers").Is(200).Has("h1", "6 hồ sơ đang giải quyết").Count("tr[data-row]", 6).
		Has(".tabs [aria-current]", "Đang giải quyết 6").Has(".tabs", "Quá hạn 3").Has("tr[data-row] .state", "Tạm dừng: chờ bổ sung")
	p := b.Get("/dossiers?bucket=overdue").Is(200).Has("h1", "3 hồ sơ quá hạn").Count("tr[data-row]", 3).Count(".table .kind-late", 3)
	if first := p.Text("tr[data-row] a"); first != d["land late"].Code && first != d["late"].Code {
		t.Errorf("the first row is %s, want one of those due first", first)
	}
	b.Get("/dossiers?bucket=waiting").Has("h1", "1 hồ sơ đang tạm dừng").Has("tbody", "Phan Thị Mỹ Lệ")
	b.Get("/dossiers?bucket=uncollected").Has("h1", "1 hồ sơ đã xong chờ trả kết quả").Has("tbody", "Trương Công Định")
	b.Get("/dossiers?bucket=ended").Has("h1", "2 hồ sơ đã giải quyết")
	b.Get("/dossiers?bucket=soon").Has("tbody", "Ngô Bảo Ân").Has(".kind-soon", "còn")
	b.Get("/dossiers?bucket=new").Is(200).Has(".empty", "Không có hồ sơ chờ tiếp nhận")
	s.as(s.Chair).Get("/dossiers?bucket=overdue").Has("h1", "4 hồ sơ quá hạn").Has("tbody", "Giàng A Páo").Has("tbody", "Xã Thạnh Bình")
}

func TestTheListFindsWithoutMarksAndByNumbers(t *testing.T) {
	t.Parallel()
	s, d := busy(t)
	b := s.as(s.Officer)
	for text, want := range map[string]string{
		"dang van uoc": "Đặng Văn Ước", "ĐẶNG": "Đặng Văn Ước", d["soon"].Code: "Ngô Bảo Ân", strings.ToLower(d["soon"].Code): "Ngô Bảo Ân",
	} {
		b.Get("/dossiers?q="+strings.ReplaceAll(text, " ", "+")).Is(200).Count("tr[data-row]", 1).Has("tbody", want)
	}
	for _, number := range []string{"0905123456", "049185001234"} {
		to := b.Post("/dossiers/search", "q", number).Is(303).Header.Get("Location")
		if strings.Contains(to, number) {
			t.Errorf("the number stands in the address %s", to)
		}
		p := b.Get(to).Is(200).Count("tr[data-row]", 8).Has(".filtered", "••••")
		if strings.Contains(p.Body, number) {
			t.Errorf("the page shows %s", number)
		}
		b.Get(b.Get("/dossiers?q="+number).Is(303).Header.Get("Location")).Count("tr[data-row]", 8)
		s.as(s.Officer).Get(to).Is(200).Has(".empty", "Số đã tìm không còn nữa") // another session
		c := s.as(s.Specialist)                                                  // who may not read persons
		c.Get(c.Post("/dossiers/search", "q", number).Header.Get("Location")).Is(403)
	}
	b.Get("/dossiers?sector=Đất+đai&bucket=all").Count("tr[data-row]", 3).Has("h1", "3 hồ sơ")
	b.Get("/dossiers?channel=post&bucket=all").Count("tr[data-row]", 1).Has("tbody", "Bùi Thị Xuân")
	b.Get("/dossiers?procedure="+dossiertest.Birth+"&bucket=all").Count("tr[data-row]", 5)
	b.Get("/dossiers?q=không+có+ai").Is(200).Has(".empty", "Không có hồ sơ nào khớp")
	b.Get("/dossiers?q=%25").Is(200) // a wildcard is no text
}

func TestTheListShowsNoNumbersOfPersons(t *testing.T) {
	t.Parallel()
	s, _ := busy(t)
	b := s.as(s.Officer)
	for _, path := range []string{"/dossiers?bucket=all", "/dossiers?bucket=all&format=csv", "/late", "/late?format=csv"} {
		p := b.Get(path).Is(200)
		for _, number := range []string{"0905123456", "049185001234"} {
			if strings.Contains(p.Body, number) {
				t.Errorf("%s holds %s", path, number)
			}
		}
	}
}

func TestTheFileOfAListIsWhatThePageShows(t *testing.T) {
	t.Parallel()
	s, _ := busy(t)
	s.received(t, "2026-11-23T09:00", dossiertest.Birth, "=HYPERLINK(1)")
	b := s.as(s.Chair)
	page := b.Get("/dossiers?bucket=all")
	file := b.Get("/dossiers?bucket=all&format=csv").Is(200)
	if !strings.HasPrefix(file.Header.Get("Content-Type"), "text/csv") || !strings.Contains(file.Header.Get("Content-Disposition"), ".csv") {
		t.Errorf("the file comes as %v", file.Header)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(file.Body, "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	cells := page.Find("tr[data-row]")
	if len(rows)-1 != len(cells) || len(cells) != 10 {
		t.Fatalf("%d rows in the file, %d on the page, want 10", len(rows)-1, len(cells))
	}
	for i, row := range rows[1:] {
		shown := webtest.Text(cells[i])
		for j, cell := range row {
			if j == 3 { // the page has the procedure's name short
				continue
			}
			if !strings.Contains(shown, strings.TrimPrefix(cell, "'")) {
				t.Errorf("row %d of the file has %q, the page %q", i+1, cell, shown)
			}
		}
	}
	if !strings.Contains(file.Body, "'=HYPERLINK") {
		t.Error("a name that a spreadsheet takes for a formula stands bare")
	}
}

func TestTheListGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	s := serveLists(t)
	seen := map[string]bool{}
	for i := range 57 {
		seen[s.received(t, "2026-11-20T09:00", dossiertest.Birth, fmt.Sprintf("Người %d", i)).Code] = true
	}
	b := s.as(s.Officer)
	p := b.Get("/dossiers").Has("h1", "57 hồ sơ").Count("tr[data-row]", 50).Has(".pager", "50 trong 57")
	rest := b.Get(p.Attr("a[rel=next]", "href")).Is(200).Count("tr[data-row]", 7)
	for _, page := range []*webtest.Page{p, rest} {
		for _, a := range page.Find("tr[data-row] th a") {
			delete(seen, webtest.Text(a))
		}
	}
	if len(seen) != 0 {
		t.Errorf("%d dossiers stand on neither page", len(seen))
	}
	b.Get(rest.Attr("a[rel=prev]", "href")).Count("tr[data-row]", 50)
	b.Get("/dossiers?after=nonsense").Is(200).Count("tr[data-row]", 50)
}

func TestListsAreOfOnesOwnUnits(t *testing.T) {
	t.Parallel()
	s, _ := busy(t)
	for _, path := range []string{"/dossiers", "/dossiers?format=csv", "/late", "/reports/ii06a", "/units/x"} {
		s.Get(path).To("/sign-in?next=" + strings.NewReplacer("/", "%2F", "?", "%3F", "=", "%3D").Replace(path))
	}
	other := s.as(s.OtherOfficer)
	commune := "?unit=" + string(s.Commune)
	for _, path := range []string{"/dossiers" + commune, "/dossiers" + commune + "&format=csv", "/late" + commune, "/units/" + string(s.Commune),
		"/reports/ii06a" + commune, "/reports/ii06a/list" + commune + "&column=received", "/dossiers?unit=" + string(s.Province)} {
		other.Get(path).Is(403).Has("h1", "Bạn không được làm việc này")
	}
	other.Get("/dossiers").Is(200).Has("tbody", "Giàng A Páo").Lacks("tbody", "Lê Thị Hạnh")
	s.as(s.Specialist).Get("/reports/ii06a").Is(403) // a specialist has no statistics
	s.as(s.Admin).Get("/units/nowhere").Is(404)
}

func TestNothingChangesByReading(t *testing.T) {
	t.Parallel()
	s, d := busy(t)
	before := snapshot(t, s)
	b := s.as(s.Officer)
	for _, path := range []string{"/dossiers", "/late", "/late?check=Hộ+tịch", "/reports/ii06a?compare=on", "/units/" + string(s.Commune),
		"/lookup?code=" + d["late"].Code + "&digits=3456", "/rate/" + d["done"].RatingToken} {
		b.Get(path).Is(200)
	}
	for _, path := range []string{"/bulk/x/go-on", "/bulk/x/undo?reason=x"} {
		b.Get(path).Is(405)
	}
	if after := snapshot(t, s); after != before {
		t.Errorf("reading changed\n%s\nto\n%s", before, after)
	}
}

// snapshot writes the state of every dossier.
func snapshot(t *testing.T, s *listSite) string {
	t.Helper()
	rows, _, err := s.Desk.List(t.Context(), s.DB, s.Chair, dossier.Filter{Unit: s.Province, Bucket: dossier.BucketAll, Limit: 500})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&b, "%s %+v\n", r.Code, r.State)
	}
	return b.String()
}

func TestTheUnitsPageTellsWhatItWasAndHowItStands(t *testing.T) {
	t.Parallel()
	s, _ := busy(t)
	b := s.as(s.Chair)
	b.Get("/units/"+string(s.Commune)).Is(200).Has("h1", "Xã Gio Hải: 3 hồ sơ quá hạn").Has(".facts", "H99.101").Has(".facts", "Thứ Hai – thứ Sáu").
		Has(".facts", "07:30–11:30, 13:00–17:00").Has(".stats", "6 đang giải quyết").Has(".crumbs", "Tỉnh Sông Mẫu").Has(".facts", "Thứ Ba 24/11/2026")
	into, err := s.Registry.Merge(t.Context(), actor.System("test"), unit.Merger{From: []unit.ID{s.Commune, s.Mountain},
		New: &unit.New{Code: "H99.103", Name: "Xã Hải Bình", Level: "commune", Parent: s.Province}}, unit.Act{Day: moment.NewDate(2026, 11, 23), Basis: "NQ 1/2026"})
	do(t, err)
	b.Get("/units/"+string(into)).Is(200).Has(".card", "Hình thành từ").Has(".card li", "Xã Gio Hải").Has(".card li", "Xã Thạnh Bình").Has(".events", "NQ 1/2026")
	b.Get("/units/"+string(s.Commune)).Is(200).Has("h1", "Xã Gio Hải: không còn từ 23/11/2026").Has(".card li a", "Xã Hải Bình")
}

// keyless fails when a page shows a key for want of a message.
func keyless(t *testing.T, p *webtest.Page) {
	t.Helper()
	if at := regexp.MustCompile(`[>"\s](bulk|dossierweb|dossierlist|dossier|web)\.[a-z_]+[.\w]*\s*<`).FindString(p.Body); at != "" {
		t.Errorf("a page shows %q", at)
	}
}

func TestPagesSpeakBothLanguages(t *testing.T) {
	t.Parallel()
	s, d := busy(t)
	for lang, want := range map[string]string{"vi": "9 hồ sơ", "en": "9 dossiers"} {
		b := s.as(s.Chair)
		b.Header.Set("Accept-Language", lang)
		b.Get("/dossiers?bucket=all").Has("h1", want)
		for _, path := range []string{"/dossiers", "/dossiers?bucket=uncollected", "/dossiers?q=x", "/late", "/late?show=soon", "/late?named=on&sector=Hộ+tịch", "/units/" + string(s.Commune),
			"/reports/ii06a?by=unit&compare=on", "/reports", "/reports/07a?by=officer", "/reports/periods", "/reports/evaluation?by=officer", "/reports/restated?period=2026-10&column=received", "/reports/ii06a?period=2026-Q4&by=procedure", "/reports/ii06a/list?column=received", "/lookup?code=" + d["waiting"].Code + "&digits=3456",
			"/rate/" + d["done"].RatingToken} {
			p := b.Get(path).Is(200)
			if strings.Contains(p.Body, "dossierlist.") || strings.Contains(p.Body, "dossierweb.") {
				t.Errorf("%s in %s shows a key without a message", path, lang)
			}
			s.Clock.Advance(3_000_000_000)
		}
		for _, act := range dossier.BulkActs {
			officer := s.as(s.Officer)
			officer.Header.Set("Accept-Language", lang)
			p := officer.Post("/dossiers/bulk", "act", string(act), "code", d["late"].Code, "code", d["done"].Code, "code", d["returned"].Code).Is(200)
			keyless(t, p)
			run := fields(p, "/dossiers/bulk")[1]
			b := dossier.Bulk{ID: run, Act: act, Reason: "x", To: s.Specialist.Account, Items: []dossier.BulkItem{{Code: d["late"].Code}, {Code: d["returned"].Code}}}
			do(t, s.Desk.BulkStart(t.Context(), s.Officer, b))
			keyless(t, officer.Get("/bulk/"+run).Is(200))
			officer.Post("/bulk/" + run + "/go-on").To("/bulk/" + run)
			keyless(t, officer.Get("/bulk/"+run).Is(200))
			keyless(t, officer.Get("/bulk").Is(200))
		}
	}
}
