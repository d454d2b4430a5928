package serviceindexweb_test

import (
	"context"
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/i18n"
	"cchc/serviceindex/serviceindexweb"
)

func TestTheBoardSaysWhoIsLateAndWhoIsSilent(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.busy()
	s.Post("/as/chair")
	s.Get("/board").Is(200).Has("table th", "Hoàng Anh Dũng").Has("table th", "Lãnh đạo UBND (chưa ai nhận)").
		Has(".card h2", "1 đơn vị không nhập gì trong 3 ngày làm việc").Has(".card li a", "Xã Thạnh Bình: lần cuối có hồ sơ 18/11/2026").
		Has("figure[data-chart=bars] th", "Đất đai").Lacks("figure[data-chart=bars] th", "Hộ gia đình").Has(".actions a", "Trình chiếu")
}

func TestTheTrendIsOfKeptMonths(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.busy()
	s.Post("/as/chair")
	if _, err := s.Index.CloseDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := s.Get("/board/trend").Is(200).Has("h1", "Diễn biến: Tỉnh Sông Mẫu").Count("figure[data-chart=line]", 1)
	if n := len(p.Find("figure td[data-value]")); n == 0 {
		t.Error("the trend has no month")
	}
	s.Get("/board/trend?show=on_time").Is(200).Has("thead th", "Tỉ lệ đúng hạn")
	s.Get("/board/trend?unit="+string(s.Communes[0])).Is(200).Count("figure", 1)
	s.Get("/board/trend").Has("main p a", "Tính lại 3 tháng")
	s.Get("/board/trend?recount=on").Is(200).Has("main .hint", "không tháng nào khác số đã chốt")
	s.Hold(s.Communes[0], 5, "2026-10-06", "2026-10-02") // told later
	s.Get("/board/trend?recount=on").Is(200).Has("figure tr[data-mark=restated] td", "nay tính lại").Has("main .hint", "nhập muộn")
	s.Other().Get("/board/trend").Is(303)
}

func TestThePresentationGoesOnWithoutScriptsOrNames(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.busy()
	s.Post("/as/chair")
	p := s.Get("/board/wall").Is(200).Count("header", 0).Count("h1", 1)
	if got := p.Attr("meta[name=cchc-next]", "content"); !strings.HasPrefix(got, "20;/board/wall?") || !strings.Contains(got, "step=1") {
		t.Errorf("the browser goes on by %q", got)
	}
	s.Get("/board/wall?step=4").Has("h1", "1 đơn vị không nhập gì")
	p = s.Get("/board/wall?step=4")
	if got := p.Attr("meta[name=cchc-next]", "content"); !strings.Contains(got, "step=0") {
		t.Errorf("after the last comes %q", got)
	}
	s.Get("/board/wall?step=3").Has("h1", "4 bước xử lý đã quá hạn").Lacks("table th", "Hoàng Anh Dũng").Has("table th", "Chuyên viên")
	s.Get("/board/wall?step=3&names=on").Has("table th", "Hoàng Anh Dũng")
	s.Get("/board/wall?step=1&pause=on").Count("meta[name=cchc-next]", 0)
	s.Get("/board/wall?step=99&seconds=1").Is(200)
}

func TestTheWeeklyDigestIsKeptAsItWasTold(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.busy()
	s.Post("/as/chair")
	s.Get("/board/week").Is(200).Has("h1", "tuần qua: nhận").Has("dl", "42 (tuần trước 42, 0)").Has("table th", "Hoàng Anh Dũng")
	pages := &serviceindexweb.Pages{Index: s.Index, Dossiers: office{s.Place, &s.asked}}
	ctx := i18n.With(context.Background(), i18n.Vietnamese)
	d, made, err := pages.MakeDigest(ctx, actor.System("test"), s.Province)
	if err != nil || !made {
		t.Fatalf("made %t, %v", made, err)
	}
	if _, again, err := pages.MakeDigest(ctx, actor.System("test"), s.Province); err != nil || again {
		t.Errorf("made a second time: %t, %v", again, err)
	}
	letter := serviceindexweb.Write(ctx, d)
	for _, want := range []string{"Tỉnh Sông Mẫu", "Hoàng Anh Dũng", "Xã Thạnh Bình"} {
		if !strings.Contains(letter.Subject+letter.Text, want) {
			t.Errorf("the letter does not say %q:\n%s", want, letter.Text)
		}
	}
	s.Get(letter.Link).Is(200).Has(".lead", "nguyên văn như đã gửi")
	s.Get("/board/week?week=2026-10-05").Is(200).Has(".hint", "không có bản tin được lưu").Lacks("table th", "Hoàng Anh Dũng")
	s.Get("/board/week?week=2031-01-01").Is(400)
	s.Get("/board/week?week=x").Is(400)
}

func TestLeadersPagesLookRight(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.busy()
	s.Post("/as/chair")
	if _, err := s.Index.CloseDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Look("/board", "/board/trend", "/board/week", "/board/wall?pause=on", "/board/wall?step=2&pause=on", "/board/wall?step=3&pause=on")
}
