package procedureweb_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"cchc/base/moment"
	"cchc/base/web/webtest"
	"cchc/calendar"
	"cchc/dossier/dossiertest"
	"cchc/procedure"
	"cchc/procedure/procedureweb"
)

// The catalogue sorts both ways, pages, comes as files of exactly what is shown,
// and keeps a person's filters, as every list does.
func TestTheCatalogueIsAListLikeTheOthers(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	for i := range 60 {
		_, err := o.Editor.NewVersion(t.Context(), o.Admin, procedure.Version{Code: fmt.Sprintf("9.%06d", i), Name: fmt.Sprintf("Thủ tục %c%02d", 'A', 59-i), Sector: "Thử",
			Level: procedure.Commune, Channels: procedure.Channels, From: moment.NewDate(2026, 1, 1),
			Limits: []procedure.Limit{{Limit: calendar.Limit{Qty: 3000, Unit: calendar.WorkingDay}}}}, "QĐ thử")
		if err != nil {
			t.Fatal(err)
		}
	}
	b := open(t, o, o.Admin)
	at := procedureweb.Path + "?sector=Th%E1%BB%AD"
	codes := func(address string) (out []string) {
		for next := address; next != ""; {
			p := b.Get(next).Is(200)
			for _, n := range p.Find("tr[data-row] td:first-child") {
				out = append(out, webtest.Text(n))
			}
			next = p.Attr("a[rel=next]", "href")
		}
		return out
	}
	up := codes(at + "&sort=code")
	down := codes(at + "&sort=-code")
	slices.Reverse(down)
	if len(up) != 60 || !slices.IsSorted(up) || !slices.Equal(up, down) {
		t.Errorf("by code up %v, down reversed %v", up, down)
	}
	byName := codes(at + "&sort=name")
	slices.Reverse(byName)
	if !slices.Equal(up, byName) {
		t.Errorf("by name %v", byName)
	}
	file := strings.Split(strings.TrimSpace(b.Get(at+"&sort=-code&format=csv").Is(200).Body), "\n")
	if len(file) != 61 || !strings.HasPrefix(file[1], "9.000059,") {
		t.Errorf("the file has %d lines and begins with %q", len(file), file[1])
	}
	if body := b.Get(at + "&format=xlsx").Is(200).Body; !strings.HasPrefix(body, "PK") {
		t.Error("the workbook is none")
	}
	b.Get(at).Has(".pager", "50 trong 60")
	b.Post("/views/procedures", "name", "Lĩnh vực Thử", "query", "sector=Thử&q=tu", "default", "on").To(at)
	b.Get(procedureweb.Path).To(at)
}
