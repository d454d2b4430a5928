package dossierweb_test

import (
	"encoding/csv"
	"fmt"
	"strings"
	"testing"
	"time"

	"cchc/base/web/webtest"
	"cchc/dossier"
	"cchc/dossier/dossiertest"
)

// What a counter keeps, hands over and waits for grows long: its tables page, sort
// both ways, are searched, and come as files of exactly their rows.
func TestTheCountersTablesPageSortAndComeAsFiles(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	const n = 60
	var codes []string
	for i := range n {
		app := d.Application(dossiertest.Birth)
		app.Person.Name = fmt.Sprintf("Nguyễn Văn %c%02d", 'A'+i%7, i)
		x, err := d.Desk.Receive(t.Context(), d.Officer, app)
		do(t, err)
		do(t, d.Desk.KeepOriginal(t.Context(), d.Officer, x.Code, fmt.Sprintf("Giấy khai sinh %02d", n-i), "Tủ 1"))
		codes = append(codes, x.Code)
		d.Clock.Advance(time.Second)
	}
	l, err := d.Desk.MakeList(t.Context(), d.Officer, d.Commune, dossier.Inside, "Phòng chuyên môn", codes)
	do(t, err)
	for _, code := range codes {
		do(t, d.Desk.Finish(t.Context(), d.Officer, code, dossier.Result{}))
	}
	for _, address := range []string{"/counter/custody", "/counter/uncollected", "/counter/lists/inside/" + l.ID} {
		first := d.Get(address).Is(200).Count("tbody tr", 50).Has(".pager", "50 trong 60")
		noKeys(t, first)
		orders := 0
		for _, head := range first.Find("thead th a") {
			href := webtest.Attr(head, "href")
			turned := d.Get(href).Attr("thead th[aria-sort] a", "href")
			for _, order := range []string{href, turned} {
				var rows []string
				for next := order; next != ""; {
					p := d.Get(next).Is(200)
					for _, row := range p.Find("tbody tr") {
						rows = append(rows, webtest.Text(row))
					}
					next = p.Attr("a[rel=next]", "href")
				}
				file, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(d.Get(order+"&format=csv").Is(200).Body, "\ufeff"))).ReadAll()
				if err != nil || len(rows) != n || len(file) != n+1 {
					t.Fatalf("%s: %d rows on pages, %d in the file (%v)", order, len(rows), len(file)-1, err)
				}
				for i, row := range rows {
					code := file[i+1][0]
					if !strings.HasPrefix(code, "H99") {
						code = file[i+1][1]
					}
					if !strings.Contains(row, code) {
						t.Fatalf("%s: row %d is %q on the page and %q in the file", order, i+1, row, file[i+1])
					}
				}
				orders++
			}
		}
		if orders < 6 {
			t.Errorf("%s: %d orders", address, orders)
		}
		if body := d.Get(address + "?format=xlsx").Is(200).Body; !strings.HasPrefix(body, "PK") {
			t.Errorf("%s: the workbook is none", address)
		}
		d.Get(address + "?format=pdf").Is(400)
	}
	// The drawer: one entry for each dossier, and the sheet that is signed has all of them.
	drawer, err := d.Desk.OpenCash(t.Context(), d.Officer, d.Commune, 0)
	do(t, err)
	for i, code := range codes {
		do(t, d.Desk.Pay(t.Context(), d.Officer, code, dossier.Payment{Amount: int64(1000 * (n - i)), Channel: "cash"}))
	}
	cash := "/counter/cash/" + drawer.ID
	d.Get(cash).Is(200).Count("tbody tr", 50).Has(".pager", "50 trong 60")
	d.Get(cash+"?sort=-amount").Has("tbody tr:first-child", "60.000 đ")
	d.Get(cash+"?sort=amount").Has("tbody tr:first-child", "1.000 đ")
	d.Get(cash+"/print").Is(200).Count("tbody tr", 60)
	if body := d.Get(cash + "?format=csv").Is(200).Body; strings.Count(body, "\n") != n+1 {
		t.Errorf("the drawer's file has %d lines", strings.Count(body, "\n"))
	}
	// Numbers kept for an outage: those that wait, and those that have their answer.
	_, err = d.Desk.Reserve(t.Context(), d.Officer, d.Commune, 0, n)
	do(t, err)
	wait := d.Get("/counter/reserved").Is(200).Count("tbody tr", 50).Has(".pager", "50 trong 60")
	number := wait.Text("tbody tr:first-child th")
	do(t, d.Desk.CancelReserved(t.Context(), d.Officer, d.Commune, []string{number}, "viết hỏng"))
	d.Get("/counter/reserved").Has(".pager", "50 trong 59")
	d.Get("/counter/reserved?state=done").Count("tbody tr", 1).Has("tbody", "viết hỏng").Has("tbody", number)
	d.Get("/counter/reserved?find="+number[len(number)-4:]).Count("tbody tr", 0)
	if body := d.Get("/counter/reserved?state=done&format=csv").Is(200).Body; !strings.Contains(body, number) {
		t.Errorf("the file lacks %s: %q", number, body)
	}
	d.Get("/counter/uncollected?find=nguyen+van+a07").Is(200).Count("tbody tr", 1)
	d.Get("/counter/custody?find=khong+co").Is(200).Count("tbody tr", 0).Has(".pager", "0 trong 0")
	// An original is given back from the page on which it stands.
	p := d.Get("/counter/custody?sort=name")
	form := []string{"to", "Nguyễn Văn An"}
	for _, x := range p.Find("tbody tr form")[:1] {
		for c := x.FirstChild; c != nil; c = c.NextSibling {
			if c.Data == "input" && webtest.Attr(c, "type") == "hidden" {
				form = append(form, webtest.Attr(c, "name"), webtest.Attr(c, "value"))
			}
		}
	}
	d.Post("/counter/custody", form...).To("/counter/custody?sort=name&unit=" + string(d.Commune))
	d.Get("/counter/custody?sort=name").Has(".pager", "50 trong 59")
	// Lists and drawers of a longer time are found by their first day.
	d.Clock.Advance(40 * 24 * time.Hour)
	do(t, d.Desk.GiveList(t.Context(), d.Officer, l.ID, "Trần Văn Nhận"))
	for _, code := range codes {
		do(t, d.Desk.Settle(t.Context(), d.Officer, l.ID, code, "back", 0, ""))
	}
	d.Get("/counter/lists/inside").Is(200).Count("tbody tr", 0)
	d.Get("/counter/lists/inside?since=2026-11-01").Is(200).Count("tbody tr", 1).Has("tbody", "xong")
	d.Get("/counter/lists/inside?since=2026-11-01&format=csv").Is(200)
	d.Get("/counter/cash?since=2026-11-01&format=xlsx").Is(200)
}
