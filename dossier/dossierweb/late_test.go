package dossierweb_test

import (
	"net/url"
	"strings"
	"testing"

	"cchc/base/audit"
	"cchc/dossier"
	"cchc/dossier/dossiertest"
)

func TestLatePageGroupsBySectorAndSaysWhoWasNotApologisedTo(t *testing.T) {
	t.Parallel()
	s, d := busy(t)
	b := s.as(s.Officer)
	b.Get("/late").Is(200).Has("h1", "3 hồ sơ quá hạn, 2 chưa xin lỗi").Has(".card h2", "Hộ tịch: 2 quá hạn, 1 chưa xin lỗi").
		Has(".card h2", "Đất đai: 1 quá hạn, 1 chưa xin lỗi").Has(".card .kind-ok", "Đúng hạn 13/11, hẹn 25/11").
		Count("input[name=code]", 2).Count("input[checked]", 0).Has(".lead", "nhiều nhất: Hộ tịch (2)").Has("td", "Chuyên viên")
	b.Get("/late?named=on&sector=Đất+đai").Has("h1", "1 hồ sơ đất đai quá hạn, 1 chưa xin lỗi").Count("tr[data-row]", 1).Has(".crumbs a", "Quá hạn")
	b.Get("/late?check=Hộ+tịch").Count("input[checked]", 1).Has("tr[data-row]", d["late"].Code)
	b.Get("/late?show=no_apology").Has("h1", "2 hồ sơ quá hạn chưa xin lỗi")
	b.Get("/late?show=soon").Has("h1", "1 hồ sơ đến hạn trong 3 ngày làm việc").Has(".state", "Còn kịp đến hết 25/11")
	b.Get("/late?show=nonsense").Has("h1", "3 hồ sơ quá hạn")
	s.as(s.Specialist).Get("/late").Is(200).Count("input[name=code]", 0).Lacks("button", "Xin lỗi") // may not apologise
	s.as(s.OtherOfficer).Get("/late").Has("h1", "1 hồ sơ quá hạn, 1 chưa xin lỗi")
}

func TestApologiesAreProposedReadAndSentOneByOne(t *testing.T) {
	t.Parallel()
	s, d := busy(t)
	late, land := d["late"], d["land late"]
	b := s.as(s.Officer)
	before := snapshot(t, s)
	p := b.Post("/late/apologise", "back", "/late?show=overdue", "code", late.Code, "code", land.Code).Is(200).
		Has("h1", "Xin lỗi và hẹn lại ngày trả cho 2 hồ sơ").Count("tr[data-row]", 2)
	// The 24th is a day off: five working days after Monday the 23rd are Tuesday.
	if got := p.Attr("input[name='until."+late.Code+"']", "value"); got != "01/12/2026" {
		t.Errorf("the new date proposed is %q, want 01/12/2026", got)
	}
	p = b.Post("/late/apologise", "code", late.Code, "do", "again", "days", "1", "until."+late.Code, "01/12/2026")
	if got := p.Attr("input[name='until."+late.Code+"']", "value"); got != "25/11/2026" {
		t.Errorf("with one day the new date is %q, want 25/11/2026", got)
	}
	b.Post("/late/apologise", "code", late.Code, "do", "send", "until."+late.Code, "01/12/2026").Is(422).
		Has("#error-summary a[href='#f-reason']", "Nhập lý do")
	if after := snapshot(t, s); after != before {
		t.Error("a preview changed something")
	}
	b.Post("/late/apologise", "back", "/late?show=overdue", "code", late.Code, "code", land.Code, "do", "send", "reason", "Chờ đo đạc", "document", "12/TB",
		"until."+late.Code, "01/12/2026", "until."+land.Code, "10/12/2026").To("/late?show=overdue")
	b.Get("/late").Has("[role=status]", "Đã xin lỗi và hẹn lại ngày trả cho 2 hồ sơ.").Has("h1", "3 hồ sơ quá hạn, đều đã xin lỗi")
	for code, want := range map[string]string{late.Code: "2026-12-01T17:00", land.Code: "2026-12-10T17:00"} {
		w, err := s.Desk.ByCode(t.Context(), s.DB, s.Officer, code)
		do(t, err)
		if w.DuePromised.String() != want || w.Apology != s.DB.Now() {
			t.Errorf("%s is promised for %s, want %s", code, w.DuePromised, want)
		}
		entries, err := audit.Of(t.Context(), s.DB, "dossier", w.ID)
		do(t, err)
		n := 0
		for _, e := range entries {
			if e.Verb == "dossier.apologise" {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%s has %d audit entries of an apology, want 1", code, n)
		}
	}
	s.Clean(t)
}

func TestApologiesThatFailAreToldByRowAndTheOthersKept(t *testing.T) {
	t.Parallel()
	s, d := busy(t)
	late, land, sorry := d["late"], d["land late"], d["sorry"]
	b := s.as(s.Officer)
	p := b.Post("/late/apologise", "code", late.Code, "code", land.Code, "code", sorry.Code, "do", "send", "reason", "Chờ đo đạc",
		"until."+late.Code, "28/11/2026", "until."+land.Code, "10/12/2026", "until."+sorry.Code, "10/12/2026").Is(422).
		Has("[role=status]", "Đã gửi 1: "+land.Code).Count("tr[data-row]", 2).Has(".problem", "28/11/2026 không phải ngày làm việc").
		Has(".problem", "đã được xin lỗi một lần").Has("#error-summary a", late.Code)
	if got := p.Attr("input[name='until."+late.Code+"']", "value"); got != "28/11/2026" {
		t.Errorf("what was typed became %q", got)
	}
	if got := p.Text("textarea"); got != "Chờ đo đạc" {
		t.Errorf("the reason became %q", got)
	}
	for _, x := range []struct{ typed, told string }{{"", "Nhập ngày hẹn trả mới"}, {"soon", "không phải là ngày"}, {"10/11/2026", "phải sau hôm nay"}} {
		b.Post("/late/apologise", "code", late.Code, "do", "send", "reason", "x", "until."+late.Code, x.typed).Is(422).Has(".problem", x.told)
	}
	w, err := s.Desk.ByCode(t.Context(), s.DB, s.Officer, land.Code)
	do(t, err)
	if w.Apology == 0 {
		t.Error("the apology that was right is gone")
	}
	b.Post("/late/apologise", "code", late.Code, "do", "send", "reason", "x", "until."+late.Code, "30/11/2026").To("/late")
}

func TestApologiesNeedTheRightToThem(t *testing.T) {
	t.Parallel()
	s, d := busy(t)
	before := snapshot(t, s)
	code := d["late"].Code
	send := []string{"code", code, "do", "send", "reason", "x", "until." + code, "01/12/2026"}
	s.Post("/late/apologise", send...).Is(401)
	s.as(s.OtherOfficer).Post("/late/apologise", send...).Is(403)
	s.as(s.OtherOfficer).Post("/late/apologise", "code", code).Is(403)
	s.as(s.Specialist).Post("/late/apologise", send...).Is(403)
	s.as(s.Auditor).Post("/late/apologise", send...).Is(403)
	b := s.as(s.Officer)
	b.Header.Set("Sec-Fetch-Site", "cross-site")
	b.Post("/late/apologise", send...).Is(403)
	if after := snapshot(t, s); after != before {
		t.Error("somebody without the right apologised")
	}
	b = s.as(s.Officer)
	b.Post("/late/apologise", "back", "//elsewhere.example").To("/late")
	b.Get("/late").Has("[role=status]", "Chưa chọn hồ sơ nào")
	many := []string{}
	for range 101 {
		many = append(many, "code", code)
	}
	b.Post("/late/apologise", many...).Is(400).Has("main", "tối đa 100 hồ sơ")
	b.Post("/late/apologise", "code", "H99.101-261110-9999").Is(404)
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
