package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/file"
	"cchc/base/i18n"
	"cchc/base/ledger"
	"cchc/base/look"
	"cchc/base/moment"
	"cchc/dossier"
	"cchc/privacy"
	"cchc/setting"
)

// known is a person of whom something is noted everywhere where it can be.
var known = dossier.Person{Name: "Nguyễn Thị Hồng Gấm", IDNumber: "049185777123", Phone: "0987123456", Email: "hong.gam@example.vn",
	Address: "Thôn Đá Bạc, số 9", Representative: "Lê Quang Vinhh",
	Agent: dossier.Agent{IDNumber: "049070111222", Phone: "0912999888", Relation: "chồng", Document: "GUQ 15/2026"}}

// traces returns where a database still has a text, case aside, of all columns of
// all tables that hold texts or bytes.
func traces(t *testing.T, d *db.DB, texts ...string) []string {
	t.Helper()
	h, err := d.Handle()
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	ctx := context.Background()
	pairs := `SELECT m.name, 'CAST("' || p.name || '" AS TEXT)' FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND p.type IN ('TEXT', 'BLOB', '')`
	if d.Engine() == db.Postgres {
		pairs = `SELECT table_name, quote_ident(column_name) || CASE WHEN data_type = 'bytea' THEN '' ELSE '::text' END FROM information_schema.columns
			WHERE table_schema = 'public' AND data_type IN ('text', 'bytea', 'jsonb', 'json', 'character varying', 'ARRAY')`
	}
	var columns [][2]string
	rows, err := h.QueryContext(ctx, pairs)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var c [2]string
		if err := rows.Scan(&c[0], &c[1]); err != nil {
			t.Fatal(err)
		}
		columns = append(columns, c)
	}
	rows.Close()
	if len(columns) < 200 {
		t.Fatalf("only %d columns were looked at", len(columns))
	}
	var found []string
	for _, c := range columns {
		rows, err := h.QueryContext(ctx, fmt.Sprintf(`SELECT %s FROM %q`, c[1], c[0]))
		if err != nil {
			t.Fatalf("%s.%s: %v", c[0], c[1], err)
		}
		for rows.Next() {
			var text []byte
			if err := rows.Scan(&text); err != nil {
				t.Fatalf("%s.%s: %v", c[0], c[1], err)
			}
			for _, x := range texts {
				if strings.Contains(strings.ToLower(string(text)), strings.ToLower(x)) {
					found = append(found, c[0]+"."+c[1]+": "+x)
				}
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		rows.Close()
	}
	return found
}

func TestNoTraceOfAPersonRemains(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := serveOffice(t)
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(o.openLog(ctx, filepath.Join(t.TempDir(), "key")))
	secrets := []string{known.Name, i18n.Fold(known.Name), known.IDNumber, known.Phone, known.Email, known.Address, known.Representative,
		known.Agent.IDNumber, known.Agent.Phone, known.Agent.Document, "hong gam"}
	if found := traces(t, o.db, secrets...); len(found) > 0 {
		t.Fatalf("there before anything was entered: %v", found)
	}
	app := dossier.Application{Unit: o.commune, Procedure: "1.001193", Channel: dossier.Direct, Person: known}
	d, err := o.desk.Receive(ctx, operator, app)
	check(err)
	app.Person = dossier.Person{Name: "Trần Văn Khác", IDNumber: "049199000111", Representative: known.Name,
		Agent: dossier.Agent{IDNumber: known.IDNumber, Phone: known.Phone, Relation: "chị", Document: "GUQ 16/2026"}}
	forOther, err := o.desk.Receive(ctx, operator, app)
	check(err)
	open := app
	open.Person = known
	still, err := o.desk.Receive(ctx, operator, open)
	check(err)
	// The other asks something too, and goes on doing so when the agent is erased.
	asked, err := o.privacy.Receive(ctx, operator, privacy.New{Code: forOther.Code, Kind: privacy.Access, Name: app.Person.Name, Contact: "đến lấy", Asks: "gửi cho " + known.Name, Identity: "căn cước"})
	check(err)

	// What people type, and what is kept of it elsewhere.
	scan, err := o.scans.Put(ctx, strings.NewReader("%PDF-1.4\n"+known.Name+"\n%%EOF\n"), file.Limits{Types: file.Scans})
	check(err)
	check(o.desk.AddPaper(ctx, operator, d.Code, dossier.Paper{Name: "Căn cước của " + known.Name, Source: "scanned", FileKey: scan.Key, FileName: known.Name + ".pdf",
		FileType: scan.Type.MIME, FileSize: scan.Size}))
	check(o.desk.AskForMore(ctx, operator, d.Code, dossier.Ask{Reason: "bà NGUYỄN THỊ HỒNG GẤM chưa nộp bản sao, gọi " + known.Phone}))
	check(o.desk.Supply(ctx, operator, d.Code, 0, 0))
	check(o.desk.KeepOriginal(ctx, operator, d.Code, "Sổ của "+known.Name, ""))
	originals, err := o.desk.Originals(ctx, o.db, operator, o.commune)
	check(err)
	l, err := o.desk.MakeList(ctx, operator, o.commune, dossier.Inside, "Phòng Tư pháp", []string{d.Code})
	check(err)
	check(o.desk.GiveList(ctx, operator, l.ID, known.Representative))
	check(o.desk.Settle(ctx, operator, l.ID, d.Code, "back", 0, "trả lại "+known.Representative))
	check(o.desk.Finish(ctx, operator, d.Code, dossier.Result{}))
	check(o.desk.Contact(ctx, operator, d.Code, "phone", "gọi "+known.Phone+" không nghe"))
	program := o.program(t, "cong", []string{"dossier.*"}, actor.Grant{Role: actor.OneStop, Unit: o.commune})
	program.Header.Set("Idempotency-Key", "khoa-ngau-nhien-0123456789")
	program.Send("POST", "/api/v1/dossiers/"+d.Code+"/contacts", "application/json", `{"how":"letter","note":"gửi thư"}`).Is(200)
	_, err = o.desk.ReadPerson(ctx, operator, d.Code, look.Reason{Code: look.Other, Note: "gọi " + known.Name})
	check(err)
	_, err = o.desk.TellPurpose(ctx, operator, d.Code, look.Reason{Code: look.Other, Note: "xem giấy của " + known.Name})
	check(err)
	check(o.desk.HandOver(ctx, operator, d.Code, dossier.AtCounter, 0, ""))
	hold, err := o.desk.HoldDossier(ctx, operator, d.Code, "khiếu nại của "+known.Name, "Đơn của "+known.Representative)
	check(err)
	check(o.desk.EndHold(ctx, operator, hold, "đã gọi "+known.Phone))
	check(o.desk.Finish(ctx, operator, forOther.Code, dossier.Result{}))
	if len(traces(t, o.db, known.Name)) < 8 {
		t.Fatalf("the test notes too little: %v", traces(t, o.db, known.Name))
	}

	admin := o.signIn(t, "quantri", actor.Grant{Role: actor.Administrator, Unit: o.province})
	officer := o.signIn(t, "motcua", actor.Grant{Role: actor.OneStop, Unit: o.commune})
	officer.Get("/admin/erase").Is(403)
	officer.Post("/admin/erase", "number", known.IDNumber).Is(403)
	admin.Get("/admin").Has("main a[href='/admin/erase']", "Xoá dữ liệu cá nhân")
	admin.Get("/admin/erase").Is(200).Has("h1", "Xoá dữ liệu")
	admin.Post("/admin/erase", "number", "").Is(422).Has("#error-summary", "số định danh")
	admin.Post("/admin/erase", "code", "H99.101-261123-9999").Is(422)

	// All is within retention, or in progress, or has an original here.
	page := admin.Post("/admin/erase", "number", "049185 777 123").Is(200).Count("tr[data-row]", 3).Count("form[action='/admin/erase/confirm']", 0)
	for _, want := range []string{"đang giải quyết", "bản chính chưa trả", "thời gian lưu"} {
		if !strings.Contains(page.Body, want) {
			t.Errorf("the preview does not say %q", want)
		}
	}
	if strings.Contains(page.Body, known.IDNumber) && strings.Count(page.Body, known.IDNumber) > 1 || page.Header.Get("Cache-Control") != "no-store" {
		t.Error("the preview shows the number, or is kept")
	}
	subject := dossier.Subject{Number: known.IDNumber}
	request := dossier.Erasure{Subject: subject, Codes: []string{d.Code, forOther.Code}, Reason: "yêu cầu của công dân", Document: "Đơn 7, 23/11/2026"}
	if _, err := o.desk.Erase(ctx, operator, request); err == nil {
		t.Fatal("erased what must be kept")
	}
	check(o.desk.GiveBack(ctx, operator, originals[0].ID, known.Name))
	check(o.settings.Change(ctx, operator, setting.Change{Name: dossier.KeepMonths.Name, Unit: o.province, What: setting.Set, Value: "0", From: o.db.Now().Date(), Reason: "thử"}))
	// Somebody proposed to erase it with others, and was refused.
	refused, err := o.privacy.Propose(ctx, operator, o.commune)
	check(err)
	check(o.privacy.Decide(ctx, operator, refused, false, "Đơn của "+known.Representative, "bà "+known.Name+" còn khiếu nại"))
	page = admin.Post("/admin/erase", "number", known.IDNumber).Is(200).Count("form[action='/admin/erase/confirm'] input[name=codes]", 2)
	noRawKeys(t, page.Body)

	before, err := audit.Latest(ctx, o.db, audit.Filter{Kind: "dossier", Object: d.ID, Limit: 100})
	check(err)
	check(o.log.Step(ctx, 0, nil)) // the words are in the log's hashes by now
	form := []string{"number", known.IDNumber, "codes", d.Code, "codes", forOther.Code, "document", "Đơn 7, 23/11/2026"}
	admin.Post("/admin/erase/confirm", append(form, "reason", "theo yêu cầu")...).Is(422).Has("#error-summary", "đối chiếu")
	admin.Post("/admin/erase/confirm", append(form, "sure", "on", "reason", "theo yêu cầu của "+known.Name)...).Is(422).Has("#error-summary", "không ghi tên")
	admin.Post("/admin/erase/confirm", "number", known.IDNumber, "codes", d.Code, "document", "Đơn 7", "sure", "on", "reason", "theo yêu cầu").Is(409)
	admin.Post("/admin/erase/confirm", append(form, "sure", "on", "reason", "theo yêu cầu")...).To("/admin/erase")

	// The one in progress still knows its person; take it away to look for the rest.
	w, err := o.desk.ByCode(ctx, o.db, operator, still.Code)
	check(err)
	if w.Person.Name != known.Name {
		t.Errorf("the open dossier's applicant is %q", w.Person.Name)
	}
	check(o.desk.Stop(ctx, operator, still.Code, "dừng", ""))
	list, others, err := o.desk.Erasables(ctx, o.db, operator, subject)
	check(err)
	if len(list) != 1 || others != 0 || list[0].Problem != nil {
		t.Fatalf("left are %+v, %d", list, others)
	}
	api := o.program(t, "xoa", []string{"dossier.erase"}, actor.Grant{Role: actor.Administrator, Unit: o.province})
	var seen struct {
		Items []struct{ Dossier struct{ Code string } }
	}
	check(json.Unmarshal([]byte(api.Send("POST", "/api/v1/erasures/preview", "application/json", `{"id_number":"049185777123"}`).Is(200).Body), &seen))
	if len(seen.Items) != 1 || seen.Items[0].Dossier.Code != still.Code {
		t.Errorf("the API's preview is %+v", seen)
	}
	api.Send("POST", "/api/v1/erasures", "application/json",
		fmt.Sprintf(`{"id_number":"049185777123","codes":[%q],"reason":"theo yêu cầu","document":"Đơn 7"}`, still.Code)).Is(200)

	if found := traces(t, o.db, secrets...); len(found) > 0 {
		t.Errorf("still there:\n%s", strings.Join(found, "\n"))
	}
	// The log of the trail holds all the same.
	check(o.log.Step(ctx, 0, nil))
	if whole, err := o.checkLog(ctx, ledger.Options{}); err != nil || whole.Wrong != 0 || whole.Erased == 0 || len(whole.Notes) != whole.Erased {
		t.Errorf("the log: %+v, %d erased, notes %+v, %v", whole.Findings, whole.Erased, whole.Notes, err)
	}
	// The scan goes by a job that was left with the write.
	check(o.eraseFiles(ctx, []string{scan.Key}))
	if has, err := o.scans.Has(ctx, scan.Key); has || err != nil {
		t.Errorf("the scan is still stored: %v, %v", has, err)
	}
	// The trail is whole, and its hashes stand for nobody.
	after, err := audit.Latest(ctx, o.db, audit.Filter{Kind: "dossier", Object: d.ID, Limit: 100})
	check(err)
	if len(after) != len(before)+1 || after[0].Verb != "dossier.erase" || after[0].Reason != "theo yêu cầu" {
		t.Errorf("the trail had %d entries and has %d, the last %+v", len(before), len(after), after[0])
	}
	hashed := 0
	for _, e := range after {
		for _, c := range e.Changes {
			if !c.Personal || c.To == "" {
				continue
			}
			hashed++
			for _, value := range secrets {
				if ok, err := audit.Matches(ctx, o.db, "dossier", d.ID, c.Field, value, c.To); ok || err != nil {
					t.Errorf("%s still tells %q: %v", c.Field, value, err)
				}
			}
		}
	}
	if hashed == 0 {
		t.Error("the trail had no hashes to begin with")
	}
	admin.Get("/dossiers/"+d.Code).Is(200).Has("main", dossier.Erased).Has(".notice", "đã được xoá theo yêu cầu")
	admin.Get("/dossiers?bucket=all&q=gam").Count("tr[data-row]", 0)
	if w, err = o.desk.ByCode(ctx, o.db, operator, forOther.Code); err != nil || w.Person.Name != "Trần Văn Khác" || w.Person.Representative != dossier.Erased {
		t.Errorf("the other's dossier: %+v, %v", w.Person, err)
	}
	if r, err := o.privacy.Request(ctx, o.db, operator, asked.ID); err != nil || r.Name != app.Person.Name || r.Contact != "đến lấy" || r.Asks != "gửi cho "+dossier.Erased {
		t.Errorf("what the other asked is %+v, %v", r, err)
	}
	erased, err := o.desk.Erasings(ctx, o.db, w.Dossier)
	if err != nil || len(erased) != 1 || erased[0].Part != dossier.PartAgent || erased[0].At == moment.Instant(0) {
		t.Errorf("what was erased there: %+v, %v", erased, err)
	}
	// Figures and search are what the facts say.
	var wrong bytes.Buffer
	v, err := o.verify(ctx, verifying{found: func(_ int, x dossier.Difference) { fmt.Fprintf(&wrong, "%+v\n", x) }})
	if err != nil || v.Differences > 0 || v.Dossiers != 3 {
		t.Errorf("verified %+v, %v\n%s", v, err, &wrong)
	}
	admin.Header.Set("Accept-Language", "en")
	noRawKeys(t, admin.Get("/admin/erase").Is(200).Has("h1", "Erase").Body)
	noRawKeys(t, admin.Post("/admin/erase", "number", known.IDNumber).Is(200).Has("h2", "No dossier").Body)
}

// What an officer wrote of a person where the day's cash was counted, given back or found
// later goes with the person; what stands beside it in the same drawer stays.
func TestTheReasonsOfADrawerForgetWhoWasErased(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := serveOffice(t)
	d, other := o.known(t), receive(t, o.rooms, o.commune)
	id, err := o.accounts.Create(ctx, operator, auth.NewAccount{Login: "thuquy", Name: "thuquy", Password: testPassword, Grants: []actor.Grant{{Role: actor.OneStop, Unit: o.commune}}})
	o.ok(t, err)
	officer, err := auth.Load(ctx, o.db, id, o.db.Now().Date())
	o.ok(t, err)
	drawer, err := o.desk.OpenCash(ctx, officer, o.commune, 0)
	o.ok(t, err)
	for _, code := range []string{d.Code, other.Code} {
		o.ok(t, o.desk.Pay(ctx, officer, code, dossier.Payment{Amount: 8_000, Channel: "cash"}))
	}
	w, err := o.desk.ByCode(ctx, o.db, officer, d.Code)
	o.ok(t, err)
	for _, f := range w.Facts {
		if f.Kind == dossier.FPaid {
			o.ok(t, o.desk.Correct(ctx, officer, d.Code, f.Seq, "bà "+known.Name+" được miễn"))
		}
	}
	// 8,000 should lie there; 5,000 do, and the rest is found the next day.
	o.ok(t, o.desk.CloseCash(ctx, officer, drawer.ID, map[int64]int64{5_000: 1}, "đưa nhầm bà NGUYỄN THỊ HỒNG GẤM 3.000 đồng"))
	o.clock.Advance(24 * time.Hour)
	o.ok(t, o.desk.AdjustCash(ctx, officer, drawer.ID, 3_000, "bà "+known.Name+" mang trả"))
	o.ok(t, o.desk.Finish(ctx, operator, d.Code, dossier.Result{}))
	o.ok(t, o.desk.HandOver(ctx, operator, d.Code, dossier.AtCounter, 0, ""))
	o.ok(t, o.settings.Change(ctx, operator, setting.Change{Name: dossier.KeepMonths.Name, Unit: o.province, What: setting.Set, Value: "0", From: o.db.Now().Date(), Reason: "thử"}))
	before := strings.Join(traces(t, o.db, known.Name), "\n")
	for _, column := range []string{"cash_session.", "cash_entry.", "audit_entry."} {
		if !strings.Contains(before, column) {
			t.Fatalf("the test notes too little, nothing in %s:\n%s", column, before)
		}
	}

	_, err = o.desk.Erase(ctx, operator, dossier.Erasure{Subject: dossier.Subject{Number: known.IDNumber}, Codes: []string{d.Code}, Reason: "theo yêu cầu", Document: "Đơn 7"})
	o.ok(t, err)
	if found := traces(t, o.db, known.Name, i18n.Fold(known.Name)); len(found) > 0 {
		t.Errorf("still there:\n%s", strings.Join(found, "\n"))
	}
	day, err := o.desk.Cash(ctx, o.db, officer, drawer.ID)
	o.ok(t, err)
	reasons := []string{day.Reason}
	for _, e := range day.Entries {
		reasons = append(reasons, e.Reason)
	}
	want := []string{"đưa nhầm bà " + dossier.Erased + " 3.000 đồng", "", "", "bà " + dossier.Erased + " được miễn", "bà " + dossier.Erased + " mang trả"}
	if !slices.Equal(reasons, want) || day.Difference() != 0 || day.Expected() != 8_000 {
		t.Errorf("the drawer says %q, want %q; expected %d, difference %d", reasons, want, day.Expected(), day.Difference())
	}
}

// noRawKeys fails when a page shows the key of a message that has no words.
func noRawKeys(t *testing.T, body string) {
	t.Helper()
	for _, prefix := range []string{">erase.", ">admin.", ">exchange.", ">dossierweb.", ">privacy.", ">look."} {
		if i := strings.Index(body, prefix); i >= 0 {
			t.Errorf("the page shows %.60q", body[i:])
		}
	}
}
