package dossierweb_test

import (
	"strings"
	"testing"
	"time"

	"cchc/base/web/webtest"
)

func TestTheFirstPageIsForVisitorsAndLeadsOthersToWork(t *testing.T) {
	t.Parallel()
	s := serveLists(t)
	s.Get("/").Is(200).Has("h1", "Hồ sơ của bạn đến đâu rồi?").Has("h2", "Tỉnh Sông Mẫu: 97,31 %").Has("main", "31.205 trong 32.068").
		Count("form[action='/lookup'] input", 2).Has("main a[href='/sign-in']", "Đăng nhập").
		Count("form[action='/services'] [name=q]", 1).Count("main a[href='/on-time']", 1).Count("main a[href='/complain']", 1)
	s.as(s.Officer).Get("/").To("/work")
	s.as(s.Specialist).Get("/").To("/work")
	s.as(s.Chair).Get("/").To("/board")
	s.as(s.Auditor).Get("/").To("/board")
	s.public.Live = nil
	s.Get("/").Is(200).Lacks("h2", "97,31")
	s.Get("/nothing").Is(404)
}

func TestLookUpTellsHowADossierStandsAndNothingPersonal(t *testing.T) {
	t.Parallel()
	s, d := busy(t)
	for name, want := range map[string][3]string{
		"late":     {"Hồ sơ đang chậm", "quá hạn 6 ngày làm việc", "xin lỗi bằng văn bản"},
		"sorry":    {"cơ quan đã xin lỗi", "quá hạn", "hẹn trả ngày 25/11/2026"},
		"waiting":  {"Hồ sơ cần bổ sung giấy tờ", "Tạm dừng", "phiếu yêu cầu bổ sung"},
		"done":     {"Hồ sơ đã có kết quả", "trước hạn", "mang giấy tiếp nhận"},
		"returned": {"Bạn đã nhận kết quả", "trước hạn", "Đã trả kết quả"},
		"soon":     {"Hồ sơ đã được tiếp nhận", "còn", "17:00 thứ Năm 26/11/2026"},
	} {
		s.Clock.Advance(time.Minute)
		p := s.Get("/lookup?code="+d[name].Code+"&digits=3456").Is(200).Has("h1", want[0]).Has(".state", want[1]).Has("main", want[2])
		for _, secret := range []string{"0905", "049185", "Lê Thị", "Đặng", "Phan", "Trương", "Võ", "Ngô", "motcua", "chuyenvien", "Thiếu bản đồ", "Chờ xác minh"} {
			if strings.Contains(p.Text("main"), secret) {
				t.Errorf("the page of %q tells %q", name, secret)
			}
		}
	}
}

func TestLookUpSaysWhatIsWrongAndNotWhichCodesExist(t *testing.T) {
	t.Parallel()
	s, d := busy(t)
	code := d["late"].Code
	s.Get("/lookup").Is(200).Has("h1", "Tra cứu hồ sơ").Count("#error-summary", 0)
	if got := s.Get("/lookup?code="+code).Is(200).Attr("[name=code]", "value"); got != code {
		t.Errorf("the code of a receipt's picture became %q", got)
	}
	s.Get("/lookup?code=x&digits=12").Is(422).Has("#error-summary a[href='#f-code']", "Mã hồ sơ chưa đúng").Has("#error-summary a[href='#f-digits']", "4 số cuối")
	wrong := s.Get("/lookup?code="+code+"&digits=0000").Is(404).Has("h1", "Chưa tìm thấy hồ sơ").Text("main")
	unknown := s.Get("/lookup?code=H99.101-261110-9999&digits=0000").Is(404).Text("main")
	if wrong != unknown {
		t.Errorf("wrong digits are told as\n%s\nan unknown code as\n%s", wrong, unknown)
	}
}

// The digits are sent in the body: no page of ours puts them into an address, which
// stays in the browser's history. Another language leads back to the form, with the code.
func TestTheFormKeepsTheDigitsOutOfAddresses(t *testing.T) {
	t.Parallel()
	s, d := busy(t)
	code := d["late"].Code
	for _, path := range []string{"/", "/lookup?code=" + code} {
		s.Get(path).Is(200).Count("form[action='/lookup']:not([method=post])", 0)
	}
	p := s.Post("/lookup", "code", code, "digits", "3456").Is(200).Has("h1", "Hồ sơ đang chậm")
	if got := p.Attr("[name=back]", "value"); got != "/lookup?code="+code {
		t.Errorf("a choice of looks leads back to %q", got)
	}
	for _, n := range p.Find("a, form") {
		if strings.Contains(webtest.Attr(n, "href")+webtest.Attr(n, "action"), "3456") {
			t.Errorf("an address holds the digits: %s", webtest.Attr(n, "href"))
		}
	}
	s.Post("/lookup", "code", "x", "digits", "12").Is(422).Has("#error-summary a[href='#f-code']", "Mã hồ sơ chưa đúng")
	for range 10 {
		p = s.Post("/lookup", "code", code, "digits", "0000")
	}
	p.Is(429)
}

func TestGuessingDigitsIsMadeToWait(t *testing.T) {
	t.Parallel()
	s, d := busy(t)
	path := "/lookup?code=" + d["late"].Code + "&digits=0000"
	for range 10 {
		s.Get(path).Is(404)
	}
	p := s.Get(path).Is(429).Has("main", "Vui lòng chờ một phút")
	if p.Header.Get("Retry-After") == "" {
		t.Error("the answer does not say when to come back")
	}
	s.Get("/lookup").Is(200) // the form itself is not counted
	s.Clock.Advance(21 * time.Second)
	s.Get(path).Is(404)
	s.Get(path).Is(429)
}

func TestRatingIsGivenOnceWhenThereIsAResult(t *testing.T) {
	t.Parallel()
	s, d := busy(t)
	early, done := "/rate/"+d["late"].RatingToken, "/rate/"+d["done"].RatingToken
	s.Get("/rate/NOSUCHTOKEN").Is(404)
	s.Get(early).Is(200).Has("h1", "Hồ sơ chưa có kết quả").Count("form[method=post] [name=score]", 0)
	s.Post(early, "score", "5").To(early)
	p := s.Get(done).Is(200).Has("h1", "Bạn có hài lòng không?").Count("[name=score]", 5)
	if p.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Error("the address with the token may be told to other pages")
	}
	s.Post(done).Is(422).Has("#error-summary a[href='#f-score']", "Chọn từ 1 đến 5")
	s.Post(done, "score", "9").Is(422)
	s.Post(done, "score", "4").To(done)
	s.Get(done).Has("h1", "Cảm ơn bạn đã đánh giá").Has(".state", "4 – Hài lòng")
	s.Post(done, "score", "1").To(done)
	// Why is optional, comes after the tap, and is given once too.
	s.Post(done+"/reason").Is(422).Has("#error-summary a[href='#f-reason']", "Chưa viết lý do")
	if got := s.Post(done+"/reason", "reason", strings.Repeat("ố", 1001)).Is(422).Text("[name=reason]"); len([]rune(got)) != 1001 {
		t.Errorf("%d letters of 1,001 were kept", len([]rune(got)))
	}
	s.Post(done+"/reason", "reason", "Cán bộ hướng dẫn dễ hiểu").To(done)
	s.Get(done).Has("main", "Cán bộ hướng dẫn dễ hiểu").Count("[name=reason]", 0).Has("main", "Ai đọc đánh giá này")
	s.Post(done+"/reason", "reason", "Khác").To(done)
	s.Get(done).Lacks("main", "Khác")
	s.Post(early+"/reason", "reason", "Sớm").To(early)
	s.Post("/rate/NOSUCHTOKEN/reason", "reason", "x").Is(404)
	w, err := s.Desk.ByToken(t.Context(), s.DB, d["done"].RatingToken)
	do(t, err)
	if w.Rating != 4 {
		t.Errorf("the rating is %d, want 4 as first given", w.Rating)
	}
}
