package dossierweb_test

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"mime/multipart"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"cchc/base/audit"
	"cchc/base/web/webtest"
	"cchc/dossier"
	"cchc/dossier/dossiertest"
	"cchc/unit"
)

func attr(n *html.Node, name string) string { return webtest.Attr(n, name) }

func TestTheClockTellsWhatWasUsedPausedAndLeft(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	x := d.Receive(t, dossiertest.Land)
	page := "/dossiers/" + x.Code
	d.Get(page).Has(".clock h2", "Còn 20 ngày làm việc").Has(".clock", "hẹn trả 17:00 thứ Ba 22/12/2026").Has(".clock-note", "20 ngày làm việc").
		Has(".above", "Đất đai · 1.012753").Has("title", "Còn 20 ngày làm việc")
	d.Clock.Set("2026-11-26T09:00")
	ask(t, d.Desk.AskForMore(t.Context(), d.Officer, x.Code, dossier.Ask{Reason: "bản đo đạc", Document: "mẫu 02 số 14"}))
	d.Clock.Set("2026-12-01T09:00")
	p := d.Get(page).Has(".clock h2", "Đồng hồ dừng từ 26/11: chờ bổ sung giấy tờ").Has(".clock-words", "từ 26/11 đang dừng: chờ bổ sung · bản đo đạc · mẫu 02 số 14").
		Has(".clock", "nếu đủ hôm nay, hẹn trả").Count(".clock-words .clock-stopped", 1)
	p.Has(".page-head .btn-primary", "Đã bổ sung đủ")
	ask(t, d.Desk.Supply(t.Context(), d.Officer, x.Code, 0, 0))
	d.Get(page).Has(".clock-words", "26/11–01/12, tính lại từ đầu sau đó").Has(".clock", "(hẹn đầu 22/12/2026)")
	d.Clock.Set("2027-03-01T09:00")
	d.Get(page).Has(".clock.kind-late h2", "Quá hạn").Has(".notice.kind-late", "chưa xin lỗi")
	ask(t, d.Desk.Finish(t.Context(), d.CommuneChair, x.Code, dossier.Result{}))
	d.Get(page).Has(".clock h2", "Đã xử lý xong · quá hạn").Count(".clock-today", 0)
}

func ask(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAFactEnteredLateOrCorrectedIsShownSo(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	x := d.Receive(t, dossiertest.Birth)
	d.Clock.Set("2026-11-25T09:00")
	d.Post("/dossiers/"+x.Code+"/pause", "reason", "Nhập nhầm", "at", "23/11/2026 15:00").To("/dossiers/" + x.Code)
	p := d.Get("/dossiers/"+x.Code).Has(".events li:first-child", "23/11/2026 15:00 · nhập 25/11/2026 09:00")
	href := p.Attr(".events li:first-child a", "href")
	d.Get(href).Is(200).Has(".lead", "Tạm dừng đồng hồ")
	d.Post("/dossiers/"+x.Code+"/correct", "seq", "3", "reason", "Hồ sơ khác").Is(303)
	d.Get("/dossiers/"+x.Code).Has(".events del", "Tạm dừng đồng hồ").Has(".events", "đã đính chính").Has(".events", "Hồ sơ khác")
}

func TestNumbersAreMaskedAndEachLookIsLogged(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	x := d.Receive(t, dossiertest.Birth)
	page := "/dossiers/" + x.Code
	p := d.Get(page).Has(".facts", "••••••••1234").Has(".facts", "••••••3456").Has("a", "có ghi lại")
	if strings.Contains(p.Body, "049185001234") || strings.Contains(p.Body, "0905123456") {
		t.Error("the page holds a number that it should mask")
	}
	d.Get(page+"/person").Is(200).Lacks("main", "049185001234")
	d.Post(page+"/person", "purpose", "").Is(422).Has("#error-summary a[href='#f-purpose']", "mục đích").Lacks("main", "049185001234")
	seen := d.Post(page+"/person", "purpose", "contact", "purpose_note", "gọi báo kết quả").Is(200).Has(".facts", "049185001234").Has(".notice", "đã được ghi lại")
	if got := seen.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control = %q, want no-store", got)
	}
	trail, err := audit.Of(t.Context(), d.DB, "dossier", x.ID)
	if err != nil || trail[len(trail)-1].Verb != "dossier.read_person" || trail[len(trail)-1].Reason != "Liên hệ người nộp về hồ sơ: gọi báo kết quả" {
		t.Errorf("the trail ends with %+v, %v", trail[len(trail)-1], err)
	}
	s := d.as(d.Specialist)
	s.Get(page).Is(200).Lacks("a", "có ghi lại")
	s.Get(page + "/person").Is(403)
	s.Post(page+"/person", "purpose", "other", "purpose_note", "tò mò thôi").Is(403)
}

func TestTheTrailIsForWhoMayReadIt(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	x := d.Receive(t, dossiertest.Birth)
	d.Get("/dossiers/"+x.Code).Lacks("summary", "Nhật ký")
	p := d.as(d.Auditor).Get("/dossiers/"+x.Code).Has("summary", "Nhật ký (1)").Has("details", "trạng thái: Được tiếp nhận").Has("details", "họ tên (đã che)")
	noKeys(t, p)
	if strings.Count(p.Body, "Nguyễn Thị Ánh") > 3 { // heading, title and the applicant
		t.Error("the trail shows the name")
	}
	d.as(d.OtherOfficer).Get("/dossiers/" + x.Code).Is(403)
	d.Get("/dossiers/H99.101-261123-9999").Is(404).Has("main", "H99.101-261123-9999")
}

type impact struct{}

func (impact) Impact(context.Context, unit.ID) string { return "Đúng hạn: +0,04 điểm" }

func TestTheEffectOnTheIndexIsShownWhereKnown(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	x := d.Receive(t, dossiertest.Birth)
	d.Get("/dossiers/"+x.Code).Lacks(".facts", "Tác động chỉ số")
	d.pages.Index = impact{}
	d.Get("/dossiers/"+x.Code).Has(".facts", "Đúng hạn: +0,04 điểm")
}

func TestTheDossierSpeaksEnglish(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	x := d.Receive(t, dossiertest.Birth)
	d.Header.Set("Accept-Language", "en")
	noKeys(t, d.Get("/dossiers/"+x.Code).Has(".clock h2", "3 working days left").Has("h2", "What happened"))
}

// upload sends a form with a file, as a browser does.
func upload(t *testing.T, b *webtest.Browser, path, name string, content []byte, fields ...string) *webtest.Page {
	t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for i := 0; i+1 < len(fields); i += 2 {
		ask(t, m.WriteField(fields[i], fields[i+1]))
	}
	if name != "" {
		w, err := m.CreateFormFile("file", name)
		ask(t, err)
		w.Write(content)
	}
	ask(t, m.Close())
	return b.Send("POST", path, m.FormDataContentType(), body.String())
}

func scan(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	ask(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, 9, 9))))
	return b.Bytes()
}

func TestAScanIsStoredSentSafelyAndLogged(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	x := d.Receive(t, dossiertest.Birth) // with a paper original as its second paper
	page := "/dossiers/" + x.Code
	d.Get(page+"/papers?ord=2").Is(200).Has("h1", "Giấy chứng sinh").Count("[type=file]", 1)
	content := scan(t)
	upload(t, d.Browser, page+"/papers", "../chứng\" sinh.html.png", content, "ord", "2", "source", "scanned").To(page)
	w := d.state(t, x.Code)
	if w.Papers[1].Source != "scanned" || w.Papers[1].FileType != "image/png" || w.Marks&dossier.Digitised == 0 {
		t.Errorf("paper %+v, marks %b; want it scanned, and the dossier digitised", w.Papers[1], w.Marks)
	}
	got := d.Get(page + "/papers/2").Is(200)
	if got.Body != string(content) {
		t.Error("what comes back is not what was sent")
	}
	for name, want := range map[string]string{"Content-Type": "image/png", "X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"} {
		if v := got.Header.Get(name); v != want {
			t.Errorf("%s = %q, want %q", name, v, want)
		}
	}
	if v := got.Header.Get("Content-Disposition"); !strings.HasPrefix(v, "attachment;") || strings.Contains(v, "..") {
		t.Errorf("Content-Disposition = %q, want an attachment with a harmless name", v)
	}
	trail, err := audit.Of(t.Context(), d.DB, "dossier", x.ID)
	if err != nil || trail[len(trail)-1].Verb != "dossier.read_paper" {
		t.Errorf("the trail ends with %+v, %v", trail[len(trail)-1], err)
	}
	d.as(d.OtherOfficer).Get(page + "/papers/2").Is(403)
	d.as(d.HomeAffairs).Get(page + "/papers/2").Is(403)
	d.Get(page + "/papers/1").Is(404)
	d.Get(page + "/papers/x").Is(404)
}

func TestWhatIsNoScanIsRefusedAndNothingStored(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	x := d.Receive(t, dossiertest.Birth)
	page := "/dossiers/" + x.Code + "/papers"
	upload(t, d.Browser, page, "a.png", []byte("<script>alert(1)</script>"), "name", "Đơn", "source", "scanned").Is(422).
		Has("#error-summary a[href='#f-file']", "Loại tệp này không được nhận").Count("[name=name][value='Đơn']", 1)
	upload(t, d.Browser, page, "a.png", nil, "name", "Đơn", "source", "scanned").Is(422).Has("#error-summary", "không có nội dung")
	upload(t, d.Browser, page, "", nil, "name", "Đơn", "source", "scanned").Is(422).Has("#error-summary a[href='#f-file']", "Chọn tệp")
	upload(t, d.Browser, page, "", nil, "name", "", "source", "reused").Is(422).Has("#error-summary a[href='#f-name']", "Nhập tên")
	upload(t, d.as(d.OtherOfficer), page, "a.png", scan(t), "name", "Đơn", "source", "scanned").Is(403)
	if w := d.state(t, x.Code); len(w.Papers) != 2 {
		t.Errorf("%d papers, want the two there were", len(w.Papers))
	}
	// A paper without a file, and a result that is a document.
	upload(t, d.Browser, page, "", nil, "name", "Sổ hộ khẩu", "source", "national_store").Is(303)
	upload(t, d.Browser, page, "kq.png", scan(t), "name", "Giấy khai sinh", "source", "scanned", "result", "on", "signed", "on").Is(303)
	if w := d.state(t, x.Code); len(w.Papers) != 4 || w.Marks&dossier.EResult == 0 {
		t.Errorf("%d papers, marks %b; want four, and an electronic result", len(w.Papers), w.Marks)
	}
}

func TestTheReceiptIsForm01(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	x := d.Receive(t, dossiertest.Birth)
	p := d.Get("/dossiers/" + x.Code + "/receipt").Is(200)
	p.Has(".paper.a5 h1", "GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ").Has(".paper-head", "ỦY BAN NHÂN DÂN XÃ GIO HẢI").
		Has(".paper-head", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM").Has(".paper-place", "Gio Hải, ngày 23 tháng 11 năm 2026").
		Has(".paper", "Nguyễn Thị Ánh").Has(".paper", "17 giờ 00 phút, ngày 27/11/2026").Has(".paper li", "Tờ khai (Đã quét)").
		Has(".paper", "3 ngày làm việc").Count(".paper svg.qr", 2).Count(".top", 0)
	if strings.Contains(p.Body, "049185001234") {
		t.Error("the receipt prints the whole identity number")
	}
	// The clock moves on, the receipt does not.
	d.Clock.Set("2026-12-24T09:00")
	if again := d.Get("/dossiers/" + x.Code + "/receipt"); again.Text(".paper") != p.Text(".paper") {
		t.Error("a receipt printed later says something else")
	}
	d.Header.Set("Accept-Language", "en")
	d.Get("/dossiers/"+x.Code+"/receipt").Has(".paper", "Thời gian trả kết quả")
	// The token that rates belongs to the applicant; only who hands it out has it.
	d.as(d.Specialist).Get("/dossiers/"+x.Code+"/receipt").Is(200).Count(".paper svg.qr", 1)
	d.as(d.OtherOfficer).Get("/dossiers/" + x.Code + "/receipt").Is(403)
}

func TestFormsArePrintedWhereTheFactsAre(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	x := d.Receive(t, dossiertest.Birth)
	form := func(n string) *webtest.Page { return d.Get("/dossiers/" + x.Code + "/forms/" + n) }
	for _, n := range []string{"02", "03", "04", "05"} {
		form(n).Is(404)
	}
	form("06").Is(200).Has("h1", "PHIẾU KIỂM SOÁT").Has("tbody tr", "Tiếp nhận, chuyển hồ sơ")
	d.Post("/dossiers/"+x.Code+"/apologise", "reason", "Thiếu người", "until", "02/12/2026", "document", "5/XL").Is(303)
	form("04").Is(200).Has("h1", "PHIẾU XIN LỖI").Has(".paper", "Thiếu người").Has(".paper", "17 giờ 00 phút, ngày 02/12/2026").Has(".paper-head", "Số: 1/XLHL")
	d.Post("/dossiers/"+x.Code+"/supplement", "reason", "1. Giấy chứng sinh\n2. Tờ khai", "supply_by", "30/11/2026").Is(303)
	form("02").Is(200).Has(".paper p", "1. Giấy chứng sinh").Has(".paper p", "2. Tờ khai").Has(".paper", "ngày 30/11/2026")
	d.Post("/dossiers/"+x.Code+"/stop", "reason", "Không bổ sung").Is(303)
	form("05").Is(200).Has("h1", "DỪNG GIẢI QUYẾT").Has(".paper", "Không bổ sung")
	y := d.Receive(t, dossiertest.Birth)
	d.Post("/dossiers/"+y.Code+"/refuse", "reason", "Không đủ điều kiện").Is(303)
	d.Get("/dossiers/"+y.Code+"/forms/03").Is(200).Has("h1", "TỪ CHỐI").Has(".paper", "Không đủ điều kiện")
	d.Get("/dossiers/"+y.Code).Has("a[href$='/forms/03']", "Mẫu 03").Count("a[href$='/forms/05']", 0)
}
