package app

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/look"
	"cchc/base/web/webtest"
)

func TestWhoLookedAtADossierIsToldToThoseWhoMayKnow(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	d := receive(t, o.rooms, o.commune)
	officer := o.signIn(t, "motcua", actor.Grant{Role: actor.OneStop, Unit: o.commune})
	chief := o.signIn(t, "chutich", actor.Grant{Role: actor.Chairperson, Unit: o.commune})
	inspector := o.signIn(t, "thanhtra", actor.Grant{Role: actor.Auditor, Unit: o.province})
	page := "/dossiers/" + d.Code

	before, err := audit.Latest(ctx, o.db, audit.Filter{Limit: 1000})
	o.ok(t, err)
	for range 4 {
		officer.Get(page).Is(200).Lacks("main", "Ai đã xem hồ sơ này")
	}
	officer.Get(page + "/receipt").Is(200)
	after, err := audit.Latest(ctx, o.db, audit.Filter{Limit: 1000})
	o.ok(t, err)
	if len(after) != len(before) {
		t.Errorf("opening a page made %d entries of the trail", len(after)-len(before))
	}
	officer.Get(page + "/looks").Is(403)
	officer.Post(page+"/person", "purpose", "other", "purpose_note", "").Is(422).Has("#error-summary a[href='#f-purpose_note']", "mục đích")
	shown := officer.Post(page+"/person", "purpose", "contact", "purpose_note", "báo kết quả").Is(200)
	if shown.Header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(shown.Header.Get("Refresh"), "300; url=/dossiers/") {
		t.Errorf("the numbers stay on the screen: %v", shown.Header)
	}
	program := o.program(t, "cong", []string{"dossier.*"}, actor.Grant{Role: actor.OneStop, Unit: o.commune})
	program.Get("/api/v1/dossiers/" + d.Code).Is(200)
	for body, status := range map[string]int{`{}`: 422, `{"purpose":"curiosity"}`: 400, `{"purpose":"other"}`: 400, `{"purpose":"process"}`: 200} {
		program.Send("POST", "/api/v1/dossiers/"+d.Code+"/person", "application/json", body).Is(status)
	}

	looks := chief.Get(page+"/looks").Is(200).Has("h1", d.Code)
	noRawKeys(t, looks.Body)
	rows := map[string]bool{}
	for _, tr := range looks.Find("tr[data-row]") {
		text := strings.Join(strings.Fields(webtest.Text(tr)), " ")
		rows[text[strings.Index(text, " ")+1:]] = true
	}
	all := looks.Text("table")
	for _, want := range []string{"trang hồ sơ", "giấy in ra", "số đầy đủ của người nộp", "Liên hệ người nộp về hồ sơ: báo kết quả", "Thẩm tra, giải quyết hồ sơ", "chương trình"} {
		if !strings.Contains(all, want) {
			t.Errorf("the page does not tell %q: %s", want, all)
		}
	}
	if len(rows) != 5 { // motcua: page, print, numbers; cong: data, numbers
		t.Errorf("%d rows: %v", len(rows), rows)
	}
	inspector.Get(page+"/looks").Is(200).Has("table", "motcua")
	file := inspector.Get(page + "/looks?format=csv").Is(200)
	if !strings.Contains(file.Body, "báo kết quả") {
		t.Errorf("the file has %s", file.Body)
	}
	reader := o.program(t, "doc", []string{"privacy.look", "dossier.read"}, actor.Grant{Role: actor.Auditor, Unit: o.province})
	var list struct {
		Items []struct {
			What, Purpose string
			Program       bool
			Times         int
		}
	}
	o.ok(t, json.Unmarshal([]byte(reader.Get("/api/v1/dossiers/"+d.Code+"/looks").Is(200).Body), &list))
	opened := 0
	for _, x := range list.Items {
		if x.What == string(look.Opened) && !x.Program {
			opened = max(opened, x.Times)
		}
	}
	if len(list.Items) != 5 || opened < 4 {
		t.Errorf("the API tells %+v", list.Items)
	}
	// Another day is another row.
	o.clock.Advance(24 * time.Hour)
	officer = o.b.Other()
	officer.Post("/sign-in", "login", "motcua", "password", testPassword)
	officer.Get(page).Is(200)
	o.ok(t, o.desk.Looks.Flush(ctx))
	found, err := o.desk.Looks.Of(ctx, o.db, d.ID, 100)
	o.ok(t, err)
	if len(found) != 6 || found[0].Day == found[1].Day {
		t.Errorf("the next day: %+v", found)
	}
}

func TestThePurposesAreAListThatIsKept(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	d := receive(t, o.rooms, o.commune)
	keeper := o.signIn(t, "quantri", actor.Grant{Role: actor.Administrator, Unit: o.province})
	officer := o.signIn(t, "motcua", actor.Grant{Role: actor.OneStop, Unit: o.commune})
	local := o.signIn(t, "quantrixa", actor.Grant{Role: actor.Administrator, Unit: o.commune})
	const path = "/admin/privacy/purposes"
	officer.Get(path).Is(403)
	noRawKeys(t, keeper.Get(path).Is(200).Has("td", "Thanh tra, kiểm tra").Body)
	keeper.Post(path, "code", "Báo cáo", "vi", "x", "en", "").Is(422).Count("#error-summary li", 3)
	local.Post(path, "code", "bao_cao", "vi", "Lập báo cáo", "en", "Report").Is(403)
	keeper.Post(path, "code", "bao_cao", "vi", "Lập báo cáo", "en", "Report").To(path)
	officer.Get("/dossiers/"+d.Code+"/person").Has("select option[value=bao_cao]", "Lập báo cáo")
	officer.Post("/dossiers/"+d.Code+"/person", "purpose", "bao_cao").Is(200)
	keeper.Post(path + "/other/retire").Is(409)
	keeper.Post(path + "/bao_cao/retire").To(path)
	keeper.Post(path + "/bao_cao/retire").Is(404)
	officer.Get("/dossiers/"+d.Code+"/person").Count("select option[value=bao_cao]", 0)
	officer.Post("/dossiers/"+d.Code+"/person", "purpose", "bao_cao").Is(422)
	keeper.Header.Set("Accept-Language", "en")
	noRawKeys(t, keeper.Get(path).Is(200).Has("h1", "Purposes").Body)
}

func (o *office) ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
