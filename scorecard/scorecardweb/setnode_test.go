package scorecardweb_test

import (
	"bytes"
	"mime/multipart"
	"net/url"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/net/html"

	"cchc/base/web/webtest"
	"cchc/scorecard/criteria"
)

// formOf reads what the only form with a field of a name would send.
func formOf(t *testing.T, p *webtest.Page, field string) (fields []string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(p.Body))
	if err != nil {
		t.Fatal(err)
	}
	attr := func(n *html.Node, key string) (string, bool) {
		for _, a := range n.Attr {
			if a.Key == key {
				return a.Val, true
			}
		}
		return "", false
	}
	var walk func(n *html.Node, into *[]string)
	walk = func(n *html.Node, into *[]string) {
		if n.Type == html.ElementNode {
			name, _ := attr(n, "name")
			switch n.Data {
			case "input":
				kind, _ := attr(n, "type")
				_, checked := attr(n, "checked")
				if v, _ := attr(n, "value"); name != "" && (kind != "checkbox" && kind != "radio" || checked) {
					*into = append(*into, name, v)
				}
			case "textarea":
				text := ""
				if n.FirstChild != nil {
					text = n.FirstChild.Data
				}
				*into = append(*into, name, text)
			case "select":
				for o := n.FirstChild; o != nil; o = o.NextSibling {
					if _, chosen := attr(o, "selected"); chosen {
						v, _ := attr(o, "value")
						*into = append(*into, name, v)
					}
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c, into)
		}
	}
	var forms func(n *html.Node)
	forms = func(n *html.Node) {
		if n.Type == html.ElementNode && n.Data == "form" {
			var mine []string
			walk(n, &mine)
			for i := 0; i < len(mine); i += 2 {
				if mine[i] == field {
					fields = mine
				}
			}
			return
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			forms(c)
		}
	}
	forms(root)
	if fields == nil {
		t.Fatalf("no form has a field %s", field)
	}
	return fields
}

// with returns fields with some of them otherwise.
func with(fields []string, other ...string) []string {
	out := append([]string{}, fields...)
	for i := 0; i < len(other); i += 2 {
		found := false
		for j := 0; j < len(out); j += 2 {
			if out[j] == other[i] {
				out[j+1], found = other[i+1], true
			}
		}
		if !found {
			out = append(out, other[i], other[i+1])
		}
	}
	return out
}

// begin makes an empty set with a field and a first leaf 1.1, and returns its
// address.
func begin(t *testing.T, w *world, b *webtest.Browser) string {
	t.Helper()
	at := b.Post(sets+"/new", "unit", string(w.Province), "code", "THU-2026", "year", "2026", "title", "Bộ thử", "level", "cap_xa").Is(303).Header.Get("Location")
	b.Post(at+"/add", "under", "", "code", "1", "name", "Chỉ đạo", "max", "10", "scored", "group", "do", "save").Is(303)
	p := b.Get(at + "/add?under=1").Is(200)
	b.Post(at+"/add", with(formOf(t, p, "code"), "scored", "leaf", "name", "Kế hoạch", "max", "2", "kind", "yes_no", "r.yes", "2", "r.no", "0", "do", "save")...).Is(303)
	return at
}

// Every kind of rule: what is entered is said in its sentence, stands in the form
// again, and says the same once the form is sent as it stands.
func TestEveryKindOfRuleIsEnteredSavedAndShownAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.open(t, w.HomeAffairs)
	at := begin(t, w, b)
	tier := func(i, lowop, low, highop, high, points string) []string {
		return []string{"r.tiers." + i + ".lowop", lowop, "r.tiers." + i + ".low", low, "r.tiers." + i + ".highop", highop, "r.tiers." + i + ".high", high, "r.tiers." + i + ".points", points}
	}
	tiers := func(n string, list ...[]string) []string {
		out := []string{"r.tiers#", n}
		for _, l := range list {
			out = append(out, l...)
		}
		return out
	}
	cases := []struct {
		kind   criteria.Kind
		fields []string
		want   []string // of the sentence
	}{
		{criteria.YesNo, []string{"r.yes", "2", "r.no", "0,5", "r.veto", "đặt thêm giấy tờ"}, []string{"Có: 2 điểm; không: 0,5 điểm", "đặt thêm giấy tờ"}},
		{criteria.Choice, []string{"r.options#", "3", "r.options.0.label", "Trước 31/01", "r.options.0.points", "2", "r.options.2.label", "Muộn hơn", "r.options.2.points", "0"}, []string{"Trước 31/01: 2 điểm; Muộn hơn: 0 điểm"}},
		{criteria.AllOrNone, []string{"r.metric", "on_time/finished", "r.full_at", "95 %", "r.strict", "on"}, []string{"95 %", "2 điểm"}},
		{criteria.Deadline, append([]string{"r.from", "ngày giao"}, tiers("3", tier("0", "ge", "", "le", "30", "2"), tier("1", "gt", "30", "le", "60", "1"), tier("2", "gt", "60", "lt", "", "0"))...), []string{"30 ngày", "60 ngày", "1 điểm"}},
		{criteria.Tiered, append([]string{"r.metric", "on_time/finished"}, tiers("3", tier("0", "gt", "90 %", "lt", "", "2"), tier("1", "ge", "80 %", "le", "90 %", "1"), tier("2", "ge", "", "lt", "80 %", "0"))...),
			[]string{"Trên 90 %: 2 điểm", "Từ 80 % đến 90 %: 1 điểm", "Dưới 80 %: 0 điểm"}},
		{criteria.CountTier, tiers("2", tier("0", "ge", "24", "lt", "", "2"), tier("1", "ge", "", "lt", "24", "0")), []string{"Từ 24", "Dưới 24"}},
		{criteria.Linear, []string{"r.metric", "online/received", "r.full_at", "80 %"}, []string{"80 %", "2 điểm"}},
		{criteria.Piecewise, []string{"r.metric", "online/received", "r.full_at", "95%", "r.zero_below", "60 %"}, []string{"95 %", "60 %"}},
		{criteria.Depends, []string{"r.on", "1.1", "r.if.lowop", "ge", "r.if.low", "1", "r.if.highop", "lt", "r.then.kind", "yes_no", "r.then.yes", "2", "r.then.no", "0", "r.else.points", "1"},
			[]string{"1.1", "Có: 2 điểm", "1 điểm"}},
		{criteria.YearOnYear, []string{"r.better", "less", "r.improved", "2", "r.same", "1", "r.otherwise", "0"}, []string{"2 điểm", "1 điểm", "0 điểm"}},
		{criteria.Relative, []string{"r.metric", "on_time/finished", "r.zero_below", "0,5"}, []string{"50 %"}},
		{criteria.Count, []string{"r.each", "0,5", "r.per", "sáng kiến", "r.cap", "2"}, []string{"sáng kiến", "0,5 điểm", "2 điểm"}},
		{criteria.Deduction, []string{"r.start", "2", "r.each", "-0,5", "r.per", "báo cáo muộn", "r.floor", "0", "r.zero_if", "không báo cáo"}, []string{"báo cáo muộn", "0,5 điểm", "không báo cáo"}},
		{criteria.Late, []string{"r.start", "2", "r.each", "-0.25", "r.per", "ngày", "r.free", "2", "r.floor", "0"}, []string{"0,25 điểm", "2 ngày"}},
		{criteria.Survey, []string{"source", "survey", "r.options#", "2", "r.options.0.label", "Hài lòng", "r.options.0.percent", "100", "r.options.1.label", "Không", "r.options.1.percent", "0", "r.respondents", "người dân\ndoanh nghiệp"},
			[]string{"Hài lòng 100 %", "người dân, doanh nghiệp"}},
		{criteria.Import, []string{"source", "index_766", "r.source", "index_766_year", "r.of", "100"}, []string{"766", "100"}},
		{criteria.Formula, []string{"r.formula", "max * done / planned", "r.vars#", "2", "r.vars.0.name", "done", "r.vars.0.words", "việc đã xong", "r.vars.1.name", "planned", "r.vars.1.words", "việc theo kế hoạch"},
			[]string{"max * done / planned", "done = việc đã xong"}},
		{criteria.Veto, []string{"r.when", "lãnh đạo bị kỷ luật", "r.zero", "1.1"}, []string{"lãnh đạo bị kỷ luật", "1.1"}},
		{criteria.Composite, []string{"r.parts#", "2", "r.parts.0.kind", "linear_ratio", "r.parts.0.max", "2", "r.parts.0.metric", "done/assigned", "r.parts.1.kind", "deduction", "r.parts.1.each", "-0,5", "r.parts.1.per", "việc quá hạn", "r.floor", "0"},
			[]string{"2 điểm", "việc quá hạn"}},
	}
	if len(cases) != len(criteria.Kinds) {
		t.Fatalf("%d kinds are tried, there are %d", len(cases), len(criteria.Kinds))
	}
	for _, c := range cases {
		form := with(formOf(t, b.Get(at+"/add?under=1").Is(200), "code"), "scored", "leaf", "kind", string(c.kind), "name", "Thử "+string(c.kind), "max", "2")
		// Choosing the kind shows its fields and saves nothing.
		shown := b.Post(at+"/add", with(form, "do", "fields")...).Is(200)
		form = with(formOf(t, shown, "code"), c.fields...)
		saved := b.Post(at+"/add", with(form, "do", "save")...)
		if saved.Status != 303 {
			t.Errorf("%s: saved %d", c.kind, saved.Status)
			continue
		}
		place := strings.TrimPrefix(saved.Header.Get("Location"), at+"#n-")
		first := b.Get(at + "/node?at=" + url.QueryEscape(place)).Is(200)
		for _, want := range c.want {
			first.Has(".rule-sentence", want)
		}
		before := b.Get(at + "/file.yaml").Body
		b.Post(at+"/node", with(formOf(t, first, "code"), "do", "save")...).Is(303)
		if after := b.Get(at + "/file.yaml").Body; after != before {
			t.Errorf("%s: the form sent as it stands says something else:\n%s\nbefore:\n%s", c.kind, after, before)
		}
	}
	b.Look(at, at+"/node?at=1.6", at+"/node?at=1.10", at+"/node?at=1.20", at+"/add?under=p", at+"/head", at+"/text", at+"/issue", at+"/copy", at+"/print", at+"/move?at=1.2", at+"/remove?at=1.2", sets+"/new")
}

func TestWhatCannotBeReadIsToldAtItsFieldAndNothingTypedIsLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.open(t, w.HomeAffairs)
	at := begin(t, w, b)
	form := with(formOf(t, b.Get(at+"/add?under=1"), "code"), "scored", "leaf", "kind", "tiered", "name", "Thử", "max", "hai", "r.tiers#", "2", "r.tiers.0.low", "chín mươi", "r.tiers.0.points", "2", "do", "save")
	p := b.Post(at+"/add", form...).Is(422)
	p.Has("#error-summary a[href='#f-max']", "hai").Has("#error-summary a[href='#f-r-tiers-0-low']", "chín mươi").Count("[name='r.tiers.0.points'][value='2']", 1)

	more := b.Post(at+"/add", with(form, "do", "more:r.tiers")...).Is(422)
	more.Count("[name='r.tiers.5.low']", 1)

	// What does not fit is saved, and listed at the node and on the draft's page.
	form = with(formOf(t, b.Get(at+"/add?under=1"), "code"), "scored", "leaf", "kind", "yes_no", "name", "Thử", "max", "2", "r.yes", "3", "r.no", "0", "do", "save")
	b.Post(at+"/add", form...).Is(303)
	b.Get(at).Has(".faults a", "1.2").Has("td .problem", "3")
	b.Get(at+"/node?at=1.2").Has(".notice li", "3")
	b.Get(at+"/issue").Has(".faults a", "1.2").Count("[name=basis]", 0)
	b.Post(at+"/issue", "revision", "4", "basis", "QĐ 1").Is(409).Has("#error-summary", "lỗi")
}

func TestTwoPeopleEditADraftAndLoseNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine := w.open(t, w.HomeAffairs)
	at := begin(t, w, mine)
	theirs := w.open(t, w.Admin)
	mine.Post(at+"/add", with(formOf(t, mine.Get(at+"/add?under=1"), "code"), "scored", "leaf", "name", "Thứ hai", "max", "8", "kind", "yes_no", "r.yes", "8", "r.no", "0", "do", "save")...).Is(303)

	one, two := formOf(t, mine.Get(at+"/node?at=1.1"), "code"), formOf(t, theirs.Get(at+"/node?at=1.1"), "code")
	other := formOf(t, theirs.Get(at+"/node?at=1.2"), "code")
	mine.Post(at+"/node", with(one, "name", "Kế hoạch năm", "do", "save")...).Is(303)
	// Another node is no conflict.
	theirs.Post(at+"/node", with(other, "name", "Báo cáo", "do", "save")...).Is(303)
	// The same node is: both are shown, and what was typed stays.
	p := theirs.Post(at+"/node", with(two, "name", "Kế hoạch của tôi", "r.no", "1", "do", "save")...).Is(409)
	p.Has("td", "Kế hoạch của tôi").Has("td", "Kế hoạch năm").Has("th code", "rule.no").Count("[name=name][value='Kế hoạch của tôi']", 1)
	mine.Get(at).Has("th", "Kế hoạch năm").Has("th", "Báo cáo")
	theirs.Post(at+"/node", with(formOf(t, p, "code"), "do", "save")...).Is(303)
	mine.Get(at).Has("th", "Kế hoạch của tôi").Has(".rule-sentence", "không: 1 điểm")

	// A node that was moved is found; one below which somebody wrote is not removed.
	ref := formOf(t, mine.Get(at+"/node?at=1.2"), "code")
	gone := formOf(t, mine.Get(at+"/remove?at=1"), "stamp")
	theirs.Post(at+"/move", with(formOf(t, theirs.Get(at+"/move?at=1.2"), "at"), "by", "-1")...).Is(303)
	mine.Post(at+"/node", with(ref, "name", "Báo cáo năm", "do", "save")...).To(at + "#n-1.1")
	// Whatever is sent as a place, where it leads to is an address.
	mine.Post(at+"/move", with(formOf(t, mine.Get(at+"/move?at=1.2"), "at"), "at", "%", "by", "0")...).To(at + "#n-%25")
	mine.Post(at+"/remove", gone...).Is(409).Has("#error-summary", "vừa sửa")
	mine.Get(at).Has("th", "Báo cáo năm")

	// The head and the whole text.
	head, text := formOf(t, mine.Get(at+"/head"), "title"), formOf(t, mine.Get(at+"/text"), "text")
	theirs.Post(at+"/head", with(formOf(t, theirs.Get(at+"/head"), "title"), "title", "Tên của họ", "do", "save")...).Is(303)
	p = mine.Post(at+"/head", with(head, "title", "Tên của tôi", "bands.0.label", "Tốt", "bands.0.min", "0", "do", "save")...).Is(409)
	p.Count("[name=title][value='Tên của tôi']", 1).Count("[name='bands.0.label'][value='Tốt']", 1).Has("section.card h2", "Người khác")
	mine.Post(at+"/head", with(formOf(t, p, "title"), "do", "save")...).Is(303)
	mine.Get(at).Has("h1", "Tên của tôi").Has("dd", "Tốt: từ 0")
	p = mine.Post(at+"/text", with(text, "text", "meta:\n  id: THU-2026\n  title: Tất cả của tôi\n  level: cap_xa\n")...).Is(409)
	p.Has("pre.raw", "Tên của tôi").Has("textarea", "Tất cả của tôi")
}

func TestASetIsIssuedCorrectedAndStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.open(t, w.HomeAffairs)
	for _, name := range []string{"commune", "district"} {
		at := b.Post(sets+"/import", "unit", string(w.Province), "text", synthetic(t, name)).Is(303).Header.Get("Location")
		b.Get(at).Has(".notice", "có thể ban hành")
		form := formOf(t, b.Get(at+"/issue").Is(200), "basis")
		b.Post(at+"/issue", with(form, "basis", "")...).Is(422).Has("#error-summary a[href='#f-basis']", "quyết định")
		b.Post(at+"/issue", with(form, "basis", "Quyết định số 1/QĐ-UBND")...).To(at)
		b.Get(at).Has(".state", "Đã ban hành").Has("dd", "Quyết định số 1/QĐ-UBND").Count("a[href$='/issue']", 0)
		for _, path := range []string{"/issue", "/head", "/text", "/delete", "/node?at=1.1.1", "/add?under=1", "/move?at=1", "/remove?at=1"} {
			b.Get(at + path).Is(409)
		}
		b.Post(at+"/issue", form...).Is(409)
		b.Post(at+"/delete", "revision", "2").Is(409)

		next := b.Post(at+"/next", "note", "Đính chính điểm").Is(303).Header.Get("Location")
		b.Post(at+"/next").Is(409).Has("#error-summary", "đang có dự thảo")
		b.Get(next).Has("h1", "").Has("dd", "Đính chính điểm").Has("li a", "Phiên bản 1")
		b.Post(next+"/issue", formOf(t, b.Get(next+"/issue").Has("p", "Phiên bản 1"), "basis")...).To(next)
		b.Get(at).Has(".state", "Đã thay thế")
		b.Get(at+"/print").Is(200).Has("td", "")

		year := formOf(t, b.Get(at+"/copy"), "code")
		copied := b.Post(at+"/copy", with(year, "note", "Năm sau")...).Is(303).Header.Get("Location")
		b.Get(copied).Has(".state", "Dự thảo").Has("dd", "2025")
	}
	// Who reads scores of a commune reads the province's issued sets, and no draft.
	reader := w.open(t, w.Specialist)
	reader.Get(sets).Is(200).Has(".state", "Đã ban hành").Lacks(".state", "Dự thảo")
}

func TestALowerLevelAddsOnlyWhereTheFrameAllowsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.open(t, w.HomeAffairs)
	frame := b.Post(sets+"/import", "unit", string(w.Province), "text", `meta: {id: KHUNG-2026, title: Khung của tỉnh, level: cap_xa, total_max: 10}
domains:
- {code: '1', name: Cố định, max: 4, criteria: [{code: '1.1', name: Kế hoạch, max: 4, kind: yes_no, rule: {yes: 4, no: 0}}]}
- {code: '2', name: Mở, max: 6, may_add: true, criteria: [{code: '2.1', name: Báo cáo, max: 2, kind: yes_no, rule: {yes: 2, no: 0}}]}
`).Is(303).Header.Get("Location")
	b.Post(frame+"/issue", with(formOf(t, b.Get(frame+"/issue").Is(200), "basis"), "basis", "Quyết định số 9")...).To(frame)

	low := b.Post(frame+"/derive", "unit", string(w.Commune), "code", "XA-GIOHAI-2026", "year", "2026", "title", "Bộ của xã").Is(303).Header.Get("Location")
	p := b.Get(low).Is(200).Has("li a", "Khung của cấp trên").Has(".faults", "2")
	p.Count("a[href*='/node?at=1.1']", 0).Count("a[href*='/add?under=2']", 1).Count("a[href*='/add?under=1']", 0)
	leaf := []string{"scored", "leaf", "name", "Sáng kiến", "max", "4", "kind", "yes_no", "r.yes", "4", "r.no", "0", "do", "save"}
	b.Post(low+"/add", with(formOf(t, b.Get(low+"/add?under=1"), "code"), leaf...)...).Is(409).Has("#error-summary", "không cho thêm")
	b.Post(low+"/node", with(formOf(t, b.Get(low+"/node?at=1.1"), "code"), "name", "Khác", "do", "save")...).Is(409)
	b.Post(low+"/remove", formOf(t, b.Get(low+"/remove?at=1"), "stamp")...).Is(409)
	b.Post(low+"/add", with(formOf(t, b.Get(low+"/add?under=2"), "code"), leaf...)...).Is(303)
	b.Get(low).Has(".notice", "có thể ban hành").Has("th", "thêm vào khung")
	// Around the editor, by the text: the check at issuing finds it.
	text := formOf(t, b.Get(low+"/text"), "text")
	changed := strings.Replace(strings.Join(with(text)[0:], "\x00"), "Kế hoạch", "Kế hoạch khác", 1)
	b.Post(low+"/text", strings.Split(changed, "\x00")...).Is(303)
	b.Get(low+"/issue").Has(".faults", "1.1").Count("[name=basis]", 0)
}

func TestASetThatNamesAFrameIsHeldToItHoweverItCame(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.open(t, w.HomeAffairs)
	const leaf = "criteria: [{code: '1.1', name: Kế hoạch, max: %s, kind: yes_no, rule: {yes: %s, no: 0}}]}\n"
	set := func(head, points string) string {
		return "meta: {" + head + ", title: T, level: cap_xa, total_max: " + points + "}\ndomains:\n- {code: '1', name: Một, max: " + points + ", " + strings.ReplaceAll(leaf, "%s", points)
	}
	low := set("id: XA-2026, frame: KHUNG-2026", "5")
	alone := b.Post(sets+"/import", "unit", string(w.Commune), "text", low).Is(303).Header.Get("Location")
	b.Get(alone+"/issue").Has(".faults", "KHUNG-2026").Count("[name=basis]", 0)
	b.Post(alone+"/delete", "revision", "1").Is(303)

	frame := b.Post(sets+"/import", "unit", string(w.Province), "text", set("id: KHUNG-2026", "4")).Is(303).Header.Get("Location")
	b.Post(frame+"/issue", with(formOf(t, b.Get(frame+"/issue"), "basis"), "basis", "QĐ 9")...).To(frame)
	held := b.Post(sets+"/import", "unit", string(w.Commune), "text", low).Is(303).Header.Get("Location")
	b.Get(held).Has("li a", "Khung của cấp trên").Has(".faults", "1.1")
	b.Get(held+"/issue").Count("[name=basis]", 0)
}

func TestSentencesAreInThePagesLanguage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.open(t, w.HomeAffairs)
	at := b.Post(sets+"/import", "unit", string(w.Province), "text", synthetic(t, "commune")).Is(303).Header.Get("Location")
	b.Get(at).Has(".rule-sentence", "mỗi báo cáo gửi muộn trừ 0,5 điểm")
	b.Header.Set("Accept-Language", "en")
	b.Get(at).Has(".rule-sentence", "0.5 points").Has(".state", "Draft").Has("dt", "Bands")
	b.Get(at+"/print").Has("td", "0,5 điểm") // papers are Vietnamese
	b.Look(at)
}

func TestNothingOfASetChangesByGet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.open(t, w.HomeAffairs)
	at := begin(t, w, b)
	before := b.Get(at + "/file.yaml").Body
	for _, path := range []string{"/node?at=1.1&do=save&name=x&code=9", "/add?under=1&code=9&name=x&do=save", "/move?at=1.1&by=1", "/remove?at=1.1", "/head?title=x&do=save", "/text?text=x", "/issue?basis=x", "/delete?revision=2",
		"/copy?code=X&year=2027", "/derive", "/next"} {
		b.Get(at + path)
	}
	if after := b.Get(at + "/file.yaml").Body; after != before {
		t.Error("a GET changed the draft")
	}
	b.Get(sets).Count("tbody tr", 1)
}

func TestALeafIsTriedAndNothingIsSaved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.open(t, w.HomeAffairs)
	at := b.Post(sets+"/import", "unit", string(w.Province), "text", synthetic(t, "commune")).Is(303).Header.Get("Location")
	try := func(code string, fields ...string) *webtest.Page {
		q := url.Values{"code": {code}, "do": {"try"}}
		for i := 0; i+1 < len(fields); i += 2 {
			q.Set(fields[i], fields[i+1])
		}
		return b.Get(at + "/try?" + q.Encode())
	}
	b.Get(at+"/try?code=1.1.2").Is(200).Count("[name=num]", 1).Count(".answer", 0)
	try("1.1.2", "num", "27", "den", "30").Is(200).Has(".answer", "2,70 / 3,00 điểm")
	try("1.1.2", "num", "20", "den", "30").Is(200).Has(".answer", "0,00 / 3,00")
	try("1.1.2", "value", "90 %").Has(".answer", "2,70 / 3,00")
	try("1.1.2", "num", "hai", "den", "30").Is(422).Has("#error-summary", "hai").Count("[name=num][value=hai]", 1)
	try("1.1.2", "num", "2").Is(422).Has("#error-summary a[href='#f-den']", "")
	try("1.1.1", "option", "Trong quý I").Has(".answer", "0,50 / 1,00").Has("[role=status] p", "Trong quý I")
	try("1.2.1", "count", "3").Has(".answer", "0,50 / 2,00")
	try("1.5.1", "na", "on").Has(".answer", "2,00 / 2,00")
	try("P.1", "days", "3").Has(".answer", "−1,50")
	b.Get(at + "/try?code=9.9").Is(404)
	b.Get(at).Has(".lead", "Sửa lần cuối").Has("td a", "Thử")
	b.Look(at + "/try?code=1.1.2&do=try&num=27&den=30")
}

func TestTwoVersionsAreCompared(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.open(t, w.HomeAffairs)
	at := b.Post(sets+"/import", "unit", string(w.Province), "text", synthetic(t, "commune")).Is(303).Header.Get("Location")
	b.Get(at+"/diff").Is(200).Has(".empty", "Chưa có bộ nào khác")
	b.Post(at+"/issue", with(formOf(t, b.Get(at+"/issue"), "basis"), "basis", "QĐ 1")...).To(at)
	next := b.Post(at+"/next", "note", "Đính chính").Is(303).Header.Get("Location")
	b.Get(next+"/diff").Has("h1", "giống nhau")
	form := formOf(t, b.Get(next+"/node?at=1.1.1"), "code")
	b.Post(next+"/node", with(form, "r.options.1.points", "0,75", "evidence", "Quyết định", "do", "save")...).Is(303)
	p := b.Get(next+"/diff").Has("h1", "2 điểm khác nhau").Has("td", "Trong quý I: 0,5 điểm").Has("td", "Trong quý I: 0,75 điểm").Has("td", "tài liệu kiểm chứng")
	p.Count("tbody tr", 2)
	b.Get(at+"/diff?with="+strings.TrimPrefix(next, sets+"/")).Has("h1", "2 điểm khác nhau")
	w.open(t, w.Specialist).Get(at + "/diff?with=" + strings.TrimPrefix(next, sets+"/")).Is(404)
	b.Look(next + "/diff")
}

func TestASetGoesOutAsExcelAndComesBackTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.open(t, w.HomeAffairs)
	for _, name := range []string{"commune", "district"} {
		at := b.Post(sets+"/import", "unit", string(w.Province), "text", synthetic(t, name)).Is(303).Header.Get("Location")
		text, book := b.Get(at+"/file.yaml").Body, b.Get(at+"/file.xlsx").Is(200).Body
		b.Post(at+"/delete", "revision", "1").To(sets)
		kind, body := withFile(t, map[string]string{"unit": string(w.Province)}, "bo.xlsx", book)
		again := b.Send("POST", sets+"/import", kind, body).Is(303).Header.Get("Location")
		if got := b.Get(again + "/file.yaml").Body; got != text {
			t.Errorf("%s comes back from Excel as another set", name)
		}
	}
	kind, body := withFile(t, map[string]string{"unit": string(w.Province)}, "bo.xlsx", "PK\x03\x04 và không phải Excel")
	b.Send("POST", sets+"/import", kind, body).Is(422).Count("#error-summary a[href='#f-file']", 1)

	// A workbook with faults: each is told with its row, and what was read can be taken.
	book := excelize.NewFile()
	defer book.Close()
	for cell, v := range map[string]any{"A1": "Mã", "B1": "Lĩnh vực, tiêu chí, tiêu chí thành phần", "C1": "Điểm tối đa", "A2": "1", "B2": "Một", "C2": 10, "A3": "1.1.1.1", "B3": "Lạc chỗ", "C3": "mười"} {
		if err := book.SetCellValue("Sheet1", cell, v); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := book.NewSheet("meta"); err != nil {
		t.Fatal(err)
	}
	for cell, v := range map[string]any{"A1": "meta", "A2": "id: LOI-2026\ntitle: Bộ có lỗi\nlevel: cap_xa\ntotal_max: 10\n"} {
		if err := book.SetCellValue("meta", cell, v); err != nil {
			t.Fatal(err)
		}
	}
	var content bytes.Buffer
	if err := book.Write(&content); err != nil {
		t.Fatal(err)
	}
	kind, body = withFile(t, map[string]string{"unit": string(w.Province)}, "loi.xlsx", content.String())
	p := b.Send("POST", sets+"/import", kind, body).Is(422).Has("#error-summary li", "dòng 3").Has("textarea", "Lạc chỗ")
	b.Post(sets+"/import", with(formOf(t, p, "text"), "note", "")...).Is(303)

	at := begin(t, w, b)
	b.Get(at + "/file.xlsx").Is(409) // its sums are wrong yet
}

// withFile is a form with a file, as a browser sends it.
func withFile(t *testing.T, fields map[string]string, name, content string) (kind, body string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for k, v := range fields {
		if err := m.WriteField(k, v); err != nil {
			t.Fatal(err)
		}
	}
	f, err := m.CreateFormFile("file", name)
	if err == nil {
		_, err = f.Write([]byte(content))
	}
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return m.FormDataContentType(), b.String()
}
