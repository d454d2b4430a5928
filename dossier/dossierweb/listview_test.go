package dossierweb_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"cchc/base/web/webtest"
	"cchc/dossier/dossiertest"
)

func codesOf(p *webtest.Page) (out []string) {
	for _, a := range p.Find("tr[data-row] th a") {
		out = append(out, webtest.Text(a))
	}
	return out
}

func TestEveryColumnSortsBothWaysAndPagesBothWays(t *testing.T) {
	t.Parallel()
	s, _ := busy(t)
	for i := range 52 {
		s.received(t, "2026-11-23T09:00", dossiertest.Birth, []string{"Ân", "Anh", "Đào", "Dung", "Ước"}[i%5]+" "+string(rune('A'+i%7)))
	}
	b := s.as(s.Officer)
	for _, key := range []string{"due", "received", "step", "code", "procedure", "name"} {
		up := b.Get("/dossiers?bucket=all&sort="+key).Is(200).Count("th[aria-sort=ascending]", 1).Count("tr[data-row]", 50)
		down := b.Get("/dossiers?bucket=all&sort=-"+key).Is(200).Count("th[aria-sort=descending]", 1)
		rest := b.Get(up.Attr("a[rel=next]", "href")).Is(200)
		all := append(codesOf(up), codesOf(rest)...)
		other := append(codesOf(down), codesOf(b.Get(down.Attr("a[rel=next]", "href")))...)
		slices.Reverse(other)
		if len(all) != 60 || !slices.Equal(all, other) {
			t.Errorf("by %s: %d upwards, %d downwards, the same turned about: %v", key, len(all), len(other), slices.Equal(all, other))
		}
		if back := codesOf(b.Get(rest.Attr("a[rel=prev]", "href"))); !slices.Equal(back, codesOf(up)) {
			t.Errorf("by %s: the page before the second is not the first", key)
		}
	}
	var names []string
	for _, tr := range b.Get("/dossiers?bucket=all&sort=name").Find("tr[data-row] td[data-label='Người nộp']") {
		names = append(names, strings.Fields(webtest.Text(tr))[0])
	}
	names = slices.Compact(names)
	if at := func(n string) int { return slices.Index(names, n) }; !(at("Anh") < at("Ân") && at("Ân") < at("Dung") && at("Dung") < at("Đào")) {
		t.Errorf("names stand as %v, want Anh, Ân, …, Dung, Đào", names)
	}
}

func TestAWorkbookHasTheRowsOfTheList(t *testing.T) {
	t.Parallel()
	s, _ := busy(t)
	s.received(t, "2026-11-23T09:00", dossiertest.Birth, "=1+1")
	b := s.as(s.Chair)
	want := codesOf(b.Get("/dossiers?bucket=all&sort=-name"))
	book, err := excelize.OpenReader(strings.NewReader(b.Get("/dossiers?bucket=all&sort=-name&format=xlsx").Is(200).Body))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := book.GetRows(book.GetSheetName(0))
	if err != nil || len(rows) != len(want)+1 {
		t.Fatalf("%d rows, %v; want %d", len(rows), err, len(want)+1)
	}
	for i, code := range want {
		if rows[i+1][0] != code {
			t.Errorf("row %d is %s, want %s as on the page", i+1, rows[i+1][0], code)
		}
	}
	for _, cell := range []string{"A2", "C2", "C10"} {
		if f, _ := book.GetCellFormula(book.GetSheetName(0), cell); f != "" {
			t.Errorf("%s is the formula %s", cell, f)
		}
	}
	b.Get("/dossiers?format=pdf").Is(400)
}

func TestAPersonKeepsViews(t *testing.T) {
	t.Parallel()
	s, _ := busy(t)
	b, other := s.as(s.Officer), s.as(s.Specialist)
	b.Post("/views/dossiers", "name", "", "query", "bucket=overdue").Is(422).Has("#error-summary", "Đặt tên")
	b.Post("/views/dossiers", "name", "Đất quá hạn", "query", "bucket=overdue&sector=Đất+đai&sort=-due&q=le+thi+hanh", "default", "on").Is(303)
	b.Post("/views/dossiers", "name", "Đất quá hạn", "query", "").Is(422).Has("#error-summary", "Đã có bộ lọc")
	to := b.Get("/dossiers").Is(303).Header.Get("Location") // opens with it
	if strings.Contains(to, "hanh") || !strings.Contains(to, "sort=-due") {
		t.Errorf("the view leads to %s", to)
	}
	b.Get(to).Is(200).Has(".views [aria-current]", "Đất quá hạn").Count("tr[data-row]", 1)
	other.Get("/dossiers").Is(200).Count(".views .tabs", 0) // nobody else's
	p := b.Get("/views/dossiers").Is(200).Count("tr[data-row]", 1).Has("tbody", "Mở đầu")
	id := strings.Split(p.Attr("form[action$=rename]", "action"), "/")[3]
	other.Post("/views/dossiers/" + id + "/delete").Is(404)
	b.Post("/views/dossiers/"+id+"/rename", "name", "Đất").Is(303)
	b.Post("/views/dossiers/" + id + "/default").Is(303)
	b.Get("/dossiers").Is(200).Has(".views", "Đất")
	b.Post("/views/dossiers/" + id + "/delete").Is(303)
	b.Get("/views/dossiers").Has(".empty", "Chưa lưu bộ lọc nào")
	b.Get("/views/nothing").Is(404)

	// The late list keeps views of its own, and opens with the one chosen.
	b.Post("/views/late", "name", "Sắp đến hạn", "query", "show=soon", "default", "on").To("/late?show=soon")
	b.Get("/late").To("/late?show=soon")
	b.Get("/late?show=soon").Is(200).Has(".views [aria-current]", "Sắp đến hạn")
	b.Get("/dossiers").Is(200).Count(".views .tabs", 0)
}
