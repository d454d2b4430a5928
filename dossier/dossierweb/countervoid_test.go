package dossierweb_test

import (
	"testing"

	"cchc/dossier"
	"cchc/dossier/dossiertest"
)

func TestAMistakenReceiptIsMadeVoidAndReceivedRightly(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	x := d.Receive(t, dossiertest.Birth)
	page := "/dossiers/" + x.Code
	d.Get(page).Has("main a[href='"+page+"/void-receipt']", "Huỷ tiếp nhận do nhầm")
	d.Post(page+"/void-receipt", "reason", "").Is(422).Has("#error-summary", "lý do")
	d.Post(page+"/void-receipt", "reason", "chọn nhầm thủ tục").To(page)
	p := d.Get(page).Is(200).Has(".notice", "không tính vào số liệu nào").Has(".facts", "Đã huỷ tiếp nhận do nhầm").
		Count("form[action='/dossiers/new'] [name=replaces][value='"+x.Code+"']", 1).Count("main a[href='"+page+"/receipt']", 0)
	noKeys(t, p)
	d.Get(page+"/forms/void").Is(200).Has("h1", "PHIẾU HUỶ").Has("main", "chọn nhầm thủ tục").Has("main", x.Code)
	// Everything is filled in, numbers whole; only what was wrong is chosen again.
	p = d.Post("/dossiers/new", "replaces", x.Code).Is(200).Has(".notice", "thay cho "+x.Code)
	for name, want := range map[string]string{"name": "Nguyễn Thị Ánh", "id_number": "049185001234", "phone": "0905123456", "at": "23/11/2026 09:00", "replaces": x.Code,
		"papers.0.name": "Tờ khai", "papers.1.name": "Giấy chứng sinh"} {
		if got := p.Attr("[name='"+name+"']", "value"); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	form := []string{"replaces", x.Code, "procedure", dossiertest.Confirm, "channel", "direct", "name", "Nguyễn Thị Ánh", "id_number", "049185001234", "at", "23/11/2026 09:00"}
	d.Post("/dossiers", form...).To("/dossiers/H99.101-261123-0002?received=1")
	d.Get("/dossiers/H99.101-261123-0002").Has(".notice", "thay cho "+x.Code)
	d.Get(page).Has(".notice", "H99.101-261123-0002").Count("[name=replaces]", 0)
	d.Get(page+"/forms/void").Has("main", "H99.101-261123-0002")
	if w := d.state(t, x.Code); w.End != dossier.EndVoided {
		t.Errorf("the end is %q", w.End)
	}
	d.Header.Set("Accept-Language", "en")
	noKeys(t, d.Get(page).Has(".facts", "Receipt void"))
	// Who may not read the applicant's numbers gets no filled form.
	d.as(d.Specialist).Post("/dossiers/new", "replaces", x.Code).Is(403)
	d.Clean(t)
}
