package dossierweb_test

import (
	"net/url"
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/moment"
	"cchc/base/web/webtest"
	"cchc/calendar"
	"cchc/dossier"
	"cchc/dossier/dossiertest"
	"cchc/procedure"
)

func TestTheCounterFindsAProcedureWithoutMarksOrScripts(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	d.Get("/dossiers/new").Is(200).Has("h1", "Tiếp nhận hồ sơ").Count("[name=q][autofocus]", 1).Count("main [autofocus]", 1).
		Has("#promise", "Chọn thủ tục").Count("[name=procedure]", 0)
	// One hit is chosen at once, and the cursor goes on to the applicant.
	d.Get("/dossiers/new?q=khai+sinh").Is(200).Has("#found", "Đăng ký khai sinh").Count("[name=procedure][value='1.001193'][checked]", 1).
		Has("#promise .due", "17:00 thứ Sáu 27/11/2026").Has("#promise", "3 ngày làm việc").Count("[name=name][autofocus]", 1)
	// Several are offered, and none is chosen.
	p := d.Get("/dossiers/new?q=dang+ky").Is(200).Count("[name=procedure]", 2).Count("[name=procedure][checked]", 0).Count("[name=procedure][autofocus]", 1)
	p.Has("#found", "Đất đai")
	d.Get("/dossiers/new?q=khong+co+gi").Is(200).Has("#found", "Không tìm thấy thủ tục nào với “khong co gi”")
	d.Get("/dossiers/new?q="+dossiertest.Land).Has("#promise .due", "thứ Ba 22/12/2026")
}

func TestTheDueDateIsShownBeforeSavingAndNothingTypedIsLost(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	p := d.Post("/dossiers/new", "q", "khai sinh", "name", "Nguyễn Thị Ánh", "phone", "0905 123 456", "channel", "online").Is(200)
	p.Has("#promise .due", "27/11/2026").Has("#promise", "Bước").Count("[name=channel] option[value=online][selected]", 1)
	if got := p.Attr("[name=name]", "value"); got != "Nguyễn Thị Ánh" {
		t.Errorf("the name is %q after computing, want what was typed", got)
	}
	p.Count("main button[autofocus]", 1) // nothing is missing: the cursor is on Receive
	if rows, _, err := d.Desk.List(t.Context(), d.DB, d.Officer, dossier.Filter{Unit: d.Commune, Bucket: dossier.BucketAll}); err != nil || len(rows) != 0 {
		t.Errorf("computing a date made %d dossiers, %v", len(rows), err)
	}
	// A later entry moves the date.
	d.Post("/dossiers/new", "procedure", dossiertest.Birth, "at", "20/11/2026 10:00").Has("#promise .due", "26/11/2026")
	d.Post("/dossiers/new", "procedure", dossiertest.Birth, "at", "hôm qua").Is(200).Has("#promise", "“hôm qua” không phải là thời điểm").Count("#promise .due", 0)
	// A part for scripts leaves the cursor alone.
	d.Header.Set("HX-Request", "true")
	d.Post("/dossiers/new", "q", "khai").Is(200).Count("main [autofocus]", 0)
}

func TestReceivingLeadsToTheDossierAndItsReceipt(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	token := d.Get("/dossiers/new?q=khai+sinh").Attr("[name=token]", "value")
	fields := []string{"unit", string(d.Commune), "procedure", dossiertest.Birth, "for", dossiertest.Birth, "channel", "direct", "return_by", "post",
		"name", "Nguyễn Thị Ánh", "phone", "0905 123 456", "id_number", "049185001234", "address", "Thôn 3", "token", token,
		"papers.0.name", "Tờ khai", "papers.0", "scanned", "papers.1.name", "", "papers.1", "paper", "papers.2.name", "Giấy chứng sinh", "papers.2", ""}
	const code = "H99.101-261123-0001"
	d.Post("/dossiers", fields...).To("/dossiers/" + code + "?received=1")
	p := d.Get("/dossiers/" + code + "?received=1").Is(200)
	p.Has("[role=status]", "Đã tiếp nhận hồ sơ "+code).Has("h1", code+" · Nguyễn Thị Ánh").Has("a[href='/dossiers/"+code+"/receipt']", "In giấy tiếp nhận")
	w := d.state(t, code)
	if len(w.Papers) != 1 || w.Papers[0].Name != "Tờ khai" || w.ReturnBy != "post" || w.RatingToken != token {
		t.Errorf("received %+v, return by %s, token %s; want one scanned paper, by post, with the form's token", w.Papers, w.ReturnBy, w.RatingToken)
	}
	// The button pressed twice, or an answer that got lost.
	d.Post("/dossiers", fields...).To("/dossiers/" + code + "?received=1")
	if rows, _, err := d.Desk.List(t.Context(), d.DB, d.Officer, dossier.Filter{Unit: d.Commune, Bucket: dossier.BucketAll}); err != nil || len(rows) != 1 {
		t.Errorf("sent twice made %d dossiers, %v; want one", len(rows), err)
	}
	// Gone back to, and filled in for somebody else: told, kept, and saved by pressing again.
	other := append([]string{}, fields...)
	other[11] = "Lê Văn Bảy"
	again := d.Post("/dossiers", other...).Is(409).Has("#error-summary", "đã dùng để tiếp nhận hồ sơ "+code)
	if again.Attr("[name=name]", "value") != "Lê Văn Bảy" || again.Attr("[name=token]", "value") == token {
		t.Error("the refused form lost what was typed, or kept the used token")
	}
	other[19] = again.Attr("[name=token]", "value")
	d.Post("/dossiers", append(other, "seen", code, "repeated", "on")...).To("/dossiers/H99.101-261123-0002?received=1")
	d.Clean(t)
}

func TestAWrongFieldSaysWhatIsWrongAndKeepsTheRest(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	p := d.Post("/dossiers", "procedure", dossiertest.Birth, "for", dossiertest.Birth, "channel", "direct", "phone", "12", "address", "Thôn 3",
		"papers.0.name", "Tờ khai riêng", "papers.0", "reused", "at", "hôm qua").Is(422)
	p.Has("title", "Có lỗi").Has("#error-summary a[href='#f-at']", "“hôm qua” không phải là thời điểm")
	if p.Attr("[name=address]", "value") != "Thôn 3" || p.Attr("[name='papers.0.name']", "value") != "Tờ khai riêng" || p.Attr("[name=at]", "value") != "hôm qua" {
		t.Error("something typed was lost")
	}
	p.Count("[name='papers.0'] option[value=reused][selected]", 1).Count("main [autofocus]", 0)
	p = d.Post("/dossiers", "procedure", dossiertest.Birth, "channel", "direct", "phone", "12").Is(422)
	p.Has("#error-summary a[href='#f-name']", "Nhập họ tên người nộp").Has("#error-summary a[href='#f-phone']", "8 đến 15 chữ số").
		Count("#f-phone[aria-invalid=true]", 1).Has("h2", "Có chỗ chưa đúng")
	d.Post("/dossiers", "channel", "direct", "name", "A").Is(422).Has("#error-summary a[href='#f-procedure']", "Chọn thủ tục").Count("#f-procedure", 1)
}

func TestThePapersAreTheProceduresAndTheOfficersOwn(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	v, err := d.Desk.Procedures.InForce(t.Context(), d.DB, dossiertest.Birth, moment.NewDate(2026, 11, 23))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Editor.SetPapers(t.Context(), actor.System("test"), v.ID, []procedure.Paper{
		{Name: "Tờ khai đăng ký khai sinh", Required: true, Originals: 1}, {Name: "Giấy chứng sinh"}}); err != nil {
		t.Fatal(err)
	}
	if err := d.Editor.SetFees(t.Context(), actor.System("test"), v.ID, []procedure.Fee{{Channel: procedure.Direct, Label: "Lệ phí", Amount: 8000}}, "NQ 1"); err != nil {
		t.Fatal(err)
	}
	p := d.Get("/dossiers/new?q=khai+sinh")
	p.Has("#papers", "Tờ khai đăng ký khai sinh").Count("[name='papers.0'] option[value=paper][selected]", 1).
		Count("[name='papers.1'] option[value=''][selected]", 1).Count("[name='papers.2.name']", 1).
		Has("#promise", "8.000 đ").Count("[name=obliged][checked]", 1)
	// What was chosen stays chosen.
	p = d.Post("/dossiers/new", "procedure", dossiertest.Birth, "for", dossiertest.Birth, "papers.0.name", "Tờ khai đăng ký khai sinh", "papers.0", "national_store",
		"papers.2.name", "Giấy khác", "papers.2", "scanned")
	p.Count("[name='papers.0'] option[value=national_store][selected]", 1).Count("[name='papers.2.name'][value='Giấy khác']", 1).Count("[name=obliged][checked]", 0)
}

func TestACaseIsAskedForWhereTheLimitDependsOnIt(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	day := func(n calendar.Quantity) calendar.Limit {
		return calendar.Limit{Qty: n * 1000, Unit: calendar.WorkingDay}
	}
	if _, err := d.Editor.NewVersion(t.Context(), actor.System("test"), procedure.Version{Code: "9.000001", Name: "Cấp giấy phép thử", Sector: "Thử",
		Level: procedure.Commune, Channels: procedure.Channels, From: moment.NewDate(2026, 1, 1),
		Limits: []procedure.Limit{{Case: "9.000001.01", CaseName: "Cấp mới", Limit: day(5)}, {Case: "9.000001.02", CaseName: "Cấp lại", Limit: day(2)}}}, "QĐ 1"); err != nil {
		t.Fatal(err)
	}
	d.Get("/dossiers/new?q=giay+phep+thu").Has("#promise", "Chọn trường hợp").Count("[name=case][autofocus]", 1).Has("[name=case]", "Cấp lại")
	d.Post("/dossiers/new", "procedure", "9.000001", "for", "9.000001", "case", "9.000001.02").Has("#promise .due", "26/11/2026").Has("#promise", "2 ngày làm việc")
	d.Post("/dossiers", "procedure", "9.000001", "channel", "direct", "name", "A").Is(422).Has("#error-summary a[href='#f-case']", "Chọn trường hợp")
}

func TestALimitOfZeroDaysIsConfirmed(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	if _, err := d.Editor.NewVersion(t.Context(), actor.System("test"), procedure.Version{Code: "9.000002", Name: "Trả ngay", Sector: "Thử", Level: procedure.Commune,
		Channels: procedure.Channels, From: moment.NewDate(2026, 1, 1), Limits: []procedure.Limit{{Limit: calendar.Limit{Unit: calendar.WorkingDay}}}}, "QĐ 1"); err != nil {
		t.Fatal(err)
	}
	form := []string{"procedure", "9.000002", "for", "9.000002", "channel", "direct", "name", "A"}
	d.Post("/dossiers", form...).Is(422).Has("#error-summary a[href='#f-confirmed']", "0 ngày").Count("#f-confirmed", 1)
	d.Post("/dossiers", append(form, "confirmed", "on")...).To("/dossiers/H99.101-261123-0001?received=1")
}

func TestWhatComesByPostCanBeRegisteredOnly(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	d.Post("/dossiers", "procedure", dossiertest.Birth, "channel", "post", "name", "A", "do", "register").To("/dossiers/H99.101-261123-0001")
	if w := d.state(t, "H99.101-261123-0001"); w.Status() != dossier.Registered {
		t.Errorf("status %d, want 1", w.Status())
	}
	d.Get("/dossiers/H99.101-261123-0001").Has(".notice", "phải kiểm tra xong trước 09:00 thứ Tư 25/11/2026").Has(".page-head a.btn-primary", "Tiếp nhận")
}

func TestOnlyWhoMayReceiveStandsAtTheCounter(t *testing.T) {
	t.Parallel()
	d := sit(t, aSpecialist)
	d.Get("/dossiers/new").Is(403)
	d.Post("/dossiers", "unit", string(d.Commune), "procedure", dossiertest.Birth, "channel", "direct", "name", "A").Is(403)
	// Nor may an officer of one commune receive in another.
	d.as(d.OtherOfficer).Post("/dossiers", "unit", string(d.Commune), "procedure", dossiertest.Birth, "channel", "direct", "name", "A").Is(403)
}

func TestAnOfficerOfSeveralUnitsChoosesOne(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	d.Get("/dossiers/new").Count("select[name=unit]", 0).Count("input[name=unit]", 1)
	d.enter(d.Chair)
	d.Get("/dossiers/new").Is(403)
}

func TestTheCounterSpeaksEnglish(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	d.Header.Set("Accept-Language", "en")
	p := d.Get("/dossiers/new?q=khai+sinh").Has("#promise", "3 working days").Has("#promise .due", "17:00 Friday 27/11/2026")
	noKeys(t, p)
}

// noKeys fails when the page shows the key of a message that is not there.
func noKeys(t *testing.T, p *webtest.Page) {
	t.Helper()
	for _, word := range strings.Fields(p.Text("body")) {
		for _, room := range []string{"dossierweb.", "dossier.", "web.", "auth.", "procedure."} {
			if u, err := url.Parse(word); strings.HasPrefix(word, room) && err == nil && u.Host == "" {
				t.Errorf("the page shows the key %s", word)
			}
		}
	}
}
