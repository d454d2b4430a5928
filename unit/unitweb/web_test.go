package unitweb_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/webtest"
	"cchc/calendar"
	"cchc/dossier/dossiertest"
	"cchc/serviceindex"
	"cchc/unit"
	"cchc/unit/unitweb"
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
	(&unitweb.Pages{DB: o.DB, Registry: o.Registry, Accounts: o.Accounts, Calendars: o.Desk.Calendars, Desk: o.Desk, Index: &serviceindex.Index{DB: o.DB}}).Register(mux)
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

// again are the fields with which the preview's button confirms.
func again(p *webtest.Page) []string {
	out := []string{"do", "confirm"}
	for _, n := range p.Find("form.confirm input[type=hidden]") {
		out = append(out, webtest.Attr(n, "name"), webtest.Attr(n, "value"))
	}
	return out
}

func at(u unit.ID, more string) string { return unitweb.Path + "/" + string(u) + more }

func TestAMergerIsPreviewedWithAllThatHangsOnTheUnits(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	x := o.Receive(t, dossiertest.Birth)
	id, err := o.Accounts.Create(t.Context(), actor.System("test"), auth.NewAccount{Login: "anh.motcua", Name: "Lê Thị Ánh", Password: "mật khẩu dài 2026",
		Grants: []actor.Grant{{Role: actor.OneStop, Unit: o.Commune}, {Role: actor.Chairperson, Unit: o.Commune}}})
	if err != nil || id == "" {
		t.Fatal(err)
	}
	week := calendar.DefaultSetting()
	week.Unit, week.From = o.Commune, moment.NewDate(2026, 1, 1)
	if err := o.Desk.Calendars.SetWeek(t.Context(), o.Admin, week, "QĐ 1"); err != nil {
		t.Fatal(err)
	}
	b := open(t, o, o.Admin)
	b.Get(unitweb.Path).Is(200).Has("h1", "3 đơn vị").Has("th a", "Xã Gio Hải")
	b.Get(unitweb.Path+"?on=01/01/2020").Has(".empty", "Không có đơn vị")
	b.Get(at(o.Commune, "")).Is(200).Has("dd", "1").Has("dd li", "Lê Thị Ánh: ").Has("a", "Lịch riêng từ 01/01/2026").Has(".events", "Nghị quyết thử nghiệm")
	b.Get(at(o.Commune, "/merge")).Is(200).Has("label", "Xã Thạnh Bình")
	path := at(o.Commune, "/merge") + "?from=" + string(o.Mountain) + "&target=new&name=X%C3%A3+Gio+B%C3%ACnh&code=H99.103&level=commune&parent=" + string(o.Province) +
		"&grants=work&calendar=" + string(o.Commune) + "&day=23/11/2026&basis=1656/NQ-UBTVQH15&article=%C4%90i%E1%BB%81u+1&do=preview"
	p := b.Get(path).Is(200)
	p.Has("h1", "1 hồ sơ đang giải quyết chịu ảnh hưởng, 0 chờ").Has("li", "Xã Gio Bình: bắt đầu").Has("li", "Xã Gio Hải: kết thúc").
		Has("th", x.Code).Has("dd li", "Lê Thị Ánh, Cán bộ Bộ phận Một cửa → Xã Gio Bình").Has("dd li", "kết thúc; giao vai trò mới").Has("dd", "tuần riêng từ 01/01/2026")
	if got := b.Get(p.Attr("a[href*=csv]", "href")); !strings.Contains(got.Body, x.Code+",1.001193,Hộ tịch,Xã Gio Hải,Xã Gio Bình") {
		t.Errorf("the file is %q", got.Body)
	}
	if tree, err := o.Desk.Units.Today(t.Context(), o.DB); err != nil || tree.Len() != 3 {
		t.Fatalf("a preview changed the units: %d, %v", tree.Len(), err)
	}
	bad := b.Post(at(o.Commune, "/merge"), "from", string(o.Mountain), "target", "new", "name", "Xã Gio Bình", "code", "sai mã!", "level", "commune", "parent", string(o.Province), "day", "23/11/2026", "basis", "NQ", "do", "confirm").Is(422)
	bad.Has(".problem", "không hợp lệ")
	if bad.Attr("input[name=name]", "value") != "Xã Gio Bình" {
		t.Error("what was typed is lost")
	}

	// Somebody renames one of them meanwhile: the second sees it, and loses nothing.
	if err := o.Registry.Rename(t.Context(), o.Admin, o.Mountain, "Xã Thạnh Bình Mới", unit.Act{Day: moment.NewDate(2026, 11, 20), Basis: "NQ 2"}); err != nil {
		t.Fatal(err)
	}
	second := b.Post(at(o.Commune, "/merge"), again(p)...).Is(409).Has(".summary", "người khác thay đổi").Has("li", "Xã Thạnh Bình Mới: kết thúc")
	done := b.Post(at(o.Commune, "/merge"), again(second)...)
	into := unit.ID(strings.TrimPrefix(done.Header.Get("Location"), unitweb.Path+"/"))
	if done.Status != 303 || into == "" {
		t.Fatalf("answered %d: %s", done.Status, done.Text("main"))
	}
	b.Get(at(into, "")).Is(200).Has("h1", "Xã Gio Bình").Has(".lineage", "Xã Gio Hải").Has(".lineage", "100 %").Has(".events", "1656/NQ-UBTVQH15, Điều 1")
	b.Get(at(o.Commune, "")).Has(".notice", "tồn tại đến hết ngày 22/11/2026").Has(".lineage", "Xã Gio Bình")
	b.Get(unitweb.Path+"?on=22/11/2026").Has("th a", "Xã Gio Hải")
}

func TestASplitSendsDossiersByRulesAndLeavesTheRestToAPerson(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	birth, land, hand := o.Receive(t, dossiertest.Birth), o.Receive(t, dossiertest.Land), o.Receive(t, dossiertest.Confirm)
	b := open(t, o, o.Admin)
	b.Get(at(o.Commune, "/split")).Is(200).Count("select[name=unit6]", 1)
	fields := []string{"day", "23/11/2026", "basis", "NQ 3", "grants", "work", "level", "commune", "parent", string(o.Province),
		"name1", "Xã Gio Đông", "code1", "H99.111", "share1", "40", "name2", "Xã Gio Tây", "code2", "H99.112", "share2", "60",
		"rule1", "sector", "value1", "đất đai", "piece1", "1", "exceptions", hand.Code + " 2"}
	p := b.Post(at(o.Commune, "/split"), append(fields, "do", "preview")...).Is(200)
	p.Has("h1", "3 hồ sơ đang giải quyết chịu ảnh hưởng, 1 chờ người chọn").Has("dd li", "Xã Gio Đông (lĩnh vực: đất đai)").Has("dd li", "Xã Gio Tây (chọn tay: ")
	b.Post(at(o.Commune, "/split"), append(fields, "rule2", "address", "value2", "Thôn 1", "do", "preview")...).Is(422).Has(".problem", "Thôn 1")
	done := b.Post(at(o.Commune, "/split"), again(p)...)
	if done.Status != 303 {
		t.Fatalf("answered %d: %s", done.Status, done.Text("main"))
	}
	// The job that the event enqueued, by the functions of the preview.
	tree, err := o.Desk.Units.Today(t.Context(), o.DB)
	if err != nil {
		t.Fatal(err)
	}
	east, _ := tree.ByCode("H99.111")
	west, _ := tree.ByCode("H99.112")
	move := unit.Move{From: o.Commune, Rules: []unit.Rule{{Field: unit.ByDossier, Value: hand.Code, To: west.ID}, {Field: unit.BySector, Value: "đất đai", To: east.ID}}}
	if n, err := o.Desk.Route(t.Context(), move, moment.NewDate(2026, 11, 23), "NQ 3"); err != nil || n != 2 {
		t.Fatalf("moved %d, %v", n, err)
	}
	where := func(code string) unit.ID {
		w, err := o.Desk.ByCode(t.Context(), o.DB, o.Admin, code)
		if err != nil {
			t.Fatal(err)
		}
		return w.State.Unit
	}
	if where(land.Code) != east.ID || where(hand.Code) != west.ID || where(birth.Code) != o.Commune {
		t.Error("dossiers are not where the preview said")
	}
	b.Get(unitweb.Path).Has(".notice", "Xã Gio Hải không còn tồn tại nhưng còn 1 hồ sơ")
	b.Get(at(o.Commune, "/assign")).Is(200).Count("input[name=code]", 1).Has("option", "Xã Gio Tây")
	b.Post(at(o.Commune, "/assign"), "code", birth.Code, "to", string(west.ID)).Is(422).Has(".problem", "căn cứ").Count("input[name=code][checked]", 1)
	b.Post(at(o.Commune, "/assign"), "code", birth.Code, "to", string(west.ID), "basis", "BB 5").To(at(o.Commune, "/assign"))
	if where(birth.Code) != west.ID {
		t.Error("the dossier was not handed over")
	}
	b.Get(unitweb.Path).Lacks(".notice", "không còn tồn tại nhưng")
	o.Clean(t)
}

func TestOtherEventsHaveFormsAndOnlyKeepersOfUnitsUseThem(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	b := open(t, o, o.Admin)
	for _, act := range []string{"new", "rename", "code", "level", "facts", "dissolve"} {
		b.Get(at(o.Commune, "/"+act)).Is(200)
		b.Post(at(o.Commune, "/"+act), "do", "confirm").Is(422).Has(".problem", "Nhập ngày có hiệu lực")
	}
	on := []string{"day", "01/12/2026", "basis", "NQ 9"}
	p := b.Post(at(o.Commune, "/rename"), append(on, "name", "Phường Gio Hải", "do", "preview")...).Is(200).Has("li", "Xã Gio Hải → Phường Gio Hải")
	b.Post(at(o.Commune, "/rename"), again(p)...).To(at(o.Commune, ""))
	b.Get(at(o.Commune, "")).Has("h1", "Xã Gio Hải").Has(".events", "Sẽ có hiệu lực 01/12/2026")
	b.Post(at(o.Province, "/new"), append(on, "name", "Xã Mới", "code", "H99.120", "level", "commune", "parent", string(o.Province), "do", "confirm")...).Is(303)
	b.Post(at(o.Mountain, "/facts"), append(on, "area_class", "difficult", "block", "Khối 2", "do", "confirm")...).To(at(o.Mountain, ""))
	b.Post(at(o.Mountain, "/dissolve"), "day", "02/12/2026", "basis", "NQ", "to", string(o.Commune), "do", "preview").Is(200).Has("li", "kết thúc")
	officer := open(t, o, o.Officer)
	officer.Get(at(o.Commune, "")).Is(200).Lacks("a", "Sáp nhập")
	officer.Get(at(o.Commune, "/merge")).Is(403)
	officer.Post(at(o.Commune, "/dissolve"), append(on, "do", "confirm")...).Is(403)
	officer.Get(at(o.Mountain, "")).Is(403)
	officer.Get(at("nothing", "")).Is(404)
}

func TestUnitPagesAreLookedAt(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	o.Receive(t, dossiertest.Birth)
	open(t, o, o.Admin).Look(unitweb.Path, at(o.Commune, ""), at(o.Commune, "/merge"), at(o.Commune, "/split"),
		at(o.Commune, "/merge?do=preview&from="+string(o.Mountain)+"&target=new&name=X&code=H99.9&level=commune&parent="+string(o.Province)+"&day=23/11/2026&basis=NQ"),
		at(o.Commune, "/assign"))
}
