package dossierweb_test

import (
	"slices"
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/dossier"
	"cchc/dossier/dossiertest"
)

// Each action as it is done at a desk: the page that asks, the form, and what the
// dossier is then.
func TestEveryActionThroughItsPage(t *testing.T) {
	t.Parallel()
	type step struct {
		who    func(*dossiertest.Office) actor.Actor
		action string
		fields []string
	}
	for _, c := range []struct {
		name   string
		online bool // registered, and not accepted yet
		steps  []step
		want   dossier.Status
		check  func(t *testing.T, w dossier.Whole)
	}{
		{"accept", true, []step{{anOfficer, "accept", nil}}, dossier.Accepted, nil},
		{"decline", true, []step{{anOfficer, "decline", []string{"reason", "Không thuộc thẩm quyền"}}}, dossier.NotAccepted, nil},
		{"claim", false, []step{{aSpecialist, "claim", nil}}, dossier.InProgress, func(t *testing.T, w dossier.Whole) {
			if w.Step.Account == "" {
				t.Error("nobody holds the step")
			}
		}},
		{"forward and send back", false, []step{{aSpecialist, "forward", []string{"note", "Đủ điều kiện"}}, {aChair, "send-back", []string{"reason", "Thiếu tờ trình"}}},
			dossier.InProgress, func(t *testing.T, w dossier.Whole) {
				if w.Step.Role != string(actor.Specialist) {
					t.Errorf("the step is %+v, want the specialist's again", w.Step)
				}
			}},
		{"ask for papers, and they come", false, []step{
			{aSpecialist, "supplement", []string{"reason", "Bản đo đạc", "document", "14/PYC", "supply_by", "30/11/2026"}},
			{anOfficer, "supply", nil}}, dossier.Accepted, func(t *testing.T, w dossier.Whole) {
			if w.Supplements != 1 || w.Waiting != "" {
				t.Errorf("%d supplements, waiting for %q; want one, and nothing", w.Supplements, w.Waiting)
			}
		}},
		{"oblige and pay", false, []step{{aSpecialist, "oblige", []string{"reason", "Thuế trước bạ"}},
			{anOfficer, "pay", []string{"amount", "1.250.000 đ", "channel", "national", "document", "BL 12"}}}, dossier.Accepted,
			func(t *testing.T, w dossier.Whole) {
				if len(w.Payments) != 1 || w.Payments[0].Amount != 1_250_000 || w.Marks&dossier.PaidOnline == 0 {
					t.Errorf("payments %+v, marks %b; want 1,250,000 đồng online", w.Payments, w.Marks)
				}
			}},
		{"oblige and discharge", false, []step{{aSpecialist, "oblige", []string{"reason", "Thuế"}}, {anOfficer, "discharge", nil}}, dossier.Accepted, nil},
		{"pause and resume", false, []step{{aSpecialist, "pause", []string{"reason", "Đo đạc thực địa"}}, {aSpecialist, "resume", nil}}, dossier.Accepted, nil},
		{"extend", false, []step{{aSpecialist, "extend", []string{"qty", "2", "reason", "Hồ sơ phức tạp", "document", "QĐ 9"}}}, dossier.Accepted,
			func(t *testing.T, w dossier.Whole) {
				if w.Due.String() != "2026-12-01T17:00" {
					t.Errorf("due %s, want two working days more: 2026-12-01T17:00", w.Due)
				}
			}},
		{"consult and answer", false, []step{{aSpecialist, "consult", []string{"body", "Chi cục Thuế", "name", "Xác định nghĩa vụ", "by", "25/11/2026"}},
			{aSpecialist, "answer", []string{"ord", "5", "answer", "Không phát sinh"}}}, dossier.Accepted, func(t *testing.T, w dossier.Whole) {
			i := slices.IndexFunc(w.Steps, func(s dossier.Step) bool { return s.Beside })
			if i < 0 || w.Steps[i].Outcome != "answered" || w.Steps[i].Due.String() != "2026-11-25T17:00" {
				t.Errorf("steps %+v; want an answered one beside, due at the close of 25/11", w.Steps)
			}
		}},
		{"finish and hand over", false, []step{{aChair, "finish", []string{"electronic", "on", "synced", "on", "document", "12/GKS"}},
			{anOfficer, "hand-over", []string{"how", "post", "tracking", "VN123"}}}, dossier.HandedOver, func(t *testing.T, w dossier.Whole) {
			if w.Marks&dossier.EResult == 0 || w.Marks&dossier.Synced == 0 || w.Verdict() != dossier.Early {
				t.Errorf("marks %b, %s; want an electronic result in the store, early", w.Marks, w.Verdict())
			}
		}},
		{"apologise", false, []step{{anOfficer, "apologise", []string{"reason", "Quá tải", "until", "02/12/2026"}}}, dossier.Accepted,
			func(t *testing.T, w dossier.Whole) {
				if !w.ApologyInTime() || w.DuePromised.String() != "2026-12-02T17:00" || w.Due.String() != "2026-11-27T17:00" {
					t.Errorf("in time %t, promised %s, due %s", w.ApologyInTime(), w.DuePromised, w.Due)
				}
			}},
		{"refuse", false, []step{{aChair, "refuse", []string{"reason", "Không đủ điều kiện"}}}, dossier.Finished, nil},
		{"stop", false, []step{{aChair, "stop", []string{"reason", "Không bổ sung"}}}, dossier.Stopped, nil},
		{"withdraw, confirmed", false, []step{{anOfficer, "withdraw", nil}, {aChair, "withdraw-confirm", nil}}, dossier.Stopped, nil},
		{"withdraw, declined", false, []step{{anOfficer, "withdraw", []string{"reason", "Đổi ý"}}, {aChair, "withdraw-decline", []string{"reason", "Người nộp đổi ý"}}}, dossier.Accepted, nil},
		{"complain and reverse", false, []step{{anOfficer, "complain", []string{"reason", "Thái độ"}}, {anOfficer, "reverse", []string{"reason", "Xác minh không đúng"}}}, dossier.Accepted,
			func(t *testing.T, w dossier.Whole) {
				if w.Marks&dossier.Disliked != 0 {
					t.Error("the disproved complaint still counts")
				}
			}},
		{"correct", false, []step{{aSpecialist, "pause", []string{"reason", "Nhầm"}}, {anOfficer, "correct", []string{"seq", "3", "reason", "Nhập nhầm hồ sơ"}}}, dossier.Accepted,
			func(t *testing.T, w dossier.Whole) {
				if w.Waiting != "" || !w.Void()[3] {
					t.Errorf("waiting for %q, void %v; want the pause taken back", w.Waiting, w.Void())
				}
			}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := sit(t, nil)
			var x dossier.Dossier
			if c.online {
				app := d.Application(dossiertest.Birth)
				app.Channel, app.Papers = dossier.Online, nil
				var err error
				if x, err = d.Desk.Register(t.Context(), d.Officer, app); err != nil {
					t.Fatal(err)
				}
			} else {
				app := d.Application(dossiertest.Birth)
				app.Papers = nil
				var err error
				if x, err = d.Desk.Receive(t.Context(), d.Officer, app); err != nil {
					t.Fatal(err)
				}
			}
			for _, s := range c.steps {
				b := d.as(s.who(d.Office))
				path := "/dossiers/" + x.Code + "/" + s.action
				noKeys(t, b.Get(path+"?seq=3").Is(200).Has("h1", x.Code).Count("main form[method=post]", 1))
				// Nobody of another unit, or without the right, may do it.
				d.as(d.OtherOfficer).Post(path, s.fields...).Is(403)
				d.as(d.Auditor).Post(path, s.fields...).Is(403)
				d.as(d.OtherOfficer).Get(path).Is(403)
				b.Post(path, s.fields...).To("/dossiers/" + x.Code)
				noKeys(t, b.Get("/dossiers/"+x.Code).Is(200).Has(".notice[role=status]", x.Code))
			}
			w := d.state(t, x.Code)
			if w.Status() != c.want {
				t.Errorf("status %d, want %d", w.Status(), c.want)
			}
			if c.check != nil {
				c.check(t, w)
			}
			d.Clean(t)
		})
	}
}

func TestWhatWasTypedIntoAnActionIsKept(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	x := d.Receive(t, dossiertest.Birth)
	p := d.Post("/dossiers/"+x.Code+"/apologise", "reason", "Quá tải, thiếu người", "until", "20/11/2026").Is(422)
	p.Has("#error-summary a[href='#f-until']", "sau hạn cũ").Has("textarea", "Quá tải, thiếu người").Has("title", "Có lỗi")
	if got := p.Attr("[name=until]", "value"); got != "20/11/2026" {
		t.Errorf("the date is %q, want what was typed", got)
	}
	d.Post("/dossiers/"+x.Code+"/pay", "amount", "nhiều", "channel", "").Is(422).Has("#error-summary a[href='#f-amount']", "lớn hơn 0").Has("#error-summary a[href='#f-channel']", "Chọn cách thanh toán")
	d.Post("/dossiers/"+x.Code+"/supplement", "reason", "").Is(422).Has("#error-summary a[href='#f-reason']", "Nhập lý do")
}

func TestSomebodyFasterIsToldCalmly(t *testing.T) {
	t.Parallel()
	d := sit(t, aSpecialist)
	x := d.Receive(t, dossiertest.Birth)
	path := "/dossiers/" + x.Code + "/pause"
	d.Get(path).Is(200)
	if err := d.Desk.Finish(t.Context(), d.CommuneChair, x.Code, dossier.Result{}); err != nil {
		t.Fatal(err)
	}
	d.Post(path, "reason", "Đo đạc").Is(409).Has("#error-summary h2", "không cho phép việc này").Has("textarea", "Đo đạc")
	d.Get(path).Is(409).Has("h1", "Tình trạng đã thay đổi")
}

func TestASecondSupplementWantsATick(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	x := d.Receive(t, dossiertest.Birth)
	path := "/dossiers/" + x.Code + "/supplement"
	d.Get(path).Count("[name=again]", 0)
	d.Post(path, "reason", "Lần một").To("/dossiers/" + x.Code)
	d.Post("/dossiers/" + x.Code + "/supply").To("/dossiers/" + x.Code)
	d.Get(path).Count("[name=again]", 1)
	d.Post(path, "reason", "Lần hai").Is(422).Has("#error-summary a[href='#f-again']", "thứ hai")
	d.Post(path, "reason", "Lần hai", "again", "on").To("/dossiers/" + x.Code)
	d.Get("/dossiers/"+x.Code).Has(".notice", "Đã yêu cầu bổ sung 2 lần")
}

func TestNothingHappensByGet(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	x := d.Receive(t, dossiertest.Birth)
	before := len(d.state(t, x.Code).Facts)
	for _, a := range []string{"claim", "forward", "finish", "withdraw", "supply", "pay", "receipt", "forms/06", "papers", "person", "hand-over?how=counter"} {
		d.Get("/dossiers/" + x.Code + "/" + a)
	}
	if w := d.state(t, x.Code); len(w.Facts) != before || w.Status() != dossier.Accepted {
		t.Errorf("%d facts and status %d after reading, want %d and 2", len(w.Facts), w.Status(), before)
	}
}

func TestAStepIsGivenToAPersonOfItsRole(t *testing.T) {
	t.Parallel()
	d := sit(t, aSpecialist)
	x := d.Receive(t, dossiertest.Birth)
	id, err := d.Accounts.Create(t.Context(), actor.System("test"), auth.NewAccount{Login: "chutich2", Name: "Phan Văn Chủ", Password: "nắng chiều trên sông",
		Grants: []actor.Grant{{Role: actor.Chairperson, Unit: d.Commune}}})
	if err != nil {
		t.Fatal(err)
	}
	p := d.Get("/dossiers/"+x.Code+"/forward").Has("select[name=account]", "Phan Văn Chủ").Count("select[name=account] option", 2)
	p.Has("button.btn-primary", "Chuyển bước: Ký duyệt kết quả")
	d.Post("/dossiers/"+x.Code+"/forward", "account", "somebody").Is(422).Has("#error-summary a[href='#f-account']", "trong danh sách")
	d.Post("/dossiers/"+x.Code+"/forward", "account", id).To("/dossiers/" + x.Code)
	d.Get("/dossiers/"+x.Code).Has("tr.now", "Phan Văn Chủ")
}

func TestTheMainActionFollowsTheStateAndTheRights(t *testing.T) {
	t.Parallel()
	d := sit(t, nil)
	x := d.Receive(t, dossiertest.Birth)
	main := func(who actor.Actor) string {
		return d.as(who).Get("/dossiers/" + x.Code).Is(200).Text(".page-head .btn-primary")
	}
	if got := main(d.Specialist); got != "Chuyển bước: Ký duyệt kết quả" {
		t.Errorf("the specialist's main action is %q", got)
	}
	if got := main(d.Auditor); got != "" {
		t.Errorf("the auditor is offered %q", got)
	}
	d.as(d.Specialist).Post("/dossiers/" + x.Code + "/forward")
	if got := main(d.CommuneChair); got != "Xử lý xong" {
		t.Errorf("the chairperson's main action is %q, want to finish: what is left is to hand over", got)
	}
	d.as(d.CommuneChair).Post("/dossiers/" + x.Code + "/finish")
	if got := main(d.Officer); got != "Trả kết quả" {
		t.Errorf("the officer's main action is %q", got)
	}
	if got := main(d.Specialist); got != "" {
		t.Errorf("the specialist is offered %q after the end", got)
	}
	// What is in the menu opens, and what is not offered is refused.
	d.as(d.Specialist).Get("/dossiers/" + x.Code + "/hand-over").Is(403)
	for _, n := range d.as(d.Officer).Get("/dossiers/" + x.Code).Find(".page-head .dropdown-item") {
		href := attr(n, "href")
		if p := d.as(d.Officer).Get(href); p.Status != 200 {
			t.Errorf("the menu offers %s, which answers %d", href, p.Status)
		}
	}
	if !strings.Contains(d.as(d.Officer).Get("/dossiers/"+x.Code).Text(".page-head details"), "Ghi phản ánh") {
		t.Error("a complaint cannot be recorded")
	}
}
