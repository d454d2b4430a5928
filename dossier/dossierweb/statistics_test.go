package dossierweb_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/net/html"

	"cchc/base/actor"
	"cchc/base/web/webtest"
	"cchc/dossier"
)

func TestTheHubLeadsToWhatMayBeOpened(t *testing.T) {
	t.Parallel()
	s := serveLists(t)
	p := s.as(s.Chair).Get("/reports").Is(200).Has("h1", "Thống kê").Count(".sections li", 3).Has(".sections p", "Tiếp nhận")
	for _, a := range p.Find(".sections a") {
		s.as(s.Chair).Get(webtest.Attr(a, "href")).Is(200)
	}
	s.as(s.Specialist).Get("/reports").Is(403)
	for _, path := range []string{"/reports/07a", "/reports/periods", "/reports/evaluation", "/reports/restated?column=received"} {
		s.as(s.Specialist).Get(path).Is(403)
	}
	s.as(s.OtherOfficer).Get("/reports/evaluation?unit=" + string(s.Commune)).Is(403)
	s.as(s.OtherOfficer).Get("/reports/periods?unit=" + string(s.Commune)).Is(403)
}

func TestOfficersSumToTheTotal(t *testing.T) {
	t.Parallel()
	s := serveLists(t)
	s.Clock.Set("2026-11-23T09:00")
	s.random(t, 120)
	b := s.as(s.Chair)
	for _, form := range []string{"ii06a", "07a"} {
		p := b.Get("/reports/"+form+"?period=2026-10&by=officer&compare=off").Is(200).Has("tbody th", "Chưa giao cho ai")
		rows := p.Find("tbody tr")
		if len(rows) != 3 {
			t.Fatalf("%s has %d rows, want two officers and nobody", form, len(rows))
		}
		total := p.Find("tfoot td.num")
		for i := range total {
			sum := 0
			for row := range rows {
				sum += number(t, p.Find("tbody td.num")[row*len(total)+i])
			}
			if want := number(t, total[i]); sum != want {
				t.Errorf("%s: column %d of the officers sums to %d, the total is %d", form, i, sum, want)
			}
		}
	}
}

// What a restated figure opens to makes exactly the difference.
func TestARestatedFigureOpensToItsCause(t *testing.T) {
	t.Parallel()
	s := serveLists(t)
	s.Clock.Set("2026-11-23T09:00")
	s.random(t, 200)
	b := s.as(s.Chair)
	opened := 0
	for _, query := range []string{"ii06a?period=2026-10", "ii06a?period=2026-10&by=sector", "ii06a?period=2026-09&by=unit&days=1", "07a?period=2026-10&by=officer"} {
		p := b.Get("/reports/" + query).Is(200)
		for _, cell := range p.Find("td.num:has(.restated)") {
			text := strings.Fields(webtest.Text(cell)) // "37 trước: 34"
			now, _ := strconv.Atoi(text[0])
			then, _ := strconv.Atoi(text[len(text)-1])
			href := ""
			for c := cell.FirstChild; c != nil; c = c.NextSibling {
				if c.Data == "small" {
					href = webtest.Attr(c.FirstChild, "href")
				}
			}
			page := b.Get(href).Is(200).Has(".lead", "như đã báo cáo hết ngày")
			added, gone := 0, 0
			for _, row := range page.Find("tr[data-row]") {
				if strings.Contains(webtest.Text(row), "Thêm vào") {
					added++
				} else {
					gone++
				}
			}
			if then+added-gone != now || added+gone == 0 {
				t.Errorf("%s: %s says +%d −%d, the figure was %d and is %d", query, href, added, gone, then, now)
			}
			if n := len(page.Find("tr[data-row] li")); n < added+gone {
				t.Errorf("%s: %d dossiers without what was entered later", href, added+gone-n)
			}
			opened++
		}
	}
	if opened < 20 {
		t.Errorf("only %d restated figures: the test lost its reach", opened)
	}
	b.Get("/reports/restated?period=2026-10&column=secret").Is(404)
}

func TestPeriodsStandSideBySide(t *testing.T) {
	t.Parallel()
	s := serveLists(t)
	s.Clock.Set("2026-11-23T09:00")
	s.random(t, 150)
	b := s.as(s.Chair)
	for _, step := range []string{"month", "quarter", "year"} {
		file := b.Get("/reports/periods?step=" + step + "&format=csv").Is(200)
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(file.Body, "\ufeff"))).ReadAll()
		do(t, err)
		at := map[string][]int{}
		sums := map[string]string{}
		for _, row := range rows[1:] {
			for _, cell := range row[1 : len(row)-2] {
				n, err := strconv.Atoi(cell)
				do(t, err)
				at[row[0]] = append(at[row[0]], n)
			}
			sums[row[0]] = row[len(row)-2]
		}
		for name, adds := range map[string]bool{"Mới, trực tuyến (4)": true, "Mới, trực tiếp và bưu chính (5)": true, "Tổng đã giải quyết (7)": true, "Giải quyết trước hạn (8)": true,
			"Giải quyết đúng hạn (9)": true, "Giải quyết quá hạn (10)": true, "Không tiếp nhận": true,
			"Tổng tiếp nhận (3)": false, "Kỳ trước chuyển qua (6)": false, "Tổng đang giải quyết (11)": false, "Đang giải quyết, trong hạn (12)": false, "Đang giải quyết, quá hạn (13)": false} {
			sum := 0
			for _, n := range at[name] {
				sum += n
			}
			want := strconv.Itoa(sum)
			if !adds {
				want = "–"
			}
			if len(at[name]) < 5 || sums[name] != want {
				t.Errorf("%s, %s: %v has the sum %q, want %q", step, name, at[name], sums[name], want)
			}
		}
		// What is carried over is what was in progress at the end before.
		open, carried := at["Tổng đang giải quyết (11)"], at["Kỳ trước chuyển qua (6)"]
		for i := 1; i < len(open); i++ {
			if carried[i] != open[i-1] {
				t.Errorf("%s: period %d carries %d over, %d were in progress", step, i, carried[i], open[i-1])
			}
		}
		// The columns are those of the form itself.
		last := rows[0][len(rows[0])-3]
		if step == "month" {
			form := b.Get("/reports/ii06a?period=2026-11&compare=off")
			if got := number(t, form.Find("td.num")[0]); last != "11/2026" || got != at["Tổng tiếp nhận (3)"][11] {
				t.Errorf("%s received %v, the form says %d", last, at["Tổng tiếp nhận (3)"], got)
			}
		}
	}
	page := b.Get("/reports/periods?until=2026-10&column=late").Is(200).Has("h1", "Giải quyết quá hạn (10)").Count("[data-chart] tbody tr", 12).Has("[data-chart] th", "Tháng 10/2026")
	cell := page.Find("[data-chart] tbody tr:last-child td[data-value] a")
	list := b.Get(webtest.Attr(cell[0], "href")).Is(200)
	list.Count("tr[data-row]", number(t, cell[0]))
	b.Get("/reports/periods?until=2026-13").Is(422).Has("#error-summary", "Chọn một kỳ")
	b.Get("/reports/periods?format=print").Is(200).Has("th", "Cộng")
	if _, err := excelize.OpenReader(bytes.NewReader([]byte(b.Get("/reports/periods?format=xlsx").Is(200).Body))); err != nil {
		t.Error(err)
	}
}

func TestTheNineIndicesOpenToTheirDossiers(t *testing.T) {
	t.Parallel()
	s := serveLists(t)
	s.Clock.Set("2026-11-23T09:00")
	s.random(t, 150)
	b := s.as(s.Chair)
	opened := 0
	for _, by := range []string{"unit", "officer"} {
		p := b.Get("/reports/evaluation?period=2026-10&by="+by).Is(200).Has("[role=status]", "chỉ để tham khảo")
		for _, a := range p.Find("tbody td a, tfoot td a") {
			href := webtest.Attr(a, "href")
			rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.Get(href+"&format=csv").Is(200).Body, "\ufeff"))).ReadAll()
			do(t, err)
			// The index follows from its list: points over dossiers, half-up.
			n, sum := len(rows)-1, 0
			share := strings.Contains(href, "index=organisation") || strings.Contains(href, "index=online")
			for _, row := range rows[1:] {
				if row[2] == "" || strings.Contains(row[2], "reports.") {
					t.Fatalf("%s: no reason in %v", href, row)
				}
				if !share {
					p, err := strconv.Atoi(row[1])
					do(t, err)
					sum += p
				}
			}
			opened++
			if share {
				continue
			}
			tenths := (sum*20 + n) / (2 * n)
			if want := fmt.Sprintf("%d,%d", tenths/10, tenths%10); webtest.Text(a) != want {
				t.Errorf("%s: %d points of %d dossiers, shown as %s, want %s", href, sum, n, webtest.Text(a), want)
			}
		}
	}
	if opened < 40 {
		t.Errorf("only %d indices opened", opened)
	}
	b.Get("/reports/evaluation/list?period=2026-10&index=publicity").Is(404)
	b.Get("/reports/evaluation?period=2025-05").Is(200).Count("[role=status]", 0) // in force then
	b.Get("/reports/evaluation?period=2026-10&format=print").Is(200).Has("h1", "KẾT QUẢ ĐÁNH GIÁ").Has("th", "9. Nộp trực tuyến")
	book, err := excelize.OpenReader(bytes.NewReader([]byte(b.Get("/reports/evaluation?period=2026-10&format=xlsx").Is(200).Body)))
	do(t, err)
	if rows, err := book.GetRows("9"); err != nil || len(rows) < 7 || rows[5][0] != "Đơn vị" {
		t.Errorf("the workbook has %v, %v", rows, err)
	}
}

func TestWhatFactsCannotTellIsEntered(t *testing.T) {
	t.Parallel()
	s := serveLists(t)
	s.Clock.Set("2026-11-23T09:00")
	s.random(t, 60)
	unit := string(s.Commune)
	path := "/reports/evaluation?period=2026-10&unit=" + unit
	b := s.as(s.HomeAffairs)
	b.Get(path).Is(200).Has("tfoot td", "Chưa đủ chỉ số").Has("p", "Chưa nhập công khai")
	enter := func(b *webtest.Browser, fields ...string) *webtest.Page {
		return b.Post("/reports/evaluation", append([]string{"unit", unit, "period", "2026-10"}, fields...)...)
	}
	// Wrong, and nothing typed is lost.
	enter(b, "index", "feedback", "numerator", "11", "denominator", "10", "source_feedback", "Sổ phản ánh").Is(422).
		Has("#error-summary a[href='#f-numerator']", "không thể lớn hơn").Has("input[name=source_feedback][value='Sổ phản ánh']", "")
	enter(b, "index", "publicity", "choice", "both").Is(422).Has("#error-summary a[href='#f-source_publicity']", "Ghi nguồn")
	enter(b, "index", "total_time", "choice", "both", "source_publicity", "x").Is(422)
	// Of a unit that is none, by who may enter for all.
	for _, none := range []string{"", "x"} {
		all := s.people[s.Admin.Account]
		all.Grants = []actor.Grant{{Role: actor.Administrator}}
		s.people[all.Account] = all
		s.as(s.Admin).Post("/reports/evaluation", "unit", none, "period", "2026-10", "index", "publicity", "choice", "both", "source_publicity", "x").Is(422).
			Has("#error-summary", "Không có đơn vị này.")
	}
	enter(b, "index", "publicity", "choice", "both", "source_publicity", "Biên bản 12/BB").Is(303)
	enter(b, "index", "feedback", "numerator", "9", "denominator", "10", "source_feedback", "Sổ phản ánh").Is(303)
	b.Get(path).Has("tfoot td", "2,0").Lacks("tfoot td", "Chưa đủ").Has("li", "Niêm yết và điện tử · Biên bản 12/BB")
	// The parent shows it in the unit's row, and lacks its own.
	b.Get("/reports/evaluation?period=2026-10&unit="+string(s.Province)).Has("tfoot td", "Chưa đủ chỉ số").Lacks("tbody tr:first-child td", "Chưa đủ")
	// Another period has its own.
	b.Get("/reports/evaluation?period=2026-Q4&unit="+unit).Has("tfoot td", "Chưa đủ chỉ số")
	enter(s.as(s.Chair), "index", "publicity", "choice", "one", "source_publicity", "x").Is(403)
	s.as(s.Chair).Get(path).Is(200).Count("form[method=post][action='/reports/evaluation']", 0)
}

// Worked by hand: what the facts of three dossiers say.
func TestPointsFollowFromFacts(t *testing.T) {
	t.Parallel()
	s := serveLists(t)
	s.Clock.Set("2026-11-23T09:00")
	add := func(code string, change func(*dossier.History)) {
		s.load(t, func(h *dossier.History) {
			h.Code = code
			h.Facts[0].At, h.Facts[1].At = when("2026-10-05T08:00"), when("2026-10-05T08:00")
			h.Facts[1].Due = when("2026-10-08T17:00")
			change(h)
		})
	}
	finish := func(h *dossier.History, at string) {
		h.Facts = append(h.Facts, dossier.Fact{Kind: dossier.FFinished, At: when(at)})
	}
	// Early; both steps before their limits; nothing asked: 2 2 2 2 2.
	add("H99.101-261005-0001", func(h *dossier.History) {
		finish(h, "2026-10-07T10:00")
		h.Channel = dossier.Online
		h.Steps = []dossier.Step{{Ord: 1, Came: when("2026-10-05T08:00"), Due: when("2026-10-06T08:00"), Done: when("2026-10-05T10:00"), Account: s.Officer.Account},
			{Ord: 2, Came: when("2026-10-05T10:00"), Due: when("2026-10-08T17:00"), Done: when("2026-10-07T10:00"), Account: s.Specialist.Account}}
	})
	// On time by date; a step ended the day after its limit; papers asked for once; a
	// fee paid elsewhere; another body had a step: 1 0 1 1 1.
	add("H99.101-261005-0002", func(h *dossier.History) {
		h.Facts = append(h.Facts, dossier.Fact{Kind: dossier.FAsked, At: when("2026-10-05T09:00")}, dossier.Fact{Kind: dossier.FSupplied, At: when("2026-10-05T15:00"), Due: when("2026-10-08T17:00")},
			dossier.Fact{Kind: dossier.FObliged, At: when("2026-10-06T09:00")}, dossier.Fact{Kind: dossier.FDischarged, At: when("2026-10-06T10:00"), Due: when("2026-10-08T17:00")})
		finish(h, "2026-10-08T18:00")
		h.Steps = []dossier.Step{{Ord: 1, Body: "Chi nhánh VPĐKĐĐ", Came: when("2026-10-05T08:00"), Due: when("2026-10-06T08:00"), Done: when("2026-10-07T07:00"), Account: s.Officer.Account},
			{Ord: 2, Came: when("2026-10-07T07:00"), Due: when("2026-10-08T17:00"), Done: when("2026-10-08T18:00"), Account: s.Specialist.Account}}
	})
	// Late, no steps known: 0 0 2 2 0, and nobody's.
	add("H99.101-261005-0003", func(h *dossier.History) { finish(h, "2026-10-09T08:00") })
	b := s.as(s.Chair)
	p := b.Get("/reports/evaluation?period=2026-10&unit=" + string(s.Commune)).Is(200)
	var got []string
	for _, td := range p.Find("tfoot td") {
		got = append(got, webtest.Text(td))
	}
	// 3/3, 2/3, 5/3, 5/3, two of three at the one-stop (66.7 %: 1), –, 3/3, –, one of three online (33.3 %: 1).
	if want := "3|1,0|0,7|1,7|1,7|1,0|–|1,0|–|1,0|8,1|Chưa đủ chỉ số"; strings.Join(got, "|") != want {
		t.Errorf("the commune has %s, want %s", strings.Join(got, "|"), want)
	}
	p = b.Get("/reports/evaluation?period=2026-10&by=officer&unit=" + string(s.Commune)).Is(200)
	rows := map[string]string{}
	for _, tr := range p.Find("tbody tr") {
		text := strings.Fields(webtest.Text(tr))
		rows[text[0]] = strings.Join(text, " ")
	}
	// The specialist held two: 3/2, 2/2, 3/2, 3/2, 3/2 = 7.0.
	if len(rows) != 2 || !strings.Contains(rows["Chưa"], "0,0 0,0 2,0 2,0 0,0 4,0 Hoàn thành") {
		t.Errorf("officers are %v", rows)
	}
	found := false
	for _, r := range rows {
		found = found || strings.Contains(r, "2 1,5 1,0 1,5 1,5 1,5 7,0 Hoàn thành tốt")
	}
	if !found {
		t.Errorf("the specialist is not among %v", rows)
	}
}

// number is the figure that a cell begins with.
func number(t *testing.T, cell *html.Node) int {
	t.Helper()
	n, err := strconv.Atoi(strings.ReplaceAll(strings.Fields(webtest.Text(cell))[0], ".", ""))
	do(t, err)
	return n
}
