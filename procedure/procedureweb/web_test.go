package procedureweb_test

import (
	"context"
	"golang.org/x/net/html"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/list"
	"cchc/base/web/webtest"
	"cchc/dossier/dossiertest"
	"cchc/procedure/procedureweb"
)

// open serves the pages of an office to one of its people.
func open(t *testing.T, o *dossiertest.Office, who actor.Actor) *webtest.Browser {
	t.Helper()
	mux := web.New(web.Config{
		Now: o.Clock.Now, Log: slog.New(slog.DiscardHandler), Idle: 1e5 * time.Hour, Lifetime: 1e5 * time.Hour,
		Load: func(_ context.Context, account string, _ moment.Instant) (actor.Actor, error) {
			if account == who.Account {
				return who, nil
			}
			return actor.Actor{}, fault.New(fault.Unauthenticated, "auth.sign_in")
		},
	})
	views := &list.Views{DB: o.DB, Pages: map[string]string{"procedures": procedureweb.Path}}
	views.Register(mux)
	(&procedureweb.Pages{DB: o.DB, Registry: o.Editor, Calendars: o.Desk.Calendars, Views: views}).Register(mux)
	mux.Handle("POST /enter", web.Public, func(w http.ResponseWriter, r *http.Request) error {
		if err := web.SignIn(r.Context(), who.Account, moment.Of(o.Clock.Now())); err != nil {
			return err
		}
		return web.SeeOther(w, r, "/", "")
	})
	b := webtest.Open(t, mux)
	b.Post("/enter").To("/")
	return b
}

const birth = procedureweb.Path + "/" + dossiertest.Birth

// typed are the fields of a form as the page shows it, with others instead.
func typed(p *webtest.Page, other ...string) []string {
	own := map[string]string{}
	for i := 0; i+1 < len(other); i += 2 {
		own[other[i]] = other[i+1]
	}
	var out []string
	add := func(name, value string) {
		if v, ok := own[name]; ok {
			value = v
			delete(own, name)
		}
		out = append(out, name, value)
	}
	for _, n := range p.Find("form.card input, form.card textarea, form.card select") {
		name, kind := webtest.Attr(n, "name"), webtest.Attr(n, "type")
		switch {
		case name == "" || kind == "checkbox" && !has(n, "checked"):
		case n.Data == "textarea":
			add(name, webtest.Text(n))
		case n.Data == "select":
			value, first := "", true // a browser sends the first where none is chosen
			for o := range n.Descendants() {
				if o.Data == "option" && (first || has(o, "selected")) {
					value, first = webtest.Attr(o, "value"), false
				}
			}
			add(name, value)
		default:
			add(name, webtest.Attr(n, "value"))
		}
	}
	for name, value := range own {
		out = append(out, name, value)
	}
	return out
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

func TestStepsAreEditedRowByRowAndMustAddUp(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	b := open(t, o, o.Admin)
	b.Get(procedureweb.Path).Is(200).Has("h1", "4 thủ tục").Has("th a", "Đăng ký khai sinh").Has("td", "3 ngày làm việc")
	b.Get(procedureweb.Path+"?q=khai+sinh").Count("tbody tr", 1)
	p := b.Get(birth+"/steps").Is(200).Has(".notice", "đề xuất").Has("#f-steps-sum", "Tổng 24 giờ, bằng thời hạn").Count("select[name^=steps-role]", 4)
	p = b.Post(birth+"/steps", typed(p, "do", "steps remove 2")...).Is(200).Count("select[name^=steps-role]", 3).Has("#f-steps-sum", "trong 24 giờ")
	first := p.Attr("input[name=steps-name0]", "value")
	p = b.Post(birth+"/steps", typed(p, "do", "steps down 0")...).Is(200)
	if got := p.Attr("input[name=steps-name1]", "value"); got != first || first == "" {
		t.Errorf("the second row is %q, want %q", got, first)
	}
	p = b.Post(birth+"/steps", typed(p, "do", "steps add")...).Is(200).Count("select[name^=steps-role]", 4)
	p = b.Post(birth+"/steps", typed(p, "do", "save")...).Is(422).Has(".problem", "24")
	p = b.Post(birth+"/steps", typed(p, "steps-name3", "Ký", "steps-hours3", "x", "do", "save")...).Is(422).Has(".problem", "lớn hơn 0")
	p = b.Post(birth+"/steps", typed(p, "steps-hours0", "18", "steps-hours1", "2", "steps-hours2", "2", "steps-hours3", "2", "do", "save")...)
	p.To(birth)
	b.Get(birth).Has("td p", "Ký · ").Has("td p", "18 giờ")
}

func TestPapersAndFeesAreEnteredAndTheSecondEditorLosesNothing(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	b := open(t, o, o.Admin)
	mine := b.Get(birth + "/papers").Is(200)
	theirs := b.Get(birth + "/papers")
	b.Post(birth+"/papers", typed(theirs, "papers-name0", "Tờ khai", "papers-originals0", "1", "do", "save")...).To(birth)
	late := b.Post(birth+"/papers", typed(mine, "papers-name0", "Giấy chứng sinh", "papers-copies0", "2", "do", "save")...).Is(409).Has(".summary", "người khác sửa")
	if late.Attr("input[name=papers-name0]", "value") != "Giấy chứng sinh" {
		t.Error("what was typed is lost")
	}
	b.Post(birth+"/papers", typed(late, "do", "save")...).To(birth)
	b.Get(birth).Has("td p", "Giấy chứng sinh · 0 bản chính, 2 bản sao")
	p := b.Get(birth + "/fees")
	b.Post(birth+"/fees", typed(p, "fees-channel0", "direct", "fees-label0", "Lệ phí", "fees-amount0", "8.000", "do", "save")...).Is(422).Has(".problem", "căn cứ")
	b.Post(birth+"/fees", typed(p, "fees-channel0", "direct", "fees-label0", "Lệ phí", "fees-amount0", "8.000", "basis", "NQ 12", "do", "save")...).To(birth)
	b.Get(birth).Has("td p", "Trực tiếp: Lệ phí 8.000 đ")
}

func TestANewVersionStandsBesideTheOldAndDossiersKeepTheirs(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	x := o.Receive(t, dossiertest.Birth)
	b := open(t, o, o.Admin)
	p := b.Get(birth + "/new").Is(200)
	if p.Attr("input[name=limit-qty0]", "value") != "3" {
		t.Error("the old limit is not copied")
	}
	b.Post(birth+"/new", typed(p, "limit-qty0", "2", "do", "save")...).Is(422).Has(".problem", "căn cứ")
	b.Post(birth+"/new", typed(p, "limit-qty0", "2", "from", "01/01/2027", "decision", "99/QĐ-UBND", "do", "save")...).To(birth)
	b.Get(birth).Is(200).Has("thead th", "Sẽ có hiệu lực 01/01/2027").Has("tbody th", "Thời hạn").Has("td p", "2 ngày làm việc (99/QĐ-UBND)").Has("td p", "3 ngày làm việc").Has(".state", "khác nhau")
	b.Get(birth+"?received=2027-01-04T09:00").Has("dd", "06/01/2027")
	w, err := o.Desk.ByCode(t.Context(), o.DB, o.Officer, x.Code)
	if err != nil || w.VersionID != x.VersionID || w.Limit.Qty != 3000 {
		t.Errorf("the dossier is under %s with %v, %v", w.VersionID, w.Limit, err)
	}
	nw := b.Get(procedureweb.Path + "/-/new").Is(200)
	b.Post(procedureweb.Path+"/-/new", typed(nw, "code", "9.000001", "name", "Thủ tục mới", "from", "01/12/2026", "decision", "1/QĐ", "limit-unit0", "working_day", "limit-qty0", "7,5", "do", "save")...).
		To(procedureweb.Path + "/9.000001")
}

func TestWhatIsUnparsedIsSettledOneAfterTheOther(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	file := "code,name,level,sector,sector_code,resolved_time,resolved_basis,online_level,channels,fee_direct_raw,fee_online_raw,n_components,n_component_groups,time_value,time_unit,case_times,type,decision,f_after15h,f_reset,f_pause,f_close,f_apology,f_fin_obligation,f_hard_area_extra,f_non_territorial,f_time_differs_by_channel\n" +
		"1.555551,Thủ tục không rõ hạn,Cấp Xã,Hộ tịch,HT,,,unknown,D,,,1,1,15,see_description,,x,12/QĐ-UBND,0,0,0,0,0,0,0,0,0\n"
	if _, err := o.Editor.Import(t.Context(), o.Admin, strings.NewReader(file), "thử.csv", moment.NewDate(2025, 7, 1)); err != nil {
		t.Fatal(err)
	}
	b := open(t, o, o.Admin)
	at := procedureweb.Path + "/1.555551"
	b.Get(procedureweb.Path+"?state=unsettled").Has("h1", "1 chưa thể tiếp nhận").Count("tbody tr", 1)
	b.Get("/admin/procedures-next").To(at + "/settle")
	p := b.Get(at+"/settle").Is(200).Has(".card li", "Thời hạn").Has("pre.raw", "15").Has("dd", "see_description")
	p = b.Post(at+"/settle", typed(p, "limit-qty0", "mười", "limit-unit0", "working_day", "do", "save")...).Is(422).Has(".problem", "Nhập một số")
	p = b.Post(at+"/settle", typed(p, "limit-qty0", "15", "do", "save")...).Is(422).Has(".problem", "căn cứ")
	b.Post(at+"/settle", typed(p, "basis", "Điều 18 Luật Hộ tịch", "do", "save")...).To("/admin/procedures-next?after=1.555551")
	b.Get(at).Lacks(".notice", "Chưa rõ thời hạn").Has("td p", "15 ngày làm việc (Điều 18 Luật Hộ tịch)")
	b.Get(procedureweb.Path+"?state=unsettled").Has("h1", "0 chưa thể tiếp nhận")
	if all, err := o.Desk.Procedures.Latest(t.Context(), o.DB); err != nil || !all[0].Settled {
		t.Errorf("%v, %v", all[0].Problems, err)
	}
}

func TestOnlyKeepersOfTheCatalogueSeeItsPages(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	b := open(t, o, o.Officer)
	for _, path := range []string{"", "/" + dossiertest.Birth, "/" + dossiertest.Birth + "/steps"} {
		b.Get(procedureweb.Path + path).Is(403)
	}
	b.Post(birth+"/papers", "do", "save").Is(403)
	b.Post(birth+"/dismiss", "problem", "x", "reason", "y").Is(403)
	open(t, o, o.Admin).Get(procedureweb.Path + "/0.000000").Is(404)
}

func TestProcedurePagesAreLookedAt(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	open(t, o, o.Admin).Look(procedureweb.Path, birth, birth+"/steps", birth+"/papers", birth+"/new", birth+"/settle")
}
