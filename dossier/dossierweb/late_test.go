package dossierweb_test

import (
	"encoding/csv"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"cchc/base/web/webtest"
	"cchc/dossier"
	"cchc/dossier/dossiertest"
)

func TestLatePageGroupsBySectorAndSaysWhoWasNotApologisedTo(t *testing.T) {
	t.Parallel()
	s, d := busy(t)
	b := s.as(s.Officer)
	b.Get("/late").Is(200).Has("h1", "3 hồ sơ quá hạn, 2 chưa xin lỗi").Has(".sectors a", "Hộ tịch: 2 quá hạn, 1 chưa xin lỗi").
		Has(".sectors a", "Đất đai: 1 quá hạn, 1 chưa xin lỗi").Has(".card .kind-ok", "Đúng hạn 13/11, hẹn 25/11").
		Count("input[name=code]", 3).Count("input[checked]", 0).Has(".lead", "nhiều nhất: Hộ tịch (2)").Has("td", "Chuyên viên")
	b.Get("/late?named=on&sector=Đất+đai").Has("h1", "1 hồ sơ đất đai quá hạn, 1 chưa xin lỗi").Count("tr[data-row]", 1).Has(".crumbs a", "Quá hạn")
	b.Get("/late?check=Hộ+tịch").Count("input[checked]", 2).Has("tr[data-row]", d["late"].Code)
	b.Get("/late?show=no_apology").Has("h1", "2 hồ sơ quá hạn chưa xin lỗi")
	b.Get("/late?show=soon").Has("h1", "1 hồ sơ đến hạn trong 3 ngày làm việc").Has(".state", "Còn kịp đến hết 25/11")
	b.Get("/late?show=nonsense").Has("h1", "3 hồ sơ quá hạn")
	s.as(s.Specialist).Get("/late").Is(200).Lacks("select[name=act]", "Xin lỗi").Has("select[name=act]", "Giao việc") // may not apologise
	s.as(s.OtherOfficer).Get("/late").Has("h1", "1 hồ sơ quá hạn, 1 chưa xin lỗi")
}

// sector's link on the page leads to a list of that sector only, be it the one
// without a name.
func TestLateSectorsWithoutANameHaveTheirList(t *testing.T) {
	t.Parallel()
	s := serveLists(t)
	s.received(t, "2026-11-10T08:15", dossiertest.Birth, "Lê Thị Hạnh")
	s.load(t, func(h *dossier.History) { h.Sector, h.ProcedureCode = "", "" })
	s.Clock.Set("2026-11-23T09:00")
	b := s.as(s.Officer)
	p := b.Get("/late").Is(200).Has("h1", "2 hồ sơ quá hạn").Has(".sectors a", "Chưa rõ lĩnh vực: 1 quá hạn")
	for _, a := range p.Find(".sectors a") {
		href := ""
		for _, x := range a.Attr {
			if x.Key == "href" {
				href = x.Val
			}
		}
		if u, err := url.Parse(href); err != nil || !strings.Contains(u.RawQuery, "named=on") {
			continue
		}
		b.Get(href).Is(200).Count("tr[data-row]", 1)
	}
}

// The list has as many rows as it says, in each order, page by page and as a file.
func TestTheLateListPagesSortsAndComesAsAFile(t *testing.T) {
	t.Parallel()
	s := serveLists(t)
	s.Clock.Set("2026-11-02T08:00")
	for i := range 65 {
		s.Clock.Advance(time.Minute)
		app := s.Application([]string{dossiertest.Birth, dossiertest.Certify}[i%2])
		app.Person.Name = fmt.Sprintf("Nguyễn Thị %c", 'A'+i%26)
		_, err := s.Desk.Receive(t.Context(), s.Officer, app)
		do(t, err)
	}
	s.Clock.Set("2026-11-23T09:00")
	b := s.as(s.Officer)
	b.Get("/late").Is(200).Has("h1", "65 hồ sơ quá hạn").Count("tr[data-row]", 50).Has(".pager", "50 trong 65")
	for _, order := range []string{"", "due", "-due", "code", "-code", "name", "-name", "step"} {
		var codes []string
		for next := "/late?sort=" + order; next != ""; {
			p := b.Get(next).Is(200)
			for _, a := range p.Find("tr[data-row] th a") {
				codes = append(codes, webtest.Text(a))
			}
			next = p.Attr("a[rel=next]", "href")
		}
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.Get("/late?format=csv&sort="+order).Is(200).Body, "\ufeff"))).ReadAll()
		if err != nil || len(rows) != 66 || len(codes) != 65 {
			t.Fatalf("by %q: %d rows on pages, %d in the file (%v), want 65", order, len(codes), len(rows)-1, err)
		}
		for i, code := range codes {
			if rows[i+1][0] != code {
				t.Fatalf("by %q: row %d is %s on the page and %s in the file", order, i+1, code, rows[i+1][0])
			}
		}
	}
	if n := len(b.Get("/late?format=xlsx").Is(200).Body); n < 1000 {
		t.Errorf("the workbook has %d bytes", n)
	}
	// The box takes the other pages too.
	p := b.Get("/late").Has("form", "65")
	form := []string{"act", "apologise", "all", "on"}
	for _, x := range p.Find("form[action='/dossiers/bulk'] input[type=hidden]") {
		form = append(form, webtest.Attr(x, "name"), webtest.Attr(x, "value"))
	}
	b.Post("/dossiers/bulk", form...).Is(200).Count("tr[data-row]", 65)
}
