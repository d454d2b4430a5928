package app

import (
	"strings"
	"testing"

	"cchc/base/actor"
)

// Programs tell for what they open scans, each token for itself.
func TestProgramsSayForWhatTheyOpenScans(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	d := receive(t, o.rooms, o.commune)
	at := "/api/v1/dossiers/" + d.Code + "/papers"
	counter := o.program(t, "quay", []string{"dossier.*"}, actor.Grant{Role: actor.OneStop, Unit: o.commune})
	counter.Send("POST", at, "application/json", `{"name":"Tờ khai","source":"scanned","file":"JVBERi0xLjQKJSVFT0YK","file_name":"to-khai.pdf"}`).Is(200)
	counter.Get(at + "/1").Is(200)
	auditor := actor.Grant{Role: actor.Auditor, Unit: o.province}
	b := o.program(t, "thanhtra", []string{"dossier.*"}, auditor)
	if got := b.Get(at + "/1").Is(409); !strings.Contains(got.Body, "papers.purpose_first") || !strings.Contains(got.Body, d.Code) {
		t.Errorf("the answer is %s", got.Body)
	}
	b.Send("POST", at+"/purpose", "application/json", `{"purpose":"curiosity"}`).Is(400)
	b.Get(at + "/1").Is(409)
	if got := b.Send("POST", at+"/purpose", "application/json", `{"purpose":"inspection"}`).Is(200); !strings.Contains(got.Body, `"until":"2026-11-23T`) {
		t.Errorf("the answer is %s", got.Body)
	}
	b.Get(at + "/1").Is(200)
	o.program(t, "thanhtra2", []string{"dossier.*"}, auditor).Get(at + "/1").Is(409)
	few := o.program(t, "doc", []string{"dossier.read"}, auditor)
	few.Get(at + "/1").Is(403)
	few.Send("POST", at+"/purpose", "application/json", `{"purpose":"inspection"}`).Is(403)
}
