package dossierweb_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/web/webtest"
	"cchc/dossier"
	"cchc/dossier/dossiertest"
)

// fields are what a browser would send of the first form to an address, its
// buttons apart.
func fields(p *webtest.Page, action string) []string {
	var out []string
	form := "form[action='" + action + "'] "
	for _, n := range p.Find(form + "input") {
		kind := webtest.Attr(n, "type")
		ticked := slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "checked" })
		if kind == "checkbox" && !ticked {
			continue
		}
		out = append(out, webtest.Attr(n, "name"), webtest.Attr(n, "value"))
	}
	return out
}

// with sets a field of a form.
func with(list []string, set ...string) []string {
	list = slices.Clone(list)
	for i := 0; i+1 < len(set); i += 2 {
		at := -1
		for j := 0; j+1 < len(list); j += 2 {
			if list[j] == set[i] {
				at = j
			}
		}
		if at < 0 {
			list = append(list, set[i], set[i+1])
		} else {
			list[at+1] = set[i+1]
		}
	}
	return list
}

func TestApologiesAreProposedReadAndSentOnce(t *testing.T) {
	t.Parallel()
	s, d := busy(t)
	late, land, sorry := d["late"], d["land late"], d["sorry"]
	b := s.as(s.Officer)
	before := snapshot(t, s)
	p := b.Post("/dossiers/bulk", "act", "apologise", "back", "/late?show=overdue", "code", late.Code, "code", land.Code, "code", sorry.Code).Is(200).
		Has("h1", "Xin lỗi và hẹn lại ngày trả cho 3 hồ sơ").Has(".lead", "Làm được với 2 hồ sơ").Count("input[type=checkbox]", 2).
		Has(".problem", "đã được xin lỗi một lần").Has("td", "Ghi là xin lỗi muộn").Has(".crumbs a", "Hồ sơ")
	// The 24th is a day off: five working days after Monday the 23rd are Tuesday.
	if got := p.Attr("input[name='until."+late.Code+"']", "value"); got != "01/12/2026" {
		t.Errorf("the new date proposed is %q, want 01/12/2026", got)
	}
	form := fields(p, "/dossiers/bulk")
	p = b.Post("/dossiers/bulk", with(form, "do", "again", "days", "1")...).Is(200)
	if got := p.Attr("input[name='until."+late.Code+"']", "value"); got != "25/11/2026" {
		t.Errorf("with one day the new date is %q, want 25/11/2026", got)
	}
	// Whatever is missing or wrong, nothing is done, and nothing typed is lost.
	p = b.Post("/dossiers/bulk", with(form, "do", "confirm", "document", "12/TB", "until."+land.Code, "28/11/2026")...).Is(422).
		Has("#error-summary a[href='#f-reason']", "Nhập lý do").Has(".problem", "28/11/2026 không phải ngày làm việc").Count("tr[data-row]", 3).
		Count("input[checked]", 2)
	if p.Attr("input[name='until."+land.Code+"']", "value") != "28/11/2026" || p.Attr("input[name=document]", "value") != "12/TB" {
		t.Error("what was typed is lost")
	}
	for _, x := range []struct{ typed, told string }{{"", "Nhập ngày hẹn trả mới"}, {"soon", "không phải là ngày"}, {"10/11/2026", "phải sau hôm nay"}} {
		b.Post("/dossiers/bulk", with(form, "do", "confirm", "reason", "x", "until."+late.Code, x.typed)...).Is(422).Has(".problem", x.told)
	}
	if after := snapshot(t, s); after != before {
		t.Error("a preview changed something")
	}
	send := with(form, "do", "confirm", "reason", "Chờ đo đạc", "document", "12/TB", "until."+land.Code, "10/12/2026")
	run := with(form)[1]
	b.Post("/dossiers/bulk", send...).To("/bulk/" + run)
	once := snapshot(t, s)
	b.Post("/dossiers/bulk", send...).To("/bulk/" + run) // sent twice
	if snapshot(t, s) != once {
		t.Error("sent twice it was done twice")
	}
	b.Get("/bulk/"+run).Is(200).Has("h1", "Đã xin lỗi và hẹn lại 2 hồ sơ").Count("tr .kind-ok", 2).Count("textarea", 0).Has("main", "không lấy lại hàng loạt được")
	b.Get("/bulk").Has("tr[data-row] td", "Đã xin lỗi và hẹn lại 2 hồ sơ")
	b.Get("/late").Has("h1", "3 hồ sơ quá hạn, đều đã xin lỗi")
	for code, want := range map[string]string{late.Code: "2026-12-01T17:00", land.Code: "2026-12-10T17:00"} {
		w, err := s.Desk.ByCode(t.Context(), s.DB, s.Officer, code)
		do(t, err)
		if w.DuePromised.String() != want {
			t.Errorf("%s is promised for %s, want %s", code, w.DuePromised, want)
		}
	}
	other := s.as(s.OtherOfficer)
	other.Get("/bulk/" + run).Is(404)
	other.Get("/bulk").Lacks("main", "Đã xin lỗi")
	s.Clean(t)
}

func TestBulkWorkNeedsTheRightsOfEachDossier(t *testing.T) {
	t.Parallel()
	s, d := busy(t)
	before := snapshot(t, s)
	code := d["late"].Code
	send := []string{"act", "apologise", "code", code, "of", code, "do", "confirm", "reason", "x", "until." + code, "01/12/2026", "run", "0198c0de-0000-7000-8000-000000000001"}
	s.Post("/dossiers/bulk", send...).Is(401)
	s.as(s.OtherOfficer).Post("/dossiers/bulk", send...).Is(403)
	s.as(s.OtherOfficer).Post("/dossiers/bulk", "act", "apologise", "code", code).Is(403)
	s.as(s.Specialist).Post("/dossiers/bulk", send...).Is(422).Has(".problem", "Bạn không có quyền")
	s.as(s.Auditor).Post("/dossiers/bulk", send...).Is(422).Has(".problem", "Bạn không có quyền")
	s.as(s.Auditor).Get("/dossiers").Is(200).Count("input[name=code]", 0).Count("select[name=act]", 0)
	b := s.as(s.Officer)
	b.Header.Set("Sec-Fetch-Site", "cross-site")
	b.Post("/dossiers/bulk", send...).Is(403)
	b = s.as(s.Officer)
	b.Post("/dossiers/bulk", "act", "apologise", "back", "//elsewhere.example").To("/dossiers")
	b.Get("/dossiers").Has("[role=status]", "Chưa chọn hồ sơ nào")
	b.Post("/dossiers/bulk", "act", "shred", "code", code).Is(400)
	b.Post("/dossiers/bulk", with(send, "run", "x")...).Is(422)
	many := []string{"act", "return"}
	for range dossier.BulkMost + 1 {
		many = append(many, "code", code)
	}
	b.Post("/dossiers/bulk", many...).Is(400).Has("main", "tối đa 500 hồ sơ")
	b.Post("/dossiers/bulk", "act", "return", "code", "H99.101-261110-9999").Is(404)
	b.Get("/bulk/nothing").Is(404)
	if after := snapshot(t, s); after != before {
		t.Error("somebody without the right did something")
	}
}

func TestManyAreAssignedFromTheListAndTakenBack(t *testing.T) {
	t.Parallel()
	s, d := busy(t)
	id, err := s.Accounts.Create(t.Context(), actor.System("test"), auth.NewAccount{Login: "dung", Name: "Hoàng Anh Dũng", Password: "nắng chiều trên sông", Grants: s.Specialist.Grants})
	do(t, err)
	b := s.as(s.Officer)
	b.Get("/dossiers").Is(200).Count("form[action='/dossiers/bulk'] input[name=code]", 6).Count("input[name=all]", 0).Count("select[name=act] option", 4)
	p := b.Post("/dossiers/bulk", "act", "assign", "code", d["far"].Code, "code", d["soon"].Code, "code", d["done"].Code).Is(200).
		Has("select[name=to]", "Hoàng Anh Dũng").Has("td", "chưa ai nhận → …").Has(".problem", "không còn hoặc chưa đang giải quyết")
	form := fields(p, "/dossiers/bulk")
	b.Post("/dossiers/bulk", with(form, "do", "confirm", "reason", "gấp")...).Is(422).Has("#error-summary a[href='#f-to']", "Chọn người nhận").Has("textarea", "gấp")
	b.Post("/dossiers/bulk", with(form, "do", "again", "to", id)...).Is(200).Has("td", "chưa ai nhận → Hoàng Anh Dũng")
	// One of them is resolved before the form is sent: nothing happens unread.
	do(t, s.Desk.Finish(t.Context(), s.Specialist, d["soon"].Code, dossier.Result{}))
	p = b.Post("/dossiers/bulk", with(form, "do", "confirm", "to", id)...).Is(422).Has("#error-summary", "1 hồ sơ đã chọn không còn làm được").Count("tr .problem", 2)
	b.Post("/dossiers/bulk", with(fields(p, "/dossiers/bulk"), "do", "confirm", "to", id)...).To("/bulk/" + form[1])
	b.Get("/bulk/"+form[1]).Has("h1", "Đã giao 1 hồ sơ").Has("button", "Lấy lại 1 hồ sơ")
	b.Post("/bulk/"+form[1]+"/undo", "reason", "").Is(422).Has("#error-summary", "Nhập lý do")
	b.Post("/bulk/"+form[1]+"/undo", "reason", "giao nhầm").To("/bulk/" + form[1])
	b.Get("/bulk/"+form[1]).Has(".notice", "Đã lấy lại 1 hồ sơ").Count("textarea", 0)
	b.Get("/dossiers/"+d["far"].Code).Is(200).Has("main", "Giao việc").Has("main", "giao nhầm")
	s.Clean(t)
}

func TestAllThatMatchGoTogetherAndARunGoesOn(t *testing.T) {
	t.Parallel()
	s := serveLists(t)
	for i := range 52 {
		s.received(t, "2026-11-20T09:00", dossiertest.Birth, fmt.Sprintf("Ngô Bảo Ân %d", i))
	}
	s.received(t, "2026-11-20T09:00", dossiertest.Land, "Bùi Thị Xuân")
	s.Clock.Set("2026-11-23T09:00")
	b := s.as(s.Specialist)
	b.Get("/dossiers").Has(".bulk", "Chọn cả 53 hồ sơ của danh sách")
	list := b.Get("/dossiers?procedure="+url.QueryEscape(dossiertest.Birth)).Has(".bulk", "Chọn mọi hồ sơ khớp bộ lọc, tối đa 500")
	p := b.Post("/dossiers/bulk", with(fields(list, "/dossiers/bulk"), "act", "forward", "all", "on")...).Is(200).Has("h1", "Chuyển bước: 52 hồ sơ")
	form := fields(p, "/dossiers/bulk")
	// Cut off after it was confirmed: the run is there with everything left.
	run := dossier.Bulk{ID: form[1], Act: dossier.BulkForward}
	for i := 0; i < len(form); i += 2 {
		if form[i] == "code" {
			run.Items = append(run.Items, dossier.BulkItem{Code: form[i+1]})
		}
	}
	do(t, s.Desk.BulkStart(t.Context(), s.Specialist, run))
	b.Get("/bulk").Has("tr[data-row]", "Còn 52")
	b.Get("/bulk/"+run.ID).Has(".notice", "còn 52 hồ sơ chưa làm").Has("button", "Làm tiếp")
	b.Post("/bulk/" + run.ID + "/go-on").To("/bulk/" + run.ID)
	if text := b.Get("/bulk/"+run.ID).Has("h1", "Đã chuyển bước 52 hồ sơ").Text("main"); strings.Contains(text, "Làm tiếp") {
		t.Error("a run that is finished can still go on")
	}
}

func TestBulkPagesLookRight(t *testing.T) {
	t.Parallel()
	s, d := busy(t)
	b := s.as(s.Officer)
	p := b.Post("/dossiers/bulk", "act", "forward", "code", d["far"].Code, "code", d["done"].Code)
	form := fields(p, "/dossiers/bulk")
	b.Post("/dossiers/bulk", with(form, "do", "confirm")...)
	b.Look("/bulk", "/bulk/"+form[1])
}
