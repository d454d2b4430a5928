package dossierweb_test

import (
	"strings"
	"testing"

	"cchc/dossier"
	"cchc/dossier/dossiertest"
)

func TestAListIsMadePrintedAndHandedOver(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	form := []string{"unit", string(d.Commune), "procedure", dossiertest.Birth, "channel", "direct", "name", "Lê Thị Xa", "elsewhere", "on"}
	d.Post("/dossiers", form...).Is(422).Has("#error-summary a[href='#f-body']", "phi địa giới")
	const code = "H99.101-261123-0001"
	d.Post("/dossiers", append(form, "body", "UBND phường Đông Hà")...).To("/dossiers/" + code + "?received=1")
	noKeys(t, d.Get("/dossiers/"+code).Has("body", "UBND phường Đông Hà"))
	const at = "/counter/lists/outside"
	noKeys(t, d.Get("/counter").Has("main", "hồ sơ phi địa giới chưa bàn giao").Count("a[href='"+at+"']", 1))
	noKeys(t, d.Get(at).Is(200).Count("[name=code][value='"+code+"'][checked]", 1).Count("[name=body][value='UBND phường Đông Hà']", 1))
	d.Post(at, "body", "UBND phường Đông Hà", "codes", "h99.101-261123-0009").Is(422).Has("#error-summary a[href='#f-codes']", "0009").Has("textarea[name=codes]", "0009")
	// Scanned: the code on a receipt is an address.
	to := d.Post(at, "body", "UBND phường Đông Hà", "codes", "https://motcua.example/lookup?code="+code).Header.Get("Location")
	if !strings.HasPrefix(to, at+"/") {
		t.Fatalf("made a list and was led to %q", to)
	}
	noKeys(t, d.Get(to).Is(200).Has("h1", "số 1/2026").Has("table", "Lê Thị Xa"))
	d.Get(to+"/print").Is(200).Has("h1", "PHI ĐỊA GIỚI").Has("main", "BÊN NHẬN").Has("main", code).Has(".paper-head", "Số: 1/2026")
	d.Post(to+"/give", "receiver", "").Is(422).Has("#error-summary a[href='#f-receiver']", "người ký nhận")
	d.Post(to+"/give", "receiver", "Trần Văn Nhận").To(to)
	d.Post(to+"/settle", "item", code, "outcome", "back").To(to)
	noKeys(t, d.Get(to).Has(".notice", "Trần Văn Nhận").Has("table", "đã nhận lại"))
	d.Header.Set("Accept-Language", "en")
	noKeys(t, d.Get(to).Has("table", "received back"))
	d.Get("/counter/lists/other").Is(404)
	d.as(d.OtherOfficer).Get(to).Is(403)
	d.as(d.CommuneChair).Get(at).Is(200).Count("[name=codes]", 0)
}

func TestAPostBatchTakesPastedNumbers(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	app := d.Application(dossiertest.Birth)
	app.ReturnBy = dossier.ByPost
	x, err := d.Desk.Receive(t.Context(), d.Officer, app)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Desk.Finish(t.Context(), d.Officer, x.Code, dossier.Result{}); err != nil {
		t.Fatal(err)
	}
	noKeys(t, d.Get("/counter/lists/post").Is(200).Count("[name=code][checked]", 1))
	to := d.Post("/counter/lists/post", "body", "Bưu điện", "code", x.Code).Header.Get("Location")
	d.Post(to+"/track", "tracking", "EB1VN").Is(422).Has("#error-summary", "Dòng 1")
	d.Post(to+"/track", "tracking", strings.ToLower(x.Code)+"\tEB123VN\n").To(to)
	d.Post(to+"/settle", "item", x.Code, "outcome", "failed", "note", "vắng").Is(409)
	d.Post(to+"/give", "receiver", "Bưu tá").To(to)
	d.Post(to+"/settle", "item", x.Code, "outcome", "failed", "note", "").Is(422)
	d.Post(to+"/settle", "item", x.Code, "outcome", "failed", "note", "vắng nhà").To(to)
	noKeys(t, d.Get(to).Has("table", "không phát được").Has("table", "EB123VN"))
	noKeys(t, d.Get("/counter/uncollected").Is(200).Has("h1", "1 kết quả chưa có người nhận").Has("table", "1 lần"))
	d.Post("/dossiers/"+x.Code+"/contact", "how", "phone", "note", "hẹn thứ Hai", "back", "/counter/uncollected").To("/counter/uncollected")
	noKeys(t, d.Get("/dossiers/"+x.Code).Has("main", "hẹn thứ Hai").Has("main", "gọi điện"))
}

func TestOriginalsAreRememberedAtTheHandOver(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	x := d.Receive(t, dossiertest.Land)
	d.Post("/dossiers/"+x.Code+"/keep-original", "name", "").Is(422)
	d.Post("/dossiers/"+x.Code+"/keep-original", "name", "Giấy chứng nhận AB 123", "note", "Tủ 2").To("/dossiers/" + x.Code)
	noKeys(t, d.Get("/dossiers/"+x.Code).Has("main", "Giấy chứng nhận AB 123"))
	d.Get("/dossiers/"+x.Code+"/hand-over").Has("body", "Còn giữ 1 bản chính").Has("body", "Tủ 2")
	p := d.Get("/counter/custody").Is(200).Has("table", "Giấy chứng nhận AB 123")
	noKeys(t, p)
	id := p.Attr("[name=id]", "value")
	d.Post("/counter/custody", "id", id, "to", "").Is(422).Has("#error-summary a[href='#f-to-"+id+"']", "người nhận lại")
	d.Post("/counter/custody", "id", id, "to", "Lê Văn Bảy").To("/counter/custody")
	d.Get("/dossiers/"+x.Code+"/hand-over").Lacks("body", "Còn giữ")
	d.Get("/counter/custody").Has("h2", "Không giữ bản chính nào")
}
