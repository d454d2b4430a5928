package dossierweb_test

import (
	"encoding/json"
	"strings"
	"testing"

	"cchc/base/api"
	"cchc/base/web"
	"cchc/base/web/webtest"
	"cchc/dossier/dossiertest"
	"cchc/dossier/dossierweb"
)

// serveAPI adds the API to the pages.
func serveAPI(t *testing.T) (*listSite, *api.API) {
	s := serveLists(t)
	a := api.New(s.mux, "1.0.0")
	(&dossierweb.API{Desk: s.Desk}).Register(a)
	return s, a
}

type answer struct {
	Dossier struct {
		Code, Verdict, Waiting, Outcome, Due, DuePromised, Unit, Channel string
		Due_promised                                                     string
		Status                                                           int
		Overdue                                                          bool
		Step                                                             *struct{ Name string }
	}
	Rating_token string
	Person       struct{ Name, Phone, ID_number string }
	Facts        []struct{ Kind, Reason string }
	Items        []struct {
		Dossier   struct{ Code string }
		Applicant string
	}
	Next  string
	Total map[string]int64
	Lines []map[string]any
}

// call sends JSON and reads the answer, which must have the status.
func call(t *testing.T, b *webtest.Browser, method, path, body string, status int) answer {
	t.Helper()
	b.Header.Set("Accept", "application/json")
	var p *webtest.Page
	if method == "GET" {
		p = b.Get(path)
	} else {
		p = b.Send(method, path, "application/json", body)
	}
	if p.Status != status {
		t.Fatalf("%s %s answered %d, want %d: %s", method, path, p.Status, status, p.Body)
	}
	var out answer
	if err := json.Unmarshal([]byte(p.Body), &out); err != nil {
		t.Fatalf("%s %s: %v in %s", method, path, err, p.Body)
	}
	return out
}

const application = `{"unit":"H99.101","procedure":"` + dossiertest.Birth + `","channel":"online","person":{"name":"Nguyễn Thị Ánh","phone":"0905123456","id_number":"049185001234"},
	"papers":[{"name":"Tờ khai","source":"scanned"}]}`

func TestADossierGoesThroughByTheAPI(t *testing.T) {
	t.Parallel()
	s, _ := serveAPI(t)
	b, by := s.as(s.Officer), s.as(s.Specialist)
	got := call(t, b, "POST", "/api/v1/dossiers", application, 201)
	code := got.Dossier.Code
	if got.Dossier.Due != "2026-11-27T17:00:00+07:00" || got.Dossier.Status != 2 || len(got.Rating_token) != 26 || got.Dossier.Unit != string(s.Commune) {
		t.Errorf("received %+v", got)
	}
	path := "/api/v1/dossiers/" + code
	got = call(t, b, "GET", path, "", 200)
	if got.Person.Name != "Nguyễn Thị Ánh" || strings.Contains(got.Person.Phone+got.Person.ID_number, "0905") || len(got.Facts) < 2 {
		t.Errorf("the dossier is told as %+v", got)
	}
	if got = call(t, by, "POST", path+"/supplement", `{"reason":"Thiếu giấy chứng sinh"}`, 200); got.Dossier.Waiting != "supplement" || got.Dossier.Status != 5 {
		t.Errorf("after asking for papers: %+v", got.Dossier)
	}
	if got = call(t, b, "POST", path+"/supply", `{}`, 200); got.Dossier.Waiting != "" {
		t.Errorf("after the papers came: %+v", got.Dossier)
	}
	step := got.Dossier.Step.Name
	if got = call(t, by, "POST", path+"/forward", `{"note":"đã thẩm định"}`, 200); got.Dossier.Step == nil || got.Dossier.Step.Name == step {
		t.Errorf("after forwarding the step is %+v, as before", got.Dossier.Step)
	}
	if got = call(t, b, "POST", path+"/apologise", `{"reason":"Chờ xác minh","until":"2026-12-04T17:00:00+07:00"}`, 200); got.Dossier.Due_promised != "2026-12-04T17:00:00+07:00" {
		t.Errorf("after apologising: %+v", got.Dossier)
	}
	if got = call(t, by, "POST", path+"/finish", `{"electronic":true}`, 200); got.Dossier.Verdict != "early" || got.Dossier.Outcome != "finished" {
		t.Errorf("after finishing: %+v", got.Dossier)
	}
	if got = call(t, b, "POST", path+"/return", `{"how":"post","tracking":"EX123VN"}`, 200); got.Dossier.Status != 10 {
		t.Errorf("after returning: %+v", got.Dossier)
	}
	call(t, by, "POST", path+"/finish", `{}`, 409)
	s.Clean(t)
}

func TestAnApplicationSentTwiceIsReceivedOnce(t *testing.T) {
	t.Parallel()
	s, _ := serveAPI(t)
	b := s.as(s.Officer)
	b.Header.Set("Idempotency-Key", "0198c0de-7c1e-7b7e-9f10-0a1b2c3d4e5f")
	first := call(t, b, "POST", "/api/v1/dossiers", application, 201)
	again := call(t, b, "POST", "/api/v1/dossiers", application, 201)
	if first.Dossier.Code != again.Dossier.Code || first.Rating_token != again.Rating_token {
		t.Errorf("received %s and %s", first.Dossier.Code, again.Dossier.Code)
	}
	call(t, b, "POST", "/api/v1/dossiers", strings.Replace(application, "Ánh", "Bình", 1), 409)
	b.Header.Set("Idempotency-Key", "short")
	call(t, b, "POST", "/api/v1/dossiers", application, 422)
	b.Header.Set("Idempotency-Key", "0198c0de-7c1e-7b7e-9f10-0a1b2c3d4e60")
	if other := call(t, b, "POST", "/api/v1/dossiers", application, 201); other.Dossier.Code == first.Dossier.Code {
		t.Error("another key gave the same dossier")
	}
}

func TestTheAPIChecksRightsAndOrigin(t *testing.T) {
	t.Parallel()
	s, _ := serveAPI(t)
	d := s.Receive(t, dossiertest.Birth)
	before := snapshot(t, s)
	path := "/api/v1/dossiers/" + d.Code
	visitor := s.Other()
	call(t, visitor, "GET", path, "", 401)
	call(t, visitor, "POST", "/api/v1/dossiers", application, 401)
	other := s.as(s.OtherOfficer)
	call(t, other, "GET", path, "", 403)
	call(t, other, "POST", "/api/v1/dossiers", application, 403)
	call(t, other, "GET", "/api/v1/dossiers?unit=H99.101", "", 403)
	call(t, other, "GET", "/api/v1/reports/ii06a?from=2026-10-01&to=2026-10-31&unit=H99.101", "", 403)
	for verb, body := range map[string]string{"finish": `{}`, "return": `{"how":"counter"}`, "forward": `{}`, "apologise": `{"reason":"x","until":"2026-12-30T17:00:00+07:00"}`,
		"supplement": `{"reason":"x"}`, "supply": `{}`} {
		call(t, other, "POST", path+"/"+verb, body, 403)
		call(t, s.as(s.Auditor), "POST", path+"/"+verb, body, 403)
		if p := s.as(s.Officer).Get(path + "/" + verb); p.Status != 405 {
			t.Errorf("GET %s answered %d, want 405", verb, p.Status)
		}
	}
	cross := s.as(s.Officer)
	cross.Header.Set("Sec-Fetch-Site", "cross-site")
	call(t, cross, "POST", path+"/finish", `{}`, 403)
	if after := snapshot(t, s); after != before {
		t.Error("something changed")
	}
}

func TestTheAPITellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	s, _ := serveAPI(t)
	b := s.as(s.Officer)
	b.Header.Set("Accept", "application/json")
	for _, x := range []struct {
		path, body string
		status     int
		location   string
		key        string
	}{
		{"/api/v1/dossiers", strings.Replace(application, dossiertest.Birth, "9.999999", 1), 400, "procedure", "dossier.procedure_unknown"},
		{"/api/v1/dossiers", strings.Replace(application, "0905123456", "call me", 1), 400, "phone", "dossier.phone_wrong"},
		{"/api/v1/dossiers", strings.Replace(application, "online", "pigeon", 1), 422, "body.channel", "schema"},
		{"/api/v1/dossiers", strings.Replace(application, "H99.101", "H99.999", 1), 403, "", ""},
	} {
		p := b.Send("POST", x.path, "application/json", x.body).Is(x.status)
		var problem web.Problem
		if err := json.Unmarshal([]byte(p.Body), &problem); err != nil || p.Header.Get("Content-Type") != "application/problem+json" {
			t.Fatalf("%v: %s", err, p.Body)
		}
		if x.location != "" && (len(problem.Errors) != 1 || problem.Errors[0].Location != x.location || problem.Errors[0].Key != x.key) {
			t.Errorf("%s is told as %+v", x.body, problem)
		}
	}
	call(t, b, "GET", "/api/v1/dossiers/H99.101-261123-9999", "", 404)
	call(t, b, "GET", "/api/v1/reports/ii06a?from=2026-10-31&to=2026-10-01", "", 400)
	call(t, b, "GET", "/api/v1/reports/ii06a?from=2026-10-31", "", 422)
}

func TestTheAPIListsAndReports(t *testing.T) {
	t.Parallel()
	s, _ := serveAPI(t)
	for range 7 {
		s.Receive(t, dossiertest.Birth)
	}
	b := s.as(s.Officer)
	seen := map[string]bool{}
	for cursor := ""; ; {
		got := call(t, b, "GET", "/api/v1/dossiers?unit=H99.101&limit=3&cursor="+cursor, "", 200)
		for _, x := range got.Items {
			seen[x.Dossier.Code] = true
			if x.Applicant != "Nguyễn Thị Ánh" {
				t.Errorf("the applicant is %q", x.Applicant)
			}
		}
		if cursor = got.Next; cursor == "" {
			break
		}
	}
	if len(seen) != 7 {
		t.Errorf("the pages of the list have %d dossiers, want 7", len(seen))
	}
	// The same with what is looked for in the body, where numbers of persons belong.
	seen = map[string]bool{}
	for cursor := ""; ; {
		got := call(t, b, "POST", "/api/v1/dossiers/search", `{"unit":"H99.101","q":"nguyen thi anh","limit":3,"cursor":"`+cursor+`"}`, 200)
		for _, x := range got.Items {
			seen[x.Dossier.Code] = true
		}
		if cursor = got.Next; cursor == "" {
			break
		}
	}
	if len(seen) != 7 {
		t.Errorf("the pages of the search have %d dossiers, want 7", len(seen))
	}
	if got := call(t, b, "POST", "/api/v1/dossiers/search", `{"q":"không có ai"}`, 200); len(got.Items) != 0 {
		t.Errorf("found %v", got.Items)
	}
	call(t, b, "POST", "/api/v1/dossiers/search", `{"bucket":"none"}`, 422)
	if got := call(t, b, "GET", "/api/v1/dossiers?bucket=overdue", "", 200); got.Items == nil || len(got.Items) != 0 {
		t.Errorf("nothing is overdue, and the list is %v", got.Items)
	}
	got := call(t, b, "GET", "/api/v1/reports/ii06a?from=2026-11-01&to=2026-11-30&by=sector", "", 200)
	if got.Total["received"] != 7 || got.Total["in_time"] != 7 || len(got.Lines) != 1 || got.Lines[0]["key"] != "Hộ tịch" {
		t.Errorf("the report is %+v", got)
	}
}
