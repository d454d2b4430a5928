package dossierweb_test

import (
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/dossier/dossiertest"
)

func TestCashIsTakenCountedAndPrinted(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	x := d.Receive(t, dossiertest.Birth)
	d.Get("/dossiers/new").Has("a[href='/counter'][data-key=t]", "Quầy hôm nay")
	noKeys(t, d.Get("/counter").Is(200).Has("h1", "Quầy hôm nay").Count("a[href='/counter/cash'][data-key=c]", 1))
	d.Get("/counter/cash").Is(200).Has("h2", "Chưa có sổ quỹ nào").Count("[name=float][autofocus]", 1)
	d.Post("/counter/cash", "float", "mười").Is(422).Has("#error-summary a[href='#f-float']", "50.000").Count("[name=float][value='mười']", 1)
	to := d.Post("/counter/cash", "float", "100.000").Header.Get("Location")
	if !strings.HasPrefix(to, "/counter/cash/") {
		t.Fatalf("opening led to %q", to)
	}
	d.Post("/dossiers/"+x.Code+"/pay", "amount", "8.000", "channel", "cash").To("/dossiers/" + x.Code)
	noKeys(t, d.Get(to).Is(200).Has(".facts", "108.000 đ").Has("a[href='/dossiers/"+x.Code+"']", x.Code))
	d.Get(to+"/slips/1").Is(200).Has("h1", "PHIẾU THU TIỀN MẶT").Has("main", "8.000 đ").Has("main", "Nguyễn Thị Ánh").Has(".paper-head", "Số: 1/2026")
	d.Get(to + "/slips/9").Is(404)
	d.Post(to+"/close", "n100000", "1", "n5000", "x").Is(422).Has("#error-summary a[href='#f-n5000']", "Số tờ").Count("[name=n100000][value='1']", 1)
	d.Post(to+"/close", "n100000", "1", "n5000", "1").Is(422).Has("#error-summary a[href='#f-reason']", "−3.000")
	d.Post(to+"/close", "n100000", "1", "n5000", "1", "n2000", "1", "n1000", "1").To(to)
	d.Get(to).Has(".facts", "0 đ").Count("[name=n500]", 0)
	d.Post(to+"/adjust", "amount", "-2.000", "reason", "").Is(422).Has("#error-summary", "Nhập lý do")
	d.Post(to+"/adjust", "amount", "-2.000", "reason", "trả lại thiếu").To(to)
	d.Get(to+"/print").Is(200).Has("h1", "BẢNG KÊ THU TIỀN MẶT NGÀY 23/11/2026").Has("main", "100.000 đ").Has("main", "trả lại thiếu").Has("main", "−2.000 đ")
	noKeys(t, d.Get("/counter/cash").Has("table", "chênh lệch").Count("[name=float]", 0))
	d.Header.Set("Accept-Language", "en")
	noKeys(t, d.Get(to).Has("main", "Correct after closing"))
	// Leaders read and take nothing; other communes and the keeper see nothing.
	chair := d.as(d.CommuneChair)
	chair.Get(to).Is(200).Count("form[method=post] [name=amount]", 0)
	chair.Post(to+"/adjust", "amount", "1", "reason", "x").Is(403)
	d.as(d.OtherOfficer).Get(to).Is(403)
	d.as(d.Admin).Get("/counter").Is(403)
	d.as(d.Chair).Get("/counter").Is(200).Count("select[name=unit]", 1)
	d.as(d.Chair).Get("/counter/cash?unit="+string(d.Commune)).Is(200).Has("table", "23/11/2026")
	// Who may everywhere may name a unit that is none.
	d.people["khap"] = actor.Actor{Account: "khap", Grants: []actor.Grant{{Role: actor.OneStop}}}
	all := d.as(d.people["khap"])
	all.Get("/counter/cash?unit=" + string(d.Commune)).Is(200)
	all.Get("/counter/cash?unit=|||").Is(404).Has("main", "|||")
	all.Post("/counter/cash", "unit", "|||", "float", "0").Is(404)
}
