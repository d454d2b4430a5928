package dossierweb_test

import (
	"strings"
	"testing"

	"cchc/dossier/dossiertest"
)

const aCard = "049205001234|201234567|Lê Văn Bảy|31012005|Nam|Tổ 1, Gio Hải|01072023"

func TestAScannedCardFillsTheApplicant(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	// Into its own field, or into any that the cursor happened to be in.
	for _, field := range []string{"card", "name", "id_number", "phone", "address", "q"} {
		p := d.Post("/dossiers/new", "procedure", dossiertest.Birth, "for", dossiertest.Birth, "email", "a@b.vn", field, aCard).Is(200)
		for name, want := range map[string]string{"name": "Lê Văn Bảy", "id_number": "049205001234", "address": "Tổ 1, Gio Hải", "card": "", "email": "a@b.vn"} {
			if got := p.Attr("[name="+name+"]", "value"); got != want {
				t.Errorf("scanned into %s: %s is %q, want %q", field, name, got, want)
			}
		}
		p.Count("[name=phone][autofocus]", 1)
		if strings.Contains(p.Text("body"), "|") {
			t.Errorf("scanned into %s: the page repeats the card's text", field)
		}
	}
	// The script asks for a part of the page with the same words.
	d.Header.Set("HX-Request", "true")
	d.Post("/dossiers/new", "procedure", dossiertest.Birth, "for", dossiertest.Birth, "name", aCard).Is(200).Count("#person [name=name][value='Lê Văn Bảy']", 1).
		Count("#person [name=phone][autofocus]", 1)
	d.Post("/dossiers/new", "name", "1|2|3|4|5|6").Is(200).Has("#person .problem", "Phần 1")
}

func TestAMalformedCardIsToldAndNothingIsLost(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	p := d.Post("/dossiers/new", "procedure", dossiertest.Birth, "for", dossiertest.Birth, "name", "04920500||Lê Văn Bảy|31012005|Nam|Tổ 1", "phone", "0905123456", "address", "Thôn 3").Is(422)
	p.Has("#error-summary a[href='#f-card']", "Phần 1 của mã quét phải là số định danh 12 chữ số").Count("[name=card][autofocus]", 1)
	if p.Attr("[name=phone]", "value") != "0905123456" || p.Attr("[name=address]", "value") != "Thôn 3" || p.Attr("[name=card]", "value") == "" {
		t.Error("something typed was lost")
	}
	// Nor is it received with half a card.
	d.Post("/dossiers", "unit", string(d.Commune), "procedure", dossiertest.Birth, "channel", "direct", "name", "A", "card", "abc").Is(422).Has("#error-summary", "phải có ít nhất 6 phần")
	// Pressing Receive with a card that nobody has read yet reads it first.
	d.Post("/dossiers", "unit", string(d.Commune), "procedure", dossiertest.Birth, "channel", "direct", "card", aCard).To("/dossiers/H99.101-261123-0001?received=1")
	if w := d.state(t, "H99.101-261123-0001"); w.Person.Name != "Lê Văn Bảy" || w.Person.IDNumber != "••••••••1234" {
		t.Errorf("received %+v, want the card's holder, masked", w.Person)
	}
}

func TestWhoActsForAnotherSaysByWhatAndIsShownAtTheHandOver(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	form := []string{"unit", string(d.Commune), "procedure", dossiertest.Birth, "channel", "direct", "name", "Nguyễn Thị Ánh", "agent_card", aCard}
	d.Post("/dossiers", form...).Is(422).Has("#error-summary a[href='#f-agent_relation']", "quan hệ hoặc văn bản uỷ quyền").
		Count("[name=representative][value='Lê Văn Bảy']", 1).Count("[name=agent_id_number][value='049205001234']", 1)
	const code = "H99.101-261123-0001"
	d.Post("/dossiers", append(form, "agent_document", "12/UQ ngày 20/11/2026")...).To("/dossiers/" + code + "?received=1")
	for _, path := range []string{"", "/receipt", "/hand-over"} {
		p := d.Get("/dossiers/"+code+path).Is(200).Has("body", "Lê Văn Bảy").Has("body", "12/UQ ngày 20/11/2026").Has("body", "1234")
		if strings.Contains(p.Text("body"), "049205001234") {
			t.Errorf("%s shows the representative's number", path)
		}
	}
	d.Post("/dossiers/"+code+"/person", "purpose", "contact").Has("body", "049205001234")
	d.Post("/dossiers", "unit", string(d.Commune), "procedure", dossiertest.Birth, "channel", "direct", "name", "A", "agent_relation", "con", "agent_id_number", "12").Is(422).
		Has("#error-summary", "Nhập họ tên người nộp thay").Has("#error-summary a[href='#f-agent_id_number']", "8 đến 13")
}

func TestALikelyDuplicateAsksForAConsciousYes(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	first := d.Receive(t, dossiertest.Birth)
	form := []string{"unit", string(d.Commune), "procedure", dossiertest.Birth, "for", dossiertest.Birth, "channel", "direct", "name", "nguyen thi anh", "phone", "0905123456"}
	d.Post("/dossiers/new", form...).Is(200).Has("#alike h2", "trùng với 1 hồ sơ").Count("#alike a[href='/dossiers/"+first.Code+"']", 1).
		Count("[name=seen][value='"+first.Code+"']", 1).Count("[name=repeated][autofocus]", 1)
	d.Post("/dossiers", form...).Is(422).Has("#error-summary a[href='#f-repeated']", first.Code)
	// A tick of which nobody knows for what is none.
	d.Post("/dossiers", append(form, "repeated", "on", "seen", "H99.101-261123-0009")...).Is(422).Count("[name=repeated][checked]", 0)
	d.Post("/dossiers", append(form, "repeated", "on", "seen", first.Code)...).To("/dossiers/H99.101-261123-0002?received=1")
	// Another procedure, or another person, is nothing to ask about.
	d.Post("/dossiers/new", "procedure", dossiertest.Land, "name", "nguyen thi anh", "phone", "0905123456").Count("#alike h2", 0)
	d.Post("/dossiers/new", "procedure", dossiertest.Birth, "name", "Nguyễn Thị Anh Đào", "phone", "0905123456").Count("#alike h2", 0)
}
