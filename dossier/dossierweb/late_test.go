package dossierweb_test

import (
	"net/url"
	"strings"
	"testing"

	"cchc/dossier"
	"cchc/dossier/dossiertest"
)

func TestLatePageGroupsBySectorAndSaysWhoWasNotApologisedTo(t *testing.T) {
	t.Parallel()
	s, d := busy(t)
	b := s.as(s.Officer)
	b.Get("/late").Is(200).Has("h1", "3 hồ sơ quá hạn, 2 chưa xin lỗi").Has(".card h2", "Hộ tịch: 2 quá hạn, 1 chưa xin lỗi").
		Has(".card h2", "Đất đai: 1 quá hạn, 1 chưa xin lỗi").Has(".card .kind-ok", "Đúng hạn 13/11, hẹn 25/11").
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
	p := b.Get("/late").Is(200).Has("h1", "2 hồ sơ quá hạn").Has(".card h2", "Chưa rõ lĩnh vực: 1 quá hạn")
	for _, a := range p.Find(".card-links a") {
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
