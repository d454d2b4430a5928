package dossierweb_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/base/web/webtest"
	"cchc/calendar"
	"cchc/dossier"
	"cchc/dossier/dossiertest"
	"cchc/unit"
)

// load stores a dossier of the commune that was received on 2 November and is
// overdue, with changes.
func (s *listSite) load(t *testing.T, change func(*dossier.History)) {
	t.Helper()
	h := &dossier.History{
		Dossier: dossier.Dossier{ID: db.NewID(), Code: "H99.101-261102-" + fmt.Sprintf("%04d", rand.IntN(9000)+1000), ProcedureCode: dossiertest.Birth,
			Sector: "Hộ tịch", Channel: dossier.Direct, ReturnBy: dossier.AtCounter, Territorial: true, Convention: calendar.Days,
			Limit: calendar.Limit{Qty: 3000, Unit: calendar.WorkingDay}, StopsAs: calendar.Pause},
		Person: dossier.Person{Name: "Nguyễn Văn Bất Kỳ"},
		Facts: []dossier.Fact{
			{Kind: dossier.FRegistered, At: when("2026-11-02T08:00"), Unit: s.Commune, Recorded: when("2026-11-02T08:00")},
			{Kind: dossier.FAccepted, At: when("2026-11-02T08:00"), Unit: s.Commune, Due: when("2026-11-05T17:00"), Recorded: when("2026-11-02T08:00")},
		},
	}
	change(h)
	do(t, s.Desk.Load(t.Context(), actor.System("test"), "a test", []*dossier.History{h}))
}

// random stores n dossiers with random lives between September and November, in
// the communes and a desk below one of them; some are entered late, some moved.
func (s *listSite) random(t *testing.T, n int) {
	t.Helper()
	r := rand.New(rand.NewPCG(766, 6))
	below, err := s.Registry.Create(t.Context(), actor.System("test"), unit.New{Code: "H99.101.01", Name: "Điểm tiếp nhận thôn Một", Level: "post", Parent: s.Commune},
		unit.Act{Day: moment.NewDate(2026, 1, 1), Basis: "QĐ thử"})
	do(t, err)
	units := []unit.ID{s.Commune, s.Commune, s.Mountain, below, s.Province}
	for i := range n + n/15 { // those after n were not accepted
		u := units[r.IntN(len(units))]
		s.load(t, func(h *dossier.History) {
			h.Code = fmt.Sprintf("H99.101-260901-%04d", i+1)
			h.Channel = []dossier.Channel{dossier.Direct, dossier.Online, dossier.Post}[r.IntN(3)]
			switch r.IntN(4) {
			case 0:
				h.Sector, h.ProcedureCode = "Đất đai", dossiertest.Land
			case 1:
				h.Sector, h.ProcedureCode = "", ""
			}
			now := moment.NewDate(2026, time.September, 1).AddDays(r.IntN(80)).At(8*3600 + r.IntN(30000))
			var due moment.Instant
			if r.IntN(12) > 0 {
				due = now.Date().AddDays(1 + r.IntN(25)).At(17 * 3600)
			}
			h.Facts = nil
			over := false
			add := func(f dossier.Fact, days int) {
				next := now.Date().AddDays(r.IntN(days + 1)).At(9*3600 + r.IntN(20000))
				if f.At = max(now, next); f.At > when("2026-11-23T08:00") || over {
					over = true
					return
				}
				now = f.At
				if f.Recorded = f.At; r.IntN(6) == 0 {
					f.Recorded = min(f.At.Date().AddDays(r.IntN(40)).At(20*3600), when("2026-11-23T08:30"))
				}
				h.Facts = append(h.Facts, f)
			}
			add(dossier.Fact{Kind: dossier.FRegistered, Unit: u}, 0)
			add(dossier.Fact{Kind: dossier.FAccepted, Unit: u, Due: due}, 0)
			if r.IntN(4) == 0 {
				add(dossier.Fact{Kind: dossier.FAsked, How: "pause", Reason: "thiếu"}, 10)
				if r.IntN(3) > 0 {
					due += moment.Instant(3 * 24 * time.Hour / time.Millisecond)
					add(dossier.Fact{Kind: dossier.FSupplied, Due: due}, 10)
				}
			}
			if r.IntN(5) == 0 {
				add(dossier.Fact{Kind: dossier.FApologised, Due: due.Date().AddDays(5).At(17 * 3600), Reason: "chậm"}, 10)
			}
			if r.IntN(5) == 0 && u != s.Mountain {
				add(dossier.Fact{Kind: dossier.FTransferred, Unit: s.Mountain}, 20)
			}
			if len(h.Facts) > 1 && r.IntN(2) == 0 {
				h.Steps = []dossier.Step{{Ord: 1, Name: "Tiếp nhận", Account: s.Officer.Account, Came: h.Facts[1].At, Done: h.Facts[1].At + 1},
					{Ord: 2, Name: "Thẩm định", Account: s.Specialist.Account, Came: h.Facts[1].At.Date().AddDays(r.IntN(20)).At(8 * 3600)}}
			}
			h.Territorial = r.IntN(5) > 0
			if i >= n {
				h.Facts = h.Facts[:1]
				add(dossier.Fact{Kind: dossier.FNotAccepted, Reason: "sai nơi"}, 2)
				return
			}
			switch r.IntN(7) {
			case 0:
			case 1:
				add(dossier.Fact{Kind: dossier.FRefused, Reason: "không đủ"}, 20)
			case 2:
				add(dossier.Fact{Kind: dossier.FStopped, Reason: "dừng"}, 20)
			case 3:
				add(dossier.Fact{Kind: dossier.FReturned, How: "counter"}, 20)
			default:
				add(dossier.Fact{Kind: dossier.FFinished}, 20)
			}
		})
	}
}

func TestEveryFigureOfTheFormOpensToAsManyDossiers(t *testing.T) {
	t.Parallel()
	s := serveLists(t)
	s.Clock.Set("2026-11-23T09:00")
	s.random(t, 160)
	b := s.as(s.Chair)
	opened, moved := 0, 0
	for _, query := range []string{
		"period=2026-10", "period=2026-10&by=sector", "period=2026-11&by=procedure", "period=2026-10&by=unit", "period=2026-Q4&by=unit",
		"period=2026-10&by=sector&known=2026-11-03", "period=custom&from=2026-09-14&to=2026-10-20&by=unit&known=2026-10-25",
		"period=2026&by=unit&unit=" + string(s.Commune), "period=2026-10&sector=Đất+đai&by=procedure", "period=2026-10&by=officer",
		"07a period=2026-10&by=sector", "07a period=2026-Q4&by=unit", "07a period=2026-10&by=officer&known=2026-11-03",
	} {
		form := "ii06a"
		if rest, ok := strings.CutPrefix(query, "07a "); ok {
			form, query = "07a", rest
		}
		p := b.Get("/reports/" + form + "?" + strings.ReplaceAll(query, " ", "+")).Is(200)
		p.Count(".card-body .kind-ok", 4).Lacks(".state", "Lệch")
		for _, cell := range p.Find("td.num, .stats li") {
			shown := webtest.Text(cell)
			n, err := strconv.Atoi(strings.ReplaceAll(strings.Fields(shown)[0], ".", ""))
			if err != nil {
				t.Fatalf("%s: a cell says %q", query, shown)
			}
			href := ""
			for c := cell.FirstChild; c != nil; c = c.NextSibling {
				if c.Data == "a" {
					href = webtest.Attr(c, "href")
				}
				if c.Data == "p" && c.FirstChild != nil {
					for x := c.FirstChild; x != nil; x = x.NextSibling {
						if x.Data == "a" {
							href = webtest.Attr(x, "href")
						}
					}
				}
			}
			if href == "" {
				if n != 0 && !strings.Contains(webtest.Text(cell.Parent), "riêng đơn vị") {
					t.Errorf("%s: %q cannot be opened", query, webtest.Text(cell.Parent))
				}
				continue
			}
			opened++
			if strings.Contains(href, "column=moved") {
				moved++
			}
			rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.Get(href+"&format=csv").Is(200).Body, "\ufeff"))).ReadAll()
			if err != nil || len(rows)-1 != n {
				t.Errorf("%s: %s has %d rows (%v), the figure is %d", query, href, len(rows)-1, err, n)
			}
		}
	}
	if opened < 150 || moved < 3 {
		t.Errorf("opened only %d figures, %d of moved dossiers: the test lost its reach", opened, moved)
	}
}

func TestAFiguresListHasItsCountAndPages(t *testing.T) {
	t.Parallel()
	s := serveLists(t)
	s.Clock.Set("2026-11-23T09:00")
	s.random(t, 230)
	b := s.as(s.Chair)
	form := b.Get("/reports/ii06a?period=2026").Is(200)
	href := ""
	for _, a := range form.Find("td.num a") {
		if strings.Contains(webtest.Attr(a, "href"), "column=received") {
			href = webtest.Attr(a, "href")
		}
	}
	// What comes in after the figure was read is not in its list.
	s.Clock.Advance(time.Minute)
	s.Office.Receive(t, dossiertest.Birth)
	p := b.Get(href).Is(200).Has("h1", "230 hồ sơ: tổng tiếp nhận (3)").Has(".pager", "trong 230")
	for _, order := range []string{"code", "-code", "accepted", "-accepted", "due", "-ended", "unit", "procedure"} {
		var codes []string
		seen := map[string]bool{}
		for next, pages := href+"&sort="+order, 0; next != "" && pages < 10; pages++ {
			page := b.Get(next).Is(200)
			for _, row := range page.Find("tr[data-row] th") {
				codes = append(codes, webtest.Text(row))
				seen[webtest.Text(row)] = true
			}
			if next = ""; len(page.Find("a[rel=next]")) > 0 {
				next = page.Attr("a[rel=next]", "href")
			}
		}
		if len(codes) != 230 || len(seen) != 230 {
			t.Errorf("by %s: %d rows, %d different, want 230", order, len(codes), len(seen))
		}
		if sorted := slices.IsSorted(codes); order == "code" && !sorted {
			t.Errorf("by code they come as %q", codes)
		}
		if order == "-code" {
			slices.Reverse(codes)
			if !slices.IsSorted(codes) {
				t.Error("by -code they are not in reverse")
			}
		}
		file := b.Get(href + "&sort=" + order + "&format=csv").Is(200).Body
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(file, "\ufeff"))).ReadAll()
		if err != nil || len(rows) != 231 || order != "-code" && rows[1][0] != codes[0] {
			t.Errorf("by %s: the file has %d rows (%v) and begins with %q, the page with %q", order, len(rows), err, rows[1][0], codes[0])
		}
	}
	narrow := b.Get(href+"&channel=online").Is(200).Has(".filtered", "Trực tuyến").Has("h1", "230 hồ sơ")
	online, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.Get(href+"&channel=online&format=csv").Is(200).Body, "\ufeff"))).ReadAll()
	if n := len(online) - 1; err != nil || n == 0 || n >= 230 {
		t.Errorf("%d of 230 came online (%v)", n, err)
	} else {
		narrow.Has(".pager", fmt.Sprintf("trong %d", n))
	}
	b.Get(href+"&of=9.999999").Is(200).Has(".empty", "bộ lọc")
	if book := b.Get(href + "&format=xlsx").Is(200).Body; !strings.HasPrefix(book, "PK") {
		t.Error("the workbook is none")
	}
	b.Get(href + "&format=docx").Is(400)
	p.Count("tr[data-row]", 50)
	b.Get("/reports/ii06a/list?period=2025&column=received").Is(200).Has(".empty", "Không có hồ sơ nào")
	b.Get("/reports/ii06a/list?period=2026&column=secret").Is(404)
	b.Get("/reports/ii06a/list?period=2026&column=received&by=sector&row=-").Is(200).Has(".lead", "Chưa rõ lĩnh vực")
}

func TestTheFormComparesWithWhatWasKnown(t *testing.T) {
	t.Parallel()
	s := serveLists(t)
	s.Clock.Set("2026-11-23T09:00")
	enter := func(code, recorded string) {
		s.load(t, func(h *dossier.History) {
			h.Code = code
			h.Facts = []dossier.Fact{
				{Kind: dossier.FRegistered, At: when("2026-10-05T08:00"), Unit: s.Commune, Recorded: when(recorded)},
				{Kind: dossier.FAccepted, At: when("2026-10-05T08:00"), Unit: s.Commune, Due: when("2026-10-08T17:00"), Recorded: when(recorded)},
				{Kind: dossier.FFinished, At: when("2026-10-07T08:00"), Recorded: when(recorded)},
			}
		})
	}
	enter("H99.101-261005-0001", "2026-10-07T08:00")
	b := s.as(s.Chair)
	b.Get("/reports/ii06a?period=2026-10&compare=on").Is(200).Has("[role=status]", "Không có số nào thay đổi so với những gì đã biết hết ngày 05/11/2026").Lacks("td", "trước")
	enter("H99.101-261005-0002", "2026-11-09T08:00")
	b.Get("/reports/ii06a?period=2026-10&compare=on&by=sector").Is(200).Has("[role=status]", "8 số trong bảng đã thay đổi").Has("td .state", "trước: 1").
		Has("h1", "Tháng 10/2026: 100,00 % (2 / 2) đúng hạn")
	b.Get("/reports/ii06a?period=2026-10&compare=on&days=20").Has("[role=status]", "Không có số nào thay đổi so với những gì đã biết hết ngày 20/11/2026")
	b.Get("/reports/ii06a?period=2026-10&known=2026-11-05").Has("h1", "100,00 % (1 / 1)").Has(".lead", "đã biết hết ngày 05/11/2026")
	b.Get("/reports/ii06a?period=2026-11&compare=on").Has("[role=status]", "Chưa đến ngày 05/12/2026")
}

func TestAWrongPeriodIsToldAndKept(t *testing.T) {
	t.Parallel()
	s := serveLists(t)
	b := s.as(s.Chair)
	p := b.Get("/reports/ii06a?period=custom&from=01/11/2026&to=01/10/2026").Is(422).Has("#error-summary a[href='#f-to']", "không thể trước ngày đầu kỳ")
	if got := p.Attr("[name=from]", "value"); got != "01/11/2026" {
		t.Errorf("the first day became %q", got)
	}
	b.Get("/reports/ii06a?period=2026-13").Is(422).Has("#error-summary", "Chọn một kỳ")
	b.Get("/reports/ii06a?period=custom&from=hôm+nay").Is(422).Has("#error-summary", "không phải là ngày")
	b.Get("/reports/ii06a?period=custom&from=1/10/2026&to=31/10/2026").Is(200).Has("h1", "Tháng 10/2026: không có hồ sơ nào").Has("option[selected]", "Tháng 10/2026")
	b.Get("/reports/ii06a").Is(200).Has("h1", "Tháng 11/2026").Has(".lead", "Kỳ chưa kết thúc").Count(".card-body .kind-ok", 4)
}

func TestTheFormsFilesSayWhatThePageSays(t *testing.T) {
	t.Parallel()
	s := serveLists(t)
	s.Clock.Set("2026-11-23T09:00")
	s.random(t, 60)
	b := s.as(s.Chair)
	page := b.Get("/reports/ii06a?period=2026-10&by=unit&compare=off")
	figure := strings.ReplaceAll(webtest.Text(page.Find("tfoot td.num")[0]), ".", "")
	file := b.Get("/reports/ii06a?period=2026-10&by=unit&format=csv").Is(200)
	rows, err := csv.NewReader(strings.NewReader(file.Body)).ReadAll()
	do(t, err)
	if rows[0][3] != "3_tiep_nhan_tong" || rows[1][0] != "2026-10" || rows[1][3] != figure {
		t.Errorf("the file begins with %v, %v; the page has %s", rows[0], rows[1], figure)
	}
	if last := rows[2][len(rows[2])-1]; !strings.HasPrefix(last, "H99.") {
		t.Errorf("a row of a unit has the key %q, want its agency code", last)
	}
	book, err := excelize.OpenReader(bytes.NewReader([]byte(b.Get("/reports/ii06a?period=2026-10&by=unit&format=xlsx").Is(200).Body)))
	do(t, err)
	cells, err := book.GetRows("II.06a", excelize.Options{RawCellValue: true})
	do(t, err)
	if total := cells[len(cells)-1]; cells[0][0] != "Tỉnh Sông Mẫu" || total[1] != "Tổng số" || total[2] != figure || cells[7][2] != "(3)" || cells[8][0] != "1" {
		t.Errorf("the workbook has %v, %v, %v; the page %s", cells[0], cells[7], total, figure)
	}
	b.Header.Set("Accept-Language", "en")
	b.Get("/reports/ii06a?period=2026-10&format=print&compare=off").Is(200).Has("h1", "TÌNH HÌNH, KẾT QUẢ GIẢI QUYẾT").Has(".paper-head", "Độc lập").Has("th", "Số hồ sơ nhận giải quyết").
		Has(".total td", figure)
	b.Get("/reports/ii06a.css").Is(200)
}
