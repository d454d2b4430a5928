package portalweb_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/base/web"
	"cchc/base/web/webtest"
	"cchc/calendar"
	"cchc/data"
	"cchc/dossier/dossiertest"
	"cchc/portal"
	"cchc/portal/portalweb"
	"cchc/procedure"
	"cchc/unit"
)

// figures are those of the office's own dossiers.
type figures struct{ o *dossiertest.Office }

func (f figures) KeptDates(ctx context.Context, q db.Queryer, from, to moment.Date) (map[unit.ID]points.Ratio, error) {
	rates, err := f.o.Desk.KeptDates(ctx, q, from, to)
	out := map[unit.ID]points.Ratio{}
	for id, x := range rates {
		out[id] = points.Ratio{Num: x.InTime, Den: x.Ended}
	}
	return out, err
}

func (f figures) Common(ctx context.Context, q db.Queryer, n int) ([]string, error) {
	today := f.o.DB.Now().Date()
	return f.o.Desk.Common(ctx, q, today.FirstOfYear(), today, n)
}

func open(t *testing.T) (*dossiertest.Office, *webtest.Browser) {
	t.Helper()
	o := dossiertest.Desk(t)
	words, err := portal.ParseWords(strings.NewReader(data.Everyday))
	if err != nil {
		t.Fatal(err)
	}
	mux := web.New(web.Config{Now: o.Clock.Now, Log: slog.New(slog.DiscardHandler),
		Load: func(context.Context, string, moment.Instant) (actor.Actor, error) { return actor.Actor{}, nil }})
	(&portalweb.Pages{DB: o.DB, Finder: &portal.Finder{Procedures: o.Desk.Procedures, Words: words}, Units: o.Desk.Units,
		Calendars: o.Desk.Calendars, Figures: figures{o}, Base: "https://motcua.example"}).Register(mux)
	return o, webtest.Open(t, mux)
}

func TestProceduresAreFoundInEverydayWords(t *testing.T) {
	t.Parallel()
	o, b := open(t)
	b.Get("/services").Is(200).Has("h1", "Thủ tục cần gì").Has(".links a", "Hộ tịch").Lacks("main", "Nhiều người làm")
	b.Get("/services?q=giay+khai+sinh").Has("h1", "1 thủ tục cho “giay khai sinh”").Has(".services a", "Đăng ký khai sinh").
		Has(".services p", "3 ngày làm việc").Has(".services p", "Giải quyết ở xã, phường")
	b.Get("/services?q="+dossiertest.Land).Has(".services a", "Đăng ký đất đai").Has(".services p", "thời hạn tuỳ trường hợp")
	b.Get("/services?sector=Hộ+tịch").Has("h1", "Hộ tịch: 2 thủ tục").Count(".services li", 2)
	if got := b.Get("/services?q=tàu+vũ+trụ&page=x").Is(200).Has("h1", "Chưa tìm thấy").Has(".links a", "Đất đai").Attr("[name=q]", "value"); got != "tàu vũ trụ" {
		t.Errorf("what was typed became %q", got)
	}
	d := o.Receive(t, dossiertest.Birth)
	finish(t, o, d.Code)
	b.Get("/services").Has("main", "Nhiều người làm").Has(".services a", "Đăng ký khai sinh")
}

func TestAProcedureSaysWhatPapersHowLongHowMuch(t *testing.T) {
	t.Parallel()
	o, b := open(t)
	system := actor.System("test")
	v, err := o.Desk.Procedures.InForce(t.Context(), o.DB, dossiertest.Birth, o.DB.Now().Date())
	do(t, err)
	url := "/services/" + dossiertest.Birth
	// Nothing entered: said honestly, three times.
	b.Get(url).Is(200).Has("h1", "Đăng ký khai sinh").Has("#papers .state", "Chưa có trong cơ sở dữ liệu").Has("#fee .state", "Chưa có trong cơ sở dữ liệu").
		Has("#time .answer", "3 ngày làm việc").Has("#where", "toàn trình").Count(".share svg.qr", 1)
	do(t, o.Editor.SetPapers(t.Context(), system, v.ID, []procedure.Paper{{Name: "Tờ khai", Form: "TK-01", Originals: 1, Required: true},
		{Name: "Giấy chứng sinh", Originals: 1, Copies: 2, Required: true}, {Name: "Văn bản ủy quyền"}}))
	do(t, o.Editor.SetFees(t.Context(), system, v.ID, []procedure.Fee{{Channel: procedure.Direct, Label: "Lệ phí", Amount: 8000}, {Channel: procedure.Online}}, "Nghị quyết thử nghiệm"))
	p := b.Get(url).Has("#papers li", "Tờ khai").Has("#papers li", "mẫu TK-01").Has("#papers li", "1 bản chính, 2 bản sao").
		Has("#papers li", "số bản chưa có trong cơ sở dữ liệu, nếu có").Has("#fee dd", "8.000 đ").Has("#fee dd", "miễn phí").Lacks("#fee", "Chưa có")
	if main := p.Text("main"); strings.Contains(main, "portal.") || strings.Contains(main, "dossierweb.") {
		t.Errorf("a message is missing: %s", main)
	}
	b.Get("/services/9.999999").Is(404)
}

func TestTheDayOfTheResultIsWorkedOutByTheClock(t *testing.T) {
	t.Parallel()
	o, b := open(t)
	// Monday 23 November 2026, 09:00; the 24th is a day off.
	birth := "/services/" + dossiertest.Birth
	b.Get(birth).Has("#time .notice", "17:00 thứ Sáu 27/11/2026").Has("#time .notice", "Tỉnh Sông Mẫu")
	for _, at := range []string{"2026-11-23T19:30", "2026-11-22T10:00"} {
		o.Clock.Set(at)
		b.Get(birth).Has("#time .notice", "ngoài giờ")
	}
	o.Clock.Set("2026-11-23T09:00")
	land := "/services/" + dossiertest.Land
	plain := b.Get(land).Has("#time .answer", "20 ngày làm việc").Has("#time", "tính lại từ đầu").Has("#time details", "miền núi").Text("#time .notice")
	far := b.Get(land+"?channel=online&unit="+string(o.Mountain)).Has("#time .answer", "30 ngày làm việc").Has("#time", "miền núi").
		Has("#time .notice", "Xã Thạnh Bình").Text("#time .notice")
	if plain == far {
		t.Errorf("the mountain's day is the plain's: %s", far)
	}
	if due, err := o.Desk.Calendars.For(t.Context(), o.DB, o.Mountain); err != nil {
		t.Fatal(err)
	} else if d, err := due.Due(o.DB.Now(), calendar.Limit{Qty: 30000, Unit: calendar.WorkingDay}, ""); err != nil || !strings.Contains(far, d.Date().Time().Format("02/01/2006")) {
		t.Errorf("the page says %q, the clock %s, %v", far, d, err)
	}
	b.Get(land+"?unit=nonsense&channel=pigeon&case=x").Is(200).Has("#time .answer", "20 ngày làm việc")
}

func TestWhatIsNotSettledIsNotGuessed(t *testing.T) {
	t.Parallel()
	o, b := open(t)
	if _, err := o.Editor.Import(t.Context(), actor.System("test"), strings.NewReader(unsettled), "x.csv", moment.NewDate(2025, 7, 1)); err != nil {
		t.Fatal(err)
	}
	b.Get("/services/1.000110").Is(200).Has("#time .state", "Chưa có trong cơ sở dữ liệu").Lacks("#time", "Nộp bây giờ").Count("#time form", 0).Has("#papers", "4 loại giấy tờ").
		Has("#time", "chưa xác định được")
	b.Get("/services?q=1.000110").Has(".services p", "thời hạn chưa có")
}

func TestUnitsAreShownByHowTheyKeptTheirDates(t *testing.T) {
	t.Parallel()
	o, b := open(t)
	b.Get("/on-time").Is(200).Has("h1", "Đơn vị nơi tôi ở").Has("td", "chưa có hồ sơ xong")
	late := o.Receive(t, dossiertest.Birth)
	d := o.Receive(t, dossiertest.Birth)
	finish(t, o, d.Code)
	o.Clock.Set("2026-12-14T09:00")
	finish(t, o, late.Code)
	b.Get("/on-time").Has("h1", "Tỉnh Sông Mẫu: 50,00 %").Count("tbody tr", 2).Has("tr", "1 trong 2").Lacks("main", "Nguyễn")
	b.Get("/on-time?q=thanh").Count("tbody tr", 1).Has("th", "Xã Thạnh Bình")
	b.Get("/on-time?q=không+đâu").Is(200).Has(".empty", "Không có đơn vị")
}

func TestPublicPagesInEnglishAndForEveryone(t *testing.T) {
	t.Parallel()
	_, b := open(t)
	b.Get("/complain").Is(200).Has("main", "18001096").Has("main", "90 ngày")
	b.Post("/preferences", "lang", "en", "size", "large", "contrast", "on", "back", "/services").To("/services")
	for path, h1 := range map[string]string{"/services": "Procedures: papers", "/services/" + dossiertest.Birth: "Đăng ký khai sinh", "/on-time": "How units", "/complain": "Praise"} {
		p := b.Get(path).Is(200).Has("h1", h1).Count("html.size-large.contrast[lang=en]", 1)
		if main := p.Text("main"); strings.Contains(main, "portal.") {
			t.Errorf("%s lacks a message: %s", path, main)
		}
	}
	b.Look("/services", "/services?q=khai+sinh", "/services?q=zzz", "/services/"+dossiertest.Land, "/on-time", "/complain")
}
