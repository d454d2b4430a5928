package app

import (
	"encoding/json"
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/dossier"
)

func TestFilesHaveNoNumbersUnlessAskedForWithAPurposeAndEachIsNoted(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	d, err := o.desk.Receive(ctx, operator, dossier.Application{Unit: o.commune, Procedure: "1.001193", Channel: dossier.Direct, Person: known})
	o.ok(t, err)
	receive(t, o.rooms, o.commune)
	officer := o.signIn(t, "motcua", actor.Grant{Role: actor.OneStop, Unit: o.commune})
	clerk := o.signIn(t, "chuyenvien", actor.Grant{Role: actor.Specialist, Unit: o.commune})
	chief := o.signIn(t, "chutich", actor.Grant{Role: actor.Chairperson, Unit: o.commune})
	keeper := o.signIn(t, "quantri", actor.Grant{Role: actor.Administrator, Unit: o.province})

	plain := officer.Get("/dossiers?bucket=all&format=csv").Is(200)
	if !strings.Contains(plain.Body, known.Name) || strings.Contains(plain.Body, known.IDNumber) || strings.Contains(plain.Body, known.Phone) || strings.Contains(plain.Body, known.Address) {
		t.Errorf("the plain file is\n%s", plain.Body)
	}
	officer.Get("/dossiers?bucket=all").Has("main a[href^='/dossiers/file']", "số đầy đủ")
	clerk.Get("/dossiers?bucket=all").Count("main a[href^='/dossiers/file']", 0)
	clerk.Get("/dossiers/file?bucket=all").Is(403)
	clerk.Post("/dossiers/file", "bucket", "all", "purpose", "process").Is(403)
	noRawKeys(t, officer.Get("/dossiers/file?bucket=all").Is(200).Has(".facts", "2").Body)
	officer.Post("/dossiers/file", "bucket", "all", "format", "csv").Is(422).Has("#error-summary", "mục đích").Has("main", "2")
	full := officer.Post("/dossiers/file", "bucket", "all", "format", "csv", "purpose", "contact", "purpose_note", "gửi giấy mời").Is(200)
	for _, want := range []string{known.IDNumber, known.Phone, known.Address, known.Agent.IDNumber} {
		if !strings.Contains(full.Body, want) {
			t.Errorf("the file with numbers has no %s", want)
		}
	}
	// By a number that was searched for: it is in no log.
	list := officer.Post("/dossiers/search", "bucket", "all", "q", known.IDNumber)
	at := list.Header.Get("Location")
	officer.Get(strings.Replace(at, "/dossiers?", "/dossiers/file?", 1)).Is(200).Has(".facts", "1")

	program := o.program(t, "cong", []string{"dossier.*"}, actor.Grant{Role: actor.OneStop, Unit: o.commune})
	program.Send("POST", "/api/v1/dossiers/export", "application/json", `{}`).Is(422)
	program.Send("POST", "/api/v1/dossiers/export", "application/json", `{"purpose":"other"}`).Is(400)
	got := program.Send("POST", "/api/v1/dossiers/export", "application/json", `{"purpose":"process","q":"`+known.IDNumber+`"}`).Is(200)
	if !strings.Contains(got.Body, known.Phone) || got.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("the API gives %s", got.Body)
	}
	o.program(t, "doc", []string{"dossier.*"}, actor.Grant{Role: actor.Specialist, Unit: o.commune}).
		Send("POST", "/api/v1/dossiers/export", "application/json", `{"purpose":"process"}`).Is(403)

	chief.Get("/dossiers/"+d.Code+"/looks").Is(200).Has("table", "tệp danh sách có số đầy đủ").Has("table", "gửi giấy mời").Has("table", "tệp danh sách có hồ sơ này")
	officer.Get("/admin/privacy/exports").Is(403)
	page := keeper.Get("/admin/privacy/exports").Is(200).Count("tr[data-row]", 3).Has("table", "gửi giấy mời").Has("table", "bucket=all")
	noRawKeys(t, page.Body)
	if strings.Contains(page.Body, known.IDNumber) {
		t.Error("the page of files tells what was searched for")
	}
	keeper.Get("/admin/privacy/exports?numbers=on").Is(200).Count("tr[data-row]", 2)
	entries, err := audit.Latest(ctx, o.db, audit.Filter{Kind: "export", Limit: 10})
	o.ok(t, err)
	if len(entries) != 2 || entries[1].Reason != "Liên hệ người nộp về hồ sơ: gửi giấy mời" {
		t.Errorf("the trail has %+v", entries)
	}
	var exports struct {
		Items []struct {
			Rows    int
			Numbers bool `json:"with_numbers"`
		}
	}
	reader := o.program(t, "thanhtra", []string{"privacy.look"}, actor.Grant{Role: actor.Auditor, Unit: o.province})
	o.ok(t, json.Unmarshal([]byte(reader.Get("/api/v1/dossier-exports").Is(200).Body), &exports))
	if len(exports.Items) != 3 || exports.Items[0].Rows != 1 || exports.Items[2].Rows != 2 || exports.Items[2].Numbers {
		t.Errorf("the API tells %+v", exports.Items)
	}
}
