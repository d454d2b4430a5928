package ui_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"cchc/base/actor"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/base/web"
	"cchc/base/web/static"
	"cchc/base/web/ui"
	"cchc/base/web/webtest"
)

// text is a component of plain HTML.
func text(s string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	})
}

// all renders components one after another.
func all(list ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		for _, c := range list {
			if err := c.Render(templ.ClearChildren(ctx), w); err != nil {
				return err
			}
		}
		return nil
	})
}

// in renders outer with inner as its children.
func in(outer templ.Component, inner ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return outer.Render(templ.WithChildren(ctx, all(inner...)), w)
	})
}

func at(s string) moment.Instant {
	i, err := moment.ParseInstant(s)
	if err != nil {
		panic(err)
	}
	return i
}

func clock() ui.Clock {
	return ui.Clock{
		From: at("2026-11-10T09:02"), Due: at("2026-12-15T17:00"), Now: at("2026-11-25T09:14"),
		Stops: []ui.Stop{{From: at("2026-11-16T00:00"), To: at("2026-11-21T00:00"), Label: "16–20/11 tạm dừng: chờ bản đo đạc (mẫu 02 số 14)"}},
		Title: "Còn 14 ngày làm việc", Text: "hẹn trả 17:00 thứ Ba 15/12/2026 (hẹn đầu 09/12)", Note: "20 ngày làm việc · NĐ 101/2024",
	}
}

// form is one with every kind of field, two of them wrong.
func form() *ui.Form {
	return &ui.Form{
		Values: url.Values{"name": {"Nguyễn Văn A"}, "channel": {"post"}, "papers": {"b"}, "why": {"một <b>"}, "agree": {"on"}, "unit": {"u2"}, "on": {"mai"}},
		Fault:  fault.New(fault.Invalid, "web.form.invalid").With("on", "web.form.date", "Value", "mai").With("channel", "web.form.required"),
	}
}

func fields(f *ui.Form) templ.Component {
	channels := []ui.Option{{Value: "direct", Text: "Trực tiếp"}, {Value: "post", Text: "Bưu chính", Hint: "Qua bưu chính công ích"}}
	return in(text2("<form method=post action=/board novalidate>", "</form>"),
		ui.Input(f, ui.Field{Name: "name", Label: "Họ và tên người nộp", Autocomplete: "name", List: []string{"A", "B"}}),
		ui.DateInput(f, ui.Field{Name: "on", Label: "Ngày nhận"}),
		ui.Select(f, ui.Field{Name: "unit", Label: "Đơn vị", Optional: true, Width: 20}, []ui.Option{{Text: "Chọn đơn vị"}, {Value: "u2", Text: "Xã Gio Hải"}}),
		ui.Radios(f, ui.Field{Name: "channel", Label: "Kênh tiếp nhận"}, channels),
		ui.Checks(f, ui.Field{Name: "papers", Label: "Giấy tờ", Optional: true, Hint: "Đánh dấu những thứ đã có"}, []ui.Option{{Value: "a", Text: "Đơn"}, {Value: "b", Text: "Tờ khai"}}),
		ui.Textarea(f, ui.Field{Name: "why", Label: "Lý do", Rows: 3, Optional: true}),
		ui.Input(f, ui.Field{Name: "secret", Label: "Mật khẩu", Type: "password"}),
		ui.Check(f, ui.Field{Name: "agree", Label: "Đã đối chiếu bản gốc"}),
		ui.Button("Tiếp nhận", true),
	)
}

// text2 wraps children in plain HTML.
func text2(before, after string) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		children := templ.GetChildren(ctx)
		return all(text(before), children, text(after)).Render(ctx, w)
	})
}

func board() templ.Component {
	row := func(rank, name, score, delta string, p points.Points, last string) templ.Component {
		return all(text("<tr data-row><td class=num>"+rank+"</td><th scope=row><a href=/board>"+name+"</a></th><td class=num><strong>"+score+
			"</strong></td><td class=num>"+delta+"</td><td>"), ui.Bar(p, points.Of(20)), text(p.VN()+"</td><td class=num>"+last+"</td></tr>"))
	}
	table := ui.TableProps{
		Caption: "Xếp hạng chỉ số phục vụ", Event: "ranking",
		Columns: []ui.Column{{Label: "Hạng", Numeric: true, Sort: "/board?by=rank", Sorted: "ascending"}, {Label: "Đơn vị"}, {Label: "Điểm", Numeric: true, Sort: "/board"}, {Label: "± bậc", Numeric: true}, {Label: "Tiến độ /20"}, {Label: "Quá hạn", Numeric: true}},
	}
	left := in(ui.Card("Xếp hạng chỉ số phục vụ (QĐ 766)", ui.Link{Text: "CSV", URL: "/board"}, ui.Link{Text: "In", URL: "/board"}),
		in(ui.Table(table),
			row("1", "Phường Đông Hà", "84,12", "▲ 2", 194_100, "3"), row("=2", "Xã Gio Hải", "82,90", "–", 190_500, "1"),
			row("=2", "Xã Cao An", "82,90", "▲ 5", 187_700, "2"), row("41", "Xã Thạnh Bình", "71,04", "▼ 4", 137_500, "27")),
		ui.Pages(ui.Pager{Prev: "/board?before=1", Next: "/board?after=4", Shown: "1–4 trong 124 đơn vị"}))
	right := all(
		in(ui.Card("Sắp trễ, của ai"), text("<div class=card-body><p>"), ui.Badge(ui.Soon, "còn 6 giờ"), text(" <a href=/board>H21.227-261119-0042</a> · đất đai</p><p>"),
			ui.Badge(ui.Late, "quá hạn 2 ngày"), text(" H21.203-261112-0007</p><p>"), ui.Badge(ui.Paused, "tạm dừng"), text(" "), ui.Badge(ui.OK, "trước hạn"), text(" "),
			ui.Badge(ui.Neutral, "chưa tới"), text(" "), ui.Badge(ui.Info, "liên thông"), text("</p></div>")),
		in(ui.Card("Người nộp"), ui.Facts([]ui.Fact{{Label: "Họ tên", Value: "Nguyễn Văn A"}, {Label: "Kênh", Value: "Trực tiếp; trả qua bưu chính"}})),
		in(ui.Card("Diễn biến"), ui.Timeline([]ui.Event{
			{At: "10/11/2026 09:02", Title: "Tiếp nhận", Who: "Bộ phận một cửa", Kind: ui.OK},
			{At: "16/11/2026 08:00", Title: "Yêu cầu bổ sung", Text: "Chờ bản đo đạc", Kind: ui.Paused}})),
	)
	return in(ui.Layout(ui.Page{
		Title: "Điều hành", Heading: "12 hồ sơ đất đai sẽ trễ trong 3 ngày; Xã Thạnh Bình tụt 4 bậc", Lead: "124 xã, phường · kỳ từ 01/01/2026 đến nay · so với tháng trước",
		Active: "board", Crumbs: []ui.Link{{Text: "Tỉnh Sông Mẫu", URL: "/"}}, Actions: ui.LinkButton("/stacked", "Tiếp nhận hồ sơ", "n", true),
	}),
		ui.Stats(ui.StatProps{Value: "3.418", Label: "đang giải quyết"}, ui.StatProps{Value: "57", Label: "quá hạn (1,67 %), 9 chưa xin lỗi", Kind: ui.Late, URL: "/board"},
			ui.StatProps{Value: "142", Label: "đến hạn trong 3 ngày làm việc", Kind: ui.Soon}, ui.StatProps{Value: "97,31 %", Label: "đúng hạn, trước hạn (31.205 / 32.068)"}),
		ui.Tabs("Cách xem", "units", []ui.Link{{Text: "Theo đơn vị", URL: "/board", Key: "units"}, {Text: "Theo lĩnh vực", URL: "/board?by=sector", Key: "sectors", Count: 3}}),
		ui.ClockBar(clock()),
		text("<div class=columns><div>"), left, text("</div><div>"), right, text("</div></div>"))
}

func stacked() templ.Component {
	return in(ui.Layout(ui.Page{Title: "Hồ sơ của tôi", Above: "Đất đai · 1.013978"}),
		in(ui.Card("Danh sách"), in(ui.Table(ui.TableProps{Caption: "Hồ sơ đang giải quyết", Shown: true, Stacked: true, Columns: []ui.Column{{Label: "Mã"}, {Label: "Hẹn trả"}, {Label: "Chọn", Hidden: true}}, Foot: text("<tr><td data-label=Cộng>1 hồ sơ</td><td></td><td></td></tr>")}),
			text("<tr data-row><th scope=row data-label=Mã><a href=/board>H21.203-261110-0031</a></th><td data-label='Hẹn trả'>17:00 thứ Ba 15/12/2026</td><td><button class=btn type=button>Nhận</button></td></tr>"))),
		in(ui.Card("Thông báo"), ui.Empty("Chưa có hồ sơ nào", "Tiếp nhận hồ sơ đầu tiên, hoặc nhập từ tệp CSV."), text("")),
		in(ui.Notice(ui.Info, "Đã tính lại hạn theo lịch mới."), text("")))
}

// trend is a chart of two series with a gap, a restated month and a row of sums.
func trend() templ.Component {
	return in(ui.Layout(ui.Page{Title: "Diễn biến"}),
		in(ui.Card("Diễn biến"), in(ui.Chart(ui.ChartProps{Title: "Tỉ lệ đúng hạn có tăng không?", Kind: ui.Line, Max: "100", Unit: " %"}),
			in(ui.Table(ui.TableProps{Caption: "Đúng hạn theo tháng", Columns: []ui.Column{{Label: "Tháng"}, {Label: "Xã Gio Hải", Numeric: true}, {Label: "Toàn tỉnh", Numeric: true}, {Label: "Ghi chú"}}}),
				text("<tr><th scope=row data-x='9/26'>Tháng 9</th><td class=num data-value=93.25>93,25</td><td class=num data-value=95>95</td><td></td></tr>"+
					"<tr data-mark=restated><th scope=row>Tháng 10</th><td class=num data-value=91.5>91,50</td><td class=num data-value>–</td><td>tính lại</td></tr>"+
					"<tr><th scope=row>Tháng 11</th><td class=num data-value=97>97</td><td class=num data-value=96.5>96,50</td><td></td></tr>"+
					"<tr data-skip><th scope=row>Cộng</th><td class=num data-value=281.75>281,75</td><td></td><td></td></tr>")))),
		in(ui.Card("Lĩnh vực"), in(ui.Chart(ui.ChartProps{Title: "Lĩnh vực nào quá hạn nhiều nhất?", Kind: ui.Bars, Labels: true}),
			in(ui.Table(ui.TableProps{Caption: "Quá hạn theo lĩnh vực", Columns: []ui.Column{{Label: "Lĩnh vực"}, {Label: "Quá hạn", Numeric: true}}}),
				text("<tr><th scope=row>Đất đai</th><td class=num data-value=12>12</td></tr><tr><th scope=row>Hộ tịch</th><td class=num data-value=3>3</td></tr>")))))
}

func paper() templ.Component {
	return in(ui.PaperPage(ui.Paper{
		Title: "Giấy tiếp nhận", A5: true, Above: "ỦY BAN NHÂN DÂN TỈNH SÔNG MẪU", Body: "TRUNG TÂM PHỤC VỤ HÀNH CHÍNH CÔNG XÃ GIO HẢI", Number: "Số: 31/TNHS",
		Place: "Gio Hải, ngày 10 tháng 11 năm 2026", Heading: "GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ",
		QR: "https://example.invalid/lookup/H21.203-261110-0031", QRText: "Quét mã để tra cứu hồ sơ.", Back: ui.Link{Text: "Về hồ sơ", URL: "/board"},
	}), text("<p>Mã hồ sơ: H21.203-261110-0031</p><p>Bộ phận Tiếp nhận và Trả kết quả xã Gio Hải tiếp nhận hồ sơ của ông/bà Nguyễn Văn A.</p>"))
}

// kitchen serves every component in a few pages.
func kitchen(t *testing.T) *webtest.Browser {
	t.Helper()
	now := func() time.Time { return at("2026-11-25T09:14").Time() }
	mux := web.New(web.Config{
		Demo: true, Now: now, Log: slog.New(slog.DiscardHandler),
		Place: func(context.Context, actor.Actor) string { return "tỉnh Sông Mẫu" },
		Load: func(_ context.Context, account string, _ moment.Instant) (actor.Actor, error) {
			return actor.Actor{Account: account, Name: "Trần Thị Bích"}, nil
		},
		Search: func(a actor.Actor) string { return "/board" },
		Nav: func(context.Context, actor.Actor) []ui.Link {
			return []ui.Link{{Text: "Điều hành", URL: "/board", Key: "board"}, {Text: "Việc của tôi", URL: "/work", Key: "work", Count: 4}, {Text: "Hồ sơ", URL: "/dossiers", Key: "dossiers"}, {Text: "Chỉ số", URL: "/index", Key: "index"}, {Text: "Báo cáo", URL: "/reports", Key: "reports"}}
		},
	})
	page := func(c templ.Component) web.Handler {
		return func(w http.ResponseWriter, r *http.Request) error { return web.Render(w, r, http.StatusOK, c) }
	}
	mux.Handle("GET /board", web.Public, page(board()))
	mux.Handle("GET /stacked", web.Public, page(stacked()))
	mux.Handle("GET /form", web.Public, page(in(ui.Layout(ui.Page{Title: "Tiếp nhận hồ sơ", Narrow: true, Form: form()}), fields(form()))))
	mux.Handle("GET /confirm", web.Public, page(in(ui.Confirm(ui.Confirmation{
		Title: "Dừng xử lý hồ sơ?", Text: "Hồ sơ sẽ kết thúc; không mở lại được.", Action: "/board", Button: "Dừng xử lý", Danger: true,
		Back: ui.Link{Text: "Hồ sơ H21", URL: "/board"}, Hidden: map[string]string{"version": "3"},
	}), ui.Textarea(nil, ui.Field{Name: "reason", Label: "Lý do"}))))
	mux.Handle("GET /paper", web.Public, page(paper()))
	mux.Handle("GET /chart", web.Public, page(trend()))
	mux.Handle("GET /forbidden", web.Public, func(http.ResponseWriter, *http.Request) error {
		return fault.New(fault.Forbidden, "auth.forbidden")
	})
	mux.Handle("GET /live", web.Public, page(in(ui.Layout(ui.Page{Title: "Trực tiếp", Live: "/stream"}),
		text("<p data-live-event=note>cũ</p><p data-live-event=other><a id=used href=/board>đang dùng</a></p>"))))
	mux.Handle("GET /stream", web.Public.Live(), func(w http.ResponseWriter, r *http.Request) error {
		return web.Stream(w, r, func(send func(string, []byte) error) error {
			for _, event := range []string{"other", "note"} {
				if err := send(event, []byte("<b>mới</b>\n<i>hơn</i>")); err != nil {
					return err
				}
			}
			<-r.Context().Done()
			return nil
		})
	})
	mux.Handle("GET /broken", web.Public, func(http.ResponseWriter, *http.Request) error { return io.ErrUnexpectedEOF })
	mux.Handle("POST /enter", web.Public, func(w http.ResponseWriter, r *http.Request) error {
		if err := web.SignIn(r.Context(), "acc", moment.Of(now())); err != nil {
			return err
		}
		return web.SeeOther(w, r, "/board", "web.sign_in.done", "Name", "Bích")
	})
	return webtest.Open(t, mux)
}

var pages = []string{"/board", "/stacked", "/form", "/confirm", "/paper", "/chart", "/forbidden", "/broken", "/keys"}

func TestPagesHaveOneHeadingAndLabelledControls(t *testing.T) {
	t.Parallel()
	b := kitchen(t)
	for _, path := range pages {
		p := b.Get(path).Count("h1", 1).Count("main", 1).Count("[style]", 0).Count("style", 0).Count("script:not([src])", 0)
		ids := map[string]bool{}
		for _, n := range p.Find("[id]") {
			id := webtest.Attr(n, "id")
			if ids[id] {
				t.Errorf("%s: the id %q stands twice", path, id)
			}
			ids[id] = true
		}
		for _, n := range p.Find("input:not([type=hidden]), select, textarea") {
			id := webtest.Attr(n, "id")
			if id == "" || len(p.Find("label[for='"+id+"']")) != 1 {
				t.Errorf("%s: the control %q (%s) has no label of its own", path, id, webtest.Attr(n, "name"))
			}
			for _, by := range strings.Fields(webtest.Attr(n, "aria-describedby")) {
				if !ids[by] {
					t.Errorf("%s: %s is described by %q, which is not there", path, id, by)
				}
			}
		}
		for _, n := range p.Find("a[href^='#'], label[for]") {
			to := strings.TrimPrefix(webtest.Attr(n, "href"), "#") + webtest.Attr(n, "for")
			if !ids[to] {
				t.Errorf("%s: something leads to %q, which is not there", path, to)
			}
		}
		for _, n := range p.Find("[class]") {
			if strings.Contains(webtest.Attr(n, "class"), "templ") {
				t.Errorf("%s: the class %q was refused", path, webtest.Attr(n, "class"))
			}
		}
		for level, n := range p.Find("h1, h2, h3") {
			if level == 0 && n.Data != "h1" && path != "/form" {
				t.Errorf("%s begins with %s", path, n.Data)
			}
		}
	}
}

func TestAFormKeepsWhatWasTypedAndSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	p := kitchen(t).Get("/form").
		Has("#error-summary a[href='#f-on']", "“mai” không phải là ngày").Has("#error-summary a[href='#f-channel']", "Chưa nhập mục này").
		Has("#f-on-problem", "“mai” không phải là ngày").Has("textarea", "một <b>").Has("option[selected]", "Xã Gio Hải").
		Count("[name=channel][value=post][checked]", 1).Count("[name=papers][checked]", 1).Count("[name=agree][checked]", 1).
		Has("label[for=f-unit]", "không bắt buộc").Lacks("label[for=f-name]", "không bắt buộc").
		Count("#f-name[required]", 1).Count("#f-unit[required]", 0)
	if got := p.Attr("#f-on", "aria-describedby"); got != "f-on-hint f-on-problem" {
		t.Errorf("the date is described by %q", got)
	}
	if p.Attr("#f-on", "aria-invalid") != "true" || p.Attr("#f-name", "aria-invalid") != "" {
		t.Error("aria-invalid stands on the wrong field")
	}
	if got := p.Attr("[type=password]", "value"); got != "" {
		t.Errorf("a password is kept: %q", got)
	}
}

func TestTablesSayWhatTheyTell(t *testing.T) {
	t.Parallel()
	b := kitchen(t)
	p := b.Get("/board").Has("table caption", "Xếp hạng chỉ số phục vụ").Count("thead th[scope=col]", 6).Has("th[aria-sort=ascending] a", "Hạng").
		Count("tbody[data-live-event=ranking] tr[data-row]", 4).Has(".pager a[rel=next]", "Tiếp")
	if p.Attr(".table-region", "tabindex") != "0" || p.Attr(".table-region", "aria-label") == "" {
		t.Error("the table's region cannot be scrolled by keyboard, or has no name")
	}
	b.Get("/stacked").Has("tfoot td", "1 hồ sơ").Has(".empty h2", "Chưa có hồ sơ nào")
}

func TestTheClockIsDrawnToScale(t *testing.T) {
	t.Parallel()
	day := func(n int) moment.Instant { return moment.Date(20_000).AddDays(n).Start() }
	for _, c := range []struct {
		name string
		c    ui.Clock
		want string // class x width …
	}{
		{"half used", ui.Clock{From: day(0), Due: day(10), Now: day(5)}, "used 0+500 left 500+500 today 500"},
		{"paused and running again", ui.Clock{From: day(0), Due: day(10), Now: day(5), Stops: []ui.Stop{{From: day(1), To: day(3)}}},
			"used 0+100 stopped 100+200 used 300+200 left 500+500 today 500"},
		{"paused now", ui.Clock{From: day(0), Due: day(10), Now: day(5), Stops: []ui.Stop{{From: day(4)}}}, "used 0+400 stopped 400+100 left 500+500 today 500"},
		{"overdue", ui.Clock{From: day(0), Due: day(5), Now: day(10)}, "used 0+500 over 500+500 today 997"},
		{"ended early", ui.Clock{From: day(0), Due: day(10), Now: day(20), Ended: day(4)}, "used 0+400 left 400+600"},
		{"ended late", ui.Clock{From: day(0), Due: day(5), Now: day(20), Ended: day(10)}, "used 0+500 over 500+500"},
		{"without a due time", ui.Clock{From: day(0), Now: day(10)}, "used 0+1000 today 997"},
		{"received just now", ui.Clock{From: day(0), Due: day(10), Now: day(0)}, "left 0+1000 today 0"},
		{"stops that overlap", ui.Clock{From: day(0), Due: day(10), Now: day(10), Stops: []ui.Stop{{From: day(1), To: day(4)}, {From: day(2), To: day(3)}, {From: day(3), To: day(5)}}},
			"used 0+100 stopped 100+300 stopped 400+100 used 500+500 today 997"},
	} {
		var b strings.Builder
		if err := ui.ClockBar(c.c).Render(context.Background(), &b); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, n := range webtest.Parse(t, b.String()).Find(".clock-bar > rect") {
			class := strings.TrimPrefix(webtest.Attr(n, "class"), "clock-")
			switch {
			case class == "":
				got = append(got, "stopped "+webtest.Attr(n, "x")+"+"+webtest.Attr(n, "width"))
			case class == "today":
				got = append(got, "today "+webtest.Attr(n, "x"))
			default:
				got = append(got, class+" "+webtest.Attr(n, "x")+"+"+webtest.Attr(n, "width"))
			}
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: drawn %q, want %q", c.name, s, c.want)
		}
	}
}

func TestABarNeverLeavesItsFrame(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		value, most points.Points
		want        string
	}{{points.Of(5), points.Of(20), "25"}, {points.Of(30), points.Of(20), "100"}, {-1, points.Of(20), "0"}, {1, 3, "33.33"}, {1, 0, ""}} {
		var b strings.Builder
		if err := ui.Bar(c.value, c.most).Render(context.Background(), &b); err != nil {
			t.Fatal(err)
		}
		if got := webtest.Parse(t, b.String()).Attr(".meter-part", "width"); got != c.want {
			t.Errorf("Bar(%s, %s) is %q wide, want %q", c.value, c.most, got, c.want)
		}
	}
}

func TestQRCodesAreDrawnWhole(t *testing.T) {
	t.Parallel()
	path, size, err := ui.QRPath("https://example.invalid/lookup/H21.203-261110-0031")
	if err != nil || size < 29 || !strings.HasPrefix(path, "M4 4h7v1h-7z") {
		t.Errorf("QRPath = %.20q, %d, %v; want the corner's line of seven at (4, 4)", path, size, err)
	}
	if _, _, err := ui.QRPath(strings.Repeat("x", 3000)); err == nil {
		t.Error("a text of 3,000 bytes fits into a QR code")
	}
	kitchen(t).Get("/paper").Has("h1", "GIẤY TIẾP NHẬN").Count("svg.qr[role=img][aria-label]", 1).Has(".paper-head", "Độc lập - Tự do - Hạnh phúc").Count("header", 0)
}

func TestPagesInABrowser(t *testing.T) {
	t.Parallel()
	b := kitchen(t)
	b.Look(pages...)
}

func TestPagesOfSomebodySignedInInABrowser(t *testing.T) {
	t.Parallel()
	b := kitchen(t)
	b.Post("/enter")
	b.Post("/preferences", "size", "large", "contrast", "on", "lang", "en", "back", "/")
	b.Look("/board?signed-in", "/form?signed-in")
}

func TestKeysMoveAndOpen(t *testing.T) {
	t.Parallel()
	b := kitchen(t)
	b.Post("/enter")
	b.Drive(`
		const focus = () => page.evaluate(() => document.activeElement.textContent.trim() || document.activeElement.id);
		await page.goto(base + "/board");
		await page.keyboard.press("j");
		is("after j the focus", await focus(), "Phường Đông Hà");
		await page.keyboard.press("j"); await page.keyboard.press("j"); await page.keyboard.press("k");
		is("after j j k the focus", await focus(), "Xã Gio Hải");
		await page.keyboard.press("/");
		is("after / the focus", await focus(), "find");
		await page.keyboard.type("jn?");
		is("what was typed", await page.inputValue("#find"), "jn?");
		await page.keyboard.press("Tab");
		await page.keyboard.press("?");
		is("the help is open", await page.evaluate(() => document.querySelector("#keys").open), true);
		await page.keyboard.press("Escape");
		await page.keyboard.press("n");
		await page.waitForURL(base + "/stacked");
		await page.goto(base + "/form");
		is("the focus on a form that was wrong", await page.evaluate(() => document.activeElement.id), "error-summary");
		await page.goto(base + "/paper");
		is("the print button shows", await page.isVisible("[data-print]"), true);
	`)
	b.Post("/preferences", "keys", "off")
	b.Drive(`
		await page.goto(base + "/board");
		await page.keyboard.press("j");
		is("with keys off the focus", await page.evaluate(() => document.activeElement.tagName), "BODY");
	`)
}

func TestLivePartsAreReplacedUnlessInUse(t *testing.T) {
	t.Parallel()
	kitchen(t).Drive(`
		let send;
		const ready = new Promise((r) => { send = r; });
		await page.route("**/stream", async (route) => { await ready; await route.continue(); });
		await page.goto(base + "/live");
		await page.focus("#used");
		send(); // not before somebody is using a part; the note comes after it
		await page.waitForSelector("[data-live-event=note] b");
		is("the note", await page.textContent("[data-live-event=note]"), "mới\nhơn");
		is("the part in use", await page.textContent("[data-live-event=other]"), "đang dùng");
	`)
}

func TestEverythingWorksWithoutScripts(t *testing.T) {
	t.Parallel()
	kitchen(t).DrivePlain(`
		await page.goto(base + "/board");
		await page.click("button[value=large]");
		await page.waitForSelector("html.size-large");
		await page.click("text=English");
		await page.waitForSelector("html[lang=en]");
		await page.click("text=Keyboard shortcuts");
		await page.waitForURL(base + "/keys");
		await page.goto(base + "/paper");
		is("the print button shows", await page.isVisible("[data-print]"), false);
	`)
}

func TestAChartIsDrawnFromItsTable(t *testing.T) {
	t.Parallel()
	b := kitchen(t)
	b.Get("/chart").Count("figure[data-chart=line] > figcaption", 1).Count("figure table", 2).Count("[data-chart-canvas][hidden]", 2)
	if !static.Has("vendor/echarts.min.js") {
		t.Skip("the chart library was not copied: make assets")
	}
	b.Get("/chart").Count("script[src$='/chart.js']", 1) // once, for two charts
	b.Get("/board").Count("script[src$='/chart.js']", 0)
	b.Drive(`
		await page.goto(base + "/chart");
		await page.waitForSelector("figure canvas");
		const of = (i) => page.evaluate((i) => {
			const o = echarts.getInstanceByDom(document.querySelectorAll("[data-chart-canvas]")[i]).getOption();
			return JSON.stringify({ x: (o.xAxis[0].data ?? o.yAxis[0].data), s: o.series.map((s) => [s.name, s.data.map((v) => v && v.value !== undefined ? [v.value] : v)]) });
		}, i);
		is("the trend", await of(0), JSON.stringify({ x: ["9/26", "Tháng 10", "Tháng 11"], s: [["Xã Gio Hải", [93.25, [91.5], 97]], ["Toàn tỉnh", [95, null, 96.5]]] }));
		is("the bars", await of(1), JSON.stringify({ x: ["Đất đai", "Hộ tịch"], s: [["Quá hạn", [12, 3]]] }));
		await page.evaluate(() => { const r = document.querySelectorAll("figure")[1].querySelector("tbody tr"); r.outerHTML = "<tr><th scope=row>Đất đai</th><td data-value=20>20</td></tr>"; });
		await page.waitForFunction(() => echarts.getInstanceByDom(document.querySelectorAll("[data-chart-canvas]")[1]).getOption().series[0].data[0] === 20);
	`)
}
