package notice

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"cchc/base/i18n"
)

func TestEveryEventHasItsOwnTemplatesThatFollowTheRules(t *testing.T) {
	t.Parallel()
	n := 0
	for _, e := range Events {
		for _, c := range e.Channels() {
			for _, lang := range []string{i18n.Vietnamese, i18n.English} {
				n++
				x, ok := own[slot{e.Key, c, lang}]
				if !ok {
					t.Errorf("%s by %s in %s has no template", e.Key, c, lang)
					continue
				}
				if err := x.Validate(); err != nil {
					t.Errorf("%s by %s in %s: %v", e.Key, c, lang, err)
				}
			}
		}
	}
	if n != len(own) {
		t.Errorf("%d templates are the product's own, %d are used", len(own), n)
	}
}

func TestATextMessageWithLongNamesStaysWithinFourParts(t *testing.T) {
	t.Parallel()
	vars := map[string]string{"unit": strings.Repeat("Đ", 40), "code": "H99.101-261125-0042", "due": "16:30 26/11/2026", "promised": "16:30 26/11/2026",
		"link": "https://dichvucong.example.vn/lookup?code=H99.101-261125-0042"}
	for s, x := range own {
		if got := utf8.RuneCountInString(fill(x.Body, vars)); s.channel == SMS && got > 268 {
			t.Errorf("%s in %s has %d letters", s.event, s.lang, got)
		}
	}
}

func TestAFaultInATemplateIsNamedByItsPlace(t *testing.T) {
	t.Parallel()
	allowed := []string{"code", "due"}
	for text, want := range map[string]*misreading{
		"Hồ sơ {{code}}, hẹn {{ due }}": nil,
		"không có gì":                   nil,
		"Hồ sơ {{mã}}":                  {"mã", 1, 7},
		"một\nhai {{code}} {{name}}":    {"name", 2, 14},
		"một\nhai {{code":               {"", 2, 5},
		"{{co\nde}}":                    {"", 1, 1},
		"{{}}":                          {"{{}}", 1, 1},
		"{{code}} {{{{due}}":            {"", 1, 10},
	} {
		got := misread(text, allowed)
		if (got == nil) != (want == nil) || got != nil && *got != *want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
}

func TestAValueIsNoTemplate(t *testing.T) {
	t.Parallel()
	if got := fill("{{name}} {{code}}{{none}}.", map[string]string{"name": "{{code}}", "code": "X"}); got != "{{code}} X." {
		t.Errorf("got %q", got)
	}
}

func TestAddressesAreMaskedAndChecked(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"": "", "anh.nguyen@example.vn": "a•••@example.vn", "0905123456": "•••456", "ặ@x.vn": "ặ•••@x.vn"} {
		if got := Mask(in); got != want {
			t.Errorf("Mask(%q) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]bool{"a@b.vn": true, "a@b.vn\r\nBcc: c@d.vn": false, "A <a@b.vn>": false, "a@b.vn,c@d.vn": false, "ab.vn": false, "": false} {
		if got := GoodEmail(in); got != want {
			t.Errorf("GoodEmail(%q) = %v", in, got)
		}
	}
}

func TestWhoIsToldOfWhat(t *testing.T) {
	t.Parallel()
	base := Happening{Dossier: "d", Code: "X", Email: true, Account: "me", Holder: "holder", StepOf: "other", Seq: 1}
	with := func(change func(*Happening)) Happening { h := base; change(&h); return h }
	for name, c := range map[string]struct {
		facts []Happening
		want  []string
	}{
		"a receipt tells the applicant":             {[]Happening{with(func(h *Happening) { h.Kind = "accepted" })}, []string{"received "}},
		"without an address nobody is told":         {[]Happening{with(func(h *Happening) { h.Kind, h.Email = "accepted", false })}, nil},
		"a step given to another tells them":        {[]Happening{with(func(h *Happening) { h.Kind, h.How = "step", "forwarded" })}, []string{"assigned other"}},
		"a step given to myself tells nobody":       {[]Happening{with(func(h *Happening) { h.Kind, h.How, h.StepOf = "step", "forwarded", "me" })}, nil},
		"a step for whoever comes tells nobody":     {[]Happening{with(func(h *Happening) { h.Kind, h.How, h.StepOf = "step", "forwarded", "" })}, nil},
		"sent back":                                 {[]Happening{with(func(h *Happening) { h.Kind, h.How = "step", "sent_back" })}, []string{"sent_back other"}},
		"papers that came tell the holder":          {[]Happening{with(func(h *Happening) { h.Kind = "supplement_received" })}, []string{"supplied holder"}},
		"claimed is nobody's news":                  {[]Happening{with(func(h *Happening) { h.Kind, h.How = "step", "claimed" })}, nil},
		"a refusal is a result too":                 {[]Happening{with(func(h *Happening) { h.Kind = "refused" })}, []string{"ready "}},
		"handed over at once is not announced also": {[]Happening{with(func(h *Happening) { h.Kind = "finished" }), with(func(h *Happening) { h.Kind = "returned" })}, []string{"returned "}},
	} {
		var got []string
		for _, n := range newsOf(c.facts) {
			got = append(got, n.event+" "+n.account)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestPausesGrowToSixHours(t *testing.T) {
	t.Parallel()
	if got := pause(1).String() + " " + pause(3).String() + " " + pause(14).String(); got != "1m0s 4m0s 6h0m0s" {
		t.Error(got)
	}
}

func TestALetterWithoutAddressOfTheProductHasNoEmptyLines(t *testing.T) {
	t.Parallel()
	got := withoutEmptyLinks("Hẹn {{due}}\nTra cứu: {{ link }}\nNgừng: {{stop}}", map[string]string{"due": "x", "stop": "y"})
	if got != "Hẹn {{due}}\nNgừng: {{stop}}" {
		t.Errorf("got %q", got)
	}
}
