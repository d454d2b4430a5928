package app

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/calendar"
	"cchc/dossier"
	"cchc/privacy"
	"cchc/privacy/privacyweb"
	"cchc/setting"
)

// known registers a dossier of the known person.
func (o *office) known(t *testing.T) dossier.Dossier {
	t.Helper()
	d, err := o.desk.Receive(ctx, operator, dossier.Application{Unit: o.commune, Procedure: "1.001193", Channel: dossier.Direct, Person: known,
		Papers: []dossier.Paper{{Name: "Tờ khai đăng ký khai sinh", Source: "paper"}}})
	o.ok(t, err)
	return d
}

func TestAPersonAsksForTheirDataAndGetsAllOfIt(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	d := o.known(t)
	second := o.known(t)
	other := receive(t, o.rooms, o.commune)
	const path = "/admin/privacy/requests"

	// From the public page: a wrong code and wrong digits are answered alike.
	o.signIn(t, "ai-do", actor.Grant{Role: actor.Auditor, Unit: o.commune}) // there is an account: no first run
	visitor := o.b.Other()
	noRawKeys(t, visitor.Get("/my-data?code="+d.Code).Is(200).Has("h1", "dữ liệu cá nhân").Body)
	wrong := visitor.Post("/my-data", "code", d.Code, "digits", "0000", "kind", "access", "name", "Gấm").Is(422).Text("#error-summary")
	if none := visitor.Post("/my-data", "code", "H99.101-261123-9999", "digits", "3456", "kind", "access", "name", "Gấm").Is(422).Text("#error-summary"); none != wrong {
		t.Errorf("a wrong code is answered %q, wrong digits %q", none, wrong)
	}
	visitor.Post("/my-data", "code", d.Code, "digits", "3456", "kind", "delete", "name", "").Is(422).Count("#error-summary li", 2)
	o.clock.Set("2026-11-27T16:00") // Friday
	officer := o.signIn(t, "motcua", actor.Grant{Role: actor.OneStop, Unit: o.commune})
	keeper := o.signIn(t, "quantri", actor.Grant{Role: actor.Administrator, Unit: o.commune})
	clerk := o.signIn(t, "chuyenvien", actor.Grant{Role: actor.Specialist, Unit: o.commune})
	officer.Get("/dossiers/" + d.Code)
	sent := visitor.Post("/my-data", "code", d.Code, "digits", "3456", "kind", "access", "name", known.Name, "contact", "đến lấy").Is(200).Has(".notice", "YC-0001/2026")
	if strings.Contains(sent.Body, known.IDNumber) || strings.Contains(sent.Body, known.Phone) {
		t.Error("the visitor is shown numbers")
	}
	visitor.Post("/my-data", "code", d.Code, "digits", "3456", "kind", "access", "name", "ai đó").Is(409).Has("#error-summary", "YC-0001/2026")

	// Two working days: Monday and Tuesday.
	list, err := o.privacy.Requests(ctx, o.db, operator, true, 10)
	o.ok(t, err)
	if len(list) != 1 || list[0].Due.Date().VN() != "01/12/2026" || list[0].Channel != privacy.Public {
		t.Fatalf("registered: %+v", list)
	}
	id := list[0].ID
	clerk.Get(path).Is(403)
	clerk.Get(path + "/" + id).Is(403)
	officer.Get("/admin").Is(200).Has("main a[href='"+path+"']", "chủ thể dữ liệu")
	noRawKeys(t, officer.Get(path).Is(200).Count("tr[data-row]", 1).Has("tr[data-row]", "chờ trả lời").Body)
	page := officer.Get(path+"/"+id).Is(200).Has("main", known.Name)
	noRawKeys(t, page.Body)
	noRawKeys(t, officer.Get(path+"/"+id+"/letter").Is(200).Has("h1", "GIẤY NHẬN").Body)

	// Nobody made sure who asks: nothing is opened or granted.
	officer.Post(path+"/"+id+"/data", "format", "json").Is(409)
	officer.Post(path+"/"+id+"/answer", "outcome", "granted", "answer", "Đã trao").Is(422).Has("#error-summary", "đối chiếu")
	officer.Post(path+"/"+id+"/identify", "identity", "").Is(422)
	officer.Post(path+"/"+id+"/identify", "identity", "xem thẻ căn cước tại quầy").To(path + "/" + id)
	keeper.Post(path+"/"+id+"/data", "format", "json").Is(403) // citizens' numbers are no business of the keeper's
	people, err := o.privacy.People(ctx, o.db, o.commune)
	o.ok(t, err)
	officer.Post(path+"/"+id+"/assign", "account", "nobody").Is(422)
	officer.Post(path+"/"+id+"/assign", "account", people[0].Account).To(path + "/" + id)

	// Nobody opened the data: nobody can have given them.
	noRawKeys(t, officer.Post(path+"/"+id+"/answer", "outcome", "granted", "answer", "Đã trao").Is(422).Has("#error-summary", "Chưa ai mở dữ liệu").Body)
	file := officer.Post(path+"/"+id+"/data", "format", "json").Is(200)
	var got privacy.Data
	o.ok(t, json.Unmarshal([]byte(file.Body), &got))
	if len(got.Dossiers) != 2 || got.Request != "YC-0001/2026" {
		t.Fatalf("the file has %+v", got)
	}
	held := got.Dossiers[0]
	if held.Code != d.Code {
		held = got.Dossiers[1]
	}
	if held.Person["id_number"] != known.IDNumber || held.Person["address"] != known.Address || len(held.Papers) != 1 || len(held.Events) < 2 || len(held.Looks) == 0 || len(held.Requests) != 1 {
		t.Errorf("the dossier holds %+v", held)
	}
	if strings.Contains(file.Body, other.Code) || strings.Contains(file.Body, "dossierweb.") || strings.Contains(file.Body, "privacy.look") {
		t.Errorf("the file has another's dossier or raw keys:\n%s", file.Body)
	}
	paper := officer.Post(path+"/"+id+"/data", "format", "paper").Is(200).Has("main", known.IDNumber).Has("main", second.Code)
	noRawKeys(t, paper.Body)
	looks, err := o.desk.Looks.Of(ctx, o.db, second.ID, 100)
	o.ok(t, err)
	if len(looks) == 0 || !strings.Contains(looks[0].Purpose, "YC-0001/2026") {
		t.Errorf("opening it was not noted at the other dossier: %+v", looks)
	}

	officer.Post(path+"/"+id+"/answer", "outcome", "granted", "answer", "Đã trao tại quầy.").To(path + "/" + id)
	officer.Post(path+"/"+id+"/answer", "outcome", "granted", "answer", "Lần nữa").Is(409)
	noRawKeys(t, officer.Get(path+"/"+id+"/letter").Is(200).Has("h1", "TRẢ LỜI").Has("main", "Đã trao tại quầy.").Body)
	officer.Get(path+"?all=on").Has("tr[data-row]", "đã đáp ứng")
	officer.Get(path).Count("tr[data-row]", 0)
	trail, err := audit.Latest(ctx, o.db, audit.Filter{Kind: "subject_request", Limit: 20})
	o.ok(t, err)
	if len(trail) != 6 { // received, identified, assigned, data twice, answered
		t.Errorf("the trail has %d entries", len(trail))
	}
	officer.Header.Set("Accept-Language", "en")
	noRawKeys(t, officer.Get(path+"/"+id).Is(200).Has("h1", "Request").Body)
}

func TestACorrectionAndAnErasureAreDoneByTheirVerbsOrRefusedWithAReason(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	d := o.known(t)
	officer := o.signIn(t, "motcua", actor.Grant{Role: actor.OneStop, Unit: o.commune})
	keeper := o.signIn(t, "quantri", actor.Grant{Role: actor.Administrator, Unit: o.province})
	const path = "/admin/privacy/requests"
	ask := func(kind, asks string) string {
		t.Helper()
		r, err := o.privacy.Receive(ctx, operator, privacy.New{Code: d.Code, Kind: kind, Name: known.Name, Asks: asks, Identity: "xem thẻ"})
		o.ok(t, err)
		return path + "/" + r.ID
	}
	officer.Post(path, "code", "H99.101-261123-9999", "kind", "access", "name", "A").Is(422).Has("#error-summary a[href='#f-code']", "")
	officer.Post(path, "code", d.Code, "kind", "correct", "name", "A").Is(422).Has("#error-summary", "điều cần sửa")

	at := ask(privacy.Correct, "điện thoại ghi sai")
	keeper.Post(at+"/answer", "outcome", "granted", "answer", "Đã sửa.", "phone", "0911222333").Is(403) // corrects nothing
	officer.Post(at+"/answer", "outcome", "granted", "answer", "Đã sửa.", "phone", "12").Is(422).Has("#error-summary a[href='#f-phone']", "")
	officer.Post(at+"/answer", "outcome", "granted", "answer", "Đã sửa.").Is(422)
	officer.Post(at+"/answer", "outcome", "granted", "answer", "Đã sửa.", "phone", "0911 222 333", "to_name", "Nguyễn Thị Hồng Gấm Mới").To(at)
	if _, err := o.desk.Public(ctx, o.db, d.Code, "2333"); err != nil {
		t.Errorf("the phone is not the corrected one: %v", err)
	}
	officer.Get("/dossiers?bucket=all&q=moi").Count("tr[data-row]", 1) // found by the new name
	trail, err := audit.Latest(ctx, o.db, audit.Filter{Kind: "dossier", Object: d.ID, Limit: 1})
	o.ok(t, err)
	for _, c := range trail[0].Changes {
		if strings.Contains(c.To+c.From, "0911") || strings.Contains(c.To+c.From, "Gấm") {
			t.Errorf("the trail has the values: %+v", c)
		}
	}

	// The dossier is in progress: it cannot be erased, and that is the reason.
	at = ask(privacy.Delete, "xoá hết")
	officer.Get(at).Is(200).Has("main", "giao cho người quản trị")
	keeper.Get(at).Is(200).Has("main", "đang giải quyết")
	keeper.Post(at+"/answer", "outcome", "granted", "answer", "Đã xoá.").Is(409)
	keeper.Post(at+"/answer", "outcome", "refused", "answer", "Chưa xoá được.").Is(422).Has("#error-summary", "căn cứ")
	keeper.Post(at+"/answer", "outcome", "refused", "answer", "Chưa xoá được.", "basis", "Hồ sơ đang giải quyết").To(at)
	keeper.Get(at+"/letter").Has("main", "không được đáp ứng").Has("main", "Căn cứ: Hồ sơ đang giải quyết")

	o.ok(t, o.desk.Stop(ctx, operator, d.Code, "dừng", ""))
	o.ok(t, o.settings.Change(ctx, operator, setting.Change{Name: dossier.KeepMonths.Name, Unit: o.province, What: setting.Set, Value: "0", From: o.db.Now().Date(), Reason: "thử"}))
	at = ask(privacy.Delete, "xoá hết của "+known.Name)
	keeper.Get(at).Is(200).Count("input[name=codes]", 1)
	keeper.Post(at+"/answer", "outcome", "granted", "answer", "Đã xoá.", "codes", d.Code).To(at)
	if found := traces(t, o.db, known.IDNumber, known.Name, "0911222333", known.Address); len(found) > 0 {
		t.Errorf("still there: %v", found)
	}
	keeper.Get(at).Is(200).Has("main", dossier.Erased).Has("main", "đã đáp ứng")
}

func TestALateAnswerIsToldToThoseWhoMayAnswer(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	d := o.known(t)
	officer := o.signIn(t, "motcua", actor.Grant{Role: actor.OneStop, Unit: o.commune})
	_, err := o.privacy.Receive(ctx, operator, privacy.New{Code: d.Code, Kind: privacy.Access, Name: "Gấm"})
	o.ok(t, err)
	o.ok(t, o.tellRequests(ctx))
	o.ok(t, o.tellRequests(ctx))
	officer.Get("/notices").Is(200).Has("main", "YC-0001/2026")
	o.clock.Advance(5 * 24 * time.Hour)
	o.ok(t, o.tellRequests(ctx))
	officer = o.b.Other()
	officer.Post("/sign-in", "login", "motcua", "password", testPassword)
	officer.Get("/notices").Is(200).Has("main", "Quá hạn trả lời yêu cầu YC-0001/2026")
	officer.Get("/admin/privacy/requests").Has("tr[data-row]", "quá hạn trả lời")
	officer.Get("/admin").Has("main", "1 yêu cầu chờ trả lời")
}

// Who was given a request is told alone for as long as they may answer. When they left, or
// have the role no more, all who may answer are told, of what waits and of what is late:
// nobody would be otherwise.
func TestWhenTheHolderOfARequestLeftAllWhoMayAnswerAreTold(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	for _, login := range []string{"cuong", "dung", "hai"} {
		o.signIn(t, login, actor.Grant{Role: actor.OneStop, Unit: o.commune})
	}
	o.signIn(t, "chuyenvien", actor.Grant{Role: actor.Specialist, Unit: o.commune}) // answers nothing
	list, err := o.accounts.List(ctx, operator)
	o.ok(t, err)
	account, grant := map[string]string{}, map[string]string{}
	for _, a := range list {
		account[a.Login] = a.ID
		grant[a.Login] = a.Grants[0].ID
	}
	held := map[string]privacy.Request{}
	for _, login := range []string{"cuong", "dung"} {
		r, err := o.privacy.Receive(ctx, operator, privacy.New{Code: o.known(t).Code, Kind: privacy.Access, Name: known.Name})
		o.ok(t, err)
		o.ok(t, o.privacy.Assign(ctx, operator, r.ID, account[login]))
		held[login] = r
	}
	// told lists who has news of a request, by login.
	told := func(event string, r privacy.Request) (out string) {
		t.Helper()
		o.ok(t, o.tellRequests(ctx))
		o.ok(t, o.tellRequests(ctx)) // nobody twice
		logins, err := db.All(ctx, o.db, toldOf, func(r db.Scanner) (s string, err error) { err = r.Scan(&s); return s, err },
			event, privacyweb.Path+"/requests/"+r.ID)
		o.ok(t, err)
		return strings.Join(logins, " ")
	}
	is := func(when, event, login, want string) {
		t.Helper()
		if got := told(event, held[login]); got != want {
			t.Errorf("%s, of what %s holds %q are told (%s), want %q", when, login, got, event, want)
		}
	}
	is("all are there", "privacy_request", "cuong", "cuong")
	is("all are there", "privacy_request", "dung", "dung")
	o.ok(t, o.accounts.Disable(ctx, operator, account["cuong"], "nghỉ việc"))
	is("cuong left", "privacy_request", "cuong", "cuong dung hai")
	is("cuong left", "privacy_request", "dung", "dung")
	o.clock.Advance(5 * 24 * time.Hour)
	is("cuong left", "privacy_late", "cuong", "dung hai")
	is("cuong left", "privacy_late", "dung", "dung")
	o.ok(t, o.accounts.Revoke(ctx, operator, account["dung"], grant["dung"], o.db.Now().Date()))
	is("dung has the role no more", "privacy_late", "dung", "dung hai")
}

// toldOf lists who was told of something, as often as they were.
var toldOf = db.SQL("requests_test.told", `
	SELECT a.login
	FROM notice n
	JOIN account a ON a.id = n.account_id
	WHERE n.event = $1 AND n.link = $2
	ORDER BY a.login`)

var codeTyped = db.SQL("requests_test.typed", `UPDATE subject_request SET code = $1 WHERE dossier_id = $2`)

// People type a code as they like: in small letters, the day in eight digits. What they
// ask is granted by the dossier's own.
func TestARequestByACodeTypedOtherwiseIsGranted(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	d := o.known(t)
	agency, rest, _ := strings.Cut(d.Code, "-")
	typed := " " + strings.ToLower(agency) + "-20" + rest
	seen, err := o.privacy.ReceivePublic(ctx, privacy.New{Code: typed, Kind: privacy.Access, Name: known.Name}, "3456")
	o.ok(t, err)
	wrong, err := o.privacy.ReceivePublic(ctx, privacy.New{Code: strings.ToLower(d.Code), Kind: privacy.Correct, Name: known.Name, Asks: "điện thoại ghi sai"}, "3456")
	o.ok(t, err)
	for i, id := range []string{seen.ID, wrong.ID, seen.ID, wrong.ID} {
		if i == 2 { // as a server of before stores it, that still serves in an upgrade
			o.ok(t, o.db.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, codeTyped, typed, d.ID); return err }))
		}
		r, err := o.privacy.Request(ctx, o.db, operator, id)
		o.ok(t, err)
		if r.Code != d.Code {
			t.Errorf("the request keeps the code %q, the dossier's is %q", r.Code, d.Code)
		}
		o.ok(t, o.privacy.Identify(ctx, operator, id, "xem thẻ"))
	}
	data, _, err := o.privacy.OpenData(ctx, operator, seen.ID, "json")
	if err != nil || len(data.Dossiers) != 1 {
		t.Errorf("what is held is %+v, %v", data, err)
	}
	o.ok(t, o.privacy.Answer(ctx, operator, wrong.ID, privacy.Answer{Granted: true, Text: "Đã sửa", Correction: map[string]string{"phone": "0911222333"}}))
	if _, err := o.desk.Public(ctx, o.db, d.Code, "2333"); err != nil {
		t.Errorf("the phone was not corrected: %v", err)
	}
}

// Working days are counted as for dossiers: from the next session for what comes at night
// or on a day off, over Tết; on time is who answers on the day; and a day off that is
// entered late gives more time.
func TestTheClockOfARequestIsThatOfDossiers(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	ask := func(at string) privacy.Request {
		t.Helper()
		o.clock.Set(at)
		r, err := o.privacy.Receive(ctx, operator, privacy.New{Code: o.known(t).Code, Kind: privacy.Access, Name: known.Name, Identity: "xem thẻ"})
		o.ok(t, err)
		return r
	}
	due := func(id string) string {
		t.Helper()
		r, err := o.privacy.Request(ctx, o.db, operator, id)
		o.ok(t, err)
		return r.Due.String()
	}
	for _, x := range []struct{ at, due, what string }{
		{"2026-11-27T16:00", "2026-12-01T17:00", "a Friday: Monday and Tuesday"},
		{"2026-12-04T22:00", "2026-12-09T17:00", "a Friday night: effective on Monday"},
		{"2026-12-13T09:00", "2026-12-16T17:00", "a Sunday: effective on Monday"},
		{"2027-02-03T10:00", "2027-02-12T17:00", "the day before Tết: off until 10/02"},
	} {
		if r := ask(x.at); r.Due.String() != x.due {
			t.Errorf("what came at %s is due %s, want %s: %s", x.at, r.Due, x.due, x.what)
		}
	}

	r := ask("2027-03-01T09:00") // Monday; due Wednesday
	for at, late := range map[string]bool{"2027-03-03T17:00": false, "2027-03-03T17:20": false, "2027-03-03T23:59": false, "2027-03-04T00:00": true} {
		o.clock.Set(at)
		if r.Late(o.db.Now()) != late {
			t.Errorf("at %s, due %s, late is %t", at, r.Due, !late)
		}
	}
	o.clock.Set("2027-03-03T17:20")
	o.ok(t, o.privacy.Answer(ctx, operator, r.ID, privacy.Answer{Text: "Không được", Basis: "Luật"}))
	trail, err := audit.Latest(ctx, o.db, audit.Filter{Kind: "subject_request", Object: r.ID, Limit: 1})
	o.ok(t, err)
	for _, c := range trail[0].Changes {
		if c.Field == "late" && c.To != "" {
			t.Errorf("answered on the day, and the trail says late: %+v", trail[0])
		}
	}

	r = ask("2027-03-08T09:00") // Monday; due Wednesday
	before := due(r.ID)
	adopted, err := o.calendars.Adopt(ctx, operator, calendar.Proposal{Unit: o.commune, Reason: "công điện", Days: []calendar.Amendment{{Unit: o.commune, Reason: "công điện",
		DayOff: calendar.DayOff{Date: o.db.Now().Date().AddDays(1), Kind: calendar.Off, Name: "Bão số 3"}}}})
	o.ok(t, err)
	if n, err := o.privacy.Reproject(ctx, "another", "công điện"); err != nil || n != 0 {
		t.Errorf("%d moved by another unit's calendar, %v", n, err)
	}
	o.ok(t, o.calendarChanged(ctx, calendar.Change{ID: adopted, Unit: o.commune, Reason: "nghỉ bão", From: o.db.Now().Date()}))
	if after := due(r.ID); before != "2027-03-10T17:00" || after != "2027-03-11T17:00" {
		t.Errorf("due %s, and after a day off was entered %s", before, after)
	}
	trail, err = audit.Latest(ctx, o.db, audit.Filter{Kind: "subject_request", Object: r.ID, Limit: 1})
	o.ok(t, err)
	if trail[0].Verb != "privacy.due_moved" || trail[0].Reason != "nghỉ bão" {
		t.Errorf("the trail: %+v", trail[0])
	}
	// What people were told is not made earlier: the day off is taken back.
	o.ok(t, o.calendars.AmendDay(ctx, operator, calendar.Amendment{Unit: o.commune, Reason: "bão đổi hướng", Withdraw: true,
		DayOff: calendar.DayOff{Date: o.db.Now().Date().AddDays(1), Kind: calendar.Off, Name: "Bão số 3"}}))
	if n, err := o.privacy.Reproject(ctx, o.commune, "bão đổi hướng"); err != nil || n != 0 || due(r.ID) != "2027-03-11T17:00" {
		t.Errorf("%d moved, due %s, %v", n, due(r.ID), err)
	}
}
