package dossierweb_test

import (
	"strings"
	"testing"

	"cchc/dossier/dossiertest"
)

func TestAnOutageIsWorkedThroughOnPaper(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	d.Post("/counter/reserved", "count", "x").Is(422).Count("[name=count][value=x]", 1)
	to := d.Post("/counter/reserved", "count", "2").Header.Get("Location")
	if !strings.HasPrefix(to, "/counter/reserved/") {
		t.Fatalf("reserving led to %q", to)
	}
	const one, two = "H99.101-261123-0001", "H99.101-261123-0002"
	noKeys(t, d.Get(to).Is(200).Count("section svg", 2).Has("main", one).Has("main", two))
	noKeys(t, d.Get("/counter/reserved").Is(200).Count("a[href='/dossiers/new?reserved="+one+"']", 1))
	d.Get("/dossiers/new?reserved="+one).Is(200).Has(".notice", one).Count("[name=reserved][value='"+one+"']", 1).Count("details[open] [name=at]", 1)
	form := []string{"unit", string(d.Commune), "procedure", dossiertest.Birth, "channel", "direct", "name", "A", "reserved", one}
	d.Clock.Set("2026-11-26 09:00")
	d.Post("/dossiers", form...).Is(422).Has("#error-summary a[href='#f-at']", "trên giấy").Count("[name=reserved][value='"+one+"']", 1)
	d.Post("/dossiers", append(form, "at", "23/11/2026 14:00")...).To("/dossiers/" + one + "?received=1")
	noKeys(t, d.Get("/counter").Has("main", "1 số của ngày đã qua"))
	d.Post("/counter/reserved/cancel", "code", two).Is(422).Has("#error-summary a[href='#f-reason']", "Nhập lý do").Count("[name=code][checked]", 1)
	d.Post("/counter/reserved/cancel", "code", two, "reason", "không dùng").To("/counter/reserved?unit=" + string(d.Commune))
	noKeys(t, d.Get("/counter/reserved?state=done").Has("main", "không dùng").Has("main", "đã nhập hồ sơ"))
	d.as(d.OtherOfficer).Get(to).Is(403)
	d.as(d.CommuneChair).Get("/counter/reserved").Is(200).Count("[name=count]", 0)
}
